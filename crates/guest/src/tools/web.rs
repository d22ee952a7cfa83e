//! One request over HTTP through the machine's door.
//!
//! The whole address stands in the first line, `https` too: the door judges it, dials, speaks TLS
//! and checks the certificate, so that nothing of that is here. What comes back is hostile.

use super::deadline::Deadline;
use super::failure::Failure;
use super::limits::{FETCH_BYTES_MAX, FETCH_HEAD_BYTES_MAX, FETCH_HEADERS_MAX};
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use url::Url;
use wire::FailKind;

/// Only the door says this, and takes it out of what others say.
const REFUSED: &str = "legwork-refused";

/// What came back.
#[derive(Debug, Default)]
pub(crate) struct Answered {
    pub(crate) status: u16,
    /// The words are the door's own: why it was not let out, or could not be done.
    pub(crate) is_refusal: bool,
    /// Without its parameters, in small letters.
    pub(crate) kind: String,
    pub(crate) charset: Option<String>,
    pub(crate) location: Option<String>,
    /// Seconds that it wants to be left alone.
    pub(crate) wait: Option<u64>,
    pub(crate) body: Vec<u8>,
    /// There was more than is taken.
    pub(crate) is_cut: bool,
}

#[derive(Debug)]
enum Framing {
    Length(u64),
    Chunked,
    UntilClose,
}

/// A stream that is read until a point in time and no longer.
struct Timed {
    stream: TcpStream,
    deadline: Deadline,
}

impl Read for Timed {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = self.deadline.remaining().ok_or(io::ErrorKind::TimedOut)?;
        self.stream.set_read_timeout(Some(left))?;
        self.stream.read(buffer)
    }
}

/// Asks for what is at `url`.
pub(crate) fn get(
    port: u16,
    url: &Url,
    headers: &[(String, String)],
    deadline: Deadline,
) -> Result<Answered, Failure> {
    exchange(port, url, headers, deadline).map_err(|error| match error.kind() {
        io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock => Failure::limit(
            "it took too long; the place is slow, or nobody answered whether it may be reached",
        ),
        io::ErrorKind::ConnectionRefused => {
            Failure::new(FailKind::View, "this machine has no way out")
        }
        io::ErrorKind::InvalidData => Failure::document(format!("the place answered {error}")),
        _ => Failure::new(FailKind::View, "the connection broke before the answer was whole"),
    })
}

fn exchange(
    port: u16,
    url: &Url,
    headers: &[(String, String)],
    deadline: Deadline,
) -> io::Result<Answered> {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
    let head = written(url, headers);
    stream.set_write_timeout(deadline.remaining())?;
    stream.write_all(head.as_bytes())?;
    let mut reader = BufReader::new(Timed { stream, deadline });
    let (mut answered, framing) = parse(&head_of(&mut reader)?)?;
    let max = u64::try_from(FETCH_BYTES_MAX).unwrap_or(u64::MAX);
    match framing {
        Framing::Length(length) => {
            answered.is_cut = length > max;
            let wanted = length.min(max);
            reader.by_ref().take(wanted).read_to_end(&mut answered.body)?;
            if (answered.body.len() as u64) < wanted {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
        Framing::UntilClose => {
            reader.by_ref().take(max + 1).read_to_end(&mut answered.body)?;
            answered.is_cut = answered.body.len() > FETCH_BYTES_MAX;
            answered.body.truncate(FETCH_BYTES_MAX);
        }
        Framing::Chunked => answered.is_cut = chunks(&mut reader, &mut answered.body)?,
    }
    Ok(answered)
}

fn written(url: &Url, headers: &[(String, String)]) -> String {
    let place = &url[url::Position::BeforeHost..url::Position::AfterPort];
    let target = &url[..url::Position::AfterQuery];
    let mut head = format!(
        "GET {target} HTTP/1.1\r\nHost: {place}\r\nUser-Agent: Mozilla/5.0 (compatible; Legwork)\r\n\
         Accept-Encoding: identity\r\nConnection: close\r\n"
    );
    let is_plain = |text: &str| text.bytes().all(|byte| (b' '..=b'~').contains(&byte));
    for (name, value) in headers.iter().filter(|(name, value)| is_plain(name) && is_plain(value)) {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head.push_str("\r\n");
    head
}

fn head_of(reader: &mut BufReader<Timed>) -> io::Result<Vec<u8>> {
    let mut head = vec![];
    while !head.ends_with(b"\r\n\r\n") {
        let room = (FETCH_HEAD_BYTES_MAX - head.len()) as u64;
        if reader.take(room).read_until(b'\n', &mut head)? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
    Ok(head)
}

fn nonsense(why: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, why.to_owned())
}

fn parse(head: &[u8]) -> io::Result<(Answered, Framing)> {
    let mut lines = [httparse::EMPTY_HEADER; FETCH_HEADERS_MAX];
    let mut parsed = httparse::Response::new(&mut lines);
    let is_whole = matches!(parsed.parse(head), Ok(httparse::Status::Complete(_)));
    let (true, Some(status)) = (is_whole, parsed.code) else {
        return Err(nonsense("as no web server does"));
    };
    let value = |name: &str| {
        let line = parsed.headers.iter().find(|it| it.name.eq_ignore_ascii_case(name))?;
        Some(String::from_utf8_lossy(line.value).trim().to_owned())
    };
    if value("content-encoding").is_some_and(|it| !it.eq_ignore_ascii_case("identity")) {
        return Err(nonsense(
            "only in a compressed form that is not read here; `run_command` with `curl \
             --compressed` may get it",
        ));
    }
    let content = value("content-type").unwrap_or_default();
    let mut parts = content.split(';').map(str::trim);
    let kind = parts.next().unwrap_or_default().to_ascii_lowercase();
    let charset = parts.find_map(|part| {
        let (name, value) = part.split_once('=')?;
        name.eq_ignore_ascii_case("charset").then(|| value.trim_matches('"').to_owned())
    });
    let framing = match (value("transfer-encoding"), value("content-length")) {
        (Some(_), _) => Framing::Chunked,
        (None, Some(length)) => {
            Framing::Length(length.parse().map_err(|_| nonsense("with an odd length"))?)
        }
        (None, None) => Framing::UntilClose,
    };
    let framing = if matches!(status, 204 | 304) { Framing::Length(0) } else { framing };
    let is_refusal = value(REFUSED).is_some();
    let location = value("location");
    // The first number is that of the shortest span.
    let wait = value("retry-after").or_else(|| value("x-ratelimit-reset"));
    let wait = wait.and_then(|it| it.split(',').next()?.trim().parse().ok());
    let (is_cut, body) = (false, vec![]);
    let answered = Answered { status, is_refusal, kind, charset, location, wait, body, is_cut };
    Ok((answered, framing))
}

/// Whether there was more than is taken.
fn chunks(reader: &mut BufReader<Timed>, body: &mut Vec<u8>) -> io::Result<bool> {
    loop {
        let mut line = vec![];
        reader.take(FETCH_HEAD_BYTES_MAX as u64).read_until(b'\n', &mut line)?;
        let line = String::from_utf8_lossy(&line);
        let size = line.split(';').next().unwrap_or_default().trim();
        let size = u64::from_str_radix(size, 16).map_err(|_| nonsense("in odd pieces"))?;
        if size == 0 {
            return Ok(false);
        }
        let room = (FETCH_BYTES_MAX - body.len()) as u64;
        let wanted = size.min(room);
        if reader.take(wanted).read_to_end(body)? as u64 != wanted {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        if size > room {
            return Ok(true);
        }
        let mut end = [0; 2];
        reader.read_exact(&mut end)?;
    }
}
