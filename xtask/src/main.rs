//! Tools of the house: tidy, sim, bench, examples. Everything here serves those who build Legwork;
//! nothing that is delivered knows it.

mod bench;
mod command;
mod examples;
mod openapi;
mod sim;
mod tidy;
mod types;

use std::error::Error;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

const USAGE: &str = "\
cargo xtask tidy                       check the rules of the house
cargo xtask sim [--seed N] [--seeds M] live M simulated lives from seed N on (1 if only N is given)
cargo xtask bench [--quick] [NAME…]    measure; prints a table, writes target/bench.json
cargo xtask bench --peers [NAME…]      beside other programs, by a kit that is beside us
cargo xtask soak [--tasks N]           start and end many tasks; fail if one leaves anything
cargo xtask types                      write the page's types and the interface's contract
cargo xtask examples [DIR]             write the example folders (default: examples/)
";

/// Seeds that every test run lives through.
const SEEDS: u64 = 10_000;

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = args.iter().map(String::as_str).collect();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("xtask has a parent folder");
    let done = match words.split_first() {
        Some((&"tidy", [])) => tidy_up(root),
        Some((&"sim", rest)) => simulate(rest),
        Some((&"types", [])) => write_types(root),
        Some((&"bench", rest)) => bench::run(root, rest),
        Some((&"soak", rest)) => bench::soak::run(root, rest),
        Some((&"examples", rest)) if rest.len() < 2 => {
            write_examples(&rest.first().map_or_else(|| root.join("examples"), PathBuf::from))
        }
        _ => {
            say(USAGE);
            return ExitCode::from(2);
        }
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            complain(&*error);
            ExitCode::FAILURE
        }
    }
}

fn tidy_up(root: &Path) -> Result<(), Box<dyn Error>> {
    let findings = tidy::run(root)?;
    if findings.is_empty() {
        say(&format!("tidy: {} rules hold\n", tidy::rule_count()));
        return Ok(());
    }
    let mut text = String::new();
    for finding in &findings {
        writeln!(text, "{finding}")?;
    }
    say(&text);
    Err(format!("tidy: {} findings", findings.len()).into())
}

fn simulate(words: &[&str]) -> Result<(), Box<dyn Error>> {
    let (mut first, mut count) = (None, None);
    for pair in words.chunks(2) {
        match pair {
            ["--seed", number] => first = Some(number.parse()?),
            ["--seeds", number] => count = Some(number.parse()?),
            _ => return Err(USAGE.into()),
        }
    }
    let count = count.unwrap_or(if first.is_some() { 1 } else { SEEDS });
    let failures = sim::run(first.unwrap_or(0), count);
    if failures.is_empty() {
        say(&format!("sim: {count} lives, and the invariants held in all of them\n"));
        return Ok(());
    }
    let mut text = String::new();
    for (seed, why) in &failures {
        writeln!(text, "{why}\n    replay it with: cargo xtask sim --seed {seed}")?;
    }
    Err(text.into())
}

fn write_types(root: &Path) -> Result<(), Box<dyn Error>> {
    std::fs::write(root.join(types::TARGET), types::text(root)?)?;
    std::fs::write(root.join(openapi::TARGET), openapi::text(root)?)?;
    say(&format!("written to {} and {}\n", types::TARGET, openapi::TARGET));
    Ok(())
}

fn write_examples(dir: &Path) -> Result<(), Box<dyn Error>> {
    examples::write(dir)?;
    say(&format!("written to {}\n", dir.display()));
    Ok(())
}

#[expect(clippy::print_stdout, reason = "the result of a command")]
fn say(text: &str) {
    print!("{text}");
}

#[expect(clippy::print_stderr, reason = "why a command failed")]
fn complain(error: &dyn Error) {
    eprintln!("error: {error}");
    let mut source = error.source();
    while let Some(cause) = source {
        eprintln!("cause: {cause}");
        source = cause.source();
    }
}
