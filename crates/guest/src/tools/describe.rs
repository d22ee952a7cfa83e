//! `describe_files`: what each file is, when it is from, and what it is about.
//!
//! A few workers look into the files one by one. When one of them dies, the file it was at is
//! called broken, with the reason, and the rest goes on in a new worker.

use super::beneath::{Roots, Side};
use super::document::name;
use super::failure::Failure;
use super::hash::{errno, threads};
use super::list::{Problem, problems};
use super::tree::{Entry, Kind, Tree};
use super::worker::{Ask, Silence, Worker};
use super::{Progress, View, limits};
use documents::describe::{self, Peek};
use serde::{Deserialize, Serialize};
use std::io::Read;
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
    looked: Peek,
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

pub(crate) fn describe_files(
    view: &View,
    args: &Args,
    progress: Progress<'_>,
) -> Result<Descriptions, Failure> {
    let tree = Tree::read(&view.roots, Side::Folders, &args.path)?;
    let files: Vec<&Entry> = tree.files().collect();
    let paths: Vec<PathText> = files.iter().map(|entry| tree.name(&entry.path)).collect();
    let looked = look_at_all(view, &paths, progress)?;
    let unseen = |problem: Problem| Other { path: problem.path, kind: "folder", why: problem.why };
    let others = tree.entries.iter().filter_map(|entry| other(&tree, entry));
    let others = others.chain(problems(&tree).into_iter().map(unseen)).collect();
    let described = files.into_iter().zip(paths).zip(looked).map(|((entry, path), looked)| {
        let looked = looked.unwrap_or_else(|| unknown("it was not looked at"));
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
) -> Result<Vec<Option<Peek>>, Failure> {
    let next = AtomicUsize::new(0);
    let mut all: Vec<Option<Peek>> = paths.iter().map(|_| None).collect();
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
            all[index] = Some(looked?);
            if done % limits::PROGRESS_FILES == 0 {
                progress(done, total);
            }
        }
        Ok(all)
    })
}

/// Asks the worker, which is replaced when it dies. The error is that there can be none at all.
fn look_at(view: &View, worker: &mut Option<Worker>, path: &PathText) -> Result<Peek, Failure> {
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
        looked.kind = describe::Kind::Broken;
    }
    looked.problem = Some(silence.of_document().why);
    Ok(looked)
}

fn unknown(problem: &str) -> Peek {
    Peek {
        kind: describe::Kind::Unknown,
        media: "application/octet-stream".to_owned(),
        title: None,
        date: None,
        words: vec![],
        language: None,
        problem: Some(problem.to_owned()),
    }
}

/// Bytes by which a file is told when no reader may be let near it.
const SHALLOW_BYTES: usize = 512;

/// In the worker: looks into one file.
pub(crate) fn look(roots: &Roots, look: &Look) -> Peek {
    let path = &look.path;
    let name = name(path);
    let looked = roots.file(Side::Folders, path).and_then(|(mut file, stat)| {
        let size = u64::try_from(stat.st_size).unwrap_or(0);
        if !look.is_shallow {
            return Ok(describe::peek(&mut file, &name, size));
        }
        let mut head = vec![];
        file.take(SHALLOW_BYTES as u64)
            .read_to_end(&mut head)
            .map_err(|error| Failure::refused(path, errno(&error)))?;
        // Called longer than it is, so that it is never taken for a whole document.
        Ok(describe::peek_bytes(&head, &name, size.max(head.len() as u64 + 1)))
    });
    looked.unwrap_or_else(|failure| {
        let why = failure.why.strip_prefix(&format!("{path}: ")).unwrap_or(&failure.why);
        Peek { words: describe::peek_bytes(b"", &name, 0).words, ..unknown(why) }
    })
}
