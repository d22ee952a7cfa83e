//! A few connections that read, lent to whoever asks.
//!
//! Readers never hold up the writer, nor it them: each sees the ledger as it was when its
//! statement began.

use crate::error::SqlError;
use crate::limits::READERS_MAX;
use crate::schema;
use rusqlite::Connection;
use std::path::PathBuf;
use std::sync::{Condvar, Mutex, PoisonError};

#[derive(Debug)]
pub(crate) struct Readers {
    path: PathBuf,
    shelf: Mutex<Shelf>,
    returned: Condvar,
}

/// Connections that rest, and how many are lent out.
#[derive(Debug, Default)]
struct Shelf {
    idle: Vec<Connection>,
    lent: usize,
}

impl Readers {
    pub(crate) fn new(path: PathBuf) -> Self {
        Self { path, shelf: Mutex::default(), returned: Condvar::new() }
    }

    /// Runs `read` on a connection of its own, after waiting for one if all are lent.
    pub(crate) fn with<T>(
        &self,
        read: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, SqlError> {
        let lent = Lent { db: self.take()?, readers: self };
        let db = lent.db.as_ref().expect("a lent connection is there until it is given back");
        Ok(read(db)?)
    }

    /// Closes what rests. The writer has to be the last to close: only then does SQLite move the
    /// log into the database, and a connection that can't write would not.
    pub(crate) fn close(&mut self) {
        self.shelf.get_mut().unwrap_or_else(PoisonError::into_inner).idle.clear();
    }

    fn take(&self) -> Result<Option<Connection>, SqlError> {
        let mut shelf = self.shelf.lock().unwrap_or_else(PoisonError::into_inner);
        while shelf.lent == READERS_MAX {
            shelf = self.returned.wait(shelf).unwrap_or_else(PoisonError::into_inner);
        }
        let db = match shelf.idle.pop() {
            Some(db) => db,
            None => schema::open_reader(&self.path)?,
        };
        shelf.lent += 1;
        Ok(Some(db))
    }
}

/// Gives its connection back when dropped, also when the reader panicked.
struct Lent<'a> {
    db: Option<Connection>,
    readers: &'a Readers,
}

impl Drop for Lent<'_> {
    fn drop(&mut self) {
        let mut shelf = self.readers.shelf.lock().unwrap_or_else(PoisonError::into_inner);
        shelf.lent -= 1;
        shelf.idle.extend(self.db.take());
        self.readers.returned.notify_one();
    }
}
