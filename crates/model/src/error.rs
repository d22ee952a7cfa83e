//! What can go wrong with a model: one list of kinds for all providers, each with words for people.
//!
//! Nothing here is tried again by this crate: that is the loop's to decide, which knows what was
//! already done and has to write it down.

use crate::limits::{ERROR_RAW_BYTES_MAX, WORDS_CHARS_MAX};
use crate::secret::{Secret, SecretError};
use crate::turn::Usage;
use std::fmt;
use std::time::Duration;

/// What kind of thing went wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// The address, a header, a certificate or the way to the key is wrong; nothing was sent.
    Setup,
    /// The key is missing, wrong, or may not do this.
    Auth,
    /// The provider does not know the model, or the address.
    NotFound,
    /// The provider refuses the request as it is formed.
    BadRequest,
    /// The context is longer than the model can read.
    TooLong,
    /// Too many requests or tokens in a span of time.
    RateLimited,
    /// The provider has too much to do.
    Overloaded,
    /// The account has no money or quota left.
    Budget,
    /// The provider will not answer this for reasons of its rules.
    Refused,
    /// The provider failed in itself.
    Broken,
    /// The answer ended in the middle.
    Cut,
    /// The answer is not what the format says.
    Malformed,
    /// Something else answered: a proxy's page, another program.
    WrongContentType,
    /// Nothing came for too long.
    Timeout,
    /// The server could not be reached.
    Network,
}

/// Why a model did not answer.
#[derive(Debug, Clone, thiserror::Error, serde::Serialize, serde::Deserialize)]
#[error("{}", self.what())]
pub struct ModelError {
    pub kind: Kind,
    /// Who was asked: the provider's name in the configuration, for the sentences.
    pub provider: String,
    /// The time that the server itself asks to wait.
    pub retry_after: Option<Duration>,
    /// The HTTP status, when there was one.
    pub status: Option<u16>,
    /// The server's own words, or what the system said: one line, bounded, without the key.
    pub words: String,
    /// The beginning of the body that this was read from, for the diagnostic log.
    pub raw: String,
    /// What the answer had cost when it failed, as far as the server had said so.
    pub usage: Box<Usage>,
}

impl ModelError {
    pub(crate) fn new(kind: Kind, words: impl AsRef<str>) -> Self {
        Self {
            kind,
            provider: String::new(),
            retry_after: None,
            status: None,
            words: one_line(words.as_ref()),
            raw: String::new(),
            usage: Box::default(),
        }
    }

    /// Of a provider for which no key and no server was found.
    pub fn unset(provider: &str) -> Self {
        let error = Self::new(Kind::Auth, "no key for it is in the daemon's environment");
        Self { provider: provider.to_owned(), ..error }
    }

    /// Of a model that may not be asked here: nothing was sent.
    pub fn forbidden(provider: &str, why: impl AsRef<str>) -> Self {
        Self { provider: provider.to_owned(), ..Self::new(Kind::Setup, why) }
    }

    /// Of a provider that was given up on.
    pub fn slow(provider: &str) -> Self {
        let error = Self::new(Kind::Timeout, "no answer came in the time that a test has");
        Self { provider: provider.to_owned(), ..error }
    }

    pub(crate) fn with_raw(mut self, raw: &str) -> Self {
        self.raw = cut(raw, ERROR_RAW_BYTES_MAX).to_owned();
        self
    }

    pub(crate) fn with_status(mut self, status: u16) -> Self {
        self.status = Some(status);
        self
    }

    /// Takes the key out of all that a server said, as some repeat it.
    pub(crate) fn without(mut self, key: Option<&Secret>) -> Self {
        if let Some(key) = key {
            self.words = key.cut_out_of(&self.words);
            self.raw = key.cut_out_of(&self.raw);
        }
        self
    }

    /// Whether asking again, unchanged, can help. An answer that was cut has cost money, so the
    /// loop counts it; it has done nothing else, as a call of a tool is only done when it is whole.
    pub fn is_retry_safe(&self) -> bool {
        match self.kind {
            Kind::RateLimited
            | Kind::Overloaded
            | Kind::Broken
            | Kind::Cut
            | Kind::Malformed
            | Kind::WrongContentType
            | Kind::Timeout
            | Kind::Network => true,
            Kind::Setup
            | Kind::Auth
            | Kind::NotFound
            | Kind::BadRequest
            | Kind::TooLong
            | Kind::Budget
            | Kind::Refused => false,
        }
    }

    /// What happened, as a sentence for a person.
    pub fn what(&self) -> String {
        let who = if self.provider.is_empty() { "the model's server" } else { &self.provider };
        match self.kind {
            Kind::Setup => format!("{who} can't be asked: its settings are wrong"),
            Kind::Auth => format!("{who} did not accept the key"),
            Kind::NotFound => format!("{who} does not know this model"),
            Kind::BadRequest => format!("{who} did not accept the request"),
            Kind::TooLong => format!("the task has become longer than the model of {who} can read"),
            Kind::RateLimited => format!("{who} limits how much may be asked at a time"),
            Kind::Overloaded => format!("{who} has too much to do at the moment"),
            Kind::Budget => format!("the account at {who} has no money or quota left"),
            Kind::Refused => format!("{who} refuses to answer this"),
            Kind::Broken => format!("{who} has a fault of its own"),
            Kind::Cut => format!("the answer of {who} ended in the middle"),
            Kind::Malformed => format!("the answer of {who} can't be understood"),
            Kind::WrongContentType => format!("something else answered in place of {who}"),
            Kind::Timeout => format!("{who} did not answer in time"),
            Kind::Network => format!("{who} can't be reached"),
        }
    }

    /// Why, as far as it is known: the server's own words.
    pub fn why(&self) -> String {
        let status = self.status.map(|status| format!("HTTP {status}"));
        match (status, self.words.is_empty()) {
            (Some(status), true) => format!("the server said {status} and nothing else"),
            (Some(status), false) => format!("the server said ({status}): {}", self.words),
            (None, false) => self.words.clone(),
            (None, true) => "the server did not say why".to_owned(),
        }
    }

    /// What to do next, as a sentence for a person.
    pub fn next(&self) -> String {
        let wait = self.retry_after.map(|wait| format!("wait {}", in_words(wait)));
        let wait = wait.unwrap_or_else(|| "wait a little".to_owned());
        match self.kind {
            Kind::Setup => "correct the provider's settings".to_owned(),
            Kind::Auth => "check the key and where it is read from".to_owned(),
            Kind::NotFound => "choose a model from the provider's list".to_owned(),
            Kind::BadRequest => {
                "try another model; if it stays so, report this with the diagnostic log".to_owned()
            }
            Kind::TooLong => "use a model with a larger window, or a smaller task".to_owned(),
            Kind::RateLimited => format!("{wait} and go on, or use another model"),
            Kind::Overloaded | Kind::Broken => format!("{wait} and go on, or use another model"),
            Kind::Budget => "top up the account at the provider, or use another model".to_owned(),
            Kind::Refused => "put it in other words, or use another model".to_owned(),
            Kind::Cut | Kind::Malformed => "go on: asking again usually helps".to_owned(),
            Kind::WrongContentType => {
                "check the address, and whether a proxy or a login page is in between".to_owned()
            }
            Kind::Timeout => "go on, or use another model".to_owned(),
            Kind::Network => "check the connection and the address of the server".to_owned(),
        }
    }
}

impl From<SecretError> for ModelError {
    fn from(error: SecretError) -> Self {
        Self::new(Kind::Auth, error.to_string())
    }
}

/// One line of bounded length, without control characters or text that turns around.
pub(crate) fn one_line(text: &str) -> String {
    let is_odd = |letter: char| {
        letter.is_control()
            || matches!(letter, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}')
            || matches!(letter, '\u{2060}'..='\u{206f}' | '\u{feff}')
    };
    let plain: String = text
        .chars()
        .take(WORDS_CHARS_MAX * 4)
        .map(|it| if is_odd(it) { ' ' } else { it })
        .collect();
    let joined = plain.split_whitespace().collect::<Vec<_>>().join(" ");
    if joined.chars().count() <= WORDS_CHARS_MAX {
        return joined;
    }
    joined.chars().take(WORDS_CHARS_MAX).chain(['…']).collect()
}

/// At most this many bytes, cut between letters.
pub(crate) fn cut(text: &str, bytes_max: usize) -> &str {
    let mut end = text.len().min(bytes_max);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

fn in_words(wait: Duration) -> String {
    let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
    match seconds {
        0..=1 => "a second".to_owned(),
        2..=119 => format!("{seconds} seconds"),
        120..=7199 => format!("{} minutes", seconds.div_ceil(60)),
        _ => format!("{} hours", seconds.div_ceil(3600)),
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match self {
            Self::Setup => "setup",
            Self::Auth => "auth",
            Self::NotFound => "not-found",
            Self::BadRequest => "bad-request",
            Self::TooLong => "too-long",
            Self::RateLimited => "rate-limited",
            Self::Overloaded => "overloaded",
            Self::Budget => "budget",
            Self::Refused => "refused",
            Self::Broken => "broken",
            Self::Cut => "cut",
            Self::Malformed => "malformed",
            Self::WrongContentType => "wrong-content-type",
            Self::Timeout => "timeout",
            Self::Network => "network",
        };
        out.write_str(name)
    }
}
