//! The bytes of every message, frozen. A host and a guest of one generation are built apart, so
//! what changes these bytes needs a new `GENERATION`, and then a new table here.
//!
//! `GENERATION` is the first line of the snapshot: accept one that differs in more than that line
//! only together with it.

use serde::Serialize;
use std::fmt::{Debug, Write};
use wire::{
    Exec, FailKind, FromGuest, GENERATION, GuestTool, Landing, Limits, Output, PlacedFile, Reply,
    Request, Setup, ShareView, System, ToGuest,
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
    Request::Exec(Exec { argv, folder: "/folders/a".into(), timeout_ms: 300 })
}

fn tool(tool: GuestTool) -> Request {
    Request::Tool { tool, args: "{}".into(), timeout_ms: 1 }
}

#[test]
fn no_message_changes_without_a_new_generation() {
    let mut table = format!("generation {GENERATION}\n");
    let landed =
        |landing, name: &str| ShareView { name: name.into(), landing, device: 1, inode: 300 };
    row(
        &mut table,
        &ToGuest::Setup(Setup {
            generation: 1,
            nonce: 2,
            host_namespaces: vec![3],
            shares: vec![landed(Landing::ReadOnly, "r"), landed(Landing::Overlay, "o")],
            limits: Limits {
                processes_max: 1,
                memory_bytes_max: 2,
                file_bytes_max: 3,
                open_files_max: 4,
                output_bytes_max: 5,
            },
            system: System::Layered { layers: 2 },
            programs: vec!["p".into()],
            files: vec![PlacedFile { path: "/etc/a".into(), mode: 0o644, text: "t".into() }],
        }),
    );
    row(&mut table, &System::ReadOnly);
    row(&mut table, &ToGuest::Part { id: 1, args: "a".into() });
    row(&mut table, &ToGuest::Call { id: 1, request: exec() });
    row(&mut table, &ToGuest::Cancel { id: 1 });
    row(&mut table, &FromGuest::Ready { generation: 1, nonce: 2 });
    row(&mut table, &FromGuest::Unready { stage: "s".into(), why: "w".into() });
    row(&mut table, &FromGuest::Output { id: 1, output: Output::Stdout(vec![0, 255]) });
    row(&mut table, &FromGuest::Output { id: 1, output: Output::Stderr(vec![1]) });
    row(&mut table, &FromGuest::Progress { id: 1, done: 2, total: 3 });
    let exited = Reply::Exited { code: -1, timed_out: true, dropped_bytes: 2 };
    row(&mut table, &FromGuest::Ended { id: 1, reply: exited });
    row(&mut table, &Reply::Result { json: "{}".into(), more: true });
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
    ] {
        row(&mut table, &tool(each));
    }
    insta::assert_snapshot!(table);
}
