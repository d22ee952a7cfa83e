//! The host's end of the stream: many calls at once, and nothing believed.
//!
//! A guest that sends what no call asked for, more than it may, or what is no message, has broken
//! the rules: the machine ends, with the reason, and every waiting call is told. That is all a
//! hostile guest can achieve here.

use super::Happening;
use super::channels::{Channels, Connection};
use super::error::CallError;
use super::feed::{Feed, Feeding};
use super::frames::Frames;
use super::lanes::{Item, Lanes};
use crate::limits::{
    ARGS_BYTES_MAX, CALLS_MAX, INBOX_MAX, OUTBOUND_CHANNEL_BYTES_HIGH, OUTBOUND_FRAMES_MAX,
    OUTBOUND_ITEMS_MAX, PART_BYTES, RECORDS_BYTES_MAX, RESULT_BYTES_MAX, WHY_CHARS_MAX,
};
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;
use std::io;
use std::ops::{Deref, DerefMut};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore, mpsc};
use wire::{FailKind, FromGuest, Output, Reply, Request, ToGuest};

/// What a call's caller is handed from the reader.
#[derive(Debug)]
enum News {
    Happening(Happening),
    Part(String),
    Reply(Reply),
    InputCredit(u32),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Asked {
    Program { is_fed: bool },
    Tool,
}

#[derive(Debug)]
struct Waiting {
    asked: Asked,
    /// `None`: the caller is gone; the guest still owes the end of the call.
    inbox: Option<mpsc::Sender<News>>,
    /// Bytes that may still come: of output, or of a result.
    left: u64,
}

#[derive(Debug)]
struct State {
    calls: BTreeMap<u32, Waiting>,
    id_last: u32,
    lanes: Lanes,
    channels: Channels,
    ended: Option<String>,
}

#[derive(Debug)]
pub(crate) struct Stream {
    state: Mutex<State>,
    half: OwnedWriteHalf,
    /// The socket did not take all; the writer waits until it does.
    to_write: Notify,
    has_ended: Notify,
    /// A call began.
    has_begun: Notify,
    room: Arc<Semaphore>,
    running: Arc<Semaphore>,
    output_max: u64,
}

/// What the guest sent that it may not send.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Offence {
    #[error("the guest answered a call that nobody made")]
    UnknownCall,
    #[error("the guest's answer does not fit what was asked")]
    WrongKind,
    #[error("the guest sent more than a call may return")]
    TooMuch,
    #[error("the guest started twice")]
    SecondStart,
    #[error("the guest opened a door that it does not have")]
    NoDoor,
    #[error("the guest counts its connections wrongly")]
    ChannelNumber,
    #[error("the guest gave a name that is too long")]
    LongName,
    #[error("the guest opened more connections than a machine may have")]
    TooManyChannels,
    #[error("the guest spoke of a connection that is not there")]
    UnknownChannel,
    #[error("the guest went on with a connection that it had closed")]
    ClosedTwice,
    #[error("the guest sent more than there was room for")]
    Window,
    #[error("the guest no longer listens")]
    Deaf,
}

/// Why nothing more is heard of the guest.
#[derive(Debug)]
pub(crate) enum Heard {
    /// The stream is closed, or what came is no message.
    Gone(String),
    /// It said what it may not say.
    Offence(String),
}

impl Stream {
    /// `taker` is who hears of connections; without one the machine may open none.
    pub(crate) fn new(
        output_max: u64,
        half: OwnedWriteHalf,
        taker: Option<mpsc::Sender<Connection>>,
    ) -> Self {
        Self {
            state: Mutex::new(State {
                calls: BTreeMap::new(),
                id_last: 0,
                lanes: Lanes::default(),
                channels: Channels::new(taker),
                ended: None,
            }),
            half,
            to_write: Notify::new(),
            has_ended: Notify::new(),
            has_begun: Notify::new(),
            room: Arc::new(Semaphore::new(OUTBOUND_FRAMES_MAX)),
            running: Arc::new(Semaphore::new(CALLS_MAX)),
            output_max,
        }
    }

    // The state is whole at every point where a holder could panic, so a poisoned lock is fine.
    fn state(&self) -> Locked<'_> {
        Locked(Some(self.state.lock().unwrap_or_else(PoisonError::into_inner)))
    }

    /// Ends every call; only the first reason counts.
    pub(crate) fn end(&self, why: impl Into<String>) {
        let mut state = self.state();
        if state.ended.is_none() {
            state.ended = Some(why.into());
        }
        state.calls.clear();
        state.lanes.clear();
        state.channels.end();
        drop(state);
        self.room.close();
        self.running.close();
        self.to_write.notify_one();
        self.has_ended.notify_waiters();
        self.has_begun.notify_one();
    }

    pub(crate) fn ended(&self) -> Option<String> {
        self.state().ended.clone()
    }

    pub(crate) fn is_idle(&self) -> bool {
        self.state().calls.is_empty()
    }

    /// Waits until a call runs or the machine has ended.
    pub(crate) async fn wait_busy(&self) {
        while self.is_idle() && self.ended().is_none() {
            self.has_begun.notified().await;
        }
    }

    /// Waits until the machine has ended.
    pub(crate) async fn wait_end(&self) {
        let notified = self.has_ended.notified();
        if self.ended().is_none() {
            notified.await;
        }
    }

    fn gone(&self) -> CallError {
        CallError::Ended { why: self.ended().unwrap_or_else(|| "it was stopped".into()) }
    }

    pub(crate) async fn call(
        &self,
        request: Request,
        feed: Option<mpsc::Receiver<Feed>>,
        happened: impl Fn(Happening) + Send,
    ) -> Result<Reply, CallError> {
        let _one_of_few = self.running.clone().acquire_owned().await.map_err(|_| self.gone())?;
        let (asked, left) = match &request {
            Request::Exec(exec) => {
                let is_fed = exec.input == wire::ExecInput::Stream;
                (Asked::Program { is_fed }, exec.output_bytes_max(self.output_max))
            }
            Request::Tool { .. } => (Asked::Tool, RESULT_BYTES_MAX as u64),
            Request::Upper { .. } => (Asked::Program { is_fed: false }, RECORDS_BYTES_MAX),
        };
        let (sender, mut inbox) = mpsc::channel(INBOX_MAX);
        let id = {
            let mut state = self.state();
            if state.ended.is_some() {
                drop(state);
                return Err(self.gone());
            }
            state.id_last += 1;
            let id = state.id_last;
            state.calls.insert(id, Waiting { asked, inbox: Some(sender), left });
            id
        };
        self.has_begun.notify_one();
        let mut withdraw = Withdraw { stream: self, id, sent: false };
        for frame in frames(id, request)? {
            let room = self.room.clone().acquire_owned().await.map_err(|_| self.gone())?;
            self.queue(frame, Some(room));
        }
        withdraw.sent = true;
        let mut json = String::new();
        // A program that nobody feeds finds its input at its end.
        let is_fed = matches!(asked, Asked::Program { is_fed: true });
        let feed = feed.or_else(|| is_fed.then(|| mpsc::channel(1).1));
        let mut feeding = Feeding::new(id, feed);
        loop {
            let news = tokio::select! {
                news = inbox.recv() => news,
                frame = feeding.next() => {
                    self.queue(frame, None);
                    continue;
                }
            };
            match news {
                Some(News::Happening(happening)) => happened(happening),
                Some(News::Part(part)) => json.push_str(&part),
                Some(News::Reply(reply)) => return Ok(joined(json, reply)),
                Some(News::InputCredit(credit)) => {
                    if feeding.add(credit).is_err() {
                        self.end(Offence::Window.to_string());
                    }
                }
                None => return Err(self.gone()),
            }
        }
    }

    /// Written at once if the socket takes it: waking another task first costs more than the call.
    fn queue(&self, frame: Vec<u8>, room: Option<OwnedSemaphorePermit>) {
        let mut state = self.state();
        if state.ended.is_some() {
            return;
        }
        state.lanes.first.push_back(Item::Frame { frame, room });
        drop(state);
        self.write_now();
    }

    /// For who holds an end of a channel; `write_now` is to follow.
    pub(crate) fn with_channels<T>(&self, act: impl FnOnce(&mut Channels, &mut Lanes) -> T) -> T {
        let state = &mut *self.state();
        act(&mut state.channels, &mut state.lanes)
    }

    /// Writes what the socket takes, and leaves the rest to the writer.
    pub(crate) fn write_now(&self) {
        let mut state = self.state();
        if state.ended.is_some() {
            return;
        }
        let flushed = state.flush(&self.half);
        drop(state);
        if !matches!(flushed, Ok(true)) {
            self.to_write.notify_one();
        }
    }

    /// The caller is gone. The guest is told, and its end of the call is awaited without a reader.
    fn withdraw(&self, id: u32, sent: bool) {
        let mut state = self.state();
        let Some(waiting) = state.calls.get_mut(&id) else { return };
        waiting.inbox = None;
        if !sent {
            state.calls.remove(&id);
        }
        drop(state);
        if let Ok(frame) = wire::encode(&ToGuest::Cancel { id }) {
            self.queue(frame, None);
        }
    }

    /// Writes what `queue` could not.
    pub(crate) async fn write_rest(&self) {
        loop {
            self.to_write.notified().await;
            loop {
                let flushed = self.state().flush(&self.half);
                match flushed {
                    Ok(true) => break,
                    Ok(false) => drop(self.half.writable().await),
                    Err(error) => return self.end(format!("{}: {error}", Offence::Deaf)),
                }
            }
            if self.ended().is_some() {
                return;
            }
        }
    }

    pub(crate) async fn read_all(self: &Arc<Self>, half: OwnedReadHalf) {
        let (Heard::Gone(why) | Heard::Offence(why)) = self.hear_all(half).await;
        self.end(why);
    }

    /// Hears the guest until it is gone or has broken the rules.
    pub(crate) async fn hear_all(self: &Arc<Self>, half: OwnedReadHalf) -> Heard {
        let mut frames = Frames::new(half);
        loop {
            let message = match frames.next().await {
                Ok(message) => message,
                Err(why) => return Heard::Gone(why),
            };
            if let Err(offence) = self.hear(message).await {
                return Heard::Offence(offence.to_string());
            }
        }
    }

    async fn hear(self: &Arc<Self>, message: FromGuest) -> Result<(), Offence> {
        let (id, news) = match message {
            FromGuest::Ready { .. } | FromGuest::Unready { .. } => {
                return Err(Offence::SecondStart);
            }
            FromGuest::Output { id, output } => (id, News::Happening(Happening::Output(output))),
            FromGuest::Progress { id, done, total } => {
                (id, News::Happening(Happening::Progress { done, total }))
            }
            FromGuest::Ended { id, reply: Reply::Result { json, more: true } } => {
                (id, News::Part(json))
            }
            FromGuest::Ended { id, reply } => (id, News::Reply(reply)),
            FromGuest::InputCredit { id, bytes } => (id, News::InputCredit(bytes)),
            FromGuest::Opened { channel, door } => return self.opened(channel, door),
            FromGuest::Bytes { channel, bytes } => {
                return self.state().channels.bytes(channel, bytes);
            }
            FromGuest::Credit { channel, bytes } => {
                return self.state().channels.credit(channel, bytes);
            }
            FromGuest::Closed { channel, half } => {
                return self.state().channels.closed(channel, half);
            }
        };
        let inbox = self.admit(id, &news)?;
        if let Some(inbox) = inbox {
            // A full inbox makes the machine wait; a caller that went away does not.
            let _ = inbox.send(news).await;
        }
        Ok(())
    }

    fn opened(self: &Arc<Self>, channel: u32, door: wire::Door) -> Result<(), Offence> {
        let (connection, taker, items) = {
            let mut state = self.state();
            let connection = state.channels.opened(channel, door, self)?;
            (connection, state.channels.taker(), state.lanes.len())
        };
        // Dropped here, and so closed, when nobody takes it. There is room for all there can be.
        drop(taker.map(|taker| taker.try_send(connection)));
        if items > OUTBOUND_ITEMS_MAX { Err(Offence::Deaf) } else { Ok(()) }
    }

    /// Whether the guest may say this now, and who wants to hear it.
    fn admit(&self, id: u32, news: &News) -> Result<Option<mpsc::Sender<News>>, Offence> {
        let mut state = self.state();
        let waiting = state.calls.get_mut(&id).ok_or(Offence::UnknownCall)?;
        let (fits, bytes) = match (news, waiting.asked) {
            (News::Happening(Happening::Output(output)), Asked::Program { .. }) => {
                let (Output::Stdout(bytes) | Output::Stderr(bytes)) = output;
                (true, bytes.len())
            }
            (News::Happening(Happening::Progress { .. }), Asked::Tool) => (true, 0),
            (News::Part(json), Asked::Tool) => (true, json.len()),
            (News::Reply(Reply::Result { json, .. }), Asked::Tool) => (true, json.len()),
            (News::Reply(Reply::Exited { .. }), Asked::Program { .. }) => (true, 0),
            (News::InputCredit(_), Asked::Program { is_fed: true }) => (true, 0),
            (News::Reply(Reply::Failed { .. }), _) => (true, 0),
            _ => (false, 0),
        };
        if !fits {
            return Err(Offence::WrongKind);
        }
        waiting.left = waiting.left.checked_sub(bytes as u64).ok_or(Offence::TooMuch)?;
        let inbox = waiting.inbox.clone();
        if matches!(news, News::Reply(_)) {
            state.calls.remove(&id);
        }
        Ok(inbox)
    }
}

/// The state, and afterwards those who wait for it: waking may run code that wants it again.
struct Locked<'a>(Option<MutexGuard<'a, State>>);

impl Deref for Locked<'_> {
    type Target = State;

    fn deref(&self) -> &State {
        self.0.as_ref().unwrap_or_else(|| unreachable!("it is there until it is dropped"))
    }
}

impl DerefMut for Locked<'_> {
    fn deref_mut(&mut self) -> &mut State {
        self.0.as_mut().unwrap_or_else(|| unreachable!("it is there until it is dropped"))
    }
}

impl Drop for Locked<'_> {
    fn drop(&mut self) {
        let woken = std::mem::take(&mut self.channels.woken);
        self.0 = None;
        woken.into_iter().for_each(std::task::Waker::wake);
    }
}

impl State {
    /// Writes what the socket takes now; true when that is all.
    fn flush(&mut self, half: &OwnedWriteHalf) -> io::Result<bool> {
        loop {
            if self.current().is_none() {
                return Ok(true);
            }
            let Some((frame, written)) = &mut self.lanes.current else { return Ok(true) };
            match half.try_write(&frame.0[*written..]) {
                Ok(bytes) => *written += bytes,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(false),
                Err(error) => return Err(error),
            }
            if *written == frame.0.len() {
                self.lanes.current = None;
            }
        }
    }

    /// Chooses what is written next, if nothing is being written.
    fn current(&mut self) -> Option<()> {
        while self.lanes.current.is_none() {
            let next = match self.lanes.first.pop_front() {
                Some(Item::Frame { frame, room }) => Some((frame, room)),
                Some(Item::Credit(channel)) => {
                    self.channels.credit_frame(channel).map(|frame| (frame, None))
                }
                None => {
                    let piece = self.lanes.pop_piece()?;
                    if piece.is_bytes {
                        self.channels.took_bytes(piece.channel);
                    }
                    if self.lanes.piece_bytes <= OUTBOUND_CHANNEL_BYTES_HIGH
                        && let Some(hungry) = self.lanes.hungry.pop_front()
                    {
                        self.channels.feed(hungry);
                    }
                    Some((piece.frame, None))
                }
            };
            self.lanes.current = next.map(|frame| (frame, 0));
        }
        Some(())
    }
}

struct Withdraw<'a> {
    stream: &'a Stream,
    id: u32,
    sent: bool,
}

impl Drop for Withdraw<'_> {
    fn drop(&mut self) {
        self.stream.withdraw(self.id, self.sent);
    }
}

/// One message of the guest and no byte more, or why there is none.
pub(crate) async fn receive<T: DeserializeOwned>(
    half: &mut (impl AsyncRead + Unpin),
) -> Result<T, String> {
    let gone = |error: io::Error| format!("the guest is gone: {error}");
    let mut prefix = [0; 4];
    half.read_exact(&mut prefix).await.map_err(gone)?;
    let bytes = wire::frame_length(prefix).map_err(|error| error.to_string())?;
    let mut body = vec![0; bytes];
    half.read_exact(&mut body).await.map_err(gone)?;
    wire::decode(&body).map_err(|error| error.to_string())
}

/// The frames of one call: long args go ahead in parts.
fn frames(id: u32, request: Request) -> Result<Vec<Vec<u8>>, CallError> {
    let mut frames = Vec::new();
    let mut push = |message: &ToGuest| {
        frames.push(wire::encode(message).map_err(|_| CallError::TooLarge)?);
        Ok(())
    };
    let request = match request {
        Request::Tool { tool, mut args, timeout_ms } if args.len() > PART_BYTES => {
            if args.len() > ARGS_BYTES_MAX {
                return Err(CallError::TooLarge);
            }
            let mut start = 0;
            while args.len() - start > PART_BYTES {
                let end = args.floor_char_boundary(start + PART_BYTES);
                push(&ToGuest::Part { id, args: args[start..end].to_owned() })?;
                start = end;
            }
            Request::Tool { tool, args: args.split_off(start), timeout_ms }
        }
        request @ (Request::Tool { .. } | Request::Exec(_) | Request::Upper { .. }) => request,
    };
    push(&ToGuest::Call { id, request })?;
    Ok(frames)
}

/// The reply with its parts put together, and made safe to show.
fn joined(mut json: String, reply: Reply) -> Reply {
    match reply {
        Reply::Result { json: last, more: _ } => {
            json.push_str(&last);
            if serde_json::from_str::<serde::de::IgnoredAny>(&json).is_err() {
                let why = "the tool's result is no JSON".to_owned();
                return Reply::Failed { kind: FailKind::Bug, why };
            }
            Reply::Result { json, more: false }
        }
        Reply::Failed { kind, why } => Reply::Failed { kind, why: plain(&why) },
        exited @ Reply::Exited { .. } => exited,
    }
}

/// A sentence that the guest wrote, bounded and without control characters.
pub(crate) fn plain(why: &str) -> String {
    let shown = |letter: char| if letter.is_control() { ' ' } else { letter };
    why.chars().take(WHY_CHARS_MAX).map(shown).collect()
}
