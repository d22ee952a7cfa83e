//! Who wants what, what is asked of a person, and what is written down about it.

use futures_util::future::BoxFuture;

/// Where a stream comes from, as the guest says. Nothing of it is believed beyond being shown.
#[derive(Debug, Clone)]
pub struct Origin {
    pub door: Door,
    /// The program's name in the machine.
    pub program: Option<String>,
}

/// How the program left.
#[derive(Debug, Clone)]
pub enum Door {
    /// It speaks to an HTTP proxy.
    HttpProxy,
    /// It speaks SOCKS, version 5.
    Socks,
    /// It believes that it reached the place itself.
    Captured {
        /// What the fake DNS was asked for; `None`: the program had only an address.
        name: Option<String>,
        port: u16,
    },
}

/// Something that no rule covers.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Attempt {
    /// The program in the machine, escaped.
    pub program: Option<String>,
    pub host: String,
    pub port: u16,
    /// What was asked for; `None` where it is hidden in a tunnel.
    pub asked: Option<Asked>,
}

/// A request, without its query, which may hold anything.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Asked {
    pub method: String,
    pub path: String,
}

/// What a person says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// This one goes through. What holds for longer comes as new rules.
    Once,
    /// In words that go to the program.
    Deny(String),
}

/// Takes one question to a person. The wait is bounded by the gate.
pub trait Ask: Send + Sync {
    fn ask(&self, attempt: Attempt) -> BoxFuture<'static, Answer>;
}

/// Takes every decision to the ledger. Called from the connection's own task: it must not block.
pub trait Audit: Send + Sync {
    fn record(&self, record: Record);
}

/// One decision, or how what it allowed ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// The same for the decision and the end of one thing; counts from 1 in each gate.
    pub id: u64,
    pub program: Option<String>,
    /// Empty where the program did not get so far as to name one.
    pub host: String,
    pub port: u16,
    pub asked: Option<Asked>,
    pub happened: Happened,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Happened {
    /// A rule let it through: its text.
    Allowed {
        rule: String,
    },
    /// A person let this one through.
    AllowedOnce,
    Refused {
        reason: String,
        alarm: Option<Alarm>,
    },
    /// What was let through is over. `cut`: why it was ended from here.
    Closed {
        bytes_up: u64,
        bytes_down: u64,
        cut: Option<String>,
        alarm: Option<Alarm>,
    },
    /// A key that is not ours was taken out of a request to a place that has a secret of ours.
    ForeignKeyDropped {
        header: String,
    },
}

/// Something that no honest program does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Alarm {
    /// The stand-in of this secret turned up where it is not to be.
    StandInAstray { secret: String },
    /// A server sent this secret's value back.
    SecretReturned { secret: String },
}

/// The program's name, safe to show.
pub(crate) fn shown(program: Option<&str>) -> Option<String> {
    use crate::limits::PROGRAM_CHARS_MAX;
    program.map(|name| {
        let escaped = name.chars().take(PROGRAM_CHARS_MAX).flat_map(char::escape_debug);
        escaped.take(PROGRAM_CHARS_MAX).collect()
    })
}
