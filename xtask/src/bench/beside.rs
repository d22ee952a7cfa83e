//! Sandboxes that others made, beside our machine: how long until a command in one says its first
//! byte. What this computer's person installed by npm (`npm install -g @openai/codex
//! @anthropic-ai/sandbox-runtime`) is measured; what is not there is left out, with a word.

use super::Bound::{AtLeast, None as Unbound};
use super::{Figure, Measured, Place, median};
use crate::command;
use std::error::Error;
use std::io::Read as _;
use std::process::Stdio;
use std::time::Instant;

/// As many as are quick enough to wait for.
const ROUNDS: usize = 20;

struct Other {
    program: &'static str,
    args: &'static [&'static str],
    what: &'static str,
    over_ours: &'static str,
}

const OTHERS: [Other; 2] = [
    Other {
        program: "codex",
        args: &["sandbox", "--", "/bin/echo", "x"],
        what: "codex sandbox to first byte",
        over_ours: "codex sandbox over a machine",
    },
    Other {
        program: "srt",
        args: &["-c", "/bin/echo x"],
        what: "srt to first byte",
        over_ours: "srt over a machine",
    },
];

/// `ours_ms`: the same of a machine, measured in this run.
pub(super) fn others(place: &Place, ours_ms: f64) -> Measured {
    let mut figures = Vec::new();
    for Other { program, args, what, over_ours } in OTHERS {
        // The first one may set something up.
        if let Err(error) = first_byte_ms(place, program, args) {
            crate::say(&format!("{program} is left out: {error}\n"));
            continue;
        }
        let rounds = 0..place.rounds(ROUNDS);
        let times: Result<Vec<f64>, _> =
            rounds.map(|_| first_byte_ms(place, program, args)).collect();
        let value = median(times?);
        figures.push(Figure { what, value, unit: "ms", bound: Unbound });
        let value = value / ours_ms;
        figures.push(Figure { what: over_ours, value, unit: "×", bound: AtLeast(4.0) });
    }
    Ok(figures)
}

fn first_byte_ms(place: &Place, program: &str, args: &[&str]) -> Result<f64, Box<dyn Error>> {
    let mut run = command::program(&place.root, program);
    run.args(args).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    let began = now();
    let mut child = run.spawn().map_err(|_| "it is not installed")?;
    let mut byte = [0; 1];
    let read = child.stdout.take().ok_or("it has no output")?.read(&mut byte);
    let took = began.elapsed();
    let ended = child.wait()?;
    match read {
        Ok(1) if ended.success() => Ok(took.as_secs_f64() * 1000.0),
        Ok(_) | Err(_) => Err("it does not work here; try it by hand".into()),
    }
}

#[expect(clippy::disallowed_methods, reason = "a measurement needs a clock")]
fn now() -> Instant {
    Instant::now()
}
