//! Computes every formula of a workbook anew, with an engine that is neither the writer nor the
//! reader, and without looking at stored values.

use ironcalc::base::Model;
use ironcalc::base::cell::CellValue;
use ironcalc::base::types::CellType;
use serde::{Deserialize, Serialize};

use super::write::reference;
use crate::document::{ReadError, ReadErrorKind};
use crate::limits::CELLS_MAX;
use crate::read::guarded;

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Evaluation {
    /// Every cell with a formula, by sheet, row and column.
    pub cells: Vec<ComputedCell>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ComputedCell {
    pub sheet: String,
    /// Such as `B7`.
    pub cell: String,
    /// Without `=`.
    pub formula: String,
    pub value: Computed,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", tag = "kind")]
pub enum Computed {
    Number {
        number: f64,
    },
    Text {
        text: String,
    },
    Truth {
        truth: bool,
    },
    /// Such as `#REF!`.
    Error {
        error: String,
    },
    Empty,
}

impl Evaluation {
    pub fn cell(&self, sheet: &str, cell: &str) -> Option<&ComputedCell> {
        self.cells.iter().find(|found| found.sheet == sheet && found.cell == cell)
    }

    /// The cells whose formula ends in an error.
    pub fn errors(&self) -> impl Iterator<Item = &ComputedCell> {
        self.cells.iter().filter(|found| matches!(found.value, Computed::Error { .. }))
    }
}

/// Computes an xlsx file.
pub fn evaluate(bytes: &[u8]) -> Result<Evaluation, ReadError> {
    crate::archive::reject_bomb(bytes)?;
    guarded(|| compute(bytes))
}

fn compute(bytes: &[u8]) -> Result<Evaluation, ReadError> {
    let broken = |why: String| {
        ReadError::new(ReadErrorKind::Broken, format!("the workbook cannot be computed: {why}"))
    };
    let workbook = ironcalc::import::load_from_xlsx_bytes(bytes, "workbook", "en", "UTC")
        .map_err(|error| broken(error.to_string()))?;
    let mut model = Model::from_workbook(workbook, "en").map_err(broken)?;
    model.evaluate();
    let names: Vec<String> =
        model.get_worksheets_properties().into_iter().map(|sheet| sheet.name).collect();
    let mut places: Vec<(u32, i32, i32)> =
        model.get_all_cells().iter().map(|cell| (cell.index, cell.row, cell.column)).collect();
    places.sort_unstable();
    let mut evaluation = Evaluation::default();
    for (sheet, row, column) in places {
        let Some(formula) = model.get_cell_formula(sheet, row, column).map_err(broken)? else {
            continue;
        };
        if evaluation.cells.len() >= CELLS_MAX {
            break;
        }
        let value = model.get_cell_value_by_index(sheet, row, column).map_err(broken)?;
        let kind = model.get_cell_type(sheet, row, column).map_err(broken)?;
        let value = match value {
            CellValue::String(error) if kind == CellType::ErrorValue => Computed::Error { error },
            CellValue::String(text) => Computed::Text { text },
            CellValue::Number(number) => Computed::Number { number },
            CellValue::Boolean(truth) => Computed::Truth { truth },
            CellValue::None => Computed::Empty,
        };
        let index = |number: i32| u32::try_from(number).unwrap_or(1).saturating_sub(1);
        evaluation.cells.push(ComputedCell {
            sheet: names.get(sheet as usize).cloned().unwrap_or_default(),
            cell: reference(index(row), index(column) as usize),
            formula: formula.trim_start_matches('=').to_owned(),
            value,
        });
    }
    Ok(evaluation)
}
