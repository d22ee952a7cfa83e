//! Numbers and dates of spreadsheets, as exact texts.

use calamine::ExcelDateTime;

/// A number with the 15 digits that spreadsheets keep, so that 0.1 + 0.2 reads as "0.3"; never in
/// scientific notation.
pub fn number_text(value: f64) -> String {
    if !value.is_finite() {
        return String::new();
    }
    let scientific = format!("{value:.14e}");
    let (digits, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let negative = digits.starts_with('-');
    let digits: String = digits.chars().filter(char::is_ascii_digit).collect();
    let digits = digits.trim_end_matches('0');
    if digits.is_empty() {
        return "0".to_owned();
    }
    let point = exponent + 1;
    let mut text = String::from(if negative { "-" } else { "" });
    match usize::try_from(point) {
        Ok(point) if point > 0 => {
            let (whole, part) = digits.split_at(point.min(digits.len()));
            text.push_str(whole);
            text.extend(std::iter::repeat_n('0', point.saturating_sub(digits.len())));
            if !part.is_empty() {
                text.push('.');
                text.push_str(part);
            }
        }
        _ => {
            text.push_str("0.");
            text.extend(std::iter::repeat_n('0', usize::try_from(-point).unwrap_or(0)));
            text.push_str(digits);
        }
    }
    text
}

/// A number as its cell format shows it, as far as that adds to it: decimals up to those of the
/// format, the percent sign, the currency. Digits are never dropped, and never grouped.
pub(crate) fn formatted(value: f64, code: &str) -> String {
    let positive = code.split(';').next().unwrap_or_default();
    let bare = without_literals(positive);
    if bare.contains('%') {
        return format!("{}%", number_text(value * 100.0));
    }
    let decimals = bare
        .split_once('.')
        .map_or(0, |(_, after)| after.chars().take_while(|letter| *letter == '0').count());
    let mut text = number_text(value);
    if decimals > 0 && decimals <= 10 {
        let have = text.split_once('.').map_or(0, |(_, after)| after.len());
        if have == 0 {
            text.push('.');
        }
        text.extend(std::iter::repeat_n('0', decimals.saturating_sub(have)));
    }
    match currency(positive) {
        Some(currency) => format!("{text} {currency}"),
        None => text,
    }
}

fn without_literals(code: &str) -> String {
    let mut bare = String::new();
    let mut quoted = false;
    let mut bracketed = false;
    for letter in code.chars() {
        match letter {
            '"' => quoted = !quoted,
            '[' if !quoted => bracketed = true,
            ']' if !quoted => bracketed = false,
            letter if !quoted && !bracketed => bare.push(letter),
            _ => {}
        }
    }
    bare
}

/// The currency that a number format names: `[$€-407]`, `"kr"`, `$`.
fn currency(code: &str) -> Option<String> {
    if let Some((_, after)) = code.split_once("[$") {
        let symbol = after.split([']', '-']).next().unwrap_or_default().trim();
        if !symbol.is_empty() {
            return Some(symbol.to_owned());
        }
    }
    let literal: Vec<&str> = code.split('"').skip(1).step_by(2).collect();
    let literal = literal.iter().map(|text| text.trim()).find(|text| {
        !text.is_empty() && text.chars().count() <= 4 && text.chars().all(|c| !c.is_ascii_digit())
    });
    if let Some(literal) = literal.filter(|text| !matches!(*text, "-" | "+" | "(" | ")" | "?")) {
        return Some(literal.to_owned());
    }
    code.chars().find(|letter| "$€£¥₹₽₩₺₴₪฿₫".contains(*letter)).map(String::from)
}

/// A date, a date with time, or a time, as ISO; a duration as hours, minutes and seconds.
pub(crate) fn date_text(moment: ExcelDateTime) -> String {
    let value = moment.as_f64();
    if !value.is_finite() || !(0.0..2_958_466.0).contains(&value) {
        return number_text(value);
    }
    let (year, month, day, hour, minute, second, milli) = moment.to_ymd_hms_milli();
    if moment.is_duration() {
        // At most seven digits of days, so the seconds fit by far.
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "see above")]
        let seconds = (value * 86_400.0).round() as u64;
        return format!("{}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
    }
    let second = if milli >= 500 { second + 1 } else { second }.min(59);
    let time = if second == 0 {
        format!("{hour:02}:{minute:02}")
    } else {
        format!("{hour:02}:{minute:02}:{second:02}")
    };
    if value < 1.0 {
        return time;
    }
    let date = format!("{year:04}-{month:02}-{day:02}");
    if value.fract() == 0.0 { date } else { format!("{date} {time}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_exact_and_plain() {
        for (value, text) in [
            (0.0, "0"),
            (-0.0, "0"),
            (0.1 + 0.2, "0.3"),
            (1234.5, "1234.5"),
            (-1234.56, "-1234.56"),
            (1e20, "100000000000000000000"),
            (1e-7, "0.0000001"),
            (1_000_000.0, "1000000"),
            (99.99999999999999, "100"),
            (123456789.12, "123456789.12"),
            (f64::NAN, ""),
        ] {
            assert_eq!(number_text(value), text, "{value}");
        }
    }

    #[test]
    fn formats_add_what_a_person_sees() {
        for (value, code, text) in [
            (1234.5, "General", "1234.5"),
            (1234.5, "#,##0.00", "1234.50"),
            (1234.567, "0.00", "1234.567"),
            (0.19, "0%", "19%"),
            (12.0, "#,##0.00 [$€-407]", "12.00 €"),
            (12.0, "[$CHF] #,##0.00", "12.00 CHF"),
            (12.5, "#,##0.00\" kr\"", "12.50 kr"),
            (12.0, "$#,##0.00;[Red]-$#,##0.00", "12.00 $"),
            (7.0, "0", "7"),
        ] {
            assert_eq!(formatted(value, code), text, "{code}");
        }
    }
}
