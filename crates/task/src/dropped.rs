//! Answers of a model that nobody waits for any more: the person said something, stopped the task
//! or took another model, or the daemon was killed.
//!
//! The provider counts such an answer, so it counts here too, as far as it is known or can be
//! estimated: otherwise a task could spend any amount on answers that it never has. What was said
//! aloud until then stays in the context, before whatever the person said.

use crate::event::{Ending, Event};
use crate::id::TimeMs;
use crate::limits;
use crate::model::{Thinking, TokenUse};
use crate::state::{Phase, Task};

/// What is known of an answer that is under way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dropped {
    pub of: Thinking,
    pub usage: TokenUse,
    /// Millionths of a US dollar; `None`: the price is not known.
    pub cost_usd_micros: Option<u64>,
    /// What was said aloud so far.
    pub said: String,
    /// Nobody hears it, whatever happens: the daemon that asked for it is gone.
    pub is_lost: bool,
}

impl Task {
    /// The events of an input, with that of an answer which they drop before them. When its price
    /// is the last of the budget, the work ends.
    pub fn with_dropped(&self, events: Vec<Event>, dropped: Dropped, now: TimeMs) -> Vec<Event> {
        let answers =
            |it: &Event| matches!(it, Event::ModelAnswered { .. } | Event::ModelFailed { .. });
        let is_due = self.phase == Phase::Thinking && dropped.of == self.thinking();
        if !is_due || events.iter().any(answers) {
            return events;
        }
        let Dropped { usage, cost_usd_micros, mut said, is_lost, .. } = dropped;
        let mut after = self.clone();
        events.iter().for_each(|event| after.apply(event));
        let is_heard = after.phase == Phase::Thinking && after.thinking() == self.thinking();
        if is_heard && !is_lost {
            return events;
        }
        said.truncate(said.floor_char_boundary(limits::SAID_BYTES_MAX));
        let dropped = Event::AnswerDropped { said, usage, cost_usd_micros, at: now };
        after.apply(&dropped);
        let mut all = vec![dropped];
        all.extend(events);
        if after.phase == Phase::Thinking
            && let Some(text) = after.spent_up()
        {
            all.push(Event::WorkEnded { ending: Ending::Stuck, text, at: now });
        }
        all
    }

    /// About what is read by a request that was under way when the daemon was killed; `None`: none
    /// was.
    pub fn asked_before(&self, now: TimeMs) -> Option<TokenUse> {
        let is_asked = self.phase == Phase::Thinking
            && self.has_model()
            && !self.is_paused
            && self.ask_not_before().is_none_or(|at| at <= now);
        let all = self.model.read.max(self.context.bytes() / limits::BYTES_PER_TOKEN);
        // What a provider kept of the request before is the beginning of this one.
        let cache_read = if self.model.is_cached { self.model.read } else { 0 };
        let input = all - cache_read;
        is_asked.then(|| TokenUse { input, cache_read, is_estimate: true, ..TokenUse::default() })
    }
}
