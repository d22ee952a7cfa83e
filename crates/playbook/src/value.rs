//! JSON to script values and back. Whole numbers are exact; amounts of money travel as texts.

use crate::limits;
use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::Number;
use starlark::collections::SmallMap;
use starlark::values::dict::{Dict, DictRef};
use starlark::values::float::UnpackFloat;
use starlark::values::list::ListRef;
use starlark::values::structs::StructRef;
use starlark::values::tuple::TupleRef;
use starlark::values::{Heap, UnpackValue, Value};
use std::fmt;

/// Why a value cannot cross between script and task.
#[derive(Debug, thiserror::Error)]
pub enum JsonError {
    #[error("the text is not JSON of the expected shape: {source}")]
    Syntax { source: serde_json::Error },
    #[error("a value of over {} MB cannot be passed", limit_bytes / 1024 / 1024)]
    TooLarge { limit_bytes: usize },
    #[error("a value that is nested over {} times cannot be passed", limits::JSON_DEPTH_MAX)]
    TooDeep,
    #[error("a value of type {kind} cannot be passed to a tool")]
    Kind { kind: &'static str },
    #[error("the keys of what is passed to a tool must be texts, not {kind}")]
    Key { kind: &'static str },
    #[error("the number {number} cannot be passed exactly; pass it as a text")]
    Inexact { number: String },
}

/// Reads JSON right onto the heap of a script.
pub(crate) fn read<'v>(json: &str, heap: Heap<'v>) -> Result<Value<'v>, JsonError> {
    if json.len() > limits::RESULT_BYTES_MAX {
        return Err(JsonError::TooLarge { limit_bytes: limits::RESULT_BYTES_MAX });
    }
    let mut source = serde_json::Deserializer::from_str(json);
    let value = Place { heap }.deserialize(&mut source);
    let value = value.map_err(|source| JsonError::Syntax { source })?;
    source.end().map_err(|source| JsonError::Syntax { source })?;
    Ok(value)
}

/// Where a value that is being read shall stand.
#[derive(Clone, Copy)]
struct Place<'v> {
    heap: Heap<'v>,
}

impl<'de, 'v> DeserializeSeed<'de> for Place<'v> {
    type Value = Value<'v>;

    fn deserialize<D: Deserializer<'de>>(self, source: D) -> Result<Value<'v>, D::Error> {
        source.deserialize_any(self)
    }
}

impl<'de, 'v> Visitor<'de> for Place<'v> {
    type Value = Value<'v>;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("any JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value<'v>, E> {
        Ok(Value::new_none())
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value<'v>, E> {
        Ok(Value::new_bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value<'v>, E> {
        Ok(self.heap.alloc(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value<'v>, E> {
        Ok(self.heap.alloc(value))
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Value<'v>, E> {
        // The parser turns whole numbers beyond 64 bits into these, silently rounded.
        if value.abs() >= 9_007_199_254_740_992.0 {
            return Err(E::custom(JsonError::Inexact { number: value.to_string() }));
        }
        Ok(self.heap.alloc(value))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value<'v>, E> {
        Ok(self.heap.alloc_str(value).to_value())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value<'v>, A::Error> {
        let mut values = vec![];
        while let Some(value) = items.next_element_seed(self)? {
            values.push(value);
        }
        Ok(self.heap.alloc(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value<'v>, A::Error> {
        let mut map = SmallMap::new();
        while let Some(key) = entries.next_key_seed(Key { heap: self.heap })? {
            if map.is_empty() && key.unpack_str() == Some(NUMBER_KEY) {
                return number(&entries.next_value::<String>()?, self.heap);
            }
            let value = entries.next_value_seed(self)?;
            map.insert_hashed(key.get_hashed().map_err(serde::de::Error::custom)?, value);
        }
        Ok(self.heap.alloc(Dict::new(map)))
    }
}

/// How the parser passes a number that is neither `i64` nor `u64`, when it keeps numbers as text.
const NUMBER_KEY: &str = "$serde_json::private::Number";

fn number<'v, E: serde::de::Error>(text: &str, heap: Heap<'v>) -> Result<Value<'v>, E> {
    let whole = !text.contains(['.', 'e', 'E']);
    match text.parse::<f64>() {
        Ok(number) if number.is_finite() && !whole => Ok(heap.alloc(number)),
        _ => Err(E::custom(JsonError::Inexact { number: text.to_owned() })),
    }
}

/// A key: the same few stand in every entry of a list, so they are kept once.
struct Key<'v> {
    heap: Heap<'v>,
}

impl<'de, 'v> DeserializeSeed<'de> for Key<'v> {
    type Value = Value<'v>;

    fn deserialize<D: Deserializer<'de>>(self, source: D) -> Result<Value<'v>, D::Error> {
        source.deserialize_str(self)
    }
}

impl<'v> Visitor<'_> for Key<'v> {
    type Value = Value<'v>;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a key")
    }

    fn visit_str<E>(self, value: &str) -> Result<Value<'v>, E> {
        const SHARED_BYTES_MAX: usize = 24;
        let short = value.len() <= SHARED_BYTES_MAX;
        let text =
            if short { self.heap.alloc_str_intern(value) } else { self.heap.alloc_str(value) };
        Ok(text.to_value())
    }
}

/// Writes a script value as JSON: the same value always gives the same text.
pub(crate) fn write(value: Value<'_>) -> Result<String, JsonError> {
    let mut out = String::new();
    write_into(value, 0, &mut out)?;
    Ok(out)
}

/// Writes named values as one JSON object, in the given order.
pub(crate) fn write_object<'k, 'v>(
    entries: impl Iterator<Item = (&'k str, Value<'v>)>,
) -> Result<String, JsonError> {
    let mut out = String::from("{");
    for (index, (key, value)) in entries.enumerate() {
        if index > 0 {
            out.push(',');
        }
        write_text(key, &mut out)?;
        out.push(':');
        write_into(value, 1, &mut out)?;
    }
    out.push('}');
    Ok(out)
}

fn write_into(value: Value<'_>, depth: usize, out: &mut String) -> Result<(), JsonError> {
    if depth > limits::JSON_DEPTH_MAX {
        return Err(JsonError::TooDeep);
    }
    if out.len() > limits::ARGUMENT_BYTES_MAX {
        return Err(JsonError::TooLarge { limit_bytes: limits::ARGUMENT_BYTES_MAX });
    }
    if value.is_none() {
        out.push_str("null");
    } else if let Some(flag) = value.unpack_bool() {
        out.push_str(if flag { "true" } else { "false" });
    } else if let Some(text) = value.unpack_str() {
        write_text(text, out)?;
    } else if value.get_type() == "int" {
        out.push_str(&value.to_str());
    } else if let Some(list) = ListRef::from_value(value) {
        write_items(list.iter(), depth, out)?;
    } else if let Some(tuple) = TupleRef::from_value(value) {
        write_items(tuple.iter(), depth, out)?;
    } else if let Some(dict) = DictRef::from_value(value) {
        write_entries(dict.iter(), depth, out)?;
    } else if let Some(fields) = StructRef::from_value(value) {
        write_entries(fields.iter().map(|(key, value)| (key.to_value(), value)), depth, out)?;
    } else if let Ok(Some(UnpackFloat(number))) = UnpackFloat::unpack_value(value) {
        let exact = Number::from_f64(number);
        let exact = exact.ok_or_else(|| JsonError::Inexact { number: number.to_string() })?;
        out.push_str(&exact.to_string());
    } else {
        return Err(JsonError::Kind { kind: value.get_type() });
    }
    Ok(())
}

fn write_items<'v>(
    items: impl Iterator<Item = Value<'v>>,
    depth: usize,
    out: &mut String,
) -> Result<(), JsonError> {
    out.push('[');
    for (index, item) in items.enumerate() {
        if index > 0 {
            out.push(',');
        }
        write_into(item, depth + 1, out)?;
    }
    out.push(']');
    Ok(())
}

fn write_entries<'v>(
    entries: impl Iterator<Item = (Value<'v>, Value<'v>)>,
    depth: usize,
    out: &mut String,
) -> Result<(), JsonError> {
    out.push('{');
    for (index, (key, value)) in entries.enumerate() {
        let Some(key) = key.unpack_str() else {
            return Err(JsonError::Key { kind: key.get_type() });
        };
        if index > 0 {
            out.push(',');
        }
        write_text(key, out)?;
        out.push(':');
        write_into(value, depth + 1, out)?;
    }
    out.push('}');
    Ok(())
}

fn write_text(text: &str, out: &mut String) -> Result<(), JsonError> {
    let text = serde_json::to_string(text).map_err(|source| JsonError::Syntax { source })?;
    out.push_str(&text);
    Ok(())
}
