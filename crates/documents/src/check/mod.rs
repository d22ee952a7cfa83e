//! Checks finished work against its sources.
//!
//! Nothing here shares code with what made the work: `receipt` reads numbers, this looks for the
//! digits of a number that is claimed. A mistake in one is not repeated in the other.

mod digits;
mod expenses;
#[cfg(test)]
mod tests;

pub use expenses::{Claim, ExpenseCheck, Part, Place, SetAside, Sources, Sum, Verdict, expenses};
