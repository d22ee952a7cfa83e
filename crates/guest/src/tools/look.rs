//! `look`: a picture, or a page of a document as it is drawn.
//!
//! Pages are drawn by programs of the system in a folder of their own, under the limits of every
//! call. What they draw, and every picture, is decoded and written anew by the worker.

use super::View;
use super::document::{name, path_args, whole};
use super::failure::Failure;
use super::limits::{
    DOCUMENT_BYTES_MAX, DOCUMENT_TIME, LOOK_SIDE_PX, LOOK_TEXT_BYTES_MAX, PRINTED_BYTES_MAX,
    PRINTED_MAX,
};
use super::worker::{Ask, ask};
use serde::{Deserialize, Serialize};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use wire::{FailKind, PathText};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct LookArgs {
    path: PathText,
    page: Option<u32>,
}

#[derive(Debug, Serialize)]
pub(crate) struct Looked {
    #[serde(skip_serializing_if = "Option::is_none")]
    page: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pages: Option<u32>,
    #[serde(flatten)]
    shown: Shown,
    /// The words of the document, for who judges what it names.
    text: String,
}

/// A picture as it may be sent.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Shown {
    width: u32,
    height: u32,
    media_type: String,
    base64: String,
}

/// A file that the worker is to decode: a copy of ours.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Picture {
    file: PathBuf,
}

/// A folder that goes with whoever has it.
struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        // What stays behind is in the machine, and ends with it.
        let _ = fs::remove_dir_all(&self.0);
    }
}

pub(crate) fn look(view: &View, args: &LookArgs) -> Result<Looked, Failure> {
    let LookArgs { path, page } = args;
    let bytes = whole(&view.roots, path)?;
    let folder = folder().map_err(|error| place(&error))?;
    let ending = ending(path);
    let is_pdf = bytes.starts_with(b"%PDF-");
    if documents::picture::is_picture(&bytes) {
        let file = folder.0.join("picture");
        fs::write(&file, &bytes).map_err(|error| place(&error))?;
        let shown = ask(view, path, Ask::Picture(Picture { file }), DOCUMENT_TIME)?;
        return Ok(Looked { page: None, pages: None, shown, text: String::new() });
    }
    if !is_pdf && !OFFICE.contains(&ending.as_str()) {
        let why = format!("{path}: it is no picture and no document that is drawn");
        return Err(Failure::document(why));
    }
    let file = folder.0.join(format!("in.{}", if is_pdf { "pdf" } else { &ending }));
    fs::write(&file, &bytes).map_err(|error| place(&error))?;
    drop(bytes);
    let pdf = if is_pdf { file } else { print(&folder.0, &file, path)? };
    let pages = pages(&folder.0, &pdf, path)?;
    let page = page.unwrap_or(1);
    if page == 0 || page > pages {
        let why = format!("{path} has {pages} pages when it is drawn, and no page {page}");
        return Err(Failure::arguments(why));
    }
    let file = draw(&folder.0, &pdf, page, path)?;
    let shown = ask(view, path, Ask::Picture(Picture { file }), DOCUMENT_TIME)?;
    Ok(Looked { page: Some(page), pages: Some(pages), shown, text: words(view, path) })
}

/// In the worker.
pub(crate) fn answer(picture: &Picture) -> Result<Shown, Failure> {
    let size = fs::metadata(&picture.file).map_or(0, |it| it.len());
    if size > DOCUMENT_BYTES_MAX {
        return Err(Failure::document("the picture is too large to be shown"));
    }
    let bytes = fs::read(&picture.file).map_err(|error| place(&error))?;
    let fitted = documents::picture::fit(&bytes, LOOK_SIDE_PX);
    let fitted = fitted.map_err(|error| Failure::document(error.to_string()))?;
    Ok(Shown {
        width: fitted.width,
        height: fitted.height,
        media_type: fitted.media_type.to_owned(),
        base64: data_encoding::BASE64.encode(&fitted.bytes),
    })
}

/// What the system's office program prints.
const OFFICE: [&str; 14] = [
    "docx", "doc", "odt", "rtf", "xlsx", "xlsm", "xls", "ods", "csv", "pptx", "ppt", "odp", "html",
    "htm",
];

fn ending(path: &PathText) -> String {
    let name = name(path);
    name.rsplit_once('.').map_or_else(String::new, |(_, ending)| ending.to_ascii_lowercase())
}

fn folder() -> io::Result<Folder> {
    let id = rustix::process::getpid().as_raw_nonzero();
    let path = std::env::temp_dir().join(format!("legwork-look-{id}"));
    fs::create_dir(&path)?;
    Ok(Folder(path))
}

fn place(error: &io::Error) -> Failure {
    Failure::new(FailKind::View, format!("there is no room to draw in: {error}"))
}

/// A document of an office as PDF. What was printed is kept for the next page of it: the program
/// takes seconds.
fn print(folder: &Path, file: &Path, path: &PathText) -> Result<PathBuf, Failure> {
    let made = folder.join("in.pdf");
    let kept = fs::read(file).ok().map(|bytes| printed().join(name_of(file, &bytes)));
    if kept.as_ref().is_some_and(|kept| take_kept(kept, &made).is_ok()) {
        return Ok(made);
    }
    let profile = format!("-env:UserInstallation=file://{}/profile", folder.display());
    let source = file.display().to_string();
    let args = ["--headless", "--norestore", &profile, "--convert-to", "pdf", &source];
    run(folder, "soffice", &args, "LibreOffice", path)?;
    if made.is_file() {
        // Without it the next page is drawn from the beginning.
        let _ = kept.map_or(Ok(()), |kept| keep(&made, &kept));
        return Ok(made);
    }
    Err(Failure::document(match missing(file) {
        Some(part) => format!(
            "{path}: LibreOffice is here without its part that draws it ({part} is missing); \
             read_document reads its words"
        ),
        None => format!("{path}: it could not be drawn; it may be damaged"),
    }))
}

/// Where PDFs are that were printed before, of this machine alone.
fn printed() -> PathBuf {
    std::env::temp_dir().join("legwork-printed")
}

/// The same name is the same content, read in the same way.
fn name_of(file: &Path, bytes: &[u8]) -> String {
    let ending = file.extension().unwrap_or_default().display();
    format!("{}-{ending}.pdf", blake3::hash(bytes).to_hex())
}

fn take_kept(kept: &Path, to: &Path) -> io::Result<()> {
    // A program of the machine may have put something else there.
    if !fs::symlink_metadata(kept)?.is_file() {
        return Err(io::ErrorKind::NotFound.into());
    }
    fs::copy(kept, to).map(drop)
}

fn keep(made: &Path, kept: &Path) -> io::Result<()> {
    if fs::metadata(made)?.len() > PRINTED_BYTES_MAX {
        return Ok(());
    }
    match fs::create_dir(printed()) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
        Ok(()) | Err(_) => (),
    }
    let all: Vec<PathBuf> = fs::read_dir(printed())?.flatten().map(|it| it.path()).collect();
    if all.len() >= PRINTED_MAX {
        all.iter().try_for_each(fs::remove_file)?;
    }
    let beside = made.with_extension("kept");
    fs::copy(made, &beside)?;
    fs::rename(beside, kept)
}

/// The part of LibreOffice that is not there although this file needs it.
fn missing(file: &Path) -> Option<&'static str> {
    let programs = ["/usr/local/bin", "/usr/bin", "/bin"];
    let found = programs.iter().find_map(|it| fs::canonicalize(Path::new(it).join("soffice")).ok());
    let folder = found?.parent()?.to_owned();
    let (library, part) = match file.extension()?.to_str()? {
        "docx" | "doc" | "odt" | "rtf" | "html" | "htm" => ("libswlo.so", "libreoffice-writer"),
        "xlsx" | "xlsm" | "xls" | "ods" | "csv" => ("libsclo.so", "libreoffice-calc"),
        "pptx" | "ppt" | "odp" => ("libsdlo.so", "libreoffice-impress"),
        _ => return None,
    };
    (!folder.join(library).exists()).then_some(part)
}

fn pages(folder: &Path, pdf: &Path, path: &PathText) -> Result<u32, Failure> {
    let printed = run(folder, "pdfinfo", &[&pdf.display().to_string()], "poppler-utils", path)?;
    let text = String::from_utf8_lossy(&printed);
    let count = text.lines().find_map(|line| line.strip_prefix("Pages:"));
    let count = count.and_then(|count| count.trim().parse().ok());
    count.ok_or_else(|| Failure::document(format!("{path}: its pages could not be counted")))
}

fn draw(folder: &Path, pdf: &Path, page: u32, path: &PathText) -> Result<PathBuf, Failure> {
    let (page, px) = (page.to_string(), LOOK_SIDE_PX.to_string());
    let (pdf, to) = (pdf.display().to_string(), folder.join("page").display().to_string());
    let args = ["-png", "-singlefile", "-f", &page, "-l", &page, "-scale-to", &px, &pdf, &to];
    run(folder, "pdftoppm", &args, "poppler-utils", path)?;
    let made = folder.join("page.png");
    match made.is_file() {
        true => Ok(made),
        false => Err(Failure::document(format!("{path}: page {page} could not be drawn"))),
    }
}

/// What a program prints. It belongs to the group of this call, and ends with it.
#[expect(clippy::disallowed_methods, reason = "the programs that draw are started here")]
fn run(
    folder: &Path,
    program: &str,
    args: &[&str],
    package: &str,
    path: &PathText,
) -> Result<Vec<u8>, Failure> {
    let output = Command::new(program)
        .args(args)
        .current_dir(folder)
        .env_clear()
        .env("PATH", "/usr/local/bin:/usr/bin:/bin")
        .env("HOME", folder)
        .env("TMPDIR", folder)
        .env("LANG", "C.UTF-8")
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output();
    match output {
        Ok(output) if output.status.success() => Ok(output.stdout),
        Ok(_) => Err(Failure::document(format!(
            "{path}: {program} could not draw it; it may be damaged or protected"
        ))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Err(Failure::document(format!(
            "{path}: this machine has no program that draws it ({package} is missing); \
             read_document reads its words"
        ))),
        Err(error) => {
            Err(Failure::new(FailKind::Limit, format!("{program} did not start: {error}")))
        }
    }
}

/// What the document says. A page without words may still say something, which nobody here reads.
fn words(view: &View, path: &PathText) -> String {
    let asked = Ask::Document(path_args(path.clone()));
    let read = ask::<super::document::ReadAnswer>(view, path, asked, DOCUMENT_TIME);
    let mut text = read.map_or_else(|_| String::new(), |read| read.document.lines.join("\n"));
    text.truncate(text.floor_char_boundary(LOOK_TEXT_BYTES_MAX));
    text
}
