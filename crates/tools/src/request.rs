//! A call becomes a request to a machine.

use crate::proof;
use crate::spec::{ToolKind, ToolSpec};
use serde::Deserialize;
use std::fmt;
use wire::{Exec, Request};

/// Bytes of a call's arguments at most; longer than a frame, they travel in parts.
pub(crate) const ARGS_BYTES_MAX: usize = 64 * 1024 * 1024;

/// How long a command may run in the background.
const BACKGROUND_MS: u64 = 24 * 60 * 60 * 1000;

/// Why a call cannot be sent; told to the mind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RequestError {
    TooLong { bytes: usize },
    Arguments { why: String },
}

impl fmt::Display for RequestError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLong { bytes } => {
                write!(out, "the arguments are {bytes} bytes long; {ARGS_BYTES_MAX} are allowed")
            }
            Self::Arguments { why } => write!(out, "the arguments do not fit: {why}"),
        }
    }
}

impl std::error::Error for RequestError {}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CommandArgs {
    command: String,
    #[serde(default)]
    folder: Option<String>,
    #[serde(default)]
    timeout_ms: Option<u64>,
    #[serde(default)]
    background: bool,
}

/// Whether these arguments of a command want it in the background.
pub fn is_background(args: &str) -> bool {
    serde_json::from_str::<CommandArgs>(args).is_ok_and(|args| args.background)
}

/// The request for a call of `spec` with these JSON arguments. `first_share` is where a command
/// runs that names no folder.
pub fn request(spec: &ToolSpec, args: &str, first_share: &str) -> Result<Request, RequestError> {
    if args.len() > ARGS_BYTES_MAX {
        return Err(RequestError::TooLong { bytes: args.len() });
    }
    match spec.kind {
        ToolKind::Guest(tool) => {
            Ok(Request::Tool { tool, args: args.to_owned(), timeout_ms: spec.timeout_ms })
        }
        ToolKind::Proof(proof) => {
            let wrong = |err: serde_json::Error| RequestError::Arguments { why: err.to_string() };
            let (tool, args) = proof::reading(proof, args).map_err(wrong)?;
            Ok(Request::Tool { tool, args, timeout_ms: spec.timeout_ms })
        }
        ToolKind::Recall
        | ToolKind::Remember
        | ToolKind::Take
        | ToolKind::Background(_)
        | ToolKind::Search => {
            let why = "this is not done in a machine".to_owned();
            Err(RequestError::Arguments { why })
        }
        ToolKind::Command => {
            let args: CommandArgs = serde_json::from_str(args)
                .map_err(|err| RequestError::Arguments { why: err.to_string() })?;
            let folder = args.folder.unwrap_or_else(|| first_share.to_owned());
            let argv = vec!["/bin/sh".to_owned(), "-c".to_owned(), args.command];
            let usual = if args.background { BACKGROUND_MS } else { spec.timeout_ms };
            let timeout_ms = args.timeout_ms.unwrap_or(usual).min(usual);
            Ok(Request::Exec(Exec::new(argv, format!("/folders/{folder}"), timeout_ms)))
        }
    }
}
