//! Bounds of the guest, in one place. The host sets those of a task in `wire::Limits`.

/// Bytes of a call's output in one message.
pub(crate) const CHUNK_BYTES: usize = 64 * 1024;
/// Bytes of JSON in one message; larger results and args go in parts.
pub(crate) const PART_BYTES: usize = 256 * 1024;
/// Bytes of all args of one tool call.
pub(crate) const ARGS_BYTES_MAX: usize = 64 * 1024 * 1024;
/// Bytes of a tool's whole result.
pub(crate) const RESULT_BYTES_MAX: usize = 96 * 1024 * 1024;
/// Bytes waiting for the host above which the guest stops reading from what it runs.
pub(crate) const OUTBOUND_BYTES_HIGH: usize = 2 * 1024 * 1024;
/// Calls running at once.
pub(crate) const CALLS_MAX: usize = 64;
/// Reads of one pipe after its program ended, before what is left is given up.
pub(crate) const DRAIN_READS_MAX: usize = 32;
/// Bytes kept of what a tool's process wrote to stderr, to say why it broke.
pub(crate) const COMPLAINT_BYTES_MAX: usize = 4096;
/// Longest time a call may ask for.
pub(crate) const TIMEOUT_MS_MAX: u64 = 24 * 60 * 60 * 1000;
/// Least time between two progress messages of one call.
pub(crate) const PROGRESS_EVERY_MS: u128 = 100;

/// Sizes and inode counts of the writable memory file systems.
pub(crate) const MEMORY_FOLDERS: [(&str, &str); 4] = [
    ("/tmp", "mode=1777,size=1g,nr_inodes=200k"),
    ("/home", "mode=755,size=256m,nr_inodes=100k"),
    ("/run", "mode=755,size=16m,nr_inodes=4k"),
    ("/dev/shm", "mode=1777,size=256m,nr_inodes=4k"),
];
/// Pseudo terminals.
pub(crate) const TERMINALS: &str = "newinstance,ptmxmode=0666,mode=620,max=64";
/// Of each user in the machine; the namespace's own counters, so nobody else is bound by them.
pub(crate) const COUNTERS: [(&str, &str); 4] = [
    ("/proc/sys/user/max_user_namespaces", "0"),
    ("/proc/sys/user/max_inotify_instances", "128"),
    ("/proc/sys/user/max_inotify_watches", "65536"),
    ("/proc/sys/user/max_fanotify_groups", "0"),
];

/// Files that the host may place in the view.
pub(crate) const PLACED_FILES_MAX: usize = 64;
/// Parts of the path of one.
pub(crate) const PLACED_DEPTH_MAX: usize = 8;
