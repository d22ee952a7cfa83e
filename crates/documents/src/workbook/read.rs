//! Reads a workbook back as cells with values and formulas, as they stand in the file: the values
//! of formulas are those that the writer stored, not computed ones.

use std::io::Cursor;

use calamine::{DataRef, Reader, Xlsx, XlsxError};
use serde::{Deserialize, Serialize};

use super::write::reference;
use crate::document::{ReadError, ReadErrorKind};
use crate::limits::CELLS_MAX;
use crate::number::{date_text, number_text};
use crate::read::guarded;

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkbookRead {
    pub sheets: Vec<SheetRead>,
    #[serde(default)]
    pub truncated: bool,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SheetRead {
    pub name: String,
    /// Filled cells, row by row.
    pub cells: Vec<CellRead>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CellRead {
    /// Such as `B7`.
    pub cell: String,
    /// Numbers exact and plain, dates ISO, errors as they are shown.
    pub value: String,
    /// Without `=`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub formula: Option<String>,
}

impl WorkbookRead {
    pub fn sheet(&self, name: &str) -> Option<&SheetRead> {
        self.sheets.iter().find(|sheet| sheet.name == name)
    }
}

impl SheetRead {
    pub fn cell(&self, cell: &str) -> Option<&CellRead> {
        self.cells.iter().find(|found| found.cell == cell)
    }
}

/// Reads an xlsx or xlsm file.
pub fn read(bytes: &[u8]) -> Result<WorkbookRead, ReadError> {
    crate::archive::reject_bomb(bytes).map_err(|error| match error.kind {
        // A password makes it another container altogether.
        ReadErrorKind::Broken if bytes.starts_with(b"\xd0\xcf\x11\xe0") => protected(),
        _ => error,
    })?;
    guarded(|| cells(bytes))
}

fn cells(bytes: &[u8]) -> Result<WorkbookRead, ReadError> {
    let broken = |_: XlsxError| {
        ReadError::new(ReadErrorKind::Broken, "the workbook is damaged and cannot be opened")
    };
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).map_err(|error| match error {
        XlsxError::Password => protected(),
        error => broken(error),
    })?;
    let mut read = WorkbookRead::default();
    let mut left = CELLS_MAX;
    for name in book.sheet_names() {
        let mut sheet = SheetRead { name: name.clone(), cells: Vec::new() };
        let mut cells = match book.worksheet_cells_reader(&name) {
            // A sheet that is only a chart.
            Err(XlsxError::WorksheetNotFound(_)) => continue,
            cells => cells.map_err(broken)?,
        };
        while let Some(found) = cells.next_cell_with_formula().map_err(broken)? {
            let value = text_of(&found.value);
            let formula = found.formula.filter(|formula| !formula.is_empty());
            if value.is_empty() && formula.is_none() {
                continue;
            }
            if left == 0 {
                read.truncated = true;
                break;
            }
            left -= 1;
            let (row, column) = found.pos;
            sheet.cells.push(CellRead { cell: reference(row, column as usize), value, formula });
        }
        read.sheets.push(sheet);
    }
    Ok(read)
}

fn text_of(value: &DataRef<'_>) -> String {
    match value {
        DataRef::Int(value) => value.to_string(),
        DataRef::Float(value) => number_text(*value),
        DataRef::String(text) => text.clone(),
        DataRef::SharedString(text) => (*text).to_owned(),
        DataRef::Bool(value) => if *value { "TRUE" } else { "FALSE" }.to_owned(),
        DataRef::DateTime(moment) => date_text(*moment),
        DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => text.clone(),
        DataRef::Error(error) => error.to_string(),
        DataRef::Empty => String::new(),
    }
}

fn protected() -> ReadError {
    ReadError::new(ReadErrorKind::Protected, "the workbook is protected by a password")
}
