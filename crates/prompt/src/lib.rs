//! Pure: the words that a language model is sent: instructions, the opening, and results of calls.
//!
//! All of it is made from the ledger alone, the same each time, so that each request begins with
//! the one before. Text that a file, a program or a page wrote is marked as data; what stands in it
//! can't end the mark.

mod aside;
mod begun;
mod ended;
mod opening;
mod told;

pub use aside::{UNDER_WAY, aside};
pub use begun::begun;
pub use ended::background_ended;
pub use opening::opening;
pub use told::{Called, PICTURE_GONE, Told, content, key, page, source, told};

/// The instructions. They are the same for every task, so that they are read from the cache.
pub const SYSTEM: &str = include_str!("system.md");
