//! Every bound that the pure core enforces, by name.

/// Calls a mind may ask for in one turn.
pub const CALLS_PER_TURN_MAX: usize = 64;
/// Calls a task may make in all, unless its budget says less.
pub const CALLS_PER_TASK_MAX: u32 = 50_000;
/// Steps a plan may have.
pub const PLAN_STEPS_MAX: usize = 400;
/// Acceptance checks a plan may have.
pub const PLAN_CHECKS_MAX: usize = 50;
/// Bytes of a text that a person says to a task at once.
pub const SAID_BYTES_MAX: usize = 64 * 1024;
/// Bytes of a request.
pub const REQUEST_BYTES_MAX: usize = 64 * 1024;
/// Options that a question may offer.
pub const OPTIONS_MAX: usize = 20;
/// Egress rules that a task may hold.
pub const EGRESS_RULES_MAX: usize = 500;
/// Blocked attempts that wait as questions at once; more are denied without one.
pub const EGRESS_ASKS_OPEN_MAX: usize = 16;
/// Blocked attempts that become questions in all.
pub const EGRESS_ASKS_MAX: usize = 1_000;
/// Decisions at the door that a task records; the rest is in the diagnostic log alone.
pub const EGRESS_USES_MAX: u64 = 100_000;
/// Times an interrupted call is asked for again by a playbook.
pub const ATTEMPTS_MAX: u32 = 40;
/// Wall time of a task's work, waiting for a person not counted, unless its budget says less: 4 h.
pub const WORK_MS_MAX: u64 = 4 * 60 * 60 * 1000;
