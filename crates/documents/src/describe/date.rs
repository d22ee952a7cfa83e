//! Dates in file names and first lines, in the styles of many countries. A date whose day and
//! month could be swapped is passed over: sorting by a guess would be worse than not sorting.

use std::sync::LazyLock;

use regex::{Captures, Regex};

use crate::calendar::days_in_month;

/// Names and abbreviations of the months in many languages: lines of a number and some names.
const MONTHS: &str = include_str!("months.txt");

struct Patterns {
    /// 2024-03-07, 2024_3_7, 2024.03.07, 2024年3月7日
    year_first: Regex,
    /// 20240307, also 20240307_101112
    dense: Regex,
    /// 07.03.2024, 7-3-2024, 07/03/24 with dots only
    year_last: Regex,
    /// 7. März 2024, 7 March 2024, 7-Mar-2024, 7 de marzo de 2024
    day_month: Regex,
    /// March 7, 2024
    month_day: Regex,
    /// März 2024, mars-2024
    month_year: Regex,
    /// 2024-03, 2024_03
    year_month: Regex,
}

static PATTERNS: LazyLock<Patterns> = LazyLock::new(|| {
    let new = |pattern: &str| Regex::new(pattern).expect("the pattern is a constant");
    Patterns {
        year_first: new(r"(?:^|\D)((?:19|20)\d\d)[-_. /年](\d{1,2})[-_. /月](\d{1,2})(?:\D|$)"),
        dense: new(r"(?:^|\D)((?:19|20)\d\d)([01]\d)([0-3]\d)(?:\D|$|\d{6}(?:\D|$))"),
        year_last: new(r"(?:^|\D)(\d{1,2})([-_./ ])(\d{1,2})[-_./ ]((?:19|20)\d\d|\d\d)(?:\D|$)"),
        day_month: new(&[
            r"(?:^|\D)(\d{1,2})(?:st|nd|rd|th|er|º|ª)?[-_. ]{0,2}(?:de |of )?",
            r"(\p{L}{3,12})[-_., ]{0,2}(?:de |del )?((?:19|20)\d\d)(?:\D|$)",
        ]
        .concat()),
        month_day: new(
            r"(\p{L}{3,12})[-_. ]{0,2}(\d{1,2})(?:st|nd|rd|th)?[-_., ]{1,2}((?:19|20)\d\d)(?:\D|$)",
        ),
        month_year: new(r"(\p{L}{3,12})[-_. ,']{0,2}((?:19|20)\d\d)(?:\D|$)"),
        year_month: new(
            r"(?:^|\D)((?:19|20)\d\d)[-_. ]?(\p{L}{3,12}|0[1-9]|1[0-2])(?:[^\p{L}\d]|$)",
        ),
    }
});

/// The date in the name of a file, as ISO; `YYYY-MM` where only the month is named.
pub fn date_in_name(name: &str) -> Option<String> {
    let stem = name.rsplit('/').next().unwrap_or_default();
    full_date(stem, true).or_else(|| {
        let month_year = PATTERNS
            .month_year
            .captures_iter(stem)
            .find_map(|found| Some(format!("{}-{:02}", &found[2], month(&found[1])?)));
        month_year.or_else(|| {
            PATTERNS.year_month.captures_iter(stem).find_map(|found| {
                let number = found[2].parse().ok().or_else(|| month(&found[2]))?;
                Some(format!("{}-{number:02}", &found[1]))
            })
        })
    })
}

/// The first whole date in a line of text.
pub(super) fn date_in_text(line: &str) -> Option<String> {
    let line: String = line.chars().take(400).collect();
    full_date(&line, false)
}

/// Whether a text is a date of the calendar in the form `YYYY-MM-DD`.
pub(super) fn is_iso(date: &str) -> bool {
    let mut parts = date.split('-').map(|part| part.parse::<u32>().ok());
    let (Some(Some(year)), Some(Some(month)), Some(Some(day))) =
        (parts.next(), parts.next(), parts.next())
    else {
        return false;
    };
    date.len() == 10 && iso(year, month, day).is_some()
}

fn full_date(text: &str, is_name: bool) -> Option<String> {
    let number = |found: &Captures<'_>, index: usize| found[index].parse::<u32>().ok();
    let patterns = &*PATTERNS;
    let year_first =
        |found: Captures<'_>| iso(number(&found, 1)?, number(&found, 2)?, number(&found, 3)?);
    let by_year_first = patterns.year_first.captures_iter(text).find_map(year_first);
    let by_dense = || {
        // In texts eight digits are more often a number of something.
        is_name.then(|| patterns.dense.captures_iter(text).find_map(year_first))?
    };
    let by_year_last = || {
        patterns.year_last.captures_iter(text).find_map(|found| {
            let (first, second) = (number(&found, 1)?, number(&found, 3)?);
            let year = number(&found, 4)?;
            let is_short = found[4].len() == 2;
            let year = if is_short { 2000 + year } else { year };
            match &found[2] {
                // Dots mean the day first wherever dates are written so.
                "." => iso(year, second, first),
                _ if is_short => None,
                _ if first > 12 || first == second => iso(year, second, first),
                _ if second > 12 => iso(year, first, second),
                _ => None,
            }
        })
    };
    let by_day_month = || {
        patterns
            .day_month
            .captures_iter(text)
            .find_map(|found| iso(number(&found, 3)?, month(&found[2])?, number(&found, 1)?))
    };
    let by_month_day = || {
        patterns
            .month_day
            .captures_iter(text)
            .find_map(|found| iso(number(&found, 3)?, month(&found[1])?, number(&found, 2)?))
    };
    by_year_first
        .or_else(by_day_month)
        .or_else(by_month_day)
        .or_else(by_dense)
        .or_else(by_year_last)
}

fn month(word: &str) -> Option<u32> {
    let word = word.to_lowercase();
    MONTHS.lines().find_map(|line| {
        let (number, names) = line.split_once(' ')?;
        names.split(' ').any(|name| name == word).then(|| number.parse().ok())?
    })
}

fn iso(year: u32, month: u32, day: u32) -> Option<String> {
    let fits = (1970..=2100).contains(&year) && (1..=days_in_month(year, month)).contains(&day);
    fits.then(|| format!("{year:04}-{month:02}-{day:02}"))
}
