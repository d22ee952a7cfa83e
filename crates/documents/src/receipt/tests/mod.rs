//! Documents in many languages as data, and what must be read out of them.

use super::{DayFact, Hints, Kind, Receipt, read};
use crate::read_document;

/// What `cases` says of a receipt, one fact in each line.
fn shown(receipt: &Receipt, fact: &str) -> String {
    match fact {
        "kind" => match (receipt.kind, receipt.is_refund) {
            (_, true) => "refund".to_owned(),
            (Kind::Receipt, _) => "receipt".to_owned(),
            (Kind::Invoice, _) => "invoice".to_owned(),
            (Kind::Statement, _) => "statement".to_owned(),
            (Kind::Other, _) => "other".to_owned(),
        },
        "why" => receipt.why.clone(),
        "vendor" => receipt.vendor.value.clone().unwrap_or_default(),
        "date" => day(&receipt.date),
        "total" => total(receipt),
        "number" => receipt.number.value.clone().unwrap_or_default(),
        "payment" => receipt.payment.clone().unwrap_or_default(),
        "language" => receipt.language.clone().unwrap_or_default(),
        "tax" => {
            let taxes = receipt.tax.iter().map(|tax| {
                let rate = tax.rate.as_ref().map_or(String::new(), |rate| format!("{rate}% "));
                format!("{rate}{}", tax.amount)
            });
            taxes.collect::<Vec<_>>().join(", ")
        }
        "row" => receipt.rows.iter().map(row).collect::<Vec<_>>().join("\n"),
        "aside" => {
            let asides = receipt.set_aside.iter();
            asides
                .map(|aside| format!("{} {}", aside.amount, aside.why))
                .collect::<Vec<_>>()
                .join("\n")
        }
        _ => panic!("no fact is called {fact:?}"),
    }
}

fn row(row: &super::Row) -> String {
    format!("{} {} {} {}", day(&row.date), row.amount, code(&row.currency), row.vendor)
}

fn day(date: &DayFact) -> String {
    let open: Vec<&str> = date.candidates.iter().map(|reading| reading.value.as_str()).collect();
    date.value.clone().unwrap_or_else(|| open.join("|"))
}

/// A code in doubt is the likeliest one with a question mark.
fn code(currency: &super::CurrencyFact) -> String {
    let first = currency.candidates.first().map(|code| format!("{code}?"));
    currency.code.clone().or(first).unwrap_or_default()
}

fn total(receipt: &Receipt) -> String {
    let open: Vec<&str> = receipt.total.candidates.iter().map(|c| c.amount.as_str()).collect();
    let amount = receipt.total.amount.clone().unwrap_or_else(|| open.join("|"));
    format!("{amount} {}", code(&receipt.currency)).trim().to_owned()
}

/// Cases are parted by lines of `=== NAME`; expected facts and the text by `---`. `file` names the
/// document; a fact that may have several lines is given once for each.
fn check(cases: &str) -> usize {
    let mut failures = Vec::new();
    let mut count = 0;
    for case in cases.split("\n=== ").skip(1) {
        let (head, text) = case.split_once("\n---\n").expect("a case has a text");
        let mut lines = head.lines();
        let name = lines.next().unwrap_or_default();
        let mut file = "case.txt";
        let mut expected: Vec<(&str, String)> = Vec::new();
        for line in lines {
            let (fact, value) = line.split_once(": ").unwrap_or((line.trim_end_matches(':'), ""));
            match expected.iter_mut().find(|(known, _)| *known == fact) {
                _ if fact == "file" => file = value,
                Some((_, values)) => *values = format!("{values}\n{value}"),
                None => expected.push((fact, value.to_owned())),
            }
        }
        count += 1;
        let document = match read_document(text.as_bytes(), file) {
            Ok(document) => document,
            Err(problem) => {
                failures.push(format!("{name}: not read: {problem}"));
                continue;
            }
        };
        let receipt = read(&document, file, &Hints::default());
        for (fact, value) in expected {
            let found = shown(&receipt, fact);
            let fits = found == value || (fact == "why" && found.contains(&value));
            if !fits {
                failures.push(format!("{name}: {fact} is\n    {found:?}, not\n    {value:?}"));
            }
        }
    }
    assert!(failures.is_empty(), "{} of {count} cases:\n{}", failures.len(), failures.join("\n"));
    count
}

#[test]
fn whole_documents_say_what_was_bought() {
    assert!(check(include_str!("documents.txt")) >= 40);
}

#[test]
fn receipts_are_read_in_more_languages() {
    assert!(check(include_str!("languages.txt")) >= 20);
}

#[test]
fn statements_say_what_was_spent() {
    assert!(check(include_str!("statements.txt")) >= 12);
}

/// One total in each line: the text with ` / ` for line ends, ` => `, the amount and the currency.
#[test]
fn totals_are_told_from_everything_else() {
    let mut failures = Vec::new();
    let cases = include_str!("totals.txt").lines().filter(|line| line.contains(" => "));
    let mut count = 0;
    for case in cases {
        let (text, expected) = case.split_once(" => ").expect("filtered");
        let document =
            read_document(text.replace(" / ", "\n").as_bytes(), "case.txt").expect("text");
        let found = total(&read(&document, "case.txt", &Hints::default()));
        count += 1;
        if found != expected {
            failures.push(format!("{found:?}, not {expected:?}: {text}"));
        }
    }
    assert!(count >= 100);
    assert!(failures.is_empty(), "{} of {count}:\n{}", failures.len(), failures.join("\n"));
}

/// One date in each line, in the same form; two readings parted by `|`.
#[test]
fn days_are_told_only_where_they_are_sure() {
    let mut failures = Vec::new();
    for case in include_str!("days.txt").lines().filter(|line| line.contains(" => ")) {
        let (text, expected) = case.split_once(" => ").expect("filtered");
        let document =
            read_document(text.replace(" / ", "\n").as_bytes(), "case.txt").expect("text");
        let found = day(&read(&document, "case.txt", &Hints::default()).date);
        if found != expected {
            failures.push(format!("{found:?}, not {expected:?}: {text}"));
        }
    }
    assert!(failures.is_empty(), "{}:\n{}", failures.len(), failures.join("\n"));
}

/// Words, digits and signs of receipts, thrown together.
fn scraps() -> impl proptest::strategy::Strategy<Value = String> {
    use proptest::prelude::*;
    let pieces = prop_oneof![
        prop::sample::select(vec![
            "Total", "TVA", "Summe", "合計", "¥", "€", "$", "kr", "Ft", "EUR", "R$", "%", "(", ")",
            "-", ",-", ".-", ":-", "–", " ", "  ", "   ", ".", ",", "'", "/", "年", "月", "日",
            "incl", "MwSt", "Date", "from", "Invoice", "No", "May", "3rd", "x", "\n", "\n", "令和",
            "元", "e\u{301}", "１２", "٣", "İ", "ß", "Bill to", "Seller:", "04/03/25", "12:30",
            "|",
        ])
        .prop_map(str::to_owned),
        "[0-9]{1,5}",
        "[0-9]{1,3}[.,][0-9]{2,3}",
        ".",
    ];
    prop::collection::vec(pieces, 0..60).prop_map(|pieces| pieces.concat())
}

proptest::proptest! {
    #[test]
    fn no_text_is_too_odd(text in scraps()) {
        let lines: Vec<String> = text.lines().map(str::to_owned).collect();
        let rows = lines.iter().map(|line| line.split(' ').map(str::to_owned).collect()).collect();
        let table = crate::Table { name: String::new(), rows };
        let mut document = crate::Document { lines, tables: vec![table], ..Default::default() };
        for format in [crate::Format::Text, crate::Format::Csv, crate::Format::Mail] {
            document.format = format;
            let receipt = read(&document, "2025-04-03.txt", &Hints::default());
            // What is chosen has a place, and a choice leaves nothing open.
            proptest::prop_assert!(receipt.total.amount.is_none() || receipt.total.at.is_some());
            let (total, date) = (receipt.total, receipt.date);
            proptest::prop_assert!(total.amount.is_none() || total.candidates.is_empty());
            proptest::prop_assert!(date.value.is_none() || date.candidates.is_empty());
        }
    }
}
