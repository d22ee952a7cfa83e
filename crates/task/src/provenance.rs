//! Where a file that a task made comes from: a projection of the events, followed back from the
//! newest.
//!
//! What a call names is certain: `write_file` wrote the path in its arguments. What a command did
//! is not, so commands are told as what may have made a file only where no call names it. What was
//! read before a file was written counts as its source; where the file's own content names a
//! source, that is said, and for a spreadsheet row by row.

mod names;
#[cfg(test)]
mod tests;

use crate::egress::EgressDecision;
use crate::event::{BlobRef, By, Event, Outcome, Payload};
use crate::id::{CallId, StepId, TimeMs};
use crate::limits::{
    DECISIONS_TOLD_MAX, READINGS_TOLD_MAX, ROWS_TOLD_MAX, SUBJECT_CHARS_MAX, WRITES_TOLD_MAX,
};
use crate::plan::Plan;
use crate::steer::Steer;
use names::{Named, Use};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Where one file comes from.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Provenance {
    pub path: String,
    /// Who worked: a playbook's name, or a model's.
    pub mind: String,
    pub request: String,
    /// The calls that made it what it is, the oldest first.
    pub writes: Vec<Write>,
    /// Whether a call names the file; else `writes` are the commands that may have made it.
    pub certain: bool,
    /// What was read before it was written, what the file itself names first.
    pub readings: Vec<Reading>,
    /// Of a spreadsheet: which document each row is from.
    pub rows: Vec<RowFrom>,
    /// What the person decided before it was written, and what was applied.
    pub decisions: Vec<Decided>,
    /// Whether there was more of any of it than is told.
    pub truncated: bool,
}

/// A call that wrote, moved or deleted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Write {
    /// Key of the call's item in the transcript.
    pub key: String,
    pub call: CallId,
    pub tool: String,
    /// A path or a command, one line.
    pub subject: String,
    /// Where the file was before, if this call moved it.
    pub from: Option<String>,
    pub at: TimeMs,
    /// The turn that asked for it, counted from 1, and what the mind said in it.
    pub turn: u32,
    pub said: String,
    /// The step of the plan that was under way.
    pub step: Option<String>,
}

/// A call that read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reading {
    pub key: String,
    pub call: CallId,
    pub tool: String,
    pub path: String,
    pub at: TimeMs,
    /// Whether what was written names it.
    pub named: bool,
}

/// A row of a spreadsheet and the document that it is from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RowFrom {
    pub sheet: String,
    /// As a person counts, the titles being row 1.
    pub row: u32,
    pub path: String,
    /// Key of the call that read the document, when one did.
    pub key: Option<String>,
}

/// Something that a person decided, now or in advance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decided {
    /// Key of its item in the transcript.
    pub key: String,
    pub what: DecidedWhat,
    /// A question's text, what the person said, or the plan's goal.
    pub text: String,
    pub answer: String,
    /// `None` where only a person, in that moment, can have decided.
    pub by: Option<By>,
    /// `None` for what old ledgers did not date.
    pub at: Option<TimeMs>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DecidedWhat {
    Plan,
    Question,
    Egress,
    Said,
    /// The person had a terminal in the machine, and may have written there.
    Terminal,
    Applied,
}

/// A call that was asked for.
struct Asked {
    tool: String,
    args: Payload,
    at: TimeMs,
    turn: u32,
    said: String,
    step: Option<String>,
    is_own: bool,
}

/// What the events tell, in their order.
#[derive(Default)]
struct Told {
    provenance: Provenance,
    asked: BTreeMap<CallId, Asked>,
    /// Calls that are done, in the order in which they ended, each with the decisions before it.
    done: Vec<(CallId, usize)>,
    decisions: Vec<Decided>,
    plan: Option<Plan>,
    questions: BTreeMap<CallId, String>,
    step: Option<StepId>,
    turns: u32,
    said: u32,
}

/// Where `path` comes from, by all events of its task. `read` fetches what events only point to;
/// `None`: it is too large, or gone.
pub fn trace<'a>(
    path: &str,
    events: impl IntoIterator<Item = &'a Event>,
    read: impl Fn(&BlobRef) -> Option<String>,
) -> Provenance {
    let mut told = Told::default();
    for event in events {
        told.fold(event);
    }
    told.finish(path, &|payload: &Payload| match payload {
        Payload::Inline(text) => Some(text.clone()),
        Payload::Blob(blob) => read(blob),
    })
}

impl Told {
    fn fold(&mut self, event: &Event) {
        match event {
            Event::TaskCreated { request, mind, .. } => {
                self.provenance.request.clone_from(request);
                self.provenance.mind = mind.to_string();
            }
            Event::PlanProposed { plan, .. } | Event::PlanEdited { plan, .. } => {
                self.plan = Some(plan.clone());
            }
            Event::StepReached { step } => self.step = Some(*step),
            Event::ModelAnswered { text, calls, at, .. } => {
                self.turns += 1;
                let asked = |call: &crate::event::RequestedCall| Asked {
                    tool: call.tool.clone(),
                    args: call.args.clone(),
                    at: *at,
                    turn: self.turns,
                    said: text.clone(),
                    step: self.step_text(),
                    is_own: call.access.is_none(),
                };
                let new: Vec<_> = calls.iter().map(|call| (call.call, asked(call))).collect();
                self.asked.extend(new);
            }
            Event::CallEnded { call, outcome: Outcome::Done, .. } => {
                self.done.push((*call, self.decisions.len()));
            }
            Event::QuestionAsked { call, ask } | Event::CallHeld { call, ask, .. } => {
                self.questions.insert(*call, ask.text.clone());
            }
            _ => self.decided(event),
        }
    }

    fn decided(&mut self, event: &Event) {
        let decided = match event {
            Event::PlanDecided { approved, by, .. } => {
                let goal = self.plan.as_ref().map_or(String::new(), |plan| plan.goal.clone());
                let answer = if *approved { "approved" } else { "refused" };
                decided("plan", DecidedWhat::Plan, &goal, answer, Some(*by), None)
            }
            Event::QuestionAnswered { call, answer, by, at } => {
                let text = self.questions.get(call).cloned().unwrap_or_default();
                let key = format!("question-{}", crate::id::QuestionId::Call(*call));
                decided(&key, DecidedWhat::Question, &text, answer, Some(*by), Some(*at))
            }
            Event::EgressGranted { rules, by, at } => {
                let (what, text) = (DecidedWhat::Egress, rules.join("; "));
                decided("", what, &text, "allowed", Some(*by), Some(*at))
            }
            Event::EgressAnswered { ask, decision, by, at } if is_leave(*decision) => {
                let key = format!("question-{}", crate::id::QuestionId::Egress(*ask));
                let answer = decision.to_string();
                decided(&key, DecidedWhat::Egress, "", &answer, Some(*by), Some(*at))
            }
            Event::UserSpoke { text, at } => {
                self.said += 1;
                let key = format!("user-{}", self.said);
                decided(&key, DecidedWhat::Said, text, "", None, Some(*at))
            }
            Event::ApplyEnded { apply, counts, at, .. } => {
                let key = format!("applied-{apply}");
                let said = counts.said("applied");
                decided(&key, DecidedWhat::Applied, "", &said, None, Some(*at))
            }
            Event::Steered { steer: Steer::TerminalOpened, at } => {
                decided("", DecidedWhat::Terminal, "", "", None, Some(*at))
            }
            _ => return,
        };
        self.decisions.push(decided);
    }

    fn step_text(&self) -> Option<String> {
        let steps = &self.plan.as_ref()?.steps;
        steps.iter().find(|it| Some(it.id) == self.step).map(|it| it.text.clone())
    }

    fn finish(mut self, path: &str, read: &dyn Fn(&Payload) -> Option<String>) -> Provenance {
        let calls: Vec<(CallId, usize, Named)> = self
            .done
            .iter()
            .filter_map(|(id, decided)| {
                let asked = self.asked.get(id).filter(|it| !it.is_own)?;
                Some((*id, *decided, names::of(&asked.tool, read(&asked.args))))
            })
            .collect();
        let mut told = std::mem::take(&mut self.provenance);
        path.clone_into(&mut told.path);
        let (name, last) = self.writes(&mut told, path, &calls);
        let before = last.map_or(&calls[..], |index| &calls[..=index]);
        if let Some(written) = before.last().and_then(|(.., named)| named.written.as_deref()) {
            told.rows = names::rows(written, path);
        }
        self.readings(&mut told, &name, before);
        let until = before.last().map_or(self.decisions.len(), |(_, decided, _)| *decided);
        let is_ever = |it: DecidedWhat| matches!(it, DecidedWhat::Applied | DecidedWhat::Terminal);
        let counts = |(index, it): &(usize, Decided)| *index < until || is_ever(it.what);
        let decisions = self.decisions.drain(..).enumerate().filter(counts);
        told.decisions = decisions.map(|(_, it)| it).collect();
        bound(&mut told);
        told
    }

    /// Follows the file back through the calls. Returns the name it had at first, and the index of
    /// the call that touched it last.
    fn writes(
        &self,
        told: &mut Provenance,
        path: &str,
        calls: &[(CallId, usize, Named)],
    ) -> (String, Option<usize>) {
        let (mut name, mut last) = (path.to_owned(), None);
        for (index, (id, _, named)) in calls.iter().enumerate().rev() {
            let from = match named.touches(&name) {
                Use::None => continue,
                Use::Written => None,
                Use::Moved { from } => Some(from),
            };
            last = last.or(Some(index));
            told.writes.extend(self.write(*id, named, from.clone()));
            name = from.unwrap_or(name);
        }
        told.certain = last.is_some();
        if last.is_none() {
            let commands = calls.iter().enumerate().rev();
            for (index, (id, _, named)) in commands.filter(|(_, it)| it.2.is_command) {
                last = last.or(Some(index));
                told.writes.extend(self.write(*id, named, None));
            }
        }
        told.writes.reverse();
        (name, last)
    }

    fn write(&self, id: CallId, named: &Named, from: Option<String>) -> Option<Write> {
        let asked = self.asked.get(&id)?;
        Some(Write {
            key: format!("call-{id}"),
            call: id,
            tool: asked.tool.clone(),
            subject: named.subject.chars().take(SUBJECT_CHARS_MAX).collect(),
            from,
            at: asked.at,
            turn: asked.turn,
            said: asked.said.clone(),
            step: asked.step.clone(),
        })
    }

    fn readings(&self, told: &mut Provenance, name: &str, calls: &[(CallId, usize, Named)]) {
        let writer = calls.last().map(|(.., named)| named);
        let written = writer.and_then(|it| it.written.as_deref());
        // A file that was only moved is from itself, and from what was read of it.
        let is_moved_only = told.certain && told.writes.iter().all(|it| it.from.is_some());
        let mut keys = BTreeMap::new();
        for (id, _, named) in calls {
            let Some(asked) = self.asked.get(id) else { continue };
            for path in &named.reads {
                let is_own = names::holds(path, name) || names::holds(path, &told.path);
                if is_moved_only && !is_own {
                    continue;
                }
                let key = format!("call-{id}");
                let named = written.is_some_and(|text| names::mentions(text, path));
                keys.entry(path.clone()).or_insert_with(|| key.clone());
                let (tool, path) = (asked.tool.clone(), path.clone());
                told.readings.push(Reading { key, call: *id, tool, path, at: asked.at, named });
            }
        }
        // Of several readings of a path the first is told; what is named comes first.
        let mut seen = std::collections::BTreeSet::new();
        told.readings.retain(|it| seen.insert((it.path.clone(), it.named)));
        told.readings.sort_by_key(|it| !it.named);
        for row in &mut told.rows {
            row.key = keys.get(&row.path).cloned();
        }
    }
}

fn is_leave(decision: EgressDecision) -> bool {
    match decision {
        EgressDecision::Once | EgressDecision::Task | EgressDecision::Always => true,
        EgressDecision::No | EgressDecision::Never => false,
    }
}

fn decided(
    key: &str,
    what: DecidedWhat,
    text: &str,
    answer: &str,
    by: Option<By>,
    at: Option<TimeMs>,
) -> Decided {
    let (key, text, answer) = (key.to_owned(), text.to_owned(), answer.to_owned());
    Decided { key, what, text, answer, by, at }
}

fn bound(told: &mut Provenance) {
    fn cut<T>(list: &mut Vec<T>, most: usize) -> bool {
        let is_long = list.len() > most;
        list.truncate(most);
        is_long
    }
    let cuts = [
        cut(&mut told.writes, WRITES_TOLD_MAX),
        cut(&mut told.readings, READINGS_TOLD_MAX),
        cut(&mut told.rows, ROWS_TOLD_MAX),
        cut(&mut told.decisions, DECISIONS_TOLD_MAX),
    ];
    told.truncated = cuts.contains(&true);
}
