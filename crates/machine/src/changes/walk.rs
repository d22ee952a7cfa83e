//! The walk over an overlay's upper layer: what it says was created, replaced or deleted.
//!
//! Only the upper layer is walked, so the cost is that of the changes, not of the folder. Its
//! content is hostile: nothing is followed or opened but folders and regular files, and an extended
//! attribute decides only how an entry is shown, never what is read or written.

use super::beneath::{self, Root, join};
use super::limits::{CHANGES_MAX, FILE_BYTES_MAX, HOLE_BYTES_TOTAL_MAX, PATH_BYTES_MAX};
use super::list::ListError;
use super::manifest::{Manifest, NodeId, Note};
use super::seen::{Kind, Seen};
use super::words;
use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;
use std::collections::BTreeSet;
use std::os::fd::OwnedFd;

/// One entry of which the upper layer says something.
#[derive(Debug)]
pub(crate) struct Found {
    pub(crate) path: Vec<u8>,
    pub(crate) step: Step,
    /// The entry of the manifest with the same path.
    pub(crate) base: Option<NodeId>,
    pub(crate) refused: Option<String>,
}

/// What the upper layer says.
#[derive(Debug)]
pub(crate) enum Step {
    /// Gone, or something of another kind took its place.
    Deleted,
    /// A file whose content is to be compared with the base, if that is a file too.
    File(Seen),
    NewFolder(Seen),
    /// The folder was there before with other permissions.
    FolderMode(Seen),
    Link(Seen, Vec<u8>),
    Other(Seen),
}

/// Walks the upper layer of one share.
pub(crate) struct Walk<'a> {
    root: &'a Root,
    manifest: &'a Manifest,
    found: Vec<Found>,
    due: Vec<(Vec<u8>, Option<NodeId>)>,
    holes: u64,
}

impl<'a> Walk<'a> {
    pub(crate) fn new(root: &'a Root, manifest: &'a Manifest) -> Self {
        let due = vec![(Vec::new(), Some(Manifest::ROOT))];
        Self { root, manifest, found: Vec::new(), due, holes: 0 }
    }

    pub(crate) fn finish(mut self) -> Result<Vec<Found>, ListError> {
        while let Some((path, base)) = self.due.pop() {
            if let Err(errno) = self.enter(&path, base) {
                self.refuse(path, base, errno);
            }
            if self.found.len() > CHANGES_MAX {
                return Err(ListError::TooMany);
            }
        }
        Ok(self.found)
    }

    fn refuse(&mut self, path: Vec<u8>, base: Option<NodeId>, errno: Errno) {
        let refused = Some(format!("its content could not be listed: {}", words::clause(errno)));
        // The folder itself was noted by its parent; this line stands for what it holds.
        self.found.retain(|found| found.path != path);
        if let Ok(Some(seen)) = self.root.look(&path) {
            self.found.push(Found { path, step: Step::Other(seen), base, refused });
        }
    }

    fn enter(&mut self, path: &[u8], base: Option<NodeId>) -> Result<(), Errno> {
        if path.len() > PATH_BYTES_MAX {
            return Err(Errno::NAMETOOLONG);
        }
        let (folder, names) = open_upper(self.root, path)?;
        if has_mark(&folder, "redirect")?.is_some() {
            return Err(Errno::INVAL);
        }
        if let Some(base) = base
            && has_mark(&folder, "opaque")?.as_deref() == Some(b"y")
        {
            let present: BTreeSet<&[u8]> = names.iter().map(Vec::as_slice).collect();
            for child in self.manifest.children(base) {
                if !present.contains(self.manifest.name(child)) {
                    self.delete(child);
                }
            }
        }
        for name in names {
            let seen = Seen::at(&folder, &name)?;
            let child = base.and_then(|base| self.manifest.child(base, &name));
            self.entry(&folder, join(path, &name), &name, seen, child)?;
        }
        Ok(())
    }

    fn entry(
        &mut self,
        folder: &OwnedFd,
        path: Vec<u8>,
        name: &[u8],
        seen: Seen,
        base: Option<NodeId>,
    ) -> Result<(), Errno> {
        if seen.is_whiteout || (seen.kind == Kind::File && is_marked_whiteout(folder, name, &seen))
        {
            if let Some(base) = base {
                self.delete(base);
            }
            return Ok(());
        }
        let same_kind = base.filter(|&base| self.manifest.node(base).kind == seen.kind);
        match seen.kind {
            // What cannot be applied must not take away what was there either.
            Kind::Pipe | Kind::Socket | Kind::Device => {
                self.push(path, Step::Other(seen), base, None);
                return Ok(());
            }
            Kind::File | Kind::Folder | Kind::Link => {}
        }
        if let (Some(base), None) = (base, same_kind) {
            self.delete(base);
        }
        match seen.kind {
            Kind::File => {
                let refused = self.unfit(folder, name, &seen);
                self.push(path, Step::File(seen), same_kind, refused);
            }
            Kind::Link => {
                let text = rustix::fs::readlinkat(folder, name, Vec::new())?.into_bytes();
                self.push(path, Step::Link(seen, text), same_kind, None);
            }
            Kind::Folder => {
                match same_kind {
                    None => self.push(path.clone(), Step::NewFolder(seen), None, None),
                    Some(_) => self.push(path.clone(), Step::FolderMode(seen), same_kind, None),
                }
                self.due.push((path, same_kind));
            }
            Kind::Pipe | Kind::Socket | Kind::Device => {}
        }
        Ok(())
    }

    fn push(&mut self, path: Vec<u8>, step: Step, base: Option<NodeId>, refused: Option<String>) {
        self.found.push(Found { path, step, base, refused });
    }

    /// Notes the entry and all below it as deleted.
    fn delete(&mut self, top: NodeId) {
        let mut due = vec![top];
        while let Some(id) = due.pop() {
            let node = self.manifest.node(id);
            let refused = match (node.note, node.kind) {
                (Note::Mount, _) => Some("another disk is mounted there".to_owned()),
                (Note::Unreadable | Note::TooDeep, _) => {
                    Some("its content could not be listed before the work".to_owned())
                }
                (Note::Plain, Kind::Pipe | Kind::Socket | Kind::Device) => {
                    Some("it is no file, and is left where it is".to_owned())
                }
                (Note::Plain, Kind::File | Kind::Folder | Kind::Link) => None,
            };
            self.push(self.manifest.path(id), Step::Deleted, Some(id), refused);
            due.extend(self.manifest.children(id));
            if self.found.len() > CHANGES_MAX {
                return;
            }
        }
    }

    fn unfit(&mut self, folder: &OwnedFd, name: &[u8], seen: &Seen) -> Option<String> {
        let size = seen.identity.size_bytes;
        if size > FILE_BYTES_MAX {
            return Some(format!("it is larger than {} GB", FILE_BYTES_MAX >> 30));
        }
        self.holes = self.holes.saturating_add(size.saturating_sub(seen.stored_bytes));
        if size > seen.stored_bytes && self.holes > HOLE_BYTES_TOTAL_MAX {
            return Some("the files with empty stretches are too large in all".to_owned());
        }
        let is_hollow = seen.stored_bytes == 0 && size > 0;
        let marked = is_hollow
            && open_upper_file(folder, name)
                .and_then(|file| has_mark(&file, "metacopy"))
                .is_ok_and(|mark| mark.is_some());
        marked.then(|| "its content was not copied".to_owned())
    }
}

/// Opens a folder of the upper layer. The task may have locked it; it belongs to us, so it is
/// unlocked for good.
fn open_upper(root: &Root, path: &[u8]) -> Result<(OwnedFd, Vec<Vec<u8>>), Errno> {
    match root.names(path) {
        Err(Errno::ACCESS) => {
            let folder = root.folder(path)?;
            beneath::set_mode(&folder, Seen::of(&folder)?.identity.mode | 0o700)?;
            root.names(path)
        }
        other => other,
    }
}

/// Opens what is known to be a regular file of the upper layer, which may have been locked.
pub(crate) fn open_upper_file(folder: &OwnedFd, name: &[u8]) -> Result<OwnedFd, Errno> {
    let flags =
        OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOFOLLOW | OFlags::NOCTTY | OFlags::CLOEXEC;
    match rustix::fs::openat(folder, name, flags, Mode::empty()) {
        Err(Errno::ACCESS) => {
            let handle = beneath::handle(folder, name)?;
            let seen = Seen::of(&handle)?;
            if seen.kind != Kind::File {
                return Err(Errno::INVAL);
            }
            beneath::set_mode(&handle, seen.identity.mode | 0o400)?;
            rustix::fs::openat(folder, name, flags, Mode::empty())
        }
        other => other,
    }
}

/// The overlay's mark of this name, as an ordinary user's overlay writes it or as root's does.
fn has_mark(file: &OwnedFd, name: &str) -> Result<Option<Vec<u8>>, Errno> {
    for space in ["user.overlay.", "trusted.overlay."] {
        let mut value = [0; 256];
        match rustix::fs::fgetxattr(file, format!("{space}{name}"), &mut value[..]) {
            Ok(count) => return Ok(Some(value[..count].to_vec())),
            Err(Errno::RANGE) => return Ok(Some(Vec::new())),
            Err(Errno::NODATA | Errno::OPNOTSUPP | Errno::PERM) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(None)
}

fn is_marked_whiteout(folder: &OwnedFd, name: &[u8], seen: &Seen) -> bool {
    seen.identity.size_bytes == 0
        && open_upper_file(folder, name)
            .and_then(|file| has_mark(&file, "whiteout"))
            .is_ok_and(|mark| mark.is_some())
}
