//! Whom a request is written for: a format, and the ways in which this provider and model differ.

use crate::turn::{Format, Origin};
use serde::{Deserialize, Serialize};

/// A format, a model, and its peculiarities.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dialect {
    pub format: Format,
    /// The provider's name in the configuration.
    pub provider: String,
    /// The model's name as the provider has it.
    pub model: String,
    pub quirks: Quirks,
}

/// Ways in which a provider or a model differs. They are data: see `models.toml`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Quirks {
    pub thinking: Thinking,
    /// Whether pictures can be sent; without, a note stands in their place.
    pub images: bool,
    /// Whether a tool can be forced; without, the wish is left out.
    pub forced_tools: bool,
    /// Chat: the limit is called `max_tokens` and not `max_completion_tokens`.
    pub max_tokens_field: bool,
    /// Chat: the usage at the end of a stream has to be asked for.
    pub stream_usage: bool,
    /// Chat: thinking goes back in the field in which it came.
    pub echo_thinking: bool,
    /// OpenAI: `prompt_cache_key` is known.
    pub cache_key: bool,
    /// Anthropic: the moving mark of the cache is one field at the top; without, it is in the
    /// blocks.
    pub cache_at_top: bool,
    /// Anthropic: marks of the cache are known at all.
    pub cache_marks: bool,
    /// Mistral: ids of calls have exactly nine letters or digits.
    pub call_ids_of_nine: bool,
    /// Gemini 3: a call needs a signature, and pictures are part of a result.
    pub signed_calls: bool,
    /// Known limit of an answer.
    pub output_tokens_max: Option<u64>,
}

/// How a model is told to think.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Thinking {
    /// Nothing is known: nothing is sent unless an effort is asked for.
    #[default]
    Unknown,
    /// The model can't, and fails if it is told to.
    Never,
    /// Anthropic up to 4.5, Gemini 2.5: a number of tokens.
    Budget,
    /// Anthropic from 4.6: `adaptive` and an effort.
    Adaptive,
    /// Anthropic models that can't be told not to think.
    Always,
    /// OpenAI's effort, Gemini's level.
    Effort,
}

impl Default for Quirks {
    fn default() -> Self {
        Self {
            thinking: Thinking::Unknown,
            images: true,
            forced_tools: true,
            max_tokens_field: true,
            stream_usage: true,
            echo_thinking: true,
            cache_key: false,
            cache_at_top: false,
            cache_marks: true,
            call_ids_of_nine: false,
            signed_calls: false,
            output_tokens_max: None,
        }
    }
}

impl Dialect {
    pub fn new(format: Format, provider: &str, model: &str) -> Self {
        let quirks = Quirks::default();
        Self { format, provider: provider.to_owned(), model: model.to_owned(), quirks }
    }

    /// Who a turn is from, if this one answers.
    pub(crate) fn origin(&self) -> Origin {
        Origin { format: self.format, provider: self.provider.clone(), model: self.model.clone() }
    }

    /// Whether raw blocks of that origin may go back to this one.
    pub(crate) fn made(&self, origin: &Origin) -> bool {
        self.format == origin.format
            && self.provider == origin.provider
            && self.model == origin.model
    }
}
