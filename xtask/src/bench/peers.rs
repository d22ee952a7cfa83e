//! Legwork beside other programs that do tasks with a model, in a kit of its own: a scripted model
//! server, and a harness that runs each of them against it.
//!
//! The kit is no part of this project. It is looked for beside it, or where `LEGWORK_PEERS_KIT`
//! says. What it builds, installs and measures lies in `peers` in the target folder.

use super::Bound::{AtMost, None as Unbound};
use super::{Figure, Measured, Place, median};
use crate::command;
use serde_json::Value;
use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The least that a loop does which runs a shell and keeps two events of each turn.
const FLOOR: &str = "floor-fsync";
const OURS: &str = "legwork";
/// A harness's measures that say something about turns.
const MEASURES: &str = "version,loop50,loop200,stream";

/// Ours and the floor are always measured; the peers named in `names` too, where the kit's own
/// installer put them.
pub(super) fn peers(place: &Place, names: &[&str]) -> Measured {
    let desk = Desk::new(place)?;
    let runs = if place.is_quick { "1" } else { "5" };
    let everyone: Vec<&str> = [FLOOR, OURS].into_iter().chain(names.iter().copied()).collect();
    let args = [&["run"], &everyone[..], &["--only", MEASURES, "--runs", runs][..]].concat();
    let printed = command::printed(&mut desk.bench(&args));
    // Its daemon goes on in the home that the harness made for it.
    let _ = command::printed(
        command::program(&desk.root, place.legwork())
            .args(["serve", "--stop"])
            .env("HOME", desk.root.join("home").join(OURS))
            .env("XDG_RUNTIME_DIR", desk.root.join("home").join(OURS).join("run")),
    );
    printed?;
    crate::say(&command::printed(&mut desk.bench(&[&["report"], &everyone[..]].concat()))?);
    desk.figures()
}

struct Desk {
    kit: PathBuf,
    root: PathBuf,
}

impl Desk {
    fn new(place: &Place) -> Result<Self, Box<dyn Error>> {
        let kit = kit(place)?;
        let root = place.target.join("peers");
        fs::create_dir_all(root.join("runs"))?;
        let link = root.join("kit");
        if link.is_symlink() {
            fs::remove_file(&link)?;
        }
        std::os::unix::fs::symlink(&kit, &link)?;
        let desk = Self { kit, root };
        if !desk.root.join("tools/mock_model").is_file() {
            let mut build = command::program(&desk.kit, "sh");
            build.arg("build.sh").env("PERF_ROOT", &desk.root);
            command::printed(build.env("CARGO_TARGET_DIR", desk.root.join("target")))?;
        }
        fs::write(desk.root.join("legwork.toml"), entry(place)?)?;
        Ok(desk)
    }

    fn bench(&self, args: &[&str]) -> Command {
        let mut python = command::program(&self.root, "python3");
        python.arg(self.kit.join("bench.py")).args(args).env("PERF_ROOT", &self.root);
        python.env("PEERS_EXTRA", self.root.join("legwork.toml"));
        python
    }

    fn figures(&self) -> Measured {
        let (early, late) = (3..13, 186..200);
        let over = |turns: std::ops::Range<usize>| -> Result<f64, Box<dyn Error>> {
            let floor = median(self.gaps(FLOOR, turns.clone())?);
            Ok(median(self.gaps(OURS, turns)?) / floor)
        };
        let first = self.numbers(OURS, "loop50", "first_ms")?;
        let token = self.numbers(OURS, "stream", "p50").unwrap_or_default();
        Ok(vec![
            figure(
                "turn of a task, turns 3 to 12",
                median(self.gaps(OURS, early.clone())?),
                "ms",
                Unbound,
            ),
            figure("turn over the floor, turns 3 to 12", over(early)?, "×", AtMost(2.2)),
            figure(
                "turn of a task, turns 186 to 200",
                median(self.gaps(OURS, late.clone())?),
                "ms",
                Unbound,
            ),
            figure("turn over the floor, turns 186 to 200", over(late)?, "×", AtMost(2.2)),
            figure("start of the command to first request", median(first), "ms", AtMost(50.0)),
            figure("token to the terminal", median(token), "ms", AtMost(2.0)),
        ])
    }

    fn rows(&self, peer: &str, measure: &str) -> Result<Vec<Value>, Box<dyn Error>> {
        let path = self.root.join(format!("runs/results/{peer}.{measure}.json"));
        let result: Value = serde_json::from_str(&fs::read_to_string(path)?)?;
        let rows = result.get("rows").and_then(Value::as_array).ok_or("a result has no rows")?;
        let good: Vec<Value> = rows.iter().filter(|row| row["ok"] != false).cloned().collect();
        if good.is_empty() {
            return Err(format!("no run of {peer} for {measure} was whole").into());
        }
        Ok(good)
    }

    fn numbers(&self, peer: &str, measure: &str, key: &str) -> Result<Vec<f64>, Box<dyn Error>> {
        Ok(self.rows(peer, measure)?.iter().filter_map(|row| row[key].as_f64()).collect())
    }

    /// Milliseconds of these turns, over all runs of 200.
    fn gaps(&self, peer: &str, turns: std::ops::Range<usize>) -> Result<Vec<f64>, Box<dyn Error>> {
        let rows = self.rows(peer, "loop200")?;
        let of = |row: &Value| {
            let gaps = row["gaps_ms"].as_array().cloned().unwrap_or_default();
            gaps.iter().filter_map(Value::as_f64).collect::<Vec<_>>()
        };
        Ok(rows
            .iter()
            .filter_map(|row| of(row).get(turns.clone()).map(<[f64]>::to_vec))
            .flatten()
            .collect())
    }
}

fn figure(what: &'static str, value: f64, unit: &'static str, bound: super::Bound) -> Figure {
    Figure { what, value, unit, bound }
}

#[expect(clippy::disallowed_methods, reason = "only its owner knows where the kit is")]
fn kit(place: &Place) -> Result<PathBuf, Box<dyn Error>> {
    let beside = || place.root.parent().map(|dir| dir.join("shared/bench"));
    let kit = std::env::var_os("LEGWORK_PEERS_KIT").map(PathBuf::from).or_else(beside);
    match kit {
        Some(kit) if kit.join("bench.py").is_file() => Ok(kit.canonicalize()?),
        _ => Err("the kit that runs peers is not beside this project; LEGWORK_PEERS_KIT=FOLDER \
                  says where it is"
            .into()),
    }
}

/// How the harness runs ours: a task of its own folder, with a model and without a plan.
fn entry(place: &Place) -> Result<String, Box<dyn Error>> {
    let text = |path: &Path| -> Result<String, Box<dyn Error>> {
        Ok(path.canonicalize()?.to_str().ok_or("the target folder's name is not text")?.to_owned())
    };
    let (legwork, guest) = (text(&place.legwork())?, text(&place.guest())?);
    Ok(format!(
        r#"[{OURS}]
label = "Legwork, in its jail"
install = ["{legwork}", "{guest}"]
version = ["{legwork}", "--version"]
run = ["{legwork}", "run", "{{prompt}}", "--folder", "{{ws}}", "--no-plan", "--machine", "jail", "--model", "anthropic/claude-sonnet-4-5"]
stream = ["{legwork}", "run", "{{prompt}}", "--folder", "{{ws}}", "--no-plan", "--machine", "jail", "--model", "anthropic/claude-sonnet-4-5"]
[{OURS}.env]
ANTHROPIC_BASE_URL = "http://127.0.0.1:{{port}}"
ANTHROPIC_API_KEY = "test"
XDG_RUNTIME_DIR = "{{home}}/run"
LEGWORK_GUEST = "{guest}"
[{OURS}.files]
"run/.keep" = ""
".config/legwork/config.toml" = "[models]\nservers = []\n"
"#
    ))
}
