//! A language model in front of the seeded script: it asks for what the script asks for, and fails
//! in all the ways in which a provider fails. Its answers come late, twice, or not at all.

use crate::chance::Chance;
use crate::mind::Mind;
use task::{
    AskedCall, AskedKind, Dropped, Fault, Input, ModelInput, ModelTurn, Payload, Task, TokenUse,
    TurnEnd,
};

/// What comes of asking it once.
pub(crate) fn answer(mind: &Mind, task: &Task, chance: &mut Chance, is_calm: bool) -> Input {
    let of = task.thinking();
    if !is_calm && chance.hits(20) {
        let faults = [Fault::Busy, Fault::Broken, Fault::Offline, Fault::TooLong, Fault::Final];
        // The last one ends the task, so it is rare.
        let index = if chance.hits(5) { 4 } else { chance.index(4) };
        let failed = ModelInput::Failed {
            of,
            fault: faults[index],
            why: "the seed has it so".to_owned(),
            retry_after_ms: chance.hits(30).then(|| chance.below(100_000)),
            usage: usage(chance),
            cost_usd_micros: None,
        };
        return Input::Model(Box::new(failed));
    }
    let whole = TurnEnd::Whole;
    let (text, calls, end) = match mind.think(task) {
        Input::MindAsked { text, calls } => (text, calls, whole),
        Input::MindFinished { summary } if chance.hits(50) => (summary, vec![], whole),
        Input::MindFinished { summary } => {
            let args = Payload::Inline("{}".to_owned());
            let kind = AskedKind::Finish { summary };
            let call = AskedCall { tool: "finish".to_owned(), args, kind };
            (String::new(), vec![call], whole)
        }
        Input::MindStuck { why } => (String::new(), vec![], TurnEnd::Refused { why }),
        other => return other,
    };
    let (text, calls, end) = match is_calm {
        true => (text, calls, end),
        false => match chance.below(20) {
            0 => (String::new(), vec![], TurnEnd::Paused),
            1 => ("cut".to_owned(), vec![], TurnEnd::Cut),
            2 => (String::new(), vec![], TurnEnd::WindowFull),
            _ => (text, calls, end),
        },
    };
    let turn = ModelTurn {
        answer: Payload::Inline(format!("{{\"turn\":{}}}", of.turn)),
        provider: "seeded".to_owned(),
        model: "seeded".to_owned(),
        usage: usage(chance),
        cost_usd_micros: chance.hits(50).then(|| chance.below(1_000)),
        window: Some(1_000),
    };
    Input::Model(Box::new(ModelInput::Answered { of, turn, text, calls, end }))
}

/// What came of an answer so far, for the case that nobody waits for its end.
pub(crate) fn heard(task: &Task, chance: &mut Chance) -> Dropped {
    Dropped {
        of: task.thinking(),
        usage: TokenUse { is_estimate: true, ..usage(chance) },
        cost_usd_micros: chance.hits(50).then(|| chance.below(1_000)),
        said: if chance.hits(50) { "I will".to_owned() } else { String::new() },
        is_lost: false,
    }
}

/// Now and then nearly the whole window.
fn usage(chance: &mut Chance) -> TokenUse {
    TokenUse { input: chance.below(900), output: chance.below(50), ..TokenUse::default() }
}
