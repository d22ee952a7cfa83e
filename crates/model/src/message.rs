//! What a model is sent: the person's words, pictures, results of tools, and its own earlier turns.

use crate::turn::{Raw, Turn};
use serde::{Deserialize, Serialize};

/// One message of a context, in order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Message {
    /// From this side: results of calls first, then words and pictures.
    User(Vec<Part>),
    /// From a model, not always the one that is asked now.
    Model(Box<Turn>),
}

/// A part of what this side says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Part {
    Text(String),
    Image(Image),
    Result(ToolResult),
}

/// A picture.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Image {
    /// `image/png`, `image/jpeg`, `image/webp` or `image/gif`.
    pub media_type: String,
    /// The picture in base64.
    pub base64: String,
}

/// How a call ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToolResult {
    /// The call's id as the turn has it.
    pub call: String,
    pub text: String,
    #[serde(default)]
    pub images: Vec<Image>,
    /// The text says so too: in two of the formats there is nothing else that does.
    pub is_error: bool,
}

/// A tool that the model may call.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ToolSpec {
    /// Letters, digits, `_` and `-`, at most 64: what all providers take.
    pub name: String,
    pub description: String,
    /// A JSON Schema of an object.
    pub schema: Raw,
}

/// What stands before the messages and never changes in a task, so that it is read from the cache.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Head {
    /// The instructions, the most stable part first.
    pub system: Vec<String>,
    pub tools: Vec<ToolSpec>,
}

/// How one answer is asked for.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Settings {
    /// `None`: what the catalogue says the model can do.
    pub output_tokens_max: Option<u64>,
    pub effort: Effort,
    pub choice: ToolChoice,
    pub stop_texts: Vec<String>,
    pub cache: Cache,
    /// The same for all requests of a task, so that they meet the same cache (OpenAI).
    pub cache_key: Option<String>,
    /// Fields that the person's configuration adds to the request, as a JSON object.
    pub extra: Option<Raw>,
}

/// How much a model should think.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Effort {
    /// As the provider has it when nothing is said.
    #[default]
    Standard,
    Off,
    Low,
    Medium,
    High,
    Max,
}

/// Whether the model has to call a tool.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ToolChoice {
    #[default]
    Auto,
    None,
    Any,
    Named(String),
}

/// How long the provider should keep what it has read, where that can be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Cache {
    Off,
    /// Five minutes.
    #[default]
    Short,
    /// An hour, at a higher price.
    Long,
}

impl Image {
    /// A picture from its bytes.
    pub fn new(media_type: &str, bytes: &[u8]) -> Self {
        let base64 = data_encoding::BASE64.encode(bytes);
        Self { media_type: media_type.to_owned(), base64 }
    }

    /// Its bytes; `None`: they are no base64.
    pub fn bytes(&self) -> Option<Vec<u8>> {
        data_encoding::BASE64.decode(self.base64.as_bytes()).ok()
    }
}

impl Message {
    /// The person's words.
    pub fn text(text: impl Into<String>) -> Self {
        Self::User(vec![Part::Text(text.into())])
    }
}
