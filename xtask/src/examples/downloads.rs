//! The example folder `downloads`: what lies in a download folder after some years.
//!
//! Small files of many kinds and languages: duplicates, odd names, a project, a tidy subfolder, an
//! unfinished download, a lock file, hidden files and a link. The same bytes every time.

use std::fs;
use std::io;
use std::path::Path;

/// Writes the folder's content into `dir`. Existing files of these names are replaced.
pub(crate) fn downloads(dir: &Path) -> io::Result<()> {
    for (path, bytes) in files() {
        let path = dir.join(path);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        fs::write(path, bytes)?;
    }
    let link = dir.join("latest invoice.pdf");
    match fs::remove_file(&link) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => std::os::unix::fs::symlink("invoice_2024-118.pdf", link),
    }
}

fn files() -> Vec<(String, Vec<u8>)> {
    let mut files = vec![];
    let mut put = |path: &str, bytes: Vec<u8>| files.push((path.to_owned(), bytes));
    pictures(&mut put);
    papers(&mut put);
    texts(&mut put);
    others(&mut put);
    files
}

type Put<'a> = &'a mut dyn FnMut(&str, Vec<u8>);

fn pictures(put: Put<'_>) {
    let june = jpeg("2024:06:12 10:15:30", 4);
    put("IMG_20240612_101530.jpg", june.clone());
    put("IMG_20240612_101530 (1).jpg", june.clone());
    put("New folder/IMG_20240612_101530.jpg", june);
    put("IMG_20240612_101544.jpg", jpeg("2024:06:12 10:15:44", 4));
    put("IMG_20231224_183000.jpg", jpeg("2023:12:24 18:30:00", 6));
    put("DSC00012.JPG", jpeg("2022:08:03 14:02:11", 8));
    put("holiday beach.jpg", jpeg("2023:07:19 09:00:05", 5));
    put("Screenshot 2025-03-02 at 10.11.12.png", png(0x40));
    put("Bildschirmfoto 2025-02-11.png", png(0x80));
    put("logo.png", png(0xc0));
}

fn papers(put: Put<'_>) {
    put(
        "invoice_2024-118.pdf",
        pdf(&[
            "Invoice 2024-118",
            "Blue Desk Ltd",
            "Date: 18 March 2024",
            "Office chair  149.00 EUR",
        ]),
    );
    let power =
        pdf(&["Stadtwerke Musterstadt", "Rechnung 4471", "Datum: 31.03.2024", "Strom  87,40 EUR"]);
    put("Rechnung Stadtwerke 2024-03.pdf", power.clone());
    put("Rechnung Stadtwerke 2024-03 (1).pdf", power);
    put(
        "facture-internet-mai.pdf",
        pdf(&["Facture", "Fibre du Sud", "le 2 mai 2024", "Total TTC 29,99 EUR"]),
    );
    put("Mietvertrag Gartenstrasse.pdf", pdf(&["Mietvertrag", "zwischen Vermieter und Mieter"]));
    put(
        "manual_coffee_machine.pdf",
        pdf(&["User manual", "Coffee machine K2", "Descale every month"]),
    );
    put("boarding pass LIS-BER.pdf", pdf(&["Boarding pass", "Lisbon to Berlin", "Seat 12A"]));
    put(
        "scan0003.pdf",
        pdf(&["Invoice", "Payment due in 14 days", "Invoice total 12.00 EUR", "Invoice number 9"]),
    );
    put("Taxes 2023/tax return 2023.pdf", pdf(&["Tax return 2023"]));
    put("CV_2025.docx", docx(&["Curriculum vitae", "Three years as a gardener"]));
    put("budget 2025.xlsx", xlsx(&[("Rent", 900), ("Food", 350), ("Garden", 40)]));
}

fn texts(put: Put<'_>) {
    let mut text = |path: &str, text: &str| put(path, text.as_bytes().to_vec());
    text(
        "garden-plan.txt",
        "Garden: beans along the fence, tomatoes at the wall, herbs by the door.\n",
    );
    text("Garden budget.csv", "item,cost\nseeds,12.50\nsoil,30.00\n");
    text("garden ideas.md", "# Garden ideas\n\n- a pond\n- a bench under the tree\n");
    text("notes.txt", "Call the dentist. Return the drill to Ana.\n");
    text("New folder/notes.txt", "Other notes: passwords are NOT kept here.\n");
    text(
        "New folder/letter to landlord.txt",
        "Dear Ms Meyer,\nthe window in the kitchen does not close.\n",
    );
    text(
        "recipe lentil soup.txt",
        "Lentil soup\n\n200 g lentils, 1 onion, 1 l water. Cook for 30 minutes.\n",
    );
    text(
        "Rezept Apfelkuchen.txt",
        "Apfelkuchen\n\n500 g Äpfel, 200 g Mehl, 3 Eier. 45 Minuten bei 180 Grad.\n",
    );
    text("empty.txt", "");
    text(
        "Taxes 2023/donation receipt.txt",
        "Receipt: donation of 50.00 EUR to the animal shelter, 2023-11-30\n",
    );
    text("naïve café ☕.txt", "A name with accents and a cup.\n");
    text("README.txt", "One of two names that differ in case only.\n");
    text("readme.TXT", "The other one.\n");
    text(" -rf; $(echo) 'quote' .txt", "A name that shells like to trip over.\n");
    text(
        &format!("{} minutes.txt", "a very long name that goes on ".repeat(7).trim()),
        "Minutes of the meeting.\n",
    );
    text(
        "newsletter.eml",
        "From: news@example.org\r\nTo: you@example.org\r\nSubject: Spring newsletter\r\n\
         Date: Mon, 4 Mar 2024 08:00:00 +0000\r\n\r\nThe market opens again on Saturday.\r\n",
    );
    text(
        "Saved page.html",
        "<!doctype html><link rel=\"stylesheet\" href=\"Saved page_files/style.css\">\
         <p>A saved page.</p>\n",
    );
    text("Saved page_files/style.css", "p { color: teal }\n");
    text(
        "weather-widget/package.json",
        "{ \"name\": \"weather-widget\", \"version\": \"0.1.0\" }\n",
    );
    text("weather-widget/index.js", "export const sky = () => 'blue'\n");
    text("weather-widget/README.md", "# Weather widget\n\nShows the sky.\n");
    text(".directory-settings", "view=list\n");
    text("~$budget 2025.xlsx", "locked by you\n");
}

fn others(put: Put<'_>) {
    put("podcast 12.mp3", mp3("Podcast 12"));
    put("voice memo.wav", wav(160));
    put("clip.mp4", mp4());
    let old = zip(&[("index.html", b"<p>old</p>\n".to_vec()), ("style.css", b"p {}\n".to_vec())]);
    put("old-site.zip", old.clone());
    put("old-site copy.zip", old);
    put(
        "setup_scanner.exe",
        [b"MZ".to_vec(), vec![0; 62], b"this stands in for a program".to_vec()].concat(),
    );
    put("big-image.iso.part", b"\0\0\0\0only the beginning of a download".to_vec());
}

/// A grey picture of `blocks` squares, with the time at which it was taken.
fn jpeg(taken: &str, blocks: u8) -> Vec<u8> {
    let mut exif = b"Exif\0\0II*\0\x08\0\0\0".to_vec();
    // One entry that points to the Exif table right behind it, and there one with the time.
    exif.extend([1, 0, 0x69, 0x87, 4, 0, 1, 0, 0, 0, 26, 0, 0, 0, 0, 0, 0, 0]);
    exif.extend([1, 0, 0x03, 0x90, 2, 0, 20, 0, 0, 0, 44, 0, 0, 0, 0, 0, 0, 0]);
    exif.extend(taken.as_bytes());
    exif.push(0);
    let segment = |mark: u8, content: &[u8]| {
        let length = u16::try_from(content.len() + 2).expect("a segment is small").to_be_bytes();
        [&[0xff, mark], &length[..], content].concat()
    };
    let mut file = vec![0xff, 0xd8];
    file.extend(segment(0xe1, &exif));
    file.extend(segment(0xdb, &[&[0][..], &[1; 64]].concat()));
    file.extend(segment(0xc0, &[8, 0, 8, 0, 8 * blocks, 1, 1, 0x11, 0]));
    // Both code tables know one symbol of one bit: no difference, and end of block.
    for table in [0x00, 0x10] {
        file.extend(segment(0xc4, &[&[table, 1][..], &[0; 15], &[0]].concat()));
    }
    file.extend(segment(0xda, &[1, 1, 0, 0, 63, 0]));
    let bits = 2 * usize::from(blocks);
    file.extend(vec![0; bits / 8]);
    if bits % 8 > 0 {
        file.push(0xff >> (bits % 8));
    }
    file.extend([0xff, 0xd9]);
    file
}

/// One grey pixel.
fn png(grey: u8) -> Vec<u8> {
    let chunk = |kind: &[u8; 4], content: &[u8]| {
        let body = [&kind[..], content].concat();
        let length = u32::try_from(content.len()).expect("a chunk is small").to_be_bytes();
        [&length[..], &body, &crc32(&body).to_be_bytes()].concat()
    };
    let row = [0, grey];
    let stored =
        [&[0x78, 0x01, 1, 2, 0, 0xfd, 0xff][..], &row, &adler32(&row).to_be_bytes()].concat();
    [
        b"\x89PNG\r\n\x1a\n".to_vec(),
        chunk(b"IHDR", &[0, 0, 0, 1, 0, 0, 0, 1, 8, 0, 0, 0, 0]),
        chunk(b"IDAT", &stored),
        chunk(b"IEND", &[]),
    ]
    .concat()
}

/// One page with these lines.
fn pdf(lines: &[&str]) -> Vec<u8> {
    let mut page = String::from("BT /F1 14 Tf 60 760 Td 20 TL\n");
    for line in lines {
        page.push_str(&format!("({line}) Tj T*\n"));
    }
    page.push_str("ET\n");
    let objects = [
        "<< /Type /Catalog /Pages 2 0 R >>".to_owned(),
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>".to_owned(),
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R \
         /Resources << /Font << /F1 5 0 R >> >> >>"
            .to_owned(),
        format!("<< /Length {} >>\nstream\n{page}endstream", page.len()),
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>".to_owned(),
    ];
    let mut file = String::from("%PDF-1.4\n");
    let mut table = String::from("0000000000 65535 f \n");
    for (number, object) in (1..).zip(&objects) {
        table.push_str(&format!("{:010} 00000 n \n", file.len()));
        file.push_str(&format!("{number} 0 obj\n{object}\nendobj\n"));
    }
    let start = file.len();
    file.push_str(&format!(
        "xref\n0 6\n{table}trailer\n<< /Size 6 /Root 1 0 R >>\nstartxref\n{start}\n%%EOF\n"
    ));
    file.into_bytes()
}

fn docx(paragraphs: &[&str]) -> Vec<u8> {
    let paragraph = |text: &&str| format!("<w:p><w:r><w:t>{text}</w:t></w:r></w:p>");
    let body: String = paragraphs.iter().map(paragraph).collect();
    office(
        "word/document.xml",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml",
        &[(
            "word/document.xml",
            format!(
                "<w:document \
                 xmlns:w=\"http://schemas.openxmlformats.org/wordprocessingml/2006/main\"><w:body>{body}</w:body>\
                 </w:document>"
            ),
        )],
    )
}

fn xlsx(rows: &[(&str, u32)]) -> Vec<u8> {
    const MAIN: &str = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
    const RELATIONS: &str = "http://schemas.openxmlformats.org/package/2006/relationships";
    const OFFICE: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    let row = |(number, (name, value)): (usize, &(&str, u32))| {
        format!(
            "<row r=\"{number}\"><c r=\"A{number}\" t=\"inlineStr\"><is><t>{name}</t></is></c>\
             <c r=\"B{number}\"><v>{value}</v></c></row>"
        )
    };
    let rows: String = (1..).zip(rows).map(row).collect();
    office(
        "xl/workbook.xml",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml",
        &[
            (
                "xl/workbook.xml",
                format!(
                    "<workbook xmlns=\"{MAIN}\" xmlns:r=\"{OFFICE}\"><sheets>\
                     <sheet name=\"Budget\" sheetId=\"1\" r:id=\"rId1\"/></sheets></workbook>"
                ),
            ),
            (
                "xl/_rels/workbook.xml.rels",
                format!(
                    "<Relationships xmlns=\"{RELATIONS}\"><Relationship Id=\"rId1\" \
                     Type=\"{OFFICE}/worksheet\" Target=\"worksheets/sheet1.xml\"/></Relationships>"
                ),
            ),
            (
                "xl/worksheets/sheet1.xml",
                format!("<worksheet xmlns=\"{MAIN}\"><sheetData>{rows}</sheetData></worksheet>"),
            ),
        ],
    )
}

/// An office document: a zip that says first what its parts are and which one is the main one.
fn office(main: &str, kind: &str, parts: &[(&str, String)]) -> Vec<u8> {
    let types = format!(
        "<Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\">\
         <Default Extension=\"rels\" \
         ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/>\
         <Default Extension=\"xml\" ContentType=\"application/xml\"/>\
         <Override PartName=\"/{main}\" ContentType=\"{kind}\"/>{}</Types>",
        if main.starts_with("xl/") {
            "<Override PartName=\"/xl/worksheets/sheet1.xml\" ContentType=\"application/\
             vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml\"/>"
        } else {
            ""
        }
    );
    let relations = format!(
        "<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\">\
         <Relationship Id=\"rId1\" Type=\"http://schemas.openxmlformats.org/officeDocument/2006/\
         relationships/officeDocument\" Target=\"{main}\"/></Relationships>"
    );
    let mut entries =
        vec![("[Content_Types].xml", types.into_bytes()), ("_rels/.rels", relations.into_bytes())];
    entries.extend(parts.iter().map(|(name, text)| (*name, text.clone().into_bytes())));
    zip(&entries)
}

/// An archive without compression; everything in it is from the first day that the format knows.
fn zip(entries: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let size = |length: usize| u32::try_from(length).expect("an example is small").to_le_bytes();
    let short = |length: usize| u16::try_from(length).expect("an example is small").to_le_bytes();
    let (mut file, mut directory) = (vec![], vec![]);
    for (name, content) in entries {
        let mut shared = vec![20, 0, 0, 0, 0, 0, 0, 0, 0x21, 0];
        shared.extend(crc32(content).to_le_bytes());
        shared.extend(size(content.len()));
        shared.extend(size(content.len()));
        shared.extend(short(name.len()));
        shared.extend([0, 0]);
        directory.extend(b"PK\x01\x02\x14\0");
        directory.extend(&shared);
        directory.extend([0; 10]);
        directory.extend(size(file.len()));
        directory.extend(name.as_bytes());
        file.extend(b"PK\x03\x04");
        file.extend(&shared);
        file.extend(name.as_bytes());
        file.extend(content);
    }
    let start = size(file.len());
    let count = short(entries.len());
    let length = size(directory.len());
    file.extend(&directory);
    file.extend(b"PK\x05\x06\0\0\0\0");
    file.extend(count);
    file.extend(count);
    file.extend(length);
    file.extend(start);
    file.extend([0, 0]);
    file
}

/// A title and one frame of silence.
fn mp3(title: &str) -> Vec<u8> {
    let text = [&[3][..], title.as_bytes()].concat();
    let length = u8::try_from(text.len()).expect("a title is short");
    let frame = [&b"TIT2\0\0\0"[..], &[length, 0, 0], &text].concat();
    let tag = [&b"ID3\x03\0\0\0\0\0"[..], &[length + 10], &frame].concat();
    [tag, vec![0xff, 0xfb, 0x90, 0x64], vec![0; 413]].concat()
}

fn wav(samples: u8) -> Vec<u8> {
    let header = b"WAVEfmt \x10\0\0\0\x01\0\x01\0\x40\x1f\0\0\x40\x1f\0\0\x01\0\x08\0data";
    let length = |bytes: usize| u32::try_from(bytes).expect("a memo is short").to_le_bytes();
    let data = vec![0x80; usize::from(samples)];
    let size = length(header.len() + 4 + data.len());
    [&b"RIFF"[..], &size, header, &length(data.len()), &data].concat()
}

fn mp4() -> Vec<u8> {
    b"\0\0\0\x18ftypisom\0\0\x02\0isommp41\0\0\0\x08free".to_vec()
}

fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |sum, &byte| {
        (0..8).fold(sum ^ u32::from(byte), |sum, _| sum >> 1 ^ (0xedb8_8320 * (sum & 1)))
    })
}

fn adler32(bytes: &[u8]) -> u32 {
    let (low, high) = bytes.iter().fold((1, 0), |(low, high), &byte| {
        let low = (low + u32::from(byte)) % 65521;
        (low, (high + low) % 65521)
    });
    high << 16 | low
}
