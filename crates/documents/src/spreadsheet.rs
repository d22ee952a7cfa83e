//! Excel workbooks, new (xlsx, xlsm) and old (xls): each sheet a table. Cells are streamed, because
//! a sheet with two cells at opposite corners would otherwise fill the memory.

use std::io::{Cursor, Read, Seek};

use calamine::{Data, DataRef, Reader, Xls, XlsError, Xlsx, XlsxError};

use crate::document::{Document, Format, ReadError, ReadErrorKind};
use crate::gather::Gather;
use crate::limits::{COLUMNS_MAX, EMPTY_ROWS_MAX};
use crate::number::{date_text, formatted, number_text};

pub(crate) fn read_xlsx(bytes: &[u8]) -> Result<Document, ReadError> {
    crate::archive::reject_bomb(bytes)?;
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).map_err(|error| match error {
        XlsxError::Password => protected(),
        _ => broken(),
    })?;
    let mut gather = Gather::new(Format::Xlsx);
    if let Ok(mut archive) = crate::archive::Archive::open(bytes) {
        crate::office::properties(&mut gather, &mut archive);
    }
    let mut problems = 0;
    let names = book.sheet_names();
    for name in &names {
        if !gather.table(name) {
            break;
        }
        match stream_sheet(&mut book, name, &mut gather) {
            Ok(true) => {}
            Ok(false) => break,
            Err(_) => problems += 1,
        }
    }
    if problems > 0 && gather.is_blank() {
        return Err(broken());
    }
    if problems > 0 {
        gather.cut();
    }
    filled(gather)
}

/// `false`: a limit was reached.
fn stream_sheet<R: Read + Seek>(
    book: &mut Xlsx<R>,
    name: &str,
    gather: &mut Gather,
) -> Result<bool, XlsxError> {
    let mut cells = match book.worksheet_cells_reader(name) {
        // Sheets that hold only a chart have no cells to read.
        Err(XlsxError::WorksheetNotFound(_)) => return Ok(true),
        cells => cells?,
    };
    let styles: Vec<String> = cells
        .styles()
        .iter()
        .map(|style| {
            style.number_format.as_ref().map(|f| f.format_code.clone()).unwrap_or_default()
        })
        .collect();
    let mut rows = Rows::new();
    loop {
        let cell = match cells.next_cell_with_style_id() {
            Ok(Some(cell)) => cell,
            Ok(None) => break,
            Err(error) => {
                rows.flush(gather);
                return Err(error);
            }
        };
        let (cell, style) = cell;
        let (row, column) = cell.get_position();
        let format = styles.get(style).map_or("", String::as_str);
        if !rows.put(gather, row, column, text_of(cell.get_value(), format)) {
            return Ok(false);
        }
    }
    Ok(rows.flush(gather))
}

fn text_of(value: &DataRef<'_>, format: &str) -> String {
    match value {
        DataRef::Int(value) => value.to_string(),
        DataRef::Float(value) => formatted(*value, format),
        DataRef::String(text) => text.clone(),
        DataRef::SharedString(text) => (*text).to_owned(),
        DataRef::Bool(value) => if *value { "TRUE" } else { "FALSE" }.to_owned(),
        DataRef::DateTime(moment) => date_text(*moment),
        DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => text.clone(),
        DataRef::Error(error) => error.to_string(),
        DataRef::Empty => String::new(),
    }
}

pub(crate) fn read_xls(bytes: &[u8]) -> Result<Document, ReadError> {
    let mut book: Xls<_> = Xls::new(Cursor::new(bytes)).map_err(|error| match error {
        XlsError::Password => protected(),
        _ => broken(),
    })?;
    let mut gather = Gather::new(Format::Xls);
    for name in &book.sheet_names() {
        let Ok(range) = book.worksheet_range(name) else {
            gather.cut();
            continue;
        };
        let (top, left) = range.start().unwrap_or_default();
        let mut rows = Rows::new();
        if !gather.table(name) {
            break;
        }
        for (row, column, value) in range.used_cells() {
            let (row, column) = (index(row) + top, index(column) + left);
            if !rows.put(&mut gather, row, column, text_of_old(value)) {
                return filled(gather);
            }
        }
        if !rows.flush(&mut gather) {
            break;
        }
    }
    filled(gather)
}

fn text_of_old(value: &Data) -> String {
    match value {
        Data::Int(value) => value.to_string(),
        Data::Float(value) => number_text(*value),
        Data::String(text) | Data::DateTimeIso(text) | Data::DurationIso(text) => text.clone(),
        Data::Bool(value) => if *value { "TRUE" } else { "FALSE" }.to_owned(),
        Data::DateTime(moment) => date_text(*moment),
        Data::Error(error) => error.to_string(),
        Data::Empty => String::new(),
    }
}

fn index(value: usize) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}

/// Turns a stream of cells, row by row, into rows of texts.
#[derive(Debug)]
pub(crate) struct Rows {
    at: u32,
    row: Vec<String>,
}

impl Rows {
    pub(crate) fn new() -> Rows {
        Rows { at: 0, row: Vec::new() }
    }

    /// `false`: a limit was reached.
    pub(crate) fn put(&mut self, gather: &mut Gather, row: u32, column: u32, text: String) -> bool {
        if text.is_empty() {
            return true;
        }
        if row != self.at {
            if !self.flush(gather) {
                return false;
            }
            let gap = row.saturating_sub(self.at).saturating_sub(1);
            for _ in 0..gap.min(EMPTY_ROWS_MAX) {
                if !gather.silent_row(Vec::new()) {
                    return false;
                }
            }
            self.at = row;
        }
        let column = column as usize;
        if column >= COLUMNS_MAX {
            gather.cut();
            return true;
        }
        if self.row.len() <= column {
            self.row.resize(column + 1, String::new());
        }
        self.row[column] = text;
        true
    }

    pub(crate) fn flush(&mut self, gather: &mut Gather) -> bool {
        gather.row(std::mem::take(&mut self.row))
    }
}

/// A book without a single filled cell is empty for a person.
pub(crate) fn filled(gather: Gather) -> Result<Document, ReadError> {
    if gather.is_blank() {
        return Err(ReadError::new(ReadErrorKind::NoText, "the spreadsheet holds no filled cell"));
    }
    Ok(gather.finish())
}

fn broken() -> ReadError {
    ReadError::new(ReadErrorKind::Broken, "the spreadsheet is damaged and cannot be opened")
}

fn protected() -> ReadError {
    ReadError::new(ReadErrorKind::Protected, "the spreadsheet is protected by a password")
}
