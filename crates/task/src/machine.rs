//! What happens when the machine that a task was to have can't be had.

use crate::event::{Ask, By, Event, MachineWish, Rest};
use crate::id::TimeMs;
use crate::plan::Choice;
use crate::state::{Phase, Task};

impl Task {
    /// Where a jail can't be made, nothing can. Where a stronger machine can't, the person decides:
    /// a task never becomes weaker than asked by itself.
    pub(crate) fn miss_machine(&self, why: String, now: TimeMs) -> Vec<Event> {
        match (self.phase, self.machine_wish()) {
            (Phase::Preparing, MachineWish::Vm) => {
                vec![Event::MachineMissed { why, at: now }]
            }
            (Phase::Preparing, MachineWish::Jail | MachineWish::Auto) => {
                vec![Event::TaskRested { rest: Rest::Failed, why, at: now }]
            }
            _ => vec![],
        }
    }

    pub(crate) fn answer_machine(&self, answer: &str, now: TimeMs) -> Vec<Event> {
        let machine = match (&self.machine_missed, answer) {
            (Some(_), "again") => self.machine_wish(),
            (Some(_), "jail") => MachineWish::Jail,
            (Some((why, _)), "stop") => {
                return vec![Event::TaskRested { rest: Rest::Stopped, why: why.clone(), at: now }];
            }
            _ => return vec![],
        };
        vec![Event::MachineWished { machine, by: By::User, at: now }]
    }

    pub(crate) fn miss(&mut self, why: &str) {
        self.machine_missed = Some((why.to_owned(), machine_question(why)));
    }

    pub(crate) fn wish(&mut self, machine: MachineWish) {
        self.machine_missed = None;
        if let Some(handed_over) = &mut self.handed_over {
            handed_over.machine = machine;
        }
    }
}

pub(crate) fn machine_question(why: &str) -> Ask {
    Ask {
        text: "The virtual machine that this task was to have can't be started. What now?".into(),
        why: why.to_owned(),
        pictures: vec![],
        choices: vec![
            Choice::new("again", "try again"),
            Choice::new("jail", "work in a jail instead, which shares this computer's kernel"),
            Choice::new("stop", "stop the task"),
        ],
        // A weaker machine is nothing to be taken without a person.
        suggested: None,
        free: false,
    }
}
