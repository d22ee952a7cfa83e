//! Who may ask: programs of this user over the socket, and the window's own page over loopback.
//!
//! A page of somebody else can make this browser send requests here. So the Host must be ours (no
//! rebinding of names), the Origin too where there is one and always for what changes something,
//! and what a request reads or changes needs the pass, whose cookie only our own page sends.

use crate::error::{ErrorKind, UserError};
use crate::page;
use crate::window::{COOKIE, Window};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use std::sync::Arc;

pub(crate) fn refused(cause: &str) -> UserError {
    UserError::new(ErrorKind::Denied, "origin-refused", "this request is refused").cause(cause)
}

/// For the socket: no browser has business there.
pub(crate) async fn local_only(request: Request, next: Next) -> Response {
    let headers = request.headers();
    let refuse = |cause: &str| {
        refused(cause)
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

/// For the window: its own page only, and with a pass for all that is not the page itself.
pub(crate) async fn window_only(
    State(window): State<Arc<Window>>,
    request: Request,
    next: Next,
) -> Response {
    let judged = judge(&window, &request);
    let_in(judged, request, next).await
}

/// Goes on with a request that was judged well; else says why not. Either answer is of our page.
pub(crate) async fn let_in(
    judged: Result<(), UserError>,
    request: Request,
    next: Next,
) -> Response {
    let mut response = match judged {
        Ok(()) => next.run(request).await,
        Err(error) if ["pass-missing", "phone-idle"].contains(&error.code.as_str()) => {
            (StatusCode::UNAUTHORIZED, error.into_response()).into_response()
        }
        Err(error) => error.into_response(),
    };
    page::protect(response.headers_mut());
    response
}

fn judge(window: &Window, request: &Request) -> Result<(), UserError> {
    // A browser lets any page open a WebSocket to any host: what it does there is no mere look.
    let headers = request.headers();
    let is_look = is_safe(request) && !headers.contains_key(header::UPGRADE);
    ours(request, &format!("http://{}", window.authority()), is_look)?;
    if !request.uri().path().starts_with("/v1/") {
        return Ok(());
    }
    if request.uri().path() == "/v1/window" {
        return Err(refused("links are for programs that can use the socket"));
    }
    if !passes(headers).any(|pass| window.admits(pass)) {
        let what = "this browser is not let in";
        return Err(UserError::new(ErrorKind::Denied, "pass-missing", what)
            .cause("it has no pass, or one that was taken back")
            .next("run `legwork open`"));
    }
    Ok(())
}

pub(crate) fn is_safe(request: &Request) -> bool {
    [Method::GET, Method::HEAD].contains(request.method())
}

/// Whether a request is meant for the page at this origin, and comes from it where it has to.
pub(crate) fn ours(request: &Request, origin: &str, is_look: bool) -> Result<(), UserError> {
    let headers = request.headers();
    let authority = origin.split_once("://").map_or("", |(_, authority)| authority);
    if once(headers, "host")? != Some(authority) {
        return Err(refused("it is meant for another host"));
    }
    match once(headers, "origin")? {
        Some(other) if other != origin => return Err(refused("it comes from another page")),
        None if !is_look => return Err(refused("it does not say which page it comes from")),
        Some(_) | None => (),
    }
    let site = once(headers, "sec-fetch-site")?;
    if request.uri().path().starts_with("/v1/") && site.is_some_and(|site| site != "same-origin") {
        return Err(refused("it comes from another page"));
    }
    Ok(())
}

/// What a browser says once, in plain letters. Of two, each reader would believe another.
fn once<'a>(headers: &'a HeaderMap, name: &str) -> Result<Option<&'a str>, UserError> {
    let mut said = headers.get_all(name).iter();
    match (said.next().map(HeaderValue::to_str), said.next()) {
        (None, _) => Ok(None),
        (Some(Ok(text)), None) => Ok(Some(text)),
        (Some(_), _) => Err(refused("it says twice, or in no letters, where it is from or for")),
    }
}

/// The passes among the cookies. Other programs at a name of this computer can add some.
pub(crate) fn passes(headers: &HeaderMap) -> impl Iterator<Item = &str> {
    cookies(headers, COOKIE)
}

/// The values of the cookies of a name.
pub(crate) fn cookies<'a>(headers: &'a HeaderMap, name: &'a str) -> impl Iterator<Item = &'a str> {
    let lines = headers.get_all(header::COOKIE).into_iter().filter_map(|it| it.to_str().ok());
    let pairs = lines.flat_map(|line| line.split(';')).filter_map(|it| it.trim().split_once('='));
    pairs.filter(move |(it, _)| *it == name).map(|(_, value)| value)
}
