//! A file's way into another share, where a rename cannot take it: copied, then removed.

use super::beneath::Spot;
use super::hash::errno;
use super::limits;
use super::write::{clear, create, unfinished_name};
use rustix::fs::{AtFlags, FileType, Mode, OFlags, RenameFlags, Stat, Timespec, Timestamps};
use rustix::io::Errno;
use std::fs::File;
use std::io::Read;

/// Moves a file or link to a free name on another file system.
pub(crate) fn move_across(from: &Spot, stat: &Stat, to: &Spot) -> Result<(), Errno> {
    let growing = unfinished_name(&to.name);
    match FileType::from_raw_mode(stat.st_mode) {
        FileType::RegularFile => copy_file(from, stat, to, &growing)?,
        FileType::Symlink => {
            let target = rustix::fs::readlinkat(&from.folder, &from.name[..], Vec::new())?;
            clear(to, &growing)?;
            rustix::fs::symlinkat(target, &to.folder, &growing[..])?;
        }
        _ => return Err(Errno::OPNOTSUPP),
    }
    let flags = RenameFlags::NOREPLACE;
    if let Err(errno) =
        rustix::fs::renameat_with(&to.folder, &growing[..], &to.folder, &to.name[..], flags)
    {
        let _ = rustix::fs::unlinkat(&to.folder, &growing[..], AtFlags::empty());
        return Err(errno);
    }
    rustix::fs::unlinkat(&from.folder, &from.name[..], AtFlags::empty())
}

fn copy_file(from: &Spot, stat: &Stat, to: &Spot, growing: &[u8]) -> Result<(), Errno> {
    let mut source = open(from)?;
    let mut target = create(to, growing)?;
    let copied = std::io::copy(&mut source, &mut target).map_err(|error| errno(&error));
    let kept = copied.and_then(|_| {
        rustix::fs::fchmod(&target, Mode::from_raw_mode(stat.st_mode & 0o777))?;
        rustix::fs::futimens(&target, &times(stat))
    });
    if kept.is_err() {
        let _ = rustix::fs::unlinkat(&to.folder, growing, AtFlags::empty());
    }
    kept
}

/// When it was read and written last.
pub(crate) fn times(stat: &Stat) -> Timestamps {
    Timestamps {
        last_access: time(stat.st_atime, stat.st_atime_nsec),
        last_modification: time(stat.st_mtime, stat.st_mtime_nsec),
    }
}

fn time(seconds: impl TryInto<i64>, nanoseconds: impl TryInto<i64>) -> Timespec {
    let (tv_sec, tv_nsec) = (seconds.try_into().unwrap_or(0), nanoseconds.try_into().unwrap_or(0));
    Timespec { tv_sec, tv_nsec }
}

fn open(spot: &Spot) -> Result<File, Errno> {
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let file = rustix::fs::openat(&spot.folder, &spot.name[..], flags, Mode::empty())?;
    let is_file = FileType::from_raw_mode(rustix::fs::fstat(&file)?.st_mode).is_file();
    if is_file { Ok(File::from(file)) } else { Err(Errno::OPNOTSUPP) }
}

/// Whether an interrupted `move_across` may have left a finished copy and its source: two regular
/// files, the same in size, mode, time and content.
pub(crate) fn is_finished_copy(from: &Spot, a: &Stat, to: &Spot, b: &Stat) -> Result<bool, Errno> {
    let time =
        |stat: &Stat| (stat.st_mtime, stat.st_mtime_nsec, stat.st_size, stat.st_mode & 0o777);
    let are_files = [a, b].iter().all(|stat| FileType::from_raw_mode(stat.st_mode).is_file());
    if !are_files || time(a) != time(b) {
        return Ok(false);
    }
    let (mut from, mut to) = (open(from)?, open(to)?);
    let (mut left, mut right) = (vec![0; limits::STREAM_BYTES], vec![0; limits::STREAM_BYTES]);
    loop {
        let length = from.read(&mut left).map_err(|error| errno(&error))?;
        if to.read_exact(&mut right[..length]).is_err() || left[..length] != right[..length] {
            return Ok(false);
        }
        if length == 0 {
            return Ok(true);
        }
    }
}
