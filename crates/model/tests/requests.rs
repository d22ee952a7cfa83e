//! The bytes of requests: the same context for each format, and what holds as it grows.

use model::{
    Args, Block, Cache, Catalogue, Context, Dialect, Effort, Format, Head, Image, Message, Origin,
    Part, Raw, Settings, Stop, ToolCall, ToolChoice, ToolResult, ToolSpec, Turn, Usage, View,
};
use proptest::prelude::*;
use serde_json::Value;

const PNG: &[u8] = b"\x89PNG\r\n";

fn raw(json: &str) -> Raw {
    Raw::parse(json).expect("JSON")
}

fn head() -> Head {
    let schema = r#"{"type":"object","properties":{"path":{"type":"string"}},"required":["path"]}"#;
    Head {
        system: vec!["You are careful.".to_owned(), "Today is a day.".to_owned()],
        tools: vec![ToolSpec {
            name: "read".to_owned(),
            description: "Reads a file.".to_owned(),
            schema: raw(schema),
        }],
    }
}

fn call(id: &str, path: &str) -> ToolCall {
    let args = Args::Object(raw(&format!("{{\"path\":\"{path}\"}}")));
    ToolCall { id: id.to_owned(), name: "read".to_owned(), args }
}

fn turn(origin: Origin, blocks: Vec<(String, View)>, stop: Stop) -> Message {
    let blocks = blocks.into_iter().map(|(json, view)| Block { raw: raw(&json), view }).collect();
    Message::Model(Box::new(Turn {
        origin,
        blocks,
        stop,
        usage: Usage::default(),
        answer_id: None,
    }))
}

fn result(call: &str, text: &str, is_error: bool, images: Vec<Image>) -> Part {
    Part::Result(ToolResult { call: call.to_owned(), text: text.to_owned(), images, is_error })
}

/// A task in which one model of Anthropic and another one have worked.
fn context() -> Context {
    let claude = Origin {
        format: Format::Anthropic,
        provider: "anthropic".to_owned(),
        model: "claude-sonnet-4-5".to_owned(),
    };
    let gone = Origin { format: Format::Chat, provider: "gone".to_owned(), model: "m".to_owned() };
    let mut context = Context::new(head());
    context.push(Message::User(vec![
        Part::Text("What does this say? \"é😀\"".to_owned()),
        Part::Image(Image::new("image/png", PNG)),
    ]));
    let thinking = r#"{"type":"thinking","thinking":"Hm.","signature":"c2ln"}"#;
    let use_a = r#"{"type":"tool_use","id":"toolu_A","name":"read","input":{"path": "a"}}"#;
    let use_b = r#"{"type":"tool_use","id":"toolu_B","name":"read","input":{"path": "b"}}"#;
    context.push(turn(
        claude.clone(),
        vec![
            (thinking.to_owned(), View::Thinking("Hm.".to_owned())),
            (r#"{"type":"text","text":"I look."}"#.to_owned(), View::Text("I look.".to_owned())),
            (use_a.to_owned(), View::Call(call("toolu_A", "a"))),
            (use_b.to_owned(), View::Call(call("toolu_B", "b"))),
        ],
        Stop::Calls,
    ));
    context.push(Message::User(vec![
        Part::Text("And be quick.".to_owned()),
        result("toolu_B", "no such file", true, vec![]),
        result("toolu_A", "seen", false, vec![Image::new("image/png", PNG)]),
        result("toolu_unknown", "late", false, vec![]),
    ]));
    context.push(turn(
        gone,
        vec![
            (r#"{"reasoning":"Hm."}"#.to_owned(), View::Thinking("Hm.".to_owned())),
            ("{}".to_owned(), View::Call(call("call:odd/id", "c"))),
            ("{}".to_owned(), View::Call(call("call_lost", "d"))),
        ],
        Stop::Calls,
    ));
    context.push(Message::User(vec![result("call:odd/id", "", false, vec![])]));
    let cut = r#"{"type":"thinking","thinking":"And","signature":""}"#;
    let done = r#"{"type":"text","text":"It says é."}"#;
    context.push(turn(
        claude,
        vec![
            (done.to_owned(), View::Text("It says é.".to_owned())),
            (cut.to_owned(), View::Thinking("And".to_owned())),
        ],
        Stop::MaxTokens,
    ));
    context.push(Message::text("Go on."));
    context
}

fn settings() -> Settings {
    Settings {
        output_tokens_max: Some(4000),
        effort: Effort::Medium,
        choice: ToolChoice::Auto,
        stop_texts: vec!["STOP".to_owned()],
        cache: Cache::Short,
        cache_key: Some("task-abc".to_owned()),
        extra: None,
    }
}

fn shown(body: &[u8]) -> String {
    let value: Value = serde_json::from_slice(body).expect("a body is JSON");
    serde_json::to_string_pretty(&value).expect("JSON")
}

fn dialect(format: Format, provider: &str, model: &str) -> Dialect {
    Catalogue::parse(None).expect("the catalogue").dialect(format, provider, model)
}

/// Those that the catalogue knows, a local one, and one with every quirk.
fn dialects() -> Vec<(&'static str, Dialect)> {
    let mut plain = dialect(Format::Chat, "ollama", "qwen3");
    plain.quirks.images = false;
    vec![
        ("anthropic", dialect(Format::Anthropic, "anthropic", "claude-sonnet-4-5")),
        ("anthropic-adaptive", dialect(Format::Anthropic, "anthropic", "claude-opus-5-5")),
        ("anthropic-elsewhere", dialect(Format::Anthropic, "proxy", "claude-sonnet-4-5")),
        ("responses", dialect(Format::Responses, "openai", "gpt-5.5")),
        ("chat", dialect(Format::Chat, "openai", "gpt-4.1")),
        ("chat-local", plain),
        ("chat-mistral", dialect(Format::Chat, "mistral", "mistral-large")),
        ("gemini-3", dialect(Format::Gemini, "gemini", "gemini-3.8-flash")),
        ("gemini-2.5", dialect(Format::Gemini, "gemini", "gemini-2.5-pro")),
    ]
}

#[test]
fn the_same_context_in_each_format() {
    for (name, dialect) in dialects() {
        let body = context().body(&dialect, &settings());
        insta::assert_snapshot!(name, shown(&body));
    }
}

#[test]
fn settings_are_written_as_each_format_has_them() {
    let mut all = String::new();
    for (name, dialect) in dialects() {
        for (effort, choice, cache) in [
            (Effort::Off, ToolChoice::None, Cache::Off),
            (Effort::Standard, ToolChoice::Any, Cache::Long),
            (Effort::Max, ToolChoice::Named("read".to_owned()), Cache::Short),
        ] {
            let mut context = Context::new(Head { system: vec![], ..head() });
            context.push(Message::text("Hi."));
            let extra = Some(raw(r#"{"x_own": 1}"#));
            let settings = Settings { effort, choice, cache, extra, ..Settings::default() };
            let body = context.body(&dialect, &settings);
            let mut value: Value = serde_json::from_slice(&body).expect("JSON");
            let fields = value.as_object_mut().expect("an object");
            fields.retain(|key, _| {
                !matches!(key.as_str(), "tools" | "messages" | "input" | "contents")
            });
            all.push_str(&format!("{name} {value}\n"));
        }
    }
    insta::assert_snapshot!(all);
}

#[test]
fn an_empty_head_and_no_settings_are_valid() {
    for (_, dialect) in dialects() {
        let mut context = Context::new(Head::default());
        shown(&context.body(&dialect, &Settings::default()));
        context.push(Message::User(vec![Part::Text(" ".to_owned())]));
        context.push(Message::User(vec![]));
        shown(&context.body(&dialect, &Settings::default()));
    }
}

/// What is sent as messages, without the marks of the cache that move.
fn messages(body: &[u8], format: Format) -> String {
    let body = String::from_utf8(body.to_vec()).expect("text");
    let key = match format {
        Format::Anthropic | Format::Chat => "\"messages\":[",
        Format::Responses => "\"input\":[",
        Format::Gemini => "\"contents\":[",
    };
    let from = body.find(key).expect("messages") + key.len();
    let mut depth = 0;
    let mut in_text = false;
    let mut is_escaped = false;
    let end = body[from..].bytes().position(|byte| {
        if in_text {
            in_text = is_escaped || byte != b'"';
            is_escaped = !is_escaped && byte == b'\\';
            return false;
        }
        match byte {
            b'"' => in_text = true,
            b'[' | b'{' => depth += 1,
            b']' | b'}' => depth -= 1,
            _ => {}
        }
        depth < 0
    });
    body[from..from + end.expect("an end")]
        .replace(",\"cache_control\":{\"type\":\"ephemeral\"}", "")
}

fn any_part() -> impl Strategy<Value = Part> {
    prop_oneof![
        ".{0,12}".prop_map(Part::Text),
        Just(Part::Image(Image::new("image/png", PNG))),
        ("[ab]", ".{0,8}", any::<bool>()).prop_map(|(id, text, bad)| result(
            &id,
            &text,
            bad,
            vec![]
        )),
    ]
}

fn any_message() -> impl Strategy<Value = Message> {
    let block = prop_oneof![
        ".{0,12}".prop_map(|text| {
            (serde_json::json!({"type":"text","text":text}).to_string(), View::Text(text))
        }),
        "[a-d]".prop_map(|id| {
            let json = serde_json::json!({"type":"tool_use","id":id,"name":"read","input":{}});
            (json.to_string(), View::Call(call(&id, "x")))
        }),
        Just((r#"{"type":"thinking","thinking":"h"}"#.to_owned(), View::Thinking("h".to_owned()))),
    ];
    let origin = prop_oneof![Just("model"), Just("other")].prop_map(|model| Origin {
        format: Format::Anthropic,
        provider: "provider".to_owned(),
        model: model.to_owned(),
    });
    prop_oneof![
        prop::collection::vec(any_part(), 0..4).prop_map(Message::User),
        (origin, prop::collection::vec(block, 0..30)).prop_map(|(origin, blocks)| turn(
            origin,
            blocks,
            Stop::Calls
        )),
    ]
}

proptest! {
    #[test]
    fn a_request_begins_with_the_one_before(
        list in prop::collection::vec(any_message(), 1..12),
        at_top in any::<bool>(),
    ) {
        for format in [Format::Anthropic, Format::Responses, Format::Chat, Format::Gemini] {
            let mut dialect = Dialect::new(format, "provider", "model");
            dialect.quirks.cache_at_top = at_top;
            let mut context = Context::new(head());
            let mut before = String::new();
            for message in &list {
                context.push(message.clone());
                let body = context.body(&dialect, &settings());
                let now = messages(&body, format);
                prop_assert!(now.starts_with(&before), "{before}\n{now}");
                before = now;
            }
            // Written piece by piece or all at once, it is the same.
            let mut again = Context::new(head());
            again.replace(list.clone());
            prop_assert_eq!(again.body(&dialect, &settings()), context.body(&dialect, &settings()));
            if format == Format::Anthropic {
                let body = String::from_utf8(context.body(&dialect, &settings())).unwrap();
                let marks = body.matches("\"cache_control\"").count();
                prop_assert!(marks <= 4, "{} marks", marks);
            }
        }
    }

    /// Every call has one result right after its turn, whatever was recorded.
    #[test]
    fn calls_and_results_are_paired(list in prop::collection::vec(any_message(), 1..8)) {
        let dialect = Dialect::new(Format::Anthropic, "provider", "model");
        let mut context = Context::new(head());
        context.replace(list);
        context.push(Message::text("end"));
        let body: Value = serde_json::from_slice(&context.body(&dialect, &settings())).unwrap();
        let messages = body["messages"].as_array().unwrap();
        for pair in messages.windows(2) {
            let ids = |message: &Value, kind: &str, key: &str| -> Vec<String> {
                let blocks = message["content"].as_array().unwrap();
                let of = blocks.iter().filter(|block| block["type"] == kind);
                of.map(|block| block[key].as_str().unwrap().to_owned()).collect()
            };
            let calls = ids(&pair[0], "tool_use", "id");
            let results = ids(&pair[1], "tool_result", "tool_use_id");
            prop_assert_eq!(calls, results);
        }
    }
}
