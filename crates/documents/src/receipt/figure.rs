//! Numbers in a line that may be amounts, in every way that people write them.
//!
//! What belongs to a date, a time, a percentage, a quantity or an identifier is told apart here; a
//! number that can be read in two ways carries both readings.

use super::money::{Codes, Mark, Money, is_whole, marks};
use std::ops::Range;

/// Which sign parts the decimals from the whole, as far as a document tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Style {
    #[default]
    Open,
    Point,
    Comma,
}

/// A number in a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Figure {
    /// Letters of the line, sign and currency included.
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) money: Money,
    /// What else it may be, such as 150.00 in "2 150,00".
    pub(super) other: Option<Money>,
    pub(super) codes: Option<Codes>,
    /// It is written as money is: with two decimals, a currency or a dash for the decimals.
    pub(super) is_money: bool,
    pub(super) is_percent: bool,
    /// A quantity: something with a unit, or a multiplier.
    pub(super) is_counted: bool,
    pub(super) in_parens: bool,
    /// `CR`, `DR`, `S`, `H` behind it.
    pub(super) side: Option<Side>,
}

/// On which side of an account a figure stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Out,
    In,
}

/// The raw shape of a number: groups of digits and what stands between them.
struct Shape {
    start: usize,
    end: usize,
    /// Digits and separators, blanks included.
    text: String,
    /// ",-" and the like follow.
    dash: bool,
}

/// Counts for and against a decimal comma.
pub(super) fn style<'a>(lines: impl Iterator<Item = &'a [char]>) -> Style {
    let (mut point, mut comma) = (0_u32, 0_u32);
    for line in lines {
        for shape in shapes(line, &[]) {
            let seps: Vec<(usize, char)> =
                shape.text.char_indices().filter(|(_, c)| matches!(c, '.' | ',')).collect();
            let Some((at, last)) = seps.last().copied() else { continue };
            let after = shape.text.len() - at - 1;
            let repeated = seps.iter().filter(|(_, c)| *c == last).count() > 1;
            // "03.04" may be a day; two kinds of separators are no day.
            let weight = if seps.len() > 1 { 3 } else { 1 };
            match (last, after, repeated) {
                ('.', 1..=2, false) => point += weight,
                (',', 1..=2, false) => comma += weight,
                ('.', 3, true) => comma += 1,
                (',', 3, true) => point += 1,
                _ => {}
            }
        }
    }
    match (point, comma) {
        (0, 0) => Style::Open,
        (point, comma) if point > comma => Style::Point,
        (point, comma) if comma > point => Style::Comma,
        _ => Style::Open,
    }
}

/// The figures of a line (tidied, not folded); `taken` holds dates and times.
pub(super) fn figures(line: &[char], taken: &[Range<usize>], style: Style) -> Vec<Figure> {
    let marks = marks(line);
    shapes(line, taken).iter().filter_map(|shape| figure(line, shape, &marks, style)).collect()
}

/// The only number of a cell, with its sign.
pub(super) fn cell(text: &str, style: Style) -> Option<Figure> {
    let letters: Vec<char> = super::fold::tidy(text.trim()).chars().collect();
    let mut found = figures(&letters, &[], style).into_iter().filter(|figure| !figure.is_percent);
    let figure = found.next()?;
    if found.next().is_some() {
        return None;
    }
    // A cell is a number, not a text with one in it.
    let rest = letters[..figure.start].iter().chain(&letters[figure.end..]);
    (rest.filter(|letter| letter.is_alphanumeric()).count() <= 2).then_some(figure)
}

fn shapes(line: &[char], taken: &[Range<usize>]) -> Vec<Shape> {
    let mut shapes = Vec::new();
    let mut at = 0;
    while at < line.len() {
        if let Some(range) = taken.iter().find(|range| range.contains(&at)) {
            at = range.end;
            continue;
        }
        let starts_part = line[at] == '.' || line[at] == ',';
        let is_bare_part = starts_part
            && line.get(at + 1).is_some_and(char::is_ascii_digit)
            && (at == 0 || line[at - 1] == ' ' || "$€£¥-(".contains(line[at - 1]));
        if !line[at].is_ascii_digit() && !is_bare_part {
            at += 1;
            continue;
        }
        let limit = taken.iter().map(|r| r.start).filter(|s| *s > at).min().unwrap_or(line.len());
        let shape = shape(line, at, limit);
        at = shape.end.max(at + 1);
        shapes.push(shape);
    }
    shapes
}

fn shape(line: &[char], start: usize, limit: usize) -> Shape {
    let digit = |at: usize| at < limit && line[at].is_ascii_digit();
    let mut at = start;
    let mut group = 0;
    let mut has_point = false;
    let mut grouped_by_blank = false;
    while at < limit {
        match line[at] {
            letter if letter.is_ascii_digit() => {
                group += 1;
                at += 1;
            }
            '.' | ',' if digit(at + 1) => {
                has_point = true;
                group = 0;
                at += 1;
            }
            '\'' if digit(at + 1) && digit(at + 2) && digit(at + 3) => {
                group = 0;
                at += 1;
            }
            // Inside blanks group thousands only: one blank, three digits, no fourth.
            ' ' if !has_point
                && (1..=3).contains(&group)
                && (!grouped_by_blank || group == 3)
                && (1..=3).all(|step| digit(at + step))
                && !digit(at + 4) =>
            {
                grouped_by_blank = true;
                group = 0;
                at += 1;
            }
            _ => break,
        }
    }
    let text: String = line[start..at].iter().collect();
    let mut end = at;
    let mut dash = false;
    if at < limit && matches!(line[at], ',' | '.' | ':') {
        let dashes =
            line[at + 1..limit].iter().take_while(|c| matches!(c, '-' | '–' | '—')).count();
        if (1..=2).contains(&dashes) {
            dash = true;
            end = at + 1 + dashes;
        }
    }
    Shape { start, end, text, dash }
}

fn figure(line: &[char], shape: &Shape, marks: &[Mark], style: Style) -> Option<Figure> {
    let (before, after) = beside(line, shape, marks);
    let mark = after.or(before);
    let (money, other) = value(shape, mark, before.is_some(), style)?;
    let has_decimals = money.places == 2;
    let is_money = mark.is_some() || has_decimals || shape.dash;
    let is_percent = line[shape.end..].iter().find(|c| **c != ' ') == Some(&'%')
        || prior(line, shape.start).is_some_and(|(_, c)| c == '%');
    let unit = unit(line, shape, after.is_some());
    if unit == Unit::Identifier && !(has_decimals && mark.is_some()) {
        return None;
    }
    if !is_money && is_identifier(line, shape) {
        return None;
    }
    let start = before.map_or(shape.start, |mark| mark.start.min(shape.start));
    let end = after.map_or(shape.end, |mark| mark.end.max(shape.end));
    let sign = sign(line, shape, start..end, is_money || shape.text.contains(' '), after.is_some());
    let signed = |money: Money| if sign.is_negative { money.negated() } else { money };
    Some(Figure {
        start: sign.range.start,
        end: sign.range.end,
        money: signed(money),
        other: other.map(signed),
        codes: mark.map(|mark| mark.codes),
        is_money: is_money && !is_percent && unit != Unit::Counted,
        is_percent,
        is_counted: unit == Unit::Counted,
        in_parens: sign.in_parens,
        side: side(line, sign.range.end),
    })
}

/// What the digits say, and what else they may.
fn value(
    shape: &Shape,
    mark: Option<Mark>,
    is_led: bool,
    style: Style,
) -> Option<(Money, Option<Money>)> {
    let (mut money, mut other) = read_number(&shape.text, style)?;
    if let Some((_, last)) = shape.text.split_once(' ') {
        // "2 150,00" is two thousand, or two pieces at 150,00.
        let short = read_number(last, style).map(|(money, _)| money);
        let is_comma = shape.text.contains(',');
        let is_one = is_comma || shape.dash || (mark.is_some() && !shape.text.contains('.'));
        if is_one || style != Style::Point || is_led {
            other = short;
        } else if let Some(short) = short {
            other = Some(money);
            money = short;
        }
    }
    // "1.980 Ft": a currency without decimals has thousands there.
    if mark.is_some_and(|mark| mark.codes.iter().all(|code| is_whole(code)))
        && money.places == 3
        && let Some(grouped) = other
    {
        return Some((grouped, None));
    }
    Some((money, other))
}

struct Sign {
    is_negative: bool,
    in_parens: bool,
    /// The figure with its sign.
    range: Range<usize>,
}

/// A sign stands before the number, before its currency, or behind either.
fn sign(line: &[char], shape: &Shape, range: Range<usize>, may_trail: bool, marked: bool) -> Sign {
    let mut sign = Sign { is_negative: false, in_parens: false, range };
    for at in [shape.start, sign.range.start] {
        match prior(line, at) {
            Some((minus, '-' | '–')) if is_sign(line, minus) => {
                sign.is_negative = true;
                sign.range.start = sign.range.start.min(minus);
            }
            Some((paren, '('))
                if line[sign.range.end..].iter().find(|c| **c != ' ') == Some(&')') =>
            {
                sign.in_parens = true;
                sign.range.start = sign.range.start.min(paren);
            }
            _ => {}
        }
    }
    if sign.is_negative {
        return sign;
    }
    let is_minus = |at: usize| {
        let next = line.get(at + 1).copied();
        matches!(line.get(at), Some('-' | '–'))
            && next.is_none_or(|c| !c.is_alphanumeric() && c != '-')
    };
    if may_trail && is_minus(shape.end) {
        sign.is_negative = true;
        sign.range.end = sign.range.end.max(shape.end + 1);
    } else if marked && is_minus(sign.range.end) {
        sign.is_negative = true;
        sign.range.end += 1;
    }
    sign
}

/// The letter before a place, blanks skipped (one at most).
fn prior(line: &[char], at: usize) -> Option<(usize, char)> {
    let mut at = at.checked_sub(1)?;
    if line[at] == ' ' {
        at = at.checked_sub(1)?;
    }
    Some((at, line[at]))
}

/// A dash is a sign unless it joins ("2025-17", "A - 12,50").
fn is_sign(line: &[char], at: usize) -> bool {
    let Some(before) = at.checked_sub(1).map(|at| line[at]) else { return true };
    if before != ' ' {
        return "($€£¥:".contains(before) || before == '\u{20b9}';
    }
    // " - 12,50": with a blank on both sides it parts two things, unless a column lies before it.
    let is_loose = line.get(at + 1) == Some(&' ');
    !is_loose || at < 2 || line[at - 2] == ' '
}

/// The marks that touch a number: before and after. One between two numbers belongs to the one
/// that it follows, unless the line begins with a mark.
fn beside(line: &[char], shape: &Shape, marks: &[Mark]) -> (Option<Mark>, Option<Mark>) {
    let blank = |from: usize, to: usize| {
        from <= to
            && to - from <= 2
            && line[from..to].iter().all(|c| matches!(c, ' ' | '.' | '-' | ':'))
    };
    let starts = marks.first().is_some_and(|mark| {
        line[mark.end..]
            .iter()
            .find(|c| !matches!(c, ' ' | '-' | '.'))
            .is_some_and(char::is_ascii_digit)
            && !line[..mark.start].iter().any(char::is_ascii_digit)
    });
    let after = marks.iter().copied().find(|mark| {
        let touches = mark.start >= shape.end
            && mark.start - shape.end <= 2
            && line[shape.end..mark.start].iter().all(|c| matches!(c, ' ' | '-'));
        let begins_next =
            line.get(mark.end..).is_some_and(|rest| rest.iter().take(2).any(char::is_ascii_digit));
        touches && !(starts && begins_next)
    });
    let before = marks.iter().copied().rev().find(|mark| {
        let follows_other =
            line[..mark.start].iter().rev().take(2).any(char::is_ascii_digit) && !starts;
        blank(mark.end, shape.start) && !follows_other
    });
    (before, after)
}

#[derive(PartialEq, Eq)]
enum Unit {
    Bare,
    Counted,
    Identifier,
}

const UNITS: [&str; 50] = [
    "kg", "g", "gr", "mg", "l", "ml", "cl", "dl", "km", "m", "cm", "mm", "m2", "m3", "h", "hr",
    "hrs", "min", "std", "kwh", "mwh", "gb", "mb", "tb", "pcs", "pc", "stk", "st", "ks", "szt",
    "шт", "db", "kpl", "x", "×", "ltr", "lt", "gal", "mi", "lb", "lbs", "oz", "pkt", "uds", "ud",
    "pz", "adet", "°c", "nights", "個",
];

/// What glued or near letters make of a number.
fn unit(line: &[char], shape: &Shape, has_mark: bool) -> Unit {
    let glued_before = shape.start.checked_sub(1).map(|at| line[at]);
    if let Some('#' | '№' | '@' | '_' | '*') = glued_before {
        return Unit::Identifier;
    }
    if matches!(glued_before, Some('x' | 'X' | '×'))
        && shape.start >= 2
        && !line[shape.start - 2].is_alphabetic()
    {
        return Unit::Bare;
    }
    let is_latin = |letter: char| letter.is_alphabetic() && !super::fold::is_dense(letter);
    let is_mark_before =
        glued_before.is_some_and(is_latin) && !marks(&line[..shape.start]).is_empty();
    if glued_before.is_some_and(is_latin) && !is_mark_before {
        return Unit::Identifier;
    }
    if has_mark {
        return Unit::Bare;
    }
    let rest = &line[shape.end..];
    let gap = rest.iter().take_while(|c| **c == ' ').count();
    if gap > 1 {
        return Unit::Bare;
    }
    let word: String = rest[gap..]
        .iter()
        .take_while(|c| c.is_alphanumeric() || matches!(c, '×' | '°'))
        .take(12)
        .collect::<String>()
        .to_lowercase();
    if UNITS.contains(&word.as_str()) {
        return Unit::Counted;
    }
    if rest.first() == Some(&'/') && rest.get(1).is_some_and(char::is_ascii_digit) {
        return Unit::Identifier;
    }
    let is_decimal = shape.text.contains(['.', ',']);
    let is_letter = rest.first().copied().is_some_and(is_latin);
    // "12,99A" carries the letter of its tax rate.
    if is_letter && !(is_decimal && word.chars().count() <= 2) {
        return Unit::Identifier;
    }
    Unit::Bare
}

/// Bare digits that name something: long, with a leading zero, or joined to others.
fn is_identifier(line: &[char], shape: &Shape) -> bool {
    let digits = shape.text.chars().filter(char::is_ascii_digit).count();
    let is_plain = shape.text.chars().all(|c| c.is_ascii_digit());
    let before = shape.start.checked_sub(1).map(|at| line[at]);
    let after = line.get(shape.end).copied();
    let next = line.get(shape.end + 1).copied();
    let joins = |c: Option<char>| matches!(c, Some('-' | '/' | ':' | '.' | '_'));
    let is_joined = (joins(before) && shape.start >= 2 && line[shape.start - 2].is_alphanumeric())
        || (joins(after) && next.is_some_and(char::is_alphanumeric));
    let is_phone = before == Some('+') || (before == Some('(') && after == Some(')'));
    (is_plain && digits > 1 && shape.text.starts_with('0'))
        || (is_plain && digits > 8)
        || is_joined
        || is_phone
}

fn side(line: &[char], end: usize) -> Option<Side> {
    let rest: String = line[end..].iter().collect::<String>();
    match rest.trim().to_uppercase().as_str() {
        "CR" | "H" | "HABEN" | "+" | "BIJ" | "C" => Some(Side::In),
        "DR" | "S" | "SOLL" | "AF" | "D" => Some(Side::Out),
        _ => None,
    }
}

/// The value of digits and separators, and a second one where there are two.
pub(super) fn read_number(text: &str, style: Style) -> Option<(Money, Option<Money>)> {
    let text: String = text.chars().filter(|c| !matches!(c, ' ' | '\'')).collect();
    let seps: Vec<(usize, char)> =
        text.char_indices().filter(|(_, c)| matches!(c, '.' | ',')).collect();
    let digits = |part: &str| part.chars().filter(char::is_ascii_digit).collect::<String>();
    let whole = || Money::from_parts(&digits(&text), "");
    let split = |at: usize| Money::from_parts(&digits(&text[..at]), &text[at + 1..]);
    let Some((at, last)) = seps.last().copied() else { return Some((whole()?, None)) };
    let after = text.len() - at - 1;
    let same_kind = seps.iter().filter(|(_, c)| *c == last).count();
    if seps.len() > same_kind {
        // Two kinds: the last one parts the decimals, once; the others group.
        let first = seps[0].1;
        if same_kind == 1 && after <= 4 && groups(&text[..at], first) {
            return Some((split(at)?, None));
        }
        return None;
    }
    if same_kind > 1 {
        return groups(&text, last).then(whole).flatten().map(|money| (money, None));
    }
    if after == 3 {
        let lead = &text[..at];
        let can_group =
            !lead.is_empty() && lead.len() <= 3 && lead != "0" && !lead.starts_with('0');
        if !can_group {
            return Some((split(at)?, None));
        }
        let is_decimal = match style {
            Style::Point => last == '.',
            Style::Comma => last == ',',
            // Nothing else to go by: a comma groups in English, a point elsewhere; so both.
            Style::Open => false,
        };
        let (grouped, parted) = (whole()?, split(at)?);
        return Some(if is_decimal { (parted, Some(grouped)) } else { (grouped, Some(parted)) });
    }
    Some((split(at)?, None))
}

/// Thousands in threes, or as in India: threes at the end, twos before.
fn groups(text: &str, sep: char) -> bool {
    let parts: Vec<&str> = text.split(sep).collect();
    let Some((first, rest)) = parts.split_first() else { return false };
    let Some((last, middle)) = rest.split_last() else { return true };
    let fits = |size: usize| middle.iter().all(|part| part.len() == size);
    (1..=3).contains(&first.len()) && last.len() == 3 && (fits(3) || (fits(2) && first.len() <= 2))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str, style: Style) -> Vec<String> {
        let letters: Vec<char> = super::super::fold::tidy(line).chars().collect();
        figures(&letters, &[], style)
            .into_iter()
            .filter(|figure| figure.is_money)
            .map(|figure| {
                let code = figure.codes.map_or("?", |codes| codes[0]);
                format!("{} {code}", figure.money.text(figure.codes.map(|codes| codes[0])))
            })
            .collect()
    }

    #[test]
    fn amounts_of_many_countries() {
        let cases: &[(&str, &[&str])] = &[
            ("Summe 1.234,56 EUR", &["1234.56 EUR"]),
            ("Total $1,234.56", &["1234.56 USD"]),
            ("Total 1 234,56 €", &["1234.56 EUR"]),
            ("Total 1\u{a0}234,56 €", &["1234.56 EUR"]),
            ("Total 1\u{202f}234,56 €", &["1234.56 EUR"]),
            ("Total CHF 1'234.50", &["1234.50 CHF"]),
            ("Total Fr. 1’234.50", &["1234.50 CHF"]),
            ("₹1,23,456.00", &["123456.00 INR"]),
            ("合計 ¥1,980", &["1980 JPY"]),
            ("合計 1,980円", &["1980 JPY"]),
            ("합계 45,000원", &["45000 KRW"]),
            ("At betale 12,-", &["12.00 ?"]),
            ("Total 1.234.-", &["1234.00 ?"]),
            ("kr 1 249,00", &["1249.00 SEK"]),
            ("1.249 kr.", &["1249.00 SEK"]),
            ("Fizetendő: 12 990 Ft", &["12990 HUF"]),
            ("Celkem 1 299 Kč", &["1299.00 CZK"]),
            ("-12.50", &["-12.50 ?"]),
            ("12,50-", &["-12.50 ?"]),
            ("€ -12,50", &["-12.50 EUR"]),
            ("-€12.50", &["-12.50 EUR"]),
            ("R$ 1.234,56", &["1234.56 BRL"]),
            ("US$ 12.00 / CA$ 16.00", &["12.00 USD", "16.00 CAD"]),
            ("EUR12.50", &["12.50 EUR"]),
            ("12.50EUR", &["12.50 EUR"]),
            ("12,99A", &["12.99 ?"]),
            ("$.99", &["0.99 USD"]),
            ("EUR 12,00 EUR 13,00", &["12.00 EUR", "13.00 EUR"]),
            ("12,00 EUR 13,00 EUR", &["12.00 EUR", "13.00 EUR"]),
            ("1250.00 руб.", &["1250.00 RUB"]),
            ("≈ 99,00 zł", &["99.00 PLN"]),
            ("149,90 TL", &["149.90 TRY"]),
        ];
        for (line, expected) in cases {
            assert_eq!(read(line, Style::Open), *expected, "{line}");
        }
    }

    #[test]
    fn what_is_no_amount() {
        for line in [
            "Tel. +49 30 1234567",
            "IBAN DE89 3704 0044 0532 0130 00",
            "19%",
            "19,00 %",
            "1,250 kg",
            "Order 2025-17",
            "INV-20250403",
            "Table 7",
            "#4711",
            "GB123456789",
            "No. 00042",
            "0.5 l",
            "2 x",
            "10115 Berlin",
            "Suite 1200",
            "3/4",
            "12:30",
        ] {
            assert_eq!(read(line, Style::Open), Vec::<String>::new(), "{line}");
        }
    }

    #[test]
    fn a_document_tells_how_it_parts_decimals() {
        let lines =
            |text: &str| -> Vec<Vec<char>> { text.lines().map(|l| l.chars().collect()).collect() };
        let of = |text: &str| style(lines(text).iter().map(Vec::as_slice));
        assert_eq!(of("Kaffee 3,50\nKuchen 4,20"), Style::Comma);
        assert_eq!(of("Coffee 3.50\nCake 4.20"), Style::Point);
        assert_eq!(of("1.234"), Style::Open);
    }
}
