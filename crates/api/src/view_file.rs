//! What a file that a task changed looks like, and where it comes from.
//!
//! Everything here was read out of a hostile file by a reader in a machine. It is data to be shown,
//! and nothing in it is believed.

use serde::{Deserialize, Serialize};
use task::CallId;

/// `GET /v1/tasks/{id}/look?path=P&side=S`: one version of a file, as it can be shown.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "form", rename_all = "kebab-case")]
pub enum LookView {
    /// A spreadsheet, or a table of texts.
    Sheets { sheets: Vec<SheetView>, truncated: bool },
    /// A text with headings and tables.
    Paper { paper: PaperView },
    /// It can't be shown, and this is why.
    Unread { why: String },
}

/// One sheet, in the order of the workbook.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SheetView {
    pub name: String,
    /// How many columns the widest row has.
    pub columns: u32,
    /// Rows with something in them.
    pub rows: Vec<RowView>,
}

/// One row of a sheet.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RowView {
    /// As a person counts them.
    pub number: u32,
    /// Filled cells.
    pub cells: Vec<CellView>,
}

/// One filled cell.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CellView {
    /// Counted from 0.
    pub column: u32,
    pub text: String,
    /// Without `=`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub formula: Option<String>,
}

/// A document as a person reads it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaperView {
    /// As in `pdf` or `docx`.
    pub format: String,
    pub title: Option<String>,
    /// Facts beside the text: name and value.
    pub facts: Vec<FactView>,
    pub blocks: Vec<BlockView>,
    /// Pages that can be had as pictures; 0 where there are none.
    pub pages: u32,
    /// What a mail carries along, by name.
    pub attachments: Vec<String>,
    pub truncated: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FactView {
    pub name: String,
    pub value: String,
}

/// A part of a document, from top to bottom.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "block", rename_all = "kebab-case")]
pub enum BlockView {
    /// `level` from 1.
    Heading {
        level: u32,
        text: String,
    },
    /// Lines that belong together.
    Lines {
        text: String,
    },
    /// An entry of a list.
    Entry {
        text: String,
    },
    Table {
        rows: Vec<Vec<String>>,
    },
    /// Here a page or a slide ends.
    Break,
}

/// `GET /v1/tasks/{id}/page?path=P&side=S&number=N`: a page of a PDF as a picture.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PageAsked {
    pub path: String,
    #[serde(default)]
    pub side: crate::view_window::FileSide,
    /// Counted from 1.
    pub number: u32,
}

/// `GET /v1/tasks/{id}/seen?call=N`: what a call of `look` showed, as a picture.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SeenAsked {
    pub call: CallId,
}

/// `GET /v1/tasks/{id}/provenance?path=P` and `POST /v1/tasks/{id}/open`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PathAsked {
    /// As the list of changes names it.
    pub path: String,
}
