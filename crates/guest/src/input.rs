//! What a program is fed while it runs, and has not read yet.

use crate::limits::INPUT_BYTES_MAX;
use crate::stream::Stream;
use rustix::io::Errno;
use std::collections::VecDeque;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use wire::FromGuest;

/// What a terminal takes for the end of its input.
const END_OF_TRANSMISSION: u8 = 4;

#[derive(Debug)]
pub(crate) struct Input {
    /// `None`: the program has closed it, or was told of its end.
    to: Option<OwnedFd>,
    is_terminal: bool,
    pending: VecDeque<u8>,
    has_ended: bool,
    /// Taken, and the host was not told yet that there is room again.
    due: usize,
}

impl Input {
    pub(crate) fn pipe(to: OwnedFd) -> Self {
        let pending = VecDeque::new();
        Self { to: Some(to), is_terminal: false, pending, has_ended: false, due: 0 }
    }

    pub(crate) fn terminal(to: OwnedFd) -> Self {
        Self { is_terminal: true, ..Self::pipe(to) }
    }

    /// Where more can be written some time.
    pub(crate) fn awaited(&self) -> Option<BorrowedFd<'_>> {
        self.to.as_ref().filter(|_| !self.pending.is_empty()).map(AsFd::as_fd)
    }

    pub(crate) fn take(&mut self, id: u32, bytes: &[u8], out: &mut Stream) -> io::Result<()> {
        if self.pending.len() + bytes.len() > INPUT_BYTES_MAX {
            return Err(io::Error::other("more input than there is credit for"));
        }
        self.pending.extend(bytes);
        self.write(id, out)
    }

    pub(crate) fn end(&mut self, id: u32, out: &mut Stream) -> io::Result<()> {
        self.has_ended = true;
        if self.is_terminal && self.to.is_some() && self.pending.len() < INPUT_BYTES_MAX {
            self.pending.push_back(END_OF_TRANSMISSION);
        }
        self.write(id, out)
    }

    /// Gives the program what it takes.
    pub(crate) fn write(&mut self, id: u32, out: &mut Stream) -> io::Result<()> {
        while let Some(to) = self.to.as_ref().filter(|_| !self.pending.is_empty()) {
            match rustix::io::write(to, self.pending.as_slices().0) {
                Ok(bytes) => {
                    self.pending.drain(..bytes);
                    self.due += bytes;
                }
                Err(Errno::AGAIN) => break,
                Err(Errno::INTR) => {}
                Err(_) => self.to = None,
            }
        }
        if self.to.is_none() {
            self.due += self.pending.len();
            self.pending.clear();
        }
        if self.pending.is_empty() && self.has_ended {
            self.to = None;
        }
        if self.due >= INPUT_BYTES_MAX / 4 && !self.has_ended {
            let bytes = u32::try_from(std::mem::take(&mut self.due)).unwrap_or(0);
            out.send(&FromGuest::InputCredit { id, bytes })?;
        }
        Ok(())
    }
}
