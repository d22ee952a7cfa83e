//! Widths of the fonts that every PDF program has and no PDF has to carry, in thousandths of the
//! size (Adobe font metrics of the 14 standard fonts, read 2026-11). Accented letters count as
//! wide as `n`, which is near enough to tell a gap from a space.

#[rustfmt::skip]
const HELVETICA: [u16; 95] = [
    278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278,
    556, 556, 556, 556, 556, 556, 556, 556, 556, 556, 278, 278, 584, 584, 584, 556,
    1015, 667, 667, 722, 722, 667, 611, 778, 722, 278, 500, 667, 556, 833, 722, 778,
    667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 278, 278, 278, 469, 556,
    333, 556, 556, 500, 556, 556, 278, 556, 556, 222, 222, 500, 222, 833, 556, 556,
    556, 556, 333, 500, 278, 556, 500, 722, 500, 500, 500, 334, 260, 334, 584,
];

#[rustfmt::skip]
const TIMES: [u16; 95] = [
    250, 333, 408, 500, 500, 833, 778, 180, 333, 333, 500, 564, 250, 333, 250, 278,
    500, 500, 500, 500, 500, 500, 500, 500, 500, 500, 278, 278, 564, 564, 564, 444,
    921, 722, 667, 667, 722, 611, 556, 722, 722, 333, 389, 722, 611, 889, 722, 722,
    556, 722, 667, 556, 611, 722, 722, 944, 722, 722, 611, 333, 278, 333, 469, 500,
    333, 444, 500, 444, 500, 444, 333, 500, 500, 278, 278, 500, 278, 778, 500, 500,
    500, 500, 333, 389, 278, 500, 500, 722, 500, 500, 444, 480, 200, 480, 541,
];

/// The width of a letter in the standard font that this name means or resembles.
pub(crate) fn standard(font: &str, letter: Option<char>) -> f64 {
    let font = font.to_ascii_lowercase();
    if font.contains("courier") || font.contains("mono") || font.contains("consol") {
        return 600.0;
    }
    let table = if font.contains("times") || font.contains("serif") || font.contains("roman") {
        &TIMES
    } else {
        &HELVETICA
    };
    let index = letter.map_or(0, u32::from).wrapping_sub(32) as usize;
    let width = table.get(index).copied().unwrap_or(556);
    // Bold letters of these families are about six percent wider.
    if font.contains("bold") { f64::from(width) * 1.06 } else { f64::from(width) }
}
