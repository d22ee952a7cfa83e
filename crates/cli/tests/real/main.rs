//! The real program on real folders: its daemon, its machine, its playbooks, and `kill -9`.
//!
//! Needs the guest (`make guest` builds it) and `bwrap`.

mod kills;
mod models;
mod server;
mod tasks;
mod vm;
mod world;
