//! From a reviewed list and a person's selection to a plan.

use super::apply::{ApplyError, ApplyOrder};
use super::beneath::{Root, is_within, split};
use super::change::{Change, ChangeKind, What};
use super::content;
use super::plan::{Act, Content, Item, Plan, PlanShare, Touched};
use super::seen::{Identity, Kind, Seen};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::os::unix::ffi::OsStrExt as _;
use wire::PathText;

/// Versions that earlier applies and undos of this task put in place, by host folder and path: as
/// good as the base, because they are not the person's work.
pub(crate) type Ours = HashMap<(Vec<u8>, Vec<u8>), Vec<Identity>>;

/// Makes the plan. Looks at the folders, changes nothing.
pub(crate) fn plan(order: &ApplyOrder<'_>, ours: &Ours) -> Result<Plan, ApplyError> {
    let mut plan = Plan {
        id: order.id.to_owned(),
        shares: Vec::new(),
        items: Vec::new(),
        skipped: Vec::new(),
        touched: Vec::new(),
    };
    let mut roots = Vec::new();
    for share in order.shares {
        let root = Root::open(&share.host).map_err(|errno| ApplyError::open(&share.host, errno))?;
        let inode =
            Seen::of(&root).map_err(|errno| ApplyError::open(&share.host, errno))?.identity.inode;
        if inode != share.manifest.node(super::manifest::Manifest::ROOT).identity.inode {
            return Err(ApplyError::FolderReplaced { path: share.host.clone() });
        }
        plan.shares.push(PlanShare {
            name: share.name.clone(),
            host: share.host.as_os_str().as_bytes().to_vec(),
            upper: share.upper.as_os_str().as_bytes().to_vec(),
            inode,
        });
        roots.push(root);
    }
    let mut chosen = Chosen::new(order, &mut plan.skipped);
    chosen.hold_back(&mut plan.skipped);
    let umask = umask();
    for (change, share, path) in chosen.changes {
        let maker = Maker { root: &roots[share], plan: &plan.shares[share], ours, umask };
        match maker.act(change, &path) {
            Ok(act) => {
                let share = u32::try_from(share).unwrap_or(u32::MAX);
                plan.items.push(Item { share, path, act });
            }
            Err(why) => plan.skipped.push((change.path.clone(), why)),
        }
    }
    split_far_moves(&mut plan, &roots);
    plan.sort();
    plan.touched = touched(&plan, &roots);
    Ok(plan)
}

/// The selected changes that may be applied, with their share and the path in it.
struct Chosen<'a> {
    changes: Vec<(&'a Change, usize, Vec<u8>)>,
    /// Selected, but held back; by share and path.
    held: HashSet<(usize, Vec<u8>)>,
}

impl<'a> Chosen<'a> {
    fn new(order: &ApplyOrder<'a>, skipped: &mut Vec<(PathText, String)>) -> Self {
        let mut chosen = Self { changes: Vec::new(), held: HashSet::new() };
        let mut wanted = Vec::new();
        for text in order.paths {
            match text.to_bytes() {
                Ok(bytes) => wanted.push((text, bytes, false)),
                Err(_) => skipped.push((text.clone(), "it is no path".to_owned())),
            }
        }
        let ticks: HashSet<&str> = order.ticks.iter().map(|path| path.0.as_str()).collect();
        let mut implied = HashSet::new();
        let mut folders = BTreeMap::new();
        for change in &order.list.changes {
            let Some((share, path)) = locate(order, &change.path) else {
                skipped.push((change.path.clone(), "its folder is not part of this task".into()));
                continue;
            };
            if change.kind == ChangeKind::Created && change.what == What::Folder {
                folders.insert((share, path.clone()), change);
            }
            if !is_wanted(change, &mut wanted, order.paths.is_empty()) {
                continue;
            }
            if let Some(why) = held_because(change, &ticks) {
                skipped.push((change.path.clone(), why));
                chosen.held.insert((share, path));
                continue;
            }
            if !matches!(change.kind, ChangeKind::Deleted) {
                // From the inside out, up to what is known already: deep trees have long paths.
                let mut folder = split(&path).0;
                while !folder.is_empty() && implied.insert((share, folder.to_vec())) {
                    folder = split(folder).0;
                }
            }
            chosen.changes.push((change, share, path));
        }
        for (text, _, _) in wanted.iter().filter(|(_, _, met)| !met) {
            skipped.push(((*text).clone(), "no change has this path".to_owned()));
        }
        let have: HashSet<(usize, &[u8])> = chosen
            .changes
            .iter()
            .filter(|(change, ..)| change.what == What::Folder)
            .map(|(_, share, path)| (*share, path.as_slice()))
            .collect();
        let missing: Vec<_> = folders
            .into_iter()
            .filter(|(key, _)| implied.contains(key) && !have.contains(&(key.0, &key.1)))
            .collect();
        chosen
            .changes
            .extend(missing.into_iter().map(|((share, path), change)| (change, share, path)));
        chosen
    }

    /// Leaves in place what was to make room for something that is held back.
    fn hold_back(&mut self, skipped: &mut Vec<(PathText, String)>) {
        let cleared: HashSet<(usize, Vec<u8>)> = self
            .changes
            .iter()
            .filter(|(change, ..)| change.kind == ChangeKind::Deleted)
            .map(|(_, share, path)| (*share, path.clone()))
            .filter(|key| self.held.contains(key))
            .collect();
        if cleared.is_empty() {
            return;
        }
        self.changes.retain(|(change, share, path)| {
            let stays = change.kind == ChangeKind::Deleted
                && ancestors(path).any(|folder| cleared.contains(&(*share, folder.to_vec())));
            if stays {
                let why = "what takes its place is not applied".to_owned();
                skipped.push((change.path.clone(), why));
            }
            !stays
        });
    }
}

fn is_wanted(change: &Change, wanted: &mut [(&PathText, Vec<u8>, bool)], all: bool) -> bool {
    if all {
        return true;
    }
    let path = change.path.to_bytes().unwrap_or_default();
    let from = match &change.kind {
        ChangeKind::Moved { from } => from.to_bytes().ok(),
        ChangeKind::Deleted | ChangeKind::Created | ChangeKind::Modified | ChangeKind::Mode => None,
    };
    let mut is_wanted = false;
    for (_, folder, met) in wanted {
        let hit =
            is_within(&path, folder) || from.as_ref().is_some_and(|from| is_within(from, folder));
        *met |= hit;
        is_wanted |= hit;
    }
    is_wanted
}

fn held_because(change: &Change, ticks: &HashSet<&str>) -> Option<String> {
    if let Some(why) = &change.refused {
        return Some(why.clone());
    }
    let why = change.tick.as_ref()?;
    (!ticks.contains(change.path.0.as_str())).then(|| format!("it needs a tick of its own: {why}"))
}

/// The folders on the way to `path`, and `path` itself; outermost first.
fn ancestors(path: &[u8]) -> impl Iterator<Item = &[u8]> {
    let cuts = path.iter().enumerate().filter(|(_, byte)| **byte == b'/').map(|(at, _)| at);
    cuts.chain((!path.is_empty()).then_some(path.len())).map(|at| &path[..at])
}

/// The share and the path within it that a change's path names.
fn locate(order: &ApplyOrder<'_>, path: &PathText) -> Option<(usize, Vec<u8>)> {
    let bytes = path.to_bytes().ok()?;
    let cut = bytes.iter().position(|&byte| byte == b'/')?;
    let (name, rest) = (&bytes[..cut], &bytes[cut + 1..]);
    let is_plain = |part: &[u8]| !part.is_empty() && part != b"." && part != b"..";
    let fits = !rest.contains(&0) && rest.split(|&byte| byte == b'/').all(is_plain);
    let share = order.shares.iter().position(|s| s.writable && s.name.as_bytes() == name)?;
    fits.then(|| (share, rest.to_vec()))
}

struct Maker<'a> {
    root: &'a Root,
    plan: &'a PlanShare,
    ours: &'a Ours,
    umask: u32,
}

impl Maker<'_> {
    fn act(&self, change: &Change, path: &[u8]) -> Result<Act, String> {
        let damaged = || "its line in the list is damaged".to_owned();
        let base = |at: &[u8]| change.base.map(|base| self.base(base, at)).ok_or_else(damaged);
        match (&change.kind, change.what) {
            (_, What::Other) => Err("it is no file, folder or link".to_owned()),
            (ChangeKind::Deleted, What::Folder) => self.remove_folder(path),
            (ChangeKind::Deleted, _) => Ok(Act::Delete { base: base(path)? }),
            (ChangeKind::Created, What::Folder) => {
                Ok(Act::MakeFolder { mode: change.mode & 0o777 & !self.umask | 0o700 })
            }
            (ChangeKind::Created, _) => {
                let content = content_of(change).ok_or_else(damaged)?;
                let mode = change.mode & 0o777 & !self.umask;
                Ok(match self.own(path) {
                    // The task went on with a file that was applied before.
                    Some(base) => Act::Replace { base, content, mode },
                    None => Act::Put { content, mode, modified: None },
                })
            }
            (ChangeKind::Moved { from }, What::File) => {
                let from = from.to_bytes().map_err(|_| damaged())?;
                let from = from.strip_prefix(self.plan.name.as_bytes()).ok_or_else(damaged)?;
                let from = from.strip_prefix(b"/").ok_or_else(damaged)?.to_vec();
                let base = base(&from)?;
                Ok(Act::Move { from, base, mode: change.mode & 0o777 })
            }
            (ChangeKind::Moved { .. }, _) => Err(damaged()),
            (ChangeKind::Mode, What::Folder) => {
                Ok(Act::FolderMode { before: base(path)?.mode & 0o777, after: change.mode & 0o777 })
            }
            // Other names of the file, perhaps outside the folder, must keep their permissions.
            (ChangeKind::Mode, _) if base(path)?.links < 2 => {
                Ok(Act::FileMode { base: base(path)?, after: change.mode & 0o777 })
            }
            (ChangeKind::Mode | ChangeKind::Modified, _) => Ok(Act::Replace {
                base: base(path)?,
                content: content_of(change).ok_or_else(damaged)?,
                mode: change.mode & 0o777,
            }),
        }
    }

    /// The version from before the work, or one of ours in its place.
    fn base(&self, listed: Identity, path: &[u8]) -> Identity {
        self.own(path).unwrap_or(listed)
    }

    /// What lies at `path` now, if an earlier apply or undo put it there.
    fn own(&self, path: &[u8]) -> Option<Identity> {
        let ours = self.ours.get(&(self.plan.host.clone(), path.to_vec()))?;
        let now = self.root.look(path).ok()??.identity;
        ours.iter().find(|own| own.is_untouched(&now)).copied()
    }

    fn remove_folder(&self, path: &[u8]) -> Result<Act, String> {
        match self.root.look(path) {
            Ok(Some(seen)) if seen.kind == Kind::Folder => Ok(Act::RemoveFolder {
                mode: seen.identity.mode,
                modified: seen.identity.modified,
                owner: seen.owner,
                group: seen.group,
            }),
            Ok(Some(_)) => Err("you put something else in its place".to_owned()),
            Ok(None) => Err("it is no longer there".to_owned()),
            Err(errno) => Err(super::words::clause(errno)),
        }
    }
}

fn content_of(change: &Change) -> Option<Content> {
    match change.what {
        What::File => Some(Content::File {
            hash: content::from_hex(change.hash.as_deref()?)?,
            size_bytes: change.size_bytes,
        }),
        What::Link => Some(Content::Link { target: change.target.as_ref()?.to_bytes().ok()? }),
        What::Folder | What::Other => None,
    }
}

/// A rename cannot leave its filesystem, as from one btrfs subvolume to another. There the file is
/// put in place and deleted; both its versions keep its time of change.
fn split_far_moves(plan: &mut Plan, roots: &[Root]) {
    let items = std::mem::take(&mut plan.items);
    for item in items {
        let root = &roots[item.share as usize];
        let Act::Move { from, base, mode } = &item.act else {
            plan.items.push(item);
            continue;
        };
        if device_above(root, split(from).0) == device_above(root, split(&item.path).0) {
            plan.items.push(item);
            continue;
        }
        let hash = root.file(from).ok().and_then(|(file, seen)| content::hash(&file, &seen).ok());
        let Some(hash) = hash else {
            let path = super::change::shown(&plan.shares[item.share as usize].name, &item.path);
            plan.skipped.push((path, "it could not be read".to_owned()));
            continue;
        };
        let content = Content::File { hash, size_bytes: base.size_bytes };
        let put = Act::Put { content, mode: *mode, modified: Some(base.modified) };
        let delete = Act::Delete { base: *base };
        plan.items.push(Item { share: item.share, path: from.clone(), act: delete });
        plan.items.push(Item { share: item.share, path: item.path, act: put });
    }
}

/// The filesystem of the innermost folder on the way to `path` that exists.
fn device_above(root: &Root, path: &[u8]) -> Option<u64> {
    let mut at = path;
    loop {
        if let Ok(Some(seen)) = root.look(at) {
            return Some(seen.device);
        }
        if at.is_empty() {
            return None;
        }
        at = split(at).0;
    }
}

/// The folders in which something will appear or go.
fn touched(plan: &Plan, roots: &[Root]) -> Vec<Touched> {
    let mut folders = BTreeSet::new();
    for item in &plan.items {
        folders.insert((item.share, split(&item.path).0));
        folders.insert((item.share, split(item.source()).0));
    }
    folders
        .into_iter()
        .filter_map(|(share, path)| {
            let seen = roots[share as usize].look(path).ok()??;
            let modified = seen.identity.modified;
            (seen.kind == Kind::Folder).then(|| Touched { share, path: path.to_vec(), modified })
        })
        .collect()
}

/// The permissions that this process takes from what it creates. Reading it with `umask(2)` would
/// change it for other threads.
fn umask() -> u32 {
    std::fs::read_to_string("/proc/self/status")
        .ok()
        .and_then(|text| {
            let line = text.lines().find_map(|line| line.strip_prefix("Umask:"))?;
            u32::from_str_radix(line.trim(), 8).ok()
        })
        .unwrap_or(0o022)
}
