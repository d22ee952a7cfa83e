//! The list of changes: the walk's findings, compared by content with the folders as they are now,
//! moves recognised, every change judged.

use super::beneath::Root;
use super::change::{Change, ChangeKind, ChangeList, ShareState, What, shown};
use super::content::{self, Hash};
use super::limits::CHANGES_MAX;
use super::manifest::{Manifest, Node};
use super::moves;
use super::seen::{Kind, Seen};
use super::walk::{Found, Step, Walk, open_upper_file};
use super::words;
use policy::{Facts, Verdict, Work};
use rustix::io::Errno;
use std::os::unix::ffi::OsStrExt as _;
use std::path::PathBuf;
use wire::PathText;

/// Why there is no list.
#[derive(Debug, thiserror::Error)]
pub enum ListError {
    #[error("{} could not be opened: {}", path.display(), words::clause(*.errno))]
    Open { path: PathBuf, errno: Errno },
    #[error("the task changed more than {CHANGES_MAX} files, too many to review")]
    TooMany,
    #[error("the share {share:?} has no name that a path can begin with")]
    ShareName { share: String },
}

/// A difference on its way to a `Change`.
#[derive(Debug, Clone)]
pub(crate) struct Draft {
    pub(crate) path: Vec<u8>,
    pub(crate) kind: DraftKind,
    pub(crate) what: Kind,
    /// As the task left it; `None` for a deletion.
    pub(crate) seen: Option<Seen>,
    /// As it was before the work.
    pub(crate) base: Option<Before>,
    pub(crate) target: Option<Vec<u8>>,
    pub(crate) hash: Option<Hash>,
    pub(crate) refused: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum DraftKind {
    Deleted,
    Created,
    Modified,
    Moved(Vec<u8>),
    Mode,
}

/// What the manifest says of an entry.
#[derive(Debug, Clone)]
pub(crate) struct Before {
    pub(crate) kind: Kind,
    pub(crate) identity: super::seen::Identity,
}

/// Compares what the task left with the folders. The machine must be stopped.
pub fn list(shares: &[ShareState<'_>]) -> Result<ChangeList, ListError> {
    let mut changes = Vec::new();
    for share in shares.iter().filter(|share| share.writable) {
        if share.name.is_empty() || share.name.contains(['/', '\0']) {
            return Err(ListError::ShareName { share: share.name.clone() });
        }
        let Some(drafts) = drafts(share)? else { continue };
        changes.extend(drafts.into_iter().map(|draft| finish(share, draft)));
        if changes.len() > CHANGES_MAX {
            return Err(ListError::TooMany);
        }
    }
    Ok(ChangeList { changes })
}

fn drafts(share: &ShareState<'_>) -> Result<Option<Vec<Draft>>, ListError> {
    let upper = match Root::open(&share.upper) {
        Ok(upper) => upper,
        Err(Errno::NOENT) => return Ok(None),
        Err(errno) => return Err(ListError::Open { path: share.upper.clone(), errno }),
    };
    let host = Root::open(&share.host)
        .map_err(|errno| ListError::Open { path: share.host.clone(), errno })?;
    let found = Walk::new(&upper, share.manifest).finish()?;
    let drafts = content::for_all(&found, |found| draft(found, share.manifest, &upper, &host));
    let mut drafts: Vec<Draft> = drafts.into_iter().flatten().collect();
    moves::pair(&mut drafts, &host);
    drafts.sort_by(|a, b| (&a.path, &a.kind).cmp(&(&b.path, &b.kind)));
    Ok(Some(drafts))
}

/// What a finding amounts to; `None` if nothing differs after all.
fn draft(found: &Found, manifest: &Manifest, upper: &Root, host: &Root) -> Option<Draft> {
    let base = found.base.map(|id| manifest.node(id));
    let mut draft = Draft {
        path: found.path.clone(),
        kind: if base.is_some() { DraftKind::Modified } else { DraftKind::Created },
        what: Kind::File,
        seen: None,
        base: base.map(Before::new),
        target: None,
        hash: None,
        refused: found.refused.clone(),
    };
    match &found.step {
        Step::Deleted => {
            draft.kind = DraftKind::Deleted;
            draft.what = base?.kind;
            draft.target.clone_from(&base?.target);
            // It is gone already: the person removed it too, or it was applied before.
            if draft.refused.is_none() && host.look(&found.path).is_ok_and(|now| now.is_none()) {
                return None;
            }
        }
        Step::Other(seen) => {
            draft.kind = DraftKind::Created;
            draft.what = seen.kind;
            draft.seen = Some(*seen);
        }
        Step::NewFolder(seen) => {
            draft.what = Kind::Folder;
            draft.seen = Some(*seen);
            // The person made the same folder meanwhile: nothing to do.
            let now = host.look(&found.path);
            if now.is_ok_and(|now| now.is_some_and(|now| now.kind == Kind::Folder)) {
                return None;
            }
        }
        Step::FolderMode(seen) => {
            draft.kind = DraftKind::Mode;
            draft.what = Kind::Folder;
            draft.seen = Some(*seen);
            let before = base?.identity.mode & 0o777;
            if final_mode(&draft) == before || seen.identity.mode & 0o777 == before {
                return None;
            }
        }
        Step::Link(seen, target) => {
            draft.what = Kind::Link;
            draft.seen = Some(*seen);
            draft.target = Some(target.clone());
            if base.is_some_and(|base| base.target.as_ref() == Some(target)) {
                return None;
            }
        }
        Step::File(seen) => {
            draft.seen = Some(*seen);
            return file_draft(draft, seen, upper, host);
        }
    }
    Some(draft)
}

fn file_draft(mut draft: Draft, seen: &Seen, upper: &Root, host: &Root) -> Option<Draft> {
    if draft.refused.is_some() {
        return Some(draft);
    }
    match upper_hash(upper, &draft.path, seen) {
        Ok(hash) => draft.hash = Some(hash),
        Err(errno) => {
            draft.refused = Some(format!("it could not be read: {}", words::clause(errno)));
            return Some(draft);
        }
    }
    if host_hash(host, &draft.path, seen.identity.size_bytes) != draft.hash {
        return Some(draft);
    }
    // The same bytes were written again; at most the permissions differ.
    let before = draft.base.as_ref()?.identity.mode & 0o777;
    draft.kind = DraftKind::Mode;
    (seen.identity.mode & 0o777 != before && final_mode(&draft) != before).then_some(draft)
}

fn upper_hash(upper: &Root, path: &[u8], seen: &Seen) -> Result<Hash, Errno> {
    let (folder, name) = upper.parent(path)?;
    let file = open_upper_file(&folder, name)?;
    let now = Seen::of(&file)?;
    if now.kind != Kind::File || now.identity.inode != seen.identity.inode {
        return Err(Errno::INVAL);
    }
    content::hash(&file, &now)
}

/// The hash of the person's file at `path`, if it is one of this size and can be read.
fn host_hash(host: &Root, path: &[u8], size_bytes: u64) -> Option<Hash> {
    let (file, seen) = host.file(path).ok()?;
    if seen.identity.size_bytes != size_bytes {
        return None;
    }
    content::hash(&file, &seen).ok()
}

/// The permissions that applying the draft sets.
fn final_mode(draft: &Draft) -> u32 {
    let before = draft.base.as_ref().map_or(0, |base| base.identity.mode & 0o777);
    let Some(seen) = &draft.seen else { return before };
    let left = seen.identity.mode;
    // The owner can always read what the task made; a folder can always be entered by its owner.
    let own = if draft.what == Kind::Folder { 0o700 } else { 0o400 };
    match &draft.kind {
        DraftKind::Deleted => before,
        DraftKind::Created => (left & 0o755) | own,
        DraftKind::Mode => (left & 0o777) | own,
        DraftKind::Moved(_) if left & 0o777 == before => before,
        DraftKind::Moved(_) => (left & 0o777) | own,
        // Many programs replace a file instead of writing it, and lose its permissions. Only a new
        // permission to run is taken over, for those who may read.
        DraftKind::Modified if left & 0o100 != 0 => before | ((before & 0o444) >> 2),
        DraftKind::Modified => before,
    }
}

fn finish(share: &ShareState<'_>, draft: Draft) -> Change {
    let mode = final_mode(&draft);
    let (tick, refused) = match &draft.refused {
        Some(why) => (None, Some(why.clone())),
        None => judged(share, &draft),
    };
    let size_bytes = match (&draft.seen, &draft.base) {
        (Some(seen), _) if draft.what != Kind::Folder => seen.identity.size_bytes,
        (None, Some(base)) if draft.what != Kind::Folder => base.identity.size_bytes,
        _ => 0,
    };
    Change {
        path: shown(&share.name, &draft.path),
        kind: match &draft.kind {
            DraftKind::Deleted => ChangeKind::Deleted,
            DraftKind::Created => ChangeKind::Created,
            DraftKind::Modified => ChangeKind::Modified,
            DraftKind::Moved(from) => ChangeKind::Moved { from: shown(&share.name, from) },
            DraftKind::Mode => ChangeKind::Mode,
        },
        what: match draft.what {
            Kind::File => What::File,
            Kind::Folder => What::Folder,
            Kind::Link => What::Link,
            Kind::Pipe | Kind::Socket | Kind::Device => What::Other,
        },
        size_bytes,
        mode,
        hash: draft.hash.as_ref().map(content::to_hex),
        target: draft.target.as_deref().map(PathText::from_bytes),
        base: draft.base.map(|base| base.identity),
        tick,
        refused,
    }
}

fn judged(share: &ShareState<'_>, draft: &Draft) -> (Option<String>, Option<String>) {
    let base_mode = draft.base.as_ref().map(|base| base.identity.mode);
    let facts = Facts {
        folder: share.host.as_os_str().as_bytes(),
        path: &draft.path,
        work: match draft.kind {
            DraftKind::Deleted => Work::Deleted,
            DraftKind::Created => Work::Created,
            DraftKind::Modified => Work::Modified,
            DraftKind::Moved(_) => Work::Moved,
            DraftKind::Mode => Work::Mode,
        },
        what: match draft.what {
            Kind::File => policy::What::File,
            Kind::Folder => policy::What::Folder,
            Kind::Link => policy::What::Link(draft.target.as_deref().unwrap_or_default()),
            Kind::Pipe => policy::What::Pipe,
            Kind::Socket => policy::What::Socket,
            Kind::Device => policy::What::Device,
        },
        mode: draft.seen.as_ref().map_or(0, |seen| seen.identity.mode),
        base_mode,
    };
    let verdict = match (policy::judge(&facts), &draft.kind) {
        // A move takes something away as well.
        (Verdict::Fine, DraftKind::Moved(from)) => {
            policy::judge(&Facts { path: from, work: Work::Deleted, ..facts })
        }
        (verdict, _) => verdict,
    };
    match verdict {
        Verdict::Fine => (None, None),
        Verdict::Tick(reason) => (Some(reason.to_string()), None),
        Verdict::Refuse(reason) => (None, Some(reason.to_string())),
    }
}

impl Before {
    fn new(node: &Node) -> Self {
        Self { kind: node.kind, identity: node.identity }
    }
}
