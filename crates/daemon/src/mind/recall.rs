//! What was said or found earlier in a task, looked up in its ledger.

use crate::store::Store;
use serde::Deserialize;
use std::sync::Arc;
use task::context::{Piece, Speaker};
use task::{CallState, Outcome, Task};

#[derive(Deserialize)]
struct Args {
    text: Option<String>,
    call: Option<usize>,
    #[serde(default)]
    offset: usize,
}

/// Places that are told of one search.
const FOUND_MAX: usize = 20;
/// Bytes on each side of what was found.
const AROUND_BYTES: usize = 200;

/// Answers a call of `recall`.
pub(crate) fn recall(store: &Store, task: &Task, args: &str) -> Result<String, String> {
    let args: Args = serde_json::from_str(args).map_err(|error| error.to_string())?;
    match (args.call, args.text) {
        (Some(number), _) => {
            let call = number.checked_sub(1).and_then(|index| task.calls().get(index));
            let call = call.ok_or_else(|| format!("there was no call {number}"))?;
            let (outcome, json) = ended(store, call)?;
            Ok(prompt::page(&call.tool, outcome, &json, args.offset))
        }
        (None, Some(text)) => search(store, task, &text),
        (None, None) => Err("give either `text` or `call`".to_owned()),
    }
}

fn ended(store: &Store, call: &Arc<task::Call>) -> Result<(Outcome, String), String> {
    let outcome = match call.state {
        CallState::Ended(outcome) => outcome,
        CallState::Waiting | CallState::Ready | CallState::Running => {
            return Err("that call has not ended yet".to_owned());
        }
    };
    let json = match &call.result {
        Some(result) => store.unpack(result).map_err(|error| error.to_string())?,
        None => "null".to_owned(),
    };
    Ok((outcome, json))
}

/// The latest first: what comes later is more often what is still true.
fn search(store: &Store, task: &Task, text: &str) -> Result<String, String> {
    let words: Vec<String> = text.split_whitespace().map(str::to_lowercase).collect();
    let mut found = vec![];
    let mut take = |title: String, body: &str| {
        if let Some(part) = around(body, &words)
            && found.len() < FOUND_MAX
        {
            found.push(format!("{title}: {part}"));
        }
        found.len() < FOUND_MAX
    };
    take("the request".to_owned(), task.request());
    for piece in task.context().all().iter().rev() {
        let goes_on = match &**piece {
            Piece::Said { by: Speaker::Person, text } => take("the person said".to_owned(), text),
            Piece::Said { by: Speaker::Legwork, text } => take("Legwork said".to_owned(), text),
            Piece::Turn { text, .. } | Piece::Begun { text } => take("you said".to_owned(), text),
            Piece::BackgroundEnded { call, how, unread } => {
                take(format!("call {} in the background {how}", call.0), unread)
            }
            Piece::Results { first, count } => {
                (first.0..first.0.saturating_add(*count)).rev().all(|number| {
                    let Some(call) = task.call(task::CallId(number)) else { return true };
                    if call.tool == "recall" {
                        return true;
                    }
                    let args = store.unpack(&call.args).unwrap_or_default();
                    let call = task.calls().get(number as usize - 1);
                    let told = call.and_then(|call| ended(store, call).ok().map(|it| (call, it)));
                    let Some((call, (outcome, json))) = told else { return true };
                    let result = prompt::page(&call.tool, outcome, &json, 0);
                    let title = format!("call {number}, {}", call.tool);
                    take(title, &format!("{args}\n{result}"))
                })
            }
        };
        if !goes_on {
            break;
        }
    }
    match found.is_empty() {
        true => Ok("Nothing was found. Try fewer or other words.".to_owned()),
        false => Ok(found.join("\n---\n")),
    }
}

/// The place in a text where all words stand on one line, with what is around it.
fn around(body: &str, words: &[String]) -> Option<String> {
    let mut at = 0;
    for line in body.split_inclusive('\n') {
        let lower = line.to_lowercase();
        if words.iter().all(|word| lower.contains(word.as_str())) {
            let first = words.first().and_then(|word| lower.find(word.as_str())).unwrap_or(0);
            let middle = at + first.min(line.len());
            let from = body.floor_char_boundary(middle.saturating_sub(AROUND_BYTES));
            let to = body.ceil_char_boundary((middle + 2 * AROUND_BYTES).min(body.len()));
            return Some(body[from..to].trim().to_owned());
        }
        at += line.len();
    }
    None
}
