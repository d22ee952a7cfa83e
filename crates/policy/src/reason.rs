//! Why a change needs a tick or is refused, in words for a person.

use std::fmt;

/// What may happen to one change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It may be applied with the others.
    Fine,
    /// It is applied only if a person ticks this very path.
    Tick(Reason),
    /// It is never applied.
    Refuse(Reason),
}

/// The ground of a verdict. `Display` is one clause without a full stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reason {
    GitHook,
    GitSettings,
    ShellStart,
    ProgramStart,
    Ssh,
    EditorSettings,
    AgentSettings,
    BuildScript,
    PackageSettings,
    Autostart,
    Launcher,
    SearchPath,
    Macros,
    NewProgram,
    ChangedProgram,
    LinkOutside,
    WritableByAll,
    DevicePlace,
    Pipe,
    Socket,
    ReservedName,
}

impl fmt::Display for Reason {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::GitHook => "git would run this file as a hook",
            Self::GitSettings => "git obeys this file, and it can name programs to run",
            Self::ShellStart => "your shell runs this file when it starts or enters the folder",
            Self::ProgramStart => "a program obeys this file when it is started here",
            Self::Ssh => "this file decides who may log in and with which keys",
            Self::EditorSettings => "your editor obeys this file, and it can name programs to run",
            Self::AgentSettings => "AI agents on this computer obey this file",
            Self::BuildScript => "building or installing this project would run this file",
            Self::PackageSettings => "this file decides where packages are installed from",
            Self::Autostart => "this file is started when you log in or by the system",
            Self::Launcher => "opening this file starts a program",
            Self::SearchPath => "programs in this folder are found and started by name",
            Self::Macros => "this document can hold macros that run when it is opened",
            Self::NewProgram => "this file may now be started as a program",
            Self::ChangedProgram => "this program was changed",
            Self::LinkOutside => "this link points out of the folder",
            Self::WritableByAll => "everyone on this computer could now write to it",
            Self::DevicePlace => "this is a device, which gives access to hardware",
            Self::Pipe => "this is a named pipe, not a file with content",
            Self::Socket => "this is a socket, not a file with content",
            Self::ReservedName => "names that begin like this are kept for Legwork's own use",
        })
    }
}
