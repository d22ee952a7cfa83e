//! Small documents of every format, made by code.

use std::io::{Cursor, Write};

use crate::workbook::{Cell, Column, Sheet, Workbook, write};

pub(super) fn encoded(text: &str, label: &str, mark: bool) -> Vec<u8> {
    let utf16 = |bytes: fn(u16) -> [u8; 2], start: [u8; 2]| {
        let start = if mark { start.to_vec() } else { Vec::new() };
        start.into_iter().chain(text.encode_utf16().flat_map(bytes)).collect()
    };
    match label {
        "utf-16le" => utf16(u16::to_le_bytes, [0xff, 0xfe]),
        "utf-16be" => utf16(u16::to_be_bytes, [0xfe, 0xff]),
        "utf-8" if mark => [b"\xef\xbb\xbf", text.as_bytes()].concat(),
        label => {
            let encoding = encoding_rs::Encoding::for_label(label.as_bytes()).unwrap();
            encoding.encode(text).0.into_owned()
        }
    }
}

pub(super) const PAGE: &str = "<!DOCTYPE html><html><head><title>Your order &amp; more</title>
<style>p { color: red }</style><script>if (a < b) { alert('x') }</script></head><body>
<div style='display: none'>secret <b>preheader</b></div>
<h1>Thank   you!</h1><p>Your order
of 7&nbsp;March</p><ul><li>one<li>two</ul>
<table><tr><th>Item<th>Price</tr><tr><td>Tea &amp; cake</td><td>4.50&nbsp;&euro;</td></tr>
<tr><td><b>Total</b></td><td>4.50 &#8364;</td></tr></table></body></html>";

/// Quoted-printable, base64, an encoded name, a PDF and a list.
pub(super) fn mail() -> Vec<u8> {
    let pdf = base64(&super::pdf::receipt());
    let list = base64("Was;Preis\nTea;12,50\nCake;3,00\n".as_bytes());
    let logo = base64(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01");
    let parts = [
        "From: =?utf-8?Q?M=C3=BCller_=26_S=C3=B6hne?= <shop@example.org>\r\n\
         To: me@example.org\r\nSubject: =?utf-8?B?SWhyZSBSZWNobnVuZyBmw7xyIE3DpHJ6?=\r\n\
         Date: Thu, 7 Mar 2024 14:30:00 +0100\r\nMIME-Version: 1.0\r\n\
         Content-Type: multipart/mixed; boundary=\"=_B\"\r\n\r\n",
        "--=_B\r\nContent-Type: text/plain; charset=iso-8859-15\r\n\
         Content-Transfer-Encoding: quoted-printable\r\n\r\n\
         Vielen Dank f=FCr Ihre =\r\nBestellung.\r\nSumme: 12,50 =A4\r\n",
        "--=_B\r\nContent-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64\r\n\
         Content-Disposition: attachment; filename*=utf-8''Rechnung%20M%C3%A4rz.pdf\r\n\r\n",
        &pdf,
        "\r\n--=_B\r\nContent-Type: text/csv\r\nContent-Transfer-Encoding: base64\r\n\
         Content-Disposition: attachment; filename=list.csv\r\n\r\n",
        &list,
        "\r\n--=_B\r\nContent-Type: image/png\r\nContent-Transfer-Encoding: base64\r\n\
         Content-Disposition: attachment; filename=logo.png\r\n\r\n",
        &logo,
        "\r\n--=_B--\r\n",
    ];
    parts.concat().into_bytes()
}

fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for three in bytes.chunks(3) {
        let group = three.iter().fold(0_u32, |sum, byte| sum << 8 | u32::from(*byte))
            << (8 * (3 - three.len()));
        for index in 0..4 {
            let letter = LETTERS[(group >> (18 - 6 * index) & 63) as usize];
            text.push(if index <= three.len() { char::from(letter) } else { '=' });
        }
        if text.len().is_multiple_of(76) {
            text.push_str("\r\n");
        }
    }
    text
}

pub(super) fn zip(parts: &[(&str, &str)]) -> Vec<u8> {
    let mut zip = ::zip::ZipWriter::new(Cursor::new(Vec::new()));
    let options = ::zip::write::SimpleFileOptions::default()
        .compression_method(::zip::CompressionMethod::Deflated);
    for (name, content) in parts {
        zip.start_file(*name, options).unwrap();
        zip.write_all(content.as_bytes()).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

const CORE: &str = "<cp:coreProperties xmlns:cp='c' xmlns:dc='d' xmlns:dcterms='t'>\
    <dc:title>Rechnung 7</dc:title><dc:creator>Jörg</dc:creator>\
    <dcterms:created>2024-03-07T10:00:00Z</dcterms:created></cp:coreProperties>";

pub(super) fn docx() -> Vec<u8> {
    let body = "<w:document xmlns:w='w'><w:body>\
        <w:p><w:r><w:t>Rechnung f\u{fc}r J</w:t></w:r><w:r>\
         <w:t xml:space='preserve'>örg &amp; S&#246;hne</w:t></w:r></w:p>\
        <w:tbl><w:tr><w:tc><w:p><w:r><w:t>Tee</w:t></w:r></w:p></w:tc>\
        <w:tc><w:p><w:r><w:t>4,50 €</w:t></w:r></w:p></w:tc></w:tr></w:tbl>\
        <w:p><w:r><w:t>Summe</w:t><w:tab/><w:t>4,50 €</w:t></w:r></w:p></w:body></w:document>";
    zip(&[
        ("[Content_Types].xml", "<Types/>"),
        ("docProps/core.xml", CORE),
        ("word/document.xml", body),
        ("word/header1.xml", "<w:hdr xmlns:w='w'><w:p><w:r><w:t>Kopf</w:t></w:r></w:p></w:hdr>"),
    ])
}

pub(super) fn pptx() -> Vec<u8> {
    let slide = |text: &str| {
        format!("<p:sld xmlns:p='p' xmlns:a='a'><a:p><a:r><a:t>{text}</a:t></a:r></a:p></p:sld>")
    };
    zip(&[
        ("ppt/presentation.xml", "<p/>"),
        ("ppt/slides/slide2.xml", &slide("Second slide")),
        ("ppt/slides/slide1.xml", &slide("First slide")),
    ])
}

fn opendocument(media: &str, body: &str) -> Vec<u8> {
    let meta = "<m xmlns:dc='d' xmlns:meta='m'><dc:title>Rechnung 7</dc:title></m>";
    let content = format!("<c xmlns:text='t' xmlns:table='b' xmlns:office='o'>{body}</c>");
    zip(&[
        ("mimetype", &format!("application/vnd.oasis.opendocument.{media}")),
        ("META-INF/manifest.xml", "<manifest/>"),
        ("meta.xml", meta),
        ("content.xml", &content),
    ])
}

pub(super) fn odt() -> Vec<u8> {
    opendocument(
        "text",
        "<text:p>Rechnung für <text:span>Jörg</text:span> &amp; Söhne</text:p>\
         <table:table><table:table-row><table:table-cell><text:p>Tee</text:p></table:table-cell>\
         <table:table-cell>\
         <text:p>4,50 €</text:p></table:table-cell></table:table-row></table:table>\
         <text:p>Summe<text:s text:c='3'/>4,50 €</text:p>",
    )
}

pub(super) fn ods() -> Vec<u8> {
    let text = |text: &str| {
        format!(
            "<table:table-cell office:value-type='string'>\
            <text:p>{text}</text:p></table:table-cell>"
        )
    };
    let body = format!(
        "<table:table table:name='März'><table:table-row>{}{}{}</table:table-row><table:table-row>\
         <table:table-cell office:value-type='date' office:date-value='2024-03-07'>\
         <text:p>7.3.</text:p></table:table-cell>\
         {}<table:table-cell office:value-type='float' office:value='0.3'>\
         <text:p>0,30</text:p></table:table-cell>\
         </table:table-row></table:table><table:table table:name='B'>\
         <table:table-row>{}</table:table-row></table:table>",
        text("Datum"),
        text("Was"),
        text("Betrag"),
        text("Tee"),
        text("Notiz"),
    );
    opendocument("spreadsheet", &body)
}

pub(super) fn ods_repeated() -> Vec<u8> {
    opendocument(
        "spreadsheet",
        "<table:table table:name='A'><table:table-row table:number-rows-repeated='1000000'>\
         <table:table-cell table:number-columns-repeated='3'><text:p>a</text:p></table:table-cell>\
         <table:table-cell table:number-columns-repeated='16000'/></table:table-row>\
         <table:table-row table:number-rows-repeated='900000000'>\
         <table:table-cell/></table:table-row>\
         <table:table-row>\
         <table:table-cell><text:p>end</text:p></table:table-cell></table:table-row></table:table>",
    )
}

pub(super) fn ods_protected() -> Vec<u8> {
    zip(&[
        ("mimetype", "application/vnd.oasis.opendocument.spreadsheet"),
        (
            "META-INF/manifest.xml",
            "<manifest><file-entry><encryption-data/></file-entry></manifest>",
        ),
        ("content.xml", "scrambled"),
    ])
}

pub(super) fn rtf() -> Vec<u8> {
    br"{\rtf1\ansi\ansicpg1252{\fonttbl{\f0 Arial;}}{\*\generator Nobody}
\f0 Rechnung f\'fcr J\u246?rg & S\'f6hne\par
\trowd Tee\cell 4,50 \u8364?\cell\row Summe\tab 4,50 \'80\par}"
        .to_vec()
}

pub(super) fn xlsx() -> Vec<u8> {
    let column = |title: &str| Column { title: title.to_owned(), ..Column::default() };
    let sheet = |name: &str, columns: Vec<Column>, rows: Vec<Vec<Cell>>| Sheet {
        name: name.to_owned(),
        columns,
        rows,
        freeze_header: true,
        autofilter: false,
        totals: None,
        charts: Vec::new(),
        notes: Vec::new(),
    };
    let row = vec![Cell::date("2024-03-07"), Cell::text("Tee"), Cell::money("0.3", "EUR")];
    let columns = vec![column("Datum"), column("Was"), column("Betrag")];
    let sheets =
        vec![sheet("März", columns, vec![row]), sheet("B", vec![column("Notiz")], Vec::new())];
    write(&Workbook { created: "2024-03-07".to_owned(), title: None, sheets }).unwrap()
}

/// A part that unpacks a thousandfold.
pub(super) fn bomb() -> Vec<u8> {
    zip(&[("word/document.xml", &" ".repeat(40 * 1024 * 1024))])
}

pub(super) fn bomb_xlsx() -> Vec<u8> {
    let spaces = " ".repeat(70 * 1024 * 1024);
    zip(&[("xl/workbook.xml", "<workbook/>"), ("xl/worksheets/sheet1.xml", &spaces)])
}
