//! What a task would change: the list, and how each file differs.

use crate::ending::host_path;
use crate::exit::{Exit, Failure};
use crate::limits;
use crate::screen::{Ink, Screen};
use crate::words::{columns, count, cut, pad, plain, shell_quoted, size};
use api::{
    Became, ChangeKind, ChangeView, ChangesView, Client, DiffBody, DiffView, ErrorKind,
    TableChange, TaskView, UserError,
};
use std::ffi::{OsStr, OsString};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use task::{Share, TaskId};
use wire::PathText;

/// Shows the changes of a task: all, or those at and below `path`.
pub(crate) async fn show(
    client: &Client,
    id: &TaskId,
    path: Option<&OsString>,
    screen: &mut Screen,
) -> Result<Exit, Failure> {
    let task = client.show(id).await?;
    let mut found = all(client, id).await?;
    if found.changes.is_empty() {
        let text = match task.changes {
            Some(_) => "The task changed nothing.",
            None => "What the task changes is listed when its work has ended.",
        };
        screen.text(0, Ink::Plain, text)?;
        return Ok(Exit::Done);
    }
    if let Some(path) = path {
        let named = named_path(&task.shares, path)?;
        found.changes.retain(|change| is_below(&change.path, &named));
        if found.changes.is_empty() {
            let what = format!("the task changes nothing at {named}");
            return Err(UserError::new(ErrorKind::User, "change-unknown", what)
                .next(format!("`legwork changes {id}` lists what it changes"))
                .into());
        }
    }
    show_list(screen, &task, &found, path.is_some())?;
    let lines_max = if found.changes.len() == 1 { usize::MAX } else { limits::DIFF_LINES_SHOWN };
    let differing = found.changes.iter().filter(|change| has_content(change));
    let differing: Vec<&ChangeView> = differing.collect();
    for change in differing.iter().take(limits::DIFFS_SHOWN) {
        let diff = client.diff(id, &DiffBody { path: change.path.clone() }).await?;
        show_diff(screen, change, &diff, lines_max)?;
    }
    if differing.len() > limits::DIFFS_SHOWN {
        screen.gap()?;
        let text = format!("{} more files differ.", differing.len() - limits::DIFFS_SHOWN);
        screen.text(0, Ink::Faint, &text)?;
    }
    screen.gap()?;
    if found.changes.len() > 1 {
        screen.command("one file", &format!("legwork changes {id} PATH"))?;
    }
    crate::ending::show_keep(screen, &task, has_rest(&found))?;
    Ok(Exit::Done)
}

/// The changes as JSON, or the difference of one file.
pub(crate) async fn json(
    client: &Client,
    id: &TaskId,
    path: Option<&OsString>,
    screen: &mut Screen,
) -> Result<Exit, Failure> {
    match path {
        None => screen.json(&all(client, id).await?)?,
        Some(path) => {
            let path = named_path(&client.show(id).await?.shares, path)?;
            screen.json(&client.diff(id, &DiffBody { path }).await?)?;
        }
    }
    Ok(Exit::Done)
}

/// Every page of changes.
pub(crate) async fn all(client: &Client, id: &TaskId) -> Result<ChangesView, Failure> {
    let mut view = client.changes(id, 0).await?;
    for _ in 1..limits::CHANGE_PAGES_MAX {
        let Some(offset) = view.next.take() else { break };
        let page = client.changes(id, offset).await?;
        view.changes.extend(page.changes);
        view.next = page.next;
    }
    Ok(view)
}

/// Whether something could still be applied without more ado.
pub(crate) fn has_rest(found: &ChangesView) -> bool {
    found.changes.iter().any(|change| {
        let is_there = matches!(change.became, Some(Became::Applied | Became::Conflict));
        !is_there && change.refused.is_none() && change.tick.is_none()
    })
}

/// How a task calls what a person named: `SHARE/rest`, a path on this computer, or a path within
/// the task's only folder.
pub(crate) fn named_path(shares: &[Share], arg: &OsStr) -> Result<String, UserError> {
    let typed = arg.to_str().filter(|text| PathText((*text).to_owned()).to_bytes().is_ok());
    let typed = typed.map_or_else(|| PathText::from_bytes(arg.as_bytes()).0, str::to_owned);
    let typed = typed.trim_end_matches('/').to_owned();
    let first = typed.split('/').next().unwrap_or_default();
    if shares.iter().any(|share| share.name == first) {
        return Ok(typed);
    }
    let absolute = std::path::absolute(arg).unwrap_or_default();
    // The file may not exist, but its folder may be reached through a link.
    let real = absolute.canonicalize().or_else(|_| {
        let parent = absolute.parent().unwrap_or(Path::new("/")).canonicalize()?;
        Ok::<_, io::Error>(parent.join(absolute.file_name().unwrap_or_default()))
    });
    for path in [Some(absolute.clone()), real.ok()].into_iter().flatten() {
        for share in shares {
            let host = PathText(share.host.clone()).to_bytes().unwrap_or_default();
            if let Ok(rest) = path.strip_prefix(OsStr::from_bytes(&host)) {
                let rest = PathText::from_bytes(rest.as_os_str().as_bytes()).0;
                return Ok(if rest.is_empty() {
                    share.name.clone()
                } else {
                    format!("{}/{rest}", share.name)
                });
            }
        }
    }
    match shares {
        [share] if !typed.starts_with('/') => Ok(format!("{}/{typed}", share.name)),
        _ => Err(UserError::new(
            ErrorKind::User,
            "change-unknown",
            format!("{typed} is in no folder of the task"),
        )
        .next("name it as `legwork changes TASK` does, or by its path on this computer")),
    }
}

fn is_below(path: &str, named: &str) -> bool {
    path.strip_prefix(named).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

fn has_content(change: &ChangeView) -> bool {
    let differs = matches!(change.kind, ChangeKind::Created | ChangeKind::Modified);
    // A folder has no size.
    differs && change.size_bytes.is_some() && change.refused.is_none()
}

fn show_list(
    screen: &mut Screen,
    task: &TaskView,
    found: &ChangesView,
    is_part: bool,
) -> io::Result<()> {
    if !is_part {
        screen.item((Ink::Strong, "Changes: "), Ink::Strong, &found.counts.to_string())?;
    }
    for change in found.changes.iter().take(limits::CHANGES_SHOWN) {
        show_change(screen, change)?;
    }
    if found.changes.len() > limits::CHANGES_SHOWN {
        let more = found.changes.len() - limits::CHANGES_SHOWN;
        screen.text(2, Ink::Faint, &format!("… and {more} more; --json lists them all"))?;
    }
    for share in &task.shares {
        let text = format!("{} is {}", share.name, host_path(&task.shares, &share.name));
        screen.text(2, Ink::Faint, &text)?;
    }
    let id = &task.line.id;
    let mut ticks = found.changes.iter().filter(|change| change.tick.is_some());
    if let Some(change) = ticks.next().filter(|_| !task.undoable) {
        let text = "Marked with ! are changes that are only applied with a tick of their own:";
        screen.text(0, Ink::Warn, text)?;
        screen.command(
            "tick",
            &format!("legwork apply {id} --tick {}", shell_quoted(&change.path)),
        )?;
    }
    Ok(())
}

/// One change in one line, and below it what is special about it.
pub(crate) fn show_change(screen: &mut Screen, change: &ChangeView) -> io::Result<()> {
    let (mark, ink, word) = match change.kind {
        ChangeKind::Created => ("+", Ink::Good, "new"),
        ChangeKind::Modified => ("~", Ink::Warn, "changed"),
        ChangeKind::Moved => ("→", Ink::Key, "moved"),
        ChangeKind::Deleted => ("-", Ink::Bad, "deleted"),
        ChangeKind::Mode => ("~", Ink::Warn, "permissions"),
    };
    let from = change.from.as_ref().map_or(String::new(), |from| format!("{} → ", plain(from)));
    let bytes = change.size_bytes.filter(|_| change.kind != ChangeKind::Deleted);
    let bytes = bytes.map_or(String::new(), |bytes| format!("  {}", size(bytes)));
    let line = format!(
        "{} {} {from}{}{}",
        screen.ink(ink, mark),
        screen.ink(Ink::Faint, &pad(word, 11)),
        plain(&change.path),
        screen.ink(Ink::Faint, &bytes)
    );
    screen.raw(&line)?;
    if let Some(reason) = &change.tick {
        screen.item((Ink::Warn, "    ! "), Ink::Warn, reason)?;
    }
    if let Some(reason) = &change.refused {
        screen.item((Ink::Bad, "    ✗ "), Ink::Bad, &format!("cannot be applied: {reason}"))?;
    }
    if let Some(outcome) = &change.outcome {
        screen.item((Ink::Faint, "    = "), Ink::Faint, outcome)?;
    }
    Ok(())
}

fn show_diff(
    screen: &mut Screen,
    change: &ChangeView,
    diff: &DiffView,
    lines_max: usize,
) -> io::Result<()> {
    screen.gap()?;
    screen.raw(&screen.ink(Ink::Strong, &plain(&change.path)))?;
    let (shown, total, is_cut) = match diff {
        DiffView::Text { unified, truncated } => {
            let shown = show_unified(screen, unified, lines_max)?;
            (shown, unified.lines().count(), *truncated)
        }
        DiffView::Table { cells, truncated } => {
            let shown = &cells[..cells.len().min(lines_max)];
            show_cells(screen, shown)?;
            (shown.len(), cells.len(), *truncated)
        }
        DiffView::Binary { before_bytes, after_bytes } => {
            let told = |bytes: &Option<u64>| bytes.map_or("nothing".to_owned(), size);
            let text =
                format!("not text: {} before, {} after", told(before_bytes), told(after_bytes));
            screen.text(2, Ink::Faint, &text)?;
            return Ok(());
        }
    };
    if shown < total {
        screen.text(
            2,
            Ink::Faint,
            &format!("… and {}", count((total - shown) as u64, "more line")),
        )?;
    }
    if is_cut {
        screen.text(2, Ink::Faint, "… the rest is too long to be shown")?;
    }
    Ok(())
}

fn show_unified(screen: &mut Screen, unified: &str, lines_max: usize) -> io::Result<usize> {
    let mut shown = 0;
    for line in unified.lines().take(lines_max) {
        let ink = match line.as_bytes().first() {
            Some(b'+') => Ink::Good,
            Some(b'-') => Ink::Bad,
            Some(b'@') => Ink::Key,
            _ => Ink::Plain,
        };
        let line = format!("  {}", screen.ink(ink, plain(line).trim_end()));
        screen.raw(&line)?;
        shown += 1;
    }
    Ok(shown)
}

fn show_cells(screen: &mut Screen, cells: &[TableChange]) -> io::Result<()> {
    let value = |text: &Option<String>| {
        let text = text.as_deref().unwrap_or("(empty)");
        cut(&plain(text), limits::CELL_COLUMNS_MAX)
    };
    let place = |cell: &TableChange| format!("{}!{}", plain(&cell.sheet), plain(&cell.cell));
    let widest = |texts: &mut dyn Iterator<Item = String>| {
        texts.map(|text| columns(&text)).max().unwrap_or(0)
    };
    let places = widest(&mut cells.iter().map(place));
    let is_new = cells.iter().all(|cell| cell.before.is_none());
    let befores = widest(&mut cells.iter().map(|cell| value(&cell.before)));
    let afters = widest(&mut cells.iter().map(|cell| value(&cell.after)));
    for cell in cells {
        let mut line = format!("  {}  ", pad(&place(cell), places));
        if !is_new {
            line += &screen.ink(Ink::Bad, &pad(&value(&cell.before), befores));
            line += " → ";
        }
        line += &screen.ink(Ink::Good, &pad(&value(&cell.after), afters));
        if let Some(formula) = &cell.formula {
            let formula = format!("  ={}", plain(formula.trim_start_matches('=')));
            line += &screen.ink(Ink::Faint, &formula);
        }
        screen.raw(line.trim_end())?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use task::ShareAccess;

    fn share(name: &str, host: &str) -> Share {
        Share { name: name.to_owned(), host: host.to_owned(), access: ShareAccess::Write }
    }

    #[test]
    fn a_path_may_be_named_in_three_ways() {
        let one = [share("Receipts", "/nowhere/Receipts")];
        let two = [share("a", "/nowhere/a"), share("odd\\x0a", "/nowhere/odd\\x0a")];
        let cases: [(&[Share], &str, &str); 9] = [
            (&one, "Receipts/Expenses.xlsx", "Receipts/Expenses.xlsx"),
            (&one, "Receipts/", "Receipts"),
            (&one, "/nowhere/Receipts/2024/x.pdf", "Receipts/2024/x.pdf"),
            (&one, "/nowhere/Receipts", "Receipts"),
            (&one, "Expenses.xlsx", "Receipts/Expenses.xlsx"),
            (&one, "/elsewhere/x", "change-unknown"),
            (&two, "x", "change-unknown"),
            (&two, "odd\\x0a/x", "odd\\x0a/x"),
            (&two, "/nowhere/odd\n/x\u{1b}", "odd\\x0a/x\\x1b"),
        ];
        for (shares, arg, expected) in cases {
            let named = named_path(shares, OsStr::new(arg)).unwrap_or_else(|error| error.code);
            assert_eq!(named, expected, "{arg:?}");
        }
    }
}
