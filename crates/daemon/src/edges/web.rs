//! What some calls need beside the machine: a search service, a model that sees, commands that go
//! on in the background.

use super::Edges;
use super::background::STILL;
use crate::door::Bell;
use crate::live::Mailbox;
use crate::models::REPLAY;
use crate::search::UNSET;
use serde_json::Value;
use task::{Call, CallId, Input, MindRef, Payload, Task};
use tools::{ToolKind, ToolSpec};
use wire::{GuestTool, Request};

impl Edges {
    /// The request of a search; its key is a stand-in.
    pub(super) async fn search_request(
        &self,
        spec: &ToolSpec,
        args: &str,
    ) -> Result<Request, String> {
        let search = self.config.search.as_ref().ok_or_else(|| UNSET.to_owned())?;
        let header = match &search.secret {
            None => None,
            Some(name) => {
                let stands = self.machine.lock().await;
                let door = stands.as_ref().and_then(|it| it.door.as_ref());
                let stand_in = door.and_then(|door| door.stand_in(name)).ok_or_else(|| {
                    format!(
                        "the key of the search service, the secret {name}, is not there; the \
                         person can keep it with `legwork secret set {name} --host HOST`"
                    )
                })?;
                Some(search.header(stand_in))
            }
        };
        tools::search(args, &search.place, header, spec.timeout_ms).map_err(|why| why.to_string())
    }

    /// Carries out what is no plain call of the machine; `None`: it is one.
    pub(super) async fn run_beside(
        &self,
        task: &Task,
        id: CallId,
        call: &Call,
        bell: &Bell,
    ) -> Option<Result<Value, String>> {
        let spec = tools::spec(&call.tool)?;
        let args = || self.store.unpack(&call.args).unwrap_or_default();
        match spec.kind {
            ToolKind::Background(what) => Some(self.backgrounds.ask(what, &args()).await),
            ToolKind::Command => {
                let args = args();
                let is_background = task.has_model() && tools::is_background(&args);
                match is_background {
                    true => {
                        Some(self.start_background(task, (id, call), (spec, &args), bell).await)
                    }
                    false => None,
                }
            }
            ToolKind::Guest(GuestTool::Look) => self.blind(task).map(Err),
            ToolKind::Guest(_)
            | ToolKind::Proof(_)
            | ToolKind::Search
            | ToolKind::Recall
            | ToolKind::Remember
            | ToolKind::Take => None,
        }
    }

    async fn start_background(
        &self,
        task: &Task,
        call: (CallId, &Call),
        (spec, args): (&ToolSpec, &str),
        bell: &Bell,
    ) -> Result<Value, String> {
        let (machine, _) = self.machine(task, bell).await?;
        let request = self.request(task, spec, args).await?;
        self.will_be_written().await.map_err(|error| error.to_string())?;
        self.backgrounds.start(call, machine, request, bell)
    }

    /// Why this task's model would see nothing; `None`: it sees pictures.
    fn blind(&self, task: &Task) -> Option<String> {
        let Some(MindRef::Model { provider, model }) = task.mind() else { return None };
        let sees = provider == REPLAY || self.config.models.catalogue().sees(provider, model);
        (!sees).then(|| {
            format!(
                "{provider}/{model} is not known to see pictures: read_document reads the words of a \
                 document. Say at the end that nobody has looked at the pages. The person can give \
                 the task a model that sees, or say in models.toml that this one does (quirks = \
                 {{ images = true }})"
            )
        })
    }

    /// What ran in the background before the daemon was started anew is gone; the model is told.
    pub(super) async fn tell_of_lost(&self, task: &Task, mailbox: &Mailbox) {
        let is_end_read = |id: &CallId| task.calls().iter().any(|call| tells_end(call, *id));
        let lost = task.backgrounds().into_iter();
        let lost = lost.filter(|id| !self.backgrounds.has(*id) && !is_end_read(id));
        let lost: Vec<CallId> = lost.collect();
        if !lost.is_empty() {
            mailbox.bring(Input::BackgroundLost { calls: lost }).await;
        }
    }
}

/// Whether the model read in the result of this call that the command ended.
fn tells_end(call: &Call, of: CallId) -> bool {
    let (Payload::Inline(args), Some(Payload::Inline(result))) = (&call.args, &call.result) else {
        return false;
    };
    let read = |json: &str| serde_json::from_str::<Value>(json).unwrap_or_default();
    let is_page = matches!(call.tool.as_str(), "command_output" | "command_stop");
    is_page
        && read(args)["call"] == of.0
        && read(result)["state"].as_str().is_some_and(|it| !it.starts_with(STILL))
}
