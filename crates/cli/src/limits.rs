//! Every bound of the command line, by name.

use std::time::Duration;

/// Columns that text fills at most, however wide the terminal is.
pub(crate) const TEXT_COLUMNS_MAX: usize = 100;
/// Columns below which wrapping does more harm than good.
pub(crate) const TEXT_COLUMNS_MIN: usize = 24;
/// How long a started daemon may take until it answers: tries, and the pause between two of them.
pub(crate) const START_TRIES: u32 = 2_000;
/// Tries that are left once the started daemon has ended: another one may have won the race.
pub(crate) const START_TRIES_AFTER_END: u32 = 50;
/// Daemons that are started one after the other, while an old one is about to end.
pub(crate) const STARTS_MAX: u32 = 20;
pub(crate) const START_PAUSE: Duration = Duration::from_millis(10);
/// How long `serve --stop` waits for the daemon's end: tries with `START_PAUSE` between them.
pub(crate) const STOP_TRIES: u32 = 3_000;
/// Bytes of what was typed that are sent on at once.
pub(crate) const TYPED_BYTES: usize = 4096;
/// How often a terminal is told that nothing more will be typed.
pub(crate) const END_EVERY: Duration = Duration::from_millis(300);
/// Times that a watch is taken up again without a new item in between.
pub(crate) const RESUMES_MAX: u32 = 20;
pub(crate) const RESUME_PAUSE: Duration = Duration::from_millis(250);
/// Bytes of the daemon's log that are read to say why it did not start.
pub(crate) const LOG_TAIL_BYTES: u64 = 2_048;
/// Lines of detail shown below one step of a plan.
pub(crate) const STEP_DETAILS_SHOWN: usize = 8;
/// Calls that did not succeed, shown while following.
pub(crate) const PROBLEMS_SHOWN: usize = 10;
/// Changed files named at the end of a task, and below an apply.
pub(crate) const FILES_SHOWN: usize = 8;
/// Tasks that wait for the person, named on the first screen.
pub(crate) const WAITING_SHOWN: usize = 3;
/// Changed files whose differences are shown without being asked for by name.
pub(crate) const DIFFS_SHOWN: usize = 10;
/// Lines of each of those differences.
pub(crate) const DIFF_LINES_SHOWN: usize = 40;
/// Changes that are listed in one answer.
pub(crate) const CHANGES_SHOWN: usize = 200;
/// Pages of changes that are fetched for one answer.
pub(crate) const CHANGE_PAGES_MAX: usize = 1_000;
/// Columns of one cell in a table of changes.
pub(crate) const CELL_COLUMNS_MAX: usize = 40;
/// Times that a plan may be edited in a row because it could not be understood.
pub(crate) const EDITS_MAX: u32 = 20;
/// Bytes of an edited plan.
pub(crate) const PLAN_FILE_BYTES_MAX: u64 = 1024 * 1024;
/// Bytes of a secret that is piped in.
pub(crate) const SECRET_BYTES_MAX: u64 = 64 * 1024;
/// Bytes of a model's text that are shown while they come.
pub(crate) const SPEECH_BYTES_MAX: usize = 256 * 1024;
/// Of where a file comes from: readings and rows that are shown as text, letters of what was said.
pub(crate) const READINGS_SHOWN: usize = 40;
pub(crate) const ROWS_SHOWN: usize = 60;
pub(crate) const SAID_CHARS_SHOWN: usize = 200;
