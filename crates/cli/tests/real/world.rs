//! A person with a home folder of their own, and the program as they would call it.

use serde_json::Value;
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Output, Stdio};
use tempfile::TempDir;

/// One person on this computer.
pub(crate) struct World {
    root: TempDir,
}

impl World {
    pub(crate) fn new() -> Self {
        let root = tempfile::Builder::new().prefix("legwork-").tempdir().expect("as arranged");
        for folder in ["home", "run"] {
            let folder = root.path().join(folder);
            std::fs::create_dir(&folder).expect("as arranged");
            std::fs::set_permissions(&folder, PermissionsExt::from_mode(0o700))
                .expect("as arranged");
        }
        Self { root }
    }

    pub(crate) fn path(&self, below: &str) -> PathBuf {
        self.root.path().join("home").join(below)
    }

    /// A copy of one of the example folders.
    pub(crate) fn example(&self, name: &str) -> PathBuf {
        let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples").join(name);
        let to = self.path(name);
        let copied = program("cp").arg("-a").arg(from).arg(&to).status().expect("as arranged");
        assert!(copied.success());
        to
    }

    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = program(env!("CARGO_BIN_EXE_legwork"));
        command
            .args(args)
            .env_clear()
            .env("HOME", self.path(""))
            .env("XDG_RUNTIME_DIR", self.root.path().join("run"))
            .env("PATH", "/usr/local/bin:/usr/bin:/bin")
            .current_dir(self.path(""))
            .stdin(Stdio::null());
        if let Some(guest) = guest() {
            command.env("LEGWORK_GUEST", guest);
        }
        command
    }

    /// Starts the daemon where `/etc` is a copy with this policy in it, as an administrator would
    /// have put it there; answers with the path of the policy, which may be changed.
    /// `first`: whoever calls first starts the daemon.
    pub(crate) fn serve_under(&self, policy: &str, first: &Command) -> PathBuf {
        self.serve_where("legwork/policy.toml", policy, first)
    }

    /// The same with any file of `/etc`.
    pub(crate) fn serve_where(&self, file: &str, text: &str, first: &Command) -> PathBuf {
        let etc = self.root.path().join("etc");
        std::fs::create_dir(&etc).expect("as arranged");
        // Not all of it may be read by everybody.
        let _ = program("cp").args(["-a", "/etc/."]).arg(&etc).stderr(Stdio::null()).status();
        std::fs::create_dir_all(etc.join("legwork")).expect("as arranged");
        let path = etc.join(file);
        std::fs::write(&path, text).expect("as arranged");
        let mut command = program("unshare");
        command.args(["--user", "--map-current-user", "--keep-caps", "--mount"]);
        let script = "mount --bind \"$0\" /etc && exec \"$@\"";
        command.args(["sh", "-c", script]).arg(&etc).arg(first.get_program());
        command.args(first.get_args()).env_clear();
        for (name, value) in first.get_envs() {
            command.env(name, value.unwrap_or_default());
        }
        command.current_dir(self.path("")).stdin(Stdio::null());
        let output = command.output().expect("as arranged");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        path
    }

    pub(crate) fn run(&self, args: &[&str]) -> Output {
        self.command(args).output().expect("as arranged")
    }

    /// Runs a command that must end well; what it says as JSON.
    pub(crate) fn json(&self, args: &[&str]) -> Value {
        let output = self.run(&[args, &["--json"]].concat());
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        let errors = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(0), "{args:?}: {said} {errors}");
        serde_json::from_str(&said).unwrap_or_else(|error| panic!("{args:?}: {error}: {said}"))
    }

    /// Follows a task, item by item.
    pub(crate) fn watch(&self, task: &str) -> Watching {
        let mut child = self
            .command(&["watch", task, "--json"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("as arranged");
        let lines = BufReader::new(child.stdout.take().expect("as arranged"));
        Watching { child, lines }
    }

    /// Kills the daemon as a power cut would. `false`: none was running.
    pub(crate) fn kill_daemon(&self) -> bool {
        let lock = self.path(".local/state/legwork/ledger/lock");
        let pid = std::fs::read_to_string(lock).unwrap_or_default();
        let pid = pid.trim();
        // The lock file stays when its daemon is gone: only a process of ours is ended.
        let exe = std::fs::read_link(format!("/proc/{pid}/exe")).unwrap_or_default();
        let ours = Path::new(env!("CARGO_BIN_EXE_legwork")).canonicalize().expect("as arranged");
        if pid.is_empty() || exe != ours {
            return false;
        }
        program("kill").args(["-9", pid]).status().expect("as arranged").success()
    }
}

impl Drop for World {
    fn drop(&mut self) {
        let _ = self.run(&["serve", "--stop"]);
    }
}

#[expect(clippy::disallowed_methods, reason = "the program under test, and what is done to it")]
fn program(name: &str) -> Command {
    Command::new(name)
}

fn guest() -> Option<std::ffi::OsString> {
    #[expect(clippy::disallowed_methods, reason = "the guest that `make test` built")]
    std::env::var_os("LEGWORK_GUEST")
}

/// A task being followed.
pub(crate) struct Watching {
    child: Child,
    lines: BufReader<ChildStdout>,
}

impl Watching {
    /// The next stored item; `None` when the task is at rest, or nothing more comes.
    pub(crate) fn next(&mut self) -> Option<Value> {
        loop {
            let mut line = String::new();
            if self.lines.read_line(&mut line).unwrap_or(0) == 0 {
                return None;
            }
            let Ok(item) = serde_json::from_str::<Value>(&line) else { continue };
            if item["id"].as_u64().is_some_and(|id| id > 0) {
                return Some(item);
            }
        }
    }
}

impl Drop for Watching {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Everything below a folder: content or link text, mode, and time of change.
pub(crate) fn photograph(folder: &Path) -> BTreeMap<PathBuf, (Vec<u8>, u32, i64)> {
    let mut seen = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("as arranged") {
            let path = entry.expect("as arranged").path();
            let meta = path.symlink_metadata().expect("as arranged");
            let content = if meta.is_dir() {
                folders.push(path.clone());
                vec![]
            } else if meta.is_symlink() {
                use std::os::unix::ffi::OsStrExt;
                std::fs::read_link(&path).expect("as arranged").as_os_str().as_bytes().to_vec()
            } else {
                std::fs::read(&path).expect("as arranged")
            };
            // A folder's own time changes when something in it is moved away and back.
            let time = if meta.is_dir() { 0 } else { meta.mtime() };
            seen.insert(path, (content, meta.mode(), time));
        }
    }
    seen
}
