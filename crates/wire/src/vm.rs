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

/// Folders of the disk with the shares: each share as it is, and what an earlier machine of the
/// task wrote, as an overlay keeps it.
pub const VM_SHARES_BASE: &str = "base";
pub const VM_SHARES_UPPER: &str = "upper";

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
