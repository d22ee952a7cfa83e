//! The head of every request as it stands in each format: all of the instructions and of the tools
//! are there, and nothing of them is changed.

use super::model::head;
use model::{Context, Dialect, Format, Settings};
use serde_json::{Value, json};

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

fn instructions(format: Format, body: &Value) -> &str {
    let at = match format {
        Format::Anthropic => "/system/0/text",
        Format::Responses => "/instructions",
        Format::Chat => "/messages/0/content",
        Format::Gemini => "/systemInstruction/parts/0/text",
    };
    body.pointer(at).and_then(Value::as_str).expect("instructions")
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
    for format in [Format::Anthropic, Format::Responses, Format::Chat, Format::Gemini] {
        let body = body(format);
        assert_eq!(tools(format, &body), wanted, "{format:?}");
        assert_eq!(instructions(format, &body).trim(), prompt::SYSTEM.trim(), "{format:?}");
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
