//! Writes a workbook: looks good when opened, prints on pages as wide as the table, computes on
//! opening, and holds the computed values for programs that only look.

use rust_xlsxwriter as xlsx;
use xlsx::{DocProperties, ExcelDateTime, Formula, Url, Worksheet, XlsxError};

use super::evaluate::{Computed, evaluate};
use super::formula;
use super::links::Links;
use super::name::{SheetNameProblem, sheet_name_problem};
use super::spec::{Cell, Chart, ChartKind, LinkTarget, Sheet, Totals, Workbook};
use super::style;
use crate::calendar::days_in_month;
use crate::limits::{CELL_CHARS_MAX, CELLS_MAX, CHARTS_MAX, COLUMNS_MAX, SHEETS_MAX};
use crate::number::number_text;

/// Rows of a sheet, as spreadsheet programs allow.
const ROWS_MAX: usize = 1_048_576;
/// Links of a sheet, as spreadsheet programs allow; further cells hold their text only.
const LINKS_MAX: usize = 60_000;
/// Columns are made as wide as their content, within these, in characters.
const WIDTH_MIN: usize = 8;
const WIDTH_MAX: usize = 60;
/// Rows that decide how wide a column is.
const WIDTH_ROWS: usize = 2_000;
/// Digits that a spreadsheet keeps of a number.
const DIGITS_MAX: usize = 15;
const A4: u8 = 9;
/// In points, at the usual size of letters.
const LINE_HEIGHT: f64 = 15.0;
/// Lines of text that a row shows at most.
const LINES_MAX: usize = 20;

#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    #[error("a workbook needs at least one sheet")]
    NoSheet,
    #[error("the workbook is too large: {what}")]
    TooLarge { what: &'static str },
    #[error("\"{name}\" cannot be the name of a sheet: {problem}")]
    SheetName { name: String, problem: SheetNameProblem },
    #[error("two sheets are named \"{name}\", whatever the case of their letters")]
    SheetTwice { name: String },
    #[error("\"{date}\" is no date of the form YYYY-MM-DD")]
    Date { date: String },
    #[error("\"{number}\" in cell {cell} of \"{sheet}\" is no decimal number")]
    Number { sheet: String, cell: String, number: String },
    #[error("the formula in cell {cell} of \"{sheet}\" was not written: {why}")]
    Formula { sheet: String, cell: String, why: &'static str },
    #[error("cell {cell} of \"{sheet}\" has more than one content")]
    Several { sheet: String, cell: String },
    #[error("the chart \"{title}\" has no place: \"{at}\" is no cell")]
    ChartPlace { title: String, at: String },
    #[error(
        "the link in cell {cell} of \"{sheet}\" leads to neither a web page nor a mail address"
    )]
    Link { sheet: String, cell: String },
    #[error("the workbook could not be written: {0}")]
    Xlsx(#[from] XlsxError),
    #[error("the workbook could not be written: {0}")]
    Zip(#[from] zip::result::ZipError),
    #[error("the workbook could not be written: {0}")]
    Io(#[from] std::io::Error),
}

/// The bytes of an xlsx file. Formulas without a value get the computed one.
pub fn write(workbook: &Workbook) -> Result<Vec<u8>, WriteError> {
    check(workbook)?;
    let lacks_value = |cell: &Cell| cell.formula.is_some() && cell.value.is_none();
    let lacking = workbook
        .sheets
        .iter()
        .any(|sheet| sheet.totals.is_some() || sheet.rows.iter().flatten().any(lacks_value));
    if !lacking {
        return bytes(workbook, &|_, _| None);
    }
    let draft = bytes(workbook, &|_, _| None)?;
    // A formula that cannot be computed here is still computed where the file is opened.
    let Ok(evaluation) = evaluate(&draft) else { return Ok(draft) };
    let values: std::collections::HashMap<(&str, &str), String> = evaluation
        .cells
        .iter()
        .map(|found| {
            let value = match &found.value {
                Computed::Number { number } => number_text(*number),
                Computed::Text { text } => text.clone(),
                Computed::Truth { truth } => if *truth { "TRUE" } else { "FALSE" }.to_owned(),
                Computed::Error { error } => error.clone(),
                Computed::Empty => String::new(),
            };
            ((found.sheet.as_str(), found.cell.as_str()), value)
        })
        .collect();
    bytes(workbook, &|sheet, cell| values.get(&(sheet, cell)).cloned())
}

fn check(workbook: &Workbook) -> Result<(), WriteError> {
    if workbook.sheets.is_empty() {
        return Err(WriteError::NoSheet);
    }
    let too_large = |what| Err(WriteError::TooLarge { what });
    if workbook.sheets.len() > SHEETS_MAX {
        return too_large("it has too many sheets");
    }
    let cells: usize = workbook.sheets.iter().flat_map(|s| &s.rows).map(Vec::len).sum();
    if cells > CELLS_MAX {
        return too_large("it has too many cells");
    }
    if workbook.sheets.iter().map(|sheet| sheet.charts.len()).sum::<usize>() > CHARTS_MAX {
        return too_large("it has too many charts");
    }
    let mut names = std::collections::HashSet::new();
    for sheet in &workbook.sheets {
        let name = sheet.name.clone();
        if let Some(problem) = sheet_name_problem(&name) {
            return Err(WriteError::SheetName { name, problem });
        }
        if !names.insert(name.to_lowercase()) {
            return Err(WriteError::SheetTwice { name });
        }
        let width = sheet.rows.iter().map(Vec::len).max().unwrap_or(0).max(sheet.columns.len());
        if sheet.rows.len() + sheet.notes.len() + 4 > ROWS_MAX || width > COLUMNS_MAX {
            return too_large("a sheet has too many rows or columns");
        }
    }
    Ok(())
}

/// Gives the computed value of a cell, by sheet and reference.
type Values<'a> = &'a dyn Fn(&str, &str) -> Option<String>;

fn bytes(workbook: &Workbook, values: Values<'_>) -> Result<Vec<u8>, WriteError> {
    let mut book = xlsx::Workbook::new();
    let created = moment(&workbook.created)
        .ok_or_else(|| WriteError::Date { date: workbook.created.clone() })?;
    let mut properties = DocProperties::new().set_creation_datetime(&created);
    if let Some(title) = &workbook.title {
        properties = properties.set_title(title);
    }
    book.set_properties(&properties);
    let mut links = Links::default();
    for sheet in &workbook.sheets {
        let to = book.add_worksheet();
        to.set_name(&sheet.name)?;
        Writing { sheet, to, links: &mut links, values, widths: Vec::new(), count: 0 }.sheet()?;
    }
    links.resolve(book.save_to_buffer()?)
}

struct Writing<'a> {
    sheet: &'a Sheet,
    to: &'a mut Worksheet,
    links: &'a mut Links,
    values: Values<'a>,
    /// Of the columns, in characters.
    widths: Vec<usize>,
    /// Links written so far.
    count: usize,
}

impl Writing<'_> {
    fn sheet(mut self) -> Result<(), WriteError> {
        let sheet = self.sheet;
        self.widths = (0..sheet.columns.len()).map(|index| self.width(index)).collect();
        self.page_setup()?;
        for (index, column) in sheet.columns.iter().enumerate() {
            self.to.write_string_with_format(
                0,
                column_of(index),
                &column.title,
                &style::header(column),
            )?;
            let width = self.widths[index];
            self.to.set_column_width(column_of(index), f64::from(u16_of(width)))?;
        }
        let mut row = 1;
        for cells in &sheet.rows {
            for (index, cell) in cells.iter().enumerate() {
                self.cell(row, index, cell)?;
            }
            let lines = self.lines(cells);
            if lines > 1 {
                self.to.set_row_height(row, f64::from(u16_of(lines)) * LINE_HEIGHT + 4.0)?;
            }
            row += 1;
        }
        if let Some(totals) = &sheet.totals {
            self.totals(row, totals)?;
            row += 1;
        }
        for (index, note) in sheet.notes.iter().enumerate() {
            let at = row + 1 + row_of(index);
            self.to.write_string_with_format(at, 0, cut(note), &style::note())?;
        }
        for chart in &sheet.charts {
            self.chart(chart)?;
        }
        Ok(())
    }

    fn page_setup(&mut self) -> Result<(), WriteError> {
        let sheet = self.sheet;
        let last = sheet.columns.len().max(1) - 1;
        self.to.set_screen_gridlines(false);
        self.to.set_paper_size(A4).set_print_fit_to_pages(1, 0);
        self.to.set_margins(0.5, 0.5, 0.6, 0.6, 0.3, 0.3);
        self.to.set_footer("&L&8&A&R&8&P / &N");
        let width: usize = self.widths.iter().sum();
        self.to.set_default_row_height(LINE_HEIGHT + 3.0);
        if width > 90 || !sheet.charts.is_empty() {
            self.to.set_landscape();
        }
        if sheet.columns.is_empty() {
            return Ok(());
        }
        self.to.set_row_height(0, 22)?;
        if sheet.freeze_header {
            self.to.set_freeze_panes(1, 0)?;
            self.to.set_repeat_rows(0, 0)?;
        }
        if sheet.autofilter && !sheet.rows.is_empty() {
            self.to.autofilter(0, 0, row_of(sheet.rows.len()), column_of(last))?;
        }
        Ok(())
    }

    /// How many lines the row's texts need, as not every program finds out by itself.
    fn lines(&self, cells: &[Cell]) -> usize {
        let lines_of = |(index, cell): (usize, &Cell)| {
            let width =
                self.widths.get(index).copied().unwrap_or(WIDTH_MIN).saturating_sub(3).max(1);
            let text = cell.text.as_deref().unwrap_or_default();
            // Words do not fill lines to the last letter.
            let needed = |line: &str| (columns_of(line) * 21 / 20).div_ceil(width).max(1);
            text.lines().map(needed).sum::<usize>()
        };
        cells.iter().enumerate().map(lines_of).max().unwrap_or(1).min(LINES_MAX)
    }

    /// As wide as the widest of its contents, in characters.
    fn width(&self, index: usize) -> usize {
        let Some(column) = self.sheet.columns.get(index) else { return WIDTH_MIN };
        if let Some(width) = column.width {
            return usize::from(width);
        }
        let extra = if self.sheet.autofilter { 4 } else { 2 };
        let mut widest = columns_of(&column.title) + extra + 2;
        for row in self.sheet.rows.iter().take(WIDTH_ROWS) {
            let Some(cell) = row.get(index) else { continue };
            let digits = |text: &str| text.len() + text.len() / 3 + 7;
            let width = if let Some(text) = &cell.text {
                text.lines().map(columns_of).max().unwrap_or(0) + 4
            } else if let Some(date) = &cell.date {
                date.len() + 4
            } else if let Some(number) = &cell.number {
                digits(number)
            } else {
                digits(cell.value.as_deref().unwrap_or("1000.00"))
            };
            widest = widest.max(width);
        }
        let has_total = self.sheet.totals.as_ref().is_some_and(|t| t.columns.contains(&index));
        if has_total {
            widest = widest.max(17);
        }
        widest.clamp(WIDTH_MIN, WIDTH_MAX)
    }

    fn cell(&mut self, row: u32, index: usize, cell: &Cell) -> Result<(), WriteError> {
        let none = super::spec::Column::default();
        let column = self.sheet.columns.get(index).unwrap_or(&none);
        let format = style::cell(cell, column);
        let (at, name) = (column_of(index), reference(row, index));
        let place = || (self.sheet.name.clone(), name.clone());
        let kinds = [&cell.number, &cell.date, &cell.formula, &cell.text];
        if kinds.iter().filter(|kind| kind.is_some()).count() > 1 {
            let (sheet, cell) = place();
            return Err(WriteError::Several { sheet, cell });
        }
        if let Some(number) = &cell.number {
            match exact(number) {
                Some(value) => self.to.write_number_with_format(row, at, value, &format)?,
                None if is_decimal(number) => {
                    self.to.write_string_with_format(row, at, number, &format)?
                }
                None => {
                    let (sheet, cell) = place();
                    let number = number.clone();
                    return Err(WriteError::Number { sheet, cell, number });
                }
            };
        } else if let Some(date) = &cell.date {
            let value = moment(date).ok_or_else(|| WriteError::Date { date: date.clone() })?;
            self.to.write_datetime_with_format(row, at, &value, &format)?;
        } else if let Some(text) = &cell.formula {
            let text = formula::checked(&self.sheet.name, &name, text)?;
            let value = cell.value.clone().or_else(|| (self.values)(&self.sheet.name, &name));
            let formula = Formula::new(text).set_result(value.unwrap_or_default());
            self.to.write_formula_with_format(row, at, formula, &format)?;
        } else if let Some(link) = &cell.link {
            self.link(row, at, &name, cell, &link.target, &format)?;
        } else if let Some(text) = cell.text.as_deref().filter(|text| !text.is_empty()) {
            self.to.write_string_with_format(row, at, cut(text), &format)?;
        } else {
            self.to.write_blank(row, at, &format)?;
        }
        Ok(())
    }

    fn link(
        &mut self,
        row: u32,
        at: u16,
        name: &str,
        cell: &Cell,
        target: &LinkTarget,
        format: &xlsx::Format,
    ) -> Result<(), WriteError> {
        let (LinkTarget::File(shown) | LinkTarget::Url(shown) | LinkTarget::Cell(shown)) = target;
        let text = cut(cell.text.as_deref().unwrap_or(shown));
        self.count += 1;
        if self.count > LINKS_MAX || text.is_empty() {
            self.to.write_string_with_format(row, at, text, format)?;
            return Ok(());
        }
        let address = match target {
            LinkTarget::File(path) => self.links.placeholder(path),
            LinkTarget::Cell(cell) => format!("internal:{}", cell.trim_start_matches('#')),
            LinkTarget::Url(url) => {
                let known = ["https://", "http://", "mailto:"];
                if !known.iter().any(|scheme| url.starts_with(scheme)) {
                    let (sheet, cell) = (self.sheet.name.clone(), name.to_owned());
                    return Err(WriteError::Link { sheet, cell });
                }
                url.clone()
            }
        };
        let url = Url::new(address).set_text(text);
        self.to.write_url_with_format(row, at, url, format)?;
        Ok(())
    }

    fn totals(&mut self, row: u32, totals: &Totals) -> Result<(), WriteError> {
        for index in 0..self.sheet.columns.len() {
            let column = &self.sheet.columns[index];
            let mut cell = Cell { total: true, ..Cell::default() };
            if totals.columns.contains(&index) && row > 1 {
                let letters = column_letters(index);
                cell.formula = Some(format!("SUM({letters}2:{letters}{row})"));
            } else if index == 0 {
                cell.text = Some(totals.label.clone());
                cell.format = column.format;
            }
            self.cell(row, index, &cell)?;
        }
        Ok(())
    }

    fn chart(&mut self, chart: &Chart) -> Result<(), WriteError> {
        let Some((row, column)) = place(&chart.at) else {
            let (title, at) = (chart.title.clone(), chart.at.clone());
            return Err(WriteError::ChartPlace { title, at });
        };
        let mut drawn = match chart.kind {
            ChartKind::Column => xlsx::Chart::new_column(),
            ChartKind::Bar => xlsx::Chart::new_bar(),
            ChartKind::Line => xlsx::Chart::new_line(),
            ChartKind::Pie => xlsx::Chart::new_pie(),
        };
        let range = |text: &str| format!("={}", text.trim().trim_start_matches('='));
        let series = drawn.add_series();
        series.set_categories(range(&chart.categories).as_str());
        series.set_values(range(&chart.values).as_str());
        if chart.kind == ChartKind::Pie {
            series.set_data_label(xlsx::ChartDataLabel::new().show_percentage());
            drawn.legend().set_position(xlsx::ChartLegendPosition::Right);
        } else {
            series.set_format(
                xlsx::ChartFormat::new()
                    .set_solid_fill(xlsx::ChartSolidFill::new().set_color(style::CHART)),
            );
            series.set_gap(60);
            drawn.legend().set_hidden();
            let faint = || {
                let mut line = xlsx::ChartLine::new();
                line.set_color(style::LINE);
                line
            };
            drawn.y_axis().set_num_format("#,##0");
            drawn.y_axis().set_major_gridlines_line(&faint());
            if chart.kind == ChartKind::Bar {
                // Otherwise the first category would stand at the bottom.
                drawn.x_axis().set_reverse();
            }
        }
        drawn.title().set_name(&chart.title).set_font(xlsx::ChartFont::new().set_size(12));
        drawn.set_width(560).set_height(320);
        self.to.insert_chart(row, column, &drawn)?;
        Ok(())
    }
}

/// `F2` as row and column; dollar signs are allowed.
fn place(at: &str) -> Option<(u32, u16)> {
    let at = at.replace('$', "").to_uppercase();
    let letters = at.chars().take_while(char::is_ascii_uppercase).count();
    let row: u32 = at[letters..].parse().ok().filter(|row| *row > 0)?;
    let column = at[..letters].bytes().try_fold(0_u32, |sum, byte| {
        sum.checked_mul(26)?.checked_add(u32::from(byte - b'A') + 1)
    })?;
    Some((row - 1, u16::try_from(column.checked_sub(1)?).ok()?))
}

pub(super) fn reference(row: u32, column: usize) -> String {
    format!("{}{}", column_letters(column), row + 1)
}

pub(super) fn column_letters(mut column: usize) -> String {
    let mut letters = Vec::new();
    loop {
        letters.push(u8::try_from(column % 26).map_or('?', |letter| char::from(b'A' + letter)));
        column /= 26;
        if column == 0 {
            break;
        }
        column -= 1;
    }
    letters.into_iter().rev().collect()
}

/// A decimal that a spreadsheet keeps digit by digit; others are written as texts.
fn exact(number: &str) -> Option<f64> {
    if !is_decimal(number) {
        return None;
    }
    let digits = number.trim_start_matches(['-', '+', '0', '.']);
    let count = digits.chars().filter(char::is_ascii_digit).count();
    (count <= DIGITS_MAX).then(|| number.parse().ok())?
}

fn is_decimal(number: &str) -> bool {
    let digits = number.strip_prefix(['-', '+']).unwrap_or(number);
    let (whole, part) = digits.split_once('.').unwrap_or((digits, "0"));
    !whole.is_empty()
        && !part.is_empty()
        && [whole, part].iter().all(|text| text.bytes().all(|byte| byte.is_ascii_digit()))
}

/// Spreadsheets begin in 1900 and count a day too many until its March.
fn moment(date: &str) -> Option<ExcelDateTime> {
    let (day, time) = date.split_at_checked(10)?;
    let mut parts = day.split('-').map(|part| part.parse::<u16>().ok());
    let (year, month, day) = (parts.next()??, parts.next()??, parts.next()??);
    if parts.next().is_some() || year < 1901 {
        return None;
    }
    if day == 0 || u32::from(day) > days_in_month(u32::from(year), u32::from(month)) {
        return None;
    }
    let (month, day) = (u8::try_from(month).ok()?, u8::try_from(day).ok()?);
    let moment = ExcelDateTime::from_ymd(year, month, day).ok()?;
    if time.is_empty() {
        return Some(moment);
    }
    let mut parts = time[1..].split(':').map(|part| part.parse::<u16>().ok());
    let (hour, minute, second) = (parts.next()??, parts.next()??, parts.next().unwrap_or(Some(0))?);
    let is_time = hour < 24 && minute < 60 && second < 60;
    is_time.then(|| moment.and_hms(hour, u8::try_from(minute).ok()?, second).ok())?
}

/// How many columns of a monospaced font a text takes: letters of East Asia take two.
fn columns_of(text: &str) -> usize {
    let wide = |letter: char| matches!(u32::from(letter), 0x1100..=0x115f | 0x2e80..=0xffdc);
    text.chars().map(|letter| if wide(letter) { 2 } else { 1 }).sum()
}

fn cut(text: &str) -> &str {
    let mut units = 0;
    for (at, letter) in text.char_indices() {
        units += letter.len_utf16();
        if units > CELL_CHARS_MAX {
            return &text[..at];
        }
    }
    text
}

fn column_of(index: usize) -> u16 {
    u16::try_from(index).unwrap_or(u16::MAX)
}

fn row_of(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(u32::MAX)
}

fn u16_of(value: usize) -> u16 {
    u16::try_from(value).unwrap_or(u16::MAX)
}
