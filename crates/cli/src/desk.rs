//! What every command works with, and how it comes to the task that it is about.

use crate::exit::Failure;
use crate::link::{connect, find_task};
use crate::screen::Screen;
use crate::words::plain;
use api::{Client, ErrorKind, Place, TaskView, UserError};
use task::TaskId;

/// What every command has at hand.
pub(crate) struct Desk<'a> {
    pub(crate) place: &'a Place,
    pub(crate) screen: &'a mut Screen,
    pub(crate) as_json: bool,
}

/// The daemon, and the task that the person named.
pub(crate) async fn open(desk: &Desk<'_>, named: &str) -> Result<(Client, TaskId), Failure> {
    let client = connect(desk.place).await?;
    let id = find_task(&client, named).await?;
    Ok((client, id))
}

pub(crate) fn bad_id(view: &TaskView) -> UserError {
    let what = format!("the daemon names the task `{}`, which is no name", plain(&view.line.id));
    UserError::new(ErrorKind::Bug, "answer-malformed", what)
}
