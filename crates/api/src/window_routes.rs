//! Routes that the window needs beside those of every client, and the way into the window.

use crate::desk::Desk;
use crate::error::{ErrorKind, UserError};
use crate::exchange::{Answer, Asked, Body, Leave, Nothing, json, parse_event_id};
use crate::guard::passes;
use crate::limits;
use crate::page;
use crate::push::PushOwner;
use crate::view_window::{News, WindowAsked, WindowLink};
use crate::watch::SHUT;
use crate::window::{COOKIE, Redeemed, Window, is_path};
use axum::Router;
use axum::extract::{Extension, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::{get, post};
use futures_util::{StreamExt, stream};
use serde::Deserialize;
use std::sync::Arc;
use task::TaskId;
use tokio::time::Instant;

/// What the window asks for, and agents may.
pub(crate) fn routes<D: Desk>() -> Router<Arc<D>> {
    Router::new()
        .route("/v1/news", get(news::<D>))
        .route("/v1/folders", get(folders::<D>))
        .route("/v1/window", post(link))
        .route("/v1/window/forget", post(forget::<D>))
}

/// The page: its files, and the door with the link.
pub(crate) fn page_routes(window: Arc<Window>) -> Router {
    Router::new().route("/open", get(open)).fallback(shell).layer(Extension(Some(window)))
}

async fn shell(request: Request) -> Response {
    page::file(request.uri().path())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Followed {
    task: Option<String>,
    after: Option<u64>,
    /// Several tasks, as in `abcd1234:17,efgh5678:0`: each with the last event that is known of it.
    follow: Option<String>,
}

impl Followed {
    fn tasks(self, resumed: Option<u64>) -> Result<Vec<(TaskId, u64)>, UserError> {
        let unknown = |cause| {
            UserError::new(ErrorKind::User, "task-unknown", "there is no such task").cause(cause)
        };
        let one = self.task.map(|name| name.parse::<TaskId>()).transpose().map_err(unknown)?;
        let mut tasks: Vec<_> =
            one.map(|task| (task, resumed.or(self.after).unwrap_or(0))).into_iter().collect();
        let list = self.follow.unwrap_or_default();
        for part in list.split(',').filter(|part| !part.is_empty()) {
            let (name, after) = part.split_once(':').unwrap_or((part, "0"));
            let after = after.parse().map_err(|_| malformed("a position is no number"))?;
            tasks.push((name.parse::<TaskId>().map_err(unknown)?, after));
        }
        if tasks.len() > limits::NEWS_FOLLOWED_MAX {
            return Err(malformed("it follows too many tasks at once"));
        }
        Ok(tasks)
    }
}

fn malformed(why: &str) -> UserError {
    UserError::new(ErrorKind::User, "request-malformed", "the query is not understood").cause(why)
}

/// Everything that the windows of a browser show, in one stream: browsers grant few connections.
async fn news<D: Desk>(
    State(desk): State<Arc<D>>,
    Extension(leave): Extension<Leave>,
    Asked(from): Asked<Followed>,
    headers: HeaderMap,
) -> Answer {
    let resumed = headers.get("last-event-id").map(parse_event_id).transpose()?;
    let news = desk.news(from.tasks(resumed)?).await?;
    let leave = Box::pin(leave.told());
    let events = stream::unfold(Some((news.map(told), leave)), |watching| async move {
        let (mut news, mut leave) = watching?;
        tokio::select! {
            biased;
            () = &mut leave => Some((Ok(Event::default().event(SHUT).data("{}")), None)),
            event = news.next() => Some((event?, Some((news, leave)))),
        }
    });
    let alive = KeepAlive::new().interval(limits::KEEP_ALIVE);
    Ok(Sse::new(events).keep_alive(alive).into_response())
}

/// Only what is stored has an id: it is where a stream that broke off goes on.
fn told(news: News) -> Result<Event, axum::Error> {
    match news {
        News::Lines(lines) => Event::default().event("lines").json_data(lines),
        News::Items(items) => {
            Event::default().event("items").id(items.seq.to_string()).json_data(items)
        }
        News::Live(live) => Event::default().event("live").json_data(live),
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FolderAsked {
    path: Option<String>,
}

async fn folders<D: Desk>(State(desk): State<Arc<D>>, Asked(asked): Asked<FolderAsked>) -> Answer {
    json(&desk.folders(asked.path).await?)
}

type Shown = Extension<Option<Arc<Window>>>;

async fn link(Extension(window): Shown, Body(asked): Body<WindowAsked>) -> Answer {
    let Some(window) = window else {
        let what = "there is no window to open";
        return Err(UserError::new(ErrorKind::Unavailable, "window-none", what)
            .cause("the daemon could not listen for a browser when it started")
            .next("`legwork doctor` says why; or use the `legwork` command"));
    };
    let url = window.link(asked.to.as_deref(), Instant::now()).map_err(|why| unkept(&why))?;
    json(&WindowLink { url })
}

async fn forget<D: Desk>(
    State(desk): State<Arc<D>>,
    Extension(window): Shown,
    _: Nothing,
) -> Answer {
    if let Some(window) = window {
        window.forget().map_err(|why| unkept(&why))?;
    }
    desk.forget_push(PushOwner::Window).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

fn unkept(why: &std::io::Error) -> UserError {
    let what = "who may use the window could not be written down";
    UserError::new(ErrorKind::Unavailable, "window-unkept", what).cause(why)
}

#[derive(Deserialize)]
struct Key {
    key: String,
    to: Option<String>,
}

/// Makes a pass of a link. No redirect: the browser counts its target as ours only when a page
/// of ours leads there.
async fn open(Extension(window): Shown, headers: HeaderMap, Asked(asked): Asked<Key>) -> Response {
    let to = asked.to.filter(|to| is_path(to)).unwrap_or_else(|| "/".to_owned());
    let Some(window) = window else { return StatusCode::NOT_FOUND.into_response() };
    match window.redeem(&asked.key, Instant::now()) {
        Ok(Redeemed::Pass(pass)) => {
            let cookie = format!(
                "{COOKIE}={pass}; Path=/; HttpOnly; SameSite=Strict; Max-Age={}",
                limits::PASS_SECONDS
            );
            ([(header::SET_COOKIE, cookie)], Html(page::lead_on(&to))).into_response()
        }
        // Loading it again is no mistake of somebody who was let in.
        Ok(Redeemed::Stale) if passes(&headers).any(|it| window.admits(it)) => {
            Html(page::lead_on(&to)).into_response()
        }
        Ok(Redeemed::Stale) => (StatusCode::FORBIDDEN, Html(page::STALE)).into_response(),
        Ok(Redeemed::TooMany) => (StatusCode::TOO_MANY_REQUESTS, Html(page::STALE)).into_response(),
        Err(why) => unkept(&why).into_response(),
    }
}
