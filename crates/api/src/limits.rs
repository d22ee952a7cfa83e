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
/// Bytes that a client sends a terminal at once.
pub const TERMINAL_MESSAGE_BYTES_MAX: usize = 1024 * 1024;
/// How often an idle watch shows that it is alive.
pub const KEEP_ALIVE: Duration = Duration::from_secs(15);
/// How long a link to the window may be used, once.
pub const LINK_LIFETIME: Duration = Duration::from_secs(60);
/// Links that wait to be used at once; the oldest gives way.
pub const LINKS_MAX: usize = 8;
/// Browsers that may be let in at once; the oldest gives way.
pub const PASSES_MAX: usize = 32;
/// Seconds that a browser keeps its pass.
pub const PASS_SECONDS: u64 = 180 * 24 * 60 * 60;
/// Bytes of the file that remembers the window's port and passes.
pub const WINDOW_FILE_BYTES_MAX: u64 = 64 * 1024;
/// Bytes of the system's table of connections that are read to learn whose one is.
pub const CONNECTIONS_BYTES_MAX: u64 = 64 * 1024 * 1024;
/// Transcripts that one stream of news may follow.
pub const NEWS_FOLLOWED_MAX: usize = 32;
/// How long a phone may be paired with a code, once.
pub const CODE_LIFETIME: Duration = Duration::from_secs(5 * 60);
/// Codes that wait to be used at once; the oldest gives way.
pub const CODES_MAX: usize = 4;
/// Wrong codes from one address within `CODE_TRIES_EVERY` before it is refused for a while.
pub const CODE_TRIES_MAX: u32 = 10;
/// The same from all addresses.
pub const CODE_TRIES_ALL_MAX: u32 = 200;
pub const CODE_TRIES_EVERY: Duration = Duration::from_secs(60);
/// Phones that may be let in.
pub const PHONES_MAX: usize = 16;
/// Characters of the name that a person gives a phone.
pub const PHONE_NAME_CHARS_MAX: usize = 60;
/// Connections of phones at once; more wait.
pub const PHONE_CONNECTIONS_MAX: usize = 64;
/// Bytes of the request with a code.
pub const PAIR_BYTES_MAX: usize = 4 * 1024;
/// How long a connection lasts on which no phone that is let in asked for something.
pub const STRANGER_TIMEOUT: Duration = Duration::from_secs(30);
/// How long a phone may take to begin to speak TLS.
pub const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a changed setting waits to see whether phones can be listened to.
pub const PHONE_OPEN_TIMEOUT: Duration = Duration::from_secs(3);
/// Days after which a phone that nobody used is let in no more, unless the person says otherwise.
pub const PHONE_IDLE_DAYS: u64 = 30;
/// Milliseconds between two notes of when a phone was seen: 5 min.
pub const SEEN_EVERY_MS: u64 = 5 * 60 * 1000;
/// Bytes of a certificate with its chain, or of a key.
pub const CERTIFICATE_BYTES_MAX: u64 = 256 * 1024;
/// Bytes of a link that becomes a picture.
pub const QR_BYTES_MAX: usize = 500;
/// Where the certificate that we make for phones is kept, and its key.
pub const PHONE_CERTIFICATE_FILE: &str = "phone-certificate.pem";
pub const PHONE_KEY_FILE: &str = "phone-key.pem";
