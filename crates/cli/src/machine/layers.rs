//! Layers, and what machines take on the disk.

use crate::desk::{Desk, open};
use crate::exit::{Exit, Failure};
use crate::link::connect;
use crate::options::{Keep, Layers};
use crate::screen::Ink;
use crate::words::{plain, size};
use api::{FreeBody, NamedBody};

/// Keeps what a task installed.
pub(crate) async fn keep(desk: &mut Desk<'_>, asked: Keep) -> Result<Exit, Failure> {
    let (client, id) = open(desk, &asked.task).await?;
    let layer = client.keep(&id, &NamedBody { name: asked.name }).await?;
    if desk.as_json {
        desk.screen.json(&layer)?;
        return Ok(Exit::Done);
    }
    let text = format!("Kept as {}: {}.", plain(&layer.name), size(layer.size_bytes));
    desk.screen.text(0, Ink::Good, &text)?;
    let again = format!("legwork run \"…\" --folder DIR --with {}", plain(&layer.name));
    desk.screen.command("use it", &again)?;
    Ok(Exit::Done)
}

/// Shows what is kept, or removes one of them.
pub(crate) async fn layers(desk: &mut Desk<'_>, asked: Layers) -> Result<Exit, Failure> {
    let client = connect(desk.place).await?;
    let layers = match &asked.remove {
        Some(name) => client.remove_layer(&NamedBody { name: name.clone() }).await?,
        None => client.layers().await?,
    };
    if desk.as_json {
        desk.screen.json(&layers)?;
        return Ok(Exit::Done);
    }
    if let Some(name) = asked.remove {
        desk.screen.text(0, Ink::Plain, &format!("The layer {} is gone.", plain(&name)))?;
    } else if layers.is_empty() {
        desk.screen.text(0, Ink::Plain, "Nothing that a task installed is kept.")?;
        desk.screen.command("keep it", "legwork machine keep TASK NAME")?;
    }
    for layer in &layers {
        let name = format!("{}  ", plain(&layer.name));
        let text = match &layer.unusable {
            Some(why) => format!("cannot be used now: {}", plain(why)),
            None if layer.below.is_empty() => size(layer.size_bytes),
            None => format!("{}, on top of {}", size(layer.size_bytes), layer.below.join(", ")),
        };
        desk.screen.item((Ink::Strong, &name), Ink::Plain, &plain(&text))?;
    }
    Ok(Exit::Done)
}

/// Removes what ended tasks installed.
pub(crate) async fn free(desk: &mut Desk<'_>, task: Option<String>) -> Result<Exit, Failure> {
    let (client, task) = match task {
        Some(task) => {
            let (client, id) = open(desk, &task).await?;
            (client, Some(id.to_string()))
        }
        None => (connect(desk.place).await?, None),
    };
    let before = client.room().await?.installed_bytes;
    let room = client.free(&FreeBody { task }).await?;
    if desk.as_json {
        desk.screen.json(&room)?;
        return Ok(Exit::Done);
    }
    let freed = before.saturating_sub(room.installed_bytes);
    let text = match freed {
        0 => "Nothing that an ended task installed was left.".to_owned(),
        bytes => format!("{} that ended tasks had installed are free again.", size(bytes)),
    };
    desk.screen.text(0, Ink::Good, &text)?;
    Ok(Exit::Done)
}

/// What machines take on the disk.
pub(crate) async fn room(desk: &mut Desk<'_>) -> Result<Exit, Failure> {
    let room = connect(desk.place).await?.room().await?;
    if desk.as_json {
        desk.screen.json(&room)?;
        return Ok(Exit::Done);
    }
    let parts = [
        ("tasks", room.tasks_bytes, "what tasks wrote in copies of folders, and installed"),
        ("of these", room.installed_bytes, "installed by ended tasks: `legwork machine free`"),
        ("images", room.images_bytes, "systems that virtual machines start from"),
        (
            "sleeping",
            room.templates_bytes,
            "machines that are kept asleep, to start others at once",
        ),
        ("layers", room.layers_bytes, "what tasks installed, kept by name, and what lies below"),
        ("all", room.state_bytes, "everything that Legwork keeps here"),
        ("free", room.free_bytes, "left on that disk"),
    ];
    for (name, bytes, meaning) in parts {
        let name = format!("{name:<9} {:>9}  ", size(bytes));
        desk.screen.item((Ink::Strong, &name), Ink::Plain, meaning)?;
    }
    Ok(Exit::Done)
}
