//! Small histories, and where the files in them come from.

use super::*;
use crate::event::{MindRef, RequestedCall, Standing};
use crate::id::ApplyId;
use crate::input::ToolAccess;
use crate::plan::Budget;

fn created() -> Event {
    Event::TaskCreated {
        request: "an expense report".to_owned(),
        shares: vec![],
        mind: MindRef::Model { provider: "house".to_owned(), model: "small".to_owned() },
        standing: Standing::default(),
        budget: Budget::new(1, 1),
        machine: crate::event::MachineWish::Jail,
        layers: vec![],
        egress: vec![],
        at: TimeMs(1),
    }
}

/// One turn with one call, which ends as is said.
fn turn(call: u32, tool: &str, args: &str, outcome: Outcome) -> [Event; 2] {
    let requested = RequestedCall {
        call: CallId(call),
        tool: tool.to_owned(),
        args: Payload::Inline(args.to_owned()),
        access: Some(ToolAccess::Read),
    };
    let result = Payload::Inline("{}".to_owned());
    let at = TimeMs(u64::from(call));
    [
        Event::ModelAnswered {
            text: format!("turn {call}"),
            calls: vec![requested],
            at,
            turn: None,
        },
        Event::CallEnded { call: CallId(call), outcome, result, at },
    ]
}

fn of(path: &str, turns: &[(&str, &str)]) -> Provenance {
    let mut events = vec![created()];
    for ((tool, args), call) in turns.iter().zip(1..) {
        events.extend(turn(call, tool, args, Outcome::Done));
    }
    trace(path, &events, |_| None)
}

/// Each write as `tool subject`, each reading as its path with a `*` when it is named.
fn told(it: &Provenance) -> String {
    let writes = it.writes.iter().map(|it| {
        let from = it.from.as_ref().map_or(String::new(), |from| format!(" from {from}"));
        format!("{} {}{from}", it.tool, it.subject)
    });
    let readings =
        it.readings.iter().map(|it| format!("{}{}", it.path, if it.named { "*" } else { "" }));
    let (writes, readings): (Vec<_>, Vec<_>) = (writes.collect(), readings.collect());
    format!("{} <- {}", writes.join(", "), readings.join(", "))
}

#[test]
fn what_was_read_before_is_a_source_and_what_comes_later_is_not() {
    let it = of(
        "In/sum.md",
        &[
            ("read_document", r#"{"path":"In/bill-1.pdf"}"#),
            ("read_document", r#"{"path":"In/other.pdf"}"#),
            ("write_file", r#"{"path":"In/sum.md","text":"See bill-1.pdf"}"#),
            ("read_document", r#"{"path":"In/late.pdf"}"#),
        ],
    );
    assert_eq!(told(&it), "write_file In/sum.md <- In/bill-1.pdf*, In/other.pdf");
    assert!(it.certain);
    assert_eq!((it.writes[0].turn, it.writes[0].said.as_str()), (3, "turn 3"));
    assert_eq!(it.mind, "house/small");
}

#[test]
fn a_file_is_followed_through_its_moves() {
    let it = of(
        "In/2024/bill.pdf",
        &[
            ("describe_files", r#"{"folder":"In"}"#),
            ("read_document", r#"{"path":"In/unrelated.pdf"}"#),
            ("move_files", r#"{"moves":[{"from":"In/scan.pdf","to":"In/old/scan.pdf"}]}"#),
            ("move_files", r#"{"moves":[{"from":"In/old/scan.pdf","to":"In/2024/bill.pdf"}]}"#),
        ],
    );
    let expected = "move_files In/scan.pdf from In/scan.pdf, \
                    move_files In/old/scan.pdf from In/old/scan.pdf <- In";
    assert_eq!(told(&it), expected);
    let in_folder =
        of("In/b/x/y.txt", &[("move_files", r#"{"moves":[{"from":"In/a","to":"In/b"}]}"#)]);
    assert_eq!(in_folder.writes[0].from.as_deref(), Some("In/a/x/y.txt"));
}

#[test]
fn a_command_is_told_as_what_may_have_made_it() {
    let turns = [
        ("read_file", r#"{"path":"In/a.txt"}"#),
        ("run_command", r#"{"command":"make all","folder":"In"}"#),
        ("write_file", r#"{"path":"In/else.txt","text":""}"#),
    ];
    let it = of("In/out.bin", &turns);
    assert_eq!((told(&it).as_str(), it.certain), ("run_command make all <- In/a.txt", false));
}

#[test]
fn a_spreadsheet_tells_row_by_row() {
    let book = r#"{"path":"In/E.xlsx","workbook":{"created":"2024-01-01","sheets":[
        {"name":"May","columns":[],"rows":[["x",{"text":"t","link":{"file":"sub/bill.pdf"}}],
        [null]]}]}}"#;
    let turns = [("read_receipt", r#"{"path":"In/sub/bill.pdf"}"#), ("write_workbook", book)];
    let it = of("In/E.xlsx", &turns);
    let row = RowFrom {
        sheet: "May".to_owned(),
        row: 2,
        path: "In/sub/bill.pdf".to_owned(),
        key: Some("call-1".to_owned()),
    };
    assert_eq!(it.rows, [row]);
}

#[test]
fn calls_that_failed_wrote_nothing_and_decisions_before_the_write_are_told() {
    let said = |text: &str| Event::UserSpoke { text: text.to_owned(), at: TimeMs(5) };
    let mut events = vec![created(), said("with dates, if you can")];
    events.extend(turn(1, "write_file", r#"{"path":"In/a","text":""}"#, Outcome::Done));
    events.extend(turn(2, "write_file", r#"{"path":"In/a","text":""}"#, Outcome::Failed));
    events.push(said("too late for this"));
    events.push(Event::ApplyEnded {
        apply: ApplyId(1),
        report: BlobRef { hash: String::new(), size_bytes: 0 },
        counts: crate::event::AppliedCounts { applied: 1, ..Default::default() },
        at: TimeMs(9),
    });
    let it = trace("In/a", &events, |_| None);
    assert_eq!(it.writes.len(), 1);
    let told: Vec<_> = it.decisions.iter().map(|it| (it.what, it.text.as_str())).collect();
    let expected = [(DecidedWhat::Said, "with dates, if you can"), (DecidedWhat::Applied, "")];
    assert_eq!(told, expected);
}

#[test]
fn nothing_is_known_of_a_file_that_nobody_touched() {
    let it = of("In/none", &[("read_file", r#"{"path":7}"#), ("write_file", "no JSON")]);
    assert!(!it.certain && it.writes.is_empty(), "{it:?}");
}

#[test]
fn a_terminal_of_the_person_is_told_whenever_it_was() {
    let mut events = vec![created()];
    events.extend(turn(1, "write_file", r#"{"path": "a.txt", "text": "x"}"#, Outcome::Done));
    events.push(Event::Steered { steer: Steer::TerminalOpened, at: TimeMs(9) });
    let found = trace("a.txt", &events, |_| None);
    let decided: Vec<_> = found.decisions.iter().map(|it| (it.what, it.at)).collect();
    assert_eq!(decided, [(DecidedWhat::Terminal, Some(TimeMs(9)))]);
}
