//! Events as each past version wrote them: they open, mean what they meant, and are written today
//! as they were. A new kind of event needs a line in one of these files, which then stays.
//!
//! The files but the first are lives of the simulator, written by the version they are named after.

use std::collections::BTreeSet;
use task::transcript::Transcript;
use task::{Driver, Event, TimeMs};

const LEDGERS: &[(&str, &str)] = &[
    ("0-rare", include_str!("ledgers/0-rare.jsonl")),
    ("1-playbooks", include_str!("ledgers/1-playbooks.jsonl")),
    ("2-models", include_str!("ledgers/2-models.jsonl")),
    ("3-helpers", include_str!("ledgers/3-helpers.jsonl")),
    ("4-dropped-answers", include_str!("ledgers/4-dropped-answers.jsonl")),
];

fn lives(text: &str) -> impl Iterator<Item = Vec<Event>> {
    let read = |line: &str| -> Event {
        serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"))
    };
    text.split("\n\n")
        .filter(|it| !it.trim().is_empty())
        .map(move |life| life.lines().filter(|line| !line.is_empty()).map(read).collect())
}

/// What a life came to, in a line.
fn told(life: &[Event]) -> String {
    let driver = Driver::resume(life);
    let task = driver.task();
    let mut transcript = Transcript::default();
    let mut items = 0;
    for (event, seq) in life.iter().zip(1..) {
        items += transcript.fold(seq, TimeMs(seq), event).len();
    }
    let rest = task.rest().map(|(rest, why)| format!("{rest:?}, {why}"));
    let spent = task.spent();
    format!(
        "{} events, {items} items; {:?} {}; {} turns, {} calls, {} tokens{}, {} micros, {} pieces, \
         {} checks, {} applies, {} helpers, {} questions; due {:?}\n",
        life.len(),
        task.phase(),
        rest.unwrap_or_default(),
        task.turns(),
        task.calls().len(),
        spent.tokens.total(),
        if spent.tokens.is_estimate { " about" } else { "" },
        spent.cost_usd_micros,
        task.context().all().len(),
        task.checks().len(),
        task.applies().len(),
        task.helpers().count(),
        task.questions().count(),
        task.pending(),
    )
}

#[test]
fn old_ledgers_mean_what_they_meant() {
    let mut all = String::new();
    for (name, text) in LEDGERS {
        all.push_str(&format!("{name}\n"));
        lives(text).for_each(|life| all.push_str(&told(&life)));
    }
    let golden = include_str!("ledgers/golden.txt");
    assert!(all == golden, "what old ledgers mean has changed; they say now:\n{all}");
}

#[test]
fn what_is_written_today_is_written_as_before() {
    let (_, text) = LEDGERS[LEDGERS.len() - 1];
    for line in text.lines().filter(|line| !line.is_empty()) {
        let event: Event = serde_json::from_str(line).expect("an event");
        assert_eq!(serde_json::to_string(&event).expect("JSON"), line);
    }
}

#[test]
fn every_kind_of_event_is_kept_for_later() {
    let source = include_str!("../src/event.rs");
    let body = source.split("pub enum Event {").nth(1).and_then(|it| it.split("\n}").next());
    let names = body.expect("the events").lines().filter_map(|line| {
        let name = line.strip_prefix("    ")?.strip_suffix(" {")?;
        name.starts_with(char::is_uppercase).then(|| kebab(name))
    });
    let names: BTreeSet<String> = names.collect();
    let kept = LEDGERS.iter().flat_map(|(_, text)| text.lines()).filter_map(|line| {
        line.strip_prefix("{\"event\":\"")?.split('"').next().map(str::to_owned)
    });
    let kept: BTreeSet<String> = kept.collect();
    assert!(names.len() > 40, "{names:?}");
    let missing: Vec<&String> = names.difference(&kept).collect();
    assert!(missing.is_empty(), "no ledger is kept that holds {missing:?}");
}

fn kebab(name: &str) -> String {
    let mut out = String::new();
    for sign in name.chars() {
        if sign.is_uppercase() && !out.is_empty() {
            out.push('-');
        }
        out.extend(sign.to_lowercase());
    }
    out
}
