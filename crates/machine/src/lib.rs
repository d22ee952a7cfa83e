//! Edge: isolated computers, their folders, and what comes back from them.
//!
//! A machine is made by `bwrap` and finished by our guest, its first process (`jail`). What the
//! guest says is hostile input: it is bounded and checked here, and an offence ends the machine.
//! What was written in a machine reaches the user's folders through `changes` alone.

pub mod changes;
pub mod image;
mod jail;
mod limits;
mod machine;
mod probe;
pub mod system;
mod vm;

pub use jail::{
    CallError, ChannelStream, Connection, Connections, Feed, Happening, Jail, JailShare, JailSpec,
    Spare, SpareSpec, StartError, clear, end_orphans, no_room,
};
pub use machine::{Answer, Machine};
pub use probe::{ProbeReport, probe};
pub use vm::{
    CollectError, Hardware, RebuildError, Speed, Vm, VmError, VmPrograms, VmReport, VmSpare,
    VmSpec, forget_templates, probe_vm,
};
pub use wire::VM_PROCESSES;
