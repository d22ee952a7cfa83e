//! A home folder of its own, a canned daemon in it, and the binary run there.

use crate::canned::Canned;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

pub(crate) struct World {
    dir: tempfile::TempDir,
}

impl World {
    /// A home with a folder of receipts and a daemon that listens.
    pub(crate) fn new() -> Self {
        let world = Self::without_daemon();
        let runtime = world.home().join("run/legwork");
        fs::create_dir_all(&runtime).expect("a folder can be made");
        drop(Canned::new().serve(runtime.join("socket")));
        world
    }

    pub(crate) fn without_daemon() -> Self {
        let dir = tempfile::tempdir().expect("a folder can be made");
        let world = Self { dir };
        for folder in ["Receipts", "Archive"] {
            fs::create_dir_all(world.home().join(folder)).expect("a folder can be made");
        }
        world
    }

    pub(crate) fn home(&self) -> PathBuf {
        self.dir.path().canonicalize().expect("the folder is there")
    }

    /// The binary with `args`, in an environment of its own.
    #[expect(clippy::disallowed_methods, reason = "a test of the real binary starts it")]
    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let home = self.home();
        let mut command = Command::new(env!("CARGO_BIN_EXE_legwork"));
        command
            .args(args)
            .env_clear()
            .env("HOME", &home)
            .env("XDG_RUNTIME_DIR", home.join("run"))
            .env("TZ", "UTC")
            .env("TERM", "xterm-256color")
            .env("PATH", "/usr/bin:/bin")
            .current_dir(&home)
            .stdin(Stdio::null());
        command
    }

    /// Runs it with words split at spaces; `'…'` keeps them together.
    pub(crate) fn run(&self, line: &str) -> Ended {
        let args = words(line);
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        let output = self.command(&args).output().expect("the binary runs");
        let text = |bytes: Vec<u8>| self.filtered(&String::from_utf8(bytes).expect("text"));
        Ended {
            status: output.status.code().expect("it ends by itself"),
            out: text(output.stdout),
            err: text(output.stderr),
        }
    }

    /// Hands over a task whose request is `words` on the receipts, and does nothing more.
    pub(crate) fn has_task(&self, request: &str, more: &str) {
        let ended = self.run(&format!("run '{request}' --folder Receipts --detach {more}"));
        assert_eq!(ended.status, 0, "{}", ended.err);
    }

    fn filtered(&self, text: &str) -> String {
        text.replace(self.home().to_str().expect("text"), "HOME")
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        Path::new(&self.home()).join(name)
    }
}

pub(crate) struct Ended {
    pub(crate) status: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Ended {
    /// Everything, for a snapshot.
    pub(crate) fn shown(&self) -> String {
        let mut shown = format!("status {}\n{}", self.status, self.out);
        if !self.err.is_empty() {
            shown += &format!("--- errors\n{}", self.err);
        }
        shown
    }

    /// The output as JSON, one value per line.
    pub(crate) fn json(&self) -> Vec<serde_json::Value> {
        let value = |line| serde_json::from_str(line).expect(line);
        self.out.lines().map(value).collect()
    }
}

fn words(line: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut is_quoted = false;
    for letter in line.trim().chars() {
        match letter {
            '\'' => is_quoted = !is_quoted,
            ' ' if !is_quoted => words.push(String::new()),
            letter => words.last_mut().expect("there is one").push(letter),
        }
    }
    words.retain(|word| !word.is_empty());
    words.iter().map(|word| if word == "EMPTY" { String::new() } else { word.clone() }).collect()
}
