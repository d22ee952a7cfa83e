//! Which language a text is in, guessed by its script and its smallest words; and those words,
//! which tell nothing about what a text is about.

use std::collections::HashMap;
use std::sync::LazyLock;

/// Words by which the guess is made.
const WORDS_MAX: usize = 5_000;
/// Fewer small words than this say nothing.
const HITS_MIN: usize = 3;

/// The most common words of each language that tell nothing of the matter: lines of a language's
/// code and some of its words.
const SMALL_WORDS: &str = include_str!("small_words.txt");

static SMALL: LazyLock<HashMap<&'static str, Vec<&'static str>>> = LazyLock::new(|| {
    let mut languages: HashMap<&str, Vec<&str>> = HashMap::new();
    for (language, words) in SMALL_WORDS.lines().filter_map(|line| line.split_once(' ')) {
        for word in words.split_whitespace() {
            let known = languages.entry(word).or_default();
            if known.last() != Some(&language) {
                known.push(language);
            }
        }
    }
    languages
});

/// `true` for words such as "the", in any language we know; the word is in lower case.
pub fn is_small_word(word: &str) -> bool {
    SMALL.contains_key(word)
}

/// ISO 639-1 code of the language of these lines, if it can be told.
pub fn guess<'a>(lines: impl Iterator<Item = &'a str>) -> Option<&'static str> {
    let mut hits: HashMap<&'static str, f64> = HashMap::new();
    let mut scripts: HashMap<&str, usize> = HashMap::new();
    let mut small = 0_usize;
    let mut words = 0_usize;
    'all: for line in lines {
        for word in line.split(|letter: char| !letter.is_alphanumeric()) {
            if word.is_empty() {
                continue;
            }
            words += 1;
            if words > WORDS_MAX {
                break 'all;
            }
            for letter in word.chars() {
                if let Some(script) = script(letter) {
                    *scripts.entry(script).or_default() += 1;
                }
            }
            if let Some(languages) = SMALL.get(word.to_lowercase().as_str()) {
                small += 1;
                for language in languages {
                    // A word that many languages share says little for each.
                    *hits.entry(language).or_default() += 1.0 / precise(languages.len());
                }
            }
        }
    }
    if let Some(language) = by_script(&scripts) {
        return Some(language);
    }
    let mut ranked: Vec<(&'static str, f64)> = hits.into_iter().collect();
    ranked.sort_by(|one, other| other.1.total_cmp(&one.1).then(one.0.cmp(other.0)));
    let (best, score) = *ranked.first()?;
    let second = ranked.get(1).map_or(0.0, |(_, score)| *score);
    let clear = small >= HITS_MIN && score >= 1.5 && score > second * 1.15;
    clear.then_some(best)
}

fn precise(count: usize) -> f64 {
    u32::try_from(count).map_or(f64::MAX, f64::from)
}

/// Scripts that one language uses, more or less; the others are told apart by words.
fn script(letter: char) -> Option<&'static str> {
    Some(match letter {
        '\u{3040}'..='\u{30ff}' => "ja",
        '\u{4e00}'..='\u{9fff}' => "zh",
        '\u{ac00}'..='\u{d7af}' => "ko",
        '\u{590}'..='\u{5ff}' => "he",
        '\u{600}'..='\u{6ff}' => "ar",
        '\u{900}'..='\u{97f}' => "hi",
        '\u{e00}'..='\u{e7f}' => "th",
        '\u{370}'..='\u{3ff}' => "el",
        '\u{10a0}'..='\u{10ff}' => "ka",
        '\u{530}'..='\u{58f}' => "hy",
        letter if letter.is_alphabetic() => "",
        _ => return None,
    })
}

fn by_script(scripts: &HashMap<&'static str, usize>) -> Option<&'static str> {
    let count = |script: &str| scripts.get(script).copied().unwrap_or(0);
    let total: usize = scripts.values().sum();
    // Kana make a text Japanese, however many of its letters are Chinese.
    if count("ja") >= 3 && (count("ja") + count("zh")) * 3 > total {
        return Some("ja");
    }
    let (script, most) = scripts
        .iter()
        .filter(|(script, _)| !script.is_empty() && **script != "ja")
        .max_by_key(|(script, count)| (**count, **script))?;
    (*most >= 4 && most * 3 > total).then_some(*script)
}

#[cfg(test)]
mod tests {
    use super::guess;

    #[test]
    fn languages_are_told_by_their_small_words() {
        for (text, language) in [
            ("Thank you for your order. The total of this invoice is due on receipt.", Some("en")),
            ("Vielen Dank für Ihren Einkauf. Die Rechnung ist bis zum 3. zu zahlen.", Some("de")),
            ("Merci de votre visite. La facture est payable dans les 30 jours.", Some("fr")),
            ("Gracias por su compra. El importe total de la factura es de 12 euros.", Some("es")),
            ("Grazie per il suo acquisto. Il totale della fattura è di 12 euro.", Some("it")),
            ("Obrigado pela sua compra. O total da fatura é de 12 euros para você.", Some("pt")),
            ("Bedankt voor uw bestelling. Het totaal van de factuur is 12 euro.", Some("nl")),
            (
                "Tack för ditt köp. Det här är en kvitto på din order som vi har skickat.",
                Some("sv"),
            ),
            ("Dziękujemy za zakupy. To jest faktura za usługi oraz opłaty przez nas.", Some("pl")),
            (
                "Спасибо за покупку. Это счет за услуги, которые мы вам оказали по договору.",
                Some("ru"),
            ),
            (
                "Дякуємо за покупку. Це рахунок за послуги, що ми надали вам і вашій родині.",
                Some("uk"),
            ),
            ("お買い上げありがとうございます。合計 1,200円", Some("ja")),
            ("谢谢惠顾 合计 一百二十元 日期", Some("zh")),
            ("ευχαριστούμε για την αγορά", Some("el")),
            ("12.50 EUR 2024-03-01", None),
            ("Invoice 4711", None),
        ] {
            assert_eq!(guess(text.lines()), language, "{text}");
        }
    }
}
