//! Which files the arguments of a call name, and how the call uses them.

use super::RowFrom;
use serde_json::Value;

/// What a call says of files.
#[derive(Debug, Default)]
pub(super) struct Named {
    pub(super) reads: Vec<String>,
    writes: Vec<String>,
    moves: Vec<(String, String)>,
    /// A path or a command, one line.
    pub(super) subject: String,
    pub(super) is_command: bool,
    /// The arguments of a call that writes, as text.
    pub(super) written: Option<String>,
}

/// What a call does with one file.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Use {
    None,
    Written,
    Moved { from: String },
}

impl Named {
    pub(super) fn touches(&self, path: &str) -> Use {
        for (from, to) in self.moves.iter().rev() {
            if to == path {
                return Use::Moved { from: from.clone() };
            }
            // A folder that was moved took what is in it along.
            if let Some(rest) = path.strip_prefix(to).filter(|rest| rest.starts_with('/')) {
                return Use::Moved { from: format!("{from}{rest}") };
            }
            // A file that is gone from where it was is told as moved, too.
            if from == path {
                return Use::Written;
            }
        }
        match self.writes.iter().any(|it| holds(it, path)) {
            true => Use::Written,
            false => Use::None,
        }
    }
}

/// Whether `outer` is `path`, or a folder that it is in.
pub(super) fn holds(outer: &str, path: &str) -> bool {
    let outer = outer.trim_end_matches('/');
    path.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// What the call of `tool` names; nothing where its arguments can't be had.
pub(super) fn of(tool: &str, args: Option<String>) -> Named {
    let mut named = Named { is_command: tool == "run_command", ..Named::default() };
    let Some(text) = args else { return named };
    let Ok(args) = serde_json::from_str::<Value>(&text) else { return named };
    let one = |name: &str| args.get(name).and_then(Value::as_str).map(str::to_owned);
    let many = |name: &str| {
        let list = args.get(name).and_then(Value::as_array).into_iter().flatten();
        list.filter_map(Value::as_str).map(str::to_owned).collect::<Vec<_>>()
    };
    let paths = || one("path").into_iter().chain(one("folder")).chain(many("paths"));
    match tool {
        "write_file" | "edit_file" | "make_folder" | "delete_files" => {
            named.writes = paths().collect();
        }
        "write_workbook" | "write_document" => named.writes = paths().collect(),
        // What it was for the helper stands in the helper's own record.
        "take_file" => {
            named.writes = one("to").or_else(|| one("path")).into_iter().collect();
            let helper = one("helper").unwrap_or_default();
            let from = one("path").unwrap_or_default();
            named.subject = format!("{from}, made by helper {helper}");
        }
        "move_files" => {
            let moves = args.get("moves").and_then(Value::as_array).into_iter().flatten();
            let end = |it: &Value, name: &str| it.get(name)?.as_str().map(str::to_owned);
            named.moves = moves.filter_map(|it| Some((end(it, "from")?, end(it, "to")?))).collect();
        }
        "run_command" => named.subject = one("command").unwrap_or_default(),
        // Everything else looks only.
        _ => named.reads = paths().collect(),
    }
    if named.subject.is_empty() {
        let moved = named.moves.first().map(|(from, _)| from);
        let first = named.writes.first().or(moved).or(named.reads.first());
        named.subject = first.cloned().unwrap_or_default();
    }
    named.written =
        matches!(tool, "write_file" | "edit_file" | "write_workbook" | "write_document")
            .then_some(text);
    named
}

/// Whether what was written names the file at `path`, by the name that it has in its folder.
pub(super) fn mentions(written: &str, path: &str) -> bool {
    // A whole share is named by every path.
    let Some((_, name)) = path.rsplit_once('/') else { return false };
    // A name of a letter or two would be found everywhere.
    const TELLING_BYTES: usize = 4;
    name.len() >= TELLING_BYTES && written.contains(name)
}

/// Which document each row of a spreadsheet is linked to. A link is relative to the folder that
/// the spreadsheet at `path` is in.
pub(super) fn rows(written: &str, path: &str) -> Vec<RowFrom> {
    let Ok(args) = serde_json::from_str::<Value>(written) else { return vec![] };
    let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let mut found = Vec::new();
    let sheets = args.pointer("/workbook/sheets").and_then(Value::as_array);
    for sheet in sheets.into_iter().flatten() {
        let name = sheet.get("name").and_then(Value::as_str).unwrap_or_default();
        let rows = sheet.get("rows").and_then(Value::as_array).into_iter().flatten();
        // Row 1 holds the titles.
        for (row, cells) in (2u32..).zip(rows) {
            let cells = cells.as_array().into_iter().flatten();
            let linked = cells.filter_map(|cell| cell.pointer("/link/file")?.as_str());
            found.extend(linked.map(|link| RowFrom {
                sheet: name.to_owned(),
                row,
                path: format!("{folder}/{link}"),
                key: None,
            }));
        }
    }
    found
}
