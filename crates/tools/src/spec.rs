//! The list of tools.

use crate::proof::Proof;
use task::ToolAccess;
use wire::GuestTool;

/// A tool as a mind sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ToolSpec {
    pub name: &'static str,
    /// One line: what it does.
    pub summary: &'static str,
    pub access: ToolAccess,
    pub kind: ToolKind,
    /// Whether a call that was interrupted may simply be asked for again: it looks only, or doing
    /// it twice leaves what doing it once leaves.
    pub is_repeatable: bool,
    pub timeout_ms: u64,
}

/// How a tool is carried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ToolKind {
    /// By the guest itself.
    Guest(GuestTool),
    /// By reading in the machine, and comparing on the host.
    Proof(Proof),
    /// From the ledger, without a machine.
    Recall,
    /// Into a file of memory: the folder's in the machine, the person's on the host.
    Remember,
    /// From a helper's machine into the task's own.
    Take,
    /// By a program in the machine, started through a shell.
    Command,
    /// What was started in the background: its output is kept on the host.
    Background(Background),
    /// In the machine, by asking the service that the person configured.
    Search,
}

/// What is done with a command that runs in the background.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Background {
    Output,
    Stop,
}

const QUICK_MS: u64 = 60_000;
/// For tools that wait for a place on the network, and for a person who is asked about it.
const WEB_MS: u64 = 180_000;
/// For tools that draw a page.
const LOOK_MS: u64 = 150_000;
/// For tools that may have to read a whole large folder.
const LONG_MS: u64 = 60 * 60_000;

const fn guest(
    name: &'static str,
    tool: GuestTool,
    access: ToolAccess,
    timeout_ms: u64,
    summary: &'static str,
) -> ToolSpec {
    ToolSpec { name, summary, access, kind: ToolKind::Guest(tool), is_repeatable: true, timeout_ms }
}

const fn host(name: &'static str, kind: ToolKind, summary: &'static str) -> ToolSpec {
    let access = ToolAccess::Read;
    ToolSpec { name, summary, access, kind, is_repeatable: true, timeout_ms: QUICK_MS }
}

/// Every tool, in the order in which it is listed.
pub const SPECS: &[ToolSpec] = {
    use GuestTool as G;
    use ToolAccess::{Read, Write};
    &[
        guest("list_files", G::ListFiles, Read, LONG_MS, "Lists all files below a folder."),
        guest("hash_files", G::HashFiles, Read, LONG_MS, "Names files by their content."),
        guest(
            "describe_files",
            G::DescribeFiles,
            Read,
            LONG_MS,
            "Says of each file what it is, when it is from and what it is about.",
        ),
        guest("search_files", G::SearchFiles, Read, LONG_MS, "Finds lines that contain a text."),
        guest("read_file", G::ReadFile, Read, QUICK_MS, "Reads a part of a file."),
        guest(
            "read_document",
            G::ReadDocument,
            Read,
            QUICK_MS,
            "Reads a document's text and tables.",
        ),
        guest(
            "read_receipt",
            G::ReadReceipt,
            Read,
            QUICK_MS,
            "Reads what a document says of a purchase.",
        ),
        guest("read_workbook", G::ReadWorkbook, Read, QUICK_MS, "Reads a spreadsheet's cells."),
        guest("write_file", G::WriteFile, Write, QUICK_MS, "Writes a file."),
        ToolSpec {
            is_repeatable: false,
            ..guest("edit_file", G::EditFile, Write, QUICK_MS, "Replaces one passage of a file.")
        },
        guest("move_files", G::MoveFiles, Write, LONG_MS, "Moves files; never overwrites."),
        guest("make_folder", G::MakeFolder, Write, QUICK_MS, "Makes a folder."),
        guest("delete_files", G::DeleteFiles, Write, LONG_MS, "Deletes files."),
        guest("write_workbook", G::WriteWorkbook, Write, QUICK_MS, "Writes a spreadsheet."),
        guest("write_document", G::WriteDocument, Write, QUICK_MS, "Writes a document."),
        guest("check_expenses", G::CheckExpenses, Read, LONG_MS, "Proves an expense report."),
        guest(
            "check_same_content",
            G::CheckSameContent,
            Read,
            LONG_MS,
            "Proves that a folder holds the same contents as before.",
        ),
        guest(
            "check_nothing_overwritten",
            G::CheckNothingOverwritten,
            Read,
            LONG_MS,
            "Proves that no file was overwritten.",
        ),
        host("check_file", ToolKind::Proof(Proof::File), "Proves what a file holds."),
        host("check_workbook", ToolKind::Proof(Proof::Workbook), "Proves what cells hold."),
        host("recall", ToolKind::Recall, "Finds what was said or found earlier in this task."),
        ToolSpec {
            is_repeatable: false,
            ..host("remember", ToolKind::Remember, "Proposes to remember something.")
        },
        ToolSpec {
            access: Write,
            ..host("take_file", ToolKind::Take, "Takes a file that a helper made.")
        },
        ToolSpec {
            name: "run_command",
            summary: "Runs a shell command in the machine.",
            access: Write,
            kind: ToolKind::Command,
            is_repeatable: false,
            timeout_ms: LONG_MS,
        },
        host(
            "command_output",
            ToolKind::Background(Background::Output),
            "Reads what a command in the background printed.",
        ),
        host(
            "command_stop",
            ToolKind::Background(Background::Stop),
            "Ends a command in the background.",
        ),
        guest("web_fetch", G::WebFetch, Read, WEB_MS, "Reads a page of the web."),
        ToolSpec {
            timeout_ms: WEB_MS,
            ..host("web_search", ToolKind::Search, "Searches the web.")
        },
        guest("look", G::Look, Read, LOOK_MS, "Shows a picture or a page of a document."),
    ]
};

/// The tool with this name.
pub fn spec(name: &str) -> Option<&'static ToolSpec> {
    SPECS.iter().find(|spec| spec.name == name)
}
