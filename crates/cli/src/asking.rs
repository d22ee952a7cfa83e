//! Asking a person in the terminal. Only these functions wait for keys.

use crate::screen::{Look, Screen};
use crate::words::{cut, plain};
use inquire::ui::RenderConfig;
use inquire::{InquireError, Select, Text};
use std::fmt;
use std::io;
use task::{Ask, limits};

/// What came of asking.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Said<T> {
    This(T),
    /// Not now: the question stays open.
    Later,
}

/// What to do with a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PlanChoice {
    Approve,
    Edit,
    Refuse,
    Later,
}

impl fmt::Display for PlanChoice {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Approve => "Approve it and start",
            Self::Edit => "Change it in an editor",
            Self::Refuse => "Refuse it and end the task",
            Self::Later => "Decide later",
        })
    }
}

/// Asks what is to become of the plan above.
pub(crate) fn plan(screen: &mut Screen) -> io::Result<Said<PlanChoice>> {
    screen.clear_live()?;
    let choices =
        vec![PlanChoice::Approve, PlanChoice::Edit, PlanChoice::Refuse, PlanChoice::Later];
    match select(screen.look(), "This plan:", choices)? {
        Said::This(PlanChoice::Later) | Said::Later => Ok(Said::Later),
        said @ Said::This(_) => Ok(said),
    }
}

/// Whether the person agrees with what is above. Later is no.
pub(crate) fn agreed(screen: &mut Screen, what: &str) -> io::Result<bool> {
    screen.clear_live()?;
    let choices = vec!["Yes, that is what I mean", "No"];
    Ok(select(screen.look(), what, choices)? == Said::This("Yes, that is what I mean"))
}

/// A secret, typed without being shown.
pub(crate) fn secret(screen: &mut Screen) -> io::Result<String> {
    screen.clear_live()?;
    let asked = inquire::Password::new("Its value:")
        .without_confirmation()
        .with_render_config(render(screen.look()))
        .prompt();
    match asked {
        Ok(value) => Ok(value),
        Err(InquireError::IO(error)) => Err(error),
        Err(error) => Err(io::Error::new(io::ErrorKind::Interrupted, error.to_string())),
    }
}

/// Whether to go back to the editor.
pub(crate) fn again(screen: &mut Screen) -> io::Result<bool> {
    let choices = vec!["Correct it in the editor", "Leave the plan as it was"];
    Ok(select(screen.look(), "The plan:", choices)? == Said::This("Correct it in the editor"))
}

/// One line in the list of answers.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Offered {
    /// `number`: as the question was shown above.
    Choice {
        number: usize,
        key: String,
        label: String,
        is_suggested: bool,
    },
    Other,
}

impl fmt::Display for Offered {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Choice { number, label, is_suggested: true, .. } => {
                write!(out, "{number}. {label} (suggested)")
            }
            Self::Choice { number, label, .. } => write!(out, "{number}. {label}"),
            Self::Other => out.write_str("Something else …"),
        }
    }
}

/// Asks for the answer to the question above; the suggested one stands first.
pub(crate) fn answer(screen: &mut Screen, ask: &Ask) -> io::Result<Said<String>> {
    screen.clear_live()?;
    let width = screen.look().width.unwrap_or(80).saturating_sub(20).max(20);
    let mut choices: Vec<Offered> = ask
        .choices
        .iter()
        .enumerate()
        .map(|(index, choice)| Offered::Choice {
            number: index + 1,
            key: choice.key.clone(),
            label: cut(&plain(&choice.label), width),
            is_suggested: ask.suggested.as_ref() == Some(&choice.key),
        })
        .collect();
    choices.sort_by_key(|choice| !matches!(choice, Offered::Choice { is_suggested: true, .. }));
    if choices.is_empty() {
        return text(screen.look());
    }
    if ask.free {
        choices.push(Offered::Other);
    }
    match select(screen.look(), "Your answer:", choices)? {
        Said::This(Offered::Choice { key, .. }) => Ok(Said::This(key)),
        Said::This(Offered::Other) => text(screen.look()),
        Said::Later => Ok(Said::Later),
    }
}

fn select<T: fmt::Display>(look: Look, message: &str, choices: Vec<T>) -> io::Result<Said<T>> {
    let asked = Select::new(message, choices)
        .with_render_config(render(look))
        .with_page_size(limits::OPTIONS_MAX)
        .with_scorer(&|input, _, shown, _| fits(input, shown).then_some(0))
        .with_help_message("↑ ↓ choose · Enter take · Esc leave it waiting");
    said(asked.prompt())
}

/// Whether an answer stays in the list while `input` is typed: by its number, or a part of it.
fn fits(input: &str, shown: &str) -> bool {
    let input = input.trim().trim_end_matches('.').to_lowercase();
    let is_number = !input.is_empty() && input.bytes().all(|digit| digit.is_ascii_digit());
    match shown.split_once(". ") {
        Some((number, _)) if is_number => number == input,
        _ => shown.to_lowercase().contains(&input),
    }
}

fn text(look: Look) -> io::Result<Said<String>> {
    let asked = Text::new("Your answer:")
        .with_render_config(render(look))
        .with_help_message("Enter send · Esc leave it waiting");
    match said(asked.prompt())? {
        Said::This(words) if words.trim().is_empty() => Ok(Said::Later),
        said => Ok(said),
    }
}

fn render(look: Look) -> RenderConfig<'static> {
    if look.has_colour { RenderConfig::default_colored() } else { RenderConfig::empty() }
}

fn said<T>(answer: Result<T, InquireError>) -> io::Result<Said<T>> {
    match answer {
        Ok(said) => Ok(Said::This(said)),
        Err(InquireError::OperationCanceled | InquireError::OperationInterrupted) => {
            Ok(Said::Later)
        }
        Err(InquireError::IO(why)) => Err(why),
        Err(why) => Err(io::Error::other(why.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_taken_by_its_number_or_its_words() {
        let shown = ["1. Move them in 2025 (suggested)", "2. Leave them", "12. Ask me", "Else …"];
        let cases = [
            ("1", "1."),
            ("2", "2."),
            ("12", "12."),
            ("2.", "2."),
            (" leave", "2."),
            ("2025", ""),
            ("else", "Else"),
            ("", "1. 2. 12. Else"),
        ];
        for (input, wanted) in cases {
            let stays = shown.iter().filter(|shown| fits(input, shown));
            let stays: Vec<&str> = stays.map(|it| it.split(' ').next().unwrap()).collect();
            assert_eq!(stays.join(" "), wanted, "{input}");
        }
    }
}
