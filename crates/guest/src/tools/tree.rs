//! Everything below a folder, in one flat list. Links are named, not followed; nothing is opened
//! but folders, so fifos, sockets and devices cannot hold it up.
//!
//! The walk is iterative and goes by open folders, so neither depth nor path length is bounded by
//! the stack or the kernel's 4,096 bytes. It keeps a bounded number of folders open.

use super::beneath::{LastLink, Roots, Side, open_in, open_plain, open_plain_file};
use super::failure::{Failure, reason};
use super::limits;
use rustix::fs::{AtFlags, Dir, FileType, Mode, OFlags, Stat};
use rustix::io::Errno;
use std::fs::File;
use std::os::fd::{AsFd, OwnedFd};
use wire::PathText;

/// What an entry is, and for a link where it points.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Kind {
    File,
    Folder,
    Link(Vec<u8>),
    Fifo,
    Socket,
    Device,
}

/// One entry of a tree.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    /// Below the tree's root; empty when the root is itself a file.
    pub(crate) path: Vec<u8>,
    pub(crate) kind: Kind,
    pub(crate) size: u64,
    pub(crate) mode: u32,
    /// What tells one version of one file from every other: (device, inode).
    pub(crate) inode: (u64, u64),
    pub(crate) links: u64,
    /// Seconds and nanoseconds.
    pub(crate) modified: (i64, i64),
    pub(crate) changed: (i64, i64),
}

/// A part of the tree that could not be looked at.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Unseen {
    pub(crate) path: Vec<u8>,
    pub(crate) why: String,
}

/// A folder, or a single file, with everything below it.
#[derive(Debug)]
pub(crate) struct Tree {
    root: OwnedFd,
    prefix: PathText,
    /// Sorted by path.
    pub(crate) entries: Vec<Entry>,
    pub(crate) unseen: Vec<Unseen>,
}

impl Tree {
    /// Reads the tree at `path`.
    pub(crate) fn read(roots: &Roots, side: Side, path: &PathText) -> Result<Self, Failure> {
        let (share, rest) = roots.share(side, path)?;
        let refused = |errno| Failure::refused(path, errno);
        let flags = OFlags::PATH | OFlags::CLOEXEC;
        let root = open_in(&share, &rest, flags, LastLink::Follow).map_err(refused)?;
        let stat = rustix::fs::fstat(&root).map_err(refused)?;
        let mut tree = Self { root, prefix: path.clone(), entries: vec![], unseen: vec![] };
        match FileType::from_raw_mode(stat.st_mode) {
            FileType::Directory => {
                let mut walk = Walk { tree: &mut tree, path: vec![], path_bytes: 0 };
                if walk.all().map_err(refused)?.is_none() {
                    let max = limits::TREE_ENTRIES_MAX;
                    let why =
                        format!("{path}: it holds more than {max} files, too many for one call");
                    return Err(Failure::limit(why));
                }
            }
            FileType::RegularFile => {
                // A file as root: its own folder is what is opened, its name the only entry.
                let spot = roots_spot(roots, side, path)?;
                tree.root = spot.0;
                tree.prefix =
                    PathText(path.0.rsplit_once('/').map_or("", |(above, _)| above).into());
                tree.entries.push(entry(spot.1, Kind::File, &stat));
            }
            _ => return Err(Failure::path(format!("{path}: it is neither a file nor a folder"))),
        }
        tree.entries.sort_unstable_by(|a, b| a.path.cmp(&b.path));
        Ok(tree)
    }

    /// The name of a path of this tree in the world outside: `SHARE/rest`.
    pub(crate) fn name(&self, path: &[u8]) -> PathText {
        let below = PathText::from_bytes(path).0;
        match (self.prefix.0.as_str(), below.as_str()) {
            ("", _) => PathText(below),
            (_, "") => self.prefix.clone(),
            (prefix, _) => PathText(format!("{prefix}/{below}")),
        }
    }

    pub(crate) fn files(&self) -> impl Iterator<Item = &Entry> {
        self.entries.iter().filter(|entry| entry.kind == Kind::File)
    }

    /// Opens a file of the tree; refused when it has become something else.
    pub(crate) fn open(&self, entry: &Entry) -> Result<(File, Stat), Errno> {
        open_plain_file(&self.root, &entry.path)
    }
}

impl Entry {
    pub(crate) fn modified_ms(&self) -> i64 {
        self.modified.0.saturating_mul(1000).saturating_add(self.modified.1 / 1_000_000)
    }

    pub(crate) fn name(&self) -> &[u8] {
        self.path.rsplit(|&byte| byte == b'/').next().unwrap_or_default()
    }
}

/// The folder of a file, and the file's name in it.
fn roots_spot(roots: &Roots, side: Side, path: &PathText) -> Result<(OwnedFd, Vec<u8>), Failure> {
    let (above, _) = path
        .0
        .rsplit_once('/')
        .ok_or_else(|| Failure::path(format!("{path}: the share is not a folder")))?;
    let bytes = path.to_relative().map_err(|error| Failure::bad_path(path, error))?;
    let name = bytes.rsplit(|&byte| byte == b'/').next().unwrap_or_default().to_vec();
    Ok((roots.open(side, &PathText(above.to_owned()))?, name))
}

#[expect(clippy::cast_sign_loss, reason = "the kernel never answers a negative size or count")]
fn entry(path: Vec<u8>, kind: Kind, stat: &Stat) -> Entry {
    Entry {
        path,
        kind,
        size: stat.st_size as u64,
        mode: stat.st_mode & 0o7777,
        inode: (stat.st_dev, stat.st_ino),
        links: whole(stat.st_nlink) as u64,
        modified: (whole(stat.st_mtime), whole(stat.st_mtime_nsec)),
        changed: (whole(stat.st_ctime), whole(stat.st_ctime_nsec)),
    }
}

/// The kernel's fields are of different types on different processors.
fn whole<T: TryInto<i64>>(value: T) -> i64 {
    value.try_into().unwrap_or(0)
}

/// A folder on the way down: how long its path is, and which folders in it are still to be read.
struct Level {
    folder: Option<OwnedFd>,
    path_length: usize,
    pending: Vec<Vec<u8>>,
}

struct Walk<'a> {
    tree: &'a mut Tree,
    /// Path of the folder that is being read.
    path: Vec<u8>,
    path_bytes: usize,
}

const OPEN: OFlags =
    OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);

impl Walk<'_> {
    /// `None`: a limit was passed. An error is one of the root; others end up in `unseen`.
    fn all(&mut self) -> Result<Option<()>, Errno> {
        let root = rustix::fs::openat(&self.tree.root, ".", OPEN, Mode::empty())?;
        let Some(pending) = self.folder(&root)? else { return Ok(None) };
        let mut levels = vec![Level { folder: Some(root), path_length: 0, pending }];
        while let Some(level) = levels.last_mut() {
            self.path.truncate(level.path_length);
            let Some(name) = level.pending.pop() else {
                levels.pop();
                continue;
            };
            let opened = match &level.folder {
                Some(folder) => rustix::fs::openat(folder, &name[..], OPEN, Mode::empty()),
                None => open_plain(&self.tree.root, &self.path, OPEN).and_then(|folder| {
                    let opened = rustix::fs::openat(&folder, &name[..], OPEN, Mode::empty());
                    level.folder = Some(folder);
                    opened
                }),
            };
            self.enter(&name);
            let read = opened.and_then(|folder| Ok((self.folder(&folder)?, folder)));
            match read {
                Ok((Some(pending), folder)) => {
                    let path_length = self.path.len();
                    levels.push(Level { folder: Some(folder), path_length, pending });
                    let open = levels.len().saturating_sub(limits::TREE_OPEN_MAX);
                    if let Some(above) = open.checked_sub(1) {
                        levels[above].folder = None;
                    }
                }
                Ok((None, _)) => return Ok(None),
                // It was removed while we looked.
                Err(Errno::NOENT) => {}
                Err(errno) => self.unseen(reason(errno).1),
            }
        }
        Ok(Some(()))
    }

    fn enter(&mut self, name: &[u8]) {
        if !self.path.is_empty() {
            self.path.push(b'/');
        }
        self.path.extend_from_slice(name);
    }

    fn unseen(&mut self, why: String) {
        let path = self.path.clone();
        self.tree.unseen.push(Unseen { path, why });
    }

    /// Notes what is in the folder at `self.path`; answers the folders in it.
    fn folder(&mut self, folder: &OwnedFd) -> Result<Option<Vec<Vec<u8>>>, Errno> {
        let mut folders = vec![];
        if self.path.len() > limits::TREE_DEPTH_BYTES_MAX {
            self.unseen("the folder is nested too deeply".to_owned());
            return Ok(Some(folders));
        }
        let mut listing = Dir::read_from(folder)?;
        while let Some(item) = listing.read() {
            let item = item?;
            let name = item.file_name().to_bytes();
            if name == b"." || name == b".." {
                continue;
            }
            let length = self.path.len();
            self.enter(name);
            self.path_bytes += self.path.len();
            match look(folder, name) {
                Ok((kind, stat)) => {
                    if kind == Kind::Folder {
                        folders.push(name.to_vec());
                    }
                    self.tree.entries.push(entry(self.path.clone(), kind, &stat));
                }
                Err(Errno::NOENT) => {}
                Err(errno) => self.unseen(reason(errno).1),
            }
            self.path.truncate(length);
            if self.tree.entries.len() > limits::TREE_ENTRIES_MAX
                || self.path_bytes > limits::TREE_PATH_BYTES_MAX
            {
                return Ok(None);
            }
        }
        Ok(Some(folders))
    }
}

fn look(folder: impl AsFd, name: &[u8]) -> Result<(Kind, Stat), Errno> {
    let stat = rustix::fs::statat(&folder, name, AtFlags::SYMLINK_NOFOLLOW)?;
    let kind = match FileType::from_raw_mode(stat.st_mode) {
        FileType::RegularFile => Kind::File,
        FileType::Directory => Kind::Folder,
        FileType::Symlink => {
            Kind::Link(rustix::fs::readlinkat(&folder, name, Vec::new())?.into_bytes())
        }
        FileType::Fifo => Kind::Fifo,
        FileType::Socket => Kind::Socket,
        FileType::CharacterDevice | FileType::BlockDevice | FileType::Unknown => Kind::Device,
    };
    Ok((kind, stat))
}
