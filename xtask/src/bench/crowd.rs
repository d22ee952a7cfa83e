//! Many tasks at the same time: how long each of them waits for its own turn.
//!
//! Each has a machine of its own, and a model that takes as long as a quick one does. What is
//! measured is what Legwork adds: from the end of an answer to the arrival of the next request,
//! with one trivial command in between.

use super::Bound::{AtMost, None as Unbound};
use super::scripted::{Scripted, TURNS};
use super::whole::{Home, now};
use super::{Figure, Measured, Place, median};
use serde_json::Value;
use std::fs;
use std::time::Duration;

const TASKS: usize = 50;
const TURNS_EACH: usize = 20;
/// A quick model's answer: 50 tasks then make 50 turns a second.
const ANSWER: Duration = Duration::from_secs(1);
const PATIENCE: Duration = Duration::from_secs(300);

pub(super) fn crowd(place: &Place) -> Measured {
    let turns = if place.is_quick { 5 } else { TURNS_EACH };
    let server = Scripted::start(turns, ANSWER)?;
    let home = Home::with(place, place.legwork(), |dir| {
        let config = dir.join("config/legwork");
        fs::create_dir_all(&config)?;
        fs::write(config.join("config.toml"), server.config())
    })?;
    let folder = home.path("Files");
    fs::create_dir(&folder)?;
    fs::write(folder.join("a.txt"), "one\n")?;
    let folder = folder.to_string_lossy();
    for number in 0..TASKS {
        let request = format!("{TURNS}{number}");
        let args = ["run", &request, "--folder", &folder, "--machine", "jail", "--detach"];
        home.legwork(&[&args[..], &["--model", "small", "--no-plan"]].concat())?;
    }
    let begun = now();
    loop {
        let tasks: Value = serde_json::from_str(&home.legwork(&["list", "--json"])?)?;
        let tasks = tasks.as_array().ok_or("the list of tasks is no list")?;
        if tasks.iter().all(|task| task["status"] != "working") {
            break;
        }
        if begun.elapsed() > PATIENCE {
            return Err("the tasks never ended".into());
        }
        std::thread::sleep(Duration::from_millis(500));
    }
    let mut gaps = server.gaps_ms();
    if gaps.len() < TASKS * turns {
        return Err(format!("only {} turns were made", gaps.len()).into());
    }
    gaps.sort_by(f64::total_cmp);
    let most = gaps.last().copied().unwrap_or(f64::NAN);
    let late = gaps.get(gaps.len() * 99 / 100).copied().unwrap_or(f64::NAN);
    let figure = |what, value, bound| Figure { what, value, unit: "ms", bound };
    Ok(vec![
        figure("50 tasks, the middle turn", median(gaps), Unbound),
        figure("50 tasks, 99 of 100 turns", late, Unbound),
        figure("50 tasks, the longest turn", most, AtMost(50.0)),
    ])
}
