//! Every bound of the readers and writers, by name.

/// The largest file that is read whole; of plain text and CSV the beginning is read instead.
pub const FILE_BYTES_MAX: u64 = 64 * 1024 * 1024;
