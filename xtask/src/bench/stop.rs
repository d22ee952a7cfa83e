//! How long a stop takes whatever runs: from the request to the daemon until it says that the task
//! is at rest. The command that a person types is not part of it.

use super::Bound::AtMost;
use super::scripted::{CHILD, DOOR, SHELL, STREAM, Scripted};
use super::whole::{Home, now};
use super::{Figure, Measured, Place};
use serde_json::Value;
use std::error::Error;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

/// What runs when the stop comes, and how the table calls it.
const KINDS: &[(&str, &str)] = &[
    (STREAM, "stop, while a model's answer comes"),
    (SHELL, "stop, while a command runs"),
    (DOOR, "stop, while a question of the network waits"),
    (CHILD, "stop, while a helper works"),
    (SCRIPT, "stop, while a playbook thinks"),
];

/// A request for the skill below.
const SCRIPT: &str = "Count to no end";
const SKILL: &str = "---\nname: count\ndescription: Counts to no end. Use it to count to no end.\n\
                     ---\n\nIt counts.\n";
const PLAYBOOK: &str = "def main():\n    n = 0\n    for i in range(1000000):\n        \
                        for j in range(1000000):\n            n = n + 1\n\nmain()\n";

/// How long a stop may take: the promise to a person who presses it.
const STOP_MS_MAX: f64 = 200.0;
/// So long a playbook is let think before it is stopped.
const THOUGHT: Duration = Duration::from_millis(300);
const PATIENCE: Duration = Duration::from_secs(60);
const LOOK_EVERY: Duration = Duration::from_millis(2);

pub(super) fn stop(place: &Place) -> Measured {
    let server = Scripted::start(0, Duration::ZERO)?;
    let home = Home::with(place, place.legwork(), |dir| {
        let config = dir.join("config/legwork");
        let skill = config.join("skills/count");
        fs::create_dir_all(&skill)?;
        fs::write(config.join("config.toml"), server.config())?;
        fs::write(skill.join("SKILL.md"), SKILL)?;
        fs::write(skill.join("playbook.star"), PLAYBOOK)
    })?;
    let folder = home.path("Files");
    fs::create_dir(&folder)?;
    fs::write(folder.join("a.txt"), "one\n")?;
    let mut figures = vec![];
    for (kind, what) in KINDS {
        let mut worst = 0.0_f64;
        for _ in 0..place.rounds(10) {
            let took = one(&home, &server, &folder, kind);
            worst = worst.max(took.map_err(|error| format!("{what}: {error}"))?);
        }
        figures.push(Figure { what, value: worst, unit: "ms", bound: AtMost(STOP_MS_MAX) });
    }
    Ok(figures)
}

/// Begins a task, waits until what is meant runs, and stops it; milliseconds that took.
fn one(home: &Home, server: &Scripted, folder: &Path, kind: &str) -> Result<f64, Box<dyn Error>> {
    let (streams, folder) = (server.streams(), folder.to_string_lossy());
    let mut args = vec!["run", kind, "--folder", &folder, "--machine", "jail", "--detach"];
    if kind != SCRIPT {
        args.extend(["--model", "small", "--no-plan"]);
    }
    args.push("--json");
    let task: Value = serde_json::from_str(&home.legwork(&args)?)?;
    let id = task["id"].as_str().ok_or("a task without a name")?;
    let mut daemon = Daemon::open(&home.path("run/legwork/socket"))?;
    let path = format!("/v1/tasks/{id}");
    let is_there = |view: &Value| match kind {
        SHELL => view["now"] == "run command",
        DOOR => view["status"] == "waiting",
        SCRIPT => !view["isolation"].is_null(),
        _ => server.streams() > streams,
    };
    daemon.until(&path, is_there)?;
    if kind == SCRIPT {
        std::thread::sleep(THOUGHT);
    }
    let begun = now();
    daemon.ask("POST", &format!("{path}/stop"))?;
    let view = daemon.until(&path, |view| !view["rest"].is_null())?;
    let took = begun.elapsed().as_secs_f64() * 1000.0;
    if view["rest"] != "stopped" {
        return Err(format!("it rests as {}", view["rest"]).into());
    }
    Ok(took)
}

/// One connection to a daemon.
struct Daemon(BufReader<UnixStream>);

impl Daemon {
    fn open(socket: &Path) -> std::io::Result<Self> {
        let stream = UnixStream::connect(socket)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        Ok(Self(BufReader::new(stream)))
    }

    fn until(
        &mut self,
        path: &str,
        is_so: impl Fn(&Value) -> bool,
    ) -> Result<Value, Box<dyn Error>> {
        let begun = now();
        loop {
            let view = self.ask("GET", path)?;
            if is_so(&view) {
                return Ok(view);
            }
            if begun.elapsed() > PATIENCE {
                return Err(format!("it never came: {view}").into());
            }
            std::thread::sleep(LOOK_EVERY);
        }
    }

    fn ask(&mut self, method: &str, path: &str) -> Result<Value, Box<dyn Error>> {
        let body = if method == "POST" { "{}" } else { "" };
        let length = body.len();
        let request = format!(
            "{method} {path} HTTP/1.1\r\nhost: legwork\r\ncontent-type: application/json\r\n\
             content-length: {length}\r\n\r\n{body}"
        );
        self.0.get_mut().write_all(request.as_bytes())?;
        let mut length = 0;
        loop {
            let mut line = String::new();
            if self.0.read_line(&mut line)? == 0 {
                return Err("the daemon hung up".into());
            }
            let line = line.trim().to_ascii_lowercase();
            if line.is_empty() {
                break;
            }
            if let Some(value) = line.strip_prefix("content-length:") {
                length = value.trim().parse()?;
            }
        }
        let mut body = vec![0; length];
        self.0.read_exact(&mut body)?;
        Ok(serde_json::from_slice(&body)?)
    }
}
