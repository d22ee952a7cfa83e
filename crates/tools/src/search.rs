//! `web_search`: the words become a request to the service that the person configured.

use crate::request::RequestError;
use serde::Deserialize;
use serde_json::json;
use std::fmt::Write as _;
use wire::{GuestTool, Request};

/// A search service, as it is asked and answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SearchPlace {
    /// With `{query}` where the words go.
    pub url: String,
    /// Where in the answer the results are, as a JSON pointer.
    pub results: String,
    /// The names of a result's title, address and text.
    pub fields: [String; 3],
    /// What stands in every answer, if the list is left out when nothing was found.
    pub always: Option<String>,
}

/// Where the words stand in the address of a service.
pub const QUERY: &str = "{query}";

const QUERY_BYTES_MAX: usize = 1024;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Args {
    query: String,
}

/// The request of a search. `header`: the name and the value of the one that carries a key, of
/// which the machine has only a stand-in.
pub fn search(
    args: &str,
    place: &SearchPlace,
    header: Option<(String, String)>,
    timeout_ms: u64,
) -> Result<Request, RequestError> {
    let args: Args = serde_json::from_str(args)
        .map_err(|error| RequestError::Arguments { why: error.to_string() })?;
    if args.query.len() > QUERY_BYTES_MAX {
        let why = format!("a search has at most {QUERY_BYTES_MAX} bytes; use fewer words");
        return Err(RequestError::Arguments { why });
    }
    let url = place.url.replace(QUERY, &encoded(&args.query));
    let headers: Vec<(String, String)> = header.into_iter().collect();
    let SearchPlace { results, fields, always, .. } = place;
    let args = json!({"url": url, "headers": headers, "results": results, "fields": fields,
        "always": always});
    Ok(Request::Tool { tool: GuestTool::WebSearch, args: args.to_string(), timeout_ms })
}

/// As a part of an address: letters, digits and a few signs stay.
fn encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            byte if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) => {
                out.push(char::from(byte));
            }
            byte => {
                let _ = write!(out, "%{byte:02X}");
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_cannot_leave_their_place_in_the_address() {
        let place = SearchPlace {
            url: "https://find.test/s?q={query}&format=json".to_owned(),
            results: "/results".to_owned(),
            fields: ["title", "url", "content"].map(str::to_owned),
            always: None,
        };
        let args = r#"{"query":"a&b=c#d/é +\r\nX: y"}"#;
        let header = Some(("X-Key".to_owned(), "standin".to_owned()));
        let Ok(Request::Tool { args, .. }) = search(args, &place, header, 1) else {
            panic!("a request")
        };
        assert!(
            args.contains("q=a%26b%3Dc%23d%2F%C3%A9%20%2B%0D%0AX%3A%20y&format=json"),
            "{args}"
        );
        assert!(search(r#"{"query":"a","url":"x"}"#, &place, None, 1).is_err());
    }
}
