//! What is due now, derived from the state alone.

use crate::id::{ApplyId, CallId, CheckId};
use crate::input::ToolAccess;
use crate::model::Thinking;
use crate::state::{ApplyState, CallState, CheckState, Phase, Task};

/// Work for an edge. Ordered, so that it can name what is under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Effect {
    /// List the shares as they are, and start the machine.
    Prepare,
    /// Let the mind go on from the record; `turn` tells one thinking from the next.
    Think {
        turn: u32,
        /// Counts up when a model is to be asked anew: it failed, or the person said something.
        attempt: u32,
    },
    RunCall {
        call: CallId,
    },
    RunCheck {
        check: CheckId,
    },
    /// Stop the helper of a call whose task works no more, if it was ever begun.
    EndHelper {
        call: CallId,
    },
    /// Shut the machine and list what it changed.
    Seal,
    Apply {
        apply: ApplyId,
    },
    Undo {
        apply: ApplyId,
        /// Counted from 1, so that trying again is other work than the try that failed.
        attempt: u32,
    },
}

impl Task {
    /// The work that is due or under way, in a stable order.
    pub fn pending(&self) -> Vec<Effect> {
        let mut due = self.due_unless_paused();
        if self.is_paused {
            due.retain(|effect| self.outlasts_pause(*effect));
        }
        due
    }

    /// The same, as if nobody had paused it: what of this runs already may go on.
    pub(crate) fn due_unless_paused(&self) -> Vec<Effect> {
        match self.phase {
            Phase::Unborn => vec![],
            Phase::Preparing if self.machine_missed.is_some() => vec![],
            Phase::Preparing => vec![Effect::Prepare],
            Phase::Thinking => {
                let Thinking { turn, attempt } = self.thinking();
                vec![Effect::Think { turn, attempt }]
            }
            Phase::Calling => self.pending_calls(),
            Phase::Checking => {
                let is_open = |state| matches!(state, CheckState::Open | CheckState::Running);
                let mut open = self.checks.iter().filter(|(_, check)| is_open(check.state));
                open.next().map(|(&check, _)| Effect::RunCheck { check }).into_iter().collect()
            }
            // Nobody is left to hear of a helper: it ends before the task does.
            Phase::Sealing if self.open_helpers().next().is_some() => {
                self.open_helpers().map(|call| Effect::EndHelper { call }).collect()
            }
            Phase::Sealing => vec![Effect::Seal],
            Phase::Resting => {
                let due = self.applies.iter().find_map(|it| match it.state {
                    ApplyState::Applying => Some(Effect::Apply { apply: it.id }),
                    ApplyState::Undoing => {
                        Some(Effect::Undo { apply: it.id, attempt: it.undo_attempts })
                    }
                    ApplyState::Applied | ApplyState::Undone | ApplyState::Empty => None,
                });
                due.into_iter().collect()
            }
        }
    }

    fn pending_calls(&self) -> Vec<Effect> {
        let turn = self.calls.iter().zip(1..).skip(self.turn_from);
        let due = due(turn.map(|(call, id)| (CallId(id), call.state, call.access)));
        due.map(|call| Effect::RunCall { call }).collect()
    }
}

/// Which calls of a turn may run now. Those that only look run side by side; one that writes waits
/// for all before it, and all after it wait for it, so that the order is the one asked for.
pub(crate) fn due(
    turn: impl Iterator<Item = (CallId, CallState, Option<ToolAccess>)>,
) -> impl Iterator<Item = CallId> {
    let (mut is_open, mut is_shut) = (false, false);
    turn.filter_map(move |(call, state, access)| {
        let may = match (state, access) {
            (CallState::Ended(_), _) => return None,
            (CallState::Running, _) => true,
            (CallState::Ready, Some(ToolAccess::Read)) => !is_shut,
            (CallState::Ready, Some(ToolAccess::Write) | None) => !is_open && !is_shut,
            (CallState::Waiting, _) => false,
        };
        is_shut |= access != Some(ToolAccess::Read);
        is_open = true;
        may.then_some(call)
    })
}
