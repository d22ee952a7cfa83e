//! The real binary against a canned desk: what each command shows, and how it ends.

#[path = "../../../api/tests/canned/mod.rs"]
mod canned;
mod commands;
mod rules;
#[path = "../../../api/tests/canned/socket.rs"]
mod socket;
mod terminal;
mod world;
