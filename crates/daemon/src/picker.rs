//! Folders to choose from: those in the person's home folder, and in the roots that they named.
//!
//! A window can't open the system's own dialog and learn a path from it, so it shows these. Only
//! names are told, hidden ones and links are not, and nothing beyond the roots is looked at.

use crate::config::Config;
use crate::limits::{PICKER_ENTRIES_MAX, PICKER_FOLDERS_MAX};
use api::{ErrorKind, FolderSpec, FolderView, FoldersView, UserError};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};
use wire::PathText;

/// What is in the folder `path`, or in the home folder.
pub(crate) fn look(config: &Config, path: Option<String>) -> Result<FoldersView, UserError> {
    let home = config.place.home.clone();
    let roots = roots(config);
    let folder = match path {
        None => home.canonicalize().map_err(|why| missing().cause(why))?,
        Some(text) => real(text)?,
    };
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

/// Refuses folders that a phone may not hand over: one that got lost would choose where keys are.
pub(crate) fn handed_by_phone(config: &Config, folders: &[FolderSpec]) -> Result<(), UserError> {
    let roots = roots(config);
    for spec in folders {
        let folder = real(spec.path.clone())?;
        let is_hidden = |part: std::path::Component<'_>| part.as_os_str().as_bytes()[0] == b'.';
        let is_shown = |root: &PathBuf| {
            let rest = folder.strip_prefix(root).ok();
            rest.is_some_and(|rest| !rest.components().any(is_hidden))
        };
        let is_wide = roots.first() == Some(&folder);
        if is_wide || !roots.iter().any(is_shown) {
            let what = "this folder is not handed over from a phone";
            return Err(UserError::new(ErrorKind::Denied, "phone-may-not", what)
                .cause("it is hidden, or not among those that are shown to choose from")
                .next("hand it over on the computer itself")
                .next("name more places as `window.roots` in the configuration"));
        }
    }
    Ok(())
}

/// The home folder first.
fn roots(config: &Config) -> Vec<PathBuf> {
    let roots = [&config.place.home].into_iter().chain(&config.window_roots);
    roots.filter_map(|root| root.canonicalize().ok()).collect()
}

fn real(path: String) -> Result<PathBuf, UserError> {
    let bytes = PathText(path).to_bytes().map_err(|why| missing().cause(why))?;
    let path = PathBuf::from(std::ffi::OsString::from_vec(bytes));
    path.canonicalize().map_err(|why| missing().cause(why))
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Surroundings;
    use task::ShareAccess;

    #[test]
    fn a_phone_hands_over_what_it_is_shown_and_nothing_else() {
        let dir = tempfile::tempdir().expect("a folder");
        let folder = |name: &str| dir.path().join(name);
        for name in ["home/.ssh", "home/Work/.git/hooks", "home/Work/a.b", "disk/.own/in", "cfg"] {
            std::fs::create_dir_all(folder(name)).expect("a folder");
        }
        std::os::unix::fs::symlink(folder("home/.ssh"), folder("home/Keys")).expect("a link");
        let place = api::Place {
            home: folder("home"),
            config: folder("cfg"),
            state: folder("state"),
            runtime: folder("run"),
        };
        let roots = format!("[window]\nroots = [{:?}]\n", folder("disk/.own"));
        std::fs::write(place.config_file(), roots).expect("a file");
        let around = Surroundings { var: |_| None, exe: None, policy: folder("policy") };
        let config = Config::load(place, &around).expect("a configuration");
        for (name, is_allowed) in [
            ("home/Work", true),
            ("home/Work/a.b", true),
            ("disk/.own", true),
            ("disk/.own/in", true),
            ("home", false),
            ("home/.ssh", false),
            ("home/Keys", false),
            ("home/Work/../.ssh", false),
            ("home/Work/.git", false),
            ("home/Work/.git/hooks", false),
            ("disk", false),
            ("cfg", false),
            ("home/Gone", false),
        ] {
            let spec =
                |name: &str| FolderSpec { path: text(&folder(name)), access: ShareAccess::Read };
            let asked = handed_by_phone(&config, &[spec("home/Work"), spec(name)]);
            assert_eq!(asked.is_ok(), is_allowed, "{name}: {asked:?}");
        }
    }
}
