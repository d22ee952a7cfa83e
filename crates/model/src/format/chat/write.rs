//! Requests: one message for each result, words and pictures of this side in another.

use crate::context::Laid;
use crate::dialect::{Dialect, Thinking};
use crate::format::json::{comma, field, fields_of, key, put, value};
use crate::format::{Answered, NO_IMAGE, Said, ids};
use crate::message::{Effort, Head, Image, Settings, ToolChoice};
use crate::turn::{Format, Raw, Turn, View};
use serde_json::json;

/// `"tools":[…],"messages":[{system}`, so that the messages go on from there.
pub(crate) fn head(head: &Head) -> Vec<u8> {
    let mut out = Vec::new();
    if !head.tools.is_empty() {
        key(&mut out, "tools");
        put(&mut out, "[");
        for tool in &head.tools {
            comma(&mut out);
            put(&mut out, "{\"type\":\"function\",\"function\":{");
            field(&mut out, "name", &tool.name);
            field(&mut out, "description", &tool.description);
            key(&mut out, "parameters");
            put(&mut out, tool.schema.get());
            put(&mut out, "}}");
        }
        put(&mut out, "]");
    }
    key(&mut out, "messages");
    put(&mut out, "[");
    let system = joined(head);
    if !system.is_empty() {
        put(&mut out, "{\"role\":\"system\"");
        field(&mut out, "content", &system);
        put(&mut out, "}");
    }
    out
}

/// The parts of the system prompt as one text.
pub(crate) fn joined(head: &Head) -> String {
    let parts = head.system.iter().filter(|part| !part.trim().is_empty());
    parts.map(String::as_str).collect::<Vec<_>>().join("\n\n")
}

fn image_part(dialect: &Dialect, out: &mut Vec<u8>, image: &Image) {
    comma(out);
    if !dialect.quirks.images {
        put(out, "{\"type\":\"text\"");
        field(out, "text", NO_IMAGE);
        put(out, "}");
        return;
    }
    put(out, "{\"type\":\"image_url\",\"image_url\":{\"url\":\"data:");
    put_plain(out, &image.media_type);
    put(out, ";base64,");
    put_plain(out, &image.base64);
    put(out, "\"}}");
}

/// Base64 and media types need no escapes; whatever would is left out.
pub(crate) fn put_plain(out: &mut Vec<u8>, text: &str) {
    let is_plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"+/=-.".contains(byte);
    if text.as_bytes().iter().all(is_plain) {
        put(out, text);
    } else {
        out.extend(text.bytes().filter(is_plain));
    }
}

pub(crate) fn user(
    dialect: &Dialect,
    out: &mut Vec<u8>,
    results: &[Answered<'_>],
    said: &[Said<'_>],
) -> Option<usize> {
    for result in results {
        comma(out);
        put(out, "{\"role\":\"tool\"");
        field(out, "tool_call_id", result.call.wire_id.as_deref().unwrap_or(""));
        field(out, "content", result.text);
        put(out, "}");
    }
    let shown = results.iter().filter(|result| !result.images.is_empty());
    let has_images = shown.clone().next().is_some();
    if !has_images {
        match said {
            [] => return None,
            [Said::Text(text)] => {
                comma(out);
                put(out, "{\"role\":\"user\"");
                field(out, "content", text);
                put(out, "}");
                return None;
            }
            _ => {}
        }
    }
    comma(out);
    put(out, "{\"role\":\"user\",\"content\":[");
    // Results are only text in this format, so their pictures follow here.
    for result in shown {
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

fn text_part(out: &mut Vec<u8>, text: &str) {
    comma(out);
    put(out, "{\"type\":\"text\"");
    field(out, "text", text);
    put(out, "}");
}

pub(crate) fn turn(
    dialect: &Dialect,
    out: &mut Vec<u8>,
    turn: &Turn,
    is_own: bool,
) -> Vec<Option<String>> {
    let text = turn.text();
    let refusal = turn.blocks.iter().find_map(|block| match &block.view {
        View::Refusal(text) => Some(text),
        View::Text(_) | View::Thinking(_) | View::Call(_) | View::Other(_) => None,
    });
    let has_calls = turn.calls().next().is_some();
    if text.trim().is_empty() && refusal.is_none() && !has_calls {
        return Vec::new();
    }
    comma(out);
    put(out, "{\"role\":\"assistant\"");
    key(out, "content");
    match (text.is_empty(), refusal) {
        (false, _) => value(out, &text),
        (true, Some(refusal)) => value(out, refusal),
        (true, None) => put(out, "null"),
    }
    if is_own && dialect.quirks.echo_thinking {
        for block in &turn.blocks {
            if matches!(block.view, View::Thinking(_)) {
                fields_of(out, &block.raw);
            }
        }
    }
    let mut ids = Vec::new();
    if has_calls {
        key(out, "tool_calls");
        put(out, "[");
        for block in &turn.blocks {
            let View::Call(call) = &block.view else { continue };
            comma(out);
            let id = if is_own { call.id.clone() } else { ids::for_wire(dialect, &call.id) };
            if is_own {
                put(out, block.raw.get());
            } else {
                put(out, call_json(&id, &call.name, call.args.json()).get());
            }
            ids.push(Some(id));
        }
        put(out, "]");
    }
    put(out, "}");
    ids
}

/// A call as this format has it: the arguments are a string.
pub(crate) fn call_json(id: &str, name: &str, args: &str) -> Raw {
    Raw::of(&json!({
        "id": id,
        "type": "function",
        "function": {"name": name, "arguments": args},
    }))
}

pub(crate) fn body(laid: &Laid, settings: &Settings) -> Vec<u8> {
    let quirks = &laid.dialect.quirks;
    let mut out = Vec::with_capacity(laid.head.len() + laid.pieces.len() + 512);
    put(&mut out, "{");
    field(&mut out, "model", &laid.dialect.model);
    comma(&mut out);
    out.extend_from_slice(&laid.head);
    if !laid.pieces.is_empty() {
        comma(&mut out);
    }
    out.extend_from_slice(&laid.pieces);
    put(&mut out, "]");
    if let Some(max) = settings.output_tokens_max.or(quirks.output_tokens_max) {
        let max = quirks.output_tokens_max.map_or(max, |known| max.min(known));
        let name = if quirks.max_tokens_field { "max_tokens" } else { "max_completion_tokens" };
        field(&mut out, name, &max);
    }
    let style = quirks.thinking;
    if let Some(word) = effort_word(style, settings.effort) {
        field(&mut out, "reasoning_effort", word);
    }
    if laid.head.starts_with(b"\"tools\"") {
        choice(&mut out, &laid.dialect, settings);
    }
    if !settings.stop_texts.is_empty() {
        field(&mut out, "stop", &settings.stop_texts);
    }
    if quirks.cache_key
        && let Some(key) = &settings.cache_key
    {
        field(&mut out, "prompt_cache_key", key);
    }
    field(&mut out, "stream", &true);
    if quirks.stream_usage {
        field(&mut out, "stream_options", &json!({"include_usage": true}));
    }
    if let Some(extra) = &settings.extra {
        fields_of(&mut out, extra);
    }
    put(&mut out, "}");
    out
}

/// OpenAI's word for an effort. `None`: nothing is sent.
pub(crate) fn effort_word(style: Thinking, effort: Effort) -> Option<&'static str> {
    if style == Thinking::Never {
        return None;
    }
    match effort {
        Effort::Standard => None,
        // What is not known to think is not told to stop thinking: many servers refuse the word.
        Effort::Off if style == Thinking::Unknown => None,
        Effort::Off if style == Thinking::Always => Some("low"),
        Effort::Off => Some("none"),
        Effort::Low => Some("low"),
        Effort::Medium => Some("medium"),
        Effort::High => Some("high"),
        Effort::Max if style == Thinking::Unknown => Some("high"),
        Effort::Max => Some("xhigh"),
    }
}

pub(crate) fn choice(out: &mut Vec<u8>, dialect: &Dialect, settings: &Settings) {
    let is_forced = dialect.quirks.forced_tools;
    let chosen = match &settings.choice {
        ToolChoice::Auto => return,
        ToolChoice::None => json!("none"),
        ToolChoice::Any if is_forced => json!("required"),
        ToolChoice::Named(name) if is_forced => match dialect.format {
            Format::Responses => json!({"type": "function", "name": name}),
            Format::Chat | Format::Anthropic | Format::Gemini => {
                json!({"type": "function", "function": {"name": name}})
            }
        },
        ToolChoice::Any | ToolChoice::Named(_) => return,
    };
    field(out, "tool_choice", &chosen);
}
