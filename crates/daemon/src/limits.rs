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
/// Questions on the side of one task that may wait for an answer at once.
pub(crate) const ASIDES_MAX: usize = 4;
/// Tasks that may be live at once; more wait for a place.
pub(crate) const TASKS_LIVE_MAX: usize = 256;
/// Machines of tasks at rest are shut; those of live tasks stay.
pub(crate) const MACHINE_STARTS_MAX: u32 = 5;
/// News of an image that wait for who listens.
pub(crate) const IMAGE_NEWS_MAX: usize = 256;
/// Packages that are named for an image.
pub(crate) const IMAGE_PACKAGES_MAX: usize = 200;
/// Layers that are named for a task.
pub(crate) const LAYERS_MAX: usize = 8;
/// A virtual machine is saved again after so many times as long as saving took.
pub(crate) const SAVE_COST_FACTOR: u64 = 10;
/// Bytes that wait for whoever looks at a terminal; what comes while so many wait is left out.
pub(crate) const TERMINAL_WAITING_MAX: usize = 256;
/// What was typed in a terminal and waits for its program.
pub(crate) const TYPED_WAITING_MAX: usize = 16;
/// How long a terminal may stay open.
pub(crate) const TERMINAL_MS_MAX: u64 = 24 * 60 * 60 * 1000;
/// Folders that one task may share.
pub(crate) const SHARES_MAX: usize = 16;
/// Bytes of a text shown as a diff, each side.
pub(crate) const DIFF_BYTES_MAX: usize = 1024 * 1024;
/// Bytes of a document that is read in a machine to be compared, each side.
pub(crate) const DIFF_DOCUMENT_BYTES_MAX: usize = 32 * 1024 * 1024;
/// How long two texts are compared before a coarser answer is given.
pub(crate) const DIFF_TIME: Duration = Duration::from_secs(2);
/// Bytes of a document that is read in a machine to be shown.
pub(crate) const LOOK_BYTES_MAX: usize = 32 * 1024 * 1024;
/// Cells or lines of a document that are shown, and their bytes.
pub(crate) const LOOK_CELLS_MAX: usize = 50_000;
pub(crate) const LOOK_TEXT_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Blocks and facts of a document that are shown.
pub(crate) const LOOK_BLOCKS_MAX: usize = 20_000;
pub(crate) const LOOK_FACTS_MAX: usize = 20;
/// Pages of a PDF that are drawn.
pub(crate) const LOOK_PAGES_MAX: u32 = 500;
/// The longer side of a page that is drawn, in dots.
pub(crate) const PICTURE_SIDE_PX: u32 = 1400;
/// Bytes of a drawn page.
pub(crate) const PICTURE_BYTES_MAX: usize = 8 * 1024 * 1024;
/// Machines that read documents for windows at the same time.
pub(crate) const READINGS_MAX: usize = 3;
/// Bytes of a file that are looked at before it is opened in a person's own program.
pub(crate) const OPEN_PEEK_BYTES: u64 = 4096;
/// Bytes at the end of a package in which it has to list its parts.
pub(crate) const OPEN_LIST_BYTES: u64 = 256 * 1024;
/// How long a reading may take.
pub(crate) const READING_TIME_MS: u64 = 30_000;
/// Bytes of a call's arguments that are looked through for where a file comes from.
pub(crate) const PROVENANCE_ARGS_BYTES_MAX: u64 = 16 * 1024 * 1024;
/// Changed cells shown of one spreadsheet.
pub(crate) const DIFF_CELLS_MAX: usize = 2000;
/// Events in one page of a log.
pub(crate) const LOG_PAGE: usize = 10_000;
/// Bytes of the configuration file.
pub(crate) const CONFIG_BYTES_MAX: u64 = 256 * 1024;
/// Characters of a wrong line that its error shows.
pub(crate) const QUOTED_CHARS_MAX: usize = 80;
/// Files that a task is to know, read at once.
pub(crate) const BRIEF_READS_MAX: usize = 8;
/// Folders in which tasks had theirs, that the next spare machine is made for.
pub(crate) const PLACES_LEARNT_MAX: usize = 8;
/// From the start of a task's VM until one more is made for the next task, and how long it waits.
pub(crate) const SPARE_VM_AFTER: Duration = Duration::from_secs(3);
pub(crate) const SPARE_VM_KEPT: Duration = Duration::from_secs(15 * 60);
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
/// Bytes of what is remembered of the person.
pub(crate) const MEMORY_BYTES_MAX: u64 = 256 * 1024;
/// How long the desktop's own program may take to show that a task needs its person.
pub(crate) const NOTIFY_TIMEOUT: Duration = Duration::from_secs(10);
/// Bytes of a file that is taken from a helper, and of a part of it on its way into a machine.
pub(crate) const TAKEN_BYTES_MAX: usize = 32 * 1024 * 1024;
pub(crate) const TAKEN_PART_BYTES: usize = 64 * 1024;
/// Changes of a helper that its task's model is told of by name.
pub(crate) const HELPER_CHANGES_TOLD_MAX: usize = 50;
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
/// Lines at most of what it printed last that a model is told when a command has ended.
pub(crate) const UNREAD_LINES: usize = 20;
/// Commands of one task that run in the background at once.
pub(crate) const BACKGROUNDS_MAX: usize = 8;
/// Ended ones of a task whose output is kept beside those, the latest.
pub(crate) const BACKGROUNDS_KEPT_MAX: usize = 24;
/// Bytes of the output of each that are kept, the latest; and at most twice as many for a while.
pub(crate) const BACKGROUND_BYTES_MAX: usize = 1024 * 1024;
/// Bytes of it that are read at once.
pub(crate) const BACKGROUND_PAGE_BYTES: usize = 12 * 1024;
/// Bytes in base64 of a picture that a model is shown.
pub(crate) const PICTURE_BASE64_BYTES_MAX: usize = 2 * 1024 * 1024 + 64 * 1024;
/// For all secrets of a machine, some of which a keyring may have.
pub(crate) const SECRETS_TIME: Duration = Duration::from_secs(60);
/// How often a policy is looked at while phones are let in: connections that stand end with it.
pub(crate) const POLICY_EVERY: Duration = Duration::from_secs(10);
/// Browsers that are told while no page is open.
pub(crate) const PUSH_BROWSERS_MAX: usize = 20;
/// Messages on their way to push services.
pub(crate) const PUSH_DELIVERIES_MAX: usize = 64;
/// Bytes of what is kept for them.
pub(crate) const PUSH_FILE_BYTES_MAX: u64 = 256 * 1024;
/// Characters of a task's title in a message.
pub(crate) const PUSH_TITLE_CHARS_MAX: usize = 120;
/// Between two tries that a phone asks for.
pub(crate) const PUSH_TRY_EVERY: Duration = Duration::from_secs(5);
/// Times that a push service is asked to take one message.
pub(crate) const PUSH_TRIES: u32 = 4;
/// Before the second of them, if the service says nothing else; four times as long before the next.
pub(crate) const PUSH_WAIT: Duration = Duration::from_secs(5);
/// Programs that are listed of a machine, characters of what each was started with, and the time
/// for the machine to tell of them.
pub(crate) const PROGRAMS_MAX: usize = 100;
pub(crate) const PROGRAM_CHARS_MAX: usize = 300;
pub(crate) const PROGRAMS_MS_MAX: u64 = 5_000;
