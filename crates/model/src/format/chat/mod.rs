//! OpenAI Chat Completions and all that are compatible with it.
//!
//! POST /v1/chat/completions. Source: openai/openai-openapi at f85dbe2; the extensions of
//! OpenRouter, DeepSeek, vLLM, Mistral and Gemini from their own documentation; read 2026-11.

pub(crate) mod read;
pub(crate) mod write;
