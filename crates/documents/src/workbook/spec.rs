//! A workbook as data. What is left out has a sensible look of its own.

use serde::de::{Deserializer, Error};
use serde::{Deserialize, Serialize};
use serde_json::Value;

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Workbook {
    /// `YYYY-MM-DD`; stands in the file's properties. Given, so that the bytes do not depend on
    /// the day of writing.
    pub created: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    pub sheets: Vec<Sheet>,
}

/// Row 1 holds the columns' titles, data begins in row 2.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sheet {
    /// At most 31 characters, none of `[]:*?/\`, unique whatever the case.
    pub name: String,
    pub columns: Vec<Column>,
    #[serde(default)]
    pub rows: Vec<Vec<Cell>>,
    /// The titles stay in view, and are printed on every page.
    #[serde(default = "yes")]
    pub freeze_header: bool,
    #[serde(default)]
    pub autofilter: bool,
    /// A row of sums in the row after the last one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub totals: Option<Totals>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub charts: Vec<Chart>,
    /// Remarks below the table, one line each, after an empty row.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

fn yes() -> bool {
    true
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Column {
    pub title: String,
    /// In characters; by the content when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub width: Option<u16>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub format: Option<CellFormat>,
    /// ISO 4217 code for the format `money`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub currency: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CellFormat {
    Text,
    Date,
    Money,
    Number,
    Percent,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Totals {
    /// Stands in the first column.
    pub label: String,
    /// Indexes of the columns that are summed.
    pub columns: Vec<usize>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Chart {
    pub kind: ChartKind,
    pub title: String,
    /// Such as `'March 2024'!$A$2:$A$9`; with or without a leading `=`.
    pub categories: String,
    pub values: String,
    /// The cell under the chart's upper left corner, such as `F2`.
    pub at: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ChartKind {
    Column,
    Bar,
    Line,
    Pie,
}

/// One cell. At most one of `text`, `number`, `date` and `formula` is given; `link` goes with a
/// text or alone. In JSON a bare string is a text, `null` an empty cell.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Cell {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// An exact decimal, such as `-1234.50`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub number: Option<String>,
    /// `YYYY-MM-DD`, or with ` HH:MM[:SS]` behind it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub date: Option<String>,
    /// With or without a leading `=`, in English, `,` between arguments.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub formula: Option<String>,
    /// What the formula is expected to give, for programs that do not calculate; computed when
    /// left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub link: Option<Link>,
    /// Instead of the column's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub format: Option<CellFormat>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub currency: Option<String>,
    #[serde(skip_serializing_if = "is_false")]
    pub bold: bool,
    /// Bold under a line, as the last row of a sum.
    #[serde(skip_serializing_if = "is_false")]
    pub total: bool,
    /// Grey: present, but not counted.
    #[serde(skip_serializing_if = "is_false")]
    pub muted: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
fn is_false(value: &bool) -> bool {
    !*value
}

/// Where a cell leads. The shown text is the cell's own, or the target.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Link {
    #[serde(flatten)]
    pub target: LinkTarget,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LinkTarget {
    /// Relative to the workbook's folder, in the notation of file names (`\\`, `\xNN`).
    File(String),
    /// `https:`, `http:` or `mailto:`.
    Url(String),
    /// Within this workbook, such as `'March 2024'!A1`.
    Cell(String),
}

impl Cell {
    pub fn empty() -> Cell {
        Cell::default()
    }

    pub fn text(text: impl Into<String>) -> Cell {
        Cell { text: Some(text.into()), ..Cell::default() }
    }

    pub fn number(number: impl Into<String>) -> Cell {
        Cell { number: Some(number.into()), ..Cell::default() }
    }

    pub fn money(number: impl Into<String>, currency: &str) -> Cell {
        let format = Some(CellFormat::Money);
        Cell { format, currency: Some(currency.to_owned()), ..Cell::number(number) }
    }

    pub fn date(date: impl Into<String>) -> Cell {
        Cell { date: Some(date.into()), ..Cell::default() }
    }

    pub fn formula(formula: impl Into<String>) -> Cell {
        Cell { formula: Some(formula.into()), ..Cell::default() }
    }

    pub fn file(text: impl Into<String>, path: impl Into<String>) -> Cell {
        let link = Some(Link { target: LinkTarget::File(path.into()) });
        Cell { link, ..Cell::text(text) }
    }
}

/// The fields of a cell in JSON, so that a misspelt one is named.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct CellFields {
    text: Option<String>,
    number: Option<Literal>,
    date: Option<String>,
    formula: Option<String>,
    value: Option<Literal>,
    link: Option<Link>,
    format: Option<CellFormat>,
    currency: Option<String>,
    bold: bool,
    total: bool,
    muted: bool,
}

/// A number as its digits: a decimal as text, or a number of JSON.
struct Literal(String);

impl<'de> Deserialize<'de> for Literal {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Literal, D::Error> {
        match Value::deserialize(deserializer)? {
            Value::String(text) => Ok(Literal(text)),
            Value::Number(number) => Ok(Literal(number.to_string())),
            _ => Err(D::Error::custom("a number is written as 12.5 or as \"12.50\"")),
        }
    }
}

impl<'de> Deserialize<'de> for Cell {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Cell, D::Error> {
        let fields = match Value::deserialize(deserializer)? {
            Value::Null => return Ok(Cell::empty()),
            Value::String(text) => return Ok(Cell::text(text)),
            Value::Number(number) => return Ok(Cell::number(number.to_string())),
            fields @ Value::Object(_) => {
                CellFields::deserialize(fields).map_err(D::Error::custom)?
            }
            Value::Bool(_) | Value::Array(_) => {
                return Err(D::Error::custom(
                    "a cell is a text, a number, null, or an object with text, number, date or formula",
                ));
            }
        };
        let CellFields {
            text,
            number,
            date,
            formula,
            value,
            link,
            format,
            currency,
            bold,
            total,
            muted,
        } = fields;
        let (number, value) = (number.map(|it| it.0), value.map(|it| it.0));
        Ok(Cell { text, number, date, formula, value, link, format, currency, bold, total, muted })
    }
}
