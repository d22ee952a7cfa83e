//! Any bytes as what a hostile machine or a broken disk leaves: called by the property tests here
//! and by the wrappers in `fuzz`, so that both look for the same. What is wrong panics.

use super::{ChangeList, Manifest, ShareState, journal, list};
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};

/// Any bytes as the journal of an apply.
pub fn as_journal(bytes: &[u8]) {
    journal::read_any(bytes);
}

/// An upper layer that the bytes describe, in an empty folder: what is listed of it stays within
/// the share, and nothing of the folder beside it is touched.
pub fn as_upper(dir: &Path, bytes: &[u8]) -> ChangeList {
    let (host, upper) = (dir.join("host"), dir.join("upper"));
    for folder in [&host, &upper] {
        std::fs::create_dir_all(folder).expect("a folder of its own");
    }
    std::fs::write(host.join("a"), "before").expect("a file");
    let manifest = Manifest::take(&host).expect("a folder that nobody changes");
    make(&upper, bytes);
    let share = ShareState {
        name: "docs".to_owned(),
        host: host.clone(),
        upper,
        manifest: &manifest,
        writable: true,
    };
    let listed = list(&[share]).unwrap_or_default();
    for change in &listed.changes {
        let inside = change.path.0.strip_prefix("docs").expect("within the share");
        assert!(!inside.split('/').any(|part| part == ".."), "{inside:?}");
    }
    assert_eq!(std::fs::read(host.join("a")).expect("it is there"), b"before");
    listed
}

/// One step for each few bytes: a kind, a name, and what it is made of. What the system refuses is
/// left out.
fn make(upper: &Path, bytes: &[u8]) {
    const STEP: usize = 6;
    let mut at = upper.to_owned();
    for step in bytes.chunks(STEP).take(64) {
        let [kind, rest @ ..] = step else { return };
        let name: Vec<u8> = rest.iter().copied().filter(|byte| !matches!(byte, 0 | b'/')).collect();
        if name.is_empty() || name == b"." || name == b".." {
            at = upper.to_owned();
            continue;
        }
        let path = at.join(OsStr::from_bytes(&name));
        match kind % 6 {
            0 => drop(std::fs::write(&path, rest)),
            1 => {
                if std::fs::create_dir(&path).is_ok() {
                    at = path;
                }
            }
            2 => drop(symlink(target(rest), &path)),
            3 => drop(std::os::unix::net::UnixListener::bind(&path)),
            4 => drop(std::fs::hard_link(upper.join("a"), &path)),
            _ => {
                let mode = u32::from(*kind) << 4;
                // Readable for its owner, so that the folder can be put away.
                let mode = std::fs::Permissions::from_mode(mode | 0o700);
                drop(
                    std::fs::write(&path, rest)
                        .and_then(|()| std::fs::set_permissions(&path, mode)),
                );
            }
        }
    }
}

fn target(rest: &[u8]) -> PathBuf {
    let out: &[u8] = if rest.len().is_multiple_of(2) { b"../../host/" } else { b"/etc/" };
    PathBuf::from(OsStr::from_bytes(&[out, rest].concat()).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(128))]

        #[test]
        fn any_bytes_are_a_journal_that_ends(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
            as_journal(&bytes);
        }

        #[test]
        fn any_upper_layer_is_listed(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let dir = tempfile::tempdir().expect("a folder");
            as_upper(dir.path(), &bytes);
        }
    }
}
