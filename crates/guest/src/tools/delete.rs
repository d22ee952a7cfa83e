//! `delete_files`: removes files, links and empty folders.

use super::View;
use super::failure::{Failure, reason};
use super::limits;
use super::list::Problem;
use rustix::fs::{AtFlags, FileType};
use rustix::io::Errno;
use serde::{Deserialize, Serialize};
use wire::PathText;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Args {
    paths: Vec<PathText>,
}

#[derive(Debug, Serialize)]
pub(crate) struct Deleted {
    deleted: u64,
    /// Were gone before: a call that was interrupted may be repeated.
    already: u64,
    problems: Vec<Problem>,
}

pub(crate) fn delete_files(view: &View, args: &Args) -> Result<Deleted, Failure> {
    if args.paths.len() > limits::MOVES_MAX {
        let max = limits::MOVES_MAX;
        return Err(Failure::arguments(format!("one call deletes {max} files at most")));
    }
    let mut result = Deleted { deleted: 0, already: 0, problems: vec![] };
    for path in &args.paths {
        match delete(view, path) {
            Ok(true) => result.deleted += 1,
            Ok(false) => result.already += 1,
            Err(why) => result.problems.push(Problem { path: path.clone(), why }),
        }
    }
    Ok(result)
}

/// `false`: it was not there.
fn delete(view: &View, path: &PathText) -> Result<bool, String> {
    // Tells a bad path from one whose folder is gone.
    view.roots.share(super::beneath::Side::Folders, path).map_err(|failure| failure.why)?;
    let spot = match view.roots.spot(path, false) {
        Ok(spot) => spot,
        Err(failure) if failure == Failure::refused(path, Errno::NOENT) => return Ok(false),
        Err(failure) => return Err(failure.why),
    };
    let told = |errno: Errno| reason(errno).1;
    let Some(stat) = spot.stat().map_err(told)? else { return Ok(false) };
    let flags = match FileType::from_raw_mode(stat.st_mode) {
        FileType::Directory => AtFlags::REMOVEDIR,
        _ => AtFlags::empty(),
    };
    rustix::fs::unlinkat(&spot.folder, &spot.name[..], flags).map_err(told)?;
    Ok(true)
}
