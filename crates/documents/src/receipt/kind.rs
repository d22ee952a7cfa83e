//! What a document is: a purchase, or why it is none.

use super::fold::{fold, is_dense};
use super::lexicon::{Hit, vocabulary};
use super::page::{Line, Page};

/// What a document calls itself, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Title {
    /// A class of the vocabulary's `kinds`.
    pub(super) class: &'static str,
    /// The words as they stand there.
    pub(super) text: String,
    /// `None`: the mail's subject or the document's own title.
    pub(super) line: Option<usize>,
}

/// Lines in which a document says what it is.
const TITLE_LINES_MAX: usize = 30;
/// Lines of which a title may say more than what it is ("Price list spring 2025").
const HEAD_LINES_MAX: usize = 3;
/// Words of a line that still is a title.
const TITLE_WORDS_MAX: usize = 9;

/// Every title of the page, the subject first.
pub(super) fn titles(page: &Page, subject: Option<&str>) -> Vec<Title> {
    let mut titles = Vec::new();
    if let Some(subject) = subject {
        let letters: Vec<char> = subject.chars().collect();
        for hit in vocabulary().kinds.find(&fold(subject)) {
            let text: String = letters.get(hit.start..hit.end).unwrap_or_default().iter().collect();
            titles.push(Title { class: hit.class, text, line: None });
        }
    }
    for (index, line) in page.lines.iter().enumerate() {
        let is_last = index + 4 >= page.lines.len();
        if index < TITLE_LINES_MAX || is_last {
            titles.extend(of_line(line, index < HEAD_LINES_MAX));
        }
    }
    titles
}

fn of_line(line: &Line, is_head: bool) -> Option<Title> {
    let is_row = line.dates.first().is_some_and(|date| date.start <= 2)
        && (line.figures.iter().any(|figure| figure.is_money) || line.columns().len() >= 3);
    if is_row {
        return None;
    }
    let hits = vocabulary().kinds.find(&line.folded);
    let words = super::lexicon::tokens(&line.folded).len();
    let opens = |hit: &Hit| {
        let is_first = line.letters[..hit.start].iter().all(|letter| !letter.is_alphanumeric());
        is_head && is_first && words <= hit.words + 2 && is_no_purchase(hit.class)
    };
    let hit = hits.into_iter().find(|hit| is_title(line, hit) || opens(hit))?;
    let text: String = line.letters[hit.start..hit.end].iter().collect();
    Some(Title { class: hit.class, text, line: Some(line.number) })
}

/// The phrase is all that its part of the line says, or a number or a name follows it.
fn is_title(line: &Line, hit: &Hit) -> bool {
    let columns = line.columns();
    let (start, part) = columns
        .iter()
        .rev()
        .find(|(start, _)| *start <= hit.start)
        .map_or((0, line.text.as_str()), |(start, part)| (*start, part.as_str()));
    let end = start + part.chars().count();
    let letters = |from: usize, to: usize| -> Vec<String> {
        super::lexicon::tokens(&line.folded[from.min(to)..to])
            .into_iter()
            .map(|(word, ..)| word)
            .filter(|word| word.chars().any(char::is_alphabetic))
            .collect()
    };
    if line.letters[hit.start..hit.end].iter().any(|letter| is_dense(*letter)) {
        let others = (start..end).filter(|at| !(hit.start..hit.end).contains(at));
        return others.filter(|at| line.letters[*at].is_alphabetic()).count() <= 6;
    }
    let before = letters(start, hit.start);
    let after = letters(hit.end.min(end), end);
    if before.len() + after.len() + hit.words > TITLE_WORDS_MAX {
        return false;
    }
    let opens = before.iter().all(|word| OPENERS.contains(&word.as_str()));
    let numbered = line.letters[hit.end..end.max(hit.end)]
        .iter()
        .find(|letter| !matches!(letter, ' ' | ':' | '.'))
        .is_none_or(|letter| {
            letter.is_ascii_digit() || matches!(letter, '#' | '№' | '-' | '(' | '/')
        });
    let closes = after.is_empty()
        || numbered
        || after
            .iter()
            .all(|word| CLOSERS.contains(&word.as_str()) || vocabulary().months.contains_key(word))
        || after.first().is_some_and(|word| CLOSERS.contains(&word.as_str()) && after.len() <= 5);
    let shouted = before.len() <= 2 && after.is_empty();
    (opens || shouted) && closes
}

/// Words before a title that change nothing: "Ihre Rechnung", "Your receipt".
const OPENERS: [&str; 40] = [
    "your", "ihre", "ihr", "unsere", "unser", "our", "votre", "su", "tu", "vuestra", "la", "il",
    "tua", "a", "sua", "uw", "jouw", "twoja", "vase", "din", "ditt", "sinun", "az", "on", "the",
    "eine", "tax", "re", "fwd", "wg", "aw", "fw", "tr", "rv", "copy", "of", "kopie", "final", "e",
    "kopia",
];
/// Words behind a title that lead to its number, its date or its seller.
const CLOSERS: [&str; 62] = [
    "no",
    "nr",
    "number",
    "num",
    "nummer",
    "numero",
    "n",
    "c",
    "cislo",
    "id",
    "ref",
    "from",
    "von",
    "vom",
    "de",
    "du",
    "del",
    "da",
    "van",
    "fra",
    "fran",
    "od",
    "от",
    "від",
    "for",
    "fur",
    "pour",
    "para",
    "per",
    "voor",
    "za",
    "over",
    "dated",
    "copy",
    "kopie",
    "original",
    "duplicate",
    "inv",
    "och",
    "and",
    "vat",
    "mwst",
    "tva",
    "iva",
    "btw",
    "paid",
    "bezahlt",
    "payee",
    "pagada",
    "nro",
    "szama",
    "sorszam",
    "αρ",
    "at",
    "bei",
    "chez",
    "en",
    "ink",
    "zu",
    "to",
    "rg",
    "re",
];

/// What a class is called in a sentence.
pub(super) fn noun(class: &str) -> &'static str {
    match class {
        "offer" => "an offer",
        "reminder" => "a reminder of a payment",
        "contract" => "a contract",
        "delivery" => "a delivery note",
        "order" => "an order confirmation",
        "payslip" => "a payslip",
        "letter" => "a letter or newsletter",
        "refund" => "a refund",
        "statement" => "a statement",
        "invoice" => "an invoice",
        _ => "a receipt",
    }
}

/// Classes of documents by which nothing was bought.
pub(super) fn is_no_purchase(class: &str) -> bool {
    matches!(class, "offer" | "reminder" | "contract" | "delivery" | "order" | "payslip" | "letter")
}

/// The title that decides: the first one, except that what only accompanies a purchase gives way
/// to it.
pub(super) fn deciding(titles: &[Title]) -> Option<&Title> {
    let first = |classes: &[&str]| titles.iter().find(|title| classes.contains(&title.class));
    let purchase = first(&["receipt", "invoice"]);
    let position = |title: &Title| titles.iter().position(|other| other == title);
    if let Some(refund) = first(&["refund"]) {
        return Some(refund);
    }
    if let Some(strict) = first(&["offer", "reminder", "payslip"]) {
        let earlier = purchase.is_none_or(|purchase| position(strict) < position(purchase));
        if earlier || strict.class != "offer" {
            return Some(strict);
        }
    }
    if purchase.is_some() {
        return purchase;
    }
    first(&["delivery", "order", "contract"])
        .or_else(|| first(&["statement"]))
        .or_else(|| first(&["letter"]))
}
