//! What Legwork remembers of the person and of folders, as it is sent.

use crate::error::UserError;
use serde::{Deserialize, Serialize};

/// `GET /v1/memory`: a file that the person can read and change with any editor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemoryView {
    pub path: String,
    pub text: String,
}

/// `POST /v1/memory`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MemoryBody {
    pub text: String,
    /// What the file held when it was read: if it holds something else now, it is left as it is.
    pub before: String,
}

/// `GET /v1/memory/folders`: what is remembered about a folder that a task was given lately.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FolderMemoryView {
    /// As tasks name it.
    pub folder: String,
    /// As people read it.
    pub shown: String,
    pub text: String,
    /// Why it can't be shown or changed.
    pub problem: Option<UserError>,
}

/// `POST /v1/memory/folders`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FolderMemoryBody {
    pub folder: String,
    /// Nothing but white space deletes the file.
    pub text: String,
    /// What the file held when it was read: if it holds something else now, it is left as it is.
    pub before: String,
}
