//! How cells look: number formats by kind and currency, and the few styles that we use.

use rust_xlsxwriter::{Color, Format, FormatAlign, FormatBorder, FormatUnderline};

use super::spec::{Cell, CellFormat, Column};

const INK: Color = Color::RGB(0x1F_29_37);
const HEADER: Color = Color::RGB(0x24_3B_53);
pub(super) const LINE: Color = Color::RGB(0xD9_E2_EC);
const TOTAL: Color = Color::RGB(0xF0_F4_F8);
const MUTED: Color = Color::RGB(0x7B_87_94);
const LINK: Color = Color::RGB(0x1D_5F_A8);
pub(super) const CHART: Color = Color::RGB(0x3E_7C_B1);

/// Currencies whose smallest unit is not a hundredth (ISO 4217, read 2026-11).
const WHOLE: [&str; 16] = [
    "BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "VND", "VUV",
    "XAF", "XOF", "XPF",
];
const THOUSANDTHS: [&str; 7] = ["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"];

/// The number format of an amount. Only signs that mean one currency to everybody are used.
pub(super) fn money_format(currency: Option<&str>) -> String {
    let currency = currency.map(str::to_uppercase);
    let decimals = match currency.as_deref() {
        Some(code) if WHOLE.contains(&code) => "#,##0",
        Some(code) if THOUSANDTHS.contains(&code) => "#,##0.000",
        _ => "#,##0.00",
    };
    match currency.as_deref() {
        None | Some("") => decimals.to_owned(),
        Some("EUR") => format!("{decimals} \"€\""),
        Some("GBP") => format!("\"£\"{decimals};-\"£\"{decimals}"),
        Some(code) => {
            let code: String = code.chars().filter(char::is_ascii_alphanumeric).take(5).collect();
            format!("{decimals} \"{code}\"")
        }
    }
}

fn number_format(kind: Option<CellFormat>, currency: Option<&str>, has_time: bool) -> String {
    match kind {
        Some(CellFormat::Date) if has_time => "yyyy-mm-dd hh:mm".to_owned(),
        Some(CellFormat::Date) => "yyyy-mm-dd".to_owned(),
        Some(CellFormat::Money) => money_format(currency),
        Some(CellFormat::Percent) => "0.0%".to_owned(),
        Some(CellFormat::Number) => "#,##0.###".to_owned(),
        Some(CellFormat::Text) | None => "General".to_owned(),
    }
}

/// `true` for what stands at the right side of its column.
pub(super) fn is_numeric(column: &Column) -> bool {
    matches!(column.format, Some(CellFormat::Money | CellFormat::Number | CellFormat::Percent))
}

pub(super) fn header(column: &Column) -> Format {
    let align = if is_numeric(column) { FormatAlign::Right } else { FormatAlign::Left };
    Format::new()
        .set_bold()
        .set_font_color(Color::White)
        .set_background_color(HEADER)
        .set_align(align)
        .set_align(FormatAlign::VerticalCenter)
        .set_indent(1)
        .set_text_wrap()
}

/// The look of one cell in its column.
pub(super) fn cell(cell: &Cell, column: &Column) -> Format {
    let given = cell.format.or(column.format);
    let kind = if cell.date.is_some() { Some(CellFormat::Date) } else { given };
    let currency = cell.currency.as_deref().or(column.currency.as_deref());
    let has_time = cell.date.as_deref().is_some_and(|date| date.len() > 10);
    let mut format = Format::new()
        .set_font_color(INK)
        .set_align(FormatAlign::VerticalCenter)
        .set_border_bottom(FormatBorder::Thin)
        .set_border_bottom_color(LINE);
    let number = number_format(kind, currency, has_time);
    if number != "General" {
        format = format.set_num_format(number);
    }
    let is_text = cell.number.is_none() && cell.date.is_none() && cell.formula.is_none();
    let is_left = is_text || cell.date.is_some() || kind == Some(CellFormat::Date);
    let align = if is_left && !is_numeric(column) { FormatAlign::Left } else { FormatAlign::Right };
    // The indent keeps a number apart from the text that begins the next column.
    format = format.set_align(align).set_indent(1);
    if is_text && !is_numeric(column) {
        format = format.set_text_wrap();
    }
    if cell.link.is_some() {
        format = format.set_font_color(LINK).set_underline(FormatUnderline::Single);
    }
    if cell.bold || cell.total {
        format = format.set_bold();
    }
    if cell.total {
        format = format
            .set_background_color(TOTAL)
            .set_border_top(FormatBorder::Thin)
            .set_border_top_color(HEADER)
            .set_border_bottom_color(HEADER);
    }
    if cell.muted {
        format = format.set_font_color(MUTED);
    }
    // Programs turn a text such as "=1+1" into a formula when a person edits it; the mark that
    // prevents this is what typing an apostrophe first would set.
    let looks_like_formula = |text: &str| text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    if cell.text.as_deref().is_some_and(looks_like_formula) {
        format = format.set_quote_prefix();
    }
    format
}

pub(super) fn note() -> Format {
    Format::new().set_italic().set_font_color(MUTED)
}
