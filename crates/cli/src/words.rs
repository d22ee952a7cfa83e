//! Text for a terminal: made harmless, measured, wrapped.
//!
//! Every text that comes from a task passes `plain` or `plain_lines` before it is shown: a file
//! name or a document must not move the cursor, change colours or turn the reading direction.

use api::{NowCode, TaskLine};
use task::{Isolation, MachineWish};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// `text` as one line without control characters.
pub(crate) fn plain(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '\n' | '\r' | '\t' => line.push(' '),
            letter => push_plain(&mut line, letter),
        }
    }
    line
}

/// `text` with its line breaks, and without any other control character.
pub(crate) fn plain_lines(text: &str) -> String {
    let mut lines = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '\n' => lines.push('\n'),
            '\t' => lines.push_str("    "),
            '\r' => (),
            letter => push_plain(&mut lines, letter),
        }
    }
    lines
}

fn push_plain(line: &mut String, letter: char) {
    if !letter.is_control() && !is_invisible(letter) {
        return line.push(letter);
    }
    let mut buffer = [0; 4];
    for byte in letter.encode_utf8(&mut buffer).bytes() {
        line.push_str(&format!("\\x{byte:02x}"));
    }
}

/// Characters that reorder or hide text on a terminal; the joiners of emoji and scripts stay.
fn is_invisible(letter: char) -> bool {
    matches!(letter, '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{061c}' | '\u{feff}'
        | '\u{202a}'..='\u{202e}' | '\u{2028}' | '\u{2029}' | '\u{2060}'..='\u{2069}')
}

/// Columns that `text` takes.
pub(crate) fn columns(text: &str) -> usize {
    text.width()
}

/// `text` in at most `width` columns, its end cut off with `…`.
pub(crate) fn cut(text: &str, width: usize) -> String {
    if columns(text) <= width {
        return text.to_owned();
    }
    let mut kept = String::new();
    let mut used = 1;
    for letter in text.chars() {
        used += letter.width().unwrap_or(0);
        if used > width {
            break;
        }
        kept.push(letter);
    }
    kept + "…"
}

/// `text` filled up with spaces to `width` columns.
pub(crate) fn pad(text: &str, width: usize) -> String {
    let missing = width.saturating_sub(columns(text));
    format!("{text}{}", " ".repeat(missing))
}

/// One line broken into lines of at most `width` columns. A word that does not fit stays whole, so
/// that it can be copied; between wide letters (CJK) a line may break anywhere.
pub(crate) fn wrap(line: &str, width: usize) -> Vec<String> {
    let mut lines = vec![];
    let mut current = String::new();
    for piece in pieces(line) {
        let is_full = columns(&current) + columns(piece.trim_end()) > width;
        if is_full && !current.trim().is_empty() {
            lines.push(current.trim_end().to_owned());
            current.clear();
            current.push_str(piece.trim_start());
        } else {
            current.push_str(piece);
        }
    }
    lines.push(current.trim_end().to_owned());
    lines
}

/// The parts of `line` between which it may break, each with the spaces after it.
fn pieces(line: &str) -> Vec<&str> {
    let mut found = vec![];
    let mut start = 0;
    let mut letters = line.char_indices().peekable();
    while let Some((at, letter)) = letters.next() {
        let Some(&(next_at, next)) = letters.peek() else { break };
        let wide = |letter: char| letter.width() == Some(2);
        let after_space = letter == ' ' && next != ' ' && at > 0;
        let between_wide =
            wide(letter) && (wide(next) || next.is_alphanumeric()) && !is_closing(next);
        if after_space || between_wide {
            found.push(&line[start..next_at]);
            start = next_at;
        }
    }
    found.push(&line[start..]);
    found
}

/// Wide punctuation that must not begin a line.
fn is_closing(letter: char) -> bool {
    "、。，．：；！？）］｝」』】〉》".contains(letter)
}

/// A size as people say it.
/// What separates a machine from this computer, in words for anybody.
pub(crate) fn isolation(isolation: Isolation) -> &'static str {
    match isolation {
        Isolation::Jail => "a jail",
        Isolation::Vm => "a virtual machine",
        Isolation::VmEmulated => "a virtual machine in software",
    }
}

/// Which kind of machine somebody wants.
pub(crate) fn machine_wish(machine: MachineWish) -> &'static str {
    match machine {
        MachineWish::Jail => "a jail",
        MachineWish::Vm => "a virtual machine",
        MachineWish::Auto => "a virtual machine if there is one, else a jail",
    }
}

pub(crate) fn size(bytes: u64) -> String {
    const UNITS: [&str; 5] = ["bytes", "KB", "MB", "GB", "TB"];
    let mut unit = 0;
    let mut whole = bytes;
    let mut tenths = 0;
    while whole >= 1000 && unit + 1 < UNITS.len() {
        tenths = whole % 1000 / 100;
        whole /= 1000;
        unit += 1;
    }
    match (unit, bytes) {
        (0, 1) => "1 byte".to_owned(),
        (0, _) => format!("{bytes} bytes"),
        _ if whole < 10 => format!("{whole}.{tenths} {}", UNITS[unit]),
        _ => format!("{whole} {}", UNITS[unit]),
    }
}

/// A length of time as people say it.
pub(crate) fn duration(ms: u64) -> String {
    let seconds = ms / 1000;
    match seconds {
        0..60 => format!("{seconds}.{} s", ms % 1000 / 100),
        60..3600 if seconds.is_multiple_of(60) => format!("{} min", seconds / 60),
        60..3600 => format!("{} min {} s", seconds / 60, seconds % 60),
        _ if (seconds / 60).is_multiple_of(60) => format!("{} h", seconds / 3600),
        _ => format!("{} h {} min", seconds / 3600, seconds / 60 % 60),
    }
}

/// As in "1 file" and "3 files".
pub(crate) fn count(number: u64, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}

/// As in "1 entry" and "3 entries".
pub(crate) fn entries(number: u64) -> String {
    if number == 1 { "1 entry".to_owned() } else { format!("{number} entries") }
}

/// An instant in the person's own time zone.
pub(crate) fn instant(ms: u64) -> String {
    let stamp = i64::try_from(ms).ok().and_then(|ms| jiff::Timestamp::from_millisecond(ms).ok());
    let zoned = stamp.map(|stamp| stamp.to_zoned(jiff::tz::TimeZone::system()));
    zoned.map_or_else(|| ms.to_string(), |zoned| zoned.strftime("%Y-%m-%d %H:%M").to_string())
}

/// What a task does now, as the daemon says it; times are told in the person's own time zone.
pub(crate) fn now(line: &TaskLine) -> String {
    let said = &line.now_said;
    let (NowCode::ModelWaits, Some(since), Some(again_at)) = (said.code, said.since, said.again_at)
    else {
        return line.now.clone();
    };
    let [since, again_at] = clocks([since, again_at]);
    format!("waits for its model since {since}: {}; it is asked again at {again_at}", said.text)
}

/// Two instants as a clock shows them; with their dates where these differ.
fn clocks(instants: [u64; 2]) -> [String; 2] {
    let zoned = |ms: u64| {
        let stamp = jiff::Timestamp::from_millisecond(i64::try_from(ms).ok()?).ok()?;
        Some(stamp.to_zoned(jiff::tz::TimeZone::system()))
    };
    let [first, second] = instants.map(zoned);
    let is_one_day =
        first.as_ref().map(jiff::Zoned::date) == second.as_ref().map(jiff::Zoned::date);
    let form = if is_one_day { "%H:%M:%S" } else { "%Y-%m-%d %H:%M:%S" };
    [first, second].map(|it| it.map_or_else(String::new, |it| it.strftime(form).to_string()))
}

/// `text` as one argument that can be pasted into a shell.
pub(crate) fn shell_quoted(text: &str) -> String {
    let is_safe = |letter: char| letter.is_alphanumeric() || "/._-+:@%,=~".contains(letter);
    if !text.is_empty() && text.chars().all(is_safe) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_can_steer_the_terminal() {
        let cases = [
            ("a\u{1b}[2Jb", "a\\x1b[2Jb"),
            ("a\u{9b}31mb", "a\\xc2\\x9b31mb"),
            ("up\u{202e}fdp.exe", "up\\xe2\\x80\\xaefdp.exe"),
            ("two\nlines\ttab\r", "two lines tab "),
            ("Grüße 👩‍👧 领收书", "Grüße 👩‍👧 领收书"),
            ("bell\u{7}del\u{7f}", "bell\\x07del\\x7f"),
        ];
        for (text, shown) in cases {
            assert_eq!(plain(text), shown);
        }
        assert_eq!(plain_lines("a\r\n\tb\u{1b}"), "a\n    b\\x1b");
    }

    #[test]
    fn lines_break_at_words_and_between_wide_letters() {
        let cases: [(&str, usize, &[&str]); 6] = [
            ("one two three", 8, &["one two", "three"]),
            ("one two three", 80, &["one two three"]),
            ("", 10, &[""]),
            ("a-very-long-path/that/stays whole", 10, &["a-very-long-path/that/stays", "whole"]),
            ("领收书的合计金额", 8, &["领收书的", "合计金额"]),
            ("领收书，的合计", 6, &["领收", "书，的", "合计"]),
        ];
        for (line, width, lines) in cases {
            assert_eq!(wrap(line, width), lines, "{line}");
        }
    }

    #[test]
    fn figures_read_well() {
        assert_eq!(
            [size(0), size(1), size(999), size(1000)],
            ["0 bytes", "1 byte", "999 bytes", "1.0 KB"]
        );
        assert_eq!([size(12_345), size(2_400_000_000)], ["12 KB", "2.4 GB"]);
        assert_eq!([duration(900), duration(61_000)], ["0.9 s", "1 min 1 s"]);
        assert_eq!(duration(2 * 3_600_000 + 60_000), "2 h 1 min");
        assert_eq!([duration(4 * 3_600_000), duration(120_000)], ["4 h", "2 min"]);
        assert_eq!([cut("領収書です", 5), cut("abc", 3)], ["領収…", "abc"]);
        assert_eq!(shell_quoted("/home/me/it's here"), r"'/home/me/it'\''s here'");
        assert_eq!(shell_quoted("~/Belege"), "~/Belege");
    }
}
