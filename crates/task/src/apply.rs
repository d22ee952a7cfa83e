//! Folds events into the state. Never fails, never judges.

use crate::context::Speaker;
use crate::event::{AppliedCounts, BlobRef, Ending, Event, RequestedCall, Rest};
use crate::id::{ApplyId, CallId, CheckId, StepId, TimeMs};
use crate::input::Selection;
use crate::model::ModelTurn;
use crate::plan::{Plan, StepState};
use crate::state::{
    Apply, ApplyState, Call, CallState, Check, CheckState, HandedOver, Phase, Task,
};
use std::sync::Arc;

impl Task {
    /// Folds one event in.
    pub fn apply(&mut self, event: &Event) {
        match event {
            Event::TaskCreated { .. } => self.create(event),
            Event::MachineReady { .. } => self.stand(event),
            Event::MachineMissed { why, .. } => self.miss(why),
            Event::MachineWished { machine, .. } => self.wish(*machine),
            Event::EgressGranted { .. }
            | Event::EgressRevoked { .. }
            | Event::EgressAsked { .. }
            | Event::EgressAnswered { .. }
            | Event::EgressUsed { .. } => self.apply_egress(event),
            Event::ModelAnswered { .. }
            | Event::ModelFailed { .. }
            | Event::AnswerDropped { .. }
            | Event::SentBack { .. }
            | Event::ContextShortened { .. }
            | Event::Noted { .. }
            | Event::UserSpoke { .. } => self.apply_mind(event),
            Event::Steered { steer, .. } => self.apply_steer(steer),
            Event::BecameHelper { .. }
            | Event::HelperHired { .. }
            | Event::HelperWaits { .. }
            | Event::HelperEnded { .. } => self.apply_helper(event),
            Event::PlanProposed { call, plan } => {
                self.plan = Some(Arc::new(plan.clone()));
                self.plan_call = Some(*call);
                self.change_call(*call, |it| it.state = CallState::Waiting);
            }
            Event::PlanEdited { plan, .. } => self.plan = Some(Arc::new(plan.clone())),
            Event::PlanDecided { approved, .. } => self.settle_plan(*approved),
            Event::BoundaryGranted { boundary, .. } => self.boundary = Some(boundary.clone()),
            Event::WritesSet { .. } | Event::BudgetSet { .. } | Event::PutAway { .. } => {
                self.set_anew(event);
            }
            Event::QuestionAsked { call, ask } => self.change_call(*call, |it| {
                it.state = CallState::Waiting;
                it.ask = Some(ask.clone());
            }),
            // Its call ends with it, or `fold_flow` lets it run.
            Event::QuestionAnswered { .. }
            | Event::ContentNamed { .. }
            | Event::CallHeld { .. } => (),
            Event::Briefed { briefs, .. } => self.briefs.clone_from(briefs),
            Event::BackgroundLost { calls, .. } => self.lose_background(calls),
            Event::BackgroundEnded { call, how, unread, at } => {
                self.end_background((*call, how), unread.as_ref(), *at);
            }
            Event::StepReached { step } => self.reach(*step),
            Event::CallStarted { call, .. } => self.run(*call),
            Event::CallEnded { call, outcome, result, .. } => self.change_call(*call, |it| {
                it.state = CallState::Ended(*outcome);
                it.result = Some(result.clone());
            }),
            Event::CheckBound { .. } | Event::CheckStarted { .. } | Event::CheckEnded { .. } => {
                self.apply_check(event);
            }
            Event::WorkEnded { ending, text, .. } => self.end_work(*ending, text),
            Event::ChangesFound { changes, counts, .. } => {
                self.changes = Some((changes.clone(), *counts));
            }
            Event::TaskRested { rest, why, .. } => self.lie_down(*rest, why),
            Event::ApplyStarted { .. }
            | Event::ApplyEnded { .. }
            | Event::UndoStarted { .. }
            | Event::UndoFailed { .. }
            | Event::UndoEnded { .. } => self.apply_review(event),
        }
        self.fold_flow(event);
        self.last_at = event_at(event).or(self.last_at);
        self.follow(self.last_at);
    }

    fn stand(&mut self, event: &Event) {
        let Event::MachineReady { bases, isolation, at } = event else { return };
        self.bases.clone_from(bases);
        self.isolation = *isolation;
        self.phase = Phase::Thinking;
        self.working_since = Some(*at);
    }

    /// What the person says anew holds where it is decided now: in the plan while that waits, else
    /// in the boundary.
    fn set_anew(&mut self, event: &Event) {
        let waits = self.plan_waits();
        let plan = self.plan.as_mut().filter(|_| waits);
        let planned = plan.map(|plan| &mut Arc::make_mut(plan).boundary);
        match event {
            Event::WritesSet { writes, .. } => {
                let is_told = self.boundary.as_ref().is_some_and(|it| it.writes != *writes);
                for boundary in planned.into_iter().chain(&mut self.boundary) {
                    boundary.writes.clone_from(writes);
                }
                if is_told && self.has_model() {
                    self.context.hear(Speaker::Legwork, &crate::model::told_writes(writes));
                }
            }
            Event::BudgetSet { budget, .. } => {
                self.model.is_warned = false;
                for boundary in planned.into_iter().chain(&mut self.boundary) {
                    boundary.budget = *budget;
                }
                if let Some(given) = &mut self.handed_over {
                    given.budget = *budget;
                }
            }
            Event::PutAway { away, .. } => self.is_put_away = *away,
            _ => (),
        }
    }

    fn apply_egress(&mut self, event: &Event) {
        match event {
            Event::EgressGranted { rules, .. } => {
                self.egress.rules.extend(rules.iter().cloned());
                self.tell_rules(rules);
            }
            Event::EgressRevoked { rules, .. } => self.egress.revoke(rules),
            Event::EgressAsked { attempt, .. } => {
                let named_by = self.named_by(&attempt.place);
                self.egress.open(attempt, named_by.as_deref());
            }
            Event::EgressAnswered { ask, decision, .. } => self.egress.settle(*ask, *decision),
            Event::EgressUsed { uses, .. } => self.egress.uses += uses.len() as u64,
            _ => (),
        }
    }

    fn apply_mind(&mut self, event: &Event) {
        match event {
            Event::ModelAnswered { calls, at, turn, text } => {
                self.begin_turn(calls, *at);
                if let Some(turn) = turn {
                    self.take_turn(turn, text, calls);
                }
            }
            Event::ModelFailed { fault, why, retry_at, usage, cost_usd_micros, at } => {
                self.note_failure(*fault, why, *at, *retry_at);
                self.model.spent.add(*usage, *cost_usd_micros);
            }
            Event::AnswerDropped { said, usage, cost_usd_micros, .. } => {
                self.model.spent.add(*usage, *cost_usd_micros);
                self.context.release();
                if !said.trim().is_empty() {
                    self.context.begin(said);
                }
            }
            Event::SentBack { why, .. } => self.send_back_with(why),
            Event::ContextShortened { kept_from, .. } => {
                let digest = self.digest(*kept_from);
                self.context.shorten(*kept_from, digest);
            }
            Event::Noted { text, .. } => self.context.note(text),
            Event::UserSpoke { text, .. } => {
                self.said.push(text.clone());
                if self.has_model() {
                    self.context.hear(Speaker::Person, text);
                    self.ask_anew();
                }
            }
            _ => (),
        }
    }

    fn lie_down(&mut self, rest: Rest, why: &str) {
        // The last step ends with the work; only a next one would have said so.
        let steps = self.plan.iter_mut().filter(|_| rest == Rest::Done);
        for step in steps.flat_map(|plan| &mut Arc::make_mut(plan).steps) {
            if step.state == StepState::Current {
                step.state = StepState::Finished;
            }
        }
        self.rest = Some((rest, why.to_owned()));
        self.phase = Phase::Resting;
        self.is_paused = false;
    }

    fn apply_review(&mut self, event: &Event) {
        match event {
            Event::ApplyStarted { apply, selection, .. } => self.start_apply_of(*apply, selection),
            Event::ApplyEnded { apply, counts, report, .. } => {
                let did_nothing = counts.applied == 0 && counts.conflicts == 0;
                let state = if did_nothing { ApplyState::Empty } else { ApplyState::Applied };
                self.end_apply(*apply, state, Some((*counts, report.clone())));
            }
            Event::UndoStarted { apply, .. } => self.end_apply(*apply, ApplyState::Undoing, None),
            Event::UndoFailed { apply, .. } => self.end_apply(*apply, ApplyState::Applied, None),
            Event::UndoEnded { apply, counts, report, .. } => {
                self.end_apply(*apply, ApplyState::Undone, Some((*counts, report.clone())));
            }
            _ => (),
        }
    }

    fn apply_check(&mut self, event: &Event) {
        match event {
            Event::CheckBound { check, tool, args } => self.change_check(*check, |it| {
                it.bound = Some((tool.clone(), args.clone()));
            }),
            Event::CheckStarted { check, .. } => {
                self.change_check(*check, |it| it.state = CheckState::Running);
            }
            Event::CheckEnded { check, result, .. } => self.change_check(*check, |it| {
                it.state = if result.passed { CheckState::Passed } else { CheckState::Failed };
                it.evidence.clone_from(&result.evidence);
            }),
            _ => (),
        }
    }

    fn create(&mut self, event: &Event) {
        if let Event::TaskCreated {
            request,
            shares,
            mind,
            standing,
            budget,
            machine,
            egress,
            layers,
            at,
        } = event
        {
            self.egress.rules.clone_from(egress);
            self.handed_over = Some(HandedOver {
                request: request.clone(),
                shares: shares.clone(),
                mind: mind.clone(),
                standing: *standing,
                budget: *budget,
                machine: *machine,
                layers: layers.clone(),
                at: *at,
            });
            self.tell_rules(egress);
            self.phase = Phase::Preparing;
        }
    }

    fn tell_rules(&mut self, rules: &[String]) {
        if self.has_model() && !rules.is_empty() {
            self.context.hear(Speaker::Legwork, &crate::model::told_rules(rules));
        }
    }

    fn settle_plan(&mut self, approved: bool) {
        self.plan_decided = Some(approved);
        if approved && let Some(plan) = &self.plan {
            self.checks = open_checks(plan);
        }
    }

    fn end_work(&mut self, ending: Ending, text: &str) {
        self.ending = Some((ending, text.to_owned()));
        self.phase = match ending {
            Ending::Finished => Phase::Checking,
            Ending::Stuck | Ending::Stopped | Ending::Refused | Ending::Broken => Phase::Sealing,
        };
    }

    fn begin_turn(&mut self, calls: &[RequestedCall], at: TimeMs) {
        self.turn_from = self.calls.len();
        self.turns += 1;
        self.phase = Phase::Calling;
        self.calls.extend(calls.iter().map(|asked| {
            Arc::new(Call {
                tool: asked.tool.clone(),
                args: asked.args.clone(),
                access: asked.access,
                state: CallState::Ready,
                result: None,
                ask: None,
            })
        }));
        self.working_since.get_or_insert(at);
    }

    fn take_turn(&mut self, turn: &ModelTurn, text: &str, calls: &[RequestedCall]) {
        self.model.attempt = 0;
        self.model.failures = 0;
        self.model.is_offline = false;
        self.model.waits = None;
        self.model.pauses =
            if calls.is_empty() && text.is_empty() { self.model.pauses + 1 } else { 0 };
        self.model.spent.add(turn.usage, turn.cost_usd_micros);
        self.model.read = turn.usage.total();
        self.model.is_cached = turn.usage.cache_read > 0 || turn.usage.cache_write > 0;
        if !calls.is_empty() {
            self.model.slips = 0;
        }
        self.context.answer(turn, text, calls);
        if let Some(left) = self.nearly_spent().filter(|_| !self.model.is_warned) {
            self.model.is_warned = true;
            self.context.hear(Speaker::Legwork, &left);
        }
    }

    /// The mind goes on: its claim to be done did not hold.
    fn send_back_with(&mut self, why: &str) {
        match crate::model::is_slip(why) {
            true => self.model.slips += 1,
            false => self.model.sent_back += 1,
        }
        let running = self.backgrounds();
        self.background.mind(&running);
        if !why.is_empty() {
            self.context.hear(Speaker::Legwork, why);
        }
        if self.ending.take().is_some() {
            self.phase = Phase::Thinking;
            for check in self.checks.values_mut() {
                check.state = CheckState::Open;
            }
        }
    }

    fn start_apply_of(&mut self, id: ApplyId, selection: &Selection) {
        self.applies.push(Apply {
            id,
            selection: selection.clone(),
            state: ApplyState::Applying,
            counts: AppliedCounts::default(),
            undo_attempts: 0,
            report: None,
        });
    }

    fn run(&mut self, call: CallId) {
        self.change_call(call, |it| it.state = CallState::Running);
    }

    fn change_call(&mut self, call: CallId, change: impl FnOnce(&mut Call)) {
        if let Some(call) = self.call_mut(call) {
            change(call);
        }
    }

    fn change_check(&mut self, check: CheckId, change: impl FnOnce(&mut Check)) {
        if let Some(check) = self.checks.get_mut(&check) {
            change(check);
        }
    }

    fn reach(&mut self, reached: StepId) {
        for step in self.plan.iter_mut().flat_map(|plan| &mut Arc::make_mut(plan).steps) {
            if step.id == reached {
                step.state = StepState::Current;
            } else if step.state == StepState::Current {
                step.state = StepState::Finished;
            }
        }
    }

    fn end_apply(
        &mut self,
        id: ApplyId,
        state: ApplyState,
        result: Option<(AppliedCounts, BlobRef)>,
    ) {
        if let Some(apply) = self.applies.iter_mut().find(|it| it.id == id) {
            apply.state = state;
            apply.undo_attempts += u32::from(state == ApplyState::Undoing);
            if let Some((counts, report)) = result {
                apply.counts = counts;
                apply.report = Some(report);
            }
        }
    }

    /// What follows from the state alone: a turn whose calls ended is over, checks that ended lead
    /// to the seal, and the work's clock stands still while only the person can go on.
    fn follow(&mut self, at: Option<TimeMs>) {
        let turn = &self.calls[self.turn_from.min(self.calls.len())..];
        let is_over = turn.iter().all(|call| matches!(call.state, CallState::Ended(_)));
        if self.phase == Phase::Calling && is_over {
            self.phase = Phase::Thinking;
        }
        let is_checked = self
            .checks
            .values()
            .all(|check| matches!(check.state, CheckState::Passed | CheckState::Failed));
        if self.phase == Phase::Checking && is_checked {
            self.phase = Phase::Sealing;
            if self.ending.as_ref().is_some_and(|(ending, _)| *ending == Ending::Finished) {
                self.finish_steps();
            }
        }
        let turn = &self.calls[self.turn_from.min(self.calls.len())..];
        if self.phase == Phase::Thinking && self.has_model() {
            self.context.settle(&self.calls[self.turn_from..], self.turn_from);
        }
        let runs = |state| state == CallState::Running;
        let is_due = |state| matches!(state, CallState::Ready | CallState::Running);
        let works = match self.phase {
            Phase::Unborn | Phase::Preparing | Phase::Resting => false,
            Phase::Sealing => true,
            // What ran when it was paused comes to its end, and only that is work.
            Phase::Thinking if self.is_paused => false,
            Phase::Checking if self.is_paused => {
                self.checks.values().any(|check| check.state == CheckState::Running)
            }
            Phase::Thinking | Phase::Checking => true,
            Phase::Calling => turn.iter().zip(self.turn_from..).any(|(call, index)| {
                let id = CallId(u32::try_from(index + 1).unwrap_or(u32::MAX));
                let hired = self.helpers.get(&id).filter(|it| it.used.is_none());
                match hired {
                    // A helper is paused with its task, and its waiting for the person is no work.
                    Some(hired) => !self.is_paused && hired.asks.is_none() && is_due(call.state),
                    None if self.is_paused => runs(call.state),
                    None => is_due(call.state),
                }
            }),
        };
        match (works, self.working_since, at) {
            (false, Some(since), Some(at)) => {
                self.work_ms += at.since(since);
                self.working_since = None;
            }
            (true, None, Some(at)) => self.working_since = Some(at),
            (false, Some(_) | None, _) | (true, Some(_), _) | (true, None, None) => (),
        }
    }

    fn finish_steps(&mut self) {
        for step in self.plan.iter_mut().flat_map(|plan| &mut Arc::make_mut(plan).steps) {
            if step.state == StepState::Current {
                step.state = StepState::Finished;
            }
        }
    }
}

fn open_checks(plan: &Plan) -> std::collections::BTreeMap<CheckId, Check> {
    let open = |text: &str, key: &str| Check {
        text: text.to_owned(),
        key: key.to_owned(),
        bound: None,
        state: CheckState::Open,
        evidence: vec![],
    };
    plan.checks.iter().map(|check| (check.id, open(&check.text, &check.key))).collect()
}

/// When an event happened, for those that carry it.
pub(crate) fn event_at(event: &Event) -> Option<TimeMs> {
    match event {
        Event::TaskCreated { at, .. }
        | Event::MachineReady { at, .. }
        | Event::MachineMissed { at, .. }
        | Event::MachineWished { at, .. }
        | Event::EgressGranted { at, .. }
        | Event::EgressRevoked { at, .. }
        | Event::WritesSet { at, .. }
        | Event::BudgetSet { at, .. }
        | Event::PutAway { at, .. }
        | Event::EgressAsked { at, .. }
        | Event::EgressAnswered { at, .. }
        | Event::EgressUsed { at, .. }
        | Event::ModelAnswered { at, .. }
        | Event::ModelFailed { at, .. }
        | Event::AnswerDropped { at, .. }
        | Event::SentBack { at, .. }
        | Event::ContextShortened { at, .. }
        | Event::QuestionAnswered { at, .. }
        | Event::ContentNamed { at, .. }
        | Event::CallHeld { at, .. }
        | Event::BackgroundLost { at, .. }
        | Event::BackgroundEnded { at, .. }
        | Event::Briefed { at, .. }
        | Event::CallStarted { at, .. }
        | Event::CallEnded { at, .. }
        | Event::CheckStarted { at, .. }
        | Event::CheckEnded { at, .. }
        | Event::UserSpoke { at, .. }
        | Event::Steered { at, .. }
        | Event::HelperWaits { at, .. }
        | Event::HelperEnded { at, .. }
        | Event::WorkEnded { at, .. }
        | Event::ChangesFound { at, .. }
        | Event::TaskRested { at, .. }
        | Event::ApplyStarted { at, .. }
        | Event::ApplyEnded { at, .. }
        | Event::UndoStarted { at, .. }
        | Event::UndoEnded { at, .. }
        | Event::UndoFailed { at, .. } => Some(*at),
        Event::PlanProposed { .. }
        | Event::PlanEdited { .. }
        | Event::PlanDecided { .. }
        | Event::BoundaryGranted { .. }
        | Event::QuestionAsked { .. }
        | Event::BecameHelper { .. }
        | Event::HelperHired { .. }
        | Event::Noted { .. }
        | Event::StepReached { .. }
        | Event::CheckBound { .. } => None,
    }
}
