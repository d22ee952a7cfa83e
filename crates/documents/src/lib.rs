//! Edge: readers and writers of foreign document formats; linked into the guest only.
//!
//! Every input is hostile: a reader may refuse it, but must neither panic nor exceed
//! [`limits`]. Nothing here opens a path or a connection; files come in as bytes or open handles.

mod archive;
mod calendar;
pub mod check;
pub mod compose;
mod delimited;
pub mod describe;
pub mod document;
mod gather;
mod html;
pub mod language;
pub mod limits;
mod mail;
pub mod number;
mod office;
mod opendocument;
mod pdf;
pub mod picture;
mod read;
pub mod receipt;
mod rtf;
mod spreadsheet;
pub mod text;
pub mod workbook;
mod xml;

#[cfg(test)]
mod tests;

pub use document::{Attachment, Document, Format, ReadError, ReadErrorKind, Table};
pub use html::read_page;
pub use read::{read_document, read_document_file};
