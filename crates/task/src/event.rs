//! What happened in a task. Past tense, stored for ever: every type here is a promise to old
//! ledgers.

use crate::brief::Brief;
use crate::delegate::{Delegate, DelegateOf, DelegateUse};
use crate::egress::{EgressAttempt, EgressDecision, EgressUse};
use crate::flow::{ContentNames, Followed};
use crate::id::{ApplyId, CallId, CheckId, EgressAskId, StepId, TimeMs};
use crate::input::{Selection, ToolAccess};
use crate::model::{Fault, ModelTurn, TokenUse};
use crate::picture::Picture;
use crate::plan::{Boundary, Budget, Choice, Plan};
use crate::steer::Steer;
use serde::{Deserialize, Serialize};

/// One thing that happened. The ledger adds the position and the instant of storing it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum Event {
    TaskCreated {
        request: String,
        shares: Vec<Share>,
        mind: MindRef,
        standing: Standing,
        budget: Budget,
        #[serde(default)]
        machine: MachineWish,
        /// What the machine may reach from the start, in canonical rules.
        #[serde(default)]
        egress: Vec<String>,
        /// Kept layers that its machine begins with, the first on top.
        #[serde(default)]
        layers: Vec<String>,
        at: TimeMs,
    },
    /// The folders were listed as they are before the work, and a machine can see them.
    MachineReady {
        bases: Vec<ShareBase>,
        #[serde(default)]
        isolation: Isolation,
        at: TimeMs,
    },
    /// No machine of the kind that was wanted could be had; the task waits for the person.
    MachineMissed {
        why: String,
        at: TimeMs,
    },
    /// The person wants it tried again, or says that another kind will do.
    MachineWished {
        machine: MachineWish,
        by: By,
        at: TimeMs,
    },
    EgressGranted {
        rules: Vec<String>,
        by: By,
        at: TimeMs,
    },
    EgressAsked {
        ask: EgressAskId,
        attempt: EgressAttempt,
        at: TimeMs,
    },
    EgressAnswered {
        ask: EgressAskId,
        decision: EgressDecision,
        by: By,
        at: TimeMs,
    },
    /// The person takes back what they had allowed.
    EgressRevoked {
        rules: Vec<String>,
        by: By,
        at: TimeMs,
    },
    /// What the door decided, and what passed.
    EgressUsed {
        uses: Vec<EgressUse>,
        at: TimeMs,
    },
    /// The mind spoke and asked for these calls; an empty list ends its work.
    ModelAnswered {
        text: String,
        calls: Vec<RequestedCall>,
        at: TimeMs,
        /// What a language model answered, whole; `None` for a playbook.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        turn: Option<Box<ModelTurn>>,
    },
    /// The model did not answer, and is asked again at `retry_at`.
    ModelFailed {
        fault: Fault,
        why: String,
        retry_at: TimeMs,
        /// What the failed answer used, as far as its server had said so.
        usage: TokenUse,
        cost_usd_micros: Option<u64>,
        at: TimeMs,
    },
    /// The model's answer was not waited for to the end: the person said something, stopped the
    /// task or took another model, or the daemon was killed.
    AnswerDropped {
        /// What it had said aloud until then.
        said: String,
        usage: TokenUse,
        cost_usd_micros: Option<u64>,
        at: TimeMs,
    },
    /// The mind said that it was done, or stopped, and Legwork found otherwise and says why.
    SentBack {
        why: String,
        at: TimeMs,
    },
    /// The context was about to fill the model's window: from now on what went before piece
    /// `kept_from` stands in it as a digest.
    ContextShortened {
        kept_from: u32,
        at: TimeMs,
    },
    /// The mind wrote something down that it wants to have before it until the end.
    Noted {
        call: CallId,
        text: String,
    },
    PlanProposed {
        call: CallId,
        plan: Plan,
    },
    PlanEdited {
        plan: Plan,
        by: By,
    },
    PlanDecided {
        call: CallId,
        approved: bool,
        by: By,
    },
    /// Approving a plan grants its boundary, and nothing else does.
    BoundaryGranted {
        boundary: Boundary,
        by: By,
    },
    /// The person said anew in which folders it may suggest changes: in the plan while that waits,
    /// in the boundary once it is granted.
    WritesSet {
        writes: Vec<String>,
        by: By,
        at: TimeMs,
    },
    /// The person said anew what it may spend, more or less than before.
    BudgetSet {
        budget: Budget,
        by: By,
        at: TimeMs,
    },
    QuestionAsked {
        call: CallId,
        ask: Ask,
    },
    QuestionAnswered {
        call: CallId,
        answer: String,
        by: By,
        at: TimeMs,
    },
    /// The result of a call is content that names these; no call may follow them unforeseen.
    ContentNamed {
        call: CallId,
        /// Where the content is from: a file, a page, a command.
        source: String,
        names: ContentNames,
        at: TimeMs,
    },
    /// The call waits for the person before it runs.
    CallHeld {
        call: CallId,
        ask: Ask,
        /// What a content named that it would follow; `None`: it is asked about whatever was read.
        #[serde(default)]
        follows: Option<Followed>,
        at: TimeMs,
    },
    /// These commands ran in the background until the daemon was started anew.
    BackgroundLost {
        calls: Vec<CallId>,
        at: TimeMs,
    },
    /// A command that ran in the background came to its end.
    BackgroundEnded {
        call: CallId,
        how: String,
        /// The last of what it printed and the model had not read; `None`: the model has heard of
        /// the end already.
        unread: Option<String>,
        at: TimeMs,
    },
    /// What the task is given to know at its beginning.
    Briefed {
        briefs: Vec<Brief>,
        at: TimeMs,
    },
    StepReached {
        step: StepId,
    },
    CallStarted {
        call: CallId,
        at: TimeMs,
    },
    CallEnded {
        call: CallId,
        outcome: Outcome,
        result: Payload,
        at: TimeMs,
    },
    /// The mind said what to run to prove a planned check.
    CheckBound {
        check: CheckId,
        tool: String,
        args: Payload,
    },
    CheckStarted {
        check: CheckId,
        at: TimeMs,
    },
    CheckEnded {
        check: CheckId,
        result: CheckResult,
        at: TimeMs,
    },
    /// The person spoke to the task while it was under way.
    UserSpoke {
        text: String,
        at: TimeMs,
    },
    /// The person paused it, let it go on, gave it another model, or asked something on the side.
    Steered {
        steer: Steer,
        at: TimeMs,
    },
    /// This task is a helper of another; it comes right after the creation.
    BecameHelper {
        of: DelegateOf,
    },
    /// The call has a helper; its share of the budget is the task's no more.
    HelperHired {
        call: CallId,
        helper: Delegate,
    },
    /// The helper waits for the person, or waits no more.
    HelperWaits {
        call: CallId,
        asks: Option<String>,
        at: TimeMs,
    },
    /// The helper rests; what it used is the task's use.
    HelperEnded {
        call: CallId,
        used: DelegateUse,
        at: TimeMs,
    },
    /// The mind works no more. After `Finished` Legwork checks; after every ending it lists the
    /// changes.
    WorkEnded {
        ending: Ending,
        text: String,
        at: TimeMs,
    },
    /// The machine was shut and what it changed was listed. The list is in the blob.
    ChangesFound {
        changes: BlobRef,
        counts: ChangeCounts,
        at: TimeMs,
    },
    TaskRested {
        rest: Rest,
        why: String,
        at: TimeMs,
    },
    ApplyStarted {
        apply: ApplyId,
        selection: Selection,
        by: By,
        at: TimeMs,
    },
    ApplyEnded {
        apply: ApplyId,
        report: BlobRef,
        counts: AppliedCounts,
        at: TimeMs,
    },
    UndoStarted {
        apply: ApplyId,
        by: By,
        at: TimeMs,
    },
    UndoEnded {
        apply: ApplyId,
        report: BlobRef,
        counts: AppliedCounts,
        at: TimeMs,
    },
    /// The person is through with the task, or takes that back.
    PutAway {
        away: bool,
        at: TimeMs,
    },
    /// Nothing or not all could be undone; the apply stays in force and can be undone later.
    UndoFailed {
        apply: ApplyId,
        why: String,
        at: TimeMs,
    },
}

impl Event {
    /// Whether a task whose last event this is rests and has nothing due, whatever came before.
    /// `false`: only the fold tells.
    pub fn leaves_at_rest(&self) -> bool {
        matches!(self, Self::TaskRested { .. } | Self::ApplyEnded { .. } | Self::UndoEnded { .. })
    }
}

/// Which kind of machine a task is to have.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MachineWish {
    /// A jail, and nothing else.
    #[default]
    Jail,
    /// A virtual machine, and nothing weaker.
    Vm,
    /// A virtual machine where this computer has one ready, else a jail.
    Auto,
}

/// What separates a machine from the host.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Isolation {
    #[default]
    Jail,
    /// A virtual machine on the processor's own support.
    Vm,
    /// A virtual machine in software emulation.
    VmEmulated,
}

/// A host folder that the task can see.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Share {
    /// How the task calls it; the first part of every path in a tool call.
    pub name: String,
    /// Absolute host path, in the escaped notation of `wire::PathText`.
    pub host: String,
    pub access: ShareAccess,
}

/// What may happen to the task's view of a share.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ShareAccess {
    Read,
    Write,
}

/// The state of a share before the work.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShareBase {
    pub share: String,
    /// The manifest: every entry with its identity, size, mode and times.
    pub manifest: BlobRef,
    pub entries: u64,
}

/// Which mind drives the task. A playbook is pinned by the hash of its source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum MindRef {
    Playbook {
        name: String,
        source: BlobRef,
    },
    /// A language model, by the names of its provider and its own.
    Model {
        provider: String,
        model: String,
    },
}

/// What the person decided in advance when handing the task over.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    /// Approve the plan as proposed.
    pub approve_plan: bool,
    /// Take the suggested answer of each question that has one.
    pub take_suggestions: bool,
    /// Apply when, and only when, every check passed.
    pub apply_if_checked: bool,
    /// A model may write in the folders without a plan. Nothing is applied by that.
    #[serde(default)]
    pub unplanned: bool,
}

/// Who decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum By {
    /// A person, now.
    User,
    /// What the person decided in advance (`Standing`).
    Standing,
    /// What an administrator of this computer set.
    Policy,
}

/// A call as the ledger keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequestedCall {
    pub call: CallId,
    pub tool: String,
    pub args: Payload,
    /// `None` for a call that the task itself answers: plan, ask, step, check.
    pub access: Option<ToolAccess>,
}

/// JSON text that is kept in the event when small, and in a blob otherwise.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Payload {
    Inline(String),
    Blob(BlobRef),
}

/// Names stored bytes by their content.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct BlobRef {
    /// BLAKE3 of the bytes, 64 hex digits.
    pub hash: String,
    pub size_bytes: u64,
}

/// A question put to the person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ask {
    pub text: String,
    /// Why the mind cannot know, and what depends on it.
    #[serde(default)]
    pub why: String,
    /// What it is about, as pictures.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pictures: Vec<Picture>,
    pub choices: Vec<Choice>,
    /// Key of the choice the mind would take, if it may be taken without the person.
    pub suggested: Option<String>,
    /// Whether an answer outside the choices is welcome.
    pub free: bool,
}

/// How a call ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    Done,
    Failed,
    Denied,
    /// It had started when everything stopped; it may or may not have acted.
    Interrupted,
}

/// What a check found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckResult {
    pub passed: bool,
    /// What was compared with what, one line each.
    pub evidence: Vec<String>,
}

/// Why the mind works no more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ending {
    /// It says it is done; the text is its summary.
    Finished,
    /// It cannot go on, or its budget is spent; the text says why.
    Stuck,
    /// The person stopped it.
    Stopped,
    /// The person did not approve the plan.
    Refused,
    /// Something that it needs broke; the text says what.
    Broken,
}

/// How a task came to rest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Rest {
    /// Every check passed.
    Done,
    /// It answered, wrote nothing, and had promised nothing that could be checked.
    Answered,
    /// The work ended, but a person must look: a check failed or something could not be decided.
    NeedsYou,
    Failed,
    Stopped,
    /// The person did not approve the plan.
    Refused,
}

/// How many changes were found, by kind.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangeCounts {
    pub created: u64,
    pub modified: u64,
    pub moved: u64,
    pub deleted: u64,
    /// Changes among these that need a tick of their own.
    pub ticks: u64,
    /// Entries that cannot be applied at all (devices, sockets …).
    pub refused: u64,
}

/// What an apply or an undo did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AppliedCounts {
    pub applied: u64,
    /// Both versions were kept, because the person changed the file meanwhile.
    pub conflicts: u64,
    /// Left alone, each with a reason in the report.
    pub skipped: u64,
}
