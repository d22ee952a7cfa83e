//! The loop of the first process: hears calls, starts them, passes on what they print, reaps.
//!
//! One thread, one `poll`. It never waits for a single call, and reads from what it runs only while
//! the host takes what was read before.

use crate::call::{Call, Refused, Stop};
use crate::clock;
use crate::doors::Doorway;
use crate::environment::Pair;
use crate::limits::{
    ARGS_BYTES_MAX, CALLS_MAX, DOORS_BYTES_HIGH, KILL_ROUNDS_MAX, OUTBOUND_BYTES_HIGH,
};
use crate::second::Second;
use crate::signals;
use crate::stream::Stream;
use crate::vm::Layers;
use rustix::event::{PollFd, PollFlags, Timespec};
use rustix::process::{Pid, Signal, WaitOptions};
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::os::fd::OwnedFd;
use std::process::ExitCode;
use wire::{FailKind, FromGuest, Limits, Reply, Request, ToGuest};

#[derive(Debug)]
struct Server {
    stream: Stream,
    signals: OwnedFd,
    limits: Limits,
    environment: Vec<Pair>,
    doors: Option<Doorway>,
    calls: Vec<Call>,
    /// The upper layers that lie in the machine, by the names of their shares.
    layers: Option<Layers>,
    second: Option<Second>,
    /// Args that came so far for tool calls that are still to come.
    parts: BTreeMap<u32, String>,
}

/// What the start made that calls and programs need.
#[derive(Debug)]
pub(crate) struct Kept {
    pub(crate) environment: Vec<Pair>,
    pub(crate) doors: Option<Doorway>,
    /// Where they lie in the machine.
    pub(crate) layers: Option<Layers>,
    pub(crate) second: Option<Second>,
}

/// Serves until the host is gone or speaks nonsense; the end of this process ends the machine.
pub(crate) fn serve(stream: Stream, limits: &Limits, kept: Kept) -> ExitCode {
    let started = stream.unblock().and_then(|()| signals::descriptor(&[libc::SIGCHLD]));
    let Ok(signals) = started else { return ExitCode::from(7) };
    let Kept { environment, doors, layers, second } = kept;
    let mut server = Server {
        stream,
        signals,
        limits: *limits,
        environment,
        doors,
        calls: Vec::new(),
        layers,
        second,
        parts: BTreeMap::new(),
    };
    loop {
        if server.turn().is_err() {
            return ExitCode::SUCCESS;
        }
    }
}

/// What a poll found.
#[derive(Debug)]
struct Found {
    stream: PollFlags,
    signals: bool,
    doors: bool,
    /// Index of the call, and of its pipe.
    pipes: Vec<(usize, usize)>,
}

impl Server {
    fn turn(&mut self) -> io::Result<()> {
        let found = self.wait()?;
        for (call, pipe) in found.pipes {
            self.calls[call].happened(pipe, &mut self.stream)?;
        }
        if let Some(doors) = self.doors.as_mut().filter(|_| found.doors) {
            doors.turn(&mut self.stream)?;
        }
        if found.signals {
            self.reap()?;
        }
        let now = clock::now();
        for call in &mut self.calls {
            if call.deadline().is_some_and(|deadline| deadline <= now) {
                call.stop(Stop::Timeout);
            }
        }
        if found.stream.intersects(PollFlags::IN | PollFlags::HUP | PollFlags::ERR) {
            self.stream.fill()?;
            while let Some(message) = self.stream.next()? {
                self.hear(message)?;
            }
        }
        self.stream.flush()
    }

    fn wait(&self) -> io::Result<Found> {
        let backed_up = self.stream.waiting_bytes() > OUTBOUND_BYTES_HIGH;
        let mut wanted = PollFlags::IN;
        if self.stream.waiting_bytes() > 0 {
            wanted |= PollFlags::OUT;
        }
        let mut fds =
            vec![PollFd::new(&self.stream, wanted), PollFd::new(&self.signals, PollFlags::IN)];
        let doors = self.doors.as_ref();
        let doors = doors.filter(|_| self.stream.waiting_bytes() <= DOORS_BYTES_HIGH);
        fds.extend(doors.map(|d| PollFd::from_borrowed_fd(d.as_poll_fd(), PollFlags::IN)));
        let first_pipe = fds.len();
        let mut pipes = Vec::new();
        for (index, call) in self.calls.iter().enumerate().filter(|_| !backed_up) {
            for (pipe, fd, flags) in call.pipes() {
                fds.push(PollFd::from_borrowed_fd(fd, flags));
                pipes.push((index, pipe));
            }
        }
        let now = clock::now();
        let left = self.calls.iter().filter_map(Call::deadline).min();
        let left = left.map(|deadline| deadline.saturating_duration_since(now));
        let left = left.and_then(|left| Timespec::try_from(left).ok());
        match rustix::event::poll(&mut fds, left.as_ref()) {
            Ok(_) => {}
            Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
        let ready = fds[first_pipe..].iter().zip(pipes).filter(|(fd, _)| !fd.revents().is_empty());
        Ok(Found {
            stream: fds[0].revents(),
            signals: !fds[1].revents().is_empty(),
            doors: first_pipe > 2 && !fds[2].revents().is_empty(),
            pipes: ready.map(|(_, pipe)| pipe).collect(),
        })
    }

    fn hear(&mut self, message: ToGuest) -> io::Result<()> {
        match message {
            ToGuest::Setup(_) => Err(io::Error::other("a second setup")),
            ToGuest::Part { id, args } => {
                let gathered = self.parts.values().map(String::len).sum::<usize>();
                if gathered + args.len() > ARGS_BYTES_MAX {
                    return Err(io::Error::other("more args than a call may have"));
                }
                self.parts.entry(id).or_default().push_str(&args);
                Ok(())
            }
            ToGuest::Call { id, request } => self.hear_call(id, request),
            ToGuest::Cancel { id } => {
                self.parts.remove(&id);
                if let Some(call) = self.calls.iter_mut().find(|call| call.id == id) {
                    call.stop(Stop::Cancelled);
                }
                Ok(())
            }
            message => self.hear_more(message),
        }
    }

    /// What belongs to a call that runs or to a connection; either may have ended meanwhile.
    fn hear_more(&mut self, message: ToGuest) -> io::Result<()> {
        let Self { calls, doors, stream, .. } = self;
        match message {
            ToGuest::Input { id, bytes } => {
                running(calls, id).map_or(Ok(()), |call| call.hear_input(&bytes, stream))
            }
            ToGuest::InputEnd { id } => {
                running(calls, id).map_or(Ok(()), |call| call.hear_input_end(stream))
            }
            ToGuest::Resize { id, terminal } => {
                if let Some(call) = running(calls, id) {
                    call.resize(terminal);
                }
                Ok(())
            }
            message => {
                let doors = doors.as_mut().ok_or_else(|| io::Error::other("there are no doors"))?;
                match message {
                    ToGuest::Bytes { channel, bytes } => doors.hear_bytes(channel, &bytes, stream),
                    ToGuest::Credit { channel, bytes } => doors.hear_credit(channel, bytes),
                    ToGuest::Closed { channel, half } => doors.hear_closed(channel, half, stream),
                    _ => Err(io::Error::other("the host does not say this here")),
                }
            }
        }
    }

    fn hear_call(&mut self, id: u32, request: Request) -> io::Result<()> {
        let runs_programs = matches!(request, Request::Exec(_));
        match self.start(id, request) {
            Ok(call) => {
                self.calls.push(call);
                if let Some(second) = self.second.as_ref().filter(|_| runs_programs) {
                    let _ = rustix::process::kill_process(second.pid, Signal::CONT);
                }
                // While it started, nothing told of another one's end.
                self.reap()
            }
            Err((kind, why)) => {
                let reply = Reply::Failed { kind, why };
                self.stream.send(&FromGuest::Ended { id, reply })
            }
        }
    }

    fn start(&mut self, id: u32, request: Request) -> Result<Call, Refused> {
        let first = self.parts.remove(&id);
        if self.calls.len() >= CALLS_MAX {
            return Err((FailKind::Limit, "too many calls at once".into()));
        }
        match request {
            Request::Exec(exec) => {
                Call::start_program(id, &exec, &self.environment, self.limits.output_bytes_max)
            }
            Request::Tool { tool, args, timeout_ms } => {
                let args = match first {
                    Some(first) => first + &args,
                    None => args,
                };
                Call::start_tool(id, tool, &args, timeout_ms)
            }
            Request::Upper { share } => {
                // Nothing may write while it is read.
                self.calls.iter_mut().for_each(|call| call.stop(Stop::Cancelled));
                kill_rest(self.second.as_ref());
                let layer = self.layers.as_ref().and_then(|layers| layers.open(&share));
                let none = || (FailKind::Path, "no layer of that name lies here".to_owned());
                let unread = |error: io::Error| (FailKind::Path, format!("{share}: {error}"));
                Call::start_upper(id, &layer.ok_or_else(none)?.map_err(unread)?)
            }
        }
    }

    /// Takes leave of every process that ended: the leaders of calls, and orphans.
    fn reap(&mut self) -> io::Result<()> {
        let mut info = [0; 128];
        let _ = rustix::io::read(&self.signals, &mut info);
        while let Some(pid) = ended() {
            let index = self.calls.iter().position(|call| call.leader == pid);
            // What a program left behind in its group ends with it, while the number is still its.
            if let Some(index) = index {
                self.calls[index].kill();
            }
            let status = rustix::process::waitpid(Some(pid), WaitOptions::NOHANG);
            // Whoever asks for it now is told so, and does not wait.
            self.second.take_if(|second| second.pid == pid);
            if let (Some(index), Ok(Some((_, status)))) = (index, status) {
                let call = self.calls.swap_remove(index);
                call.finish(status, &mut self.stream)?;
                if self.calls.is_empty() {
                    kill_rest(self.second.as_ref());
                    if let Some(doors) = &mut self.doors {
                        doors.let_go();
                    }
                }
            }
        }
        Ok(())
    }
}

fn running(calls: &mut [Call], id: u32) -> Option<&mut Call> {
    calls.iter_mut().find(|call| call.id == id)
}

/// A child that has ended and was not taken leave of yet.
fn ended() -> Option<Pid> {
    // SAFETY: waitid fills the structure, which is valid when zeroed.
    #[expect(unsafe_code, reason = "the safe interface does not tell whose status it is")]
    let pid = unsafe {
        let mut info: libc::siginfo_t = std::mem::zeroed();
        let options = libc::WEXITED | libc::WNOHANG | libc::WNOWAIT;
        if libc::waitid(libc::P_ALL, 0, &raw mut info, options) != 0 {
            return None;
        }
        info.si_pid()
    };
    Pid::from_raw(pid)
}

/// While no call runs, nothing foreign does: what left its group ends here.
fn kill_rest(second: Option<&Second>) {
    let Some(second) = second else { return signal_all(libc::SIGKILL) };
    kill_all_but(second.pid);
    second.drop_waiting();
}

fn kill_all_but(spared: Pid) {
    // The kernel's word for all knows no exception. What is stopped makes no more processes, and
    // what was made or woken between the stopping and the list is in the next round's list.
    let mut killed = BTreeSet::new();
    for _ in 0..KILL_ROUNDS_MAX {
        signal_all(libc::SIGSTOP);
        let Ok(found) = others(spared) else { break };
        let before = killed.len();
        for pid in found {
            if killed.insert(pid.as_raw_nonzero()) {
                let _ = rustix::process::kill_process(pid, Signal::KILL);
            }
        }
        // The spared one stays stopped until the next call: nobody is there to watch it.
        if killed.len() == before {
            return;
        }
    }
    signal_all(libc::SIGKILL);
}

fn signal_all(signal: i32) {
    // SAFETY: a plain system call; -1 means everything in this pid namespace but the caller.
    #[expect(unsafe_code, reason = "the safe interface has no word for every process")]
    unsafe {
        libc::kill(-1, signal);
    }
}

/// Every process of the machine but the first and `spared`.
fn others(spared: Pid) -> io::Result<Vec<Pid>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir("/proc")? {
        let pid = entry?.file_name().to_str().and_then(|name| name.parse().ok());
        let pid = pid.and_then(Pid::from_raw);
        found.extend(pid.filter(|pid| !pid.is_init() && *pid != spared));
    }
    Ok(found)
}
