//! Machines that wait for the next task, so that the task need not wait for them.

use crate::config::Config;
use crate::limits::{PLACES_LEARNT_MAX, SPARE_VM_AFTER, SPARE_VM_KEPT};
use machine::{Jail, JailSpec, Spare, SpareSpec, StartError, Vm, VmSpare, VmSpec};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::task::JoinSet;

/// At most one of a kind waits. Whatever it is not fit for gets a machine of its own.
#[derive(Debug)]
pub(crate) struct Spares {
    config: Arc<Config>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    waiting: Option<Spare>,
    /// Folders in which tasks had theirs, beside the home; the latest first.
    places: Vec<PathBuf>,
    /// Owns the making of the next one.
    making: JoinSet<()>,
    /// Only for some time after a task had one: it takes memory that others may want.
    waiting_vm: Option<VmSpare>,
    /// Owns the making of the next one, and its end.
    making_vm: JoinSet<()>,
}

impl Spares {
    pub(crate) fn new(config: Arc<Config>) -> Self {
        Self { config, state: Mutex::default() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A machine for a task: the one that waits, if it is fit, else a new one.
    pub(crate) async fn start(self: &Arc<Self>, spec: &JailSpec) -> Result<Jail, StartError> {
        let spare = self.state().waiting.take();
        let jail = match spare {
            Some(spare) => spare.hand_over(spec).await,
            None => Jail::start(spec).await,
        };
        if jail.is_ok() {
            self.learn(spec);
            self.make();
        }
        jail
    }

    /// The same of a VM.
    pub(crate) async fn start_vm(self: &Arc<Self>, spec: &VmSpec) -> Result<Vm, StartError> {
        let spare = {
            let mut state = self.state();
            state.making_vm.abort_all();
            state.waiting_vm.take()
        };
        let vm = match spare {
            Some(spare) => spare.hand_over(spec).await,
            None => Vm::start(spec).await,
        };
        if vm.is_ok() {
            self.make_vm(spec.clone());
        }
        vm
    }

    fn make_vm(self: &Arc<Self>, spec: VmSpec) {
        let tasks = self.config.place.state.join("tasks");
        let spares = self.clone();
        let mut state = self.state();
        while state.making_vm.try_join_next().is_some() {}
        state.making_vm.spawn(async move {
            // The task that has just begun has more use for the processor.
            tokio::time::sleep(SPARE_VM_AFTER).await;
            if let Ok(spare) = VmSpare::start(&spec, &tasks).await {
                spares.state().waiting_vm = Some(spare);
                tokio::time::sleep(SPARE_VM_KEPT).await;
                spares.state().waiting_vm = None;
            }
        });
    }

    /// Where this task's folders lie the next one's may lie too.
    fn learn(&self, spec: &JailSpec) {
        let home = &self.config.place.home;
        let mut state = self.state();
        for share in spec.shares.iter().filter(|share| !share.host.starts_with(home)) {
            let Some(place) = share.host.parent().filter(|it| it.parent().is_some()) else {
                continue;
            };
            if !state.places.iter().any(|known| place.starts_with(known)) {
                state.places.insert(0, place.to_owned());
                state.places.truncate(PLACES_LEARNT_MAX);
            }
        }
    }

    /// Begins to make the next one, unless one waits or is being made.
    pub(crate) fn make(self: &Arc<Self>) {
        let Ok(guest) = self.config.guest().map(ToOwned::to_owned) else { return };
        let mut state = self.state();
        while state.making.try_join_next().is_some() {}
        if state.waiting.is_some() || !state.making.is_empty() {
            return;
        }
        let home = self.config.place.home.clone();
        let places = std::iter::once(home).chain(state.places.iter().cloned()).collect();
        let tasks = self.config.place.state.join("tasks");
        let spec = SpareSpec {
            guest,
            bwrap: self.config.bwrap.clone(),
            tasks,
            places,
            // Made for the first task that needs it; who runs none is spared it.
            systems: Some(self.config.systems()).filter(|it| it.join("grounds").is_dir()),
            programs: self.config.machine_programs.clone(),
        };
        let spares = self.clone();
        state.making.spawn(async move {
            // A computer that can make none says so when a task needs one.
            if std::fs::create_dir_all(&spec.tasks).is_ok()
                && let Ok(spare) = Spare::start(&spec).await
            {
                spares.state().waiting = Some(spare);
            }
        });
    }

    /// Ends what waits.
    pub(crate) fn shut(&self) {
        let mut state = self.state();
        state.making.abort_all();
        state.making_vm.abort_all();
        state.waiting = None;
        state.waiting_vm = None;
    }
}
