//! Where packages are put together while an image is made: a folder of its own, locked for as long
//! as anybody works in it. What a kill left behind is told by that, and removed.
//!
//! It is not below the images: an ordinary user's maker works as other users of theirs, who can't
//! reach into a home. What those own, only they can remove.

use rustix::fs::{CWD, FlockOperation, Mode, OFlags};
use std::fs::{self, DirBuilder};
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::Stdio;

pub(super) const PLACE: &str = "/var/tmp";

/// Removed when this goes.
#[derive(Debug)]
pub(super) struct Scratch {
    pub(super) path: PathBuf,
    /// Whoever works in it holds this too.
    pub(super) lock: OwnedFd,
    mmdebstrap: PathBuf,
}

impl Scratch {
    pub(super) fn make(mmdebstrap: &Path) -> io::Result<Self> {
        let path = Path::new(PLACE).join(format!("{}{}", prefix(), std::process::id()));
        DirBuilder::new().mode(0o755).create(&path)?;
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755))?;
        let lock = open(&path)?;
        rustix::fs::flock(&lock, FlockOperation::NonBlockingLockExclusive)?;
        Ok(Self { path, lock, mmdebstrap: mmdebstrap.to_owned() })
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        remove(&self.path, &self.mmdebstrap);
    }
}

/// Removes what makings of this user left that were killed.
pub(super) fn remove_left(mmdebstrap: &Path) {
    let prefix = prefix();
    for entry in fs::read_dir(PLACE).into_iter().flatten().flatten() {
        if !entry.file_name().to_string_lossy().starts_with(&prefix) {
            continue;
        }
        let path = entry.path();
        // Anybody may call a folder so there.
        let Ok(folder) = open(&path) else { continue };
        let is_own = rustix::fs::fstat(&folder)
            .is_ok_and(|found| found.st_uid == rustix::process::geteuid().as_raw());
        let lock = FlockOperation::NonBlockingLockExclusive;
        if is_own && rustix::fs::flock(&folder, lock).is_ok() {
            remove(&path, mmdebstrap);
        }
    }
}

fn prefix() -> String {
    format!("legwork-image-{}-", rustix::process::geteuid().as_raw())
}

fn open(path: &Path) -> io::Result<OwnedFd> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    Ok(rustix::fs::openat(CWD, path, flags, Mode::empty())?)
}

fn remove(path: &Path, mmdebstrap: &Path) {
    let own = rustix::process::geteuid();
    let entries = fs::read_dir(path).into_iter().flatten().flatten();
    let others: Vec<PathBuf> = entries
        .filter(|entry| entry.metadata().is_ok_and(|found| found.uid() != own.as_raw()))
        .map(|entry| entry.path())
        .collect();
    if !own.is_root() && !others.is_empty() {
        #[expect(clippy::disallowed_methods, reason = "this is where images are made")]
        let _ = std::process::Command::new(mmdebstrap)
            .args(["--unshare-helper", "rm", "-rf", "--"])
            .args(others)
            .current_dir("/")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
    }
    // What can't be removed now may be the next time.
    let _ = crate::jail::clear(path);
}

#[cfg(test)]
mod tests {
    use super::{Scratch, remove_left};
    use std::path::Path;

    #[test]
    fn what_nobody_works_in_is_removed_and_nothing_else() {
        let no_maker = Path::new("/nowhere");
        let scratch = Scratch::make(no_maker).expect("room");
        std::fs::create_dir_all(scratch.path.join("mmdebstrap.x/usr")).expect("room");
        remove_left(no_maker);
        assert!(scratch.path.join("mmdebstrap.x").exists(), "somebody works in it");
        let path = scratch.path.clone();
        // As a kill does: the lock goes, and nothing cleans up.
        let Scratch { lock, .. } = &scratch;
        rustix::fs::flock(lock, rustix::fs::FlockOperation::Unlock).expect("ours");
        remove_left(no_maker);
        assert!(!path.exists());
    }
}
