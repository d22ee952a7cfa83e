//! Recorded turns as a model: what once was answered is answered again, in order.

use crate::error::{Kind, ModelError};
use crate::format::Deltas;
use crate::turn::{Delta, Turn, View};
use std::collections::VecDeque;

/// Turns in the order in which they are given.
#[derive(Debug, Default)]
pub struct Replay {
    steps: VecDeque<Step>,
}

/// What is answered when it is asked once.
#[derive(Debug, Clone)]
pub enum Step {
    Answer(Turn),
    /// Fails; when it is asked again, the next step comes.
    Fail(ModelError),
}

impl Replay {
    /// Of the turns of a recording, from the one with this index on.
    pub fn new(turns: impl IntoIterator<Item = Turn>, from: usize) -> Self {
        Self { steps: turns.into_iter().skip(from).map(Step::Answer).collect() }
    }

    /// Of steps that a test has written.
    pub fn of_steps(steps: impl IntoIterator<Item = Step>) -> Self {
        Self { steps: steps.into_iter().collect() }
    }

    /// Steps that are left.
    pub fn remaining(&self) -> usize {
        self.steps.len()
    }

    pub(crate) fn answer(&mut self, deltas: &mut Deltas<'_>) -> Result<Turn, ModelError> {
        let Some(step) = self.steps.pop_front() else {
            let words = "the recording has no further turn";
            return Err(ModelError {
                provider: "the recording".to_owned(),
                ..ModelError::new(Kind::Refused, words)
            });
        };
        let turn = match step {
            Step::Answer(turn) => turn,
            Step::Fail(error) => return Err(error),
        };
        for (block, it) in turn.blocks.iter().enumerate() {
            match &it.view {
                View::Text(text) | View::Refusal(text) => {
                    deltas(Delta::Text { block, text: text.clone() });
                }
                View::Thinking(text) => deltas(Delta::Thinking { block, text: text.clone() }),
                View::Call(call) => {
                    deltas(Delta::CallStarted { block, name: call.name.clone() });
                    deltas(Delta::CallArgs { block, part: call.args.json().to_owned() });
                }
                View::Other(_) => {}
            }
        }
        Ok(turn)
    }
}
