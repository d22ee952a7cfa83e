//! Which signals the guest and what it starts are sent. The guest blocks what it takes from a
//! descriptor; what is executed inherits the mask, and a shell that can't hear of a child's end
//! waits for it forever.

use std::io;
use std::os::fd::{FromRawFd, OwnedFd};

/// Blocks these signals for this process, and tells of them by a descriptor that does not wait.
pub(crate) fn descriptor(signals: &[i32]) -> io::Result<OwnedFd> {
    let set = set_of(signals);
    // SAFETY: the set is initialised; the descriptor is new and has no other owner.
    #[expect(unsafe_code, reason = "no safe interface to signal descriptors")]
    unsafe {
        if libc::sigprocmask(libc::SIG_BLOCK, &raw const set, std::ptr::null_mut()) != 0 {
            return Err(io::Error::last_os_error());
        }
        let fd = libc::signalfd(-1, &raw const set, libc::SFD_CLOEXEC | libc::SFD_NONBLOCK);
        if fd < 0 { Err(io::Error::last_os_error()) } else { Ok(OwnedFd::from_raw_fd(fd)) }
    }
}

/// For a child that goes on without the guest.
pub(crate) fn unblock() {
    let _ = replace(&set_of(&[]));
}

/// What starts meanwhile has nothing blocked. A signal that comes meanwhile is lost: look for ended
/// children afterwards.
pub(crate) fn while_unblocked<T>(start: impl FnOnce() -> T) -> T {
    let before = replace(&set_of(&[]));
    let started = start();
    let _ = replace(&before);
    started
}

fn set_of(signals: &[i32]) -> libc::sigset_t {
    // SAFETY: a zeroed set is a valid argument for sigemptyset, and the numbers are of signals.
    #[expect(unsafe_code, reason = "no safe interface to a set of signals")]
    unsafe {
        let mut set: libc::sigset_t = std::mem::zeroed();
        libc::sigemptyset(&raw mut set);
        for signal in signals {
            libc::sigaddset(&raw mut set, *signal);
        }
        set
    }
}

/// The mask until now.
fn replace(mask: &libc::sigset_t) -> libc::sigset_t {
    let mut before = set_of(&[]);
    // SAFETY: both sets are initialised and outlive the call.
    #[expect(unsafe_code, reason = "no safe interface to the signal mask")]
    unsafe {
        libc::sigprocmask(libc::SIG_SETMASK, std::ptr::from_ref(mask), &raw mut before);
    }
    before
}
