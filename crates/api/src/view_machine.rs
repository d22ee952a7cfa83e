//! What machines are made of, on the wire: images of systems, and layers that were kept.

use crate::error::UserError;
use crate::view::MachineView;
use serde::{Deserialize, Serialize};

/// `GET /v1/images`: a system that virtual machines can start from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImageView {
    pub name: String,
    /// Milliseconds since 1970.
    pub made_at: u64,
    pub size_bytes: u64,
    /// The release of the distribution whose packages are in it.
    pub suite: String,
    pub packages: u64,
    /// New virtual machines start from it.
    pub is_used: bool,
    /// Why it cannot be used; it can only be removed then.
    pub broken: Option<String>,
}

/// `POST /v1/images/build`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ImageBuildBody {
    pub name: String,
    /// LibreOffice too.
    pub office: bool,
    /// Rust's compiler and cargo too.
    pub rust: bool,
    /// Nothing but what a system must have.
    pub small: bool,
    /// Further packages of the distribution, by name.
    pub packages: Vec<String>,
}

/// The answer to `POST /v1/images/build`: a line of JSON for each, as it happens.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum ImageNews {
    /// What is being done now.
    Stage { text: String },
    /// The image is whole. Nothing comes after it.
    Made { image: ImageView },
    /// There is no new image. Nothing comes after it.
    Failed { error: UserError },
}

/// `POST /v1/images/remove` and `POST /v1/layers/remove`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NamedBody {
    pub name: String,
}

/// `GET /v1/layers`: what a task installed, kept for others.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LayerView {
    pub name: String,
    /// Layers that it was made on; they are used with it.
    pub below: Vec<String>,
    pub size_bytes: u64,
    pub files: u64,
    /// Why it cannot be used now; it can be removed.
    pub unusable: Option<String>,
}

/// `GET /v1/tasks/{id}/machine`: one task's machine as it is now.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ItsMachineView {
    pub machine: MachineView,
    /// Programs that run in it, those that began first at the top.
    pub programs: Vec<ProgramView>,
    /// More run than are listed.
    pub are_more: bool,
    /// Why it is not known what runs in it.
    pub untold: Option<String>,
}

/// A program in a machine, as the machine names it: nothing about it is certain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProgramView {
    /// In the machine; this computer has another number for it.
    pub id: u32,
    pub memory_bytes: u64,
    /// What it was started with, in one line.
    pub command: String,
}

/// `POST /v1/room/free`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FreeBody {
    /// `None`: of all tasks that have ended.
    pub task: Option<String>,
}

/// `GET /v1/room`: what machines take on the disk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoomView {
    /// Copies of folders, and what was installed, of all tasks.
    pub tasks_bytes: u64,
    /// The part of it that tasks which have ended installed, and `POST /v1/room/free` removes.
    pub installed_bytes: u64,
    pub images_bytes: u64,
    /// Machines that sleep, so that others start at once.
    pub templates_bytes: u64,
    pub layers_bytes: u64,
    /// Everything above and the ledger.
    pub state_bytes: u64,
    pub free_bytes: u64,
}
