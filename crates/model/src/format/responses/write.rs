//! Requests: everything is an item of the input; the provider stores nothing.

use crate::context::Laid;
use crate::dialect::{Dialect, Thinking};
use crate::format::chat::write::{choice, effort_word, joined, put_plain};
use crate::format::json::{comma, field, fields_of, key, put};
use crate::format::{Answered, NO_IMAGE, Purpose, Said, ids};
use crate::message::{Effort, Head, Image, Settings};
use crate::turn::{Stop, Turn, View};
use serde_json::{Map, json};

/// The least that the API takes as a limit of an answer.
const OUTPUT_TOKENS_MIN: u64 = 16;

pub(crate) fn head(head: &Head) -> Vec<u8> {
    let mut out = Vec::new();
    if !head.tools.is_empty() {
        key(&mut out, "tools");
        put(&mut out, "[");
        for tool in &head.tools {
            comma(&mut out);
            put(&mut out, "{\"type\":\"function\"");
            field(&mut out, "name", &tool.name);
            field(&mut out, "description", &tool.description);
            key(&mut out, "parameters");
            put(&mut out, tool.schema.get());
            // What is left out means strict here, which takes only a part of JSON Schema.
            put(&mut out, ",\"strict\":false}");
        }
        put(&mut out, "]");
    }
    let system = joined(head);
    if !system.is_empty() {
        field(&mut out, "instructions", &system);
    }
    out
}

fn text_part(out: &mut Vec<u8>, text: &str) {
    comma(out);
    put(out, "{\"type\":\"input_text\"");
    field(out, "text", text);
    put(out, "}");
}

fn image_part(dialect: &Dialect, out: &mut Vec<u8>, image: &Image) {
    if !dialect.quirks.images {
        return text_part(out, NO_IMAGE);
    }
    comma(out);
    put(out, "{\"type\":\"input_image\",\"detail\":\"auto\",\"image_url\":\"data:");
    put_plain(out, &image.media_type);
    put(out, ";base64,");
    put_plain(out, &image.base64);
    put(out, "\"}");
}

pub(crate) fn user(
    dialect: &Dialect,
    out: &mut Vec<u8>,
    results: &[Answered<'_>],
    said: &[Said<'_>],
) -> Option<usize> {
    for result in results {
        comma(out);
        put(out, "{\"type\":\"function_call_output\"");
        field(out, "call_id", result.call.wire_id.as_deref().unwrap_or(""));
        if result.images.is_empty() {
            field(out, "output", result.text);
        } else {
            key(out, "output");
            put(out, "[");
            if !result.text.is_empty() {
                text_part(out, result.text);
            }
            result.images.iter().for_each(|image| image_part(dialect, out, image));
            put(out, "]");
        }
        put(out, "}");
    }
    if said.is_empty() {
        return None;
    }
    comma(out);
    put(out, "{\"type\":\"message\",\"role\":\"user\",\"content\":[");
    for said in said {
        match said {
            Said::Text(text) => text_part(out, text),
            Said::Image(image) => image_part(dialect, out, image),
        }
    }
    put(out, "]}");
    None
}

pub(crate) fn turn(
    dialect: &Dialect,
    out: &mut Vec<u8>,
    turn: &Turn,
    is_own: bool,
) -> Vec<Option<String>> {
    // Reasoning has to be followed by what it led to; when the answer was cut, nothing follows.
    let last = turn.blocks.iter().rposition(|it| !matches!(it.view, View::Thinking(_)));
    let kept = match turn.stop {
        Stop::MaxTokens | Stop::WindowFull | Stop::Filtered => last.map_or(0, |last| last + 1),
        _ => turn.blocks.len(),
    };
    let mut ids = Vec::new();
    for block in &turn.blocks[..kept] {
        if is_own {
            if let View::Call(call) = &block.view {
                ids.push(Some(call.id.clone()));
            }
            comma(out);
            put(out, block.raw.get());
            continue;
        }
        match &block.view {
            View::Text(text) | View::Refusal(text) if !text.trim().is_empty() => {
                comma(out);
                put(out, "{\"type\":\"message\",\"role\":\"assistant\"");
                field(out, "content", text);
                put(out, "}");
            }
            View::Call(call) => {
                let id = ids::for_wire(dialect, &call.id);
                comma(out);
                put(out, "{\"type\":\"function_call\"");
                field(out, "call_id", &id);
                field(out, "name", &call.name);
                field(out, "arguments", call.args.json());
                put(out, "}");
                ids.push(Some(id));
            }
            View::Text(_) | View::Refusal(_) | View::Thinking(_) | View::Other(_) => {}
        }
    }
    ids
}

pub(crate) fn body(laid: &Laid, settings: &Settings, purpose: Purpose) -> Vec<u8> {
    let quirks = &laid.dialect.quirks;
    let mut out = Vec::with_capacity(laid.head.len() + laid.pieces.len() + 512);
    put(&mut out, "{");
    field(&mut out, "model", &laid.dialect.model);
    if !laid.head.is_empty() {
        comma(&mut out);
        out.extend_from_slice(&laid.head);
    }
    key(&mut out, "input");
    put(&mut out, "[");
    out.extend_from_slice(&laid.pieces);
    put(&mut out, "]");
    reasoning(&mut out, quirks.thinking, settings.effort);
    if laid.head.starts_with(b"\"tools\"") {
        choice(&mut out, &laid.dialect, settings);
    }
    if purpose == Purpose::Answer {
        if let Some(max) = settings.output_tokens_max.or(quirks.output_tokens_max) {
            let max = quirks.output_tokens_max.map_or(max, |known| max.min(known));
            field(&mut out, "max_output_tokens", &max.max(OUTPUT_TOKENS_MIN));
        }
        // As nothing is stored there, reasoning comes back encrypted, and is sent again.
        field(&mut out, "store", &false);
        if quirks.thinking != Thinking::Never {
            field(&mut out, "include", &["reasoning.encrypted_content"]);
        }
        if quirks.cache_key
            && let Some(key) = &settings.cache_key
        {
            field(&mut out, "prompt_cache_key", key);
        }
        field(&mut out, "stream", &true);
        if let Some(extra) = &settings.extra {
            fields_of(&mut out, extra);
        }
    }
    put(&mut out, "}");
    out
}

fn reasoning(out: &mut Vec<u8>, style: Thinking, effort: Effort) {
    let mut wish = Map::new();
    if let Some(word) = effort_word(style, effort) {
        wish.insert("effort".to_owned(), json!(word));
    }
    let is_shown = style == Thinking::Always || style == Thinking::Effort && effort != Effort::Off;
    if is_shown {
        wish.insert("summary".to_owned(), json!("auto"));
    }
    if !wish.is_empty() {
        field(out, "reasoning", &wish);
    }
}
