//! Streams that were read ahead of.

use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, ReadBuf};

/// Both directions of anything.
pub(crate) trait Io: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Io for T {}

/// Bytes that are looked at in one go, unless somebody wants more.
const LOOK_BYTES: usize = 4096;

/// A stream whose first bytes were looked at and are still to be read.
pub(crate) struct Ahead<S> {
    inner: S,
    /// Read, but not yet taken.
    ahead: Vec<u8>,
    taken: usize,
}

impl<S: AsyncRead + Unpin> Ahead<S> {
    pub(crate) fn new(inner: S) -> Self {
        Self { inner, ahead: Vec::new(), taken: 0 }
    }

    /// What was read ahead and not yet taken.
    pub(crate) fn seen(&self) -> &[u8] {
        &self.ahead[self.taken..]
    }

    /// Reads more ahead, whatever comes, at least one byte; 0 at the end of the stream.
    pub(crate) async fn look(&mut self) -> io::Result<usize> {
        self.look_up_to(LOOK_BYTES).await
    }

    /// As `look`, with room for so many bytes.
    pub(crate) async fn look_up_to(&mut self, count: usize) -> io::Result<usize> {
        if self.taken > 0 {
            self.ahead.drain(..self.taken);
            self.taken = 0;
        }
        // The first byte is waited for without a buffer: a connection that rests has none.
        let mut first = [0; 1];
        if self.ahead.is_empty() {
            if self.inner.read(&mut first).await? == 0 {
                return Ok(0);
            }
            self.ahead.reserve(count);
            self.ahead.push(first[0]);
            return Ok(1 + self.ready(count).await?);
        }
        self.ahead.reserve(count);
        self.inner.read_buf(&mut self.ahead).await
    }

    /// Reads what is there already.
    async fn ready(&mut self, count: usize) -> io::Result<usize> {
        let Self { inner, ahead, .. } = self;
        let before = ahead.len();
        poll_fn(|cx| {
            ahead.resize(before + count - 1, 0);
            let mut buffer = ReadBuf::new(&mut ahead[before..]);
            let read = match Pin::new(&mut *inner).poll_read(cx, &mut buffer) {
                Poll::Pending => Ok(()),
                Poll::Ready(read) => read,
            };
            let count = buffer.filled().len();
            ahead.truncate(before + count);
            Poll::Ready(read.map(|()| count))
        })
        .await
    }

    /// Gives up bytes that were seen.
    pub(crate) fn skip(&mut self, count: usize) {
        self.taken += count;
        if self.taken >= self.ahead.len() {
            self.ahead = Vec::new();
            self.taken = 0;
        }
    }

    /// What is left of what was read ahead.
    pub(crate) fn into_rest(mut self) -> Vec<u8> {
        self.ahead.drain(..self.taken);
        self.ahead
    }

    /// Puts what was read by another reader of the same stream where it is read next.
    pub(crate) fn put_back(&mut self, bytes: Vec<u8>) {
        if !bytes.is_empty() {
            let rest = std::mem::replace(&mut self.ahead, bytes);
            self.ahead.extend_from_slice(&rest[self.taken..]);
            self.taken = 0;
        }
    }
}

impl<S: Io> AsyncRead for Ahead<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        out: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if this.taken == this.ahead.len() {
            return Pin::new(&mut this.inner).poll_read(cx, out);
        }
        let count = out.remaining().min(this.ahead.len() - this.taken);
        out.put_slice(&this.ahead[this.taken..this.taken + count]);
        this.taken += count;
        if this.taken == this.ahead.len() {
            this.ahead = Vec::new();
            this.taken = 0;
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: Io> AsyncWrite for Ahead<S> {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().inner).poll_write(cx, bytes)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().inner).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().inner).poll_shutdown(cx)
    }
}
