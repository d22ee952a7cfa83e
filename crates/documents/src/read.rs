//! Finds out what a file is, by its content first and its name second, and hands it to a reader.
//!
//! Readers are built on foreign parsers. A panic in one of them becomes "broken" where panics
//! unwind; in the machine they abort, and there every reading has a process of its own.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::archive::Archive;
use crate::document::{Document, Format, ReadError, ReadErrorKind};
use crate::limits::{FILE_BYTES_MAX, PEEK_BYTES, TEXT_BYTES_MAX};
use crate::{delimited, html, language, mail, office, opendocument, pdf, rtf, spreadsheet, text};

/// Reads a document that is in memory. `name` helps where the content leaves a choice.
pub fn read_document(data: &[u8], name: &str) -> Result<Document, ReadError> {
    read_at_depth(data, name, 0)
}

/// Reads an open file from its start; no more of it than the limits say.
pub fn read_document_file(file: &mut File, name: &str) -> Result<Document, ReadError> {
    let unreadable = |error: std::io::Error| {
        ReadError::new(ReadErrorKind::Broken, format!("the file cannot be read: {error}"))
    };
    let size = file.seek(SeekFrom::End(0)).map_err(unreadable)?;
    file.rewind().map_err(unreadable)?;
    let mut data = Vec::new();
    if size > FILE_BYTES_MAX {
        file.take(PEEK_BYTES as u64).read_to_end(&mut data).map_err(unreadable)?;
        match sniff(&data, name)? {
            Format::Text | Format::Markdown | Format::Csv => {}
            _ => return Err(too_large(size)),
        }
        let more = (TEXT_BYTES_MAX + 1).saturating_sub(data.len()) as u64;
        file.take(more).read_to_end(&mut data).map_err(unreadable)?;
    } else {
        file.take(FILE_BYTES_MAX).read_to_end(&mut data).map_err(unreadable)?;
    }
    read_document(&data, name)
}

/// `depth` counts the mails around this document.
pub(crate) fn read_at_depth(data: &[u8], name: &str, depth: usize) -> Result<Document, ReadError> {
    if data.len() as u64 > FILE_BYTES_MAX {
        return Err(too_large(data.len() as u64));
    }
    let mut document = guarded(|| read_as(data, sniff(data, name)?, depth))?;
    if document.language.is_none() {
        let lines = document.lines.iter().map(String::as_str);
        document.language = language::guess(lines).map(str::to_owned);
    }
    Ok(document)
}

/// Turns a panic of a foreign parser into a broken document.
pub(crate) fn guarded<T>(read: impl FnOnce() -> Result<T, ReadError>) -> Result<T, ReadError> {
    catch_unwind(AssertUnwindSafe(read)).unwrap_or_else(|_| {
        Err(ReadError::new(ReadErrorKind::Broken, "the file is damaged and cannot be read"))
    })
}

fn read_as(data: &[u8], format: Format, depth: usize) -> Result<Document, ReadError> {
    match format {
        Format::Text | Format::Markdown => text::read(data, format),
        Format::Mail => mail::read(data, depth),
        Format::Html => html::read(data, None),
        Format::Pdf => pdf::read(data),
        Format::Csv => delimited::read(data),
        Format::Xlsx => spreadsheet::read_xlsx(data),
        Format::Xls => spreadsheet::read_xls(data),
        Format::Ods => opendocument::read_ods(data),
        Format::Docx => office::read_docx(data),
        Format::Odt => opendocument::read_odt(data),
        Format::Rtf => rtf::read(data),
        Format::Pptx => office::read_pptx(data),
    }
}

/// What these bytes are; the beginning of a file is enough for everything but containers.
pub(crate) fn sniff(data: &[u8], name: &str) -> Result<Format, ReadError> {
    let head = &data[..data.len().min(PEEK_BYTES)];
    if head.iter().all(|byte| matches!(byte, 0 | b' ' | b'\t' | b'\r' | b'\n')) {
        return Err(ReadError::new(ReadErrorKind::Empty, "the file is empty"));
    }
    let start = &head[..head.len().min(1024)];
    if start.windows(5).any(|five| five == b"%PDF-") {
        return Ok(Format::Pdf);
    }
    if head.starts_with(b"PK\x03\x04") {
        return sniff_zip(data);
    }
    if head.starts_with(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1") {
        return sniff_compound(data);
    }
    if head.starts_with(b"{\\rtf") {
        return Ok(Format::Rtf);
    }
    if !text::is_text(head) {
        let what = infer::get(head).map_or("a kind of file", |kind| match kind.matcher_type() {
            infer::MatcherType::Image => "a picture",
            infer::MatcherType::Audio => "a sound recording",
            infer::MatcherType::Video => "a video",
            infer::MatcherType::Archive => "an archive",
            infer::MatcherType::App => "a program",
            infer::MatcherType::Font => "a font",
            _ => "a kind of file",
        });
        let claims = extension(name);
        if matches!(claims.as_str(), "pdf" | "docx" | "xlsx" | "xlsm" | "ods" | "odt" | "xls") {
            return Err(misnamed(&claims));
        }
        let why = format!("it is {what} that holds no text we can read");
        return Err(ReadError::new(ReadErrorKind::Unknown, why));
    }
    match (sniff_text(head, name), extension(name).as_str()) {
        (Format::Text, claims @ ("pdf" | "docx" | "xlsx" | "xlsm" | "ods" | "odt")) => {
            Err(misnamed(claims))
        }
        (format, _) => Ok(format),
    }
}

fn sniff_text(head: &[u8], name: &str) -> Format {
    let text = text::decode(head);
    let extension = extension(name);
    let start: String = text.trim_start().chars().take(2_000).collect::<String>().to_lowercase();
    let markup = start.starts_with("<!doctype html")
        || start.starts_with("<html")
        || (start.starts_with('<') && start.contains("<html"));
    if markup {
        return Format::Html;
    }
    if looks_like_mail(&text) {
        return Format::Mail;
    }
    match extension.as_str() {
        "eml" | "mht" | "mhtml" => Format::Mail,
        "md" | "markdown" => Format::Markdown,
        "html" | "htm" | "xhtml" => Format::Html,
        "csv" | "tsv" | "tab" => Format::Csv,
        // A table without a name that says so must be regular to be taken for one.
        // Banks give tables of plain text the name of an Excel file.
        "" | "xls" if text.lines().count() >= 3 && is_regular(&text) => Format::Csv,
        _ => Format::Text,
    }
}

fn is_regular(text: &str) -> bool {
    let Some(delimiter) = delimited::delimiter(text) else { return false };
    let delimiter = char::from(delimiter);
    let counts = text.lines().filter(|line| !line.is_empty());
    let mut counts = counts.map(|line| line.matches(delimiter).count());
    let first = counts.next().unwrap_or(0);
    first >= 2 && counts.all(|count| count == first)
}

/// A mail begins with headers, at least two of which only mails have.
fn looks_like_mail(text: &str) -> bool {
    const TELLING: [&str; 12] = [
        "from:",
        "to:",
        "subject:",
        "date:",
        "received:",
        "message-id:",
        "mime-version:",
        "return-path:",
        "delivered-to:",
        "reply-to:",
        "content-type:",
        "x-mailer:",
    ];
    let mut telling = 0;
    let mut strong = 0;
    for (index, line) in text.lines().take(100).enumerate() {
        if index == 0 && line.starts_with("From ") {
            strong += 1;
            continue;
        }
        if line.is_empty() {
            break;
        }
        if line.starts_with([' ', '\t']) && index > 0 {
            continue;
        }
        let lower = line.to_lowercase();
        if TELLING.iter().any(|header| lower.starts_with(header)) {
            telling += 1;
            let is_strong = ["received:", "message-id:", "mime-version:", "return-path:"];
            strong += usize::from(is_strong.iter().any(|header| lower.starts_with(header)));
        } else if !line.split(':').next().is_some_and(|name| {
            line.contains(':') && !name.is_empty() && name.bytes().all(|b| b.is_ascii_graphic())
        }) {
            break;
        }
    }
    telling >= 3 || (telling >= 2 && strong >= 1)
}

fn sniff_zip(data: &[u8]) -> Result<Format, ReadError> {
    let mut archive = Archive::open(data)?;
    let names = archive.names();
    let has = |prefix: &str| names.iter().any(|name| name.starts_with(prefix));
    if has("word/document") {
        return Ok(Format::Docx);
    }
    if archive.has("xl/workbook.bin") {
        return Err(unknown(
            "it is a binary Excel workbook (xlsb); save it as xlsx to have it read",
        ));
    }
    if has("xl/") {
        return Ok(Format::Xlsx);
    }
    if has("ppt/") {
        return Ok(Format::Pptx);
    }
    if archive.has("content.xml") {
        let media = archive.text("mimetype")?.unwrap_or_default();
        return Ok(if media.contains("spreadsheet") { Format::Ods } else { Format::Odt });
    }
    Err(unknown("it is an archive of other files"))
}

/// Old office files and encrypted new ones share a container that names its parts in UTF-16.
fn sniff_compound(data: &[u8]) -> Result<Format, ReadError> {
    let has = |name: &str| {
        let wide: Vec<u8> = name.encode_utf16().flat_map(u16::to_le_bytes).collect();
        // Names stand at the start of directory entries of 128 bytes.
        data.chunks(128).any(|entry| entry.starts_with(&wide))
    };
    if has("EncryptedPackage") || has("EncryptionInfo") {
        return Err(ReadError::new(
            ReadErrorKind::Protected,
            "the document is protected by a password",
        ));
    }
    if has("Workbook") || has("Book\0") {
        return Ok(Format::Xls);
    }
    if has("WordDocument") {
        return Err(unknown("it is an old Word document (doc); save it as docx to have it read"));
    }
    if has("PowerPoint Document") {
        return Err(unknown("it is an old presentation (ppt); save it as pptx to have it read"));
    }
    if has("__properties_version1.0") {
        return Err(unknown("it is an Outlook message (msg); save it as eml to have it read"));
    }
    Err(unknown("it is an old office file of a kind that we cannot read"))
}

/// The ending of a name, in lower case, without the dot; empty when it has none.
pub(crate) fn extension(name: &str) -> String {
    let name = name.rsplit('/').next().unwrap_or_default();
    match name.rsplit_once('.') {
        Some((stem, ending)) if !stem.is_empty() && ending.len() <= 10 => ending.to_lowercase(),
        _ => String::new(),
    }
}

fn misnamed(claims: &str) -> ReadError {
    ReadError::new(
        ReadErrorKind::Broken,
        format!("the file is named .{claims} but is damaged or something else"),
    )
}

fn unknown(why: &str) -> ReadError {
    ReadError::new(ReadErrorKind::Unknown, why)
}

fn too_large(size: u64) -> ReadError {
    ReadError::new(
        ReadErrorKind::TooLarge,
        format!("the file is too large to be read ({} MB)", size / 1_000_000),
    )
}
