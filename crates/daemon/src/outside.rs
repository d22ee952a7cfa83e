//! Opens a document in the person's own program for it.
//!
//! Only what was applied is opened, from the person's own folder, so that what they save there is
//! theirs. Only documents that wait to be read are: nothing that a desktop would run, nothing that
//! a browser would let act, no document of a kind that carries macros. The name decides which
//! program is started, so the first bytes have to be of the kind that the name says.

use crate::limits::{OPEN_LIST_BYTES, OPEN_PEEK_BYTES};
use crate::live::Shared;
use crate::look::ending;
use crate::provenance::unknown;
use crate::review;
use crate::store::Store;
use crate::words;
use api::{ErrorKind, UserError};
use machine::changes::{ChangeKind, ChangeList, Outcome, Report, What};
use std::fs;
use std::io::{self, Read, Seek, SeekFrom};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use task::{ApplyState, Task};
use wire::PathText;

pub(crate) async fn open(
    store: &Store,
    shared: &Arc<Shared>,
    path: String,
) -> Result<(), UserError> {
    let task = shared.read(|driver, _| driver.task().clone());
    let (store, id) = (store.clone(), shared.id.clone());
    let opened = tokio::task::spawn_blocking(move || {
        let list: Option<ChangeList> = task
            .changes()
            .map(|(blob, _)| store.get_json(blob))
            .transpose()
            .map_err(|error| words::store(&error))?;
        let changes = list.iter().flat_map(|list| &list.changes);
        let mut found = changes.filter(|change| change.path.0 == path);
        let change = found.next().ok_or_else(|| unknown(&path, &id))?;
        if change.what != What::File || matches!(change.kind, ChangeKind::Deleted) {
            return Err(unfit(&path, "it is no file"));
        }
        if !is_applied(&store, &task, &change.path)? {
            let what = format!("{path} is not in your folder");
            return Err(UserError::new(ErrorKind::User, "open-unapplied", what)
                .cause("only what was applied is opened in a program of yours")
                .next("apply it first, or look at it here"));
        }
        start(&in_folder(&store, &task, &path)?, &path)
    });
    opened.await.unwrap_or_else(|why| {
        let what = "no program could be started";
        Err(UserError::new(ErrorKind::Bug, "open-failed", what).cause(why))
    })
}

fn is_applied(store: &Store, task: &Task, path: &PathText) -> Result<bool, UserError> {
    for apply in task.applies().iter().filter(|it| it.state == ApplyState::Applied) {
        let Some(blob) = &apply.report else { continue };
        let report: Report = store.get_json(blob).map_err(|error| words::store(&error))?;
        let mut lines = report.lines.iter();
        if lines.any(|line| line.path == *path && matches!(line.outcome, Outcome::Applied)) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The file in the person's folder, on a way without links.
fn in_folder(store: &Store, task: &Task, path: &str) -> Result<PathBuf, UserError> {
    let gone = || {
        let what = format!("{path} is not in your folder any more");
        UserError::new(ErrorKind::User, "open-gone", what)
            .cause("it was moved, deleted, or replaced by a link after it was applied")
    };
    let bases = review::bases(store, task).map_err(|why| unfit(path, &why))?;
    let states = review::states(&bases, Path::new(""));
    let (name, _) = path.split_once('/').ok_or_else(gone)?;
    let share = states.iter().find(|it| it.name == name).ok_or_else(gone)?;
    let bytes = PathText(path.to_owned()).to_bytes().map_err(|_| gone())?;
    let rest = bytes.strip_prefix(name.as_bytes()).and_then(|rest| rest.strip_prefix(b"/"));
    let rest = Path::new(std::ffi::OsStr::from_bytes(rest.ok_or_else(gone)?));
    let wanted = share.host.canonicalize().map_err(|_| gone())?.join(rest);
    let real = wanted.canonicalize().map_err(|_| gone())?;
    if real == wanted { Ok(real) } else { Err(gone()) }
}

/// What a document of this kind begins with; `None`: it is not opened. An empty beginning stands
/// for text.
fn beginnings(ending: &str) -> Option<&'static [&'static [u8]]> {
    Some(match ending {
        "pdf" => &[b"%PDF-"],
        "xlsx" | "docx" | "pptx" | "ods" | "odt" | "odp" => &[b"PK\x03\x04"],
        "png" => &[b"\x89PNG\r\n\x1a\n"],
        "jpg" | "jpeg" => &[b"\xff\xd8\xff"],
        "gif" => &[b"GIF87a", b"GIF89a"],
        "webp" => &[b"RIFF"],
        "txt" | "md" | "csv" => &[b""],
        _ => return None,
    })
}

/// Why a package is not opened, by its last bytes: it lists its parts there, by their names as they
/// are (APPNOTE.TXT 6.3.10, section 4.3). Programs keep macros in parts of these names.
fn of_package(tail: &[u8]) -> Option<&'static str> {
    let end = tail.windows(4).rposition(|it| it == b"PK\x05\x06");
    let size = end.and_then(|end| tail.get(end + 12..end + 16)?.try_into().ok());
    let size = size.map(u32::from_le_bytes).and_then(|size| usize::try_from(size).ok());
    let begin = end.zip(size).and_then(|(end, size)| end.checked_sub(size));
    if begin.is_none() {
        return Some("it does not list what is in it, or too much");
    }
    let parts = [&b"Basic/"[..], b"Scripts/", b"vbaProject.bin"];
    let mut found =
        parts.iter().map(|part| tail.windows(part.len()).any(|it| it.eq_ignore_ascii_case(part)));
    found.any(|it| it).then_some("it holds macros")
}

/// Why a file is not opened.
fn refusal(path: &str, mode: u32, head: &[u8]) -> Option<&'static str> {
    let Some(beginnings) = beginnings(&ending(path)) else {
        return Some("files of this kind are not opened from here; open it in your folder");
    };
    if mode & 0o111 != 0 {
        return Some("it may be run as a program");
    }
    if !beginnings.iter().any(|it| head.starts_with(it)) {
        return Some("it is not what its name says");
    }
    // A desktop looks into texts to find out what they are.
    let is_text = beginnings.iter().any(|it| it.is_empty());
    let acts =
        [&b"#!"[..], b"[Desktop", b"<"].iter().any(|it| head.trim_ascii_start().starts_with(it));
    (is_text && (acts || head.contains(&0))).then_some("it is not what its name says")
}

fn start(file: &Path, path: &str) -> Result<(), UserError> {
    let unread = |why: io::Error| unfit(path, &why.to_string());
    let mode = fs::symlink_metadata(file).map_err(unread)?.permissions().mode();
    let mut head = Vec::new();
    let mut opened = fs::File::open(file).map_err(unread)?;
    (&mut opened).take(OPEN_PEEK_BYTES).read_to_end(&mut head).map_err(unread)?;
    let mut refused = refusal(path, mode, &head);
    if refused.is_none() && head.starts_with(b"PK") {
        let length = opened.metadata().map_err(unread)?.len();
        let from = length.saturating_sub(OPEN_LIST_BYTES);
        opened.seek(SeekFrom::Start(from)).map_err(unread)?;
        let mut tail = Vec::new();
        opened.take(OPEN_LIST_BYTES).read_to_end(&mut tail).map_err(unread)?;
        refused = of_package(&tail);
    }
    if let Some(why) = refused {
        return Err(unfit(path, why));
    }
    if !has_display() {
        let what = format!("{path} cannot be opened from here");
        return Err(UserError::new(ErrorKind::Unavailable, "open-no-desktop", what)
            .cause("Legwork was started where there is no desktop")
            .next("open it in your folder"));
    }
    let failed = |why: String| {
        let what = format!("no program opened {path}");
        Err(UserError::new(ErrorKind::Unavailable, "open-failed", what)
            .cause(why)
            .next("open it in your folder"))
    };
    match run(file) {
        Ok(true) => Ok(()),
        Ok(false) => failed("this computer has no xdg-open, or no setsid".to_owned()),
        Err(why) => failed(why.to_string()),
    }
}

/// `setsid` lets the program outlive this process, and ends at once itself.
#[expect(clippy::disallowed_methods, reason = "the person's own program, at the person's wish")]
fn run(file: &Path) -> io::Result<bool> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    if !std::env::split_paths(&path).any(|folder| folder.join("xdg-open").is_file()) {
        return Ok(false);
    }
    let mut command = Command::new("setsid");
    command.args(["--fork", "xdg-open"]).arg(file).current_dir("/");
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    Ok(command.status()?.success())
}

#[expect(clippy::disallowed_methods, reason = "where a desktop says that it is there")]
fn has_display() -> bool {
    ["DISPLAY", "WAYLAND_DISPLAY"].iter().any(|name| std::env::var_os(name).is_some())
}

fn unfit(path: &str, why: &str) -> UserError {
    let what = format!("{path} is not opened in a program of yours");
    UserError::new(ErrorKind::Denied, "open-unfit", what).cause(why)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_package_with_macros_is_not_opened() {
        /// The end of a package with these parts.
        fn package(parts: &[&str]) -> Vec<u8> {
            let mut list = vec![];
            for part in parts {
                list.extend_from_slice(b"PK\x01\x02");
                list.extend_from_slice(&[0; 42]);
                list.extend_from_slice(part.as_bytes());
            }
            let size = u32::try_from(list.len()).unwrap().to_le_bytes();
            [&list[..], b"PK\x05\x06", &[0; 8], &size, &[0; 6]].concat()
        }
        for (parts, expected) in [
            (&["mimetype", "content.xml", "Thumbnails/a.png"][..], None),
            (&["content.xml", "Basic/Standard/Module1.xml"], Some("it holds macros")),
            (&["Scripts/python/x.py"], Some("it holds macros")),
            (&["xl/workbook.xml", "xl/vbaProject.bin"], Some("it holds macros")),
        ] {
            assert_eq!(of_package(&package(parts)), expected, "{parts:?}");
        }
        let whole = package(&["Basic/a.xml", "content.xml"]);
        assert!(of_package(&whole[60..]).is_some(), "it lists more than is seen");
        assert!(of_package(b"PK\x03\x04").is_some(), "it lists nothing");
    }

    #[test]
    fn only_documents_are_opened_that_are_what_they_say() {
        let plain = 0o100_644;
        let opened: &[(&str, &[u8])] = &[
            ("In/a.pdf", b"%PDF-1.7"),
            ("In/A.XLSX", b"PK\x03\x04rest"),
            ("In/notes.txt", b"hello"),
            ("In/empty.csv", b""),
        ];
        for (path, head) in opened {
            assert_eq!(refusal(path, plain, head), None, "{path}");
        }
        assert!(refusal("In/a.pdf", 0o100_755, b"%PDF-1.7").is_some(), "may be run");
        let refused: &[(&str, &[u8])] = &[
            ("In/a.pdf", b"#!/bin/sh"),
            ("In/a.txt", b"#!/bin/sh"),
            ("In/a.txt", b" [Desktop Entry]"),
            ("In/a.md", b"<html>"),
            ("In/a.txt", b"\x7fELF\0"),
            ("In/a.html", b"<p>"),
            ("In/a.svg", b"<svg>"),
            ("In/a.desktop", b"[Desktop Entry]"),
            ("In/a.sh", b"echo"),
            ("In/a.xlsm", b"PK\x03\x04"),
            ("In/a.pdf.exe", b"MZ"),
            ("In/pdf", b"%PDF-1.7"),
            ("In/a.p\u{202e}fdp", b"%PDF-1.7"),
        ];
        for (path, head) in refused {
            assert!(refusal(path, plain, head).is_some(), "{path} {head:?}");
        }
    }
}
