//! Reads the facts of a purchase out of a document: with evidence, and without guessing.
//!
//! Where a document allows two readings (the day or the month first, a bare `$`, two totals), both
//! are given as candidates and none is chosen. What is chosen has a place in the document that
//! other code can look up. Nothing here does I/O, and nothing knows what day it is.

mod amounts;
mod columns;
mod currency;
mod date;
mod facts;
mod figure;
mod fold;
mod kind;
mod lexicon;
mod money;
mod page;
mod paper;
mod region;
mod statement;
mod total;
mod vendor;
mod when;

#[cfg(test)]
mod tests;

pub use date::Order;
pub use facts::{
    AmountReading, Aside, At, CurrencyFact, DayFact, DayReading, Foreign, Hints, Kind, Receipt,
    Row, Said, Tax, TotalFact,
};

use crate::document::{Document, Format};
use amounts::Entry;
use columns::Table;
use date::{Day, Found};
use money::Money;
use page::Page;
use region::Proof;
use statement::{Movement, Place, Statement};
use total::Total;
use when::{Beside, When};

/// Lines of a note that may be a receipt although it does not say so.
const SLIP_LINES_MAX: usize = 15;

/// What a document says about purchases. `name` is the file's name; a day in it counts as
/// evidence, its words do not.
pub fn read(document: &Document, name: &str, hints: &Hints) -> Receipt {
    let own = Reading::new(document, name, hints, None, document).receipt();
    let mut best = own;
    for (index, attachment) in document.attachments.iter().enumerate() {
        let Some(inner) = &attachment.document else {
            if let Some(problem) = &attachment.problem
                && is_document_name(&attachment.name)
            {
                best.problems
                    .push(format!("the attachment “{}”: {}", attachment.name, problem.why));
            }
            continue;
        };
        let found = Reading::new(inner, &attachment.name, hints, Some(index), document).receipt();
        best = better(best, found);
    }
    best
}

fn is_document_name(name: &str) -> bool {
    let lower = name.to_lowercase();
    [".pdf", ".html", ".htm", ".docx", ".xlsx", ".csv", ".txt", ".eml"]
        .iter()
        .any(|end| lower.ends_with(end))
}

/// A mail and its attachment speak of one purchase; the attachment is the document, unless it has
/// nothing to say or says something else.
fn better(own: Receipt, mut found: Receipt) -> Receipt {
    if found.kind == Kind::Other {
        return own;
    }
    let both =
        own.kind != Kind::Other && own.kind != Kind::Statement && found.kind != Kind::Statement;
    if both
        && let (Some(a), Some(b)) = (&own.total.amount, &found.total.amount)
        && a != b
        && let (Some(first), Some(second)) = (own.total.at, found.total.at)
    {
        let reading = |amount: &String, label: &Option<String>, at: At| AmountReading {
            amount: amount.clone(),
            label: label.clone().unwrap_or_default(),
            at,
        };
        found.total.candidates =
            vec![reading(b, &found.total.label, second), reading(a, &own.total.label, first)];
        found.problems.push("the mail and its attachment name different totals".to_owned());
        found.total.amount = None;
    }
    if found.vendor.value.is_none() {
        found.vendor = own.vendor;
    }
    if found.date.value.is_none() && found.date.candidates.is_empty() {
        found.date = own.date;
    }
    if found.currency.code.is_none() && own.currency.code.is_some() {
        found.currency = own.currency;
    }
    // What the mail lacks, the attachment may have.
    let is_open = found.total.amount.is_none();
    let problems = own.problems.into_iter().filter(|it| is_open || it != NO_AMOUNT);
    found.problems.extend(problems);
    found
}

const NO_AMOUNT: &str = "no amount was found";

/// One document while it is read.
struct Reading<'a> {
    document: &'a Document,
    attachment: Option<usize>,
    hints: &'a Hints,
    page: Page,
    proofs: Vec<Proof>,
    beside: Beside,
    subject: Option<&'a str>,
    sender: Option<String>,
}

impl<'a> Reading<'a> {
    fn new(
        document: &'a Document,
        name: &str,
        hints: &'a Hints,
        attachment: Option<usize>,
        mail: &'a Document,
    ) -> Reading<'a> {
        let page = Page::new(document);
        let proofs = region::proofs(&page);
        let named = date::find(&fold::fold(&fold::tidy(&name.replace('_', " ")))).0;
        let beside = Beside {
            sent: mail.fact("date").and_then(Day::from_iso).filter(|_| mail.format == Format::Mail),
            named: named.iter().find_map(Found::sure),
        };
        let is_mail = mail.format == Format::Mail;
        let subject = if attachment.is_none() {
            mail.fact("subject").or(document.title.as_deref())
        } else {
            document.title.as_deref()
        };
        let sender = mail.fact("from").filter(|_| is_mail).and_then(vendor::sender);
        Reading { document, attachment, hints, page, proofs, beside, subject, sender }
    }

    fn receipt(&self) -> Receipt {
        let titles = kind::titles(&self.page, self.subject);
        let deciding = kind::deciding(&titles);
        let class = deciding.map(|title| title.class);
        let entries = amounts::entries(&self.page);
        let total = total::total(&self.page, &entries);
        if let Some(statement) = self.statement(class, &total) {
            return self.of_statement(&statement);
        }
        let paid = is_paid(&self.page, &entries);
        if let Some(title) = deciding.filter(|title| kind::is_no_purchase(title.class)) {
            let is_bought = matches!(title.class, "order" | "delivery" | "letter" | "contract")
                && (paid || title.class == "letter")
                && total.chosen.as_ref().is_some_and(|entry| entry.class != "loose");
            if !is_bought {
                return self.other(title);
            }
        }
        self.purchase(deciding, &total, &entries)
    }

    fn statement(&self, class: Option<&str>, total: &Total) -> Option<Statement> {
        let is_sheet =
            matches!(self.document.format, Format::Csv | Format::Xlsx | Format::Xls | Format::Ods);
        let titled = class == Some("statement");
        let is_purchase = matches!(
            class,
            Some(
                "receipt"
                    | "invoice"
                    | "refund"
                    | "offer"
                    | "order"
                    | "payslip"
                    | "delivery"
                    | "reminder"
            )
        );
        if is_purchase && (total.chosen.is_some() || !is_sheet) {
            return None;
        }
        let exact = !matches!(self.document.format, Format::Csv);
        let tables = self.document.tables.iter().enumerate().map(|(index, table)| Table {
            index,
            rows: &table.rows,
            is_sheet: is_sheet && exact,
        });
        if is_sheet || titled || class.is_none() {
            let mut found = Statement::default();
            for part in tables.filter_map(|table| statement::from_table(&table)) {
                found.order = found.order.or(part.order);
                found.rows.extend(part.rows);
                found.problems.extend(part.problems);
            }
            if found.rows.len() > usize::from(!is_sheet) {
                return Some(found);
            }
        }
        let many = paper::dated_lines(&self.page) >= 4 && total.proof.is_none();
        (!is_sheet && (titled || (class.is_none() && many)))
            .then(|| paper::from_lines(&self.page))
            .flatten()
    }

    fn other(&self, title: &kind::Title) -> Receipt {
        let place = title.line.map_or(String::new(), |line| format!(", line {line}"));
        Receipt {
            why: format!(
                "{} (“{}”{place}), not a purchase",
                kind::noun(title.class),
                title.text.trim()
            ),
            language: self.language(),
            date: self.day(),
            ..Receipt::default()
        }
    }

    fn purchase(&self, title: Option<&kind::Title>, total: &Total, entries: &[Entry]) -> Receipt {
        let class = title.map(|title| title.class);
        let is_titled = matches!(class, Some("receipt" | "invoice" | "refund"));
        let strong = total.chosen.as_ref().is_some_and(|e| e.class != "loose" && e.class != "paid");
        let has_evidence = strong
            || total.proof.is_some()
            || entries.iter().any(|e| matches!(e.class, "tax" | "tender" | "grand") && e.is_money);
        let marked = entries.iter().any(|entry| entry.is_money || entry.codes.is_some());
        let is_dated = self.page.dates().next().is_some() || self.beside.sent.is_some();
        let is_short = self.page.lines.len() <= SLIP_LINES_MAX;
        let is_labelled = total.chosen.as_ref().is_some_and(|entry| entry.class != "loose");
        let is_slip = !self.is_prose() && (is_labelled || (is_dated && is_short));
        if !(is_titled || (has_evidence && marked) || is_slip) {
            return self.nothing();
        }
        if total.chosen.is_none() && total.candidates.is_empty() && !is_titled {
            return self.nothing();
        }
        let titles: Vec<usize> = title.and_then(|title| title.line).into_iter().collect();
        let mut receipt = Receipt {
            kind: if class == Some("invoice") { Kind::Invoice } else { Kind::Receipt },
            why: match title {
                Some(title) if is_titled => {
                    format!("{} (“{}”)", kind::noun(title.class), title.text.trim())
                }
                _ => "a receipt: it has a total".to_owned(),
            },
            is_refund: class == Some("refund"),
            language: self.language(),
            vendor: self.vendor(&titles),
            date: self.day(),
            number: self.number(),
            payment: payment(&self.page, entries),
            ..Receipt::default()
        };
        if let Some(title) = title.filter(|title| kind::is_no_purchase(title.class)) {
            receipt.problems.push(format!(
                "it calls itself {} (“{}”), and names a payment too",
                kind::noun(title.class),
                title.text.trim()
            ));
        }
        self.amounts(&mut receipt, total, entries);
        if receipt.date.value.is_none() && receipt.date.candidates.is_empty() {
            receipt.problems.push("no date was found".to_owned());
        }
        receipt
    }

    fn amounts(&self, receipt: &mut Receipt, total: &Total, entries: &[Entry]) {
        let codes: Vec<&Entry> = total.chosen.iter().chain(&total.candidates).collect();
        receipt.currency = currency::resolve(
            &self.page,
            &self.proofs,
            codes.first().and_then(|e| e.codes),
            self.hints,
        );
        let code = receipt.currency.code.as_deref().or(receipt
            .currency
            .candidates
            .first()
            .map(String::as_str));
        let signed = |money: Money| {
            if receipt.is_refund && money.e4 > 0 { money.negated() } else { money }
        };
        let reading = |entry: &Entry| AmountReading {
            amount: signed(entry.money).text(code),
            label: entry.label.clone(),
            at: self.line(entry.line),
        };
        if let Some(entry) = &total.chosen {
            let read = reading(entry);
            receipt.total.amount = Some(read.amount);
            receipt.total.label = Some(read.label).filter(|label| !label.is_empty());
            receipt.total.at = Some(read.at);
            receipt.total.proof.clone_from(&total.proof);
        } else if total.candidates.is_empty() {
            receipt.problems.push(NO_AMOUNT.to_owned());
        } else {
            receipt.total.candidates = total.candidates.iter().map(reading).collect();
            receipt.problems.push("more than one amount may be the total".to_owned());
        }
        let whole = total.chosen.as_ref().map(|entry| entry.money.e4.abs());
        let taxes: Vec<&Entry> =
            entries.iter().filter(|e| e.class == "tax" && e.is_money).collect();
        receipt.tax = total::tax_lines_of(&taxes)
            .into_iter()
            .filter(|tax| whole.is_none_or(|whole| tax.money.e4.abs() < whole))
            .map(|tax| Tax {
                rate: tax.rate.map(rate_text),
                amount: signed(tax.money).text(code),
                at: self.line(tax.line),
            })
            .collect();
    }

    fn nothing(&self) -> Receipt {
        Receipt {
            why: "nothing in it says that something was bought".to_owned(),
            language: self.language(),
            ..Receipt::default()
        }
    }

    /// Letters and notes: many words for each number.
    fn is_prose(&self) -> bool {
        let long = self.page.lines.iter().filter(|line| line.text.split_whitespace().count() > 9);
        long.count() * 3 >= self.page.lines.len()
    }

    fn language(&self) -> Option<String> {
        self.page.language.map(str::to_owned).or_else(|| self.document.language.clone())
    }

    fn line(&self, number: usize) -> At {
        At { attachment: self.attachment, line: Some(number), ..At::default() }
    }

    fn vendor(&self, titles: &[usize]) -> Said {
        let subject = self.subject.and_then(|subject| {
            let letters: Vec<char> = subject.chars().collect();
            vendor::from_title(&fold::fold(subject), &letters)
        });
        let found =
            vendor::vendor(&self.page, subject.as_deref().or(self.sender.as_deref()), titles);
        Said {
            at: found.as_ref().and_then(|vendor| vendor.line).map(|line| self.line(line)),
            value: found.map(|vendor| vendor.name),
        }
    }

    fn day(&self) -> DayFact {
        let when = when::when(&self.page, &self.beside, &self.proofs, self.hints.day_month);
        let text = when.line.and_then(|number| {
            let line = self.page.lines.iter().find(|line| line.number == number)?;
            let wanted = when.day.or(when.candidates.first().map(|(_, day)| *day))?;
            let date = line
                .dates
                .iter()
                .find(|date| date.readings.iter().any(|(_, day)| *day == wanted))?;
            Some(line.letters[date.start..date.end].iter().collect())
        });
        DayFact {
            value: when.day.map(|day| day.to_string()),
            candidates: readings(&when.candidates),
            text,
            at: when.line.map(|line| self.line(line)),
            why: outside(&when, &self.beside).or(when.why),
        }
    }

    fn number(&self) -> Said {
        for line in &self.page.lines {
            for hit in lexicon::vocabulary().numbers.find(&line.folded) {
                let rest: String = line.letters[hit.end..].iter().collect();
                let rest = rest.trim_start_matches([' ', ':', '.', '#', '№', '°', 'º', '：']);
                let rest = ["No. ", "No ", "Nr. ", "Nr ", "no. ", "nr. ", "n. ", "č. "]
                    .iter()
                    .find_map(|lead| rest.strip_prefix(lead))
                    .unwrap_or(rest)
                    .trim_start_matches([':', ' ', '#']);
                let word: String =
                    rest.chars().take_while(|c| !c.is_whitespace() && *c != ',').collect();
                let digits = word.chars().filter(char::is_ascii_digit).count();
                let is_date = line.dates.iter().any(|date| {
                    let text: String = line.letters[date.start..date.end].iter().collect();
                    word.starts_with(&text) || text.starts_with(&word)
                });
                let is_amount = word.contains([','])
                    || (word.contains('.') && digits + 1 == word.chars().count());
                if digits >= 2 && !is_date && !is_amount && word.chars().count() <= 40 {
                    let value = word.trim_end_matches(['.', ')', ';']).to_owned();
                    return Said { value: Some(value), at: Some(self.line(line.number)) };
                }
            }
        }
        Said::default()
    }

    fn of_statement(&self, statement: &Statement) -> Receipt {
        let mut receipt = Receipt {
            kind: Kind::Statement,
            language: self.language(),
            problems: statement.problems.clone(),
            ..Receipt::default()
        };
        // What the page says of its currency holds for every row without one of its own.
        let whole = currency::of_account(&self.page, &self.proofs, self.hints);
        for row in &statement.rows {
            let code = match row.codes {
                Some([code]) => {
                    CurrencyFact { code: Some((*code).to_owned()), ..CurrencyFact::default() }
                }
                Some(codes) => currency::resolve(&self.page, &self.proofs, Some(codes), self.hints),
                None => whole.clone(),
            };
            self.movement(&mut receipt, row, code, statement.order.as_ref());
        }
        receipt.why = format!(
            "a statement with {} movements, {} of them money out",
            statement.rows.len(),
            receipt.rows.len()
        );
        receipt
    }

    fn movement(
        &self,
        receipt: &mut Receipt,
        row: &Movement,
        currency: CurrencyFact,
        order: Option<&(Order, String)>,
    ) {
        let at = match row.place {
            Place::Line(line) => self.line(line),
            Place::Cell { table, row, column } => At {
                attachment: self.attachment,
                table: Some(table),
                row: Some(row),
                column: Some(column),
                line: None,
            },
        };
        let code = currency.code.as_deref().or(currency.candidates.first().map(String::as_str));
        let amount = row.money.text(code);
        if let Some(why) = row.aside {
            receipt.set_aside.push(Aside {
                text: row.text.clone(),
                amount,
                why: why.to_owned(),
                at,
            });
            return;
        }
        let also = row
            .also
            .iter()
            .map(|(money, code)| Foreign {
                amount: money.text(Some(code)),
                code: (*code).to_owned(),
            })
            .collect();
        receipt.rows.push(Row {
            date: self.row_day(row.date.as_ref(), order, at),
            vendor: row.vendor.clone(),
            text: row.text.clone(),
            amount,
            currency,
            also,
            at,
        });
    }

    fn row_day(&self, date: Option<&Found>, order: Option<&(Order, String)>, at: At) -> DayFact {
        let Some(date) = date else { return DayFact::default() };
        let mut fact = DayFact { at: Some(at), ..DayFact::default() };
        if let Some(day) = date.sure() {
            fact.value = Some(day.to_string());
            return fact;
        }
        let told = self
            .hints
            .day_month
            .map(|order| (order, "you said so".to_owned()))
            .or_else(|| order.cloned())
            .or_else(|| when::by_country(&self.page, date, &self.proofs));
        match told.and_then(|(order, why)| Some((date.reading(order)?, why))) {
            Some((day, why)) => {
                fact.value = Some(day.to_string());
                fact.why = Some(why);
            }
            None => fact.candidates = readings(&date.readings),
        }
        fact
    }
}

fn outside(when: &When, beside: &Beside) -> Option<String> {
    if !when.is_outside {
        return None;
    }
    let what = if beside.sent.is_some() {
        "the day the mail was sent"
    } else {
        "the day in the file's name"
    };
    Some(what.to_owned())
}

fn readings(candidates: &[(Order, Day)]) -> Vec<DayReading> {
    candidates
        .iter()
        .map(|(order, day)| DayReading { order: *order, value: day.to_string() })
        .collect()
}

fn rate_text(rate: Money) -> String {
    let text = Money { places: 2, ..rate }.text(None);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// Words by which money changed hands.
fn is_paid(page: &Page, entries: &[Entry]) -> bool {
    if entries
        .iter()
        .any(|e| matches!(e.class, "tender" | "change") || (e.class == "paid" && e.is_money))
    {
        return true;
    }
    page.lines.iter().any(|line| {
        line.labels.iter().any(|hit| {
            let text: String = line.folded[hit.start..hit.end].iter().collect();
            let words = [
                "paid",
                "charged",
                "visa",
                "mastercard",
                "bezahlt",
                "kreditkarte",
                "paye",
                "regle",
                "pagado",
                "pagato",
                "pago",
                "betaald",
                "zaplacono",
                "zaplaceno",
                "betalt",
                "maksettu",
                "fizetve",
                "odendi",
                "оплачено",
                "сплачено",
                "支払",
                "已付",
                "已支付",
                "credit card",
            ];
            hit.class == "paid" && words.contains(&text.as_str())
        })
    })
}

fn payment(page: &Page, entries: &[Entry]) -> Option<String> {
    if entries.iter().any(|entry| entry.class == "tender" || entry.class == "change") {
        return Some("cash".to_owned());
    }
    let cards = [
        "visa",
        "mastercard",
        "amex",
        "card",
        "karte",
        "carte",
        "tarjeta",
        "carta",
        "cartao",
        "pin",
        "karta",
        "kort",
        "kortti",
        "kartya",
        "kart",
        "картой",
        "карта",
        "カード",
        "카드",
        "刷卡",
        "girocard",
        "maestro",
        "dankort",
        "contactless",
        "kartenzahlung",
        "ec",
    ];
    let has_card = page.lines.iter().any(|line| {
        lexicon::tokens(&line.folded).iter().any(|(word, ..)| cards.contains(&word.as_str()))
    });
    has_card.then(|| "card".to_owned())
}
