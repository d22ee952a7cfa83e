//! Which of a document's dates is the day of the purchase, and how its numbers are ordered.

use super::date::{Day, Found, Order};
use super::lexicon::vocabulary;
use super::page::{Line, Page};
use super::region::Proof;

/// The date of the purchase, or what it may be.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct When {
    pub(super) day: Option<Day>,
    /// More than one when the order of day and month is open.
    pub(super) candidates: Vec<(Order, Day)>,
    /// Counted from 1; `None` for a date that stands beside the text.
    pub(super) line: Option<usize>,
    /// Why the numbers are read in this order.
    pub(super) why: Option<String>,
    /// The order that was taken, when there was a choice.
    pub(super) order: Option<Order>,
    /// It stands in no line but in the mail's header or the file's name.
    pub(super) is_outside: bool,
}

/// What stands beside the text.
#[derive(Debug, Clone, Default)]
pub(super) struct Beside {
    /// The day of the mail.
    pub(super) sent: Option<Day>,
    /// A day in the file's name.
    pub(super) named: Option<Day>,
}

/// Days between a mail and the purchase that it speaks of.
const MAIL_DAYS_MAX: i64 = 5;

pub(super) fn when(page: &Page, beside: &Beside, proofs: &[Proof], order: Option<Order>) -> When {
    let Some((line, date)) = best(page) else {
        let outside = beside.sent.or(beside.named);
        return When { day: outside, is_outside: outside.is_some(), ..When::default() };
    };
    let mut when = When { line: Some(line.number), ..When::default() };
    if let Some(day) = date.sure() {
        when.day = Some(day);
        return when;
    }
    let decided = order
        .map(|order| (order, "you said so".to_owned()))
        .filter(|(order, _)| date.reading(*order).is_some())
        .or_else(|| decide(page, line, date, beside, proofs));
    match decided {
        Some((order, why)) => {
            when.day = date.reading(order);
            when.why = Some(why);
            when.order = Some(order);
        }
        None => when.candidates.clone_from(&date.readings),
    }
    when
}

/// How a date of the page is labelled; smaller is better.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    Made,
    Timed,
    Bare,
    Other,
}

fn best(page: &Page) -> Option<(&Line, &Found)> {
    let mut ranked: Vec<(Rank, usize, &Line, &Found)> = Vec::new();
    for (index, line) in page.lines.iter().enumerate() {
        for date in &line.dates {
            let above = index.checked_sub(1).map(|at| &page.lines[at]);
            ranked.push((rank(line, date, above), index, line, date));
        }
    }
    ranked.sort_by_key(|(rank, index, ..)| (*rank, *index));
    ranked.first().map(|(.., line, date)| (*line, *date))
}

fn rank(line: &Line, date: &Found, above: Option<&Line>) -> Rank {
    let hits = vocabulary().dates.find(&line.folded);
    let label = hits.iter().rev().find(|hit| hit.end <= date.start);
    let nearest = label.filter(|hit| {
        // A figure or another date between them says that the label means that one.
        !line.dates.iter().any(|other| other.start >= hit.end && other.end <= date.start)
            && line.letters[hit.end..date.start].iter().filter(|c| c.is_alphabetic()).count() <= 14
    });
    let from_above = || {
        let above = above.filter(|above| above.dates.is_empty() && above.letters.len() < 80)?;
        let hits = vocabulary().dates.find(&above.folded);
        // Headings over values: the one that starts nearest above.
        hits.into_iter().min_by_key(|hit| hit.start.abs_diff(date.start))
    };
    let is_label_only = line.letters[..date.start].iter().all(|c| !c.is_alphabetic());
    let class = nearest.map(|hit| (hit.class, hit.end - hit.start)).or_else(|| {
        let hit = if is_label_only { from_above() } else { None };
        hit.map(|hit| (hit.class, hit.end - hit.start))
    });
    match class {
        Some(("other", _)) => Rank::Other,
        // "du", "del", "от" join any date to anything.
        Some(("made", length)) if length > 3 => Rank::Made,
        _ if date.has_time => Rank::Timed,
        Some(_) => Rank::Timed,
        None => Rank::Bare,
    }
}

fn decide(
    page: &Page,
    line: &Line,
    date: &Found,
    beside: &Beside,
    proofs: &[Proof],
) -> Option<(Order, String)> {
    let fits = |order: Order| date.reading(order).is_some();
    elsewhere(page, date)
        .filter(|(order, _)| fits(*order))
        .or_else(|| by_weekday(date))
        .or_else(|| by_other_day(page, line, date, beside))
        .or_else(|| by_number(page, date))
        .or_else(|| by_mail(date, beside))
        .or_else(|| by_country(page, date, proofs).filter(|(order, _)| fits(*order)))
}

/// Another numeric date of the document that has one reading only.
fn elsewhere(page: &Page, date: &Found) -> Option<(Order, String)> {
    let has_year_first = date.reading(Order::Ymd).is_some();
    let mut orders: Vec<(Order, usize)> = Vec::new();
    for (line, other) in page.dates() {
        let same_kind = other.separator == date.separator && other.separator.is_some();
        let [(order, _)] = other.readings.as_slice() else { continue };
        let four_digits = other.end - other.start >= 8 && *order == Order::Ymd && !has_year_first;
        if same_kind && !four_digits && !orders.iter().any(|(known, _)| known == order) {
            orders.push((*order, line.number));
        }
    }
    let [(order, number)] = orders.as_slice() else { return None };
    Some((*order, format!("line {number} has a date that can be read one way only")))
}

fn by_weekday(date: &Found) -> Option<(Order, String)> {
    let weekday = date.weekday?;
    let mut fitting = date.readings.iter().filter(|(_, day)| day.weekday() == weekday);
    let (order, _) = fitting.next()?;
    fitting.next().is_none().then(|| (*order, "the day of the week fits only so".to_owned()))
}

/// The same day, written out elsewhere.
fn by_other_day(
    page: &Page,
    line: &Line,
    date: &Found,
    beside: &Beside,
) -> Option<(Order, String)> {
    let spelled = page
        .dates()
        .filter(|(other, found)| other.number != line.number || found.start != date.start)
        .filter(|(_, found)| found.separator.is_none() || found.readings.len() == 1)
        .filter_map(|(other, found)| {
            Some((found.sure()?, format!("line {} spells it out", other.number)))
        });
    let named = beside.named.map(|day| (day, "the file's name has that day".to_owned()));
    let known: Vec<(Day, String)> = spelled.chain(named).collect();
    let mut fitting = date.readings.iter().filter_map(|(order, day)| {
        known.iter().find(|(other, _)| other == day).map(|k| (*order, k.1.clone()))
    });
    let first = fitting.next()?;
    fitting.next().is_none().then_some(first)
}

/// "INV-20250403-17" holds one of the readings.
fn by_number(page: &Page, date: &Found) -> Option<(Order, String)> {
    let holds = |day: Day| {
        let compact = format!("{:04}{:02}{:02}", day.year, day.month, day.day);
        let dashed = day.to_string();
        page.lines.iter().find(|line| {
            line.text.contains(&compact) || (line.text.contains(&dashed) && line.dates.is_empty())
        })
    };
    let mut fitting = date
        .readings
        .iter()
        .filter_map(|(order, day)| holds(*day).map(|line| (*order, line.number)));
    let (order, number) = fitting.next()?;
    fitting.next().is_none().then(|| (order, format!("line {number} has that day in a number")))
}

fn by_mail(date: &Found, beside: &Beside) -> Option<(Order, String)> {
    let sent = beside.sent?.number();
    let is_near = |day: &Day| (0..=MAIL_DAYS_MAX).contains(&(sent - day.number()));
    let mut fitting = date.readings.iter().filter(|(_, day)| is_near(day));
    let (order, _) = fitting.next()?;
    fitting.next().is_none().then(|| (*order, "the mail was sent in those days".to_owned()))
}

pub(super) fn by_country(page: &Page, date: &Found, proofs: &[Proof]) -> Option<(Order, String)> {
    let year_first = ["ja", "zh", "ko", "hu", "sv"];
    let language = page.language;
    if date.reading(Order::Ymd).is_some() && language.is_some_and(|l| year_first.contains(&l)) {
        let short = if language == Some("sv") { date.separator == Some('-') } else { true };
        if short {
            return Some((Order::Ymd, "texts in this language put the year first".to_owned()));
        }
    }
    let american = proofs.iter().find(|proof| proof.country == "US");
    let canadian = proofs.iter().any(|proof| proof.country == "CA");
    let elsewhere = proofs.iter().find(|proof| !matches!(proof.country, "US" | "CA"));
    match (american, elsewhere) {
        (Some(proof), None) if !canadian => {
            return Some((
                Order::Mdy,
                format!("{} is of the USA, where the month comes first", proof.seen),
            ));
        }
        (None, Some(proof)) if !canadian => {
            return Some((
                Order::Dmy,
                format!("{} is of a country where the day comes first", proof.seen),
            ));
        }
        (None, None) if !canadian => {}
        _ => return None,
    }
    match language {
        Some("en" | "ja" | "zh" | "ko") | None => by_currency(page),
        Some(_) if date.separator == Some('.') => None,
        Some(_) => Some((Order::Dmy, "texts in this language put the day first".to_owned())),
    }
    .or_else(|| {
        // Points are never put between month and day by those who begin with the month.
        (date.separator == Some('.') && date.reading(Order::Ymd).is_none())
            .then(|| (Order::Dmy, "with points, the day comes first".to_owned()))
    })
    .or_else(|| {
        let two = date.readings.len() == 2 && date.separator == Some('.');
        (two && language.is_some())
            .then(|| (Order::Dmy, "with points, the day comes first".to_owned()))
    })
}

/// Currencies of one country in which an English text puts the day first.
fn by_currency(page: &Page) -> Option<(Order, String)> {
    let mut codes: Vec<&str> = page
        .lines
        .iter()
        .flat_map(|line| line.figures.iter().filter_map(|figure| figure.codes))
        .filter(|codes| codes.len() == 1)
        .map(|codes| codes[0])
        .collect();
    codes.sort_unstable();
    codes.dedup();
    let [code] = codes.as_slice() else { return None };
    matches!(*code, "GBP" | "INR" | "AUD" | "NZD" | "SGD")
        .then(|| (Order::Dmy, format!("where {code} is paid, the day comes first")))
}
