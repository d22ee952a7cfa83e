//! The single steps by which files appear, trade places and go. None of them ever overwrites, and
//! none follows a link.

use super::content;
use super::limits::{BESIDE_TRIES_MAX, NAME_BYTES_MAX, XATTR_BYTES_MAX};
use super::seen::{Identity, Kind, Seen, Stamp};
use rustix::fs::{AtFlags, CWD, Gid, Mode, OFlags, RenameFlags, Timespec, Timestamps, Uid};
use rustix::io::Errno;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};

/// New content that is not yet at its place.
#[derive(Debug)]
pub(crate) enum Temp {
    /// Has no name; vanishes with the process.
    Unnamed(OwnedFd),
    /// Lies under the item's hidden name in the target's folder: a link, or a file on a filesystem
    /// that knows no unnamed files.
    Named(Option<OwnedFd>),
}

impl Temp {
    /// A new empty file for `folder`.
    pub(crate) fn file(folder: &OwnedFd, hidden: &[u8]) -> Result<Self, Errno> {
        let mode = Mode::from_raw_mode(0o600);
        let unnamed = OFlags::TMPFILE | OFlags::RDWR | OFlags::CLOEXEC;
        match rustix::fs::openat(folder, ".", unnamed, mode) {
            Ok(file) => return Ok(Self::Unnamed(file)),
            Err(Errno::OPNOTSUPP | Errno::ISDIR | Errno::INVAL | Errno::NOSYS) => {}
            Err(errno) => return Err(errno),
        }
        let named = OFlags::CREATE | OFlags::EXCL | OFlags::RDWR | OFlags::CLOEXEC;
        let file = rustix::fs::openat(folder, hidden, named | OFlags::NOFOLLOW, mode)?;
        Ok(Self::Named(Some(file)))
    }

    /// A new link, under its hidden name.
    pub(crate) fn link(folder: &OwnedFd, hidden: &[u8], target: &[u8]) -> Result<Self, Errno> {
        rustix::fs::symlinkat(target, folder, hidden)?;
        Ok(Self::Named(None))
    }

    pub(crate) fn opened(&self) -> Option<&OwnedFd> {
        match self {
            Self::Unnamed(file) => Some(file),
            Self::Named(file) => file.as_ref(),
        }
    }

    /// Gives the content the name `name`, if nothing has it.
    pub(crate) fn show(&self, folder: &OwnedFd, hidden: &[u8], name: &[u8]) -> Result<(), Errno> {
        match self {
            Self::Unnamed(file) => {
                let through = format!("/proc/self/fd/{}", file.as_raw_fd());
                rustix::fs::linkat(CWD, through, folder, name, AtFlags::SYMLINK_FOLLOW)
            }
            Self::Named(_) if hidden == name => Ok(()),
            Self::Named(_) => rename_new(folder, hidden, folder, name),
        }
    }
}

/// Renames, unless something has the new name already.
pub(crate) fn rename_new(
    from: &OwnedFd,
    old: &[u8],
    to: &OwnedFd,
    new: &[u8],
) -> Result<(), Errno> {
    match rustix::fs::renameat_with(from, old, to, new, RenameFlags::NOREPLACE) {
        // Network filesystems know no such rename; a link never overwrites either.
        Err(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP) => {
            rustix::fs::linkat(from, old, to, new, AtFlags::empty())?;
            rustix::fs::unlinkat(from, old, AtFlags::empty())
        }
        other => other,
    }
}

/// Lets two names of one folder trade their files in one step.
pub(crate) fn exchange(folder: &OwnedFd, one: &[u8], other: &[u8]) -> Result<(), Errno> {
    rustix::fs::renameat_with(folder, one, folder, other, RenameFlags::EXCHANGE)
}

pub(crate) fn remove(folder: &OwnedFd, name: &[u8]) -> Result<(), Errno> {
    match rustix::fs::unlinkat(folder, name, AtFlags::empty()) {
        Err(Errno::NOENT) => Ok(()),
        other => other,
    }
}

/// Removes a name if it is this file.
pub(crate) fn remove_if(folder: &OwnedFd, name: &[u8], file: &Identity) -> Result<(), Errno> {
    match Seen::find(folder, name)? {
        Some(seen) if file.is_file(&seen.identity) => remove(folder, name),
        _ => Ok(()),
    }
}

/// The `count`-th name to try beside `name`: `stem.legwork-ID.ext`, `stem.legwork-ID-2.ext` …
pub(crate) fn beside(name: &[u8], id: &str, count: u32) -> Vec<u8> {
    const EXTENSION_BYTES_MAX: usize = 16;
    let dot = name.iter().rposition(|&byte| byte == b'.').filter(|&at| at > 0);
    let cut = dot.filter(|&at| name.len() - at <= EXTENSION_BYTES_MAX).unwrap_or(name.len());
    let (stem, extension) = name.split_at(cut);
    let middle =
        if count > 1 { format!(".legwork-{id}-{count}") } else { format!(".legwork-{id}") };
    let mut room = NAME_BYTES_MAX.saturating_sub(middle.len() + extension.len()).min(stem.len());
    // Never cut within a letter.
    while room > 0 && room < stem.len() && stem[room] & 0xc0 == 0x80 {
        room -= 1;
    }
    [&stem[..room], middle.as_bytes(), extension].concat()
}

/// Gives something a free name beside `name`, by way of `place`.
pub(crate) fn place_beside(
    name: &[u8],
    id: &str,
    mut place: impl FnMut(&[u8]) -> Result<(), Errno>,
) -> Result<Vec<u8>, Errno> {
    for count in 1..=BESIDE_TRIES_MAX {
        let candidate = beside(name, id, count);
        match place(&candidate) {
            Ok(()) => return Ok(candidate),
            Err(Errno::EXIST) => {}
            Err(errno) => return Err(errno),
        }
    }
    Err(Errno::EXIST)
}

/// The name beside `name` under which the file `wanted` lies already.
pub(crate) fn find_beside(
    folder: &OwnedFd,
    name: &[u8],
    id: &str,
    wanted: &Identity,
) -> Result<Option<(Vec<u8>, Identity)>, Errno> {
    for count in 1..=BESIDE_TRIES_MAX {
        let candidate = beside(name, id, count);
        match Seen::find(folder, &candidate)? {
            Some(seen) if wanted.is_file(&seen.identity) => {
                return Ok(Some((candidate, seen.identity)));
            }
            Some(_) => {}
            None => return Ok(None),
        }
    }
    Ok(None)
}

/// What else a copy takes over from its original.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Dress {
    pub(crate) mode: u32,
    pub(crate) modified: Option<Stamp>,
    /// Set only by root; nobody else may give files away.
    pub(crate) owner: Option<(u32, u32)>,
}

/// Gives a new file its owner, permissions and time, in the order that lets each stay.
pub(crate) fn dress(file: &OwnedFd, dress: &Dress) -> Result<(), Errno> {
    if let Some((owner, group)) = dress.owner {
        rustix::fs::fchown(file, Some(Uid::from_raw(owner)), Some(Gid::from_raw(group)))?;
    }
    rustix::fs::fchmod(file, Mode::from_raw_mode(dress.mode))?;
    if let Some(modified) = dress.modified {
        rustix::fs::futimens(file, &times(modified))?;
    }
    Ok(())
}

/// Copies a file or link to `name` in another folder, with all that a later undo must bring back.
/// The copy appears under its name only when it is whole and durable.
pub(crate) fn copy_out(
    from: &OwnedFd,
    old: &[u8],
    to: &OwnedFd,
    name: &[u8],
    is_root: bool,
) -> Result<(), Errno> {
    let part = [name, b".part"].concat();
    remove(to, &part)?;
    let seen = Seen::at(from, old)?;
    match seen.kind {
        Kind::Link => {
            let target = rustix::fs::readlinkat(from, old, Vec::new())?;
            rustix::fs::symlinkat(target, to, &part)?;
            set_times(to, &part, seen.identity.modified)?;
        }
        Kind::File => {
            let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
            let source = rustix::fs::openat(from, old, flags, Mode::empty())?;
            let flags = OFlags::CREATE | OFlags::EXCL | OFlags::RDWR | OFlags::CLOEXEC;
            let copy = rustix::fs::openat(to, &part, flags, Mode::from_raw_mode(0o600))?;
            copy_whole(&source, &copy, is_root)?;
            rustix::fs::fsync(&copy)?;
        }
        Kind::Folder | Kind::Pipe | Kind::Socket | Kind::Device => return Err(Errno::INVAL),
    }
    rustix::fs::renameat(to, &part, to, name)
}

/// Copies content, extended attributes, permissions, time and, as root, the owner.
pub(crate) fn copy_whole(from: &OwnedFd, to: &OwnedFd, is_root: bool) -> Result<(), Errno> {
    let seen = Seen::of(from)?;
    if seen.kind != Kind::File {
        return Err(Errno::INVAL);
    }
    content::copy(from, &seen, to)?;
    copy_attributes(from, to);
    let owner = is_root.then_some((seen.owner, seen.group));
    let modified = Some(seen.identity.modified);
    dress(to, &Dress { mode: seen.identity.mode, modified, owner })
}

/// Extended attributes that cannot be read or set are left out: they are not the content.
fn copy_attributes(from: &OwnedFd, to: &OwnedFd) {
    let mut list = vec![0; XATTR_BYTES_MAX];
    let Ok(count) = rustix::fs::flistxattr(from, &mut list[..]) else { return };
    for name in list[..count].split(|&byte| byte == 0).filter(|name| !name.is_empty()) {
        let mut value = vec![0; XATTR_BYTES_MAX];
        if let Ok(size) = rustix::fs::fgetxattr(from, name, &mut value[..]) {
            let flags = rustix::fs::XattrFlags::empty();
            let _ = rustix::fs::fsetxattr(to, name, &value[..size], flags);
        }
    }
}

/// Sets the time of change of an entry, not of what a link points to.
pub(crate) fn set_times(folder: impl AsFd, name: &[u8], modified: Stamp) -> Result<(), Errno> {
    rustix::fs::utimensat(folder, name, &times(modified), AtFlags::SYMLINK_NOFOLLOW)
}

fn times(modified: Stamp) -> Timestamps {
    Timestamps {
        last_access: Timespec { tv_sec: 0, tv_nsec: rustix::fs::UTIME_OMIT },
        last_modification: Timespec { tv_sec: modified.seconds, tv_nsec: modified.nanos.into() },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_beside_keep_the_extension_and_fit() {
        let shown = |name: &str, count| {
            String::from_utf8(beside(name.as_bytes(), "a1", count)).expect("still text")
        };
        assert_eq!(shown("report.pdf", 1), "report.legwork-a1.pdf");
        assert_eq!(shown("report.pdf", 3), "report.legwork-a1-3.pdf");
        assert_eq!(shown(".bashrc", 1), ".bashrc.legwork-a1");
        assert_eq!(shown("plain", 1), "plain.legwork-a1");
        let long = "ä".repeat(125) + ".txt";
        let name = shown(&long, 12);
        assert!(name.len() <= 255 && name.ends_with(".legwork-a1-12.txt"), "{name}");
    }
}
