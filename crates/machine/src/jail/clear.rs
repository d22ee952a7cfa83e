//! Removes what machines left in a folder of the host.
//!
//! An overlay keeps a folder that nobody may enter, and programs can make more of them. Removing
//! needs the owner to open them first.

use rustix::fs::{AtFlags, Dir, FileType, Mode, OFlags};
use std::io;
use std::os::fd::OwnedFd;
use std::path::Path;

/// Removes `folder` and all below it; no machine may run in it any more. One that is not there is
/// removed already.
pub fn clear(folder: &Path) -> io::Result<()> {
    match std::fs::remove_dir_all(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {}
        other => return other,
    }
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    open_all(&rustix::fs::open(folder, flags, Mode::empty())?)?;
    std::fs::remove_dir_all(folder)
}

fn open_all(folder: &OwnedFd) -> io::Result<()> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    for entry in Dir::read_from(folder)? {
        let entry = entry?;
        let name = entry.file_name();
        if matches!(name.to_bytes(), b"." | b"..") {
            continue;
        }
        let found = rustix::fs::statat(folder, name, AtFlags::SYMLINK_NOFOLLOW)?;
        if FileType::from_raw_mode(found.st_mode) == FileType::Directory {
            // It is no link, and nothing runs that could put one there.
            rustix::fs::chmodat(folder, name, Mode::RWXU, AtFlags::empty())?;
            open_all(&rustix::fs::openat(folder, name, flags, Mode::empty())?)?;
        }
    }
    Ok(())
}
