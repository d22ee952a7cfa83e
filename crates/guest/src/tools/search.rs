//! `search_files`: lines of text files that hold a text, whatever its case.

use super::beneath::Side;
use super::failure::Failure;
use super::tree::{Entry, Tree};
use super::{Progress, View, limits};
use regex::bytes::{Regex, RegexBuilder};
use serde::{Deserialize, Serialize};
use std::io::{BufRead, BufReader, Read};
use wire::PathText;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Args {
    path: PathText,
    text: String,
    limit: Option<usize>,
}

#[derive(Debug, Serialize)]
pub(crate) struct Hits {
    hits: Vec<Hit>,
    truncated: bool,
}

#[derive(Debug, Serialize)]
struct Hit {
    path: PathText,
    /// Counted from 1.
    line: u64,
    text: String,
}

pub(crate) fn search_files(
    view: &View,
    args: &Args,
    progress: Progress<'_>,
) -> Result<Hits, Failure> {
    if args.text.is_empty() || args.text.contains('\n') {
        return Err(Failure::arguments("`text` must be part of one line"));
    }
    let wanted = RegexBuilder::new(&regex::escape(&args.text))
        .case_insensitive(true)
        .build()
        .map_err(|_| Failure::arguments("`text` is too long to search for"))?;
    let tree = Tree::read(&view.roots, Side::Folders, &args.path)?;
    let limit = args.limit.unwrap_or(usize::MAX).min(limits::SEARCH_HITS_MAX);
    let mut result = Hits { hits: vec![], truncated: false };
    for (done, entry) in (0..).zip(tree.files()) {
        if done % limits::PROGRESS_FILES == 0 {
            progress(done, 0);
        }
        let room = limit - result.hits.len();
        let (mut hits, more) = search(&tree, entry, &wanted, room);
        result.hits.append(&mut hits);
        if more {
            result.truncated = true;
            break;
        }
    }
    Ok(result)
}

/// The hits in one file, and whether there are more than fit. A file that cannot be read has none.
fn search(tree: &Tree, entry: &Entry, wanted: &Regex, room: usize) -> (Vec<Hit>, bool) {
    let mut hits = vec![];
    let Ok((file, _)) = tree.open(entry) else { return (hits, false) };
    let mut reader = BufReader::with_capacity(limits::STREAM_BYTES, file);
    // A file with NUL in its first block is no text.
    if reader.fill_buf().map_or(true, |head| head.iter().take(limits::SNIFF_BYTES).any(|&b| b == 0))
    {
        return (hits, false);
    }
    let mut line = vec![];
    for number in 1.. {
        line.clear();
        let taken = (&mut reader)
            .take(limits::SEARCH_LINE_BYTES_MAX as u64)
            .read_until(b'\n', &mut line)
            .unwrap_or(0);
        if taken == 0 {
            break;
        }
        if line.last() != Some(&b'\n') {
            // Errors show again, as the end, at the next line.
            let _ = reader.skip_until(b'\n');
        }
        let Some(found) = wanted.find(&line) else { continue };
        if hits.len() == room {
            return (hits, true);
        }
        let text = shown(&line, found.start());
        hits.push(Hit { path: tree.name(&entry.path), line: number, text });
    }
    (hits, false)
}

/// The line around the place, without control characters.
fn shown(line: &[u8], at: usize) -> String {
    let start = at.saturating_sub(limits::SEARCH_SHOWN_CHARS / 3);
    let text = String::from_utf8_lossy(&line[start..]);
    let plain = text.trim().chars().map(|letter| if letter.is_control() { ' ' } else { letter });
    plain.take(limits::SEARCH_SHOWN_CHARS).collect()
}
