//! How much room a task takes on the disk, and the bound on what its system may take.

use crate::limits::{
    DEPTH_MAX, SYSTEM_BYTES_MAX, SYSTEM_BYTES_STEP, SYSTEM_FILES_MAX, SYSTEM_FILES_STEP,
    USAGE_FILES_MAX,
};
use rustix::fs::{AtFlags, CWD, Dir, FileType, Mode, OFlags};
use std::ffi::CStr;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};

/// Bytes on the disk, and files, folders and links.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Size {
    pub(crate) bytes: u64,
    pub(crate) files: u64,
}

/// What a task's folder takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Usage {
    /// Copies of what was changed in the shares.
    pub shares_bytes: u64,
    /// What was installed.
    pub system_bytes: u64,
    pub files: u64,
    /// There are more files than are counted; the bytes are too few.
    pub is_partial: bool,
}

/// Counts what the task in `task` has on the disk. It may run meanwhile.
pub fn du(task: &Path) -> Usage {
    let shares = measure(&task.join("upper"), USAGE_FILES_MAX);
    let system = measure(&task.join("system"), USAGE_FILES_MAX);
    Usage {
        shares_bytes: shares.bytes,
        system_bytes: system.bytes,
        files: shares.files + system.files,
        is_partial: shares.files.max(system.files) >= USAGE_FILES_MAX,
    }
}

/// Bytes on the disk of what is below `folder`.
pub fn folder_bytes(folder: &Path) -> u64 {
    measure(folder, USAGE_FILES_MAX).bytes
}

/// Counts what is below `folder`, up to `files_max`; a folder that isn't there takes nothing.
pub(crate) fn measure(folder: &Path, files_max: u64) -> Size {
    let mut size = Size::default();
    if let Ok(folder) = rustix::fs::openat(CWD, folder, FOLDER, Mode::empty()) {
        add(&folder, DEPTH_MAX, files_max, &mut size);
    }
    size
}

const FOLDER: OFlags =
    OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);

/// What can't be looked at, or vanishes meanwhile, counts nothing.
fn add(folder: &OwnedFd, depth: usize, files_max: u64, size: &mut Size) {
    let Ok(entries) = Dir::read_from(folder) else { return };
    for entry in entries.flatten() {
        let name: &CStr = entry.file_name();
        if size.files >= files_max || matches!(name.to_bytes(), b"." | b"..") {
            continue;
        }
        let Ok(found) = rustix::fs::statat(folder, name, AtFlags::SYMLINK_NOFOLLOW) else {
            continue;
        };
        size.files += 1;
        // A file with many names is counted once for each; an overlay breaks such links anyway.
        size.bytes += u64::try_from(found.st_blocks).unwrap_or(0).saturating_mul(512);
        if FileType::from_raw_mode(found.st_mode) == FileType::Directory
            && depth > 0
            && let Ok(inner) = rustix::fs::openat(folder, name, FOLDER, Mode::empty())
        {
            add(&inner, depth - 1, files_max, size);
        }
    }
}

/// Watches the size of a task's system. Counting takes a while, so it is done only when the disk
/// has become fuller by a step since the last time: what has not grown needs no counting.
#[derive(Debug)]
pub(crate) struct Watch {
    system: PathBuf,
    max: Size,
    step: Size,
    /// What was in use on the whole disk when it was counted last.
    counted_at: Option<Size>,
}

impl Watch {
    pub(crate) fn new(task: &Path) -> Self {
        let max = Size { bytes: SYSTEM_BYTES_MAX, files: SYSTEM_FILES_MAX };
        let step = Size { bytes: SYSTEM_BYTES_STEP, files: SYSTEM_FILES_STEP };
        Self { system: task.join("system"), max, step, counted_at: None }
    }

    /// Whether it is time to count. Cheap.
    pub(crate) fn is_due(&self) -> bool {
        if !self.system.is_dir() {
            return false;
        }
        let (Some(before), Some(now)) = (self.counted_at, self.used()) else { return true };
        now.bytes.saturating_sub(before.bytes) >= self.step.bytes
            || now.files.saturating_sub(before.files) >= self.step.files
    }

    /// Counts; says what is over the bound, if anything.
    pub(crate) fn count(&mut self) -> Option<String> {
        self.counted_at = self.used();
        let size = measure(&self.system, self.max.files.saturating_add(1));
        if size.files > self.max.files {
            return Some(format!("it has installed more than {} files", self.max.files));
        }
        let mib = self.max.bytes >> 20;
        (size.bytes > self.max.bytes).then(|| format!("it has installed more than {mib} MiB"))
    }

    fn used(&self) -> Option<Size> {
        let disk = rustix::fs::statvfs(&self.system).ok()?;
        let bytes = disk.f_blocks.saturating_sub(disk.f_bfree).saturating_mul(disk.f_frsize);
        Some(Size { bytes, files: disk.f_files.saturating_sub(disk.f_ffree) })
    }
}

#[cfg(test)]
mod tests {
    use super::{Size, Watch, du};
    use std::fs;

    #[test]
    fn what_is_installed_is_counted_and_bounded() {
        let dir = tempfile::tempdir_in("/var/tmp").expect("room");
        let mut watch = Watch::new(dir.path());
        assert!(!watch.is_due(), "there is no system yet");
        fs::create_dir_all(dir.path().join("system/upper/usr")).expect("room");
        assert!(watch.is_due());
        assert_eq!(watch.count(), None);
        fs::write(dir.path().join("system/upper/usr/a"), vec![1; 1 << 20]).expect("room");
        std::os::unix::fs::symlink("/", dir.path().join("system/upper/usr/b")).expect("room");
        let usage = du(dir.path());
        assert!((1 << 20..2 << 20).contains(&usage.system_bytes), "{usage:?}");
        assert_eq!((usage.shares_bytes, usage.files, usage.is_partial), (0, 4, false));
        watch.max = Size { bytes: 1 << 19, files: 10 };
        assert_eq!(watch.count().as_deref(), Some("it has installed more than 0 MiB"));
        watch.max = Size { bytes: 1 << 30, files: 3 };
        assert_eq!(watch.count().as_deref(), Some("it has installed more than 3 files"));
    }
}
