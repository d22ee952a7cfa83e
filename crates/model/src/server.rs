//! A server that models are asked at: the one place where this program speaks HTTP to the outside.
//!
//! It asks once and never again: whether to is the loop's to decide. It follows no redirection, as
//! that would carry the key to another host. A server on this computer is asked directly and never
//! through a proxy.

use crate::context::Context;
use crate::dialect::Dialect;
use crate::error::{Kind, ModelError};
use crate::fault::{self, Headers};
use crate::format::ids::Ids;
use crate::format::{Deltas, Reader};
use crate::limits::{
    ANSWER_BYTES_MAX, CA_BUNDLE_BYTES_MAX, CONNECT_TIMEOUT, DRAIN_TIMEOUT, ERROR_BODY_BYTES_MAX,
    EVENT_BYTES_MAX, FIRST_BYTE_TIMEOUT, IDLE_TIMEOUT, POOL_IDLE_TIMEOUT, TRAILER_TIMEOUT,
};
use crate::message::Settings;
use crate::secret::Secret;
use crate::sse::{Decoder, Event};
use crate::turn::{Delta, Format, Turn, Usage};
use crate::url::{Address, Path};
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use reqwest::{Client, Response};
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

/// Where models are asked and how.
#[derive(Clone)]
pub struct Endpoint {
    /// The provider's name in the configuration.
    pub name: String,
    pub format: Format,
    /// Up to the version, such as `https://api.example.com/v1`; a path before it may be there.
    pub base_url: String,
    /// Sent with each request. Values are never shown.
    pub headers: Vec<(String, String)>,
    /// Certificates, in PEM, that are trusted beside the system's.
    pub ca_bundle: Option<PathBuf>,
    /// Connects through this socket of the file system; the address is then only a name.
    pub unix_socket: Option<PathBuf>,
    pub timeouts: Timeouts,
}

/// How long to wait for what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timeouts {
    pub connect: Duration,
    pub first_byte: Duration,
    pub idle: Duration,
}

/// An endpoint with its connections and its key.
#[derive(Debug, Clone)]
pub struct Server {
    endpoint: Endpoint,
    address: Address,
    headers: HeaderMap,
    key: Option<Secret>,
    client: Client,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self { connect: CONNECT_TIMEOUT, first_byte: FIRST_BYTE_TIMEOUT, idle: IDLE_TIMEOUT }
    }
}

impl Endpoint {
    pub fn new(name: &str, format: Format, base_url: &str) -> Self {
        Self {
            name: name.to_owned(),
            format,
            base_url: base_url.to_owned(),
            headers: Vec::new(),
            ca_bundle: None,
            unix_socket: None,
            timeouts: Timeouts::default(),
        }
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&String> = self.headers.iter().map(|(name, _)| name).collect();
        out.debug_struct("Endpoint")
            .field("name", &self.name)
            .field("format", &self.format)
            .field("base_url", &self.base_url)
            .field("headers", &names)
            .finish_non_exhaustive()
    }
}

impl Server {
    /// Whether both ask with the same key.
    pub fn has_key_of(&self, other: &Self) -> bool {
        self.key == other.key
    }

    /// Prepares to ask; nothing is sent. The certificates of the system are read here.
    pub fn new(endpoint: Endpoint, key: Option<Secret>) -> Result<Self, ModelError> {
        let named = |error: ModelError| ModelError { provider: endpoint.name.clone(), ..error };
        let is_socket = endpoint.unix_socket.is_some();
        let address = Address::parse(endpoint.format, &endpoint.base_url).map_err(named)?;
        if key.is_some() && !address.is_https() && !address.is_loopback() && !is_socket {
            let words = "a key would go over the network unencrypted: the address has to begin with \
                         https, or be on this computer";
            return Err(named(setup(words)));
        }
        let headers = headers(&endpoint, key.as_ref()).map_err(named)?;
        let client = client(&endpoint, &address).map_err(named)?;
        Ok(Self { endpoint, address, headers, key, client })
    }

    pub fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// Asks for the next turn. `deltas` is called with each piece as it comes and must not block.
    /// Dropping the future ends the request.
    pub async fn answer(
        &self,
        dialect: &Dialect,
        context: &mut Context,
        settings: &Settings,
        deltas: &mut Deltas<'_>,
    ) -> Result<Turn, ModelError> {
        let body = context.body(dialect, settings);
        let url = self.address.url(&Path::Answer { model: &dialect.model });
        let mut reader = Reader::new(dialect.format);
        let got = self.exchange(url, body, &mut reader, deltas).await;
        let usage = reader.usage();
        let turn = got.and_then(|()| reader.finish(dialect, Ids::new(context.ids())));
        turn.map_err(|error| self.finish_error(ModelError { usage: Box::new(usage), ..error }))
    }

    async fn exchange(
        &self,
        url: String,
        body: Vec<u8>,
        reader: &mut Reader,
        deltas: &mut Deltas<'_>,
    ) -> Result<(), ModelError> {
        let request = self.client.post(url).headers(self.headers.clone()).body(body);
        let request = request.header("accept", "text/event-stream");
        let mut response = self.send(request, self.endpoint.timeouts.first_byte).await?;
        if let Some(packing) = packing(&response) {
            let words = format!("its answer is packed as {packing:?}, which was not asked for");
            return Err(ModelError::new(Kind::WrongContentType, words));
        }
        let is_stream = content_type(&response).starts_with("text/event-stream");
        let mut first = Vec::new();
        // What comes is told by its first letter more surely than by its header.
        let shape = loop {
            let Some(chunk) = self.chunk(&mut response).await? else {
                break shape(&first, is_stream);
            };
            first.extend_from_slice(&chunk);
            if first.iter().any(|byte| !byte.is_ascii_whitespace()) || first.len() > 1024 {
                break shape(&first, is_stream);
            }
        };
        match shape {
            Shape::Stream => self.stream(response, first, reader, deltas).await,
            Shape::Whole => {
                let body = self.rest(&mut response, first, ANSWER_BYTES_MAX).await?;
                reader.whole(&body, deltas)
            }
            Shape::Foreign => {
                let kind = content_type(&response);
                let body = self.rest(&mut response, first, ERROR_BODY_BYTES_MAX).await?;
                let words = match body.starts_with(GZIP) {
                    true => "its answer is packed as \"gzip\", and it does not say so".to_owned(),
                    false => format!("a page of type {kind:?}: {}", fault::plain_words(&body)),
                };
                Err(ModelError::new(Kind::WrongContentType, words).with_raw(&body))
            }
            Shape::Nothing => Err(ModelError::new(Kind::Cut, "the answer is empty")),
        }
    }

    async fn stream(
        &self,
        mut response: Response,
        first: Vec<u8>,
        reader: &mut Reader,
        deltas: &mut Deltas<'_>,
    ) -> Result<(), ModelError> {
        let mut decoder = Decoder::new(EVENT_BYTES_MAX);
        let mut events: Vec<Event> = Vec::new();
        let (mut total, mut told) = (0, Usage::default());
        let mut next = Some(bytes::Bytes::from(first));
        while let Some(chunk) = next {
            total += chunk.len();
            let is_long = total > ANSWER_BYTES_MAX;
            if is_long || decoder.push(&chunk, &mut events).is_err() {
                return Err(ModelError::new(
                    Kind::Malformed,
                    "the answer is longer than any may be",
                ));
            }
            for event in events.drain(..) {
                reader.event(&event, deltas)?;
                // What comes after the end is no part of it.
                if reader.is_over() {
                    break;
                }
            }
            let used = reader.usage();
            if used != told {
                told = used;
                deltas(Delta::Used(used));
            }
            if reader.is_over() {
                // So that the connection can be used again, if its end is already there.
                let drained = tokio::time::timeout(DRAIN_TIMEOUT, response.chunk()).await;
                drop(drained);
                return Ok(());
            }
            next = self.next(&mut response, reader).await?;
        }
        decoder.end(&mut events);
        let last = events.iter().try_for_each(|event| reader.event(event, deltas));
        // What is left over is the beginning of an event: it can only be whole by chance.
        last.map_err(|error| match error.kind {
            Kind::Malformed => ModelError { kind: Kind::Cut, ..error },
            _ => error,
        })
    }

    /// The next piece. When the model has said why it stopped, only numbers can follow, and a
    /// connection that breaks or falls silent then is as good as ended.
    async fn next(
        &self,
        response: &mut Response,
        reader: &Reader,
    ) -> Result<Option<bytes::Bytes>, ModelError> {
        if !reader.has_stopped() {
            return self.chunk(response).await;
        }
        let waited = tokio::time::timeout(TRAILER_TIMEOUT, self.chunk(response)).await;
        Ok(waited.ok().and_then(Result::ok).flatten())
    }

    /// Sends a request; an answer that is no success becomes an error.
    pub(crate) async fn send(
        &self,
        request: reqwest::RequestBuilder,
        wait: Duration,
    ) -> Result<Response, ModelError> {
        let sent = tokio::time::timeout(wait, request.send()).await;
        let sent = sent.map_err(|_| ModelError::new(Kind::Timeout, "the server sent nothing"))?;
        let mut response = sent.map_err(|source| not_sent(&source))?;
        let status = response.status();
        if status.is_success() {
            return Ok(response);
        }
        let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
        let headers = response.headers().iter();
        let headers = headers.map(|(name, value)| (name.as_str().to_owned(), text(value)));
        let headers = Headers(headers.collect());
        // Even if the body does not come, the status says enough.
        let body = self.rest(&mut response, Vec::new(), ERROR_BODY_BYTES_MAX).await;
        Err(fault::from_answer(status.as_u16(), &headers, &body.unwrap_or_default()))
    }

    /// The rest of a body, up to a size.
    pub(crate) async fn rest(
        &self,
        response: &mut Response,
        mut body: Vec<u8>,
        bytes_max: usize,
    ) -> Result<String, ModelError> {
        while body.len() < bytes_max {
            let Some(chunk) = self.chunk(response).await? else { break };
            body.extend_from_slice(&chunk);
        }
        body.truncate(bytes_max);
        Ok(String::from_utf8_lossy(&body).into_owned())
    }

    async fn chunk(&self, response: &mut Response) -> Result<Option<bytes::Bytes>, ModelError> {
        let idle = self.endpoint.timeouts.idle;
        let waited = tokio::time::timeout(idle, response.chunk()).await;
        let slow = |_| ModelError::new(Kind::Timeout, "the answer stopped, and nothing more came");
        waited.map_err(slow)?.map_err(|source| {
            let kind = if source.is_timeout() { Kind::Timeout } else { Kind::Cut };
            ModelError::new(kind, causes(&source))
        })
    }

    pub(crate) fn address(&self, path: &Path<'_>) -> String {
        self.address.url(path)
    }

    pub(crate) fn get(&self, path: &Path<'_>) -> reqwest::RequestBuilder {
        self.client.get(self.address.url(path)).headers(self.headers.clone())
    }

    pub(crate) fn post(&self, path: &Path<'_>, body: Vec<u8>) -> reqwest::RequestBuilder {
        self.client.post(self.address.url(path)).headers(self.headers.clone()).body(body)
    }

    /// Names who was asked, and takes the key out of what was said.
    pub(crate) fn finish_error(&self, mut error: ModelError) -> ModelError {
        error.provider.clone_from(&self.endpoint.name);
        error.without(self.key.as_ref())
    }
}

/// How a gzip begins, as text that is none.
const GZIP: &str = "\u{1f}\u{fffd}";

/// What a body turned out to be.
enum Shape {
    Stream,
    Whole,
    Foreign,
    Nothing,
}

fn shape(first: &[u8], is_stream: bool) -> Shape {
    let text = first.strip_prefix(b"\xef\xbb\xbf").unwrap_or(first).trim_ascii_start();
    let fields: [&[u8]; 5] = [b"data", b"event", b"id", b"retry", b":"];
    let is_field = |field: &&[u8]| text.starts_with(field) || field.starts_with(text);
    match text.first() {
        None if is_stream && !first.is_empty() => Shape::Stream,
        None => Shape::Nothing,
        Some(b'{' | b'[') => Shape::Whole,
        Some(b'<') => Shape::Foreign,
        Some(_) if is_stream || fields.iter().any(is_field) => Shape::Stream,
        Some(_) => Shape::Foreign,
    }
}

/// How the body is packed, if it is.
fn packing(response: &Response) -> Option<String> {
    let value = response.headers().get("content-encoding")?.to_str().unwrap_or("?").trim();
    let is_plain = value.is_empty() || value.eq_ignore_ascii_case("identity");
    (!is_plain).then(|| crate::error::one_line(value))
}

fn content_type(response: &Response) -> String {
    let value = response.headers().get("content-type").and_then(|it| it.to_str().ok());
    crate::error::one_line(&value.unwrap_or("none").to_ascii_lowercase())
}

fn setup(words: &str) -> ModelError {
    ModelError::new(Kind::Setup, words)
}

fn headers(endpoint: &Endpoint, key: Option<&Secret>) -> Result<HeaderMap, ModelError> {
    let mut map = HeaderMap::new();
    map.insert("content-type", HeaderValue::from_static("application/json"));
    if endpoint.format == Format::Anthropic {
        map.insert("anthropic-version", HeaderValue::from_static("2023-06-01"));
    }
    if let Some(key) = key {
        let (name, value) = match endpoint.format {
            Format::Anthropic => ("x-api-key", HeaderValue::from_str(key.reveal())),
            Format::Responses | Format::Chat => {
                ("authorization", HeaderValue::from_str(&format!("Bearer {}", key.reveal())))
            }
            Format::Gemini => ("x-goog-api-key", HeaderValue::from_str(key.reveal())),
        };
        let mut value = value.map_err(|_| setup("the key can't be sent in a header"))?;
        value.set_sensitive(true);
        map.insert(name, value);
    }
    for (name, value) in &endpoint.headers {
        let name: HeaderName =
            name.parse().map_err(|_| setup(&format!("{name:?} is not the name of a header")))?;
        let wrong = |_| setup(&format!("the value of the header {name} can't be sent"));
        let mut value = HeaderValue::from_str(value).map_err(wrong)?;
        value.set_sensitive(true);
        map.insert(name, value);
    }
    Ok(map)
}

/// The one place where a client is made.
fn client(endpoint: &Endpoint, address: &Address) -> Result<Client, ModelError> {
    let mut builder = Client::builder()
        .user_agent("legwork")
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .connect_timeout(endpoint.timeouts.connect)
        .pool_idle_timeout(POOL_IDLE_TIMEOUT)
        .tcp_nodelay(true);
    if let Some(path) = &endpoint.unix_socket {
        builder = builder.unix_socket(path.clone());
    }
    if address.is_loopback() || endpoint.unix_socket.is_some() {
        builder = builder.no_proxy();
    }
    if let Some(path) = &endpoint.ca_bundle {
        builder = builder.tls_certs_merge(certificates(path)?);
    } else if !address.is_https() && (address.is_loopback() || endpoint.unix_socket.is_some()) {
        // Nothing is encrypted here, so the system's certificates need not be read.
        builder = builder.tls_certs_only([]);
    }
    builder.build().map_err(|source| setup(&causes(&source)))
}

fn certificates(path: &PathBuf) -> Result<Vec<reqwest::Certificate>, ModelError> {
    let wrong = |why: &dyn fmt::Display| {
        setup(&format!("the certificates in {} can't be read: {why}", path.display()))
    };
    let size = std::fs::metadata(path).map_err(|source| wrong(&source))?.len();
    if size > CA_BUNDLE_BYTES_MAX {
        return Err(wrong(&"the file is too large"));
    }
    let pem = std::fs::read(path).map_err(|source| wrong(&source))?;
    let found = reqwest::Certificate::from_pem_bundle(&pem).map_err(|source| wrong(&source))?;
    if found.is_empty() { Err(wrong(&"there are none in it")) } else { Ok(found) }
}

fn not_sent(source: &reqwest::Error) -> ModelError {
    let kind = match () {
        () if source.is_timeout() => Kind::Timeout,
        () if source.is_builder() => Kind::Setup,
        () => Kind::Network,
    };
    ModelError::new(kind, causes(source))
}

/// What happens most often, in words for who has to mend it.
fn plainly(error: &(dyn std::error::Error + 'static)) -> Option<&'static str> {
    if error.to_string().starts_with("dns error") {
        return Some(
            "no address is known for its name; check the name, and whether this computer has a \
             network",
        );
    }
    match error.downcast_ref::<std::io::Error>()?.kind() {
        std::io::ErrorKind::ConnectionRefused => {
            Some("nothing listens at its address; start its server, or check the address")
        }
        std::io::ErrorKind::HostUnreachable | std::io::ErrorKind::NetworkUnreachable => {
            Some("no way leads to its address; check whether this computer has a network")
        }
        _ => None,
    }
}

/// What went wrong, from the outside in, without the address.
fn causes(source: &reqwest::Error) -> String {
    let mut words = Vec::new();
    let mut at: Option<&dyn std::error::Error> = std::error::Error::source(source);
    while let Some(error) = at {
        if let Some(plain) = plainly(error) {
            return plain.to_owned();
        }
        let said = error.to_string();
        // Says only which layer of the client speaks.
        if !said.starts_with("client error (") {
            words.push(said);
        }
        at = error.source();
    }
    if words.is_empty() {
        return "the request could not be made".to_owned();
    }
    words.dedup();
    words.join(": ")
}
