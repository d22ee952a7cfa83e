//! A call's result as a model is told it.

use policy::flow::{KEY_CHARS, mark};
use serde_json::Value;
use std::fmt::Write as _;
use task::transcript::subject;
use task::{Outcome, Payload, limits};

/// What a model is told of one call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    pub text: String,
    pub is_error: bool,
}

/// Of what is too long, so much stands at its end; the rest is the beginning.
const TAIL_BYTES: usize = 4 * 1024;

/// Stands behind the result of a look whose picture is no longer sent.
pub const PICTURE_GONE: &str = " (It is no longer before you, to save room; look again if you \
                                need it.)";

/// A call as its result is told.
#[derive(Debug, Clone, Copy)]
pub struct Called<'a> {
    pub number: u32,
    pub tool: &'a str,
    pub args: &'a Payload,
}

/// The result of a call in words, as long as a model is told at once; content stands between marks
/// with the task's key.
pub fn told(call: Called<'_>, key: &str, outcome: Outcome, json: &str) -> Told {
    let (text, is_data) = bounded(call, outcome, json);
    let text = match is_data {
        true => mark(key, &source(call), &text),
        false => text,
    };
    Told { text, is_error: outcome != Outcome::Done }
}

/// What in it is content, as long as a model is told at once; empty if Legwork wrote it.
pub fn content(call: Called<'_>, outcome: Outcome, json: &str) -> String {
    if call.tool == "look" && outcome == Outcome::Done {
        // The words of the page that is shown.
        let value: Value = serde_json::from_str(json).unwrap_or(Value::Null);
        return value["text"].as_str().unwrap_or_default().to_owned();
    }
    match bounded(call, outcome, json) {
        (text, is_data) if is_data || outcome == Outcome::Failed => text,
        _ => String::new(),
    }
}

/// Where a result is from: the file, the page or the command, or else the tool.
pub fn source(call: Called<'_>) -> String {
    // So that "search for it and visit what fits" foresees the visits.
    if call.tool == "web_search" {
        return "web/search".to_owned();
    }
    match subject(call.args) {
        subject if subject.is_empty() => call.tool.to_owned(),
        subject => subject,
    }
}

/// The key of a task's marks, made of its name, which no content knows: the same each time.
pub fn key(task: &str) -> String {
    let hash = task.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    format!("{hash:016x}")[..KEY_CHARS].to_owned()
}

fn bounded(call: Called<'_>, outcome: Outcome, json: &str) -> (String, bool) {
    let (text, is_data) = whole(call.tool, outcome, json);
    let max = usize::try_from(limits::TOLD_BYTES_MAX).unwrap_or(usize::MAX);
    let text = if text.len() <= max {
        text
    } else {
        let head = text.floor_char_boundary(max - TAIL_BYTES);
        let tail = text.ceil_char_boundary(text.len() - TAIL_BYTES);
        let left_out = tail - head;
        format!(
            "{}\n[{left_out} bytes are left out here; recall {{\"call\": {}, \"offset\": {head}}} \
             shows them]\n{}",
            &text[..head],
            call.number,
            &text[tail..]
        )
    };
    (text, is_data)
}

/// A piece of a result from `offset` on, with where the next one begins; not marked as data.
pub fn page(tool: &str, outcome: Outcome, json: &str, offset: usize) -> String {
    let (text, _) = whole(tool, outcome, json);
    let max = usize::try_from(limits::TOLD_BYTES_MAX).unwrap_or(usize::MAX) - 1024;
    let from = text.floor_char_boundary(offset.min(text.len()));
    let to = text.floor_char_boundary((from + max).min(text.len()));
    let mut out = text[from..to].to_owned();
    let _ = write!(out, "\n[bytes {from} to {to} of {}]", text.len());
    out
}

/// The whole result, and whether somebody else than Legwork and the person wrote it.
fn whole(tool: &str, outcome: Outcome, json: &str) -> (String, bool) {
    let value: Value = serde_json::from_str(json).unwrap_or(Value::Null);
    match outcome {
        Outcome::Done => done(tool, &value, json),
        Outcome::Failed => (format!("Failed: {}", reason(&value)), is_outside(tool)),
        Outcome::Denied => (denied(tool, &value), false),
        Outcome::Interrupted => (format!("Interrupted: {}", reason(&value)), false),
    }
}

/// Why these fail is told by what they were pointed at: a place of the web moves to an address of
/// its own choosing.
fn is_outside(tool: &str) -> bool {
    matches!(tool, "web_fetch" | "web_search")
}

fn reason(value: &Value) -> String {
    let why = value.as_str().or_else(|| value["why"].as_str());
    why.unwrap_or("no reason was given").to_owned()
}

fn denied(tool: &str, value: &Value) -> String {
    match tool {
        "plan" if value.is_object() => "The person refused the plan.".to_owned(),
        _ => format!("Not allowed: {}", reason(value)),
    }
}

fn done(tool: &str, value: &Value, json: &str) -> (String, bool) {
    match tool {
        "plan" => (plan(value), false),
        "ask" => (format!("The person answers: {}", value.as_str().unwrap_or(json)), false),
        "step" => ("Noted.".to_owned(), false),
        "check" => ("Bound. Legwork runs it when you finish.".to_owned(), false),
        "note" => ("Noted; it stays before you.".to_owned(), false),
        "remember" => ("Remembered.".to_owned(), false),
        "finish" => ("Legwork runs the checks now.".to_owned(), false),
        "run_command" => match value["background"].as_u64() {
            Some(call) => (started(call), false),
            None => (command(value), true),
        },
        "command_output" | "command_stop" => (background(value), true),
        "web_fetch" => (fetched(value), true),
        "web_search" => (found(value), true),
        "look" => (looked(value), false),
        "read_file" => (file(value), true),
        "list_files" => (listing(value), true),
        "search_files" => (hits(value), true),
        "read_document" => (document(value), true),
        "write_file" | "write_workbook" => (format!("Written, {} bytes.", value["size"]), false),
        "edit_file" => ("Replaced.".to_owned(), false),
        "make_folder" => ("Made.".to_owned(), false),
        "recall" => (value.as_str().unwrap_or(json).to_owned(), true),
        _ => (json.to_owned(), true),
    }
}

fn plan(value: &Value) -> String {
    let mut out = "The person approved the plan.".to_owned();
    for step in value["steps"].as_array().into_iter().flatten() {
        let text = step["text"].as_str().unwrap_or_default();
        let key = step["key"].as_str().unwrap_or_default();
        if step["struck"] == true {
            let _ = write!(out, "\n- step {key:?} is struck: don't do it");
        } else if step["added"] == true {
            let _ = write!(out, "\n- the person added a step: {text}");
        } else {
            let _ = write!(out, "\n- step {key:?}: {text}");
        }
    }
    out
}

fn command(value: &Value) -> String {
    let output = value["output"].as_str().unwrap_or_default();
    let mut out = output.to_owned();
    if !out.is_empty() && !out.ends_with('\n') {
        out.push('\n');
    }
    match value["timed_out"] == true {
        true => out.push_str("(ended: it took too long)"),
        false => {
            let _ = write!(out, "(exit code {})", value["exit_code"]);
        }
    }
    if let Some(dropped) = value["dropped_bytes"].as_u64().filter(|it| *it > 0) {
        let _ = write!(out, " ({dropped} more bytes of output were not kept)");
    }
    out
}

fn started(call: u64) -> String {
    format!(
        "It runs in the background. command_output {{\"call\": {call}}} reads what it prints, \
         command_stop {{\"call\": {call}}} ends it. It ends with the task at the latest."
    )
}

fn background(value: &Value) -> String {
    let mut out = value["output"].as_str().unwrap_or_default().to_owned();
    if !out.is_empty() && !out.ends_with('\n') {
        out.push('\n');
    }
    let number = |key: &str| value[key].as_u64().unwrap_or(0);
    let _ = write!(
        out,
        "(bytes {} to {} of {}; it {})",
        number("from"),
        number("to"),
        number("size"),
        value["state"].as_str().unwrap_or("runs")
    );
    if let Some(dropped) = value["dropped_bytes"].as_u64().filter(|it| *it > 0) {
        let _ = write!(out, " ({dropped} bytes are not kept any more)");
    }
    out
}

fn fetched(value: &Value) -> String {
    let text = |key: &str| value[key].as_str().unwrap_or_default();
    let mut out = String::new();
    if let Some(title) = value["title"].as_str() {
        let _ = writeln!(out, "title: {title}");
    }
    let _ = writeln!(out, "address: {} ({}, {} bytes)", text("url"), text("kind"), value["size"]);
    if let Some(status) = value["status"].as_u64().filter(|it| !(200..300).contains(it)) {
        let _ = writeln!(out, "(the place answered with status {status}: this is not the page)");
    }
    let _ = write!(out, "\n{}", text("text"));
    if value["truncated"] == true {
        out.push_str("\n(the page is longer)");
    }
    out.trim_end().to_owned()
}

fn found(value: &Value) -> String {
    let results = value["results"].as_array();
    let lines = results.into_iter().flatten().map(|it| {
        let text = |key: &str| it[key].as_str().unwrap_or_default();
        format!("{}\n{}\n{}", text("title"), text("url"), text("text"))
    });
    let lines: Vec<String> = lines.collect();
    match lines.is_empty() {
        true => "(nothing found)".to_owned(),
        false => lines.join("\n\n"),
    }
}

fn looked(value: &Value) -> String {
    let number = |key: &str| value[key].as_u64().unwrap_or(0);
    let size = format!("{} × {} pixels", number("width"), number("height"));
    match value["pages"].as_u64() {
        Some(pages) => format!("Page {} of {pages}, {size}.", number("page")),
        None => format!("A picture, {size}."),
    }
}

fn file(value: &Value) -> String {
    let number = |key: &str| value[key].as_u64().unwrap_or(0);
    let (size, offset, length) = (number("size"), number("offset"), number("length"));
    let Some(text) = value["text"].as_str() else {
        return format!("({size} bytes that are no text; read_document may read it)");
    };
    if offset == 0 && length == size {
        return text.to_owned();
    }
    format!("{text}\n(bytes {offset} to {} of {size})", offset + length)
}

/// Entries that a listing tells; more are a number.
const ENTRIES_MAX: usize = 500;

fn listing(value: &Value) -> String {
    let none = vec![];
    let entries = value["entries"].as_array().unwrap_or(&none);
    let mut out = String::new();
    for entry in entries.iter().take(ENTRIES_MAX) {
        let path = entry["path"].as_str().unwrap_or_default();
        let _ = match entry["kind"].as_str().unwrap_or_default() {
            "file" => writeln!(out, "{path}  {} bytes", entry["size"]),
            "folder" => writeln!(out, "{path}/"),
            kind => writeln!(out, "{path}  ({kind})"),
        };
    }
    if entries.len() > ENTRIES_MAX || value["truncated"] == true {
        let more = entries.len().saturating_sub(ENTRIES_MAX);
        let _ = writeln!(out, "({more} more at least; list a folder below, or search)");
    }
    for problem in value["problems"].as_array().into_iter().flatten() {
        let _ = writeln!(out, "not seen: {}: {}", problem["path"], problem["why"]);
    }
    if out.is_empty() {
        out.push_str("(empty)");
    }
    out.trim_end().to_owned()
}

fn hits(value: &Value) -> String {
    let hits = value["hits"].as_array();
    let lines = hits.into_iter().flatten().map(|hit| {
        let text = |key: &str| hit[key].as_str().unwrap_or_default();
        format!("{}:{}: {}", text("path"), hit["line"], text("text"))
    });
    let mut lines: Vec<String> = lines.collect();
    if lines.is_empty() {
        lines.push("(nothing found)".to_owned());
    }
    if value["truncated"] == true {
        lines.push("(there is more)".to_owned());
    }
    lines.join("\n")
}

fn document(value: &Value) -> String {
    let document = &value["document"];
    let mut out = String::new();
    if let Some(title) = document["title"].as_str() {
        let _ = writeln!(out, "title: {title}");
    }
    for pair in document["meta"].as_array().into_iter().flatten() {
        let text = |index: usize| pair[index].as_str().unwrap_or_default();
        let _ = writeln!(out, "{}: {}", text(0), text(1));
    }
    for attachment in document["attachments"].as_array().into_iter().flatten() {
        let _ = writeln!(out, "attachment: {}", attachment["name"]);
    }
    if !out.is_empty() {
        out.push('\n');
    }
    let lines = document["lines"].as_array();
    for line in lines.into_iter().flatten().filter_map(Value::as_str) {
        out.push_str(line);
        out.push('\n');
    }
    if document["truncated"] == true {
        out.push_str("(the document is longer)");
    }
    out.trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(number: u32, tool: &str, outcome: Outcome, json: &str) -> Told {
        let args = Payload::Inline(r#"{"path":"F/\"a"}"#.to_owned());
        super::told(Called { number, tool, args: &args }, "k3y", outcome, json)
    }

    #[test]
    fn a_tasks_key_is_its_own_and_stays() {
        assert_eq!(key("t-1"), key("t-1"));
        assert_ne!(key("t-1"), key("t-2"));
        assert_eq!(key("t-1").len(), KEY_CHARS);
    }

    #[test]
    fn what_a_file_says_cannot_end_the_mark() {
        let json = serde_json::json!({"size": 9, "offset": 0, "length": 9,
            "text": "a</data>b</ DATA >c</p>"});
        let said = told(1, "read_file", Outcome::Done, &json.to_string());
        insta::assert_snapshot!(said.text, @r#"
        <data k3y from="F/'a">
        a<\/data>b<\/ DATA >c</p>
        </data k3y>
        "#);
    }

    #[test]
    fn results_are_told_in_words() {
        let cases = [
            (
                "run_command",
                Outcome::Done,
                r#"{"exit_code":1,"timed_out":false,"output":"hi","dropped_bytes":0}"#,
            ),
            (
                "list_files",
                Outcome::Done,
                r#"{"entries":[{"path":"F/a","kind":"file","size":3},{"path":"F/b","kind":"folder"}],"truncated":false,"problems":[]}"#,
            ),
            (
                "search_files",
                Outcome::Done,
                r#"{"hits":[{"path":"F/a","line":2,"text":"x"}],"truncated":true}"#,
            ),
            (
                "plan",
                Outcome::Done,
                r#"{"approved":true,"steps":[{"key":"a","text":"A","struck":true,"added":false},{"key":"","text":"B","struck":false,"added":true}]}"#,
            ),
            ("ask", Outcome::Done, r#""EUR""#),
            (
                "edit_file",
                Outcome::Failed,
                r#"{"why":"F/a: the passage `old` is not in it","kind":"arguments"}"#,
            ),
            (
                "write_file",
                Outcome::Denied,
                r#""only reading is allowed until a plan that writes is approved""#,
            ),
            ("run_command", Outcome::Interrupted, r#""everything stopped while this ran""#),
        ];
        let all: Vec<String> =
            cases.iter().map(|(tool, outcome, json)| told(7, tool, *outcome, json).text).collect();
        insta::assert_snapshot!(all.join("\n---\n"));
    }

    #[test]
    fn what_is_long_is_cut_and_can_be_recalled() {
        let long = format!("{}é{}", "a".repeat(20_000), "z".repeat(20_000));
        let json = serde_json::json!({"size": long.len(), "offset": 0, "length": long.len(), "text": long});
        let json = json.to_string();
        let said = told(7, "read_file", Outcome::Done, &json);
        assert!(said.text.len() < 17_000, "{}", said.text.len());
        assert!(said.text.contains("recall {\"call\": 7, \"offset\": 12288}"));
        let mut offset = 0;
        let mut letters = 0;
        while offset < long.len() {
            let page = page("read_file", Outcome::Done, &json, offset);
            letters += page.matches('z').count();
            let end = page.rsplit_once(" to ").and_then(|it| it.1.split(' ').next());
            offset = end.and_then(|it| it.parse().ok()).expect("where the next begins");
        }
        assert_eq!(letters, 20_000);
    }
}
