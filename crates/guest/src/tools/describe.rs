//! `describe_files`: what each file is, when it is from, and what it is about.
//!
//! A few workers look into the files one by one. When one of them dies, the file it was at is called
//! broken, with the reason, and the rest goes on in a new worker.

use super::beneath::{Roots, Side};
use super::document::name;
use super::exif;
use super::failure::Failure;
use super::hash::{errno, threads};
use super::list::{Problem, problems};
use super::sniff::{Nature, nature_of};
use super::tree::{Entry, Kind, Tree};
use super::worker::{Ask, Silence, Worker};
use super::{Progress, View, day, limits, words};
use documents::{Document, ReadErrorKind, language};
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io::{Read, Seek};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use wire::PathText;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Args {
    path: PathText,
}

#[derive(Debug, Serialize)]
pub(crate) struct Descriptions {
    files: Vec<Described>,
    /// What is no file: links, fifos, folders that could not be looked into.
    others: Vec<Other>,
}

#[derive(Debug, Serialize)]
struct Described {
    path: PathText,
    size: u64,
    modified_ms: i64,
    #[serde(flatten)]
    looked: Looked,
}

#[derive(Debug, Serialize)]
struct Other {
    path: PathText,
    kind: &'static str,
    why: String,
}

/// One file, as a worker is asked about it.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Look {
    path: PathText,
    /// By its name and first bytes only; no reader is let near it.
    is_shallow: bool,
}

/// What a worker found.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Looked {
    kind: String,
    media: String,
    /// ISO date, or year and month only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    date: Option<String>,
    words: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    title: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    language: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    problem: Option<String>,
}

pub(crate) fn describe_files(
    view: &View,
    args: &Args,
    progress: Progress<'_>,
) -> Result<Descriptions, Failure> {
    let tree = Tree::read(&view.roots, Side::Folders, &args.path)?;
    let files: Vec<&Entry> = tree.files().collect();
    let paths: Vec<PathText> = files.iter().map(|entry| tree.name(&entry.path)).collect();
    let mut looked = look_at_all(view, &paths, progress)?;
    let unseen = |problem: Problem| Other { path: problem.path, kind: "folder", why: problem.why };
    let others = tree.entries.iter().filter_map(|entry| other(&tree, entry));
    let others = others.chain(problems(&tree).into_iter().map(unseen)).collect();
    let described = files.into_iter().zip(paths).zip(&mut looked).map(|((entry, path), looked)| {
        let looked = std::mem::take(looked);
        Described { path, size: entry.size, modified_ms: entry.modified_ms(), looked }
    });
    Ok(Descriptions { files: described.collect(), others })
}

fn other(tree: &Tree, entry: &Entry) -> Option<Other> {
    let (kind, why) = match &entry.kind {
        Kind::File | Kind::Folder => return None,
        Kind::Link(target) => ("link", format!("a link to {}", PathText::from_bytes(target))),
        Kind::Fifo => ("fifo", "a pipe between programs".to_owned()),
        Kind::Socket => ("socket", "a connection between programs".to_owned()),
        Kind::Device => ("device", "a device".to_owned()),
    };
    Some(Other { path: tree.name(&entry.path), kind, why })
}

fn look_at_all(
    view: &View,
    paths: &[PathText],
    progress: Progress<'_>,
) -> Result<Vec<Looked>, Failure> {
    let next = AtomicUsize::new(0);
    let mut all: Vec<Looked> = paths.iter().map(|_| Looked::default()).collect();
    let (found, hear) = mpsc::sync_channel(64);
    let total = paths.len() as u64;
    std::thread::scope(|scope| {
        for _ in 0..threads(paths.len()) {
            let (found, next) = (found.clone(), &next);
            scope.spawn(move || {
                let mut worker = None;
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let Some(path) = paths.get(index) else { return };
                    let looked = look_at(view, &mut worker, path);
                    let is_over = looked.is_err();
                    // Nobody hears any more: the call has failed.
                    if found.send((index, looked)).is_err() || is_over {
                        return;
                    }
                }
            });
        }
        drop(found);
        for (done, (index, looked)) in (1..).zip(hear) {
            all[index] = looked?;
            if done % limits::PROGRESS_FILES == 0 {
                progress(done, total);
            }
        }
        Ok(all)
    })
}

/// Asks the worker, which is replaced when it dies. The error is that there can be none at all.
fn look_at(view: &View, worker: &mut Option<Worker>, path: &PathText) -> Result<Looked, Failure> {
    let mut ask = |is_shallow| {
        let alive = match worker.take() {
            Some(alive) => alive,
            None => Worker::start(view)?,
        };
        let alive = worker.insert(alive);
        let look = Look { path: path.clone(), is_shallow };
        let answer = alive.ask(view, Ask::Describe(look), limits::DESCRIBE_TIME);
        if answer.is_err() {
            *worker = None;
        }
        answer
    };
    let told = |answer: Result<String, Failure>| match answer {
        Ok(json) => {
            serde_json::from_str(&json).unwrap_or_else(|_| unknown("it was not understood"))
        }
        Err(failure) => unknown(&failure.why),
    };
    let silence = match ask(false) {
        Ok(answer) => return Ok(told(answer)),
        Err(Silence::Absent(why)) => return Err(Silence::Absent(why).of_document()),
        Err(silence) => silence,
    };
    // It is still known by its name and first bytes, unless these were the trouble.
    let mut looked = match ask(true) {
        Ok(answer) => told(answer),
        Err(_) => unknown(""),
    };
    if matches!(silence, Silence::Panic(_) | Silence::Crashed(_)) {
        looked.kind = "broken".to_owned();
    }
    looked.problem = Some(silence.of_document().why);
    Ok(looked)
}

fn unknown(problem: &str) -> Looked {
    Looked {
        kind: "unknown".to_owned(),
        media: "application/octet-stream".to_owned(),
        problem: Some(problem.to_owned()),
        ..Looked::default()
    }
}

/// In the worker: looks into one file.
pub(crate) fn look(roots: &Roots, look: &Look) -> Looked {
    let path = &look.path;
    let opened = roots.file(Side::Folders, path).and_then(|(mut file, stat)| {
        let mut head = vec![];
        file.by_ref()
            .take(limits::SNIFF_BYTES as u64)
            .read_to_end(&mut head)
            .map_err(|error| Failure::refused(path, errno(&error)))?;
        Ok((file, u64::try_from(stat.st_size).unwrap_or(0), head))
    });
    let name = name(path);
    let (mut file, size, head) = match opened {
        Ok(opened) => opened,
        Err(failure) => {
            let why = failure.why.strip_prefix(&format!("{path}: ")).unwrap_or(&failure.why);
            return Looked { words: words::telling(name, None, [].into_iter()), ..unknown(why) };
        }
    };
    let nature = nature_of(&head, name, size);
    let mut looked = Looked {
        kind: nature.kind.to_owned(),
        media: nature.media.to_owned(),
        date: day::find(name),
        ..Looked::default()
    };
    if nature.is_broken {
        looked.kind = "broken".to_owned();
        looked.problem =
            Some("its content is not what its name says; it is probably damaged".to_owned());
    }
    let read = match nature {
        _ if look.is_shallow || nature.is_broken => None,
        Nature { kind: "picture" | "photo", .. } => {
            photo(&mut file, head, &mut looked);
            None
        }
        nature => read(&mut file, name, nature, size, &head, &mut looked),
    };
    let none = vec![];
    let lines = read.as_ref().map_or(&none, |document| &document.lines);
    let lines = || lines.iter().take(documents::limits::PEEK_LINES_MAX).map(String::as_str);
    looked.words = words::telling(name, looked.title.as_deref(), lines());
    looked.language = looked.language.or_else(|| language::guess(lines()).map(str::to_owned));
    if let Some(document) = &read {
        let is_month = looked.date.as_ref().is_some_and(|date| date.len() < 10);
        let from_text = || {
            document
                .fact("date")
                .and_then(day::find_day)
                .or_else(|| lines().find_map(day::find_day))
        };
        if looked.date.is_none() || is_month {
            looked.date = from_text().or(looked.date.take());
        }
        if looked.date.is_none() {
            looked.date = document.fact("created").and_then(day::find_day);
        }
    }
    looked
}

fn photo(file: &mut File, mut head: Vec<u8>, looked: &mut Looked) {
    // What is read already is enough for the kind; without more there is just no date.
    let _ = file.take(exif::SEARCHED_BYTES as u64).read_to_end(&mut head);
    let exif = exif::read(&head);
    if exif.is_photo {
        looked.kind = "photo".to_owned();
    }
    looked.date = exif.date.or(looked.date.take());
}

/// The text of a file, as far as it helps to tell what it is about.
fn read(
    file: &mut File,
    name: &str,
    nature: Nature,
    size: u64,
    head: &[u8],
    looked: &mut Looked,
) -> Option<Document> {
    let is_plain = documents::text::is_text(head) && !matches!(nature.kind, "web" | "mail");
    let has_text = matches!(
        nature.kind,
        "document" | "spreadsheet" | "presentation" | "web" | "mail" | "text"
    );
    if !has_text || (size > limits::PEEK_DOCUMENT_BYTES_MAX && !is_plain) {
        return None;
    }
    let read = if is_plain {
        let mut text = vec![];
        file.rewind().ok()?;
        file.take(limits::PEEK_TEXT_BYTES as u64).read_to_end(&mut text).ok()?;
        documents::read_document(&text, name)
    } else {
        documents::read_document_file(file, name)
    };
    match read {
        Ok(document) => {
            looked.title.clone_from(&document.title);
            looked.language.clone_from(&document.language);
            Some(document)
        }
        Err(error) => {
            if error.kind == ReadErrorKind::Broken {
                looked.kind = "broken".to_owned();
            }
            let is_problem = !matches!(error.kind, ReadErrorKind::Unknown | ReadErrorKind::Empty);
            looked.problem = is_problem.then_some(error.why);
            None
        }
    }
}
