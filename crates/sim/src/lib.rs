//! Tests: a seeded world in which a task lives, is killed, and comes back.
//!
//! Everything is in one thread and comes from one seed: the mind, the machine, the folder, the
//! person, the clock, and the faults (a crash around any append, a full disk, results that come
//! late, twice or never). The same seed gives the same life. After each step the invariants that
//! ARCHITECTURE.md numbers are asserted.

mod chance;
mod delegate;
mod invariant;
mod mind;
mod model;
mod person;
mod world;

pub use world::{Flaw, Life, run, run_flawed};
