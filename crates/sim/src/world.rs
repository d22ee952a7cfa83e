//! The world: a ledger that can be full or cut off, edges that are slow, late or gone, and a clock.

use crate::chance::Chance;
use crate::invariant;
use crate::mind::{COMMAND, Mind};
use crate::model;
use crate::person;
use std::collections::BTreeMap;
use task::{
    AppliedCounts, BackgroundEnd, BlobRef, Budget, CallId, ChangeCounts, CheckResult, ContentNames,
    Driver, Dropped, Effect, Event, Input, Isolation, MachineWish, MindRef, Outcome, Payload, Rest,
    Share, ShareAccess, ShareBase, Standing, Steer, TimeMs, Work,
};

/// Steps of the wild part of a life.
const WILD_STEPS: u64 = 120;
/// Tokens that a task's model may use.
pub(crate) const TOKENS: u64 = 40_000;
/// Steps within which a task must come to rest once nothing goes wrong any more.
const CALM_STEPS: u64 = 3_000;

/// What a life came to; equal for equal seeds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Life {
    pub events: usize,
    pub crashes: u32,
    pub rest: Option<Rest>,
    /// Helpers that lived.
    pub helpers: usize,
    /// A digest of all stored events.
    pub digest: u64,
}

/// A mistake that a daemon could make; the invariants must notice each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flaw {
    /// After a crash it does not tell the task, so running calls are taken for ready ones.
    ForgetsRestart,
    /// It runs a call before the start of it is stored.
    ActsBeforeAppend,
    /// It folds events that were not stored.
    AppliesUnstored,
    /// It tells the person that an input is taken before it is stored.
    AcknowledgesEarly,
    /// It takes a helper's call for over when its task is stopped, and lets the helper live.
    ForgetsHelpers,
    /// It decides what two clients bring on the same state, and stores both.
    DecidesOnOldState,
    /// It sends a question on the side before it is stored that it is asked.
    AsksBeforeAppend,
    /// It does not say that a command in the background has ended, or that it is gone.
    ForgetsBackground,
}

/// Lives one life. An error names the broken invariant and the step.
pub fn run(seed: u64) -> Result<Life, String> {
    World::new(seed, None).live()
}

/// Lives one life in which the daemon makes a mistake.
pub fn run_flawed(seed: u64, flaw: Flaw) -> Result<Life, String> {
    World::new(seed, Some(flaw)).live()
}

/// Why a step was not carried through.
enum Cut {
    Crashed,
}

pub(crate) struct World {
    pub(crate) chance: Chance,
    flaw: Option<Flaw>,
    mind: Mind,
    pub(crate) now: u64,
    pub(crate) driver: Driver,
    /// All that survives a crash, besides what the edges did out there.
    pub(crate) ledger: Vec<Event>,
    /// Work under way; lost in a crash.
    pub(crate) under_way: Vec<Effect>,
    /// Inputs that edges will bring; lost in a crash.
    pub(crate) on_the_way: Vec<Input>,
    /// How often each call really acted, crashes or not.
    pub(crate) acted: BTreeMap<CallId, u32>,
    /// Inputs of the person that were acknowledged, as the events they caused.
    pub(crate) acknowledged: Vec<Event>,
    /// Applies in force in the person's folder.
    pub(crate) folder: Vec<u32>,
    pub(crate) is_calm: bool,
    pub(crate) crashes: u32,
    seed: u64,
    /// What is known of the answer that the model is asked for.
    pub(crate) asking: Option<Dropped>,
    /// Requests that went out to the model, heard or not.
    pub(crate) asked: usize,
    /// Questions on the side that went out.
    pub(crate) asides: usize,
    /// Commands that run in the background; they end with the daemon.
    pub(crate) backgrounds: Vec<CallId>,
    /// Helpers of the task, each in a world of its own that lives and dies with this one.
    pub(crate) helpers: BTreeMap<CallId, World>,
}

impl World {
    pub(crate) fn new(seed: u64, flaw: Option<Flaw>) -> Self {
        Self {
            seed,
            helpers: BTreeMap::new(),
            asking: None,
            asked: 0,
            asides: 0,
            backgrounds: vec![],
            chance: Chance::new(seed),
            flaw,
            mind: Mind::new(seed),
            now: 1_700_000_000_000,
            driver: Driver::default(),
            ledger: vec![],
            under_way: vec![],
            on_the_way: vec![],
            acted: BTreeMap::new(),
            acknowledged: vec![],
            folder: vec![],
            is_calm: false,
            crashes: 0,
        }
    }

    fn live(mut self) -> Result<Life, String> {
        let standing = Standing {
            approve_plan: self.chance.hits(30),
            take_suggestions: self.chance.hits(30),
            apply_if_checked: self.chance.hits(30),
            unplanned: false,
        };
        let has_model = self.chance.hits(50);
        for _ in 0..CALM_STEPS {
            if self.ledger.is_empty() {
                self.step_with(create(standing, has_model), true)?;
            }
        }
        if self.ledger.is_empty() {
            return Err("I12: the task was never stored".to_owned());
        }
        for step in 0..WILD_STEPS {
            self.step().map_err(|why| format!("step {step}: {why}"))?;
        }
        self.is_calm = true;
        for step in 0..CALM_STEPS {
            if self.driver.task().is_resting() && self.on_the_way.is_empty() {
                break;
            }
            self.step().map_err(|why| format!("calm step {step}: {why}"))?;
        }
        if !self.driver.task().is_resting() {
            let pending = self.driver.task().pending();
            return Err(format!("liveness: never came to rest; due is {pending:?}"));
        }
        invariant::at_the_end(&self, self.driver.task())?;
        Ok(Life {
            events: self.ledger.len(),
            crashes: self.crashes,
            rest: self.driver.task().rest().map(|(rest, _)| rest),
            helpers: self.helpers.len(),
            digest: digest(&self.ledger),
        })
    }

    pub(crate) fn step(&mut self) -> Result<(), String> {
        self.now += self.chance.below(2_000);
        if !self.is_calm && self.chance.hits(2) {
            // The clock is set, back or forth by up to a day.
            self.now = self.now.saturating_add(self.chance.below(172_800_000)) - 86_400_000;
        }
        if !self.is_calm && self.chance.hits(3) {
            return self.crash();
        }
        let turn = self.chance.below(10);
        if turn < 5 && !self.under_way.is_empty() {
            let index = self.chance.index(self.under_way.len());
            let effect = self.under_way.swap_remove(index);
            if matches!(effect, Effect::Think { .. }) {
                invariant::knows_what_runs(self)?;
            }
            return self.carry_out(effect);
        }
        if turn < 8 && !self.on_the_way.is_empty() {
            let index = self.chance.index(self.on_the_way.len());
            let input = self.on_the_way.swap_remove(index);
            if !self.is_calm && self.chance.hits(5) {
                self.on_the_way.push(input.clone());
            }
            return self.step_with(input, false);
        }
        if !self.backgrounds.is_empty() && (self.is_calm || self.chance.hits(30)) {
            return self.end_background();
        }
        match person::act(self.driver.task(), &mut self.chance, self.is_calm) {
            Some(input) => self.person_acts(input),
            None => self.step_with(Input::DeadlineReached, false),
        }
    }

    /// Now and then two clients show the same question, and both are answered.
    fn person_acts(&mut self, input: Input) -> Result<(), String> {
        let is_twice = !self.is_calm && self.chance.hits(20);
        let other = person::otherwise(&input, &mut self.chance).filter(|_| is_twice);
        let Some(other) = other else { return self.step_with(input, true) };
        let stale = self.driver.decide(other.clone(), TimeMs(self.now));
        let crashes = self.crashes;
        self.step_with(input, true)?;
        if self.has(Flaw::DecidesOnOldState) && self.crashes == crashes {
            let before = self.driver.task().clone();
            self.ledger.extend_from_slice(&stale);
            let work = self.driver.stored(&stale);
            self.take(work);
            return invariant::after_step(self, &before, &stale, self.driver.task());
        }
        self.step_with(other, true)
    }

    /// A command in the background comes to its end.
    fn end_background(&mut self) -> Result<(), String> {
        let index = self.chance.index(self.backgrounds.len());
        let call = self.backgrounds.swap_remove(index);
        if self.has(Flaw::ForgetsBackground) {
            return Ok(());
        }
        let end = BackgroundEnd {
            call,
            how: "ended with exit code 0".to_owned(),
            unread: self.chance.hits(80).then(|| "built".to_owned()),
            source: "make".to_owned(),
            names: ContentNames::default(),
        };
        self.begin(&Input::BackgroundEnded(end))
    }

    /// Decides, stores, folds in, and checks. A person's input is acknowledged once it is stored.
    pub(crate) fn step_with(&mut self, input: Input, is_persons: bool) -> Result<(), String> {
        let before = self.driver.task().clone();
        let events = self.driver.decide(input.clone(), TimeMs(self.now));
        let events = match &self.asking {
            Some(heard) if !events.is_empty() => {
                before.with_dropped(events, heard.clone(), TimeMs(self.now))
            }
            Some(_) | None => events,
        };
        if is_persons && self.flaw == Some(Flaw::AcknowledgesEarly) {
            self.acknowledged.extend(events.iter().cloned());
        }
        let aside = match &input {
            Input::Steer(Steer::AsideAsked { id, .. }) if !events.is_empty() => Some(*id),
            _ => None,
        };
        self.asides += usize::from(aside.is_some() && self.has(Flaw::AsksBeforeAppend));
        let mut started = vec![];
        match self.append(&events) {
            Ok(true) => {
                let work = self.driver.stored(&events);
                started.clone_from(&work.start);
                self.take(work);
                if is_persons {
                    self.acknowledged.extend(events.iter().cloned());
                }
                if let Some(id) = aside {
                    self.asides += usize::from(!self.has(Flaw::AsksBeforeAppend));
                    let answer = person::aside(id, &before, &mut self.chance);
                    self.on_the_way.push(Input::Steer(answer));
                }
            }
            Ok(false) if self.flaw == Some(Flaw::AppliesUnstored) => {
                let work = self.driver.stored(&events);
                self.take(work);
            }
            // Work waits for room on the disk; a person is told and may try again.
            Ok(false) => {
                if !is_persons {
                    self.on_the_way.push(input);
                }
                return Ok(());
            }
            Err(Cut::Crashed) => return self.crash(),
        }
        invariant::started(self.driver.task(), &started)?;
        invariant::ends_are_told(self, &started)?;
        invariant::after_step(self, &before, &events, self.driver.task())
    }

    /// Whether the events are stored; `false` when the disk was full, and the input is lost unless
    /// its bringer tries again.
    fn append(&mut self, events: &[Event]) -> Result<bool, Cut> {
        if events.is_empty() {
            return Ok(true);
        }
        let fate = if self.is_calm { 100 } else { self.chance.below(100) };
        match fate {
            // Cut off before the append.
            0..=2 => Err(Cut::Crashed),
            // Cut off after it, before anybody heard.
            3..=5 => {
                self.ledger.extend_from_slice(events);
                Err(Cut::Crashed)
            }
            6..=9 => Ok(false),
            _ => {
                self.ledger.extend_from_slice(events);
                Ok(true)
            }
        }
    }

    pub(crate) fn has(&self, flaw: Flaw) -> bool {
        self.flaw == Some(flaw)
    }

    /// A helper's seed is its own and always the same.
    pub(crate) fn seed_of(&self, call: CallId) -> u64 {
        (self.seed ^ (u64::from(call.0) << 40)).wrapping_mul(0x9e37_79b9_7f4a_7c15)
    }

    fn take(&mut self, work: Work) {
        self.under_way.retain(|effect| !work.stop.contains(effect));
        self.under_way.extend(work.start);
    }

    /// The daemon is killed and comes back.
    pub(crate) fn crash(&mut self) -> Result<(), String> {
        self.crashes += 1;
        for helper in self.helpers.values_mut() {
            helper.crash()?;
        }
        self.under_way.clear();
        self.on_the_way.clear();
        self.backgrounds.clear();
        self.driver = Driver::resume(&self.ledger);
        if self.ledger.is_empty() {
            return Ok(());
        }
        invariant::after_restart(self, self.driver.task())?;
        let restart = match self.flaw {
            Some(Flaw::ForgetsRestart) => Input::UserSpoke { text: String::new() },
            Some(_) | None => Input::Restarted,
        };
        let events = self.driver.decide(restart, TimeMs(self.now));
        self.asking = None;
        let task = self.driver.task();
        let lost = task.asked_before(TimeMs(self.now)).map(|usage| Dropped {
            of: task.thinking(),
            usage,
            cost_usd_micros: None,
            said: String::new(),
            is_lost: true,
        });
        let events = match lost {
            Some(lost) => task.with_dropped(events, lost, TimeMs(self.now)),
            None => events,
        };
        // Work waits for room on the disk, and a second crash here is a crash at the next step.
        self.ledger.extend_from_slice(&events);
        let work = self.driver.stored(&events);
        self.take(work);
        let calls = self.driver.task().backgrounds();
        match calls.is_empty() || self.has(Flaw::ForgetsBackground) {
            true => Ok(()),
            false => {
                self.on_the_way.push(Input::BackgroundLost { calls });
                Ok(())
            }
        }
    }

    /// An edge does its work, or a part of it, and sends what came of it.
    fn carry_out(&mut self, effect: Effect) -> Result<(), String> {
        let task = self.driver.task().clone();
        let input = match effect {
            Effect::Prepare if self.hits(3) => {
                Input::MachineRefused { why: "no namespaces here".to_owned() }
            }
            Effect::Prepare => {
                Input::MachinePrepared { bases: vec![base()], isolation: Isolation::Jail }
            }
            Effect::Think { .. } if self.hits(1) => {
                Input::EdgeFailed { why: "the mind's engine broke".to_owned() }
            }
            Effect::Think { .. } if task.has_model() => {
                let is_calm = self.is_calm;
                self.asked += 1;
                self.asking = Some(model::heard(&task, &mut self.chance));
                model::answer(&self.mind, &task, &mut self.chance, is_calm)
            }
            Effect::Think { .. } => self.mind.think(&task),
            Effect::RunCall { call } if task.helper(call).is_some() => {
                return self.live_with(effect, call, true);
            }
            Effect::EndHelper { call } => return self.live_with(effect, call, false),
            Effect::RunCall { call } => return self.run_call(call),
            Effect::RunCheck { check } => {
                self.begin(&Input::CheckStarted { check })?;
                let is_started = self.driver.task().checks().get(&check).map(|it| it.state);
                if is_started != Some(task::CheckState::Running) {
                    return Ok(());
                }
                let passed = !self.hits(15);
                let result = CheckResult { passed, evidence: vec!["seen".to_owned()] };
                Input::CheckEnded { check, result }
            }
            Effect::Seal => Input::ChangesListed { changes: blob(), counts: self.counts() },
            Effect::Apply { apply } => {
                // The journal makes doing it again do nothing: a set, not a counter.
                if !self.folder.contains(&apply.0) {
                    self.folder.push(apply.0);
                }
                Input::ApplyEnded { apply, report: blob(), counts: applied() }
            }
            // The journal knows of an undo that was completed: only one that was not can fail.
            Effect::Undo { apply, attempt } if self.folder.contains(&apply.0) && self.hits(10) => {
                Input::UndoFailed { apply, attempt, why: "the disk is full".to_owned() }
            }
            Effect::Undo { apply, .. } => {
                self.folder.retain(|it| *it != apply.0);
                Input::UndoEnded { apply, report: blob(), counts: applied() }
            }
        };
        self.on_the_way.push(input);
        Ok(())
    }

    fn run_call(&mut self, call: CallId) -> Result<(), String> {
        if self.flaw == Some(Flaw::ActsBeforeAppend) {
            *self.acted.entry(call).or_default() += 1;
        }
        self.begin(&Input::CallStarted { call })?;
        let state = self.driver.task().call(call).map(|it| it.state);
        let is_known = self.ledger.iter().any(
            |event| matches!(event, Event::CallStarted { call: started, .. } if *started == call),
        );
        if state != Some(task::CallState::Running) || !is_known {
            return Ok(());
        }
        if self.flaw != Some(Flaw::ActsBeforeAppend) {
            *self.acted.entry(call).or_default() += 1;
        }
        let outcome = match self.chance.below(20) {
            0 => Outcome::Failed,
            1 => Outcome::Interrupted,
            _ => Outcome::Done,
        };
        let task = self.driver.task();
        let is_command = task.call(call).is_some_and(|it| it.tool == COMMAND) && task.has_model();
        let goes_on = is_command && outcome == Outcome::Done && self.chance.hits(50);
        let result = match goes_on {
            true => format!("{{\"background\":{call}}}"),
            false => "null".to_owned(),
        };
        self.backgrounds.extend(goes_on.then_some(call));
        let result = Payload::Inline(result);
        self.on_the_way.push(Input::CallEnded { call, outcome, result });
        Ok(())
    }

    /// Brings the input with which work begins, and waits while the disk is full.
    pub(crate) fn begin(&mut self, begins: &Input) -> Result<(), String> {
        let crashes = self.crashes;
        loop {
            let waiting = self.on_the_way.len();
            self.step_with(begins.clone(), false)?;
            if self.crashes > crashes || self.on_the_way.len() <= waiting {
                return Ok(());
            }
            self.on_the_way.truncate(waiting);
        }
    }

    fn hits(&mut self, percent: u64) -> bool {
        !self.is_calm && self.chance.hits(percent)
    }

    fn counts(&mut self) -> ChangeCounts {
        ChangeCounts { created: self.chance.below(3), ..ChangeCounts::default() }
    }
}

pub(crate) fn create(standing: Standing, has_model: bool) -> Input {
    let mind = match has_model {
        true => MindRef::Model { provider: "seeded".to_owned(), model: "seeded".to_owned() },
        false => MindRef::Playbook { name: "seeded".to_owned(), source: blob() },
    };
    let share = Share {
        name: "folder".to_owned(),
        host: "/home/you/folder".to_owned(),
        access: ShareAccess::Write,
    };
    Input::Create {
        request: "do something".to_owned(),
        shares: vec![share],
        mind,
        standing,
        budget: Budget { tokens_max: TOKENS, ..Budget::new(60, 600_000_000) },
        machine: MachineWish::Jail,
        egress: vec![],
        layers: vec![],
    }
}

fn base() -> ShareBase {
    ShareBase { share: "folder".to_owned(), manifest: blob(), entries: 3 }
}

fn blob() -> BlobRef {
    BlobRef { hash: "00".repeat(32), size_bytes: 0 }
}

fn applied() -> AppliedCounts {
    AppliedCounts { applied: 1, ..AppliedCounts::default() }
}

/// FNV-1a over the events as they would be told.
fn digest(events: &[Event]) -> u64 {
    let text = format!("{events:?}");
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}
