//! What one `statx` says about an entry, and when two of them are the same version of a file.

use rustix::fs::{AtFlags, FileType, Statx, StatxAttributes, StatxFlags, statx};
use rustix::io::Errno;
use serde::{Deserialize, Serialize};
use std::os::fd::AsFd;

/// An instant as the filesystem keeps it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Stamp {
    /// Since 1970, UTC; may be negative.
    pub seconds: i64,
    pub nanos: u32,
}

/// Which version of which file this is. Two equal ones have the same content, as far as the
/// filesystem can tell. The device is left out: its number changes with a reboot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    pub inode: u64,
    pub size_bytes: u64,
    pub modified: Stamp,
    /// Changes with every write and rename, and cannot be set back.
    pub touched: Stamp,
    /// Permission bits (07777).
    pub mode: u32,
    /// Names of the file; above one it is hard-linked.
    pub links: u32,
}

impl Identity {
    /// Whether `now` is this version, untouched. A file with several names is touched whenever
    /// one of the others is renamed or removed, so there the instant says nothing.
    pub(crate) fn is_untouched(&self, now: &Self) -> bool {
        self.is_same(now) && (self.touched == now.touched || self.links > 1 || now.links > 1)
    }

    /// As `is_untouched`, after a rename or a link of ours, which touches the file.
    pub(crate) fn is_same(&self, now: &Self) -> bool {
        self.is_file(now) && self.mode == now.mode
    }

    /// As `is_same`, whatever its permissions.
    pub(crate) fn is_file(&self, now: &Self) -> bool {
        self.inode == now.inode
            && self.size_bytes == now.size_bytes
            && self.modified == now.modified
    }
}

/// What an entry is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Kind {
    File,
    Folder,
    Link,
    Pipe,
    Socket,
    Device,
}

/// One look at one entry.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Seen {
    pub(crate) kind: Kind,
    pub(crate) device: u64,
    pub(crate) identity: Identity,
    pub(crate) owner: u32,
    pub(crate) group: u32,
    /// Bytes on the disk; less than the size when the file has holes.
    pub(crate) stored_bytes: u64,
    /// A character device with number 0:0, which is how an overlay writes "deleted".
    pub(crate) is_whiteout: bool,
    /// Something else is mounted here.
    pub(crate) is_mount: bool,
    pub(crate) mount: u64,
}

impl Seen {
    /// Looks at `name` in `folder` without following a link. An empty name is `folder` itself.
    pub(crate) fn at(folder: impl AsFd, name: &[u8]) -> Result<Self, Errno> {
        let flags = AtFlags::SYMLINK_NOFOLLOW | AtFlags::NO_AUTOMOUNT | AtFlags::EMPTY_PATH;
        let mask = StatxFlags::BASIC_STATS | StatxFlags::MNT_ID;
        statx(folder, name, flags, mask).map(|found| Self::from_statx(&found))
    }

    /// As `at`, with `None` when nothing is there.
    pub(crate) fn find(folder: impl AsFd, name: &[u8]) -> Result<Option<Self>, Errno> {
        match Self::at(folder, name) {
            Ok(seen) => Ok(Some(seen)),
            Err(Errno::NOENT) => Ok(None),
            Err(error) => Err(error),
        }
    }

    pub(crate) fn of(file: impl AsFd) -> Result<Self, Errno> {
        Self::at(file, b"")
    }

    fn from_statx(found: &Statx) -> Self {
        let mode = u32::from(found.stx_mode);
        let kind = match FileType::from_raw_mode(mode) {
            FileType::RegularFile => Kind::File,
            FileType::Directory => Kind::Folder,
            FileType::Symlink => Kind::Link,
            FileType::Fifo => Kind::Pipe,
            FileType::Socket => Kind::Socket,
            FileType::CharacterDevice | FileType::BlockDevice | FileType::Unknown => Kind::Device,
        };
        let is_character = FileType::from_raw_mode(mode) == FileType::CharacterDevice;
        Self {
            kind,
            device: rustix::fs::makedev(found.stx_dev_major, found.stx_dev_minor),
            identity: Identity {
                inode: found.stx_ino,
                size_bytes: found.stx_size,
                modified: Stamp { seconds: found.stx_mtime.tv_sec, nanos: found.stx_mtime.tv_nsec },
                touched: Stamp { seconds: found.stx_ctime.tv_sec, nanos: found.stx_ctime.tv_nsec },
                mode: mode & 0o7777,
                links: found.stx_nlink,
            },
            owner: found.stx_uid,
            group: found.stx_gid,
            stored_bytes: found.stx_blocks.saturating_mul(512),
            is_whiteout: is_character && found.stx_rdev_major == 0 && found.stx_rdev_minor == 0,
            is_mount: found.stx_attributes.contains(StatxAttributes::MOUNT_ROOT),
            mount: found.stx_mnt_id,
        }
    }
}
