//! Requests: the head, messages, and the marks that tell the provider where to keep its cache.

use crate::context::Laid;
use crate::dialect::{Dialect, Thinking};
use crate::format::json::{comma, field, fields_of, key, put};
use crate::format::{Answered, Mark, NO_IMAGE, Purpose, Said, ids};
use crate::limits::{CACHE_LOOKBACK_BLOCKS, OUTPUT_TOKENS_DEFAULT};
use crate::message::{Cache, Effort, Head, Image, Settings, ToolChoice};
use crate::turn::{Stop, Turn, View};
use serde_json::json;

/// `"system":[…],"tools":[…]`; the mark goes into the last part of the system prompt, which stands
/// after the tools in what the provider reads.
pub(crate) fn head(head: &Head) -> (Vec<u8>, Option<usize>) {
    let mut out = Vec::new();
    let mut mark = None;
    if !head.tools.is_empty() {
        key(&mut out, "tools");
        put(&mut out, "[");
        for tool in &head.tools {
            comma(&mut out);
            put(&mut out, "{");
            field(&mut out, "name", &tool.name);
            field(&mut out, "description", &tool.description);
            key(&mut out, "input_schema");
            put(&mut out, tool.schema.get());
            mark = Some(out.len());
            put(&mut out, "}");
        }
        put(&mut out, "]");
    }
    let system: Vec<&String> = head.system.iter().filter(|part| !part.trim().is_empty()).collect();
    if !system.is_empty() {
        key(&mut out, "system");
        put(&mut out, "[");
        for part in system {
            comma(&mut out);
            mark = Some(text_block(&mut out, part));
        }
        put(&mut out, "]");
    }
    (out, mark)
}

/// Writes a block of text; gives the place of its closing brace.
fn text_block(out: &mut Vec<u8>, text: &str) -> usize {
    put(out, "{\"type\":\"text\"");
    field(out, "text", text);
    put(out, "}");
    out.len() - 1
}

fn image_block(dialect: &Dialect, out: &mut Vec<u8>, image: &Image) -> usize {
    if !dialect.quirks.images {
        return text_block(out, NO_IMAGE);
    }
    put(out, "{\"type\":\"image\",\"source\":{\"type\":\"base64\"");
    field(out, "media_type", &image.media_type);
    field(out, "data", &image.base64);
    put(out, "}}");
    out.len() - 1
}

pub(crate) fn user(
    dialect: &Dialect,
    out: &mut Vec<u8>,
    results: &[Answered<'_>],
    said: &[Said<'_>],
) -> Option<usize> {
    comma(out);
    put(out, "{\"role\":\"user\",\"content\":[");
    let mut end = None;
    // Results come first: the API refuses them after words.
    for result in results {
        comma(out);
        end = Some(result_block(dialect, out, result));
    }
    for said in said {
        comma(out);
        end = Some(match said {
            Said::Text(text) => text_block(out, text),
            Said::Image(image) => image_block(dialect, out, image),
        });
    }
    put(out, "]}");
    end
}

fn result_block(dialect: &Dialect, out: &mut Vec<u8>, result: &Answered<'_>) -> usize {
    put(out, "{\"type\":\"tool_result\"");
    field(out, "tool_use_id", result.call.wire_id.as_deref().unwrap_or(""));
    key(out, "content");
    put(out, "[");
    // The API refuses empty texts.
    if !result.text.trim().is_empty() {
        text_block(out, result.text);
    }
    for image in result.images {
        comma(out);
        image_block(dialect, out, image);
    }
    put(out, "]");
    if result.is_error {
        field(out, "is_error", &true);
    }
    put(out, "}");
    out.len() - 1
}

pub(crate) fn turn(
    dialect: &Dialect,
    out: &mut Vec<u8>,
    turn: &Turn,
    is_own: bool,
) -> Vec<Option<String>> {
    let start = out.len();
    comma(out);
    put(out, "{\"role\":\"assistant\",\"content\":[");
    let empty = out.len();
    let mut ids = Vec::new();
    // Thinking that was cut off has no signature, and nothing may end with thinking.
    let is_thought = |view: &View| matches!(view, View::Thinking(_));
    let last = turn.blocks.iter().rposition(|block| !is_thought(&block.view));
    let kept = match turn.stop {
        Stop::MaxTokens | Stop::WindowFull => last.map_or(0, |last| last + 1),
        _ => turn.blocks.len(),
    };
    for block in &turn.blocks[..kept] {
        match &block.view {
            View::Text(text) if text.trim().is_empty() => {}
            View::Call(call) => {
                comma(out);
                if is_own {
                    ids.push(Some(call.id.clone()));
                    put(out, block.raw.get());
                } else {
                    let id = ids::for_wire(dialect, &call.id);
                    put(out, "{\"type\":\"tool_use\"");
                    field(out, "id", &id);
                    field(out, "name", &call.name);
                    key(out, "input");
                    put(out, call.args.json());
                    put(out, "}");
                    ids.push(Some(id));
                }
            }
            View::Text(_) | View::Thinking(_) | View::Refusal(_) | View::Other(_) if is_own => {
                comma(out);
                put(out, block.raw.get());
            }
            View::Text(text) | View::Refusal(text) => {
                comma(out);
                text_block(out, text);
            }
            // Another model's thinking, and its provider's own blocks, mean nothing here.
            View::Thinking(_) | View::Other(_) => {}
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
    let quirks = &laid.dialect.quirks;
    let mut out = Vec::with_capacity(laid.head.len() + laid.pieces.len() + 1024);
    put(&mut out, "{");
    field(&mut out, "model", &laid.dialect.model);
    let known = quirks.output_tokens_max;
    let max = settings.output_tokens_max.or(known).unwrap_or(OUTPUT_TOKENS_DEFAULT);
    let max = known.map_or(max, |known| max.min(known)).max(1);
    if purpose == Purpose::Answer {
        field(&mut out, "max_tokens", &max);
    }
    let mark = match settings.cache {
        _ if !quirks.cache_marks || purpose == Purpose::Count => None,
        Cache::Off => None,
        Cache::Short => Some("\"cache_control\":{\"type\":\"ephemeral\"}"),
        Cache::Long => Some("\"cache_control\":{\"type\":\"ephemeral\",\"ttl\":\"1h\"}"),
    };
    comma(&mut out);
    let at_head: Vec<usize> = laid.head_mark.into_iter().collect();
    if laid.head.is_empty() {
        out.pop();
    }
    with_marks(&mut out, &laid.head, &at_head, mark);
    if quirks.cache_at_top
        && let Some(mark) = mark
    {
        comma(&mut out);
        put(&mut out, mark);
    }
    key(&mut out, "messages");
    put(&mut out, "[");
    with_marks(&mut out, &laid.pieces, &marks(laid, quirks.cache_at_top), mark);
    put(&mut out, "]");
    let is_forced = choice(&mut out, laid, settings);
    // The API refuses thinking with a forced tool, and with a fixed budget also in the middle of
    // calls that another model has begun.
    let is_barred = match quirks.thinking {
        Thinking::Budget | Thinking::Unknown => is_forced || laid.is_unthought,
        Thinking::Adaptive => is_forced,
        Thinking::Never | Thinking::Always | Thinking::Effort => false,
    };
    if !is_barred {
        thinking(&mut out, quirks.thinking, settings.effort, max);
    }
    if purpose == Purpose::Answer {
        if !settings.stop_texts.is_empty() {
            field(&mut out, "stop_sequences", &settings.stop_texts);
        }
        field(&mut out, "stream", &true);
        if let Some(extra) = &settings.extra {
            fields_of(&mut out, extra);
        }
    }
    put(&mut out, "}");
    out
}

/// Where marks stand in the messages: at the end, and where the last request ended. The second lets
/// this request find what that one wrote, however many blocks came since: the provider looks back
/// only so far. With the mark at the top, the second is needed only when more came.
fn marks(laid: &Laid, is_at_top: bool) -> Vec<usize> {
    let (Some(last), sent) = (laid.last_end, laid.sent_end) else { return Vec::new() };
    let sent = sent.filter(|sent| *sent != last);
    let is_far = |sent: &Mark| last.blocks - sent.blocks >= CACHE_LOOKBACK_BLOCKS;
    if is_at_top {
        return sent.filter(is_far).map(|sent| sent.at).into_iter().collect();
    }
    sent.map(|sent| sent.at).into_iter().chain([last.at]).collect()
}

fn with_marks(out: &mut Vec<u8>, bytes: &[u8], places: &[usize], mark: Option<&str>) {
    let mut from = 0;
    if let Some(mark) = mark {
        for &at in places {
            out.extend_from_slice(&bytes[from..at]);
            put(out, ",");
            put(out, mark);
            from = at;
        }
    }
    out.extend_from_slice(&bytes[from..]);
}

fn thinking(out: &mut Vec<u8>, style: Thinking, effort: Effort, max: u64) {
    let word = match effort {
        Effort::Standard | Effort::Off => None,
        Effort::Low => Some("low"),
        Effort::Medium => Some("medium"),
        Effort::High => Some("high"),
        Effort::Max => Some("max"),
    };
    match style {
        Thinking::Never => {}
        Thinking::Unknown if effort == Effort::Standard => {}
        Thinking::Adaptive if effort == Effort::Off => {
            field(out, "thinking", &json!({"type": "disabled"}));
        }
        Thinking::Adaptive | Thinking::Always | Thinking::Effort => {
            // Newer models show their thinking only when they are asked to.
            let shown = json!({"type": "adaptive", "display": "summarized"});
            field(out, "thinking", &shown);
            let lowest = (effort == Effort::Off).then_some("low");
            if let Some(word) = word.or(lowest) {
                field(out, "output_config", &json!({"effort": word}));
            }
        }
        Thinking::Budget | Thinking::Unknown => {
            let wished: u64 = match effort {
                Effort::Off | Effort::Standard => return,
                Effort::Low => 2048,
                Effort::Medium => 8192,
                Effort::High => 16_384,
                Effort::Max => 32_768,
            };
            // It has to be at least 1,024 and less than the limit of the answer.
            let budget = wished.min(max.saturating_sub(1024));
            if budget >= 1024 {
                field(out, "thinking", &json!({"type": "enabled", "budget_tokens": budget}));
            }
        }
    }
}

/// Writes whether a tool has to be called; tells whether one has.
fn choice(out: &mut Vec<u8>, laid: &Laid, settings: &Settings) -> bool {
    let has_tools = laid.head.starts_with(b"\"tools\"");
    let can_force = laid.dialect.quirks.forced_tools;
    let chosen = match &settings.choice {
        _ if !has_tools => return false,
        ToolChoice::Auto => return false,
        ToolChoice::None => json!({"type": "none"}),
        ToolChoice::Any if can_force => json!({"type": "any"}),
        ToolChoice::Named(name) if can_force => json!({"type": "tool", "name": name}),
        ToolChoice::Any | ToolChoice::Named(_) => return false,
    };
    field(out, "tool_choice", &chosen);
    settings.choice != ToolChoice::None
}
