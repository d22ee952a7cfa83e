//! What clients see of a task: projections of its state.

use crate::clock;
use crate::live::Shared;
use api::{
    CheckView, DelegateView, NowCode, NowSaid, QuestionView, SpentView, Status, TaskLine, TaskView,
};
use task::{
    AppliedCounts, ApplyState, CallState, CheckState, Effect, Phase, Rest, StepState, Task, TaskId,
};

/// One task in a list.
pub(crate) fn line(id: &str, task: &Task) -> TaskLine {
    let mind = task.mind().map(ToString::to_string).unwrap_or_default();
    TaskLine {
        id: id.to_owned(),
        request: task.request().to_owned(),
        status: status(task),
        mind,
        created_at: task.created_at().0,
        now: now_line(task),
        unapplied: is_unapplied(task),
        was_applied: !is_never_applied(task),
        archived: task.is_put_away(),
        now_said: now_said(task),
        steps_done: count(task, |state| state == StepState::Finished),
        steps: count(task, |state| state != StepState::Struck),
        parent: task.helper_of().map(|of| of.parent.to_string()),
        work_ms: task.work_ms(clock::now()),
        works_since: task.works_since().map(|it| it.0),
        spent: task.has_model().then(|| spent(task)),
    }
}

/// Whether it rests with changes that nobody brought into the folders, nor took back out of them.
fn is_unapplied(task: &Task) -> bool {
    let counts = task.changes().map(|(_, counts)| counts).unwrap_or_default();
    let changed = counts.created + counts.modified + counts.moved + counts.deleted;
    task.is_resting() && changed > 0 && is_never_applied(task)
}

fn is_never_applied(task: &Task) -> bool {
    task.applies().iter().all(|it| it.state == ApplyState::Empty)
}

fn count(task: &Task, is_such: impl Fn(StepState) -> bool) -> u32 {
    let steps = task.plan().into_iter().flat_map(|plan| &plan.steps);
    u32::try_from(steps.filter(|step| is_such(step.state)).count()).unwrap_or(u32::MAX)
}

/// A whole task.
pub(crate) fn whole(shared: &Shared) -> TaskView {
    let seq = shared.seq();
    shared.read(|driver, _| {
        let task = driver.task();
        TaskView {
            line: line(shared.id.as_str(), task),
            shares: task.shares().to_vec(),
            plan: task.plan().cloned(),
            plan_approved: task.plan_decided() == Some(true),
            plan_waits: task.plan_waits(),
            questions: questions(task),
            checks: checks(task),
            rest: task.rest().map(|(rest, _)| rest),
            summary: task.ending().map_or(String::new(), |(_, text)| text.to_owned()),
            changes: task.changes().map(|(_, counts)| counts),
            applied: applied(task),
            undoable: task.undoable().is_some(),
            calls: u32::try_from(task.calls().len()).unwrap_or(u32::MAX),
            machine: task.machine_wish(),
            isolation: (!task.bases().is_empty()).then(|| task.isolation()),
            egress: task.egress_rules().to_vec(),
            helpers: helpers(&shared.id, task),
            layers: task.layers().to_vec(),
            boundary: task.boundary().cloned(),
            budget: task.budget(),
            seq,
        }
    })
}

fn helpers(id: &TaskId, task: &Task) -> Vec<DelegateView> {
    let view = |(call, hired): (task::CallId, &task::Hired)| DelegateView {
        id: id.of_helper(call).to_string(),
        request: hired.helper.request.clone(),
        asks: hired.asks.clone(),
        is_over: hired.used.is_some(),
    };
    task.helpers().map(view).collect()
}

/// What a helper asks the person.
fn helper_asks(task: &Task) -> Option<&str> {
    task.helpers().find_map(|(_, hired)| hired.asks.as_deref())
}

fn spent(task: &Task) -> SpentView {
    let spent = task.spent();
    SpentView {
        turns: task.turns(),
        tokens: spent.tokens,
        cost_usd_micros: spent.cost_usd_micros,
        unpriced_turns: spent.unpriced,
        cost_usd_micros_max: task.budget().cost_usd_micros_max,
    }
}

/// What all applies in force came to.
pub(crate) fn applied(task: &Task) -> Option<AppliedCounts> {
    let in_force = task.applies().iter().filter(|it| it.state == ApplyState::Applied);
    in_force.map(|it| it.counts).reduce(sum)
}

/// What is done with its changes now, or was last.
fn review(task: &Task) -> Option<ApplyState> {
    let is_under_way =
        |it: &&task::Apply| matches!(it.state, ApplyState::Applying | ApplyState::Undoing);
    let applies = task.applies();
    applies.iter().find(is_under_way).or(applies.last()).map(|it| it.state)
}

fn sum(a: AppliedCounts, b: AppliedCounts) -> AppliedCounts {
    AppliedCounts {
        applied: a.applied + b.applied,
        conflicts: a.conflicts + b.conflicts,
        skipped: b.skipped,
    }
}

fn status(task: &Task) -> Status {
    let applying = task.pending().into_iter().find_map(|effect| match effect {
        Effect::Apply { .. } => Some(Status::Applying),
        Effect::Undo { .. } => Some(Status::Undoing),
        Effect::Prepare
        | Effect::Think { .. }
        | Effect::RunCall { .. }
        | Effect::RunCheck { .. }
        | Effect::EndHelper { .. }
        | Effect::Seal => None,
    });
    if let Some(status) = applying {
        return status;
    }
    match task.phase() {
        Phase::Preparing | Phase::Thinking | Phase::Calling | Phase::Checking
            if task.is_paused() =>
        {
            Status::Paused
        }
        Phase::Preparing if task.questions().next().is_some() => Status::Waiting,
        Phase::Unborn | Phase::Preparing => Status::Preparing,
        Phase::Thinking => Status::Working,
        Phase::Calling if task.plan_waits() || task.questions().next().is_some() => Status::Waiting,
        Phase::Calling if helper_asks(task).is_some() => Status::Waiting,
        Phase::Calling => Status::Working,
        Phase::Checking | Phase::Sealing => Status::Checking,
        Phase::Resting => match task.rest() {
            Some((Rest::Done, _)) => Status::Done,
            Some((Rest::Answered, _)) => Status::Answered,
            Some((Rest::NeedsYou, _)) => Status::NeedsYou,
            Some((Rest::Stopped, _)) => Status::Stopped,
            Some((Rest::Refused, _)) => Status::Refused,
            Some((Rest::Failed, _)) | None => Status::Failed,
        },
    }
}

/// The same as `now_line`, as a code with what is said about it.
fn now_said(task: &Task) -> NowSaid {
    let said = |code| NowSaid { code, ..NowSaid::default() };
    let of = |code, text: &str| NowSaid { code, text: text.to_owned(), ..NowSaid::default() };
    let is_underway = matches!(
        task.phase(),
        Phase::Preparing | Phase::Thinking | Phase::Calling | Phase::Checking
    );
    if is_underway && task.is_paused() {
        return said(NowCode::Paused);
    }
    if let (Phase::Preparing | Phase::Thinking | Phase::Calling, Some((_, ask))) =
        (task.phase(), task.questions().next())
        && !task.plan_waits()
    {
        return of(NowCode::Asks, &ask.text);
    }
    if let (Phase::Thinking | Phase::Calling, Some(asks)) = (task.phase(), helper_asks(task)) {
        return of(NowCode::HelperAsks, asks);
    }
    match task.phase() {
        Phase::Unborn | Phase::Preparing => said(NowCode::Preparing),
        Phase::Thinking | Phase::Calling if task.plan_waits() => said(NowCode::PlanWaits),
        Phase::Thinking if let Some(wait) = task.waits_for_model() => NowSaid {
            since: Some(wait.since.0),
            again_at: Some(wait.again_at.0),
            ..of(NowCode::ModelWaits, &wait.why)
        },
        Phase::Thinking | Phase::Calling => {
            let steps = task.plan().into_iter().flat_map(|plan| &plan.steps);
            let mut current = steps.filter(|step| step.state == StepState::Current);
            let call = task.calls().iter().rev().find(|call| call.state == CallState::Running);
            match (current.next(), call) {
                (Some(step), _) => of(NowCode::Step, &step.text),
                (None, Some(call)) => of(NowCode::Tool, &call.tool.replace('_', " ")),
                (None, None) => said(NowCode::Thinking),
            }
        }
        Phase::Checking => said(NowCode::Checking),
        Phase::Sealing => said(NowCode::Listing),
        Phase::Resting => match review(task) {
            Some(ApplyState::Applying) => said(NowCode::Applying),
            Some(ApplyState::Undoing) => said(NowCode::Undoing),
            Some(ApplyState::Undone) => said(NowCode::Undone),
            Some(ApplyState::Applied | ApplyState::Empty) | None => rest_said(task),
        },
    }
}

fn rest_said(task: &Task) -> NowSaid {
    let said = |code| NowSaid { code, ..NowSaid::default() };
    let of = task.checks().len() as u64;
    let failed = task.checks().values().filter(|check| check.state != CheckState::Passed);
    let failed = failed.count() as u64;
    let is_finished = matches!(task.ending(), Some((task::Ending::Finished, _)));
    match task.rest() {
        Some((Rest::Stopped, _)) => said(NowCode::Stopped),
        Some((Rest::Refused, _)) => said(NowCode::PlanRefused),
        Some((Rest::Answered, _)) => said(NowCode::Answered),
        Some((Rest::Done, _)) => NowSaid { of: Some(of), ..said(NowCode::ChecksPassed) },
        Some((Rest::NeedsYou, _)) if is_finished && of == 0 => said(NowCode::NothingProven),
        Some((Rest::NeedsYou, _)) if is_finished => {
            let counted = said(NowCode::ChecksFailed);
            NowSaid { count: Some(failed), of: Some(of), ..counted }
        }
        Some((Rest::NeedsYou | Rest::Failed, why)) => {
            NowSaid { text: why.to_owned(), ..NowSaid::default() }
        }
        None => NowSaid::default(),
    }
}

/// What a task does or waits for now, or how it came to rest; one line.
fn now_line(task: &Task) -> String {
    let runs = task.calls().iter().any(|call| call.state == CallState::Running);
    match task.phase() {
        Phase::Preparing | Phase::Thinking | Phase::Calling | Phase::Checking
            if task.is_paused() =>
        {
            let more = if runs { "; what runs comes to its end" } else { "" };
            format!("paused by you{more}")
        }
        Phase::Preparing if let Some((_, ask)) = task.questions().next() => {
            format!("asks: {}", ask.text)
        }
        Phase::Unborn | Phase::Preparing => "looking at the folders".to_owned(),
        Phase::Thinking | Phase::Calling => {
            if task.plan_waits() {
                return "waits for your approval of the plan".to_owned();
            }
            if let Some((_, ask)) = task.questions().next() {
                return format!("asks: {}", ask.text);
            }
            if let Some(asks) = helper_asks(task) {
                return format!("a helper asks: {asks}");
            }
            if let Some(wait) = task.waits_for_model() {
                return format!("waits for its model, which is asked again: {}", wait.why);
            }
            let steps = task.plan().into_iter().flat_map(|plan| &plan.steps);
            let mut current = steps.filter(|step| step.state == StepState::Current);
            let call = task.calls().iter().rev().find(|call| call.state == CallState::Running);
            match (current.next(), call) {
                (Some(step), _) => step.text.clone(),
                (None, Some(call)) => call.tool.replace('_', " "),
                (None, None) => "thinking".to_owned(),
            }
        }
        Phase::Checking => "checking its work".to_owned(),
        Phase::Sealing => "listing what changed".to_owned(),
        Phase::Resting => match review(task) {
            Some(ApplyState::Applying) => "applying the changes".to_owned(),
            Some(ApplyState::Undoing) => "undoing the changes".to_owned(),
            Some(ApplyState::Undone) => "undone".to_owned(),
            Some(ApplyState::Applied) => format!("{}; applied", rest_line(task)),
            Some(ApplyState::Empty) | None => rest_line(task),
        },
    }
}

fn rest_line(task: &Task) -> String {
    task.rest().map_or(String::new(), |(_, why)| why.to_owned())
}

fn questions(task: &Task) -> Vec<QuestionView> {
    task.questions().map(|(id, ask)| QuestionView { id, ask: ask.clone() }).collect()
}

fn checks(task: &Task) -> Vec<CheckView> {
    if task.checks().is_empty() {
        let planned = task.plan().into_iter().flat_map(|plan| &plan.checks);
        let view = |check: &task::PlannedCheck| CheckView {
            id: check.id.0,
            text: check.text.clone(),
            state: CheckState::Open,
            evidence: vec![],
        };
        return planned.map(view).collect();
    }
    let view = |(id, check): (&task::CheckId, &task::Check)| CheckView {
        id: id.0,
        text: check.text.clone(),
        state: check.state,
        evidence: check.evidence.clone(),
    };
    task.checks().iter().map(view).collect()
}
