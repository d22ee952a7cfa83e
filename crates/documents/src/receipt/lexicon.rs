//! The vocabulary as a lookup: which phrases with which meaning stand in a line, and where.

use super::fold::{is_dense, words};
use std::collections::HashMap;
use std::sync::LazyLock;

/// A language of the vocabulary, two letters; `x` for none.
pub(super) type Language = &'static str;

/// A phrase found in a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Hit {
    /// As the vocabulary names it, such as `grand`.
    pub(super) class: &'static str,
    /// Letters of the line, counted from 0; `end` is behind the last.
    pub(super) start: usize,
    pub(super) end: usize,
    /// How many words the phrase has.
    pub(super) words: usize,
}

#[derive(Debug)]
struct Phrase {
    words: Vec<String>,
    class: &'static str,
    languages: Vec<Language>,
}

/// One section of the vocabulary.
#[derive(Debug, Default)]
pub(super) struct Lexicon {
    phrases: Vec<Phrase>,
    by_first_word: HashMap<String, Vec<usize>>,
    /// Phrases of scripts without spaces, by their first letter; longest first.
    dense: HashMap<char, Vec<(Vec<char>, usize)>>,
}

/// All sections.
#[derive(Debug)]
pub(super) struct Vocabulary {
    pub(super) labels: Lexicon,
    pub(super) dates: Lexicon,
    pub(super) numbers: Lexicon,
    pub(super) kinds: Lexicon,
    pub(super) columns: Lexicon,
    pub(super) moves: Lexicon,
    pub(super) parties: Lexicon,
    pub(super) stop: Lexicon,
    pub(super) months: HashMap<String, u8>,
    /// 0 for Monday.
    pub(super) weekdays: HashMap<String, u8>,
}

static VOCABULARY: LazyLock<Vocabulary> = LazyLock::new(|| parse(include_str!("vocabulary.txt")));

pub(super) fn vocabulary() -> &'static Vocabulary {
    &VOCABULARY
}

fn parse(text: &'static str) -> Vocabulary {
    let mut sections: HashMap<&str, Lexicon> = HashMap::new();
    let mut months = HashMap::new();
    let mut weekdays = HashMap::new();
    let mut section = "";
    for line in text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        if let Some(name) = line.strip_prefix('[') {
            section = name.trim_end_matches(']');
            continue;
        }
        let Some((head, phrases)) = line.split_once(": ") else { continue };
        let Some((class, language)) = head.split_once(' ') else { continue };
        for phrase in phrases.split('|').map(str::trim) {
            let number = || class.parse().unwrap_or(0);
            match section {
                "months" => drop(months.insert(words(phrase).concat(), number())),
                "weekdays" => drop(weekdays.insert(words(phrase).concat(), number())),
                _ => sections.entry(section).or_default().add(phrase, class, language),
            }
        }
    }
    let mut take = |name: &str| {
        let mut lexicon = sections.remove(name).unwrap_or_default();
        lexicon.sort();
        lexicon
    };
    Vocabulary {
        labels: take("labels"),
        dates: take("dates"),
        numbers: take("numbers"),
        kinds: take("kinds"),
        columns: take("columns"),
        moves: take("moves"),
        parties: take("parties"),
        stop: take("stop"),
        months,
        weekdays,
    }
}

impl Lexicon {
    /// The first class under which a phrase is listed wins; languages are gathered.
    fn add(&mut self, phrase: &str, class: &'static str, language: Language) {
        let words = words(phrase);
        let Some(first) = words.first() else { return };
        let known = self.by_first_word.get(first).and_then(|list| {
            list.iter().copied().find(|index| self.phrases[*index].words == words)
        });
        if let Some(index) = known {
            let languages = &mut self.phrases[index].languages;
            if !languages.contains(&language) {
                languages.push(language);
            }
            return;
        }
        let index = self.phrases.len();
        if first.chars().any(is_dense) {
            let letters: Vec<char> = words.concat().chars().collect();
            self.dense.entry(letters[0]).or_default().push((letters, index));
        }
        self.by_first_word.entry(first.clone()).or_default().push(index);
        self.phrases.push(Phrase { words, class, languages: vec![language] });
    }

    fn sort(&mut self) {
        for list in self.by_first_word.values_mut() {
            list.sort_by_key(|index| std::cmp::Reverse(self.phrases[*index].words.len()));
        }
        for list in self.dense.values_mut() {
            list.sort_by_key(|(letters, _)| std::cmp::Reverse(letters.len()));
        }
    }

    /// The phrases in a folded line, longest first, none within another, in order.
    pub(super) fn find(&self, folded: &[char]) -> Vec<Hit> {
        self.scan(folded).into_iter().map(|(hit, _)| hit).collect()
    }

    /// Adds one to each language that a phrase of the line belongs to.
    pub(super) fn count(&self, folded: &[char], counts: &mut HashMap<Language, u32>) {
        for (hit, index) in self.scan(folded) {
            let languages = &self.phrases[index].languages;
            // A phrase of few languages and many letters tells more.
            let weight = match (languages.len(), hit.end - hit.start) {
                (1, 0..=1) => 1,
                (1, 2..=3) => 2,
                (1, _) => 4,
                (2, _) => 2,
                _ => 1,
            };
            for language in languages.iter().filter(|language| **language != "x") {
                *counts.entry(language).or_default() += weight;
            }
        }
    }

    fn scan(&self, folded: &[char]) -> Vec<(Hit, usize)> {
        let mut found = Vec::new();
        let tokens = tokens(folded);
        let mut at = 0;
        while at < tokens.len() {
            let longest = self.by_first_word.get(&tokens[at].0).and_then(|list| {
                list.iter().copied().find(|index| {
                    let words = &self.phrases[*index].words;
                    tokens.len() - at >= words.len()
                        && words.iter().zip(&tokens[at..]).all(|(word, token)| *word == token.0)
                        && is_together(folded, &tokens[at..at + words.len()])
                })
            });
            let Some(index) = longest else {
                at += 1;
                continue;
            };
            let phrase = &self.phrases[index];
            let last = at + phrase.words.len() - 1;
            let (start, end) = (tokens[at].1, tokens[last].2);
            found.push((Hit { class: phrase.class, start, end, words: phrase.words.len() }, index));
            at = last + 1;
        }
        self.scan_dense(folded, &mut found);
        found.sort_by_key(|(hit, _)| hit.start);
        found
    }

    /// Receipts of dense scripts set single letters apart ("合 計"), so blanks are skipped.
    fn scan_dense(&self, folded: &[char], found: &mut Vec<(Hit, usize)>) {
        if !folded.iter().any(|letter| is_dense(*letter)) {
            return;
        }
        found.retain(|(hit, _)| !folded[hit.start..hit.end].iter().any(|c| is_dense(*c)));
        let letters: Vec<(usize, char)> = folded
            .iter()
            .copied()
            .enumerate()
            .filter(|(_, letter)| letter.is_alphanumeric())
            .collect();
        let mut at = 0;
        while at < letters.len() {
            let longest = self.dense.get(&letters[at].1).and_then(|list| {
                list.iter().find(|(phrase, _)| {
                    letters.len() - at >= phrase.len()
                        && phrase.iter().zip(&letters[at..]).all(|(want, (_, have))| want == have)
                })
            });
            let Some((phrase, index)) = longest else {
                at += 1;
                continue;
            };
            let (start, end) = (letters[at].0, letters[at + phrase.len() - 1].0 + 1);
            let class = self.phrases[*index].class;
            found.push((Hit { class, start, end, words: phrase.len() }, *index));
            at += phrase.len();
        }
    }
}

/// No wide gap parts the words: "VAT   Total" are two headings.
fn is_together(folded: &[char], tokens: &[(String, usize, usize)]) -> bool {
    tokens
        .windows(2)
        .all(|pair| !folded[pair[0].2..pair[1].1].windows(2).any(|gap| gap == [' ', ' ']))
}

/// Words of a folded line with where they start and end.
pub(super) fn tokens(folded: &[char]) -> Vec<(String, usize, usize)> {
    let mut tokens = Vec::new();
    let mut at = 0;
    while at < folded.len() {
        if !folded[at].is_alphanumeric() {
            at += 1;
            continue;
        }
        let start = at;
        while at < folded.len() && folded[at].is_alphanumeric() {
            at += 1;
        }
        tokens.push((folded[start..at].iter().collect(), start, at));
    }
    tokens
}

#[cfg(test)]
mod tests {
    use super::super::fold::fold;
    use super::*;

    #[test]
    fn the_longest_phrase_wins() {
        let classes = |line: &str| -> Vec<&str> {
            vocabulary().labels.find(&fold(line)).iter().map(|hit| hit.class).collect()
        };
        assert_eq!(classes("Sub-Total: 12.00"), ["net"]);
        assert_eq!(classes("TOTAL TTC 12,00 dont TVA 2,00"), ["grand", "tax"]);
        assert_eq!(classes("Gesamtbetrag (inkl. MwSt.)"), ["grand"]);
        assert_eq!(classes("合　計 ¥1,980"), ["total"]);
        assert_eq!(classes("お預り ¥2,000 お釣り ¥20"), ["tender", "change"]);
        assert_eq!(classes("Totally different"), Vec::<&str>::new());
    }

    #[test]
    fn every_month_has_names() {
        for month in 1..=12 {
            assert!(vocabulary().months.values().filter(|known| **known == month).count() > 20);
        }
        assert_eq!(vocabulary().months["março".replace('ç', "c").as_str()], 3);
    }
}
