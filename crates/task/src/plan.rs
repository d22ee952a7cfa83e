//! The plan: what the agent intends, the checks that will prove it, and the boundary it stays
//! within.

use crate::id::{CheckId, StepId};
use crate::picture::Picture;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// A contract between the person and the task. Data, never control flow.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// What will be there at the end, in one sentence.
    pub goal: String,
    pub steps: Vec<Step>,
    pub checks: Vec<PlannedCheck>,
    pub boundary: Boundary,
    /// What the mind expects the work to cost, in words; `None` when it cannot say.
    pub estimate: Option<String>,
}

/// One line of a plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    pub id: StepId,
    /// How the mind calls this step; empty for a step that a person added.
    #[serde(default)]
    pub key: String,
    pub text: String,
    /// What the step touches, one line each, as far as it is worth showing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub details: Vec<String>,
    pub state: StepState,
    /// The person wants it as it stands: no later plan may change or drop it.
    #[serde(default, skip_serializing_if = "is_false")]
    pub locked: bool,
    /// What the person has to say about it; empty when nothing.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub comment: String,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde gives a reference")]
fn is_false(flag: &bool) -> bool {
    !flag
}

/// How far a step is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StepState {
    Planned,
    Current,
    Finished,
    /// A person struck it: it will not be done.
    Struck,
}

/// One acceptance check that the plan promises.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedCheck {
    pub id: CheckId,
    /// How the mind calls this check when it says what to run for it.
    pub key: String,
    pub text: String,
}

/// What the task may do without asking again. Approving the plan grants exactly this.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Boundary {
    /// Names of the shares in whose view files may be created, changed, moved and deleted.
    pub writes: Vec<String>,
    pub budget: Budget,
}

/// Limits on what a task may spend.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Budget {
    pub calls_max: u32,
    /// Milliseconds of work; time spent waiting for a person does not count.
    pub work_ms_max: u64,
    /// Answers of a language model.
    #[serde(default = "unbounded_turns")]
    pub turns_max: u32,
    /// Tokens that a language model reads and writes, those read from a cache included.
    #[serde(default = "unbounded")]
    pub tokens_max: u64,
    /// Millionths of a US dollar, as far as prices are known.
    #[serde(default = "unbounded")]
    pub cost_usd_micros_max: u64,
}

// What was stored before a budget had these did not bound them.
fn unbounded() -> u64 {
    u64::MAX
}

fn unbounded_turns() -> u32 {
    u32::MAX
}

impl Budget {
    /// Bounds on calls and time, and none on what only a language model uses.
    pub const fn new(calls_max: u32, work_ms_max: u64) -> Self {
        let (turns_max, most) = (u32::MAX, u64::MAX);
        let (tokens_max, cost_usd_micros_max) = (most, most);
        Self { calls_max, work_ms_max, turns_max, tokens_max, cost_usd_micros_max }
    }

    /// No bounds at all.
    pub const fn unbounded() -> Self {
        Self::new(u32::MAX, u64::MAX)
    }

    /// The narrower of both in each.
    #[must_use]
    pub fn within(self, other: Self) -> Self {
        Self {
            calls_max: self.calls_max.min(other.calls_max),
            work_ms_max: self.work_ms_max.min(other.work_ms_max),
            turns_max: self.turns_max.min(other.turns_max),
            tokens_max: self.tokens_max.min(other.tokens_max),
            cost_usd_micros_max: self.cost_usd_micros_max.min(other.cost_usd_micros_max),
        }
    }
}

/// One answer that a question offers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Choice {
    /// What the mind gets back when this is chosen.
    pub key: String,
    pub label: String,
    /// What it stands for, as a picture.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub picture: Option<Picture>,
}

impl Choice {
    /// One in words alone.
    pub fn new(key: &str, label: impl Into<String>) -> Self {
        Self { key: key.to_owned(), label: label.into(), picture: None }
    }
}

/// How a person changes a plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "edit", rename_all = "kebab-case")]
pub enum PlanEdit {
    Strike {
        step: StepId,
    },
    /// Takes a strike back.
    Restore {
        step: StepId,
    },
    /// Puts the step at `index`, counted from 0.
    Move {
        step: StepId,
        index: usize,
    },
    Add {
        text: String,
        index: Option<usize>,
    },
    Reword {
        step: StepId,
        text: String,
    },
    /// No later plan may change or drop it.
    Lock {
        step: StepId,
    },
    Unlock {
        step: StepId,
    },
    /// An empty text takes the comment back.
    Comment {
        step: StepId,
        text: String,
    },
}

/// Why an edit does not fit the plan it was meant for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PlanEditError {
    StepUnknown(StepId),
    StepTooLate(StepId),
    TooManySteps,
    TextEmpty,
    TextLong,
}

impl Step {
    /// By which the mind says that it begins it: its key, or a name of ours if the person added it.
    pub fn name(&self) -> Cow<'_, str> {
        match self.key.is_empty() {
            true => Cow::Owned(format!("own-{}", self.id.0)),
            false => Cow::Borrowed(&self.key),
        }
    }
}

impl Plan {
    /// Steps that the mind never said it was at, as told after another sentence; empty: none.
    /// Checks prove the work and steps only tell of it, so they change no verdict.
    pub fn never_begun(&self) -> String {
        let mut left = self.steps.iter().filter(|step| step.state == StepState::Planned);
        match (left.next(), left.count()) {
            (None, _) => String::new(),
            (Some(step), 0) => format!("; a step of the plan was never begun: {}", step.text),
            (Some(step), more) => {
                let all = more + 1;
                format!(
                    "; {all} steps of the plan were never begun, the first of them: {}",
                    step.text
                )
            }
        }
    }

    /// The plan after `edits`, in order; the plan itself is left as it is.
    pub fn edited(&self, edits: &[PlanEdit]) -> Result<Self, PlanEditError> {
        let mut plan = self.clone();
        for edit in edits {
            plan.edit(edit)?;
        }
        Ok(plan)
    }

    fn edit(&mut self, edit: &PlanEdit) -> Result<(), PlanEditError> {
        match edit {
            PlanEdit::Strike { step } => {
                let index = self.open_step(*step)?;
                self.steps[index].state = StepState::Struck;
            }
            PlanEdit::Restore { step } => {
                let index = self.open_step(*step)?;
                self.steps[index].state = StepState::Planned;
            }
            PlanEdit::Move { step, index } => {
                let from = self.open_step(*step)?;
                let step = self.steps.remove(from);
                self.steps.insert((*index).min(self.steps.len()), step);
            }
            PlanEdit::Add { text, index } => {
                if text.trim().is_empty() {
                    return Err(PlanEditError::TextEmpty);
                }
                if self.steps.len() >= crate::limits::PLAN_STEPS_MAX {
                    return Err(PlanEditError::TooManySteps);
                }
                let id = StepId(self.steps.iter().map(|step| step.id.0).max().unwrap_or(0) + 1);
                let step = Step {
                    id,
                    key: String::new(),
                    text: text.trim().to_owned(),
                    details: vec![],
                    state: StepState::Planned,
                    locked: false,
                    comment: String::new(),
                };
                let at = index.unwrap_or(self.steps.len()).min(self.steps.len());
                self.steps.insert(at, step);
            }
            PlanEdit::Reword { step, text } => {
                if text.trim().is_empty() {
                    return Err(PlanEditError::TextEmpty);
                }
                let index = self.open_step(*step)?;
                self.steps[index].text = text.trim().to_owned();
            }
            PlanEdit::Lock { step } => {
                let index = self.open_step(*step)?;
                self.steps[index].locked = true;
            }
            PlanEdit::Unlock { step } => {
                let index = self.open_step(*step)?;
                self.steps[index].locked = false;
            }
            PlanEdit::Comment { step, text } => {
                if text.len() > crate::limits::COMMENT_BYTES_MAX {
                    return Err(PlanEditError::TextLong);
                }
                let index = self.open_step(*step)?;
                self.steps[index].comment = text.trim().to_owned();
            }
        }
        Ok(())
    }

    fn open_step(&self, id: StepId) -> Result<usize, PlanEditError> {
        let index = self.steps.iter().position(|step| step.id == id);
        let index = index.ok_or(PlanEditError::StepUnknown(id))?;
        match self.steps[index].state {
            StepState::Planned | StepState::Struck => Ok(index),
            StepState::Current | StepState::Finished => Err(PlanEditError::StepTooLate(id)),
        }
    }
}

impl Plan {
    /// This plan with what the person locked in `old`; the locked step that it lacks otherwise. One
    /// that a person added or struck is put back as it was: the mind can't know how to name it.
    pub(crate) fn keeping(&self, old: &Self) -> Result<Self, Step> {
        let mut plan = self.clone();
        for (index, locked) in old.steps.iter().enumerate().filter(|(_, step)| step.locked) {
            let is_same = |step: &&mut Step| !locked.key.is_empty() && step.key == locked.key;
            match plan.steps.iter_mut().find(is_same) {
                Some(step) if step.text == locked.text => {
                    step.locked = true;
                    step.comment.clone_from(&locked.comment);
                    step.state = locked.state;
                }
                None if locked.key.is_empty() || locked.state == StepState::Struck => {
                    let last = plan.steps.iter().map(|step| step.id.0).max().unwrap_or(0);
                    let step = Step { id: StepId(last + 1), ..locked.clone() };
                    plan.steps.insert(index.min(plan.steps.len()), step);
                }
                Some(_) | None => return Err(locked.clone()),
            }
        }
        Ok(plan)
    }

    /// What the mind is told once a person decided:
    /// `{"approved":…,"steps":[{key,text,struck,added,comment}],"writes":[…]}`.
    pub(crate) fn decided_json(&self, approved: bool) -> String {
        let steps: Vec<_> = self
            .steps
            .iter()
            .map(|step| {
                serde_json::json!({
                    "key": step.name(),
                    "text": step.text,
                    "struck": step.state == StepState::Struck,
                    "added": step.key.is_empty(),
                    "comment": step.comment,
                })
            })
            .collect();
        let writes = &self.boundary.writes;
        serde_json::json!({ "approved": approved, "steps": steps, "writes": writes }).to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Steps as `key:text`, with `!` for locked, `-` for struck, no key for one that was added.
    fn plan(steps: &[&str]) -> Plan {
        let step = |(it, id): (&&str, u32)| {
            let (key, text) = it.trim_matches(['!', '-']).split_once(':').expect("as arranged");
            Step {
                id: StepId(id),
                key: key.to_owned(),
                text: text.to_owned(),
                details: vec![],
                state: if it.contains('-') { StepState::Struck } else { StepState::Planned },
                locked: it.contains('!'),
                comment: String::new(),
            }
        };
        let boundary = Boundary { writes: vec![], budget: Budget::unbounded() };
        let steps = steps.iter().zip(1..).map(step).collect();
        Plan { goal: "g".to_owned(), steps, checks: vec![], boundary, estimate: None }
    }

    fn told(plan: &Plan) -> Vec<String> {
        let told = |step: &Step| {
            let locked = if step.locked { "!" } else { "" };
            let struck = if step.state == StepState::Struck { "-" } else { "" };
            format!("{}:{}{locked}{struck}", step.key, step.text)
        };
        plan.steps.iter().map(told).collect()
    }

    #[test]
    fn a_locked_step_is_in_every_later_plan_as_it_is() {
        type Steps<'a> = &'a [&'a str];
        let cases: [(Steps<'_>, Steps<'_>, Option<Steps<'_>>); 7] = [
            (&["a:A", "b:B"], &["c:C"], Some(&["c:C"])),
            (&["a:A!", "b:B"], &["a:A", "c:C"], Some(&["a:A!", "c:C"])),
            (&["a:A!"], &["c:C"], None),
            (&["a:A!"], &["a:other"], None),
            (&["a:A", ":mine!"], &["a:A", "c:C"], Some(&["a:A", ":mine!", "c:C"])),
            (&["a:A-!", "b:B"], &["b:B"], Some(&["a:A!-", "b:B"])),
            (&["a:A-!"], &["a:A"], Some(&["a:A!-"])),
        ];
        for (old, new, kept) in cases {
            let found = plan(new).keeping(&plan(old)).ok().map(|plan| told(&plan));
            let kept = kept.map(|it| it.iter().map(|it| (*it).to_owned()).collect::<Vec<_>>());
            assert_eq!(found, kept, "{old:?} then {new:?}");
        }
    }
}
