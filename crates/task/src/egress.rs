//! What a task's machine may reach, what it tried to reach, and the question that a blocked attempt
//! becomes. A rule is one line in the canonical words of `policy`; here it is text.

use crate::event::{Ask, By, Event};
use crate::id::{EgressAskId, QuestionId, TimeMs};
use crate::input::Input;
use crate::limits;
use crate::plan::Choice;
use crate::state::{Phase, Task};
use serde::{Deserialize, Serialize};
use std::fmt;

/// An attempt to reach something that no rule of the task covers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EgressAttempt {
    /// Name of the program in the machine, as far as the guest tells; empty when it does not.
    pub program: String,
    /// Where to, as people write it: a name, and the port where it is not the usual one.
    pub place: String,
    /// What for, in a few words: "to read /index.html".
    pub purpose: String,
    /// The rule that would allow it and all that is like it.
    pub rule: String,
}

/// What a person says to a blocked attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EgressDecision {
    Once,
    Task,
    /// In every task from now on.
    Always,
    /// Not in this task.
    No,
    /// In no task from now on.
    Never,
}

/// One decision at the door, and what passed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EgressUse {
    pub program: String,
    /// As in `EgressAttempt`.
    pub place: String,
    pub purpose: String,
    pub verdict: EgressVerdict,
    /// The rule that allowed it, or why it was denied.
    pub why: String,
    pub sent_bytes: u64,
    pub received_bytes: u64,
}

/// How the door decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EgressVerdict {
    Allowed,
    Denied,
    /// Denied, and a person should know: a secret was seen where it does not belong.
    Alarm,
}

/// What a task knows about its way out.
#[derive(Debug, Clone, Default)]
pub(crate) struct Egress {
    pub(crate) rules: Vec<String>,
    /// Every question so far; the one with id N is at index N - 1.
    pub(crate) asks: Vec<EgressAsk>,
    pub(crate) uses: u64,
}

impl Egress {
    pub(crate) fn open(&mut self, attempt: &EgressAttempt, named_by: Option<&str>) {
        let (mut ask, attempt) = (attempt.ask(), attempt.clone());
        if let Some(source) = named_by {
            ask.why += &format!(
                " {source}, which this task has read, names this place; it may be meant to mislead."
            );
        }
        self.asks.push(EgressAsk { attempt, ask, decision: None });
    }

    pub(crate) fn revoke(&mut self, rules: &[String]) {
        self.rules.retain(|rule| !rules.contains(rule));
    }

    pub(crate) fn settle(&mut self, id: EgressAskId, decision: EgressDecision) {
        if let Some(asked) = self.asks.get_mut((id.0 as usize).wrapping_sub(1)) {
            asked.decision = Some(decision);
        }
    }
}

/// A blocked attempt as a question.
#[derive(Debug, Clone)]
pub struct EgressAsk {
    pub attempt: EgressAttempt,
    pub ask: Ask,
    /// `None` while it waits.
    pub decision: Option<EgressDecision>,
}

const DECISIONS: [(&str, EgressDecision); 5] = [
    ("once", EgressDecision::Once),
    ("task", EgressDecision::Task),
    ("always", EgressDecision::Always),
    ("no", EgressDecision::No),
    ("never", EgressDecision::Never),
];

impl EgressDecision {
    /// Whether it holds beyond its task.
    pub fn is_for_all(self) -> bool {
        match self {
            Self::Always | Self::Never => true,
            Self::Once | Self::Task | Self::No => false,
        }
    }

    /// As a person answers it.
    pub fn parse(answer: &str) -> Option<Self> {
        DECISIONS.iter().find(|(key, _)| *key == answer).map(|(_, decision)| *decision)
    }

    /// Whether the attempt may go on.
    pub fn allows(self) -> bool {
        match self {
            Self::Once | Self::Task | Self::Always => true,
            Self::No | Self::Never => false,
        }
    }
}

impl fmt::Display for EgressDecision {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let named = DECISIONS.iter().find(|(_, decision)| decision == self);
        out.write_str(named.map_or("", |(key, _)| key))
    }
}

impl EgressAttempt {
    pub(crate) fn ask(&self) -> Ask {
        let who = if self.program.is_empty() { "A program" } else { &self.program };
        let choices = vec![
            Choice::new("no", "no, not in this task"),
            Choice::new("once", "yes, this once"),
            Choice::new("task", format!("yes, in this task (it will {})", self.rule)),
            Choice::new("always", "yes, in every task from now on"),
            Choice::new("never", "no, and never ask again in any task"),
        ];
        Ask {
            text: format!("May this task reach {}?", self.place),
            why: format!(
                "{who} in its machine wants {}, and nothing allows that yet.",
                self.purpose
            ),
            pictures: vec![],
            choices,
            // What is answered in advance must not open a door.
            suggested: Some("no".to_owned()),
            free: false,
        }
    }

    /// Whether both ask for the same permission.
    fn is_like(&self, other: &Self) -> bool {
        self.rule == other.rule
    }
}

impl Task {
    /// The rules that people granted, oldest first.
    pub fn egress_rules(&self) -> &[String] {
        &self.egress.rules
    }

    /// Every blocked attempt that became a question, oldest first; the first has id 1.
    pub fn egress_asks(&self) -> &[EgressAsk] {
        &self.egress.asks
    }

    /// Decisions at the door that were recorded.
    pub fn egress_uses(&self) -> u64 {
        self.egress.uses
    }

    /// The question that an attempt like this one became, if it became one.
    pub fn egress_ask_like(&self, attempt: &EgressAttempt) -> Option<(EgressAskId, &EgressAsk)> {
        let asks = &self.egress.asks;
        let index = asks.iter().rposition(|ask| ask.attempt.is_like(attempt))?;
        Some((EgressAskId(u32::try_from(index).ok()? + 1), &asks[index]))
    }

    pub(crate) fn egress_questions(&self) -> impl Iterator<Item = (QuestionId, &Ask)> {
        let asks = self.egress.asks.iter().zip(1..);
        let open = asks.filter(|(ask, _)| ask.decision.is_none() && self.phase != Phase::Resting);
        open.map(|(ask, id)| (QuestionId::Egress(EgressAskId(id)), &ask.ask))
    }

    /// What the door brings in, and what the person says to it.
    pub(crate) fn decide_egress(&self, input: EgressInput, now: TimeMs) -> Vec<Event> {
        if matches!(self.phase, Phase::Unborn) {
            return vec![];
        }
        match input {
            EgressInput::Attempted(attempt) => self.ask_egress(attempt, now),
            EgressInput::Granted(rules) => {
                let new = |rule: &String| !self.egress.rules.contains(rule);
                let rules: Vec<String> = rules.into_iter().filter(new).collect();
                let fits = self.egress.rules.len() + rules.len() <= limits::EGRESS_RULES_MAX;
                match fits && !rules.is_empty() && self.phase != Phase::Resting {
                    true => vec![Event::EgressGranted { rules, by: By::User, at: now }],
                    false => vec![],
                }
            }
            EgressInput::Revoked(rules) => {
                let is_held = |rule: &String| self.egress.rules.contains(rule);
                let rules: Vec<String> = rules.into_iter().filter(is_held).collect();
                match rules.is_empty() || self.phase == Phase::Resting {
                    true => vec![],
                    false => vec![Event::EgressRevoked { rules, by: By::User, at: now }],
                }
            }
            EgressInput::Used(uses) if uses.is_empty() => vec![],
            EgressInput::Used(_) if self.egress.uses >= limits::EGRESS_USES_MAX => vec![],
            EgressInput::Used(uses) => vec![Event::EgressUsed { uses, at: now }],
        }
    }

    fn ask_egress(&self, attempt: EgressAttempt, now: TimeMs) -> Vec<Event> {
        let waits = self.egress_questions().count();
        let is_asked = self.egress_ask_like(&attempt).is_some_and(|(_, ask)| match ask.decision {
            None | Some(EgressDecision::No | EgressDecision::Never) => true,
            Some(EgressDecision::Once | EgressDecision::Task | EgressDecision::Always) => false,
        });
        let is_working = !matches!(self.phase, Phase::Resting | Phase::Sealing);
        let is_full = waits >= limits::EGRESS_ASKS_OPEN_MAX
            || self.egress.asks.len() >= limits::EGRESS_ASKS_MAX;
        if !is_working || is_asked || is_full {
            return vec![];
        }
        let id = EgressAskId(u32::try_from(self.egress.asks.len()).unwrap_or(u32::MAX - 1) + 1);
        let mut events = vec![Event::EgressAsked { ask: id, attempt, at: now }];
        if self.standing().take_suggestions {
            let (decision, by) = (EgressDecision::No, By::Standing);
            events.push(Event::EgressAnswered { ask: id, decision, by, at: now });
        }
        events
    }

    pub(crate) fn answer_egress(&self, id: EgressAskId, answer: &str, now: TimeMs) -> Vec<Event> {
        let open = self.egress_questions().any(|(open, _)| open == QuestionId::Egress(id));
        let ask = self.egress.asks.get((id.0 as usize).wrapping_sub(1)).filter(|_| open);
        let (Some(ask), Some(decision)) = (ask, EgressDecision::parse(answer)) else {
            return vec![];
        };
        let by = By::User;
        let mut events = vec![Event::EgressAnswered { ask: id, decision, by, at: now }];
        let is_new = !self.egress.rules.contains(&ask.attempt.rule);
        match decision {
            EgressDecision::Task | EgressDecision::Always if is_new => {
                let rules = vec![ask.attempt.rule.clone()];
                events.push(Event::EgressGranted { rules, by, at: now });
            }
            EgressDecision::Once
            | EgressDecision::Task
            | EgressDecision::Always
            | EgressDecision::No
            | EgressDecision::Never => (),
        }
        events
    }
}

/// What happens at the door of a task's machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EgressInput {
    /// No rule covers it.
    Attempted(EgressAttempt),
    /// The person allows more, in canonical rules.
    Granted(Vec<String>),
    /// The person takes back what they had allowed.
    Revoked(Vec<String>),
    /// The door decided.
    Used(Vec<EgressUse>),
}

impl From<EgressInput> for Input {
    fn from(input: EgressInput) -> Self {
        Self::Egress(input)
    }
}
