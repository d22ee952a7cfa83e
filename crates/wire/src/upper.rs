//! What was written in a share, as a sequence of records. An overlay's upper layer goes home so
//! when it does not lie on the host's disk.
//!
//! The sequence is a walk: `Folder` enters, `Leave` goes back up, all else lies in the folder that
//! was entered last. It begins in the share's own root and ends with `End`. Each record is a
//! frame. The sequence comes from a guest: whoever rebuilds it checks every word.

use serde::{Deserialize, Serialize};

/// Bytes of content in one record.
pub const RECORD_DATA_BYTES_MAX: usize = 128 * 1024;

/// One step of the walk. A name is a single file name, of any bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Record {
    /// The share's own root. Always the first record, and only that.
    Root {
        kept: Kept,
        opaque: bool,
    },
    /// A folder, which is entered. `opaque`: nothing of the folder below shows through.
    Folder {
        name: Vec<u8>,
        kept: Kept,
        opaque: bool,
    },
    /// Back to the folder above.
    Leave,
    /// A file of `size_bytes`; its content follows in `Data` and `Hole`, exactly as much.
    File {
        name: Vec<u8>,
        kept: Kept,
        size_bytes: u64,
    },
    Data(Vec<u8>),
    Hole {
        bytes: u64,
    },
    /// A symbolic link, as text.
    Link {
        name: Vec<u8>,
        kept: Kept,
        text: Vec<u8>,
    },
    /// What was there is deleted.
    Gone {
        name: Vec<u8>,
    },
    /// A pipe, socket or device: it can't be applied, and the person is told that it was there.
    Other {
        name: Vec<u8>,
    },
    /// The walk is over.
    End,
}

/// What is kept of an entry beside its content.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    /// Permission bits.
    pub mode: u32,
    pub modified_seconds: i64,
    pub modified_nanos: u32,
}
