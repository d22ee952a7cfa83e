//! The first screen: what Legwork can do right now, what waits, and what minds there are.

use crate::limits;
use crate::screen::{Ink, Screen};
use crate::words::plain;
use api::{Offer, OffersView, Status, TaskLine};
use std::io;

const WHAT_IT_DOES: &str =
    "Legwork does tasks on your files. It shows a plan, works on a copy and checks its work.";
const WHAT_IT_LEAVES: &str =
    "Your folders change only when you apply the result, and every apply can be undone.";

/// Shows the first screen.
pub(crate) fn show(screen: &mut Screen, offers: &OffersView, tasks: &[TaskLine]) -> io::Result<()> {
    screen.text(0, Ink::Plain, WHAT_IT_DOES)?;
    screen.text(0, Ink::Plain, WHAT_IT_LEAVES)?;
    show_waiting(screen, tasks)?;
    screen.gap()?;
    screen.text(
        0,
        Ink::Strong,
        "What it can do right now, without a model and without an account:",
    )?;
    for job in &offers.jobs {
        screen.gap()?;
        show_job(screen, job)?;
    }
    screen.gap()?;
    screen.text(0, Ink::Strong, "Models:")?;
    if offers.minds.is_empty() {
        let text = "none found: no key in the environment, no model server on this computer. \
            The jobs above need none.";
        screen.text(2, Ink::Plain, text)?;
    }
    for mind in &offers.minds {
        let mark = if mind.usable { (Ink::Good, "  ✓ ") } else { (Ink::Faint, "  ○ ") };
        let note = if mind.note.is_empty() { String::new() } else { format!(": {}", mind.note) };
        screen.item(mark, Ink::Plain, &format!("{}{note}", mind.what))?;
    }
    screen.gap()?;
    screen.command("window", "legwork open")?;
    screen.command("more", "legwork --help")?;
    screen.command("tasks", "legwork list")?;
    screen.command("trouble", "legwork doctor")
}

fn show_job(screen: &mut Screen, job: &Offer) -> io::Result<()> {
    screen.text(2, Ink::Strong, &job.title)?;
    // The rest of a description is for matching words, and has room in --json.
    let sentence = job.description.split_inclusive(". ").next().unwrap_or_default();
    screen.text(4, Ink::Plain, sentence)?;
    if let Some(problem) = &job.problem {
        return screen.item((Ink::Warn, "    ! "), Ink::Warn, problem);
    }
    if let (Some(folder), Some(seen)) = (&job.folder, &job.seen) {
        screen.text(4, Ink::Good, &format!("In {folder}: {seen}"))?;
    }
    let command = format!("    {}", screen.ink(Ink::Key, &plain(&job.example)));
    screen.raw(&command)
}

fn show_waiting(screen: &mut Screen, tasks: &[TaskLine]) -> io::Result<()> {
    let waiting = tasks.iter().filter(|task| task.status == Status::Waiting);
    let waiting: Vec<&TaskLine> = waiting.collect();
    if waiting.is_empty() {
        return Ok(());
    }
    screen.gap()?;
    screen.text(0, Ink::Warn, "These tasks wait for you:")?;
    for task in waiting.iter().take(limits::WAITING_SHOWN) {
        let command = screen.ink(Ink::Key, &format!("legwork watch {}", plain(&task.id)));
        let width = screen.columns().saturating_sub(30);
        screen.raw(&format!("  {command}  {}", crate::words::cut(&plain(&task.request), width)))?;
    }
    if waiting.len() > limits::WAITING_SHOWN {
        screen.text(
            2,
            Ink::Faint,
            &format!("… and {} more", waiting.len() - limits::WAITING_SHOWN),
        )?;
    }
    Ok(())
}
