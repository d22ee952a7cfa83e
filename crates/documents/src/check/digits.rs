//! Whether a claimed amount stands in a text, however it is grouped and parted there.

/// An exact decimal in ten-thousandths; `None` for anything else.
pub(super) fn exact(text: &str) -> Option<i128> {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text),
    };
    let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
    let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty()
        || !is_number(whole)
        || !is_number(part)
        || part.len() > 4
        || whole.len() > 20
    {
        return None;
    }
    let joined = format!("{whole}{part:0<4}");
    joined.parse::<i128>().ok().map(|value| sign * value)
}

/// For people: ten-thousandths with two decimals, or more where there are more.
pub(super) fn shown(value: i128) -> String {
    let sign = if value < 0 { "-" } else { "" };
    let (whole, part) = (value.abs() / 10_000, value.abs() % 10_000);
    let part = format!("{part:04}");
    let part = part.trim_end_matches('0');
    format!("{sign}{whole}.{part:0<2}")
}

/// `true` when the text holds the digits of `claim`, grouped or not, parted by a point or a comma,
/// and not as a part of a longer number.
pub(super) fn holds(text: &str, claim: &str) -> bool {
    let claim = claim.trim_start_matches('-');
    let (whole, part) = claim.split_once('.').unwrap_or((claim, ""));
    let part = part.trim_end_matches('0');
    let letters: Vec<char> = text.chars().map(plain).collect();
    (0..letters.len())
        .any(|start| starts_number(&letters, start) && matches_at(&letters, start, whole, part))
}

/// Digits of other scripts and wide forms become ASCII, blanks of all widths one.
fn plain(letter: char) -> char {
    let value = u32::from(letter);
    for zero in [0xff10_u32, 0x660, 0x6f0, 0x966] {
        if (zero..zero + 10).contains(&value) {
            return char::from_digit(value - zero, 10).unwrap_or(letter);
        }
    }
    match letter {
        '，' => ',',
        '．' => '.',
        '’' | '‘' | '´' => '\'',
        letter if letter.is_whitespace() => ' ',
        letter => letter,
    }
}

fn starts_number(letters: &[char], start: usize) -> bool {
    let digit = |at: usize| letters.get(at).is_some_and(char::is_ascii_digit);
    let joins = |at: usize| matches!(letters[at], '.' | ',' | '\'');
    let bare_part = matches!(letters[start], '.' | ',') && digit(start + 1);
    if !digit(start) && !bare_part {
        return false;
    }
    let Some(before) = start.checked_sub(1) else { return true };
    let continues = joins(before) && before.checked_sub(1).is_some_and(digit);
    !digit(before) && !continues
}

fn matches_at(letters: &[char], start: usize, whole: &str, part: &str) -> bool {
    let digit = |at: usize| letters.get(at).is_some_and(char::is_ascii_digit);
    let mut at = start;
    let bare = matches!(letters[start], '.' | ',');
    if bare && whole != "0" {
        return false;
    }
    if !bare {
        for (index, wanted) in whole.chars().enumerate() {
            let groups = matches!(letters.get(at), Some('.' | ',' | '\'' | ' '));
            if index > 0 && groups && digit(at + 1) {
                at += 1;
            }
            if letters.get(at) != Some(&wanted) {
                return false;
            }
            at += 1;
        }
    }
    if matches!(letters.get(at), Some('.' | ',')) && digit(at + 1) {
        let decimals: String =
            letters[at + 1..].iter().take_while(|c| c.is_ascii_digit()).collect();
        let end = at + 1 + decimals.len();
        let goes_on = matches!(letters.get(end), Some('.' | ',')) && digit(end + 1);
        return decimals.trim_end_matches('0') == part && !goes_on;
    }
    part.is_empty() && !digit(at)
}

/// A cell that holds a day: three groups of digits, or a number and a word with a year.
pub(super) fn looks_like_day(text: &str) -> bool {
    let text: Vec<char> = text.trim().chars().take(24).map(plain).collect();
    let mut groups: Vec<usize> = Vec::new();
    let mut last_is_digit = false;
    for letter in &text {
        let is_digit = letter.is_ascii_digit();
        match (is_digit, last_is_digit) {
            (true, true) => {
                if let Some(last) = groups.last_mut() {
                    *last += 1;
                }
            }
            (true, false) => groups.push(1),
            _ => {}
        }
        last_is_digit = is_digit;
    }
    let has_sign = text.iter().any(|letter| matches!(letter, '-' | '/' | '.' | '年' | '년'));
    let numeric = groups.len() >= 3 && groups[..3].iter().all(|size| *size <= 4) && has_sign;
    let has_year = groups.contains(&4);
    let has_word = text.iter().filter(|letter| letter.is_alphabetic()).count() >= 3;
    let worded = groups.len() == 2 && has_year && has_word && text.len() <= 20;
    (numeric && (has_year || groups[..3].iter().all(|size| *size <= 2))) || worded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_found_in_any_dress() {
        for (text, claim) in [
            ("Summe 1.234,56 EUR", "1234.56"),
            ("Total $1,234.56", "1234.56"),
            ("Total 1 234,56", "1234.56"),
            ("CHF 1'234.50", "1234.50"),
            ("₹1,23,456.00", "123456.00"),
            ("￥１，９８０", "1980"),
            ("12,-", "12.00"),
            ("12.5", "12.50"),
            ("$.99", "0.99"),
            ("-16,49", "16.49"),
            ("-16,49", "-16.49"),
            ("2 x 150,00", "150.00"),
            ("=1250,00", "1250.00"),
        ] {
            assert!(holds(text, claim), "{claim} in {text}");
        }
    }

    #[test]
    fn a_part_of_a_number_is_not_the_number() {
        for (text, claim) in [
            ("1.234,56", "234.56"),
            ("1234.56", "34.56"),
            ("12.50", "12.00"),
            ("12.505", "12.50"),
            ("125", "12.00"),
            ("112.50", "12.50"),
            ("12.50.2025", "12.50"),
            ("", "0.00"),
        ] {
            assert!(!holds(text, claim), "{claim} in {text}");
        }
    }

    #[test]
    fn decimals_are_exact() {
        assert_eq!(exact("1234.56"), Some(12_345_600));
        assert_eq!(exact("-0.1"), Some(-1_000));
        assert_eq!(exact("1e3"), None);
        assert_eq!(shown(12_345_600), "1234.56");
        assert_eq!(shown(-1_000), "-0.10");
    }

    #[test]
    fn days_are_seen() {
        for text in ["03.03.25", "2025-04-03", "4/3/2025", "3 Apr 2025", "2025年4月3日"] {
            assert!(looks_like_day(text), "{text}");
        }
        for text in ["-16,49", "1.234,56", "Marktkauf", "2025", "1,23,456.00"] {
            assert!(!looks_like_day(text), "{text}");
        }
    }
}
