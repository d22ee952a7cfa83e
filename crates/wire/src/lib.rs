//! Pure: the messages between host and guest, one generation.
//!
//! The stream is a sequence of frames: four bytes little-endian length, then one postcard message.
//! Calls are multiplexed by id. Everything that comes from a guest is hostile input: a frame over
//! `FRAME_BYTES_MAX`, an unknown message or an id that was not asked for ends the machine, nothing
//! more.

mod frame;
mod message;
mod path;

pub use frame::{FRAME_BYTES_MAX, FrameError, decode, encode, frame_length};
pub use message::{
    Exec, FailKind, FromGuest, GENERATION, GuestTool, Landing, Limits, Output, PlacedFile, Reply,
    Request, Setup, ShareView, System, ToGuest,
};
pub use path::{PathText, PathTextError};
