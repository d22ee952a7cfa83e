//! Which formulas we write: such as compute from this workbook. None that fetch, start programs
//! or refer to other files.

use super::write::WriteError;

/// Longest formula that spreadsheet programs take.
const FORMULA_CHARS_MAX: usize = 8_192;

/// Functions that reach out of the workbook.
const REACHING_OUT: [&str; 10] = [
    "WEBSERVICE",
    "FILTERXML",
    "CALL",
    "REGISTER.ID",
    "RTD",
    "DDE",
    "EXEC",
    "IMAGE",
    "HYPERLINK",
    "SQL.REQUEST",
];

/// The formula without its `=`, if it may be written.
pub(super) fn checked(sheet: &str, cell: &str, formula: &str) -> Result<String, WriteError> {
    let refused = |why: &'static str| WriteError::Formula {
        sheet: sheet.to_owned(),
        cell: cell.to_owned(),
        why,
    };
    let formula = formula.trim();
    let formula = formula.strip_prefix('=').unwrap_or(formula).trim();
    if formula.is_empty() {
        return Err(refused("it is empty"));
    }
    if formula.chars().count() > FORMULA_CHARS_MAX {
        return Err(refused("it is too long"));
    }
    let bare = without_strings(formula).to_uppercase();
    if bare.contains('|') || bare.contains('[') {
        return Err(refused("it refers to another file or program"));
    }
    let calls = |name: &str| {
        bare.match_indices(name).any(|(at, name)| {
            let before = bare[..at].chars().next_back();
            let begins = !before.is_some_and(|c| c.is_alphanumeric() || c == '_');
            begins && bare[at + name.len()..].trim_start().starts_with('(')
        })
    };
    if REACHING_OUT.iter().any(|name| calls(name)) {
        return Err(refused("it uses a function that reaches out of the workbook"));
    }
    Ok(formula.to_owned())
}

/// Texts in double quotes and sheet names in single ones go.
fn without_strings(formula: &str) -> String {
    let mut bare = String::new();
    let mut within: Option<char> = None;
    for letter in formula.chars() {
        match (within, letter) {
            (Some(quote), letter) if letter == quote => within = None,
            (Some(_), _) => {}
            (None, '"' | '\'') => within = Some(letter),
            (None, letter) => bare.push(letter),
        }
    }
    bare
}
