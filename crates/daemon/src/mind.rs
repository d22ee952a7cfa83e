//! The mind of a task: its playbook's script, kept while it lives and replayed after a restart.

mod aside;
#[cfg(test)]
mod head_tests;
mod heard;
mod model;
mod recall;

pub(crate) use aside::AsideRefused;
pub(crate) use model::{ModelMind, picture};
pub(crate) use recall::recall;

use crate::store::{Store, StoreError};
use playbook::{Asked, Known, Limits, Script, ScriptInput, Step, Stopper};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError};
use task::{AskedCall, AskedKind, Budget, Call, CallState, Input, Outcome, Task, ToolAccess};

/// The mind of one task.
#[derive(Debug)]
pub(crate) struct Mind {
    store: Store,
    /// The script and how many calls it was given answers to.
    live: Arc<Mutex<Option<(Script, usize)>>>,
    /// Ends the thinking that `live` is locked for.
    stopper: Arc<Mutex<Option<Stopper>>>,
}

/// What a task's mind needs to know to go on.
#[derive(Debug, Clone)]
pub(crate) struct Matter {
    pub(crate) source: String,
    pub(crate) input: ScriptInput,
    pub(crate) budget: Budget,
}

impl Mind {
    pub(crate) fn new(store: Store) -> Self {
        Self { store, live: Arc::default(), stopper: Arc::default() }
    }

    /// Forgets the script; it can be replayed at any time. One that thinks is told to end, and not
    /// waited for: it may be inside of one long operation.
    pub(crate) fn rest(&self) {
        if let Some(stopper) = lock(&self.stopper).take() {
            stopper.stop();
        }
        match self.live.try_lock() {
            Ok(mut live) => *live = None,
            Err(TryLockError::Poisoned(live)) => *live.into_inner() = None,
            Err(TryLockError::WouldBlock) => (),
        }
    }

    /// Lets the mind go on from the record; returns what it wants as an input for its task.
    pub(crate) async fn think(&self, task: &Task, matter: Matter) -> Input {
        let is_repeatable = |tool: &str| tools::spec(tool).is_some_and(|spec| spec.is_repeatable);
        let record = task.record(is_repeatable);
        match record.again {
            Some(Ok(call)) => return Input::MindAsked { text: String::new(), calls: vec![call] },
            Some(Err(why)) => return Input::MindStuck { why },
            None => (),
        }
        let record = record.heard;
        let budget = matter.budget;
        let answered = record.len();
        let is_next = {
            let live = lock(&self.live);
            live.as_ref().is_some_and(|(_, given)| given + 1 == answered)
        };
        // The living script has heard all but the last result; a new one hears all of them.
        let unheard = if is_next { &record[answered - 1..] } else { &record[..] };
        let known: Result<Vec<Known>, String> = unheard.iter().map(|it| self.known(it)).collect();
        let known = match known {
            Ok(known) => known,
            Err(why) => return Input::EdgeFailed { why },
        };
        let (live, stopper) = (self.live.clone(), self.stopper.clone());
        let step = tokio::task::spawn_blocking(move || {
            let mut live = lock(&live);
            let mut script = match (live.take(), is_next) {
                (Some((mut script, _)), true) => {
                    if let Some(last) = known.into_iter().next() {
                        script.answer(last.outcome, &last.result_json);
                    }
                    script
                }
                (Some(_) | None, _) => {
                    let Matter { source, input, .. } = matter;
                    Script::start(&source, input, known, Limits::USUAL)
                }
            };
            let stop = script.stopper();
            *lock(&stopper) = Some(stop.clone());
            let step = script.next();
            // What was told to end is no one's any more.
            if !stop.is_stopped() {
                *live = Some((script, answered));
            }
            step
        });
        match step.await {
            Ok(Step::Ask(asked)) => self.asked(&asked, budget).await,
            Ok(Step::Finished { summary }) => Input::MindFinished { summary },
            Ok(Step::Stuck { why, .. }) => Input::MindStuck { why },
            Err(_) => Input::MindStuck { why: "the playbook's engine broke".to_owned() },
        }
    }

    fn known(&self, call: &Call) -> Result<Known, String> {
        let told = |error: StoreError| format!("what was recorded cannot be read: {error}");
        let args = self.store.unpack(&call.args).map_err(told)?;
        let asked = Asked::from_call(&call.tool, &args)
            .map_err(|_| format!("what was recorded of a call of {} cannot be read", call.tool))?;
        let result_json = match &call.result {
            Some(result) => self.store.unpack(result).map_err(told)?,
            None => "null".to_owned(),
        };
        let outcome = match call.state {
            CallState::Ended(outcome) => outcome,
            CallState::Waiting | CallState::Ready | CallState::Running => Outcome::Interrupted,
        };
        Ok(Known { asked, outcome, result_json })
    }

    async fn asked(&self, asked: &Asked, budget: Budget) -> Input {
        let (tool, args_json) = asked.to_call();
        let packed = match self.store.pack(args_json).await {
            Ok(packed) => packed,
            Err(error) => return Input::EdgeFailed { why: error.to_string() },
        };
        let kind = match asked {
            Asked::Plan(plan) => AskedKind::Plan(plan.to_plan(budget)),
            Asked::Question(ask) => AskedKind::Ask(ask.clone()),
            Asked::Step { key } => AskedKind::Step { key: key.clone() },
            Asked::Check { key, tool, args_json } => match tools::spec(tool) {
                Some(spec) if spec.access == ToolAccess::Read => {
                    match self.store.pack(args_json.clone()).await {
                        Ok(args) => AskedKind::Check { key: key.clone(), tool: tool.clone(), args },
                        Err(error) => return Input::EdgeFailed { why: error.to_string() },
                    }
                }
                Some(_) | None => {
                    AskedKind::Unusable { why: format!("{tool} is no tool that can check") }
                }
            },
            Asked::Tool { name, .. } => match tools::spec(name) {
                Some(spec) => AskedKind::Tool { access: spec.access },
                None => AskedKind::Unusable { why: format!("there is no tool called {name}") },
            },
        };
        Input::MindAsked {
            text: String::new(),
            calls: vec![AskedCall { tool, args: packed, kind }],
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
