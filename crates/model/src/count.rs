//! How many tokens a context has: counted by the provider where it does, else estimated.

use crate::context::Context;
use crate::dialect::Dialect;
use crate::error::{Kind, ModelError};
use crate::limits::{
    BYTES_PER_TOKEN_ESTIMATE, LIST_BYTES_MAX, QUESTION_TIMEOUT, TOKENS_PER_IMAGE_ESTIMATE,
};
use crate::message::Settings;
use crate::server::Server;
use crate::turn::Format;
use crate::url::Path;
use serde_json::Value;

/// A number of tokens, and whether it is only an estimate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Count {
    pub tokens: u64,
    pub is_estimate: bool,
}

impl Context {
    /// About how many tokens this is: a third of the bytes of the request, pictures apart. English
    /// prose has 4 bytes for a token, code and JSON 3, so this rather counts too many.
    pub fn estimate(&mut self, dialect: &Dialect) -> Count {
        let (images, image_bytes) = self.images();
        let bytes = self.body_bytes(dialect) as u64;
        let image_bytes = if dialect.quirks.images { image_bytes } else { 0 };
        let text = bytes.saturating_sub(image_bytes).div_ceil(BYTES_PER_TOKEN_ESTIMATE);
        let tokens = text + images * TOKENS_PER_IMAGE_ESTIMATE;
        Count { tokens, is_estimate: true }
    }
}

impl Server {
    /// Asks the provider how many tokens a request has, where it tells; else estimates.
    pub async fn count(
        &self,
        dialect: &Dialect,
        context: &mut Context,
        settings: &Settings,
    ) -> Result<Count, ModelError> {
        if dialect.format == Format::Chat {
            return Ok(context.estimate(dialect));
        }
        let body = context.count_body(dialect, settings);
        let asked = self.ask_count(dialect, body).await;
        match asked {
            Ok(tokens) => Ok(Count { tokens, is_estimate: false }),
            // Servers that are only compatible rarely have this path.
            Err(error)
                if matches!(
                    error.kind,
                    Kind::NotFound | Kind::WrongContentType | Kind::Malformed
                ) =>
            {
                Ok(context.estimate(dialect))
            }
            Err(error) => Err(self.finish_error(error)),
        }
    }

    async fn ask_count(&self, dialect: &Dialect, body: Vec<u8>) -> Result<u64, ModelError> {
        let request = self.post(&Path::Count { model: &dialect.model }, body);
        let mut response = self.send(request, QUESTION_TIMEOUT).await?;
        let text = self.rest(&mut response, Vec::new(), LIST_BYTES_MAX).await?;
        let said: Value = serde_json::from_str(&text).unwrap_or_default();
        let number = said.get("input_tokens").or_else(|| said.get("totalTokens"));
        number.and_then(Value::as_u64).ok_or_else(|| {
            ModelError::new(Kind::Malformed, "the count of tokens has no number").with_raw(&text)
        })
    }
}
