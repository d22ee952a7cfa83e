//! Why there is no image. Each says what to do about it.

use std::io;
use std::path::PathBuf;
use thiserror::Error;

#[derive(Debug, Error)]
pub enum ImageError {
    #[error("{name:?} cannot be the name of an image")]
    Name { name: String },
    #[error("there is no image {name}")]
    Missing { name: String },
    #[error("{program} is not on this computer")]
    ProgramMissing { program: &'static str, package: &'static str },
    #[error("images are made for 64-bit PCs only so far, and this computer is of another kind")]
    Architecture,
    #[error(
        "this computer does not run Debian or one of its kin, from whose packages an image is made"
    )]
    Distribution,
    #[error(
        "your user has no range of further user ids (no line in /etc/subuid), which making an image takes"
    )]
    NoIds,
    #[error(
        "{free} MB are free on the disk of {}, and making an image takes {least} MB there at least",
        path.display()
    )]
    Room { path: PathBuf, free: u64, least: u64 },
    #[error("the folder {} cannot be used: {source}", path.display())]
    Folder { path: PathBuf, source: io::Error },
    /// `why` is the last complaint of what makes it.
    #[error("the packages could not be put together: {why}")]
    Build { why: String },
    #[error("nothing happened for {minutes} minutes while the image was made")]
    Stuck { minutes: u64 },
    #[error("the kernel that came with it cannot be used: {why}")]
    Kernel { why: String },
    #[error("the image could not be unpacked: {why}")]
    Unpack { why: String },
}

impl ImageError {
    /// What the person can do about it.
    pub fn next(&self) -> String {
        match self {
            Self::Name { .. } => "use letters, digits, `-` and `_`, 64 at most".into(),
            Self::Missing { .. } => "see which there are: `legwork machine image list`".into(),
            Self::ProgramMissing { package, .. } => format!(
                "install it: `sudo apt install {package}`, or your distribution's package of that name"
            ),
            Self::Architecture | Self::Distribution => {
                "copy an image from a computer where it can be made, or use the jail, which takes none".into()
            }
            Self::NoIds => {
                "run `sudo usermod --add-subuids 100000-165535 --add-subgids 100000-165535 $USER`, or make the image as root"
                    .into()
            }
            Self::Folder { .. } | Self::Unpack { .. } => {
                "make room on that disk and check who owns the folder".into()
            }
            Self::Room { .. } => "make room on that disk, then try again".into(),
            Self::Build { .. } | Self::Stuck { .. } => {
                "check that `sudo apt update` works on this computer: the image is made from the same sources. Then try again"
                    .into()
            }
            Self::Kernel { .. } => {
                "make the image with the distribution's cloud or virtual kernel; `apt policy linux-image-cloud-amd64` shows whether it is to be had"
                    .into()
            }
        }
    }
}
