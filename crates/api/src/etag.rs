//! Names each answer by its content, so that who has it already is not sent it again (RFC 9110,
//! sections 8.8.3 and 13.1.2).

use crate::limits::ANSWER_BYTES_MAX;
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

/// Tags answers in JSON to what only reads.
pub(crate) async fn tagged(request: Request, next: Next) -> Response {
    let is_read = request.method() == Method::GET;
    let known = request.headers().get_all(header::IF_NONE_MATCH).iter().cloned().collect();
    let response = next.run(request).await;
    let is_json = response.headers().get(header::CONTENT_TYPE).is_some_and(is_json);
    if !is_read || response.status() != StatusCode::OK || !is_json {
        return response;
    }
    tag(response, known).await
}

fn is_json(kind: &HeaderValue) -> bool {
    kind.as_bytes() == b"application/json"
}

async fn tag(response: Response, known: Vec<HeaderValue>) -> Response {
    let (mut parts, body) = response.into_parts();
    // It is in memory already: our own answers in JSON are made whole.
    let Ok(bytes) = to_bytes(body, ANSWER_BYTES_MAX).await else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let hash = blake3::hash(&bytes).to_hex();
    let tag = format!("\"{}\"", &hash[..32]);
    let Ok(value) = HeaderValue::from_str(&tag) else {
        return Response::from_parts(parts, Body::from(bytes));
    };
    let is_known = known.iter().any(|it| matches(it, &tag));
    parts.headers.insert(header::ETAG, value);
    if !is_known {
        return Response::from_parts(parts, Body::from(bytes));
    }
    let headers: HeaderMap = parts
        .headers
        .into_iter()
        .filter_map(|(name, value)| Some((name?, value)))
        .filter(|(name, _)| *name != header::CONTENT_TYPE && *name != header::CONTENT_LENGTH)
        .collect();
    (StatusCode::NOT_MODIFIED, headers).into_response()
}

/// Whether one of the tags in the header is this one. A weak one compares as a strong one here.
fn matches(header: &HeaderValue, tag: &str) -> bool {
    let Ok(text) = header.to_str() else { return false };
    text.split(',').map(str::trim).any(|it| it == "*" || it.trim_start_matches("W/") == tag)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_compared_one_by_one() {
        let is = |text: &'static str| matches(&HeaderValue::from_static(text), "\"a\"");
        assert!(is("\"a\"") && is("\"b\", W/\"a\"") && is("*"));
        assert!(!is("\"b\"") && !is("a") && !is(""));
    }
}
