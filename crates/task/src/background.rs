//! Commands in the background end with the daemon, and a model has to know that.
//!
//! What they print is no part of the ledger, so the fold knows only of which it was told that they
//! are gone.

use crate::context::Speaker;
use crate::event::Event;
use crate::id::{CallId, TimeMs};
use crate::state::Task;

impl Task {
    /// Up to this call the model knows that what ran in the background is gone.
    pub fn background_lost(&self) -> CallId {
        self.background_lost.unwrap_or(CallId(0))
    }

    pub(crate) fn note_lost(&self, calls: Vec<CallId>, now: TimeMs) -> Vec<Event> {
        let is_news =
            |call: &CallId| call.0 > self.background_lost().0 && self.call(*call).is_some();
        let calls: Vec<CallId> = calls.into_iter().filter(is_news).collect();
        match !calls.is_empty() && self.has_model() && self.is_under_way() {
            true => vec![Event::BackgroundLost { calls, at: now }],
            false => vec![],
        }
    }

    pub(crate) fn lose_background(&mut self, calls: &[CallId]) {
        let most = calls.iter().map(|call| call.0).max().unwrap_or(0);
        self.background_lost = Some(CallId(most.max(self.background_lost().0)));
        let numbers: Vec<String> = calls.iter().map(|call| call.0.to_string()).collect();
        let told = format!(
            "Legwork was started anew meanwhile. What ran in the background (call {}) is gone, with \
             what it had printed; start it again if you still need it.",
            numbers.join(", ")
        );
        self.context.hear(Speaker::Legwork, &told);
        // Whatever the model was asked just now, it is asked again with this.
        self.model.attempt += 1;
    }
}
