//! Helpers: tasks that a task has started, each with a context, a machine, a narrower boundary and
//! a share of the budget of its own.
//!
//! ```text
//! parent:  HelperHired ── RunCall: the helper lives ──► HelperEnded + CallEnded
//!                │ stopped meanwhile                         ▲
//!                └──────────► EndHelper ─────────────────────┘ before Seal
//! ```
//!
//! A helper outlives the daemon as every task does, so its call is never interrupted by a restart:
//! it is taken up again. What it was given of the budget is the parent's no more until it ended,
//! and then what it used is the parent's use.

use crate::event::{Event, Outcome, Payload, Share, ShareAccess};
use crate::id::{CallId, TaskId, TimeMs};
use crate::input::Input;
use crate::limits;
use crate::model::{Spent, TokenUse};
use crate::plan::Budget;
use crate::state::{CallState, Phase, Task};
use serde::{Deserialize, Serialize};

/// What a mind wants a helper for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DelegateWish {
    pub request: String,
    /// By their names; all that the task has, only to read, when there are none.
    pub shares: Vec<(String, ShareAccess)>,
    /// Percent of what is left of the budget.
    pub percent: u64,
    /// A model for cheap work will do.
    pub is_cheap: bool,
    /// Its machine may reach what the task's may, instead of nothing.
    pub has_network: bool,
}

/// A helper as it was hired.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delegate {
    pub request: String,
    pub shares: Vec<Share>,
    pub budget: Budget,
    pub is_cheap: bool,
    pub has_network: bool,
}

/// Whose helper a task is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DelegateOf {
    pub parent: TaskId,
    pub call: CallId,
    /// 1 for the helper of a task that is nobody's helper.
    pub depth: u32,
}

/// What a helper used in all.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DelegateUse {
    pub calls: u32,
    pub turns: u32,
    pub tokens: TokenUse,
    pub cost_usd_micros: u64,
    pub unpriced: u32,
}

/// What an edge brings of a helper.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DelegateInput {
    /// It waits for the person, or no more.
    Waits { call: CallId, asks: Option<String> },
    /// It rests.
    Ended { call: CallId, used: DelegateUse, outcome: Outcome, result: Payload },
}

/// A helper as its parent knows it.
#[derive(Debug, Clone)]
pub struct Hired {
    pub helper: Delegate,
    /// What it asks the person, while it waits.
    pub asks: Option<String>,
    /// `None` while it lives.
    pub used: Option<DelegateUse>,
}

impl TaskId {
    /// The name of the helper that `call` of this task has: always the same, so that it is never
    /// begun twice. FNV-1a, folded to 40 bits.
    pub fn of_helper(&self, call: CallId) -> Self {
        let text = format!("{self}/{call}");
        let hash = text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        let [a, b, c, bits @ ..] = hash.to_be_bytes();
        let [v, w, x, y, z] = bits;
        Self::from_bits([v ^ a, w ^ b, x ^ c, y, z])
    }
}

impl Task {
    /// Whose helper it is; `None`: nobody's.
    pub fn helper_of(&self) -> Option<&DelegateOf> {
        self.helper_of.as_ref()
    }

    /// All helpers that it ever had, by their calls.
    pub fn helpers(&self) -> impl Iterator<Item = (CallId, &Hired)> {
        self.helpers.iter().map(|(call, hired)| (*call, hired))
    }

    pub fn helper(&self, call: CallId) -> Option<&Hired> {
        self.helpers.get(&call)
    }

    /// Helpers that live, or are yet to.
    pub(crate) fn open_helpers(&self) -> impl Iterator<Item = CallId> {
        self.helpers.iter().filter(|(_, it)| it.used.is_none()).map(|(call, _)| *call)
    }

    pub(crate) fn has_open_helper(&self, call: CallId) -> bool {
        self.helpers.get(&call).is_some_and(|it| it.used.is_none())
    }

    /// What it used so far, as it is told to the task whose helper it is.
    pub fn helper_use(&self) -> DelegateUse {
        let Spent { tokens, cost_usd_micros, unpriced } = self.spent();
        let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        let of_helpers = self.used_by_helpers();
        DelegateUse {
            calls: number(self.calls.len()).saturating_add(of_helpers.calls),
            turns: self.turns.saturating_add(of_helpers.turns),
            tokens,
            cost_usd_micros,
            unpriced,
        }
    }

    /// Calls and turns of helpers that ended; tokens and money stand in `spent`.
    pub(crate) fn used_by_helpers(&self) -> DelegateUse {
        self.helpers.values().filter_map(|it| it.used).fold(DelegateUse::default(), |sum, it| {
            let (calls, turns) =
                (sum.calls.saturating_add(it.calls), sum.turns.saturating_add(it.turns));
            DelegateUse { calls, turns, ..sum }
        })
    }

    /// What is left of the budget when helpers that live use all that they have; `hired` are those
    /// of the same answer.
    fn left(&self, hired: &[Event], now: TimeMs) -> Budget {
        let all = self.budget();
        let used = self.helper_use();
        let same_answer = hired.iter().filter_map(|event| match event {
            Event::HelperHired { helper, .. } => Some(helper.budget),
            _ => None,
        });
        let open = self.helpers.values().filter(|it| it.used.is_none());
        let given: Vec<Budget> = open.map(|it| it.helper.budget).chain(same_answer).collect();
        let sum = |of: fn(&Budget) -> u64| given.iter().map(of).fold(0, u64::saturating_add);
        let less = |all: u32, used: u32, of: fn(&Budget) -> u64| {
            let left = u64::from(all.saturating_sub(used)).saturating_sub(sum(of));
            u32::try_from(left).unwrap_or(u32::MAX)
        };
        Budget {
            calls_max: less(all.calls_max, used.calls, |it| u64::from(it.calls_max)),
            turns_max: less(all.turns_max, used.turns, |it| u64::from(it.turns_max)),
            // Helpers work side by side: each may take as long as there is.
            work_ms_max: all.work_ms_max.saturating_sub(self.work_ms(now)),
            tokens_max: all
                .tokens_max
                .saturating_sub(used.tokens.total())
                .saturating_sub(sum(|it| it.tokens_max)),
            cost_usd_micros_max: all
                .cost_usd_micros_max
                .saturating_sub(used.cost_usd_micros)
                .saturating_sub(sum(|it| it.cost_usd_micros_max)),
        }
    }

    /// Hires, or says why not.
    pub(crate) fn hire(
        &self,
        call: CallId,
        wish: DelegateWish,
        now: TimeMs,
        events: &[Event],
    ) -> Result<Event, String> {
        let depth = self.helper_of.as_ref().map_or(0, |it| it.depth);
        if depth >= limits::HELPER_DEPTH_MAX {
            return Err("a helper of a helper can't have helpers; do it yourself".to_owned());
        }
        let now_hired = events.iter().filter(|it| matches!(it, Event::HelperHired { .. })).count();
        if self.helpers.len() + now_hired >= limits::HELPERS_MAX {
            return Err(format!("a task may have {} helpers in all", limits::HELPERS_MAX));
        }
        if self.open_helpers().count() + now_hired >= limits::HELPERS_AT_ONCE_MAX {
            let max = limits::HELPERS_AT_ONCE_MAX;
            return Err(format!("{max} helpers at once are the most; ask again when some ended"));
        }
        let shares = self.shares_for(&wish.shares)?;
        let budget = self.left(events, now).percent(wish.percent);
        if budget.calls_max == 0 || budget.turns_max == 0 || budget.tokens_max == 0 {
            return Err("too little of the budget is left for a helper".to_owned());
        }
        let DelegateWish { request, is_cheap, has_network, .. } = wish;
        let helper = Delegate { request, shares, budget, is_cheap, has_network };
        Ok(Event::HelperHired { call, helper })
    }

    /// A helper sees no more than the task does, and writes only where the task may.
    fn shares_for(&self, wished: &[(String, ShareAccess)]) -> Result<Vec<Share>, String> {
        if wished.is_empty() {
            let read = |share: &Share| Share { access: ShareAccess::Read, ..share.clone() };
            return Ok(self.shares().iter().map(read).collect());
        }
        let mut shares: Vec<Share> = vec![];
        for (name, access) in wished {
            let Some(share) = self.shares().iter().find(|it| it.name == *name) else {
                return Err(format!("no folder is called {name:?}"));
            };
            let may_write = share.access == ShareAccess::Write
                && self.boundary.as_ref().is_some_and(|it| it.writes.contains(name));
            if *access == ShareAccess::Write && !may_write {
                return Err(format!("you may not write in {name:?}, so no helper may"));
            }
            if shares.iter().any(|it| it.name == *name) {
                return Err(format!("{name:?} is named twice"));
            }
            shares.push(Share { access: *access, ..share.clone() });
        }
        Ok(shares)
    }

    /// A task is begun as the helper of another: narrower than that, within what a person granted.
    pub(crate) fn create_helper(&self, create: Input, of: DelegateOf, now: TimeMs) -> Vec<Event> {
        let mut events = self.decide(create, now);
        if !events.is_empty() {
            events.insert(1, Event::BecameHelper { of });
        }
        events
    }

    pub(crate) fn decide_helper(&self, input: DelegateInput, now: TimeMs) -> Vec<Event> {
        match input {
            DelegateInput::Waits { call, asks } => {
                let hired = self.helpers.get(&call);
                let is_new = hired.is_some_and(|it| it.used.is_none() && it.asks != asks);
                if is_new { vec![Event::HelperWaits { call, asks, at: now }] } else { vec![] }
            }
            DelegateInput::Ended { call, used, outcome, result } => {
                if !self.has_open_helper(call) {
                    return vec![];
                }
                let mut events = vec![Event::HelperEnded { call, used, at: now }];
                let is_open = self
                    .call(call)
                    .is_some_and(|it| matches!(it.state, CallState::Ready | CallState::Running));
                if is_open && self.phase == Phase::Calling {
                    events.push(Event::CallEnded { call, outcome, result, at: now });
                }
                events
            }
        }
    }

    pub(crate) fn apply_helper(&mut self, event: &Event) {
        match event {
            Event::BecameHelper { of } => self.helper_of = Some(of.clone()),
            Event::HelperHired { call, helper } => {
                let hired = Hired { helper: helper.clone(), asks: None, used: None };
                self.helpers.insert(*call, hired);
            }
            Event::HelperWaits { call, asks, .. } => {
                if let Some(hired) = self.helpers.get_mut(call) {
                    hired.asks.clone_from(asks);
                }
            }
            Event::HelperEnded { call, used, .. } => {
                if let Some(hired) = self.helpers.get_mut(call) {
                    hired.asks = None;
                    hired.used = Some(*used);
                }
                self.model.spent.add(used.tokens, Some(used.cost_usd_micros));
                self.model.spent.unpriced += used.unpriced;
            }
            _ => (),
        }
    }
}

impl Budget {
    fn percent(self, percent: u64) -> Self {
        let percent = percent.min(100);
        let of = |all: u64| {
            let part = u128::from(all) * u128::from(percent) / 100;
            u64::try_from(part).unwrap_or(u64::MAX)
        };
        let small = |all: u32| u32::try_from(of(u64::from(all))).unwrap_or(u32::MAX);
        Self {
            calls_max: small(self.calls_max),
            turns_max: small(self.turns_max),
            work_ms_max: self.work_ms_max,
            tokens_max: of(self.tokens_max),
            cost_usd_micros_max: of(self.cost_usd_micros_max),
        }
    }
}
