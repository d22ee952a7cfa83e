//! The delivered program as a person has it, in a home of its own.

use super::Bound::{AtMost, None as Unbound};
use super::{Figure, Measured, Place, median, receipts};
use crate::command;
use serde_json::Value;
use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// How long something may take before it is given up.
const PATIENCE: Duration = Duration::from_secs(120);
/// Documents of the large expense report.
const DOCUMENTS: usize = 500;
/// Tasks that live at the same time when memory is measured.
const LIVE_TASKS: usize = 5;

pub(super) fn version(place: &Place) -> Measured {
    let mut times = Vec::new();
    for _ in 0..place.rounds(40) {
        let start = now();
        command::output(&place.root, &place.legwork().to_string_lossy(), &["--version"])?;
        times.push(start.elapsed().as_secs_f64() * 1000.0);
    }
    let value = median(times);
    Ok(vec![Figure { what: "legwork --version", value, unit: "ms", bound: AtMost(10.0) }])
}

pub(super) fn memory(place: &Place) -> Measured {
    let home = Home::new(place)?;
    let folder = home.dir.path().join("Receipts");
    receipts::write(&folder, 30)?;
    home.legwork(&["list", "--json"])?;
    let idle = resident_mib(home.daemon.id())?;
    for _ in 0..LIVE_TASKS {
        home.legwork(&["run", REQUEST, "--folder", &folder.to_string_lossy(), "--detach"])?;
    }
    // A task that shows its plan has its machine and its mind, and waits for a person.
    let is_waiting = |task: &Value| task.get("status").is_some_and(|status| status == "waiting");
    let start = now();
    loop {
        let tasks: Value = serde_json::from_str(&home.legwork(&["list", "--json"])?)?;
        let tasks = tasks.as_array().ok_or("the list of tasks is no list")?;
        if tasks.iter().filter(|task| is_waiting(task)).count() == LIVE_TASKS {
            break;
        }
        if start.elapsed() > PATIENCE {
            return Err(format!("the tasks never showed their plans: {tasks:?}").into());
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    let each = (resident_mib(home.daemon.id())? - idle) / f64::from(u8::try_from(LIVE_TASKS)?);
    Ok(vec![
        Figure { what: "daemon, resident, idle", value: idle, unit: "MiB", bound: AtMost(25.0) },
        Figure {
            what: "daemon, for each live task",
            value: each,
            unit: "MiB",
            bound: AtMost(10.0),
        },
    ])
}

pub(super) fn expenses(place: &Place) -> Measured {
    let home = Home::new(place)?;
    let count = if place.is_quick { 50 } else { DOCUMENTS };
    let folder = home.dir.path().join("Receipts");
    receipts::write(&folder, count)?;
    let start = now();
    home.legwork(&["run", REQUEST, "--folder", &folder.to_string_lossy(), "--yes", "--apply"])?;
    let value = start.elapsed().as_secs_f64();
    if !folder.join("Expenses.xlsx").is_file() {
        return Err("there is no Expenses.xlsx".into());
    }
    let peak = status_mib(home.daemon.id(), "VmHWM:")?;
    Ok(vec![
        Figure { what: "expense report over 500 documents", value, unit: "s", bound: AtMost(20.0) },
        Figure {
            what: "daemon, resident, at most in it",
            value: peak,
            unit: "MiB",
            bound: Unbound,
        },
    ])
}

const REQUEST: &str = "Make an expense report from these receipts";

/// A home with a running daemon; both end when dropped.
pub(super) struct Home {
    dir: TempDir,
    program: PathBuf,
    guest: PathBuf,
    daemon: Child,
}

impl Home {
    pub(super) fn new(place: &Place) -> Result<Self, Box<dyn Error>> {
        Self::of(place, place.legwork())
    }

    /// With this program.
    pub(super) fn of(place: &Place, program: PathBuf) -> Result<Self, Box<dyn Error>> {
        Self::with(place, program, |_| Ok(()))
    }

    /// With this program, and what `fill` writes into the home before the daemon begins.
    pub(super) fn with(
        place: &Place,
        program: PathBuf,
        fill: impl FnOnce(&Path) -> std::io::Result<()>,
    ) -> Result<Self, Box<dyn Error>> {
        let dir = TempDir::with_prefix("legwork-bench")?;
        fill(dir.path())?;
        let guest = place.guest();
        let socket = dir.path().join("run/legwork/socket");
        fs::create_dir(dir.path().join("run"))?;
        let mut serve = prepared(dir.path(), &program, &guest);
        let daemon = serve.arg("serve").stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
        let mut home = Self { dir, program, guest, daemon };
        let start = now();
        while !socket.exists() {
            if home.daemon.try_wait()?.is_some() || start.elapsed() > PATIENCE {
                return Err("the daemon did not start".into());
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        Ok(home)
    }

    pub(super) fn path(&self, below: &str) -> PathBuf {
        self.dir.path().join(below)
    }

    pub(super) fn daemon_id(&self) -> u32 {
        self.daemon.id()
    }

    pub(super) fn legwork(&self, args: &[&str]) -> Result<String, command::Failed> {
        command::printed(prepared(self.dir.path(), &self.program, &self.guest).args(args))
    }
}

fn prepared(dir: &Path, program: &Path, guest: &Path) -> Command {
    let mut command = command::program(dir, program);
    command.env("HOME", dir).env("LEGWORK_GUEST", guest).stdin(Stdio::null());
    for (name, folder) in [
        ("XDG_CONFIG_HOME", "config"),
        ("XDG_STATE_HOME", "state"),
        ("XDG_DATA_HOME", "data"),
        ("XDG_CACHE_HOME", "cache"),
        ("XDG_RUNTIME_DIR", "run"),
    ] {
        command.env(name, dir.join(folder));
    }
    command
}

impl Drop for Home {
    fn drop(&mut self) {
        // Asked first, so that its machines end in order; killed if it doesn't listen.
        let asked = self.legwork(&["serve", "--stop"]);
        if asked.is_err() {
            let _ = self.daemon.kill();
        }
        let _ = self.daemon.wait();
    }
}

fn resident_mib(process: u32) -> Result<f64, Box<dyn Error>> {
    status_mib(process, "VmRSS:")
}

/// A line of proc_pid_status(5), in MiB.
fn status_mib(process: u32, name: &str) -> Result<f64, Box<dyn Error>> {
    let status = fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix(name));
    let kib = line.and_then(|line| line.split_whitespace().next()).ok_or("no such line")?;
    Ok(kib.parse::<f64>()? / 1024.0)
}

#[expect(clippy::disallowed_methods, reason = "a measurement needs a clock")]
pub(super) fn now() -> Instant {
    Instant::now()
}
