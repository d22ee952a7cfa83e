//! Fills a ledger from standard input, so that what reads it can be measured. Each line is a task's
//! name, a tab, and an event as JSON; a task's events come in their order.
//!
//! `fill_bench DIR < events`

use ledger::{Ledger, NewEvent};
use std::collections::BTreeMap;
use std::error::Error;
use std::io::BufRead;
use std::path::Path;

/// Milliseconds since 1970 of the first event, and between two.
const BEGIN_MS: u64 = 1_700_000_000_000;
const STEP_MS: u64 = 50;
/// Events that are appended at once.
const BATCH: usize = 500;

fn main() -> Result<(), Box<dyn Error>> {
    let dir = std::env::args().nth(1).ok_or("the folder of the ledger is missing")?;
    let ledger = Ledger::open(Path::new(&dir))?;
    let mut tasks: BTreeMap<String, Vec<NewEvent>> = BTreeMap::new();
    for line in std::io::stdin().lock().lines() {
        let line = line?;
        let (task, body) = line.split_once('\t').ok_or("a line without a tab")?;
        let events = tasks.entry(task.to_owned()).or_default();
        let at_ms = BEGIN_MS + STEP_MS * u64::try_from(events.len())?;
        events.push(NewEvent { body: body.as_bytes().to_vec(), at_ms });
    }
    for (task, events) in tasks {
        for (index, batch) in events.chunks(BATCH).enumerate() {
            ledger.append(&task, u64::try_from(index * BATCH)?, batch.to_vec())?;
        }
    }
    Ok(())
}
