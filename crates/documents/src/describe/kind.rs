//! The kind of a file as a person would sort it, by content first and by name second.

use serde::{Deserialize, Serialize};

use crate::archive::Archive;
use crate::document::{Format, ReadErrorKind};
use crate::limits::PEEK_FILE_BYTES_MAX;
use crate::read::{extension, sniff};
use crate::text::is_text;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    Document,
    Spreadsheet,
    Presentation,
    /// A drawing, a screenshot, a scan.
    Picture,
    /// Taken by a camera, as far as the file says.
    Photo,
    Audio,
    Video,
    Archive,
    /// Runs or installs something.
    Program,
    Code,
    Mail,
    Web,
    Font,
    Data,
    Text,
    Ebook,
    Empty,
    /// It claims to be something and is not, or was not downloaded to its end.
    Broken,
    Unknown,
}

#[derive(Debug)]
pub(super) struct Look {
    pub(super) kind: Kind,
    pub(super) media: &'static str,
    pub(super) problem: Option<String>,
}

const OCTETS: &str = "application/octet-stream";

/// What names say where the content is text, or cannot decide.
#[rustfmt::skip]
const BY_NAME: [(Kind, &str, &str); 18] = [
    (Kind::Code, "text/x-source", "c h cc cpp cxx hpp hh rs go py rb pl pm php java kt kts scala \
        cs fs vb js cjs ts tsx jsx swift m mm lua r jl hs ml ex exs erl clj lisp el scm sh bash \
        zsh mjs fish ps1 bat awk sed tcl asm s v vhd sql css scss sass less vue svelte dart nim \
        cmd zig pas f90 f cmake mk gradle groovy tf proto graphql dockerfile makefile star ipynb \
        patch diff"),
    (Kind::Data, "application/json", "json jsonl ndjson geojson topojson"),
    (Kind::Data, "application/xml", "xml xsd xsl xslt plist gpx kml tcx rss atom opml"),
    (Kind::Data, "text/x-config", "yaml yml toml ini cfg conf properties env lock desktop service"),
    (Kind::Data, "text/calendar", "ics ical vcs"),
    (Kind::Data, "text/vcard", "vcf vcard"),
    (Kind::Data, "text/x-data", "dat mt940 qif ofx ldif srt vtt sub po pot pem crt cer asc sig \
        sha256 md5 torrent"),
    (Kind::Spreadsheet, "text/csv", "csv tsv tab"),
    (Kind::Web, "text/html", "html htm xhtml mht mhtml url webloc"),
    (Kind::Mail, "message/rfc822", "eml mbox emlx"),
    (Kind::Picture, "image/svg+xml", "svg"),
    (Kind::Document, "application/x-tex", "tex bib"),
    (Kind::Document, "application/postscript", "ps eps"),
    (Kind::Text, "text/markdown", "md markdown"),
    (Kind::Text, "text/plain", "txt text log rst adoc org nfo readme license"),
    (Kind::Ebook, "application/x-mobipocket-ebook", "mobi azw azw3 fb2"),
    (Kind::Archive, "application/x-iso9660-image", "iso img"),
    (Kind::Program, "application/x-apple-diskimage", "dmg"),
];

/// Endings of files whose content is never plain text, so that one that is anything else is
/// damaged.
const NEVER_TEXT: [&str; 32] = [
    "pdf", "jpg", "jpeg", "png", "gif", "webp", "heic", "tif", "tiff", "zip", "gz", "xz", "7z",
    "rar", "docx", "xlsx", "pptx", "odt", "ods", "odp", "epub", "mp3", "m4a", "flac", "ogg", "wav",
    "mp4", "mov", "mkv", "webm", "avi", "exe",
];

pub(super) fn look(head: &[u8], name: &str, size: u64) -> Look {
    let extension = extension(name);
    let told = |kind, media| Look { kind, media, problem: None };
    if size == 0 {
        return told(Kind::Empty, "inode/x-empty");
    }
    if matches!(extension.as_str(), "part" | "crdownload" | "download" | "partial" | "opdownload") {
        let problem = Some("it was not downloaded to its end".to_owned());
        return Look { kind: Kind::Broken, media: OCTETS, problem };
    }
    if head.starts_with(b"PK\x03\x04") {
        return zip(head, &extension, size);
    }
    if head.starts_with(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1") {
        return compound(head, name, &extension);
    }
    if head[..head.len().min(1024)].windows(5).any(|five| five == b"%PDF-") {
        return told(Kind::Document, "application/pdf");
    }
    if head.starts_with(b"{\\rtf") {
        return told(Kind::Document, "application/rtf");
    }
    if is_text(head) {
        return text(head, name, &extension);
    }
    if let Some(found) = infer::get(head) {
        return magic(&found, &extension);
    }
    if head.len() > 264 && &head[257..262] == b"ustar" {
        return told(Kind::Archive, "application/x-tar");
    }
    if NEVER_TEXT.contains(&extension.as_str()) {
        return misnamed(&extension);
    }
    by_name(&extension).unwrap_or_else(|| told(Kind::Unknown, OCTETS))
}

fn misnamed(extension: &str) -> Look {
    let problem = Some(format!("it is named .{extension} but is damaged or something else"));
    Look { kind: Kind::Broken, media: OCTETS, problem }
}

fn by_name(extension: &str) -> Option<Look> {
    let (kind, media, _) = BY_NAME
        .iter()
        .find(|(.., endings)| endings.split_whitespace().any(|ending| ending == extension))?;
    Some(Look { kind: *kind, media, problem: None })
}

fn text(head: &[u8], name: &str, extension: &str) -> Look {
    let told = |kind, media| Look { kind, media, problem: None };
    let format = match sniff(head, name) {
        Ok(format) => format,
        Err(error) if error.kind == ReadErrorKind::Empty => {
            let problem = Some("it holds nothing but blanks".to_owned());
            return Look { kind: Kind::Empty, media: "text/plain", problem };
        }
        Err(_) => return misnamed(extension),
    };
    let start = crate::text::decode(&head[..head.len().min(1024)]);
    let start = start.trim_start().to_lowercase();
    match format {
        Format::Mail => return told(Kind::Mail, "message/rfc822"),
        Format::Html => return told(Kind::Web, "text/html"),
        Format::Csv => return told(Kind::Spreadsheet, "text/csv"),
        _ => {}
    }
    if start.starts_with("<svg") || (start.starts_with("<?xml") && start.contains("<svg")) {
        return told(Kind::Picture, "image/svg+xml");
    }
    if start.starts_with("begin:vcalendar") {
        return told(Kind::Data, "text/calendar");
    }
    if start.starts_with("begin:vcard") {
        return told(Kind::Data, "text/vcard");
    }
    if NEVER_TEXT.contains(&extension) {
        return misnamed(extension);
    }
    // Files of builds and projects that have a name instead of an ending.
    let whole = name.to_lowercase();
    let known = if extension.is_empty() { by_name(&whole) } else { by_name(extension) };
    if let Some(look) = known {
        return look;
    }
    if start.starts_with("#!") {
        return told(Kind::Code, "text/x-script");
    }
    if start.starts_with("<?xml") {
        return told(Kind::Data, "application/xml");
    }
    let is_json =
        start.starts_with(['{', '[']) && (start.contains("\":") || start.contains("\" :"));
    if is_json {
        return told(Kind::Data, "application/json");
    }
    told(Kind::Text, "text/plain")
}

fn zip(head: &[u8], extension: &str, size: u64) -> Look {
    let told = |kind, media| Look { kind, media, problem: None };
    let by_ending = match extension {
        "docx" | "docm" | "dotx" | "odt" => Some((Kind::Document, "application/x-office-text")),
        "xlsx" | "xlsm" | "xltx" | "ods" | "numbers" | "xlsb" => {
            Some((Kind::Spreadsheet, "application/x-office-spreadsheet"))
        }
        "pptx" | "pptm" | "odp" | "key" => {
            Some((Kind::Presentation, "application/x-office-presentation"))
        }
        "pages" => Some((Kind::Document, "application/x-office-text")),
        "epub" => Some((Kind::Ebook, "application/epub+zip")),
        "jar" | "apk" | "xapk" | "ipa" | "msix" | "appx" | "xpi" | "vsix" | "crx" => {
            Some((Kind::Program, "application/zip"))
        }
        _ => None,
    };
    if size > PEEK_FILE_BYTES_MAX || (head.len() as u64) < size {
        let (kind, media) = by_ending.unwrap_or((Kind::Archive, "application/zip"));
        return told(kind, media);
    }
    let Ok(mut archive) = Archive::open(head) else {
        let problem = Some("the archive is damaged or was not downloaded to its end".to_owned());
        return Look { kind: Kind::Broken, media: "application/zip", problem };
    };
    let media = archive.text("mimetype").ok().flatten().unwrap_or_default();
    let names = archive.names();
    let has = |prefix: &str| names.iter().any(|name| name.starts_with(prefix));
    let office = |kind: &'static str| match kind {
        "word" => "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        "xl" => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        _ => "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    };
    match media.trim() {
        "application/epub+zip" => return told(Kind::Ebook, "application/epub+zip"),
        media if media.starts_with("application/vnd.oasis.opendocument.") => {
            return if media.contains("spreadsheet") {
                told(Kind::Spreadsheet, "application/vnd.oasis.opendocument.spreadsheet")
            } else if media.contains("presentation") {
                told(Kind::Presentation, "application/vnd.oasis.opendocument.presentation")
            } else if media.contains("graphics") {
                told(Kind::Picture, "application/vnd.oasis.opendocument.graphics")
            } else {
                told(Kind::Document, "application/vnd.oasis.opendocument.text")
            };
        }
        _ => {}
    }
    if has("word/document") {
        told(Kind::Document, office("word"))
    } else if has("xl/") {
        told(Kind::Spreadsheet, office("xl"))
    } else if has("ppt/") {
        told(Kind::Presentation, office("ppt"))
    } else if has("AndroidManifest.xml") || has("Payload/") || extension == "jar" {
        told(Kind::Program, "application/zip")
    } else {
        let (kind, media) = by_ending.unwrap_or((Kind::Archive, "application/zip"));
        told(kind, media)
    }
}

fn compound(head: &[u8], name: &str, extension: &str) -> Look {
    let told = |kind, media| Look { kind, media, problem: None };
    match extension {
        "msi" => return told(Kind::Program, "application/x-msi"),
        "msg" => return told(Kind::Mail, "application/vnd.ms-outlook"),
        "doc" | "dot" => return told(Kind::Document, "application/msword"),
        "ppt" | "pps" => return told(Kind::Presentation, "application/vnd.ms-powerpoint"),
        "xls" | "xlt" => return told(Kind::Spreadsheet, "application/vnd.ms-excel"),
        _ => {}
    }
    match sniff(head, name) {
        Ok(Format::Xls) => told(Kind::Spreadsheet, "application/vnd.ms-excel"),
        Ok(_) => told(Kind::Document, "application/x-ole-storage"),
        Err(error) => {
            let kind = match extension {
                "xlsx" | "xlsm" => Kind::Spreadsheet,
                "pptx" => Kind::Presentation,
                _ => Kind::Document,
            };
            let problem = (error.kind == ReadErrorKind::Protected).then_some(error.why);
            Look { kind, media: "application/x-ole-storage", problem }
        }
    }
}

fn magic(found: &infer::Type, extension: &str) -> Look {
    let media = found.mime_type();
    let kind = match found.matcher_type() {
        infer::MatcherType::Image => match found.extension() {
            "heif" | "heic" | "cr2" | "nef" | "arw" | "dng" | "raf" | "orf" | "rw2" => Kind::Photo,
            _ => Kind::Picture,
        },
        infer::MatcherType::Audio => Kind::Audio,
        infer::MatcherType::Video => Kind::Video,
        infer::MatcherType::Font => Kind::Font,
        infer::MatcherType::Archive => match found.extension() {
            "deb" | "rpm" | "crx" => Kind::Program,
            "sqlite" | "parquet" | "arrow" => Kind::Data,
            _ => Kind::Archive,
        },
        infer::MatcherType::App => match found.extension() {
            "sqlite" | "wasm" => Kind::Data,
            _ => Kind::Program,
        },
        infer::MatcherType::Book => Kind::Ebook,
        infer::MatcherType::Doc => match found.extension() {
            "xls" | "xlsx" | "ods" => Kind::Spreadsheet,
            "ppt" | "pptx" | "odp" => Kind::Presentation,
            _ => Kind::Document,
        },
        infer::MatcherType::Text => Kind::Text,
        infer::MatcherType::Custom => Kind::Unknown,
    };
    // Files that install something are archives by their content.
    let kind = match extension {
        "appimage" | "exe" | "msi" | "deb" | "rpm" | "dmg" | "pkg" => Kind::Program,
        _ => kind,
    };
    Look { kind, media, problem: None }
}
