//! The interactive flow, on a pseudo-terminal.

use crate::world::World;
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};
use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::process::Child;

struct Terminal {
    keys: File,
    screen: File,
    shown: Vec<u8>,
    seen: usize,
    child: Child,
}

impl Terminal {
    fn start(world: &World, args: &[&str], vars: &[(&str, &str)]) -> Self {
        let ours = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).expect("a terminal can be made");
        grantpt(&ours).and_then(|()| unlockpt(&ours)).expect("it can be opened");
        let name = ptsname(&ours, vec![]).expect("it has a name").into_string().expect("text");
        let size = Winsize { ws_row: 40, ws_col: 80, ws_xpixel: 0, ws_ypixel: 0 };
        tcsetwinsize(&ours, size).expect("it has a size");
        let theirs = OpenOptions::new().read(true).write(true).open(name).expect("it opens");
        let copy = |file: &File| file.try_clone().expect("it can be shared");
        let mut command = world.command(args);
        command
            .envs(vars.iter().copied())
            .stdin(copy(&theirs))
            .stdout(copy(&theirs))
            .stderr(theirs);
        let child = command.spawn().expect("the binary runs");
        let keys = File::from(ours);
        Self { screen: copy(&keys), keys, shown: vec![], seen: 0, child }
    }

    /// Reads until `text` was shown after what was waited for before.
    fn wait_for(&mut self, text: &str) {
        loop {
            let shown = &self.shown[self.seen..];
            let mut places = shown.windows(text.len());
            if let Some(place) = places.position(|bytes| bytes == text.as_bytes()) {
                // What was shown after it in the same breath is for the next wait.
                self.seen += place + text.len();
                return;
            }
            let shown = String::from_utf8_lossy(shown).into_owned();
            let mut bytes = [0; 4096];
            let count = self.screen.read(&mut bytes).unwrap_or(0);
            assert_ne!(count, 0, "it ended without showing {text:?}:\n{shown}");
            self.shown.extend_from_slice(&bytes[..count]);
        }
    }

    fn press(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).expect("it takes keys");
    }

    /// Reads to the end, and returns the status and everything that was shown.
    fn end(mut self) -> (i32, String) {
        let mut bytes = [0; 4096];
        // A terminal whose other end was closed reads as an error.
        while let Ok(count @ 1..) = self.screen.read(&mut bytes) {
            self.shown.extend_from_slice(&bytes[..count]);
        }
        let status = self.child.wait().expect("it ends").code().expect("by itself");
        (status, String::from_utf8_lossy(&self.shown).into_owned())
    }
}

const RUN: [&str; 4] = ["run", "make a report", "--folder", "Receipts"];

#[test]
fn a_person_approves_the_plan_and_answers() {
    let world = World::new();
    let mut terminal = Terminal::start(&world, &RUN, &[]);
    terminal.wait_for("Decide later");
    terminal.press("\r");
    terminal.wait_for("Something else");
    terminal.press("\r");
    let (status, shown) = terminal.end();
    assert_eq!(status, 0, "{shown}");
    for part in ["Plan approved", "Euro", "7 of 9", "\u{1b}[32m✓ ", "legwork apply aaaabbbb"] {
        assert!(shown.contains(part), "{part:?} was not shown:\n{shown}");
    }
    let task = &world.run("log last").out;
    assert!(task.contains("answered by you: eur"), "{task}");
}

#[test]
fn a_person_edits_the_plan_refuses_it_or_answers_in_own_words() {
    let world = World::new();
    let vars = [("EDITOR", "sed -i '$aadd Count them twice'"), ("NO_COLOR", "1")];
    let mut terminal = Terminal::start(&world, &RUN, &vars);
    terminal.wait_for("Decide later");
    terminal.press("\u{1b}[B\r");
    terminal.wait_for("Count them twice");
    terminal.wait_for("Decide later");
    terminal.press("\r");
    terminal.wait_for("Something else");
    terminal.press("\u{1b}[A\r");
    terminal.wait_for("Enter send");
    terminal.press("Yen\r");
    let (status, shown) = terminal.end();
    assert_eq!(status, 0, "{shown}");
    assert!(!shown.contains("\u{1b}[32m"), "colour in spite of NO_COLOR:\n{shown}");
    assert!(world.run("log last").out.contains("answered by you: Yen"), "{shown}");

    let mut terminal = Terminal::start(&world, &RUN, &[]);
    terminal.wait_for("Decide later");
    terminal.press("\u{1b}[B\u{1b}[B\r");
    assert_eq!(terminal.end().0, 4);
}

#[test]
fn a_person_may_leave_it_waiting() {
    let world = World::new();
    for key in ["\u{1b}", "\u{3}"] {
        let mut terminal = Terminal::start(&world, &RUN, &[]);
        terminal.wait_for("Decide later");
        terminal.press(key);
        let (status, shown) = terminal.end();
        assert_eq!(status, 3, "{shown}");
        assert!(shown.contains("--approve"), "{shown}");
    }
    let mut terminal = Terminal::start(&world, &["watch", "last"], &[]);
    terminal.wait_for("Decide later");
    terminal.press("\r");
    terminal.wait_for("Something else");
    terminal.press("\u{1b}");
    assert_eq!(terminal.end().0, 3);
    let mut terminal = Terminal::start(&world, &["answer", "last"], &[]);
    terminal.wait_for("Something else");
    terminal.press("\u{1b}[B\r");
    let (status, shown) = terminal.end();
    assert_eq!(status, 0, "{shown}");
    assert!(shown.contains("US dollar"), "{shown}");
}
