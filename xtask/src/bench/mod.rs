//! `cargo xtask bench`: what the promises about speed and size are measured by.
//!
//! Prints a table, writes `bench.json` into the target folder, and fails when a figure misses its
//! target. Where something bare can run beside ours, the figure is a ratio of neighbours in time,
//! so that a busy computer slows both.

mod beside;
mod crowd;
mod parts;
mod peers;
mod receipts;
mod scripted;
pub(crate) mod soak;
mod stop;
mod whole;
mod window;

use serde::Serialize;
use std::error::Error;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// One measured number.
#[derive(Debug, Serialize)]
pub(crate) struct Figure {
    what: &'static str,
    value: f64,
    unit: &'static str,
    bound: Bound,
}

/// What a number has to keep to.
#[derive(Debug, Clone, Copy, Serialize)]
#[serde(rename_all = "kebab-case")]
enum Bound {
    AtMost(f64),
    AtLeast(f64),
    /// Shown to explain others.
    None,
}

impl Figure {
    fn holds(&self) -> bool {
        match self.bound {
            Bound::AtMost(max) => self.value <= max,
            Bound::AtLeast(min) => self.value >= min,
            Bound::None => true,
        }
    }
}

/// Where the programs are that are measured.
pub(crate) struct Place {
    root: PathBuf,
    target: PathBuf,
    /// Fewer rounds: to see that everything runs, not how fast.
    is_quick: bool,
}

impl Place {
    fn legwork(&self) -> PathBuf {
        self.target.join("release/legwork")
    }

    fn guest(&self) -> PathBuf {
        let host = format!("{}-unknown-linux-gnu", std::env::consts::ARCH);
        self.target.join(host).join("guest/legwork-guest")
    }

    fn rounds(&self, count: usize) -> usize {
        if self.is_quick { count.div_ceil(10) } else { count }
    }
}

type Measured = Result<Vec<Figure>, Box<dyn Error>>;
type Measure = fn(&Place) -> Measured;

const MEASURES: &[(&str, Measure)] = &[
    ("machine", parts::machine),
    ("vm", parts::vm),
    ("door", parts::door),
    ("idle", parts::idle),
    ("ledger", parts::ledger),
    ("fold", parts::fold),
    ("changes", parts::changes),
    ("version", whole::version),
    ("memory", whole::memory),
    ("expenses", whole::expenses),
    ("stop", stop::stop),
    ("crowd", crowd::crowd),
    ("window", window::window),
];

pub(crate) fn run(root: &Path, words: &[&str]) -> Result<(), Box<dyn Error>> {
    let (flags, names): (Vec<&str>, Vec<&str>) = words.iter().partition(|it| it.starts_with("--"));
    if let Some(flag) = flags.iter().find(|flag| !["--quick", "--peers"].contains(flag)) {
        return Err(format!("bench knows no {flag}").into());
    }
    let place =
        Place { root: root.to_owned(), target: target(root), is_quick: flags.contains(&"--quick") };
    if flags.contains(&"--peers") {
        let figures = peers::peers(&place, &names)?;
        return report(&place, "bench-peers.json", &figures, Vec::new());
    }
    if let Some(name) = names.iter().find(|name| !MEASURES.iter().any(|(it, _)| it == *name)) {
        let known: Vec<&str> = MEASURES.iter().map(|(name, _)| *name).collect();
        return Err(format!("bench knows no {name}; it knows {}", known.join(", ")).into());
    }
    let (mut figures, mut problems) = (Vec::new(), Vec::new());
    for (name, measure) in MEASURES {
        if names.is_empty() || names.contains(name) {
            // One that can't be measured must not hide the others.
            match measure(&place) {
                Ok(measured) => figures.extend(measured),
                Err(error) => problems.push(format!("{name} could not be measured: {error}")),
            }
        }
    }
    report(&place, "bench.json", &figures, problems)
}

/// Prints the figures, and writes them into a file of the target folder.
fn report(
    place: &Place,
    file: &str,
    figures: &[Figure],
    mut problems: Vec<String>,
) -> Result<(), Box<dyn Error>> {
    crate::say(&table(figures)?);
    let missed = figures.iter().filter(|figure| !figure.holds());
    problems.extend(missed.map(|figure| format!("{} missed its target", figure.what)));
    let report = serde_json::json!({
        "processors": std::thread::available_parallelism().map_or(1, std::num::NonZero::get),
        "quick": place.is_quick,
        "figures": figures,
        "problems": problems,
    });
    std::fs::create_dir_all(&place.target)?;
    let path = place.target.join(file);
    std::fs::write(&path, serde_json::to_string_pretty(&report)? + "\n")?;
    crate::say(&format!("\nwritten to {}\n", path.display()));
    if problems.is_empty() { Ok(()) } else { Err(problems.join("\n").into()) }
}

#[expect(clippy::disallowed_methods, reason = "cargo names its folder so")]
fn target(root: &Path) -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), |dir| root.join(dir))
}

fn table(figures: &[Figure]) -> Result<String, std::fmt::Error> {
    let mut text = String::new();
    let width = figures.iter().map(|figure| figure.what.chars().count()).max().unwrap_or(0);
    writeln!(text, "{:width$}  {:>10} {:5}  {:>10}", "", "measured", "", "target")?;
    for figure in figures {
        let Figure { what, value, unit, bound } = figure;
        let bound = match bound {
            Bound::AtMost(max) => format!("≤ {max}"),
            Bound::AtLeast(min) => format!("≥ {min}"),
            Bound::None => String::new(),
        };
        let verdict = if figure.holds() { "" } else { "  MISSED" };
        writeln!(text, "{what:width$}  {value:>10.2} {unit:5}  {bound:>10}{verdict}")?;
    }
    Ok(text)
}

/// The middle one of some numbers.
fn median(mut numbers: Vec<f64>) -> f64 {
    numbers.sort_by(f64::total_cmp);
    numbers.get(numbers.len() / 2).copied().unwrap_or(f64::NAN)
}
