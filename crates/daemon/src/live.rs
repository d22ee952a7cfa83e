//! The loop of one task: receive an input, decide, append, apply, start or stop work.
//!
//! The task itself judges; here is only the order of things. Everything that clients see of a task
//! they read from `Shared`, which only this loop changes.

use crate::clock;
use crate::edges::Edges;
use crate::limits::{FULL_RETRY, FULL_TRIES_FOR_PERSON, INPUTS_WAITING_MAX, LIVE_ITEMS_MAX};
use crate::store::{Placed, Store};
use ledger::AppendError;
use std::collections::BTreeMap;
use std::sync::{Arc, RwLock};
use task::transcript::{Item, Transcript, What};
use task::{Driver, Effect, Event, Input, TaskId, TimeMs, Work};
use tokio::sync::{broadcast, mpsc, oneshot, watch};
use tokio::task::{AbortHandle, JoinSet};

/// A running task as the rest of the daemon sees it.
#[derive(Debug, Clone)]
pub(crate) struct Live {
    inputs: mpsc::Sender<Letter>,
    shared: Arc<Shared>,
}

/// What the loop shares with readers.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) id: TaskId,
    state: RwLock<State>,
    /// Position of the last event folded in; watchers wait for it to change.
    seq: watch::Sender<u64>,
    /// Progress and output: never stored, and lost on a watcher who is slow.
    live: broadcast::Sender<Item>,
}

#[derive(Debug, Default)]
struct State {
    driver: Driver,
    transcript: Transcript,
}

/// What watchers are told while nothing can be stored.
const DISK_FULL: &str = "The disk that holds Legwork's state is full. Nothing is lost; \
                         this goes on by itself when there is room again.";

/// An input on its way to the loop.
#[derive(Debug)]
struct Letter {
    input: Input,
    /// Answered with the number of events that the input caused.
    answer: Option<oneshot::Sender<Result<usize, AppendError>>>,
    from: From,
}

/// Who brings an input: a person is told when the disk is full, work waits for room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum From {
    Person,
    Work,
}

/// An edge's way to bring its results to the loop.
#[derive(Debug, Clone)]
pub(crate) struct Mailbox {
    inputs: mpsc::Sender<Letter>,
    live: broadcast::Sender<Item>,
}

impl Mailbox {
    /// Brings an input, and returns once its events are stored and folded in.
    pub(crate) async fn bring(&self, input: Input) {
        let (sender, answer) = oneshot::channel();
        // A loop that is gone has no use for the input: its task was shut with the daemon.
        let letter = Letter { input, answer: Some(sender), from: From::Work };
        if self.inputs.send(letter).await.is_ok() {
            let _ = answer.await;
        }
    }

    /// Tells watchers something that is not stored, once for each position in the ledger.
    fn say(&self, text: &str, seq: u64, at: TimeMs) {
        let what = What::Said { text: text.to_owned() };
        let key = format!("live-said-{seq}");
        self.show(Item { id: seq, key, first: seq, order: u32::MAX, at, what });
    }

    /// Shows something that is not stored.
    pub(crate) fn show(&self, item: Item) {
        // Nobody watches: nothing to show.
        let _ = self.live.send(item);
    }
}

impl Shared {
    /// Reads the task as it stands.
    pub(crate) fn read<T>(&self, read: impl FnOnce(&Driver, &Transcript) -> T) -> T {
        let state = self.state.read().unwrap_or_else(std::sync::PoisonError::into_inner);
        read(&state.driver, &state.transcript)
    }

    pub(crate) fn seq(&self) -> u64 {
        *self.seq.borrow()
    }

    pub(crate) fn changes(&self) -> watch::Receiver<u64> {
        self.seq.subscribe()
    }

    pub(crate) fn live_items(&self) -> broadcast::Receiver<Item> {
        self.live.subscribe()
    }

    fn fold(&self, placed: &[Placed]) -> Work {
        let mut state = self.state.write().unwrap_or_else(std::sync::PoisonError::into_inner);
        for it in placed {
            state.transcript.fold(it.seq, it.at, &it.event);
        }
        let events: Vec<Event> = placed.iter().map(|it| it.event.clone()).collect();
        let work = state.driver.stored(&events);
        drop(state);
        if let Some(last) = placed.last() {
            self.seq.send_replace(last.seq);
        }
        work
    }
}

impl Live {
    pub(crate) fn shared(&self) -> &Arc<Shared> {
        &self.shared
    }

    /// A way to bring what comes of work that a person began.
    pub(crate) fn mailbox(&self) -> Mailbox {
        Mailbox { inputs: self.inputs.clone(), live: self.shared.live.clone() }
    }

    /// Brings a person's input; returns the number of events that it caused, once they are stored.
    pub(crate) async fn bring(&self, input: Input) -> Result<usize, AppendError> {
        let (sender, answer) = oneshot::channel();
        let letter = Letter { input, answer: Some(sender), from: From::Person };
        self.inputs.send(letter).await.map_err(|_| AppendError::Stopped)?;
        answer.await.unwrap_or(Err(AppendError::Stopped))
    }
}

/// A task that is about to live: its loop has not begun.
#[derive(Debug)]
pub(crate) struct Begun {
    pub(crate) live: Live,
    inputs: mpsc::Receiver<Letter>,
    store: Store,
}

/// A task folded from its stored events; none for a new one.
pub(crate) fn begin(id: TaskId, store: Store, stored: &[Placed]) -> Begun {
    let (sender, inputs) = mpsc::channel(INPUTS_WAITING_MAX);
    let shared = Shared {
        id,
        state: RwLock::default(),
        seq: watch::Sender::new(0),
        live: broadcast::Sender::new(LIVE_ITEMS_MAX),
    };
    // Nothing may start before it is known which calls were running: resume, then fold the view.
    let driver = Driver::resume(stored.iter().map(|it| &it.event));
    let mut transcript = Transcript::default();
    for it in stored {
        transcript.fold(it.seq, it.at, &it.event);
    }
    shared.seq.send_replace(stored.last().map_or(0, |it| it.seq));
    if let Ok(mut state) = shared.state.write() {
        *state = State { driver, transcript };
    }
    let live = Live { inputs: sender, shared: Arc::new(shared) };
    Begun { live, inputs, store }
}

impl Begun {
    /// Lives until every `Live` of this task is dropped. `first` is the input to begin with:
    /// `Create` or `Restarted`.
    pub(crate) async fn run(
        self,
        edges: Arc<Edges>,
        first: Input,
        ready: oneshot::Sender<Result<usize, AppendError>>,
    ) {
        let Self { live, inputs, store } = self;
        let mailbox = Mailbox { inputs: live.inputs.clone(), live: live.shared.live.clone() };
        let shared = live.shared.clone();
        drop(live);
        let under_way = BTreeMap::new();
        let mut running = Loop { shared, store, edges, mailbox, works: JoinSet::new(), under_way };
        let from = if matches!(first, Input::Restarted) { From::Work } else { From::Person };
        running.take(Letter { input: first, answer: Some(ready), from }).await;
        running.serve(inputs).await;
    }
}

struct Loop {
    shared: Arc<Shared>,
    store: Store,
    edges: Arc<Edges>,
    mailbox: Mailbox,
    /// Owns the running work; dropping the loop aborts it.
    works: JoinSet<Effect>,
    under_way: BTreeMap<Effect, AbortHandle>,
}

impl Loop {
    async fn serve(mut self, mut inputs: mpsc::Receiver<Letter>) {
        loop {
            let deadline = self.shared.read(|driver, _| driver.task().work_deadline());
            tokio::select! {
                letter = inputs.recv() => match letter {
                    Some(letter) => self.take(letter).await,
                    None => return,
                },
                Some(ended) = self.works.join_next() => self.reap(ended).await,
                () = until(deadline) => {
                    self.take(by_itself(Input::DeadlineReached)).await;
                }
            }
        }
    }

    async fn take(&mut self, letter: Letter) {
        let now = clock::now();
        let is_restart = matches!(letter.input, Input::Restarted);
        let events = self.shared.read(|driver, _| {
            let events = driver.decide(letter.input, now);
            if events.is_empty() && !is_restart {
                return events;
            }
            match self.edges.dropped(driver.task(), is_restart) {
                Some(dropped) => driver.task().with_dropped(events, dropped, now),
                None => events,
            }
        });
        let stored = self.append(events, now, letter.from).await;
        let count = stored.map(|placed| {
            let count = placed.len();
            // Also without events: a resumed task has work to start although nothing happened.
            let work = self.shared.fold(&placed);
            self.carry_out(work);
            if placed.iter().any(|it| matches!(it.event, Event::TaskRested { .. })) {
                self.rest();
            }
            count
        });
        if let Err(error) = &count {
            tracing::error!(task = %self.shared.id, %error, "an input could not be stored");
        }
        if let Some(answer) = letter.answer {
            // The client went away: what it brought is stored all the same.
            let _ = answer.send(count);
        }
    }

    /// Stores events. A full disk is waited for, except by a person.
    async fn append(
        &self,
        events: Vec<Event>,
        at: TimeMs,
        from: From,
    ) -> Result<Vec<Placed>, AppendError> {
        if events.is_empty() {
            return Ok(vec![]);
        }
        let seq = self.shared.seq();
        let mut tries = 0;
        loop {
            match self.store.append(&self.shared.id, seq, &events, at).await {
                Ok(_) => break,
                Err(AppendError::Full) if from == From::Work || tries < FULL_TRIES_FOR_PERSON => {
                    tries += 1;
                    if tries == 1 {
                        tracing::warn!(task = %self.shared.id, "the disk is full; waiting for room");
                        self.mailbox.say(DISK_FULL, seq, at);
                    }
                    tokio::time::sleep(FULL_RETRY).await;
                }
                Err(error) => return Err(error),
            }
        }
        let placed = events.into_iter().zip(seq + 1..);
        Ok(placed.map(|(event, seq)| Placed { seq, at, hash: [0; 32], event }).collect())
    }

    fn carry_out(&mut self, work: Work) {
        for effect in work.stop {
            if let Some(running) = self.under_way.remove(&effect) {
                running.abort();
            }
        }
        for effect in work.start {
            let (edges, shared, mailbox) =
                (self.edges.clone(), self.shared.clone(), self.mailbox.clone());
            let running = self.works.spawn(async move {
                edges.carry_out(effect, &shared, &mailbox).await;
                effect
            });
            self.under_way.insert(effect, running);
        }
    }

    /// A task that was stopped while it was prepared has a machine that nothing else would shut.
    fn rest(&mut self) {
        let edges = self.edges.clone();
        self.works.spawn(async move {
            edges.shut().await;
            Effect::Seal
        });
    }

    /// Work that ended by itself brought its input already; work that panicked ends the task.
    async fn reap(&mut self, ended: Result<Effect, tokio::task::JoinError>) {
        match ended {
            Ok(effect) => {
                self.under_way.remove(&effect);
            }
            Err(error) if error.is_panic() => {
                tracing::error!(task = %self.shared.id, %error, "work of a task broke");
                let why = "Legwork itself broke while it worked on this; its log says where";
                let input = Input::EdgeFailed { why: why.to_owned() };
                self.take(by_itself(input)).await;
            }
            Err(_) => (),
        }
    }
}

fn by_itself(input: Input) -> Letter {
    Letter { input, answer: None, from: From::Work }
}

async fn until(deadline: Option<TimeMs>) {
    match deadline {
        Some(deadline) => {
            let left = deadline.since(clock::now());
            tokio::time::sleep(std::time::Duration::from_millis(left + 1)).await;
        }
        None => std::future::pending().await,
    }
}
