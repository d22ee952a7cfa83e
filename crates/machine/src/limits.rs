//! Bounds of a machine on the host's side. Those inside are `wire::Limits` and the guest's own.

use std::time::Duration;

/// From starting `bwrap` until the guest has answered.
pub(crate) const START_WAIT: Duration = Duration::from_secs(20);
/// From killing a machine until its processes must be gone.
pub(crate) const STOP_WAIT: Duration = Duration::from_secs(10);
/// Shares of one machine.
pub(crate) const SHARES_MAX: usize = wire::VM_SHARES_MAX;
/// Bytes of a share's name: it is one file name in the machine.
pub(crate) const SHARE_NAME_BYTES_MAX: usize = 200;
/// Calls running at once in one machine; the next one waits.
pub(crate) const CALLS_MAX: usize = 48;
/// Frames waiting to be written to the guest.
pub(crate) const OUTBOUND_FRAMES_MAX: usize = 64;
/// Happenings of one call that its caller has not looked at yet. Then the machine waits.
pub(crate) const INBOX_MAX: usize = 64;
/// Bytes of args in one frame; larger ones go in parts.
pub(crate) const PART_BYTES: usize = 256 * 1024;
/// Bytes of all args of one tool call, as the guest takes them.
pub(crate) const ARGS_BYTES_MAX: usize = 60 * 1024 * 1024;
/// Bytes of one tool's whole result. A guest that sends more is ended.
pub(crate) const RESULT_BYTES_MAX: usize = 100 * 1024 * 1024;
/// Characters kept of a sentence that the guest wrote.
pub(crate) const WHY_CHARS_MAX: usize = 2_000;
/// Bytes kept of what `bwrap` and the guest wrote to stderr.
pub(crate) const DIAGNOSTIC_BYTES_MAX: usize = 64 * 1024;
/// How often room on disk and in memory is looked at while something runs.
pub(crate) const WATCH_EVERY: Duration = Duration::from_millis(250);
/// Below this much room the machine is ended before the host suffers, and never more than a
/// fiftieth of what there is.
pub(crate) const ROOM_BYTES_MIN: u64 = 512 * 1024 * 1024;
pub(crate) const ROOM_FRACTION: u64 = 50;
/// Bytes of channels that wait to be written to the guest, above which no channel may add more.
pub(crate) const OUTBOUND_CHANNEL_BYTES_HIGH: usize = 1024 * 1024;
/// Things that wait to be written to the guest. One that makes the host owe it more does not read.
pub(crate) const OUTBOUND_ITEMS_MAX: usize = 16 * 1024;
/// Bytes by which the windows of all channels of a machine may have grown, taken together. With the
/// first windows this bounds what a guest can make the host hold.
pub(crate) const GROWTH_BYTES_MAX: u32 = 16 * 1024 * 1024;
/// What comes on a channel in smaller pieces is kept together.
pub(crate) const SMALL_PIECE_BYTES: usize = 4096;
/// Bytes read from the guest at once.
pub(crate) const INBOUND_BYTES: usize = 256 * 1024;
/// Texts placed in the view of one machine, and the bytes of all: they wait in a socket's buffer.
pub(crate) const PLACED_FILES_MAX: usize = 64;
pub(crate) const PLACED_BYTES_MAX: usize = 64 * 1024;
/// Parts of the path of one, with the empty one before the first slash.
pub(crate) const PLACED_DEPTH_MAX: usize = 9;
/// Folders with programs of the host.
pub(crate) const PROGRAMS_MAX: usize = 16;
/// Kept layers below one task's own, and in the store.
pub(crate) const LAYERS_PER_TASK_MAX: usize = 8;
pub(crate) const LAYERS_MAX: usize = 64;
pub(crate) const LAYER_NAME_BYTES_MAX: usize = 64;
/// Of one kept layer.
pub(crate) const LAYER_BYTES_MAX: u64 = 8 << 30;
pub(crate) const LAYER_FILES_MAX: u64 = 500_000;
/// Bytes of a layer's record.
pub(crate) const RECORD_BYTES_MAX: u64 = 64 * 1024;
/// What one task may install, and how much fuller the disk has to become until it is counted.
pub(crate) const SYSTEM_BYTES_MAX: u64 = 16 << 30;
pub(crate) const SYSTEM_FILES_MAX: u64 = 1_000_000;
pub(crate) const SYSTEM_BYTES_STEP: u64 = 256 << 20;
pub(crate) const SYSTEM_FILES_STEP: u64 = 20_000;
/// Files that are counted of one task, and folders inside each other.
pub(crate) const USAGE_FILES_MAX: u64 = 5_000_000;
pub(crate) const DEPTH_MAX: usize = 200;
/// Folders of a system that a ground repeats, and how deep they may lie.
pub(crate) const GROUND_FOLDERS_MAX: usize = 200_000;
pub(crate) const GROUND_DEPTH_MAX: usize = 64;
/// What a ground copies from the host's `/etc`.
pub(crate) const COPIED_FILES_MAX: usize = 20_000;
pub(crate) const COPIED_FILE_BYTES_MAX: u64 = 64 << 20;
/// Bytes read of the file that says which system it is.
pub(crate) const TOLD_BYTES_MAX: u64 = 64 * 1024;
/// From handing a task to a spare machine until it must stand; then a new one is started.
pub(crate) const SPARE_WAIT: Duration = Duration::from_secs(2);
/// The same of a spare VM, on a computer that emulates its processor.
pub(crate) const SPARE_VM_WAIT: Duration = Duration::from_secs(8);
/// Folders of the host in which the shares of a spare machine may lie.
pub(crate) const SPARE_PLACES_MAX: usize = 16;

// A VM.

/// From the first instruction of a cold boot until the guest is asleep in it. Emulated, on a busy
/// computer.
pub(crate) const BOOT_WAIT: Duration = Duration::from_secs(120);
/// The same when hardware virtualisation is tried: it takes a second where it works.
pub(crate) const KVM_BOOT_WAIT: Duration = Duration::from_secs(3);
/// For one answer of QEMU.
pub(crate) const QMP_WAIT: Duration = Duration::from_secs(20);
/// For QEMU to end and say why, once its stream is closed.
pub(crate) const LAST_WORD_WAIT: Duration = Duration::from_secs(1);
/// Bytes of one message of QEMU.
pub(crate) const QMP_LINE_BYTES_MAX: usize = 64 * 1024;
/// Sizes of the disks as the machine sees them; sparse files on the host.
pub(crate) const SCRATCH_BYTES: u64 = 16 << 30;
pub(crate) const SHARES_DISK_BYTES: u64 = 256 << 30;
/// Entries and depth of the folders on a machine's disk.
pub(crate) const SHARES_DISK_ENTRIES_MAX: usize = 2_000_000;
pub(crate) const SHARES_DEPTH_MAX: usize = 512;
/// Entries, bytes and depth of what a machine wrote in one share.
pub(crate) const UPPER_ENTRIES_MAX: u64 = 500_000;
pub(crate) const UPPER_BYTES_MAX: u64 = 16 << 30;
pub(crate) const UPPER_DEPTH_MAX: usize = 256;
pub(crate) const UPPER_LINK_BYTES_MAX: usize = 4095;
/// Bytes of the records of all that, on their way.
pub(crate) const RECORDS_BYTES_MAX: u64 = UPPER_BYTES_MAX + UPPER_ENTRIES_MAX * 1024;
/// Templates kept; the ones that were not used for the longest time go.
pub(crate) const TEMPLATES_MAX: usize = 4;

// An image.

/// Room that making an image takes at least: for the image, and where it is put together.
pub(crate) const IMAGE_ROOM_MIN: u64 = 300 << 20;
pub(crate) const IMAGE_SCRATCH_MIN: u64 = 1 << 30;
/// Of silence while one is made. A large package takes minutes.
pub(crate) const IMAGE_QUIET_WAIT: Duration = Duration::from_secs(20 * 60);
/// Bytes of a manifest.
pub(crate) const MANIFEST_BYTES_MAX: u64 = 1 << 20;
