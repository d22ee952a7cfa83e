//! The main job on the example folder and on folders made to trip it, with the real readers, writer
//! and checks behind the playbook.

use documents::check::{ExpenseCheck, Sources, Verdict, expenses};
use documents::workbook::{Workbook, read, write};
use playbook::{Asked, Limits, PlanAnswer, Script, ScriptFolder, ScriptInput, Step};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use task::{Ask, Budget, Outcome, Plan, StepState};
use wire::PathText;

const BUDGET: Budget =
    Budget { calls_max: 1, work_ms_max: 1, turns_max: 1, tokens_max: 1, cost_usd_micros_max: 1 };

/// A share `in` over a folder, and what a person answers.
struct Place<'a> {
    folder: &'a Path,
    writable: bool,
    /// Answers by a part of the question, instead of what is suggested.
    answers: &'a [(&'a str, &'a str)],
    /// Keys of steps that are struck.
    strikes: &'a [&'a str],
}

/// How the job ended.
#[derive(Debug, Default)]
struct End {
    plan: Option<Plan>,
    questions: Vec<Ask>,
    summary: String,
    stuck: String,
    verdicts: BTreeMap<String, Verdict>,
    calls: usize,
}

impl<'a> Place<'a> {
    fn new(folder: &'a Path) -> Place<'a> {
        Place { folder, writable: true, answers: &[], strikes: &[] }
    }

    fn report(&self) -> End {
        let skills = playbook::builtin();
        let skill = skills.iter().find(|skill| skill.name == "expense-report").expect("built in");
        let folders = vec![ScriptFolder { name: "in".into(), writable: self.writable }];
        let request = "Make an expense report from these receipts".to_owned();
        let input = ScriptInput { request, folders, today: "2025-06-30".to_owned() };
        let mut script = Script::start(&skill.source, input, vec![], Limits::USUAL);
        let mut end = End::default();
        loop {
            let answer = match script.next() {
                Step::Finished { summary } => {
                    end.summary = summary;
                    return end;
                }
                Step::Stuck { why, .. } => {
                    end.stuck = why;
                    return end;
                }
                Step::Ask(asked) => {
                    end.calls += 1;
                    self.answer(asked, &mut end)
                }
            };
            let outcome =
                if answer.get("failed").is_some() { Outcome::Failed } else { Outcome::Done };
            let text = match answer.get("failed") {
                Some(failed) => failed.to_string(),
                None => answer.to_string(),
            };
            script.answer(outcome, &text);
        }
    }

    fn answer(&self, asked: Asked, end: &mut End) -> Value {
        match asked {
            Asked::Plan(spec) => {
                let mut plan = spec.to_plan(BUDGET);
                for step in &mut plan.steps {
                    if self.strikes.contains(&step.key.as_str()) {
                        step.state = StepState::Struck;
                    }
                }
                let answer = PlanAnswer::of(&plan, true).to_json();
                end.plan = Some(plan);
                serde_json::from_str(&answer).expect("JSON")
            }
            Asked::Question(ask) => {
                let own = self.answers.iter().find(|(part, _)| ask.text.contains(part));
                let key = own.map(|(_, key)| (*key).to_owned()).or(ask.suggested.clone());
                end.questions.push(ask);
                json!(key.expect("a suggestion"))
            }
            Asked::Step { .. } => Value::Null,
            Asked::Check { key, tool, args_json } => {
                assert_eq!(tool, "check_expenses");
                let check: ExpenseCheck = serde_json::from_str(&args_json).expect("arguments");
                end.verdicts.insert(key, self.check(&check));
                Value::Null
            }
            Asked::Tool { name, args_json } => {
                let args: Value = serde_json::from_str(&args_json).expect("JSON");
                self.tool(name.trim_start_matches("try_"), &args)
            }
        }
    }

    fn path(&self, text: &str) -> PathBuf {
        let bytes = PathText(text.to_owned()).to_relative().expect("a path");
        let inside = bytes.strip_prefix(b"in").expect("in the share");
        self.folder.join(OsStr::from_bytes(inside.strip_prefix(b"/").unwrap_or(inside)))
    }

    fn tool(&self, name: &str, args: &Value) -> Value {
        let text = args["path"].as_str().expect("a path");
        let path = self.path(text);
        match name {
            "list_files" => json!({"entries": self.entries(), "truncated": false}),
            "read_receipt" => match document(&path) {
                Ok(document) => {
                    let name = text.rsplit('/').next().unwrap_or_default();
                    let receipt = documents::receipt::read(&document, name, &Default::default());
                    serde_json::to_value(receipt).expect("JSON")
                }
                Err(why) => {
                    json!({"failed": {"kind": "document", "why": format!("{text}: {why}")}})
                }
            },
            "write_workbook" => {
                let book: Workbook =
                    serde_json::from_value(args["workbook"].clone()).expect("a workbook");
                let bytes = write(&book).expect("a file");
                fs::write(path, &bytes).expect("written");
                json!({"size": bytes.len()})
            }
            "write_file" => {
                fs::write(path, args["text"].as_str().expect("a text")).expect("written");
                json!({"size": 1})
            }
            _ => panic!("the job has no need of {name}"),
        }
    }

    fn entries(&self) -> Vec<Value> {
        let mut entries = Vec::new();
        let mut folders = vec![self.folder.to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).expect("a folder") {
                let path = entry.expect("an entry").path();
                let about = path.symlink_metadata().expect("there");
                let kind = if about.is_dir() {
                    folders.push(path.clone());
                    "folder"
                } else if about.is_symlink() {
                    "link"
                } else {
                    "file"
                };
                let inside = path.strip_prefix(self.folder).expect("inside").as_os_str().as_bytes();
                let text = PathText::from_bytes(&[b"in/", inside].concat()).0;
                entries.push(json!({
                    "path": text, "kind": kind, "size": about.len(), "modified_ms": 0, "mode": 420,
                }));
            }
        }
        entries.sort_by_key(|entry| entry["path"].as_str().map(str::to_owned));
        entries
    }

    fn check(&self, check: &ExpenseCheck) -> Verdict {
        let files: Vec<String> = self
            .entries()
            .iter()
            .filter(|entry| entry["kind"] != "folder")
            .filter_map(|entry| entry["path"].as_str().map(str::to_owned))
            .collect();
        let mut sources = Sources {
            files: &files,
            document: &mut |text| document(&self.path(text)),
            workbook: &mut |text| fs::read(self.path(text)).map_err(|error| error.to_string()),
        };
        expenses(check, &mut sources)
    }
}

fn document(path: &Path) -> Result<documents::Document, String> {
    let mut file = fs::File::open(path).map_err(|error| error.to_string())?;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    documents::read_document_file(&mut file, &name).map_err(|error| error.why)
}

/// All three checks passed.
fn proven(end: &End) {
    assert_eq!(end.stuck, "", "stuck");
    assert_eq!(end.verdicts.len(), 3, "{:?}", end.verdicts);
    for (key, verdict) in &end.verdicts {
        assert!(verdict.passed, "{key}: {:#?}", verdict.evidence);
    }
}

/// The rows of the month sheets as `date vendor amount`.
fn rows(folder: &Path, name: &str) -> Vec<String> {
    let book = read(&fs::read(folder.join(name)).expect("a workbook")).expect("opens");
    let mut rows = Vec::new();
    for sheet in
        book.sheets.iter().filter(|sheet| !["Summary", "Set aside"].contains(&sheet.name.as_str()))
    {
        for row in 2..1000 {
            let cell = |column: &str| {
                let cell = sheet.cell(&format!("{column}{row}"));
                cell.map_or(String::new(), |cell| cell.value.clone())
            };
            if !cell("A").is_empty() {
                rows.push(format!("{} | {} | {} | {}", cell("A"), cell("B"), cell("F"), cell("G")));
            }
        }
    }
    rows
}

fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let dir = tempfile::tempdir().expect("a folder");
    for (name, text) in files {
        let path = dir.path().join(name);
        fs::create_dir_all(path.parent().expect("a parent")).expect("made");
        fs::write(path, text).expect("written");
    }
    dir
}

#[test]
fn the_example_folder_becomes_a_proven_report() {
    let dir = tempfile::tempdir().expect("a folder");
    super::receipts(dir.path()).expect("written");
    let end = Place::new(dir.path()).report();
    proven(&end);
    let page = fs::read_to_string(dir.path().join("Expenses.md")).expect("a page");
    assert!(page.lines().count() < 70, "one page");
    let asked: Vec<&str> = end.questions.iter().map(|ask| ask.text.as_str()).collect();
    assert_eq!(
        asked,
        [
            "How is “04/05/2025” in taxi receipt.txt to be read?",
            "Which currency is “$” in coffee with Jo.md?",
            "1 purchase has two papers, such as an invoice and the slip of the card. Count it once?",
            "Each of 5 purchases stands in a document and in a statement. Count each once?",
        ]
    );
    let totals = "EUR 2,181.91, USD 65.25, CHF 1,234.50, CZK 1,374.00, DKK 199.00, GBP 270.00, \
                  HUF 2,980, JPY 1,980, PLN 24.99, SEK 162.00";
    assert!(end.summary.contains(totals), "{}", end.summary);
    assert!(page.contains("scan\\_0007.pdf") && page.contains("Angebot"), "{page}");
    let rows = rows(dir.path(), "Expenses.xlsx");
    assert!(rows.contains(&"2025-05-04 | CITY CAB | 18.5 | EUR".to_owned()), "{rows:#?}");
}

const COFFEE: &str = "Bean & Leaf\nReceipt\n3 April 2025\nTotal £4.50\n";
const TAXI: &str = "City Cab\nReceipt\nDate 03/04/2025\nTotal €18.50\n";
const BANK: &str = "Date,Description,Amount\n2025-04-04,BEAN & LEAF,-4.50\n\
                    2025-04-05,SUMUP KIOSK,-18.50\n2025-04-07,SALARY,900.00\n";

#[test]
fn answers_decide_what_the_report_says() {
    let dir = folder(&[("a/taxi.txt", TAXI), ("coffee.txt", COFFEE)]);
    let place = Place { answers: &[("03/04/2025", "mdy")], ..Place::new(dir.path()) };
    let end = place.report();
    proven(&end);
    assert_eq!(
        rows(dir.path(), "Expenses.xlsx"),
        ["2025-03-04 | City Cab | 18.5 | EUR", "2025-04-03 | Bean & Leaf | 4.5 | GBP"]
    );
}

#[test]
fn two_papers_are_counted_as_the_person_says() {
    for (answer, count) in [("once", 2), ("both", 3)] {
        let dir = folder(&[("coffee.txt", COFFEE), ("bank GBP.csv", BANK)]);
        let answers = [("in a statement", answer), ("currency", "GBP"), ("Currency", "GBP")];
        let end = Place { answers: &answers, ..Place::new(dir.path()) }.report();
        proven(&end);
        assert_eq!(rows(dir.path(), "Expenses.xlsx").len(), count, "{answer}");
    }
}

#[test]
fn names_that_are_no_text_are_rows_too() {
    let dir = folder(&[("two\nlines.txt", COFFEE)]);
    let long = "x".repeat(251) + ".txt";
    let odd: [&[u8]; 3] = [b"\xff\xfe.txt", b"back\\slash.txt", long.as_bytes()];
    for (index, name) in odd.into_iter().enumerate() {
        let text = COFFEE.replace("4.50", &format!("4.5{}", index + 1));
        fs::write(dir.path().join(OsStr::from_bytes(name)), text).expect("written");
    }
    std::os::unix::fs::symlink("/etc/hostname", dir.path().join("link.txt")).expect("a link");
    fs::write(dir.path().join("empty.pdf"), "").expect("written");
    let end = Place::new(dir.path()).report();
    proven(&end);
    assert_eq!(rows(dir.path(), "Expenses.xlsx").len(), 4);
    assert!(end.summary.contains("2 files"), "{}", end.summary);
}

#[test]
fn a_report_that_is_there_stays() {
    let dir =
        folder(&[("coffee.txt", COFFEE), ("expenses.XLSX", "mine"), ("Expenses 2.md", "mine")]);
    let end = Place::new(dir.path()).report();
    assert_eq!(end.stuck, "");
    assert!(dir.path().join("Expenses 3.xlsx").exists(), "{}", end.summary);
    assert_eq!(fs::read(dir.path().join("expenses.XLSX")).expect("there"), b"mine");
}

#[test]
fn struck_steps_are_not_done() {
    let files = [("coffee.txt", COFFEE), ("taxi.txt", TAXI)];
    let dir = folder(&files);
    let end = Place { strikes: &["page", "settle"], ..Place::new(dir.path()) }.report();
    proven(&end);
    assert!(end.questions.is_empty() && !dir.path().join("Expenses.md").exists());
    assert_eq!(rows(dir.path(), "Expenses.xlsx"), ["2025-04-03 | Bean & Leaf | 4.5 | GBP"]);
    let dir = folder(&files);
    let end = Place { strikes: &["workbook"], ..Place::new(dir.path()) }.report();
    assert!(end.stuck.contains("struck") && !dir.path().join("Expenses.xlsx").exists());
}

#[test]
fn where_nothing_can_be_done_it_says_so() {
    let empty = folder(&[]);
    assert!(Place::new(empty.path()).report().stuck.contains("no document"));
    let letters = folder(&[("letter.txt", "Dear Ada,\nsee you on Sunday.\n"), ("photo.jpg", "x")]);
    let end = Place::new(letters.path()).report();
    assert!(end.stuck.contains("Nothing in in is a receipt") && end.plan.is_none());
    let coffee = folder(&[("coffee.txt", COFFEE)]);
    let end = Place { writable: false, ..Place::new(coffee.path()) }.report();
    assert!(end.stuck.contains(":ro"), "{}", end.stuck);
}

#[test]
fn many_documents_stay_quick_and_apart() {
    let dir = tempfile::tempdir().expect("a folder");
    let mut bank = "Date,Payee,Amount (EUR)\n".to_owned();
    for number in 0..300_u32 {
        let (month, day) = (number % 12 + 1, number % 28 + 1);
        let text = format!(
            "Kiosk {number}\nKassenbon\n{day:02}.{month:02}.2024\nSumme {},{:02} EUR\n",
            number / 40 + 3,
            number % 100
        );
        fs::write(dir.path().join(format!("{number}.txt")), text).expect("written");
        bank += &format!("2024-{month:02}-{day:02},Grocer {number},-{}.00\n", number + 1_000);
    }
    fs::write(dir.path().join("bank.csv"), bank).expect("written");
    let end = Place::new(dir.path()).report();
    proven(&end);
    assert_eq!((rows(dir.path(), "Expenses.xlsx").len(), end.questions.len()), (600, 0));
    assert!(end.calls < 330, "{} calls", end.calls);
}
