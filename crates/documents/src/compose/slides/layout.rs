//! Where things stand on a slide, and how large its letters are.

use super::super::ComposeError;
use super::super::blocks::{Mark, Run, Side, Table, plain};
use super::super::docx::widths;
use super::super::pictures::{Pictures, fit};
use super::super::units::{number, whole};
use super::package::{Part, text};
use super::{Line, Looks, Piece, Slide, pieces};
use std::fmt::Write as _;

const EMU_PER_PT: f64 = 12_700.0;
const EMU_PER_PX: f64 = 9_525.0;
/// Where the body of a slide is, in points: left, top, width, height.
const BODY: (f64, f64, f64, f64) = (60.0, 128.0, 840.0, 368.0);
/// Sizes of letters that are tried, in points; below the last, a slide goes on on the next.
const SIZES: [f64; 6] = [24.0, 20.0, 18.0, 16.0, 14.0, 12.0];
/// Width of a letter and height of a line, of the size of the letters.
const LETTER: f64 = 0.52;
const LINE: f64 = 1.3;
const GAP: f64 = 14.0;
/// The least height of a picture beside other things, in points.
const PICTURE_LEAST: f64 = 150.0;

/// The slide that the others follow.
pub(super) fn cover(slide: &Slide<'_>) -> Part {
    let mut part = Part::of(1);
    let title = slide.title.unwrap_or_default();
    let shape = |id: usize, kind: &str, body: &str| {
        format!(
            r#"<p:sp><p:nvSpPr><p:cNvPr id="{id}" name="{kind} {id}"/><p:cNvSpPr>
<a:spLocks noGrp="1"/></p:cNvSpPr><p:nvPr><p:ph type="{kind}"{index}/></p:nvPr></p:nvSpPr>
<p:spPr/><p:txBody><a:bodyPr/><a:lstStyle/>{body}</p:txBody></p:sp>"#,
            index = if kind == "subTitle" { r#" idx="1""# } else { "" },
        )
    };
    let words = paragraph(&mut part, &plain_line(title), None);
    part.shapes += &shape(2, "ctrTitle", &words);
    let lines: Vec<Line<'_>> = pieces(&slide.blocks).into_iter().flat_map(lines_of).collect();
    let words: String = lines.iter().map(|line| paragraph(&mut part, line, None)).collect();
    part.shapes += &shape(3, "subTitle", if words.is_empty() { "<a:p/>" } else { &words });
    part
}

fn lines_of(piece: Piece<'_>) -> Vec<Line<'_>> {
    match piece {
        Piece::Text(lines) => lines,
        Piece::Table(_) | Piece::Picture(..) => vec![],
    }
}

fn plain_line(runs: &[Run]) -> Line<'_> {
    Line { depth: 0, mark: Mark::None, looks: Looks::Plain, runs: runs.into() }
}

/// One slide, and as many more as what is on it needs.
pub(super) fn pages(slide: &Slide<'_>, pictures: &Pictures) -> Result<Vec<Part>, ComposeError> {
    let mut rest = pieces(&slide.blocks);
    let mut pages = vec![];
    while pages.is_empty() || !rest.is_empty() {
        let size = SIZES.into_iter().find(|size| height(&rest, *size) <= BODY.3);
        let size = size.unwrap_or(SIZES[SIZES.len() - 1]);
        let (shown, later) = cut(rest, size);
        pages.push(page(slide.title, &shown, size, pictures)?);
        rest = later;
    }
    Ok(pages)
}

/// As much as stands on one slide, at least something, and what does not.
fn cut(pieces: Vec<Piece<'_>>, size: f64) -> (Vec<Piece<'_>>, Vec<Piece<'_>>) {
    let (mut shown, mut later) = (vec![], vec![]);
    let mut left = BODY.3;
    for piece in pieces {
        let needed = piece_height(&piece, size) + if shown.is_empty() { 0.0 } else { GAP };
        if !later.is_empty() {
            later.push(piece);
        } else if needed <= left {
            left -= needed;
            shown.push(piece);
        } else if let Piece::Text(mut lines) = piece {
            let fitting = lines.iter().scan(0.0, |sum, line| {
                *sum += line_height(line, size);
                (*sum <= left).then_some(())
            });
            let fitting = fitting.count().max(usize::from(shown.is_empty()));
            let after = lines.split_off(fitting);
            if !lines.is_empty() {
                shown.push(Piece::Text(lines));
            }
            later.extend((!after.is_empty()).then_some(Piece::Text(after)));
            left = 0.0;
        } else if shown.is_empty() {
            // Larger than a slide: it is shown as far as it goes.
            shown.push(piece);
            left = 0.0;
        } else {
            later.push(piece);
        }
    }
    (shown, later)
}

fn height(pieces: &[Piece<'_>], size: f64) -> f64 {
    let gaps = GAP * number(pieces.len().saturating_sub(1));
    pieces.iter().map(|piece| piece_height(piece, size)).sum::<f64>() + gaps
}

fn piece_height(piece: &Piece<'_>, size: f64) -> f64 {
    match piece {
        Piece::Text(lines) => lines.iter().map(|line| line_height(line, size)).sum(),
        Piece::Table(table) => {
            let size = table_size(size);
            let columns = widths(table, BODY.2);
            let row = |cells: &Vec<Vec<Run>>| {
                let lines =
                    |(cell, width): (&Vec<Run>, &f64)| rows(&plain(cell), *width - 16.0, size);
                let most = cells.iter().zip(&columns).map(lines).max().unwrap_or(1);
                number(most) * size * LINE + 8.0
            };
            table.rows.iter().map(row).sum()
        }
        Piece::Picture(..) => PICTURE_LEAST,
    }
}

/// A table's letters are smaller than those beside it.
fn table_size(size: f64) -> f64 {
    (size - 4.0).clamp(11.0, 16.0)
}

fn line_height(line: &Line<'_>, size: f64) -> f64 {
    let size = if line.looks == Looks::Code { size * 0.8 } else { size };
    let width = BODY.2 - 27.0 * number(line.depth);
    let text: String = line.runs.iter().map(|run| run.text.as_str()).collect();
    let lines: usize = text.split('\n').map(|part| rows(part, width, size)).sum();
    number(lines) * size * LINE + size * 0.35
}

/// Lines that a text takes at this width.
fn rows(text: &str, width: f64, size: f64) -> usize {
    let letters = (width / (size * LETTER)).max(1.0);
    (whole((number(text.chars().count()) / letters).ceil()) as usize).max(1)
}

fn page(
    title: Option<&[Run]>,
    pieces: &[Piece<'_>],
    size: f64,
    pictures: &Pictures,
) -> Result<Part, ComposeError> {
    let mut part = Part::of(2);
    if let Some(title) = title {
        let words = paragraph(&mut part, &plain_line(title), None);
        let _ = write!(
            part.shapes,
            r#"<p:sp><p:nvSpPr><p:cNvPr id="2" name="Title 2"/><p:cNvSpPr><a:spLocks noGrp="1"/>
</p:cNvSpPr><p:nvPr><p:ph type="title"/></p:nvPr></p:nvSpPr><p:spPr/><p:txBody><a:bodyPr>
<a:normAutofit/></a:bodyPr><a:lstStyle/>{words}</p:txBody></p:sp>"#
        );
    }
    // What is not asked for by words is for the pictures.
    let count = pieces.iter().filter(|it| matches!(it, Piece::Picture(..))).count().max(1);
    let spare = (BODY.3 - height(pieces, size)).max(0.0) / number(count);
    let (mut top, mut is_first) = (BODY.1, true);
    for (id, piece) in (3..).zip(pieces) {
        let high = match piece {
            Piece::Picture(..) => PICTURE_LEAST + spare,
            piece => piece_height(piece, size),
        };
        let frame = (BODY.0, top, BODY.2, high);
        match piece {
            Piece::Text(lines) => {
                let body: String =
                    lines.iter().map(|line| paragraph(&mut part, line, Some(size))).collect();
                // The first is the body that an outline shows.
                let kind = if std::mem::take(&mut is_first) { r#"<p:ph idx="1"/>"# } else { "" };
                let _ = write!(
                    part.shapes,
                    r#"<p:sp><p:nvSpPr><p:cNvPr id="{id}" name="Text {id}"/><p:cNvSpPr{of}/>
<p:nvPr>{kind}</p:nvPr></p:nvSpPr><p:spPr>{place}<a:prstGeom prst="rect"><a:avLst/></a:prstGeom>
</p:spPr><p:txBody><a:bodyPr wrap="square" lIns="0" tIns="0" rIns="0" bIns="0" anchor="t">
<a:normAutofit/></a:bodyPr><a:lstStyle/>{body}</p:txBody></p:sp>"#,
                    of = if kind.is_empty() { r#" txBox="1""# } else { "" },
                    place = place(frame, "a")
                );
            }
            Piece::Table(shown) => table(&mut part, id, shown, frame, table_size(size)),
            Piece::Picture(name, shows) => picture(&mut part, id, (name, shows), frame, pictures)?,
        }
        top += high + GAP;
    }
    Ok(part)
}

fn place((left, top, width, height): (f64, f64, f64, f64), space: &str) -> String {
    let emu = |points: f64| whole(points * EMU_PER_PT);
    format!(
        r#"<{space}:xfrm><a:off x="{}" y="{}"/><a:ext cx="{}" cy="{}"/></{space}:xfrm>"#,
        emu(left),
        emu(top),
        emu(width),
        emu(height)
    )
}

fn paragraph(part: &mut Part, line: &Line<'_>, size: Option<f64>) -> String {
    let size = size.map(|size| if line.looks == Looks::Code { size * 0.8 } else { size });
    let deep = 342_900 * line.depth;
    let mark = match line.mark {
        Mark::None => "<a:buNone/>".to_owned(),
        Mark::Bullet => r#"<a:buFont typeface="Arial"/><a:buChar char="•"/>"#.to_owned(),
        Mark::Number(first, _) => {
            format!(
                r#"<a:buFont typeface="+mj-lt"/><a:buAutoNum type="arabicPeriod" startAt="{}"/>"#,
                first.clamp(1, 32_767)
            )
        }
    };
    let hang = if line.mark == Mark::None { 0 } else { -342_900 };
    let level = line.depth.saturating_sub(1).min(8);
    let runs: String = line.runs.iter().map(|run| looks(part, run, line.looks, size)).collect();
    format!(
        r#"<a:p><a:pPr marL="{deep}" indent="{hang}" lvl="{level}"><a:spcBef><a:spcPts val="600"/>
</a:spcBef>{mark}</a:pPr>{runs}</a:p>"#
    )
}

fn looks(part: &mut Part, run: &Run, of: Looks, size: Option<f64>) -> String {
    let mut attributes = String::new();
    if let Some(size) = size {
        let _ = write!(attributes, r#" sz="{}""#, whole(size * 100.0));
    }
    if run.bold || of == Looks::Heading {
        attributes += r#" b="1""#;
    }
    if run.italic || of == Looks::Quote {
        attributes += r#" i="1""#;
    }
    if run.strike {
        attributes += r#" strike="sngStrike""#;
    }
    let font = if run.code {
        r#"<a:latin typeface="Consolas"/><a:cs typeface="Consolas"/>"#
    } else {
        r#"<a:latin typeface="+mn-lt"/>"#
    };
    let link = run.link.as_deref().map(|link| {
        let id = part.link(link);
        format!(r#"<a:hlinkClick r:id="{id}"/>"#)
    });
    let link = link.unwrap_or_default();
    let mut out = String::new();
    for (n, line) in run.text.split('\n').enumerate() {
        if n > 0 {
            out += "<a:br/>";
        }
        if !line.is_empty() {
            let _ = write!(
                out,
                r#"<a:r><a:rPr dirty="0"{attributes}>{font}{link}</a:rPr><a:t>{}</a:t></a:r>"#,
                text(line)
            );
        }
    }
    out
}

fn table(part: &mut Part, id: usize, table: &Table, frame: (f64, f64, f64, f64), size: f64) {
    let columns = widths(table, frame.2);
    let emu = |points: f64| whole(points * EMU_PER_PT);
    let grid: String =
        columns.iter().map(|width| format!(r#"<a:gridCol w="{}"/>"#, emu(*width))).collect();
    let high = frame.3 / number(table.rows.len().max(1));
    let mut rows = String::new();
    for (n, cells) in table.rows.iter().enumerate() {
        let _ = write!(rows, r#"<a:tr h="{}">"#, emu(high));
        for (column, runs) in cells.iter().enumerate() {
            let side = match table.sides.get(column) {
                Some(Side::Middle) => "ctr",
                Some(Side::Right) => "r",
                Some(Side::Left) | None => "l",
            };
            let of = if n == 0 { Looks::Heading } else { Looks::Plain };
            let words: String = runs.iter().map(|run| looks(part, run, of, Some(size))).collect();
            let fill = if n == 0 { "E8ECF4" } else { "FFFFFF" };
            let line = |edge: &str| {
                format!(
                    r#"<a:{edge} w="9525"><a:solidFill><a:srgbClr val="B8C0D0"/></a:solidFill>
</a:{edge}>"#
                )
            };
            let lines: String = ["lnL", "lnR", "lnT", "lnB"].into_iter().map(line).collect();
            let _ = write!(
                rows,
                r#"<a:tc><a:txBody><a:bodyPr/><a:lstStyle/><a:p>
<a:pPr algn="{side}"/>{words}</a:p></a:txBody>
<a:tcPr marL="60960" marR="60960" marT="30480" marB="30480" anchor="ctr">{lines}<a:solidFill>
<a:srgbClr val="{fill}"/></a:solidFill></a:tcPr></a:tc>"#
            );
        }
        rows += "</a:tr>";
    }
    let _ = write!(
        part.shapes,
        r#"<p:graphicFrame><p:nvGraphicFramePr><p:cNvPr id="{id}" name="Table {id}"/>
<p:cNvGraphicFramePr><a:graphicFrameLocks noGrp="1"/></p:cNvGraphicFramePr><p:nvPr/>
</p:nvGraphicFramePr>{}<a:graphic>
<a:graphicData uri="http://schemas.openxmlformats.org/drawingml/2006/table"><a:tbl>
<a:tblPr firstRow="1"/><a:tblGrid>{grid}</a:tblGrid>{rows}</a:tbl></a:graphicData></a:graphic>
</p:graphicFrame>"#,
        place(frame, "p")
    );
}

fn picture(
    part: &mut Part,
    id: usize,
    (name, shows): (&str, &str),
    frame: (f64, f64, f64, f64),
    pictures: &Pictures,
) -> Result<(), ComposeError> {
    let Some(shown) = pictures.get(name) else { return Ok(()) };
    let room = (frame.2 * EMU_PER_PT, frame.3 * EMU_PER_PT);
    let (width, height) = fit(shown, room, EMU_PER_PX * 1.5);
    let (width, height) = (width / EMU_PER_PT, height / EMU_PER_PT);
    let at = (frame.0 + (frame.2 - width) / 2.0, frame.1, width, height);
    let relation = part.picture(name, pictures.png(name)?);
    let _ = write!(
        part.shapes,
        r#"<p:pic><p:nvPicPr><p:cNvPr id="{id}" name="Picture {id}" descr="{}"/><p:cNvPicPr>
<a:picLocks noChangeAspect="1"/></p:cNvPicPr><p:nvPr/></p:nvPicPr><p:blipFill>
<a:blip r:embed="{relation}"/><a:stretch><a:fillRect/></a:stretch></p:blipFill>
<p:spPr>{}<a:prstGeom prst="rect"><a:avLst/></a:prstGeom></p:spPr></p:pic>"#,
        text(shows),
        place(at, "a")
    );
    Ok(())
}
