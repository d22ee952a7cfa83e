//! Processes as the host sees them, and a host that can be killed.

#![expect(clippy::disallowed_methods, reason = "tests start processes")]

use crate::yard::PLACE;
use std::fs;
use std::path::Path;

/// Processes of the whole computer whose command line holds `mark`.
pub(crate) fn processes(mark: &str) -> Vec<i32> {
    let entries = fs::read_dir("/proc").expect("/proc is there").flatten();
    let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok());
    let holds = |pid: &i32| {
        fs::read(format!("/proc/{pid}/cmdline"))
            .is_ok_and(|line| line.windows(mark.len()).any(|part| part == mark.as_bytes()))
    };
    pids.filter(holds).collect()
}

/// Waits until the process is gone; false after ten seconds.
pub(crate) fn is_gone_soon(pid: i32) -> bool {
    let Some(pid) = rustix::process::Pid::from_raw(pid) else { return true };
    let Ok(pidfd) = rustix::process::pidfd_open(pid, rustix::process::PidfdFlags::empty()) else {
        return true;
    };
    let mut fds = [rustix::event::PollFd::new(&pidfd, rustix::event::PollFlags::IN)];
    let wait = rustix::event::Timespec { tv_sec: 10, tv_nsec: 0 };
    rustix::event::poll(&mut fds, Some(&wait)).is_ok_and(|ready| ready > 0)
}

/// Starts one test of this program as a process of its own, told `mark`, with its yards in `place`.
/// The mark is in its command line too: what it forks is found by it even before it is a program.
pub(crate) fn itself(test: &str, mark: &str, place: &Path) -> std::process::Child {
    std::process::Command::new(std::env::current_exe().expect("a program knows itself"))
        .args(["--exact", test, "--nocapture", "--skip", mark])
        .env("LEGWORK_TEST_MARK", mark)
        .env(PLACE, place)
        .stdout(std::process::Stdio::null())
        .spawn()
        .expect("it started once already")
}

pub(crate) fn is_named(pid: i32, name: &str) -> bool {
    fs::read_to_string(format!("/proc/{pid}/comm")).is_ok_and(|comm| comm.trim() == name)
}
