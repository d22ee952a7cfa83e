//! The routes: HTTP in, a call at the desk, JSON out. They judge nothing but the form of a request.
//!
//! Whatever goes wrong is answered with a `UserError` as JSON. Who may ask is in `guard`.

use crate::desk::Desk;
use crate::error::{ErrorKind, UserError};
use crate::etag;
use crate::file_routes;
use crate::guard::{local_only, window_only};
use crate::house_routes;
use crate::limits;
use crate::machine_routes;
use crate::neighbour::Doorway;
use crate::phone::{self, Phones};
use crate::steering;
use crate::terminal;
use crate::watch::SHUT;
use crate::window::Window;
use crate::window_routes::{self, page_routes};
use axum::Router;
use axum::body::Bytes;
use axum::extract::rejection::{BytesRejection, QueryRejection};
use axum::extract::{
    DefaultBodyLimit, Extension, FromRequest, FromRequestParts, Path, Query, Request, State,
};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get, post};
use futures_util::{StreamExt, stream};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::future::{Future, IntoFuture};
use std::io;
use std::sync::Arc;
use task::TaskId;
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
        .route("/{id}/terminal", get(terminal::terminal::<D>))
        .route("/{id}/changes", get(changes::<D>))
        .route("/{id}/changes/diff", post(diff::<D>))
        .route("/{id}/apply", post(apply::<D>))
        .route("/{id}/undo", post(undo::<D>))
        .route("/{id}/log", get(log::<D>))
        .route("/{id}/export", get(export::<D>))
        .merge(steering::routes::<D>());
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
        .merge(window_routes::routes::<D>())
        .merge(file_routes::routes::<D>())
        .merge(house_routes::routes::<D>())
        .merge(phone::routes::<D>())
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

pub(crate) type Answer = Result<Response, UserError>;

/// Made by `cargo xtask types`; see `contract.txt`.
const CONTRACT: &str = include_str!("../openapi.json");

async fn contract() -> Response {
    ([(header::CONTENT_TYPE, "application/json")], CONTRACT).into_response()
}

async fn version<D: Desk>(State(desk): State<Arc<D>>) -> Answer {
    json(&desk.version())
}

/// Tells the watchers when the daemon is asked to end: they must not start a new one.
#[derive(Clone)]
pub(crate) struct Leave(watch::Sender<bool>);

impl Leave {
    /// Returns once the daemon is asked to end.
    pub(crate) fn told(&self) -> impl Future<Output = ()> + Send + use<> {
        let mut asked = self.0.subscribe();
        async move {
            // The sender lives as long as the routes do.
            let _ = asked.wait_for(|asked| *asked).await;
        }
    }
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
    Body(body): Body<crate::CreateBody>,
) -> Answer {
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
    Named(task): Named,
    Body(body): Body<crate::AnswerBody>,
) -> Answer {
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
    Named(task): Named,
    Body(body): Body<crate::ApplyBody>,
) -> Answer {
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

/// The task that the path names.
pub(crate) struct Named(pub(crate) TaskId);

impl<S: Send + Sync> FromRequestParts<S> for Named {
    type Rejection = UserError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, UserError> {
        let name = Path::<String>::from_request_parts(parts, state).await;
        let Ok(Path(name)) = name else { return Err(bad_request("the path is not text")) };
        name.parse().map(Self).map_err(|cause| {
            let what = format!("there is no task {}", quoted(&name));
            UserError::new(ErrorKind::User, "task-unknown", what).cause(cause)
        })
    }
}

/// What the query asks for.
pub(crate) struct Asked<T>(pub(crate) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Asked<T> {
    type Rejection = UserError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, UserError> {
        let query: Result<Query<T>, QueryRejection> = Query::from_request_parts(parts, state).await;
        query
            .map(|query| Self(query.0))
            .map_err(|why| bad_request("the query is not understood").cause(why))
    }
}

/// A JSON body, whatever its content type claims.
pub(crate) struct Body<T>(pub(crate) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Body<T> {
    type Rejection = UserError;

    async fn from_request(request: Request, state: &S) -> Result<Self, UserError> {
        let bytes = take_body(request, state).await?;
        serde_json::from_slice(&bytes)
            .map(Self)
            .map_err(|why| bad_request("the request's body is not understood").cause(why))
    }
}

/// An empty body. What is not asked for is refused, so that a misspelt wish is never dropped.
pub(crate) struct Nothing;

impl<S: Send + Sync> FromRequest<S> for Nothing {
    type Rejection = UserError;

    async fn from_request(request: Request, state: &S) -> Result<Self, UserError> {
        match take_body(request, state).await?.as_ref() {
            b"" | b"{}" => Ok(Self),
            _ => Err(bad_request("this request takes no body")),
        }
    }
}

async fn take_body<S: Send + Sync>(request: Request, state: &S) -> Result<Bytes, UserError> {
    let bytes: Result<Bytes, BytesRejection> = Bytes::from_request(request, state).await;
    bytes.map_err(|why| match why.status() {
        StatusCode::PAYLOAD_TOO_LARGE => {
            UserError::new(ErrorKind::User, "request-too-large", "the request is too large")
                .cause(format!("a request may have {} bytes", limits::BODY_BYTES_MAX))
        }
        _ => bad_request("the request's body could not be read").cause(why),
    })
}

pub(crate) fn parse_event_id(value: &HeaderValue) -> Result<u64, UserError> {
    let id = value.to_str().ok().and_then(|text| text.parse().ok());
    id.ok_or_else(|| bad_request("Last-Event-ID is not a number that this watch gave out"))
}

fn bad_request(what: &str) -> UserError {
    UserError::new(ErrorKind::User, "request-malformed", what)
}

fn quoted(text: &str) -> String {
    text.escape_debug().take(limits::QUOTED_CHARS_MAX).collect()
}

pub(crate) fn json<T: Serialize>(value: &T) -> Answer {
    let body = serde_json::to_vec(value).map_err(|why| {
        UserError::new(ErrorKind::Bug, "answer-unwritable", "the answer cannot be written")
            .cause(why)
    })?;
    Ok(([(header::CONTENT_TYPE, "application/json")], body).into_response())
}

impl UserError {
    fn status(&self) -> StatusCode {
        match self.kind {
            // Codes are stable names, and those of missing things share their ending.
            ErrorKind::User if self.code.ends_with("-unknown") => StatusCode::NOT_FOUND,
            ErrorKind::User if self.code == "request-too-large" => StatusCode::PAYLOAD_TOO_LARGE,
            ErrorKind::User if self.code == "request-malformed" => StatusCode::BAD_REQUEST,
            ErrorKind::User => StatusCode::CONFLICT,
            ErrorKind::Denied => StatusCode::FORBIDDEN,
            ErrorKind::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            ErrorKind::Config | ErrorKind::Bug => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}

impl IntoResponse for UserError {
    fn into_response(self) -> Response {
        match json(&self) {
            Ok(response) => (self.status(), response).into_response(),
            Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        }
    }
}
