//! The first process inside a machine.

use std::process::ExitCode;

fn main() -> ExitCode {
    guest::start()
}
