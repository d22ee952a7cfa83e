//! An expense report against the documents that it was made from.

use super::digits::{exact, holds, looks_like_day, shown};
use crate::document::Document;
use crate::limits::CHECK_NAMED_MAX;
use crate::workbook::{Computed, Evaluation, WorkbookRead, evaluate, read};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

/// What is claimed of a report. Paths are in the notation of file names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExpenseCheck {
    pub part: Part,
    /// The shares, or folders in them, whose documents must be accounted for.
    pub folders: Vec<String>,
    pub workbook: String,
    /// What the work itself wrote, the workbook included.
    #[serde(default)]
    pub own: Vec<String>,
    #[serde(default)]
    pub rows: Vec<Claim>,
    #[serde(default)]
    pub set_aside: Vec<SetAside>,
    #[serde(default)]
    pub sums: Vec<Sum>,
}

/// Which of the three checks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Part {
    /// Every document is a row's source, or set aside with a reason.
    Accounted,
    /// Each row's amount stands at its place, and the sums of the claims are those of the formulas.
    Totals,
    /// The workbook opens, and every formula computes.
    Workbook,
}

/// A row of the report and where its amount comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Claim {
    pub path: String,
    pub at: Place,
    /// Exact decimal.
    pub amount: String,
    pub currency: String,
    pub sheet: String,
    /// The cell with the amount, such as `E2`.
    pub cell: String,
}

/// A place in a document.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize,
)]
#[serde(deny_unknown_fields)]
pub struct Place {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attachment: Option<usize>,
    /// Counted from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<usize>,
    /// Counted from 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub table: Option<usize>,
    /// Counted from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub row: Option<usize>,
    /// Counted from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub column: Option<usize>,
}

/// What was left out and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SetAside {
    pub path: String,
    /// `None`: all of it.
    #[serde(default)]
    pub at: Option<Place>,
    pub why: String,
}

/// A formula of the report and what it claims to sum.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sum {
    pub sheet: String,
    pub cell: String,
    pub currency: String,
    /// The sheet whose rows are summed; `None`: all rows of the currency.
    #[serde(default)]
    pub of: Option<String>,
}

/// How a check ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    pub passed: bool,
    /// Lines with numbers, for a person.
    pub evidence: Vec<String>,
}

/// What the check may look at.
pub struct Sources<'a> {
    /// Every entry below the folders that is no folder.
    pub files: &'a [String],
    /// Reads a document anew.
    pub document: &'a mut dyn FnMut(&str) -> Result<Document, String>,
    /// The bytes of the workbook.
    pub workbook: &'a mut dyn FnMut(&str) -> Result<Vec<u8>, String>,
}

impl std::fmt::Debug for Sources<'_> {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Sources").field("files", &self.files.len()).finish_non_exhaustive()
    }
}

/// What a check found, gathered.
#[derive(Default)]
struct Findings {
    evidence: Vec<String>,
    faults: Vec<String>,
}

impl Findings {
    fn fault(&mut self, text: String) {
        self.faults.push(text);
    }

    fn verdict(mut self) -> Verdict {
        let more = self.faults.len().saturating_sub(CHECK_NAMED_MAX);
        self.evidence.extend(self.faults.iter().take(CHECK_NAMED_MAX).cloned());
        if more > 0 {
            self.evidence.push(format!("… and {more} more"));
        }
        Verdict { passed: self.faults.is_empty(), evidence: self.evidence }
    }
}

/// Runs one part.
pub fn expenses(check: &ExpenseCheck, sources: &mut Sources<'_>) -> Verdict {
    let mut findings = Findings::default();
    match check.part {
        Part::Accounted => accounted(check, sources, &mut findings),
        Part::Totals => totals(check, sources, &mut findings),
        Part::Workbook => workbook(check, sources, &mut findings),
    }
    findings.verdict()
}

fn accounted(check: &ExpenseCheck, sources: &mut Sources<'_>, findings: &mut Findings) {
    let with_rows: BTreeSet<&str> = check.rows.iter().map(|row| row.path.as_str()).collect();
    let aside: BTreeMap<&str, &str> = check
        .set_aside
        .iter()
        .filter(|aside| aside.at.is_none())
        .map(|aside| (aside.path.as_str(), aside.why.as_str()))
        .collect();
    let own: HashSet<&str> = check.own.iter().map(String::as_str).collect();
    let (mut as_rows, mut set_aside, mut hidden) = (0_usize, 0_usize, 0_usize);
    for path in sources.files {
        let has_row = with_rows.contains(path.as_str());
        let reason = aside.get(path.as_str());
        if own.contains(path.as_str()) {
            continue;
        }
        if has_row {
            as_rows += 1;
        } else if reason.is_some_and(|why| why.chars().filter(|c| c.is_alphabetic()).count() >= 5) {
            set_aside += 1;
        } else if is_hidden(path) {
            hidden += 1;
        } else if reason.is_some() {
            findings.fault(format!("{path} is set aside without a reason"));
        } else if check.set_aside.iter().any(|aside| aside.path == *path && aside.at.is_some()) {
            // A statement without a single purchase: its lines are set aside one by one.
            set_aside += 1;
        } else {
            findings.fault(format!("{path} is neither a row nor set aside"));
        }
    }
    let files: HashSet<&str> = sources.files.iter().map(String::as_str).collect();
    for path in with_rows.iter().filter(|path| !files.contains(*path)) {
        findings.fault(format!("{path} is the source of a row, and is not there"));
    }
    for path in with_rows.iter().filter(|path| aside.contains_key(*path)) {
        findings.fault(format!("{path} is both a row and set aside"));
    }
    findings.evidence.push(format!(
        "{} files: {as_rows} are the source of {} rows, {set_aside} are set aside with a reason",
        as_rows + set_aside + findings.faults.len(),
        check.rows.len(),
    ));
    if hidden > 0 {
        findings.evidence.push(format!("{hidden} hidden files are not looked at"));
    }
    statements(check, sources, findings);
}

/// Hidden: a name with a leading point, or within a folder with one; a share's own name is not.
fn is_hidden(path: &str) -> bool {
    path.split('/').skip(1).any(|part| part.starts_with('.'))
}

/// Attachment, table and row.
type RowAt = (Option<usize>, usize, usize);

/// Every dated line of a statement is a row or set aside.
fn statements(check: &ExpenseCheck, sources: &mut Sources<'_>, findings: &mut Findings) {
    let mut known: BTreeMap<&str, HashSet<RowAt>> = BTreeMap::new();
    let rows = check.rows.iter().map(|row| (row.path.as_str(), row.at));
    let aside = check.set_aside.iter().filter_map(|a| Some((a.path.as_str(), a.at?)));
    for (path, at) in rows.chain(aside) {
        if let (Some(table), Some(row)) = (at.table, at.row) {
            known.entry(path).or_default().insert((at.attachment, table, row));
        }
    }
    let mut lines = 0;
    for (path, places) in &known {
        let Ok(document) = (sources.document)(path) else { continue };
        let tables: BTreeSet<(Option<usize>, usize)> =
            places.iter().map(|(attachment, table, _)| (*attachment, *table)).collect();
        for (attachment, table) in tables {
            let Some(found) = part(&document, attachment).and_then(|d| d.tables.get(table)) else {
                continue;
            };
            for (index, row) in found.rows.iter().enumerate() {
                let has_day = row.iter().any(|cell| looks_like_day(cell));
                let has_number = row
                    .iter()
                    .any(|cell| cell.chars().any(|c| c.is_ascii_digit()) && !looks_like_day(cell));
                if !(has_day && has_number) {
                    continue;
                }
                lines += 1;
                if !places.contains(&(attachment, table, index + 1)) {
                    findings.fault(format!(
                        "{path}, row {}, is neither a row of the report nor set aside",
                        index + 1
                    ));
                }
            }
        }
    }
    if !known.is_empty() {
        findings
            .evidence
            .push(format!("{lines} dated lines of statements ({}) are accounted for", known.len()));
    }
}

fn part(document: &Document, attachment: Option<usize>) -> Option<&Document> {
    match attachment {
        None => Some(document),
        Some(index) => document.attachments.get(index)?.document.as_ref(),
    }
}

fn totals(check: &ExpenseCheck, sources: &mut Sources<'_>, findings: &mut Findings) {
    let mut by_path: BTreeMap<&str, Vec<&Claim>> = BTreeMap::new();
    for row in &check.rows {
        by_path.entry(&row.path).or_default().push(row);
    }
    let mut found = 0;
    for (path, claims) in &by_path {
        match (sources.document)(path) {
            Ok(document) => found += in_document(path, &document, claims, findings),
            Err(why) => findings.fault(format!("{path} cannot be read again: {why}")),
        }
    }
    twice(check, findings);
    let documents = by_path.len();
    findings.evidence.push(format!(
        "{found} of {} amounts stand in their {documents} documents at the recorded place",
        check.rows.len()
    ));
    let Some((book, computed)) = open(check, sources, findings) else { return };
    cells(check, &book, findings);
    sums(check, &computed, findings);
}

fn in_document(
    path: &str,
    document: &Document,
    claims: &[&Claim],
    findings: &mut Findings,
) -> usize {
    let mut found = 0;
    for claim in claims {
        let text = part(document, claim.at.attachment).and_then(|part| text_at(part, claim.at));
        match text {
            Some(text) if holds(text, &claim.amount) => found += 1,
            Some(text) => {
                let short: String = text.trim().chars().take(80).collect();
                findings.fault(format!("{path}: {} does not stand in “{short}”", claim.amount));
            }
            None => findings.fault(format!("{path}: the place of {} is not there", claim.amount)),
        }
    }
    found
}

fn text_at(document: &Document, at: Place) -> Option<&str> {
    if let Some(line) = at.line {
        return document.lines.get(line.checked_sub(1)?).map(String::as_str);
    }
    let row = document.tables.get(at.table?)?.rows.get(at.row?.checked_sub(1)?)?;
    row.get(at.column?.checked_sub(1)?).map(String::as_str)
}

/// One place is one purchase.
fn twice(check: &ExpenseCheck, findings: &mut Findings) {
    let mut seen = HashSet::new();
    for row in &check.rows {
        if !seen.insert((row.path.as_str(), row.at)) {
            findings.fault(format!("{} is counted twice from the same place", row.path));
        }
    }
}

fn open(
    check: &ExpenseCheck,
    sources: &mut Sources<'_>,
    findings: &mut Findings,
) -> Option<(WorkbookRead, Evaluation)> {
    let opened = (sources.workbook)(&check.workbook).and_then(|bytes| {
        let book = read(&bytes).map_err(|error| error.why)?;
        let computed = evaluate(&bytes).map_err(|error| error.why)?;
        Ok((book, computed))
    });
    match opened {
        Ok(both) => Some(both),
        Err(why) => {
            findings.fault(format!("{} cannot be opened: {why}", check.workbook));
            None
        }
    }
}

/// The workbook's own amounts are the claims, all of them and no others.
fn cells(check: &ExpenseCheck, book: &WorkbookRead, findings: &mut Findings) {
    let mut written: HashMap<(&str, &str), &str> = HashMap::new();
    for sheet in &book.sheets {
        for cell in sheet.cells.iter().filter(|cell| cell.formula.is_none()) {
            written.insert((&sheet.name, &cell.cell), &cell.value);
        }
    }
    let mut columns: BTreeSet<(&str, &str)> = BTreeSet::new();
    let mut claimed: HashSet<(&str, &str)> = HashSet::new();
    for row in &check.rows {
        let value = written.get(&(row.sheet.as_str(), row.cell.as_str()));
        let same = value.and_then(|value| exact(number(value))) == exact(&row.amount);
        if !same || exact(&row.amount).is_none() {
            let value = value.copied().unwrap_or("nothing");
            findings.fault(format!("{}!{} holds {value}, not {}", row.sheet, row.cell, row.amount));
        }
        columns.insert((&row.sheet, row.cell.trim_end_matches(|c: char| c.is_ascii_digit())));
        claimed.insert((&row.sheet, &row.cell));
    }
    for ((sheet, cell), value) in &written {
        let column = cell.trim_end_matches(|c: char| c.is_ascii_digit());
        let is_amount = columns.contains(&(*sheet, column)) && exact(number(value)).is_some();
        if is_amount && !claimed.contains(&(*sheet, *cell)) {
            findings.fault(format!("{sheet}!{cell} holds {value}, which comes from no document"));
        }
    }
}

/// The number of a cell that may carry its currency.
fn number(value: &str) -> &str {
    value
        .split(' ')
        .find(|part| part.starts_with(|c: char| c.is_ascii_digit() || c == '-'))
        .unwrap_or(value)
}

/// The sums of the claims are what the formulas compute to.
fn sums(check: &ExpenseCheck, computed: &Evaluation, findings: &mut Findings) {
    let values: HashMap<(&str, &str), &Computed> = computed
        .cells
        .iter()
        .map(|cell| ((cell.sheet.as_str(), cell.cell.as_str()), &cell.value))
        .collect();
    let mut equal = 0;
    for sum in &check.sums {
        let own: i128 = check
            .rows
            .iter()
            .filter(|row| row.currency == sum.currency)
            .filter(|row| sum.of.as_ref().is_none_or(|sheet| *sheet == row.sheet))
            .filter_map(|row| exact(&row.amount))
            .sum();
        match values.get(&(sum.sheet.as_str(), sum.cell.as_str())) {
            Some(Computed::Number { number }) if is_close(*number, own) => {
                equal += 1;
                if sum.of.is_none() {
                    findings.evidence.push(format!(
                        "{} {}, added up from the documents, is what {}!{} computes to",
                        shown(own),
                        sum.currency,
                        sum.sheet,
                        sum.cell
                    ));
                }
            }
            Some(Computed::Number { number }) => findings.fault(format!(
                "{}!{} computes to {number}, the documents to {} {}",
                sum.sheet,
                sum.cell,
                shown(own),
                sum.currency
            )),
            _ => findings.fault(format!("{}!{} is no formula with a number", sum.sheet, sum.cell)),
        }
    }
    let summed: HashSet<&str> =
        check.sums.iter().filter(|sum| sum.of.is_none()).map(|sum| sum.currency.as_str()).collect();
    let paid: BTreeSet<&str> = check.rows.iter().map(|row| row.currency.as_str()).collect();
    for currency in paid.iter().filter(|currency| !summed.contains(*currency)) {
        findings.fault(format!("no formula gives the total in {currency}"));
    }
    findings.evidence.push(format!("{equal} of {} sums are equal", check.sums.len()));
}

/// Within half a ten-thousandth, and of what 15 digits can hold.
fn is_close(number: f64, exact: i128) -> bool {
    #[expect(clippy::cast_precision_loss, reason = "sums are far below what 53 bits hold")]
    let wanted = exact as f64 / 10_000.0;
    (number - wanted).abs() <= 0.000_05_f64.max(wanted.abs() * 1e-12)
}

fn workbook(check: &ExpenseCheck, sources: &mut Sources<'_>, findings: &mut Findings) {
    let Some((book, computed)) = open(check, sources, findings) else { return };
    for cell in computed.errors() {
        findings.fault(format!("{}!{} computes to an error", cell.sheet, cell.cell));
    }
    let names: Vec<&str> = book.sheets.iter().map(|sheet| sheet.name.as_str()).collect();
    let wanted: BTreeSet<&str> = check.rows.iter().map(|row| row.sheet.as_str()).collect();
    for sheet in wanted.iter().filter(|sheet| !names.contains(*sheet)) {
        findings.fault(format!("the sheet “{sheet}” is missing"));
    }
    stored(&book, &computed, findings);
    for sum in &check.sums {
        let has_formula = book
            .sheet(&sum.sheet)
            .and_then(|sheet| sheet.cell(&sum.cell))
            .is_some_and(|cell| cell.formula.is_some());
        if !has_formula {
            findings.fault(format!("{}!{} is no formula", sum.sheet, sum.cell));
        }
    }
    findings.evidence.push(format!(
        "{} opens: {} sheets, {} formulas, all of them computed anew without an error",
        check.workbook,
        book.sheets.len(),
        computed.cells.len()
    ));
}

/// Whether the text that is kept for a formula is the number that it computes to. A long sum is off
/// in its last digit, here or there, and the text then has all of them.
fn shows(text: &str, value: f64) -> bool {
    let kept = number(text).parse::<f64>();
    kept.is_ok_and(|kept| (kept - value).abs() <= 0.000_05_f64.max(value.abs() * 1e-12))
}

/// What programs show that do not calculate is what those show that do.
fn stored(book: &WorkbookRead, computed: &Evaluation, findings: &mut Findings) {
    let mut kept: HashMap<(&str, &str), &str> = HashMap::new();
    for sheet in &book.sheets {
        for cell in sheet.cells.iter().filter(|cell| cell.formula.is_some()) {
            kept.insert((&sheet.name, &cell.cell), &cell.value);
        }
    }
    for cell in &computed.cells {
        let Computed::Number { number: value } = cell.value else { continue };
        let Some(text) = kept.get(&(cell.sheet.as_str(), cell.cell.as_str())) else { continue };
        if !shows(text, value) {
            findings.fault(format!(
                "{}!{} shows {text} and computes to {value}",
                cell.sheet, cell.cell
            ));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::shows;

    #[test]
    fn a_long_sum_may_be_off_in_its_last_digit() {
        let cases = [
            ("8175.04999999999", 8_175.049_999_999_99, true),
            ("5444.63999999999", 5_444.639_999_999_993, true),
            ("5444.64 EUR", 5_444.639_999_999_993, true),
            ("-12.5", -12.5, true),
            ("5444.65", 5_444.64, false),
            ("", 0.0, false),
        ];
        for (text, value, same) in cases {
            assert_eq!(shows(text, value), same, "{text}");
        }
    }
}
