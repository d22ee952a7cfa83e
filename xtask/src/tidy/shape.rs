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

/// Something with a ceiling: a file, or a function as `path::name`.
#[derive(Clone)]
struct Sized {
    name: String,
    path: String,
    line: usize,
    count: usize,
    ceiling: usize,
}

pub(super) fn sizes(sources: &[Source]) -> Vec<Finding> {
    let exempt = exemptions(sources);
    let house = sources.iter().filter(|source| source.is_rust() && source.is_house());
    let all: Vec<Sized> =
        house.flat_map(|source| [vec![file(source)], functions(source)].concat()).collect();
    let mut findings: Vec<Finding> = all.iter().filter_map(|sized| judge(sized, &exempt)).collect();
    for (name, _) in &exempt {
        if !all.iter().any(|sized| sized.name == *name) {
            findings.push(Finding::new(EXEMPTIONS, 0, format!("{name} is gone: remove it")));
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

fn judge(sized: &Sized, exempt: &[(String, usize)]) -> Option<Finding> {
    let Sized { name, path, line, count, ceiling } = sized;
    let exempted = exempt.iter().find(|(exempt, _)| exempt == name).map(|(_, max)| *max);
    let at = |what: String| Some(Finding::new(path, *line, what));
    let in_list = |what: String| Some(Finding::new(EXEMPTIONS, 0, what));
    match exempted {
        None if count > ceiling && *line > 0 => {
            at(format!("a function of {count} lines; {ceiling} is the ceiling"))
        }
        None if count > ceiling => {
            at(format!("{count} lines; {ceiling} is the ceiling: which noun wants out?"))
        }
        Some(max) if *count > max => {
            at(format!("grew from {max} to {count} lines; its exemption may only shrink"))
        }
        Some(_) if count <= ceiling => in_list(format!("{name} needs no exemption any more")),
        Some(max) if *count < max => {
            in_list(format!("{name} has {count} lines: lower its exemption"))
        }
        None | Some(_) => None,
    }
}

/// The files and functions that may be larger, and how large.
fn exemptions(sources: &[Source]) -> Vec<(String, usize)> {
    let text = sources.iter().find(|source| source.path == EXEMPTIONS).map(|source| &source.text);
    let table = text.and_then(|text| text.parse::<toml::Table>().ok()).unwrap_or_default();
    let lines = |max: &toml::Value| max.as_integer().and_then(|max| usize::try_from(max).ok());
    table.iter().filter_map(|(path, max)| Some((path.clone(), lines(max)?))).collect()
}

/// A file counts up to the tests at its end; a file of tests has no lines that count.
fn file(source: &Source) -> Sized {
    let lines: Vec<&str> = source.text.lines().collect();
    let tests = lines.windows(2).position(|pair| {
        pair[0] == "#[cfg(test)]" && pair[1].starts_with("mod ") && pair[1].ends_with('{')
    });
    let is_test = source.path.contains("/tests/") || source.path.ends_with("/tests.rs");
    let count = if is_test { 0 } else { tests.unwrap_or(lines.len()) };
    let (name, path) = (source.path.clone(), source.path.clone());
    Sized { name, path, line: 0, count, ceiling: FILE_LINES_MAX }
}

fn functions(source: &Source) -> Vec<Sized> {
    let lines: Vec<(usize, &str)> = source.code_lines().collect();
    let mut functions = Vec::new();
    for (index, (number, line)) in lines.iter().enumerate() {
        let indent = line.len() - line.trim_start().len();
        let Some(name) = function_name(line).filter(|_| !line.trim_end().ends_with(';')) else {
            continue;
        };
        // What a trait only declares ends before anything is nested in it.
        let at_indent = |l: &str| l.len() - l.trim_start().len() == indent;
        let mut head = lines[index..].iter().skip(1).take_while(|(_, l)| !l.ends_with('{'));
        if !line.trim_end().ends_with('{') && head.any(|(_, l)| at_indent(l) && l.ends_with(';')) {
            continue;
        }
        // rustfmt puts the closing brace where the function began.
        let is_close = |l: &str| l.get(indent..).is_some_and(|rest| rest.starts_with('}'));
        let body = lines[index..].iter().skip(1).take_while(|(_, l)| !is_close(l));
        functions.push(Sized {
            name: format!("{}::{name}", source.path),
            path: source.path.clone(),
            line: *number,
            count: body.filter(|(_, l)| !l.trim().is_empty()).count(),
            ceiling: FUNCTION_LINES_MAX,
        });
    }
    functions
}

fn function_name(line: &str) -> Option<&str> {
    let mut words = line.split_whitespace().skip_while(|word| {
        matches!(*word, "pub" | "async" | "const" | "unsafe" | "extern") || word.starts_with("pub(")
    });
    if words.next()? != "fn" {
        return None;
    }
    words.next()?.split(['(', '<']).next()
}

pub(super) fn lines(sources: &[Source]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for source in sources.iter().filter(|source| source.is_house() && source.path != "Cargo.lock") {
        let is_bounded =
            [".rs", ".star", ".toml", ".sh"].iter().any(|end| source.path.ends_with(end));
        // Blanks may be what a text for a test is about.
        if source.path.ends_with(".txt") {
            continue;
        }
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
