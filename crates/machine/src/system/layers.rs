//! Named layers: what one task installed, kept for later ones.
//!
//! Keeping is one rename of the task's own layer into the store, so that there is a whole layer or
//! none, whenever the power goes. Whiteouts, opaque folders and owners stay as the overlay left
//! them. Nothing is ever written in a kept layer.

use super::room::measure;
use super::{LayerError, PARTS, Root, ground};
use crate::jail::clear;
use crate::limits::{
    LAYER_BYTES_MAX, LAYER_FILES_MAX, LAYER_NAME_BYTES_MAX, LAYERS_MAX, RECORD_BYTES_MAX,
};
use rustix::fs::{CWD, RenameFlags};
use serde::{Deserialize, Serialize};
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

const RECORD: &str = "layer.json";

/// What a layer remembers, beside its parts. Stored: a field may be added with a default.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Record {
    format: u32,
    /// The version of the system that it was made on.
    pub(crate) ground: String,
    /// The layers that it was made on, the first on top.
    pub(crate) below: Vec<String>,
    #[serde(default)]
    bytes: u64,
    #[serde(default)]
    files: u64,
}

const FORMAT: u32 = 1;

impl Record {
    pub(crate) fn new(ground: String, below: Vec<String>) -> Self {
        Self { format: FORMAT, ground, below, bytes: 0, files: 0 }
    }
}

/// A kept layer, as a person sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layer {
    pub name: String,
    /// Layers that have to be given with it, below it.
    pub below: Vec<String>,
    pub bytes: u64,
    pub files: u64,
    /// Whether the system below is still the one that it was made on.
    pub fits: bool,
}

/// One that can only be removed.
#[derive(Debug)]
pub struct BrokenLayer {
    pub name: String,
    pub why: LayerError,
}

/// Keeps what the task in `task` has installed as the layer `name`. The machine has ended. The task
/// has no layer of its own then; should it go on, it begins one on top of this.
pub fn keep(task: &Path, name: &str, store: &Path) -> Result<Layer, LayerError> {
    let place = place_of(store, name)?;
    let layers = store.join("layers");
    fs::create_dir_all(&layers).map_err(|e| failed(&layers, e))?;
    let _lock = ground::lock(store).map_err(|e| failed(store, e))?;
    if place.symlink_metadata().is_ok() {
        return Err(LayerError::Exists { name: name.into() });
    }
    if names(store).map_err(|e| failed(&layers, e))?.len() >= LAYERS_MAX {
        return Err(LayerError::TooMany { max: LAYERS_MAX });
    }
    let upper = task.join("system/upper");
    let mut record = match read_record(&upper) {
        Err(LayerError::Store { source, .. }) if source.kind() == io::ErrorKind::NotFound => {
            return Err(LayerError::NothingToKeep);
        }
        other => other?,
    };
    (record.bytes, record.files) = (0, 0);
    for part in PARTS {
        let size = measure(&upper.join(part), LAYER_FILES_MAX);
        record.bytes += size.bytes;
        record.files += size.files;
    }
    let (bytes, files) = (record.bytes, record.files);
    if files == 0 {
        return Err(LayerError::NothingToKeep);
    }
    if bytes > LAYER_BYTES_MAX || files >= LAYER_FILES_MAX {
        return Err(LayerError::TooLarge { bytes, files });
    }
    write_record(&upper, &record).map_err(|e| failed(&upper, e))?;
    let disk = File::open(&upper).map_err(|e| failed(&upper, e))?;
    rustix::fs::syncfs(&disk).map_err(|e| failed(&upper, e.into()))?;
    match rustix::fs::renameat_with(CWD, &upper, CWD, &place, RenameFlags::NOREPLACE) {
        Ok(()) => {}
        Err(rustix::io::Errno::XDEV) => return Err(LayerError::OtherDisk),
        Err(rustix::io::Errno::EXIST) => return Err(LayerError::Exists { name: name.into() }),
        Err(error) => return Err(failed(&place, error.into())),
    }
    let kept = File::open(&layers).and_then(|folder| folder.sync_all());
    kept.map_err(|e| failed(&layers, e))?;
    Ok(Layer { name: name.into(), below: record.below, bytes, files, fits: true })
}

/// The layers of `store` for machines on `root`, by name, and those whose record is broken.
pub fn layers(store: &Path, root: &Root) -> Result<(Vec<Layer>, Vec<BrokenLayer>), LayerError> {
    let key = ground::key(root).map_err(|e| failed(store, e))?;
    let (mut good, mut broken) = (Vec::new(), Vec::new());
    for name in names(store).map_err(|e| failed(store, e))? {
        match find(store, &name) {
            Ok((_, Record { ground, below, bytes, files, .. })) => {
                good.push(Layer { name, below, bytes, files, fits: ground == key });
            }
            Err(why) => broken.push(BrokenLayer { name, why }),
        }
    }
    Ok((good, broken))
}

/// Removes a layer. No machine that was started with it may still run.
pub fn remove(store: &Path, name: &str) -> Result<(), LayerError> {
    let place = place_of(store, name)?;
    let _lock = match ground::lock(store) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Err(LayerError::Missing { name: name.into() });
        }
        other => other.map_err(|e| failed(store, e))?,
    };
    for above in names(store).map_err(|e| failed(store, e))? {
        if let Ok((_, record)) = find(store, &above)
            && record.below.iter().any(|below| below == name)
        {
            return Err(LayerError::Needed { above });
        }
    }
    // Renamed first: half a layer is none.
    let gone = store.join(".removing");
    clear(&gone).map_err(|e| failed(&gone, e))?;
    match fs::rename(&place, &gone) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Err(LayerError::Missing { name: name.into() });
        }
        other => other.map_err(|e| failed(&place, e))?,
    }
    clear(&gone).map_err(|e| failed(&gone, e))
}

/// Removes what an interrupted work left in the store, and the grounds of systems that are none of
/// `roots` any more. No machine may run that was started with one of those.
pub fn tidy(store: &Path, roots: &[Root]) -> io::Result<()> {
    let grounds = store.join("grounds");
    if !grounds.is_dir() && !store.join("layers").is_dir() {
        return Ok(());
    }
    let lock = ground::lock(store)?;
    let keys = roots.iter().map(ground::key).collect::<io::Result<Vec<_>>>()?;
    let entries = fs::read_dir(&grounds).into_iter().flatten().flatten();
    let stale = entries.filter(|it| !keys.iter().any(|key| it.file_name() == key.as_str()));
    let mut old = Vec::new();
    for (number, entry) in stale.enumerate() {
        // Whole folders at first: to remove one file by file may take half a minute, and nobody is
        // to wait so long for the lock.
        let aside = grounds.join(format!(".old-{}-{number}", std::process::id()));
        if entry.path() != aside {
            clear(&aside)?;
            fs::rename(entry.path(), &aside)?;
        }
        old.push(aside);
    }
    clear(&store.join(".removing"))?;
    drop(lock);
    old.iter().try_for_each(|aside| clear(aside))
}

/// Sets aside what the task in `task` has installed. None of its machines runs. It is as if nothing
/// had been installed, from this instant on; `clear_discarded` gives the room back.
pub fn discard(task: &Path) -> io::Result<()> {
    let system = task.join("system");
    if !system.is_dir() {
        return Ok(());
    }
    clear_discarded(task)?;
    fs::rename(system, task.join(DISCARDED))
}

/// Removes what was set aside, also by a process that was killed over it.
pub fn clear_discarded(task: &Path) -> io::Result<()> {
    clear(&task.join(DISCARDED))
}

const DISCARDED: &str = "system.old";

pub(crate) fn find(store: &Path, name: &str) -> Result<(PathBuf, Record), LayerError> {
    let place = place_of(store, name)?;
    if !fs::symlink_metadata(&place).is_ok_and(|found| found.is_dir()) {
        return Err(LayerError::Missing { name: name.into() });
    }
    let record = read_record(&place)?;
    if PARTS.iter().any(|part| !place.join(part).is_dir()) {
        return Err(LayerError::Damaged);
    }
    Ok((place, record))
}

fn place_of(store: &Path, name: &str) -> Result<PathBuf, LayerError> {
    let is_plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    let fits = name.len() <= LAYER_NAME_BYTES_MAX
        && name.bytes().next().is_some_and(is_plain)
        && name.bytes().all(|b| is_plain(b) || b"-_.".contains(&b));
    if fits {
        Ok(store.join("layers").join(name))
    } else {
        Err(LayerError::Name { name: name.chars().take(LAYER_NAME_BYTES_MAX).collect() })
    }
}

fn names(store: &Path) -> io::Result<Vec<String>> {
    let entries = match fs::read_dir(store.join("layers")) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        other => other?,
    };
    let mut names: Vec<String> =
        entries.flatten().filter_map(|entry| entry.file_name().into_string().ok()).collect();
    names.sort();
    Ok(names)
}

pub(crate) fn read_record(layer: &Path) -> Result<Record, LayerError> {
    let path = layer.join(RECORD);
    let mut text = Vec::new();
    File::open(&path)
        .and_then(|file| file.take(RECORD_BYTES_MAX).read_to_end(&mut text))
        .map_err(|e| failed(&path, e))?;
    match serde_json::from_slice::<Record>(&text) {
        Ok(record) if record.format == FORMAT => Ok(record),
        Ok(_) | Err(_) => Err(LayerError::Damaged),
    }
}

pub(crate) fn write_record(layer: &Path, record: &Record) -> io::Result<()> {
    let fresh = layer.join(".layer.json");
    let mut file = File::create(&fresh)?;
    file.write_all(serde_json::to_string(record)?.as_bytes())?;
    file.sync_all()?;
    fs::rename(&fresh, layer.join(RECORD))
}

fn failed(path: &Path, source: io::Error) -> LayerError {
    LayerError::Store { path: path.to_owned(), source }
}
