//! The process that reads foreign documents, and how it is asked.
//!
//! It is a program of its own, `legwork-reader`, so that the guest stays small. Question and
//! answer are frames of four bytes length (little-endian) and JSON, over one socket that is its
//! standard input; whatever a parser prints goes nowhere. It has little memory and time. When it
//! dies, the one question it was at fails with a sentence, and the next one gets a new process.

use super::View;
use super::deadline::Deadline;
use super::describe;
use super::document;
use super::expenses;
use super::failure::Failure;
use super::fetch;
use super::limits;
use super::look;
use documents::check::ExpenseCheck;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::io::{self, Read, Write};
use std::net::Shutdown;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use wire::{FailKind, PathText};

/// What a worker is asked, together with what it may touch.
#[derive(Debug, Serialize, Deserialize)]
struct Question {
    view: View,
    ask: Ask,
}

/// What a worker can do. Each variant holds the arguments of the tool of that name.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Ask {
    Document(document::PathArgs),
    Receipt(document::ReceiptArgs),
    Workbook(document::PathArgs),
    WriteWorkbook(document::WriteArgs),
    WriteDocument(document::ComposeArgs),
    Describe(describe::Look),
    Expenses(ExpenseCheck),
    Fetch(fetch::FetchArgs),
    Search(fetch::SearchArgs),
    Picture(look::Picture),
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Answer<'a> {
    #[serde(borrow)]
    Done(&'a RawValue),
    Failed {
        kind: String,
        why: String,
    },
    /// The last words of a worker: what its panic said.
    Panic(String),
}

/// A worker that is alive, as far as we know.
#[derive(Debug)]
pub(crate) struct Worker {
    child: Child,
    stream: UnixStream,
}

/// Why a worker gave no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Silence {
    /// It could not be started, or died before it was asked.
    Absent(String),
    Panic(String),
    Memory,
    Processor,
    Crashed(String),
    Late(Duration),
    TooLong,
}

impl Silence {
    /// What to say about the document that was asked for.
    pub(crate) fn of_document(&self) -> Failure {
        match self {
            Self::Absent(why) => Failure::bug(format!("the document reader did not start: {why}")),
            Self::Panic(_) | Self::Crashed(_) => {
                Failure::document("the reader broke on it; the file is probably damaged")
            }
            Self::Memory => Failure::limit("reading it needs more memory than a document may"),
            Self::Processor => Failure::limit("reading it takes more time than a document may"),
            Self::Late(time) => {
                Failure::limit(format!("reading it took more than {} s", time.as_secs()))
            }
            Self::TooLong => Failure::limit("it holds more than can be handed on"),
        }
    }
}

/// Asks a worker of its own about `path`.
pub(crate) fn ask<T: DeserializeOwned>(
    view: &View,
    path: &PathText,
    ask: Ask,
    time: Duration,
) -> Result<T, Failure> {
    let about = |mut failure: Failure| {
        failure.why = format!("{path}: {}", failure.why);
        failure
    };
    match Worker::start(view).and_then(|mut worker| worker.ask(view, ask, time)) {
        Ok(Ok(json)) => serde_json::from_str(&json).map_err(|error| {
            Failure::bug(format!("the document reader answered nonsense: {error}"))
        }),
        Ok(Err(failure)) => Err(failure),
        Err(silence) => Err(about(silence.of_document())),
    }
}

impl Worker {
    #[expect(clippy::disallowed_methods, reason = "the one process that the tools start")]
    pub(crate) fn start(view: &View) -> Result<Self, Silence> {
        let (program, args) = &view.worker;
        let start = || -> io::Result<Self> {
            let (ours, its) = UnixStream::pair()?;
            let child = Command::new(program)
                .args(args)
                .stdin(OwnedFd::from(its))
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()?;
            Ok(Self { child, stream: ours })
        };
        start().map_err(|error| Silence::Absent(error.to_string()))
    }

    #[cfg(test)]
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// The answer's JSON, or the tool's failure; the error is that there was none, and the worker
    /// is not to be used again.
    pub(crate) fn ask(
        &mut self,
        view: &View,
        ask: Ask,
        time: Duration,
    ) -> Result<Result<String, Failure>, Silence> {
        let question = Question { view: view.clone(), ask };
        let question =
            serde_json::to_vec(&question).map_err(|error| Silence::Absent(error.to_string()))?;
        let deadline = Deadline::after(time);
        let answered = self
            .write(&question, deadline)
            .and_then(|()| self.read(deadline))
            .map_err(|error| self.silence(&error, time))?;
        match serde_json::from_slice(&answered) {
            Ok(Answer::Done(json)) => Ok(Ok(json.get().to_owned())),
            Ok(Answer::Failed { kind, why }) => Ok(Err(Failure::new(kind_named(&kind), why))),
            Ok(Answer::Panic(why)) => Err(Silence::Panic(why)),
            Err(error) => Err(Silence::Crashed(error.to_string())),
        }
    }

    fn write(&mut self, question: &[u8], deadline: Deadline) -> io::Result<()> {
        let length = u32::try_from(question.len()).map_err(|_| io::ErrorKind::FileTooLarge)?;
        let mut frame = length.to_le_bytes().to_vec();
        frame.extend_from_slice(question);
        let mut rest = &frame[..];
        while !rest.is_empty() {
            let left = deadline.remaining().ok_or(io::ErrorKind::TimedOut)?;
            self.stream.set_write_timeout(Some(left))?;
            let written = self.stream.write(rest)?;
            rest = &rest[written..];
        }
        Ok(())
    }

    fn read(&mut self, deadline: Deadline) -> io::Result<Vec<u8>> {
        let mut prefix = [0; 4];
        self.fill(&mut prefix, deadline)?;
        let length = u32::from_le_bytes(prefix) as usize;
        if length > limits::WORKER_MESSAGE_BYTES_MAX {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        let mut answer = vec![0; length];
        self.fill(&mut answer, deadline)?;
        Ok(answer)
    }

    fn fill(&mut self, mut buffer: &mut [u8], deadline: Deadline) -> io::Result<()> {
        while !buffer.is_empty() {
            let left = deadline.remaining().ok_or(io::ErrorKind::TimedOut)?;
            self.stream.set_read_timeout(Some(left))?;
            match self.stream.read(buffer) {
                Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(length) => buffer = &mut buffer[length..],
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Ends the worker and finds out why it was silent.
    fn silence(&mut self, error: &io::Error, time: Duration) -> Silence {
        use io::ErrorKind::{FileTooLarge, TimedOut, WouldBlock};
        match error.kind() {
            TimedOut | WouldBlock => Silence::Late(time),
            FileTooLarge => Silence::TooLong,
            // Its end of the socket is closed: it is dead or about to be.
            _ => match self.child.wait().map(|status| (status.signal(), status)) {
                // Rust aborts without a word to us when memory runs out.
                Ok((Some(libc::SIGABRT), _)) => Silence::Memory,
                Ok((Some(libc::SIGXCPU), _)) => Silence::Processor,
                Ok((_, status)) => Silence::Crashed(status.to_string()),
                // Process 1 may have reaped it before us.
                Err(error) => Silence::Crashed(error.to_string()),
            },
        }
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        // Both fail only when it is dead already.
        let _ = self.stream.shutdown(Shutdown::Both);
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

const KINDS: [(&str, FailKind); 7] = [
    ("arguments", FailKind::Arguments),
    ("path", FailKind::Path),
    ("view", FailKind::View),
    ("document", FailKind::Document),
    ("limit", FailKind::Limit),
    ("cancelled", FailKind::Cancelled),
    ("bug", FailKind::Bug),
];

fn kind_named(name: &str) -> FailKind {
    KINDS.iter().find(|(word, _)| *word == name).map_or(FailKind::Bug, |(_, kind)| *kind)
}

fn name_of(kind: FailKind) -> String {
    KINDS.iter().find(|(_, other)| *other == kind).map_or("bug", |(word, _)| *word).to_owned()
}

/// The worker's own life: answers questions until nobody asks any more.
pub fn answer_questions() {
    let Ok(input) = rustix::stdio::stdin().try_clone_to_owned() else { return };
    // Without these it is still a process of its own, in the machine's bounds.
    let _ = rustix::process::set_parent_process_death_signal(Some(rustix::process::Signal::KILL));
    bound(rustix::process::Resource::As, limits::WORKER_MEMORY_BYTES);
    bound(rustix::process::Resource::Cpu, limits::WORKER_CPU_S);
    bound(rustix::process::Resource::Core, 0);
    tell_panics();
    let answering =
        std::thread::Builder::new().stack_size(limits::WORKER_STACK_BYTES).spawn(move || {
            let mut stream = UnixStream::from(input);
            while answer_one(&mut stream).is_ok() {}
        });
    if let Ok(answering) = answering {
        // A panic has been told by the hook.
        let _ = answering.join();
    }
}

fn bound(resource: rustix::process::Resource, most: u64) {
    let old = rustix::process::getrlimit(resource);
    let most = old.maximum.map_or(most, |maximum| maximum.min(most));
    let new = rustix::process::Rlimit { current: Some(most), maximum: Some(most) };
    let _ = rustix::process::setrlimit(resource, new);
}

/// Sends what a panic says before the process ends by it.
fn tell_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let why = panic.to_string();
        if let Ok(input) = rustix::stdio::stdin().try_clone_to_owned() {
            let _ = send(&mut UnixStream::from(input), &Answer::Panic(why));
        }
        std::process::exit(101);
    }));
}

fn answer_one(stream: &mut UnixStream) -> io::Result<()> {
    let mut prefix = [0; 4];
    stream.read_exact(&mut prefix)?;
    let mut question = vec![0; u32::from_le_bytes(prefix) as usize];
    stream.read_exact(&mut question)?;
    let answered = serde_json::from_slice(&question)
        .map_err(|error| Failure::arguments(format!("the arguments do not fit: {error}")))
        .and_then(answered);
    let failed =
        |failure: Failure| Answer::Failed { kind: name_of(failure.kind), why: failure.why };
    match &answered {
        Ok(json) => send(stream, &Answer::Done(json)),
        Err(failure) => send(stream, &failed(failure.clone())),
    }
}

fn answered(question: Question) -> Result<Box<RawValue>, Failure> {
    fn json<T: Serialize>(result: &T) -> Result<Box<RawValue>, Failure> {
        serde_json::value::to_raw_value(result)
            .map_err(|error| Failure::bug(format!("the result is no JSON: {error}")))
    }
    let roots = &question.view.roots;
    match question.ask {
        Ask::Document(args) => json(&document::answer_document(roots, &args)?),
        Ask::Receipt(args) => json(&document::answer_receipt(roots, &args)?),
        Ask::Workbook(args) => json(&document::answer_workbook(roots, &args)?),
        Ask::WriteWorkbook(args) => json(&document::answer_write(roots, &args)?),
        Ask::WriteDocument(args) => json(&document::answer_compose(roots, &args)?),
        Ask::Describe(look) => json(&describe::look(roots, &look)),
        Ask::Fetch(args) => json(&fetch::answer_fetch(&question.view, &args)?),
        Ask::Search(args) => json(&fetch::answer_search(&question.view, &args)?),
        Ask::Picture(picture) => json(&look::answer(&picture)?),
        Ask::Expenses(check) => json(&expenses::answer(&question.view, &check)?),
    }
}

fn send(stream: &mut UnixStream, answer: &Answer<'_>) -> io::Result<()> {
    let answer = serde_json::to_vec(answer)?;
    let length = u32::try_from(answer.len()).map_err(|_| io::ErrorKind::FileTooLarge)?;
    stream.write_all(&length.to_le_bytes())?;
    stream.write_all(&answer)
}
