//! Heads of HTTP/1: read strictly, written anew.
//!
//! What two readers could take in two ways is refused, not repaired: a line feed without its
//! carriage return, two lengths, a length beside chunks, a second `Host`.

use crate::limits::{HEAD_BYTES_MAX, HEAD_TIME, HEADERS_MAX, TARGET_BYTES_MAX};
use crate::refusal::Refusal;
use crate::stream::Ahead;
use policy::egress::Body;
use policy::egress::host::Host;
use std::time::Duration;
use tokio::io::AsyncRead;
use tokio::time::timeout;

/// How long a body is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Framing {
    None,
    Length(u64),
    Chunked,
    /// Until the other side closes; only answers.
    UntilClose,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Header {
    /// As it came; compared without case.
    pub name: String,
    pub value: Vec<u8>,
}

impl Header {
    pub(crate) fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name)
    }
}

/// The head of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RequestHead {
    pub method: String,
    /// Visible ASCII.
    pub target: String,
    /// 0 or 1.
    pub minor: u8,
    pub headers: Vec<Header>,
    pub framing: Framing,
    pub host: Option<(Host, Option<u16>)>,
}

/// The head of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct AnswerHead {
    pub status: u16,
    pub phrase: String,
    pub headers: Vec<Header>,
    pub framing: Framing,
    pub keeps_open: bool,
}

/// Stands in an answer that is the door's own, and in no other.
pub(crate) const REFUSED: &str = "legwork-refused";

/// Headers that some servers obey instead of the method: a rule about methods would mean nothing.
const OTHER_METHOD: [&str; 3] = ["x-http-method-override", "x-http-method", "x-method-override"];

impl RequestHead {
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, Refusal> {
        let wrong = Refusal::Malformed;
        lines(bytes).ok_or(wrong("its lines do not end as they have to"))?;
        if bytes.starts_with(b"\r") {
            return Err(wrong("it begins with an empty line"));
        }
        let mut headers = [httparse::EMPTY_HEADER; HEADERS_MAX];
        let mut parsed = httparse::Request::new(&mut headers);
        match parsed.parse(bytes) {
            Ok(httparse::Status::Complete(length)) if length == bytes.len() => {}
            Err(httparse::Error::TooManyHeaders) => return Err(Refusal::HeadTooLarge),
            Ok(_) | Err(_) => return Err(wrong("its head is not one of HTTP/1")),
        }
        let (Some(method), Some(target), Some(minor)) =
            (parsed.method, parsed.path, parsed.version)
        else {
            return Err(wrong("its first line is not whole"));
        };
        if target.len() > TARGET_BYTES_MAX {
            return Err(Refusal::HeadTooLarge);
        }
        if !target.bytes().all(|byte| byte.is_ascii_graphic()) || target.contains('#') {
            return Err(wrong("its target has odd characters"));
        }
        if !method.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'-') {
            return Err(wrong("its method is not in capital letters"));
        }
        let headers = owned(parsed.headers);
        if headers.iter().any(|header| OTHER_METHOD.iter().any(|name| header.is(name))) {
            return Err(wrong("a header asks for another method than its own"));
        }
        if headers.iter().any(|header| is_alias(&header.name)) {
            return Err(wrong("a header has `_` where some servers read `-`"));
        }
        let framing = request_framing(&headers, minor)?;
        let host = host(&headers, minor)?;
        let (method, target) = (method.to_owned(), target.to_owned());
        Ok(Self { method, target, minor, headers, framing, host })
    }

    pub(crate) fn has_body(&self) -> bool {
        !matches!(self.framing, Framing::None | Framing::Length(0))
    }

    pub(crate) fn body(&self) -> Body {
        let mut types = values(&self.headers, "content-type");
        match (self.has_body(), types.next(), types.next()) {
            (false, ..) => Body::None,
            (true, Some(one), None) => Body::of_type(one),
            (true, _, _) => Body::Other,
        }
    }

    pub(crate) fn keeps_open(&self) -> bool {
        self.minor == 1 && !lists(&self.headers, "connection", "close")
    }

    pub(crate) fn waits_for_continue(&self) -> bool {
        self.has_body() && lists(&self.headers, "expect", "100-continue")
    }
}

impl AnswerHead {
    /// `to_head`: the request was a HEAD, whose answer has no body.
    pub(crate) fn parse(bytes: &[u8], to_head: bool) -> Result<Self, Refusal> {
        let mut headers = [httparse::EMPTY_HEADER; HEADERS_MAX];
        let mut parsed = httparse::Response::new(&mut headers);
        let is_whole = matches!(
            parsed.parse(bytes),
            Ok(httparse::Status::Complete(length)) if length == bytes.len()
        );
        let (true, Some(()), Some(status), Some(minor)) =
            (is_whole, lines(bytes), parsed.code, parsed.version)
        else {
            return Err(Refusal::BadAnswer);
        };
        let headers = owned(parsed.headers);
        let phrase = parsed.reason.unwrap_or_default().to_owned();
        let framing = match status {
            _ if to_head => Framing::None,
            100..=199 | 204 | 304 => Framing::None,
            _ => match framing(&headers) {
                Ok(Framing::None) => Framing::UntilClose,
                Ok(Framing::Chunked) if minor == 0 => return Err(Refusal::BadAnswer),
                Ok(framing) => framing,
                Err(_) => return Err(Refusal::BadAnswer),
            },
        };
        let keeps_open =
            minor == 1 && framing != Framing::UntilClose && !lists(&headers, "connection", "close");
        Ok(Self { status, phrase, headers, framing, keeps_open })
    }

    /// Its body is not what it stands for, letter by letter.
    pub(crate) fn is_compressed(&self) -> bool {
        let plain = |value: &[u8]| value.trim_ascii().eq_ignore_ascii_case(b"identity");
        !values(&self.headers, "content-encoding").all(plain)
    }

    /// The head as the machine gets it.
    pub(crate) fn written(&self, keeps_open: bool) -> Vec<u8> {
        let mut out = format!("HTTP/1.1 {:03} {}\r\n", self.status, self.phrase).into_bytes();
        let connected = connection_lists(&self.headers);
        for header in &self.headers {
            // Other ways to the same place, which lead past the door; and what only the door says.
            let is_ours = header.is("alt-svc") || header.is(REFUSED);
            if !is_ours && !is_for_one_hop(&header.name, &connected) {
                write_header(&mut out, &header.name, &header.value);
            }
        }
        if self.framing == Framing::Chunked {
            write_header(&mut out, "Transfer-Encoding", b"chunked");
        }
        if !keeps_open {
            write_header(&mut out, "Connection", b"close");
        }
        out.extend_from_slice(b"\r\n");
        out
    }
}

/// With `-` for `_`, as servers that put headers into variables read it, it is a header on which
/// the judgement rests; judged was what stands in the other.
fn is_alias(name: &str) -> bool {
    const JUDGED: [&str; 5] =
        ["host", "content-length", "transfer-encoding", "connection", "upgrade"];
    let dashed = name.to_ascii_lowercase().replace('_', "-");
    let judged = JUDGED.iter().chain(&OTHER_METHOD);
    name.contains('_') && judged.into_iter().any(|judged| dashed.trim_matches('-') == *judged)
}

/// Every line ends with CR LF, and neither stands alone; no zero byte.
fn lines(bytes: &[u8]) -> Option<()> {
    let mut before = 0;
    for &byte in bytes {
        let fits = (byte == b'\n') == (before == b'\r');
        if !fits || byte == 0 {
            return None;
        }
        before = byte;
    }
    Some(())
}

fn owned(headers: &[httparse::Header<'_>]) -> Vec<Header> {
    let owned = |header: &httparse::Header<'_>| Header {
        name: header.name.to_owned(),
        value: header.value.to_vec(),
    };
    headers.iter().map(owned).collect()
}

/// All values of a header.
pub(crate) fn values<'h>(headers: &'h [Header], name: &str) -> impl Iterator<Item = &'h [u8]> {
    headers.iter().filter(move |header| header.is(name)).map(|header| header.value.as_slice())
}

/// The word is one of the comma-separated ones in a header.
fn lists(headers: &[Header], name: &str, word: &str) -> bool {
    let mut words = values(headers, name).flat_map(|value| value.split(|byte| *byte == b','));
    words.any(|item| item.trim_ascii().eq_ignore_ascii_case(word.as_bytes()))
}

fn request_framing(headers: &[Header], minor: u8) -> Result<Framing, Refusal> {
    match framing(headers)? {
        Framing::Chunked if minor == 0 => Err(Refusal::Malformed("HTTP/1.0 has no chunks")),
        framing => Ok(framing),
    }
}

fn framing(headers: &[Header]) -> Result<Framing, Refusal> {
    let mut encodings = values(headers, "transfer-encoding");
    let mut lengths = values(headers, "content-length");
    match (encodings.next(), encodings.next(), lengths.next(), lengths.next()) {
        (None, _, None, _) => Ok(Framing::None),
        (Some(encoding), None, None, _) if encoding.eq_ignore_ascii_case(b"chunked") => {
            Ok(Framing::Chunked)
        }
        (Some(_), _, Some(_), _) => {
            Err(Refusal::Malformed("it has both Content-Length and Transfer-Encoding"))
        }
        (Some(_), _, None, _) => {
            Err(Refusal::Malformed("its Transfer-Encoding is not just `chunked`"))
        }
        (None, _, Some(length), None) => {
            let is_plain =
                (1..=18).contains(&length.len()) && length.iter().all(u8::is_ascii_digit);
            let text = std::str::from_utf8(length).ok().filter(|_| is_plain);
            let length = text.and_then(|text| text.parse().ok());
            length.map(Framing::Length).ok_or(Refusal::Malformed("its Content-Length is no number"))
        }
        (None, _, Some(_), Some(_)) => Err(Refusal::Malformed("it has two Content-Length")),
    }
}

fn host(headers: &[Header], minor: u8) -> Result<Option<(Host, Option<u16>)>, Refusal> {
    let mut hosts = values(headers, "host");
    match (hosts.next(), hosts.next()) {
        (Some(_), Some(_)) => Err(Refusal::Malformed("it has two Host")),
        (Some(host), None) => Host::parse_with_port(host).map(Some).map_err(Refusal::Host),
        (None, _) if minor == 0 => Ok(None),
        (None, _) => Err(Refusal::Malformed("it has no Host")),
    }
}

/// The names that `Connection` lists.
pub(crate) fn connection_lists(headers: &[Header]) -> Vec<String> {
    let words = values(headers, "connection").flat_map(|value| value.split(|b| *b == b','));
    words.map(|word| String::from_utf8_lossy(word).trim().to_ascii_lowercase()).collect()
}

/// Headers that are not passed on.
pub(crate) fn is_for_one_hop(name: &str, connected: &[String]) -> bool {
    const ONE_HOP: [&str; 9] = [
        "connection",
        "keep-alive",
        "proxy-connection",
        "proxy-authorization",
        "proxy-authenticate",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    ];
    let lower = name.to_ascii_lowercase();
    let is_needed = matches!(lower.as_str(), "host" | "content-length");
    ONE_HOP.contains(&lower.as_str()) || (!is_needed && connected.contains(&lower))
}

pub(crate) fn write_header(out: &mut Vec<u8>, name: &str, value: &[u8]) {
    out.extend_from_slice(name.as_bytes());
    out.extend_from_slice(b": ");
    out.extend_from_slice(value);
    out.extend_from_slice(b"\r\n");
}

/// Reads ahead to the end of a head and says how long it is; `None`: the stream ended before it
/// began.
pub(crate) async fn read_head<S: AsyncRead + Unpin>(
    stream: &mut Ahead<S>,
    first_byte_time: Duration,
) -> Result<Option<usize>, Refusal> {
    if stream.seen().is_empty() {
        match timeout(first_byte_time, stream.look()).await {
            Err(_) => return Err(Refusal::Idle),
            Ok(Ok(0) | Err(_)) => return Ok(None),
            Ok(Ok(_)) => {}
        }
    }
    let read = timeout(HEAD_TIME, async {
        let mut searched: usize = 0;
        loop {
            let seen = stream.seen();
            let from = searched.saturating_sub(3);
            if let Some(at) = memchr::memmem::find(&seen[from..], b"\r\n\r\n") {
                return Ok(Some(from + at + 4));
            }
            searched = seen.len();
            if searched > HEAD_BYTES_MAX {
                return Err(Refusal::HeadTooLarge);
            }
            match stream.look().await {
                Ok(0) | Err(_) => return Err(Refusal::Broken),
                Ok(_) => {}
            }
        }
    });
    match read.await.unwrap_or(Err(Refusal::TooSlow))? {
        Some(length) if length > HEAD_BYTES_MAX => Err(Refusal::HeadTooLarge),
        length => Ok(length),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn piece() -> impl Strategy<Value = &'static str> {
        prop::sample::select(vec![
            "GET ",
            "POST ",
            "CONNECT ",
            "http://a.test/",
            "/",
            "*",
            " HTTP/1.1",
            " HTTP/1.0",
            "\r\n",
            "\r\n",
            "\r\n",
            "\n",
            "\r",
            "Host: a.test",
            "Host:b.test",
            "Content-Length: 1",
            "Content-Length:1,1",
            "Transfer-Encoding: chunked",
            "transfer-encoding:identity",
            " ",
            "\t",
            ":",
            "\0",
            "é",
            "Connection: close",
            "a.test:443",
            "@",
            "X: y",
        ])
    }

    proptest! {
        #[test]
        fn any_bytes_are_a_head_or_an_error(
            bytes in proptest::collection::vec(any::<u8>(), 0..300)
        ) {
            crate::bytes::head(&bytes);
        }

        /// A head that is taken has one host and one length, however it was put together.
        #[test]
        fn a_head_that_is_taken_can_be_read_in_one_way(
            pieces in proptest::collection::vec(piece(), 0..14)
        ) {
            crate::bytes::head(format!("{}\r\n\r\n", pieces.concat()).as_bytes());
            let text = format!("GET / HTTP/1.1\r\n{}\r\n\r\n", pieces.concat());
            if let Ok(head) = RequestHead::parse(text.as_bytes()) {
                let count = |name: &str| values(&head.headers, name).count();
                prop_assert!(count("host") == 1 && head.host.is_some());
                prop_assert!(count("content-length") + count("transfer-encoding") <= 1);
                prop_assert!(!text.replace("\r\n", "").contains(['\r', '\n', '\0']));
            }
        }
    }
}
