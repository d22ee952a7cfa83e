//! `check_expenses`: proves an expense report against the documents it was made from.
//!
//! The proof runs in a worker, because it opens the workbook, and reads every document in another
//! one: a document that ends its reader is a line of evidence, not the end of the check.

use super::View;
use super::beneath::Side;
use super::document::{ReadAnswer, path_args, whole};
use super::failure::Failure;
use super::limits::{DOCUMENT_TIME, REPORT_TIME};
use super::tree::{Kind, Tree};
use super::worker::{Ask, Worker, ask};
use documents::Document;
use documents::check::{ExpenseCheck, Sources, Verdict};
use wire::PathText;

pub(crate) fn check_expenses(view: &View, check: ExpenseCheck) -> Result<Verdict, Failure> {
    ask(view, &PathText(check.workbook.clone()), Ask::Expenses(check), REPORT_TIME)
}

/// In the worker.
pub(crate) fn answer(view: &View, check: &ExpenseCheck) -> Result<Verdict, Failure> {
    let mut files = vec![];
    for folder in &check.folders {
        let tree = Tree::read(&view.roots, Side::Folders, &PathText(folder.clone()))?;
        if let Some(unseen) = tree.unseen.first() {
            let why = format!("{}: {}", tree.name(&unseen.path), unseen.why);
            return Err(Failure::path(why));
        }
        let entries = tree.entries.iter().filter(|entry| entry.kind != Kind::Folder);
        files.extend(entries.map(|entry| tree.name(&entry.path).0));
    }
    let mut reader: Option<Worker> = None;
    let mut document = |path: &str| read(view, &mut reader, path);
    let mut workbook =
        |path: &str| whole(&view.roots, &PathText(path.to_owned())).map_err(|failure| failure.why);
    let mut sources = Sources { files: &files, document: &mut document, workbook: &mut workbook };
    Ok(documents::check::expenses(check, &mut sources))
}

/// Has a reader read it, which is replaced when it dies.
fn read(view: &View, reader: &mut Option<Worker>, path: &str) -> Result<Document, String> {
    let alive = match reader.take() {
        Some(alive) => alive,
        None => Worker::start(view).map_err(|silence| silence.of_document().why)?,
    };
    let alive = reader.insert(alive);
    let args = path_args(PathText(path.to_owned()));
    match alive.ask(view, Ask::Document(args), DOCUMENT_TIME) {
        Ok(Ok(json)) => serde_json::from_str::<ReadAnswer>(&json)
            .map(|answer| answer.document)
            .map_err(|error| format!("the reader answered nonsense: {error}")),
        Ok(Err(failure)) => {
            let why = failure.why.strip_prefix(&format!("{path}: ")).unwrap_or(&failure.why);
            Err(why.to_owned())
        }
        Err(silence) => {
            *reader = None;
            Err(silence.of_document().why)
        }
    }
}
