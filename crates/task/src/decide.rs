//! Judges inputs into events. Changes nothing; an input that no longer fits causes nothing.

use crate::delegate::DelegateWish;
use crate::event::{
    AppliedCounts, Ask, BlobRef, By, ChangeCounts, CheckResult, Ending, Event, Outcome, Payload,
    Rest, ShareAccess,
};
use crate::id::{ApplyId, CallId, CheckId, QuestionId, TimeMs};
use crate::input::{AskedCall, AskedKind, Input, Selection, ToolAccess};
use crate::limits;
use crate::pending::Effect;
use crate::plan::{Boundary, Budget, Plan, PlanEdit, Step, StepState};
use crate::state::{ApplyState, CallState, CheckState, Phase, Task};
use std::borrow::Cow;

impl Task {
    /// The events that an input causes at `now`.
    pub fn decide(&self, input: Input, now: TimeMs) -> Vec<Event> {
        match input {
            Input::Create { .. } => self.create_from(input, now),
            Input::MachinePrepared { bases, isolation } => {
                let ready = Event::MachineReady { bases, isolation, at: now };
                if_so(self.phase == Phase::Preparing, ready)
            }
            Input::MachineRefused { why } => self.miss_machine(why, now),
            Input::Egress(input) => self.decide_egress(input, now),
            Input::Model(input) => self.decide_model(*input, now),
            Input::EdgeFailed { why } => self.break_off(why, now),
            Input::MindAsked { text, calls } => self.ask_calls(text, calls, now),
            Input::MindFinished { summary } => self.finish(summary, now),
            Input::MindStuck { why } => {
                let ended = Event::WorkEnded { ending: Ending::Stuck, text: why, at: now };
                if_so(self.phase == Phase::Thinking, ended)
            }
            Input::PlanEdited { edits } => self.edit_plan(&edits),
            Input::PlanDecided { approved } => self.decide_plan(approved, By::User, now),
            Input::BoundarySet { writes, budget } => self.set_boundary_anew(writes, budget, now),
            Input::BudgetCapped { most } => self.cap_budget(most, now),
            Input::PutAway { away } => {
                let is_new = self.is_resting() && self.is_put_away != away;
                if_so(is_new, Event::PutAway { away, at: now })
            }
            Input::Answered { question, answer } => match question {
                QuestionId::Call(call) => self.answer(call, answer, now),
                QuestionId::Egress(ask) => self.answer_egress(ask, &answer, now),
                QuestionId::Machine => self.answer_machine(&answer, now),
            },
            Input::CallStarted { call } => {
                let is_ready = self.phase == Phase::Calling && self.is_call(call, CallState::Ready);
                if_so(is_ready, Event::CallStarted { call, at: now })
            }
            Input::CallEnded { call, outcome, result } => {
                let ended = Event::CallEnded { call, outcome, result, at: now };
                if_so(self.is_call(call, CallState::Running), ended)
            }
            Input::ContentRead { call, source, names } => {
                self.read_content(call, source, &names, now)
            }
            Input::Briefed { briefs } => self.brief(briefs, now),
            Input::BackgroundLost { calls } => self.note_lost(calls, now),
            Input::BackgroundEnded(end) => self.note_ended(end, now),
            Input::CheckStarted { check } => self.start_check(check, now),
            Input::CheckEnded { check, result } => self.end_check(check, result, now),
            Input::UserSpoke { text } => self.hear(text, now),
            Input::StopAsked => self.stop(Ending::Stopped, "you stopped it".to_owned(), now),
            Input::Steer(steer) => self.steer(steer, now),
            Input::CreateHelper { create, of } => self.create_helper(*create, of, now),
            Input::Helper(input) => self.decide_helper(input, now),
            Input::DeadlineReached => self.run_out(now),
            Input::ChangesListed { changes, counts } => self.rest_with(changes, counts, now),
            Input::ApplyAsked { selection, despite_checks } => {
                let is_allowed = self.apply_refusal(despite_checks).is_none();
                if_so(is_allowed, self.start_apply(selection, By::User, now))
            }
            Input::ApplyEnded { apply, report, counts } => {
                let is_applying = self.is_apply(apply, ApplyState::Applying);
                if_so(is_applying, Event::ApplyEnded { apply, report, counts, at: now })
            }
            Input::UndoAsked => self.start_undo(now),
            Input::UndoEnded { apply, report, counts } => self.end_undo(apply, report, counts, now),
            Input::UndoFailed { apply, attempt, why } => {
                let is_undoing = self.pending().contains(&Effect::Undo { apply, attempt });
                if_so(is_undoing, Event::UndoFailed { apply, why, at: now })
            }
            Input::Restarted => self.interrupt(now, false),
        }
    }

    /// A check only looks, so one that was running at a crash is started again.
    fn start_check(&self, check: CheckId, now: TimeMs) -> Vec<Event> {
        let open = [CheckState::Open, CheckState::Running];
        if_so(self.is_check(check, &open), Event::CheckStarted { check, at: now })
    }

    fn create_from(&self, input: Input, now: TimeMs) -> Vec<Event> {
        #[rustfmt::skip]
        let Input::Create {
            request, shares, mind, standing, budget, machine, egress, layers,
        } = input else {
            return vec![];
        };
        #[rustfmt::skip]
        let created = Event::TaskCreated {
            request, shares, mind, standing, budget, machine, egress, layers, at: now,
        };
        if self.phase != Phase::Unborn {
            return vec![];
        }
        let granted = Self::grant_unplanned(&created);
        [created].into_iter().chain(granted).collect()
    }

    fn end_check(&self, check: CheckId, result: CheckResult, now: TimeMs) -> Vec<Event> {
        if !self.is_check(check, &[CheckState::Running]) {
            return vec![];
        }
        let ended = Event::CheckEnded { check, result, at: now };
        let refuted = self.refute(&ended, now);
        [ended].into_iter().chain(refuted).collect()
    }

    fn hear(&self, text: String, now: TimeMs) -> Vec<Event> {
        let mut events = if_so(self.is_under_way(), Event::UserSpoke { text, at: now });
        events.extend(self.interject(now));
        events
    }

    fn is_call(&self, call: CallId, state: CallState) -> bool {
        self.call(call).is_some_and(|it| it.state == state)
    }

    fn is_check(&self, check: CheckId, states: &[CheckState]) -> bool {
        let check = self.checks.get(&check);
        self.phase == Phase::Checking && check.is_some_and(|it| states.contains(&it.state))
    }

    fn is_apply(&self, apply: ApplyId, state: ApplyState) -> bool {
        self.applies.iter().any(|it| it.id == apply && it.state == state)
    }

    fn run_out(&self, now: TimeMs) -> Vec<Event> {
        match self.work_deadline() {
            Some(deadline) if deadline <= now => {
                let minutes = self.budget().work_ms_max / 60_000;
                let why = format!("its time is spent: {minutes} min of work were granted");
                self.stop(Ending::Stuck, why, now)
            }
            Some(_) | None => vec![],
        }
    }

    fn ask_calls(&self, text: String, asked: Vec<AskedCall>, now: TimeMs) -> Vec<Event> {
        if self.phase != Phase::Thinking || asked.is_empty() {
            return vec![];
        }
        let made = u32::try_from(self.calls.len()).unwrap_or(u32::MAX);
        let calls_max = self.budget().calls_max;
        if asked.len() > limits::CALLS_PER_TURN_MAX || made >= calls_max {
            let text = format!("its budget is spent: {calls_max} calls were granted");
            return vec![Event::WorkEnded { ending: Ending::Stuck, text, at: now }];
        }
        let first = made + 1;
        let calls = asked.iter().zip(first..).map(|(it, id)| it.requested(CallId(id))).collect();
        let mut events = vec![Event::ModelAnswered { text, calls, at: now, turn: None }];
        for (it, id) in asked.into_iter().zip(first..) {
            self.take_call(CallId(id), it.kind, now, &mut events);
        }
        events
    }

    /// What becomes of one asked-for call at once.
    pub(crate) fn take_call(
        &self,
        call: CallId,
        kind: AskedKind,
        now: TimeMs,
        events: &mut Vec<Event>,
    ) {
        let fail = |why: String| ended(call, Outcome::Failed, &why, now);
        match kind {
            AskedKind::Plan(_) if self.plan_decided.is_some() => {
                events.push(fail(PLAN_STANDS.to_owned()));
            }
            AskedKind::Plan(_) if self.plan.is_some() && !self.has_model() => {
                events.push(fail("a plan was proposed already".to_owned()));
            }
            AskedKind::Plan(plan) => self.propose(call, &plan, now, events),
            AskedKind::Ask(ask) => self.put_question(call, ask, now, events),
            AskedKind::Step { key } => self.take_step(call, &key, now, events),
            AskedKind::Check { tool, args, .. } if self.doubt_proof(&tool, &args).is_some() => {
                events.push(fail(self.doubt_proof(&tool, &args).unwrap_or_default()));
            }
            AskedKind::Check { key, tool, args } => {
                let named = self.checks.iter().find(|(_, check)| check.key == key);
                match named {
                    Some((&check, _)) => {
                        events.push(Event::CheckBound { check, tool, args });
                        events.push(done(call, "null".to_owned(), now));
                    }
                    None => {
                        let keys = self.checks.values().map(|check| check.key.as_str());
                        events.push(fail(unnamed("the approved plan", "check", &key, keys)));
                    }
                }
            }
            AskedKind::Tool { access: ToolAccess::Read } => (),
            AskedKind::Tool { access: ToolAccess::Write } => {
                // What a model's command writes where nothing may change is thrown away.
                let may = |boundary: &Boundary| self.has_model() || !boundary.writes.is_empty();
                if !self.boundary.as_ref().is_some_and(may) {
                    let why = "only reading is allowed until a plan is approved";
                    events.push(ended(call, Outcome::Denied, why, now));
                }
            }
            AskedKind::Acting { access, act } => {
                self.take_call(call, AskedKind::Tool { access }, now, events);
                self.take_act(call, &act, now, events);
            }
            AskedKind::Held { access, ask } => {
                self.take_call(call, AskedKind::Tool { access }, now, events);
                self.hold(call, ask, None, now, events);
            }
            AskedKind::Unusable { why } => events.push(fail(why)),
            // A playbook ends by ending, and its script is its memory.
            AskedKind::Delegate(wish) if self.has_model() => {
                self.take_wish(call, wish, now, events);
            }
            AskedKind::Finish { .. } | AskedKind::Note { .. } | AskedKind::Delegate(_) => {
                events.push(fail("only a model asks for this".to_owned()));
            }
        }
    }

    fn take_step(&self, call: CallId, key: &str, now: TimeMs, events: &mut Vec<Event>) {
        let mut steps = self.plan.iter().flat_map(|plan| &plan.steps);
        match steps.find(|step| step.name() == key) {
            Some(step) => {
                if step.state != StepState::Struck {
                    events.push(Event::StepReached { step: step.id });
                }
                events.push(done(call, "null".to_owned(), now));
            }
            None => {
                let steps = self.plan.iter().flat_map(|plan| &plan.steps);
                let names: Vec<Cow<'_, str>> = steps.map(Step::name).collect();
                let why = unnamed("the plan", "step", key, names.iter().map(|it| &**it));
                events.push(ended(call, Outcome::Failed, &why, now));
            }
        }
    }

    /// A helper that content asks for is as little hired as a command is run that it told.
    fn take_wish(&self, call: CallId, wish: DelegateWish, now: TimeMs, events: &mut Vec<Event>) {
        if let Some(why) = self.doubt_request(&wish.request, wish.has_network) {
            events.push(ended(call, Outcome::Denied, &why, now));
            return;
        }
        match self.hire(call, wish, now, events) {
            Ok(hired) => events.push(hired),
            Err(why) => events.push(ended(call, Outcome::Failed, &why, now)),
        }
    }

    fn propose(&self, call: CallId, plan: &Plan, now: TimeMs, events: &mut Vec<Event>) {
        let outside = plan
            .boundary
            .writes
            .iter()
            .find(|name| !self.shares().iter().any(|s| s.name == **name));
        if let Some(name) = outside {
            events.push(ended(
                call,
                Outcome::Failed,
                &format!("no folder is called {name:?}"),
                now,
            ));
            return;
        }
        if plan.steps.len() > limits::PLAN_STEPS_MAX || plan.checks.len() > limits::PLAN_CHECKS_MAX
        {
            events.push(ended(call, Outcome::Failed, "the plan has too many lines", now));
            return;
        }
        let plan = &match self.plan.as_ref().map_or(Ok(plan.clone()), |old| plan.keeping(old)) {
            Ok(plan) => plan,
            Err(step) => {
                let why = format!(
                    "the person locked this step, so the plan has to have it as it is, with the \
                     key {:?}: {}",
                    step.key, step.text
                );
                events.push(ended(call, Outcome::Failed, &why, now));
                return;
            }
        };
        events.push(Event::PlanProposed { call, plan: plan.clone() });
        if self.standing().approve_plan {
            approve(call, plan, By::Standing, now, events);
        }
    }

    fn put_question(&self, call: CallId, ask: Ask, now: TimeMs, events: &mut Vec<Event>) {
        if ask.choices.len() > limits::OPTIONS_MAX {
            events.push(ended(call, Outcome::Failed, "a question offers too many choices", now));
            return;
        }
        let ask = match self.illustrated(ask) {
            Ok(ask) => ask,
            Err(why) => {
                events.push(ended(call, Outcome::Failed, &why, now));
                return;
            }
        };
        let suggested = ask.suggested.clone().filter(|_| self.standing().take_suggestions);
        events.push(Event::QuestionAsked { call, ask });
        if let Some(answer) = suggested {
            answered(call, answer, By::Standing, now, events);
        }
    }

    fn decide_plan(&self, approved: bool, by: By, now: TimeMs) -> Vec<Event> {
        let (Some(plan), Some(call), true) = (&self.plan, self.plan_call, self.plan_waits()) else {
            return vec![];
        };
        let mut events = vec![];
        if approved {
            approve(call, plan, by, now, &mut events);
        } else {
            events.push(Event::PlanDecided { call, approved, by });
            let result = Payload::Inline(plan.decided_json(false));
            events.push(Event::CallEnded { call, outcome: Outcome::Denied, result, at: now });
            let text = "you did not approve the plan".to_owned();
            events.push(Event::WorkEnded { ending: Ending::Refused, text, at: now });
        }
        events
    }

    /// What it may do, said anew: while the plan waits, and until it rests. Of its folders it may
    /// be given only what was handed over to be written.
    fn set_boundary_anew(
        &self,
        writes: Option<Vec<String>>,
        budget: Option<Budget>,
        now: TimeMs,
    ) -> Vec<Event> {
        let works = !matches!(self.phase, Phase::Unborn | Phase::Sealing | Phase::Resting);
        if !works || !(self.plan_waits() || self.boundary.is_some()) {
            return vec![];
        }
        let by = By::User;
        let is_given = |name: &String| {
            let mut given = self.shares().iter();
            given.any(|share| share.name == *name && share.access == ShareAccess::Write)
        };
        let writes = writes.filter(|writes| writes.iter().all(is_given));
        let most = Budget::new(limits::CALLS_PER_TASK_MAX, limits::WORK_MS_MAX);
        let writes = writes.map(|writes| Event::WritesSet { writes, by, at: now });
        let budget =
            budget.map(|budget| Event::BudgetSet { budget: budget.within(most), by, at: now });
        writes.into_iter().chain(budget).collect()
    }

    /// Narrower than before, or nothing. What was spent already counts.
    fn cap_budget(&self, most: Budget, now: TimeMs) -> Vec<Event> {
        let works = matches!(self.phase, Phase::Thinking | Phase::Calling | Phase::Checking);
        let own = self.budget();
        let budget = own.within(most);
        if !works || budget == own {
            return vec![];
        }
        let set = Event::BudgetSet { budget, by: By::Policy, at: now };
        let mut then = self.clone();
        then.apply(&set);
        let ended = then.spent_up().map(|why| then.stop(Ending::Stuck, why, now));
        std::iter::once(set).chain(ended.into_iter().flatten()).collect()
    }

    /// Edits are taken while the plan waits; once approved it is the contract.
    fn edit_plan(&self, edits: &[PlanEdit]) -> Vec<Event> {
        match &self.plan {
            Some(plan) if self.plan_waits() => match plan.edited(edits) {
                Ok(plan) => vec![Event::PlanEdited { plan, by: By::User }],
                Err(_) => vec![],
            },
            _ => vec![],
        }
    }

    fn answer(&self, call: CallId, answer: String, now: TimeMs) -> Vec<Event> {
        let waiting = self.call(call).filter(|it| it.state == CallState::Waiting);
        let Some(ask) = waiting.and_then(|it| it.ask.as_ref()) else { return vec![] };
        if !ask.accepts(&answer) {
            return vec![];
        }
        if self.is_held(call) {
            return self.answer_held(call, &answer, By::User, now);
        }
        let mut events = vec![];
        answered(call, answer, By::User, now, &mut events);
        events
    }

    fn finish(&self, summary: String, now: TimeMs) -> Vec<Event> {
        if self.phase != Phase::Thinking {
            return vec![];
        }
        let unbound = self.checks.iter().filter(|(_, check)| check.bound.is_none());
        let evidence = vec!["nothing was named that would prove this".to_owned()];
        let failed = unbound.map(|(&check, _)| Event::CheckEnded {
            check,
            result: CheckResult { passed: false, evidence: evidence.clone() },
            at: now,
        });
        let ended = Event::WorkEnded { ending: Ending::Finished, text: summary, at: now };
        failed.chain([ended]).collect()
    }

    /// Ends calls that are under way or wait, and the work with them.
    fn stop(&self, ending: Ending, text: String, now: TimeMs) -> Vec<Event> {
        match self.phase {
            Phase::Unborn | Phase::Sealing | Phase::Resting => vec![],
            Phase::Preparing => vec![Event::TaskRested { rest: Rest::Stopped, why: text, at: now }],
            Phase::Thinking | Phase::Calling | Phase::Checking => {
                let mut events = self.interrupt(now, true);
                let turn = self.calls.iter().zip(1..).skip(self.turn_from);
                events.extend(turn.filter_map(|(call, id)| match call.state {
                    CallState::Waiting | CallState::Ready => {
                        Some(ended(CallId(id), Outcome::Denied, "the task was stopped", now))
                    }
                    CallState::Running | CallState::Ended(_) => None,
                }));
                events.push(Event::WorkEnded { ending, text, at: now });
                events
            }
        }
    }

    fn break_off(&self, why: String, now: TimeMs) -> Vec<Event> {
        match self.phase {
            Phase::Preparing | Phase::Sealing => {
                vec![Event::TaskRested { rest: Rest::Failed, why, at: now }]
            }
            Phase::Thinking | Phase::Calling | Phase::Checking => {
                self.stop(Ending::Broken, why, now)
            }
            Phase::Unborn | Phase::Resting => vec![],
        }
    }

    /// A call that was running when everything stopped may or may not have acted: it is told so.
    /// A helper's call is told so only when the task stops: a helper outlives the daemon.
    fn interrupt(&self, now: TimeMs, is_stop: bool) -> Vec<Event> {
        let turn = self.calls.iter().zip(1..).skip(self.turn_from);
        let running = turn.filter(|(call, id)| {
            let goes_on = !is_stop && self.has_open_helper(CallId(*id));
            call.state == CallState::Running && !goes_on
        });
        let why = "everything stopped while this ran; it may or may not have acted";
        running.map(|(_, id)| ended(CallId(id), Outcome::Interrupted, why, now)).collect()
    }

    fn rest_with(&self, changes: BlobRef, counts: ChangeCounts, now: TimeMs) -> Vec<Event> {
        if self.phase != Phase::Sealing {
            return vec![];
        }
        let (rest, why) = self.verdict(counts);
        let mut events = vec![
            Event::ChangesFound { changes, counts, at: now },
            Event::TaskRested { rest, why, at: now },
        ];
        let applies = self.standing().apply_if_checked && counts != ChangeCounts::default();
        if rest == Rest::Done && applies {
            events.push(self.start_apply(Selection::default(), By::Standing, now));
        }
        events
    }

    /// How the task comes to rest. Done is only reachable through checks, each of them passed; an
    /// answer to a mere question says of itself that nothing was checked.
    fn verdict(&self, counts: ChangeCounts) -> (Rest, String) {
        let text = |text: &str| text.to_owned();
        match &self.ending {
            Some((Ending::Stuck, why)) => (Rest::NeedsYou, why.clone()),
            Some((Ending::Stopped, why)) => (Rest::Stopped, why.clone()),
            Some((Ending::Refused, why)) => (Rest::Refused, why.clone()),
            Some((Ending::Broken, why)) => (Rest::Failed, why.clone()),
            None => (Rest::Failed, text("the work never ended")),
            Some((Ending::Finished, _)) => {
                let passes = |state| state == CheckState::Passed;
                let failed = self.checks.values().filter(|check| !passes(check.state)).count();
                // A playbook's script says by itself what it does.
                let plan = self.plan.as_ref().filter(|_| self.has_model());
                let left = plan.map_or(String::new(), |plan| plan.never_begun());
                match (self.checks.len(), failed) {
                    (0, _) if self.only_answered() && counts == ChangeCounts::default() => {
                        (Rest::Answered, self.answered_from())
                    }
                    (0, _) if self.plan.is_none() && self.has_model() => {
                        let why = "it worked without a plan, so no check proves what it did";
                        (Rest::NeedsYou, text(why))
                    }
                    (0, _) => {
                        (Rest::NeedsYou, text("the plan promised no check, so nothing is proven"))
                    }
                    (1, 0) => (Rest::Done, format!("its check passed{left}")),
                    (all, 0) => (Rest::Done, format!("all {all} checks passed{left}")),
                    (all, failed) => {
                        (Rest::NeedsYou, format!("{failed} of {all} checks failed{left}"))
                    }
                }
            }
        }
    }

    fn start_apply(&self, selection: Selection, by: By, now: TimeMs) -> Event {
        let apply = ApplyId(u32::try_from(self.applies.len()).unwrap_or(u32::MAX - 1) + 1);
        Event::ApplyStarted { apply, selection, by, at: now }
    }

    fn start_undo(&self, now: TimeMs) -> Vec<Event> {
        let latest = self.undoable().filter(|_| self.is_resting());
        let started = latest.map(|apply| Event::UndoStarted { apply, by: By::User, at: now });
        started.into_iter().collect()
    }

    /// One undo takes back everything that is in force, the latest apply first.
    fn end_undo(
        &self,
        apply: ApplyId,
        report: BlobRef,
        counts: AppliedCounts,
        now: TimeMs,
    ) -> Vec<Event> {
        if !self.is_apply(apply, ApplyState::Undoing) {
            return vec![];
        }
        let ended = Event::UndoEnded { apply, report, counts, at: now };
        let next = self.undoable();
        let started = next.map(|apply| Event::UndoStarted { apply, by: By::User, at: now });
        [ended].into_iter().chain(started).collect()
    }
}

impl Ask {
    /// Whether this is a choice's key, or free text where that is welcome.
    pub fn accepts(&self, answer: &str) -> bool {
        let is_choice = self.choices.iter().any(|choice| choice.key == answer);
        is_choice || (self.free && !answer.trim().is_empty())
    }
}

/// The event, if it fits; an input that no longer fits causes nothing.
fn if_so(fits: bool, event: Event) -> Vec<Event> {
    if fits { vec![event] } else { vec![] }
}

/// What a second plan is told.
const PLAN_STANDS: &str = "the plan was decided already, and stands. If it needs another folder \
                           or more time, `ask` the person to change what the task may do; you \
                           are told when they did";

/// Why a step or a check is not there, and which are.
fn unnamed<'a>(of: &str, noun: &str, key: &str, keys: impl Iterator<Item = &'a str>) -> String {
    let keys: Vec<&str> = keys.filter(|key| !key.is_empty()).collect();
    match keys.is_empty() {
        true => format!("{of} has no {noun} called {key:?}: it has none at all"),
        false => format!("{of} has no {noun} called {key:?}; it has {}", keys.join(", ")),
    }
}

fn approve(call: CallId, plan: &Plan, by: By, now: TimeMs, events: &mut Vec<Event>) {
    events.push(Event::PlanDecided { call, approved: true, by });
    events.push(Event::BoundaryGranted { boundary: plan.boundary.clone(), by });
    events.push(done(call, plan.decided_json(true), now));
}

fn answered(call: CallId, answer: String, by: By, now: TimeMs, events: &mut Vec<Event>) {
    let result = serde_json::Value::String(answer.clone()).to_string();
    events.push(Event::QuestionAnswered { call, answer, by, at: now });
    events.push(done(call, result, now));
}

pub(crate) fn done(call: CallId, json: String, now: TimeMs) -> Event {
    Event::CallEnded { call, outcome: Outcome::Done, result: Payload::Inline(json), at: now }
}

/// A call that ended otherwise than well; its result is the reason, as a JSON string.
pub(crate) fn ended(call: CallId, outcome: Outcome, why: &str, now: TimeMs) -> Event {
    let result = Payload::Inline(serde_json::Value::String(why.to_owned()).to_string());
    Event::CallEnded { call, outcome, result, at: now }
}
