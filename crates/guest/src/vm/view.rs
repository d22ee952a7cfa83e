//! Makes the view of a machine with a kernel of its own: lands the shares from their disk and takes
//! away what nothing foreign may touch.

use crate::init::{At, Refusal};
use crate::view::{HOST, open_folder, seal};
use rustix::fs::{AtFlags, Dir, FileType, Mode, OFlags, XattrFlags};
use rustix::io::Errno;
use rustix::mount::{MountFlags, UnmountFlags};
use std::ffi::OsStr;
use std::ffi::{CStr, CString};
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

/// Returns the upper layers of the writable shares.
pub(super) fn make(
    setup: &Setup,
    disk: &OwnedFd,
    uppers: &OwnedFd,
) -> Result<Vec<(String, OwnedFd)>, Refusal> {
    let kept = MountFlags::NOSUID | MountFlags::NODEV;
    let layers = land_all(&setup.shares, disk, uppers)?;
    // One tree, so one unmount. What is still mounted cannot be removed, so the removal proves it.
    rustix::mount::unmount(HOST, UnmountFlags::DETACH).at("view", HOST)?;
    fs::remove_dir(HOST).at("view", HOST)?;
    seal("/proc", kept | MountFlags::NOEXEC)?;
    Ok(layers)
}

/// Mounts the disk with the shares, and lands each of them.
pub(super) fn land_all(
    shares: &[ShareView],
    disk: &OwnedFd,
    uppers: &OwnedFd,
) -> Result<Vec<(String, OwnedFd)>, Refusal> {
    let mut layers = Vec::new();
    if shares.is_empty() {
        return Ok(layers);
    }
    let from = format!("/proc/self/fd/{}", disk.as_raw_fd());
    // Nothing of what was on the disk before may be left: a mount that goes on would show it.
    let flags = OFlags::RDONLY | OFlags::EXCL | OFlags::CLOEXEC;
    drop(rustix::fs::open(&from, flags, Mode::empty()).at("share", "disk in use")?);
    forget(disk).at("share", "disk")?;
    let to = Path::new(HOST).join("shares");
    let flags = MountFlags::NOSUID | MountFlags::NODEV | MountFlags::RDONLY;
    rustix::mount::mount(&from, &to, "erofs", flags, c"").at("share", "disk")?;
    for (index, share) in shares.iter().enumerate() {
        if let Some(layer) = land(index, share, &to, uppers)? {
            layers.push((share.name.clone(), layer));
        }
    }
    Ok(layers)
}

/// The kernel looked at the disk when it booted, and it was another one.
fn forget(disk: &OwnedFd) -> std::io::Result<()> {
    // SAFETY: a plain request without an argument.
    #[expect(unsafe_code, reason = "no safe interface to this request")]
    let done = unsafe { libc::ioctl(disk.as_raw_fd(), BLKFLSBUF, 0) } == 0;
    if done { Ok(()) } else { Err(std::io::Error::last_os_error()) }
}

/// Puts one share at `/folders/NAME`, and its content before the work at `/base/NAME`.
fn land(
    index: usize,
    share: &ShareView,
    disk: &Path,
    uppers: &OwnedFd,
) -> Result<Option<OwnedFd>, Refusal> {
    let name = &share.name;
    let (base, folder) = (Path::new("/base").join(name), Path::new("/folders").join(name));
    fs::create_dir(&base).at("share", name)?;
    fs::create_dir(&folder).at("share", name)?;
    let lower = Path::new(HOST).join(OsStr::from_bytes(&share.at));
    rustix::mount::mount_bind(&lower, &base).at("share", name)?;
    if share.landing == Landing::ReadOnly {
        return rustix::mount::mount_bind(&lower, &folder).at("share", name).map(|()| None);
    }
    let own = index.to_string();
    make_folder(uppers, &own).at("share", name)?;
    let own = open_beneath(uppers, &own).at("share", name)?;
    for part in ["upper", "work"] {
        make_folder(&own, part).at("share", name)?;
    }
    let (upper, work) = (open_beneath(&own, "upper"), open_beneath(&own, "work"));
    let (upper, work) = (upper.at("share", name)?, work.at("share", name)?);
    let lower = open_folder(&lower).at("share", name)?;
    // The upper layer shows as the share's own root.
    let found = rustix::fs::statat(&lower, "", AtFlags::EMPTY_PATH).at("share", name)?;
    rustix::fs::fchmod(&upper, Mode::from_raw_mode(found.st_mode & 0o7777)).at("share", name)?;
    let earlier = disk.join(VM_SHARES_UPPER).join(name);
    if let Ok(earlier) = open_read(&earlier) {
        take_over(&earlier, &upper, 0).at("share", name)?;
    }
    let number = |fd: &OwnedFd| format!("/proc/self/fd/{}", fd.as_raw_fd());
    let layers = format!(
        "lowerdir={},upperdir={},workdir={},userxattr",
        number(&lower),
        number(&upper),
        number(&work)
    );
    let options = CString::new(layers).at("overlay", name)?;
    let flags = MountFlags::NOSUID | MountFlags::NODEV;
    rustix::mount::mount("overlay", &folder, "overlay", flags, options.as_c_str())
        .at("overlay", name)?;
    Ok(Some(upper))
}

fn make_folder(at: &OwnedFd, name: &str) -> rustix::io::Result<()> {
    match rustix::fs::mkdirat(at, name, Mode::from_raw_mode(0o755)) {
        Err(Errno::EXIST) => Ok(()),
        other => other,
    }
}

fn open_beneath(at: &OwnedFd, name: &str) -> rustix::io::Result<OwnedFd> {
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
