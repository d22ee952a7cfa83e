//! What a model's task is given to know at its beginning, and what it wants remembered.
//!
//! Files of the person's folders are read in the machine, as all of them are: a link in a folder
//! leads nowhere there.

use super::{Broken, Edges};
use crate::door::Bell;
use crate::limits::BRIEF_READS_MAX;
use crate::memory::{Memory, appended};
use futures_util::stream::{self, StreamExt};
use serde::Deserialize;
use serde_json::{Value, json};
use task::{Brief, BriefKind, CallId, Input, Payload, Task, limits};
use wire::Reply;

const FOLDER_MEMORY: &str = ".legwork/memory.md";
const INSTRUCTIONS: &[&str] = &["AGENTS.md", "CLAUDE.md"];
const TITLE: &str = "# What Legwork remembers of this folder\n\n";

#[derive(Deserialize)]
struct Args {
    text: String,
    folder: Option<String>,
}

impl Edges {
    fn memory(&self) -> Memory {
        Memory::new(&self.config.place)
    }

    /// Brings what the task is to know. Nothing of it is needed: what can't be read is left out.
    pub(super) async fn brief(&self, task: &Task, bell: &Bell) {
        if !task.has_model() || !task.briefs().is_empty() {
            return;
        }
        let mut briefs = vec![];
        let managed = crate::managed::Managed::read(&self.config.policy_file);
        let allowed = managed.and_then(|managed| managed.memory());
        let remembers = allowed.is_ok();
        match allowed.and_then(|()| self.memory().read()) {
            Ok(text) if text.trim().is_empty() => (),
            Ok(text) => {
                let (kind, source) = (BriefKind::Person, self.memory().path());
                briefs.push(Brief { kind, source, text, is_cut: false });
            }
            Err(error) => tracing::warn!(what = error.what, "the memory is left out"),
        }
        let files = INSTRUCTIONS.iter().map(|it| (BriefKind::Instructions, it));
        let files = files.chain(remembers.then_some((BriefKind::Folder, &FOLDER_MEMORY)));
        let places = task.shares().iter().flat_map(|share| {
            files.clone().map(|(kind, name)| (kind, format!("{}/{name}", share.name)))
        });
        // Side by side: the first request waits for all of them.
        let reads = places.map(|(kind, source)| async move {
            let (text, is_cut) = self.read_in_machine(task, &source, bell).await?;
            (!text.trim().is_empty()).then_some(Brief { kind, source, text, is_cut })
        });
        let read: Vec<Option<Brief>> =
            stream::iter(reads.collect::<Vec<_>>()).buffered(BRIEF_READS_MAX).collect().await;
        briefs.extend(read.into_iter().flatten());
        if !briefs.is_empty() {
            bell.mailbox.bring(Input::Briefed { briefs }).await;
        }
    }

    /// The beginning of a text file in the machine, and whether there is more; `None`: no such.
    async fn read_in_machine(
        &self,
        task: &Task,
        path: &str,
        bell: &Bell,
    ) -> Option<(String, bool)> {
        let args = json!({ "path": path, "length": limits::BRIEF_BYTES_MAX });
        let args = Payload::Inline(args.to_string());
        let asked = self.ask_machine(task, "read_file", &args, CallId(0), bell).await;
        let Ok((Reply::Result { json, .. }, _)) = asked else { return None };
        let read: Value = serde_json::from_str(&json).ok()?;
        let is_cut = read["size"].as_u64() > read["length"].as_u64();
        Some((read["text"].as_str()?.to_owned(), is_cut))
    }

    /// Carries out a call of `remember`; the error is for the model.
    pub(super) async fn remember(
        &self,
        task: &Task,
        id: CallId,
        args: &str,
        bell: &Bell,
    ) -> Result<(), String> {
        let args: Args = serde_json::from_str(args).map_err(|error| error.to_string())?;
        let managed = crate::managed::Managed::read(&self.config.policy_file);
        managed.and_then(|managed| managed.memory()).map_err(|it| crate::words::short(&it))?;
        let text = args.text.trim().replace(['\n', '\r'], " ");
        match args.folder {
            // It is held for the person first, and only their yes lets it run.
            None if task.call(id).is_some_and(|call| call.ask.is_some()) => {
                self.memory().add(&text).map_err(|error| error.what)
            }
            None => Err("nobody was asked whether this may be remembered".to_owned()),
            Some(_) if !task.has_model() => Err("only a model remembers".to_owned()),
            Some(folder) => self.remember_in(task, &folder, &text, (id, bell)).await,
        }
    }

    async fn remember_in(
        &self,
        task: &Task,
        folder: &str,
        text: &str,
        (id, bell): (CallId, &Bell),
    ) -> Result<(), String> {
        if !task.shares().iter().any(|share| share.name == folder) {
            return Err(format!("no shared folder is called {folder:?}"));
        }
        let path = format!("{folder}/{FOLDER_MEMORY}");
        let before = match self.read_in_machine(task, &path, bell).await {
            Some((_, true)) => return Err(format!("{path} is full; shorten it first")),
            Some((text, false)) => text,
            None => String::new(),
        };
        let text = appended(&before, TITLE, &format!("- {text}"));
        let args = Payload::Inline(json!({ "path": path, "text": text }).to_string());
        match self.ask_machine(task, "write_file", &args, id, bell).await {
            Ok((Reply::Result { .. }, _)) => Ok(()),
            Ok((Reply::Failed { why, .. }, _)) => Err(why),
            Ok((Reply::Exited { .. }, _)) => Err("it could not be written".to_owned()),
            Err(Broken::Refused(why) | Broken::Died(why)) => Err(why),
        }
    }
}
