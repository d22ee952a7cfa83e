//! How large a machine is and how fast it runs.

/// The device through which the processor's virtualisation is used.
pub(crate) const KVM: &str = "/dev/kvm";

/// How a machine's instructions are carried out. The isolation is the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Speed {
    /// By the processor itself.
    Hardware,
    /// By a program, many times slower.
    Emulated,
}

/// What a machine has. The kernel in it can't get more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hardware {
    /// A multiple of a mebibyte.
    pub memory_bytes: u64,
    pub processors: u32,
    pub speed: Speed,
}
