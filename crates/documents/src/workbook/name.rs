//! What spreadsheet programs allow as the name of a sheet.

use crate::limits::SHEET_NAME_CHARS_MAX;

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SheetNameProblem {
    #[error("it is empty")]
    Empty,
    #[error("it is longer than 31 characters")]
    Long,
    #[error("it holds one of the characters [ ] : * ? / \\ or a control character")]
    Letter,
    #[error("it begins or ends with an apostrophe")]
    Apostrophe,
    #[error("\"History\" is a name that Excel keeps for itself")]
    Reserved,
}

/// Why this is no name for a sheet; `None` when it is one.
pub fn sheet_name_problem(name: &str) -> Option<SheetNameProblem> {
    let is_bad = |letter: char| {
        matches!(letter, '[' | ']' | ':' | '*' | '?' | '/' | '\\') || letter.is_control()
    };
    if name.trim().is_empty() {
        Some(SheetNameProblem::Empty)
    } else if name.encode_utf16().count() > SHEET_NAME_CHARS_MAX {
        Some(SheetNameProblem::Long)
    } else if name.contains(is_bad) {
        Some(SheetNameProblem::Letter)
    } else if name.starts_with('\'') || name.ends_with('\'') {
        Some(SheetNameProblem::Apostrophe)
    } else if name.eq_ignore_ascii_case("history") {
        Some(SheetNameProblem::Reserved)
    } else {
        None
    }
}

/// The nearest name that is allowed and not among those taken.
pub fn sheet_name(wanted: &str, taken: &[String]) -> String {
    let mut name: String = wanted
        .chars()
        .map(|letter| match letter {
            '[' => '(',
            ']' => ')',
            ':' | '*' | '?' | '/' | '\\' => '-',
            letter if letter.is_control() => ' ',
            letter => letter,
        })
        .collect();
    name = name.trim().trim_matches('\'').to_owned();
    if name.is_empty() {
        "Sheet".clone_into(&mut name);
    }
    if name.eq_ignore_ascii_case("history") {
        name.push('_');
    }
    let is_taken = |name: &str| {
        let lower = name.to_lowercase();
        taken.iter().any(|taken| taken.to_lowercase() == lower)
    };
    let mut candidate = cut(&name, SHEET_NAME_CHARS_MAX);
    let mut count = 2_usize;
    while is_taken(&candidate) {
        let suffix = format!(" ({count})");
        candidate = cut(&name, SHEET_NAME_CHARS_MAX - suffix.len()) + &suffix;
        count += 1;
    }
    candidate
}

/// Excel counts UTF-16 units.
fn cut(name: &str, units_max: usize) -> String {
    let mut units = 0;
    let fits = |letter: &char| {
        units += letter.len_utf16();
        units <= units_max
    };
    let cut: String = name.chars().take_while(fits).collect();
    cut.trim_end().trim_end_matches('\'').to_owned()
}
