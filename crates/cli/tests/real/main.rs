//! The real program on real folders: its daemon, its machine, its playbooks, and `kill -9`.
//!
//! Needs the guest (`make guest` builds it) and `bwrap`.

mod api;
mod background;
mod delegate;
mod faults;
mod flow;
mod kills;
mod memory;
mod models;
mod packages;
mod policy;
mod room;
mod server;
mod steering;
mod tasks;
mod vm;
mod web;
mod world;
