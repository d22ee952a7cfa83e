//! A computer without room: a task is told, goes on when there is some, and never dies silently.

use crate::models::{Desk, text};
use crate::server::Reply::{Heard, Turn};
use serde_json::{Value, json};
use std::path::PathBuf;
use std::process::Command;

const MARK: &str = "LEGWORK_TEST_NO_ROOM";

#[expect(clippy::disallowed_methods, reason = "the computer that is short of memory is made here")]
fn program(name: &str) -> Command {
    Command::new(name)
}

fn run(command: &str) -> (&'static str, Value) {
    ("run_command", json!({"command": command}))
}

fn table() -> PathBuf {
    std::env::temp_dir().join("meminfo")
}

/// The computer says that its memory is used up. After the machine's start: a namespace below is
/// given no table of the kernel's that something covers.
fn fall_short(_: &str) -> Vec<(&'static str, Value)> {
    let said = std::fs::read_to_string("/proc/meminfo").expect("there");
    let line = said.lines().find(|line| line.starts_with("MemAvailable:")).expect("a line");
    std::fs::write(table(), said.replace(line, "MemAvailable:  3072 kB")).expect("room");
    let covered = program("mount").arg("--bind").arg(table()).arg("/proc/meminfo").status();
    assert!(covered.expect("mount is part of util-linux").success());
    vec![run("exec sleep 600")]
}

fn recover(_: &str) -> Vec<(&'static str, Value)> {
    let bared = program("umount").arg("/proc/meminfo").status();
    assert!(bared.expect("umount is part of util-linux").success());
    vec![run("cat kept")]
}

/// What happens in a namespace of its own: the other half of the test below.
#[test]
fn a_task_while_memory_is_short() {
    #[expect(clippy::disallowed_methods, reason = "whether this is the other half")]
    if std::env::var_os(MARK).is_none() {
        return;
    }
    let desk = Desk::new(
        "anthropic/claude-x",
        vec![
            Turn("", vec![run("echo begun > kept")]),
            Heard(fall_short),
            Turn("", vec![run("echo x")]),
            Heard(recover),
            Turn("Done.", vec![]),
        ],
    );
    let view = desk.run(&["--no-plan", "--yes"]);
    let seen = desk.server.seen();
    let told = |request: usize| text(seen[request]["messages"].as_array().unwrap().last().unwrap());
    let why = "the computer is almost out of memory: 3 MB are free";
    let hope = "work goes on once other programs leave some";
    assert!(told(2).contains("the machine has ended") && told(2).contains(why), "{view:#}");
    assert!(told(2).contains(hope), "{}", told(2));
    // No machine is made that would be ended at once.
    assert!(told(3).contains(why) && !told(3).contains("has ended"), "{}", told(3));
    assert!(told(4).contains("begun"), "what was written is there: {}", told(4));
    let (_, log) = desk.said(&["log", "last"]);
    assert!(log.contains(why), "the person reads it too: {log}");
    println!("it went on");
}

#[test]
fn a_task_whose_memory_runs_out_is_told_and_goes_on() {
    let place = tempfile::tempdir().expect("room");
    let itself = std::env::current_exe().expect("a program knows itself");
    let output = program("unshare")
        .args(["--user", "--map-root-user", "--mount"])
        .arg(itself)
        .args(["--exact", "room::a_task_while_memory_is_short", "--nocapture"])
        .env(MARK, "1")
        .env("TMPDIR", place.path())
        .output()
        .expect("unshare is part of util-linux");
    let said = String::from_utf8_lossy(&output.stdout).into_owned()
        + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && said.contains("it went on"), "{said}");
}
