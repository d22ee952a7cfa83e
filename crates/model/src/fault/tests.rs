//! A table of what servers say, and what it is taken for.

use super::*;

fn check(status: u16, headers: &[(&str, &str)], body: &str, kind: Kind, wait_ms: Option<u64>) {
    let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    let error = from_answer(status, &Headers(headers.collect()), body);
    let got = (error.kind, error.retry_after.map(|wait| wait.as_millis()));
    assert_eq!(got, (kind, wait_ms.map(u128::from)), "{status} {body}");
    assert!(!error.what().is_empty() && !error.why().is_empty() && !error.next().is_empty());
}

#[test]
fn limits_and_how_long_they_last() {
    let limited = r#"{"type":"error","error":{"type":"rate_limit_error","message":"slow"}}"#;
    check(429, &[("retry-after", "7")], limited, Kind::RateLimited, Some(7000));
    check(
        429,
        &[("retry-after-ms", "1500"), ("retry-after", "2")],
        limited,
        Kind::RateLimited,
        Some(1500),
    );
    let date = ("date", "Sat, 21 Nov 2026 10:00:00 GMT");
    let http_date = ("retry-after", "Sat, 21 Nov 2026 10:00:30 GMT");
    check(429, &[date, http_date], limited, Kind::RateLimited, Some(30_000));
    let anthropic = [
        date,
        ("anthropic-ratelimit-requests-remaining", "0"),
        ("anthropic-ratelimit-requests-reset", "2026-11-21T10:00:12Z"),
        ("anthropic-ratelimit-tokens-remaining", "12"),
        ("anthropic-ratelimit-tokens-reset", "2026-11-21T11:00:00Z"),
    ];
    check(429, &anthropic, limited, Kind::RateLimited, Some(12_000));
    let openai = [("x-ratelimit-remaining-tokens", "0"), ("x-ratelimit-reset-tokens", "6m0.5s")];
    check(429, &openai, "{}", Kind::RateLimited, Some(360_500));
    check(
        429,
        &[],
        r#"{"error":{"message":"Rate limit reached for gpt-x. Please try again in 6.5s. Visit","type":"tokens","code":"rate_limit_exceeded"}}"#,
        Kind::RateLimited,
        Some(6500),
    );
    check(
        429,
        &[],
        r#"{"error":{"code":429,"message":"Resource exhausted","status":"RESOURCE_EXHAUSTED","details":[{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"34.4s"}]}}"#,
        Kind::RateLimited,
        Some(34_400),
    );
    check(
        429,
        &[],
        r#"{"error":{"message":"You exceeded your current quota","type":"insufficient_quota","code":"insufficient_quota"}}"#,
        Kind::Budget,
        None,
    );
}

#[test]
fn kinds_of_what_servers_say() {
    check(
        400,
        &[],
        r#"{"type":"error","error":{"type":"invalid_request_error","message":"Your credit balance is too low to access the API"}}"#,
        Kind::Budget,
        None,
    );
    check(
        529,
        &[],
        r#"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}"#,
        Kind::Overloaded,
        None,
    );
    check(503, &[("retry-after", "1.5")], "upstream connect error", Kind::Overloaded, Some(1500));
    check(
        500,
        &[],
        r#"{"type":"error","error":{"type":"api_error","message":"Internal"}}"#,
        Kind::Broken,
        None,
    );
    check(502, &[], "<html><head><title>502 Bad Gateway</title></head></html>", Kind::Broken, None);
    check(504, &[], "", Kind::Timeout, None);
    check(
        400,
        &[],
        r#"{"type":"error","error":{"type":"invalid_request_error","message":"prompt is too long: 210000 tokens > 200000 maximum"}}"#,
        Kind::TooLong,
        None,
    );
    check(
        413,
        &[],
        r#"{"type":"error","error":{"type":"request_too_large","message":"big"}}"#,
        Kind::TooLong,
        None,
    );
    check(
        400,
        &[],
        r#"{"error":{"message":"This model's maximum context length is 8192 tokens","type":"BadRequestError","code":400}}"#,
        Kind::TooLong,
        None,
    );
    check(
        400,
        &[],
        r#"{"error":{"code":400,"message":"The input token count (2000000) exceeds the maximum number of tokens allowed","status":"INVALID_ARGUMENT"}}"#,
        Kind::TooLong,
        None,
    );
}

#[test]
fn kinds_of_keys_models_and_rules() {
    check(
        401,
        &[],
        r#"{"error":{"message":"Incorrect API key provided","type":"invalid_request_error","code":"invalid_api_key"}}"#,
        Kind::Auth,
        None,
    );
    check(
        400,
        &[],
        r#"{"error":{"code":400,"message":"API key not valid.","status":"INVALID_ARGUMENT","details":[{"reason":"API_KEY_INVALID"}]}}"#,
        Kind::Auth,
        None,
    );
    check(404, &[], r#"{"error":"model 'nope' not found"}"#, Kind::NotFound, None);
    check(400, &[], r#"{"error":{"code":"model_not_found","message":"no"}}"#, Kind::NotFound, None);
    check(400, &[], r#"{"error":{"code":"content_filter","message":"no"}}"#, Kind::Refused, None);
    check(422, &[], r#"{"detail":"field required"}"#, Kind::BadRequest, None);
    check(302, &[], "", Kind::WrongContentType, None);
}

#[test]
fn words_are_one_bounded_line() {
    let error = from_answer(
        500,
        &Headers::default(),
        &format!("a\u{1b}[31m\nb\u{202e}{}", "x".repeat(9000)),
    );
    assert!(error.words.starts_with("a [31m b x"), "{}", error.words);
    assert!(error.words.chars().count() <= crate::limits::WORDS_CHARS_MAX + 1);
    assert!(error.raw.len() <= crate::limits::ERROR_RAW_BYTES_MAX);
    let page =
        "<!DOCTYPE html><html><style>a{}</style><body><h1>Sign in</h1> to go on</body></html>";
    assert_eq!(from_answer(502, &Headers::default(), page).words, "Sign in to go on");
}

#[test]
fn errors_inside_of_streams() {
    let kind = |data: &str| from_event(data).map(|error| error.kind);
    let overloaded =
        r#"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}"#;
    assert_eq!(kind(overloaded), Some(Kind::Overloaded));
    assert_eq!(
        kind(r#"{"error":{"message":"Provider returned error","code":502}}"#),
        Some(Kind::Broken)
    );
    let failed = r#"{"type":"response.failed","response":{"error":{"code":"rate_limit_exceeded","message":"Please try again in 11s."}}}"#;
    assert_eq!(kind(failed), Some(Kind::RateLimited));
    assert_eq!(from_event(failed).and_then(|it| it.retry_after), Some(Duration::from_secs(11)));
    assert_eq!(kind(r#"{"type":"error","code":"server_error","message":"x"}"#), Some(Kind::Broken));
    assert_eq!(
        kind(r#"[{"error":{"code":503,"status":"UNAVAILABLE","message":"x"}}]"#),
        Some(Kind::Overloaded)
    );
    assert_eq!(kind(r#"{"choices":[],"error":null}"#), None);
    assert_eq!(kind("not json"), None);
}
