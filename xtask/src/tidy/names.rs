//! Words: in the names of types and modules, and those that must not be in a file at all.

use super::{Finding, Source};

/// Names of modules that attract everything and say nothing.
const MODULES_REFUSED: &[&str] = &[
    "core", "common", "util", "utils", "helper", "helpers", "misc", "manager", "service", "shared",
];

/// The table in the glossary under this heading is what is refused; one list, read by people and
/// by this.
const GLOSSARY: &str = "docs/glossary.md";
const REFUSED_HEADING: &str = "## Words that are refused in names";

/// Crates that may hold unsafe code.
const UNSAFE_HOMES: &[&str] = &["crates/machine/", "crates/guest/"];

pub(super) fn banned(sources: &[Source]) -> Vec<Finding> {
    let refused = refused_words(sources);
    let mut findings = Vec::new();
    if refused.is_empty() {
        let what = format!("has no table under `{REFUSED_HEADING}`");
        findings.push(Finding::new(GLOSSARY, 0, what));
    }
    for source in sources.iter().filter(|source| source.is_rust() && source.is_house()) {
        let stem = source.path.rsplit('/').next().unwrap_or_default().trim_end_matches(".rs");
        let folders = source.path.split('/');
        if let Some(name) = folders.chain([stem]).find(|name| MODULES_REFUSED.contains(name)) {
            let what = format!("a module named `{name}` attracts everything and says nothing");
            findings.push(Finding::new(&source.path, 0, what));
        }
        for (number, line) in source.code_lines() {
            let Some(name) = declared(line) else { continue };
            let words = words_of(name);
            if let Some((word, say)) = refused.iter().find(|(word, _)| words.contains(word)) {
                let what = format!("`{name}`: not {word}; {say}");
                findings.push(Finding::new(&source.path, number, what));
            }
        }
    }
    findings
}

/// What the glossary refuses, and what to say instead, in lower case.
fn refused_words(sources: &[Source]) -> Vec<(String, String)> {
    let text = sources.iter().find(|source| source.path == GLOSSARY).map(|source| &source.text);
    let section = text.and_then(|text| text.split(REFUSED_HEADING).nth(1)).unwrap_or_default();
    let section = section.split("\n## ").next().unwrap_or_default();
    let rows = section.lines().filter(|line| line.starts_with("| ")).skip(1);
    let mut refused = Vec::new();
    for row in rows {
        let cells: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
        if let [words, say] = cells[..] {
            let words = words.split(',').map(|word| word.trim().to_lowercase());
            refused.extend(words.map(|word| (word, say.to_owned())));
        }
    }
    refused
}

/// The name of the type or module that a line of code declares.
fn declared(line: &str) -> Option<&str> {
    let mut words = line.split_whitespace().skip_while(|word| word.starts_with("pub"));
    if !matches!(words.next()?, "struct" | "enum" | "trait" | "type" | "mod") {
        return None;
    }
    let name = words.next()?;
    Some(name.split(|c: char| !(c.is_alphanumeric() || c == '_')).next().unwrap_or(name))
}

/// The words in a name, in lower case: of `TaskRunner` these are `task` and `runner`.
fn words_of(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    for c in name.chars() {
        if c == '_' || c.is_uppercase() {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut().filter(|_| c != '_') {
            word.extend(c.to_lowercase());
        }
    }
    words
}

pub(super) fn markers(sources: &[Source]) -> Vec<Finding> {
    // Put together here, so that this list does not find itself.
    let in_code = [
        ("#[ignore", "a test that does not run proves nothing"),
        ("todo!", "unfinished code does not merge"),
        ("unimplemented!", "unfinished code does not merge"),
        ("dbg!", "left from a search for an error"),
        ("#[allow(", "say `#[expect(…, reason = …)]`: it tells when it is no longer needed"),
        ("#![allow(", "say `#[expect(…, reason = …)]` where it is needed"),
    ];
    let in_text = [["FIX", "ME"].concat(), ["X", "XX "].concat()];
    let mut findings = Vec::new();
    for source in sources.iter().filter(|source| source.is_rust() && source.is_house()) {
        for (number, line) in source.code_lines() {
            // A module that several tests share is not used whole by each of them.
            let is_refused = |marker: &str| {
                line.contains(marker)
                    && !(marker.contains("allow") && source.path.contains("/tests/"))
            };
            if let Some((marker, why)) = in_code.iter().find(|(marker, _)| is_refused(marker)) {
                findings.push(Finding::new(&source.path, number, format!("`{marker}`: {why}")));
            }
        }
        for (index, line) in source.text.lines().enumerate() {
            let todo = ["TO", "DO"].concat();
            let has_no_issue = line.contains(&todo) && !line.contains(&format!("{todo}(#"));
            if has_no_issue || in_text.iter().any(|marker| line.contains(marker)) {
                let what = "something is left to do, and no issue says so";
                findings.push(Finding::new(&source.path, index + 1, what));
            }
        }
    }
    findings
}

pub(super) fn unsafety(sources: &[Source]) -> Vec<Finding> {
    let elsewhere =
        |source: &&Source| !UNSAFE_HOMES.iter().any(|home| source.path.starts_with(home));
    let mut findings = Vec::new();
    for source in sources.iter().filter(|source| source.is_rust()).filter(elsewhere) {
        for (number, line) in source.code_lines() {
            let mut words = line.split(|c: char| !(c.is_alphanumeric() || c == '_'));
            if words.any(|word| matches!(word, "unsafe" | "unsafe_code")) {
                let what = format!("unsafe code lives in {}", UNSAFE_HOMES.join(" and "));
                findings.push(Finding::new(&source.path, number, what));
            }
        }
    }
    findings
}

/// Where something was built is nobody's business, and where packages come from is a setting of the
/// machine.
pub(super) fn places(sources: &[Source]) -> Vec<Finding> {
    let refused = [
        ["crates", ".io"].concat(),
        ["registry.npm", "js"].concat(),
        ["py", "pi.org"].concat(),
        ["pythonhosted", ".org"].concat(),
        ["proxy.go", "lang"].concat(),
        ["/work", "/"].concat(),
        ["/tmp", "/t-"].concat(),
    ];
    let mut findings = Vec::new();
    for source in sources.iter().filter(|source| source.path != "Cargo.lock") {
        for (index, line) in source.text.lines().enumerate() {
            if let Some(place) = refused.iter().find(|place| names_place(line, place)) {
                let what = format!("names `{place}`, a place that only some machines know");
                findings.push(Finding::new(&source.path, index + 1, what));
            }
        }
    }
    findings
}

/// The place is in the line, and if it is a path, it begins there: it is no part of a longer one.
fn names_place(line: &str, place: &str) -> bool {
    line.match_indices(place).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        !place.starts_with('/')
            || !before.is_some_and(|c| c.is_alphanumeric() || "_-./}".contains(c))
    })
}
