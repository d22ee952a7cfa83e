//! Slides. Each heading of the first two levels begins one; the letters are as large as lets all of
//! it stand on the slide, and what still does not fit goes on on the next.

mod layout;
mod package;

use super::ComposeError;
use super::blocks::{Block, Mark, Run, Table, plain};
use super::pictures::Pictures;
use crate::limits::SLIDES_MAX;

/// A slide before it is laid out.
#[derive(Debug, Default)]
struct Slide<'a> {
    title: Option<&'a [Run]>,
    blocks: Vec<&'a Block>,
}

pub(super) fn write(
    blocks: &[Block],
    title: &str,
    pictures: &Pictures,
) -> Result<Vec<u8>, ComposeError> {
    let mut slides: Vec<package::Part> = vec![];
    for (number, slide) in split(blocks).iter().enumerate() {
        match is_cover(slide, number) {
            true => slides.push(layout::cover(slide)),
            false => slides.extend(layout::pages(slide, pictures)?),
        }
        slides.truncate(SLIDES_MAX);
    }
    package::write(&slides, title)
}

fn split(blocks: &[Block]) -> Vec<Slide<'_>> {
    let mut slides = vec![Slide::default()];
    for block in blocks {
        let is_begun = slides.last().is_some_and(|it| it.title.is_some() || !it.blocks.is_empty());
        match block {
            Block::Break if is_begun => slides.push(Slide::default()),
            Block::Break => {}
            Block::Heading { level: 1 | 2, runs } => {
                if is_begun {
                    slides.push(Slide::default());
                }
                if let Some(slide) = slides.last_mut() {
                    slide.title = Some(runs);
                }
            }
            block => {
                if let Some(slide) = slides.last_mut() {
                    slide.blocks.push(block);
                }
            }
        }
    }
    slides.retain(|slide| slide.title.is_some() || !slide.blocks.is_empty());
    slides
}

/// The first one, with a title and little more.
fn is_cover(slide: &Slide<'_>, number: usize) -> bool {
    let is_short = |block: &&Block| match block {
        Block::Paragraph { runs, .. } => plain(runs).chars().count() <= 120,
        _ => false,
    };
    number == 0
        && slide.title.is_some()
        && slide.blocks.len() <= 3
        && slide.blocks.iter().all(is_short)
}

/// A part of a slide that has a place of its own.
#[derive(Debug)]
enum Piece<'a> {
    Text(Vec<Line<'a>>),
    Table(&'a Table),
    Picture(&'a str, &'a str),
}

/// A paragraph in a box of text.
#[derive(Debug, Clone)]
struct Line<'a> {
    depth: usize,
    mark: Mark,
    looks: Looks,
    runs: std::borrow::Cow<'a, [Run]>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Looks {
    Plain,
    Heading,
    Quote,
    Code,
}

fn pieces<'a>(blocks: &[&'a Block]) -> Vec<Piece<'a>> {
    let mut pieces: Vec<Piece<'a>> = vec![];
    let say = |pieces: &mut Vec<Piece<'a>>, line: Line<'a>| match pieces.last_mut() {
        Some(Piece::Text(lines)) => lines.push(line),
        _ => pieces.push(Piece::Text(vec![line])),
    };
    for block in blocks {
        let (depth, mark, looks, runs) = match block {
            Block::Heading { runs, .. } => (0, Mark::None, Looks::Heading, runs.as_slice().into()),
            Block::Paragraph { quoted, runs } => {
                let looks = if *quoted { Looks::Quote } else { Looks::Plain };
                (0, Mark::None, looks, runs.as_slice().into())
            }
            Block::Item { depth, mark, runs } => {
                (depth + 1, *mark, Looks::Plain, runs.as_slice().into())
            }
            Block::Code(text) => {
                let run = Run { text: text.clone(), code: true, ..Run::default() };
                (0, Mark::None, Looks::Code, vec![run].into())
            }
            Block::Table(table) => {
                pieces.push(Piece::Table(table));
                continue;
            }
            Block::Picture { name, shows } => {
                pieces.push(Piece::Picture(name, shows));
                continue;
            }
            Block::Break => continue,
        };
        say(&mut pieces, Line { depth, mark, looks, runs });
    }
    pieces
}
