//! The two sides of one change, for a person to look at. Nothing is followed, nothing that could
//! block is opened, and no more is read than was asked for.

use super::apply::{open_folder, read_plan};
use super::beneath::Root;
use super::change::{Change, ChangeKind, ShareState, What};
use super::plan::Act;
use super::seen::{Kind, Seen};
use super::site::Site;
use super::walk::open_upper_file;
use super::words;
use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;
use wire::PathText;

/// Which side of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    Before,
    After,
}

/// What lies on a side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Side {
    Absent,
    /// The first bytes of a file, up to the limit.
    File {
        bytes: Vec<u8>,
        size_bytes: u64,
    },
    Folder,
    /// The text of a link.
    Link(PathText),
    Other,
}

/// Why a side cannot be shown.
#[derive(Debug, thiserror::Error)]
pub enum SideError {
    #[error("{path} is not in this folder")]
    Path { path: PathText },
    #[error("{path} could not be read: {}", words::clause(*.errno))]
    Read { path: PathText, errno: Errno },
}

/// Reads one side of `change`, at most `limit_bytes` of it. `dir` is that of the applies of the
/// task: after an apply, the version from before lies there.
pub fn read_side(
    share: &ShareState<'_>,
    dir: &Path,
    change: &Change,
    which: Which,
    limit_bytes: usize,
) -> Result<Side, SideError> {
    let failed = |errno| SideError::Read { path: change.path.clone(), errno };
    let path = within(share, &change.path)?;
    let is_upper = match (which, &change.kind) {
        (Which::After, ChangeKind::Deleted) | (Which::Before, ChangeKind::Created) => {
            return Ok(Side::Absent);
        }
        // A move changes no content, and the old name is gone once it is applied.
        (Which::Before, ChangeKind::Moved { .. }) | (Which::After, _) => true,
        (Which::Before, _) => false,
    };
    match change.what {
        What::Folder => return Ok(Side::Folder),
        What::Other => return Ok(Side::Other),
        What::File | What::Link => {}
    }
    if is_upper {
        let root = match Root::open(&share.upper) {
            Err(Errno::NOENT) => return Ok(Side::Absent),
            other => other.map_err(failed)?,
        };
        return read(&root, &path, limit_bytes, true).map_err(failed);
    }
    if let Some((kept, name)) = find_kept(dir, share, &path) {
        return read_at(&kept, &name, limit_bytes, false).map_err(failed);
    }
    let root = Root::open(&share.host).map_err(failed)?;
    read(&root, &path, limit_bytes, false).map_err(failed)
}

fn within(share: &ShareState<'_>, path: &PathText) -> Result<Vec<u8>, SideError> {
    let missing = || SideError::Path { path: path.clone() };
    let bytes = path.to_bytes().map_err(|_| missing())?;
    let rest = bytes
        .strip_prefix(share.name.as_bytes())
        .and_then(|rest| rest.strip_prefix(b"/"))
        .ok_or_else(missing)?;
    let is_plain = |part: &[u8]| !matches!(part, b"" | b"." | b"..") && !part.contains(&0);
    let fits = rest.split(|&byte| byte == b'/').all(is_plain);
    if fits { Ok(rest.to_vec()) } else { Err(missing()) }
}

/// The old version of `path` in the store of an apply that stands.
fn find_kept(dir: &Path, share: &ShareState<'_>, path: &[u8]) -> Option<(OwnedFd, Vec<u8>)> {
    let host = share.host.as_os_str().as_bytes();
    for entry in std::fs::read_dir(dir).ok()?.flatten() {
        let folder = entry.path();
        let Ok(opened) = open_folder(&folder) else { continue };
        let Ok(Some(plan)) = read_plan(&opened, &folder) else { continue };
        let index = plan.items.iter().position(|item| {
            item.path == path
                && plan.shares[item.share as usize].host == host
                && matches!(item.act, Act::Replace { .. } | Act::Delete { .. })
        });
        let kept = open_folder(&folder.join("kept"));
        if let (Some(index), Ok(kept)) = (index, kept) {
            let name = Site::kept_name(index);
            if matches!(Seen::find(&kept, &name), Ok(Some(_))) {
                return Some((kept, name));
            }
        }
    }
    None
}

fn read(root: &Root, path: &[u8], limit_bytes: usize, is_upper: bool) -> Result<Side, Errno> {
    match root.parent(path) {
        Ok((folder, name)) => read_at(&folder, name, limit_bytes, is_upper),
        Err(Errno::NOENT | Errno::NOTDIR) => Ok(Side::Absent),
        Err(errno) => Err(errno),
    }
}

/// `is_upper`: the file is the task's, and may be unlocked to be read.
fn read_at(
    folder: &OwnedFd,
    name: &[u8],
    limit_bytes: usize,
    is_upper: bool,
) -> Result<Side, Errno> {
    let Some(seen) = Seen::find(folder, name)? else { return Ok(Side::Absent) };
    match seen.kind {
        Kind::Folder => Ok(Side::Folder),
        Kind::Pipe | Kind::Socket | Kind::Device => Ok(Side::Other),
        Kind::Link => {
            let text = rustix::fs::readlinkat(folder, name, Vec::new())?;
            Ok(Side::Link(PathText::from_bytes(text.as_bytes())))
        }
        Kind::File => {
            let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
            let file = match is_upper {
                true => open_upper_file(folder, name)?,
                false => rustix::fs::openat(folder, name, flags, Mode::empty())?,
            };
            let now = Seen::of(&file)?;
            if now.kind != Kind::File {
                return Ok(Side::Other);
            }
            let bytes = first_bytes(&file, limit_bytes)?;
            Ok(Side::File { bytes, size_bytes: now.identity.size_bytes })
        }
    }
}

fn first_bytes(file: &OwnedFd, limit: usize) -> Result<Vec<u8>, Errno> {
    let mut bytes = Vec::new();
    let mut buffer = [0; 16 * 1024];
    while bytes.len() < limit {
        let want = buffer.len().min(limit - bytes.len());
        match rustix::io::pread(file, &mut buffer[..want], bytes.len() as u64) {
            Ok(0) => break,
            Ok(count) => bytes.extend_from_slice(&buffer[..count]),
            Err(Errno::INTR) => {}
            Err(errno) => return Err(errno),
        }
    }
    Ok(bytes)
}
