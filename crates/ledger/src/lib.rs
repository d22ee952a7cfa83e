//! Edge: the append-only store of events and blobs; the only crate that knows SQL.
//!
//! Bytes in, bytes out: what an event means is the business of the crate `task`. What is kept here:
//!
//! - **An acknowledged append is on the disk.** WAL, `synchronous=FULL`; one writer at a
//!   time, who puts all appends that wait into one transaction: durability costs one flush for
//!   many.
//! - **Nothing is rewritten.** An append names the position it expects; each event carries the hash
//!   of the one before it; there is no statement here that updates or deletes one.
//! - **All or nothing.** When the disk is full, or the process is killed, an append is there whole
//!   or not at all, and the next one works as soon as there is room.
//! - **One process.** A lock that dies with its holder keeps a second daemon out.
//!
//! It must not: read a clock, look into a body, start anything but its one thread.

mod blobs;
mod chain;
mod error;
pub mod limits;
mod line;
mod lock;
mod readers;
mod schema;
mod store;
mod writer;

pub use blobs::BlobHash;
pub use chain::EventHash;
pub use error::{AppendError, BlobError, LedgerError, SqlError};
pub use store::{Head, Ledger, NewEvent, Stored};
