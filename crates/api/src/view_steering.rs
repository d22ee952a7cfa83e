//! What clients send and see to steer a task. Every field here is a promise to clients.

use serde::{Deserialize, Serialize};

/// `POST /v1/tasks/{id}/model`
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SwitchBody {
    /// As PROVIDER/MODEL or a part of it.
    pub model: String,
}

/// `POST /v1/tasks/{id}/asides`: a question that the task itself never hears of.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AsideBody {
    pub question: String,
}

/// The answer to a question on the side.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct AsideView {
    pub answer: String,
    /// Millionths of a US dollar, counted in the task's budget; `None`: the price is not known.
    pub cost_usd_micros: Option<u64>,
    pub tokens: task::TokenUse,
}
