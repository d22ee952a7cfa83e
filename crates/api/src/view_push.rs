//! What a browser and the daemon say to each other so that it can be told while no page is open.

use serde::{Deserialize, Serialize};

/// `GET /v1/push`
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct PushView {
    /// By which a browser's push service knows this daemon, base64url.
    pub key: String,
}

/// `POST /v1/push`: a browser's own words from `PushManager.subscribe`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PushBody {
    pub endpoint: String,
    /// `keys.p256dh`, base64url.
    pub key: String,
    /// `keys.auth`, base64url.
    pub auth: String,
    pub language: PushLanguage,
    /// Whether it is told what a task is about, and not only that one needs its person.
    pub titles: bool,
}

/// Languages in which a browser's worker can say it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PushLanguage {
    En,
    De,
}

/// `POST /v1/push/remove` and `/v1/push/try`
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PushPlace {
    pub endpoint: String,
}
