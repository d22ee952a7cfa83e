//! Measures durable appends beside a bare SQLite loop with the same table and settings, taking
//! turns on the same disk. Prints one line of JSON: events per second, and ours over theirs.
//!
//! `append_bench [DIR] [ROUNDS]`; DIR should be on the disk that counts.

use ledger::{AppendError, Ledger, NewEvent};
use rusqlite::{Connection, params};
use std::path::Path;
use std::time::Instant;

const BODY_BYTES: usize = 1024;
const SINGLE: u64 = 400;
const GROUPED: u64 = 12_800;
const GROUP: usize = 128;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut args = std::env::args().skip(1);
    let parent = args.next().map_or_else(std::env::temp_dir, Into::into);
    let rounds: usize = args.next().map_or(Ok(5), |text| text.parse())?;
    let dir = tempfile::Builder::new().prefix("append-bench").tempdir_in(parent)?;
    let ledger = Ledger::open(&dir.path().join("ledger"))?;
    let bare = open_bare(dir.path())?;
    let mut single = Vec::new();
    let mut grouped = Vec::new();
    let mut last = 0;
    for round in 0..rounds as u64 {
        let ours = rate(SINGLE, || {
            for seq in last..last + SINGLE {
                ledger.append("bench", seq, vec![event(seq)])?;
            }
            Ok(())
        })?;
        let theirs = rate(SINGLE, || bare_appends(&bare, round * 2, SINGLE, 1))?;
        single.push((ours, theirs));
        last += SINGLE;
        let ours = rate(GROUPED, || Ok(many_at_once(&ledger, round * GROUPED / 2, GROUPED)?))?;
        let theirs = rate(GROUPED, || bare_appends(&bare, round * 2 + 1, GROUPED, GROUP as u64))?;
        grouped.push((ours, theirs));
    }
    #[expect(clippy::print_stdout, reason = "the result of a measurement")]
    {
        println!(
            "{}",
            serde_json::json!({ "single": summary(&single), "grouped": summary(&grouped) })
        );
    }
    Ok(())
}

fn event(seq: u64) -> NewEvent {
    NewEvent { body: vec![b'x'; BODY_BYTES], at_ms: seq }
}

/// Two callers, each with a group of the bare loop's size: one group is being flushed while the
/// other gathers. That is how it is used: many tasks, of which each waits for its own answers.
fn many_at_once(ledger: &Ledger, first: u64, count: u64) -> Result<(), AppendError> {
    let call = |task: &str| {
        for wave in (first..first + count / 2).step_by(GROUP) {
            let wave = wave..wave + GROUP as u64;
            let waiting: Vec<_> =
                wave.map(|seq| ledger.append_later(task, seq, vec![event(seq)])).collect();
            for answer in waiting.into_iter().rev() {
                answer.recv().unwrap_or(Err(AppendError::Stopped))?;
            }
        }
        Ok(())
    };
    std::thread::scope(|scope| {
        let other = scope.spawn(|| call("odd"));
        call("even").and(other.join().unwrap_or(Err(AppendError::Stopped)))
    })
}

fn open_bare(dir: &Path) -> rusqlite::Result<Connection> {
    let db = Connection::open(dir.join("bare.db"))?;
    db.execute_batch(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -2048;
         CREATE TABLE event (task TEXT NOT NULL, seq INTEGER NOT NULL, at_ms INTEGER NOT NULL,
             hash BLOB NOT NULL, body BLOB NOT NULL, PRIMARY KEY (task, seq)) STRICT, WITHOUT ROWID",
    )?;
    Ok(db)
}

fn bare_appends(
    db: &Connection,
    round: u64,
    count: u64,
    group: u64,
) -> Result<(), Box<dyn std::error::Error>> {
    let mut insert = db.prepare_cached("INSERT INTO event VALUES ('bench', ?1, ?1, ?2, ?3)")?;
    let (hash, body) = ([7u8; 32], vec![b'x'; BODY_BYTES]);
    for index in 0..count {
        if index % group == 0 {
            db.execute_batch("BEGIN IMMEDIATE")?;
        }
        insert.execute(params![round * 1_000_000 + index, hash, body])?;
        if index % group == group - 1 {
            db.execute_batch("COMMIT")?;
        }
    }
    Ok(())
}

#[expect(clippy::disallowed_methods, reason = "a measurement needs a clock")]
fn rate(
    count: u64,
    work: impl FnOnce() -> Result<(), Box<dyn std::error::Error>>,
) -> Result<f64, Box<dyn std::error::Error>> {
    let start = Instant::now();
    work()?;
    Ok(count as f64 / start.elapsed().as_secs_f64())
}

/// The medians of both and of their ratios; each ratio is of two neighbours in time.
fn summary(pairs: &[(f64, f64)]) -> serde_json::Value {
    let median = |mut numbers: Vec<f64>| {
        numbers.sort_by(f64::total_cmp);
        numbers[numbers.len() / 2]
    };
    serde_json::json!({
        "ours_per_s": median(pairs.iter().map(|p| p.0).collect()).round(),
        "bare_per_s": median(pairs.iter().map(|p| p.1).collect()).round(),
        "ratio": median(pairs.iter().map(|p| p.0 / p.1).collect()),
    })
}
