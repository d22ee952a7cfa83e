//! The listener for phones. A handshake that dawdles keeps nobody else out, there are only so many
//! connections at once, and one on which no phone that is let in asks for something ends soon.

use crate::limits::{HANDSHAKE_TIMEOUT, PHONE_CONNECTIONS_MAX, STRANGER_TIMEOUT};
use axum::extract::connect_info::Connected;
use axum::serve::{IncomingStream, Listener};
use rustls::ServerConfig;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinSet;
use tokio::time::{Sleep, sleep};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

/// Takes connections of phones.
pub(crate) struct PhoneDoor {
    listener: TcpListener,
    /// `None`: what is sent can be read on the way.
    tls: Option<TlsAcceptor>,
    places: Arc<Semaphore>,
    greeting: JoinSet<Option<(PhoneStream, Peer)>>,
}

/// The other end of a connection.
#[derive(Debug, Clone)]
pub(crate) struct Peer {
    pub(crate) address: SocketAddr,
    /// A phone that is let in asked for something here.
    is_known: Arc<AtomicBool>,
}

impl Peer {
    pub(crate) fn is_let_in(&self) {
        self.is_known.store(true, Ordering::Relaxed);
    }
}

impl Connected<IncomingStream<'_, PhoneDoor>> for Peer {
    fn connect_info(stream: IncomingStream<'_, PhoneDoor>) -> Self {
        stream.remote_addr().clone()
    }
}

/// A connection, and its place among those that there may be.
pub(crate) struct PhoneStream {
    stream: Stream,
    is_known: Arc<AtomicBool>,
    /// When it ends unless it is known by then.
    until: Pin<Box<Sleep>>,
    _place: OwnedSemaphorePermit,
}

impl PhoneStream {
    fn judge(&mut self, context: &mut Context<'_>) -> io::Result<()> {
        let is_stranger = !self.is_known.load(Ordering::Relaxed);
        match is_stranger && self.until.as_mut().poll(context).is_ready() {
            true => Err(io::ErrorKind::TimedOut.into()),
            false => Ok(()),
        }
    }
}

enum Stream {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

impl PhoneDoor {
    pub(crate) fn new(listener: TcpListener, tls: Option<Arc<ServerConfig>>) -> Self {
        Self {
            listener,
            tls: tls.map(TlsAcceptor::from),
            places: Arc::new(Semaphore::new(PHONE_CONNECTIONS_MAX)),
            greeting: JoinSet::new(),
        }
    }

    fn greet(&mut self, stream: TcpStream, address: SocketAddr, place: OwnedSemaphorePermit) {
        let until = Box::pin(sleep(STRANGER_TIMEOUT));
        let is_known = Arc::new(AtomicBool::new(false));
        let peer = Peer { address, is_known: is_known.clone() };
        let tls = self.tls.clone();
        self.greeting.spawn(async move {
            let stream = match tls {
                None => Stream::Plain(stream),
                Some(tls) => {
                    let greeted = tokio::time::timeout(HANDSHAKE_TIMEOUT, tls.accept(stream));
                    Stream::Tls(Box::new(greeted.await.ok()?.ok()?))
                }
            };
            Some((PhoneStream { stream, is_known, until, _place: place }, peer))
        });
    }
}

impl Listener for PhoneDoor {
    type Io = PhoneStream;
    type Addr = Peer;

    async fn accept(&mut self) -> (PhoneStream, Peer) {
        loop {
            let places = self.places.clone();
            let came = async {
                let place = places.acquire_owned().await;
                (place, self.listener.accept().await)
            };
            tokio::select! {
                Some(greeted) = self.greeting.join_next() => {
                    if let Ok(Some(greeted)) = greeted {
                        return greeted;
                    }
                }
                (place, accepted) = came => match (place, accepted) {
                    (Ok(place), Ok((stream, peer))) => self.greet(stream, peer, place),
                    // Out of files, most likely: others must end before a new one can begin.
                    _ => tokio::time::sleep(std::time::Duration::from_millis(100)).await,
                },
            }
        }
    }

    fn local_addr(&self) -> io::Result<Peer> {
        let address = self.listener.local_addr()?;
        Ok(Peer { address, is_known: Arc::default() })
    }
}

impl AsyncRead for PhoneStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.judge(context)?;
        match &mut self.get_mut().stream {
            Stream::Plain(stream) => Pin::new(stream).poll_read(context, buffer),
            Stream::Tls(stream) => Pin::new(stream).poll_read(context, buffer),
        }
    }
}

impl AsyncWrite for PhoneStream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.judge(context)?;
        match &mut self.get_mut().stream {
            Stream::Plain(stream) => Pin::new(stream).poll_write(context, bytes),
            Stream::Tls(stream) => Pin::new(stream).poll_write(context, bytes),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.judge(context)?;
        match &mut self.get_mut().stream {
            Stream::Plain(stream) => Pin::new(stream).poll_flush(context),
            Stream::Tls(stream) => Pin::new(stream).poll_flush(context),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.get_mut().stream {
            Stream::Plain(stream) => Pin::new(stream).poll_shutdown(context),
            Stream::Tls(stream) => Pin::new(stream).poll_shutdown(context),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::time::Instant;

    /// A connection whose time is over: both ends.
    async fn late() -> (PhoneStream, Peer, TcpStream) {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let mut door = PhoneDoor::new(listener, None);
        let address = door.local_addr().unwrap().address;
        let (taken, sent) = tokio::join!(door.accept(), TcpStream::connect(address));
        let (mut stream, peer) = taken;
        stream.until.as_mut().reset(Instant::now());
        (stream, peer, sent.unwrap())
    }

    #[tokio::test]
    async fn who_is_not_let_in_keeps_no_connection() {
        let (mut stream, _peer, _sent) = late().await;
        let read = stream.read(&mut [0; 8]).await;
        assert_eq!(read.unwrap_err().kind(), io::ErrorKind::TimedOut);
        let wrote = stream.write(b"x").await;
        assert_eq!(wrote.unwrap_err().kind(), io::ErrorKind::TimedOut);
    }

    #[tokio::test]
    async fn a_phone_that_is_let_in_keeps_it() {
        let (mut stream, peer, mut sent) = late().await;
        peer.is_let_in();
        sent.write_all(b"x").await.unwrap();
        assert_eq!(stream.read(&mut [0; 8]).await.unwrap(), 1);
    }
}
