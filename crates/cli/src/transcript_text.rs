//! Transcript items as lines: what a person reads while following a task.

use crate::limits;
use crate::plan_text;
use crate::screen::{Ink, Screen};
use crate::speech::Speech;
use crate::words::{self, plain};
use std::collections::HashMap;
use std::io;
use task::transcript::{Item, PlanMood, What};
use task::{Ask, CheckResult, Outcome, Plan};

/// Remembers what later items refer to.
#[derive(Debug, Default)]
pub(crate) struct Told {
    /// What each running call is about, by its id.
    calls: HashMap<u32, String>,
    plan: Option<Plan>,
    problems: usize,
    speech: Speech,
}

/// What an item asks of the one who follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wish {
    Nothing,
    /// A plan or a question waits.
    Decision,
}

impl Told {
    /// Shows `item`.
    pub(crate) fn show(&mut self, screen: &mut Screen, item: &Item) -> io::Result<Wish> {
        match &item.what {
            What::Progress { call, done, total } => {
                let subject = self.calls.get(&call.0).map_or("Working", String::as_str);
                screen.live(&format!("  {subject} … {done} of {total}"))?;
            }
            What::Output { text, .. } => {
                let line = text.lines().rfind(|line| !line.trim().is_empty()).unwrap_or_default();
                screen.live(&format!("  │ {line}"))?;
            }
            What::Created { request, mind, folders } => {
                screen.item((Ink::Faint, "  request  "), Ink::Strong, request)?;
                for folder in folders {
                    screen.item((Ink::Faint, "  folder   "), Ink::Plain, folder)?;
                }
                // A model is told with its provider; the name of a skill has no slash.
                let is_model = mind.contains('/');
                let label = if is_model { "  model    " } else { "  playbook " };
                screen.item((Ink::Faint, label), Ink::Plain, mind)?;
            }
            What::Ready { entries, isolation } => {
                screen.text(0, Ink::Faint, &looking(*entries, words::isolation(*isolation)))?;
            }
            What::Egress { text } => screen.item((Ink::Faint, "  network  "), Ink::Plain, text)?,
            What::Speaking { text } => self.speech.hear(screen, &item.key, text)?,
            What::SentBack { text } | What::Waits { text } => screen.text(2, Ink::Warn, text)?,
            What::Said { text } => self.speech.end(screen, text)?,
            What::Helper { request, asks, is_over, .. } => {
                show_helper(screen, request, asks.as_deref(), *is_over)?;
            }
            What::Steered { text } => screen.text(2, Ink::Faint, text)?,
            What::Aside { question, answer } => {
                screen.item((Ink::Faint, "You, on the side: "), Ink::Plain, question)?;
                screen.text(2, Ink::Plain, answer)?;
            }
            What::UserSaid { text } => screen.item((Ink::Faint, "You: "), Ink::Plain, text)?,
            What::Plan { plan, state, .. } => return self.show_plan(screen, plan, *state),
            What::Question { ask, answer: None, .. } => {
                show_question(screen, ask)?;
                return Ok(Wish::Decision);
            }
            What::Question { ask, answer: Some(answer), .. } => {
                let label = ask.choices.iter().find(|it| it.key == *answer).map(|it| &it.label);
                let text = format!("{} {}", ask.text, label.unwrap_or(answer));
                screen.item((Ink::Good, "✓ Answered: "), Ink::Plain, &plain(&text))?;
            }
            What::Step { text } => self.show_step(screen, text)?,
            What::Call { call, tool, subject, outcome, note } => {
                self.show_call(screen, call.0, (tool, subject), *outcome, note)?;
            }
            What::Check { text, result: Some(result), .. } => show_check(screen, text, result)?,
            What::Check { text, result: None, .. } => {
                screen.live(&format!("  Checking: {text}"))?;
            }
            What::Summary { text } => {
                screen.gap()?;
                screen.text(0, Ink::Plain, text)?;
            }
            What::Changes { text } => {
                screen.item((Ink::Faint, "Changes: "), Ink::Plain, text)?;
            }
            What::Applied { text } => screen.item((Ink::Good, "✓ "), Ink::Plain, text)?,
            // The end is told from the task as it then is.
            What::Rested { .. } => (),
        }
        Ok(Wish::Nothing)
    }

    fn show_plan(&mut self, screen: &mut Screen, plan: &Plan, mood: PlanMood) -> io::Result<Wish> {
        let is_known = self.plan.as_ref().is_some_and(|known| same_plan(known, plan));
        if !is_known {
            screen.gap()?;
            plan_text::show(screen, plan, plan_text::BRIEF)?;
            screen.gap()?;
        }
        self.plan = Some(plan.clone());
        match mood {
            PlanMood::Waiting => return Ok(Wish::Decision),
            PlanMood::Approved => screen.item((Ink::Good, "✓ "), Ink::Plain, "Plan approved")?,
            PlanMood::Refused => screen.item((Ink::Bad, "✗ "), Ink::Plain, "Plan refused")?,
        }
        Ok(Wish::Nothing)
    }

    fn show_step(&self, screen: &mut Screen, text: &str) -> io::Result<()> {
        let steps = self.plan.as_ref().map_or(&[][..], |plan| &plan.steps);
        let number = steps.iter().position(|step| step.text == text).map(|index| index + 1);
        let mark =
            number.map_or("› ".to_owned(), |number| format!("› {number}/{} ", steps.len()));
        screen.item((Ink::Key, &mark), Ink::Plain, text)
    }

    fn show_call(
        &mut self,
        screen: &mut Screen,
        call: u32,
        (tool, subject): (&str, &str),
        outcome: Option<Outcome>,
        note: &str,
    ) -> io::Result<()> {
        let doing = doing(tool, subject);
        let trouble = match outcome {
            None => {
                screen.live(&format!("  {doing}"))?;
                self.calls.insert(call, doing);
                return Ok(());
            }
            Some(Outcome::Done) => return Ok(()),
            Some(Outcome::Failed) => "did not work",
            Some(Outcome::Denied) => "was not allowed",
            Some(Outcome::Interrupted) => "was interrupted",
        };
        self.calls.remove(&call);
        self.problems += 1;
        match self.problems {
            1..=limits::PROBLEMS_SHOWN => {
                let why = if note.is_empty() { String::new() } else { format!(": {note}") };
                screen.item(
                    (Ink::Warn, "  ! "),
                    Ink::Faint,
                    &plain(&format!("{doing} {trouble}{why}")),
                )
            }
            more if more == limits::PROBLEMS_SHOWN + 1 => {
                screen.text(4, Ink::Faint, "… further ones like these are in `legwork log`")
            }
            _ => Ok(()),
        }
    }
}

/// A question with its choices, numbered.
pub(crate) fn show_question(screen: &mut Screen, ask: &Ask) -> io::Result<()> {
    screen.gap()?;
    screen.item((Ink::Warn, "? "), Ink::Strong, &ask.text)?;
    if !ask.why.is_empty() {
        screen.text(2, Ink::Faint, &ask.why)?;
    }
    for picture in &ask.pictures {
        screen.text(2, Ink::Faint, &format!("shown in the window: {}", picture.path))?;
    }
    for (choice, number) in ask.choices.iter().zip(1..) {
        let suggested = ask.suggested.as_ref() == Some(&choice.key);
        let after = if suggested { " (suggested)" } else { "" };
        let text = format!("{}{after}", choice.label);
        screen.item((Ink::Plain, &format!("  {number}. ")), Ink::Plain, &text)?;
        if let Some(picture) = &choice.picture {
            screen.text(5, Ink::Faint, &format!("shown in the window: {}", picture.path))?;
        }
    }
    if ask.free {
        screen.text(2, Ink::Faint, "Your own words are welcome, too.")?;
    }
    Ok(())
}

/// A check that was run, with its evidence.
pub(crate) fn show_check(screen: &mut Screen, text: &str, result: &CheckResult) -> io::Result<()> {
    let mark = if result.passed { (Ink::Good, "✓ ") } else { (Ink::Bad, "✗ ") };
    screen.item(mark, Ink::Plain, text)?;
    for line in &result.evidence {
        screen.text(4, Ink::Faint, line)?;
    }
    Ok(())
}

/// Whether both read the same, however far their steps are.
fn same_plan(one: &Plan, other: &Plan) -> bool {
    let words = |plan: &Plan| {
        let step =
            |step: &task::Step| (step.id, step.text.clone(), step.state == task::StepState::Struck);
        plan.steps.iter().map(step).collect::<Vec<_>>()
    };
    one.goal == other.goal && words(one) == words(other)
}

fn looking(entries: u64, inside: &str) -> String {
    match entries {
        0 => format!("Looking at an empty folder, inside {inside}."),
        1 => format!("Looking at 1 file or folder: a copy of it, inside {inside}."),
        _ => format!("Looking at {entries} files and folders: a copy of them, inside {inside}."),
    }
}

/// What a call does, in words.
fn doing(tool: &str, subject: &str) -> String {
    let verb = match tool {
        "list_files" => "Listing",
        "hash_files" => "Comparing the content of",
        "describe_files" => "Looking at",
        "search_files" => "Searching",
        "read_file" | "read_document" | "read_receipt" | "read_workbook" => "Reading",
        "write_file" | "write_workbook" | "write_document" => "Writing",
        "edit_file" => "Editing",
        "move_files" => "Moving files",
        "make_folder" => "Making the folder",
        "delete_files" => "Deleting files",
        "run_command" => "Running",
        "command_output" => "Reading what runs in the background",
        "command_stop" => "Ending what runs in the background",
        "web_fetch" => "Fetching",
        "web_search" => "Searching the web for",
        "look" => "Looking at",
        tool => return format!("{} {subject}", tool.replace('_', " ")).trim_end().to_owned(),
    };
    format!("{verb} {subject}").trim_end().to_owned()
}

fn show_helper(
    screen: &mut Screen,
    request: &str,
    asks: Option<&str>,
    is_over: bool,
) -> io::Result<()> {
    if let Some(asks) = asks {
        screen.item((Ink::Warn, "A helper asks: "), Ink::Plain, asks)?;
        return screen.text(2, Ink::Faint, request);
    }
    let mark = if is_over { "✓ helper: " } else { "› helper: " };
    screen.item((Ink::Faint, mark), Ink::Plain, request)
}
