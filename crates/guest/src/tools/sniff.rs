//! What kind of file something is: by its content first, by the ending of its name second.

use documents::text;
use infer::MatcherType;

/// A kind in a person's words, and the media type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Nature {
    pub(crate) kind: &'static str,
    pub(crate) media: &'static str,
    /// The name promises something that the content is not.
    pub(crate) is_broken: bool,
}

const fn nature(kind: &'static str, media: &'static str) -> Nature {
    Nature { kind, media, is_broken: false }
}

/// Kind, media type, endings. The first block holds formats with a mark of their own at the start:
/// where it is missing, and the file is no text either, it is broken.
#[rustfmt::skip]
const MARKED: [(&str, &str, &str); 24] = [
    ("document", "application/pdf", "pdf"),
    ("document", "application/vnd.openxmlformats-officedocument.wordprocessingml.document", "docx docm dotx"),
    ("document", "application/vnd.oasis.opendocument.text", "odt ott"),
    ("document", "application/msword", "doc"),
    ("document", "application/rtf", "rtf"),
    ("spreadsheet", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "xlsx xlsm xltx"),
    ("spreadsheet", "application/vnd.oasis.opendocument.spreadsheet", "ods ots"),
    ("spreadsheet", "application/vnd.ms-excel", "xls xlsb"),
    ("presentation", "application/vnd.openxmlformats-officedocument.presentationml.presentation", "pptx pptm ppsx"),
    ("presentation", "application/vnd.oasis.opendocument.presentation", "odp otp"),
    ("presentation", "application/vnd.ms-powerpoint", "ppt pps"),
    ("picture", "image/jpeg", "jpg jpeg jpe"),
    ("picture", "image/png", "png"),
    ("picture", "image/gif", "gif"),
    ("picture", "image/webp", "webp"),
    ("picture", "image/tiff", "tif tiff"),
    ("picture", "image/heif", "heic heif avif"),
    ("archive", "application/zip", "zip"),
    ("archive", "application/gzip", "gz tgz"),
    ("archive", "application/x-7z-compressed", "7z"),
    ("archive", "application/vnd.rar", "rar"),
    ("ebook", "application/epub+zip", "epub"),
    ("video", "video/x-matroska", "mkv webm"),
    ("audio", "audio/flac", "flac"),
];

#[rustfmt::skip]
const UNMARKED: [(&str, &str, &str); 40] = [
    ("picture", "image/svg+xml", "svg svgz"),
    ("picture", "image/vnd.adobe.photoshop", "psd xcf ai eps kra"),
    ("picture", "image/bmp", "bmp ico icns"),
    ("photo", "image/x-raw", "raw cr2 cr3 nef arw dng orf rw2 raf"),
    ("audio", "audio/mpeg", "mp3"),
    ("audio", "audio/mp4", "m4a m4b aac"),
    ("audio", "audio/ogg", "ogg oga opus"),
    ("audio", "audio/x-wav", "wav aif aiff wma mid midi amr"),
    ("audio", "audio/x-mpegurl", "m3u m3u8"),
    ("video", "video/mp4", "mp4 m4v"),
    ("video", "video/quicktime", "mov qt"),
    ("video", "video/x-msvideo", "avi wmv mpg mpeg flv 3gp vob mts m2ts ts"),
    ("video", "application/x-subrip", "srt vtt ass"),
    ("archive", "application/x-tar", "tar bz2 xz zst lz tbz txz lzma cab arj"),
    ("archive", "application/x-iso9660-image", "iso img dmg vmdk qcow2 vdi"),
    ("program", "application/x-msdownload", "exe msi dll bat cmd com scr"),
    ("program", "application/x-executable", "appimage deb rpm apk ipa jar flatpak flatpakref snap bin run so o a class pyc wasm xpi crx"),
    ("ebook", "application/x-mobipocket-ebook", "mobi azw azw3 fb2 djvu cbz cbr"),
    ("document", "application/vnd.apple.pages", "pages wpd wps odg vsd vsdx pub xps oxps ps tex"),
    ("spreadsheet", "application/vnd.apple.numbers", "numbers gnumeric"),
    ("presentation", "application/vnd.apple.keynote", "key"),
    ("spreadsheet", "text/csv", "csv tsv tab"),
    ("mail", "message/rfc822", "eml msg mbox emlx pst ost"),
    ("web", "text/html", "html htm xhtml mht mhtml url webloc webarchive"),
    ("font", "font/ttf", "ttf otf woff woff2 eot ttc pfb"),
    ("data", "application/json", "json jsonl ndjson geojson ipynb"),
    ("data", "application/xml", "xml xsd xsl xslt kml gpx plist rss atom wsdl"),
    ("data", "application/yaml", "yaml yml toml ini cfg conf properties env"),
    ("data", "text/calendar", "ics ical"),
    ("data", "text/vcard", "vcf vcard"),
    ("data", "application/vnd.sqlite3", "db sqlite sqlite3 mdb accdb dbf parquet"),
    ("data", "application/x-bittorrent", "torrent log dat bak p12 pem crt key pub asc gpg sig kdbx ovpn"),
    ("text", "text/markdown", "md markdown rst adoc org"),
    ("text", "text/plain", "txt text nfo readme"),
    ("code", "text/x-python", "py pyw"),
    ("code", "text/javascript", "js mjs cjs jsx tsx vue svelte"),
    ("code", "text/x-c", "c h cpp hpp cc hh cxx m mm cs java kt kts scala swift go rs zig d"),
    ("code", "text/x-script", "sh bash zsh fish ps1 psm1 pl pm rb php lua r jl tcl awk sed sql star"),
    ("code", "text/css", "css scss sass less"),
    ("code", "text/x-make", "cmake gradle dockerfile makefile lock patch diff asm s hs ml ex exs erl clj lisp el dart f90 pas vb"),
];

/// What the first bytes of a file and its name say. `size` is of the whole file.
pub(crate) fn nature_of(head: &[u8], name: &str, size: u64) -> Nature {
    if size == 0 {
        return nature("empty", "application/x-empty");
    }
    let ending = ending(name);
    if let Some(found) = by_content(head, &ending) {
        return found;
    }
    if text::is_text(head) {
        return by_text(head, &ending);
    }
    match (listed(&MARKED, &ending), listed(&UNMARKED, &ending)) {
        (Some(promised), _) => Nature { is_broken: true, ..promised },
        (None, Some(named)) if named.kind != "text" && named.kind != "code" => named,
        _ => nature("unknown", "application/octet-stream"),
    }
}

/// The part behind the last dot, in lower case.
pub(crate) fn ending(name: &str) -> String {
    match name.rsplit_once('.') {
        Some((stem, ending)) if !stem.is_empty() => ending.to_lowercase(),
        _ => String::new(),
    }
}

fn listed(table: &[(&'static str, &'static str, &str)], ending: &str) -> Option<Nature> {
    if ending.is_empty() {
        return None;
    }
    let row = table.iter().find(|(_, _, endings)| endings.split(' ').any(|one| one == ending));
    row.map(|(kind, media, _)| nature(kind, media))
}

fn by_content(head: &[u8], ending: &str) -> Option<Nature> {
    if head[..head.len().min(1024)].windows(5).any(|five| five == b"%PDF-") {
        return Some(nature("document", "application/pdf"));
    }
    if head.starts_with(b"PK\x03\x04") {
        return Some(by_zip(head, ending));
    }
    if head.starts_with(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1") {
        // Old office files, mails of Outlook and installers share one container.
        let named = listed(&MARKED, ending).or_else(|| listed(&UNMARKED, ending));
        return Some(named.unwrap_or(nature("document", "application/x-ole-storage")));
    }
    if head.starts_with(b"{\\rtf") {
        return Some(nature("document", "application/rtf"));
    }
    if head.starts_with(b"SQLite format 3\0") {
        return Some(nature("data", "application/vnd.sqlite3"));
    }
    let found = infer::get(head)?;
    let media = found.mime_type();
    let kind = match found.matcher_type() {
        MatcherType::App => "program",
        MatcherType::Archive if media == "application/pdf" => "document",
        MatcherType::Archive if media.contains("rpm") || media.contains("debian") => "program",
        MatcherType::Archive => "archive",
        MatcherType::Audio => "audio",
        MatcherType::Book => "ebook",
        MatcherType::Doc => "document",
        MatcherType::Font => "font",
        MatcherType::Image => "picture",
        MatcherType::Video => "video",
        // Texts are told by more than their first letters.
        MatcherType::Text | MatcherType::Custom => return None,
    };
    // Raw photos look like other pictures at their start; a song's container like a film's.
    let named = listed(&UNMARKED, ending);
    let is_named = |kinds: [&str; 2]| named.is_some_and(|named| kinds.contains(&named.kind));
    if kind == "picture" && is_named(["photo", "photo"])
        || kind == "video" && is_named(["audio", "audio"])
    {
        return named;
    }
    Some(nature(kind, media))
}

/// A container of other files: an office document, a book, a program, or just an archive.
fn by_zip(head: &[u8], ending: &str) -> Nature {
    let has = |part: &[u8]| head.windows(part.len()).any(|bytes| bytes == part);
    let office = |kind: usize| nature(MARKED[kind].0, MARKED[kind].1);
    let named = listed(&MARKED, ending).or_else(|| listed(&UNMARKED, ending));
    if has(b"mimetypeapplication/epub+zip") {
        return nature("ebook", "application/epub+zip");
    }
    for (mark, row) in [
        (&b"opendocument.text"[..], 2),
        (b"opendocument.spreadsheet", 6),
        (b"opendocument.presentation", 9),
        (b"word/", 1),
        (b"xl/", 5),
        (b"ppt/", 8),
    ] {
        if has(mark) {
            return office(row);
        }
    }
    if has(b"AndroidManifest.xml") || has(b"META-INF/MANIFEST.MF") {
        return nature("program", "application/java-archive");
    }
    match named {
        // Its first part may be anything; the name tells.
        Some(named) if named.media != "application/zip" && named.kind != "text" => named,
        _ => nature("archive", "application/zip"),
    }
}

fn by_text(head: &[u8], ending: &str) -> Nature {
    let start = text::decode(&head[..head.len().min(2048)]);
    let start = start.trim_start().to_lowercase();
    let begins = |marks: &[&str]| marks.iter().any(|mark| start.starts_with(mark));
    let named = listed(&UNMARKED, ending);
    if start.is_empty() {
        return named.unwrap_or(nature("text", "text/plain"));
    }
    if begins(&["begin:vcard"]) {
        return nature("data", "text/vcard");
    }
    if begins(&["begin:vcalendar"]) {
        return nature("data", "text/calendar");
    }
    if begins(&["<svg"]) || begins(&["<?xml"]) && start.contains("<svg") {
        return nature("picture", "image/svg+xml");
    }
    let is_page =
        begins(&["<!doctype html", "<html"]) || begins(&["<?xml"]) && start.contains("<html");
    if is_page {
        return nature("web", "text/html");
    }
    match named {
        Some(named) if !matches!(named.kind, "audio" | "video" | "font" | "program") => named,
        Some(named) if matches!(ending, "srt" | "vtt" | "m3u" | "m3u8" | "bat" | "cmd" | "run") => {
            named
        }
        _ if begins(&["#!"]) => nature("code", "text/x-script"),
        _ if begins(&["<?xml"]) => nature("data", "application/xml"),
        _ if begins(&["{\"", "[{", "{\n"]) => nature("data", "application/json"),
        _ if begins(&["from:", "return-path:", "received:", "delivered-to:", "mime-version:"]) => {
            nature("mail", "message/rfc822")
        }
        _ => nature("text", "text/plain"),
    }
}

#[cfg(test)]
mod tests {
    use super::nature_of;

    const ELF: [u8; 64] = {
        let mut head = [0; 64];
        (head[0], head[1], head[2], head[3]) = (0x7f, b'E', b'L', b'F');
        head
    };

    #[test]
    fn the_content_tells_before_the_name() {
        let cases: [(&[u8], &str, &str); 30] = [
            (b"%PDF-1.7", "a.txt", "document"),
            (b"junk\n%PDF-1.4", "a", "document"),
            (b"\xff\xd8\xff\xe0\0\x10JFIF\0", "a.pdf", "picture"),
            (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "a", "picture"),
            (b"\0\x01\x02garbage\0\0", "a.pdf", "broken"),
            (b"\0\x01\x02garbage\0\0", "a.jpg", "broken"),
            (b"\0\x01\x02garbage\0\0", "a.mp3", "audio"),
            (b"\0\x01\x02garbage\0\0", "a.xyz", "unknown"),
            (b"\0\x01\x02garbage\0\0", "a.txt", "unknown"),
            (b"", "a.pdf", "empty"),
            (b"PK\x03\x04....[Content_Types].xml....word/document.xml", "a", "document"),
            (b"PK\x03\x04....xl/workbook.xml", "a.zip", "spreadsheet"),
            (b"PK\x03\x04....mimetypeapplication/epub+zip", "a", "ebook"),
            (b"PK\x03\x04....mimetypeapplication/vnd.oasis.opendocument.text", "a", "document"),
            (b"PK\x03\x04....photo.jpg", "a.zip", "archive"),
            (b"PK\x03\x04....photo.jpg", "a.pptx", "presentation"),
            (&ELF, "a", "program"),
            (b"MZ\x90\0\x03\0\0\0", "setup", "program"),
            (b"\x1f\x8b\x08\0\0\0\0\0", "a.tar.gz", "archive"),
            (b"\0\0\0\x18ftypmp42\0\0\0\0", "a.mp4", "video"),
            (b"ID3\x03\0\0\0\0\0\0", "a.mp3", "audio"),
            (b"wOFF\0\x01\0\0\0\0", "a", "font"),
            (b"<!DOCTYPE html><html>", "invoice.pdf", "web"),
            (b"From: a@b\nSubject: x\n\nhi", "a", "mail"),
            (b"a;b\n1;2\n", "a.CSV", "spreadsheet"),
            (b"fn main() {}", "a.rs", "code"),
            (b"#!/bin/sh\necho", "tool", "code"),
            (b"{\"a\":1}", "a", "data"),
            (b"BEGIN:VCALENDAR\n", "a.txt", "data"),
            (b"plain words", "notes", "text"),
        ];
        for (head, name, want) in cases {
            let nature = nature_of(head, name, head.len() as u64);
            let kind = if nature.is_broken { "broken" } else { nature.kind };
            assert_eq!(kind, want, "{name} {:?}", String::from_utf8_lossy(head));
        }
    }
}
