//! The list of tasks.

use crate::ending::status_word;
use crate::screen::{Ink, Screen};
use crate::words::{self, cut, instant, pad, plain};
use api::{NowCode, Status, TaskLine};
use std::io;

/// Columns of the widest status word.
const STATUS_COLUMNS: usize = 13;

/// One line per task, newest first; on a terminal a second line with what it waits for.
pub(crate) fn show(screen: &mut Screen, tasks: &[TaskLine]) -> io::Result<()> {
    if tasks.is_empty() {
        screen.text(0, Ink::Plain, "There are no tasks yet.")?;
        return screen.command("begin", "legwork");
    }
    for task in in_families(tasks) {
        let (ink, word) = status_word(task.status);
        let before = format!(
            "{}  {}  {}  ",
            plain(&task.id),
            pad(word, STATUS_COLUMNS),
            instant(task.created_at)
        );
        let width = screen.columns().saturating_sub(before.chars().count()).max(20);
        let line = format!(
            "{}  {}  {}  {}",
            screen.ink(Ink::Strong, &plain(&task.id)),
            screen.ink(ink, &pad(word, STATUS_COLUMNS)),
            instant(task.created_at),
            cut(&format!("{}{}", mark(task), plain(&task.request)), width)
        );
        screen.raw(&line)?;
        let wants = matches!(task.status, Status::Waiting | Status::NeedsYou | Status::Failed)
            || task.now_said.code == NowCode::ModelWaits;
        if wants && screen.look().width.is_some() && !task.now.is_empty() {
            screen.text(
                10,
                Ink::Faint,
                &cut(&plain(&words::now(task)), screen.columns().saturating_sub(10)),
            )?;
        }
    }
    Ok(())
}

/// Each task, and right after it its helpers.
fn in_families(tasks: &[TaskLine]) -> Vec<&TaskLine> {
    let mut lines: Vec<&TaskLine> = vec![];
    for task in tasks {
        let is_known = |id: &String| tasks.iter().any(|it| it.id == *id);
        if !task.parent.as_ref().is_some_and(is_known) {
            place(task, tasks, &mut lines);
        }
    }
    lines
}

fn place<'a>(task: &'a TaskLine, tasks: &'a [TaskLine], lines: &mut Vec<&'a TaskLine>) {
    lines.push(task);
    if lines.len() < tasks.len() {
        let helpers = tasks.iter().filter(|it| it.parent.as_ref() == Some(&task.id));
        helpers.for_each(|helper| place(helper, tasks, lines));
    }
}

fn mark(task: &TaskLine) -> &'static str {
    if task.parent.is_some() { "└ helper: " } else { "" }
}
