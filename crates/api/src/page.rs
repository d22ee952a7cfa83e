//! The page itself, as it was built into the program, and the headers that guard it.

use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

const FILES: &[(&str, &[u8])] = include!(concat!(env!("OUT_DIR"), "/page_files.rs"));

/// Scripts and styles from us only, none within the page, nobody may frame it.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: \
     blob:; font-src 'self'; connect-src 'self'; frame-src 'self'; worker-src 'self'; \
     manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
/// The page at `/tasks/TASK/terminal`, a document of its own: the emulator of a terminal writes
/// styles into it. It shows nothing but that.
const TERMINAL_POLICY: &str = "default-src 'none'; script-src 'self'; \
     style-src 'self' 'unsafe-inline'; img-src 'self'; connect-src 'self'; worker-src 'self'; \
     manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
/// A file that a task made: shown, and nothing more. `sandbox` makes its origin nobody's.
const FILE_POLICY: &str = "sandbox; default-src 'none'; img-src data:; style-src 'unsafe-inline'; \
     base-uri 'none'; form-action 'none'; frame-ancestors 'self'";

const GUARDS: [(HeaderName, &str); 5] = [
    (header::CONTENT_SECURITY_POLICY, POLICY),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "no-referrer"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
];

/// Adds what every answer to a browser carries, where the answer has not its own.
pub(crate) fn protect(headers: &mut HeaderMap) {
    for (name, value) in GUARDS {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
}

/// A file of the page. A path that names none is a place within the page.
pub(crate) fn file(path: &str) -> Response {
    let find = |name: &str| FILES.iter().find(|(known, _)| *known == name);
    let is_asset = path.starts_with("/assets/");
    let Some((name, bytes)) = find(path).or_else(|| find("/index.html").filter(|_| !is_asset))
    else {
        return StatusCode::NOT_FOUND.into_response();
    };
    // The names of assets change with their content.
    let cache = if is_asset { "public, max-age=31536000, immutable" } else { "no-cache" };
    let headers = [(header::CONTENT_TYPE, kind(name)), (header::CACHE_CONTROL, cache)];
    let answer = (headers, *bytes).into_response();
    match path.starts_with("/tasks/") && path.ends_with("/terminal") {
        true => ([(header::CONTENT_SECURITY_POLICY, TERMINAL_POLICY)], answer).into_response(),
        false => answer,
    }
}

/// A small page without script that leads on into the window.
pub(crate) fn lead_on(to: &str) -> String {
    format!(
        "<!doctype html><meta charset=utf-8><title>Legwork</title>\
         <meta http-equiv=refresh content=\"0;url={to}\"><a href=\"{to}\">Legwork</a>"
    )
}

/// What a person reads whose link is no good any more.
pub(crate) const STALE: &str = "<!doctype html><html lang=en><meta charset=utf-8>\
    <meta name=viewport content=\"width=device-width\"><title>Legwork</title>\
    <h1>This link was used, or is too old</h1>\
    <p>A link opens Legwork once, within a minute. Run <code>legwork open</code> for a new one.";

/// A file that a task made, so that nothing in it can act.
pub(crate) fn artifact(path: &str, bytes: Vec<u8>) -> Response {
    let headers = [
        (header::CONTENT_TYPE, artifact_kind(path)),
        (header::CONTENT_SECURITY_POLICY, FILE_POLICY),
        (header::CONTENT_DISPOSITION, "inline"),
    ];
    (headers, bytes).into_response()
}

/// A page of a document that was drawn in a machine.
pub(crate) fn picture(bytes: Vec<u8>) -> Response {
    artifact("page.png", bytes)
}

fn ending(path: &str) -> String {
    path.rsplit_once('.').map_or(String::new(), |(_, ending)| ending.to_ascii_lowercase())
}

fn kind(path: &str) -> &'static str {
    match ending(path).as_str() {
        "html" => "text/html; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "svg" => "image/svg+xml",
        "webmanifest" | "json" => "application/json",
        "png" => "image/png",
        _ => "application/octet-stream",
    }
}

/// Only what a browser shows without help of ours keeps its kind; the rest is shown as text.
fn artifact_kind(path: &str) -> &'static str {
    match ending(path).as_str() {
        "html" | "htm" => "text/html; charset=utf-8",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "gif" => "image/gif",
        "webp" => "image/webp",
        "pdf" => "application/pdf",
        _ => "text/plain; charset=utf-8",
    }
}
