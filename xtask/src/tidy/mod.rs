//! The rules of the house that a machine can check. A rule that is not checked here is no rule.
//!
//! Each rule is a function from the sources to what it finds wrong with them, so that it can be
//! tried on a few lines of text. What may be larger than allowed is listed in `exemptions.toml`,
//! which may only shrink.

mod edges;
mod names;
mod papers;
mod scan;
mod shape;
#[cfg(test)]
mod tests;
mod tongues;

use crate::command;
use std::fmt;
use std::path::Path;

/// A file as it is in the repository.
#[derive(Debug, Clone)]
pub(crate) struct Source {
    /// From the root of the repository, with `/`.
    path: String,
    text: String,
    /// The text without comments, strings and characters, line for line; empty unless it is Rust.
    code: String,
}

impl Source {
    fn new(path: &str, text: &str) -> Self {
        let code = if path.ends_with(".rs") { scan::code_of(text) } else { String::new() };
        Self { path: path.to_owned(), text: text.to_owned(), code }
    }

    fn is_rust(&self) -> bool {
        self.path.ends_with(".rs")
    }

    /// Ours by hand; not input for a test, whose form is its point.
    fn is_house(&self) -> bool {
        !self.path.contains("/fixtures/") && !self.path.starts_with("examples/")
    }

    /// Lines of the code, from 1.
    fn code_lines(&self) -> impl Iterator<Item = (usize, &str)> {
        self.code.lines().enumerate().map(|(index, line)| (index + 1, line))
    }
}

/// Something that is not as the house wants it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Finding {
    path: String,
    /// 0 for the whole file.
    line: usize,
    what: String,
}

impl Finding {
    fn new(path: &str, line: usize, what: impl Into<String>) -> Self {
        Self { path: path.to_owned(), line, what: what.into() }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => write!(out, "{}: {}", self.path, self.what),
            line => write!(out, "{}:{line}: {}", self.path, self.what),
        }
    }
}

type Rule = fn(&[Source]) -> Vec<Finding>;

/// All rules, and what each is for, as it is listed in CONTRIBUTING.md.
const RULES: &[(&str, Rule)] = &[
    ("every Rust file opens with what it is", shape::header),
    ("files and functions fit their ceilings", shape::sizes),
    ("lines end at column 100 and without blanks", shape::lines),
    ("types and modules are named by the glossary", names::banned),
    ("nothing is left to do in secret", names::markers),
    ("unsafe code is in machine and guest", names::unsafety),
    ("no machine and no registry is named", names::places),
    ("dependencies point down", edges::internal),
    ("pure crates stay pure, and foreign crates have one home", edges::external),
    ("error codes are listed", papers::error_codes),
    ("errors that the page shows are said in German", tongues::codes),
    ("what is said in German is what the daemon says", tongues::forms),
    ("links in documents lead somewhere", papers::links),
    ("what ARCHITECTURE.md names is there", papers::architecture),
    ("decisions are short and numbered", papers::decisions),
];

/// Checks the repository at `root`; answers with all findings, sorted.
pub(crate) fn run(root: &Path) -> Result<Vec<Finding>, command::Failed> {
    let sources = read(root)?;
    let mut findings: Vec<Finding> = RULES.iter().flat_map(|(_, rule)| rule(&sources)).collect();
    findings.sort();
    Ok(findings)
}

/// Number of rules, for the report.
pub(crate) fn rule_count() -> usize {
    RULES.len()
}

fn read(root: &Path) -> Result<Vec<Source>, command::Failed> {
    let list = command::output(root, "git", &["ls-files", "-z", "-co", "--exclude-standard"])?;
    let paths = list.split('\0').filter(|path| !path.is_empty());
    // A file that is listed but gone was deleted and not yet committed; one that is no text has no
    // rules.
    let read =
        |path: &str| Some(Source::new(path, &std::fs::read_to_string(root.join(path)).ok()?));
    Ok(paths.filter_map(read).collect())
}
