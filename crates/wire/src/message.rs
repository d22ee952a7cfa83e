//! The closed set of messages. Adding, removing or reordering anything here is a new `GENERATION`.

use crate::channel::{Door, Doors, Half};
use serde::{Deserialize, Serialize};

/// Host and guest of different generations do not talk: the host ends the machine and says so.
pub const GENERATION: u16 = 4;

/// Host to guest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum ToGuest {
    /// First message: what to mount and how far to lock down before anything foreign runs.
    Setup(Setup),
    /// First pieces, in order, of the args of the tool call with this id, which follows. Args over
    /// a frame are sent so; the call itself brings the last piece.
    Part {
        id: u32,
        args: String,
    },
    /// `id` is chosen by the host and not reused while the machine lives.
    Call {
        id: u32,
        request: Request,
    },
    Cancel {
        id: u32,
    },
    /// For the program of this call, as much as there is credit for.
    Input {
        id: u32,
        #[serde(with = "crate::bytes")]
        bytes: Vec<u8>,
    },
    /// Nothing more comes for it.
    InputEnd {
        id: u32,
    },
    /// Its terminal has another size now.
    Resize {
        id: u32,
        terminal: Terminal,
    },
    /// From whom a program in the machine is connected with.
    Bytes {
        channel: u32,
        #[serde(with = "crate::bytes")]
        bytes: Vec<u8>,
    },
    /// There is room for so much more.
    Credit {
        channel: u32,
        bytes: u32,
    },
    Closed {
        channel: u32,
        half: Half,
    },
}

/// Guest to host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum FromGuest {
    /// Answer to `Setup`: the view stands. Echoes the nonce.
    Ready {
        generation: u16,
        nonce: u64,
    },
    /// The view could not be made; nothing foreign ran.
    Unready {
        stage: String,
        why: String,
    },
    /// What a running call printed.
    Output {
        id: u32,
        output: Output,
    },
    /// How far a running call is; `total` is 0 when unknown.
    Progress {
        id: u32,
        done: u64,
        total: u64,
    },
    Ended {
        id: u32,
        reply: Reply,
    },
    /// The program of this call has room for so much more input.
    InputCredit {
        id: u32,
        bytes: u32,
    },
    /// A program came to a door. `channel` is one more than the one before.
    Opened {
        channel: u32,
        door: Door,
    },
    /// From the program.
    Bytes {
        channel: u32,
        #[serde(with = "crate::bytes")]
        bytes: Vec<u8>,
    },
    Credit {
        channel: u32,
        bytes: u32,
    },
    Closed {
        channel: u32,
        half: Half,
    },
}

/// What the guest needs to make its view.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Setup {
    pub generation: u16,
    pub nonce: u64,
    /// Inode numbers of the host's own namespaces. A guest that finds itself in one of them is not
    /// isolated, and refuses.
    pub host_namespaces: Vec<u64>,
    pub shares: Vec<ShareView>,
    /// Where below `/host` is what the task writes: for each writable share `NAME/{upper,work}`, on
    /// a disk of the host. A relative path; empty where that lies in the machine.
    #[serde(with = "crate::bytes")]
    pub upper: Vec<u8>,
    pub limits: Limits,
    /// `None`: nothing in the machine leads to the host.
    pub doors: Option<Doors>,
    /// For every program, after what the guest sets itself.
    pub environment: Vec<(String, String)>,
    pub system: System,
    /// Names of the folders with programs that wait at `/host/programs`. They land at
    /// `/programs/NAME`, read-only, and their `bin` is where programs are looked for first.
    pub programs: Vec<String>,
    pub files: Vec<PlacedFile>,
}

/// Whether programs may change what is at `/usr`, `/etc`, `/var`, `/opt`, `/srv` and `/home`. A
/// machine with a kernel of its own does not look at it: there they may, and it goes with the
/// machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum System {
    /// `/usr` and a small `/etc`; `/home` is in memory.
    ReadOnly,
    /// Copies on write. What is written lands in `/host/system/upper`; below it are as many layers
    /// as are said here, at `/host/layers/0` and on, the first on top; then `/host/ground`; then
    /// the host's `/usr` and its list of packages at `/host/packages`, or an image at `/host/tree`.
    Layered { layers: u32 },
}

/// A text that the guest puts into the view: the configuration of a program.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlacedFile {
    /// Below `/etc` or `/home`.
    pub path: String,
    /// Permission bits.
    pub mode: u32,
    pub text: String,
}

/// A share as the guest finds it: the folder below `/host`, and what is written to it below
/// `Setup::upper`. The guest lands it at `/folders/NAME`, shows its content before the work at
/// `/base/NAME`, and takes `/host` away.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShareView {
    pub name: String,
    /// Where below `/host` it is, or on the disk of the shares in a VM. A relative path.
    #[serde(with = "crate::bytes")]
    pub at: Vec<u8>,
    pub landing: Landing,
    /// Device and inode of the folder that the host opened, so that one swapped in meanwhile is
    /// noticed.
    pub device: u64,
    pub inode: u64,
}

/// How a share is put into the view.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Landing {
    ReadOnly,
    /// Copy-on-write overlay; the lower folder is never written.
    Overlay,
}

/// Bounds on everything foreign that runs in the machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    pub processes_max: u64,
    /// What one process may write to, unless it lifts that for itself.
    pub memory_bytes_max: u64,
    pub file_bytes_max: u64,
    /// Of one process that asks for many.
    pub open_files_max: u64,
    /// Bytes of output that a call may stream; the rest is counted and dropped.
    pub output_bytes_max: u64,
}

/// Something to do in the machine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Request {
    Exec(Exec),
    /// `args` and the result are JSON; each tool's shapes are documented where it is implemented.
    Tool {
        tool: GuestTool,
        args: String,
        timeout_ms: u64,
    },
    /// What was written in a share, as the output of a program: frames of `Record`. Only a guest
    /// whose upper layers lie in the machine answers it. Everything else that runs is ended first.
    Upper {
        share: String,
    },
}

/// A program to run. Its output is streamed while it runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exec {
    pub argv: Vec<String>,
    /// Working folder, absolute in the machine; must lie below `/folders` or `/home` or `/tmp`.
    pub folder: String,
    pub timeout_ms: u64,
    pub input: ExecInput,
    /// The program gets a terminal of this size instead of pipes; all it prints is stdout then.
    pub terminal: Option<Terminal>,
    /// For this program, after what all are given.
    pub environment: Vec<(String, String)>,
}

impl Exec {
    /// A program without input and terminal.
    pub fn new(argv: Vec<String>, folder: impl Into<String>, timeout_ms: u64) -> Self {
        Self {
            argv,
            folder: folder.into(),
            timeout_ms,
            input: ExecInput::None,
            terminal: None,
            environment: Vec::new(),
        }
    }

    /// Bytes of output that may come of it, where `usual` come of a program: a terminal is looked
    /// at while it runs, and kept by nobody.
    pub fn output_bytes_max(&self, usual: u64) -> u64 {
        if self.terminal.is_some() { TERMINAL_BYTES_MAX } else { usual }
    }
}

/// Bytes that a terminal may print in its life.
const TERMINAL_BYTES_MAX: u64 = 1 << 34;

/// What a program reads from its standard input.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum ExecInput {
    /// Nothing; it ends at once.
    None,
    /// What comes as `ToGuest::Input`.
    Stream,
}

/// The size of a terminal, in letters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Terminal {
    pub columns: u16,
    pub rows: u16,
}

/// The tools that the guest implements itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum GuestTool {
    ListFiles,
    HashFiles,
    DescribeFiles,
    SearchFiles,
    ReadFile,
    WriteFile,
    EditFile,
    MoveFiles,
    MakeFolder,
    DeleteFiles,
    ReadDocument,
    ReadReceipt,
    ReadWorkbook,
    WriteWorkbook,
    WriteDocument,
    CheckExpenses,
    CheckSameContent,
    CheckNothingOverwritten,
    WebFetch,
    WebSearch,
    Look,
}

/// What a call printed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Output {
    Stdout(#[serde(with = "crate::bytes")] Vec<u8>),
    Stderr(#[serde(with = "crate::bytes")] Vec<u8>),
}

/// How a call ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Reply {
    /// `code` is 128 + signal number when a signal ended the program, as a shell counts.
    Exited {
        code: i32,
        timed_out: bool,
        dropped_bytes: u64,
    },
    /// The tool's result as JSON. Large ones arrive in parts, each within a frame; `more` says that
    /// another `Ended` with the same id follows.
    Result {
        json: String,
        more: bool,
    },
    Failed {
        kind: FailKind,
        why: String,
    },
}

/// Why a tool call failed, as far as a program needs to know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum FailKind {
    /// The arguments do not fit the tool.
    Arguments,
    /// The path is outside the shares, or names nothing.
    Path,
    /// The view refused: read-only, no space, permission.
    View,
    /// The document could not be read: broken, protected, too large, of unknown kind.
    Document,
    /// It took longer or needed more memory than a call may.
    Limit,
    Cancelled,
    /// The tool itself broke.
    Bug,
}
