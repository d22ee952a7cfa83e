//! What a person does to a task beside talking to it: pause, resume, another model, a question on
//! the side.

use crate::mind::AsideRefused;
use crate::models::Named;
use crate::office::Office;
use crate::{models, views, words};
use api::{AsideBody, AsideView, ErrorKind, SwitchBody, TaskView, UserError};
use task::{Aside, Input, Steer, TaskId, limits};
use tokio::sync::oneshot;

type Answer<T> = Result<T, UserError>;

fn refused(code: &str, what: String) -> UserError {
    UserError::new(ErrorKind::User, code, what)
}

async fn steer(office: &Office, task: &TaskId, steer: Steer) -> Answer<Option<TaskView>> {
    let live = office.fetch(task).await?;
    let caused = live.bring(Input::Steer(steer)).await.map_err(|error| words::append(&error))?;
    Ok((caused > 0).then(|| views::whole(live.shared())))
}

pub(crate) async fn pause(office: &Office, task: &TaskId) -> Answer<TaskView> {
    steer(office, task, Steer::Paused).await?.ok_or_else(|| {
        refused("task-not-paused", format!("task {task} can't be paused now"))
            .cause("it is paused already, or works no more")
            .next(format!("`legwork show {task}` says how it stands"))
    })
}

/// Stores that a terminal was opened, or closed.
pub(crate) async fn in_terminal(office: &Office, task: &TaskId, what: Steer) -> Answer<()> {
    steer(office, task, what).await.map(drop)
}

pub(crate) async fn resume(office: &Office, task: &TaskId) -> Answer<TaskView> {
    steer(office, task, Steer::Resumed).await?.ok_or_else(|| {
        refused("task-not-resumed", format!("task {task} is not paused"))
            .next(format!("`legwork show {task}` says how it stands"))
    })
}

pub(crate) async fn switch(office: &Office, task: &TaskId, body: SwitchBody) -> Answer<TaskView> {
    let chosen = office.config().models.choose(Some(&body.model)).await?;
    let Some(Named { provider, model }) = chosen else {
        return Err(models::unknown(&body.model, &[]));
    };
    if provider == models::REPLAY {
        let what = "a recorded task can't take over another task".to_owned();
        return Err(refused("model-not-switched", what).next("`legwork models` lists models"));
    }
    let named = format!("{provider}/{model}");
    steer(office, task, Steer::Switched { provider, model }).await?.ok_or_else(|| {
        refused("model-not-switched", format!("{named} can't take over task {task}"))
            .cause("that model does it already, it has a playbook instead of a model, or it rests")
            .next(format!("`legwork show {task}` says how it stands"))
    })
}

/// Asks, stores what came of it, and answers.
pub(crate) async fn aside(office: &Office, task: &TaskId, body: AsideBody) -> Answer<AsideView> {
    let question = body.question.trim().to_owned();
    if question.is_empty() || question.len() > limits::ASIDE_BYTES_MAX {
        return Err(refused("aside-bad", "the question is empty or too long".to_owned()));
    }
    let live = office.fetch(task).await?;
    let Some(edges) = office.edges(task) else {
        return Err(UserError::new(ErrorKind::Bug, "task-broke", "the task was put away"));
    };
    // Whoever asked may go away meanwhile: it is paid for, so its answer is stored all the same.
    let (sender, answered) = oneshot::channel();
    let id = task.clone();
    office.keep(async move {
        let asked = match edges.aside(&live, question).await {
            Ok(aside) => {
                let input = Input::Steer(Steer::Aside(aside.clone()));
                live.bring(input).await.map(|_| aside).map_err(|error| words::append(&error))
            }
            Err(error) => Err(not_asked(&id, &error)),
        };
        let _ = sender.send(asked);
    });
    let ends = |_| UserError::new(ErrorKind::Unavailable, "aside-unanswered", ENDS.to_owned());
    let aside = answered.await.map_err(ends)??;
    let Aside { answer, is_answered, usage, cost_usd_micros, .. } = aside;
    if !is_answered {
        let what = "the model did not answer".to_owned();
        return Err(UserError::new(ErrorKind::Unavailable, "aside-unanswered", what)
            .cause(answer)
            .next("ask again; the task itself was not disturbed"));
    }
    Ok(AsideView { answer, cost_usd_micros, tokens: usage })
}

const ENDS: &str = "Legwork ended before the model had answered";

fn not_asked(task: &TaskId, error: &AsideRefused) -> UserError {
    match error {
        AsideRefused::NoModel => {
            refused("aside-no-model", format!("nobody can answer a question about task {task}"))
                .cause("a playbook or a recording does it, and neither can answer")
                .next(format!("`legwork show {task}` and `legwork log {task}` tell what it does"))
        }
        AsideRefused::SpentUp { why } => {
            refused("aside-spent", format!("task {task} can't pay for another question")).cause(why)
        }
        AsideRefused::Busy => {
            let what = "too many questions about this task wait for an answer".to_owned();
            UserError::new(ErrorKind::Unavailable, "asides-many", what)
                .next("wait for one of the answers")
        }
        AsideRefused::Unreadable(error) => words::store(error),
        AsideRefused::Unstored(error) => words::append(error),
    }
}
