//! `move_files`: renames that never overwrite, and that may be repeated after an interruption.
//!
//! The copy-on-write view refuses to rename a folder that was there before the work, and no rename
//! goes from one share to another. Such a folder is moved file by file into an unfinished folder
//! beside its new place, which gets its final name last; a repeated call goes on where the first
//! one stopped.

use super::beneath::{Roots, Side, Spot};
use super::copy::{is_finished_copy, move_across, times};
use super::failure::{Failure, reason};
use super::hash::errno;
use super::tree::{Kind, Tree};
use super::write::unfinished_name;
use super::{Progress, View, limits};
use rustix::fs::{AtFlags, Dir, FileType, Mode, OFlags, RenameFlags, Stat};
use rustix::io::Errno;
use serde::{Deserialize, Serialize};
use std::os::fd::OwnedFd;
use wire::PathText;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Args {
    moves: Vec<Move>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Move {
    from: PathText,
    to: PathText,
}

#[derive(Debug, Serialize)]
pub(crate) struct Moved {
    moved: u64,
    /// Were moved before: a call that was interrupted may be repeated.
    already: u64,
    problems: Vec<Problem>,
}

#[derive(Debug, Serialize)]
struct Problem {
    from: PathText,
    to: PathText,
    why: String,
}

/// How one move ended.
enum Ended {
    Moved,
    Already,
}

pub(crate) fn move_files(
    view: &View,
    args: &Args,
    progress: Progress<'_>,
) -> Result<Moved, Failure> {
    if args.moves.len() > limits::MOVES_MAX {
        let max = limits::MOVES_MAX;
        return Err(Failure::arguments(format!("one call moves {max} files at most")));
    }
    let mut result = Moved { moved: 0, already: 0, problems: vec![] };
    let total = args.moves.len() as u64;
    for (done, one) in (0..).zip(&args.moves) {
        if done % limits::PROGRESS_FILES == 0 {
            progress(done, total);
        }
        match move_one(&view.roots, one) {
            Ok(Ended::Moved) => result.moved += 1,
            Ok(Ended::Already) => result.already += 1,
            Err(failure) => {
                let (from, to) = (one.from.clone(), one.to.clone());
                result.problems.push(Problem { from, to, why: failure.why });
            }
        }
    }
    Ok(result)
}

fn move_one(roots: &Roots, Move { from, to }: &Move) -> Result<Ended, Failure> {
    let bytes =
        |path: &PathText| path.to_relative().map_err(|error| Failure::bad_path(path, error));
    let (from_bytes, to_bytes) = (bytes(from)?, bytes(to)?);
    let Some((source, stat)) = found(roots, from)? else {
        return move_again(roots, from, to);
    };
    if from_bytes == to_bytes {
        return Ok(Ended::Already);
    }
    if to_bytes.strip_prefix(&from_bytes[..]).is_some_and(|rest| rest.starts_with(b"/")) {
        return Err(Failure::path(format!("{to}: a folder cannot be moved into itself")));
    }
    let refused = |errno| Failure::refused(to, errno);
    let target = roots.spot(to, true)?;
    let share = |path: &[u8]| path.split(|&byte| byte == b'/').next().map(<[u8]>::to_vec);
    let is_across = share(&from_bytes) != share(&to_bytes);
    if let Some(there) = target.stat().map_err(refused)? {
        let is_copy =
            is_across && is_finished_copy(&source, &stat, &target, &there).map_err(refused)?;
        if !is_copy {
            return Err(refused(Errno::EXIST));
        }
        rustix::fs::unlinkat(&source.folder, &source.name[..], AtFlags::empty())
            .map_err(|errno| Failure::refused(from, errno))?;
        return Ok(Ended::Moved);
    }
    let is_folder = FileType::from_raw_mode(stat.st_mode).is_dir();
    match rename(&source, &target) {
        Ok(()) => {}
        Err(Errno::XDEV) if is_folder => move_folder(roots, from, &source, &target)?,
        Err(Errno::XDEV) => move_across(&source, &stat, &target).map_err(refused)?,
        Err(errno) => return Err(refused(errno)),
    }
    Ok(Ended::Moved)
}

/// The source is not there: was it moved before?
fn move_again(roots: &Roots, from: &PathText, to: &PathText) -> Result<Ended, Failure> {
    if found(roots, to)?.is_some() {
        return Ok(Ended::Already);
    }
    let absent = Failure::refused(from, Errno::NOENT);
    let Ok(target) = roots.spot(to, false) else { return Err(absent) };
    // Everything may have been moved but for the last rename.
    let unfinished = Spot { name: unfinished_name(&target.name), folder: dup(&target.folder)? };
    match unfinished.stat() {
        Ok(Some(stat)) if FileType::from_raw_mode(stat.st_mode).is_dir() => {
            rename(&unfinished, &target).map_err(|errno| Failure::refused(to, errno))?;
            Ok(Ended::Moved)
        }
        _ => Err(absent),
    }
}

/// What is at the path itself, a link as a link. `None`: nothing, or not even its folder.
fn found(roots: &Roots, path: &PathText) -> Result<Option<(Spot, Stat)>, Failure> {
    roots.share(Side::Folders, path)?;
    let spot = match roots.spot(path, false) {
        Ok(spot) => spot,
        Err(failure) if failure == Failure::refused(path, Errno::NOENT) => return Ok(None),
        Err(failure) => return Err(failure),
    };
    let stat = spot.stat().map_err(|errno| Failure::refused(path, errno))?;
    Ok(stat.map(|stat| (spot, stat)))
}

fn rename(from: &Spot, to: &Spot) -> Result<(), Errno> {
    let flags = RenameFlags::NOREPLACE;
    rustix::fs::renameat_with(&from.folder, &from.name[..], &to.folder, &to.name[..], flags)
}

fn move_folder(
    roots: &Roots,
    from: &PathText,
    source: &Spot,
    target: &Spot,
) -> Result<(), Failure> {
    let tree = Tree::read(roots, Side::Folders, from)?;
    if let Some(unseen) = tree.unseen.first() {
        let (name, why) = (tree.name(&unseen.path), &unseen.why);
        return Err(Failure::path(format!(
            "{from}: it was left in place, because of {name}: {why}"
        )));
    }
    let slashes = |path: &[u8]| path.iter().filter(|&&byte| byte == b'/').count();
    let folders = tree.entries.iter().filter(|entry| entry.kind == Kind::Folder);
    if folders.map(|entry| slashes(&entry.path)).max() >= Some(limits::MOVE_LEVELS_MAX - 2) {
        return Err(Failure::limit(format!("{from}: it is nested too deeply to be moved")));
    }
    let unfinished = Spot { name: unfinished_name(&target.name), folder: dup(&target.folder)? };
    let moved = merge(source, &unfinished).and_then(|()| rename(&unfinished, target));
    let Err(error) = moved else { return Ok(()) };
    let why = reason(error).1;
    Err(match merge(&unfinished, source) {
        Ok(()) => Failure::refused(from, error),
        Err(_) => Failure::path(format!(
            "{from}: it was moved in part only ({why}); move it again to complete it"
        )),
    })
}

/// A folder on the way down: where its things are and where they go.
struct Level {
    from: Spot,
    source: OwnedFd,
    /// As the source was before its things were moved.
    stat: Stat,
    target: OwnedFd,
    pending: Vec<Vec<u8>>,
}

/// Moves everything in the folder `from` into the folder `to`, which is made if it is missing, and
/// removes `from`. Folders merge; a file is never overwritten.
pub(crate) fn merge(from: &Spot, to: &Spot) -> Result<(), Errno> {
    let spot = |folder: &OwnedFd, name: &[u8]| {
        let folder = folder.try_clone().map_err(|error| errno(&error))?;
        Ok::<_, Errno>(Spot { folder, name: name.to_vec() })
    };
    let mut levels = vec![level(spot(&from.folder, &from.name)?, to)?];
    while let Some(level) = levels.last_mut() {
        let Some(name) = level.pending.pop() else {
            if let Some(done) = levels.pop() {
                finish(&done)?;
            }
            continue;
        };
        let (from, to) = (spot(&level.source, &name)?, spot(&level.target, &name)?);
        // Gone since the folder was read: nothing left to move.
        let Some(stat) = from.stat()? else { continue };
        let is_folder = FileType::from_raw_mode(stat.st_mode).is_dir();
        match rename(&from, &to) {
            Ok(()) => {}
            Err(Errno::XDEV | Errno::EXIST) if is_folder => {
                if levels.len() >= limits::MOVE_LEVELS_MAX {
                    return Err(Errno::NAMETOOLONG);
                }
                levels.push(self::level(from, &to)?);
            }
            Err(Errno::XDEV) => move_across(&from, &stat, &to)?,
            Err(Errno::EXIST) => {
                let there = to.stat()?.ok_or(Errno::EXIST)?;
                if !is_finished_copy(&from, &stat, &to, &there)? {
                    return Err(Errno::EXIST);
                }
                rustix::fs::unlinkat(&from.folder, &from.name[..], AtFlags::empty())?;
            }
            Err(errno) => return Err(errno),
        }
    }
    Ok(())
}

const OPEN: OFlags =
    OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);

fn level(from: Spot, to: &Spot) -> Result<Level, Errno> {
    let source = rustix::fs::openat(&from.folder, &from.name[..], OPEN, Mode::empty())?;
    let stat = rustix::fs::fstat(&source)?;
    match rustix::fs::mkdirat(&to.folder, &to.name[..], Mode::from_raw_mode(0o700)) {
        Ok(()) | Err(Errno::EXIST) => {}
        Err(errno) => return Err(errno),
    }
    let target = rustix::fs::openat(&to.folder, &to.name[..], OPEN, Mode::empty())?;
    let mut pending = vec![];
    let mut listing = Dir::read_from(&source)?;
    while let Some(item) = listing.read() {
        let name = item?.file_name().to_bytes().to_vec();
        if name != b"." && name != b".." {
            pending.push(name);
        }
    }
    Ok(Level { from, source, stat, target, pending })
}

/// The folder is empty now: its mode and time go with its things.
fn finish(level: &Level) -> Result<(), Errno> {
    rustix::fs::unlinkat(&level.from.folder, &level.from.name[..], AtFlags::REMOVEDIR)?;
    rustix::fs::fchmod(&level.target, Mode::from_raw_mode(level.stat.st_mode & 0o777))?;
    rustix::fs::futimens(&level.target, &times(&level.stat))
}

fn dup(folder: &OwnedFd) -> Result<OwnedFd, Failure> {
    folder.try_clone().map_err(|_| Failure::limit("too many files are open at once"))
}
