//! Every bound of the interface, by name.

use std::time::Duration;

/// Bytes of a request's body. A selection of 100,000 long paths fits.
pub const BODY_BYTES_MAX: usize = 32 * 1024 * 1024;
/// Bytes of an answer that a client keeps in memory.
pub const ANSWER_BYTES_MAX: usize = 256 * 1024 * 1024;
/// Bytes of one item in a watch.
pub const ITEM_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Characters of an odd value that an error repeats.
pub const QUOTED_CHARS_MAX: usize = 80;
/// How long a client waits for the daemon to take its connection and say its version.
pub const HELLO_TIMEOUT: Duration = Duration::from_secs(10);
/// How often an idle watch shows that it is alive.
pub const KEEP_ALIVE: Duration = Duration::from_secs(15);
