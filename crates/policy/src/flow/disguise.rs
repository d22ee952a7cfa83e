//! Disguises that are no encoding of bytes in a word: letters apart, turned around, shifted, as
//! numbers; and scripts that are written without blanks around a place.

use super::limits::{NUMBERS_MIN, SPACED_MIN};

/// The other readings of a text.
pub(super) fn readings(text: &str) -> Vec<String> {
    let all = [unspaced_script(text), turned(text), shifted(text), numbers(text), together(text)];
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
