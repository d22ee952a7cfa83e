//! How one changed file differs, in the form that suits it.
//!
//! Text is compared here. A spreadsheet is a foreign document, so it is read in a machine of its
//! own that sees nothing but the two versions.

use crate::edges::Edges;
use crate::limits::{DIFF_BYTES_MAX, DIFF_CELLS_MAX, DIFF_TABLE_BYTES_MAX};
use crate::live::Shared;
use crate::review;
use crate::store::Store;
use api::{DiffView, ErrorKind, TableChange, UserError};
use machine::changes::{ChangeKind, ChangeList, Side, Which, read_side};
use machine::{JailShare, Machine};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::Path;
use task::Task;
use wire::{GuestTool, Reply, Request};

/// Both versions of a file, as far as they were read.
struct Sides {
    before: Option<(Vec<u8>, u64)>,
    after: Option<(Vec<u8>, u64)>,
    is_table: bool,
}

/// The difference that `path`, one of the task's changes, makes.
pub(crate) async fn of(
    store: &Store,
    edges: &Edges,
    dir: &Path,
    shared: &Shared,
    path: &str,
) -> Result<DiffView, UserError> {
    let task = shared.read(|driver, _| driver.task().clone());
    let table_task = task.clone();
    let (store, folder, wanted) = (store.clone(), dir.to_owned(), path.to_owned());
    let read = tokio::task::spawn_blocking(move || read_sides(&store, &folder, &task, &wanted));
    let sides = match read.await {
        Ok(sides) => sides.map_err(|why| cannot(path, &why))?,
        Err(error) => return Err(cannot(path, &error.to_string())),
    };
    let sides = sides.ok_or_else(|| {
        let what = format!("{path} is not among the changes of task {}", shared.id);
        UserError::new(ErrorKind::User, "change-unknown", what)
            .next(format!("`legwork changes {}` lists them", shared.id))
    })?;
    if sides.is_table
        && let Some(table) = tables(edges, dir, &table_task, &sides).await
    {
        return Ok(table);
    }
    Ok(text(&sides))
}

fn cannot(path: &str, why: &str) -> UserError {
    let what = format!("the difference of {path} cannot be shown");
    UserError::new(ErrorKind::Unavailable, "diff-failed", what).cause(why)
}

fn read_sides(
    store: &Store,
    dir: &Path,
    task: &task::Task,
    path: &str,
) -> Result<Option<Sides>, String> {
    let (blob, _) = task.changes().ok_or("the changes are not listed yet")?;
    let list: ChangeList = store.get_json(blob).map_err(|error| error.to_string())?;
    let Some(change) = list.changes.iter().find(|it| it.path.0 == path.trim_end_matches('/'))
    else {
        return Ok(None);
    };
    let bases = review::bases(store, task)?;
    let states = review::states(&bases, dir);
    let name = path.split('/').next().unwrap_or_default();
    let share = states.iter().find(|it| it.name == name).ok_or("its folder is not known")?;
    let lower = path.to_lowercase();
    let is_table = [".xlsx", ".xlsm", ".xls", ".ods"].iter().any(|end| lower.ends_with(end));
    let limit = if is_table { DIFF_TABLE_BYTES_MAX } else { DIFF_BYTES_MAX };
    let side = |which| match read_side(share, &dir.join("applies"), change, which, limit) {
        Ok(Side::File { bytes, size_bytes }) => Ok(Some((bytes, size_bytes))),
        Ok(Side::Link(target)) => Ok(Some((format!("link to {target}\n").into_bytes(), 0))),
        Ok(Side::Absent | Side::Folder | Side::Other) => Ok(None),
        Err(error) => Err(error.to_string()),
    };
    let after = side(Which::After)?;
    let before = match change.kind {
        ChangeKind::Moved { .. } => after.clone(),
        ChangeKind::Created | ChangeKind::Modified | ChangeKind::Deleted | ChangeKind::Mode => {
            side(Which::Before)?
        }
    };
    Ok(Some(Sides { before, after, is_table }))
}

fn text(sides: &Sides) -> DiffView {
    let size = |side: &Option<(Vec<u8>, u64)>| side.as_ref().map(|(_, size)| *size);
    let (before_bytes, after_bytes) = (size(&sides.before), size(&sides.after));
    let as_text = |side: &Option<(Vec<u8>, u64)>| match side {
        None => Some(String::new()),
        Some((bytes, _)) if bytes.contains(&0) => None,
        Some((bytes, _)) => match std::str::from_utf8(bytes) {
            Ok(text) => Some(text.to_owned()),
            // The limit may have cut a letter in two.
            Err(error) if error.error_len().is_none() => {
                Some(String::from_utf8_lossy(&bytes[..error.valid_up_to()]).into_owned())
            }
            Err(_) => None,
        },
    };
    let (Some(before), Some(after)) = (as_text(&sides.before), as_text(&sides.after)) else {
        return DiffView::Binary { before_bytes, after_bytes };
    };
    let is_cut = |side: &Option<(Vec<u8>, u64)>| {
        side.as_ref().is_some_and(|(bytes, size)| (bytes.len() as u64) < *size)
    };
    let diff = similar::TextDiff::configure()
        .timeout(std::time::Duration::from_secs(2))
        .diff_lines(&before, &after);
    let unified = diff.unified_diff().context_radius(3).header("before", "after").to_string();
    DiffView::Text { unified, truncated: is_cut(&sides.before) || is_cut(&sides.after) }
}

/// Cells of one version: sheet and cell to value and formula.
type Cells = BTreeMap<(String, (u32, u32), String), (String, Option<String>)>;

#[derive(Deserialize)]
struct Sheets {
    sheets: Vec<Sheet>,
}

#[derive(Deserialize)]
struct Sheet {
    name: String,
    cells: Vec<Cell>,
}

#[derive(Deserialize)]
struct Cell {
    cell: String,
    #[serde(default)]
    value: serde_json::Value,
    #[serde(default)]
    formula: Option<String>,
}

/// The changed cells; `None` when a version is no spreadsheet that can be read.
async fn tables(edges: &Edges, dir: &Path, task: &Task, sides: &Sides) -> Option<DiffView> {
    let folder = dir.join("review");
    let _ = tokio::fs::remove_dir_all(&folder).await;
    tokio::fs::create_dir_all(folder.join("sides")).await.ok()?;
    for (name, side) in [("before.xlsx", &sides.before), ("after.xlsx", &sides.after)] {
        if let Some((bytes, _)) = side {
            tokio::fs::write(folder.join("sides").join(name), bytes).await.ok()?;
        }
    }
    let mut spec = edges.jail_spec(&[]).ok()?;
    let host = folder.join("sides");
    spec.dir.clone_from(&folder);
    spec.dir.push("machine");
    tokio::fs::create_dir_all(&spec.dir).await.ok()?;
    spec.shares = vec![JailShare { name: "sides".to_owned(), host, writable: false }];
    let machine = match edges.another_machine(task, &spec).await {
        Ok(machine) => machine,
        Err(why) => {
            tracing::warn!(why, "no machine to compare spreadsheets in");
            return None;
        }
    };
    let before = cells(&*machine, "sides/before.xlsx", sides.before.is_some()).await;
    let after = cells(&*machine, "sides/after.xlsx", sides.after.is_some()).await;
    // Nothing could be written in it.
    let _ = machine.stop().await;
    let _ = tokio::fs::remove_dir_all(&folder).await;
    Some(compare(&before?, &after?))
}

async fn cells(machine: &dyn Machine, path: &str, is_there: bool) -> Option<Cells> {
    if !is_there {
        return Some(Cells::new());
    }
    let args = serde_json::json!({ "path": path }).to_string();
    let request = Request::Tool { tool: GuestTool::ReadWorkbook, args, timeout_ms: 30_000 };
    let Ok(Reply::Result { json, .. }) = machine.call(request, None, &|_| ()).await else {
        return None;
    };
    let read: Sheets = serde_json::from_str(&json).ok()?;
    let mut cells = Cells::new();
    for sheet in read.sheets {
        for cell in sheet.cells {
            let value = match cell.value {
                serde_json::Value::String(text) => text,
                serde_json::Value::Null => String::new(),
                other => other.to_string(),
            };
            let place = (sheet.name.clone(), row_and_column(&cell.cell), cell.cell);
            cells.insert(place, (value, cell.formula));
        }
    }
    Some(cells)
}

/// `B7` as (7, 2), so that cells are told row by row.
fn row_and_column(cell: &str) -> (u32, u32) {
    let letters = cell.bytes().take_while(u8::is_ascii_alphabetic);
    let column = letters.fold(0u32, |sum, letter| {
        sum.saturating_mul(26).saturating_add(u32::from(letter.to_ascii_uppercase() - b'A') + 1)
    });
    let row = cell.trim_start_matches(|letter: char| letter.is_ascii_alphabetic());
    (row.parse().unwrap_or(u32::MAX), column)
}

fn compare(before: &Cells, after: &Cells) -> DiffView {
    let places: std::collections::BTreeSet<_> = before.keys().chain(after.keys()).collect();
    let changed = places.into_iter().filter(|place| before.get(place) != after.get(place));
    let changed: Vec<_> = changed.collect();
    let truncated = changed.len() > DIFF_CELLS_MAX;
    let change = |place: &(String, (u32, u32), String)| TableChange {
        sheet: place.0.clone(),
        cell: place.2.clone(),
        before: before.get(place).map(|(value, _)| value.clone()),
        after: after.get(place).map(|(value, _)| value.clone()),
        formula: after.get(place).and_then(|(_, formula)| formula.clone()),
    };
    let cells = changed.into_iter().take(DIFF_CELLS_MAX).map(change).collect();
    DiffView::Table { cells, truncated }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sides(before: Option<&[u8]>, after: Option<&[u8]>) -> Sides {
        let side = |bytes: Option<&[u8]>| bytes.map(|it| (it.to_vec(), it.len() as u64));
        Sides { before: side(before), after: side(after), is_table: false }
    }

    #[test]
    fn text_is_told_line_by_line_and_other_things_by_size() {
        match text(&sides(Some(b"a\nb\n"), Some(b"a\nc\n"))) {
            DiffView::Text { unified, truncated: false } => {
                assert!(unified.contains("-b\n+c\n"), "{unified}");
            }
            other => panic!("{other:?}"),
        }
        let binary = text(&sides(Some(b"a\0b"), None));
        let sizes = matches!(binary, DiffView::Binary { before_bytes: Some(3), after_bytes: None });
        assert!(sizes, "{binary:?}");
    }

    #[test]
    fn changed_cells_are_told_in_reading_order() {
        let cell = |cell: &str, value: &str| {
            let place = ("Sheet".to_owned(), row_and_column(cell), cell.to_owned());
            (place, (value.to_owned(), None))
        };
        let before = Cells::from([cell("A1", "x"), cell("B2", "1"), cell("AA2", "3")]);
        let after = Cells::from([cell("A1", "x"), cell("B2", "2"), cell("A10", "new")]);
        match compare(&before, &after) {
            DiffView::Table { cells, truncated: false } => {
                let told: Vec<&str> = cells.iter().map(|it| it.cell.as_str()).collect();
                assert_eq!(told, ["B2", "AA2", "A10"]);
            }
            other => panic!("{other:?}"),
        }
    }
}
