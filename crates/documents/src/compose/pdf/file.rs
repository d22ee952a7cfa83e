//! The pages as the objects of a file.

use super::super::ComposeError;
use super::super::pictures::Pictures;
use super::super::units::hundredths;
use super::PAGE;
use super::words::{Face, Word};
use lopdf::content::{Content, Operation};
use lopdf::{Dictionary, Document, Object, ObjectId, Stream, dictionary};
use std::collections::BTreeMap;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Paint {
    Text,
    Heading,
    Grey,
    Link,
}

impl Paint {
    fn colours(self) -> [f32; 3] {
        match self {
            Self::Text => [0.1, 0.1, 0.1],
            Self::Heading => [0.12, 0.16, 0.27],
            Self::Grey => [0.4, 0.4, 0.4],
            Self::Link => [0.07, 0.33, 0.8],
        }
    }
}

/// Left, top, width and height in points, from the top left of the page.
type Frame = (f64, f64, f64, f64);

#[derive(Debug, Default)]
pub(super) struct Page {
    operations: Vec<Operation>,
    links: Vec<(Frame, String)>,
    pictures: Vec<String>,
}

fn number(points: f64) -> Object {
    Object::Real(hundredths(points))
}

impl Page {
    fn push(&mut self, operator: &str, operands: Vec<Object>) {
        self.operations.push(Operation::new(operator, operands));
    }

    fn fill(&mut self, colours: [f32; 3]) {
        self.push("rg", colours.map(Object::Real).to_vec());
    }

    pub(super) fn line(&mut self, words: &[Word], left: f64, base: f64, paint: Paint) {
        let mut at = left;
        let mut words = words.iter().peekable();
        while let Some(word) = words.next() {
            at += word.before;
            // Words of one look are one text, so that the gaps are those of the letters.
            let mut whole = word.clone();
            while let Some(next) = words.next_if(|next| next.looks_like(word)) {
                let gap = if next.before > 0.0 { &b" "[..] } else { b"" };
                whole.bytes.extend(gap.iter().chain(&next.bytes));
                whole.width += next.before + next.width;
            }
            let paint = if whole.link.is_some() { Paint::Link } else { paint };
            self.word(&whole, at, base, paint);
            at += whole.width;
        }
    }

    pub(super) fn word(&mut self, word: &Word, left: f64, base: f64, paint: Paint) {
        let at = PAGE.1 - base;
        self.fill(paint.colours());
        self.push("BT", vec![]);
        let font = Object::Name(word.face.name().into());
        self.push("Tf", vec![font, number(word.size)]);
        self.push("Td", vec![number(left), number(at)]);
        self.push("Tj", vec![Object::string_literal(word.bytes.clone())]);
        self.push("ET", vec![]);
        if word.strike {
            self.bar((left, base - word.size * 0.3, word.width, 0.6));
        }
        if let Some(link) = &word.link {
            self.bar((left, base + 1.2, word.width, 0.5));
            let frame = (left, base - word.size, word.width, word.size * 1.25);
            self.links.push((frame, link.clone()));
        }
    }

    fn bar(&mut self, (left, top, width, height): Frame) {
        let bottom = PAGE.1 - top - height;
        self.push("re", [left, bottom, width, height].map(number).to_vec());
        self.push("f", vec![]);
    }

    pub(super) fn cell(&mut self, frame: Frame, is_head: bool) {
        if is_head {
            self.fill([0.91, 0.925, 0.957]);
            self.bar(frame);
        }
        let (left, top, width, height) = frame;
        self.push("RG", [0.72, 0.75, 0.82].map(Object::Real).to_vec());
        self.push("w", vec![number(0.5)]);
        self.push("re", [left, PAGE.1 - top - height, width, height].map(number).to_vec());
        self.push("S", vec![]);
    }

    pub(super) fn picture(&mut self, name: &str, (left, top, width, height): Frame) {
        let at = self.pictures.iter().position(|it| it == name).unwrap_or_else(|| {
            self.pictures.push(name.to_owned());
            self.pictures.len() - 1
        });
        self.push("q", vec![]);
        let bottom = PAGE.1 - top - height;
        self.push("cm", [width, 0.0, 0.0, height, left, bottom].map(number).to_vec());
        self.push("Do", vec![Object::Name(format!("picture{at}").into())]);
        self.push("Q", vec![]);
    }
}

pub(super) fn write(
    pages: &[Page],
    title: &str,
    pictures: &Pictures,
) -> Result<Vec<u8>, ComposeError> {
    let mut file = Document::with_version("1.7");
    let tree = file.new_object_id();
    let mut fonts = Dictionary::new();
    for face in Face::ALL {
        let font = dictionary! {
            "Type" => "Font", "Subtype" => "Type1", "BaseFont" => face.name(),
            "Encoding" => "WinAnsiEncoding",
        };
        fonts.set(face.name(), file.add_object(font));
    }
    let fonts = file.add_object(fonts);
    let mut shown = BTreeMap::new();
    let mut kids = vec![];
    for page in pages {
        kids.push(Object::Reference(self::page(
            &mut file, page, tree, fonts, pictures, &mut shown,
        )?));
    }
    let count = i64::try_from(kids.len()).unwrap_or(i64::MAX);
    let pages = dictionary! { "Type" => "Pages", "Kids" => kids, "Count" => count };
    file.objects.insert(tree, Object::Dictionary(pages));
    let root = file.add_object(dictionary! { "Type" => "Catalog", "Pages" => tree });
    file.trailer.set("Root", root);
    let info =
        file.add_object(dictionary! { "Title" => text(title), "Producer" => text("Legwork") });
    file.trailer.set("Info", info);
    file.compress();
    let mut bytes = vec![];
    file.save_to(&mut bytes)?;
    Ok(bytes)
}

/// A text of any letters, for what programs show beside the page.
fn text(words: &str) -> Object {
    let mut bytes = vec![0xfe, 0xff];
    bytes.extend(words.encode_utf16().flat_map(u16::to_be_bytes));
    Object::string_literal(bytes)
}

fn page(
    file: &mut Document,
    page: &Page,
    tree: ObjectId,
    fonts: ObjectId,
    pictures: &Pictures,
    shown: &mut BTreeMap<String, ObjectId>,
) -> Result<ObjectId, ComposeError> {
    let failed = |error: lopdf::Error| ComposeError::Pack(error.to_string());
    let content = Content { operations: page.operations.clone() }.encode().map_err(failed)?;
    let content = file.add_object(Stream::new(Dictionary::new(), content));
    let mut named = Dictionary::new();
    for (at, name) in page.pictures.iter().enumerate() {
        let id = match shown.get(name) {
            Some(id) => *id,
            None => picture(file, name, pictures),
        };
        shown.insert(name.clone(), id);
        named.set(format!("picture{at}"), id);
    }
    let links: Vec<Object> = page.links.iter().map(|(frame, link)| link_of(*frame, link)).collect();
    let size = [0.0, 0.0, PAGE.0, PAGE.1].map(number).to_vec();
    Ok(file.add_object(dictionary! {
        "Type" => "Page", "Parent" => tree, "MediaBox" => size, "Contents" => content,
        "Resources" => dictionary! { "Font" => fonts, "XObject" => named },
        "Annots" => links,
    }))
}

fn link_of((left, top, width, height): Frame, address: &str) -> Object {
    let bottom = PAGE.1 - top - height;
    let frame = [left, bottom, left + width, bottom + height].map(number).to_vec();
    Object::Dictionary(dictionary! {
        "Type" => "Annot", "Subtype" => "Link", "Rect" => frame,
        "Border" => vec![0.into(), 0.into(), 0.into()],
        "A" => dictionary! { "S" => "URI", "URI" => Object::string_literal(address) },
    })
}

fn picture(file: &mut Document, name: &str, pictures: &Pictures) -> ObjectId {
    let Some(shown) = pictures.get(name) else { return file.new_object_id() };
    // What can be looked through shows the paper.
    let mut pixels = vec![];
    for pixel in shown.to_rgba8().pixels() {
        let [red, green, blue, alpha] = pixel.0;
        let over = |colour: u8| {
            let (colour, alpha) = (u16::from(colour), u16::from(alpha));
            u8::try_from((colour * alpha + 255 * (255 - alpha)) / 255).unwrap_or(u8::MAX)
        };
        pixels.extend([over(red), over(green), over(blue)]);
    }
    file.add_object(Stream::new(
        dictionary! {
            "Type" => "XObject", "Subtype" => "Image", "ColorSpace" => "DeviceRGB",
            "Width" => i64::from(shown.width()), "Height" => i64::from(shown.height()),
            "BitsPerComponent" => 8,
        },
        pixels,
    ))
}
