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
/// How long one may run that is waited for, unless it says how long.
const COMMAND_MS: u64 = 10 * 60 * 1000;

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
            let (usual, most) = match args.background {
                true => (BACKGROUND_MS, BACKGROUND_MS),
                false => (COMMAND_MS, spec.timeout_ms),
            };
            let timeout_ms = args.timeout_ms.unwrap_or(usual).min(most);
            Ok(Request::Exec(Exec::new(argv, format!("/folders/{folder}"), timeout_ms)))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::spec;

    fn timeout(args: &str) -> u64 {
        let made = request(spec("run_command").unwrap(), args, "F").unwrap();
        let Request::Exec(exec) = made else { panic!("{made:?}") };
        exec.timeout_ms
    }

    /// What a model reads of the times is what holds.
    #[test]
    fn a_command_has_the_time_that_is_promised() {
        let minute = 60_000;
        assert_eq!(timeout(r#"{"command":"x"}"#), 10 * minute);
        assert_eq!(timeout(r#"{"command":"x","timeout_ms":5}"#), 5);
        assert_eq!(timeout(r#"{"command":"x","timeout_ms":3600000}"#), 60 * minute);
        assert_eq!(timeout(r#"{"command":"x","timeout_ms":99999999}"#), 60 * minute);
        assert_eq!(timeout(r#"{"command":"x","background":true}"#), 24 * 60 * minute);
        let offered = crate::offered().find(|it| it.name == "run_command").unwrap();
        assert!(offered.description.contains("ended after 10 minutes"), "{}", offered.description);
        let schema: serde_json::Value = serde_json::from_str(offered.schema.get()).unwrap();
        let wish = &schema["properties"]["timeout_ms"];
        assert_eq!(wish["maximum"], 60 * minute);
        let said = wish["description"].as_str().unwrap();
        assert!(said.contains("10 minutes") && said.contains("an hour at most"), "{said}");
        assert!(said.contains("for a day"), "{said}");
    }
}
