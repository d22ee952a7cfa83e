//! Bounds of the guest's tools. Everything a tool reads, keeps or answers has one here.

use std::time::Duration;

/// Entries of one folder tree that a tool looks at.
pub(crate) const TREE_ENTRIES_MAX: usize = 1_000_000;

/// Bytes of all paths of one tree together; deep trees of long names would otherwise fill memory.
pub(crate) const TREE_PATH_BYTES_MAX: usize = 256 * 1024 * 1024;

/// Bytes of one path below its share. Far beyond what the kernel takes in one call (4,096).
pub(crate) const TREE_DEPTH_BYTES_MAX: usize = 32 * 1024;

/// Folders that a walk keeps open at once; those above are opened again when it comes back.
pub(crate) const TREE_OPEN_MAX: usize = 64;

/// Entries that `list_files` answers unless it is asked for fewer.
pub(crate) const LIST_ENTRIES_MAX: usize = 200_000;

/// Files that share work at once: hashing, describing.
pub(crate) const THREADS_MAX: usize = 4;

/// Bytes read at once while a file is streamed.
pub(crate) const STREAM_BYTES: usize = 256 * 1024;

/// Bytes between two progress messages.
pub(crate) const PROGRESS_BYTES: u64 = 16 * 1024 * 1024;

/// Files between two progress messages.
pub(crate) const PROGRESS_FILES: u64 = 256;

/// Bytes that one `read_file` call answers.
pub(crate) const READ_BYTES_MAX: u64 = 16 * 1024 * 1024;

/// Bytes that `edit_file` works on; it holds the file in memory twice.
pub(crate) const EDIT_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// Hits that `search_files` answers.
pub(crate) const SEARCH_HITS_MAX: usize = 10_000;

/// Bytes of one line that `search_files` looks at; the rest of the line is passed over.
pub(crate) const SEARCH_LINE_BYTES_MAX: usize = 64 * 1024;

/// Characters of a hit's line that are shown.
pub(crate) const SEARCH_SHOWN_CHARS: usize = 300;

/// Moves or deletions of one call.
pub(crate) const MOVES_MAX: usize = 200_000;

/// Levels of a folder that is moved file by file; two open folders each.
pub(crate) const MOVE_LEVELS_MAX: usize = 200;

/// Address space of the process that reads foreign documents.
pub(crate) const WORKER_MEMORY_BYTES: u64 = 1536 * 1024 * 1024;

/// Processor seconds of that process; a wall-clock limit per question comes on top.
pub(crate) const WORKER_CPU_S: u64 = 900;

/// Stack of the thread that parses: nested documents recurse.
pub(crate) const WORKER_STACK_BYTES: usize = 64 * 1024 * 1024;

/// Bytes of one question to, or answer from, that process.
pub(crate) const WORKER_MESSAGE_BYTES_MAX: usize = 128 * 1024 * 1024;

/// Bytes of a document that is read as a whole.
pub(crate) const DOCUMENT_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// One document, receipt or workbook is read within this time.
pub(crate) const DOCUMENT_TIME: Duration = Duration::from_secs(20);

/// A workbook is written within this time.
pub(crate) const WORKBOOK_TIME: Duration = Duration::from_secs(50);

/// A whole expense report is checked within this time.
pub(crate) const REPORT_TIME: Duration = Duration::from_secs(300);

/// One file is described within this time.
pub(crate) const DESCRIBE_TIME: Duration = Duration::from_secs(10);

/// Bytes from the start of a file by which its kind is told.
pub(crate) const SNIFF_BYTES: usize = 8 * 1024;

/// Differences that a check names.
pub(crate) const NAMED_MAX: usize = 5;
