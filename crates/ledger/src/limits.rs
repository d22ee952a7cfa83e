//! Every bound of the ledger, by name.

/// Bytes of one event's body. What is larger belongs in a blob.
pub const EVENT_BYTES_MAX: usize = 32 * 1024 * 1024;
/// Bytes of a task's name.
pub const TASK_NAME_BYTES_MAX: usize = 64;
/// Events in one append.
pub const APPEND_EVENTS_MAX: usize = 100_000;
/// Appends that may wait for the writer; the next caller is held until one is through.
pub const APPENDS_WAITING_MAX: usize = 1024;
/// Appends that share one transaction.
pub const GROUP_APPENDS_MAX: usize = 512;
/// Tasks whose last position the writer keeps in mind.
pub const HEADS_KEPT_MAX: usize = 1024;
/// Bytes of bodies after which a group takes no further append.
pub const GROUP_BYTES_MAX: usize = 8 * 1024 * 1024;

/// Connections that read at the same time; the next reader is held until one is through.
pub const READERS_MAX: usize = 4;
/// Page cache of the writing connection, in KiB.
pub const WRITER_CACHE_KIB: u32 = 2048;
/// Page cache of each reading connection, in KiB.
pub const READER_CACHE_KIB: u32 = 512;
/// Size to which the write-ahead log is cut back once it is checkpointed.
pub const WAL_BYTES_KEPT: u32 = 8 * 1024 * 1024;
/// How long a statement waits for somebody who looks at the file with a tool of his own.
pub const BUSY_MS_MAX: u32 = 5000;

/// Bytes of a blob that is handed over in memory; a larger one has to be copied as a stream.
pub const BLOB_IN_MEMORY_BYTES_MAX: u64 = 256 * 1024 * 1024;
/// Bytes that are moved at once between a stream and a blob.
pub const BLOB_CHUNK_BYTES: usize = 64 * 1024;
/// Effort of zstd: its own default, above which text gets hardly smaller and much slower.
pub const ZSTD_LEVEL: i32 = 3;
