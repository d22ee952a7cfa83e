//! Helpers: tasks that a model's task starts, through the real program and its kills.

use crate::models::{Desk, text};
use crate::server::Reply::{self, Heard, Silence, Turn};
use crate::steering::until;
use serde_json::{Value, json};

fn delegate(requests: &[&str]) -> Reply {
    let call = |request: &&str| ("delegate", json!({"request": request}));
    Turn("", requests.iter().map(call).collect())
}

/// The ids of the task's helpers, as `show` tells them.
fn helpers(view: &Value) -> Vec<String> {
    let all = view["helpers"].as_array().expect("as arranged");
    all.iter().map(|it| it["id"].as_str().expect("as arranged").to_owned()).collect()
}

#[test]
fn helpers_work_side_by_side_and_what_they_say_comes_back() {
    let said = || Turn("There are two lines in Notes/a.txt.", vec![]);
    let end = Turn("Two lines, both say.", vec![]);
    let desk = Desk::new("small", vec![delegate(&["Count", "Count again"]), said(), said(), end]);
    let view = desk.run(&[]);
    assert_eq!(view["status"], "answered", "{view:#}");
    let ids = helpers(&view);
    assert_eq!(ids.len(), 2);
    let seen = desk.server.seen();
    assert_eq!(seen.len(), 4);
    let told = text(&seen[3]);
    for id in &ids {
        assert!(told.contains(id.as_str()), "which helper said it: {told}");
        let helper = desk.json(&["show", id]);
        assert_eq!((&helper["status"], &helper["parent"]), (&json!("answered"), &view["id"]));
        assert_eq!(helper["shares"][0]["access"], "read", "narrower than its task");
    }
    assert_eq!(told.matches("two lines in Notes/a.txt").count(), 2, "{told}");
    let tokens = |view: &Value| view["spent"]["tokens"]["input"].as_u64().unwrap();
    let theirs: u64 = ids.iter().map(|id| tokens(&desk.json(&["show", id]))).sum();
    assert!(tokens(&view) > theirs && theirs > 0, "what they used is the task's use");
    let (_, list) = desk.said(&["list"]);
    assert_eq!(list.matches("└ helper: ").count(), 2, "{list}");
}

#[test]
fn a_helper_lives_on_after_a_kill_and_is_begun_once() {
    let said = Turn("Two.", vec![]);
    let end = Turn("It says two.", vec![]);
    let desk = Desk::new("small", vec![delegate(&["Count"]), Silence, said, end]);
    let task = desk.start(&[]);
    desk.server.wait_for(2);
    assert!(desk.world.kill_daemon());
    let view = desk.end(&task);
    assert_eq!(view["status"], "answered", "{view:#}");
    assert_eq!(desk.json(&["list"]).as_array().unwrap().len(), 2, "one task, one helper");
    assert_eq!(desk.server.seen().len(), 4);
}

#[test]
fn a_helpers_question_reaches_the_person_under_its_task() {
    let ask = Turn("", vec![("ask", json!({"question": "Which file?"}))]);
    let (said, end) = (Turn("a.txt it is.", vec![]), Turn("Done.", vec![]));
    let desk = Desk::new("small", vec![delegate(&["Look"]), ask, said, end]);
    let task = desk.start(&[]);
    let view = until(&desk, &task, |view| view["status"] == "waiting");
    assert_eq!(view["now"], "a helper asks: Which file?");
    assert_eq!(view["helpers"][0]["asks"], "Which file?");
    desk.json(&["answer", &helpers(&view)[0], "a.txt"]);
    assert_eq!(desk.end(&task)["status"], "answered");
}

#[test]
fn pause_and_stop_reach_the_helpers() {
    let desk = Desk::new("small", vec![delegate(&["Wait"]), Silence, Silence]);
    let task = desk.start(&[]);
    desk.server.wait_for(2);
    let helper = helpers(&desk.json(&["show", &task])).remove(0);
    desk.json(&["pause", &task]);
    until(&desk, &helper, |view| view["status"] == "paused");
    desk.json(&["resume", &task]);
    until(&desk, &helper, |view| view["status"] == "working");
    desk.json(&["stop", &task]);
    assert_eq!(desk.end(&task)["status"], "stopped");
    assert_eq!(desk.json(&["show", &helper])["status"], "stopped", "before its task rests");
}

/// Takes what the helper of the last result made: once where it may, once where it may not.
fn take(request: &str) -> Vec<(&'static str, Value)> {
    let told = request.rsplit("\\\"helper\\\":\\\"").next().expect("a result");
    let helper = told.split('\\').next().expect("a name");
    let args = |path: &str, to: &str| json!({"helper": helper, "path": path, "to": to});
    vec![
        ("take_file", args("Notes/made.bin", "Notes/deep/taken.bin")),
        ("take_file", args("Notes/made.bin", "Elsewhere/taken.bin")),
        ("take_file", args("Notes/made.bin", "Notes/../../etc/x")),
        ("take_file", args("Notes/a.txt", "Notes/b.txt")),
        ("take_file", json!({"helper": "aaaaaaaa", "path": "Notes/made.bin"})),
        ("run_command", json!({"command": "od -An -tx1 deep/taken.bin"})),
    ]
}

#[test]
fn what_a_helper_made_is_taken_and_becomes_a_change_of_its_task() {
    let share = json!([{"name": "Notes", "write": true}]);
    let hire = Turn("", vec![("delegate", json!({"request": "Make it", "folders": share}))]);
    let make = json!({"command": "printf '\\000\\377x' > made.bin"});
    let made = vec![Turn("", vec![("run_command", make)]), Turn("It is made.", vec![])];
    let end = Turn("Taken.", vec![]);
    let replies = [vec![hire], made, vec![Heard(take), end]].concat();
    let desk = Desk::new("small", replies);
    let view = desk.run(&["--no-plan"]);
    let seen = desk.server.seen();
    assert!(text(&seen[3]).contains("Notes/made.bin"), "it is told what there is: {}", seen[3]);
    let told = text(&seen[4]);
    for part in [
        "Notes/made.bin is now Notes/deep/taken.bin, 3 bytes, content ",
        "you may not write in",
        "`to` is a path such as",
        "Notes/a.txt is not among the files of task",
        "aaaaaaaa is no helper of this task",
        "00 ff 78",
    ] {
        assert!(told.contains(part), "{part}: {told}");
    }
    assert_eq!(view["changes"]["created"], 2, "the folder and the file: {view:#}");
    let id = view["id"].as_str().unwrap();
    let (_, whence) = desk.said(&["show", id, "--from", "Notes/deep/taken.bin"]);
    assert!(whence.contains("made by helper"), "{whence}");
}
