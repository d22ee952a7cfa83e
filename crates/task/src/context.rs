//! What a language model is sent of its task, as an order of pieces: a fold of the same events.
//!
//! Pieces are only ever added at the end, so that each request is the one before with more to it,
//! and is read from the provider's cache. When the window is about to be full, a digest takes the
//! place of all before a certain piece; it is made here, from what the ledger holds, and not by a
//! model: what the person said, the plan, answers, notes and files stand in it word for word.

mod digest;

pub(crate) use digest::tell_step;

use crate::event::{Outcome, Payload, RequestedCall};
use crate::id::CallId;
use crate::limits;
use crate::model::ModelTurn;
use crate::state::{Call, CallState, Task};
use std::sync::Arc;

/// A part of what a model is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    Said {
        by: Speaker,
        text: String,
    },
    /// An answer of a model.
    Turn {
        answer: Payload,
        text: String,
        /// Its first call; the others follow it.
        first: Option<CallId>,
    },
    /// What a model had said of an answer that was not waited for.
    Begun {
        text: String,
    },
    /// How a command in the background ended that a call began.
    BackgroundEnded {
        call: CallId,
        how: String,
        /// The last of what it printed and the model had not read.
        unread: String,
    },
    /// The results of the calls of the turn before.
    Results {
        first: CallId,
        count: u32,
    },
}

/// The tool whose results hold a picture.
pub const LOOK: &str = "look";

/// Who says something to a model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Speaker {
    Person,
    Legwork,
}

/// The pieces of a task.
#[derive(Debug, Clone, Default)]
pub struct Context {
    pieces: Vec<Arc<Piece>>,
    /// About how many bytes each piece has as it is sent.
    sizes: Vec<u64>,
    /// The same of its pictures, which are not sent once it is before `bare_until`.
    pictures: Vec<u64>,
    /// Said while calls run: it comes after their results.
    queued: Vec<Arc<Piece>>,
    /// The same, once the model has answered what it is asked just now.
    later: Vec<Arc<Piece>>,
    /// The last turn has calls whose results are not pieces yet.
    is_open: bool,
    notes: Vec<String>,
    digest: Option<Arc<str>>,
    /// Pieces before this one are not sent; the digest is.
    from: usize,
    /// Turns before this piece are sent without their thinking.
    bare_until: usize,
    epoch: u32,
}

impl Context {
    /// Counts up when earlier pieces changed: what was sent before is then no beginning of what is
    /// sent now.
    pub fn epoch(&self) -> u32 {
        self.epoch
    }

    /// What is sent, after the opening and the digest.
    pub fn pieces(&self) -> &[Arc<Piece>] {
        &self.pieces[self.from..]
    }

    /// All pieces there ever were.
    pub fn all(&self) -> &[Arc<Piece>] {
        &self.pieces
    }

    pub fn digest(&self) -> Option<&str> {
        self.digest.as_deref()
    }

    /// So many of the pieces are sent without pictures, and without thinking, which is bound to
    /// what went before it.
    pub fn bare_count(&self) -> usize {
        self.bare_until.saturating_sub(self.from)
    }

    /// About how much is sent.
    pub(crate) fn bytes(&self) -> u64 {
        let digest = self.digest.as_ref().map_or(0, |it| it.len() as u64);
        digest + self.sizes[self.from..].iter().sum::<u64>() + self.picture_bytes()
    }

    /// About how much of it are pictures.
    fn picture_bytes(&self) -> u64 {
        self.pictures[self.bare_until.max(self.from).min(self.pictures.len())..].iter().sum()
    }

    pub(crate) fn can_shorten(&self) -> bool {
        self.pieces.len() > self.from
    }

    /// From which piece on a shorter context keeps them as they are; `None`: it can't be shorter.
    pub(crate) fn keep_from(&self, is_urgent: bool) -> Option<u32> {
        let least = self.bytes() / 100 * limits::PICTURES_FIRST_PERCENT;
        if self.picture_bytes() > least.max(1) {
            return u32::try_from(self.from).ok();
        }
        let percent = match is_urgent {
            true => limits::CONTEXT_KEPT_URGENT_PERCENT,
            false => limits::CONTEXT_KEPT_PERCENT,
        };
        let mut room = self.bytes() / 100 * percent;
        let mut kept = self.pieces.len();
        for index in (self.from..self.pieces.len()).rev() {
            let Some(left) = room.checked_sub(self.sizes[index]) else { break };
            room = left;
            if matches!(*self.pieces[index], Piece::Turn { .. }) {
                kept = index;
            }
        }
        u32::try_from(kept).ok().filter(|_| kept > self.from)
    }

    pub(crate) fn shorten(&mut self, kept_from: u32, digest: String) {
        let mut from = (kept_from as usize).clamp(self.from, self.pieces.len());
        // An older version may have counted fewer pieces; results never stand without their calls.
        let is_of_calls = |at: usize| matches!(*self.pieces[at], Piece::Results { .. });
        while from > self.from && from < self.pieces.len() && is_of_calls(from) {
            from += 1;
        }
        // Only pictures go, and what the model thought.
        if from > self.from {
            self.from = from;
            self.digest = Some(digest.into());
        }
        self.bare_until = self.pieces.len();
        self.epoch += 1;
    }

    pub(crate) fn hear(&mut self, by: Speaker, text: &str) {
        self.queued.push(Arc::new(Piece::Said { by, text: text.to_owned() }));
    }

    /// What does not have the model asked anew: while it is asked, it is kept until its answer.
    pub(crate) fn tell(&mut self, piece: Piece, is_asked: bool) {
        match is_asked {
            true => self.later.push(Arc::new(piece)),
            false => self.queued.push(Arc::new(piece)),
        }
    }

    /// Whatever was kept until an answer is told with the next request.
    pub(crate) fn release(&mut self) {
        self.queued.append(&mut self.later);
    }

    pub(crate) fn begin(&mut self, text: &str) {
        self.queued.push(Arc::new(Piece::Begun { text: text.to_owned() }));
    }

    pub(crate) fn note(&mut self, text: &str) {
        self.notes.push(text.to_owned());
    }

    pub(crate) fn answer(&mut self, turn: &ModelTurn, text: &str, calls: &[RequestedCall]) {
        let first = calls.first().map(|call| call.call);
        let (answer, text) = (turn.answer.clone(), text.to_owned());
        let size = size(&answer);
        self.push(Arc::new(Piece::Turn { answer, text, first }), size);
        self.is_open = !calls.is_empty();
        self.release();
    }

    /// The mind is about to think: results first, then what was said meanwhile.
    pub(crate) fn settle(&mut self, turn: &[Arc<Call>], turn_from: usize) {
        if std::mem::take(&mut self.is_open) {
            let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
            let told = |call: &Arc<Call>| match call.tool == LOOK {
                true => 0,
                false => call.result.as_ref().map_or(0, size),
            };
            let told = turn.iter().map(|call| told(call).min(limits::TOLD_BYTES_MAX) + 100).sum();
            let first = CallId(number(turn_from).saturating_add(1));
            let is_shown = |call: &&Arc<Call>| {
                call.tool == LOOK && call.state == CallState::Ended(Outcome::Done)
            };
            let shown = turn.iter().filter(is_shown).count() as u64;
            self.push(Arc::new(Piece::Results { first, count: number(turn.len()) }), told);
            if let Some(pictures) = self.pictures.last_mut() {
                *pictures = shown * limits::PICTURE_BYTES;
            }
        }
        for piece in std::mem::take(&mut self.queued) {
            let size = match &*piece {
                Piece::Said { text, .. } | Piece::Begun { text } => text.len() as u64,
                Piece::BackgroundEnded { unread, .. } => unread.len() as u64 + 100,
                Piece::Turn { .. } | Piece::Results { .. } => 0,
            };
            self.push(piece, size);
        }
    }

    fn push(&mut self, piece: Arc<Piece>, size: u64) {
        self.pieces.push(piece);
        self.sizes.push(size);
        self.pictures.push(0);
    }
}

fn size(payload: &Payload) -> u64 {
    match payload {
        Payload::Inline(json) => json.len() as u64,
        Payload::Blob(blob) => blob.size_bytes,
    }
}

impl Task {
    /// What its model is sent.
    pub fn context(&self) -> &Context {
        &self.context
    }
}
