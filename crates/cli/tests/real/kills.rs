//! `kill -9` of the real daemon at twenty points of the real expense job.

use crate::models::{Desk, finish, kill};
use crate::server::Reply::{self, Turn};
use crate::world::World;
use serde_json::{Value, json};

/// Kills in the life of the one task.
const KILLS: u64 = 20;

const REQUEST: &str = "Make an expense report from these receipts";

/// Hands the job over without waiting for it; the name of the task.
fn hand_over(world: &World) -> String {
    let folder = world.example("receipts");
    let folder = folder.to_str().expect("as arranged");
    let made = world.json(&["run", REQUEST, "--folder", folder, "--yes", "--detach"]);
    made["id"].as_str().expect("as arranged").to_owned()
}

/// Follows a task to its end; the position of its last event.
fn follow(world: &World, task: &str) -> u64 {
    let mut watching = world.watch(task);
    let mut last = 0;
    while let Some(item) = watching.next() {
        last = item["id"].as_u64().expect("as arranged");
    }
    last
}

/// What the task made, as far as it does not name the task: the page, and every cell of the
/// workbook.
fn result(world: &World, task: &str) -> (String, Value) {
    let view = world.json(&["show", task]);
    assert_eq!(view["status"], "done", "{view:#}");
    assert!(
        view["checks"]
            .as_array()
            .expect("as arranged")
            .iter()
            .all(|check| check["state"] == "passed")
    );
    let page = world.json(&["changes", task, "receipts/Expenses.md"]);
    let book = world.json(&["changes", task, "receipts/Expenses.xlsx"]);
    let diff = |view: &Value| {
        let text = view.to_string();
        assert!(text.len() > 500, "the difference is told: {text}");
        view.clone()
    };
    (diff(&page).to_string(), diff(&book))
}

#[test]
fn twenty_kills_change_nothing_of_the_result() {
    let calm = World::new();
    let task = hand_over(&calm);
    let events = follow(&calm, &task);
    let undisturbed = result(&calm, &task);

    let world = World::new();
    let task = hand_over(&world);
    let mut killed = 0;
    for point in 1..=KILLS {
        let wanted = events * point / (KILLS + 1);
        let mut watching = world.watch(&task);
        // Interrupted calls are asked for again, so that there are more events than in the calm
        // run: the points stay spread over the whole job.
        while let Some(item) = watching.next() {
            if item["id"].as_u64().expect("as arranged") >= wanted {
                break;
            }
        }
        // On a busy computer the next daemon may not have written down yet which process it is.
        let dies = |_| {
            let died = world.kill_daemon();
            if !died {
                world.run(&["list"]);
            }
            died
        };
        killed += u64::from((0..20).any(dies));
    }
    assert_eq!(killed, KILLS);
    follow(&world, &task);
    assert_eq!(result(&world, &task), undisturbed);

    let log = String::from_utf8(world.run(&["log", &task, "--json"]).stdout).expect("as arranged");
    let entries = log.lines().map(|line| serde_json::from_str::<Value>(line).expect("as arranged"));
    let started = entries.filter(|entry| entry["event"]["event"] == "call-started");
    let mut calls: Vec<u64> =
        started.map(|entry| entry["event"]["call"].as_u64().expect("as arranged")).collect();
    let count = calls.len();
    calls.sort_unstable();
    calls.dedup();
    assert_eq!(calls.len(), count, "no call was started twice");
}

/// Turns of the long task, and kills in it: `LEGWORK_TURNS=1000 LEGWORK_KILLS=40` makes it long.
fn length() -> (usize, usize) {
    #[expect(clippy::disallowed_methods, reason = "how long the long task is, where somebody says")]
    let number = |name: &str, usual| {
        std::env::var(name).ok().and_then(|it| it.parse().ok()).unwrap_or(usual)
    };
    (number("LEGWORK_TURNS", 60), number("LEGWORK_KILLS", 5))
}

/// Writes the next file of many; one of which nobody knows whether it was written, again.
fn write_on(request: &str) -> Reply {
    let done = request.matches("Written, ").count();
    if done >= length().0 {
        return Turn("All are written.", vec![]);
    }
    let path = format!("Notes/n{done}.txt");
    Turn("", vec![("write_file", json!({"path": path, "text": format!("{done}\n")}))])
}

#[test]
fn a_long_task_that_is_killed_again_and_again_comes_to_the_same_end() {
    let (turns, kills) = length();
    let desk = Desk::new("anthropic/claude-x", vec![]);
    desk.server.always(write_on);
    let task = desk.start(&["--no-plan"]);
    // Not evenly: the points differ from one kill to the next, and the instant within a turn is
    // the computer's to choose.
    let mut seed = 0x9e37_79b9_usize;
    let mut point = 0;
    for _ in 0..kills {
        seed = seed.wrapping_mul(1_103_515_245).wrapping_add(12_345) & 0x7fff_ffff;
        point += 1 + seed / 7 % (turns * 2 / kills / 3).max(1);
        desk.server.wait_for(point);
        kill(&desk);
    }
    let view = desk.end(&task);
    assert_eq!(view["status"], "needs-you", "{view:#}");
    assert_eq!(view["summary"], "All are written.");
    assert_eq!(view["changes"]["created"].as_u64(), Some(turns as u64), "{view:#}");
    desk.said(&["apply", &task, "--despite-checks"]);
    for number in 0..turns {
        let path = desk.folder.join(format!("n{number}.txt"));
        assert_eq!(std::fs::read_to_string(path).unwrap(), format!("{number}\n"));
    }
}

#[test]
fn an_apply_that_goes_on_after_a_kill_is_told_as_one() {
    let files = "i=0; while [ $i -lt 2500 ]; do echo $i > made-$i; i=$((i + 1)); done";
    let made = Turn("", vec![("run_command", json!({"command": files}))]);
    let desk = Desk::new("anthropic/claude-x", vec![made, finish()]);
    let task = desk.start(&["--no-plan"]);
    let view = desk.end(&task);
    assert_eq!(view["changes"]["created"], 2500, "{view:#}");
    let count = || std::fs::read_dir(&desk.folder).expect("as arranged").count();
    let mut applying = desk.command(&["apply", &task, "--despite-checks"]);
    let mut applying = applying.spawn().expect("as arranged");
    while count() < 50 {
        std::thread::yield_now();
    }
    desk.world.kill_daemon();
    applying.wait().expect("as arranged");
    // Much of it is still to be done, by the next daemon, which nobody has to ask.
    assert!(count() < 2500, "it was too quick to be killed");
    let (_, undone) = desk.said(&["undo", &task]);
    assert!(undone.contains("are being applied or undone"), "{undone}");
    let (_, shown) = desk.said(&["show", &task]);
    assert!(shown.contains("is applying"), "{shown}");
    assert!(shown.contains("being brought into your folders"), "{shown}");
    assert!(!shown.contains("None of this") && !shown.contains("legwork apply"), "{shown}");
    while !desk.json(&["show", &task])["undoable"].as_bool().expect("as arranged") {
        std::thread::yield_now();
    }
    assert_eq!(count(), 2501);
    desk.said(&["undo", &task]);
    assert_eq!(count(), 1);
}
