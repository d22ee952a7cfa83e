//! The first process inside a machine; told so by its kernel, one of a machine that has a kernel of
//! its own.

use std::process::ExitCode;

fn main() -> ExitCode {
    match std::env::args().nth(1).as_deref() {
        Some("vm") => guest::start_vm(),
        _ => guest::start(),
    }
}
