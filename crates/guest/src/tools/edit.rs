//! `edit_file`: replaces a passage that occurs exactly once.

use super::View;
use super::beneath::Side;
use super::failure::Failure;
use super::hash::errno;
use super::limits;
use super::write::replace;
use serde::{Deserialize, Serialize};
use std::io::{Read, Write};
use wire::PathText;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Args {
    path: PathText,
    old: String,
    new: String,
}

#[derive(Debug, Serialize)]
pub(crate) struct Edited {
    replaced: u64,
}

pub(crate) fn edit_file(view: &View, args: &Args) -> Result<Edited, Failure> {
    let path = &args.path;
    if args.old.is_empty() {
        return Err(Failure::arguments("`old` is empty; name the passage to replace"));
    }
    let (file, stat) = view.roots.file(Side::Folders, path)?;
    if u64::try_from(stat.st_size).unwrap_or(0) > limits::EDIT_BYTES_MAX {
        let max = limits::EDIT_BYTES_MAX >> 20;
        return Err(Failure::limit(format!(
            "{path}: it is larger than the {max} MB that can be edited"
        )));
    }
    let mut bytes = vec![];
    file.take(limits::EDIT_BYTES_MAX)
        .read_to_end(&mut bytes)
        .map_err(|error| Failure::refused(path, errno(&error)))?;
    let (mut old, mut new) = (args.old.clone(), args.new.clone());
    let mut found = places(&bytes, old.as_bytes());
    // Whoever read the file did not see how its lines end; they stay as they are.
    if found.is_empty() && old.contains('\n') && !old.contains('\r') {
        let crlf = |text: &str| text.replace("\r\n", "\n").replace('\n', "\r\n");
        found = places(&bytes, crlf(&old).as_bytes());
        (old, new) = (crlf(&old), crlf(&new));
    }
    let at = match &found[..] {
        [] => return Err(Failure::arguments(missing(path, &bytes, &args.old))),
        [at] => *at,
        more => {
            let count = more.len();
            return Err(Failure::arguments(format!(
                "{path}: the passage `old` occurs {count} times; name more of its surroundings"
            )));
        }
    };
    replace(&view.roots, path, |file| {
        file.write_all(&bytes[..at])?;
        file.write_all(new.as_bytes())?;
        file.write_all(&bytes[at + old.len()..])
    })?;
    Ok(Edited { replaced: 1 })
}

/// What to tell of a passage that is not there: where the same words stand with other blanks.
fn missing(path: &PathText, bytes: &[u8], old: &str) -> String {
    let text = String::from_utf8_lossy(bytes);
    let words = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
    let wanted: Vec<String> = old.lines().map(words).filter(|line| !line.is_empty()).collect();
    let lines: Vec<(usize, String)> = (1..)
        .zip(text.lines().map(words))
        .filter(|(_, line): &(usize, String)| !line.is_empty())
        .collect();
    let mut runs = lines.windows(wanted.len().max(1));
    let alike = runs.find(|run| run.iter().map(|(_, line)| line).eq(&wanted));
    match alike {
        Some(run) => format!(
            "{path}: the passage `old` is not in it as it stands: from line {} on it differs only \
             in blanks; read it again and copy it exactly",
            run[0].0
        ),
        None => format!(
            "{path}: the passage `old` is not in it; read it again and copy the passage from there"
        ),
    }
}

/// Where `old` starts, overlapping places included: "aa" is twice in "aaa".
fn places(bytes: &[u8], old: &[u8]) -> Vec<usize> {
    let Some(first) = old.first() else { return vec![] };
    let starts = bytes.iter().enumerate().filter(|(_, byte)| *byte == first);
    starts.filter(|(at, _)| bytes[*at..].starts_with(old)).map(|(at, _)| at).collect()
}
