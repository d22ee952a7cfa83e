//! How one changed file differs, in the form that suits it.
//!
//! Text is compared here. A spreadsheet or a letter is a foreign document, so it is read in a
//! machine of its own that sees nothing but the two versions.

use crate::edges::Edges;
use crate::limits::{DIFF_BYTES_MAX, DIFF_CELLS_MAX, DIFF_DOCUMENT_BYTES_MAX, DIFF_TIME};
use crate::live::Shared;
use crate::look::{self, Form, Sheets};
use crate::machines;
use crate::reading::{Reading, Room};
use crate::review;
use crate::store::Store;
use api::{DiffView, ErrorKind, TableChange, UserError};
use machine::changes::{ChangeKind, ChangeList, Side, Which, read_side};
use std::collections::BTreeMap;
use std::path::Path;
use task::MachineWish;

/// Both versions of a file, as far as they were read.
struct Sides {
    before: Option<(Vec<u8>, u64)>,
    after: Option<(Vec<u8>, u64)>,
    form: Form,
    /// The ending of the file's name.
    ending: String,
}

/// The difference that `path`, one of the task's changes, makes.
pub(crate) async fn of(
    room: &Room,
    store: &Store,
    edges: &Edges,
    dir: &Path,
    shared: &Shared,
    path: &str,
) -> Result<DiffView, UserError> {
    let task = shared.read(|driver, _| driver.task().clone());
    let wish = machines::wanted(&task);
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
    let is_foreign = match sides.form {
        Form::Workbook | Form::Table => true,
        Form::Paper => sides.ending != "eml",
        Form::Plain => false,
    };
    // Lines of text say more of a table of texts than its cells do, where both are there.
    let is_text = matches!(sides.ending.as_str(), "csv" | "tsv");
    if is_foreign
        && !is_text
        && let Some(view) = in_machine((room, wish), edges, dir, &sides).await
    {
        return Ok(view);
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
    let form = look::form(path);
    let limit = if form == Form::Plain { DIFF_BYTES_MAX } else { DIFF_DOCUMENT_BYTES_MAX };
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
    Ok(Some(Sides { before, after, form, ending: look::ending(path) }))
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
    let truncated = is_cut(&sides.before) || is_cut(&sides.after);
    DiffView::Text { unified: unified(&before, &after), truncated }
}

fn unified(before: &str, after: &str) -> String {
    let diff = similar::TextDiff::configure().timeout(DIFF_TIME).diff_lines(before, after);
    diff.unified_diff().context_radius(3).header("before", "after").to_string()
}

/// Cells of one version: place of the sheet, its name, cell and name to value and formula.
type Cells = BTreeMap<Place, (String, Option<String>)>;
type Place = (usize, String, (u32, u32), String);

/// What a reader in a machine says that is different; `None` when it can't read a version.
async fn in_machine(
    (room, wish): (&Room, MachineWish),
    edges: &Edges,
    dir: &Path,
    sides: &Sides,
) -> Option<DiffView> {
    let name = |which: &str| format!("{which}.{}", sides.ending);
    let versions = [(name("before"), &sides.before), (name("after"), &sides.after)];
    let there = versions.iter().filter_map(|(name, side)| {
        let (bytes, _) = side.as_ref()?;
        Some((name.clone(), bytes.clone()))
    });
    let reading = match room.open(edges, wish, dir, there.collect()).await {
        Ok(reading) => reading,
        Err(why) => {
            tracing::warn!(why, "no machine to compare documents in");
            return None;
        }
    };
    let [before, after] = &versions;
    let view = match sides.form {
        Form::Workbook | Form::Table => {
            let before = sheets(&reading, before).await;
            let after = sheets(&reading, after).await;
            before.zip(after).map(|(before, after)| tables(before, after))
        }
        Form::Paper | Form::Plain => {
            let before = lines(&reading, before).await;
            let after = lines(&reading, after).await;
            before.zip(after).map(|((before, is_cut), (after, is_cut_too))| DiffView::Text {
                unified: unified(&before, &after),
                truncated: is_cut || is_cut_too,
            })
        }
    };
    reading.end().await;
    view
}

type Version<'a> = (String, &'a Option<(Vec<u8>, u64)>);

async fn sheets(reading: &Reading<'_>, (name, side): &Version<'_>) -> Option<Sheets> {
    match side {
        Some(_) => look::cells(reading, name).await,
        None => Some(Sheets { sheets: vec![], truncated: false }),
    }
}

async fn lines(reading: &Reading<'_>, (name, side): &Version<'_>) -> Option<(String, bool)> {
    match side {
        Some(_) => look::lines(reading, name).await,
        None => Some((String::new(), false)),
    }
}

/// Sheets are told in the order that the newer workbook has; those it lost come last.
fn tables(before: Sheets, after: Sheets) -> DiffView {
    let mut names: Vec<String> = after.sheets.iter().map(|it| it.name.clone()).collect();
    for sheet in &before.sheets {
        if !names.contains(&sheet.name) {
            names.push(sheet.name.clone());
        }
    }
    let is_cut = before.truncated || after.truncated;
    let cells = |read: Sheets| {
        let mut cells = Cells::new();
        for sheet in read.sheets {
            let order = names.iter().position(|name| *name == sheet.name).unwrap_or(usize::MAX);
            for cell in sheet.cells {
                let at = look::row_and_column(&cell.cell);
                let place = (order, sheet.name.clone(), at, cell.cell);
                cells.insert(place, (cell.value, cell.formula));
            }
        }
        cells
    };
    let (before, after) = (cells(before), cells(after));
    compare(&before, &after, is_cut)
}

fn compare(before: &Cells, after: &Cells, is_cut: bool) -> DiffView {
    let places: std::collections::BTreeSet<_> = before.keys().chain(after.keys()).collect();
    let changed = places.into_iter().filter(|place| before.get(place) != after.get(place));
    let changed: Vec<_> = changed.collect();
    let truncated = is_cut || changed.len() > DIFF_CELLS_MAX;
    let change = |place: &Place| TableChange {
        sheet: place.1.clone(),
        cell: place.3.clone(),
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
        Sides { before: side(before), after: side(after), form: Form::Plain, ending: String::new() }
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
    fn changed_cells_are_told_in_the_order_of_the_workbook() {
        let cell = |(cell, value): (&str, &str)| look::Cell {
            cell: cell.to_owned(),
            value: value.to_owned(),
            formula: None,
        };
        let sheet = |name: &str, cells: &[(&str, &str)]| look::Sheet {
            name: name.to_owned(),
            cells: cells.iter().copied().map(cell).collect(),
        };
        let book = |sheets| Sheets { sheets, truncated: false };
        let before = book(vec![
            sheet("Zoo", &[("A1", "x"), ("B2", "1"), ("AA2", "3")]),
            sheet("Gone", &[("A1", "x")]),
        ]);
        let after = book(vec![
            sheet("Zoo", &[("A1", "x"), ("B2", "2"), ("A10", "new")]),
            sheet("Ape", &[("A1", "y")]),
        ]);
        match tables(before, after) {
            DiffView::Table { cells, truncated: false } => {
                let told: Vec<String> =
                    cells.iter().map(|it| format!("{} {}", it.sheet, it.cell)).collect();
                assert_eq!(told, ["Zoo B2", "Zoo AA2", "Zoo A10", "Ape A1", "Gone A1"]);
            }
            other => panic!("{other:?}"),
        }
    }
}
