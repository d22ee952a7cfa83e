//! Word texts (docx) and slides (pptx): paragraphs, tables, headers and footers.

use crate::archive::Archive;
use crate::document::{Document, Format, Mark, ReadError, ReadErrorKind};
use crate::gather::Gather;
use crate::xml::{Node, Walked, walk};

pub(crate) fn read_docx(bytes: &[u8]) -> Result<Document, ReadError> {
    let mut archive = Archive::open(bytes)?;
    let mut gather = Gather::new(Format::Docx);
    properties(&mut gather, &mut archive);
    let mut names = archive.names();
    names.sort();
    let main = names
        .iter()
        .find(|name| name.starts_with("word/document") && name.ends_with(".xml"))
        .cloned()
        .unwrap_or_default();
    let Some(body) = archive.text(&main)? else { return Err(broken("text")) };
    for part in names.iter().filter(|name| name.starts_with("word/header")) {
        paragraphs(&mut gather, &archive.text(part)?.unwrap_or_default());
    }
    let walked = paragraphs(&mut gather, &body);
    for prefix in ["word/footnotes", "word/footer"] {
        for part in names.iter().filter(|name| name.starts_with(prefix)) {
            paragraphs(&mut gather, &archive.text(part)?.unwrap_or_default());
        }
    }
    finish(gather, walked, "text")
}

pub(crate) fn read_pptx(bytes: &[u8]) -> Result<Document, ReadError> {
    let mut archive = Archive::open(bytes)?;
    let mut gather = Gather::new(Format::Pptx);
    properties(&mut gather, &mut archive);
    let mut slides: Vec<(u32, String)> = archive
        .names()
        .into_iter()
        .filter_map(|name| {
            let number = name.strip_prefix("ppt/slides/slide")?.strip_suffix(".xml")?;
            Some((number.parse().ok()?, name))
        })
        .collect();
    slides.sort();
    let mut walked = Walked::Whole;
    for (index, (_, name)) in slides.iter().enumerate() {
        gather.gap();
        if index > 0 {
            gather.mark(Mark::Break);
        }
        if paragraphs(&mut gather, &archive.text(name)?.unwrap_or_default()) == Walked::Partly {
            walked = Walked::Partly;
        }
    }
    finish(gather, walked, "presentation")
}

/// Title, author and dates, which all office containers of this family keep in one place.
pub(crate) fn properties(gather: &mut Gather, archive: &mut Archive<'_>) {
    let Ok(Some(xml)) = archive.text("docProps/core.xml") else { return };
    let mut open = String::new();
    walk(&xml, |node| {
        match node {
            Node::Start(name, _) => name.clone_into(&mut open),
            Node::End(_) => open.clear(),
            Node::Text(text) => match open.as_str() {
                "title" => gather.title(text),
                "creator" => gather.fact("author", text),
                "created" => gather.fact("created", text),
                "modified" => gather.fact("modified", text),
                "subject" => gather.fact("subject", text),
                _ => {}
            },
        }
        true
    });
}

/// One open table: its rows, its open row, its open cell.
#[derive(Default)]
struct Grid {
    /// The document's first line that belongs to it.
    first_line: usize,
    rows: Vec<Vec<String>>,
    row: Vec<String>,
    cell: String,
    span: usize,
}

/// Word and slides differ in prefixes only: `p` paragraphs, `t` text, `tbl`, `tr`, `tc`.
fn paragraphs(gather: &mut Gather, xml: &str) -> Walked {
    let mut grids: Vec<Grid> = Vec::new();
    let mut line = String::new();
    let mut in_text = false;
    let (mut mark, mut shape) = (None, None);
    // Word keeps a second version of drawings for old readers; one is enough.
    let mut fallback = 0_usize;
    let walked = walk(xml, |node| {
        match node {
            Node::Start("Fallback", _) => fallback += 1,
            Node::End("Fallback") => fallback = fallback.saturating_sub(1),
            _ if fallback > 0 => {}
            Node::Start("t", _) => in_text = true,
            Node::End("t") => in_text = false,
            Node::Text(text) if in_text => line.push_str(text),
            Node::Start("tab" | "ptab", _) => line.push_str("   "),
            Node::Start("p", _) => mark = None,
            Node::Start("pStyle", attributes) => mark = mark.or(style(attributes.get("val"))),
            Node::Start("ph", attributes) => shape = placeholder(attributes.get("type")),
            Node::End("sp") => shape = None,
            Node::Start("numPr", _) => mark = mark.or(Some(Mark::Entry)),
            Node::Start("br" | "cr", _) | Node::End("p") => {
                if grids.is_empty()
                    && !line.trim().is_empty()
                    && let Some(mark) = mark.or(shape)
                {
                    gather.mark(mark);
                }
                return end_line(gather, &mut grids, &mut line);
            }
            Node::Start("noBreakHyphen", _) => line.push('-'),
            Node::Start("tbl", _) => {
                grids.push(Grid { first_line: gather.line_count(), ..Grid::default() });
            }
            Node::End("tbl") => return end_table(gather, &mut grids),
            Node::Start("gridSpan", attributes) => {
                let span = attributes.get("val").and_then(|value| value.parse().ok()).unwrap_or(1);
                if let Some(grid) = grids.last_mut() {
                    grid.span = span;
                }
            }
            Node::End("tc") => end_cell(&mut grids),
            Node::End("tr") => return end_row(gather, &mut grids),
            Node::Start(..) | Node::End(_) | Node::Text(_) => {}
        }
        true
    });
    end_line(gather, &mut grids, &mut line);
    while !grids.is_empty() {
        end_table(gather, &mut grids);
    }
    walked
}

fn end_line(gather: &mut Gather, grids: &mut [Grid], line: &mut String) -> bool {
    let text = std::mem::take(line);
    match grids.last_mut() {
        Some(grid) if !text.trim().is_empty() => {
            if !grid.cell.is_empty() {
                grid.cell.push('\n');
            }
            grid.cell.push_str(text.trim());
            true
        }
        Some(_) => true,
        None if text.trim().is_empty() => gather.gap(),
        None => gather.line(&text),
    }
}

fn end_cell(grids: &mut [Grid]) {
    if let Some(grid) = grids.last_mut() {
        let cell = std::mem::take(&mut grid.cell);
        grid.row.push(cell);
        for _ in 1..std::mem::take(&mut grid.span).clamp(1, 50) {
            grid.row.push(String::new());
        }
    }
}

fn end_row(gather: &mut Gather, grids: &mut [Grid]) -> bool {
    let Some(grid) = grids.last_mut() else { return true };
    let row = std::mem::take(&mut grid.row);
    let fits = gather.row_lines(&row);
    grid.rows.push(row);
    fits
}

fn end_table(gather: &mut Gather, grids: &mut Vec<Grid>) -> bool {
    let Some(grid) = grids.pop() else { return true };
    let fits = gather.table("");
    // A table within a cell is text in the outer one.
    if fits && grids.is_empty() {
        gather.mark_table(grid.first_line);
    }
    fits && grid.rows.into_iter().all(|row| gather.silent_row(row))
}

/// Word names the styles of titles in the language of its user, with the level behind.
fn style(name: Option<&str>) -> Option<Mark> {
    let name = name?.to_lowercase();
    let stem = name.trim_end_matches(|letter: char| letter.is_ascii_digit());
    let level = name[stem.len()..].parse().unwrap_or(1);
    match stem.trim_end() {
        "title" | "titel" | "titre" => Some(Mark::Heading(1)),
        "heading" | "berschrift" | "überschrift" | "titulo" | "titolo" | "rubrik" => {
            Some(Mark::Heading(level))
        }
        "listparagraph" | "listenabsatz" | "listbullet" | "listnumber" => Some(Mark::Entry),
        _ => None,
    }
}

/// What a box on a slide is for.
fn placeholder(kind: Option<&str>) -> Option<Mark> {
    matches!(kind, Some("title" | "ctrTitle")).then_some(Mark::Heading(1))
}

/// What was read before the part broke is worth having, unless there is nothing.
pub(crate) fn finish(
    mut gather: Gather,
    walked: Walked,
    what: &str,
) -> Result<Document, ReadError> {
    match (gather.is_blank(), walked) {
        (true, Walked::Partly) => Err(broken(what)),
        (true, Walked::Whole) => {
            Err(ReadError::new(ReadErrorKind::NoText, format!("the {what} holds no words")))
        }
        (false, Walked::Partly) => {
            gather.cut();
            Ok(gather.finish())
        }
        (false, Walked::Whole) => Ok(gather.finish()),
    }
}

pub(crate) fn broken(what: &str) -> ReadError {
    ReadError::new(
        ReadErrorKind::Broken,
        format!("the {what} document is damaged and cannot be opened"),
    )
}
