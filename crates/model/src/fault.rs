//! Reads what a server says when it does not answer: which kind of error it is, and how long to
//! wait.
//!
//! Each provider has its own names; the table below has those of Anthropic, OpenAI, Gemini,
//! OpenRouter, LiteLLM, vLLM, llama.cpp and Ollama. Where a server gives no name but words (a
//! context that is too long is nearly always only words), the words are looked at too.

use crate::error::{Kind, ModelError};
use crate::limits::WAIT_MAX;
use serde_json::Value;
use std::time::Duration;

/// The headers of an answer that speak of waiting, in lower case.
#[derive(Debug, Default, Clone)]
pub(crate) struct Headers(pub(crate) Vec<(String, String)>);

impl Headers {
    fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(key, _)| key == name).map(|(_, value)| value.trim())
    }
}

/// An answer with a status that is no success.
pub(crate) fn from_answer(status: u16, headers: &Headers, body: &str) -> ModelError {
    let said = Said::parse(body);
    let kind = said.as_ref().map_or_else(|| by_status(status), |said| said.kind(Some(status)));
    let words = said.as_ref().map_or_else(|| plain_words(body), |said| said.words.clone());
    let elsewhere = headers.get("location").filter(|_| (300..400).contains(&status));
    let words = elsewhere.map_or(words, |to| format!("it sends requests on to {to}"));
    let mut error = ModelError::new(kind, words).with_status(status).with_raw(body);
    error.retry_after = wait(kind, headers, said.as_ref());
    error
}

/// An error inside of a stream that had begun well. `None`: this is no error.
pub(crate) fn from_event(data: &str) -> Option<ModelError> {
    let said = Said::parse(data)?;
    let kind = said.kind(said.status);
    let mut error = ModelError::new(kind, &said.words).with_raw(data);
    error.status = said.status;
    error.retry_after = wait(kind, &Headers::default(), Some(&said));
    Some(error)
}

/// A page of HTML as words: what is between the tags.
pub(crate) fn plain_words(body: &str) -> String {
    let body = crate::error::cut(body, crate::limits::ERROR_RAW_BYTES_MAX);
    if !body.trim_start().starts_with('<') {
        return body.to_owned();
    }
    let mut words = String::new();
    let mut rest = body;
    while let Some(open) = rest.find('<') {
        words.push_str(&rest[..open]);
        words.push(' ');
        let tag = &rest[open..];
        let name = tag[1..].split(|it: char| !it.is_ascii_alphanumeric()).next().unwrap_or("");
        let hidden = ["style", "script"].into_iter().find(|it| name.eq_ignore_ascii_case(it));
        let end = match hidden {
            Some(name) => tag.to_ascii_lowercase().find(&format!("</{name}")).map(|at| at + 2),
            None => None,
        };
        let from = end.unwrap_or(0);
        rest = tag[from..].find('>').map_or("", |close| &tag[from + close + 1..]);
    }
    words.push_str(rest);
    words.trim().to_owned()
}

/// What a body says about its error.
struct Said {
    /// All names of the error that there are: `type`, `code`, `status`, `reason`, in lower case.
    names: Vec<String>,
    words: String,
    status: Option<u16>,
    /// Gemini's RetryInfo.
    delay: Option<Duration>,
}

impl Said {
    fn parse(body: &str) -> Option<Self> {
        let value: Value = serde_json::from_str(body).ok()?;
        // Gemini wraps a streamed error in a list.
        let value = value.as_array().and_then(|list| list.first()).unwrap_or(&value);
        // Responses: {"type":"response.failed","response":{"error":{…}}}.
        let inner = value.pointer("/response/error").filter(|it| !it.is_null());
        let error = inner.or_else(|| value.get("error").filter(|it| !it.is_null()));
        let named_error = value.get("type").and_then(Value::as_str) == Some("error");
        let top =
            ["detail", "message"].iter().any(|key| value.get(key).is_some_and(Value::is_string));
        let error = match error {
            Some(error) => error,
            None if named_error || (top && value.get("choices").is_none()) => value,
            None => return None,
        };
        let text = |key: &str| error.get(key).and_then(Value::as_str);
        let names = ["type", "code", "status", "reason"].iter().filter_map(|key| text(key));
        let mut names: Vec<String> = names.map(str::to_lowercase).collect();
        let details = error.get("details").and_then(Value::as_array);
        for detail in details.into_iter().flatten() {
            names.extend(detail.get("reason").and_then(Value::as_str).map(str::to_lowercase));
        }
        let words = error.as_str().or_else(|| text("message")).or_else(|| text("detail"));
        // OpenRouter hides the words of who is behind it.
        let behind = error.pointer("/metadata/raw").and_then(Value::as_str);
        let words = [words, behind].into_iter().flatten().collect::<Vec<_>>().join(": ");
        let code = ["code", "status"].iter().find_map(|key| error.get(key).and_then(Value::as_u64));
        let code = code.or_else(|| text("code").and_then(|code| code.parse().ok()));
        let status = code.and_then(|code| u16::try_from(code).ok()).filter(|it| *it >= 400);
        let delay = details.into_iter().flatten().find_map(|detail| {
            detail.get("retryDelay").and_then(Value::as_str).and_then(parse_span)
        });
        Some(Self { names, words, status, delay })
    }

    fn kind(&self, status: Option<u16>) -> Kind {
        let by_name = self.names.iter().find_map(|name| by_name(name));
        let words = self.words.to_lowercase();
        let has = |parts: &[&str]| parts.iter().any(|part| words.contains(part));
        // A request over a limit per minute is called a limit of the rate, and never fits.
        if status == Some(413) || words.contains("request too large for") {
            return Kind::TooLong;
        }
        let is_vague = matches!(by_name, None | Some(Kind::BadRequest | Kind::Broken));
        if is_vague && has(TOO_LONG_WORDS) {
            return Kind::TooLong;
        }
        if has(BUDGET_WORDS) && !matches!(by_name, Some(Kind::Auth)) {
            return Kind::Budget;
        }
        if is_vague && has(&["api key not valid", "invalid api key", "incorrect api key"]) {
            return Kind::Auth;
        }
        let by_status = status.map(by_status);
        match (by_name, by_status) {
            (Some(named), _) if named != Kind::BadRequest => named,
            (_, Some(status)) => status,
            (Some(named), None) => named,
            (None, None) => Kind::Broken,
        }
    }
}

/// Words of a request that is too long: Anthropic, OpenAI, Gemini, vLLM, llama.cpp, xAI, Moonshot,
/// Zhipu, Cohere.
const TOO_LONG_WORDS: &[&str] = &[
    "prompt is too long",
    "maximum context length",
    "context window",
    "context length",
    "exceeds the maximum number of tokens",
    "exceeds the available context size",
    "input is too long",
    "too many tokens",
    "exceed context limit",
    "maximum prompt length",
    "maximum model length",
    "model token limit",
    "exceeds max length",
    "reduce the length of",
];

/// Words of an empty account: Anthropic, OpenAI, OpenRouter, DeepSeek.
const BUDGET_WORDS: &[&str] = &[
    "credit balance is too low",
    "exceeded your current quota",
    "insufficient credits",
    "insufficient balance",
    "billing hard limit",
];

fn by_name(name: &str) -> Option<Kind> {
    Some(match name {
        "authentication_error"
        | "permission_error"
        | "invalid_api_key"
        | "unauthenticated"
        | "permission_denied"
        | "api_key_invalid"
        | "access_denied" => Kind::Auth,
        "not_found_error" | "model_not_found" | "not_found" | "deployment_not_found" => {
            Kind::NotFound
        }
        "context_length_exceeded"
        | "request_too_large"
        | "exceed_context_size_error"
        | "string_above_max_length" => Kind::TooLong,
        "rate_limit_error"
        | "rate_limit_exceeded"
        | "resource_exhausted"
        | "rate_limit"
        | "tokens"
        | "requests"
        | "too_many_requests" => Kind::RateLimited,
        "overloaded_error"
        | "overloaded"
        | "unavailable"
        | "server_is_overloaded"
        | "unavailable_error"
        | "slow_down" => Kind::Overloaded,
        "billing_error"
        | "insufficient_quota"
        | "billing_not_active"
        | "payment_required"
        | "billing_hard_limit_reached" => Kind::Budget,
        "content_filter"
        | "content_policy_violation"
        | "responsibleaipolicyviolation"
        | "refusal"
        | "safety"
        | "invalid_prompt" => Kind::Refused,
        "timeout_error" | "deadline_exceeded" | "timeout" => Kind::Timeout,
        "api_error"
        | "server_error"
        | "internal"
        | "internal_error"
        | "internal_server_error"
        | "unknown" => Kind::Broken,
        "invalid_request_error" | "invalid_argument" | "failed_precondition" | "bad_request" => {
            Kind::BadRequest
        }
        _ => return None,
    })
}

fn by_status(status: u16) -> Kind {
    match status {
        401 | 403 | 407 => Kind::Auth,
        402 => Kind::Budget,
        404 | 405 | 410 => Kind::NotFound,
        408 | 504 | 524 => Kind::Timeout,
        413 => Kind::TooLong,
        429 => Kind::RateLimited,
        503 | 529 => Kind::Overloaded,
        451 => Kind::Refused,
        500..=599 => Kind::Broken,
        // A redirection would carry the key elsewhere, so it is not followed.
        300..=399 => Kind::WrongContentType,
        _ => Kind::BadRequest,
    }
}

/// How long the server asks to wait, wherever it says so.
fn wait(kind: Kind, headers: &Headers, said: Option<&Said>) -> Option<Duration> {
    let is_waiting =
        matches!(kind, Kind::RateLimited | Kind::Overloaded | Kind::Broken | Kind::Timeout);
    if !is_waiting {
        return None;
    }
    let now = headers.get("date").and_then(parse_instant);
    let exact = headers.get("retry-after-ms").and_then(|it| it.parse::<f64>().ok());
    let exact = exact.and_then(|ms| seconds(ms / 1000.0));
    let after = headers.get("retry-after").and_then(|it| match it.parse::<f64>() {
        Ok(number) => seconds(number),
        Err(_) => until(parse_instant(it)?, now?),
    });
    let delay = said.and_then(|said| said.delay);
    let in_words = said.and_then(|said| wait_in_words(&said.words));
    let reset = || {
        // The limit that is used up says when it is free again; the longest of those counts.
        let used_up = headers.0.iter().filter(|(name, value)| {
            name.contains("ratelimit") && name.contains("remaining") && value.trim() == "0"
        });
        let resets =
            used_up.filter_map(|(name, _)| headers.get(&name.replace("remaining", "reset")));
        resets.filter_map(|value| reset_span(value, now)).max()
    };
    let found = exact.or(after).or(delay).or(in_words).or_else(reset);
    found.map(|wait| wait.min(WAIT_MAX))
}

/// `6m0s` and `20ms` (OpenAI), seconds or an instant in seconds (others), RFC 3339 (Anthropic).
fn reset_span(value: &str, now: Option<i64>) -> Option<Duration> {
    if let Ok(number) = value.parse::<f64>() {
        // More than a day can only be an instant; milliseconds when it is far too many.
        let instant = if number > 1e11 { number / 1000.0 } else { number };
        if instant < 86_400.0 * 2.0 {
            return seconds(instant);
        }
        #[expect(clippy::cast_precision_loss, reason = "seconds since 1970 are exact in it")]
        return seconds(instant - now? as f64);
    }
    parse_span(value).or_else(|| until(parse_instant(value)?, now?))
}

fn until(then: i64, now: i64) -> Option<Duration> {
    u64::try_from(then.saturating_sub(now)).ok().map(Duration::from_secs).or(Some(Duration::ZERO))
}

/// Seconds since 1970 of an HTTP date or an RFC 3339 instant.
fn parse_instant(text: &str) -> Option<i64> {
    let http = || jiff::fmt::rfc2822::parse(text).ok().map(|at| at.timestamp());
    let instant = text.parse::<jiff::Timestamp>().ok().or_else(http)?;
    Some(instant.as_second())
}

/// `1h2m3.5s`, `20ms`, `6.5s`.
fn parse_span(text: &str) -> Option<Duration> {
    let mut rest = text.trim();
    let mut sum = 0.0;
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let digits = rest.find(|it: char| !it.is_ascii_digit() && it != '.')?;
        let number: f64 = rest[..digits].parse().ok()?;
        rest = &rest[digits..];
        let unit = rest.find(|it: char| it.is_ascii_digit()).unwrap_or(rest.len());
        sum += number
            * match rest[..unit].trim() {
                "ms" => 0.001,
                "s" | "sec" | "second" | "seconds" => 1.0,
                "m" | "min" | "minute" | "minutes" => 60.0,
                "h" | "hour" | "hours" => 3600.0,
                "d" | "day" | "days" => 86_400.0,
                _ => return None,
            };
        rest = &rest[unit..];
    }
    seconds(sum)
}

fn seconds(number: f64) -> Option<Duration> {
    Duration::try_from_secs_f64(number.clamp(0.0, WAIT_MAX.as_secs_f64())).ok()
}

/// "Please try again in 6.5s", "retry in 1m30s", "retry after 20 seconds".
fn wait_in_words(words: &str) -> Option<Duration> {
    let lower = words.to_lowercase();
    let marks = ["try again in ", "retry in ", "retry after ", "try again after "];
    let from = marks.iter().find_map(|mark| lower.find(mark).map(|at| at + mark.len()))?;
    let tail = &lower[from..];
    let mut parts = tail.split_whitespace();
    let first = parts.next()?.trim_end_matches(['.', ',', ';', ')']);
    if let Some(span) = parse_span(first) {
        return Some(span);
    }
    let unit = parts.next()?.trim_end_matches(['.', ',', ';', ')']);
    parse_span(&format!("{first}{unit}"))
}

#[cfg(test)]
mod tests;
