//! Gathers lines and tables while a reader works, and stops where a limit is reached.

use crate::document::{Document, Format, Mark, Marked, Table};
use crate::limits::{
    CELLS_MAX, COLUMNS_MAX, FACTS_MAX, LINE_CHARS_MAX, LINES_BYTES_MAX, LINES_MAX, TABLES_MAX,
};

/// Stands between the cells of a row where it becomes a line.
pub(crate) const CELL_GAP: &str = "   ";

/// A document under construction.
#[derive(Debug)]
pub(crate) struct Gather {
    document: Document,
    bytes: usize,
    cells: usize,
}

impl Gather {
    pub(crate) fn new(format: Format) -> Gather {
        Gather { document: Document::new(format), bytes: 0, cells: 0 }
    }

    /// Adds a line; trailing white space and control characters go. `false`: nothing more fits.
    pub(crate) fn line(&mut self, text: &str) -> bool {
        if self.document.lines.len() >= LINES_MAX || self.bytes >= LINES_BYTES_MAX {
            self.document.truncated = true;
            return false;
        }
        let line = self.clean(text);
        self.bytes += line.len() + 1;
        self.document.lines.push(line);
        true
    }

    /// Adds an empty line, unless one stands there or nothing does.
    pub(crate) fn gap(&mut self) -> bool {
        match self.document.lines.last() {
            None => true,
            Some(last) if last.is_empty() => true,
            Some(_) => self.line(""),
        }
    }

    /// Starts a table; rows go into the last one started. `false`: no more tables fit.
    pub(crate) fn table(&mut self, name: &str) -> bool {
        if self.document.tables.len() >= TABLES_MAX {
            self.document.truncated = true;
            return false;
        }
        let name = self.clean(name);
        self.document.tables.push(Table { name, rows: Vec::new() });
        true
    }

    /// Says what the next line is.
    pub(crate) fn mark(&mut self, mark: Mark) {
        let marks = &mut self.document.marks;
        if marks.len() < LINES_MAX {
            marks.push(Marked { line: self.document.lines.len(), mark });
        }
    }

    pub(crate) fn line_count(&self) -> usize {
        self.document.lines.len()
    }

    /// Says that the lines from `first` on are those of the last table.
    pub(crate) fn mark_table(&mut self, first: usize) {
        let Some(table) = self.document.tables.len().checked_sub(1) else { return };
        let lines = self.document.lines.len().saturating_sub(first);
        let mark = Mark::Table { table, lines };
        if lines > 0 && self.document.marks.len() < LINES_MAX {
            self.document.marks.push(Marked { line: first, mark });
        }
    }

    /// Adds a row to the last table, and to the lines where it says something.
    pub(crate) fn row(&mut self, cells: Vec<String>) -> bool {
        self.row_lines(&cells) && self.silent_row(cells)
    }

    /// Adds a row to the lines only. Cells with equally many lines stand side by side; a cell that
    /// is alone keeps its lines; otherwise each cell becomes one line.
    pub(crate) fn row_lines(&mut self, cells: &[String]) -> bool {
        let filled: Vec<&str> =
            cells.iter().map(|cell| cell.trim()).filter(|cell| !cell.is_empty()).collect();
        let height = filled.first().map_or(0, |cell| cell.lines().count());
        if height > 1 && filled.iter().all(|cell| cell.lines().count() == height) {
            let columns: Vec<Vec<&str>> = filled.iter().map(|c| c.lines().collect()).collect();
            return (0..height).all(|index| {
                let parts: Vec<&str> = columns.iter().map(|column| column[index].trim()).collect();
                self.line(&parts.join(CELL_GAP))
            });
        }
        let line = filled.join(CELL_GAP).replace('\n', " ");
        line.is_empty() || self.line(&line)
    }

    /// Adds a row to the last table only.
    pub(crate) fn silent_row(&mut self, mut cells: Vec<String>) -> bool {
        while cells.last().is_some_and(|cell| cell.trim().is_empty()) {
            cells.pop();
        }
        cells.truncate(COLUMNS_MAX);
        if self.cells + cells.len() + 1 > CELLS_MAX {
            self.document.truncated = true;
            return false;
        }
        self.cells += cells.len() + 1;
        for cell in &mut cells {
            let is_plain = |byte: u8| byte.is_ascii_graphic() || byte == b' ' || byte == b'\n';
            if !cell.bytes().all(is_plain) || cell.len() > LINE_CHARS_MAX {
                let lines: Vec<String> = cell.lines().map(|line| self.clean(line)).collect();
                *cell = lines.join("\n");
            }
        }
        if let Some(table) = self.document.tables.last_mut() {
            table.rows.push(cells);
        }
        true
    }

    pub(crate) fn title(&mut self, title: &str) {
        let title = self.clean(title.trim());
        if self.document.title.is_none() && !title.is_empty() {
            self.document.title = Some(title);
        }
    }

    pub(crate) fn fact(&mut self, name: &str, value: &str) {
        let value = self.clean(value.trim());
        if !value.is_empty() && self.document.meta.len() < FACTS_MAX {
            self.document.meta.push((name.to_owned(), value));
        }
    }

    pub(crate) fn cut(&mut self) {
        self.document.truncated = true;
    }

    /// `true` while no line holds anything.
    pub(crate) fn is_blank(&self) -> bool {
        self.document.lines.iter().all(|line| line.trim().is_empty())
    }

    pub(crate) fn document_mut(&mut self) -> &mut Document {
        &mut self.document
    }

    /// Drops empty lines at both ends and empty tables.
    pub(crate) fn finish(mut self) -> Document {
        while self.document.lines.last().is_some_and(String::is_empty) {
            self.document.lines.pop();
        }
        let is_kept =
            |table: &Table| table.rows.iter().any(|row| row.iter().any(|cell| !cell.is_empty()));
        let kept: Vec<bool> = self.document.tables.iter().map(is_kept).collect();
        self.document.tables.retain(is_kept);
        self.document.marks.retain_mut(|marked| match &mut marked.mark {
            Mark::Table { table, .. } if kept.get(*table) == Some(&true) => {
                *table = kept[..*table].iter().filter(|kept| **kept).count();
                true
            }
            Mark::Table { .. } => false,
            Mark::Heading(_) | Mark::Entry | Mark::Break => true,
        });
        // A table is marked when it ends, after what is marked in it.
        self.document.marks.sort_by_key(|marked| marked.line);
        self.document
    }

    fn clean(&mut self, text: &str) -> String {
        let mut line = String::with_capacity(text.len().min(LINE_CHARS_MAX));
        for (index, letter) in text.trim_end().chars().enumerate() {
            if index >= LINE_CHARS_MAX {
                self.document.truncated = true;
                break;
            }
            match letter {
                '\t' => line.push('\t'),
                // No-break and other odd spaces look like spaces to a person.
                '\u{a0}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{205f}' | '\u{3000}' => {
                    line.push(' ');
                }
                // Soft hyphens, zero-width marks and direction marks are not seen at all.
                '\u{ad}'
                | '\u{200b}'..='\u{200f}'
                | '\u{202a}'..='\u{202e}'
                | '\u{2060}'
                | '\u{feff}' => {}
                letter if letter.is_control() => line.push(' '),
                letter => line.push(letter),
            }
        }
        line.truncate(line.trim_end().len());
        line
    }
}
