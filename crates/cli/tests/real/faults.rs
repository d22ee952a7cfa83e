//! What servers of models do wrong, lived through by the real program in each wire format: the task
//! ends as it should, in words that a person understands, what was used is counted, and no command
//! is run that no whole answer asked for, or twice.

use crate::models::{Desk, text};
use crate::server::Reply::{self, Bytes, Status, Turn};
use serde_json::{Value, json};

/// A wire format by a model that is asked in it.
#[derive(Clone, Copy, PartialEq)]
enum Format {
    Anthropic,
    Responses,
    Chat,
    Gemini,
}

use Format::{Anthropic, Chat, Gemini, Responses};

impl Format {
    fn model(self) -> &'static str {
        match self {
            Anthropic => "anthropic/claude-x",
            Responses => "openai/gpt-x",
            Chat => "small",
            Gemini => "gemini/gemini-x",
        }
    }
}

/// How a task goes on after a fault.
enum Then {
    /// It asks again and ends as if nothing had been.
    GoesOn,
    /// The model hears of it in these words, and goes on.
    Hears(&'static str),
    /// It needs the person, who reads this.
    Needs(&'static str),
}

struct Fault {
    name: &'static str,
    reply: Reply,
    then: Then,
}

fn http(kind: &str, body: &str) -> String {
    format!("HTTP/1.1 200 OK\r\ncontent-type: {kind}\r\nconnection: close\r\n\r\n{body}")
}

fn stream(events: &[Value], tail: &str) -> Reply {
    let line = |event: &Value| match event["type"].as_str() {
        Some(name) => format!("event: {name}\ndata: {event}\n\n"),
        None => format!("data: {event}\n\n"),
    };
    let events: String = events.iter().map(line).collect();
    Bytes(http("text/event-stream", &(events + tail)))
}

/// The first part of a command's arguments. What is there of it would run.
const PART: &str = "{\"command\": \"echo cut >> runs.txt";

/// The beginning of an answer that calls a command: what was read is told, what is written is not.
fn begun(format: Format) -> Vec<Value> {
    match format {
        Anthropic => vec![
            json!({"type": "message_start", "message": {"id": "m", "type": "message",
                "role": "assistant", "content": [], "model": "m", "stop_reason": null,
                "usage": {"input_tokens": 700, "output_tokens": 1}}}),
            json!({"type": "content_block_start", "index": 0, "content_block": {
                "type": "tool_use", "id": "t", "name": "run_command", "input": {}}}),
            json!({"type": "content_block_delta", "index": 0,
                "delta": {"type": "input_json_delta", "partial_json": PART}}),
        ],
        Responses => vec![
            json!({"type": "response.created", "response": {"id": "r", "output": []}}),
            json!({"type": "response.output_item.added", "output_index": 0, "item": {
                "type": "function_call", "id": "f", "call_id": "t", "name": "run_command",
                "arguments": ""}}),
            json!({"type": "response.function_call_arguments.delta", "output_index": 0,
                "item_id": "f", "delta": PART}),
        ],
        Chat => vec![json!({"id": "c", "object": "chat.completion.chunk", "choices": [{"index": 0,
            "delta": {"role": "assistant", "tool_calls": [{"index": 0, "id": "t",
                "type": "function", "function": {"name": "run_command", "arguments": PART}}]}}]})],
        Gemini => vec![json!({"candidates": [{"index": 0,
            "content": {"role": "model", "parts": [{"text": "I "}]}}]})],
    }
}

/// Where the format sends a call at once, the stream ends within its event.
fn cut(format: Format) -> Reply {
    let tail = match format {
        Anthropic | Responses | Chat => "",
        Gemini => {
            "data: {\"candidates\": [{\"index\": 0, \"content\": {\"role\": \"model\", \"parts\": \
             [{\"functionCall\": {\"name\": \"run_command\", \"args\": {\"command\": \"echo cut"
        }
    };
    stream(&begun(format), tail)
}

/// The answer is as long as it may be, and ends in the middle of a call.
fn too_long(format: Format) -> Reply {
    let usage = json!({"input_tokens": 700, "output_tokens": 30});
    let mut events = begun(format);
    match format {
        Anthropic => events.extend([
            json!({"type": "message_delta", "delta": {"stop_reason": "max_tokens"},
                "usage": usage}),
            json!({"type": "message_stop"}),
        ]),
        Responses => {
            let item = json!({"type": "function_call", "id": "f", "call_id": "t",
                "name": "run_command", "arguments": PART, "status": "incomplete"});
            events.extend([
                json!({"type": "response.output_item.done", "output_index": 0, "item": item}),
                json!({"type": "response.incomplete", "response": {"id": "r",
                    "status": "incomplete", "output": [item], "usage": usage,
                    "incomplete_details": {"reason": "max_output_tokens"}}}),
            ]);
        }
        Chat => events.extend([
            json!({"choices": [{"index": 0, "delta": {}, "finish_reason": "length"}]}),
            json!({"choices": [], "usage": {"prompt_tokens": 700, "completion_tokens": 30}}),
        ]),
        // A call comes whole here, or not at all.
        Gemini => events.push(json!({"candidates": [{"index": 0, "finishReason": "MAX_TOKENS"}],
            "usageMetadata": {"promptTokenCount": 700, "candidatesTokenCount": 30}})),
    }
    stream(&events, if format == Chat { "data: [DONE]\n\n" } else { "" })
}

fn refusal(format: Format) -> Reply {
    let events = match format {
        Anthropic => vec![
            json!({"type": "message_start", "message": {"id": "m", "type": "message",
                "role": "assistant", "content": [], "model": "m", "stop_reason": null,
                "usage": {"input_tokens": 700, "output_tokens": 1}}}),
            json!({"type": "message_delta", "delta": {"stop_reason": "refusal"},
                "usage": {"output_tokens": 3}}),
            json!({"type": "message_stop"}),
        ],
        Responses => {
            let item = json!({"type": "message", "id": "m", "role": "assistant",
                "content": [{"type": "refusal", "refusal": "I can't help with that."}]});
            let response = json!({"id": "r", "status": "completed", "output": [item],
                "usage": {"input_tokens": 700, "output_tokens": 3}});
            vec![
                json!({"type": "response.output_item.done", "output_index": 0, "item": item}),
                json!({"type": "response.completed", "response": response}),
            ]
        }
        Chat => vec![
            json!({"choices": [{"index": 0, "delta": {"role": "assistant",
                "refusal": "I can't help with that."}}]}),
            json!({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}),
            json!({"choices": [], "usage": {"prompt_tokens": 700, "completion_tokens": 3}}),
        ],
        Gemini => vec![json!({"candidates": [{"index": 0, "finishReason": "SAFETY"}],
            "usageMetadata": {"promptTokenCount": 700, "candidatesTokenCount": 3}})],
    };
    stream(&events, if format == Chat { "data: [DONE]\n\n" } else { "" })
}

fn faults(format: Format) -> Vec<Fault> {
    let goes_on = |name, reply| Fault { name, reply, then: Then::GoesOn };
    let overload = if format == Anthropic { 529 } else { 503 };
    let heard = match format {
        Anthropic | Responses | Chat => "the arguments are no whole JSON object",
        Gemini => "Your answer was cut",
    };
    let refused = match format {
        Anthropic | Responses | Chat => "refuses to do this",
        Gemini => "filter",
    };
    vec![
        goes_on("cut in a call", cut(format)),
        goes_on("limited", Status(429, "retry-after-ms: 20")),
        goes_on("overloaded", Status(overload, "retry-after: 0")),
        goes_on("a page instead", Bytes(http("text/html", "<html><p>Sign in</p></html>"))),
        goes_on("an event that is none", stream(&begun(format), "data: {\"type\": nonsense\n\n")),
        goes_on("closed before a word", Bytes(String::new())),
        Fault { name: "too long", reply: too_long(format), then: Then::Hears(heard) },
        Fault { name: "a refusal", reply: refusal(format), then: Then::Needs(refused) },
        Fault {
            name: "a key that is none",
            reply: Status(401, "x: y"),
            then: Then::Needs("did not accept the key"),
        },
    ]
}

fn command(text: &str) -> Reply {
    Turn("", vec![("run_command", json!({ "command": text }))])
}

fn live_through(format: Format) {
    let ran = || command("echo ran >> runs.txt; cat runs.txt");
    let mut replies = vec![];
    for fault in faults(format) {
        replies.extend([ran(), fault.reply.clone()]);
        if !matches!(fault.then, Then::Needs(_)) {
            replies.extend([ran(), Turn("It ran.", vec![])]);
        }
    }
    let desk = Desk::new(format.model(), replies);
    let mut seen = 0;
    for Fault { name, then, .. } in faults(format) {
        let view = desk.run(&["--no-plan", "--yes"]);
        let requests = desk.server.seen().split_off(seen);
        seen += requests.len();
        let place = format!("{}, {name}: {view:#}", format.model());
        let last = text(requests.last().expect("it was asked"));
        match then {
            Then::GoesOn => {
                assert_eq!(requests.len(), 4, "{place}");
                assert_eq!(requests[1], requests[2], "{place}: it is asked again, unchanged");
                assert!(
                    last.contains("ran\\\\nran\\\\n") || last.contains("ran\\nran\\n"),
                    "{place}"
                );
                assert_eq!(view["summary"], "It ran.", "{place}");
            }
            Then::Hears(words) => {
                assert_eq!(requests.len(), 4, "{place}");
                assert!(text(&requests[2]).contains(words), "{place}: {}", requests[2]);
                assert_eq!(view["summary"], "It ran.", "{place}");
            }
            Then::Needs(words) => {
                assert_eq!(requests.len(), 2, "{place}: it is not asked again");
                assert!(view["now"].as_str().is_some_and(|now| now.contains(words)), "{place}");
                let (_, told) = desk.said(&["watch", view["id"].as_str().expect("a name")]);
                assert!(told.contains(words) && !told.contains("asked again"), "{place}: {told}");
            }
        }
        assert!(!last.contains("cut\\\\n"), "{place}: a part of a call was run: {last}");
        // Without a plan nothing proves what was changed.
        assert_eq!(view["status"], "needs-you", "{place}");
        let tokens = |kind: &str| view["spent"]["tokens"][kind].as_u64().expect("they are counted");
        let read = tokens("input") + tokens("cache_read");
        let heard = requests.len() as u64;
        assert!(read > 100 * (heard - 2), "{place}: what was used is counted");
        assert!(!view.to_string().contains("test-key-123"), "{place}");
    }
}

#[test]
fn anthropics_faults_end_well() {
    live_through(Anthropic);
}

#[test]
fn the_faults_of_responses_end_well() {
    live_through(Responses);
}

#[test]
fn the_faults_of_chats_end_well() {
    live_through(Chat);
}

#[test]
fn geminis_faults_end_well() {
    live_through(Gemini);
}
