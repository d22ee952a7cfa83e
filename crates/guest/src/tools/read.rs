//! `read_file`: a piece of a file, as text where it is text.

use super::View;
use super::beneath::Side;
use super::failure::Failure;
use super::hash::errno;
use super::limits;
use data_encoding::BASE64;
use serde::{Deserialize, Serialize};
use std::io::{Read, Seek, SeekFrom};
use wire::PathText;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Args {
    path: PathText,
    #[serde(default)]
    offset: u64,
    length: Option<u64>,
}

#[derive(Debug, Serialize)]
pub(crate) struct Piece {
    /// Of the whole file.
    size: u64,
    offset: u64,
    /// Bytes of this piece. It may be up to three fewer than asked for, to end with a whole letter.
    length: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    base64: Option<String>,
}

pub(crate) fn read_file(view: &View, args: &Args) -> Result<Piece, Failure> {
    let (mut file, stat) = view.roots.file(Side::Folders, &args.path)?;
    let size = u64::try_from(stat.st_size).unwrap_or(0);
    let length = args.length.unwrap_or(u64::MAX).min(limits::READ_BYTES_MAX);
    let mut bytes = vec![];
    file.seek(SeekFrom::Start(args.offset))
        .and_then(|_| file.take(length).read_to_end(&mut bytes))
        .map_err(|error| Failure::refused(&args.path, errno(&error)))?;
    if args.offset.saturating_add(bytes.len() as u64) < size {
        drop_cut_letter(&mut bytes);
    }
    let length = bytes.len() as u64;
    let (text, base64) = match String::from_utf8(bytes) {
        Ok(text) => (Some(text), None),
        Err(error) => (None, Some(BASE64.encode(error.as_bytes()))),
    };
    Ok(Piece { size, offset: args.offset, length, text, base64 })
}

/// Removes the start of a letter whose rest lies behind the piece; other bytes stay as they are.
fn drop_cut_letter(bytes: &mut Vec<u8>) {
    if let Err(error) = std::str::from_utf8(bytes)
        && error.error_len().is_none()
        && error.valid_up_to() > 0
    {
        bytes.truncate(error.valid_up_to());
    }
}
