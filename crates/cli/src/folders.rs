//! The folders that a person hands over: found, made absolute, and fit to be shared.

use crate::words::shell_quoted;
use api::{ErrorKind, FolderSpec, Place, UserError};
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use task::ShareAccess;
use wire::PathText;

/// Folders of the system that hold no files of a person's.
const SYSTEM_FOLDERS: [&str; 3] = ["/proc", "/sys", "/dev"];

/// What `--folder` arguments name: `DIR`, or `DIR:ro` for one that is only read.
pub(crate) fn parse_all(args: &[OsString], place: &Place) -> Result<Vec<FolderSpec>, UserError> {
    if args.is_empty() {
        return Err(UserError::new(ErrorKind::User, "folder-unnamed", "no folder was named")
            .cause("a task sees the folders that you name, and nothing else")
            .next("name one with `--folder DIR`; the folder you are in is `--folder .`"));
    }
    args.iter().map(|arg| parse(arg, place)).collect()
}

fn parse(arg: &OsStr, place: &Place) -> Result<FolderSpec, UserError> {
    let (named, access) = split(arg);
    let folder = find(&named)?;
    refuse_unfit(&folder, place)?;
    if let Err(why) = std::fs::read_dir(&folder) {
        let shown = PathText::from_bytes(folder.as_os_str().as_bytes());
        let what = format!("what is in {shown} cannot be seen");
        let error = UserError::new(ErrorKind::User, "folder-missing", what);
        return Err(match why.kind() {
            std::io::ErrorKind::PermissionDenied => error
                .cause("you have no permission to read it")
                .next("ask who owns it to let you, or name another folder"),
            _ => error.cause(why),
        });
    }
    Ok(FolderSpec { path: PathText::from_bytes(folder.as_os_str().as_bytes()).0, access })
}

/// A folder whose own name ends in `:ro` wins over the suffix.
fn split(arg: &OsStr) -> (PathBuf, ShareAccess) {
    match arg.as_bytes().strip_suffix(b":ro") {
        Some(named) if !named.is_empty() && !Path::new(arg).exists() => {
            (OsStr::from_bytes(named).into(), ShareAccess::Read)
        }
        _ => (arg.into(), ShareAccess::Write),
    }
}

fn find(named: &Path) -> Result<PathBuf, UserError> {
    let shown = PathText::from_bytes(named.as_os_str().as_bytes());
    if named.as_os_str().is_empty() {
        return Err(UserError::new(ErrorKind::User, "folder-missing", "the folder has no name")
            .next("name one with `--folder DIR`; the folder you are in is `--folder .`"));
    }
    let folder = named.canonicalize().map_err(|why| {
        let missing = |what: String| UserError::new(ErrorKind::User, "folder-missing", what);
        let error = match why.kind() {
            std::io::ErrorKind::NotFound => missing(format!("there is no folder {shown}")),
            std::io::ErrorKind::PermissionDenied => {
                missing(format!("the folder {shown} cannot be opened"))
                    .cause("you have no permission for it, or for a folder around it")
            }
            _ => missing(format!("the folder {shown} cannot be opened")).cause(why),
        };
        if named.starts_with("~") {
            return error
                .next("write the home folder as \"$HOME\": inside quotes ~ stands for itself");
        }
        error.next("check how it is written; `ls` shows what is there")
    })?;
    if !folder.is_dir() {
        let what = format!("{shown} is a file, not a folder");
        let error = UserError::new(ErrorKind::User, "folder-is-file", what);
        let parent = folder.parent().unwrap_or(&folder);
        return Err(
            error.next(format!("share the folder it lies in: `--folder {}`", argument(parent)))
        );
    }
    Ok(folder)
}

fn refuse_unfit(folder: &Path, place: &Place) -> Result<(), UserError> {
    let shown = PathText::from_bytes(folder.as_os_str().as_bytes());
    let refuse = |code, what: String, cause: &str| {
        let inside = argument(&place.home.join("Documents"));
        Err(UserError::new(ErrorKind::User, code, what)
            .cause(cause)
            .next(format!("name the folder that the task is about, as in `--folder {inside}`")))
    };
    if folder == Path::new("/") {
        let cause = "it holds the whole system, and every secret on it";
        return refuse(
            "folder-too-wide",
            "the folder / cannot be shared with a task".to_owned(),
            cause,
        );
    }
    let home = place.home.canonicalize().unwrap_or_else(|_| place.home.clone());
    if home == folder {
        let what = format!("{shown} is your whole home folder");
        let cause = "it also holds your keys, your passwords and the settings of other programs";
        return refuse("folder-too-wide", what, cause);
    }
    if home.starts_with(folder) {
        let what = format!("{shown} holds your whole home folder");
        return refuse("folder-too-wide", what, "keys, passwords and settings lie in it");
    }
    if SYSTEM_FOLDERS.iter().any(|system| folder.starts_with(system)) {
        let what = format!("{shown} belongs to the system");
        return refuse("folder-of-system", what, "what is there are not files, or not yours");
    }
    let own = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let own = Place {
        home: home.clone(),
        config: own(&place.config),
        state: own(&place.state),
        runtime: own(&place.runtime),
    };
    if own.overlaps(folder) {
        let what = format!("{shown} holds Legwork's own files");
        return refuse("folder-own", what, "a task must not see the records of other tasks");
    }
    Ok(())
}

/// A path as a person would type it.
fn argument(path: &Path) -> String {
    shell_quoted(&path.to_string_lossy())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn made() -> (tempfile::TempDir, Place) {
        // Not below a system folder, wherever temporary files are.
        let dir = tempfile::tempdir().unwrap();
        let home = dir.path().canonicalize().unwrap().join("home");
        for folder in ["Belege", "odd:ro", "with space", ".local/state/legwork/tasks", ".config"] {
            fs::create_dir_all(home.join(folder)).unwrap();
        }
        fs::write(home.join("file.txt"), "").unwrap();
        std::os::unix::fs::symlink(&home, home.join("Belege/up")).unwrap();
        let state = home.join(".local/state/legwork");
        let place =
            Place { config: home.join(".config/legwork"), runtime: state.join("run"), state, home };
        (dir, place)
    }

    fn outcome(place: &Place, arg: &str) -> String {
        let arg = place.home.join(arg).into_os_string();
        match parse_all(&[arg], place) {
            Ok(specs) => format!("{:?} {}", specs[0].access, specs[0].path),
            Err(error) => error.code,
        }
        .replace(place.home.to_str().unwrap(), "~")
    }

    #[test]
    fn folders_are_shared_or_refused() {
        let (_dir, place) = made();
        let cases = [
            ("Belege", "Write ~/Belege"),
            ("Belege:ro", "Read ~/Belege"),
            ("Belege/../Belege/", "Write ~/Belege"),
            ("odd:ro", "Write ~/odd:ro"),
            ("odd:ro:ro", "Read ~/odd:ro"),
            ("with space:ro", "Read ~/with space"),
            ("missing", "folder-missing"),
            ("missing:ro", "folder-missing"),
            ("file.txt", "folder-is-file"),
            ("", "folder-too-wide"),
            ("..", "folder-too-wide"),
            ("Belege/up", "folder-too-wide"),
            ("/", "folder-too-wide"),
            ("/proc/self", "folder-of-system"),
            (".local/state/legwork/tasks", "folder-own"),
            (".local/state:ro", "folder-own"),
            (".config", "folder-own"),
        ];
        for (arg, expected) in cases {
            assert_eq!(outcome(&place, arg), expected, "{arg:?}");
        }
        assert_eq!(parse_all(&[], &place).unwrap_err().code, "folder-unnamed");
    }

    #[test]
    fn a_name_that_is_no_text_is_kept() {
        let (_dir, place) = made();
        let folder = place.home.join(OsStr::from_bytes(b"b\xff\n"));
        fs::create_dir(&folder).unwrap();
        let specs = parse_all(&[folder.into_os_string()], &place).unwrap();
        assert!(specs[0].path.ends_with("/b\\xff\\x0a"), "{}", specs[0].path);
    }
}
