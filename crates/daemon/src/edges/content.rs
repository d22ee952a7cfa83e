//! What the result of a call names is written down before the mind hears the result, so that what
//! it asks for next is judged by it, also after a kill in between.

use super::Edges;
use crate::door::Bell;
use policy::flow::{Act, Named};
use task::{CallId, Input, Outcome, Payload, Task};

impl Edges {
    /// Looks through what the model is about to be told of a call.
    pub(super) async fn read_content(
        &self,
        task: &Task,
        (call, outcome, result): (CallId, Outcome, &Payload),
        bell: &Bell,
    ) {
        let Some(ended) = task.call(call).filter(|_| task.has_model()) else { return };
        let Ok(json) = self.store.unpack(result) else { return };
        let called = prompt::Called { number: call.0, tool: &ended.tool, args: &ended.args };
        let source = prompt::source(called);
        let mut named = Named::by(&prompt::content(called, outcome, &json));
        forget_own(task, call, &mut named);
        if named.is_empty() {
            return;
        }
        let input = Input::ContentRead { call, source, names: named.into() };
        bell.mailbox.bring(input).await;
        self.tell_door(&bell.shared).await;
    }
}

/// What the task itself ran or wrote before is nothing that a content had to tell it.
pub(super) fn forget_own(task: &Task, until: CallId, named: &mut Named) {
    if named.commands.is_empty() {
        return;
    }
    for call in task.calls().iter().take(until.0 as usize) {
        let Payload::Inline(json) = &call.args else { continue };
        let Ok(args) = serde_json::from_str::<serde_json::Value>(json) else { continue };
        match call.tool.as_str() {
            "run_command" => {
                let command = args["command"].as_str().unwrap_or_default();
                Act::of_command(command).take_from(named);
            }
            "write_file" => {
                let path = args["path"].as_str().unwrap_or_default();
                Act::of_command(&format!("./{path}")).take_from(named);
            }
            _ => (),
        }
    }
}
