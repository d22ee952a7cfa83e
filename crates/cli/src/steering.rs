//! Pause and resume, a question on the side, another model.

use crate::desk::{Desk, open};
use crate::exit::{Exit, Failure};
use crate::link::connect_with_keys;
use crate::options::{Ask, Switch};
use crate::screen::Ink;
use crate::words::plain;
use api::{AsideBody, SwitchBody, TaskView};

pub(crate) async fn pause(desk: &mut Desk<'_>, named: &str) -> Result<Exit, Failure> {
    let (client, id) = open(desk, named).await?;
    let view = client.pause(&id).await?;
    if !tell(desk, &view, "is paused; its time stands still")? {
        return Ok(Exit::Done);
    }
    desk.screen.command("go on", &format!("legwork resume {id}"))?;
    desk.screen.command("tell", &format!("legwork say {id} \"…\""))?;
    Ok(Exit::Done)
}

pub(crate) async fn resume(desk: &mut Desk<'_>, named: &str) -> Result<Exit, Failure> {
    let (client, id) = open(desk, named).await?;
    let view = client.resume(&id).await?;
    if tell(desk, &view, "goes on")? {
        desk.screen.command("follow", &format!("legwork watch {id}"))?;
    }
    Ok(Exit::Done)
}

pub(crate) async fn switch(desk: &mut Desk<'_>, asked: Switch) -> Result<Exit, Failure> {
    connect_with_keys(desk.place).await?;
    let (client, id) = open(desk, &asked.task).await?;
    let view = client.switch(&id, &SwitchBody { model: asked.model }).await?;
    let what = format!("goes on with {}", plain(&view.line.mind));
    tell(desk, &view, &what)?;
    Ok(Exit::Done)
}

pub(crate) async fn ask(desk: &mut Desk<'_>, asked: Ask) -> Result<Exit, Failure> {
    let (client, id) = open(desk, &asked.task).await?;
    desk.screen.live("Asking …")?;
    let view = client.aside(&id, &AsideBody { question: asked.question }).await?;
    if desk.as_json {
        desk.screen.json(&view)?;
        return Ok(Exit::Done);
    }
    desk.screen.text(0, Ink::Plain, &view.answer)?;
    Ok(Exit::Done)
}

/// Whether more may be told: not where JSON is wanted.
fn tell(desk: &mut Desk<'_>, view: &TaskView, what: &str) -> Result<bool, Failure> {
    if desk.as_json {
        desk.screen.json(view)?;
        return Ok(false);
    }
    let mark = format!("Task {} ", plain(&view.line.id));
    desk.screen.item((Ink::Strong, &mark), Ink::Plain, what)?;
    Ok(true)
}
