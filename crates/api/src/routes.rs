//! The routes: HTTP in, a call at the desk, JSON out. They judge nothing but the form of a request.
//!
//! Whatever goes wrong is answered with a `UserError` as JSON. Who may ask is in `guard`.

use crate::desk::Desk;
use crate::error::{ErrorKind, UserError};
use crate::etag;
use crate::exchange::{Answer, Asked, Body, Leave, Named, Nothing, json, parse_event_id, quoted};
use crate::file_routes;
use crate::guard::{local_only, window_only};
use crate::house_routes;
use crate::limits;
use crate::machine_routes;
use crate::neighbour::Doorway;
use crate::phone::{self, FromPhone, Phones, may_not};
use crate::watch::SHUT;
use crate::window::Window;
use crate::window_routes::{self, page_routes};
use crate::{push, steering_routes, terminal_routes};
use axum::Router;
use axum::extract::{DefaultBodyLimit, Extension, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get, post};
use futures_util::{StreamExt, stream};
use serde::Deserialize;
use std::future::IntoFuture;
use std::io;
use std::sync::Arc;
use task::{EgressDecision, QuestionId};
use tokio::net::UnixListener;
use tokio::sync::watch;

/// All routes for programs, answered by `desk`.
pub fn router<D: Desk>(desk: Arc<D>) -> Router {
    routes(desk, None, None).layer(middleware::from_fn(local_only))
}

/// All routes, whoever asks.
fn routes<D: Desk>(
    desk: Arc<D>,
    window: Option<Arc<Window>>,
    phones: Option<Arc<Phones>>,
) -> Router {
    let tasks = Router::new()
        .route("/", get(list::<D>).post(create::<D>))
        .route("/{id}", get(show::<D>))
        .route("/{id}/watch", get(watch_task::<D>))
        .route("/{id}/answers", post(answer::<D>))
        .route("/{id}/plan/edits", post(edit_plan::<D>))
        .route("/{id}/plan/decision", post(decide_plan::<D>))
        .route("/{id}/boundary", post(set_boundary::<D>))
        .route("/{id}/archive", post(archive::<D>))
        .route("/{id}/say", post(say::<D>))
        .route("/{id}/stop", post(stop::<D>))
        .route("/{id}/egress", post(allow::<D>))
        .route("/{id}/terminal", get(terminal_routes::terminal::<D>))
        .route("/{id}/changes", get(changes::<D>))
        .route("/{id}/changes/diff", post(diff::<D>))
        .route("/{id}/apply", post(apply::<D>))
        .route("/{id}/undo", post(undo::<D>))
        .route("/{id}/log", get(log::<D>))
        .route("/{id}/export", get(export::<D>))
        .merge(steering_routes::routes::<D>());
    let (leave, _) = watch::channel(false);
    Router::new()
        .route("/v1/memory", get(memory::<D>).post(set_memory::<D>))
        .route("/v1/secrets", get(secrets::<D>).post(set_secret::<D>))
        .route("/v1/secrets/remove", post(remove_secret::<D>))
        .route("/v1/machines", get(machines::<D>))
        .route("/v1/version", get(version::<D>))
        .route("/v1/openapi.json", get(contract))
        .route("/v1/shut", post(shut::<D>))
        .route("/v1/offers", get(offers::<D>))
        .route("/v1/models", get(models::<D>))
        .route("/v1/doctor", get(doctor::<D>))
        .route("/v1/egress/words", post(egress_words::<D>))
        .nest("/v1/tasks", tasks)
        .merge(machine_routes::routes::<D>())
        .merge(steering_routes::own_routes::<D>())
        .merge(window_routes::routes::<D>())
        .merge(file_routes::routes::<D>())
        .merge(house_routes::routes::<D>())
        .merge(phone::routes::<D>())
        .merge(push::routes::<D>())
        .route("/v1/{*rest}", any(no_route))
        .fallback(no_route)
        .method_not_allowed_fallback(no_method)
        .layer(Extension(Leave(leave)))
        .layer(middleware::from_fn(etag::tagged))
        .layer(Extension(window))
        .layer(Extension(phones))
        .layer(DefaultBodyLimit::max(limits::BODY_BYTES_MAX))
        .with_state(desk)
}

/// Answers at `listener` for as long as this is polled.
pub async fn serve<D: Desk>(listener: UnixListener, desk: Arc<D>) -> io::Result<()> {
    axum::serve(listener, router(desk)).await
}

/// Answers programs at `listener`, browsers at `door`, and phones where the person wants them, for
/// as long as this is polled.
pub async fn serve_all<D: Desk>(
    listener: UnixListener,
    (window, door): (Arc<Window>, Doorway),
    phones: Arc<Phones>,
    desk: Arc<D>,
) -> io::Result<()> {
    let routes = routes(desk, Some(window.clone()), Some(phones.clone()));
    let of_phones = routes.clone().layer(Extension(None::<Arc<Window>>));
    let socket = routes.clone().layer(middleware::from_fn(local_only));
    let guard = middleware::from_fn_with_state(window.clone(), window_only);
    let page = routes.reset_fallback().merge(page_routes(window)).layer(guard);
    let served = tokio::try_join!(
        axum::serve(listener, socket).into_future(),
        axum::serve(door, page).into_future(),
        phone::serve(phones, of_phones),
    );
    served.map(drop)
}

/// Made by `cargo xtask types`; see `contract.txt`.
const CONTRACT: &str = include_str!("../openapi.json");

async fn contract() -> Response {
    ([(header::CONTENT_TYPE, "application/json")], CONTRACT).into_response()
}

async fn version<D: Desk>(State(desk): State<Arc<D>>) -> Answer {
    json(&desk.version())
}

async fn shut<D: Desk>(
    State(desk): State<Arc<D>>,
    Extension(leave): Extension<Leave>,
    _: Nothing,
) -> Answer {
    leave.0.send_replace(true);
    desk.shut();
    Ok(StatusCode::NO_CONTENT.into_response())
}

async fn offers<D: Desk>(State(desk): State<Arc<D>>) -> Answer {
    json(&desk.offers().await?)
}

async fn models<D: Desk>(State(desk): State<Arc<D>>) -> Answer {
    json(&desk.models().await?)
}

async fn doctor<D: Desk>(State(desk): State<Arc<D>>) -> Answer {
    json(&desk.doctor().await?)
}

async fn memory<D: Desk>(State(desk): State<Arc<D>>) -> Answer {
    json(&desk.memory().await?)
}

async fn set_memory<D: Desk>(
    State(desk): State<Arc<D>>,
    Body(body): Body<crate::MemoryBody>,
) -> Answer {
    json(&desk.set_memory(body).await?)
}

async fn secrets<D: Desk>(State(desk): State<Arc<D>>) -> Answer {
    json(&desk.secrets().await?)
}

async fn set_secret<D: Desk>(
    State(desk): State<Arc<D>>,
    Body(body): Body<crate::SecretBody>,
) -> Answer {
    json(&desk.set_secret(body).await?)
}

async fn remove_secret<D: Desk>(
    State(desk): State<Arc<D>>,
    Body(body): Body<crate::SecretRemoveBody>,
) -> Answer {
    json(&desk.remove_secret(body).await?)
}

async fn machines<D: Desk>(State(desk): State<Arc<D>>) -> Answer {
    json(&desk.machines().await?)
}

async fn egress_words<D: Desk>(
    State(desk): State<Arc<D>>,
    Body(body): Body<crate::EgressWordsBody>,
) -> Answer {
    json(&desk.egress_words(body).await?)
}

async fn allow<D: Desk>(
    State(desk): State<Arc<D>>,
    Named(task): Named,
    Body(body): Body<crate::EgressGrantBody>,
) -> Answer {
    json(&desk.allow(task, body).await?)
}

async fn create<D: Desk>(
    State(desk): State<Arc<D>>,
    from_phone: Option<Extension<FromPhone>>,
    Body(body): Body<crate::CreateBody>,
) -> Answer {
    if from_phone.is_some() {
        desk.handed_by_phone(body.folders.clone()).await?;
    }
    let view = desk.create(body).await?;
    Ok((StatusCode::CREATED, json(&view)?).into_response())
}

/// All tasks, or a page of them after the one named, with a link to the next (RFC 8288).
async fn list<D: Desk>(State(desk): State<Arc<D>>, Asked(page): Asked<Page>) -> Answer {
    let mut lines = desk.list().await?;
    if let Some(after) = &page.after {
        let found = lines.iter().position(|line| line.id == *after);
        let found = found.ok_or_else(|| {
            let what = format!("there is no task {}", quoted(after));
            UserError::new(ErrorKind::User, "task-unknown", what)
                .next("begin again without `after`")
        })?;
        lines.drain(..=found);
    }
    let limit = page.limit.unwrap_or(usize::MAX).max(1);
    let next = lines.get(limit - 1).filter(|_| lines.len() > limit);
    let next =
        next.map(|last| format!("</v1/tasks?limit={limit}&after={}>; rel=\"next\"", last.id));
    lines.truncate(limit);
    let mut response = json(&lines)?;
    if let Some(Ok(link)) = next.map(|it| HeaderValue::from_str(&it)) {
        response.headers_mut().insert(header::LINK, link);
    }
    Ok(response)
}

async fn show<D: Desk>(State(desk): State<Arc<D>>, Named(task): Named) -> Answer {
    json(&desk.show(task).await?)
}

async fn watch_task<D: Desk>(
    State(desk): State<Arc<D>>,
    Extension(leave): Extension<Leave>,
    Named(task): Named,
    Asked(from): Asked<After>,
    headers: HeaderMap,
) -> Answer {
    let resumed = headers.get("last-event-id").map(parse_event_id).transpose()?;
    let items = desk.watch(task, resumed.or(from.after).unwrap_or(0)).await?;
    let items = items.map(|watched| {
        let event = Event::default();
        let event = match watched.whole_to {
            Some(seq) => event.id(seq.to_string()),
            None => event,
        };
        event.json_data(&watched.item)
    });
    let leave = Box::pin(leave.told());
    let events = stream::unfold(Some((items, leave)), |watching| async move {
        let (mut items, mut leave) = watching?;
        tokio::select! {
            biased;
            () = &mut leave => Some((Ok(Event::default().event(SHUT).data("{}")), None)),
            item = items.next() => Some((item?, Some((items, leave)))),
        }
    });
    let alive = KeepAlive::new().interval(limits::KEEP_ALIVE);
    Ok(Sse::new(events).keep_alive(alive).into_response())
}

async fn answer<D: Desk>(
    State(desk): State<Arc<D>>,
    from_phone: Option<Extension<FromPhone>>,
    Named(task): Named,
    Body(body): Body<crate::AnswerBody>,
) -> Answer {
    // What holds for every task to come is decided at the computer.
    if from_phone.is_some() {
        let is_for_all = match body.question {
            QuestionId::Egress(_) => {
                EgressDecision::parse(&body.answer).is_some_and(EgressDecision::is_for_all)
            }
            QuestionId::Call(_) if body.answer == "no" => false,
            QuestionId::Call(_) => desk.is_for_all(task.clone(), body.question).await?,
            QuestionId::Machine => false,
        };
        if is_for_all {
            return Err(may_not());
        }
    }
    json(&desk.answer(task, body).await?)
}

async fn edit_plan<D: Desk>(
    State(desk): State<Arc<D>>,
    Named(task): Named,
    Body(body): Body<crate::PlanBody>,
) -> Answer {
    json(&desk.edit_plan(task, body).await?)
}

async fn decide_plan<D: Desk>(
    State(desk): State<Arc<D>>,
    Named(task): Named,
    Body(body): Body<crate::PlanDecisionBody>,
) -> Answer {
    json(&desk.decide_plan(task, body).await?)
}

async fn set_boundary<D: Desk>(
    State(desk): State<Arc<D>>,
    Named(task): Named,
    Body(body): Body<crate::BoundaryBody>,
) -> Answer {
    json(&desk.set_boundary(task, body).await?)
}

async fn archive<D: Desk>(
    State(desk): State<Arc<D>>,
    Named(task): Named,
    Body(body): Body<crate::ArchiveBody>,
) -> Answer {
    json(&desk.archive(task, body).await?)
}

async fn say<D: Desk>(
    State(desk): State<Arc<D>>,
    Named(task): Named,
    Body(body): Body<crate::SayBody>,
) -> Answer {
    json(&desk.say(task, body).await?)
}

async fn stop<D: Desk>(State(desk): State<Arc<D>>, Named(task): Named, _: Nothing) -> Answer {
    json(&desk.stop(task).await?)
}

async fn changes<D: Desk>(
    State(desk): State<Arc<D>>,
    Named(task): Named,
    Asked(from): Asked<Offset>,
) -> Answer {
    json(&desk.changes(task, from.offset.unwrap_or(0)).await?)
}

async fn diff<D: Desk>(
    State(desk): State<Arc<D>>,
    Named(task): Named,
    Body(body): Body<crate::DiffBody>,
) -> Answer {
    json(&desk.diff(task, body.path).await?)
}

async fn apply<D: Desk>(
    State(desk): State<Arc<D>>,
    from_phone: Option<Extension<FromPhone>>,
    Named(task): Named,
    Body(body): Body<crate::ApplyBody>,
) -> Answer {
    if from_phone.is_some() && !body.selection.ticks.is_empty() {
        let what = "what could act later is not applied from a phone";
        return Err(UserError::new(ErrorKind::Denied, "phone-may-not", what)
            .cause("a phone that got lost must not be able to change this computer")
            .next("apply the rest here, and these on the computer itself"));
    }
    json(&desk.apply(task, body).await?)
}

async fn undo<D: Desk>(State(desk): State<Arc<D>>, Named(task): Named, _: Nothing) -> Answer {
    json(&desk.undo(task).await?)
}

async fn log<D: Desk>(
    State(desk): State<Arc<D>>,
    Named(task): Named,
    Asked(from): Asked<After>,
) -> Answer {
    json(&desk.log(task, from.after.unwrap_or(0)).await?)
}

async fn export<D: Desk>(State(desk): State<Arc<D>>, Named(task): Named) -> Answer {
    let archive = desk.export(task).await?;
    Ok(([(header::CONTENT_TYPE, "application/x-tar")], archive).into_response())
}

async fn no_route(request: Request) -> UserError {
    let what = format!("there is nothing at {}", quoted(request.uri().path()));
    UserError::new(ErrorKind::User, "route-unknown", what)
        .next("see the routes of this version; each starts with /v1/")
}

async fn no_method(request: Request) -> Response {
    let what = format!("{} does not answer {}", quoted(request.uri().path()), request.method());
    let error = UserError::new(ErrorKind::User, "method-unknown", what);
    (StatusCode::METHOD_NOT_ALLOWED, error.into_response()).into_response()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct After {
    after: Option<u64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Page {
    limit: Option<usize>,
    after: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Offset {
    offset: Option<u64>,
}
