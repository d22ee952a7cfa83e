//! Steering a model's task: pause and resume, a question on the side, another model, and stopping
//! whatever runs.

use crate::models::{Desk, look, text, whole_job};
use crate::server::Reply::{Begun, Silence, Status, Turn};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader};
use std::process::Stdio;
use std::time::{Duration, Instant};

#[expect(clippy::disallowed_methods, reason = "how long it takes is what is tested")]
fn now() -> Instant {
    Instant::now()
}

/// Far more than a stop ever takes, and far less than what it stops would go on.
const PATIENCE: Duration = Duration::from_secs(60);

/// Waits until the task is as `is_so` wants it.
pub(crate) fn until(desk: &Desk, task: &str, is_so: impl Fn(&Value) -> bool) -> Value {
    let begun = now();
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

/// Waits until so much of an answer was shown.
fn wait_for_words(desk: &Desk, task: &str, words: &str) {
    let mut command = desk.world.command(&["watch", task, "--json"]);
    let mut child = command.stdout(Stdio::piped()).spawn().expect("as arranged");
    let out = BufReader::new(child.stdout.take().expect("as arranged"));
    let has_come = out.lines().map_while(Result::ok).any(|line| line.contains(words));
    let _ = child.kill();
    let _ = child.wait();
    assert!(has_come, "{words} never came");
}

/// Tokens that a task used, and whether they are only estimated.
fn spent(view: &Value) -> (u64, u64, bool) {
    let tokens = &view["spent"]["tokens"];
    let number = |of: &str| tokens[of].as_u64().expect("a number");
    (number("input"), number("output"), tokens["is_estimate"] == true)
}

#[test]
fn an_answer_that_is_interrupted_counts_and_its_words_are_kept() {
    const WORDS: &str = "I will look at the three files. ";
    let desk = Desk::new("anthropic/claude-x", vec![Begun(WORDS), Turn("Fine.", vec![])]);
    let task = desk.start(&[]);
    desk.server.wait_for(1);
    wait_for_words(&desk, &task, "three files");
    desk.json(&["say", &task, "there are only two"]);
    let view = desk.end(&task);
    assert_eq!(view["status"], "answered", "{view:#}");
    let (_, log) = desk.said(&["log", &task, "--json"]);
    let events = log.lines().map(|line| serde_json::from_str::<Value>(line).expect("as arranged"));
    let dropped = events.map(|it| it["event"].clone()).find(|it| it["event"] == "answer-dropped");
    let dropped = dropped.expect("it is recorded");
    let said = dropped["said"].as_str().unwrap().len() as u64;
    assert!(said >= WORDS.len() as u64, "{dropped}");
    let estimate = json!({"input": 700, "cache_read": 0, "cache_write": 0,
        "output": said.div_ceil(3), "is_estimate": true});
    assert_eq!(dropped["usage"], estimate);
    let told = text(&desk.server.seen()[1]);
    let last = told.len() as u64 / 4;
    assert_eq!(spent(&view), (700 + last, said.div_ceil(3) + 10, true), "{view:#}");
    let (said, then) = (told.find(WORDS).unwrap(), told.find("only two").unwrap());
    assert!(said < then && told.contains("your last answer was interrupted"), "{told}");
    let (_, log) = desk.said(&["log", &task]);
    assert!(log.contains("an answer was not waited for: about "), "{log}");
}

#[test]
fn who_speaks_all_the_time_can_not_spend_more_than_the_budget() {
    let desk = Desk::new("anthropic/claude-x", (0..40).map(|_| Silence).collect());
    let config = desk.world.path(".config/legwork/config.toml");
    let own = std::fs::read_to_string(&config).unwrap() + "[budget]\ntokens = 30000\n";
    std::fs::write(config, own).unwrap();
    let task = desk.start(&[]);
    let mut said = 0;
    let view = loop {
        said += 1;
        desk.server.wait_for(said);
        desk.said(&["say", &task, "go on"]);
        let view = desk.json(&["show", &task]);
        if view["spent"]["tokens"]["input"].as_u64() >= Some(30_000) {
            break desk.end(&task);
        }
        assert!(said < 10, "each request is counted: {view:#}");
    };
    let why = view["now"].as_str().unwrap();
    assert!(why.contains("its budget is spent: 30000 tokens"), "{view:#}");
}

#[test]
fn an_answer_that_a_kill_cut_off_counts() {
    let desk = Desk::new("anthropic/claude-x", vec![look(), Silence, Turn("One.", vec![])]);
    let task = desk.start(&[]);
    desk.server.wait_for(2);
    assert!(desk.world.kill_daemon());
    let view = desk.end(&task);
    assert_eq!(view["status"], "answered", "{view:#}");
    let seen = desk.server.seen();
    let told: u64 = [0, 2].iter().map(|it| text(&seen[*it]).len() as u64 / 4).sum();
    let (input, _, is_estimate) = spent(&view);
    assert!(input > told && is_estimate, "{view:#}");
}

#[test]
fn a_stop_ends_whatever_runs() {
    let cases: [(&str, Vec<crate::server::Reply>, usize); 4] = [
        ("a shell call", vec![sleeper()], 1),
        ("a model's answer that comes", vec![Begun("I will")], 1),
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
        if what == "a wait before the model is asked again" {
            let view = until(&desk, &task, |view| view["now_said"]["code"] == "model-waits");
            let said = &view["now_said"];
            let (since, again) =
                (said["since"].as_u64().unwrap(), said["again_at"].as_u64().unwrap());
            assert_eq!(again - since, 600_000, "{view:#}");
            let (_, shown) = desk.said(&["show", &task]);
            assert!(shown.contains("waits for its model since "), "{shown}");
            assert!(shown.contains("; it is asked again at "), "{shown}");
        }
        let begun = now();
        desk.said(&["stop", &task]);
        let view = desk.end(&task);
        assert_eq!(view["status"], "stopped", "{what}: {view:#}");
        assert!(begun.elapsed() < PATIENCE, "{what}: {:?}", begun.elapsed());
        println!("{what}: at rest {:?} after the stop was typed", begun.elapsed());
    }
}

/// As `desk.command`, with other variables than the usual ones.
fn said_with(desk: &Desk, args: &[&str], variables: &[(&str, &str)]) -> (i32, String) {
    let mut command = desk.world.command(args);
    command.env("ANTHROPIC_BASE_URL", format!("http://127.0.0.1:{}", desk.server.port));
    let output = command.envs(variables.iter().copied()).output().expect("as arranged");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    (output.status.code().expect("as arranged"), said + &String::from_utf8_lossy(&output.stderr))
}

fn run_args(folder: &str) -> Vec<&str> {
    let model = "anthropic/claude-x";
    vec!["run", "What is here?", "--folder", folder, "--model", model, "--json"]
}

#[test]
fn a_key_that_was_set_after_the_daemon_began_is_found_and_kept_nowhere() {
    let desk = Desk::new("anthropic/claude-x", vec![Turn("One file.", vec![])]);
    let folder = desk.folder.to_str().unwrap().to_owned();
    assert_eq!(said_with(&desk, &["list"], &[]).0, 0);
    let (code, said) = said_with(&desk, &run_args(&folder), &[]);
    assert!(code != 0 && said.contains("model-key"), "{said}");
    let key = [("ANTHROPIC_API_KEY", "handed-key-456")];
    let (code, said) = said_with(&desk, &run_args(&folder), &key);
    assert_eq!(code, 0, "{said}");
    assert_eq!(desk.server.seen().len(), 1);
    let kept = crate::world::photograph(&desk.world.path(""));
    let holds = |content: &[u8]| content.windows(10).any(|it| it == b"handed-key");
    assert!(!kept.values().any(|(content, ..)| holds(content)), "it is in no file");
}

#[test]
fn a_key_is_asked_of_its_command_again_when_it_is_refused() {
    let replies = vec![Status(401, "x-old: 1"), Turn("One file.", vec![])];
    let desk = Desk::new("anthropic/claude-x", replies);
    let (place, keys) = (desk.world.path("key"), desk.world.path(".config/legwork/models.toml"));
    // Prints another key each time.
    let script = "echo x >> \"$0\"; echo key-$(wc -l < \"$0\")";
    let command = json!(["/bin/sh", "-c", script, place.to_str().unwrap()]);
    std::fs::write(&keys, format!("[[key]]\nprovider = \"anthropic\"\ncommand = {command}\n"))
        .unwrap();
    let folder = desk.folder.to_str().unwrap().to_owned();
    let (code, said) = said_with(&desk, &run_args(&folder), &[]);
    assert_eq!(code, 0, "{said}");
    assert_eq!(std::fs::read_to_string(&place).unwrap(), "x\nx\n", "asked once, and once again");
    assert_eq!(desk.server.seen().len(), 2);
}

/// What was asked is read by the model, whoever waits for the answer.
#[test]
fn a_question_on_the_side_counts_also_if_nobody_hears_the_answer() {
    let desk = Desk::new("anthropic/claude-x", vec![sleeper(), Silence]);
    let task = desk.start(&["--no-plan"]);
    let before = until(&desk, &task, |view| view["now"] == "run command");
    let tokens = |view: &Value| {
        let tokens = &view["spent"]["tokens"];
        let count = |key: &str| tokens[key].as_u64().unwrap();
        count("input") + count("cache_read") + count("cache_write") + count("output")
    };
    let mut asks = desk.command(&["ask", &task, "how many lines?"]).spawn().unwrap();
    desk.server.wait_for(2);
    asks.kill().unwrap();
    asks.wait().unwrap();
    let asked = desk.json(&["show", &task]);
    assert!(tokens(&asked) > tokens(&before) + 500, "{asked:#}");
    crate::models::kill(&desk);
    let after = desk.json(&["show", &task]);
    assert!(tokens(&after) >= tokens(&asked), "{after:#}");
    desk.json(&["stop", &task]);
}
