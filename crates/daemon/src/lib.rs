//! Root: wires the parts together, and judges nothing.
//!
//! ```text
//! client ──HTTP──► desk ──Input──► live (one loop a task) ──Effect──► edges ──► machine, mind,
//! folders                                     │                                  │
//!                                     └──► store (ledger) ◄──────────────┘
//! ```

mod artifact;
mod clock;
mod config;
mod desk;
mod diff;
mod doctor;
mod door;
mod edges;
mod export;
mod finder;
mod folder_memory;
mod helping;
mod house;
mod images;
mod keys;
mod layers;
mod limits;
mod listing;
mod live;
mod look;
mod machine_desk;
mod machines;
mod managed;
mod memory;
mod mend;
mod mind;
mod models;
mod network;
mod news;
mod notify;
mod offers;
mod office;
mod outside;
mod picker;
mod programs;
mod provenance;
mod push;
mod reading;
mod recording;
mod review;
mod search;
mod serve;
mod settings;
mod skills;
mod spares;
mod stands;
mod steering;
mod store;
mod sweeping;
mod taking;
mod terminal;
mod views;
mod watching;
mod words;

pub use config::key_values_here;
pub use offers::keys_here;
pub use serve::serve;
