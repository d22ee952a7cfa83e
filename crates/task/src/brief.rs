//! What a task is given to know at its beginning beside the request: what the person had
//! remembered, and what folders say of themselves. It is an event, so that what a model is sent
//! never changes.

use crate::event::{Ask, Event};
use crate::id::TimeMs;
use crate::limits;
use crate::plan::Choice;
use crate::state::{Phase, Task};
use serde::{Deserialize, Serialize};

/// One text that a task begins with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Brief {
    pub kind: BriefKind,
    /// The file it is from, as the task calls it.
    pub source: String,
    pub text: String,
    /// The file is longer than what is given.
    #[serde(default)]
    pub is_cut: bool,
}

/// Whose words they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BriefKind {
    /// The person's own memory: they wrote or approved each line.
    Person,
    /// A folder's memory. Whoever can write into the folder can write it, so it is content.
    Folder,
    /// `AGENTS.md` or `CLAUDE.md`: content as well.
    Instructions,
}

impl Task {
    /// What it was given to know at its beginning.
    pub fn briefs(&self) -> &[Brief] {
        &self.briefs
    }

    pub(crate) fn brief(&self, mut briefs: Vec<Brief>, now: TimeMs) -> Vec<Event> {
        let fits = self.phase == Phase::Preparing && self.has_model() && self.briefs.is_empty();
        briefs.truncate(limits::BRIEFS_MAX);
        for brief in &mut briefs {
            let until = brief.text.floor_char_boundary(limits::BRIEF_BYTES_MAX);
            brief.is_cut |= until < brief.text.len();
            brief.text.truncate(until);
        }
        match fits && !briefs.is_empty() {
            true => vec![Event::Briefed { briefs, at: now }],
            false => vec![],
        }
    }
}

/// The question before something is remembered for all tasks to come.
pub fn remember_question(text: &str) -> Ask {
    Ask {
        text: "May Legwork remember this for all your tasks?".to_owned(),
        why: format!("It would be kept in your memory file, where you can change it: {text}"),
        pictures: vec![],
        choices: vec![Choice::new("no", "no"), Choice::new("yes", "yes, remember it")],
        // Nothing is remembered that no person has read.
        suggested: Some("no".to_owned()),
        free: false,
    }
}
