//! Places in a text: where something could be sent or fetched from.

use super::punycode;
use super::tables::FILE_ENDS;
use std::net::Ipv4Addr;

/// A place as it was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Found {
    /// A name in lower case as DNS has it, or an address.
    pub(super) host: String,
    /// The whole link without its scheme, as far as the text tells it.
    pub(super) link: String,
}

/// Every place that a text names.
pub(super) fn places(text: &str) -> Vec<Found> {
    let mut all = brackets(text);
    for word in text.split(splits) {
        look(word, &mut all);
        // `--url=x`, `host=x`, `x,y`: a part of a word can be a place of its own.
        for part in word.split(['=', ',']).filter(|part| part.len() < word.len()) {
            look(part, &mut all);
        }
    }
    all
}

/// What stands before a place without `//`; the later ones are `socat`'s.
const SCHEMES: [&str; 15] = [
    "mailto:",
    "ssh:",
    "ftp:",
    "http:",
    "https:",
    "sms:",
    "tel:",
    "tcp:",
    "tcp4:",
    "tcp6:",
    "udp:",
    "ssl:",
    "openssl:",
    "tcp-connect:",
    "openssl-connect:",
];

/// Stores whose places are no hosts: a bucket is found by its name alone.
const STORES: [&str; 7] = ["s3://", "s3a://", "gs://", "az://", "b2://", "oss://", "r2://"];

fn splits(sign: char) -> bool {
    sign.is_whitespace()
        || sign.is_control()
        || matches!(
            sign,
            '"' | '\''
                | '`'
                | '<'
                | '>'
                | '('
                | ')'
                | '['
                | ']'
                | '{'
                | '}'
                | '|'
                | ';'
                | '*'
                | '$'
        )
}

fn look(word: &str, all: &mut Vec<Found>) {
    let word = word.replace('\\', "/");
    let mut starts: Vec<usize> = word.match_indices("//").map(|(at, _)| at + 2).collect();
    starts
        .extend(["/dev/tcp/", "/dev/udp/"].iter().filter_map(|it| Some(word.find(it)? + it.len())));
    let has_scheme = !starts.is_empty();
    let lower = word.to_ascii_lowercase();
    for store in STORES {
        let at = lower.find(store).filter(|at| !lower[..*at].ends_with(char::is_alphanumeric));
        let Some(at) = at else { continue };
        let (begin, rest) = (&lower[at..at + store.len()], &lower[at + store.len()..]);
        let (bucket, tail) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        if !bucket.is_empty() {
            let host = format!("{begin}{bucket}");
            all.push(Found { link: link(&host, tail), host });
        }
    }
    if !has_scheme {
        let scheme = SCHEMES.iter().find(|it| word.to_ascii_lowercase().starts_with(**it));
        starts.push(scheme.map_or(0, |it| it.len()));
    }
    for start in starts {
        let rest = &word[start..];
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let (authority, tail) = rest.split_at(end);
        let (is_mail, host) = match authority.rsplit_once('@') {
            Some((_, host)) => (true, host),
            None => (false, authority),
        };
        let host = host.split(':').next().unwrap_or_default();
        let is_sure = has_scheme || is_mail;
        if let Some(host) = named(host, is_sure, !tail.is_empty()) {
            let link = link(&host, tail);
            all.push(Found { host, link });
        }
    }
}

/// `http://[2001:db8::1]/`.
fn brackets(text: &str) -> Vec<Found> {
    let found = text.match_indices("//[").filter_map(|(at, _)| {
        let rest = &text[at + 3..];
        let inner = &rest[..rest.find(']')?];
        let address: std::net::Ipv6Addr = inner.parse().ok()?;
        let host =
            address.to_ipv4_mapped().map_or_else(|| address.to_string(), |it| it.to_string());
        Some(Found { link: host.clone(), host })
    });
    found.collect()
}

/// The link without what makes no difference: the scheme, a slash or a full stop at the end.
pub(super) fn link(host: &str, tail: &str) -> String {
    let tail = tail.trim_end_matches(['/', '.', ',', ':', '!', '?']);
    format!("{host}{tail}")
}

/// The name or address that a word is; `None`: it is none. `is_sure`: it stands where only a place
/// stands.
fn named(word: &str, is_sure: bool, has_tail: bool) -> Option<String> {
    let word = word.trim_matches(['.', ',', ':', '!', '?', '-', '_', '&', '~']);
    if is_sure && let Some(address) = address(word) {
        return Some(address);
    }
    if !word.contains('.') || word.len() > 253 {
        return None;
    }
    let mut labels = vec![];
    // `{data}.evil.com` and `$x.evil.com`: what stands before can be anything.
    for label in word.rsplit('.') {
        let is_plain = |it: char| it.is_alphanumeric() || it == '-' || it == '_';
        if label.is_empty() || !label.chars().all(is_plain) {
            break;
        }
        labels.push(punycode::label(label)?);
    }
    labels.reverse();
    let last = labels.last()?;
    if labels.len() == 4 && labels.iter().all(|it| it.parse::<u8>().is_ok()) {
        return Some(labels.join("."));
    }
    let is_name = labels.len() > 1 && last.len() > 1 && !last.bytes().all(|it| it.is_ascii_digit());
    let is_name =
        is_name && (last.starts_with("xn--") || last.bytes().all(|it| it.is_ascii_alphabetic()));
    let is_file =
        FILE_ENDS.contains(&last.as_str()) && labels.first().is_some_and(|it| it != "www");
    (is_name && (is_sure || !is_file || has_tail && labels.len() > 2)).then(|| labels.join("."))
}

/// An IPv4 address in any of the ways in which programs take one: `0x7f.1`, `2130706433`.
fn address(word: &str) -> Option<String> {
    let parts: Vec<&str> = word.split('.').collect();
    let number = |it: &&str| match it.strip_prefix("0x").or_else(|| it.strip_prefix("0X")) {
        Some(hex) => u32::from_str_radix(hex, 16).ok(),
        None if it.len() > 1 && it.starts_with('0') => u32::from_str_radix(it, 8).ok(),
        None => it.parse().ok(),
    };
    let numbers: Vec<u32> = parts.iter().map(number).collect::<Option<_>>()?;
    let (last, first) = numbers.split_last()?;
    if first.len() > 3 || first.iter().any(|it| *it > 255) {
        return None;
    }
    let room = 32 - 8 * u32::try_from(first.len()).ok()?;
    if room < 32 && *last >= 1 << room {
        return None;
    }
    let high = first.iter().zip(0..).fold(0_u32, |sum, (it, at)| sum | it << (24 - 8 * at));
    Some(Ipv4Addr::from(high | last).to_string())
}

/// Whether `host` is `parent` or below it.
pub(super) fn is_at_or_below(host: &str, parent: &str) -> bool {
    host.strip_suffix(parent).is_some_and(|head| head.is_empty() || head.ends_with('.'))
}

#[cfg(test)]
mod tests {
    use super::places;

    #[test]
    fn places_are_found_however_they_are_written() {
        for line in include_str!("places.txt").lines().filter(|it| !it.starts_with('#')) {
            let Some((text, expected)) = line.split_once(" => ") else { continue };
            let mut hosts: Vec<String> = places(text).into_iter().map(|it| it.host).collect();
            let mut once = std::collections::BTreeSet::new();
            hosts.retain(|host| once.insert(host.clone()));
            let expected: Vec<&str> = expected.split_whitespace().filter(|it| *it != "-").collect();
            assert_eq!(hosts, expected, "{text}");
        }
    }
}
