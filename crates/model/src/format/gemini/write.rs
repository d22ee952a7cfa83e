//! Requests: contents of parts; calls and results are matched by name and order, and by id where
//! there is one.

use crate::context::Laid;
use crate::dialect::{Dialect, Thinking};
use crate::format::chat::write::joined;
use crate::format::json::{comma, field, fields_of, key, put};
use crate::format::{Answered, NO_IMAGE, Purpose, Said};
use crate::message::{Effort, Head, Image, Settings, ToolChoice};
use crate::turn::{Raw, Turn, View};
use serde::Deserialize;
use serde_json::{Map, Value, json};

/// Stands in for the signature of a call that another model made, as Gemini 3 refuses a call
/// without one. Source: ai.google.dev/gemini-api/docs/thought-signatures, read 2026-11.
const FOREIGN_SIGNATURE: &str = "skip_thought_signature_validator";

pub(crate) fn head(head: &Head) -> Vec<u8> {
    let mut out = Vec::new();
    if !head.tools.is_empty() {
        key(&mut out, "tools");
        put(&mut out, "[{\"functionDeclarations\":[");
        for tool in &head.tools {
            comma(&mut out);
            put(&mut out, "{");
            field(&mut out, "name", &tool.name);
            field(&mut out, "description", &tool.description);
            key(&mut out, "parametersJsonSchema");
            put(&mut out, tool.schema.get());
            put(&mut out, "}");
        }
        put(&mut out, "]}]");
    }
    let system = joined(head);
    if !system.is_empty() {
        key(&mut out, "systemInstruction");
        put(&mut out, "{\"parts\":[");
        text_part(&mut out, &system);
        put(&mut out, "]}");
    }
    out
}

fn text_part(out: &mut Vec<u8>, text: &str) {
    comma(out);
    put(out, "{");
    field(out, "text", text);
    put(out, "}");
}

fn image_part(dialect: &Dialect, out: &mut Vec<u8>, image: &Image) {
    if !dialect.quirks.images {
        return text_part(out, NO_IMAGE);
    }
    comma(out);
    put(out, "{\"inlineData\":{");
    field(out, "mimeType", &image.media_type);
    field(out, "data", &image.base64);
    put(out, "}}");
}

pub(crate) fn user(
    dialect: &Dialect,
    out: &mut Vec<u8>,
    results: &[Answered<'_>],
    said: &[Said<'_>],
) -> Option<usize> {
    comma(out);
    put(out, "{\"role\":\"user\",\"parts\":[");
    let is_nested = dialect.quirks.signed_calls && dialect.quirks.images;
    for result in results {
        comma(out);
        put(out, "{\"functionResponse\":{");
        if let Some(id) = &result.call.wire_id {
            field(out, "id", id);
        }
        field(out, "name", &result.call.name);
        let name = if result.is_error { "error" } else { "output" };
        key(out, "response");
        put(out, "{");
        field(out, name, result.text);
        put(out, "}");
        if is_nested && !result.images.is_empty() {
            key(out, "parts");
            put(out, "[");
            result.images.iter().for_each(|image| image_part(dialect, out, image));
            put(out, "]");
        }
        put(out, "}}");
    }
    // Before Gemini 3 a result is only text; its pictures stand after all results.
    for result in results.iter().filter(|it| !is_nested && !it.images.is_empty()) {
        text_part(out, &format!("Pictures in the result of {}:", result.call.name));
        result.images.iter().for_each(|image| image_part(dialect, out, image));
    }
    for said in said {
        match said {
            Said::Text(text) => text_part(out, text),
            Said::Image(image) => image_part(dialect, out, image),
        }
    }
    put(out, "]}");
    None
}

#[derive(Deserialize)]
struct CallPart {
    #[serde(rename = "functionCall")]
    call: WithId,
}

#[derive(Deserialize)]
struct WithId {
    id: Option<String>,
}

fn id_in(raw: &Raw) -> Option<String> {
    serde_json::from_str::<CallPart>(raw.get()).ok().and_then(|part| part.call.id)
}

/// Whether a part has a signature. Inside of a text the quotes would be escaped.
fn is_signed(raw: &Raw) -> bool {
    raw.get().contains("\"thoughtSignature\"")
}

pub(crate) fn turn(
    dialect: &Dialect,
    out: &mut Vec<u8>,
    turn: &Turn,
    is_own: bool,
) -> Vec<Option<String>> {
    let start = out.len();
    comma(out);
    put(out, "{\"role\":\"model\",\"parts\":[");
    let empty = out.len();
    let mut ids = Vec::new();
    for block in &turn.blocks {
        if is_own {
            if let View::Call(_) = &block.view {
                ids.push(id_in(&block.raw));
            }
            // Thoughts are read again only by their signature.
            let is_bare_thought = matches!(block.view, View::Thinking(_)) && !is_signed(&block.raw);
            if !is_bare_thought {
                comma(out);
                put(out, block.raw.get());
            }
            continue;
        }
        match &block.view {
            View::Text(text) | View::Refusal(text) if !text.is_empty() => text_part(out, text),
            View::Call(call) => {
                comma(out);
                put(out, "{\"functionCall\":{");
                field(out, "name", &call.name);
                key(out, "args");
                put(out, call.args.json());
                put(out, "}");
                // Of several calls at once, only the first is signed.
                if dialect.quirks.signed_calls && ids.is_empty() {
                    field(out, "thoughtSignature", FOREIGN_SIGNATURE);
                }
                put(out, "}");
                ids.push(None);
            }
            View::Text(_) | View::Refusal(_) | View::Thinking(_) | View::Other(_) => {}
        }
    }
    if out.len() == empty {
        out.truncate(start);
        return ids;
    }
    put(out, "]}");
    ids
}

pub(crate) fn body(laid: &Laid, settings: &Settings, purpose: Purpose) -> Vec<u8> {
    let mut out = Vec::with_capacity(laid.head.len() + laid.pieces.len() + 512);
    put(&mut out, "{");
    if purpose == Purpose::Count {
        put(&mut out, "\"generateContentRequest\":{");
        field(&mut out, "model", &format!("models/{}", laid.dialect.model));
        comma(&mut out);
    }
    if !laid.head.is_empty() {
        out.extend_from_slice(&laid.head);
    } else if out.last() == Some(&b',') {
        out.pop();
    }
    key(&mut out, "contents");
    put(&mut out, "[");
    out.extend_from_slice(&laid.pieces);
    put(&mut out, "]");
    if laid.head.starts_with(b"\"tools\"") {
        choice(&mut out, &laid.dialect, settings);
    }
    if purpose == Purpose::Count {
        put(&mut out, "}}");
        return out;
    }
    let wish = generation(&laid.dialect, settings);
    if !wish.is_empty() {
        field(&mut out, "generationConfig", &wish);
    }
    if let Some(extra) = &settings.extra {
        fields_of(&mut out, extra);
    }
    put(&mut out, "}");
    out
}

fn generation(dialect: &Dialect, settings: &Settings) -> Map<String, Value> {
    let quirks = &dialect.quirks;
    let mut wish = Map::new();
    if let Some(max) = settings.output_tokens_max.or(quirks.output_tokens_max) {
        let max = quirks.output_tokens_max.map_or(max, |known| max.min(known));
        wish.insert("maxOutputTokens".to_owned(), json!(max));
    }
    if !settings.stop_texts.is_empty() {
        wish.insert("stopSequences".to_owned(), json!(settings.stop_texts));
    }
    let mut thinking = Map::new();
    match (quirks.thinking, settings.effort) {
        (Thinking::Never, _) | (Thinking::Unknown, Effort::Standard) => {}
        (_, Effort::Standard) => {
            thinking.insert("includeThoughts".to_owned(), json!(true));
        }
        (Thinking::Budget, effort) => {
            let tokens = match effort {
                Effort::Off => 0,
                Effort::Low => 2048,
                Effort::Medium | Effort::Standard => 8192,
                Effort::High => 16_384,
                Effort::Max => 24_576,
            };
            thinking.insert("thinkingBudget".to_owned(), json!(tokens));
            if tokens > 0 {
                thinking.insert("includeThoughts".to_owned(), json!(true));
            }
        }
        (_, effort) => {
            // Gemini 3 always thinks; "low" is known to all of its models.
            let level = match effort {
                Effort::Off | Effort::Low => "low",
                Effort::Medium | Effort::Standard => "medium",
                Effort::High | Effort::Max => "high",
            };
            thinking.insert("thinkingLevel".to_owned(), json!(level));
            thinking.insert("includeThoughts".to_owned(), json!(true));
        }
    }
    if !thinking.is_empty() {
        wish.insert("thinkingConfig".to_owned(), Value::Object(thinking));
    }
    wish
}

fn choice(out: &mut Vec<u8>, dialect: &Dialect, settings: &Settings) {
    let is_forced = dialect.quirks.forced_tools;
    let chosen = match &settings.choice {
        ToolChoice::Auto => return,
        ToolChoice::None => json!({"mode": "NONE"}),
        ToolChoice::Any if is_forced => json!({"mode": "ANY"}),
        ToolChoice::Named(name) if is_forced => {
            json!({"mode": "ANY", "allowedFunctionNames": [name]})
        }
        ToolChoice::Any | ToolChoice::Named(_) => return,
    };
    field(out, "toolConfig", &json!({"functionCallingConfig": chosen}));
}
