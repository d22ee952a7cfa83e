//! The tools that the guest implements itself: JSON arguments in, JSON result out.
//!
//! Each tool's shapes are the `Args` and the result type in its own file. Paths are
//! `wire::PathText` and always start with a share. What parses foreign documents happens in a
//! worker process, so that a bad document at worst fails its own call.

mod beneath;
mod check;
mod copy;
mod deadline;
mod delete;
mod describe;
mod document;
mod edit;
mod expenses;
mod failure;
mod fetch;
mod hash;
mod limits;
mod list;
mod look;
mod r#move;
mod read;
mod search;
#[cfg(test)]
mod tests;
mod tree;
mod web;
mod worker;
mod write;

use beneath::Roots;
use failure::Failure;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::ffi::OsString;
use std::path::PathBuf;
use wire::{FailKind, GuestTool};

pub use worker::answer_questions;

/// What a call may touch and use. Tests make their own.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct View {
    roots: Roots,
    /// How the worker is started: program and arguments.
    worker: (PathBuf, Vec<OsString>),
    /// The port of the door's proxy.
    proxy: u16,
}

/// Where the view has the program that opens documents.
pub(crate) const READER: &str = "/reader";

/// Hears how far a call is: done, and the total or 0 when that is unknown.
pub(crate) type Progress<'a> = &'a dyn Fn(u64, u64);

impl View {
    /// The view of a machine.
    fn of_machine() -> Self {
        Self {
            roots: Roots { folders: "/folders".into(), base: "/base".into() },
            worker: (READER.into(), vec![]),
            proxy: crate::connect::PROXY_PORT,
        }
    }
}

/// Carries out one call in the machine's view.
pub(crate) fn run(
    tool: GuestTool,
    args: &str,
    progress: Progress<'_>,
) -> Result<String, (FailKind, String)> {
    run_in(&View::of_machine(), tool, args, progress).map_err(|failure| (failure.kind, failure.why))
}

fn run_in(
    view: &View,
    tool: GuestTool,
    args: &str,
    progress: Progress<'_>,
) -> Result<String, Failure> {
    match tool {
        GuestTool::ListFiles => answer(&list::list_files(view, &parse(args)?)?),
        GuestTool::HashFiles => answer(&hash::hash_files(view, &parse(args)?, progress)?),
        GuestTool::SearchFiles => answer(&search::search_files(view, &parse(args)?, progress)?),
        GuestTool::ReadFile => answer(&read::read_file(view, &parse(args)?)?),
        GuestTool::WriteFile => answer(&write::write_file(view, &parse(args)?)?),
        GuestTool::EditFile => answer(&edit::edit_file(view, &parse(args)?)?),
        GuestTool::MoveFiles => answer(&r#move::move_files(view, &parse(args)?, progress)?),
        GuestTool::MakeFolder => answer(&write::make_folder(view, &parse(args)?)?),
        GuestTool::DeleteFiles => answer(&delete::delete_files(view, &parse(args)?)?),
        GuestTool::ReadDocument => answer(&document::read_document(view, parse(args)?)?),
        GuestTool::ReadReceipt => answer(&document::read_receipt(view, parse(args)?)?),
        GuestTool::ReadWorkbook => answer(&document::read_workbook(view, parse(args)?)?),
        GuestTool::WriteWorkbook => answer(&document::write_workbook(view, parse(args)?)?),
        GuestTool::WriteDocument => answer(&document::write_document(view, parse(args)?)?),
        GuestTool::DescribeFiles => {
            answer(&describe::describe_files(view, &parse(args)?, progress)?)
        }
        GuestTool::WebFetch => answer(&fetch::web_fetch(view, parse(args)?)?),
        GuestTool::WebSearch => answer(&fetch::web_search(view, parse(args)?)?),
        GuestTool::Look => answer(&look::look(view, &parse(args)?)?),
        GuestTool::CheckExpenses => answer(&expenses::check_expenses(view, parse(args)?)?),
        GuestTool::CheckSameContent => answer(&check::same_content(view, &parse(args)?, progress)?),
        GuestTool::CheckNothingOverwritten => {
            answer(&check::nothing_overwritten(view, &parse(args)?, progress)?)
        }
    }
}

/// The arguments as the tool wants them; a field it does not know is an error.
fn parse<T: DeserializeOwned>(args: &str) -> Result<T, Failure> {
    serde_json::from_str(args)
        .map_err(|error| Failure::arguments(format!("the arguments do not fit: {error}")))
}

fn answer<T: Serialize>(result: &T) -> Result<String, Failure> {
    serde_json::to_string(result)
        .map_err(|error| Failure::bug(format!("the result is no JSON: {error}")))
}
