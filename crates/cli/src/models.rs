//! `legwork models`: which language models there are, trying one, and the keys that are kept.

use crate::desk::Desk;
use crate::exit::{Exit, Failure};
use crate::link::connect_with_keys;
use crate::options::Models;
use crate::screen::{Ink, Screen};
use crate::words::plain;
use api::{ModelKeyBody, ModelKeyRemoveBody, ModelKeyView, ModelTestBody, ModelTested, ModelsView};
use std::io;

pub(crate) async fn run(desk: &mut Desk<'_>, asked: Models) -> Result<Exit, Failure> {
    let client = connect_with_keys(desk.place).await?;
    let Models { test, keep_key, forget_key } = asked;
    if let Some(name) = test {
        let tested = client.test_model(&ModelTestBody { name }).await?;
        match desk.as_json {
            true => desk.screen.json(&tested)?,
            false => show_tested(desk.screen, &tested)?,
        }
        return Ok(Exit::Done);
    }
    if let Some(provider) = keep_key {
        let key = crate::secret::value(desk)?;
        let kept = client.keep_model_key(&ModelKeyBody { provider, key }).await?;
        match desk.as_json {
            true => desk.screen.json(&kept)?,
            false => show_kept(desk.screen, &kept)?,
        }
        return Ok(Exit::Done);
    }
    let view = match forget_key {
        Some(provider) => client.forget_model_key(&ModelKeyRemoveBody { provider }).await?,
        None => client.models().await?,
    };
    match desk.as_json {
        true => desk.screen.json(&view)?,
        false => show_models(desk.screen, &view)?,
    }
    Ok(Exit::Done)
}

/// What came of keeping a key.
fn show_kept(screen: &mut Screen, kept: &ModelKeyView) -> io::Result<()> {
    if let Some(tested) = &kept.tested {
        show_tested(screen, tested)?;
    }
    if let Some(problem) = &kept.problem {
        let why = &problem.cause;
        let text = format!("The key is kept, and was not tested: {} ({why})", problem.what);
        return screen.text(0, Ink::Warn, &plain(&text));
    }
    screen.text(0, Ink::Plain, "The key is kept, encrypted, on this computer.")
}

/// Shows the language models, provider by provider.
fn show_models(screen: &mut Screen, view: &ModelsView) -> io::Result<()> {
    if view.models.is_empty() {
        screen.text(0, Ink::Plain, NO_MODELS)?;
    }
    let mut last = "";
    for line in &view.models {
        if line.provider != last {
            last = &line.provider;
            screen.text(0, Ink::Strong, &format!("{} ({})", plain(last), plain(&line.whence)))?;
        }
        let mark = match (line.is_default, line.is_cheap) {
            (true, _) => (Ink::Good, "  ✓ "),
            (false, true) => (Ink::Good, "  ¢ "),
            (false, false) => (Ink::Faint, "    "),
        };
        let window = line.window.map(|it| format!(", reads {it} tokens")).unwrap_or_default();
        let text = format!("{}: {}{window}", plain(&line.model), plain(&line.price));
        screen.item(mark, Ink::Plain, &text)?;
    }
    if view.models.iter().any(|line| line.is_default) {
        screen.text(0, Ink::Faint, "✓ is taken when you name none.")?;
    }
    if view.models.iter().any(|line| line.is_cheap) {
        screen.text(0, Ink::Faint, "¢ is taken for cheap work, as `models.cheap` says.")?;
    }
    if view.models.iter().any(|line| line.model.ends_with('*')) {
        screen.text(0, Ink::Faint, "* stands for whatever follows in a name.")?;
    }
    let missing: Vec<&str> = view
        .providers
        .iter()
        .filter(|it| it.found_in.is_none() && !it.is_kept)
        .filter_map(|it| it.key_variables.first().map(String::as_str))
        .collect();
    if !missing.is_empty() {
        let text = format!("Keys are looked for in: {}.", plain(&missing.join(", ")));
        screen.text(0, Ink::Faint, &text)?;
    }
    Ok(())
}

/// What a model said that was only tested.
fn show_tested(screen: &mut Screen, tested: &ModelTested) -> io::Result<()> {
    let cost = match tested.cost_usd_micros {
        Some(micros) => format!("${}.{:06}", micros / 1_000_000, micros % 1_000_000),
        None => "a price that is not known".to_owned(),
    };
    let name = plain(&tested.name);
    let text = format!("{name} answered {:?} in {} ms, for {cost}", tested.said, tested.took_ms);
    screen.text(0, Ink::Good, &plain(&text))
}

const NO_MODELS: &str = "No model was found: no key of a provider in the daemon's environment, and \
                         no model server on this computer.";
