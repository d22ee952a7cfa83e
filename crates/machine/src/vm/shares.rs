//! Puts folders on a read-only disk for a machine: each as it is, and beside it what an earlier
//! machine of the task wrote.
//!
//! The folders may change or be hostile while they are read: nothing is followed, and nothing is
//! opened but folders and regular files. A file that shrinks meanwhile ends in zeros.

use super::erofs::{Look, ROOT, Writer};
use super::{VmError, VmSpec};
use crate::jail::StartError;
use crate::jail::prepare::{is_name, make_upper, mount_points};
use crate::limits::{SHARES_DEPTH_MAX, SHARES_DISK_BYTES, SHARES_DISK_ENTRIES_MAX, SHARES_MAX};
use rustix::fs::{AtFlags, Dir, FileType, Mode, OFlags, SeekFrom, Stat};
use rustix::io::Errno;
use std::ffi::CStr;
use std::fs::{self, File};
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use wire::{Landing, ShareView, VM_SHARES_UPPER, vm_share};

const OPAQUE: &CStr = c"user.overlay.opaque";

/// A share that was opened and found fit.
#[derive(Debug)]
pub(crate) struct Prepared {
    path: PathBuf,
    folder: OwnedFd,
    pub(crate) view: ShareView,
    /// What an earlier machine of the task wrote; `None` for a share that can't be written.
    upper: Option<PathBuf>,
}

pub(crate) fn prepare(spec: &VmSpec) -> Result<Vec<Prepared>, StartError> {
    if spec.shares.len() > SHARES_MAX {
        return Err(StartError::TooManyShares { count: spec.shares.len(), max: SHARES_MAX });
    }
    let failed = |source| StartError::TaskFolder { path: spec.dir.clone(), source };
    let task = fs::canonicalize(&spec.dir).map_err(failed)?;
    let mounts = mount_points().map_err(failed)?;
    let mut prepared: Vec<Prepared> = Vec::new();
    for (index, share) in spec.shares.iter().enumerate() {
        if prepared.iter().any(|other| other.view.name == share.name) || !is_name(&share.name) {
            return Err(StartError::ShareName { name: share.name.clone() });
        }
        let missing = |source| StartError::ShareMissing { path: share.host.clone(), source };
        let path = fs::canonicalize(&share.host).map_err(missing)?;
        let folder = open_folder(rustix::fs::CWD, &path).map_err(|e| missing(e.into()))?;
        if task.starts_with(&path) {
            return Err(StartError::ShareHoldsTask { path });
        }
        if let Some(mount) = mounts.iter().find(|mount| **mount != path && mount.starts_with(&path))
        {
            return Err(StartError::ShareHasMounts { path, mount: mount.clone() });
        }
        let found = rustix::fs::fstat(&folder).map_err(|e| missing(e.into()))?;
        let (landing, upper) = if share.writable {
            let upper = task.join("upper").join(&share.name);
            make_upper(&upper, &folder)
                .map_err(|source| StartError::TaskFolder { path: upper.clone(), source })?;
            (Landing::Overlay, Some(upper.join("upper")))
        } else {
            (Landing::ReadOnly, None)
        };
        let (name, device, inode) = (share.name.clone(), found.st_dev, found.st_ino);
        let at = vm_share(index).into_bytes();
        let view = ShareView { name, at, landing, device, inode };
        prepared.push(Prepared { path, folder, view, upper });
    }
    Ok(prepared)
}

/// The disk. Its file lies in `dir` and never has a name.
pub(crate) fn disk(dir: &Path, shares: &[Prepared]) -> Result<File, StartError> {
    let failed = |source| StartError::TaskFolder { path: dir.into(), source };
    let file = super::sparse::unnamed(dir).map_err(failed)?;
    fill(&file, dir, shares)?;
    Ok(file)
}

/// As a machine gets it.
pub(crate) fn read_only(disk: &File) -> io::Result<File> {
    let flags = OFlags::RDONLY | OFlags::CLOEXEC;
    let number = format!("/proc/self/fd/{}", std::os::fd::AsRawFd::as_raw_fd(disk));
    Ok(rustix::fs::open(number, flags, Mode::empty())?.into())
}

/// Puts the shares on the disk, in place of what was there. `dir` is for complaints.
pub(crate) fn fill(file: &File, dir: &Path, shares: &[Prepared]) -> Result<(), StartError> {
    let failed = |source| StartError::TaskFolder { path: dir.into(), source };
    file.set_len(0).map_err(failed)?;
    let mut writer = Writer::new(file.try_clone().map_err(failed)?);
    let look = Look { mode: 0o040_755, seconds: 0, nanos: 0, size: 0 };
    let upper = writer.add(ROOT, VM_SHARES_UPPER.as_bytes(), look);
    for index in shares.len()..SHARES_MAX {
        writer.add(ROOT, vm_share(index).as_bytes(), look);
    }
    for share in shares {
        put_share(&mut writer, ROOT, share, &share.folder, &share.path)?;
        if let Some(path) = &share.upper {
            let missing =
                |e: Errno| StartError::TaskFolder { path: path.clone(), source: e.into() };
            let folder = open_folder(rustix::fs::CWD, path).map_err(missing)?;
            // The first machine of a task takes nothing over.
            if fs::read_dir(path).is_ok_and(|mut entries| entries.next().is_none()) {
                continue;
            }
            put_share(&mut writer, upper, share, &folder, path)?;
        }
    }
    writer.finish().map_err(failed)?;
    // The machine knows one size only, from when its template was made.
    file.set_len(SHARES_DISK_BYTES).map_err(failed)
}

fn put_share(
    writer: &mut Writer,
    at: usize,
    share: &Prepared,
    folder: &OwnedFd,
    path: &Path,
) -> Result<(), StartError> {
    let missing = |e: Errno| StartError::ShareMissing { path: path.into(), source: e.into() };
    let found = rustix::fs::fstat(folder).map_err(missing)?;
    let index = writer.add(at, &share.view.at, look(&found));
    let mut walk = Walk { writer, path: path.into() };
    Ok(walk.folder(index, folder, 0)?)
}

/// Puts a tree on the disk. `path` is where it is, for complaints.
struct Walk<'w> {
    writer: &'w mut Writer,
    path: PathBuf,
}

impl Walk<'_> {
    fn failed(&self, errno: Errno) -> VmError {
        VmError::Unreadable { path: self.path.clone(), source: errno.into() }
    }

    fn folder(&mut self, index: usize, folder: &OwnedFd, depth: usize) -> Result<(), VmError> {
        if depth > SHARES_DEPTH_MAX {
            return Err(VmError::SharesTooDeep { path: self.path.clone(), max: SHARES_DEPTH_MAX });
        }
        if is_opaque(folder) {
            self.writer.mark_opaque(index);
        }
        for entry in Dir::read_from(folder).map_err(|e| self.failed(e))? {
            let entry = entry.map_err(|e| self.failed(e))?;
            let name = entry.file_name();
            if matches!(name.to_bytes(), b"." | b"..") {
                continue;
            }
            self.path.push(std::ffi::OsStr::from_bytes(name.to_bytes()));
            self.entry(index, folder, name, depth)?;
            self.path.pop();
        }
        Ok(())
    }

    fn entry(
        &mut self,
        parent: usize,
        folder: &OwnedFd,
        name: &CStr,
        depth: usize,
    ) -> Result<(), VmError> {
        let found = match rustix::fs::statat(folder, name, AtFlags::SYMLINK_NOFOLLOW) {
            // Gone since it was listed.
            Err(Errno::NOENT) => return Ok(()),
            other => other.map_err(|e| self.failed(e))?,
        };
        if self.writer.entries() >= SHARES_DISK_ENTRIES_MAX {
            return Err(VmError::SharesTooMany { max: SHARES_DISK_ENTRIES_MAX });
        }
        let mut look = look(&found);
        match FileType::from_raw_mode(found.st_mode) {
            FileType::Directory => {
                let inner = open_folder(folder, name).map_err(|e| self.failed(e))?;
                let index = self.writer.add(parent, name.to_bytes(), look);
                self.folder(index, &inner, depth + 1)
            }
            FileType::RegularFile => self.file(parent, folder, name, look),
            FileType::Symlink => {
                let text = rustix::fs::readlinkat(folder, name, Vec::new());
                let text = text.map_err(|e| self.failed(e))?.into_bytes();
                look.size = text.len() as u64;
                let index = self.writer.add(parent, name.to_bytes(), look);
                let at = self.writer.reserve(index);
                self.write(&text, at)
            }
            FileType::CharacterDevice if found.st_rdev == 0 => {
                self.writer.add(parent, name.to_bytes(), look);
                Ok(())
            }
            // Nobody is at their other end in the machine.
            FileType::Fifo
            | FileType::Socket
            | FileType::CharacterDevice
            | FileType::BlockDevice
            | FileType::Unknown => {
                look.mode = 0o010_000 | (look.mode & 0o777);
                self.writer.add(parent, name.to_bytes(), look);
                Ok(())
            }
        }
    }

    fn file(
        &mut self,
        parent: usize,
        folder: &OwnedFd,
        name: &CStr,
        mut look: Look,
    ) -> Result<(), VmError> {
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let file = match rustix::fs::openat(folder, name, flags, Mode::empty()) {
            Err(Errno::NOENT) => return Ok(()),
            other => other.map_err(|e| self.failed(e))?,
        };
        let found = rustix::fs::fstat(&file).map_err(|e| self.failed(e))?;
        if FileType::from_raw_mode(found.st_mode) != FileType::RegularFile {
            return Err(self.failed(Errno::AGAIN));
        }
        look.size = u64::try_from(found.st_size).unwrap_or(0);
        if self.writer.bytes().saturating_add(look.size) > SHARES_DISK_BYTES / 2 {
            return Err(VmError::SharesTooLarge { bytes_max: SHARES_DISK_BYTES / 2 });
        }
        let index = self.writer.add(parent, name.to_bytes(), look);
        let place = self.writer.reserve(index);
        let mut at = 0;
        let mut buffer = vec![0; 256 * 1024];
        while at < look.size {
            let data = match rustix::fs::seek(&file, SeekFrom::Data(at)) {
                Ok(data) if data < look.size => data,
                Ok(_) | Err(Errno::NXIO) => return Ok(()),
                Err(errno) => return Err(self.failed(errno)),
            };
            let want = usize::try_from(look.size - data).unwrap_or(buffer.len()).min(buffer.len());
            let count = rustix::io::pread(&file, &mut buffer[..want], data);
            match count.map_err(|e| self.failed(e))? {
                0 => return Ok(()),
                count => {
                    self.write(&buffer[..count], place + data)?;
                    at = data + count as u64;
                }
            }
        }
        Ok(())
    }

    fn write(&self, bytes: &[u8], at: u64) -> Result<(), VmError> {
        self.writer.write(bytes, at).map_err(|source| VmError::SharesDisk { source })
    }
}

fn look(found: &Stat) -> Look {
    Look {
        mode: found.st_mode,
        seconds: found.st_mtime,
        nanos: u32::try_from(found.st_mtime_nsec).unwrap_or(0),
        size: 0,
    }
}

fn is_opaque(folder: &OwnedFd) -> bool {
    let mut mark = [0_u8; 8];
    rustix::fs::fgetxattr(folder, OPAQUE, &mut mark[..]).is_ok_and(|bytes| &mark[..bytes] == b"y")
}

fn open_folder(
    at: impl std::os::fd::AsFd,
    name: impl rustix::path::Arg,
) -> rustix::io::Result<OwnedFd> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    rustix::fs::openat(at, name, flags, Mode::empty())
}
