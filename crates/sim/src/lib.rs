//! Tests: a seeded world in which a task lives, is killed, and comes back.
