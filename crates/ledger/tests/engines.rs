//! The conformance suite, run on every engine there is: SQLite, and one in memory that is simple
//! enough to be right. Another engine takes one more line in `engines!`.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod conformance;

use conformance::{Appended, Engine, Event};
use ledger::{AppendError, Ledger, NewEvent};
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::sync::Mutex;
use tempfile::TempDir;

/// The real one. The folder lives as long as it does.
struct Sqlite {
    ledger: Ledger,
    _dir: TempDir,
}

impl Sqlite {
    fn fresh() -> Self {
        let dir = TempDir::new().unwrap();
        Self { ledger: Ledger::open(dir.path()).unwrap(), _dir: dir }
    }
}

impl Engine for Sqlite {
    fn append(&self, task: &str, expected: u64, events: Vec<(u64, Vec<u8>)>) -> Appended {
        let events = events.into_iter().map(|(at_ms, body)| NewEvent { body, at_ms }).collect();
        match self.ledger.append(task, expected, events) {
            Ok(last) => Appended::Last(last),
            Err(AppendError::Conflict { found, .. }) => Appended::Conflict { found },
            Err(AppendError::TooLarge { .. }) => Appended::TooLarge,
            Err(error) => panic!("{error}"),
        }
    }

    fn read(&self, task: &str, after: u64, limit: usize) -> Vec<Event> {
        let events = self.ledger.read(task, after, limit).unwrap();
        events.into_iter().map(|e| (e.seq, e.at_ms, e.hash, e.body)).collect()
    }

    fn tasks(&self) -> Vec<(String, u64, u64)> {
        let tasks = self.ledger.tasks().unwrap();
        tasks.into_iter().map(|t| (t.task, t.first_at_ms, t.last_seq)).collect()
    }

    fn verify(&self, task: &str) -> bool {
        self.ledger.verify(task).is_ok()
    }
}

/// The oracle: what the documentation says, in as few lines as it takes.
#[derive(Default)]
struct Memory(Mutex<BTreeMap<String, Vec<Event>>>);

impl Memory {
    fn fresh() -> Self {
        Self::default()
    }
}

impl Engine for Memory {
    fn append(&self, task: &str, expected: u64, events: Vec<(u64, Vec<u8>)>) -> Appended {
        if task.len() > ledger::limits::TASK_NAME_BYTES_MAX {
            return Appended::TooLarge;
        }
        let mut tasks = self.0.lock().unwrap();
        let found = tasks.get(task).map_or(0, |stored| stored.len() as u64);
        if found != expected {
            return Appended::Conflict { found };
        }
        if events.is_empty() {
            return Appended::Last(found);
        }
        let stored = tasks.entry(task.to_owned()).or_default();
        for (at, body) in events {
            let before = stored.last().map_or(*blake3::hash(task.as_bytes()).as_bytes(), |e| e.2);
            let seq = stored.len() as u64 + 1;
            let whole = [&before[..], &seq.to_le_bytes(), &at.to_le_bytes(), &body].concat();
            stored.push((seq, at, *blake3::hash(&whole).as_bytes(), body));
        }
        Appended::Last(stored.len() as u64)
    }

    fn read(&self, task: &str, after: u64, limit: usize) -> Vec<Event> {
        let tasks = self.0.lock().unwrap();
        let stored = tasks.get(task).into_iter().flatten();
        stored.filter(|event| event.0 > after).take(limit).cloned().collect()
    }

    fn tasks(&self) -> Vec<(String, u64, u64)> {
        let tasks = self.0.lock().unwrap();
        let mut heads: Vec<_> =
            tasks.iter().map(|(task, e)| (task.clone(), e[0].1, e.len() as u64)).collect();
        heads.sort_by_key(|head| std::cmp::Reverse(head.1));
        heads
    }

    fn verify(&self, _: &str) -> bool {
        true
    }
}

macro_rules! engines {
    ($($name:ident: $fresh:expr;)*) => {$(
        mod $name {
            use super::*;

            #[test]
            fn scripts() {
                for (what, script) in conformance::SCRIPTS {
                    let seen = conformance::run(&$fresh, script);
                    assert_eq!(seen, conformance::expected(script), "{what}");
                }
            }

            #[test]
            fn writers_at_once() {
                conformance::writers_at_once(&$fresh);
            }
        }
    )*};
}

engines! {
    sqlite: Sqlite::fresh();
    memory: Memory::fresh();
}

fn bodies() -> impl Strategy<Value = Vec<Vec<u8>>> {
    prop::collection::vec(any::<Vec<u8>>(), 0..4)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    /// Whatever is asked of both, they answer the same, to the last hash.
    #[test]
    fn sqlite_does_what_the_oracle_does(
        calls in prop::collection::vec((0..3u8, 0..4u64, bodies()), 0..30)
    ) {
        let (sqlite, memory) = (Sqlite::fresh(), Memory::fresh());
        for (at, (task, back, bodies)) in calls.into_iter().enumerate() {
            let task = format!("t{task}");
            let last = memory.read(&task, 0, usize::MAX).len() as u64;
            // Now and then a caller that is late.
            let expected = last.saturating_sub(back / 3);
            let events: Vec<_> = bodies.into_iter().map(|body| (at as u64, body)).collect();
            prop_assert_eq!(
                sqlite.append(&task, expected, events.clone()),
                memory.append(&task, expected, events)
            );
            prop_assert_eq!(sqlite.read(&task, back, 3), memory.read(&task, back, 3));
        }
        prop_assert_eq!(sqlite.tasks(), memory.tasks());
        for (task, ..) in sqlite.tasks() {
            prop_assert_eq!(sqlite.read(&task, 0, 999), memory.read(&task, 0, 999));
            prop_assert!(sqlite.verify(&task));
        }
    }
}
