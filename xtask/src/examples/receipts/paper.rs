//! Bare writers of the formats in which receipts come. The same input gives the same bytes.

use std::fmt::Write as _;
use std::io::{self, Cursor, Write as _};

/// One page in a typewriter's letters, with a heading.
pub(super) fn pdf(title: &str, lines: &str) -> Vec<u8> {
    let mut page: Vec<u8> = Vec::new();
    let mut height = 790;
    let mut put = |font: &str, size: u32, text: &str, down: u32| {
        height -= down;
        page.extend_from_slice(format!("BT /{font} {size} Tf 56 {height} Td (").as_bytes());
        page.extend(text.chars().flat_map(win_ansi));
        page.extend_from_slice(b") Tj ET\n");
    };
    put("F2", 18, title, 0);
    put("F1", 10, "", 14);
    for line in lines.trim_matches('\n').lines() {
        put("F1", 10, line, 14);
    }
    let font = |name: &str| {
        format!("<< /Type /Font /Subtype /Type1 /BaseFont /{name} /Encoding /WinAnsiEncoding >>")
    };
    let mut stream = format!("<< /Length {} >>\nstream\n", page.len()).into_bytes();
    stream.extend(page);
    stream.extend_from_slice(b"endstream");
    let objects: [Vec<u8>; 6] = [
        b"<< /Type /Catalog /Pages 2 0 R >>".to_vec(),
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>".to_vec(),
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R \
          /Resources << /Font << /F1 5 0 R /F2 6 0 R >> >> >>"
            .to_vec(),
        stream,
        font("Courier").into_bytes(),
        font("Helvetica-Bold").into_bytes(),
    ];
    assemble(&objects)
}

fn assemble(objects: &[Vec<u8>]) -> Vec<u8> {
    let mut file = b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n".to_vec();
    let mut offsets = Vec::new();
    for (index, object) in objects.iter().enumerate() {
        offsets.push(file.len());
        file.extend_from_slice(format!("{} 0 obj\n", index + 1).as_bytes());
        file.extend_from_slice(object);
        file.extend_from_slice(b"\nendobj\n");
    }
    let start = file.len();
    let mut tail = format!("xref\n0 {}\n0000000000 65535 f \n", objects.len() + 1);
    for offset in offsets {
        let _ = writeln!(tail, "{offset:010} 00000 n ");
    }
    let _ = write!(
        tail,
        "trailer\n<< /Size {} /Root 1 0 R >>\nstartxref\n{start}\n%%EOF\n",
        objects.len() + 1
    );
    file.extend_from_slice(tail.as_bytes());
    file
}

/// Latin letters as PDF's standard encoding for Western Europe has them.
fn win_ansi(letter: char) -> Vec<u8> {
    match letter {
        '(' | ')' | '\\' => vec![b'\\', u8::try_from(letter).unwrap_or(b'?')],
        '€' => vec![0x80],
        '–' => vec![0x96],
        letter => vec![u8::try_from(u32::from(letter)).unwrap_or(b'?')],
    }
}

/// A text document: one paragraph for each line.
pub(super) fn docx(text: &str) -> io::Result<Vec<u8>> {
    let mut body = String::new();
    for line in text.trim_matches('\n').lines() {
        let _ = write!(
            body,
            "<w:p><w:r><w:t xml:space=\"preserve\">{}</w:t></w:r></w:p>",
            line.replace('&', "&amp;").replace('<', "&lt;")
        );
    }
    let head = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n";
    let package = "http://schemas.openxmlformats.org/package/2006";
    let office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    let word = "http://schemas.openxmlformats.org/wordprocessingml/2006/main";
    let parts = [
        (
            "[Content_Types].xml",
            format!(
                "{head}<Types xmlns=\"{package}/content-types\"><Default Extension=\"rels\" \
                 ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/>\
                 <Override PartName=\"/word/document.xml\" ContentType=\"application/vnd.\
                 openxmlformats-officedocument.wordprocessingml.document.main+xml\"/></Types>"
            ),
        ),
        (
            "_rels/.rels",
            format!(
                "{head}<Relationships xmlns=\"{package}/relationships\"><Relationship Id=\"r1\" \
                 Type=\"{office}/officeDocument\" Target=\"word/document.xml\"/></Relationships>"
            ),
        ),
        (
            "word/document.xml",
            format!("{head}<w:document xmlns:w=\"{word}\"><w:body>{body}</w:body></w:document>"),
        ),
    ];
    let mut file = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default()
        .last_modified_time(zip::DateTime::default())
        .unix_permissions(0o644);
    for (name, content) in parts {
        file.start_file(name, options)?;
        file.write_all(content.as_bytes())?;
    }
    Ok(file.finish()?.into_inner())
}

/// A sheet; cells that are numbers or days are written as such.
pub(super) fn xlsx(name: &str, rows: &[&[&str]]) -> io::Result<Vec<u8>> {
    use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, Workbook};
    let wrong = |error: rust_xlsxwriter::XlsxError| io::Error::other(error.to_string());
    let mut book = Workbook::new();
    let made = ExcelDateTime::from_ymd(2025, 5, 2).map_err(wrong)?;
    book.set_properties(&DocProperties::new().set_creation_datetime(&made));
    let day = Format::new().set_num_format("dd.mm.yyyy");
    let sheet = book.add_worksheet();
    sheet.set_name(name).map_err(wrong)?;
    for (row, cells) in (0_u32..).zip(rows) {
        for (column, text) in (0_u16..).zip(*cells) {
            if let Ok(date) = ExcelDateTime::parse_from_str(text)
                && text.len() == 10
            {
                sheet.write_datetime_with_format(row, column, date, &day).map_err(wrong)?;
            } else if let Ok(number) = text.parse::<f64>() {
                sheet.write_number(row, column, number).map_err(wrong)?;
            } else {
                sheet.write_string(row, column, *text).map_err(wrong)?;
            }
        }
    }
    sheet.autofit();
    book.save_to_buffer().map_err(wrong)
}

/// A mail with a text and, if given, a PDF.
pub(super) fn mail(headers: &str, text: &str, attached: Option<(&str, Vec<u8>)>) -> Vec<u8> {
    let mut mail = headers.trim_matches('\n').to_owned();
    mail.push_str("\nMIME-Version: 1.0\n");
    let plain = "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n";
    let text = text.trim_start_matches('\n');
    match attached {
        None => {
            let _ = write!(mail, "{plain}{text}");
        }
        Some((name, bytes)) => {
            let _ = write!(
                mail,
                "Content-Type: multipart/mixed; boundary=\"part\"\n\n--part\n{plain}{text}\n--part\n\
                 Content-Type: application/pdf; name=\"{name}\"\nContent-Transfer-Encoding: base64\n\
                 Content-Disposition: attachment; filename=\"{name}\"\n\n{}--part--\n",
                base64(&bytes)
            );
        }
    }
    mail.replace('\n', "\r\n").into_bytes()
}

fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for (index, group) in bytes.chunks(3).enumerate() {
        if index > 0 && index % 19 == 0 {
            text.push('\n');
        }
        let value = group.iter().fold(0_usize, |value, byte| value << 8 | usize::from(*byte));
        let value = value << (8 * (3 - group.len()));
        for place in 0..4 {
            let letter = LETTERS[value >> (18 - 6 * place) & 63];
            text.push(if place <= group.len() { char::from(letter) } else { '=' });
        }
    }
    text.push('\n');
    text
}
