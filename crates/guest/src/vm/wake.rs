//! Gives a copy of a snapshot what it must not share with the other copies: time, randomness, and
//! a name of its own.

use crate::init::{At, Refusal};
use rustix::fs::{Mode, OFlags};
use std::fmt::Write as _;
use std::os::fd::AsRawFd;
use wire::{Limits, Wake};

// From <linux/random.h>; the library has no names for them.
const RNDADDENTROPY: libc::c_ulong = 0x4008_5203;
const RNDRESEEDCRNG: libc::c_ulong = 0x5207;

/// Shown as `/etc/machine-id`.
pub(super) const MACHINE_ID: &str = "/run/machine-id";

#[repr(C)]
struct Entropy {
    bits: libc::c_int,
    bytes: libc::c_int,
    seed: [u8; 32],
}

pub(super) fn become_new(wake: &Wake) -> Result<(), Refusal> {
    reseed(&wake.seed).at("wake", "randomness")?;
    set_clock(wake).at("wake", "clock")?;
    let mut id = String::new();
    for byte in wake.machine_id {
        let _ = write!(id, "{byte:02x}");
    }
    id.push('\n');
    super::write(MACHINE_ID, &id)
}

fn set_clock(wake: &Wake) -> std::io::Result<()> {
    let tv_sec = i64::try_from(wake.now_seconds).map_err(std::io::Error::other)?;
    let now = libc::timespec { tv_sec, tv_nsec: i64::from(wake.now_nanos.min(999_999_999)) };
    // SAFETY: the structure outlives the call.
    #[expect(unsafe_code, reason = "the clock is set once, by the first process")]
    let done = unsafe { libc::clock_settime(libc::CLOCK_REALTIME, &raw const now) } == 0;
    if done { Ok(()) } else { Err(std::io::Error::last_os_error()) }
}

/// The seed counts as entropy, and the generator takes it at once: otherwise copies of a snapshot
/// would draw the same numbers for minutes.
fn reseed(seed: &[u8; 32]) -> std::io::Result<()> {
    let flags = OFlags::WRONLY | OFlags::CLOEXEC;
    let device = rustix::fs::open("/dev/urandom", flags, Mode::empty())?;
    let entropy = Entropy { bits: 256, bytes: 32, seed: *seed };
    // SAFETY: the structure has the layout of `struct rand_pool_info` with 32 bytes, and outlives
    // the call; the second request takes no argument.
    #[expect(unsafe_code, reason = "no safe interface to these requests")]
    let done = unsafe {
        libc::ioctl(device.as_raw_fd(), RNDADDENTROPY, &raw const entropy) == 0
            && libc::ioctl(device.as_raw_fd(), RNDRESEEDCRNG) == 0
    };
    if done { Ok(()) } else { Err(std::io::Error::last_os_error()) }
}

/// The limit on a user's processes does not hold for user 0 of a kernel. The kernel's own limit on
/// all of them does.
pub(super) fn bound_processes(limits: &Limits) -> Result<(), Refusal> {
    let now = u64::from(rustix::system::sysinfo().procs);
    let all = now.saturating_add(limits.processes_max);
    super::write("/proc/sys/kernel/threads-max", &all.to_string())
}
