//! What clients send and see to steer a task. Every field here is a promise to clients.

use serde::{Deserialize, Serialize};

/// `POST /v1/keys`: keys of model providers that a client found in its environment.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeysBody {
    /// By the names of their variables. They stay in the daemon's memory.
    pub variables: std::collections::BTreeMap<String, String>,
}

impl std::fmt::Debug for KeysBody {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("KeysBody").field("names", &self.variables.keys()).finish_non_exhaustive()
    }
}

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
