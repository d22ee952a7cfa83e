//! Channels: connections that programs in a machine make to one of its doors, each carried to the
//! host in the one stream.
//!
//! ```text
//! guest: Opened ─► Bytes, Credit, Closed{Write} … Closed{Both}
//! host:            Bytes, Credit, Closed{Write} … Closed{Both}
//! ```
//! The guest numbers them 1, 2, 3, … and never uses a number again. Each end says `Both` exactly
//! once, as its last word; when both have, the channel is gone. An end that has said `Both` still
//! hears, and drops, what was under way. Each may send what the other has room for: a first window,
//! and what `Credit` adds.

use serde::{Deserialize, Serialize};

/// Bytes of a channel in one frame.
pub const CHANNEL_BYTES_MAX: usize = 64 * 1024;
/// Bytes that either end may send on a new channel before it is given credit.
pub const CHANNEL_WINDOW_FIRST: u32 = 32 * 1024;
/// Bytes that either end may ever have leave to send on one channel.
pub const CHANNEL_WINDOW_MAX: u32 = 256 * 1024;
/// Channels of a machine that are not gone yet.
pub const CHANNELS_MAX: usize = 1536;
/// Bytes of a name that a program looked up, as DNS has it, or that a program has.
pub const DOOR_NAME_BYTES_MAX: usize = 253;
/// Ports that are captured, beside those that always are.
pub const DOOR_PORTS_MAX: usize = 16;
/// Bytes of input that the host may send a program before it is given credit.
pub const INPUT_WINDOW: u32 = 64 * 1024;

/// Which doors a machine has, and what programs are told of them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Doors {
    /// Ports to capture, beside 80 and 443.
    pub ports: Vec<u16>,
    /// Certificates (PEM) that programs are to trust beside those of the system.
    pub authority: Option<String>,
}

/// The door that a program came to, and which program.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Door {
    pub kind: DoorKind,
    /// The name for which the machine's DNS gave the address that was dialled. Captured ones only.
    pub name: Option<String>,
    /// `None`: unclear. Whatever is here the guest said, so it is for people to read only.
    pub program: Option<Program>,
}

/// What a door speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum DoorKind {
    HttpProxy,
    Socks,
    /// A connection as a program made it that knows of no proxy.
    Captured {
        port: u16,
    },
}

/// A process in the machine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Program {
    pub pid: u32,
    pub name: String,
}

/// What an end will not do any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Half {
    /// Send bytes.
    Write,
    /// Anything: it neither sends nor wants to hear.
    Both,
}

/// More came, or was allowed, than there is a window for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WindowOverrun;

/// What the other end may still send us, and what it is owed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Inflow {
    allowed: u32,
    /// Taken by whoever reads, and not said yet.
    due: u32,
    window: u32,
}

impl Default for Inflow {
    fn default() -> Self {
        Self { allowed: CHANNEL_WINDOW_FIRST, due: 0, window: CHANNEL_WINDOW_FIRST }
    }
}

impl Inflow {
    /// Bytes came.
    pub fn receive(&mut self, bytes: usize) -> Result<(), WindowOverrun> {
        let bytes = u32::try_from(bytes).map_err(|_| WindowOverrun)?;
        self.allowed = self.allowed.checked_sub(bytes).ok_or(WindowOverrun)?;
        Ok(())
    }

    /// Bytes that came were taken. True: a `Credit` is due.
    pub fn consume(&mut self, bytes: usize) -> bool {
        self.due = self.due.saturating_add(u32::try_from(bytes).unwrap_or(u32::MAX));
        self.due >= self.window / 4
    }

    /// Bytes that the window can still grow by.
    pub fn growth(&self) -> u32 {
        CHANNEL_WINDOW_MAX - self.window
    }

    /// Bytes that the window has grown by.
    pub fn grown(&self) -> u32 {
        self.window - CHANNEL_WINDOW_FIRST
    }

    /// Makes room for more; the next credit says so.
    pub fn grow(&mut self, bytes: u32) {
        let bytes = bytes.min(self.growth());
        self.window += bytes;
        self.due += bytes;
    }

    /// What to say in a `Credit` now; 0 is not said.
    pub fn credit(&mut self) -> u32 {
        let credit = std::mem::take(&mut self.due).min(self.window - self.allowed);
        self.allowed += credit;
        credit
    }
}

/// What we may still send.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Outflow {
    left: u32,
    max: u32,
}

impl Outflow {
    /// That of a new channel.
    pub fn channel() -> Self {
        Self { left: CHANNEL_WINDOW_FIRST, max: CHANNEL_WINDOW_MAX }
    }

    /// That of a program's input.
    pub fn input() -> Self {
        Self { left: INPUT_WINDOW, max: INPUT_WINDOW }
    }

    /// How much of `bytes` fits one frame now.
    pub fn fits(&self, bytes: usize) -> usize {
        bytes.min(self.left as usize).min(CHANNEL_BYTES_MAX)
    }

    pub fn is_open(&self) -> bool {
        self.left > 0
    }

    /// Bytes were sent, as many as fitted.
    pub fn send(&mut self, bytes: usize) {
        self.left = self.left.saturating_sub(u32::try_from(bytes).unwrap_or(u32::MAX));
    }

    /// The other end has room for more.
    pub fn add(&mut self, credit: u32) -> Result<(), WindowOverrun> {
        let left = self.left.checked_add(credit).filter(|left| *left <= self.max);
        self.left = left.ok_or(WindowOverrun)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::collection::vec;
    use proptest::prelude::*;

    proptest! {
        /// Two ends that keep to what they are told never overrun, never stall, and the one that
        /// receives never holds more than the greatest window.
        #[test]
        fn credit_flows(
            steps in vec((0_usize..100_000, 0_usize..100_000, any::<bool>()), 1..200),
        ) {
            let (mut inflow, mut outflow) = (Inflow::default(), Outflow::channel());
            let mut held = 0;
            for (send, take, grow) in steps {
                let sent = outflow.fits(send);
                outflow.send(sent);
                prop_assert_eq!(inflow.receive(sent), Ok(()));
                held += sent;
                prop_assert!(held <= CHANNEL_WINDOW_MAX as usize);
                let taken = take.min(held);
                held -= taken;
                if grow {
                    inflow.grow(CHANNEL_WINDOW_FIRST);
                }
                if inflow.consume(taken) {
                    prop_assert_eq!(outflow.add(inflow.credit()), Ok(()));
                }
                prop_assert!(held > 0 || outflow.is_open());
            }
        }
    }

    #[test]
    fn too_much_is_noticed() {
        let mut inflow = Inflow::default();
        assert_eq!(inflow.receive(CHANNEL_WINDOW_FIRST as usize), Ok(()));
        assert_eq!(inflow.receive(1), Err(WindowOverrun));
        assert_eq!(inflow.receive(usize::MAX), Err(WindowOverrun));
        let mut outflow = Outflow::channel();
        assert_eq!(outflow.add(CHANNEL_WINDOW_MAX - CHANNEL_WINDOW_FIRST), Ok(()));
        assert_eq!(outflow.add(1), Err(WindowOverrun));
        assert_eq!(outflow.add(u32::MAX), Err(WindowOverrun));
        assert_eq!(Outflow::input().add(1), Err(WindowOverrun));
    }
}
