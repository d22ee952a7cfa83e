//! What a model answers: ordered blocks, each as the provider wrote it and as we read it.
//!
//! The raw side of a block is what the same model gets back, byte for byte: a thinking block with
//! its signature, an encrypted reasoning item, a call with fields that only its provider knows.
//! The view is what everybody else reads. A turn is stored as JSON by whoever keeps it.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::fmt;

/// A piece of JSON whose bytes are kept as they came.
#[derive(Clone, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Raw(Box<RawValue>);

/// The wire formats that are spoken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Format {
    /// Anthropic Messages.
    Anthropic,
    /// OpenAI Responses.
    Responses,
    /// OpenAI Chat Completions, and all that are compatible.
    Chat,
    /// Gemini generateContent.
    Gemini,
}

/// Who answered. Raw blocks go back only to exactly this one: signatures and encrypted thinking are
/// bound to the model that made them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    pub format: Format,
    /// The provider's name in the configuration.
    pub provider: String,
    /// The model's name as it was asked for.
    pub model: String,
}

/// One answer of a model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Turn {
    pub origin: Origin,
    pub blocks: Vec<Block>,
    pub stop: Stop,
    pub usage: Usage,
    /// The provider's own id of the answer, for its support.
    pub answer_id: Option<String>,
}

/// A part of an answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Block {
    pub raw: Raw,
    pub view: View,
}

/// A block as we read it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum View {
    Text(String),
    /// What the model thought, as far as it is shown; empty when only the provider can read it.
    Thinking(String),
    Call(ToolCall),
    /// The model's own words why it will not.
    Refusal(String),
    /// A block that only its provider needs, by its type.
    Other(String),
}

/// A use of a tool that the model asks for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ToolCall {
    /// Names the call in this context. It is the provider's where that is usable and not taken yet.
    pub id: String,
    pub name: String,
    pub args: Args,
}

/// What a tool is called with.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Args {
    /// A JSON object, as the model wrote it.
    Object(Raw),
    /// What the model wrote is no JSON object, or was cut off.
    Broken(String),
}

/// Why an answer ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stop {
    /// The model has said what it wanted to say.
    Done,
    /// It waits for the results of its calls.
    Calls,
    /// The answer is as long as it was allowed to be.
    MaxTokens,
    /// One of the stop texts came.
    StopText,
    /// The provider paused a long turn: sent back as it is, it goes on.
    Paused,
    /// The model refused; with the provider's words, if there are any.
    Refused(String),
    /// A filter of the provider ended it.
    Filtered,
    /// The model's window is full.
    WindowFull,
    /// A reason that is not known here.
    Other(String),
}

/// Tokens of one answer. Input that was read from the provider's cache, or written to it, is
/// counted there and not in `input`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Usage {
    /// False when the server said nothing: the numbers are then 0 and mean nothing.
    pub is_reported: bool,
    pub input: u64,
    pub cache_read: u64,
    /// Written to the cache for a short time (5 minutes).
    pub cache_write: u64,
    /// Written to the cache for a long time (1 hour).
    pub cache_write_long: u64,
    /// Thinking included.
    pub output: u64,
    /// How much of the output was thinking, where that is said.
    pub thinking: u64,
}

/// A piece of an answer while it comes. `block` is its index in the turn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Delta {
    Text {
        block: usize,
        text: String,
    },
    Thinking {
        block: usize,
        text: String,
    },
    CallStarted {
        block: usize,
        name: String,
    },
    /// The next part of the call's arguments, as JSON that is not whole yet.
    CallArgs {
        block: usize,
        part: String,
    },
    /// What the server says was used so far.
    Used(Usage),
}

impl Usage {
    /// All that the model read.
    pub fn input_total(&self) -> u64 {
        let sum = self.input.saturating_add(self.cache_read);
        sum.saturating_add(self.cache_write).saturating_add(self.cache_write_long)
    }
}

impl std::ops::AddAssign for Usage {
    fn add_assign(&mut self, more: Self) {
        self.is_reported = self.is_reported || more.is_reported;
        self.input = self.input.saturating_add(more.input);
        self.cache_read = self.cache_read.saturating_add(more.cache_read);
        self.cache_write = self.cache_write.saturating_add(more.cache_write);
        self.cache_write_long = self.cache_write_long.saturating_add(more.cache_write_long);
        self.output = self.output.saturating_add(more.output);
        self.thinking = self.thinking.saturating_add(more.thinking);
    }
}

impl Turn {
    /// All that was said aloud.
    pub fn text(&self) -> String {
        let texts = self.blocks.iter().filter_map(|block| match &block.view {
            View::Text(text) => Some(text.as_str()),
            View::Thinking(_) | View::Call(_) | View::Refusal(_) | View::Other(_) => None,
        });
        texts.collect()
    }

    pub fn calls(&self) -> impl Iterator<Item = &ToolCall> {
        self.blocks.iter().filter_map(|block| match &block.view {
            View::Call(call) => Some(call),
            View::Text(_) | View::Thinking(_) | View::Refusal(_) | View::Other(_) => None,
        })
    }

    /// The turn without its thinking, for a context that was shortened: thinking is bound to what
    /// went before it.
    #[must_use]
    pub fn without_thinking(mut self) -> Self {
        self.blocks.retain(|block| !matches!(block.view, View::Thinking(_)));
        self
    }
}

impl Raw {
    /// Takes JSON as it is. `None`: it is none.
    pub fn parse(json: &str) -> Option<Self> {
        serde_json::from_str(json).ok().map(Self)
    }

    pub fn get(&self) -> &str {
        self.0.get()
    }

    pub(crate) fn of(value: &impl Serialize) -> Self {
        // What we serialise has string keys and finite numbers; `null` stands for what can't
        // happen.
        serde_json::value::to_raw_value(value)
            .map_or_else(|_| Self(RawValue::NULL.to_owned()), Self)
    }

    pub(crate) fn is_object(&self) -> bool {
        self.get().starts_with('{')
    }
}

impl Args {
    /// Arguments as a model wrote them; nothing at all is an empty object.
    pub(crate) fn parse(text: &str) -> Self {
        let text = text.trim();
        let text = if text.is_empty() { "{}" } else { text };
        match Raw::parse(text) {
            Some(raw) if raw.is_object() => Self::Object(raw),
            _ => Self::Broken(text.to_owned()),
        }
    }

    /// The JSON object to send back: broken ones as an empty object, as the result says what was
    /// wrong.
    pub(crate) fn json(&self) -> &str {
        match self {
            Self::Object(raw) => raw.get(),
            Self::Broken(_) => "{}",
        }
    }
}

impl From<Box<RawValue>> for Raw {
    fn from(raw: Box<RawValue>) -> Self {
        Self(raw)
    }
}

impl PartialEq for Raw {
    fn eq(&self, other: &Self) -> bool {
        self.get() == other.get()
    }
}

impl fmt::Debug for Raw {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.get())
    }
}
