//! Finds what is not to be in a stream of bytes, also across its pieces and in usual disguises.

use crate::refusal::Refusal;
use data_encoding::{BASE64, BASE64URL, HEXLOWER, HEXUPPER};
use memchr::memmem::Finder;
use std::borrow::Cow;
use std::sync::Arc;
use zeroize::Zeroizing;

/// One text in the forms in which it is looked for.
#[derive(Debug)]
struct Needle {
    /// The secret that it belongs to.
    secret: String,
    /// In lower case.
    clear: Finder<'static>,
    disguised: Vec<Finder<'static>>,
}

/// The stand-ins of a task.
#[derive(Debug, Default)]
pub(crate) struct Needles {
    all: Vec<Needle>,
    /// Bytes of the longest form, minus one: what may be split between two pieces.
    overlap: usize,
}

impl Needles {
    /// `texts`: the name of each secret, and what stands for it.
    pub(crate) fn new<'t>(texts: impl Iterator<Item = (&'t str, &'t str)>) -> Self {
        let mut needles = Self::default();
        for (secret, text) in texts {
            // With `\u00xx` for every byte it is six times as long.
            needles.overlap = needles.overlap.max(text.len() * 6 - 1);
            needles.all.push(Needle {
                secret: secret.to_owned(),
                clear: Finder::new(text.to_ascii_lowercase().as_bytes()).into_owned(),
                disguised: disguises(text.as_bytes())
                    .map(|d| Finder::new(&d).into_owned())
                    .collect(),
            });
        }
        needles
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// The name of the secret whose stand-in is in these bytes.
    pub(crate) fn find(&self, bytes: &[u8]) -> Option<&str> {
        if self.all.is_empty() {
            return None;
        }
        let lower = bytes.to_ascii_lowercase();
        let has = |byte: u8| memchr::memchr(byte, bytes).is_some();
        let mut clear = vec![];
        if has(b'%') {
            let once = percent_decoded(&lower);
            clear.push(percent_decoded(&once).to_ascii_lowercase());
            clear.push(once.to_ascii_lowercase());
        }
        if has(b'\\') {
            clear.push(unescaped(&lower).to_ascii_lowercase());
        }
        clear.push(lower);
        // Programs break long lines of base64, and wherever they like.
        let is_broken = |byte: &u8| matches!(byte, b'\r' | b'\n' | b' ' | b'\t');
        let joined = (has(b'\n') || has(b' ')).then(|| {
            let joined = bytes.iter().copied().filter(|byte| !is_broken(byte));
            joined.collect::<Vec<u8>>()
        });
        clear.extend(joined.as_ref().map(|bytes| bytes.to_ascii_lowercase()));
        let found = self.all.iter().find(|needle| {
            let disguised = |bytes: &[u8]| needle.disguised.iter().any(|f| f.find(bytes).is_some());
            clear.iter().any(|bytes| needle.clear.find(bytes).is_some())
                || disguised(bytes)
                || joined.as_ref().is_some_and(|bytes| disguised(bytes))
        });
        found.map(|needle| needle.secret.as_str())
    }
}

/// The text with `%xx` for all that is not plain in an address, and with `\/` and `\u00xx` as
/// writers of JSON have it; only what differs from the text.
pub(crate) fn escaped(text: &[u8]) -> impl Iterator<Item = Vec<u8>> + use<'_> {
    let written = |is_plain: fn(u8) -> bool, write: fn(u8) -> String| {
        let bytes = text.iter().flat_map(move |&byte| match is_plain(byte) {
            true => vec![byte],
            false => write(byte).into_bytes(),
        });
        bytes.collect::<Vec<u8>>()
    };
    let is_unreserved = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    let is_plain_json = |byte: u8| !b"\"\\/<>&'".contains(&byte);
    let forms = [
        written(is_unreserved, |byte| format!("%{byte:02X}")),
        written(is_unreserved, |byte| format!("%{byte:02x}")),
        written(is_plain_json, |byte| match byte {
            b'"' | b'\\' => format!("\\{}", char::from(byte)),
            byte => char::from(byte).to_string(),
        }),
        written(is_plain_json, |byte| match byte {
            b'"' | b'\\' | b'/' => format!("\\{}", char::from(byte)),
            byte => format!("\\u{byte:04x}"),
        }),
        written(is_plain_json, |byte| match byte {
            b'/' => "/".to_owned(),
            b'<' => "&lt;".to_owned(),
            b'>' => "&gt;".to_owned(),
            b'&' => "&amp;".to_owned(),
            b'"' => "&quot;".to_owned(),
            b'\'' => "&#39;".to_owned(),
            byte => char::from(byte).to_string(),
        }),
    ];
    forms.into_iter().filter(move |form| form != text)
}

/// `\u00xx` and `\xxx` of JSON and its like taken back; other signs stay.
fn unescaped(bytes: &[u8]) -> Vec<u8> {
    let digits = |hex: &[u8]| {
        let hex = std::str::from_utf8(hex).ok()?;
        u8::from_str_radix(hex, 16).ok()
    };
    let mut plain = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some((&byte, after)) = rest.split_first() {
        let code = match after {
            [b'u', b'0', b'0', high, low, ..] if byte == b'\\' => {
                digits(&[*high, *low]).zip(Some(5))
            }
            [b'x', high, low, ..] if byte == b'\\' => digits(&[*high, *low]).zip(Some(3)),
            _ => None,
        };
        match code {
            Some((code, length)) => {
                plain.push(code);
                rest = &after[length..];
            }
            None => {
                plain.push(byte);
                rest = after;
            }
        }
    }
    plain
}

/// In hexadecimal, and in base64 at each of the three ways it can lie in it.
pub(crate) fn disguises(text: &[u8]) -> impl Iterator<Item = Vec<u8>> + use<'_> {
    let hex = [HEXLOWER.encode(text).into_bytes(), HEXUPPER.encode(text).into_bytes()];
    let shifted = (0..3_usize).flat_map(move |shift| {
        let padded = [vec![0; shift], text.to_vec()].concat();
        // Characters at the edges also depend on what is beside the text.
        let (first, last) = ((shift * 8).div_ceil(6), padded.len() * 8 / 6);
        [BASE64.encode(&padded), BASE64URL.encode(&padded)]
            .map(|encoded| encoded.as_bytes()[first..last].to_vec())
    });
    hex.into_iter().chain(shifted)
}

pub(crate) fn percent_decoded(bytes: &[u8]) -> Vec<u8> {
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some((&byte, after)) = rest.split_first() {
        let hex = after.get(..2).filter(|_| byte == b'%');
        let value = hex.and_then(|hex| {
            let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|d| u8::try_from(d).ok());
            Some(digit(hex[0])? << 4 | digit(hex[1])?)
        });
        decoded.push(value.unwrap_or(byte));
        rest = if value.is_some() { &after[2..] } else { after };
    }
    decoded
}

/// What is done with the bytes of one body.
pub(crate) enum Screen {
    Nothing,
    /// Looks for stand-ins in what leaves.
    Leaving {
        needles: Arc<Needles>,
        tail: Vec<u8>,
    },
    /// Looks for values in what comes, and holds back what may be the beginning of one.
    Coming {
        values: Vec<(String, Zeroizing<Vec<u8>>)>,
        held: Zeroizing<Vec<u8>>,
    },
}

impl Screen {
    pub(crate) fn leaving(needles: &Arc<Needles>) -> Self {
        match needles.is_empty() {
            true => Self::Nothing,
            false => Self::Leaving { needles: Arc::clone(needles), tail: Vec::new() },
        }
    }

    pub(crate) fn coming(values: Vec<(String, Zeroizing<Vec<u8>>)>) -> Self {
        match values.is_empty() {
            true => Self::Nothing,
            false => Self::Coming { values, held: Zeroizing::default() },
        }
    }

    /// What of the piece, and of pieces before it, may be passed on now.
    pub(crate) fn pass<'p>(&mut self, piece: &'p [u8]) -> Result<Cow<'p, [u8]>, Refusal> {
        match self {
            Self::Nothing => Ok(Cow::Borrowed(piece)),
            Self::Leaving { needles, tail } => {
                tail.extend_from_slice(piece);
                if let Some(secret) = needles.find(tail) {
                    return Err(Refusal::StandIn(secret.to_owned()));
                }
                let known = tail.len().saturating_sub(needles.overlap);
                tail.drain(..known);
                Ok(Cow::Borrowed(piece))
            }
            Self::Coming { values, held } => {
                held.extend_from_slice(piece);
                for (secret, value) in &*values {
                    if memchr::memmem::find(held, value).is_some() {
                        return Err(Refusal::SecretReturned(secret.clone()));
                    }
                }
                let kept = values.iter().map(|(_, value)| begun(held, value)).max();
                let free = held.len() - kept.unwrap_or(0);
                Ok(Cow::Owned(held.drain(..free).collect()))
            }
        }
    }

    /// What was held back to the end.
    pub(crate) fn rest(&mut self) -> Vec<u8> {
        match self {
            Self::Nothing | Self::Leaving { .. } => Vec::new(),
            Self::Coming { held, .. } => std::mem::take(&mut **held),
        }
    }
}

/// How much of the text the bytes end with.
fn begun(bytes: &[u8], text: &[u8]) -> usize {
    let longest = bytes.len().min(text.len() - 1);
    (1..=longest).rev().find(|count| bytes.ends_with(&text[..*count])).unwrap_or(0)
}
