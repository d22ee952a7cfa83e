//! The process inside a machine that opens foreign documents; told to, joins its input and output
//! with a host; and under another name, such as `su`, becomes somebody else or starts a service.

use std::ffi::OsString;
use std::path::Path;
use std::process::ExitCode;

fn main() -> ExitCode {
    let all: Vec<OsString> = std::env::args_os().collect();
    let called = all.first().and_then(|path| Path::new(path).file_name()?.to_str());
    if let Some(name) = called.filter(|name| guest::NAMES.contains(name)) {
        return guest::become_user(name, &all[1..]);
    }
    let args: Vec<String> = std::env::args().skip(1).collect();
    match args.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["connect", host, port] => guest::connect(host, port),
        _ => {
            guest::answer_questions();
            ExitCode::SUCCESS
        }
    }
}
