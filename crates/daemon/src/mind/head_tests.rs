//! What is sent, as it stands in each format: all of the instructions and of the tools are there,
//! and nothing of them is changed; and a task's context, from its ledger. The snapshots are what a
//! model reads, laid out for people: a change of a word is seen in them.

use super::model::{ModelMind, head, settings};
use crate::keys::Keys;
use crate::models::Models;
use crate::store::Store;
use model::{Catalogue, Context, Dialect, Format, Settings};
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::sync::Arc;
use task::{Event, Task, TaskId, TimeMs};

const FORMATS: [Format; 4] = [Format::Anthropic, Format::Responses, Format::Chat, Format::Gemini];

fn body(format: Format) -> Value {
    let mut context = Context::new(head());
    context.push(model::Message::text("Hi."));
    let dialect = Dialect::new(format, "provider", "model");
    serde_json::from_slice(&context.body(&dialect, &Settings::default())).expect("JSON")
}

/// Name, description and schema of each tool, wherever the format has them.
fn tools(format: Format, body: &Value) -> Vec<Value> {
    let (list, at, schema) = match format {
        Format::Anthropic => ("/tools", "", "input_schema"),
        Format::Responses => ("/tools", "", "parameters"),
        Format::Chat => ("/tools", "/function", "parameters"),
        Format::Gemini => ("/tools/0/functionDeclarations", "", "parametersJsonSchema"),
    };
    let list = body.pointer(list).and_then(Value::as_array).expect("tools");
    let tool = |it: &Value| {
        let it = it.pointer(at).expect("a tool");
        json!([it["name"], it["description"], it[schema]])
    };
    list.iter().map(tool).collect()
}

/// Where the instructions stand.
fn instructions(format: Format) -> &'static str {
    match format {
        Format::Anthropic => "/system/0/text",
        Format::Responses => "/instructions",
        Format::Chat => "/messages/0/content",
        Format::Gemini => "/systemInstruction/parts/0/text",
    }
}

/// How the format orders its parts: the head comes before what grows.
fn order(body: &Value) -> String {
    let keys = body.as_object().expect("an object").keys();
    keys.map(String::as_str).collect::<Vec<_>>().join(" ")
}

#[test]
fn each_format_has_the_whole_head_unchanged() {
    let wanted: Vec<Value> = tools::offered()
        .map(|it| {
            let schema: Value = serde_json::from_str(it.schema.get()).expect("JSON");
            json!([it.name, it.description, schema])
        })
        .collect();
    let mut orders = vec![];
    for format in FORMATS {
        let body = body(format);
        assert_eq!(tools(format, &body), wanted, "{format:?}");
        let said = body.pointer(instructions(format)).and_then(Value::as_str);
        assert_eq!(said.expect("instructions").trim(), prompt::SYSTEM.trim(), "{format:?}");
        orders.push(order(&body));
    }
    let expected = [
        "model max_tokens tools system messages stream",
        "model tools instructions input store include stream",
        "model tools messages stream stream_options",
        "tools systemInstruction contents",
    ];
    assert_eq!(orders, expected);
}

/// A value laid out for people: texts of several lines as they are, each line further in.
fn lay(value: &Value, depth: usize, out: &mut String) {
    let room = "  ".repeat(depth);
    let is_plain = |it: &Value| match it {
        Value::Object(map) => map.is_empty(),
        Value::Array(list) => list.is_empty(),
        Value::String(text) => !text.contains('\n'),
        Value::Null | Value::Bool(_) | Value::Number(_) => true,
    };
    let mut put = |name: &str, it: &Value| match it {
        Value::String(text) if text.contains('\n') => {
            let _ = writeln!(out, "{room}{name} |");
            text.lines().for_each(|line| {
                let _ = writeln!(out, "{room}  {line}");
            });
        }
        Value::String(text) => {
            let _ = writeln!(out, "{room}{name} {text}");
        }
        it if is_plain(it) => {
            let _ = writeln!(out, "{room}{name} {it}");
        }
        it => {
            let _ = writeln!(out, "{room}{name}");
            lay(it, depth + 1, out);
        }
    };
    match value {
        Value::Object(map) => map.iter().for_each(|(name, it)| put(&format!("{name}:"), it)),
        Value::Array(list) => list.iter().for_each(|it| put("-", it)),
        _ => put("", value),
    }
}

fn laid(body: &Value) -> String {
    let mut out = String::new();
    lay(body, 0, &mut out);
    out.lines().map(|line| line.trim_end().to_owned() + "\n").collect()
}

/// Events of a task in which most happens that a model is told of.
fn events() -> Vec<Event> {
    let read = |line: &str| serde_json::from_str(line).unwrap_or_else(|it| panic!("{it}: {line}"));
    include_str!("told.jsonl").lines().map(read).collect()
}

fn task(events: &[Event]) -> Task {
    let mut task = Task::default();
    events.iter().for_each(|event| task.apply(event));
    task
}

/// The next request of the task, by a mind that begins anew.
fn request(events: &[Event], format: Format) -> Value {
    let dir = tempfile::tempdir().expect("a folder");
    let store = Store::new(Arc::new(ledger::Ledger::open(dir.path()).expect("a ledger")));
    let keys = Keys::new(&dir.path().join("keys"));
    let catalogue = Catalogue::parse(None).expect("ours");
    let models = Models::new(catalogue, (None, None), &[], keys, &dir.path().join("policy"));
    let mind = ModelMind::new(store, Arc::new(models));
    let (task, id): (_, TaskId) = (task(events), "abcdefgh".parse().expect("a name"));
    let mut kept = None;
    let kept = mind.keep_up(&mut kept, &task, &id).expect("it is readable");
    let dialect = Dialect::new(format, "seeded", "seeded");
    let body = kept.context.body(&dialect, &settings(&task, &id));
    serde_json::from_slice(&body).expect("JSON")
}

/// Instead of the head, which is the same in each request, that it is there.
fn without_head(format: Format, mut body: Value) -> Value {
    let tools = match format {
        Format::Gemini => "/tools/0/functionDeclarations",
        Format::Anthropic | Format::Responses | Format::Chat => "/tools",
    };
    let list = body.pointer_mut(tools).and_then(Value::as_array_mut).expect("tools");
    let more = list.len() - 1;
    list.truncate(1);
    list.push(json!(format!("and {more} more")));
    *body.pointer_mut(instructions(format)).expect("instructions") = json!("(the instructions)");
    body
}

#[test]
fn a_first_request_is_this() {
    let begun = &events()[..3];
    insta::assert_snapshot!("first_request", laid(&request(begun, Format::Anthropic)));
    for format in [Format::Responses, Format::Chat, Format::Gemini] {
        let body = without_head(format, request(begun, format));
        insta::assert_snapshot!(format!("first_request_{format:?}").to_lowercase(), laid(&body));
    }
}

#[test]
fn a_request_in_the_middle_is_this() {
    for format in FORMATS {
        let body = without_head(format, request(&events(), format));
        insta::assert_snapshot!(format!("middle_{format:?}").to_lowercase(), laid(&body));
    }
}

#[test]
fn a_request_after_the_context_was_made_shorter_is_this() {
    let mut events = events();
    let pieces = task(&events).context().all().len();
    let kept_from = u32::try_from(pieces - 3).expect("a few");
    events.push(Event::ContextShortened { kept_from, at: TimeMs(1_700_000_900_000) });
    let body = without_head(Format::Anthropic, request(&events, Format::Anthropic));
    insta::assert_snapshot!("shortened", laid(&body));
}

#[test]
fn a_helpers_first_request_is_this() {
    let mut begun = events()[..1].to_vec();
    let of = json!({"event": "became-helper", "of": {"parent": "abcdefgh", "call": 4, "depth": 1}});
    begun.push(serde_json::from_value(of).expect("an event"));
    let body = without_head(Format::Chat, request(&begun, Format::Chat));
    insta::assert_snapshot!("helper", laid(&body));
}
