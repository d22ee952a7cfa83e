//! What is said to a guest in a VM before the ordinary `Setup`: it was asleep in a snapshot.
//!
//! ```text
//! cold start: guest boots ─► Asleep            (here the snapshot is taken)
//! restore:    Wake, Setup ─► guest ─► Ready    (once in each machine's life)
//! a spare:    Wake ─► guest ─► Asleep ┄┄┄► Setup ─► guest ─► Ready
//! ```

use serde::{Deserialize, Serialize};

/// Name of the one port of the machine's serial bus: the stream.
pub const VM_PORT: &str = "machine";

/// Serial numbers of the disks, by which the guest knows which is which.
pub const VM_DISK_ROOT: &str = "root";
pub const VM_DISK_SCRATCH: &str = "scratch";
pub const VM_DISK_SHARES: &str = "shares";

/// Shares of one machine at most.
pub const VM_SHARES_MAX: usize = 64;

/// The folder of the disk with the shares that holds what an earlier machine of the task wrote, as
/// an overlay keeps it, each in a folder with the name that the share has on the disk.
pub const VM_SHARES_UPPER: &str = "upper";

/// The name of a share on its disk. Each disk has all of these names, for the machine has it
/// mounted before its content is known: what is in a folder may change then, but not what the root
/// holds.
pub fn vm_share(index: usize) -> String {
    format!("{index:02}")
}

/// How many processes a machine is booted to bear. Another limit holds as well, and costs it a
/// moment when it wakes.
pub const VM_PROCESSES: u64 = 512;

/// The guest's first word, after a cold start: all is mounted that does not depend on the task.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asleep {
    pub generation: u16,
}

/// What a snapshot must not share with its copies, and the time that passed meanwhile.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wake {
    /// The host's clock.
    pub now_seconds: u64,
    pub now_nanos: u32,
    /// Fresh randomness for the kernel's generator.
    pub seed: [u8; 32],
    pub machine_id: [u8; 16],
    /// No task is there yet: the guest does once what it will do for one, and says `Asleep` again.
    pub rehearse: bool,
}
