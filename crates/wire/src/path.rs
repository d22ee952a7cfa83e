//! File names as text, without loss. Linux names are bytes; JSON, Starlark and terminals want text.
//!
//! The notation: valid UTF-8 stands for itself, except that a backslash is written `\\`, a control
//! character (also DEL and the C1 range) and a byte that is no UTF-8 as `\xNN` for each of its
//! bytes. So a text is one line, shows no terminal escapes, and names exactly one byte string.

use serde::{Deserialize, Serialize};
use std::fmt;

/// A path in the escaped notation. Relative ones name `SHARE/rest`; the type does not check which.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PathText(pub String);

/// Why a text is not in the notation, or not a safe relative path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PathTextError {
    /// A backslash is not followed by `\` or `xNN`.
    Escape,
    /// Empty, absolute, with an empty part, `.` or `..`, with NUL, or over 4,095 bytes.
    NotRelative,
}

impl PathText {
    /// The notation for `bytes`.
    pub fn from_bytes(bytes: &[u8]) -> Self {
        let mut text = String::with_capacity(bytes.len());
        for chunk in bytes.utf8_chunks() {
            for letter in chunk.valid().chars() {
                match letter {
                    '\\' => text.push_str("\\\\"),
                    letter if letter.is_control() || is_invisible(letter) => {
                        let mut buffer = [0; 4];
                        letter
                            .encode_utf8(&mut buffer)
                            .bytes()
                            .for_each(|b| push_hex(&mut text, b));
                    }
                    letter => text.push(letter),
                }
            }
            chunk.invalid().iter().for_each(|&byte| push_hex(&mut text, byte));
        }
        Self(text)
    }

    /// The bytes that the text names.
    pub fn to_bytes(&self) -> Result<Vec<u8>, PathTextError> {
        let mut bytes = Vec::with_capacity(self.0.len());
        let mut rest = self.0.as_bytes();
        while let [first, tail @ ..] = rest {
            rest = match (first, tail) {
                (b'\\', [b'\\', tail @ ..]) => {
                    bytes.push(b'\\');
                    tail
                }
                (b'\\', [b'x', high, low, tail @ ..]) => {
                    let digit = |b: u8| char::from(b).to_digit(16).ok_or(PathTextError::Escape);
                    let byte = digit(*high)? * 16 + digit(*low)?;
                    bytes.push(u8::try_from(byte).map_err(|_| PathTextError::Escape)?);
                    tail
                }
                (b'\\', _) => return Err(PathTextError::Escape),
                (_, tail) => {
                    bytes.push(*first);
                    tail
                }
            };
        }
        Ok(bytes)
    }

    /// The bytes, if they are a relative path that stays below where it starts.
    pub fn to_relative(&self) -> Result<Vec<u8>, PathTextError> {
        let bytes = self.to_bytes()?;
        let part_fits =
            |part: &[u8]| !part.is_empty() && part != b"." && part != b".." && part.len() <= 255;
        let fits = bytes.len() < 4096
            && !bytes.contains(&0)
            && bytes.split(|&byte| byte == b'/').all(part_fits);
        if fits { Ok(bytes) } else { Err(PathTextError::NotRelative) }
    }
}

/// Characters that reorder or hide text on a terminal.
fn is_invisible(letter: char) -> bool {
    let hidden = ['\u{200b}'..='\u{200f}', '\u{202a}'..='\u{202e}', '\u{2060}'..='\u{2069}'];
    letter == '\u{feff}' || hidden.iter().any(|range| range.contains(&letter))
}

fn push_hex(text: &mut String, byte: u8) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    text.push_str("\\x");
    text.push(char::from(DIGITS[usize::from(byte >> 4)]));
    text.push(char::from(DIGITS[usize::from(byte & 15)]));
}

impl fmt::Display for PathText {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

impl fmt::Display for PathTextError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Escape => "a backslash in a path is written \\\\, and a raw byte \\xNN",
            Self::NotRelative => "the path must be relative and stay within its folder",
        })
    }
}

impl std::error::Error for PathTextError {}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn odd_names_have_one_plain_line() {
        let shown = |bytes: &[u8]| PathText::from_bytes(bytes).0;
        assert_eq!(shown("Beleg März.pdf".as_bytes()), "Beleg März.pdf");
        assert_eq!(shown(b"two\nlines"), "two\\x0alines");
        assert_eq!(shown(b"\xff\xfe.txt"), "\\xff\\xfe.txt");
        assert_eq!(shown(b"C:\\x41"), "C:\\\\x41");
        assert_eq!(shown("evil\u{202e}fdp.exe".as_bytes()), "evil\\xe2\\x80\\xaefdp.exe");
    }

    #[test]
    fn a_path_that_leaves_is_not_relative() {
        for text in ["", "/etc", "a//b", "a/../b", "..", "./a", "a/", "a\\x00b", "\\x2e\\x2e/a"] {
            assert_eq!(
                PathText(text.into()).to_relative(),
                Err(PathTextError::NotRelative),
                "{text}"
            );
        }
        assert_eq!(PathText("a/..b/-rf".into()).to_relative(), Ok(b"a/..b/-rf".to_vec()));
    }

    proptest! {
        #[test]
        fn every_byte_string_comes_back(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            prop_assert_eq!(PathText::from_bytes(&bytes).to_bytes(), Ok(bytes));
        }

        #[test]
        fn any_text_is_bytes_or_an_error(text in ".{0,80}") {
            let _ = PathText(text).to_relative();
        }
    }
}
