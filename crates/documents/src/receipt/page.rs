//! A document prepared for reading: each line with its letters, dates, figures and label words.

use super::date::{Found, find};
use super::figure::{Figure, Style, figures, style};
use super::fold::{fold, tidy};
use super::lexicon::{Hit, Language, vocabulary};
use crate::document::Document;
use std::collections::HashMap;
use std::ops::Range;

/// Lines that are looked at; what a purchase was stands in its first and last ones.
const LINES_MAX: usize = 20_000;
/// Letters of a line that are looked at.
const LETTERS_MAX: usize = 400;
/// Lines by which the language is told.
const LANGUAGE_LINES_MAX: usize = 400;

#[derive(Debug)]
pub(super) struct Line {
    /// Counted from 1, as in the document.
    pub(super) number: usize,
    pub(super) text: String,
    pub(super) letters: Vec<char>,
    pub(super) folded: Vec<char>,
    pub(super) dates: Vec<Found>,
    pub(super) figures: Vec<Figure>,
    pub(super) labels: Vec<Hit>,
}

/// The lines of a document that hold something.
#[derive(Debug)]
pub(super) struct Page {
    pub(super) lines: Vec<Line>,
    /// The likeliest language, if the words tell.
    pub(super) language: Option<Language>,
}

impl Line {
    pub(super) fn new(number: usize, raw: &str) -> Line {
        // Pictures and rules of Markdown and of text tables are decoration.
        let plain: String = tidy(raw).replace(['|', '*', '`', '│', '┃', '║'], " ");
        let text: String = plain.trim_end().chars().take(LETTERS_MAX).collect();
        let letters: Vec<char> = text.chars().collect();
        let folded = fold(&text);
        Line {
            number,
            text,
            letters,
            folded,
            dates: Vec::new(),
            figures: Vec::new(),
            labels: Vec::new(),
        }
    }

    fn read(&mut self, style: Style) {
        let (dates, times) = find(&self.folded);
        let taken: Vec<Range<usize>> =
            dates.iter().map(|date| date.start..date.end).chain(times).collect();
        self.figures = figures(&self.letters, &taken, style);
        let mut labels = vocabulary().labels.find(&self.folded);
        labels.retain(|hit| !taken.iter().any(|range| range.contains(&hit.start)));
        self.labels = labels;
        self.dates = dates;
    }

    /// Letters of the line that belong to no figure and no currency.
    pub(super) fn is_figures_only(&self) -> bool {
        !self.figures.is_empty()
            && self.letters.iter().enumerate().all(|(at, letter)| {
                !letter.is_alphabetic()
                    || self.figures.iter().any(|figure| (figure.start..figure.end).contains(&at))
            })
    }

    /// Parts of the line that wide gaps set apart, with where they start.
    pub(super) fn columns(&self) -> Vec<(usize, String)> {
        let mut columns = Vec::new();
        let mut at = 0;
        while at < self.letters.len() {
            if self.letters[at] == ' ' {
                at += 1;
                continue;
            }
            let mut end = at;
            while end < self.letters.len()
                && !(self.letters[end] == ' ' && self.letters.get(end + 1) == Some(&' '))
            {
                end += 1;
            }
            let text: String = self.letters[at..end].iter().collect();
            columns.push((at, text.trim_end().to_owned()));
            at = end;
        }
        columns
    }
}

impl Page {
    pub(super) fn new(document: &Document) -> Page {
        let skipped = document.lines.len().saturating_sub(LINES_MAX);
        let half = LINES_MAX / 2;
        let mut lines: Vec<Line> = document
            .lines
            .iter()
            .enumerate()
            .filter(|(index, _)| skipped == 0 || *index < half || *index >= half + skipped)
            .filter(|(_, text)| !text.trim().is_empty())
            .map(|(index, text)| Line::new(index + 1, text))
            .filter(|line| line.letters.iter().any(|letter| letter.is_alphanumeric()))
            .collect();
        let style = style(lines.iter().map(|line| line.letters.as_slice()));
        for line in &mut lines {
            line.read(style);
        }
        let language = language(&lines);
        let told = language_style(style, language);
        if told != style {
            for line in &mut lines {
                line.read(told);
            }
        }
        Page { lines, language }
    }

    /// Every date of the page with its line.
    pub(super) fn dates(&self) -> impl Iterator<Item = (&Line, &Found)> {
        self.lines.iter().flat_map(|line| line.dates.iter().map(move |date| (line, date)))
    }
}

/// Where no number tells, the language does.
fn language_style(style: Style, language: Option<Language>) -> Style {
    match (style, language) {
        (Style::Open, Some("en" | "ja" | "zh" | "ko" | "ar" | "he" | "hi" | "th")) => Style::Point,
        (Style::Open, Some(_)) => Style::Comma,
        _ => style,
    }
}

fn language(lines: &[Line]) -> Option<Language> {
    let mut counts: HashMap<Language, u32> = HashMap::new();
    let known = vocabulary();
    for line in lines.iter().take(LANGUAGE_LINES_MAX) {
        for lexicon in [&known.labels, &known.dates, &known.kinds, &known.stop, &known.numbers] {
            lexicon.count(&line.folded, &mut counts);
        }
        letters(&line.text, &mut counts);
    }
    let mut ranked: Vec<(Language, u32)> = counts.into_iter().collect();
    ranked.sort_by_key(|(language, count)| (std::cmp::Reverse(*count), *language));
    match ranked.as_slice() {
        [(language, count), (_, second), ..] if *count >= 3 && count > second => Some(language),
        [(language, count)] if *count >= 2 => Some(language),
        _ => None,
    }
}

/// Letters that only some languages use.
fn letters(text: &str, counts: &mut HashMap<Language, u32>) {
    for letter in text.chars() {
        let languages: &[Language] = match letter {
            'ß' => &["de"],
            'ä' | 'Ä' => &["de", "sv", "fi"],
            'ø' | 'æ' | 'Ø' | 'Æ' => &["da", "no"],
            'ñ' | '¿' | '¡' => &["es"],
            'ã' | 'Ã' => &["pt"],
            'õ' | 'Õ' => &["pt", "et"],
            'ă' | 'ț' | 'ţ' | 'Ă' | 'Ț' | 'Ţ' => &["ro"],
            'ļ' | 'ņ' | 'ķ' | 'ģ' | 'ā' | 'ē' | 'ī' | 'Ļ' | 'Ņ' | 'Ķ' | 'Ā' => &["lv"],
            'ė' | 'į' | 'ų' | 'Ė' | 'Į' | 'Ų' => &["lt"],
            'ľ' | 'ĺ' | 'ŕ' | 'Ľ' => &["sk"],
            'ơ' | 'ư' | 'Ơ' | 'Ư' | '\u{1ea0}'..='\u{1ef9}' => &["vi"],
            '\u{5d0}'..='\u{5ea}' => &["he"],
            '\u{621}'..='\u{64a}' => &["ar"],
            '\u{900}'..='\u{963}' => &["hi"],
            '\u{e00}'..='\u{e4f}' => &["th"],
            'ł' | 'ż' | 'ą' | 'ę' | 'ś' | 'Ł' | 'Ż' => &["pl"],
            'ř' | 'ů' | 'ě' | 'Ř' | 'Ě' => &["cs"],
            'ő' | 'ű' | 'Ő' | 'Ű' => &["hu"],
            'ğ' | 'ı' | 'Ğ' | 'ş' | 'İ' => &["tr"],
            'ы' | 'э' | 'ъ' => &["ru"],
            'ї' | 'є' | 'і' | 'ґ' | 'І' => &["uk"],
            'α'..='ω' => &["el"],
            '\u{3040}'..='\u{30ff}' => &["ja"],
            '\u{ac00}'..='\u{d7af}' => &["ko"],
            '\u{4e00}'..='\u{9fff}' => &["zh"],
            _ => continue,
        };
        for language in languages {
            *counts.entry(language).or_default() += 1;
        }
        // Kanji are no sign of Chinese where kana are about.
        if languages == ["ja"] {
            *counts.entry("ja").or_default() += 5;
        }
    }
}
