//! Routes for what is kept for all tasks.

use crate::desk::Desk;
use crate::exchange::{Answer, Asked, Body, json};
use crate::view_house::{
    DoctorFixBody, ModelKeyBody, ModelKeyRemoveBody, ModelTestBody, SettingBody, StandingBody,
};
use crate::view_memory::FolderMemoryBody;
use axum::Router;
use axum::extract::State;
use axum::routing::{get, post};
use serde::Deserialize;
use std::sync::Arc;

pub(crate) fn routes<D: Desk>() -> Router<Arc<D>> {
    Router::new()
        .route("/v1/settings", get(settings::<D>).post(set::<D>))
        .route("/v1/models/test", post(test_model::<D>))
        .route("/v1/models/key", post(keep_key::<D>))
        .route("/v1/models/key/remove", post(forget_key::<D>))
        .route("/v1/egress/standing", get(standing::<D>).post(set_standing::<D>))
        .route("/v1/folders/lately", get(folders_lately::<D>))
        .route("/v1/memory/folders", get(folder_memories::<D>).post(set_folder_memory::<D>))
        .route("/v1/search", get(search::<D>))
        .route("/v1/doctor/fix", post(fix::<D>))
}

async fn settings<D: Desk>(State(desk): State<Arc<D>>) -> Answer {
    json(&desk.settings().await?)
}

async fn set<D: Desk>(State(desk): State<Arc<D>>, Body(body): Body<SettingBody>) -> Answer {
    json(&desk.set(body).await?)
}

async fn test_model<D: Desk>(
    State(desk): State<Arc<D>>,
    Body(body): Body<ModelTestBody>,
) -> Answer {
    json(&desk.test_model(body).await?)
}

async fn keep_key<D: Desk>(State(desk): State<Arc<D>>, Body(body): Body<ModelKeyBody>) -> Answer {
    json(&desk.keep_model_key(body).await?)
}

async fn forget_key<D: Desk>(
    State(desk): State<Arc<D>>,
    Body(body): Body<ModelKeyRemoveBody>,
) -> Answer {
    json(&desk.forget_model_key(body).await?)
}

async fn standing<D: Desk>(State(desk): State<Arc<D>>) -> Answer {
    json(&desk.standing().await?)
}

async fn set_standing<D: Desk>(
    State(desk): State<Arc<D>>,
    Body(body): Body<StandingBody>,
) -> Answer {
    json(&desk.set_standing(body).await?)
}

async fn folders_lately<D: Desk>(State(desk): State<Arc<D>>) -> Answer {
    json(&desk.folders_lately().await?)
}

async fn folder_memories<D: Desk>(State(desk): State<Arc<D>>) -> Answer {
    json(&desk.folder_memories().await?)
}

async fn set_folder_memory<D: Desk>(
    State(desk): State<Arc<D>>,
    Body(body): Body<FolderMemoryBody>,
) -> Answer {
    json(&desk.set_folder_memory(body).await?)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Searched {
    words: String,
}

async fn search<D: Desk>(State(desk): State<Arc<D>>, Asked(asked): Asked<Searched>) -> Answer {
    json(&desk.search(asked.words).await?)
}

async fn fix<D: Desk>(State(desk): State<Arc<D>>, Body(body): Body<DoctorFixBody>) -> Answer {
    json(&desk.fix(body).await?)
}
