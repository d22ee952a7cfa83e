//! The parts of a presentation's file, and how they hang together.

use super::super::ComposeError;
use std::fmt::Write as _;
use std::io::{Cursor, Write};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

const HEAD: &str = r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>"#;
const SPACES: &str = r#"xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"
xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"
xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main""#;
const RELATION: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
const GROUP: &str = r#"<p:nvGrpSpPr><p:cNvPr id="1" name=""/><p:cNvGrpSpPr/><p:nvPr/>
</p:nvGrpSpPr><p:grpSpPr><a:xfrm><a:off x="0" y="0"/><a:ext cx="0" cy="0"/><a:chOff x="0" y="0"/>
<a:chExt cx="0" cy="0"/></a:xfrm></p:grpSpPr>"#;

/// A slide's shapes as XML, and what they refer to.
#[derive(Debug, Default)]
pub(super) struct Part {
    /// The layout it follows, from 1.
    layout: usize,
    pub(super) shapes: String,
    links: Vec<String>,
    pictures: Vec<(String, Vec<u8>)>,
}

impl Part {
    pub(super) fn of(layout: usize) -> Self {
        Self { layout, ..Self::default() }
    }

    /// The id of a link's relation.
    pub(super) fn link(&mut self, address: &str) -> String {
        let at = self.links.iter().position(|it| it == address).unwrap_or_else(|| {
            self.links.push(address.to_owned());
            self.links.len() - 1
        });
        format!("link{at}")
    }

    /// The id of a picture's relation.
    pub(super) fn picture(&mut self, name: &str, png: Vec<u8>) -> String {
        let at = self.pictures.iter().position(|(it, _)| it == name).unwrap_or_else(|| {
            self.pictures.push((name.to_owned(), png));
            self.pictures.len() - 1
        });
        format!("picture{at}")
    }
}

/// Words as XML holds them: without the letters that it can't.
pub(super) fn text(words: &str) -> String {
    let mut out = String::with_capacity(words.len());
    for letter in words.chars() {
        match letter {
            '&' => out += "&amp;",
            '<' => out += "&lt;",
            '>' => out += "&gt;",
            '"' => out += "&quot;",
            '\t' => out.push(' '),
            letter if letter < ' ' || matches!(letter, '\u{fffe}' | '\u{ffff}') => {}
            letter => out.push(letter),
        }
    }
    out
}

pub(super) fn write(slides: &[Part], title: &str) -> Result<Vec<u8>, ComposeError> {
    let mut zip = ZipWriter::new(Cursor::new(vec![]));
    let mut put = |name: &str, bytes: &[u8]| -> Result<(), ComposeError> {
        zip.start_file(name, SimpleFileOptions::default())?;
        Ok(zip.write_all(bytes)?)
    };
    put("[Content_Types].xml", content_types(slides.len()).as_bytes())?;
    put("_rels/.rels", root().as_bytes())?;
    let core = format!(
        r#"{HEAD}<cp:coreProperties
xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties"
xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>{}</dc:title></cp:coreProperties>"#,
        text(title)
    );
    put("docProps/core.xml", core.as_bytes())?;
    let (presentation, relations) = presentation(slides.len());
    put("ppt/presentation.xml", presentation.as_bytes())?;
    put("ppt/_rels/presentation.xml.rels", relations.as_bytes())?;
    put("ppt/theme/theme1.xml", include_bytes!("theme.xml"))?;
    put("ppt/slideMasters/slideMaster1.xml", include_bytes!("master.xml"))?;
    let of_master = [
        ("slideLayout", "../slideLayouts/slideLayout1.xml"),
        ("slideLayout", "../slideLayouts/slideLayout2.xml"),
        ("theme", "../theme/theme1.xml"),
    ];
    put("ppt/slideMasters/_rels/slideMaster1.xml.rels", relate(&of_master).as_bytes())?;
    let of_layout = relate(&[("slideMaster", "../slideMasters/slideMaster1.xml")]);
    put("ppt/slideLayouts/slideLayout1.xml", include_bytes!("cover.xml"))?;
    put("ppt/slideLayouts/slideLayout2.xml", include_bytes!("content.xml"))?;
    put("ppt/slideLayouts/_rels/slideLayout1.xml.rels", of_layout.as_bytes())?;
    put("ppt/slideLayouts/_rels/slideLayout2.xml.rels", of_layout.as_bytes())?;
    for (number, part) in (1..).zip(slides) {
        let xml = format!(
            r#"{HEAD}<p:sld {SPACES}><p:cSld><p:spTree>{GROUP}{}</p:spTree></p:cSld><p:clrMapOvr>
<a:masterClrMapping/></p:clrMapOvr></p:sld>"#,
            part.shapes
        );
        put(&format!("ppt/slides/slide{number}.xml"), xml.as_bytes())?;
        let relations = of_slide(part, number);
        put(&format!("ppt/slides/_rels/slide{number}.xml.rels"), relations.as_bytes())?;
        for (at, (_, png)) in part.pictures.iter().enumerate() {
            put(&format!("ppt/media/slide{number}-{at}.png"), png)?;
        }
    }
    Ok(zip.finish()?.into_inner())
}

fn content_types(slides: usize) -> String {
    const OFFICE: &str = "application/vnd.openxmlformats-officedocument";
    let mut parts = vec![
        ("/ppt/presentation.xml".to_owned(), "presentationml.presentation.main+xml"),
        ("/ppt/slideMasters/slideMaster1.xml".to_owned(), "presentationml.slideMaster+xml"),
        ("/ppt/slideLayouts/slideLayout1.xml".to_owned(), "presentationml.slideLayout+xml"),
        ("/ppt/slideLayouts/slideLayout2.xml".to_owned(), "presentationml.slideLayout+xml"),
        ("/ppt/theme/theme1.xml".to_owned(), "theme+xml"),
    ];
    parts.extend(
        (1..=slides).map(|n| (format!("/ppt/slides/slide{n}.xml"), "presentationml.slide+xml")),
    );
    let mut out = format!(
        r#"{HEAD}<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">
<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>
<Default Extension="xml" ContentType="application/xml"/>
<Default Extension="png" ContentType="image/png"/>
<Override PartName="/docProps/core.xml"
ContentType="application/vnd.openxmlformats-package.core-properties+xml"/>"#
    );
    for (name, kind) in parts {
        let _ = write!(out, r#"<Override PartName="{name}" ContentType="{OFFICE}.{kind}"/>"#);
    }
    out + "</Types>"
}

fn root() -> String {
    format!(
        r#"{HEAD}<Relationships
xmlns="http://schemas.openxmlformats.org/package/2006/relationships">
<Relationship Id="rId1" Type="{RELATION}/officeDocument" Target="ppt/presentation.xml"/>
<Relationship Id="rId2"
Type="http://schemas.openxmlformats.org/package/2006/relationships/metadata/core-properties"
Target="docProps/core.xml"/>
</Relationships>"#
    )
}

fn relate(targets: &[(&str, &str)]) -> String {
    let mut out = format!(
        r#"{HEAD}<Relationships
xmlns="http://schemas.openxmlformats.org/package/2006/relationships">"#
    );
    for (n, (kind, target)) in (1..).zip(targets) {
        let _ = write!(
            out,
            r#"<Relationship Id="rId{n}" Type="{RELATION}/{kind}" Target="{target}"/>"#
        );
    }
    out + "</Relationships>"
}

fn of_slide(part: &Part, number: usize) -> String {
    let layout = format!("../slideLayouts/slideLayout{}.xml", part.layout);
    let mut out = relate(&[("slideLayout", &layout)]).replace("</Relationships>", "");
    for (at, address) in part.links.iter().enumerate() {
        let _ = write!(
            out,
            r#"<Relationship Id="link{at}"
Type="{RELATION}/hyperlink"
Target="{}" TargetMode="External"/>"#,
            text(address)
        );
    }
    for at in 0..part.pictures.len() {
        let _ = write!(
            out,
            r#"<Relationship Id="picture{at}"
Type="{RELATION}/image"
Target="../media/slide{number}-{at}.png"/>"#
        );
    }
    out + "</Relationships>"
}

fn presentation(slides: usize) -> (String, String) {
    let targets: Vec<String> = (1..=slides).map(|n| format!("slides/slide{n}.xml")).collect();
    let mut all =
        vec![("slideMaster", "slideMasters/slideMaster1.xml"), ("theme", "theme/theme1.xml")];
    all.extend(targets.iter().map(|target| ("slide", target.as_str())));
    let ids: String = (0..slides)
        .map(|n| format!(r#"<p:sldId id="{}" r:id="rId{}"/>"#, 256 + n, n + 3))
        .collect();
    let xml = format!(
        r#"{HEAD}<p:presentation {SPACES}><p:sldMasterIdLst>
<p:sldMasterId id="2147483648" r:id="rId1"/></p:sldMasterIdLst><p:sldIdLst>{ids}</p:sldIdLst>
<p:sldSz cx="12192000" cy="6858000"/><p:notesSz cx="6858000" cy="9144000"/></p:presentation>"#
    );
    (xml, relate(&all))
}
