//! Writes documents from Markdown: text documents, slides and PDF.
//!
//! ```text
//! Markdown → blocks → docx: styles, numbering, tables of the format itself
//!                   → pptx: a slide for each heading, as large as fits
//!                   → pdf:  pages with the letters that every PDF program has
//! ```
//! What a file looks like is decided here, so that who writes says only what it holds.

mod blocks;
mod docx;
mod pdf;
mod pictures;
mod slides;
#[cfg(test)]
mod tests;
mod units;

use crate::limits::COMPOSED_PICTURES_MAX;
use blocks::Block;
use pictures::Pictures;
use serde::{Deserialize, Serialize};

/// What is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    Docx,
    Pptx,
    Pdf,
}

impl Kind {
    /// By the ending of a file's name.
    pub fn of(name: &str) -> Option<Self> {
        let (_, ending) = name.rsplit_once('.')?;
        match ending.to_ascii_lowercase().as_str() {
            "docx" => Some(Self::Docx),
            "pptx" => Some(Self::Pptx),
            "pdf" => Some(Self::Pdf),
            _ => None,
        }
    }
}

#[derive(Debug, thiserror::Error)]
pub enum ComposeError {
    #[error("there is nothing to write: the text holds no words")]
    Empty,
    #[error("it shows more than {COMPOSED_PICTURES_MAX} pictures")]
    Pictures,
    #[error("the picture {name} cannot be shown: {why}")]
    Picture { name: String, why: String },
    #[error(
        "a PDF is written here with Latin letters alone, and cannot hold {letters}; write it as \
         .docx, which can"
    )]
    Letters { letters: String },
    #[error("the document could not be written: {0}")]
    Zip(#[from] zip::result::ZipError),
    #[error("the document could not be written: {0}")]
    Io(#[from] std::io::Error),
    #[error("the document could not be written: {0}")]
    Pack(String),
}

/// The bytes of the document. `title` is what programs show of it beside its name; the first
/// heading if there is none. `picture` gives the bytes of a file that the text names.
pub fn write(
    kind: Kind,
    text: &str,
    title: Option<&str>,
    picture: &dyn Fn(&str) -> Result<Vec<u8>, String>,
) -> Result<Vec<u8>, ComposeError> {
    let blocks = blocks::read(text);
    if blocks.iter().all(|block| matches!(block, Block::Break)) {
        return Err(ComposeError::Empty);
    }
    let pictures = Pictures::of(&blocks, picture)?;
    let heading = || {
        blocks.iter().find_map(|block| match block {
            Block::Heading { runs, .. } => Some(blocks::plain(runs)),
            _ => None,
        })
    };
    let title = title.map(str::to_owned).or_else(heading).unwrap_or_default();
    match kind {
        Kind::Docx => docx::write(&blocks, &title, &pictures),
        Kind::Pptx => slides::write(&blocks, &title, &pictures),
        Kind::Pdf => pdf::write(&blocks, &title, &pictures),
    }
}
