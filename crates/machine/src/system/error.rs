//! Why a system cannot be used, and why a layer cannot be kept. Each says what to do about it.

use crate::system::ground::GroundError;
use std::io;
use std::path::PathBuf;
use thiserror::Error;

/// Why a machine does not get the system that it asks for.
#[derive(Debug, Error)]
pub enum SystemError {
    #[error("the image {} cannot be used: {source}", path.display())]
    RootMissing { path: PathBuf, source: io::Error },
    #[error("the image {} holds no system: it has no folder usr", path.display())]
    NoSystem { path: PathBuf },
    #[error("what lies below the system could not be prepared: {source}")]
    Ground { source: GroundError },
    #[error("the task's own folder {} cannot be prepared: {source}", path.display())]
    TaskFolder { path: PathBuf, source: io::Error },
    #[error("a machine takes {max} layers at most, and {count} are given")]
    TooManyLayers { count: usize, max: usize },
    #[error("the layer {name:?} cannot be used: {source}")]
    Layer { name: String, source: LayerError },
    #[error("the layer {name} needs the layer {below} right below it")]
    LayerAlone { name: String, below: String },
    #[error("this task has begun with other layers ({})", list(begun))]
    LayersChanged { begun: Vec<String> },
    #[error("the folder {} with programs cannot be shown: {source}", path.display())]
    Program { path: PathBuf, source: io::Error },
    #[error("two folders with programs are called {name:?}, or it is no name")]
    ProgramName { name: String },
    #[error("the file {path} cannot be placed in a machine")]
    PlacedFile { path: String },
}

impl SystemError {
    /// What the person can do about it.
    pub fn next(&self) -> String {
        match self {
            Self::RootMissing { .. } | Self::NoSystem { .. } => "build the image again".into(),
            Self::Ground { .. } | Self::TaskFolder { .. } => {
                "make room on that disk and check who owns it".into()
            }
            Self::TooManyLayers { .. } => "install what is needed in one new layer".into(),
            Self::Layer { source, .. } => source.next(),
            Self::LayerAlone { below, .. } => format!("name {below} too, after it"),
            Self::LayersChanged { begun } if begun.is_empty() => {
                "start a new task to use a layer".into()
            }
            Self::LayersChanged { begun } => {
                format!("name {} again, or start a new task", list(begun))
            }
            Self::Program { .. } => "check the path and that you may read it".into(),
            Self::ProgramName { .. } => "name each such folder once".into(),
            Self::PlacedFile { .. } => {
                "a placed file is small and lies below /etc or /home in the machine".into()
            }
        }
    }
}

fn list(names: &[String]) -> String {
    if names.is_empty() { "none".into() } else { names.join(", ") }
}

/// Why a layer is not kept, found, used or removed.
#[derive(Debug, Error)]
pub enum LayerError {
    #[error("{name:?} cannot be the name of a layer")]
    Name { name: String },
    #[error("there is a layer {name} already")]
    Exists { name: String },
    #[error("there is no layer {name}")]
    Missing { name: String },
    #[error("this task has installed nothing that could be kept")]
    NothingToKeep,
    #[error("there are {max} layers already")]
    TooMany { max: usize },
    #[error("what was installed is {bytes} bytes in {files} files, more than a layer takes")]
    TooLarge { bytes: u64, files: u64 },
    /// Other programs were below it when it was made; what it adds may not fit them.
    #[error("it was made on another version of the system below it")]
    GroundChanged,
    #[error("the layer {above} was made on it")]
    Needed { above: String },
    #[error("the task's folder and the layers are on different disks")]
    OtherDisk,
    #[error("its record cannot be read")]
    Damaged,
    #[error("{}: {source}", path.display())]
    Store { path: PathBuf, source: io::Error },
}

impl LayerError {
    /// What the person can do about it.
    pub fn next(&self) -> String {
        match self {
            Self::Name { .. } => "use small letters, digits, dots and dashes, at most 64".into(),
            Self::Exists { name } => format!("choose another name, or remove {name} first"),
            Self::Missing { .. } => "look which layers there are".into(),
            Self::NothingToKeep => "keep it after something was installed in the task".into(),
            Self::TooMany { .. } => "remove one that is not needed any more".into(),
            Self::TooLarge { .. } => "clear what is not needed, such as downloads, first".into(),
            Self::GroundChanged => {
                "install its packages again in a new task and keep them under a new name".into()
            }
            Self::Needed { above } => format!("remove {above} first"),
            Self::OtherDisk => "keep tasks and layers on one disk (XDG_STATE_HOME)".into(),
            Self::Damaged => "remove it and keep it again from a new task".into(),
            Self::Store { .. } => "make room on that disk and check who owns it".into(),
        }
    }
}
