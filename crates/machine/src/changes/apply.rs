//! Apply: brings selected changes into the person's folders, so that a kill at any instant loses
//! nothing and the same call completes the work.
//!
//! For each batch: prepare unseen → make contents durable → write the intents, durable → act →
//! make the folders durable → note what was done. What has an intent but no end after a crash is
//! looked at (`recover`): the folder itself tells how far it came.

use super::beneath;
use super::change::{ChangeList, Outcome, Report, ReportLine, ShareState, shown};
use super::drive::{Way, drive, states};
use super::journal::{End, Journal, Record};
use super::limits::{ID_BYTES_MAX, RECORD_BYTES_MAX};
use super::plan::{Act, Plan};
use super::select::{self, Ours};
use super::site::{Point, Site, Watch};
use super::words;
use rustix::fs::{FlockOperation, Mode, OFlags};
use rustix::io::Errno;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use wire::PathText;

/// What to apply.
#[derive(Debug, Clone, Copy)]
pub struct ApplyOrder<'a> {
    /// Journals and old versions of all applies of one task; made if missing.
    pub dir: &'a Path,
    /// Names this apply: letters, digits, `-` and `_`. The same id again completes it.
    pub id: &'a str,
    pub shares: &'a [ShareState<'a>],
    /// The list that was reviewed.
    pub list: &'a ChangeList,
    /// Paths as the list names them; a folder stands for all below it; empty means all.
    pub paths: &'a [PathText],
    /// Changes that need a tick of their own and got it.
    pub ticks: &'a [PathText],
}

/// Why an apply or an undo could not be completed. What was done so far stays noted: the same call
/// again goes on.
#[derive(Debug, thiserror::Error)]
pub enum ApplyError {
    #[error("the disk is full; nothing was lost, free some room and try again")]
    Full,
    #[error("{} could not be opened: {}", path.display(), words::clause(*.errno))]
    Open { path: PathBuf, errno: Errno },
    #[error("the record of what was done could not be kept: {}", words::clause(*.errno))]
    Journal { errno: Errno },
    #[error("the old version of {} could not be kept: {}", path.display(), words::clause(*.errno))]
    Store { path: PathBuf, errno: Errno },
    #[error("the record of this apply is damaged: {}", path.display())]
    Damaged { path: PathBuf },
    #[error("the folder {} is not the one that the task worked on", path.display())]
    FolderReplaced { path: PathBuf },
    #[error("this apply is being worked on already")]
    Busy,
    #[error("there is no apply called {id:?}")]
    Unknown { id: String },
    #[error("the apply {id:?} was undone; apply again under a new name")]
    Undone { id: String },
    #[error("{id:?} cannot name an apply: letters, digits, - and _ only, {ID_BYTES_MAX} at most")]
    Id { id: String },
    #[error("the work was cut off")]
    Interrupted,
}

impl ApplyError {
    pub(crate) fn open(path: &Path, errno: Errno) -> Self {
        if words::is_full(errno) { Self::Full } else { Self::Open { path: path.to_owned(), errno } }
    }

    pub(crate) fn journal(errno: Errno) -> Self {
        if words::is_full(errno) { Self::Full } else { Self::Journal { errno } }
    }
}

/// Applies what `order` selects, or completes what an earlier call with this id began; then the
/// selection of that call counts.
pub fn apply(order: &ApplyOrder<'_>) -> Result<Report, ApplyError> {
    apply_watched(order, &mut |_: &Point| None)
}

/// As `apply`; `watch` is told of every step.
pub fn apply_watched(order: &ApplyOrder<'_>, watch: Watch<'_>) -> Result<Report, ApplyError> {
    let folder = folder_of(order.dir, order.id)?;
    make_folders(order.dir, &folder)?;
    let opened = open_folder(&folder)?;
    let _lock = lock(&opened)?;
    if !Journal::read(&opened, "undo").map_err(ApplyError::journal)?.is_empty() {
        return Err(ApplyError::Undone { id: order.id.to_owned() });
    }
    let plan = match read_plan(&opened, &folder)? {
        Some(plan) => plan,
        None => {
            let plan = select::plan(order, &ours(order.dir))?;
            write_plan(&opened, &plan)?;
            plan
        }
    };
    let (mut journal, records) = Journal::open(&opened, "apply").map_err(ApplyError::journal)?;
    let mut states = states(&plan, &records);
    if records.contains(&Record::Finished) {
        return Ok(report(&plan, &states.iter().map(|s| s.end.clone()).collect::<Vec<_>>()));
    }
    let mut site = Site::open(&folder, plan, watch)?;
    let order: Vec<usize> = (0..site.plan.items.len()).collect();
    let is_resumed = !records.is_empty();
    drive(&mut site, &mut journal, &mut states, &order, Way::Forward, is_resumed)?;
    finish(&site, &mut journal)?;
    Ok(report(&site.plan, &states.iter().map(|s| s.end.clone()).collect::<Vec<_>>()))
}

/// Notes how the touched folders look now, so that an undo can tell whether they changed since.
fn finish(site: &Site<'_>, journal: &mut Journal) -> Result<(), ApplyError> {
    for (index, touched) in (0..).zip(&site.plan.touched) {
        if let Ok(Some(seen)) = site.hosts[touched.share as usize].look(&touched.path) {
            journal.note(&Record::Folder { index, modified: seen.identity.modified });
        }
    }
    journal.note(&Record::Finished);
    journal.sync().map_err(ApplyError::journal)
}

fn report(plan: &Plan, ends: &[Option<End>]) -> Report {
    let mut lines: Vec<ReportLine> = plan
        .skipped
        .iter()
        .map(|(path, why)| ReportLine {
            path: path.clone(),
            outcome: Outcome::Skipped { why: why.clone() },
            note: None,
        })
        .collect();
    for (item, end) in plan.items.iter().zip(ends) {
        let share = &plan.shares[item.share as usize].name;
        let kept_as =
            |name: &[u8]| shown(share, &beneath::join(beneath::split(&item.path).0, name));
        let outcome = match end {
            Some(End::Done { .. } | End::Already) => Outcome::Applied,
            Some(End::Beside { name, .. }) => Outcome::Conflict { kept_as: kept_as(name) },
            Some(End::Skipped { why }) => Outcome::Skipped { why: why.clone() },
            Some(End::NotDone) | None => Outcome::Skipped { why: "it was not begun".to_owned() },
        };
        let note = note(&item.act, end.as_ref());
        lines.push(ReportLine { path: shown(share, &item.path), outcome, note });
    }
    lines.sort_by(|a, b| a.path.cmp(&b.path));
    Report { lines }
}

fn note(act: &Act, end: Option<&End>) -> Option<String> {
    let links = act.base().map_or(1, |base| base.links);
    match (act, end) {
        (_, Some(End::Already)) => Some("it was so already".to_owned()),
        (Act::Replace { .. }, Some(End::Done { .. })) if links > 1 => {
            Some("the file had other names too (hard links); they keep the old version".to_owned())
        }
        _ => None,
    }
}

/// The versions that the applies and undos of this task put in place.
fn ours(dir: &Path) -> Ours {
    let mut ours = Ours::new();
    let Ok(entries) = std::fs::read_dir(dir) else { return ours };
    for folder in entries.flatten().map(|entry| entry.path()) {
        let Ok(opened) = open_folder(&folder) else { continue };
        let Ok(Some(plan)) = read_plan(&opened, &folder) else { continue };
        for (name, is_undo) in [("apply", false), ("undo", true)] {
            for record in Journal::read(&opened, name).unwrap_or_default() {
                if let Record::Done { item, end: End::Done { mark: Some(mark) } } = record
                    && let Some(item) = plan.items.get(item as usize)
                {
                    let host = plan.shares[item.share as usize].host.clone();
                    let path = if is_undo { item.source() } else { &item.path };
                    ours.entry((host, path.to_vec())).or_default().push(mark);
                }
            }
        }
    }
    ours
}

/// The folder of one apply.
pub(crate) fn folder_of(dir: &Path, id: &str) -> Result<PathBuf, ApplyError> {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    if id.is_empty() || id.len() > ID_BYTES_MAX || !id.bytes().all(is_plain) {
        return Err(ApplyError::Id { id: id.to_owned() });
    }
    Ok(dir.join(id))
}

fn make_folders(dir: &Path, folder: &Path) -> Result<(), ApplyError> {
    use std::os::unix::fs::DirBuilderExt as _;
    let kept = folder.join("kept");
    let made = std::fs::DirBuilder::new().recursive(true).mode(0o700).create(&kept);
    made.map_err(|error| {
        let errno = Errno::from_io_error(&error).unwrap_or(Errno::IO);
        ApplyError::open(dir, errno)
    })
}

pub(crate) fn open_folder(folder: &Path) -> Result<OwnedFd, ApplyError> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC | OFlags::NOFOLLOW;
    rustix::fs::open(folder, flags, Mode::empty()).map_err(|errno| ApplyError::open(folder, errno))
}

/// One worker at a time; the lock goes with the process.
pub(crate) fn lock(folder: &OwnedFd) -> Result<OwnedFd, ApplyError> {
    let flags = OFlags::RDWR | OFlags::CREATE | OFlags::CLOEXEC | OFlags::NOFOLLOW;
    let file = rustix::fs::openat(folder, "lock", flags, Mode::from_raw_mode(0o600))
        .map_err(ApplyError::journal)?;
    match rustix::fs::flock(&file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(file),
        Err(Errno::WOULDBLOCK) => Err(ApplyError::Busy),
        Err(errno) => Err(ApplyError::journal(errno)),
    }
}

const PLAN_MARK: &[u8; 8] = b"LWAPPLY1";

/// Writes the plan whole or not at all.
fn write_plan(folder: &OwnedFd, plan: &Plan) -> Result<(), ApplyError> {
    let body = postcard::to_stdvec(plan).expect("plain data always encodes");
    let sum = *blake3::hash(&body).as_bytes();
    let write = || -> Result<(), Errno> {
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::TRUNC | OFlags::CLOEXEC;
        let mode = Mode::from_raw_mode(0o600);
        let file = rustix::fs::openat(folder, "plan.part", flags | OFlags::NOFOLLOW, mode)?;
        for bytes in [PLAN_MARK.as_slice(), &sum, &body] {
            let mut done = 0;
            while done < bytes.len() {
                done += rustix::io::retry_on_intr(|| rustix::io::write(&file, &bytes[done..]))?;
            }
        }
        rustix::fs::fsync(&file)?;
        rustix::fs::renameat(folder, "plan.part", folder, "plan")?;
        rustix::fs::fsync(folder)
    };
    write().map_err(ApplyError::journal)
}

pub(crate) fn read_plan(folder: &OwnedFd, path: &Path) -> Result<Option<Plan>, ApplyError> {
    let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NOFOLLOW;
    let file = match rustix::fs::openat(folder, "plan", flags, Mode::empty()) {
        Ok(file) => file,
        Err(Errno::NOENT) => return Ok(None),
        Err(errno) => return Err(ApplyError::journal(errno)),
    };
    let bytes = super::journal::read_all(&file).map_err(ApplyError::journal)?;
    let plan = bytes
        .strip_prefix(PLAN_MARK)
        .and_then(|rest| rest.split_at_checked(blake3::OUT_LEN))
        .filter(|(sum, body)| blake3::hash(body).as_bytes() == sum)
        .and_then(|(_, body)| postcard::from_bytes::<Plan>(body).ok())
        .filter(is_sound);
    match plan {
        Some(plan) => Ok(Some(plan)),
        None => Err(ApplyError::Damaged { path: path.join("plan") }),
    }
}

fn is_sound(plan: &Plan) -> bool {
    let shares = plan.shares.len();
    let fits = |path: &[u8]| path.len() < RECORD_BYTES_MAX;
    plan.items.iter().all(|item| (item.share as usize) < shares && fits(&item.path))
        && plan.touched.iter().all(|touched| (touched.share as usize) < shares)
        && u32::try_from(plan.items.len()).is_ok()
}
