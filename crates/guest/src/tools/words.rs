//! The words that tell what a file is about, out of its name and its text.

use super::limits::WORDS_MAX;
use documents::language::is_small_word;
use std::collections::{HashMap, HashSet};

/// Words that are in names and texts of any matter.
const NOISE: &str = "http https www com org net html htm php index page seite file files datei folder \
    document dokument documento untitled unbenannt copy kopie copie copia scan img dsc pxl dscn vid mov \
    screenshot bildschirmfoto whatsapp image video signal final draft entwurf neu new old version rev \
    download tmp temp backup utf nbsp amp subject betreff from date cc bcc mailto";

/// Distinct words of a text that are counted.
const COUNTED_MAX: usize = 5_000;

/// Letters of the longest word.
const LETTERS_MAX: usize = 40;

/// Up to `WORDS_MAX` telling words, lower case: those of the name first, then the title's, then the
/// text's by how often they occur.
pub(crate) fn telling<'a>(
    name: &str,
    title: Option<&str>,
    lines: impl Iterator<Item = &'a str>,
) -> Vec<String> {
    let noise: HashSet<&str> = NOISE.split_whitespace().collect();
    let mut words: Vec<String> = vec![];
    let mut add = |word: String, most: usize| {
        if words.len() < most && !noise.contains(&word[..]) && !words.contains(&word) {
            words.push(word);
        }
    };
    // Half of the room is the text's, if it has something to say.
    split(stem(name)).into_iter().for_each(|word| add(word, WORDS_MAX / 2));
    split(title.unwrap_or_default()).into_iter().for_each(|word| add(word, WORDS_MAX * 2 / 3));
    for word in frequent(lines) {
        add(word, WORDS_MAX);
    }
    words
}

/// The name without its ending.
fn stem(name: &str) -> &str {
    match name.rsplit_once('.') {
        Some((stem, ending)) if !stem.is_empty() && ending.len() <= 8 && !ending.contains(' ') => {
            stem
        }
        _ => name,
    }
}

fn frequent<'a>(lines: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut counts: HashMap<String, (usize, usize)> = HashMap::new();
    for line in lines {
        for word in split(line) {
            let order = counts.len();
            if order < COUNTED_MAX || counts.contains_key(&word) {
                counts.entry(word).or_insert((0, order)).0 += 1;
            }
        }
    }
    let mut counted: Vec<(String, (usize, usize))> = counts.into_iter().collect();
    counted.sort_by_key(|(_, (count, order))| (std::cmp::Reverse(*count), *order));
    counted.into_iter().take(WORDS_MAX * 4).map(|(word, _)| word).collect()
}

/// The words of a text that may tell something. `camelCase` is two; scripts without spaces give
/// pairs of letters.
fn split(text: &str) -> Vec<String> {
    let mut words = vec![];
    for run in text.split(|letter: char| !letter.is_alphanumeric()) {
        for part in humps(run) {
            if part.chars().next().is_some_and(is_unspaced) {
                let letters: Vec<char> =
                    part.chars().filter(|letter| is_unspaced(*letter)).collect();
                words.extend(letters.windows(2).map(|pair| pair.iter().collect()));
            } else if tells(part) {
                words.push(part.to_lowercase());
            }
        }
    }
    words.retain(|word: &String| !is_small_word(word));
    words
}

/// Splits where a small letter is followed by a large one, and where digits or scripts begin.
fn humps(run: &str) -> Vec<&str> {
    let mut parts = vec![];
    let mut start = 0;
    let mut before: Option<char> = None;
    for (at, letter) in run.char_indices() {
        let is_cut = before.is_some_and(|before| {
            before.is_lowercase() && letter.is_uppercase()
                || before.is_numeric() != letter.is_numeric()
                || is_unspaced(before) != is_unspaced(letter)
        });
        if is_cut {
            parts.push(&run[start..at]);
            start = at;
        }
        before = Some(letter);
    }
    parts.push(&run[start..]);
    parts
}

fn tells(word: &str) -> bool {
    let letters = word.chars().count();
    (3..=LETTERS_MAX).contains(&letters) && word.chars().all(char::is_alphabetic)
}

/// Chinese and Japanese write words without spaces between them.
fn is_unspaced(letter: char) -> bool {
    matches!(letter, '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}')
}

#[cfg(test)]
mod tests {
    use super::telling;

    #[test]
    fn words_tell_what_it_is_about() {
        let cases: [(&str, &str, &str); 9] = [
            ("Rechnung_Strom-2024.pdf", "", "rechnung strom"),
            ("MeineSteuererklärung2023.pdf", "", "meine steuererklärung"),
            ("IMG_20240305_172011.jpg", "", ""),
            (
                "scan0001.pdf",
                "The contract and the tenant. The contract ends.",
                "contract tenant ends",
            ),
            ("a.txt", "123 456 2024-03-05 EUR EUR 1.234,00", "eur"),
            ("für die mit and the las.txt", "", ""),
            ("請求書2024.pdf", "", "請求 求書"),
            (".gitignore", "", "gitignore"),
            ("Договор аренды.docx", "и не на", "договор аренды"),
        ];
        for (name, text, want) in cases {
            assert_eq!(telling(name, None, text.lines()).join(" "), want, "{name}");
        }
    }

    #[test]
    fn the_name_leaves_room_for_the_text() {
        let name = "one_alpha_beta_gamma_delta_epsilon_zeta_eta_theta_iota_kappa.txt";
        let text = "apple banana cherry damson elder fig grape hazel";
        let words = telling(name, None, text.lines());
        assert_eq!(words.len(), 12);
        assert_eq!(words[6], "apple");
    }
}
