//! `legwork memory`: what is remembered of the person, to read, change and forget.

use crate::desk::Desk;
use crate::edge;
use crate::exit::{Exit, Failure};
use crate::link::connect;
use crate::options::MemoryCommand;
use crate::plan_edit::edited;
use crate::screen::Ink;
use crate::words::plain;
use api::{ErrorKind, FolderMemoryView, MemoryBody, MemoryView, UserError};

pub(crate) async fn memory(
    desk: &mut Desk<'_>,
    asked: Option<MemoryCommand>,
) -> Result<Exit, Failure> {
    let client = connect(desk.place).await?;
    if let Some(MemoryCommand::Folders) = asked {
        return folders(desk, &client.folder_memories().await?);
    }
    let mut memory = client.memory().await?;
    let text = match asked {
        None | Some(MemoryCommand::Folders) => None,
        Some(MemoryCommand::Edit) => {
            if !edge::has_person() {
                let what = "an editor needs a terminal";
                return Err(UserError::new(ErrorKind::User, "memory-editor", what)
                    .next(format!("change {} itself", memory.path))
                    .into());
            }
            Some(edited(desk.place, "memory.md", &memory.text)?)
        }
        Some(MemoryCommand::Forget { line }) => Some(without(&memory.text, line)?),
    };
    if let Some(text) = text.filter(|text| *text != memory.text) {
        memory = client.set_memory(&MemoryBody { text, before: memory.text }).await?;
    }
    if desk.as_json {
        desk.screen.json(&memory)?;
        return Ok(Exit::Done);
    }
    show(desk, &memory)?;
    Ok(Exit::Done)
}

fn folders(desk: &mut Desk<'_>, all: &[FolderMemoryView]) -> Result<Exit, Failure> {
    if desk.as_json {
        desk.screen.json(&all)?;
        return Ok(Exit::Done);
    }
    if all.is_empty() {
        desk.screen.text(0, Ink::Plain, "Nothing is remembered about a folder.")?;
    }
    for it in all {
        desk.screen.text(0, Ink::Strong, &plain(&it.shown))?;
        for (_, entry) in entries(&it.text) {
            desk.screen.item((Ink::Faint, "  - "), Ink::Plain, &plain(entry))?;
        }
        if let Some(problem) = &it.problem {
            let text = format!("{}: {}", problem.what, problem.cause);
            desk.screen.item((Ink::Warn, "  ! "), Ink::Warn, &plain(&text))?;
        }
    }
    Ok(Exit::Done)
}

fn show(desk: &mut Desk<'_>, memory: &MemoryView) -> Result<(), Failure> {
    let is_heading = |line: &str| line.trim().is_empty() || line.starts_with('#');
    if memory.text.lines().all(is_heading) {
        desk.screen.text(0, Ink::Plain, "Nothing is remembered.")?;
    }
    for (number, (_, entry)) in entries(&memory.text).enumerate() {
        let number = format!("{}  ", number + 1);
        desk.screen.item((Ink::Strong, &number), Ink::Plain, &plain(entry))?;
    }
    desk.screen.text(0, Ink::Faint, &format!("kept in {}", plain(&memory.path)))?;
    Ok(())
}

/// Entries with the number of their line.
fn entries(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let lines = text.lines().enumerate();
    lines.filter_map(|(at, line)| Some((at, line.trim_start().strip_prefix("- ")?)))
}

fn without(text: &str, number: usize) -> Result<String, Failure> {
    let found = number.checked_sub(1).and_then(|index| entries(text).nth(index));
    let Some((gone, _)) = found else {
        let what = format!("there is no entry {number} in the memory");
        return Err(UserError::new(ErrorKind::User, "memory-entry", what)
            .next("`legwork memory` shows the entries with their numbers")
            .into());
    };
    let kept = text.split_inclusive('\n').enumerate().filter(|(at, _)| *at != gone);
    Ok(kept.map(|(_, line)| line).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_entry_is_forgotten_and_the_rest_stays() {
        let text = "# Mine\n\n- a\ntext\n- b\n";
        assert_eq!(without(text, 1).expect("an entry"), "# Mine\n\ntext\n- b\n");
        assert_eq!(without(text, 2).expect("an entry"), "# Mine\n\n- a\ntext\n");
        assert!(without(text, 3).is_err() && without(text, 0).is_err());
    }
}
