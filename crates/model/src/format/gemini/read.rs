//! Answers: chunks of parts. Texts without a signature are put together; every other part stays
//! as it is, because a signature belongs to exactly the part it came in.

use crate::error::{Kind, ModelError, cut, one_line};
use crate::format::ids::{Ids, fit_name};
use crate::format::json::object_with;
use crate::format::{Deltas, cut_off, malformed, too_many};
use crate::limits::{BLOCKS_MAX, NAME_BYTES_MAX};
use crate::turn::{Args, Block, Delta, Origin, Raw, Stop, ToolCall, Turn, Usage, View};
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};

/// The state of one answer.
#[derive(Debug, Default)]
pub(crate) struct Reader {
    pub(crate) usage: Usage,
    answer_id: Option<String>,
    blocks: Vec<Building>,
    pub(crate) stop: Option<Stop>,
}

#[derive(Debug)]
enum Building {
    /// Text that has no signature so far.
    Text {
        text: String,
        is_thought: bool,
    },
    Part {
        raw: Raw,
        part: Box<Part>,
    },
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Frame {
    candidates: Option<Vec<Candidate>>,
    usage_metadata: Option<Value>,
    prompt_feedback: Option<Feedback>,
    response_id: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Candidate {
    #[serde(default)]
    index: u64,
    content: Option<Content>,
    finish_reason: Option<String>,
    finish_message: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Content {
    parts: Option<Vec<Box<RawValue>>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Feedback {
    block_reason: Option<String>,
    block_reason_message: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Part {
    text: Option<String>,
    #[serde(default)]
    thought: bool,
    thought_signature: Option<String>,
    function_call: Option<FunctionCall>,
}

#[derive(Debug, Deserialize)]
struct FunctionCall {
    #[serde(default)]
    id: Option<String>,
    #[serde(default)]
    name: String,
    /// `null` is something that was said, and is no object.
    #[serde(default, deserialize_with = "said")]
    args: Option<Box<RawValue>>,
}

impl Reader {
    /// A list of chunks, as servers send that do not know `alt=sse`, or one answer.
    pub(crate) fn whole(&mut self, body: &str, deltas: &mut Deltas<'_>) -> Result<(), ModelError> {
        if !body.trim_start().starts_with('[') {
            return self.event(body, deltas);
        }
        let chunks: Vec<&RawValue> =
            serde_json::from_str(body).map_err(|source| malformed(&source, body))?;
        chunks.into_iter().try_for_each(|chunk| self.event(chunk.get(), deltas))
    }

    pub(crate) fn event(&mut self, data: &str, deltas: &mut Deltas<'_>) -> Result<(), ModelError> {
        if data.trim() == "[DONE]" {
            return Ok(());
        }
        let frame: Frame = serde_json::from_str(data).map_err(|source| malformed(&source, data))?;
        if frame.candidates.is_none()
            && let Some(error) = crate::fault::from_event(data)
        {
            return Err(error);
        }
        if let Some(usage) = frame.usage_metadata {
            self.take_usage(&usage);
        }
        self.answer_id = frame.response_id.or(self.answer_id.take());
        if let Some(feedback) = frame.prompt_feedback
            && let Some(reason) = feedback.block_reason
        {
            let words = feedback.block_reason_message.unwrap_or(reason);
            return Err(ModelError::new(Kind::Refused, words).with_raw(data));
        }
        let candidates = frame.candidates.unwrap_or_default();
        for candidate in candidates.into_iter().filter(|it| it.index == 0) {
            let parts = candidate.content.and_then(|it| it.parts).unwrap_or_default();
            parts.into_iter().try_for_each(|part| self.part(part, deltas))?;
            if let Some(reason) = candidate.finish_reason {
                let words = candidate.finish_message.unwrap_or_default();
                self.stop = Some(stop(&reason, &words)?);
            }
        }
        Ok(())
    }

    fn part(&mut self, raw: Box<RawValue>, deltas: &mut Deltas<'_>) -> Result<(), ModelError> {
        let part: Part =
            serde_json::from_str(raw.get()).map_err(|source| malformed(&source, raw.get()))?;
        let is_signed = part.thought_signature.is_some();
        let is_thought = part.thought;
        if let Some(text) = part.text.as_deref().filter(|_| !is_signed) {
            let same = match self.blocks.last_mut() {
                Some(Building::Text { text: there, is_thought: was }) if *was == is_thought => {
                    there.push_str(text);
                    true
                }
                _ => false,
            };
            if !same && text.is_empty() {
                return Ok(());
            }
            if !same {
                self.push(Building::Text { text: text.to_owned(), is_thought })?;
            }
            self.show(text, is_thought, deltas);
            return Ok(());
        }
        let shown = part.text.clone().unwrap_or_default();
        let call = part.function_call.as_ref().map(|call| {
            let args = call.args.as_ref().map_or("{}", |args| args.get()).to_owned();
            (cut(&call.name, NAME_BYTES_MAX).to_owned(), args)
        });
        self.push(Building::Part { raw: Raw::from(raw), part: Box::new(part) })?;
        if !shown.is_empty() {
            self.show(&shown, is_thought, deltas);
        }
        if let Some((name, args)) = call {
            let block = self.blocks.len() - 1;
            deltas(Delta::CallStarted { block, name });
            deltas(Delta::CallArgs { block, part: args });
        }
        Ok(())
    }

    fn push(&mut self, building: Building) -> Result<(), ModelError> {
        if self.blocks.len() >= BLOCKS_MAX {
            return Err(too_many());
        }
        self.blocks.push(building);
        Ok(())
    }

    fn show(&self, text: &str, is_thought: bool, deltas: &mut Deltas<'_>) {
        let (block, text) = (self.blocks.len() - 1, text.to_owned());
        if is_thought {
            deltas(Delta::Thinking { block, text });
        } else {
            deltas(Delta::Text { block, text });
        }
    }

    fn take_usage(&mut self, usage: &Value) {
        // A number that is none must not cost the answer.
        let number = |name: &str| usage.get(name).and_then(Value::as_u64).unwrap_or(0);
        let (prompt, read) = (number("promptTokenCount"), number("cachedContentTokenCount"));
        let thinking = number("thoughtsTokenCount");
        self.usage = Usage {
            is_reported: true,
            input: prompt.saturating_sub(read).saturating_add(number("toolUsePromptTokenCount")),
            cache_read: read,
            cache_write: 0,
            cache_write_long: 0,
            output: number("candidatesTokenCount").saturating_add(thinking),
            thinking,
        };
    }

    pub(crate) fn finish(self, origin: Origin, mut ids: Ids<'_>) -> Result<Turn, ModelError> {
        let said = self.stop.ok_or_else(cut_off)?;
        let blocks: Vec<Block> = self.blocks.into_iter().map(|it| it.finish(&mut ids)).collect();
        let has_calls = blocks.iter().any(|block| matches!(block.view, View::Call(_)));
        let stop = if has_calls && said == Stop::Done { Stop::Calls } else { said };
        Ok(Turn { origin, blocks, stop, usage: self.usage, answer_id: self.answer_id })
    }
}

fn said<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Option<Box<RawValue>>, D::Error> {
    Box::<RawValue>::deserialize(from).map(Some)
}

impl Building {
    fn finish(self, ids: &mut Ids<'_>) -> Block {
        let (raw, part) = match self {
            Self::Text { text, is_thought: true } => {
                let raw = Raw::of(&json!({"text": text, "thought": true}));
                return Block { raw, view: View::Thinking(text) };
            }
            Self::Text { text, is_thought: false } => {
                return Block { raw: Raw::of(&json!({"text": text})), view: View::Text(text) };
            }
            Self::Part { raw, part } => (raw, part),
        };
        if let Some(call) = part.function_call {
            let said = call.id.unwrap_or_default();
            let id = ids.settle(&said);
            let args = Args::parse(call.args.as_ref().map_or("{}", |args| args.get()));
            // A call without an id stays without one there; one whose id was taken gets ours.
            let raw =
                if said.is_empty() || id == said { raw } else { with_field(&raw, "id", json!(id)) };
            let name = fit_name(&call.name);
            let raw = if name == call.name { raw } else { with_field(&raw, "name", json!(name)) };
            let raw = match args {
                Args::Object(_) => raw,
                Args::Broken(_) => with_field(&raw, "args", json!({})),
            };
            return Block { raw, view: View::Call(ToolCall { id, name, args }) };
        }
        match part.text {
            Some(text) if part.thought => Block { raw, view: View::Thinking(text) },
            Some(text) => Block { raw, view: View::Text(text) },
            None => {
                let fields: Map<String, Value> =
                    serde_json::from_str(raw.get()).unwrap_or_default();
                let kind = fields.keys().find(|key| *key != "thoughtSignature").cloned();
                Block { raw, view: View::Other(kind.unwrap_or_default()) }
            }
        }
    }
}

/// The part with another id, name or arguments in its call.
fn with_field(raw: &Raw, key: &str, value: Value) -> Raw {
    let mut fields: Map<String, Value> = serde_json::from_str(raw.get()).unwrap_or_default();
    if let Some(Value::Object(call)) = fields.get_mut("functionCall") {
        call.insert(key.to_owned(), value);
    }
    let call = fields.get("functionCall").map_or_else(|| "{}".to_owned(), Value::to_string);
    object_with(&fields, "functionCall", &call)
}

fn stop(reason: &str, words: &str) -> Result<Stop, ModelError> {
    Ok(match reason {
        "STOP" => Stop::Done,
        "MAX_TOKENS" => Stop::MaxTokens,
        "SAFETY" | "RECITATION" | "BLOCKLIST" | "PROHIBITED_CONTENT" | "SPII" | "LANGUAGE"
        | "IMAGE_SAFETY" => Stop::Filtered,
        "MALFORMED_FUNCTION_CALL"
        | "UNEXPECTED_TOOL_CALL"
        | "MISSING_THOUGHT_SIGNATURE"
        | "MALFORMED_RESPONSE" => {
            return Err(ModelError::new(Kind::Malformed, format!("{reason} {words}")));
        }
        other => Stop::Other(one_line(other)),
    })
}
