//! What programs find at `/usr`, `/etc` and `/var`, and whether they may install there.
//!
//! ```text
//! what the task wrote        TASK/system/upper        read and written
//! layers that were kept      STORE/layers/NAME        read-only, the first on top
//! the ground                 STORE/grounds/KEY        read-only, made here
//! the host's /usr, an image                           read-only
//! ```
//! Each of the first three holds `usr`, `rest` (etc, var, opt, srv and home) and `packages` (the
//! list of what is installed), and the guest makes one overlay of each. Nothing of it is ever part
//! of a change to the user's folders.

mod error;
mod ground;
mod layers;
mod room;
mod stack;
mod texts;

pub use error::{LayerError, SystemError};
pub use layers::{BrokenLayer, Layer, clear_discarded, discard, keep, layers, remove, tidy};
pub(crate) use room::Watch;
pub use room::{Usage, du, folder_bytes};
pub(crate) use stack::{Stack, check_files, prepare, prepare_spare};

use std::path::PathBuf;

/// Whose `/usr` a machine shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Root {
    Host,
    /// The whole tree of a Debian, unpacked: an image.
    Folder(PathBuf),
}

/// Whether programs may change it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum System {
    ReadOnly,
    Layered(Layered),
}

/// A system that programs may change, for the task alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layered {
    /// Where Legwork keeps grounds and layers, on the disk of the tasks' folders; made on need.
    pub store: PathBuf,
    /// Kept layers to begin with, the first on top. A layer that was made on others is given with
    /// them; `layers` says which.
    pub layers: Vec<String>,
}

/// The parts of a layer, each an overlay in the machine.
pub(crate) const PARTS: [&str; 3] = ["usr", "rest", "packages"];
