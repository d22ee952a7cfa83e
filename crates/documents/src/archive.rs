//! A zip container, as office documents are, that cannot unpack into more than the limits allow.

use std::io::{Cursor, Read};

use zip::ZipArchive;
use zip::result::ZipError;

use crate::document::{ReadError, ReadErrorKind};
use crate::limits::{
    ZIP_BYTES_MAX, ZIP_ENTRIES_MAX, ZIP_ENTRY_BYTES_MAX, ZIP_EXPANSION_MAX, ZIP_SMALL_BYTES,
};

/// What deflate can reach at best (zlib documentation, "Maximum Expansion Factor"), rounded up.
const DEFLATE_FACTOR: u64 = 1_040;

#[derive(Debug)]
pub(crate) struct Archive<'a> {
    zip: ZipArchive<Cursor<&'a [u8]>>,
    /// How many bytes may still be unpacked.
    left: u64,
}

impl<'a> Archive<'a> {
    pub(crate) fn open(bytes: &'a [u8]) -> Result<Archive<'a>, ReadError> {
        let zip = ZipArchive::new(Cursor::new(bytes)).map_err(|_| broken())?;
        if zip.len() > ZIP_ENTRIES_MAX {
            return Err(too_large("it holds too many parts"));
        }
        Ok(Archive { zip, left: ZIP_BYTES_MAX })
    }

    pub(crate) fn names(&self) -> Vec<String> {
        self.zip.file_names().flatten().map(std::borrow::Cow::into_owned).collect()
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.zip.index_for_name(name).is_some()
    }

    /// The unpacked bytes of one entry; `None` when there is no such entry.
    pub(crate) fn bytes(&mut self, name: &str) -> Result<Option<Vec<u8>>, ReadError> {
        let entry = match self.zip.by_name(name) {
            Ok(entry) => entry,
            Err(ZipError::FileNotFound) => return Ok(None),
            Err(ZipError::UnsupportedArchive(why)) if why.to_lowercase().contains("password") => {
                return Err(protected());
            }
            Err(_) => return Err(broken()),
        };
        let packed = entry.compressed_size();
        let bound = self.left.min(ZIP_ENTRY_BYTES_MAX);
        let mut bytes = Vec::new();
        let result = entry.take(bound + 1).read_to_end(&mut bytes);
        let size = bytes.len() as u64;
        if size > bound || is_bomb(packed, size) {
            return Err(too_large("it unpacks into far more than it claims"));
        }
        self.left -= size;
        match result {
            Ok(_) => Ok(Some(bytes)),
            Err(_) => Err(broken()),
        }
    }

    /// One entry as text; XML parts are UTF-8 or carry a byte order mark.
    pub(crate) fn text(&mut self, name: &str) -> Result<Option<String>, ReadError> {
        Ok(self.bytes(name)?.map(|bytes| crate::text::decode_as(&bytes, Some("utf-8"))))
    }
}

/// Unpacks everything once into nothing, where the container could exceed the limits: for readers
/// that unpack on their own and trust what they are given.
pub(crate) fn reject_bomb(bytes: &[u8]) -> Result<(), ReadError> {
    let mut archive = Archive::open(bytes)?;
    let mut could_be = 0_u64;
    let mut total = 0_u64;
    for index in 0..archive.zip.len() {
        let entry = archive.zip.by_index_raw(index).map_err(|_| broken())?;
        could_be = could_be.saturating_add(entry.compressed_size().saturating_mul(DEFLATE_FACTOR));
    }
    if could_be <= ZIP_SMALL_BYTES * 2 {
        return Ok(());
    }
    for index in 0..archive.zip.len() {
        let Ok(entry) = archive.zip.by_index(index) else { continue };
        let packed = entry.compressed_size();
        let size = std::io::copy(&mut entry.take(ZIP_ENTRY_BYTES_MAX + 1), &mut std::io::sink())
            .unwrap_or_default();
        total += size;
        if size > ZIP_ENTRY_BYTES_MAX || total > ZIP_BYTES_MAX || is_bomb(packed, size) {
            return Err(too_large("it unpacks into far more than it claims"));
        }
    }
    Ok(())
}

fn is_bomb(packed: u64, unpacked: u64) -> bool {
    unpacked > ZIP_SMALL_BYTES && unpacked / packed.max(1) > ZIP_EXPANSION_MAX
}

fn broken() -> ReadError {
    ReadError::new(ReadErrorKind::Broken, "the file is damaged: its container cannot be opened")
}

fn protected() -> ReadError {
    ReadError::new(ReadErrorKind::Protected, "the file is protected by a password")
}

fn too_large(why: &str) -> ReadError {
    ReadError::new(ReadErrorKind::TooLarge, format!("the file is too large to be read: {why}"))
}
