//! What may leave a machine: places, rules, their text, and the words of a person.
//!
//! Pure. The edge `egress` parses what comes out of a machine with `host`, asks `judge`, and dials
//! only what `address` lets through.

pub mod address;
pub mod host;
pub mod limits;
mod request;
mod rule;
mod rules;
mod text;
pub mod words;

#[cfg(test)]
mod tests;

pub use request::{Body, Denial, Request, What};
pub use rule::{
    Account, Internal, Method, Methods, PathPrefix, Place, Reach, Rule, Stance, is_plain_path,
};
pub use rules::{Allowed, Rules, Verdict, judge};
pub use text::RuleError;
