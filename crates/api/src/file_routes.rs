//! Routes for the files that a task made: their bytes, how they look, where they come from.

use crate::desk::Desk;
use crate::exchange::{Answer, Asked, Body, Named, json};
use crate::page;
use crate::view_file::{PageAsked, PathAsked, SeenAsked};
use crate::view_window::FileAsked;
use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::IntoResponse;
use axum::routing::{get, post};
use std::sync::Arc;

pub(crate) fn routes<D: Desk>() -> Router<Arc<D>> {
    Router::new()
        .route("/v1/tasks/{id}/file", get(file::<D>))
        .route("/v1/tasks/{id}/look", get(look::<D>))
        .route("/v1/tasks/{id}/page", get(drawn::<D>))
        .route("/v1/tasks/{id}/seen", get(seen::<D>))
        .route("/v1/tasks/{id}/provenance", get(provenance::<D>))
        .route("/v1/tasks/{id}/open", post(open::<D>))
}

async fn file<D: Desk>(
    State(desk): State<Arc<D>>,
    Named(task): Named,
    headers: HeaderMap,
    Asked(asked): Asked<FileAsked>,
) -> Answer {
    let path = asked.path.clone();
    let file = desk.file(task, asked).await?;
    let dest = headers.get("sec-fetch-dest").map(HeaderValue::as_bytes);
    Ok(match dest == Some(b"iframe") {
        true => page::framed(&path, file.bytes),
        false => page::artifact(&path, file.bytes),
    })
}

async fn look<D: Desk>(
    State(desk): State<Arc<D>>,
    Named(task): Named,
    Asked(asked): Asked<FileAsked>,
) -> Answer {
    json(&desk.look(task, asked).await?)
}

async fn drawn<D: Desk>(
    State(desk): State<Arc<D>>,
    Named(task): Named,
    Asked(asked): Asked<PageAsked>,
) -> Answer {
    Ok(page::picture(desk.page(task, asked).await?.bytes))
}

async fn seen<D: Desk>(
    State(desk): State<Arc<D>>,
    Named(task): Named,
    Asked(asked): Asked<SeenAsked>,
) -> Answer {
    Ok(page::picture(desk.seen(task, asked.call).await?.bytes))
}

async fn provenance<D: Desk>(
    State(desk): State<Arc<D>>,
    Named(task): Named,
    Asked(asked): Asked<PathAsked>,
) -> Answer {
    json(&desk.provenance(task, asked.path).await?)
}

async fn open<D: Desk>(
    State(desk): State<Arc<D>>,
    Named(task): Named,
    Body(asked): Body<PathAsked>,
) -> Answer {
    desk.open(task, asked.path).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}
