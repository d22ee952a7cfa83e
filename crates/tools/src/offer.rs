//! The tools as a language model is offered them, and what a call of it comes down to.

use crate::proof;
use crate::spec::spec;
use crate::validate::problems;
use policy::flow::Act;
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;
use std::sync::LazyLock;
use task::{
    Ask, AskedKind, Boundary, Budget, CheckId, Choice, DelegateWish, Payload, Picture, Plan,
    PlannedCheck, ShareAccess, Step, StepId, StepState, ToolAccess,
};

/// A tool as it is offered.
#[derive(Debug, Deserialize)]
pub struct Offered {
    pub name: String,
    pub description: String,
    /// JSON Schema 2020-12 of the arguments, as it is sent.
    pub schema: Box<RawValue>,
}

static OFFERED: LazyLock<Vec<(Offered, Value)>> = LazyLock::new(|| {
    let all: Vec<Offered> =
        serde_json::from_str(include_str!("offer.json")).expect("a table that tests read");
    let parsed = |it: &Offered| serde_json::from_str(it.schema.get()).unwrap_or(Value::Null);
    all.into_iter().map(|it| (parsed(&it), it)).map(|(schema, it)| (it, schema)).collect()
});

/// Every tool that a model is offered, in an order that never changes within a task.
pub fn offered() -> impl Iterator<Item = &'static Offered> {
    OFFERED.iter().map(|(it, _)| it)
}

/// The schema of a tool's arguments; `None`: no such tool is offered.
pub(crate) fn schema(name: &str) -> Option<&'static Value> {
    OFFERED.iter().find(|(it, _)| it.name == name).map(|(_, schema)| schema)
}

/// What other programs call their tools, and how the same is done here. Sources: the tool lists of
/// Claude Code, Codex, OpenCode, Gemini CLI, OpenHands and Cline, 2026-11.
const ELSEWHERE: &[(&[&str], &str)] = &[
    (
        &[
            "bash",
            "shell",
            "local_shell",
            "terminal",
            "execute",
            "execute_command",
            "exec",
            "exec_command",
            "container_exec",
            "run",
            "run_shell_command",
            "run_terminal_cmd",
            "execute_bash",
            "python",
            "execute_code",
            "powershell",
            "computer",
        ],
        "run_command {command} runs a command line with /bin/sh",
    ),
    (
        &["bashoutput", "read_output", "write_stdin"],
        "command_output {call} reads what a command in the background printed",
    ),
    (&["killshell", "killbash", "kill"], "command_stop {call} ends a command in the background"),
    (
        &["read", "view", "cat", "open_file", "view_file", "read_many_files", "notebookread"],
        "read_file {path} reads a text file, read_document other documents",
    ),
    (&["view_image", "read_image", "screenshot"], "look {path} shows a picture or a page"),
    (
        &["write", "create", "create_file", "write_to_file", "save_file"],
        "write_file {path, text} writes a whole file",
    ),
    (
        &[
            "edit",
            "multiedit",
            "str_replace",
            "str_replace_editor",
            "str_replace_based_edit_tool",
            "replace",
            "replace_in_file",
            "search_replace",
            "edit_file_by_replace",
            "apply_patch",
            "apply_diff",
            "patch",
            "notebookedit",
        ],
        "edit_file {path, old, new} replaces one passage, write_file {path, text} a whole file, \
         and read_file {path} shows one",
    ),
    (&["ls", "list", "list_dir", "list_directory", "tree"], "list_files {path} lists a folder"),
    (
        &["grep", "glob", "find", "search", "ripgrep", "search_file_content", "codebase_search"],
        "search_files {path, text} finds lines that hold a text, list_files {path} lists all \
         below a folder, and run_command runs grep or find",
    ),
    (&["webfetch", "fetch", "browse", "read_url", "open_url"], "web_fetch {url} gets a page"),
    (&["websearch", "google_web_search", "search_web"], "web_search {query} searches the web"),
    (
        &["todowrite", "todo", "update_plan", "exitplanmode", "exit_plan_mode", "write_todos"],
        "plan proposes the plan, and step {key} says where you are in it",
    ),
    (
        &["askuserquestion", "ask_followup_question", "ask_user", "request_user_input"],
        "ask {question} asks the person",
    ),
    (&["task", "agent", "spawn_agent", "subagent", "new_task"], "delegate {request} has a helper"),
    (&["think"], "think in your answer; note {text} keeps a fact for later"),
    (&["save_memory", "memory"], "remember {text} proposes what to keep for later tasks"),
    (
        &["attempt_completion", "submit", "complete", "done", "final_answer", "deliver"],
        "finish {summary} says that the work is done",
    ),
];

/// Why there is no such tool, and what there is instead.
fn unknown(name: &str) -> String {
    let names: Vec<&str> = offered().map(|it| it.name.as_str()).collect();
    let bare = name.rsplit(['.', '/', ':']).next().unwrap_or(name).to_ascii_lowercase();
    let bare = bare.strip_prefix("functions_").unwrap_or(&bare);
    let here = names.iter().find(|it| **it == bare).map(|it| format!("its name is {it}"));
    let meant =
        |(elsewhere, here): &(&[&str], &str)| elsewhere.contains(&bare).then(|| (*here).to_owned());
    match here.or_else(|| ELSEWHERE.iter().find_map(meant)) {
        Some(here) => format!("there is no tool called {name}; here {here}"),
        None => format!("there is no tool called {name}; there are {}", names.join(", ")),
    }
}

#[derive(Deserialize)]
struct PlanArgs {
    goal: String,
    steps: Vec<StepArgs>,
    checks: Vec<CheckLine>,
    writes: Vec<String>,
    minutes: Option<u64>,
    estimate: Option<String>,
}

#[derive(Deserialize)]
struct StepArgs {
    key: String,
    text: String,
    #[serde(default)]
    details: Vec<String>,
}

#[derive(Deserialize)]
struct CheckLine {
    key: String,
    text: String,
}

#[derive(Deserialize)]
struct AskArgs {
    question: String,
    #[serde(default)]
    why: String,
    #[serde(default)]
    pictures: Vec<String>,
    #[serde(default)]
    choices: Vec<ChoiceArgs>,
    suggested: Option<String>,
    free: Option<bool>,
}

#[derive(Deserialize)]
struct ChoiceArgs {
    key: String,
    label: String,
    picture: Option<String>,
}

#[derive(Deserialize)]
struct DelegateArgs {
    request: String,
    #[serde(default)]
    folders: Vec<FolderArgs>,
    percent: Option<u64>,
    #[serde(default)]
    cheap: bool,
    #[serde(default)]
    network: bool,
}

#[derive(Deserialize)]
struct FolderArgs {
    name: String,
    #[serde(default)]
    write: bool,
}

#[derive(Deserialize)]
struct KeyArgs {
    key: String,
}

#[derive(Deserialize)]
struct CheckArgs {
    key: String,
    tool: String,
    args: Box<RawValue>,
}

/// What a model's call comes down to. Arguments that do not fit become a sentence that teaches.
pub fn asked(name: &str, args: &str, budget: Budget) -> AskedKind {
    let unusable = |why: String| AskedKind::Unusable { why };
    let Some(schema) = schema(name) else { return unusable(unknown(name)) };
    let value: Value = match serde_json::from_str(args) {
        Ok(value) => value,
        Err(error) => return unusable(format!("the arguments are no JSON: {error}")),
    };
    if let Some(why) = problems(schema, &value) {
        return unusable(why);
    }
    kind(name, args, &value, budget).unwrap_or_else(unusable)
}

fn kind(name: &str, args: &str, value: &Value, budget: Budget) -> Result<AskedKind, String> {
    let text = |key: &str| value[key].as_str().unwrap_or_default().to_owned();
    let read = |error: serde_json::Error| error.to_string();
    Ok(match name {
        "plan" => AskedKind::Plan(plan(serde_json::from_str(args).map_err(read)?, budget)?),
        "ask" => AskedKind::Ask(question(serde_json::from_str(args).map_err(read)?)?),
        "step" => {
            let KeyArgs { key } = serde_json::from_str(args).map_err(read)?;
            AskedKind::Step { key }
        }
        "check" => {
            let CheckArgs { key, tool, args } = serde_json::from_str(args).map_err(read)?;
            proof::problems(&tool, args.get()).map_or(Ok(()), Err)?;
            AskedKind::Check { key, tool, args: Payload::Inline(args.get().to_owned()) }
        }
        "note" if text("text").len() > task::limits::NOTE_BYTES_MAX => {
            return Err("a note may have 4 KB; write the rest into a file".to_owned());
        }
        "delegate" => AskedKind::Delegate(helper(serde_json::from_str(args).map_err(read)?)),
        "note" => AskedKind::Note { text: text("text") },
        "remember" => remember(&text("text"), value["folder"].is_string())?,
        "finish" => AskedKind::Finish { summary: text("summary") },
        "recall" if value.get("text").is_some() == value.get("call").is_some() => {
            return Err("give either `text` or `call`".to_owned());
        }
        "recall" => AskedKind::Tool { access: ToolAccess::Read },
        _ => match spec(name) {
            Some(spec) => acting(name, value, spec.access),
            None => return Err(format!("there is no tool called {name}")),
        },
    })
}

/// For a folder it is a change like any other; for all tasks the person is asked.
fn remember(text: &str, is_folders: bool) -> Result<AskedKind, String> {
    if text.len() > task::limits::REMEMBERED_BYTES_MAX || text.contains('\n') {
        return Err("remember one short line at a time, without line breaks".to_owned());
    }
    Ok(match is_folders {
        true => AskedKind::Tool { access: ToolAccess::Write },
        false => {
            let ask = task::remember_question(text);
            AskedKind::Held { access: ToolAccess::Read, ask }
        }
    })
}

/// A call of a tool, with what the flow rule has to know of it.
fn acting(name: &str, value: &Value, access: ToolAccess) -> AskedKind {
    let text = |key: &str| value[key].as_str().unwrap_or_default();
    let act = match name {
        "run_command" => Act::of_command(text("command")),
        "web_fetch" => Act::of_link(text("url")),
        "write_file" => Act::of_file_at(text("path"), text("text")),
        "write_document" => Act::of_file(text("text")),
        "edit_file" => Act::of_file_at(text("path"), text("new")),
        "write_workbook" => Act::of_file(&cells(value)),
        _ => Act::default(),
    };
    match act.is_empty() {
        true => AskedKind::Tool { access },
        false => AskedKind::Acting { access, act: Box::new(act) },
    }
}

/// The texts of a workbook, one in a line.
fn cells(value: &Value) -> String {
    match value {
        Value::String(text) => format!("{text}\n"),
        Value::Array(all) => all.iter().map(cells).collect(),
        Value::Object(all) => all.values().map(cells).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) => String::new(),
    }
}

fn helper(args: DelegateArgs) -> DelegateWish {
    let share =
        |it: FolderArgs| (it.name, if it.write { ShareAccess::Write } else { ShareAccess::Read });
    DelegateWish {
        request: args.request,
        shares: args.folders.into_iter().map(share).collect(),
        percent: args.percent.unwrap_or(task::limits::HELPER_PERCENT),
        is_cheap: args.cheap,
        has_network: args.network,
    }
}

fn plan(args: PlanArgs, budget: Budget) -> Result<Plan, String> {
    let id = |index: usize| u32::try_from(index + 1).unwrap_or(u32::MAX);
    let is_twice = |keys: Vec<&str>| {
        let mut sorted = keys;
        sorted.sort_unstable();
        sorted.windows(2).find(|two| two[0] == two[1]).map(|two| two[0].to_owned())
    };
    let twice = is_twice(args.steps.iter().map(|it| it.key.as_str()).collect())
        .or_else(|| is_twice(args.checks.iter().map(|it| it.key.as_str()).collect()));
    if let Some(key) = twice {
        return Err(format!("the key {key:?} stands twice; each step and check needs its own"));
    }
    let step = |(index, it): (usize, StepArgs)| Step {
        id: StepId(id(index)),
        key: it.key,
        text: it.text,
        details: it.details,
        state: StepState::Planned,
        locked: false,
        comment: String::new(),
    };
    let check = |(index, it): (usize, CheckLine)| PlannedCheck {
        id: CheckId(id(index)),
        key: it.key,
        text: it.text,
    };
    let minutes = args.minutes.map(|it| it.saturating_mul(60_000)).unwrap_or(u64::MAX);
    let budget = Budget { work_ms_max: budget.work_ms_max.min(minutes), ..budget };
    Ok(Plan {
        goal: args.goal,
        steps: args.steps.into_iter().enumerate().map(step).collect(),
        checks: args.checks.into_iter().enumerate().map(check).collect(),
        boundary: Boundary { writes: args.writes, budget },
        estimate: args.estimate,
    })
}

fn question(args: AskArgs) -> Result<Ask, String> {
    let free = args.free.unwrap_or(args.choices.is_empty());
    if args.choices.is_empty() && !free {
        return Err("a question needs `choices`, or `free` answers".to_owned());
    }
    if let Some(key) = &args.suggested
        && !args.choices.iter().any(|it| it.key == *key)
    {
        return Err(format!("`suggested` names {key:?}, which is no key of a choice"));
    }
    let AskArgs { question: text, why, pictures, choices, suggested, .. } = args;
    let choice = |it: ChoiceArgs| {
        let picture = it.picture.map(Picture::of);
        Choice { key: it.key, label: it.label, picture }
    };
    let pictures = pictures.into_iter().map(Picture::of).collect();
    let choices = choices.into_iter().map(choice).collect();
    Ok(Ask { text, why, pictures, choices, suggested, free })
}

#[cfg(test)]
mod tests {
    use super::*;

    const BUDGET: Budget = Budget::new(100, 1_000_000);

    #[test]
    fn every_tool_that_is_offered_is_known() {
        let own = ["plan", "ask", "step", "check", "note", "recall", "delegate", "finish"];
        for it in offered() {
            assert!(spec(&it.name).is_some() || own.contains(&it.name.as_str()), "{}", it.name);
        }
    }

    #[test]
    fn every_provider_takes_the_list() {
        // The strictest: OpenAI takes 1,024 letters of a description and 64 of a name.
        for it in offered() {
            assert!(it.description.chars().count() <= 1024, "{}", it.name);
            let is_fit = |sign: char| sign.is_ascii_lowercase() || sign == '_';
            assert!(it.name.len() <= 64 && it.name.chars().all(is_fit), "{}", it.name);
        }
    }

    #[test]
    fn a_wrong_call_is_taught() {
        let cases = [
            ("weigh", "{}", "there is no tool called weigh; there are list_files"),
            ("Bash", r#"{"command":"ls"}"#, "called Bash; here run_command {command} runs"),
            ("functions.read_file", "{}", "here its name is read_file"),
            ("str_replace_editor", "{}", "here edit_file {path, old, new} replaces"),
            ("apply_patch", "{}", "edit_file {path, old, new} replaces"),
            ("Read", r#"{"file_path":"/a"}"#, "here read_file {path} reads"),
            ("read_file", "[]", "the arguments must be an object"),
            ("read_file", "{", "the arguments are no JSON"),
            ("read_file", "{}", "`path` is missing"),
            ("read_file", r#"{"path":7}"#, "`path` must be a text"),
            ("read_file", r#"{"path":"a","line":7}"#, "`line` is unknown"),
            ("read_file", r#"{"path":"a","offset":-1}"#, "`offset` must be at least 0"),
            ("move_files", r#"{"moves":[{"from":"a"}]}"#, "`moves[0].to` is missing"),
            ("recall", "{}", "either `text` or `call`"),
            ("check", r#"{"key":"a","tool":"write_file","args":{}}"#, "`tool` must be one of"),
            ("check", r#"{"key":"a","tool":"check_file","args":{}}"#, "`path` is missing"),
            ("ask", r#"{"question":"x","free":false}"#, "needs `choices`"),
        ];
        for (name, args, part) in cases {
            let AskedKind::Unusable { why } = asked(name, args, BUDGET) else {
                panic!("{name} {args} was taken");
            };
            assert!(why.contains(part), "{name} {args}: {why}");
        }
    }

    #[test]
    fn what_is_said_of_tools_elsewhere_is_so() {
        for (elsewhere, here) in ELSEWHERE {
            for name in *elsewhere {
                assert!(schema(name).is_none() && *name == name.to_lowercase(), "{name}");
            }
            let mut named = here.split([' ', ',', ';', '{', '}']).filter(|it| it.contains('_'));
            assert!(named.all(|it| schema(it).is_some()), "{here}");
        }
    }

    #[test]
    fn a_plan_becomes_one() {
        let args = r#"{"goal":"g","steps":[{"key":"a","text":"A"}],"checks":[{"key":"c","text":"C"}],
            "writes":["Docs"],"minutes":5}"#;
        let AskedKind::Plan(plan) = asked("plan", args, BUDGET) else { panic!("a plan") };
        assert_eq!(plan.boundary.budget.work_ms_max, 300_000);
        assert_eq!(plan.checks[0].key, "c");
    }
}
