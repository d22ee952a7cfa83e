//! A shared folder, the upper layer that a task left over it, and what both look like.

#![allow(dead_code, reason = "each test binary uses its own part of it")]

use machine::changes::{
    ApplyError, ApplyOrder, ChangeList, Fault, Manifest, Point, Report, ShareState, apply_watched,
    list, undo_watched,
};
use rustix::fs::{CWD, FileType, Mode, Timespec, Timestamps, XattrFlags};
use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use wire::PathText;

/// What lies at a path.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Thing {
    File(Vec<u8>, u32),
    Folder(u32),
    Link(Vec<u8>),
}

pub(crate) fn file(content: &str) -> Thing {
    Thing::File(content.as_bytes().to_vec(), 0o644)
}

pub(crate) fn folder() -> Thing {
    Thing::Folder(0o755)
}

pub(crate) fn link(target: &str) -> Thing {
    Thing::Link(target.as_bytes().to_vec())
}

/// Things by path, parents included.
pub(crate) type Tree = BTreeMap<Vec<u8>, Thing>;

pub(crate) fn tree<P: AsRef<[u8]>>(things: impl IntoIterator<Item = (P, Thing)>) -> Tree {
    let mut tree = Tree::new();
    for (path, thing) in things {
        let path = path.as_ref();
        for (at, _) in path.iter().enumerate().filter(|(_, byte)| **byte == b'/') {
            tree.entry(path[..at].to_vec()).or_insert_with(folder);
        }
        tree.insert(path.to_vec(), thing);
    }
    tree
}

/// Everything that can be seen of an entry: kind and content, permissions, time of change.
pub(crate) type Look = (Thing, u32, (i64, i64));

pub(crate) struct World {
    pub(crate) temp: tempfile::TempDir,
    pub(crate) host: PathBuf,
    pub(crate) upper: PathBuf,
    /// Journals and kept versions; may be set to another filesystem.
    pub(crate) dir: PathBuf,
    pub(crate) manifest: Manifest,
    _far: Option<tempfile::TempDir>,
}

impl World {
    /// A folder that holds `base`, with times of change in the past, all different.
    pub(crate) fn new(base: &Tree) -> Self {
        // In memory where possible: these tests write through to the disk thousands of times.
        let temp = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir());
        let temp = temp.expect("a folder");
        let (host, dir) = (temp.path().join("host"), temp.path().join("applies"));
        Self::with(temp, host, dir, base)
    }

    /// As `new`, with the folder and the store below `disk` and the upper layer elsewhere.
    pub(crate) fn new_in(disk: &Path, base: &Tree) -> Self {
        let temp = tempfile::tempdir().expect("a folder");
        Self::with(temp, disk.join("host"), disk.join("applies"), base)
    }

    fn with(temp: tempfile::TempDir, host: PathBuf, dir: PathBuf, base: &Tree) -> Self {
        let upper = temp.path().join("upper");
        make_folder(&host, 0o755);
        make_folder(&upper, 0o755);
        make(&host, base);
        age(&host, base);
        let manifest = Manifest::take(&host).expect("a manifest");
        Self { temp, host, upper, dir, manifest, _far: None }
    }

    /// The base is what the folder holds now.
    pub(crate) fn taken_again(mut self) -> Self {
        self.manifest = Manifest::take(&self.host).expect("a manifest");
        self
    }

    /// Puts the store on another filesystem, if this computer has a second one to write to.
    pub(crate) fn with_far_store(mut self) -> Option<Self> {
        let far = tempfile::tempdir().ok()?;
        let device = |path: &Path| std::fs::metadata(path).map(|seen| seen.dev()).ok();
        if device(far.path()) == device(self.temp.path()) {
            return None;
        }
        self.dir = far.path().join("applies");
        self._far = Some(far);
        Some(self)
    }

    /// Leaves in the upper layer what a task leaves that turns `base` into `wanted`.
    pub(crate) fn task_makes(&self, base: &Tree, wanted: &Tree) {
        for (path, thing) in wanted {
            if base.get(path) == Some(thing) {
                continue;
            }
            self.upper_parents(wanted, path);
            let at = self.upper.join(OsStr::from_bytes(path));
            match thing {
                Thing::Folder(mode) => {
                    make_folder(&at, *mode);
                    let was_there = base.contains_key(path);
                    if was_there && !matches!(base[path], Thing::Folder(_)) {
                        self.mark(path, "opaque", b"y");
                    }
                }
                other => make_one(&at, other),
            }
        }
        for path in base.keys() {
            let parent = parent_of(path);
            let was_in = matches!(wanted.get(parent), Some(Thing::Folder(_))) || parent.is_empty();
            if !wanted.contains_key(path) && was_in {
                self.upper_parents(wanted, path);
                self.whiteout(path);
            }
        }
    }

    fn upper_parents(&self, wanted: &Tree, path: &[u8]) {
        let cuts: Vec<usize> = (0..path.len()).filter(|&at| path[at] == b'/').collect();
        for cut in cuts {
            let mode = match wanted.get(&path[..cut]) {
                Some(Thing::Folder(mode)) => *mode,
                _ => 0o755,
            };
            let at = self.upper.join(OsStr::from_bytes(&path[..cut]));
            if !at.exists() {
                make_folder(&at, mode);
            }
        }
    }

    pub(crate) fn whiteout(&self, path: &[u8]) {
        let at = self.upper.join(OsStr::from_bytes(path));
        rustix::fs::mknodat(CWD, &at, FileType::CharacterDevice, Mode::empty(), 0)
            .expect("a whiteout; users may make them since Linux 5.8");
    }

    /// Sets an overlay's mark; `false` if the filesystem keeps none.
    pub(crate) fn mark(&self, path: &[u8], name: &str, value: &[u8]) -> bool {
        let at = self.upper.join(OsStr::from_bytes(path));
        let name = format!("user.overlay.{name}");
        rustix::fs::lsetxattr(at, name, value, XattrFlags::empty()).is_ok()
    }

    pub(crate) fn share(&self) -> ShareState<'_> {
        ShareState {
            name: "docs".into(),
            host: self.host.clone(),
            upper: self.upper.clone(),
            manifest: &self.manifest,
            writable: true,
        }
    }

    pub(crate) fn list(&self) -> ChangeList {
        list(&[self.share()]).expect("a list")
    }

    pub(crate) fn apply(&self, id: &str) -> Report {
        self.try_apply(id, &self.list(), &[], &mut |_| None).expect("applied")
    }

    pub(crate) fn try_apply(
        &self,
        id: &str,
        list: &ChangeList,
        paths: &[PathText],
        watch: &mut dyn FnMut(&Point) -> Option<Fault>,
    ) -> Result<Report, ApplyError> {
        let ticks: Vec<PathText> = list.changes.iter().map(|c| c.path.clone()).collect();
        let shares = [self.share()];
        let order = ApplyOrder { dir: &self.dir, id, shares: &shares, list, paths, ticks: &ticks };
        apply_watched(&order, watch)
    }

    pub(crate) fn undo(&self, id: &str) -> Report {
        undo_watched(&self.dir, id, &mut |_| None).expect("undone")
    }

    pub(crate) fn look(&self) -> BTreeMap<Vec<u8>, Look> {
        look(&self.host)
    }

    /// What lies in the folder, without permissions and times.
    pub(crate) fn content(&self) -> Tree {
        plain(self.look().into_iter().map(|(path, (thing, ..))| (path, thing)).collect())
    }

    pub(crate) fn write(&self, path: &str, content: &str) {
        std::fs::write(self.host.join(path), content).expect("written");
    }

    pub(crate) fn read(&self, path: &str) -> String {
        std::fs::read_to_string(self.host.join(path)).expect("read")
    }
}

/// The tree with all permissions taken out, and without the folder itself.
pub(crate) fn plain(tree: Tree) -> Tree {
    tree.into_iter()
        .filter(|(path, _)| !path.is_empty())
        .map(|(path, thing)| {
            let thing = match thing {
                Thing::File(content, _) => Thing::File(content, 0),
                Thing::Folder(_) => Thing::Folder(0),
                link @ Thing::Link(_) => link,
            };
            (path, thing)
        })
        .collect()
}

pub(crate) fn parent_of(path: &[u8]) -> &[u8] {
    path.iter().rposition(|&byte| byte == b'/').map_or(b"", |cut| &path[..cut])
}

fn make(root: &Path, tree: &Tree) {
    for (path, thing) in tree {
        make_one(&root.join(OsStr::from_bytes(path)), thing);
    }
}

fn make_one(at: &Path, thing: &Thing) {
    match thing {
        Thing::File(content, mode) => {
            std::fs::write(at, content).expect("written");
            chmod(at, *mode);
        }
        Thing::Folder(mode) => make_folder(at, *mode),
        Thing::Link(target) => {
            std::os::unix::fs::symlink(OsStr::from_bytes(target), at).expect("linked");
        }
    }
}

fn make_folder(at: &Path, mode: u32) {
    if !at.exists() {
        std::fs::DirBuilder::new().mode(mode).create(at).expect("a folder");
    }
    chmod(at, mode);
}

pub(crate) fn chmod(at: &Path, mode: u32) {
    std::fs::set_permissions(at, std::fs::Permissions::from_mode(mode)).expect("chmod");
}

/// Innermost first, so that no later step moves a time again.
fn age(root: &Path, tree: &Tree) {
    let paths = std::iter::once(Vec::new()).chain(tree.keys().cloned());
    for (index, path) in paths.enumerate().collect::<Vec<_>>().into_iter().rev() {
        let index = i64::try_from(index).expect("few");
        let times = Timestamps {
            last_access: Timespec { tv_sec: 0, tv_nsec: rustix::fs::UTIME_OMIT },
            last_modification: Timespec { tv_sec: 1_500_000_000 + index, tv_nsec: 123_456 + index },
        };
        let at = root.join(OsStr::from_bytes(&path));
        rustix::fs::utimensat(CWD, at, &times, rustix::fs::AtFlags::SYMLINK_NOFOLLOW)
            .expect("aged");
    }
}

pub(crate) fn look(root: &Path) -> BTreeMap<Vec<u8>, Look> {
    let mut found = BTreeMap::new();
    let mut due = vec![(root.to_owned(), Vec::new())];
    while let Some((at, path)) = due.pop() {
        let seen = std::fs::symlink_metadata(&at).expect("seen");
        let mode = seen.mode() & 0o7777;
        let thing = if seen.is_dir() {
            for entry in std::fs::read_dir(&at).expect("listed") {
                let name = entry.expect("an entry").file_name().into_vec();
                let child = if path.is_empty() { name } else { [&path, &b"/"[..], &name].concat() };
                due.push((root.join(OsStr::from_bytes(&child)), child));
            }
            Thing::Folder(mode)
        } else if seen.is_symlink() {
            Thing::Link(std::fs::read_link(&at).expect("read").into_os_string().into_vec())
        } else if seen.is_file() {
            Thing::File(std::fs::read(&at).expect("read"), mode)
        } else {
            Thing::File(b"(no file)".to_vec(), mode)
        };
        found.insert(path, (thing, mode, (seen.mtime(), seen.mtime_nsec())));
    }
    found
}

/// One line per change: what happened to which path.
pub(crate) fn shown(list: &ChangeList) -> Vec<String> {
    use machine::changes::ChangeKind;
    list.changes
        .iter()
        .map(|change| {
            let kind = match &change.kind {
                ChangeKind::Deleted => "deleted".to_owned(),
                ChangeKind::Created => "created".to_owned(),
                ChangeKind::Modified => "modified".to_owned(),
                ChangeKind::Moved { from } => format!("moved from {from}"),
                ChangeKind::Mode => format!("mode {:o}", change.mode),
            };
            let tick = change.tick.as_ref().map_or("", |_| " [tick]");
            let refused = change.refused.as_ref().map_or("", |_| " [refused]");
            format!("{} {:?}: {kind}{tick}{refused}", change.path, change.what)
        })
        .collect()
}

/// One line per outcome.
pub(crate) fn reported(report: &Report) -> Vec<String> {
    use machine::changes::Outcome;
    report
        .lines
        .iter()
        .map(|line| match &line.outcome {
            Outcome::Applied => format!("{}: applied", line.path),
            Outcome::Undone => format!("{}: undone", line.path),
            Outcome::Conflict { kept_as } => format!("{}: conflict, kept as {kept_as}", line.path),
            Outcome::Skipped { why } => format!("{}: skipped, {why}", line.path),
        })
        .collect()
}

/// What differs, one line each; `None` if nothing does.
pub(crate) fn differing<T: std::fmt::Debug + PartialEq>(
    found: &BTreeMap<Vec<u8>, T>,
    wanted: &BTreeMap<Vec<u8>, T>,
) -> Option<String> {
    let paths: std::collections::BTreeSet<_> = found.keys().chain(wanted.keys()).collect();
    let lines: Vec<String> = paths
        .into_iter()
        .filter(|path| found.get(*path) != wanted.get(*path))
        .map(|path| {
            let path_text = String::from_utf8_lossy(path);
            format!("{path_text}: found {:?}, wanted {:?}", found.get(path), wanted.get(path))
        })
        .collect();
    (!lines.is_empty()).then(|| lines.join("\n"))
}
