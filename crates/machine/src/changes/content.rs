//! Content of files: hashed, compared by hash, copied with the hash verified. Holes are skipped on
//! the disk and fed to the hash as the zeros they read as.

use super::limits::{HASH_THREADS_MAX, HOLE_BYTES_MAX, READ_BYTES};
use super::seen::Seen;
use rustix::fs::SeekFrom;
use rustix::io::Errno;
use std::os::fd::{AsFd, OwnedFd};
use std::sync::atomic::{AtomicUsize, Ordering};

pub(crate) type Hash = [u8; 32];

/// The hash of the whole file, holes included.
pub(crate) fn hash(file: &OwnedFd, seen: &Seen) -> Result<Hash, Errno> {
    let mut hasher = blake3::Hasher::new();
    for_each_part(file, seen, &mut |part| {
        match part {
            Part::Bytes(bytes) => hasher.update(bytes),
            Part::Hole(count) => feed_zeros(&mut hasher, count),
        };
        Ok(())
    })?;
    Ok(*hasher.finalize().as_bytes())
}

/// Copies the whole file into the empty file `to`, holes as holes, and returns the hash of what
/// was written.
pub(crate) fn copy(from: &OwnedFd, seen: &Seen, to: &OwnedFd) -> Result<Hash, Errno> {
    let mut hasher = blake3::Hasher::new();
    let mut at = 0;
    for_each_part(from, seen, &mut |part| {
        match part {
            Part::Bytes(bytes) => {
                hasher.update(bytes);
                write_all_at(to, bytes, at)?;
                at += bytes.len() as u64;
            }
            Part::Hole(count) => {
                feed_zeros(&mut hasher, count);
                at += count;
            }
        }
        Ok(())
    })?;
    rustix::fs::ftruncate(to, at)?;
    Ok(*hasher.finalize().as_bytes())
}

enum Part<'a> {
    Bytes(&'a [u8]),
    Hole(u64),
}

/// Hands out the file from start to end. A file that shrinks or grows meanwhile ends where it ends.
fn for_each_part(
    file: &OwnedFd,
    seen: &Seen,
    each: &mut dyn FnMut(Part<'_>) -> Result<(), Errno>,
) -> Result<(), Errno> {
    let size = seen.identity.size_bytes;
    // Filesystems that compress or store small files inline show fewer bytes too; there the seeks
    // cost little and find no hole.
    let is_sparse = seen.stored_bytes < size && size > READ_BYTES as u64;
    let mut buffer = vec![0; READ_BYTES.min(usize::try_from(size).unwrap_or(READ_BYTES).max(1))];
    let (mut at, mut holes) = (0, 0);
    let mut data_end = if is_sparse { 0 } else { u64::MAX };
    while at < size {
        if at >= data_end {
            let start = data_start(file, at, size)?;
            if start > at {
                holes += start - at;
                if holes > HOLE_BYTES_MAX {
                    return Err(Errno::FBIG);
                }
                each(Part::Hole(start - at))?;
                at = start;
                continue;
            }
            data_end = rustix::fs::seek(file, SeekFrom::Hole(at)).unwrap_or(size).max(at + 1);
        }
        let want = (size - at).min(data_end - at).min(buffer.len() as u64);
        let want = usize::try_from(want).unwrap_or(buffer.len());
        match rustix::io::pread(file, &mut buffer[..want], at) {
            Ok(0) => break,
            Ok(count) => {
                each(Part::Bytes(&buffer[..count]))?;
                at += count as u64;
            }
            Err(Errno::INTR) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

fn data_start(file: &OwnedFd, at: u64, size: u64) -> Result<u64, Errno> {
    match rustix::fs::seek(file, SeekFrom::Data(at)) {
        Ok(start) => Ok(start.min(size)),
        // Nothing but a hole up to the end.
        Err(Errno::NXIO) => Ok(size),
        // The filesystem does not know holes.
        Err(Errno::INVAL | Errno::OPNOTSUPP) => Ok(at),
        Err(error) => Err(error),
    }
}

fn feed_zeros(hasher: &mut blake3::Hasher, count: u64) -> &mut blake3::Hasher {
    static ZEROS: [u8; 64 * 1024] = [0; 64 * 1024];
    let mut left = count;
    while left > 0 {
        let now = usize::try_from(left).unwrap_or(ZEROS.len()).min(ZEROS.len());
        hasher.update(&ZEROS[..now]);
        left -= now as u64;
    }
    hasher
}

fn write_all_at(file: impl AsFd, bytes: &[u8], at: u64) -> Result<(), Errno> {
    let mut done = 0;
    while done < bytes.len() {
        match rustix::io::pwrite(&file, &bytes[done..], at + done as u64) {
            Ok(count) => done += count,
            Err(Errno::INTR) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Does `work` for every item on a few threads; results in the order of the items.
pub(crate) fn for_all<T: Sync, R: Send>(items: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let threads = threads.min(HASH_THREADS_MAX).min(items.len());
    if threads <= 1 {
        return items.iter().map(work).collect();
    }
    let next = AtomicUsize::new(0);
    let take = || {
        let mut own = Vec::new();
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some(item) = items.get(index) else { return own };
            own.push((index, work(item)));
        }
    };
    let mut all: Vec<(usize, R)> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(take)).collect();
        workers
            .into_iter()
            .flat_map(|worker| match worker.join() {
                Ok(own) => own,
                Err(panic) => std::panic::resume_unwind(panic),
            })
            .collect()
    });
    all.sort_unstable_by_key(|(index, _)| *index);
    all.into_iter().map(|(_, result)| result).collect()
}

/// The notation of a hash in a change list.
pub(crate) fn to_hex(hash: &Hash) -> String {
    blake3::Hash::from_bytes(*hash).to_hex().to_string()
}

pub(crate) fn from_hex(text: &str) -> Option<Hash> {
    blake3::Hash::from_hex(text).ok().map(|hash| *hash.as_bytes())
}
