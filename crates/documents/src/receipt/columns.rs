//! Which column of a table is the date, the text, the amount: by its heading and by its cells.

use super::date::find;
use super::figure::{Side, Style, cell, style};
use super::fold::{fold, tidy};
use super::lexicon::vocabulary;
use super::money::{Codes, Money, codes_of, marks};
use super::statement::{Place, Raw};

/// A table and where it stands.
#[derive(Debug, Clone, Copy)]
pub(super) struct Table<'a> {
    pub(super) index: usize,
    pub(super) rows: &'a [Vec<String>],
    /// Cells hold numbers as a program wrote them, with a decimal point.
    pub(super) is_sheet: bool,
}

/// The columns of a table that were recognised.
#[derive(Debug, Default)]
pub(super) struct Columns {
    /// Rows above the first movement.
    header_rows: usize,
    date: usize,
    texts: Vec<usize>,
    payee: Option<usize>,
    amount: Option<usize>,
    debit: Option<usize>,
    credit: Option<usize>,
    balance: Option<usize>,
    currency: Option<usize>,
    side: Option<usize>,
    /// A currency that a heading names.
    codes: Option<Codes>,
    style: Style,
}

/// Rows above the headings, such as the bank's name and the account.
const PREAMBLE_ROWS_MAX: usize = 25;
/// Rows by which the content of a column is judged.
const PROBE_ROWS: usize = 40;

impl Columns {
    pub(super) fn of(table: &Table<'_>) -> Option<Columns> {
        let best = table
            .rows
            .iter()
            .take(PREAMBLE_ROWS_MAX)
            .enumerate()
            .filter_map(|(index, row)| {
                let classes: Vec<Option<&'static str>> =
                    row.iter().map(|text| class(text)).collect();
                let has = |wanted: &[&str]| classes.iter().flatten().any(|c| wanted.contains(c));
                let fits = has(&["date", "value"]) && has(&["amount", "debit", "credit"]);
                fits.then(|| (classes.iter().flatten().count(), index, classes))
            })
            .max_by_key(|(count, index, _)| (*count, std::cmp::Reverse(*index)));
        match best {
            Some((_, index, classes)) => Columns::named(table, index, &classes),
            None => Columns::unnamed(table),
        }
    }

    fn named(
        table: &Table<'_>,
        header: usize,
        classes: &[Option<&'static str>],
    ) -> Option<Columns> {
        let body = table.rows.get(header + 1..)?;
        let of = |wanted: &str| -> Vec<usize> {
            (0..classes.len()).filter(|at| classes[*at] == Some(wanted)).collect()
        };
        let mut columns = Columns { header_rows: header + 1, ..Columns::default() };
        let mut dates = of("date");
        dates.extend(of("value"));
        columns.date = dates.iter().copied().find(|at| share(body, *at, is_date) >= 50)?;
        columns.style = column_style(table, body);
        let style = columns.style;
        let numeric = |at: &usize| share(body, *at, |text| cell(text, style).is_some()) >= 50;
        columns.amount = of("amount").into_iter().find(numeric);
        let filled = |at: &usize| share(body, *at, |text| cell(text, style).is_some()) > 0;
        columns.debit = of("debit").into_iter().find(filled);
        columns.credit = of("credit").into_iter().find(filled);
        columns.balance = of("balance").into_iter().find(numeric);
        // "Valuta" is the value date in one language and the currency in another.
        let mut currencies = of("currency");
        currencies.extend(of("value"));
        columns.currency = currencies.into_iter().find(|at| share(body, *at, is_code) >= 50);
        columns.side =
            of("side").into_iter().find(|at| share(body, *at, |t| side_word(t).is_some()) >= 80);
        columns.texts = of("text");
        if columns.texts.is_empty() {
            columns.texts = wordy(body, &columns, classes.len());
        }
        columns.payee = columns
            .texts
            .iter()
            .copied()
            .find(|at| table.rows[header].get(*at).is_some_and(|text| names_payee(text)));
        let amounts = [columns.amount, columns.debit, columns.credit];
        columns.codes = amounts
            .iter()
            .flatten()
            .filter_map(|at| table.rows[header].get(*at))
            .find_map(|text| heading_codes(text));
        if columns.debit.is_none() && columns.amount.is_none() {
            // Only money in: nothing was bought, but the rows are still accounted for.
            columns.credit?;
        }
        Some(columns)
    }

    /// No headings: a column of dates, one of amounts, one of words.
    fn unnamed(table: &Table<'_>) -> Option<Columns> {
        let width = table.rows.iter().map(Vec::len).max().unwrap_or(0).min(40);
        let style = column_style(table, table.rows);
        let date = (0..width).find(|at| share(table.rows, *at, is_date) >= 70)?;
        let is_amount =
            |text: &str| cell(text, style).is_some_and(|figure| figure.is_money || table.is_sheet);
        let amounts: Vec<usize> = (0..width)
            .filter(|at| *at != date && share(table.rows, *at, is_amount) >= 70)
            .collect();
        let mut columns =
            Columns { date, style, amount: amounts.first().copied(), ..Columns::default() };
        columns.amount?;
        columns.balance = amounts.get(1).copied();
        columns.currency = (0..width).find(|at| share(table.rows, *at, is_code) >= 70);
        columns.texts = wordy(table.rows, &columns, width);
        (!columns.texts.is_empty() && table.rows.len() >= 2).then_some(columns)
    }

    pub(super) fn rows(&self, table: &Table<'_>) -> Vec<Raw> {
        let body = table.rows.iter().enumerate().skip(self.header_rows);
        body.filter(|(_, row)| row.iter().any(|text| !text.trim().is_empty()))
            .map(|(index, row)| self.row(table, index, row))
            .collect()
    }

    fn row(&self, table: &Table<'_>, index: usize, row: &[String]) -> Raw {
        let get = |at: Option<usize>| at.and_then(|at| row.get(at)).map_or("", |text| text.trim());
        let number = |at: Option<usize>| {
            cell(get(at), self.style).filter(|figure| figure.money.e4 != 0 || at == self.amount)
        };
        let (out, into, plain) = (number(self.debit), number(self.credit), number(self.amount));
        let (figure, column, side) = match (out, into, plain) {
            (Some(figure), None, _) => (Some(figure), self.debit, Some(Side::Out)),
            (None, Some(figure), _) => (Some(figure), self.credit, Some(Side::In)),
            // Both are filled where one is a zero or the row is a sum.
            (Some(out), Some(into), _) if out.money.e4.abs() >= into.money.e4.abs() => {
                (Some(out), self.debit, Some(Side::Out))
            }
            (Some(_), Some(into), _) => (Some(into), self.credit, Some(Side::In)),
            (None, None, plain) => (plain, self.amount, side_word(get(self.side))),
        };
        let dates = find(&fold(&tidy(get(Some(self.date))))).0;
        let texts: Vec<String> =
            self.texts.iter().map(|at| tidy(get(Some(*at)))).filter(|text| !text.is_empty()).fold(
                Vec::new(),
                |mut texts, text| {
                    if !texts.contains(&text) {
                        texts.push(text);
                    }
                    texts
                },
            );
        let balance = cell(get(self.balance), self.style).map(|figure| figure.money);
        Raw {
            place: Place::Cell {
                table: table.index,
                row: index + 1,
                column: column.or(self.amount).map_or(0, |at| at + 1),
            },
            date: dates.into_iter().next(),
            payee: Some(tidy(get(self.payee))).filter(|name| !name.is_empty()),
            texts,
            figure,
            side,
            balance: balance.map(|money: Money| money),
            codes: codes_of(get(self.currency)).or(self.codes),
        }
    }
}

/// The class of a heading, if that is what the cell says.
pub(super) fn class(text: &str) -> Option<&'static str> {
    let text = tidy(text);
    if text.chars().count() > 60 || text.chars().filter(char::is_ascii_digit).count() > 3 {
        return None;
    }
    let mut folded = fold(&text);
    // "Betrag (EUR)" and "Betrag in €" are headings of amounts.
    for mark in marks(&text.chars().collect::<Vec<_>>()) {
        folded[mark.start..mark.end].fill(' ');
    }
    let hits = vocabulary().columns.find(&folded);
    let letters = folded.iter().filter(|letter| letter.is_alphanumeric()).count();
    let covered: usize = hits.iter().map(|hit| hit.end - hit.start).sum();
    let hit = hits.iter().max_by_key(|hit| hit.end - hit.start)?;
    (covered * 2 >= letters).then_some(hit.class)
}

fn heading_codes(text: &str) -> Option<Codes> {
    let letters: Vec<char> = tidy(text).chars().collect();
    marks(&letters).iter().map(|mark| mark.codes).find(|codes| codes.len() == 1)
}

fn names_payee(text: &str) -> bool {
    const WORDS: [&str; 44] = [
        "payee",
        "merchant",
        "name",
        "counterparty",
        "beneficiary",
        "recipient",
        "shop",
        "store",
        "vendor",
        "supplier",
        "empfanger",
        "begunstigter",
        "beguenstigter",
        "zahlungsempfanger",
        "handler",
        "partnername",
        "laden",
        "beneficiaire",
        "commercant",
        "tiers",
        "magasin",
        "beneficiario",
        "comercio",
        "esercente",
        "negozio",
        "estabelecimento",
        "tegenpartij",
        "naam",
        "odbiorca",
        "kontrahent",
        "sklep",
        "protistrany",
        "protiuctu",
        "obchodnik",
        "mottagare",
        "butik",
        "modtager",
        "mottaker",
        "saaja",
        "partner",
        "контрагент",
        "получатель",
        "отримувач",
        "where",
    ];
    let folded = fold(text).into_iter().collect::<String>();
    let dense = ["店", "가맹점", "商户", "对方", "商家", "받는분"];
    super::fold::words(&folded).iter().any(|word| WORDS.contains(&word.as_str()))
        || dense.iter().any(|part| folded.contains(part))
}

/// Columns of words, when no heading names one.
fn wordy(body: &[Vec<String>], columns: &Columns, width: usize) -> Vec<usize> {
    let taken = [
        Some(columns.date),
        columns.amount,
        columns.debit,
        columns.credit,
        columns.balance,
        columns.currency,
        columns.side,
    ];
    let is_words =
        |text: &str| text.chars().filter(|c| c.is_alphabetic()).count() >= 3 && !is_date(text);
    (0..width)
        .filter(|at| !taken.contains(&Some(*at)) && share(body, *at, is_words) >= 50)
        .take(3)
        .collect()
}

/// How many percent of the filled cells of a column are so; 0 when none is filled.
fn share(body: &[Vec<String>], column: usize, is: impl Fn(&str) -> bool) -> usize {
    let cells: Vec<&str> = body
        .iter()
        .filter_map(|row| row.get(column))
        .map(|text| text.trim())
        .filter(|text| !text.is_empty())
        .take(PROBE_ROWS)
        .collect();
    let fitting = cells.iter().filter(|text| is(text)).count();
    if cells.is_empty() { 0 } else { (fitting * 100 / cells.len()).max(usize::from(fitting > 0)) }
}

fn is_date(text: &str) -> bool {
    let folded = fold(&tidy(text));
    let (found, _) = find(&folded);
    found.first().is_some_and(|date| date.start <= 5 && folded.len() <= 34)
}

fn is_code(text: &str) -> bool {
    text.chars().count() <= 4 && codes_of(text).is_some()
}

fn column_style(table: &Table<'_>, body: &[Vec<String>]) -> Style {
    let cells: Vec<Vec<char>> = body
        .iter()
        .flatten()
        .filter(|text| text.chars().count() < 24 && !is_date(text))
        .take(4_000)
        .map(|text| tidy(text).chars().collect())
        .collect();
    match style(cells.iter().map(Vec::as_slice)) {
        Style::Open if table.is_sheet => Style::Point,
        found => found,
    }
}

fn side_word(text: &str) -> Option<Side> {
    const OUT: [&str; 30] = [
        "debit",
        "d",
        "dr",
        "soll",
        "s",
        "af",
        "debet",
        "debito",
        "cargo",
        "dare",
        "out",
        "expense",
        "ausgabe",
        "ausgang",
        "belastung",
        "depense",
        "uscita",
        "saida",
        "obciazenie",
        "vydaj",
        "odchozi",
        "uttag",
        "udgift",
        "支出",
        "出金",
        "출금",
        "расход",
        "списание",
        "payment",
        "支",
    ];
    const INTO: [&str; 28] = [
        "credit",
        "c",
        "cr",
        "haben",
        "h",
        "bij",
        "kredit",
        "credito",
        "abono",
        "avere",
        "in",
        "income",
        "einnahme",
        "eingang",
        "gutschrift",
        "recette",
        "entrata",
        "entrada",
        "uznanie",
        "prijem",
        "prichozi",
        "insattning",
        "indtaegt",
        "收入",
        "入金",
        "입금",
        "приход",
        "зачисление",
    ];
    let folded: String = fold(&tidy(text.trim())).into_iter().collect();
    if OUT.contains(&folded.as_str()) {
        Some(Side::Out)
    } else {
        INTO.contains(&folded.as_str()).then_some(Side::In)
    }
}
