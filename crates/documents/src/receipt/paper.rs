//! Movements on paper: lines that begin with a date and end with an amount.

use super::columns::class;
use super::date::{Found, yearless};
use super::figure::{Figure, Side};
use super::page::{Line, Page};
use super::statement::{Place, Raw, Statement, understand};

/// Fewer dated lines with amounts are no statement.
const ROWS_MIN: usize = 2;

/// Where the amounts of money out, money in and the balance stand.
#[derive(Debug, Default, Clone, Copy)]
struct Heads {
    debit: Option<usize>,
    credit: Option<usize>,
    balance: Option<usize>,
}

pub(super) fn from_lines(page: &Page) -> Option<Statement> {
    let year = page.dates().find_map(|(_, date)| date.sure()).map(|day| day.year);
    let mut heads = Heads::default();
    let mut raws: Vec<Raw> = Vec::new();
    let has_balance = balance_column(page, year);
    for line in &page.lines {
        if let Some(found) = headings(line) {
            heads = found;
            continue;
        }
        match opening_date(line, year) {
            Some(date) => raws.extend(raw(line, date, heads, has_balance)),
            // What stands below a movement belongs to it.
            None => {
                if let Some(last) = raws.last_mut()
                    && line.figures.iter().all(|figure| !figure.is_money)
                    && matches!(last.place, Place::Line(at) if line.number <= at + 2)
                    && last.texts.len() < 3
                {
                    last.texts.push(line.text.trim().to_owned());
                }
            }
        }
    }
    (raws.len() >= ROWS_MIN).then(|| understand(&raws))
}

/// How many lines look like movements.
pub(super) fn dated_lines(page: &Page) -> usize {
    let year = page.dates().find_map(|(_, date)| date.sure()).map(|day| day.year);
    let is_one = |line: &&Line| {
        opening_date(line, year).is_some_and(|date| {
            line.figures.iter().any(|figure| figure.is_money && figure.start >= date.end)
        })
    };
    page.lines.iter().filter(is_one).count()
}

fn opening_date(line: &Line, year: Option<i32>) -> Option<Found> {
    let lead = line.letters.iter().take_while(|letter| **letter == ' ').count();
    if let Some(date) = line.dates.first() {
        return (date.start <= lead + 2).then(|| date.clone());
    }
    let trimmed: Vec<char> = line.folded.iter().copied().skip(lead).collect();
    let mut date = yearless(&trimmed, year?)?;
    date.start += lead;
    date.end += lead;
    Some(date)
}

/// Two amounts on most movements: the second one is the balance.
fn balance_column(page: &Page, year: Option<i32>) -> bool {
    let counts: Vec<usize> = page
        .lines
        .iter()
        .filter(|line| opening_date(line, year).is_some())
        .map(|line| line.figures.iter().filter(|figure| figure.is_money).count())
        .filter(|count| *count > 0)
        .collect();
    counts.iter().filter(|count| **count >= 2).count() * 2 > counts.len()
}

fn headings(line: &Line) -> Option<Heads> {
    let columns = line.columns();
    if columns.len() < 3 || line.figures.iter().any(|figure| figure.is_money) {
        return None;
    }
    let mut heads = Heads::default();
    let mut count = 0;
    for (start, text) in &columns {
        let end = start + text.chars().count();
        match class(text) {
            Some("debit") => heads.debit = Some(end),
            Some("credit") => heads.credit = Some(end),
            Some("balance") => heads.balance = Some(end),
            Some(_) => {}
            None => continue,
        }
        count += 1;
    }
    (count >= 3).then_some(heads)
}

fn raw(line: &Line, date: Found, heads: Heads, has_balance: bool) -> Option<Raw> {
    let mut money: Vec<&Figure> =
        line.figures.iter().filter(|figure| figure.is_money && figure.start >= date.end).collect();
    let has_both = heads.debit.is_some() && heads.credit.is_some();
    let balance = if money.len() >= 2 && (has_balance || heads.balance.is_some()) {
        money.pop().map(|figure| figure.money)
    } else {
        None
    };
    let figure = (*money.last()?).clone();
    let side = if has_both { nearest(&figure, heads) } else { None };
    // A second date is the value date; the text lies between it and the amount.
    let from = line
        .dates
        .iter()
        .filter(|other| other.start >= date.end && other.start <= date.end + 4)
        .map(|other| other.end)
        .max()
        .unwrap_or(date.end);
    let text: String = line.letters[from.min(figure.start)..figure.start].iter().collect();
    let text = text.trim().trim_start_matches(['.', '-', ':', ' ']).to_owned();
    Some(Raw {
        place: Place::Line(line.number),
        date: Some(date),
        texts: vec![text],
        payee: None,
        codes: figure.codes,
        figure: Some(figure),
        side,
        balance,
    })
}

fn nearest(figure: &Figure, heads: Heads) -> Option<Side> {
    let (debit, credit) = (heads.debit?, heads.credit?);
    let far = |head: usize| head.abs_diff(figure.end);
    Some(if far(debit) <= far(credit) { Side::Out } else { Side::In })
}
