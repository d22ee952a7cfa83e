//! What the routes are made of: what they take out of requests, and how they answer.

use crate::error::{ErrorKind, UserError};
use crate::limits;
use axum::body::Bytes;
use axum::extract::rejection::{BytesRejection, QueryRejection};
use axum::extract::{FromRequest, FromRequestParts, Path, Query, Request};
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::future::Future;
use task::TaskId;
use tokio::sync::watch;

pub(crate) type Answer = Result<Response, UserError>;

/// Tells the watchers when the daemon is asked to end: they must not start a new one.
#[derive(Clone)]
pub(crate) struct Leave(pub(crate) watch::Sender<bool>);

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

pub(crate) fn bad_request(what: &str) -> UserError {
    UserError::new(ErrorKind::User, "request-malformed", what)
}

pub(crate) fn quoted(text: &str) -> String {
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
