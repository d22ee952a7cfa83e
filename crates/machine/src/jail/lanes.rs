//! What waits to be written to the guest: calls go first, then the channels in turns.
//!
//! A call waits behind one frame of a channel at most. A channel has one frame of bytes here at a
//! time, so that each gets its turn and none fills the memory.

use std::collections::VecDeque;
use tokio::sync::OwnedSemaphorePermit;

/// Something to write.
#[derive(Debug)]
pub(crate) enum Item {
    Frame {
        frame: Vec<u8>,
        /// Given back when it is written.
        room: Option<OwnedSemaphorePermit>,
    },
    /// The credit of a channel, as much as is due when its turn comes.
    Credit(u32),
}

pub(crate) type Writing = (Vec<u8>, Option<OwnedSemaphorePermit>);

/// What a channel wants written, in its order.
#[derive(Debug)]
pub(crate) struct Piece {
    pub(crate) channel: u32,
    pub(crate) frame: Vec<u8>,
    /// It carries bytes, and the next one may be queued when its turn has come.
    pub(crate) is_bytes: bool,
}

#[derive(Debug, Default)]
pub(crate) struct Lanes {
    pub(crate) first: VecDeque<Item>,
    pub(crate) pieces: VecDeque<Piece>,
    /// Bytes in `pieces`.
    pub(crate) piece_bytes: usize,
    /// Channels that were turned away because of `piece_bytes`.
    pub(crate) hungry: VecDeque<u32>,
    /// The frame that is being written, and how much of it is.
    pub(crate) current: Option<(Writing, usize)>,
}

impl Lanes {
    pub(crate) fn push_piece(&mut self, piece: Piece) {
        self.piece_bytes += piece.frame.len();
        self.pieces.push_back(piece);
    }

    pub(crate) fn pop_piece(&mut self) -> Option<Piece> {
        let piece = self.pieces.pop_front()?;
        self.piece_bytes -= piece.frame.len();
        Some(piece)
    }

    /// Things that wait.
    pub(crate) fn len(&self) -> usize {
        self.first.len() + self.pieces.len()
    }

    pub(crate) fn clear(&mut self) {
        *self = Self::default();
    }
}
