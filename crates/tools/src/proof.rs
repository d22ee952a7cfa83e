//! Proofs that are small enough to be judged on the host: what a file or a cell holds.
//!
//! The machine reads; what it read is compared here.

use crate::validate;
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::LazyLock;
use wire::{FailKind, GuestTool, Reply};

/// Bytes of a file that a proof looks at.
const PROOF_BYTES_MAX: u64 = 8 * 1024 * 1024;

static SCHEMAS: LazyLock<Value> = LazyLock::new(|| {
    let texts = json!({"type": "array", "items": {"type": "string", "minLength": 1}});
    let path = json!({"type": "string", "minLength": 1});
    let cell = json!({"type": "object", "required": ["cell", "equals"], "additionalProperties": false,
        "properties": {"sheet": {"type": "string"}, "cell": {"type": "string", "minLength": 2},
            "equals": {"type": "string"}}});
    json!({
        "check_file": {"type": "object", "required": ["path"], "additionalProperties": false,
            "properties": {"path": path, "contains": texts, "lacks": texts,
                "is_absent": {"type": "boolean"}}},
        "check_workbook": {"type": "object", "required": ["path", "cells"],
            "additionalProperties": false,
            "properties": {"path": path, "cells": {"type": "array", "minItems": 1, "items": cell}}},
        "check_same_content": {"type": "object", "required": ["path"],
            "additionalProperties": false, "properties": {"path": path}},
        "check_nothing_overwritten": {"type": "object", "required": ["path"],
            "additionalProperties": false, "properties": {"path": path, "except": texts}},
        "run_command": {"type": "object", "required": ["command"], "additionalProperties": false,
            "properties": {"command": path, "folder": {"type": "string"},
                "timeout_ms": {"type": "integer", "minimum": 1}}},
    })
});

/// Why this cannot prove anything; `None`: it can.
pub(crate) fn problems(tool: &str, args: &str) -> Option<String> {
    let Some(schema) = SCHEMAS.get(tool) else {
        return Some(format!("{tool} is no tool that can prove"));
    };
    let args = serde_json::from_str(args).unwrap_or(Value::Null);
    validate::problems(schema, &args).map(|why| format!("the `args` of {tool}: {why}"))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FileArgs {
    path: String,
    #[serde(default)]
    contains: Vec<String>,
    #[serde(default)]
    lacks: Vec<String>,
    #[serde(default)]
    is_absent: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct BookArgs {
    path: String,
    cells: Vec<CellArgs>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CellArgs {
    sheet: Option<String>,
    cell: String,
    equals: String,
}

/// What the machine has to read for a proof: the tool, and its arguments.
pub(crate) fn reading(proof: Proof, args: &str) -> Result<(GuestTool, String), serde_json::Error> {
    Ok(match proof {
        Proof::File => {
            let args: FileArgs = serde_json::from_str(args)?;
            let read = json!({"path": args.path, "length": PROOF_BYTES_MAX});
            (GuestTool::ReadFile, read.to_string())
        }
        Proof::Workbook => {
            let args: BookArgs = serde_json::from_str(args)?;
            (GuestTool::ReadWorkbook, json!({"path": args.path}).to_string())
        }
    })
}

/// What a proof looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Proof {
    File,
    Workbook,
}

/// What was read becomes `{passed, evidence}`, as a tool that checks answers.
pub(crate) fn judge(proof: Proof, args: &str, reply: &Reply) -> Option<Reply> {
    let judged = match proof {
        Proof::File => judge_file(&serde_json::from_str(args).ok()?, reply),
        Proof::Workbook => judge_book(&serde_json::from_str(args).ok()?, reply),
    };
    let (passed, evidence) = judged?;
    let json = json!({"passed": passed, "evidence": evidence}).to_string();
    Some(Reply::Result { json, more: false })
}

fn judge_file(args: &FileArgs, reply: &Reply) -> Option<(bool, Vec<String>)> {
    let path = &args.path;
    let json = match (reply, args.is_absent) {
        (Reply::Failed { kind: FailKind::Path, .. }, true) => {
            return Some((true, vec![format!("{path} is not there")]));
        }
        (Reply::Result { .. }, true) => {
            return Some((false, vec![format!("{path} is there")]));
        }
        (Reply::Result { json, .. }, false) => json,
        (Reply::Failed { .. } | Reply::Exited { .. }, _) => return None,
    };
    let read: Value = serde_json::from_str(json).ok()?;
    let size = read["size"].as_u64().unwrap_or(0);
    let mut evidence = vec![format!("{path} is there, {size} bytes")];
    if args.contains.is_empty() && args.lacks.is_empty() {
        return Some((true, evidence));
    }
    let Some(text) = read["text"].as_str().filter(|_| size <= PROOF_BYTES_MAX) else {
        evidence.push("it is no text, or too long to look through".to_owned());
        return Some((false, evidence));
    };
    let mut passed = true;
    let wanted = args.contains.iter().map(|it| (it, true));
    for (part, is_wanted) in wanted.chain(args.lacks.iter().map(|it| (it, false))) {
        let holds = text.contains(part.as_str());
        passed &= holds == is_wanted;
        evidence.push(format!("it {} {part:?}", if holds { "contains" } else { "lacks" }));
    }
    Some((passed, evidence))
}

fn judge_book(args: &BookArgs, reply: &Reply) -> Option<(bool, Vec<String>)> {
    let Reply::Result { json, .. } = reply else { return None };
    let read: Value = serde_json::from_str(json).ok()?;
    let sheets = read["sheets"].as_array()?;
    let mut passed = true;
    let mut evidence = vec![];
    for wanted in &args.cells {
        let sheet = match &wanted.sheet {
            Some(name) => sheets.iter().find(|it| it["name"] == name.as_str()),
            None => sheets.first(),
        };
        let cells = sheet.and_then(|it| it["cells"].as_array());
        let cell = cells.into_iter().flatten().find(|it| it["cell"] == wanted.cell.as_str());
        let value = cell.and_then(|it| it["value"].as_str()).unwrap_or("");
        let is_equal = value == wanted.equals || is_same_number(value, &wanted.equals);
        passed &= is_equal;
        let sign = if is_equal { "=" } else { "≠" };
        evidence.push(format!("{}: {value:?} {sign} {:?}", wanted.cell, wanted.equals));
    }
    Some((passed, evidence))
}

/// `12.50` and `12.5` are one number; compared without rounding.
fn is_same_number(a: &str, b: &str) -> bool {
    let plain = |text: &str| {
        let text = text.trim();
        let is_number = !text.is_empty()
            && text.parse::<f64>().is_ok()
            && text.bytes().all(|byte| byte.is_ascii_digit() || b"+-.".contains(&byte));
        is_number.then(|| match text.split_once('.') {
            Some((whole, rest)) => {
                let rest = rest.trim_end_matches('0');
                if rest.is_empty() { whole.to_owned() } else { format!("{whole}.{rest}") }
            }
            None => text.to_owned(),
        })
    };
    matches!((plain(a), plain(b)), (Some(a), Some(b)) if a == b)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_proves_what_it_holds() {
        let there =
            Reply::Result { json: json!({"size": 5, "text": "a b c"}).to_string(), more: false };
        let gone = Reply::Failed { kind: FailKind::Path, why: "no".into() };
        let cases = [
            (r#"{"path":"x"}"#, &there, Some(true)),
            (r#"{"path":"x","contains":["b"]}"#, &there, Some(true)),
            (r#"{"path":"x","contains":["d"]}"#, &there, Some(false)),
            (r#"{"path":"x","lacks":["b"]}"#, &there, Some(false)),
            (r#"{"path":"x","is_absent":true}"#, &there, Some(false)),
            (r#"{"path":"x","is_absent":true}"#, &gone, Some(true)),
            (r#"{"path":"x"}"#, &gone, None),
        ];
        for (args, reply, passed) in cases {
            let judged = judge(Proof::File, args, reply).map(|it| match it {
                Reply::Result { json, .. } => json.contains(r#""passed":true"#),
                _ => panic!("a result"),
            });
            assert_eq!(judged, passed, "{args}");
        }
    }

    #[test]
    fn numbers_are_compared_exactly() {
        assert!(is_same_number("12.50", "12.5"));
        assert!(!is_same_number("12.51", "12.5"));
        assert!(!is_same_number("x", "x"));
    }
}
