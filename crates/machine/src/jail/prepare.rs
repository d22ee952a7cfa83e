//! Looks at the folders before a machine starts: are they there, can they be shown as a copy, and
//! which ones exactly are they.

use super::{JailShare, JailSpec, StartError};
use crate::limits::{SHARE_NAME_BYTES_MAX, SHARES_MAX};
use rustix::fs::{AtFlags, Mode, OFlags};
use std::ffi::OsString;
use std::fs;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStringExt;
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};
use wire::{Landing, ShareView};

/// The program that opens documents, beside the guest.
pub(crate) const READER: &str = "legwork-reader";

/// A share that was opened and found fit.
#[derive(Debug)]
pub(crate) struct Prepared {
    /// Where it is now; `view` tells whether it still is the same when it is bound.
    pub(crate) path: PathBuf,
    pub(crate) view: ShareView,
}

pub(crate) fn prepare(spec: &JailSpec) -> Result<Vec<Prepared>, StartError> {
    if !spec.bwrap.is_file() {
        return Err(StartError::BwrapMissing { path: spec.bwrap.clone() });
    }
    programs(&spec.guest)?;
    if spec.shares.len() > SHARES_MAX {
        let count = spec.shares.len();
        return Err(StartError::TooManyShares { count, max: SHARES_MAX });
    }
    let failed = |source| StartError::TaskFolder { path: spec.dir.clone(), source };
    let task = fs::canonicalize(&spec.dir).map_err(failed)?;
    let mounts = mount_points().map_err(failed)?;
    let mut prepared: Vec<Prepared> = Vec::new();
    for share in &spec.shares {
        if prepared.iter().any(|other| other.view.name == share.name) || !is_name(&share.name) {
            return Err(StartError::ShareName { name: share.name.clone() });
        }
        prepared.push(prepare_share(share, &task, &mounts)?);
    }
    Ok(prepared)
}

/// The guest, and the program beside it.
pub(crate) fn programs(guest: &Path) -> Result<[PathBuf; 2], StartError> {
    let both = [guest.to_owned(), guest.with_file_name(READER)];
    match both.iter().find(|path| !path.is_file()) {
        Some(path) => Err(StartError::GuestMissing { path: path.clone() }),
        None => Ok(both),
    }
}

pub(crate) fn is_name(name: &str) -> bool {
    !matches!(name, "" | "." | "..")
        && name.len() <= SHARE_NAME_BYTES_MAX
        && !name.contains(|letter: char| letter == '/' || letter.is_control())
}

fn prepare_share(
    share: &JailShare,
    task: &Path,
    mounts: &[PathBuf],
) -> Result<Prepared, StartError> {
    let missing = |source| StartError::ShareMissing { path: share.host.clone(), source };
    let path = fs::canonicalize(&share.host).map_err(missing)?;
    let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let folder = rustix::fs::open(&path, flags, Mode::empty()).map_err(|e| missing(e.into()))?;
    let found = rustix::fs::fstat(&folder).map_err(|e| missing(e.into()))?;
    if task.starts_with(&path) {
        return Err(StartError::ShareHoldsTask { path });
    }
    let landing = if share.writable {
        if let Some(mount) = mounts.iter().find(|mount| **mount != path && mount.starts_with(&path))
        {
            return Err(StartError::ShareHasMounts { path, mount: mount.clone() });
        }
        let upper = task.join("upper").join(&share.name);
        make_upper(&upper, &folder)
            .map_err(|source| StartError::TaskFolder { path: upper, source })?;
        Landing::Overlay
    } else {
        Landing::ReadOnly
    };
    let name = share.name.clone();
    let at = [b"base/", name.as_bytes()].concat();
    let view = ShareView { name, at, landing, device: found.st_dev, inode: found.st_ino };
    Ok(Prepared { path, view })
}

/// The two folders of an overlay. The upper one shows as the share's own root, so it is given the
/// mode and the owner of the folder.
pub(crate) fn make_upper(upper: &Path, folder: &OwnedFd) -> io::Result<()> {
    let found = rustix::fs::fstat(folder)?;
    fs::DirBuilder::new().recursive(true).mode(0o700).create(upper.join("work"))?;
    let top = upper.join("upper");
    if !top.exists() {
        fs::DirBuilder::new().mode(0o700).create(&top)?;
        let made = fs::metadata(&top)?;
        if (made.uid(), made.gid()) != (found.st_uid, found.st_gid) {
            // An ordinary user can give nothing away, and owns the folder in all common cases.
            let _ = std::os::unix::fs::lchown(&top, Some(found.st_uid), Some(found.st_gid));
        }
        let mode = Mode::from_raw_mode(found.st_mode & 0o777);
        rustix::fs::chmodat(rustix::fs::CWD, &top, mode, AtFlags::empty())?;
    }
    Ok(())
}

/// Where file systems are mounted.
pub(crate) fn mount_points() -> io::Result<Vec<PathBuf>> {
    let table = fs::read("/proc/self/mountinfo")?;
    let point = |line: &[u8]| line.split(|&b| b == b' ').nth(4).map(unescape);
    Ok(table.split(|&b| b == b'\n').filter_map(point).collect())
}

/// Space, tab, newline and backslash are written as three octal digits there.
fn unescape(field: &[u8]) -> PathBuf {
    let mut bytes = Vec::with_capacity(field.len());
    let mut rest = field;
    while let [first, tail @ ..] = rest {
        rest = match (first, tail) {
            (b'\\', [a @ b'0'..=b'3', b @ b'0'..=b'7', c @ b'0'..=b'7', tail @ ..]) => {
                bytes.push((a - b'0') * 64 + (b - b'0') * 8 + (c - b'0'));
                tail
            }
            _ => {
                bytes.push(*first);
                tail
            }
        };
    }
    OsString::from_vec(bytes).into()
}

#[cfg(test)]
mod tests {
    use super::{is_name, unescape};
    use std::path::Path;

    #[test]
    fn a_name_is_one_file_name() {
        for name in ["receipts", "März 2026", "-rf", "a:b,c\\d", "..x"] {
            assert!(is_name(name), "{name}");
        }
        let long = "x".repeat(201);
        for name in ["", ".", "..", "a/b", "/", "a\nb", "a\0b", long.as_str()] {
            assert!(!is_name(name), "{name}");
        }
    }

    #[test]
    fn odd_mount_points_are_read() {
        assert_eq!(unescape(b"/mnt/a\\040b\\134c"), Path::new("/mnt/a b\\c"));
        assert_eq!(unescape(b"/mnt/\\09"), Path::new("/mnt/\\09"));
    }
}
