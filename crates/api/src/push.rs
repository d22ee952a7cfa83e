//! How browsers are told while no page is open: that part of the seam, and its routes.

use crate::desk::Desk;
use crate::error::UserError;
use crate::exchange::{Answer, Body, json};
use crate::phone::FromPhone;
use crate::view_push::{PushBody, PushPlace, PushView};
use axum::Router;
use axum::extract::{Extension, State};
use axum::http::StatusCode;
use axum::response::IntoResponse;
use axum::routing::{get, post};
use std::future::Future;
use std::sync::Arc;

/// Whose browser it is: what was kept for it goes when it is let in no more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PushOwner {
    /// One of this computer.
    Window,
    /// A phone, by its id.
    Phone(String),
}

/// Telling browsers through their push services.
pub trait Pushing: Send + Sync + 'static {
    fn push(&self) -> impl Future<Output = Result<PushView, UserError>> + Send;
    /// Tells this browser from now on, in place of what was kept for it.
    fn keep_push(
        &self,
        owner: PushOwner,
        body: PushBody,
    ) -> impl Future<Output = Result<(), UserError>> + Send;
    fn remove_push(
        &self,
        owner: PushOwner,
        place: PushPlace,
    ) -> impl Future<Output = Result<(), UserError>> + Send;
    /// Sends something at once, and says what came of it.
    fn try_push(
        &self,
        owner: PushOwner,
        place: PushPlace,
    ) -> impl Future<Output = Result<(), UserError>> + Send;
    /// Tells none of this owner's browsers any more.
    fn forget_push(&self, owner: PushOwner) -> impl Future<Output = Result<(), UserError>> + Send;
}

pub(crate) fn routes<D: Desk>() -> Router<Arc<D>> {
    Router::new()
        .route("/v1/push", get(show::<D>).post(keep::<D>))
        .route("/v1/push/remove", post(remove::<D>))
        .route("/v1/push/try", post(attempt::<D>))
}

type Asker = Option<Extension<FromPhone>>;

fn owner(asker: Asker) -> PushOwner {
    match asker {
        Some(Extension(FromPhone(id))) => PushOwner::Phone(id),
        None => PushOwner::Window,
    }
}

async fn show<D: Desk>(State(desk): State<Arc<D>>) -> Answer {
    json(&desk.push().await?)
}

async fn keep<D: Desk>(
    State(desk): State<Arc<D>>,
    asker: Asker,
    Body(body): Body<PushBody>,
) -> Answer {
    desk.keep_push(owner(asker), body).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

async fn remove<D: Desk>(
    State(desk): State<Arc<D>>,
    asker: Asker,
    Body(place): Body<PushPlace>,
) -> Answer {
    desk.remove_push(owner(asker), place).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

async fn attempt<D: Desk>(
    State(desk): State<Arc<D>>,
    asker: Asker,
    Body(place): Body<PushPlace>,
) -> Answer {
    desk.try_push(owner(asker), place).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}
