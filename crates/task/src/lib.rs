//! Pure: what a task is, as a fold of its events.
//!
//! ```text
//! edge ──Input──► decide ──Event──► ledger ──Event──► apply ──► pending ──Effect──► edge
//! ```
//!
//! Nothing here reads a clock, a file or a random number, and nothing is async. What is due next is
//! derived from the state and never queued beside it: after a crash the events are folded again and
//! `pending` names the same work.

mod id;
pub mod limits;
mod plan;
mod event;
mod input;
mod state;
mod decide;
mod apply;
mod pending;
mod driver;
pub mod transcript;

pub use driver::{Driver, Work};
pub use event::{
    AppliedCounts, Ask, BlobRef, By, ChangeCounts, CheckResult, Event, MindRef, Outcome, Payload,
    RequestedCall, Rest, Share, ShareAccess, ShareBase, Standing,
};
pub use id::{ApplyId, CallId, CheckId, StepId, TaskId, TaskIdError, TimeMs};
pub use input::{AskedCall, Input, Selection, ToolAccess};
pub use pending::Effect;
pub use plan::{Boundary, Budget, Choice, Plan, PlanEdit, PlanEditError, PlannedCheck, Step, StepState};
pub use state::{Call, CallState, Check, CheckState, Phase, Question, Review, Task};
