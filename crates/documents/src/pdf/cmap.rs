//! The tables by which PDF fonts turn codes into letters (`ToUnicode`) and tell how long a code is
//! (Adobe Technical Note 5411, read 2026-11).

use std::collections::HashMap;

use crate::limits::PDF_FONT_CODES_MAX;

#[derive(Debug, Default)]
pub(super) struct CMap {
    letters: HashMap<u32, String>,
    /// Length in bytes, lowest and highest code.
    spaces: Vec<(usize, u32, u32)>,
}

enum Token<'a> {
    Hex(Vec<u8>),
    Open,
    Close,
    Word(&'a [u8]),
}

impl CMap {
    pub(super) fn parse(bytes: &[u8]) -> CMap {
        let mut map = CMap::default();
        let mut held: Vec<Token<'_>> = Vec::new();
        let mut at = 0;
        while let Some((token, next)) = token(bytes, at) {
            at = next;
            match token {
                Token::Word(b"begincodespacerange" | b"beginbfchar" | b"beginbfrange") => {
                    held.clear();
                }
                Token::Word(b"endcodespacerange") => map.spaces(&held),
                Token::Word(b"endbfchar") => map.single(&held),
                Token::Word(b"endbfrange") => map.ranges(&held),
                Token::Word(_) => {}
                token => {
                    if held.len() < PDF_FONT_CODES_MAX {
                        held.push(token);
                    }
                }
            }
        }
        map
    }

    pub(super) fn letter(&self, code: u32) -> Option<&str> {
        self.letters.get(&code).map(String::as_str)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.letters.is_empty()
    }

    /// How many bytes the next code takes; `None` when the table does not say.
    pub(super) fn code_length(&self, bytes: &[u8]) -> Option<usize> {
        (1..=4.min(bytes.len())).find(|length| {
            let code = number(&bytes[..*length]);
            self.spaces
                .iter()
                .any(|(size, low, high)| size == length && (*low..=*high).contains(&code))
        })
    }

    fn spaces(&mut self, held: &[Token<'_>]) {
        for pair in held.chunks(2) {
            if let [Token::Hex(low), Token::Hex(high)] = pair
                && self.spaces.len() < 100
                && !low.is_empty()
            {
                self.spaces.push((low.len(), number(low), number(high)));
            }
        }
    }

    fn single(&mut self, held: &[Token<'_>]) {
        for pair in held.chunks(2) {
            if let [Token::Hex(code), Token::Hex(letter)] = pair {
                self.put(number(code), utf16(letter, 0));
            }
        }
    }

    fn ranges(&mut self, held: &[Token<'_>]) {
        let mut at = 0;
        while let Some([Token::Hex(low), Token::Hex(high)]) = held.get(at..at + 2) {
            let (low, high) = (number(low), number(high));
            let span = high.saturating_sub(low).min(0xffff);
            match held.get(at + 2) {
                Some(Token::Hex(letter)) => {
                    for offset in 0..=span {
                        self.put(low + offset, utf16(letter, offset));
                    }
                    at += 3;
                }
                Some(Token::Open) => {
                    at += 3;
                    let mut code = low;
                    while let Some(Token::Hex(letter)) = held.get(at) {
                        self.put(code, utf16(letter, 0));
                        code = code.saturating_add(1);
                        at += 1;
                    }
                    at += 1;
                }
                _ => return,
            }
        }
    }

    fn put(&mut self, code: u32, letter: String) {
        if self.letters.len() < PDF_FONT_CODES_MAX && !letter.is_empty() {
            self.letters.insert(code, letter);
        }
    }
}

fn number(bytes: &[u8]) -> u32 {
    bytes.iter().take(4).fold(0, |sum, byte| sum << 8 | u32::from(*byte))
}

/// A text in UTF-16, its last unit moved on by the offset.
fn utf16(bytes: &[u8], offset: u32) -> String {
    if let [single] = bytes {
        return char::from_u32(u32::from(*single) + offset).map(String::from).unwrap_or_default();
    }
    let units: Vec<u16> =
        bytes.chunks_exact(2).take(32).map(|two| u16::from_be_bytes([two[0], two[1]])).collect();
    let mut text: Vec<char> = char::decode_utf16(units).flatten().collect();
    if let Some(last) = text.last_mut() {
        *last = char::from_u32(*last as u32 + offset).unwrap_or(*last);
    }
    text.into_iter().filter(|letter| *letter != '\0').collect()
}

fn token(bytes: &[u8], mut at: usize) -> Option<(Token<'_>, usize)> {
    loop {
        let byte = *bytes.get(at)?;
        match byte {
            b'%' => {
                while bytes.get(at).is_some_and(|byte| !matches!(byte, b'\r' | b'\n')) {
                    at += 1;
                }
            }
            b'[' => return Some((Token::Open, at + 1)),
            b']' => return Some((Token::Close, at + 1)),
            b'<' if bytes.get(at + 1) != Some(&b'<') => {
                let end = at + bytes[at..].iter().position(|byte| *byte == b'>')?;
                return Some((Token::Hex(hex(&bytes[at + 1..end])), end + 1));
            }
            byte if byte.is_ascii_alphabetic() => {
                let length = bytes[at..].iter().take_while(|b| b.is_ascii_alphanumeric()).count();
                return Some((Token::Word(&bytes[at..at + length]), at + length));
            }
            b'<' => at += 2,
            _ => at += 1,
        }
    }
}

fn hex(text: &[u8]) -> Vec<u8> {
    let digits: Vec<u8> = text
        .iter()
        .filter_map(|byte| char::from(*byte).to_digit(16))
        .filter_map(|digit| u8::try_from(digit).ok())
        .take(256)
        .collect();
    digits.chunks(2).map(|two| two[0] << 4 | two.get(1).unwrap_or(&0)).collect()
}
