//! A shared folder as it was before the work: every entry with its identity, none of its content.
//!
//! Taken before the machine can see the folder. Mounts below the folder are noted and not entered:
//! an overlay does not show what is mounted in its lower layer. A folder that cannot be read is
//! noted as such. A link is never followed; its text is kept.

use super::beneath::Root;
use super::limits::{MANIFEST_ENTRIES_MAX, PATH_BYTES_MAX};
use super::seen::{Identity, Kind, Seen};
use super::words;
use rustix::io::Errno;
use serde::{Deserialize, Serialize};
use std::ops::Range;
use std::path::{Path, PathBuf};
use wire::PathText;

/// First bytes of a stored manifest; the digit is its generation.
const MARK: &[u8; 8] = b"LWMANIF1";

/// Everything in a folder at one instant. The children of a folder lie together, sorted by name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Manifest {
    names: Vec<u8>,
    /// The first is the folder itself, with an empty name.
    nodes: Vec<Node>,
}

/// Position of an entry in its manifest.
pub(crate) type NodeId = u32;

/// What is special about an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Note {
    Plain,
    /// Another disk is mounted here; it was not entered.
    Mount,
    /// The folder's entries could not be listed.
    Unreadable,
    /// Its path is longer than anything that can be applied; it was not entered.
    TooDeep,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Node {
    parent: NodeId,
    name: (u32, u32),
    children: (NodeId, NodeId),
    pub(crate) kind: Kind,
    pub(crate) note: Note,
    pub(crate) identity: Identity,
    pub(crate) device: u64,
    pub(crate) owner: u32,
    pub(crate) group: u32,
    /// Text of a link.
    pub(crate) target: Option<Vec<u8>>,
}

/// One entry as a reader of a manifest sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Path within the folder.
    pub path: PathText,
    pub kind: Kind,
    pub identity: Identity,
    pub owner: u32,
    pub group: u32,
    /// Text of a link.
    pub target: Option<PathText>,
    pub note: Note,
}

/// Why a folder could not be listed.
#[derive(Debug, thiserror::Error)]
pub enum ManifestError {
    #[error("the folder {} could not be opened: {}", path.display(), words::clause(*.errno))]
    Open { path: PathBuf, errno: Errno },
    #[error("the folder {} holds more than {MANIFEST_ENTRIES_MAX} entries", path.display())]
    TooMany { path: PathBuf },
    #[error("the stored list of the folder is damaged")]
    Damaged,
}

impl Manifest {
    /// Lists `folder` as it is now.
    pub fn take(folder: &Path) -> Result<Self, ManifestError> {
        let open = |errno| ManifestError::Open { path: folder.to_owned(), errno };
        let root = Root::open(folder).map_err(open)?;
        let seen = Seen::of(&root).map_err(open)?;
        let mut manifest = Self { names: Vec::new(), nodes: vec![Node::new(0, (0, 0), &seen)] };
        let device = seen.device;
        let mut due: Vec<NodeId> = vec![0];
        while let Some(id) = due.pop() {
            let first = manifest.nodes.len();
            if let Err(errno) = manifest.enter(&root, id, device) {
                if id == 0 {
                    return Err(open(errno));
                }
                manifest.nodes.truncate(first);
                manifest.nodes[id as usize].note = match errno {
                    Errno::NAMETOOLONG => Note::TooDeep,
                    Errno::XDEV => Note::Mount,
                    _ => Note::Unreadable,
                };
            }
            let last = manifest.nodes.len();
            let range = node_id(first).zip(node_id(last));
            let (Some(range), true) = (range, last <= MANIFEST_ENTRIES_MAX) else {
                return Err(ManifestError::TooMany { path: folder.to_owned() });
            };
            manifest.nodes[id as usize].children = range;
            let is_open = |id: &NodeId| {
                let node = &manifest.nodes[*id as usize];
                node.kind == Kind::Folder && node.note == Note::Plain
            };
            due.extend((range.0..range.1).rev().filter(is_open));
        }
        Ok(manifest)
    }

    fn enter(&mut self, root: &Root, id: NodeId, device: u64) -> Result<(), Errno> {
        let path = self.path(id);
        if path.len() > PATH_BYTES_MAX {
            return Err(Errno::NAMETOOLONG);
        }
        let (folder, names) = root.names(&path)?;
        self.nodes.reserve(names.len());
        for name in names {
            // Gone between the two looks: as if it had never been there.
            let Some(seen) = Seen::find(&folder, &name)? else { continue };
            let start = self.names.len();
            self.names.extend_from_slice(&name);
            let span = node_id(start).zip(node_id(name.len())).ok_or(Errno::OVERFLOW)?;
            let mut node = Node::new(id, span, &seen);
            // A nested btrfs subvolume has a device of its own but is no mount; it is entered.
            if seen.is_mount || (seen.device != device && seen.kind != Kind::Folder) {
                node.note = Note::Mount;
            }
            if seen.kind == Kind::Link {
                node.target = match rustix::fs::readlinkat(&folder, &name, Vec::new()) {
                    Ok(text) => Some(text.into_bytes()),
                    Err(_) => continue,
                };
            }
            self.nodes.push(node);
        }
        Ok(())
    }

    /// How many entries there are, without the folder itself.
    pub fn len(&self) -> usize {
        self.nodes.len() - 1
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Every entry below the folder; parents come before what they hold.
    pub fn entries(&self) -> impl Iterator<Item = Entry> + '_ {
        (1..self.nodes.len()).filter_map(node_id).map(|id| {
            let node = self.node(id);
            Entry {
                path: PathText::from_bytes(&self.path(id)),
                kind: node.kind,
                identity: node.identity,
                owner: node.owner,
                group: node.group,
                target: node.target.as_deref().map(PathText::from_bytes),
                note: node.note,
            }
        })
    }

    /// The stored form.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = MARK.to_vec();
        let stored = (&self.names, &self.nodes);
        bytes.extend(postcard::to_stdvec(&stored).expect("plain data always encodes"));
        bytes
    }

    /// Reads the stored form; anything that `to_bytes` did not write is `Damaged`.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, ManifestError> {
        let rest = bytes.strip_prefix(MARK).ok_or(ManifestError::Damaged)?;
        let ((names, nodes), left): ((Vec<u8>, Vec<Node>), _) =
            postcard::take_from_bytes(rest).map_err(|_| ManifestError::Damaged)?;
        let manifest = Self { names, nodes };
        if left.is_empty() && manifest.is_sound() {
            Ok(manifest)
        } else {
            Err(ManifestError::Damaged)
        }
    }

    /// Whether every reference points where it may: parents before children, names within the text.
    fn is_sound(&self) -> bool {
        let count = self.nodes.len();
        let fits = |(id, node): (usize, &Node)| {
            let parent_is_before = (node.parent as usize) < id || id == 0;
            let (first, last) = (node.children.0 as usize, node.children.1 as usize);
            let children_are_after = first == last || (first > id && first < last && last <= count);
            let end = node.name.0 as usize + node.name.1 as usize;
            parent_is_before
                && children_are_after
                && end <= self.names.len()
                && self.nodes[first.min(count)..last.min(count)]
                    .iter()
                    .all(|child| child.parent as usize == id)
        };
        count > 0 && count <= MANIFEST_ENTRIES_MAX && self.nodes.iter().enumerate().all(fits)
    }

    pub(crate) const ROOT: NodeId = 0;

    pub(crate) fn node(&self, id: NodeId) -> &Node {
        &self.nodes[id as usize]
    }

    pub(crate) fn name(&self, id: NodeId) -> &[u8] {
        let (start, length) = self.nodes[id as usize].name;
        &self.names[start as usize..start as usize + length as usize]
    }

    pub(crate) fn children(&self, id: NodeId) -> Range<NodeId> {
        let (first, last) = self.nodes[id as usize].children;
        first..last
    }

    /// The entry called `name` in the folder `id`.
    pub(crate) fn child(&self, id: NodeId, name: &[u8]) -> Option<NodeId> {
        let Range { start, end } = self.children(id);
        let (mut low, mut high) = (start, end);
        while low < high {
            let middle = low + (high - low) / 2;
            match self.name(middle).cmp(name) {
                std::cmp::Ordering::Less => low = middle + 1,
                std::cmp::Ordering::Greater => high = middle,
                std::cmp::Ordering::Equal => return Some(middle),
            }
        }
        None
    }

    /// The path of an entry within the folder; empty for the folder itself.
    pub(crate) fn path(&self, id: NodeId) -> Vec<u8> {
        let mut chain = Vec::new();
        let mut at = id;
        while at != Self::ROOT {
            chain.push(at);
            at = self.node(at).parent;
        }
        let mut path = Vec::new();
        for (index, &part) in chain.iter().rev().enumerate() {
            if index > 0 {
                path.push(b'/');
            }
            path.extend_from_slice(self.name(part));
        }
        path
    }
}

impl Node {
    fn new(parent: NodeId, name: (u32, u32), seen: &Seen) -> Self {
        Self {
            parent,
            name,
            children: (0, 0),
            kind: seen.kind,
            note: Note::Plain,
            identity: seen.identity,
            device: seen.device,
            owner: seen.owner,
            group: seen.group,
            target: None,
        }
    }
}

fn node_id(count: usize) -> Option<NodeId> {
    NodeId::try_from(count).ok()
}
