//! What a language model adds to a task: answers that are stored whole, failures that are waited
//! out, claims that are sent back, a budget that holds, and calls that go round in circles.
//!
//! The model is asked by an edge. Here it is only judged what an answer causes.

use crate::context::tell_step;
use crate::event::{By, CheckResult, Ending, Event, MindRef, Outcome, Payload, RequestedCall};
use crate::id::{CallId, TimeMs};
use crate::input::{AskedCall, AskedKind, ToolAccess};
use crate::limits;
use crate::pending::due;
use crate::plan::{Boundary, Step, StepState};
use crate::state::{Call, CallState, CheckState, Phase, Task};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;

/// What a model answered, as the ledger keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelTurn {
    /// The whole answer, each block as the provider wrote it.
    pub answer: Payload,
    pub provider: String,
    pub model: String,
    pub usage: TokenUse,
    /// Millionths of a US dollar; `None`: the price is not known.
    pub cost_usd_micros: Option<u64>,
    /// Tokens that the model can read; `None`: not known.
    #[serde(default)]
    pub window: Option<u64>,
}

/// Tokens of one answer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenUse {
    /// Read anew.
    pub input: u64,
    /// Read from the provider's cache.
    pub cache_read: u64,
    /// Read anew and put into the cache.
    pub cache_write: u64,
    /// Written, thinking included.
    pub output: u64,
    /// The server did not say all of it: what is missing was estimated by what was sent and came.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_estimate: bool,
}

/// Why a model did not answer, as far as it matters for what comes next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fault {
    /// Too much is asked of it at the moment.
    Busy,
    /// It failed in itself, or its answer was cut or made no sense.
    Broken,
    /// It could not be reached.
    Offline,
    /// The context is longer than it can read.
    TooLong,
    /// Asking again does not help.
    Final,
}

/// Which thinking an answer belongs to. One that comes late belongs to none that is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Thinking {
    pub turn: u32,
    pub attempt: u32,
}

/// How an answer ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TurnEnd {
    /// It waits for its calls, or says that it is done.
    Whole,
    /// The provider paused; sent back as it is, it goes on.
    Paused,
    /// It is as long as an answer may be.
    Cut,
    /// The model's window is full.
    WindowFull,
    Refused {
        why: String,
    },
}

/// What an edge brings of a language model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ModelInput {
    Answered {
        of: Thinking,
        turn: ModelTurn,
        text: String,
        /// One for each call in the answer, in its order.
        calls: Vec<AskedCall>,
        end: TurnEnd,
    },
    Failed {
        of: Thinking,
        fault: Fault,
        why: String,
        /// What the server asks to wait.
        retry_after_ms: Option<u64>,
        usage: TokenUse,
        cost_usd_micros: Option<u64>,
    },
}

/// What a task's model used so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Spent {
    pub tokens: TokenUse,
    pub cost_usd_micros: u64,
    /// Answers whose price is not known.
    pub unpriced: u32,
}

/// A model that did not answer, and is asked again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelWait {
    /// What it said last, or what became of the last request.
    pub why: String,
    /// When it first did not answer, of the times in a row.
    pub since: TimeMs,
    pub again_at: TimeMs,
}

/// What a task remembers of its model.
#[derive(Debug, Clone, Default)]
pub(crate) struct ModelState {
    pub(crate) attempt: u32,
    pub(crate) spent: Spent,
    /// Questions on the side without an answer, and about what each costs.
    pub(crate) asides: BTreeMap<u64, (TokenUse, Option<u64>)>,
    /// In a row, since the last answer.
    pub(crate) failures: u32,
    pub(crate) waits: Option<ModelWait>,
    /// Times it was sent back, in all.
    pub(crate) sent_back: u32,
    /// Times in a row that it was sent back for an answer that was cut or empty.
    pub(crate) slips: u32,
    /// It was told that its budget comes to an end.
    pub(crate) is_warned: bool,
    /// Answers in a row that were only pauses.
    pub(crate) pauses: u32,
    /// The last thing heard of it is that it could not be reached.
    pub(crate) is_offline: bool,
    /// Tokens of the last answer, all of which the next request reads.
    pub(crate) read: u64,
    /// Its provider keeps what was read.
    pub(crate) is_cached: bool,
}

impl TokenUse {
    /// All that was read and written.
    pub fn total(&self) -> u64 {
        let read = self.input.saturating_add(self.cache_read).saturating_add(self.cache_write);
        read.saturating_add(self.output)
    }

    fn plus(self, more: Self) -> Self {
        Self {
            input: self.input.saturating_add(more.input),
            cache_read: self.cache_read.saturating_add(more.cache_read),
            cache_write: self.cache_write.saturating_add(more.cache_write),
            output: self.output.saturating_add(more.output),
            is_estimate: self.is_estimate || more.is_estimate,
        }
    }
}

impl Spent {
    pub(crate) fn add(&mut self, usage: TokenUse, cost_usd_micros: Option<u64>) {
        self.tokens = self.tokens.plus(usage);
        self.cost_usd_micros =
            self.cost_usd_micros.saturating_add(cost_usd_micros.unwrap_or_default());
        self.unpriced += u32::from(cost_usd_micros.is_none() && usage.total() > 0);
    }
}

impl Task {
    /// Which thinking is due while the task thinks.
    pub fn thinking(&self) -> Thinking {
        Thinking { turn: self.turns, attempt: self.model.attempt }
    }

    /// Not before this instant the model is asked again.
    pub fn ask_not_before(&self) -> Option<TimeMs> {
        self.model.waits.as_ref().map(|it| it.again_at)
    }

    /// What keeps the work from going on: a model that did not answer the last time.
    pub fn waits_for_model(&self) -> Option<&ModelWait> {
        self.model.waits.as_ref().filter(|_| self.phase == Phase::Thinking)
    }

    /// Questions on the side that wait for their answer are in it, or were never answered.
    pub fn spent(&self) -> Spent {
        let mut spent = self.model.spent;
        self.model.asides.values().for_each(|(usage, cost)| spent.add(*usage, *cost));
        spent
    }

    /// Whether a language model is the mind.
    pub fn has_model(&self) -> bool {
        matches!(self.mind(), Some(MindRef::Model { .. }))
    }

    pub(crate) fn grant_unplanned(created: &Event) -> Option<Event> {
        let Event::TaskCreated { mind: MindRef::Model { .. }, standing, shares, budget, .. } =
            created
        else {
            return None;
        };
        let writable = shares.iter().filter(|it| it.access == crate::event::ShareAccess::Write);
        let writes = writable.map(|share| share.name.clone()).collect();
        let boundary = Boundary { writes, budget: *budget };
        standing.unplanned.then_some(Event::BoundaryGranted { boundary, by: By::Standing })
    }

    pub(crate) fn decide_model(&self, input: ModelInput, now: TimeMs) -> Vec<Event> {
        let (ModelInput::Answered { of, .. } | ModelInput::Failed { of, .. }) = &input;
        if self.phase != Phase::Thinking || *of != self.thinking() {
            return vec![];
        }
        match input {
            ModelInput::Answered { turn, text, calls, end, .. } => {
                self.take_answer(turn, text, calls, &end, now)
            }
            ModelInput::Failed { fault, why, retry_after_ms, usage, cost_usd_micros, .. } => {
                let retry_at = TimeMs(now.0.saturating_add(self.wait(fault, retry_after_ms)));
                #[rustfmt::skip]
                let failed = Event::ModelFailed {
                    fault, why: why.clone(), retry_at, usage, cost_usd_micros, at: now,
                };
                let mut events = vec![failed];
                match self.give_up(fault, retry_after_ms, usage, cost_usd_micros) {
                    Some(and) => events.push(stuck(format!("{why}{and}"), now)),
                    None if fault == Fault::TooLong => events.extend(self.shorten(true, now)),
                    None => (),
                }
                events
            }
        }
    }

    pub(crate) fn note_failure(&mut self, fault: Fault, why: &str, at: TimeMs, again_at: TimeMs) {
        self.wait_for_model(fault, at, again_at);
        self.model.failures += 1;
        self.ask_anew();
        let since = self.model.waits.as_ref().map_or(at, |it| it.since);
        self.model.waits = Some(ModelWait { why: why.to_owned(), since, again_at });
    }

    /// Waiting for a model is no work, nor is trying to reach one while there is no network.
    fn wait_for_model(&mut self, fault: Fault, at: TimeMs, retry_at: TimeMs) {
        let was_offline = std::mem::replace(&mut self.model.is_offline, fault == Fault::Offline);
        let Some(since) = self.working_since else { return };
        if !(was_offline && self.model.is_offline) {
            self.work_ms += at.since(since);
        }
        self.working_since = Some(retry_at.max(at));
    }

    /// Whether all that it wanted was an answer, given that nothing was changed: a write that was
    /// not allowed or did not work was more than a question, and a command that only looked is not.
    pub(crate) fn only_answered(&self) -> bool {
        let is_harmless = |call: &Arc<Call>| match (call.access, call.state) {
            (Some(ToolAccess::Read) | None, _)
            | (Some(ToolAccess::Write), CallState::Ended(Outcome::Done)) => true,
            (Some(ToolAccess::Write), CallState::Ended(Outcome::Failed | Outcome::Interrupted)) => {
                call.tool == RUN_COMMAND
            }
            (Some(ToolAccess::Write), _) => false,
        };
        self.has_model() && self.plan.is_none() && self.calls.iter().all(is_harmless)
    }

    /// What an answer rests on, for a person.
    pub(crate) fn answered_from(&self) -> String {
        let acted = self.calls.iter().filter(|call| call.access == Some(ToolAccess::Write)).count();
        if acted > 0 {
            let calls = if acted == 1 { "one call".to_owned() } else { format!("{acted} calls") };
            return format!(
                "it answered after {calls} that may write, and changed nothing; nobody checked the \
                 answer"
            );
        }
        let is_look = |call: &&Arc<Call>| {
            call.access == Some(ToolAccess::Read) && call.state == CallState::Ended(Outcome::Done)
        };
        match self.calls.iter().filter(is_look).count() {
            0 => "it answered without looking at anything; nobody checked the answer".to_owned(),
            1 => "it answered from one look at your files; nobody checked the answer".to_owned(),
            looks => {
                format!("it answered from {looks} looks at your files; nobody checked the answer")
            }
        }
    }

    /// The model is asked again, whatever it was asked just now.
    pub(crate) fn ask_anew(&mut self) {
        self.model.attempt += 1;
        self.context.release();
    }

    /// Milliseconds until it is asked again: what the server wants, else longer each time.
    fn wait(&self, fault: Fault, retry_after_ms: Option<u64>) -> u64 {
        if fault == Fault::TooLong {
            return 0;
        }
        let doubled = limits::RETRY_FIRST_MS << self.model.failures.min(16);
        retry_after_ms.unwrap_or(0).max(match retry_after_ms {
            Some(_) => limits::RETRY_LEAST_MS,
            None => doubled.min(limits::RETRY_MOST_MS),
        })
    }

    /// What is added to the reason when it is not asked again; `None`: it is.
    fn give_up(
        &self,
        fault: Fault,
        retry_after_ms: Option<u64>,
        usage: TokenUse,
        cost: Option<u64>,
    ) -> Option<String> {
        let tries = self.model.failures + 1;
        let tries_max = match fault {
            Fault::Final => return Some(String::new()),
            Fault::TooLong if self.context.can_shorten() => limits::TRIES_TOO_LONG_MAX,
            Fault::TooLong => return Some(String::new()),
            Fault::Busy => limits::TRIES_BUSY_MAX,
            Fault::Broken => limits::TRIES_BROKEN_MAX,
            Fault::Offline => limits::TRIES_OFFLINE_MAX,
        };
        if let Some(wait) = retry_after_ms.filter(|wait| *wait > limits::RETRY_WAIT_MS_MAX) {
            return Some(format!("; it asks to wait {} min", wait.div_ceil(60_000)));
        }
        let mut spent = self.spent();
        spent.add(usage, cost);
        self.overspent(spent, self.turns).map(|why| format!("; {why}")).or_else(|| {
            (tries >= tries_max).then(|| format!("; it was asked {tries} times in a row"))
        })
    }

    fn take_answer(
        &self,
        turn: ModelTurn,
        text: String,
        asked: Vec<AskedCall>,
        end: &TurnEnd,
        now: TimeMs,
    ) -> Vec<Event> {
        let first = u32::try_from(self.calls.len()).unwrap_or(u32::MAX - 1) + 1;
        let requested: Vec<RequestedCall> =
            asked.iter().zip(first..).map(|(it, id)| it.requested(CallId(id))).collect();
        let mut spent = self.spent();
        spent.add(turn.usage, turn.cost_usd_micros);
        let is_full = turn.is_near_full(self.context.bytes());
        let answered = Event::ModelAnswered {
            text: text.clone(),
            calls: requested,
            at: now,
            turn: Some(Box::new(turn)),
        };
        let mut events = vec![answered];
        let ends = self.ends_at(spent, asked.len()).or_else(|| match end {
            TurnEnd::Refused { why } => Some(format!("the model refuses to do this: {why}")),
            TurnEnd::Paused if self.model.pauses >= limits::PAUSES_MAX => {
                Some("the model paused again and again".to_owned())
            }
            TurnEnd::Whole | TurnEnd::Paused | TurnEnd::Cut | TurnEnd::WindowFull => None,
        });
        if let Some(why) = ends {
            let calls = asked.iter().zip(first..);
            events.extend(calls.map(|(_, id)| {
                crate::decide::ended(CallId(id), Outcome::Denied, "the task ended here", now)
            }));
            events.push(stuck(why, now));
            return events;
        }
        match end {
            _ if !asked.is_empty() => self.take_calls(asked, first, now, &mut events),
            TurnEnd::Whole => self.take_claim(text, now, &mut events),
            TurnEnd::Paused | TurnEnd::Refused { .. } => (),
            TurnEnd::Cut => self.send_back(CUT.to_owned(), now, &mut events),
            TurnEnd::WindowFull => events.extend(self.shorten(true, now)),
        }
        let goes_on = !events.iter().any(|it| matches!(it, Event::WorkEnded { .. }));
        if is_full && goes_on {
            events.extend(self.shorten(false, now));
        }
        events
    }

    /// Why the work ends with an answer that used so much and asks for so many calls.
    fn ends_at(&self, spent: Spent, asked: usize) -> Option<String> {
        let calls_max = self.budget().calls_max;
        let made = u32::try_from(self.calls.len()).unwrap_or(u32::MAX);
        let made = made.saturating_add(self.used_by_helpers().calls);
        if asked > limits::CALLS_PER_TURN_MOST {
            return Some(format!("the model asked for {asked} calls at once"));
        }
        if asked > 0 && made >= calls_max {
            return Some(format!("its budget is spent: {calls_max} calls were granted"));
        }
        self.overspent(spent, self.turns + 1)
    }

    pub(crate) fn overspent(&self, spent: Spent, turns: u32) -> Option<String> {
        let budget = self.budget();
        let was = |what: String| Some(format!("its budget is spent: {what} were granted"));
        // The next request reads at least what the last one did, so the end is seen before it.
        if spent.tokens.total() >= budget.tokens_max {
            return was(format!("{} tokens", budget.tokens_max));
        }
        if spent.cost_usd_micros >= budget.cost_usd_micros_max {
            let cents = budget.cost_usd_micros_max / 10_000;
            return was(format!("{}.{:02} US dollars", cents / 100, cents % 100));
        }
        if turns.saturating_add(self.used_by_helpers().turns) >= budget.turns_max {
            return was(format!("{} turns", budget.turns_max));
        }
        None
    }

    /// What it is told once, when little is left of what it may use.
    pub(crate) fn nearly_spent(&self) -> Option<String> {
        let (budget, spent, helpers) = (self.budget(), self.spent(), self.used_by_helpers());
        let made = u32::try_from(self.calls.len()).unwrap_or(u32::MAX);
        let used: [(u64, u64, u64, &str); 5] = [
            (made.saturating_add(helpers.calls).into(), budget.calls_max.into(), 1, "calls"),
            (
                self.turns.saturating_add(helpers.turns).into(),
                budget.turns_max.into(),
                1,
                "answers",
            ),
            (spent.tokens.total(), budget.tokens_max, 1, "tokens"),
            (self.work_ms, budget.work_ms_max, 60_000, "minutes of work"),
            (spent.cost_usd_micros, budget.cost_usd_micros_max, 10_000, "US cents"),
        ];
        let low = used.into_iter().filter_map(|(used, most, unit, what)| {
            let left = most.saturating_sub(used);
            let is_low = left <= most.saturating_mul(limits::BUDGET_LOW_PERCENT) / 100;
            is_low.then(|| format!("{} of {} {what}", left / unit, most / unit))
        });
        let low: Vec<String> = low.collect();
        (!low.is_empty()).then(|| {
            format!(
                "little is left of what this task may use: {}. Bring what you have to an end: \
                 check it, finish, and say what is missing. Without that the task ends where it is.",
                low.join(", ")
            )
        })
    }

    fn take_calls(&self, asked: Vec<AskedCall>, first: u32, now: TimeMs, events: &mut Vec<Event>) {
        let is_alone = asked.len() == 1;
        let mut claim = None;
        for (index, (it, id)) in asked.into_iter().zip(first..).enumerate() {
            let call = CallId(id);
            let fail = |why: &str| crate::decide::ended(call, Outcome::Failed, why, now);
            if index >= limits::CALLS_PER_TURN_MAX {
                events.push(fail(TOO_MANY));
                continue;
            }
            match (self.repeats(&it), it.kind) {
                (times, _) if times >= limits::REPEATS_MAX => {
                    let why = format!("the model asked for the same call {times} times in a row");
                    events.push(crate::decide::ended(call, Outcome::Denied, STALLED, now));
                    claim = Some(stuck(why, now));
                }
                (times, _) if times >= limits::REPEATS_TOLD => {
                    events.push(crate::decide::ended(call, Outcome::Denied, STALLED, now));
                }
                (_, AskedKind::Finish { .. }) if !is_alone => events.push(fail(FINISH_ALONE)),
                (_, AskedKind::Finish { summary }) => match self.unproven() {
                    Some(why) if self.model.sent_back < limits::SENT_BACK_MAX => {
                        events.push(fail(&why));
                        events.push(Event::SentBack { why: String::new(), at: now });
                    }
                    Some(_) | None => {
                        events.push(crate::decide::done(call, "null".to_owned(), now));
                        events.extend(self.finished(summary, now));
                    }
                },
                (_, AskedKind::Note { text }) => {
                    events.push(Event::Noted { call, text });
                    events.push(crate::decide::done(call, "null".to_owned(), now));
                }
                (_, kind) => self.take_call(call, kind, now, events),
            }
        }
        match claim {
            Some(stuck) => {
                self.deny_open(first, now, events);
                events.push(stuck);
            }
            None if self.is_paused() => (),
            None => start_at_once(now, events),
        }
    }

    /// Ends the calls of this answer that nothing ended yet.
    fn deny_open(&self, first: u32, now: TimeMs, events: &mut Vec<Event>) {
        let asked = self.open_after(events);
        let open: Vec<CallId> =
            asked.into_iter().filter(|(id, ..)| id.0 >= first).map(|(id, ..)| id).collect();
        events.extend(
            open.into_iter()
                .map(|id| crate::decide::ended(id, Outcome::Denied, "the task ended here", now)),
        );
    }

    fn open_after(&self, events: &[Event]) -> Vec<(CallId, CallState, Option<ToolAccess>)> {
        let mut all: Vec<(CallId, CallState, Option<ToolAccess>)> = states(events);
        all.retain(|(_, state, _)| !matches!(state, CallState::Ended(_)));
        all
    }

    /// A text without a call is the model's word that it is done.
    fn take_claim(&self, text: String, now: TimeMs, events: &mut Vec<Event>) {
        match self.unproven() {
            Some(why) if self.model.sent_back < limits::SENT_BACK_MAX => {
                events.push(Event::SentBack { why, at: now });
            }
            None if text.trim().is_empty() => self.send_back(SILENT.to_owned(), now, events),
            Some(_) | None => match self.runs_on() {
                Some(why) if self.model.sent_back < limits::SENT_BACK_MAX => {
                    events.push(Event::SentBack { why, at: now });
                }
                Some(_) | None => events.extend(self.finished(text, now)),
            },
        }
    }

    fn send_back(&self, why: String, now: TimeMs, events: &mut Vec<Event>) {
        if self.model.slips < limits::SENT_BACK_MAX {
            events.push(Event::SentBack { why, at: now });
        } else {
            events.push(stuck("the model did not get any further".to_owned(), now));
        }
    }

    /// Why a claim to be done is not even looked at.
    fn unproven(&self) -> Option<String> {
        let unbound = self.checks.values().filter(|check| check.bound.is_none());
        let keys: Vec<&str> = unbound.map(|check| check.key.as_str()).collect();
        (!keys.is_empty()).then(|| {
            format!(
                "Not done yet: nothing is named that would prove {}. Call `check` for each, with \
                 the tool and the arguments that prove it, then finish.",
                keys.join(", ")
            )
        })
    }

    fn finished(&self, text: String, now: TimeMs) -> Vec<Event> {
        let unbound = self.checks.iter().filter(|(_, check)| check.bound.is_none());
        let evidence = vec!["nothing was named that would prove this".to_owned()];
        let failed = unbound.map(|(&check, _)| Event::CheckEnded {
            check,
            result: CheckResult { passed: false, evidence: evidence.clone() },
            at: now,
        });
        failed.chain([Event::WorkEnded { ending: Ending::Finished, text, at: now }]).collect()
    }

    /// After the last check of a claim: what is sent back when one failed.
    /// The evidence is content, so what it names is told before it.
    pub(crate) fn refute(&self, ended: &Event, now: TimeMs) -> Vec<Event> {
        let Event::CheckEnded { check: last, result, .. } = ended else { return vec![] };
        if !self.has_model() || self.model.sent_back >= limits::SENT_BACK_MAX {
            return vec![];
        }
        let others = self.checks.iter().filter(|(id, _)| *id != last);
        let is_over = |state| matches!(state, CheckState::Passed | CheckState::Failed);
        if !others.clone().all(|(_, check)| is_over(check.state)) {
            return vec![];
        }
        let told = |key: &str, passed: bool, evidence: &[String]| match passed {
            true => format!("- {key}: passed"),
            false => {
                // What a program printed is content: a line of it must not look like ours.
                let lines = evidence.iter().map(|line| line.replace(['\n', '\r'], " "));
                let lines: String = lines.map(|line| format!("\n  > {line}")).collect();
                format!("- {key}: FAILED. The evidence, as it was printed:{lines}")
            }
        };
        let lines = self.checks.iter().map(|(id, check)| match id == last {
            true => told(&check.key, result.passed, &result.evidence),
            false => told(&check.key, check.state == CheckState::Passed, &check.evidence),
        });
        let failed = !result.passed || others.clone().any(|(_, it)| it.state == CheckState::Failed);
        if !failed {
            return vec![];
        }
        let names = self.checks.iter().filter_map(|(id, check)| match id == last {
            true => self.read_evidence(check, &result.evidence, now),
            false => self.read_evidence(check, &check.evidence, now),
        });
        let sent_back = {
            let why = format!(
                "Not done: Legwork ran the checks, and not all passed.\n{}\nMend what is wrong \
                 (or the proof, with `check`), then finish again. {} this is told; after that the \
                 task ends as it is.",
                lines.collect::<Vec<_>>().join("\n"),
                match limits::SENT_BACK_MAX - self.model.sent_back {
                    1 => "This is the last time that".to_owned(),
                    more => format!("{} more times", more - 1),
                }
            );
            Event::SentBack { why, at: now }
        };
        names.chain([sent_back]).collect()
    }

    /// What the person's words do to a model's turn: they are heard before the next call.
    pub(crate) fn interject(&self, now: TimeMs) -> Vec<Event> {
        if !self.has_model() || self.phase != Phase::Calling {
            return vec![];
        }
        let turn = self.calls.iter().zip(1..).skip(self.turn_from);
        let heard = turn.filter_map(|(call, id)| {
            let is_plan = self.plan_call == Some(CallId(id)) && call.state == CallState::Waiting;
            match call.state {
                CallState::Waiting if is_plan => Some((id, self.said_to_plan())),
                CallState::Ready => Some((id, SAID_FIRST.to_owned())),
                CallState::Waiting | CallState::Running | CallState::Ended(_) => None,
            }
        });
        let denied =
            |(id, why): (u32, String)| crate::decide::ended(CallId(id), Outcome::Denied, &why, now);
        heard.map(denied).collect()
    }

    /// What the person did to the steps while the plan waited is not lost when they say something.
    fn said_to_plan(&self) -> String {
        let mut out = SAID_TO_PLAN.to_owned();
        let steps = self.plan.iter().flat_map(|plan| &plan.steps);
        let is_marked = |step: &Step| {
            let is_struck = step.state == StepState::Struck;
            is_struck || step.locked || step.key.is_empty() || !step.comment.is_empty()
        };
        if steps.clone().any(is_marked) {
            out.push_str("\nBefore, they had gone through its steps:\n");
            steps.for_each(|step| tell_step(step, &mut out));
        }
        out
    }

    /// How often this call was made before, each time with the same result, and with nothing new
    /// between: two calls in turn are as much a circle as one.
    fn repeats(&self, asked: &AskedCall) -> usize {
        // A claim has its own count.
        if matches!(asked.kind, AskedKind::Finish { .. }) {
            return 0;
        }
        let is_like = |one: &Call, other: &Call| one.tool == other.tool && one.args == other.args;
        let is_denied = |it: &Call| it.state == CallState::Ended(Outcome::Denied);
        let from = self.calls.len().saturating_sub(limits::REPEATS_SEEN);
        let seen = &self.calls[from..];
        let (mut count, mut real) = (0, None);
        for (index, call) in seen.iter().enumerate().rev() {
            if call.tool == asked.tool && call.args == asked.args {
                if !is_denied(call) && *real.get_or_insert(&call.result) != &call.result {
                    break;
                }
                count += 1;
            } else {
                let is_again = |it: &Arc<Call>| is_like(it, call) && it.result == call.result;
                if !seen[..index].iter().any(is_again) {
                    break;
                }
            }
        }
        count
    }

    /// The event that makes the context shorter, if it can be.
    fn shorten(&self, is_urgent: bool, now: TimeMs) -> Option<Event> {
        let kept_from = self.context.keep_from(is_urgent)?;
        Some(Event::ContextShortened { kept_from, at: now })
    }
}

impl ModelTurn {
    /// Whether the next request may not fit any more.
    fn is_near_full(&self, context_bytes: u64) -> bool {
        let window = self.window.unwrap_or(limits::WINDOW_TOKENS_USUAL);
        let used = match self.usage.total() {
            0 => context_bytes / limits::BYTES_PER_TOKEN,
            used => used,
        };
        used >= window / 100 * limits::WINDOW_FULL_PERCENT
    }
}

impl AskedCall {
    pub(crate) fn requested(&self, call: CallId) -> RequestedCall {
        let access = match self.kind {
            AskedKind::Tool { access }
            | AskedKind::Acting { access, .. }
            | AskedKind::Held { access, .. } => Some(access),
            // What a helper writes is in its own view: helpers run side by side.
            AskedKind::Delegate(_) => Some(ToolAccess::Read),
            AskedKind::Plan(_)
            | AskedKind::Ask(_)
            | AskedKind::Step { .. }
            | AskedKind::Check { .. }
            | AskedKind::Finish { .. }
            | AskedKind::Note { .. }
            | AskedKind::Unusable { .. } => None,
        };
        RequestedCall { call, tool: self.tool.clone(), args: self.args.clone(), access }
    }
}

/// The calls of the answer in `events`, and what the events after it made of them.
fn states(events: &[Event]) -> Vec<(CallId, CallState, Option<ToolAccess>)> {
    let calls = events.iter().find_map(|event| match event {
        Event::ModelAnswered { calls, .. } => Some(calls),
        _ => None,
    });
    let calls = calls.into_iter().flatten();
    let mut all: Vec<_> = calls.map(|it| (it.call, CallState::Ready, it.access)).collect();
    for event in events {
        let (call, state) = match event {
            Event::CallEnded { call, outcome, .. } => (*call, CallState::Ended(*outcome)),
            Event::PlanProposed { call, .. }
            | Event::QuestionAsked { call, .. }
            | Event::CallHeld { call, .. } => (*call, CallState::Waiting),
            _ => continue,
        };
        if let Some(it) = all.iter_mut().find(|(id, ..)| *id == call) {
            it.1 = state;
        }
    }
    all
}

/// What may run at once is started with the answer: one durable append instead of two.
fn start_at_once(now: TimeMs, events: &mut Vec<Event>) {
    let started: Vec<CallId> = due(states(events).into_iter()).collect();
    events.extend(started.into_iter().map(|call| Event::CallStarted { call, at: now }));
}

fn stuck(text: String, now: TimeMs) -> Event {
    Event::WorkEnded { ending: Ending::Stuck, text, at: now }
}

/// What a model hears when the person sets anew which folders may change.
pub(crate) fn told_writes(writes: &[String]) -> String {
    match writes.is_empty() {
        true => "from now on no folder may change: what is written there is not kept.".to_owned(),
        false => format!(
            "the person set anew which folders may change: {}. What is written in others is not \
             kept.",
            writes.join(", ")
        ),
    }
}

/// What a model hears of the network when rules are added.
pub(crate) fn told_rules(rules: &[String]) -> String {
    format!(
        "by the person's rules your machine may now: {}. Any other place is put to them when \
         something tries to reach it.",
        rules.join("; ")
    )
}

/// Whether it was sent back for an answer, and not for a claim to be done.
pub(crate) fn is_slip(why: &str) -> bool {
    why == CUT || why == SILENT
}

/// The tool whose calls may write and mostly only look.
const RUN_COMMAND: &str = "run_command";

const CUT: &str = "Your answer was cut: it was as long as one answer may be. Go on in smaller \
                   pieces, such as a long file in several edits.";
const SILENT: &str = "You ended without a word and without a call. Call a tool, ask the person, or \
                      finish with a summary.";
const STALLED: &str = "Not run: the same call with the same arguments was made again and again and \
                       gave the same result. Do something else, ask the person, or finish.";
const TOO_MANY: &str = "Not run: an answer may have 64 calls at most. Make this one again in your \
                        next answer.";
const FINISH_ALONE: &str = "Call `finish` alone, once the results of all other calls are there.";
const SAID_FIRST: &str = "Not run: the person said something first. Read it, then decide anew.";
const SAID_TO_PLAN: &str = "The person has not approved the plan and said something instead. Read \
                            it, then propose a plan again that heeds it.";
