//! The mind of a task that is a language model: what it is sent is kept as it was sent, and grows
//! at its end; what it answers becomes an input.

use super::heard::{Hearing, token_use};
use crate::clock;
use crate::limits::{ASIDES_MAX, PICTURE_BASE64_BYTES_MAX};
use crate::live::Mailbox;
use crate::models::{Models, REPLAY};
use crate::recording::Recording;
use crate::store::{Store, StoreError};
use model::{
    Args, Context, Delta, Head, Kind, Message, Model, ModelError, Part, Settings, Stop, Turn, View,
};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use task::context::{Piece, Speaker};
use task::transcript::{Item, What};
use task::{
    AskedCall, AskedKind, Boundary, CallId, CallState, Dropped, Event, Fault, Input, MindRef,
    ModelInput, ModelTurn, Outcome, Payload, Steer, Task, TaskId, Thinking, TimeMs, TurnEnd,
};

/// The mind of one task.
#[derive(Debug)]
pub(crate) struct ModelMind {
    pub(super) store: Store,
    pub(super) models: Arc<Models>,
    /// Places for questions on the side.
    pub(super) asides: tokio::sync::Semaphore,
    /// The number of the last of them.
    pub(super) last_aside: AtomicU64,
    hearing: Hearing,
    inner: tokio::sync::Mutex<Inner>,
}

/// What is made once and kept while the task works.
#[derive(Debug, Default)]
struct Inner {
    /// Opened again after each failure: the key or the address may have been mended; and when the
    /// person chose another.
    model: Option<(Model, MindRef)>,
    kept: Option<Kept>,
}

/// The context as it was last sent.
#[derive(Debug)]
pub(super) struct Kept {
    pub(super) context: Context,
    epoch: u32,
    /// Pieces that are in it.
    pieces: usize,
    /// Of the marks around contents.
    key: String,
    /// Ids of the calls of the last turn in it.
    pub(super) calls: Vec<String>,
    /// The answer that was given last, and what it is in the ledger.
    answer: Option<(Payload, Turn)>,
}

/// Of a request that was never sent.
const NOTHING: (model::Usage, bool) = (
    model::Usage {
        is_reported: false,
        input: 0,
        cache_read: 0,
        cache_write: 0,
        cache_write_long: 0,
        output: 0,
        thinking: 0,
    },
    false,
);

/// Below so many tokens left of the budget, an answer is bounded by them.
const TOKENS_LEFT_BOUND: u64 = 64_000;
/// The least that an answer is allowed.
const TOKENS_LEFT_LEAST: u64 = 256;

impl ModelMind {
    pub(crate) fn new(store: Store, models: Arc<Models>) -> Self {
        let asides = tokio::sync::Semaphore::new(ASIDES_MAX);
        let hearing = Hearing::default();
        let inner = tokio::sync::Mutex::default();
        Self { store, models, asides, last_aside: AtomicU64::new(0), hearing, inner }
    }

    /// What the answer that is under way used so far, for the case that nobody waits for its end.
    pub(crate) fn dropped(&self) -> Option<Dropped> {
        self.hearing.dropped(&self.models)
    }

    /// About what an answer used that was under way when the daemon was killed.
    pub(crate) fn lost(&self, task: &Task, now: TimeMs) -> Option<Dropped> {
        let usage = task.asked_before(now)?;
        let Some(MindRef::Model { provider, model }) = task.mind() else { return None };
        let (input, cache_read) = (usage.input, usage.cache_read);
        let read = model::Usage { is_reported: true, input, cache_read, ..Default::default() };
        let is_replay = provider == REPLAY;
        (!is_replay).then(|| Dropped {
            of: task.thinking(),
            usage,
            cost_usd_micros: self.models.cost(provider, model, &read),
            said: String::new(),
            is_lost: true,
        })
    }

    /// Forgets what was sent; it can be made again from the ledger at any time.
    pub(crate) async fn rest(&self) {
        *self.inner.lock().await = Inner::default();
    }

    /// Asks the model for its next turn.
    pub(crate) async fn think(
        &self,
        task: &Task,
        id: &TaskId,
        named: (&str, &str),
        mailbox: &Mailbox,
    ) -> Input {
        if let Some(at) = task.ask_not_before() {
            let wait = at.since(clock::now());
            tokio::time::sleep(std::time::Duration::from_millis(wait)).await;
        }
        let of = task.thinking();
        let (provider, name) = named;
        if provider != REPLAY
            && let Err(error) = self.models.may_ask(provider, name)
        {
            return failed(of, &error, NOTHING, None);
        }
        let mut inner = self.inner.lock().await;
        let inner = &mut *inner;
        let mut model = match inner.model.take() {
            Some((model, mind)) if task.mind() == Some(&mind) => model,
            Some(_) | None => match self.open(task, named).await {
                Ok(model) => model,
                Err(error) => return failed(of, &error, NOTHING, None),
            },
        };
        let kept = match self.keep_up(&mut inner.kept, task, id) {
            Ok(kept) => kept,
            Err(error) => {
                let why = format!("what was recorded can't be read: {error}");
                return Input::EdgeFailed { why };
            }
        };
        if let (Model::Replay(left), Some(then)) = (&model, goes_on(named))
            && left.remaining() == 0
        {
            return Input::Steer(then);
        }
        let settings = settings(task, id);
        let mut deltas = self.shown(of, mailbox);
        self.hearing.begin(of, named, model.estimate(&mut kept.context));
        let heard = self.models.hear_of(provider, name);
        let answer = model.answer(&mut kept.context, &settings, &mut deltas);
        let (mut answered, ()) = tokio::join!(answer, heard);
        // A key may have been changed where it is kept.
        let is_refused = answered.as_ref().is_err_and(|error| error.kind == Kind::Auth);
        if is_refused && provider != REPLAY && self.models.renew(provider).await {
            model = match self.open(task, named).await {
                Ok(model) => model,
                Err(error) => return failed(of, &error, NOTHING, None),
            };
            answered = model.answer(&mut kept.context, &settings, &mut deltas).await;
        }
        match answered {
            Ok(turn) => {
                let used = self.hearing.used(&turn.usage);
                let input = self.input(of, (turn, used), task, named, kept).await;
                inner.model = task.mind().cloned().map(|mind| (model, mind));
                input.unwrap_or_else(|error| Input::EdgeFailed { why: error.to_string() })
            }
            Err(error) => {
                tracing::warn!(task = %id, kind = %error.kind, status = ?error.status,
                    words = error.words, raw = error.raw, "a model did not answer");
                let used = self.hearing.used_of_broken(&error.usage);
                failed(of, &error, used, self.models.cost(provider, name, &used.0))
            }
        }
    }

    /// Takes what comes of an answer: counts it, and shows its words.
    fn shown<'a>(&'a self, of: Thinking, mailbox: &'a Mailbox) -> impl FnMut(Delta) + Send + 'a {
        let key = format!("speaking-{}", of.turn);
        move |delta| {
            self.hearing.take(&delta);
            if let Delta::Text { text, .. } = delta {
                let (at, key) = (clock::now(), key.clone());
                let what = What::Speaking { text };
                mailbox.show(Item { id: 0, key, first: u64::MAX, order: 0, at, what });
            }
        }
    }

    pub(super) async fn open(
        &self,
        task: &Task,
        (provider, name): (&str, &str),
    ) -> Result<Model, ModelError> {
        if provider != REPLAY {
            return self.models.open(provider, name).await;
        }
        let turns = self.recorded(name).map_err(|words| ModelError {
            kind: Kind::NotFound,
            provider: "the record".to_owned(),
            retry_after: None,
            status: None,
            words,
            raw: String::new(),
            usage: Box::default(),
        })?;
        Ok(Model::Replay(model::Replay::new(turns, task.turns() as usize)))
    }

    /// What a model once answered in the task of this name, in order.
    fn recorded(&self, name: &str) -> Result<Vec<Turn>, String> {
        let no_task = |_| format!("{name} is no task's name");
        let recording = Recording::parse(name).ok_or(()).map_err(no_task)?;
        let id: TaskId = recording.task.parse().map_err(|_| no_task(()))?;
        let stored = self.store.read(&id, 0, usize::MAX).map_err(|error| error.to_string())?;
        let until = recording.until.map_or(u64::MAX, |(event, _)| event);
        let answers = stored.iter().filter(|it| it.seq < until).filter_map(|it| match &it.event {
            Event::ModelAnswered { turn: Some(turn), .. } => Some(&turn.answer),
            _ => None,
        });
        answers.map(|it| self.read_turn(it).map_err(|error| error.to_string())).collect()
    }

    /// Brings the context up to the task: what is new is put at its end.
    pub(super) fn keep_up<'a>(
        &self,
        kept: &'a mut Option<Kept>,
        task: &Task,
        id: &TaskId,
    ) -> Result<&'a mut Kept, StoreError> {
        let source = task.context();
        if kept.as_ref().is_some_and(|kept| kept.epoch != source.epoch()) {
            *kept = None;
        }
        let kept = kept.get_or_insert_with(|| Kept::begin(task, id));
        while let Some(piece) = source.pieces().get(kept.pieces) {
            let is_bare = kept.pieces < source.bare_count();
            let message = self.message(kept, task, piece, is_bare)?;
            kept.context.push(message);
            kept.pieces += 1;
        }
        Ok(kept)
    }

    fn message(
        &self,
        kept: &mut Kept,
        task: &Task,
        piece: &Piece,
        is_bare: bool,
    ) -> Result<Message, StoreError> {
        Ok(match piece {
            Piece::Said { by: Speaker::Person, text } => {
                Message::text(format!("The person says: {text}"))
            }
            Piece::Said { by: Speaker::Legwork, text } => {
                Message::text(format!("Legwork says: {text}"))
            }
            Piece::Begun { text } => Message::text(prompt::begun(text)),
            Piece::BackgroundEnded { call, how, unread } => {
                let nothing = Payload::Inline(String::new());
                let args = task.call(*call).map_or(&nothing, |it| &it.args);
                let called = prompt::Called { number: call.0, tool: "run_command", args };
                Message::text(prompt::background_ended(called, &kept.key, how, unread))
            }
            Piece::Turn { answer, .. } => {
                let known = kept.answer.take().filter(|(payload, _)| payload == answer);
                let turn = match known {
                    Some((_, turn)) => turn,
                    None => self.read_turn(answer)?,
                };
                kept.calls = turn.calls().map(|call| call.id.clone()).collect();
                let turn = if is_bare { turn.without_thinking() } else { turn };
                Message::Model(Box::new(turn))
            }
            Piece::Results { first, count } => {
                let ids = std::mem::take(&mut kept.calls);
                let key = kept.key.clone();
                let calls = (first.0..first.0.saturating_add(*count)).zip(ids);
                let result =
                    |(number, id)| self.result((task, &key), (CallId(number), id), !is_bare);
                let parts = calls.map(result);
                Message::User(parts.collect::<Result<_, _>>()?)
            }
        })
    }

    fn read_turn(&self, answer: &Payload) -> Result<Turn, StoreError> {
        let json = self.store.unpack(answer)?;
        let place = || "an answer of a model".to_owned();
        serde_json::from_str(&json).map_err(|source| StoreError::Form { place: place(), source })
    }

    fn result(
        &self,
        (task, key): (&Task, &str),
        (number, id): (CallId, String),
        has_pictures: bool,
    ) -> Result<Part, StoreError> {
        let nothing = Payload::Inline(String::new());
        let mut images = vec![];
        let told = match task.call(number) {
            Some(call) => {
                let outcome = match call.state {
                    CallState::Ended(outcome) => outcome,
                    CallState::Waiting | CallState::Ready | CallState::Running => {
                        Outcome::Interrupted
                    }
                };
                let json = match &call.result {
                    Some(result) => self.store.unpack(result)?,
                    None => "null".to_owned(),
                };
                let called =
                    prompt::Called { number: number.0, tool: &call.tool, args: &call.args };
                let mut told = prompt::told(called, key, outcome, &json);
                if call.tool == task::context::LOOK && outcome == Outcome::Done {
                    match has_pictures {
                        true => images.extend(picture(&json)),
                        false => told.text.push_str(prompt::PICTURE_GONE),
                    }
                }
                told
            }
            None => {
                let called = prompt::Called { number: number.0, tool: "", args: &nothing };
                prompt::told(called, key, Outcome::Interrupted, "null")
            }
        };
        let (text, is_error) = (told.text, told.is_error);
        Ok(Part::Result(model::ToolResult { call: id, text, images, is_error }))
    }

    async fn input(
        &self,
        of: Thinking,
        (turn, used): (Turn, (model::Usage, bool)),
        task: &Task,
        (provider, name): (&str, &str),
        kept: &mut Kept,
    ) -> Result<Input, StoreError> {
        let mut calls = vec![];
        let last = turn.blocks.last().map(|block| &block.view);
        for call in turn.calls() {
            // An answer that was cut before the first letter of its last call's arguments.
            let is_cut = turn.stop == Stop::MaxTokens
                && matches!(last, Some(View::Call(last)) if last.id == call.id);
            let (args, kind) = match &call.args {
                Args::Object(raw) if is_cut && raw.get() == "{}" => {
                    let why = "your answer was cut before the arguments of this call; write it \
                               again, in smaller pieces";
                    ("{}".to_owned(), AskedKind::Unusable { why: why.to_owned() })
                }
                Args::Object(raw) => asked(&call.name, raw.get(), task),
                Args::Broken(text) => match tools::unpacked(text) {
                    Some(args) => asked(&call.name, &args, task),
                    None => {
                        let why = "the arguments are no whole JSON object; write them again";
                        let text = serde_json::Value::String(text.clone()).to_string();
                        (text, AskedKind::Unusable { why: why.to_owned() })
                    }
                },
            };
            let args = self.store.pack(args).await?;
            calls.push(AskedCall { tool: call.name.clone(), args, kind });
        }
        let json = serde_json::to_string(&turn).expect("a turn is always JSON");
        let stored = ModelTurn {
            answer: self.store.pack(json).await?,
            provider: provider.to_owned(),
            model: name.to_owned(),
            usage: token_use(&used.0, used.1),
            cost_usd_micros: self.models.cost(provider, name, &used.0),
            window: self.models.window(provider, name),
        };
        let (text, end) = (turn.text(), end(&turn.stop));
        kept.answer = Some((stored.answer.clone(), turn));
        let answered = ModelInput::Answered { of, turn: stored, text, calls, end };
        Ok(Input::Model(Box::new(answered)))
    }
}

impl Kept {
    fn begin(task: &Task, id: &TaskId) -> Self {
        let key = prompt::key(id.as_str());
        let mut context = Context::new(head());
        let today = clock::day(task.created_at());
        context.push(Message::text(prompt::opening(task, &key, &today)));
        if let Some(digest) = task.context().digest() {
            context.push(Message::text(digest));
        }
        let epoch = task.context().epoch();
        Self { context, epoch, pieces: 0, key, calls: vec![], answer: None }
    }
}

/// What stands before the messages of every task: the same for all.
pub(super) fn head() -> Head {
    let tools = tools::offered().map(|it| model::ToolSpec {
        name: it.name.clone(),
        description: it.description.clone(),
        schema: it.schema.clone().into(),
    });
    Head { system: vec![prompt::SYSTEM.to_owned()], tools: tools.collect() }
}

pub(super) fn settings(task: &Task, id: &TaskId) -> Settings {
    let left = task.budget().tokens_max.saturating_sub(task.spent().tokens.total());
    Settings {
        output_tokens_max: (left < TOKENS_LEFT_BOUND).then_some(left.max(TOKENS_LEFT_LEAST)),
        cache_key: Some(id.as_str().to_owned()),
        ..Settings::default()
    }
}

/// The picture in a result of `look`: what the machine's reader wrote, of the kinds that all
/// providers take.
pub(crate) fn picture(json: &str) -> Option<model::Image> {
    let shown: serde_json::Value = serde_json::from_str(json).ok()?;
    let media_type = shown["media_type"].as_str()?;
    let base64 = shown["base64"].as_str().filter(|it| it.len() <= PICTURE_BASE64_BYTES_MAX)?;
    let is_base64 = base64.bytes().all(|it| it.is_ascii_alphanumeric() || b"+/=".contains(&it));
    let is_known = matches!(media_type, "image/png" | "image/jpeg");
    (is_known && is_base64 && !base64.is_empty())
        .then(|| model::Image { media_type: media_type.to_owned(), base64: base64.to_owned() })
}

/// The arguments of a call as they are kept, and what it comes down to.
fn asked(tool: &str, args: &str, task: &Task) -> (String, AskedKind) {
    let args = tools::fitted(tool, args, task.shares());
    let kind = tools::asked(tool, &args, task.budget());
    let unkept = |it: &Boundary| tools::unkept(tool, &args, task.shares(), &it.writes);
    let kind = match (&kind, task.boundary().and_then(unkept)) {
        (AskedKind::Tool { .. } | AskedKind::Acting { .. }, Some(why)) => {
            AskedKind::Unusable { why }
        }
        _ => kind,
    };
    (args.into_owned(), kind)
}

fn end(stop: &Stop) -> TurnEnd {
    match stop {
        Stop::Done | Stop::Calls | Stop::StopText | Stop::Other(_) => TurnEnd::Whole,
        Stop::MaxTokens => TurnEnd::Cut,
        Stop::Paused => TurnEnd::Paused,
        Stop::Refused(why) if why.is_empty() => {
            TurnEnd::Refused { why: "it did not say why".to_owned() }
        }
        Stop::Refused(why) => TurnEnd::Refused { why: why.clone() },
        Stop::Filtered => TurnEnd::Refused { why: "its provider's filter ended it".to_owned() },
        Stop::WindowFull => TurnEnd::WindowFull,
    }
}

/// Who answers where a recording ends, as somebody would switch to it; `None`: nobody.
fn goes_on((provider, name): (&str, &str)) -> Option<Steer> {
    let recording = (provider == REPLAY).then(|| Recording::parse(name)).flatten()?;
    let (_, then) = recording.until?;
    let (provider, model) = then.split_once('/')?;
    Some(Steer::Switched { provider: provider.to_owned(), model: model.to_owned() })
}

fn failed(
    of: Thinking,
    error: &ModelError,
    (usage, is_estimate): (model::Usage, bool),
    cost_usd_micros: Option<u64>,
) -> Input {
    let fault = match error.kind {
        Kind::RateLimited | Kind::Overloaded => Fault::Busy,
        Kind::Broken | Kind::Cut | Kind::Malformed | Kind::WrongContentType | Kind::Timeout => {
            Fault::Broken
        }
        Kind::Network => Fault::Offline,
        Kind::TooLong => Fault::TooLong,
        Kind::Setup
        | Kind::Auth
        | Kind::NotFound
        | Kind::BadRequest
        | Kind::Budget
        | Kind::Refused => Fault::Final,
    };
    let why = match fault {
        Fault::Final => format!("{}: {}; {}", error.what(), error.why(), error.next()),
        Fault::Busy | Fault::Broken | Fault::Offline | Fault::TooLong => {
            format!("{}: {}", error.what(), error.why())
        }
    };
    let wait = error.retry_after.map(|wait| u64::try_from(wait.as_millis()).unwrap_or(u64::MAX));
    let usage = token_use(&usage, is_estimate);
    let failed =
        ModelInput::Failed { of, fault, why, retry_after_ms: wait, usage, cost_usd_micros };
    Input::Model(Box::new(failed))
}
