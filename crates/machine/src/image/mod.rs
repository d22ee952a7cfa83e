//! Images: what a machine's system is made of. A folder each, made once and only read after that.
//!
//! ```text
//! NAME/root.erofs      the whole system, read-only, compressed
//!     /vmlinuz         the kernel of the same distribution
//!     /modules/NN-…    what of it the guest loads to find its disks, in the order of loading
//!     /manifest.json   what it is, written last: a folder without it is none
//!     /unpacked        the system as a folder, for jails; only where one asked for it
//! ```

mod build;
mod error;
mod initramfs;
mod modules;
mod scratch;

pub use build::{ImageContent, ImagePrograms, ImageSpec, build, can_build, forget_interrupted};
pub use error::ImageError;
pub(crate) use initramfs::initramfs;

use crate::limits::MANIFEST_BYTES_MAX;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// What an image is. Stored, so fields may only be added, with a default.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImageManifest {
    pub format: u32,
    pub name: String,
    pub made_at_seconds: u64,
    /// The release of the distribution.
    pub suite: String,
    pub kernel: String,
    /// Packages in it and their versions.
    pub packages: BTreeMap<String, String>,
    /// Bytes of each file, and its hash.
    pub files: BTreeMap<String, ImageFile>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImageFile {
    pub size_bytes: u64,
    /// BLAKE3, in hex.
    pub hash: String,
}

pub(crate) const FORMAT: u32 = 1;
pub(crate) const MANIFEST: &str = "manifest.json";
const ROOT: &str = "root.erofs";
const KERNEL: &str = "vmlinuz";
const MODULES: &str = "modules";
const UNPACKED: &str = "unpacked";

/// An image that is whole.
#[derive(Debug, Clone)]
pub struct Image {
    folder: PathBuf,
    id: String,
    pub manifest: ImageManifest,
}

impl Image {
    /// Opens an image by its folder.
    pub fn open(folder: &Path) -> io::Result<Self> {
        let mut text = Vec::new();
        File::open(folder.join(MANIFEST))?.take(MANIFEST_BYTES_MAX).read_to_end(&mut text)?;
        let manifest: ImageManifest = serde_json::from_slice(&text)?;
        if manifest.format != FORMAT {
            return Err(io::Error::other("it was made by another version of Legwork"));
        }
        for (name, file) in &manifest.files {
            let found = fs::symlink_metadata(folder.join(name))?;
            if !found.is_file() || found.len() != file.size_bytes {
                return Err(io::Error::other(format!("its file {name} is damaged")));
            }
        }
        let id = blake3::hash(&text).to_hex().to_string();
        Ok(Self { folder: folder.into(), id, manifest })
    }

    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Bytes on the disk, without what was unpacked.
    pub fn size_bytes(&self) -> u64 {
        self.manifest.files.values().map(|file| file.size_bytes).sum()
    }

    /// Changes with everything in it.
    pub(crate) fn id(&self) -> &str {
        &self.id
    }

    pub(crate) fn root(&self) -> PathBuf {
        self.folder.join(ROOT)
    }

    pub(crate) fn kernel(&self) -> PathBuf {
        self.folder.join(KERNEL)
    }

    /// The modules in the order of loading.
    pub(crate) fn modules(&self) -> impl Iterator<Item = &str> {
        let prefix = format!("{MODULES}/");
        self.manifest
            .files
            .keys()
            .filter_map(move |name| name.starts_with(&prefix).then_some(name.as_str()))
    }
}

/// An entry of the folder of images that is none.
#[derive(Debug)]
pub struct ImageProblem {
    pub name: String,
    pub source: io::Error,
}

/// The images in `images`, by name, and what lies there and is none. No folder: no images.
pub fn list(images: &Path) -> (Vec<Image>, Vec<ImageProblem>) {
    let (mut good, mut problems) = (Vec::new(), Vec::new());
    for entry in fs::read_dir(images).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.starts_with('.') {
            continue;
        }
        match Image::open(&entry.path()) {
            Ok(image) => good.push(image),
            Err(source) => problems.push(ImageProblem { name, source }),
        }
    }
    good.sort_by(|a, b| a.manifest.name.cmp(&b.manifest.name));
    problems.sort_by(|a, b| a.name.cmp(&b.name));
    (good, problems)
}

/// Removes an image. Machines that run keep what they have open.
pub fn remove(images: &Path, name: &str) -> Result<(), ImageError> {
    if !is_name(name) {
        return Err(ImageError::Name { name: name.into() });
    }
    let folder = images.join(name);
    let failed = |source| ImageError::Folder { path: folder.clone(), source };
    if !folder.is_dir() {
        return Err(ImageError::Missing { name: name.into() });
    }
    // Out of sight first, so that half of it is never seen.
    let gone = images.join(format!(".gone-{name}-{}", std::process::id()));
    fs::rename(&folder, &gone).map_err(failed)?;
    crate::jail::clear(&gone).map_err(failed)
}

/// The image's system as a folder, for the root of a jail. Made when it is asked for first: it
/// takes the room of the whole system.
pub fn unpacked(image: &Image, fsck_erofs: &Path) -> Result<PathBuf, ImageError> {
    let folder = image.folder.join(UNPACKED);
    if folder.is_dir() {
        return Ok(folder);
    }
    if !fsck_erofs.is_file() {
        return Err(ImageError::ProgramMissing { program: "fsck.erofs", package: "erofs-utils" });
    }
    let failed = |source| ImageError::Folder { path: folder.clone(), source };
    let part = image.folder.join(format!(".unpacked-{}", std::process::id()));
    crate::jail::clear(&part).map_err(failed)?;
    let mut extract = std::ffi::OsString::from("--extract=");
    extract.push(&part);
    #[expect(clippy::disallowed_methods, reason = "this is where images are made")]
    let mut command = std::process::Command::new(fsck_erofs);
    command.arg(extract).arg("--preserve-perms");
    let is_root = rustix::process::geteuid().is_root();
    command.arg(if is_root { "--preserve-owner" } else { "--no-preserve-owner" });
    let made = command.arg(image.root()).env_clear().output().map_err(failed)?;
    if !made.status.success() {
        let _ = crate::jail::clear(&part);
        let why = build::last_line(&String::from_utf8_lossy(&made.stderr));
        return Err(ImageError::Unpack { why });
    }
    fs::rename(&part, &folder).map_err(failed)?;
    Ok(folder)
}

pub(crate) fn is_name(name: &str) -> bool {
    let fits = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_' | '.');
    !name.is_empty() && name.len() <= 64 && !name.starts_with(['.', '-']) && name.chars().all(fits)
}

#[cfg(test)]
mod tests {
    use super::{Image, is_name, list, remove};
    use std::fs;

    #[test]
    fn a_name_is_a_plain_word() {
        for name in ["standard", "with-office", "bookworm_2.1"] {
            assert!(is_name(name), "{name}");
        }
        for name in ["", ".", "..", ".hidden", "a/b", "a b", "-rf", "a\n", &"x".repeat(65)] {
            assert!(!is_name(name), "{name}");
        }
    }

    #[test]
    fn a_broken_image_hides_no_other() {
        let dir = tempfile::tempdir().expect("room");
        let whole = dir.path().join("whole");
        fs::create_dir(&whole).expect("room");
        let manifest = r#"{"format":1,"name":"whole","made_at_seconds":1,"suite":"s","kernel":"k",
            "packages":{},"files":{"root.erofs":{"size_bytes":4,"hash":"00"}}}"#;
        fs::write(whole.join("manifest.json"), manifest).expect("room");
        fs::write(whole.join("root.erofs"), "four").expect("room");
        for (name, text) in [("empty", ""), ("odd", "{}"), ("newer", r#"{"format":2}"#)] {
            fs::create_dir(dir.path().join(name)).expect("room");
            fs::write(dir.path().join(name).join("manifest.json"), text).expect("room");
        }
        fs::create_dir(dir.path().join("none")).expect("room");
        let (good, problems) = list(dir.path());
        assert_eq!(good.iter().map(|i| i.manifest.name.as_str()).collect::<Vec<_>>(), ["whole"]);
        let names: Vec<_> = problems.iter().map(|problem| problem.name.as_str()).collect();
        assert_eq!(names, ["empty", "newer", "none", "odd"]);
        fs::write(whole.join("root.erofs"), "cut").expect("room");
        assert!(Image::open(&whole).is_err());
        remove(dir.path(), "whole").expect("it is there");
        assert!(remove(dir.path(), "whole").is_err() && remove(dir.path(), "../x").is_err());
    }
}
