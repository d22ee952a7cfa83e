//! How the command ends: the exit status, and what is said when something is in the way.

use api::{ClientError, ErrorKind, UserError};
use std::io;
use std::process::ExitCode;
use task::Rest;

/// The exit statuses, for help texts and man pages.
pub(crate) const STATUSES: &str = "Exit status:
  0    done, or answered
  1    failed, or stopped
  2    the command cannot be carried out as it was typed
  3    needs you: a plan, a question or a result waits for you
  4    refused
  130  you left with Ctrl-C, or the daemon was stopped; the task goes on";

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    Done,
    Failed,
    Usage,
    NeedsYou,
    Refused,
    Left,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Done => 0,
            Exit::Failed => 1,
            Exit::Usage => 2,
            Exit::NeedsYou => 3,
            Exit::Refused => 4,
            Exit::Left => 130,
        })
    }
}

impl From<Rest> for Exit {
    fn from(rest: Rest) -> Self {
        match rest {
            Rest::Done | Rest::Answered => Self::Done,
            Rest::NeedsYou => Self::NeedsYou,
            Rest::Failed | Rest::Stopped => Self::Failed,
            Rest::Refused => Self::Refused,
        }
    }
}

/// Why a command did not get to its end.
#[derive(Debug)]
pub(crate) enum Failure {
    Told(Box<UserError>),
    /// Whoever read the output has enough of it.
    PipeClosed,
}

impl Failure {
    pub(crate) fn exit(&self) -> Exit {
        match self {
            Self::PipeClosed => Exit::Done,
            Self::Told(error) => match error.kind {
                ErrorKind::User | ErrorKind::Config => Exit::Usage,
                ErrorKind::Denied => Exit::Refused,
                ErrorKind::Unavailable | ErrorKind::Bug => Exit::Failed,
            },
        }
    }
}

impl From<UserError> for Failure {
    fn from(error: UserError) -> Self {
        Self::Told(Box::new(error))
    }
}

impl From<ClientError> for Failure {
    fn from(error: ClientError) -> Self {
        match error {
            ClientError::Unwritable { source } => source.into(),
            ClientError::NotRunning { .. }
            | ClientError::Unreachable { .. }
            | ClientError::Cut { .. }
            | ClientError::Shut
            | ClientError::Silent
            | ClientError::BadAnswer { .. }
            | ClientError::Refused(_) => UserError::from(error).into(),
        }
    }
}

/// Only the output's own errors: whatever else fails is told where it fails, with a hint.
impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::BrokenPipe {
            return Self::PipeClosed;
        }
        let what = "the output could not be written";
        UserError::new(ErrorKind::Unavailable, "output-unwritable", what)
            .cause(error)
            .next("check the room on the disk, or write it elsewhere")
            .into()
    }
}
