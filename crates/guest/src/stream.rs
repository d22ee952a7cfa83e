//! The one stream to the host: frames in, frames out, never blocking once the guest serves.

use crate::limits::INBOUND_BYTES;
use rustix::io::{Errno, FdFlags};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use wire::{FRAME_BYTES_MAX, FromGuest};

#[derive(Debug)]
pub(crate) struct Stream {
    fd: OwnedFd,
    inbound: Vec<u8>,
    /// How much of `inbound` was understood already.
    heard: usize,
    outbound: Vec<u8>,
    /// How much of `outbound` is written already.
    written: usize,
}

impl Stream {
    /// Takes the stream from where the host put it, and leaves nothing of the host open but the
    /// pipe for diagnostics on stderr.
    pub(crate) fn take_stdin() -> io::Result<Self> {
        let fd = rustix::io::fcntl_dupfd_cloexec(rustix::stdio::stdin(), 3)?;
        // stdout leads to the host's /dev/null already.
        rustix::stdio::dup2_stdin(rustix::stdio::stdout())?;
        close_from(fd.as_raw_fd().unsigned_abs() + 1)?;
        rustix::io::fcntl_setfd(rustix::stdio::stderr(), FdFlags::empty())?;
        Ok(Self { fd, inbound: Vec::new(), heard: 0, outbound: Vec::new(), written: 0 })
    }

    /// Takes a port of a VM as the stream.
    pub(crate) fn over(fd: OwnedFd) -> Self {
        Self { fd, inbound: Vec::new(), heard: 0, outbound: Vec::new(), written: 0 }
    }

    pub(crate) fn receive_blocking<T: DeserializeOwned>(&mut self) -> io::Result<T> {
        loop {
            if let Some(message) = self.next()? {
                return Ok(message);
            }
            self.fill()?;
        }
    }

    pub(crate) fn send_blocking<T: Serialize>(&mut self, message: &T) -> io::Result<()> {
        let frame = wire::encode(message).map_err(io::Error::other)?;
        self.outbound.extend_from_slice(&frame);
        while self.waiting_bytes() > 0 {
            self.flush()?;
        }
        Ok(())
    }

    pub(crate) fn unblock(&self) -> io::Result<()> {
        Ok(rustix::io::ioctl_fionbio(&self.fd, true)?)
    }

    /// Queues a message. What does not fit a frame is a mistake of this guest.
    pub(crate) fn send(&mut self, message: &FromGuest) -> io::Result<()> {
        wire::encode_onto(&mut self.outbound, message).map_err(io::Error::other)
    }

    pub(crate) fn waiting_bytes(&self) -> usize {
        self.outbound.len() - self.written
    }

    /// Writes what the host takes now.
    pub(crate) fn flush(&mut self) -> io::Result<()> {
        while self.waiting_bytes() > 0 {
            match rustix::io::write(&self.fd, &self.outbound[self.written..]) {
                Ok(bytes) => self.written += bytes,
                Err(Errno::AGAIN) => break,
                Err(Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
        if self.waiting_bytes() == 0 {
            self.outbound.clear();
            self.written = 0;
        } else if self.written > FRAME_BYTES_MAX {
            self.outbound.drain(..self.written);
            self.written = 0;
        }
        Ok(())
    }

    /// Reads what is there. The end of the stream is an error: without a host there is no guest.
    pub(crate) fn fill(&mut self) -> io::Result<()> {
        self.inbound.drain(..self.heard);
        self.heard = 0;
        self.inbound.reserve(INBOUND_BYTES);
        match rustix::io::read(&self.fd, rustix::buffer::spare_capacity(&mut self.inbound)) {
            Ok(0) => Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(_) => Ok(()),
            Err(Errno::AGAIN | Errno::INTR) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// The next whole message, if it is here.
    pub(crate) fn next<T: DeserializeOwned>(&mut self) -> io::Result<Option<T>> {
        let rest = &self.inbound[self.heard..];
        let Some(prefix) = rest.first_chunk::<4>() else { return Ok(None) };
        let end = 4 + wire::frame_length(*prefix).map_err(io::Error::other)?;
        let Some(body) = rest.get(4..end) else { return Ok(None) };
        let message = wire::decode(body).map_err(io::Error::other)?;
        self.heard += end;
        Ok(Some(message))
    }
}

impl AsFd for Stream {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

/// Removes the first frame from `buffer` if all of it is there; returns its body.
pub(crate) fn take_frame(buffer: &mut Vec<u8>) -> io::Result<Option<Vec<u8>>> {
    let Some(prefix) = buffer.first_chunk::<4>() else { return Ok(None) };
    let end = 4 + wire::frame_length(*prefix).map_err(io::Error::other)?;
    if buffer.len() < end {
        return Ok(None);
    }
    let rest = buffer.split_off(end);
    let mut frame = std::mem::replace(buffer, rest);
    frame.drain(..4);
    Ok(Some(frame))
}

/// Closes every descriptor from `first` on.
pub(crate) fn close_from(first: u32) -> io::Result<()> {
    // SAFETY: the callers own no descriptor at or above `first`; numbers only.
    #[expect(unsafe_code, reason = "closes descriptors that no owner in this process knows")]
    let closed = unsafe { libc::syscall(libc::SYS_close_range, first, u32::MAX, 0) };
    if closed == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}
