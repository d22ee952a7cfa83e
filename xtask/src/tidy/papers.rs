//! What is written beside the code, and whether it still fits it.

use super::{Finding, Source};
use std::collections::BTreeSet;

const ERRORS: &str = "docs/errors.md";
/// Lines of a decision: one page.
const DECISION_LINES_MAX: usize = 60;

/// Codes used in code are listed in docs/errors.md, and those listed are used.
pub(super) fn error_codes(sources: &[Source]) -> Vec<Finding> {
    let is_code = |source: &&Source| {
        source.path.contains("/src/") && source.is_rust() && source.text.contains("UserError")
    };
    let code: Vec<&Source> = sources.iter().filter(is_code).collect();
    let listed = codes(sources);
    let mut findings = Vec::new();
    for source in &code {
        for (line, code) in codes_used(&source.text) {
            if !listed.contains(&code) {
                let what = format!("error code `{code}` is not listed in {ERRORS}");
                findings.push(Finding::new(&source.path, line, what));
            }
        }
    }
    for code_listed in listed {
        let quoted = format!("\"{code_listed}\"");
        if !code.iter().any(|source| source.text.contains(&quoted)) {
            findings.push(Finding::new(ERRORS, 0, format!("`{code_listed}` is used nowhere")));
        }
    }
    findings
}

/// What docs/errors.md lists.
pub(super) fn codes(sources: &[Source]) -> BTreeSet<String> {
    let found = sources.iter().find(|source| source.path == ERRORS);
    found.map_or_else(BTreeSet::new, codes_listed)
}

/// The first cells of the tables in docs/errors.md.
fn codes_listed(source: &Source) -> BTreeSet<String> {
    let cells = source.text.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next());
    cells.map(str::to_owned).collect()
}

/// Codes after a kind of error, and those given to a function or closure whose first parameter is
/// named `code`; each with its line.
fn codes_used(text: &str) -> Vec<(usize, String)> {
    let mut callers = vec![];
    for (at, _) in text.match_indices("code: &str").chain(text.match_indices("|code")) {
        let before = text[..at].trim_end_matches('|').trim_end();
        let before = before.trim_end_matches(['(', '=']).trim_end();
        let is_name = |c: char| c.is_alphanumeric() || c == '_';
        let name = before.rsplit(|c| !is_name(c)).next().unwrap_or_default();
        if !name.is_empty() && name != "new" {
            callers.push(format!("{name}("));
        }
    }
    let mut used = Vec::new();
    for (at, _) in text.match_indices('"') {
        let before = text[..at].trim_end();
        let kind = before.strip_suffix(',').and_then(|before| before.rsplit_once("ErrorKind::"));
        let follows_kind = kind.is_some_and(|(_, kind)| kind.chars().all(char::is_alphanumeric));
        let is_given = callers.iter().any(|caller| ends_with_call(before, caller));
        let code = text[at + 1..].split('"').next().unwrap_or_default();
        let is_code = !code.is_empty() && code.chars().all(|c| c.is_ascii_lowercase() || c == '-');
        if is_code && (follows_kind || is_given) {
            used.push((text[..at].matches('\n').count() + 1, code.to_owned()));
        }
    }
    used
}

fn ends_with_call(before: &str, caller: &str) -> bool {
    let rest = before.strip_suffix(caller);
    rest.is_some_and(|rest| !rest.ends_with(|c: char| c.is_alphanumeric() || c == '_'))
}

/// Links from one file of the repository to another.
pub(super) fn links(sources: &[Source]) -> Vec<Finding> {
    let mut findings = Vec::new();
    let is_paper = |source: &&Source| source.path.ends_with(".md") && source.is_house();
    for source in sources.iter().filter(is_paper) {
        let folder = source.path.rsplit_once('/').map_or("", |(folder, _)| folder);
        for (index, line) in source.text.lines().enumerate() {
            for link in line.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
                let target = link.split('#').next().unwrap_or_default();
                if target.is_empty() || target.contains("://") || target.starts_with("mailto:") {
                    continue;
                }
                if !exists(sources, &join(folder, target)) {
                    let what = format!("links to {target}, which is not there");
                    findings.push(Finding::new(&source.path, index + 1, what));
                }
            }
        }
    }
    findings
}

fn join(folder: &str, target: &str) -> String {
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in target.trim_end_matches('/').split('/') {
        match part {
            "." => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    parts.join("/")
}

fn exists(sources: &[Source], path: &str) -> bool {
    let folder = format!("{path}/");
    sources.iter().any(|source| source.path == path || source.path.starts_with(&folder))
}

/// Every invariant names its check, and every file named in code marks exists.
pub(super) fn architecture(sources: &[Source]) -> Vec<Finding> {
    let Some(source) = sources.iter().find(|source| source.path == "ARCHITECTURE.md") else {
        return vec![];
    };
    let mut findings = Vec::new();
    let mut invariant: Option<(usize, bool)> = None;
    for (index, line) in source.text.lines().chain(["**I"]).enumerate() {
        let is_next = line.starts_with("**I") || line.starts_with('#');
        if let Some((began, false)) = invariant.filter(|_| is_next) {
            findings.push(Finding::new(&source.path, began, "an invariant without a check"));
        }
        if is_next {
            invariant = line.starts_with("**I").then_some((index + 1, false));
        }
        if let Some((_, has_check)) = invariant.as_mut() {
            *has_check |= line.contains("Check:");
        }
        for named in line.split('`').skip(1).step_by(2) {
            let path = named.split("::").next().unwrap_or_default().trim_end_matches('/');
            let is_path = path.contains('/') && ROOTS.iter().any(|root| path.starts_with(root));
            if is_path && !exists(sources, path) {
                let what = format!("names {path}, which is not there");
                findings.push(Finding::new(&source.path, index + 1, what));
            }
        }
    }
    findings
}

/// Folders at the root of the repository; what begins with one is a path.
const ROOTS: &[&str] = &["crates/", "docs/", "xtask/", "skills/", "examples/"];

pub(super) fn decisions(sources: &[Source]) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut numbers = BTreeSet::new();
    for source in sources.iter().filter(|source| source.path.starts_with("docs/decisions/")) {
        let name = source.path.trim_start_matches("docs/decisions/");
        let number = name.split('-').next().unwrap_or_default();
        let is_numbered = number.len() == 4 && number.chars().all(|c| c.is_ascii_digit());
        let mut find = |what: &str| findings.push(Finding::new(&source.path, 0, what));
        if !is_numbered || !name.ends_with(".md") {
            find("is not named NNNN-claim-as-title.md");
        }
        if !numbers.insert(number) {
            find("has the number of another decision");
        }
        if source.text.lines().count() > DECISION_LINES_MAX {
            find("is longer than a page");
        }
        let parts = ["## Context", "## Decision", "## What it costs", "## When to look again"];
        for part in parts.iter().filter(|part| !source.text.contains(*part)) {
            find(&format!("has no part `{part}`"));
        }
    }
    findings
}
