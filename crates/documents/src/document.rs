//! What a document says, whatever its format: the lines a person reads, its tables, its facts.
//!
//! A document is data out of a hostile file: nothing in it has been checked beyond its size.

use serde::{Deserialize, Serialize};

/// One document, read. Everything in it is bounded by [`crate::limits`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Document {
    pub format: Format,
    /// The title that the document gives itself; never the file's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// The text as a person reads it, without line ends. What stands on one line on the paper
    /// stands in one line here, wide gaps as several spaces; cells of a table row likewise.
    pub lines: Vec<String>,
    /// The tables that the format itself marks as such; their text is in `lines` too, except for
    /// spreadsheets and CSV, where `lines` holds each row joined by three spaces.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tables: Vec<Table>,
    /// Facts beside the text, in order, with lower-case names: `from`, `to`, `subject`, `date`,
    /// `author`, `created`, `modified`, `producer`, `pages`. Dates are ISO where readable.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub meta: Vec<(String, String)>,
    /// Only mails have some.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attachments: Vec<Attachment>,
    /// ISO 639-1 code, guessed from the words; `None` when there are too few to tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// A limit cut the document: what is here is its beginning.
    #[serde(default)]
    pub truncated: bool,
    /// What lines are, beside their text, in order; not every format tells. Who wants to show the
    /// document asks for them, a mind does not.
    #[serde(skip)]
    pub marks: Vec<Marked>,
}

/// A mark at the line with this index, which is the number of lines for what comes after all.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Marked {
    pub line: usize,
    pub mark: Mark,
}

/// What a line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mark {
    /// A title of this level, from 1.
    Heading(u8),
    /// An entry of a list.
    Entry,
    /// From here on, `lines` lines are those of the table with this index.
    Table { table: usize, lines: usize },
    /// A page or a slide begins.
    Break,
}

impl Document {
    pub fn new(format: Format) -> Document {
        Document { format, ..Document::default() }
    }

    /// The first fact of this name.
    pub fn fact(&self, name: &str) -> Option<&str> {
        self.meta.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

/// How the document was written down.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    #[default]
    Text,
    Markdown,
    Mail,
    Html,
    Pdf,
    Csv,
    Xlsx,
    Xls,
    Ods,
    Docx,
    Odt,
    Rtf,
    Pptx,
}

/// A table of texts as they are shown; rows may differ in length.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Table {
    /// The sheet's name, a caption, or empty.
    pub name: String,
    /// Dates as ISO, numbers exactly, without grouping, unless the format holds only text.
    pub rows: Vec<Vec<String>>,
}

/// A file within a mail.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attachment {
    /// The name that the mail gives it; may be empty.
    pub name: String,
    pub size_bytes: u64,
    /// `None`: it was not read, and `problem` says why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub document: Option<Document>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<ReadError>,
}

/// Why a document could not be read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{why}")]
pub struct ReadError {
    pub kind: ReadErrorKind,
    /// For a person, such as "the PDF is protected by a password".
    pub why: String,
}

impl ReadError {
    pub fn new(kind: ReadErrorKind, why: impl Into<String>) -> ReadError {
        ReadError { kind, why: why.into() }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReadErrorKind {
    /// It claims a format and does not keep to it.
    Broken,
    /// It needs a password.
    Protected,
    TooLarge,
    /// It is whole, and holds no text, such as a scan.
    NoText,
    /// No reader for what it is.
    Unknown,
    Empty,
}
