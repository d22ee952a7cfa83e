//! Which models a server has, and whether one of them answers.

use crate::context::Context;
use crate::dialect::Dialect;
use crate::error::{Kind, ModelError, one_line};
use crate::limits::{LIST_BYTES_MAX, LIST_MODELS_MAX, NAME_BYTES_MAX, QUESTION_TIMEOUT};
use crate::message::{Cache, Head, Message, Settings};
use crate::server::Server;
use crate::turn::Turn;
use crate::url::Path;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::time::Duration;

/// A model as its server lists it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listed {
    pub id: String,
    /// Tokens of input, where the server says so.
    pub window: Option<u64>,
    pub output_tokens_max: Option<u64>,
}

/// Enough for a model that thinks before it says a word.
const TEST_TOKENS: u64 = 1024;

impl Server {
    /// The models that can be asked, as the server tells.
    pub async fn models(&self) -> Result<Vec<Listed>, ModelError> {
        self.models_within(QUESTION_TIMEOUT).await
    }

    pub(crate) async fn models_within(&self, wait: Duration) -> Result<Vec<Listed>, ModelError> {
        let asked = async {
            let mut response = self.send(self.get(&Path::Models), wait).await?;
            let text = self.rest(&mut response, Vec::new(), LIST_BYTES_MAX).await?;
            let none = || {
                ModelError::new(Kind::WrongContentType, "what answered has no list of models")
                    .with_raw(&text)
            };
            let said: Value = serde_json::from_str(&text).map_err(|_| none())?;
            let list = said.get("data").or_else(|| said.get("models")).unwrap_or(&said);
            let list = list.as_array().ok_or_else(none)?;
            Ok(list.iter().take(LIST_MODELS_MAX).filter_map(listed).collect())
        };
        let slow = |_| ModelError::new(Kind::Timeout, "the list of models did not come in time");
        let asked = tokio::time::timeout(wait, asked).await.map_err(slow).flatten();
        asked.map_err(|error| self.finish_error(error))
    }

    /// Asks a model for one word: whether key, address and model fit. Costs a few tokens.
    pub async fn test(&self, dialect: &Dialect) -> Result<Turn, ModelError> {
        let mut context = Context::new(Head::default());
        context.push(Message::text("Answer with the word OK and nothing else."));
        let settings = Settings {
            output_tokens_max: Some(TEST_TOKENS),
            cache: Cache::Off,
            ..Settings::default()
        };
        self.answer(dialect, &mut context, &settings, &mut |_| {}).await
    }
}

fn listed(model: &Value) -> Option<Listed> {
    let text = |key: &str| model.get(key).and_then(Value::as_str);
    let id = text("id").or_else(|| text("name"))?;
    // Gemini lists what can't answer, too.
    let methods = model.get("supportedGenerationMethods").and_then(Value::as_array);
    if methods.is_some_and(|all| !all.iter().any(|it| it == "generateContent")) {
        return None;
    }
    let id = one_line(id.strip_prefix("models/").unwrap_or(id));
    let number =
        |keys: &[&str]| keys.iter().find_map(|key| model.get(*key).and_then(Value::as_u64));
    let window = ["context_length", "max_model_len", "max_input_tokens", "inputTokenLimit"];
    (!id.is_empty() && id.len() <= NAME_BYTES_MAX).then(|| Listed {
        window: number(&window),
        output_tokens_max: number(&["max_tokens", "outputTokenLimit", "max_output_tokens"]),
        id,
    })
}
