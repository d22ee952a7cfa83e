//! Changing a plan: by options, or in the person's editor.

use crate::asking;
use crate::edge;
use crate::exit::Failure;
use crate::limits;
use crate::options::PlanChange;
use crate::plan_file;
use crate::screen::{Ink, Screen};
use crate::words::plain;
use api::{ErrorKind, Place, UserError};
use std::fs::{self, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use task::{Plan, PlanEdit, StepId, TaskId};

/// The edits that the options ask for, in the order: strike, restore, move, add,
/// lock, unlock, comment.
pub(crate) fn by_options(plan: &Plan, asked: &PlanChange) -> Result<Vec<PlanEdit>, UserError> {
    let mut edits = vec![];
    for &number in &asked.strike {
        edits.push(PlanEdit::Strike { step: step(plan, number)? });
    }
    for &number in &asked.restore {
        edits.push(PlanEdit::Restore { step: step(plan, number)? });
    }
    if let [number, to] = asked.move_step[..] {
        step(plan, to)?;
        edits.push(PlanEdit::Move { step: step(plan, number)?, index: to - 1 });
    }
    for text in &asked.add {
        edits.push(PlanEdit::Add { text: text.clone(), index: None });
    }
    for &number in &asked.lock {
        edits.push(PlanEdit::Lock { step: step(plan, number)? });
    }
    for &number in &asked.unlock {
        edits.push(PlanEdit::Unlock { step: step(plan, number)? });
    }
    for pair in asked.comment.chunks_exact(2) {
        let number = pair[0].parse().unwrap_or(0);
        edits.push(PlanEdit::Comment { step: step(plan, number)?, text: pair[1].clone() });
    }
    Ok(edits)
}

fn step(plan: &Plan, number: usize) -> Result<StepId, UserError> {
    let found = number.checked_sub(1).and_then(|index| plan.steps.get(index));
    found.map(|step| step.id).ok_or_else(|| {
        let what = format!("the plan has no step {number}");
        UserError::new(ErrorKind::User, "step-unknown", what)
            .cause(format!("its steps are numbered from 1 to {}", plan.steps.len()))
            .next("`legwork plan TASK` shows them")
    })
}

/// Lets the person edit the plan; no edits when nothing was changed.
pub(crate) fn in_editor(
    screen: &mut Screen,
    place: &Place,
    task: &TaskId,
    plan: &Plan,
) -> Result<Vec<PlanEdit>, Failure> {
    let editor =
        edge::editor().ok_or_else(|| editor_missing().next("or use --strike, --move and --add"))?;
    screen.clear_live()?;
    screen.flush()?;
    let file =
        Draft::write(place.runtime.join(format!("plan-{task}.txt")), &plan_file::write(plan))?;
    let mut tries_left = limits::EDITS_MAX;
    loop {
        let status =
            edge::edit(&editor, &file.0).map_err(|why| editor_failed(&editor).cause(why))?;
        if !status.success() {
            return Err(editor_failed(&editor).cause(status).into());
        }
        let mistake = match plan_file::read(plan, &file.read()?) {
            Ok(edits) => return Ok(edits),
            Err(mistake) => {
                UserError::new(ErrorKind::User, "plan-unclear", "the plan is not understood")
                    .cause(mistake)
                    .next("each line begins with `pick N`, `strike N` or `add`")
            }
        };
        tries_left -= 1;
        if tries_left == 0 || !edge::has_person() {
            return Err(mistake.into());
        }
        screen.text(0, Ink::Bad, &mistake.to_string())?;
        if !asking::again(screen)? {
            return Ok(vec![]);
        }
    }
}

/// Lets the person edit a text; returns what they made of it.
pub(crate) fn edited(place: &Place, name: &str, text: &str) -> Result<String, Failure> {
    let editor = edge::editor().ok_or_else(editor_missing)?;
    let file = Draft::write(place.runtime.join(name), text)?;
    let status = edge::edit(&editor, &file.0).map_err(|why| editor_failed(&editor).cause(why))?;
    match status.success() {
        true => Ok(file.read()?),
        false => Err(editor_failed(&editor).cause(status).into()),
    }
}

fn editor_missing() -> UserError {
    UserError::new(ErrorKind::Config, "editor-missing", "no editor was found")
        .cause("neither VISUAL nor EDITOR is set, and none of the usual ones is there")
        .next("set EDITOR, as in `EDITOR=nano legwork plan TASK --edit`")
}

fn editor_failed(editor: &str) -> UserError {
    let what = format!("the editor `{}` did not end well", plain(editor));
    UserError::new(ErrorKind::User, "editor-failed", what)
        .next("the plan is as it was; set EDITOR to another one, or use --strike, --move and --add")
}

/// The file that is edited; gone when done.
struct Draft(PathBuf);

impl Draft {
    fn write(path: PathBuf, text: &str) -> Result<Self, UserError> {
        let unusable = |why: io::Error| draft_unusable(&path).cause(why);
        let made =
            OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&path);
        made.and_then(|mut file| file.write_all(text.as_bytes())).map_err(unusable)?;
        Ok(Self(path))
    }

    fn read(&self) -> Result<String, UserError> {
        let mut text = String::new();
        let opened = fs::File::open(&self.0);
        let read = opened
            .and_then(|file| file.take(limits::PLAN_FILE_BYTES_MAX).read_to_string(&mut text));
        read.map_err(|why| draft_unusable(&self.0).cause(why))?;
        Ok(text)
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        // It lies in a folder that the system empties anyway.
        let _ = fs::remove_file(&self.0);
    }
}

fn draft_unusable(path: &Path) -> UserError {
    let what = format!("the plan cannot be edited in {}", path.display());
    UserError::new(ErrorKind::Unavailable, "draft-unusable", what)
        .next("use --strike, --move and --add instead")
}
