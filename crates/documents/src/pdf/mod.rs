//! PDF: pages are interpreted far enough to know where each letter stands, then put into lines.
//! Pictures are not read: a scan is `NoText`.

mod cmap;
mod content;
mod font;
mod layout;
mod widths;

pub(crate) use widths::standard as standard_width;

use lopdf::{Document as Pdf, LoadOptions, Object};

use crate::document::{Document, Format, Mark, ReadError, ReadErrorKind};
use crate::gather::Gather;
use crate::limits::{PDF_CONTENT_BYTES_MAX, PDF_PAGES_MAX, PDF_STREAM_BYTES_MAX};

pub(crate) fn read(bytes: &[u8]) -> Result<Document, ReadError> {
    read_pages(bytes, PDF_PAGES_MAX)
}

/// Reads at most so many pages from the beginning.
pub(crate) fn read_pages(bytes: &[u8], pages_max: usize) -> Result<Document, ReadError> {
    let pdf = load(bytes)?;
    let mut gather = Gather::new(Format::Pdf);
    facts(&pdf, &mut gather);
    let pages: Vec<_> = pdf.page_iter().take(PDF_PAGES_MAX + 1).collect();
    if pages.is_empty() {
        return Err(broken());
    }
    gather.fact("pages", &pages.len().min(PDF_PAGES_MAX).to_string());
    if pages.len() > pages_max {
        gather.cut();
    }
    let mut budget = PDF_CONTENT_BYTES_MAX;
    let mut fonts = content::Fonts::default();
    for (index, page) in pages.into_iter().take(pages_max).enumerate() {
        let read = content::page(&pdf, page, &mut fonts, &mut budget);
        if read.cut {
            gather.cut();
        }
        gather.gap();
        if index > 0 {
            gather.mark(Mark::Break);
        }
        if !layout::lines(read.letters)
            .iter()
            .all(|line| if line.is_empty() { gather.gap() } else { gather.line(line) })
        {
            break;
        }
    }
    form_fields(&pdf, &mut gather);
    if gather.is_blank() {
        return Err(ReadError::new(
            ReadErrorKind::NoText,
            "the PDF holds only pictures (a scan); no text could be read",
        ));
    }
    Ok(gather.finish())
}

fn load(bytes: &[u8]) -> Result<Pdf, ReadError> {
    let options = |force_reconstruct| LoadOptions {
        max_decompressed_size: Some(PDF_STREAM_BYTES_MAX),
        force_reconstruct,
        ..LoadOptions::default()
    };
    // Junk may stand before the header; offsets count from the header then.
    let head = &bytes[..bytes.len().min(1024)];
    let start = head.windows(5).position(|five| five == b"%PDF-").unwrap_or(0);
    let mut result = Pdf::load_mem_with_options(&bytes[start..], options(false));
    let is_whole = |pdf: &Pdf| pdf.page_iter().next().is_some() || needs_password(pdf);
    if !result.as_ref().is_ok_and(is_whole) {
        let rebuilt = Pdf::load_mem_with_options(&bytes[start..], options(true));
        if rebuilt.as_ref().is_ok_and(is_whole) {
            result = rebuilt;
        }
    }
    match result {
        Ok(pdf) if needs_password(&pdf) => Err(protected()),
        Ok(pdf) => Ok(pdf),
        Err(lopdf::Error::InvalidPassword | lopdf::Error::Decryption(_)) => Err(protected()),
        Err(_) => Err(broken()),
    }
}

/// Without a user password the reader has decrypted everything while loading.
fn needs_password(pdf: &Pdf) -> bool {
    pdf.is_encrypted() && !pdf.was_encrypted()
}

fn facts(pdf: &Pdf, gather: &mut Gather) {
    let Ok(info) = pdf.trailer.get_deref(b"Info", pdf).and_then(Object::as_dict) else { return };
    let text = |key: &[u8]| {
        let object = info.get_deref(key, pdf).ok()?;
        lopdf::decode_text_string(object).ok()
    };
    gather.title(&text(b"Title").unwrap_or_default());
    for (key, name) in [
        (&b"Author"[..], "author"),
        (b"Subject", "subject"),
        (b"CreationDate", "created"),
        (b"ModDate", "modified"),
        (b"Producer", "producer"),
        (b"Creator", "creator"),
    ] {
        let value = text(key).unwrap_or_default();
        gather.fact(name, &iso_date(&value).unwrap_or(value));
    }
}

/// `D:20240307143000+01'00'` as `2024-03-07T14:30:00+01:00`.
fn iso_date(text: &str) -> Option<String> {
    let text = text.strip_prefix("D:")?;
    let digits: String = text.chars().take_while(char::is_ascii_digit).take(14).collect();
    let part = |from: usize, to: usize| digits.get(from..to);
    let date = format!("{}-{}-{}", part(0, 4)?, part(4, 6)?, part(6, 8)?);
    let Some(hour) = part(8, 10) else { return Some(date) };
    let time = format!("{hour}:{}:{}", part(10, 12).unwrap_or("00"), part(12, 14).unwrap_or("00"));
    let zone: String = text[digits.len()..].chars().filter(|c| *c != '\'').collect();
    let zone = match zone.as_bytes() {
        [b'Z', ..] => "Z".to_owned(),
        [b'+' | b'-', a, b, c, d] if [a, b, c, d].iter().all(|byte| byte.is_ascii_digit()) => {
            format!("{}:{}", &zone[..3], &zone[3..])
        }
        _ => String::new(),
    };
    Some(format!("{date}T{time}{zone}"))
}

/// What was typed into a form and is not drawn on the page by itself.
fn form_fields(pdf: &Pdf, gather: &mut Gather) {
    let fields = pdf
        .catalog()
        .and_then(|catalog| catalog.get_deref(b"AcroForm", pdf))
        .and_then(Object::as_dict)
        .and_then(|form| form.get_deref(b"Fields", pdf))
        .and_then(Object::as_array);
    let Ok(fields) = fields else { return };
    for field in fields.iter().take(1_000) {
        let Ok((_, Object::Dictionary(field))) = pdf.dereference(field) else { continue };
        let text = |key: &[u8]| {
            field.get_deref(key, pdf).ok().and_then(|value| lopdf::decode_text_string(value).ok())
        };
        if let (Some(name), Some(value)) = (text(b"T"), text(b"V"))
            && !value.trim().is_empty()
        {
            gather.line(&format!("{name}: {value}"));
        }
    }
}

fn broken() -> ReadError {
    ReadError::new(ReadErrorKind::Broken, "the PDF is damaged and cannot be opened")
}

fn protected() -> ReadError {
    ReadError::new(ReadErrorKind::Protected, "the PDF is protected by a password")
}
