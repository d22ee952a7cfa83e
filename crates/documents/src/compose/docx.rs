//! A text document. Headings, lists and tables are those of the format, so that an outline, a
//! table of contents and a change of style work on them.

use super::ComposeError;
use super::blocks::{Block, Mark, Run, Side, Table, plain};
use super::pictures::{Pictures, fit};
use super::units::{number, whole};
use docx_rs as word;
use std::collections::BTreeSet;
use std::io::Cursor;
use word::{
    AbstractNumbering, AlignmentType, BreakType, Docx, Footer, Hyperlink, HyperlinkType,
    IndentLevel, Level, LevelJc, LevelOverride, LevelText, LineSpacing, NumberFormat, Numbering,
    NumberingId, PageMargin, PageNum, Paragraph, Pic, RunFonts, Shading, ShdType,
    SpecialIndentType, Start, Style, StyleType, TableBorder, TableBorderPosition, TableBorders,
    TableCell, TableCellMargins, TableRow, WidthType,
};

/// An A4 page and its margins, in twentieths of a point.
const PAGE: (u32, u32) = (11906, 16838);
const MARGIN: u32 = 1304;
const TEXT_WIDTH: u32 = PAGE.0 - 2 * MARGIN;
const EMU_PER_TWENTIETH: f64 = 635.0;
const EMU_PER_PX: f64 = 9525.0;
/// A picture leaves room for a line below it.
const PICTURE_HEIGHT: u32 = 11_000;
const INDENT: i32 = 360;
const DEPTH_MAX: usize = 8;

/// Lists by number; the first ones are the writing library's own.
const BULLETS: usize = 50;
const NUMBERS: usize = 60;

const INK: &str = "1F2A44";
const LINK: &str = "1155CC";
const CODE_FONT: &str = "Consolas";
/// Half points, and twentieths of a point above: of headings of the first level to the sixth.
const HEADINGS: [(usize, u32); 6] =
    [(36, 360), (28, 320), (24, 260), (22, 220), (22, 200), (22, 200)];

pub(super) fn write(
    blocks: &[Block],
    title: &str,
    pictures: &Pictures,
) -> Result<Vec<u8>, ComposeError> {
    let mut document = styled(title);
    for list in lists(blocks) {
        let mut numbering = Numbering::new(NUMBERS + list, NUMBERS);
        if let Some((depth, first)) = firsts(blocks, list) {
            numbering = numbering.add_override(LevelOverride::new(depth).start(first));
        }
        document = document.add_numbering(numbering);
    }
    let mut breaks = false;
    for block in blocks {
        if *block == Block::Break {
            breaks = true;
            continue;
        }
        let broken = std::mem::take(&mut breaks);
        document = match block {
            Block::Table(table) => {
                if broken {
                    document = document.add_paragraph(Paragraph::new().page_break_before(true));
                }
                // A table stands away from what follows.
                let gap = Paragraph::new().line_spacing(LineSpacing::new().after(60));
                document.add_table(grid(table)).add_paragraph(gap)
            }
            block => document.add_paragraph(paragraph(block, pictures)?.page_break_before(broken)),
        };
    }
    let mut file = document.build();
    mark_default(&mut file.styles);
    let mut bytes = Cursor::new(vec![]);
    file.pack(&mut bytes).map_err(|error| ComposeError::Pack(error.to_string()))?;
    Ok(bytes.into_inner())
}

/// Says which style the paragraphs have that name none: many programs want to know.
fn mark_default(styles: &mut Vec<u8>) {
    const NAME: &str = "w:styleId=\"Normal\"";
    let text = String::from_utf8_lossy(styles);
    let text = text.replacen(NAME, &format!("w:default=\"1\" {NAME}"), 1);
    *styles = text.into_bytes();
}

fn styled(title: &str) -> Docx {
    let fonts = RunFonts::new().ascii("Calibri").hi_ansi("Calibri").cs("Calibri");
    let margin = i32::try_from(MARGIN).unwrap_or(i32::MAX);
    let margins = PageMargin::new().top(margin).bottom(margin).left(margin).right(margin);
    let footer = Paragraph::new().align(AlignmentType::Center).add_page_num(PageNum::new());
    let mut document = Docx::new()
        .default_fonts(fonts)
        .default_size(22)
        .default_line_spacing(LineSpacing::new().line(264).after(120))
        .page_size(PAGE.0, PAGE.1)
        .page_margin(margins)
        .footer(Footer::new().add_paragraph(footer))
        .custom_property("Title", title);
    for (level, (size, before)) in (1..).zip(HEADINGS) {
        let style = Style::new(format!("Heading{level}"), StyleType::Paragraph)
            .name(format!("heading {level}"))
            .based_on("Normal")
            .next("Normal")
            .q_format(true)
            .outline_lvl(level - 1)
            .size(size)
            .bold()
            .color(INK)
            .line_spacing(LineSpacing::new().before(before).after(100));
        document = document.add_style(style);
    }
    let mut bullets = AbstractNumbering::new(BULLETS);
    let mut numbers = AbstractNumbering::new(NUMBERS);
    for depth in 0..=DEPTH_MAX {
        let bullet = ["•", "–", "▪"][depth % 3];
        bullets = bullets.add_level(level(depth, "bullet", bullet));
        numbers = numbers.add_level(level(depth, "decimal", &format!("%{}.", depth + 1)));
    }
    document
        .add_abstract_numbering(bullets)
        .add_abstract_numbering(numbers)
        .add_numbering(Numbering::new(BULLETS, BULLETS))
}

fn level(depth: usize, format: &str, text: &str) -> Level {
    let deep = i32::try_from(depth).unwrap_or(0) + 1;
    Level::new(
        depth,
        Start::new(1),
        NumberFormat::new(format),
        LevelText::new(text),
        LevelJc::new("left"),
    )
    .indent(Some(INDENT * deep), Some(SpecialIndentType::Hanging(INDENT)), None, None)
}

/// Which lists have numbers.
fn lists(blocks: &[Block]) -> BTreeSet<usize> {
    let list = |block: &Block| match block {
        Block::Item { mark: Mark::Number(_, list), .. } => Some(*list),
        _ => None,
    };
    blocks.iter().filter_map(list).collect()
}

/// The first number of a list, and how deep it is.
fn firsts(blocks: &[Block], list: usize) -> Option<(usize, usize)> {
    blocks.iter().find_map(|block| match block {
        Block::Item { depth, mark: Mark::Number(first, of), .. } if *of == list => {
            Some(((*depth).min(DEPTH_MAX), usize::try_from(*first).unwrap_or(1)))
        }
        _ => None,
    })
}

fn paragraph(block: &Block, pictures: &Pictures) -> Result<Paragraph, ComposeError> {
    let new = Paragraph::new();
    Ok(match block {
        Block::Heading { level, runs } => {
            with(new.style(&format!("Heading{level}")).keep_next(true), runs)
        }
        Block::Paragraph { quoted: false, runs } => with(new, runs),
        Block::Paragraph { quoted: true, runs } => {
            let runs: Vec<Run> =
                runs.iter().map(|run| Run { italic: true, ..run.clone() }).collect();
            with(new.indent(Some(INDENT), None, None, None), &runs)
        }
        Block::Item { depth, mark, runs } => {
            let depth = (*depth).min(DEPTH_MAX);
            let deep = i32::try_from(depth).unwrap_or(0) + 1;
            let id = match mark {
                Mark::Bullet => Some(BULLETS),
                Mark::Number(_, list) => Some(NUMBERS + list),
                Mark::None => None,
            };
            let new = new.line_spacing(LineSpacing::new().after(60));
            match id {
                Some(id) => {
                    with(new.numbering(NumberingId::new(id), IndentLevel::new(depth)), runs)
                }
                None => with(new.indent(Some(INDENT * deep), None, None, None), runs),
            }
        }
        Block::Code(text) => {
            let run = Run { text: text.clone(), code: true, ..Run::default() };
            with(new.keep_lines(true).indent(Some(INDENT / 2), None, None, None), &[run])
        }
        Block::Picture { name, .. } => match pictures.get(name) {
            Some(shown) => {
                let frame = |side: u32| f64::from(side) * EMU_PER_TWENTIETH;
                let frame = (frame(TEXT_WIDTH), frame(PICTURE_HEIGHT));
                let (width, height) = fit(shown, frame, EMU_PER_PX);
                let picture = Pic::new_with_dimensions(pictures.png(name)?, 1, 1)
                    .size(whole(width), whole(height));
                new.align(AlignmentType::Center).add_run(word::Run::new().add_image(picture))
            }
            None => new,
        },
        Block::Table(_) | Block::Break => new,
    })
}

fn with(mut paragraph: Paragraph, runs: &[Run]) -> Paragraph {
    for run in runs {
        paragraph = match &run.link {
            Some(link) => {
                let shown = looks(run).color(LINK).underline("single");
                let link = Hyperlink::new(link, HyperlinkType::External).add_run(shown);
                paragraph.add_hyperlink(link)
            }
            None => paragraph.add_run(looks(run)),
        };
    }
    paragraph
}

fn looks(run: &Run) -> word::Run {
    let mut shown = word::Run::new();
    for (n, line) in run.text.split('\n').enumerate() {
        if n > 0 {
            shown = shown.add_break(BreakType::TextWrapping);
        }
        shown = shown.add_text(line);
    }
    if run.bold {
        shown = shown.bold();
    }
    if run.italic {
        shown = shown.italic();
    }
    if run.strike {
        shown = shown.strike();
    }
    if run.code {
        let font = RunFonts::new().ascii(CODE_FONT).hi_ansi(CODE_FONT).cs(CODE_FONT);
        shown = shown.fonts(font).size(20);
    }
    shown
}

fn grid(table: &Table) -> word::Table {
    let widths: Vec<usize> = widths(table, f64::from(TEXT_WIDTH))
        .into_iter()
        .map(|width| whole(width) as usize)
        .collect();
    let row = |(n, cells): (usize, &Vec<Vec<Run>>)| {
        let cell = |(column, runs): (usize, &Vec<Run>)| {
            let align = match table.sides.get(column) {
                Some(Side::Middle) => AlignmentType::Center,
                Some(Side::Right) => AlignmentType::Right,
                Some(Side::Left) | None => AlignmentType::Left,
            };
            let runs: Vec<Run> =
                runs.iter().map(|run| Run { bold: run.bold || n == 0, ..run.clone() }).collect();
            let words = Paragraph::new().align(align);
            let words = words.line_spacing(LineSpacing::new().before(40).after(40));
            let cell = TableCell::new()
                .add_paragraph(with(words, &runs))
                .width(widths.get(column).copied().unwrap_or(0), WidthType::Dxa);
            match n {
                0 => cell.shading(Shading::new().shd_type(ShdType::Clear).fill("E8ECF4")),
                _ => cell,
            }
        };
        TableRow::new(cells.iter().enumerate().map(cell).collect()).cant_split()
    };
    word::Table::new(table.rows.iter().enumerate().map(row).collect())
        .set_grid(widths.clone())
        .set_borders(borders())
        .width(TEXT_WIDTH as usize, WidthType::Dxa)
        .margins(TableCellMargins::new().margin(20, 100, 20, 100))
}

fn borders() -> TableBorders {
    use TableBorderPosition::{Bottom, InsideH, InsideV, Left, Right, Top};
    let line = |at| TableBorder::new(at).color("BFC6D4").size(4);
    [Left, Right, Top, Bottom, InsideH, InsideV]
        .into_iter()
        .fold(TableBorders::new(), |borders, at| borders.set(line(at)))
}

/// Letters that a line of a table holds, roughly.
const LETTERS: usize = 84;

/// Columns as wide as what they hold asks for, within the whole width: each as wide as its longest
/// word where that can be.
pub(super) fn widths(table: &Table, width: f64) -> Vec<f64> {
    let cells = |column: usize| table.rows.iter().filter_map(move |row| row.get(column));
    let longest =
        |column: usize| cells(column).map(|runs| plain(runs).chars().count()).max().unwrap_or(0);
    let word = |column: usize| {
        let word =
            |runs: &Vec<Run>| plain(runs).split_whitespace().map(|word| word.chars().count()).max();
        cells(column).filter_map(word).max().unwrap_or(0).clamp(2, 24) + 3
    };
    let least: Vec<usize> = (0..table.sides.len()).map(word).collect();
    let more = |(column, least): (usize, &usize)| longest(column).min(60).saturating_sub(*least);
    let more: Vec<usize> = least.iter().enumerate().map(more).collect();
    let spare = LETTERS.saturating_sub(least.iter().sum());
    let asked = more.iter().sum::<usize>();
    let letters = least.iter().zip(&more).map(|(least, more)| match asked {
        0 => *least,
        asked => least + spare * more / asked,
    });
    let letters: Vec<usize> = letters.collect();
    let all = letters.iter().sum::<usize>().max(1);
    letters.iter().map(|it| width * number(*it) / number(all)).collect()
}
