//! Other programs: started here and nowhere else in xtask.

use std::io;
use std::path::Path;
use std::process::{Command, Output};

/// A program that could not be started, or that failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failed {
    #[error("`{program}` could not be started")]
    Start { program: String, source: io::Error },
    #[error("`{line}` failed: {said}")]
    Status { line: String, said: String },
}

/// A program to be started in `dir`.
#[expect(clippy::disallowed_methods, reason = "the one place of xtask that starts programs")]
pub(crate) fn program(dir: &Path, name: impl AsRef<std::ffi::OsStr>) -> Command {
    let mut command = Command::new(name);
    command.current_dir(dir);
    command
}

/// What a program prints; an error when it fails.
pub(crate) fn output(dir: &Path, name: &str, args: &[&str]) -> Result<String, Failed> {
    let mut command = program(dir, name);
    command.args(args);
    printed(&mut command)
}

/// What a prepared program prints; an error when it fails.
pub(crate) fn printed(command: &mut Command) -> Result<String, Failed> {
    let program = command.get_program().to_string_lossy().into_owned();
    let output = command.output().map_err(|source| Failed::Start { program, source })?;
    check(command, &output)?;
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

fn check(command: &Command, output: &Output) -> Result<(), Failed> {
    if output.status.success() {
        return Ok(());
    }
    let args = command.get_args().map(|arg| arg.to_string_lossy());
    let line: Vec<_> =
        std::iter::once(command.get_program().to_string_lossy()).chain(args).collect();
    let errors = String::from_utf8_lossy(&output.stderr);
    let said: Vec<&str> = errors.trim().lines().rev().take(20).collect();
    let said = said.into_iter().rev().collect::<Vec<_>>().join("\n");
    Err(Failed::Status { line: line.join(" "), said })
}
