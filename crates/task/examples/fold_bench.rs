//! Measures how long a task of 10,000 events takes to come back: folding them, and parsing and
//! folding them as they are stored. Prints median milliseconds as JSON.

use std::time::Instant;
use task::{
    AskedCall, AskedKind, BlobRef, Budget, Driver, Event, Input, Isolation, MachineWish, MindRef,
    Outcome, Payload, Share, ShareAccess, ShareBase, Standing, TimeMs, ToolAccess,
};

const EVENTS: usize = 10_000;
const ROUNDS: usize = 15;

fn main() {
    let events = life();
    let stored: Vec<Vec<u8>> =
        events.iter().map(|event| serde_json::to_vec(event).expect("events are JSON")).collect();
    let fold = median(|| {
        assert_eq!(Driver::resume(&events).task().turns() as usize, turns(&events));
    });
    let parse_and_fold = median(|| {
        let parse = |body: &Vec<u8>| serde_json::from_slice(body).expect("it was an event");
        let parsed: Vec<Event> = stored.iter().map(parse).collect();
        assert_eq!(Driver::resume(&parsed).task().turns() as usize, turns(&events));
    });
    let bytes: usize = stored.iter().map(Vec::len).sum();
    let line = serde_json::json!({
        "events": events.len(), "stored_bytes": bytes,
        "fold_ms": fold, "parse_and_fold_ms": parse_and_fold,
    });
    std::io::Write::write_all(&mut std::io::stdout(), format!("{line}\n").as_bytes())
        .expect("stdout is open");
}

fn turns(events: &[Event]) -> usize {
    events.iter().filter(|event| matches!(event, Event::ModelAnswered { .. })).count()
}

/// A task whose mind looks at one file after the other.
fn life() -> Vec<Event> {
    let (mut driver, mut events) = (Driver::default(), Vec::new());
    let mut feed = |input: Input| {
        let new = driver.decide(input, TimeMs(1_800_000_000_000 + events.len() as u64));
        driver.stored(&new);
        events.extend(new);
        let asked = events.iter().rev().find_map(|event| match event {
            Event::ModelAnswered { calls, .. } => Some(calls[0].call),
            _ => None,
        });
        (events.len(), asked)
    };
    let blob = BlobRef { hash: "0".repeat(64), size_bytes: 1 };
    feed(Input::Create {
        request: "Read all of it".to_owned(),
        shares: vec![Share {
            name: "Receipts".to_owned(),
            host: "/home/you/Receipts".to_owned(),
            access: ShareAccess::Write,
        }],
        mind: MindRef::Playbook { name: "reader".to_owned(), source: blob.clone() },
        standing: Standing::default(),
        budget: Budget::new(50_000, 10_000_000),
        machine: MachineWish::Jail,
        egress: vec![],
        layers: vec![],
    });
    let base = ShareBase { share: "Receipts".to_owned(), manifest: blob, entries: 9 };
    feed(Input::MachinePrepared { bases: vec![base], isolation: Isolation::Jail });
    for number in 0.. {
        let args = format!("{{\"path\":\"Receipts/2026/receipt {number}.txt\"}}");
        let call = AskedCall {
            tool: "read_receipt".to_owned(),
            args: Payload::Inline(args),
            kind: AskedKind::Tool { access: ToolAccess::Read },
        };
        let (_, call) = feed(Input::MindAsked { text: String::new(), calls: vec![call] });
        let call = call.expect("the task has just been asked for a call");
        feed(Input::CallStarted { call });
        let result = format!("{{\"vendor\":\"Shop {number}\",\"amount\":\"{number}.50\"}}");
        let result = Payload::Inline(result);
        let (count, _) = feed(Input::CallEnded { call, outcome: Outcome::Done, result });
        assert!(count > 3 * number, "the task stopped at {count} events");
        if count >= EVENTS {
            break;
        }
    }
    events.truncate(EVENTS);
    events
}

#[expect(clippy::disallowed_methods, reason = "this program does nothing but measure time")]
fn median(mut work: impl FnMut()) -> f64 {
    let mut times: Vec<f64> = (0..ROUNDS)
        .map(|_| {
            let start = Instant::now();
            work();
            start.elapsed().as_secs_f64() * 1000.0
        })
        .collect();
    times.sort_by(f64::total_cmp);
    times[ROUNDS / 2]
}
