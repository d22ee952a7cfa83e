//! The doors of a machine: the only places where its programs reach the host, connection by
//! connection. What may pass is decided there; here is no policy.
//!
//! ```text
//! 127.0.0.1:3128  HTTP proxy        127.0.0.1:53    names for 127.1.0.0/16, nothing else
//! 127.0.0.1:1080  SOCKS proxy       *:80 *:443 …    what programs dial that know of no proxy
//! ```
//! The last ones are opened when a program first asks for a name, and closed when no program runs
//! that could still know its address: else no server in the machine could listen at port 80.
//!
//! All of it waits in one `epoll`, so that a thousand idle connections cost nothing.

mod address;
mod channel;
mod names;
mod program;

use crate::init::{At, Refusal};
use crate::limits::{
    DOOR_EVENTS_MAX, FILES_FOR_CALLS, FREE_PORTS, NAME_CONNECTIONS_MAX, QUESTION_BYTES_MAX,
};
use crate::stream::Stream;
use channel::Channel;
use names::Names;
use program::Search;
use rustix::event::epoll::{self, CreateFlags, Event, EventData, EventFlags};
use rustix::io::Errno;
use std::collections::{BTreeMap, VecDeque};
use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use wire::{CHANNELS_MAX, DOOR_PORTS_MAX, Door, DoorKind, Doors, FromGuest, Half};

const HTTP_PORT: u16 = 3128;
const SOCKS_PORT: u16 = 1080;
const NAME_PORT: u16 = 53;
const CAPTURED_PORTS: [u16; 2] = [80, 443];

/// What an event is about: its kind in the upper half, a number in the lower.
const LISTENER: u64 = 0;
const QUESTIONS: u64 = 1;
const NAME_LISTENER: u64 = 2;
const NAME_CONNECTION: u64 = 3;
const CHANNEL: u64 = 4;

#[derive(Debug)]
struct Gate {
    at: SocketAddr,
    kind: DoorKind,
    /// `None`: programs may listen here, and one may do so now.
    listener: Option<TcpListener>,
}

#[derive(Debug)]
pub(crate) struct Doorway {
    poll: OwnedFd,
    gates: Vec<Gate>,
    /// Those that capture come and go. Else they are held from the start: nobody may later on.
    lets_go: bool,
    questions: UdpSocket,
    name_listener: TcpListener,
    /// Connections for questions, the oldest first, with what came of the next question.
    name_connections: VecDeque<(u32, TcpStream, Vec<u8>)>,
    name_connection_last: u32,
    names: Names,
    search: Search,
    channels: BTreeMap<u32, Channel>,
    last: u32,
    channels_max: usize,
    /// The listeners are not waited for: there is no room for another connection.
    is_full: bool,
}

impl Doorway {
    /// Needs the right over the machine's network. `files_max` is how many files it may open.
    pub(crate) fn open(doors: &Doors, files_max: u64) -> Result<Self, Refusal> {
        address::add().at("doors", "a second address")?;
        let poll = epoll::create(CreateFlags::CLOEXEC).at("doors", "epoll")?;
        let local = |port| SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let lets_go =
            std::fs::read_to_string(FREE_PORTS.0).is_ok_and(|port| port.trim() == FREE_PORTS.1);
        let mut gates = gates(doors, local)?;
        for gate in &mut gates {
            if !(lets_go && gate.is_capture()) {
                gate.listener = Some(listen(gate.at)?);
            }
        }
        let questions = UdpSocket::bind(local(NAME_PORT)).at("doors", "questions")?;
        questions.set_nonblocking(true).at("doors", "questions")?;
        let doorway = Self {
            poll,
            gates,
            lets_go,
            questions,
            name_listener: listen(local(NAME_PORT))?,
            name_connections: VecDeque::new(),
            name_connection_last: 0,
            names: Names::default(),
            search: Search::open(),
            channels: BTreeMap::new(),
            last: 0,
            channels_max: channels_max(files_max),
            is_full: false,
        };
        doorway.watch(&doorway.questions, QUESTIONS, 0).at("doors", "watch")?;
        doorway.watch(&doorway.name_listener, NAME_LISTENER, 0).at("doors", "watch")?;
        doorway.watch_listeners().at("doors", "watch")?;
        Ok(doorway)
    }

    fn watch(&self, what: impl AsFd, kind: u64, number: u32) -> rustix::io::Result<()> {
        epoll::add(&self.poll, what, token(kind, number), EventFlags::IN)
    }

    fn watch_listeners(&self) -> rustix::io::Result<()> {
        for (number, gate) in (0..).zip(&self.gates) {
            if let Some(listener) = &gate.listener {
                self.watch(listener, LISTENER, number)?;
            }
        }
        Ok(())
    }

    /// A program is about to dial an address of a name. Where a server of the machine listens, that
    /// one is heard instead.
    fn capture(&mut self) {
        for (number, gate) in (0..).zip(&mut self.gates) {
            if gate.listener.is_some() || !gate.is_capture() {
                continue;
            }
            let Ok(listener) = listen(gate.at) else { continue };
            let token = token(LISTENER, number);
            if self.is_full || epoll::add(&self.poll, &listener, token, EventFlags::IN).is_ok() {
                gate.listener = Some(listener);
            }
        }
    }

    /// No program runs, so none knows an address.
    pub(crate) fn let_go(&mut self) {
        for gate in self.gates.iter_mut().filter(|gate| self.lets_go && gate.is_capture()) {
            gate.listener = None;
        }
    }

    /// Ready when `turn` has something to do.
    pub(crate) fn as_poll_fd(&self) -> BorrowedFd<'_> {
        self.poll.as_fd()
    }

    /// Does a little of what is to be done.
    pub(crate) fn turn(&mut self, out: &mut Stream) -> io::Result<()> {
        let mut events = Vec::<Event>::with_capacity(DOOR_EVENTS_MAX);
        let now = rustix::event::Timespec { tv_sec: 0, tv_nsec: 0 };
        let buffer = rustix::buffer::spare_capacity(&mut events);
        match epoll::wait(&self.poll, buffer, Some(&now)) {
            Ok(_) | Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
        for event in events {
            let (data, flags) = (event.data.u64(), event.flags);
            let number = u32::try_from(data & u64::from(u32::MAX)).unwrap_or(0);
            match data >> 32 {
                LISTENER => self.accept(number, out)?,
                QUESTIONS => self.answer(),
                NAME_LISTENER => self.accept_questioner(),
                NAME_CONNECTION => self.answer_connection(number),
                _ => self.with_channel(number, |channel| channel.happened(flags, out))?,
            }
        }
        Ok(())
    }

    pub(crate) fn hear_bytes(&mut self, n: u32, bytes: &[u8], out: &mut Stream) -> io::Result<()> {
        self.with_channel(n, |channel| channel.hear_bytes(bytes, out))
    }

    pub(crate) fn hear_credit(&mut self, number: u32, bytes: u32) -> io::Result<()> {
        self.with_channel(number, |channel| channel.hear_credit(bytes))
    }

    pub(crate) fn hear_closed(&mut self, n: u32, half: Half, out: &mut Stream) -> io::Result<()> {
        self.with_channel(n, |channel| channel.hear_closed(half, out))
    }

    /// Lets something happen to a channel, then waits for what it wants, or forgets it.
    fn with_channel(
        &mut self,
        number: u32,
        act: impl FnOnce(&mut Channel) -> io::Result<()>,
    ) -> io::Result<()> {
        let Some(channel) = self.channels.get_mut(&number) else { return Ok(()) };
        act(channel)?;
        // A socket that was closed is not in the poll any more.
        let wanted = channel.wanted();
        let before = if channel.socket.is_some() { channel.awaited } else { EventFlags::empty() };
        if let Some(socket) = &channel.socket
            && wanted != before
        {
            let token = token(CHANNEL, number);
            // With nothing wanted a broken connection would still wake us, again and again.
            if wanted.is_empty() {
                epoll::delete(&self.poll, socket)?;
            } else if before.is_empty() {
                epoll::add(&self.poll, socket, token, wanted)?;
            } else {
                epoll::modify(&self.poll, socket, token, wanted)?;
            }
        }
        channel.awaited = wanted;
        if channel.is_gone()
            && let Some(channel) = self.channels.remove(&number)
        {
            if let Some(name) = &channel.name {
                self.names.release(name);
            }
            if std::mem::take(&mut self.is_full) {
                self.watch_listeners()?;
            }
        }
        Ok(())
    }

    fn accept(&mut self, listener: u32, out: &mut Stream) -> io::Result<()> {
        let Some(gate) = self.gates.get(listener as usize) else { return Ok(()) };
        let (Some(listener), kind) = (&gate.listener, gate.kind) else { return Ok(()) };
        if self.channels.len() >= self.channels_max || self.last == u32::MAX {
            return self.be_full();
        }
        let (socket, its) = match listener.accept() {
            Ok(accepted) => accepted,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
            Err(error) => {
                let no_room = [libc::EMFILE, libc::ENFILE, libc::ENOMEM, libc::ENOBUFS];
                let is_full = error.raw_os_error().is_some_and(|number| no_room.contains(&number));
                return if is_full { self.be_full() } else { Ok(()) };
            }
        };
        let ready = socket.set_nonblocking(true).and_then(|()| socket.set_nodelay(true));
        let (Ok(()), Ok(ours)) = (ready, socket.local_addr()) else { return Ok(()) };
        let name = match (kind, ours) {
            (DoorKind::Captured { .. }, SocketAddr::V4(ours)) => {
                match self.names.hold(*ours.ip()) {
                    Some(name) => Some(name),
                    // Somebody dialled this machine itself, and nobody listens there.
                    None => return Ok(()),
                }
            }
            _ => None,
        };
        self.last += 1;
        let number = self.last;
        let program = self.search.find(its, ours);
        let door = Door { kind, name: name.clone(), program };
        self.channels.insert(number, Channel::new(number, socket, name));
        out.send(&FromGuest::Opened { channel: number, door })?;
        self.with_channel(number, |_| Ok(()))
    }

    /// Lets further connections wait in the kernel until one here is gone.
    fn be_full(&mut self) -> io::Result<()> {
        if self.channels.is_empty() {
            // Nothing here will make room; a call that ends may.
            return Ok(());
        }
        self.is_full = true;
        for listener in self.gates.iter().filter_map(|gate| gate.listener.as_ref()) {
            epoll::delete(&self.poll, listener)?;
        }
        Ok(())
    }

    fn answer(&mut self) {
        let mut question = [0; QUESTION_BYTES_MAX + 1];
        if let Ok((bytes, from)) = self.questions.recv_from(&mut question)
            && let Some(answer) = self.names.answer(&question[..bytes])
        {
            self.capture();
            let _ = self.questions.send_to(&answer, from);
        }
    }

    fn accept_questioner(&mut self) {
        let Ok((socket, _)) = self.name_listener.accept() else { return };
        if self.name_connections.len() >= NAME_CONNECTIONS_MAX {
            self.name_connections.pop_front();
        }
        self.name_connection_last = self.name_connection_last.wrapping_add(1);
        let number = self.name_connection_last;
        if socket.set_nonblocking(true).is_ok()
            && self.watch(&socket, NAME_CONNECTION, number).is_ok()
        {
            self.name_connections.push_back((number, socket, Vec::new()));
        }
    }

    fn answer_connection(&mut self, number: u32) {
        let Some(at) = self.name_connections.iter().position(|(n, ..)| *n == number) else {
            return;
        };
        self.capture();
        let Some((_, socket, came)) = self.name_connections.get_mut(at) else { return };
        let mut bytes = [0; QUESTION_BYTES_MAX + 2];
        let mut stays = match socket.read(&mut bytes) {
            Ok(0) => false,
            Ok(taken) => {
                came.extend_from_slice(&bytes[..taken]);
                true
            }
            Err(error) => error.kind() == io::ErrorKind::WouldBlock,
        };
        while stays && let Some(prefix) = came.first_chunk::<2>() {
            let end = 2 + usize::from(u16::from_be_bytes(*prefix));
            stays = end <= QUESTION_BYTES_MAX;
            let Some(question) = came.get(2..end) else { break };
            let answer = self.names.answer(question).unwrap_or_default();
            let length = u16::try_from(answer.len()).unwrap_or(0).to_be_bytes();
            // Who asks and does not read the answers is left.
            stays &= !answer.is_empty() && socket.write_all(&[&length, &*answer].concat()).is_ok();
            came.drain(..end);
        }
        if !stays {
            self.name_connections.remove(at);
        }
    }
}

impl Gate {
    fn is_capture(&self) -> bool {
        matches!(self.kind, DoorKind::Captured { .. })
    }
}

/// All there are, and none open.
fn gates(doors: &Doors, local: impl Fn(u16) -> SocketAddr) -> Result<Vec<Gate>, Refusal> {
    let gate = |at, kind| Gate { at, kind, listener: None };
    let mut ports: Vec<u16> = CAPTURED_PORTS.iter().chain(&doors.ports).copied().collect();
    ports.sort_unstable();
    ports.dedup();
    let taken = [0, HTTP_PORT, SOCKS_PORT, NAME_PORT];
    if doors.ports.len() > DOOR_PORTS_MAX || ports.iter().any(|port| taken.contains(port)) {
        return Err(Refusal { stage: "doors", why: "these ports cannot be captured".into() });
    }
    let captured = ports
        .into_iter()
        .map(|port| gate((Ipv4Addr::UNSPECIFIED, port).into(), DoorKind::Captured { port }));
    let known = [(HTTP_PORT, DoorKind::HttpProxy), (SOCKS_PORT, DoorKind::Socks)];
    let known = known.map(|(port, kind)| gate(local(port), kind));
    Ok(known.into_iter().chain(captured).collect())
}

fn token(kind: u64, number: u32) -> EventData {
    EventData::new_u64(kind << 32 | u64::from(number))
}

fn listen(at: SocketAddr) -> Result<TcpListener, Refusal> {
    let listener = TcpListener::bind(at).at("doors", at)?;
    listener.set_nonblocking(true).at("doors", at)?;
    Ok(listener)
}

/// Some of the files that the guest may open stay for calls.
fn channels_max(files_max: u64) -> usize {
    let free = files_max.saturating_sub(FILES_FOR_CALLS).max(files_max / 2);
    usize::try_from(free).unwrap_or(CHANNELS_MAX).clamp(1, CHANNELS_MAX)
}
