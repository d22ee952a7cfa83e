//! What the window asks for beside what every client does.

use crate::view::TaskLine;
use serde::{Deserialize, Serialize};
use task::TaskId;
use task::transcript::Item;

/// Something that a window shows at once. The window's stream sends each as an event of its own.
#[derive(Debug, Clone)]
pub enum News {
    /// Tasks that began or changed, as they are now.
    Lines(Vec<TaskLine>),
    Items(ItemsView),
    Live(LiveView),
}

/// What is new or newer in a transcript that is followed; all of it up to event `seq`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ItemsView {
    pub task: TaskId,
    pub seq: u64,
    pub items: Vec<Item>,
}

/// Progress or output of a running call, never stored.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct LiveView {
    pub task: TaskId,
    pub item: Item,
}

/// `POST /v1/window`: where in the window to begin.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WindowAsked {
    /// A path of the page, as in `/tasks/abcd1234`.
    #[serde(default)]
    pub to: Option<String>,
}

/// Opens the window in one browser, once, within a minute.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct WindowLink {
    pub url: String,
}

/// `GET /v1/folders?path=P`: the folders in one of the person's folders.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct FoldersView {
    /// Absolute, in the escaped notation.
    pub path: String,
    /// As people write it, with `~` for the home folder.
    pub shown: String,
    /// The folder that this one is in; `None` where choosing ends.
    pub parent: Option<String>,
    /// Where choosing may begin.
    pub roots: Vec<FolderView>,
    pub folders: Vec<FolderView>,
    /// Files that lie in it.
    pub files: u64,
    /// Whether there are more folders than are told.
    pub truncated: bool,
    /// Why this folder can't be handed to a task itself; `None` when it can.
    pub refused: Option<String>,
}

/// One folder to choose.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct FolderView {
    pub path: String,
    pub name: String,
}

/// `GET /v1/tasks/{id}/file?path=P&side=S`
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileAsked {
    /// As the list of changes names it.
    pub path: String,
    #[serde(default)]
    pub side: FileSide,
}

/// Which version of a changed file.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FileSide {
    Before,
    #[default]
    After,
}

/// A version of a file, whole.
#[derive(Debug, Clone)]
pub struct FileBytes {
    pub bytes: Vec<u8>,
}
