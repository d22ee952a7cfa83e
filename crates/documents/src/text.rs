//! Plain text and Markdown, in whatever encoding: byte order mark first, then UTF-8, then the
//! pattern of UTF-16 without a mark, then a guess by the frequency of letters.

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE};

use crate::document::{Document, Format, ReadError, ReadErrorKind};
use crate::gather::Gather;
use crate::limits::TEXT_BYTES_MAX;

/// How many bytes the guess looks at.
const GUESS_BYTES: usize = 256 * 1024;
/// How many bytes decide whether something is text at all.
const BINARY_BYTES: usize = 8 * 1024;

/// The shortest beginning of a file that a reader cuts off by itself.
const TORN_BYTES_MIN: usize = 4 * 1024;

/// Reads plain text; the beginning only when it is longer than the limit.
pub(crate) fn read(bytes: &[u8], format: Format) -> Result<Document, ReadError> {
    let cut = bytes.len() > TEXT_BYTES_MAX;
    let text = decode(&bytes[..bytes.len().min(TEXT_BYTES_MAX)]);
    if text.trim().is_empty() {
        return Err(ReadError::new(ReadErrorKind::Empty, "the file holds nothing but blanks"));
    }
    let mut gather = Gather::new(format);
    if cut {
        gather.cut();
    }
    for line in text.lines() {
        if !gather.line(line) {
            break;
        }
    }
    if format == Format::Markdown {
        let title = text.lines().take(50).find_map(|line| line.strip_prefix("# "));
        gather.title(title.unwrap_or_default());
        markdown_tables(&mut gather, &text);
    }
    Ok(gather.finish())
}

/// Pipe tables: a row of cells, a row of dashes, more rows.
fn markdown_tables(gather: &mut Gather, text: &str) {
    let mut before: Option<&str> = None;
    let mut within = false;
    for line in text.lines() {
        let line = line.trim();
        let is_rule = line.contains('-')
            && line.contains('|')
            && line.chars().all(|letter| matches!(letter, '|' | '-' | ':' | ' '));
        if is_rule && !within && before.is_some_and(|line| line.contains('|')) {
            within = gather.table("");
            gather.silent_row(markdown_cells(before.unwrap_or_default()));
        } else if within && line.contains('|') {
            within = gather.silent_row(markdown_cells(line));
        } else {
            within = false;
        }
        before = Some(line);
    }
}

fn markdown_cells(line: &str) -> Vec<String> {
    let line = line.strip_prefix('|').unwrap_or(line);
    let line = line.strip_suffix('|').unwrap_or(line);
    line.split('|').map(|cell| cell.trim().trim_matches('*').to_owned()).collect()
}

/// Turns bytes of an unknown encoding into text; never fails, at worst it reads wrong letters.
pub fn decode(bytes: &[u8]) -> String {
    decode_as(bytes, None)
}

/// As [`decode`], with the encoding that the surroundings claim (an HTML or mail header). A claim
/// of UTF-8 is believed only where it holds.
pub fn decode_as(bytes: &[u8], claimed: Option<&str>) -> String {
    if let Some((encoding, mark)) = Encoding::for_bom(bytes) {
        return encoding.decode_without_bom_handling(&bytes[mark..]).0.into_owned();
    }
    if let Ok(text) = std::str::from_utf8(without_torn_end(bytes))
        && !looks_like_utf16(bytes)
        && !text.contains("\u{1b}$")
    {
        return text.to_owned();
    }
    let claimed = claimed.and_then(|label| Encoding::for_label(label.trim().as_bytes()));
    let encoding = match claimed {
        Some(encoding) if encoding != UTF_8 => encoding,
        _ => guess(bytes),
    };
    encoding.decode_without_bom_handling(bytes).0.into_owned()
}

fn guess(bytes: &[u8]) -> &'static Encoding {
    if looks_like_utf16(bytes) {
        let even_zeros = bytes.iter().take(GUESS_BYTES).step_by(2).filter(|byte| **byte == 0);
        let odd_zeros = bytes.iter().take(GUESS_BYTES).skip(1).step_by(2).filter(|b| **b == 0);
        return if even_zeros.count() > odd_zeros.count() { UTF_16BE } else { UTF_16LE };
    }
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Allow);
    let looked_at = &bytes[..bytes.len().min(GUESS_BYTES)];
    detector.feed(looked_at, looked_at.len() == bytes.len());
    detector.guess(None, Utf8Detection::Allow)
}

/// A file read up to a limit may end within a letter. A short one that is plain ASCII but for its
/// last byte is no torn UTF-8: it ends with a letter of some older encoding.
fn without_torn_end(bytes: &[u8]) -> &[u8] {
    match std::str::from_utf8(bytes) {
        Err(error) if error.error_len().is_none() => {
            let whole = &bytes[..error.valid_up_to()];
            if whole.is_ascii() && whole.len() < TORN_BYTES_MIN { bytes } else { whole }
        }
        _ => bytes,
    }
}

/// Western text in UTF-16 has a zero in nearly every second byte, always at the same side.
fn looks_like_utf16(bytes: &[u8]) -> bool {
    let head = &bytes[..bytes.len().min(4096) & !1];
    if head.len() < 4 {
        return false;
    }
    let pairs = head.len() / 2;
    let even = head.iter().step_by(2).filter(|byte| **byte == 0).count();
    let odd = head.iter().skip(1).step_by(2).filter(|byte| **byte == 0).count();
    (even == 0 && odd * 10 >= pairs * 4) || (odd == 0 && even * 10 >= pairs * 4)
}

/// `true` for what is text in some encoding, judged by its control characters.
pub fn is_text(head: &[u8]) -> bool {
    let head = &head[..head.len().min(BINARY_BYTES)];
    if Encoding::for_bom(head).is_some() || looks_like_utf16(head) {
        let text = decode(head);
        let odd = text.chars().filter(|c| c.is_control() && !c.is_whitespace()).count();
        let lost = text.chars().filter(|c| *c == '\u{fffd}').count();
        return (odd + lost) * 20 <= text.chars().count();
    }
    // ESC starts the Japanese ISO-2022-JP shifts, form feed separates pages.
    let odd = head
        .iter()
        .filter(|byte| byte.is_ascii_control() && !matches!(byte, b'\t'..=b'\r' | 0x1b | 0x1a));
    odd.count() == 0
}
