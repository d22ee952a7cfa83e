//! What is remembered about a folder: `.legwork/memory.md` in it, as the person reads, changes and
//! deletes it by their own hand.
//!
//! Whoever can write into the folder wrote it, so nothing on the way to it may be a link, and it
//! is read as far as a memory may go. Only folders that were handed to a task are looked at.

use crate::limits::MEMORY_BYTES_MAX;
use crate::memory::changed_meanwhile;
use api::{ErrorKind, FolderLately, FolderMemoryBody, FolderMemoryView, UserError};
use rustix::fs::{AtFlags, Mode, OFlags, RenameFlags};
use std::fs::File;
use std::io::{Read as _, Write as _};
use std::os::fd::OwnedFd;
use std::path::Path;

const PLACE: &str = ".legwork";
const NAME: &str = "memory.md";
const FRESH: &str = "memory.md.new";

/// Why a folder's memory can't be used.
#[derive(Debug, thiserror::Error)]
enum FolderMemoryError {
    #[error("the system refuses it")]
    Refused(#[from] std::io::Error),
    #[error("it is no plain file")]
    NotPlain,
    #[error("somebody else wrote it in the meantime")]
    Appeared,
    #[error("it is no text")]
    NoText,
    #[error("it is, or would be, longer than {} KiB", MEMORY_BYTES_MAX / 1024)]
    TooLong,
}

impl From<rustix::io::Errno> for FolderMemoryError {
    fn from(errno: rustix::io::Errno) -> Self {
        Self::Refused(errno.into())
    }
}

/// Of the folders that are there, those that have a memory.
pub(crate) fn list(folders: &[FolderLately]) -> Vec<FolderMemoryView> {
    let view = |it: &FolderLately| {
        let path = crate::finder::path_of(&it.path);
        let (text, problem) = match read(&path) {
            Ok(None) => return None,
            Ok(Some(text)) => (text, None),
            Err(error) => (String::new(), Some(failed(&it.shown, &error))),
        };
        Some(FolderMemoryView { folder: it.path.clone(), shown: it.shown.clone(), text, problem })
    };
    folders.iter().filter(|it| it.is_there).filter_map(view).collect()
}

/// Replaces the text, unless it was changed since the person read it; no text deletes the file,
/// and where there is none a text makes it.
pub(crate) fn replace(folders: &[FolderLately], body: &FolderMemoryBody) -> Result<(), UserError> {
    let Some(known) = folders.iter().find(|it| it.is_there && it.path == body.folder) else {
        let what = "no task was given this folder";
        return Err(UserError::new(ErrorKind::User, "memory-unusable", what)
            .next("look at what is remembered of the folders that were used lately"));
    };
    let failed = |error: FolderMemoryError| failed(&known.shown, &error);
    let path = crate::finder::path_of(&known.path);
    match read(&path).map_err(failed)? {
        Some(text) if text == body.before => write(&path, &body.text).map_err(failed),
        None if body.before.is_empty() => match create(&path, &body.text) {
            Err(FolderMemoryError::Appeared) => Err(changed_meanwhile()),
            created => created.map_err(failed),
        },
        Some(_) | None => Err(changed_meanwhile()),
    }
}

fn failed(folder: &str, error: &FolderMemoryError) -> UserError {
    let what = format!("what is remembered of {folder} cannot be used");
    UserError::new(ErrorKind::Config, "memory-unusable", what)
        .cause(error)
        .next(format!("look at {PLACE}/{NAME} in it with any editor"))
}

/// The folder of the memory; `None`: there is none.
fn place(folder: &Path) -> Result<Option<OwnedFd>, FolderMemoryError> {
    let plain = OFlags::DIRECTORY | OFlags::CLOEXEC | OFlags::PATH;
    let root = rustix::fs::open(folder, plain, Mode::empty())?;
    match rustix::fs::openat(&root, PLACE, plain | OFlags::NOFOLLOW, Mode::empty()) {
        Ok(place) => Ok(Some(place)),
        Err(rustix::io::Errno::NOENT) => Ok(None),
        Err(errno) => Err(errno.into()),
    }
}

fn read(folder: &Path) -> Result<Option<String>, FolderMemoryError> {
    let Some(place) = place(folder)? else { return Ok(None) };
    // What only waits for somebody, such as a pipe, is not waited for.
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let file = match rustix::fs::openat(&place, NAME, flags, Mode::empty()) {
        Ok(file) => File::from(file),
        Err(rustix::io::Errno::NOENT) => return Ok(None),
        Err(errno) => return Err(errno.into()),
    };
    if !file.metadata()?.is_file() {
        return Err(FolderMemoryError::NotPlain);
    }
    let mut bytes = vec![];
    file.take(MEMORY_BYTES_MAX + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MEMORY_BYTES_MAX {
        return Err(FolderMemoryError::TooLong);
    }
    String::from_utf8(bytes).map(Some).map_err(|_| FolderMemoryError::NoText)
}

fn write(folder: &Path, text: &str) -> Result<(), FolderMemoryError> {
    let Some(place) = place(folder)? else { return Err(FolderMemoryError::NotPlain) };
    if text.len() as u64 > MEMORY_BYTES_MAX {
        return Err(FolderMemoryError::TooLong);
    }
    if text.trim().is_empty() {
        rustix::fs::unlinkat(&place, NAME, AtFlags::empty())?;
        return Ok(());
    }
    let mode = rustix::fs::statat(&place, NAME, AtFlags::SYMLINK_NOFOLLOW)?.st_mode;
    lay_beside(&place, text, Mode::from(mode & 0o777))?;
    // In the place of the old one, so that a crash leaves one of both whole.
    rustix::fs::renameat(&place, FRESH, &place, NAME)?;
    Ok(())
}

/// Writes a folder's first line. What appeared there meanwhile stays.
fn create(folder: &Path, text: &str) -> Result<(), FolderMemoryError> {
    if text.len() as u64 > MEMORY_BYTES_MAX {
        return Err(FolderMemoryError::TooLong);
    }
    if text.trim().is_empty() {
        return Ok(());
    }
    let plain = OFlags::DIRECTORY | OFlags::CLOEXEC | OFlags::PATH;
    let root = rustix::fs::open(folder, plain, Mode::empty())?;
    match rustix::fs::mkdirat(&root, PLACE, Mode::from(0o777)) {
        Ok(()) | Err(rustix::io::Errno::EXIST) => (),
        Err(errno) => return Err(errno.into()),
    }
    let place = rustix::fs::openat(&root, PLACE, plain | OFlags::NOFOLLOW, Mode::empty())?;
    // As any file that the person makes: what others may is for their umask to say.
    lay_beside(&place, text, Mode::from(0o666))?;
    match rustix::fs::renameat_with(&place, FRESH, &place, NAME, RenameFlags::NOREPLACE) {
        Ok(()) => Ok(()),
        Err(errno) => {
            let _ = rustix::fs::unlinkat(&place, FRESH, AtFlags::empty());
            let appeared = errno == rustix::io::Errno::EXIST;
            Err(if appeared { FolderMemoryError::Appeared } else { errno.into() })
        }
    }
}

/// The whole text in a file of its own, beside where it is to be.
fn lay_beside(place: &OwnedFd, text: &str, mode: Mode) -> Result<(), FolderMemoryError> {
    match rustix::fs::unlinkat(place, FRESH, AtFlags::empty()) {
        Ok(()) | Err(rustix::io::Errno::NOENT) => (),
        Err(errno) => return Err(errno.into()),
    }
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let mut file = File::from(rustix::fs::openat(place, FRESH, flags, mode)?);
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lately(path: &Path) -> FolderLately {
        let path = path.display().to_string();
        FolderLately { shown: "~/Papers".into(), is_there: true, used_at: 1, tasks: 1, path }
    }

    #[test]
    fn it_is_read_changed_and_deleted_where_no_link_leads() {
        let dir = tempfile::tempdir().expect("a folder");
        let folders = [lately(dir.path())];
        assert_eq!(list(&folders), vec![]);
        let file = dir.path().join(".legwork/memory.md");
        std::fs::create_dir(dir.path().join(".legwork")).expect("a folder");
        std::fs::write(&file, "- dates are DMY\n").expect("a file");
        assert_eq!(list(&folders)[0].text, "- dates are DMY\n");
        let body = |before: &str, text: &str| FolderMemoryBody {
            folder: folders[0].path.clone(),
            text: text.into(),
            before: before.into(),
        };
        let stale = replace(&folders, &body("other", "x")).expect_err("it holds something else");
        assert_eq!(stale.code, "memory-changed");
        replace(&folders, &body("- dates are DMY\n", "- mine\n")).expect("unchanged");
        assert_eq!(std::fs::read_to_string(&file).expect("a text"), "- mine\n");
        replace(&folders, &body("- mine\n", "")).expect("unchanged");
        assert_eq!(list(&folders), vec![]);
        let mut elsewhere = body("", "x");
        elsewhere.folder = "/etc".into();
        assert_eq!(replace(&folders, &elsewhere).expect_err("unknown").code, "memory-unusable");
    }

    #[test]
    fn a_first_line_makes_the_file_and_nothing_that_is_there_gives_way() {
        let dir = tempfile::tempdir().expect("a folder");
        let folders = [lately(dir.path())];
        let body = |text: &str| FolderMemoryBody {
            folder: folders[0].path.clone(),
            text: text.into(),
            before: String::new(),
        };
        let place = dir.path().join(PLACE);
        replace(&folders, &body("  \n")).expect("nothing to write");
        assert!(!place.exists());
        replace(&folders, &body("- dates are DMY\n")).expect("there was none");
        assert_eq!(list(&folders)[0].text, "- dates are DMY\n");
        let again = replace(&folders, &body("- other\n")).expect_err("there is one");
        assert_eq!(again.code, "memory-changed");
        // What appears between the look and the writing stays as well.
        let late = create(dir.path(), "- other\n");
        assert!(matches!(late, Err(FolderMemoryError::Appeared)), "{late:?}");
        assert_eq!(list(&folders)[0].text, "- dates are DMY\n");
        assert!(!place.join(FRESH).exists());
        let outside = tempfile::tempdir().expect("a folder");
        std::fs::remove_dir_all(&place).expect("it is there");
        std::os::unix::fs::symlink(outside.path(), &place).expect("a link");
        let through = create(dir.path(), "- other\n");
        assert!(matches!(through, Err(FolderMemoryError::Refused(_))), "{through:?}");
        assert_eq!(std::fs::read_dir(outside.path()).expect("a folder").count(), 0);
    }

    #[test]
    fn a_link_a_pipe_and_a_long_one_are_told_and_left() {
        let dir = tempfile::tempdir().expect("a folder");
        let folders = [lately(dir.path())];
        let secret = dir.path().join("secret");
        std::fs::write(&secret, "s3cr3t").expect("a file");
        let place = dir.path().join(".legwork");
        let told = || {
            let all = list(&folders);
            assert!(!all[0].text.contains("s3cr3t"));
            all[0].problem.as_ref().map(|it| it.code.clone())
        };
        let unusable = Some("memory-unusable".to_owned());
        std::fs::create_dir(&place).expect("a folder");
        std::os::unix::fs::symlink(&secret, place.join(NAME)).expect("a link");
        assert_eq!(told(), unusable);
        std::fs::remove_file(place.join(NAME)).expect("it is there");
        rustix::fs::mkfifoat(rustix::fs::CWD, place.join(NAME), Mode::from(0o600)).expect("a pipe");
        assert_eq!(told(), unusable);
        std::fs::remove_file(place.join(NAME)).expect("it is there");
        std::fs::write(place.join(NAME), vec![b'x'; 1 << 20]).expect("a file");
        assert_eq!(told(), unusable);
        std::fs::remove_dir_all(&place).expect("it is there");
        std::os::unix::fs::symlink(dir.path(), &place).expect("a link");
        assert_eq!(told(), unusable);
    }
}
