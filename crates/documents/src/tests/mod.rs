//! Documents of every format, made here byte by byte, are read as a person would read them; and
//! broken ones are refused without harm.

mod corpus;
mod hostile;
mod pdf;

use crate::document::{Document, Format, Mark, ReadErrorKind};
use crate::read_document;
use corpus::*;

fn read(bytes: &[u8], name: &str) -> Document {
    read_document(bytes, name).unwrap_or_else(|error| panic!("{name}: {error}"))
}

#[test]
fn texts_in_many_encodings() {
    let german = "Quittung Bäckerei Müller – Straße 5\nSumme: 12,50 €\n\
        Vielen Dank für Ihren Einkauf!";
    let russian = "Квитанция\nИтого: 1 250 рублей\nСпасибо за покупку, приходите еще";
    let japanese =
        "領収書\n合計 1,200円\nお買い上げありがとうございます。またのご来店をお待ちしております。";
    for (text, label, mark) in [
        (german, "utf-8", true),
        (german, "utf-8", false),
        (german, "utf-16le", true),
        (german, "utf-16be", true),
        (german, "utf-16le", false),
        (german, "windows-1252", false),
        (russian, "windows-1251", false),
        (russian, "koi8-r", false),
        (russian, "utf-16le", true),
        (japanese, "shift_jis", false),
        (japanese, "euc-jp", false),
        (japanese, "utf-8", false),
    ] {
        let document = read(&encoded(text, label, mark), "note.txt");
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(document.lines, lines, "{label} {mark}");
        assert_eq!(document.format, Format::Text);
    }
}

#[test]
fn markdown_keeps_its_title_and_tables() {
    let text = "# Trip to Bern\n\n| What | Price |\n|------|------:|\n\
        | Train | **88.40** |\n\nDone.";
    let document = read(text.as_bytes(), "trip.md");
    assert_eq!(document.format, Format::Markdown);
    assert_eq!(document.title.as_deref(), Some("Trip to Bern"));
    assert_eq!(document.tables[0].rows, [["What", "Price"], ["Train", "88.40"]]);
}

#[test]
fn pages_show_what_a_person_sees() {
    let document = read(PAGE.as_bytes(), "order.html");
    assert_eq!(document.format, Format::Html);
    assert_eq!(document.title.as_deref(), Some("Your order & more"));
    let expected = [
        "Thank you!",
        "",
        "Your order of 7 March",
        "- one",
        "- two",
        "Item   Price",
        "Tea & cake   4.50 €",
        "Total   4.50 €",
    ];
    assert_eq!(document.lines, expected);
    assert_eq!(document.tables[0].rows[1], ["Tea & cake", "4.50 €"]);
}

#[test]
fn tables_for_layout_keep_the_order_of_reading() {
    let page = "<table><tr><td>Shop<br>Street 1</td></tr><tr><td>Hello \
        <table><tr><td>Sum<td align=right>12.50</table> bye</td></tr></table>";
    let document = read(page.as_bytes(), "mail.html");
    assert_eq!(document.lines, ["Shop", "Street 1", "Hello", "Sum   12.50", "bye"]);
}

#[test]
fn cells_with_equally_many_lines_stand_side_by_side() {
    let page = "<table><tr><td>Tea<br>Cake</td><td>1.50<br>3.00</td></tr></table>";
    assert_eq!(read(page.as_bytes(), "a.html").lines, ["Tea   1.50", "Cake   3.00"]);
}

#[test]
fn pages_in_old_encodings() {
    let page = "<html><head><meta charset=windows-1251></head><body>Итого</body></html>";
    assert_eq!(read(&encoded(page, "windows-1251", false), "a.htm").lines, ["Итого"]);
}

#[test]
fn mails_tell_headers_text_and_attachments() {
    let document = read(&mail(), "order.eml");
    assert_eq!(document.format, Format::Mail);
    assert_eq!(document.fact("from"), Some("Müller & Söhne <shop@example.org>"));
    assert_eq!(document.fact("subject"), Some("Ihre Rechnung für März"));
    assert_eq!(document.fact("date"), Some("2024-03-07T14:30:00+01:00"));
    assert_eq!(document.lines, ["Vielen Dank für Ihre Bestellung.", "Summe: 12,50 €"]);
    let names: Vec<&str> = document.attachments.iter().map(|a| a.name.as_str()).collect();
    assert_eq!(names, ["Rechnung März.pdf", "list.csv", "logo.png"]);
    let pdf = document.attachments[0].document.as_ref().unwrap();
    assert!(pdf.lines.iter().any(|line| line == "Total   12,50 €"), "{:?}", pdf.lines);
    let list = document.attachments[1].document.as_ref().unwrap();
    assert_eq!(list.tables[0].rows[1], ["Tea", "12,50"]);
    let picture = document.attachments[2].problem.as_ref().unwrap();
    assert_eq!(picture.kind, ReadErrorKind::Unknown);
}

#[test]
fn a_page_to_go_on_from_tells_where_its_links_lead() {
    let page = "<html><title>T</title><body><h1>Top</h1><h2></h2><p>See <a href='/a'>the <b>list</b>\
        </a>, <a href='#x'>here</a> and <a href='/b'><img></a>.<ul><li><a href=c>C<li>D</ul>\
        <a href='/open'>never closed</html>";
    let resolve = |href: &str| {
        let is_own = href.starts_with('#');
        (!is_own).then(|| format!("https://h.test{href}"))
    };
    let document = crate::read_page(page.as_bytes(), Some("utf-8"), resolve).unwrap();
    let told =
        ["# Top", "", "See the list (https://h.test/a), here and .", "- C", "- D", "never closed"];
    assert_eq!(document.lines, told);
    assert_eq!(document.title.as_deref(), Some("T"));
}

#[test]
fn mails_in_html_only_and_mails_within_mails() {
    let html = "From: a@example.org\r\nTo: b@example.org\r\nSubject: Receipt\r\n\
        MIME-Version: 1.0\r\nContent-Type: text/html; charset=utf-8\r\n\r\n\
        <p>Total <b>12.50</b></p><script>no()</script>";
    assert_eq!(read(html.as_bytes(), "a.eml").lines, ["Total 12.50"]);
    let outer = format!(
        "From: c@example.org\r\nTo: d@example.org\r\nSubject: Fwd\r\nMIME-Version: 1.0\r\n\
        Content-Type: multipart/mixed; boundary=B\r\n\r\n\
        --B\r\nContent-Type: text/plain\r\n\r\nSee below\r\n\
        --B\r\nContent-Type: message/rfc822\r\n\r\n{html}\r\n--B--\r\n"
    );
    let document = read(outer.as_bytes(), "fwd.eml");
    let inner = document.attachments[0].document.as_ref().unwrap();
    assert_eq!(inner.title.as_deref(), Some("Receipt"));
    assert_eq!(inner.lines, ["Total 12.50"]);
}

#[test]
fn tables_of_banks() {
    for (text, rows) in [
        ("Date;Text;Amount\n01.03.2024;\"Rent; flat\";-1.250,00\n02.03.2024;Tea;-3,50\n", 3),
        ("Date,Text,Amount\n2024-03-01,\"Rent, flat\",-1250.00\n2024-03-02,Tea,-3.50\n", 3),
        ("Date\tText\tAmount\n2024-03-01\tRent\t-1250.00\n2024-03-02\tTea\t-3.50\n", 3),
        ("sep=;\nDate;Text;Amount\n01.03.2024;Rent;-1.250,00\n02.03.2024;Tea;-3,50\n", 3),
        ("\"Account\";\"DE12\"\n\"To\";\"1\"\n\nDate;Text;Amount\n1.3.;Rent;-1\n2.3.;Tea;-3\n", 3),
        ("Statement;;\n;;\nDate;Text;Amount\n1.3.;Rent;-1,0\n2.3.;Tea;-3,5\n", 3),
    ] {
        let document = read(text.as_bytes(), "bank.csv");
        assert_eq!(document.format, Format::Csv);
        let table = &document.tables[0];
        assert_eq!(table.rows.len(), rows, "{text}: {:?}", table.rows);
        assert_eq!(table.rows[0], ["Date", "Text", "Amount"], "{text}");
    }
    let preamble = read(b"Konto;DE12\n\nDate;Text;Amount\n1.3.;Rent;-1,0\n2.3.;Tea;-3\n", "b.csv");
    assert_eq!(preamble.lines[0], "Konto   DE12");
}

#[test]
fn what_lines_are_is_marked() {
    let marks = |bytes: &[u8], name: &str| -> Vec<(usize, Mark)> {
        read(bytes, name).marks.iter().map(|it| (it.line, it.mark)).collect()
    };
    let table = |table, lines| Mark::Table { table, lines };
    let lines = read(&docx(), "a.docx").lines;
    let row = lines.iter().position(|line| line == "Tee   4,50 €").expect("a row of the table");
    assert_eq!(marks(&docx(), "a.docx"), [(row, table(0, 1))], "{lines:?}");
    assert_eq!(marks(&odt(), "a.odt"), [(1, table(0, 1))]);
    assert_eq!(marks(&pptx(), "a.pptx"), [(2, Mark::Break)]);
    let paragraph = |style: &str, text: &str| {
        format!("<w:p><w:pPr>{style}</w:pPr><w:r><w:t>{text}</w:t></w:r></w:p>")
    };
    let body = [
        paragraph("<w:pStyle w:val='Titel'/>", "Bericht"),
        paragraph("<w:pStyle w:val='berschrift2'/>", "Teil"),
        paragraph("", "Text"),
        paragraph("<w:numPr/>", "Punkt"),
        "<w:tbl><w:tr><w:tc><w:p/></w:tc></w:tr></w:tbl>".to_owned(),
    ];
    let body = format!("<w:document xmlns:w='w'><w:body>{}</w:body></w:document>", body.concat());
    let bytes = zip(&[("[Content_Types].xml", "<Types/>"), ("word/document.xml", &body)]);
    let expected = [(0, Mark::Heading(1)), (1, Mark::Heading(2)), (3, Mark::Entry)];
    assert_eq!(marks(&bytes, "b.docx"), expected, "an empty table is none");
}

#[test]
fn office_files() {
    for (bytes, name, format) in [
        (docx(), "letter.docx", Format::Docx),
        (odt(), "letter.odt", Format::Odt),
        (rtf(), "letter.rtf", Format::Rtf),
        (docx(), "no ending", Format::Docx),
    ] {
        let document = read(&bytes, name);
        assert_eq!(document.format, format, "{name}");
        let text = document.lines.join("\n");
        for line in ["Rechnung für Jörg & Söhne", "Tee   4,50 €", "Summe   4,50 €"] {
            assert!(text.contains(line), "{name}: {line} in {text}");
        }
        if format != Format::Rtf {
            assert_eq!(document.title.as_deref(), Some("Rechnung 7"), "{name}");
            assert_eq!(document.tables[0].rows[0], ["Tee", "4,50 €"], "{name}");
        }
    }
    let slides = read(&pptx(), "talk.pptx");
    assert_eq!(slides.lines, ["First slide", "", "Second slide"]);
}

#[test]
fn spreadsheets_show_exact_numbers_and_dates() {
    for (bytes, name, format) in [(xlsx(), "a.xlsx", Format::Xlsx), (ods(), "a.ods", Format::Ods)] {
        let document = read(&bytes, name);
        assert_eq!(document.format, format);
        assert_eq!(document.tables.len(), 2, "{name}");
        assert_eq!(document.tables[0].name, "März");
        let rows = &document.tables[0].rows;
        assert_eq!(rows[0], ["Datum", "Was", "Betrag"], "{name}");
        assert_eq!(rows[1][..2], ["2024-03-07", "Tee"], "{name}");
        assert!(rows[1][2].starts_with("0.3"), "{name}: {}", rows[1][2]);
        assert_eq!(document.tables[1].rows[0], ["Notiz"], "{name}");
    }
}

#[test]
fn repeated_cells_do_not_fill_the_memory() {
    let document = read(&ods_repeated(), "big.ods");
    let rows = &document.tables[0].rows;
    assert_eq!(rows[0], ["a", "a", "a"]);
    assert!(rows.len() < 2_000, "{}", rows.len());
    assert_eq!(rows.last().unwrap(), &["end"]);
}

#[test]
fn what_is_no_document_is_refused_with_a_reason() {
    let compound = |name: &str| {
        let mut bytes = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".to_vec();
        bytes.resize(1024, 0);
        bytes.extend(name.encode_utf16().flat_map(u16::to_le_bytes));
        bytes.resize(1152, 0);
        bytes
    };
    let torn = &docx()[..300];
    for (bytes, name, kind, why) in [
        (b"".as_slice(), "a.txt", ReadErrorKind::Empty, "empty"),
        (b" \n\t\r\n", "a.pdf", ReadErrorKind::Empty, "empty"),
        (b"%PDF-1.4\nnothing", "a.pdf", ReadErrorKind::Broken, "damaged"),
        (b"no pdf", "a.pdf", ReadErrorKind::Broken, "named .pdf"),
        (&compound("EncryptedPackage"), "a.xlsx", ReadErrorKind::Protected, "password"),
        (&compound("WordDocument"), "a.doc", ReadErrorKind::Unknown, "docx"),
        (&compound("Workbook"), "a.xls", ReadErrorKind::Broken, "damaged"),
        (torn, "a.docx", ReadErrorKind::Broken, "damaged"),
        (&zip(&[("a.txt", "x")]), "a.zip", ReadErrorKind::Unknown, "archive"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "a.png", ReadErrorKind::Unknown, "picture"),
        (b"<html><script>x</script></html>", "a.html", ReadErrorKind::NoText, "no text"),
        (&ods_protected(), "a.ods", ReadErrorKind::Protected, "password"),
        (&bomb(), "a.docx", ReadErrorKind::TooLarge, "unpacks"),
        (&bomb_xlsx(), "a.xlsx", ReadErrorKind::TooLarge, "unpacks"),
    ] {
        let error = read_document(bytes, name).unwrap_err();
        assert_eq!(error.kind, kind, "{name}: {error}");
        assert!(error.why.contains(why), "{name}: {error}");
    }
}

#[test]
fn a_long_text_is_cut_and_says_so() {
    let text = "line\n".repeat(crate::limits::LINES_MAX + 10);
    let document = read(text.as_bytes(), "long.txt");
    assert_eq!(document.lines.len(), crate::limits::LINES_MAX);
    assert!(document.truncated);
}
