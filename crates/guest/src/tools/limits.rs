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

/// One page is fetched within this time; a person may be asked meanwhile.
pub(crate) const FETCH_TIME: Duration = Duration::from_secs(150);

/// Bytes of what is fetched; of a text the beginning is kept, another document is refused.
pub(crate) const FETCH_BYTES_MAX: usize = 16 * 1024 * 1024;

/// Bytes of a page's text that are answered.
pub(crate) const FETCH_TEXT_BYTES_MAX: usize = 1024 * 1024;

/// Times that a page may have moved.
pub(crate) const FETCH_REDIRECTS_MAX: usize = 5;

/// Bytes of a page's address; the door takes no longer ones.
pub(crate) const FETCH_URL_BYTES_MAX: usize = 8 * 1024;

/// Bytes of the head of an answer, and its lines; as the door has them.
pub(crate) const FETCH_HEAD_BYTES_MAX: usize = 64 * 1024;
pub(crate) const FETCH_HEADERS_MAX: usize = 120;

/// Bytes of a link in a page; longer ones are not told.
pub(crate) const LINK_BYTES_MAX: usize = 1024;

/// Results of a search that are answered, and bytes of each of their texts.
pub(crate) const SEARCH_FOUND_MAX: usize = 20;
pub(crate) const SEARCH_FIELD_BYTES_MAX: usize = 1024;

/// Pixels of the longer side of what is looked at: more is made smaller by those who see it.
pub(crate) const LOOK_SIDE_PX: u32 = 1568;
/// Printed documents that are kept for the next look, and bytes of each: they take memory.
pub(crate) const PRINTED_MAX: usize = 4;
pub(crate) const PRINTED_BYTES_MAX: u64 = 8 * 1024 * 1024;

/// Bytes of a document's words that go along with a page of it.
pub(crate) const LOOK_TEXT_BYTES_MAX: usize = 128 * 1024;
