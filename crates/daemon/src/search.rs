//! Where `web_search` asks: the service that the person configured.

use crate::config::{Values, bad};
use api::{Place, UserError};
use tools::{QUERY, SearchPlace};

/// A search service, and its key by the name of a secret.
#[derive(Debug, Clone)]
pub(crate) struct Search {
    pub(crate) place: SearchPlace,
    pub(crate) kind: Kind,
    pub(crate) secret: Option<String>,
    /// The header that carries the key.
    pub(crate) header: String,
}

/// How a service answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Searxng,
    Brave,
    /// As the configuration says.
    Json,
}

const BRAVE: &str = "https://api.search.brave.com/res/v1/web/search?q={query}";
const KINDS: [(&str, Kind); 3] =
    [("searxng", Kind::Searxng), ("brave", Kind::Brave), ("json", Kind::Json)];

/// What a model is told where there is none.
pub(crate) const UNSET: &str = "no search service is configured on this computer. The person can \
    set one with `legwork settings search.url \"https://…?q={query}&format=json\"`; a page whose \
    address you know can be read with web_fetch";

impl Search {
    pub(crate) fn parse(place: &Place, values: &Values) -> Result<Option<Self>, UserError> {
        let path = place.config_file();
        let kind = values.text("search.kind").unwrap_or_else(|| "searxng".to_owned());
        let Some((_, kind)) = KINDS.iter().find(|(name, _)| *name == kind) else {
            return Err(bad(&path, "`search.kind` is none that is known")
                .next("it is one of searxng, brave and json"));
        };
        let usual = (*kind == Kind::Brave).then(|| BRAVE.to_owned());
        let Some(url) = values.text("search.url").or(usual) else { return Ok(None) };
        let secret = values.text("search.secret");
        let is_clear = url.starts_with("http://");
        if !(is_clear || url.starts_with("https://")) || !url.contains(QUERY) {
            return Err(bad(&path, "`search.url` is no address with {query} in it")
                .next("as in `https://search.example.org/search?q={query}&format=json`"));
        }
        if is_clear && secret.is_some() {
            return Err(bad(&path, "a key would go to `search.url` so that anybody can read it")
                .next("use an address with https, or a service without a key"));
        }
        let header = values.text("search.header").unwrap_or_else(|| {
            let usual = if *kind == Kind::Brave { "X-Subscription-Token" } else { "Authorization" };
            usual.to_owned()
        });
        let (results, fields) = match kind {
            Kind::Searxng => {
                ("/results".to_owned(), ["title", "url", "content"].map(str::to_owned))
            }
            Kind::Brave => {
                ("/web/results".to_owned(), ["title", "url", "description"].map(str::to_owned))
            }
            Kind::Json => own(values).ok_or_else(|| {
                bad(&path, "`search.kind` json needs `search.results` and three `search.fields`")
                    .next(
                        "as in results = \"/data/items\", fields = [\"title\", \"url\", \"text\"]",
                    )
            })?,
        };
        let always = (*kind == Kind::Brave).then(|| "/query".to_owned());
        let place = SearchPlace { url, results, fields, always };
        Ok(Some(Self { place, kind: *kind, secret, header }))
    }

    /// In one line, for who examines this computer.
    pub(crate) fn told(&self) -> String {
        let kind = KINDS.iter().find(|(_, kind)| *kind == self.kind).map_or("", |it| it.0);
        let key = match &self.secret {
            Some(secret) => format!(", with the secret {secret}"),
            None => String::new(),
        };
        format!("{} ({kind}{key})", self.place.url)
    }

    /// The header with what the machine has in place of the key.
    pub(crate) fn header(&self, stand_in: &str) -> (String, String) {
        let is_bearer = self.header.eq_ignore_ascii_case("authorization");
        let value = if is_bearer { format!("Bearer {stand_in}") } else { stand_in.to_owned() };
        (self.header.clone(), value)
    }
}

fn own(values: &Values) -> Option<(String, [String; 3])> {
    let results = values.text("search.results").filter(|it| it.starts_with('/'))?;
    Some((results, values.texts("search.fields")?.try_into().ok()?))
}
