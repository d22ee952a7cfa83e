//! Makes the view of a machine with a kernel of its own: lands the shares from their disk and takes
//! away what nothing foreign may touch.

use super::Booted;
use crate::init::{At, Refusal};
use crate::view::seal;
use rustix::fs::{AtFlags, Dir, FileType, Mode, OFlags, XattrFlags};
use rustix::io::Errno;
use rustix::mount::{MountFlags, UnmountFlags};
use std::ffi::{CStr, CString, OsStr, OsString};
use std::fs;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use wire::{Landing, Setup, ShareView, VM_SHARES_UPPER};

// From <linux/fs.h>: forgets what was read of a disk before.
const BLKFLSBUF: libc::c_ulong = 0x1261;
/// Folders in folders that are taken over from an earlier machine of the task.
const DEPTH_MAX: usize = 256;
const OPAQUE: &CStr = c"user.overlay.opaque";

/// Where the disk with the shares stands until they are landed, and all of it with what is written
/// above it. In memory, where a folder goes in no time.
const STANDS: [&str; 2] = [SHARES, WRITABLE];
const SHARES: &str = "/run/shares";
const WRITABLE: &str = "/run/writable";

/// What is written in shares lies in `upper`, each in the folder that is named as on their disk.
#[derive(Debug)]
pub(crate) struct Uppers {
    pub(super) upper: OwnedFd,
    pub(super) work: OwnedFd,
    /// Stays empty.
    pub(super) nothing: OwnedFd,
}

/// The layers of a machine's writable shares.
#[derive(Debug)]
pub(crate) struct Layers {
    uppers: Uppers,
    written: Vec<Written>,
}

/// A writable share.
#[derive(Debug)]
pub(super) struct Written {
    share: String,
    /// Its name in `Uppers::upper`, once something was written.
    name: OsString,
    mode: u32,
}

impl Layers {
    pub(super) fn new(uppers: Uppers, written: Vec<Written>) -> Self {
        Self { uppers, written }
    }

    /// What was written in a share, or an empty folder with the share's own mode. `None`: nobody
    /// may write in a share of that name.
    pub(crate) fn open(&self, share: &str) -> Option<std::io::Result<OwnedFd>> {
        let Written { name, mode, .. } = self.written.iter().find(|it| it.share == share)?;
        Some(match open_beneath(&self.uppers.upper, name) {
            Err(Errno::NOENT) => self.empty(*mode),
            found => found.map_err(std::io::Error::from),
        })
    }

    fn empty(&self, mode: u32) -> std::io::Result<OwnedFd> {
        let nothing = open_beneath(&self.uppers.nothing, OsStr::new("."))?;
        rustix::fs::fchmod(&nothing, Mode::from_raw_mode(mode))?;
        Ok(nothing)
    }
}

/// Whether the disk with the shares was mounted for somebody before, with something else on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Disk {
    Fresh,
    Seen,
}

/// Mounts the disk, and one overlay above all of it. A kernel that has done so before its content
/// is known keeps only what is the same on all such disks: the head and what the root holds.
pub(super) fn stand(shares: &OwnedFd, uppers: &Uppers) -> Result<(), Refusal> {
    let kept = MountFlags::NOSUID | MountFlags::NODEV;
    for at in STANDS {
        // It may have stood before.
        match fs::create_dir(at) {
            Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => {
                return Err(error).at("shares", at);
            }
            _ => {}
        }
    }
    forget(shares).at("shares", "disk")?;
    let from = number(shares);
    rustix::mount::mount(&from, SHARES, "erofs", kept | MountFlags::RDONLY, c"")
        .at("shares", "disk")?;
    let (upper, work) = (number(&uppers.upper), number(&uppers.work));
    let layers = format!("lowerdir={SHARES},upperdir={upper},workdir={work},userxattr");
    let options = CString::new(layers).at("shares", "overlay")?;
    rustix::mount::mount("overlay", WRITABLE, "overlay", kept, options.as_c_str())
        .at("shares", "overlay")?;
    forget(shares).at("shares", "disk")
}

/// Somebody who still used the disk would keep it from going.
pub(super) fn fall() -> Result<(), Refusal> {
    for at in STANDS.into_iter().rev() {
        rustix::mount::unmount(at, UnmountFlags::empty()).at("shares", at)?;
    }
    Ok(())
}

/// Returns the writable shares.
pub(super) fn make(setup: &Setup, booted: &Booted, disk: Disk) -> Result<Vec<Written>, Refusal> {
    let kept = MountFlags::NOSUID | MountFlags::NODEV;
    let written = land_all(&setup.shares, booted, disk)?;
    for at in STANDS {
        rustix::mount::unmount(at, UnmountFlags::DETACH).at("view", at)?;
        // What is still mounted cannot be removed, so the removal proves it.
        fs::remove_dir(at).at("view", at)?;
    }
    seal("/proc", kept | MountFlags::NOEXEC)?;
    Ok(written)
}

/// Lands each of the shares on the disk.
pub(super) fn land_all(
    shares: &[ShareView],
    booted: &Booted,
    disk: Disk,
) -> Result<Vec<Written>, Refusal> {
    if disk == Disk::Seen {
        // Nothing of what was on the disk before may be left: a mount that goes on would show it.
        let flags = OFlags::RDONLY | OFlags::EXCL | OFlags::CLOEXEC;
        let alone = rustix::fs::open(number(&booted.shares), flags, Mode::empty());
        drop(alone.at("shares", "disk in use")?);
        stand(&booted.shares, &booted.uppers)?;
    }
    let mut written = Vec::new();
    for share in shares {
        written.extend(land(share, &booted.uppers).at("share", &share.name)?);
    }
    Ok(written)
}

/// A path to what is open.
fn number(fd: &OwnedFd) -> String {
    format!("/proc/self/fd/{}", fd.as_raw_fd())
}

/// What the kernel has read of the disk was another one's.
pub(super) fn forget(disk: &OwnedFd) -> std::io::Result<()> {
    // SAFETY: a plain request without an argument.
    #[expect(unsafe_code, reason = "no safe interface to this request")]
    let done = unsafe { libc::ioctl(disk.as_raw_fd(), BLKFLSBUF, 0) } == 0;
    if done { Ok(()) } else { Err(std::io::Error::last_os_error()) }
}

/// Puts one share at `/folders/NAME`, and its content before the work at `/base/NAME`.
fn land(share: &ShareView, uppers: &Uppers) -> std::io::Result<Option<Written>> {
    let on_disk = OsStr::from_bytes(&share.at);
    let (base, folder) =
        (Path::new("/base").join(&share.name), Path::new("/folders").join(&share.name));
    fs::create_dir(&base)?;
    fs::create_dir(&folder)?;
    let lower = Path::new(SHARES).join(on_disk);
    rustix::mount::mount_bind(&lower, &base)?;
    if share.landing == Landing::ReadOnly {
        rustix::mount::mount_bind(&lower, &folder)?;
        return Ok(None);
    }
    let mode = rustix::fs::stat(&lower)?.st_mode & 0o7777;
    let earlier = Path::new(SHARES).join(VM_SHARES_UPPER).join(on_disk);
    if let Ok(earlier) = open_read(&earlier) {
        rustix::fs::mkdirat(&uppers.upper, on_disk, Mode::RWXU)?;
        let upper = open_beneath(&uppers.upper, on_disk)?;
        take_over(&earlier, &upper, 0)?;
        // The layer shows as the share's own root.
        rustix::fs::fchmod(&upper, Mode::from_raw_mode(mode))?;
    }
    // The overlay looks at its layers here for the first time since the disk has content.
    rustix::mount::mount_bind(Path::new(WRITABLE).join(on_disk), &folder)?;
    Ok(Some(Written { share: share.name.clone(), name: on_disk.to_owned(), mode }))
}

fn open_beneath(at: &OwnedFd, name: &OsStr) -> rustix::io::Result<OwnedFd> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    rustix::fs::openat(at, name, flags, Mode::empty())
}

fn open_read(path: &Path) -> rustix::io::Result<OwnedFd> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    rustix::fs::open(path, flags, Mode::empty())
}

/// Copies the layer that an earlier machine of the task wrote, marks and all.
fn take_over(from: &OwnedFd, to: &OwnedFd, depth: usize) -> std::io::Result<()> {
    if depth > DEPTH_MAX {
        return Err(std::io::Error::other("folders lie too deep in each other"));
    }
    for entry in Dir::read_from(from)? {
        let entry = entry?;
        let name = entry.file_name();
        if matches!(name.to_bytes(), b"." | b"..") {
            continue;
        }
        let found = rustix::fs::statat(from, name, AtFlags::SYMLINK_NOFOLLOW)?;
        let kind = FileType::from_raw_mode(found.st_mode);
        let mode = Mode::from_raw_mode(found.st_mode & 0o7777);
        match kind {
            FileType::Directory => {
                rustix::fs::mkdirat(to, name, Mode::RWXU)?;
                let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
                let inner = rustix::fs::openat(from, name, flags, Mode::empty())?;
                let copy = rustix::fs::openat(to, name, flags, Mode::empty())?;
                take_over(&inner, &copy, depth + 1)?;
                rustix::fs::fchmod(&copy, mode)?;
            }
            FileType::RegularFile => copy_file(from, to, name, mode)?,
            FileType::Symlink => {
                let text = rustix::fs::readlinkat(from, name, Vec::new())?;
                rustix::fs::symlinkat(text.as_c_str(), to, name)?;
            }
            FileType::Fifo
            | FileType::Socket
            | FileType::BlockDevice
            | FileType::CharacterDevice
            | FileType::Unknown => {
                let (kind, device) = match found.st_rdev {
                    0 if kind == FileType::CharacterDevice => (kind, 0),
                    _ => (FileType::Fifo, 0),
                };
                rustix::fs::mknodat(to, name, kind, Mode::from_raw_mode(0o600), device)?;
            }
        }
        let times =
            rustix::fs::Timestamps { last_access: stamp(&found), last_modification: stamp(&found) };
        rustix::fs::utimensat(to, name, &times, AtFlags::SYMLINK_NOFOLLOW)?;
    }
    let mut mark = [0_u8; 4];
    if let Ok(bytes) = rustix::fs::fgetxattr(from, OPAQUE, &mut mark[..]) {
        rustix::fs::fsetxattr(to, OPAQUE, &mark[..bytes], XattrFlags::empty())?;
    }
    Ok(())
}

fn stamp(found: &rustix::fs::Stat) -> rustix::fs::Timespec {
    rustix::fs::Timespec {
        tv_sec: found.st_mtime,
        tv_nsec: found.st_mtime_nsec.try_into().unwrap_or(0),
    }
}

fn copy_file(from: &OwnedFd, to: &OwnedFd, name: &CStr, mode: Mode) -> std::io::Result<()> {
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let source = rustix::fs::openat(from.as_fd(), name, flags, Mode::empty())?;
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let copy = rustix::fs::openat(to.as_fd(), name, flags, Mode::from_raw_mode(0o600))?;
    std::io::copy(&mut fs::File::from(source), &mut fs::File::from(copy.try_clone()?))?;
    Ok(rustix::fs::fchmod(&copy, mode)?)
}
