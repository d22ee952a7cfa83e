//! `web_fetch` and `web_search`: a page as text, or what a search found.
//!
//! All of it happens in the worker: what comes back is as hostile as any document.

use super::View;
use super::deadline::Deadline;
use super::failure::Failure;
use super::limits::{
    FETCH_BYTES_MAX, FETCH_REDIRECTS_MAX, FETCH_TEXT_BYTES_MAX, FETCH_TIME, FETCH_URL_BYTES_MAX,
    LINK_BYTES_MAX, SEARCH_FIELD_BYTES_MAX, SEARCH_FOUND_MAX,
};
use super::web::{self, Answered};
use super::worker::{Ask, ask};
use documents::{Document, ReadErrorKind};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;
use url::Url;
use wire::{FailKind, PathText};

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FetchArgs {
    url: String,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SearchArgs {
    url: String,
    /// Names and values; a key is a stand-in, which the door knows.
    #[serde(default)]
    headers: Vec<(String, String)>,
    /// Where in the answer the list of results is, as a JSON pointer.
    results: String,
    /// The names of a result's title, address and text.
    fields: [String; 3],
    /// What stands in every answer of a service that leaves the list out when it found nothing.
    #[serde(default)]
    always: Option<String>,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Fetched {
    /// Where it was found in the end.
    url: String,
    status: u16,
    /// As the place calls it.
    kind: String,
    size: usize,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    title: Option<String>,
    text: String,
    truncated: bool,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Searched {
    results: Vec<Found>,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Found {
    title: String,
    url: String,
    text: String,
}

pub(crate) fn web_fetch(view: &View, args: FetchArgs) -> Result<Box<RawValue>, Failure> {
    ask(view, &PathText(args.url.clone()), Ask::Fetch(args), FETCH_TIME)
}

pub(crate) fn web_search(view: &View, args: SearchArgs) -> Result<Box<RawValue>, Failure> {
    ask(view, &PathText("the search".to_owned()), Ask::Search(args), FETCH_TIME)
}

const ACCEPT: &str = "text/html, text/markdown, text/plain, application/json;q=0.9, */*;q=0.5";

/// In the worker: the page as text.
pub(crate) fn answer_fetch(view: &View, args: &FetchArgs) -> Result<Fetched, Failure> {
    let headers = [("Accept".to_owned(), ACCEPT.to_owned())];
    let (url, answered) = match follow(view, parsed(&args.url)?, &headers, FETCH_REDIRECTS_MAX)? {
        Followed::Page(url, answered) => (url, answered),
        Followed::Moved(url) => {
            return Err(Failure::document(format!("it moves on and on, at last to {url}")));
        }
    };
    let mut fetched = Fetched {
        url: url.to_string(),
        status: answered.status,
        kind: answered.kind.chars().take(100).collect(),
        size: answered.body.len(),
        title: None,
        text: String::new(),
        truncated: answered.is_cut,
    };
    if answered.body.is_empty() {
        return Ok(fetched);
    }
    match read(&url, &answered)? {
        Read::Text(text) => fetched.text = text,
        Read::Document(mut document) => {
            fetched.truncated |= document.truncated;
            fetched.title = document.title.take();
            fetched.text = document.lines.join("\n");
        }
    }
    if fetched.text.len() > FETCH_TEXT_BYTES_MAX {
        fetched.text.truncate(fetched.text.floor_char_boundary(FETCH_TEXT_BYTES_MAX));
        fetched.truncated = true;
    }
    Ok(fetched)
}

/// In the worker: what a search found.
pub(crate) fn answer_search(view: &View, args: &SearchArgs) -> Result<Searched, Failure> {
    let mut headers = vec![("Accept".to_owned(), "application/json".to_owned())];
    headers.extend(args.headers.iter().cloned());
    // A key goes to the place that it is for, and nowhere else.
    let answered = match follow(view, parsed(&args.url)?, &headers, 0)? {
        Followed::Page(_, answered) => answered,
        Followed::Moved(to) => {
            let why = format!("the search service is not there; it sends to {to}");
            return Err(Failure::document(why));
        }
    };
    if answered.status != 200 {
        let why = refused(&answered, !args.headers.is_empty());
        return Err(Failure::new(FailKind::View, why));
    }
    if answered.is_cut {
        let max = FETCH_BYTES_MAX >> 20;
        let why = format!("the search service gave more than the {max} MB that are read");
        return Err(Failure::document(why));
    }
    let json: Value = serde_json::from_slice(&answered.body).map_err(|_| {
        Failure::document("the search service gave no JSON; its address or kind may be wrong")
    })?;
    found(&json, args)
}

fn found(json: &Value, args: &SearchArgs) -> Result<Searched, Failure> {
    let none = vec![];
    let is_none = args.always.as_ref().is_some_and(|it| json.pointer(it).is_some());
    let list = json.pointer(&args.results).and_then(Value::as_array);
    let list = list.or(is_none.then_some(&none)).ok_or_else(|| {
        Failure::document(format!("the search service's answer has no list at {}", args.results))
    })?;
    let [title, url, text] = &args.fields;
    let field = |it: &Value, name: &str| unmarked(it[name].as_str().unwrap_or_default());
    let found =
        |it: &Value| Found { title: field(it, title), url: field(it, url), text: field(it, text) };
    let results = list.iter().map(found).filter(|it| !it.url.is_empty());
    let results: Vec<Found> = results.take(SEARCH_FOUND_MAX).collect();
    let silent = json["unresponsive_engines"].as_array().filter(|it| !it.is_empty());
    if let (true, Some(silent)) = (results.is_empty(), silent) {
        let names = silent.iter().map(|it| it[0].as_str().unwrap_or("one"));
        let names: Vec<&str> = names.take(SEARCH_FOUND_MAX).collect();
        let names = unmarked(&names.join(", "));
        let why = format!("nothing was found, and not all that the service asks answered: {names}");
        return Err(Failure::new(FailKind::View, why));
    }
    Ok(Searched { results })
}

/// Why a service gave no answer, in words for a model and its person.
fn refused(answered: &Answered, has_key: bool) -> String {
    let names_key = String::from_utf8_lossy(&answered.body).to_lowercase().contains("token");
    match answered.status {
        401 | 403 if has_key => "the search service did not accept the key".to_owned(),
        422 if has_key && names_key => "the search service did not accept the key".to_owned(),
        401 => "the search service needs a key".to_owned(),
        403 => {
            "the search service does not let itself be asked: it needs a key, or, as a SearXNG, \
                has `json` not among the `formats` in its settings.yml"
                .to_owned()
        }
        402 => "nothing is left of what the search service was paid for".to_owned(),
        429 => match &answered.wait {
            Some(wait) => format!("the search service wants a pause of {wait} s; wait so long"),
            None => "the search service wants a pause; wait a little".to_owned(),
        },
        status @ 500.. => {
            format!("the search service has a fault of its own (status {status}); try later")
        }
        status => format!("the search service answered with status {status}"),
    }
}

/// In one line, as long as is told, and without the marks that some services put around the words
/// that were searched for.
fn unmarked(text: &str) -> String {
    const MARKS: [(&str, &str); 12] = [
        ("<strong>", ""),
        ("</strong>", ""),
        ("<b>", ""),
        ("</b>", ""),
        ("<em>", ""),
        ("</em>", ""),
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&#x27;", "'"),
        ("&#39;", "'"),
        ("&amp;", "&"),
    ];
    let text = text[..text.floor_char_boundary(SEARCH_FIELD_BYTES_MAX)].replace(['\n', '\r'], " ");
    MARKS.iter().fold(text, |text, (mark, plain)| text.replace(mark, plain))
}

fn parsed(url: &str) -> Result<Url, Failure> {
    let whole = match url.contains("://") {
        true => Url::parse(url),
        // As people write it.
        false => Url::parse(&format!("https://{url}")),
    };
    let mut whole = whole.map_err(|error| {
        Failure::arguments(format!(
            "{url:?} is no address of a page ({error}); write it as https://…"
        ))
    })?;
    check(&whole)?;
    whole.set_fragment(None);
    Ok(whole)
}

fn check(url: &Url) -> Result<(), Failure> {
    let why = match url.scheme() {
        "http" | "https" if url.as_str().len() > FETCH_URL_BYTES_MAX => "it is too long",
        "http" | "https" if !url.username().is_empty() || url.password().is_some() => {
            "it holds a login; leave that out"
        }
        "http" | "https" => return Ok(()),
        _ => "only http and https are read",
    };
    Err(Failure::arguments(format!("{url}: {why}")))
}

enum Followed {
    Page(Url, Answered),
    /// It moves on once more than is followed.
    Moved(Url),
}

/// The page, wherever its place says it has moved to.
fn follow(
    view: &View,
    mut url: Url,
    headers: &[(String, String)],
    moves_max: usize,
) -> Result<Followed, Failure> {
    let deadline = Deadline::after(FETCH_TIME);
    for _ in 0..=moves_max {
        let answered = web::get(view.proxy, &url, headers, deadline)?;
        if answered.is_refusal {
            let words = String::from_utf8_lossy(&answered.body).trim().replace('\n', " ");
            return Err(Failure::new(FailKind::View, words));
        }
        let is_moved = matches!(answered.status, 301 | 302 | 303 | 307 | 308);
        let Some(to) = answered.location.as_ref().filter(|_| is_moved) else {
            return Ok(Followed::Page(url, answered));
        };
        let mut to = url.join(to).map_err(|_| {
            Failure::document(format!("{url} has moved to what is no address of a page"))
        })?;
        check(&to)?;
        if url.scheme() == "https" && to.scheme() == "http" {
            let why = format!("{url} has moved to {to}, where anybody on the way can change it");
            return Err(Failure::document(why));
        }
        to.set_fragment(None);
        url = to;
    }
    Ok(Followed::Moved(url))
}

enum Read {
    Text(String),
    Document(Document),
}

fn read(url: &Url, answered: &Answered) -> Result<Read, Failure> {
    let Answered { kind, charset, body, .. } = answered;
    // Some places call everything text; these say themselves what they are.
    let is_packed = body.starts_with(b"%PDF-") || body.starts_with(b"PK\x03\x04");
    let is_text = kind.starts_with("text/")
        || ["json", "xml", "javascript", "yaml", "toml"].iter().any(|it| kind.ends_with(it));
    match kind.as_str() {
        "text/html" | "application/xhtml+xml" if !is_packed => {
            let base = url.clone();
            let page = documents::read_page(body, charset.as_deref(), move |href| {
                let place = base.join(href).ok()?;
                let is_page = matches!(place.scheme(), "http" | "https");
                let is_here =
                    place[..url::Position::AfterQuery] == base[..url::Position::AfterQuery];
                let fits = is_page && !is_here && place.as_str().len() <= LINK_BYTES_MAX;
                fits.then(|| place.to_string())
            });
            match page {
                Ok(document) => Ok(Read::Document(document)),
                Err(error) if error.kind == ReadErrorKind::NoText => {
                    Ok(Read::Text("(the page holds no text; it may need scripts)".to_owned()))
                }
                Err(error) => Err(Failure::document(format!("{url}: {error}"))),
            }
        }
        "text/csv" | "text/tab-separated-values" => Ok(document(url, body, "table.csv")?),
        _ if is_text && !is_packed => {
            Ok(Read::Text(documents::text::decode_as(body, charset.as_deref())))
        }
        _ if answered.is_cut => {
            let max = FETCH_BYTES_MAX >> 20;
            let why = format!("{url}: it is larger than the {max} MB that are read of a document");
            Err(Failure::document(why))
        }
        _ => document(url, body, url.path()),
    }
}

fn document(url: &Url, body: &[u8], name: &str) -> Result<Read, Failure> {
    let name = name.rsplit('/').next().unwrap_or_default();
    documents::read_document(body, name).map(Read::Document).map_err(|error| {
        Failure::document(format!(
            "{url}: {} bytes, and {error}. To have it as a file: `run_command` with `curl -o`",
            body.len()
        ))
    })
}
