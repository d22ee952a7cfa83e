//! How a task stands, and what the person can do next, as commands to copy.

use crate::exit::Exit;
use crate::limits;
use crate::plan_text;
use crate::screen::{Ink, Screen};
use crate::transcript_text::{show_check, show_question};
use crate::words::{self, duration, instant, plain, size};
use api::{Became, ChangeKind, ChangeView, ChangesView, SpentView, Status, TaskView};
use std::io;
use task::{CheckResult, CheckState, Rest, Share};

/// Shows how a task that was followed ended: where the files are, and what can be done now.
pub(crate) fn show(
    screen: &mut Screen,
    task: &TaskView,
    changes: Option<&ChangesView>,
) -> io::Result<()> {
    screen.gap()?;
    show_state(screen, task)?;
    if let Some(changes) = changes {
        show_files(screen, task, changes)?;
    }
    show_next(screen, task)
}

/// The exit status that tells how `task` stands.
pub(crate) fn exit(task: &TaskView) -> Exit {
    match task.rest {
        None => Exit::NeedsYou,
        Some(Rest::Done) if task.applied.is_some_and(|it| it.conflicts + it.skipped > 0) => {
            Exit::NeedsYou
        }
        Some(rest) => rest.into(),
    }
}

/// What a model used; a price that is not known is said to be.
pub(crate) fn cost(spent: &SpentView) -> String {
    let all = spent.turns;
    let dollars = spent.cost_usd_micros.div_ceil(100);
    let money = match spent.unpriced_turns {
        0 => format!("${}.{:04}", dollars / 10_000, dollars % 10_000),
        unpriced if unpriced >= all => "at a price that is not known".to_owned(),
        unpriced => format!(
            "${}.{:04} and {unpriced} turns at a price that is not known",
            dollars / 10_000,
            dollars % 10_000
        ),
    };
    let tokens = &spent.tokens;
    let read = tokens.input + tokens.cache_write;
    format!(
        "{money}; {all} turns, {read} tokens read, {} from the cache, {} written",
        tokens.cache_read, tokens.output
    )
}

/// A whole task, for `show`.
pub(crate) fn show_whole(
    screen: &mut Screen,
    task: &TaskView,
    changes: Option<&ChangesView>,
) -> io::Result<()> {
    let line = &task.line;
    screen.item((Ink::Faint, "task       "), Ink::Strong, &line.id)?;
    screen.item((Ink::Faint, "request    "), Ink::Plain, &line.request)?;
    for share in &task.shares {
        let access = if share.access == task::ShareAccess::Read { " (only read)" } else { "" };
        screen.item((Ink::Faint, "folder     "), Ink::Plain, &format!("{}{access}", share.host))?;
    }
    let mind = if line.spent.is_some() { "model      " } else { "playbook   " };
    screen.item((Ink::Faint, mind), Ink::Plain, &line.mind)?;
    screen.item((Ink::Faint, "created    "), Ink::Plain, &instant(line.created_at))?;
    if let Some(isolation) = task.isolation {
        screen.item((Ink::Faint, "machine    "), Ink::Plain, words::isolation(isolation))?;
    }
    if !task.layers.is_empty() {
        screen.item((Ink::Faint, "with       "), Ink::Plain, &task.layers.join(", "))?;
    }
    let work = format!("{}, {} calls", duration(line.work_ms), task.calls);
    screen.item((Ink::Faint, "work       "), Ink::Plain, &work)?;
    if let Some(spent) = &line.spent {
        screen.item((Ink::Faint, "cost       "), Ink::Plain, &cost(spent))?;
    }
    for helper in &task.helpers {
        let state = match (&helper.asks, helper.is_over) {
            (_, true) => " (ended)".to_owned(),
            (Some(asks), false) => format!(" (asks: {asks})"),
            (None, false) => String::new(),
        };
        let text = format!("{}: {}{state}", helper.id, helper.request);
        screen.item((Ink::Faint, "helper     "), Ink::Plain, &text)?;
    }
    if let Some(parent) = &line.parent {
        screen.item((Ink::Faint, "helper of  "), Ink::Plain, parent)?;
    }
    if let Some(plan) = &task.plan {
        screen.gap()?;
        plan_text::show(screen, plan, plan_text::BRIEF)?;
    }
    for question in &task.questions {
        show_question(screen, &question.ask)?;
    }
    if !task.checks.is_empty() {
        screen.gap()?;
    }
    for check in &task.checks {
        match check.state {
            CheckState::Passed | CheckState::Failed => {
                let passed = check.state == CheckState::Passed;
                let result = CheckResult { passed, evidence: check.evidence.clone() };
                show_check(screen, &check.text, &result)?;
            }
            CheckState::Open => screen.item((Ink::Plain, "○ "), Ink::Plain, &check.text)?,
            CheckState::Running => screen.item((Ink::Key, "› "), Ink::Plain, &check.text)?,
        }
    }
    if !task.summary.is_empty() {
        screen.gap()?;
        screen.text(0, Ink::Plain, &task.summary)?;
    }
    show(screen, task, changes)
}

/// A status in words.
pub(crate) fn status_word(status: Status) -> (Ink, &'static str) {
    match status {
        Status::Preparing => (Ink::Plain, "preparing"),
        Status::Working => (Ink::Key, "working"),
        Status::Waiting => (Ink::Warn, "waits for you"),
        Status::Checking => (Ink::Key, "checking"),
        Status::Applying => (Ink::Key, "applying"),
        Status::Undoing => (Ink::Key, "undoing"),
        Status::Paused => (Ink::Warn, "paused"),
        Status::Done => (Ink::Good, "done"),
        Status::Answered => (Ink::Good, "answered"),
        Status::NeedsYou => (Ink::Warn, "needs you"),
        Status::Failed => (Ink::Bad, "failed"),
        Status::Stopped => (Ink::Plain, "stopped"),
        Status::Refused => (Ink::Plain, "refused"),
    }
}

fn show_state(screen: &mut Screen, task: &TaskView) -> io::Result<()> {
    let (ink, word) = status_word(task.line.status);
    let passed = task.checks.iter().filter(|check| check.state == CheckState::Passed).count();
    // What waits is told below, with the commands that go on.
    let is_clear = task.line.status == Status::Waiting || task.line.now.is_empty();
    let more = match task.rest {
        Some(Rest::Done) => {
            let plan = task.plan.as_ref().filter(|_| task.line.spent.is_some());
            let left = plan.map_or(String::new(), task::Plan::never_begun);
            format!(": {passed} of {} checks passed{}", task.checks.len(), plain(&left))
        }
        _ if is_clear => String::new(),
        _ => format!(": {}", plain(&words::now(&task.line))),
    };
    let verb = match task.line.status {
        Status::Waiting | Status::NeedsYou | Status::Failed => "",
        Status::Stopped | Status::Refused => "was ",
        Status::Preparing | Status::Working | Status::Checking | Status::Paused => "is ",
        Status::Applying | Status::Undoing | Status::Done => "is ",
        Status::Answered => "has ",
    };
    let mark = format!("Task {} ", plain(&task.line.id));
    screen.item((Ink::Strong, &mark), ink, &format!("{verb}{word}{more}"))
}

fn show_files(screen: &mut Screen, task: &TaskView, changes: &ChangesView) -> io::Result<()> {
    let is_applied = task.applied.is_some() && task.undoable;
    let listed = changes.changes.iter().filter(|change| {
        let is_file = change.size_bytes.is_some() && change.kind != ChangeKind::Deleted;
        let is_there = matches!(change.became, Some(Became::Applied | Became::Conflict));
        is_file && (!is_applied || is_there)
    });
    let mut listed: Vec<&ChangeView> = listed.collect();
    if listed.is_empty() {
        return Ok(());
    }
    // New files first: they are what was asked for.
    listed.sort_by_key(|change| change.kind != ChangeKind::Created);
    let head = match under_way(task.line.status) {
        Some(_) => "What it made:",
        None if is_applied => "In your folder now:",
        None => "What it made, for you to review:",
    };
    screen.text(0, Ink::Plain, head)?;
    for change in listed.iter().take(limits::FILES_SHOWN) {
        let place = host_path(&task.shares, &change.path);
        let bytes = change.size_bytes.map_or(String::new(), |bytes| format!("  {}", size(bytes)));
        let place = screen.ink(Ink::Key, &plain(&place));
        screen.raw(&format!("  {place}{}", screen.ink(Ink::Faint, &bytes)))?;
    }
    let more = listed.len().saturating_sub(limits::FILES_SHOWN);
    match (more, changes.next) {
        (0, None) => Ok(()),
        (_, Some(_)) => screen.text(2, Ink::Faint, "… and many more"),
        (_, None) => screen.text(2, Ink::Faint, &format!("… and {more} more")),
    }
}

/// What the person can do now, as commands.
pub(crate) fn show_next(screen: &mut Screen, task: &TaskView) -> io::Result<()> {
    show_next_after(screen, task, false, false)
}

/// As `show_next`, when an undo may have left something where it is, or an apply a rest.
pub(crate) fn show_next_after(
    screen: &mut Screen,
    task: &TaskView,
    is_left: bool,
    has_rest: bool,
) -> io::Result<()> {
    if task.rest.is_none() {
        return show_waiting_next(screen, task);
    }
    let has_changes = task.changes.is_some_and(|counts| counts != task::ChangeCounts::default());
    if !has_changes {
        return screen.text(0, Ink::Faint, "Nothing in your folders was changed.");
    }
    if let Some(moving) = under_way(task.line.status) {
        screen.text(0, Ink::Faint, moving)?;
        screen.command("review", &format!("legwork changes {}", task.line.id))?;
        return screen.command("how far", &format!("legwork show {}", task.line.id));
    }
    if !task.undoable && !is_left {
        screen.text(0, Ink::Faint, "None of this is in your folders now.")?;
    }
    screen.command("review", &format!("legwork changes {}", task.line.id))?;
    show_keep(screen, task, has_rest)
}

/// What happens to the folders by itself: only a part of the changes is in them meanwhile.
fn under_way(status: Status) -> Option<&'static str> {
    match status {
        Status::Applying => {
            Some("This is being brought into your folders; a part of it may be there.")
        }
        Status::Undoing => {
            Some("This is being taken out of your folders; a part may still be there.")
        }
        Status::Preparing | Status::Working | Status::Waiting | Status::Checking => None,
        Status::Paused | Status::Done | Status::Answered | Status::NeedsYou => None,
        Status::Failed | Status::Stopped | Status::Refused => None,
    }
}

/// How to bring the changes into the person's folders, or out of them again.
pub(crate) fn show_keep(screen: &mut Screen, task: &TaskView, has_rest: bool) -> io::Result<()> {
    let id = &task.line.id;
    let despite = if task.rest == Some(Rest::Done) { "" } else { " --despite-checks" };
    let apply = format!("legwork apply {id}{despite}");
    if !task.undoable {
        return screen.command("apply", &apply);
    }
    if has_rest {
        screen.command("the rest", &apply)?;
    }
    screen.command("undo", &format!("legwork undo {id}"))
}

fn show_waiting_next(screen: &mut Screen, task: &TaskView) -> io::Result<()> {
    let id = &task.line.id;
    if task.plan_waits {
        screen.command("approve", &format!("legwork plan {id} --approve"))?;
        screen.command("change", &format!("legwork plan {id} --edit"))?;
        screen.command("refuse", &format!("legwork plan {id} --refuse"))?;
    }
    for question in &task.questions {
        let suggested =
            question.ask.suggested.as_ref().or(question.ask.choices.first().map(|it| &it.key));
        let answer =
            suggested.map_or("\"your answer\"".to_owned(), |key| crate::words::shell_quoted(key));
        let which = format!(" --question {}", question.id);
        screen.command("answer", &format!("legwork answer {id} {answer}{which}"))?;
    }
    for helper in task.helpers.iter().filter(|it| it.asks.is_some()) {
        screen.command("helper", &format!("legwork watch {}", plain(&helper.id)))?;
    }
    if task.line.status == Status::Paused {
        screen.command("go on", &format!("legwork resume {id}"))?;
    }
    screen.command("follow", &format!("legwork watch {id}"))?;
    screen.command("stop", &format!("legwork stop {id}"))
}

/// Where on this computer the file is, or will be, that a task calls `SHARE/rest`.
pub(crate) fn host_path(shares: &[Share], path: &str) -> String {
    let (name, rest) = path.split_once('/').unwrap_or((path, ""));
    match shares.iter().find(|share| share.name == name) {
        Some(share) if rest.is_empty() => share.host.clone(),
        Some(share) => format!("{}/{rest}", share.host.trim_end_matches('/')),
        None => path.to_owned(),
    }
}
