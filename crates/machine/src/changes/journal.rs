//! The journal of an apply or an undo: what is about to happen, and what has. Append-only; every
//! record is chained to the one before by a checksum, so a torn end is seen and cut off.

use super::limits::RECORD_BYTES_MAX;
use super::seen::Identity;
use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;
use serde::{Deserialize, Serialize};
use std::os::fd::{AsFd, OwnedFd};

/// One line of a journal. `item` is the position in the plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Record {
    /// Durable before the item's first step that can be seen. `new`: the file that will appear.
    Intent {
        item: u32,
        new: Option<Identity>,
    },
    /// Written once what the item did is durable.
    Done {
        item: u32,
        end: End,
    },
    /// Time of change of a touched folder when everything was done (apply), or the sign that it is
    /// to be set back (undo).
    Folder {
        index: u32,
        modified: super::seen::Stamp,
    },
    Finished,
}

/// How an item ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum End {
    /// `mark`: the version now in place, if the item put one there.
    Done {
        mark: Option<Identity>,
    },
    /// It was so already; nothing was done and nothing is to be undone.
    Already,
    /// Put beside what the person has there, under this name in the same folder.
    Beside {
        name: Vec<u8>,
        mark: Identity,
    },
    Skipped {
        why: String,
    },
    /// It had not begun when the apply was given up for an undo.
    NotDone,
}

/// An open journal.
#[derive(Debug)]
pub(crate) struct Journal {
    file: OwnedFd,
    end: u64,
    chain: [u8; SUM_BYTES],
    pending: Vec<u8>,
}

const SUM_BYTES: usize = 16;
const HEAD_BYTES: usize = 4 + SUM_BYTES;

impl Journal {
    /// Opens or creates the journal `name` in `folder`, and reads what it says.
    pub(crate) fn open(folder: impl AsFd, name: &str) -> Result<(Self, Vec<Record>), Errno> {
        let flags = OFlags::RDWR | OFlags::CREATE | OFlags::CLOEXEC | OFlags::NOFOLLOW;
        let file = rustix::fs::openat(folder, name, flags, Mode::from_raw_mode(0o600))?;
        let bytes = read_all(&file)?;
        let (records, end, chain) = parse(&bytes);
        if end < bytes.len() {
            rustix::fs::ftruncate(&file, end as u64)?;
        }
        let journal = Self { file, end: end as u64, chain, pending: Vec::new() };
        Ok((journal, records))
    }

    /// What the journal says, without opening it for more; nothing if there is none.
    pub(crate) fn read(folder: impl AsFd, name: &str) -> Result<Vec<Record>, Errno> {
        let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NOFOLLOW;
        match rustix::fs::openat(folder, name, flags, Mode::empty()) {
            Ok(file) => Ok(parse(&read_all(&file)?).0),
            Err(Errno::NOENT) => Ok(Vec::new()),
            Err(errno) => Err(errno),
        }
    }

    /// Keeps a record for the next `sync`.
    pub(crate) fn note(&mut self, record: &Record) {
        let body = postcard::to_stdvec(record).expect("plain data always encodes");
        let length = u32::try_from(body.len()).expect("records are bounded by the limits of paths");
        self.chain = sum(&self.chain, &body);
        self.pending.extend_from_slice(&length.to_le_bytes());
        self.pending.extend_from_slice(&self.chain);
        self.pending.extend_from_slice(&body);
    }

    /// Makes every noted record durable.
    pub(crate) fn sync(&mut self) -> Result<(), Errno> {
        if self.pending.is_empty() {
            return Ok(());
        }
        let mut done = 0;
        while done < self.pending.len() {
            match rustix::io::pwrite(&self.file, &self.pending[done..], self.end + done as u64) {
                Ok(count) => done += count,
                Err(Errno::INTR) => {}
                Err(errno) => return Err(errno),
            }
        }
        rustix::fs::fdatasync(&self.file)?;
        self.end += done as u64;
        self.pending.clear();
        Ok(())
    }
}

/// What any bytes are as a journal: the records end where they say, and are the same when they are
/// read again. Called by the property test and by the wrapper in `fuzz`; what is wrong panics.
pub(crate) fn read_any(bytes: &[u8]) {
    let (records, end, chain) = parse(bytes);
    assert!(end <= bytes.len());
    let (again, same_end, same_chain) = parse(&bytes[..end]);
    assert!(records.len() == again.len() && (end, chain) == (same_end, same_chain));
}

/// The sound records, where they end, and the checksum of the last one.
fn parse(bytes: &[u8]) -> (Vec<Record>, usize, [u8; SUM_BYTES]) {
    let mut records = Vec::new();
    let (mut at, mut chain) = (0, [0; SUM_BYTES]);
    while let Some((record, next, size)) = parse_one(&bytes[at..], &chain) {
        records.push(record);
        chain = next;
        at += size;
    }
    (records, at, chain)
}

fn parse_one(bytes: &[u8], chain: &[u8; SUM_BYTES]) -> Option<(Record, [u8; SUM_BYTES], usize)> {
    let length = u32::from_le_bytes(*bytes.first_chunk()?) as usize;
    if length > RECORD_BYTES_MAX {
        return None;
    }
    let claimed: &[u8; SUM_BYTES] = bytes.get(4..)?.first_chunk()?;
    let body = bytes.get(HEAD_BYTES..HEAD_BYTES + length)?;
    let real = sum(chain, body);
    if *claimed != real {
        return None;
    }
    Some((postcard::from_bytes(body).ok()?, real, HEAD_BYTES + length))
}

fn sum(chain: &[u8; SUM_BYTES], body: &[u8]) -> [u8; SUM_BYTES] {
    let mut hasher = blake3::Hasher::new();
    hasher.update(chain).update(body);
    let mut short = [0; SUM_BYTES];
    hasher.finalize_xof().fill(&mut short);
    short
}

/// Reads a file that is ours to its end.
pub(crate) fn read_all(file: &OwnedFd) -> Result<Vec<u8>, Errno> {
    let mut bytes = Vec::new();
    let mut buffer = vec![0; 64 * 1024];
    loop {
        match rustix::io::pread(file, &mut buffer, bytes.len() as u64) {
            Ok(0) => return Ok(bytes),
            Ok(count) => bytes.extend_from_slice(&buffer[..count]),
            Err(Errno::INTR) => {}
            Err(errno) => return Err(errno),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_torn_or_changed_end_is_cut_off() {
        let folder = tempfile::tempdir().expect("a folder");
        let at = rustix::fs::open(folder.path(), OFlags::RDONLY, Mode::empty()).expect("open");
        let records: Vec<Record> = (0..5)
            .map(|item| Record::Done { item, end: End::Skipped { why: "x".repeat(9) } })
            .collect();
        let (mut journal, none) = Journal::open(&at, "j").expect("new");
        assert!(none.is_empty());
        records.iter().for_each(|record| journal.note(record));
        journal.sync().expect("written");
        let whole = std::fs::read(folder.path().join("j")).expect("read");
        let each = whole.len() / 5;
        for cut in 0..=whole.len() {
            std::fs::write(folder.path().join("j"), &whole[..cut]).expect("write");
            let (mut journal, found) = Journal::open(&at, "j").expect("opened");
            assert_eq!(found, records[..cut / each]);
            journal.note(&Record::Finished);
            journal.sync().expect("appended");
            let again = Journal::read(&at, "j").expect("read");
            assert_eq!(again.len(), cut / each + 1);
        }
        let mut wrong = whole.clone();
        wrong[each * 2 + HEAD_BYTES + 3] ^= 1;
        std::fs::write(folder.path().join("j"), &wrong).expect("write");
        assert_eq!(Journal::read(&at, "j").expect("read"), records[..2]);
    }
}
