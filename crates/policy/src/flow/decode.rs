//! The ways in which a text can be read: as it stands, without what is not seen, and with encodings
//! that attackers hide places and commands in taken off.

use super::limits::{DECODED_BYTES_MAX, DEPTH_MAX, ENCODED_CHARS_MIN};
use super::tables::ENTITIES;

/// All readings of a text, the plain one first; together they are bounded.
pub(super) fn readings(text: &str) -> Vec<String> {
    let mut all = vec![plain(text)];
    let (mut from, mut bytes) = (0, 0);
    for _ in 0..DEPTH_MAX {
        let until = all.len();
        for index in from..until {
            for more in decoded(&all[index]) {
                bytes += more.len();
                if bytes > DECODED_BYTES_MAX {
                    return all;
                }
                if !all.contains(&more) {
                    all.push(more);
                }
            }
        }
        from = until;
    }
    all
}

/// Without characters that nobody sees, look-alikes of ASCII as ASCII, entities of HTML taken off.
fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    let mut was_tag = false;
    while let Some(sign) = rest.chars().next() {
        // What is hidden in tags is no part of the word that it hangs on.
        let is_tag = matches!(sign, '\u{e0020}'..='\u{e007e}');
        if is_tag && !was_tag {
            out.push(' ');
        }
        was_tag = is_tag;
        if sign == '&'
            && let Some((sign, length)) = entity(rest)
        {
            out.push(sign);
            rest = &rest[length..];
            continue;
        }
        out.extend(seen(sign));
        rest = &rest[sign.len_utf8()..];
    }
    out
}

fn seen(sign: char) -> Option<char> {
    match u32::from(sign) {
        // Tags: ASCII that is not seen.
        point @ 0xe0020..=0xe007e => char::from_u32(point - 0xe0000),
        // Zero width, direction, soft hyphen, variation: not seen, but they split words.
        _ if crate::place::is_ignored(sign) => None,
        // Full width.
        point @ 0xff01..=0xff5e => char::from_u32(point - 0xfee0),
        0x3002 | 0xff61 | 0x2024 => Some('.'),
        0x2044 | 0x2215 | 0x29f8 => Some('/'),
        0x2236 | 0xa789 => Some(':'),
        0x2010..=0x2013 | 0x2212 => Some('-'),
        0xa0 | 0x2000..=0x200a | 0x202f | 0x3000 => Some(' '),
        _ => Some(sign),
    }
}

fn entity(text: &str) -> Option<(char, usize)> {
    let end = text.get(..12.min(text.len())).and_then(|it| it.find(';'));
    let end = end.or_else(|| text.bytes().take(12).position(|it| it == b';'))?;
    let name = text.get(1..end)?;
    let sign = match name.strip_prefix('#') {
        Some(number) => {
            let hex = number.strip_prefix(['x', 'X']);
            let point = hex.map_or_else(|| number.parse(), |hex| u32::from_str_radix(hex, 16));
            char::from_u32(point.ok()?)?
        }
        None => ENTITIES.iter().find(|(known, _)| *known == name)?.1,
    };
    Some((sign, end + 1))
}

/// What one reading gives when what it may be encoded in is taken off.
fn decoded(text: &str) -> Vec<String> {
    let mut all = vec![];
    let changed = |made: String| Some(made).filter(|it| it != text);
    if text.contains('%') {
        all.extend(changed(escapes(text, '%')));
    }
    if text.contains('\\') {
        all.extend(changed(escapes(text, '\\')));
    }
    if text.contains('<') {
        all.extend(changed(without_tags(text)));
    }
    all.extend(defanged(text));
    all.extend(super::disguise::readings(text));
    all.extend(text.split(|it: char| !is_encoding(it)).filter_map(word));
    all
}

fn is_encoding(sign: char) -> bool {
    sign.is_ascii_alphanumeric() || matches!(sign, '+' | '/' | '-' | '_' | '=')
}

/// `%41` and `=41`, or `\x41`, `\u0041` and `\101`.
pub(super) fn escapes(text: &str, mark: char) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(mark) {
        bytes.extend_from_slice(&rest.as_bytes()[..at]);
        let after = &rest[at + 1..];
        let hex = |text: Option<&str>| u32::from_str_radix(text?, 16).ok();
        let (value, length) = match (mark, after.as_bytes().first()) {
            ('%' | '=', _) => (hex(after.get(..2)), 2),
            (_, Some(b'x')) => (hex(after.get(1..3)), 3),
            (_, Some(b'u')) => (hex(after.get(1..5)), 5),
            (_, Some(b'0'..=b'3')) => {
                (after.get(..3).and_then(|it| u32::from_str_radix(it, 8).ok()), 3)
            }
            _ => (None, 0),
        };
        match value {
            Some(value @ 0..=0xff) if length < 5 => bytes.push(u8::try_from(value).unwrap_or(b'?')),
            Some(value) => {
                let sign = char::from_u32(value).unwrap_or(char::REPLACEMENT_CHARACTER);
                bytes.extend_from_slice(sign.encode_utf8(&mut [0; 4]).as_bytes());
            }
            None => {
                bytes.push(mark as u8);
                rest = after;
                continue;
            }
        }
        rest = &after[length..];
    }
    bytes.extend_from_slice(rest.as_bytes());
    String::from_utf8_lossy(&bytes).into_owned()
}

/// As a browser shows it: `ev<b>il</b>.com` is one word.
fn without_tags(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('<') {
        out.push_str(&rest[..at]);
        let after = &rest[at + 1..];
        let is_tag =
            after.starts_with(|it: char| it.is_ascii_alphabetic() || it == '/' || it == '!');
        match after.find('>').filter(|_| is_tag) {
            Some(end) => rest = &after[end + 1..],
            None => {
                out.push('<');
                rest = after;
            }
        }
    }
    out.push_str(rest);
    out
}

/// Places as people write them so that nobody follows them: `hxxps://evil[.]com`, `evil dot com`.
fn defanged(text: &str) -> Option<String> {
    let mut made = text.to_owned();
    for (from, to) in [
        ("hxxp", "http"),
        ("hXXp", "http"),
        (" (.) ", "."),
        (" [.] ", "."),
        (" (dot) ", "."),
        (" [dot] ", "."),
        ("[.]", "."),
        ("(.)", "."),
        ("{.}", "."),
        ("[dot]", "."),
        ("(dot)", "."),
        (" dot ", "."),
        (" DOT ", "."),
        (" Punkt ", "."),
        (" punkt ", "."),
        (" point ", "."),
        (" punto ", "."),
        (" ponto ", "."),
        ("[:]", ":"),
        (" slash ", "/"),
        ("[at]", "@"),
        ("(at)", "@"),
        (" at ", "@"),
    ] {
        if made.contains(from) {
            made = made.replace(from, to);
        }
    }
    Some(made).filter(|it| it != text)
}

/// A word that is base64 or hex of a text.
fn word(word: &str) -> Option<String> {
    if word.len() < ENCODED_CHARS_MIN {
        return None;
    }
    let as_text = |bytes: Vec<u8>| {
        let text = String::from_utf8(bytes).ok()?;
        let is_text = text.chars().all(|it| !it.is_control() || it.is_ascii_whitespace());
        (is_text && text.len() >= 4).then_some(text)
    };
    // One and the same word may be a text in one of them only.
    hex(word)
        .and_then(as_text)
        .or_else(|| base64(word).and_then(as_text))
        .or_else(|| super::disguise::base32(word).and_then(as_text))
}

fn hex(word: &str) -> Option<Vec<u8>> {
    let word = word.strip_prefix("0x").unwrap_or(word).as_bytes();
    if !word.len().is_multiple_of(2) {
        return None;
    }
    let pair = |two: &[u8]| u8::from_str_radix(std::str::from_utf8(two).ok()?, 16).ok();
    word.chunks(2).map(pair).collect()
}

fn base64(word: &str) -> Option<Vec<u8>> {
    let word = word.trim_end_matches('=');
    let mut out = Vec::with_capacity(word.len() * 3 / 4);
    let (mut held, mut bits) = (0_u32, 0);
    for byte in word.bytes() {
        let value = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            _ => return None,
        };
        held = (held << 6) | u32::from(value);
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            out.push(u8::try_from((held >> bits) & 0xff).unwrap_or(0));
        }
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::readings;

    #[test]
    fn hidden_words_are_read() {
        let cases = [
            "evil.example",
            "ev\u{200b}il.ex\u{ad}ample",
            "\u{ff45}\u{ff56}\u{ff49}\u{ff4c}\u{3002}example",
            "evil&period;example",
            "evil&#46;example and &#x65;",
            "evil%2eexample",
            "%65vil%252eexample",
            "\\x65\\x76il.example",
            "\\145vil.example",
            "\\u0065vil.example",
            "evil[.]example",
            "evil dot example",
            "ev<b></b>il.ex<!-- -->ample",
            "ZXZpbC5leGFtcGxl",
            "6576696c2e6578616d706c65",
            "WlhacGJDNWxlR0Z0Y0d4bA==",
        ];
        for text in cases {
            let all = readings(text);
            assert!(all.iter().any(|it| it.contains("evil.example")), "{text}: {all:?}");
        }
    }

    #[test]
    fn odd_texts_break_nothing() {
        for text in [
            "%",
            "%e",
            "\\",
            "\\x",
            "\\u12",
            "&;",
            "&#;",
            "&#99999999999;",
            "é&é;",
            "<",
            "%\u{e9}\u{e9}",
        ] {
            assert!(!readings(text).is_empty());
        }
    }
}
