//! What a phone may ask for, and from where.
//!
//! The same tests as for the window of this computer, for the address that the person chose. What
//! is not named here a phone may not: a lost one must not be able to let others in, to read which
//! secrets there are, or to change what is set for this computer.

use super::door::Peer;
use super::known::{Admitted, Phones};
use crate::clock::now_ms;
use crate::error::{ErrorKind, UserError};
use crate::guard::{cookies, is_safe, let_in, ours, refused};
use crate::limits;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderMap, header};
use axum::middleware::Next;
use axum::response::Response;
use std::sync::Arc;

/// The cookie over TLS: browsers send one of this name to nobody but us.
const SEALED: &str = "__Host-legwork-phone";
const PLAIN: &str = "legwork-phone";

/// What a phone may read beside the page itself and its tasks.
const READS: [&str; 11] = [
    "/v1/version",
    "/v1/news",
    "/v1/offers",
    "/v1/models",
    "/v1/doctor",
    "/v1/settings",
    "/v1/folders",
    "/v1/folders/lately",
    "/v1/search",
    "/v1/tasks",
    "/v1/push",
];
/// What it may do beside that.
const ACTS: [&str; 6] =
    ["/v1/tasks", "/v1/egress/words", "/v1/pair", "/v1/push", "/v1/push/remove", "/v1/push/try"];
/// What it may read of a task, and do with it, as the path's end.
const TASK_READS: [&str; 11] = [
    "",
    "watch",
    "changes",
    "file",
    "look",
    "seen",
    "page",
    "provenance",
    "log",
    "export",
    "machine",
];
const TASK_ACTS: [&str; 14] = [
    "answers",
    "plan/edits",
    "plan/decision",
    "say",
    "stop",
    "pause",
    "resume",
    "asides",
    "egress",
    "changes/diff",
    "apply",
    "undo",
    "archive",
    "boundary",
];

/// Goes with every request of a phone: its id, which is empty before it is paired.
#[derive(Debug, Clone)]
pub(crate) struct FromPhone(pub(crate) String);

/// What is not done from a phone.
pub(crate) fn may_not() -> UserError {
    UserError::new(ErrorKind::Denied, "phone-may-not", "this is not done from a phone")
        .cause("a phone that got lost must not be able to change this computer")
        .next("do it on the computer itself")
}

/// For phones: the page, and with a token what they may.
pub(crate) async fn phone_only(
    State(phones): State<Arc<Phones>>,
    mut request: Request,
    next: Next,
) -> Response {
    let judged = judge(&phones, &request);
    let id = judged.as_ref().map_or(String::new(), Clone::clone);
    if let Some(ConnectInfo(peer)) = request.extensions().get::<ConnectInfo<Peer>>()
        && is_let_in(&phones, &request)
    {
        peer.is_let_in();
    }
    request.extensions_mut().insert(FromPhone(id));
    let_in(judged.map(drop), request, next).await
}

/// The phone's id, where it has to be one that is let in.
fn judge(phones: &Phones, request: &Request) -> Result<String, UserError> {
    let reach = phones.reach();
    let Some(own) = reach.origin() else { return Err(refused("no phone is let in now")) };
    let (headers, is_safe) = (request.headers(), is_safe(request));
    ours(request, &own, is_safe)?;
    phones.permitted()?;
    let path = request.uri().path();
    if !path.starts_with("/v1/") {
        return Ok(String::new());
    }
    if headers.contains_key(header::UPGRADE) || !may(path, is_safe) {
        return Err(may_not());
    }
    if path == "/v1/pair" {
        return Ok(String::new());
    }
    let admitted = admitted(phones, headers, own.starts_with("https"));
    let next = "run `legwork phone pair` on the computer and scan what it shows";
    let refused = |code: &str, what: &str, why: String| {
        Err(UserError::new(ErrorKind::Denied, code, what).cause(why).next(next))
    };
    match admitted {
        Admitted::Yes(id) => Ok(id),
        Admitted::No => {
            let why = "it was not paired, or that was taken back".to_owned();
            refused("pass-missing", "this phone is not let in", why)
        }
        Admitted::Idle(days) => {
            let why = format!("it was not used for {days} days, and one that got lost would be");
            refused("phone-idle", "this phone is let in no more", why)
        }
    }
}

fn admitted(phones: &Phones, headers: &HeaderMap, is_sealed: bool) -> Admitted {
    let mut judged = tokens(headers, is_sealed).map(|token| phones.admits(token, now_ms()));
    judged.find(|it| !matches!(it, Admitted::No)).unwrap_or(Admitted::No)
}

/// Whether it comes from a phone that is let in, be it only for the page.
fn is_let_in(phones: &Phones, request: &Request) -> bool {
    let is_sealed = phones.reach().origin().is_some_and(|it| it.starts_with("https"));
    matches!(admitted(phones, request.headers(), is_sealed), Admitted::Yes(_))
}

fn may(path: &str, is_safe: bool) -> bool {
    let (whole, parts) =
        if is_safe { (&READS[..], &TASK_READS[..]) } else { (&ACTS[..], &TASK_ACTS[..]) };
    if whole.contains(&path) {
        return true;
    }
    let Some(rest) = path.strip_prefix("/v1/tasks/") else { return false };
    let part = rest.split_once('/').map_or("", |(_, part)| part);
    parts.contains(&part)
}

fn tokens(headers: &HeaderMap, is_sealed: bool) -> impl Iterator<Item = &str> {
    cookies(headers, if is_sealed { SEALED } else { PLAIN })
}

/// What a phone is to keep.
pub(crate) fn set_cookie(token: &str, is_sealed: bool) -> String {
    let (name, secure) = if is_sealed { (SEALED, " Secure;") } else { (PLAIN, "") };
    let seconds = limits::PASS_SECONDS;
    format!("{name}={token}; Path=/; HttpOnly;{secure} SameSite=Strict; Max-Age={seconds}")
}

#[cfg(test)]
mod tests {
    use super::super::known::Paired;
    use super::super::reach::Reach;
    use super::*;
    use std::sync::atomic::{AtomicBool, Ordering};

    #[test]
    fn a_phone_may_what_is_named_and_nothing_else() {
        for (path, is_safe, allowed) in [
            ("/v1/tasks", true, true),
            ("/v1/tasks", false, true),
            ("/v1/tasks/abcd1234", true, true),
            ("/v1/tasks/abcd1234", false, false),
            ("/v1/tasks/abcd1234/say", false, true),
            ("/v1/tasks/abcd1234/plan/decision", false, true),
            ("/v1/tasks/abcd1234/pause", false, true),
            ("/v1/tasks/abcd1234/model", false, false),
            ("/v1/tasks/abcd1234/seen", true, true),
            ("/v1/tasks/abcd1234/machine", true, true),
            ("/v1/tasks/abcd1234/terminal", true, false),
            ("/v1/tasks/abcd1234/shell", false, false),
            ("/v1/settings", true, true),
            ("/v1/settings", false, false),
            ("/v1/secrets", true, false),
            ("/v1/secrets", false, false),
            ("/v1/phones", true, false),
            ("/v1/phones/pair", false, false),
            ("/v1/window", false, false),
            ("/v1/shut", false, false),
            ("/v1/doctor/fix", false, false),
            ("/v1/egress/standing", false, false),
            ("/v1/anything-new", true, false),
        ] {
            assert_eq!(may(path, is_safe), allowed, "{path} {is_safe}");
        }
    }

    #[test]
    fn what_an_administrator_says_holds_at_each_request() {
        let off = Arc::new(AtomicBool::new(false));
        let is_off = off.clone();
        let permit = Box::new(move || match is_off.load(Ordering::Relaxed) {
            true => Err(UserError::new(ErrorKind::Denied, "policy-phone", "no phone is let in")),
            false => Ok(()),
        });
        let dir = tempfile::tempdir().unwrap();
        let now = tokio::time::Instant::now();
        let phones = Phones::open(dir.path().join("phones.json"), now, permit);
        let authority = "a.test".to_owned();
        phones.tell(1, Reach::Open { authority, is_plain: false, fingerprint: None });
        let code = phones.code(now).unwrap();
        let Paired::Token(token) =
            phones.redeem([127, 0, 0, 1].into(), &code, "mine", now, now_ms()).unwrap()
        else {
            panic!("it is not let in");
        };
        let asked = |path: &str| {
            let request = Request::builder().uri(path).header("host", "a.test");
            let cookie = format!("{SEALED}={token}");
            request.header("cookie", cookie).body(axum::body::Body::empty()).unwrap()
        };
        for (is_off, expected) in [(false, None), (true, Some("policy-phone")), (false, None)] {
            off.store(is_off, Ordering::Relaxed);
            for path in ["/", "/v1/tasks", "/v1/tasks/abcd1234/watch"] {
                let code = judge(&phones, &asked(path)).err().map(|error| error.code);
                assert_eq!(code.as_deref(), expected, "{path}");
            }
        }
    }
}
