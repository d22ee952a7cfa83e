//! The process inside a machine that opens foreign documents; and, told to, joins its input and
//! output with a host.

use std::process::ExitCode;

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match args.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["connect", host, port] => guest::connect(host, port),
        _ => {
            guest::answer_questions();
            ExitCode::SUCCESS
        }
    }
}
