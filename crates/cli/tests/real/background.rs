//! Commands that go on while the model does other things.

use crate::models::{Desk, text};
use crate::server::Reply::{self, Turn};
use serde_json::{Value, json};

fn run(command: &str) -> (&'static str, Value) {
    ("run_command", json!({"command": command, "background": true}))
}

fn output(call: u32) -> Reply {
    Turn("", vec![("command_output", json!({"call": call, "wait_ms": 60_000}))])
}

fn told(desk: &Desk, request: usize) -> String {
    let seen = desk.server.seen();
    text(seen[request]["messages"].as_array().and_then(|it| it.last()).expect("a message"))
}

const FREE: &[&str] = &["--no-plan", "--yes"];

#[test]
fn a_command_goes_on_and_is_read_and_ended() {
    let replies = vec![
        // It says a second word only after the first was read.
        Turn("", vec![run("echo ready; until test -e go; do sleep 0.05; done; echo gone")]),
        output(1),
        Turn("", vec![("write_file", json!({"path": "Notes/go", "text": ""}))]),
        output(1),
        Turn("", vec![run("echo again; sleep 600")]),
        output(5),
        Turn("", vec![("command_stop", json!({"call": 5}))]),
        Turn("", vec![("command_output", json!({"call": 5, "offset": 0}))]),
        Turn("", vec![("command_output", json!({"call": 3}))]),
        Turn("Done.", vec![]),
    ];
    let desk = Desk::new("anthropic/claude-x", replies);
    let view = desk.run(FREE);
    assert!(told(&desk, 1).contains("It runs in the background"), "{}", told(&desk, 1));
    assert!(told(&desk, 2).contains("ready") && told(&desk, 2).contains("still runs"), "{view:#}");
    let end = told(&desk, 4);
    assert!(!end.contains("ready\\n"), "it was read before: {end}");
    assert!(told(&desk, 6).contains("again"), "{}", told(&desk, 6));
    assert!(told(&desk, 7).contains("it was ended"), "{}", told(&desk, 7));
    assert!(told(&desk, 8).contains("again"), "{}", told(&desk, 8));
    assert!(told(&desk, 9).contains("nothing that call 3 started"), "{}", told(&desk, 9));
}

#[test]
fn only_so_many_run_at_once_and_all_end_with_the_task() {
    let many = (0..9).map(|_| run("sleep 600")).collect();
    let replies = vec![Turn("", many), Turn("Done.", vec![]), Turn("Done.", vec![])];
    let desk = Desk::new("anthropic/claude-x", replies);
    let view = desk.run(FREE);
    assert!(view["status"] != "working", "{view:#}");
    let told = told(&desk, 1);
    assert_eq!(told.matches("It runs in the background").count(), 8, "{told}");
    assert!(told.contains("end one with command_stop"), "{told}");
    let sent_back = self::told(&desk, 2);
    assert!(sent_back.contains("call 8 ran in the background still runs"), "{sent_back}");
}

#[test]
fn after_a_kill_the_model_is_told_that_it_is_gone() {
    let replies = vec![
        Turn("", vec![run("echo ready; sleep 600")]),
        Reply::Silence,
        output(1),
        Turn("Done.", vec![]),
    ];
    let desk = Desk::new("anthropic/claude-x", replies);
    let task = desk.start(FREE);
    desk.server.wait_for(2);
    assert!(desk.world.kill_daemon());
    desk.end(&task);
    assert!(
        told(&desk, 2).contains("What ran in the background (call 1) is gone"),
        "{}",
        told(&desk, 2)
    );
    assert!(told(&desk, 3).contains("nothing that call 1 started runs"), "{}", told(&desk, 3));
    let (_, log) = desk.said(&["log", &task]);
    assert!(log.contains("what call 1 ran in the background is gone"), "{log}");
}

/// All that was told of ends, request by request.
fn ends(desk: &Desk) -> Vec<Vec<String>> {
    let ends_in = |request: &Value| {
        let messages = request["messages"].as_array().expect("messages").iter().map(text);
        messages.filter(|it| it.contains("in the background ended")).collect()
    };
    desk.server.seen().iter().map(ends_in).collect()
}

/// Works until it hears of an end, and then a little more.
fn works_until_an_end(heard: &str) -> Reply {
    let told = heard.matches("in the background ended").count();
    match told * heard.matches("after the end").count() {
        2.. => Turn("Done.", vec![]),
        _ => {
            let mark = if told > 0 { "after the end" } else { "" };
            // Each another call, so that it is no stall.
            let command = format!("sleep 0.1; : {mark} {}", heard.len());
            Turn("", vec![("run_command", json!({"command": command}))])
        }
    }
}

#[test]
fn an_end_is_told_once_and_what_was_printed_is_content() {
    let waits = "until test -e go; do sleep 0.05; done; echo one; echo two; exit 3";
    let replies = vec![
        Turn("", vec![run(waits)]),
        Turn("", vec![("write_file", json!({"path": "Notes/go", "text": ""}))]),
    ];
    let desk = Desk::new("anthropic/claude-x", replies);
    desk.server.always(works_until_an_end);
    let view = desk.run(FREE);
    let ends = ends(&desk);
    let last = ends.last().expect("requests");
    assert_eq!(last.len(), 1, "{view:#} {ends:#?}");
    assert!(
        last[0].contains("what call 1 ran in the background ended with exit code 3"),
        "{last:?}"
    );
    assert!(last[0].contains("<data ") && last[0].contains("one\\ntwo"), "{last:?}");
    let task = view["id"].as_str().expect("an id");
    let (_, log) = desk.said(&["log", task]);
    assert!(log.contains("what call 1 ran in the background ended with exit code 3"), "{log}");
}

#[test]
fn what_the_model_ended_is_not_told_as_news() {
    let replies = vec![
        Turn("", vec![run("echo out; sleep 600")]),
        Turn("", vec![("command_stop", json!({"call": 1}))]),
        Turn("", vec![("run_command", json!({"command": "sleep 1"}))]),
        Turn("Done.", vec![]),
    ];
    let desk = Desk::new("anthropic/claude-x", replies);
    desk.run(FREE);
    let ends = ends(&desk);
    assert!(ends.iter().all(Vec::is_empty), "{ends:#?}");
    assert!(told(&desk, 2).contains("it was ended"), "{}", told(&desk, 2));
}

/// A word without a call while something runs: the model may mean to wait.
#[test]
fn a_model_that_waits_without_a_call_is_told_what_runs() {
    let replies = vec![
        Turn("", vec![run("sleep 0.5; echo built")]),
        Turn("The build runs; I wait for it.", vec![]),
        Turn("", vec![("command_output", json!({"call": 1, "wait_ms": 60_000}))]),
        Turn("Built.", vec![]),
    ];
    let desk = Desk::new("anthropic/claude-x", replies);
    let view = desk.run(FREE);
    let told = told(&desk, 2);
    let is_told = told.contains("still runs, and ends with the task") || told.contains("built");
    assert!(is_told, "{told}");
    assert_eq!(view["summary"], "Built.", "{view:#}");
}
