//! The routes by which a person steers a task.

use crate::desk::Desk;
use crate::exchange::{Answer, Body, Named, Nothing, json};
use crate::view_steering::{AsideBody, KeysBody, SwitchBody};
use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use axum::routing::post;
use std::sync::Arc;

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
