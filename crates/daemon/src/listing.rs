//! What providers say which models a key may ask.
//!
//! They are asked when a person looks at the list, and when nothing else says which model of a
//! provider is meant. What one said is good for a while, what it failed to say for a moment.

use crate::clock;
use model::{Listed, ModelError, Server};
use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;
use tokio::sync::Mutex;
use tokio::time::Instant;

/// How long one is waited for.
const WAIT: Duration = Duration::from_secs(3);
const SAID_FOR: Duration = Duration::from_secs(600);
const FAILED_FOR: Duration = Duration::from_secs(20);

/// What is asked first of a provider whose models come and go, when it lists one: the beginnings of
/// names, the best first.
const PREFERRED: &[(&str, &[&str])] = &[
    ("openrouter", &["anthropic/claude-sonnet", "openrouter/auto"]),
    ("mistral", &["mistral-large", "mistral-medium", "magistral-medium", "mistral-"]),
    ("deepseek", &["deepseek-chat", "deepseek-v", "deepseek-"]),
    ("groq", &["openai/gpt-oss-120b", "moonshotai/kimi", "qwen/", "llama-"]),
    ("xai", &["grok-"]),
];

/// Parts of the names of models that do something else than answer in text.
const OTHER_WORK: &[&str] = &[
    "embed",
    "whisper",
    "tts",
    "dall-e",
    "moderation",
    "transcribe",
    "realtime",
    "audio",
    "image",
    "imagine",
    "sora",
    "veo",
    "ocr",
    "guard",
    "rerank",
    "speech",
    "babbage",
    "davinci",
    "voxtral",
    "video",
    "search-api",
    "instruct-beta",
];

type Said = Result<Vec<Listed>, ModelError>;

/// When it was heard, and what.
type Heard = Option<(Instant, Said)>;

/// By provider. Shared by all that ask.
#[derive(Debug, Default)]
pub(crate) struct Listing {
    heard: Mutex<BTreeMap<String, Arc<Mutex<Heard>>>>,
    /// What was last said of models, by provider and name.
    known: RwLock<BTreeMap<(String, String), Listed>>,
}

impl Listing {
    /// The models of one provider that answer in text, as it lists them.
    pub(crate) async fn of(&self, provider: &str, server: &Server) -> Said {
        let slot = Arc::clone(self.heard.lock().await.entry(provider.to_owned()).or_default());
        // Held while it is asked, so that many who look ask once.
        let mut slot = slot.lock().await;
        if let Some((heard, said)) = &*slot
            && heard.elapsed() < if said.is_ok() { SAID_FOR } else { FAILED_FOR }
        {
            return said.clone();
        }
        let said = match tokio::time::timeout(WAIT, server.models()).await {
            Ok(said) => {
                said.map(|all| self.note(provider, all.into_iter().filter(answers).collect()))
            }
            Err(_) => Err(ModelError::slow(provider)),
        };
        *slot = Some((Instant::now(), said.clone()));
        said
    }

    /// Keeps what a provider says of its models, with the day on which it did.
    pub(crate) fn note(&self, provider: &str, mut said: Vec<Listed>) -> Vec<Listed> {
        let today = clock::date(clock::now());
        for price in said.iter_mut().filter_map(|it| it.price.as_mut()) {
            price.as_of.clone_from(&today);
        }
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        known.retain(|(of, _), _| of != provider);
        let each = said.iter().map(|it| ((provider.to_owned(), it.id.clone()), it.clone()));
        known.extend(each);
        said
    }

    /// What a provider said last of one of its models.
    pub(crate) fn known(&self, provider: &str, model: &str) -> Option<Listed> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        known.get(&(provider.to_owned(), model.to_owned())).cloned()
    }

    /// Its key is another one.
    pub(crate) async fn forget(&self, provider: &str) {
        self.heard.lock().await.remove(provider);
    }
}

fn answers(model: &Listed) -> bool {
    let name = model.id.to_ascii_lowercase();
    !OTHER_WORK.iter().any(|part| name.contains(part))
}

/// The one to ask when nobody says which: the newest of the best family that is known, or else the
/// one that reads most.
pub(crate) fn best(provider: &str, listed: &[Listed]) -> Option<String> {
    let families = PREFERRED.iter().find(|(name, _)| *name == provider).map_or(&[][..], |it| it.1);
    let newest = |family: &&str| {
        // What follows a colon is a way to serve the same model.
        let of = listed.iter().filter(|it| it.id.starts_with(*family) && !it.id.contains(':'));
        of.max_by(|a, b| natural(&a.id).cmp(&natural(&b.id)))
    };
    let largest = || {
        // The first of equals, as the provider puts them.
        listed.iter().rev().max_by_key(|it| it.window.unwrap_or(0))
    };
    families.iter().find_map(newest).or_else(largest).map(|it| it.id.clone())
}

/// Orders names so that 10 follows 9, 4.1 follows 4, and a plain name or `latest` follows one with
/// a date or a word behind it.
fn natural(name: &str) -> Vec<(u64, String)> {
    let mut parts = vec![];
    let mut rest = name;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        let (number, after) = rest.split_at(digits);
        let words = after.find(|c: char| c.is_ascii_digit()).unwrap_or(after.len());
        let (word, after) = after.split_at(words);
        // Six digits and more are a day.
        let number = if digits >= 6 { 0 } else { number.parse().unwrap_or(0) };
        let word = match word {
            "." => "~~~".to_owned(),
            "" => "~~".to_owned(),
            word => word.replace("latest", "~"),
        };
        parts.push((number, word));
        rest = after;
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listed(names: &[(&str, u64)]) -> Vec<Listed> {
        let one = |(id, window): &(&str, u64)| Listed {
            id: (*id).to_owned(),
            window: (*window > 0).then_some(*window),
            output_tokens_max: None,
            price: None,
        };
        names.iter().map(one).collect()
    }

    #[test]
    fn the_newest_of_the_best_family_is_taken() {
        let cases: &[(&str, &[&str], &str)] = &[
            (
                "mistral",
                &["ministral-3b", "mistral-large-2411", "mistral-large-latest"],
                "mistral-large-latest",
            ),
            ("mistral", &["codestral-latest", "mistral-small-latest"], "mistral-small-latest"),
            (
                "openrouter",
                &[
                    "a/b",
                    "anthropic/claude-sonnet-9",
                    "anthropic/claude-sonnet-10",
                    "openrouter/auto",
                ],
                "anthropic/claude-sonnet-10",
            ),
            ("openrouter", &["a/b", "openrouter/auto"], "openrouter/auto"),
            ("xai", &["grok-3-mini", "grok-4", "grok-4-fast", "grok-3"], "grok-4"),
            ("xai", &["grok-4", "grok-4.1", "grok-4.1-fast"], "grok-4.1"),
            (
                "openrouter",
                &["anthropic/claude-sonnet-5", "anthropic/claude-sonnet-5:thinking"],
                "anthropic/claude-sonnet-5",
            ),
        ];
        for (provider, names, expected) in cases {
            let names: Vec<_> = names.iter().map(|it| (*it, 0)).collect();
            assert_eq!(best(provider, &listed(&names)).as_deref(), Some(*expected), "{names:?}");
        }
    }

    #[test]
    fn of_an_unknown_provider_the_one_that_reads_most_is_taken() {
        let all = listed(&[("small", 8_000), ("large", 200_000), ("large-too", 200_000)]);
        assert_eq!(best("mine", &all).as_deref(), Some("large"));
        assert_eq!(best("mine", &listed(&[("one", 0), ("two", 0)])).as_deref(), Some("one"));
        assert_eq!(best("mine", &[]), None);
    }

    #[test]
    fn what_does_not_answer_in_text_is_left_out() {
        let all = listed(&[("text-embedding-3-large", 0), ("whisper-1", 0), ("gpt-6", 0)]);
        let left: Vec<_> = all.into_iter().filter(answers).map(|it| it.id).collect();
        assert_eq!(left, ["gpt-6"]);
    }
}
