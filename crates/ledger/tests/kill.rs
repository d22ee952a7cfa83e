//! What was acknowledged survives a kill -9 at any moment.
//!
//! The test starts itself anew as a child that appends as fast as it can and prints what was
//! acknowledged, kills it after a random number of lines, while it goes on, and looks.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use ledger::{BlobHash, Ledger, NewEvent};
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};
use tempfile::TempDir;

const CHILD: &str = "LEDGER_KILL_CHILD";
const ROUNDS: u64 = 20;
const TASKS: [&str; 4] = ["a", "b", "c", "d"];

#[test]
#[expect(clippy::disallowed_methods, reason = "the test is its own child process")]
fn acknowledged_appends_survive_a_kill() {
    if let Some(dir) = std::env::var_os(CHILD) {
        return append_for_ever(Path::new(&dir));
    }
    let dir = TempDir::new().unwrap();
    let mut acknowledged = [0; TASKS.len()];
    let mut blobs = Vec::new();
    for round in 0..ROUNDS {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "acknowledged_appends_survive_a_kill", "--nocapture"])
            .env(CHILD, dir.path())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        // Spread over a few to a few hundred lines; the same in every run.
        let patience = 2 + (round * 2_654_435_761) % 97 * (1 + round % 4);
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut lines = lines.map(Result::unwrap).filter(|line| line.starts_with("acknowledged "));
        let mut note = |line: String| match line.split(' ').collect::<Vec<_>>()[1..] {
            ["blob", hash] => blobs.push(hash.parse::<BlobHash>().unwrap()),
            [task, seq] => {
                let index = TASKS.iter().position(|name| *name == task).unwrap();
                acknowledged[index] = seq.parse().unwrap();
            }
            _ => panic!("{line}"),
        };
        (0..patience).for_each(|_| note(lines.next().expect("the child goes on")));
        child.kill().unwrap();
        child.wait().unwrap();
        // What it printed before it was killed, it had acknowledged.
        lines.for_each(&mut note);

        let ledger = Ledger::open(dir.path()).unwrap();
        for (task, last) in TASKS.iter().zip(acknowledged) {
            ledger.verify(task).unwrap();
            let events = ledger.read(task, 0, usize::MAX).unwrap();
            assert!(events.len() as u64 >= last, "round {round}: {task} lost {last}");
            // An append of two events is there whole or not at all.
            assert_eq!(events.len() % 2, 0, "round {round}: {task} has half an append");
        }
        for hash in &blobs {
            ledger.get(hash).unwrap();
        }
    }
    assert!(acknowledged.iter().all(|last| *last > 0) && !blobs.is_empty());
}

fn append_for_ever(dir: &Path) {
    let ledger = Ledger::open(dir).unwrap();
    // In one piece, so that a line is printed whole or not at all.
    let print = |line: String| std::io::stdout().write_all(line.as_bytes()).unwrap();
    std::thread::scope(|scope| {
        for task in TASKS {
            let (ledger, print) = (&ledger, &print);
            scope.spawn(move || {
                let mut last = ledger.read(task, 0, usize::MAX).unwrap().len() as u64;
                loop {
                    let event = |part: &str| {
                        let body = format!("{task} {last} {part}").repeat((last % 50) as usize);
                        NewEvent { body: body.into_bytes(), at_ms: last }
                    };
                    last = ledger.append(task, last, vec![event("one"), event("two")]).unwrap();
                    print(format!("acknowledged {task} {last}\n"));
                    if last.is_multiple_of(20) {
                        let content = format!("{task} {last} ").repeat(5000);
                        let hash = ledger.put(content.as_bytes()).unwrap();
                        print(format!("acknowledged blob {hash}\n"));
                    }
                }
            });
        }
    });
}
