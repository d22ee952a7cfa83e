//! What a task changed in the shared folders: listed, applied, undone.

mod apply;
mod back;
mod beneath;
mod change;
mod content;
mod drive;
mod forward;
mod journal;
mod limits;
mod list;
mod manifest;
mod moves;
mod place;
mod plan;
mod seen;
mod select;
mod site;
mod undo;
mod walk;
mod words;

pub use apply::{ApplyError, ApplyOrder, apply, apply_watched};
pub use change::{
    Change, ChangeKind, ChangeList, Counts, Outcome, Report, ReportCounts, ReportLine, ShareState,
    What,
};
pub use list::{ListError, list};
pub use manifest::{Entry, Manifest, ManifestError, Note};
pub use seen::{Identity, Kind, Stamp};
pub use site::{Fault, Point, Watch};
pub use undo::{undo, undo_watched};
