//! Edge: isolated computers, their folders, and what comes back from them.
//!
//! A machine is made by `bwrap` and finished by our guest, its first process (`jail`). What the
//! guest says is hostile input: it is bounded and checked here, and an offence ends the machine.

pub mod changes;
