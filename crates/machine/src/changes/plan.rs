//! The plan of one apply: which changes were selected, in which order, with all that is needed to
//! finish or undo it without the list, the shares or the daemon that began it. Written once, before
//! the first change to a folder, and never changed.
//!
//! The order makes every step possible: what stands in the way goes before what comes in its place,
//! folders come before what they hold, and go after it.

use super::seen::{Identity, Stamp};
use serde::{Deserialize, Serialize};
use wire::PathText;

/// Everything about one apply.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Plan {
    pub(crate) id: String,
    pub(crate) shares: Vec<PlanShare>,
    /// In the order of `Act::phase`.
    pub(crate) items: Vec<Item>,
    /// Selected, but not to be applied, each with the reason.
    pub(crate) skipped: Vec<(PathText, String)>,
    /// Folders whose time of change the items will move.
    pub(crate) touched: Vec<Touched>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct PlanShare {
    pub(crate) name: String,
    pub(crate) host: Vec<u8>,
    pub(crate) upper: Vec<u8>,
    /// Of the folder itself; another folder in its place is not touched.
    pub(crate) inode: u64,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Touched {
    pub(crate) share: u32,
    pub(crate) path: Vec<u8>,
    pub(crate) modified: Stamp,
}

/// One step in one folder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Item {
    pub(crate) share: u32,
    pub(crate) path: Vec<u8>,
    pub(crate) act: Act,
}

/// What a step does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Act {
    FolderMode { before: u32, after: u32 },
    Delete { base: Identity },
    MakeFolder { mode: u32 },
    Move { from: Vec<u8>, base: Identity, mode: u32 },
    RemoveFolder { mode: u32, modified: Stamp, owner: u32, group: u32 },
    Put { content: Content, mode: u32, modified: Option<Stamp> },
    Replace { base: Identity, content: Content, mode: u32 },
    FileMode { base: Identity, after: u32 },
}

/// What is put in place; the bytes of a file lie in the upper layer under the same path.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Content {
    File { hash: [u8; 32], size_bytes: u64 },
    Link { target: Vec<u8> },
}

impl Act {
    /// Steps of a lower phase are finished before those of a higher one begin.
    pub(crate) fn phase(&self) -> u8 {
        match self {
            // A folder that is opened up is opened before the work in it …
            Self::FolderMode { before, after } if after & !before & 0o300 != 0 => 0,
            Self::Delete { .. } => 1,
            Self::MakeFolder { .. } => 2,
            Self::Move { .. } => 3,
            Self::RemoveFolder { .. } => 4,
            Self::Put { .. } | Self::Replace { .. } => 5,
            Self::FileMode { .. } => 6,
            // … and one that is locked is locked after it.
            Self::FolderMode { .. } => 7,
        }
    }

    /// Bytes that the step writes.
    pub(crate) fn content_bytes(&self) -> Option<u64> {
        match self {
            Self::Put { content, .. } | Self::Replace { content, .. } => match content {
                Content::File { size_bytes, .. } => Some(*size_bytes),
                Content::Link { .. } => Some(0),
            },
            Self::FolderMode { .. }
            | Self::Delete { .. }
            | Self::MakeFolder { .. }
            | Self::Move { .. }
            | Self::RemoveFolder { .. }
            | Self::FileMode { .. } => None,
        }
    }

    /// The version of the person's file that the step takes away or changes.
    pub(crate) fn base(&self) -> Option<&Identity> {
        match self {
            Self::Delete { base }
            | Self::Move { base, .. }
            | Self::Replace { base, .. }
            | Self::FileMode { base, .. } => Some(base),
            Self::FolderMode { .. }
            | Self::MakeFolder { .. }
            | Self::RemoveFolder { .. }
            | Self::Put { .. } => None,
        }
    }
}

impl Item {
    /// Where the step finds the person's version.
    pub(crate) fn source(&self) -> &[u8] {
        match &self.act {
            Act::Move { from, .. } => from,
            Act::FolderMode { .. }
            | Act::Delete { .. }
            | Act::MakeFolder { .. }
            | Act::RemoveFolder { .. }
            | Act::Put { .. }
            | Act::Replace { .. }
            | Act::FileMode { .. } => &self.path,
        }
    }
}

impl Plan {
    /// Sorts the items so that they can be done in order; undone in reverse.
    pub(crate) fn sort(&mut self) {
        self.items.sort_by(|a, b| {
            let order = a.act.phase().cmp(&b.act.phase()).then(a.share.cmp(&b.share));
            let paths = match a.act {
                // What a folder holds goes before the folder.
                Act::RemoveFolder { .. } => b.path.cmp(&a.path),
                // A folder is locked after those in it, and opened before them.
                Act::FolderMode { .. } if a.act.phase() > 0 => b.path.cmp(&a.path),
                _ => a.path.cmp(&b.path),
            };
            order.then(paths)
        });
    }
}
