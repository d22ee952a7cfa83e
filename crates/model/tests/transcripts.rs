//! Transcripts in the forms in which other agents keep theirs, replayed over the wire: each answer
//! is served as the provider gave it, read by our client, and sent back with what followed it. In
//! the end our request holds the transcript's messages, block for block.

#[expect(dead_code, reason = "only the other tests look at requests")]
mod served;

use model::{
    Context, Dialect, Endpoint, Format, Head, Message, Part, Server, Settings, ToolResult, Turn,
};
use serde_json::{Value, json};
use served::{Served, answer};

fn lines(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

/// A text, wherever a format has it as a list.
fn flat(content: &Value) -> String {
    let part = |it: &Value| it["text"].as_str().unwrap_or_default().to_owned();
    match content {
        Value::String(text) => text.clone(),
        Value::Array(list) => list.iter().map(part).collect(),
        _ => String::new(),
    }
}

async fn ask(format: Format, context: &mut Context, body: &Value) -> Turn {
    let json = [("content-type", "application/json")];
    let served = Served::start(vec![answer(200, &json, body.to_string().as_bytes())]);
    let server = Server::new(Endpoint::new("p", format, &served.url()), None).expect("a server");
    let dialect = Dialect::new(format, "p", "m");
    let got = server.answer(&dialect, context, &Settings::default(), &mut |_| ()).await;
    got.expect("a turn")
}

fn sent(format: Format, context: &mut Context) -> Value {
    let dialect = Dialect::new(format, "p", "m");
    serde_json::from_slice(&context.body(&dialect, &Settings::default())).expect("JSON")
}

/// Claude Code: a line for each block; those of one message share its id.
#[tokio::test]
async fn a_transcript_of_claude_code_goes_back_as_it_was() {
    let mut messages: Vec<Value> = vec![];
    for line in lines(include_str!("transcripts/claude-code.jsonl")) {
        let Some(message) = line.get("message") else { continue };
        let blocks = message["content"].as_array().cloned();
        match (messages.last_mut(), blocks) {
            (Some(last), Some(blocks)) if last["role"] == message["role"] => {
                last["content"].as_array_mut().expect("blocks").extend(blocks);
            }
            _ => messages.push(message.clone()),
        }
    }
    let mut context = Context::new(Head::default());
    for message in &messages {
        if message["role"] == "assistant" {
            let turn = ask(Format::Anthropic, &mut context, message).await;
            assert_eq!(turn.usage.output, message["usage"]["output_tokens"]);
            context.push(Message::Model(Box::new(turn)));
            continue;
        }
        let parts = match &message["content"] {
            Value::String(text) => vec![Part::Text(text.clone())],
            blocks => blocks.as_array().expect("blocks").iter().map(result).collect(),
        };
        context.push(Message::User(parts));
    }
    let body = sent(Format::Anthropic, &mut context);
    let got = body["messages"].as_array().expect("messages");
    assert_eq!(got.len(), messages.len());
    for (got, was) in got.iter().zip(&messages) {
        assert_eq!(got["role"], was["role"]);
        if was["role"] == "assistant" {
            assert_eq!(got["content"], was["content"], "blocks go back untouched");
        } else if was["content"].is_string() {
            assert_eq!(flat(&got["content"]), flat(&was["content"]));
        } else {
            let results = |it: &Value| -> Vec<Value> {
                let all = it["content"].as_array().expect("blocks").iter();
                all.map(|it| {
                    let is_error = it["is_error"] == true;
                    json!([it["tool_use_id"], flat(&it["content"]), is_error])
                })
                .collect()
            };
            assert_eq!(results(got), results(was));
        }
    }
}

fn result(block: &Value) -> Part {
    Part::Result(ToolResult {
        call: block["tool_use_id"].as_str().expect("an id").to_owned(),
        text: flat(&block["content"]),
        images: vec![],
        is_error: block["is_error"] == true,
    })
}

/// Codex: the items of the Responses format, one in each line.
#[tokio::test]
async fn a_transcript_of_codex_goes_back_as_it_was() {
    let items: Vec<Value> = lines(include_str!("transcripts/codex.jsonl"))
        .into_iter()
        .filter(|line| line["type"] == "response_item")
        .map(|line| line["payload"].clone())
        .collect();
    let is_theirs = |it: &&Value| it["role"] == "user" || it["type"] == "function_call_output";
    let mut context = Context::new(Head::default());
    let mut rest = &items[..];
    while let Some(first) = rest.first() {
        if is_theirs(&first) {
            let part = match first["call_id"].as_str() {
                Some(call) => Part::Result(ToolResult {
                    call: call.to_owned(),
                    text: flat(&first["output"]),
                    images: vec![],
                    is_error: false,
                }),
                None => Part::Text(flat(&first["content"])),
            };
            context.push(Message::User(vec![part]));
            rest = &rest[1..];
            continue;
        }
        let count = rest.iter().take_while(|it| !is_theirs(it)).count();
        let body = json!({"id": "resp", "status": "completed", "output": rest[..count],
            "usage": {"input_tokens": 9, "output_tokens": 4}});
        let turn = ask(Format::Responses, &mut context, &body).await;
        context.push(Message::Model(Box::new(turn)));
        rest = &rest[count..];
    }
    let body = sent(Format::Responses, &mut context);
    let got = body["input"].as_array().expect("input");
    assert_eq!(got.len(), items.len(), "{body:#}");
    for (got, was) in got.iter().zip(&items) {
        match is_theirs(&was) {
            true if was["role"] == "user" => {
                assert_eq!(flat(&got["content"]), flat(&was["content"]));
            }
            true => {
                assert_eq!(got["call_id"], was["call_id"]);
                assert!(flat(&got["output"]).contains(&flat(&was["output"])), "{got}");
            }
            false => assert_eq!(got, was, "items go back untouched"),
        }
    }
}
