//! What a person reads of a task: a projection of its events, made here once for every client.

use crate::egress::{EgressUse, EgressVerdict};
use crate::event::{
    AppliedCounts, Ask, ChangeCounts, CheckResult, Ending, Event, Isolation, MachineWish, MindRef,
    Outcome, Payload, RequestedCall, Rest, Share,
};
use crate::id::{CallId, CheckId, QuestionId, StepId, TimeMs};
use crate::limits::SUBJECT_CHARS_MAX;
use crate::machine::machine_question;
use crate::model::Fault;
use crate::plan::Plan;
use crate::state::Task;
use crate::steer::Steer;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;

/// One thing to read. `id` is the position of the event that caused or last changed it; `key` stays
/// the same when an item is replaced by a newer state of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Item {
    pub id: u64,
    pub key: String,
    /// Position of the event that first caused the item: its place in the reading order.
    pub first: u64,
    /// Place among the items that the same event caused.
    pub order: u32,
    pub at: TimeMs,
    pub what: What,
}

/// What an item shows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum What {
    Created {
        request: String,
        mind: String,
        folders: Vec<String>,
    },
    /// The folders were listed and the machine stands.
    Ready {
        entries: u64,
        isolation: Isolation,
    },
    /// What the machine may reach, or what the door noticed; one sentence.
    Egress {
        text: String,
    },
    /// The mind said something.
    Said {
        text: String,
    },
    /// Legwork told the mind that it is not done, and why.
    SentBack {
        text: String,
    },
    /// The model did not answer and is asked again.
    Waits {
        text: String,
    },
    /// A piece of what the mind says while it says it; never stored.
    Speaking {
        text: String,
    },
    /// The person said something.
    UserSaid {
        text: String,
    },
    /// The person paused the task or let it go on, gave it another model, or was in its machine;
    /// one sentence.
    Steered {
        text: String,
    },
    /// A helper of the task; `asks` is what it wants to know of the person.
    Helper {
        call: CallId,
        request: String,
        asks: Option<String>,
        is_over: bool,
    },
    /// The person asked something on the side; the task itself does not know of it.
    Aside {
        question: String,
        answer: String,
    },
    Plan {
        call: CallId,
        plan: Plan,
        state: PlanMood,
    },
    Question {
        question: QuestionId,
        ask: Ask,
        answer: Option<String>,
    },
    /// `text` is the step's own.
    Step {
        text: String,
    },
    /// `subject` says on what: a path or a command, one line; empty when there is nothing short to
    /// say.
    Call {
        call: CallId,
        tool: String,
        subject: String,
        outcome: Option<Outcome>,
        note: String,
    },
    Check {
        check: CheckId,
        text: String,
        result: Option<CheckResult>,
    },
    Summary {
        text: String,
    },
    Changes {
        text: String,
    },
    Applied {
        text: String,
    },
    Rested {
        rest: Rest,
        why: String,
    },
    /// Live progress of a running call; never stored.
    Progress {
        call: CallId,
        done: u64,
        total: u64,
    },
    /// Live output of a running call; never stored.
    Output {
        call: CallId,
        text: String,
    },
}

/// Where a plan stands with the person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PlanMood {
    Waiting,
    Approved,
    Refused,
}

/// The projection. Feed it each stored event in order; it returns the items that are new or newer.
#[derive(Debug, Clone, Default)]
pub struct Transcript {
    task: Task,
    items: BTreeMap<String, Item>,
    /// Acts of steering so far.
    steers: u32,
}

impl Transcript {
    /// All items so far, in the order in which they first appeared.
    pub fn items(&self) -> Vec<Item> {
        let mut items: Vec<Item> = self.items.values().cloned().collect();
        items.sort_by_key(|item| (item.first, item.order));
        items
    }

    /// Items that are new or newer since position `after`, in the same order.
    pub fn items_after(&self, after: u64) -> Vec<Item> {
        let news = self.items.values().filter(|item| item.id > after);
        let mut items: Vec<Item> = news.cloned().collect();
        items.sort_by_key(|item| (item.first, item.order));
        items
    }

    /// Folds in the event at position `seq`.
    pub fn fold(&mut self, seq: u64, at: TimeMs, event: &Event) -> Vec<Item> {
        self.task.apply(event);
        self.steers += u32::from(matches!(event, Event::Steered { .. }));
        let changed = self.project(event);
        let placed = changed.into_iter().zip(0..).map(|((key, what), order)| {
            let (first, order) =
                self.items.get(&key).map_or((seq, order), |it| (it.first, it.order));
            let item = Item { id: seq, key: key.clone(), first, order, at, what };
            self.items.insert(key, item.clone());
            item
        });
        placed.collect()
    }

    fn project(&self, event: &Event) -> Vec<(String, What)> {
        match event {
            Event::TaskCreated { request, shares, mind, .. } => {
                vec![created(request, shares, mind)]
            }
            Event::MachineReady { bases, isolation, .. } => {
                let entries = bases.iter().map(|base| base.entries).sum();
                vec![("ready".to_owned(), What::Ready { entries, isolation: *isolation })]
            }
            Event::MachineMissed { .. } => self.question(QuestionId::Machine, None),
            Event::MachineWished { machine, .. } => vec![wished(*machine)],
            Event::EgressGranted { .. }
            | Event::EgressRevoked { .. }
            | Event::EgressAsked { .. }
            | Event::EgressAnswered { .. }
            | Event::EgressUsed { .. } => self.passed(event),
            Event::ModelAnswered { text, calls, .. } => self.answered(text, calls),
            Event::PlanProposed { .. }
            | Event::PlanEdited { .. }
            | Event::PlanDecided { .. }
            | Event::WritesSet { .. }
            | Event::BudgetSet { .. } => self.plan_item().into_iter().collect(),
            Event::QuestionAsked { call, .. } | Event::CallHeld { call, .. } => {
                self.question(QuestionId::Call(*call), None)
            }
            Event::QuestionAnswered { call, answer, .. } => {
                self.question(QuestionId::Call(*call), Some(answer.clone()))
            }
            Event::StepReached { step } => self.reached(*step),
            Event::CallEnded { call, outcome, result, .. } => {
                self.call_item(*call, *outcome, result).into_iter().collect()
            }
            Event::CheckEnded { check, result, .. } => vec![self.proven(*check, result)],
            Event::UserSpoke { text, .. } => vec![self.heard(text)],
            Event::WorkEnded { ending: Ending::Finished, text, .. } => {
                vec![("summary".to_owned(), What::Summary { text: text.clone() })]
            }
            Event::ChangesFound { counts, .. } => vec![counted(counts)],
            Event::TaskRested { rest, why, .. } => vec![rested(*rest, why)],
            Event::ApplyEnded { .. } | Event::UndoEnded { .. } | Event::UndoFailed { .. } => {
                applied(event).into_iter().collect()
            }
            // Whatever ends the work is said at its end.
            Event::ModelFailed { fault: Fault::Final, .. } => vec![],
            Event::ModelFailed { why, at, retry_at, .. } => {
                let key = format!("failed-{}", self.task.turns());
                vec![(key, What::Waits { text: waiting(why, retry_at.since(*at)) })]
            }
            Event::AnswerDropped { said, .. } if !said.trim().is_empty() => vec![self.begun(said)],
            Event::SentBack { why, .. } if !why.is_empty() => vec![self.sent_back(why)],
            Event::Steered { steer, .. } => self.steered(steer).into_iter().collect(),
            Event::HelperHired { call, .. }
            | Event::HelperWaits { call, .. }
            | Event::HelperEnded { call, .. } => self.helper(*call),
            Event::SentBack { .. }
            | Event::AnswerDropped { .. }
            | Event::BecameHelper { .. }
            | Event::ContextShortened { .. }
            | Event::Noted { .. }
            | Event::ContentNamed { .. }
            | Event::Briefed { .. }
            | Event::BackgroundLost { .. }
            | Event::BackgroundEnded { .. }
            | Event::BoundaryGranted { .. }
            | Event::PutAway { .. }
            | Event::CallStarted { .. }
            | Event::CheckBound { .. }
            | Event::CheckStarted { .. }
            | Event::WorkEnded { .. }
            | Event::ApplyStarted { .. }
            | Event::UndoStarted { .. } => vec![],
        }
    }

    /// What concerns the network.
    fn passed(&self, event: &Event) -> Vec<(String, What)> {
        match event {
            Event::EgressGranted { rules, .. } => vec![self.granted(rules)],
            Event::EgressRevoked { rules, .. } => vec![revoked(rules)],
            Event::EgressAsked { ask, .. } => self.question(QuestionId::Egress(*ask), None),
            Event::EgressAnswered { ask, decision, .. } => {
                self.question(QuestionId::Egress(*ask), Some(decision.to_string()))
            }
            Event::EgressUsed { uses, .. } => self.alarms(uses),
            _ => vec![],
        }
    }

    fn heard(&self, text: &str) -> (String, What) {
        let key = format!("user-{}", self.task.said().len());
        (key, What::UserSaid { text: text.to_owned() })
    }

    /// What it had said of an answer that nobody waits for.
    fn begun(&self, said: &str) -> (String, What) {
        let thinking = self.task.thinking();
        let key = format!("begun-{}-{}", thinking.turn, thinking.attempt);
        (key, What::Said { text: format!("{} …", said.trim_end()) })
    }

    fn sent_back(&self, why: &str) -> (String, What) {
        (format!("sent-back-{}", self.task.turns()), What::SentBack { text: why.to_owned() })
    }

    fn helper(&self, call: CallId) -> Vec<(String, What)> {
        let Some(hired) = self.task.helper(call) else { return vec![] };
        let what = What::Helper {
            call,
            request: hired.helper.request.clone(),
            asks: hired.asks.clone(),
            is_over: hired.used.is_some(),
        };
        vec![(format!("helper-{call}"), what)]
    }

    fn steered(&self, steer: &Steer) -> Option<(String, What)> {
        let text = match steer {
            Steer::Paused => "you paused it".to_owned(),
            Steer::Resumed => "you let it go on".to_owned(),
            Steer::Switched { provider, model } => {
                format!("from here on {provider}/{model} does it")
            }
            Steer::TerminalOpened => "you opened a terminal in its machine".to_owned(),
            Steer::TerminalClosed => "you closed the terminal".to_owned(),
            Steer::AsideAsked { .. } => return None,
            Steer::Aside(aside) => {
                let (question, answer) = (aside.question.clone(), aside.answer.clone());
                let key = format!("aside-{}", self.steers);
                return Some((key, What::Aside { question, answer }));
            }
        };
        Some((format!("steered-{}", self.steers), What::Steered { text }))
    }

    fn answered(&self, text: &str, calls: &[RequestedCall]) -> Vec<(String, What)> {
        let said = (!text.is_empty())
            .then(|| (format!("said-{}", self.task.turns()), What::Said { text: text.to_owned() }));
        let tools = calls.iter().filter(|call| call.access.is_some()).map(|call| {
            let what = What::Call {
                call: call.call,
                tool: call.tool.clone(),
                subject: subject(&call.args),
                outcome: None,
                note: String::new(),
            };
            (format!("call-{}", call.call), what)
        });
        said.into_iter().chain(tools).collect()
    }

    fn reached(&self, step: StepId) -> Vec<(String, What)> {
        let steps = self.task.plan().into_iter().flat_map(|plan| &plan.steps);
        let reached = steps.filter(|it| it.id == step);
        reached.map(|it| (format!("step-{step}"), What::Step { text: it.text.clone() })).collect()
    }

    fn proven(&self, check: CheckId, result: &CheckResult) -> (String, What) {
        let text = self.task.checks().get(&check).map_or(String::new(), |it| it.text.clone());
        (format!("check-{check}"), What::Check { check, text, result: Some(result.clone()) })
    }

    fn granted(&self, rules: &[String]) -> (String, What) {
        let key = format!("egress-granted-{}", self.task.egress_rules().len());
        (key, What::Egress { text: format!("the machine may now: {}", rules.join("; ")) })
    }

    fn question(&self, id: QuestionId, answer: Option<String>) -> Vec<(String, What)> {
        let ask = self.task.question(id);
        ask.map(|ask| question(id, ask, answer)).into_iter().collect()
    }

    fn alarms(&self, uses: &[EgressUse]) -> Vec<(String, What)> {
        let first = self.task.egress_uses().saturating_sub(uses.len() as u64);
        let alarms = uses.iter().zip(first..).filter(|(it, _)| it.verdict == EgressVerdict::Alarm);
        let told = |(it, number): (&EgressUse, u64)| {
            let text = format!("stopped at the door on the way to {}: {}", it.place, it.why);
            (format!("egress-alarm-{number}"), What::Egress { text })
        };
        alarms.map(told).collect()
    }

    fn plan_item(&self) -> Option<(String, What)> {
        let (call, plan) = (self.task.plan_call?, self.task.plan()?.clone());
        let state = match self.task.plan_decided() {
            None => PlanMood::Waiting,
            Some(true) => PlanMood::Approved,
            Some(false) => PlanMood::Refused,
        };
        Some(("plan".to_owned(), What::Plan { call, plan, state }))
    }

    fn call_item(&self, id: CallId, outcome: Outcome, result: &Payload) -> Option<(String, What)> {
        let call = self.task.call(id)?;
        let is_own = call.access.is_none();
        if is_own && outcome == Outcome::Done {
            return None;
        }
        let note = match (outcome, result) {
            (Outcome::Done, _) | (_, Payload::Blob(_)) => String::new(),
            (Outcome::Failed | Outcome::Denied | Outcome::Interrupted, Payload::Inline(json)) => {
                reason(json)
            }
        };
        let what = What::Call {
            call: id,
            tool: call.tool.clone(),
            subject: subject(&call.args),
            outcome: Some(outcome),
            note,
        };
        Some((format!("call-{id}"), what))
    }
}

fn created(request: &str, shares: &[Share], mind: &MindRef) -> (String, What) {
    let folders = shares.iter().map(|share| share.host.clone()).collect();
    let what = What::Created { request: request.to_owned(), mind: mind.to_string(), folders };
    ("created".to_owned(), what)
}

fn applied(event: &Event) -> Option<(String, What)> {
    Some(match event {
        Event::ApplyEnded { apply, counts, .. } => {
            (format!("applied-{apply}"), What::Applied { text: counts.said("applied") })
        }
        Event::UndoEnded { apply, counts, .. } => {
            (format!("undone-{apply}"), What::Applied { text: counts.said("undone") })
        }
        Event::UndoFailed { apply, why, .. } => {
            (format!("undone-{apply}"), What::Applied { text: format!("not undone: {why}") })
        }
        _ => return None,
    })
}

fn waiting(why: &str, wait_ms: u64) -> String {
    match wait_ms {
        0..1000 => format!("{why}; it is asked again"),
        _ => format!("{why}; it is asked again in {} s", wait_ms.div_ceil(1000)),
    }
}

impl fmt::Display for MindRef {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Playbook { name, .. } => out.write_str(name),
            Self::Model { provider, model } => write!(out, "{provider}/{model}"),
        }
    }
}

fn question(question: QuestionId, ask: &Ask, answer: Option<String>) -> (String, What) {
    (format!("question-{question}"), What::Question { question, ask: ask.clone(), answer })
}

fn revoked(rules: &[String]) -> (String, What) {
    let text = format!("you took back: {}", rules.join("; "));
    (format!("egress-revoked-{}", rules.join(";")), What::Egress { text })
}

fn wished(machine: MachineWish) -> (String, What) {
    let answer = match machine {
        MachineWish::Jail => "jail",
        MachineWish::Vm | MachineWish::Auto => "again",
    };
    question(QuestionId::Machine, &machine_question(""), Some(answer.to_owned()))
}

/// On what a call is to work, as far as one short line can say it.
pub fn subject(args: &Payload) -> String {
    let Payload::Inline(json) = args else { return String::new() };
    let Ok(serde_json::Value::Object(args)) = serde_json::from_str(json) else {
        return String::new();
    };
    let named = ["path", "command", "url", "query", "folder"]
        .iter()
        .find_map(|name| args.get(*name)?.as_str());
    named.unwrap_or_default().chars().take(SUBJECT_CHARS_MAX).collect()
}

/// The reason that a failed call's result holds: a JSON string, or an object with `why`.
fn reason(json: &str) -> String {
    match serde_json::from_str(json) {
        Ok(serde_json::Value::String(why)) => why,
        Ok(serde_json::Value::Object(result)) => {
            result.get("why").and_then(|why| why.as_str()).unwrap_or_default().to_owned()
        }
        _ => String::new(),
    }
}

impl fmt::Display for ChangeCounts {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts = [
            (self.created, "created"),
            (self.modified, "changed"),
            (self.moved, "moved"),
            (self.deleted, "deleted"),
        ];
        let told = parts.iter().filter(|(count, _)| *count > 0);
        let told: Vec<String> = told.map(|(count, word)| format!("{count} {word}")).collect();
        if told.is_empty() && self.refused == 0 {
            return out.write_str("nothing changed");
        }
        out.write_str(&told.join(", "))?;
        if self.ticks > 0 {
            write!(out, "; {} need a tick of their own", self.ticks)?;
        }
        if self.refused > 0 {
            write!(out, "; {} cannot be applied", self.refused)?;
        }
        Ok(())
    }
}

impl AppliedCounts {
    /// As in "12 applied, 1 kept beside yours, 2 left alone".
    pub fn said(&self, verb: &str) -> String {
        match (self.applied + self.conflicts, self.skipped) {
            (0, 0) => return format!("nothing was left to be {verb}"),
            (0, _) => return format!("nothing was {verb}"),
            _ => {}
        }
        let mut text = format!("{} {verb}", self.applied);
        if self.conflicts > 0 {
            text += &format!(", {} kept beside yours because you changed the file", self.conflicts);
        }
        if self.skipped > 0 {
            text += &format!(", {} left alone", self.skipped);
        }
        text
    }
}

fn counted(counts: &ChangeCounts) -> (String, What) {
    ("changes".to_owned(), What::Changes { text: counts.to_string() })
}

fn rested(rest: Rest, why: &str) -> (String, What) {
    ("rested".to_owned(), What::Rested { rest, why: why.to_owned() })
}
