//! Whether arguments fit a schema: the part of JSON Schema 2020-12 that our own tools use.

use serde_json::{Map, Value};

/// Problems that are told at once.
const PROBLEMS_MAX: usize = 5;

/// What is wrong with the arguments, and how the tool wants them; `None`: they fit.
pub(crate) fn problems(schema: &Value, args: &Value) -> Option<String> {
    let mut found = vec![];
    look(schema, args, "", &mut found);
    if found.is_empty() {
        return None;
    }
    found.truncate(PROBLEMS_MAX);
    Some(format!("{}. It takes: {}", found.join("; "), fields(schema)))
}

fn look(schema: &Value, value: &Value, at: &str, found: &mut Vec<String>) {
    let name = || if at.is_empty() { "the arguments".to_owned() } else { format!("`{at}`") };
    if let Some(wanted) = schema["type"].as_str()
        && !is_of(wanted, value)
    {
        found.push(format!("{} must be {}, and is {}", name(), words(wanted), what(value)));
        return;
    }
    if let Some(allowed) = schema["enum"].as_array()
        && !allowed.contains(value)
    {
        let allowed: Vec<String> = allowed.iter().map(ToString::to_string).collect();
        found.push(format!("{} must be one of {}", name(), allowed.join(", ")));
    }
    match value {
        Value::Object(object) => look_in_object(schema, object, at, found),
        Value::Array(items) => {
            let count = items.len() as u64;
            if schema["minItems"].as_u64().is_some_and(|least| count < least) {
                found.push(format!("{} must not be empty", name()));
            }
            if let Some(most) = schema["maxItems"].as_u64().filter(|most| count > *most) {
                found.push(format!("{} has {count} entries; {most} are allowed", name()));
            }
            if let Some(each) = schema.get("items") {
                for (index, item) in items.iter().enumerate() {
                    look(each, item, &format!("{at}[{index}]"), found);
                    if found.len() > PROBLEMS_MAX {
                        return;
                    }
                }
            }
        }
        Value::String(text) => {
            if text.is_empty() && schema["minLength"].as_u64().unwrap_or(0) > 0 {
                found.push(format!("{} must not be empty", name()));
            }
        }
        Value::Number(number) => {
            let number = number.as_f64().unwrap_or(0.0);
            if let Some(least) = schema["minimum"].as_f64().filter(|least| number < *least) {
                found.push(format!("{} must be at least {least}", name()));
            }
            if let Some(most) = schema["maximum"].as_f64().filter(|most| number > *most) {
                found.push(format!("{} must be at most {most}", name()));
            }
        }
        Value::Null | Value::Bool(_) => {}
    }
}

fn look_in_object(schema: &Value, object: &Map<String, Value>, at: &str, found: &mut Vec<String>) {
    let below = |key: &str| if at.is_empty() { key.to_owned() } else { format!("{at}.{key}") };
    for key in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        if !object.contains_key(key) {
            found.push(format!("`{}` is missing", below(key)));
        }
    }
    let Some(known) = schema["properties"].as_object() else { return };
    for (key, value) in object {
        match known.get(key) {
            Some(schema) => look(schema, value, &below(key), found),
            None if schema["additionalProperties"] == false => {
                found.push(format!("`{}` is unknown", below(key)));
            }
            None => {}
        }
    }
}

fn is_of(wanted: &str, value: &Value) -> bool {
    match wanted {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_u64() || value.is_i64(),
        "number" => value.is_number(),
        _ => true,
    }
}

fn words(wanted: &str) -> &'static str {
    match wanted {
        "object" => "an object",
        "array" => "a list",
        "string" => "a text",
        "boolean" => "true or false",
        "integer" => "a whole number",
        _ => "a number",
    }
}

fn what(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => words("boolean"),
        Value::Number(_) => words("number"),
        Value::String(_) => words("string"),
        Value::Array(_) => words("array"),
        Value::Object(_) => words("object"),
    }
}

/// The form of an argument, with the keys of the objects in it; `?` behind what may be left out.
fn form(schema: &Value) -> String {
    let keys = |it: &Value| {
        let needed = |key: &str| {
            it["required"].as_array().is_some_and(|all| all.iter().any(|one| one == key))
        };
        let known = it["properties"].as_object().filter(|known| !known.is_empty())?;
        let told =
            known.keys().map(|key| if needed(key) { key.clone() } else { format!("{key}?") });
        Some(format!("{{{}}}", told.collect::<Vec<_>>().join(", ")))
    };
    let items = &schema["items"];
    match schema["type"].as_str().unwrap_or_default() {
        "array" => match (keys(items), items["type"].as_str()) {
            (Some(keys), _) => format!("a list of {keys}"),
            (None, Some("string")) => "a list of texts".to_owned(),
            (None, Some("integer")) => "a list of whole numbers".to_owned(),
            (None, _) => words("array").to_owned(),
        },
        "object" => keys(schema).unwrap_or_else(|| words("object").to_owned()),
        other => words(other).to_owned(),
    }
}

fn fields(schema: &Value) -> String {
    let required = schema["required"].as_array().cloned().unwrap_or_default();
    let known = schema["properties"].as_object();
    let told = known.into_iter().flatten().map(|(name, it)| {
        let form = form(it);
        let needed = required.iter().any(|key| key == name);
        format!("{name} ({form}{})", if needed { ", needed" } else { "" })
    });
    told.collect::<Vec<_>>().join(", ")
}
