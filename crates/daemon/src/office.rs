//! All tasks of this person: which are live, and how to reach each.

use crate::config::Config;
use crate::edges::Edges;
use crate::finder::Finder;
use crate::images::Images;
use crate::limits::{NEWS_WAITING_MAX, TASKS_LIVE_MAX};
use crate::live::{self, Live, Shared};
use crate::machines::Machines;
use crate::spares::Spares;
use crate::store::{Store, StoreError};
use crate::words;
use api::{ErrorKind, ItsMachineView, MachineView, RoomView, TaskLine, UserError};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, Weak};
use task::{Input, TaskId};
use tokio::sync::{broadcast, oneshot};
use tokio::task::{AbortHandle, JoinSet};

/// The tasks that are in memory, and the means to fetch the others.
#[derive(Debug)]
pub(crate) struct Office {
    store: Store,
    /// Replaced as a whole when the person changes a setting.
    config: Mutex<Arc<Config>>,
    tasks: Mutex<Tasks>,
    /// Names each task that changed; see `news`.
    changed: broadcast::Sender<TaskId>,
    /// Lines of tasks that are not in memory, each with the position it was folded up to.
    lines: Mutex<BTreeMap<TaskId, (u64, TaskLine)>>,
    spares: Arc<Spares>,
    /// For the edges, which begin helpers.
    me: Weak<Self>,
    images: Images,
    finder: Finder,
}

#[derive(Debug, Default)]
struct Tasks {
    live: BTreeMap<TaskId, InMemory>,
    /// Owns the loops.
    loops: JoinSet<()>,
}

#[derive(Debug, Clone)]
struct InMemory {
    live: Live,
    edges: Arc<Edges>,
    running: AbortHandle,
}

impl Office {
    pub(crate) fn new(store: Store, config: Arc<Config>) -> Arc<Self> {
        let changed = broadcast::Sender::new(NEWS_WAITING_MAX);
        let spares = Arc::new(Spares::new(config.clone()));
        let images = Images::new(config.clone(), Machines::new(config.clone(), spares.clone()));
        let (tasks, lines) = (Mutex::default(), Mutex::default());
        let config = Mutex::new(config);
        Arc::new_cyclic(|me| {
            let me = me.clone();
            Self {
                store,
                config,
                tasks,
                changed,
                lines,
                spares,
                me,
                images,
                finder: Finder::default(),
            }
        })
    }

    pub(crate) fn machines(&self) -> Machines {
        Machines::new(self.config(), self.spares.clone())
    }

    pub(crate) fn images(&self) -> &Images {
        &self.images
    }

    /// A task that is under way with this layer.
    pub(crate) fn user_of_layer(&self, name: &str) -> Option<TaskId> {
        let tasks = self.tasks();
        let uses = |it: &InMemory| {
            let has = |task: &task::Task| task.layers().iter().any(|layer| layer == name);
            !it.is_resting() && it.live.shared().read(|driver, _| has(driver.task()))
        };
        tasks.live.iter().find(|(_, it)| uses(it)).map(|(id, _)| id.clone())
    }

    /// What machines take on the disk.
    pub(crate) fn room(&self) -> RoomView {
        let config = self.config();
        let state = &config.place.state;
        let size = |folder: &Path| machine::system::folder_bytes(folder);
        let under_way = |id: &TaskId| self.tasks().live.get(id).is_some_and(|it| !it.is_resting());
        let ended = |name: &std::ffi::OsStr| {
            let id = name.to_str().and_then(|name| name.parse().ok());
            id.is_some_and(|id| !under_way(&id))
        };
        let tasks = std::fs::read_dir(state.join("tasks")).into_iter().flatten().flatten();
        let tasks = tasks.filter(|it| ended(&it.file_name()));
        let installed = tasks.map(|it| size(&it.path().join("system"))).sum();
        let disk = rustix::fs::statvfs(state).ok();
        RoomView {
            tasks_bytes: size(&state.join("tasks")),
            installed_bytes: installed,
            images_bytes: size(&config.images()),
            templates_bytes: size(&config.templates()),
            layers_bytes: size(&config.systems()),
            state_bytes: size(state),
            free_bytes: disk.map_or(0, |it| it.f_bavail.saturating_mul(it.f_frsize)),
        }
    }

    /// Sets aside what the task installed if it is not in memory, where nothing can begin
    /// meanwhile. Else its edges, which know whether a machine stands.
    pub(crate) fn resting_edges(
        &self,
        id: &TaskId,
        dir: &Path,
    ) -> std::io::Result<Option<Arc<Edges>>> {
        // Held, so that nobody takes the task up before it is done.
        let tasks = self.tasks();
        match tasks.live.get(id) {
            Some(it) => Ok(Some(it.edges.clone())),
            None => machine::system::discard(dir).map(|()| None),
        }
    }

    /// Has a machine wait for the next task.
    pub(crate) fn make_spare(&self) {
        self.spares.make();
    }

    /// What finds words in everything that was done.
    pub(crate) fn finder(&self) -> &Finder {
        &self.finder
    }

    pub(crate) fn store(&self) -> &Store {
        &self.store
    }

    /// The configuration as it is now; tasks keep that of their beginning.
    pub(crate) fn config(&self) -> Arc<Config> {
        self.config.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clone()
    }

    /// What begins from now on follows this one.
    pub(crate) fn follow(&self, config: Arc<Config>) {
        *self.config.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = config;
    }

    fn tasks(&self) -> MutexGuard<'_, Tasks> {
        self.tasks.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// The task's own folder on the host.
    pub(crate) fn task_dir(&self, id: &TaskId) -> PathBuf {
        self.config().place.state.join("tasks").join(id.as_str())
    }

    /// Takes up every task that was not at rest when the daemon last ended. A task that cannot be
    /// taken up is told in the log, and does not keep others from it.
    pub(crate) async fn take_up(&self) -> Result<(), StoreError> {
        for head in self.store.ledger().tasks()? {
            let Ok(id) = head.task.parse::<TaskId>() else { continue };
            // Most tasks are at rest, and their last event says so.
            let last = self.store.read(&id, head.last_seq.saturating_sub(1), 1);
            if last.is_ok_and(|last| last.iter().any(|it| it.event.leaves_at_rest())) {
                continue;
            }
            let is_resting = match self.store.read(&id, 0, usize::MAX) {
                Ok(stored) => {
                    let driver = task::Driver::resume(stored.iter().map(|it| &it.event));
                    driver.task().is_resting()
                }
                Err(error) => {
                    tracing::error!(task = %id, %error, "a task cannot be read");
                    continue;
                }
            };
            if !is_resting && let Err(error) = self.fetch(&id).await {
                tracing::error!(task = %id, %error, "a task cannot be taken up");
            }
        }
        Ok(())
    }

    /// The task with this id, fetched from the ledger if it is not in memory.
    pub(crate) async fn fetch(&self, id: &TaskId) -> Result<Live, UserError> {
        if let Some(known) = self.tasks().live.get(id) {
            return Ok(known.live.clone());
        }
        let stored = self.store.read(id, 0, usize::MAX).map_err(|error| words::store(&error))?;
        if stored.is_empty() {
            let what = format!("there is no task {id}");
            return Err(UserError::new(ErrorKind::User, "task-unknown", what)
                .next("`legwork list` shows all tasks"));
        }
        let begun = live::begin(id.clone(), self.store.clone(), &stored);
        self.settle(id, begun, Input::Restarted).await
    }

    /// Begins a new task; returns once its creation is stored.
    pub(crate) async fn create(&self, id: &TaskId, create: Input) -> Result<Live, UserError> {
        let live_now = self.tasks().live.values().filter(|it| !it.is_resting()).count();
        if live_now >= TASKS_LIVE_MAX {
            let what = format!("{TASKS_LIVE_MAX} tasks are under way already");
            return Err(UserError::new(ErrorKind::Unavailable, "tasks-many", what)
                .next("wait for one to end, or stop one with `legwork stop TASK`"));
        }
        let dir = self.task_dir(id);
        std::fs::create_dir_all(&dir).map_err(|error| {
            let what = format!("the task's folder {} cannot be made", dir.display());
            UserError::new(ErrorKind::Unavailable, "place-unusable", what).cause(error)
        })?;
        let begun = live::begin(id.clone(), self.store.clone(), &[]);
        self.settle(id, begun, create).await
    }

    async fn settle(
        &self,
        id: &TaskId,
        begun: live::Begun,
        first: Input,
    ) -> Result<Live, UserError> {
        let edges = Edges::new(
            self.store.clone(),
            self.config(),
            self.task_dir(id),
            self.machines(),
            self.me.clone(),
        );
        let edges = Arc::new(edges);
        let live = begun.live.clone();
        let (sender, ready) = oneshot::channel();
        {
            let mut tasks = self.tasks();
            if let Some(known) = tasks.live.get(id) {
                return Ok(known.live.clone());
            }
            tasks.forget_resting(RESTING_IN_MEMORY_MAX);
            tasks.loops.spawn(tell(live.shared(), self.changed.clone()));
            let running = tasks.loops.spawn(begun.run(edges.clone(), first, sender));
            let task = InMemory { live: live.clone(), edges, running };
            tasks.live.insert(id.clone(), task);
            while tasks.loops.try_join_next().is_some() {}
        }
        match ready.await {
            Ok(Ok(_)) => Ok(live),
            Ok(Err(error)) => {
                self.forget(id);
                Err(words::append(&error))
            }
            Err(_) => {
                self.forget(id);
                Err(UserError::new(ErrorKind::Bug, "task-broke", "the task's loop ended at once"))
            }
        }
    }

    fn forget(&self, id: &TaskId) {
        if let Some(task) = self.tasks().live.remove(id) {
            task.running.abort();
        }
    }

    /// Edges of a task in memory, for looking at its files.
    pub(crate) fn edges(&self, id: &TaskId) -> Option<Arc<Edges>> {
        self.tasks().live.get(id).map(|it| it.edges.clone())
    }

    /// All tasks, newest first.
    pub(crate) fn list(&self) -> Result<Vec<TaskLine>, StoreError> {
        let mut lines = vec![];
        for head in self.store.ledger().tasks()? {
            let Ok(id) = head.task.parse::<TaskId>() else { continue };
            let known = self.tasks().live.get(&id).map(|it| it.live.clone());
            let line = match known {
                Some(live) => {
                    live.shared().read(|driver, _| crate::views::line(id.as_str(), driver.task()))
                }
                None => self.stored_line(&id, head.last_seq)?,
            };
            lines.push(line);
        }
        Ok(lines)
    }

    fn stored_line(&self, id: &TaskId, last_seq: u64) -> Result<TaskLine, StoreError> {
        let known = || self.lines.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some((_, line)) = known().get(id).filter(|(seq, _)| *seq == last_seq) {
            return Ok(line.clone());
        }
        let stored = self.store.read(id, 0, usize::MAX)?;
        let driver = task::Driver::resume(stored.iter().map(|it| &it.event));
        let line = crate::views::line(id.as_str(), driver.task());
        known().insert(id.clone(), (last_seq, line.clone()));
        Ok(line)
    }

    /// Hears of every task that changes from now on.
    pub(crate) fn changed(&self) -> broadcast::Receiver<TaskId> {
        self.changed.subscribe()
    }

    /// What a task in memory shares with readers.
    pub(crate) fn in_memory(&self, id: &TaskId) -> Option<Arc<Shared>> {
        self.tasks().live.get(id).map(|it| it.live.shared().clone())
    }

    /// The line of a task in memory.
    pub(crate) fn line(&self, id: &TaskId) -> Option<TaskLine> {
        let shared = self.in_memory(id)?;
        Some(shared.read(|driver, _| crate::views::line(id.as_str(), driver.task())))
    }

    /// What each task keeps on this computer, newest first.
    pub(crate) async fn machine_views(&self) -> Result<Vec<MachineView>, UserError> {
        let mut views = vec![];
        for line in self.list().map_err(|error| words::store(&error))? {
            let Ok(id) = line.id.parse::<TaskId>() else { continue };
            views.extend(self.machine_view(&id, line.request).await);
        }
        Ok(views)
    }

    /// `None` only where counting broke off.
    async fn machine_view(&self, id: &TaskId, request: String) -> Option<MachineView> {
        let dir = self.task_dir(id);
        let used = tokio::task::spawn_blocking(move || machine::system::du(&dir)).await.ok()?;
        let known = self.tasks().live.get(id).cloned();
        let isolation =
            known.as_ref().map(|it| it.live.shared().read(|driver, _| driver.task().isolation()));
        let is_running = match &known {
            Some(it) => it.edges.has_machine().await,
            None => false,
        };
        Some(MachineView {
            task: id.to_string(),
            request,
            is_running,
            isolation: isolation.unwrap_or_default(),
            folders_bytes: used.shares_bytes,
            system_bytes: used.system_bytes,
            files: used.files,
        })
    }

    /// One task's machine, and what runs in it.
    pub(crate) async fn its_machine(&self, id: &TaskId) -> Result<ItsMachineView, UserError> {
        let live = self.fetch(id).await?;
        let request = live.shared().read(|driver, _| driver.task().request().to_owned());
        let Some(machine) = self.machine_view(id, request).await else {
            let what = "what the task has on the disk could not be counted";
            return Err(UserError::new(ErrorKind::Bug, "room-uncounted", what));
        };
        let told = match self.edges(id) {
            Some(edges) => edges.programs().await,
            None => None,
        };
        let (programs, are_more, untold) = match told {
            Some(Ok((programs, are_more))) => (programs, are_more, None),
            Some(Err(why)) => (vec![], false, Some(why)),
            None => (vec![], false, None),
        };
        Ok(ItsMachineView { machine, programs, are_more, untold })
    }

    /// Does work that nobody has to wait for; it is dropped when the daemon ends.
    pub(crate) fn keep(&self, work: impl Future<Output = ()> + Send + 'static) {
        self.tasks().loops.spawn(work);
    }

    /// Tasks that are not at rest.
    pub(crate) fn live_count(&self) -> u64 {
        self.tasks().live.values().filter(|it| !it.is_resting()).count() as u64
    }

    /// Ends all loops and shuts all machines. What was under way is taken up at the next start.
    pub(crate) async fn shut(&self) {
        let (tasks, mut loops) = {
            let mut tasks = self.tasks();
            (std::mem::take(&mut tasks.live), std::mem::take(&mut tasks.loops))
        };
        loops.abort_all();
        while loops.join_next().await.is_some() {}
        for task in tasks.values() {
            task.edges.shut().await;
        }
        self.spares.shut();
    }
}

/// Tells that a task changed, for as long as it is in memory.
fn tell(shared: &Shared, changed: broadcast::Sender<TaskId>) -> impl Future<Output = ()> + use<> {
    let (id, mut seq) = (shared.id.clone(), shared.changes());
    async move {
        while seq.changed().await.is_ok() {
            // No window is open: nobody to tell.
            let _ = changed.send(id.clone());
        }
    }
}

/// Tasks at rest that stay in memory.
const RESTING_IN_MEMORY_MAX: usize = 16;

impl InMemory {
    fn is_resting(&self) -> bool {
        self.live.shared().read(|driver, _| driver.task().is_resting())
    }
}

impl Tasks {
    fn forget_resting(&mut self, keep: usize) {
        let resting: Vec<TaskId> =
            self.live.iter().filter(|(_, it)| it.is_resting()).map(|(id, _)| id.clone()).collect();
        for id in resting.into_iter().skip(keep) {
            if let Some(task) = self.live.remove(&id) {
                task.running.abort();
            }
        }
    }
}
