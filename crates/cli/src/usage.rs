//! A command that was mistyped, in the form of every other error.

use crate::exit::{Exit, Failure};
use crate::words::plain;
use api::{ErrorKind, UserError};
use clap::error::{ContextKind, ContextValue, ErrorKind as Mistake};

/// What to show for `error`: a help text or version that was asked for, or what is wrong.
pub(crate) fn told(error: &clap::Error) -> Result<Exit, Failure> {
    use std::io::Write;
    if matches!(error.kind(), Mistake::DisplayHelp | Mistake::DisplayVersion) {
        let look = crate::edge::look(std::io::IsTerminal::is_terminal(&std::io::stdout()));
        let text = error.render();
        let text = if look.has_colour { text.ansi().to_string() } else { text.to_string() };
        std::io::stdout().write_all(text.as_bytes())?;
        return Ok(Exit::Done);
    }
    Err(mistake(error).into())
}

fn mistake(error: &clap::Error) -> UserError {
    let named = |kind| error.get(kind).map(shown).unwrap_or_default();
    let (argument, value) = (named(ContextKind::InvalidArg), named(ContextKind::InvalidValue));
    let what = match error.kind() {
        Mistake::UnknownArgument if argument.starts_with('-') => {
            format!("there is no option `{argument}` here")
        }
        Mistake::UnknownArgument => format!("there is no place for `{argument}` here"),
        Mistake::InvalidSubcommand => {
            format!("there is no command `{}`", named(ContextKind::InvalidSubcommand))
        }
        Mistake::MissingRequiredArgument => format!("{argument} is missing"),
        Mistake::InvalidValue if value.is_empty() => format!("{argument} needs a value"),
        Mistake::InvalidValue | Mistake::ValueValidation => {
            format!("`{value}` does not fit {argument}")
        }
        Mistake::ArgumentConflict => {
            format!("{argument} does not go together with {}", named(ContextKind::PriorArg))
        }
        Mistake::WrongNumberOfValues => format!("{argument} needs another number of values"),
        // What else can be wrong is rare, and clap's own first line says it.
        _ => {
            let text = error.render().to_string();
            let line = text.lines().next().unwrap_or_default();
            plain(line.strip_prefix("error: ").unwrap_or(line))
        }
    };
    let mut told = UserError::new(ErrorKind::User, "usage", what);
    for kind in
        [ContextKind::SuggestedSubcommand, ContextKind::SuggestedArg, ContextKind::SuggestedValue]
    {
        let suggested = named(kind);
        if !suggested.is_empty() {
            let either = suggested.replace(", ", "` or `");
            told = told.next(format!("did you mean `{either}`?"));
        }
    }
    if error.kind() == Mistake::UnknownArgument && !argument.starts_with('-') {
        told = told.next("put words that belong together into quotes");
    }
    if error.kind() == Mistake::InvalidSubcommand {
        return told.next("`legwork help` lists the commands");
    }
    let valid = named(ContextKind::ValidValue);
    if !valid.is_empty() {
        told = told.next(format!("use one of {valid}"));
    }
    let usage = named(ContextKind::Usage);
    let usage = usage.trim_start_matches("Usage:").trim();
    if usage.is_empty() {
        return told.next("see `legwork --help`");
    }
    told.next(format!("usage: {usage}"))
}

fn shown(value: &ContextValue) -> String {
    match value {
        ContextValue::Strings(all) => plain(&all.join(", ")),
        other => plain(&other.to_string()),
    }
}
