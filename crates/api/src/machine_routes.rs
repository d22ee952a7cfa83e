//! Routes about what machines are made of.

use crate::desk::Desk;
use crate::error::{ErrorKind, UserError};
use crate::exchange::{Answer, Body, Named, json};
use crate::view_machine::{FreeBody, ImageBuildBody, ImageNews, NamedBody};
use axum::Router;
use axum::body::Body as Whole;
use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;
use axum::routing::{get, post};
use futures_util::StreamExt;
use std::sync::Arc;

pub(crate) fn routes<D: Desk>() -> Router<Arc<D>> {
    Router::new()
        .route("/v1/room", get(room::<D>))
        .route("/v1/room/free", post(free::<D>))
        .route("/v1/images", get(images::<D>))
        .route("/v1/images/build", post(build::<D>))
        .route("/v1/images/remove", post(remove_image::<D>))
        .route("/v1/layers", get(layers::<D>))
        .route("/v1/layers/remove", post(remove_layer::<D>))
        .route("/v1/tasks/{id}/keep", post(keep::<D>))
        .route("/v1/tasks/{id}/machine", get(its_machine::<D>))
}

async fn room<D: Desk>(State(desk): State<Arc<D>>) -> Answer {
    json(&desk.room().await?)
}

async fn free<D: Desk>(State(desk): State<Arc<D>>, Body(body): Body<FreeBody>) -> Answer {
    json(&desk.free(body).await?)
}

async fn images<D: Desk>(State(desk): State<Arc<D>>) -> Answer {
    json(&desk.images().await?)
}

/// The answer begins at once and lasts as long as the work.
async fn build<D: Desk>(State(desk): State<Arc<D>>, Body(body): Body<ImageBuildBody>) -> Answer {
    let news = desk.build_image(body).await?;
    let lines = news.map(|told| Ok::<_, std::io::Error>(line(&told)));
    let kind = [(header::CONTENT_TYPE, "application/x-ndjson")];
    Ok((kind, Whole::from_stream(lines)).into_response())
}

fn line(told: &ImageNews) -> Vec<u8> {
    let mut line = serde_json::to_vec(told).unwrap_or_else(|why| {
        let what = "the answer cannot be written";
        let error = UserError::new(ErrorKind::Bug, "answer-unwritable", what).cause(why);
        serde_json::to_vec(&ImageNews::Failed { error }).unwrap_or_default()
    });
    line.push(b'\n');
    line
}

async fn remove_image<D: Desk>(State(desk): State<Arc<D>>, Body(body): Body<NamedBody>) -> Answer {
    json(&desk.remove_image(body).await?)
}

async fn layers<D: Desk>(State(desk): State<Arc<D>>) -> Answer {
    json(&desk.layers().await?)
}

async fn remove_layer<D: Desk>(State(desk): State<Arc<D>>, Body(body): Body<NamedBody>) -> Answer {
    json(&desk.remove_layer(body).await?)
}

async fn its_machine<D: Desk>(State(desk): State<Arc<D>>, Named(task): Named) -> Answer {
    json(&desk.its_machine(task).await?)
}

async fn keep<D: Desk>(
    State(desk): State<Arc<D>>,
    Named(task): Named,
    Body(body): Body<NamedBody>,
) -> Answer {
    json(&desk.keep(task, body).await?)
}
