//! The stored events of a task, one line each.

use crate::screen::{Ink, Screen};
use crate::words::{self, count, instant, pad, plain, size};
use api::LogEntry;
use std::io;
use task::{By, EgressUse, EgressVerdict, Ending, Event, Outcome, Payload, Steer, TimeMs};

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
    if let Some(told) = said_of_work(event).or_else(|| said_of_contract(event)) {
        return told;
    }
    if let Some((at, lines)) = said_of_egress(event).filter(|_| !is_creation(event)) {
        return (Some(at), lines.join("; "));
    }
    if let Some(told) = said_of_steering(event).or_else(|| said_of_review(event)) {
        return told;
    }
    match event {
        Event::TaskCreated { request, shares, at, .. } => {
            let folders: Vec<&str> = shares.iter().map(|share| share.host.as_str()).collect();
            (Some(*at), format!("task created: {request} (in {})", folders.join(", ")))
        }
        Event::MachineReady { bases, isolation, at } => {
            let entries: u64 = bases.iter().map(|base| base.entries).sum();
            let isolation = words::isolation(*isolation);
            (Some(*at), format!("machine ready ({isolation}), {} listed", words::entries(entries)))
        }
        Event::MachineMissed { why, at } => (Some(*at), format!("no such machine: {why}")),
        Event::MachineWished { machine, by, at } => {
            let wish = words::machine_wish(*machine);
            (Some(*at), format!("to have {wish}, decided {}", said_by(*by)))
        }
        Event::UserSpoke { text, at } => (Some(*at), format!("you said: {text}")),
        Event::ChangesFound { counts, at, .. } => (Some(*at), format!("changes found: {counts}")),
        Event::TaskRested { rest, why, at } => (Some(*at), said_of_rest(*rest, why)),
        // Those above have told these.
        Event::PutAway { .. }
        | Event::ApplyStarted { .. }
        | Event::ApplyEnded { .. }
        | Event::UndoStarted { .. }
        | Event::UndoEnded { .. }
        | Event::UndoFailed { .. }
        | Event::PlanProposed { .. }
        | Event::PlanEdited { .. }
        | Event::PlanDecided { .. }
        | Event::BoundaryGranted { .. }
        | Event::QuestionAsked { .. }
        | Event::ContentNamed { .. }
        | Event::CallHeld { .. }
        | Event::Briefed { .. }
        | Event::BackgroundLost { .. }
        | Event::BackgroundEnded { .. }
        | Event::QuestionAnswered { .. }
        | Event::Steered { .. }
        | Event::BecameHelper { .. }
        | Event::HelperHired { .. }
        | Event::HelperWaits { .. }
        | Event::HelperEnded { .. }
        | Event::EgressGranted { .. }
        | Event::EgressRevoked { .. }
        | Event::WritesSet { .. }
        | Event::BudgetSet { .. }
        | Event::EgressAsked { .. }
        | Event::EgressAnswered { .. }
        | Event::EgressUsed { .. }
        | Event::ModelAnswered { .. }
        | Event::ModelFailed { .. }
        | Event::AnswerDropped { .. }
        | Event::SentBack { .. }
        | Event::ContextShortened { .. }
        | Event::Noted { .. }
        | Event::StepReached { .. }
        | Event::CallStarted { .. }
        | Event::CallEnded { .. }
        | Event::CheckBound { .. }
        | Event::CheckStarted { .. }
        | Event::CheckEnded { .. }
        | Event::WorkEnded { .. } => (None, String::new()),
    }
}

fn said_of_rest(rest: task::Rest, why: &str) -> String {
    let why = if why.is_empty() { String::new() } else { format!(": {why}") };
    format!("task at rest, {}{why}", said_rest(rest))
}

/// What was done to the person's folders; `None` for every other event.
fn said_of_review(event: &Event) -> Option<(Option<TimeMs>, String)> {
    Some(match event {
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
        Event::PutAway { away, at } => {
            let what = if *away { "put away by you" } else { "taken out again by you" };
            (Some(*at), what.to_owned())
        }
        _ => return None,
    })
}

/// The plan and the questions of the mind; `None` for every other event.
fn said_of_contract(event: &Event) -> Option<(Option<TimeMs>, String)> {
    Some(match event {
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
        Event::WritesSet { writes, by, at } => {
            let folders =
                if writes.is_empty() { "no folder".to_owned() } else { writes.join(", ") };
            (Some(*at), format!("may suggest changes in {folders}, {}", said_by(*by)))
        }
        Event::BudgetSet { budget, by, at } => {
            let minutes = budget.work_ms_max / 60_000;
            let calls = budget.calls_max;
            let who = said_by(*by);
            (Some(*at), format!("may take {calls} calls and {minutes} min, {who}"))
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
        Event::ContentNamed { source, names, at, .. } => {
            let told = [names.places.len(), names.commands.len()];
            let (places, commands) =
                (count(told[0] as u64, "place"), count(told[1] as u64, "command"));
            (Some(*at), format!("{source} names {places} and {commands}: no order"))
        }
        Event::CallHeld { call, follows: Some(it), at, .. } => (
            Some(*at),
            format!("call {call} would follow {} ({}); you are asked", it.source, it.lead),
        ),
        Event::CallHeld { call, at, .. } => {
            (Some(*at), format!("you are asked before call {call} runs"))
        }
        Event::Briefed { briefs, at } => {
            let sources: Vec<&str> = briefs.iter().map(|it| it.source.as_str()).collect();
            (Some(*at), format!("it begins with {}", sources.join(", ")))
        }
        Event::BackgroundLost { calls, at } => {
            let calls: Vec<String> = calls.iter().map(ToString::to_string).collect();
            let calls = calls.join(", ");
            (Some(*at), format!("what call {calls} ran in the background is gone"))
        }
        Event::BackgroundEnded { call, how, at, .. } => {
            (Some(*at), format!("what call {call} ran in the background {how}"))
        }
        Event::QuestionAnswered { call, answer, by, at } => {
            (Some(*at), format!("question {call} answered {}: {answer}", said_by(*by)))
        }
        _ => return None,
    })
}

fn is_creation(event: &Event) -> bool {
    matches!(event, Event::TaskCreated { .. })
}

/// What happened at the door of the machine, one line each; `None` for any other event.
pub(crate) fn said_of_egress(event: &Event) -> Option<(TimeMs, Vec<String>)> {
    let told = |at: &TimeMs, line: String| Some((*at, vec![line]));
    match event {
        Event::TaskCreated { egress, at, .. } if !egress.is_empty() => {
            told(at, format!("granted with the task: {}", egress.join("; ")))
        }
        Event::EgressGranted { rules, by, at } => {
            told(at, format!("granted {}: {}", said_by(*by), rules.join("; ")))
        }
        Event::EgressRevoked { rules, by, at } => {
            told(at, format!("taken back {}: {}", said_by(*by), rules.join("; ")))
        }
        Event::EgressAsked { ask, attempt, at } => {
            let who = if attempt.program.is_empty() { "a program" } else { &attempt.program };
            told(
                at,
                format!("question n{ask}: {who} wants {} at {}", attempt.purpose, attempt.place),
            )
        }
        Event::EgressAnswered { ask, decision, by, at } => {
            told(at, format!("question n{ask} answered {}: {decision}", said_by(*by)))
        }
        Event::EgressUsed { uses, at } => Some((*at, uses.iter().map(said_of_use).collect())),
        _ => None,
    }
}

fn said_of_use(it: &EgressUse) -> String {
    let word = match it.verdict {
        EgressVerdict::Allowed => "allowed",
        EgressVerdict::Denied => "denied",
        EgressVerdict::Alarm => "ALARM, denied",
    };
    let who = if it.program.is_empty() { "a program" } else { &it.program };
    let mut line = format!("{word}: {who} {} at {}; {}", it.purpose, it.place, it.why);
    if it.sent_bytes + it.received_bytes > 0 {
        line += &format!(" ({} out, {} in)", size(it.sent_bytes), size(it.received_bytes));
    }
    line
}

/// What the mind and its tools did; `None` for every other event.
fn said_of_work(event: &Event) -> Option<(Option<TimeMs>, String)> {
    Some(match event {
        Event::ModelAnswered { text, calls, at, .. } => {
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
        Event::ModelFailed { why, at, .. } => (Some(*at), format!("the model failed: {why}")),
        Event::AnswerDropped { said, usage, at, .. } => {
            let about = if usage.is_estimate { "about " } else { "" };
            let text = format!("an answer was not waited for: {about}{} tokens", usage.total());
            let said = if said.is_empty() { String::new() } else { format!("; it said: {said}") };
            (Some(*at), text + &said)
        }
        Event::SentBack { why, at } => (Some(*at), format!("the mind was sent back: {why}")),
        Event::ContextShortened { kept_from, at } => {
            (Some(*at), format!("context shortened; kept from piece {kept_from}"))
        }
        Event::Noted { call, text } => (None, format!("call {call} noted: {text}")),
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

/// How the person steered it, and what its helpers did; `None` for every other event.
fn said_of_steering(event: &Event) -> Option<(Option<TimeMs>, String)> {
    Some(match event {
        Event::Steered { steer, at } => (Some(*at), said_of_steer(steer)),
        Event::BecameHelper { of } => (None, format!("a helper of task {}", of.parent)),
        Event::HelperHired { call, helper } => {
            (None, format!("call {call} has a helper: {}", helper.request))
        }
        Event::HelperWaits { call, asks: Some(asks), at } => {
            (Some(*at), format!("the helper of call {call} asks: {asks}"))
        }
        Event::HelperWaits { call, asks: None, at } => {
            (Some(*at), format!("the helper of call {call} goes on"))
        }
        Event::HelperEnded { call, used, at } => (
            Some(*at),
            format!("the helper of call {call} ended: {} tokens used", used.tokens.total()),
        ),
        _ => return None,
    })
}

fn said_of_steer(steer: &Steer) -> String {
    match steer {
        Steer::Paused => "paused by you".to_owned(),
        Steer::Resumed => "you let it go on".to_owned(),
        Steer::Switched { provider, model } => format!("switched to {provider}/{model} by you"),
        Steer::TerminalOpened => "you opened a terminal in its machine".to_owned(),
        Steer::TerminalClosed => "you closed the terminal".to_owned(),
        Steer::AsideAsked { usage, .. } => {
            format!("you ask something on the side; about {} tokens are read", usage.total())
        }
        Steer::Aside(aside) => format!(
            "you asked {}/{} on the side: {} Answer: {}",
            aside.provider, aside.model, aside.question, aside.answer
        ),
    }
}

fn said_by(by: By) -> &'static str {
    match by {
        By::User => "by you",
        By::Standing => "as you had decided before",
        By::Policy => "by this computer's administrator",
    }
}

fn said_rest(rest: task::Rest) -> &'static str {
    match rest {
        task::Rest::Done => "done",
        task::Rest::Answered => "answered",
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
