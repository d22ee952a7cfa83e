//! Web Push: a few sealed words to a browser's own push service, which wakes the page's worker.
//!
//! The address comes from a browser, so it is as hostile as any: https only, one name or public
//! address, dialled by the checked address or through the company's proxy as all that leaves
//! here. What is sent can be read by that browser alone (RFC 8291); what comes back is a status and
//! perhaps a time to wait, and the rest is not read.

mod place;
mod seal;

pub use place::{PlaceError, Subscription};
pub use seal::Sender;

use crate::dial::{Dialler, Resolve, Terms, Upstream};
use crate::head::AnswerHead;
use crate::limits::{
    HANDSHAKE_TIME, HEAD_BYTES_MAX, PUSH_ANSWER_TIME, PUSH_KEPT_TIME, PUSH_WAIT_MAX,
};
use crate::refusal::Refusal;
use crate::tls::Trust;
use place::Place;
use policy::egress::address::Cidr;
use policy::egress::host::Host;
use rustls::pki_types::ServerName;
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _};
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

/// How push services are reached from this computer.
pub struct Way {
    pub resolver: Arc<dyn Resolve>,
    pub upstream: Option<Upstream>,
    /// Certificates to trust beside the system's, DER.
    pub authorities: Vec<Vec<u8>>,
    /// Blocks that count as public although they are not: where the person named the service.
    pub also_public: Vec<Cidr>,
    /// Blocks that rules forbid.
    pub barred: Vec<Cidr>,
}

impl std::fmt::Debug for Way {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Way").field("upstream", &self.upstream).finish_non_exhaustive()
    }
}

/// What is said.
#[derive(Debug, Clone, Copy)]
pub struct Message<'m> {
    pub text: &'m [u8],
    /// A newer one takes the place of an older one of the same topic; at most 32 of base64url.
    pub topic: &'m str,
    pub is_urgent: bool,
}

/// What a push service said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Told {
    /// It will tell the browser.
    Taken,
    /// The browser takes nothing there any more.
    Gone,
    /// It wants to be asked later; the time is its own wish, within a bound.
    Busy(Option<Duration>),
    /// It refuses what was sent, and would again.
    Refused(u16),
}

/// Why nothing was said.
#[derive(Debug, thiserror::Error)]
pub enum PushError {
    #[error(transparent)]
    Place(#[from] PlaceError),
    #[error("the push service can't be reached: {0}")]
    Unreached(String),
    #[error("the push service broke the connection off")]
    Cut(#[from] io::Error),
    #[error("the push service did not answer as a web server in time")]
    Answer,
    #[error("what is to be sent can't be sealed")]
    Seal,
}

impl PushError {
    /// Whether another try may go better.
    pub fn may_pass(&self) -> bool {
        match self {
            Self::Unreached(_) | Self::Cut(_) | Self::Answer => true,
            Self::Place(_) | Self::Seal => false,
        }
    }
}

/// Sends one message, once. `now_s`: seconds since the Unix epoch.
pub async fn post(
    way: &Way,
    sender: &Sender,
    to: &Subscription,
    message: &Message<'_>,
    now_s: u64,
) -> Result<Told, PushError> {
    let place = Place::parse(&to.endpoint)?;
    let sealed = sender.seal(to, message.text)?;
    let token = sender.token(&place.origin(), now_s)?;
    let urgency = if message.is_urgent { "high" } else { "normal" };
    let head = format!(
        "POST {} HTTP/1.1\r\nHost: {}\r\nAuthorization: vapid t={token}, k={}\r\nTTL: {}\r\n\
         Urgency: {urgency}\r\nTopic: {}\r\nContent-Type: application/octet-stream\r\n\
         Content-Encoding: aes128gcm\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        place.target,
        place.authority(),
        sender.key(),
        PUSH_KEPT_TIME.as_secs(),
        message.topic,
        sealed.len(),
    );
    let mut stream = connect(way, &place).await?;
    let asked = async {
        stream.write_all(head.as_bytes()).await?;
        stream.write_all(&sealed).await?;
        stream.flush().await?;
        answer(&mut stream).await
    };
    timeout(PUSH_ANSWER_TIME, asked).await.map_err(|_| PushError::Answer)?
}

async fn connect(
    way: &Way,
    place: &Place,
) -> Result<impl AsyncRead + tokio::io::AsyncWrite + Send + Unpin, PushError> {
    let unreached = |refusal: Refusal| PushError::Unreached(refusal.to_string());
    let dialler = Dialler {
        resolver: way.resolver.clone(),
        upstream: way.upstream.clone(),
        also_public: way.also_public.clone(),
    };
    let terms = Terms { rules: &[], barred: &way.barred };
    let line = dialler.dial(&place.host, place.port, terms, crate::dial::Use::Bytes).await;
    let line = line.map_err(unreached)?;
    let config = Trust::new(way.authorities.clone()).config();
    let config = config.map_err(|error| PushError::Unreached(error.to_string()))?;
    let name = match &place.host {
        Host::Name(name) => ServerName::try_from(name.as_str().to_owned()),
        Host::Address(address) => Ok(ServerName::IpAddress((*address).into())),
    };
    let name = name.map_err(|error| PushError::Unreached(error.to_string()))?;
    let greeted = TlsConnector::from(config).connect(name, line.io);
    timeout(HANDSHAKE_TIME, greeted).await.map_err(|_| PushError::Answer)?.map_err(PushError::Cut)
}

/// The head of the answer; what stands below it says nothing that we need.
async fn answer(stream: &mut (impl AsyncRead + Unpin)) -> Result<Told, PushError> {
    let mut seen = Vec::new();
    let length = loop {
        if let Some(at) = memchr::memmem::find(&seen, b"\r\n\r\n") {
            break at + 4;
        }
        if seen.len() > HEAD_BYTES_MAX || stream.read_buf(&mut seen).await? == 0 {
            return Err(PushError::Answer);
        }
    };
    let head = AnswerHead::parse(&seen[..length], true).map_err(|_| PushError::Answer)?;
    let wish = || {
        let header = head.headers.iter().find(|it| it.name.eq_ignore_ascii_case("retry-after"))?;
        let seconds = std::str::from_utf8(&header.value).ok()?.trim().parse().ok()?;
        Some(Duration::from_secs(seconds).min(PUSH_WAIT_MAX))
    };
    Ok(match head.status {
        200..300 => Told::Taken,
        404 | 410 => Told::Gone,
        429 | 500..600 => Told::Busy(wish()),
        status => Told::Refused(status),
    })
}
