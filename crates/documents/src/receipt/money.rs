//! Amounts as exact decimals, and the marks of currencies beside them.

use super::fold::{fold, is_dense};
use std::fmt;

/// Ten-thousandths, so that sums are exact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub(super) struct Money {
    pub(super) e4: i64,
    /// Decimals as they were written.
    pub(super) places: u8,
}

/// Larger ones are account numbers.
const E4_MAX: i64 = 1_000_000_000_000 * 10_000;

impl Money {
    pub(super) fn from_parts(whole: &str, part: &str) -> Option<Money> {
        if part.len() > 4 || whole.len() > 13 {
            return None;
        }
        let whole: i64 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
        let padded = format!("{part:0<4}");
        let e4 = whole.checked_mul(10_000)?.checked_add(padded.parse::<i64>().ok()?)?;
        (e4 <= E4_MAX).then_some(Money { e4, places: u8::try_from(part.len()).unwrap_or(4) })
    }

    pub(super) fn same(self, other: Money) -> bool {
        self.e4 == other.e4
    }

    /// Equal but for a rounding of the last digit, as sums of rounded parts are.
    pub(super) fn near(self, other: Money) -> bool {
        let slack = if self.places == 0 && other.places == 0 { 10_000 } else { 200 };
        (self.e4 - other.e4).abs() <= slack
    }

    pub(super) fn negated(self) -> Money {
        Money { e4: -self.e4, ..self }
    }

    pub(super) fn plus(self, other: Money) -> Money {
        Money { e4: self.e4 + other.e4, places: self.places.max(other.places) }
    }

    /// With as many decimals as the currency has, or as were written if those are more.
    pub(super) fn text(self, code: Option<&str>) -> String {
        let usual = if code.is_some_and(is_whole) { 0 } else { 2 };
        let mut places = usize::from(self.places).max(usual);
        // "1.980,00 Ft" is written with decimals that the currency does not have.
        if usual == 0 && self.e4 % 10_000 == 0 {
            places = 0;
        }
        let sign = if self.e4 < 0 { "-" } else { "" };
        let (whole, part) = (self.e4.abs() / 10_000, format!("{:04}", self.e4.abs() % 10_000));
        match places.min(4) {
            0 => format!("{sign}{whole}"),
            places => format!("{sign}{whole}.{}", &part[..places]),
        }
    }
}

impl fmt::Display for Money {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.text(None))
    }
}

/// Currencies whose amounts are written without decimals.
pub(super) fn is_whole(code: &str) -> bool {
    matches!(code, "JPY" | "KRW" | "VND" | "CLP" | "ISK" | "HUF" | "IDR" | "PYG")
}

/// The codes that a mark may stand for, likeliest first.
pub(super) type Codes = &'static [&'static str];

/// A mark of a currency in a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Mark {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) codes: Codes,
    /// Means a currency only beside a number, such as `kr` or `Ft`.
    pub(super) only_beside: bool,
}

const DOLLARS: Codes = &["USD", "CAD", "AUD", "NZD", "SGD", "HKD", "MXN", "ARS", "CLP", "COP"];
const RIYALS: Codes = &["SAR", "QAR", "OMR", "YER"];
const DIRHAMS: Codes = &["AED", "MAD"];
const DINARS: Codes = &["KWD", "JOD", "BHD", "IQD", "TND", "DZD"];
const EGYPTIAN: Codes = &["EGP", "LBP", "SYP"];
const KRONER: Codes = &["SEK", "NOK", "DKK", "ISK", "CZK"];

/// Longest first where one begins like another.
const SYMBOLS: [(&str, Codes); 50] = [
    ("ريال سعودي", &["SAR"]),
    ("ريال قطري", &["QAR"]),
    ("درهم إماراتي", &["AED"]),
    ("درهم مغربي", &["MAD"]),
    ("دينار كويتي", &["KWD"]),
    ("دينار أردني", &["JOD"]),
    ("جنيه مصري", &["EGP"]),
    ("ر.س", &["SAR"]),
    ("ر.ق", &["QAR"]),
    ("د.إ", &["AED"]),
    ("د.ك", &["KWD"]),
    ("ج.م", &["EGP"]),
    ("US$", &["USD"]),
    ("USD$", &["USD"]),
    ("CA$", &["CAD"]),
    ("CAD$", &["CAD"]),
    ("C$", &["CAD"]),
    ("AU$", &["AUD"]),
    ("AUD$", &["AUD"]),
    ("A$", &["AUD"]),
    ("NZ$", &["NZD"]),
    ("HK$", &["HKD"]),
    ("NT$", &["TWD"]),
    ("MX$", &["MXN"]),
    ("R$", &["BRL"]),
    ("S$", &["SGD"]),
    ("CN¥", &["CNY"]),
    ("$", DOLLARS),
    ("€", &["EUR"]),
    ("£", &["GBP"]),
    ("¥", &["JPY", "CNY"]),
    ("円", &["JPY"]),
    ("圓", &["JPY", "TWD"]),
    ("元", &["CNY"]),
    ("원", &["KRW"]),
    ("₩", &["KRW"]),
    ("₽", &["RUB"]),
    ("₴", &["UAH"]),
    ("₺", &["TRY"]),
    ("₹", &["INR"]),
    ("₪", &["ILS"]),
    ("฿", &["THB"]),
    ("₫", &["VND"]),
    ("₱", &["PHP"]),
    ("₦", &["NGN"]),
    ("₸", &["KZT"]),
    ("GH₵", &["GHS"]),
    ("৳", &["BDT"]),
    ("﷼", RIYALS),
    ("S/", &["PEN"]),
];

const ISO: [&str; 62] = [
    "EUR", "USD", "GBP", "CHF", "CAD", "AUD", "NZD", "JPY", "CNY", "HKD", "TWD", "SGD", "KRW",
    "INR", "SEK", "NOK", "DKK", "ISK", "PLN", "CZK", "HUF", "RON", "BGN", "RSD", "TRY", "RUB",
    "UAH", "BYN", "KZT", "GEL", "ILS", "AED", "SAR", "QAR", "KWD", "BHD", "OMR", "EGP", "MAD",
    "TND", "ZAR", "NGN", "KES", "GHS", "BRL", "MXN", "ARS", "CLP", "COP", "PEN", "UYU", "THB",
    "VND", "IDR", "MYR", "PHP", "PKR", "LKR", "BDT", "JOD", "MKD", "BAM",
];
/// One array for each code, so that a code can be given out as candidates.
static ISO_CODES: [[&str; 1]; 62] = {
    let mut all = [[""; 1]; 62];
    let mut at = 0;
    while at < 62 {
        all[at] = [ISO[at]];
        at += 1;
    }
    all
};

/// Folded words; `true`: only beside a number.
const WORDS: [(&str, Codes, bool); 60] = [
    ("euro", &["EUR"], false),
    ("euros", &["EUR"], false),
    ("евро", &["EUR"], false),
    ("євро", &["EUR"], false),
    ("ευρω", &["EUR"], false),
    ("dollars", DOLLARS, true),
    ("dollar", DOLLARS, true),
    ("pounds", &["GBP"], true),
    ("stg", &["GBP"], true),
    ("kr", KRONER, true),
    ("kronor", &["SEK"], true),
    ("kroner", &["NOK", "DKK"], true),
    ("kc", &["CZK"], true),
    ("ft", &["HUF"], true),
    ("forint", &["HUF"], true),
    ("zl", &["PLN"], true),
    ("zlotych", &["PLN"], true),
    ("руб", &["RUB"], true),
    ("рублей", &["RUB"], true),
    ("р", &["RUB"], true),
    ("грн", &["UAH"], true),
    ("tl", &["TRY"], true),
    ("lei", &["RON"], true),
    ("лв", &["BGN"], true),
    ("rmb", &["CNY"], false),
    ("yen", &["JPY"], true),
    ("yuan", &["CNY"], true),
    ("won", &["KRW"], true),
    ("rs", &["INR", "PKR", "LKR"], true),
    ("fr", &["CHF"], true),
    ("sfr", &["CHF"], true),
    ("franken", &["CHF"], true),
    ("dhs", &["AED"], true),
    ("reais", &["BRL"], true),
    ("pln", &["PLN"], false),
    ("leva", &["BGN"], true),
    ("eiro", &["EUR"], true),
    ("eurot", &["EUR"], true),
    ("rp", &["IDR"], true),
    ("rupiah", &["IDR"], true),
    ("rm", &["MYR"], true),
    ("ksh", &["KES"], true),
    ("php", &["PHP"], true),
    ("đ", &["VND"], true),
    ("din", &["RSD"], true),
    ("дин", &["RSD"], true),
    ("ден", &["MKD"], true),
    ("บาท", &["THB"], true),
    ("ريال", RIYALS, true),
    ("درهم", DIRHAMS, true),
    ("دينار", DINARS, true),
    ("جنيه", EGYPTIAN, true),
    ("שח", &["ILS"], true),
    ("रुपये", &["INR"], true),
    ("रु", &["INR"], true),
    ("тенге", &["KZT"], true),
    ("soles", &["PEN"], true),
    ("rial", RIYALS, true),
    ("인민폐", &["CNY"], false),
    ("人民币", &["CNY"], false),
];

/// The codes that a cell such as "EUR", "€" or "kr" stands for.
pub(super) fn codes_of(text: &str) -> Option<Codes> {
    let letters: Vec<char> = text.trim().chars().collect();
    marks(&letters).first().map(|mark| mark.codes)
}

/// Every mark in a line (tidied, not folded).
pub(super) fn marks(line: &[char]) -> Vec<Mark> {
    let folded = fold(&line.iter().collect::<String>());
    let mut marks = Vec::new();
    let mut at = 0;
    while at < line.len() {
        if let Some((mark, end)) = symbol(line, at) {
            marks.push(mark);
            at = end;
        } else if line[at].is_alphabetic() && (at == 0 || !line[at - 1].is_alphabetic()) {
            let end = (at..line.len()).find(|i| !line[*i].is_alphabetic()).unwrap_or(line.len());
            // "R$" and "US$" begin as words.
            if line.get(end) == Some(&'$') {
                at = symbol_start(line, at, end);
                continue;
            }
            marks.extend(word(line, &folded, at, end));
            at = if line[at..end].iter().any(|c| is_dense(*c)) { at + 1 } else { end };
        } else {
            at += 1;
        }
    }
    marks
}

/// Where the letters begin that belong to a `$`; the `$` itself when they do not.
fn symbol_start(line: &[char], start: usize, dollar: usize) -> usize {
    if symbol(line, start).is_some_and(|(_, end)| end == dollar + 1) { start } else { dollar }
}

fn symbol(line: &[char], at: usize) -> Option<(Mark, usize)> {
    if line[at].is_ascii_alphabetic() && at > 0 && line[at - 1].is_alphabetic() {
        return None;
    }
    SYMBOLS.iter().find_map(|(text, codes)| {
        let length = text.chars().count();
        let stands =
            line.len() >= at + length && text.chars().eq(line[at..at + length].iter().copied());
        let beside = matches!(*text, "円" | "元" | "원" | "圓");
        let mark = Mark { start: at, end: at + length, codes, only_beside: beside };
        stands.then_some((mark, at + length))
    })
}

fn word(line: &[char], folded: &[char], start: usize, end: usize) -> Option<Mark> {
    let exact: String = line[start..end].iter().collect();
    let plain: String = folded[start..end].iter().collect();
    let is_upper = exact.chars().all(char::is_uppercase);
    if let Some(at) = ISO.iter().position(|code| code.eq_ignore_ascii_case(&exact)) {
        let codes = &ISO_CODES[at][..];
        return Some(Mark { start, end, codes, only_beside: !is_upper });
    }
    let (_, codes, only_beside) =
        WORDS.iter().find(|(word, ..)| *word == plain || *word == exact)?;
    Some(Mark { start, end, codes, only_beside: *only_beside })
}
