//! PDFs: encodings, places, passwords, damage.

use lopdf::content::{Content, Operation};
use lopdf::encryption::{EncryptionState, EncryptionVersion, Permissions};
use lopdf::{Document as Pdf, Object, Stream, dictionary};

use crate::document::ReadErrorKind;
use crate::read_document;

/// A text with its place and size on the page.
type Shown<'a> = (f32, f32, f32, Object);

fn text(text: &str) -> Object {
    let bytes = encoding_rs::WINDOWS_1252.encode(text).0.into_owned();
    Object::String(bytes, lopdf::StringFormat::Literal)
}

fn helvetica() -> lopdf::Dictionary {
    dictionary! {
        "Type" => "Font", "Subtype" => "Type1", "BaseFont" => "Helvetica",
        "Encoding" => "WinAnsiEncoding",
    }
}

fn build(font: impl FnOnce(&mut Pdf) -> lopdf::Dictionary, pages: &[Vec<Shown<'_>>]) -> Pdf {
    let mut pdf = Pdf::with_version("1.5");
    let font = font(&mut pdf);
    let font = pdf.add_object(font);
    let root = pdf.new_object_id();
    let mut kids = Vec::new();
    for shown in pages {
        let mut operations = Vec::new();
        for (x, y, size, text) in shown {
            operations.push(Operation::new("BT", vec![]));
            operations.push(Operation::new("Tf", vec!["F1".into(), (*size).into()]));
            operations.push(Operation::new("Td", vec![(*x).into(), (*y).into()]));
            operations.push(match text {
                Object::Array(_) => Operation::new("TJ", vec![text.clone()]),
                text => Operation::new("Tj", vec![text.clone()]),
            });
            operations.push(Operation::new("ET", vec![]));
        }
        let content = Content { operations }.encode().unwrap();
        let content = pdf.add_object(Stream::new(dictionary! {}, content));
        kids.push(Object::from(pdf.add_object(dictionary! {
            "Type" => "Page", "Parent" => root, "Contents" => content,
            "Resources" => dictionary! { "Font" => dictionary! { "F1" => font } },
            "MediaBox" => vec![0.into(), 0.into(), 595.into(), 842.into()],
        })));
    }
    let count = i64::try_from(kids.len()).unwrap();
    let tree = dictionary! { "Type" => "Pages", "Kids" => kids, "Count" => count };
    pdf.objects.insert(root, Object::Dictionary(tree));
    let catalog = pdf.add_object(dictionary! { "Type" => "Catalog", "Pages" => root });
    pdf.trailer.set("Root", catalog);
    let info = pdf.add_object(dictionary! {
        "Title" => Object::string_literal("Receipt 7"),
        "CreationDate" => Object::string_literal("D:20240307143000+01'00'"),
    });
    pdf.trailer.set("Info", info);
    pdf
}

fn saved(mut pdf: Pdf) -> Vec<u8> {
    let mut bytes = Vec::new();
    pdf.save_to(&mut bytes).unwrap();
    bytes
}

/// Two pages; the amount is shown first, and far to the right of its label.
pub(super) fn receipt() -> Vec<u8> {
    let first = vec![
        (480.0, 700.0, 12.0, text("12,50 €")),
        (50.0, 760.0, 18.0, text("Bäckerei Müller")),
        (50.0, 700.0, 12.0, text("Total")),
        (50.0, 715.0, 12.0, text("3 Brötchen")),
        (486.0, 715.0, 12.0, text("1,50 €")),
    ];
    let second = vec![(50.0, 760.0, 12.0, text("Page two"))];
    saved(build(|_| helvetica(), &[first, second]))
}

fn lines(bytes: &[u8]) -> Vec<String> {
    read_document(bytes, "a.pdf").unwrap_or_else(|error| panic!("{error}")).lines
}

#[test]
fn amounts_stand_on_the_line_of_their_label() {
    let document = read_document(&receipt(), "a.pdf").unwrap();
    let expected =
        ["Bäckerei Müller", "", "3 Brötchen   1,50 €", "Total   12,50 €", "", "Page two"];
    assert_eq!(document.lines, expected);
    assert_eq!(document.title.as_deref(), Some("Receipt 7"));
    assert_eq!(document.fact("created"), Some("2024-03-07T14:30:00+01:00"));
    assert_eq!(document.fact("pages"), Some("2"));
}

#[test]
fn letters_shown_one_by_one_become_words() {
    let kerned = Object::Array(vec![
        text("T"),
        80.into(),
        text("otal"),
        Object::Integer(-280),
        text("du"),
        text("e"),
    ]);
    let mut shown = vec![(50.0, 700.0, 10.0, kerned)];
    // Helvetica digits are 0.556 wide: these stand side by side, the last ones raised.
    for (index, digit) in ["1", "2"].iter().enumerate() {
        let x = 300.0 + 5.56 * f32::from(u16::try_from(index).unwrap());
        shown.push((x, 700.0, 10.0, text(digit)));
    }
    shown.push((311.2, 703.5, 6.0, text("50")));
    // Bold, faked by showing it twice.
    shown.push((50.0, 650.0, 10.0, text("Bold")));
    shown.push((50.3, 650.0, 10.0, text("Bold")));
    let bytes = saved(build(|_| helvetica(), &[shown]));
    assert_eq!(lines(&bytes), ["Total due   1250", "", "Bold"]);
}

#[test]
fn fonts_with_their_own_codes() {
    let map = b"1 begincodespacerange <0000> <FFFF> endcodespacerange
        2 beginbfchar <0001> <9818> <0002> <53CE66F8> endbfchar
        2 beginbfrange <0003> <0005> <0041> <0006> <0007> [<20AC> <00660069>] endbfrange";
    let wide = |pdf: &mut Pdf| {
        let map = pdf.add_object(Stream::new(dictionary! {}, map.to_vec()));
        let inner = pdf.add_object(dictionary! {
            "Type" => "Font", "Subtype" => "CIDFontType2", "BaseFont" => "X", "DW" => 1000,
            "W" => vec![3.into(), Object::Array(vec![600.into(), 600.into(), 600.into()])],
        });
        dictionary! {
            "Type" => "Font", "Subtype" => "Type0", "BaseFont" => "X",
            "Encoding" => "Identity-H", "DescendantFonts" => vec![inner.into()], "ToUnicode" => map,
        }
    };
    let codes = Object::String(
        vec![0, 1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 0, 7],
        lopdf::StringFormat::Hexadecimal,
    );
    let bytes = saved(build(wide, &[vec![(50.0, 700.0, 12.0, codes)]]));
    assert_eq!(lines(&bytes), ["領収書ABC€fi"]);

    let named = |_: &mut Pdf| {
        let names = ["Euro", "uni0416", "afii10065", "f_i", "nosuchglyph", "Adieresis.alt"];
        let mut differences = vec![Object::Integer(65)];
        differences.extend(names.iter().map(|name| Object::Name(name.as_bytes().to_vec())));
        dictionary! {
            "Type" => "Font", "Subtype" => "Type1", "BaseFont" => "Y",
            "Encoding" => dictionary! { "Type" => "Encoding", "Differences" => differences },
        }
    };
    let bytes = saved(build(named, &[vec![(50.0, 700.0, 12.0, text("ABCDEFxy"))]]));
    assert_eq!(lines(&bytes), ["€Жаfi Äxy"]);
}

#[test]
fn turned_pages_are_read_turned() {
    let mut pdf = build(|_| helvetica(), &[vec![]]);
    let content = b"BT /F1 12 Tf 0 1 -1 0 100 50 Tm (Total) Tj ET \
        BT /F1 12 Tf 0 1 -1 0 100 400 Tm (12.50) Tj ET \
        BT /F1 12 Tf 0 1 -1 0 120 50 Tm (Thanks) Tj ET";
    let page = pdf.page_iter().next().unwrap();
    pdf.change_page_content(page, content.to_vec()).unwrap();
    assert_eq!(lines(&saved(pdf)), ["Total   12.50", "Thanks"]);
}

fn encrypted(user: &str) -> Vec<u8> {
    let mut pdf = build(|_| helvetica(), &[vec![(50.0, 700.0, 12.0, text("Secret total"))]]);
    let id = || Object::string_literal("0123456789abcdef");
    pdf.trailer.set("ID", vec![id(), id()]);
    let version = EncryptionVersion::V2 {
        document: &pdf,
        owner_password: "owner",
        user_password: user,
        key_length: 128,
        permissions: Permissions::all(),
    };
    let state = EncryptionState::try_from(version).unwrap();
    pdf.encrypt(&state).unwrap();
    saved(pdf)
}

#[test]
fn an_empty_password_opens_and_a_real_one_does_not() {
    assert_eq!(lines(&encrypted("")), ["Secret total"]);
    let error = read_document(&encrypted("sesame"), "a.pdf").unwrap_err();
    assert_eq!(error.kind, ReadErrorKind::Protected, "{error}");
    assert_eq!(error.why, "the PDF is protected by a password");
}

#[test]
fn damage_is_repaired_where_it_can_be() {
    let whole = receipt();
    let at = whole.windows(9).rposition(|nine| nine == b"startxref").unwrap();
    // The table of places is lost, or wrong, or junk stands before the header.
    let torn = whole[..at].to_vec();
    let mut wrong = whole.clone();
    wrong.splice(at + 10..at + 11, b"9".iter().copied());
    let junk = [b"HTTP/1.1 200 OK\r\n\r\n".as_slice(), &whole].concat();
    for (bytes, what) in [(torn, "torn"), (wrong, "wrong"), (junk, "junk")] {
        let lines = lines(&bytes);
        assert!(lines.contains(&"Total   12,50 €".to_owned()), "{what}: {lines:?}");
    }
    let error = read_document(&whole[..200], "a.pdf").unwrap_err();
    assert_eq!(error.kind, ReadErrorKind::Broken);
}

#[test]
fn a_scan_has_no_text() {
    let error = read_document(&saved(build(|_| helvetica(), &[vec![]])), "scan.pdf").unwrap_err();
    assert_eq!(error.kind, ReadErrorKind::NoText);
    assert!(error.why.contains("scan"), "{error}");
}
