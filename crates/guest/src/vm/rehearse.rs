//! Does once, in a process that ends, what this machine will do when its task comes.
//!
//! Where a kernel is emulated, whatever it executes for the first time takes ten times as long as
//! ever after. What waits for a task has the time for that.

use super::Booted;
use super::view::{self, Disk};
use crate::init::{At, Refusal};
use crate::lock;
use rustix::mount::UnmountFlags;
use rustix::process::{Pid, WaitOptions};
use std::os::unix::process::CommandExt;
use std::path::Path;
use wire::{Landing, Limits, ShareView, vm_share};

/// The one share.
const NAME: &str = "rehearsal";

/// As usual ones are; they end with the process.
const LIMITS: Limits = Limits {
    processes_max: 1024,
    memory_bytes_max: 1 << 30,
    file_bytes_max: 1 << 20,
    open_files_max: 256,
    output_bytes_max: 1 << 16,
};

/// The disk of the shares holds no share yet, only the folders for them. What stands there from
/// the boot cannot be used a second time, with something else on the disk: it falls, and so does
/// what is put up here.
pub(super) fn rehearse(booted: &Booted) -> Result<(), Refusal> {
    view::fall()?;
    // SAFETY: the guest has one thread, so the child may use everything the parent could.
    #[expect(unsafe_code, reason = "what it gives up is given up for good")]
    let forked = unsafe { libc::fork() };
    if forked == 0 {
        let Err(Refusal { stage, why }) = play(booted);
        let line = format!("legwork-guest: rehearsal: {stage}: {why}\n");
        let _ = rustix::io::write(rustix::stdio::stderr(), line.as_bytes());
        // SAFETY: ends this process at once; nothing of the guest's may run at its end.
        #[expect(unsafe_code, reason = "no safe interface ends without running what is registered")]
        unsafe {
            libc::_exit(1)
        }
    }
    let failed = || Err::<Pid, _>(std::io::Error::last_os_error());
    let child = Pid::from_raw(forked).filter(|_| forked > 0).map_or_else(failed, Ok);
    let child = child.at("rehearsal", "fork")?;
    let ended = rustix::process::waitpid(Some(child), WaitOptions::empty());
    match ended.at("rehearsal", "wait")? {
        Some((_, status)) if status.exit_status() == Some(0) => strike(),
        other => Err(Refusal { stage: "rehearsal", why: format!("it ended with {other:?}") }),
    }
}

/// Unmounts what was mounted. What somebody still used would not go, and so neither would this be
/// anybody's machine.
fn strike() -> Result<(), Refusal> {
    for parent in ["/folders", "/base"] {
        let at = Path::new(parent).join(NAME);
        rustix::mount::unmount(&at, UnmountFlags::empty()).at("rehearsal", at.display())?;
        std::fs::remove_dir(&at).at("rehearsal", at.display())?;
    }
    view::fall()
}

/// Returns only when something fails: else it becomes a program that ends well.
fn play(booted: &Booted) -> Result<std::convert::Infallible, Refusal> {
    let share = ShareView {
        name: NAME.into(),
        at: vm_share(0).into_bytes(),
        landing: Landing::Overlay,
        device: 0,
        inode: 0,
    };
    view::land_all(&[share], booted, Disk::Seen)?;
    lock::down_in_own_kernel(&LIMITS, &booted.filter)?;
    #[expect(clippy::disallowed_methods, reason = "what a first program will be started by")]
    let error = std::process::Command::new("/bin/sh").args(["-c", "/bin/true"]).env_clear().exec();
    Err(Refusal { stage: "rehearsal", why: error.to_string() })
}
