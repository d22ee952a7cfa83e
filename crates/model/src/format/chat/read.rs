//! Answers: one message grows from deltas; servers differ in nearly everything but its name.

use crate::error::{Kind, ModelError, cut, one_line};
use crate::format::chat::write::call_json;
use crate::format::ids::{Ids, fit_name};
use crate::format::{Deltas, cut_off, malformed, too_many};
use crate::limits::{BLOCKS_MAX, NAME_BYTES_MAX};
use crate::turn::{Args, Block, Delta, Origin, Raw, Stop, ToolCall, Turn, Usage, View};
use serde::Deserialize;
use serde_json::{Map, Value, json};

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
enum Building {
    Text(String),
    Refusal(String),
    Thinking(Thought),
    Call(Call),
}

#[derive(Debug, Default)]
struct Thought {
    /// The field that plain thinking came in: `reasoning_content` or `reasoning`.
    name: Option<&'static str>,
    text: String,
    /// OpenRouter's list of blocks, with their signatures.
    details: Vec<Map<String, Value>>,
}

#[derive(Debug)]
struct Call {
    index: Option<u64>,
    id: String,
    name: String,
    args: String,
    /// What else the server wrote in the call, such as a signature.
    start: Map<String, Value>,
}

#[derive(Deserialize)]
struct Frame {
    id: Option<String>,
    choices: Option<Vec<Choice>>,
    usage: Option<Value>,
    error: Option<Value>,
}

#[derive(Deserialize)]
struct Choice {
    #[serde(default)]
    index: u64,
    #[serde(alias = "message")]
    delta: Option<Map<String, Value>>,
    finish_reason: Option<String>,
    error: Option<Value>,
}

fn text_of<'a>(map: &'a Map<String, Value>, key: &str) -> &'a str {
    map.get(key).and_then(Value::as_str).unwrap_or("")
}

impl Reader {
    pub(crate) fn event(&mut self, data: &str, deltas: &mut Deltas<'_>) -> Result<(), ModelError> {
        if data.trim() == "[DONE]" {
            self.has_ended = true;
            return Ok(());
        }
        let frame: Frame = serde_json::from_str(data).map_err(|source| malformed(&source, data))?;
        let is_error = |error: &Option<Value>| error.as_ref().is_some_and(|it| !it.is_null());
        let choices = frame.choices.unwrap_or_default();
        if (is_error(&frame.error) || (choices.is_empty() && frame.usage.is_none()))
            && let Some(error) = crate::fault::from_event(data)
        {
            return Err(error);
        }
        if let Some(id) = frame.id.filter(|id| !id.is_empty() && self.answer_id.is_none()) {
            self.answer_id = Some(cut(&id, NAME_BYTES_MAX).to_owned());
        }
        if let Some(usage) = &frame.usage {
            self.take_usage(usage);
        }
        // More than one choice is never asked for.
        for choice in choices.into_iter().filter(|choice| choice.index == 0) {
            if is_error(&choice.error) {
                let said = json!({"error": choice.error}).to_string();
                let unnamed = || ModelError::new(Kind::Broken, "an error without a name");
                return Err(crate::fault::from_event(&said).unwrap_or_else(unnamed));
            }
            if let Some(delta) = &choice.delta {
                self.delta(delta, deltas)?;
            }
            if let Some(reason) = choice.finish_reason.filter(|it| !it.is_empty()) {
                self.stop = Some(stop(&reason)?);
            }
        }
        Ok(())
    }

    /// An answer in one piece has no mark of its end.
    pub(crate) fn end_whole(&mut self) {
        self.has_ended = true;
    }

    fn delta(
        &mut self,
        delta: &Map<String, Value>,
        deltas: &mut Deltas<'_>,
    ) -> Result<(), ModelError> {
        if self.blocks.len() >= BLOCKS_MAX {
            return Err(too_many());
        }
        for name in ["reasoning_content", "reasoning"] {
            let text = text_of(delta, name);
            // Some servers send both, with the same words.
            if !text.is_empty() && self.thought().name.is_none_or(|it| it == name) {
                self.thought().name = Some(name);
                self.think(text, deltas);
            }
        }
        if let Some(details) = delta.get("reasoning_details").and_then(Value::as_array) {
            let said = self.thought();
            details.iter().filter_map(Value::as_object).for_each(|it| said.add_detail(it));
        }
        match delta.get("content") {
            Some(Value::String(text)) => self.say(text, deltas),
            // Mistral's parts: thinking and text.
            Some(Value::Array(parts)) => {
                for part in parts.iter().filter_map(Value::as_object) {
                    let thoughts = part.get("thinking").and_then(Value::as_array);
                    for thought in thoughts.into_iter().flatten().filter_map(Value::as_object) {
                        self.think(text_of(thought, "text"), deltas);
                    }
                    self.say(text_of(part, "text"), deltas);
                }
            }
            _ => {}
        }
        let refusal = text_of(delta, "refusal");
        if !refusal.is_empty() {
            let is_refusal = |it: &Building| matches!(it, Building::Refusal(_));
            let block = self.find_or(is_refusal, || Building::Refusal(String::new()));
            if let Building::Refusal(there) = &mut self.blocks[block] {
                there.push_str(refusal);
            }
            deltas(Delta::Text { block, text: refusal.to_owned() });
        }
        let calls = delta.get("tool_calls").and_then(Value::as_array);
        for call in calls.into_iter().flatten().filter_map(Value::as_object) {
            self.call(call, deltas)?;
        }
        Ok(())
    }

    fn find_or(&mut self, is: impl Fn(&Building) -> bool, new: impl Fn() -> Building) -> usize {
        self.blocks.iter().position(is).unwrap_or_else(|| {
            self.blocks.push(new());
            self.blocks.len() - 1
        })
    }

    fn thought_index(&mut self) -> usize {
        let is_thought = |it: &Building| matches!(it, Building::Thinking(_));
        self.find_or(is_thought, || Building::Thinking(Thought::default()))
    }

    fn thought(&mut self) -> &mut Thought {
        let index = self.thought_index();
        match &mut self.blocks[index] {
            Building::Thinking(thought) => thought,
            Building::Text(_) | Building::Refusal(_) | Building::Call(_) => {
                unreachable!("the index was found as a thought's")
            }
        }
    }

    fn think(&mut self, text: &str, deltas: &mut Deltas<'_>) {
        if text.is_empty() {
            return;
        }
        let block = self.thought_index();
        self.thought().text.push_str(text);
        deltas(Delta::Thinking { block, text: text.to_owned() });
    }

    fn say(&mut self, text: &str, deltas: &mut Deltas<'_>) {
        if text.is_empty() {
            return;
        }
        let is_text = |it: &Building| matches!(it, Building::Text(_));
        let block = self.find_or(is_text, || Building::Text(String::new()));
        if let Building::Text(there) = &mut self.blocks[block] {
            there.push_str(text);
        }
        deltas(Delta::Text { block, text: text.to_owned() });
    }

    fn call(
        &mut self,
        part: &Map<String, Value>,
        deltas: &mut Deltas<'_>,
    ) -> Result<(), ModelError> {
        let index = part.get("index").and_then(Value::as_u64);
        let id = cut(text_of(part, "id"), NAME_BYTES_MAX);
        let none = Map::new();
        let function = part.get("function").and_then(Value::as_object).unwrap_or(&none);
        let name = cut(text_of(function, "name"), NAME_BYTES_MAX);
        let found = self.blocks.iter().rposition(|block| match block {
            Building::Call(call) => {
                // Servers exist that give every call the index 0, or none at all.
                let is_other = !id.is_empty() && !call.id.is_empty() && call.id != id;
                !is_other && (index.is_none() || call.index == index)
            }
            Building::Text(_) | Building::Refusal(_) | Building::Thinking(_) => false,
        });
        // Without an index and an id, a name begins the next call.
        let begins = index.is_none() && id.is_empty() && !name.is_empty();
        let block = match found.filter(|_| !begins) {
            Some(block) => block,
            None => {
                if self.blocks.len() >= BLOCKS_MAX {
                    return Err(too_many());
                }
                let mut start = part.clone();
                start.remove("index");
                let (id, name) = (id.to_owned(), String::new());
                self.blocks.push(Building::Call(Call {
                    index,
                    id,
                    name,
                    args: String::new(),
                    start,
                }));
                self.blocks.len() - 1
            }
        };
        let Building::Call(call) = &mut self.blocks[block] else { return Ok(()) };
        if call.id.is_empty() {
            call.id = id.to_owned();
        }
        if call.name.is_empty() && !name.is_empty() {
            call.name = name.to_owned();
            deltas(Delta::CallStarted { block, name: name.to_owned() });
        }
        if let Some(extra) = part.get("extra_content") {
            call.start.insert("extra_content".to_owned(), extra.clone());
        }
        let args = match function.get("arguments") {
            Some(Value::String(text)) => text.clone(),
            Some(object @ Value::Object(_)) => object.to_string(),
            _ => String::new(),
        };
        if !args.is_empty() {
            call.args.push_str(&args);
            deltas(Delta::CallArgs { block, part: args });
        }
        Ok(())
    }

    fn take_usage(&mut self, usage: &Value) {
        let number = |path: &str| usage.pointer(path).and_then(Value::as_u64);
        let Some(input) = number("/prompt_tokens") else { return };
        // DeepSeek has a name of its own for what came from the cache.
        let read = number("/prompt_tokens_details/cached_tokens");
        let read = read.or_else(|| number("/prompt_cache_hit_tokens")).unwrap_or(0);
        let written = number("/prompt_tokens_details/cache_write_tokens").unwrap_or(0);
        self.usage = Usage {
            is_reported: true,
            input: input.saturating_sub(read).saturating_sub(written),
            cache_read: read,
            cache_write: written,
            cache_write_long: 0,
            output: number("/completion_tokens").unwrap_or(0),
            thinking: number("/completion_tokens_details/reasoning_tokens").unwrap_or(0),
        };
    }

    pub(crate) fn finish(self, origin: Origin, mut ids: Ids<'_>) -> Result<Turn, ModelError> {
        let has_calls = self.blocks.iter().any(|it| matches!(it, Building::Call(_)));
        let has_refusal = self.blocks.iter().any(|it| matches!(it, Building::Refusal(_)));
        let said = match self.stop {
            Some(stop) => stop,
            None if self.has_ended && !self.blocks.is_empty() => Stop::Done,
            None => return Err(cut_off()),
        };
        let stop = match said {
            // Servers say "stop" where there are calls, and the other way round.
            Stop::Done | Stop::Calls if has_calls => Stop::Calls,
            Stop::Done | Stop::Calls if has_refusal => Stop::Refused(String::new()),
            Stop::Calls => Stop::Done,
            other => other,
        };
        let blocks = self.blocks.into_iter().map(|it| it.finish(&mut ids)).collect();
        Ok(Turn { origin, blocks, stop, usage: self.usage, answer_id: self.answer_id })
    }
}

impl Thought {
    /// A detail comes in parts, too: parts of the same kind and index are put together.
    fn add_detail(&mut self, part: &Map<String, Value>) {
        let same = |it: &&mut Map<String, Value>| {
            it.get("type") == part.get("type") && it.get("index") == part.get("index")
        };
        let last = self.details.last_mut().filter(same);
        let Some(there) = last.filter(|_| part.contains_key("index")) else {
            if self.details.len() < BLOCKS_MAX {
                self.details.push(part.clone());
            }
            return;
        };
        for (key, value) in part {
            match (there.get_mut(key), value) {
                (Some(Value::String(text)), Value::String(more))
                    if matches!(key.as_str(), "text" | "summary" | "data") =>
                {
                    text.push_str(more);
                }
                (_, Value::Null) => {}
                _ => drop(there.insert(key.clone(), value.clone())),
            }
        }
    }
}

impl Building {
    fn finish(self, ids: &mut Ids<'_>) -> Block {
        match self {
            Self::Text(text) => Block { raw: Raw::of(&text), view: View::Text(text) },
            Self::Refusal(text) => {
                Block { raw: Raw::of(&json!({"refusal": text})), view: View::Refusal(text) }
            }
            Self::Thinking(thought) => {
                let mut fields = Map::new();
                if let Some(name) = thought.name {
                    fields.insert(name.to_owned(), Value::String(thought.text.clone()));
                }
                if !thought.details.is_empty() {
                    fields.insert("reasoning_details".to_owned(), json!(thought.details));
                }
                Block { raw: Raw::of(&fields), view: View::Thinking(thought.text) }
            }
            Self::Call(call) => call.finish(ids),
        }
    }
}

impl Call {
    fn finish(mut self, ids: &mut Ids<'_>) -> Block {
        let id = ids.settle(&self.id);
        let args = Args::parse(&self.args);
        self.name = fit_name(&self.name);
        let mut fields = Map::new();
        let own: Value =
            serde_json::from_str(call_json(&id, &self.name, args.json()).get()).unwrap_or_default();
        if let Value::Object(own) = own {
            fields = own;
        }
        for known in ["id", "type", "function"] {
            self.start.remove(known);
        }
        fields.extend(self.start);
        let view = View::Call(ToolCall { id, name: self.name, args });
        Block { raw: Raw::of(&fields), view }
    }
}

/// The error: the server ended it, and not the model.
fn stop(reason: &str) -> Result<Stop, ModelError> {
    Ok(match reason {
        "stop" | "end_turn" | "eos" => Stop::Done,
        "tool_calls" | "function_call" => Stop::Calls,
        "length" | "max_tokens" | "max_output_tokens" | "model_length" => Stop::MaxTokens,
        "content_filter" | "sensitive" => Stop::Filtered,
        "refusal" => Stop::Refused(String::new()),
        // OpenRouter, vLLM, z.ai, DeepSeek.
        "error" | "abort" | "cancelled" | "network_error" | "insufficient_system_resource" => {
            let words = format!("the server broke the answer off: {}", one_line(reason));
            return Err(ModelError::new(Kind::Broken, words));
        }
        other => Stop::Other(one_line(other)),
    })
}
