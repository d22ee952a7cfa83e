//! How a person steers a task beside talking to it: pause it, let it go on, give it another model,
//! ask it something on the side.
//!
//! While a task is paused, nothing new starts; what runs comes to its end (`Driver::stored`). The
//! pause is an event like any other, so it outlives the daemon.

use crate::event::{Event, MindRef};
use crate::id::TimeMs;
use crate::limits;
use crate::model::TokenUse;
use crate::pending::Effect;
use crate::state::{CallState, CheckState, Phase, Task};
use serde::{Deserialize, Serialize};

/// One act of steering: wished as an input, stored as an event once it fits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "act", rename_all = "kebab-case")]
pub enum Steer {
    Paused,
    Resumed,
    /// From now on another language model is the mind.
    Switched {
        provider: String,
        model: String,
    },
    /// The person asks something that the task's own context never holds. About what is read for
    /// it counts from now on, also if Legwork ends before the answer does.
    AsideAsked {
        id: u64,
        usage: TokenUse,
        cost_usd_micros: Option<u64>,
    },
    /// What came of it.
    Aside(Aside),
    /// The person opened a terminal in the task's machine. What is typed there is kept by nobody;
    /// that somebody was there is part of where files come from.
    TerminalOpened,
    TerminalClosed,
}

/// A question on the side, and what came of it. It costs the task, and changes nothing in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Aside {
    pub question: String,
    /// What was answered, or why nothing was.
    pub answer: String,
    pub is_answered: bool,
    pub provider: String,
    pub model: String,
    pub usage: TokenUse,
    /// Millionths of a US dollar; `None`: the price is not known.
    pub cost_usd_micros: Option<u64>,
    /// The question, if it was stored that it is asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<u64>,
}

impl Task {
    /// Whether the person paused it.
    pub fn is_paused(&self) -> bool {
        self.is_paused
    }

    /// Why a question on the side can't be paid for; `None`: it can.
    pub fn spent_up(&self) -> Option<String> {
        self.overspent(self.spent(), self.turns())
    }

    pub(crate) fn steer(&self, steer: Steer, now: TimeMs) -> Vec<Event> {
        let fits = match &steer {
            Steer::Paused => !self.is_paused && self.is_under_way(),
            Steer::Resumed => self.is_paused,
            Steer::Switched { provider, model } => {
                let named = MindRef::Model { provider: provider.clone(), model: model.clone() };
                self.has_model() && self.is_under_way() && self.mind() != Some(&named)
            }
            Steer::AsideAsked { .. } => self.has_model() && self.spent_up().is_none(),
            Steer::Aside(aside) => {
                let bytes = aside.question.len().max(aside.answer.len());
                self.has_model() && bytes <= limits::ASIDE_BYTES_MAX
            }
            Steer::TerminalOpened | Steer::TerminalClosed => self.is_under_way(),
        };
        if fits { vec![Event::Steered { steer, at: now }] } else { vec![] }
    }

    pub(crate) fn is_under_way(&self) -> bool {
        match self.phase {
            Phase::Preparing | Phase::Thinking | Phase::Calling | Phase::Checking => true,
            Phase::Unborn | Phase::Sealing | Phase::Resting => false,
        }
    }

    pub(crate) fn apply_steer(&mut self, steer: &Steer) {
        match steer {
            Steer::Paused => {
                self.is_paused = true;
                // A model that is not asked yet but waited for is not asked during the pause.
                if self.model.waits.is_some() {
                    self.ask_anew();
                }
            }
            Steer::Resumed => {
                self.is_paused = false;
                self.context.release();
            }
            Steer::Switched { provider, model } => {
                let (provider, model) = (provider.clone(), model.clone());
                if let Some(handed_over) = &mut self.handed_over {
                    handed_over.mind = MindRef::Model { provider, model };
                }
                self.ask_anew();
                // The faults were those of the other model.
                self.model.failures = 0;
                self.model.waits = None;
            }
            Steer::AsideAsked { id, usage, cost_usd_micros } => {
                self.model.asides.insert(*id, (*usage, *cost_usd_micros));
            }
            Steer::Aside(aside) => {
                aside.id.and_then(|id| self.model.asides.remove(&id));
                self.model.spent.add(aside.usage, aside.cost_usd_micros);
            }
            Steer::TerminalOpened | Steer::TerminalClosed => (),
        }
    }

    /// Whether this may go on although the task is paused.
    pub(crate) fn outlasts_pause(&self, effect: Effect) -> bool {
        match effect {
            Effect::Prepare | Effect::Think { .. } => false,
            Effect::RunCall { call } => {
                self.call(call).is_some_and(|it| it.state == CallState::Running)
            }
            Effect::RunCheck { check } => {
                self.checks.get(&check).is_some_and(|it| it.state == CheckState::Running)
            }
            Effect::EndHelper { .. }
            | Effect::Seal
            | Effect::Apply { .. }
            | Effect::Undo { .. } => true,
        }
    }
}
