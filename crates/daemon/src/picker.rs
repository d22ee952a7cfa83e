//! Folders to choose from: those in the person's home folder, and in the roots that they named.
//!
//! A window can't open the system's own dialog and learn a path from it, so it shows these. Only
//! names are told, hidden ones and links are not, and nothing beyond the roots is looked at.

use crate::config::Config;
use crate::limits::{PICKER_ENTRIES_MAX, PICKER_FOLDERS_MAX};
use api::{ErrorKind, FolderView, FoldersView, UserError};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};
use wire::PathText;

/// What is in the folder `path`, or in the home folder.
pub(crate) fn look(config: &Config, path: Option<String>) -> Result<FoldersView, UserError> {
    let home = config.place.home.clone();
    let roots = [home.clone()].into_iter().chain(config.window_roots.iter().cloned());
    let roots: Vec<PathBuf> = roots.filter_map(|root| root.canonicalize().ok()).collect();
    let wished = match path {
        None => home.clone(),
        Some(text) => {
            let bytes = PathText(text).to_bytes().map_err(|why| missing().cause(why))?;
            PathBuf::from(std::ffi::OsString::from_vec(bytes))
        }
    };
    let folder = wished.canonicalize().map_err(|why| missing().cause(why))?;
    if !roots.iter().any(|root| folder.starts_with(root)) {
        let what = "this folder is not among yours";
        return Err(UserError::new(ErrorKind::Denied, "folder-elsewhere", what)
            .cause("folders are chosen below your home folder")
            .next("name more places as `window.roots` in the configuration")
            .next("or hand it over with `legwork run … --folder DIR`"));
    }
    let entries = std::fs::read_dir(&folder).map_err(|why| missing().cause(why))?;
    let (mut folders, mut files) = (vec![], 0);
    for entry in entries.flatten().take(PICKER_ENTRIES_MAX) {
        let Ok(kind) = entry.file_type() else { continue };
        let name = entry.file_name();
        if name.as_bytes().starts_with(b".") {
            continue;
        }
        files += u64::from(kind.is_file());
        if kind.is_dir() {
            folders.push(view(&entry.path()));
        }
    }
    folders.sort_by_key(|folder| folder.name.to_lowercase());
    let truncated = folders.len() > PICKER_FOLDERS_MAX;
    folders.truncate(PICKER_FOLDERS_MAX);
    let is_root = roots.contains(&folder);
    let is_wide = Some(&folder) == roots.first() || config.place.overlaps(&folder);
    Ok(FoldersView {
        path: text(&folder),
        shown: shown(&folder, &home),
        parent: folder.parent().filter(|_| !is_root).map(text),
        roots: roots.iter().map(|root| view(root)).collect(),
        folders,
        files,
        truncated,
        refused: is_wide.then(|| "It holds all you have. Choose a folder in it.".to_owned()),
    })
}

fn missing() -> UserError {
    UserError::new(ErrorKind::User, "folder-missing", "this folder can't be opened")
        .next("choose another one")
}

fn text(path: &Path) -> String {
    PathText::from_bytes(path.as_os_str().as_bytes()).0
}

fn view(path: &Path) -> FolderView {
    let name = path.file_name().unwrap_or(path.as_os_str());
    FolderView { path: text(path), name: PathText::from_bytes(name.as_bytes()).0 }
}

pub(crate) fn shown(path: &Path, home: &Path) -> String {
    let home = home.canonicalize().unwrap_or_else(|_| home.to_owned());
    match path.strip_prefix(home) {
        Ok(rest) if rest.as_os_str().is_empty() => "~".to_owned(),
        Ok(rest) => format!("~/{}", text(rest)),
        Err(_) => text(path),
    }
}
