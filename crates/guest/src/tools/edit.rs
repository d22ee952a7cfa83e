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
    let old = args.old.as_bytes();
    let at = match &places(&bytes, old)[..] {
        [] => return Err(Failure::arguments(format!("{path}: the passage `old` is not in it"))),
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
        file.write_all(args.new.as_bytes())?;
        file.write_all(&bytes[at + old.len()..])
    })?;
    Ok(Edited { replaced: 1 })
}

/// Where `old` starts, overlapping places included: "aa" is twice in "aaa".
fn places(bytes: &[u8], old: &[u8]) -> Vec<usize> {
    let Some(first) = old.first() else { return vec![] };
    let starts = bytes.iter().enumerate().filter(|(_, byte)| *byte == first);
    starts.filter(|(at, _)| bytes[*at..].starts_with(old)).map(|(at, _)| at).collect()
}
