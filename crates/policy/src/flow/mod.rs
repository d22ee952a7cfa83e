//! What content may cause: the flow rule.
//!
//! Content is what neither the person nor Legwork wrote: files, documents, mail, pages, what
//! programs print. It may be read and worked on, and it gives no orders. Once it was read, a call
//! that would go to a place the content named, run what it told to run, or write a file that would
//! call such a place by itself, is outside the boundary, unless the person's own words or the plan
//! that they approved foresaw it.
//!
//! ```text
//! content ──Named::by──► Seen ─┐
//! a call  ──Act::of_*──► Act ──┼─ judge ─► Free | Doubt
//! words, plan ─────► Foreseen ─┘
//! ```
//!
//! All of it is comparing texts: no model judges, the same input gives the same answer. What is
//! looked through is bounded, and what is over a bound counts as named, never as harmless.

mod act;
mod command;
mod decode;
mod disguise;
mod inner;
mod judge;
pub mod limits;
mod named;
mod place;
mod punycode;
mod tables;
mod told;

#[cfg(test)]
mod tests;

pub use act::Act;
pub use judge::{Doubt, Foreseen, Lead, Seen, Verdict, judge};
pub use named::Named;
pub use told::{KEY_CHARS, mark, unmarked};
