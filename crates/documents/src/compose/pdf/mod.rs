//! Pages of a PDF, set in the letters that every PDF program has, so that no font is carried.

mod file;
mod words;

use super::ComposeError;
use super::blocks::{Block, Mark, Run, Side, Table};
use super::docx::widths;
use super::pictures::{Pictures, fit};
use super::units::number;
use file::{Page, Paint};
use words::{Face, Word};

/// An A4 page and its margins, in points.
const PAGE: (f64, f64) = (595.0, 842.0);
const MARGIN: f64 = 62.0;
const WIDTH: f64 = PAGE.0 - 2.0 * MARGIN;
const TEXT: f64 = 11.0;
const TABLE_TEXT: f64 = 9.5;
const LINE: f64 = 1.35;
const INDENT: f64 = 20.0;
const GAP: f64 = 7.0;
const CELL: f64 = 5.0;
const PT_PER_PX: f64 = 0.75;
/// Of headings, from the first level to the sixth.
const HEADINGS: [f64; 6] = [20.0, 15.0, 12.5, 11.5, 11.0, 11.0];

pub(super) fn write(
    blocks: &[Block],
    title: &str,
    pictures: &Pictures,
) -> Result<Vec<u8>, ComposeError> {
    words::check(blocks)?;
    let mut setter = Setter { pages: vec![Page::default()], top: MARGIN };
    for block in blocks {
        setter.set(block, pictures);
    }
    let count = setter.pages.len();
    for (number, page) in (1..).zip(&mut setter.pages).filter(|_| count > 1) {
        let text = format!("{number} / {count}");
        let word = Word::new(&text, Face::Plain, 9.0);
        let left = (PAGE.0 - word.width) / 2.0;
        page.word(&word, left, PAGE.1 - MARGIN / 2.0, Paint::Grey);
    }
    file::write(&setter.pages, title, pictures)
}

/// Puts one thing below the other.
struct Setter {
    pages: Vec<Page>,
    /// How far down the last page it stands, in points.
    top: f64,
}

impl Setter {
    fn page(&mut self) -> &mut Page {
        let last = self.pages.len() - 1;
        &mut self.pages[last]
    }

    fn room(&self) -> f64 {
        PAGE.1 - MARGIN - self.top
    }

    fn turn(&mut self) {
        self.pages.push(Page::default());
        self.top = MARGIN;
    }

    /// Nothing stands at the top of a page with a gap above it.
    fn gap(&mut self, points: f64) {
        if self.top > MARGIN {
            self.top += points;
        }
    }

    fn set(&mut self, block: &Block, pictures: &Pictures) {
        match block {
            Block::Heading { level, runs } => {
                let size = HEADINGS[usize::from(*level).clamp(1, 6) - 1];
                self.gap(size * 0.9);
                // It does not stand alone at the foot of a page.
                if self.room() < size * LINE + 3.0 * TEXT * LINE {
                    self.turn();
                }
                self.lines(&words::bold(runs), size, (0.0, WIDTH), Paint::Heading, None);
                self.gap(3.0);
            }
            Block::Paragraph { quoted, runs } => {
                let (left, paint) =
                    if *quoted { (INDENT, Paint::Grey) } else { (0.0, Paint::Text) };
                self.lines(runs, TEXT, (left, WIDTH - left), paint, None);
                self.gap(GAP);
            }
            Block::Item { depth, mark, runs } => {
                let left = INDENT * (number(*depth) + 1.0);
                let mark = match mark {
                    Mark::Bullet => Some("•".to_owned()),
                    Mark::Number(number, _) => Some(format!("{number}.")),
                    Mark::None => None,
                };
                self.lines(runs, TEXT, (left, WIDTH - left), Paint::Text, mark.as_deref());
                self.gap(GAP / 2.0);
            }
            Block::Code(text) => {
                let run = Run { text: text.clone(), code: true, ..Run::default() };
                self.lines(&[run], TEXT * 0.85, (INDENT / 2.0, WIDTH - INDENT), Paint::Text, None);
                self.gap(GAP);
            }
            Block::Table(table) => self.table(table),
            Block::Picture { name, .. } => self.picture(name, pictures),
            Block::Break if self.top > MARGIN => self.turn(),
            Block::Break => {}
        }
    }

    fn lines(
        &mut self,
        runs: &[Run],
        size: f64,
        (left, width): (f64, f64),
        paint: Paint,
        mark: Option<&str>,
    ) {
        for (n, line) in words::lines(runs, size, width).iter().enumerate() {
            if self.room() < size * LINE {
                self.turn();
            }
            let base = self.top + size;
            if n == 0
                && let Some(mark) = mark
            {
                let mark = Word::new(mark, Face::Plain, size);
                let at = MARGIN + left - mark.width.max(size * 0.6) - 5.0;
                self.page().word(&mark, at, base, paint);
            }
            self.page().line(line, MARGIN + left, base, paint);
            self.top += size * LINE;
        }
    }

    fn table(&mut self, table: &Table) {
        let columns = widths(table, WIDTH);
        let Some((head, rows)) = table.rows.split_first() else { return };
        let head: Vec<Vec<Run>> = head.iter().map(|cell| words::bold(cell)).collect();
        self.gap(GAP / 2.0);
        self.row(&head, table, &columns, true);
        for row in rows {
            if self.row_height(row, &columns) > self.room() {
                self.turn();
                self.row(&head, table, &columns, true);
            }
            self.row(row, table, &columns, false);
        }
        self.gap(GAP * 1.5);
    }

    fn row_height(&self, row: &[Vec<Run>], columns: &[f64]) -> f64 {
        let lines = |(cell, width): (&Vec<Run>, &f64)| {
            words::lines(cell, TABLE_TEXT, width - 2.0 * CELL).len().max(1)
        };
        let most = row.iter().zip(columns).map(lines).max().unwrap_or(1);
        number(most) * TABLE_TEXT * LINE + 2.0 * CELL
    }

    fn row(&mut self, row: &[Vec<Run>], table: &Table, columns: &[f64], is_head: bool) {
        // A row that is higher than a page is cut at its foot.
        let high = self.row_height(row, columns).min(PAGE.1 - 2.0 * MARGIN);
        if high > self.room() {
            self.turn();
        }
        let (top, mut left) = (self.top, MARGIN);
        for (n, (cell, width)) in row.iter().zip(columns).enumerate() {
            let page = self.page();
            page.cell((left, top, *width, high), is_head);
            for (k, line) in words::lines(cell, TABLE_TEXT, width - 2.0 * CELL).iter().enumerate() {
                let base = top + CELL + TABLE_TEXT + number(k) * TABLE_TEXT * LINE;
                if base > top + high {
                    break;
                }
                let spare = (width - 2.0 * CELL - words::width(line)).max(0.0);
                let shift = match table.sides.get(n) {
                    Some(Side::Middle) => spare / 2.0,
                    Some(Side::Right) => spare,
                    Some(Side::Left) | None => 0.0,
                };
                page.line(line, left + CELL + shift, base, Paint::Text);
            }
            left += width;
        }
        self.top += high;
    }

    fn picture(&mut self, name: &str, pictures: &Pictures) {
        let Some(shown) = pictures.get(name) else { return };
        let (width, height) = fit(shown, (WIDTH, PAGE.1 - 2.0 * MARGIN), PT_PER_PX);
        self.gap(GAP / 2.0);
        if height > self.room() {
            self.turn();
        }
        let (left, top) = ((PAGE.0 - width) / 2.0, self.top);
        self.page().picture(name, (left, top, width, height));
        self.top += height;
        self.gap(GAP * 1.5);
    }
}
