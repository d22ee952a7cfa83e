//! Interprets a page: only what moves or shows text, and the forms that a page draws.

use std::collections::HashMap;
use std::rc::Rc;

use lopdf::content::{Content, Operation};
use lopdf::{Dictionary, Document as Pdf, Object, ObjectId};

use super::font::{Font, float};
use super::layout::Letter;
use crate::limits::{PDF_FORM_DEPTH_MAX, PDF_FORMS_MAX, PDF_PAGE_CHARS_MAX, PDF_STREAM_BYTES_MAX};

/// Fonts are shared by the pages; loading one is dear.
#[derive(Debug, Default)]
pub(super) struct Fonts(HashMap<ObjectId, Rc<Font>>);

#[derive(Debug, Default)]
pub(super) struct Read {
    pub(super) letters: Vec<Letter>,
    pub(super) cut: bool,
}

/// The letters of one page. What cannot be interpreted is left out.
pub(super) fn page(pdf: &Pdf, page: ObjectId, fonts: &mut Fonts, budget: &mut usize) -> Read {
    let limit = (*budget).min(PDF_STREAM_BYTES_MAX);
    let mut reading = Reading { pdf, fonts, read: Read::default(), budget, forms: 0, depth: 0 };
    match pdf.get_page_content_with_limit(page, limit) {
        Ok(content) => {
            let resources = resources(pdf, page);
            reading.stream(&content, &resources, Matrix::default());
        }
        Err(_) => reading.read.cut = true,
    }
    reading.read
}

/// The resources of a page, then those it inherits.
fn resources(pdf: &Pdf, page: ObjectId) -> Vec<&Dictionary> {
    let Ok((own, ids)) = pdf.get_page_resources(page) else { return Vec::new() };
    own.into_iter().chain(ids.iter().filter_map(|id| pdf.get_dictionary(*id).ok())).collect()
}

/// `[a b c d e f]` as in the PDF reference, 8.3.3.
#[derive(Clone, Copy, Debug)]
struct Matrix([f64; 6]);

impl Default for Matrix {
    fn default() -> Matrix {
        Matrix([1.0, 0.0, 0.0, 1.0, 0.0, 0.0])
    }
}

impl Matrix {
    /// Applies `self` first, then `after`.
    fn then(self, after: Matrix) -> Matrix {
        let ([a, b, c, d, e, f], [g, h, i, j, k, l]) = (self.0, after.0);
        Matrix([
            a * g + b * i,
            a * h + b * j,
            c * g + d * i,
            c * h + d * j,
            e * g + f * i + k,
            e * h + f * j + l,
        ])
    }

    fn shift(x: f64, y: f64) -> Matrix {
        Matrix([1.0, 0.0, 0.0, 1.0, x, y])
    }
}

#[derive(Clone, Debug)]
struct State {
    ctm: Matrix,
    font: Option<Rc<Font>>,
    size: f64,
    letter_gap: f64,
    word_gap: f64,
    /// 1 is normal.
    stretch: f64,
    leading: f64,
    rise: f64,
}

struct Reading<'a, 'b> {
    pdf: &'a Pdf,
    fonts: &'b mut Fonts,
    read: Read,
    budget: &'b mut usize,
    forms: usize,
    depth: usize,
}

/// One content stream: its own stack of states, its own text matrices.
struct Stream {
    state: State,
    saved: Vec<State>,
    line: Matrix,
    text: Matrix,
}

impl Reading<'_, '_> {
    fn stream(&mut self, content: &[u8], resources: &[&Dictionary], ctm: Matrix) {
        *self.budget = self.budget.saturating_sub(content.len());
        let mut stream = Stream {
            state: State {
                ctm,
                font: None,
                size: 1.0,
                letter_gap: 0.0,
                word_gap: 0.0,
                stretch: 1.0,
                leading: 0.0,
                rise: 0.0,
            },
            saved: Vec::new(),
            line: Matrix::default(),
            text: Matrix::default(),
        };
        for operation in Content::decode_iter(content) {
            let Ok(operation) = operation else {
                self.read.cut = true;
                return;
            };
            if self.read.letters.len() >= PDF_PAGE_CHARS_MAX {
                self.read.cut = true;
                return;
            }
            self.operation(&mut stream, &operation, resources);
        }
    }

    fn operation(&mut self, stream: &mut Stream, operation: &Operation, resources: &[&Dictionary]) {
        let numbers: Vec<f64> =
            operation.operands.iter().map(|o| float(self.pdf, o).unwrap_or(0.0)).collect();
        let number = |index: usize| numbers.get(index).copied().unwrap_or(0.0);
        let state = &mut stream.state;
        match operation.operator.as_str() {
            "q" if stream.saved.len() < 1_000 => stream.saved.push(state.clone()),
            "Q" => {
                if let Some(saved) = stream.saved.pop() {
                    stream.state = saved;
                }
            }
            "cm" => {
                if let Some(matrix) = matrix(&numbers) {
                    state.ctm = matrix.then(state.ctm);
                }
            }
            "BT" => {
                stream.line = Matrix::default();
                stream.text = Matrix::default();
            }
            "Tc" => state.letter_gap = number(0),
            "Tw" => state.word_gap = number(0),
            "Tz" => state.stretch = number(0) / 100.0,
            "TL" => state.leading = number(0),
            "Ts" => state.rise = number(0),
            "Tf" => {
                state.size = number(1);
                let name = operation.operands.first().and_then(|name| name.as_name().ok());
                state.font = name.and_then(|name| self.font(name, resources));
            }
            "Td" => stream.next_line(number(0), number(1)),
            "TD" => {
                state.leading = -number(1);
                stream.next_line(number(0), number(1));
            }
            "Tm" => {
                if let Some(matrix) = matrix(&numbers) {
                    stream.line = matrix;
                    stream.text = matrix;
                }
            }
            "T*" => stream.next_line(0.0, -stream.state.leading),
            "Tj" => self.show(stream, operation.operands.first()),
            "'" => {
                stream.next_line(0.0, -stream.state.leading);
                self.show(stream, operation.operands.first());
            }
            "\"" => {
                state.word_gap = number(0);
                state.letter_gap = number(1);
                stream.next_line(0.0, -stream.state.leading);
                self.show(stream, operation.operands.get(2));
            }
            "TJ" => {
                let list = operation.operands.first().and_then(|list| list.as_array().ok());
                for part in list.into_iter().flatten() {
                    match float(self.pdf, part) {
                        Some(shift) => stream.move_by(-shift / 1000.0 * stream.state.size),
                        None => self.show(stream, Some(part)),
                    }
                }
            }
            "Do" => {
                if let Some(name) = operation.operands.first().and_then(|name| name.as_name().ok())
                {
                    self.form(name, resources, stream.state.ctm);
                }
            }
            _ => {}
        }
    }

    fn show(&mut self, stream: &mut Stream, text: Option<&Object>) {
        let Some(Object::String(bytes, _)) = text else { return };
        let Some(font) = stream.state.font.clone() else { return };
        if font.is_unreadable() {
            self.read.cut = true;
        }
        for glyph in font.glyphs(bytes) {
            let state = &stream.state;
            let (size, stretch) = (state.size, state.stretch);
            let unit = Matrix([size * stretch, 0.0, 0.0, size, 0.0, state.rise]);
            let place = unit.then(stream.text).then(state.ctm);
            let gap = state.letter_gap + if glyph.is_space { state.word_gap } else { 0.0 };
            let advance = glyph.width * size + gap;
            if !glyph.letters.is_empty() && self.read.letters.len() < PDF_PAGE_CHARS_MAX {
                // Letter spacing belongs to the letter, or every letter would be a word.
                let per_size = if size == 0.0 { 0.0 } else { gap / size };
                let width = glyph.width + per_size;
                self.read.letters.extend(Letter::new(glyph.letters, place.0, width));
            }
            stream.move_by(advance);
        }
    }

    fn font(&mut self, name: &[u8], resources: &[&Dictionary]) -> Option<Rc<Font>> {
        let pdf = self.pdf;
        for resource in resources {
            let Ok(fonts) = resource.get_deref(b"Font", pdf).and_then(Object::as_dict) else {
                continue;
            };
            let Ok(object) = fonts.get(name) else { continue };
            let Ok((id, Object::Dictionary(dict))) = pdf.dereference(object) else { continue };
            return Some(match id {
                Some(id) => {
                    let load = || Rc::new(Font::load(pdf, dict));
                    Rc::clone(self.fonts.0.entry(id).or_insert_with(load))
                }
                None => Rc::new(Font::load(pdf, dict)),
            });
        }
        None
    }

    fn form(&mut self, name: &[u8], resources: &[&Dictionary], ctm: Matrix) {
        let pdf = self.pdf;
        if self.depth >= PDF_FORM_DEPTH_MAX || self.forms >= PDF_FORMS_MAX || *self.budget == 0 {
            self.read.cut = true;
            return;
        }
        let object = resources.iter().find_map(|resource| {
            let forms = resource.get_deref(b"XObject", pdf).and_then(Object::as_dict).ok()?;
            forms.get_deref(name, pdf).ok()
        });
        let Some(Ok(stream)) = object.map(Object::as_stream) else { return };
        let is_form = stream
            .dict
            .get_deref(b"Subtype", pdf)
            .and_then(Object::as_name)
            .is_ok_and(|kind| kind == b"Form");
        if !is_form {
            return;
        }
        let limit = (*self.budget).min(PDF_STREAM_BYTES_MAX);
        let Ok(content) = stream.get_plain_content_with_limit(limit) else {
            self.read.cut = true;
            return;
        };
        let own = stream.dict.get_deref(b"Resources", pdf).and_then(Object::as_dict).ok();
        let all: Vec<&Dictionary> = own.into_iter().chain(resources.iter().copied()).collect();
        let place = stream
            .dict
            .get_deref(b"Matrix", pdf)
            .and_then(Object::as_array)
            .ok()
            .map(|list| list.iter().map(|o| float(pdf, o).unwrap_or(0.0)).collect::<Vec<f64>>())
            .and_then(|numbers| matrix(&numbers))
            .unwrap_or_default();
        self.forms += 1;
        self.depth += 1;
        self.stream(&content, &all, place.then(ctm));
        self.depth -= 1;
    }
}

impl Stream {
    fn next_line(&mut self, x: f64, y: f64) {
        self.line = Matrix::shift(x, y).then(self.line);
        self.text = self.line;
    }

    /// Moves along the line, in text space before stretching.
    fn move_by(&mut self, x: f64) {
        self.text = Matrix::shift(x * self.state.stretch, 0.0).then(self.text);
    }
}

fn matrix(numbers: &[f64]) -> Option<Matrix> {
    Some(Matrix(numbers.try_into().ok()?))
}
