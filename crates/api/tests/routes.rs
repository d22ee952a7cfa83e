//! The routes over a real socket: what they answer, what they refuse, and how a watch goes on.

mod canned;
#[path = "canned/socket.rs"]
mod socket;

use api::{
    AnswerBody, ApplyBody, Client, ClientError, CreateBody, DiffBody, FolderSpec, PlanDecisionBody,
};
use api::{Heard, TerminalEnd, TerminalSize, Typed};
use canned::Canned;
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use task::transcript::What;
use task::{MachineWish, Rest, ShareAccess, Standing, TaskId};

struct Served {
    dir: tempfile::TempDir,
}

fn served() -> Served {
    let dir = tempfile::tempdir().expect("a folder can be made");
    drop(Canned::new().serve(dir.path().join("socket")));
    Served { dir }
}

impl Served {
    fn socket(&self) -> PathBuf {
        self.dir.path().join("socket")
    }

    fn client(&self) -> Client {
        Client::new(self.socket())
    }

    /// Sends `head` and `body` as they are, and returns the status and the body of the answer.
    fn raw(&self, head: &str, body: &str) -> (u16, String) {
        let mut stream = UnixStream::connect(self.socket()).expect("it listens");
        let lines = head.lines().collect::<Vec<_>>().join("\r\n");
        let length = body.len();
        let sent =
            format!("{lines}\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{body}");
        // It need not read all of what is too large.
        let _ = stream.write_all(sent.as_bytes());
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("it answers in text");
        let (head, body) = answer.split_once("\r\n\r\n").expect("a head, then a body");
        (head[9..12].parse().expect("a status"), body.to_owned())
    }
}

fn wish(request: &str, standing: Standing) -> CreateBody {
    let folder = FolderSpec { path: "/home/me/Receipts".to_owned(), access: ShareAccess::Write };
    CreateBody {
        request: request.to_owned(),
        folders: vec![folder],
        standing,
        playbook: None,
        model: None,
        machine: MachineWish::Jail,
        egress: vec![],
        with: vec![],
    }
}

const ALL: Standing = Standing {
    approve_plan: true,
    take_suggestions: true,
    apply_if_checked: false,
    unplanned: false,
};

#[tokio::test]
async fn a_client_does_a_whole_task() {
    let served = served();
    let client = served.client();
    let view = client.create(&wish("make a report", Standing::default())).await.unwrap();
    let id: TaskId = view.line.id.parse().unwrap();
    assert!(view.plan_waits);
    let view = client.decide_plan(&id, &PlanDecisionBody { approved: true }).await.unwrap();
    let body = AnswerBody { question: view.questions[0].id, answer: "eur".to_owned() };
    let view = client.answer(&id, &body).await.unwrap();
    assert_eq!(view.rest, Some(Rest::Done));
    let found = client.changes(&id, 0).await.unwrap();
    assert_eq!((found.changes.len(), found.next), (3, Some(3)));
    client.diff(&id, &DiffBody { path: found.changes[0].path.clone() }).await.unwrap();
    let view = client.apply(&id, &ApplyBody::default()).await.unwrap();
    assert_eq!(view.applied.unwrap().applied, 4);
    let view = client.undo(&id).await.unwrap();
    assert!(!view.undoable);
    let log = client.log(&id, 10).await.unwrap();
    assert_eq!(log[0].seq, 11);
    let mut archive = vec![];
    assert_eq!(client.export(&id, &mut archive).await.unwrap(), archive.len() as u64);
    assert_eq!(archive, format!("archive of {id}").into_bytes());
    assert_eq!(client.list().await.unwrap().len(), 1);
    assert_eq!(client.offers().await.unwrap().jobs.len(), 3);
    assert_eq!(client.doctor().await.unwrap().findings.len(), 3);
}

#[tokio::test]
async fn a_watch_ends_with_the_task_and_can_be_taken_up() {
    let served = served();
    let client = served.client();
    let view = client.create(&wish("make a report", ALL)).await.unwrap();
    let id: TaskId = view.line.id.parse().unwrap();
    let mut ids = vec![];
    let mut watch = client.watch(&id, 0).await.unwrap();
    let mut last = None;
    while let Some(item) = watch.next().await {
        let item = item.unwrap();
        ids.push(item.id);
        last = Some(item.what);
    }
    assert!(matches!(last, Some(What::Rested { rest: Rest::Done, .. })), "{last:?}");
    let middle = ids[ids.len() / 2];
    let mut later = client.watch(&id, middle).await.unwrap();
    let first = later.next().await.unwrap().unwrap();
    assert!(first.id > middle);
    let head = format!("GET /v1/tasks/{id}/watch HTTP/1.1\nhost: legwork\nlast-event-id: {middle}");
    let (status, body) = served.raw(&head, "");
    assert_eq!(status, 200);
    assert!(body.contains(&format!("\"id\":{},", first.id)), "{body}");
    // Only where nothing before it is missing may a stream go on.
    let marks: Vec<&str> = body.lines().filter_map(|line| line.strip_prefix("id: ")).collect();
    assert_eq!(marks.len(), 1, "{body}");
    assert!(ids.iter().all(|id| marks[0].parse::<u64>().is_ok_and(|mark| *id <= mark)), "{body}");
    assert!(body.trim_end().lines().rev().take(2).any(|line| line.starts_with("id: ")), "{body}");
}

#[tokio::test]
async fn a_list_has_pages_and_an_answer_that_is_known_is_not_sent_again() {
    let served = served();
    let client = served.client();
    for _ in 0..3 {
        client.create(&wish("make a report", Standing::default())).await.unwrap();
    }
    let own = "host: legwork";
    let (status, body) = served.raw(&format!("GET /v1/tasks?limit=2 HTTP/1.1\n{own}"), "");
    assert_eq!((status, body.matches("\"request\"").count()), (200, 2), "{body}");
    let after = client.list().await.unwrap()[1].id.clone();
    let rest = served.raw(&format!("GET /v1/tasks?limit=2&after={after} HTTP/1.1\n{own}"), "");
    assert_eq!((rest.0, rest.1.matches("\"request\"").count()), (200, 1), "{}", rest.1);
    let none = served.raw(&format!("GET /v1/tasks?after=zzzz2222 HTTP/1.1\n{own}"), "");
    assert_eq!(none.0, 404);
    let wide = format!("GET /v1/tasks HTTP/1.1\n{own}\nif-none-match: *");
    assert_eq!(served.raw(&wide, ""), (304, String::new()));
    let other = format!("GET /v1/tasks HTTP/1.1\n{own}\nif-none-match: \"00\"");
    assert_eq!(served.raw(&other, "").0, 200);
}

#[tokio::test]
async fn a_waiting_watch_goes_on_when_the_task_does() {
    let served = served();
    let client = served.client();
    let view = client.create(&wish("make a report", Standing::default())).await.unwrap();
    let id: TaskId = view.line.id.parse().unwrap();
    let mut watch = client.watch(&id, 0).await.unwrap();
    while let Some(item) = watch.next().await {
        match item.unwrap().what {
            What::Plan { state: task::transcript::PlanMood::Waiting, .. } => {
                client.decide_plan(&id, &PlanDecisionBody { approved: false }).await.unwrap();
            }
            What::Rested { rest, .. } => assert_eq!(rest, Rest::Refused),
            _ => (),
        }
    }
    assert_eq!(client.show(&id).await.unwrap().rest, Some(Rest::Refused));
}

#[tokio::test]
async fn a_daemon_that_is_asked_to_end_says_so_to_its_watchers() {
    let served = served();
    let client = served.client();
    let view = client.create(&wish("make a report", Standing::default())).await.unwrap();
    let mut watch = client.watch(&view.line.id.parse().unwrap(), 0).await.unwrap();
    watch.next().await.unwrap().unwrap();
    client.shut().await.unwrap();
    let end = loop {
        match watch.next().await.unwrap() {
            Ok(_) => (),
            Err(error) => break error,
        }
    };
    assert!(matches!(end, ClientError::Shut), "{end:?}");
}

#[tokio::test]
async fn nobody_there_is_told_apart_from_a_refusal() {
    let dir = tempfile::tempdir().unwrap();
    let gone = Client::new(dir.path().join("socket")).list().await.unwrap_err();
    assert!(matches!(gone, ClientError::NotRunning { .. }), "{gone:?}");
    let served = served();
    let unknown = served.client().show(&"zzzzzzzz".parse().unwrap()).await.unwrap_err();
    let ClientError::Refused(error) = unknown else { panic!("{unknown:?}") };
    assert_eq!(error.code, "task-unknown");
}

#[test]
fn what_is_malformed_or_from_elsewhere_is_refused() {
    let served = served();
    let task = "/v1/tasks/aaaabbbb";
    let folder = r#"{"path":"/home/me/Receipts","access":"write"}"#;
    let create = format!(r#"{{"request":"make a report","folders":[{folder}]}}"#);
    let typo = format!(r#"{{"request":"r","folders":[{folder}],"playbok":"x"}}"#);
    let big = "x".repeat(api::limits::BODY_BYTES_MAX + 1);
    let own = "host: legwork";
    let cases = [
        (format!("POST /v1/tasks HTTP/1.1\n{own}"), create.as_str(), 201, "aaaabbbb"),
        (format!("GET {task} HTTP/1.1\nhost: localhost"), "", 200, "aaaabbbb"),
        (
            format!("GET {task} HTTP/1.1\n{own}\norigin: http://localhost"),
            "",
            403,
            "origin-refused",
        ),
        (format!("GET {task} HTTP/1.1\nhost: evil.example"), "", 403, "origin-refused"),
        (format!("GET /v1/nothing HTTP/1.1\n{own}"), "", 404, "route-unknown"),
        (format!("DELETE {task} HTTP/1.1\n{own}"), "", 405, "method-unknown"),
        (format!("GET /v1/tasks/zzzzzzzz HTTP/1.1\n{own}"), "", 404, "task-unknown"),
        (format!("GET /v1/tasks/..%2f..%2fetc HTTP/1.1\n{own}"), "", 404, "task-unknown"),
        (format!("POST /v1/tasks HTTP/1.1\n{own}"), &typo, 400, "playbok"),
        (format!("POST /v1/tasks HTTP/1.1\n{own}"), "{\"request\":", 400, "request-malformed"),
        (format!("POST /v1/tasks HTTP/1.1\n{own}"), &big, 413, "request-too-large"),
        (format!("GET {task}/log?after=x HTTP/1.1\n{own}"), "", 400, "request-malformed"),
        (format!("GET {task}/log?befor=1 HTTP/1.1\n{own}"), "", 400, "befor"),
        (
            format!("GET {task}/watch HTTP/1.1\n{own}\nlast-event-id: x"),
            "",
            400,
            "request-malformed",
        ),
        (format!("POST {task}/undo HTTP/1.1\n{own}"), "{\"all\":true}", 400, "request-malformed"),
        (format!("POST {task}/undo HTTP/1.1\n{own}"), "{}", 409, "task-elsewhere"),
        (
            format!("POST {task}/plan/decision HTTP/1.1\n{own}"),
            r#"{"approved":"yes"}"#,
            400,
            "boolean",
        ),
    ];
    for (head, body, status, told) in &cases {
        let (answered, text) = served.raw(head, body);
        let shown: String = text.chars().take(300).collect();
        assert_eq!(answered, *status, "{head}\n{shown}");
        assert!(text.contains(told), "{head}\n{shown}");
        serde_json::from_str::<serde_json::Value>(&text).expect(&shown);
    }
}

#[tokio::test]
async fn a_terminal_carries_bytes_sizes_and_its_end() {
    let served = served();
    let client = served.client();
    let size = TerminalSize { columns: 80, rows: 24 };
    let unknown: TaskId = "zzzzzzzz".parse().unwrap();
    let Err(ClientError::Refused(error)) = client.terminal(&unknown, size).await else {
        panic!("there is no such task")
    };
    assert_eq!(error.code, "task-unknown");
    let view = client.create(&wish("make a report", ALL)).await.unwrap();
    let id: TaskId = view.line.id.parse().unwrap();
    let mut terminal = client.terminal(&id, size).await.unwrap();
    let bytes = |text: &str| Heard::Bytes(text.into());
    assert_eq!(terminal.next().await.unwrap().unwrap(), bytes("80x24\r\n"));
    terminal.send(Typed::Bytes(b"a\0\xff".to_vec())).await.unwrap();
    assert_eq!(terminal.next().await.unwrap().unwrap(), Heard::Bytes(b"a\0\xff".to_vec()));
    terminal.send(Typed::Resize(TerminalSize { columns: 9, rows: 3 })).await.unwrap();
    assert_eq!(terminal.next().await.unwrap().unwrap(), bytes("9x3\r\n"));
    terminal.send(Typed::Bytes(b"exit\r".to_vec())).await.unwrap();
    let end = TerminalEnd { code: Some(7), why: String::new() };
    assert_eq!(terminal.next().await.unwrap().unwrap(), Heard::End(end));
    assert!(terminal.next().await.is_none());
}

#[test]
fn files_are_shown_traced_and_opened_by_their_own_routes() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let served = served();
    let client = served.client();
    let create = wish("tidy", Standing::default());
    let task = runtime.block_on(client.create(&create)).expect("it is created").line.id;
    let get = |route: &str| {
        served.raw(&format!("GET /v1/tasks/{task}/{route} HTTP/1.1\nhost: legwork"), "")
    };
    let (status, body) = get("look?path=Receipts/a.docx&side=before");
    assert_eq!((status, body.contains("nobody reads Receipts/a.docx")), (200, true), "{body}");
    let (status, body) = get("page?path=Receipts/a.pdf&number=2");
    assert_eq!((status, body.as_str()), (200, "page 2"));
    let (status, body) = get("provenance?path=Receipts/a.docx");
    assert_eq!((status, body.contains("\"request\":\"tidy\"")), (200, true), "{body}");
    for route in ["look", "page?path=a&number=x", "provenance?path=a&more=1"] {
        assert_eq!(get(route).0, 400, "{route}");
    }
    let open = format!("POST /v1/tasks/{task}/open HTTP/1.1\nhost: legwork");
    assert_eq!(served.raw(&open, r#"{"path":"Receipts/a.sh"}"#).0, 403);
    let news = |follow: &str| {
        served.raw(&format!("GET /v1/news?follow={follow} HTTP/1.1\nhost: legwork"), "").0
    };
    assert_eq!(news("zzzz:1"), 404);
    assert_eq!(news(&format!("{task}:x")), 400);
    assert_eq!(news(&vec![format!("{task}:0"); 33].join(",")), 400);
}
