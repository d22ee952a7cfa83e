//! The first message of a task: the request, and what it works on.

use std::fmt::Write as _;
use task::{ShareAccess, Task};

/// What the person handed over; `today` is the day on which they did.
pub fn opening(task: &Task, today: &str) -> String {
    let mut out = format!("The request:\n\n{}\n\nToday is {today}.\n", task.request());
    out.push_str("Shared folders:\n");
    for share in task.shares() {
        let may = match share.access {
            ShareAccess::Read => "only to read",
            ShareAccess::Write if task.standing().unplanned => "to read and to write",
            ShareAccess::Write => "to read, and to write once the plan is approved",
        };
        let _ = writeln!(out, "- {} ({may})", share.name);
    }
    if task.helper_of().is_some() {
        out.push_str(
            "You are a helper: another model works on a larger task and asked you for this part. \
             It gets your last words and nothing else, so say in them all that was found, with \
             the paths it is from.\n",
        );
        return out;
    }
    if task.standing().unplanned {
        out.push_str(
            "The person lets you work without a plan. With one, its checks can prove the work.\n",
        );
    }
    out
}
