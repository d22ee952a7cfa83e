//! A report against its documents: a sound one passes, and each kind of fault is found.

use super::{Claim, ExpenseCheck, Part, Place, SetAside, Sources, Sum, Verdict, expenses};
use crate::read_document;
use crate::workbook::{Cell, Column, Sheet, Workbook, write};

const RECEIPT: &str = "Corner Shop\n3 April 2025\nTotal £12.50\n";
const STATEMENT: &str = "Date,Text,Amount\n2025-04-05,Taxi,-8.00\n2025-04-06,Salary,900.00\n";

fn claim(path: &str, at: Place, amount: &str, cell: &str) -> Claim {
    Claim {
        path: path.into(),
        at,
        amount: amount.into(),
        currency: "GBP".into(),
        sheet: "2025-04".into(),
        cell: cell.into(),
    }
}

fn cell_at(row: usize) -> Place {
    Place { table: Some(0), row: Some(row), column: Some(3), ..Place::default() }
}

fn report(part: Part) -> ExpenseCheck {
    let line = Place { line: Some(3), ..Place::default() };
    ExpenseCheck {
        part,
        folders: vec!["s".into()],
        workbook: "s/Expenses.xlsx".into(),
        own: vec!["s/Expenses.xlsx".into()],
        rows: vec![
            claim("s/a.txt", line, "12.50", "B2"),
            claim("s/b.csv", cell_at(2), "8.00", "B3"),
        ],
        set_aside: vec![
            SetAside {
                path: "s/b.csv".into(),
                at: Some(cell_at(3)),
                why: "money that came in".into(),
            },
            SetAside { path: "s/c.jpg".into(), at: None, why: "a picture without text".into() },
        ],
        sums: vec![Sum {
            sheet: "2025-04".into(),
            cell: "B4".into(),
            currency: "GBP".into(),
            of: None,
        }],
    }
}

fn book(amounts: &[&str], formula: &str) -> Vec<u8> {
    let mut rows: Vec<Vec<Cell>> =
        amounts.iter().map(|amount| vec![Cell::text("x"), Cell::number(*amount)]).collect();
    rows.push(vec![Cell::text("Total"), Cell::formula(formula)]);
    let column = |title: &str| Column { title: title.into(), ..Column::default() };
    let sheet = Sheet {
        name: "2025-04".into(),
        columns: vec![column("Vendor"), column("Amount")],
        rows,
        freeze_header: true,
        autofilter: false,
        totals: None,
        charts: vec![],
        notes: vec![],
    };
    let workbook = Workbook { created: "2025-05-01".into(), title: None, sheets: vec![sheet] };
    write(&workbook).expect("a workbook")
}

fn run(check: &ExpenseCheck, files: &[&str], bytes: &[u8]) -> Verdict {
    let files: Vec<String> = files.iter().map(|file| (*file).to_owned()).collect();
    let mut sources = Sources {
        files: &files,
        document: &mut |path| {
            let text = if path.ends_with("a.txt") { RECEIPT } else { STATEMENT };
            read_document(text.as_bytes(), path).map_err(|error| error.why)
        },
        workbook: &mut |_| Ok(bytes.to_vec()),
    };
    expenses(check, &mut sources)
}

const FILES: [&str; 5] = ["s/a.txt", "s/b.csv", "s/c.jpg", "s/.hidden", "s/Expenses.xlsx"];

#[test]
fn a_sound_report_passes_every_part() {
    let bytes = book(&["12.50", "8.00"], "SUM(B2:B3)");
    for part in [Part::Accounted, Part::Totals, Part::Workbook] {
        let verdict = run(&report(part), &FILES, &bytes);
        assert!(verdict.passed, "{part:?}: {:?}", verdict.evidence);
        assert!(!verdict.evidence.is_empty());
    }
}

#[test]
fn each_fault_is_found() {
    let sound = || book(&["12.50", "8.00"], "SUM(B2:B3)");
    let fails =
        |name: &str, change: &dyn Fn(&mut ExpenseCheck), part, files: &[&str], bytes: Vec<u8>| {
            let mut check = report(part);
            change(&mut check);
            let verdict = run(&check, files, &bytes);
            assert!(!verdict.passed, "{name} passed: {:?}", verdict.evidence);
        };
    let same = |_: &mut ExpenseCheck| {};
    let more = [&FILES[..], &["s/new.pdf"]].concat();
    fails("a document nobody speaks of", &same, Part::Accounted, &more, sound());
    fails("a source that is gone", &same, Part::Accounted, &FILES[1..], sound());
    fails("no reason", &|c| c.set_aside[1].why.clear(), Part::Accounted, &FILES, sound());
    fails("a forgotten line", &|c| drop(c.set_aside.remove(0)), Part::Accounted, &FILES, sound());
    fails("another amount", &|c| c.rows[0].amount = "12.51".into(), Part::Totals, &FILES, sound());
    fails("another line", &|c| c.rows[0].at.line = Some(2), Part::Totals, &FILES, sound());
    fails("no such line", &|c| c.rows[0].at.line = Some(99), Part::Totals, &FILES, sound());
    fails("counted twice", &|c| c.rows[1] = c.rows[0].clone(), Part::Totals, &FILES, sound());
    fails("no sum", &|c| c.sums.clear(), Part::Totals, &FILES, sound());
    fails(
        "a formula that misses a row",
        &same,
        Part::Totals,
        &FILES,
        book(&["12.50", "8.00"], "SUM(B2:B2)"),
    );
    fails("a typed total", &same, Part::Workbook, &FILES, book(&["12.50", "8.00", "20.50"], "1+1"));
    fails(
        "an amount from nowhere",
        &same,
        Part::Totals,
        &FILES,
        book(&["12.50", "8.00", "1"], "SUM(B2:B3)"),
    );
    fails("an error", &same, Part::Workbook, &FILES, book(&["12.50", "8.00"], "B2/0"));
    fails("no workbook", &same, Part::Workbook, &FILES, b"PK not a workbook".to_vec());
}
