//! `legwork boundary` and `legwork archive`: what a task may do, said anew, and being through with
//! it.

use crate::desk::{Desk, open};
use crate::exit::{Exit, Failure};
use crate::options::{Archive, BoundaryChange};
use crate::screen::{Ink, Screen};
use crate::words::{count, duration, plain};
use api::{ArchiveBody, BoundaryBody, TaskView};
use std::io;

pub(crate) async fn boundary(desk: &mut Desk<'_>, asked: &BoundaryChange) -> Result<Exit, Failure> {
    let (client, id) = open(desk, &asked.task).await?;
    let mut view = client.show(&id).await?;
    if let Some(body) = body(&view, asked) {
        view = client.set_boundary(&id, &body).await?;
    }
    match desk.as_json {
        true => desk.screen.json(&serde_json::json!({
            "task": view.line.id, "writes": writes(&view),
            "budget": view.budget, "egress": view.egress,
        }))?,
        false => show(desk.screen, &view)?,
    }
    Ok(Exit::Done)
}

/// Where it may suggest changes: in its plan while that waits.
fn writes(view: &TaskView) -> Vec<String> {
    let planned = view.plan.as_ref().filter(|_| view.plan_waits).map(|plan| &plan.boundary);
    planned.or(view.boundary.as_ref()).map(|it| it.writes.clone()).unwrap_or_default()
}

fn body(view: &TaskView, asked: &BoundaryChange) -> Option<BoundaryBody> {
    let mut body = BoundaryBody { revoke: asked.take_back.clone(), ..BoundaryBody::default() };
    if !asked.write.is_empty() || !asked.no_write.is_empty() {
        let mut writes = writes(view);
        writes.retain(|name| !asked.no_write.contains(name));
        for name in &asked.write {
            if !writes.contains(name) {
                writes.push(name.clone());
            }
        }
        body.writes = Some(writes);
    }
    if asked.minutes.is_some() || asked.cents.is_some() || asked.calls.is_some() {
        let mut budget = view.budget;
        if let Some(minutes) = asked.minutes {
            budget.work_ms_max = u64::from(minutes) * 60_000;
        }
        if let Some(cents) = asked.cents {
            budget.cost_usd_micros_max = u64::from(cents) * 10_000;
        }
        budget.calls_max = asked.calls.unwrap_or(budget.calls_max);
        body.budget = Some(budget);
    }
    let says = body.writes.is_some() || body.budget.is_some() || !body.revoke.is_empty();
    says.then_some(body)
}

fn show(screen: &mut Screen, view: &TaskView) -> io::Result<()> {
    let writes = writes(view);
    let folders = if writes.is_empty() { "nothing".to_owned() } else { writes.join(", ") };
    let text = plain(&format!("It may suggest changes in {folders}."));
    screen.text(0, Ink::Plain, &text)?;
    let budget = view.budget;
    let time = duration(budget.work_ms_max);
    let calls = count(u64::from(budget.calls_max), "call");
    screen.text(0, Ink::Plain, &format!("It may take {calls} and {time} of work at most."))?;
    if view.egress.is_empty() {
        screen.text(0, Ink::Plain, "It may reach nothing on the network.")?;
    }
    for rule in &view.egress {
        screen.item((Ink::Key, "· "), Ink::Plain, &plain(rule))?;
    }
    Ok(())
}

pub(crate) async fn archive(desk: &mut Desk<'_>, asked: &Archive) -> Result<Exit, Failure> {
    let (client, id) = open(desk, &asked.task).await?;
    let view = client.archive(&id, &ArchiveBody { archived: !asked.take_out }).await?;
    if desk.as_json {
        desk.screen.json(&view)?;
        return Ok(Exit::Done);
    }
    let what = if asked.take_out { "is out again" } else { "is put away" };
    desk.screen.item((Ink::Good, "✓ "), Ink::Plain, &format!("Task {id} {what}."))?;
    Ok(Exit::Done)
}
