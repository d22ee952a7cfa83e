//! `write_file` and `make_folder`, and the atomic replacement that every writing tool uses.

use super::View;
use super::beneath::{Roots, Side, Spot, make_folders};
use super::failure::Failure;
use super::hash::errno;
use data_encoding::BASE64;
use rustix::fs::{AtFlags, FileType, Mode, OFlags, Stat};
use rustix::io::Errno;
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io::{self, Write};
use std::sync::Mutex;
use wire::PathText;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Args {
    path: PathText,
    text: Option<String>,
    base64: Option<String>,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Written {
    pub(crate) size: u64,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FolderArgs {
    path: PathText,
}

#[derive(Debug, Serialize)]
pub(crate) struct Made {}

pub(crate) fn write_file(view: &View, args: &Args) -> Result<Written, Failure> {
    let bytes = match (&args.text, &args.base64) {
        (Some(text), None) => text.clone().into_bytes(),
        (None, Some(base64)) => BASE64
            .decode(base64.as_bytes())
            .map_err(|error| Failure::arguments(format!("`base64` is not base64: {error}")))?,
        _ => return Err(Failure::arguments("give either `text` or `base64`")),
    };
    replace(&view.roots, &args.path, |file| file.write_all(&bytes))
}

pub(crate) fn make_folder(view: &View, args: &FolderArgs) -> Result<Made, Failure> {
    let (share, rest) = view.roots.share(Side::Folders, &args.path)?;
    make_folders(&share, &rest).map_err(|errno| Failure::refused(&args.path, errno))?;
    Ok(Made {})
}

// One writer at a time, because the name under which a new version grows is derived from its final
// name: so a repeated call finds and removes what an interrupted one left.
static WRITING: Mutex<()> = Mutex::new(());

/// Writes a new version of the file at `path`, which appears as a whole or not at all.
pub(crate) fn replace(
    roots: &Roots,
    path: &PathText,
    fill: impl FnOnce(&mut File) -> io::Result<()>,
) -> Result<Written, Failure> {
    let refused = |errno| Failure::refused(path, errno);
    let _writing = WRITING.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let spot = roots.spot(path, true)?;
    let old = spot.stat().map_err(refused)?;
    let mode = match &old {
        Some(stat) => replaceable(path, stat)?,
        None => Mode::from_raw_mode(0o644),
    };
    let growing = unfinished_name(&spot.name);
    let result = create(&spot, &growing).and_then(|mut file| {
        fill(&mut file).map_err(|error| errno(&error))?;
        rustix::fs::fchmod(&file, mode)?;
        let size = rustix::fs::fstat(&file)?.st_size;
        rustix::fs::renameat(&spot.folder, &growing[..], &spot.folder, &spot.name[..])?;
        Ok(u64::try_from(size).unwrap_or(0))
    });
    match result {
        Ok(size) => Ok(Written { size }),
        Err(errno) => {
            // Nothing more can be done about a leftover than to try.
            let _ = rustix::fs::unlinkat(&spot.folder, &growing[..], AtFlags::empty());
            Err(refused(errno))
        }
    }
}

/// The mode for the new version, if what is there may be replaced by a file at all.
fn replaceable(path: &PathText, stat: &Stat) -> Result<Mode, Failure> {
    match FileType::from_raw_mode(stat.st_mode) {
        FileType::RegularFile => Ok(Mode::from_raw_mode(stat.st_mode & 0o777)),
        FileType::Directory => {
            Err(Failure::path(format!("{path}: a folder of that name is there")))
        }
        FileType::Symlink => Err(Failure::path(format!(
            "{path}: it is a link; name the file that it points to instead"
        ))),
        _ => Err(Failure::path(format!("{path}: it is not a regular file"))),
    }
}

/// Where a file or folder grows before it gets its final name.
pub(crate) fn unfinished_name(name: &[u8]) -> Vec<u8> {
    let hash = blake3::hash(name).to_hex();
    format!(".legwork-unfinished-{}", &hash.as_str()[..16]).into_bytes()
}

/// Removes what an earlier call left under that name.
pub(crate) fn clear(spot: &Spot, name: &[u8]) -> Result<(), Errno> {
    match rustix::fs::unlinkat(&spot.folder, name, AtFlags::empty()) {
        Ok(()) | Err(Errno::NOENT) => Ok(()),
        Err(errno) => Err(errno),
    }
}

/// A new file of that name, instead of whatever an earlier call left there.
pub(crate) fn create(spot: &Spot, name: &[u8]) -> Result<File, Errno> {
    clear(spot, name)?;
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    rustix::fs::openat(&spot.folder, name, flags, Mode::from_raw_mode(0o600)).map(File::from)
}
