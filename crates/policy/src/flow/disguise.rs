//! Disguises that are no encoding of bytes in a word: letters apart, turned around, shifted, as
//! numbers; and scripts that are written without blanks around a place.

use super::limits::{ENCODED_CHARS_MIN, NUMBERS_MIN, SPACED_MIN};

/// The other readings of a text.
pub(super) fn readings(text: &str) -> Vec<String> {
    #[rustfmt::skip]
    let all = [
        unspaced_script(text), turned(text), shifted(text), numbers(text), together(text),
        unbroken(text), printable(text),
    ];
    all.into_iter().flatten().collect()
}

/// Chinese, Japanese, Korean and Thai stand beside a place without a blank between.
fn unspaced_script(text: &str) -> Option<String> {
    let is_unspaced = |sign: char| {
        matches!(sign, '\u{e00}'..='\u{e7f}' | '\u{3000}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}')
            || matches!(sign, '\u{ac00}'..='\u{d7a3}' | '\u{ff00}'..='\u{ffef}')
    };
    let has_both = text.chars().any(is_unspaced) && text.contains('.');
    has_both.then(|| text.chars().map(|it| if is_unspaced(it) { ' ' } else { it }).collect())
}

/// `tset.live//:sptth`.
fn turned(text: &str) -> Option<String> {
    ["//:ptth", "//:sptth"].iter().any(|it| text.contains(it)).then(|| text.chars().rev().collect())
}

/// `uggcf://rivy.grfg`: ROT13.
fn shifted(text: &str) -> Option<String> {
    let turn = |sign: char| match sign {
        'a'..='m' | 'A'..='M' => char::from(u8::try_from(sign).unwrap_or(b'?') + 13),
        'n'..='z' | 'N'..='Z' => char::from(u8::try_from(sign).unwrap_or(b'?') - 13),
        sign => sign,
    };
    let lower = text.to_ascii_lowercase();
    ["uggc", "rot13", "rot-13"]
        .iter()
        .any(|it| lower.contains(it))
        .then(|| text.chars().map(turn).collect())
}

/// `104 116 116 112` and `0x68, 0x74`: letters by their numbers.
fn numbers(text: &str) -> Option<String> {
    let letter = |word: &str| {
        let code = match word.strip_prefix("0x").or_else(|| word.strip_prefix("0X")) {
            Some(hex) => u8::from_str_radix(hex, 16).ok()?,
            None => word.parse::<u8>().ok()?,
        };
        (code.is_ascii_graphic() || code == b' ').then(|| char::from(code))
    };
    let ends = |it: char| it.is_whitespace() || matches!(it, ',' | ';' | '[' | ']' | '(' | ')');
    let (mut out, mut run) = (String::new(), String::new());
    for word in text.split(ends).filter(|it| !it.is_empty()).map(Some).chain([None]) {
        match word.and_then(letter) {
            Some(sign) => run.push(sign),
            None => {
                if run.len() >= NUMBERS_MIN {
                    out.push_str(&run);
                    out.push('\n');
                }
                run.clear();
            }
        }
    }
    (!out.is_empty()).then_some(out)
}

/// `e v i l . t e s t`.
fn together(text: &str) -> Option<String> {
    let (mut out, mut run) = (String::new(), String::new());
    for word in text.split([' ', '\n']).map(Some).chain([None]) {
        let mut signs = word.unwrap_or_default().chars();
        match (signs.next(), signs.next()) {
            (Some(sign), None) => run.push(sign),
            _ => {
                if run.chars().count() >= SPACED_MIN {
                    out.push_str(&run);
                    out.push('\n');
                }
                run.clear();
            }
        }
    }
    (!out.is_empty()).then_some(out)
}

/// An encoding that goes on in the next line, as mail and certificates have it.
fn unbroken(text: &str) -> Option<String> {
    let is_code = |it: &str| {
        let signs = it.bytes();
        let mut all = signs.map(|it| it.is_ascii_alphanumeric() || b"+/-_=".contains(&it));
        all.all(|it| it)
    };
    let (mut out, mut run, mut lines) = (String::new(), String::new(), 0);
    for line in text.lines().map(Some).chain([None]) {
        let (last, first) = line.map_or(("", ""), |line| {
            let mut words = line.split_whitespace();
            let first = words.next().unwrap_or_default();
            (words.next_back().unwrap_or(first), first)
        });
        if lines > 0 && !first.is_empty() && is_code(first) {
            run.push_str(first);
            lines += 1;
            if last == first {
                continue;
            }
        }
        if lines > 1 {
            out.push_str(&run);
            out.push('\n');
        }
        (run, lines) = (String::new(), 0);
        if last.len() >= ENCODED_CHARS_MIN && is_code(last) {
            (run, lines) = (last.to_owned(), 1);
        }
    }
    (!out.is_empty()).then_some(out)
}

/// Quoted-printable, as raw mail has it: `ev=69l.te=` and `st` in the next line.
fn printable(text: &str) -> Option<String> {
    let is_code = |at: usize| {
        let code = text.get(at + 1..at + 3);
        code.is_some_and(|it| it.bytes().all(|it| matches!(it, b'0'..=b'9' | b'A'..=b'F')))
    };
    let has_any = text.match_indices('=').any(|(at, _)| is_code(at)) || text.contains("=\n");
    has_any.then(|| {
        let joined = text.replace("=\r\n", "").replace("=\n", "");
        super::decode::escapes(&joined, '=')
    })
}

/// RFC 4648: five bits for each of `A` to `Z` and `2` to `7`.
pub(super) fn base32(word: &str) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(word.len() * 5 / 8);
    let (mut held, mut bits) = (0_u32, 0);
    for byte in word.trim_end_matches('=').bytes() {
        let value = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'2'..=b'7' => byte - b'2' + 26,
            _ => return None,
        };
        held = (held << 5) | u32::from(value);
        bits += 5;
        if bits >= 8 {
            bits -= 8;
            out.push(u8::try_from((held >> bits) & 0xff).unwrap_or(0));
        }
    }
    Some(out)
}
