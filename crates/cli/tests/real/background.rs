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
    assert!(!end.contains("ready"), "it was read before: {end}");
    assert!(told(&desk, 6).contains("again"), "{}", told(&desk, 6));
    assert!(told(&desk, 7).contains("it was ended"), "{}", told(&desk, 7));
    assert!(told(&desk, 8).contains("again"), "{}", told(&desk, 8));
    assert!(told(&desk, 9).contains("nothing that call 3 started"), "{}", told(&desk, 9));
}

#[test]
fn only_so_many_run_at_once_and_all_end_with_the_task() {
    let many = (0..9).map(|_| run("sleep 600")).collect();
    let desk = Desk::new("anthropic/claude-x", vec![Turn("", many), Turn("Done.", vec![])]);
    let view = desk.run(FREE);
    assert!(view["status"] != "working", "{view:#}");
    let told = told(&desk, 1);
    assert_eq!(told.matches("It runs in the background").count(), 8, "{told}");
    assert!(told.contains("end one with command_stop"), "{told}");
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
