//! The routes: HTTP in, a call at the desk, JSON out. They judge nothing but the form of a request.
//!
//! Whatever goes wrong is answered with a `UserError` as JSON. A request with an Origin is refused:
//! a page in a browser is no client of the socket.

use crate::desk::Desk;
use crate::error::{ErrorKind, UserError};
use crate::limits;
use crate::watch::SHUT;
use axum::Router;
use axum::body::Bytes;
use axum::extract::rejection::{BytesRejection, QueryRejection};
use axum::extract::{
    DefaultBodyLimit, Extension, FromRequest, FromRequestParts, Path, Query, Request, State,
};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use futures_util::{StreamExt, stream};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::io;
use std::sync::Arc;
use task::TaskId;
use tokio::net::UnixListener;
use tokio::sync::watch;

/// All routes, answered by `desk`.
pub fn router<D: Desk>(desk: Arc<D>) -> Router {
    let tasks = Router::new()
        .route("/", get(list::<D>).post(create::<D>))
        .route("/{id}", get(show::<D>))
        .route("/{id}/watch", get(watch_task::<D>))
        .route("/{id}/answers", post(answer::<D>))
        .route("/{id}/plan/edits", post(edit_plan::<D>))
        .route("/{id}/plan/decision", post(decide_plan::<D>))
        .route("/{id}/say", post(say::<D>))
        .route("/{id}/stop", post(stop::<D>))
        .route("/{id}/egress", post(allow::<D>))
        .route("/{id}/changes", get(changes::<D>))
        .route("/{id}/changes/diff", post(diff::<D>))
        .route("/{id}/apply", post(apply::<D>))
        .route("/{id}/undo", post(undo::<D>))
        .route("/{id}/log", get(log::<D>))
        .route("/{id}/export", get(export::<D>));
    let (leave, _) = watch::channel(false);
    Router::new()
        .route("/v1/version", get(version::<D>))
        .route("/v1/shut", post(shut::<D>))
        .route("/v1/offers", get(offers::<D>))
        .route("/v1/doctor", get(doctor::<D>))
        .route("/v1/egress/words", post(egress_words::<D>))
        .nest("/v1/tasks", tasks)
        .fallback(no_route)
        .method_not_allowed_fallback(no_method)
        .layer(Extension(Leave(leave)))
        .layer(DefaultBodyLimit::max(limits::BODY_BYTES_MAX))
        .layer(middleware::from_fn(local_only))
        .with_state(desk)
}

/// Answers at `listener` for as long as this is polled.
pub async fn serve<D: Desk>(listener: UnixListener, desk: Arc<D>) -> io::Result<()> {
    axum::serve(listener, router(desk)).await
}

type Answer = Result<Response, UserError>;

async fn version<D: Desk>(State(desk): State<Arc<D>>) -> Answer {
    json(&desk.version())
}

/// Tells the watchers when the daemon is asked to end: they must not start a new one.
#[derive(Clone)]
struct Leave(watch::Sender<bool>);

impl Leave {
    async fn told(mut asked: watch::Receiver<bool>) -> Event {
        // The sender lives as long as the routes do.
        let _ = asked.wait_for(|asked| *asked).await;
        Event::default().event(SHUT).data("{}")
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

async fn doctor<D: Desk>(State(desk): State<Arc<D>>) -> Answer {
    json(&desk.doctor().await?)
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

async fn list<D: Desk>(State(desk): State<Arc<D>>) -> Answer {
    json(&desk.list().await?)
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
    let items = items.map(|item| Event::default().id(item.id.to_string()).json_data(&item));
    let leave = Box::pin(Leave::told(leave.0.subscribe()));
    let events = stream::unfold(Some((items, leave)), |watching| async move {
        let (mut items, mut leave) = watching?;
        tokio::select! {
            biased;
            event = &mut leave => Some((Ok(event), None)),
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

async fn local_only(request: Request, next: Next) -> Response {
    let headers = request.headers();
    let refuse = |cause: &str| {
        UserError::new(ErrorKind::Denied, "origin-refused", "this request is refused")
            .cause(cause)
            .next("use the `legwork` command, or a client that connects to the socket itself")
            .into_response()
    };
    if headers.contains_key(header::ORIGIN) {
        return refuse("it comes from a web page, and the socket is not for web pages");
    }
    if !headers.get(header::HOST).is_none_or(is_own_host) {
        return refuse("its Host is not `legwork` or `localhost`");
    }
    next.run(request).await
}

fn is_own_host(host: &HeaderValue) -> bool {
    [&b"legwork"[..], b"localhost"].contains(&host.as_bytes())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct After {
    after: Option<u64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Offset {
    offset: Option<u64>,
}

/// The task that the path names.
struct Named(TaskId);

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
struct Asked<T>(T);

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
struct Body<T>(T);

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
struct Nothing;

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

fn parse_event_id(value: &HeaderValue) -> Result<u64, UserError> {
    let id = value.to_str().ok().and_then(|text| text.parse().ok());
    id.ok_or_else(|| bad_request("Last-Event-ID is not a number that this watch gave out"))
}

fn bad_request(what: &str) -> UserError {
    UserError::new(ErrorKind::User, "request-malformed", what)
}

fn quoted(text: &str) -> String {
    text.escape_debug().take(limits::QUOTED_CHARS_MAX).collect()
}

fn json<T: Serialize>(value: &T) -> Answer {
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
