//! How a tool call fails: a kind for programs, a sentence for a person.

use rustix::io::Errno;
use std::fmt;
use wire::{FailKind, PathText, PathTextError};

/// The end of a tool call that did not work. It is an outcome, not an error of ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Failure {
    pub(crate) kind: FailKind,
    pub(crate) why: String,
}

impl Failure {
    pub(crate) fn new(kind: FailKind, why: impl Into<String>) -> Self {
        Self { kind, why: why.into() }
    }

    pub(crate) fn arguments(why: impl Into<String>) -> Self {
        Self::new(FailKind::Arguments, why)
    }

    pub(crate) fn path(why: impl Into<String>) -> Self {
        Self::new(FailKind::Path, why)
    }

    pub(crate) fn document(why: impl Into<String>) -> Self {
        Self::new(FailKind::Document, why)
    }

    pub(crate) fn limit(why: impl Into<String>) -> Self {
        Self::new(FailKind::Limit, why)
    }

    pub(crate) fn bug(why: impl Into<String>) -> Self {
        Self::new(FailKind::Bug, why)
    }

    pub(crate) fn bad_path(path: &PathText, error: PathTextError) -> Self {
        Self::path(format!("{path}: {error}"))
    }

    /// What the kernel's refusal of something about `path` means.
    pub(crate) fn refused(path: &PathText, errno: Errno) -> Self {
        let (kind, why) = reason(errno);
        Self::new(kind, format!("{path}: {why}"))
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.why)
    }
}

/// What an error of the kernel says to a person, without the path.
pub(crate) fn reason(errno: Errno) -> (FailKind, String) {
    let (kind, why) = match errno {
        Errno::NOENT => (FailKind::Path, "there is no such file or folder"),
        Errno::NOTDIR => (FailKind::Path, "a part of the path is a file, not a folder"),
        Errno::ISDIR => (FailKind::Path, "it is a folder, not a file"),
        Errno::LOOP => (FailKind::Path, "a link on the way is not followed"),
        Errno::XDEV => (FailKind::Path, "a link on the way leads out of the shared folder"),
        Errno::NAMETOOLONG => (FailKind::Path, "the name is longer than 255 bytes"),
        Errno::EXIST => (FailKind::Path, "something of that name is already there"),
        Errno::NOTEMPTY => (FailKind::Path, "the folder is not empty"),
        Errno::INVAL => (FailKind::Path, "the name is not allowed here"),
        Errno::ACCESS | Errno::PERM => (FailKind::View, "permission denied"),
        Errno::OVERFLOW => (
            FailKind::View,
            "it belongs to another user or group of the computer and can only be read here",
        ),
        Errno::ROFS => (FailKind::View, "the folder is shared for reading only"),
        Errno::NOSPC | Errno::DQUOT => (FailKind::View, "there is no space left on the disk"),
        Errno::FBIG => (FailKind::View, "the file would be larger than allowed"),
        Errno::IO => (FailKind::View, "the disk could not be read or written"),
        Errno::NXIO | Errno::OPNOTSUPP => (FailKind::Path, "it is not a regular file"),
        Errno::MFILE | Errno::NFILE => (FailKind::Limit, "too many files are open at once"),
        Errno::NOMEM => (FailKind::Limit, "the machine is out of memory"),
        other => return (FailKind::View, std::io::Error::from(other).to_string()),
    };
    (kind, why.to_owned())
}
