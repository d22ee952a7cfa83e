//! What a person reads of a task: a projection of its events, made here once for every client.

use crate::event::{Ask, CheckResult, Outcome, Rest};
use crate::id::{CallId, CheckId, TimeMs};
use crate::plan::Plan;
use serde::{Deserialize, Serialize};

/// One thing to read. `id` is the position of the event that caused or last changed it; `key` stays
/// the same when an item is replaced by a newer state of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Item {
    pub id: u64,
    pub key: String,
    pub at: TimeMs,
    pub what: What,
}

/// What an item shows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum What {
    Created { request: String, mind: String, folders: Vec<String> },
    /// The folders were listed and the machine stands.
    Ready { entries: u64 },
    /// The mind said something.
    Said { text: String },
    /// The person said something.
    UserSaid { text: String },
    Plan { call: CallId, plan: Plan, state: PlanMood },
    Question { call: CallId, ask: Ask, answer: Option<String> },
    /// `text` is the step's own.
    Step { text: String },
    /// `subject` says on what: a path or a command, one line; empty when there is nothing short to say.
    Call { call: CallId, tool: String, subject: String, outcome: Option<Outcome>, note: String },
    Check { check: CheckId, text: String, result: Option<CheckResult> },
    Summary { text: String },
    Changes { text: String },
    Applied { text: String },
    Rested { rest: Rest, why: String },
    /// Live progress of a running call; never stored.
    Progress { call: CallId, done: u64, total: u64 },
    /// Live output of a running call; never stored.
    Output { call: CallId, text: String },
}

/// Where a plan stands with the person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PlanMood {
    Waiting,
    Approved,
    Refused,
}
