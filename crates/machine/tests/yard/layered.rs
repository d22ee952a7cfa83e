//! A host on which machines may install.

use crate::yard::Yard;
use machine::system::{Layered, System};
use std::fs;

impl Yard {
    /// A host on which machines may install.
    pub(crate) fn layered() -> Self {
        let mut yard = Self::new();
        fs::create_dir(yard.path("store")).expect("room");
        // In memory: some disks take half a minute to remove that many folders.
        if let Ok(grounds) = tempfile::Builder::new().prefix("yard").tempdir_in("/dev/shm") {
            let link = yard.path("store/grounds");
            std::os::unix::fs::symlink(grounds.path(), link).expect("room");
            yard.grounds = Some(grounds);
        }
        yard.spec.system =
            System::Layered(Layered { store: yard.path("store"), layers: Vec::new() });
        // Programs that install are large, and make many files.
        yard.spec.limits.memory_bytes_max = 64 << 30;
        yard.spec.limits.file_bytes_max = 1 << 30;
        yard
    }
}
