//! Which playbooks there are, and which one a request means.

use crate::config::Config;
use api::{Despite, ErrorKind, FolderSpec, UserError};
use playbook::{Matched, Problem, Skill};
use std::path::Path;

/// The built-in playbooks and the person's own; a person's one of the same name goes first. Also
/// what is wrong with those that cannot be used.
pub(crate) fn all(config: &Config) -> (Vec<Skill>, Vec<Problem>) {
    let (own, problems) = playbook::discover(&config.skill_folders);
    let names: Vec<String> = own.iter().map(|skill| skill.name.clone()).collect();
    let built_in = playbook::builtin().into_iter().filter(|skill| !names.contains(&skill.name));
    (built_in.chain(own).collect(), problems)
}

/// The playbook for a request: the named one, or the one whose words it matches. Never a guess, and
/// none that would do its job as if a condition of the request were not there.
pub(crate) fn choose(
    config: &Config,
    request: &str,
    folders: &[FolderSpec],
    named: Option<&str>,
) -> Result<Skill, UserError> {
    let (mut skills, _) = all(config);
    let index = match named {
        Some(name) => skills.iter().position(|skill| skill.name == name).ok_or_else(|| {
            let names: Vec<&str> = skills.iter().map(|skill| skill.name.as_str()).collect();
            let what = format!("there is no playbook called {name:?}");
            UserError::new(ErrorKind::User, "playbook-unknown", what)
                .next(format!("there are: {}", names.join(", ")))
        })?,
        None => match playbook::Matcher::new(&skills).find(request) {
            Matched::One(index) => index,
            Matched::Several(indexes) => {
                let of = |index: &usize| skills.get(*index);
                let fits: Vec<&Skill> = indexes.iter().filter_map(of).collect();
                return Err(several(&fits));
            }
            Matched::None => return Err(none(&skills)),
        },
    };
    let skill = skills.swap_remove(index);
    let names = folders.iter().filter_map(|it| Path::new(&it.path).file_name()?.to_str());
    let asked = playbook::without_names(request, names);
    match (named, unheeded(&skill, &asked)) {
        (None, Some(condition)) => Err(conditional(&skill, &condition)),
        _ => Ok(skill),
    }
}

fn unheeded(skill: &Skill, request: &str) -> Option<String> {
    let is_heeded = |it: &playbook::Condition| match it.months {
        Some(_) => skill.heeds_months,
        None => it.is_kept_by_making && skill.heeds_originals,
    };
    let unheeded = playbook::conditions(request).into_iter().find(|it| !is_heeded(it))?;
    Some(unheeded.text)
}

fn conditional(skill: &Skill, condition: &str) -> UserError {
    let what = format!("the job “{}” does not know how to heed “{condition}”", skill.title);
    let despite = Despite { playbook: skill.name.clone(), unheeded: condition.to_owned() };
    let error = UserError::new(ErrorKind::Denied, "request-conditional", what)
        .cause("it does its one job whole, and nothing that you said is passed over")
        .next("leave that out, and strike from the plan what is not to be done")
        .next("or hand over a folder that holds only what is meant")
        .next("with a language model it can be heeded: see `legwork models`");
    UserError { despite: Some(Box::new(despite)), ..error }
}

fn several(fits: &[&Skill]) -> UserError {
    let what = "more than one job fits this request";
    let error = UserError::new(ErrorKind::Denied, "request-ambiguous", what)
        .cause("Legwork does not guess which one you mean");
    fits.iter().fold(error, |error, skill| {
        error.next(format!("`--playbook {}`: {}", skill.name, skill.title))
    })
}

fn none(skills: &[Skill]) -> UserError {
    let what = "no job that works without a model fits this request";
    let error = UserError::new(ErrorKind::Denied, "request-unmatched", what)
        .cause("no language model was found either: no key in the daemon's environment, no server")
        .next("set a key such as ANTHROPIC_API_KEY or run a model server; `legwork models` helps");
    skills.iter().fold(error, |error, skill| {
        error.next(format!("it can do this: {} (`--playbook {}`)", skill.title, skill.name))
    })
}
