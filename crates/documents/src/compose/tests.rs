//! What is written is read again, by our own reader.

use super::*;
use crate::read_document;
use proptest::prelude::*;

const TEXT: &str = "# Quarterly report\n\nFor *everyone*, with **care** & <thought>.\n\n\
## Figures\n\n\
- First, see [the page](https://example.org/a?b=c&d=e)\n- Second\n  1. inner\n  2. more\n\n\
3. three\n4. four\n\n| Item | Price |\n|:-----|------:|\n| Café | 12,50 € |\n\
| Tea  | 3,00 € |\n\n\
```\nlet x = 1;\n    y\n```\n\n> quoted\n\n![A square](square.png)\n\n---\n\nThe end~~ing~~.\n";

/// A picture of one colour.
fn square(name: &str) -> Result<Vec<u8>, String> {
    if name != "square.png" {
        return Err("it is not there".to_owned());
    }
    let mut bytes = std::io::Cursor::new(vec![]);
    let shown = image::RgbaImage::from_pixel(64, 32, image::Rgba([200, 30, 30, 128]));
    shown.write_to(&mut bytes, image::ImageFormat::Png).map_err(|error| error.to_string())?;
    Ok(bytes.into_inner())
}

fn read_again(kind: Kind, name: &str, text: &str) -> String {
    let bytes = write(kind, text, None, &square).unwrap_or_else(|error| panic!("{name}: {error}"));
    let document = read_document(&bytes, name).unwrap_or_else(|error| panic!("{name}: {error}"));
    document.lines.join("\n")
}

#[test]
fn every_word_of_a_text_is_in_each_kind_of_document() {
    for (kind, name) in [(Kind::Docx, "a.docx"), (Kind::Pptx, "a.pptx"), (Kind::Pdf, "a.pdf")] {
        let read = read_again(kind, name, TEXT);
        for word in [
            "Quarterly report",
            "everyone",
            "care",
            "& <thought>.",
            "Figures",
            "the page",
            "Second",
            "inner",
            "more",
            "three",
            "four",
            "Item",
            "Price",
            "Café",
            "12,50 €",
            "Tea",
            "let x = 1;",
            "quoted",
            "The end",
        ] {
            assert!(read.contains(word), "{name} lacks {word:?}: {read}");
        }
    }
}

#[test]
fn letters_of_every_script_are_written_or_refused_with_their_names() {
    let text = "# 報告\n\nПривет, مرحبا, ✅ done\n";
    for (kind, name) in [(Kind::Docx, "a.docx"), (Kind::Pptx, "a.pptx")] {
        let read = read_again(kind, name, text);
        assert!(["報告", "مرحبا", "✅"].iter().all(|it| read.contains(it)), "{read}");
    }
    let error = write(Kind::Pdf, text, None, &square).unwrap_err().to_string();
    assert!(error.contains("報") && error.contains(".docx"), "{error}");
    let read = read_again(Kind::Pdf, "a.pdf", "1 → 2, x ≤ y, “quoted” – fine…");
    assert!(read.contains("1 -> 2, x <= y, “quoted” – fine…"), "{read}");
}

#[test]
fn what_cannot_be_written_is_said() {
    let why = |text: &str| write(Kind::Docx, text, None, &square).unwrap_err().to_string();
    assert!(why("  \n---\n").contains("nothing to write"));
    assert!(why("![x](other.png)").contains("other.png cannot be shown: it is not there"));
}

#[test]
fn a_slide_that_holds_too_much_goes_on_on_the_next() {
    let items: String = (0..60).map(|n| format!("- item number {n}\n")).collect();
    let text = format!("# Cover\n\nBy us\n\n# Long\n\n{items}");
    let bytes = write(Kind::Pptx, &text, None, &square).unwrap();
    let mut zip = zip::ZipArchive::new(std::io::Cursor::new(bytes)).unwrap();
    let slides: Vec<String> = zip
        .file_names()
        .map(|name| name.unwrap().into_owned())
        .filter(|name| name.starts_with("ppt/slides/slide"))
        .collect();
    assert!((3..=8).contains(&slides.len()), "{slides:?}");
    let mut first = String::new();
    std::io::Read::read_to_string(&mut zip.by_name("ppt/slides/slide2.xml").unwrap(), &mut first)
        .unwrap();
    assert!(first.contains("item number 0<") && !first.contains("item number 59<"));
}

#[test]
fn pages_are_turned_and_numbered() {
    let text: String = (0..120).map(|n| format!("Paragraph {n}, some words.\n\n")).collect();
    let bytes = write(Kind::Pdf, &text, None, &square).unwrap();
    let file = lopdf::Document::load_mem(&bytes).unwrap();
    assert!((3..=6).contains(&file.get_pages().len()));
    let title = write(Kind::Pdf, "# A — b\n\nc", None, &square).unwrap();
    let file = lopdf::Document::load_mem(&title).unwrap();
    let info = file.trailer.get(b"Info").and_then(lopdf::Object::as_reference).unwrap();
    let info = file.get_dictionary(info).unwrap();
    assert!(info.get(b"Title").unwrap().as_str().unwrap().starts_with(&[0xfe, 0xff, 0, b'A']));
}

#[test]
fn the_same_text_becomes_the_same_bytes() {
    // The paragraphs of a docx have ids that count on within a process.
    for kind in [Kind::Pptx, Kind::Pdf] {
        let made = || write(kind, TEXT, None, &square).unwrap();
        assert!(made() == made(), "{kind:?}");
    }
}

/// For looking at: writes the documents of a text into a folder, when asked to.
#[test]
fn samples_for_a_person() {
    #[expect(clippy::disallowed_methods, reason = "whether somebody wants to look")]
    let Some(folder) = std::env::var_os("LEGWORK_TEST_SAMPLES") else { return };
    for name in ["a.docx", "a.pptx", "a.pdf"] {
        let text = std::fs::read_to_string(std::path::Path::new(&folder).join("a.md")).unwrap();
        let kind = Kind::of(name).unwrap();
        let bytes = write(kind, &text, None, &square).unwrap();
        std::fs::write(std::path::Path::new(&folder).join(name), bytes).unwrap();
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_text_is_written_or_refused(parts in proptest::collection::vec(prop_oneof![
        Just("# ".to_owned()), Just("- ".to_owned()), Just("  1. ".to_owned()),
        Just("|a|b|\n|-|-:|\n|c|d|\n".to_owned()), Just("\n\n".to_owned()), Just("> ".to_owned()),
        Just("```\n".to_owned()), Just("---\n".to_owned()), Just("**".to_owned()),
        Just("[x](y)".to_owned()), Just("<br>".to_owned()), Just("a".repeat(300)), ".{0,20}",
    ], 0..40)) {
        let text = parts.concat();
        for kind in [Kind::Docx, Kind::Pptx, Kind::Pdf] {
            if let Ok(bytes) = write(kind, &text, None, &square) {
                prop_assert!(!bytes.is_empty());
            }
        }
    }
}
