//! What is known about models: windows, limits, prices with their date and source, and quirks.
//!
//! It is data: `models.toml` beside this file, and a file of the person's own, whose entries come
//! first. A model that is not in it works, too; its price is then unknown, and is said to be.

use crate::dialect::{Dialect, Quirks};
use crate::secret::KeySource;
use crate::turn::{Format, Usage};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// Millionths of a US dollar.
pub type Micros = u64;

/// All that is known.
#[derive(Debug, Clone)]
pub struct Catalogue {
    providers: Vec<Provider>,
    /// A person's own first.
    entries: Vec<Entry>,
    own_count: usize,
    /// Addresses of what is built in, by name.
    usual: BTreeMap<String, String>,
}

/// A provider, and how its key is usually named.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Provider {
    pub name: String,
    pub format: Format,
    pub base_url: String,
    #[serde(default)]
    pub key_variables: Vec<String>,
    /// A variable with another address.
    pub base_variable: Option<String>,
    /// Where a person's own file says the key is; it comes before the variables.
    #[serde(skip)]
    pub key: Option<KeySource>,
    #[serde(default)]
    pub quirks: toml::Table,
}

/// A model, or a family whose names begin alike.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// The provider's name; `*`: whoever serves it.
    pub provider: String,
    /// The model's name; with `*` at its end, all that begin so.
    pub id: String,
    /// Tokens that the model can read.
    pub window: Option<u64>,
    pub output_tokens_max: Option<u64>,
    pub price: Option<Price>,
    #[serde(default)]
    pub quirks: toml::Table,
}

/// Prices in US dollars for a million tokens.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Price {
    pub input: f64,
    pub output: f64,
    /// `None`: as input.
    pub cache_read: Option<f64>,
    /// `None`: as input.
    pub cache_write: Option<f64>,
    /// `None`: as `cache_write`.
    pub cache_write_long: Option<f64>,
    /// For a request with more input than this, the prices below hold.
    pub long: Option<LongPrice>,
    /// For a request with more input than this, the price is another one, which is not known here.
    pub unknown_over: Option<u64>,
    /// The day on which the source said so.
    pub as_of: String,
    /// The provider's own page.
    pub source: String,
}

/// Prices of a request that is long.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LongPrice {
    pub over: u64,
    pub input: f64,
    pub output: f64,
    pub cache_read: Option<f64>,
    pub cache_write: Option<f64>,
    pub cache_write_long: Option<f64>,
}

/// Why a catalogue can't be used.
#[derive(Debug, thiserror::Error)]
pub enum CatalogueError {
    #[error("the list of models is not as it has to be: {0}")]
    Form(#[from] toml::de::Error),
    #[error("the key of {provider} needs either a `command` or a `file`")]
    KeyForm { provider: String },
    #[error("a key is said to be of {provider}, which is no provider that is known")]
    KeyOf { provider: String },
    #[error("the model {id} has a price that is no number of dollars")]
    Price { id: String },
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    provider: Vec<Provider>,
    #[serde(default)]
    model: Vec<Entry>,
    #[serde(default)]
    key: Vec<Key>,
}

/// Where the key of a provider is, in a person's own words.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Key {
    provider: String,
    /// A program that prints it, and its arguments: a password manager, or a keyring's.
    #[serde(default)]
    command: Vec<String>,
    file: Option<PathBuf>,
    /// Another address of the provider.
    base_url: Option<String>,
}

const BUILT_IN: &str = include_str!("models.toml");

impl Catalogue {
    /// What is built in, after what a person's own file says.
    pub fn parse(own: Option<&str>) -> Result<Self, CatalogueError> {
        let mut all = Self {
            providers: Vec::new(),
            entries: Vec::new(),
            own_count: 0,
            usual: BTreeMap::new(),
        };
        let own = own.map(|text| (text, true));
        let mut keys = Vec::new();
        for (text, is_own) in own.into_iter().chain([(BUILT_IN, false)]) {
            let file: File = toml::from_str(text)?;
            for entry in &file.model {
                quirks_of([&entry.quirks])?;
                if entry.price.as_ref().is_some_and(|price| !price.is_sane()) {
                    return Err(CatalogueError::Price { id: entry.id.clone() });
                }
            }
            for provider in file.provider {
                quirks_of([&provider.quirks])?;
                if !is_own {
                    all.usual.insert(provider.name.clone(), provider.base_url.clone());
                }
                if !all.providers.iter().any(|it| it.name == provider.name) {
                    all.providers.push(provider);
                }
            }
            all.entries.extend(file.model);
            keys.extend(file.key);
            if is_own {
                all.own_count = all.entries.len();
            }
        }
        keys.into_iter().try_for_each(|key| all.take_key(key))?;
        Ok(all)
    }

    fn take_key(&mut self, key: Key) -> Result<(), CatalogueError> {
        let Key { provider, command, file, base_url } = key;
        let Some(of) = self.providers.iter_mut().find(|it| it.name == provider) else {
            return Err(CatalogueError::KeyOf { provider });
        };
        if let Some(base_url) = base_url {
            of.base_url = base_url;
            of.base_variable = None;
        }
        of.key = Some(match (command.split_first(), file) {
            (Some((program, args)), None) => {
                KeySource::Command { program: program.into(), args: args.to_vec() }
            }
            (None, Some(path)) => KeySource::File(path),
            (Some(_), Some(_)) | (None, None) => return Err(CatalogueError::KeyForm { provider }),
        });
        Ok(())
    }

    /// The address that is built in for a provider of this name, whatever a person's file says.
    pub fn usual_address(&self, provider: &str) -> Option<&str> {
        self.usual.get(provider).map(String::as_str)
    }

    pub fn providers(&self) -> &[Provider] {
        &self.providers
    }

    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// What is known of a model: a person's own entries before ours, and in each list an exact name
    /// before the first beginning that fits.
    pub fn find(&self, provider: &str, model: &str) -> Option<&Entry> {
        let of = |entry: &&Entry| entry.provider == provider || entry.provider == "*";
        let begins = |entry: &&Entry| {
            entry.id.strip_suffix('*').is_some_and(|begin| model.starts_with(begin))
        };
        let (own, built_in) = self.entries.split_at(self.own_count);
        [own, built_in].into_iter().find_map(|list| {
            let exact = list.iter().filter(of).find(|entry| entry.id == model);
            exact.or_else(|| list.iter().filter(of).find(begins))
        })
    }

    /// Whether a model is known to see pictures: where nobody says so, the models of the formats do
    /// that only large providers serve.
    pub fn sees(&self, provider: &str, model: &str) -> bool {
        let maker = self.providers.iter().find(|it| it.name == provider);
        let format = maker.map_or(Format::Chat, |it| it.format);
        self.sees_as(format, provider, model)
    }

    fn sees_as(&self, format: Format, provider: &str, model: &str) -> bool {
        let maker = self.providers.iter().find(|it| it.name == provider);
        let entry = self.find(provider, model);
        let tables = [entry.map(|it| &it.quirks), maker.map(|it| &it.quirks)];
        let said = tables.into_iter().flatten().find_map(|it| it.get("images")?.as_bool());
        said.unwrap_or(match format {
            Format::Anthropic | Format::Responses | Format::Gemini => true,
            Format::Chat => false,
        })
    }

    /// Whom requests for this model are written for.
    pub fn dialect(&self, format: Format, provider: &str, model: &str) -> Dialect {
        let maker = self.providers.iter().find(|it| it.name == provider);
        let entry = self.find(provider, model);
        let tables = maker.map(|it| &it.quirks).into_iter().chain(entry.map(|it| &it.quirks));
        let mut dialect = Dialect::new(format, provider, model);
        // They were parsed when the catalogue was.
        dialect.quirks = quirks_of(tables).unwrap_or_default();
        dialect.quirks.images = self.sees_as(format, provider, model);
        let known = entry.and_then(|it| it.output_tokens_max);
        dialect.quirks.output_tokens_max = dialect.quirks.output_tokens_max.or(known);
        dialect
    }

    /// What an answer cost. `None`: the price, or what was used, is unknown.
    pub fn cost(&self, provider: &str, model: &str, usage: &Usage) -> Option<Micros> {
        self.find(provider, model)?.price.as_ref()?.of(usage)
    }
}

/// Later tables win, field by field.
fn quirks_of<'a>(
    tables: impl IntoIterator<Item = &'a toml::Table>,
) -> Result<Quirks, toml::de::Error> {
    let mut all = toml::Table::new();
    for table in tables {
        all.extend(table.iter().map(|(key, value)| (key.clone(), value.clone())));
    }
    all.try_into()
}

impl Price {
    /// The cost of an answer. `None`: the server did not say what it used, or it is too long for
    /// the prices that are known.
    pub fn of(&self, usage: &Usage) -> Option<Micros> {
        let is_unknown = self.unknown_over.is_some_and(|over| usage.input_total() > over);
        if !usage.is_reported || is_unknown {
            return None;
        }
        let long = self.long.as_ref().filter(|long| usage.input_total() > long.over);
        let (input, output, read, write, write_long) = match long {
            None => {
                let Self { input, output, cache_read, cache_write, cache_write_long, .. } = self;
                (*input, *output, *cache_read, *cache_write, *cache_write_long)
            }
            Some(it) => (it.input, it.output, it.cache_read, it.cache_write, it.cache_write_long),
        };
        let write = write.unwrap_or(input);
        let parts = [
            (usage.input, input),
            (usage.output, output),
            (usage.cache_read, read.unwrap_or(input)),
            (usage.cache_write, write),
            (usage.cache_write_long, write_long.unwrap_or(write)),
        ];
        // A dollar for a million tokens is a millionth for one; counted in thousandths of that.
        let sum: u128 =
            parts.iter().map(|(tokens, price)| u128::from(*tokens) * nanos(*price)).sum();
        Some(u64::try_from(sum.div_ceil(1000)).unwrap_or(u64::MAX))
    }

    pub(crate) fn is_sane(&self) -> bool {
        let long = self.long.iter().flat_map(|it| {
            [Some(it.input), Some(it.output), it.cache_read, it.cache_write, it.cache_write_long]
        });
        let here = [
            Some(self.input),
            Some(self.output),
            self.cache_read,
            self.cache_write,
            self.cache_write_long,
        ];
        here.into_iter().chain(long).flatten().all(|it| (0.0..1_000_000.0).contains(&it))
    }
}

/// Dollars for a million tokens as thousandths of a millionth of a dollar for one.
fn nanos(price: f64) -> u128 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "checked when parsed"
    )]
    let nanos = (price * 1000.0).round() as u64;
    u128::from(nanos)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn costs_are_exact_or_unknown() {
        let all = Catalogue::parse(None).unwrap();
        let usage = Usage {
            is_reported: true,
            input: 1000,
            cache_read: 100_000,
            cache_write: 2000,
            cache_write_long: 10,
            output: 500,
            thinking: 100,
        };
        // 1000×4 + 100000×0.2 + 2000×5 + 10×8 + 500×20 millionths of a dollar.
        assert_eq!(all.cost("anthropic", "claude-opus-5-5", &usage), Some(44_080));
        assert_eq!(all.cost("anthropic", "claude-opus-5-5-20260922", &usage), Some(44_080));
        assert_eq!(all.cost("anthropic", "claude-haiku-5-5", &usage), None, "over 100,000");
        assert_eq!(all.cost("openai", "gpt-4o", &usage), None);
        assert_eq!(all.cost("ollama", "claude-opus-5-5", &usage), None);
        assert_eq!(all.cost("anthropic", "claude-opus-5-5", &Usage::default()), None);
        let long = Usage { is_reported: true, input: 300_000, ..Usage::default() };
        assert_eq!(all.cost("openai", "gpt-6-astra", &long), Some(6_000_000));
        let one = Usage { is_reported: true, cache_read: 1, ..Usage::default() };
        assert_eq!(all.cost("openai", "gpt-6-luna", &one), Some(1), "rounded up");
    }

    #[test]
    fn every_price_has_a_date_and_a_source() {
        let all = Catalogue::parse(None).unwrap();
        for price in all.entries().iter().filter_map(|entry| entry.price.as_ref()) {
            assert!(price.as_of.parse::<jiff::civil::Date>().is_ok(), "{price:?}");
            assert!(price.source.starts_with("https://"), "{price:?}");
        }
        for entry in all.entries() {
            let known = all.providers().iter().any(|it| it.name == entry.provider);
            assert!(known, "{} of no provider", entry.id);
            let named = entry.id.replace('*', "-x");
            assert_eq!(all.find(&entry.provider, &named), Some(entry), "hidden by one before it");
        }
    }

    #[test]
    fn a_persons_own_file_comes_first() {
        let own = r#"
            [[provider]]
            name = "here"
            format = "chat"
            base_url = "http://127.0.0.1:9"
            quirks = { stream_usage = false }
            [[model]]
            provider = "anthropic"
            id = "claude-opus-5-5"
            window = 7
            price = { input = 1.5, output = 2, as_of = "2026-11-01", source = "https://example.com" }
            [[model]]
            provider = "here"
            id = "small*"
            output_tokens_max = 99
            quirks = { images = false }
        "#;
        let all = Catalogue::parse(Some(own)).unwrap();
        let usage = Usage { is_reported: true, input: 2, output: 1, ..Usage::default() };
        assert_eq!(all.cost("anthropic", "claude-opus-5-5", &usage), Some(5));
        let quirks = all.dialect(Format::Chat, "here", "small-1").quirks;
        assert!(!quirks.stream_usage && !quirks.images);
        assert_eq!(quirks.output_tokens_max, Some(99));
        for wrong in [
            "[[model]]\nprovider = 'a'\nid = 'b'\nprize = 3",
            "[[model]]\nprovider = 'a'\nid = 'b'\nquirks = { what = true }",
            "[[model]]\nprovider = 'a'\nid = 'b'\nprice = { input = -1, output = 1, as_of = '', source = '' }",
        ] {
            assert!(Catalogue::parse(Some(wrong)).is_err(), "{wrong}");
        }
    }
}
