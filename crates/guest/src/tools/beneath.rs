//! Opening what a path names, never outside its share.
//!
//! Every path starts at the folder of its share and is resolved by the kernel with `RESOLVE_BENEATH
//! | RESOLVE_NO_MAGICLINKS`: links within the share work, links out of it are refused, also when
//! they are swapped in while we look. Files are opened without blocking and used only when they
//! turn out to be regular, so a fifo or a device never holds a call up.

use super::failure::Failure;
use rustix::fs::{AtFlags, FileType, Mode, OFlags, ResolveFlags, Stat};
use rustix::io::Errno;
use serde::{Deserialize, Serialize};
use std::ffi::OsString;
use std::fs::File;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;
use wire::PathText;

/// Where the shares are: as they are now, and as they were before the work.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Roots {
    pub(crate) folders: PathBuf,
    pub(crate) base: PathBuf,
}

/// Which of the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    Folders,
    Base,
}

/// A place for something to be made, moved or removed: an open folder and a name in it.
#[derive(Debug)]
pub(crate) struct Spot {
    pub(crate) folder: OwnedFd,
    pub(crate) name: Vec<u8>,
}

/// What `open` does with a link at the very end of the path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LastLink {
    Follow,
    Refuse,
}

const IN_SHARE: ResolveFlags = ResolveFlags::BENEATH.union(ResolveFlags::NO_MAGICLINKS);
/// `openat2` answers AGAIN when folders move under it; so often in a row is somebody's doing.
const TRIES_MAX: usize = 16;
/// How many shared folders a refusal names.
const NAMES_MAX: usize = 8;

impl Roots {
    /// The share's open folder and the rest of the path, empty for the share itself.
    pub(crate) fn share(&self, side: Side, path: &PathText) -> Result<(OwnedFd, Vec<u8>), Failure> {
        let bytes = path.to_relative().map_err(|error| Failure::bad_path(path, error))?;
        let (name, rest) = match bytes.iter().position(|&byte| byte == b'/') {
            Some(at) => (&bytes[..at], &bytes[at + 1..]),
            None => (&bytes[..], &[][..]),
        };
        let root = match side {
            Side::Folders => &self.folders,
            Side::Base => &self.base,
        };
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let root = rustix::fs::open(root, flags, Mode::empty())
            .map_err(|errno| Failure::bug(format!("the shares' folder is gone: {errno}")))?;
        let share =
            open_in(&root, name, flags | OFlags::NOFOLLOW, LastLink::Refuse).map_err(|_| {
                let (name, others) = (PathText::from_bytes(name), self.names());
                Failure::path(format!("{path}: no folder is shared under the name {name}{others}"))
            })?;
        Ok((share, rest.to_vec()))
    }

    /// The words that a path could begin with instead, for who began with another.
    fn names(&self) -> String {
        let entries = std::fs::read_dir(&self.folders).into_iter().flatten().flatten();
        let folders = entries.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()));
        let text = |name: OsString| PathText::from_bytes(name.as_bytes()).to_string();
        let mut names: Vec<String> = folders.map(|entry| text(entry.file_name())).collect();
        names.sort();
        names.truncate(NAMES_MAX);
        if names.is_empty() { String::new() } else { format!("; shared: {}", names.join(", ")) }
    }

    /// What the path names, as it is found; a link at the end is followed within the share.
    pub(crate) fn open(&self, side: Side, path: &PathText) -> Result<OwnedFd, Failure> {
        let (share, rest) = self.share(side, path)?;
        open_in(&share, &rest, READ, LastLink::Follow)
            .map_err(|errno| Failure::refused(path, errno))
    }

    /// A regular file for reading.
    pub(crate) fn file(&self, side: Side, path: &PathText) -> Result<(File, Stat), Failure> {
        regular(self.open(side, path)?).map_err(|errno| match errno {
            Errno::OPNOTSUPP => Failure::path(format!("{path}: it is not a regular file")),
            errno => Failure::refused(path, errno),
        })
    }

    /// The folder around the path's last name. With `make`, missing folders on the way are made.
    pub(crate) fn spot(&self, path: &PathText, make: bool) -> Result<Spot, Failure> {
        let (share, rest) = self.share(Side::Folders, path)?;
        if rest.is_empty() {
            return Err(Failure::path(format!("{path}: this is the shared folder itself")));
        }
        let (above, name) = match rest.iter().rposition(|&byte| byte == b'/') {
            Some(at) => (&rest[..at], &rest[at + 1..]),
            None => (&[][..], &rest[..]),
        };
        let folder = if make { make_folders(&share, above) } else { folder_in(&share, above) };
        let folder = folder.map_err(|errno| Failure::refused(path, errno))?;
        Ok(Spot { folder, name: name.to_vec() })
    }
}

impl Spot {
    /// What is there now, a link as itself. `None`: nothing.
    pub(crate) fn stat(&self) -> Result<Option<Stat>, Errno> {
        match rustix::fs::statat(&self.folder, &self.name[..], AtFlags::SYMLINK_NOFOLLOW) {
            Ok(stat) => Ok(Some(stat)),
            Err(Errno::NOENT) => Ok(None),
            Err(errno) => Err(errno),
        }
    }
}

const READ: OFlags =
    OFlags::RDONLY.union(OFlags::NONBLOCK).union(OFlags::NOCTTY).union(OFlags::CLOEXEC);
const FOLDER: OFlags = OFlags::PATH.union(OFlags::DIRECTORY).union(OFlags::CLOEXEC);

/// Opens `path` beneath `folder`. An empty path is the folder itself.
pub(crate) fn open_in(
    folder: impl AsFd,
    path: &[u8],
    flags: OFlags,
    last: LastLink,
) -> Result<OwnedFd, Errno> {
    let flags = match last {
        LastLink::Follow => flags,
        LastLink::Refuse => flags | OFlags::NOFOLLOW,
    };
    let path = if path.is_empty() { &b"."[..] } else { path };
    let mut tries = 0;
    loop {
        match rustix::fs::openat2(&folder, path, flags, Mode::empty(), IN_SHARE) {
            Err(Errno::AGAIN | Errno::INTR) if tries < TRIES_MAX => tries += 1,
            other => return other,
        }
    }
}

/// A path of any length below `root`, of whose parts none is a link.
pub(crate) fn open_plain(root: impl AsFd, path: &[u8], flags: OFlags) -> Result<OwnedFd, Errno> {
    const PIECE_BYTES: usize = 3 * 1024;
    let resolve = IN_SHARE | ResolveFlags::NO_SYMLINKS;
    let mut folder: Option<OwnedFd> = None;
    let mut rest = path;
    while rest.len() > PIECE_BYTES {
        let at = rest[..PIECE_BYTES].iter().rposition(|&b| b == b'/').ok_or(Errno::NAMETOOLONG)?;
        let from = folder.as_ref().map_or_else(|| root.as_fd(), AsFd::as_fd);
        let next = rustix::fs::openat2(from, &rest[..at], FOLDER, Mode::empty(), resolve)?;
        folder = Some(next);
        rest = &rest[at + 1..];
    }
    let rest = if rest.is_empty() { &b"."[..] } else { rest };
    let from = folder.as_ref().map_or_else(|| root.as_fd(), AsFd::as_fd);
    rustix::fs::openat2(from, rest, flags | OFlags::NOFOLLOW, Mode::empty(), resolve)
}

/// A regular file of a tree, for reading, by its path below the tree's root.
pub(crate) fn open_plain_file(root: impl AsFd, path: &[u8]) -> Result<(File, Stat), Errno> {
    regular(open_plain(root, path, READ)?)
}

fn regular(fd: OwnedFd) -> Result<(File, Stat), Errno> {
    let stat = rustix::fs::fstat(&fd)?;
    match FileType::from_raw_mode(stat.st_mode) {
        FileType::RegularFile => Ok((File::from(fd), stat)),
        FileType::Directory => Err(Errno::ISDIR),
        _ => Err(Errno::OPNOTSUPP),
    }
}

fn folder_in(share: &OwnedFd, path: &[u8]) -> Result<OwnedFd, Errno> {
    open_in(share, path, FOLDER, LastLink::Follow)
}

/// The folder at `path`, with every missing one on the way made.
pub(crate) fn make_folders(share: &OwnedFd, path: &[u8]) -> Result<OwnedFd, Errno> {
    match folder_in(share, path) {
        Err(Errno::NOENT) => {}
        other => return other,
    }
    let mut folder = folder_in(share, b"")?;
    let ends = path.iter().enumerate().filter(|(_, byte)| **byte == b'/').map(|(at, _)| at);
    let mut start = 0;
    for end in ends.chain([path.len()]) {
        match folder_in(share, &path[..end]) {
            Ok(next) => folder = next,
            Err(Errno::NOENT) => {
                match rustix::fs::mkdirat(&folder, &path[start..end], Mode::from_raw_mode(0o755)) {
                    // Somebody else made it meanwhile; a dangling link is told by the next line.
                    Ok(()) | Err(Errno::EXIST) => {}
                    Err(errno) => return Err(errno),
                }
                folder = folder_in(share, &path[..end])?;
            }
            Err(errno) => return Err(errno),
        }
        start = end + 1;
    }
    Ok(folder)
}
