//! `legwork machine image`: the systems that virtual machines start from.

use crate::desk::Desk;
use crate::exit::{Exit, Failure};
use crate::link::connect;
use crate::options::{ImageBuild, ImageCommand};
use crate::screen::{Ink, Screen};
use crate::words::{instant, plain, size};
use api::{ErrorKind, ImageBuildBody, ImageNews, ImageView, NamedBody, UserError};
use std::io;
use tokio::signal::unix::{SignalKind, signal};

pub(crate) async fn image(
    desk: &mut Desk<'_>,
    command: Option<ImageCommand>,
) -> Result<Exit, Failure> {
    match command.unwrap_or(ImageCommand::List) {
        ImageCommand::Build(asked) => build(desk, asked).await,
        ImageCommand::List => {
            let images = connect(desk.place).await?.images().await?;
            show(desk, &images)
        }
        ImageCommand::Remove { name } => {
            let client = connect(desk.place).await?;
            let images = client.remove_image(&NamedBody { name: name.clone() }).await?;
            if desk.as_json {
                return show(desk, &images);
            }
            let text = format!("The image {} is gone.", plain(&name));
            desk.screen.text(0, Ink::Plain, &text)?;
            Ok(Exit::Done)
        }
    }
}

async fn build(desk: &mut Desk<'_>, asked: ImageBuild) -> Result<Exit, Failure> {
    let usual = if asked.office { "office" } else { "standard" };
    let body = ImageBuildBody {
        name: asked.name.unwrap_or_else(|| usual.to_owned()),
        office: asked.office,
        rust: asked.rust,
        small: asked.small,
        packages: asked.package,
    };
    let client = connect(desk.place).await?;
    let mut building = client.build_image(&body).await?;
    if !desk.as_json {
        let text = format!(
            "Making the image {} from this computer's own package sources. It takes minutes.",
            plain(&body.name)
        );
        desk.screen.text(0, Ink::Plain, &text)?;
        desk.screen.flush()?;
    }
    let mut interrupt = signal(SignalKind::interrupt()).map_err(Failure::from)?;
    loop {
        let news = tokio::select! {
            news = building.next() => news,
            _ = interrupt.recv() => return left(desk, &body.name),
        };
        let Some(news) = news else { break };
        match news? {
            ImageNews::Stage { text } if desk.as_json => {
                desk.screen.json(&ImageNews::Stage { text })?;
            }
            ImageNews::Stage { text } => {
                desk.screen.item((Ink::Faint, "· "), Ink::Plain, &plain(&text))?;
                desk.screen.flush()?;
            }
            ImageNews::Made { image } => {
                return match desk.as_json {
                    true => desk.screen.json(&ImageNews::Made { image }).map(|()| Exit::Done),
                    false => made(desk.screen, &image).map(|()| Exit::Done),
                }
                .map_err(Failure::from);
            }
            ImageNews::Failed { error } => return Err(error.into()),
        }
    }
    let what = "the daemon ended before the image was whole";
    Err(UserError::new(ErrorKind::Unavailable, "image-unmade", what)
        .next("start it again: `legwork machine image build`")
        .into())
}

/// The daemon makes it, whoever looks on.
fn left(desk: &mut Desk<'_>, name: &str) -> Result<Exit, Failure> {
    if !desk.as_json {
        let text = format!("You left; the image {} goes on being made.", plain(name));
        desk.screen.text(0, Ink::Plain, &text)?;
        desk.screen.command("see", "legwork machine image list")?;
        desk.screen.command("end it", "legwork serve --stop")?;
    }
    Ok(Exit::Left)
}

fn made(screen: &mut Screen, image: &ImageView) -> io::Result<()> {
    let text = format!("The image {} is there: {}.", plain(&image.name), size(image.size_bytes));
    screen.text(0, Ink::Good, &text)?;
    screen.command("use it", "legwork run \"…\" --folder DIR --machine vm")?;
    screen.command("examine", "legwork doctor")
}

fn show(desk: &mut Desk<'_>, images: &[ImageView]) -> Result<Exit, Failure> {
    if desk.as_json {
        desk.screen.json(&images)?;
        return Ok(Exit::Done);
    }
    if images.is_empty() {
        desk.screen.text(0, Ink::Plain, "There is no image of a system yet.")?;
        desk.screen.command("make one", "legwork machine image build")?;
    }
    for image in images {
        let name = format!("{}  ", plain(&image.name));
        if let Some(why) = &image.broken {
            let text = format!("cannot be used: {}", plain(why));
            desk.screen.item((Ink::Bad, &name), Ink::Plain, &text)?;
            continue;
        }
        let used = if image.is_used { "; virtual machines start from it" } else { "" };
        let text = format!(
            "{}, {}, {} packages, made {}{used}",
            plain(&image.suite),
            size(image.size_bytes),
            image.packages,
            instant(image.made_at),
        );
        desk.screen.item((Ink::Strong, &name), Ink::Plain, &text)?;
    }
    Ok(Exit::Done)
}
