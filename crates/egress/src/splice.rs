//! Carries bytes both ways between a machine and a place, as fast as they come.
//!
//! A connection that rests holds no buffer: bytes go through one that belongs to the thread, and
//! only what the other side did not take at once is kept.

use crate::limits::{IDLE_TIME, PIECE_BYTES_MAX};
use crate::meter::Meter;
use crate::refusal::Refusal;
use crate::stream::Io;
use std::cell::RefCell;
use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use tokio::io::ReadBuf;
use tokio::time::{Instant, Sleep, sleep};

thread_local! {
    static PIECE: RefCell<Vec<u8>> = RefCell::new(vec![0; PIECE_BYTES_MAX]);
}

/// Times a direction is served before other connections get their turn.
const ROUNDS_MAX: usize = 4;

/// Carries until both ends are done, nothing moves for too long, or a bound is reached.
pub(crate) async fn splice(
    machine: &mut dyn Io,
    place: &mut dyn Io,
    meter: &Meter,
) -> Result<(), Refusal> {
    let mut up = Way::default();
    let mut down = Way::default();
    let idle = sleep(IDLE_TIME);
    tokio::pin!(idle);
    let mut moved_before = meter.moved();
    poll_fn(|cx| {
        let going = up.poll(cx, machine, place, |count| meter.up(count))?;
        let coming = down.poll(cx, place, machine, |count| meter.down(count))?;
        if going.is_ready() && coming.is_ready() {
            return Poll::Ready(Ok(()));
        }
        poll_idle(cx, idle.as_mut(), meter, &mut moved_before)
    })
    .await
}

/// Looks at the clock only when it strikes: a connection that moves does not reset it each time.
fn poll_idle(
    cx: &mut Context<'_>,
    mut idle: Pin<&mut Sleep>,
    meter: &Meter,
    moved_before: &mut u64,
) -> Poll<Result<(), Refusal>> {
    while idle.as_mut().poll(cx).is_ready() {
        if meter.moved() == *moved_before {
            return Poll::Ready(Err(Refusal::Idle));
        }
        *moved_before = meter.moved();
        let next: Instant = idle.deadline() + IDLE_TIME;
        idle.as_mut().reset(next);
    }
    Poll::Pending
}

/// One direction.
#[derive(Default)]
struct Way {
    /// Read, but not yet taken by the other side.
    kept: Vec<u8>,
    written: usize,
    is_read: bool,
    is_done: bool,
    needs_flush: bool,
}

impl Way {
    fn poll(
        &mut self,
        cx: &mut Context<'_>,
        from: &mut dyn Io,
        to: &mut dyn Io,
        charge: impl Fn(usize) -> Result<(), Refusal>,
    ) -> Poll<Result<(), Refusal>> {
        for _ in 0..ROUNDS_MAX {
            if self.is_done {
                return Poll::Ready(Ok(()));
            }
            while self.written < self.kept.len() {
                let rest = &self.kept[self.written..];
                let count = ready!(Pin::new(&mut *to).poll_write(cx, rest)).map_err(broken)?;
                self.written += progress(count)?;
            }
            if !self.kept.is_empty() {
                // The memory goes back: most connections rest most of the time.
                *self = Self { is_read: self.is_read, needs_flush: true, ..Self::default() };
            }
            if self.is_read {
                ready!(Pin::new(&mut *to).poll_shutdown(cx)).map_err(broken)?;
                self.is_done = true;
                continue;
            }
            match self.carry(cx, from, to, &charge)? {
                Poll::Ready(()) => {}
                Poll::Pending => {
                    if self.needs_flush && self.kept.is_empty() {
                        ready!(Pin::new(&mut *to).poll_flush(cx)).map_err(broken)?;
                        self.needs_flush = false;
                    }
                    return Poll::Pending;
                }
            }
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    /// Reads one piece and writes what the other side takes of it.
    fn carry(
        &mut self,
        cx: &mut Context<'_>,
        from: &mut dyn Io,
        to: &mut dyn Io,
        charge: &impl Fn(usize) -> Result<(), Refusal>,
    ) -> Result<Poll<()>, Refusal> {
        PIECE.with_borrow_mut(|piece| {
            let mut buffer = ReadBuf::new(piece);
            match Pin::new(from).poll_read(cx, &mut buffer) {
                Poll::Pending => return Ok(Poll::Pending),
                Poll::Ready(read) => read.map_err(broken)?,
            }
            let bytes = buffer.filled();
            if bytes.is_empty() {
                self.is_read = true;
                return Ok(Poll::Ready(()));
            }
            charge(bytes.len())?;
            self.needs_flush = true;
            match Pin::new(to).poll_write(cx, bytes) {
                Poll::Ready(count) => {
                    let count = progress(count.map_err(broken)?)?;
                    self.kept.extend_from_slice(&bytes[count..]);
                }
                Poll::Pending => self.kept.extend_from_slice(bytes),
            }
            Ok(Poll::Ready(()))
        })
    }
}

fn progress(count: usize) -> Result<usize, Refusal> {
    if count == 0 { Err(Refusal::Broken) } else { Ok(count) }
}

fn broken(_: io::Error) -> Refusal {
    Refusal::Broken
}
