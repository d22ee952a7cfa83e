//! What a file is and what it is about, from a short look: its kind by content, a date, a few
//! telling words. Never fails: what cannot be told is left out.

mod date;
mod kind;
mod photo;
mod words;

#[cfg(test)]
mod tests;

use std::io::{Read, Seek, SeekFrom};

use serde::{Deserialize, Serialize};

pub use date::date_in_name;
pub use kind::Kind;

use crate::document::{Document, Format, ReadErrorKind};
use crate::limits::{PEEK_BYTES, PEEK_FILE_BYTES_MAX, PEEK_LINES_MAX, PEEK_PAGES_MAX};
use crate::read::{guarded, read_document, sniff};
use kind::Look;

/// The answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Peek {
    pub kind: Kind,
    /// Such as `application/pdf`.
    pub media: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// ISO; `YYYY-MM` where no day is told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub date: Option<String>,
    /// Lower case, the most telling first.
    pub words: Vec<String>,
    /// ISO 639-1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// Why not more could be told, for a person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
}

/// Looks at an open file. `name` is its last path component, `size` its length in bytes.
pub fn peek(file: &mut (impl Read + Seek), name: &str, size: u64) -> Peek {
    let mut head = Vec::new();
    let result = file
        .seek(SeekFrom::Start(0))
        .and_then(|_| file.by_ref().take(PEEK_BYTES as u64).read_to_end(&mut head));
    if let Err(error) = result {
        let problem = Some(format!("the file cannot be read: {error}"));
        let look = Look { kind: Kind::Unknown, media: "application/octet-stream", problem: None };
        return Peek { problem, ..told(&look, name, None) };
    }
    // Containers keep their table of contents at their end, so they are looked at whole.
    let needs_whole = size > head.len() as u64 && (is_container(&head) || is_pdf(&head));
    if needs_whole && size <= PEEK_FILE_BYTES_MAX {
        let rest = file.by_ref().take(PEEK_FILE_BYTES_MAX - head.len() as u64);
        let mut rest = rest;
        if rest.read_to_end(&mut head).is_err() {
            head.truncate(PEEK_BYTES);
        }
    }
    peek_bytes(&head, name, size)
}

/// As [`peek`], for the beginning of a file, or all of it when it is a container or a PDF of
/// moderate size.
pub fn peek_bytes(head: &[u8], name: &str, size: u64) -> Peek {
    let is_whole = head.len() as u64 >= size;
    let mut look = kind::look(head, name, size);
    let mut document = None;
    let mut date = None;
    match look.kind {
        Kind::Document
        | Kind::Spreadsheet
        | Kind::Presentation
        | Kind::Mail
        | Kind::Web
        | Kind::Text
        | Kind::Code
        | Kind::Data => {
            if is_whole || !(is_container(head) || is_pdf(head)) {
                document = read(head, name, &mut look);
            }
        }
        Kind::Picture => {
            let seen = photo::look(head, name);
            if seen.is_photo {
                look.kind = Kind::Photo;
            }
            date = seen.taken;
        }
        Kind::Photo => date = photo::look(head, name).taken,
        Kind::Audio
        | Kind::Video
        | Kind::Archive
        | Kind::Program
        | Kind::Font
        | Kind::Ebook
        | Kind::Empty
        | Kind::Broken
        | Kind::Unknown => {}
    }
    let mut peek = told(&look, name, document.as_ref());
    peek.date = date.or(peek.date);
    peek
}

fn is_container(head: &[u8]) -> bool {
    head.starts_with(b"PK\x03\x04") || head.starts_with(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")
}

fn is_pdf(head: &[u8]) -> bool {
    head[..head.len().min(1024)].windows(5).any(|five| five == b"%PDF-")
}

fn read(head: &[u8], name: &str, look: &mut Look) -> Option<Document> {
    let result = match sniff(head, name) {
        Ok(Format::Pdf) => guarded(|| crate::pdf::read_pages(head, PEEK_PAGES_MAX)),
        Ok(_) => read_document(head, name),
        Err(error) => Err(error),
    };
    match result {
        Ok(document) => Some(document),
        Err(error) => {
            match error.kind {
                ReadErrorKind::Broken => look.kind = Kind::Broken,
                ReadErrorKind::Empty => look.kind = Kind::Empty,
                ReadErrorKind::Protected
                | ReadErrorKind::TooLarge
                | ReadErrorKind::NoText
                | ReadErrorKind::Unknown => {}
            }
            if error.kind != ReadErrorKind::Unknown {
                look.problem = Some(error.why);
            }
            None
        }
    }
}

fn told(look: &Look, name: &str, document: Option<&Document>) -> Peek {
    let lines: Vec<&str> = document
        .map(|document| document.lines.iter().take(PEEK_LINES_MAX).map(String::as_str).collect())
        .unwrap_or_default();
    let title = document.and_then(|document| document.title.clone());
    let is_prose = !matches!(look.kind, Kind::Code | Kind::Data);
    let language = if is_prose {
        let from_lines = crate::language::guess(lines.iter().copied()).map(str::to_owned);
        document.and_then(|document| document.language.clone()).or(from_lines)
    } else {
        None
    };
    let date = date_in_name(name).or_else(|| {
        let document = document.filter(|_| is_prose)?;
        let iso = |fact: &str| {
            let day = document.fact(fact)?.get(..10)?;
            date::is_iso(day).then(|| day.to_owned())
        };
        let sent = if document.format == Format::Mail { iso("date") } else { None };
        sent.or_else(|| lines.iter().take(80).find_map(|line| date::date_in_text(line)))
            .or_else(|| iso("date"))
            .or_else(|| iso("created"))
            .or_else(|| iso("modified"))
    });
    Peek {
        kind: look.kind,
        media: look.media.to_owned(),
        words: words::telling(name, title.as_deref(), &lines),
        title,
        date,
        language,
        problem: look.problem.clone(),
    }
}
