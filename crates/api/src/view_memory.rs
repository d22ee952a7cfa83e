//! What Legwork remembers of the person, as it is sent.

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
