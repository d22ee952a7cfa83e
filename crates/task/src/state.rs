//! What a task is at one instant. In-memory only: it is always a fold of the events.

use crate::background::Background;
use crate::brief::Brief;
use crate::context::Context;
use crate::delegate::{DelegateOf, Hired};
use crate::egress::Egress;
use crate::event::{
    AppliedCounts, Ask, BlobRef, ChangeCounts, Ending, Isolation, MachineWish, MindRef, Outcome,
    Payload, Rest, Share, ShareBase, Standing,
};
use crate::flow::Flow;
use crate::id::{ApplyId, CallId, CheckId, QuestionId, TimeMs};
use crate::input::ToolAccess;
use crate::limits;
use crate::model::ModelState;
use crate::plan::{Boundary, Budget, Plan};
use std::collections::BTreeMap;
use std::sync::Arc;

/// One task. Changes only through `apply`.
#[derive(Debug, Clone, Default)]
pub struct Task {
    pub(crate) phase: Phase,
    pub(crate) handed_over: Option<HandedOver>,
    pub(crate) bases: Vec<ShareBase>,
    pub(crate) plan: Option<Arc<Plan>>,
    pub(crate) plan_call: Option<CallId>,
    pub(crate) plan_decided: Option<bool>,
    pub(crate) boundary: Option<Boundary>,
    /// All calls ever asked for; the one with id N is at index N - 1.
    /// Shared, so that an edge's snapshot of a long task costs little.
    pub(crate) calls: Vec<Arc<Call>>,
    /// Index in `calls` of the first call of the current turn.
    pub(crate) turn_from: usize,
    pub(crate) turns: u32,
    pub(crate) checks: BTreeMap<CheckId, Check>,
    pub(crate) said: Vec<String>,
    pub(crate) ending: Option<(Ending, String)>,
    pub(crate) changes: Option<(BlobRef, ChangeCounts)>,
    pub(crate) rest: Option<(Rest, String)>,
    pub(crate) applies: Vec<Apply>,
    pub(crate) isolation: Isolation,
    /// Why the machine that was wanted could not be had, while the person has not said what to do.
    pub(crate) machine_missed: Option<(String, Ask)>,
    pub(crate) egress: Egress,
    /// What only a language model has; untouched while a playbook works.
    pub(crate) model: ModelState,
    pub(crate) context: Context,
    pub(crate) flow: Flow,
    pub(crate) briefs: Vec<Brief>,
    pub(crate) background: Background,
    pub(crate) is_put_away: bool,
    pub(crate) work_ms: u64,
    pub(crate) working_since: Option<TimeMs>,
    pub(crate) is_paused: bool,
    pub(crate) helper_of: Option<DelegateOf>,
    pub(crate) helpers: BTreeMap<CallId, Hired>,
    /// When the last event happened that tells; one that does not tell happened with it.
    pub(crate) last_at: Option<TimeMs>,
}

/// What the person handed over.
#[derive(Debug, Clone)]
pub(crate) struct HandedOver {
    pub(crate) request: String,
    pub(crate) shares: Vec<Share>,
    pub(crate) mind: MindRef,
    pub(crate) standing: Standing,
    pub(crate) budget: Budget,
    pub(crate) machine: MachineWish,
    pub(crate) layers: Vec<String>,
    pub(crate) at: TimeMs,
}

/// ```text
/// Unborn → Preparing → Thinking ⇄ Calling
///                         │ finished          │ stuck, stopped, refused, broken
///                         ▼                   ▼
///                      Checking ──────────► Sealing → Resting (⇄ applying, undoing)
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Phase {
    #[default]
    Unborn,
    Preparing,
    Thinking,
    Calling,
    Checking,
    /// The machine is shut and what it changed is being listed.
    Sealing,
    Resting,
}

/// One asked-for use of a tool.
#[derive(Debug, Clone)]
pub struct Call {
    pub tool: String,
    pub args: Payload,
    pub access: Option<ToolAccess>,
    pub state: CallState,
    /// What the mind is told; `None` until ended.
    pub result: Option<Payload>,
    /// The question this call asks, if it asks one.
    pub ask: Option<Ask>,
}

/// How far a call is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CallState {
    /// Waits for the person.
    Waiting,
    Ready,
    Running,
    Ended(Outcome),
}

/// One acceptance check.
#[derive(Debug, Clone)]
pub struct Check {
    pub text: String,
    pub key: String,
    /// The tool to run and its arguments, once the mind said so.
    pub bound: Option<(String, Payload)>,
    pub state: CheckState,
    pub evidence: Vec<String>,
}

/// How far a check is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CheckState {
    Open,
    Running,
    Passed,
    Failed,
}

/// One apply of changes to the person's folders.
#[derive(Debug, Clone)]
pub struct Apply {
    pub id: ApplyId,
    pub selection: crate::input::Selection,
    pub state: ApplyState,
    pub counts: AppliedCounts,
    /// Times that an undo of it was begun.
    pub undo_attempts: u32,
    /// What was done path by path; `None` while it runs for the first time.
    pub report: Option<BlobRef>,
}

/// How far an apply is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ApplyState {
    Applying,
    Applied,
    Undoing,
    Undone,
    /// Nothing of it could be done, so nothing is there to be undone.
    Empty,
}

/// Why changes cannot be applied now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ApplyRefusal {
    NotAtRest,
    /// An apply or an undo is under way.
    Busy,
    NothingChanged,
    /// The task did not end as done, and the person did not insist.
    NotDone,
}

impl Task {
    pub fn phase(&self) -> Phase {
        self.phase
    }

    pub fn request(&self) -> &str {
        self.handed_over.as_ref().map_or("", |it| &it.request)
    }

    pub fn shares(&self) -> &[Share] {
        self.handed_over.as_ref().map_or(&[], |it| &it.shares)
    }

    /// `None` before the task was created.
    pub fn mind(&self) -> Option<&MindRef> {
        self.handed_over.as_ref().map(|it| &it.mind)
    }

    pub fn created_at(&self) -> TimeMs {
        self.handed_over.as_ref().map_or(TimeMs(0), |it| it.at)
    }

    pub fn bases(&self) -> &[ShareBase] {
        &self.bases
    }

    pub fn plan(&self) -> Option<&Plan> {
        self.plan.as_deref()
    }

    /// Whether the person approved the plan; `None` while undecided.
    pub fn plan_decided(&self) -> Option<bool> {
        self.plan_decided
    }

    /// Whether a plan waits for the person.
    pub fn plan_waits(&self) -> bool {
        self.plan_call
            .is_some_and(|call| self.call(call).is_some_and(|it| it.state == CallState::Waiting))
    }

    /// What the approved plan grants; `None` without one.
    pub fn boundary(&self) -> Option<&Boundary> {
        self.boundary.as_ref()
    }

    /// All calls in the order they were asked for; the first has id 1.
    pub fn calls(&self) -> &[Arc<Call>] {
        &self.calls
    }

    /// The call with this id.
    pub fn call(&self, id: CallId) -> Option<&Call> {
        self.calls.get((id.0 as usize).checked_sub(1)?).map(|it| &**it)
    }

    /// Turns that the mind took.
    pub fn turns(&self) -> u32 {
        self.turns
    }

    /// Questions that wait for the person: Legwork's own, the mind's, and those of the door.
    pub fn questions(&self) -> impl Iterator<Item = (QuestionId, &Ask)> {
        let waiting =
            self.calls.iter().zip(1..).filter(|(call, _)| call.state == CallState::Waiting);
        let asked = waiting
            .filter_map(|(call, id)| Some((QuestionId::Call(CallId(id)), call.ask.as_ref()?)));
        let missed = self.machine_missed.iter().map(|(_, ask)| (QuestionId::Machine, ask));
        missed.chain(asked).chain(self.egress_questions())
    }

    /// The question that was asked under this name, whether it still waits or not.
    pub fn question(&self, id: QuestionId) -> Option<&Ask> {
        match id {
            QuestionId::Call(call) => self.call(call)?.ask.as_ref(),
            QuestionId::Egress(ask) => {
                let index = (ask.0 as usize).checked_sub(1)?;
                self.egress.asks.get(index).map(|asked| &asked.ask)
            }
            QuestionId::Machine => self.machine_missed.as_ref().map(|(_, ask)| ask),
        }
    }

    /// The kind of machine that the person wants; a jail before the task was created.
    pub fn machine_wish(&self) -> MachineWish {
        self.handed_over.as_ref().map(|it| it.machine).unwrap_or_default()
    }

    /// Kept layers that the task's machine begins with, the first on top.
    pub fn layers(&self) -> &[String] {
        self.handed_over.as_ref().map_or(&[], |it| &it.layers)
    }

    /// What separates the task's machine from the host, once it stood.
    pub fn isolation(&self) -> Isolation {
        self.isolation
    }

    pub fn checks(&self) -> &BTreeMap<CheckId, Check> {
        &self.checks
    }

    /// What the person said while the task was under way.
    pub fn said(&self) -> &[String] {
        &self.said
    }

    /// Why the mind works no more, and its last words.
    pub fn ending(&self) -> Option<(Ending, &str)> {
        self.ending.as_ref().map(|(ending, text)| (*ending, text.as_str()))
    }

    /// The list of changes and its counts, once the machine was shut.
    pub fn changes(&self) -> Option<(&BlobRef, ChangeCounts)> {
        self.changes.as_ref().map(|(blob, counts)| (blob, *counts))
    }

    /// How the task came to rest, and why.
    pub fn rest(&self) -> Option<(Rest, &str)> {
        self.rest.as_ref().map(|(rest, why)| (*rest, why.as_str()))
    }

    /// Every apply so far, oldest first.
    pub fn applies(&self) -> &[Apply] {
        &self.applies
    }

    /// Whether something is due that is not a person's to do.
    pub fn is_resting(&self) -> bool {
        self.phase == Phase::Resting && !self.is_applying()
    }

    /// Whether an apply or an undo is under way.
    pub fn is_applying(&self) -> bool {
        self.applies.iter().any(|it| matches!(it.state, ApplyState::Applying | ApplyState::Undoing))
    }

    /// Milliseconds of work until `now`; waiting for the person not counted.
    pub fn work_ms(&self, now: TimeMs) -> u64 {
        self.work_ms + self.working_since.map_or(0, |since| now.since(since))
    }

    /// When it would have begun, had it worked ever since; `None` while it waits or rests.
    pub fn works_since(&self) -> Option<TimeMs> {
        self.working_since.map(|since| TimeMs(since.0.saturating_sub(self.work_ms)))
    }

    /// When the work's time is up; `None` while it waits or rests.
    pub fn work_deadline(&self) -> Option<TimeMs> {
        let left = self.budget().work_ms_max.saturating_sub(self.work_ms);
        self.working_since.map(|since| TimeMs(since.0.saturating_add(left)))
    }

    /// The budget in force: what was handed over, narrowed by the plan's boundary.
    pub fn budget(&self) -> Budget {
        let given = self.handed_over.as_ref().map(|it| it.budget);
        let planned = self.boundary.as_ref().map(|it| it.budget);
        let all = Budget::new(limits::CALLS_PER_TASK_MAX, limits::WORK_MS_MAX);
        [given, planned].into_iter().flatten().fold(all, Budget::within)
    }

    /// Whether the person is through with it.
    pub fn is_put_away(&self) -> bool {
        self.is_put_away
    }

    /// Why an apply that was asked for now would not start; `None` when it would.
    pub fn apply_refusal(&self, despite_checks: bool) -> Option<ApplyRefusal> {
        if self.phase != Phase::Resting {
            return Some(ApplyRefusal::NotAtRest);
        }
        if self.is_applying() {
            return Some(ApplyRefusal::Busy);
        }
        match &self.changes {
            Some((_, counts)) if *counts != ChangeCounts::default() => (),
            _ => return Some(ApplyRefusal::NothingChanged),
        }
        let done = matches!(self.rest, Some((Rest::Done, _)));
        (!done && !despite_checks).then_some(ApplyRefusal::NotDone)
    }

    /// The latest apply that is in force, which an undo would take back.
    pub fn undoable(&self) -> Option<ApplyId> {
        let mut applied = self.applies.iter().rev().filter(|it| it.state == ApplyState::Applied);
        applied.next().map(|it| it.id)
    }

    /// What the person decided in advance.
    pub fn standing(&self) -> Standing {
        self.handed_over.as_ref().map(|it| it.standing).unwrap_or_default()
    }

    pub(crate) fn call_mut(&mut self, id: CallId) -> Option<&mut Call> {
        self.calls.get_mut((id.0 as usize).checked_sub(1)?).map(Arc::make_mut)
    }
}
