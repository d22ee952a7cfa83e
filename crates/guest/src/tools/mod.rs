//! The tools that the guest implements itself.

use wire::{FailKind, GuestTool};

/// Does what `tool` asks; `args` and the result are JSON.
pub(crate) fn run(
    tool: GuestTool,
    args: &str,
    progress: &dyn Fn(u64, u64),
) -> Result<String, (FailKind, String)> {
    let _ = (args, progress);
    Err((FailKind::Bug, format!("the tool {tool:?} is not there yet")))
}

/// Entry of the process that reads one document.
pub(crate) fn worker_main(args: &[String]) {
    let _ = args;
}
