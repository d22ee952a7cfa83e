//! OpenAI Responses.
//!
//! POST /v1/responses. Source: openai/openai-openapi at f85dbe2, and what Codex sends; read
//! 2026-11.

pub(crate) mod read;
pub(crate) mod write;
