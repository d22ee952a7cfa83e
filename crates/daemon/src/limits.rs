//! Every bound of the daemon, by name.

use std::time::Duration;

/// Bytes of JSON that stay in an event; longer ones become a blob.
pub(crate) const INLINE_BYTES_MAX: usize = 16 * 1024;
/// Inputs that may wait for one task.
pub(crate) const INPUTS_WAITING_MAX: usize = 256;
/// Live items (progress, output) that may wait for one watcher; older ones are dropped.
pub(crate) const LIVE_ITEMS_MAX: usize = 256;
/// Between two attempts to store when the disk is full.
pub(crate) const FULL_RETRY: Duration = Duration::from_millis(500);
/// How long a person's own input waits for room on the disk before it is refused.
pub(crate) const FULL_TRIES_FOR_PERSON: u32 = 3;
/// Tasks that may be live at once; more wait for a place.
pub(crate) const TASKS_LIVE_MAX: usize = 256;
/// Machines of tasks at rest are shut; those of live tasks stay.
pub(crate) const MACHINE_STARTS_MAX: u32 = 5;
/// Folders that one task may share.
pub(crate) const SHARES_MAX: usize = 16;
/// Bytes of a text shown as a diff, each side.
pub(crate) const DIFF_BYTES_MAX: usize = 1024 * 1024;
/// Bytes of a spreadsheet that is compared cell by cell, each side.
pub(crate) const DIFF_TABLE_BYTES_MAX: usize = 32 * 1024 * 1024;
/// Changed cells shown of one spreadsheet.
pub(crate) const DIFF_CELLS_MAX: usize = 2000;
/// Events in one page of a log.
pub(crate) const LOG_PAGE: usize = 10_000;
/// Bytes of the configuration file.
pub(crate) const CONFIG_BYTES_MAX: u64 = 256 * 1024;
/// Folders in which tasks had theirs, that the next spare machine is made for.
pub(crate) const PLACES_LEARNT_MAX: usize = 8;
/// Bytes of the policy that an administrator set.
pub(crate) const POLICY_BYTES_MAX: u64 = 256 * 1024;
/// Bytes of what the person decided about egress for all tasks.
pub(crate) const STANDING_BYTES_MAX: u64 = 1024 * 1024;
/// Bytes of a file with certificates.
pub(crate) const CERTIFICATES_BYTES_MAX: u64 = 4 * 1024 * 1024;
/// Decisions at a door that wait for the ledger.
pub(crate) const USES_WAITING_MAX: usize = 4096;
/// Decisions in one event.
pub(crate) const USES_PER_EVENT_MAX: usize = 256;
/// Between two events with decisions.
pub(crate) const USES_EVERY: Duration = Duration::from_millis(200);
/// Between two batches of news for one window.
pub(crate) const NEWS_EVERY: Duration = Duration::from_millis(25);
/// Changed tasks that may wait for one window.
pub(crate) const NEWS_WAITING_MAX: usize = 4096;
/// Entries of a folder that are looked at when folders are chosen, and folders told of it.
pub(crate) const PICKER_ENTRIES_MAX: usize = 50_000;
pub(crate) const PICKER_FOLDERS_MAX: usize = 2_000;
/// Bytes of a file that a window shows as it is.
pub(crate) const FILE_BYTES_MAX: usize = 16 * 1024 * 1024;
/// Between two progress items of one call.
pub(crate) const PROGRESS_EVERY: Duration = Duration::from_millis(150);
/// Time for a model server on this computer to answer when looked for.
pub(crate) const PROBE_TIMEOUT: Duration = Duration::from_millis(150);
/// Time for running work to end when the daemon is asked to end.
pub(crate) const SHUT_TIMEOUT: Duration = Duration::from_secs(5);
/// Time for answers that are on their way when the daemon is asked to end.
pub(crate) const LAST_ANSWERS: Duration = Duration::from_millis(200);
/// How long the desktop's own program may take to show that a task needs its person.
pub(crate) const NOTIFY_TIMEOUT: Duration = Duration::from_secs(10);
/// Bytes of one task's text in which words are searched.
pub(crate) const SEARCHED_BYTES_MAX: usize = 256 * 1024;
/// Bytes of all texts that are kept for the next search; the oldest tasks' are made anew.
pub(crate) const SEARCHED_KEPT_BYTES_MAX: usize = 64 * 1024 * 1024;
/// Tasks that one search names.
pub(crate) const SEARCH_HITS_MAX: usize = 100;
/// Characters around the words that a search shows.
pub(crate) const EXCERPT_CHARS: usize = 60;
/// Folders that are told as used lately.
pub(crate) const FOLDERS_LATELY_MAX: usize = 30;
