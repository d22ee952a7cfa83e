//! The listener for phones. A handshake that dawdles keeps nobody else out, and there are only so
//! many connections at once.

use crate::limits::{HANDSHAKE_TIMEOUT, PHONE_CONNECTIONS_MAX};
use axum::serve::Listener;
use rustls::ServerConfig;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

/// Takes connections of phones.
pub(crate) struct PhoneDoor {
    listener: TcpListener,
    /// `None`: what is sent can be read on the way.
    tls: Option<TlsAcceptor>,
    places: Arc<Semaphore>,
    greeting: JoinSet<Option<(PhoneStream, SocketAddr)>>,
}

/// A connection, and its place among those that there may be.
pub(crate) struct PhoneStream {
    stream: Stream,
    _place: OwnedSemaphorePermit,
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

    fn greet(&mut self, stream: TcpStream, peer: SocketAddr, place: OwnedSemaphorePermit) {
        let tls = self.tls.clone();
        self.greeting.spawn(async move {
            let stream = match tls {
                None => Stream::Plain(stream),
                Some(tls) => {
                    let greeted = tokio::time::timeout(HANDSHAKE_TIMEOUT, tls.accept(stream));
                    Stream::Tls(Box::new(greeted.await.ok()?.ok()?))
                }
            };
            Some((PhoneStream { stream, _place: place }, peer))
        });
    }
}

impl Listener for PhoneDoor {
    type Io = PhoneStream;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (PhoneStream, SocketAddr) {
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

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }
}

impl AsyncRead for PhoneStream {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match &mut self.get_mut().stream {
            Stream::Plain(stream) => Pin::new(stream).poll_read(context, buffer),
            Stream::Tls(stream) => Pin::new(stream).poll_read(context, buffer),
        }
    }
}

impl AsyncWrite for PhoneStream {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        match &mut self.get_mut().stream {
            Stream::Plain(stream) => Pin::new(stream).poll_write(context, bytes),
            Stream::Tls(stream) => Pin::new(stream).poll_write(context, bytes),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
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
