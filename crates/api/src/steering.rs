//! How a person steers a task: the seam and its routes.

use crate::desk::Desk;
use crate::error::UserError;
use crate::routes::{Answer, Body, Named, Nothing, json};
use crate::view::TaskView;
use crate::view_steering::{AsideBody, AsideView, KeysBody, SwitchBody};
use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use axum::routing::post;
use std::future::Future;
use std::sync::Arc;
use task::TaskId;

/// What steers a task beside talking to it and stopping it.
pub trait Steering: Send + Sync + 'static {
    /// Takes keys of model providers, and keeps them in memory alone.
    fn take_keys(&self, body: KeysBody) -> impl Future<Output = ()> + Send;
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

/// The route that only programs of this user have: a page has no keys to hand over.
pub(crate) fn own_routes<D: Desk>() -> Router<Arc<D>> {
    Router::new().route("/v1/keys", post(keys::<D>))
}

async fn keys<D: Desk>(State(desk): State<Arc<D>>, Body(body): Body<KeysBody>) -> Answer {
    desk.take_keys(body).await;
    Ok(StatusCode::NO_CONTENT.into_response())
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
