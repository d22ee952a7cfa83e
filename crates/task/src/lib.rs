//! Pure: what a task is, as a fold of its events.
//!
//! ```text
//! edge ──Input──► decide ──Event──► ledger ──Event──► apply ──► pending ──Effect──► edge
//! ```
//!
//! Nothing here reads a clock, a file or a random number, and nothing is async. What is due next is
//! derived from the state and never queued beside it: after a crash the events are folded again and
//! `pending` names the same work.

mod apply;
mod background;
mod brief;
pub mod context;
mod decide;
mod delegate;
mod driver;
mod dropped;
mod egress;
mod event;
mod flow;
mod id;
mod input;
pub mod limits;
mod machine;
mod model;
mod pending;
mod picture;
mod plan;
pub mod provenance;
mod record;
mod state;
mod steer;
pub mod transcript;

pub use background::BackgroundEnd;
pub use brief::{Brief, BriefKind, remember_question};
pub use delegate::{Delegate, DelegateInput, DelegateOf, DelegateUse, DelegateWish, Hired};
pub use driver::{Driver, Work};
pub use dropped::Dropped;
pub use egress::{EgressAsk, EgressAttempt, EgressDecision, EgressInput, EgressUse, EgressVerdict};
pub use event::{
    AppliedCounts, Ask, BlobRef, By, ChangeCounts, CheckResult, Ending, Event, Isolation,
    MachineWish, MindRef, Outcome, Payload, RequestedCall, Rest, Share, ShareAccess, ShareBase,
    Standing,
};
pub use flow::{ContentNames, Followed};
pub use id::{
    ApplyId, CallId, CheckId, EgressAskId, QuestionId, QuestionIdError, StepId, TaskId,
    TaskIdError, TimeMs,
};
pub use input::{AskedCall, AskedKind, Input, Selection, ToolAccess};
pub use model::{Fault, ModelInput, ModelTurn, ModelWait, Spent, Thinking, TokenUse, TurnEnd};
pub use pending::Effect;
pub use picture::Picture;
pub use plan::{
    Boundary, Budget, Choice, Plan, PlanEdit, PlanEditError, PlannedCheck, Step, StepState,
};
pub use record::Record;
pub use state::{Apply, ApplyRefusal, ApplyState, Call, CallState, Check, CheckState, Phase, Task};
pub use steer::{Aside, Steer};
