//! What wants to leave, as far as it is known when it is judged.

use super::host::Host;
use std::fmt;

/// One thing to judge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Request<'a> {
    pub host: &'a Host,
    pub port: u16,
    pub what: What<'a>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What<'a> {
    /// A way for bytes; what will go through is not known yet.
    Tunnel,
    /// One request of HTTP.
    Http {
        method: &'a str,
        /// Without the query.
        path: &'a str,
        body: Body,
        /// The secret whose value it carries, by its name; `None`: it carries no key.
        account: Option<&'a str>,
    },
}

/// What a request carries behind its head, as that says. Where a server reads a path from its
/// beginning, only this tells what git sends from any other POST.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Body {
    None,
    /// What `git fetch` wants and has.
    GitFetch,
    /// What `git push` brings.
    GitPush,
    Other,
}

impl Body {
    /// What a `Content-Type` says about a body that is there.
    pub fn of_type(content_type: &[u8]) -> Self {
        match content_type {
            b"application/x-git-upload-pack-request" => Self::GitFetch,
            b"application/x-git-receive-pack-request" => Self::GitPush,
            _ => Self::Other,
        }
    }
}

/// It changes nothing there. `git fetch` asks with a POST what it could not fit into a GET.
pub(super) fn is_reading(method: &str, path: &str, body: Body) -> bool {
    match body {
        Body::None => matches!(method, "GET" | "HEAD" | "OPTIONS"),
        Body::GitFetch => method == "POST" && path.ends_with("/git-upload-pack"),
        Body::GitPush | Body::Other => false,
    }
}

/// What `git push` does beside reading.
pub(super) fn is_pushing(method: &str, path: &str, body: Body) -> bool {
    method == "POST" && path.ends_with("/git-receive-pack") && body == Body::GitPush
}

/// What package managers ask for: they read, and npm has its list looked through for known flaws.
pub(super) fn is_of_packages(method: &str, path: &str, body: Body) -> bool {
    const AUDITS: [&str; 2] =
        ["/-/npm/v1/security/advisories/bulk", "/-/npm/v1/security/audits/quick"];
    let is_audit = method == "POST" && AUDITS.iter().any(|audit| path.ends_with(audit));
    is_audit || is_reading(method, path, body)
}

/// Why something does not leave, apart from what a person answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Denial {
    /// A rule forbids it: its text.
    Rule(String),
    /// No rule allows it, and there is nobody to ask.
    NoRule,
    /// A rule of the organisation forbids it: its text.
    ManagedRule(String),
    /// The rules of the organisation do not allow it: why, in its own words, which may be none.
    Managed(String),
    /// An address instead of a name.
    Literal,
    /// A name of the local network.
    InternalName,
    /// A port that is only opened by a rule that names it.
    Port(u16),
    /// A path that servers read in different ways.
    OddPath,
}

impl fmt::Display for Denial {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rule(text) => write!(out, "a rule of this task forbids it: {text}"),
            Self::NoRule => out.write_str("no rule of this task allows it"),
            Self::ManagedRule(text) => {
                write!(out, "a rule that this computer's administrator set forbids it: {text}")
            }
            Self::Managed(why) => {
                out.write_str(
                    "the rules that this computer's administrator set do not allow it, and a \
                     person using it can't change them",
                )?;
                if why.is_empty() { Ok(()) } else { write!(out, ": {why}") }
            }
            Self::Literal => out.write_str(
                "it names an address instead of a host; addresses are only reached by a rule that \
                 lists them",
            ),
            Self::InternalName => out.write_str(
                "it is a name of the local network; such are only reached by a rule that says \
                 `internal`",
            ),
            Self::Port(22) => {
                out.write_str("SSH is only reached by a rule like `allow ssh to HOST`")
            }
            Self::Port(port) => {
                write!(out, "port {port} is only reached by a rule that names it")
            }
            Self::OddPath => out.write_str(
                "its path can be read in more than one way (`..`, `//` or hidden characters); \
                 write it plainly",
            ),
        }
    }
}
