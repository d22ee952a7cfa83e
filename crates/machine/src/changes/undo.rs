//! Undo: brings the folders back to how they were before one apply, in reverse order, as durable
//! and as careful as the apply itself. What the person did since stays.

use super::apply::{ApplyError, folder_of, lock, open_folder, read_plan};
use super::beneath::{join, split};
use super::change::{Outcome, Report, ReportLine, shown};
use super::drive::{State, Way, drive, recover_all, states};
use super::journal::{End, Journal, Record};
use super::plan::{Act, Plan};
use super::seen::Stamp;
use super::site::{Point, Site, Watch};
use super::{beneath, place};
use rustix::fs::{AtFlags, Gid, Uid};
use rustix::io::Errno;
use std::collections::HashSet;
use std::os::fd::AsFd;
use std::path::Path;

/// Undoes the apply `id` of the task whose journals lie in `dir`, or completes an undo that was cut
/// off. An apply that was cut off is undone as far as it came, and cannot be completed any more.
pub fn undo(dir: &Path, id: &str) -> Result<Report, ApplyError> {
    undo_watched(dir, id, &mut |_: &Point| None)
}

/// As `undo`; `watch` is told of every step.
pub fn undo_watched(dir: &Path, id: &str, watch: Watch<'_>) -> Result<Report, ApplyError> {
    let folder = folder_of(dir, id)?;
    let unknown = || ApplyError::Unknown { id: id.to_owned() };
    let opened = match open_folder(&folder) {
        Err(ApplyError::Open { errno: Errno::NOENT, .. }) => return Err(unknown()),
        other => other?,
    };
    let _lock = lock(&opened)?;
    let plan = read_plan(&opened, &folder)?.ok_or_else(unknown)?;
    let (mut applied, apply_records) =
        Journal::open(&opened, "apply").map_err(ApplyError::journal)?;
    let mut ends = states(&plan, &apply_records);
    let (mut journal, records) = Journal::open(&opened, "undo").map_err(ApplyError::journal)?;
    let mut backs = states(&plan, &records);
    let order = order(&ends);
    if records.contains(&Record::Finished) {
        return Ok(report(&plan, &order, &ends, &backs));
    }
    let mut site = Site::open(&folder, plan, watch)?;
    settle(&mut site, &mut applied, &mut ends)?;
    let order = self::order(&ends);
    site.ends = ends.iter().map(|state| state.end.clone()).collect();
    let folders = match records.is_empty() {
        true => begin(&site, &mut journal, &apply_records)?,
        false => restorable(&records),
    };
    drive(&mut site, &mut journal, &mut backs, &order, Way::Back, !records.is_empty())?;
    finish(&mut site, &mut journal, &backs, &folders)?;
    for &index in &order {
        if matches!(backs[index].end, Some(End::Done { .. } | End::Beside { .. })) {
            // A copy of what is back in its place; only disk space depends on it.
            let _ = place::remove(&site.kept, &Site::kept_name(index));
        }
    }
    Ok(report(&site.plan, &order, &ends, &backs))
}

/// The items that did something, last one first.
fn order(ends: &[State]) -> Vec<usize> {
    let acted =
        |index: &usize| matches!(ends[*index].end, Some(End::Done { .. } | End::Beside { .. }));
    (0..ends.len()).rev().filter(acted).collect()
}

/// Ends an apply that was cut off: what was under way is completed, the rest will never begin.
fn settle(
    site: &mut Site<'_>,
    applied: &mut Journal,
    ends: &mut [State],
) -> Result<(), ApplyError> {
    let open: Vec<usize> = (0..ends.len()).filter(|&index| ends[index].end.is_none()).collect();
    if open.is_empty() {
        return Ok(());
    }
    recover_all(site, applied, ends, &open, Way::Forward)?;
    for index in open {
        if ends[index].end.is_none() {
            let item = u32::try_from(index).unwrap_or(u32::MAX);
            applied.note(&Record::Done { item, end: End::NotDone });
            ends[index].end = Some(End::NotDone);
        }
    }
    applied.sync().map_err(ApplyError::journal)
}

/// Notes which touched folders nobody else changed since: only these get their time back.
fn begin(
    site: &Site<'_>,
    journal: &mut Journal,
    apply_records: &[Record],
) -> Result<HashSet<u32>, ApplyError> {
    let was_finished = apply_records.contains(&Record::Finished);
    let after: HashSet<(u32, Stamp)> = apply_records
        .iter()
        .filter_map(|record| match record {
            Record::Folder { index, modified } => Some((*index, *modified)),
            Record::Intent { .. } | Record::Done { .. } | Record::Finished => None,
        })
        .collect();
    let mut folders = HashSet::new();
    for (index, touched) in (0..).zip(&site.plan.touched) {
        let now = site.hosts[touched.share as usize].look(&touched.path);
        let Ok(Some(now)) = now else { continue };
        if !was_finished || after.contains(&(index, now.identity.modified)) {
            journal.note(&Record::Folder { index, modified: touched.modified });
            folders.insert(index);
        }
    }
    journal.sync().map_err(ApplyError::journal)?;
    Ok(folders)
}

fn restorable(records: &[Record]) -> HashSet<u32> {
    records
        .iter()
        .filter_map(|record| match record {
            Record::Folder { index, .. } => Some(*index),
            Record::Intent { .. } | Record::Done { .. } | Record::Finished => None,
        })
        .collect()
}

/// Gives folders that were made again or only touched their permissions and times back, innermost
/// first, and closes the journal.
fn finish(
    site: &mut Site<'_>,
    journal: &mut Journal,
    backs: &[State],
    folders: &HashSet<u32>,
) -> Result<(), ApplyError> {
    let mut differing = HashSet::new();
    for (index, back) in backs.iter().enumerate() {
        let item = site.item(index);
        match (&back.end, &item.act) {
            (Some(End::Done { .. }), Act::RemoveFolder { mode, modified, owner, group }) => {
                let root = &site.hosts[item.share as usize];
                let owner = site.is_root.then_some((*owner, *group));
                // The folder may be gone again, or locked; then there is nothing to set.
                let _ = dress_folder(root, &item.path, Some(*mode), owner, *modified);
            }
            (Some(End::Skipped { .. } | End::Beside { .. }), _) => {
                differing.insert((item.share, split(&item.path).0));
                differing.insert((item.share, split(item.source()).0));
            }
            _ => {}
        }
    }
    for (index, touched) in (0..).zip(&site.plan.touched) {
        let same = !differing.contains(&(touched.share, touched.path.as_slice()));
        if same && folders.contains(&index) {
            let root = &site.hosts[touched.share as usize];
            let _ = dress_folder(root, &touched.path, None, None, touched.modified);
        }
    }
    let all: Vec<usize> = (0..site.plan.items.len()).collect();
    if site.at("finish", 0).is_err() {
        return Err(ApplyError::Interrupted);
    }
    site.sync_all(&all).map_err(ApplyError::journal)?;
    journal.note(&Record::Finished);
    journal.sync().map_err(ApplyError::journal)
}

fn dress_folder(
    root: &beneath::Root,
    path: &[u8],
    mode: Option<u32>,
    owner: Option<(u32, u32)>,
    modified: Stamp,
) -> Result<(), Errno> {
    let folder = root.folder(path)?;
    if let Some((owner, group)) = owner {
        let (owner, group) = (Some(Uid::from_raw(owner)), Some(Gid::from_raw(group)));
        rustix::fs::chownat(&folder, "", owner, group, AtFlags::EMPTY_PATH)?;
    }
    // The time first: it needs the permission to enter, which the mode may take.
    place::set_times(folder.as_fd(), b".", modified)?;
    mode.map_or(Ok(()), |mode| beneath::set_mode(&folder, mode))
}

fn report(plan: &Plan, order: &[usize], ends: &[State], backs: &[State]) -> Report {
    let mut lines: Vec<ReportLine> = order
        .iter()
        .map(|&index| {
            let item = &plan.items[index];
            let share = &plan.shares[item.share as usize].name;
            let outcome = match &backs[index].end {
                Some(End::Done { .. } | End::Already) => Outcome::Undone,
                Some(End::Beside { name, .. }) => {
                    let folder = split(item.source()).0;
                    Outcome::Conflict { kept_as: shown(share, &join(folder, name)) }
                }
                Some(End::Skipped { why }) => Outcome::Skipped { why: why.clone() },
                Some(End::NotDone) | None => {
                    Outcome::Skipped { why: "it was not begun".to_owned() }
                }
            };
            let name = match &ends[index].end {
                Some(End::Beside { name, .. }) => join(split(&item.path).0, name),
                _ => item.path.clone(),
            };
            ReportLine { path: shown(share, &name), outcome, note: None }
        })
        .collect();
    lines.sort_by(|a, b| a.path.cmp(&b.path));
    Report { lines }
}
