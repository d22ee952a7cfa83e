//! Answers: deltas are for showing; what counts is each item when it is done, whole and as it is.

use crate::error::{Kind, ModelError, cut, one_line};
use crate::format::ids::{Ids, fit_name};
use crate::format::json::object_with;
use crate::format::{Deltas, cut_off, malformed, too_many};
use crate::limits::{BLOCKS_MAX, NAME_BYTES_MAX};
use crate::turn::{Args, Block, Delta, Origin, Raw, Stop, ToolCall, Turn, Usage, View};
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

/// The state of one answer.
#[derive(Debug, Default)]
pub(crate) struct Reader {
    pub(crate) usage: Usage,
    answer_id: Option<String>,
    /// The provider's index of each item, in the order in which they began, and the item when done.
    items: Vec<(u64, Option<Raw>)>,
    pub(crate) stop: Option<Stop>,
}

#[derive(Deserialize)]
struct Frame {
    #[serde(rename = "type", default)]
    kind: String,
    #[serde(default)]
    output_index: u64,
    item: Option<Box<RawValue>>,
    delta: Option<Value>,
    response: Option<Whole>,
}

#[derive(Deserialize)]
struct Whole {
    id: Option<String>,
    status: Option<String>,
    output: Option<Vec<Box<RawValue>>>,
    usage: Option<Value>,
    incomplete_details: Option<Value>,
    error: Option<Value>,
}

impl Reader {
    pub(crate) fn event(&mut self, data: &str, deltas: &mut Deltas<'_>) -> Result<(), ModelError> {
        if data.trim() == "[DONE]" {
            return Ok(());
        }
        let frame: Frame = serde_json::from_str(data).map_err(|source| malformed(&source, data))?;
        let text = || frame.delta.as_ref().and_then(Value::as_str).unwrap_or("").to_owned();
        match frame.kind.as_str() {
            "response.created" | "response.in_progress" | "response.queued" => {
                self.answer_id = frame.response.and_then(|it| it.id).or(self.answer_id.take());
            }
            "response.output_item.added" => {
                let block = self.block(frame.output_index)?;
                let item = frame.item.map(|item| parse_item(item.get())).unwrap_or_default();
                if text_of(&item, "type") == "function_call" {
                    let name = cut(text_of(&item, "name"), NAME_BYTES_MAX).to_owned();
                    deltas(Delta::CallStarted { block, name });
                }
            }
            "response.output_item.done" => {
                let block = self.block(frame.output_index)?;
                self.items[block].1 = frame.item.map(Raw::from);
            }
            "response.output_text.delta" | "response.refusal.delta" => {
                let block = self.block(frame.output_index)?;
                deltas(Delta::Text { block, text: text() });
            }
            "response.reasoning_summary_text.delta" | "response.reasoning_text.delta" => {
                let block = self.block(frame.output_index)?;
                deltas(Delta::Thinking { block, text: text() });
            }
            "response.function_call_arguments.delta" => {
                let block = self.block(frame.output_index)?;
                deltas(Delta::CallArgs { block, part: text() });
            }
            "response.completed" | "response.incomplete" | "response.done" => {
                let words = "the last event has no answer";
                let none = || ModelError::new(Kind::Malformed, words).with_raw(data);
                self.end(frame.response.ok_or_else(none)?);
            }
            "response.failed" | "error" | "response.error" => return Err(failed(data)),
            "" => {
                if let Some(error) = crate::fault::from_event(data) {
                    return Err(error);
                }
            }
            _ => {}
        }
        Ok(())
    }

    pub(crate) fn whole(&mut self, body: &str, deltas: &mut Deltas<'_>) -> Result<(), ModelError> {
        let whole: Whole = serde_json::from_str(body).map_err(|source| malformed(&source, body))?;
        if whole.error.as_ref().is_some_and(|it| !it.is_null()) {
            return Err(failed(body));
        }
        if whole.output.is_none() {
            let words = "the answer has no output";
            return Err(ModelError::new(Kind::Malformed, words).with_raw(body));
        }
        self.end(whole);
        for (block, (_, raw)) in self.items.iter().enumerate() {
            let item = parse_item(raw.as_ref().map_or("", Raw::get));
            match text_of(&item, "type") {
                "message" => deltas(Delta::Text { block, text: texts(&item, "content") }),
                "function_call" => {
                    deltas(Delta::CallStarted { block, name: text_of(&item, "name").to_owned() });
                    let part = text_of(&item, "arguments").to_owned();
                    deltas(Delta::CallArgs { block, part });
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// The place of the item with this index.
    fn block(&mut self, index: u64) -> Result<usize, ModelError> {
        if let Some(block) = self.items.iter().rposition(|(there, _)| *there == index) {
            return Ok(block);
        }
        if self.items.len() >= BLOCKS_MAX {
            return Err(too_many());
        }
        self.items.push((index, None));
        Ok(self.items.len() - 1)
    }

    fn end(&mut self, whole: Whole) {
        self.answer_id = whole.id.or(self.answer_id.take());
        if let Some(usage) = &whole.usage {
            self.take_usage(usage);
        }
        // Servers exist that give the items only here, and such whose numbers differ here.
        let whole_count = self.items.iter().filter(|(_, raw)| raw.is_some()).count();
        let has_all = whole.output.as_ref().is_none_or(|all| all.len() <= whole_count);
        let output = whole.output.filter(|_| !has_all);
        for (index, item) in output.into_iter().flatten().enumerate().take(BLOCKS_MAX) {
            let Ok(block) = self.block(index as u64) else { break };
            self.items[block].1.get_or_insert_with(|| Raw::from(item));
        }
        let reason = whole.incomplete_details.as_ref().and_then(|it| it.get("reason"));
        let reason = reason.and_then(Value::as_str).unwrap_or("");
        self.stop = Some(match (whole.status.as_deref(), reason) {
            (_, "max_output_tokens" | "max_tokens") => Stop::MaxTokens,
            (_, "content_filter") => Stop::Filtered,
            (Some("incomplete"), other) => Stop::Other(one_line(other)),
            // It is said to be over, and it is not: nothing that it holds is the answer.
            (Some("failed" | "cancelled" | "queued" | "in_progress"), _) => return,
            _ => Stop::Done,
        });
    }

    fn take_usage(&mut self, usage: &Value) {
        let number = |path: &str| usage.pointer(path).and_then(Value::as_u64);
        let Some(input) = number("/input_tokens") else { return };
        let read = number("/input_tokens_details/cached_tokens").unwrap_or(0);
        let written = number("/input_tokens_details/cache_write_tokens").unwrap_or(0);
        self.usage = Usage {
            is_reported: true,
            input: input.saturating_sub(read).saturating_sub(written),
            cache_read: read,
            cache_write: written,
            cache_write_long: 0,
            output: number("/output_tokens").unwrap_or(0),
            thinking: number("/output_tokens_details/reasoning_tokens").unwrap_or(0),
        };
    }

    pub(crate) fn finish(self, origin: Origin, mut ids: Ids<'_>) -> Result<Turn, ModelError> {
        let said = self.stop.ok_or_else(cut_off)?;
        let items = self.items.into_iter().filter_map(|(_, raw)| raw);
        let blocks: Vec<Block> = items.map(|raw| finish_item(raw, &mut ids)).collect();
        let has = |is: fn(&View) -> bool| blocks.iter().any(|block| is(&block.view));
        let stop = match said {
            Stop::Done if has(|view| matches!(view, View::Call(_))) => Stop::Calls,
            Stop::Done if has(|view| matches!(view, View::Refusal(_))) => {
                Stop::Refused(String::new())
            }
            other => other,
        };
        Ok(Turn { origin, blocks, stop, usage: self.usage, answer_id: self.answer_id })
    }
}

fn failed(data: &str) -> ModelError {
    crate::fault::from_event(data)
        .unwrap_or_else(|| ModelError::new(Kind::Broken, "an error without a name").with_raw(data))
}

fn parse_item(json: &str) -> Map<String, Value> {
    serde_json::from_str(json).unwrap_or_default()
}

fn text_of<'a>(map: &'a Map<String, Value>, key: &str) -> &'a str {
    map.get(key).and_then(Value::as_str).unwrap_or("")
}

/// The texts of an item's parts, joined.
fn texts(item: &Map<String, Value>, list: &str) -> String {
    let parts = item.get(list).and_then(Value::as_array).into_iter().flatten();
    let texts = parts.filter_map(|part| part.get("text").and_then(Value::as_str));
    texts.collect::<Vec<_>>().join(if list == "content" { "" } else { "\n\n" })
}

fn finish_item(raw: Raw, ids: &mut Ids<'_>) -> Block {
    let mut item = parse_item(raw.get());
    let kind = text_of(&item, "type").to_owned();
    match kind.as_str() {
        "message" => {
            let text = texts(&item, "content");
            let parts = item.get("content").and_then(Value::as_array).into_iter().flatten();
            let refusals = parts.filter_map(|part| part.get("refusal").and_then(Value::as_str));
            let refusal: String = refusals.collect();
            let is_refusal = text.is_empty() && !refusal.is_empty();
            let view = if is_refusal { View::Refusal(refusal) } else { View::Text(text) };
            Block { raw, view }
        }
        "reasoning" => {
            let summary = texts(&item, "summary");
            let text = if summary.is_empty() { texts(&item, "content") } else { summary };
            Block { raw, view: View::Thinking(text) }
        }
        "function_call" => {
            let said = text_of(&item, "call_id").to_owned();
            let id = ids.settle(&said);
            let args = Args::parse(text_of(&item, "arguments"));
            let called = text_of(&item, "name").to_owned();
            let name = fit_name(&called);
            let is_whole = matches!(args, Args::Object(_));
            let is_same = id == said && name == called;
            let raw = if is_same && is_whole && !text_of(&item, "arguments").is_empty() {
                raw
            } else {
                item.insert("name".to_owned(), Value::String(name.clone()));
                item.insert("call_id".to_owned(), Value::String(id.clone()));
                let json = Value::String(args.json().to_owned()).to_string();
                object_with(&item, "arguments", &json)
            };
            Block { raw, view: View::Call(ToolCall { id, name, args }) }
        }
        _ => Block { raw, view: View::Other(kind) },
    }
}
