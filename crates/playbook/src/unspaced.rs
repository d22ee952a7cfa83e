//! Words of scripts that set no spaces between them, or hang their little words onto others:
//! Chinese, Japanese, Korean, Thai.
//!
//! Nothing here knows the languages. The words that skills list, and those that say nothing, are
//! looked for in a run of letters, the longest first; what lies between them is a word of its own.

use std::collections::BTreeSet;

/// Letters of the longest word that is looked for.
const WORD_LETTERS_MAX: usize = 16;

/// The words that are known.
#[derive(Debug, Default)]
pub(crate) struct Unspaced {
    known: BTreeSet<String>,
}

impl Unspaced {
    /// Keeps those of `words` that are written in one of these scripts.
    pub(crate) fn new<'a>(words: impl Iterator<Item = &'a str>) -> Self {
        let trimmed = words.map(|word| word.trim_matches(|letter| !is_unspaced(letter)));
        let known = trimmed.filter(|word| !word.is_empty()).map(str::to_owned).collect();
        Self { known }
    }

    /// The words of a run of letters; a run of any other script is one word.
    pub(crate) fn words<'a>(&self, run: &'a str) -> Vec<&'a str> {
        if !run.contains(is_unspaced) {
            return vec![run];
        }
        let (mut words, mut between, mut at) = (Vec::new(), 0, 0);
        while let Some(rest) = run.get(at..).filter(|rest| !rest.is_empty()) {
            if let Some(length) = self.known_at(rest) {
                words.extend(telling(&run[between..at]));
                words.push(&rest[..length]);
                at += length;
                between = at;
            } else {
                at += rest.chars().next().map_or(1, char::len_utf8);
            }
        }
        words.extend(telling(&run[between..]));
        words
    }

    /// Bytes of the longest known word that the text begins with.
    fn known_at(&self, text: &str) -> Option<usize> {
        let ends = text.char_indices().map(|(at, letter)| at + letter.len_utf8());
        let ends: Vec<usize> = ends.take(WORD_LETTERS_MAX).collect();
        ends.into_iter().rev().find(|end| self.known.contains(&text[..*end]))
    }
}

/// What lies between known words; endings, which Japanese writes in letters of their own, say
/// nothing.
fn telling(text: &str) -> Option<&str> {
    let is_ending = |letter| matches!(letter, '\u{3040}'..='\u{309f}');
    let text = text.trim_matches(is_ending);
    (!text.is_empty()).then_some(text)
}

/// Han, Hiragana, Katakana, Hangul and Thai.
fn is_unspaced(letter: char) -> bool {
    matches!(
        letter,
        '\u{e00}'..='\u{e7f}'
            | '\u{3040}'..='\u{30ff}'
            | '\u{3400}'..='\u{9fff}'
            | '\u{ac00}'..='\u{d7af}'
            | '\u{f900}'..='\u{faff}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_words_are_found_in_a_run() {
        let unspaced = Unspaced::new(["発票", "经费", "レシート", "영수증", "cost,"].into_iter());
        let cases: [(&str, &[&str]); 6] = [
            ("receipts", &["receipts"]),
            ("このレシートから", &["レシート"]),
            ("写発票経費", &["写", "発票", "経費"]),
            ("영수증으로", &["영수증", "으로"]),
            ("をの", &[]),
            ("", &[""]),
        ];
        for (run, words) in cases {
            assert_eq!(unspaced.words(run), words, "{run}");
        }
    }
}
