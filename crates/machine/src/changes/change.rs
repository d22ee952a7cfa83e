//! A reviewed list of changes: what a person sees, selects and applies. It is stored in the ledger
//! as JSON, so every type here is a promise to old ledgers.

use super::manifest::Manifest;
use super::seen::Identity;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;
use wire::PathText;

/// A share as this module sees it.
#[derive(Debug, Clone)]
pub struct ShareState<'a> {
    /// First part of every path of the share; one valid file name.
    pub name: String,
    /// The person's folder.
    pub host: PathBuf,
    /// The overlay's upper layer; missing when the machine never started.
    pub upper: PathBuf,
    /// The folder before the work.
    pub manifest: &'a Manifest,
    /// Whether the task may change it. Otherwise its upper layer is not even looked at.
    pub writable: bool,
}

/// Everything that differs between the task's view and the folders, sorted by path.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangeList {
    pub changes: Vec<Change>,
}

/// One entry that differs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// `SHARE/rest/of/path`; the new path of a move.
    pub path: PathText,
    pub kind: ChangeKind,
    pub what: What,
    /// Size after the work; before it for a deletion.
    pub size_bytes: u64,
    /// Permission bits that applying sets, before the umask; those from before for a deletion.
    pub mode: u32,
    /// BLAKE3 of the reviewed content, 64 hex digits. Only what has this hash is ever applied.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hash: Option<String>,
    /// Text of a link after the work; before it for a deletion.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<PathText>,
    /// The version that the task started from; `None` for something new.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base: Option<Identity>,
    /// Why it is applied only with a tick of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tick: Option<String>,
    /// Why it is never applied.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused: Option<String>,
}

/// How an entry differs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ChangeKind {
    Deleted,
    Created,
    Modified,
    /// Same content under another name.
    Moved {
        from: PathText,
    },
    /// Only the permissions.
    Mode,
}

/// What the entry is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum What {
    File,
    Folder,
    Link,
    /// A pipe, a socket or a device; always refused.
    Other,
}

/// How many changes there are of each kind.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    pub created: u64,
    /// Content or permissions.
    pub modified: u64,
    pub moved: u64,
    pub deleted: u64,
    /// Among these: need a tick of their own.
    pub ticks: u64,
    /// Among these: never applied.
    pub refused: u64,
}

impl ChangeList {
    pub fn counts(&self) -> Counts {
        let mut counts = Counts::default();
        for change in &self.changes {
            match change.kind {
                ChangeKind::Created => counts.created += 1,
                ChangeKind::Modified | ChangeKind::Mode => counts.modified += 1,
                ChangeKind::Moved { .. } => counts.moved += 1,
                ChangeKind::Deleted => counts.deleted += 1,
            }
            counts.ticks += u64::from(change.tick.is_some());
            counts.refused += u64::from(change.refused.is_some());
        }
        counts
    }
}

/// What became of the changes of one apply or one undo, sorted by path.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    pub lines: Vec<ReportLine>,
}

/// What became of one change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReportLine {
    pub path: PathText,
    pub outcome: Outcome,
    /// Something worth knowing about a change that went well.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// How one change ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    Applied,
    /// The person had another version there, which stayed; the other one lies beside it.
    Conflict {
        kept_as: PathText,
    },
    /// Left alone.
    Skipped {
        why: String,
    },
    /// As it was before the apply.
    Undone,
}

/// How many changes ended how.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReportCounts {
    /// Applied, or undone.
    pub applied: u64,
    pub conflicts: u64,
    pub skipped: u64,
}

impl Report {
    pub fn counts(&self) -> ReportCounts {
        let mut counts = ReportCounts::default();
        for line in &self.lines {
            match line.outcome {
                Outcome::Applied | Outcome::Undone => counts.applied += 1,
                Outcome::Conflict { .. } => counts.conflicts += 1,
                Outcome::Skipped { .. } => counts.skipped += 1,
            }
        }
        counts
    }
}

/// The notation of `path` in the share `name`.
pub(crate) fn shown(name: &str, path: &[u8]) -> PathText {
    PathText::from_bytes(&super::beneath::join(name.as_bytes(), path))
}
