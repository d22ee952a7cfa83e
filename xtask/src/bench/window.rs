//! The window as a browser shows it: `web/tests/speed.mjs` drives Chromium against the delivered
//! program.

use super::Bound::{AtLeast, AtMost};
use super::parts::{Row, rows};
use super::{Measured, Place};
use crate::command;

pub(super) fn window(place: &Place) -> Measured {
    let build =
        ["build", "--release", "--locked", "--quiet", "-p", "ledger", "--example", "fill_bench"];
    command::output(&place.root, "cargo", &build)?;
    let web = place.root.join("web");
    let mut run = command::program(&web, place.root.join("scripts/node.sh"));
    run.args(["node", "tests/speed.mjs"])
        .arg(place.target.join("release/examples/fill_bench"))
        .env("LEGWORK_BINARY", place.legwork())
        .env("LEGWORK_GUEST", place.guest())
        .env("LEGWORK_ROUNDS", place.rounds(7).max(3).to_string());
    let printed = command::printed(&mut run)?;
    let line = printed.lines().rfind(|line| line.starts_with('{'));
    let printed = serde_json::from_str(line.ok_or("the browser's measure printed no JSON")?)?;
    rows(&printed, ROWS)
}

const ROWS: &[Row] = &[
    ("/first_paint_ms", "window, first paint", "ms", AtMost(300.0)),
    ("/script_kb", "window, script of the first page, packed", "kB", AtMost(200.0)),
    ("/event_ms", "window, a stored event on the screen", "ms", AtMost(50.0)),
    ("/long_task_ms", "window, a task of 10,000 events opens", "ms", AtMost(500.0)),
    ("/scroll_fps", "window, frames while that is scrolled", "/s", AtLeast(55.0)),
    ("/many_changes_ms", "window, a diff of 2,000 files opens", "ms", AtMost(1000.0)),
    ("/one_of_many_ms", "window, one file of them opens", "ms", AtMost(1000.0)),
    ("/windows_mib", "daemon, for 20 open windows", "MiB", AtMost(40.0)),
    ("/windows_idle_ms", "daemon, work for them in 10 idle s", "ms", AtMost(10.0)),
];
