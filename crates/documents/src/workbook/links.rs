//! Links to files. The writer's library reads `#` and `%` in a path in its own way, so it is given
//! placeholders, and the true targets are put into the container afterwards.

use std::io::{Cursor, Read, Write};

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipArchive, ZipWriter};

use super::write::WriteError;

#[derive(Debug, Default)]
pub(super) struct Links {
    targets: Vec<String>,
}

impl Links {
    /// A placeholder for a path in the notation of file names.
    pub(super) fn placeholder(&mut self, path: &str) -> String {
        self.targets.push(encode(&unescape(path)));
        format!("file:///{}", stand_in(self.targets.len() - 1))
    }

    /// Puts the targets where the placeholders stand.
    pub(super) fn resolve(&self, bytes: Vec<u8>) -> Result<Vec<u8>, WriteError> {
        if self.targets.is_empty() {
            return Ok(bytes);
        }
        let mut from = ZipArchive::new(Cursor::new(bytes))?;
        let mut to = ZipWriter::new(Cursor::new(Vec::new()));
        let options = SimpleFileOptions::default()
            .compression_method(CompressionMethod::Deflated)
            .last_modified_time(DateTime::default());
        for index in 0..from.len() {
            let mut part = from.by_index(index)?;
            let name = part.name()?.into_owned();
            if !(name.starts_with("xl/worksheets/_rels/") && name.ends_with(".rels")) {
                drop(part);
                to.raw_copy_file(from.by_index_raw(index)?)?;
                continue;
            }
            let mut xml = String::new();
            part.read_to_string(&mut xml)?;
            to.start_file(name, options)?;
            to.write_all(self.with_targets(&xml).as_bytes())?;
        }
        Ok(to.finish()?.into_inner())
    }

    fn with_targets(&self, xml: &str) -> String {
        let mut result = String::with_capacity(xml.len());
        for (index, part) in xml.split("Target=\"").enumerate() {
            if index > 0 {
                result.push_str("Target=\"");
            }
            let target = part
                .strip_prefix(PREFIX)
                .and_then(|rest| rest.get(..8))
                .and_then(|digits| self.targets.get(digits.parse::<usize>().ok()?));
            match target {
                Some(target) if index > 0 => {
                    result.push_str(target);
                    result.push_str(&part[PREFIX.len() + 8..]);
                }
                _ => result.push_str(part),
            }
        }
        result
    }
}

const PREFIX: &str = "link-to-file-";

fn stand_in(index: usize) -> String {
    format!("{PREFIX}{index:08}")
}

/// The bytes behind the notation of file names.
fn unescape(path: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(path.len());
    let mut rest = path.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        rest = tail;
        match (first, tail) {
            (b'\\', [b'\\', tail @ ..]) => {
                bytes.push(b'\\');
                rest = tail;
            }
            (b'\\', [b'x', high, low, tail @ ..])
                if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() =>
            {
                let digit = |byte: u8| char::from(byte).to_digit(16).unwrap_or(0);
                bytes.push(u8::try_from(digit(*high) * 16 + digit(*low)).unwrap_or(b'?'));
                rest = tail;
            }
            _ => bytes.push(*first),
        }
    }
    bytes
}

/// A relative reference (RFC 3986) in which letters of other scripts stay readable (RFC 3987).
fn encode(path: &[u8]) -> String {
    let mut text = String::with_capacity(path.len());
    // A colon before the first slash would be taken for a scheme.
    let first = path.split(|byte| *byte == b'/').next().unwrap_or_default();
    if first.contains(&b':') {
        text.push_str("./");
    }
    for chunk in path.utf8_chunks() {
        for letter in chunk.valid().chars() {
            let is_plain = letter.is_ascii_alphanumeric()
                || matches!(letter, '-' | '.' | '_' | '~' | '/' | '(' | ')' | ',' | ':' | '+')
                || (!letter.is_ascii() && letter.is_alphanumeric());
            if is_plain {
                text.push(letter);
            } else {
                let mut buffer = [0; 4];
                for byte in letter.encode_utf8(&mut buffer).bytes() {
                    text.push_str(&format!("%{byte:02X}"));
                }
            }
        }
        for byte in chunk.invalid() {
            text.push_str(&format!("%{byte:02X}"));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::{encode, unescape};

    #[test]
    fn odd_names_become_references() {
        for (path, reference) in [
            ("a.pdf", "a.pdf"),
            ("my receipts/a b.pdf", "my%20receipts/a%20b.pdf"),
            ("100% #1?.pdf", "100%25%20%231%3F.pdf"),
            ("reçu été.pdf", "reçu%20été.pdf"),
            ("領収書/一.pdf", "領収書/一.pdf"),
            (r"line\x0abreak.txt", "line%0Abreak.txt"),
            (r"bad\xffbyte", "bad%FFbyte"),
            (r"back\\slash", "back%5Cslash"),
            ("a:b.txt", "./a:b.txt"),
            ("a&b<c>\"d\".txt", "a%26b%3Cc%3E%22d%22.txt"),
        ] {
            assert_eq!(encode(&unescape(path)), reference, "{path}");
        }
    }
}
