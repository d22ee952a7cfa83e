//! Which models a server has, and whether one of them answers.

use crate::catalogue::Price;
use crate::context::Context;
use crate::dialect::Dialect;
use crate::error::{Kind, ModelError, one_line};
use crate::limits::{LIST_BYTES_MAX, LIST_MODELS_MAX, NAME_BYTES_MAX, QUESTION_TIMEOUT};
use crate::message::{Cache, Head, Message, Settings};
use crate::server::Server;
use crate::turn::Turn;
use crate::url::Path;
use serde_json::Value;
use std::time::Duration;

/// A model as its server lists it.
#[derive(Debug, Clone, PartialEq)]
pub struct Listed {
    pub id: String,
    /// Tokens of input, where the server says so.
    pub window: Option<u64>,
    pub output_tokens_max: Option<u64>,
    /// Where the server says so, as OpenRouter does. Its source is the list; whoever asked for it
    /// adds the day.
    pub price: Option<Price>,
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
            let source = self.address(&Path::Models);
            let each = |model| listed(model, &source);
            Ok(list.iter().take(LIST_MODELS_MAX).filter_map(each).collect())
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

fn listed(model: &Value, source: &str) -> Option<Listed> {
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
        price: model.get("pricing").and_then(|pricing| price(pricing, source)),
        id,
    })
}

/// OpenRouter's form, which others took over: US dollars for one token, as texts. `None`: it is not
/// told, it varies (told as -1), or a request costs something by itself.
/// Source: openrouter.ai/docs/api-reference/list-available-models, 2026-11.
fn price(pricing: &Value, source: &str) -> Option<Price> {
    let told = |key: &str| match pricing.get(key)? {
        Value::String(text) => text.trim().parse::<f64>().ok(),
        other => other.as_f64(),
    };
    // What is a binary fraction by now is a short decimal one again.
    let million = |one: f64| (one * 1e12).round() / 1e6;
    let price = Price {
        input: million(told("prompt")?),
        output: million(told("completion")?),
        cache_read: told("input_cache_read").map(million),
        cache_write: told("input_cache_write").map(million),
        cache_write_long: None,
        long: None,
        unknown_over: None,
        as_of: String::new(),
        source: source.to_owned(),
    };
    let is_whole = told("request").is_none_or(|it| it == 0.0);
    (is_whole && price.is_sane()).then_some(price)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prices_are_taken_as_they_are_told() {
        let of = |json: &str| {
            let model = format!(r#"{{"id":"a/b","pricing":{json}}}"#);
            let model: Value = serde_json::from_str(&model).unwrap();
            let price = listed(&model, "https://a.example/models").unwrap().price?;
            Some((price.input, price.output, price.cache_read, price.cache_write))
        };
        let cases = [
            (r#"{"prompt":"0.000003","completion":"0.000015"}"#, Some((3.0, 15.0, None, None))),
            (
                r#"{"prompt":"0.0000003","completion":1.2e-6,"request":"0","image":"0.1",
                    "input_cache_read":"0.00000003","input_cache_write":"0.000000375"}"#,
                Some((0.3, 1.2, Some(0.03), Some(0.375))),
            ),
            (r#"{"prompt":"0","completion":"0"}"#, Some((0.0, 0.0, None, None))),
            (r#"{"prompt":"-1","completion":"-1"}"#, None),
            (r#"{"prompt":"0.1","completion":"0.1","request":"0.01"}"#, None),
            (r#"{"prompt":"0.000003"}"#, None),
            (r#"{"prompt":"cheap","completion":"0"}"#, None),
            (r#"{"prompt":"NaN","completion":"0"}"#, None),
            (r#""free""#, None),
        ];
        for (json, expected) in cases {
            assert_eq!(of(json), expected, "{json}");
        }
    }
}
