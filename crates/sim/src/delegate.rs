//! Helpers under the same sky: each lives in a world of its own, in small steps, and one crash ends
//! the daemon of all. What their task must see of them is checked here.

use crate::world::{Flaw, World, create};
use task::{
    CallId, DelegateInput, DelegateOf, Effect, Input, MindRef, Outcome, Payload, Standing, Steer,
    TaskId,
};

/// Steps of a helper at one step of its task.
const STEPS: u64 = 6;
/// An answer is known to be too much once it is there.
const ANSWER_TOKENS_MAX: u64 = 1_000;

impl World {
    /// Lives on with the helper of `call`; `is_wanted`: its task still waits for it.
    pub(crate) fn live_with(
        &mut self,
        effect: Effect,
        call: CallId,
        is_wanted: bool,
    ) -> Result<(), String> {
        if !is_wanted && self.has(Flaw::ForgetsHelpers) {
            self.on_the_way.push(ended(call, None));
            return Ok(());
        }
        if is_wanted {
            self.begin(&Input::CallStarted { call })?;
        }
        let crashes = self.crashes;
        let mut helper = match self.helpers.remove(&call) {
            Some(helper) => helper,
            None if is_wanted => World::new(self.seed_of(call), None),
            // It was never begun.
            None => {
                self.on_the_way.push(ended(call, None));
                return Ok(());
            }
        };
        helper.is_calm = self.is_calm;
        helper.now = self.now;
        let before = helper.crashes;
        let lived = self.guide(&mut helper, call, is_wanted);
        let crashed = helper.crashes > before;
        let is_resting = helper.driver.task().is_resting();
        let used = helper.driver.task().helper_use();
        self.helpers.insert(call, helper);
        lived.map_err(|why| format!("helper {call}: {why}"))?;
        if crashed || self.crashes > crashes {
            return if crashed { self.crash() } else { Ok(()) };
        }
        match is_resting {
            true => self.on_the_way.push(ended(call, Some(used))),
            false => self.under_way.push(effect),
        }
        Ok(())
    }

    /// What the daemon does for a helper: begin it, hold it while its task is held, end it.
    fn guide(&mut self, helper: &mut World, call: CallId, is_wanted: bool) -> Result<(), String> {
        if helper.ledger.is_empty() {
            let Some(hired) = self.driver.task().helper(call) else { return Ok(()) };
            let standing = Standing { unplanned: true, ..Standing::default() };
            let mut made = create(standing, true);
            if let Input::Create { shares, budget, mind, .. } = &mut made {
                shares.clone_from(&hired.helper.shares);
                *budget = hired.helper.budget;
                *mind = MindRef::Model { provider: "seeded".to_owned(), model: "h".to_owned() };
            }
            let parent: TaskId = "aaaaaaaa".parse().map_err(|_| "a name".to_owned())?;
            let depth = self.driver.task().helper_of().map_or(0, |it| it.depth) + 1;
            let of = DelegateOf { parent, call, depth };
            return helper.step_with(Input::CreateHelper { create: Box::new(made), of }, false);
        }
        if !is_wanted {
            helper.step_with(Input::StopAsked, false)?;
        }
        let is_held = is_wanted && self.driver.task().is_paused();
        if is_held != helper.driver.task().is_paused() {
            let steer = if is_held { Steer::Paused } else { Steer::Resumed };
            helper.step_with(Input::Steer(steer), false)?;
        }
        for _ in 0..STEPS {
            if helper.driver.task().is_resting() {
                break;
            }
            helper.step()?;
        }
        let asks = helper.driver.task().questions().next().map(|(_, ask)| ask.text.clone());
        self.on_the_way.push(Input::Helper(DelegateInput::Waits { call, asks }));
        Ok(())
    }

    /// No helper is forgotten: each that was begun was hired, and rests when its task does.
    pub(crate) fn no_orphan(&self) -> Result<(), String> {
        for (call, helper) in &self.helpers {
            helper.no_orphan()?;
            let Some(hired) = self.driver.task().helper(*call) else {
                return Err(format!("helpers: {call} was begun and never hired"));
            };
            let is_resting = helper.driver.task().is_resting();
            if hired.used.is_none() || !is_resting && !helper.ledger.is_empty() {
                return Err(format!("helpers: {call} outlives its task"));
            }
        }
        match self.driver.task().helpers().find(|(_, hired)| hired.used.is_none()) {
            Some((call, _)) => Err(format!("helpers: {call} never ended for its task")),
            None => Ok(()),
        }
    }

    /// Nobody uses more than was granted, all helpers included.
    pub(crate) fn within_budget(&self) -> Result<(), String> {
        let task = self.driver.task();
        let open = task.helpers().filter(|(_, hired)| hired.used.is_none());
        let given: u64 = open.map(|(_, hired)| hired.helper.budget.tokens_max).sum();
        // One answer more for itself, one of a question on the side, and one for each that ended.
        let answers = 2 + self.asides() + task.helpers().count() as u64 * 2;
        let most = task.budget().tokens_max.saturating_add(answers * ANSWER_TOKENS_MAX);
        let used = task.spent().tokens.total();
        if task.has_model() && used.saturating_add(given) > most {
            return Err(format!("budget: {used} tokens used and {given} given of {most}"));
        }
        Ok(())
    }

    fn asides(&self) -> u64 {
        let aside = |event: &&task::Event| {
            matches!(event, task::Event::Steered { steer: Steer::AsideAsked { .. }, .. })
        };
        self.ledger.iter().filter(aside).count() as u64
    }
}

fn ended(call: CallId, used: Option<task::DelegateUse>) -> Input {
    Input::Helper(DelegateInput::Ended {
        call,
        used: used.unwrap_or_default(),
        outcome: Outcome::Done,
        result: Payload::Inline("\"helped\"".to_owned()),
    })
}
