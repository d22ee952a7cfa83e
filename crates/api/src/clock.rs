//! The one place where the interface reads a clock that people read, too.

use std::time::UNIX_EPOCH;

/// Milliseconds since the Unix epoch.
#[expect(clippy::disallowed_methods, reason = "the interface's one clock")]
pub(crate) fn now_ms() -> u64 {
    let since = std::time::SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}
