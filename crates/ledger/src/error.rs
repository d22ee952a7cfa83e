//! What can go wrong, by operation.

use std::io;
use std::path::PathBuf;

/// What the database said. Opaque, so that no other crate depends on which database it is.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct SqlError(#[from] rusqlite::Error);

impl SqlError {
    /// The database itself says that there is no room. A write that failed for another stated
    /// reason may have the same cause; only a look at the disk tells.
    pub(crate) fn is_full(&self) -> bool {
        self.0.sqlite_error_code() == Some(rusqlite::ErrorCode::DiskFull)
    }

    /// A file could not be written or made longer.
    pub(crate) fn is_io(&self) -> bool {
        self.0.sqlite_error_code() == Some(rusqlite::ErrorCode::SystemIoFailure)
    }
}

/// A ledger that can't be opened or read.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// Another process has this ledger open.
    #[error("the ledger in {dir:?} is in use by {}", by(*.pid))]
    InUse {
        /// The folder of the ledger.
        dir: PathBuf,
        /// Who has it, when that could be read.
        pid: Option<u32>,
    },
    /// The ledger was written by a later Legwork.
    #[error("the ledger has format {found}, and this Legwork knows formats up to {known}")]
    Newer {
        /// The format on the disk.
        found: u32,
        /// The newest format known here.
        known: u32,
    },
    /// There is a database, but it is none of ours.
    #[error("{path:?} is not a ledger of Legwork")]
    Foreign {
        /// The file.
        path: PathBuf,
    },
    /// The disk has no room for what opening needs.
    #[error("the disk that holds the ledger is full")]
    Full,
    /// A file or folder of the ledger could not be used.
    #[error("the ledger can't use {path:?}")]
    File {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The database refused.
    #[error("the ledger could not be read")]
    Sql(#[from] SqlError),
    /// An event is not the one that was appended, or one is missing.
    #[error("the ledger of task {task} is broken at event {seq}")]
    Broken {
        /// The task whose chain does not hold.
        task: String,
        /// The first event that can't be trusted.
        seq: u64,
    },
}

fn by(pid: Option<u32>) -> String {
    pid.map_or_else(|| "another process".to_owned(), |pid| format!("process {pid}"))
}

/// An append that did not happen.
#[derive(Debug, thiserror::Error)]
pub enum AppendError {
    /// Somebody else appended first, or the caller counts wrongly.
    #[error("expected the last event to be {expected}, but it is {found}")]
    Conflict {
        /// What the caller took for the last event.
        expected: u64,
        /// The last event.
        found: u64,
    },
    /// The disk is full. Nothing of the append is there; it can be made again when there is room.
    #[error("the disk that holds the ledger is full")]
    Full,
    /// The name of the task, a body or the number of events is over its limit.
    #[error("the append is too large: {what} is over {max}")]
    TooLarge {
        /// What is too large.
        what: &'static str,
        /// The limit that it is over.
        max: usize,
    },
    /// The database refused. Nothing of the append is there.
    #[error("the ledger could not be written")]
    Sql(#[from] SqlError),
    /// A flush to the disk failed earlier, so what is on the disk is no longer known. Only opening
    /// the ledger again finds out.
    #[error("the ledger stopped after the disk failed, and has to be opened again")]
    Stopped,
}

/// A blob that could not be stored or fetched.
#[derive(Debug, thiserror::Error)]
pub enum BlobError {
    /// The text is not the hash of a blob.
    #[error("{text:?} is not the hash of a blob")]
    NotAHash {
        /// The text.
        text: String,
    },
    /// There is no such blob.
    #[error("there is no blob {hash}")]
    Missing {
        /// The hash asked for.
        hash: String,
    },
    /// The content on the disk is not what was stored.
    #[error("blob {hash} is damaged")]
    Broken {
        /// The hash asked for.
        hash: String,
    },
    /// The blob is over the limit for contents in memory.
    #[error("blob {hash} is too large to be held in memory")]
    TooLarge {
        /// The hash asked for.
        hash: String,
    },
    /// The disk is full. Nothing of the blob is there.
    #[error("the disk that holds the blobs is full")]
    Full,
    /// What is to be stored could not be read.
    #[error("the content of a blob could not be read")]
    Source(#[source] io::Error),
    /// The place that a content is copied to could not be written.
    #[error("the copy of a blob could not be written")]
    Target(#[source] io::Error),
    /// A file or folder of the blobs could not be used.
    #[error("the blobs can't use {path:?}")]
    File {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

/// Says whether the system refused for want of room: a full disk, a quota, a limit on file sizes.
pub(crate) fn is_full(error: &io::Error) -> bool {
    use io::ErrorKind::{FileTooLarge, QuotaExceeded, StorageFull};
    matches!(error.kind(), StorageFull | QuotaExceeded | FileTooLarge)
}
