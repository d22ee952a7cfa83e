//! Bounds of the guest, in one place. The host sets those of a task in `wire::Limits`.

use std::time::Duration;

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
/// How many namespaces may be made from the machine's own on, each also by who is in one below it:
/// none. A kernel may not know each kind; it knows the first one.
pub(crate) const NAMESPACE_COUNTERS: [&str; 8] = [
    "/proc/sys/user/max_user_namespaces",
    "/proc/sys/user/max_mnt_namespaces",
    "/proc/sys/user/max_pid_namespaces",
    "/proc/sys/user/max_net_namespaces",
    "/proc/sys/user/max_ipc_namespaces",
    "/proc/sys/user/max_uts_namespaces",
    "/proc/sys/user/max_cgroup_namespaces",
    "/proc/sys/user/max_time_namespaces",
];
/// Of each user in the machine; the namespace's own counters, so nobody else is bound by them.
pub(crate) const COUNTERS: [(&str, &str); 3] = [
    ("/proc/sys/user/max_inotify_instances", "128"),
    ("/proc/sys/user/max_inotify_watches", "65536"),
    ("/proc/sys/user/max_fanotify_groups", "0"),
];

/// Of the machine's own network, which leads nowhere: a server listens where it is known to listen.
pub(crate) const FREE_PORTS: (&str, &str) = ("/proc/sys/net/ipv4/ip_unprivileged_port_start", "0");

/// Bytes read from the host at once.
pub(crate) const INBOUND_BYTES: usize = 128 * 1024;
/// Bytes waiting for the host above which nothing more is read from what programs send through the
/// doors. Less than for calls, so that a call's answer does not wait behind them.
pub(crate) const DOORS_BYTES_HIGH: usize = 128 * 1024;
/// Things that happened at the doors, taken at once.
pub(crate) const DOOR_EVENTS_MAX: usize = 4;
/// Files that a program may have open before it asks for more: some walk through all numbers that
/// a file may have.
pub(crate) const OPEN_FILES_USUAL: u64 = 4096;
/// Files that stay free for calls when programs hold connections open.
pub(crate) const FILES_FOR_CALLS: u64 = 160;
/// Names that the machine's DNS knows at once.
pub(crate) const NAMES_MAX: usize = 4096;
/// Seconds that programs may keep an answer of it.
pub(crate) const NAME_SECONDS: u32 = 60;
/// Bytes of a question to it.
pub(crate) const QUESTION_BYTES_MAX: usize = 1232;
/// Connections to it that are open at once; the oldest goes for a new one.
pub(crate) const NAME_CONNECTIONS_MAX: usize = 16;
/// Processes, and open files of all of them, that are looked at to find who opened a connection.
pub(crate) const PROGRAM_PROCESSES_MAX: usize = 512;
pub(crate) const PROGRAM_FILES_MAX: usize = 8192;
/// Bytes of certificates: the system's, and those that the host adds.
pub(crate) const CERTIFICATE_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Names, values and all of what a program is given beside the guest's own.
pub(crate) const ENVIRONMENT_BYTES_MAX: usize = 64 * 1024;
/// Bytes of a program's input that it has not read yet.
pub(crate) const INPUT_BYTES_MAX: usize = wire::INPUT_WINDOW as usize;
/// Bytes of what the second user is asked to run: its arguments and environment.
pub(crate) const SECOND_BYTES_MAX: usize = 2 * 1024 * 1024;
/// How long who asks it may take to say what.
pub(crate) const SECOND_ANSWER_WAIT: Duration = Duration::from_secs(5);
/// Bytes of the list of users.
pub(crate) const PASSWD_BYTES_MAX: u64 = 1024 * 1024;
/// Rounds in which what a call left behind is stopped and killed, before all is killed at once.
pub(crate) const KILL_ROUNDS_MAX: usize = 16;
/// Files that the host may place in the view.
pub(crate) const PLACED_FILES_MAX: usize = 64;
/// Parts of the path of one.
pub(crate) const PLACED_DEPTH_MAX: usize = 8;
