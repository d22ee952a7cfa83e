//! Words with their looks, broken into lines.

use super::super::ComposeError;
use super::super::blocks::{Block, Run};
use super::super::units::number;
use crate::pdf::standard_width;

/// What can't be written, told of a text at most.
const LETTERS_TOLD: usize = 12;

/// The fonts that every PDF program has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Face {
    Plain,
    Bold,
    Italic,
    BoldItalic,
    Code,
}

impl Face {
    pub(super) const ALL: [Self; 5] =
        [Self::Plain, Self::Bold, Self::Italic, Self::BoldItalic, Self::Code];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Plain => "Helvetica",
            Self::Bold => "Helvetica-Bold",
            Self::Italic => "Helvetica-Oblique",
            Self::BoldItalic => "Helvetica-BoldOblique",
            Self::Code => "Courier",
        }
    }

    fn of(run: &Run) -> Self {
        match (run.code, run.bold, run.italic) {
            (true, ..) => Self::Code,
            (_, true, true) => Self::BoldItalic,
            (_, true, false) => Self::Bold,
            (_, false, true) => Self::Italic,
            (_, false, false) => Self::Plain,
        }
    }
}

/// Letters that stand together, in one look.
#[derive(Debug, Clone)]
pub(super) struct Word {
    /// As a PDF has them.
    pub(super) bytes: Vec<u8>,
    pub(super) face: Face,
    pub(super) size: f64,
    pub(super) width: f64,
    /// Room before it, in points; none at the beginning of a line.
    pub(super) before: f64,
    pub(super) strike: bool,
    pub(super) link: Option<String>,
}

impl Word {
    pub(super) fn new(text: &str, face: Face, size: f64) -> Self {
        let letters: f64 = text.chars().map(|it| standard_width(face.name(), Some(it))).sum();
        let (bytes, ..) = encoding_rs::WINDOWS_1252.encode(text);
        let (strike, link) = (false, None);
        let bytes = bytes.into_owned();
        Self { bytes, face, size, width: letters * size / 1000.0, before: 0.0, strike, link }
    }
}

impl Word {
    /// With one room between them at most.
    pub(super) fn looks_like(&self, other: &Self) -> bool {
        let space = standard_width(self.face.name(), Some(' ')) * self.size / 1000.0;
        self.face == other.face
            && self.strike == other.strike
            && self.link == other.link
            && self.before < space * 1.5
    }
}

/// Signs that are written with others, so that a text with one of them is not refused.
fn simple(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '→' | '⇒' => out += "->",
            '←' => out += "<-",
            '↔' => out += "<->",
            '≤' => out += "<=",
            '≥' => out += ">=",
            '≠' => out += "!=",
            '≈' => out += "~",
            '−' | '‑' | '‐' => out.push('-'),
            '\u{2002}'..='\u{200a}' | '\u{202f}' => out.push(' '),
            '\u{200b}' | '\u{feff}' | '\u{fe0f}' => {}
            '\t' => out += "    ",
            letter => out.push(letter),
        }
    }
    out
}

/// Refuses what these fonts have no letters for.
pub(super) fn check(blocks: &[Block]) -> Result<(), ComposeError> {
    let mut missing: Vec<char> = vec![];
    let mut look = |text: &str| {
        for letter in simple(text).chars().filter(|it| !it.is_control()) {
            let mut own = [0; 4];
            let (.., has_lost) = encoding_rs::WINDOWS_1252.encode(letter.encode_utf8(&mut own));
            if has_lost && !missing.contains(&letter) {
                missing.push(letter);
            }
        }
    };
    for block in blocks {
        match block {
            Block::Heading { runs, .. }
            | Block::Paragraph { runs, .. }
            | Block::Item { runs, .. } => runs.iter().for_each(|run| look(&run.text)),
            Block::Code(text) => look(text),
            Block::Table(table) => {
                table.rows.iter().flatten().flatten().for_each(|run| look(&run.text));
            }
            Block::Picture { .. } | Block::Break => {}
        }
    }
    if missing.is_empty() {
        return Ok(());
    }
    let letters: String = missing.into_iter().take(LETTERS_TOLD).collect();
    Err(ComposeError::Letters { letters })
}

pub(super) fn bold(runs: &[Run]) -> Vec<Run> {
    runs.iter().map(|run| Run { bold: true, ..run.clone() }).collect()
}

pub(super) fn width(line: &[Word]) -> f64 {
    line.iter().map(|word| word.before + word.width).sum()
}

/// The lines of a text at this width, each at least as long as one letter.
pub(super) fn lines(runs: &[Run], size: f64, width: f64) -> Vec<Vec<Word>> {
    let mut breaker = Breaker { lines: vec![vec![]], used: 0.0, gap: 0.0, width };
    for run in runs {
        let face = Face::of(run);
        let space = standard_width(face.name(), Some(' ')) * size / 1000.0;
        for (n, line) in simple(&run.text).split('\n').enumerate() {
            if n > 0 {
                breaker.end();
            }
            let mut rest = line;
            while let Some(begin) = rest.find(|letter| letter != ' ') {
                breaker.gap += space * number(begin);
                let end = rest[begin..].find(' ').map_or(rest.len(), |end| begin + end);
                let mut word = Word::new(&rest[begin..end], face, size);
                (word.strike, word.link) = (run.strike, run.link.clone());
                breaker.put(word, &rest[begin..end]);
                rest = &rest[end..];
            }
            breaker.gap += space * number(rest.len());
        }
    }
    breaker.lines
}

struct Breaker {
    lines: Vec<Vec<Word>>,
    used: f64,
    /// Room that is between the last word and the next.
    gap: f64,
    width: f64,
}

impl Breaker {
    fn end(&mut self) {
        self.lines.push(vec![]);
        (self.used, self.gap) = (0.0, 0.0);
    }

    fn put(&mut self, mut word: Word, text: &str) {
        let is_begun = self.used > 0.0;
        // Without room before it, it belongs to the word before.
        if is_begun && self.gap > 0.0 && self.used + self.gap + word.width > self.width {
            self.end();
        }
        let room = self.width - self.used - self.gap;
        if word.width > room && text.chars().nth(1).is_some() {
            return self.split(&word, text, room);
        }
        word.before = self.gap;
        self.used += self.gap + word.width;
        self.gap = 0.0;
        if let Some(line) = self.lines.last_mut() {
            line.push(word);
        }
    }

    /// A word that is longer than a line goes on on the next.
    fn split(&mut self, word: &Word, text: &str, room: f64) {
        let mut kept = 0.0;
        let fitting = text.chars().take_while(|letter| {
            kept += standard_width(word.face.name(), Some(*letter)) * word.size / 1000.0;
            kept <= room
        });
        let letters = fitting.count();
        if letters == 0 && self.used > 0.0 {
            self.end();
            return self.put(word.clone(), text);
        }
        let at = text.char_indices().nth(letters.max(1)).map_or(text.len(), |(at, _)| at);
        let part = |text: &str| {
            let (strike, link) = (word.strike, word.link.clone());
            Word { strike, link, ..Word::new(text, word.face, word.size) }
        };
        let mut first = part(&text[..at]);
        first.before = self.gap;
        if let Some(line) = self.lines.last_mut() {
            line.push(first);
        }
        self.end();
        if at < text.len() {
            self.put(part(&text[at..]), &text[at..]);
        }
    }
}
