//! The loop of one task without its edges: which work to start and which to stop after each store.
//!
//! The daemon and the simulator drive the same `Driver`; only what carries effects out differs.

use crate::event::Event;
use crate::id::TimeMs;
use crate::input::Input;
use crate::pending::Effect;
use crate::state::Task;
use std::collections::BTreeSet;

/// A task and the work that is under way for it.
#[derive(Debug, Clone, Default)]
pub struct Driver {
    task: Task,
    running: BTreeSet<Effect>,
}

/// What an edge has to do now.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Work {
    pub start: Vec<Effect>,
    /// No longer wanted; what it still brings is ignored by `decide`.
    pub stop: Vec<Effect>,
}

impl Driver {
    /// A driver for a task folded from its stored events. Nothing is under way yet: feed
    /// `Input::Restarted` first, so that calls which were running are told apart from fresh ones.
    pub fn resume<'a>(events: impl IntoIterator<Item = &'a Event>) -> Self {
        let mut task = Task::default();
        events.into_iter().for_each(|event| task.apply(event));
        Self { task, running: BTreeSet::new() }
    }

    pub fn task(&self) -> &Task {
        &self.task
    }

    /// The events that an input causes. They must be stored before `stored` is told of them.
    pub fn decide(&self, input: Input, now: TimeMs) -> Vec<Event> {
        self.task.decide(input, now)
    }

    /// Folds stored events in and says what is to be done now.
    pub fn stored(&mut self, events: &[Event]) -> Work {
        events.iter().for_each(|event| self.task.apply(event));
        let due: BTreeSet<Effect> = self.task.pending().into_iter().collect();
        // A pause starts nothing, and ends nothing that runs.
        let due_later: BTreeSet<Effect> = self.task.due_unless_paused().into_iter().collect();
        let kept: BTreeSet<Effect> = self.running.intersection(&due_later).copied().collect();
        let start = due.difference(&self.running).copied().collect();
        let due = &due | &kept;
        let stop = self.running.difference(&due).copied().collect();
        self.running = due;
        Work { start, stop }
    }

    /// The work that is under way.
    pub fn running(&self) -> &BTreeSet<Effect> {
        &self.running
    }
}
