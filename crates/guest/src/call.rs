//! One running call: its processes, their pipes, and how it ends.
//!
//! A program is executed; a tool is a child of the guest that runs the tool's code, so that a
//! document which breaks a parser breaks that child. Both lead a process group of their own.

use crate::environment::{self, Pair};
use crate::input::Input;
use crate::limits::{
    CHUNK_BYTES, COMPLAINT_BYTES_MAX, DRAIN_READS_MAX, PART_BYTES, PROGRESS_EVERY_MS,
    RESULT_BYTES_MAX, TIMEOUT_MS_MAX,
};
use crate::stream::{Stream, close_from, take_frame};
use crate::{clock, signals, terminal, tools, vm};
use rustix::event::PollFlags;
use rustix::io::Errno;
use rustix::pipe::PipeFlags;
use rustix::process::{Pid, Signal, WaitStatus};
use serde::{Deserialize, Serialize};
use std::cell::Cell;
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::os::unix::process::CommandExt;
use std::process::Stdio;
use std::time::{Duration, Instant};
use wire::{Exec, ExecInput, FailKind, FromGuest, GuestTool, Output, Reply};

/// Why the guest killed a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stop {
    Timeout,
    Cancelled,
}

/// What a tool's process tells the guest.
#[derive(Debug, Serialize, Deserialize)]
enum Said {
    Progress { done: u64, total: u64 },
    Part(String),
    Done(String),
    Failed(FailKind, String),
}

#[derive(Debug)]
enum Kind {
    /// Output still allowed, and output that was not.
    Program {
        left: u64,
        dropped: u64,
    },
    Tool {
        said: Vec<u8>,
        complaint: Vec<u8>,
        reply: Option<Reply>,
    },
}

#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) id: u32,
    pub(crate) leader: Pid,
    timeout: Duration,
    deadline: Instant,
    stop: Option<Stop>,
    kind: Kind,
    /// stdout and stderr of a program, or its terminal; what is said and the complaint of a tool.
    pipes: [Option<OwnedFd>; 2],
    input: Option<Input>,
}

/// The pipes of a program, or its terminal, and where its input goes.
type Ends = ([Option<OwnedFd>; 2], Option<Input>);

/// The number of what is no output: the pipe that input goes to.
const INPUT: usize = 2;

/// A call that could not start.
pub(crate) type Refused = (FailKind, String);

const FOLDERS: [&str; 3] = ["/folders", "/home", "/tmp"];

impl Call {
    /// `environment` is that of all programs.
    pub(crate) fn start_program(
        id: u32,
        exec: &Exec,
        environment: &[Pair],
        output_max: u64,
    ) -> Result<Self, Refused> {
        let inside = FOLDERS.iter().any(|top| {
            exec.folder == *top || exec.folder.strip_prefix(top).is_some_and(|r| r.starts_with('/'))
        });
        if !inside || exec.folder.split('/').any(|part| part == "..") {
            let why = format!("{} is not a folder that a program may start in", exec.folder);
            return Err((FailKind::Path, why));
        }
        if !std::path::Path::new(&exec.folder).is_dir() {
            return Err((FailKind::Path, format!("{} is not a folder", exec.folder)));
        }
        let Some((program, args)) = exec.argv.split_first() else {
            return Err((FailKind::Arguments, "no program is named".into()));
        };
        environment::check(&exec.environment).map_err(|why| (FailKind::Arguments, why))?;
        #[expect(clippy::disallowed_methods, reason = "this is where programs start")]
        let mut command = std::process::Command::new(program);
        let own = environment.iter().chain(&exec.environment);
        command.args(args).env_clear().envs(own.map(|(name, value)| (name, value)));
        let (pipes, input) = connect(&mut command, exec)?;
        // Entered here and not by the child: then nothing of the guest has to be copied for it.
        std::env::set_current_dir(&exec.folder)
            .map_err(|error| (FailKind::Path, format!("{}: {error}", exec.folder)))?;
        let child = signals::while_unblocked(|| command.spawn());
        let _ = std::env::set_current_dir("/");
        let child = child.map_err(|error| match error.raw_os_error() {
            Some(libc::EAGAIN | libc::ENOMEM) => too_many(&error),
            _ => (FailKind::Arguments, format!("{program} could not be started: {error}")),
        })?;
        let leader = Pid::from_child(&child);
        let left = exec.output_bytes_max(output_max);
        let kind = Kind::Program { left, dropped: 0 };
        Ok(Self { input, ..Self::new(id, leader, exec.timeout_ms, kind, pipes) })
    }

    pub(crate) fn start_tool(
        id: u32,
        tool: GuestTool,
        args: &str,
        timeout_ms: u64,
    ) -> Result<Self, Refused> {
        let (said, said_end) = pipe()?;
        let (complaint, complaint_end) = pipe()?;
        // SAFETY: the guest has one thread, so the child may use everything the parent could.
        #[expect(unsafe_code, reason = "a tool is a copy of the guest; executing anew costs more")]
        let forked = unsafe { libc::fork() };
        match forked {
            -1 => Err(too_many(&io::Error::last_os_error())),
            0 => run_tool(tool, args, &said_end, &complaint_end),
            child => {
                let leader = Pid::from_raw(child).ok_or((FailKind::Bug, "no pid".to_owned()))?;
                // The child does the same; whoever comes first.
                let _ = rustix::process::setpgid(Some(leader), Some(leader));
                let kind = Kind::Tool { said: Vec::new(), complaint: Vec::new(), reply: None };
                Ok(Self::new(id, leader, timeout_ms, kind, [Some(said), Some(complaint)]))
            }
        }
    }

    /// Sends an upper layer home, from a child: it may take a while.
    pub(crate) fn start_upper(id: u32, upper: &OwnedFd) -> Result<Self, Refused> {
        let (records, records_end) = pipe()?;
        let (complaint, complaint_end) = pipe()?;
        // SAFETY: the guest has one thread, so the child may use everything the parent could.
        #[expect(unsafe_code, reason = "the layer is open in the guest and has no path")]
        let forked = unsafe { libc::fork() };
        match forked {
            -1 => Err(too_many(&io::Error::last_os_error())),
            0 => {
                let _ = rustix::process::setpgid(None, None);
                signals::unblock();
                let sent = vm::send_upper(upper, &records_end);
                if let Err(error) = &sent {
                    let _ = rustix::io::write(&complaint_end, error.to_string().as_bytes());
                }
                leave(i32::from(sent.is_err()))
            }
            child => {
                let leader = Pid::from_raw(child).ok_or((FailKind::Bug, "no pid".to_owned()))?;
                let _ = rustix::process::setpgid(Some(leader), Some(leader));
                let kind = Kind::Program { left: u64::MAX, dropped: 0 };
                Ok(Self::new(id, leader, TIMEOUT_MS_MAX, kind, [Some(records), Some(complaint)]))
            }
        }
    }

    fn new(id: u32, leader: Pid, timeout_ms: u64, kind: Kind, pipes: [Option<OwnedFd>; 2]) -> Self {
        let timeout = Duration::from_millis(timeout_ms.min(TIMEOUT_MS_MAX));
        let deadline = clock::now() + timeout;
        Self { id, leader, timeout, deadline, stop: None, kind, pipes, input: None }
    }

    /// When the guest must look again; `None` once it has killed the call.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        self.stop.is_none().then_some(self.deadline)
    }

    pub(crate) fn stop(&mut self, stop: Stop) {
        self.stop.get_or_insert(stop);
        self.kill();
    }

    pub(crate) fn kill(&self) {
        let _ = rustix::process::kill_process_group(self.leader, Signal::KILL);
    }

    /// What to wait for at which pipe.
    pub(crate) fn pipes(&self) -> impl Iterator<Item = (usize, BorrowedFd<'_>, PollFlags)> {
        let output = self.pipes.iter().enumerate();
        let output =
            output.filter_map(|(n, pipe)| Some((n, pipe.as_ref()?.as_fd(), PollFlags::IN)));
        let input = self.input.as_ref().and_then(Input::awaited);
        output.chain(input.map(|fd| (INPUT, fd, PollFlags::OUT)))
    }

    /// Something can be done at a pipe.
    pub(crate) fn happened(&mut self, pipe: usize, out: &mut Stream) -> io::Result<()> {
        match &mut self.input {
            Some(input) if pipe == INPUT => input.write(self.id, out),
            _ => self.read(pipe, out).map(drop),
        }
    }

    pub(crate) fn hear_input(&mut self, bytes: &[u8], out: &mut Stream) -> io::Result<()> {
        self.input.as_mut().map_or(Ok(()), |input| input.take(self.id, bytes, out))
    }

    pub(crate) fn hear_input_end(&mut self, out: &mut Stream) -> io::Result<()> {
        self.input.as_mut().map_or(Ok(()), |input| input.end(self.id, out))
    }

    /// Only a program with a terminal has a size to change.
    pub(crate) fn resize(&self, size: wire::Terminal) {
        if let Some(ours) = &self.pipes[0] {
            let _ = terminal::resize(ours, size);
        }
    }

    /// Reads once from a pipe and passes on what came. False: there is nothing now.
    fn read(&mut self, pipe: usize, out: &mut Stream) -> io::Result<bool> {
        let Some(fd) = self.pipes.get(pipe).and_then(Option::as_ref) else { return Ok(false) };
        let mut buffer = [0; CHUNK_BYTES];
        match rustix::io::read(fd, &mut buffer) {
            Ok(0) => self.pipes[pipe] = None,
            Ok(bytes) => {
                self.take(pipe, &buffer[..bytes], out)?;
                return Ok(true);
            }
            Err(Errno::AGAIN | Errno::INTR) => {}
            Err(_) => self.pipes[pipe] = None,
        }
        Ok(false)
    }

    fn take(&mut self, pipe: usize, bytes: &[u8], out: &mut Stream) -> io::Result<()> {
        let id = self.id;
        match &mut self.kind {
            Kind::Program { left, dropped } => {
                let fits = bytes.len().min(usize::try_from(*left).unwrap_or(usize::MAX));
                *left -= fits as u64;
                *dropped += (bytes.len() - fits) as u64;
                if fits == 0 {
                    return Ok(());
                }
                let kept = bytes[..fits].to_vec();
                let output = if pipe == 0 { Output::Stdout(kept) } else { Output::Stderr(kept) };
                out.send(&FromGuest::Output { id, output })
            }
            Kind::Tool { complaint, .. } if pipe == 1 => {
                complaint.extend_from_slice(bytes);
                let over = complaint.len().saturating_sub(COMPLAINT_BYTES_MAX);
                complaint.drain(..over);
                Ok(())
            }
            Kind::Tool { said, reply, .. } => {
                said.extend_from_slice(bytes);
                hear(id, said, reply, out)
            }
        }
    }

    /// The leader has ended: passes on what is left in the pipes, then how the call ended.
    pub(crate) fn finish(mut self, status: WaitStatus, out: &mut Stream) -> io::Result<()> {
        for pipe in 0..self.pipes.len() {
            for _ in 0..DRAIN_READS_MAX {
                if !self.read(pipe, out)? {
                    break;
                }
            }
        }
        let reply = match (self.stop, self.kind) {
            (Some(Stop::Cancelled), _) => {
                Reply::Failed { kind: FailKind::Cancelled, why: "it was cancelled".into() }
            }
            (stop, Kind::Program { dropped, .. }) => Reply::Exited {
                code: exit_code(status),
                timed_out: stop == Some(Stop::Timeout),
                dropped_bytes: dropped,
            },
            (Some(Stop::Timeout), Kind::Tool { .. }) => {
                let why = format!("it took longer than {} s", self.timeout.as_secs_f32());
                Reply::Failed { kind: FailKind::Limit, why }
            }
            (None, Kind::Tool { reply: Some(reply), .. }) => reply,
            (None, Kind::Tool { reply: None, complaint, .. }) => broken(status, &complaint),
        };
        out.send(&FromGuest::Ended { id: self.id, reply })
    }
}

/// Passes on the whole messages of a tool's process. Its last word is kept until it has ended.
fn hear(
    id: u32,
    said: &mut Vec<u8>,
    reply: &mut Option<Reply>,
    out: &mut Stream,
) -> io::Result<()> {
    loop {
        let message = match take_frame(said) {
            Ok(None) => return Ok(()),
            Ok(Some(body)) => wire::decode(&body).ok(),
            Err(_) => None,
        };
        match message {
            Some(Said::Progress { done, total }) => {
                out.send(&FromGuest::Progress { id, done, total })?;
            }
            Some(Said::Part(json)) => {
                let reply = Reply::Result { json, more: true };
                out.send(&FromGuest::Ended { id, reply })?;
            }
            Some(Said::Done(json)) => *reply = Some(Reply::Result { json, more: false }),
            Some(Said::Failed(kind, why)) => *reply = Some(Reply::Failed { kind, why }),
            None => {
                said.clear();
                let why = "the tool's process spoke nonsense".to_owned();
                *reply = Some(Reply::Failed { kind: FailKind::Bug, why });
                return Ok(());
            }
        }
    }
}

fn exit_code(status: WaitStatus) -> i32 {
    status.exit_status().or_else(|| status.terminating_signal().map(|s| 128 + s)).unwrap_or(255)
}

/// What is said of a tool's process that ended without a last word.
fn broken(status: WaitStatus, complaint: &[u8]) -> Reply {
    let complaint = String::from_utf8_lossy(complaint);
    let signal = status.terminating_signal();
    let out_of_memory = complaint.contains("memory allocation of");
    let (kind, why) = match signal {
        _ if out_of_memory => (FailKind::Limit, "it needed more memory than a call may".to_owned()),
        Some(libc::SIGXFSZ) => (FailKind::Limit, "it wrote a larger file than allowed".to_owned()),
        Some(libc::SIGKILL) => {
            (FailKind::Limit, "it was killed, probably out of memory".to_owned())
        }
        _ => {
            let last = complaint.trim().lines().next_back().unwrap_or("no word why");
            (FailKind::Bug, format!("the tool broke ({status:?}): {last}"))
        }
    };
    Reply::Failed { kind, why }
}

fn too_many(error: &io::Error) -> Refused {
    (FailKind::Limit, format!("the machine can start no more processes: {error}"))
}

/// Gives a program its pipes, or its terminal.
fn connect(command: &mut std::process::Command, exec: &Exec) -> Result<Ends, Refused> {
    let no_terminal = |error| (FailKind::Limit, format!("no more terminals: {error}"));
    if let Some(size) = exec.terminal {
        let (ours, theirs) = terminal::open(size).map_err(no_terminal)?;
        let input = match exec.input {
            ExecInput::None => None,
            ExecInput::Stream => Some(Input::terminal(ours.try_clone().map_err(no_terminal)?)),
        };
        terminal::give(command, theirs).map_err(no_terminal)?;
        return Ok(([Some(ours), None], input));
    }
    let (stdout, stdout_end) = pipe()?;
    let (stderr, stderr_end) = pipe()?;
    command.stdout(stdout_end).stderr(stderr_end).process_group(0);
    let input = match exec.input {
        ExecInput::None => {
            command.stdin(Stdio::null());
            None
        }
        ExecInput::Stream => {
            let (theirs, ours) = rustix::pipe::pipe_with(PipeFlags::CLOEXEC)
                .and_then(|ends| rustix::io::ioctl_fionbio(&ends.1, true).map(|()| ends))
                .map_err(|error| (FailKind::Limit, format!("no more open files: {error}")))?;
            command.stdin(theirs);
            Some(Input::pipe(ours))
        }
    };
    Ok(([Some(stdout), Some(stderr)], input))
}

/// A pipe whose reading end never blocks.
fn pipe() -> Result<(OwnedFd, OwnedFd), Refused> {
    let made = rustix::pipe::pipe_with(PipeFlags::CLOEXEC)
        .and_then(|ends| rustix::io::ioctl_fionbio(&ends.0, true).map(|()| ends));
    made.map_err(|error| (FailKind::Limit, format!("no more open files: {error}")))
}

/// The life of a tool's process. Only its two pipes stay open.
fn run_tool(tool: GuestTool, args: &str, said: &OwnedFd, complaint: &OwnedFd) -> ! {
    let said = match own_pipes(said, complaint) {
        Ok(said) => said,
        Err(_) => leave(1),
    };
    let last = Cell::new(clock::now());
    let progress = |done, total| {
        let now = clock::now();
        if now.duration_since(last.get()).as_millis() >= PROGRESS_EVERY_MS || done == total {
            last.set(now);
            say(&said, &Said::Progress { done, total });
        }
    };
    let last_word = match tools::run(tool, args, &progress) {
        Ok(json) if json.len() > RESULT_BYTES_MAX => {
            Said::Failed(FailKind::Limit, "the result is larger than a call may return".into())
        }
        Ok(mut json) => {
            let mut start = 0;
            while json.len() - start > PART_BYTES {
                let end = json.floor_char_boundary(start + PART_BYTES);
                say(&said, &Said::Part(json[start..end].to_owned()));
                start = end;
            }
            Said::Done(json.split_off(start))
        }
        Err((kind, mut why)) => {
            why.truncate(why.floor_char_boundary(PART_BYTES));
            Said::Failed(kind, why)
        }
    };
    say(&said, &last_word);
    leave(0)
}

/// Puts the pipes where they belong and closes all else, the stream to the host first of all.
fn own_pipes(said: &OwnedFd, complaint: &OwnedFd) -> io::Result<OwnedFd> {
    let _ = rustix::process::setpgid(None, None);
    rustix::stdio::dup2_stderr(complaint)?;
    // SAFETY: descriptor 3 is the parent's stream here; this process never uses that owner again
    // and leaves without dropping it.
    #[expect(unsafe_code, reason = "puts the pipe over a descriptor that has an owner elsewhere")]
    let third = unsafe {
        use std::os::fd::FromRawFd;
        if libc::dup3(said.as_raw_fd(), 3, libc::O_CLOEXEC) < 0 {
            return Err(io::Error::last_os_error());
        }
        OwnedFd::from_raw_fd(3)
    };
    close_from(4)?;
    signals::unblock();
    Ok(third)
}

/// Nobody to tell when the guest is gone; it takes its children along.
fn say(pipe: &OwnedFd, said: &Said) {
    let Ok(frame) = wire::encode(said) else { return };
    let mut rest = frame.as_slice();
    while !rest.is_empty() {
        match rustix::io::write(pipe, rest) {
            Ok(bytes) => rest = &rest[bytes..],
            Err(Errno::INTR) => {}
            Err(_) => return,
        }
    }
}

fn leave(code: i32) -> ! {
    // SAFETY: ends the process at once, without the parent's exit handlers.
    #[expect(unsafe_code, reason = "a copy of the guest must not run the guest's exit handlers")]
    unsafe {
        libc::_exit(code)
    }
}
