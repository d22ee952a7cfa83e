//! Parts on their own: the examples of the crates, each of which prints its numbers as JSON.

use super::Bound::{AtLeast, AtMost, None as Unbound};
use super::{Bound, Figure, Measured, Place, beside};
use crate::command;
use serde_json::Value;
use std::error::Error;

/// A number in what an example prints, what it is called in the table, and its bound.
pub(super) type Row = (&'static str, &'static str, &'static str, Bound);

pub(super) fn machine(place: &Place) -> Measured {
    let guest = place.guest();
    let rounds = place.rounds(60).to_string();
    let printed = example(place, "machine", "ttfb", &[&guest.to_string_lossy(), &rounds])?;
    let mut figures = rows(
        &printed,
        &[
            ("/plain_bwrap_ms", "plain bwrap to first byte", "ms", Unbound),
            ("/first_byte_ms", "machine to first byte", "ms", Unbound),
            ("/start_ratio", "machine over plain bwrap", "×", AtMost(1.5)),
            ("/spare_first_byte_ms", "spare machine to first byte", "ms", Unbound),
            ("/spare_ratio", "spare machine over plain bwrap", "×", AtMost(1.5)),
            ("/bare_exec_ms", "bare fork and exec", "ms", Unbound),
            ("/exec_over_ms", "command in a machine, over fork and exec", "ms", AtMost(2.0)),
        ],
    )?;
    let ours = printed.get("first_byte_ms").and_then(Value::as_f64).ok_or("no first_byte_ms")?;
    figures.extend(beside::others(place, ours)?);
    Ok(figures)
}

/// A VM on an emulated processor, from the image that the tests make.
pub(super) fn vm(place: &Place) -> Measured {
    let store = place.target.join("tmp/vm");
    let image = store.join("images/test");
    if !image.join("manifest.json").is_file() {
        crate::say("vm is left out: there is no image; `make test-vm` makes one\n");
        return Ok(Vec::new());
    }
    let (guest, templates) = (place.guest(), store.join("templates"));
    let rounds = place.rounds(20).to_string();
    let paths = [&image, &guest, &templates].map(|path| path.to_string_lossy());
    let printed =
        example(place, "machine", "vm_start", &[&paths[0], &paths[1], &paths[2], &rounds])?;
    rows(
        &printed,
        &[
            ("/restore_ms", "VM, from its template", "ms", AtMost(200.0)),
            ("/first_command_ms", "VM, its first command", "ms", Unbound),
            ("/spare_ready_ms", "VM that waited, until it stands", "ms", AtMost(200.0)),
            ("/spare_first_command_ms", "VM that waited, its first command", "ms", Unbound),
            ("/stop_ms", "VM, its end", "ms", Unbound),
        ],
    )
}

/// What passes the one door out.
pub(super) fn door(place: &Place) -> Measured {
    let printed = example(place, "egress", "throughput", &["1000"])?;
    let number = |pointer: &str| {
        let value = printed.pointer(pointer).and_then(Value::as_f64);
        value.ok_or_else(|| format!("no number at {pointer} in {printed}"))
    };
    let added = |kind: &str| -> Result<f64, String> {
        let pointer = |way: &str| format!("/{kind}_request_us/{way}");
        Ok((number(&pointer("door"))? - number(&pointer("direct"))?) / 1000.0)
    };
    let figure = |what, value, unit, bound| Figure { what, value, unit, bound };
    Ok(vec![
        figure("door, added to a request", added("fresh")?, "ms", AtMost(1.0)),
        figure("door, added on a kept connection", added("kept")?, "ms", AtMost(1.0)),
        figure("door, carries", number("/mb_per_s/door")?, "MB/s", AtLeast(500.0)),
        figure("door, 1,000 idle connections", number("/idle_kib")? / 1024.0, "MiB", AtMost(15.0)),
    ])
}

/// Machines that wait, and what passes their own doors.
pub(super) fn idle(place: &Place) -> Measured {
    let guest = place.guest();
    let printed = example(place, "machine", "doors_bench", &[&guest.to_string_lossy()])?;
    let kb = |key: &str| printed.get(key).and_then(Value::as_f64).ok_or(format!("no {key}"));
    let all = (kb("hundred_jails_guests_kb")? + kb("hundred_jails_bwraps_kb")?) / 1024.0;
    let figure = |what, value, unit, bound| Figure { what, value, unit, bound };
    let mut figures = vec![figure("100 idle machines, resident", all, "MiB", AtMost(1024.0))];
    figures.extend(rows(
        &printed,
        &[
            ("/guests_woken_in_5s", "their wakings in 5 s", "", AtMost(0.0)),
            ("/up_mb_s", "a machine's doors, out", "MB/s", Unbound),
            ("/down_mb_s", "a machine's doors, in", "MB/s", Unbound),
        ],
    )?);
    Ok(figures)
}

pub(super) fn ledger(place: &Place) -> Measured {
    let rounds = place.rounds(9).to_string();
    let dir = place.target.to_string_lossy();
    let printed = example(place, "ledger", "append_bench", &[&dir, &rounds])?;
    rows(
        &printed,
        &[
            ("/single/ours_per_s", "appends, one by one", "/s", Unbound),
            ("/single/ratio", "appends over bare SQLite, one by one", "×", AtLeast(0.9)),
            ("/grouped/ours_per_s", "appends, grouped", "/s", Unbound),
            ("/grouped/ratio", "appends over bare SQLite, grouped", "×", AtLeast(0.9)),
        ],
    )
}

pub(super) fn fold(place: &Place) -> Measured {
    let printed = example(place, "task", "fold_bench", &[])?;
    rows(
        &printed,
        &[
            ("/fold_ms", "fold of 10,000 events", "ms", AtMost(20.0)),
            ("/parse_and_fold_ms", "fold of 10,000 events, parsing included", "ms", Unbound),
        ],
    )
}

pub(super) fn changes(place: &Place) -> Measured {
    let printed = example(place, "machine", "changes_bench", &[])?;
    rows(
        &printed,
        &[
            ("/manifest_take_ms", "manifest of 100,000 files", "ms", Unbound),
            ("/list_10_changes_ms", "diff of 100,000 files with 10 changes", "ms", AtMost(500.0)),
            ("/tidy_apply_ms", "apply of 20,000 moves", "ms", Unbound),
            ("/tidy_undo_ms", "undo of 20,000 moves", "ms", Unbound),
        ],
    )
}

/// Builds an example and runs it; answers with the JSON that it prints last.
fn example(
    place: &Place,
    package: &str,
    name: &str,
    args: &[&str],
) -> Result<Value, Box<dyn Error>> {
    let build = ["build", "--release", "--locked", "--quiet", "-p", package, "--example", name];
    command::output(&place.root, "cargo", &build)?;
    let program = place.target.join("release/examples").join(name);
    let mut run = command::program(&place.root, program);
    let printed = command::printed(run.args(args))?;
    let line = printed.lines().rfind(|line| line.starts_with('{'));
    Ok(serde_json::from_str(line.ok_or("the example printed no JSON")?)?)
}

pub(super) fn rows(printed: &Value, rows: &[Row]) -> Measured {
    rows.iter()
        .map(|(pointer, what, unit, bound)| {
            let value = printed.pointer(pointer).and_then(Value::as_f64);
            let value = value.ok_or_else(|| format!("no number at {pointer} in {printed}"))?;
            Ok(Figure { what, value, unit, bound: *bound })
        })
        .collect()
}
