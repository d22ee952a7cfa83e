//! A plan as a text to edit: written for an editor, and read back as edits.
//!
//! One line per step, in order: `pick N text`, `strike N text`, `add text`. The number stays with
//! its step when lines change places. A step that has begun is a comment and cannot be changed.

use crate::words::plain;
use task::{Plan, PlanEdit, Step, StepId, StepState};

const HELP: &str = "\
# Each line is a step; the work follows their order.
#
#   pick N text      do step N; change its text if you like
#   strike N text    do not do step N; taking its line away does the same
#   add text         do this too
#
# Move lines to change their order. Lines that begin with # are for reading only.
# Take all lines away, or leave everything as it is, and the plan stays as it is.
";

/// What is wrong with an edited plan. Lines are counted from 1.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Mistake {
    #[error("line {line}: a step begins with `pick`, `strike` or `add`, not with `{word}`")]
    Word { line: usize, word: String },
    #[error("line {line}: there is no step {number} that can still be changed")]
    Number { line: usize, number: String },
    #[error("line {line}: step {number} is there twice")]
    Twice { line: usize, number: usize },
    #[error("line {line}: the step has no text")]
    Empty { line: usize },
}

/// The text to edit.
pub(crate) fn write(plan: &Plan) -> String {
    let mut text = format!("# {}\n#\n{HELP}\n", plain(&plan.goal));
    for (step, number) in plan.steps.iter().zip(1..) {
        let word = match step.state {
            StepState::Planned => "pick",
            StepState::Struck => "strike",
            StepState::Current => "# under way:",
            StepState::Finished => "# done:",
        };
        text += &format!("{word} {number} {}\n", plain(&step.text));
        for detail in &step.details {
            text += &format!("#     {}\n", plain(detail));
        }
    }
    if !plan.checks.is_empty() {
        text += "\n# Checks that prove the work; they stay as they are:\n";
    }
    for check in &plan.checks {
        text += &format!("#   {}\n", plain(&check.text));
    }
    text
}

/// The edits that make `plan` into what `text` says; none when nothing was changed.
pub(crate) fn read(plan: &Plan, text: &str) -> Result<Vec<PlanEdit>, Mistake> {
    let mut wanted = vec![];
    for (line, number) in text.lines().zip(1..) {
        let line = line.trim();
        if !line.is_empty() && !line.starts_with('#') {
            wanted.push(parse_line(plan, line, number, &wanted)?);
        }
    }
    if wanted.is_empty() {
        return Ok(vec![]);
    }
    Ok(edits(plan, &wanted))
}

/// One line of the edited text.
#[derive(Debug)]
enum Line<'a> {
    Step { step: &'a Step, is_struck: bool, text: String },
    Add { text: String },
}

fn parse_line<'a>(
    plan: &'a Plan,
    line: &str,
    at: usize,
    before: &[Line<'a>],
) -> Result<Line<'a>, Mistake> {
    let (word, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
    let is_struck = match word {
        "add" | "a" if rest.trim().is_empty() => return Err(Mistake::Empty { line: at }),
        "add" | "a" => return Ok(Line::Add { text: rest.trim().to_owned() }),
        "pick" | "p" => false,
        "strike" | "s" => true,
        _ => return Err(Mistake::Word { line: at, word: plain(word) }),
    };
    let (number, text) =
        rest.trim_start().split_once(char::is_whitespace).unwrap_or((rest.trim(), ""));
    let unknown = || Mistake::Number { line: at, number: plain(number) };
    let index = number.parse().ok().and_then(|number: usize| number.checked_sub(1));
    let step = index.and_then(|index| plan.steps.get(index)).filter(|step| is_open(step));
    let step = step.ok_or_else(unknown)?;
    let is_twice = before.iter().any(|line| match line {
        Line::Step { step: other, .. } => other.id == step.id,
        Line::Add { .. } => false,
    });
    if is_twice {
        return Err(Mistake::Twice { line: at, number: index.map_or(0, |index| index + 1) });
    }
    if text.trim().is_empty() && !is_struck {
        return Err(Mistake::Empty { line: at });
    }
    Ok(Line::Step { step, is_struck, text: text.trim().to_owned() })
}

fn is_open(step: &Step) -> bool {
    match step.state {
        StepState::Planned | StepState::Struck => true,
        StepState::Current | StepState::Finished => false,
    }
}

/// First what changes in each step, then the places, from the first one on.
fn edits(plan: &Plan, wanted: &[Line<'_>]) -> Vec<PlanEdit> {
    let mut edits = vec![];
    for step in plan.steps.iter().filter(|step| is_open(step)) {
        let line = wanted.iter().find_map(|line| match line {
            Line::Step { step: named, is_struck, text } if named.id == step.id => {
                Some((*is_struck, text))
            }
            Line::Step { .. } | Line::Add { .. } => None,
        });
        let was_struck = step.state == StepState::Struck;
        match (line.is_none_or(|(is_struck, _)| is_struck), was_struck) {
            (true, false) => edits.push(PlanEdit::Strike { step: step.id }),
            (false, true) => edits.push(PlanEdit::Restore { step: step.id }),
            (true, true) | (false, false) => (),
        }
        if let Some((_, text)) =
            line.filter(|(_, text)| !text.is_empty() && **text != plain(&step.text))
        {
            edits.push(PlanEdit::Reword { step: step.id, text: text.clone() });
        }
    }
    place(plan, wanted, &mut edits);
    edits
}

fn place(plan: &Plan, wanted: &[Line<'_>], edits: &mut Vec<PlanEdit>) {
    let stays = wanted.iter().map(|line| match line {
        Line::Step { step, .. } => plan.steps.iter().position(|it| it.id == step.id),
        Line::Add { .. } => None,
    });
    if stays.collect::<Option<Vec<_>>>().is_some_and(|places| places.is_sorted()) {
        return;
    }
    // Ids in their present order; `None` is a step that these edits add.
    let mut order: Vec<Option<StepId>> = plan.steps.iter().map(|step| Some(step.id)).collect();
    // What has begun keeps its place before everything that has not.
    let first = plan.steps.iter().rposition(|step| !is_open(step)).map_or(0, |last| last + 1);
    for (line, index) in wanted.iter().zip(first..) {
        match line {
            Line::Add { text } => {
                let at = (index < order.len()).then_some(index);
                edits.push(PlanEdit::Add { text: text.clone(), index: at });
                order.insert(index, None);
            }
            Line::Step { step, .. } => {
                let from = order.iter().position(|id| *id == Some(step.id)).unwrap_or(index);
                if from != index {
                    edits.push(PlanEdit::Move { step: step.id, index });
                    let id = order.remove(from);
                    order.insert(index.min(order.len()), id);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use task::{Boundary, Budget};

    fn plan(states: &[StepState]) -> Plan {
        let step = |(state, id): (&StepState, u32)| Step {
            id: StepId(id * 10),
            key: format!("k{id}"),
            text: format!("step {id}"),
            details: vec![],
            state: *state,
            locked: false,
            comment: String::new(),
        };
        Plan {
            goal: "a goal".to_owned(),
            steps: states.iter().zip(1..).map(step).collect(),
            checks: vec![],
            boundary: Boundary { writes: vec![], budget: Budget::new(1, 1) },
            estimate: None,
        }
    }

    /// The plan after the edits, one word per step: its text, `-` before a struck one.
    fn after(plan: &Plan, text: &str) -> String {
        let edited = match read(plan, text) {
            Ok(edits) => plan.edited(&edits).expect("the edits fit the plan"),
            Err(mistake) => return mistake.to_string(),
        };
        let shown = |step: &Step| {
            let mark = if step.state == StepState::Struck { "-" } else { "" };
            format!("{mark}{}", step.text)
        };
        edited.steps.iter().map(shown).collect::<Vec<_>>().join("|")
    }

    #[test]
    fn what_the_text_says_becomes_the_plan() {
        use StepState::{Planned, Struck};
        let plan = plan(&[Planned, Planned, Struck]);
        let cases = [
            ("", "step 1|step 2|-step 3"),
            ("# nothing\n\n", "step 1|step 2|-step 3"),
            ("pick 1 step 1\npick 2 step 2\npick 3 step 3", "step 1|step 2|step 3"),
            ("pick 2 step 2\npick 1 step 1\nstrike 3", "step 2|step 1|-step 3"),
            ("strike 3\npick 2 step 2\npick 1 step 1", "-step 3|step 2|step 1"),
            ("pick 1 step 1", "step 1|-step 2|-step 3"),
            ("p 2 other words\n s 1 x", "other words|-x|-step 3"),
            (
                "add first\npick 1 step 1\npick 2 step 2\nadd last",
                "first|step 1|step 2|last|-step 3",
            ),
            ("add only", "only|-step 1|-step 2|-step 3"),
            ("pick 4 x", "line 1: there is no step 4 that can still be changed"),
            ("pick 0 x", "line 1: there is no step 0 that can still be changed"),
            ("\npick one x", "line 2: there is no step one that can still be changed"),
            ("pick 1 x\nstrike 1 x", "line 2: step 1 is there twice"),
            ("drop 1 x", "line 1: a step begins with `pick`, `strike` or `add`, not with `drop`"),
            ("pick 1", "line 1: the step has no text"),
            ("add", "line 1: the step has no text"),
        ];
        for (text, expected) in cases {
            assert_eq!(after(&plan, text), expected, "{text:?}");
        }
    }

    #[test]
    fn what_has_begun_stays_where_it_is() {
        use StepState::{Current, Finished, Planned};
        let plan = plan(&[Finished, Current, Planned, Planned]);
        let cases = [
            ("pick 4 step 4\npick 3 step 3", "step 1|step 2|step 4|step 3"),
            ("add new\npick 3 step 3\npick 4 step 4", "step 1|step 2|new|step 3|step 4"),
            ("pick 2 step 2", "line 1: there is no step 2 that can still be changed"),
        ];
        for (text, expected) in cases {
            assert_eq!(after(&plan, text), expected, "{text:?}");
        }
        let plan = self::plan(&[StepState::Struck, Finished, Planned]);
        assert_eq!(after(&plan, "strike 1\npick 3 other"), "-step 1|step 2|other");
        assert_eq!(after(&plan, "pick 3 step 3\npick 1 step 1"), "step 2|step 3|step 1");
    }

    #[test]
    fn an_untouched_text_changes_nothing() {
        let mut plan = plan(&[StepState::Planned, StepState::Struck, StepState::Planned]);
        plan.steps[0].text = "odd\u{1b}[2J\ntext".to_owned();
        plan.steps[0].details = vec!["pick 9 looks like a step".to_owned()];
        assert_eq!(read(&plan, &write(&plan)), Ok(vec![]));
    }
}
