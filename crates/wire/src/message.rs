//! The closed set of messages. Adding, removing or reordering anything here is a new `GENERATION`.

use serde::{Deserialize, Serialize};

/// Host and guest of different generations do not talk: the host ends the machine and says so.
pub const GENERATION: u16 = 1;

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
    pub limits: Limits,
}

/// A share as the guest finds it: the folder at `/host/base/NAME`, and for a writable one
/// `/host/upper/NAME/{upper,work}` on a disk of the host. The guest lands it at `/folders/NAME`,
/// shows its content before the work at `/base/NAME`, and takes `/host` away.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShareView {
    pub name: String,
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
    /// Address space of one process.
    pub memory_bytes_max: u64,
    pub file_bytes_max: u64,
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
    CheckExpenses,
    CheckSameContent,
    CheckNothingOverwritten,
}

/// What a call printed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Output {
    Stdout(Vec<u8>),
    Stderr(Vec<u8>),
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
