//! Contents by their hash: one compressed file each, `blobs/ab/abcd…`.
//!
//! A blob is written beside its place, flushed, and renamed into it, and the folder is flushed
//! before the hash is handed out. So a file that has its name is whole, or the disk damaged it;
//! what is read is hashed again, so damage is seen. What a crash left half-written is swept on
//! opening.

use crate::error::{BlobError, LedgerError, is_full};
use crate::limits::{BLOB_CHUNK_BYTES, BLOB_IN_MEMORY_BYTES_MAX, ZSTD_LEVEL};
use std::fmt;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::atomic::{AtomicU64, Ordering};

/// The BLAKE3 hash of a content, which is also its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct BlobHash(blake3::Hash);

impl BlobHash {
    /// The hash of `content`, stored or not.
    pub fn of(content: &[u8]) -> Self {
        Self(blake3::hash(content))
    }
}

impl fmt::Display for BlobHash {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0.to_hex())
    }
}

impl FromStr for BlobHash {
    type Err = BlobError;

    /// Reads 64 lower-case hexadecimal digits and nothing else: the text becomes a path.
    fn from_str(text: &str) -> Result<Self, BlobError> {
        let is_plain = text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        match blake3::Hash::from_hex(text) {
            Ok(hash) if is_plain => Ok(Self(hash)),
            _ => Err(BlobError::NotAHash { text: text.chars().take(80).collect() }),
        }
    }
}

#[derive(Debug)]
pub(crate) struct Blobs {
    dir: PathBuf,
    /// Names what is being written; the lock of the ledger makes us the only ones who write.
    next: AtomicU64,
}

impl Blobs {
    pub(crate) fn open(dir: &Path) -> Result<Self, LedgerError> {
        let blobs = Self { dir: dir.to_owned(), next: AtomicU64::new(0) };
        let partial = blobs.partial();
        let file = |source| LedgerError::File { path: partial.clone(), source };
        fs::create_dir_all(&partial).map_err(file)?;
        for left in fs::read_dir(&partial).map_err(file)? {
            fs::remove_file(left.map_err(file)?.path()).map_err(file)?;
        }
        Ok(blobs)
    }

    pub(crate) fn put(&self, content: &[u8]) -> Result<BlobHash, BlobError> {
        let hash = BlobHash::of(content);
        if self.copy(&hash, &mut io::sink()).is_ok() {
            // Whoever wrote it may have been killed before the folder was flushed.
            self.flush_folder(&hash)?;
            return Ok(hash);
        }
        self.put_reader(&mut &*content).map(|(hash, _)| hash)
    }

    pub(crate) fn put_reader(&self, content: &mut dyn Read) -> Result<(BlobHash, u64), BlobError> {
        let name = self.next.fetch_add(1, Ordering::Relaxed).to_string();
        let partial = Partial(self.partial().join(name));
        let (hash, size) = write(&partial.0, content)?;
        let place = self.place(&hash);
        let folder = place.parent().unwrap_or(&self.dir);
        match fs::create_dir(folder) {
            Ok(()) => flush(&self.dir)?,
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(failed(folder, error)),
        }
        fs::rename(&partial.0, &place).map_err(|error| failed(&place, error))?;
        self.flush_folder(&hash)?;
        Ok((hash, size))
    }

    pub(crate) fn get(&self, hash: &BlobHash) -> Result<Vec<u8>, BlobError> {
        let mut content = Capped(Vec::new());
        match self.copy(hash, &mut content) {
            Ok(_) => Ok(content.0),
            Err(_) if content.is_full() => Err(BlobError::TooLarge { hash: hash.to_string() }),
            Err(error) => Err(error),
        }
    }

    pub(crate) fn copy(&self, hash: &BlobHash, to: &mut dyn Write) -> Result<u64, BlobError> {
        let path = self.place(hash);
        let file = File::open(&path).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => BlobError::Missing { hash: hash.to_string() },
            _ => failed(&path, error),
        })?;
        let broken = || BlobError::Broken { hash: hash.to_string() };
        let mut content = zstd::Decoder::new(file).map_err(|error| failed(&path, error))?;
        let mut hasher = blake3::Hasher::new();
        let mut chunk = vec![0; BLOB_CHUNK_BYTES];
        loop {
            // Nonsense in the file and a disk that can't read it are the same to the caller.
            let count = content.read(&mut chunk).map_err(|_| broken())?;
            if count == 0 {
                break;
            }
            hasher.update(&chunk[..count]);
            to.write_all(&chunk[..count]).map_err(BlobError::Target)?;
        }
        if hasher.finalize() == hash.0 { Ok(hasher.count()) } else { Err(broken()) }
    }

    fn partial(&self) -> PathBuf {
        self.dir.join("partial")
    }

    fn place(&self, hash: &BlobHash) -> PathBuf {
        let name = hash.to_string();
        self.dir.join(&name[..2]).join(&name)
    }

    fn flush_folder(&self, hash: &BlobHash) -> Result<(), BlobError> {
        flush(self.place(hash).parent().unwrap_or(&self.dir))
    }
}

/// A file that is being written; removed when dropped, unless it was renamed to its place.
struct Partial(PathBuf);

impl Drop for Partial {
    fn drop(&mut self) {
        // Gone is what it should be; what can't be removed now is swept on opening.
        let _ = fs::remove_file(&self.0);
    }
}

/// Compresses `content` into the file `path` and flushes it.
fn write(path: &Path, content: &mut dyn Read) -> Result<(BlobHash, u64), BlobError> {
    let fail = |error| failed(path, error);
    let file = File::create(path).map_err(fail)?;
    let mut out = zstd::Encoder::new(file, ZSTD_LEVEL).map_err(fail)?;
    let mut hasher = blake3::Hasher::new();
    let mut chunk = vec![0; BLOB_CHUNK_BYTES];
    loop {
        let count = match content.read(&mut chunk) {
            Ok(0) => break,
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(BlobError::Source(error)),
        };
        hasher.update(&chunk[..count]);
        out.write_all(&chunk[..count]).map_err(fail)?;
    }
    out.finish().and_then(|file| file.sync_all()).map_err(fail)?;
    Ok((BlobHash(hasher.finalize()), hasher.count()))
}

fn flush(folder: &Path) -> Result<(), BlobError> {
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(|error| failed(folder, error))
}

fn failed(path: &Path, source: io::Error) -> BlobError {
    if is_full(&source) {
        BlobError::Full
    } else {
        BlobError::File { path: path.to_owned(), source }
    }
}

/// Takes a content into memory up to the limit, so that a small file can't unpack into a huge one.
struct Capped(Vec<u8>);

impl Capped {
    fn is_full(&self) -> bool {
        self.0.len() as u64 + BLOB_CHUNK_BYTES as u64 > BLOB_IN_MEMORY_BYTES_MAX
    }
}

impl Write for Capped {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.is_full() {
            return Err(io::ErrorKind::OutOfMemory.into());
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
