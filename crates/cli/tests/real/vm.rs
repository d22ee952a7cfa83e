//! Tasks in virtual machines, in software emulation, through the real command.
//!
//! They start from the image that `scripts/vm-image.sh` makes; `make test` runs them where it can.

use crate::world::{World, photograph};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Stdio;

const PLAYBOOK: &str = r#"
def main():
    share = folders[0]["name"]
    plan("Run it", steps = [{"key": "do", "text": "Run do.sh", "details": []}],
        checks = [{"key": "c", "text": "it ended well"}], writes = [share])
    step("do")
    tools.run_command(command = "sh ./do.sh > said.txt 2>&1; echo ended $? > end.txt")
    check("c", "check_file", path = share + "/end.txt", contains = ["ended 0"])
    finish("It ran.")

main()
"#;
const SKILL: &str = "---\nname: runs-scripts\ndescription: Runs do.sh.\nmetadata:\n  title: Runs\n  \
                     words: runscript\n---\n";

/// The image that was made for all tests.
fn image() -> PathBuf {
    #[expect(clippy::disallowed_methods, reason = "where the tests' image was made")]
    let given = std::env::var_os("LEGWORK_TEST_VM_STORE");
    let usual = || Path::new(env!("CARGO_TARGET_TMPDIR")).join("vm");
    let image = given.map_or_else(usual, PathBuf::from).join("images/test");
    image.canonicalize().expect("the image is there: `scripts/vm-image.sh` makes it")
}

/// A person with the image, a playbook that runs a script, and a folder with one.
fn world(script: &str) -> (World, PathBuf) {
    let world = World::new();
    let write = |path: PathBuf, text: &str| {
        std::fs::create_dir_all(path.parent().expect("as arranged")).expect("as arranged");
        std::fs::write(path, text).expect("as arranged");
    };
    let skill = world.path(".config/legwork/skills/runs-scripts");
    write(skill.join("SKILL.md"), SKILL);
    write(skill.join("playbook.star"), PLAYBOOK);
    let images = world.path(".local/state/legwork/images");
    std::fs::create_dir_all(&images).expect("as arranged");
    std::os::unix::fs::symlink(image(), images.join("test")).expect("as arranged");
    write(world.path("Work/do.sh"), script);
    write(world.path("Work/old.txt"), "before\n");
    let folder = world.path("Work");
    (world, folder)
}

#[test]
fn a_task_in_a_virtual_machine_goes_all_the_way_and_back() {
    let script = "cat old.txt; uname -n; echo after > old.txt; ls /sys/class/net; cat by-hand.txt";
    let (world, folder) = world(script);
    let before = photograph(&folder);
    let path = folder.to_str().unwrap();
    let output = world.run(&["run", "runscript", "--folder", path, "--machine", "vm"]);
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(3), "the plan waits: {said}");
    assert!(said.contains("a virtual machine in software"), "{said}");
    let view = world.json(&["show", "last"]);
    assert_eq!(view["isolation"], "vm-emulated", "{view:#}");
    // A person looks in, and leaves something.
    let mut shell = world.command(&["machine", "shell", "last"]);
    let mut shell =
        shell.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("as arranged");
    let mut keys = shell.stdin.take().expect("as arranged");
    keys.write_all(b"echo hand > by-hand.txt; exit\n").expect("as arranged");
    let ended = shell.wait_with_output().expect("as arranged");
    assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stdout));
    // What was saved survives the machine and the daemon; the next machine is of the same kind.
    assert!(world.kill_daemon());
    world.json(&["plan", "last", "--approve"]);
    let output = world.run(&["watch", "last"]);
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(0), "{said}");
    let view = world.json(&["show", "last"]);
    assert_eq!(view["isolation"], "vm-emulated", "{view:#}");
    assert_eq!(photograph(&folder), before, "nothing is touched before apply");
    world.json(&["apply", "last"]);
    let read = |name: &str| std::fs::read_to_string(folder.join(name)).expect(name);
    assert_eq!(read("old.txt"), "after\n");
    assert_eq!(read("said.txt"), "before\nmachine\nlo\nhand\n", "a system of its own");
    world.json(&["undo", "last"]);
    assert_eq!(photograph(&folder), before, "undo brings everything back");
}

#[test]
fn a_virtual_machine_that_dies_in_a_call_makes_no_result() {
    let (world, folder) = world("echo x > x.txt; echo begun > /folders/Work/begun; sleep 600");
    let before = photograph(&folder);
    let path = folder.to_str().unwrap();
    let args = ["run", "runscript", "--folder", path, "--machine", "vm", "--yes", "--detach"];
    world.json(&args);
    // The script's call ends only with the machine.
    let has_begun = || {
        let log = world.run(&["log", "last"]);
        String::from_utf8_lossy(&log.stdout).contains("call 3 started")
    };
    let begun = (0..600).any(|_| {
        std::thread::sleep(std::time::Duration::from_millis(200));
        has_begun()
    });
    assert!(begun, "the call did not begin within two minutes");
    assert!(world.kill_daemon());
    let output = world.run(&["watch", "last"]);
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_ne!(output.status.code(), Some(0), "{said}");
    assert_eq!(photograph(&folder), before);
    assert!(!world.json(&["show", "last"]).to_string().contains("\"done\""), "{said}");
}
