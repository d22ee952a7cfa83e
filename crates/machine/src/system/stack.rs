//! Looks before a machine starts whether the system it asks for can be had, and makes ready what
//! the overlays need.

use super::layers::{Record, read_record, write_record};
use super::{Layered, PARTS, Root, System, SystemError, ground};
use crate::jail::JailSpec;
use crate::limits::{
    LAYERS_PER_TASK_MAX, PLACED_BYTES_MAX, PLACED_DEPTH_MAX, PLACED_FILES_MAX, PROGRAMS_MAX,
};
use std::fs;
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use wire::PlacedFile;

/// Everything of the system that `bwrap` has to bind.
#[derive(Debug)]
pub(crate) struct Stack {
    /// The image, if the root is one.
    pub(crate) tree: Option<PathBuf>,
    pub(crate) programs: Vec<(String, PathBuf)>,
    pub(crate) layered: Option<LayeredStack>,
}

#[derive(Debug)]
pub(crate) struct LayeredStack {
    pub(crate) ground: PathBuf,
    pub(crate) layers: Vec<PathBuf>,
    /// The host's list of installed packages.
    pub(crate) packages: Option<PathBuf>,
}

impl Stack {
    /// Whether a machine that was given `self` has all that `other` needs.
    pub(crate) fn holds(&self, other: &Self) -> bool {
        let has_system = match (&self.layered, &other.layered) {
            (_, None) => true,
            (None, Some(_)) => false,
            (Some(own), Some(other)) => {
                own.ground == other.ground
                    && own.packages == other.packages
                    && other.layers.is_empty()
            }
        };
        has_system && self.tree == other.tree && self.programs == other.programs
    }

    pub(crate) fn wire(&self) -> wire::System {
        match &self.layered {
            None => wire::System::ReadOnly,
            Some(layered) => {
                // Bounded by LAYERS_PER_TASK_MAX.
                wire::System::Layered { layers: u32::try_from(layered.layers.len()).unwrap_or(0) }
            }
        }
    }
}

pub(crate) fn prepare(spec: &JailSpec) -> Result<Stack, SystemError> {
    let (root, tree) = match &spec.root {
        Root::Host => (Root::Host, None),
        Root::Folder(path) => {
            let missing = |source| SystemError::RootMissing { path: path.clone(), source };
            let tree = fs::canonicalize(path).map_err(missing)?;
            let usr = fs::symlink_metadata(tree.join("usr"));
            if !usr.is_ok_and(|found| found.is_dir()) {
                return Err(SystemError::NoSystem { path: tree });
            }
            (Root::Folder(tree.clone()), Some(tree))
        }
    };
    check_files(&spec.files)?;
    let programs = programs(&spec.programs)?;
    let layered = match &spec.system {
        System::ReadOnly => None,
        System::Layered(layered) => Some(prepare_layered(spec, layered, &root)?),
    };
    Ok(Stack { tree, programs, layered })
}

fn prepare_layered(
    spec: &JailSpec,
    layered: &Layered,
    root: &Root,
) -> Result<LayeredStack, SystemError> {
    let count = layered.layers.len();
    if count > LAYERS_PER_TASK_MAX {
        return Err(SystemError::TooManyLayers { count, max: LAYERS_PER_TASK_MAX });
    }
    let store = &layered.store;
    let (ground, key) =
        ground::ground(store, root).map_err(|source| SystemError::Ground { source })?;
    let mut layers = Vec::new();
    for (n, name) in layered.layers.iter().enumerate() {
        let refused = |source| SystemError::Layer { name: name.clone(), source };
        let (place, record) = super::layers::find(store, name).map_err(refused)?;
        if record.ground != key {
            return Err(refused(super::LayerError::GroundChanged));
        }
        // What it was made on lies right below it, in the same order.
        let below = &layered.layers[n + 1..];
        if let Some(missing) =
            record.below.iter().enumerate().find(|(i, b)| below.get(*i) != Some(b))
        {
            let below = missing.1.clone();
            return Err(SystemError::LayerAlone { name: name.clone(), below });
        }
        layers.push(place);
    }
    make_uppers(&spec.dir, &key, &layered.layers)?;
    Ok(LayeredStack { ground, layers, packages: packages(root) })
}

fn packages(root: &Root) -> Option<PathBuf> {
    let packages = Path::new("/var/lib/dpkg");
    (*root == Root::Host && packages.is_dir()).then(|| packages.to_owned())
}

/// What a machine without a task yet can be given of a system on the host's.
pub(crate) fn prepare_spare(
    store: Option<&Path>,
    folders: &[PathBuf],
) -> Result<Stack, SystemError> {
    let programs = programs(folders)?;
    let ground = store.map(|store| ground::ground(store, &Root::Host)).transpose();
    let ground = ground.map_err(|source| SystemError::Ground { source })?.map(|(place, _)| place);
    let layered = |ground| LayeredStack { ground, layers: vec![], packages: packages(&Root::Host) };
    Ok(Stack { tree: None, programs, layered: ground.map(layered) })
}

/// The task's own layer. It remembers what it was begun on.
fn make_uppers(task: &Path, key: &str, layers: &[String]) -> Result<(), SystemError> {
    let system = task.join("system");
    let failed = |source| SystemError::TaskFolder { path: system.clone(), source };
    let upper = system.join("upper");
    if let Ok(begun) = read_record(&upper) {
        return if begun.below == layers {
            make_work(&system).map_err(failed)
        } else {
            Err(SystemError::LayersChanged { begun: begun.below })
        };
    }
    for part in PARTS {
        let mut builder = fs::DirBuilder::new();
        builder.recursive(true).mode(0o755).create(upper.join(part)).map_err(failed)?;
    }
    make_work(&system).map_err(failed)?;
    let record = Record::new(key.to_owned(), layers.to_vec());
    write_record(&upper, &record).map_err(failed)
}

fn make_work(system: &Path) -> io::Result<()> {
    PARTS.iter().try_for_each(|part| {
        let mut builder = fs::DirBuilder::new();
        builder.recursive(true).mode(0o700).create(system.join("work").join(part))
    })
}

fn programs(folders: &[PathBuf]) -> Result<Vec<(String, PathBuf)>, SystemError> {
    let mut found: Vec<(String, PathBuf)> = Vec::new();
    for folder in folders {
        let failed = |source| SystemError::Program { path: folder.clone(), source };
        let path = fs::canonicalize(folder).map_err(failed)?;
        if !path.is_dir() {
            return Err(failed(io::Error::from(io::ErrorKind::NotADirectory)));
        }
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        // It becomes a part of PATH.
        let is_plain = !name.is_empty()
            && !name.starts_with('.')
            && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.+".contains(&b));
        let is_double = found.iter().any(|(other, _)| *other == name);
        if !is_plain || is_double || found.len() >= PROGRAMS_MAX {
            return Err(SystemError::ProgramName { name });
        }
        found.push((name, path));
    }
    Ok(found)
}

/// The guest checks the same again; here it gets a sentence.
pub(crate) fn check_files(files: &[PlacedFile]) -> Result<(), SystemError> {
    let mut bytes = 0;
    for (n, file) in files.iter().enumerate() {
        bytes += file.text.len();
        let parts: Vec<&str> = file.path.split('/').collect();
        let fits = matches!(parts.as_slice(), ["", "etc" | "home", rest @ ..] if !rest.is_empty()
            && rest.iter().all(|part| !matches!(*part, "" | "." | "..") && !part.contains('\0')));
        if !fits
            || parts.len() > PLACED_DEPTH_MAX
            || n >= PLACED_FILES_MAX
            || bytes > PLACED_BYTES_MAX
        {
            return Err(SystemError::PlacedFile { path: file.path.clone() });
        }
    }
    Ok(())
}
