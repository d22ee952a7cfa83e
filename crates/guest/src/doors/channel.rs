//! One connection of a program, and how it is carried.

use crate::stream::Stream;
use rustix::buffer::spare_capacity;
use rustix::event::epoll::EventFlags;
use rustix::io::Errno;
use rustix::net::{SendFlags, Shutdown};
use std::collections::VecDeque;
use std::io;
use std::net::TcpStream;
use wire::{CHANNEL_BYTES_MAX, FromGuest, Half, Inflow, Outflow};

#[derive(Debug)]
pub(crate) struct Channel {
    number: u32,
    /// `None`: closed on this side; the host still owes its last word.
    pub(crate) socket: Option<TcpStream>,
    inflow: Inflow,
    outflow: Outflow,
    /// For the program, which has not taken it yet.
    pending: VecDeque<u8>,
    heard_write: bool,
    pub(crate) heard_both: bool,
    said_write: bool,
    said_both: bool,
    /// What is waited for now.
    pub(crate) awaited: EventFlags,
    /// The name that was dialled.
    pub(crate) name: Option<String>,
}

impl Channel {
    pub(crate) fn new(number: u32, socket: TcpStream, name: Option<String>) -> Self {
        Self {
            number,
            socket: Some(socket),
            inflow: Inflow::default(),
            outflow: Outflow::channel(),
            pending: VecDeque::new(),
            heard_write: false,
            heard_both: false,
            said_write: false,
            said_both: false,
            awaited: EventFlags::empty(),
            name,
        }
    }

    /// What to wait for at the socket.
    pub(crate) fn wanted(&self) -> EventFlags {
        let mut wanted = EventFlags::empty();
        if self.socket.is_some() {
            let hears = !self.said_write && !self.heard_both && self.outflow.is_open();
            wanted.set(EventFlags::IN, hears);
            wanted.set(EventFlags::OUT, !self.pending.is_empty());
        }
        wanted
    }

    pub(crate) fn is_gone(&self) -> bool {
        self.said_both && self.heard_both
    }

    pub(crate) fn happened(&mut self, events: EventFlags, out: &mut Stream) -> io::Result<()> {
        let broken = EventFlags::HUP | EventFlags::ERR;
        if events.intersects(EventFlags::OUT | broken) {
            self.write(out)?;
        }
        if events.intersects(EventFlags::IN | broken) {
            self.read(out)?;
        }
        Ok(())
    }

    /// Takes once what the program sent.
    fn read(&mut self, out: &mut Stream) -> io::Result<()> {
        // A vector of bytes has exactly the room that it was made with.
        let room = self.outflow.fits(CHANNEL_BYTES_MAX);
        let Some(socket) = self.socket.as_ref().filter(|_| room > 0 && !self.said_write) else {
            return Ok(());
        };
        let mut bytes = Vec::with_capacity(room);
        match rustix::io::read(socket, spare_capacity(&mut bytes)) {
            Ok(0) => {
                self.said_write = true;
                out.send(&FromGuest::Closed { channel: self.number, half: Half::Write })?;
                self.close_if_done(out)
            }
            Ok(taken) => {
                self.outflow.send(taken);
                out.send(&FromGuest::Bytes { channel: self.number, bytes })
            }
            Err(Errno::AGAIN | Errno::INTR) => Ok(()),
            Err(_) => self.close(out),
        }
    }

    pub(crate) fn hear_bytes(&mut self, bytes: &[u8], out: &mut Stream) -> io::Result<()> {
        self.inflow.receive(bytes.len()).map_err(|_| io::Error::other("more than the window"))?;
        if self.socket.is_none() || self.heard_write {
            return Ok(());
        }
        self.pending.extend(bytes);
        self.write(out)
    }

    pub(crate) fn hear_credit(&mut self, bytes: u32) -> io::Result<()> {
        self.outflow.add(bytes).map_err(|_| io::Error::other("more credit than there is room"))
    }

    pub(crate) fn hear_closed(&mut self, half: Half, out: &mut Stream) -> io::Result<()> {
        match half {
            Half::Write => {
                self.heard_write = true;
                self.write(out)
            }
            Half::Both => {
                self.heard_both = true;
                self.heard_write = true;
                // What the host sent before its last word is for the program still.
                self.write(out)?;
                if self.pending.is_empty() { self.close(out) } else { Ok(()) }
            }
        }
    }

    /// Gives the program what it takes.
    fn write(&mut self, out: &mut Stream) -> io::Result<()> {
        let Some(socket) = &self.socket else { return Ok(()) };
        let mut taken = 0;
        while !self.pending.is_empty() {
            match rustix::net::send(socket, self.pending.as_slices().0, SendFlags::NOSIGNAL) {
                Ok(bytes) => {
                    self.pending.drain(..bytes);
                    taken += bytes;
                }
                Err(Errno::AGAIN) => break,
                Err(Errno::INTR) => {}
                Err(_) => return self.close(out),
            }
        }
        if self.inflow.consume(taken) && !self.heard_write {
            self.inflow.grow(self.inflow.growth());
            let bytes = self.inflow.credit();
            out.send(&FromGuest::Credit { channel: self.number, bytes })?;
        }
        if self.pending.is_empty() && self.heard_write {
            if self.heard_both {
                return self.close(out);
            }
            let _ = rustix::net::shutdown(socket, Shutdown::Write);
            return self.close_if_done(out);
        }
        Ok(())
    }

    fn close_if_done(&mut self, out: &mut Stream) -> io::Result<()> {
        let is_done = self.said_write && self.heard_write && self.pending.is_empty();
        if is_done { self.close(out) } else { Ok(()) }
    }

    fn close(&mut self, out: &mut Stream) -> io::Result<()> {
        self.socket = None;
        self.pending = VecDeque::new();
        if std::mem::replace(&mut self.said_both, true) {
            return Ok(());
        }
        self.said_write = true;
        out.send(&FromGuest::Closed { channel: self.number, half: Half::Both })
    }
}
