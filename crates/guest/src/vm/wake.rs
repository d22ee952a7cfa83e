//! Gives a copy of a snapshot what it must not share with the other copies: time, randomness, and
//! a name of its own.

use crate::init::{At, Refusal};
use rustix::fs::{Mode, OFlags};
use std::os::fd::{AsRawFd, OwnedFd};
use std::path::Path;
use wire::Wake;

// From <linux/random.h>; the library has no names for them.
const RNDADDENTROPY: libc::c_ulong = 0x4008_5203;
const RNDRESEEDCRNG: libc::c_ulong = 0x5207;

/// Shown as `/etc/machine-id`.
pub(super) const MACHINE_ID: &str = "/run/machine-id";
/// As long as each machine's own.
const NO_ID: &str = "00000000000000000000000000000000\n";

const DIGITS: [u8; 16] = *b"0123456789abcdef";

/// What is written when a machine wakes, opened before: a path that nobody walks costs no time.
#[derive(Debug)]
pub(crate) struct Own {
    chance: OwnedFd,
    id: OwnedFd,
}

impl Own {
    pub(super) fn open() -> Result<Self, Refusal> {
        super::write(MACHINE_ID, NO_ID)?;
        let open = |path: &str| {
            let flags = OFlags::WRONLY | OFlags::CLOEXEC;
            rustix::fs::open(Path::new(path), flags, Mode::empty()).at("boot", path)
        };
        Ok(Self { chance: open("/dev/urandom")?, id: open(MACHINE_ID)? })
    }
}

#[repr(C)]
struct Entropy {
    bits: libc::c_int,
    bytes: libc::c_int,
    seed: [u8; 32],
}

pub(super) fn become_new(wake: &Wake, own: &Own) -> Result<(), Refusal> {
    reseed(&own.chance, &wake.seed).at("wake", "randomness")?;
    set_clock(wake).at("wake", "clock")?;
    match rustix::io::pwrite(&own.id, &id_line(wake.machine_id), 0).at("wake", "machine-id")? {
        written if written == NO_ID.len() => Ok(()),
        written => Err(Refusal { stage: "wake", why: format!("machine-id took {written} bytes") }),
    }
}

/// In hexadecimal. Where code is emulated a table is faster than what formats all there is.
fn id_line(id: [u8; 16]) -> [u8; NO_ID.len()] {
    let mut line = [b'\n'; NO_ID.len()];
    for (at, byte) in id.into_iter().enumerate() {
        line[2 * at] = DIGITS[usize::from(byte >> 4)];
        line[2 * at + 1] = DIGITS[usize::from(byte & 15)];
    }
    line
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
fn reseed(device: &OwnedFd, seed: &[u8; 32]) -> std::io::Result<()> {
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
pub(super) fn bound_processes(processes_max: u64) -> Result<(), Refusal> {
    let now = u64::from(rustix::system::sysinfo().procs);
    let all = now.saturating_add(processes_max);
    super::write("/proc/sys/kernel/threads-max", &all.to_string())
}
