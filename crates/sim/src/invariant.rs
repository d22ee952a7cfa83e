//! What must hold after every step, numbered as in ARCHITECTURE.md.

use crate::world::World;
use task::context::Piece;
use task::{
    By, CallId, CallState, CheckState, Driver, Effect, Event, Input, Rest, Steer, Task, ToolAccess,
};

/// Holds after each step that was stored.
pub(crate) fn after_step(
    world: &World,
    before: &Task,
    events: &[Event],
    task: &Task,
) -> Result<(), String> {
    acts_once(world)?;
    world.within_budget()?;
    context_only_grows(before, task)?;
    answered_once(world, events)?;
    ends_told_once(task, events)?;
    for event in events {
        granted_by_a_person(world, event)?;
        writes_within_a_grant(world, event)?;
        done_by_checks(task, event)?;
        answered_only(task, event)?;
        applied_after_rest(before, event)?;
    }
    Ok(())
}

/// While the person has it paused, nothing starts that the pause should hold back.
pub(crate) fn started(task: &Task, started: &[Effect]) -> Result<(), String> {
    let held = |effect: &&Effect| match effect {
        Effect::Prepare
        | Effect::Think { .. }
        | Effect::RunCall { .. }
        | Effect::RunCheck { .. } => true,
        Effect::EndHelper { .. } | Effect::Seal | Effect::Apply { .. } | Effect::Undo { .. } => {
            false
        }
    };
    match started.iter().find(held).filter(|_| task.is_paused()) {
        Some(effect) => Err(format!("pause: {effect:?} started")),
        None => Ok(()),
    }
}

/// Holds when the daemon came back and nothing was told to it yet.
pub(crate) fn after_restart(world: &World, task: &Task) -> Result<(), String> {
    nothing_acknowledged_is_lost(world)?;
    // I3: the state is the fold of the ledger, so the same work is due each time.
    let again = Driver::resume(&world.ledger);
    // The daemon doesn't even fold a task that its last event leaves at rest.
    let is_left = world.ledger.last().is_some_and(Event::leaves_at_rest);
    if is_left && !(again.task().is_resting() && again.task().pending().is_empty()) {
        return Err("I2: the last event leaves it at rest, and something is due".to_owned());
    }
    if again.task().pending() != task.pending() {
        return Err("I3: two folds of one ledger differ in what is due".to_owned());
    }
    Ok(())
}

/// Holds when the task is at rest for good.
pub(crate) fn at_the_end(world: &World, task: &Task) -> Result<(), String> {
    nothing_acknowledged_is_lost(world)?;
    world.no_orphan()?;
    each_request_counts(world)?;
    each_aside_counts(world)?;
    let folded = Driver::resume(&world.ledger);
    if folded.task().rest() != task.rest() || folded.task().pending() != task.pending() {
        return Err("I2: what is shown is not the fold of the ledger".to_owned());
    }
    // I8: the folder holds exactly the applies in force.
    let mut in_force: Vec<u32> = task
        .applies()
        .iter()
        .filter(|it| it.state == task::ApplyState::Applied)
        .map(|it| it.id.0)
        .collect();
    let mut folder = world.folder.clone();
    in_force.sort_unstable();
    folder.sort_unstable();
    if in_force != folder {
        return Err(format!("I8: the folder holds {folder:?}, the ledger says {in_force:?}"));
    }
    for (call, state) in task.calls().iter().map(|call| (call, call.state)) {
        if !matches!(state, CallState::Ended(_)) {
            return Err(format!("I4: a call of {} never ended", call.tool));
        }
    }
    Ok(())
}

/// What is asked of a model counts, also when nobody waits for the answer; only at a crash nobody
/// can know.
fn each_request_counts(world: &World) -> Result<(), String> {
    let counts = |event: &&Event| match event {
        Event::ModelAnswered { turn, .. } => turn.is_some(),
        Event::ModelFailed { .. } | Event::AnswerDropped { .. } => true,
        _ => false,
    };
    let counted = world.ledger.iter().filter(counts).count();
    match counted.abs_diff(world.asked) <= world.crashes as usize {
        true => Ok(()),
        false => Err(format!("budget: {} requests, {counted} of them counted", world.asked)),
    }
}

/// A question on the side is stored before it is asked.
fn each_aside_counts(world: &World) -> Result<(), String> {
    let asked =
        |event: &&Event| matches!(event, Event::Steered { steer: Steer::AsideAsked { .. }, .. });
    let counted = world.ledger.iter().filter(asked).count();
    match counted >= world.asides {
        true => Ok(()),
        false => Err(format!("budget: {} questions aside, {counted} counted", world.asides)),
    }
}

/// Whoever answers first has answered; all later answers cause nothing.
fn answered_once(world: &World, events: &[Event]) -> Result<(), String> {
    let answered = |event: &Event| match event {
        Event::QuestionAnswered { call, .. } | Event::PlanDecided { call, .. } => {
            Some(format!("call {call}"))
        }
        Event::EgressAnswered { ask, .. } => Some(format!("the door's {ask}")),
        _ => None,
    };
    for of in events.iter().filter_map(answered) {
        let times = world.ledger.iter().filter(|it| answered(it).as_ref() == Some(&of)).count();
        if times > 1 {
            return Err(format!("{of} was answered {times} times"));
        }
    }
    Ok(())
}

/// The end of a command in the background is told to the model once, and before its next answer.
fn ends_told_once(task: &Task, events: &[Event]) -> Result<(), String> {
    let ended = |event: &Event| match event {
        Event::BackgroundEnded { call, unread: Some(_), .. } => Some(*call),
        _ => None,
    };
    for call in events.iter().filter_map(ended) {
        if task.backgrounds().contains(&call) {
            return Err(format!("background: call {call} ended and runs"));
        }
    }
    let told = |piece: &std::sync::Arc<Piece>| match **piece {
        Piece::BackgroundEnded { call, .. } => Some(call),
        _ => None,
    };
    let mut once = std::collections::BTreeSet::new();
    match task.context().all().iter().filter_map(told).find(|call| !once.insert(*call)) {
        Some(call) => Err(format!("background: the end of call {call} was told twice")),
        None => Ok(()),
    }
}

/// When the model is about to be asked, it is told of every end that is stored.
pub(crate) fn ends_are_told(world: &World, started: &[Effect]) -> Result<(), String> {
    let task = world.driver.task();
    let thinks = started.iter().any(|it| matches!(it, Effect::Think { .. })) && task.has_model();
    let ended = world.ledger.iter().filter_map(|event| match event {
        Event::BackgroundEnded { call, unread: Some(_), .. } => Some(*call),
        _ => None,
    });
    let told = |piece: &std::sync::Arc<Piece>| match **piece {
        Piece::BackgroundEnded { call, .. } => Some(call),
        _ => None,
    };
    let is_told = |call: CallId| task.context().all().iter().any(|it| told(it) == Some(call));
    match ended.filter(|_| thinks).find(|call| !is_told(*call)) {
        Some(call) => Err(format!("background: asked without the end of call {call}")),
        None => Ok(()),
    }
}

/// Before the model is asked, nothing is thought to run that the daemon knows nothing of.
pub(crate) fn knows_what_runs(world: &World) -> Result<(), String> {
    let task = world.driver.task();
    let waits = |call: &CallId| {
        world.on_the_way.iter().any(|it| match it {
            Input::BackgroundLost { calls } => calls.contains(call),
            _ => false,
        })
    };
    let is_open = |call: &CallId| !world.backgrounds.contains(call) && !waits(call);
    match task.backgrounds().into_iter().find(is_open) {
        Some(call) => Err(format!("background: call {call} runs for the task and is gone")),
        None => Ok(()),
    }
}

/// I4: a call that started is never run twice.
fn acts_once(world: &World) -> Result<(), String> {
    match world.acted.iter().find(|(_, times)| **times > 1) {
        Some((call, times)) => Err(format!("I4: call {call} acted {times} times")),
        None => Ok(()),
    }
}

/// What a model was sent stays as it was, and each turn's calls have their results right after it.
fn context_only_grows(before: &Task, task: &Task) -> Result<(), String> {
    let (old, new) = (before.context(), task.context());
    if old.epoch() == new.epoch() && !new.pieces().starts_with(old.pieces()) {
        return Err("context: an earlier piece changed".to_owned());
    }
    if !new.all().starts_with(old.all()) {
        return Err("context: an earlier piece was lost".to_owned());
    }
    for two in new.pieces().windows(2) {
        let asks = matches!(*two[0], Piece::Turn { first: Some(_), .. });
        let answers = matches!(*two[1], Piece::Results { .. });
        if asks != answers {
            return Err("context: calls without their results, or results without calls".to_owned());
        }
    }
    if task.has_model() {
        let count = |piece: &&std::sync::Arc<Piece>| matches!(***piece, Piece::Turn { .. });
        let turns = new.all().iter().filter(count).count();
        if turns != task.turns() as usize {
            return Err(format!("context: {turns} turns of {}", task.turns()));
        }
    }
    Ok(())
}

/// I9: a grant comes only from a person's decision, now or in advance.
fn granted_by_a_person(world: &World, event: &Event) -> Result<(), String> {
    if matches!(event, Event::EgressGranted { by: By::Standing, .. }) {
        return Err("I9: a door was opened by what was answered in advance".to_owned());
    }
    let Event::BoundaryGranted { .. } = event else { return Ok(()) };
    // What a helper may was granted to its task; that it is no more, `hire` sees to.
    let granted = |it: &Event| {
        matches!(it, Event::PlanDecided { approved: true, .. } | Event::BecameHelper { .. })
    };
    let approved = world.ledger.iter().any(granted);
    if approved { Ok(()) } else { Err("I9: a grant without an approval".to_owned()) }
}

/// I9: before a grant nothing that writes is started.
fn writes_within_a_grant(world: &World, event: &Event) -> Result<(), String> {
    let Event::CallStarted { call, .. } = event else { return Ok(()) };
    let is_granted = world.ledger.iter().any(|it| matches!(it, Event::BoundaryGranted { .. }));
    let writes = world.ledger.iter().any(|it| match it {
        Event::ModelAnswered { calls, .. } => {
            calls.iter().any(|asked| asked.call == *call && asked.access == Some(ToolAccess::Write))
        }
        _ => false,
    });
    if writes && !is_granted {
        Err(format!("I9: call {call} writes without a grant"))
    } else {
        Ok(())
    }
}

/// P5: done is only reachable through checks, each of which passed.
fn done_by_checks(task: &Task, event: &Event) -> Result<(), String> {
    let Event::TaskRested { rest: Rest::Done, .. } = event else { return Ok(()) };
    let passed = task.checks().values().all(|check| check.state == CheckState::Passed);
    if passed && !task.checks().is_empty() {
        Ok(())
    } else {
        Err("P5: done without a passed check".to_owned())
    }
}

/// P5: an answer counts as one only if it leaves nothing to decide: no plan, no change, and no
/// write that was refused.
fn answered_only(task: &Task, event: &Event) -> Result<(), String> {
    let Event::TaskRested { rest: Rest::Answered, .. } = event else { return Ok(()) };
    let is_refused = |call: &std::sync::Arc<task::Call>| {
        let is_denied = call.state == task::CallState::Ended(task::Outcome::Denied);
        is_denied && call.access == Some(ToolAccess::Write)
    };
    let refused = task.calls().iter().filter(|call| is_refused(call)).count();
    let changed = task.changes().is_none_or(|(_, counts)| counts != Default::default());
    if refused == 0 && !changed && task.plan().is_none() && task.has_model() {
        Ok(())
    } else {
        Err(format!("P5: a mere answer, with {refused} writes refused; changed: {changed}"))
    }
}

/// I8: nothing is applied before the changes were listed.
fn applied_after_rest(before: &Task, event: &Event) -> Result<(), String> {
    let Event::ApplyStarted { by, .. } = event else { return Ok(()) };
    let is_listed = before.changes().is_some() || *by == task::By::Standing;
    if is_listed { Ok(()) } else { Err("I8: an apply without listed changes".to_owned()) }
}

/// I12: what was acknowledged is stored.
fn nothing_acknowledged_is_lost(world: &World) -> Result<(), String> {
    let lost = world.acknowledged.iter().find(|event| !world.ledger.contains(event));
    match lost {
        Some(event) => Err(format!("I12: acknowledged but lost: {event:?}")),
        None => Ok(()),
    }
}
