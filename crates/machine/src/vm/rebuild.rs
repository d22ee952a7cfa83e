//! Rebuilds an upper layer on the host from the records of a guest, in the form that an overlay
//! leaves, so that `changes` reads both alike.
//!
//! Every word is checked before it has an effect: the order of the records, names, sizes, counts,
//! depth. Entries are made relative to folders that this module itself made and holds open, with
//! calls that never follow a link and never replace anything. No device but the sign of a deletion
//! is made; what cannot be applied is there as a pipe, which nobody opens.

use crate::limits::{UPPER_BYTES_MAX, UPPER_DEPTH_MAX, UPPER_ENTRIES_MAX, UPPER_LINK_BYTES_MAX};
use rustix::fs::{AtFlags, FileType, Mode, OFlags, Timespec, Timestamps, XattrFlags};
use rustix::io::Errno;
use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::FileExt;
use thiserror::Error;
use wire::{FrameError, Kept, RECORD_DATA_BYTES_MAX, Record};

/// How a sequence of records broke the rules, or why the host could not follow it.
#[derive(Debug, Error)]
pub enum RebuildError {
    #[error("a record is malformed: {0}")]
    Frame(FrameError),
    #[error("a record is out of order")]
    Order,
    #[error("an entry has a name that no file can have")]
    Name,
    #[error("a name comes twice in one folder")]
    Twice,
    #[error("folders lie more than {UPPER_DEPTH_MAX} deep in each other")]
    Deep,
    #[error("there are more than {UPPER_ENTRIES_MAX} entries")]
    Many,
    #[error("there are more than {UPPER_BYTES_MAX} bytes")]
    Large,
    #[error("a file's content does not have the size it was said to have")]
    Size,
    #[error("a time or a link is not valid")]
    Field,
    #[error("the records end in the middle")]
    Short,
    #[error("the disk refused: {0}")]
    Disk(#[source] io::Error),
}

impl From<Errno> for RebuildError {
    fn from(errno: Errno) -> Self {
        Self::Disk(errno.into())
    }
}

const OPAQUE: &std::ffi::CStr = c"user.overlay.opaque";

/// A folder that is being filled.
#[derive(Debug)]
struct Level {
    folder: OwnedFd,
    kept: Kept,
}

/// A file that is being filled.
#[derive(Debug)]
struct Open {
    file: File,
    kept: Kept,
    at: u64,
    size: u64,
}

/// Fills an empty folder of ours from records.
#[derive(Debug)]
pub(crate) struct Rebuild {
    /// From the root down; empty before `Root` and after `End`.
    levels: Vec<Level>,
    root: Option<OwnedFd>,
    open: Option<Open>,
    entries: u64,
    bytes: u64,
    done: bool,
}

impl Rebuild {
    /// `root` is empty, and nobody else knows it.
    pub(crate) fn new(root: OwnedFd) -> Self {
        Self { levels: Vec::new(), root: Some(root), open: None, entries: 0, bytes: 0, done: false }
    }

    /// Reads all of it. Returns how many entries there are.
    pub(crate) fn read(mut self, mut from: impl Read) -> Result<u64, RebuildError> {
        let mut body = Vec::new();
        loop {
            let mut prefix = [0; 4];
            match from.read_exact(&mut prefix) {
                Ok(()) => {}
                Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                    return if self.done { Ok(self.entries) } else { Err(RebuildError::Short) };
                }
                Err(error) => return Err(RebuildError::Disk(error)),
            }
            let bytes = wire::frame_length(prefix).map_err(RebuildError::Frame)?;
            body.resize(bytes, 0);
            from.read_exact(&mut body).map_err(|error| match error.kind() {
                io::ErrorKind::UnexpectedEof => RebuildError::Short,
                _ => RebuildError::Disk(error),
            })?;
            self.take(wire::decode(&body).map_err(RebuildError::Frame)?)?;
        }
    }

    pub(crate) fn take(&mut self, record: Record) -> Result<(), RebuildError> {
        if self.done {
            return Err(RebuildError::Order);
        }
        match record {
            Record::Data(bytes) => return self.data(&bytes),
            Record::Hole { bytes } => return self.advance(bytes),
            _ => self.no_file_open()?,
        }
        match record {
            Record::Root { kept, opaque } => {
                let root = self.root.take().ok_or(RebuildError::Order)?;
                self.enter(root, kept, opaque)
            }
            Record::Folder { name, kept, opaque } => {
                if self.levels.len() > UPPER_DEPTH_MAX {
                    return Err(RebuildError::Deep);
                }
                let at = self.entry(&name)?;
                rustix::fs::mkdirat(at, name.as_slice(), Mode::RWXU).map_err(twice)?;
                let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
                let folder = rustix::fs::openat(at, name.as_slice(), flags, Mode::empty())?;
                self.enter(folder, kept, opaque)
            }
            Record::Leave if self.levels.len() > 1 => self.leave(),
            Record::End if self.levels.len() == 1 => {
                self.done = true;
                self.leave()
            }
            Record::File { name, kept, size_bytes } => self.file(&name, kept, size_bytes),
            Record::Link { name, kept, text } => self.link(&name, kept, &text),
            Record::Gone { name } => self.node(&name, FileType::CharacterDevice),
            Record::Other { name } => self.node(&name, FileType::Fifo),
            Record::Leave | Record::End | Record::Data(_) | Record::Hole { .. } => {
                Err(RebuildError::Order)
            }
        }
    }

    fn no_file_open(&mut self) -> Result<(), RebuildError> {
        match self.open.take() {
            None => Ok(()),
            Some(open) if open.at == open.size => {
                open.file.set_len(open.size).map_err(RebuildError::Disk)?;
                finish(&open.file, open.kept)
            }
            Some(_) => Err(RebuildError::Size),
        }
    }

    /// Counts an entry of this name, and returns the folder that it is to be in.
    fn entry(&mut self, name: &[u8]) -> Result<&OwnedFd, RebuildError> {
        let fits = !matches!(name, b"" | b"." | b"..")
            && name.len() <= 255
            && !name.iter().any(|byte| matches!(byte, b'/' | 0));
        if !fits {
            return Err(RebuildError::Name);
        }
        self.entries += 1;
        if self.entries > UPPER_ENTRIES_MAX {
            return Err(RebuildError::Many);
        }
        self.levels.last().map(|level| &level.folder).ok_or(RebuildError::Order)
    }

    fn enter(&mut self, folder: OwnedFd, kept: Kept, opaque: bool) -> Result<(), RebuildError> {
        check(kept)?;
        if opaque {
            rustix::fs::fsetxattr(&folder, OPAQUE, b"y", XattrFlags::empty())?;
        }
        self.levels.push(Level { folder, kept });
        Ok(())
    }

    fn leave(&mut self) -> Result<(), RebuildError> {
        let level = self.levels.pop().ok_or(RebuildError::Order)?;
        finish(&level.folder, level.kept)
    }

    fn file(&mut self, name: &[u8], kept: Kept, size: u64) -> Result<(), RebuildError> {
        check(kept)?;
        if size > UPPER_BYTES_MAX {
            return Err(RebuildError::Large);
        }
        let at = self.entry(name)?;
        let flags =
            OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let file = rustix::fs::openat(at, name, flags, Mode::RUSR | Mode::WUSR).map_err(twice)?;
        self.open = Some(Open { file: file.into(), kept, at: 0, size });
        Ok(())
    }

    fn data(&mut self, bytes: &[u8]) -> Result<(), RebuildError> {
        let open = self.open.as_ref().ok_or(RebuildError::Order)?;
        if bytes.len() > RECORD_DATA_BYTES_MAX {
            return Err(RebuildError::Size);
        }
        let count = bytes.len() as u64;
        self.bytes = self.bytes.saturating_add(count);
        if self.bytes > UPPER_BYTES_MAX {
            return Err(RebuildError::Large);
        }
        if count > open.size - open.at {
            return Err(RebuildError::Size);
        }
        open.file.write_all_at(bytes, open.at).map_err(RebuildError::Disk)?;
        self.advance(count)
    }

    fn advance(&mut self, bytes: u64) -> Result<(), RebuildError> {
        let open = self.open.as_mut().ok_or(RebuildError::Order)?;
        let at = open.at.checked_add(bytes).filter(|at| *at <= open.size);
        open.at = at.ok_or(RebuildError::Size)?;
        Ok(())
    }

    fn link(&mut self, name: &[u8], kept: Kept, text: &[u8]) -> Result<(), RebuildError> {
        check(kept)?;
        if text.is_empty() || text.len() > UPPER_LINK_BYTES_MAX || text.contains(&0) {
            return Err(RebuildError::Field);
        }
        let at = self.entry(name)?;
        rustix::fs::symlinkat(text, at, name).map_err(twice)?;
        rustix::fs::utimensat(at, name, &times(kept), AtFlags::SYMLINK_NOFOLLOW)?;
        Ok(())
    }

    fn node(&mut self, name: &[u8], kind: FileType) -> Result<(), RebuildError> {
        let at = self.entry(name)?;
        let mode = Mode::RUSR | Mode::WUSR;
        rustix::fs::mknodat(at, name, kind, mode, 0).map_err(twice)?;
        Ok(())
    }
}

fn twice(errno: Errno) -> RebuildError {
    if errno == Errno::EXIST { RebuildError::Twice } else { errno.into() }
}

fn check(kept: Kept) -> Result<(), RebuildError> {
    let fits = kept.modified_nanos < 1_000_000_000
        && (-(1 << 40)..(1 << 40)).contains(&kept.modified_seconds);
    if fits { Ok(()) } else { Err(RebuildError::Field) }
}

fn times(kept: Kept) -> Timestamps {
    let stamp = Timespec { tv_sec: kept.modified_seconds, tv_nsec: i64::from(kept.modified_nanos) };
    Timestamps { last_access: stamp, last_modification: stamp }
}

/// Permissions and time, when nothing will be put there any more. No identity is ever taken from
/// who made it: the bits for that, and the sticky one, stay in the machine.
fn finish(what: &impl AsFd, kept: Kept) -> Result<(), RebuildError> {
    rustix::fs::fchmod(what, Mode::from_raw_mode(kept.mode & 0o777))?;
    rustix::fs::futimens(what, &times(kept))?;
    Ok(())
}

/// Where the bytes of the records wait until all are there: a file without a name.
#[derive(Debug)]
pub(crate) struct Spool {
    file: File,
    failed: Option<io::Error>,
}

impl Spool {
    pub(crate) fn new(folder: &std::path::Path) -> io::Result<Self> {
        let flags = OFlags::RDWR | OFlags::TMPFILE | OFlags::CLOEXEC;
        let file = rustix::fs::open(folder, flags, Mode::RUSR | Mode::WUSR)?;
        Ok(Self { file: file.into(), failed: None })
    }

    pub(crate) fn push(&mut self, bytes: &[u8]) {
        if self.failed.is_none() {
            self.failed = self.file.write_all(bytes).err();
        }
    }

    pub(crate) fn into_reader(mut self) -> io::Result<impl Read> {
        use std::io::Seek;
        if let Some(error) = self.failed {
            return Err(error);
        }
        self.file.rewind()?;
        Ok(io::BufReader::with_capacity(256 * 1024, self.file))
    }
}

#[cfg(test)]
mod tests;
