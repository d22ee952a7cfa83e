//! Secrets at the door: the machine has a stand-in, and only a request to the bound place carries
//! the value.

use crate::head::{Header, RequestHead};
use crate::limits::{SECRET_BYTES_MAX, SECRET_BYTES_MIN};
use crate::refusal::Refusal;
use crate::scan::{Needles, disguises, escaped, percent_decoded};
use data_encoding::{BASE32_NOPAD, BASE64};
use policy::egress::host::{Host, Name};
use policy::egress::{Method, PathPrefix, is_plain_path};
use std::fmt;
use std::sync::Arc;
use zeroize::Zeroizing;

/// Where a secret may go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bound {
    pub host: Name,
    pub port: u16,
    /// Empty: every method.
    pub methods: Vec<Method>,
    /// `None`: every path.
    pub path: Option<PathPrefix>,
}

/// A value that the machine never sees.
#[derive(Clone)]
pub struct Secret {
    name: String,
    stand_in: String,
    value: Zeroizing<String>,
    bound: Bound,
}

impl fmt::Debug for Secret {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Secret").field("name", &self.name).finish_non_exhaustive()
    }
}

/// Why a value can be no secret.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    #[error("a secret has {SECRET_BYTES_MIN} to {SECRET_BYTES_MAX} characters")]
    Length,
    #[error("a secret is one line of visible ASCII characters; this has others in it")]
    Characters,
    #[error("this computer gives no random numbers")]
    Chance,
}

impl Secret {
    /// Draws a stand-in. `shape`: what it begins with, for programs that look at that (`ghp_`).
    pub fn new(
        name: String,
        value: Zeroizing<String>,
        bound: Bound,
        shape: &str,
    ) -> Result<Self, SecretError> {
        if !(SECRET_BYTES_MIN..=SECRET_BYTES_MAX).contains(&value.len()) {
            return Err(SecretError::Length);
        }
        let is_plain = |text: &str| text.bytes().all(|byte| byte.is_ascii_graphic());
        if !is_plain(&value) || !is_plain(shape) {
            return Err(SecretError::Characters);
        }
        let mut random = [0; 20];
        getrandom::fill(&mut random).map_err(|_| SecretError::Chance)?;
        let stand_in = format!("{shape}standin{}", BASE32_NOPAD.encode(&random).to_lowercase());
        Ok(Self { name, stand_in, value, bound })
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    /// What the machine gets in the place of the value.
    pub fn stand_in(&self) -> &str {
        &self.stand_in
    }

    pub fn bound(&self) -> &Bound {
        &self.bound
    }

    fn is_at(&self, host: &Host, port: u16) -> bool {
        matches!(host, Host::Name(name) if *name == self.bound.host) && port == self.bound.port
    }

    fn fits(&self, place: &Place<'_>) -> bool {
        let Bound { methods, path, .. } = &self.bound;
        place.is_tls
            && self.is_at(place.host, place.port)
            && (methods.is_empty() || methods.iter().any(|m| m.as_str() == place.method))
            && path.as_ref().is_none_or(|p| is_plain_path(place.path) && p.holds(place.path))
    }
}

/// Where a request goes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place<'a> {
    pub(crate) host: &'a Host,
    pub(crate) port: u16,
    pub(crate) is_tls: bool,
    pub(crate) method: &'a str,
    /// Without the query.
    pub(crate) path: &'a str,
}

/// All secrets of a task.
#[derive(Debug, Default)]
pub(crate) struct Secrets {
    all: Vec<Secret>,
    needles: Arc<Needles>,
}

/// A request's headers with values in the place of stand-ins.
#[derive(Debug)]
pub(crate) struct Swapped {
    pub(crate) headers: Vec<(String, Zeroizing<Vec<u8>>)>,
    /// Names of headers with a key that is not ours.
    pub(crate) foreign: Vec<String>,
    /// The secret whose value is in them.
    pub(crate) account: Option<String>,
}

impl Secrets {
    pub(crate) fn new(all: Vec<Secret>) -> Self {
        let texts = all.iter().map(|secret| (secret.name.as_str(), secret.stand_in.as_str()));
        let needles = Arc::new(Needles::new(texts));
        Self { all, needles }
    }

    pub(crate) fn needles(&self) -> &Arc<Needles> {
        &self.needles
    }

    /// Some secret is bound to this host, so that every request to it has to be looked at, on
    /// whatever port: a key that is not ours would work there too.
    pub(crate) fn is_bound(&self, host: &Host) -> bool {
        self.all.iter().any(|secret| matches!(host, Host::Name(name) if *name == secret.bound.host))
    }

    /// Names of the secrets that are bound to this place, and their values in each form in which
    /// a place could send them back.
    pub(crate) fn values_at(&self, host: &Host, port: u16) -> Vec<(String, Zeroizing<Vec<u8>>)> {
        let at = self.all.iter().filter(|secret| secret.is_at(host, port));
        let forms = at.flat_map(|secret| {
            let clear = secret.value.as_bytes().to_vec();
            let forms = std::iter::once(clear).chain(disguises(secret.value.as_bytes()));
            let forms = forms.chain(escaped(secret.value.as_bytes()));
            forms.map(|form| (secret.name.clone(), Zeroizing::new(form)))
        });
        forms.collect()
    }

    /// Swaps what may be swapped; a stand-in anywhere else is an offence. `is_bound`: keys that are
    /// not ours are taken out.
    pub(crate) fn swap(
        &self,
        head: &RequestHead,
        place: &Place<'_>,
        is_bound: bool,
    ) -> Result<Swapped, Refusal> {
        self.refuse_in(head.target.as_bytes())?;
        if is_bound && has_key_parameter(&head.target) {
            return Err(Refusal::KeyInTarget);
        }
        let mut swapped = Swapped {
            headers: Vec::with_capacity(head.headers.len()),
            foreign: Vec::new(),
            account: None,
        };
        for header in &head.headers {
            self.refuse_in(header.name.as_bytes())?;
            let may_hold_key = is_key_header(&header.name) || begins_as_key(&header.value);
            let value = match self.swapped_value(header, place).filter(|_| may_hold_key) {
                Some((name, value, rest)) => {
                    self.refuse_in(&rest)?;
                    // A request speaks for one; a rule could not tell whose it is else.
                    if swapped.account.replace(name.clone()).is_some_and(|other| other != name) {
                        return Err(Refusal::TwoAccounts);
                    }
                    value
                }
                None => {
                    self.refuse_in(&header.value)?;
                    if is_bound && may_hold_key {
                        swapped.foreign.push(header.name.clone());
                        continue;
                    }
                    Zeroizing::new(header.value.clone())
                }
            };
            swapped.headers.push((header.name.clone(), value));
        }
        Ok(swapped)
    }

    /// Names are in lower case, and a long text is spread over their parts.
    pub(crate) fn refuse_in_name(&self, host: &Host) -> Result<(), Refusal> {
        match host {
            Host::Name(name) if !self.needles.is_empty() => {
                self.refuse_in(name.as_str().replace('.', "").as_bytes())
            }
            Host::Name(_) | Host::Address(_) => Ok(()),
        }
    }

    fn refuse_in(&self, bytes: &[u8]) -> Result<(), Refusal> {
        if self.needles.is_empty() {
            return Ok(());
        }
        // `Basic` and its like may hold it in any alignment, which the needles know.
        match self.needles.find(bytes) {
            Some(secret) => Err(Refusal::StandIn(secret.to_owned())),
            None => Ok(()),
        }
    }

    /// Whose it is, the value to send, and what was beside the stand-in; `None`: no stand-in that
    /// fits here.
    fn swapped_value(
        &self,
        header: &Header,
        place: &Place<'_>,
    ) -> Option<(String, Zeroizing<Vec<u8>>, Vec<u8>)> {
        let fitting = self.all.iter().filter(|secret| secret.fits(place));
        for secret in fitting {
            let stand_in = secret.stand_in.as_bytes();
            let replaced_by = |bytes: &[u8]| replaced(bytes, stand_in, secret.value.as_bytes());
            if let Some((value, rest)) = replaced_by(&header.value) {
                return Some((secret.name.clone(), value, rest));
            }
            let basic = header.value.split_at_checked(6);
            let basic = basic.filter(|(scheme, _)| scheme.eq_ignore_ascii_case(b"basic "));
            let decoded = basic.and_then(|(_, text)| BASE64.decode(text.trim_ascii()).ok());
            let decoded = decoded.map(Zeroizing::new);
            if let Some((value, rest)) = decoded.and_then(|plain| replaced_by(&plain)) {
                let encoded = Zeroizing::new(BASE64.encode(&value));
                let value = Zeroizing::new([b"Basic ", encoded.as_bytes()].concat());
                return Some((secret.name.clone(), value, rest));
            }
        }
        None
    }
}

/// The bytes with the value in the place of the stand-in, and without either.
fn replaced(bytes: &[u8], stand_in: &[u8], value: &[u8]) -> Option<(Zeroizing<Vec<u8>>, Vec<u8>)> {
    let at = memchr::memmem::find(bytes, stand_in)?;
    let (before, after) = (&bytes[..at], &bytes[at + stand_in.len()..]);
    let whole = [before, value, after].concat();
    Some((Zeroizing::new(whole), [before, b" ", after].concat()))
}

/// Headers in which keys travel.
fn is_key_header(name: &str) -> bool {
    const PARTS: [&str; 13] = [
        "auth",
        "key",
        "token",
        "secret",
        "cookie",
        "credential",
        "session",
        "password",
        "passwd",
        "passphrase",
        "signature",
        "bearer",
        "jwt",
    ];
    const HARMLESS: [&str; 3] = ["idempotency-key", "sec-websocket-key", "surrogate-key"];
    let lower = name.to_ascii_lowercase();
    lower != "www-authenticate"
        && !HARMLESS.contains(&lower.as_str())
        && PARTS.iter().any(|part| lower.contains(part))
}

/// `Bearer …` and its like are keys under whatever name.
fn begins_as_key(value: &[u8]) -> bool {
    const SCHEMES: [&[u8]; 6] =
        [b"bearer ", b"basic ", b"digest ", b"negotiate ", b"token ", b"apikey "];
    let begins = |scheme: &&[u8]| {
        value.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme))
    };
    SCHEMES.iter().any(begins)
}

/// `?key=…` and its like.
fn has_key_parameter(target: &str) -> bool {
    const NAMES: [&str; 36] = [
        "private_token",
        "job_token",
        "oauth_token",
        "auth_token",
        "access_key",
        "password",
        "secret",
        "sig",
        "key",
        "api_key",
        "apikey",
        "api-key",
        "access_token",
        "token",
        "auth",
        "client_secret",
        "x-api-key",
        "accesskey",
        "app_key",
        "authorization",
        "awsaccesskeyid",
        "bearer",
        "credential",
        "id_token",
        "jwt",
        "pat",
        "private_key",
        "pwd",
        "refresh_token",
        "session",
        "session_id",
        "session_token",
        "signature",
        "x-amz-credential",
        "x-amz-security-token",
        "x-amz-signature",
    ];
    let query = target.split_once('?').map(|(_, query)| query).unwrap_or_default();
    query.split(['&', ';']).any(|pair| {
        let name = pair.split('=').next().unwrap_or_default();
        let name = String::from_utf8_lossy(&percent_decoded(name.as_bytes())).to_lowercase();
        NAMES.contains(&name.trim())
    })
}
