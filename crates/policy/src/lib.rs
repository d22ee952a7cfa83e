//! Pure: judges what a change to a user's folder may do without a tick of its own, and (`egress`)
//! what may leave a machine.
//!
//! One question, one answer: `judge(&Facts) -> Verdict`. A changed file that the host would later
//! run or obey (a hook, a shell start file, a build script, a new program) is never applied on a
//! general "yes": a person ticks it by itself. What can never be applied safely is refused.

pub mod egress;
pub mod flow;
mod judge;
mod place;
mod reason;

pub use judge::{Facts, What, Work, judge};
pub use place::RESERVED_PREFIX;
pub use reason::{Reason, Verdict};
