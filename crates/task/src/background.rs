//! Commands in the background: the model hears once how each ended, and they end with the daemon.
//!
//! What they print is no part of the ledger, so the fold knows which were begun, how those ended of
//! which an edge said so, and which are gone.

use crate::context::{Piece, Speaker};
use crate::event::{Event, Outcome, Payload};
use crate::flow::ContentNames;
use crate::id::{CallId, TimeMs};
use crate::limits;
use crate::state::{Call, CallState, Phase, Task};
use std::collections::BTreeSet;

/// How a command in the background ended, as an edge brings it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BackgroundEnd {
    pub call: CallId,
    /// What follows "it": "ended with exit code 0".
    pub how: String,
    /// The last of what it printed and the model has not read; `None`: the model has heard of the
    /// end, by the result of a call.
    pub unread: Option<String>,
    /// The command, and what its words name.
    pub source: String,
    pub names: ContentNames,
}

/// What a task knows of its commands in the background.
#[derive(Debug, Clone, Default)]
pub(crate) struct Background {
    lost: Option<CallId>,
    over: BTreeSet<CallId>,
    /// Up to this call the model knows that what it said was no end, because something still runs.
    pub(crate) minded: Option<CallId>,
}

impl Background {
    /// What runs is what was begun last, at most.
    pub(crate) fn mind(&mut self, running: &[CallId]) {
        self.minded = running.last().copied().or(self.minded);
    }
}

fn is_begun(call: &Call) -> bool {
    let begins = |result: &Payload| match result {
        Payload::Inline(json) => json.starts_with("{\"background\":"),
        Payload::Blob(_) => false,
    };
    call.tool == "run_command"
        && call.state == CallState::Ended(Outcome::Done)
        && call.result.as_ref().is_some_and(begins)
}

impl Task {
    /// Up to this call the model knows that what ran in the background is gone.
    pub fn background_lost(&self) -> CallId {
        self.background.lost.unwrap_or(CallId(0))
    }

    /// Calls whose commands run in the background, as far as it is known, in order.
    pub fn backgrounds(&self) -> Vec<CallId> {
        let lost = self.background_lost();
        let calls = self.calls.iter().zip(1..).skip(lost.0 as usize);
        let begun = calls.filter(|(call, _)| is_begun(call)).map(|(_, id)| CallId(id));
        begun.filter(|id| !self.background.over.contains(id)).collect()
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
        self.background.lost = Some(CallId(most.max(self.background_lost().0)));
        let numbers: Vec<String> = calls.iter().map(|call| call.0.to_string()).collect();
        let told = format!(
            "Legwork was started anew meanwhile. What ran in the background (call {}) is gone, with \
             what it had printed; start it again if you still need it.",
            numbers.join(", ")
        );
        self.context.hear(Speaker::Legwork, &told);
        // Whatever the model was asked just now, it is asked again with this.
        self.ask_anew();
    }

    /// What it printed is content, so what that names is stored before it.
    pub(crate) fn note_ended(&self, end: BackgroundEnd, now: TimeMs) -> Vec<Event> {
        let BackgroundEnd { call, how, mut unread, source, names } = end;
        // A quick one ends before the call that began it does.
        let may_end = |it: &Call| it.tool == "run_command" && it.state == CallState::Running;
        let is_known = self.call(call).is_some_and(|it| may_end(it) || is_begun(it));
        let is_news = !self.background.over.contains(&call) && call.0 > self.background_lost().0;
        if !(is_known && is_news && self.has_model() && self.is_under_way()) {
            return vec![];
        }
        if let Some(text) = &mut unread {
            text.truncate(text.floor_char_boundary(limits::UNREAD_BYTES_MAX));
        }
        let named = self.news(&names).filter(|_| unread.is_some());
        let named = named.map(|names| Event::ContentNamed { call, source, names, at: now });
        let ended = Event::BackgroundEnded { call, how, unread, at: now };
        named.into_iter().chain([ended]).collect()
    }

    pub(crate) fn end_background(
        &mut self,
        (call, how): (CallId, &str),
        unread: Option<&String>,
        at: TimeMs,
    ) {
        self.background.over.insert(call);
        if let Some(unread) = unread {
            let (how, unread) = (how.to_owned(), unread.clone());
            let piece = Piece::BackgroundEnded { call, how, unread };
            // What the model is asked just now it is not asked again because of this.
            let is_asked = self.ask_not_before().is_none_or(|again_at| again_at <= at);
            self.context.tell(piece, self.phase == Phase::Thinking && is_asked);
        }
    }

    /// Why words without a call are no end yet: something runs that would end with the task.
    pub(crate) fn runs_on(&self) -> Option<String> {
        let running = self.backgrounds();
        let last = *running.last().filter(|last| Some(**last) > self.background.minded)?;
        Some(format!(
            "What call {last} ran in the background still runs, and ends with the task. To wait \
             for it, call command_output with `wait_ms`. If the task is done without it, say so \
             again or `finish`."
        ))
    }
}
