//! Puts letters that stand anywhere on a page into lines, as a person reads them: what shares a
//! baseline is one line, from left to right; a gap becomes a space, a wide gap several.

use crate::gather::CELL_GAP;

/// Of the letter size: below this two baselines are one, as with raised cents.
const BASELINE_SHARE: f64 = 0.4;
/// A gap that separates words.
const WORD_SHARE: f64 = 0.17;
/// A gap that separates columns.
const COLUMN_SHARE: f64 = 1.3;
/// A distance of baselines that a person sees as an empty line.
const PARAGRAPH_SHARE: f64 = 1.9;

/// What one code shows, and where: in the direction of reading (`x`) and up from it (`y`).
#[derive(Debug)]
pub(super) struct Letter {
    letters: String,
    /// Quarter turns against the page.
    turn: u8,
    x: f64,
    y: f64,
    width: f64,
    size: f64,
}

impl Letter {
    /// `place` maps a unit letter onto the page. `None`: it is too small or too far away to be
    /// seen.
    pub(super) fn new(letters: String, place: [f64; 6], width: f64) -> Option<Letter> {
        let [a, b, c, d, e, f] = place;
        let size = c.hypot(d);
        let along = a.hypot(b);
        if place.iter().any(|value| !value.is_finite() || value.abs() > 1e7) || size < 0.1 {
            return None;
        }
        let (turn, x, y) = if a.abs() >= b.abs() {
            if a >= 0.0 { (0, e, f) } else { (2, -e, -f) }
        } else if b > 0.0 {
            (1, f, -e)
        } else {
            (3, -f, e)
        };
        Some(Letter { letters, turn, x, y, width: (width * along).max(0.0), size })
    }

    fn end(&self) -> f64 {
        self.x + self.width
    }
}

/// The lines of a page; empty ones stand where a person sees a distance.
pub(super) fn lines(letters: Vec<Letter>) -> Vec<String> {
    let mut turns: [Vec<Letter>; 4] = Default::default();
    for letter in letters {
        turns[usize::from(letter.turn)].push(letter);
    }
    // Most of the page first: a turned page is read turned, a note at its edge comes last.
    turns.sort_by_key(|letters| std::cmp::Reverse(letters.len()));
    let mut lines = Vec::new();
    for letters in turns {
        lines.extend(block(letters));
    }
    lines
}

struct Row {
    y: f64,
    size: f64,
    letters: Vec<Letter>,
}

fn block(mut letters: Vec<Letter>) -> Vec<String> {
    letters.sort_by(|one, other| other.y.total_cmp(&one.y).then(one.x.total_cmp(&other.x)));
    let mut rows: Vec<Row> = Vec::new();
    for letter in letters {
        let share = |row: &Row| {
            // A small letter beside a large one may be raised by a good part of the large one.
            (row.y - letter.y).abs() <= BASELINE_SHARE * row.size.max(letter.size).min(40.0)
        };
        match rows.last_mut() {
            Some(row) if share(row) => {
                if letter.size > row.size {
                    row.size = letter.size;
                }
                row.letters.push(letter);
            }
            _ => rows.push(Row { y: letter.y, size: letter.size, letters: vec![letter] }),
        }
    }
    let mut lines: Vec<String> = Vec::new();
    let mut above: Option<(f64, f64)> = None;
    for row in rows {
        let (y, size) = (row.y, row.size);
        let text = text_of(row);
        if text.is_empty() {
            continue;
        }
        if above.is_some_and(|(over, size)| over - y > PARAGRAPH_SHARE * size) {
            lines.push(String::new());
        }
        above = Some((y, size));
        lines.push(text);
    }
    if !lines.is_empty() {
        lines.push(String::new());
    }
    lines
}

fn text_of(row: Row) -> String {
    let mut letters = row.letters;
    letters.sort_by(|one, other| one.x.total_cmp(&other.x));
    let mut text = String::new();
    let mut before: Option<Letter> = None;
    let mut spaced = false;
    for letter in letters {
        if letter.letters.chars().all(char::is_whitespace) {
            spaced = before.is_some();
            continue;
        }
        if let Some(before) = &before {
            // Bold is often faked by showing a letter twice, a hair apart.
            let near = (letter.x - before.x).abs() < 0.12 * letter.size;
            if near && letter.letters == before.letters {
                continue;
            }
            let size = before.size.max(letter.size).min(before.size.min(letter.size) * 2.0);
            let gap = letter.x - before.end();
            if gap > COLUMN_SHARE * size {
                text.push_str(CELL_GAP);
            } else if spaced || gap > WORD_SHARE * size {
                text.push(' ');
            }
        }
        spaced = false;
        text.push_str(&letter.letters);
        before = Some(letter);
    }
    reading_order(text)
}

/// Hebrew and Arabic stand on the page from right to left; a text file holds them as they are
/// spoken. Numbers and Latin words within them keep their order.
fn reading_order(text: String) -> String {
    let is_right = |letter: char| matches!(letter, '\u{590}'..='\u{8ff}' | '\u{fb1d}'..='\u{fefc}');
    let right = text.chars().filter(|letter| is_right(*letter)).count();
    let left = text.chars().filter(|l| l.is_alphabetic() && !is_right(*l)).count();
    if right == 0 || right < left {
        return text;
    }
    let mut words: Vec<String> = Vec::new();
    for part in text.split_inclusive(' ') {
        let (word, space) = match part.strip_suffix(' ') {
            Some(word) => (word, true),
            None => (part, false),
        };
        words.push(if word.chars().any(is_right) {
            word.chars().rev().collect()
        } else {
            word.to_owned()
        });
        if space {
            words.push(" ".to_owned());
        }
    }
    words.reverse();
    words.concat()
}
