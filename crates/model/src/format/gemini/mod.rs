//! Gemini generateContent, v1beta.
//!
//! POST /v1beta/models/MODEL:streamGenerateContent?alt=sse. Source:
//! ai.google.dev/gemini-api/docs, read 2026-11.

pub(crate) mod read;
pub(crate) mod write;
