//! Pure: the messages between host and guest, one generation.
//!
//! The stream is a sequence of frames: four bytes little-endian length, then one postcard message.
//! Calls are multiplexed by id, and so are the channels that programs open towards the host.
//! Everything that comes from a guest is hostile input: a frame over `FRAME_BYTES_MAX`, an unknown
//! message or an id that was not asked for ends the machine, nothing more.

mod bytes;
mod channel;
mod frame;
mod message;
mod path;
mod upper;
mod vm;

pub use channel::{
    CHANNEL_BYTES_MAX, CHANNEL_WINDOW_FIRST, CHANNEL_WINDOW_MAX, CHANNELS_MAX, DOOR_NAME_BYTES_MAX,
    DOOR_PORTS_MAX, Door, DoorKind, Doors, Half, INPUT_WINDOW, Inflow, Outflow, Program,
    WindowOverrun,
};
pub use frame::{FRAME_BYTES_MAX, FrameError, decode, encode, encode_onto, frame_length};
pub use message::{
    Exec, ExecInput, FailKind, FromGuest, GENERATION, GuestTool, Landing, Limits, Output,
    PlacedFile, Reply, Request, Setup, ShareView, System, Terminal, ToGuest,
};
pub use path::{PathText, PathTextError};
pub use upper::{Kept, RECORD_DATA_BYTES_MAX, Record};
pub use vm::{
    Asleep, VM_DISK_ROOT, VM_DISK_SCRATCH, VM_DISK_SHARES, VM_PORT, VM_PROCESSES, VM_SHARES_MAX,
    VM_SHARES_UPPER, Wake, vm_share,
};
