//! A user namespace that knows every user of the host, for machines that root starts.
//!
//! An ordinary user's machine knows that user alone, and `bwrap` makes its namespace. Root's
//! folders may hold files of anybody, so root's machine must know them all. Yet nothing in it may
//! be the host's root: the kernel lets that id write its settings and exempts it from the limit on
//! processes. So the machine's user 0 is an id that owns nothing, and the host's 0 is an ordinary
//! id in the machine.

use std::fs;
use std::io::{self, Error};
use std::os::fd::{AsRawFd, OwnedFd};

/// The id that the machine's user 0 has on the host, where the host's ids reach so far.
const NOBODY: u64 = 2_147_480_000;

/// Ids `start..end` that exist where the daemon runs.
type Extent = (u64, u64);

/// A user namespace, and the process that holds it. To be dropped when someone else is in it:
/// taking leave of a process may have to wait for it.
#[derive(Debug)]
pub(crate) struct Namespace {
    pub(crate) fd: OwnedFd,
    _holder: Holder,
}

/// The namespace, or `None` where the daemon is not root or knows one id only.
pub(crate) fn namespace() -> io::Result<Option<Namespace>> {
    if !rustix::process::geteuid().is_root() {
        return Ok(None);
    }
    let uids = swapped(&extents(&fs::read_to_string("/proc/self/uid_map")?));
    let gids = swapped(&extents(&fs::read_to_string("/proc/self/gid_map")?));
    let (Some(uids), Some(gids)) = (uids, gids) else { return Ok(None) };
    let holder = Holder::start()?;
    let of = |file: &str| format!("/proc/{}/{file}", holder.pid);
    fs::write(of("uid_map"), uids)?;
    fs::write(of("gid_map"), gids)?;
    let fd = fs::File::open(of("ns/user"))?.into();
    Ok(Some(Namespace { fd, _holder: holder }))
}

fn extents(map: &str) -> Vec<Extent> {
    let number = |text: Option<&str>| text.and_then(|t| t.parse::<u64>().ok());
    let extent = |line: &str| {
        let mut fields = line.split_whitespace();
        let start = number(fields.next())?;
        let count = number(fields.nth(1))?;
        Some((start, start + count))
    };
    map.lines().filter_map(extent).collect()
}

/// The map that leaves every id as it is but swaps 0 with one that owns nothing.
fn swapped(extents: &[Extent]) -> Option<String> {
    let other = match extents.iter().find(|(start, end)| (*start..*end).contains(&NOBODY)) {
        Some(_) => NOBODY,
        // The last but one: the last id of a range is often "nobody", which does own things.
        None => extents.iter().map(|(_, end)| end.saturating_sub(3)).max()?,
    };
    let has = |id| extents.iter().any(|(start, end)| (*start..*end).contains(&id));
    if other == 0 || !has(0) || !has(other) {
        return None;
    }
    let mut map = format!("0 {other} 1\n{other} 0 1\n");
    for &(start, end) in extents {
        let mut from = start;
        for special in [0, other] {
            if (from..end).contains(&special) {
                push(&mut map, from, special);
                from = special + 1;
            }
        }
        push(&mut map, from, end);
    }
    Some(map)
}

fn push(map: &mut String, start: u64, end: u64) {
    if start < end {
        map.push_str(&format!("{start} {start} {}\n", end - start));
    }
}

/// A process that only exists to hold the namespace until someone else has it open.
#[derive(Debug)]
pub(crate) struct Holder {
    pid: libc::pid_t,
    /// The process reads until this is closed.
    _done: OwnedFd,
}

impl Holder {
    fn start() -> io::Result<Self> {
        let (wait, done) = rustix::pipe::pipe_with(rustix::pipe::PipeFlags::CLOEXEC)?;
        let flags = libc::CLONE_NEWUSER | libc::SIGCHLD;
        // SAFETY: like fork. The child makes system calls only: no lock of another thread matters.
        #[expect(unsafe_code, reason = "no safe interface makes a process in a new user namespace")]
        let pid = unsafe {
            let pid = libc::syscall(libc::SYS_clone, flags, 0, 0, 0, 0);
            if pid == 0 {
                libc::close(done.as_raw_fd());
                let mut byte = [0_u8; 1];
                libc::read(wait.as_raw_fd(), byte.as_mut_ptr().cast(), 1);
                libc::_exit(0);
            }
            pid
        };
        match libc::pid_t::try_from(pid) {
            Ok(pid) if pid > 0 => Ok(Self { pid, _done: done }),
            _ => Err(Error::last_os_error()),
        }
    }
}

impl Drop for Holder {
    fn drop(&mut self) {
        if let Some(pid) = rustix::process::Pid::from_raw(self.pid) {
            let _ = rustix::process::kill_process(pid, rustix::process::Signal::KILL);
            let _ = rustix::process::waitpid(Some(pid), rustix::process::WaitOptions::empty());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{extents, swapped};

    #[test]
    fn zero_and_an_unused_id_change_places() {
        let map = |own: &str| swapped(&extents(own));
        let whole =
            "0 2147480000 1\n2147480000 0 1\n1 1 2147479999\n2147480001 2147480001 2147487294\n";
        assert_eq!(map("         0          0 4294967295\n").as_deref(), Some(whole));
        let small = "0 65533 1\n65533 0 1\n1 1 65532\n65534 65534 2\n";
        assert_eq!(map("0 100000 65536\n").as_deref(), Some(small));
        assert_eq!(map("0 1000 1\n"), None);
    }
}
