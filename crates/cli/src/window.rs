//! `legwork open`: the window in a browser of this computer.

use crate::desk::Desk;
use crate::edge;
use crate::exit::{Exit, Failure};
use crate::link::{connect, find_task};
use crate::options::Open;
use crate::screen::Ink;
use api::WindowAsked;

/// Opens the window, or prints the link where there is nothing to open it with.
pub(crate) async fn open(desk: &mut Desk<'_>, asked: &Open) -> Result<Exit, Failure> {
    let client = connect(desk.place).await?;
    let to = match &asked.task {
        Some(named) => Some(format!("/tasks/{}", find_task(&client, named).await?)),
        None => None,
    };
    let link = client.window(&WindowAsked { to }).await?;
    if desk.as_json {
        desk.screen.json(&link)?;
        return Ok(Exit::Done);
    }
    if asked.link || !edge::has_display() {
        desk.screen.raw(&link.url)?;
        if !asked.link {
            let text = "Open it in a browser on this computer within a minute. It is good once.";
            desk.screen.text(0, Ink::Faint, text)?;
        }
        return Ok(Exit::Done);
    }
    if edge::browse(&link.url) {
        desk.screen.text(0, Ink::Plain, "Legwork opens in your browser.")?;
        return Ok(Exit::Done);
    }
    desk.screen.raw(&link.url)?;
    let text = "No browser was found. Open it in one within a minute; it is good once.";
    desk.screen.text(0, Ink::Warn, text)?;
    Ok(Exit::Done)
}
