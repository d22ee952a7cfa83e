//! OpenDocument texts (odt) and spreadsheets (ods). Repeated cells and rows are written out only
//! where they hold something, because a file of a few bytes can claim a million of them.

use crate::archive::Archive;
use crate::document::{Document, Format, Mark, ReadError, ReadErrorKind};
use crate::gather::Gather;
use crate::limits::COLUMNS_MAX;
use crate::office::{broken, finish};
use crate::spreadsheet::Rows;
use crate::xml::{Attributes, Node, Walked, walk};

/// How often one filled row is written out at most.
const REPEATED_ROWS_MAX: u32 = 1_000;

pub(crate) fn read_odt(bytes: &[u8]) -> Result<Document, ReadError> {
    let (mut gather, xml) = open(bytes, Format::Odt)?;
    let walked = body(&mut gather, &xml);
    finish(gather, walked, "text")
}

pub(crate) fn read_ods(bytes: &[u8]) -> Result<Document, ReadError> {
    let (mut gather, xml) = open(bytes, Format::Ods)?;
    let walked = body(&mut gather, &xml);
    if gather.is_blank() && walked == Walked::Partly {
        return Err(broken("spreadsheet"));
    }
    if walked == Walked::Partly {
        gather.cut();
    }
    crate::spreadsheet::filled(gather)
}

fn open(bytes: &[u8], format: Format) -> Result<(Gather, String), ReadError> {
    let mut archive = Archive::open(bytes)?;
    let manifest = archive.text("META-INF/manifest.xml")?.unwrap_or_default();
    if manifest.contains("encryption-data") {
        return Err(ReadError::new(
            ReadErrorKind::Protected,
            "the document is protected by a password",
        ));
    }
    let mut gather = Gather::new(format);
    properties(&mut gather, &archive.text("meta.xml")?.unwrap_or_default());
    let xml = archive.text("content.xml")?.ok_or_else(|| broken("text"))?;
    Ok((gather, xml))
}

fn properties(gather: &mut Gather, xml: &str) {
    let mut open = String::new();
    walk(xml, |node| {
        match node {
            Node::Start(name, _) => name.clone_into(&mut open),
            Node::End(_) => open.clear(),
            Node::Text(text) => match open.as_str() {
                "title" => gather.title(text),
                "initial-creator" => gather.fact("author", text),
                "creation-date" => gather.fact("created", text),
                "date" => gather.fact("modified", text),
                _ => {}
            },
        }
        true
    });
}

#[derive(Default)]
struct Body {
    line: String,
    /// Texts of notes and of what was deleted do not belong where they stand.
    aside: usize,
    in_paragraph: usize,
    table: Option<Sheet>,
    /// Tables within a cell of the open table; their texts join the cell.
    inner: usize,
    /// The first line of the open table.
    first_line: usize,
    /// Lists around what is read.
    in_list: usize,
    /// What the open paragraph is.
    mark: Option<Mark>,
}

struct Sheet {
    rows: Rows,
    row: u32,
    column: u32,
    cells: Vec<(u32, String)>,
    repeat_row: u32,
    cell: Option<CellValue>,
}

struct CellValue {
    exact: Option<String>,
    shown: String,
    repeat: u32,
}

fn body(gather: &mut Gather, xml: &str) -> Walked {
    let mut body = Body::default();
    walk(xml, |node| match node {
        Node::Start(name, attributes) => body.start(gather, name, attributes),
        Node::End(name) => body.end(gather, name),
        Node::Text(text) => {
            if body.in_paragraph > 0 && body.aside == 0 {
                body.line.push_str(text);
            }
            true
        }
    })
}

impl Body {
    fn start(&mut self, gather: &mut Gather, name: &str, attributes: &Attributes) -> bool {
        match name {
            "annotation" | "tracked-changes" | "forms" => self.aside += 1,
            "p" | "h" => {
                self.in_paragraph += 1;
                if self.table.is_none() {
                    let level = attributes.get("outline-level").and_then(|it| it.parse().ok());
                    let entry = (self.in_list > 0).then_some(Mark::Entry);
                    self.mark = match name {
                        "h" => Some(Mark::Heading(level.unwrap_or(1))),
                        _ => entry,
                    };
                }
            }
            "list-item" => self.in_list += 1,
            "s" => {
                let count = attributes.get("c").and_then(|c| c.parse().ok()).unwrap_or(1_usize);
                self.line.extend(std::iter::repeat_n(' ', count.min(100)));
            }
            "tab" => self.line.push_str("   "),
            "line-break" => self.end_line(gather),
            "table" if self.table.is_some() => self.inner += 1,
            "table" => {
                self.table = Some(Sheet::new());
                self.first_line = gather.line_count();
                return gather.table(attributes.get("name").unwrap_or_default());
            }
            "table-row" if self.inner == 0 => {
                if let Some(sheet) = &mut self.table {
                    sheet.column = 0;
                    sheet.repeat_row = repeated(attributes, "number-rows-repeated");
                }
            }
            "table-cell" | "covered-table-cell" if self.inner == 0 => {
                if let Some(sheet) = &mut self.table {
                    sheet.cell = Some(CellValue {
                        exact: exact(attributes),
                        shown: String::new(),
                        repeat: repeated(attributes, "number-columns-repeated"),
                    });
                }
            }
            _ => {}
        }
        true
    }

    fn end(&mut self, gather: &mut Gather, name: &str) -> bool {
        match name {
            "annotation" | "tracked-changes" | "forms" => {
                self.aside = self.aside.saturating_sub(1);
                self.line.clear();
            }
            "p" | "h" => {
                self.in_paragraph = self.in_paragraph.saturating_sub(1);
                self.end_line(gather);
            }
            "table" if self.inner > 0 => self.inner -= 1,
            "table" => {
                if let Some(mut sheet) = self.table.take() {
                    let fits = sheet.rows.flush(gather);
                    gather.mark_table(self.first_line);
                    return fits;
                }
            }
            "list-item" => self.in_list = self.in_list.saturating_sub(1),
            "page" => {
                gather.gap();
                gather.mark(Mark::Break);
            }
            "table-cell" | "covered-table-cell" if self.inner == 0 => {
                if let Some(sheet) = &mut self.table {
                    sheet.end_cell();
                }
            }
            "table-row" if self.inner == 0 => {
                if let Some(sheet) = &mut self.table {
                    return sheet.end_row(gather);
                }
            }
            _ => {}
        }
        true
    }

    fn end_line(&mut self, gather: &mut Gather) {
        let text = std::mem::take(&mut self.line);
        if self.aside > 0 {
            return;
        }
        match self.table.as_mut().and_then(|sheet| sheet.cell.as_mut()) {
            Some(cell) => {
                if !cell.shown.is_empty() && !text.trim().is_empty() {
                    cell.shown.push('\n');
                }
                cell.shown.push_str(text.trim());
            }
            None if text.trim().is_empty() => {
                gather.gap();
            }
            None => {
                if let Some(mark) = self.mark {
                    gather.mark(mark);
                }
                gather.line(&text);
            }
        }
    }
}

impl Sheet {
    fn new() -> Sheet {
        Sheet { rows: Rows::new(), row: 0, column: 0, cells: Vec::new(), repeat_row: 1, cell: None }
    }

    fn end_cell(&mut self) {
        let Some(cell) = self.cell.take() else { return };
        let text = cell.exact.unwrap_or(cell.shown);
        if !text.is_empty() {
            for offset in 0..cell.repeat {
                let column = self.column.saturating_add(offset);
                if column as usize >= COLUMNS_MAX {
                    break;
                }
                self.cells.push((column, text.clone()));
            }
        }
        self.column = self.column.saturating_add(cell.repeat);
    }

    fn end_row(&mut self, gather: &mut Gather) -> bool {
        let cells = std::mem::take(&mut self.cells);
        if !cells.is_empty() {
            for offset in 0..self.repeat_row.min(REPEATED_ROWS_MAX) {
                let row = self.row.saturating_add(offset);
                for (column, text) in &cells {
                    if !self.rows.put(gather, row, *column, text.clone()) {
                        return false;
                    }
                }
            }
        }
        self.row = self.row.saturating_add(self.repeat_row);
        true
    }
}

fn repeated(attributes: &Attributes, name: &str) -> u32 {
    attributes.get(name).and_then(|value| value.parse().ok()).unwrap_or(1).max(1)
}

/// The value behind what is shown: exact numbers, ISO dates. Texts are as shown.
fn exact(attributes: &Attributes) -> Option<String> {
    match attributes.get("value-type")? {
        "float" => attributes.get("value").map(str::to_owned),
        "currency" => {
            let currency = attributes.get("currency").unwrap_or_default();
            Some(format!("{} {currency}", attributes.get("value")?).trim_end().to_owned())
        }
        "percentage" => {
            let value: f64 = attributes.get("value")?.parse().ok()?;
            Some(format!("{}%", crate::number::number_text(value * 100.0)))
        }
        "date" => Some(attributes.get("date-value")?.replace('T', " ")),
        "boolean" => attributes.get("boolean-value").map(str::to_uppercase),
        _ => None,
    }
}
