//! Describing folders of everything.

use super::Place;
use serde_json::{Value, json};
use wire::GuestTool::DescribeFiles;

fn described(place: &Place) -> Value {
    place.done(DescribeFiles, &json!({ "path": "s" }))
}

fn one<'a>(result: &'a Value, path: &str) -> &'a Value {
    let files = result["files"].as_array().expect("files");
    files.iter().find(|file| file["path"] == path).unwrap_or(&Value::Null)
}

#[test]
fn each_file_is_told_by_what_it_is_and_what_it_is_about() {
    let place = Place::new();
    place.file(
        "Mietvertrag.txt",
        "Der Mietvertrag vom 05.03.2024 für die Wohnung und der Vermieter",
    );
    place
        .file("IMG_20230714_1.jpg", b"\xff\xd8\xff\xe0\0\x10JFIF\0")
        .file("logo.png", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01");
    place.file("plan.jpg", b"\xff\xd8\xff\xe0\0\x10JFIF\0").file("void", "");
    place.file("broken.pdf", "%PDF-1.7\nnothing").file("junk.pdf", b"\0\x01\x02\x03\0");
    place.file("page.html", "<html><title>Grocery list</title><body>Eggs and flour</body></html>");
    place
        .file(b"\xff\n.txt", "apples")
        .file("März 2024.csv", "a;b;c\n1;2;3\n")
        .file("x.py", "import os");
    place.fifo("pipe").link("/etc/passwd", "out").link("nowhere", "dangling");
    let result = described(&place);
    let cases = [
        ("s/Mietvertrag.txt", "text", json!("2024-03-05"), Value::Null),
        ("s/IMG_20230714_1.jpg", "photo", json!("2023-07-14"), Value::Null),
        ("s/plan.jpg", "picture", Value::Null, Value::Null),
        ("s/logo.png", "picture", Value::Null, Value::Null),
        ("s/void", "empty", Value::Null, Value::Null),
        ("s/page.html", "web", Value::Null, Value::Null),
        ("s/\\xff\\x0a.txt", "text", Value::Null, Value::Null),
        ("s/März 2024.csv", "spreadsheet", json!("2024-03"), Value::Null),
        ("s/x.py", "code", Value::Null, Value::Null),
    ];
    for (path, kind, date, problem) in cases {
        let file = one(&result, path);
        let found = (&file["kind"], &file["date"], &file["problem"]);
        assert_eq!(found, (&json!(kind), &date, &problem), "{path}");
    }
    for path in ["s/broken.pdf", "s/junk.pdf"] {
        assert_eq!(one(&result, path)["kind"], "broken", "{path}");
        assert!(one(&result, path)["problem"].is_string(), "{path}");
    }
    let contract = one(&result, "s/Mietvertrag.txt");
    assert_eq!(contract["words"], json!(["mietvertrag", "wohnung", "vermieter"]));
    assert_eq!(contract["language"], "de");
    assert_eq!(one(&result, "s/page.html")["title"], "Grocery list");
    let want = json!([
        { "path": "s/dangling", "kind": "link", "why": "a link to nowhere" },
        { "path": "s/out", "kind": "link", "why": "a link to /etc/passwd" },
        { "path": "s/pipe", "kind": "fifo", "why": "a pipe between programs" },
    ]);
    assert_eq!(result["others"], want);
}

#[test]
fn a_file_that_may_not_be_read_says_why() {
    use std::os::unix::fs::PermissionsExt;
    let place = Place::new();
    place.file("Mietvertrag.txt", "x").file("open.txt", "y");
    let mode = std::fs::Permissions::from_mode;
    std::fs::set_permissions(place.dir.path(), mode(0o755)).expect("mode");
    std::fs::set_permissions(place.at("Mietvertrag.txt"), mode(0o000)).expect("mode");
    let result = super::as_nobody(|| described(&place));
    let shut = one(&result, "s/Mietvertrag.txt");
    assert_eq!((&shut["kind"], &shut["problem"]), (&json!("unknown"), &json!("permission denied")));
    assert_eq!(shut["words"], json!(["mietvertrag"]));
    assert_eq!(one(&result, "s/open.txt")["kind"], "text");
}

#[test]
fn a_file_that_kills_its_worker_is_broken_and_the_rest_goes_on() {
    let mut place = Place::new();
    place.file("a.txt", "1").file("b.txt", "2").file("c.txt", "3").file("d.txt", "4");
    // A worker that reads its question, dies of one file, and answers everything else.
    let script = r#"
        while true; do
            length=$(head -c 4 | od -An -tu4 | tr -d ' ')
            [ -n "$length" ] || exit 0
            case "$(head -c "$length")" in
                *b.txt*false*) kill -SEGV $$ ;;
                *c.txt*false*) kill -ABRT $$ ;;
            esac
            printf '\062\000\000\000{"done":{"kind":"text","media":"m","words":["w"]}}' >&0
        done
    "#;
    place.view.worker = ("/bin/sh".into(), vec!["-c".into(), script.into()]);
    let result = described(&place);
    let kinds: Vec<_> =
        result["files"].as_array().expect("files").iter().map(|file| &file["kind"]).collect();
    assert_eq!(kinds, ["text", "broken", "text", "text"]);
    assert_eq!(
        one(&result, "s/b.txt")["problem"],
        "the reader broke on it; the file is probably damaged"
    );
    assert_eq!(
        one(&result, "s/c.txt")["problem"],
        "reading it needs more memory than a document may"
    );
    assert_eq!(one(&result, "s/d.txt")["problem"], Value::Null);
}

#[test]
fn without_any_worker_the_call_fails() {
    let mut place = Place::new();
    place.file("a.txt", "1").file("b.txt", "2");
    place.view.worker.0 = "/no/such/program".into();
    let (kind, _) = place.call(DescribeFiles, &json!({ "path": "s" })).expect_err("none");
    assert_eq!(kind, wire::FailKind::Bug);
}

#[test]
fn many_files_are_no_burden() {
    let place = Place::new();
    for index in 0..1500 {
        place.file(format!("{}/note {index}.txt", index % 7), format!("words about {index}"));
    }
    let result = described(&place);
    assert_eq!(result["files"].as_array().map(Vec::len), Some(1500));
    assert_eq!(one(&result, "s/3/note 10.txt")["kind"], "text");
}
