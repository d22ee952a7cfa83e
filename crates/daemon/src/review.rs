//! What a task changed: listed once its machine is shut, shown, applied, undone.

use crate::edges::host_path;
use crate::live::Shared;
use crate::store::{Store, StoreError};
use crate::{views, words};
use api::{
    Became, CHANGES_PAGE, ChangeKind as Shown, ChangeView, ChangesView, ErrorKind, StaysView,
    UserError,
};
use machine::changes::{
    self, ApplyError, ApplyOrder, Change, ChangeKind, ChangeList, Manifest, Outcome, Report,
    ReportLine, ShareState, What,
};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use task::{
    AppliedCounts, Apply, ApplyId, ApplyState, ChangeCounts, Selection, Share, ShareAccess, Task,
};
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
    let done = done.await.unwrap_or_else(|error| Done::failed(&error.to_string(), true));
    let Done { report, earlier, is_half } = done;
    let mut counts = counts_beyond(&report, &earlier);
    // What may be in the folder has to stay undoable.
    counts.applied = counts.applied.max(u64::from(is_half));
    (report, counts)
}

/// What an apply came to.
struct Done {
    report: Report,
    /// What earlier applies brought into the folder.
    earlier: BTreeSet<String>,
    /// Whether something may have stayed in the folder that the report does not name.
    is_half: bool,
}

impl Done {
    fn failed(why: &str, is_half: bool) -> Self {
        Self { report: failed(why), earlier: BTreeSet::new(), is_half }
    }
}

fn apply_now(store: &Store, dir: &Path, task: &Task, id: ApplyId) -> Done {
    let prepared = || {
        let bases = bases(store, task)?;
        let (blob, _) = task.changes().ok_or("nothing was listed")?;
        let list: ChangeList = store.get_json(blob).map_err(|error| error.to_string())?;
        let earlier = in_force(store, task).map_err(|error| error.to_string())?;
        Ok::<_, String>((bases, list, earlier))
    };
    let (bases, mut list, earlier) = match prepared() {
        Ok(prepared) => prepared,
        Err(why) => return Done::failed(&why, false),
    };
    let states = states(&bases, dir);
    let selection = task.applies().iter().find(|it| it.id == id).map(|it| it.selection.clone());
    let selection = selection.unwrap_or_default();
    if selection.paths.is_empty() {
        keep_rest(&mut list, &earlier);
    }
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
        Ok(report) => Done { report, earlier, is_half: false },
        // What was begun is taken back, so that a folder is never left half done.
        Err(error) => {
            let why = error.to_string();
            match changes::undo(order.dir, order.id) {
                Ok(_) | Err(ApplyError::Unknown { .. }) => Done::failed(&why, false),
                Err(undo) => Done::failed(&format!("{why}; and taking it back: {undo}"), true),
            }
        }
    }
}

/// Everything means what is not there yet, with the folders that it needs: the person may have
/// removed one meanwhile.
fn keep_rest(list: &mut ChangeList, earlier: &BTreeSet<String>) {
    let mut needed = BTreeSet::new();
    for change in list.changes.iter().filter(|it| !earlier.contains(&it.path.0)) {
        let mut path = change.path.0.as_str();
        while let Some((folder, _)) = path.rsplit_once('/')
            && needed.insert(folder.to_owned())
        {
            path = folder;
        }
    }
    let is_needed = |it: &Change| {
        let is_folder = it.kind == ChangeKind::Created && it.what == What::Folder;
        is_folder && needed.contains(&it.path.0)
    };
    list.changes.retain(|it| !earlier.contains(&it.path.0) || is_needed(it));
}

/// The paths that applies brought into the folder, and no undo took back.
pub(crate) fn in_force(store: &Store, task: &Task) -> Result<BTreeSet<String>, StoreError> {
    let mut paths = BTreeSet::new();
    for apply in task.applies().iter().filter(|it| it.state == ApplyState::Applied) {
        let Some(blob) = &apply.report else { continue };
        let report: Report = store.get_json(blob)?;
        let brought = |it: &ReportLine| !matches!(it.outcome, Outcome::Skipped { .. });
        paths.extend(report.lines.into_iter().filter(brought).map(|it| it.path.0));
    }
    Ok(paths)
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

/// What an apply counts for when earlier ones are in force: nothing is brought in twice.
fn counts_beyond(report: &Report, earlier: &BTreeSet<String>) -> AppliedCounts {
    let is_new = |it: &&ReportLine| !earlier.contains(&it.path.0);
    counts(&Report { lines: report.lines.iter().filter(is_new).cloned().collect() })
}

/// One page of the changes, with what became of each.
pub(crate) fn view(store: &Store, shared: &Shared, offset: u64) -> Result<ChangesView, UserError> {
    let (changes, reports, applied) = shared.read(|driver, _| {
        let task = driver.task();
        let applies = task.applies().iter();
        let report = |it: &Apply| Some((it.state == ApplyState::Undone, it.report.clone()?));
        let reports: Vec<_> = applies.filter_map(report).collect();
        let changes = task.changes().map(|(blob, counts)| (blob.clone(), counts));
        (changes, reports, views::applied(task))
    });
    let Some((blob, counts)) = changes else {
        return Err(not_listed(shared));
    };
    let told = |error: StoreError| words::store(&error);
    let list: ChangeList = store.get_json(&blob).map_err(told)?;
    let (mut outcomes, mut stays) = (BTreeMap::new(), BTreeMap::new());
    for (is_undo, report) in &reports {
        let report = store.get_json(report).map_err(told)?;
        add_outcomes(&mut outcomes, &report);
        add_stays(&mut stays, &report, *is_undo);
    }
    let stays = if offset == 0 { innermost(&stays) } else { vec![] };
    let start = usize::try_from(offset).unwrap_or(usize::MAX).min(list.changes.len());
    let end = (start + CHANGES_PAGE).min(list.changes.len());
    Ok(ChangesView {
        counts,
        changes: list.changes[start..end].iter().map(|it| shown(it, &outcomes)).collect(),
        next: (end < list.changes.len()).then_some(end as u64),
        applied,
        stays,
    })
}

pub(crate) fn not_listed(shared: &Shared) -> UserError {
    let what = format!("the changes of task {} are not listed yet", shared.id);
    UserError::new(ErrorKind::User, "changes-not-listed", what)
        .cause("they are listed once the task has come to rest")
        .next(format!("wait for it with `legwork watch {}`", shared.id))
}

/// What became of each path. People apply some changes now and others later, so each report adds
/// to those before; that a later one left alone, or found done, what an earlier one did is no news.
fn add_outcomes(outcomes: &mut BTreeMap<String, (Became, String)>, report: &Report) {
    for line in &report.lines {
        let is_in_force = outcomes
            .get(&line.path.0)
            .is_some_and(|(became, _)| matches!(became, Became::Applied | Became::Conflict));
        if is_in_force && matches!(line.outcome, Outcome::Skipped { .. } | Outcome::Applied) {
            continue;
        }
        outcomes.insert(line.path.0.clone(), (became(&line.outcome), outcome_words(line)));
    }
}

/// What undos left in the folder, each with the reason, until an apply brings it in again.
fn add_stays(stays: &mut BTreeMap<String, String>, report: &Report, is_undo: bool) {
    for line in &report.lines {
        let why = match &line.outcome {
            Outcome::Skipped { .. } if !is_undo => continue,
            Outcome::Skipped { why } => why.clone(),
            Outcome::Conflict { kept_as } if is_undo => {
                format!("you changed it since, so the older version is kept as {kept_as}")
            }
            Outcome::Conflict { .. } | Outcome::Applied | Outcome::Undone => {
                stays.remove(&line.path.0);
                continue;
            }
        };
        stays.insert(line.path.0.clone(), why);
    }
}

/// A folder that stays only because of what stays in it goes without saying.
fn innermost(stays: &BTreeMap<String, String>) -> Vec<StaysView> {
    let holds = |path: &str| {
        let below = format!("{path}/");
        stays.range(below.clone()..).next().is_some_and(|(next, _)| next.starts_with(&below))
    };
    let told = stays.iter().filter(|(path, _)| !holds(path)).take(CHANGES_PAGE);
    told.map(|(path, why)| StaysView { path: path.clone(), why: why.clone() }).collect()
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
