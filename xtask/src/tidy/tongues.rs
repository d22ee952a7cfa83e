//! What the page says in German of what the daemon says in English: by the form of a sentence, and,
//! where an error's own sentence has no words there, by its code.

use super::{Finding, Source};
use std::collections::BTreeSet;

const CODES: &str = "web/src/words/errors-de.ts";
const FORMS: &str = "web/src/words/daemon/";
/// The words of the system's own errors, which stand in no source of ours, and those of the
/// playbooks, whose scripts put sentences together of pieces.
const FREE: [&str; 2] =
    ["web/src/words/daemon/system.de.txt", "web/src/words/daemon/playbooks.de.txt"];

/// Errors that only a command can meet: no request of the page leads to them.
const OF_COMMANDS: &[&str] = &[
    "daemon-cut",
    "daemon-not-ended",
    "daemon-not-started",
    "daemon-silent",
    "draft-unusable",
    "editor-failed",
    "editor-missing",
    "folder-unnamed",
    "folder-unwritable",
    "home-unknown",
    "image-name",
    "image-package",
    "layer-early",
    "layer-empty",
    "layer-gone",
    "ledger-in-use",
    "ledger-newer",
    "memory-editor",
    "memory-entry",
    "output-is-terminal",
    "output-unwritable",
    "plan-unclear",
    "request-empty",
    "rules-declined",
    "secret-empty",
    "serve-failed",
    "socket-path-long",
    "socket-unreachable",
    "system-exhausted",
    "task-ambiguous",
    "usage",
];

/// Every code that the page can show has a German sentence, and every sentence a code.
pub(super) fn codes(sources: &[Source]) -> Vec<Finding> {
    let Some(words) = sources.iter().find(|source| source.path == CODES) else { return vec![] };
    let keys = words.text.lines().filter_map(|line| line.strip_prefix("  '")?.split('\'').next());
    let said: BTreeSet<&str> = keys.collect();
    let listed = super::papers::codes(sources);
    let find = |what: String| Finding::new(CODES, 0, what);
    let silent = listed
        .iter()
        .filter(|code| !said.contains(code.as_str()) && !OF_COMMANDS.contains(&code.as_str()));
    let mut findings: Vec<Finding> =
        silent.map(|code| find(format!("error code `{code}` has no German sentence"))).collect();
    // What the page itself meets has a code of its own.
    let is_pages = |code: &str| code.starts_with("page-");
    let unknown = said.iter().filter(|code| !listed.contains(**code) && !is_pages(code));
    findings.extend(unknown.map(|code| find(format!("`{code}` is no error code"))));
    findings
}

/// A sentence that is said in German is one that the daemon says: its words, without the holes,
/// stand in its sources. German may leave out what the last holes say.
pub(super) fn forms(sources: &[Source]) -> Vec<Finding> {
    let is_spoken = |source: &&Source| {
        (source.is_rust() && source.path.contains("/src/") && !source.path.starts_with("xtask/"))
            || source.path.starts_with("web/src/api/")
    };
    let spoken = sources.iter().filter(is_spoken).map(|it| joined(&it.text));
    let spoken: Vec<String> = spoken.collect();
    let is_table =
        |source: &&Source| source.path.starts_with(FORMS) && !FREE.contains(&source.path.as_str());
    let mut findings = Vec::new();
    for table in sources.iter().filter(is_table).filter(|it| it.path.ends_with(".txt")) {
        let lines: Vec<&str> = table.text.lines().collect();
        for (index, pair) in lines.chunks(2).enumerate() {
            let line = index * 2 + 1;
            let [english, german] = pair else {
                findings.push(Finding::new(&table.path, line, "has no German line below it"));
                continue;
            };
            if english.starts_with(' ') || !german.starts_with("  ") {
                findings.push(Finding::new(&table.path, line, "is not a sentence and its German"));
            } else if holes(german) > holes(english) {
                findings.push(Finding::new(&table.path, line, "has more holes in German"));
            } else if let Some(lost) = fragments(english).find(|it| !is_said(it, &spoken)) {
                let what = format!("nothing says “{lost}” any more");
                findings.push(Finding::new(&table.path, line, what));
            }
        }
    }
    findings
}

const HOLES: [&str; 5] = ["{}", "{#}", "{~}", "{=}", "{@}"];

fn holes(text: &str) -> usize {
    HOLES.iter().map(|hole| text.matches(hole).count()).sum()
}

/// What is the same in each sentence of this form, in pieces as they are put together.
fn fragments(text: &str) -> impl Iterator<Item = String> {
    let whole = HOLES.iter().fold(text.to_owned(), |text, hole| text.replace(hole, "\n"));
    let whole = whole.replace("; ", "\n");
    let is_edge = |c: char| " ;:(".contains(c);
    let parts: Vec<String> = whole.lines().map(|it| it.trim_matches(is_edge).to_owned()).collect();
    parts.into_iter().filter(|it| !it.is_empty())
}

/// The last word of a piece may be filled in.
fn is_said(piece: &str, spoken: &[String]) -> bool {
    let filled = piece.rsplit_once(' ').map(|(head, _)| format!("{head} {{"));
    spoken
        .iter()
        .any(|it| it.contains(piece) || filled.as_ref().is_some_and(|filled| it.contains(filled)))
}

/// The source with its strings in one line each, as they are said.
fn joined(text: &str) -> String {
    let mut whole = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("\\\n") {
        whole.push_str(&rest[..at]);
        rest = rest[at + 2..].trim_start();
    }
    whole.push_str(rest);
    whole.replace("\\\"", "\"")
}
