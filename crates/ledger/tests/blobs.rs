//! Blobs: whole, verified, once, by their hash.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use ledger::{BlobError, BlobHash, Ledger};
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

fn open() -> (TempDir, Ledger) {
    let dir = TempDir::new().unwrap();
    let ledger = Ledger::open(dir.path()).unwrap();
    (dir, ledger)
}

fn place(dir: &Path, hash: &BlobHash) -> PathBuf {
    let name = hash.to_string();
    dir.join("blobs").join(&name[..2]).join(name)
}

fn files(dir: &Path) -> usize {
    let folders = fs::read_dir(dir.join("blobs")).unwrap();
    folders.map(|folder| fs::read_dir(folder.unwrap().path()).unwrap().count()).sum()
}

#[test]
fn a_content_comes_back_under_its_hash() {
    let (_dir, ledger) = open();
    let noise: Vec<u8> =
        (0..300_000u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    for content in [b"".to_vec(), b"x".to_vec(), vec![0; 1_000_000], noise] {
        let hash = ledger.put(&content).unwrap();
        assert_eq!(hash.to_string(), blake3::hash(&content).to_hex().to_string());
        assert_eq!(ledger.get(&hash).unwrap(), content);
        let mut copy = Vec::new();
        assert_eq!(ledger.copy(&hash, &mut copy).unwrap(), content.len() as u64);
        assert_eq!(copy, content);
    }
}

#[test]
fn a_content_is_stored_once_and_small() {
    let (dir, ledger) = open();
    let content = b"the same thing over and over ".repeat(10_000);
    let hash = ledger.put(&content).unwrap();
    assert_eq!(ledger.put(&content).unwrap(), hash);
    assert_eq!(ledger.put_reader(&mut &content[..]).unwrap(), (hash, content.len() as u64));
    assert_eq!(files(dir.path()), 1);
    let size = fs::metadata(place(dir.path(), &hash)).unwrap().len();
    assert!(size < 1000, "{size}");
}

#[test]
fn damage_is_seen_and_healed() {
    let content = b"a receipt ".repeat(1000);
    type Damage = fn(&Path);
    let damages: [(&str, Damage); 4] = [
        ("cut", |path| fs::write(path, &fs::read(path).unwrap()[..20]).unwrap()),
        ("emptied", |path| fs::write(path, b"").unwrap()),
        ("overwritten", |path| fs::write(path, b"nothing that unpacks").unwrap()),
        ("swapped", |path| {
            let other = zstd::encode_all(&b"another content"[..], 3).unwrap();
            fs::write(path, other).unwrap();
        }),
    ];
    for (what, damage) in damages {
        let (dir, ledger) = open();
        let hash = ledger.put(&content).unwrap();
        damage(&place(dir.path(), &hash));
        let error = ledger.get(&hash).unwrap_err();
        assert!(matches!(error, BlobError::Broken { .. }), "{what}: {error}");
        ledger.put(&content).unwrap();
        assert_eq!(ledger.get(&hash).unwrap(), content, "{what}");
    }
}

#[test]
fn a_missing_blob_is_named() {
    let (_dir, ledger) = open();
    let hash = BlobHash::of(b"never stored");
    assert_eq!(ledger.get(&hash).unwrap_err().to_string(), format!("there is no blob {hash}"));
}

#[test]
fn only_a_hash_is_a_hash() {
    let good = BlobHash::of(b"").to_string();
    assert_eq!(good.parse::<BlobHash>().unwrap(), BlobHash::of(b""));
    let bad = ["", "ab", "../../etc/passwd", &good[1..], &good.to_uppercase(), &format!("{good}0")];
    for text in bad {
        assert!(matches!(text.parse::<BlobHash>(), Err(BlobError::NotAHash { .. })), "{text}");
    }
}

/// Yields some bytes and then fails, as a disk or a guest may.
struct Breaks(usize);

impl Read for Breaks {
    fn read(&mut self, bytes: &mut [u8]) -> std::io::Result<usize> {
        self.0 = self.0.checked_sub(1).ok_or(std::io::ErrorKind::BrokenPipe)?;
        bytes.fill(b'x');
        Ok(bytes.len())
    }
}

#[test]
fn nothing_is_left_of_a_content_that_broke_off() {
    let (dir, ledger) = open();
    let error = ledger.put_reader(&mut Breaks(50)).unwrap_err();
    assert!(matches!(error, BlobError::Source(_)), "{error}");
    assert_eq!(files(dir.path()), 0);
}

#[test]
fn what_a_crash_left_is_swept() {
    let (dir, ledger) = open();
    let hash = ledger.put(b"kept").unwrap();
    drop(ledger);
    fs::write(dir.path().join("blobs/partial/7"), b"half").unwrap();
    let ledger = Ledger::open(dir.path()).unwrap();
    assert_eq!((files(dir.path()), ledger.get(&hash).unwrap()), (1, b"kept".to_vec()));
}
