//! The edges of one task: each effect is carried out here, and comes back as an input.

mod background;
mod content;
mod managed;
mod memory;
mod web;

use crate::clock;
use crate::config::Config;
use crate::door::{Bell, Doorkeeper};
use crate::limits::{MACHINE_STARTS_MAX, PROGRESS_EVERY};
use crate::live::{Live, Mailbox, Shared};
use crate::machines::{self, Machines};
use crate::mind::{self, AsideRefused, Matter, Mind, ModelMind};
use crate::network::Network;
use crate::office::Office;
use crate::programs::{self, Listed};
use crate::stands::{LOST, Marker, Stands};
use crate::store::Store;
use crate::{helping, review, taking, terminal, words};
use api::{ErrorKind, Terminal, TerminalSize, UserError};
use background::Backgrounds;
use machine::system::{Layered, System};
use machine::{CollectError, Happening, JailShare, JailSpec, Machine};
use playbook::{ScriptFolder, ScriptInput};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Weak};
use task::transcript::{Item, What};
use task::{
    ApplyId, Aside, CallId, CheckId, DelegateInput, Dropped, Effect, Input, Isolation, MachineWish,
    MindRef, Outcome, Payload, Share, ShareAccess, ShareBase, Task, TaskId, ToolAccess,
};
use tokio::sync::Mutex;
use tools::{Printed, ToolKind, ToolSpec};
use wire::{PathText, Reply, Request};

/// What one task works with.
#[derive(Debug)]
pub(crate) struct Edges {
    store: Store,
    config: Arc<Config>,
    /// This task's own folder on the host: uppers, journals, the undo store.
    dir: PathBuf,
    mind: Mind,
    model: ModelMind,
    machine: Mutex<Option<Stands>>,
    starts: AtomicU32,
    network: Network,
    machines: Machines,
    /// Where helpers are begun and found.
    office: Weak<Office>,
    /// The person allowed something that the machine which stands was not made for.
    is_outgrown: AtomicBool,
    /// The policy that the door follows; see `Network::policy_stamp`.
    policy_seen: AtomicU64,
    backgrounds: Backgrounds,
    /// Nothing was carried out yet.
    is_new: AtomicBool,
}

impl Edges {
    pub(crate) fn new(
        store: Store,
        config: Arc<Config>,
        dir: PathBuf,
        machines: Machines,
        office: Weak<Office>,
    ) -> Self {
        Self {
            mind: Mind::new(store.clone()),
            model: ModelMind::new(store.clone(), config.models.clone()),
            network: Network::new(config.clone()),
            machines,
            office,
            store,
            config,
            dir,
            machine: Mutex::default(),
            starts: AtomicU32::new(0),
            is_outgrown: AtomicBool::new(false),
            policy_seen: AtomicU64::new(0),
            backgrounds: Backgrounds::default(),
            is_new: AtomicBool::new(true),
        }
    }

    /// Carries one effect out and brings what came of it.
    pub(crate) async fn carry_out(&self, effect: Effect, shared: &Arc<Shared>, mailbox: &Mailbox) {
        let task = shared.read(|driver, _| driver.task().clone());
        let bell = Bell { shared: shared.clone(), mailbox: mailbox.clone() };
        if self.is_new.swap(false, Ordering::Relaxed) {
            self.tell_of_lost(&task, mailbox).await;
        }
        let task = match effect {
            Effect::Think { .. } | Effect::RunCall { .. } => self.capped(task, &bell).await,
            _ => task,
        };
        let input = match effect {
            Effect::Prepare => self.prepare(&task, &bell).await,
            Effect::Think { .. } => self.think(&task, shared, mailbox).await,
            Effect::RunCall { call } => {
                mailbox.bring(Input::CallStarted { call }).await;
                if self.backgrounds.has_names() {
                    self.tell_door(shared).await;
                }
                if task.helper(call).is_some() {
                    let Some(office) = self.office.upgrade() else { return };
                    let input = helping::help(&office, shared, mailbox, call).await;
                    // A helper may have read what misleads, and its words are all that is told.
                    if let Input::Helper(DelegateInput::Ended { outcome, result, .. }) = &input {
                        self.read_content(&task, (call, *outcome, result), &bell).await;
                    }
                    return mailbox.bring(input).await;
                }
                let (outcome, result) = self.run_call(&task, call, &bell).await;
                self.read_content(&task, (call, outcome, &result), &bell).await;
                Input::CallEnded { call, outcome, result }
            }
            Effect::RunCheck { check } => {
                mailbox.bring(Input::CheckStarted { check }).await;
                let result = self.run_check(&task, check, &bell).await;
                mailbox.bring(Input::CheckEnded { check, result }).await;
                // What it printed may name places.
                return self.tell_door(shared).await;
            }
            Effect::EndHelper { call } => match self.office.upgrade() {
                Some(office) => helping::end(&office, shared, call).await,
                // The daemon ends; the helper is ended once it is back.
                None => return,
            },
            Effect::Seal => self.seal(&task).await,
            Effect::Apply { apply } => self.apply(&task, apply).await,
            Effect::Undo { apply, attempt } => self.undo(&task, apply, attempt).await,
        };
        mailbox.bring(input).await;
    }

    /// What a model's answer used that is under way, in case the events of an input drop it.
    pub(crate) fn dropped(&self, task: &Task, is_restart: bool) -> Option<Dropped> {
        if is_restart { self.model.lost(task, clock::now()) } else { self.model.dropped() }
    }

    /// Shuts the machine, if one stands.
    pub(crate) async fn shut(&self) {
        self.mind.rest();
        self.model.rest().await;
        if let Err(error) = self.end_machine().await {
            tracing::warn!(%error, "a machine ended and took something with it");
        }
    }

    /// Whoever still uses the machine is told that it was stopped.
    async fn end_machine(&self) -> Result<(), CollectError> {
        self.backgrounds.end();
        match self.machine.lock().await.take() {
            Some(stands) => stands.stop().await,
            None => Ok(()),
        }
    }

    /// Sets aside what was installed, unless a machine stands; whether it did.
    pub(crate) async fn discard_system(&self) -> std::io::Result<bool> {
        let machine = self.machine.lock().await;
        if machine.is_some() {
            return Ok(false);
        }
        // A rename or two, while no machine can begin.
        machine::system::discard(&self.dir).map(|()| true)
    }

    /// Whether a machine of the task stands now.
    pub(crate) async fn has_machine(&self) -> bool {
        self.machine.lock().await.as_ref().is_some_and(|it| it.machine.ended().is_none())
    }

    /// What runs in its machine; `None` if there is none now.
    pub(crate) async fn programs(&self) -> Option<Result<Listed, String>> {
        let machine = {
            let stands = self.machine.lock().await;
            stands.as_ref().filter(|it| it.machine.ended().is_none())?.machine.clone()
        };
        Some(programs::list(&*machine).await)
    }

    /// The person allowed or forbade something.
    pub(crate) async fn rules_changed(&self, task: &Task) -> Result<(), UserError> {
        let rules = self.network.rules(task.egress_rules())?.doubting(task.doubted_places());
        match self.machine.lock().await.as_ref().map(|it| &it.door) {
            Some(Some(door)) => door.set_rules(rules),
            Some(None) => self.is_outgrown.store(true, Ordering::Relaxed),
            None => {}
        }
        Ok(())
    }

    /// A content has named places, about which the door asks from now on.
    async fn tell_door(&self, shared: &Shared) {
        let task = shared.read(|driver, _| driver.task().clone());
        if let Err(error) = self.rules_changed(&task).await {
            tracing::warn!(what = error.what, "the door could not be told of new places");
        }
    }

    /// Asks the task's model something on the side.
    pub(crate) async fn aside(&self, live: &Live, question: String) -> Result<Aside, AsideRefused> {
        self.model.aside(live, question).await
    }

    async fn think(&self, task: &Task, shared: &Shared, mailbox: &Mailbox) -> Input {
        if let Some(MindRef::Model { provider, model }) = task.mind() {
            return self.model.think(task, &shared.id, (provider, model), mailbox).await;
        }
        match self.matter(task) {
            Ok(matter) => self.mind.think(task, matter).await,
            Err(why) => Input::EdgeFailed { why },
        }
    }

    async fn prepare(&self, task: &Task, bell: &Bell) -> Input {
        let bases = self.take_bases(task.shares());
        let (bases, machine) = match machines::wanted(task) {
            MachineWish::Jail => tokio::join!(bases, self.machine(task, bell)),
            // The folders are copied in: what is changed after the list was made must differ from
            // it, or it would be overwritten unseen.
            MachineWish::Vm | MachineWish::Auto => {
                let bases = bases.await;
                (bases, self.machine(task, bell).await)
            }
        };
        match (bases, machine) {
            (Ok(bases), Ok((machine, isolation))) => {
                drop(machine);
                self.brief(task, bell).await;
                Input::MachinePrepared { bases, isolation }
            }
            (Err(why), _) | (Ok(_), Err(why)) => Input::MachineRefused { why },
        }
    }

    async fn take_bases(&self, shares: &[Share]) -> Result<Vec<ShareBase>, String> {
        let mut bases = vec![];
        for share in shares {
            let host = host_path(share)?;
            let taken = tokio::task::spawn_blocking(move || {
                let manifest = machine::changes::Manifest::take(&host)
                    .map_err(|error| words::manifest(&host, &error))?;
                Ok::<_, String>((manifest.to_bytes(), manifest.len() as u64))
            });
            let (bytes, entries) = taken.await.map_err(|error| error.to_string())??;
            let manifest = self.store.put(bytes).await.map_err(|error| error.to_string())?;
            bases.push(ShareBase { share: share.name.clone(), manifest, entries });
        }
        Ok(bases)
    }

    /// The task's machine; started if it does not stand.
    async fn machine(
        &self,
        task: &Task,
        bell: &Bell,
    ) -> Result<(Arc<dyn Machine>, Isolation), String> {
        let mut machine = self.machine.lock().await;
        self.outgrow(&mut machine).await;
        if let Some(stands) = &*machine {
            return Ok((stands.machine.clone(), stands.isolation));
        }
        let marker = Marker::of(&self.dir);
        if marker.is_set() {
            marker.remove();
            return Err(LOST.to_owned());
        }
        // It would be ended at once, and is no machine that broke down.
        if let Some(why) = machine::no_room(&self.dir) {
            return Err(why);
        }
        if self.starts.fetch_add(1, Ordering::Relaxed) >= MACHINE_STARTS_MAX {
            return Err(format!("the machine broke down {MACHINE_STARTS_MAX} times"));
        }
        self.permitted(task).map_err(|error| words::short(&error))?;
        let mut spec = self.jail_spec(task.shares())?;
        let door = self.door(task, bell, &mut spec).await?;
        let made = self.machines.start(&spec, machines::wanted(task)).await?;
        let (made_machine, isolation) = (made.machine.clone(), made.isolation);
        *machine = Some(Stands::new(made, door, &self.dir));
        Ok((made_machine, isolation))
    }

    /// The door of a new machine, and a system to install into. The playbooks that come with
    /// Legwork run no programs of others: their machines have neither until the person allows
    /// something.
    async fn door(
        &self,
        task: &Task,
        bell: &Bell,
        spec: &mut JailSpec,
    ) -> Result<Option<Doorkeeper>, String> {
        let is_ours = match task.mind() {
            Some(MindRef::Playbook { source, .. }) => {
                self.store.get(source).is_ok_and(|source| playbook::is_built_in(&source))
            }
            Some(MindRef::Model { .. }) => false,
            None => true,
        };
        if is_ours && task.egress_rules().is_empty() && task.layers().is_empty() {
            return Ok(None);
        }
        let means = self.network.means(task.egress_rules()).await;
        let mut means = means.map_err(|it| words::short(&it))?;
        means.rules = means.rules.doubting(task.doubted_places());
        spec.files.clone_from(&means.files);
        let keeper = Doorkeeper::new(means, bell).map_err(|error| error.to_string())?;
        spec.files.push(keeper.browser_policy());
        spec.doors = Some(keeper.doors());
        spec.environment = keeper.environment();
        spec.system = System::Layered(Layered {
            store: self.config.systems(),
            layers: task.layers().to_vec(),
        });
        Ok(Some(keeper))
    }

    /// Ends a machine that was made for less than the task may do now, while nothing runs in it.
    async fn outgrow(&self, machine: &mut Option<Stands>) {
        let is_idle = machine.as_ref().is_some_and(|it| it.is_idle(0));
        if is_idle && self.is_outgrown.swap(false, Ordering::Relaxed) {
            self.starts.fetch_sub(1, Ordering::Relaxed);
            if let Some(stands) = machine.take()
                && let Err(error) = stands.stop().await
            {
                tracing::warn!(%error, "a machine ended and took something with it");
            }
        }
    }

    pub(crate) fn jail_spec(&self, shares: &[Share]) -> Result<JailSpec, String> {
        let jail_share = |share: &Share| {
            let writable = share.access == ShareAccess::Write;
            Ok(JailShare { name: share.name.clone(), host: host_path(share)?, writable })
        };
        Ok(JailSpec {
            dir: self.dir.clone(),
            guest: self.config.guest()?.to_owned(),
            shares: shares.iter().map(jail_share).collect::<Result<_, String>>()?,
            ..self.machines.bare()
        })
    }

    fn matter(&self, task: &Task) -> Result<Matter, String> {
        let Some(MindRef::Playbook { source, .. }) = task.mind() else {
            return Err("the task has no mind".to_owned());
        };
        let source = self.store.get(source).map_err(|error| error.to_string())?;
        let folder = |share: &Share| ScriptFolder {
            name: share.name.clone(),
            writable: share.access == ShareAccess::Write,
        };
        Ok(Matter {
            source: String::from_utf8_lossy(&source).into_owned(),
            input: ScriptInput {
                request: task.request().to_owned(),
                folders: task.shares().iter().map(folder).collect(),
                today: clock::date(task.created_at()),
            },
            budget: task.budget(),
        })
    }

    async fn run_call(&self, task: &Task, id: CallId, bell: &Bell) -> (Outcome, Payload) {
        let failed = |why: String| {
            (Outcome::Failed, Payload::Inline(serde_json::json!({ "why": why }).to_string()))
        };
        let Some(call) = task.call(id) else { return failed("no such call".to_owned()) };
        if tools::spec(&call.tool).is_some_and(|spec| spec.kind == ToolKind::Recall) {
            let args = self.store.unpack(&call.args).map_err(|error| error.to_string());
            return match args.and_then(|args| mind::recall(&self.store, task, &args)) {
                Ok(text) => {
                    match self.store.pack(serde_json::Value::from(text).to_string()).await {
                        Ok(result) => (Outcome::Done, result),
                        Err(error) => failed(error.to_string()),
                    }
                }
                Err(why) => failed(why),
            };
        }
        if let Some(answered) = self.run_beside(task, id, call, bell).await {
            let packed = match answered {
                Ok(json) => self.store.pack(json.to_string()).await.map_err(|it| it.to_string()),
                Err(why) => Err(why),
            };
            return packed.map_or_else(failed, |result| (Outcome::Done, result));
        }
        if tools::spec(&call.tool).is_some_and(|spec| spec.kind == ToolKind::Remember) {
            let args = self.store.unpack(&call.args).unwrap_or_default();
            return match self.remember(task, id, &args, bell).await {
                Ok(()) => (Outcome::Done, Payload::Inline("null".to_owned())),
                Err(why) => failed(why),
            };
        }
        if tools::spec(&call.tool).is_some_and(|spec| spec.kind == tools::ToolKind::Take) {
            return match self.take_file(task, &call.args, bell).await {
                Ok(text) => {
                    let json = serde_json::Value::from(text).to_string();
                    (Outcome::Done, Payload::Inline(json))
                }
                Err(Broken::Refused(why)) => failed(why),
                Err(Broken::Died(why)) => {
                    let why = serde_json::Value::String(why).to_string();
                    (Outcome::Interrupted, Payload::Inline(why))
                }
            };
        }
        let (reply, printed) = match self.ask_machine(task, &call.tool, &call.args, id, bell).await
        {
            Ok(asked) => asked,
            Err(Broken::Refused(why)) => return failed(why),
            Err(Broken::Died(why)) => {
                let why = serde_json::Value::String(why).to_string();
                return (Outcome::Interrupted, Payload::Inline(why));
            }
        };
        let (outcome, json) = tools::ended(&reply, &printed);
        match self.store.pack(json).await {
            Ok(result) => (outcome, result),
            Err(error) => failed(format!("its result could not be stored: {error}")),
        }
    }

    /// A file of a helper's, written in the task's own machine.
    async fn take_file(&self, task: &Task, args: &Payload, bell: &Bell) -> Result<String, Broken> {
        let refused = |error: &dyn std::fmt::Display| Broken::Refused(error.to_string());
        let args = self.store.unpack(args).map_err(|error| refused(&error))?;
        let Some(office) = self.office.upgrade() else {
            return Err(Broken::Refused("the daemon ends".to_owned()));
        };
        let own = (task, &bell.shared.id);
        let taken = taking::fetch(&office, own, &args).await.map_err(Broken::Refused)?;
        let (machine, _) = self.machine(task, bell).await.map_err(Broken::Refused)?;
        self.will_be_written().await.map_err(|error| refused(&error))?;
        let told = taking::write(taken, &machine).await;
        drop(machine);
        self.save_if_due().await;
        told
    }

    async fn run_check(&self, task: &Task, id: CheckId, bell: &Bell) -> task::CheckResult {
        let failed = |why: String| task::CheckResult { passed: false, evidence: vec![why] };
        let bound = task.checks().get(&id).and_then(|check| check.bound.as_ref());
        let Some((tool, args)) = bound else {
            return failed("nothing was named that would prove this".to_owned());
        };
        let mut died = String::new();
        for _ in 0..2 {
            match self.ask_machine(task, tool, args, CallId(0), bell).await {
                Ok((reply, printed)) => return tools::check_result(&reply, &printed),
                Err(Broken::Refused(why)) => return failed(why),
                Err(Broken::Died(why)) => died = why,
            }
        }
        failed(format!("the check could not be run: {died}"))
    }

    async fn ask_machine(
        &self,
        task: &Task,
        tool: &str,
        args: &Payload,
        call: CallId,
        bell: &Bell,
    ) -> Result<(Reply, Printed), Broken> {
        let refused = Broken::Refused;
        let spec = tools::spec(tool).ok_or_else(|| refused(format!("there is no tool {tool}")))?;
        let args = self.store.unpack(args).map_err(|error| refused(error.to_string()))?;
        let (machine, _) = self.machine(task, bell).await.map_err(refused)?;
        let request = self.request(task, spec, &args).await.map_err(refused)?;
        let writes = spec.access == ToolAccess::Write;
        if writes {
            self.will_be_written().await.map_err(|error| refused(error.to_string()))?;
        }
        let (reply, printed) = self.call(&machine, request, call, &bell.mailbox).await?;
        drop(machine);
        if writes {
            self.save_if_due().await;
        }
        Ok((tools::judged(spec, &args, reply), printed))
    }

    async fn request(&self, task: &Task, spec: &ToolSpec, args: &str) -> Result<Request, String> {
        if spec.kind == ToolKind::Search {
            return self.search_request(spec, args).await;
        }
        let first = task.shares().first().map_or("", |share| &share.name);
        tools::request(spec, args, first).map_err(|why| why.to_string())
    }

    /// A machine beside the task's own, as well isolated as that.
    pub(crate) async fn another_machine(
        &self,
        wish: MachineWish,
        spec: &JailSpec,
    ) -> Result<Arc<dyn Machine>, String> {
        let managed = self.network.policy().and_then(|managed| managed.machine(wish));
        let wish = managed.map_err(|error| words::short(&error))?;
        Ok(self.machines.start(spec, wish).await?.machine)
    }

    /// A terminal in the machine of a task that is under way.
    pub(crate) async fn terminal(
        self: &Arc<Self>,
        task: &Task,
        bell: &Bell,
        size: TerminalSize,
    ) -> Result<Terminal, UserError> {
        let id = &bell.shared.id;
        if task.is_resting() || task.bases().is_empty() {
            let what = format!("task {id} has no machine that runs");
            return Err(UserError::new(ErrorKind::User, "machine-absent", what)
                .cause("a machine runs from the start of its task until the task ends")
                .next(format!("`legwork show {id}` says where it stands")));
        }
        let (machine, _) = self.machine(task, bell).await.map_err(|why| no_machine(id, why))?;
        self.will_be_written().await.map_err(|error| no_machine(id, error.to_string()))?;
        let edges = self.clone();
        Ok(terminal::open(machine, task, size, async move { edges.save_if_due().await }))
    }

    async fn will_be_written(&self) -> std::io::Result<()> {
        match &*self.machine.lock().await {
            Some(stands) => stands.will_be_written(),
            None => Ok(()),
        }
    }

    /// Saves what was written while nobody uses the machine.
    async fn save_if_due(&self) {
        if let Some(stands) = &mut *self.machine.lock().await
            && stands.is_idle(0)
        {
            stands.save_if_due().await;
        }
    }

    async fn call(
        &self,
        machine: &Arc<dyn Machine>,
        request: Request,
        call: CallId,
        mailbox: &Mailbox,
    ) -> Result<(Reply, Printed), Broken> {
        let printed = std::sync::Mutex::new((Printed::default(), clock::now()));
        let heard = |happening| {
            let mut seen = printed.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            let now = clock::now();
            match happening {
                Happening::Output(output) => {
                    let (wire::Output::Stdout(bytes) | wire::Output::Stderr(bytes)) = &output;
                    let text = PathText::from_bytes(bytes).0.replace("\\x0a", "\n");
                    mailbox.show(live_item(now, What::Output { call, text }));
                    seen.0.take(&output);
                }
                Happening::Progress { done, total } => {
                    let every = u64::try_from(PROGRESS_EVERY.as_millis()).unwrap_or(u64::MAX);
                    if now.since(seen.1) >= every || done == total {
                        seen.1 = now;
                        mailbox.show(live_item(now, What::Progress { call, done, total }));
                    }
                }
            }
        };
        let reply = machine.call(request, None, &heard).await;
        match reply {
            Ok(reply) => {
                let (printed, _) =
                    printed.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
                Ok((reply, printed))
            }
            Err(error) => {
                // Whatever the guest did, it can have harmed its own machine only: take a new one.
                let mut stands = self.machine.lock().await;
                if stands.as_ref().is_some_and(|stands| Arc::ptr_eq(&stands.machine, machine)) {
                    *stands = None;
                }
                Err(Broken::Died(words::call(&error)))
            }
        }
    }

    async fn seal(&self, task: &Task) -> Input {
        self.mind.rest();
        self.model.rest().await;
        let marker = Marker::of(&self.dir);
        match self.end_machine().await {
            Err(error) => {
                marker.remove();
                return Input::EdgeFailed { why: format!("{error}; {}", error.next()) };
            }
            Ok(()) if marker.is_set() => {
                marker.remove();
                return Input::EdgeFailed { why: LOST.to_owned() };
            }
            Ok(()) => {}
        }
        match review::list(&self.store, &self.dir, task).await {
            Ok((list, counts)) => match self.store.put_json(&list).await {
                Ok(changes) => Input::ChangesListed { changes, counts },
                Err(error) => Input::EdgeFailed { why: error.to_string() },
            },
            Err(why) => Input::EdgeFailed { why },
        }
    }

    async fn apply(&self, task: &Task, apply: ApplyId) -> Input {
        let (report, counts) = review::apply(&self.store, &self.dir, task, apply).await;
        match self.store.put_json(&report).await {
            Ok(report) => Input::ApplyEnded { apply, report, counts },
            Err(error) => Input::EdgeFailed { why: error.to_string() },
        }
    }

    async fn undo(&self, task: &Task, apply: ApplyId, attempt: u32) -> Input {
        let (report, counts) = match review::undo(&self.dir, task, apply).await {
            Ok(undone) => undone,
            Err(why) => return Input::UndoFailed { apply, attempt, why },
        };
        match self.store.put_json(&report).await {
            Ok(report) => Input::UndoEnded { apply, report, counts },
            Err(error) => Input::EdgeFailed { why: error.to_string() },
        }
    }
}

fn no_machine(id: &TaskId, why: String) -> UserError {
    let what = format!("the machine of task {id} could not be started");
    UserError::new(ErrorKind::Unavailable, "machine-broken", what)
        .cause(why)
        .next("`legwork doctor` examines what machines need")
}

/// Why a machine gave no reply.
#[derive(Debug)]
pub(crate) enum Broken {
    /// The call was never sent.
    Refused(String),
    /// The machine ended while it worked on the call.
    Died(String),
}

/// The host folder of a share.
pub(crate) fn host_path(share: &Share) -> Result<PathBuf, String> {
    use std::os::unix::ffi::OsStringExt;
    let bytes = PathText(share.host.clone()).to_bytes().map_err(|error| error.to_string())?;
    Ok(PathBuf::from(std::ffi::OsString::from_vec(bytes)))
}

fn live_item(at: task::TimeMs, what: What) -> Item {
    Item { id: 0, key: "live".to_owned(), first: u64::MAX, order: 0, at, what }
}
