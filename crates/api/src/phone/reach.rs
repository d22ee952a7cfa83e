//! Where phones reach us: the person's wish, and what came of it.

use super::certificate::{self, CertificateError};
use super::door::{Peer, PhoneDoor};
use super::guard::phone_only;
use super::known::Phones;
use crate::page;
use axum::Router;
use axum::extract::Request;
use axum::middleware;
use std::future::IntoFuture;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use tokio::net::TcpListener;

/// Where the person wants to be reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PhoneSpec {
    pub address: SocketAddr,
    /// What phones call it, where that is not the address itself.
    pub name: Option<String>,
    /// The person insists on sending everything readable.
    pub is_plain: bool,
    /// A certificate of their own and its key.
    pub certificate: Option<(PathBuf, PathBuf)>,
    /// Where ours is kept.
    pub dir: PathBuf,
}

/// Why a wish is none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PhoneSpecError {
    #[error("it is no address with a port, as in 192.168.1.20:7443")]
    Form,
    #[error("it means every network that this computer is in; choose one address of it")]
    Everywhere,
    #[error("a name has letters, digits, dots and dashes, and no port")]
    Name,
}

impl PhoneSpec {
    /// What the settings say, as one wish.
    pub fn parse(
        address: &str,
        name: Option<&str>,
    ) -> Result<(SocketAddr, Option<String>), PhoneSpecError> {
        let address: SocketAddr = address.trim().parse().map_err(|_| PhoneSpecError::Form)?;
        if address.ip().is_unspecified() {
            return Err(PhoneSpecError::Everywhere);
        }
        if address.port() == 0 {
            return Err(PhoneSpecError::Form);
        }
        let is_name = |name: &str| {
            let plain = |c: char| c.is_ascii_alphanumeric() || ".-".contains(c);
            !name.is_empty() && name.len() < 254 && name.chars().all(plain)
        };
        let name = name.map(str::to_ascii_lowercase);
        match &name {
            Some(name) if !is_name(name) => Err(PhoneSpecError::Name),
            Some(_) | None => Ok((address, name)),
        }
    }

    fn host(&self) -> String {
        self.name.clone().unwrap_or_else(|| self.address.ip().to_string())
    }

    /// Host and port, as a browser names them: it leaves out the usual port.
    fn authority(&self) -> String {
        let host = match (&self.name, self.address.ip()) {
            (Some(name), _) => name.clone(),
            (None, IpAddr::V6(ip)) => format!("[{ip}]"),
            (None, IpAddr::V4(ip)) => ip.to_string(),
        };
        match (self.is_plain, self.address.port()) {
            (true, 80) | (false, 443) => host,
            (_, port) => format!("{host}:{port}"),
        }
    }
}

/// Whether phones reach us.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Reach {
    /// The person wants none.
    Off,
    Open {
        authority: String,
        is_plain: bool,
        fingerprint: Option<String>,
    },
    /// They want it, and it could not be had.
    Failed {
        address: SocketAddr,
        why: String,
    },
}

impl Reach {
    /// Scheme, host and port, as in an `Origin`.
    pub(crate) fn origin(&self) -> Option<String> {
        match self {
            Self::Open { authority, is_plain, .. } => {
                let scheme = if *is_plain { "http" } else { "https" };
                Some(format!("{scheme}://{authority}"))
            }
            Self::Off | Self::Failed { .. } => None,
        }
    }
}

#[derive(Debug, thiserror::Error)]
enum OpenError {
    #[error("nothing can listen there: {0}")]
    Listen(#[from] io::Error),
    #[error("{0}")]
    Certificate(#[from] CertificateError),
}

async fn open(spec: &PhoneSpec) -> Result<(PhoneDoor, Reach), OpenError> {
    let shown = match spec.is_plain {
        true => None,
        false => Some(certificate::shown(spec.certificate.as_ref(), &spec.host(), &spec.dir)?),
    };
    let fingerprint = shown.as_ref().map(|it| it.fingerprint.clone());
    let listener = TcpListener::bind(spec.address).await?;
    let door = PhoneDoor::new(listener, shown.map(|it| it.config));
    let (authority, is_plain) = (spec.authority(), spec.is_plain);
    Ok((door, Reach::Open { authority, is_plain, fingerprint }))
}

/// Serves phones wherever the person wants it, and nowhere while they don't.
pub(crate) async fn serve(phones: Arc<Phones>, routes: Router) -> io::Result<()> {
    let guard = middleware::from_fn_with_state(phones.clone(), phone_only);
    let page = async |request: Request| page::file(request.uri().path());
    let routes = routes.reset_fallback().fallback(page).layer(guard);
    let mut wishes = phones.wishes();
    loop {
        let (number, spec) = wishes.borrow_and_update().clone();
        let opened = match &spec {
            None => Ok(None),
            Some(spec) => open(spec).await.map(Some),
        };
        match opened {
            Ok(None) => {
                phones.tell(number, Reach::Off);
                gone(&mut wishes).await;
            }
            Ok(Some((door, reach))) => {
                phones.tell(number, reach);
                let routes = routes.clone().into_make_service_with_connect_info::<Peer>();
                tokio::select! {
                    served = axum::serve(door, routes).into_future() => served?,
                    () = gone(&mut wishes) => (),
                }
            }
            Err(error) => {
                let address =
                    spec.map_or_else(|| SocketAddr::from(([0, 0, 0, 0], 0)), |it| it.address);
                phones.tell(number, Reach::Failed { address, why: error.to_string() });
                gone(&mut wishes).await;
            }
        }
    }
}

/// Returns when the wish is another.
async fn gone<T>(wishes: &mut tokio::sync::watch::Receiver<T>) {
    if wishes.changed().await.is_err() {
        std::future::pending::<()>().await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_one_address_is_a_wish() {
        let parse = PhoneSpec::parse;
        assert!(parse("192.0.2.7:7443", None).is_ok());
        assert!(parse("[2001:db8::7]:7443", Some("Desk.example.test")).is_ok());
        for text in ["192.0.2.7", "192.0.2.7:0", "desk:7443", ""] {
            assert_eq!(parse(text, None), Err(PhoneSpecError::Form), "{text}");
        }
        for text in ["0.0.0.0:7443", "[::]:7443"] {
            assert_eq!(parse(text, None), Err(PhoneSpecError::Everywhere), "{text}");
        }
        for name in ["", "a b", "a:7443", "a/b"] {
            assert_eq!(parse("192.0.2.7:1", Some(name)), Err(PhoneSpecError::Name), "{name}");
        }
    }

    #[test]
    fn a_browsers_name_for_it_leaves_the_usual_port_out() {
        let spec = |address: &str, name: Option<&str>, is_plain| PhoneSpec {
            address: address.parse().unwrap(),
            name: name.map(str::to_owned),
            is_plain,
            certificate: None,
            dir: PathBuf::new(),
        };
        assert_eq!(spec("192.0.2.7:443", None, false).authority(), "192.0.2.7");
        assert_eq!(spec("192.0.2.7:443", None, true).authority(), "192.0.2.7:443");
        assert_eq!(spec("[2001:db8::7]:7443", None, false).authority(), "[2001:db8::7]:7443");
        assert_eq!(spec("192.0.2.7:7443", Some("a.test"), false).authority(), "a.test:7443");
    }
}
