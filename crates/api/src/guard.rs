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
    let headers = request.headers();
    let is = |name, value: &str| text(headers, name) == Some(value);
    if !is("host", window.authority()) {
        return Err(refused("it is meant for another host"));
    }
    let own = format!("http://{}", window.authority());
    // A browser lets any page open a WebSocket to any host: what it does there is no mere look.
    let is_safe = [Method::GET, Method::HEAD].contains(request.method())
        && !headers.contains_key(header::UPGRADE);
    match text(headers, "origin") {
        Some(origin) if origin != own => return Err(refused("it comes from another page")),
        None if !is_safe => return Err(refused("it does not say which page it comes from")),
        Some(_) | None => (),
    }
    if !request.uri().path().starts_with("/v1/") {
        return Ok(());
    }
    let site = text(headers, "sec-fetch-site");
    if site.is_some_and(|site| site != "same-origin") {
        return Err(refused("it comes from another page"));
    }
    if request.uri().path() == "/v1/window" {
        return Err(refused("links are for programs that can use the socket"));
    }
    if !pass(headers).is_some_and(|pass| window.admits(pass)) {
        let what = "this browser is not let in";
        return Err(UserError::new(ErrorKind::Denied, "pass-missing", what)
            .cause("it has no pass, or one that was taken back")
            .next("run `legwork open`"));
    }
    Ok(())
}

pub(crate) fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

/// The pass among the cookies.
pub(crate) fn pass(headers: &HeaderMap) -> Option<&str> {
    cookie(headers, COOKIE)
}

/// The value of a cookie.
pub(crate) fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let cookies = headers.get_all(header::COOKIE).into_iter().filter_map(|it| it.to_str().ok());
    let pairs = cookies.flat_map(|line| line.split(';')).filter_map(|it| it.trim().split_once('='));
    pairs.filter(|(it, _)| *it == name).map(|(_, value)| value).next()
}
