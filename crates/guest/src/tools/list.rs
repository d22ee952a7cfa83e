//! `list_files`: everything below a folder.

use super::View;
use super::beneath::Side;
use super::failure::Failure;
use super::limits;
use super::tree::{Kind, Tree};
use serde::{Deserialize, Serialize};
use wire::PathText;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Args {
    path: PathText,
    limit: Option<usize>,
}

#[derive(Debug, Serialize)]
pub(crate) struct Listing {
    /// Sorted by path, folders included, the folder itself not.
    entries: Vec<Item>,
    /// There is more than the limit allows to answer.
    truncated: bool,
    /// Folders that could not be looked into.
    problems: Vec<Problem>,
}

#[derive(Debug, Serialize)]
struct Item {
    path: PathText,
    kind: &'static str,
    size: u64,
    modified_ms: i64,
    mode: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    target: Option<PathText>,
}

/// Something that was passed over, and why.
#[derive(Debug, Serialize)]
pub(crate) struct Problem {
    pub(crate) path: PathText,
    pub(crate) why: String,
}

pub(crate) fn list_files(view: &View, args: &Args) -> Result<Listing, Failure> {
    let tree = Tree::read(&view.roots, Side::Folders, &args.path)?;
    let limit = args.limit.unwrap_or(usize::MAX).min(limits::LIST_ENTRIES_MAX);
    let item = |entry: &super::tree::Entry| Item {
        path: tree.name(&entry.path),
        kind: match entry.kind {
            Kind::File => "file",
            Kind::Folder => "folder",
            Kind::Link(_) => "link",
            Kind::Fifo | Kind::Socket | Kind::Device => "other",
        },
        size: entry.size,
        modified_ms: entry.modified_ms(),
        mode: entry.mode,
        target: match &entry.kind {
            Kind::Link(target) => Some(PathText::from_bytes(target)),
            Kind::File | Kind::Folder | Kind::Fifo | Kind::Socket | Kind::Device => None,
        },
    };
    Ok(Listing {
        entries: tree.entries.iter().take(limit).map(item).collect(),
        truncated: tree.entries.len() > limit,
        problems: problems(&tree),
    })
}

/// What the walk could not see.
pub(crate) fn problems(tree: &Tree) -> Vec<Problem> {
    let problem = |unseen: &super::tree::Unseen| Problem {
        path: tree.name(&unseen.path),
        why: unseen.why.clone(),
    };
    tree.unseen.iter().map(problem).collect()
}
