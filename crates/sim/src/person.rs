//! A person who answers, edits, speaks, stops, applies and undoes, sooner or later.

use crate::chance::Chance;
use task::{
    Aside, CallId, EgressAskId, EgressAttempt, EgressInput, Input, PlanEdit, QuestionId, Selection,
    Steer, StepId, Task, TokenUse,
};

/// What the person does next. `is_willing`: does whatever the task waits for, and nothing else.
pub(crate) fn act(task: &Task, chance: &mut Chance, is_willing: bool) -> Option<Input> {
    if is_willing {
        let resumed = Input::Steer(Steer::Resumed);
        return if task.is_paused() { Some(resumed) } else { awaited(task, chance, true) };
    }
    match chance.below(17) {
        0 => Some(Input::UserSpoke { text: format!("also {}", chance.below(100)) }),
        1 if chance.hits(20) => Some(Input::StopAsked),
        2 => Some(Input::PlanEdited { edits: vec![edit(chance)] }),
        3 => Some(Input::ApplyAsked {
            selection: Selection::default(),
            despite_checks: chance.hits(50),
        }),
        4 => Some(Input::UndoAsked),
        // An answer to a question that was answered, or was never asked.
        5 => {
            let number = u32::try_from(chance.below(9)).unwrap_or(0);
            let question = match chance.below(2) {
                0 => QuestionId::Egress(EgressAskId(number)),
                _ => QuestionId::Call(CallId(number)),
            };
            Some(Input::Answered { question, answer: "b".to_owned() })
        }
        // What a machine does at its door comes when it likes.
        6 => Some(EgressInput::Attempted(attempt(chance)).into()),
        7 => Some(EgressInput::Granted(vec![attempt(chance).rule]).into()),
        8 => Some(Input::Steer(steer(chance))),
        9 if task.is_paused() => Some(Input::Steer(Steer::Resumed)),
        _ => awaited(task, chance, false),
    }
}

fn steer(chance: &mut Chance) -> Steer {
    let model = format!("seeded-{}", chance.below(3));
    match chance.below(4) {
        0 => Steer::Paused,
        1 => Steer::Resumed,
        2 => Steer::Switched { provider: "seeded".to_owned(), model },
        _ => Steer::AsideAsked {
            id: chance.below(1 << 40),
            usage: TokenUse { input: chance.below(900), is_estimate: true, ..TokenUse::default() },
            cost_usd_micros: chance.hits(50).then(|| chance.below(1_000)),
        },
    }
}

/// What comes of a question on the side, sooner or later.
pub(crate) fn aside(id: u64, task: &Task, chance: &mut Chance) -> Steer {
    Steer::Aside(Aside {
        id: Some(id),
        question: format!("how far is it with {}", task.calls().len()),
        answer: "this far".to_owned(),
        is_answered: chance.hits(80),
        provider: "seeded".to_owned(),
        model: "seeded".to_owned(),
        usage: TokenUse { input: chance.below(900), ..TokenUse::default() },
        cost_usd_micros: chance.hits(50).then(|| chance.below(1_000)),
    })
}

/// What a second client says to what the first one just answered, by the same view of the task.
pub(crate) fn otherwise(input: &Input, chance: &mut Chance) -> Option<Input> {
    match input {
        Input::PlanDecided { approved } => {
            Some(Input::PlanDecided { approved: *approved != chance.hits(50) })
        }
        Input::Answered { question, .. } => {
            let answer = if chance.hits(50) { "a" } else { "b" };
            Some(Input::Answered { question: *question, answer: answer.to_owned() })
        }
        _ => None,
    }
}

fn attempt(chance: &mut Chance) -> EgressAttempt {
    let place = format!("host{}.example.org", chance.below(3));
    let rule = format!("allow reading from {place}");
    EgressAttempt { program: "curl".into(), purpose: "to read /".into(), place, rule }
}

fn awaited(task: &Task, chance: &mut Chance, is_willing: bool) -> Option<Input> {
    if task.plan_waits() {
        return Some(Input::PlanDecided { approved: is_willing || !chance.hits(10) });
    }
    let (question, ask) = task.questions().next()?;
    let answer = match chance.index(10) {
        0 if !is_willing => "neither of them".to_owned(),
        n => ask.choices.get(n % 2).map_or(String::new(), |choice| choice.key.clone()),
    };
    Some(Input::Answered { question, answer })
}

fn edit(chance: &mut Chance) -> PlanEdit {
    let step = StepId(u32::try_from(1 + chance.below(5)).unwrap_or(1));
    match chance.below(5) {
        0 => PlanEdit::Strike { step },
        1 => PlanEdit::Restore { step },
        2 => PlanEdit::Move { step, index: chance.index(6) },
        3 => PlanEdit::Add { text: format!("added {}", chance.below(9)), index: None },
        _ => PlanEdit::Reword { step, text: "said otherwise".to_owned() },
    }
}
