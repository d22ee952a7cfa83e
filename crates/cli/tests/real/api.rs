//! The examples of docs/api.md, run as they stand there.

use crate::world::World;
use std::fmt::Write as _;
use std::process::Stdio;

const PAGE: &str = include_str!("../../../../docs/api.md");

#[test]
#[expect(clippy::disallowed_methods, reason = "the examples are for a shell")]
fn the_examples_of_the_interface_work() {
    let world = World::new();
    let notes = world.path("Notes");
    std::fs::create_dir(&notes).expect("as arranged");
    for name in ["a.txt", "b.txt", "c.txt"] {
        let text = if name == "c.txt" { "another\n" } else { "the same\n" };
        std::fs::write(notes.join(name), text).expect("as arranged");
    }
    // Starts the daemon.
    assert!(world.command(&["list"]).status().expect("as arranged").success());
    let function =
        PAGE.lines().find_map(|line| line.strip_prefix("    api()")).expect("it is there");
    let mut script = format!("set -eu\napi(){function}\n");
    for (number, block) in PAGE.split("```sh\n").skip(1).enumerate() {
        let code = block.split("```").next().expect("a block");
        for line in code.lines() {
            let _ =
                writeln!(script, "echo 'example {number}: {}' >&2\n{line}", line.replace('\'', ""));
        }
    }
    let like = world.command(&["list"]);
    let mut shell = std::process::Command::new("bash");
    shell.env_clear();
    for (name, value) in like.get_envs() {
        match value {
            Some(value) => shell.env(name, value),
            None => shell.env_remove(name),
        };
    }
    let output = shell
        .args(["-c", &script])
        .current_dir(world.path(""))
        .stdin(Stdio::null())
        .output()
        .expect("there is a shell");
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "it ended at the last of these:\n{told}");
}
