//! The only way this module opens anything in a shared folder or an overlay's upper layer.
//!
//! A path is resolved by the kernel beneath a folder that is held open: no link is followed, no
//! mount is crossed, no `..` leaves. Nothing that could block or act when opened (a pipe, a device)
//! is opened: what was opened is looked at before it is used.

use super::limits::{OPEN_TRIES_MAX, PATH_BYTES_MAX, PATH_CHUNK_BYTES};
use super::seen::{Kind, Seen};
use rustix::fs::{Mode, OFlags, RawDir, ResolveFlags};
use rustix::io::Errno;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::path::Path;

/// A folder that is held open, and beneath which everything happens.
#[derive(Debug)]
pub(crate) struct Root {
    folder: OwnedFd,
}

impl Root {
    pub(crate) fn open(path: &Path) -> Result<Self, Errno> {
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        rustix::fs::open(path, flags, Mode::empty()).map(|folder| Self { folder })
    }

    /// A handle on a folder, to name entries in it. The empty path is the root itself.
    pub(crate) fn folder(&self, path: &[u8]) -> Result<OwnedFd, Errno> {
        self.open_at(path, OFlags::PATH | OFlags::DIRECTORY)
    }

    /// The folder that holds `path`, and the last name of `path`.
    pub(crate) fn parent<'a>(&self, path: &'a [u8]) -> Result<(OwnedFd, &'a [u8]), Errno> {
        let (parent, name) = split(path);
        Ok((self.folder(parent)?, name))
    }

    /// A regular file, opened for reading, and what it is. Never waits, never follows.
    pub(crate) fn file(&self, path: &[u8]) -> Result<(OwnedFd, Seen), Errno> {
        // Looked at first: opening a device can act, even with O_NONBLOCK.
        let (parent, name) = self.parent(path)?;
        if Seen::at(&parent, name)?.kind != Kind::File {
            return Err(Errno::INVAL);
        }
        let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY;
        let file = open_one(&parent, name, flags)?;
        let seen = Seen::of(&file)?;
        if seen.kind == Kind::File { Ok((file, seen)) } else { Err(Errno::INVAL) }
    }

    /// What lies at `path`, if anything.
    pub(crate) fn look(&self, path: &[u8]) -> Result<Option<Seen>, Errno> {
        let parent = match self.parent(path) {
            Ok(parent) => parent,
            Err(Errno::NOENT | Errno::NOTDIR) => return Ok(None),
            Err(error) => return Err(error),
        };
        if path.is_empty() {
            Seen::of(&parent.0).map(Some)
        } else {
            Seen::find(&parent.0, parent.1)
        }
    }

    /// The names in the folder at `path`, sorted by their bytes, and the folder opened for reading.
    pub(crate) fn names(&self, path: &[u8]) -> Result<(OwnedFd, Vec<Vec<u8>>), Errno> {
        let folder = self.open_at(path, OFlags::RDONLY | OFlags::DIRECTORY)?;
        let names = names_in(&folder)?;
        Ok((folder, names))
    }

    fn open_at(&self, path: &[u8], flags: OFlags) -> Result<OwnedFd, Errno> {
        if path.len() > PATH_BYTES_MAX {
            return Err(Errno::NAMETOOLONG);
        }
        let mut rest = path;
        let mut from: Option<OwnedFd> = None;
        while rest.len() > PATH_CHUNK_BYTES {
            let cut = rest[..PATH_CHUNK_BYTES]
                .iter()
                .rposition(|&byte| byte == b'/')
                .ok_or(Errno::NAMETOOLONG)?;
            let base = from.as_ref().unwrap_or(&self.folder);
            from = Some(open_one(base, &rest[..cut], OFlags::PATH | OFlags::DIRECTORY)?);
            rest = &rest[cut + 1..];
        }
        let name = if rest.is_empty() { b"." } else { rest };
        open_one(from.as_ref().unwrap_or(&self.folder), name, flags)
    }
}

impl AsFd for Root {
    fn as_fd(&self) -> std::os::fd::BorrowedFd<'_> {
        self.folder.as_fd()
    }
}

fn open_one(from: impl AsFd, path: &[u8], flags: OFlags) -> Result<OwnedFd, Errno> {
    let resolve = ResolveFlags::BENEATH
        | ResolveFlags::NO_SYMLINKS
        | ResolveFlags::NO_MAGICLINKS
        | ResolveFlags::NO_XDEV;
    let flags = flags | OFlags::CLOEXEC | OFlags::NOFOLLOW;
    for _ in 1..OPEN_TRIES_MAX {
        match rustix::fs::openat2(&from, path, flags, Mode::empty(), resolve) {
            Err(Errno::AGAIN | Errno::INTR) => {}
            other => return other,
        }
    }
    rustix::fs::openat2(&from, path, flags, Mode::empty(), resolve)
}

/// The path's folder and its last name.
pub(crate) fn split(path: &[u8]) -> (&[u8], &[u8]) {
    match path.iter().rposition(|&byte| byte == b'/') {
        Some(cut) => (&path[..cut], &path[cut + 1..]),
        None => (b"", path),
    }
}

/// The path of `name` in the folder at `parent`.
pub(crate) fn join(parent: &[u8], name: &[u8]) -> Vec<u8> {
    if parent.is_empty() { name.to_vec() } else { [parent, b"/", name].concat() }
}

/// Whether `path` is `folder` or lies below it. The empty folder holds everything.
pub(crate) fn is_within(path: &[u8], folder: &[u8]) -> bool {
    folder.is_empty()
        || path.strip_prefix(folder).is_some_and(|rest| matches!(rest, [] | [b'/', ..]))
}

fn names_in(folder: &OwnedFd) -> Result<Vec<Vec<u8>>, Errno> {
    let mut buffer = [MaybeUninit::<u8>::uninit(); 32 * 1024];
    let mut names = Vec::new();
    let mut entries = RawDir::new(folder, &mut buffer);
    while let Some(entry) = entries.next() {
        match entry {
            Ok(entry) if matches!(entry.file_name().to_bytes(), b"." | b"..") => {}
            Ok(entry) => names.push(entry.file_name().to_bytes().to_vec()),
            Err(Errno::INTR) => {}
            Err(error) => return Err(error),
        }
    }
    names.sort_unstable();
    Ok(names)
}

/// Sets the permissions of an entry through a handle, so that no name is looked up again.
pub(crate) fn set_mode(handle: &OwnedFd, mode: u32) -> Result<(), Errno> {
    let through = format!("/proc/self/fd/{}", handle.as_raw_fd());
    rustix::fs::chmod(through, Mode::from_raw_mode(mode))
}

/// A handle on an entry that is no link, whatever its permissions.
pub(crate) fn handle(folder: impl AsFd, name: &[u8]) -> Result<OwnedFd, Errno> {
    open_one(folder, name, OFlags::PATH)
}
