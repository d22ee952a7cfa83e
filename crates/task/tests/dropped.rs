//! Answers that nobody waits for: they count, their words are kept, and nobody is made bankrupt.

use task::context::{Piece, Speaker};
use task::{
    Budget, Driver, Dropped, Ending, Event, Fault, Input, Isolation, MachineWish, MindRef,
    ModelInput, Standing, Steer, Task, TimeMs, TokenUse,
};

/// A task whose model is being asked.
fn thinking(tokens_max: u64) -> Driver {
    let mut driver = Driver::default();
    let budget = Budget { tokens_max, ..Budget::new(50, 60_000) };
    let create = Input::Create {
        request: "do it".into(),
        shares: vec![],
        mind: MindRef::Model { provider: "p".into(), model: "m".into() },
        standing: Standing::default(),
        budget,
        machine: MachineWish::Jail,
        layers: vec![],
        egress: vec![],
    };
    for input in [create, Input::MachinePrepared { bases: vec![], isolation: Isolation::Jail }] {
        let events = driver.decide(input, TimeMs(1));
        driver.stored(&events);
    }
    driver
}

fn dropped(task: &Task, said: &str) -> Dropped {
    let usage = TokenUse { input: 70, output: 3, is_estimate: true, ..TokenUse::default() };
    let (of, said) = (task.thinking(), said.to_owned());
    Dropped { of, usage, cost_usd_micros: Some(9), said, is_lost: false }
}

/// Brings an input while an answer is under way that said `said`; the names of its events.
fn brings(driver: &mut Driver, input: Input, said: &str) -> Vec<&'static str> {
    let heard = dropped(driver.task(), said);
    let events = driver.decide(input, TimeMs(5));
    let events = driver.task().with_dropped(events, heard, TimeMs(5));
    driver.stored(&events);
    let name = |event: &Event| match event {
        Event::AnswerDropped { .. } => "dropped",
        Event::UserSpoke { .. } => "spoke",
        Event::Steered { .. } => "steered",
        Event::ModelFailed { .. } => "failed",
        Event::WorkEnded { ending: Ending::Stuck, .. } => "stuck",
        Event::WorkEnded { .. } => "ended",
        _ => "other",
    };
    events.iter().map(name).collect()
}

fn spoke() -> Input {
    Input::UserSpoke { text: "rather not".into() }
}

#[test]
fn what_drops_an_answer_counts_it_first() {
    let switched = Steer::Switched { provider: "q".into(), model: "n".into() };
    let table: [(&str, Input, &[&str], u64); 5] = [
        ("words", spoke(), &["dropped", "spoke"], 73),
        ("another model", Input::Steer(switched), &["dropped", "steered"], 73),
        ("a stop", Input::StopAsked, &["dropped", "ended"], 73),
        ("a pause lets it come to its end", Input::Steer(Steer::Paused), &["steered"], 0),
        ("an end", Input::MindStuck { why: "x".into() }, &["dropped", "stuck"], 73),
    ];
    for (what, input, names, tokens) in table {
        let mut driver = thinking(1_000);
        assert_eq!(brings(&mut driver, input, ""), names, "{what}");
        let spent = driver.task().spent();
        assert_eq!(
            (spent.tokens.total(), spent.tokens.is_estimate),
            (tokens, tokens > 0),
            "{what}"
        );
    }
}

#[test]
fn its_words_stand_before_the_persons() {
    let mut driver = thinking(1_000);
    brings(&mut driver, spoke(), "I will first");
    brings(&mut driver, spoke(), "  ");
    let pieces: Vec<Piece> =
        driver.task().context().pieces().iter().map(|it| Piece::clone(it)).collect();
    let spoke = Piece::Said { by: Speaker::Person, text: "rather not".into() };
    let begun = Piece::Begun { text: "I will first".into() };
    assert_eq!(pieces, [begun, spoke.clone(), spoke]);
}

#[test]
fn one_that_failed_or_belongs_to_another_thinking_counts_once() {
    let mut driver = thinking(1_000);
    let old = dropped(driver.task(), "x");
    let failed = Input::Model(Box::new(ModelInput::Failed {
        of: driver.task().thinking(),
        fault: Fault::Broken,
        why: "cut".into(),
        retry_after_ms: None,
        usage: old.usage,
        cost_usd_micros: None,
    }));
    assert_eq!(brings(&mut driver, failed, "x"), ["failed"]);
    let events = driver.decide(spoke(), TimeMs(6));
    let events = driver.task().with_dropped(events, old, TimeMs(6));
    assert_eq!(events.len(), 1, "{events:?}");
    assert_eq!(driver.task().spent().tokens.total(), 73);
}

#[test]
fn a_person_who_speaks_all_the_time_is_told_when_the_budget_is_spent() {
    let mut driver = thinking(300);
    let mut last = vec![];
    for said in 1..=5 {
        last = brings(&mut driver, spoke(), "");
        assert_eq!(last.contains(&"stuck"), said == 5, "{said}");
    }
    assert_eq!(last, ["dropped", "spoke", "stuck"]);
    let (_, why) = driver.task().ending().expect("it ended");
    assert_eq!(why, "its budget is spent: 300 tokens were granted");
}

#[test]
fn one_that_a_kill_cut_off_is_estimated_unless_none_was_asked_for() {
    let driver = thinking(1_000);
    let asked = driver.task().asked_before(TimeMs(9)).expect("it was");
    assert!(asked.is_estimate);
    let lost = Dropped { is_lost: true, ..dropped(driver.task(), "") };
    let events = driver.task().with_dropped(vec![], lost, TimeMs(9));
    assert!(matches!(&events[..], [Event::AnswerDropped { .. }]), "{events:?}");
    let mut waits = thinking(1_000);
    let failed = Input::Model(Box::new(ModelInput::Failed {
        of: waits.task().thinking(),
        fault: Fault::Busy,
        why: "busy".into(),
        retry_after_ms: Some(60_000),
        usage: TokenUse::default(),
        cost_usd_micros: None,
    }));
    let events = waits.decide(failed, TimeMs(10));
    waits.stored(&events);
    assert_eq!(waits.task().asked_before(TimeMs(11)), None, "it still waits to ask");
}
