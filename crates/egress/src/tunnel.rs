//! One stream of the machine: what it asks for, and a way for its bytes once that is allowed.

use crate::dial::{Use, authority};
use crate::gate::{Caller, Granted};
use crate::head::{RequestHead, read_head};
use crate::hello::{self, Look};
use crate::limits::{FIRST_BYTE_TIME, HANDSHAKE_TIME, HELLO_BYTES_MAX, HELLO_TIME};
use crate::record::Door;
use crate::refusal::Refusal;
use crate::socks::{self, Reply};
use crate::splice::splice;
use crate::stream::{Ahead, Io};
use crate::web::{self, Mode};
use policy::egress::host::Host;
use policy::egress::{Request, What};
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;

type Machine<'m> = Ahead<&'m mut dyn Io>;

const HTTPS: u16 = 443;
const HTTP: u16 = 80;

/// How a program learns what became of its wish for a way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Manners {
    Connect,
    Socks,
    /// It believes that it is connected already.
    Silent,
}

/// Serves one stream to its end.
pub(crate) async fn serve(caller: &Caller<'_>, door: &Door, stream: &mut Machine<'_>) {
    match door {
        Door::HttpProxy => {
            if let Some((host, port)) = Box::pin(web::exchanges(caller, stream, &Mode::Proxy)).await
            {
                open(caller, stream, &host, port, Manners::Connect).await;
            }
        }
        Door::Socks => match timeout(FIRST_BYTE_TIME, socks::accept(stream)).await {
            Ok(Ok((host, port))) => open(caller, stream, &host, port, Manners::Socks).await,
            Ok(Err(refusal)) => caller.refused_early(&refusal),
            Err(_) => caller.refused_early(&Refusal::TooSlow),
        },
        Door::Captured { name, port } => captured(caller, stream, name.as_deref(), *port).await,
    }
}

/// Answers a stream that is one too many.
pub(crate) async fn refuse_all(caller: &Caller<'_>, door: &Door, stream: &mut Machine<'_>) {
    let refusal = Refusal::TooMany;
    caller.refused_early(&refusal);
    if matches!(door, Door::HttpProxy) {
        web::answer(stream, &refusal, "this connection").await;
    }
}

async fn captured(caller: &Caller<'_>, stream: &mut Machine<'_>, name: Option<&str>, port: u16) {
    let name = match name.map(|name| Host::parse(name.as_bytes())).transpose() {
        Ok(name) => name,
        Err(error) => return caller.refused_early(&Refusal::Host(error)),
    };
    match (name, port) {
        (name, HTTP) => {
            let mode = Mode::Captured { name, port };
            Box::pin(web::exchanges(caller, stream, &mode)).await;
        }
        (Some(host), port) => open(caller, stream, &host, port, Manners::Silent).await,
        // Without a name only the hello can say where it wants to.
        (None, HTTPS) => match hello_of(stream, HELLO_TIME).await {
            Ok(Some((hello, _))) => match hello.server_name {
                Some(host) => open(caller, stream, &host, port, Manners::Silent).await,
                None => caller.refused_early(&Refusal::NoSni),
            },
            Ok(None) => caller.refused_early(&Refusal::NotTls),
            Err(refusal) => caller.refused_early(&refusal),
        },
        (None, _) => caller.refused_early(&Refusal::Judged(policy::egress::Denial::Literal)),
    }
}

/// Decides on a way to the place, and serves it.
async fn open(
    caller: &Caller<'_>,
    stream: &mut Machine<'_>,
    host: &Host,
    port: u16,
    manners: Manners,
) {
    let request = Request { host, port, what: What::Tunnel };
    let granted = match caller.decide(&request, false).await {
        Ok(granted) => granted,
        Err(refusal) => return decline(caller, stream, host, port, manners, &refusal).await,
    };
    if granted.inspect {
        let once = granted.rules.is_empty();
        drop(granted);
        if accept(stream, manners).await.is_ok() {
            Box::pin(inspected(caller, stream, host, port, once)).await;
        }
        return;
    }
    let result = match caller.gate.dialler.dial(host, port, granted.terms(), Use::Bytes).await {
        Ok(line) => match accept(stream, manners).await {
            Ok(()) => {
                let revoked = caller.revoked(&request, &granted, line.reached);
                let carried = Box::pin(carried(stream, host, port, &granted, line.io));
                tokio::select! {
                    biased;
                    refusal = revoked => Err(refusal),
                    carried = carried => carried,
                }
            }
            Err(refusal) => Err(refusal),
        },
        Err(refusal) => {
            decline(caller, stream, host, port, manners, &refusal).await;
            Err(refusal)
        }
    };
    caller.closed(&granted, host, port, None, &result.as_ref().map(drop).map_err(Clone::clone));
    if result == Ok(Carried::NotPassedOn) {
        let once = granted.rules.is_empty();
        Box::pin(inspected(caller, stream, host, port, once)).await;
    }
}

/// What became of a way for bytes.
#[derive(Debug, PartialEq, Eq)]
enum Carried {
    ToTheEnd,
    /// The hello may hide another host, or only look as if, as that of browsers does. Nobody but
    /// the place can tell, so it does not get there: TLS ends at the door instead.
    NotPassedOn,
}

async fn accept(stream: &mut Machine<'_>, manners: Manners) -> Result<(), Refusal> {
    match manners {
        Manners::Connect => {
            let done = stream.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").await;
            done.map_err(|_| Refusal::Broken)
        }
        Manners::Socks => socks::reply(stream, Reply::Done).await,
        Manners::Silent => Ok(()),
    }
}

async fn decline(
    caller: &Caller<'_>,
    stream: &mut Machine<'_>,
    host: &Host,
    port: u16,
    manners: Manners,
    refusal: &Refusal,
) {
    let what = format!("a connection to {}", authority(host, port));
    match manners {
        Manners::Connect => web::answer(stream, refusal, &what).await,
        Manners::Socks => {
            let reply = if refusal.status() == 403 { Reply::Denied } else { Reply::Unreachable };
            // Who is gone needs no answer.
            let _ = socks::reply(stream, reply).await;
        }
        Manners::Silent if port == HTTPS => {
            Box::pin(say_through_tls(caller, stream, host, refusal, &what)).await;
        }
        Manners::Silent => {}
    }
}

/// A program that believes to be connected is told in TLS, with the task's own certificate.
async fn say_through_tls(
    caller: &Caller<'_>,
    stream: &mut Machine<'_>,
    host: &Host,
    refusal: &Refusal,
    what: &str,
) {
    let Ok(config) = caller.gate.authority.config(host) else { return };
    let told = async {
        let tls = TlsAcceptor::from(config).accept(&mut *stream).await.ok()?;
        let mut tls = Ahead::new(tls);
        read_head(&mut tls, HELLO_TIME).await.ok()??;
        tls.write_all(&refusal.answer(what)).await.ok()?;
        tls.shutdown().await.ok()
    };
    // Told or not, it is refused.
    let _ = timeout(HANDSHAKE_TIME, told).await;
}

/// Reads ahead to the end of a ClientHello, and says how long it is; `None`: it is no TLS.
async fn hello_of(
    stream: &mut Machine<'_>,
    first_byte_time: Duration,
) -> Result<Option<(hello::Hello, usize)>, Refusal> {
    if stream.seen().is_empty() {
        match timeout(first_byte_time, stream.look()).await {
            Err(_) => return Err(Refusal::TooSlow),
            Ok(Ok(0) | Err(_)) => return Err(Refusal::Broken),
            Ok(Ok(_)) => {}
        }
    }
    let whole = async {
        loop {
            match hello::look(stream.seen()) {
                Look::Hello(hello, length) => return Ok(Some((hello, length))),
                Look::Other => return Ok(None),
                Look::Odd => return Err(Refusal::Handshake),
                Look::More => {}
            }
            if !matches!(stream.look().await, Ok(1..)) {
                return Err(Refusal::Broken);
            }
        }
    };
    timeout(HELLO_TIME, whole).await.unwrap_or(Err(Refusal::TooSlow))
}

/// The hello is for the host that was judged, and hides no other.
fn check_hello(hello: &hello::Hello, host: &Host) -> Result<(), Refusal> {
    match (&hello.server_name, host) {
        (Some(name), host) if name == host => Ok(()),
        (Some(_), _) if hello.has_ech => Err(Refusal::Hidden),
        (Some(_), _) => Err(Refusal::OtherSni),
        (None, Host::Address(_)) if !hello.has_ech => Ok(()),
        (None, _) => Err(Refusal::NoSni),
    }
}

/// Judges what goes through by its first bytes, then carries the rest without a look.
async fn carried(
    stream: &mut Machine<'_>,
    host: &Host,
    port: u16,
    granted: &Granted,
    mut place: Box<dyn Io>,
) -> Result<Carried, Refusal> {
    if granted.is_ssh() {
        const BANNER: &[u8] = b"SSH-2.0-";
        let read = async {
            while stream.seen().len() < BANNER.len() && matches!(stream.look().await, Ok(1..)) {}
        };
        let _ = timeout(HELLO_TIME, read).await;
        if !stream.seen().starts_with(BANNER) {
            return Err(Refusal::NotSsh);
        }
    } else {
        let answers_first = port != HTTPS && port != HTTP;
        if answers_first && place_speaks_first(stream, &mut *place, granted).await? {
            splice(stream, &mut *place, &granted.meter).await?;
            return Ok(Carried::ToTheEnd);
        }
        match hello_of(stream, FIRST_BYTE_TIME).await? {
            Some((hello, length)) => {
                check_hello(&hello, host)?;
                if hello.has_ech {
                    return Ok(Carried::NotPassedOn);
                }
                second_hello(stream, &mut *place, host, granted, length).await?;
            }
            None if port == HTTPS => return Err(Refusal::NotTls),
            None => {}
        }
    }
    splice(stream, &mut *place, &granted.meter).await?;
    Ok(Carried::ToTheEnd)
}

/// Passes the hello on, of this length, and hears how the place begins to answer. If it wants
/// another one, that has to name the same host: a place in front of many would follow the second.
async fn second_hello(
    stream: &mut Machine<'_>,
    place: &mut dyn Io,
    host: &Host,
    granted: &Granted,
    length: usize,
) -> Result<(), Refusal> {
    granted.meter.up(length)?;
    place.write_all(&stream.seen()[..length]).await.map_err(|_| Refusal::Broken)?;
    place.flush().await.map_err(|_| Refusal::Broken)?;
    stream.skip(length);
    let mut answer = Vec::new();
    let begins = async {
        loop {
            if let Some(again) = hello::asks_again(&answer) {
                return Ok(again);
            }
            if !matches!(place.read_buf(&mut answer).await, Ok(1..)) {
                return Ok(false);
            }
            if answer.len() > HELLO_BYTES_MAX {
                return Err(Refusal::Handshake);
            }
        }
    };
    let again = timeout(FIRST_BYTE_TIME, begins).await.unwrap_or(Err(Refusal::Idle))?;
    granted.meter.down(answer.len())?;
    stream.write_all(&answer).await.map_err(|_| Refusal::Broken)?;
    if !again {
        return Ok(());
    }
    stream.flush().await.map_err(|_| Refusal::Broken)?;
    let second = async {
        loop {
            match hello::look_again(stream.seen()) {
                Look::Hello(hello, _) if hello.has_ech => return Err(Refusal::Hidden),
                Look::Hello(hello, _) => return check_hello(&hello, host),
                Look::Other | Look::Odd => return Err(Refusal::Handshake),
                Look::More => {}
            }
            if !matches!(stream.look().await, Ok(1..)) {
                return Err(Refusal::Broken);
            }
        }
    };
    timeout(HANDSHAKE_TIME, second).await.unwrap_or(Err(Refusal::TooSlow))
}

/// Waits for the first byte of either side. A place that speaks first speaks no TLS, which could
/// name another host.
async fn place_speaks_first(
    stream: &mut Machine<'_>,
    place: &mut dyn Io,
    granted: &Granted,
) -> Result<bool, Refusal> {
    if !stream.seen().is_empty() {
        return Ok(false);
    }
    let mut first = [0; 1024];
    let wait = async {
        tokio::select! {
            read = stream.look() => matches!(read, Ok(1..)).then_some(None),
            read = place.read(&mut first) => read.ok().filter(|count| *count > 0).map(Some),
        }
    };
    match timeout(FIRST_BYTE_TIME, wait).await {
        Err(_) => Err(Refusal::Idle),
        Ok(None) => Err(Refusal::Broken),
        Ok(Some(None)) => Ok(false),
        Ok(Some(Some(count))) => {
            granted.meter.down(count)?;
            stream.write_all(&first[..count]).await.map_err(|_| Refusal::Broken)?;
            Ok(true)
        }
    }
}

/// Ends TLS here and judges each request; what is no TLS is judged as requests in the clear.
async fn inspected(
    caller: &Caller<'_>,
    stream: &mut Machine<'_>,
    host: &Host,
    port: u16,
    once: bool,
) {
    let hello = match hello_of(stream, FIRST_BYTE_TIME).await {
        Ok(Some((hello, _))) => check_hello(&hello, host).map(|()| true),
        Ok(None) if port == HTTPS => Err(Refusal::NotTls),
        Ok(None) => Ok(false),
        Err(refusal) => Err(refusal),
    };
    let is_tls = match hello {
        Ok(is_tls) => is_tls,
        Err(refusal) => return caller.refused(host, port, None, &refusal),
    };
    let mode = Mode::Inside { host, port, is_tls, once };
    if !is_tls {
        web::exchanges(caller, stream, &mode).await;
        return;
    }
    let Ok(config) = caller.gate.authority.config(host) else {
        return caller.refused(host, port, None, &Refusal::Handshake);
    };
    let accepted = timeout(HANDSHAKE_TIME, TlsAcceptor::from(config).accept(&mut *stream)).await;
    let Ok(Ok(mut tls)) = accepted else {
        // Usually a program that does not trust the task's authority.
        return caller.refused(host, port, None, &Refusal::Handshake);
    };
    {
        let io: &mut dyn Io = &mut tls;
        let mut inner = Ahead::new(io);
        web::exchanges(caller, &mut inner, &mode).await;
    }
    // The other side may be gone already.
    let _ = timeout(HELLO_TIME, tls.shutdown()).await;
}

/// The place that a CONNECT names.
pub(crate) fn connect_target(head: &RequestHead) -> Result<(Host, u16), Refusal> {
    let target = Host::parse_with_port(head.target.as_bytes()).map_err(Refusal::Host)?;
    let (host, Some(port)) = target else {
        return Err(Refusal::Host(policy::egress::host::HostError::OddPort));
    };
    if head.has_body() {
        return Err(Refusal::Malformed("a CONNECT has no body"));
    }
    match &head.host {
        Some((named, named_port)) if *named != host || named_port.is_some_and(|p| p != port) => {
            Err(Refusal::OtherHost)
        }
        Some(_) | None => Ok((host, port)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hello_has_to_name_the_judged_host_and_hide_no_other() {
        let host = |text: &str| Host::parse(text.as_bytes()).unwrap();
        for (server_name, has_ech, host_text, expected) in [
            (Some("a.test"), false, "a.test", Ok(())),
            (Some("a.test"), true, "a.test", Ok(())),
            (Some("b.test"), false, "a.test", Err(Refusal::OtherSni)),
            (Some("b.test"), true, "a.test", Err(Refusal::Hidden)),
            (None, false, "a.test", Err(Refusal::NoSni)),
            (None, true, "a.test", Err(Refusal::NoSni)),
            (None, false, "192.0.2.1", Ok(())),
            (None, true, "192.0.2.1", Err(Refusal::NoSni)),
            (Some("a.test"), false, "192.0.2.1", Err(Refusal::OtherSni)),
            (Some("192.0.2.1"), false, "192.0.2.1", Ok(())),
            (Some("192.0.2.2"), false, "192.0.2.1", Err(Refusal::OtherSni)),
            (Some("192.0.2.1"), false, "a.test", Err(Refusal::OtherSni)),
        ] {
            let hello = hello::Hello { server_name: server_name.map(host), has_ech };
            assert_eq!(check_hello(&hello, &host(host_text)), expected, "{hello:?} {host_text}");
        }
    }
}
