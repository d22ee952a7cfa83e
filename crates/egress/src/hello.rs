//! The first message of TLS: which host it is for, and whether it hides another.
//!
//! Only what is needed is read (RFC 8446 §4.1.2, RFC 6066 §3), and anything odd is an error: a
//! hello that two parsers could read differently is let through by neither.

use crate::limits::{HELLO_AGAIN_BYTES_MAX, HELLO_BYTES_MAX};
use policy::egress::host::Host;

const RECORD_CHANGE_CIPHER: u8 = 20;
const RECORD_HANDSHAKE: u8 = 22;
const RECORD_EARLY: u8 = 23;
const RECORD_BYTES_MAX: usize = 16 * 1024;
const CLIENT_HELLO: u8 = 1;
const SERVER_HELLO: u8 = 2;
/// What stands in the place of a server's random when it wants another hello (RFC 8446 §4.1.3).
const AGAIN: [u8; 32] = [
    0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c, 0x02, 0x1e, 0x65, 0xb8, 0x91,
    0xc2, 0xa2, 0x11, 0x16, 0x7a, 0xbb, 0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c,
];
const EXTENSION_SERVER_NAME: u16 = 0;
/// `encrypted_client_hello`, RFC 9849. Browsers also send it with random content.
const EXTENSION_ECH: u16 = 0xfe0d;

/// What a ClientHello says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Hello {
    /// An address is no name (RFC 6066 §3), but some programs write it there.
    pub server_name: Option<Host>,
    /// It has an encrypted inner hello, or something that looks like one.
    pub has_ech: bool,
}

/// What the bytes so far are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Look {
    /// More bytes are needed.
    More,
    /// And how many bytes it is long, with its records.
    Hello(Hello, usize),
    /// Not the beginning of TLS.
    Other,
    /// TLS, but not in a form that is let through.
    Odd,
}

/// Whether the bytes begin as TLS does; `None`: too few to tell.
pub(crate) fn is_tls(bytes: &[u8]) -> Option<bool> {
    match bytes {
        [] => None,
        [RECORD_HANDSHAKE] => None,
        [first, second, ..] => Some(*first == RECORD_HANDSHAKE && *second == 3),
        _ => Some(false),
    }
}

/// Looks at the first bytes of a stream.
pub(crate) fn look(bytes: &[u8]) -> Look {
    match is_tls(bytes) {
        None => return Look::More,
        Some(false) => return Look::Other,
        Some(true) => {}
    }
    let mut message = Vec::new();
    let mut rest = bytes;
    loop {
        let [kind, major, _, high, low, after @ ..] = rest else { return more(bytes) };
        let length = usize::from(u16::from_be_bytes([*high, *low]));
        if *kind != RECORD_HANDSHAKE || *major != 3 || length == 0 || length > RECORD_BYTES_MAX {
            return Look::Odd;
        }
        let is_whole = after.len() >= length;
        let (record, after) = after.split_at(length.min(after.len()));
        message.extend_from_slice(record);
        match whole_message(&message) {
            Whole::Odd => return Look::Odd,
            // A message that ends before its record is not told from one with more behind it.
            Whole::Yes(_) | Whole::More if !is_whole => return more(bytes),
            Whole::Yes(body) => {
                let length = bytes.len() - after.len();
                return parse(body).map_or(Look::Odd, |hello| Look::Hello(hello, length));
            }
            Whole::More => rest = after,
        }
    }
}

/// Whether a server's first bytes ask for another hello; `None`: too few to tell.
pub(crate) fn asks_again(bytes: &[u8]) -> Option<bool> {
    // Kind, length and version are before the random.
    const RANDOM_AT: usize = 1 + 3 + 2;
    let mut message = Vec::new();
    let mut rest = bytes;
    while message.len() < RANDOM_AT + AGAIN.len() {
        match rest {
            [] | [RECORD_HANDSHAKE] => return None,
            [RECORD_HANDSHAKE, 3, _, high, low, after @ ..] => {
                let length = usize::from(u16::from_be_bytes([*high, *low]));
                if length == 0 {
                    return Some(false);
                }
                let (record, after) = after.split_at(length.min(after.len()));
                message.extend_from_slice(record);
                rest = after;
            }
            [RECORD_HANDSHAKE, 3, ..] => return None,
            _ => return Some(false),
        }
    }
    Some(message[0] == SERVER_HELLO && message[RANDOM_AT..].starts_with(&AGAIN))
}

/// Looks for a second hello, behind what a client may send before it: the sign that keeps old
/// boxes quiet, and what it sent too early (RFC 8446 §4.2.10, §D.4).
pub(crate) fn look_again(bytes: &[u8]) -> Look {
    let more = |bytes: &[u8]| match bytes.len() >= HELLO_AGAIN_BYTES_MAX {
        true => Look::Odd,
        false => Look::More,
    };
    let mut rest = bytes;
    loop {
        match rest {
            [RECORD_CHANGE_CIPHER | RECORD_EARLY, 3, _, high, low, after @ ..] => {
                let length = usize::from(u16::from_be_bytes([*high, *low]));
                let Some((_, after)) = after.split_at_checked(length) else { return more(bytes) };
                rest = after;
            }
            [] | [RECORD_CHANGE_CIPHER | RECORD_EARLY, ..] => return more(bytes),
            _ => return look(rest),
        }
    }
}

fn more(bytes: &[u8]) -> Look {
    if bytes.len() >= HELLO_BYTES_MAX { Look::Odd } else { Look::More }
}

enum Whole<'a> {
    Yes(&'a [u8]),
    More,
    Odd,
}

fn whole_message(message: &[u8]) -> Whole<'_> {
    let [kind, a, b, c, body @ ..] = message else {
        return if message.first().is_none_or(|kind| *kind == CLIENT_HELLO) {
            Whole::More
        } else {
            Whole::Odd
        };
    };
    let length = u32::from_be_bytes([0, *a, *b, *c]) as usize;
    match () {
        () if *kind != CLIENT_HELLO || length > HELLO_BYTES_MAX => Whole::Odd,
        () if body.len() < length => Whole::More,
        // A client has nothing to say before it is answered.
        () if body.len() > length => Whole::Odd,
        () => Whole::Yes(body),
    }
}

/// Reads forward; `None` when there is too little.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (head, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(head)
    }

    fn u8(&mut self) -> Option<usize> {
        self.take(1).map(|bytes| usize::from(bytes[0]))
    }

    fn u16(&mut self) -> Option<u16> {
        self.take(2).map(|bytes| u16::from_be_bytes([bytes[0], bytes[1]]))
    }

    fn list(&mut self) -> Option<Reader<'a>> {
        let length = usize::from(self.u16()?);
        self.take(length).map(Reader)
    }
}

fn parse(body: &[u8]) -> Option<Hello> {
    let mut reader = Reader(body);
    reader.take(2 + 32)?; // version and random
    let id_length = reader.u8().filter(|length| *length <= 32)?;
    reader.take(id_length)?;
    let suites = reader.list()?;
    if suites.0.is_empty() || suites.0.len() % 2 != 0 {
        return None;
    }
    let compressions = reader.u8()?;
    reader.take(compressions)?;
    let mut hello = Hello { server_name: None, has_ech: false };
    if reader.0.is_empty() {
        return Some(hello);
    }
    let mut extensions = reader.list()?;
    if !reader.0.is_empty() {
        return None;
    }
    let mut seen = Vec::new();
    while !extensions.0.is_empty() {
        let kind = extensions.u16()?;
        let content = extensions.list()?;
        if seen.contains(&kind) {
            return None;
        }
        seen.push(kind);
        match kind {
            EXTENSION_SERVER_NAME => hello.server_name = Some(server_name(content)?),
            EXTENSION_ECH => hello.has_ech = true,
            _ => {}
        }
    }
    Some(hello)
}

/// Exactly one name of the kind `host_name`.
fn server_name(mut content: Reader<'_>) -> Option<Host> {
    let mut names = content.list()?;
    let kind = names.u8()?;
    let name = names.list()?;
    let is_alone = names.0.is_empty() && content.0.is_empty() && kind == 0;
    // RFC 6066: without a dot at its end.
    let is_plain = is_alone && !name.0.ends_with(b".") && !name.0.starts_with(b"[");
    Host::parse(name.0).ok().filter(|_| is_plain)
}

#[cfg(test)]
mod tests;
