//! How a person steers a task: the seam and its routes.

use crate::desk::Desk;
use crate::error::UserError;
use crate::routes::{Answer, Body, Named, Nothing, json};
use crate::view::TaskView;
use crate::view_steering::{AsideBody, AsideView, SwitchBody};
use axum::Router;
use axum::extract::State;
use axum::routing::post;
use std::future::Future;
use std::sync::Arc;
use task::TaskId;

/// What steers a task beside talking to it and stopping it.
pub trait Steering: Send + Sync + 'static {
    /// Nothing new starts until `resume`; what runs comes to its end.
    fn pause(&self, task: TaskId) -> impl Future<Output = Result<TaskView, UserError>> + Send;
    fn resume(&self, task: TaskId) -> impl Future<Output = Result<TaskView, UserError>> + Send;
    /// Has another language model go on with the task.
    fn switch(
        &self,
        task: TaskId,
        body: SwitchBody,
    ) -> impl Future<Output = Result<TaskView, UserError>> + Send;
    /// Asks the task's model something that the task itself never hears of.
    fn aside(
        &self,
        task: TaskId,
        body: AsideBody,
    ) -> impl Future<Output = Result<AsideView, UserError>> + Send;
}

/// The routes below one task.
pub(crate) fn routes<D: Desk>() -> Router<Arc<D>> {
    Router::new()
        .route("/{id}/pause", post(pause::<D>))
        .route("/{id}/resume", post(resume::<D>))
        .route("/{id}/model", post(switch::<D>))
        .route("/{id}/asides", post(aside::<D>))
}

async fn pause<D: Desk>(State(desk): State<Arc<D>>, Named(task): Named, _: Nothing) -> Answer {
    json(&desk.pause(task).await?)
}

async fn resume<D: Desk>(State(desk): State<Arc<D>>, Named(task): Named, _: Nothing) -> Answer {
    json(&desk.resume(task).await?)
}

async fn switch<D: Desk>(
    State(desk): State<Arc<D>>,
    Named(task): Named,
    Body(body): Body<SwitchBody>,
) -> Answer {
    json(&desk.switch(task, body).await?)
}

async fn aside<D: Desk>(
    State(desk): State<Arc<D>>,
    Named(task): Named,
    Body(body): Body<AsideBody>,
) -> Answer {
    json(&desk.aside(task, body).await?)
}
