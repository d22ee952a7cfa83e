//! Addresses: from what a person configures to the path of each request.

use crate::error::{Kind, ModelError};
use crate::turn::Format;
use reqwest::Url;

/// The base that requests go to.
#[derive(Debug, Clone)]
pub(crate) struct Address {
    format: Format,
    url: Url,
    /// Scheme, host and path up to the version, without a slash at the end.
    base: String,
}

/// What is asked for there.
pub(crate) enum Path<'a> {
    Answer { model: &'a str },
    Count { model: &'a str },
    Models,
}

impl Address {
    pub(crate) fn parse(format: Format, base_url: &str) -> Result<Self, ModelError> {
        let wrong = || {
            let words = "the address has to be like https://api.example.com/v1, without a name, a \
                         password or a question mark in it";
            ModelError::new(Kind::Setup, words)
        };
        let url: Url = base_url.trim().parse().map_err(|_| wrong())?;
        let is_web = matches!(url.scheme(), "http" | "https") && url.host().is_some();
        let is_plain = url.username().is_empty() && url.password().is_none();
        if !is_web || !is_plain || url.query().is_some() || url.fragment().is_some() {
            return Err(wrong());
        }
        let path = url.path().trim_end_matches('/');
        let last = path.rsplit('/').next().unwrap_or("");
        let is_version =
            last.strip_prefix('v').is_some_and(|it| it.starts_with(|c: char| c.is_ascii_digit()));
        let version = match format {
            _ if is_version => "",
            // Vertex has its version at the beginning of the path.
            Format::Gemini if path.ends_with("/publishers/google") => "",
            Format::Anthropic => "/v1",
            Format::Gemini => "/v1beta",
            // A path of the person's own is taken as it is: not all have a version.
            Format::Responses | Format::Chat if path.is_empty() => "/v1",
            Format::Responses | Format::Chat => "",
        };
        let base = format!("{}{path}{version}", url.origin().ascii_serialization());
        Ok(Self { format, url, base })
    }

    pub(crate) fn url(&self, path: &Path<'_>) -> String {
        let base = &self.base;
        match (self.format, path) {
            (Format::Anthropic, Path::Answer { .. }) => format!("{base}/messages"),
            (Format::Anthropic, Path::Count { .. }) => format!("{base}/messages/count_tokens"),
            (Format::Anthropic, Path::Models) => format!("{base}/models?limit=1000"),
            (Format::Responses, Path::Answer { .. }) => format!("{base}/responses"),
            (Format::Responses | Format::Chat, Path::Count { .. }) => {
                format!("{base}/responses/input_tokens")
            }
            (Format::Chat, Path::Answer { .. }) => format!("{base}/chat/completions"),
            (Format::Responses | Format::Chat, Path::Models) => format!("{base}/models"),
            (Format::Gemini, Path::Answer { model }) => {
                format!("{base}/{}:streamGenerateContent?alt=sse", resource(model))
            }
            (Format::Gemini, Path::Count { model }) => {
                format!("{base}/{}:countTokens", resource(model))
            }
            (Format::Gemini, Path::Models) => format!("{base}/models?pageSize=1000"),
        }
    }

    pub(crate) fn is_https(&self) -> bool {
        self.url.scheme() == "https"
    }

    /// Whether the server is on this computer.
    pub(crate) fn is_loopback(&self) -> bool {
        let host = self.url.host_str().unwrap_or("").trim_matches(['[', ']']);
        let is_local = host == "localhost" || host.ends_with(".localhost");
        is_local || host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
    }
}

/// A model as a part of a path.
fn resource(model: &str) -> String {
    // Gemini's and Vertex's own collections; whoever stands before them names models with slashes.
    let is_whole = ["models/", "tunedModels/", "publishers/", "projects/", "endpoints/"]
        .iter()
        .any(|collection| model.starts_with(collection));
    let name = if is_whole { model.to_owned() } else { format!("models/{model}") };
    let mut out = String::new();
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/@".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out.replace("..", "%2E%2E")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_requests() {
        let url = |format, base: &str| {
            let address = Address::parse(format, base).map_err(|it| it.words);
            address.map(|it| it.url(&Path::Answer { model: "m 1" }))
        };
        let ok = |format, base: &str| url(format, base).unwrap();
        assert_eq!(
            ok(Format::Anthropic, "https://a.example.com"),
            "https://a.example.com/v1/messages"
        );
        assert_eq!(
            ok(Format::Anthropic, "https://a.example.com/v1/"),
            "https://a.example.com/v1/messages"
        );
        assert_eq!(
            ok(Format::Anthropic, "https://a.example.com/s/7"),
            "https://a.example.com/s/7/v1/messages"
        );
        assert_eq!(
            ok(Format::Chat, "http://127.0.0.1:11434"),
            "http://127.0.0.1:11434/v1/chat/completions"
        );
        assert_eq!(
            ok(Format::Chat, "http://[::1]:1/api/v1"),
            "http://[::1]:1/api/v1/chat/completions"
        );
        assert_eq!(
            ok(Format::Responses, "https://a.example.com/openai"),
            "https://a.example.com/openai/responses"
        );
        assert_eq!(
            ok(Format::Gemini, "https://a.example.com/v1beta"),
            "https://a.example.com/v1beta/models/m%201:streamGenerateContent?alt=sse"
        );
        let gemini = |base: &str, model: &str| {
            let address = Address::parse(Format::Gemini, base).unwrap();
            address.url(&Path::Answer { model })
        };
        let cases = [
            ("http://127.0.0.1:4000/gemini", "gemini-3", "/gemini/v1beta/models/gemini-3:"),
            ("http://127.0.0.1:4000/gemini/v1beta/", "m", "/gemini/v1beta/models/m:"),
            ("http://127.0.0.1:4000", "vertex_ai/gemini-3", "/v1beta/models/vertex_ai/gemini-3:"),
            ("http://127.0.0.1:4000", "tunedModels/a", "/v1beta/tunedModels/a:"),
            (
                "http://127.0.0.1:4000/v1/projects/p/locations/l/publishers/google",
                "m",
                "/v1/projects/p/locations/l/publishers/google/models/m:",
            ),
        ];
        for (base, model, path) in cases {
            let expected = format!("http://127.0.0.1:4000{path}streamGenerateContent?alt=sse");
            assert_eq!(gemini(base, model), expected);
        }
        for wrong in [
            "",
            "a.example.com",
            "ftp://a.example.com",
            "https://u:p@a.example.com",
            "https://a.example.com/?k=1",
        ] {
            assert!(url(Format::Chat, wrong).is_err(), "{wrong}");
        }
    }
}
