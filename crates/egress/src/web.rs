//! Requests of HTTP/1, one by one: read, judged, sent with their secrets, and answered.

use crate::body::carry;
use crate::dial::{Line, Upstream, Use, authority};
use crate::gate::{Caller, Granted, asked};
use crate::head::{
    AnswerHead, Framing, RequestHead, connection_lists, is_for_one_hop, read_head, write_header,
};
use crate::limits::{
    BETWEEN_REQUESTS_TIME, FIRST_BYTE_TIME, HANDSHAKE_TIME, IDLE_TIME, INTERIM_ANSWERS_MAX,
    LINGER_BYTES_MAX, LINGER_TIME,
};
use crate::record::Happened;
use crate::refusal::Refusal;
use crate::scan::Screen;
use crate::secret::{Place, Swapped};
use crate::stream::{Ahead, Io};
use crate::tunnel::connect_target;
use futures_util::FutureExt as _;
use policy::egress::address::Cidr;
use policy::egress::host::Host;
use policy::egress::{Request, Rule, What};
use rustls::pki_types::ServerName;
use std::net::IpAddr;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, ReadHalf, WriteHalf};
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use zeroize::Zeroizing;

type Machine<'m> = Ahead<&'m mut dyn Io>;

/// Where requests may go.
pub(crate) enum Mode<'a> {
    /// Each says where, or is a CONNECT.
    Proxy,
    /// The program believes to speak with the place itself.
    Captured { name: Option<Host>, port: u16 },
    /// Only to this place.
    Inside { host: &'a Host, port: u16, is_tls: bool, once: bool },
}

/// One request's place and path.
struct Wanted {
    host: Host,
    port: u16,
    is_tls: bool,
    /// A person let the way through that it is on.
    once: bool,
    /// Path and query.
    target: String,
}

impl Wanted {
    fn path(&self) -> &str {
        self.target.split('?').next().unwrap_or_default()
    }
}

/// A connection that is kept for the next request.
struct Link {
    host: Host,
    port: u16,
    is_tls: bool,
    io: Ahead<Box<dyn Io>>,
    is_to_proxy: bool,
    reached: Option<IpAddr>,
    /// The rules by which it was dialled, and what others forbade.
    terms: (Vec<Rule>, Vec<Cidr>),
}

/// Serves requests until one side ends; answers with the place that a CONNECT names.
pub(crate) async fn exchanges(
    caller: &Caller<'_>,
    stream: &mut Machine<'_>,
    mode: &Mode<'_>,
) -> Option<(Host, u16)> {
    let mut link = None;
    let mut first_byte_time = FIRST_BYTE_TIME;
    let mut changes = caller.changes();
    loop {
        let read = {
            let mut reading = pin!(read_request(stream, first_byte_time));
            loop {
                tokio::select! {
                    biased;
                    // Kept under rules that hold no longer. The next request dials anew, if it may.
                    Ok(()) = changes.changed(), if link.is_some() => link = None,
                    read = &mut reading => break read,
                }
            }
        };
        let head = match read {
            Ok(head) => head?,
            Err(Refusal::Idle) => return None,
            Err(refusal) => {
                refuse(caller, stream, mode, &refusal).await;
                return None;
            }
        };
        first_byte_time = BETWEEN_REQUESTS_TIME;
        if matches!(mode, Mode::Proxy) && head.method == "CONNECT" {
            match connect_target(&head) {
                Ok(target) => return Some(target),
                Err(refusal) => {
                    refuse(caller, stream, mode, &refusal).await;
                    return None;
                }
            }
        }
        let wanted = match wanted(&head, mode) {
            Ok(wanted) => wanted,
            Err(refusal) => {
                refuse(caller, stream, mode, &refusal).await;
                return None;
            }
        };
        if !Box::pin(exchange(caller, stream, &head, &wanted, &mut link)).await {
            return None;
        }
    }
}

async fn read_request(
    stream: &mut Machine<'_>,
    first_byte_time: Duration,
) -> Result<Option<RequestHead>, Refusal> {
    let Some(length) = read_head(stream, first_byte_time).await? else { return Ok(None) };
    let head = RequestHead::parse(&stream.seen()[..length]);
    stream.skip(length);
    head.map(Some)
}

/// Refuses what did not get so far as to name a place that can be believed.
async fn refuse(caller: &Caller<'_>, stream: &mut Machine<'_>, mode: &Mode<'_>, refusal: &Refusal) {
    match mode {
        Mode::Inside { host, port, .. } => caller.refused(host, *port, None, refusal),
        Mode::Proxy | Mode::Captured { .. } => caller.refused_early(refusal),
    }
    answer(stream, refusal, "this request").await;
}

/// Tells the program why not, and lets it read that before the stream ends.
pub(crate) async fn answer(stream: &mut Machine<'_>, refusal: &Refusal, what: &str) {
    let text = refusal.answer(what);
    let told = timeout(LINGER_TIME, stream.write_all(&text)).await;
    // Told or not, it is refused.
    if matches!(told, Ok(Ok(()))) {
        linger(stream).await;
    }
}

/// Ends the answer and drops what is still on its way, which else would make the other side forget
/// the answer.
async fn linger(stream: &mut Machine<'_>) {
    let dropped = async {
        stream.shutdown().await?;
        let mut left = LINGER_BYTES_MAX;
        let mut piece = vec![0; 16 * 1024];
        while left > 0 {
            match stream.read(&mut piece).await? {
                0 => break,
                count => left = left.saturating_sub(count),
            }
        }
        Ok::<(), std::io::Error>(())
    };
    // Who is gone reads no answer.
    let _ = timeout(LINGER_TIME, dropped).await;
}

fn wanted(head: &RequestHead, mode: &Mode<'_>) -> Result<Wanted, Refusal> {
    if matches!(head.method.as_str(), "CONNECT" | "TRACE") {
        return Err(Refusal::Malformed("this method is not let through here"));
    }
    let is_path = head.target.starts_with('/') || (head.target == "*" && head.method == "OPTIONS");
    let target = head.target.clone();
    match mode {
        Mode::Proxy => absolute_form(head),
        Mode::Captured { .. } | Mode::Inside { .. } if !is_path => {
            Err(Refusal::Malformed("its target is no path"))
        }
        Mode::Captured { name, port } => {
            let host = head.host.as_ref().filter(|(_, named)| named.unwrap_or(80) == *port);
            let (host, _) = host.ok_or(Refusal::OtherHost)?;
            if name.as_ref().is_some_and(|name| name != host) {
                return Err(Refusal::OtherHost);
            }
            Ok(Wanted { host: host.clone(), port: *port, is_tls: false, once: false, target })
        }
        Mode::Inside { host, port, is_tls, once } => {
            let usual = if *is_tls { 443 } else { 80 };
            let fits = head.host.as_ref().is_some_and(|(named, named_port)| {
                named == *host && named_port.unwrap_or(usual) == *port
            });
            if !fits {
                return Err(Refusal::OtherHost);
            }
            Ok(Wanted { host: (*host).clone(), port: *port, is_tls: *is_tls, once: *once, target })
        }
    }
}

/// `GET https://…` is asked for in TLS by the door itself, so that who asks needs no TLS, and each
/// request is judged by its method and path without a look into anything.
fn absolute_form(head: &RequestHead) -> Result<Wanted, Refusal> {
    let begins = |scheme: &str| {
        let start = head.target.get(..scheme.len());
        start.is_some_and(|it| it.eq_ignore_ascii_case(scheme)).then_some(scheme.len())
    };
    let (at, is_tls) = match (begins("http://"), begins("https://")) {
        (Some(at), _) => (at, false),
        (None, Some(at)) => (at, true),
        (None, None) => {
            return Err(Refusal::Malformed(
                "a request to this proxy names its place, as in `GET http://example.com/`, or is \
                 a CONNECT",
            ));
        }
    };
    let rest = &head.target[at..];
    let end = rest.find(['/', '?']).unwrap_or(rest.len());
    let (named, path) = rest.split_at(end);
    let (host, port) = Host::parse_with_port(named.as_bytes()).map_err(Refusal::Host)?;
    let usual = if is_tls { 443 } else { 80 };
    let port = port.unwrap_or(usual);
    if port == 443 && !is_tls {
        return Err(Refusal::NotTls);
    }
    if head.host.as_ref().is_some_and(|(h, p)| *h != host || p.unwrap_or(usual) != port) {
        return Err(Refusal::OtherHost);
    }
    let target = if path.starts_with('/') { path.to_owned() } else { format!("/{path}") };
    Ok(Wanted { host, port, is_tls, once: false, target })
}

/// One request and its answer; whether the stream can be used for another.
async fn exchange(
    caller: &Caller<'_>,
    stream: &mut Machine<'_>,
    head: &RequestHead,
    wanted: &Wanted,
    link: &mut Option<Link>,
) -> bool {
    let (host, port) = (&wanted.host, wanted.port);
    let named = format!("{} {}{}", head.method, authority(host, port), wanted.path());
    let place =
        Place { host, port, is_tls: wanted.is_tls, method: &head.method, path: wanted.path() };
    let takes_out = caller.takes_foreign_keys_out(host, port);
    let swapped = match caller.gate.secrets.swap(head, &place, takes_out) {
        Ok(swapped) => swapped,
        Err(refusal) => {
            // The path itself may hold what was found.
            caller.refused(host, port, None, &refusal);
            answer(stream, &refusal, "this request").await;
            return false;
        }
    };
    let account = swapped.account.as_deref();
    let what = What::Http { method: &head.method, path: wanted.path(), body: head.body(), account };
    let granted = match caller.decide(&Request { host, port, what }, wanted.once).await {
        Ok(granted) => granted,
        Err(refusal) => {
            answer(stream, &refusal, &named).await;
            return false;
        }
    };
    for header in &swapped.foreign {
        let happened = Happened::ForeignKeyDropped { header: header.clone() };
        caller.record(granted.id, host, port, asked(&what), happened);
    }
    let has_answered = AtomicBool::new(false);
    let carried = carried(caller, stream, head, wanted, &granted, &swapped, link, &has_answered);
    let result = Box::pin(carried).await;
    let done = result.as_ref().map(|_| ()).map_err(Clone::clone);
    caller.closed(&granted, host, port, asked(&what), &done);
    match result {
        Ok(true) => true,
        Ok(false) => {
            if head.has_body() {
                linger(stream).await;
            }
            false
        }
        Err(refusal) => {
            *link = None;
            // Half an answer is no place for another one.
            if !has_answered.load(Relaxed) {
                answer(stream, &refusal, &named).await;
            }
            false
        }
    }
}

#[expect(clippy::too_many_arguments, reason = "what one exchange consists of")]
async fn carried(
    caller: &Caller<'_>,
    stream: &mut Machine<'_>,
    head: &RequestHead,
    wanted: &Wanted,
    granted: &Granted,
    swapped: &Swapped,
    link: &mut Option<Link>,
    has_answered: &AtomicBool,
) -> Result<bool, Refusal> {
    granted.meter.request()?;
    if let (Framing::Length(length), Some(max)) = (head.framing, granted.body_bytes_max())
        && length > max
    {
        return Err(Refusal::BodyTooLarge);
    }
    let kept = link.take().filter(|link| may_be_used(caller, link, granted));
    let kept = kept.and_then(|mut link| is_usable(&mut link, wanted).then_some(link));
    let mut used = match kept {
        Some(link) => link,
        None => dialled(caller, wanted, granted).await?,
    };
    let out = written(caller, head, wanted, swapped, &used);
    granted.meter.up(out.len())?;
    if head.waits_for_continue() {
        let go = stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n").await;
        go.map_err(|_| Refusal::Broken)?;
    }
    let values = caller.gate.secrets.values_at(&wanted.host, wanted.port);
    let exchange = Exchange { head, granted, values, has_answered };
    let screen = Screen::leaving(caller.gate.secrets.needles());
    let account = swapped.account.as_deref();
    let what = What::Http { method: &head.method, path: wanted.path(), body: head.body(), account };
    let request = Request { host: &wanted.host, port: wanted.port, what };
    let revoked = caller.revoked(&request, granted, used.reached);
    let (keeps_machine, keeps_place) = tokio::select! {
        biased;
        refusal = revoked => return Err(refusal),
        ran = exchange.run(stream, &mut used.io, &out, screen) => ran?,
    };
    if keeps_place && used.io.seen().is_empty() {
        *link = Some(used);
    }
    Ok(keeps_machine)
}

/// A kept connection leads to the same place, and has neither ended nor spoken unasked.
fn is_usable(link: &mut Link, wanted: &Wanted) -> bool {
    let is_there =
        link.host == wanted.host && link.port == wanted.port && link.is_tls == wanted.is_tls;
    is_there && link.io.seen().is_empty() && link.io.look().now_or_never().is_none()
}

/// A kept connection was dialled by what allowed an earlier request; the address that was found for
/// that may not be one for this.
fn may_be_used(caller: &Caller<'_>, link: &Link, granted: &Granted) -> bool {
    let terms = granted.terms();
    let is_same = link.terms.0 == terms.rules && link.terms.1 == terms.barred;
    is_same || caller.gate.dialler.keeps(link.reached, terms).is_ok()
}

async fn dialled(caller: &Caller<'_>, wanted: &Wanted, granted: &Granted) -> Result<Link, Refusal> {
    let Wanted { host, port, is_tls, .. } = wanted;
    let usage = if *is_tls { Use::Bytes } else { Use::Requests };
    let line = caller.gate.dialler.dial(host, *port, granted.terms(), usage).await?;
    let Line { io, is_to_proxy, reached } = line;
    let io = if *is_tls { encrypted(caller, host, io).await? } else { io };
    let (host, port, is_tls) = (host.clone(), *port, *is_tls);
    let terms = (granted.rules.clone(), granted.terms().barred.to_vec());
    Ok(Link { host, port, is_tls, io: Ahead::new(io), is_to_proxy, reached, terms })
}

async fn encrypted(
    caller: &Caller<'_>,
    host: &Host,
    io: Box<dyn Io>,
) -> Result<Box<dyn Io>, Refusal> {
    let config = caller.gate.trust.config().map_err(|_| Refusal::Handshake)?;
    let name = ServerName::try_from(host.to_string()).map_err(|_| Refusal::Handshake)?;
    match timeout(HANDSHAKE_TIME, TlsConnector::from(config).connect(name, io)).await {
        Ok(Ok(tls)) => Ok(Box::new(tls)),
        Ok(Err(error)) => {
            let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
            match inner {
                Some(rustls::Error::InvalidCertificate(_)) => Err(Refusal::Certificate),
                Some(_) | None => Err(Refusal::Handshake),
            }
        }
        Err(_) => Err(Refusal::Handshake),
    }
}

/// The head as the place gets it. Holds secrets.
fn written(
    caller: &Caller<'_>,
    head: &RequestHead,
    wanted: &Wanted,
    swapped: &Swapped,
    link: &Link,
) -> Zeroizing<Vec<u8>> {
    // So much that it does not move while it grows, and leave a copy behind.
    let size: usize =
        swapped.headers.iter().map(|(name, value)| name.len() + value.len() + 4).sum();
    let mut out = Zeroizing::new(Vec::with_capacity(size + head.target.len() + 2048));
    let usual = if wanted.is_tls { 443 } else { 80 };
    let named = match (wanted.port == usual, &wanted.host) {
        (false, host) => authority(host, wanted.port),
        (true, Host::Address(std::net::IpAddr::V6(v6))) => format!("[{v6}]"),
        (true, host) => host.to_string(),
    };
    let place = if link.is_to_proxy { format!("http://{named}") } else { String::new() };
    // To a proxy `*` is said by naming no path (RFC 9112 §3.2.4); behind a name it is part of that.
    let target = if link.is_to_proxy && wanted.target == "*" { "" } else { &*wanted.target };
    let first = format!("{} {place}{target} HTTP/1.{}\r\n", head.method, head.minor);
    out.extend_from_slice(first.as_bytes());
    write_header(&mut out, "Host", named.as_bytes());
    let connected = connection_lists(&head.headers);
    let is_looked_at = caller.gate.secrets.is_bound(&wanted.host);
    for (name, value) in &swapped.headers {
        let is_ours = name.eq_ignore_ascii_case("host")
            || name.eq_ignore_ascii_case("expect")
            // What is compressed can't be searched for the secret's value.
            || (is_looked_at && name.eq_ignore_ascii_case("accept-encoding"))
            // Piece by piece an answer could hold the value, and no piece of it.
            || (swapped.account.is_some() && RANGES.iter().any(|r| name.eq_ignore_ascii_case(r)));
        if !is_ours && !is_for_one_hop(name, &connected) {
            write_header(&mut out, name, value);
        }
    }
    if is_looked_at {
        write_header(&mut out, "Accept-Encoding", b"identity");
    }
    if head.framing == Framing::Chunked {
        write_header(&mut out, "Transfer-Encoding", b"chunked");
    }
    if head.minor == 0 {
        write_header(&mut out, "Connection", b"close");
    }
    if link.is_to_proxy
        && let Some(value) = caller.gate.dialler.upstream.as_ref().and_then(Upstream::authorization)
    {
        write_header(&mut out, "Proxy-Authorization", value.as_bytes());
    }
    out.extend_from_slice(b"\r\n");
    out
}

const RANGES: [&str; 3] = ["range", "if-range", "request-range"];

/// Both directions of one request.
struct Exchange<'e> {
    head: &'e RequestHead,
    granted: &'e Granted,
    values: Vec<(String, Zeroizing<Vec<u8>>)>,
    has_answered: &'e AtomicBool,
}

impl Exchange<'_> {
    /// Whether the machine's stream, and the connection to the place, can be used again.
    async fn run(
        &self,
        stream: &mut Machine<'_>,
        place: &mut Ahead<Box<dyn Io>>,
        out: &[u8],
        screen: Screen,
    ) -> Result<(bool, bool), Refusal> {
        let (machine_reads, mut machine_writes) = tokio::io::split(&mut *stream);
        let (place_reads, mut place_writes) = tokio::io::split(&mut *place);
        let mut machine_reads = Ahead::new(machine_reads);
        let mut place_reads = Ahead::new(place_reads);
        let ended = {
            let up = self.up(&mut machine_reads, &mut place_writes, out, screen);
            let down = self.down(&mut place_reads, &mut machine_writes);
            tokio::pin!(up, down);
            let mut is_up = false;
            loop {
                tokio::select! {
                    biased;
                    sent = &mut up, if !is_up => match sent {
                        Ok(()) => is_up = true,
                        // The place may have answered and closed before it had everything.
                        Err(Refusal::Broken) => break (&mut down).await.map(|_| (false, false)),
                        Err(refusal) => break Err(refusal),
                    },
                    answered = &mut down => {
                        break answered.map(|(machine, place)| (machine && is_up, place && is_up));
                    }
                }
            }
        };
        let rest = machine_reads.into_rest();
        let rest_of_place = place_reads.into_rest();
        drop((machine_writes, place_writes));
        stream.put_back(rest);
        place.put_back(rest_of_place);
        ended
    }

    async fn up(
        &self,
        machine: &mut Ahead<ReadHalf<&mut Machine<'_>>>,
        place: &mut WriteHalf<&mut Ahead<Box<dyn Io>>>,
        out: &[u8],
        screen: Screen,
    ) -> Result<(), Refusal> {
        let sent = async {
            place.write_all(out).await?;
            place.flush().await
        };
        match timeout(IDLE_TIME, sent).await {
            Err(_) => return Err(Refusal::Idle),
            Ok(sent) => sent.map_err(|_| Refusal::Broken)?,
        }
        let mut body_left = self.granted.body_bytes_max();
        carry(self.head.framing, machine, place, screen, |count| {
            if let Some(left) = &mut body_left {
                *left = left.checked_sub(count as u64).ok_or(Refusal::BodyTooLarge)?;
            }
            self.granted.meter.up(count)
        })
        .await
    }

    async fn down(
        &self,
        place: &mut Ahead<ReadHalf<&mut Ahead<Box<dyn Io>>>>,
        machine: &mut WriteHalf<&mut Machine<'_>>,
    ) -> Result<(bool, bool), Refusal> {
        let is_head = self.head.method == "HEAD";
        let mut interim = 0;
        let answer = loop {
            let length = read_head(place, IDLE_TIME).await.map_err(|refusal| match refusal {
                Refusal::HeadTooLarge => Refusal::BadAnswer,
                refusal => refusal,
            })?;
            let length = length.ok_or(Refusal::Broken)?;
            let answer = AnswerHead::parse(&place.seen()[..length], is_head)?;
            place.skip(length);
            match answer.status {
                // Nobody asked for another protocol.
                101 => return Err(Refusal::BadAnswer),
                100..=199 if interim < INTERIM_ANSWERS_MAX => interim += 1,
                100..=199 => return Err(Refusal::BadAnswer),
                _ => break answer,
            }
        };
        if !self.values.is_empty() && answer.is_compressed() {
            return Err(Refusal::Compressed);
        }
        let keeps_machine = self.head.keeps_open() && answer.framing != Framing::UntilClose;
        let out = answer.written(keeps_machine);
        for (secret, value) in &self.values {
            if memchr::memmem::find(&out, value).is_some() {
                return Err(Refusal::SecretReturned(secret.clone()));
            }
        }
        self.granted.meter.down(out.len())?;
        self.has_answered.store(true, Relaxed);
        machine.write_all(&out).await.map_err(|_| Refusal::Broken)?;
        let screen = Screen::coming(self.values.clone());
        let meter = &self.granted.meter;
        carry(answer.framing, place, machine, screen, |count| meter.down(count)).await?;
        Ok((keeps_machine, answer.keeps_open))
    }
}
