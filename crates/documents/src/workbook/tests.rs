//! Workbooks are written, read back and computed.

use super::*;
use crate::document::ReadErrorKind;

fn column(title: &str, format: Option<CellFormat>) -> Column {
    Column { title: title.to_owned(), format, ..Column::default() }
}

fn sheet(name: &str, columns: Vec<Column>, rows: Vec<Vec<Cell>>) -> Sheet {
    Sheet {
        name: name.to_owned(),
        columns,
        rows,
        freeze_header: true,
        autofilter: false,
        totals: None,
        charts: Vec::new(),
        notes: Vec::new(),
    }
}

/// Two months and an overview that adds them up, as an expense report has them.
fn expenses() -> Workbook {
    let month = |name: &str, rows: &[(&str, &str, &str, &str, &str)]| {
        let money = Column {
            currency: Some("EUR".to_owned()),
            ..column("Amount", Some(CellFormat::Money))
        };
        let rows = rows
            .iter()
            .map(|(date, vendor, category, amount, path)| {
                vec![
                    Cell::date(*date),
                    Cell::text(*vendor),
                    Cell::text(*category),
                    Cell::number(*amount),
                    Cell::file(*path, *path),
                ]
            })
            .collect();
        let columns = vec![
            column("Date", Some(CellFormat::Date)),
            column("Vendor", None),
            column("Category", None),
            money,
            column("Source", None),
        ];
        let totals = Some(Totals { label: "Total".to_owned(), columns: vec![3] });
        Sheet { autofilter: true, totals, ..sheet(name, columns, rows) }
    };
    let march = month(
        "March 2024",
        &[
            ("2024-03-01", "Bäckerei Müller", "Food", "12.50", "receipts/a b #1 100%.pdf"),
            ("2024-03-04", "=HYPERLINK(\"http://x\")", "Travel", "1189.99", "receipts/été.eml"),
            ("2024-03-09", "@sum Ltd", "Food", "0.01", "receipts/領収書.txt"),
        ],
    );
    let april = month("April's 2024", &[("2024-04-02", "SBB", "Travel", "88.40", "c.html")]);
    let overview = overview();
    Workbook {
        created: "2024-05-01".to_owned(),
        title: Some("Expenses".to_owned()),
        sheets: vec![overview, march, april],
    }
}

fn overview() -> Sheet {
    let money = |formula: &str| {
        let format = Some(CellFormat::Money);
        Cell { format, currency: Some("EUR".to_owned()), ..Cell::formula(formula) }
    };
    let rows = vec![
        vec![Cell::text("March"), money("SUM('March 2024'!D2:D4)")],
        vec![Cell::text("April"), money("='April''s 2024'!D3")],
        vec![Cell::text("Food"), money("SUMIF('March 2024'!C2:C4,\"Food\",'March 2024'!D2:D4)")],
        vec![
            Cell::text("Large travel"),
            money(
                "SUMIFS('March 2024'!D2:D4,'March 2024'!C2:C4,\"Travel\",\
                 'March 2024'!D2:D4,\">100\")",
            ),
        ],
        vec![Cell::text("Receipts"), Cell::formula("COUNTA('March 2024'!E2:E4)")],
        vec![Cell { bold: true, ..Cell::text("All") }, Cell { total: true, ..money("SUM(B2:B3)") }],
    ];
    let columns = vec![column("What", None), column("Amount", Some(CellFormat::Money))];
    Sheet {
        charts: vec![Chart {
            kind: ChartKind::Column,
            title: "By month".to_owned(),
            categories: "Overview!$A$2:$A$3".to_owned(),
            values: "Overview!$B$2:$B$3".to_owned(),
            at: "D2".to_owned(),
        }],
        notes: vec!["Computed from the sheets of the months.".to_owned()],
        ..sheet("Overview", columns, rows)
    }
}

#[test]
fn formulas_compute_to_the_same_in_the_file_and_in_the_other_engine() {
    let bytes = write(&expenses()).unwrap();
    let read = read(&bytes).unwrap();
    let evaluation = evaluate(&bytes).unwrap();
    for (sheet, cell, value) in [
        ("Overview", "B2", "1202.5"),
        ("Overview", "B3", "88.4"),
        ("Overview", "B4", "12.51"),
        ("Overview", "B5", "1189.99"),
        ("Overview", "B6", "3"),
        ("Overview", "B7", "1290.9"),
        ("March 2024", "D5", "1202.5"),
        ("April's 2024", "D3", "88.4"),
    ] {
        let stored = read.sheet(sheet).unwrap().cell(cell).unwrap();
        assert_eq!(stored.value, value, "stored {sheet} {cell}");
        assert!(stored.formula.is_some(), "{sheet} {cell} is a formula");
        let computed = &evaluation.cell(sheet, cell).unwrap().value;
        let Computed::Number { number } = computed else { panic!("{sheet} {cell}: {computed:?}") };
        assert_eq!(crate::number::number_text(*number), value, "computed {sheet} {cell}");
    }
    assert_eq!(evaluation.errors().count(), 0);
    assert_eq!(evaluation.cells.len(), 8);
}

#[test]
fn stored_values_do_not_sway_the_evaluation() {
    let mut book = expenses();
    book.sheets[0].rows[0][1].value = Some("999".to_owned());
    let bytes = write(&book).unwrap();
    assert_eq!(read(&bytes).unwrap().sheet("Overview").unwrap().cell("B2").unwrap().value, "999");
    let evaluation = evaluate(&bytes).unwrap();
    let value = &evaluation.cell("Overview", "B2").unwrap().value;
    assert_eq!(*value, Computed::Number { number: 1202.5 });
}

#[test]
fn the_same_description_gives_the_same_bytes() {
    assert!(write(&expenses()).unwrap() == write(&expenses()).unwrap());
}

#[test]
fn errors_of_formulas_are_reported() {
    for (formula, error) in [
        ("1/0", "#DIV/0!"),
        ("SUM(Missing!A1)", "#REF!"),
        ("VALUE(\"x\")", "#VALUE!"),
        ("NOSUCH(1)", "#NAME?"),
    ] {
        let rows = vec![vec![Cell::formula(formula)]];
        let book = Workbook {
            created: "2024-01-01".to_owned(),
            title: None,
            sheets: vec![sheet("A", vec![column("x", None)], rows)],
        };
        let evaluation = evaluate(&write(&book).unwrap()).unwrap();
        let errors: Vec<_> = evaluation.errors().map(|cell| cell.value.clone()).collect();
        assert_eq!(errors, [Computed::Error { error: error.to_owned() }], "{formula}");
    }
}

#[test]
fn texts_stay_texts() {
    let bytes = write(&expenses()).unwrap();
    let read = read(&bytes).unwrap();
    let march = read.sheet("March 2024").unwrap();
    for (cell, value) in [("B3", "=HYPERLINK(\"http://x\")"), ("B4", "@sum Ltd")] {
        let found = march.cell(cell).unwrap();
        assert_eq!((found.value.as_str(), &found.formula), (value, &None));
    }
    assert_eq!(march.cell("A2").unwrap().value, "2024-03-01");
}

#[test]
fn links_to_odd_names_are_proper_references() {
    let bytes = write(&expenses()).unwrap();
    let mut archive = crate::archive::Archive::open(&bytes).unwrap();
    let relations = archive.text("xl/worksheets/_rels/sheet2.xml.rels").unwrap().unwrap();
    for target in ["receipts/a%20b%20%231%20100%25.pdf", "receipts/été.eml", "receipts/領収書.txt"]
    {
        assert!(relations.contains(&format!("Target=\"{target}\"")), "{target} in {relations}");
    }
}

#[test]
fn what_cannot_be_written_is_refused_with_a_reason() {
    let with = |change: &dyn Fn(&mut Workbook)| {
        let mut book = expenses();
        change(&mut book);
        write(&book).unwrap_err().to_string()
    };
    for (why, error) in [
        ("characters [", with(&|book| book.sheets[0].name = "a/b".to_owned())),
        ("longer than 31", with(&|book| book.sheets[0].name = "x".repeat(32))),
        ("two sheets", with(&|book| book.sheets[0].name = "MARCH 2024".to_owned())),
        ("no date", with(&|book| book.sheets[1].rows[0][0] = Cell::date("2023-02-29"))),
        ("no decimal", with(&|book| book.sheets[1].rows[0][3] = Cell::number("1,5"))),
        ("more than one", with(&|book| book.sheets[1].rows[0][3].text = Some(String::new()))),
        ("another file", with(&|b| b.sheets[0].rows[0][1] = Cell::formula("[1]A!A1"))),
        ("another file", with(&|b| b.sheets[0].rows[0][1] = Cell::formula("cmd|' /C calc'!A0"))),
        ("reaches out", with(&|b| b.sheets[0].rows[0][1] = Cell::formula("=WebService (\"u\")"))),
        ("at least one", with(&|book| book.sheets.clear())),
        ("no place", with(&|book| book.sheets[0].charts[0].at = "7".to_owned())),
    ] {
        assert!(error.contains(why), "{why}: {error}");
    }
}

#[test]
fn numbers_that_a_spreadsheet_would_round_are_written_as_texts() {
    let rows = vec![vec![Cell::number("1234567890123456.78"), Cell::number("-0.10")]];
    let book = Workbook {
        created: "2024-01-01".to_owned(),
        title: None,
        sheets: vec![sheet("A", vec![column("x", None), column("y", None)], rows)],
    };
    let read = read(&write(&book).unwrap()).unwrap();
    assert_eq!(read.sheets[0].cell("A2").unwrap().value, "1234567890123456.78");
    assert_eq!(read.sheets[0].cell("B2").unwrap().value, "-0.1");
}

#[test]
fn sheet_names_are_made_allowed() {
    let taken = ["March".to_owned(), "x".repeat(31)];
    let long = "x".repeat(40);
    for (wanted, name) in [
        ("April", "April"),
        ("march", "march (2)"),
        ("a/b:c?", "a-b-c-"),
        ("[1]", "(1)"),
        ("'quoted'", "quoted"),
        ("", "Sheet"),
        ("History", "History_"),
        (long.as_str(), "xxxxxxxxxxxxxxxxxxxxxxxxxxx (2)"),
    ] {
        assert_eq!(sheet_name(wanted, &taken), name, "{wanted}");
        assert_eq!(sheet_name_problem(name), None, "{name}");
    }
}

#[test]
fn a_description_in_json_is_read_strictly() {
    let cells: Vec<Cell> = serde_json::from_str(
        r#"["text", null, 12, {"number": "1.50", "currency": "CHF", "format": "money"},
            {"text": "bill", "link": {"file": "a/b.pdf"}},
            {"formula": "SUM(A1:A2)", "total": true}]"#,
    )
    .unwrap();
    assert_eq!(cells[0], Cell::text("text"));
    assert_eq!(cells[1], Cell::empty());
    assert_eq!(cells[2], Cell::number("12"));
    assert_eq!(cells[3], Cell::money("1.50", "CHF"));
    assert_eq!(cells[4], Cell::file("bill", "a/b.pdf"));
    assert_eq!(cells[5], Cell { total: true, ..Cell::formula("SUM(A1:A2)") });
    let error = serde_json::from_str::<Cell>(r#"{"txet": "x"}"#).unwrap_err().to_string();
    assert!(error.contains("txet"), "{error}");
    let again: Workbook =
        serde_json::from_str(&serde_json::to_string(&expenses()).unwrap()).unwrap();
    assert_eq!(again, expenses());
}

#[test]
fn other_files_are_no_workbooks() {
    let compound = [b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".as_slice(), &[0; 600]].concat();
    for (bytes, kind) in [
        (b"".as_slice(), ReadErrorKind::Broken),
        (b"PK\x03\x04 not really", ReadErrorKind::Broken),
        (&compound, ReadErrorKind::Protected),
    ] {
        assert_eq!(read(bytes).unwrap_err().kind, kind);
        assert!(evaluate(bytes).is_err());
    }
}

#[test]
fn numbers_of_cells_may_be_numbers() {
    let json = r#"[12.5, 7, -0.1, {"number": 12.5}, {"number": "12.50"}, {"formula": "A1*2", "value": 25}, "12.50"]"#;
    let cells: Vec<Cell> = serde_json::from_str(json).unwrap();
    let numbers: Vec<Option<&str>> = cells.iter().map(|it| it.number.as_deref()).collect();
    let expected = [Some("12.5"), Some("7"), Some("-0.1"), Some("12.5"), Some("12.50"), None, None];
    assert_eq!(numbers, expected);
    assert_eq!(cells[5].value.as_deref(), Some("25"));
    assert_eq!(cells[6].text.as_deref(), Some("12.50"));
}
