//! Steering a model's task: pause and resume, a question on the side, another model, and stopping
//! whatever runs.

use crate::models::{Desk, look, text, whole_job};
use crate::server::Reply::{Silence, Status, Turn};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// Far more than a stop ever takes, and far less than what it stops would go on.
const PATIENCE: Duration = Duration::from_secs(60);

/// Waits until the task is as `is_so` wants it.
pub(crate) fn until(desk: &Desk, task: &str, is_so: impl Fn(&Value) -> bool) -> Value {
    let begun = Instant::now();
    loop {
        let view = desk.json(&["show", task]);
        if is_so(&view) {
            return view;
        }
        assert!(begun.elapsed() < PATIENCE, "it never came: {view:#}");
    }
}

fn sleeper() -> crate::server::Reply {
    Turn("", vec![("run_command", json!({"command": "echo begun; sleep 5000"}))])
}

#[test]
fn a_paused_task_asks_nothing_until_it_may_go_on_also_after_a_kill() {
    let mut replies = whole_job();
    replies.insert(0, Silence);
    let desk = Desk::new("small", replies);
    let task = desk.start(&["--yes"]);
    desk.server.wait_for(1);
    let paused = desk.json(&["pause", &task]);
    assert_eq!(paused["status"], "paused", "{paused:#}");
    let (code, said) = desk.said(&["pause", &task]);
    assert!(code == 2 && said.contains("[task-not-paused]"), "{said}");
    // What the person says takes the request back that was under way.
    let said = desk.json(&["say", &task, "mind the order"]);
    assert_eq!(said["status"], "paused");
    assert!(desk.world.kill_daemon());
    let after = desk.json(&["show", &task]);
    assert_eq!((&after["status"], &after["now"]), (&json!("paused"), &json!("paused by you")));
    assert_eq!(desk.server.seen().len(), 1, "nobody was asked meanwhile");
    desk.json(&["resume", &task]);
    let end = desk.end(&task);
    assert_eq!(end["status"], "done", "{end:#}");
    assert!(text(&desk.server.seen()[1]).contains("mind the order"));
}

#[test]
fn a_question_on_the_side_leaves_no_trace_in_the_task() {
    for name in ["anthropic/claude-x", "openai/gpt-x", "gemini/gemini-x", "small"] {
        let mut replies = whole_job();
        replies.insert(2, Turn("Three lines, I think.", vec![]));
        replies.push(Turn("It is all done.", vec![]));
        let desk = Desk::new(name, replies);
        let task = desk.start(&[]);
        let waits = until(&desk, &task, |view| view["plan_waits"] == true);
        let answer = desk.json(&["ask", &task, "how many lines?"]);
        assert_eq!(answer["answer"], "Three lines, I think.", "{name}");
        let after = desk.json(&["show", &task]);
        assert_eq!(after["plan_waits"], true, "{name}: it waits as before");
        let tokens = |view: &Value| view["spent"]["tokens"]["input"].as_u64().unwrap();
        assert!(tokens(&after) > tokens(&waits), "{name}: it is paid from the task's budget");
        desk.json(&["plan", &task, "--approve"]);
        assert_eq!(desk.end(&task)["status"], "done", "{name}");
        let answer = desk.json(&["ask", &task, "and what did it cost?"]);
        assert_eq!(answer["answer"], "It is all done.", "{name}: also once it rests");
        let asked = |it: &&Value| text(it).contains("on the side");
        let seen = desk.server.seen();
        let aside: Vec<usize> =
            seen.iter().zip(0..).filter(|(it, _)| asked(it)).map(|(_, index)| index).collect();
        assert_eq!(aside, [2, 5], "{name}: only the two requests hold a question");
        let (_, log) = desk.said(&["log", &task]);
        assert!(log.contains("on the side: how many lines?"), "{name}: {log}");
    }
}

#[test]
fn a_question_is_answered_while_a_call_runs() {
    let desk = Desk::new("anthropic/claude-x", vec![sleeper(), Turn("It sleeps.", vec![])]);
    let task = desk.start(&["--no-plan"]);
    until(&desk, &task, |view| view["now"] == "run command");
    let answer = desk.json(&["ask", &task, "what does it do?"]);
    assert_eq!(answer["answer"], "It sleeps.");
    assert!(text(&desk.server.seen()[1]).contains("still under way"));
    assert_eq!(desk.json(&["show", &task])["now"], "run command", "it still runs");
    desk.json(&["stop", &task]);
}

#[test]
fn a_playbook_answers_no_question_on_the_side() {
    let desk = Desk::new("small", vec![]);
    let folder = desk.folder.to_str().unwrap().to_owned();
    let run = ["run", "Find duplicates", "--folder", &folder, "--json"];
    let (_, said) = desk.said(&run);
    let view: Value = serde_json::from_str(&said).unwrap_or_else(|_| panic!("{said}"));
    let (code, said) = desk.said(&["ask", view["id"].as_str().unwrap(), "how many?"]);
    assert!(code == 2 && said.contains("[aside-no-model]"), "{said}");
}

#[test]
fn another_format_goes_on_in_the_middle() {
    let mut replies = whole_job();
    replies.insert(2, Silence);
    let desk = Desk::new("anthropic/claude-x", replies);
    let task = desk.start(&["--yes"]);
    desk.server.wait_for(3);
    let view = desk.json(&["switch", &task, "openai/gpt-x"]);
    assert_eq!(view["mind"], "openai/gpt-x");
    let (code, said) = desk.said(&["switch", &task, "openai/gpt-x"]);
    assert!(code == 2 && said.contains("[model-not-switched]"), "{said}");
    let end = desk.end(&task);
    assert_eq!(end["status"], "done", "{end:#}");
    let seen = desk.server.seen();
    assert!(seen[2].get("messages").is_some(), "the first three speak one format");
    assert!(seen[3].get("input").is_some(), "the rest another, with all that went before");
    assert!(text(&seen[3]).contains("I looked at it."));
}

#[test]
fn a_mere_question_is_answered() {
    let desk = Desk::new("small", vec![look(), Turn("There is one file.", vec![])]);
    let view = desk.run(&[]);
    assert_eq!((&view["status"], &view["rest"]), (&json!("answered"), &json!("answered")));
    let now = "it answered from 2 looks at your files; nobody checked the answer";
    assert_eq!(view["now"], now);
    assert_eq!(view["summary"], "There is one file.");
    let (code, said) = desk.said(&["watch", view["id"].as_str().unwrap()]);
    assert_eq!(code, 0, "{said}");
}

#[test]
fn a_stop_ends_whatever_runs() {
    let cases: [(&str, Vec<crate::server::Reply>, usize); 3] = [
        ("a shell call", vec![sleeper()], 1),
        ("a model that answers nothing", vec![Silence], 1),
        ("a wait before the model is asked again", vec![Status(429, "retry-after: 600")], 1),
    ];
    for (what, replies, requests) in cases {
        let desk = Desk::new("small", replies);
        let task = desk.start(&["--no-plan"]);
        desk.server.wait_for(requests);
        match what {
            "a shell call" => until(&desk, &task, |view| view["now"] == "run command"),
            _ => json!(null),
        };
        let begun = Instant::now();
        desk.said(&["stop", &task]);
        let view = desk.end(&task);
        assert_eq!(view["status"], "stopped", "{what}: {view:#}");
        assert!(begun.elapsed() < PATIENCE, "{what}: {:?}", begun.elapsed());
        println!("{what}: at rest {:?} after the stop was typed", begun.elapsed());
    }
}
