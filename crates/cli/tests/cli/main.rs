//! The real binary against a canned desk: what each command shows, and how it ends.

#[path = "../../../api/tests/canned/mod.rs"]
mod canned;
mod commands;
mod rules;
mod terminal;
mod world;
