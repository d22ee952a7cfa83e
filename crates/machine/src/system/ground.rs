//! The ground: what a layered system needs between its layers and the host's `/usr` or an image.
//!
//! It holds a small `/etc` and `/var` and, where the system below belongs to somebody else, the
//! folders of that system once more, empty. An ordinary user's machine knows one user, and a folder
//! of anybody else can't be written in even as a copy; an overlay takes a folder's owner from the
//! highest layer that has it. Files of others can be replaced there, though not changed in place.
//! It is made once for each version of the system and kept: that takes about a second.

use super::{PARTS, Root, texts};
use crate::limits::{
    COPIED_FILE_BYTES_MAX, COPIED_FILES_MAX, GROUND_DEPTH_MAX, GROUND_FOLDERS_MAX, TOLD_BYTES_MAX,
};
use rustix::fs::{AtFlags, CWD, Dir, FileType, FlockOperation, Mode, OFlags};
use std::ffi::CStr;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::os::fd::OwnedFd;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use thiserror::Error;

/// A new number makes all grounds anew, and no layer fits any more.
const FORMAT: &str = "2";

/// Why there is no ground.
#[derive(Debug, Error)]
pub enum GroundError {
    #[error("{}: {source}", path.display())]
    Failed { path: PathBuf, source: io::Error },
    #[error("the system below has more than {max} folders")]
    TooLarge { max: usize },
}

trait In<T> {
    fn of(self, path: &Path) -> Result<T, GroundError>;
}

impl<T, E: Into<io::Error>> In<T> for Result<T, E> {
    fn of(self, path: &Path) -> Result<T, GroundError> {
        self.map_err(|error| GroundError::Failed { path: path.to_owned(), source: error.into() })
    }
}

/// What the system below is, in one word: another one when something was installed on it.
pub(crate) fn key(root: &Root) -> io::Result<String> {
    let base = base(root);
    let mut told = blake3::Hasher::new();
    told.update(FORMAT.as_bytes());
    if let Root::Folder(_) = root {
        let found = fs::metadata(base)?;
        told.update(format!("{} {}", found.dev(), found.ino()).as_bytes());
    }
    let mut release = Vec::new();
    if let Ok(file) = File::open(base.join("usr/lib/os-release")) {
        file.take(TOLD_BYTES_MAX).read_to_end(&mut release)?;
    }
    told.update(&release);
    // Where there is neither list, the folder of programs is the next best.
    let lists = ["var/lib/dpkg/status", "usr/lib/sysimage/rpm/rpmdb.sqlite", "usr/bin"];
    if let Some(found) = lists.iter().find_map(|list| fs::metadata(base.join(list)).ok()) {
        let (size, s, ns) = (found.size(), found.mtime(), found.mtime_nsec());
        told.update(format!("{size} {s}.{ns}").as_bytes());
    }
    Ok(told.finalize().to_hex()[..32].to_owned())
}

fn base(root: &Root) -> &Path {
    match root {
        Root::Host => Path::new("/"),
        Root::Folder(folder) => folder,
    }
}

/// Held while the store is changed, by whichever process.
pub(crate) fn lock(store: &Path) -> io::Result<OwnedFd> {
    let flags = OFlags::RDWR | OFlags::CREATE | OFlags::CLOEXEC;
    let file = rustix::fs::open(store.join("lock"), flags, Mode::from_raw_mode(0o600))?;
    rustix::fs::flock(&file, FlockOperation::LockExclusive)?;
    Ok(file)
}

/// The folder of the ground for `root`, made if it is not there.
pub(crate) fn ground(store: &Path, root: &Root) -> Result<(PathBuf, String), GroundError> {
    let key = key(root).of(base(root))?;
    let grounds = store.join("grounds");
    let place = grounds.join(&key);
    if place.is_dir() {
        return Ok((place, key));
    }
    fs::create_dir_all(&grounds).of(&grounds)?;
    let _lock = lock(store).of(store)?;
    if place.is_dir() {
        return Ok((place, key));
    }
    let fresh = grounds.join(".making");
    crate::jail::clear(&fresh).of(&fresh)?;
    make(&fresh, root)?;
    fs::rename(&fresh, &place).of(&place)?;
    Ok((place, key))
}

fn make(fresh: &Path, root: &Root) -> Result<(), GroundError> {
    for part in PARTS {
        folder(&fresh.join(part))?;
    }
    let (usr, rest) = (fresh.join("usr"), fresh.join("rest"));
    for name in texts::FOLDERS {
        folder(&rest.join(name))?;
    }
    let base = base(root);
    let foreign = is_foreign(&base.join("usr")).of(base)?;
    if foreign {
        repeat_folders(&base.join("usr"), &usr)?;
        for (name, text, mode) in texts::OWN_REPLACED {
            write(&fresh.join(name), text, mode)?;
        }
    }
    match root {
        Root::Host => {
            let packages = fresh.join("packages");
            let mut left = COPIED_FILES_MAX;
            if foreign {
                let host = Path::new("/var/lib/dpkg");
                repeat_folders(host, &packages)?;
                copy_packages(host, &packages, &mut left)?;
            }
            // Its owners are users of the host that a machine doesn't know.
            write(&packages.join("statoverride"), "", 0o644)?;
            for &(name, text) in texts::LOCKS {
                write(&packages.join(name), text, 0o644)?;
            }
            for &(name, text) in texts::ON_HOST {
                write(&rest.join(name), text, 0o644)?;
            }
            for name in texts::OF_HOST {
                let to = rest.join("etc").join(name);
                folder(to.parent().unwrap_or(&rest))?;
                copy(&Path::new("/etc").join(name), &to, GROUND_DEPTH_MAX, &mut left).of(&to)?;
            }
            for (name, target) in texts::LINKS {
                let link = rest.join(name);
                std::os::unix::fs::symlink(target, &link).of(&link)?;
            }
        }
        Root::Folder(tree) if foreign => {
            let mut left = COPIED_FILES_MAX;
            for name in ["etc", "var/cache/debconf"] {
                copy(&tree.join(name), &rest.join(name), GROUND_DEPTH_MAX, &mut left).of(tree)?;
            }
            for &(name, text) in texts::OF_OWNER {
                write(&rest.join(name), text, 0o644)?;
            }
            let packages = rest.join("var/lib/dpkg");
            copy_packages(&tree.join("var/lib/dpkg"), &packages, &mut left)?;
            for &(name, text) in texts::LOCKS {
                write(&packages.join(name), text, 0o644)?;
            }
            for name in ["etc", "var", "opt", "srv", "home"] {
                repeat_folders(&tree.join(name), &rest.join(name))?;
            }
        }
        Root::Folder(_) => {}
    }
    for &(name, text) in texts::ALWAYS {
        write(&rest.join(name), text, 0o644)?;
    }
    let (name, text) = texts::NO_SERVERS;
    write(&fresh.join(name), text, 0o755)?;
    let everybody = fs::Permissions::from_mode(0o1777);
    let shared = rest.join("var/tmp");
    fs::set_permissions(&shared, everybody).of(&shared)
}

/// Whether the system below belongs to another user than this one.
fn is_foreign(usr: &Path) -> io::Result<bool> {
    let own = rustix::process::geteuid().as_raw();
    Ok([usr.to_owned(), usr.join("bin")]
        .iter()
        .filter_map(|folder| fs::symlink_metadata(folder).ok())
        .any(|found| found.uid() != own))
}

/// `dpkg` gives these a second name before it replaces them, which only their owner may. What it
/// knows of each package, by far the most, it never touches.
fn copy_packages(host: &Path, to: &Path, left: &mut usize) -> Result<(), GroundError> {
    let entries = fs::read_dir(host).into_iter().flatten().flatten();
    let files = entries.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_file()));
    let names = files.map(|file| file.file_name());
    for name in names.chain(["alternatives".into(), "triggers".into()]) {
        copy(&host.join(&name), &to.join(&name), GROUND_DEPTH_MAX, left).of(&to.join(&name))?;
    }
    Ok(())
}

fn folder(path: &Path) -> Result<(), GroundError> {
    fs::create_dir_all(path).of(path)
}

fn write(path: &Path, text: &str, mode: u32) -> Result<(), GroundError> {
    folder(path.parent().unwrap_or(path))?;
    let mut file = File::create(path).of(path)?;
    file.write_all(text.as_bytes()).of(path)?;
    file.set_permissions(fs::Permissions::from_mode(mode)).of(path)
}

/// Makes every folder of `from` in `to` as well.
fn repeat_folders(from: &Path, to: &Path) -> Result<(), GroundError> {
    let Ok(source) = open(from) else { return Ok(()) };
    folder(to)?;
    let target = open(to).of(to)?;
    let device = rustix::fs::fstat(&source).of(from)?.st_dev;
    let mut walk = Walk { device, left: GROUND_FOLDERS_MAX };
    let done = walk.repeat(&source, &target, GROUND_DEPTH_MAX).of(from);
    if walk.left == 0 {
        return Err(GroundError::TooLarge { max: GROUND_FOLDERS_MAX });
    }
    done
}

struct Walk {
    device: u64,
    left: usize,
}

impl Walk {
    fn repeat(&mut self, from: &OwnedFd, to: &OwnedFd, depth: usize) -> io::Result<()> {
        for name in folders_in(from)? {
            if self.left == 0 || depth == 0 {
                return Ok(());
            }
            // One that may not be looked into keeps its owner; its content would vanish else.
            let Ok(inner) = open_at(from, &name) else { continue };
            let found = rustix::fs::fstat(&inner)?;
            if found.st_dev != self.device {
                continue;
            }
            self.left -= 1;
            let mode = Mode::from_raw_mode(found.st_mode & 0o755 | 0o700);
            match rustix::fs::mkdirat(to, &*name, mode) {
                Ok(()) => rustix::fs::chmodat(to, &*name, mode, AtFlags::empty())?,
                Err(rustix::io::Errno::EXIST) => {}
                Err(error) => return Err(error.into()),
            }
            self.repeat(&inner, &open_at(to, &name)?, depth - 1)?;
        }
        Ok(())
    }
}

fn folders_in(folder: &OwnedFd) -> io::Result<Vec<Box<CStr>>> {
    let mut names = Vec::new();
    for entry in Dir::read_from(folder)? {
        let entry = entry?;
        let name = entry.file_name();
        let is_folder = entry.file_type() == FileType::Directory
            || entry.file_type() == FileType::Unknown
                && rustix::fs::statat(folder, name, AtFlags::SYMLINK_NOFOLLOW)
                    .is_ok_and(|it| FileType::from_raw_mode(it.st_mode) == FileType::Directory);
        if is_folder && !matches!(name.to_bytes(), b"." | b"..") {
            names.push(name.into());
        }
    }
    Ok(names)
}

fn open(path: &Path) -> io::Result<OwnedFd> {
    Ok(rustix::fs::openat(CWD, path, FOLDER, Mode::empty())?)
}

fn open_at(folder: &OwnedFd, name: &CStr) -> io::Result<OwnedFd> {
    Ok(rustix::fs::openat(folder, name, FOLDER, Mode::empty())?)
}

const FOLDER: OFlags =
    OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);

/// Copies what the host shows to everybody: files, links and folders of them. What it keeps for
/// some, or what is large, is left out.
fn copy(from: &Path, to: &Path, depth: usize, left: &mut usize) -> io::Result<()> {
    let Ok(found) = fs::symlink_metadata(from) else { return Ok(()) };
    if *left == 0 || depth == 0 {
        return Ok(());
    }
    *left -= 1;
    let public = found.mode() & 0o004 != 0;
    if found.is_symlink() {
        let _ = fs::remove_file(to);
        std::os::unix::fs::symlink(fs::read_link(from)?, to)
    } else if found.is_dir() && public {
        fs::create_dir_all(to)?;
        let Ok(entries) = fs::read_dir(from) else { return Ok(()) };
        entries
            .flatten()
            .try_for_each(|entry| copy(&entry.path(), &to.join(entry.file_name()), depth - 1, left))
    } else if found.is_file() && public && found.len() <= COPIED_FILE_BYTES_MAX {
        let mut source = File::open(from)?.take(COPIED_FILE_BYTES_MAX);
        let mut target = File::create(to)?;
        io::copy(&mut source, &mut target)?;
        target.set_permissions(fs::Permissions::from_mode(found.mode() & 0o755))
    } else {
        Ok(())
    }
}
