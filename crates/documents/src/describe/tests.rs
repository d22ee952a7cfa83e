//! Files are described by their content first.

use std::io::Cursor;

use super::*;

fn peek_of(bytes: &[u8], name: &str) -> Peek {
    peek(&mut Cursor::new(bytes), name, bytes.len() as u64)
}

#[test]
fn kinds_are_told_by_content_then_by_name() {
    let png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01";
    let elf = [b"\x7fELF\x02\x01\x01".as_slice(), &[0; 60]].concat();
    for (bytes, name, kind) in [
        (b"".as_slice(), "a.pdf", Kind::Empty),
        (b"   \n", "a.txt", Kind::Empty),
        (png, "picture", Kind::Picture),
        (png, "picture.pdf", Kind::Picture),
        (b"\xff\xd8\xff\xe0\0\x10JFIF\0", "IMG_20240307_101112.jpg", Kind::Photo),
        (b"\xff\xd8\xff\xe0\0\x10JFIF\0", "scan.jpg", Kind::Picture),
        (b"ID3\x03\0\0\0\0\0\0", "song", Kind::Audio),
        (b"\0\0\0\x20ftypisom\0\0\x02\0isomiso2", "clip.mp4", Kind::Video),
        (b"\x1f\x8b\x08\0\0\0\0\0", "a.tar.gz", Kind::Archive),
        (&elf, "tool", Kind::Program),
        (b"#!/bin/sh\necho hi\n", "start", Kind::Code),
        (b"fn main() {}\n", "main.rs", Kind::Code),
        (b"{\"a\": 1}", "x", Kind::Data),
        (b"BEGIN:VCALENDAR\nEND:VCALENDAR\n", "meeting", Kind::Data),
        (b"a;b\n1;2\n", "list.csv", Kind::Spreadsheet),
        (b"<!DOCTYPE html><p>hi", "page", Kind::Web),
        (b"From: a@b\nTo: c@d\nSubject: x\n\nHello", "mail", Kind::Mail),
        (b"Just some words.", "note", Kind::Text),
        (b"{\\rtf1 hello}", "x", Kind::Document),
        (b"<svg xmlns='x'></svg>", "x", Kind::Picture),
        (b"\x00\x01\x02\x03nothing known", "x.bin", Kind::Unknown),
        (b"\x00\x01\x02\x03nothing known", "x.pdf", Kind::Broken),
        (b"<p>404 not found", "x.zip", Kind::Broken),
        (b"PK\x03\x04 torn", "x.docx", Kind::Broken),
        (b"%PDF-1.4 torn", "x.pdf", Kind::Broken),
        (b"whatever", "film.mkv.part", Kind::Broken),
    ] {
        let peek = peek_of(bytes, name);
        assert_eq!(peek.kind, kind, "{name} {:?}: {peek:?}", String::from_utf8_lossy(bytes));
    }
}

#[test]
fn dates_in_names() {
    for (name, date) in [
        ("2024-03-07 invoice.pdf", Some("2024-03-07")),
        ("invoice_20240307.pdf", Some("2024-03-07")),
        ("IMG_20240307_101112.jpg", Some("2024-03-07")),
        ("IMG-20240307-WA0001.jpg", Some("2024-03-07")),
        ("Screenshot 2024-03-07 at 10.11.12.png", Some("2024-03-07")),
        ("Rechnung 07.03.2024.pdf", Some("2024-03-07")),
        ("Rechnung 7.3.24.pdf", Some("2024-03-07")),
        ("report 31-12-2023.pdf", Some("2023-12-31")),
        ("report 12-31-2023.pdf", Some("2023-12-31")),
        ("report 03-04-2023.pdf", None),
        ("7 March 2024.txt", Some("2024-03-07")),
        ("March 7th, 2024.txt", Some("2024-03-07")),
        ("7. März 2024.txt", Some("2024-03-07")),
        ("facture 1er août 2023.pdf", Some("2023-08-01")),
        ("factura 7 de marzo de 2024.pdf", Some("2024-03-07")),
        ("請求書2024年3月7日.pdf", Some("2024-03-07")),
        ("счет 7 марта 2024.pdf", Some("2024-03-07")),
        ("Gehalt März 2024.pdf", Some("2024-03")),
        ("payslip-2024-11.pdf", Some("2024-11")),
        ("2024 Nov statement.pdf", Some("2024-11")),
        ("20241340.pdf", None),
        ("invoice 4711.pdf", None),
        ("version 1.2.3.zip", None),
        ("market 2024.pdf", None),
        ("2023-02-29.txt", Some("2023-02")),
    ] {
        assert_eq!(date_in_name(name).as_deref(), date, "{name}");
    }
}

#[test]
fn words_are_telling() {
    let text = "Dear customer, this is the invoice for the electricity of your flat. \
        The electricity was delivered by Stadtwerke. Invoice number 123456.";
    let peek = peek_of(text.as_bytes(), "TaxReturn2023_final (copy).txt");
    assert_eq!(peek.words[..2], ["tax", "return"]);
    assert!(peek.words.contains(&"electricity".to_owned()), "{:?}", peek.words);
    assert!(!peek.words.iter().any(|word| ["the", "copy", "final"].contains(&word.as_str())));
    assert!(peek.words.len() <= crate::limits::PEEK_WORDS_MAX);
    assert_eq!(peek.language.as_deref(), Some("en"));
}

#[test]
fn a_date_in_the_text_is_found_when_the_name_has_none() {
    for (text, date) in [
        ("Rechnung\nDatum: 7. März 2024\nSumme 12,50", Some("2024-03-07")),
        ("Order placed: March 7, 2024", Some("2024-03-07")),
        ("due 2024/03/07", Some("2024-03-07")),
        ("account 20240307", None),
        ("03/04/2024", None),
    ] {
        assert_eq!(peek_of(text.as_bytes(), "note.txt").date.as_deref(), date, "{text}");
    }
}

/// A camera's picture, as small as one can be: a JPEG header with one EXIF directory.
fn photo() -> Vec<u8> {
    let mut tiff = b"II*\0\x08\0\0\0".to_vec();
    tiff.extend(b"\x02\0");
    tiff.extend(b"\x0f\x01\x02\0\x04\0\0\0ACM\0");
    tiff.extend(b"\x32\x01\x02\0\x14\0\0\0\x26\0\0\0");
    tiff.extend(b"\0\0\0\0");
    tiff.extend(b"2024:03:07 10:11:12\0");
    let mut jpeg = b"\xff\xd8\xff\xe1".to_vec();
    let length = u16::try_from(tiff.len() + 8).unwrap();
    jpeg.extend(length.to_be_bytes());
    jpeg.extend(b"Exif\0\0");
    jpeg.extend(tiff);
    jpeg.extend(b"\xff\xd9");
    jpeg
}

#[test]
fn photos_tell_when_they_were_taken() {
    let peek = peek_of(&photo(), "holiday.jpg");
    assert_eq!((peek.kind, peek.date.as_deref()), (Kind::Photo, Some("2024-03-07")));
}
