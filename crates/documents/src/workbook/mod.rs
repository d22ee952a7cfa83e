//! Spreadsheets out: a workbook described as data is written as xlsx, read back, and evaluated by
//! other code than wrote it.
//!
//! The same description gives the same bytes. Text is never taken for a formula.

mod evaluate;
mod formula;
mod links;
mod name;
mod read;
mod spec;
mod style;
mod write;

#[cfg(test)]
mod tests;

pub use evaluate::{Computed, ComputedCell, Evaluation, evaluate};
pub use name::{SheetNameProblem, sheet_name, sheet_name_problem};
pub use read::{CellRead, SheetRead, WorkbookRead, read};
pub use spec::{
    Cell, CellFormat, Chart, ChartKind, Column, Link, LinkTarget, Sheet, Totals, Workbook,
};
pub use write::{WriteError, write};
