//! Anthropic Messages, version 2023-06-01.
//!
//! POST /v1/messages. Source: platform.claude.com/docs and the types of the Python SDK 2.11, read
//! 2026-11.

pub(crate) mod read;
pub(crate) mod write;
