//! A desk with a scripted mind, for tests of the routes and of the command line.
//!
//! It drives real tasks with `task::Driver`; only the edges are canned, and do at once what is due.
//! Words in a request choose what happens: `unsure` (no suggested answer), `wrong` (a check fails),
//! `stuck` (the mind gives up), `slow` (a call never ends), `tick` (a change needs a tick),
//! `conflict` (the person changed a file meanwhile).

mod house;
mod script;
mod views;

use api::{
    AnswerBody, ApplyBody, AsideBody, AsideView, ChangesView, CreateBody, Desk, DiffView,
    DoctorView, EgressGrantBody, EgressWordsBody, EgressWordsView, ErrorKind, EventStream,
    FileAsked, FileBytes, FolderSpec, FoldersView, FreeBody, ImageBuildBody, ImageNews,
    ImageStream, ImageView, ItsMachineView, LayerView, LogEntry, MachineDesk, MachineView,
    MemoryBody, MemoryView, NamedBody, News, NewsStream, OffersView, PlanBody, PlanDecisionBody,
    ProgramView, PushBody, PushOwner, PushPlace, PushView, Pushing, RoomView, SayBody, SecretView,
    Steering, SwitchBody, TaskLine, TaskView, Terminal, TerminalEnd, TerminalSize, Typed,
    UserError, VersionView, Watched,
};
use futures_util::StreamExt;
use std::sync::{Arc, Mutex, MutexGuard};
use task::provenance::Provenance;
use task::transcript::{Item, Transcript, What};
use task::{
    Driver, EgressInput, Event, Input, QuestionId, Share, ShareAccess, Steer, TaskId, TimeMs,
};
use tokio::sync::{Notify, mpsc, watch};

/// The instant of the first event of every task: 15 June 2025, 15:06:40 UTC.
const START_MS: u64 = 1_750_000_000_000;
/// Names of tasks in the order of their creation; the first two begin alike.
const NAMES: [&str; 6] = ["aaaabbbb", "aaaacccc", "bbbbbbbb", "cccccccc", "dddddddd", "eeeeeeee"];

pub(crate) struct Canned {
    tasks: Arc<Mutex<Vec<Stream>>>,
    seq: watch::Sender<u64>,
    pub(crate) shut: Notify,
    secrets: std::sync::Mutex<Vec<SecretView>>,
}

fn image(name: &str) -> ImageView {
    ImageView {
        name: name.to_owned(),
        made_at: START_MS,
        size_bytes: 258_000_000,
        suite: "bookworm".to_owned(),
        packages: 321,
        is_used: true,
        broken: None,
    }
}

fn machine_of(stream: &Stream) -> MachineView {
    MachineView {
        task: stream.id.to_string(),
        request: stream.driver.task().request().to_owned(),
        is_running: !stream.driver.task().is_resting(),
        isolation: stream.driver.task().isolation(),
        folders_bytes: 12_345,
        system_bytes: 0,
        files: 3,
    }
}

fn layer(name: &str) -> LayerView {
    let (size_bytes, files) = (5_000_000, 700);
    LayerView { name: name.to_owned(), below: vec![], size_bytes, files, unusable: None }
}

/// One task and its events.
struct Stream {
    id: TaskId,
    driver: Driver,
    transcript: Transcript,
    events: Vec<Event>,
}

type Answer<T> = Result<T, UserError>;

impl Canned {
    pub(crate) fn new() -> Arc<Self> {
        let (seq, _) = watch::channel(0);
        Arc::new(Self {
            tasks: Arc::default(),
            seq,
            shut: Notify::new(),
            secrets: std::sync::Mutex::default(),
        })
    }

    fn tasks(&self) -> MutexGuard<'_, Vec<Stream>> {
        self.tasks.lock().expect("no test panics while it holds a task")
    }

    fn on<T>(&self, id: &TaskId, look: impl FnOnce(&mut Stream) -> Answer<T>) -> Answer<T> {
        let mut tasks = self.tasks();
        let found = tasks.iter_mut().find(|it| it.id == *id);
        look(found.ok_or_else(|| {
            UserError::new(ErrorKind::User, "task-unknown", format!("there is no task {id}"))
                .next("`legwork list` shows your tasks")
        })?)
    }

    /// Feeds an input, and refuses one that causes nothing.
    fn feed(&self, id: &TaskId, input: Input) -> Answer<TaskView> {
        let view = self.on(id, |stream| {
            if stream.feed(input) {
                return Ok(views::whole(stream));
            }
            let what = format!("task {id} cannot do that now");
            Err(UserError::new(ErrorKind::User, "task-elsewhere", what))
        });
        self.seq.send_modify(|seq| *seq += 1);
        view
    }
}

impl Stream {
    /// Whether the input caused anything. Everything that becomes due is done at once.
    fn feed(&mut self, input: Input) -> bool {
        let mut inputs = std::collections::VecDeque::from([input]);
        let before = self.events.len();
        while let Some(input) = inputs.pop_front() {
            let at = TimeMs(START_MS + 1000 * self.events.len() as u64);
            let events = self.driver.decide(input, at);
            for (event, seq) in events.iter().zip(self.events.len() as u64 + 1..) {
                self.transcript.fold(seq, at, event);
            }
            let work = self.driver.stored(&events);
            self.events.extend(events);
            for effect in work.start {
                inputs.extend(script::carry_out(self.driver.task(), effect));
            }
        }
        self.events.len() > before
    }

    fn items_after(&self, after: u64) -> Vec<Item> {
        let items = self.transcript.items().into_iter().filter(|item| item.id > after);
        items.flat_map(with_progress).collect()
    }
}

/// Before a call's end comes what it told while it was under way.
fn with_progress(item: Item) -> Vec<Item> {
    match &item.what {
        What::Call { call, outcome: Some(_), .. } => {
            let what = What::Progress { call: *call, done: 7, total: 9 };
            vec![Item { key: "progress".to_owned(), what, ..item.clone() }, item]
        }
        _ => vec![item],
    }
}

impl MachineDesk for Canned {
    async fn machines(&self) -> Answer<Vec<MachineView>> {
        Ok(self.tasks().iter().map(machine_of).collect())
    }

    async fn room(&self) -> Answer<RoomView> {
        Ok(RoomView {
            tasks_bytes: 1_000,
            installed_bytes: 400,
            images_bytes: 260_000_000,
            templates_bytes: 120_000_000,
            layers_bytes: 5_000_000,
            state_bytes: 390_000_000,
            free_bytes: 40_000_000_000,
        })
    }

    async fn free(&self, body: FreeBody) -> Answer<RoomView> {
        assert_eq!(body.task, None);
        Ok(RoomView { installed_bytes: 0, tasks_bytes: 600, ..self.room().await? })
    }

    async fn images(&self) -> Answer<Vec<ImageView>> {
        let broken = ImageView {
            broken: Some("its file root.erofs is damaged".to_owned()),
            is_used: false,
            ..image("old")
        };
        Ok(vec![image("standard"), broken])
    }

    async fn build_image(&self, body: ImageBuildBody) -> Answer<ImageStream> {
        let stage = |text: &str| ImageNews::Stage { text: text.to_owned() };
        let end = if body.packages.is_empty() {
            ImageNews::Made { image: image(&body.name) }
        } else {
            let what = "the image could not be made";
            let error = UserError::new(ErrorKind::Unavailable, "image-unmade", what);
            ImageNews::Failed { error: error.cause("there is no such package") }
        };
        let news = vec![stage("reading the lists of packages"), stage("downloading packages"), end];
        Ok(futures_util::stream::iter(news).boxed())
    }

    async fn remove_image(&self, body: NamedBody) -> Answer<Vec<ImageView>> {
        let mut images = self.images().await?;
        images.retain(|image| image.name != body.name);
        Ok(images)
    }

    async fn layers(&self) -> Answer<Vec<LayerView>> {
        let below = vec!["base".to_owned()];
        let unusable = Some("the programs of this computer have changed since".to_owned());
        Ok(vec![LayerView { below, ..layer("plotting") }, LayerView { unusable, ..layer("older") }])
    }

    async fn remove_layer(&self, body: NamedBody) -> Answer<Vec<LayerView>> {
        let mut layers = self.layers().await?;
        layers.retain(|layer| layer.name != body.name);
        Ok(layers)
    }

    async fn keep(&self, task: TaskId, body: NamedBody) -> Answer<LayerView> {
        self.on(&task, |_| Ok(()))?;
        Ok(layer(&body.name))
    }

    async fn its_machine(&self, task: TaskId) -> Answer<ItsMachineView> {
        let machine = self.on(&task, |stream| Ok(machine_of(stream)))?;
        let command = "python3 report.py".to_owned();
        let programs = vec![ProgramView { id: 12, memory_bytes: 40_960, command }];
        Ok(ItsMachineView { machine, programs, are_more: false, untold: None })
    }

    /// Prints its size, then what is typed; `exit` ends it.
    async fn terminal(&self, task: TaskId, size: TerminalSize) -> Answer<Terminal> {
        self.on(&task, |_| Ok(()))?;
        let (typed, mut heard) = mpsc::channel(4);
        let (show, shown) = mpsc::channel(4);
        let told = |size: TerminalSize| format!("{}x{}\r\n", size.columns, size.rows);
        let run = async move {
            let _ = show.send(told(size).into_bytes()).await;
            while let Some(word) = heard.recv().await {
                let text = match word {
                    Typed::Bytes(bytes) if bytes == b"exit\r" => {
                        return TerminalEnd { code: Some(7), why: String::new() };
                    }
                    Typed::Bytes(bytes) => bytes,
                    Typed::Resize(size) => told(size).into_bytes(),
                };
                let _ = show.send(text).await;
            }
            TerminalEnd { code: None, why: "nobody is there".to_owned() }
        };
        Ok(Terminal { typed, shown, run: Box::pin(run) })
    }
}

impl Desk for Canned {
    fn version(&self) -> VersionView {
        // No process has this id: `pid_max` is lower.
        VersionView { version: "0.0.0".to_owned(), pid: i32::MAX as u32, tasks_live: 0 }
    }

    fn shut(&self) {
        self.shut.notify_one();
    }

    async fn offers(&self) -> Answer<OffersView> {
        Ok(views::offers())
    }

    async fn models(&self) -> Answer<api::ModelsView> {
        Ok(views::models())
    }

    async fn doctor(&self) -> Answer<DoctorView> {
        Ok(views::doctor())
    }

    async fn create(&self, body: CreateBody) -> Answer<TaskView> {
        let mut tasks = self.tasks();
        let id: TaskId = NAMES[tasks.len()].parse().expect("the names are names");
        let shares = body.folders.iter().map(|folder| Share {
            name: folder.path.rsplit('/').next().unwrap_or_default().to_owned(),
            host: folder.path.clone(),
            access: folder.access,
        });
        let shares: Vec<Share> = shares.collect();
        let read_only = shares.iter().all(|share| share.access == ShareAccess::Read);
        let mind = script::mind(body.playbook.as_deref(), read_only);
        let budget = task::Budget::new(1000, 60_000);
        let CreateBody { request, standing, machine, egress, with: layers, .. } = body;
        #[rustfmt::skip]
        let input = Input::Create {
            request, shares, mind, standing, budget, machine, egress, layers,
        };
        let (driver, transcript) = (Driver::default(), Transcript::default());
        let mut stream = Stream { id, driver, transcript, events: vec![] };
        assert!(stream.feed(input), "a task can be created");
        let view = views::whole(&stream);
        tasks.insert(0, stream);
        Ok(view)
    }

    async fn memory(&self) -> Answer<MemoryView> {
        Ok(MemoryView {
            path: "/home/ann/.config/legwork/memory.md".into(),
            text: "- EUR\n".into(),
        })
    }

    async fn set_memory(&self, body: MemoryBody) -> Answer<MemoryView> {
        Ok(MemoryView { text: body.text, ..self.memory().await? })
    }

    async fn egress_words(&self, body: EgressWordsBody) -> Answer<EgressWordsView> {
        if body.words.contains("gibberish") {
            let error =
                UserError::new(ErrorKind::User, "egress-words", "`gibberish` means nothing");
            return Err(error.next("say for example `packages`"));
        }
        Ok(EgressWordsView { rules: vec![format!("allow {}", body.words)], notes: vec![] })
    }

    async fn allow(&self, task: TaskId, body: EgressGrantBody) -> Answer<TaskView> {
        self.feed(&task, EgressInput::Granted(body.rules).into())
    }

    async fn list(&self) -> Answer<Vec<TaskLine>> {
        Ok(self.tasks().iter().map(|stream| views::whole(stream).line).collect())
    }

    async fn show(&self, task: TaskId) -> Answer<TaskView> {
        self.on(&task, |stream| Ok(views::whole(stream)))
    }

    async fn watch(&self, task: TaskId, after: u64) -> Answer<EventStream> {
        self.on(&task, |_| Ok(()))?;
        let (tasks, seq) = (self.tasks.clone(), self.seq.subscribe());
        let state = (tasks, seq, task, after);
        let batches =
            futures_util::stream::unfold(state, |(tasks, mut seq, id, after)| async move {
                loop {
                    seq.borrow_and_update();
                    let (items, at, is_resting) = {
                        let tasks = tasks.lock().expect("no test panics while it holds a task");
                        let stream = tasks.iter().find(|it| it.id == id)?;
                        let at = stream.events.len() as u64;
                        (stream.items_after(after), at, stream.driver.task().is_resting())
                    };
                    if at > after {
                        let last = items.len().saturating_sub(1);
                        let watched = items.into_iter().enumerate().map(move |(index, item)| {
                            Watched { item, whole_to: (index == last).then_some(at) }
                        });
                        let items = futures_util::stream::iter(watched);
                        return Some((items, (tasks, seq, id, at)));
                    }
                    if is_resting {
                        return None;
                    }
                    seq.changed().await.ok()?;
                }
            });
        Ok(batches.flatten().boxed())
    }

    async fn news(&self, followed: Vec<(TaskId, u64)>) -> Answer<NewsStream> {
        let mut items = vec![];
        for (task, after) in followed {
            items.push(self.on(&task, |stream| {
                let (task, seq) = (task.clone(), stream.events.len() as u64);
                Ok(News::Items(api::ItemsView { task, seq, items: stream.items_after(after) }))
            })?);
        }
        Ok(futures_util::stream::iter(items).chain(futures_util::stream::pending()).boxed())
    }

    async fn folders(&self, path: Option<String>) -> Answer<FoldersView> {
        Ok(views::folders(path))
    }

    async fn handed_by_phone(&self, folders: Vec<FolderSpec>) -> Answer<()> {
        match folders.iter().any(|folder| folder.path.contains("/.")) {
            true => Err(UserError::new(ErrorKind::Denied, "phone-may-not", "it is hidden")),
            false => Ok(()),
        }
    }

    async fn is_for_all(&self, task: TaskId, _: QuestionId) -> Answer<bool> {
        self.on(&task, |stream| Ok(stream.driver.task().request().contains("remember")))
    }

    async fn file(&self, _: TaskId, asked: FileAsked) -> Answer<FileBytes> {
        Ok(FileBytes { bytes: format!("<script>{}</script>", asked.path).into_bytes() })
    }

    async fn look(&self, _: TaskId, asked: FileAsked) -> Answer<api::LookView> {
        Ok(api::LookView::Unread { why: format!("nobody reads {}", asked.path) })
    }

    async fn page(&self, _: TaskId, asked: api::PageAsked) -> Answer<FileBytes> {
        Ok(FileBytes { bytes: format!("page {}", asked.number).into_bytes() })
    }

    async fn seen(&self, _: TaskId, call: task::CallId) -> Answer<FileBytes> {
        Ok(FileBytes { bytes: format!("call {}", call.0).into_bytes() })
    }

    async fn provenance(&self, task: TaskId, path: String) -> Answer<Provenance> {
        self.on(&task, |stream| Ok(task::provenance::trace(&path, &stream.events, |_| None)))
    }

    async fn open(&self, _: TaskId, path: String) -> Answer<()> {
        let what = format!("{path} is not opened in a program of yours");
        Err(UserError::new(ErrorKind::Denied, "open-unfit", what))
    }

    async fn answer(&self, task: TaskId, body: AnswerBody) -> Answer<TaskView> {
        self.feed(&task, Input::Answered { question: body.question, answer: body.answer })
    }

    async fn edit_plan(&self, task: TaskId, body: PlanBody) -> Answer<TaskView> {
        self.feed(&task, Input::PlanEdited { edits: body.edits })
    }

    async fn decide_plan(&self, task: TaskId, body: PlanDecisionBody) -> Answer<TaskView> {
        self.feed(&task, Input::PlanDecided { approved: body.approved })
    }

    async fn say(&self, task: TaskId, body: SayBody) -> Answer<TaskView> {
        self.feed(&task, Input::UserSpoke { text: body.text })
    }

    async fn stop(&self, task: TaskId) -> Answer<TaskView> {
        self.feed(&task, Input::StopAsked)
    }

    async fn changes(&self, task: TaskId, offset: u64) -> Answer<ChangesView> {
        self.on(&task, |stream| Ok(views::changes(stream.driver.task(), offset)))
    }

    async fn diff(&self, task: TaskId, path: String) -> Answer<DiffView> {
        self.on(&task, |_| views::diff(&path))
    }

    async fn apply(&self, task: TaskId, body: ApplyBody) -> Answer<TaskView> {
        let refusal =
            self.on(&task, |it| Ok(it.driver.task().apply_refusal(body.despite_checks)))?;
        if let Some(refusal) = refusal {
            let what = format!("the changes of task {task} cannot be applied: {refusal:?}");
            return Err(UserError::new(ErrorKind::User, "apply-refused", what));
        }
        let ApplyBody { selection, despite_checks } = body;
        self.feed(&task, Input::ApplyAsked { selection, despite_checks })
    }

    async fn undo(&self, task: TaskId) -> Answer<TaskView> {
        self.feed(&task, Input::UndoAsked)
    }

    async fn log(&self, task: TaskId, after: u64) -> Answer<Vec<LogEntry>> {
        // Pages of ten, so that paging is tested.
        self.on(&task, |stream| Ok(views::log(&stream.events, after, 10)))
    }

    async fn export(&self, task: TaskId) -> Answer<Vec<u8>> {
        self.on(&task, |stream| Ok(format!("archive of {}", stream.id).into_bytes()))
    }
}

impl Pushing for Canned {
    async fn push(&self) -> Result<PushView, UserError> {
        Ok(PushView { key: "BA".to_owned() })
    }

    async fn keep_push(&self, _: PushOwner, _: PushBody) -> Result<(), UserError> {
        Ok(())
    }

    async fn remove_push(&self, _: PushOwner, _: PushPlace) -> Result<(), UserError> {
        Ok(())
    }

    async fn try_push(&self, _: PushOwner, _: PushPlace) -> Result<(), UserError> {
        Ok(())
    }

    async fn forget_push(&self, _: PushOwner) -> Result<(), UserError> {
        Ok(())
    }
}

impl Steering for Canned {
    async fn take_keys(&self, _: api::KeysBody) {}

    async fn pause(&self, task: TaskId) -> Answer<TaskView> {
        self.feed(&task, Input::Steer(Steer::Paused))
    }

    async fn resume(&self, task: TaskId) -> Answer<TaskView> {
        self.feed(&task, Input::Steer(Steer::Resumed))
    }

    async fn switch(&self, task: TaskId, body: SwitchBody) -> Answer<TaskView> {
        let (provider, model) = ("canned".to_owned(), body.model);
        self.feed(&task, Input::Steer(Steer::Switched { provider, model }))
    }

    async fn aside(&self, task: TaskId, body: AsideBody) -> Answer<AsideView> {
        let answer = format!("Of {task}, {:?}: about half.", body.question);
        let tokens = task::TokenUse { input: 900, output: 9, ..task::TokenUse::default() };
        Ok(AsideView { answer, cost_usd_micros: Some(1_234), tokens })
    }
}
