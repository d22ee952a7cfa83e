//! Arguments as a model meant them: what is plain to see is set right, everything else is left to
//! the check against the schema, whose words teach.
//!
//! Set right are the slips that models make again and again: a number or a list within a text, a
//! whole number with a point, `null` for what may be left out, and a path that begins where the
//! machine or the person's computer has the folder. What is set right means the same; nothing is
//! guessed.

use crate::offer::schema;
use serde_json::{Map, Value};
use std::borrow::Cow;
use task::Share;

/// The arguments of a call, with slips set right.
pub fn fitted<'a>(name: &str, args: &'a str, shares: &[Share]) -> Cow<'a, str> {
    let (Some(schema), Ok(mut value)) = (schema(name), serde_json::from_str::<Value>(args)) else {
        return Cow::Borrowed(args);
    };
    let before = value.clone();
    settle(schema, &mut value);
    relocate(name, &mut value, shares);
    restore(name, &mut value);
    if value == before { Cow::Borrowed(args) } else { Cow::Owned(value.to_string()) }
}

/// The object within arguments that are no object: one in a text, or nothing at all.
pub fn unpacked(args: &str) -> Option<String> {
    match serde_json::from_str(args).ok()? {
        Value::String(inner) => {
            let is_object = serde_json::from_str::<Value>(&inner).is_ok_and(|it| it.is_object());
            is_object.then_some(inner)
        }
        Value::Null => Some("{}".to_owned()),
        Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

/// Why a call would change what is not kept: it writes into a folder that is shared and not among
/// `writes`. `None`: it doesn't, or nobody can tell before it ran.
pub fn unkept(name: &str, args: &str, shares: &[Share], writes: &[String]) -> Option<String> {
    let args: Value = serde_json::from_str(args).ok()?;
    let is_kept = |folder: &str| writes.iter().any(|it| it == folder);
    let is_shared = |folder: &str| shares.iter().any(|it| it.name == folder);
    let mut written = folders(name, &args).into_iter();
    let folder = written.find(|it| is_shared(it) && !is_kept(it))?;
    let may = match writes.is_empty() {
        true => "no folder may change".to_owned(),
        false => format!("only {} may change", writes.join(", ")),
    };
    Some(format!(
        "{may}, so nothing of this in {folder} would be kept. If it is needed, `ask` the person to \
         let the task change {folder}"
    ))
}

/// Folders that a call of a tool that writes files names, each the first part of a path.
fn folders<'a>(name: &str, args: &'a Value) -> Vec<&'a str> {
    let all = |from: &'a Value, keys: &[&str]| -> Vec<&'a Value> {
        keys.iter().filter_map(|key| from.get(*key)).collect()
    };
    let list = |key: &str| args[key].as_array().into_iter().flatten();
    let paths: Vec<&Value> = match name {
        "write_file" | "edit_file" | "write_workbook" | "write_document" | "make_folder" => {
            all(args, &["path"])
        }
        "move_files" => list("moves").flat_map(|it| all(it, &["from", "to"])).collect(),
        "delete_files" => list("paths").collect(),
        "remember" => all(args, &["folder"]),
        "take_file" => args.get("to").or_else(|| args.get("path")).into_iter().collect(),
        _ => vec![],
    };
    let first = |path: &'a str| path.split('/').next().unwrap_or_default();
    paths.into_iter().filter_map(Value::as_str).map(first).collect()
}

fn settle(schema: &Value, value: &mut Value) {
    let wanted = schema["type"].as_str().unwrap_or_default();
    if let Some(meant) = meant(wanted, value) {
        *value = meant;
    }
    match value {
        Value::Object(object) => {
            let required: Vec<&str> = schema["required"]
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(Value::as_str)
                .collect();
            let known = |key: &str| schema["properties"].get(key);
            object.retain(|key, value| {
                !value.is_null() || required.contains(&key.as_str()) || known(key).is_none()
            });
            for (key, value) in object.iter_mut() {
                if let Some(schema) = schema["properties"].get(key) {
                    settle(schema, value);
                }
            }
        }
        Value::Array(items) => {
            if let Some(each) = schema.get("items").filter(|it| it.is_object()) {
                items.iter_mut().for_each(|item| settle(each, item));
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// The value of the wanted type that this one plainly stands for; `None`: none, or it is one.
fn meant(wanted: &str, value: &Value) -> Option<Value> {
    match (wanted, value) {
        ("integer", Value::String(text)) => Some(Value::from(text.trim().parse::<i64>().ok()?)),
        ("integer", Value::Number(number)) if number.is_f64() => {
            let number = number.as_f64()?;
            // Up to here every whole number is one of its own.
            let is_whole = number.fract() == 0.0 && number.abs() < 9_007_199_254_740_992.0;
            is_whole.then(|| format!("{number:.0}").parse::<i64>().ok().map(Value::from))?
        }
        ("boolean", Value::String(text)) => match text.trim() {
            "true" | "True" => Some(Value::Bool(true)),
            "false" | "False" => Some(Value::Bool(false)),
            _ => None,
        },
        ("array" | "object", Value::String(text)) => {
            let inner: Value = serde_json::from_str(text.trim()).ok()?;
            let fits = if wanted == "array" { inner.is_array() } else { inner.is_object() };
            fits.then_some(inner)
        }
        _ => None,
    }
}

/// Writes the paths of a call from the name of a shared folder on.
/// Texts that were copied out of marked content, as they stand in it.
fn restore(name: &str, value: &mut Value) {
    let keys: &[&str] = match name {
        "edit_file" => &["old", "new"],
        "write_file" | "write_document" => &["text"],
        _ => &[],
    };
    for key in keys {
        let text = value.get(key).and_then(Value::as_str).and_then(policy::flow::unmarked);
        if let Some(text) = text {
            value[key] = Value::String(text);
        }
    }
}

fn relocate(name: &str, value: &mut Value, shares: &[Share]) {
    let Some(object) = value.as_object_mut() else { return };
    let below = |text: &str| text.strip_prefix("/folders/").map(str::to_owned);
    match name {
        // These are no paths of the machine: names of folders, and a helper's.
        "delegate" | "plan" | "remember" => {}
        "check" => {
            let tool = object.get("tool").and_then(Value::as_str).unwrap_or_default().to_owned();
            if let Some(args) = object.get_mut("args") {
                relocate(&tool, args, shares);
            }
        }
        "run_command" => {
            if let Some(Value::String(folder)) = object.get_mut("folder") {
                let trimmed = folder.trim_end_matches('/');
                if let Some(meant) = below(trimmed).or_else(|| host(trimmed, shares)) {
                    *folder = meant;
                }
            }
        }
        _ => each_path(object, &mut |path| {
            let dotted = || path.strip_prefix("./").map(str::to_owned);
            let meant = below(path).or_else(|| host(path, shares)).or_else(dotted)?;
            (!meant.is_empty()).then_some(meant)
        }),
    }
}

/// `path` in the notation of the machine, where it is one of this computer's in a shared folder.
fn host(path: &str, shares: &[Share]) -> Option<String> {
    shares.iter().find_map(|share| {
        let rest = path.strip_prefix(share.host.trim_end_matches('/'))?;
        let is_at = rest.is_empty() || rest.starts_with('/');
        (is_at && path.starts_with('/')).then(|| format!("{}{rest}", share.name))
    })
}

/// Arguments whose entries are paths, or objects that have some.
const PATH_LISTS: [&str; 5] = ["paths", "moves", "except", "pictures", "choices"];

fn each_path(object: &mut Map<String, Value>, change: &mut dyn FnMut(&str) -> Option<String>) {
    for (key, value) in object {
        match value {
            Value::String(text) if matches!(key.as_str(), "path" | "from" | "to" | "picture") => {
                if let Some(meant) = change(text) {
                    *text = meant;
                }
            }
            Value::Array(all) if PATH_LISTS.contains(&key.as_str()) => {
                for value in all {
                    match value {
                        Value::String(text) => {
                            if let Some(meant) = change(text) {
                                *text = meant;
                            }
                        }
                        Value::Object(inner) => each_path(inner, change),
                        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) => {}
                    }
                }
            }
            Value::Null
            | Value::Bool(_)
            | Value::Number(_)
            | Value::String(_)
            | Value::Array(_)
            | Value::Object(_) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use task::ShareAccess;

    #[test]
    fn an_object_in_a_text_is_found() {
        assert_eq!(unpacked(r#""{\"path\":\"a\"}""#).as_deref(), Some(r#"{"path":"a"}"#));
        assert_eq!(unpacked("null").as_deref(), Some("{}"));
        for none in ["7", "[1]", "\"a\"", "\"[1]\"", "{\"a\"", "\"{\""] {
            assert_eq!(unpacked(none), None, "{none}");
        }
    }

    #[test]
    fn slips_are_set_right_and_nothing_else() {
        let share = |name: &str, host: &str| Share {
            name: name.to_owned(),
            host: host.to_owned(),
            access: ShareAccess::Write,
        };
        let shares = [share("Notes", "/home/ann/Notes"), share("Old", "/home/ann/Notes old/")];
        let cases = [
            ("read_file", r#"{"path":"N/a","offset":"12"}"#, r#"{"offset":12,"path":"N/a"}"#),
            ("read_file", r#"{"path":"N/a","offset":7.0}"#, r#"{"offset":7,"path":"N/a"}"#),
            ("read_file", r#"{"path":"N/a","offset":null}"#, r#"{"path":"N/a"}"#),
            (
                "hash_files",
                r#"{"path":"N","only_same_size":"true"}"#,
                r#"{"only_same_size":true,"path":"N"}"#,
            ),
            ("delete_files", r#"{"paths":"[\"N/a\"]"}"#, r#"{"paths":["N/a"]}"#),
            (
                "move_files",
                r#"{"moves":"[{\"from\":\"./N/a\",\"to\":\"N/b\"}]"}"#,
                r#"{"moves":[{"from":"N/a","to":"N/b"}]}"#,
            ),
            ("read_file", r#"{"path":"/folders/Notes/a.txt"}"#, r#"{"path":"Notes/a.txt"}"#),
            ("read_file", r#"{"path":"/home/ann/Notes/a.txt"}"#, r#"{"path":"Notes/a.txt"}"#),
            ("list_files", r#"{"path":"/home/ann/Notes old"}"#, r#"{"path":"Old"}"#),
            (
                "run_command",
                r#"{"command":"ls /folders/","folder":"/folders/Notes/b/"}"#,
                r#"{"command":"ls /folders/","folder":"Notes/b"}"#,
            ),
            (
                "edit_file",
                r#"{"path":"N/a","old":"<\\/data>","new":"<b/><\\/data>"}"#,
                r#"{"path":"N/a","old":"</data>","new":"<b/></data>"}"#,
            ),
            (
                "ask",
                r#"{"question":"?","pictures":["./N/a.png"],"choices":[{"key":"k","label":"./l","picture":"/folders/N/b.png"}]}"#,
                r#"{"question":"?","pictures":["N/a.png"],"choices":[{"key":"k","label":"./l","picture":"N/b.png"}]}"#,
            ),
            (
                "check",
                r#"{"key":"a","tool":"check_file","args":"{\"path\":\"./N/a\"}"}"#,
                r#"{"args":{"path":"N/a"},"key":"a","tool":"check_file"}"#,
            ),
        ];
        for (name, args, expected) in cases {
            let expected: Value = serde_json::from_str(expected).unwrap();
            let got: Value = serde_json::from_str(&fitted(name, args, &shares)).unwrap();
            assert_eq!(got, expected, "{name} {args}");
        }
        let left = [
            ("read_file", r#"{"path":"N/a","offset":"1x"}"#),
            ("read_file", r#"{"path":"N/a","offset":1.5}"#),
            ("read_file", r#"{"path":null}"#),
            ("read_file", r#"{"path":"/home/ann/Notes2/a"}"#),
            ("read_file", r#"{"path":"/folders/"}"#),
            ("write_file", r#"{"path":"N/a","text":"[1]"}"#),
            ("write_file", r#"{"path":"N/a","text":"/folders/Notes/a"}"#),
            ("delete_files", r#"{"paths":"N/a"}"#),
            ("nothing", r#"{"offset":"12"}"#),
            ("read_file", "{"),
        ];
        for (name, args) in left {
            assert!(matches!(fitted(name, args, &shares), Cow::Borrowed(_)), "{name} {args}");
        }
    }

    #[test]
    fn what_would_not_be_kept_is_said_before_it_is_written() {
        let share = |name: &str| Share {
            name: name.to_owned(),
            host: format!("/home/ann/{name}"),
            access: ShareAccess::Write,
        };
        let (shares, writes) = ([share("In"), share("Out")], ["Out".to_owned()]);
        let cases = [
            ("write_file", r#"{"path":"Out/a","text":"In/x"}"#, false),
            ("write_file", r#"{"path":"In/a","text":""}"#, true),
            ("make_folder", r#"{"path":"In"}"#, true),
            ("move_files", r#"{"moves":[{"from":"Out/a","to":"Out/b"}]}"#, false),
            ("move_files", r#"{"moves":[{"from":"In/a","to":"Out/b"}]}"#, true),
            ("delete_files", r#"{"paths":["Out/a","In/b"]}"#, true),
            ("remember", r#"{"text":"a","folder":"In"}"#, true),
            ("take_file", r#"{"helper":"h","path":"In/a","to":"Out/a"}"#, false),
            ("take_file", r#"{"helper":"h","path":"In/a"}"#, true),
            ("read_file", r#"{"path":"In/a"}"#, false),
            // A folder that nobody shares is the machine's to refuse.
            ("write_file", r#"{"path":"Else/a","text":""}"#, false),
        ];
        for (name, args, is_refused) in cases {
            let why = unkept(name, args, &shares, &writes);
            assert_eq!(why.is_some(), is_refused, "{name} {args}: {why:?}");
        }
        assert!(unkept("write_file", r#"{"path":"Out/a"}"#, &shares, &[]).is_some());
    }
}
