//! Edge: the two programs inside a machine.
//!
//! `legwork-guest` is its first process: it receives what to mount, makes the view, locks itself
//! down for good, and only then answers that it is ready. Everything foreign is a child of it and
//! inherits the locks. `legwork-reader` opens foreign documents for it, one process at a time, and
//! is what programs find as `su`. They share the tools, and neither has a policy: what may be done
//! is decided on the host.

mod call;
mod clock;
mod connect;
mod doors;
mod environment;
mod etc;
mod filter;
mod init;
mod input;
mod limits;
mod lock;
mod second;
mod serve;
mod signals;
mod stream;
mod system;
mod terminal;
mod tools;
mod trust;
mod view;
mod vm;

pub use connect::connect;
pub use init::start;
pub use second::{NAMES, become_user};
pub use tools::answer_questions;
pub use vm::start as start_vm;
