//! The one error that people see: what happened, why, and what to do next.

use serde::{Deserialize, Serialize};
use std::fmt;

/// Whose move it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ErrorKind {
    /// The person can mend it: a wrong name, a missing folder, a task in another state.
    User,
    Config,
    Denied,
    /// Something that Legwork needs is not there or full.
    Unavailable,
    Bug,
}

/// An error in the words of the person who meets it. `code` is stable and listed in docs/errors.md.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserError {
    pub kind: ErrorKind,
    pub code: String,
    pub what: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub cause: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub next: Vec<String>,
    /// Set where it is done all the same when the person says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub despite: Option<Box<Despite>>,
}

/// A playbook that would do its job without heeding what the person said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Despite {
    pub playbook: String,
    /// The person's own words.
    pub unheeded: String,
}

impl UserError {
    /// An error without a cause or hints yet.
    pub fn new(kind: ErrorKind, code: &str, what: impl Into<String>) -> Self {
        let (code, what) = (code.to_owned(), what.into());
        Self { kind, code, what, cause: String::new(), next: vec![], despite: None }
    }

    /// Adds why it happened.
    #[must_use]
    pub fn cause(mut self, cause: impl fmt::Display) -> Self {
        self.cause = without_number(cause.to_string());
        self
    }

    /// Adds something to do about it.
    #[must_use]
    pub fn next(mut self, hint: impl Into<String>) -> Self {
        self.next.push(hint.into());
        self
    }
}

impl fmt::Display for UserError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "error: {}", self.what)?;
        if !self.cause.is_empty() {
            write!(out, "\ncause: {}", self.cause)?;
        }
        for hint in &self.next {
            write!(out, "\nnext:  {hint}")?;
        }
        if let Some(despite) = &self.despite {
            let playbook = &despite.playbook;
            write!(out, "\nnext:  `--playbook {playbook}` does the whole job all the same")?;
        }
        write!(out, "      [{}]", self.code)
    }
}

impl std::error::Error for UserError {}

/// The system's own words without their number, which tells a person nothing.
fn without_number(cause: String) -> String {
    const OPENS: &str = " (os error ";
    let Some(at) = cause.find(OPENS) else { return cause };
    let (number, rest) = cause[at + OPENS.len()..].split_once(')').unwrap_or_default();
    match number.parse::<i32>() {
        Ok(_) => format!("{}{rest}", &cause[..at]),
        Err(_) => cause,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cause_has_no_number_of_the_system() {
        let full = std::io::Error::from_raw_os_error(28).to_string();
        let cases = [
            (full.as_str(), "No space left on device"),
            ("a (os error 2): b", "a: b"),
            ("a (os error x) b", "a (os error x) b"),
            ("a (os error ", "a (os error "),
        ];
        for (cause, wanted) in cases {
            let error = UserError::new(ErrorKind::Bug, "disk-full", "y").cause(cause);
            assert_eq!(error.cause, wanted);
        }
    }
}
