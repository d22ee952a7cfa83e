//! The stored events of a task, one line each.

use crate::screen::{Ink, Screen};
use crate::words::{count, instant, pad, plain};
use api::LogEntry;
use std::io;
use task::{By, Ending, Event, Outcome, Payload, TimeMs};

/// Characters of a payload that one line shows.
const PAYLOAD_CHARS_MAX: usize = 160;

/// One event: its position, its instant if it has one, what happened, and the chain's value.
pub(crate) fn show(screen: &mut Screen, entry: &LogEntry) -> io::Result<()> {
    let (at, text) = said(&entry.event);
    let when = at.map_or(String::new(), |at| instant(at.0));
    let hash = plain(entry.hash.get(..8).unwrap_or(&entry.hash));
    let before = format!("{:>6}  {}  {hash}  ", entry.seq, pad(&when, 16));
    screen.item((Ink::Faint, &before), Ink::Plain, &plain(&text))
}

fn said(event: &Event) -> (Option<TimeMs>, String) {
    if let Some(told) = said_of_work(event) {
        return told;
    }
    match event {
        Event::TaskCreated { request, shares, at, .. } => {
            let folders: Vec<&str> = shares.iter().map(|share| share.host.as_str()).collect();
            (Some(*at), format!("task created: {request} (in {})", folders.join(", ")))
        }
        Event::MachineReady { bases, at } => {
            let entries: u64 = bases.iter().map(|base| base.entries).sum();
            (Some(*at), format!("machine ready, {entries} entries listed"))
        }
        Event::PlanProposed { plan, .. } => (
            None,
            format!("plan proposed, {}: {}", count(plan.steps.len() as u64, "step"), plan.goal),
        ),
        Event::PlanEdited { plan, by } => (
            None,
            format!("plan changed {}, {}", said_by(*by), count(plan.steps.len() as u64, "step")),
        ),
        Event::PlanDecided { approved: true, by, .. } => {
            (None, format!("plan approved {}", said_by(*by)))
        }
        Event::PlanDecided { approved: false, by, .. } => {
            (None, format!("plan refused {}", said_by(*by)))
        }
        Event::BoundaryGranted { boundary, by } => {
            let writes = if boundary.writes.is_empty() {
                "nothing".to_owned()
            } else {
                boundary.writes.join(", ")
            };
            (None, format!("boundary granted {}: may change {writes}", said_by(*by)))
        }
        Event::QuestionAsked { call, ask } => (None, format!("question {call}: {}", ask.text)),
        Event::QuestionAnswered { call, answer, by, at } => {
            (Some(*at), format!("question {call} answered {}: {answer}", said_by(*by)))
        }
        Event::UserSpoke { text, at } => (Some(*at), format!("you said: {text}")),
        Event::ChangesFound { counts, at, .. } => (Some(*at), format!("changes found: {counts}")),
        Event::TaskRested { rest, why, at } => {
            let why = if why.is_empty() { String::new() } else { format!(": {why}") };
            (Some(*at), format!("task at rest, {}{why}", said_rest(*rest)))
        }
        Event::ApplyStarted { apply, by, at, .. } => {
            (Some(*at), format!("apply {apply} started {}", said_by(*by)))
        }
        Event::ApplyEnded { apply, counts, at, .. } => {
            (Some(*at), format!("apply {apply} ended: {}", counts.said("applied")))
        }
        Event::UndoStarted { apply, by, at } => {
            (Some(*at), format!("undo of apply {apply} started {}", said_by(*by)))
        }
        Event::UndoEnded { apply, counts, at, .. } => {
            (Some(*at), format!("undo of apply {apply} ended: {}", counts.said("undone")))
        }
        Event::UndoFailed { apply, why, at } => {
            (Some(*at), format!("undo of apply {apply} failed: {why}"))
        }
        // `said_of_work` has told these.
        Event::ModelAnswered { .. }
        | Event::StepReached { .. }
        | Event::CallStarted { .. }
        | Event::CallEnded { .. }
        | Event::CheckBound { .. }
        | Event::CheckStarted { .. }
        | Event::CheckEnded { .. }
        | Event::WorkEnded { .. } => (None, String::new()),
    }
}

/// What the mind and its tools did; `None` for every other event.
fn said_of_work(event: &Event) -> Option<(Option<TimeMs>, String)> {
    Some(match event {
        Event::ModelAnswered { text, calls, at } => {
            let asked =
                calls.iter().map(|it| format!("{} {} {}", it.call, it.tool, payload(&it.args)));
            let asked: Vec<String> = asked.collect();
            let text = if text.is_empty() {
                "mind asked".to_owned()
            } else {
                format!("mind said: {text}")
            };
            (Some(*at), format!("{text} [{}]", asked.join("; ")))
        }
        Event::StepReached { step } => (None, format!("step {step} reached")),
        Event::CallStarted { call, at } => (Some(*at), format!("call {call} started")),
        Event::CallEnded { call, outcome, result, at } => {
            let word = match outcome {
                Outcome::Done => "done",
                Outcome::Failed => "failed",
                Outcome::Denied => "denied",
                Outcome::Interrupted => "interrupted",
            };
            (Some(*at), format!("call {call} {word}: {}", payload(result)))
        }
        Event::CheckBound { check, tool, args } => {
            (None, format!("check {check} will run {tool} {}", payload(args)))
        }
        Event::CheckStarted { check, at } => (Some(*at), format!("check {check} started")),
        Event::CheckEnded { check, result, at } => {
            let word = if result.passed { "passed" } else { "failed" };
            (Some(*at), format!("check {check} {word}: {}", result.evidence.join("; ")))
        }
        Event::WorkEnded { ending, text, at } => {
            let word = match ending {
                Ending::Finished => "finished",
                Ending::Stuck => "is stuck",
                Ending::Stopped => "was stopped",
                Ending::Refused => "was refused",
                Ending::Broken => "broke down",
            };
            (Some(*at), format!("work {word}: {text}"))
        }
        _ => return None,
    })
}

fn said_by(by: By) -> &'static str {
    match by {
        By::User => "by you",
        By::Standing => "as you had decided before",
    }
}

fn said_rest(rest: task::Rest) -> &'static str {
    match rest {
        task::Rest::Done => "done",
        task::Rest::NeedsYou => "needs you",
        task::Rest::Failed => "failed",
        task::Rest::Stopped => "stopped",
        task::Rest::Refused => "refused",
    }
}

fn payload(payload: &Payload) -> String {
    match payload {
        Payload::Inline(json) if json.chars().count() > PAYLOAD_CHARS_MAX => {
            let start: String = json.chars().take(PAYLOAD_CHARS_MAX).collect();
            format!("{start}…")
        }
        Payload::Inline(json) => json.clone(),
        Payload::Blob(blob) => {
            format!("({} bytes, blob {})", blob.size_bytes, blob.hash.get(..8).unwrap_or_default())
        }
    }
}
