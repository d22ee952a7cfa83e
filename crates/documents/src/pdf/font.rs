//! PDF fonts: which letters a code means and how wide it is. `ToUnicode` goes first, then the
//! encoding with its differences, then what the kind of font suggests.

use std::collections::HashMap;

use encoding_rs::Encoding as TextEncoding;
use lopdf::{Dictionary, Document as Pdf, Object};

use super::cmap::CMap;
use super::widths::standard;
use crate::limits::{PDF_FONT_CODES_MAX, PDF_STREAM_BYTES_MAX};

/// One shown code.
#[derive(Debug)]
pub(super) struct Glyph {
    pub(super) letters: String,
    /// In text space at size 1.
    pub(super) width: f64,
    /// Word spacing applies to the one-byte code 32 only.
    pub(super) is_space: bool,
}

#[derive(Debug)]
pub(super) struct Font {
    name: String,
    to_unicode: CMap,
    widths: HashMap<u32, f64>,
    default_width: Option<f64>,
    codes: Codes,
    /// Type 3 fonts measure in units of their own.
    unit: f64,
}

#[derive(Debug)]
enum Codes {
    /// One byte each.
    Simple(Vec<String>),
    /// Two bytes each unless the table says otherwise; letters only by `ToUnicode`.
    Wide(CMap),
    /// A national encoding of one or two bytes.
    National(&'static TextEncoding),
    Utf16,
}

impl Font {
    pub(super) fn load(pdf: &Pdf, dict: &Dictionary) -> Font {
        let to_unicode = stream(pdf, dict, b"ToUnicode").map(|bytes| CMap::parse(&bytes));
        let name = name(pdf, dict, b"BaseFont");
        let mut font = Font {
            name,
            to_unicode: to_unicode.unwrap_or_default(),
            widths: HashMap::new(),
            default_width: None,
            codes: Codes::Utf16,
            unit: 0.001,
        };
        if dict.get_deref(b"Subtype", pdf).and_then(Object::as_name).is_ok_and(|n| n == b"Type0") {
            font.load_wide(pdf, dict);
        } else {
            font.load_simple(pdf, dict);
        }
        font
    }

    fn load_simple(&mut self, pdf: &Pdf, dict: &Dictionary) {
        let first = number(pdf, dict, b"FirstChar").unwrap_or(0.0).clamp(0.0, 255.0);
        if let Ok(list) = dict.get_deref(b"Widths", pdf).and_then(Object::as_array) {
            for (code, width) in (whole(first)..).zip(list.iter().take(256)) {
                if let Some(width) = float(pdf, width) {
                    self.widths.insert(code, width);
                }
            }
        }
        let descriptor = dict.get_deref(b"FontDescriptor", pdf).and_then(Object::as_dict).ok();
        self.default_width = descriptor
            .and_then(|descriptor| number(pdf, descriptor, b"MissingWidth"))
            .filter(|width| *width > 0.0);
        let kind = dict.get_deref(b"Subtype", pdf).and_then(Object::as_name).unwrap_or_default();
        if kind == b"Type3" {
            let matrix = dict.get_deref(b"FontMatrix", pdf).and_then(Object::as_array);
            let scale = matrix.ok().and_then(|list| float(pdf, list.first()?));
            self.unit = scale.map_or(0.001, f64::abs);
        }
        self.codes = Codes::Simple(letters(pdf, dict, kind == b"TrueType"));
    }

    fn load_wide(&mut self, pdf: &Pdf, dict: &Dictionary) {
        let descendant = dict
            .get_deref(b"DescendantFonts", pdf)
            .and_then(Object::as_array)
            .ok()
            .and_then(|list| pdf.dereference(list.first()?).ok())
            .and_then(|(_, object)| object.as_dict().ok());
        if let Some(descendant) = descendant {
            self.default_width = Some(number(pdf, descendant, b"DW").unwrap_or(1000.0));
            if let Ok(list) = descendant.get_deref(b"W", pdf).and_then(Object::as_array) {
                self.wide_widths(pdf, list);
            }
        }
        let encoding = name(pdf, dict, b"Encoding");
        self.codes = match encoding.as_str() {
            "" => {
                let map = stream(pdf, dict, b"Encoding").map(|bytes| CMap::parse(&bytes));
                Codes::Wide(map.unwrap_or_default())
            }
            name if name.contains("UCS2") || name.contains("UTF16") => Codes::Utf16,
            name => match national(name) {
                Some(encoding) => Codes::National(encoding),
                None => Codes::Wide(CMap::default()),
            },
        };
    }

    /// `c [w1 w2 …]` or `first last w`, mixed.
    fn wide_widths(&mut self, pdf: &Pdf, list: &[Object]) {
        let mut at = 0;
        while let Some(first) = list.get(at).and_then(|object| float(pdf, object)) {
            let first = whole(first);
            let Some(next) = list.get(at + 1) else { return };
            if let Ok((_, Object::Array(widths))) = pdf.dereference(next) {
                for (code, width) in (first..).zip(widths.iter().take(PDF_FONT_CODES_MAX)) {
                    self.put_width(code, float(pdf, width));
                }
                at += 2;
            } else {
                let last = float(pdf, next).map_or(first, whole);
                let width = list.get(at + 2).and_then(|object| float(pdf, object));
                for code in first..=last.min(first.saturating_add(0xffff)) {
                    self.put_width(code, width);
                }
                at += 3;
            }
        }
    }

    fn put_width(&mut self, code: u32, width: Option<f64>) {
        if let Some(width) = width
            && self.widths.len() < PDF_FONT_CODES_MAX
        {
            self.widths.insert(code, width);
        }
    }

    /// The glyphs of a shown string.
    pub(super) fn glyphs(&self, mut bytes: &[u8]) -> Vec<Glyph> {
        let mut glyphs = Vec::new();
        while !bytes.is_empty() {
            let length = self.code_length(bytes).clamp(1, bytes.len());
            let (code_bytes, rest) = bytes.split_at(length);
            bytes = rest;
            let code = code_bytes.iter().fold(0, |sum, byte| sum << 8 | u32::from(*byte));
            let letters = self.letters(code, code_bytes);
            let width = self.widths.get(&code).copied().or(self.default_width);
            let width = width.unwrap_or_else(|| standard(&self.name, letters.chars().next()));
            glyphs.push(Glyph {
                letters,
                width: width * self.unit,
                is_space: length == 1 && code == 32,
            });
        }
        glyphs
    }

    fn code_length(&self, bytes: &[u8]) -> usize {
        match &self.codes {
            Codes::Simple(_) => 1,
            Codes::Utf16 => 2,
            Codes::Wide(own) => {
                own.code_length(bytes).or_else(|| self.to_unicode.code_length(bytes)).unwrap_or(2)
            }
            // The lead bytes of the encodings in question.
            Codes::National(_) => match bytes[0] {
                0x81..=0x9f | 0xe0..=0xfe => 2,
                0xa1..=0xdf if !self.is_shift_jis() => 2,
                _ => 1,
            },
        }
    }

    fn is_shift_jis(&self) -> bool {
        matches!(self.codes, Codes::National(encoding) if encoding == encoding_rs::SHIFT_JIS)
    }

    fn letters(&self, code: u32, bytes: &[u8]) -> String {
        if let Some(letters) = self.to_unicode.letter(code) {
            return letters.to_owned();
        }
        match &self.codes {
            Codes::Simple(table) => table.get(code as usize).cloned().unwrap_or_default(),
            // Without a table the codes are glyph numbers: nobody can say what they show.
            Codes::Wide(own) => own.letter(code).unwrap_or_default().to_owned(),
            Codes::National(encoding) => encoding.decode_without_bom_handling(bytes).0.into_owned(),
            Codes::Utf16 => char::from_u32(code).map(String::from).unwrap_or_default(),
        }
    }

    /// `true` when codes can be shown whose letters nobody can tell.
    pub(super) fn is_unreadable(&self) -> bool {
        matches!(&self.codes, Codes::Wide(own) if own.is_empty()) && self.to_unicode.is_empty()
    }
}

/// The letters of the 256 codes of a simple font.
fn letters(pdf: &Pdf, dict: &Dictionary, is_truetype: bool) -> Vec<String> {
    let usual: &[u8] = if is_truetype { b"WinAnsiEncoding" } else { b"StandardEncoding" };
    let encoding = dict.get_deref(b"Encoding", pdf);
    let base = match encoding {
        Ok(Object::Name(name)) => name.clone(),
        Ok(Object::Dictionary(own)) => {
            own.get_deref(b"BaseEncoding", pdf).and_then(Object::as_name).unwrap_or(usual).to_vec()
        }
        _ => usual.to_vec(),
    };
    let mut table = named_encoding(pdf, &base);
    if table.iter().all(String::is_empty) {
        table = named_encoding(pdf, usual);
    }
    if let Ok(Object::Dictionary(own)) = encoding
        && let Ok(differences) = own.get_deref(b"Differences", pdf).and_then(Object::as_array)
    {
        let mut code = 0_usize;
        for object in differences.iter().take(1024) {
            match object {
                Object::Integer(start) => code = usize::try_from(*start).unwrap_or(256),
                Object::Name(name) => {
                    if let Some(slot) = table.get_mut(code) {
                        *slot = glyph_letters(pdf, name);
                    }
                    code += 1;
                }
                _ => {}
            }
        }
    }
    table
}

fn named_encoding(pdf: &Pdf, name: &[u8]) -> Vec<String> {
    decode_with(pdf, Object::Name(name.to_vec()), 0..=255)
}

/// Asks the reader's own tables through a font made for the question.
fn decode_with(pdf: &Pdf, encoding: Object, codes: impl Iterator<Item = u8>) -> Vec<String> {
    let mut font = Dictionary::new();
    font.set("Type", Object::Name(b"Font".to_vec()));
    font.set("Encoding", encoding);
    let Ok(encoding) = font.get_font_encoding_with_limit(pdf, PDF_STREAM_BYTES_MAX) else {
        return Vec::new();
    };
    codes.map(|code| encoding.bytes_to_string(&[code]).unwrap_or_default()).collect()
}

/// Letters by the name of a glyph: `Euro`, `uni20AC`, `u1F600`, `a.sc`, `f_i`, `afii10065`.
fn glyph_letters(pdf: &Pdf, name: &[u8]) -> String {
    let name = String::from_utf8_lossy(name);
    let name = name.split('.').next().unwrap_or_default();
    if name.contains('_') {
        return name.split('_').map(|part| glyph_letters(pdf, part.as_bytes())).collect();
    }
    let code = name
        .strip_prefix("uni")
        .or_else(|| name.strip_prefix('u').filter(|rest| rest.len() >= 4))
        .and_then(|hex| u32::from_str_radix(hex.get(..hex.len().min(6))?, 16).ok());
    if let Some(letter) = code.and_then(char::from_u32) {
        return letter.to_string();
    }
    if let Some(letter) = cyrillic(name) {
        return letter.to_string();
    }
    match name {
        "" | "notdef" => return String::new(),
        "ff" => return "ff".to_owned(),
        "ffi" => return "ffi".to_owned(),
        "ffl" => return "ffl".to_owned(),
        "nbspace" | "nonbreakingspace" => return " ".to_owned(),
        _ => {}
    }
    let mut encoding = Dictionary::new();
    let differences = vec![Object::Integer(1), Object::Name(name.as_bytes().to_vec())];
    encoding.set("Differences", Object::Array(differences));
    decode_with(pdf, Object::Dictionary(encoding), std::iter::once(1)).concat()
}

/// Adobe's old names of the Cyrillic letters are numbered in the order of the alphabet.
fn cyrillic(name: &str) -> Option<char> {
    let number: u32 = name.strip_prefix("afii")?.parse().ok()?;
    let code = match number {
        10017..=10022 => 0x410 + number - 10017,
        10023 => 0x401,
        10024..=10049 => 0x416 + number - 10024,
        10065..=10070 => 0x430 + number - 10065,
        10071 => 0x451,
        10072..=10097 => 0x436 + number - 10072,
        61352 => 0x2116,
        _ => return None,
    };
    char::from_u32(code)
}

/// The encodings behind the predefined tables of Chinese, Japanese and Korean fonts.
fn national(name: &str) -> Option<&'static TextEncoding> {
    let label: &[u8] = match name {
        name if name.contains("RKSJ") => b"shift_jis",
        name if name.starts_with("EUC-") => b"euc-jp",
        name if name.starts_with("GB") => b"gb18030",
        name if name.starts_with("B5") || name.starts_with("ETen") => b"big5",
        name if name.starts_with("KSC") => b"euc-kr",
        _ => return None,
    };
    TextEncoding::for_label(label)
}

fn stream(pdf: &Pdf, dict: &Dictionary, key: &[u8]) -> Option<Vec<u8>> {
    let stream = dict.get_deref(key, pdf).ok()?.as_stream().ok()?;
    stream.get_plain_content_with_limit(PDF_STREAM_BYTES_MAX / 8).ok()
}

fn name(pdf: &Pdf, dict: &Dictionary, key: &[u8]) -> String {
    let name = dict.get_deref(key, pdf).and_then(Object::as_name).unwrap_or_default();
    String::from_utf8_lossy(name).into_owned()
}

fn number(pdf: &Pdf, dict: &Dictionary, key: &[u8]) -> Option<f64> {
    float(pdf, dict.get(key).ok()?)
}

pub(super) fn float(pdf: &Pdf, object: &Object) -> Option<f64> {
    let (_, object) = pdf.dereference(object).ok()?;
    object.as_float().ok().map(f64::from).filter(|value| value.is_finite())
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped before")]
fn whole(value: f64) -> u32 {
    value.clamp(0.0, 1_000_000.0) as u32
}
