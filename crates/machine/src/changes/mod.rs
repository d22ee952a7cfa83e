//! What a task changed in the shared folders: listed, applied, undone.
//!
//! ```text
//! Manifest::take ─► the machine works on an overlay ─► list ─► a person selects ─► apply ─► undo
//!  (before it)         (lower: the folder,                                          │        │
//!                       upper: the task's)                  dir/ID/{plan,apply,undo,kept/}
//! ```
//!
//! The upper layer is hostile input; the person's folder may change at any instant; the process may
//! be killed at any instant. Nothing here follows a link, overwrites a file or opens what could
//! block. Everything is synchronous; the machine must be stopped.

mod apply;
mod back;
mod beneath;
#[doc(hidden)]
pub mod bytes;
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
mod side;
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
pub use side::{Side, SideError, Which, read_side};
pub use site::{Fault, Point, Watch};
pub use undo::{undo, undo_watched};
