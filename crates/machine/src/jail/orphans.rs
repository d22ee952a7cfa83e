//! Ends what waits for a host that was killed.
//!
//! A machine dies with its host. In the first moments of its start there is one exception: `bwrap`
//! has forked, and its other half waits for a word that nobody will say any more.

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, PidfdFlags, Signal};
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// How long one that was killed may take to be gone.
const DYING: Timespec = Timespec { tv_sec: 1, tv_nsec: 0 };

/// Kills every `bwrap` that was to show something of `place`, or was started for it, and says how
/// many. Only for who owns that place alone, while no machine stands in it.
pub fn end_orphans(place: &Path) -> usize {
    let real = fs::canonicalize(place);
    let places = [Some(place), real.as_deref().ok()];
    let mut ended = 0;
    // One may have forked when the list was past its child; a killed one forks no more. So the list
    // is whole when nothing on it had to be killed.
    loop {
        let killed = pids().filter(|pid| end(*pid, &places)).count();
        if killed == 0 {
            return ended;
        }
        ended += killed;
    }
}

fn pids() -> impl Iterator<Item = Pid> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    entries.filter_map(|entry| Pid::from_raw(entry.file_name().to_str()?.parse().ok()?))
}

fn end(pid: Pid, places: &[Option<&Path>]) -> bool {
    // First held, then looked at: a number may be given to another in between.
    let Ok(held) = rustix::process::pidfd_open(pid, PidfdFlags::empty()) else { return false };
    is_for(pid, places)
        && rustix::process::pidfd_send_signal(&held, Signal::KILL).is_ok()
        && poll(&mut [PollFd::new(&held, PollFlags::IN)], Some(&DYING)).is_ok_and(|gone| gone > 0)
}

fn is_for(pid: Pid, places: &[Option<&Path>]) -> bool {
    let about = Path::new("/proc").join(pid.as_raw_nonzero().to_string());
    fs::read(about.join("comm")).is_ok_and(|name| name == b"bwrap\n")
        && fs::read(about.join("cmdline")).is_ok_and(|line| {
            let mut words = line.split(|byte| *byte == 0);
            words.any(|word| {
                let word = Path::new(std::ffi::OsStr::from_bytes(word));
                places.iter().flatten().any(|place| word.starts_with(place))
            })
        })
}
