//! The ledger as its users see it.

use crate::BlobHash;
use crate::blobs::Blobs;
use crate::chain::{self, EventHash};
use crate::error::{AppendError, BlobError, LedgerError, SqlError};
use crate::limits::{APPEND_EVENTS_MAX, EVENT_BYTES_MAX, TASK_NAME_BYTES_MAX};
use crate::line::Line;
use crate::lock::Lock;
use crate::readers::Readers;
use crate::schema;
use crate::writer::{Appended, Waiting, Writer};
use rusqlite::params;
use std::fmt;
use std::fs::{DirBuilder, File};
use std::io::{Read, Write};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::Path;
use std::sync::{Arc, mpsc};
use std::thread::JoinHandle;

/// An event that is to be appended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewEvent {
    /// What happened, as the caller encodes it.
    pub body: Vec<u8>,
    /// When it happened, in milliseconds since 1970 UTC, by the caller's clock.
    pub at_ms: u64,
}

/// An event as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// Its position in its task, from 1, without gaps.
    pub seq: u64,
    /// When it happened, in milliseconds since 1970 UTC.
    pub at_ms: u64,
    /// What ties it to all events before it.
    pub hash: EventHash,
    /// What happened, byte for byte as it was appended.
    pub body: Vec<u8>,
}

/// Where a task stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// The task.
    pub task: String,
    /// When its first event happened, in milliseconds since 1970 UTC.
    pub first_at_ms: u64,
    /// The position of its last event.
    pub last_seq: u64,
}

/// An open ledger. Shared freely between threads; all calls block, most of them for a flush.
pub struct Ledger {
    line: Arc<Line>,
    /// `None` only while the ledger is being dropped.
    carrier: Option<JoinHandle<()>>,
    readers: Readers,
    blobs: Blobs,
    // Last, so that it is let go after everything else is closed.
    _lock: Lock,
}

impl Ledger {
    /// Opens the ledger in `dir`, and makes it if there is none.
    ///
    /// Fails with [`LedgerError::InUse`] when another process has it open.
    pub fn open(dir: &Path) -> Result<Self, LedgerError> {
        Self::open_capped(dir, None)
    }

    /// Opens the ledger in `dir`; with a cap, appends beyond about `size_bytes_max` bytes of events
    /// answer [`AppendError::Full`], as they do on a full disk.
    pub fn open_capped(dir: &Path, size_bytes_max: Option<u64>) -> Result<Self, LedgerError> {
        let file = |source| LedgerError::File { path: dir.to_owned(), source };
        // What a person hands to a task is nobody else's business.
        DirBuilder::new().recursive(true).mode(0o700).create(dir).map_err(file)?;
        let lock = Lock::take(dir)?;
        let path = dir.join("ledger.db");
        let db = schema::open_writer(&path)?;
        if let Some(cap) = size_bytes_max {
            schema::cap(&db, cap).map_err(SqlError::from)?;
        }
        let blobs = Blobs::open(&dir.join("blobs"))?;
        File::open(dir).and_then(|dir| dir.sync_all()).map_err(file)?;
        let line = Arc::new(Line::new(Writer::new(db, dir.to_owned())));
        let carried = Arc::clone(&line);
        let carrier = std::thread::Builder::new()
            .name("ledger".to_owned())
            .spawn(move || carried.carry_all())
            .map_err(file)?;
        let readers = Readers::new(path);
        Ok(Self { line, carrier: Some(carrier), readers, blobs, _lock: lock })
    }

    /// Appends events to a task whose last event is `expected_seq` (0 for a new task), and answers
    /// with the position of the last one once all of them are on the disk.
    pub fn append(&self, task: &str, expected_seq: u64, events: Vec<NewEvent>) -> Appended {
        admit(task, &events)?;
        let (done, answer) = answer();
        self.line.see_through(waiting(task, expected_seq, events, done), &answer)
    }

    /// As [`Ledger::append`], but the answer comes through a channel, so that many can wait.
    pub fn append_later(
        &self,
        task: &str,
        expected_seq: u64,
        events: Vec<NewEvent>,
    ) -> mpsc::Receiver<Appended> {
        let (done, answer) = answer();
        self.append_then(task, expected_seq, events, done);
        answer
    }

    /// As [`Ledger::append`], but calls `done` with the answer. It is called once, on whichever
    /// thread wrote the append, and must not block.
    pub fn append_then(
        &self,
        task: &str,
        expected_seq: u64,
        events: Vec<NewEvent>,
        done: impl FnOnce(Appended) + Send + 'static,
    ) {
        match admit(task, &events) {
            Ok(()) => self.line.send(waiting(task, expected_seq, events, done)),
            Err(error) => done(Err(error)),
        }
    }

    /// Up to `limit` events of a task, from the one after `after_seq` on. Empty at the end, and for
    /// a task that does not exist.
    pub fn read(
        &self,
        task: &str,
        after_seq: u64,
        limit: usize,
    ) -> Result<Vec<Stored>, LedgerError> {
        let mut events = Vec::new();
        self.each(task, after_seq, limit, |event| events.push(event))?;
        Ok(events)
    }

    /// Calls `take` with up to `limit` events of a task, from the one after `after_seq` on, one at
    /// a time: for a task that is too long to be held in memory.
    pub fn each(
        &self,
        task: &str,
        after_seq: u64,
        limit: usize,
        mut take: impl FnMut(Stored),
    ) -> Result<(), LedgerError> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let after_seq = i64::try_from(after_seq).unwrap_or(i64::MAX);
        self.readers.with(|db| {
            let mut statement = db.prepare_cached(
                "SELECT seq, at_ms, hash, body FROM event
                 WHERE task = ?1 AND seq > ?2 ORDER BY seq LIMIT ?3",
            )?;
            let mut rows = statement.query(params![task, after_seq, limit])?;
            while let Some(row) = rows.next()? {
                let (seq, at_ms) = (row.get(0)?, row.get(1)?);
                take(Stored { seq, at_ms, hash: row.get(2)?, body: row.get(3)? });
            }
            Ok(())
        })?;
        Ok(())
    }

    /// All tasks, the latest begun first.
    pub fn tasks(&self) -> Result<Vec<Head>, LedgerError> {
        let heads = self.readers.with(|db| {
            // Steps from task to task along the key: costs a few look-ups for each task, and does
            // not grow with its events.
            let mut statement = db.prepare_cached(
                "WITH RECURSIVE name(task) AS (
                     SELECT min(task) FROM event
                     UNION ALL
                     SELECT (SELECT min(task) FROM event WHERE task > name.task)
                     FROM name WHERE name.task IS NOT NULL
                 )
                 SELECT task,
                     (SELECT at_ms FROM event WHERE event.task = name.task ORDER BY seq LIMIT 1),
                     (SELECT max(seq) FROM event WHERE event.task = name.task)
                 FROM name WHERE task IS NOT NULL",
            )?;
            let rows = statement.query_map([], |row| {
                Ok(Head { task: row.get(0)?, first_at_ms: row.get(1)?, last_seq: row.get(2)? })
            })?;
            rows.collect::<rusqlite::Result<Vec<_>>>()
        })?;
        let mut heads = heads;
        heads.sort_by(|a, b| b.first_at_ms.cmp(&a.first_at_ms).then_with(|| a.task.cmp(&b.task)));
        Ok(heads)
    }

    /// Recomputes the chain of a task from its first event. Fails with [`LedgerError::Broken`] at
    /// the first event that is missing or is not the one that was appended.
    pub fn verify(&self, task: &str) -> Result<(), LedgerError> {
        let (mut seq, mut hash, mut broken) = (0, chain::seed(task), None);
        self.each(task, 0, usize::MAX, |event| {
            seq += 1;
            hash = chain::link(&hash, seq, event.at_ms, &event.body);
            if broken.is_none() && (event.seq != seq || event.hash != hash) {
                broken = Some(seq);
            }
        })?;
        match broken {
            Some(seq) => Err(LedgerError::Broken { task: task.to_owned(), seq }),
            None => Ok(()),
        }
    }

    /// Stores a content, and answers with its hash once it is on the disk. The same content is
    /// stored once; one that got damaged on the disk is stored anew.
    pub fn put(&self, content: &[u8]) -> Result<BlobHash, BlobError> {
        self.blobs.put(content)
    }

    /// Stores what `content` yields to its end, without holding it in memory; answers with its hash
    /// and its size in bytes.
    pub fn put_reader(&self, content: &mut dyn Read) -> Result<(BlobHash, u64), BlobError> {
        self.blobs.put_reader(content)
    }

    /// Fetches a content. What comes back hashes to `hash`, or it is an error.
    pub fn get(&self, hash: &BlobHash) -> Result<Vec<u8>, BlobError> {
        self.blobs.get(hash)
    }

    /// Copies a content into `to`, without holding it in memory; answers with its size in bytes.
    /// When that fails, what was copied so far is not to be trusted.
    pub fn copy(&self, hash: &BlobHash, to: &mut dyn Write) -> Result<u64, BlobError> {
        self.blobs.copy(hash, to)
    }
}

fn waiting(
    task: &str,
    expected: u64,
    events: Vec<NewEvent>,
    done: impl FnOnce(Appended) + Send + 'static,
) -> Waiting {
    Waiting { task: task.to_owned(), expected, events, done: Box::new(done) }
}

/// An answer and the place to wait for it.
fn answer() -> (impl FnOnce(Appended) + Send + 'static, mpsc::Receiver<Appended>) {
    let (sender, receiver) = mpsc::sync_channel(1);
    // Whoever no longer waits for the answer has no need of it.
    (move |appended| drop(sender.send(appended)), receiver)
}

/// Refuses what is over a limit before it takes a place in the queue.
fn admit(task: &str, events: &[NewEvent]) -> Result<(), AppendError> {
    let latest = events.iter().map(|event| event.at_ms).max().unwrap_or(0);
    let latest = usize::try_from(latest).unwrap_or(usize::MAX);
    let bounds = [
        ("the time of an event", latest, isize::MAX.unsigned_abs()),
        ("the name of the task", task.len(), TASK_NAME_BYTES_MAX),
        ("the number of events", events.len(), APPEND_EVENTS_MAX),
        ("an event", events.iter().map(|e| e.body.len()).max().unwrap_or(0), EVENT_BYTES_MAX),
    ];
    match bounds.into_iter().find(|(_, size, max)| size > max) {
        Some((what, _, max)) => Err(AppendError::TooLarge { what, max }),
        None => Ok(()),
    }
}

impl Drop for Ledger {
    /// Waits until every append that was sent is answered.
    fn drop(&mut self) {
        self.readers.close();
        self.line.close();
        if let Some(carrier) = self.carrier.take() {
            // A panic in there was already reported by the thread; there is nobody to tell here.
            let _ = carrier.join();
        }
    }
}

impl fmt::Debug for Ledger {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Ledger").field("readers", &self.readers).finish_non_exhaustive()
    }
}
