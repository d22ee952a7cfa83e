//! Which skill a request asks for, by its words. It never guesses: too little in common matches
//! nothing, and a near tie is said to be one.
//!
//! BM25 over name, title, description and the words that a skill lists. A word of the request and
//! one of a skill are the same if one stemmer of the languages below makes them so. Score alone
//! would let one common word decide ("a poem about my receipts"), so the words of a request that
//! a skill does not know count against it.

use crate::limits;
use crate::skill::Skill;
use crate::unspaced::Unspaced;
use rust_stemmers::{Algorithm, Stemmer};
use std::collections::{BTreeMap, BTreeSet};

/// What a request matches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Matched {
    One(usize),
    /// These fit about equally well, the best first.
    Several(Vec<usize>),
    None,
}

const ALGORITHMS: [Algorithm; 13] = [
    Algorithm::English,
    Algorithm::German,
    Algorithm::French,
    Algorithm::Spanish,
    Algorithm::Italian,
    Algorithm::Dutch,
    Algorithm::Portuguese,
    Algorithm::Russian,
    Algorithm::Swedish,
    Algorithm::Danish,
    Algorithm::Norwegian,
    Algorithm::Finnish,
    Algorithm::Turkish,
];

/// Saturation of repeated words, as usual for BM25. Lengths are not levelled: a skill that lists
/// its words in eight languages is not eight times as vague.
const K1: f64 = 1.2;
/// How much a word of the skill's name or title counts against one of its texts.
const NAME_WEIGHT: f64 = 2.0;
/// What one word that the skill does not know takes from the share of those that it knows.
const UNKNOWN_WEIGHT: f64 = 0.7;
/// Compounds ("Downloadordner") count less than the word itself.
const COMPOUND_WEIGHT: f64 = 0.8;
/// A second skill this near to the best makes a tie.
const TIE: f64 = 0.75;

/// How much of a request must be known to a skill, by how many telling words they share.
fn floor(strength: f64) -> f64 {
    match strength {
        strength if strength < 0.6 => f64::INFINITY,
        strength if strength < 1.7 => 0.72,
        strength if strength < 2.7 => 0.45,
        _ => 0.33,
    }
}

/// Words that say nothing about what is asked for: little words, courtesies, and verbs of any
/// request.
const STOP_WORDS: &str = include_str!("stop_words.txt");

/// Finds the skill that a request asks for; knows the words of a set of skills.
pub struct Matcher {
    index: Index,
    stop: BTreeSet<String>,
}

impl std::fmt::Debug for Matcher {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Matcher")
            .field("skills", &self.index.skills.len())
            .finish_non_exhaustive()
    }
}

impl Matcher {
    /// Reads the words of `skills`, by whose places the answers go.
    pub fn new(skills: &[Skill]) -> Self {
        let stop: BTreeSet<String> = STOP_WORDS.split_whitespace().map(fold).collect();
        Self { index: Index::new(skills, &stop), stop }
    }

    /// The skill for a request; only what is clear is told.
    pub fn find(&self, request: &str) -> Matched {
        let end = request.floor_char_boundary(limits::REQUEST_BYTES_MAX);
        let words = self.index.stems.words(&request[..end], &self.stop);
        best(&self.index.scores(&words))
    }
}

/// The one far ahead of the others, if there is one.
fn best(scores: &[(usize, f64)]) -> Matched {
    let Some(&(best, score)) = scores.first() else { return Matched::None };
    let near: Vec<usize> = scores
        .iter()
        .filter(|(_, other)| *other >= score * TIE)
        .map(|(number, _)| *number)
        .collect();
    if near.len() == 1 { Matched::One(best) } else { Matched::Several(near) }
}
/// A stem, and by which stemmer: stems of different languages are not compared.
type Stem = (u8, String);

struct Stems {
    stemmers: Vec<Stemmer>,
    unspaced: Unspaced,
}

impl Stems {
    fn new(skills: &[Skill], stop: &BTreeSet<String>) -> Self {
        let texts = skills.iter().flat_map(|skill| [&*skill.words, &*skill.not_for]);
        let words = texts.flat_map(str::split_whitespace).chain(stop.iter().map(String::as_str));
        let unspaced = Unspaced::new(words);
        Self { stemmers: ALGORITHMS.into_iter().map(Stemmer::create).collect(), unspaced }
    }

    /// The different words of a text but for `stop`, folded, each with its stems.
    fn words(&self, text: &str, stop: &BTreeSet<String>) -> BTreeMap<String, BTreeSet<Stem>> {
        let mut words = BTreeMap::new();
        let runs = text.split(|letter: char| !letter.is_alphanumeric() && !joins(letter));
        for word in runs.flat_map(|run| self.unspaced.words(run)) {
            let lowered = word.to_lowercase();
            let folded = fold(&lowered);
            let is_new = !stop.contains(&folded) && !words.contains_key(&folded);
            if is_new && (folded.chars().count() > 1 || !folded.is_ascii()) {
                let stems = self.stems(&lowered, &folded);
                words.insert(folded, stems);
            }
        }
        words
    }

    fn stems(&self, lowered: &str, folded: &str) -> BTreeSet<Stem> {
        let mut stems = BTreeSet::from([(0, folded.to_owned())]);
        for (language, stemmer) in (1..).zip(&self.stemmers) {
            // With the accents, because endings have some; then without, because people leave
            // them out.
            stems.insert((language, fold(&stemmer.stem(lowered))));
            stems.insert((language, fold(&stemmer.stem(folded))));
        }
        stems.insert((u8::MAX, polish(folded)));
        stems
    }
}

/// Accents that are characters of their own, and the points of Hebrew and Arabic.
fn is_mark(letter: char) -> bool {
    matches!(letter, '\u{300}'..='\u{36f}' | '\u{591}'..='\u{5c7}' | '\u{64b}'..='\u{652}')
}

/// Signs that belong to a word and are no letters by themselves: marks, and those of Devanagari and
/// Thai.
fn joins(letter: char) -> bool {
    is_mark(letter) || matches!(letter, '\u{900}'..='\u{963}' | '\u{e31}'..='\u{e4e}')
}

/// Lower case without accents.
fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for letter in text.chars().filter(|letter| !is_mark(*letter)) {
        let plain = match letter {
            'à'..='å' | 'ā' | 'ă' | 'ą' => "a",
            'æ' => "ae",
            'ç' | 'ć' | 'č' => "c",
            'ď' | 'đ' => "d",
            'è'..='ë' | 'ē' | 'ę' | 'ě' => "e",
            'ì'..='ï' | 'ī' | 'ı' => "i",
            'ł' => "l",
            'ñ' | 'ń' | 'ň' => "n",
            'ò'..='ö' | 'ø' | 'ō' | 'ő' => "o",
            'œ' => "oe",
            'ř' => "r",
            'ß' => "ss",
            'ś' | 'š' | 'ş' => "s",
            'ť' | 'ţ' => "t",
            'ù'..='ü' | 'ū' | 'ů' | 'ű' => "u",
            'ý' | 'ÿ' => "y",
            'ź' | 'ż' | 'ž' => "z",
            'ё' => "е",
            letter => {
                folded.push(letter);
                continue;
            }
        };
        folded.push_str(plain);
    }
    folded
}

/// A light stemmer for Polish, which the library has none for: the endings of cases are cut.
fn polish(word: &str) -> String {
    const ENDINGS: [&str; 26] = [
        "owanie", "owania", "ami", "ach", "owi", "owie", "ego", "emu", "ymi", "imi", "ych", "ich",
        "ow", "om", "em", "ie", "ej", "ym", "im", "a", "e", "i", "o", "u", "y", "ac",
    ];
    const STEM_MIN: usize = 4;
    let ending = ENDINGS
        .iter()
        .filter(|ending| word.ends_with(**ending) && word.len() >= ending.len() + STEM_MIN)
        .max_by_key(|ending| ending.len());
    ending.map_or(word, |ending| &word[..word.len() - ending.len()]).to_owned()
}

struct Index {
    stems: Stems,
    skills: Vec<Words>,
}

/// The words of one skill.
struct Words {
    weights: BTreeMap<Stem, f64>,
    /// Folded words long enough to be recognised as a part of a compound.
    parts: BTreeSet<String>,
    not_for: BTreeSet<Stem>,
}

impl Index {
    fn new(skills: &[Skill], stop: &BTreeSet<String>) -> Self {
        let stems = Stems::new(skills, stop);
        let words = |skill: &Skill| {
            let mut weights: BTreeMap<Stem, f64> = BTreeMap::new();
            let mut parts = BTreeSet::new();
            let name = format!("{} {}", skill.name, skill.title);
            let text = format!("{} {}", skill.description, skill.words);
            for (text, weight) in [(name, NAME_WEIGHT), (text, 1.0)] {
                for (word, stems) in stems.words(&text, stop) {
                    for stem in stems {
                        *weights.entry(stem).or_default() += weight;
                    }
                    if word.chars().count() >= PART_MIN {
                        parts.insert(word);
                    }
                }
            }
            let not_for = stems.words(&skill.not_for, stop).into_values().flatten().collect();
            Words { weights, parts, not_for }
        };
        let skills = skills.iter().map(words).collect();
        Self { stems, skills }
    }

    /// How well each skill fits that may be meant at all, the best first.
    fn scores(&self, words: &BTreeMap<String, BTreeSet<Stem>>) -> Vec<(usize, f64)> {
        let mut scores: Vec<(usize, f64)> = vec![];
        for (number, skill) in self.skills.iter().enumerate() {
            let (mut score, mut strength, mut unknown) = (0.0, 0.0, 0.0);
            let mut is_for_other = false;
            for (word, stems) in words {
                is_for_other |= stems.iter().any(|stem| skill.not_for.contains(stem));
                let weight = skill.weight(word, stems);
                if weight > 0.0 {
                    let rarity = self.rarity(word, stems);
                    score += rarity * weight * (K1 + 1.0) / (weight + K1);
                    strength += rarity * weight.min(1.0);
                } else {
                    unknown += 1.0;
                }
            }
            let known = strength / (strength + UNKNOWN_WEIGHT * unknown);
            if !is_for_other && known >= floor(strength) {
                scores.push((number, score));
            }
        }
        scores.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        scores
    }

    /// 1 for a word of one skill only, less for a word of many.
    fn rarity(&self, word: &str, stems: &BTreeSet<Stem>) -> f64 {
        let holders = self.skills.iter().filter(|skill| skill.weight(word, stems) > 0.0).count();
        let frequency = |count: usize| {
            let (all, count) = (as_f64(self.skills.len()), as_f64(count));
            (1.0 + (all - count + 0.5) / (count + 0.5)).ln()
        };
        frequency(holders) / frequency(1)
    }
}

fn as_f64(count: usize) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}

/// Letters of a word that may be recognised at an end of a longer one.
const PART_MIN: usize = 5;

impl Words {
    fn weight(&self, word: &str, stems: &BTreeSet<Stem>) -> f64 {
        let whole = stems.iter().filter_map(|stem| self.weights.get(stem)).copied();
        let whole = whole.fold(0.0, f64::max);
        let is_compound = |part: &String| {
            word.len() >= part.len() + 3 && (word.starts_with(&**part) || word.ends_with(&**part))
        };
        if whole > 0.0 {
            whole
        } else if self.parts.iter().any(is_compound) {
            COMPOUND_WEIGHT
        } else {
            0.0
        }
    }
}
