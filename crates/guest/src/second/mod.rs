//! The second user: whom programs become that refuse to be root, such as a database.
//!
//! ```text
//! start    namespace made, its two maps held open   before the view is sealed
//! locked   a process in it listens at SOCKET        the locks of all programs, no capability
//! asked    `su postgres`: 0 is called 105 there     by the map's one line, for good
//! later    every other name is that user too
//! call     what was asked ends with the call, and what was not heard yet is dropped
//! ```
//! On the host it is the machine's one user all the time; only the number that programs see is
//! another. A user namespace gives whoever enters it every capability in it, so programs may not
//! enter: they ask the process that is in it, which has none left and starts what they want.

mod ask;
mod asked;
mod inits;
mod serve;

pub use ask::become_user;

use crate::environment::Pair;
use crate::filter::{self, Pretended};
use crate::init::{At, Refusal};
use crate::lock;
use crate::view::{self, HOST};
use rustix::fs::{Mode, OFlags};
use rustix::pipe::PipeFlags;
use rustix::process::{DumpableBehavior, Pid, Signal, WaitOptions};
use rustix::thread::{CapabilitySet, LinkNameSpaceType};
use serde::{Deserialize, Serialize};
use std::fs;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixListener;
use std::path::Path;

/// The programs that ask, by the names under which scripts know them.
pub const NAMES: [&str; 12] = [
    "su",
    "runuser",
    "sudo",
    "setpriv",
    "gosu",
    "su-exec",
    "service",
    "systemctl",
    "pg_createcluster",
    "pg_ctlcluster",
    "pg_dropcluster",
    "pg_upgradecluster",
];

/// Where they are found, before those of the system.
pub(crate) const PROGRAMS: &str = "/programs/.legwork/bin";

/// What every program is given, each pair with a zero byte behind it. In a folder of the view that
/// nothing foreign can write in.
const ENVIRONMENT: &str = "/programs/.legwork/environment";

/// Where the process in the namespace listens.
const SOCKET: &str = "/run/second-user";

/// What is asked of it. With it come stdin, stdout, stderr and the folder to start in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Wanted {
    uid: u32,
    gid: u32,
    program: Vec<u8>,
    /// With the name that the program is called by: a login shell knows itself by it.
    argv: Vec<Vec<u8>>,
    environment: Vec<(Vec<u8>, Vec<u8>)>,
    umask: u32,
    /// The group of the process that asks: a signal for it is for the program too.
    group: i32,
}

/// What it answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
enum Told {
    /// `uid` is whom it runs as: the first that was asked for. `group`: it is in the asker's.
    Started {
        pid: i32,
        uid: u32,
        group: bool,
    },
    /// The last word: the code, or 128 and the signal.
    Ended(u8),
    Refused(String),
}

/// What is in the namespace, as the guest knows it.
#[derive(Debug)]
pub(crate) struct Second {
    /// Outlives calls.
    pub(crate) pid: Pid,
    listener: UnixListener,
}

impl Second {
    /// Sends away whoever still waits to be heard. They are all dead: what they asked for belongs
    /// to the call that has ended.
    pub(crate) fn drop_waiting(&self) {
        while self.listener.accept().is_ok() {}
    }
}

/// Leaves what every program is given where a login finds it: nothing of its caller's is kept then.
pub(crate) fn leave_environment(pairs: &[Pair]) -> Result<(), Refusal> {
    let lines = pairs.iter().map(|(name, value)| format!("{name}={value}\0"));
    fs::write(ENVIRONMENT, lines.collect::<String>()).at("second user", ENVIRONMENT)
}

/// A user namespace of the machine's own whose users have no numbers yet.
#[derive(Debug)]
pub(crate) struct Namespace {
    itself: OwnedFd,
    uids: OwnedFd,
    gids: OwnedFd,
}

impl Namespace {
    /// Needs the capabilities of the start, and the counter of namespaces as it was.
    pub(crate) fn make() -> Result<Self, Refusal> {
        // Whoever may look into this process may open its child's namespace; nobody else is here.
        rustix::process::set_dumpable_behavior(DumpableBehavior::Dumpable)
            .at("second user", "dumpable")?;
        // A mount of its own: what is open for writing would keep /proc from being sealed.
        let proc = Path::new(HOST).join("proc");
        fs::create_dir(&proc).at("second user", "/host/proc")?;
        rustix::mount::mount_bind("/proc", &proc).at("second user", "/host/proc")?;
        let (wait, done) = rustix::pipe::pipe_with(PipeFlags::CLOEXEC).at("second user", "pipe")?;
        let (heard, word) =
            rustix::pipe::pipe_with(PipeFlags::CLOEXEC).at("second user", "pipe")?;
        let flags = libc::CLONE_NEWUSER | libc::SIGCHLD;
        // SAFETY: like fork, and the guest has one thread, so the child may use all that it could.
        #[expect(unsafe_code, reason = "no safe interface makes a process in a new user namespace")]
        let pid = unsafe { libc::syscall(libc::SYS_clone, flags, 0, 0, 0, 0) };
        if pid == 0 {
            // The counters are those of whoever opens them.
            let refusal = view::forbid_namespaces().err();
            let why = refusal.as_ref().map(|refusal| refusal.why.as_bytes());
            let _ = rustix::io::write(&word, why.unwrap_or_default());
            drop((done, word));
            let _ = rustix::io::read(&wait, &mut [0; 1]);
            serve::leave(0);
        }
        drop(word);
        let holder = i32::try_from(pid).ok().filter(|pid| *pid > 0).and_then(Pid::from_raw);
        let failed = || Err::<Pid, _>(std::io::Error::last_os_error());
        let holder = holder.map_or_else(failed, Ok).at("second user", "clone")?;
        let mut said = [0; 256];
        let refused = rustix::io::read(&heard, &mut said).at("second user", "pipe")?;
        let of = proc.join(holder.as_raw_pid().to_string());
        let open = |file: &str, flags| {
            let opened = rustix::fs::open(of.join(file), flags | OFlags::CLOEXEC, Mode::empty());
            opened.at("second user", file)
        };
        let made = (|| {
            // As the kernel demands of whoever names one group; an ordinary user's has it already.
            let _ = fs::write(of.join("setgroups"), "deny");
            if refused > 0 {
                let why = String::from_utf8_lossy(&said[..refused]).into_owned();
                return Err(Refusal { stage: "second user", why });
            }
            Ok(Self {
                itself: open("ns/user", OFlags::RDONLY)?,
                uids: open("uid_map", OFlags::WRONLY)?,
                gids: open("gid_map", OFlags::WRONLY)?,
            })
        })();
        let _ = rustix::process::kill_process(holder, Signal::KILL);
        let _ = rustix::process::waitpid(Some(holder), WaitOptions::empty());
        made
    }

    /// Starts the process that is asked. It has the locks so far, and takes the rest at once. Its
    /// number is not killed with what a call leaves behind.
    pub(crate) fn serve(self, pretended: Pretended) -> Result<Second, Refusal> {
        let listener = UnixListener::bind(SOCKET).at("second user", SOCKET)?;
        listener.set_nonblocking(true).at("second user", SOCKET)?;
        let (heard, word) =
            rustix::pipe::pipe_with(PipeFlags::CLOEXEC).at("second user", "pipe")?;
        // SAFETY: the guest has one thread, so the child may use everything the parent could.
        #[expect(unsafe_code, reason = "a copy of the guest; executing anew costs more")]
        let forked = unsafe { libc::fork() };
        if forked == 0 {
            let entered = self.enter(pretended);
            let refusal = entered.as_ref().err().map(|refusal| refusal.why.as_str());
            let _ = rustix::io::write(&word, refusal.unwrap_or_default().as_bytes());
            if entered.is_err() {
                serve::leave(1);
            }
            drop(word);
            serve::serve(listener, self.uids, self.gids)
        }
        drop(word);
        let failed = || Err::<Pid, _>(std::io::Error::last_os_error());
        let pid = Pid::from_raw(forked).filter(|_| forked > 0).map_or_else(failed, Ok);
        let pid = pid.at("second user", "fork")?;
        let mut said = [0; 256];
        match rustix::io::read(&heard, &mut said).at("second user", "pipe")? {
            0 => Ok(Second { pid, listener }),
            bytes => {
                let why = String::from_utf8_lossy(&said[..bytes]).into_owned();
                Err(Refusal { stage: "second user", why })
            }
        }
    }

    fn enter(&self, pretended: Pretended) -> Result<(), Refusal> {
        let kind = Some(LinkNameSpaceType::User);
        rustix::thread::move_into_link_name_space(std::os::fd::AsFd::as_fd(&self.itself), kind)
            .at("second user", "setns")?;
        lock::keep_capabilities(CapabilitySet::empty())?;
        lock::hide()?;
        filter::install(pretended)
    }
}
