//! What has come of a model's answer so far, so that it counts also when nobody waits for its end.

use crate::models::Models;
use model::{Delta, Usage};
use std::sync::{Mutex, MutexGuard, PoisonError};
use task::{Dropped, Thinking, TokenUse};

/// The answer that is under way, or the last one.
#[derive(Debug, Default)]
pub(super) struct Hearing(Mutex<Option<Heard>>);

/// More bytes than any tokens have on average.
const BYTES_PER_TOKEN_MOST: u64 = 32;

#[derive(Debug, Clone)]
struct Heard {
    of: Thinking,
    provider: String,
    model: String,
    /// About what the request holds.
    read: u64,
    /// What the server said of it.
    usage: Usage,
    /// Bytes that came: words, thinking, calls.
    bytes: u64,
    said: String,
}

impl Hearing {
    fn lock(&self) -> MutexGuard<'_, Option<Heard>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A request goes out.
    pub(super) fn begin(&self, of: Thinking, (provider, model): (&str, &str), read: u64) {
        *self.lock() = Some(Heard {
            of,
            provider: provider.to_owned(),
            model: model.to_owned(),
            read,
            usage: Usage::default(),
            bytes: 0,
            said: String::new(),
        });
    }

    pub(super) fn take(&self, delta: &Delta) {
        if let Some(heard) = &mut *self.lock() {
            match delta {
                Delta::Text { text, .. } => {
                    heard.said.push_str(text);
                    heard.bytes += text.len() as u64;
                }
                Delta::Thinking { text, .. } => heard.bytes += text.len() as u64,
                Delta::CallStarted { name, .. } => heard.bytes += name.len() as u64,
                Delta::CallArgs { part, .. } => heard.bytes += part.len() as u64,
                Delta::Used(usage) => heard.usage = *usage,
            }
        }
    }

    /// What an answer used that came to its end: its server knows best, if it says anything.
    pub(super) fn used(&self, told: &Usage) -> (Usage, bool) {
        let is_told = told.is_reported && told.input_total() > 0 && told.output > 0;
        match &mut *self.lock() {
            Some(heard) => {
                heard.usage = *told;
                // A few letters for a token are usual, and dozens are a number that is wrong.
                let is_odd = heard.bytes / BYTES_PER_TOKEN_MOST > told.output;
                if is_told && !is_odd { (*told, false) } else { heard.estimate(told) }
            }
            None => (*told, false),
        }
    }

    /// The same of one that broke off: servers say what was written at its end.
    pub(super) fn used_of_broken(&self, told: &Usage) -> (Usage, bool) {
        match &mut *self.lock() {
            Some(heard) if heard.bytes > 0 => {
                heard.usage = *told;
                heard.estimate(told)
            }
            // One that was refused before it began costs nothing.
            Some(_) | None => (*told, false),
        }
    }

    /// What is to be counted if nobody waits for the answer any more.
    pub(super) fn dropped(&self, models: &Models) -> Option<Dropped> {
        let heard = self.lock().clone()?;
        let (usage, is_estimate) = heard.estimate(&heard.usage);
        Some(Dropped {
            of: heard.of,
            cost_usd_micros: models.cost(&heard.provider, &heard.model, &usage),
            usage: token_use(&usage, is_estimate),
            said: heard.said,
            is_lost: false,
        })
    }
}

impl Heard {
    /// What the server said, or more where more was sent or came.
    fn estimate(&self, told: &Usage) -> (Usage, bool) {
        let mut usage = *told;
        let written = self.bytes.div_ceil(task::limits::BYTES_PER_TOKEN);
        if usage.input_total() == 0 {
            usage.input = self.read;
        }
        usage.output = usage.output.max(written);
        usage.is_reported |= usage.input > 0 || usage.output > 0;
        (usage, usage != *told)
    }
}

pub(super) fn token_use(usage: &Usage, is_estimate: bool) -> TokenUse {
    TokenUse {
        input: usage.input,
        cache_read: usage.cache_read,
        cache_write: usage.cache_write.saturating_add(usage.cache_write_long),
        output: usage.output,
        is_estimate,
    }
}
