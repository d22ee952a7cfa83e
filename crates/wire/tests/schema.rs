//! The bytes of every message, frozen. A host and a guest of one generation are built apart, so
//! what changes these bytes needs a new `GENERATION`, and then a new table here.
//!
//! `GENERATION` is the first line of the snapshot: accept one that differs in more than that line
//! only together with it.

use serde::Serialize;
use std::fmt::{Debug, Write};
use wire::{
    Door, DoorKind, Doors, Exec, ExecInput, FailKind, FromGuest, GENERATION, GuestTool, Half,
    Landing, Limits, Output, PlacedFile, Program, Reply, Request, Setup, ShareView, System,
    Terminal, ToGuest,
};

fn row(table: &mut String, message: &(impl Serialize + Debug)) {
    let frame = wire::encode(message).expect("it fits a frame");
    let hex: String = frame[4..].iter().fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    });
    let name = format!("{message:?}");
    writeln!(table, "{hex:<44} {name}").expect("a string grows");
}

fn exec() -> Request {
    let argv = vec!["/bin/true".into(), "ä".into()];
    Request::Exec(Exec::new(argv, "/folders/a", 300))
}

fn shell() -> Request {
    Request::Exec(Exec {
        input: ExecInput::Stream,
        terminal: Some(Terminal { columns: 80, rows: 24 }),
        environment: vec![("A".into(), "b".into())],
        ..Exec::new(vec!["sh".into()], "/tmp", 1)
    })
}

fn tool(tool: GuestTool) -> Request {
    Request::Tool { tool, args: "{}".into(), timeout_ms: 1 }
}

fn setup() -> ToGuest {
    let landed = |landing, name: &str| ShareView {
        name: name.into(),
        at: b"base/\xff".into(),
        landing,
        device: 1,
        inode: 300,
    };
    ToGuest::Setup(Setup {
        generation: 1,
        nonce: 2,
        host_namespaces: vec![3],
        shares: vec![landed(Landing::ReadOnly, "r"), landed(Landing::Overlay, "o")],
        upper: b"upper".into(),
        limits: Limits {
            processes_max: 1,
            memory_bytes_max: 2,
            file_bytes_max: 3,
            open_files_max: 4,
            output_bytes_max: 5,
        },
        doors: Some(Doors { ports: vec![22], authority: Some("pem".into()) }),
        environment: vec![("E".into(), "f".into())],
        system: System::Layered { layers: 2 },
        programs: vec!["p".into()],
        files: vec![PlacedFile { path: "/etc/a".into(), mode: 0o644, text: "t".into() }],
    })
}

fn channels(table: &mut String) {
    row(table, &FromGuest::InputCredit { id: 1, bytes: 300 });
    for kind in [DoorKind::HttpProxy, DoorKind::Socks, DoorKind::Captured { port: 443 }] {
        let door = Door { kind, name: None, program: None };
        row(table, &FromGuest::Opened { channel: 1, door });
    }
    let program = Some(Program { pid: 7, name: "sh".into() });
    let kind = DoorKind::Captured { port: 80 };
    let door = Door { kind, name: Some("example.com".into()), program };
    row(table, &FromGuest::Opened { channel: 300, door });
    row(table, &FromGuest::Bytes { channel: 1, bytes: vec![0, 255] });
    row(table, &FromGuest::Credit { channel: 1, bytes: 300 });
    row(table, &FromGuest::Closed { channel: 1, half: Half::Both });
}

#[test]
fn no_message_changes_without_a_new_generation() {
    let mut table = format!("generation {GENERATION}\n");
    row(&mut table, &setup());
    row(&mut table, &System::ReadOnly);
    row(&mut table, &ToGuest::Part { id: 1, args: "a".into() });
    row(&mut table, &ToGuest::Call { id: 1, request: exec() });
    row(&mut table, &ToGuest::Call { id: 1, request: shell() });
    let upper = Request::Upper { share: "s".into() };
    row(&mut table, &ToGuest::Call { id: 1, request: upper });
    row(&mut table, &ToGuest::Cancel { id: 1 });
    row(&mut table, &ToGuest::Input { id: 1, bytes: vec![0, 255] });
    row(&mut table, &ToGuest::InputEnd { id: 1 });
    row(&mut table, &ToGuest::Resize { id: 1, terminal: Terminal { columns: 1, rows: 300 } });
    row(&mut table, &ToGuest::Bytes { channel: 1, bytes: vec![0, 255] });
    row(&mut table, &ToGuest::Credit { channel: 1, bytes: 300 });
    row(&mut table, &ToGuest::Closed { channel: 1, half: Half::Write });
    row(&mut table, &ToGuest::Closed { channel: 1, half: Half::Both });
    row(&mut table, &FromGuest::Ready { generation: 1, nonce: 2 });
    row(&mut table, &FromGuest::Unready { stage: "s".into(), why: "w".into() });
    row(&mut table, &FromGuest::Output { id: 1, output: Output::Stdout(vec![0, 255]) });
    row(&mut table, &FromGuest::Output { id: 1, output: Output::Stderr(vec![1]) });
    row(&mut table, &FromGuest::Progress { id: 1, done: 2, total: 3 });
    let exited = Reply::Exited { code: -1, timed_out: true, dropped_bytes: 2 };
    row(&mut table, &FromGuest::Ended { id: 1, reply: exited });
    row(&mut table, &Reply::Result { json: "{}".into(), more: true });
    channels(&mut table);
    for kind in [
        FailKind::Arguments,
        FailKind::Path,
        FailKind::View,
        FailKind::Document,
        FailKind::Limit,
        FailKind::Cancelled,
        FailKind::Bug,
    ] {
        row(&mut table, &Reply::Failed { kind, why: String::new() });
    }
    for each in [
        GuestTool::ListFiles,
        GuestTool::HashFiles,
        GuestTool::DescribeFiles,
        GuestTool::SearchFiles,
        GuestTool::ReadFile,
        GuestTool::WriteFile,
        GuestTool::EditFile,
        GuestTool::MoveFiles,
        GuestTool::MakeFolder,
        GuestTool::DeleteFiles,
        GuestTool::ReadDocument,
        GuestTool::ReadReceipt,
        GuestTool::ReadWorkbook,
        GuestTool::WriteWorkbook,
        GuestTool::CheckExpenses,
        GuestTool::CheckSameContent,
        GuestTool::CheckNothingOverwritten,
        GuestTool::WebFetch,
        GuestTool::WebSearch,
        GuestTool::Look,
    ] {
        row(&mut table, &tool(each));
    }
    insta::assert_snapshot!(table);
}
