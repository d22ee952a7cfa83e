//! How a file looks: its header, its size, its lines.

use super::{Finding, Source};

/// Lines of a Rust file, its tests not counted.
const FILE_LINES_MAX: usize = 800;
/// Lines of a function, blanks and comments not counted.
const FUNCTION_LINES_MAX: usize = 70;
/// Columns of a line.
const COLUMNS_MAX: usize = 100;
/// Lines of ARCHITECTURE.md.
const ARCHITECTURE_LINES_MAX: usize = 300;

const EXEMPTIONS: &str = "xtask/src/tidy/exemptions.toml";

pub(super) fn header(sources: &[Source]) -> Vec<Finding> {
    let bare = sources.iter().filter(|source| source.is_rust() && source.is_house());
    let bare = bare.filter(|source| !source.text.starts_with("//! "));
    bare.map(|source| Finding::new(&source.path, 1, "opens without `//!` saying what it is"))
        .collect()
}

pub(super) fn sizes(sources: &[Source]) -> Vec<Finding> {
    let exempt = exemptions(sources);
    let mut findings = Vec::new();
    for source in sources.iter().filter(|source| source.is_rust() && source.is_house()) {
        let lines = file_lines(source);
        let exempted = exempt.iter().find(|(path, _)| *path == source.path).map(|(_, max)| *max);
        match exempted {
            None if lines > FILE_LINES_MAX => {
                let what = format!(
                    "{lines} lines; {FILE_LINES_MAX} is the ceiling: which noun wants out?"
                );
                findings.push(Finding::new(&source.path, 0, what));
            }
            Some(max) if lines > max => {
                let what =
                    format!("grew from {max} to {lines} lines; its exemption may only shrink");
                findings.push(Finding::new(&source.path, 0, what));
            }
            Some(_) if lines <= FILE_LINES_MAX => {
                let what = format!("{} needs no exemption any more", source.path);
                findings.push(Finding::new(EXEMPTIONS, 0, what));
            }
            Some(max) if lines < max => {
                let what = format!("{} has {lines} lines: lower its exemption", source.path);
                findings.push(Finding::new(EXEMPTIONS, 0, what));
            }
            None | Some(_) => {}
        }
        findings.extend(functions(source));
    }
    for (path, _) in exempt {
        if !sources.iter().any(|source| source.path == path) {
            findings.push(Finding::new(EXEMPTIONS, 0, format!("{path} is gone: remove it")));
        }
    }
    for source in sources.iter().filter(|source| source.path == "ARCHITECTURE.md") {
        if source.text.lines().count() > ARCHITECTURE_LINES_MAX {
            let what = format!("over {ARCHITECTURE_LINES_MAX} lines: nobody will read it");
            findings.push(Finding::new(&source.path, 0, what));
        }
    }
    findings
}

/// The files that may be larger, and how large.
fn exemptions(sources: &[Source]) -> Vec<(String, usize)> {
    let text = sources.iter().find(|source| source.path == EXEMPTIONS).map(|source| &source.text);
    let table = text.and_then(|text| text.parse::<toml::Table>().ok()).unwrap_or_default();
    let lines = |max: &toml::Value| max.as_integer().and_then(|max| usize::try_from(max).ok());
    table.iter().filter_map(|(path, max)| Some((path.clone(), lines(max)?))).collect()
}

/// Lines up to the tests at the end of a file; a file of tests has none that count.
fn file_lines(source: &Source) -> usize {
    if source.path.contains("/tests/") || source.path.ends_with("/tests.rs") {
        return 0;
    }
    let lines: Vec<&str> = source.text.lines().collect();
    let tests = lines.windows(2).position(|pair| {
        pair[0] == "#[cfg(test)]" && pair[1].starts_with("mod ") && pair[1].ends_with('{')
    });
    tests.unwrap_or(lines.len())
}

fn functions(source: &Source) -> Vec<Finding> {
    let lines: Vec<(usize, &str)> = source.code_lines().collect();
    let mut findings = Vec::new();
    for (index, (number, line)) in lines.iter().enumerate() {
        let indent = line.len() - line.trim_start().len();
        if !is_function(line) {
            continue;
        }
        // rustfmt puts the closing brace where the function began.
        let close = |l: &str| {
            l.len() >= indent && l[indent..].starts_with('}') && l[..indent].trim().is_empty()
        };
        let body = lines[index..].iter().take_while(|(n, l)| n == number || !close(l));
        let count = body.filter(|(_, l)| !l.trim().is_empty()).count();
        if !line.trim_end().ends_with(';') && count > FUNCTION_LINES_MAX + 2 {
            let what = format!("a function of {count} lines; {FUNCTION_LINES_MAX} is the ceiling");
            findings.push(Finding::new(&source.path, *number, what));
        }
    }
    findings
}

fn is_function(line: &str) -> bool {
    let mut words = line.split_whitespace().skip_while(|word| {
        matches!(*word, "pub" | "async" | "const" | "unsafe" | "extern") || word.starts_with("pub(")
    });
    words.next() == Some("fn")
}

pub(super) fn lines(sources: &[Source]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for source in sources.iter().filter(|source| source.is_house() && source.path != "Cargo.lock") {
        let is_bounded =
            [".rs", ".star", ".toml", ".sh"].iter().any(|end| source.path.ends_with(end));
        for (index, line) in source.text.lines().enumerate() {
            if line.ends_with([' ', '\t']) {
                findings.push(Finding::new(&source.path, index + 1, "ends with a blank"));
            }
            let columns = line.chars().count();
            if is_bounded && columns > COLUMNS_MAX && !is_unbreakable(line) {
                let what = format!("{columns} columns; {COLUMNS_MAX} is the ceiling");
                findings.push(Finding::new(&source.path, index + 1, what));
            }
        }
        if !source.text.is_empty() && !source.text.ends_with('\n') {
            findings.push(Finding::new(&source.path, 0, "does not end with a line feed"));
        }
    }
    findings
}

/// A line whose length is in a text or a comment in TOML: rustfmt leaves such lines as they are,
/// and a text that is broken up can't be searched for.
fn is_unbreakable(line: &str) -> bool {
    line.contains('"') || line.trim_start().starts_with('#')
}
