//! The example folders: written by programs, so that it is known what is in them and why.

mod downloads;
mod receipts;

use std::io;
use std::path::Path;

/// Writes all example folders into `dir`.
pub(crate) fn write(dir: &Path) -> io::Result<()> {
    downloads::downloads(&dir.join("downloads"))?;
    receipts::receipts(&dir.join("receipts"))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::fs;
    use std::path::{Path, PathBuf};

    /// All files and links below a folder, with their bytes or targets.
    fn content(dir: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
        let mut found = BTreeMap::new();
        let mut folders = vec![dir.to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(&folder).unwrap() {
                let path = entry.unwrap().path();
                let kind = path.symlink_metadata().unwrap().file_type();
                let bytes = if kind.is_dir() {
                    folders.push(path);
                    continue;
                } else if kind.is_symlink() {
                    path.read_link().unwrap().into_os_string().into_encoded_bytes()
                } else {
                    fs::read(&path).unwrap()
                };
                found.insert(path.strip_prefix(dir).unwrap().to_owned(), bytes);
            }
        }
        found
    }

    #[test]
    fn the_examples_are_what_the_generators_write() {
        let dir = tempfile::tempdir().unwrap();
        super::write(dir.path()).unwrap();
        let kept = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples");
        let (written, kept) = (content(dir.path()), content(&kept));
        for (path, bytes) in &written {
            assert!(kept.get(path) == Some(bytes), "{}: cargo xtask examples", path.display());
        }
        assert_eq!(written.len(), kept.len(), "examples/ holds what no generator wrote");
    }
}
