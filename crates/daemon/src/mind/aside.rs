//! A question on the side: the task's model is asked with all that it was sent so far and the
//! question behind it, by a request of its own. The task's own requests never hold it.

use super::heard::token_use;
use super::model::{Kept, ModelMind, settings};
use crate::models::REPLAY;
use crate::store::StoreError;
use model::{Message, ModelError, Part, Settings, ToolChoice, ToolResult, Turn, Usage};
use task::{Aside, MindRef, Task, TaskId, limits};

/// Why a question on the side is not even asked.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AsideRefused {
    #[error("no language model works on it")]
    NoModel,
    #[error("{why}")]
    SpentUp { why: String },
    #[error("as many questions as can be wait for an answer already")]
    Busy,
    #[error("what was recorded can't be read")]
    Unreadable(#[from] StoreError),
}

impl ModelMind {
    /// Asks `question`; what came of it is to be stored, also when nothing was answered.
    pub(crate) async fn aside(
        &self,
        task: &Task,
        id: &TaskId,
        question: String,
    ) -> Result<Aside, AsideRefused> {
        let Some(MindRef::Model { provider, model: name }) = task.mind() else {
            return Err(AsideRefused::NoModel);
        };
        if provider == REPLAY {
            return Err(AsideRefused::NoModel);
        }
        if let Some(why) = task.spent_up() {
            return Err(AsideRefused::SpentUp { why });
        }
        let _place = self.asides.try_acquire().map_err(|_| AsideRefused::Busy)?;
        let mut kept = None;
        let kept = self.keep_up(&mut kept, task, id)?;
        put(kept, &question);
        let mut used = Usage::default();
        let answered = self.ask_twice(task, id, kept, &mut used).await;
        let (answer, is_answered) = match answered {
            Ok(turn) if turn.text().trim().is_empty() => (SILENT.to_owned(), false),
            Ok(turn) => (turn.text(), true),
            Err(error) => (format!("{}: {}; {}", error.what(), error.why(), error.next()), false),
        };
        Ok(Aside {
            question,
            answer: bounded(answer),
            is_answered,
            usage: token_use(&used, false),
            cost_usd_micros: self.models.cost(provider, name, &used),
            provider: provider.clone(),
            model: name.clone(),
        })
    }

    /// A model that calls tools in spite of all, and says nothing, is asked again without any.
    async fn ask_twice(
        &self,
        task: &Task,
        id: &TaskId,
        kept: &mut Kept,
        used: &mut Usage,
    ) -> Result<Turn, ModelError> {
        let Some(MindRef::Model { provider, model }) = task.mind() else {
            return Err(ModelError::unset(""));
        };
        let mut asked = self.open(task, (provider, model)).await?;
        let mut settings = settings(task, id);
        for choice in [ToolChoice::Auto, ToolChoice::None] {
            settings = Settings { choice, ..settings };
            let answered = asked.answer(&mut kept.context, &settings, &mut |_| ()).await;
            let usage = answered.as_ref().map_or_else(|it| &*it.usage, |it| &it.usage);
            add(used, usage);
            let turn = answered?;
            if !turn.text().trim().is_empty() || settings.choice == ToolChoice::None {
                return Ok(turn);
            }
        }
        Err(ModelError::unset(provider))
    }
}

/// Puts the question at the end. Calls that are under way get a result that says so, as a wire
/// format wants one for each.
fn put(kept: &mut Kept, question: &str) {
    let open = std::mem::take(&mut kept.calls).into_iter().map(|call| {
        let text = prompt::UNDER_WAY.to_owned();
        Part::Result(ToolResult { call, text, images: vec![], is_error: false })
    });
    let open: Vec<Part> = open.collect();
    if !open.is_empty() {
        kept.context.push(Message::User(open));
    }
    kept.context.push(Message::text(prompt::aside(question)));
}

fn add(all: &mut Usage, more: &Usage) {
    all.input = all.input.saturating_add(more.input);
    all.cache_read = all.cache_read.saturating_add(more.cache_read);
    all.cache_write = all.cache_write.saturating_add(more.cache_write);
    all.cache_write_long = all.cache_write_long.saturating_add(more.cache_write_long);
    all.output = all.output.saturating_add(more.output);
    all.is_reported |= more.is_reported;
}

fn bounded(mut text: String) -> String {
    text.truncate(text.floor_char_boundary(limits::ASIDE_BYTES_MAX));
    text
}

const SILENT: &str = "the model said nothing";
