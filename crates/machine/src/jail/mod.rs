//! A machine made by `bwrap` and finished by our guest.
//!
//! ```text
//! start: prepare folders → bwrap (namespaces, binds) → guest: Setup → view, locks → Ready
//! spare: bwrap → guest waits … → Setup → view, locks → Ready      for who can't wait for bwrap
//! call:  Call ─► … Output, Progress … ─► Ended         many at once, by id
//! door:  Opened ─► Bytes both ways … ─► Closed         many at once, by channel
//! end:   stop, drop, offence, no room, host gone       the pid namespace dies as one
//! ```
//! The guest is hostile from `Ready` on, and not believed before either.

mod bwrap;
mod channels;
mod clear;
mod error;
mod feed;
mod frames;
mod lanes;
mod orphans;
mod owners;
pub(crate) mod prepare;
mod spare;
pub(crate) mod spawner;
pub(crate) mod stream;
#[cfg(test)]
mod tests;
pub(crate) mod watch;

pub use channels::{ChannelStream, Connection, Connections};
pub use clear::clear;
pub use error::{CallError, StartError};
pub use feed::Feed;
pub use orphans::end_orphans;
pub use spare::{Spare, SpareSpec};
pub use watch::no_room;

use crate::limits::{DIAGNOSTIC_BYTES_MAX, START_WAIT, STOP_WAIT};
use crate::machine::{Answer, Machine};
use crate::system::{self, Root, Stack, System};
use crate::vm::CollectError;
use rustix::event::{PollFd, PollFlags, Timespec};
use rustix::process::{Pid, PidfdFlags, Signal};
use std::fs;
use std::io::{self, Read};
use std::os::fd::OwnedFd;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::Child;
use std::sync::{Arc, PoisonError};
use std::time::Duration;
use stream::Stream;
use tokio::net::UnixStream;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use wire::{
    CHANNELS_MAX, Doors, FromGuest, GENERATION, Limits, Output, PlacedFile, Reply, Request, Setup,
    ShareView, ToGuest,
};

/// What a machine is to be.
#[derive(Debug, Clone)]
pub struct JailSpec {
    /// The task's own folder on the host; it exists. What is written in the machine lands in
    /// `upper/NAME/upper` in it, and stays there between starts.
    pub dir: PathBuf,
    /// Our static guest program; the one that reads documents is beside it.
    pub guest: PathBuf,
    pub shares: Vec<JailShare>,
    pub limits: Limits,
    pub bwrap: PathBuf,
    /// `None`: nothing in the machine leads to the host.
    pub doors: Option<Doors>,
    /// For every program in it.
    pub environment: Vec<(String, String)>,
    pub root: Root,
    pub system: System,
    /// Folders of the host with programs, each with a `bin`. Shown read-only at `/programs/NAME`,
    /// by their last name, and looked into first.
    pub programs: Vec<PathBuf>,
    /// Texts for the view, below `/etc` and `/home`: what the host's own programs are configured
    /// with, without secrets.
    pub files: Vec<PlacedFile>,
}

/// A folder of the host and the name it has in the machine.
#[derive(Debug, Clone)]
pub struct JailShare {
    pub name: String,
    pub host: PathBuf,
    pub writable: bool,
}

/// What is heard of a call before its reply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Happening {
    Output(Output),
    /// `total` is 0 when unknown.
    Progress {
        done: u64,
        total: u64,
    },
}

/// A running machine. Dropping it kills everything in it.
#[derive(Debug)]
pub struct Jail {
    stream: Arc<Stream>,
    processes: Arc<Processes>,
    /// Until somebody takes them.
    connections: std::sync::Mutex<Option<Connections>>,
    /// Reader, writer, diagnostics and watch; they end with the machine.
    _tasks: JoinSet<()>,
}

impl Jail {
    /// Makes a machine. Until it stands, nothing foreign has run.
    pub async fn start(spec: &JailSpec) -> Result<Self, StartError> {
        let copy = spec.clone();
        let launched = spawner::on_spawner(move || launch(&copy)).await;
        let (started, nonce) = launched.unwrap_or_else(|| Err(spawner_gone()))?;
        let bwrap::Started { processes, link } = started;
        Self::finish(spec, processes, link, nonce, START_WAIT).await
    }

    /// The guest has its setup: waits for its answer. On failure nothing of it is left.
    async fn finish(
        spec: &JailSpec,
        processes: Processes,
        link: bwrap::Link,
        nonce: u64,
        wait: Duration,
    ) -> Result<Self, StartError> {
        let bwrap::Link { stream, diagnostics } = link;
        let halves = UnixStream::from_std(stream).map(UnixStream::into_split);
        let (mut read, write) = halves.map_err(|source| StartError::Spawn { source })?;
        let answered = match tokio::time::timeout(wait, stream::receive(&mut read)).await {
            Err(_) => Err(StartError::Silent { seconds: wait.as_secs() }),
            Ok(Err(why)) => {
                processes.kill();
                processes.wait().await;
                return Err(refused(diagnostics, &why));
            }
            Ok(Ok(message)) => judge(message, nonce),
        };
        if let Err(error) = answered {
            processes.kill();
            processes.wait().await;
            return Err(error);
        }
        processes.learn_first();
        let processes = Arc::new(processes);
        let (taker, connections) = connections(spec.doors.is_some());
        let stream = Arc::new(Stream::new(spec.limits.output_bytes_max, write, taker));
        let mut tasks = JoinSet::new();
        let (s, p) = (Arc::clone(&stream), Arc::clone(&processes));
        tasks.spawn(async move {
            s.read_all(read).await;
            p.kill();
        });
        let s = Arc::clone(&stream);
        tasks.spawn(async move { s.write_rest().await });
        let room = watch::room(spec.dir.clone(), Arc::clone(&stream), Arc::clone(&processes));
        tasks.spawn(room);
        tasks.spawn(watch::diagnostics(diagnostics, spec.dir.join("guest.log")));
        let connections = std::sync::Mutex::new(connections);
        Ok(Self { stream, processes, connections, _tasks: tasks })
    }

    /// What programs open through the machine's doors: once, for who takes care of all of them.
    /// `None`: taken already, or there are no doors. Nobody is let in before.
    pub fn connections(&self) -> Option<Connections> {
        self.connections.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// Asks for something and waits for its reply. Dropping the future cancels the call. While its
    /// caller does not take what happened, the whole machine waits.
    pub async fn call(
        &self,
        request: Request,
        happened: impl Fn(Happening) + Send,
    ) -> Result<Reply, CallError> {
        self.stream.call(request, None, happened).await
    }

    /// As `call`, for a program that is fed while it runs.
    pub async fn call_fed(
        &self,
        request: Request,
        feed: mpsc::Receiver<Feed>,
        happened: impl Fn(Happening) + Send,
    ) -> Result<Reply, CallError> {
        self.stream.call(request, Some(feed), happened).await
    }

    /// Why the machine has ended, if it has.
    pub fn ended(&self) -> Option<String> {
        self.stream.ended()
    }

    /// Waits until the machine ends by itself, and says why.
    pub async fn wait_end(&self) -> String {
        self.stream.wait_end().await;
        self.stream.ended().unwrap_or_default()
    }

    /// Kills everything in the machine and waits until it is gone: after that nothing writes to the
    /// task's folder any more. Calls that still wait are told that it was stopped.
    pub async fn stop(&self) {
        self.stream.end("it was stopped");
        self.processes.kill();
        self.processes.wait().await;
    }
}

impl Machine for Jail {
    fn call<'a>(
        &'a self,
        request: Request,
        feed: Option<mpsc::Receiver<Feed>>,
        happened: &'a (dyn Fn(Happening) + Send + Sync),
    ) -> Answer<'a, Result<Reply, CallError>> {
        Box::pin(self.stream.call(request, feed, happened))
    }

    fn connections(&self) -> Option<Connections> {
        self.connections()
    }

    fn ended(&self) -> Option<String> {
        self.ended()
    }

    fn wait_end(&self) -> Answer<'_, String> {
        Box::pin(self.wait_end())
    }

    /// What is written lies on the host already.
    fn save(&self) -> Answer<'_, Result<(), CollectError>> {
        Box::pin(std::future::ready(Ok(())))
    }

    fn stop(&self) -> Answer<'_, Result<(), CollectError>> {
        Box::pin(async move {
            self.stop().await;
            Ok(())
        })
    }
}

impl Drop for Jail {
    fn drop(&mut self) {
        self.stream.end("it was stopped");
        self.processes.kill();
    }
}

/// The two ends of what tells of connections, where there are doors.
pub(crate) fn connections(
    has_doors: bool,
) -> (Option<mpsc::Sender<Connection>>, Option<Connections>) {
    let ends = has_doors.then(|| mpsc::channel(CHANNELS_MAX));
    ends.map(|(taker, taken)| (taker, Connections(taken))).unzip()
}

/// What blocks: looks at the folders and starts `bwrap`. On the spawner's thread. Returns what the
/// guest must echo.
fn launch(spec: &JailSpec) -> Result<(bwrap::Started, u64), StartError> {
    let shares = prepare::prepare(spec)?;
    let stack = system::prepare(spec).map_err(|source| StartError::System { source })?;
    let views = shares.iter().map(|share| share.view.clone()).collect();
    let (greeting, nonce) = greeting(spec, &stack, views, b"upper".into())?;
    let binds = bwrap::binds_of(spec, &shares, &stack);
    let root = stack.tree.as_deref().unwrap_or(Path::new("/"));
    Ok((bwrap::start(&spec.bwrap, &spec.guest, root, &binds, &greeting)?, nonce))
}

/// The setup as a frame, and what the guest must echo.
fn greeting(
    spec: &JailSpec,
    stack: &Stack,
    shares: Vec<ShareView>,
    upper: Vec<u8>,
) -> Result<(Vec<u8>, u64), StartError> {
    let spawn_failed = |why: String| StartError::Spawn { source: io::Error::other(why) };
    let nonce = getrandom::u64().map_err(|error| spawn_failed(error.to_string()))?;
    let setup = ToGuest::Setup(Setup {
        generation: GENERATION,
        nonce,
        host_namespaces: namespaces(),
        shares,
        upper,
        limits: spec.limits,
        doors: spec.doors.clone(),
        environment: spec.environment.clone(),
        system: stack.wire(),
        programs: stack.programs.iter().map(|(name, _)| name.clone()).collect(),
        files: spec.files.clone(),
    });
    let greeting = wire::encode(&setup).map_err(|error| spawn_failed(error.to_string()))?;
    Ok((greeting, nonce))
}

fn spawner_gone() -> StartError {
    StartError::Spawn { source: io::Error::other("the spawner is gone") }
}

fn namespaces() -> Vec<u64> {
    let inode = |name| fs::metadata(format!("/proc/self/ns/{name}")).ok().map(|found| found.ino());
    ["user", "mnt", "pid", "net", "ipc", "uts"].into_iter().filter_map(inode).collect()
}

pub(crate) fn judge(message: FromGuest, nonce: u64) -> Result<(), StartError> {
    match message {
        FromGuest::Ready { generation, .. } if generation != GENERATION => {
            Err(StartError::Generation)
        }
        FromGuest::Ready { nonce: echoed, .. } if echoed == nonce => Ok(()),
        FromGuest::Unready { stage, why } => {
            let (stage, why) = (stream::plain(&stage), stream::plain(&why));
            Err(match stage.as_str() {
                "generation" => StartError::Generation,
                "replaced" => StartError::ShareReplaced { name: why },
                "overlay" => {
                    let (name, why) = why.split_once(": ").unwrap_or(("", &why));
                    StartError::OverlayRefused { name: name.into(), why: why.into() }
                }
                "system" => StartError::SystemRefused { why },
                _ => StartError::Unready { stage, why },
            })
        }
        FromGuest::Ready { .. }
        | FromGuest::Output { .. }
        | FromGuest::Progress { .. }
        | FromGuest::Ended { .. }
        | FromGuest::InputCredit { .. }
        | FromGuest::Opened { .. }
        | FromGuest::Bytes { .. }
        | FromGuest::Credit { .. }
        | FromGuest::Closed { .. } => {
            let why = "the guest did not answer the setup".into();
            Err(StartError::Unready { stage: "start".into(), why })
        }
    }
}

/// What `bwrap` said when it gave up. It is gone by then.
fn refused(diagnostics: io::PipeReader, why: &str) -> StartError {
    let said = last_words(diagnostics);
    StartError::Refused { why: if said.is_empty() { why.to_owned() } else { said } }
}

/// What a program that is gone wrote to its stderr.
pub(crate) fn last_words(diagnostics: io::PipeReader) -> String {
    let mut said = Vec::new();
    if rustix::io::ioctl_fionbio(&diagnostics, true).is_ok() {
        let _ = diagnostics.take(DIAGNOSTIC_BYTES_MAX as u64).read_to_end(&mut said);
    }
    stream::plain(String::from_utf8_lossy(&said).trim())
}

/// The processes of a machine as the host sees them: `bwrap`, and the guest below it.
#[derive(Debug)]
pub(crate) struct Processes {
    child: std::sync::Mutex<Child>,
    first: std::sync::OnceLock<OwnedFd>,
    /// Where `bwrap` writes which process the guest is. It is open as long as `bwrap` lives: one
    /// that cannot write gives up, and what it has forked waits for it forever.
    facts: io::PipeReader,
}

impl Processes {
    /// `child` leads a process group of its own.
    pub(crate) fn new(child: Child, facts: io::PipeReader) -> Self {
        Self { child: std::sync::Mutex::new(child), first: std::sync::OnceLock::new(), facts }
    }

    /// `bwrap` wrote which process the guest is, before the guest could answer anything.
    pub(crate) fn learn_first(&self) {
        let mut text = [0; 512];
        let read = (&self.facts).read(&mut text).unwrap_or(0);
        let facts = serde_json::from_slice::<serde_json::Value>(&text[..read]).unwrap_or_default();
        let pid = facts.get("child-pid").and_then(serde_json::Value::as_i64);
        let pid = pid.and_then(|pid| Pid::from_raw(i32::try_from(pid).ok()?));
        if let Some(first) =
            pid.and_then(|p| rustix::process::pidfd_open(p, PidfdFlags::empty()).ok())
        {
            let _ = self.first.set(first);
        }
    }

    /// Kills the first process, and with it the whole pid namespace. `bwrap` ends after it. Before
    /// the first process is known, the group of `bwrap` is killed: what it has just forked would
    /// wait for it forever.
    pub(crate) fn kill(&self) {
        let killed = self
            .first
            .get()
            .is_some_and(|first| rustix::process::pidfd_send_signal(first, Signal::KILL).is_ok());
        if !killed && let Ok(mut child) = self.child.lock() {
            if let Ok(None) = child.try_wait() {
                let _ = rustix::process::kill_process_group(Pid::from_child(&child), Signal::KILL);
            }
            let _ = child.kill();
        }
    }

    /// Waits until `bwrap` and the guest are gone.
    pub(crate) async fn wait(&self) {
        let own = self.child.lock().ok().and_then(|child| {
            let pid = Pid::from_raw(i32::try_from(child.id()).ok()?)?;
            rustix::process::pidfd_open(pid, PidfdFlags::empty()).ok()
        });
        let first = self.first.get().and_then(|first| first.try_clone().ok());
        let pidfds: Vec<OwnedFd> = [first, own].into_iter().flatten().collect();
        let wait = move || {
            for pidfd in &pidfds {
                let mut fds = [PollFd::new(pidfd, PollFlags::IN)];
                let _ = rustix::event::poll(&mut fds, Timespec::try_from(STOP_WAIT).ok().as_ref());
            }
        };
        let _ = tokio::task::spawn_blocking(wait).await;
        if let Ok(mut child) = self.child.lock() {
            let _ = child.try_wait();
        }
    }
}

impl Drop for Processes {
    fn drop(&mut self) {
        self.kill();
        let Ok(child) = self.child.get_mut() else { return };
        if matches!(child.try_wait(), Ok(Some(_))) {
            return;
        }
        // Killed a moment ago; a blocking wait here would hold up the runtime.
        let Some(pid) = i32::try_from(child.id()).ok().and_then(Pid::from_raw) else { return };
        let _ = std::thread::Builder::new().name("reaper".into()).spawn(move || {
            let _ = rustix::process::waitpid(Some(pid), rustix::process::WaitOptions::empty());
        });
    }
}
