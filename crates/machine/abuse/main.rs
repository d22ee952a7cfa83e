//! What a hostile program would try inside a machine: one attempt per name, one word as the answer.
//!
//! Prints the name of the error, `allowed`, `killed`, or a number that was reached. Started as a
//! guest, without a word, it breaks the rules of the stream instead. Started as QEMU (`-L`) it does
//! nothing, as QEMU does where hardware virtualisation is broken.

mod attempts;
mod hostile;

use std::io::Write;

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let answer = match args.first().map(String::as_str) {
        Some("-L") => loop {
            std::thread::park();
        },
        Some(name) => attempts::attempt(name, args.get(1).map_or("", String::as_str)),
        None => return hostile::guest(),
    };
    let _ = writeln!(std::io::stdout(), "{answer}");
}
