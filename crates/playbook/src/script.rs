//! A script as its task sees it: ask for the next call, answer it, until it ends.
//!
//! The script lives on a thread of its own and waits there for each answer. It can be dropped at
//! any moment: a new one, told what is known, asks the same calls in the same order and goes on
//! where the old one was. It reads no clock and no file, so this holds across restarts.

use crate::asked::Asked;
use crate::limits::{self, Limits};
use crate::mind::Mind;
use serde::{Deserialize, Serialize};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::Duration;
use task::Outcome;

/// What a script is told when it starts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScriptInput {
    pub request: String,
    pub folders: Vec<ScriptFolder>,
    /// `YYYY-MM-DD`; of the day on which the task was created, so that a later replay sees the
    /// same.
    pub today: String,
}

/// A share, as a script sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScriptFolder {
    pub name: String,
    pub writable: bool,
}

/// A call of the past and how it ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Known {
    pub asked: Asked,
    pub outcome: Outcome,
    pub result_json: String,
}

/// What a script does next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// It waits for the answer to this.
    Ask(Asked),
    Finished {
        summary: String,
    },
    /// It cannot go on. `why` is a sentence for a person.
    Stuck {
        why: String,
        error: ScriptError,
    },
}

impl Step {
    pub(crate) fn stuck(error: ScriptError) -> Self {
        Self::Stuck { why: error.to_string(), error }
    }
}

/// Why a script cannot go on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ScriptError {
    /// The script itself says so, or a tool that it needs failed.
    #[error("{why}")]
    Gave { why: String },
    #[error("the playbook has a mistake{}: {why}", at(*line))]
    Script { line: Option<usize>, why: String },
    #[error("the playbook cannot be read: {why}")]
    Source { why: String },
    #[error(
        "the playbook changed since this task began: its call {call} was {known} and is now {asked}"
    )]
    Diverged { call: usize, known: String, asked: String },
    #[error("the playbook took more steps than it may{}; it may be in an endless loop", at(*line))]
    Ticks { line: Option<usize> },
    #[error("the playbook needed more memory than it may{}", at(*line))]
    Memory { line: Option<usize> },
    #[error("the playbook calls itself too deeply{}", at(*line))]
    Depth { line: Option<usize> },
    #[error("the playbook thought for more than {} s about one step", limit.as_secs())]
    Time { limit: Duration },
    #[error("the playbook made more than {calls_max} calls")]
    Calls { calls_max: usize },
    #[error("the playbook could not be started: {why}")]
    Start { why: String },
    #[error("the playbook broke down; this is a mistake in Legwork")]
    Broken,
}

fn at(line: Option<usize>) -> String {
    line.map(|line| format!(" in line {line}")).unwrap_or_default()
}

/// The answer to one call.
pub(crate) struct Answer {
    pub(crate) outcome: Outcome,
    pub(crate) result_json: String,
}

/// A script under way.
#[derive(Debug)]
pub struct Script {
    steps: Receiver<Step>,
    answers: Option<SyncSender<Answer>>,
    cancelled: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
    /// What `next` said last, while it still holds.
    current: Option<Step>,
    advance: Duration,
}

/// Ends the thinking of a script from another thread.
#[derive(Debug, Clone)]
pub struct Stopper(Arc<AtomicBool>);

impl Stopper {
    /// The script thinks no further; `next` says then that it is stuck.
    pub fn stop(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    pub fn is_stopped(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

impl Script {
    /// What ends its thinking while `next` blocks.
    pub fn stopper(&self) -> Stopper {
        Stopper(Arc::clone(&self.cancelled))
    }

    /// Starts the script, which first repeats the calls in `known` and gets the known answers.
    pub fn start(source: &str, input: ScriptInput, known: Vec<Known>, limits: Limits) -> Self {
        let (to_host, steps) = sync_channel(1);
        let (answers, from_host) = sync_channel(1);
        let cancelled = Arc::new(AtomicBool::new(false));
        let source = source.to_owned();
        let flag = Arc::clone(&cancelled);
        let think = move || {
            let last = to_host.clone();
            let mind = Rc::new(Mind::new(known, limits, to_host, from_host, flag));
            if let Some(step) = mind.think(&source, &input) {
                // Nobody may be listening any more, which is fine.
                let _ = last.send(step);
            }
        };
        let builder = std::thread::Builder::new().name("playbook".to_owned());
        let thread = builder.stack_size(limits::STACK_BYTES).spawn(think);
        let (thread, current) = match thread {
            Ok(thread) => (Some(thread), None),
            Err(error) => (None, Some(Step::stuck(ScriptError::Start { why: error.to_string() }))),
        };
        let advance = limits.advance;
        Self { steps, answers: Some(answers), cancelled, thread, current, advance }
    }

    /// What the script does next. Blocks while it thinks; says the same again until it is answered.
    #[expect(clippy::should_implement_trait, reason = "it never ends, so it is no iterator")]
    pub fn next(&mut self) -> Step {
        if let Some(step) = &self.current {
            return step.clone();
        }
        let step = match self.steps.recv_timeout(self.advance) {
            Ok(step) => step,
            Err(RecvTimeoutError::Disconnected) => Step::stuck(ScriptError::Broken),
            Err(RecvTimeoutError::Timeout) => {
                self.cancelled.store(true, Ordering::Relaxed);
                if self.steps.recv_timeout(limits::GRACE) == Err(RecvTimeoutError::Timeout) {
                    // It is inside one long operation. It ends after that, and nobody waits for it.
                    self.thread = None;
                }
                Step::stuck(ScriptError::Time { limit: self.advance })
            }
        };
        self.current = Some(step.clone());
        step
    }

    /// Answers the call that `next` named. Without such a call it does nothing.
    pub fn answer(&mut self, outcome: Outcome, result_json: &str) {
        if !matches!(self.current, Some(Step::Ask(_))) {
            return;
        }
        self.current = None;
        let answer = Answer { outcome, result_json: result_json.to_owned() };
        if let Some(answers) = &self.answers {
            // A thread that is gone shows in `next`.
            let _ = answers.send(answer);
        }
    }
}

impl Drop for Script {
    fn drop(&mut self) {
        self.cancelled.store(true, Ordering::Relaxed);
        self.answers = None;
        // A step that nobody took must not block the thread.
        let (_, nothing) = sync_channel(0);
        self.steps = nothing;
        if let Some(thread) = self.thread.take() {
            // A panic in there was already told as `Broken`.
            let _ = thread.join();
        }
    }
}
