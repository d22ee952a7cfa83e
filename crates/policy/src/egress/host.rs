//! Names and addresses of places, parsed once and strictly.
//!
//! What is judged and what is dialled are the same value: no other code reads a host from bytes.
//! A host in a form that two programs could read differently (a zone, an odd number, a user part,
//! a byte that is no ASCII) is refused, never repaired. Names beyond ASCII come as `xn--`.

use super::limits::{HOST_BYTES_MAX, LABEL_BYTES_MAX};
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// A name in DNS: ASCII, lower case, no dot at its end.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name(String);

impl Name {
    /// Reads a name that is no address.
    pub fn parse(bytes: &[u8]) -> Result<Self, HostError> {
        match Host::parse(bytes)? {
            Host::Name(name) => Ok(name),
            Host::Address(_) => Err(HostError::OddAddress),
        }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// `a.b.c` is strictly below `b.c`; `ab.c` is not.
    pub fn is_below(&self, parent: &Name) -> bool {
        self.0.strip_suffix(&parent.0).is_some_and(|head| head.ends_with('.'))
    }

    /// A name that public DNS does not answer for, or only by mistake.
    pub fn is_internal(&self) -> bool {
        const ENDS: [&str; 10] = [
            "local",
            "localhost",
            "internal",
            "intranet",
            "lan",
            "home",
            "corp",
            "private",
            "localdomain",
            "arpa",
        ];
        let last = self.0.rsplit('.').next().unwrap_or_default();
        !self.0.contains('.') || ENDS.contains(&last)
    }
}

impl fmt::Display for Name {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

/// Where something wants to go.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Host {
    Name(Name),
    /// Written as an address. Never an address that a name stands for.
    Address(IpAddr),
}

/// Why bytes are no host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HostError {
    Empty,
    TooLong,
    /// A control character, a blank, a byte that is no ASCII, or a sign that no name has.
    OddByte(u8),
    /// Two dots in a row, or one at the beginning.
    EmptyLabel,
    LongLabel,
    /// A label begins or ends with a hyphen.
    HyphenAtEdge,
    /// A number that some programs read as an address and others do not.
    OddAddress,
    /// Brackets that hold no IPv6 address.
    OddBrackets,
    /// No number from 1 to 65535.
    OddPort,
}

impl fmt::Display for HostError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => out.write_str("it is empty"),
            Self::TooLong => write!(out, "it is longer than {HOST_BYTES_MAX} characters"),
            Self::OddByte(byte) if byte.is_ascii_graphic() => {
                write!(out, "it has a `{}` in it", char::from(*byte))
            }
            Self::OddByte(byte) => write!(out, "it has the byte 0x{byte:02x} in it"),
            Self::EmptyLabel => out.write_str("it has two dots in a row, or begins with one"),
            Self::LongLabel => {
                write!(out, "a part of it is longer than {LABEL_BYTES_MAX} characters")
            }
            Self::HyphenAtEdge => out.write_str("a part of it begins or ends with a hyphen"),
            Self::OddAddress => out.write_str(
                "it looks like an address, but is not written as four numbers from 0 to 255",
            ),
            Self::OddBrackets => out.write_str("what is in its brackets is no IPv6 address"),
            Self::OddPort => out.write_str("its port is not a number from 1 to 65535"),
        }
    }
}

impl std::error::Error for HostError {}

impl Host {
    /// Reads a name, an IPv4 address in its one usual form, or an IPv6 address in brackets or bare.
    pub fn parse(bytes: &[u8]) -> Result<Self, HostError> {
        if bytes.is_empty() {
            return Err(HostError::Empty);
        }
        if bytes[0] == b'[' {
            let inner = bytes[1..].strip_suffix(b"]").ok_or(HostError::OddBrackets)?;
            return v6(inner).map(|v6| Self::Address(v6.into())).ok_or(HostError::OddBrackets);
        }
        if bytes.contains(&b':') {
            return v6(bytes).map(|v6| Self::Address(v6.into())).ok_or(HostError::OddByte(b':'));
        }
        let bytes = bytes.strip_suffix(b".").unwrap_or(bytes);
        if bytes.len() > HOST_BYTES_MAX {
            return Err(HostError::TooLong);
        }
        let mut name = String::with_capacity(bytes.len());
        for &byte in bytes {
            if !(byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.')) {
                return Err(HostError::OddByte(byte));
            }
            name.push(char::from(byte.to_ascii_lowercase()));
        }
        for label in name.split('.') {
            match label {
                "" => return Err(HostError::EmptyLabel),
                label if label.len() > LABEL_BYTES_MAX => return Err(HostError::LongLabel),
                label if label.starts_with('-') || label.ends_with('-') => {
                    return Err(HostError::HyphenAtEdge);
                }
                _ => {}
            }
        }
        if ends_in_a_number(&name) {
            // The standard library reads dotted decimals only, and no leading zeros.
            let v4: Ipv4Addr = name.parse().map_err(|_| HostError::OddAddress)?;
            return Ok(Self::Address(v4.into()));
        }
        Ok(Self::Name(Name(name)))
    }

    /// Reads `host`, `host:port`, `[v6]` or `[v6]:port`.
    pub fn parse_with_port(bytes: &[u8]) -> Result<(Self, Option<u16>), HostError> {
        let colon = bytes.iter().rposition(|byte| *byte == b':');
        match colon.filter(|_| !(bytes.starts_with(b"[") && bytes.ends_with(b"]"))) {
            None => Ok((Self::parse(bytes)?, None)),
            // Without brackets it can't be told where an IPv6 address ends.
            Some(at) if bytes[..at].contains(&b':') && bytes[0] != b'[' => {
                Err(HostError::OddByte(b':'))
            }
            Some(at) => Ok((Self::parse(&bytes[..at])?, Some(parse_port(&bytes[at + 1..])?))),
        }
    }
}

impl fmt::Display for Host {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => name.fmt(out),
            Self::Address(address) => address.fmt(out),
        }
    }
}

/// Reads a port: digits only, no leading zero, not 0.
pub fn parse_port(bytes: &[u8]) -> Result<u16, HostError> {
    let plain =
        (1..=5).contains(&bytes.len()) && bytes[0] != b'0' && bytes.iter().all(u8::is_ascii_digit);
    let text = std::str::from_utf8(bytes).ok().filter(|_| plain).ok_or(HostError::OddPort)?;
    text.parse().map_err(|_| HostError::OddPort)
}

fn v6(bytes: &[u8]) -> Option<Ipv6Addr> {
    // No zone: `%` is not in what the standard library takes for an address without a scope.
    std::str::from_utf8(bytes).ok()?.parse().ok()
}

/// As in the URL standard: such a host is an IPv4 address or nothing.
fn ends_in_a_number(name: &str) -> bool {
    let last = name.rsplit('.').next().unwrap_or_default();
    let is_hex = last.strip_prefix("0x").is_some_and(|h| h.bytes().all(|b| b.is_ascii_hexdigit()));
    last.bytes().all(|byte| byte.is_ascii_digit()) || is_hex
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_read_in_one_way_or_not_at_all() {
        for line in include_str!("hosts.txt").lines().skip(1) {
            let Some((input, expected)) = line.split_once(" => ") else { continue };
            let bytes = unescaped(input.trim());
            let got = match Host::parse_with_port(&bytes) {
                Ok((Host::Name(name), port)) => format!("name {name}{}", suffix(port)),
                Ok((Host::Address(ip), port)) => format!("address {ip}{}", suffix(port)),
                Err(error) => format!("{error:?}"),
            };
            assert_eq!(got, expected.trim(), "{input}");
        }
    }

    fn suffix(port: Option<u16>) -> String {
        port.map(|port| format!(" port {port}")).unwrap_or_default()
    }

    fn unescaped(text: &str) -> Vec<u8> {
        let text = text.replace("{300}", &"a".repeat(300)).replace("{64}", &"a".repeat(64));
        let mut bytes = Vec::new();
        let mut rest = text.as_bytes();
        while let Some((&byte, after)) = rest.split_first() {
            let hex = after.strip_prefix(b"x").and_then(|hex| hex.get(..2));
            let hex = hex.filter(|_| byte == b'\\').and_then(|hex| std::str::from_utf8(hex).ok());
            match hex.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
                Some(value) => {
                    bytes.push(value);
                    rest = &after[3..];
                }
                None => {
                    bytes.push(byte);
                    rest = after;
                }
            }
        }
        bytes
    }
}
