//! Every bound that the pure core enforces, by name.

/// Calls a mind may ask for in one turn.
pub const CALLS_PER_TURN_MAX: usize = 64;
/// Of a model so many are heard of: what is beyond the others is not run, and it is told.
pub const CALLS_PER_TURN_MOST: usize = 1024;
/// Calls a task may make in all, unless its budget says less.
pub const CALLS_PER_TASK_MAX: u32 = 50_000;
/// Steps a plan may have.
pub const PLAN_STEPS_MAX: usize = 400;
/// Bytes of what a person says about one step.
pub const COMMENT_BYTES_MAX: usize = 4 * 1024;
/// Acceptance checks a plan may have.
pub const PLAN_CHECKS_MAX: usize = 50;
/// Bytes of a text that a person says to a task at once.
pub const SAID_BYTES_MAX: usize = 64 * 1024;
/// Bytes of a question on the side, and of its answer.
pub const ASIDE_BYTES_MAX: usize = 64 * 1024;
/// Helpers of helpers: a task, its helpers, and theirs.
pub const HELPER_DEPTH_MAX: u32 = 2;
/// Helpers that a task may have in all.
pub const HELPERS_MAX: usize = 64;
/// Helpers of a task that live at once.
pub const HELPERS_AT_ONCE_MAX: usize = 8;
/// Percent of what is left of the budget that a helper gets unless it is said.
pub const HELPER_PERCENT: u64 = 20;
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
/// Times a model is sent back because its claim to be done did not hold; after them the task ends.
pub const SENT_BACK_MAX: u32 = 4;
/// Pauses of a model in a row.
pub const PAUSES_MAX: u32 = 20;
/// From this repetition on, a call that gives the same result each time is not run.
pub const REPEATS_TOLD: usize = 4;
/// When so little of a bound is left, in percent of it, a model is told.
pub const BUDGET_LOW_PERCENT: u64 = 15;
/// So many calls are looked through for it.
pub const REPEATS_SEEN: usize = 32;
/// With this repetition of it the task ends.
pub const REPEATS_MAX: usize = 8;
/// Before a model that failed is asked again: half a second, doubled each time.
pub const RETRY_FIRST_MS: u64 = 500;
/// The longest wait that is not the server's own.
pub const RETRY_MOST_MS: u64 = 60_000;
/// The shortest wait, whatever the server says.
pub const RETRY_LEAST_MS: u64 = 5;
/// A server that asks for a longer wait is not waited for: 15 min.
pub const RETRY_WAIT_MS_MAX: u64 = 15 * 60_000;
/// Failures in a row, by kind, after which the task ends.
pub const TRIES_BUSY_MAX: u32 = 12;
pub const TRIES_BROKEN_MAX: u32 = 6;
/// About two hours of no network.
pub const TRIES_OFFLINE_MAX: u32 = 120;
pub const TRIES_TOO_LONG_MAX: u32 = 4;
/// The window of a model of which nothing is known, in tokens.
pub const WINDOW_TOKENS_USUAL: u64 = 100_000;
/// How much of the window may be used before the context is made shorter.
pub const WINDOW_FULL_PERCENT: u64 = 75;
/// Bytes that are taken for one token where nobody counted.
pub const BYTES_PER_TOKEN: u64 = 3;
/// How much of its bytes a context keeps as they are when it is made shorter.
pub const CONTEXT_KEPT_PERCENT: u64 = 30;
/// The same when the provider refused it as too long.
pub const CONTEXT_KEPT_URGENT_PERCENT: u64 = 12;
/// Bytes that a picture counts as: what about 2,000 tokens of text have.
pub const PICTURE_BYTES: u64 = 6_000;
/// Where pictures are more than this of a context that is too long, they alone go first.
pub const PICTURES_FIRST_PERCENT: u64 = 25;
/// Bytes of a result that a model is told at once.
pub const TOLD_BYTES_MAX: u64 = 16 * 1024;
/// Bytes of what the model itself said that a digest keeps, the latest first.
pub const DIGEST_SAID_BYTES_MAX: usize = 12 * 1024;
/// Lines on earlier calls in a digest, the latest.
pub const DIGEST_CALLS_MAX: usize = 150;
/// Bytes of a proof's arguments that a digest tells.
pub const DIGEST_PROOF_BYTES: usize = 1024;
/// Texts that a task begins with, and bytes of each.
pub const BRIEFS_MAX: usize = 24;
pub const BRIEF_BYTES_MAX: usize = 8 * 1024;
/// Bytes of what is remembered at once.
pub const REMEMBERED_BYTES_MAX: usize = 1024;
/// Bytes that a model is told of what a command in the background printed last.
pub const UNREAD_BYTES_MAX: usize = 2 * 1024;
/// Bytes of a note, and of all notes of a task.
pub const NOTE_BYTES_MAX: usize = 4 * 1024;
pub const NOTES_BYTES_MAX: usize = 64 * 1024;
/// Of one file's provenance: calls that wrote it, readings, rows and decisions that are told.
pub const WRITES_TOLD_MAX: usize = 200;
pub const READINGS_TOLD_MAX: usize = 2_000;
pub const ROWS_TOLD_MAX: usize = 5_000;
pub const DECISIONS_TOLD_MAX: usize = 500;
/// Letters of what a call is about, in one line.
pub const SUBJECT_CHARS_MAX: usize = 200;
