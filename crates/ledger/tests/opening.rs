//! Opening a ledger: whose it is, what it holds, and what is refused.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use ledger::{Ledger, LedgerError, NewEvent};
use rusqlite::Connection;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use tempfile::TempDir;

fn event(body: &str) -> NewEvent {
    NewEvent { body: body.as_bytes().to_vec(), at_ms: 7 }
}

fn fill(dir: &Path, count: u64) {
    let ledger = Ledger::open(dir).unwrap();
    for seq in 0..count {
        ledger.append("a", seq, vec![event(&format!("event {seq}"))]).unwrap();
    }
}

fn change(dir: &Path, sql: &str) {
    Connection::open(dir.join("ledger.db")).unwrap().execute_batch(sql).unwrap();
}

#[test]
fn a_second_one_is_told_who_came_first() {
    let dir = TempDir::new().unwrap();
    let first = Ledger::open(dir.path()).unwrap();
    let error = Ledger::open(dir.path()).unwrap_err();
    let text =
        format!("the ledger in {:?} is in use by process {}", dir.path(), std::process::id());
    assert_eq!(error.to_string(), text);
    drop(first);
    Ledger::open(dir.path()).unwrap();
}

#[test]
fn closed_it_is_one_file() {
    let dir = TempDir::new().unwrap();
    let ledger = Ledger::open(dir.path()).unwrap();
    ledger.append("a", 0, vec![event("one")]).unwrap();
    ledger.read("a", 0, 9).unwrap();
    drop(ledger);
    assert!(!dir.path().join("ledger.db-wal").exists());
}

#[test]
fn it_is_nobody_elses_business() {
    let outer = TempDir::new().unwrap();
    let dir = outer.path().join("state").join("legwork");
    Ledger::open(&dir).unwrap();
    let mode = fs::metadata(&dir).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o700);
}

#[test]
fn what_was_appended_is_there_when_opened_again() {
    let dir = TempDir::new().unwrap();
    fill(dir.path(), 3);
    let ledger = Ledger::open(dir.path()).unwrap();
    let bodies: Vec<_> = ledger.read("a", 0, 9).unwrap().into_iter().map(|e| e.body).collect();
    assert_eq!(bodies, [b"event 0", b"event 1", b"event 2"]);
    assert_eq!(ledger.append("a", 3, vec![event("more")]).unwrap(), 4);
    ledger.verify("a").unwrap();
}

#[test]
fn a_later_format_is_refused_and_left_alone() {
    let dir = TempDir::new().unwrap();
    fill(dir.path(), 1);
    change(dir.path(), "PRAGMA user_version = 99; CREATE TABLE future (x)");
    let before = fs::read(dir.path().join("ledger.db")).unwrap();
    let error = Ledger::open(dir.path()).unwrap_err();
    assert!(matches!(error, LedgerError::Newer { found: 99, known: 1 }), "{error}");
    assert_eq!(fs::read(dir.path().join("ledger.db")).unwrap(), before);
}

#[test]
fn what_is_not_ours_is_refused_and_left_alone() {
    let another_database = {
        let dir = TempDir::new().unwrap();
        change(dir.path(), "CREATE TABLE event (x)");
        fs::read(dir.path().join("ledger.db")).unwrap()
    };
    let text = b"this is a letter and no database, and it is longer than a header\n".repeat(20);
    for content in [another_database, text] {
        let dir = TempDir::new().unwrap();
        let path = dir.path().join("ledger.db");
        fs::write(&path, &content).unwrap();
        let error = Ledger::open(dir.path()).unwrap_err();
        assert!(matches!(error, LedgerError::Foreign { .. }), "{error}");
        assert_eq!(fs::read(&path).unwrap(), content);
    }
}

#[test]
fn a_changed_event_breaks_the_chain_there() {
    let cases = [
        ("UPDATE event SET body = CAST('other' AS BLOB) WHERE seq = 2", 2),
        ("UPDATE event SET at_ms = 8 WHERE seq = 3", 3),
        ("UPDATE event SET hash = zeroblob(32) WHERE seq = 1", 1),
        ("DELETE FROM event WHERE seq = 2", 2),
        ("DELETE FROM event WHERE seq = 1", 1),
        ("UPDATE event SET task = 'b'", 1),
    ];
    for (sql, first_broken) in cases {
        let dir = TempDir::new().unwrap();
        fill(dir.path(), 4);
        change(dir.path(), sql);
        let ledger = Ledger::open(dir.path()).unwrap();
        let task = ledger.tasks().unwrap().remove(0).task;
        match ledger.verify(&task) {
            Err(LedgerError::Broken { seq, .. }) => assert_eq!(seq, first_broken, "{sql}"),
            other => panic!("{sql}: {other:?}"),
        }
    }
}

/// A ledger that version 1 wrote must open for as long as there is a Legwork.
#[test]
fn version_1_still_opens() {
    let dir = TempDir::new().unwrap();
    let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/v1");
    fs::copy(fixture.join("ledger.db"), dir.path().join("ledger.db")).unwrap();
    let ledger = Ledger::open(dir.path()).unwrap();
    ledger.verify("abcdefgh").unwrap();
    let events = ledger.read("abcdefgh", 0, 9).unwrap();
    let hash = blake3::Hash::from_bytes(events[1].hash).to_hex().to_string();
    assert_eq!(
        (events[0].body.as_slice(), events[1].at_ms, hash.as_str()),
        (
            &b"{\"first\":1}"[..],
            1_800_000_000_001,
            "671a887d12cc16e0c2113ed2ffb116d62fd42c834b322dd145e39b3e0d46518f"
        )
    );
}
