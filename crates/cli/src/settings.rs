//! `legwork settings`, `legwork rules`, `legwork search`: what is kept for all tasks.

use crate::desk::Desk;
use crate::exit::{Exit, Failure};
use crate::link::connect;
use crate::network;
use crate::options::{RulesCommand, Search, Settings};
use crate::screen::{Ink, Screen};
use crate::words::plain;
use api::{
    ErrorKind, FoundIn, ManagedKind, SettingBegins, SettingBody, SettingForm, SettingView,
    SettingsView, StandingBody, StandingView, UserError,
};
use serde_json::Value;
use std::io;

pub(crate) async fn settings(desk: &mut Desk<'_>, asked: &Settings) -> Result<Exit, Failure> {
    let client = connect(desk.place).await?;
    let mut view = client.settings().await?;
    let Some(key) = &asked.key else {
        match desk.as_json {
            true => desk.screen.json(&view)?,
            false => show_all(desk.screen, &view)?,
        }
        return Ok(Exit::Done);
    };
    let is_changed = asked.unset || !asked.value.is_empty();
    if is_changed {
        let known = view.settings.iter().find(|it| it.key == *key);
        // What is unknown goes as a text: the daemon says what there is.
        let form = known.map_or(SettingForm::Text, |it| it.form);
        let value = if asked.unset { None } else { Some(value(key, form, &asked.value)?) };
        view = client.set(&SettingBody { key: key.clone(), value }).await?;
    }
    let Some(setting) = view.settings.iter().find(|it| it.key == *key) else {
        let what = format!("there is no setting `{}`", plain(key));
        let error = UserError::new(ErrorKind::User, "setting-unknown", what);
        return Err(error.next("`legwork settings` lists them").into());
    };
    if desk.as_json {
        desk.screen.json(setting)?;
        return Ok(Exit::Done);
    }
    show(desk.screen, setting)?;
    if is_changed {
        let when = match setting.begins {
            SettingBegins::Now => "This holds from now on.",
            SettingBegins::NextTask => "This holds for the tasks that begin from now on.",
            SettingBegins::NextStart => {
                "This holds when Legwork is started again: `legwork serve --stop` ends it."
            }
        };
        desk.screen.text(0, Ink::Faint, when)?;
    }
    Ok(Exit::Done)
}

/// What was typed, in the form that the setting has.
fn value(key: &str, form: SettingForm, typed: &[String]) -> Result<Value, UserError> {
    let joined = typed.join(" ");
    let unfit = |what: &str| {
        let what = format!("`{}` has to be {what}", plain(key));
        UserError::new(ErrorKind::User, "setting-unfit", what)
            .next(format!("as in `legwork settings {}`, which shows it", plain(key)))
    };
    match form {
        SettingForm::Text => Ok(joined.into()),
        SettingForm::Texts => Ok(typed.to_vec().into()),
        SettingForm::Flag => match joined.as_str() {
            "true" | "on" | "yes" => Ok(true.into()),
            "false" | "off" | "no" => Ok(false.into()),
            _ => Err(unfit("`on` or `off`")),
        },
        SettingForm::Number { least, most } => {
            let number = joined.parse::<u64>().ok().filter(|it| (least..=most).contains(it));
            let what = format!("a whole number from {least} to {most}");
            number.map(Value::from).ok_or_else(|| unfit(&what))
        }
    }
}

fn show_all(screen: &mut Screen, view: &SettingsView) -> io::Result<()> {
    for setting in &view.settings {
        show(screen, setting)?;
    }
    for line in &view.managed {
        let what = match line.what {
            ManagedKind::Rule => "rule",
            ManagedKind::Proxy => "proxy",
            ManagedKind::Authority => "certificates",
            ManagedKind::Machine => "machines",
            ManagedKind::Model => "models",
            ManagedKind::Folder => "no task gets",
            ManagedKind::Memory => "memory",
            ManagedKind::Phone => "phones",
            ManagedKind::Push => "push services",
            ManagedKind::Budget => "at most",
        };
        let why =
            if line.reason.is_empty() { String::new() } else { format!(" ({})", line.reason) };
        let text = plain(&format!("{what}: {}{why}", line.text));
        screen.item((Ink::Warn, "set by your administrator: "), Ink::Plain, &text)?;
    }
    screen.item((Ink::Faint, "file "), Ink::Faint, &plain(&view.file))
}

fn show(screen: &mut Screen, setting: &SettingView) -> io::Result<()> {
    let text = |value: &Value| match value {
        Value::Array(list) => list.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" "),
        Value::String(text) => text.clone(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => value.to_string(),
    };
    let (ink, shown) = match (&setting.value, &setting.usual) {
        (Some(value), _) => (Ink::Good, text(value)),
        (None, Some(usual)) => (Ink::Faint, format!("{} (usual)", text(usual))),
        (None, None) => (Ink::Faint, "not set".to_owned()),
    };
    let key = format!("{:<20} ", setting.key);
    screen.item((Ink::Strong, &key), ink, &plain(&format!("{shown}: {}", setting.meaning)))?;
    match &setting.locked {
        Some(why) => screen.item((Ink::Warn, "  ! "), Ink::Plain, &plain(why)),
        None => Ok(()),
    }
}

pub(crate) async fn rules(
    desk: &mut Desk<'_>,
    asked: Option<RulesCommand>,
) -> Result<Exit, Failure> {
    let client = connect(desk.place).await?;
    let view = match asked.unwrap_or(RulesCommand::List) {
        RulesCommand::List => client.standing().await?,
        RulesCommand::Add { words, yes } => {
            let keep = network::rules(desk, &client, &words, yes).await?;
            client.set_standing(&StandingBody { keep, forget: vec![] }).await?
        }
        RulesCommand::Remove { rule } => {
            let known = client.standing().await?;
            if !known.rules.contains(&rule) {
                let what = format!("there is no rule `{}`", plain(&rule));
                let error = UserError::new(ErrorKind::User, "rule-unknown", what);
                return Err(error.next("`legwork rules list` shows them, each on a line").into());
            }
            let body = StandingBody { keep: vec![], forget: vec![rule] };
            client.set_standing(&body).await?
        }
    };
    match desk.as_json {
        true => desk.screen.json(&view)?,
        false => show_rules(desk.screen, &view)?,
    }
    Ok(Exit::Done)
}

fn show_rules(screen: &mut Screen, view: &StandingView) -> io::Result<()> {
    if view.rules.is_empty() {
        screen.text(0, Ink::Plain, "No rule holds for every task: each asks when it needs one.")?;
    }
    for rule in &view.rules {
        screen.item((Ink::Key, "· "), Ink::Plain, &plain(rule))?;
    }
    for preset in &view.presets {
        let text = format!("“{}” means here:", plain(&preset.words));
        screen.text(0, Ink::Faint, &text)?;
        for rule in preset.rules.iter().chain(&preset.notes) {
            screen.item((Ink::Faint, "  · "), Ink::Faint, &plain(rule))?;
        }
    }
    screen.item((Ink::Faint, "file "), Ink::Faint, &plain(&view.file))
}

pub(crate) async fn search(desk: &mut Desk<'_>, asked: &Search) -> Result<Exit, Failure> {
    let hits = connect(desk.place).await?.search(&asked.words.join(" ")).await?;
    if desk.as_json {
        desk.screen.json(&hits)?;
        return Ok(Exit::Done);
    }
    if hits.is_empty() {
        desk.screen.text(0, Ink::Plain, "No task has all of these words.")?;
    }
    for hit in &hits {
        let place = match hit.found_in {
            FoundIn::Request => "request",
            FoundIn::Folder => "folder",
            FoundIn::Plan => "plan",
            FoundIn::Result => "result",
            FoundIn::File => "file",
            FoundIn::Story => "story",
        };
        let id = format!("{}  ", plain(&hit.task.id));
        let request = hit.task.request.lines().next().unwrap_or_default();
        desk.screen.item((Ink::Key, &id), Ink::Strong, &plain(request))?;
        let text = format!("{place}: {}", plain(&hit.excerpt));
        desk.screen.item((Ink::Faint, "          "), Ink::Plain, &text)?;
    }
    Ok(Exit::Done)
}
