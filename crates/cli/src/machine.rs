//! `legwork machine`: the machines of tasks, and what they are made of.

mod image;
mod layers;
mod terminal;

use crate::desk::{Desk, open};
use crate::exit::{Exit, Failure};
use crate::link::connect;
use crate::options::MachineCommand;
use crate::screen::Ink;
use crate::words::{self, plain, size};

pub(crate) async fn machine(
    desk: &mut Desk<'_>,
    command: Option<MachineCommand>,
) -> Result<Exit, Failure> {
    match command {
        None | Some(MachineCommand::List) => list(desk).await,
        Some(MachineCommand::Du) => layers::room(desk).await,
        Some(MachineCommand::Free { task }) => layers::free(desk, task).await,
        Some(MachineCommand::Image { command }) => image::image(desk, command).await,
        Some(MachineCommand::Keep(asked)) => layers::keep(desk, asked).await,
        Some(MachineCommand::Layers(asked)) => layers::layers(desk, asked).await,
        Some(MachineCommand::Shell(asked)) => {
            let (client, id) = open(desk, &asked.task).await?;
            terminal::attend(desk.screen, &client, &id).await
        }
    }
}

/// What tasks keep on this computer.
async fn list(desk: &mut Desk<'_>) -> Result<Exit, Failure> {
    let machines = connect(desk.place).await?.machines().await?;
    if desk.as_json {
        desk.screen.json(&machines)?;
        return Ok(Exit::Done);
    }
    if machines.is_empty() {
        desk.screen.text(0, Ink::Plain, "No task has a machine.")?;
    }
    for machine in &machines {
        let state = if machine.is_running { "runs" } else { "shut" };
        let used = format!(
            "{state}, {}, {} written, {} installed: {}",
            words::isolation(machine.isolation),
            size(machine.folders_bytes),
            size(machine.system_bytes),
            machine.request,
        );
        let task = format!("{}  ", plain(&machine.task));
        desk.screen.item((Ink::Strong, &task), Ink::Plain, &plain(&used))?;
    }
    Ok(Exit::Done)
}
