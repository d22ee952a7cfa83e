//! Sends an upper layer home as records: a walk that follows nothing and opens only folders and
//! regular files.

use rustix::fs::{AtFlags, Dir, FileType, Mode, OFlags, SeekFrom, Stat};
use rustix::io::Errno;
use std::ffi::CStr;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use wire::{Kept, RECORD_DATA_BYTES_MAX, Record};

/// Folders in folders. What lies deeper is named but not sent.
const DEPTH_MAX: usize = 200;
const OPAQUE: &CStr = c"user.overlay.opaque";

pub(crate) fn send(upper: &OwnedFd, to: &OwnedFd) -> io::Result<()> {
    let found = rustix::fs::fstat(upper)?;
    say(to, &Record::Root { kept: kept(&found), opaque: is_opaque(upper) })?;
    send_content(upper, to, 0)?;
    say(to, &Record::End)
}

fn send_content(folder: &OwnedFd, to: &OwnedFd, depth: usize) -> io::Result<()> {
    for entry in Dir::read_from(folder)? {
        let entry = entry?;
        let name = entry.file_name();
        if !matches!(name.to_bytes(), b"." | b"..") {
            send_entry(folder, name, to, depth)?;
        }
    }
    Ok(())
}

fn send_entry(folder: &OwnedFd, name: &CStr, to: &OwnedFd, depth: usize) -> io::Result<()> {
    let found = rustix::fs::statat(folder, name, AtFlags::SYMLINK_NOFOLLOW)?;
    let text = name.to_bytes().to_vec();
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    match FileType::from_raw_mode(found.st_mode) {
        FileType::Directory if depth < DEPTH_MAX => {
            let inner = rustix::fs::openat(folder, name, flags | OFlags::DIRECTORY, Mode::empty())?;
            let opaque = is_opaque(&inner);
            say(to, &Record::Folder { name: text, kept: kept(&found), opaque })?;
            send_content(&inner, to, depth + 1)?;
            say(to, &Record::Leave)
        }
        FileType::RegularFile => {
            let file = rustix::fs::openat(folder, name, flags, Mode::empty())?;
            send_file(text, &file, to)
        }
        FileType::Symlink => {
            let link = rustix::fs::readlinkat(folder, name, Vec::new())?;
            say(to, &Record::Link { name: text, kept: kept(&found), text: link.into_bytes() })
        }
        FileType::CharacterDevice if found.st_rdev == 0 => say(to, &Record::Gone { name: text }),
        FileType::Directory
        | FileType::CharacterDevice
        | FileType::BlockDevice
        | FileType::Fifo
        | FileType::Socket
        | FileType::Unknown => say(to, &Record::Other { name: text }),
    }
}

/// A file that shrinks meanwhile is filled up with zeros, and one that grows is cut: the host was
/// told a size.
fn send_file(name: Vec<u8>, file: &OwnedFd, to: &OwnedFd) -> io::Result<()> {
    let found = rustix::fs::fstat(file)?;
    let size_bytes = u64::try_from(found.st_size).unwrap_or(0);
    say(to, &Record::File { name, kept: kept(&found), size_bytes })?;
    let mut at = 0;
    let mut buffer = vec![0; RECORD_DATA_BYTES_MAX];
    while at < size_bytes {
        let data = match rustix::fs::seek(file, SeekFrom::Data(at)) {
            Ok(data) => data.min(size_bytes),
            Err(Errno::NXIO) => size_bytes,
            Err(error) => return Err(error.into()),
        };
        if data > at {
            say(to, &Record::Hole { bytes: data - at })?;
            at = data;
            continue;
        }
        let hole = rustix::fs::seek(file, SeekFrom::Hole(at)).unwrap_or(size_bytes);
        let end = hole.min(size_bytes).min(at + RECORD_DATA_BYTES_MAX as u64);
        let want = usize::try_from(end - at).unwrap_or(RECORD_DATA_BYTES_MAX);
        match rustix::io::pread(file, &mut buffer[..want], at)? {
            0 => {
                say(to, &Record::Hole { bytes: size_bytes - at })?;
                at = size_bytes;
            }
            bytes => {
                say(to, &Record::Data(buffer[..bytes].to_vec()))?;
                at += bytes as u64;
            }
        }
    }
    Ok(())
}

fn is_opaque(folder: &OwnedFd) -> bool {
    let mut mark = [0_u8; 8];
    rustix::fs::fgetxattr(folder, OPAQUE, &mut mark[..]).is_ok_and(|bytes| &mark[..bytes] == b"y")
}

fn kept(found: &Stat) -> Kept {
    Kept {
        mode: found.st_mode & 0o7777,
        modified_seconds: found.st_mtime,
        modified_nanos: u32::try_from(found.st_mtime_nsec).unwrap_or(0),
    }
}

fn say(to: &OwnedFd, record: &Record) -> io::Result<()> {
    let frame = wire::encode(record).map_err(io::Error::other)?;
    let mut rest = frame.as_slice();
    while !rest.is_empty() {
        match rustix::io::write(to.as_fd(), rest) {
            Ok(bytes) => rest = &rest[bytes..],
            Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}
