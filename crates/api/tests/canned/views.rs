//! What the canned desk shows.

use super::Stream;
use api::{
    ChangeKind, ChangeView, ChangesView, CheckView, DiffView, DoctorFinding, DoctorState,
    DoctorView, ErrorKind, FolderView, FoldersView, LogEntry, MindFound, Offer, OffersView,
    QuestionView, Status, TableChange, TaskLine, TaskView, UserError,
};
use task::{AppliedCounts, Apply, ApplyState, Event, Phase, Rest, Task};

pub(crate) fn whole(stream: &Stream) -> TaskView {
    let task = stream.driver.task();
    let name = task.mind().map(ToString::to_string).expect("a task has a mind");
    let questions = task.questions().map(|(id, ask)| QuestionView { id, ask: ask.clone() });
    let checks = task.checks().iter().map(|(id, check)| CheckView {
        id: id.0,
        text: check.text.clone(),
        state: check.state,
        evidence: check.evidence.clone(),
    });
    TaskView {
        line: TaskLine {
            id: stream.id.to_string(),
            request: task.request().to_owned(),
            status: status(task),
            mind: name,
            created_at: task.created_at().0,
            now: now(task),
            unapplied: false,
            was_applied: false,
            archived: task.is_put_away(),
            now_said: api::NowSaid::default(),
            steps_done: 0,
            steps: 0,
            parent: None,
            work_ms: 2500,
            works_since: None,
            spent: None,
        },
        shares: task.shares().to_vec(),
        plan: task.plan().cloned(),
        plan_approved: task.plan_decided() == Some(true),
        plan_waits: task.plan_waits(),
        questions: questions.collect(),
        checks: checks.collect(),
        rest: task.rest().map(|(rest, _)| rest),
        summary: task.ending().map_or(String::new(), |(_, text)| text.to_owned()),
        changes: task.changes().map(|(_, counts)| counts),
        applied: applied(task),
        undoable: task.undoable().is_some(),
        calls: u32::try_from(task.calls().len()).expect("a test has few calls"),
        machine: task.machine_wish(),
        isolation: (!task.bases().is_empty()).then(|| task.isolation()),
        egress: task.egress_rules().to_vec(),
        helpers: vec![],
        layers: task.layers().to_vec(),
        boundary: task.boundary().cloned(),
        budget: task.budget(),
        seq: stream.events.len() as u64,
    }
}

fn applied(task: &Task) -> Option<AppliedCounts> {
    let in_force = |it: &&Apply| it.state == ApplyState::Applied;
    task.applies().iter().rev().find(in_force).map(|it| it.counts)
}

fn status(task: &Task) -> Status {
    match task.rest() {
        Some((Rest::Done, _)) => Status::Done,
        Some((Rest::Answered, _)) => Status::Answered,
        Some((Rest::NeedsYou, _)) => Status::NeedsYou,
        Some((Rest::Failed, _)) => Status::Failed,
        Some((Rest::Stopped, _)) => Status::Stopped,
        Some((Rest::Refused, _)) => Status::Refused,
        None if task.is_paused() => Status::Paused,
        None if task.plan_waits() || task.questions().next().is_some() => Status::Waiting,
        None if task.phase() == Phase::Checking => Status::Checking,
        None => Status::Working,
    }
}

fn now(task: &Task) -> String {
    match task.rest() {
        Some((_, why)) => why.to_owned(),
        None if task.plan_waits() => "waits for your approval of the plan".to_owned(),
        None => task.questions().next().map_or("working", |(_, ask)| &ask.text).to_owned(),
    }
}

/// Two pages, so that paging is tested.
pub(crate) fn changes(task: &Task, offset: u64) -> ChangesView {
    let counts = task.changes().map(|(_, counts)| counts).unwrap_or_default();
    let share = task.shares().first().map_or("", |share| &share.name);
    let is_applied = applied(task).is_some();
    let change = |path: &str, kind, size_bytes| ChangeView {
        path: format!("{share}/{path}"),
        kind,
        from: None,
        size_bytes,
        tick: None,
        refused: None,
        outcome: is_applied.then(|| "applied".to_owned()),
        became: is_applied.then_some(api::Became::Applied),
    };
    let mut all = vec![
        change("Expenses.md", ChangeKind::Created, Some(900)),
        change("Expenses.xlsx", ChangeKind::Created, Some(12_345)),
        change("notes.txt", ChangeKind::Modified, Some(80)),
        change("old/hotel.pdf", ChangeKind::Moved, Some(2_400_000)),
    ];
    all[3].from = Some(format!("{share}/hotel.pdf"));
    if counts.ticks > 0 {
        all[0].tick = Some("it would run as a program later".to_owned());
    }
    if task.request().contains("conflict") && is_applied {
        let kept = "kept beside yours as notes (from Legwork).txt: you changed the file meanwhile";
        all[2].outcome = Some(kept.to_owned());
    }
    if counts.created == 0 {
        all.clear();
    }
    let is_first = offset == 0;
    let page = if is_first { all.into_iter().take(3).collect() } else { all.split_off(3) };
    let next = (is_first && counts.created > 0).then_some(3);
    ChangesView { counts, changes: page, next, applied: applied(task), stays: vec![] }
}

pub(crate) fn diff(path: &str) -> Result<DiffView, UserError> {
    let cell = |cell: &str, before: Option<&str>, after: &str, formula: Option<&str>| TableChange {
        sheet: "2025-03".to_owned(),
        cell: cell.to_owned(),
        before: before.map(str::to_owned),
        after: Some(after.to_owned()),
        formula: formula.map(str::to_owned),
    };
    match path.rsplit('/').next() {
        Some("Expenses.xlsx") => Ok(DiffView::Table {
            cells: vec![
                cell("A2", None, "Hotel Adlon", None),
                cell("B2", Some("100.00"), "120.00", None),
                cell("B9", Some("392.50"), "412.50", Some("SUM(B2:B8)")),
            ],
            truncated: false,
        }),
        Some("Expenses.md") => {
            let unified = "@@ -0,0 +1,2 @@\n+# Expenses\n+412.50 EUR \u{1b}[2J領収書\n".to_owned();
            Ok(DiffView::Text { unified, truncated: true })
        }
        Some("notes.txt") => {
            let unified = "@@ -1,2 +1,2 @@\n same\n-old line\n+new line\n".to_owned();
            Ok(DiffView::Text { unified, truncated: false })
        }
        _ => Err(UserError::new(ErrorKind::User, "change-unknown", format!("nothing at {path}"))),
    }
}

pub(crate) fn log(events: &[Event], after: u64, page: usize) -> Vec<LogEntry> {
    let entries = events.iter().zip(1..).map(|(event, seq)| LogEntry {
        seq,
        hash: format!("{seq:064x}").chars().rev().collect(),
        event: event.clone(),
    });
    entries.filter(|entry| entry.seq > after).take(page).collect()
}

pub(crate) fn models() -> api::ModelsView {
    let line = api::ModelLine {
        provider: "local-1".to_owned(),
        model: "small".to_owned(),
        whence: "on this computer, http://127.0.0.1:1/v1".to_owned(),
        window: Some(32_768),
        price: "no cost but this computer's".to_owned(),
        is_default: true,
        is_cheap: false,
    };
    let provider = api::ProviderLine {
        name: "anthropic".to_owned(),
        key_variables: vec!["ANTHROPIC_API_KEY".to_owned()],
        found_in: None,
        is_kept: false,
    };
    api::ModelsView { models: vec![line], providers: vec![provider] }
}

pub(crate) fn offers() -> OffersView {
    let job = |name: &str, title: &str, request: &str| Offer {
        name: name.to_owned(),
        title: title.to_owned(),
        description: format!("What {name} does, in one sentence."),
        example: format!("legwork run \"{request}\" --folder ~/Downloads"),
        folder: None,
        seen: None,
        files: None,
        problem: None,
        request: request.to_owned(),
        path: None,
    };
    let mut jobs = vec![
        job("expense-report", "Expense report", "Make an expense report from these receipts"),
        job("tidy-folder", "Tidy a folder", "Sort these files by what they are about"),
        job("find-duplicates", "Find duplicates", "Find duplicate files"),
    ];
    jobs[0].folder = Some("~/Downloads".to_owned());
    jobs[0].seen = Some("12 documents that look like receipts".to_owned());
    jobs[2].problem = Some("its playbook cannot be read".to_owned());
    let mind = MindFound {
        what: "a key in ANTHROPIC_API_KEY".to_owned(),
        usable: false,
        note: "this version works without a model".to_owned(),
    };
    OffersView { jobs, minds: vec![mind] }
}

pub(crate) fn doctor() -> DoctorView {
    let finding = |what: &str, state, detail: &str, next: Option<&str>| DoctorFinding {
        what: what.to_owned(),
        state,
        detail: detail.to_owned(),
        next: next.map(str::to_owned),
    };
    let next = Some("sudo sysctl kernel.unprivileged_userns_clone=1");
    DoctorView {
        findings: vec![
            finding("bwrap", DoctorState::Good, "version 0.8.0", None),
            finding("user namespaces", DoctorState::Broken, "the system does not allow them", next),
            finding("disk", DoctorState::Warning, "300 MB are free", Some("make room")),
        ],
        fixes: vec![],
    }
}

pub(crate) fn folders(path: Option<String>) -> FoldersView {
    let folder =
        |name: &str| FolderView { path: format!("/home/me/{name}"), name: name.to_owned() };
    FoldersView {
        path: path.unwrap_or_else(|| "/home/me".to_owned()),
        shown: "~".to_owned(),
        parent: None,
        roots: vec![folder("")],
        folders: vec![folder("Receipts")],
        files: 0,
        truncated: false,
        refused: None,
    }
}
