//! The day that a name or a line speaks of, in the ways people and programs write it.
//!
//! Where day and month could be exchanged and nothing tells, there is no answer.

/// Years that a date may be of; other numbers of four digits are taken for something else.
const YEARS: std::ops::RangeInclusive<u16> = 1970..=2100;

/// Parts of a text that are looked at.
const PARTS_MAX: usize = 400;

/// The months' names and short forms in several languages, each a month.
#[rustfmt::skip]
const MONTHS: [&str; 12] = [
    "january januar jänner janvier enero gennaio janeiro januari styczeń stycznia leden ledna jan janv ene gen sty",
    "february februar feber février fevrier febrero febbraio fevereiro februari luty lutego únor února feb fév fev févr lut",
    "march märz maerz mars marzo março marco maart marzec marca březen března mar mär mrz mrt",
    "april avril abril aprile kwiecień kwietnia duben dubna apr avr abr kwi",
    "may mai mayo maggio maio mei maj maja květen května mag",
    "june juni juin junio giugno junho czerwiec czerwca červen června jun giu cze",
    "july juli juillet julio luglio julho lipiec lipca červenec července jul juil lug lip",
    "august août aout agosto augustus augusti sierpień sierpnia srpen srpna aug aoû ago sie",
    "september septembre septiembre settembre setembro wrzesień września září sep sept set wrz",
    "october oktober octobre octubre ottobre outubro październik października říjen října oct okt ott out paź",
    "november novembre noviembre novembro listopad listopada listopadu nov lis",
    "december dezember décembre decembre diciembre dicembre dezembro desember grudzień grudnia prosinec prosince dec dez déc dic des gru",
];

/// A part of a text: a run of digits or of letters, and what stands behind it.
#[derive(Debug, Clone, Copy)]
struct Part<'a> {
    text: &'a str,
    is_number: bool,
    /// Up to the next part.
    gap: &'a str,
}

impl Part<'_> {
    /// The number, if it has so many digits.
    fn number(&self, digits: std::ops::RangeInclusive<usize>) -> Option<u16> {
        let fits = self.is_number && digits.contains(&self.text.len());
        fits.then(|| self.text.parse().ok()).flatten()
    }

    fn year(&self) -> Option<u16> {
        self.number(4..=4).filter(|year| YEARS.contains(year))
    }

    fn month_named(&self) -> Option<u16> {
        if self.is_number || self.text.len() < 3 {
            return None;
        }
        let word = self.text.to_lowercase();
        let month = MONTHS.iter().position(|names| names.split(' ').any(|name| name == word))?;
        u16::try_from(month + 1).ok()
    }
}

/// The first date in the text: `2024-03-05`, or `2024-03` where only the month is told.
pub(crate) fn find(text: &str) -> Option<String> {
    let parts = parts(text);
    // What continues a row of numbers is no month of its own.
    let is_tail = |at: &usize| {
        let before = at.checked_sub(1).map(|before| parts[before]);
        before.is_some_and(|before| before.is_number && before.gap == parts[*at].gap)
    };
    let mut months = (0..parts.len()).filter(|at| !is_tail(at));
    let mut days = 0..parts.len();
    days.find_map(|at| whole(&parts[at..]))
        .or_else(|| months.find_map(|at| month_only(&parts[at..])))
}

/// As `find`, but only for a day, not a mere month.
pub(crate) fn find_day(text: &str) -> Option<String> {
    find(text).filter(|date| date.len() == 10)
}

fn parts(text: &str) -> Vec<Part<'_>> {
    let mut parts: Vec<Part<'_>> = vec![];
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let kind = |letter: char| {
            // The signs for year, month and day would otherwise be letters.
            let is_sign = matches!(letter, '年' | '月' | '日' | '년' | '월' | '일');
            (letter.is_ascii_digit(), letter.is_alphabetic() && !is_sign)
        };
        let is = kind(first);
        let end = rest.find(|letter| kind(letter) != is).unwrap_or(rest.len());
        let (run, next) = rest.split_at(end);
        match (is, parts.last_mut()) {
            ((false, false), Some(last)) => last.gap = run,
            ((false, false), None) => {}
            ((false, true), Some(last)) if last.is_number && is_beside(run) => last.gap = " ",
            ((false, true), Some(last)) if last.month_named().is_some() && is_beside(run) => {}
            ((is_number, _), _) => parts.push(Part { text: run, is_number, gap: "" }),
        }
        if parts.len() > PARTS_MAX {
            break;
        }
        rest = next;
    }
    parts
}

/// Small words within a date: `5 de marzo de 2024`, `5th of March`.
fn is_beside(word: &str) -> bool {
    matches!(
        word.to_lowercase().as_str(),
        "de" | "del" | "of" | "st" | "nd" | "rd" | "th" | "er" | "do"
    )
}

/// A whole date at the start of these parts.
fn whole(parts: &[Part<'_>]) -> Option<String> {
    let first = parts.first()?;
    if first.is_number && matches!(first.text.len(), 8 | 12 | 14) {
        return packed(first.text);
    }
    let [first, second, third, ..] = parts else { return None };
    if let Some(date) = with_name(first, second, third) {
        return Some(date);
    }
    let gaps = (first.gap.trim(), second.gap.trim());
    let are_close = gaps.0.chars().count() <= 1 && gaps.1.chars().count() <= 1;
    if !are_close || gaps.0.is_empty() && first.gap.is_empty() {
        return None;
    }
    if let Some(year) = first.year() {
        let are_signs = gaps == ("年", "月") || gaps == ("년", "월");
        let fits = are_signs || gaps.0 == gaps.1;
        return date(year, second.number(1..=2)?, third.number(1..=2)?).filter(|_| fits);
    }
    let (one, two) = (first.number(1..=2)?, second.number(1..=2)?);
    if gaps.0 != gaps.1 {
        return None;
    }
    let has_dots = gaps.0 == ".";
    let year = match third.year() {
        Some(year) => year,
        None if has_dots && first.text.len() == 2 => 2000 + third.number(2..=2)?,
        None => return None,
    };
    match (one, two) {
        _ if has_dots || one > 12 || one == two => date(year, two, one),
        _ if two > 12 => date(year, one, two),
        _ => None,
    }
}

/// `5 March 2024`, `March 5, 2024`, `2024 March 5`.
fn with_name(first: &Part<'_>, second: &Part<'_>, third: &Part<'_>) -> Option<String> {
    const GAP_MAX: usize = 3;
    if first.gap.chars().count() > GAP_MAX || second.gap.chars().count() > GAP_MAX {
        return None;
    }
    if let (Some(day), Some(month), Some(year)) =
        (first.number(1..=2), second.month_named(), third.year())
    {
        return date(year, month, day);
    }
    if let (Some(month), Some(day), Some(year)) =
        (first.month_named(), second.number(1..=2), third.year())
    {
        return date(year, month, day);
    }
    let (year, month) = (first.year()?, second.month_named()?);
    date(year, month, third.number(1..=2)?)
}

/// `March 2024`, `2024 März`, `2024-03`, `03.2024`.
fn month_only(parts: &[Part<'_>]) -> Option<String> {
    let [first, second, rest @ ..] = parts else { return None };
    let month =
        |year: u16, month: u16| (1..=12).contains(&month).then(|| format!("{year:04}-{month:02}"));
    if let (Some(named), Some(year)) = (first.month_named(), second.year()) {
        return month(year, named);
    }
    let is_date_gap = matches!(first.gap, "-" | "_" | "." | "/" | "年" | "년");
    // A third number would have made it a date, were it one.
    let is_alone = !rest.first().is_some_and(|third| third.is_number && second.gap == first.gap);
    if let Some(year) = first.year() {
        if let Some(named) = second.month_named() {
            return month(year, named);
        }
        let number =
            second.number(2..=2).or_else(|| second.number(1..=1).filter(|_| first.gap == "年"));
        return month(year, number.filter(|_| is_date_gap && is_alone)?);
    }
    let (number, year) = (first.number(2..=2)?, second.year()?);
    month(year, number).filter(|_| is_date_gap)
}

/// `20240305`, `20240305172011`, `05032024`.
fn packed(digits: &str) -> Option<String> {
    let number = |from: usize, to: usize| digits.get(from..to).and_then(|part| part.parse().ok());
    let forward = date(number(0, 4)?, number(4, 6)?, number(6, 8)?);
    if forward.is_some() || digits.len() > 8 {
        return forward;
    }
    let (day, month) = (number(0, 2)?, number(2, 4)?);
    // The month first would be as good a reading.
    if month <= 12 && day <= 12 && day != month {
        return None;
    }
    date(number(4, 8)?, month, day)
}

fn date(year: u16, month: u16, day: u16) -> Option<String> {
    let days = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => {
            29
        }
        2 => 28,
        _ => return None,
    };
    let fits = YEARS.contains(&year) && (1..=days).contains(&day);
    fits.then(|| format!("{year:04}-{month:02}-{day:02}"))
}

#[cfg(test)]
mod tests {
    use super::{MONTHS, find};
    use std::collections::HashSet;

    #[test]
    fn dates_are_found_in_many_styles() {
        let cases = [
            ("2024-03-05", "2024-03-05"),
            ("Rechnung_20240305", "2024-03-05"),
            ("IMG_20240305_172011", "2024-03-05"),
            ("PXL_20240305172011123", ""),
            ("20240305172011", "2024-03-05"),
            ("Screenshot 2024-03-05 at 17.20.11", "2024-03-05"),
            ("WhatsApp Image 2024-03-05 at 17.20", "2024-03-05"),
            ("05.03.2024 Beleg", "2024-03-05"),
            ("Beleg 5.3.2024", "2024-03-05"),
            ("Beleg vom 05.03.24", "2024-03-05"),
            ("25/12/2023", "2023-12-25"),
            ("12/25/2023", "2023-12-25"),
            ("04/05/2023", ""),
            ("04-04-2023", "2023-04-04"),
            ("25122023", "2023-12-25"),
            ("04052023", ""),
            ("5 March 2024", "2024-03-05"),
            ("5. März 2024", "2024-03-05"),
            ("March 5, 2024", "2024-03-05"),
            ("le 5 août 2024", "2024-08-05"),
            ("5 de marzo de 2024", "2024-03-05"),
            ("5th of March, 2024", "2024-03-05"),
            ("March 5th 2024", "2024-03-05"),
            ("2024 mars 5", "2024-03-05"),
            ("Report March 2024", "2024-03"),
            ("März 2024", "2024-03"),
            ("Gehalt_2024-03", "2024-03"),
            ("03_2024", "2024-03"),
            ("2024年3月5日", "2024-03-05"),
            ("2024_03_05", "2024-03-05"),
            ("2024.03.05", "2024-03-05"),
            ("2024-02-30", ""),
            ("2023-02-29", ""),
            ("2024-02-29", "2024-02-29"),
            ("invoice 4711", ""),
            ("version 10.2.3", ""),
            ("1234-56-78", ""),
            ("99999999", ""),
            ("1080p", ""),
            ("2024", ""),
            ("IBAN DE12 3456 7890", ""),
            ("", ""),
        ];
        for (text, want) in cases {
            assert_eq!(find(text).unwrap_or_default(), want, "{text}");
        }
    }

    #[test]
    fn no_name_is_two_months() {
        let mut seen = HashSet::new();
        for name in MONTHS.iter().flat_map(|names| names.split(' ')) {
            assert!(seen.insert(name), "{name}");
        }
    }
}
