//! `read_document`, `read_receipt`, `read_workbook`, `write_workbook` and `write_document`:
//! questions to a worker, and what the worker does to answer them.

use super::View;
use super::beneath::{Roots, Side};
use super::failure::Failure;
use super::hash::errno;
use super::limits::{DOCUMENT_BYTES_MAX, DOCUMENT_TIME, WORKBOOK_TIME};
use super::worker::{Ask, ask};
use super::write::{Written, replace};
use documents::Document;
use documents::compose::Kind;
use documents::receipt::{Hints, Receipt};
use documents::workbook::{Workbook, WorkbookRead};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::io::{Read, Write};
use wire::PathText;

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PathArgs {
    path: PathText,
    /// Whether to say what lines are, too: for who shows the document.
    #[serde(default)]
    marks: bool,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReceiptArgs {
    path: PathText,
    #[serde(default)]
    hints: Option<Hints>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct WriteArgs {
    path: PathText,
    workbook: Workbook,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ComposeArgs {
    path: PathText,
    /// Markdown.
    text: String,
    #[serde(default)]
    title: Option<String>,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct ReadAnswer {
    pub(crate) document: Document,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) marks: Vec<documents::document::Marked>,
}

pub(crate) fn path_args(path: PathText) -> PathArgs {
    PathArgs { path, marks: false }
}

/// What the worker answered, handed on as it is.
type Answer = Result<Box<RawValue>, Failure>;

pub(crate) fn read_document(view: &View, args: PathArgs) -> Answer {
    ask(view, &args.path.clone(), Ask::Document(args), DOCUMENT_TIME)
}

pub(crate) fn read_receipt(view: &View, args: ReceiptArgs) -> Answer {
    ask(view, &args.path.clone(), Ask::Receipt(args), DOCUMENT_TIME)
}

pub(crate) fn read_workbook(view: &View, args: PathArgs) -> Answer {
    ask(view, &args.path.clone(), Ask::Workbook(args), DOCUMENT_TIME)
}

pub(crate) fn write_workbook(view: &View, args: WriteArgs) -> Answer {
    ask(view, &args.path.clone(), Ask::WriteWorkbook(args), WORKBOOK_TIME)
}

pub(crate) fn write_document(view: &View, args: ComposeArgs) -> Answer {
    ask(view, &args.path.clone(), Ask::WriteDocument(args), WORKBOOK_TIME)
}

/// In the worker: the document's text and tables.
pub(crate) fn document(roots: &Roots, path: &PathText) -> Result<Document, Failure> {
    let (mut file, _) = roots.file(Side::Folders, path)?;
    documents::read_document_file(&mut file, &name(path))
        .map_err(|error| Failure::document(format!("{path}: {error}")))
}

pub(crate) fn answer_document(roots: &Roots, args: &PathArgs) -> Result<ReadAnswer, Failure> {
    let mut document = document(roots, &args.path)?;
    let marks = std::mem::take(&mut document.marks);
    Ok(ReadAnswer { document, marks: if args.marks { marks } else { vec![] } })
}

pub(crate) fn answer_receipt(roots: &Roots, args: &ReceiptArgs) -> Result<Receipt, Failure> {
    let hints = args.hints.clone().unwrap_or_default();
    Ok(documents::receipt::read(&document(roots, &args.path)?, &name(&args.path), &hints))
}

pub(crate) fn answer_workbook(roots: &Roots, args: &PathArgs) -> Result<WorkbookRead, Failure> {
    let path = &args.path;
    documents::workbook::read(&whole(roots, path)?)
        .map_err(|error| Failure::document(format!("{path}: {error}")))
}

pub(crate) fn answer_write(roots: &Roots, args: &WriteArgs) -> Result<Written, Failure> {
    let path = &args.path;
    let bytes = documents::workbook::write(&args.workbook)
        .map_err(|error| Failure::arguments(format!("{path}: {error}")))?;
    replace(roots, path, |file| file.write_all(&bytes))
}

pub(crate) fn answer_compose(roots: &Roots, args: &ComposeArgs) -> Result<Written, Failure> {
    let path = &args.path;
    let kind = Kind::of(&name(path)).ok_or_else(|| {
        Failure::arguments(format!(
            "{path}: its name must end with .docx, .pptx or .pdf; write_workbook writes .xlsx, and \
             write_file whatever is plain text"
        ))
    })?;
    // Beside the document, or named as every other file is.
    let picture = |shown: &str| {
        let shown = shown.strip_prefix("./").unwrap_or(shown);
        let beside = path.0.rsplit_once('/').map(|(folder, _)| format!("{folder}/{shown}"));
        let read = |path: String| whole(roots, &PathText(path));
        let beside = beside.map(read).and_then(Result::ok);
        beside.map_or_else(|| read(shown.to_owned()), Ok).map_err(|failure| failure.why)
    };
    let title = args.title.as_deref();
    let bytes = documents::compose::write(kind, &args.text, title, &picture)
        .map_err(|error| Failure::arguments(format!("{path}: {error}")))?;
    replace(roots, path, |file| file.write_all(&bytes))
}

/// A file that is read as a whole.
pub(crate) fn whole(roots: &Roots, path: &PathText) -> Result<Vec<u8>, Failure> {
    let (file, stat) = roots.file(Side::Folders, path)?;
    if u64::try_from(stat.st_size).unwrap_or(0) > DOCUMENT_BYTES_MAX {
        let max = DOCUMENT_BYTES_MAX >> 20;
        return Err(Failure::document(format!(
            "{path}: it is larger than the {max} MB that are read"
        )));
    }
    let mut bytes = vec![];
    file.take(DOCUMENT_BYTES_MAX)
        .read_to_end(&mut bytes)
        .map_err(|error| Failure::refused(path, errno(&error)))?;
    Ok(bytes)
}

/// The last name of a path, for its words; what is no text in it is lost.
pub(crate) fn name(path: &PathText) -> String {
    let last = PathText(path.0.rsplit('/').next().unwrap_or_default().to_owned());
    last.to_bytes().map_or(last.0, |bytes| String::from_utf8_lossy(&bytes).into_owned())
}
