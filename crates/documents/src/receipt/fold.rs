//! Text made comparable: lower case, without accents, wide forms narrowed; one letter stays one.

/// The line with every letter folded; positions in it are positions in the line's letters.
pub(super) fn fold(line: &str) -> Vec<char> {
    line.chars().map(fold_letter).collect()
}

/// The folded words of a phrase, everything that is no letter or digit between them dropped.
pub(super) fn words(phrase: &str) -> Vec<String> {
    let folded: String = phrase.chars().filter(|c| !is_mark(*c)).map(fold_letter).collect();
    folded
        .split(|letter: char| !letter.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect()
}

/// Composes what PDF and macOS texts write as letter and accent, and narrows wide forms, so that
/// what is cut out of the line later still reads well.
pub(super) fn tidy(line: &str) -> String {
    let mut out: Vec<char> = Vec::with_capacity(line.len());
    for letter in line.chars() {
        match letter {
            letter if is_mark(letter) => {
                if let Some(last) = out.last_mut()
                    && let Some(whole) = compose(*last, letter)
                {
                    *last = whole;
                }
            }
            '\u{a0}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{205f}' | '\u{3000}' | '\t' => {
                if letter == '\t' || letter == '\u{3000}' {
                    out.push(' ');
                }
                out.push(' ');
            }
            '\u{ad}'
            | '\u{200b}'..='\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{2069}'
            | '\u{feff}' => {}
            // Full-width ASCII, as East Asian texts use it; the yen and won signs are kept.
            '\u{ff01}'..='\u{ff5e}' => {
                let narrow = u32::from(letter) - 0xfee0;
                out.push(char::from_u32(narrow).unwrap_or(letter));
            }
            '\u{ffe5}' => out.push('¥'),
            '\u{ffe6}' => out.push('₩'),
            '\u{ffe1}' => out.push('£'),
            // Arabic, Indian and Thai digits are digits, and Arabic has its own signs between them.
            '\u{660}'..='\u{669}' => out.push(digit(letter, 0x660)),
            '\u{6f0}'..='\u{6f9}' => out.push(digit(letter, 0x6f0)),
            '\u{966}'..='\u{96f}' => out.push(digit(letter, 0x966)),
            '\u{9e6}'..='\u{9ef}' => out.push(digit(letter, 0x9e6)),
            '\u{e50}'..='\u{e59}' => out.push(digit(letter, 0xe50)),
            '\u{66b}' => out.push('.'),
            '\u{66c}' => out.push(','),
            '\u{2212}' | '\u{2012}' | '\u{2010}' | '\u{2011}' | '\u{fe63}' => out.push('-'),
            '\u{2018}' | '\u{2019}' | '\u{b4}' => out.push('\''),
            '〜' => out.push('~'),
            letter => out.push(letter),
        }
    }
    out.into_iter().collect()
}

fn digit(letter: char, zero: u32) -> char {
    char::from_digit(u32::from(letter) - zero, 10).unwrap_or(letter)
}

fn is_mark(letter: char) -> bool {
    // Dakuten stay: they make another kana.
    matches!(letter, '\u{300}'..='\u{36f}')
}

fn compose(base: char, mark: char) -> Option<char> {
    const TABLE: [(char, &str, &str); 8] = [
        ('\u{300}', "aeiouAEIOU", "àèìòùÀÈÌÒÙ"),
        ('\u{301}', "aeiouyAEIOUYcnszCNSZ", "áéíóúýÁÉÍÓÚÝćńśźĆŃŚŹ"),
        ('\u{302}', "aeiouAEIOU", "âêîôûÂÊÎÔÛ"),
        ('\u{303}', "anoANO", "ãñõÃÑÕ"),
        ('\u{308}', "aeiouAEIOU", "äëïöüÄËÏÖÜ"),
        ('\u{30a}', "auAU", "åůÅŮ"),
        ('\u{30c}', "cdenrstzCDENRSTZ", "čďěňřšťžČĎĚŇŘŠŤŽ"),
        ('\u{327}', "csCS", "çşÇŞ"),
    ];
    let (_, from, to) = TABLE.iter().find(|(known, ..)| *known == mark)?;
    let at = from.chars().position(|letter| letter == base)?;
    to.chars().nth(at)
}

/// One letter for one letter.
fn fold_letter(letter: char) -> char {
    match letter {
        'º' | 'ª' | '°' => ' ',
        'A'..='Z' => letter.to_ascii_lowercase(),
        letter if letter.is_ascii() => letter,
        'À'..='Å' | 'à'..='å' | 'Ā' | 'ā' | 'Ă' | 'ă' | 'Ą' | 'ą' => 'a',
        'Æ' | 'æ' => 'æ',
        'Ç' | 'ç' | 'Ć' | 'ć' | 'Č' | 'č' => 'c',
        'Ď' | 'ď' | 'Đ' | 'đ' => 'd',
        'È'..='Ë' | 'è'..='ë' | 'Ē' | 'ē' | 'Ė' | 'ė' | 'Ę' | 'ę' | 'Ě' | 'ě' => 'e',
        'Ğ' | 'ğ' => 'g',
        'Ì'..='Ï' | 'ì'..='ï' | 'İ' | 'ı' | 'Ī' | 'ī' => 'i',
        'Ł' | 'ł' | 'Ľ' | 'ľ' => 'l',
        'Ñ' | 'ñ' | 'Ń' | 'ń' | 'Ň' | 'ň' => 'n',
        'Ò'..='Ö' | 'ò'..='ö' | 'Ø' | 'ø' | 'Ő' | 'ő' => 'o',
        'Ř' | 'ř' => 'r',
        'ß' | 'Ś' | 'ś' | 'Ş' | 'ş' | 'Š' | 'š' | 'Ș' | 'ș' => 's',
        'Ť' | 'ť' | 'Ț' | 'ț' | 'Ţ' | 'ţ' => 't',
        'Ù'..='Ü' | 'ù'..='ü' | 'Ů' | 'ů' | 'Ű' | 'ű' | 'Ū' | 'ū' => 'u',
        'Ý' | 'ý' | 'ÿ' => 'y',
        'Ź' | 'ź' | 'Ż' | 'ż' | 'Ž' | 'ž' => 'z',
        'ά' | 'Ά' => 'α',
        'έ' | 'Έ' => 'ε',
        'ή' | 'Ή' => 'η',
        'ί' | 'ϊ' | 'ΐ' | 'Ί' => 'ι',
        'ό' | 'Ό' => 'ο',
        'ύ' | 'ϋ' | 'ΰ' | 'Ύ' => 'υ',
        'ώ' | 'Ώ' => 'ω',
        'ς' => 'σ',
        'ё' | 'Ё' => 'е',
        letter => letter.to_lowercase().next().unwrap_or(letter),
    }
}

/// Scripts that write no spaces between words.
pub(super) fn is_dense(letter: char) -> bool {
    matches!(
        letter,
        '\u{e00}'..='\u{e7f}'
            | '\u{3040}'..='\u{30ff}'
            | '\u{3400}'..='\u{9fff}'
            | '\u{ac00}'..='\u{d7af}'
            | '々'
            | '〒'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_word_become_one() {
        let folded = |text: &str| fold(&tidy(text)).into_iter().collect::<String>();
        assert_eq!(folded("Gesamtbeträge"), "gesamtbetrage");
        assert_eq!(folded("Gesamtbetra\u{308}ge"), "gesamtbetrage");
        assert_eq!(folded("ΣΎΝΟΛΟ"), "συνολο");
        assert_eq!(folded("FİŞ"), "fis");
        assert_eq!(folded("ＴＯＴＡＬ　￥１，９８０"), "total  ¥1,980");
        assert_eq!(words("à payer (TTC) :"), ["a", "payer", "ttc"]);
    }
}
