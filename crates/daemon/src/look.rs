//! How one version of a changed file looks: its sheets, its text with headings, its pages.

use crate::artifact;
use crate::edges::Edges;
use crate::limits::{
    LOOK_BLOCKS_MAX, LOOK_BYTES_MAX, LOOK_CELLS_MAX, LOOK_FACTS_MAX, LOOK_PAGES_MAX,
    LOOK_TEXT_BYTES_MAX, PICTURE_SIDE_PX,
};
use crate::live::Shared;
use crate::machines;
use crate::reading::{Reading, Room};
use crate::store::Store;
use api::{
    BlockView, CellView, ErrorKind, FactView, FileAsked, FileBytes, LookView, PageAsked, PaperView,
    RowView, SheetView, UserError,
};
use serde::Deserialize;
use std::path::Path;
use std::sync::Arc;
use wire::GuestTool;

/// What a document's reader answers, as far as it is shown.
#[derive(Deserialize)]
struct Read {
    document: Document,
    #[serde(default)]
    marks: Vec<Marked>,
}

#[derive(Deserialize)]
struct Document {
    format: String,
    #[serde(default)]
    title: Option<String>,
    lines: Vec<String>,
    #[serde(default)]
    tables: Vec<Table>,
    #[serde(default)]
    meta: Vec<(String, String)>,
    #[serde(default)]
    attachments: Vec<Attachment>,
    #[serde(default)]
    truncated: bool,
}

#[derive(Deserialize)]
struct Table {
    name: String,
    rows: Vec<Vec<String>>,
}

#[derive(Deserialize)]
struct Attachment {
    name: String,
}

#[derive(Clone, Copy, Deserialize)]
struct Marked {
    line: usize,
    mark: Mark,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Mark {
    Heading(u8),
    Entry,
    Table { table: usize, lines: usize },
    Break,
}

/// A spreadsheet's cells, as their reader tells them.
#[derive(Deserialize)]
pub(crate) struct Sheets {
    pub(crate) sheets: Vec<Sheet>,
    #[serde(default)]
    pub(crate) truncated: bool,
}

#[derive(Deserialize)]
pub(crate) struct Sheet {
    pub(crate) name: String,
    pub(crate) cells: Vec<Cell>,
}

#[derive(Deserialize)]
pub(crate) struct Cell {
    pub(crate) cell: String,
    #[serde(default)]
    pub(crate) value: String,
    #[serde(default)]
    pub(crate) formula: Option<String>,
}

/// How a kind of file is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// With formulas.
    Workbook,
    /// Another table.
    Table,
    Paper,
    /// As the text that it is.
    Plain,
}

pub(crate) fn form(path: &str) -> Form {
    match ending(path).as_str() {
        "xlsx" | "xlsm" => Form::Workbook,
        "xls" | "ods" | "csv" | "tsv" => Form::Table,
        "docx" | "odt" | "rtf" | "pptx" | "pdf" | "eml" => Form::Paper,
        _ => Form::Plain,
    }
}

/// The ending of a file's name: letters and digits only, as a name of ours may have it.
pub(crate) fn ending(path: &str) -> String {
    let ending = path.rsplit_once('.').map_or("", |(_, ending)| ending);
    let is_plain = ending.len() <= 10 && ending.bytes().all(|it| it.is_ascii_alphanumeric());
    if is_plain { ending.to_ascii_lowercase() } else { String::new() }
}

/// Everything that looking at a file needs.
pub(crate) struct Looker<'a> {
    pub(crate) room: &'a Room,
    pub(crate) edges: &'a Edges,
    pub(crate) store: &'a Store,
    pub(crate) dir: &'a Path,
    pub(crate) shared: &'a Arc<Shared>,
}

impl Looker<'_> {
    pub(crate) async fn look(&self, asked: FileAsked) -> Result<LookView, UserError> {
        let path = asked.path.clone();
        let (reading, name) = self.open(asked).await?;
        let looked = look(&reading, &name, form(&path)).await;
        reading.end().await;
        Ok(looked.unwrap_or_else(|why| LookView::Unread { why }))
    }

    /// A page of a PDF as a picture.
    pub(crate) async fn page(&self, asked: PageAsked) -> Result<FileBytes, UserError> {
        let PageAsked { path, side, number } = asked;
        let unshown = |why: &str| {
            let what = format!("page {number} of {path} cannot be shown");
            UserError::new(ErrorKind::Unavailable, "file-unshown", what).cause(why)
        };
        if ending(&path) != "pdf" || number == 0 || number > LOOK_PAGES_MAX {
            return Err(unshown("it has no such page"));
        }
        let (reading, name) = self.open(FileAsked { path: path.clone(), side }).await?;
        let (page, px) = (number.to_string(), PICTURE_SIDE_PX.to_string());
        // Without a name for its pictures it prints them.
        let argv = ["pdftoppm", "-png", "-f", &page, "-l", &page, "-scale-to", &px, &name];
        let picture = reading.run(&argv).await;
        reading.end().await;
        let is_picture = |bytes: &Vec<u8>| bytes.starts_with(b"\x89PNG\r\n\x1a\n");
        let picture = picture.filter(is_picture).ok_or_else(|| unshown("it could not be drawn"))?;
        Ok(FileBytes { bytes: picture })
    }

    async fn open(&self, asked: FileAsked) -> Result<(Reading<'_>, String), UserError> {
        let path = asked.path.clone();
        let bytes =
            artifact::bytes(self.store, self.dir, self.shared, asked, LOOK_BYTES_MAX).await?;
        let name = format!("file.{}", ending(&path));
        let files = vec![(name.clone(), bytes)];
        let wish = self.shared.read(|driver, _| machines::wanted(driver.task()));
        match self.room.open(self.edges, wish, self.dir, files).await {
            Ok(reading) => Ok((reading, name)),
            Err(why) => {
                let what = format!("{path} cannot be shown");
                Err(UserError::new(ErrorKind::Unavailable, "file-unshown", what).cause(why))
            }
        }
    }
}

/// What a call of `look` showed, as it was recorded; `None`: it showed nothing, or is none.
pub(crate) fn seen(store: &Store, task: &task::Task, call: task::CallId) -> Option<Vec<u8>> {
    let call = task.call(call).filter(|it| it.tool == task::context::LOOK)?;
    let shown = crate::mind::picture(&store.unpack(call.result.as_ref()?).ok()?)?;
    shown.bytes()
}

async fn look(reading: &Reading<'_>, name: &str, form: Form) -> Result<LookView, String> {
    if form == Form::Workbook
        && let Ok(book) = reading.ask::<Sheets>(GuestTool::ReadWorkbook, name).await
    {
        return Ok(sheets(book));
    }
    let read = reading.ask::<Read>(GuestTool::ReadDocument, name).await;
    let pages = if ending(name) == "pdf" { pages(reading, name).await } else { 0 };
    match (read, form) {
        (Ok(read), Form::Workbook | Form::Table) => Ok(tables(read.document)),
        (Ok(read), Form::Paper | Form::Plain) => {
            Ok(LookView::Paper { paper: PaperView { pages, ..paper(read) } })
        }
        // A scan has no text, and can be looked at all the same.
        (Err(_), _) if pages > 0 => {
            let paper = PaperView { format: "pdf".to_owned(), pages, ..PaperView::default() };
            Ok(LookView::Paper { paper })
        }
        (Err(why), _) => Err(why),
    }
}

/// How many pages of a PDF can be had as pictures; 0 where this computer has no program for it.
async fn pages(reading: &Reading<'_>, name: &str) -> u32 {
    let Some(printed) = reading.run(&["pdfinfo", name]).await else { return 0 };
    let text = String::from_utf8_lossy(&printed);
    let count = text.lines().find_map(|line| line.strip_prefix("Pages:"));
    count.and_then(|count| count.trim().parse().ok()).map_or(0, |it: u32| it.min(LOOK_PAGES_MAX))
}

/// The lines of a document, for who compares them; `None` where it can't be read.
pub(crate) async fn lines(reading: &Reading<'_>, name: &str) -> Option<(String, bool)> {
    let read = reading.ask::<Read>(GuestTool::ReadDocument, name).await.ok()?;
    let mut text = read.document.lines.join("\n");
    text.push('\n');
    Some((text, read.document.truncated))
}

/// The cells of a spreadsheet, whatever its kind.
pub(crate) async fn cells(reading: &Reading<'_>, name: &str) -> Option<Sheets> {
    if form(name) == Form::Workbook {
        return reading.ask(GuestTool::ReadWorkbook, name).await.ok();
    }
    let read = reading.ask::<Read>(GuestTool::ReadDocument, name).await.ok()?;
    let truncated = read.document.truncated;
    let sheet = |table: Table| {
        let rows = (1u32..).zip(table.rows);
        let cells = rows.flat_map(|(row, cells)| {
            let filled = (0u32..).zip(cells).filter(|(_, text)| !text.is_empty());
            let cell = move |(column, value)| Cell {
                cell: format!("{}{row}", letters(column)),
                value,
                formula: None,
            };
            filled.map(cell).collect::<Vec<_>>()
        });
        Sheet { name: table.name, cells: cells.collect() }
    };
    Some(Sheets { sheets: read.document.tables.into_iter().map(sheet).collect(), truncated })
}

/// 0 as `A`, 26 as `AA`.
fn letters(column: u32) -> String {
    let letter = char::from(b'A' + u8::try_from(column % 26).unwrap_or(0));
    match column / 26 {
        0 => letter.to_string(),
        more => format!("{}{letter}", letters(more - 1)),
    }
}

/// `B7` as (7, 2), both counted from 1.
pub(crate) fn row_and_column(cell: &str) -> (u32, u32) {
    let letters = cell.bytes().take_while(u8::is_ascii_alphabetic);
    let column = letters.fold(0u32, |sum, letter| {
        sum.saturating_mul(26).saturating_add(u32::from(letter.to_ascii_uppercase() - b'A') + 1)
    });
    let row = cell.trim_start_matches(|letter: char| letter.is_ascii_alphabetic());
    (row.parse().unwrap_or(u32::MAX), column)
}

/// Counts what is shown, down to nothing.
struct Allowance {
    cells: usize,
    bytes: usize,
    is_over: bool,
}

impl Allowance {
    fn new() -> Self {
        Self { cells: LOOK_CELLS_MAX, bytes: LOOK_TEXT_BYTES_MAX, is_over: false }
    }

    fn takes(&mut self, text: &str) -> bool {
        if self.cells == 0 || self.bytes < text.len() {
            self.is_over = true;
            return false;
        }
        self.cells -= 1;
        self.bytes -= text.len();
        true
    }
}

fn sheets(book: Sheets) -> LookView {
    let mut allowance = Allowance::new();
    let truncated = book.truncated;
    let mut sheets = Vec::new();
    for sheet in book.sheets {
        let mut shown = SheetView { name: sheet.name, ..SheetView::default() };
        for cell in sheet.cells {
            if !allowance.takes(&cell.value) {
                break;
            }
            let (row, column) = row_and_column(&cell.cell);
            let view = CellView {
                column: column.saturating_sub(1),
                text: cell.value,
                formula: cell.formula,
            };
            put(&mut shown, row, view);
        }
        sheets.push(shown);
    }
    LookView::Sheets { sheets, truncated: truncated || allowance.is_over }
}

fn tables(document: Document) -> LookView {
    let mut allowance = Allowance::new();
    let mut sheets = Vec::new();
    for table in document.tables {
        let mut shown = SheetView { name: table.name, ..SheetView::default() };
        for (row, cells) in (1u32..).zip(table.rows) {
            let filled = (0u32..).zip(cells).filter(|(_, text)| !text.is_empty());
            for (column, text) in filled {
                if allowance.takes(&text) {
                    put(&mut shown, row, CellView { column, text, formula: None });
                }
            }
        }
        sheets.push(shown);
    }
    LookView::Sheets { sheets, truncated: document.truncated || allowance.is_over }
}

fn put(sheet: &mut SheetView, row: u32, cell: CellView) {
    sheet.columns = sheet.columns.max(cell.column.saturating_add(1));
    match sheet.rows.last_mut().filter(|last| last.number == row) {
        Some(last) => last.cells.push(cell),
        None => sheet.rows.push(RowView { number: row, cells: vec![cell] }),
    }
}

fn paper(read: Read) -> PaperView {
    let Read { document, marks } = read;
    let mut allowance = Allowance::new();
    let mut blocks = Vec::new();
    let mut marks = marks.into_iter().peekable();
    let mut skip_until = 0;
    for (index, line) in document.lines.iter().enumerate() {
        let mut kind = None;
        while let Some(marked) = marks.next_if(|it| it.line <= index) {
            match marked.mark {
                Mark::Break => blocks.push(BlockView::Break),
                Mark::Table { table, lines } if index >= skip_until => {
                    skip_until = index.saturating_add(lines);
                    blocks.extend(document.tables.get(table).map(|it| rows(it, &mut allowance)));
                }
                Mark::Table { .. } => {}
                Mark::Heading(_) | Mark::Entry => kind = Some(marked.mark),
            }
        }
        if index < skip_until {
            continue;
        }
        if blocks.len() >= LOOK_BLOCKS_MAX || !allowance.takes(line) {
            allowance.is_over = true;
            break;
        }
        put_line(&mut blocks, line, kind);
    }
    let fact = |(name, value)| FactView { name, value };
    PaperView {
        format: document.format,
        title: document.title,
        facts: document.meta.into_iter().take(LOOK_FACTS_MAX).map(fact).collect(),
        blocks,
        pages: 0,
        attachments: document.attachments.into_iter().map(|it| it.name).collect(),
        truncated: document.truncated || allowance.is_over,
    }
}

fn rows(table: &Table, allowance: &mut Allowance) -> BlockView {
    let fitting = table
        .rows
        .iter()
        .map(|row| row.iter().filter(|cell| allowance.takes(cell)).cloned().collect::<Vec<_>>());
    BlockView::Table { rows: fitting.collect() }
}

fn put_line(blocks: &mut Vec<BlockView>, line: &str, kind: Option<Mark>) {
    let text = line.to_owned();
    match kind {
        Some(Mark::Heading(level)) => {
            blocks.push(BlockView::Heading { level: u32::from(level), text });
        }
        Some(Mark::Entry) => blocks.push(BlockView::Entry { text }),
        Some(Mark::Table { .. } | Mark::Break) | None if line.is_empty() => {
            // A gap ends what belongs together.
            blocks.push(BlockView::Lines { text });
        }
        Some(Mark::Table { .. } | Mark::Break) | None => match blocks.last_mut() {
            Some(BlockView::Lines { text: open }) if !open.is_empty() => {
                open.push('\n');
                open.push_str(line);
            }
            Some(BlockView::Lines { text: open }) => *open = text,
            _ => blocks.push(BlockView::Lines { text }),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_is_told_in_blocks() {
        let json = r#"{"document":{"format":"docx","lines":["Report","Hello","there","","a   b",
            "c","End"],"tables":[{"name":"","rows":[["a","b"],["c"]]}],"meta":[["author","Me"]]},
            "marks":[{"line":0,"mark":{"heading":1}},{"line":4,"mark":{"table":
            {"table":0,"lines":2}}},{"line":6,"mark":"entry"}]}"#;
        let paper = paper(serde_json::from_str(json).unwrap());
        let lines = |text: &str| BlockView::Lines { text: text.to_owned() };
        let row = |cells: &[&str]| cells.iter().map(|&it| it.to_owned()).collect::<Vec<_>>();
        let expected = [
            BlockView::Heading { level: 1, text: "Report".to_owned() },
            lines("Hello\nthere"),
            lines(""),
            BlockView::Table { rows: vec![row(&["a", "b"]), row(&["c"])] },
            BlockView::Entry { text: "End".to_owned() },
        ];
        assert_eq!(paper.blocks, expected);
    }

    #[test]
    fn marks_of_a_liar_do_no_harm() {
        let json = r#"{"document":{"format":"pdf","lines":["x"],"tables":[]},"marks":[
            {"line":0,"mark":{"table":{"table":9,"lines":18446744073709551615}}},
            {"line":99,"mark":"break"}]}"#;
        assert!(paper(serde_json::from_str(json).unwrap()).blocks.is_empty());
    }

    #[test]
    fn columns_have_letters() {
        for (column, name) in [(0, "A"), (25, "Z"), (26, "AA"), (701, "ZZ"), (702, "AAA")] {
            assert_eq!(letters(column), name);
            assert_eq!(row_and_column(&format!("{name}7")), (7, column + 1));
        }
    }

    #[test]
    fn a_huge_sheet_is_cut() {
        let cells =
            (1..).map(|row| Cell { cell: format!("A{row}"), value: "1".to_owned(), formula: None });
        let cells = cells.take(LOOK_CELLS_MAX + 10).collect();
        let book = Sheets { sheets: vec![Sheet { name: "S".to_owned(), cells }], truncated: false };
        let LookView::Sheets { sheets, truncated: true } = sheets(book) else { panic!("cut") };
        assert_eq!(sheets[0].rows.len(), LOOK_CELLS_MAX);
    }
}
