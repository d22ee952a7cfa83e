//! A plan as a person reads it.

use crate::limits;
use crate::screen::{Ink, Screen};
use crate::words::{count, duration};
use std::io;
use task::limits::{CALLS_PER_TASK_MAX, WORK_MS_MAX};
use task::{Plan, Step, StepState};

/// Shows the plan; `details_max` lines of detail at each step.
pub(crate) fn show(screen: &mut Screen, plan: &Plan, details_max: usize) -> io::Result<()> {
    screen.item((Ink::Strong, "Plan: "), Ink::Strong, &plan.goal)?;
    for (step, number) in plan.steps.iter().zip(1..) {
        show_step(screen, step, number, details_max)?;
    }
    if !plan.checks.is_empty() {
        screen.text(2, Ink::Plain, "Done means that these checks pass:")?;
    }
    for check in &plan.checks {
        screen.item((Ink::Plain, "    ○ "), Ink::Plain, &check.text)?;
    }
    let writes = if plan.boundary.writes.is_empty() {
        "It only reads.".to_owned()
    } else {
        let folders = plan.boundary.writes.join(", ");
        format!("It may change files in {folders}: in a copy, until you apply the changes.")
    };
    screen.text(2, Ink::Faint, &writes)?;
    let budget = plan.boundary.budget;
    if budget.calls_max < CALLS_PER_TASK_MAX || budget.work_ms_max < WORK_MS_MAX {
        let (calls, time) = (u64::from(budget.calls_max), duration(budget.work_ms_max));
        let text = format!("It stops after {} or {time} of work.", count(calls, "call"));
        screen.text(2, Ink::Faint, &text)?;
    }
    if let Some(estimate) = &plan.estimate {
        screen.item((Ink::Faint, "  Expected: "), Ink::Faint, estimate)?;
    }
    Ok(())
}

fn show_step(screen: &mut Screen, step: &Step, number: u32, details_max: usize) -> io::Result<()> {
    let (mark, ink, after) = match step.state {
        StepState::Planned => (' ', Ink::Plain, ""),
        StepState::Current => ('›', Ink::Strong, ""),
        StepState::Finished => ('✓', Ink::Plain, ""),
        StepState::Struck => ('✗', Ink::Faint, " (struck: will not be done)"),
    };
    let added = if step.key.is_empty() { " (added by you)" } else { "" };
    let locked = if step.locked { " (locked)" } else { "" };
    let text = format!("{}{added}{locked}{after}", step.text);
    let mark_ink = if step.state == StepState::Finished { Ink::Good } else { ink };
    screen.item((mark_ink, &format!("{mark} {number:>2}. ")), ink, &text)?;
    if !step.comment.is_empty() {
        screen.item((Ink::Key, "      » "), Ink::Plain, &step.comment)?;
    }
    let shown = if step.details.len() > details_max + 1 { details_max } else { step.details.len() };
    for detail in &step.details[..shown] {
        screen.text(8, Ink::Faint, detail)?;
    }
    if shown < step.details.len() {
        let rest = step.details.len() - shown;
        screen.text(8, Ink::Faint, &format!("… and {rest} more; `legwork plan` shows them all"))?;
    }
    Ok(())
}

/// Lines of detail in a plan that is shown while following.
pub(crate) const BRIEF: usize = limits::STEP_DETAILS_SHOWN;
