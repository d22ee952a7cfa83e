//! What reaches a task from outside.

use crate::background::BackgroundEnd;
use crate::brief::Brief;
use crate::delegate::{DelegateInput, DelegateOf, DelegateWish};
use crate::egress::EgressInput;
use crate::event::{
    AppliedCounts, Ask, BlobRef, ChangeCounts, CheckResult, Isolation, MachineWish, MindRef,
    Outcome, Payload, Share, ShareBase, Standing,
};
use crate::flow::ContentNames;
use crate::id::{ApplyId, CallId, CheckId, QuestionId};
use crate::model::ModelInput;
use crate::plan::{Budget, Plan, PlanEdit};
use crate::steer::Steer;
use serde::{Deserialize, Serialize};

/// One thing that came from outside. A late or repeated input is not an error: it causes nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// The person hands a task over.
    Create {
        request: String,
        shares: Vec<Share>,
        mind: MindRef,
        standing: Standing,
        budget: Budget,
        machine: MachineWish,
        /// Canonical rules that the person grants with the task.
        egress: Vec<String>,
        /// Kept layers that its machine begins with, the first on top.
        layers: Vec<String>,
    },
    MachinePrepared {
        bases: Vec<ShareBase>,
        isolation: Isolation,
    },
    /// No machine as isolated as asked could be had; nothing ran.
    MachineRefused {
        why: String,
    },
    Egress(EgressInput),
    /// A language model answered, or did not.
    Model(Box<ModelInput>),
    /// The machine or the daemon's means to run it broke down while the task needed it.
    EdgeFailed {
        why: String,
    },
    /// The mind asks for calls.
    MindAsked {
        text: String,
        calls: Vec<AskedCall>,
    },
    /// The mind has nothing more to do.
    MindFinished {
        summary: String,
    },
    /// The mind cannot go on; a person must look.
    MindStuck {
        why: String,
    },
    PlanEdited {
        edits: Vec<PlanEdit>,
    },
    PlanDecided {
        approved: bool,
    },
    /// The person says anew what it may do. `None` leaves that as it is.
    BoundarySet {
        writes: Option<Vec<String>>,
        budget: Option<Budget>,
    },
    /// An administrator's limits, which may be newer than the task.
    BudgetCapped {
        most: Budget,
    },
    /// The person is through with a task at rest, or takes that back.
    PutAway {
        away: bool,
    },
    Answered {
        question: QuestionId,
        answer: String,
    },
    CallStarted {
        call: CallId,
    },
    CallEnded {
        call: CallId,
        outcome: Outcome,
        result: Payload,
    },
    /// What the result of a running call names, if it is content.
    ContentRead {
        call: CallId,
        source: String,
        names: ContentNames,
    },
    /// These commands ran in the background until the daemon was started anew.
    BackgroundLost {
        calls: Vec<CallId>,
    },
    /// A command that ran in the background came to its end.
    BackgroundEnded(BackgroundEnd),
    /// What the task is to know from the beginning.
    Briefed {
        briefs: Vec<Brief>,
    },
    CheckStarted {
        check: CheckId,
    },
    CheckEnded {
        check: CheckId,
        result: CheckResult,
    },
    UserSpoke {
        text: String,
    },
    StopAsked,
    /// Another task needs a helper: `create` is a `Create`.
    CreateHelper {
        create: Box<Input>,
        of: DelegateOf,
    },
    Helper(DelegateInput),
    /// The person steers the task otherwise.
    Steer(Steer),
    /// The instant came that `Task::work_deadline` names.
    DeadlineReached,
    ChangesListed {
        changes: BlobRef,
        counts: ChangeCounts,
    },
    /// `despite_checks`: although the task did not end as done.
    ApplyAsked {
        selection: Selection,
        despite_checks: bool,
    },
    ApplyEnded {
        apply: ApplyId,
        report: BlobRef,
        counts: AppliedCounts,
    },
    UndoAsked,
    UndoEnded {
        apply: ApplyId,
        report: BlobRef,
        counts: AppliedCounts,
    },
    /// `attempt` is that of the effect: a late failure must not end a newer attempt.
    UndoFailed {
        apply: ApplyId,
        attempt: u32,
        why: String,
    },
    /// The daemon came back. A call that was running may or may not have acted.
    Restarted,
}

/// A call that a mind asks for: its own words, and what the edge made of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AskedCall {
    pub tool: String,
    pub args: Payload,
    pub kind: AskedKind,
}

/// What a call comes down to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AskedKind {
    /// Propose a plan and wait for the person.
    Plan(Plan),
    /// Ask the person and wait.
    Ask(Ask),
    /// Say which step of the plan is under way, by its key.
    Step { key: String },
    /// Say what to run to prove the planned check with this key.
    Check { key: String, tool: String, args: Payload },
    /// Run the tool in the machine.
    Tool { access: ToolAccess },
    /// The same, with where it goes and what it runs, so that the flow rule can judge it.
    Acting { access: ToolAccess, act: Box<policy::flow::Act> },
    /// The same, once the person has allowed this one call.
    Held { access: ToolAccess, ask: Ask },
    /// Say that the work is done, so that Legwork checks it.
    Finish { summary: String },
    /// Have a task of its own do a part of the work.
    Delegate(DelegateWish),
    /// Keep a text in the context until the end.
    Note { text: String },
    /// The edge could not make sense of the call; the mind is told why.
    Unusable { why: String },
}

/// What a tool may do to the task's view of the folders.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ToolAccess {
    /// Only looks. Allowed without a plan.
    Read,
    /// Changes the view. Needs an approved plan.
    Write,
}

/// Which of the changes found are to be applied.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Selection {
    /// Paths as the change list names them; empty means all. A folder stands for all below it.
    pub paths: Vec<String>,
    /// Changes that need a tick of their own and got it; named as in `paths`.
    pub ticks: Vec<String>,
}
