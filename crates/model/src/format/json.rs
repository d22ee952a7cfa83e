//! Writing JSON as bytes, in an order that is ours: the same content is always the same bytes.

use crate::turn::Raw;
use serde::Serialize;
use serde_json::{Map, Value};
use std::borrow::Cow;

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

/// JSON in which no escape is half a letter. Servers that cut texts as UTF-16 put the halves of a
/// letter, such as an emoji's, into two events; each is no text, and the answer would be lost.
pub(crate) fn whole_letters(json: &str) -> Cow<'_, str> {
    let mut made = String::new();
    let mut kept = 0;
    let mut at = 0;
    while let Some(found) = json[at..].find('\\') {
        let escape = at + found;
        let half = |at: usize| {
            let digits = json.get(at..at + 6)?.strip_prefix("\\u")?;
            u16::from_str_radix(digits, 16).ok().filter(|it| (0xd800..0xe000).contains(it))
        };
        at = match (half(escape), half(escape + 6)) {
            (Some(0xd800..0xdc00), Some(0xdc00..)) => escape + 12,
            (Some(_), _) => {
                made.push_str(&json[kept..escape]);
                made.push_str("\\ufffd");
                kept = escape + 6;
                kept
            }
            // The backslash and what it stands before.
            (None, _) => json.ceil_char_boundary((escape + 2).min(json.len())),
        };
    }
    if kept == 0 {
        return Cow::Borrowed(json);
    }
    made.push_str(&json[kept..]);
    Cow::Owned(made)
}

#[cfg(test)]
mod tests {
    use super::whole_letters;

    #[test]
    fn half_letters_become_the_sign_for_none() {
        let cases = [
            (r#""a \ud83d\ude00 b""#, r#""a \ud83d\ude00 b""#),
            (r#""a \ud83d""#, r#""a \ufffd""#),
            (r#""\uDE00 b""#, r#""\ufffd b""#),
            (r#""\ud83d\ud83d\ude00""#, r#""\ufffd\ud83d\ude00""#),
            (r#""\\ud83d \\\ud83d""#, r#""\\ud83d \\\ufffd""#),
            (r#""\u00e9\n\"\ud8""#, r#""\u00e9\n\"\ud8""#),
            ("\"\\é\\", "\"\\é\\"),
        ];
        for (json, expected) in cases {
            assert_eq!(whole_letters(json), expected, "{json}");
        }
    }
}
