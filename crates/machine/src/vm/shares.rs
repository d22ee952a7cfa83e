//! Puts folders on a read-only disk for a machine.
//!
//! `mkfs.erofs` reads names and contents that may be hostile, so it runs in a view of its own: the
//! folders read-only, one folder to write to, nothing else.

use super::qemu::VmPrograms;
use super::{VmError, VmSpec};
use crate::jail::StartError;
use crate::jail::prepare::{is_name, make_upper};
use crate::limits::{SHARES_DISK_BYTES, SHARES_MAX};
use rustix::fs::{Mode, OFlags};
use std::ffi::OsString;
use std::fs::{self, File};
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use wire::{Landing, ShareView, VM_SHARES_BASE, VM_SHARES_UPPER};

/// A share that was opened and found fit.
#[derive(Debug)]
pub(crate) struct Prepared {
    pub(crate) path: PathBuf,
    pub(crate) view: ShareView,
    /// What an earlier machine of the task wrote; `None` for a share that can't be written.
    upper: Option<PathBuf>,
}

pub(crate) fn prepare(spec: &VmSpec) -> Result<Vec<Prepared>, StartError> {
    if spec.shares.len() > SHARES_MAX {
        return Err(StartError::TooManyShares { count: spec.shares.len(), max: SHARES_MAX });
    }
    let failed = |source| StartError::TaskFolder { path: spec.dir.clone(), source };
    let task = fs::canonicalize(&spec.dir).map_err(failed)?;
    let mut prepared: Vec<Prepared> = Vec::new();
    for share in &spec.shares {
        if prepared.iter().any(|other| other.view.name == share.name) || !is_name(&share.name) {
            return Err(StartError::ShareName { name: share.name.clone() });
        }
        let missing = |source| StartError::ShareMissing { path: share.host.clone(), source };
        let path = fs::canonicalize(&share.host).map_err(missing)?;
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let folder: OwnedFd =
            rustix::fs::open(&path, flags, Mode::empty()).map_err(|e| missing(e.into()))?;
        if task.starts_with(&path) {
            return Err(StartError::ShareHoldsTask { path });
        }
        let found = rustix::fs::fstat(&folder).map_err(|e| missing(e.into()))?;
        let (landing, upper) = if share.writable {
            let upper = task.join("upper").join(&share.name);
            make_upper(&upper, &folder)
                .map_err(|source| StartError::TaskFolder { path: upper.clone(), source })?;
            (Landing::Overlay, Some(upper.join("upper")))
        } else {
            (Landing::ReadOnly, None)
        };
        let (name, device, inode) = (share.name.clone(), found.st_dev, found.st_ino);
        prepared.push(Prepared { path, view: ShareView { name, landing, device, inode }, upper });
    }
    Ok(prepared)
}

/// The disk, opened read-only; its file has no name any more.
pub(crate) fn disk(
    programs: &VmPrograms,
    dir: &Path,
    shares: &[Prepared],
) -> Result<File, StartError> {
    let failed = |source: io::Error| StartError::TaskFolder { path: dir.into(), source };
    let folder = dir.join("vm");
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).map_err(failed)?;
    let path = folder.join("shares.erofs");
    if shares.is_empty() {
        File::create(&path).map_err(failed)?;
    } else {
        make(programs, &folder, shares)?;
        for share in shares {
            let now = fs::metadata(&share.path).map_err(failed)?;
            if (now.dev(), now.ino()) != (share.view.device, share.view.inode) {
                return Err(StartError::ShareReplaced { name: share.view.name.clone() });
            }
        }
    }
    let file = File::options().write(true).open(&path).map_err(failed)?;
    if file.metadata().map_err(failed)?.len() > SHARES_DISK_BYTES {
        return Err(VmError::SharesTooLarge { bytes_max: SHARES_DISK_BYTES }.into());
    }
    // The machine knows one size only, from when its template was made.
    file.set_len(SHARES_DISK_BYTES).map_err(failed)?;
    let disk = File::open(&path).map_err(failed)?;
    fs::remove_dir_all(&folder).map_err(failed)?;
    Ok(disk)
}

fn make(programs: &VmPrograms, folder: &Path, shares: &[Prepared]) -> Result<(), VmError> {
    let mut args: Vec<OsString> = Vec::new();
    let mut add = |words: &[&str]| args.extend(words.iter().map(OsString::from));
    add(&["--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts"]);
    add(&["--unshare-cgroup-try", "--die-with-parent", "--new-session", "--clearenv"]);
    add(&["--cap-drop", "ALL", "--proc", "/proc", "--dev", "/dev"]);
    if rustix::process::geteuid().is_root() {
        // Root's folders may hold files of anybody. In a namespace of its own it could not read them.
        add(&["--cap-add", "CAP_DAC_READ_SEARCH"]);
    } else {
        add(&["--unshare-user"]);
    }
    for path in ["/usr", "/bin", "/lib", "/lib64"] {
        add(&["--ro-bind-try", path, path]);
    }
    let mut bind = |how: &str, from: &Path, to: PathBuf| {
        args.extend([how.into(), from.into(), to.into_os_string()]);
    };
    for share in shares {
        let name = &share.view.name;
        bind("--ro-bind", &share.path, Path::new("/disk").join(VM_SHARES_BASE).join(name));
        if let Some(upper) = &share.upper {
            bind("--ro-bind", upper, Path::new("/disk").join(VM_SHARES_UPPER).join(name));
        }
    }
    bind("--bind", folder, "/out".into());
    bind("--ro-bind", &programs.mkfs_erofs, "/mkfs.erofs".into());
    let mut add = |words: &[&str]| args.extend(words.iter().map(OsString::from));
    add(&["--", "/mkfs.erofs", "--quiet", "--all-root", "-Eforce-inode-extended"]);
    add(&["/out/shares.erofs", "/disk"]);
    #[expect(clippy::disallowed_methods, reason = "this is where the disk of a machine is made")]
    let made = std::process::Command::new(&programs.bwrap)
        .args(args)
        .env_clear()
        .current_dir("/")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .output();
    let made = made.map_err(|error| VmError::Shares { why: error.to_string() })?;
    if made.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&made.stderr);
    let last = said.lines().map(str::trim).find(|line| line.contains("<E>")).unwrap_or(said.trim());
    Err(VmError::Shares { why: crate::jail::stream::plain(last) })
}
