//! The one connection that writes, one group of appends at a time.
//!
//! A group that fails is rolled back whole, then each of its appends is tried alone, so that one
//! that is too large for the disk does not take the others with it.

use crate::chain::{self, EventHash};
use crate::error::{AppendError, SqlError, is_full};
use crate::limits::HEADS_KEPT_MAX;
use crate::store::NewEvent;
use rusqlite::{Connection, OptionalExtension as _, TransactionBehavior, params};
use std::collections::HashMap;
use std::fs;
use std::path::PathBuf;

/// What an append comes to: the position of its last event, or why there is none.
pub(crate) type Appended = Result<u64, AppendError>;

/// One append that waits for the writer.
pub(crate) struct Waiting {
    pub(crate) task: String,
    pub(crate) expected: u64,
    pub(crate) events: Vec<NewEvent>,
    pub(crate) done: Box<dyn FnOnce(Appended) + Send>,
}

impl Waiting {
    pub(crate) fn size_bytes(&self) -> usize {
        self.events.iter().map(|event| event.body.len()).sum()
    }
}

/// The position and the hash that the next event of a task follows.
type Heads = HashMap<String, (u64, EventHash)>;

pub(crate) struct Writer {
    db: Connection,
    dir: PathBuf,
    /// Heads of the tasks last appended to, as they are on the disk; for speed, and forgotten
    /// whenever a transaction fails.
    heads: Heads,
    /// A flush failed: the kernel may have forgotten pages that it never wrote, so a later flush
    /// that succeeds proves nothing. From here on nothing is acknowledged.
    is_stopped: bool,
}

impl Writer {
    pub(crate) fn new(db: Connection, dir: PathBuf) -> Self {
        Self { db, dir, heads: Heads::new(), is_stopped: false }
    }

    /// Writes a group, and says what each of its appends came to. All of it is on the disk, or
    /// what is not has an error.
    pub(crate) fn write(&mut self, group: &[Waiting]) -> Vec<Appended> {
        match self.transact(group) {
            Ok(appended) => appended,
            Err(_) if group.len() > 1 && !self.is_stopped => {
                group.chunks(1).flat_map(|alone| self.write(alone)).collect()
            }
            Err(error) => {
                let rest = group.iter().skip(1).map(|_| Err(AppendError::Stopped));
                std::iter::once(Err(error)).chain(rest).collect()
            }
        }
    }

    /// One transaction: all of the group, or nothing.
    fn transact(&mut self, group: &[Waiting]) -> Result<Vec<Appended>, AppendError> {
        if self.is_stopped {
            return Err(AppendError::Stopped);
        }
        if self.heads.len() >= HEADS_KEPT_MAX {
            self.heads.clear();
        }
        commit(&mut self.db, &mut self.heads, group).map_err(|error| {
            self.heads.clear();
            self.explain(error.into())
        })
    }

    fn explain(&mut self, error: SqlError) -> AppendError {
        if error.is_full() || (error.is_io() && self.disk_is_full()) {
            return AppendError::Full;
        }
        self.is_stopped = error.is_io();
        AppendError::Sql(error)
    }

    /// SQLite reports most failed writes without their cause, so a write of our own asks for it.
    fn disk_is_full(&self) -> bool {
        let path = self.dir.join("room");
        let written = fs::File::create(&path).and_then(|mut file| {
            // As far into the file as the failed write may have been: a limit on sizes counts too.
            let size = fs::metadata(self.dir.join("ledger.db-wal")).map_or(0, |wal| wal.len());
            std::io::Seek::seek(&mut file, std::io::SeekFrom::Start(size))?;
            std::io::Write::write_all(&mut file, &[0; ROOM_BYTES])?;
            file.sync_all()
        });
        let _ = fs::remove_file(&path);
        written.is_err_and(|error| is_full(&error))
    }
}

/// Bytes that must fit for a disk to count as one with room.
const ROOM_BYTES: usize = 64 * 1024;

fn commit(
    db: &mut Connection,
    heads: &mut Heads,
    group: &[Waiting],
) -> rusqlite::Result<Vec<Appended>> {
    // Dropped without a commit, a transaction rolls back.
    let change = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let mut insert = change.prepare_cached(
        "INSERT INTO event (task, seq, at_ms, hash, body) VALUES (?1, ?2, ?3, ?4, ?5)",
    )?;
    let mut appended = Vec::with_capacity(group.len());
    for waiting in group {
        let head = match heads.get_mut(&waiting.task) {
            Some(head) => head,
            None => {
                let head = read_head(&change, &waiting.task)?;
                heads.entry(waiting.task.clone()).or_insert(head)
            }
        };
        let (expected, found) = (waiting.expected, head.0);
        if expected != found {
            appended.push(Err(AppendError::Conflict { expected, found }));
            continue;
        }
        let (seq, hash) = head;
        for event in &waiting.events {
            *seq += 1;
            *hash = chain::link(hash, *seq, event.at_ms, &event.body);
            insert.execute(params![waiting.task, *seq, event.at_ms, *hash, event.body])?;
        }
        appended.push(Ok(*seq));
    }
    drop(insert);
    change.commit()?;
    Ok(appended)
}

fn read_head(db: &Connection, task: &str) -> rusqlite::Result<(u64, EventHash)> {
    let last = db
        .prepare_cached("SELECT seq, hash FROM event WHERE task = ?1 ORDER BY seq DESC LIMIT 1")?
        .query_row([task], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    Ok(last.unwrap_or_else(|| (0, chain::seed(task))))
}
