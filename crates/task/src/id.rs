//! The names of things in a task, and the instant at which they happen.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// Names a task: 8 characters of `a-z2-7`, random, so short enough to type and safe as a file name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TaskId(String);

/// A text that cannot name a task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaskIdError;

impl TaskId {
    /// The name that 40 random bits stand for.
    pub fn from_bits(bits: [u8; 5]) -> Self {
        const ALPHABET: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";
        let number = bits.iter().fold(0u64, |sum, &byte| sum << 8 | u64::from(byte));
        let letter = |index: u64| char::from(ALPHABET[(number >> (5 * index) & 31) as usize]);
        Self((0..8).rev().map(letter).collect())
    }

    /// The name as it is typed.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for TaskId {
    type Err = TaskIdError;

    fn from_str(text: &str) -> Result<Self, TaskIdError> {
        let fits = text.len() == 8 && text.bytes().all(|b| matches!(b, b'a'..=b'z' | b'2'..=b'7'));
        if fits { Ok(Self(text.to_owned())) } else { Err(TaskIdError) }
    }
}

impl TryFrom<String> for TaskId {
    type Error = TaskIdError;

    fn try_from(text: String) -> Result<Self, TaskIdError> {
        text.parse()
    }
}

impl From<TaskId> for String {
    fn from(id: TaskId) -> Self {
        id.0
    }
}

impl fmt::Display for TaskId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

impl fmt::Display for TaskIdError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a task's name is 8 characters of a-z and 2-7")
    }
}

impl std::error::Error for TaskIdError {}

macro_rules! counted_ids {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub u32);

        impl fmt::Display for $name {
            fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(out, "{}", self.0)
            }
        }
    )*};
}

counted_ids! {
    /// One asked-for use of a tool; counted from 1 within its task. A question has the id of the
    /// call that asks it.
    CallId,
    /// One step of a plan. Keeps its id when the plan is reordered.
    StepId,
    /// One acceptance check of a plan.
    CheckId,
    /// One apply (or its undo); counted from 1 within its task.
    ApplyId,
    /// One question about what the machine may reach; counted from 1 within its task.
    EgressAskId,
}

/// Names a question of a task, whoever asks it. Written `12`, `n3` or `machine`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum QuestionId {
    /// The mind asks, by a call.
    Call(CallId),
    /// The door asks: the machine wants to reach something.
    Egress(EgressAskId),
    /// Legwork asks: the machine could not be had as it was wanted.
    Machine,
}

/// A text that cannot name a question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QuestionIdError;

impl fmt::Display for QuestionIdError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a question's name is a number, `n` and a number, or `machine`")
    }
}

impl std::error::Error for QuestionIdError {}

impl fmt::Display for QuestionId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Call(call) => write!(out, "{call}"),
            Self::Egress(ask) => write!(out, "n{ask}"),
            Self::Machine => out.write_str("machine"),
        }
    }
}

impl FromStr for QuestionId {
    type Err = QuestionIdError;

    fn from_str(text: &str) -> Result<Self, QuestionIdError> {
        let number = |digits: &str| digits.parse().map_err(|_| QuestionIdError);
        match text.strip_prefix('n') {
            Some(digits) => Ok(Self::Egress(EgressAskId(number(digits)?))),
            None if text == "machine" => Ok(Self::Machine),
            None => Ok(Self::Call(CallId(number(text)?))),
        }
    }
}

impl TryFrom<String> for QuestionId {
    type Error = QuestionIdError;

    fn try_from(text: String) -> Result<Self, QuestionIdError> {
        text.parse()
    }
}

impl From<QuestionId> for String {
    fn from(id: QuestionId) -> Self {
        id.to_string()
    }
}

/// Milliseconds since the Unix epoch; always passed in by the edge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TimeMs(pub u64);

impl TimeMs {
    /// Milliseconds from `earlier` to `self`; 0 when the clock went backwards.
    pub fn since(self, earlier: Self) -> u64 {
        self.0.saturating_sub(earlier.0)
    }
}
