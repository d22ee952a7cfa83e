//! What a task changed: listed once its machine is shut, shown, applied, undone.

use crate::edges::host_path;
use crate::live::Shared;
use crate::store::{Store, StoreError};
use crate::words;
use api::{
    Became, CHANGES_PAGE, ChangeKind as Shown, ChangeView, ChangesView, ErrorKind, UserError,
};
use machine::changes::{
    self, ApplyError, ApplyOrder, Change, ChangeKind, ChangeList, Manifest, Outcome, Report,
    ReportLine, ShareState, What,
};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use task::{AppliedCounts, ApplyId, ApplyState, ChangeCounts, Selection, Share, ShareAccess, Task};
use wire::PathText;

/// A share with its manifest fetched.
pub(crate) struct Based {
    share: Share,
    /// Whether changes in it may be suggested: it was given for that, and nobody took it back.
    is_writable: bool,
    host: PathBuf,
    manifest: Manifest,
}

/// The shares of a task as they were before the work.
pub(crate) fn bases(store: &Store, task: &Task) -> Result<Vec<Based>, String> {
    let of = |name: &str| task.bases().iter().find(|base| base.share == name);
    let based = |share: &Share| {
        let base = of(&share.name).ok_or("the folder was never listed")?;
        let bytes = store.get(&base.manifest).map_err(|error| error.to_string())?;
        let manifest = Manifest::from_bytes(&bytes).map_err(|error| error.to_string())?;
        let is_in = task.boundary().is_none_or(|it| it.writes.contains(&share.name));
        let is_writable = share.access == ShareAccess::Write && is_in;
        Ok(Based { share: share.clone(), is_writable, host: host_path(share)?, manifest })
    };
    // A task that never got a machine changed nothing.
    if task.bases().is_empty() {
        return Ok(vec![]);
    }
    task.shares().iter().map(based).collect()
}

pub(crate) fn states<'a>(bases: &'a [Based], dir: &Path) -> Vec<ShareState<'a>> {
    let state = |base: &'a Based| ShareState {
        name: base.share.name.clone(),
        host: base.host.clone(),
        upper: dir.join("upper").join(&base.share.name).join("upper"),
        manifest: &base.manifest,
        writable: base.is_writable,
    };
    bases.iter().map(state).collect()
}

/// Lists what the machine, which is shut, left behind.
pub(crate) async fn list(
    store: &Store,
    dir: &Path,
    task: &Task,
) -> Result<(ChangeList, ChangeCounts), String> {
    let (store, dir, task) = (store.clone(), dir.to_owned(), task.clone());
    let listed = tokio::task::spawn_blocking(move || {
        let bases = bases(&store, &task)?;
        changes::list(&states(&bases, &dir)).map_err(|error| error.to_string())
    });
    let list = listed.await.map_err(|error| error.to_string())??;
    let found = list.counts();
    let counts = ChangeCounts {
        created: found.created,
        modified: found.modified,
        moved: found.moved,
        deleted: found.deleted,
        ticks: found.ticks,
        refused: found.refused,
    };
    Ok((list, counts))
}

/// The name of an apply in the task's journal folder.
fn apply_name(task: &Task, apply: ApplyId) -> String {
    // The folder's older versions carry it, so it says which task put them there.
    format!("{}-{apply}", task.created_at().0)
}

/// Applies what was selected. What could not be done is told path by path, never lost.
pub(crate) async fn apply(
    store: &Store,
    dir: &Path,
    task: &Task,
    id: ApplyId,
) -> (Report, AppliedCounts) {
    let (store, dir, task) = (store.clone(), dir.to_owned(), task.clone());
    let done = tokio::task::spawn_blocking(move || apply_now(&store, &dir, &task, id));
    let (report, is_half) = done.await.unwrap_or_else(|error| (failed(&error.to_string()), true));
    let mut counts = counts(&report);
    // What may be in the folder has to stay undoable.
    counts.applied = counts.applied.max(u64::from(is_half));
    (report, counts)
}

/// Also whether something may have stayed in the folder that the report does not name.
fn apply_now(store: &Store, dir: &Path, task: &Task, id: ApplyId) -> (Report, bool) {
    let prepared = || {
        let bases = bases(store, task)?;
        let (blob, _) = task.changes().ok_or("nothing was listed")?;
        let list: ChangeList = store.get_json(blob).map_err(|error| error.to_string())?;
        Ok::<_, String>((bases, list))
    };
    let (bases, list) = match prepared() {
        Ok(prepared) => prepared,
        Err(why) => return (failed(&why), false),
    };
    let states = states(&bases, dir);
    let selection = task.applies().iter().find(|it| it.id == id).map(|it| it.selection.clone());
    let selection = selection.unwrap_or_default();
    let texts = |paths: &[String]| paths.iter().cloned().map(PathText).collect::<Vec<_>>();
    let (paths, ticks) = (texts(&selection.paths), texts(&selection.ticks));
    let name = apply_name(task, id);
    let order = ApplyOrder {
        dir: &dir.join("applies"),
        id: &name,
        shares: &states,
        list: &list,
        paths: &paths,
        ticks: &ticks,
    };
    match changes::apply(&order) {
        Ok(report) => (report, false),
        // What was begun is taken back, so that a folder is never left half done.
        Err(error) => {
            let why = error.to_string();
            match changes::undo(order.dir, order.id) {
                Ok(_) | Err(ApplyError::Unknown { .. }) => (failed(&why), false),
                Err(undo) => (failed(&format!("{why}; and taking it back: {undo}")), true),
            }
        }
    }
}

/// Takes an apply back.
pub(crate) async fn undo(
    dir: &Path,
    task: &Task,
    id: ApplyId,
) -> Result<(Report, AppliedCounts), String> {
    let (dir, name) = (dir.join("applies"), apply_name(task, id));
    let undone = tokio::task::spawn_blocking(move || changes::undo(&dir, &name));
    let report = match undone.await.map_err(|error| error.to_string())? {
        Ok(report) => report,
        // The apply never began: there is nothing to take back.
        Err(ApplyError::Unknown { .. }) => Report::default(),
        Err(error) => return Err(error.to_string()),
    };
    let counts = counts(&report);
    Ok((report, counts))
}

fn failed(why: &str) -> Report {
    let outcome = Outcome::Skipped { why: why.to_owned() };
    Report { lines: vec![ReportLine { path: PathText(String::new()), outcome, note: None }] }
}

fn counts(report: &Report) -> AppliedCounts {
    let counts = report.counts();
    AppliedCounts { applied: counts.applied, conflicts: counts.conflicts, skipped: counts.skipped }
}

/// One page of the changes, with what became of each.
pub(crate) fn view(store: &Store, shared: &Shared, offset: u64) -> Result<ChangesView, UserError> {
    let (changes, reports, applied) = shared.read(|driver, _| {
        let task = driver.task();
        let last = task.applies().last();
        let reports: Vec<_> = task.applies().iter().filter_map(|it| it.report.clone()).collect();
        let in_force = last.filter(|it| it.state == ApplyState::Applied).map(|it| it.counts);
        (task.changes().map(|(blob, counts)| (blob.clone(), counts)), reports, in_force)
    });
    let Some((blob, counts)) = changes else {
        return Err(not_listed(shared));
    };
    let told = |error: StoreError| words::store(&error);
    let list: ChangeList = store.get_json(&blob).map_err(told)?;
    let mut outcomes = BTreeMap::new();
    for report in &reports {
        add_outcomes(&mut outcomes, &store.get_json(report).map_err(told)?);
    }
    let start = usize::try_from(offset).unwrap_or(usize::MAX).min(list.changes.len());
    let end = (start + CHANGES_PAGE).min(list.changes.len());
    Ok(ChangesView {
        counts,
        changes: list.changes[start..end].iter().map(|it| shown(it, &outcomes)).collect(),
        next: (end < list.changes.len()).then_some(end as u64),
        applied,
    })
}

pub(crate) fn not_listed(shared: &Shared) -> UserError {
    let what = format!("the changes of task {} are not listed yet", shared.id);
    UserError::new(ErrorKind::User, "changes-not-listed", what)
        .cause("they are listed once the task has come to rest")
        .next(format!("wait for it with `legwork watch {}`", shared.id))
}

/// What became of each path. People apply some changes now and others later, so each report adds
/// to those before; that a later one left alone what an earlier one did is no news of it.
fn add_outcomes(outcomes: &mut BTreeMap<String, (Became, String)>, report: &Report) {
    for line in &report.lines {
        let is_in_force = outcomes
            .get(&line.path.0)
            .is_some_and(|(became, _)| matches!(became, Became::Applied | Became::Conflict));
        if is_in_force && matches!(line.outcome, Outcome::Skipped { .. }) {
            continue;
        }
        outcomes.insert(line.path.0.clone(), (became(&line.outcome), outcome_words(line)));
    }
}

fn outcome_words(line: &ReportLine) -> String {
    let said = match &line.outcome {
        Outcome::Applied => "applied".to_owned(),
        Outcome::Undone => "undone".to_owned(),
        Outcome::Conflict { kept_as } => format!("kept as {kept_as}, because you changed yours"),
        Outcome::Skipped { why } => format!("left alone: {why}"),
    };
    match &line.note {
        Some(note) => format!("{said} ({note})"),
        None => said,
    }
}

fn became(outcome: &Outcome) -> Became {
    match outcome {
        Outcome::Applied => Became::Applied,
        Outcome::Undone => Became::Undone,
        Outcome::Conflict { .. } => Became::Conflict,
        Outcome::Skipped { .. } => Became::Left,
    }
}

fn shown(change: &Change, outcomes: &BTreeMap<String, (Became, String)>) -> ChangeView {
    let is_folder = change.what == What::Folder;
    let path = &change.path.0;
    // A report with one nameless line tells why nothing was done at all.
    let outcome = outcomes.get(path.as_str()).or_else(|| outcomes.get(""));
    ChangeView {
        path: if is_folder { format!("{path}/") } else { path.clone() },
        kind: match change.kind {
            ChangeKind::Created => Shown::Created,
            ChangeKind::Modified => Shown::Modified,
            ChangeKind::Moved { .. } => Shown::Moved,
            ChangeKind::Deleted => Shown::Deleted,
            ChangeKind::Mode => Shown::Mode,
        },
        from: match &change.kind {
            ChangeKind::Moved { from } => Some(from.0.clone()),
            ChangeKind::Created | ChangeKind::Modified | ChangeKind::Deleted | ChangeKind::Mode => {
                None
            }
        },
        size_bytes: (!is_folder).then_some(change.size_bytes),
        tick: change.tick.clone(),
        refused: change.refused.clone(),
        outcome: outcome.map(|(_, said)| said.clone()),
        became: outcome.map(|(became, _)| *became),
    }
}

/// Refuses a selection that names something that is no change: a typing error would do nothing.
pub(crate) fn check_selection(
    store: &Store,
    shared: &Shared,
    selection: &Selection,
) -> Result<(), UserError> {
    let blob = shared.read(|driver, _| driver.task().changes().map(|(blob, _)| blob.clone()));
    let blob = blob.ok_or_else(|| not_listed(shared))?;
    let list: ChangeList = store.get_json(&blob).map_err(|error| words::store(&error))?;
    let is_there = |path: &str| {
        let path = path.trim_end_matches('/');
        list.changes.iter().any(|change| {
            let rest = change.path.0.strip_prefix(path);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        })
    };
    match selection.paths.iter().chain(&selection.ticks).find(|path| !is_there(path)) {
        Some(path) => {
            let what = format!("{path} is not among the changes of task {}", shared.id);
            Err(UserError::new(ErrorKind::User, "change-unknown", what)
                .next(format!("`legwork changes {}` lists them", shared.id)))
        }
        None => Ok(()),
    }
}
