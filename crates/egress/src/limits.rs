//! Every bound of egress, by name.

use std::time::Duration;

/// Connections of one task at the same time; one more is refused, other tasks do not notice.
pub const CONNECTIONS_MAX: usize = 1024;
/// Bytes of the head of a request or answer.
pub const HEAD_BYTES_MAX: usize = 64 * 1024;
/// Header lines in a head.
pub const HEADERS_MAX: usize = 100;
/// Bytes of the target in a request line.
pub const TARGET_BYTES_MAX: usize = 16 * 1024;
/// From the first byte of a head to its last.
pub const HEAD_TIME: Duration = Duration::from_secs(10);
/// For the first byte of the first head or greeting.
pub const FIRST_BYTE_TIME: Duration = Duration::from_secs(30);
/// Between two requests on one connection.
pub const BETWEEN_REQUESTS_TIME: Duration = Duration::from_secs(60);
/// Bytes until the end of a ClientHello.
pub const HELLO_BYTES_MAX: usize = 16 * 1024;
/// Bytes until the end of a second ClientHello, with what was sent too early before it.
pub const HELLO_AGAIN_BYTES_MAX: usize = 64 * 1024;
/// From a ClientHello's first byte to its last.
pub const HELLO_TIME: Duration = Duration::from_secs(5);
/// For a whole TLS handshake, on either side.
pub const HANDSHAKE_TIME: Duration = Duration::from_secs(10);
/// For the answer of the resolver.
pub const RESOLVE_TIME: Duration = Duration::from_secs(5);
/// Names that the system is asked for at the same time; each holds a thread until it answers.
pub const RESOLVES_MAX: usize = 16;
/// Addresses of one name that are looked at.
pub const ADDRESSES_MAX: usize = 32;
/// Addresses of one name that are dialled, one after the other.
pub const DIALS_MAX: usize = 4;
/// For one address to accept.
pub const DIAL_TIME: Duration = Duration::from_secs(10);
/// A connection on which nothing moves for so long is closed.
pub const IDLE_TIME: Duration = Duration::from_secs(300);
/// Bytes of a line with the size of a chunk.
pub const CHUNK_LINE_BYTES_MAX: usize = 512;
/// Bytes of what follows the last chunk.
pub const TRAILER_BYTES_MAX: usize = 8 * 1024;
/// Bytes that are carried at once in one direction; also what is kept of a connection whose other
/// side does not take them.
pub const PIECE_BYTES_MAX: usize = 64 * 1024;
/// Bytes of a body that are looked at and carried at once.
pub const BODY_PIECE_BYTES_MAX: usize = 64 * 1024;
/// Answers of kind 1xx before the real one.
pub const INTERIM_ANSWERS_MAX: usize = 8;
/// How long a program has to read an answer that ends its connection.
pub const LINGER_TIME: Duration = Duration::from_secs(2);
/// Bytes of a refused body that are read and dropped meanwhile.
pub const LINGER_BYTES_MAX: usize = 4 * 1024 * 1024;
/// How long a program waits for a person's answer.
pub const ASK_TIME: Duration = Duration::from_secs(60);
/// Questions of one task that may wait for a person at the same time.
pub const ASKS_WAITING_MAX: usize = 16;
/// Characters of a program's name, as it is shown.
pub const PROGRAM_CHARS_MAX: usize = 64;
/// Bytes of a path, as it is written down.
pub const PATH_RECORDED_BYTES_MAX: usize = 512;
/// Characters of a reason in the first line of an answer; the body has all of it.
pub const PHRASE_CHARS_MAX: usize = 200;
/// Certificates that are kept for hosts that were inspected.
pub const CERTIFICATES_KEPT_MAX: usize = 256;
/// Secrets of one task.
pub const SECRETS_MAX: usize = 64;
/// Bytes of a secret's value.
pub const SECRET_BYTES_MAX: usize = 16 * 1024;
/// Bytes of a secret's value below which it can't be told from other text.
pub const SECRET_BYTES_MIN: usize = 8;
/// Bytes of the answer of a company's proxy.
pub const UPSTREAM_HEAD_BYTES_MAX: usize = 16 * 1024;
/// Bytes of the encrypted file of secrets.
pub const STORE_BYTES_MAX: u64 = 4 * 1024 * 1024;
/// Bytes of one configuration file of a package manager.
pub const CONFIGURATION_BYTES_MAX: u64 = 1024 * 1024;
/// Files in one folder of configuration.
pub const CONFIGURATION_FILES_MAX: usize = 256;
/// Bytes of a file with certificates.
pub const CERTIFICATES_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Places that `packages` stands for.
pub const SOURCES_MAX: usize = 100;
/// For the keyring of a desktop, which may have to ask its person for its password.
pub const KEYRING_TIME: Duration = Duration::from_secs(30);
/// Bytes of a browser's address for what is pushed.
pub const PUSH_ENDPOINT_BYTES_MAX: usize = 1024;
/// Bytes of what is pushed: every service takes a body of 4 KiB, of which sealing needs 103.
pub const PUSH_TEXT_BYTES_MAX: usize = 3 * 1024;
/// For a push service to take a message and to answer.
pub const PUSH_ANSWER_TIME: Duration = Duration::from_secs(20);
/// How long a push service keeps a message for a browser that is not there.
pub const PUSH_KEPT_TIME: Duration = Duration::from_secs(24 * 3600);
/// How long a push service may take our word for who sends; a day is the most.
pub const PUSH_TOKEN_TIME: Duration = Duration::from_secs(12 * 3600);
/// The longest that a push service may have us wait.
pub const PUSH_WAIT_MAX: Duration = Duration::from_secs(600);
