//! CSV and its relatives. The delimiter is the one under which most rows have equally many cells.
//! What stands above the header, as in bank exports, goes to the lines and not into the table.

use std::collections::BTreeMap;

use crate::document::{Document, Format, ReadError, ReadErrorKind};
use crate::gather::Gather;
use crate::limits::TEXT_BYTES_MAX;

const DELIMITERS: [u8; 4] = [b';', b',', b'\t', b'|'];
/// Records by which the delimiter is chosen.
const PROBE_RECORDS: usize = 200;
/// How far down a header is looked for.
const PREAMBLE_ROWS_MAX: usize = 60;

pub(crate) fn read(bytes: &[u8]) -> Result<Document, ReadError> {
    let cut = bytes.len() > TEXT_BYTES_MAX;
    let text = crate::text::decode(&bytes[..bytes.len().min(TEXT_BYTES_MAX)]);
    let mut text = text.as_str();
    let mut told = None;
    // A first line that spreadsheet programs write for each other.
    if let Some(rest) = text.strip_prefix("sep=") {
        told = rest.bytes().next();
        text = rest.split_once('\n').map_or("", |(_, rest)| rest);
    }
    if text.trim().is_empty() {
        return Err(ReadError::new(ReadErrorKind::Empty, "the file holds nothing but blanks"));
    }
    let delimiter = told.or_else(|| delimiter(text)).unwrap_or(b',');
    let mut gather = Gather::new(Format::Csv);
    if cut {
        gather.cut();
    }
    let rows = records(text, delimiter, usize::MAX);
    let header = header(&rows);
    gather.table("");
    for (index, row) in rows.into_iter().enumerate() {
        let fits = if index < header { gather.row_lines(&row) } else { gather.row(row) };
        if !fits {
            break;
        }
    }
    Ok(gather.finish())
}

/// The delimiter of a text that looks like a table; `None` when it looks like prose.
pub(crate) fn delimiter(text: &str) -> Option<u8> {
    let mut best: Option<(usize, usize, u8)> = None;
    for delimiter in DELIMITERS {
        let rows = records(text, delimiter, PROBE_RECORDS);
        let (width, count) = usual_width(&rows);
        if width < 2 || count * 2 < rows.len() {
            continue;
        }
        // Decimal commas make `,` look regular too, so among equally regular ones the one listed
        // first wins, and not the one with more cells.
        if best.is_none_or(|(most, ..)| count > most) {
            best = Some((count, width, delimiter));
        }
    }
    best.map(|(.., delimiter)| delimiter)
}

fn records(text: &str, delimiter: u8, limit: usize) -> Vec<Vec<String>> {
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(delimiter)
        .has_headers(false)
        .flexible(true)
        .from_reader(text.as_bytes());
    let records = reader.records().flatten().take(limit);
    records.map(|record| record.iter().map(|cell| cell.trim().to_owned()).collect()).collect()
}

/// The width that most rows have, and how many have it.
fn usual_width(rows: &[Vec<String>]) -> (usize, usize) {
    let mut counts = BTreeMap::new();
    for row in rows {
        *counts.entry(row.len()).or_insert(0_usize) += 1;
    }
    counts.into_iter().max_by_key(|(width, count)| (*count, *width)).unwrap_or_default()
}

/// The first row that is as wide as most and filled well enough to name the columns.
fn header(rows: &[Vec<String>]) -> usize {
    let (width, _) = usual_width(rows);
    let named = |row: &Vec<String>| {
        let filled = row.iter().filter(|cell| !cell.is_empty()).count();
        row.len() >= width && filled >= 2 && filled * 2 > width
    };
    rows.iter().take(PREAMBLE_ROWS_MAX).position(named).unwrap_or(0)
}
