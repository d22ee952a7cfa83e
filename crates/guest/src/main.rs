//! Edge: the first process inside a machine.
//!
//! It receives what to mount, makes the view, locks itself down for good, and only then answers
//! that it is ready. Everything foreign is a child of it and inherits the locks. It has no policy:
//! what may be done is decided on the host.

mod call;
mod clock;
mod etc;
mod filter;
mod init;
mod limits;
mod lock;
mod serve;
mod stream;
mod tools;
mod view;
mod vm;

use std::process::ExitCode;

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match args.split_first() {
        Some((mode, _)) if mode == "init" => init::start(),
        Some((mode, _)) if mode == "vm" => vm::start(),
        Some((mode, rest)) if mode == "worker" => {
            tools::worker_main(rest);
            ExitCode::SUCCESS
        }
        _ => ExitCode::from(2),
    }
}
