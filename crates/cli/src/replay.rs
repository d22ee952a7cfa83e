//! `legwork replay`: a recorded task done again from the same request and folders, and what
//! differs.

use crate::desk::{Desk, bad_id, open};
use crate::ending::cost;
use crate::exit::{Exit, Failure};
use crate::follow::{Follow, Follower};
use crate::options::Replay;
use crate::screen::Ink;
use api::{CreateBody, ErrorKind, FolderSpec, TaskView, UserError};
use task::{Standing, TaskId};

/// Does the task again; nothing is applied.
pub(crate) async fn replay(desk: &mut Desk<'_>, asked: &Replay) -> Result<Exit, Failure> {
    let (client, id) = open(desk, &asked.task).await?;
    let before = client.show(&id).await?;
    let (model, playbook) = mind(asked, &id, &before)?;
    let folder =
        |share: &task::Share| FolderSpec { path: share.host.clone(), access: share.access };
    let body = CreateBody {
        request: before.line.request.clone(),
        folders: before.shares.iter().map(folder).collect(),
        standing: Standing {
            approve_plan: true,
            take_suggestions: true,
            apply_if_checked: false,
            unplanned: before.plan.is_none() && wrote(&before),
        },
        playbook,
        model,
        machine: before.machine,
        egress: vec![],
        with: before.layers.clone(),
    };
    let view = client.create(&body).await?;
    let again: TaskId = view.line.id.parse().map_err(|_| bad_id(&view))?;
    let follower = if desk.as_json { Follower::JsonEnd } else { Follower::Pipe };
    let exit =
        Follow::new(desk.place, client, again.clone(), follower).until_end(desk.screen).await?;
    if !desk.as_json {
        let client = crate::link::connect(desk.place).await?;
        let after = client.show(&again).await?;
        desk.screen.gap()?;
        for line in differences(&before, &after) {
            desk.screen.text(0, Ink::Plain, &line)?;
        }
    }
    Ok(exit)
}

/// Which model, or else which playbook, does it.
fn mind(
    asked: &Replay,
    id: &TaskId,
    before: &TaskView,
) -> Result<(Option<String>, Option<String>), Failure> {
    let had_model = before.line.spent.is_some();
    let recorded = || had_model.then(|| format!("replay/{id}"));
    let own = || Some(&before.line.mind).filter(|mind| had_model && !mind.starts_with("replay/"));
    Ok(match (&asked.skill, asked.from) {
        (Some(skill), _) => (None, Some(skill.clone())),
        (None, Some(event)) if had_model => {
            let Some(then) = asked.model.as_ref().or_else(own) else {
                let what = "which model goes on is not said";
                let error = UserError::new(ErrorKind::User, "usage", what);
                return Err(error.next("name it with `--model PROVIDER/MODEL`").into());
            };
            (Some(format!("replay/{id}@{event}+{then}")), None)
        }
        (None, Some(_)) => {
            let what = format!("task {id} was done by a playbook, which answers nothing");
            let error = UserError::new(ErrorKind::User, "usage", what);
            return Err(error.next("leave `--from` out: it is done again from its start").into());
        }
        (None, None) => match asked.model.clone().or_else(recorded) {
            Some(model) => (Some(model), None),
            None => (None, Some(before.line.mind.clone())),
        },
    })
}

fn wrote(task: &TaskView) -> bool {
    task.changes.is_some_and(|it| it != task::ChangeCounts::default())
}

/// What differs between two tasks, one line each.
fn differences(before: &TaskView, after: &TaskView) -> Vec<String> {
    let passed = |view: &TaskView| {
        let passed = view.checks.iter().filter(|it| it.state == task::CheckState::Passed);
        format!("{} of {} checks passed", passed.count(), view.checks.len())
    };
    let changes =
        |view: &TaskView| view.changes.map(|it| it.to_string()).unwrap_or_else(|| "-".to_owned());
    let cost = |view: &TaskView| view.line.spent.as_ref().map_or_else(|| "-".to_owned(), cost);
    let rows = [
        ("mind", before.line.mind.clone(), after.line.mind.clone()),
        ("calls", before.calls.to_string(), after.calls.to_string()),
        ("checks", passed(before), passed(after)),
        ("changes", changes(before), changes(after)),
        ("words", before.summary.clone(), after.summary.clone()),
        ("cost", cost(before), cost(after)),
    ];
    let told = rows.into_iter().map(|(name, before, after)| match before == after {
        true => format!("{name}: the same ({before})"),
        false => format!("{name}: {before} → {after}"),
    });
    told.collect()
}
