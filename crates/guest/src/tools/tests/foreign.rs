//! Foreign documents: each read in a process of its own, and at worst its own failure.

use super::super::beneath::Roots;
use super::Place;
use serde_json::{Value, json};
use wire::FailKind::{Arguments, Bug, Document, Limit, Path};
use wire::GuestTool::{CheckExpenses, ReadDocument, ReadReceipt, ReadWorkbook, WriteWorkbook};

#[test]
fn a_document_a_receipt_and_a_workbook_come_back_as_data() {
    let place = Place::new();
    place.file("n\nl.txt", "Hotel Adler\nTotal 12,50 EUR\n2024-03-05\n");
    let read = place.done(ReadDocument, &json!({ "path": "s/n\\x0al.txt" }));
    assert_eq!(read["document"]["lines"][0], "Hotel Adler");
    let receipt = place.done(ReadReceipt, &json!({ "path": "s/n\\x0al.txt", "hints": {} }));
    assert_eq!(receipt["date"]["value"], "2024-03-05");
    let workbook = json!({
        "created": "2024-03-05",
        "sheets": [{ "name": "A", "columns": [{ "title": "T" }], "rows": [[{ "number": "7" }]] }],
    });
    let path = "s/new/book.xlsx";
    let written = place.done(WriteWorkbook, &json!({ "path": path, "workbook": workbook }));
    assert_ne!(written["size"], 0);
    let read = place.done(ReadWorkbook, &json!({ "path": path }));
    assert_eq!(read["sheets"][0]["cells"][1], json!({ "cell": "A2", "value": "7" }));
    let refused = place.call(
        WriteWorkbook,
        &json!({ "path": "s/b.xlsx", "workbook": { "created": "", "sheets": [] } }),
    );
    assert_eq!(refused.expect_err("no sheet").0, Arguments);
}

#[test]
fn a_document_that_cannot_be_read_is_told_by_name_and_reason() {
    let place = Place::new();
    place.file("broken.pdf", "%PDF-1.7\nnothing").file("empty.pdf", "").file("a.zip", "PK\x03\x04");
    place.fifo("pipe.pdf").link("/etc/passwd", "out.txt");
    let huge = std::fs::File::create(place.at("huge.pdf")).expect("a file");
    std::os::unix::fs::FileExt::write_at(&huge, b"%PDF-1.7", 0).expect("written");
    huge.set_len(3 << 30).expect("a hole");
    let cases = [
        ("s/broken.pdf", Document),
        ("s/empty.pdf", Document),
        ("s/a.zip", Document),
        ("s/huge.pdf", Document),
        ("s/pipe.pdf", Path),
        ("s/out.txt", Path),
        ("s/gone.pdf", Path),
        ("s", Path),
        ("../s", Path),
    ];
    for (path, kind) in cases {
        for tool in [ReadDocument, ReadReceipt, ReadWorkbook] {
            let (found, why) = place.call(tool, &json!({ "path": path })).expect_err("refused");
            assert_eq!(found, kind, "{tool:?} {why}");
            assert!(why.starts_with(&format!("{path}: ")), "{why}");
            assert!(why.len() > path.len() + 8, "{why}");
        }
    }
}

/// A worker that is a shell command instead, with what it is asked on its standard input.
fn with_worker(script: &str) -> Place {
    let mut place = Place::new();
    place.file("a.txt", "text");
    place.view.worker = ("/bin/sh".into(), vec!["-c".into(), script.into()]);
    place
}

#[test]
fn a_worker_that_dies_is_told_from_one_that_is_late() {
    let cases = [
        ("kill -ABRT $$", Limit, "s/a.txt: reading it needs more memory than a document may"),
        ("kill -XCPU $$", Limit, "s/a.txt: reading it takes more time than a document may"),
        (
            "kill -SEGV $$",
            Document,
            "s/a.txt: the reader broke on it; the file is probably damaged",
        ),
        ("exit 0", Document, "s/a.txt: the reader broke on it; the file is probably damaged"),
        (
            "printf '\\002\\000\\000\\000{}' >&0; sleep 9",
            Document,
            "s/a.txt: the reader broke on it; the file is probably damaged",
        ),
        (
            "printf '\\377\\377\\377\\377' >&0; sleep 9",
            Limit,
            "s/a.txt: it holds more than can be handed on",
        ),
        (
            "printf '\\016\\000\\000\\000{\"panic\":\"no\"}' >&0; sleep 9",
            Document,
            "s/a.txt: the reader broke on it; the file is probably damaged",
        ),
    ];
    for (script, kind, why) in cases {
        let place = with_worker(script);
        let failed = place.call(ReadDocument, &json!({ "path": "s/a.txt" }));
        assert_eq!(failed, Err((kind, why.to_owned())), "{script}");
    }
    let mut place = with_worker("");
    place.view.worker.0 = "/no/such/program".into();
    let (kind, _) = place.call(ReadDocument, &json!({ "path": "s/a.txt" })).expect_err("none");
    assert_eq!(kind, Bug);
}

#[test]
fn a_worker_that_says_nothing_is_ended() {
    use super::super::worker::{Ask, Silence, Worker};
    let place = with_worker("exec sleep 1000");
    let mut worker = Worker::start(&place.view).expect("started");
    let args = serde_json::from_value(json!({ "path": "s/a.txt" })).expect("arguments");
    let time = std::time::Duration::from_millis(20);
    let silence = worker.ask(&place.view, Ask::Document(args), time);
    assert_eq!(silence, Err(Silence::Late(time)));
    let id = worker.id();
    drop(worker);
    assert!(!std::path::Path::new(&format!("/proc/{id}")).exists());
}

#[test]
fn a_question_from_nowhere_is_refused_by_the_worker_itself() {
    let mut place = Place::new();
    place.file("a.txt", "text");
    place.view.roots = Roots { folders: "/nonexistent".into(), base: "/nonexistent".into() };
    let (kind, _) = place.call(ReadDocument, &json!({ "path": "s/a.txt" })).expect_err("refused");
    assert_eq!(kind, Bug);
    let none: Result<Value, _> = place.call(ReadDocument, &json!({ "path": "s/a.txt", "x": 1 }));
    assert_eq!(none.expect_err("refused").0, Arguments);
}

#[test]
fn an_expense_report_is_proved_against_its_documents() {
    let place = Place::new();
    place
        .file("a.txt", "Hotel Adler\nTotal 12.50 EUR\n2024-03-05\n")
        .file("b.pdf", "%PDF-1.7 torn");
    let amount = json!([{ "date": "2024-03-05" }, { "number": "12.50" }]);
    let sum = json!([{ "text": "Sum" }, { "formula": "SUM(B2:B2)" }]);
    let columns = json!([{ "title": "Day" }, { "title": "Amount" }]);
    let sheet = json!({ "name": "A", "columns": columns, "rows": [amount, sum] });
    let workbook = json!({ "created": "2024-03-05", "sheets": [sheet] });
    place.done(WriteWorkbook, &json!({ "path": "s/e.xlsx", "workbook": workbook }));
    let check = |part: &str, amount: &str, aside: bool| {
        let row = json!({
            "path": "s/a.txt", "at": { "line": 2 }, "amount": amount, "currency": "EUR",
            "sheet": "A", "cell": "B2",
        });
        let aside =
            if aside { json!([{ "path": "s/b.pdf", "why": "damaged" }]) } else { json!([]) };
        let sums = json!([{ "sheet": "A", "cell": "B3", "currency": "EUR" }]);
        let result = place.done(
            CheckExpenses,
            &json!({
                "part": part, "folders": ["s"], "workbook": "s/e.xlsx", "own": ["s/e.xlsx"],
                "rows": [row], "set_aside": aside, "sums": sums,
            }),
        );
        (result["passed"] == true, result.to_string())
    };
    let cases = [
        ("accounted", "12.50", true, true),
        ("accounted", "12.50", false, false),
        ("totals", "12.50", true, true),
        ("totals", "12.60", true, false),
        ("workbook", "12.50", true, true),
    ];
    for (part, amount, aside, passed) in cases {
        let (found, evidence) = check(part, amount, aside);
        assert_eq!(found, passed, "{part} {amount} {aside}: {evidence}");
    }
    let gone = json!({ "part": "workbook", "folders": ["t"], "workbook": "s/e.xlsx" });
    assert_eq!(place.call(CheckExpenses, &gone).expect_err("no such share").0, Path);
}
