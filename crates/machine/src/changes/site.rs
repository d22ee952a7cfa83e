//! Where an apply or an undo works: the folders held open, the store of kept versions, and the seam
//! at which a test can stop or disturb it between any two steps.

use super::apply::ApplyError;
use super::beneath::{Root, split};
use super::journal::End;
use super::place::{self, copy_out};
use super::plan::{Item, Plan};
use super::seen::{Identity, Seen};
use super::words;
use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;
use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

/// A place between two steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Point {
    /// The step that comes next.
    pub step: &'static str,
    /// Position of the item in the plan.
    pub item: usize,
    /// Items in the plan.
    pub total: usize,
}

/// What a watcher makes happen at a point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// As if the process had been killed: nothing more is done, nothing is tidied.
    Crash,
    /// As if the next step had failed with this error.
    Fails(Errno),
}

/// Is told of every point. For progress, and the fault seam of the tests.
pub type Watch<'w> = &'w mut dyn FnMut(&Point) -> Option<Fault>;

/// Why a step did not happen.
#[derive(Debug)]
pub(crate) enum Trouble {
    Errno(Errno),
    /// Concerns this item only.
    Why(String),
    /// Ends the whole work; it can be taken up again.
    Stop(ApplyError),
}

impl From<Errno> for Trouble {
    fn from(errno: Errno) -> Self {
        Self::Errno(errno)
    }
}

pub(crate) struct Site<'w> {
    pub(crate) plan: Plan,
    pub(crate) hosts: Vec<Root>,
    /// Open for reading, to make whole filesystems durable; `None` where that is not allowed.
    synced: Vec<Option<OwnedFd>>,
    pub(crate) uppers: Vec<Option<Root>>,
    /// Old versions, named by item.
    pub(crate) kept: OwnedFd,
    kept_seen: Seen,
    pub(crate) is_root: bool,
    /// How the apply ended for each item; only an undo needs it.
    pub(crate) ends: Vec<Option<End>>,
    watch: Watch<'w>,
}

impl<'w> Site<'w> {
    /// Opens everything that the plan names. `folder` is that of this apply.
    pub(crate) fn open(folder: &Path, plan: Plan, watch: Watch<'w>) -> Result<Self, ApplyError> {
        let (mut hosts, mut synced, mut uppers) = (Vec::new(), Vec::new(), Vec::new());
        for share in &plan.shares {
            let path = PathBuf::from(OsStr::from_bytes(&share.host));
            let root = Root::open(&path).map_err(|errno| ApplyError::open(&path, errno))?;
            let seen = Seen::of(&root).map_err(|errno| ApplyError::open(&path, errno))?;
            if seen.identity.inode != share.inode {
                return Err(ApplyError::FolderReplaced { path });
            }
            let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
            synced.push(rustix::fs::openat(&root, ".", flags, Mode::empty()).ok());
            hosts.push(root);
            uppers.push(Root::open(Path::new(OsStr::from_bytes(&share.upper))).ok());
        }
        let kept_path = folder.join("kept");
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC | OFlags::NOFOLLOW;
        let kept = rustix::fs::open(&kept_path, flags, Mode::empty())
            .map_err(|errno| ApplyError::open(&kept_path, errno))?;
        let kept_seen = Seen::of(&kept).map_err(|errno| ApplyError::open(&kept_path, errno))?;
        let is_root = rustix::process::geteuid().is_root();
        Ok(Self { plan, hosts, synced, uppers, kept, kept_seen, is_root, ends: Vec::new(), watch })
    }

    /// Passes the seam.
    pub(crate) fn at(&mut self, step: &'static str, item: usize) -> Result<(), Trouble> {
        let point = Point { step, item, total: self.plan.items.len() };
        match (self.watch)(&point) {
            None => Ok(()),
            Some(Fault::Fails(errno)) => Err(Trouble::Errno(errno)),
            Some(Fault::Crash) => Err(Trouble::Stop(ApplyError::Interrupted)),
        }
    }

    pub(crate) fn item(&self, index: usize) -> &Item {
        &self.plan.items[index]
    }

    pub(crate) fn host(&self, index: usize) -> &Root {
        &self.hosts[self.item(index).share as usize]
    }

    /// The folder that holds the item's path, held open, and the last name of the path.
    pub(crate) fn parent(&self, index: usize) -> Result<(OwnedFd, Vec<u8>), Errno> {
        let (folder, name) = self.host(index).parent(&self.item(index).path)?;
        Ok((folder, name.to_vec()))
    }

    /// The name that the item's file has while it trades places.
    pub(crate) fn hidden(&self, index: usize) -> Vec<u8> {
        format!("{}{}-{index}", policy::RESERVED_PREFIX, self.plan.id).into_bytes()
    }

    /// A second such name, for filesystems that cannot exchange.
    pub(crate) fn hidden_old(&self, index: usize) -> Vec<u8> {
        format!("{}{}-{index}.old", policy::RESERVED_PREFIX, self.plan.id).into_bytes()
    }

    /// The name that the item's file has while an undo works on it.
    pub(crate) fn hidden_back(&self, index: usize) -> Vec<u8> {
        format!("{}{}-{index}.back", policy::RESERVED_PREFIX, self.plan.id).into_bytes()
    }

    pub(crate) fn kept_name(index: usize) -> Vec<u8> {
        index.to_string().into_bytes()
    }

    pub(crate) fn kept_seen(&self, index: usize) -> Result<Option<Seen>, Errno> {
        Seen::find(&self.kept, &Self::kept_name(index))
    }

    /// Whether a rename between `folder` and the store is impossible.
    pub(crate) fn is_far(&self, folder: &OwnedFd) -> Result<bool, Errno> {
        let seen = Seen::of(folder)?;
        Ok(seen.device != self.kept_seen.device || seen.mount != self.kept_seen.mount)
    }

    /// Copies what lies at `name` into the store, ahead of its removal.
    pub(crate) fn copy_to_kept(
        &mut self,
        index: usize,
        folder: &OwnedFd,
        name: &[u8],
        base: &Identity,
    ) -> Result<(), Trouble> {
        self.at("copy-to-store", index)?;
        copy_out(folder, name, &self.kept, &Self::kept_name(index), self.is_root)?;
        match Seen::find(folder, name)? {
            Some(now) if base.is_same(&now.identity) => Ok(()),
            _ => Err(Trouble::Why("it was changed while it was copied".to_owned())),
        }
    }

    /// Takes the old version, which lies under the hidden name, into the store. An error here ends
    /// the work: the old version must not stay hidden in the person's folder.
    pub(crate) fn stash(
        &mut self,
        index: usize,
        folder: &OwnedFd,
        hidden: &[u8],
        base: &Identity,
    ) -> Result<(), Trouble> {
        self.stash_once(index, folder, hidden, base).map_err(|trouble| match trouble {
            Trouble::Errno(errno) if !words::is_full(errno) => {
                Trouble::Stop(ApplyError::Store { path: self.shown_host(index), errno })
            }
            other => other,
        })
    }

    fn stash_once(
        &mut self,
        index: usize,
        folder: &OwnedFd,
        hidden: &[u8],
        base: &Identity,
    ) -> Result<(), Trouble> {
        let name = Self::kept_name(index);
        self.at("stash", index)?;
        if Seen::find(&self.kept, &name)?.is_none() {
            match place::rename_new(folder, hidden, &self.kept, &name) {
                Err(Errno::XDEV) => {
                    copy_out(folder, hidden, &self.kept, &name, self.is_root)?;
                }
                other => return other.map_err(Trouble::Errno),
            }
        }
        // It was copied while it still had its own name; it must be the same version still.
        let now = Seen::find(folder, hidden)?;
        if now.is_some_and(|now| !base.is_same(&now.identity)) {
            copy_out(folder, hidden, &self.kept, &name, self.is_root)?;
        }
        self.at("unlink-old", index)?;
        place::remove(folder, hidden)?;
        Ok(())
    }

    /// Makes the changed folders durable: one by one if they are few.
    pub(crate) fn sync_places(&self, items: &[usize]) -> Result<(), Errno> {
        let mut folders = BTreeSet::new();
        for &index in items {
            let item = self.item(index);
            folders.insert((item.share, split(&item.path).0));
            folders.insert((item.share, split(item.source()).0));
        }
        if folders.len() > super::limits::FSYNC_EACH_MAX {
            return self.sync_all(items);
        }
        rustix::fs::fsync(&self.kept)?;
        for (share, path) in folders {
            let Ok(folder) = self.hosts[share as usize].folder(path) else { continue };
            let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
            match rustix::fs::openat(&folder, ".", flags, Mode::empty()) {
                Ok(folder) => sync_ignoring_unfit(rustix::fs::fsync(folder))?,
                Err(_) => return self.sync_all(items),
            }
        }
        Ok(())
    }

    /// Makes whole filesystems durable.
    pub(crate) fn sync_all(&self, items: &[usize]) -> Result<(), Errno> {
        let shares: BTreeSet<u32> = items.iter().map(|&index| self.item(index).share).collect();
        sync_ignoring_unfit(rustix::fs::syncfs(&self.kept))?;
        for share in shares {
            if let Some(folder) = &self.synced[share as usize] {
                sync_ignoring_unfit(rustix::fs::syncfs(folder))?;
            }
        }
        Ok(())
    }

    /// The item's place as the person knows it.
    pub(crate) fn shown_host(&self, index: usize) -> PathBuf {
        let item = self.item(index);
        let share = &self.plan.shares[item.share as usize];
        Path::new(OsStr::from_bytes(&share.host)).join(OsStr::from_bytes(&item.path))
    }
}

/// Some filesystems in user space know no sync; what they promise is all there is.
fn sync_ignoring_unfit(result: Result<(), Errno>) -> Result<(), Errno> {
    match result {
        Err(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP) => Ok(()),
        other => other,
    }
}
