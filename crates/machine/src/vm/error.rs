//! Why there is no VM, and why what was written in one could not be brought home.

use std::io;
use std::path::PathBuf;
use thiserror::Error;

/// Why a VM could not start. Nothing foreign ran, and nothing weaker takes its place.
#[derive(Debug, Error)]
pub enum VmError {
    #[error("{program} is not on this computer")]
    ProgramMissing { program: &'static str, package: &'static str },
    #[error("the machine image at {} cannot be used: {source}", path.display())]
    Image { path: PathBuf, source: io::Error },
    #[error("the folder for machine templates, {}, cannot be used: {source}", path.display())]
    Templates { path: PathBuf, source: io::Error },
    #[error("the image's system did not come up: {why}")]
    Boot { why: String },
    #[error("the image's system did not come up within {seconds} s")]
    BootSilent { seconds: u64 },
    #[error("the machine's state could not be kept: {why}")]
    Snapshot { why: String },
    #[error("the machine's state could not be loaded: {why}")]
    Restore { why: String },
    /// The guest found something wrong with itself or its disks.
    #[error("the machine is not safe to use ({stage}): {why}")]
    Unready { stage: String, why: String },
    #[error("{} could not be read, to be copied into the machine: {source}", path.display())]
    Unreadable { path: PathBuf, source: io::Error },
    #[error("the folders could not be put on a disk for the machine: {source}")]
    SharesDisk { source: io::Error },
    #[error("the folders hold more than a machine's disk for them takes: {bytes_max} bytes")]
    SharesTooLarge { bytes_max: u64 },
    #[error("the folders hold more than {max} files")]
    SharesTooMany { max: usize },
    #[error("below {} folders lie more than {max} deep in each other", path.display())]
    SharesTooDeep { path: PathBuf, max: usize },
}

impl VmError {
    /// What the person can do about it.
    pub fn next(&self) -> String {
        match self {
            Self::ProgramMissing { package, .. } => {
                format!("install it: `sudo apt install {package}`, or your distribution's package of that name")
            }
            Self::Image { .. } => "build it again: `legwork machine image build`".into(),
            Self::Templates { .. } => "make room on that disk and check who owns it".into(),
            Self::Boot { .. } => {
                "build the image again (`legwork machine image build`), and run `legwork doctor`".into()
            }
            Self::BootSilent { .. } | Self::Snapshot { .. } => {
                "try again when the computer has less to do; `legwork doctor` tries it step by step".into()
            }
            Self::Restore { .. } | Self::Unready { .. } => {
                "try again; if it stays so, build the image again with `legwork machine image build`".into()
            }
            Self::Unreadable { .. } => {
                "see to it that you may read it, or name a folder without it".into()
            }
            Self::SharesDisk { .. } => "make room on the disk with Legwork's state".into(),
            Self::SharesTooLarge { .. } | Self::SharesTooMany { .. } | Self::SharesTooDeep { .. } => "name a smaller folder, or choose the jail for this task".into(),
        }
    }
}

/// Why what was written in a share is not on the host. What was there before is untouched.
#[derive(Debug, Error)]
pub enum CollectError {
    #[error(
        "the machine has ended, and with it what was written in {name} since it was last saved: {why}"
    )]
    Gone { name: String, why: String },
    #[error("the machine could not read what was written in {name}: {why}")]
    Unread { name: String, why: String },
    #[error("what came back for {name} breaks the rules, so none of it is kept: {source}")]
    Hostile { name: String, source: super::rebuild::RebuildError },
    #[error("what was written in {name} could not be stored: {source}")]
    Store { name: String, source: io::Error },
}

impl CollectError {
    /// What the person can do about it.
    pub fn next(&self) -> String {
        match self {
            Self::Gone { .. } | Self::Unread { .. } => "run the task again; your folder is unchanged".into(),
            Self::Hostile { .. } => {
                "something in the machine tampered with its records: look at what the task ran before you run it again".into()
            }
            Self::Store { .. } => "make room on the disk with Legwork's state, then run the task again".into(),
        }
    }
}
