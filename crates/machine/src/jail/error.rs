//! Why a machine could not start, and why a call got no answer. Each says what to do about it.

use crate::system::SystemError;
use std::io;
use std::path::PathBuf;
use thiserror::Error;

/// Why there is no machine. Nothing foreign ran; there is no weaker mode to fall back to.
#[derive(Debug, Error)]
pub enum StartError {
    #[error("bwrap is not at {}", path.display())]
    BwrapMissing { path: PathBuf },
    #[error("the guest program is not at {}", path.display())]
    GuestMissing { path: PathBuf },
    #[error("{name:?} cannot be the name of a shared folder")]
    ShareName { name: String },
    #[error("a machine takes {max} folders at most, and {count} are given")]
    TooManyShares { count: usize, max: usize },
    #[error("the folder {} cannot be opened: {source}", path.display())]
    ShareMissing { path: PathBuf, source: io::Error },
    #[error("the folder {} holds Legwork's own records of this task", path.display())]
    ShareHoldsTask { path: PathBuf },
    #[error("another file system is mounted inside {}, at {}", path.display(), mount.display())]
    ShareHasMounts { path: PathBuf, mount: PathBuf },
    #[error("the folder of {name} was replaced by another one while the machine started")]
    ShareReplaced { name: String },
    #[error("the folder {name} cannot be shown as a copy: {why}")]
    OverlayRefused { name: String, why: String },
    #[error("{source}")]
    System { source: SystemError },
    #[error("the folders that programs are installed in cannot be shown as copies: {why}")]
    SystemRefused { why: String },
    #[error("the task's own folder {} cannot be prepared: {source}", path.display())]
    TaskFolder { path: PathBuf, source: io::Error },
    #[error("the machine could not be started: {source}")]
    Spawn { source: io::Error },
    /// `bwrap` gave up before the guest spoke.
    #[error("bwrap could not make the machine: {why}")]
    Refused { why: String },
    /// The guest found something missing from its isolation, or could not make it.
    #[error("the machine is not safe to use ({stage}): {why}")]
    Unready { stage: String, why: String },
    #[error("the guest program is of another version")]
    Generation,
    #[error("the machine did not answer within {seconds} s")]
    Silent { seconds: u64 },
    #[error(transparent)]
    Vm(#[from] crate::vm::VmError),
}

impl StartError {
    /// What the person can do about it.
    pub fn next(&self) -> String {
        match self {
            Self::BwrapMissing { .. } => {
                "install it: `sudo apt install bubblewrap`, or your distribution's package of that name".into()
            }
            Self::GuestMissing { .. } | Self::Generation => {
                "build or install Legwork again, so that both programs are of one version".into()
            }
            Self::ShareName { .. } => "give the folder another name for this task".into(),
            Self::TooManyShares { .. } => "name one folder above them instead".into(),
            Self::ShareMissing { .. } => "check the path and that you may read it".into(),
            Self::ShareHoldsTask { .. } => "name a folder further down".into(),
            Self::ShareHasMounts { mount, .. } => {
                format!("name a folder that does not hold it, or unmount {}", mount.display())
            }
            Self::ShareReplaced { .. } => "look whether the folder is still the right one".into(),
            Self::OverlayRefused { .. } => {
                "copy the folder to a disk with ext4, xfs or btrfs; if every folder is refused, keep Legwork's state on such a disk (XDG_STATE_HOME)"
                    .into()
            }
            Self::System { source } => source.next(),
            Self::SystemRefused { .. } => {
                "keep Legwork's state on a disk with ext4, xfs or btrfs (XDG_STATE_HOME), or run the task without installing"
                    .into()
            }
            Self::TaskFolder { .. } => "make room on that disk and check who owns it".into(),
            Self::Spawn { .. } | Self::Silent { .. } => {
                "try again when the computer has less to do".into()
            }
            Self::Vm(error) => error.next(),
            Self::Refused { .. } | Self::Unready { .. } => crate::probe::next_for_namespaces(),
        }
    }
}

/// Why a call has no reply.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum CallError {
    /// The machine is gone: stopped, killed, out of room, or its guest broke the rules.
    #[error("the machine has ended: {why}")]
    Ended { why: String },
    /// The request does not fit what may be sent to a machine. Nothing ran.
    #[error("the call is larger than a machine takes")]
    TooLarge,
}
