//! The digest: what stands in a context in place of its earlier part. It is made of what the ledger
//! holds, and by no model: what the person said, the plan, answers, notes and what became of files
//! stand in it word for word.

use super::Piece;
use crate::event::{Outcome, Payload};
use crate::input::ToolAccess;
use crate::limits;
use crate::plan::{Plan, Step, StepState};
use crate::state::{Call, CallState, Task};
use crate::transcript::subject;
use std::collections::BTreeSet;
use std::fmt::Write as _;

/// Tools whose calls are nothing to recall.
const TOLD_ELSEWHERE: [&str; 6] = ["plan", "step", "check", "note", "recall", "ask"];

impl Task {
    /// What stands in a context in place of the pieces before `kept_from`.
    pub(crate) fn digest(&self, kept_from: u32) -> String {
        let kept = &self.context.pieces[(kept_from as usize).min(self.context.pieces.len())..];
        let first_kept = kept.iter().find_map(|piece| match **piece {
            Piece::Turn { first, .. } => first,
            Piece::Said { .. }
            | Piece::Begun { .. }
            | Piece::BackgroundEnded { .. }
            | Piece::Results { .. } => None,
        });
        let is_early = |id: u32| first_kept.is_none_or(|first| id < first.0);
        let mut out = String::from(
            "Legwork says: this task has become long. What follows stands in place of its earlier \
             part; the messages after it are as they were. What you read is not in it: `recall` \
             finds earlier words, and shows the whole result of a call by its number.\n",
        );
        list(&mut out, "What the person said after the request", self.said.iter().cloned());
        self.digest_plan(&mut out);
        self.digest_answers(&mut out);
        list(&mut out, "What you noted", self.context.notes.iter().cloned());
        self.digest_texts(kept_from as usize, &mut out);
        self.digest_files(&is_early, &mut out);
        self.digest_calls(&is_early, &mut out);
        self.digest_running(&mut out);
        out
    }

    fn digest_plan(&self, out: &mut String) {
        let Some(plan) = &self.plan else { return };
        let mood = match self.plan_decided {
            Some(true) => "approved by the person",
            Some(false) => "refused by the person",
            None => "not approved yet",
        };
        let _ = write!(out, "\n# The plan, {mood}\nGoal: {}\n", plan.goal);
        let boundary = self.boundary.as_ref().unwrap_or(&plan.boundary);
        match boundary.writes.is_empty() {
            true => out.push_str("Folders to change: none\n"),
            false => {
                let _ = writeln!(out, "Folders to change: {}", boundary.writes.join(", "));
            }
        }
        plan.steps.iter().for_each(|step| tell_step(step, out));
        self.digest_proofs(plan, out);
    }

    fn digest_proofs(&self, plan: &Plan, out: &mut String) {
        for check in &plan.checks {
            let bound = self.checks.get(&check.id).and_then(|it| it.bound.as_ref());
            let proof = match bound {
                None => "no proof is named yet".to_owned(),
                Some((tool, Payload::Inline(args))) if args.len() <= limits::DIGEST_PROOF_BYTES => {
                    format!("proof: {tool} {args}")
                }
                Some((tool, _)) => format!("proof: {tool}, with what you gave it"),
            };
            let _ = writeln!(out, "- check {:?} ({proof}): {}", check.key, check.text);
            let found = self.checks.get(&check.id).filter(|it| !it.evidence.is_empty());
            for line in found.iter().flat_map(|it| &it.evidence) {
                let _ =
                    writeln!(out, "  when it was run last > {}", line.replace(['\n', '\r'], " "));
            }
        }
    }

    fn digest_answers(&self, out: &mut String) {
        let asked = self.calls.iter().filter_map(|call| {
            let (ask, result) = (call.ask.as_ref()?, call.result.as_ref()?);
            // Legwork asked whether this call may run; its result is that of the call.
            if call.access.is_some() {
                let no = call.state == CallState::Ended(Outcome::Denied);
                return Some(format!("{} {}", ask.text, if no { "No." } else { "Yes." }));
            }
            let Payload::Inline(answer) = result else { return None };
            let answer = serde_json::from_str(answer).unwrap_or_else(|_| answer.clone());
            Some(format!("{} The person answered: {answer}", ask.text))
        });
        list(out, "What the person was asked", asked);
    }

    fn digest_texts(&self, kept_from: usize, out: &mut String) {
        let dropped = &self.context.pieces[..kept_from.min(self.context.pieces.len())];
        let mut room = limits::DIGEST_SAID_BYTES_MAX;
        let texts = dropped.iter().rev().filter_map(|piece| match &**piece {
            Piece::Turn { text, .. } if !text.trim().is_empty() => Some(text.trim()),
            Piece::Turn { .. }
            | Piece::Said { .. }
            | Piece::Begun { .. }
            | Piece::BackgroundEnded { .. }
            | Piece::Results { .. } => None,
        });
        let mut kept: Vec<&str> = texts
            .take_while(|text| {
                let left = room.checked_sub(text.len());
                room = left.unwrap_or(0);
                left.is_some()
            })
            .collect();
        kept.reverse();
        list(out, "What you said, the latest last", kept.into_iter().map(str::to_owned));
    }

    fn digest_files(&self, is_early: &impl Fn(u32) -> bool, out: &mut String) {
        let calls = self.calls.iter().enumerate().rev();
        let calls = calls.map(|(index, call)| (call, u32::try_from(index + 1).unwrap_or(u32::MAX)));
        let did = calls.filter(|(call, id)| {
            is_early(*id)
                && call.access == Some(ToolAccess::Write)
                && call.state == CallState::Ended(Outcome::Done)
        });
        // Only the latest of the same says how it stands now.
        let mut seen = BTreeSet::new();
        let lines = did.flat_map(|(call, id)| done_to_files(call, id).into_iter().rev());
        let lines = lines.filter(|line| seen.insert(line.clone()));
        let mut lines: Vec<String> = lines.take(limits::DIGEST_CALLS_MAX).collect();
        lines.reverse();
        list(out, "What you did to files, the latest last (commands may have done more)", lines);
    }

    fn digest_calls(&self, is_early: &impl Fn(u32) -> bool, out: &mut String) {
        // What these did stands in the plan, the notes and the answers above.
        let is_told = |call: &Call| TOLD_ELSEWHERE.contains(&call.tool.as_str());
        let early = self.calls.iter().zip(1..).filter(|(call, id)| is_early(*id) && !is_told(call));
        let lines: Vec<String> = early
            .map(|(call, id)| {
                let ended = match call.state {
                    CallState::Ended(Outcome::Done) => "done",
                    CallState::Ended(Outcome::Failed) => "failed",
                    CallState::Ended(Outcome::Denied) => "not run",
                    CallState::Ended(Outcome::Interrupted) => "interrupted",
                    CallState::Waiting | CallState::Ready | CallState::Running => "under way",
                };
                let about = subject(&call.args).replace(['\n', '\r'], " ");
                let space = if about.is_empty() { "" } else { " " };
                format!("call {id}: {}{space}{about} ({ended})", call.tool)
            })
            .collect();
        let from = lines.len().saturating_sub(limits::DIGEST_CALLS_MAX);
        let title = match from {
            0 => "Your earlier calls".to_owned(),
            more => format!("Your earlier calls ({more} before these are left out)"),
        };
        list(out, &title, lines.into_iter().skip(from));
    }

    /// Commands in the background: the call that began each may be nowhere else any more.
    fn digest_running(&self, out: &mut String) {
        let lines = self.backgrounds().into_iter().map(|id| {
            let about = self.call(id).map(|it| subject(&it.args)).unwrap_or_default();
            format!("call {id}: {}", about.replace(['\n', '\r'], " "))
        });
        list(out, "Commands that run in the background", lines);
    }
}

/// One step with all that the person did to it.
pub(crate) fn tell_step(step: &Step, out: &mut String) {
    let state = match step.state {
        StepState::Planned => "to do",
        StepState::Current => "under way",
        StepState::Finished => "finished",
        StepState::Struck => "struck by the person: don't do it",
    };
    let locked = if step.locked { ", locked by the person: keep it as it is" } else { "" };
    let _ = match step.key.is_empty() {
        true => writeln!(
            out,
            "- step {:?}, which the person added ({state}{locked}): {}",
            step.name(),
            step.text
        ),
        false => writeln!(out, "- step {:?} ({state}{locked}): {}", step.key, step.text),
    };
    for detail in &step.details {
        let _ = writeln!(out, "  - {}", under(detail));
    }
    if !step.comment.is_empty() {
        let _ = writeln!(out, "  The person says of it: {}", under(&step.comment));
    }
}

/// What a call that ended well did to files, as its arguments say. Of a command nobody knows it.
fn done_to_files(call: &Call, id: u32) -> Vec<String> {
    let Payload::Inline(args) = &call.args else {
        return vec![format!("call {id}, {}: what was long", call.tool)];
    };
    let args: serde_json::Value = serde_json::from_str(args).unwrap_or_default();
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    let all = |key: &str| args[key].as_array().cloned().unwrap_or_default();
    match call.tool.as_str() {
        "run_command" => vec![],
        "move_files" => {
            let moved = |it: &serde_json::Value| {
                format!("moved {} to {}", text(&it["from"]), text(&it["to"]))
            };
            all("moves").iter().map(moved).collect()
        }
        "delete_files" => all("paths").iter().map(|it| format!("deleted {}", text(it))).collect(),
        "make_folder" => vec![format!("made the folder {}", text(&args["path"]))],
        "take_file" => {
            let to = args.get("to").unwrap_or(&args["path"]);
            vec![format!("took {} from the helper {}", text(to), text(&args["helper"]))]
        }
        _ => match text(&args["path"]) {
            path if path.is_empty() => vec![],
            path => vec![format!("wrote {path}")],
        },
    }
}

/// Later lines of a text stand further in, so that none looks like a line of the digest itself.
fn under(text: &str) -> String {
    text.trim().replace('\n', "\n    ")
}

fn list(out: &mut String, title: &str, lines: impl IntoIterator<Item = String>) {
    let mut lines = lines.into_iter().peekable();
    if lines.peek().is_some() {
        let _ = write!(out, "\n# {title}\n");
        lines.for_each(|line| {
            let _ = writeln!(out, "- {}", under(&line));
        });
    }
}
