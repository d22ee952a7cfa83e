//! A mind whose script is made from the seed. Like a playbook, it is deterministic: what it asks
//! next depends only on the seed and on the results it has heard.

use crate::chance::Chance;
use task::{
    Ask, AskedCall, AskedKind, Boundary, Budget, Call, CallState, CheckId, Choice, DelegateWish,
    Input, Outcome, Payload, Plan, PlannedCheck, ShareAccess, Step, StepId, StepState, Task,
    ToolAccess,
};

/// One line of the script.
#[derive(Debug, Clone)]
enum Line {
    Read,
    Write,
    /// A write that must not be done twice.
    Command,
    Ask,
    Plan,
    /// Has a helper do something.
    Help,
    Step(usize),
    Check(usize),
    Nonsense,
}

/// The script, and how it ends.
#[derive(Debug, Clone)]
pub(crate) struct Mind {
    lines: Vec<Line>,
    checks: usize,
    steps: usize,
    gives_up: bool,
}

/// The tool that must not act twice, and may go on in the background.
pub(crate) const COMMAND: &str = "run_command";

/// Whether a tool of this world may be asked for again after it was interrupted.
pub(crate) fn is_repeatable(tool: &str) -> bool {
    tool != COMMAND
}

impl Mind {
    pub(crate) fn new(seed: u64) -> Self {
        let mut chance = Chance::new(seed ^ 0x6d69_6e64);
        let (checks, steps) = (chance.index(4), 1 + chance.index(4));
        let mut lines = vec![];
        (0..chance.below(4)).for_each(|_| lines.push(Line::Read));
        if chance.hits(10) {
            lines.push(Line::Write);
        }
        if chance.hits(40) {
            lines.push(Line::Ask);
        }
        let plans = !chance.hits(5);
        if plans {
            lines.push(Line::Plan);
        }
        for index in 0..chance.index(8) {
            lines.push(match chance.below(6) {
                0 => Line::Read,
                1 => Line::Ask,
                2 => Line::Step(index % steps),
                3 => Line::Command,
                4 if chance.hits(20) => Line::Nonsense,
                _ => Line::Write,
            });
        }
        for check in 0..checks {
            if plans && !chance.hits(5) {
                lines.push(Line::Check(check));
            }
        }
        let gives_up = chance.hits(5);
        if chance.hits(40) {
            let at = chance.index(lines.len() + 1);
            (0..=chance.below(3)).for_each(|_| lines.insert(at, Line::Help));
        }
        // Now and then somebody only wants to know something.
        if chance.hits(10) {
            lines.retain(|line| matches!(line, Line::Read | Line::Ask));
        }
        Self { lines, checks, steps, gives_up }
    }

    /// What the mind wants, given the task's record.
    pub(crate) fn think(&self, task: &Task) -> Input {
        let record = task.record(is_repeatable);
        match record.again {
            Some(Ok(call)) => return Input::MindAsked { text: String::new(), calls: vec![call] },
            Some(Err(why)) => return Input::MindStuck { why },
            None => (),
        }
        let heard = record.heard;
        // Two lines in a row that only look are asked for at once, as a model would.
        let next = heard.len();
        if heard.last().is_some_and(|call| is_command_lost(call)) {
            return Input::MindStuck { why: "a command was interrupted".to_owned() };
        }
        let Some(line) = self.lines.get(next) else {
            return match self.gives_up {
                true => Input::MindStuck { why: "it does not know further".to_owned() },
                false => Input::MindFinished { summary: format!("{next} calls") },
            };
        };
        let mut calls = vec![self.call(next, line)];
        let beside = |line: &Line| matches!(line, Line::Read | Line::Help);
        for (index, other) in (next + 1..).zip(self.lines.iter().skip(next + 1)).take(3) {
            if !beside(line) || !beside(other) {
                break;
            }
            calls.push(self.call(index, other));
        }
        Input::MindAsked { text: format!("line {next}"), calls }
    }

    fn call(&self, index: usize, line: &Line) -> AskedCall {
        let args = Payload::Inline(format!("{{\"line\":{index}}}"));
        let tool = |access| AskedKind::Tool { access };
        let (name, kind) = match line {
            Line::Read => ("read", tool(ToolAccess::Read)),
            Line::Write => ("write", tool(ToolAccess::Write)),
            Line::Command => (COMMAND, tool(ToolAccess::Write)),
            Line::Ask => ("ask", AskedKind::Ask(question(index))),
            Line::Plan => ("plan", AskedKind::Plan(self.plan())),
            Line::Help => ("delegate", AskedKind::Delegate(self.wish(index))),
            Line::Step(step) => ("step", AskedKind::Step { key: format!("s{step}") }),
            Line::Check(check) => {
                let (key, tool) = (format!("c{check}"), "prove".to_owned());
                ("check", AskedKind::Check { key, tool, args: args.clone() })
            }
            Line::Nonsense => ("what", AskedKind::Unusable { why: "no such tool".to_owned() }),
        };
        AskedCall { tool: name.to_owned(), args, kind }
    }

    fn wish(&self, index: usize) -> DelegateWish {
        let access = if index.is_multiple_of(2) { ShareAccess::Read } else { ShareAccess::Write };
        DelegateWish {
            request: format!("part {index}"),
            shares: vec![("folder".to_owned(), access)],
            percent: 20,
            is_cheap: index.is_multiple_of(3),
            has_network: false,
        }
    }

    fn plan(&self) -> Plan {
        let id = |index: usize| u32::try_from(index + 1).unwrap_or(1);
        let step = |index| Step {
            id: StepId(id(index)),
            key: format!("s{index}"),
            text: format!("step {index}"),
            details: vec![],
            state: StepState::Planned,
            locked: false,
            comment: String::new(),
        };
        let check = |index| PlannedCheck {
            id: CheckId(id(index)),
            key: format!("c{index}"),
            text: format!("check {index}"),
        };
        Plan {
            goal: "something".to_owned(),
            steps: (0..self.steps).map(step).collect(),
            checks: (0..self.checks).map(check).collect(),
            boundary: Boundary {
                writes: vec!["folder".to_owned()],
                budget: Budget::new(100, 10_000_000),
            },
            estimate: None,
        }
    }
}

fn is_command_lost(call: &Call) -> bool {
    call.state == CallState::Ended(Outcome::Interrupted) && !is_repeatable(&call.tool)
}

fn question(index: usize) -> Ask {
    let choice = |key: &str| Choice::new(key, key.to_uppercase());
    Ask {
        text: format!("question {index}"),
        why: String::new(),
        pictures: vec![],
        choices: vec![choice("a"), choice("b")],
        suggested: index.is_multiple_of(2).then(|| "a".to_owned()),
        free: index.is_multiple_of(3),
    }
}
