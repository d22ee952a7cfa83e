//! Pure: the messages between host and guest, one generation.
//!
//! The stream is a sequence of frames: four bytes little-endian length, then one postcard message.
//! Calls are multiplexed by id. Everything that comes from a guest is hostile input: a frame over
//! `FRAME_BYTES_MAX`, an unknown message or an id that was not asked for ends the machine, nothing
//! more.

mod frame;
mod message;
mod path;
mod upper;
mod vm;

pub use frame::{FRAME_BYTES_MAX, FrameError, decode, encode, frame_length};
pub use message::{
    Exec, FailKind, FromGuest, GENERATION, GuestTool, Landing, Limits, Output, Reply, Request,
    Setup, ShareView, ToGuest,
};
pub use path::{PathText, PathTextError};
pub use upper::{Kept, RECORD_DATA_BYTES_MAX, Record};
pub use vm::{
    Asleep, VM_DISK_ROOT, VM_DISK_SCRATCH, VM_DISK_SHARES, VM_PORT, VM_SHARES_BASE,
    VM_SHARES_UPPER, Wake,
};
