//! Which addresses belong to everybody, and which to this computer, its network or its cloud.
//!
//! Sources: the IANA special-purpose registries for IPv4 and IPv6 (2026), and the documentation of
//! the clouds for the addresses at which they hand out keys to whoever asks from inside.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

/// Why an address is not public.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    ThisComputer,
    LocalNetwork,
    LinkLocal,
    /// Where a cloud answers questions about, and hands out keys of, the computer that asks.
    CloudMetadata,
    /// Between a provider and its customers (100.64.0.0/10).
    Carrier,
    /// Set aside for documents and measurements.
    Documentation,
    Group,
    Reserved,
}

impl fmt::Display for Class {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::ThisComputer => "this computer itself",
            Self::LocalNetwork => "the local network",
            Self::LinkLocal => "the directly connected network",
            Self::CloudMetadata => "a cloud's metadata service, which hands out keys",
            Self::Carrier => "a provider's own network",
            Self::Documentation => "addresses set aside for examples and measurements",
            Self::Group => "a group of computers at once",
            Self::Reserved => "reserved addresses",
        })
    }
}

type V4Net = (u32, u8, Class);

const fn v4(a: u8, b: u8, c: u8, d: u8) -> u32 {
    u32::from_be_bytes([a, b, c, d])
}

/// The first that fits counts.
const V4: &[V4Net] = &[
    (v4(169, 254, 169, 254), 32, Class::CloudMetadata),
    (v4(169, 254, 170, 2), 32, Class::CloudMetadata),
    (v4(100, 100, 100, 200), 32, Class::CloudMetadata),
    (v4(168, 63, 129, 16), 32, Class::CloudMetadata),
    (v4(192, 0, 0, 192), 32, Class::CloudMetadata),
    (v4(0, 0, 0, 0), 8, Class::ThisComputer),
    (v4(127, 0, 0, 0), 8, Class::ThisComputer),
    (v4(10, 0, 0, 0), 8, Class::LocalNetwork),
    (v4(172, 16, 0, 0), 12, Class::LocalNetwork),
    (v4(192, 168, 0, 0), 16, Class::LocalNetwork),
    (v4(100, 64, 0, 0), 10, Class::Carrier),
    (v4(169, 254, 0, 0), 16, Class::LinkLocal),
    (v4(192, 0, 0, 0), 24, Class::Reserved),
    (v4(192, 0, 2, 0), 24, Class::Documentation),
    (v4(192, 88, 99, 0), 24, Class::Reserved),
    (v4(198, 18, 0, 0), 15, Class::Documentation),
    (v4(198, 51, 100, 0), 24, Class::Documentation),
    (v4(203, 0, 113, 0), 24, Class::Documentation),
    (v4(224, 0, 0, 0), 4, Class::Group),
    (v4(240, 0, 0, 0), 4, Class::Reserved),
];

type V6Net = ([u16; 8], u8, Class);

const V6: &[V6Net] = &[
    ([0, 0, 0, 0, 0, 0, 0, 0], 128, Class::ThisComputer),
    ([0, 0, 0, 0, 0, 0, 0, 1], 128, Class::ThisComputer),
    ([0xfd00, 0x0ec2, 0, 0, 0, 0, 0, 0], 32, Class::CloudMetadata),
    ([0xfd20, 0x00ce, 0, 0, 0, 0, 0, 0x0254], 128, Class::CloudMetadata),
    ([0xfd00, 0x00c1, 0, 0, 0, 0, 0xa9fe, 0xa9fe], 128, Class::CloudMetadata),
    ([0xfd00, 0x0042, 0, 0, 0, 0, 0, 0x0042], 128, Class::CloudMetadata),
    ([0xfd00, 0xa9fe, 0xa9fe, 0, 0, 0, 0, 1], 128, Class::CloudMetadata),
    ([0xfc00, 0, 0, 0, 0, 0, 0, 0], 7, Class::LocalNetwork),
    ([0xfec0, 0, 0, 0, 0, 0, 0, 0], 10, Class::LocalNetwork),
    ([0xfe80, 0, 0, 0, 0, 0, 0, 0], 10, Class::LinkLocal),
    ([0xff00, 0, 0, 0, 0, 0, 0, 0], 8, Class::Group),
    // Teredo, benchmarks, ORCHID and what else is kept for protocols.
    ([0x2001, 0, 0, 0, 0, 0, 0, 0], 23, Class::Reserved),
    ([0x2001, 0x0db8, 0, 0, 0, 0, 0, 0], 32, Class::Documentation),
    ([0x3fff, 0, 0, 0, 0, 0, 0, 0], 20, Class::Documentation),
];

/// The class of an address that is not public; `None`: it is public.
pub fn class_of(address: IpAddr) -> Option<Class> {
    match address {
        IpAddr::V4(v4) => class_of_v4(v4),
        IpAddr::V6(v6) => class_of_v6(v6),
    }
}

fn class_of_v4(address: Ipv4Addr) -> Option<Class> {
    let found = V4.iter().find(|(net, prefix, _)| {
        leading(u128::from(u32::from(address)) << 96, *prefix)
            == leading(u128::from(*net) << 96, *prefix)
    });
    found.map(|(_, _, class)| *class)
}

fn class_of_v6(address: Ipv6Addr) -> Option<Class> {
    let listed = V6.iter().find(|(net, prefix, _)| {
        leading(address.into(), *prefix) == leading(Ipv6Addr::from(*net).into(), *prefix)
    });
    if let Some((_, _, class)) = listed {
        return Some(*class);
    }
    let global = address.segments()[0] & 0xe000 == 0x2000;
    match embedded(address) {
        // Mapped, compatible and translated addresses are never what a name on the net has.
        Some((v4, Form::Wrapped)) => Some(class_of_v4(v4).unwrap_or(Class::Reserved)),
        Some((v4, Form::Gateway)) => class_of_v4(v4),
        None if global => None,
        None => Some(Class::Reserved),
    }
}

enum Form {
    /// The same computer as the IPv4 address, written otherwise.
    Wrapped,
    /// A way through a gateway to the IPv4 address.
    Gateway,
}

/// The IPv4 address that an IPv6 address carries in one of the known ways.
fn embedded(address: Ipv6Addr) -> Option<(Ipv4Addr, Form)> {
    let s = address.segments();
    let v4_at = |high: u16, low: u16| Ipv4Addr::from((u32::from(high) << 16) | u32::from(low));
    let last = v4_at(s[6], s[7]);
    match s {
        [0, 0, 0, 0, 0, 0xffff, _, _]
        | [0, 0, 0, 0, 0xffff, 0, _, _]
        | [0, 0, 0, 0, 0, 0, _, _] => Some((last, Form::Wrapped)),
        [0x64, 0xff9b, 0, 0, 0, 0, _, _] => Some((last, Form::Gateway)),
        [0x2002, high, low, ..] => Some((v4_at(high, low), Form::Gateway)),
        [_, _, _, _, 0 | 0x0200, 0x5efe, _, _] => Some((last, Form::Gateway)),
        _ => None,
    }
}

fn leading(bits: u128, prefix: u8) -> u128 {
    bits.checked_shr(128 - u32::from(prefix)).unwrap_or(0)
}

/// A block of addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cidr {
    first: IpAddr,
    prefix: u8,
}

/// The text is no block: `10.0.0.0/8`, `2001:db8::/32`, or one address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CidrError;

impl fmt::Display for CidrError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("no block of addresses; one is written like 10.0.0.0/8")
    }
}

impl std::error::Error for CidrError {}

impl Cidr {
    /// One address.
    pub fn single(address: IpAddr) -> Self {
        Self { first: address, prefix: if address.is_ipv4() { 32 } else { 128 } }
    }

    pub fn contains(&self, address: IpAddr) -> bool {
        self.first.is_ipv4() == address.is_ipv4()
            && leading(bits(address), self.prefix) == leading(bits(self.first), self.prefix)
    }

    pub fn is_single(&self) -> bool {
        self.prefix == if self.first.is_ipv4() { 32 } else { 128 }
    }

    pub fn first(&self) -> IpAddr {
        self.first
    }

    /// Whether it is as narrow as the blocks that are not public, so that its first address tells
    /// what all of it is.
    pub fn is_of_one_kind(&self) -> bool {
        self.prefix >= if self.first.is_ipv4() { 8 } else { 7 }
    }
}

/// The address's bits, the first of them at the top.
fn bits(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(v4) => u128::from(u32::from(v4)) << 96,
        IpAddr::V6(v6) => v6.into(),
    }
}

impl fmt::Display for Cidr {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.is_single() {
            true => self.first.fmt(out),
            false => write!(out, "{}/{}", self.first, self.prefix),
        }
    }
}

impl FromStr for Cidr {
    type Err = CidrError;

    /// A block whose first address has bits beyond its prefix is refused: it is not what was meant.
    fn from_str(text: &str) -> Result<Self, CidrError> {
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix)),
            None => (text, None),
        };
        let address = address.trim_start_matches('[').trim_end_matches(']');
        let first: IpAddr = address.parse().map_err(|_| CidrError)?;
        let Some(prefix) = prefix else { return Ok(Self::single(first)) };
        let is_plain = prefix.bytes().all(|b| b.is_ascii_digit())
            && !(prefix.len() > 1 && prefix.starts_with('0'));
        let prefix: u8 = prefix.parse().ok().filter(|_| is_plain).ok_or(CidrError)?;
        let width = if first.is_ipv4() { 32 } else { 128 };
        let rest = bits(first).checked_shl(u32::from(prefix)).unwrap_or(0);
        if prefix > width || rest != 0 {
            return Err(CidrError);
        }
        Ok(Self { first, prefix })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_have_the_class_of_the_table() {
        for line in include_str!("addresses.txt").lines().skip(1) {
            let Some((address, expected)) = line.split_once(" => ") else { continue };
            let ip: IpAddr = address.trim().parse().unwrap();
            let got = class_of(ip).map_or("public".to_owned(), |class| format!("{class:?}"));
            assert_eq!(got, expected.trim(), "{address}");
        }
    }

    #[test]
    fn blocks_hold_what_is_in_them() {
        let net: Cidr = "10.0.0.0/8".parse().unwrap();
        assert!(net.contains("10.255.0.1".parse().unwrap()));
        assert!(!net.contains("11.0.0.1".parse().unwrap()));
        assert!(!net.contains("::ffff:10.0.0.1".parse().unwrap()));
        let all: Cidr = "0.0.0.0/0".parse().unwrap();
        assert!(all.contains("8.8.8.8".parse().unwrap()));
        for text in ["10.0.0.1/8", "10.0.0.0/33", "10.0.0.0/08", "x/8", "10.0.0.0/", "1::2/64"] {
            assert_eq!(text.parse::<Cidr>(), Err(CidrError), "{text}");
        }
        assert_eq!("192.0.2.7/32".parse::<Cidr>().unwrap().to_string(), "192.0.2.7");
        assert_eq!("2001:db8::/32".parse::<Cidr>().unwrap().to_string(), "2001:db8::/32");
    }
}
