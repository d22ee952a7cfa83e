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

const GUARDS: [(HeaderName, &str); 6] = [
    (header::CONTENT_SECURITY_POLICY, POLICY),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "no-referrer"),
    // The names that a file's links lead to are nobody's business before somebody follows one.
    (HeaderName::from_static("x-dns-prefetch-control"), "off"),
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

/// A file that a task made, as it is: for a picture, for a script of ours, or to be saved. A
/// browser that is led to it by itself saves it too.
pub(crate) fn artifact(path: &str, bytes: Vec<u8>) -> Response {
    served(path, bytes, "attachment")
}

/// A file that a task made, in a frame of ours, so that nothing in it can act.
pub(crate) fn framed(path: &str, bytes: Vec<u8>) -> Response {
    match artifact_kind(path) {
        HTML => served(path, without_reach(bytes), "inline"),
        _ => served(path, bytes, "inline"),
    }
}

fn served(path: &str, bytes: Vec<u8>, disposition: &'static str) -> Response {
    let headers = [
        (header::CONTENT_TYPE, artifact_kind(path)),
        (header::CONTENT_SECURITY_POLICY, FILE_POLICY),
        (header::CONTENT_DISPOSITION, disposition),
    ];
    (headers, bytes).into_response()
}

/// Elements that a browser connects for as soon as it reads them, before it asks a policy.
const REACHING: [&[u8]; 3] = [b"<link", b"<iframe", b"<frame"];

/// A page in which none of those is an element. What else they are for, the policy refuses anyhow.
fn without_reach(bytes: Vec<u8>) -> Vec<u8> {
    let wide = |order: fn([u8; 2]) -> u16| {
        let units = bytes[2..].chunks_exact(2).map(|pair| order([pair[0], pair[1]]));
        let chars = char::decode_utf16(units);
        chars.map(|it| it.unwrap_or(char::REPLACEMENT_CHARACTER)).collect::<String>().into_bytes()
    };
    // The two marks at a beginning that a browser believes more than what we say the file is.
    let mut plain = match &bytes[..] {
        [0xff, 0xfe, ..] => wide(u16::from_le_bytes),
        [0xfe, 0xff, ..] => wide(u16::from_be_bytes),
        _ => bytes,
    };
    for at in 0..plain.len() {
        let begins = |name: &&[u8]| {
            plain.get(at..at + name.len()).is_some_and(|found| found.eq_ignore_ascii_case(name))
        };
        if REACHING.iter().any(begins) {
            plain[at + 1] = b'x';
        }
    }
    plain
}

/// A page of a document that was drawn in a machine.
pub(crate) fn picture(bytes: Vec<u8>) -> Response {
    let name = if bytes.starts_with(b"\x89PNG") { "page.png" } else { "page.jpg" };
    artifact(name, bytes)
}

const HTML: &str = "text/html; charset=utf-8";

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
        "html" | "htm" => HTML,
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "gif" => "image/gif",
        "webp" => "image/webp",
        "pdf" => "application/pdf",
        _ => "text/plain; charset=utf-8",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_in_a_frame_points_nowhere() {
        let wide = |text: &str, order: fn(u16) -> [u8; 2]| -> Vec<u8> {
            std::iter::once(0xfeff).chain(text.encode_utf16()).flat_map(order).collect()
        };
        let cases: [(Vec<u8>, &str); 6] = [
            (b"a<link rel=preconnect href=x>b".to_vec(), "a<xink rel=preconnect href=x>b"),
            (b"<LiNk/><lin<linkk<IFRAME<frame".to_vec(), "<xiNk/><lin<xinkk<xFRAME<xrame"),
            (b"<l".to_vec(), "<l"),
            (wide("\u{e4}<LINK a>", u16::to_le_bytes), "\u{e4}<xINK a>"),
            (wide("\u{e4}<LINK a>", u16::to_be_bytes), "\u{e4}<xINK a>"),
            (b"\xff\xfe<\0".to_vec(), "<"),
        ];
        for (page, shown) in cases {
            assert_eq!(String::from_utf8_lossy(&without_reach(page)), shown);
        }
    }
}
