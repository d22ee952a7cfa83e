//! Movements of an account or a list of purchases: one row each, money out told from money in.

use super::columns::{Columns, Table};
use super::date::{Day, Found, Order};
use super::figure::{Figure, Side};
use super::lexicon::vocabulary;
use super::money::{Codes, Money};

/// Where a row stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// Counted from 1.
    Line(usize),
    /// Table counted from 0, row from 1, column of the amount from 1.
    Cell { table: usize, row: usize, column: usize },
}

/// One movement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Movement {
    pub(super) place: Place,
    pub(super) date: Option<Found>,
    pub(super) text: String,
    pub(super) vendor: String,
    /// Money out is positive here, whatever the sign in the document.
    pub(super) money: Money,
    pub(super) codes: Option<Codes>,
    /// Amounts in other currencies that its text names.
    pub(super) also: Vec<(Money, &'static str)>,
    /// Why it is no purchase.
    pub(super) aside: Option<&'static str>,
}

/// All movements of a statement.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Statement {
    pub(super) rows: Vec<Movement>,
    /// The order of day and month that the rows prove, and how.
    pub(super) order: Option<(Order, String)>,
    pub(super) problems: Vec<String>,
}

const IN: &str = "money that came in";
const OWN: &str = "a transfer between own accounts";
const CASH: &str = "cash taken out; what was bought with it needs a receipt";
const CARD_BILL: &str = "the settlement of a card; its purchases stand on the card's own statement";
const BALANCE: &str = "a balance or a sum, not a movement";
const NOTHING: &str = "no money moved";

/// A row as it stands there, before its sign is understood.
#[derive(Debug, Clone)]
pub(super) struct Raw {
    pub(super) place: Place,
    pub(super) date: Option<Found>,
    pub(super) texts: Vec<String>,
    pub(super) payee: Option<String>,
    pub(super) figure: Option<Figure>,
    /// From columns of their own or from a word beside.
    pub(super) side: Option<Side>,
    pub(super) balance: Option<Money>,
    pub(super) codes: Option<Codes>,
}

pub(super) fn from_table(table: &Table<'_>) -> Option<Statement> {
    let columns = Columns::of(table)?;
    let raws = columns.rows(table);
    let dated = raws.iter().filter(|raw| raw.date.is_some() && raw.figure.is_some()).count();
    (dated > 0).then(|| understand(&raws))
}

/// Decides signs, sets aside what is no purchase.
pub(super) fn understand(raws: &[Raw]) -> Statement {
    let mut statement = Statement { order: order(raws), ..Statement::default() };
    let signs = Signs::of(raws);
    if signs == Signs::AllOut && raws.iter().filter(|raw| raw.figure.is_some()).count() > 1 {
        statement
            .problems
            .push("no amount has a sign, so every row was taken as money out".to_owned());
    }
    let mut previous = None;
    for raw in raws {
        let Some(figure) = &raw.figure else { continue };
        let side = signs.side(raw, figure, previous);
        previous = raw.balance.or(previous);
        let text = raw.texts.join(" · ");
        let aside = aside(raw, figure, side, &text);
        let money = Money { e4: figure.money.e4.abs(), ..figure.money };
        let money = if side == Side::In { money.negated() } else { money };
        let codes = raw.codes.or(figure.codes);
        statement.rows.push(Movement {
            place: raw.place,
            date: raw.date.clone(),
            vendor: vendor(raw.payee.as_deref(), &raw.texts),
            also: also(&text, codes),
            text,
            money,
            codes,
            aside,
        });
    }
    statement
}

/// How money out is told from money in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Signs {
    /// Columns or words beside the amount say it.
    Sides,
    /// The balance after each row says it.
    Balance,
    /// Minus is money out.
    Minus,
    /// On a card's statement, minus is what was paid back.
    Plus,
    AllOut,
}

impl Signs {
    fn of(raws: &[Raw]) -> Signs {
        let figures: Vec<(&Raw, &Figure)> =
            raws.iter().filter_map(|raw| Some((raw, raw.figure.as_ref()?))).collect();
        if figures.iter().any(|(raw, figure)| raw.side.or(figure.side).is_some()) {
            return Signs::Sides;
        }
        let negative = |figure: &Figure| figure.money.e4 < 0 || figure.in_parens;
        let minus: Vec<&Raw> =
            figures.iter().filter(|(_, f)| negative(f)).map(|(raw, _)| *raw).collect();
        if minus.is_empty() {
            return if Signs::balances(&figures) { Signs::Balance } else { Signs::AllOut };
        }
        let paid_back = |raw: &&Raw| {
            let folded = super::fold::fold(&raw.texts.join(" "));
            let moves = vocabulary().moves.find(&folded);
            let kinds = vocabulary().kinds.find(&folded);
            moves.iter().any(|hit| hit.class == "cardbill")
                || kinds.iter().any(|hit| hit.class == "refund")
        };
        let all_paid_back = minus.iter().all(paid_back);
        if all_paid_back && minus.len() * 2 < figures.len() { Signs::Plus } else { Signs::Minus }
    }

    /// Every balance follows from the one before it.
    fn balances(figures: &[(&Raw, &Figure)]) -> bool {
        let pairs: Vec<(Money, Money, Money)> = figures
            .windows(2)
            .filter_map(|pair| Some((pair[0].0.balance?, pair[1].0.balance?, pair[1].1.money)))
            .collect();
        let follows = |(before, after, money): &(Money, Money, Money)| {
            (after.e4 - before.e4).abs() == money.e4.abs()
        };
        !pairs.is_empty()
            && pairs.iter().filter(|pair| follows(pair)).count() * 10 >= pairs.len() * 8
    }

    fn side(self, raw: &Raw, figure: &Figure, previous: Option<Money>) -> Side {
        let negative = figure.money.e4 < 0 || figure.in_parens;
        let by_minus = if negative { Side::Out } else { Side::In };
        match self {
            Signs::Sides => match raw.side.or(figure.side) {
                // A negative amount in the column of money out is a correction.
                Some(Side::In) => Side::In,
                Some(Side::Out) => Side::Out,
                None => by_minus,
            },
            Signs::Balance => match (previous, raw.balance) {
                (Some(before), Some(after)) if after > before => Side::In,
                // The first row has nothing before it.
                _ => Side::Out,
            },
            Signs::Minus => by_minus,
            Signs::Plus => {
                if negative {
                    Side::In
                } else {
                    Side::Out
                }
            }
            Signs::AllOut => Side::Out,
        }
    }
}

fn aside(raw: &Raw, figure: &Figure, side: Side, text: &str) -> Option<&'static str> {
    let folded = super::fold::fold(text);
    let letters = folded.iter().filter(|letter| letter.is_alphanumeric()).count();
    let hits = vocabulary().moves.find(&folded);
    let has = |class: &str| hits.iter().any(|hit| hit.class == class);
    let covered: usize =
        hits.iter().filter(|hit| hit.class == "opening").map(|hit| hit.end - hit.start).sum();
    if covered * 10 >= letters * 7 && letters > 0 && (raw.date.is_none() || has("opening")) {
        return Some(BALANCE);
    }
    if raw.date.is_none() && letters == 0 {
        return Some(BALANCE);
    }
    if figure.money.e4 == 0 {
        return Some(NOTHING);
    }
    if has("own") {
        return Some(OWN);
    }
    if has("cardbill") {
        return Some(CARD_BILL);
    }
    if side == Side::In {
        return Some(IN);
    }
    has("cash").then_some(CASH)
}

/// Which order of day and month the dates allow: one that only has one reading, or the one in
/// which the rows follow one another.
fn order(raws: &[Raw]) -> Option<(Order, String)> {
    let dates: Vec<&Found> = raws.iter().filter_map(|raw| raw.date.as_ref()).collect();
    let open: Vec<&&Found> = dates.iter().filter(|date| date.sure().is_none()).collect();
    if open.is_empty() {
        return None;
    }
    let single = dates
        .iter()
        .filter(|date| date.separator.is_some() && date.readings.len() == 1)
        .map(|date| date.readings[0].0)
        .collect::<Vec<_>>();
    for order in [Order::Dmy, Order::Mdy, Order::Ymd] {
        if single.contains(&order) && single.iter().all(|other| *other == order) {
            return Some((
                order,
                "another row has a date that can be read one way only".to_owned(),
            ));
        }
    }
    let sorted: Vec<Order> =
        [Order::Dmy, Order::Mdy].into_iter().filter(|order| is_sorted(&dates, *order)).collect();
    let [order] = sorted.as_slice() else { return None };
    let enough = dates.len() >= 4;
    enough.then(|| (*order, "only so the rows are in order".to_owned()))
}

fn is_sorted(dates: &[&Found], order: Order) -> bool {
    let days: Option<Vec<Day>> =
        dates.iter().map(|date| date.sure().or_else(|| date.reading(order))).collect();
    days.is_some_and(|days| days.is_sorted() || days.iter().rev().collect::<Vec<_>>().is_sorted())
}

/// Amounts of other currencies in a row's text, such as "CHF 45,00 Kurs 0,95".
fn also(text: &str, codes: Option<Codes>) -> Vec<(Money, &'static str)> {
    let letters: Vec<char> = super::fold::tidy(text).chars().collect();
    super::figure::figures(&letters, &[], super::figure::Style::Open)
        .into_iter()
        .filter(|figure| figure.is_money && figure.money.e4 != 0)
        .filter_map(|figure| match figure.codes? {
            [code] if codes != Some(&[code]) => {
                Some((Money { e4: figure.money.e4.abs(), ..figure.money }, *code))
            }
            _ => None,
        })
        .take(3)
        .collect()
}

/// The name out of a booking's text, without what banks put around it.
fn vendor(payee: Option<&str>, texts: &[String]) -> String {
    let raw = payee.filter(|name| name.chars().any(char::is_alphabetic));
    let raw = raw
        .or_else(|| texts.iter().map(String::as_str).find(|t| t.chars().any(char::is_alphabetic)));
    let mut name = super::fold::tidy(raw.unwrap_or_default());
    loop {
        let lower = name.to_lowercase();
        let prefix = PREFIXES.iter().find(|prefix| {
            lower.len() == name.len()
                && name.len() > prefix.len() + 2
                && lower
                    .strip_prefix(**prefix)
                    .is_some_and(|rest| !rest.starts_with(char::is_alphanumeric))
        });
        let Some(prefix) = prefix else { break };
        name =
            name[prefix.len()..].trim_start_matches([' ', ':', '-', '*', '/', ',', '.']).to_owned();
    }
    let words: Vec<&str> = name.split_whitespace().collect();
    let is_noise = |word: &&str| {
        let digits = word.chars().filter(char::is_ascii_digit).count();
        digits >= 4 || (digits > 0 && digits + 2 >= word.chars().count() && digits > 1)
    };
    let kept: Vec<&str> = words.iter().copied().filter(|word| !is_noise(word)).take(6).collect();
    let kept = if kept.is_empty() { words } else { kept };
    let name = kept.join(" ");
    name.split(" // ").next().unwrap_or(&name).trim_matches([' ', '/', '*', ',', '-']).to_owned()
}

/// What banks write before a merchant's name, folded to lower case.
const PREFIXES: [&str; 44] = [
    "card payment to",
    "card payment",
    "card purchase",
    "pos purchase",
    "pos",
    "debit card purchase",
    "contactless payment",
    "direct debit to",
    "direct debit",
    "payment to",
    "purchase at",
    "purchase",
    "kartenzahlung",
    "lastschrift",
    "sepa-lastschrift",
    "sepa-basislastschrift",
    "girocard",
    "überweisung an",
    "kauf",
    "paiement par carte",
    "paiement cb",
    "carte",
    "cb",
    "prlv sepa",
    "achat cb",
    "achat",
    "compra en",
    "compra tarjeta",
    "pago con tarjeta en",
    "compra",
    "recibo",
    "pagamento pos",
    "pagamento carta",
    "addebito",
    "betaling",
    "betaalautomaat",
    "bea",
    "płatność kartą",
    "zakup",
    "platba kartou",
    "kortköp",
    "dankort-nota",
    "visa",
    "korttiosto",
];
