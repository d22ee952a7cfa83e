//! What servers do wrong, in every format in which they can: each ends in one clear state, and
//! whatever was answered can be sent back to every provider.

#[expect(dead_code, reason = "only the other tests look at requests")]
mod served;

use model::{
    Args, Context, Dialect, Endpoint, Format, Head, Message, ModelError, Part, Secret, Server,
    Settings, Timeouts, ToolResult, Turn,
};
use serde_json::{Value, json};
use served::{Answer, Served, Then, answer, chunked, cut};
use std::collections::BTreeSet;
use std::time::Duration;

const FORMATS: [Format; 4] = [Format::Anthropic, Format::Responses, Format::Chat, Format::Gemini];
const SSE: &str = "text/event-stream";
const HANGS: &str = "hangs in the middle";
/// Far more than a busy computer takes.
const PATIENCE: Duration = Duration::from_secs(30);

/// A part of an answer, whatever the format.
#[derive(Clone)]
enum Bit {
    Text(&'static str),
    /// A call by id, name and the letters of its arguments.
    Call(&'static str, &'static str, &'static str),
    /// Tokens read and written, as JSON: numbers, and what should be numbers.
    Used(&'static str, &'static str),
    /// Why it stopped, in the words of the format.
    Stop([&'static str; 4]),
    /// The mark of the end, where the format has one.
    End,
    /// An event as it is.
    Raw(&'static str),
}

use Bit::{Call, End, Raw, Stop, Text, Used};

const DONE: Bit = Stop(["end_turn", "completed", "stop", "STOP"]);
const CALLS: Bit = Stop(["tool_use", "completed", "tool_calls", "STOP"]);
const LENGTH: Bit = Stop(["max_tokens", "max_output_tokens", "length", "MAX_TOKENS"]);
const USUAL: Bit = Used("7", "3");

/// The bytes of a stream.
fn stream(format: Format, bits: &[Bit]) -> String {
    let events = match format {
        Format::Anthropic => anthropic(bits),
        Format::Responses => responses(bits),
        Format::Chat => bits.iter().zip(0..).filter_map(chat).collect(),
        Format::Gemini => bits.iter().filter_map(gemini).collect(),
    };
    let line = |event: &Value| {
        let name = event["type"].as_str().map(|name| format!("event: {name}\n"));
        format!("{}data: {event}\n\n", name.unwrap_or_default())
    };
    let out: String = events.iter().map(line).collect();
    out.replace("data: \"[DONE]\"", "data: [DONE]")
}

fn raw(event: &str) -> Value {
    serde_json::from_str(event).expect("JSON")
}

fn anthropic(bits: &[Bit]) -> Vec<Value> {
    let mut out = vec![json!({"type": "message_start", "message": {"id": "m", "content": []}})];
    for (index, bit) in bits.iter().enumerate() {
        let start = |block: Value| json!({"type": "content_block_start", "index": index, "content_block": block});
        let delta =
            |delta: Value| json!({"type": "content_block_delta", "index": index, "delta": delta});
        match bit {
            Raw(event) => out.push(raw(event)),
            Text(text) => out.extend([
                start(json!({"type": "text", "text": ""})),
                delta(json!({"type": "text_delta", "text": text})),
                json!({"type": "content_block_stop", "index": index}),
            ]),
            Call(id, name, args) => out.extend([
                start(json!({"type": "tool_use", "id": id, "name": name, "input": {}})),
                delta(json!({"type": "input_json_delta", "partial_json": args})),
            ]),
            Used(input, output) => {
                let usage = json!({"input_tokens": number(input), "output_tokens": number(output)});
                out.push(json!({"type": "message_delta", "delta": {}, "usage": usage}));
            }
            Stop(reasons) => {
                out.push(json!({"type": "message_delta", "delta": {"stop_reason": reasons[0]}}));
            }
            End => out.push(json!({"type": "message_stop"})),
        }
    }
    out
}

fn responses(bits: &[Bit]) -> Vec<Value> {
    let (mut out, mut items, mut usage) = (vec![], vec![], Value::Null);
    for (index, bit) in bits.iter().enumerate() {
        let event =
            |kind: &str, item: &Value| json!({"type": kind, "output_index": index, "item": item});
        match bit {
            Raw(event) => out.push(raw(event)),
            Text(text) => {
                let content = json!([{"type": "output_text", "text": text}]);
                let item = json!({"type": "message", "role": "assistant", "content": content});
                out.push(json!({"type": "response.output_text.delta", "output_index": index,
                    "delta": text}));
                out.push(event("response.output_item.done", &item));
                items.push(item);
            }
            Call(id, name, args) => {
                let item = json!({"type": "function_call", "call_id": id, "name": name,
                    "arguments": args});
                out.push(event("response.output_item.added", &item));
                out.push(event("response.output_item.done", &item));
                items.push(item);
            }
            Used(input, output) => {
                usage = json!({"input_tokens": number(input), "output_tokens": number(output)});
            }
            Stop(reasons) => {
                let mut response = json!({"id": "r", "output": items, "usage": usage});
                if ["completed", "failed", "cancelled", "in_progress"].contains(&reasons[1]) {
                    response["status"] = reasons[1].into();
                } else {
                    response["status"] = "incomplete".into();
                    response["incomplete_details"] = json!({ "reason": reasons[1] });
                }
                out.push(json!({"type": "response.completed", "response": response}));
            }
            End => {}
        }
    }
    out
}

fn chat((bit, index): (&Bit, u64)) -> Option<Value> {
    Some(match bit {
        Raw(event) => raw(event),
        Text(text) => json!({"choices": [{"index": 0, "delta": {"content": text}}]}),
        Call(id, name, args) => {
            let call = json!({"index": index, "id": id, "type": "function",
                "function": {"name": name, "arguments": args}});
            json!({"choices": [{"index": 0, "delta": {"tool_calls": [call]}}]})
        }
        Used(input, output) => {
            let (read, wrote) = (number(input), number(output));
            json!({"choices": [], "usage": {"prompt_tokens": read, "completion_tokens": wrote}})
        }
        Stop(reasons) => {
            json!({"choices": [{"index": 0, "delta": {}, "finish_reason": reasons[2]}]})
        }
        End => "[DONE]".into(),
    })
}

fn gemini(bit: &Bit) -> Option<Value> {
    Some(match bit {
        Raw(event) => raw(event),
        Text(text) => part(&json!({ "text": text })),
        Call(id, name, args) => {
            let args: Value = serde_json::from_str(args).unwrap_or_else(|_| json!(args));
            part(&json!({"functionCall": {"id": id, "name": name, "args": args}}))
        }
        Used(input, output) => json!({"usageMetadata": {"promptTokenCount": number(input),
            "candidatesTokenCount": number(output)}, "candidates": []}),
        Stop(reasons) => json!({"candidates": [{"index": 0, "finishReason": reasons[3]}]}),
        End => return None,
    })
}

fn part(part: &Value) -> Value {
    json!({"candidates": [{"index": 0, "content": {"role": "model", "parts": [part]}}]})
}

fn number(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|_| json!(text))
}

async fn ask(format: Format, given: Answer, idle: Duration) -> Result<Turn, ModelError> {
    let served = Served::start(vec![given]);
    let mut endpoint = Endpoint::new("test", format, &served.url());
    endpoint.timeouts = Timeouts { connect: PATIENCE, first_byte: PATIENCE, idle };
    let key = Secret::parse("sk-very-secret").expect("a key");
    let server = Server::new(endpoint, Some(key)).expect("a server");
    let dialect = Dialect::new(format, "test", "some-model");
    let mut context = Context::new(Head::default());
    context.push(Message::text("Hi."));
    let got = server.answer(&dialect, &mut context, &Settings::default(), &mut |_| ()).await;
    assert_eq!(served.requests().len(), 1, "nothing is asked twice");
    got
}

/// What it came to, in one line.
fn told(got: &Result<Turn, ModelError>) -> String {
    match got {
        Ok(turn) => {
            let calls = turn.calls().map(|call| match &call.args {
                Args::Object(args) => format!(" {}({}) as {}", call.name, args.get(), call.id),
                Args::Broken(text) => format!(" {}, broken: {text:?}, as {}", call.name, call.id),
            });
            let calls: String = calls.collect();
            let usage = turn.usage;
            let used = if usage.is_reported {
                format!("{}+{}", usage.input_total(), usage.output)
            } else {
                "not told".to_owned()
            };
            format!("{:?} {:?}{calls}; {used}", turn.stop, turn.text())
        }
        Err(error) => {
            for text in [error.what(), error.why(), error.next()] {
                assert!(!text.is_empty() && !text.contains("very-secret"), "{text}");
            }
            let wait = error.retry_after.map(|it| format!(", wait {} s", it.as_secs()));
            let wait = wait.unwrap_or_default();
            format!("error, {}: {}{wait}", error.kind, error.words)
        }
    }
}

/// Every provider would take this answer back, with results of its calls and without.
fn goes_back(turn: &Turn) {
    for format in FORMATS {
        for model in ["some-model", "another-model"] {
            let dialect = Dialect::new(format, "test", model);
            let mut context = Context::new(Head::default());
            context.push(Message::text("Hi."));
            context.push(Message::Model(Box::new(turn.clone())));
            let results = turn.calls().map(|call| {
                let (call, text) = (call.id.clone(), "fine".to_owned());
                Part::Result(ToolResult { call, text, images: vec![], is_error: false })
            });
            context.push(Message::User(results.chain([Part::Text("Go on.".into())]).collect()));
            let body = context.body(&dialect, &Settings::default());
            let body: Value = serde_json::from_slice(&body).expect("JSON");
            let mut open = BTreeSet::new();
            walk(&body, &mut open);
            assert!(open.is_empty(), "{format:?}: without a result: {open:?}: {body}");
        }
    }
}

/// Looks for what providers refuse; collects the ids of calls that have no result.
fn walk(value: &Value, open: &mut BTreeSet<String>) {
    let text = |key: &str| value.get(key).and_then(Value::as_str);
    let is_fit = |name: &str| {
        let is_fit = |it: char| it.is_ascii_alphanumeric() || matches!(it, '_' | '-');
        (1..=64).contains(&name.len()) && name.chars().all(is_fit)
    };
    let kind = text("type").unwrap_or_default();
    let called = text("call_id").or(text("tool_call_id")).or(text("tool_use_id"));
    if matches!(kind, "tool_use" | "function_call") || value.get("function").is_some() {
        let id = text("call_id").or(text("id")).unwrap_or_default();
        assert!(!id.is_empty() && open.insert(id.to_owned()), "an id is there once: {value}");
    } else if let Some(id) = called {
        assert!(open.remove(id), "a result without its call: {value}");
    }
    let called = [Some(value), value.get("function"), value.get("functionCall")];
    for it in called.into_iter().flatten() {
        if kind != "text"
            && let Some(name) = it.get("name").and_then(Value::as_str)
        {
            assert!(is_fit(name), "{name:?}");
        }
    }
    if kind == "text" {
        assert!(!text("text").unwrap_or_default().trim().is_empty(), "an empty text: {value}");
    }
    if let Some(arguments) = text("arguments") {
        assert!(serde_json::from_str::<Value>(arguments).is_ok_and(|it| it.is_object()));
    }
    for key in ["input", "args"] {
        let is_call = matches!(kind, "tool_use") || key == "args";
        if let Some(input) = value.get(key).filter(|_| is_call) {
            assert!(input.is_object(), "arguments are an object: {value}");
        }
    }
    if value.get("role").is_some() {
        let content = value.get("content").or(value.get("parts"));
        let is_empty = match content {
            Some(Value::String(text)) => text.trim().is_empty(),
            Some(Value::Array(list)) => list.is_empty(),
            Some(Value::Null) | None => value.get("tool_calls").is_none(),
            Some(_) => false,
        };
        assert!(!is_empty || value.get("tool_calls").is_some(), "a message of nothing: {value}");
    }
    match value {
        Value::Array(list) => list.iter().for_each(|it| walk(it, open)),
        Value::Object(map) => map.values().for_each(|it| walk(it, open)),
        _ => (),
    }
}

/// Streams that are well formed as streams, and odd as answers.
fn odd_answers() -> Vec<(&'static str, Vec<Bit>)> {
    odd_calls().into_iter().chain(odd_ends()).collect()
}

fn odd_calls() -> Vec<(&'static str, Vec<Bit>)> {
    let huge = "18446744073709551615";
    vec![
        ("no usage", vec![Text("Hi."), DONE, End]),
        ("usage twice", vec![Text("Hi."), Used("7", "1"), USUAL, DONE, End]),
        ("negative usage", vec![Text("Hi."), Used("-7", "-3"), DONE, End]),
        ("usage in words", vec![Text("Hi."), Used("many", "null"), DONE, End]),
        ("huge usage", vec![Text("Hi."), Used(huge, huge), DONE, End]),
        ("usage beyond numbers", vec![Text("Hi."), Used("1e400", "1.5"), DONE, End]),
        ("an empty id", vec![Call("", "look", "{}"), USUAL, CALLS, End]),
        ("ids twice", vec![Call("a", "look", "{}"), Call("a", "see", "{}"), USUAL, CALLS, End]),
        ("an odd id", vec![Call("a b\"ü", "look", "{}"), USUAL, CALLS, End]),
        ("an empty name", vec![Call("a", "", "{}"), USUAL, CALLS, End]),
        ("an odd name", vec![Call("a", "functions.look it up <|x|>", "{}"), USUAL, CALLS, End]),
        ("broken arguments", vec![Call("a", "look", "{\"path\": \"x"), USUAL, CALLS, End]),
        ("a list of arguments", vec![Call("a", "look", "[1]"), USUAL, CALLS, End]),
        ("arguments twice over", vec![Call("a", "look", "{}{}"), USUAL, CALLS, End]),
        (
            "one good call and one bad",
            vec![Call("a", "look", "{\"p\":1}"), Call("b", "see", "{\"p\":"), USUAL, CALLS, End],
        ),
        ("a key twice", vec![Call("a", "look", "{\"p\":1,\"p\":2}"), USUAL, CALLS, End]),
        ("a number of arguments", vec![Call("a", "look", "7"), USUAL, CALLS, End]),
        ("a text of arguments", vec![Call("a", "look", "\"{}\""), USUAL, CALLS, End]),
        ("null of arguments", vec![Call("a", "look", "null"), USUAL, CALLS, End]),
        ("cut in a call", vec![Text("I"), Call("a", "look", "{\"pa"), USUAL, LENGTH, End]),
        ("cut before arguments", vec![Text("I"), Call("a", "look", ""), USUAL, LENGTH, End]),
    ]
}

fn odd_ends() -> Vec<(&'static str, Vec<Bit>)> {
    vec![
        ("nothing at all", vec![USUAL, DONE, End]),
        ("only white space", vec![Text(" \n"), USUAL, DONE, End]),
        ("says calls and has none", vec![Text("Hi."), USUAL, CALLS, End]),
        ("says done and has calls", vec![Call("a", "look", "{}"), USUAL, DONE, End]),
        (
            "a reason nobody knows",
            vec![Text("Hi."), USUAL, Stop(["vibes", "vibes", "vibes", "VIBES"]), End],
        ),
        (
            "a refusal",
            vec![Text("No."), USUAL, Stop(["refusal", "content_filter", "refusal", "SAFETY"]), End],
        ),
        (
            "the server gave up",
            vec![
                Text("I wi"),
                USUAL,
                Stop(["error", "failed", "error", "MALFORMED_FUNCTION_CALL"]),
                End,
            ],
        ),
        (
            "a pause",
            vec![Text("Hm."), USUAL, Stop(["pause_turn", "in_progress", "length", "OTHER"]), End],
        ),
        (
            "a filter",
            vec![
                Text("No."),
                USUAL,
                Stop(["refusal", "content_filter", "content_filter", "RECITATION"]),
                End,
            ],
        ),
        (
            "a filter in a call",
            vec![
                Call("a", "look", "{\"p\":1}"),
                USUAL,
                Stop(["refusal", "content_filter", "content_filter", "PROHIBITED_CONTENT"]),
                End,
            ],
        ),
        (
            "the window is full",
            vec![
                Text("I"),
                USUAL,
                Stop([
                    "model_context_window_exceeded",
                    "max_output_tokens",
                    "length",
                    "MAX_TOKENS",
                ]),
                End,
            ],
        ),
        ("no end", vec![Text("Hi."), USUAL, DONE]),
        ("no reason", vec![Text("Hi."), USUAL, End]),
        ("neither", vec![Text("Hi."), USUAL]),
        (
            "an unknown event",
            vec![Raw("{\"type\":\"new\",\"x\":1}"), Text("Hi."), USUAL, DONE, End],
        ),
        ("events after the end", vec![Text("Hi."), USUAL, DONE, End, Text(" More."), End]),
    ]
}

#[tokio::test]
async fn odd_answers_end_in_one_clear_state() {
    let mut shown = String::new();
    for (name, bits) in odd_answers() {
        shown.push_str(&format!("{name}\n"));
        for format in FORMATS {
            let given = chunked(SSE, &[stream(format, &bits).as_bytes()]);
            let got = ask(format, given, PATIENCE).await;
            if let Ok(turn) = &got {
                goes_back(turn);
            }
            shown.push_str(&format!("  {format:?}: {}\n", told(&got)));
        }
    }
    insta::assert_snapshot!(shown);
}

/// A good answer in all the ways in which a stream of events may be spelled.
fn spelled(format: Format) -> Vec<(&'static str, Answer)> {
    let good = stream(format, &[Text("Hi."), USUAL, DONE, End]);
    let comments = good.replace("\n\n", "\n\n: keepalive\n\n");
    let bom = format!("\u{feff}{good}");
    let crlf = good.replace('\n', "\r\n");
    let bytes: Vec<&[u8]> = good.as_bytes().chunks(1).collect();
    let open = good.trim_end();
    let lines = good.replace(",\"", ",\ndata: \"");
    let bare = good.replace("data: ", "data:");
    let returns = good.replace('\n', "\r");
    let halves = good.replace("Hi.", "Hi.\\ud83d");
    let retry = format!("retry: 10\nid: 7\n\n{good}");
    vec![
        ("comments between", chunked(SSE, &[comments.as_bytes()])),
        ("a byte order mark", chunked(SSE, &[bom.as_bytes()])),
        ("CRLF", chunked(SSE, &[crlf.as_bytes()])),
        ("CR", chunked(SSE, &[returns.as_bytes()])),
        ("byte by byte", chunked(SSE, &bytes)),
        ("no empty line at the end", chunked(SSE, &[open.as_bytes()])),
        ("events of several lines", chunked(SSE, &[lines.as_bytes()])),
        ("no blank behind the colon", chunked(SSE, &[bare.as_bytes()])),
        ("half a letter", chunked(SSE, &[halves.as_bytes()])),
        ("fields that nobody needs", chunked(SSE, &[retry.as_bytes()])),
    ]
}

/// A good answer, in bytes that a server or what stands before it spoils.
fn spoiled(format: Format) -> Vec<(&'static str, Answer)> {
    let good = stream(format, &[Text("Hi."), USUAL, DONE, End]);
    let half = stream(format, &[Text("Hi.")]);
    let hang = |mut answer: Answer| {
        answer.then = Then::Hang;
        answer
    };
    let overloaded = match format {
        Format::Gemini => "{\"error\":{\"code\":503,\"status\":\"UNAVAILABLE\",\"message\":\"x\"}}",
        Format::Responses => {
            "{\"type\":\"response.failed\",\"response\":{\"error\":{\"code\":\"server_is_overloaded\",\"message\":\"x\"}}}"
        }
        _ => "{\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"x\"}}",
    };
    let overloaded = format!("{half}event: error\ndata: {overloaded}\n\n");
    let too_long = "{\"error\":{\"message\":\"input length and `max_tokens` exceed context limit: \
                    190000 + 20000 > 200000\",\"type\":\"invalid_request_error\"}}";
    let too_fast = "{\"error\":{\"message\":\"Request too large for some-model on tokens per min \
                    (TPM): Limit 30000, Requested 45000.\",\"type\":\"tokens\",\
                    \"code\":\"rate_limit_exceeded\"}}";
    let html = ("content-type", "text/html");
    let json = ("content-type", "application/json");
    let date = ("date", "Sat, 21 Nov 2026 10:00:00 GMT");
    let later = ("retry-after", "Sat, 21 Nov 2026 10:00:30 GMT");
    let earlier = ("retry-after", "Sat, 21 Nov 2026 09:00:00 GMT");
    let packed = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 0x4b, 0xcf];
    let elsewhere = ("location", "http://127.0.0.1:9/");
    let spent = "{\"error\":{\"type\":\"insufficient_quota\",\"code\":\"insufficient_quota\",\
                 \"message\":\"You exceeded your current quota\"}}";
    vec![
        ("the type of a page", chunked("text/html", &[good.as_bytes()])),
        ("the type of nothing", chunked("", &[good.as_bytes()])),
        ("reset after the answer", cut(SSE, &[good.as_bytes()])),
        ("hangs after the answer", hang(cut(SSE, &[good.as_bytes()]))),
        (HANGS, hang(cut(SSE, &[half.as_bytes()]))),
        ("ends in the middle", chunked(SSE, &[half.as_bytes()])),
        ("reset in the middle", cut(SSE, &[half.as_bytes()])),
        ("overloaded in the middle", chunked(SSE, &[overloaded.as_bytes()])),
        ("a page", answer(200, &[html], b"<html><body>Sign in</body></html>")),
        ("packed", answer(200, &[("content-encoding", "gzip"), json], &packed)),
        ("packed without a word", answer(200, &[json], &packed)),
        ("an error that is a success", answer(200, &[json], too_long.as_bytes())),
        ("301 elsewhere", answer(301, &[elsewhere], b"")),
        ("307 elsewhere", answer(307, &[elsewhere], b"")),
        ("401 as a page", answer(401, &[html], b"<html><body>Login</body></html>")),
        ("403 as a page", answer(403, &[html], b"<html><body>Blocked</body></html>")),
        ("404 as a page", answer(404, &[html], b"<html><body>Not here</body></html>")),
        ("422 without words", answer(422, &[json], b"{}")),
        ("500 as a page", answer(500, &[html], b"<html><h1>Internal</h1></html>")),
        ("502 as a page", answer(502, &[html], b"<html><h1>Bad Gateway</h1></html>")),
        ("429 with nothing left", answer(429, &[json], spent.as_bytes())),
        ("429 for milliseconds", answer(429, &[("retry-after-ms", "1500")], b"{}")),
        ("413 by a gateway", answer(413, &[html], b"<html><h1>Too Large</h1></html>")),
        ("longer than the window", answer(400, &[json], too_long.as_bytes())),
        ("longer than a minute's tokens", answer(429, &[json], too_fast.as_bytes())),
        ("503 until a date", answer(503, &[date, later], b"")),
        ("529 until a date that was", answer(529, &[date, earlier], b"")),
        ("503 for a very long time", answer(503, &[("retry-after", "1e30")], b"")),
        ("429 for less than nothing", answer(429, &[("retry-after", "-5")], b"{}")),
        ("429 for no number", answer(429, &[("retry-after", "NaN")], b"{}")),
    ]
}

#[tokio::test]
async fn spoiled_answers_end_in_one_clear_state() {
    let mut shown = String::new();
    let both = |format| spelled(format).into_iter().chain(spoiled(format)).collect();
    let all: [Vec<(&str, Answer)>; 4] = FORMATS.map(both);
    for (index, (name, _)) in all[0].iter().enumerate() {
        let mut lines = vec![];
        for (format, table) in FORMATS.iter().zip(&all) {
            // Only what never goes on has to be given up soon.
            let idle = if *name == HANGS { Duration::from_millis(300) } else { PATIENCE };
            let got = ask(*format, table[index].1.clone(), idle).await;
            lines.push(told(&got));
        }
        let is_same = lines.iter().all(|line| *line == lines[0]);
        shown.push_str(&format!("{name}\n"));
        for (format, line) in FORMATS.iter().zip(&lines) {
            if is_same {
                shown.push_str(&format!("  all: {line}\n"));
                break;
            }
            shown.push_str(&format!("  {format:?}: {line}\n"));
        }
    }
    insta::assert_snapshot!(shown);
}

/// Wherever a stream breaks off, there is the whole answer or an error, and never a part of it.
#[tokio::test]
async fn a_stream_that_is_cut_anywhere_is_whole_or_broken() {
    let bits = [Text("Hé 😀."), Call("a", "look", "{\"p\":\"é😀\"}"), USUAL, CALLS, End];
    for format in FORMATS {
        let whole = stream(format, &bits);
        let bytes = whole.as_bytes();
        let is_near = |at: usize| {
            let around = &bytes[at.saturating_sub(2)..(at + 2).min(bytes.len())];
            around.iter().any(|it| *it == b'\n' || *it >= 0x80)
        };
        let cuts: Vec<usize> = (0..=bytes.len()).filter(|at| at % 7 == 0 || is_near(*at)).collect();
        let given = cuts.iter().map(|at| chunked(SSE, &[&bytes[..*at]])).collect();
        let served = Served::start(given);
        let mut endpoint = Endpoint::new("test", format, &served.url());
        endpoint.timeouts = Timeouts { connect: PATIENCE, first_byte: PATIENCE, idle: PATIENCE };
        let server = Server::new(endpoint, None).expect("a server");
        let dialect = Dialect::new(format, "test", "some-model");
        let mut all = BTreeSet::new();
        for at in cuts {
            let mut context = Context::new(Head::default());
            context.push(Message::text("Hi."));
            let got =
                server.answer(&dialect, &mut context, &Settings::default(), &mut |_| ()).await;
            match &got {
                Ok(turn) => {
                    // Only what was used may be missing.
                    let told = told(&got);
                    let said = told.split("; ").next().unwrap_or_default().to_owned();
                    assert_eq!(turn.calls().count(), 1, "{format:?}, cut at {at}: {told}");
                    all.insert(said);
                }
                Err(error) => {
                    let is_broken = matches!(
                        error.kind,
                        model::Kind::Cut
                            | model::Kind::Malformed
                            | model::Kind::Broken
                            | model::Kind::WrongContentType
                    );
                    assert!(is_broken, "{format:?}, cut at {at}: {:?}", error.kind);
                }
            }
        }
        assert_eq!(all.len(), 1, "{format:?}: whole is one thing: {all:?}");
    }
}

#[tokio::test]
async fn sixty_calls_at_once_and_a_huge_event_are_taken() {
    let mut calls = vec![Call("same", "look", "{}"); 60];
    calls.extend([USUAL, CALLS, End]);
    let huge: &'static str = Box::leak("x".repeat(10 << 20).into_boxed_str());
    for format in FORMATS {
        let given = chunked(SSE, &[stream(format, &calls).as_bytes()]);
        let turn = ask(format, given, PATIENCE).await.expect("an answer");
        let ids: BTreeSet<String> = turn.calls().map(|call| call.id.clone()).collect();
        assert_eq!((turn.calls().count(), ids.len()), (60, 60), "{format:?}");
        goes_back(&turn);
        let given = chunked(SSE, &[stream(format, &[Text(huge), USUAL, DONE, End]).as_bytes()]);
        let turn = ask(format, given, PATIENCE).await.expect("an answer");
        assert_eq!(turn.text().len(), huge.len(), "{format:?}");
    }
}
