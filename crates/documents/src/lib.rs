//! Edge: readers and writers of foreign document formats; linked into the guest only.

pub mod check;
pub mod document;
pub mod limits;
pub mod receipt;

pub use document::{Attachment, Document, Format, ReadError, ReadErrorKind, Table};
