//! The tables, their versions, and the settings of a connection.
//!
//! Version 1 is what the first release writes. A change of the tables appends a migration; a file
//! written by a later Legwork is refused and left alone.

use crate::error::{LedgerError, SqlError};
use crate::limits::{BUSY_MS_MAX, READER_CACHE_KIB, WAL_BYTES_KEPT, WRITER_CACHE_KIB};
use rusqlite::{Connection, OpenFlags};
use std::path::Path;
use std::time::Duration;

/// Marks the file as ours: `LgWk`. Shown by file(1).
const APPLICATION_ID: u32 = 0x4c67_576b;

/// What each version adds to the one before it; the first stands for version 1.
///
/// One table, and nothing in it that can be derived: the head of a task is its last row. `STRICT`
/// refuses a text where bytes belong; `WITHOUT ROWID` keeps the events of one task side by side.
const MIGRATIONS: &[&str] = &["
    CREATE TABLE event (
        task  TEXT    NOT NULL,
        seq   INTEGER NOT NULL CHECK (seq > 0),
        at_ms INTEGER NOT NULL CHECK (at_ms >= 0),
        hash  BLOB    NOT NULL CHECK (length(hash) = 32),
        body  BLOB    NOT NULL,
        PRIMARY KEY (task, seq)
    ) STRICT, WITHOUT ROWID;
"];

/// Opens the connection that writes, and makes or updates the tables.
pub(crate) fn open_writer(path: &Path) -> Result<Connection, LedgerError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
        | OpenFlags::SQLITE_OPEN_CREATE
        | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let opening = |error| opening(path, error);
    let mut db = Connection::open_with_flags(path, flags).map_err(opening)?;
    settle(&db, WRITER_CACHE_KIB).map_err(opening)?;
    let version = version(&db, path)?;
    db.execute_batch(&format!(
        "PRAGMA journal_mode = WAL;
         PRAGMA synchronous = FULL;
         PRAGMA journal_size_limit = {WAL_BYTES_KEPT};"
    ))
    .map_err(opening)?;
    migrate(&mut db, version).map_err(opening)?;
    Ok(db)
}

/// Keeps the tables from growing beyond about `size_bytes_max`, but never below what is there.
pub(crate) fn cap(db: &Connection, size_bytes_max: u64) -> rusqlite::Result<()> {
    let page_bytes: u64 = db.pragma_query_value(None, "page_size", |row| row.get(0))?;
    // A limit of 0 would mean none.
    let pages = (size_bytes_max / page_bytes).clamp(1, u64::from(u32::MAX) - 1);
    db.query_row(&format!("PRAGMA max_page_count = {pages}"), [], |_| Ok(()))
}

/// Opens a connection that can't write.
pub(crate) fn open_reader(path: &Path) -> Result<Connection, SqlError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let db = Connection::open_with_flags(path, flags)?;
    settle(&db, READER_CACHE_KIB)?;
    Ok(db)
}

fn settle(db: &Connection, cache_kib: u32) -> rusqlite::Result<()> {
    db.busy_timeout(Duration::from_millis(u64::from(BUSY_MS_MAX)))?;
    db.execute_batch(&format!("PRAGMA cache_size = -{cache_kib}; PRAGMA trusted_schema = OFF;"))
}

/// The version of the file, 0 for a new one; refuses what is not ours or too new.
fn version(db: &Connection, path: &Path) -> Result<usize, LedgerError> {
    let opening = |error| opening(path, error);
    let number = |name: &str| db.pragma_query_value(None, name, |row| row.get::<_, u32>(0));
    let application = number("application_id").map_err(opening)?;
    let found = number("user_version").map_err(opening)?;
    let tables: u32 = db
        .query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))
        .map_err(opening)?;
    let is_new = application == 0 && found == 0 && tables == 0;
    if !is_new && application != APPLICATION_ID {
        return Err(LedgerError::Foreign { path: path.to_owned() });
    }
    let known = u32::try_from(MIGRATIONS.len()).unwrap_or(u32::MAX);
    if found > known {
        return Err(LedgerError::Newer { found, known });
    }
    Ok(found as usize)
}

fn migrate(db: &mut Connection, version: usize) -> rusqlite::Result<()> {
    for (index, sql) in MIGRATIONS.iter().enumerate().skip(version) {
        let change = db.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
        change.execute_batch(sql)?;
        change.pragma_update(None, "application_id", APPLICATION_ID)?;
        change.pragma_update(None, "user_version", index + 1)?;
        change.commit()?;
    }
    Ok(())
}

fn opening(path: &Path, error: rusqlite::Error) -> LedgerError {
    match error.sqlite_error_code() {
        Some(rusqlite::ErrorCode::NotADatabase) => LedgerError::Foreign { path: path.to_owned() },
        Some(rusqlite::ErrorCode::DiskFull) => LedgerError::Full,
        _ => LedgerError::Sql(error.into()),
    }
}
