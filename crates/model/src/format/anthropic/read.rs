//! Answers: blocks are put together from their start and their deltas; what is not known is kept.

use crate::error::{Kind, ModelError};
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
    blocks: Vec<Building>,
    pub(crate) stop: Option<Stop>,
    pub(crate) has_ended: bool,
}

#[derive(Debug)]
struct Building {
    /// The provider's index.
    index: u64,
    /// The block as it is so far, without its input.
    start: Map<String, Value>,
    /// The input of a call, as its parts came.
    input: String,
    /// The block as the provider wrote it, when it came whole.
    raw: Option<Raw>,
}

#[derive(Deserialize)]
struct Frame {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    index: u64,
    message: Option<Value>,
    content_block: Option<Map<String, Value>>,
    delta: Option<Map<String, Value>>,
    usage: Option<Value>,
}

#[derive(Deserialize)]
struct Whole {
    id: Option<String>,
    content: Vec<Box<RawValue>>,
    stop_reason: Option<String>,
    stop_details: Option<Value>,
    usage: Option<Value>,
}

fn text_of<'a>(map: &'a Map<String, Value>, key: &str) -> &'a str {
    map.get(key).and_then(Value::as_str).unwrap_or("")
}

impl Reader {
    pub(crate) fn event(&mut self, data: &str, deltas: &mut Deltas<'_>) -> Result<(), ModelError> {
        let frame: Frame = serde_json::from_str(data).map_err(|source| malformed(&source, data))?;
        match frame.kind.as_str() {
            "message_start" => {
                let message = frame.message.as_ref();
                let id = message.and_then(|it| it.get("id")).and_then(Value::as_str);
                self.answer_id = id.map(|id| crate::error::cut(id, NAME_BYTES_MAX).to_owned());
                if let Some(usage) = message.and_then(|it| it.get("usage")) {
                    self.take_usage(usage);
                }
            }
            "content_block_start" => {
                self.start(frame.index, frame.content_block.unwrap_or_default(), deltas)?;
            }
            "content_block_delta" => {
                self.delta(frame.index, &frame.delta.unwrap_or_default(), deltas, data)?;
            }
            "message_delta" => {
                if let Some(delta) = frame.delta {
                    let details = delta.get("stop_details");
                    if let Some(reason) = delta.get("stop_reason").and_then(Value::as_str) {
                        self.stop = Some(stop(reason, details));
                    }
                }
                if let Some(usage) = &frame.usage {
                    self.take_usage(usage);
                }
            }
            "message_stop" => self.has_ended = true,
            "error" => {
                let unnamed = || ModelError::new(Kind::Broken, "an error without a name");
                return Err(crate::fault::from_event(data).unwrap_or_else(unnamed));
            }
            // `ping`, `content_block_stop`, and what will be invented.
            _ => {}
        }
        Ok(())
    }

    pub(crate) fn whole(&mut self, body: &str, deltas: &mut Deltas<'_>) -> Result<(), ModelError> {
        let whole: Whole = serde_json::from_str(body).map_err(|source| malformed(&source, body))?;
        self.answer_id = whole.id;
        for (index, raw) in whole.content.into_iter().enumerate().take(BLOCKS_MAX) {
            let start: Map<String, Value> =
                serde_json::from_str(raw.get()).map_err(|source| malformed(&source, raw.get()))?;
            self.start(index as u64, start, deltas)?;
            if let Some(building) = self.blocks.last_mut() {
                let input: Option<Input> = serde_json::from_str(raw.get()).ok();
                building.input = input.map_or_else(String::new, |it| it.input.get().to_owned());
                building.raw = Some(Raw::from(raw));
            }
        }
        let reason = whole.stop_reason.as_deref().unwrap_or("end_turn");
        self.stop = Some(stop(reason, whole.stop_details.as_ref()));
        if let Some(usage) = &whole.usage {
            self.take_usage(usage);
        }
        self.has_ended = true;
        Ok(())
    }

    fn start(
        &mut self,
        index: u64,
        start: Map<String, Value>,
        deltas: &mut Deltas<'_>,
    ) -> Result<(), ModelError> {
        if self.blocks.len() >= BLOCKS_MAX {
            return Err(too_many());
        }
        let block = self.blocks.len();
        match text_of(&start, "type") {
            "tool_use" => {
                let name = crate::error::cut(text_of(&start, "name"), NAME_BYTES_MAX).to_owned();
                deltas(Delta::CallStarted { block, name });
            }
            "text" if !text_of(&start, "text").is_empty() => {
                deltas(Delta::Text { block, text: text_of(&start, "text").to_owned() });
            }
            "thinking" if !text_of(&start, "thinking").is_empty() => {
                let text = text_of(&start, "thinking").to_owned();
                deltas(Delta::Thinking { block, text });
            }
            _ => {}
        }
        self.blocks.push(Building { index, start, input: String::new(), raw: None });
        Ok(())
    }

    fn delta(
        &mut self,
        index: u64,
        delta: &Map<String, Value>,
        deltas: &mut Deltas<'_>,
        data: &str,
    ) -> Result<(), ModelError> {
        let found = self.blocks.iter_mut().enumerate().rev().find(|(_, it)| it.index == index);
        let Some((block, building)) = found else {
            let words = "a part of a block came before the block";
            return Err(ModelError::new(Kind::Malformed, words).with_raw(data));
        };
        let kind = text_of(delta, "type");
        match kind {
            "text_delta" => {
                let text = text_of(delta, "text");
                append(&mut building.start, "text", text);
                deltas(Delta::Text { block, text: text.to_owned() });
            }
            "thinking_delta" => {
                let text = text_of(delta, "thinking");
                append(&mut building.start, "thinking", text);
                deltas(Delta::Thinking { block, text: text.to_owned() });
            }
            "input_json_delta" => {
                let part = text_of(delta, "partial_json");
                building.input.push_str(part);
                if text_of(&building.start, "type") == "tool_use" {
                    deltas(Delta::CallArgs { block, part: part.to_owned() });
                }
            }
            "citations_delta" => {
                let citation = delta.get("citation").cloned().unwrap_or_default();
                match building.start.get_mut("citations") {
                    Some(Value::Array(list)) => list.push(citation),
                    _ => {
                        building.start.insert("citations".to_owned(), Value::Array(vec![citation]));
                    }
                }
            }
            // `signature_delta`, and kinds that are not known yet: texts are put together, the rest
            // replaces what was there.
            _ => {
                for (key, value) in delta.iter().filter(|(key, _)| *key != "type") {
                    match value.as_str() {
                        Some(text) => append(&mut building.start, key, text),
                        None => drop(building.start.insert(key.clone(), value.clone())),
                    }
                }
            }
        }
        Ok(())
    }

    fn take_usage(&mut self, usage: &Value) {
        let number = |path: &str| usage.pointer(path).and_then(Value::as_u64);
        let mine = &mut self.usage;
        mine.is_reported = true;
        let set = |to: &mut u64, path: &str| *to = number(path).unwrap_or(*to);
        set(&mut mine.input, "/input_tokens");
        set(&mut mine.cache_read, "/cache_read_input_tokens");
        set(&mut mine.output, "/output_tokens");
        set(&mut mine.thinking, "/output_tokens_details/thinking_tokens");
        set(&mut mine.cache_write_long, "/cache_creation/ephemeral_1h_input_tokens");
        if let Some(written) = number("/cache_creation_input_tokens") {
            mine.cache_write = written.saturating_sub(mine.cache_write_long);
        }
    }

    pub(crate) fn finish(self, origin: Origin, mut ids: Ids<'_>) -> Result<Turn, ModelError> {
        // Compatible servers exist that end without a reason.
        let stop = self.stop.or(self.has_ended.then_some(Stop::Done)).ok_or_else(cut_off)?;
        let blocks = self.blocks.into_iter().map(|it| it.finish(&mut ids)).collect();
        Ok(Turn { origin, blocks, stop, usage: self.usage, answer_id: self.answer_id })
    }
}

#[derive(Deserialize)]
struct Input {
    input: Box<RawValue>,
}

/// Puts a text after the one that is there.
fn append(map: &mut Map<String, Value>, key: &str, text: &str) {
    match map.get_mut(key) {
        Some(Value::String(there)) => there.push_str(text),
        _ => drop(map.insert(key.to_owned(), Value::String(text.to_owned()))),
    }
}

impl Building {
    fn finish(mut self, ids: &mut Ids<'_>) -> Block {
        let kind = text_of(&self.start, "type").to_owned();
        let whole = |it: &mut Self| it.raw.take().unwrap_or_else(|| Raw::of(&it.start));
        match kind.as_str() {
            "text" => {
                let view = View::Text(text_of(&self.start, "text").to_owned());
                Block { raw: whole(&mut self), view }
            }
            "thinking" | "redacted_thinking" => {
                let view = View::Thinking(text_of(&self.start, "thinking").to_owned());
                Block { raw: whole(&mut self), view }
            }
            "tool_use" => self.finish_call(ids),
            _ if self.start.contains_key("input") && !self.input.is_empty() => {
                // A tool that runs at the provider.
                let raw = self.raw.take();
                let built = || object_with(&self.start, "input", Args::parse(&self.input).json());
                Block { raw: raw.unwrap_or_else(built), view: View::Other(kind) }
            }
            _ => Block { raw: whole(&mut self), view: View::Other(kind) },
        }
    }

    fn finish_call(mut self, ids: &mut Ids<'_>) -> Block {
        if self.input.is_empty()
            && let Some(input) = self.start.get("input")
        {
            self.input = input.to_string();
        }
        let args = Args::parse(&self.input);
        let said = text_of(&self.start, "id").to_owned();
        let id = ids.settle(&said);
        let called = text_of(&self.start, "name").to_owned();
        let name = fit_name(&called);
        let raw = match self.raw.take() {
            Some(raw) if id == said && name == called => raw,
            _ => {
                self.start.insert("id".to_owned(), Value::String(id.clone()));
                self.start.insert("name".to_owned(), Value::String(name.clone()));
                object_with(&self.start, "input", args.json())
            }
        };
        Block { raw, view: View::Call(ToolCall { id, name, args }) }
    }
}

fn stop(reason: &str, details: Option<&Value>) -> Stop {
    let explained = details.and_then(|it| it.get("explanation")).and_then(Value::as_str);
    match reason {
        "end_turn" => Stop::Done,
        "tool_use" => Stop::Calls,
        "max_tokens" => Stop::MaxTokens,
        "stop_sequence" => Stop::StopText,
        "pause_turn" => Stop::Paused,
        "refusal" => Stop::Refused(crate::error::one_line(explained.unwrap_or(""))),
        "model_context_window_exceeded" => Stop::WindowFull,
        other => Stop::Other(crate::error::one_line(other)),
    }
}
