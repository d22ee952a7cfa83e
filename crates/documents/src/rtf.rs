//! Rich text (rtf): its words, without its styles, pictures and lists of fonts.

use encoding_rs::{Encoding, WINDOWS_1252};

use crate::document::{Document, Format, ReadError, ReadErrorKind};
use crate::gather::Gather;
use crate::limits::RTF_DEPTH_MAX;

/// Groups whose text is not shown.
const UNSEEN: [&str; 20] = [
    "fonttbl",
    "colortbl",
    "stylesheet",
    "info",
    "pict",
    "object",
    "themedata",
    "listtable",
    "listoverridetable",
    "generator",
    "rsidtbl",
    "latentstyles",
    "datastore",
    "xmlnstbl",
    "fldinst",
    "filetbl",
    "revtbl",
    "colorschememapping",
    "bkmkstart",
    "bkmkend",
];

#[derive(Clone)]
struct Group {
    unseen: bool,
    /// How many letters follow a `\u` for readers that do not know it.
    skip: usize,
}

struct Text {
    gather: Gather,
    line: String,
    bytes: Vec<u8>,
    encoding: &'static Encoding,
    row: Vec<String>,
}

pub(crate) fn read(bytes: &[u8]) -> Result<Document, ReadError> {
    let mut text = Text {
        gather: Gather::new(Format::Rtf),
        line: String::new(),
        bytes: Vec::new(),
        encoding: WINDOWS_1252,
        row: Vec::new(),
    };
    let whole = scan(bytes, &mut text);
    text.end_line();
    if text.gather.is_blank() {
        let kind = if whole { ReadErrorKind::NoText } else { ReadErrorKind::Broken };
        return Err(ReadError::new(kind, "the text document holds no words that could be read"));
    }
    if !whole {
        text.gather.cut();
    }
    Ok(text.gather.finish())
}

fn scan(bytes: &[u8], text: &mut Text) -> bool {
    let mut groups = vec![Group { unseen: false, skip: 1 }];
    let mut at = 0;
    let mut to_skip = 0_usize;
    while at < bytes.len() {
        let byte = bytes[at];
        at += 1;
        let depth = groups.len();
        let group = groups.last_mut().expect("the outermost group is never closed");
        match byte {
            b'{' if depth >= RTF_DEPTH_MAX => return false,
            b'{' => {
                let inner = group.clone();
                groups.push(inner);
            }
            b'}' => {
                text.flush();
                if depth > 1 {
                    groups.pop();
                }
            }
            b'\\' => match bytes.get(at) {
                None => return false,
                Some(b'\'') => {
                    let hex =
                        bytes.get(at + 1..at + 3).and_then(|two| std::str::from_utf8(two).ok());
                    at += 3;
                    match hex.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
                        Some(_) if to_skip > 0 => to_skip -= 1,
                        Some(letter) if !group.unseen => text.bytes.push(letter),
                        _ => {}
                    }
                }
                Some(letter) if letter.is_ascii_alphabetic() => {
                    let (word, number, next) = control(bytes, at);
                    at = next;
                    if word == "bin" {
                        at = at.saturating_add(usize::try_from(number.unwrap_or(0)).unwrap_or(0));
                    }
                    if word == "u" {
                        to_skip = group.skip;
                    }
                    text.control(word, number, group);
                }
                Some(b'*') => {
                    group.unseen = true;
                    at += 1;
                }
                Some(letter) => {
                    at += 1;
                    if !group.unseen {
                        text.symbol(*letter);
                    }
                }
            },
            b'\r' | b'\n' => {}
            _ if to_skip > 0 => to_skip -= 1,
            letter if !group.unseen => text.bytes.push(letter),
            _ => {}
        }
    }
    text.flush();
    groups.len() == 1
}

/// A control word, its number, and where what follows begins.
fn control(bytes: &[u8], from: usize) -> (&str, Option<i32>, usize) {
    let letters = bytes[from..].iter().take_while(|byte| byte.is_ascii_alphabetic()).count();
    let word = std::str::from_utf8(&bytes[from..from + letters]).unwrap_or_default();
    let mut at = from + letters;
    let start = at;
    if bytes.get(at) == Some(&b'-') {
        at += 1;
    }
    while bytes.get(at).is_some_and(u8::is_ascii_digit) {
        at += 1;
    }
    let number = std::str::from_utf8(&bytes[start..at]).ok().and_then(|text| text.parse().ok());
    if bytes.get(at) == Some(&b' ') {
        at += 1;
    }
    (word, number, at)
}

impl Text {
    fn control(&mut self, word: &str, number: Option<i32>, group: &mut Group) {
        if UNSEEN.contains(&word) {
            group.unseen = true;
        }
        match (word, number) {
            ("ansicpg", Some(page)) => {
                let label = format!("windows-{page}");
                self.encoding = Encoding::for_label(label.as_bytes()).unwrap_or(self.encoding);
            }
            ("uc", Some(count)) => group.skip = usize::try_from(count).unwrap_or(1).min(8),
            _ if group.unseen => {}
            ("u", Some(code)) => {
                self.flush();
                let code = if code < 0 { code + 0x1_0000 } else { code };
                let letter = u32::try_from(code).ok().and_then(char::from_u32);
                self.line.push(letter.unwrap_or('\u{fffd}'));
            }
            ("par" | "line" | "sect" | "page", _) => self.end_line(),
            ("tab", _) => self.bytes.extend_from_slice(b"   "),
            ("cell", _) => {
                self.flush();
                self.row.push(std::mem::take(&mut self.line).trim().to_owned());
            }
            ("row", _) => {
                self.flush();
                let row = std::mem::take(&mut self.row);
                self.gather.row_lines(&row);
            }
            ("emdash", _) => self.push('—'),
            ("endash", _) => self.push('–'),
            ("lquote" | "rquote", _) => self.push('\''),
            ("ldblquote" | "rdblquote", _) => self.push('"'),
            ("bullet", _) => self.push('•'),
            _ => {}
        }
    }

    fn symbol(&mut self, letter: u8) {
        match letter {
            b'~' => self.push(' '),
            b'_' => self.push('-'),
            b'\\' | b'{' | b'}' => self.push(char::from(letter)),
            b'\r' | b'\n' => self.end_line(),
            _ => {}
        }
    }

    fn push(&mut self, letter: char) {
        self.flush();
        self.line.push(letter);
    }

    fn flush(&mut self) {
        if !self.bytes.is_empty() {
            let text = self.encoding.decode_without_bom_handling(&self.bytes).0;
            self.line.push_str(&text);
            self.bytes.clear();
        }
    }

    fn end_line(&mut self) {
        self.flush();
        if !self.row.is_empty() {
            // A paragraph within a cell.
            self.line.push(' ');
            return;
        }
        let line = std::mem::take(&mut self.line);
        if line.trim().is_empty() {
            self.gather.gap();
        } else {
            self.gather.line(&line);
        }
    }
}
