//! From a judged host to a connection: resolved once, checked, and dialled by the checked address.

use crate::limits::{
    ADDRESSES_MAX, DIAL_TIME, DIALS_MAX, RESOLVE_TIME, RESOLVES_MAX, UPSTREAM_HEAD_BYTES_MAX,
};
use crate::refusal::Refusal;
use crate::stream::{Ahead, Io};
use data_encoding::BASE64;
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use policy::egress::address::{Cidr, Class, class_of};
use policy::egress::host::Host;
use policy::egress::{Denial, Rule};
use std::io;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs as _, UdpSocket};
use std::sync::Arc;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tokio::time::timeout;
use zeroize::Zeroizing;

/// Names to addresses. The system's resolver, or a test's own.
pub trait Resolve: Send + Sync {
    /// `host` is a name, never an address.
    fn resolve(&self, host: &str, port: u16) -> BoxFuture<'static, io::Result<Vec<SocketAddr>>>;
}

/// What this computer's own programs use. One for each gate: a task that asks for many slow names
/// holds up nobody else.
#[derive(Debug)]
pub struct SystemResolver {
    threads: Arc<Semaphore>,
}

impl Default for SystemResolver {
    fn default() -> Self {
        Self { threads: Arc::new(Semaphore::new(RESOLVES_MAX)) }
    }
}

impl Resolve for SystemResolver {
    fn resolve(&self, host: &str, port: u16) -> BoxFuture<'static, io::Result<Vec<SocketAddr>>> {
        let (host, threads) = (host.to_owned(), Arc::clone(&self.threads));
        async move {
            let permit = threads.acquire_owned().await.map_err(io::Error::other)?;
            let asked = tokio::task::spawn_blocking(move || {
                // Given back with the thread, not when nobody waits for it any more.
                let _permit = permit;
                // With a dot at its end the system does not try it below its own domains first;
                // but its file of hosts does not know it so.
                let found = (format!("{host}."), port).to_socket_addrs();
                let found = found.or_else(|_| (host, port).to_socket_addrs())?;
                Ok(found.take(ADDRESSES_MAX).collect())
            });
            asked.await.map_err(io::Error::other)?
        }
        .boxed()
    }
}

/// A company's proxy, through which everything public goes. It resolves names itself, so that the
/// addresses they stand for can't be checked here.
#[derive(Clone)]
pub struct Upstream {
    pub host: Host,
    pub port: u16,
    pub login: Option<Login>,
}

/// For `Proxy-Authorization: Basic`.
#[derive(Clone)]
pub struct Login {
    pub user: String,
    pub password: Zeroizing<String>,
}

impl std::fmt::Debug for Upstream {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "Upstream({}:{})", self.host, self.port)
    }
}

impl std::fmt::Debug for Login {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("Login(..)")
    }
}

impl Upstream {
    /// The header's value; empty without a login.
    pub(crate) fn authorization(&self) -> Option<Zeroizing<String>> {
        let login = self.login.as_ref()?;
        let plain = Zeroizing::new(format!("{}:{}", login.user, *login.password));
        let encoded = Zeroizing::new(BASE64.encode(plain.as_bytes()));
        Some(Zeroizing::new(format!("Basic {}", *encoded)))
    }
}

/// How connections are made for one task.
pub(crate) struct Dialler {
    pub(crate) resolver: Arc<dyn Resolve>,
    pub(crate) upstream: Option<Upstream>,
    /// Blocks that count as public although they are not.
    pub(crate) also_public: Vec<Cidr>,
}

/// A connection to a place.
pub(crate) struct Line {
    pub(crate) io: Box<dyn Io>,
    /// It leads to the company's proxy, which is told the whole address in each request.
    pub(crate) is_to_proxy: bool,
    /// The address that was dialled; `None`: a company's proxy found its own.
    pub(crate) reached: Option<IpAddr>,
}

/// What a connection is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Use {
    /// Requests of HTTP in the clear.
    Requests,
    /// Anything else.
    Bytes,
}

/// What was decided about the addresses of a place.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Terms<'t> {
    /// The rules that allow it.
    pub(crate) rules: &'t [Rule],
    /// Blocks that rules forbid.
    pub(crate) barred: &'t [Cidr],
}

impl Dialler {
    /// Connects to the place that was allowed.
    pub(crate) async fn dial(
        &self,
        host: &Host,
        port: u16,
        terms: Terms<'_>,
        usage: Use,
    ) -> Result<Line, Refusal> {
        let is_internal =
            terms.rules.first().is_some_and(|r| r.internal != policy::egress::Internal::No);
        match &self.upstream {
            Some(upstream) if !is_internal => self.through(upstream, host, port, usage).await,
            // The word `internal` leads into this network, and never around the company's proxy.
            Some(upstream) => {
                let mut addresses = self.checked(host, port, terms).await?;
                addresses.retain(|it| class_of(it.ip()).is_some() || is_own(it.ip()));
                if addresses.is_empty() {
                    return self.through(upstream, host, port, usage).await;
                }
                connected(&addresses).await
            }
            None => connected(&self.checked(host, port, terms).await?).await,
        }
    }

    /// Whether a connection that was made before may go on under these terms.
    pub(crate) fn keeps(&self, reached: Option<IpAddr>, terms: Terms<'_>) -> Result<(), Refusal> {
        // A company's proxy leads to public places only, whatever the terms are.
        reached.map_or(Ok(()), |address| self.refused(address, terms).map_or(Ok(()), Err))
    }

    /// Why an address may not be dialled.
    fn refused(&self, address: IpAddr, terms: Terms<'_>) -> Option<Refusal> {
        match self.class_refused(address, terms.rules) {
            Some(class) => Some(Refusal::NotPublic(class)),
            None if terms.barred.iter().any(|net| net.contains(address)) => Some(Refusal::Barred),
            None => None,
        }
    }

    /// The addresses that may be dialled.
    async fn checked(
        &self,
        host: &Host,
        port: u16,
        terms: Terms<'_>,
    ) -> Result<Vec<SocketAddr>, Refusal> {
        let found = match host {
            Host::Address(address) => vec![SocketAddr::new(*address, port)],
            Host::Name(name) => resolve(&*self.resolver, name.as_str(), port).await?,
        };
        let mut refused = None;
        let mut kept = Vec::new();
        for address in found.into_iter().take(ADDRESSES_MAX) {
            match self.refused(address.ip(), terms) {
                Some(refusal) => refused = Some(refusal),
                // Only the address is taken from the answer: no scope, no other port.
                None => kept.push(SocketAddr::new(address.ip(), port)),
            }
        }
        match (kept.is_empty(), refused) {
            (false, _) => Ok(kept),
            (true, Some(refusal)) => Err(refusal),
            (true, None) => Err(Refusal::Unresolved),
        }
    }

    fn class_refused(&self, address: IpAddr, rules: &[Rule]) -> Option<Class> {
        if self.also_public.iter().any(|net| net.contains(address)) {
            return None;
        }
        let own = is_own(address);
        let class = match own {
            true => class_of(address).or(Some(Class::ThisComputer)),
            false => class_of(address),
        };
        let permits = |rule: &Rule| rule.internal.permits(address, own);
        class.filter(|_| rules.is_empty() || !rules.iter().all(permits))
    }

    async fn through(
        &self,
        upstream: &Upstream,
        host: &Host,
        port: u16,
        usage: Use,
    ) -> Result<Line, Refusal> {
        // The proxy would reach what this computer's network holds, and what it holds itself.
        if let Host::Address(address) = host
            && let Some(class) = self.class_refused(*address, &[])
        {
            return Err(Refusal::NotPublic(class));
        }
        if let Host::Name(name) = host
            && name.is_internal()
        {
            return Err(Refusal::Judged(Denial::InternalName));
        }
        let reached = async {
            let addresses = match &upstream.host {
                Host::Address(address) => vec![SocketAddr::new(*address, upstream.port)],
                Host::Name(name) => resolve(&*self.resolver, name.as_str(), upstream.port).await?,
            };
            connect(&addresses).await
        };
        let tcp = reached.await.map_err(|_| Refusal::UpstreamSilent)?;
        if usage == Use::Requests {
            return Ok(Line { io: Box::new(tcp), is_to_proxy: true, reached: None });
        }
        let mut stream = Ahead::new(tcp);
        match timeout(DIAL_TIME, ask_proxy(&mut stream, upstream, host, port)).await {
            Err(_) => Err(Refusal::UpstreamSilent),
            Ok(Err(refusal)) => Err(refusal),
            Ok(Ok(())) => Ok(Line { io: Box::new(stream), is_to_proxy: false, reached: None }),
        }
    }
}

/// `host:port`, with brackets where they are needed.
pub(crate) fn authority(host: &Host, port: u16) -> String {
    match host {
        Host::Name(name) => format!("{name}:{port}"),
        Host::Address(address) => SocketAddr::new(*address, port).to_string(),
    }
}

async fn ask_proxy(
    stream: &mut Ahead<TcpStream>,
    upstream: &Upstream,
    host: &Host,
    port: u16,
) -> Result<(), Refusal> {
    let silent = |_| Refusal::UpstreamSilent;
    let place = authority(host, port);
    let mut asked = Zeroizing::new(format!("CONNECT {place} HTTP/1.1\r\nHost: {place}\r\n"));
    if let Some(value) = upstream.authorization() {
        asked.push_str("Proxy-Authorization: ");
        asked.push_str(&value);
        asked.push_str("\r\n");
    }
    asked.push_str("\r\n");
    stream.write_all(asked.as_bytes()).await.map_err(silent)?;
    let length = loop {
        let seen = stream.seen();
        if let Some(at) = memchr::memmem::find(seen, b"\r\n\r\n") {
            break at + 4;
        }
        if seen.len() > UPSTREAM_HEAD_BYTES_MAX || stream.look().await.map_err(silent)? == 0 {
            return Err(Refusal::UpstreamSilent);
        }
    };
    let answer = crate::head::AnswerHead::parse(&stream.seen()[..length], true)
        .map_err(|_| Refusal::UpstreamSilent)?;
    stream.skip(length);
    if (200..300).contains(&answer.status) { Ok(()) } else { Err(Refusal::Upstream(answer.status)) }
}

async fn resolve(
    resolver: &dyn Resolve,
    name: &str,
    port: u16,
) -> Result<Vec<SocketAddr>, Refusal> {
    match timeout(RESOLVE_TIME, resolver.resolve(name, port)).await {
        Ok(Ok(addresses)) => Ok(addresses),
        Ok(Err(_)) | Err(_) => Err(Refusal::Unresolved),
    }
}

async fn connected(addresses: &[SocketAddr]) -> Result<Line, Refusal> {
    let stream = connect(addresses).await?;
    let reached = stream.peer_addr().map_err(|_| Refusal::Broken)?.ip();
    Ok(Line { io: Box::new(stream), is_to_proxy: false, reached: Some(reached) })
}

async fn connect(addresses: &[SocketAddr]) -> Result<TcpStream, Refusal> {
    for address in addresses.iter().take(DIALS_MAX) {
        if let Ok(Ok(stream)) = timeout(DIAL_TIME, TcpStream::connect(address)).await {
            // Small requests are not to wait for more; where it can't be set they only are slower.
            let _ = stream.set_nodelay(true);
            return Ok(stream);
        }
    }
    Err(Refusal::Unreachable)
}

/// Whether the address is one of this computer's interfaces: the way from here to it then begins
/// at itself. Nothing is sent.
pub(crate) fn is_own(address: IpAddr) -> bool {
    let any: IpAddr = match address {
        IpAddr::V4(_) => std::net::Ipv4Addr::UNSPECIFIED.into(),
        IpAddr::V6(_) => std::net::Ipv6Addr::UNSPECIFIED.into(),
    };
    let near = UdpSocket::bind((any, 0)).and_then(|socket| {
        socket.connect((address, 9))?;
        socket.local_addr()
    });
    near.is_ok_and(|near| near.ip() == address)
}
