//! `hash_files`: content hashes of files, and the hashing that the checks use.

use super::beneath::Side;
use super::failure::{Failure, reason};
use super::list::{Problem, problems};
use super::tree::{Entry, Tree};
use super::{Progress, View, limits};
use rustix::io::Errno;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::io::Read;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use wire::PathText;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Args {
    path: PathText,
    /// Only files that share their size with another, and are not empty, are read and answered.
    #[serde(default)]
    only_same_size: bool,
}

#[derive(Debug, Serialize)]
pub(crate) struct Hashes {
    files: Vec<Hashed>,
    problems: Vec<Problem>,
}

#[derive(Debug, Serialize)]
struct Hashed {
    path: PathText,
    size: u64,
    /// BLAKE3, hexadecimal.
    hash: String,
    modified_ms: i64,
    /// The first other name of the very same file, which takes no room of its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    hard_link_of: Option<PathText>,
}

pub(crate) fn hash_files(
    view: &View,
    args: &Args,
    progress: Progress<'_>,
) -> Result<Hashes, Failure> {
    let tree = Tree::read(&view.roots, Side::Folders, &args.path)?;
    let mut wanted: Vec<&Entry> = tree.files().collect();
    if args.only_same_size {
        let mut of_size: HashMap<u64, usize> = HashMap::new();
        wanted.iter().for_each(|entry| *of_size.entry(entry.size).or_default() += 1);
        wanted.retain(|entry| entry.size > 0 && of_size[&entry.size] > 1);
    }
    let mut first_names: HashMap<(u64, u64), &[u8]> = HashMap::new();
    let mut result = Hashes { files: vec![], problems: problems(&tree) };
    for (entry, hash) in wanted.iter().zip(hash_all(&tree, &wanted, progress)) {
        let path = tree.name(&entry.path);
        let hash = match hash {
            Ok(hash) => hash.to_hex().to_string(),
            Err(errno) => {
                result.problems.push(Problem { path, why: reason(errno).1 });
                continue;
            }
        };
        let first = (entry.links > 1)
            .then(|| *first_names.entry(entry.inode).or_insert(&entry.path))
            .filter(|first| *first != &entry.path[..]);
        result.files.push(Hashed {
            path,
            size: entry.size,
            hash,
            modified_ms: entry.modified_ms(),
            hard_link_of: first.map(|first| tree.name(first)),
        });
    }
    Ok(result)
}

/// The hashes of these entries, in their order, read by several threads.
pub(crate) fn hash_all(
    tree: &Tree,
    wanted: &[&Entry],
    progress: Progress<'_>,
) -> Vec<Result<blake3::Hash, Errno>> {
    enum Heard {
        Read(u64),
        Done(usize, Result<blake3::Hash, Errno>),
    }
    let total = wanted.iter().map(|entry| entry.size).sum();
    let mut hashes: Vec<_> = wanted.iter().map(|_| Err(Errno::CANCELED)).collect();
    let next = AtomicUsize::new(0);
    let (heard, hear) = mpsc::sync_channel(64);
    std::thread::scope(|scope| {
        for _ in 0..threads(wanted.len()) {
            let heard = heard.clone();
            let next = &next;
            scope.spawn(move || {
                let mut buffer = vec![0; limits::STREAM_BYTES];
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let Some(entry) = wanted.get(index) else { return };
                    // A send fails only when the receiver is gone, and with it the call.
                    let hash = hash_entry(tree, entry, &mut buffer, &|bytes| {
                        let _ = heard.send(Heard::Read(bytes));
                    });
                    if heard.send(Heard::Done(index, hash)).is_err() {
                        return;
                    }
                }
            });
        }
        drop(heard);
        let (mut done, mut told) = (0, 0);
        for heard in hear {
            match heard {
                Heard::Read(bytes) => done += bytes,
                Heard::Done(index, hash) => hashes[index] = hash,
            }
            if done - told >= limits::PROGRESS_BYTES {
                told = done;
                progress(done, total);
            }
        }
    });
    hashes
}

/// How many threads are worth starting for so many files.
pub(crate) fn threads(files: usize) -> usize {
    let processors = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    processors.min(limits::THREADS_MAX).min(files)
}

fn hash_entry(
    tree: &Tree,
    entry: &Entry,
    buffer: &mut [u8],
    read: &dyn Fn(u64),
) -> Result<blake3::Hash, Errno> {
    let (mut file, _) = tree.open(entry)?;
    let mut hasher = blake3::Hasher::new();
    let mut unheard = 0;
    loop {
        let length = match file.read(buffer) {
            Ok(0) => break,
            Ok(length) => length,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(errno(&error)),
        };
        hasher.update(&buffer[..length]);
        unheard += length as u64;
        if unheard >= limits::PROGRESS_BYTES / 4 {
            read(unheard);
            unheard = 0;
        }
    }
    read(unheard);
    Ok(hasher.finalize())
}

pub(crate) fn errno(error: &std::io::Error) -> Errno {
    Errno::from_io_error(error).unwrap_or(Errno::IO)
}
