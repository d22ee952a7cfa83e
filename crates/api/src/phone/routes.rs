//! Routes about phones: who is paired, a code for one more, and the one that a phone itself asks.

use super::door::Peer;
use super::guard::set_cookie;
use super::{Paired, Phones, Reach, rows};
use crate::clock::now_ms;
use crate::desk::Desk;
use crate::error::{ErrorKind, UserError};
use crate::exchange::{Answer, Body, Nothing, bad_request, json};
use crate::limits::{CODE_LIFETIME, PAIR_BYTES_MAX};
use crate::push::PushOwner;
use crate::view_house::{PairBody, PhoneLink, PhoneReach, PhoneRevokeBody, PhoneView, PhonesView};
use axum::Router;
use axum::extract::{ConnectInfo, Extension, Request, State};
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::{get, post};
use std::net::{Ipv4Addr, UdpSocket};
use std::sync::Arc;
use tokio::time::Instant;

pub(crate) fn routes<D: Desk>() -> Router<Arc<D>> {
    Router::new()
        .route("/v1/phones", get(list))
        .route("/v1/phones/pair", post(code))
        .route("/v1/phones/revoke", post(revoke::<D>))
        .route("/v1/pair", post(pair))
}

type Known = Extension<Option<Arc<Phones>>>;

fn known(phones: Option<Arc<Phones>>) -> Result<Arc<Phones>, UserError> {
    phones.ok_or_else(|| {
        let what = "phones can't reach this Legwork";
        UserError::new(ErrorKind::Unavailable, "window-none", what)
            .cause("the daemon could not listen for a browser when it started")
            .next("`legwork doctor` says why")
    })
}

fn unkept(why: &std::io::Error) -> UserError {
    let what = "which phones are let in could not be written down";
    UserError::new(ErrorKind::Unavailable, "window-unkept", what).cause(why)
}

fn view(phones: &Phones) -> PhonesView {
    let reach = phones.reach();
    let url = reach.origin();
    let reach = match reach {
        Reach::Off => PhoneReach::Off,
        Reach::Open { is_plain, fingerprint, .. } => {
            PhoneReach::Open { url: url.unwrap_or_default(), is_plain, fingerprint }
        }
        Reach::Failed { address, why } => PhoneReach::Failed { address: address.to_string(), why },
    };
    let now = now_ms();
    let view = |phone: super::known::Phone| PhoneView {
        is_idle: phones.is_idle(&phone, now),
        id: phone.id,
        name: phone.name,
        paired_at: phone.paired_at,
        seen_at: phone.seen_at,
    };
    PhonesView {
        reach,
        suggested: own_address().map(|ip| format!("{ip}:7443")),
        phones: phones.list().into_iter().map(view).collect(),
        idle_days: phones.idle_days(),
    }
}

/// The address under which other machines most likely know this one. Nothing is sent: connecting a
/// datagram socket only chooses a way, here to an address for documentation.
fn own_address() -> Option<std::net::IpAddr> {
    let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).ok()?;
    socket.connect((Ipv4Addr::new(192, 0, 2, 1), 9)).ok()?;
    Some(socket.local_addr().ok()?.ip())
}

async fn list(Extension(phones): Known) -> Answer {
    json(&view(&*known(phones)?))
}

async fn code(Extension(phones): Known, _: Nothing) -> Answer {
    let phones = known(phones)?;
    let Some(origin) = phones.reach().origin() else {
        let what = "no phone can reach this computer yet";
        let error = UserError::new(ErrorKind::User, "phone-off", what);
        let error = match phones.reach() {
            Reach::Failed { why, .. } => error.cause(why),
            Reach::Off | Reach::Open { .. } => error,
        };
        return Err(error.next("choose an address with `legwork phone on`, or in the settings"));
    };
    let code = phones.code(Instant::now()).map_err(|why| unkept(&why))?;
    // What stands after `#` is sent to no server and is in no log of one.
    let url = format!("{origin}/pair#{code}");
    let fingerprint = match phones.reach() {
        Reach::Open { fingerprint, .. } => fingerprint,
        Reach::Off | Reach::Failed { .. } => None,
    };
    let seconds = CODE_LIFETIME.as_secs();
    json(&PhoneLink { rows: rows(&url), url, fingerprint, seconds })
}

async fn revoke<D: Desk>(
    State(desk): State<Arc<D>>,
    Extension(phones): Known,
    Body(body): Body<PhoneRevokeBody>,
) -> Answer {
    let phones = known(phones)?;
    let gone = phones.revoke(&body.phone).map_err(|why| unkept(&why))?;
    if gone.is_empty() {
        let what = format!("no phone is called {:?}", body.phone);
        return Err(UserError::new(ErrorKind::User, "phone-unknown", what)
            .next("`legwork phone list` shows them"));
    }
    for id in gone {
        desk.forget_push(PushOwner::Phone(id)).await?;
    }
    json(&view(&phones))
}

/// Anybody in the same network may ask this: a small body, and a count of wrong codes for each.
async fn pair(
    Extension(phones): Known,
    peer: Option<Extension<ConnectInfo<Peer>>>,
    request: Request,
) -> Answer {
    let phones = known(phones)?;
    let body = axum::body::to_bytes(request.into_body(), PAIR_BYTES_MAX).await;
    let body = body.ok().and_then(|bytes| serde_json::from_slice::<PairBody>(&bytes).ok());
    let body = body.ok_or_else(|| bad_request("the request's body is not understood"))?;
    let from = peer.map_or(Ipv4Addr::LOCALHOST.into(), |it| it.0.0.address.ip());
    let refused = |what: &str| {
        UserError::new(ErrorKind::Denied, "pair-refused", what)
            .next("run `legwork phone pair` on the computer and scan what it shows")
    };
    let paired = phones.redeem(from, body.code.trim(), &body.name, Instant::now(), now_ms());
    match paired.map_err(|why| unkept(&why))? {
        Paired::Token(token) => {
            let is_sealed = phones.reach().origin().is_some_and(|it| it.starts_with("https"));
            let cookie = [(header::SET_COOKIE, set_cookie(&token, is_sealed))];
            Ok((StatusCode::NO_CONTENT, cookie).into_response())
        }
        Paired::Stale => Err(refused("this code was used, or is too old")),
        Paired::TooMany => {
            let error = refused("too many wrong codes were tried; wait a minute");
            Ok((StatusCode::TOO_MANY_REQUESTS, error.into_response()).into_response())
        }
        Paired::Full => Err(refused("as many phones as can be are paired; take one back first")),
    }
}
