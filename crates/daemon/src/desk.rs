//! What the daemon does for its clients: each route's work, by way of the task it is about.

use crate::edges::Edges;
use crate::limits::{FILE_BYTES_MAX, LAYERS_MAX, LOG_PAGE, SHARES_MAX};
use crate::live::{Live, Shared};
use crate::look::Looker;
use crate::managed::Managed;
use crate::memory::Memory;
use crate::models::Named;
use crate::network::Network;
use crate::office::Office;
use crate::push::Push;
use crate::reading::Room;
use crate::{
    artifact, clock, diff, doctor, export, layers, news, offers, outside, picker, provenance,
    review, skills, steering, views, words,
};
use api::KeysBody;
use api::{
    AnswerBody, ApplyBody, AsideBody, AsideView, ChangesView, CreateBody, Desk, DiffView,
    DoctorView, EgressGrantBody, EgressWordsBody, EgressWordsView, ErrorKind, EventStream,
    FileAsked, FileBytes, FolderSpec, FoldersView, LogEntry, LookView, MemoryBody, MemoryView,
    ModelsView, NewsStream, OffersView, PageAsked, Phones, PlanBody, PlanDecisionBody, PushBody,
    PushOwner, PushPlace, PushView, Pushing, SayBody, Steering, SwitchBody, TaskLine, TaskView,
    UserError, VersionView,
};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use task::provenance::Provenance;
use task::{
    ApplyRefusal, CallId, EgressAskId, EgressDecision, EgressInput, Input, MachineWish, MindRef,
    QuestionId, Share, ShareAccess, TaskId, limits,
};
use tokio::sync::Notify;
use tools::ToolKind;
use wire::PathText;

type Answer<T> = Result<T, UserError>;

/// What no playbook can do, as errors of the choice: a model may.
const MODEL_MAY: [&str; 2] = ["request-unmatched", "request-conditional"];

/// The daemon as its clients meet it.
#[derive(Debug)]
pub(crate) struct FrontDesk {
    pub(crate) office: Arc<Office>,
    ending: Arc<Notify>,
    room: Room,
    pub(crate) phones: Arc<Phones>,
    push: Arc<Push>,
}

impl FrontDesk {
    pub(crate) fn new(
        office: Arc<Office>,
        ending: Arc<Notify>,
        phones: Arc<Phones>,
        push: Arc<Push>,
    ) -> Self {
        Self { office, ending, room: Room::default(), phones, push }
    }

    pub(crate) async fn bring(&self, live: &Live, input: Input) -> Answer<usize> {
        live.bring(input).await.map_err(|error| words::append(&error))
    }

    /// Waits until nothing is being applied or undone.
    async fn settled(&self, live: &Live) {
        let mut seq = live.shared().changes();
        while live.shared().read(|driver, _| driver.task().is_applying()) {
            if seq.changed().await.is_err() {
                return;
            }
        }
    }

    /// The named model, else the playbook that fits the whole request, else the model that is usual
    /// here.
    async fn mind(&self, request: &str, body: &CreateBody) -> Answer<MindRef> {
        let models = self.office.config().models.clone();
        let of = |named: Named| MindRef::Model { provider: named.provider, model: named.model };
        if let Some(named) = &body.model {
            let chosen = models.choose(Some(named)).await?;
            return chosen.map(of).ok_or_else(|| crate::models::unknown(named, &[]));
        }
        let named = body.playbook.as_deref();
        let skill = match skills::choose(&self.office.config(), request, &body.folders, named) {
            Ok(skill) => skill,
            Err(error) if MODEL_MAY.contains(&error.code.as_str()) => {
                return models.choose(None).await?.map(of).ok_or(error);
            }
            Err(error) => return Err(error),
        };
        let source = self.office.store().put_now(skill.source.into_bytes()).await;
        let source = source.map_err(|error| words::store(&error))?;
        Ok(MindRef::Playbook { name: skill.name, source })
    }

    fn share(&self, spec: &FolderSpec, shares: &[Share]) -> Answer<Share> {
        let bytes = PathText(spec.path.clone()).to_bytes().map_err(|error| {
            UserError::new(ErrorKind::User, "folder-name", "a folder's name cannot be understood")
                .cause(error)
        })?;
        let path = PathBuf::from(std::ffi::OsString::from_vec(bytes));
        let shown = PathText::from_bytes(path.as_os_str().as_bytes());
        let refuse = |code: &str, why: &str| {
            UserError::new(ErrorKind::User, code, format!("{shown} cannot be handed to a task"))
                .cause(why)
        };
        let real = path.canonicalize().map_err(|error| {
            refuse("folder-missing", &error.to_string()).next("name a folder that exists")
        })?;
        if !real.is_dir() {
            return Err(
                refuse("folder-missing", "it is no folder").next("name the folder it is in")
            );
        }
        let config = self.office.config();
        let place = &config.place;
        if ["/proc", "/sys", "/dev"].iter().any(|system| real.starts_with(system)) {
            return Err(refuse("folder-of-system", "what is there are not files, or not yours")
                .next("name a folder inside your home folder"));
        }
        if place.home.starts_with(&real) || place.overlaps(&real) {
            return Err(refuse("folder-too-wide", "it holds Legwork's own files or all you have")
                .next("name a folder inside your home folder"));
        }
        self.network().policy()?.folder(&real)?;
        let host = PathText::from_bytes(real.as_os_str().as_bytes()).0;
        let nested = shares.iter().find(|share| {
            let other = Path::new(&share.host);
            other.starts_with(&host) || Path::new(&host).starts_with(other)
        });
        if nested.is_some_and(|other| other.host == host) {
            return Err(refuse("folders-nested", "it is named twice").next("name it once"));
        }
        if let Some(other) = nested {
            return Err(refuse("folders-nested", &format!("{} is handed over too", other.host))
                .next("name only the outer one of the two"));
        }
        Ok(Share { name: share_name(&real, shares), host, access: spec.access })
    }
}

/// The folder's own name, made safe and unlike the others.
fn share_name(path: &Path, shares: &[Share]) -> String {
    const NAME_CHARS_MAX: usize = 40;
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let safe = |letter: char| {
        if letter.is_alphanumeric() || "-_.".contains(letter) { letter } else { '-' }
    };
    let name: String = name.chars().map(safe).take(NAME_CHARS_MAX).collect();
    let name = name.trim_matches(['-', '.']);
    let name = if name.is_empty() { "folder" } else { name };
    let taken = |name: &str| shares.iter().any(|share| share.name == name);
    let numbered = (2..).map(|number| format!("{name}-{number}"));
    let mut names = [name.to_owned()].into_iter().chain(numbered);
    names.find(|name| !taken(name)).expect("there are more numbers than folders")
}

impl FrontDesk {
    /// What reading a file of a task in a machine needs of it.
    fn reads(&self, task: &TaskId) -> Answer<(Arc<Edges>, PathBuf)> {
        let edges = self
            .office
            .edges(task)
            .ok_or_else(|| UserError::new(ErrorKind::Bug, "task-broke", "the task was put away"))?;
        Ok((edges, self.office.task_dir(task)))
    }

    fn looker<'a>(
        &'a self,
        edges: &'a Edges,
        dir: &'a Path,
        shared: &'a Arc<Shared>,
    ) -> Looker<'a> {
        Looker { room: &self.room, edges, store: self.office.store(), dir, shared }
    }

    fn kept_memory(&self) -> Answer<Memory> {
        let config = self.office.config();
        Managed::read(&config.policy_file)?.memory()?;
        Ok(Memory::new(&config.place))
    }

    pub(crate) fn network(&self) -> Network {
        Network::new(self.office.config())
    }

    pub(crate) async fn rules_changed(&self, id: &TaskId, live: &Live) -> Answer<()> {
        let task = live.shared().read(|driver, _| driver.task().clone());
        match self.office.edges(id) {
            Some(edges) => edges.rules_changed(&task).await,
            None => Ok(()),
        }
    }

    fn machine_allowed(&self, wish: MachineWish) -> Answer<MachineWish> {
        self.network().policy()?.machine(wish)
    }

    /// The machine that a new task gets, and the layers below what it installs itself.
    fn made_of(&self, body: &CreateBody) -> Answer<(MachineWish, Vec<String>)> {
        let machine = self.machine_allowed(body.machine)?;
        if body.with.is_empty() {
            return Ok((machine, vec![]));
        }
        let error = |what: &str| UserError::new(ErrorKind::User, "layer-unfit", what);
        if machine == MachineWish::Vm {
            return Err(error("a virtual machine takes no layers")
                .cause("its system is that of its image")
                .next("leave `--with` out, or say `--machine jail`"));
        }
        if body.with.len() > LAYERS_MAX {
            return Err(error("that are more layers than a task takes"));
        }
        Ok((MachineWish::Jail, layers::with_all_below(&self.office, &body.with)?))
    }

    /// What is decided for all tasks is kept before it is an event: else a crash between the two
    /// would lose it.
    fn keep_for_all(&self, live: &Live, ask: EgressAskId, answer: &str) -> Answer<()> {
        let decision = EgressDecision::parse(answer);
        let rule = live.shared().read(|driver, _| {
            let asks = driver.task().egress_asks();
            let asked = asks.get((ask.0 as usize).wrapping_sub(1))?;
            asked.decision.is_none().then(|| asked.attempt.rule.clone())
        });
        match (rule, decision) {
            (Some(rule), Some(EgressDecision::Always)) => self.network().keep(&rule, true),
            (Some(rule), Some(EgressDecision::Never)) => self.network().keep(&rule, false),
            _ => Ok(()),
        }
    }
}

impl Desk for FrontDesk {
    fn version(&self) -> VersionView {
        VersionView {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            pid: std::process::id(),
            tasks_live: self.office.live_count(),
        }
    }

    fn shut(&self) {
        self.ending.notify_one();
    }

    async fn offers(&self) -> Answer<OffersView> {
        Ok(offers::look(&self.office.config()).await)
    }

    async fn models(&self) -> Answer<ModelsView> {
        Ok(self.office.config().models.view().await)
    }

    async fn doctor(&self) -> Answer<DoctorView> {
        Ok(doctor::examine(&self.office).await)
    }

    async fn create(&self, body: CreateBody) -> Answer<TaskView> {
        let request = body.request.trim();
        if request.is_empty() || request.len() > limits::REQUEST_BYTES_MAX {
            let what = "the request is empty or too long";
            return Err(UserError::new(ErrorKind::User, "request-bad", what)
                .next("say in a sentence what should be there at the end"));
        }
        if body.folders.is_empty() || body.folders.len() > SHARES_MAX {
            let what = format!("a task needs 1 to {SHARES_MAX} folders");
            return Err(UserError::new(ErrorKind::User, "folders-count", what)
                .next("name one with `--folder DIR`"));
        }
        self.network().check(&body.egress)?;
        let (machine, layers) = self.made_of(&body)?;
        let mind = self.mind(request, &body).await?;
        let mut shares = vec![];
        for folder in &body.folders {
            shares.push(self.share(folder, &shares)?);
        }
        if !shares.iter().any(|share| share.access == ShareAccess::Write) {
            tracing::info!("a task was handed read-only folders only");
        }
        let mut bits = [0; 5];
        getrandom::fill(&mut bits).map_err(|error| {
            let what = "the system gave no random number";
            UserError::new(ErrorKind::Unavailable, "no-random", what).cause(error)
        })?;
        let id = TaskId::from_bits(bits);
        let create = Input::Create {
            request: request.to_owned(),
            shares,
            mind,
            standing: body.standing,
            budget: self.network().policy()?.budget(self.office.config().budget),
            machine,
            egress: body.egress,
            layers,
        };
        let live = self.office.create(&id, create).await?;
        Ok(views::whole(live.shared()))
    }

    async fn memory(&self) -> Answer<MemoryView> {
        self.kept_memory()?.view()
    }

    async fn set_memory(&self, body: MemoryBody) -> Answer<MemoryView> {
        self.kept_memory()?.replace(&body)
    }

    async fn egress_words(&self, body: EgressWordsBody) -> Answer<EgressWordsView> {
        self.network().words(&body.words).await
    }

    async fn allow(&self, task: TaskId, body: EgressGrantBody) -> Answer<TaskView> {
        self.network().check(&body.rules)?;
        let live = self.office.fetch(&task).await?;
        if self.bring(&live, EgressInput::Granted(body.rules).into()).await? == 0 {
            let what = format!("task {task} takes no more rules");
            return Err(UserError::new(ErrorKind::User, "egress-settled", what)
                .cause("it has them already, it is at rest, or it has as many as a task may have")
                .next(format!("`legwork show {task}` shows what it may reach")));
        }
        self.rules_changed(&task, &live).await?;
        Ok(views::whole(live.shared()))
    }

    async fn list(&self) -> Answer<Vec<TaskLine>> {
        self.office.list().map_err(|error| words::store(&error))
    }

    async fn show(&self, task: TaskId) -> Answer<TaskView> {
        Ok(views::whole(self.office.fetch(&task).await?.shared()))
    }

    async fn watch(&self, task: TaskId, after: u64) -> Answer<EventStream> {
        let live = self.office.fetch(&task).await?;
        Ok(crate::watching::stream(live.shared().clone(), after))
    }

    async fn news(&self, followed: Vec<(TaskId, u64)>) -> Answer<NewsStream> {
        let mut tasks = Vec::with_capacity(followed.len());
        for (task, after) in followed {
            // One that is gone or damaged must not silence all others; who shows it asks for it and
            // hears why.
            if let Ok(live) = self.office.fetch(&task).await {
                tasks.push((live.shared().clone(), after));
            }
        }
        Ok(news::stream(self.office.clone(), tasks))
    }

    async fn folders(&self, path: Option<String>) -> Answer<FoldersView> {
        let config = self.office.config();
        let looked = tokio::task::spawn_blocking(move || picker::look(&config, path)).await;
        looked.unwrap_or_else(|why| {
            let what = "the folders could not be listed";
            Err(UserError::new(ErrorKind::Bug, "folders-unlisted", what).cause(why))
        })
    }

    async fn handed_by_phone(&self, folders: Vec<FolderSpec>) -> Answer<()> {
        let config = self.office.config();
        let looked =
            tokio::task::spawn_blocking(move || picker::handed_by_phone(&config, &folders)).await;
        looked.unwrap_or_else(|why| {
            let what = "the folders could not be listed";
            Err(UserError::new(ErrorKind::Bug, "folders-unlisted", what).cause(why))
        })
    }

    async fn is_for_all(&self, task: TaskId, question: QuestionId) -> Answer<bool> {
        let QuestionId::Call(call) = question else { return Ok(false) };
        let live = self.office.fetch(&task).await?;
        let tool = live.shared().read(|driver, _| {
            driver.task().call(call).filter(|it| it.ask.is_some()).map(|it| it.tool.clone())
        });
        let spec = tool.and_then(|tool| tools::spec(&tool));
        Ok(spec.is_some_and(|spec| spec.kind == ToolKind::Remember))
    }

    async fn file(&self, task: TaskId, asked: FileAsked) -> Answer<FileBytes> {
        let live = self.office.fetch(&task).await?;
        let dir = self.office.task_dir(&task);
        let (store, limit) = (self.office.store(), FILE_BYTES_MAX);
        let bytes = artifact::bytes(store, &dir, live.shared(), asked, limit).await?;
        Ok(FileBytes { bytes })
    }

    async fn look(&self, task: TaskId, asked: FileAsked) -> Answer<LookView> {
        let live = self.office.fetch(&task).await?;
        let (edges, dir) = self.reads(&task)?;
        self.looker(&edges, &dir, live.shared()).look(asked).await
    }

    async fn page(&self, task: TaskId, asked: PageAsked) -> Answer<FileBytes> {
        let live = self.office.fetch(&task).await?;
        let (edges, dir) = self.reads(&task)?;
        self.looker(&edges, &dir, live.shared()).page(asked).await
    }

    async fn seen(&self, task: TaskId, call: CallId) -> Answer<FileBytes> {
        let live = self.office.fetch(&task).await?;
        let task = live.shared().read(|driver, _| driver.task().clone());
        let store = self.office.store().clone();
        let seen = tokio::task::spawn_blocking(move || crate::look::seen(&store, &task, call));
        let bytes = seen.await.ok().flatten().ok_or_else(|| {
            let what = format!("call {} of task {} showed no picture", call.0, live.shared().id);
            UserError::new(ErrorKind::User, "file-unshown", what)
        })?;
        Ok(FileBytes { bytes })
    }

    async fn provenance(&self, task: TaskId, path: String) -> Answer<Provenance> {
        let live = self.office.fetch(&task).await?;
        provenance::trace(self.office.store(), live.shared(), path).await
    }

    async fn open(&self, task: TaskId, path: String) -> Answer<()> {
        let live = self.office.fetch(&task).await?;
        outside::open(self.office.store(), live.shared(), path).await
    }

    async fn answer(&self, task: TaskId, body: AnswerBody) -> Answer<TaskView> {
        let live = self.office.fetch(&task).await?;
        let (question, answer) = (body.question, body.answer.clone());
        if question == QuestionId::Machine && answer == "jail" {
            self.machine_allowed(MachineWish::Jail)?;
        }
        if let QuestionId::Egress(ask) = question {
            self.keep_for_all(&live, ask, &answer)?;
        }
        if self.bring(&live, Input::Answered { question, answer }).await? == 0 {
            return Err(words::not_answered(live.shared(), question, &body.answer));
        }
        if matches!(question, QuestionId::Egress(_)) {
            self.rules_changed(&task, &live).await?;
        }
        Ok(views::whole(live.shared()))
    }

    async fn edit_plan(&self, task: TaskId, body: PlanBody) -> Answer<TaskView> {
        let live = self.office.fetch(&task).await?;
        let edits = body.edits;
        if self.bring(&live, Input::PlanEdited { edits: edits.clone() }).await? == 0 {
            return Err(words::not_edited(live.shared(), &edits));
        }
        Ok(views::whole(live.shared()))
    }

    async fn decide_plan(&self, task: TaskId, body: PlanDecisionBody) -> Answer<TaskView> {
        let live = self.office.fetch(&task).await?;
        if self.bring(&live, Input::PlanDecided { approved: body.approved }).await? == 0 {
            return Err(words::no_plan_waits(live.shared()));
        }
        Ok(views::whole(live.shared()))
    }

    async fn say(&self, task: TaskId, body: SayBody) -> Answer<TaskView> {
        let text = body.text.trim().to_owned();
        if text.is_empty() || text.len() > limits::SAID_BYTES_MAX {
            let what = "there is nothing to say, or too much of it";
            return Err(UserError::new(ErrorKind::User, "said-bad", what));
        }
        let live = self.office.fetch(&task).await?;
        if self.bring(&live, Input::UserSpoke { text }).await? == 0 {
            let what = format!("task {task} works no more, so it can't hear you");
            return Err(UserError::new(ErrorKind::User, "task-at-rest", what)
                .next(format!("ask its model about it with `legwork ask {task} \"…\"`"))
                .next("hand over what is left with `legwork run \"…\"`"));
        }
        Ok(views::whole(live.shared()))
    }

    async fn stop(&self, task: TaskId) -> Answer<TaskView> {
        let live = self.office.fetch(&task).await?;
        if self.bring(&live, Input::StopAsked).await? == 0 {
            let what = format!("task {task} is not working");
            return Err(UserError::new(ErrorKind::User, "task-at-rest", what)
                .next(format!("`legwork show {task}` says how it ended")));
        }
        Ok(views::whole(live.shared()))
    }

    async fn changes(&self, task: TaskId, offset: u64) -> Answer<ChangesView> {
        let live = self.office.fetch(&task).await?;
        review::view(self.office.store(), live.shared(), offset)
    }

    async fn diff(&self, task: TaskId, path: String) -> Answer<DiffView> {
        let live = self.office.fetch(&task).await?;
        let (edges, dir) = self.reads(&task)?;
        let store = self.office.store();
        diff::of(&self.room, store, &edges, &dir, live.shared(), &path).await
    }

    async fn apply(&self, task: TaskId, body: ApplyBody) -> Answer<TaskView> {
        let live = self.office.fetch(&task).await?;
        let refusal =
            live.shared().read(|driver, _| driver.task().apply_refusal(body.despite_checks));
        if let Some(refusal) = refusal {
            return Err(words::not_applied(live.shared(), refusal));
        }
        review::check_selection(self.office.store(), live.shared(), &body.selection)?;
        let input =
            Input::ApplyAsked { selection: body.selection, despite_checks: body.despite_checks };
        self.bring(&live, input).await?;
        self.settled(&live).await;
        Ok(views::whole(live.shared()))
    }

    async fn undo(&self, task: TaskId) -> Answer<TaskView> {
        let live = self.office.fetch(&task).await?;
        if live.shared().read(|driver, _| driver.task().is_applying()) {
            return Err(words::not_applied(live.shared(), ApplyRefusal::Busy));
        }
        if self.bring(&live, Input::UndoAsked).await? == 0 {
            let what = format!("there is nothing of task {task} to undo");
            return Err(UserError::new(ErrorKind::User, "nothing-to-undo", what)
                .next(format!("`legwork show {task}` says what was applied")));
        }
        self.settled(&live).await;
        if live.shared().read(|driver, _| driver.task().undoable().is_some()) {
            return Err(words::not_undone(live.shared()));
        }
        Ok(views::whole(live.shared()))
    }

    async fn log(&self, task: TaskId, after: u64) -> Answer<Vec<LogEntry>> {
        self.office.fetch(&task).await?;
        let stored = self.office.store().read(&task, after, LOG_PAGE);
        let entry = |it: crate::store::Placed| LogEntry {
            seq: it.seq,
            hash: words::hex(&it.hash),
            event: it.event,
        };
        let stored = stored.map_err(|error| words::store(&error))?;
        Ok(stored.into_iter().map(entry).collect())
    }

    async fn export(&self, task: TaskId) -> Answer<Vec<u8>> {
        let live = self.office.fetch(&task).await?;
        let dir = self.office.task_dir(&task);
        export::archive(self.office.store(), live.shared(), &dir, clock::now())
    }
}

impl Pushing for FrontDesk {
    async fn push(&self) -> Answer<PushView> {
        self.push.view()
    }

    async fn keep_push(&self, owner: PushOwner, body: PushBody) -> Answer<()> {
        self.push.keep(owner, body)
    }

    async fn remove_push(&self, owner: PushOwner, place: PushPlace) -> Answer<()> {
        self.push.remove(owner, &place)
    }

    async fn try_push(&self, owner: PushOwner, place: PushPlace) -> Answer<()> {
        self.push.attempt(owner, &place).await
    }

    async fn forget_push(&self, owner: PushOwner) -> Answer<()> {
        self.push.forget(owner)
    }
}

impl Steering for FrontDesk {
    async fn take_keys(&self, body: KeysBody) {
        self.office.config().models.take_keys(body.variables).await;
    }

    async fn pause(&self, task: TaskId) -> Answer<TaskView> {
        steering::pause(&self.office, &task).await
    }

    async fn resume(&self, task: TaskId) -> Answer<TaskView> {
        steering::resume(&self.office, &task).await
    }

    async fn switch(&self, task: TaskId, body: SwitchBody) -> Answer<TaskView> {
        steering::switch(&self.office, &task, body).await
    }

    async fn aside(&self, task: TaskId, body: AsideBody) -> Answer<AsideView> {
        steering::aside(&self.office, &task, body).await
    }
}
