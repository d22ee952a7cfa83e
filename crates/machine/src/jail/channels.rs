//! The channels of a machine: what programs in it send through its doors, and what they are sent.
//!
//! All of it is bounded: how many, what each may hold unread, and what all may hold together. A
//! guest that does not keep to it has broken the rules. One whose bytes nobody reads waits, and
//! nothing else does.

use super::lanes::{Item, Lanes, Piece};
use super::stream::{Offence, Stream};
use crate::limits::{GROWTH_BYTES_MAX, OUTBOUND_CHANNEL_BYTES_HIGH, SMALL_PIECE_BYTES};
use std::collections::{BTreeMap, VecDeque};
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::mpsc;
use wire::{CHANNELS_MAX, DOOR_NAME_BYTES_MAX, Door, Half, Inflow, Outflow, ToGuest};

/// What a program sent and is sent through a door of its machine.
#[derive(Debug)]
pub struct Connection {
    /// The guest's word, bounded and without control characters, and still only its word.
    pub door: Door,
    pub stream: ChannelStream,
}

/// The connections of one machine, as its programs open them.
#[derive(Debug)]
pub struct Connections(pub(crate) mpsc::Receiver<Connection>);

impl Connections {
    /// The next one; `None` when the machine has ended. One that is dropped is closed.
    pub async fn next(&mut self) -> Option<Connection> {
        self.0.recv().await
    }
}

#[derive(Debug)]
pub(crate) struct Channels {
    open: BTreeMap<u32, Channel>,
    last: u32,
    /// Bytes by which windows may still grow.
    growth: u32,
    /// Who is to be woken as soon as nobody holds the lock that these are behind.
    pub(crate) woken: Vec<Waker>,
    /// Where new ones go. `None`: the machine has no doors, and may open none.
    taker: Option<mpsc::Sender<Connection>>,
}

#[derive(Debug, Default)]
struct Channel {
    inflow: Inflow,
    outflow: Option<Outflow>,
    /// What came and was not read yet.
    inbox: VecDeque<Vec<u8>>,
    /// How much of the first of them was read.
    read: usize,
    heard: Heard,
    said_write: bool,
    said_both: bool,
    has_bytes_queued: bool,
    has_credit_queued: bool,
    reader: Option<Waker>,
    writer: Option<Waker>,
}

/// The last word of the guest on a channel.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Heard {
    #[default]
    Nothing,
    /// It sends no more.
    Write,
    /// It sends no more and takes no more.
    WriteThenBoth,
    /// It broke off.
    Both,
}

impl Channel {
    fn take(&mut self, bytes: Vec<u8>) {
        match self.inbox.back_mut() {
            // Else single bytes would cost many times what they are.
            Some(last) if bytes.len() < SMALL_PIECE_BYTES && last.len() < SMALL_PIECE_BYTES => {
                last.extend_from_slice(&bytes);
            }
            _ => self.inbox.push_back(bytes),
        }
    }

    /// Moves what fits; how much that was.
    fn read(&mut self, buffer: &mut ReadBuf<'_>) -> usize {
        let mut moved = 0;
        while let Some(first) = self.inbox.front() {
            let rest = &first[self.read..];
            let bytes = rest.len().min(buffer.remaining());
            if bytes == 0 {
                break;
            }
            buffer.put_slice(&rest[..bytes]);
            moved += bytes;
            self.read += bytes;
            if self.read == first.len() {
                self.inbox.pop_front();
                self.read = 0;
            }
        }
        moved
    }
}

impl Channels {
    pub(crate) fn new(taker: Option<mpsc::Sender<Connection>>) -> Self {
        Self { open: BTreeMap::new(), last: 0, growth: GROWTH_BYTES_MAX, woken: Vec::new(), taker }
    }

    /// The machine has ended.
    pub(crate) fn end(&mut self) {
        self.taker = None;
        for channel in self.open.values_mut() {
            self.woken.extend(channel.reader.take());
            self.woken.extend(channel.writer.take());
        }
    }

    pub(crate) fn opened(
        &mut self,
        channel: u32,
        door: Door,
        stream: &Arc<Stream>,
    ) -> Result<Connection, Offence> {
        if self.taker.is_none() {
            return Err(Offence::NoDoor);
        }
        if self.last.checked_add(1) != Some(channel) {
            return Err(Offence::ChannelNumber);
        }
        let text = [door.name.as_ref(), door.program.as_ref().map(|program| &program.name)];
        if text.into_iter().flatten().any(|text| text.len() > DOOR_NAME_BYTES_MAX) {
            return Err(Offence::LongName);
        }
        if self.open.len() >= CHANNELS_MAX {
            return Err(Offence::TooManyChannels);
        }
        self.last = channel;
        let fresh = Channel { outflow: Some(Outflow::channel()), ..Channel::default() };
        self.open.insert(channel, fresh);
        let plain = super::stream::plain;
        let door = Door {
            name: door.name.as_deref().map(plain),
            program: door.program.map(|p| wire::Program { pid: p.pid, name: plain(&p.name) }),
            ..door
        };
        Ok(Connection { door, stream: ChannelStream { stream: Arc::clone(stream), channel } })
    }

    pub(crate) fn taker(&self) -> Option<mpsc::Sender<Connection>> {
        self.taker.clone()
    }

    pub(crate) fn bytes(&mut self, channel: u32, bytes: Vec<u8>) -> Result<(), Offence> {
        let channel = self.speaking(channel)?;
        channel.inflow.receive(bytes.len()).map_err(|_| Offence::Window)?;
        if !channel.said_both && !bytes.is_empty() {
            channel.take(bytes);
            let reader = channel.reader.take();
            self.woken.extend(reader);
        }
        Ok(())
    }

    pub(crate) fn credit(&mut self, channel: u32, bytes: u32) -> Result<(), Offence> {
        let channel = self.open.get_mut(&channel).ok_or(Offence::UnknownChannel)?;
        if let Some(outflow) = &mut channel.outflow {
            outflow.add(bytes).map_err(|_| Offence::Window)?;
        }
        self.woken.extend(channel.writer.take());
        Ok(())
    }

    pub(crate) fn closed(&mut self, number: u32, half: Half) -> Result<(), Offence> {
        let channel = self.open.get_mut(&number).ok_or(Offence::UnknownChannel)?;
        channel.heard = match (channel.heard, half) {
            (Heard::Nothing, Half::Write) => Heard::Write,
            (Heard::Nothing, Half::Both) => Heard::Both,
            (Heard::Write, Half::Both) => Heard::WriteThenBoth,
            (Heard::Write, Half::Write) | (Heard::WriteThenBoth | Heard::Both, _) => {
                return Err(Offence::ClosedTwice);
            }
        };
        self.woken.extend(channel.reader.take());
        self.woken.extend(channel.writer.take());
        self.forget_if_gone(number);
        Ok(())
    }

    /// A channel on which the guest may still send.
    fn speaking(&mut self, channel: u32) -> Result<&mut Channel, Offence> {
        let channel = self.open.get_mut(&channel).ok_or(Offence::UnknownChannel)?;
        match channel.heard {
            Heard::Nothing => Ok(channel),
            Heard::Write | Heard::WriteThenBoth | Heard::Both => Err(Offence::ClosedTwice),
        }
    }

    fn forget_if_gone(&mut self, number: u32) {
        let gone = |channel: &Channel| {
            channel.said_both && matches!(channel.heard, Heard::Both | Heard::WriteThenBoth)
        };
        if self.open.get(&number).is_some_and(gone)
            && let Some(channel) = self.open.remove(&number)
        {
            self.growth += channel.inflow.grown();
        }
    }

    /// The frame that gives a channel its credit, if some is due.
    pub(crate) fn credit_frame(&mut self, number: u32) -> Option<Vec<u8>> {
        let channel = self.open.get_mut(&number)?;
        channel.has_credit_queued = false;
        let bytes = channel.inflow.credit();
        (bytes > 0).then(|| wire::encode(&ToGuest::Credit { channel: number, bytes }).ok())?
    }

    /// The turn of a channel's bytes has come: the next ones may be queued.
    pub(crate) fn took_bytes(&mut self, number: u32) {
        if let Some(channel) = self.open.get_mut(&number) {
            channel.has_bytes_queued = false;
            self.woken.extend(channel.writer.take());
        }
    }

    /// There is room again for the bytes of a channel that was turned away.
    pub(crate) fn feed(&mut self, number: u32) {
        self.woken.extend(self.open.get_mut(&number).and_then(|channel| channel.writer.take()));
    }

    fn poll_read(
        &mut self,
        number: u32,
        lanes: &mut Lanes,
        context: &Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<bool>> {
        let Some(channel) = self.open.get_mut(&number) else { return Poll::Ready(Err(gone())) };
        let moved = channel.read(buffer);
        if moved == 0 && buffer.remaining() > 0 {
            return match channel.heard {
                Heard::Write | Heard::WriteThenBoth => Poll::Ready(Ok(false)),
                Heard::Both => Poll::Ready(Err(io::ErrorKind::ConnectionReset.into())),
                Heard::Nothing if self.taker.is_none() => Poll::Ready(Err(gone())),
                Heard::Nothing => {
                    channel.reader = Some(context.waker().clone());
                    Poll::Pending
                }
            };
        }
        let is_due = channel.inflow.consume(moved) && channel.heard == Heard::Nothing;
        if is_due && !channel.has_credit_queued {
            // Only who reads gets more room, so that the room is not held by who does not.
            let growth = channel.inflow.growth().min(self.growth);
            channel.inflow.grow(growth);
            self.growth -= growth;
            channel.has_credit_queued = true;
            lanes.first.push_back(Item::Credit(number));
        }
        Poll::Ready(Ok(is_due))
    }

    fn poll_write(
        &mut self,
        number: u32,
        lanes: &mut Lanes,
        context: &Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let broken = || Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()));
        let has_ended = self.taker.is_none();
        let Some(channel) = self.open.get_mut(&number).filter(|_| !has_ended) else {
            return broken();
        };
        if channel.said_write || matches!(channel.heard, Heard::Both | Heard::WriteThenBoth) {
            return broken();
        }
        let fits = channel.outflow.map_or(0, |outflow| outflow.fits(bytes.len()));
        if bytes.is_empty() {
            return Poll::Ready(Ok(0));
        }
        let is_full = lanes.piece_bytes > OUTBOUND_CHANNEL_BYTES_HIGH;
        if channel.has_bytes_queued || fits == 0 || is_full {
            channel.writer = Some(context.waker().clone());
            if is_full && !channel.has_bytes_queued && !lanes.hungry.contains(&number) {
                lanes.hungry.push_back(number);
            }
            return Poll::Pending;
        }
        let message = ToGuest::Bytes { channel: number, bytes: bytes[..fits].to_vec() };
        let frame = wire::encode(&message).map_err(io::Error::other)?;
        if let Some(outflow) = &mut channel.outflow {
            outflow.send(fits);
        }
        channel.has_bytes_queued = true;
        lanes.push_piece(Piece { channel: number, frame, is_bytes: true });
        Poll::Ready(Ok(fits))
    }

    /// Says the last word, or the last but one.
    fn say(&mut self, number: u32, half: Half, lanes: &mut Lanes) {
        let has_ended = self.taker.is_none();
        let Some(channel) = self.open.get_mut(&number) else { return };
        let before = match half {
            Half::Write => channel.said_write || channel.said_both,
            Half::Both => channel.said_both,
        };
        channel.said_write = true;
        channel.said_both |= half == Half::Both;
        if half == Half::Both {
            channel.inbox.clear();
        }
        if !before
            && !has_ended
            && let Ok(frame) = wire::encode(&ToGuest::Closed { channel: number, half })
        {
            // Behind its bytes, which wait in the same queue.
            lanes.push_piece(Piece { channel: number, frame, is_bytes: false });
        }
        if has_ended {
            self.open.remove(&number);
        } else {
            self.forget_if_gone(number);
        }
    }
}

fn gone() -> io::Error {
    io::Error::new(io::ErrorKind::ConnectionAborted, "the machine has ended")
}

/// The bytes of a connection. Dropping it closes the connection; shutting it down says that no more
/// comes, after what was written.
#[derive(Debug)]
pub struct ChannelStream {
    stream: Arc<Stream>,
    channel: u32,
}

impl AsyncRead for ChannelStream {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let read = self.stream.with_channels(|channels, lanes| {
            channels.poll_read(self.channel, lanes, context, buffer)
        });
        if matches!(read, Poll::Ready(Ok(true))) {
            self.stream.write_now();
        }
        read.map_ok(drop)
    }
}

impl AsyncWrite for ChannelStream {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = self.stream.with_channels(|channels, lanes| {
            channels.poll_write(self.channel, lanes, context, bytes)
        });
        if written.is_ready() {
            self.stream.write_now();
        }
        written
    }

    /// What was written is under way already.
    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.stream.with_channels(|channels, lanes| channels.say(self.channel, Half::Write, lanes));
        self.stream.write_now();
        Poll::Ready(Ok(()))
    }
}

impl Drop for ChannelStream {
    fn drop(&mut self) {
        self.stream.with_channels(|channels, lanes| channels.say(self.channel, Half::Both, lanes));
        self.stream.write_now();
    }
}
