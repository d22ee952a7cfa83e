//! The loop that an apply and an undo share: batches of items, each batch prepared, announced in
//! the journal, acted, made durable and noted as done, in this order.

use super::apply::ApplyError;
use super::forward::{Prepared, Ready};
use super::journal::{End, Journal, Record};
use super::limits::{BATCH_BYTES, BATCH_FILES, BATCH_ITEMS};
use super::plan::{Act, Plan};
use super::seen::Identity;
use super::site::{Site, Trouble};
use super::words;
use rustix::io::Errno;

/// Direction of the work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    Forward,
    Back,
}

/// What the journal says of one item.
#[derive(Debug, Clone, Default)]
pub(crate) struct State {
    /// `Some` after an intent, with the new file that it announced.
    pub(crate) intent: Option<Option<Identity>>,
    pub(crate) end: Option<End>,
}

pub(crate) fn states(plan: &Plan, records: &[Record]) -> Vec<State> {
    let mut states = vec![State::default(); plan.items.len()];
    for record in records {
        match record {
            Record::Intent { item, new } => {
                if let Some(state) = states.get_mut(*item as usize) {
                    state.intent = Some(*new);
                }
            }
            Record::Done { item, end } => {
                if let Some(state) = states.get_mut(*item as usize) {
                    state.end = Some(end.clone());
                }
            }
            Record::Folder { .. } | Record::Finished => {}
        }
    }
    states
}

/// Brings every item of `order` to its end.
pub(crate) fn drive(
    site: &mut Site<'_>,
    journal: &mut Journal,
    states: &mut [State],
    order: &[usize],
    way: Way,
    is_resumed: bool,
) -> Result<(), ApplyError> {
    if is_resumed {
        recover_all(site, journal, states, order, way)?;
    }
    let mut rest: Vec<usize> =
        order.iter().copied().filter(|&index| states[index].end.is_none()).collect();
    while !rest.is_empty() {
        let later = rest.split_off(batch_length(site, &rest, way));
        let batch = std::mem::replace(&mut rest, later);
        let ends = one_batch(site, journal, &batch, way)?;
        for (index, end) in ends {
            journal.note(&Record::Done { item: number(index), end: end.clone() });
            states[index].end = Some(end);
        }
    }
    journal.sync().map_err(ApplyError::journal)?;
    pass(site, "noted", 0)
}

/// Finds out how far every announced item came, and tidies what the others left.
pub(crate) fn recover_all(
    site: &mut Site<'_>,
    journal: &mut Journal,
    states: &mut [State],
    order: &[usize],
    way: Way,
) -> Result<(), ApplyError> {
    let mut found = Vec::new();
    for &index in order.iter().filter(|&&index| states[index].end.is_none()) {
        let end = match (states[index].intent, way) {
            (Some(new), Way::Forward) => site.recover(index, new.as_ref()),
            (Some(new), Way::Back) => site.recover_back(index, new.as_ref()),
            (None, Way::Forward) => site.clean(index).map(|()| None).map_err(Trouble::Errno),
            (None, Way::Back) => site.clean_back(index).map(|()| None).map_err(Trouble::Errno),
        };
        match end {
            Ok(Some(end)) => found.push((index, end)),
            Ok(None) => {}
            // Not to be passed over: an old version may still have its hidden name.
            Err(Trouble::Errno(errno)) => {
                return Err(ApplyError::open(&site.shown_host(index), errno));
            }
            Err(trouble) => {
                ended(trouble)?;
            }
        }
    }
    let touched: Vec<usize> = found.iter().map(|(index, _)| *index).collect();
    site.sync_places(&touched).map_err(ApplyError::journal)?;
    for (index, end) in found {
        journal.note(&Record::Done { item: number(index), end: end.clone() });
        states[index].end = Some(end);
    }
    Ok(())
}

/// How many of the next items go together: of one phase, and within what may be open at once.
fn batch_length(site: &Site<'_>, rest: &[usize], way: Way) -> usize {
    let phase = site.item(rest[0]).act.phase();
    let (mut files, mut bytes) = (0, 0u64);
    let fits = |index: &&usize| {
        let act = &site.item(**index).act;
        let holds_file = match way {
            Way::Forward => act.content_bytes().is_some(),
            Way::Back => act.content_bytes().is_some() || matches!(act, Act::Delete { .. }),
        };
        let fits =
            act.phase() == phase && (files == 0 || (files < BATCH_FILES && bytes < BATCH_BYTES));
        files += usize::from(holds_file);
        bytes = bytes.saturating_add(act.content_bytes().unwrap_or(0));
        fits
    };
    rest.iter().take(BATCH_ITEMS).take_while(fits).count().max(1)
}

type Ended = Vec<(usize, End)>;

fn one_batch(
    site: &mut Site<'_>,
    journal: &mut Journal,
    batch: &[usize],
    way: Way,
) -> Result<Ended, ApplyError> {
    let mut ends = Vec::new();
    let mut ready = Vec::new();
    for &index in batch {
        let prepared = match way {
            Way::Forward => site.prepare(index),
            Way::Back => site.prepare_back(index),
        };
        match prepared {
            Ok(Prepared::Go(what, new)) => ready.push((index, what, new)),
            Ok(Prepared::End(end)) => ends.push((index, end)),
            Err(trouble) => ends.push((index, ended(trouble)?)),
        }
    }
    if ready.is_empty() {
        return Ok(ends);
    }
    let indexes: Vec<usize> = ready.iter().map(|(index, ..)| *index).collect();
    pass(site, "sync-content", indexes[0])?;
    sync_contents(&ready).map_err(ApplyError::journal)?;
    for (index, _, new) in &ready {
        journal.note(&Record::Intent { item: number(*index), new: *new });
    }
    pass(site, "write-intents", indexes[0])?;
    journal.sync().map_err(ApplyError::journal)?;
    pass(site, "intents-written", indexes[0])?;
    for (index, what, new) in ready {
        let end = match way {
            Way::Forward => site.act(index, &what, new.as_ref()),
            Way::Back => site.act_back(index, &what, new.as_ref()),
        };
        let end = match end {
            Ok(end) => end,
            Err(trouble) => {
                let end = ended(trouble)?;
                site.discard(index, new.as_ref(), way).map_err(ApplyError::journal)?;
                end
            }
        };
        ends.push((index, end));
    }
    pass(site, "sync-folders", indexes[0])?;
    site.sync_places(&indexes).map_err(ApplyError::journal)?;
    pass(site, "note-done", indexes[0])?;
    Ok(ends)
}

fn sync_contents(ready: &[(usize, Ready, Option<Identity>)]) -> Result<(), Errno> {
    let files = || {
        ready.iter().filter_map(|(_, what, _)| match what {
            Ready::Content(temp) => temp.opened(),
            Ready::Plain => None,
        })
    };
    // Writing starts for all before the first is waited for, so that a journaling filesystem needs
    // one commit and not one for each. Where the hint is not taken it is only slower.
    for file in files() {
        let _ = rustix::fs::fadvise(file, 0, None, rustix::fs::Advice::DontNeed);
    }
    files().try_for_each(rustix::fs::fsync)
}

/// An item's own trouble ends the item; everything else ends the work.
fn ended(trouble: Trouble) -> Result<End, ApplyError> {
    match trouble {
        Trouble::Why(why) => Ok(End::Skipped { why }),
        Trouble::Errno(errno) if words::is_full(errno) => Err(ApplyError::Full),
        Trouble::Errno(errno) => Ok(End::Skipped { why: words::clause(errno) }),
        Trouble::Stop(error) => Err(error),
    }
}

fn pass(site: &mut Site<'_>, step: &'static str, item: usize) -> Result<(), ApplyError> {
    match site.at(step, item) {
        Ok(()) => Ok(()),
        Err(Trouble::Errno(errno)) => Err(ApplyError::journal(errno)),
        Err(Trouble::Why(_)) => Ok(()),
        Err(Trouble::Stop(error)) => Err(error),
    }
}

/// Plans are read and made with fewer than 2³² items.
fn number(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(u32::MAX)
}
