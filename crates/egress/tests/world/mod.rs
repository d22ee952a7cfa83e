//! A gate with places of its own on loopback, and a machine's side of its streams.

#![allow(dead_code, reason = "each test binary uses its own part of it")]
#![expect(clippy::unwrap_used, reason = "what fails here fails the test")]

use egress::{
    Answer, Ask, Attempt, Audit, Door, Gate, GateSpec, Happened, Origin, Record, Resolve, Secret,
    Upstream,
};
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use policy::egress::{Rule, Rules};
use rcgen::{CertificateParams, KeyPair};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, ServerName};
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, DuplexStream};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_rustls::{TlsAcceptor, TlsConnector};

/// Answers every name with loopback, or with what it was told to.
#[derive(Default)]
pub(crate) struct Names {
    pub(crate) told: Mutex<Vec<(String, Vec<Vec<SocketAddr>>)>>,
    pub(crate) asked: Mutex<Vec<String>>,
}

impl Names {
    /// Each question for the name gets the next of these answers; the last one stays.
    pub(crate) fn tell(&self, name: &str, answers: &[&[&str]]) {
        let parse = |ip: &&str| SocketAddr::new(ip.parse().unwrap(), 0);
        let answers = answers.iter().map(|ips| ips.iter().map(parse).collect()).collect();
        self.told.lock().unwrap().push((name.to_owned(), answers));
    }
}

impl Resolve for Names {
    fn resolve(&self, host: &str, _port: u16) -> BoxFuture<'static, io::Result<Vec<SocketAddr>>> {
        self.asked.lock().unwrap().push(host.to_owned());
        let mut told = self.told.lock().unwrap();
        let answer = match told.iter_mut().find(|(name, _)| name == host) {
            Some((_, answers)) if answers.len() > 1 => answers.remove(0),
            Some((_, answers)) => answers[0].clone(),
            None => vec!["127.0.0.1:0".parse().unwrap()],
        };
        async move { Ok(answer) }.boxed()
    }
}

#[derive(Default)]
pub(crate) struct Book(pub(crate) Mutex<Vec<Record>>);

impl Audit for Book {
    fn record(&self, record: Record) {
        self.0.lock().unwrap().push(record);
    }
}

impl Book {
    pub(crate) fn happened(&self) -> Vec<Happened> {
        self.0.lock().unwrap().iter().map(|record| record.happened.clone()).collect()
    }

    /// Everything in it, as text.
    pub(crate) fn text(&self) -> String {
        format!("{:?}", self.0.lock().unwrap())
    }
}

/// Gives the same answer to everybody, and counts.
pub(crate) struct Person {
    pub(crate) answer: Answer,
    pub(crate) attempts: Mutex<Vec<Attempt>>,
}

impl Ask for Person {
    fn ask(&self, attempt: Attempt) -> BoxFuture<'static, Answer> {
        self.attempts.lock().unwrap().push(attempt);
        let answer = self.answer.clone();
        async move { answer }.boxed()
    }
}

pub(crate) struct World {
    pub(crate) gate: Gate,
    pub(crate) names: Arc<Names>,
    pub(crate) book: Arc<Book>,
    pub(crate) authority: Authority,
    tasks: JoinSet<()>,
}

#[derive(Default)]
pub(crate) struct Setting {
    pub(crate) rules: Vec<String>,
    pub(crate) bytes_max: Option<u64>,
    pub(crate) upstream: Option<Upstream>,
    pub(crate) secrets: Vec<Secret>,
    pub(crate) ask: Option<Arc<dyn Ask>>,
    /// Loopback does not count as public.
    pub(crate) is_strict: bool,
}

pub(crate) fn rules(texts: &[&str]) -> Setting {
    Setting { rules: texts.iter().map(|text| (*text).to_owned()).collect(), ..Setting::default() }
}

pub(crate) fn parsed(texts: &[String]) -> Rules {
    Rules::new(texts.iter().map(|text| text.parse::<Rule>().unwrap()).collect())
}

impl World {
    pub(crate) fn new(setting: Setting) -> Self {
        let names = Arc::new(Names::default());
        let book = Arc::new(Book::default());
        let authority = Authority::new();
        let resolver: Arc<dyn Resolve> = names.clone();
        let audit: Arc<dyn Audit> = book.clone();
        let loopback = if setting.is_strict { "127.77.0.0/16" } else { "127.0.0.0/8" };
        let spec = GateSpec {
            rules: parsed(&setting.rules),
            bytes_max: setting.bytes_max,
            upstream: setting.upstream,
            authorities: vec![authority.pem.clone().into_bytes()],
            secrets: setting.secrets,
            resolver,
            ask: setting.ask,
            audit,
            also_public: vec![loopback.parse().unwrap()],
        };
        let gate = Gate::new(spec).unwrap();
        Self { gate, names, book, authority, tasks: JoinSet::new() }
    }

    /// A stream of the machine's, served by the gate.
    pub(crate) fn stream(&mut self, door: Door) -> DuplexStream {
        let (machine, host) = tokio::io::duplex(64 * 1024);
        let gate = self.gate.clone();
        let origin = Origin { door, program: Some("curl\u{1b}[31m".to_owned()) };
        self.tasks.spawn(async move { gate.serve(origin, host).await });
        machine
    }

    pub(crate) fn proxy(&mut self) -> DuplexStream {
        self.stream(Door::HttpProxy)
    }

    pub(crate) fn captured(&mut self, name: &str, port: u16) -> DuplexStream {
        self.stream(Door::Captured { name: Some(name.to_owned()), port })
    }

    /// Sends the text and reads to the end.
    pub(crate) async fn said(&mut self, door: Door, text: impl AsRef<[u8]>) -> String {
        let mut stream = self.stream(door);
        stream.write_all(text.as_ref()).await.unwrap();
        read_all(&mut stream).await
    }

    /// A tunnel by CONNECT, or the refusal.
    pub(crate) async fn tunnel(&mut self, target: &str) -> Result<DuplexStream, String> {
        let mut stream = self.proxy();
        let asked = format!("CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n\r\n");
        stream.write_all(asked.as_bytes()).await.unwrap();
        let head = read_head(&mut stream).await;
        if head.starts_with("HTTP/1.1 200 ") {
            return Ok(stream);
        }
        Err(head + &read_all(&mut stream).await)
    }

    /// TLS as a program of the machine speaks it, which trusts the task's authority and the test's.
    pub(crate) async fn tls<S: AsyncRead + AsyncWrite + Unpin>(
        &self,
        stream: S,
        name: &str,
    ) -> io::Result<tokio_rustls::client::TlsStream<S>> {
        let mut roots = rustls::RootCertStore::empty();
        for pem in [self.gate.certificate_pem(), self.authority.pem.clone()] {
            for der in egress::certificates(pem.as_bytes()).unwrap() {
                roots.add(CertificateDer::from(der)).unwrap();
            }
        }
        let config = client_config(roots);
        let name = ServerName::try_from(name.to_owned()).unwrap();
        TlsConnector::from(Arc::new(config)).connect(name, stream).await
    }

    pub(crate) async fn place(&mut self, serve: impl Serve) -> u16 {
        self.place_at("127.0.0.1", serve).await
    }

    /// A place in the clear; answers with its port.
    pub(crate) async fn place_at(&mut self, ip: &str, serve: impl Serve) -> u16 {
        let listener = TcpListener::bind((ip, 0)).await.unwrap();
        self.listen(listener, serve)
    }

    fn listen(&mut self, listener: TcpListener, serve: impl Serve) -> u16 {
        let port = listener.local_addr().unwrap().port();
        self.tasks.spawn(async move {
            let mut served = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                served.spawn(serve.serve(Box::new(stream)));
            }
        });
        port
    }

    /// A place that speaks TLS as `name`, where somebody listens already.
    pub(crate) fn tls_place_at(&mut self, name: &str, listener: TcpListener, serve: impl Serve) {
        let acceptor = TlsAcceptor::from(Arc::new(self.authority.server_config(name)));
        self.listen(listener, tls(acceptor, serve));
    }

    /// A place that speaks TLS as `name`.
    pub(crate) async fn tls_place(&mut self, name: &str, serve: impl Serve) -> u16 {
        let acceptor = TlsAcceptor::from(Arc::new(self.authority.server_config(name)));
        self.place(tls(acceptor, serve)).await
    }
}

fn tls(acceptor: TlsAcceptor, serve: impl Serve) -> impl Serve {
    let serve = Arc::new(serve);
    move |stream: Wire| {
        let (acceptor, serve) = (acceptor.clone(), Arc::clone(&serve));
        async move {
            if let Ok(tls) = acceptor.accept(stream).await {
                serve.serve(Box::new(tls)).await;
            }
        }
        .boxed()
    }
}

pub(crate) fn client_config(roots: rustls::RootCertStore) -> rustls::ClientConfig {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth()
}

pub(crate) trait Io: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Io for T {}
pub(crate) type Wire = Box<dyn Io>;

pub(crate) trait Serve: Send + Sync + 'static {
    fn serve(&self, stream: Wire) -> BoxFuture<'static, ()>;
}

impl<F: Fn(Wire) -> BoxFuture<'static, ()> + Send + Sync + 'static> Serve for F {
    fn serve(&self, stream: Wire) -> BoxFuture<'static, ()> {
        self(stream)
    }
}

/// Answers each request with what it was, head and body, as the body.
pub(crate) fn mirror() -> impl Serve {
    |mut stream: Wire| {
        async move {
            loop {
                let head = read_head(&mut stream).await;
                if head.is_empty() {
                    return;
                }
                let body = read_body(&mut stream, &head).await;
                let echo = format!("{head}{body}");
                let answer = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", echo.len());
                let is_head = head.starts_with("HEAD ");
                let echo = if is_head { String::new() } else { echo };
                if stream.write_all((answer + &echo).as_bytes()).await.is_err() {
                    return;
                }
            }
        }
        .boxed()
    }
}

/// Says the same to everybody, after it has read something, and closes.
pub(crate) fn says(text: impl Into<Vec<u8>>) -> impl Serve {
    let text: Vec<u8> = text.into();
    move |mut stream: Wire| {
        let text = text.clone();
        async move {
            read_head(&mut stream).await;
            // The other side may be gone: that is what some tests want.
            let _ = stream.write_all(&text).await;
            let _ = stream.shutdown().await;
        }
        .boxed()
    }
}

/// Sends back what comes.
pub(crate) fn echo() -> impl Serve {
    |stream: Wire| {
        async move {
            let (mut reads, mut writes) = tokio::io::split(stream);
            let _ = tokio::io::copy(&mut reads, &mut writes).await;
            let _ = writes.shutdown().await;
        }
        .boxed()
    }
}

pub(crate) async fn read_head<S: AsyncRead + Unpin + ?Sized>(stream: &mut S) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read_u8().await {
            Ok(byte) => head.push(byte),
            Err(_) => break,
        }
    }
    String::from_utf8_lossy(&head).into_owned()
}

pub(crate) async fn read_body<S: AsyncRead + Unpin + ?Sized>(stream: &mut S, head: &str) -> String {
    let lower = head.to_lowercase();
    let mut body = Vec::new();
    if let Some(length) = lower.split("content-length: ").nth(1) {
        body.resize(length.split("\r\n").next().unwrap().parse().unwrap(), 0);
        if stream.read_exact(&mut body).await.is_err() {
            return "(cut)".to_owned();
        }
    } else if lower.contains("transfer-encoding: chunked") {
        while !body.ends_with(b"0\r\n\r\n") {
            match stream.read_u8().await {
                Ok(byte) => body.push(byte),
                Err(_) => return "(cut)".to_owned(),
            }
        }
    }
    String::from_utf8_lossy(&body).into_owned()
}

pub(crate) async fn read_all<S: AsyncRead + Unpin + ?Sized>(stream: &mut S) -> String {
    let mut all = Vec::new();
    // TLS that ends without a goodbye is an end too.
    let _ = stream.read_to_end(&mut all).await;
    String::from_utf8_lossy(&all).into_owned()
}

/// Sends one request on a stream and reads one answer with a length.
pub(crate) async fn request<S: AsyncRead + AsyncWrite + Unpin>(
    stream: &mut S,
    text: &str,
) -> String {
    stream.write_all(text.as_bytes()).await.unwrap();
    let head = read_head(stream).await;
    let body = read_body(stream, &head).await;
    head + &body
}

/// The test's own certificate authority.
pub(crate) struct Authority {
    issuer: rcgen::Issuer<'static, KeyPair>,
    pub(crate) pem: String,
}

impl Authority {
    fn new() -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        let certificate = params.self_signed(&key).unwrap();
        Self { pem: certificate.pem(), issuer: rcgen::Issuer::new(params, key) }
    }

    fn server_config(&self, name: &str) -> rustls::ServerConfig {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        let leaf = params.signed_by(&key, &self.issuer).unwrap();
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        rustls::ServerConfig::builder_with_provider(Arc::new(
            rustls::crypto::aws_lc_rs::default_provider(),
        ))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![leaf.der().clone()], key)
        .unwrap()
    }
}

/// An upstream that is a real proxy of its own: checks the login, connects to loopback.
pub(crate) fn company_proxy(login: &'static str) -> impl Serve {
    move |mut stream: Wire| {
        async move {
            let head = read_head(&mut stream).await;
            if !head.contains(&format!("Proxy-Authorization: Basic {login}\r\n")) {
                let _ = stream.write_all(b"HTTP/1.1 407 Who are you\r\n\r\n").await;
                return;
            }
            let port = head.split(' ').nth(1).unwrap_or_default();
            if let Some(rest) = head.strip_prefix("CONNECT ") {
                let target = rest.split(' ').next().unwrap_or_default();
                let port: u16 = target.rsplit(':').next().unwrap().parse().unwrap();
                let mut place = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
                let _ = stream.write_all(b"HTTP/1.1 200 Go\r\n\r\n").await;
                let _ = tokio::io::copy_bidirectional(&mut stream, &mut place).await;
                return;
            }
            let body = format!("proxied {port}");
            let answer = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len());
            let _ = stream.write_all(answer.as_bytes()).await;
        }
        .boxed()
    }
}
