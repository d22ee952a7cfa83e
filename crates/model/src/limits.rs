//! Every bound of this crate. A server is hostile input: what it sends has a size, and it has a
//! time.

use std::time::Duration;

/// Until a connection stands, with its TLS.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// Until the first byte of an answer. A local server may read a long context for minutes before it.
pub const FIRST_BYTE_TIMEOUT: Duration = Duration::from_secs(600);

/// Between two pieces of an answer. Models that think without showing it are silent for long.
pub const IDLE_TIMEOUT: Duration = Duration::from_secs(300);

/// For questions that are answered at once: the list of models, the count of tokens.
pub const QUESTION_TIMEOUT: Duration = Duration::from_secs(20);

/// For a server on this computer that is only looked for.
pub const DISCOVER_TIMEOUT: Duration = Duration::from_millis(400);

/// Unused connections are closed after this.
pub const POOL_IDLE_TIMEOUT: Duration = Duration::from_secs(90);

/// One event of a stream. The last event of a Responses stream repeats the whole answer.
pub const EVENT_BYTES_MAX: usize = 32 << 20;

/// All of one answer, as it comes over the wire.
pub const ANSWER_BYTES_MAX: usize = 128 << 20;

/// The body of an answer that says what went wrong.
pub const ERROR_BODY_BYTES_MAX: usize = 64 << 10;

/// What is kept of such a body.
pub const ERROR_RAW_BYTES_MAX: usize = 4 << 10;

/// What is shown to people of a server's own words.
pub const WORDS_CHARS_MAX: usize = 400;

/// The list of a server's models.
pub const LIST_BYTES_MAX: usize = 4 << 20;

/// Models that are taken from such a list.
pub const LIST_MODELS_MAX: usize = 1000;

/// Blocks of one turn: thinking, texts and calls.
pub const BLOCKS_MAX: usize = 4096;

/// The longest name of a tool, or id of a call, that is taken from a server.
pub const NAME_BYTES_MAX: usize = 1024;

/// A wait that a server asks for is believed up to this.
pub const WAIT_MAX: Duration = Duration::from_secs(24 * 3600);

/// A key, in a file or said by a command.
pub const KEY_BYTES_MAX: usize = 16 << 10;

/// A command that tells a key may ask a person to unlock something.
pub const KEY_COMMAND_TIMEOUT: Duration = Duration::from_secs(30);

/// A file with certificates.
pub const CA_BUNDLE_BYTES_MAX: u64 = 16 << 20;

/// Messages blocks that Anthropic looks back over for a cached prefix; beyond it, a second mark
/// is set. Source: platform.claude.com/docs, prompt caching, read 2026-11.
pub const CACHE_LOOKBACK_BLOCKS: usize = 20;

/// What is asked for when neither the caller nor the catalogue knows a limit.
pub const OUTPUT_TOKENS_DEFAULT: u64 = 8192;

/// Bytes of a request that are taken for one token where nobody counts them.
pub const BYTES_PER_TOKEN_ESTIMATE: u64 = 3;

/// Tokens that are taken for one picture in an estimate.
pub const TOKENS_PER_IMAGE_ESTIMATE: u64 = 1600;

/// After the last event, until the connection's own end, so that it can be used again.
pub const DRAIN_TIMEOUT: Duration = Duration::from_millis(20);

/// After the model has said why it stopped, until what was used has come, too.
pub const TRAILER_TIMEOUT: Duration = Duration::from_secs(5);
