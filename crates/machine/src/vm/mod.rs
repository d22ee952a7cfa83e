//! A machine with a kernel of its own, made by QEMU from a template.
//!
//! ```text
//! template: image, guest ─► boot ─► asleep ─► kept            once, seconds
//! start:    folders on a disk, template ─► awake ─► Ready     for each task, a moment
//! call:     as in the jail: the same guest, the same stream
//! a spare:  template ─► awake ─► rehearsed ┄┄► folders on its disk ─► Ready
//! stop:     what was written ─► records ─► upper layers on the host ─► QEMU dies
//! ```
//! There is no network card, and no folder of the host is reachable: the folders are copies.
//! A VM that can't start says why; it never becomes a jail.

mod erofs;
mod error;
mod hardware;
mod monitor;
mod probe;
mod qemu;
pub(crate) mod rebuild;
mod shares;
mod spare;
mod sparse;
mod template;

pub use error::{CollectError, VmError};
pub use hardware::{Hardware, Speed};
pub use probe::{VmReport, probe_vm};
pub use qemu::VmPrograms;
pub use rebuild::RebuildError;
pub use spare::VmSpare;
pub use template::forget as forget_templates;

use crate::image::Image;
use crate::jail::stream::{self, Heard, Stream};
use crate::jail::{
    CallError, Connections, Feed, Happening, JailShare, Processes, StartError, connections, judge,
    last_words, prepare as folders, spawner, watch,
};
use crate::limits::{LAST_WORD_WAIT, START_WAIT, STOP_WAIT};
use crate::machine::{Answer, Machine};
use crate::system;
use monitor::Monitor;
use rebuild::{Rebuild, Spool};
use rustix::fs::{Mode, OFlags, RenameFlags};
use std::fs;
use std::io::{self, Write};
use std::os::unix::net::UnixStream as StdUnixStream;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};
use tokio::net::UnixStream;
use tokio::net::unix::OwnedReadHalf;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use wire::{
    Doors, GENERATION, Limits, Output, PlacedFile, Reply, Request, Setup, System, ToGuest, Wake,
};

/// What a VM is to be.
#[derive(Debug, Clone)]
pub struct VmSpec {
    /// The task's own folder on the host; it exists. What was written in the machine lands in
    /// `upper/NAME/upper` in it when the machine stops, and is there again at the next start.
    pub dir: PathBuf,
    /// Our static guest program; the one that reads documents is beside it.
    pub guest: PathBuf,
    /// The folder of an image.
    pub image: PathBuf,
    /// Where templates are kept.
    pub templates: PathBuf,
    pub shares: Vec<JailShare>,
    pub limits: Limits,
    pub hardware: Hardware,
    pub programs: VmPrograms,
    /// `None`: nothing in the machine leads to the host.
    pub doors: Option<Doors>,
    /// For every program in it.
    pub environment: Vec<(String, String)>,
    /// Texts for the view, below `/etc` and `/home`, as in `JailSpec`.
    pub files: Vec<PlacedFile>,
}

/// A running VM. Dropping it kills it, and what was written since the last `collect` is lost.
#[derive(Debug)]
pub struct Vm {
    stream: Arc<Stream>,
    processes: Arc<Processes>,
    dir: PathBuf,
    /// Names of the shares whose changes come home.
    writable: Vec<String>,
    /// Until somebody takes them.
    connections: Mutex<Option<Connections>>,
    /// Reader, writer, diagnostics and watch; they end with the machine.
    _tasks: Mutex<JoinSet<()>>,
}

impl Vm {
    /// Makes a machine. Until it stands, nothing foreign has run.
    pub async fn start(spec: &VmSpec) -> Result<Self, StartError> {
        let copy = spec.clone();
        let (parts, greeting, nonce) = blocking(move || prepare(&copy)).await??;
        let woken = begin(spec, parts, Some(greeting)).await?;
        finish(spec, woken, nonce, START_WAIT).await
    }

    /// As `Jail::connections`.
    pub fn connections(&self) -> Option<Connections> {
        self.connections.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// As `Jail::call`.
    pub async fn call(
        &self,
        request: Request,
        happened: impl Fn(Happening) + Send,
    ) -> Result<Reply, CallError> {
        self.stream.call(request, None, happened).await
    }

    /// As `Jail::call_fed`.
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

    /// Brings what was written home, so that it survives the machine. What still runs is ended.
    /// Each share is replaced as a whole or not at all; the first that fails ends it.
    pub async fn collect(&self) -> Result<(), CollectError> {
        for name in &self.writable {
            self.collect_share(name).await?;
        }
        Ok(())
    }

    async fn collect_share(&self, name: &str) -> Result<(), CollectError> {
        let upper = self.dir.join("upper").join(name);
        let store = |source| CollectError::Store { name: name.into(), source };
        let spool = Mutex::new(Spool::new(&upper).map_err(store)?);
        let complaint = Mutex::new(Vec::new());
        let heard = |happening| match happening {
            Happening::Output(Output::Stdout(bytes)) => {
                spool.lock().unwrap_or_else(PoisonError::into_inner).push(&bytes);
            }
            Happening::Output(Output::Stderr(bytes)) => {
                let mut complaint = complaint.lock().unwrap_or_else(PoisonError::into_inner);
                if complaint.len() < crate::limits::WHY_CHARS_MAX {
                    complaint.extend(bytes);
                }
            }
            Happening::Progress { .. } => {}
        };
        let reply = self.stream.call(Request::Upper { share: name.into() }, None, heard).await;
        let unread =
            |why: &str| CollectError::Unread { name: name.into(), why: stream::plain(why) };
        match reply {
            Err(error) => {
                return Err(CollectError::Gone { name: name.into(), why: error.to_string() });
            }
            Ok(Reply::Exited { code: 0, .. }) => {}
            Ok(Reply::Failed { why, .. }) => return Err(unread(&why)),
            Ok(Reply::Exited { .. } | Reply::Result { .. }) => {
                let complaint = complaint.into_inner().unwrap_or_else(PoisonError::into_inner);
                return Err(unread(&String::from_utf8_lossy(&complaint)));
            }
        }
        let spool = spool.into_inner().unwrap_or_else(PoisonError::into_inner);
        let owned = name.to_owned();
        let stored = tokio::task::spawn_blocking(move || replace(&owned, &upper, spool)).await;
        stored.unwrap_or_else(|error| Err(store(io::Error::other(error))))
    }

    /// Brings what was written home, kills the machine, and waits until it is gone. The machine is
    /// gone also where something is said to have failed; `ended` says it too then.
    pub async fn stop(&self) -> Result<(), CollectError> {
        let collected = match self.stream.ended() {
            None => self.collect().await,
            Some(why) => match self.writable.first() {
                Some(name) => Err(CollectError::Gone { name: name.clone(), why }),
                None => Ok(()),
            },
        };
        if let Err(error) = &collected {
            self.stream.end(error.to_string());
        }
        self.stream.end("it was stopped");
        self.processes.kill();
        let _ = tokio::time::timeout(STOP_WAIT, self.processes.wait()).await;
        collected
    }
}

impl Machine for Vm {
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

    fn save(&self) -> Answer<'_, Result<(), CollectError>> {
        Box::pin(self.collect())
    }

    fn stop(&self) -> Answer<'_, Result<(), CollectError>> {
        Box::pin(self.stop())
    }
}

impl Drop for Vm {
    fn drop(&mut self) {
        self.stream.end("it was stopped");
        self.processes.kill();
    }
}

/// What is heard of a machine.
struct Ends {
    read: OwnedReadHalf,
    monitor: StdUnixStream,
    diagnostics: io::PipeReader,
}

/// Reader, writer, watch and diagnostics.
fn attend(
    stream: &Arc<Stream>,
    processes: &Arc<Processes>,
    ends: Ends,
    dir: PathBuf,
) -> JoinSet<()> {
    let Ends { read, monitor, diagnostics } = ends;
    let mut tasks = JoinSet::new();
    let (s, p) = (Arc::clone(stream), Arc::clone(processes));
    tasks.spawn(async move {
        match s.hear_all(read).await {
            Heard::Offence(why) => s.end(why),
            Heard::Gone(why) => {
                let word = tokio::time::timeout(LAST_WORD_WAIT, monitor::last_word(monitor));
                s.end(word.await.ok().flatten().map_or(why, String::from));
            }
        }
        p.kill();
    });
    let s = Arc::clone(stream);
    tasks.spawn(async move { s.write_rest().await });
    tasks.spawn(watch::diagnostics(diagnostics, dir.join("guest.log")));
    tasks.spawn(watch::room(dir, Arc::clone(stream), Arc::clone(processes)));
    tasks
}

/// What QEMU takes to begin where a template fell asleep.
struct Sleeping {
    parts: qemu::Parts,
    state: fs::File,
}

/// A machine that runs again, and has heard who it is.
#[derive(Debug)]
struct Woken {
    processes: Arc<Processes>,
    stream: StdUnixStream,
    monitor: StdUnixStream,
    diagnostics: io::PipeReader,
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, StartError> {
    let gone = |error| StartError::Spawn { source: io::Error::other(error) };
    tokio::task::spawn_blocking(work).await.map_err(gone)
}

/// What blocks: puts the folders on a disk, and finds the template or makes it.
fn prepare(spec: &VmSpec) -> Result<(Sleeping, Vec<u8>, u64), StartError> {
    check(spec)?;
    let image = open_image(spec)?;
    let shares = shares::prepare(spec)?;
    let disk = shares::disk(&spec.dir, &shares)?;
    let sleeping = parts(spec, &image, &spec.dir, &disk)?;
    let (greeting, nonce) = greeting(spec, &shares)?;
    Ok((sleeping, greeting, nonce))
}

fn open_image(spec: &VmSpec) -> Result<Image, VmError> {
    Image::open(&spec.image).map_err(|source| VmError::Image { path: spec.image.clone(), source })
}

/// `dir` is where the machine's own disk grows.
fn parts(
    spec: &VmSpec,
    image: &Image,
    dir: &Path,
    shares: &fs::File,
) -> Result<Sleeping, StartError> {
    let template = template::find(spec, image)?;
    let failed = |source| StartError::TaskFolder { path: dir.into(), source };
    let shares = shares::read_only(shares).map_err(failed)?;
    let parts = template.parts(image, dir, shares).map_err(failed)?;
    let state = template.state().map_err(failed)?;
    Ok(Sleeping { parts, state })
}

/// What the guest is told after who it is, and the number it must echo.
fn greeting(spec: &VmSpec, shares: &[shares::Prepared]) -> Result<(Vec<u8>, u64), StartError> {
    let failed = |why: String| StartError::Spawn { source: io::Error::other(why) };
    let nonce = getrandom::u64().map_err(|error| failed(error.to_string()))?;
    let setup = ToGuest::Setup(Setup {
        generation: GENERATION,
        nonce,
        host_namespaces: Vec::new(),
        shares: shares.iter().map(|share| share.view.clone()).collect(),
        // What is written there is on the machine's own disk.
        upper: Vec::new(),
        limits: spec.limits,
        doors: spec.doors.clone(),
        environment: spec.environment.clone(),
        // All of it can be written, on the machine's own disk, and goes with the machine.
        system: System::Layered { layers: 0 },
        programs: Vec::new(),
        files: spec.files.clone(),
    });
    Ok((wire::encode(&setup).map_err(|error| failed(error.to_string()))?, nonce))
}

/// Starts QEMU and wakes the machine. Without a greeting it rehearses, and waits for one.
async fn begin(
    spec: &VmSpec,
    sleeping: Sleeping,
    greeting: Option<Vec<u8>>,
) -> Result<Woken, StartError> {
    let spawn_failed = |source| StartError::Spawn { source };
    let Sleeping { parts, state } = sleeping;
    let (programs, hardware) = (spec.programs.clone(), spec.hardware);
    // From here on every way out kills what was started, also when nobody waits any more.
    let start = move || {
        let started = qemu::start(&programs, &hardware, parts)?;
        let qemu::Started { child, stream, monitor, facts, diagnostics } = started;
        Ok((Processes::new(child, facts), stream, monitor, diagnostics))
    };
    let started = spawner::on_spawner(start).await;
    let started = started.unwrap_or_else(|| Err(io::Error::other("the spawner is gone")));
    let (processes, stream, monitor, diagnostics) = started.map_err(spawn_failed)?;
    match blocking(move || wake(monitor, stream, &state, greeting.as_deref())).await? {
        Ok((monitor, stream)) => {
            Ok(Woken { processes: Arc::new(processes), stream, monitor, diagnostics })
        }
        Err(error) => Err(restore_failed(&processes, diagnostics, error.to_string()).await.into()),
    }
}

/// Ends what was started. What it said itself is the better word.
async fn restore_failed(
    processes: &Processes,
    diagnostics: io::PipeReader,
    why: String,
) -> VmError {
    processes.kill();
    processes.wait().await;
    let said = last_words(diagnostics);
    VmError::Restore { why: if said.is_empty() { why } else { said } }
}

/// Waits until the machine stands as it was told to.
async fn finish(spec: &VmSpec, woken: Woken, nonce: u64, wait: Duration) -> Result<Vm, StartError> {
    let Woken { processes, stream, monitor, diagnostics } = woken;
    let halves = UnixStream::from_std(stream).map(UnixStream::into_split);
    let (mut read, write) = halves.map_err(|source| StartError::Spawn { source })?;
    let message = match tokio::time::timeout(wait, stream::receive(&mut read)).await {
        Err(_) => return Err(StartError::Silent { seconds: wait.as_secs() }),
        Ok(Err(why)) => {
            return Err(restore_failed(&processes, diagnostics, why).await.into());
        }
        Ok(Ok(message)) => message,
    };
    judge(message, nonce).map_err(|error| match error {
        StartError::Unready { stage, why } => VmError::Unready { stage, why }.into(),
        other => other,
    })?;
    processes.learn_first();
    let (taker, connections) = connections(spec.doors.is_some());
    let stream = Arc::new(Stream::new(spec.limits.output_bytes_max, write, taker));
    let ends = Ends { read, monitor, diagnostics };
    let tasks = attend(&stream, &processes, ends, spec.dir.clone());
    let writable = spec.shares.iter().filter(|share| share.writable);
    let writable = writable.map(|share| share.name.clone()).collect();
    let dir = spec.dir.clone();
    let (connections, tasks) = (Mutex::new(connections), Mutex::new(tasks));
    Ok(Vm { stream, processes, dir, writable, connections, _tasks: tasks })
}

fn check(spec: &VmSpec) -> Result<(), StartError> {
    if !spec.programs.bwrap.is_file() {
        return Err(StartError::BwrapMissing { path: spec.programs.bwrap.clone() });
    }
    folders::programs(&spec.guest)?;
    system::check_files(&spec.files).map_err(|source| StartError::System { source })?;
    Ok(spec.programs.check()?)
}

/// Loads the template's state and tells the guest who it is now. The guest hears it when it runs.
fn wake(
    monitor: StdUnixStream,
    mut stream: StdUnixStream,
    state: &fs::File,
    greeting: Option<&[u8]>,
) -> io::Result<(StdUnixStream, StdUnixStream)> {
    let mut monitor = Monitor::new(monitor)?;
    monitor.load(state)?;
    let mut seed = [0; 32];
    let mut machine_id = [0; 16];
    for chance in [&mut seed[..], &mut machine_id[..]] {
        getrandom::fill(chance).map_err(|error| io::Error::other(error.to_string()))?;
    }
    #[expect(clippy::disallowed_methods, reason = "the machine is told the time, at the edge")]
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let (now_seconds, now_nanos) = (now.as_secs(), now.subsec_nanos());
    let wake = Wake { now_seconds, now_nanos, seed, machine_id, rehearse: greeting.is_none() };
    let mut said = wire::encode(&wake).map_err(io::Error::other)?;
    said.extend_from_slice(greeting.unwrap_or_default());
    stream.write_all(&said)?;
    stream.set_nonblocking(true)?;
    Ok((monitor.into_socket(), stream))
}

/// Puts what the records say in the place of the upper layer that is there, at once.
fn replace(name: &str, upper: &Path, spool: Spool) -> Result<(), CollectError> {
    let store = |source: io::Error| CollectError::Store { name: name.into(), source };
    let next = upper.join("next");
    crate::jail::clear(&next).map_err(store)?;
    fs::create_dir(&next).map_err(store)?;
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let root = rustix::fs::open(&next, flags, Mode::empty()).map_err(|e| store(e.into()))?;
    let reader = spool.into_reader().map_err(store)?;
    if let Err(error) = Rebuild::new(root).read(reader) {
        let _ = crate::jail::clear(&next);
        let name = name.to_owned();
        return Err(match error {
            RebuildError::Disk(source) => CollectError::Store { name, source },
            source => CollectError::Hostile { name, source },
        });
    }
    let now = upper.join("upper");
    let (at, exchange) = (rustix::fs::CWD, RenameFlags::EXCHANGE);
    rustix::fs::renameat_with(at, &next, at, &now, exchange).map_err(|e| store(e.into()))?;
    // The old layer; what is left of it is removed at the next time.
    let _ = crate::jail::clear(&next);
    Ok(())
}
