//! The words that tell what a file is about: from its name, its title and its text, most telling
//! first, without the small words of any language.

use std::collections::HashMap;

use crate::language::is_small_word;
use crate::limits::PEEK_WORDS_MAX;

/// Words that cameras, scanners and copying leave in names.
const EMPTY_WORDS: [&str; 36] = [
    "img",
    "dsc",
    "dscn",
    "dscf",
    "pxl",
    "mvimg",
    "copy",
    "kopie",
    "copie",
    "copia",
    "kopia",
    "untitled",
    "unbenannt",
    "new",
    "neu",
    "final",
    "http",
    "https",
    "www",
    "com",
    "html",
    "pdf",
    "docx",
    "xlsx",
    "txt",
    "jpg",
    "png",
    "gmail",
    "page",
    "seite",
    "tel",
    "fax",
    "und",
    "the",
    "file",
    "datei",
];
/// Characters of a word.
const LETTERS_MAX: usize = 30;
/// Weight of a word in the name, and in the title; one in the text counts by how often it occurs.
const NAME_WEIGHT: u32 = 6;
const TITLE_WEIGHT: u32 = 5;
const TEXT_WEIGHT_MAX: u32 = 8;
/// Different words that are counted.
const VOCABULARY_MAX: usize = 20_000;

#[derive(Default)]
struct Seen {
    /// Position of the first occurrence.
    first: usize,
    name: bool,
    title: bool,
    text: u32,
}

pub(super) fn telling(name: &str, title: Option<&str>, lines: &[&str]) -> Vec<String> {
    let mut seen: HashMap<String, Seen> = HashMap::new();
    let mut position = 0;
    let mut put = |word: String, mark: &dyn Fn(&mut Seen)| {
        position += 1;
        if seen.len() < VOCABULARY_MAX || seen.contains_key(&word) {
            mark(seen.entry(word).or_insert(Seen { first: position, ..Seen::default() }));
        }
    };
    let stem = match name.rsplit_once('.') {
        Some((stem, ending)) if !stem.is_empty() && ending.len() <= 8 => stem,
        _ => name,
    };
    for word in words(&without_camel_case(stem)) {
        put(word, &|seen| seen.name = true);
    }
    for word in words(title.unwrap_or_default()) {
        put(word, &|seen| seen.title = true);
    }
    for line in lines {
        for word in words(line) {
            put(word, &|seen| seen.text += 1);
        }
    }
    let mut ranked: Vec<(u32, usize, String)> = seen
        .into_iter()
        .map(|(word, seen)| {
            let score = u32::from(seen.name) * NAME_WEIGHT
                + u32::from(seen.title) * TITLE_WEIGHT
                + seen.text.min(TEXT_WEIGHT_MAX);
            (score, seen.first, word)
        })
        .collect();
    ranked.sort_by(|one, other| other.0.cmp(&one.0).then(one.1.cmp(&other.1)));
    ranked.into_iter().take(PEEK_WORDS_MAX).map(|(.., word)| word).collect()
}

/// The telling words of a text, in lower case, in order, with repetitions.
fn words(text: &str) -> Vec<String> {
    let mut list = Vec::new();
    for word in text.split(|letter: char| !letter.is_alphanumeric()) {
        let mut part = String::new();
        let mut script = None;
        // Chinese and Japanese write without spaces; a change of script is a change of word.
        for letter in word.chars() {
            let next = east_asian(letter);
            if script.is_some_and(|script| script != next) {
                keep(&mut list, &part);
                part.clear();
            }
            script = Some(next);
            part.push(letter);
        }
        keep(&mut list, &part);
    }
    list
}

fn keep(list: &mut Vec<String>, word: &str) {
    let count = word.chars().count();
    let is_east_asian = word.chars().all(|letter| east_asian(letter) > 0);
    let min = if is_east_asian { 2 } else { 3 };
    let letters = word.chars().filter(|letter| letter.is_alphabetic()).count();
    // Codes and numbers of invoices are no words.
    if !(min..=LETTERS_MAX).contains(&count) || letters * 2 <= count {
        return;
    }
    let word = word.to_lowercase();
    let is_hiragana = word.chars().all(|letter| east_asian(letter) == 1);
    if !is_small_word(&word) && !EMPTY_WORDS.contains(&word.as_str()) && !is_hiragana {
        list.push(word);
    }
}

/// 0 for scripts with spaces; else a number by script.
fn east_asian(letter: char) -> u8 {
    match letter {
        '\u{3040}'..='\u{309f}' => 1,
        '\u{30a0}'..='\u{30ff}' => 2,
        '\u{3400}'..='\u{9fff}' => 3,
        _ => 0,
    }
}

/// `TaxReturn2023` becomes `Tax Return 2023`.
fn without_camel_case(name: &str) -> String {
    let mut text = String::with_capacity(name.len() + 8);
    let mut before: Option<char> = None;
    for letter in name.chars() {
        let breaks = before.is_some_and(|before| {
            (before.is_lowercase() && letter.is_uppercase())
                || before.is_numeric() != letter.is_numeric()
        });
        if breaks {
            text.push(' ');
        }
        text.push(letter);
        before = Some(letter);
    }
    text
}
