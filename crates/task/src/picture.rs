//! What a question shows: pictures that were looked at before, as they were recorded then.

use crate::context::LOOK;
use crate::event::{Ask, Outcome, Payload};
use crate::id::CallId;
use crate::state::{Call, CallState, Task};
use serde::{Deserialize, Serialize};

/// A picture, or a page of a document, beside a question or a choice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Picture {
    /// Of the file, as its task names it.
    pub path: String,
    /// The call of `look` that recorded it; named once the question is put.
    #[serde(default)]
    pub call: Option<CallId>,
}

impl Picture {
    /// One whose recording is not looked up yet.
    pub fn of(path: String) -> Self {
        Self { path, call: None }
    }
}

impl Task {
    /// The question with each of its pictures found, or what the mind has to do first.
    pub(crate) fn illustrated(&self, mut ask: Ask) -> Result<Ask, String> {
        let of_choices = ask.choices.iter_mut().filter_map(|choice| choice.picture.as_mut());
        for picture in ask.pictures.iter_mut().chain(of_choices) {
            let path = &picture.path;
            let Some(call) = self.last_look(path) else {
                return Err(format!(
                    "the person would be shown {path} as you saw it, and you have not looked at \
                     it: do that with `look`, then ask"
                ));
            };
            picture.call = Some(call);
        }
        Ok(ask)
    }

    fn last_look(&self, path: &str) -> Option<CallId> {
        let shows = |call: &Call| is_look(call) && looked_at(call).is_some_and(|it| it == path);
        let index = self.calls.iter().rposition(|call| shows(call))?;
        Some(CallId(u32::try_from(index + 1).ok()?))
    }
}

fn is_look(call: &Call) -> bool {
    call.tool == LOOK && call.state == CallState::Ended(Outcome::Done)
}

fn looked_at(call: &Call) -> Option<String> {
    let Payload::Inline(json) = &call.args else { return None };
    let args: serde_json::Value = serde_json::from_str(json).ok()?;
    args.get("path")?.as_str().map(str::to_owned)
}
