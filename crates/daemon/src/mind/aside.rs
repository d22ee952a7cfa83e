//! A question on the side: the task's model is asked with all that it was sent so far and the
//! question behind it, by a request of its own. The task's own requests never hold it.

use super::heard::{Hearing, token_use};
use super::model::{Kept, ModelMind, settings};
use crate::clock;
use crate::live::Live;
use crate::models::REPLAY;
use crate::store::StoreError;
use ledger::AppendError;
use model::{Message, Model, ModelError, Part, Settings, ToolChoice, ToolResult, Turn, Usage};
use std::sync::atomic::Ordering;
use task::{Aside, Input, MindRef, Steer, Task, limits};

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
    #[error("it can't be stored")]
    Unstored(#[from] AppendError),
}

/// What a question used, answered or not.
#[derive(Debug, Default)]
struct Used {
    usage: Usage,
    is_estimate: bool,
}

impl ModelMind {
    /// Asks `question`; what came of it is to be stored, also when nothing was answered.
    pub(crate) async fn aside(&self, live: &Live, question: String) -> Result<Aside, AsideRefused> {
        let task = &live.shared().read(|driver, _| driver.task().clone());
        let Some(MindRef::Model { provider, model: name }) = task.mind() else {
            return Err(AsideRefused::NoModel);
        };
        if provider == REPLAY {
            return Err(AsideRefused::NoModel);
        }
        let _place = self.asides.try_acquire().map_err(|_| AsideRefused::Busy)?;
        let mut kept = None;
        let kept = self.keep_up(&mut kept, task, &live.shared().id)?;
        put(kept, &question);
        let mut used = Used::default();
        let (id, answered) = match self.open(task, (provider, name)).await {
            Ok(model) => {
                let id =
                    self.begin_aside(live, (provider, name), model.estimate(&mut kept.context));
                let id = id.await?;
                let settings = settings(task, &live.shared().id);
                let asked = (model, settings);
                (Some(id), self.ask_twice(task, (provider, name), asked, kept, &mut used).await)
            }
            Err(error) => (None, Err(error)),
        };
        let (answer, is_answered) = match answered {
            Ok(turn) if turn.text().trim().is_empty() => (SILENT.to_owned(), false),
            Ok(turn) => (turn.text(), true),
            Err(error) => (format!("{}: {}; {}", error.what(), error.why(), error.next()), false),
        };
        Ok(Aside {
            question,
            answer: bounded(answer),
            is_answered,
            usage: token_use(&used.usage, used.is_estimate),
            cost_usd_micros: self.models.cost(provider, name, &used.usage),
            provider: provider.clone(),
            model: name.clone(),
            id,
        })
    }

    /// Stores that it is asked, before it is: from then on it counts, whatever becomes of it.
    async fn begin_aside(
        &self,
        live: &Live,
        (provider, name): (&str, &str),
        read: u64,
    ) -> Result<u64, AsideRefused> {
        let now = clock::now().0;
        let last = self.last_aside.fetch_max(now, Ordering::Relaxed);
        let id = match last >= now {
            true => self.last_aside.fetch_add(1, Ordering::Relaxed) + 1,
            false => now,
        };
        let usage = Usage { is_reported: true, input: read, ..Usage::default() };
        let cost_usd_micros = self.models.cost(provider, name, &usage);
        let usage = token_use(&usage, true);
        let asked = Steer::AsideAsked { id, usage, cost_usd_micros };
        if live.bring(Input::Steer(asked)).await? > 0 {
            return Ok(id);
        }
        let why = live.shared().read(|driver, _| driver.task().spent_up());
        Err(why.map_or(AsideRefused::NoModel, |why| AsideRefused::SpentUp { why }))
    }

    /// A model that calls tools in spite of all, and says nothing, is asked again without any.
    async fn ask_twice(
        &self,
        task: &Task,
        (provider, name): (&str, &str),
        (mut model, settings): (Model, Settings),
        kept: &mut Kept,
        used: &mut Used,
    ) -> Result<Turn, ModelError> {
        let mut settings = settings;
        for choice in [ToolChoice::Auto, ToolChoice::None] {
            settings = Settings { choice, ..settings };
            let hearing = Hearing::default();
            hearing.begin(task.thinking(), (provider, name), model.estimate(&mut kept.context));
            let mut deltas = |delta| hearing.take(&delta);
            let answered = model.answer(&mut kept.context, &settings, &mut deltas).await;
            let (usage, is_estimate) = match &answered {
                Ok(turn) => hearing.used(&turn.usage),
                Err(error) => hearing.used_of_broken(&error.usage),
            };
            add(&mut used.usage, &usage);
            used.is_estimate |= is_estimate;
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
