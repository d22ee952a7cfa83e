//! Writing JSON as bytes, in an order that is ours: the same content is always the same bytes.

use crate::turn::Raw;
use serde::Serialize;
use serde_json::{Map, Value};

pub(crate) fn put(out: &mut Vec<u8>, text: &str) {
    out.extend_from_slice(text.as_bytes());
}

/// A string, or any value of ours, as JSON. Writing to memory can't fail, and our values have no
/// keys that are not strings.
pub(crate) fn value(out: &mut Vec<u8>, value: &(impl Serialize + ?Sized)) {
    let before = out.len();
    if serde_json::to_writer(&mut *out, value).is_err() {
        out.truncate(before);
        put(out, "null");
    }
}

/// `"name":value`, with a comma before it unless it is the first.
pub(crate) fn field(out: &mut Vec<u8>, name: &str, content: &(impl Serialize + ?Sized)) {
    key(out, name);
    value(out, content);
}

/// `"name":`, with a comma before it unless it is the first.
pub(crate) fn key(out: &mut Vec<u8>, name: &str) {
    comma(out);
    put(out, "\"");
    put(out, name);
    put(out, "\":");
}

/// A comma, unless something has just begun.
pub(crate) fn comma(out: &mut Vec<u8>) {
    if !matches!(out.last(), None | Some(b'{' | b'[' | b':' | b',')) {
        out.push(b',');
    }
}

/// The fields of an object, without its braces.
pub(crate) fn fields_of(out: &mut Vec<u8>, raw: &Raw) {
    let text = raw.get().trim();
    let inner = text.strip_prefix('{').and_then(|text| text.strip_suffix('}')).unwrap_or("").trim();
    if !inner.is_empty() {
        comma(out);
        put(out, inner);
    }
}

/// An object in which one field is exactly these bytes.
pub(crate) fn object_with(map: &Map<String, Value>, name: &str, json: &str) -> Raw {
    let mut out = b"{".to_vec();
    let mut is_done = false;
    for (key_name, content) in map {
        comma(&mut out);
        value(&mut out, key_name);
        out.push(b':');
        if key_name == name {
            is_done = true;
            put(&mut out, json);
        } else {
            value(&mut out, content);
        }
    }
    if !is_done {
        comma(&mut out);
        value(&mut out, name);
        out.push(b':');
        put(&mut out, json);
    }
    out.push(b'}');
    let text = String::from_utf8_lossy(&out);
    Raw::parse(&text).unwrap_or_else(|| Raw::of(map))
}
