//! The four wire formats: each writes requests and reads answers. Nothing outside knows their
//! fields.

pub(crate) mod anthropic;
pub(crate) mod chat;
pub(crate) mod gemini;
pub(crate) mod ids;
pub(crate) mod json;
pub(crate) mod responses;

use crate::context::{Call, Laid};
use crate::dialect::Dialect;
use crate::error::{Kind, ModelError};
use crate::message::{Head, Image, Settings};
use crate::sse::Event;
use crate::turn::{Delta, Format, Turn, Usage};
use ids::Ids;
use std::borrow::Cow;

/// A result as it is written: the call as the provider knows it, and how it ended.
pub(crate) struct Answered<'a> {
    pub(crate) call: &'a Call,
    pub(crate) text: &'a str,
    pub(crate) images: &'a [Image],
    pub(crate) is_error: bool,
}

/// Words or a picture of this side.
pub(crate) enum Said<'a> {
    Text(Cow<'a, str>),
    Image(&'a Image),
}

/// A place in the messages where a mark of the cache can go, and how many blocks are before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Mark {
    pub(crate) at: usize,
    pub(crate) blocks: usize,
}

/// What a body is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    Answer,
    Count,
}

/// Takes the pieces of an answer.
pub(crate) type Deltas<'a> = dyn FnMut(Delta) + Send + 'a;

/// What stands where a picture can't be shown to the model.
pub(crate) const NO_IMAGE: &str = "[a picture that this model can't see]";

/// The part of a request that never changes, and where its cache mark goes.
pub(crate) fn head(dialect: &Dialect, head: &Head) -> (Vec<u8>, Option<usize>) {
    match dialect.format {
        Format::Anthropic => anthropic::write::head(head),
        Format::Responses => (responses::write::head(head), None),
        Format::Chat => (chat::write::head(head), None),
        Format::Gemini => (gemini::write::head(head), None),
    }
}

/// Appends what this side says; tells where a cache mark could go.
pub(crate) fn user(
    dialect: &Dialect,
    out: &mut Vec<u8>,
    results: &[Answered<'_>],
    said: &[Said<'_>],
) -> Option<usize> {
    match dialect.format {
        Format::Anthropic => anthropic::write::user(dialect, out, results, said),
        Format::Responses => responses::write::user(dialect, out, results, said),
        Format::Chat => chat::write::user(dialect, out, results, said),
        Format::Gemini => gemini::write::user(dialect, out, results, said),
    }
}

/// Appends a turn; gives the ids of its calls, in order, as this provider will know them.
pub(crate) fn turn(
    dialect: &Dialect,
    out: &mut Vec<u8>,
    turn: &Turn,
    is_own: bool,
) -> Vec<Option<String>> {
    match dialect.format {
        Format::Anthropic => anthropic::write::turn(dialect, out, turn, is_own),
        Format::Responses => responses::write::turn(dialect, out, turn, is_own),
        Format::Chat => chat::write::turn(dialect, out, turn, is_own),
        Format::Gemini => gemini::write::turn(dialect, out, turn, is_own),
    }
}

/// The whole body.
pub(crate) fn body(laid: &Laid, settings: &Settings, purpose: Purpose) -> Vec<u8> {
    match laid.dialect.format {
        Format::Anthropic => anthropic::write::body(laid, settings, purpose),
        Format::Responses => responses::write::body(laid, settings, purpose),
        Format::Chat => chat::write::body(laid, settings),
        Format::Gemini => gemini::write::body(laid, settings, purpose),
    }
}

/// Reads the answer of one format.
#[derive(Debug)]
pub(crate) enum Reader {
    Anthropic(anthropic::read::Reader),
    Responses(responses::read::Reader),
    Chat(chat::read::Reader),
    Gemini(gemini::read::Reader),
}

impl Reader {
    pub(crate) fn new(format: Format) -> Self {
        match format {
            Format::Anthropic => Self::Anthropic(anthropic::read::Reader::default()),
            Format::Responses => Self::Responses(responses::read::Reader::default()),
            Format::Chat => Self::Chat(chat::read::Reader::default()),
            Format::Gemini => Self::Gemini(gemini::read::Reader::default()),
        }
    }

    /// One event of a stream.
    pub(crate) fn event(
        &mut self,
        event: &Event,
        deltas: &mut Deltas<'_>,
    ) -> Result<(), ModelError> {
        if event.data.trim().is_empty() {
            return Ok(());
        }
        let data = &json::whole_letters(&event.data);
        match self {
            Self::Anthropic(reader) => reader.event(data, deltas),
            Self::Responses(reader) => reader.event(data, deltas),
            Self::Chat(reader) => reader.event(data, deltas),
            Self::Gemini(reader) => reader.event(data, deltas),
        }
    }

    /// An answer that came in one piece, as servers give that do not stream.
    pub(crate) fn whole(&mut self, body: &str, deltas: &mut Deltas<'_>) -> Result<(), ModelError> {
        let body = &json::whole_letters(body);
        match self {
            Self::Anthropic(reader) => reader.whole(body, deltas),
            Self::Responses(reader) => reader.whole(body, deltas),
            Self::Chat(reader) => reader.event(body, deltas).map(|()| reader.end_whole()),
            Self::Gemini(reader) => reader.whole(body, deltas),
        }
    }

    /// Whether nothing more can follow, though the connection may stay open.
    pub(crate) fn is_over(&self) -> bool {
        match self {
            Self::Anthropic(reader) => reader.has_ended,
            Self::Responses(reader) => reader.stop.is_some(),
            Self::Chat(reader) => reader.has_ended,
            // Only the end of the connection ends it.
            Self::Gemini(_) => false,
        }
    }

    /// Whether the model has said why it stopped.
    pub(crate) fn has_stopped(&self) -> bool {
        match self {
            Self::Anthropic(reader) => reader.stop.is_some(),
            Self::Responses(reader) => reader.stop.is_some(),
            Self::Chat(reader) => reader.stop.is_some(),
            Self::Gemini(reader) => reader.stop.is_some(),
        }
    }

    /// What was used so far.
    pub(crate) fn usage(&self) -> Usage {
        match self {
            Self::Anthropic(reader) => reader.usage,
            Self::Responses(reader) => reader.usage,
            Self::Chat(reader) => reader.usage,
            Self::Gemini(reader) => reader.usage,
        }
    }

    /// The answer has ended: the turn, if it is whole.
    pub(crate) fn finish(self, dialect: &Dialect, ids: Ids<'_>) -> Result<Turn, ModelError> {
        let origin = dialect.origin();
        match self {
            Self::Anthropic(reader) => reader.finish(origin, ids),
            Self::Responses(reader) => reader.finish(origin, ids),
            Self::Chat(reader) => reader.finish(origin, ids),
            Self::Gemini(reader) => reader.finish(origin, ids),
        }
    }
}

/// An event that is no JSON of the expected form.
pub(crate) fn malformed(source: &serde_json::Error, data: &str) -> ModelError {
    crate::fault::from_event(data).unwrap_or_else(|| {
        ModelError::new(Kind::Malformed, format!("an event is not what the format says: {source}"))
            .with_raw(data)
    })
}

/// The answer ended in the middle.
pub(crate) fn cut_off() -> ModelError {
    ModelError::new(Kind::Cut, "the connection was closed before the answer was whole")
}

/// A server sends more blocks than any answer has.
pub(crate) fn too_many() -> ModelError {
    ModelError::new(Kind::Malformed, "the answer has more parts than any answer has")
}

#[cfg(test)]
mod tests;
