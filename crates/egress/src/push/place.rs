//! Where a browser wants to be told, as it said itself: parsed once, strictly.

use crate::limits::PUSH_ENDPOINT_BYTES_MAX;
use data_encoding::BASE64URL_NOPAD;
use p256::PublicKey;
use policy::egress::address::class_of;
use policy::egress::host::Host;

/// A browser's subscription, in its own words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subscription {
    pub endpoint: String,
    /// Its public key, base64url: `keys.p256dh`.
    pub key: String,
    /// What only it and we know, base64url: `keys.auth`.
    pub auth: String,
}

/// Why that is no place to send to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PlaceError {
    #[error("the push service's address is not one of https")]
    Form,
    #[error("the push service's address is not on the public network")]
    NotPublic,
    #[error("the browser's keys are not such keys")]
    Keys,
}

impl Subscription {
    /// Host and port of its push service.
    pub fn host(&self) -> Result<(Host, u16), PlaceError> {
        Place::parse(&self.endpoint).map(|place| (place.host, place.port))
    }

    /// Whether it could be sent to; where it leads is looked at again when it is. `own`: a service
    /// that the person named may be anywhere.
    pub fn check(&self, own: Option<(Host, u16)>) -> Result<(), PlaceError> {
        let place = Place::parse(&self.endpoint)?;
        if own.is_some_and(|own| own == (place.host.clone(), place.port)) {
            return self.keys().map(drop);
        }
        let is_inner = match &place.host {
            Host::Name(name) => name.is_internal(),
            Host::Address(address) => class_of(*address).is_some(),
        };
        if is_inner {
            return Err(PlaceError::NotPublic);
        }
        self.keys().map(drop)
    }

    pub(super) fn keys(&self) -> Result<(PublicKey, [u8; 16]), PlaceError> {
        let plain = |text: &str| BASE64URL_NOPAD.decode(text.trim_end_matches('=').as_bytes()).ok();
        let key = plain(&self.key).and_then(|it| PublicKey::from_sec1_bytes(&it).ok());
        let auth = plain(&self.auth).and_then(|it| it.try_into().ok());
        key.zip(auth).ok_or(PlaceError::Keys)
    }
}

/// An endpoint's parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) host: Host,
    pub(super) port: u16,
    /// Path and query.
    pub(super) target: String,
}

impl Place {
    pub(super) fn parse(endpoint: &str) -> Result<Self, PlaceError> {
        let is_plain = endpoint.bytes().all(|byte| byte.is_ascii_graphic());
        if endpoint.len() > PUSH_ENDPOINT_BYTES_MAX || !is_plain || endpoint.contains(['#', '\\']) {
            return Err(PlaceError::Form);
        }
        let rest = endpoint.strip_prefix("https://").ok_or(PlaceError::Form)?;
        let end = rest.find(['/', '?']).unwrap_or(rest.len());
        let (authority, target) = rest.split_at(end);
        let (host, port) =
            Host::parse_with_port(authority.as_bytes()).map_err(|_| PlaceError::Form)?;
        let target = if target.starts_with('/') { target.into() } else { format!("/{target}") };
        Ok(Self { host, port: port.unwrap_or(443), target })
    }

    pub(super) fn authority(&self) -> String {
        match (&self.host, self.port) {
            (Host::Name(name), 443) => name.to_string(),
            (host, port) => crate::dial::authority(host, port),
        }
    }

    /// Whom a token is for.
    pub(super) fn origin(&self) -> String {
        format!("https://{}", self.authority())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_https_on_the_public_network_is_a_place() {
        let check = |endpoint: &str| {
            let key = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6S\
                       RpkNtoIAiw4";
            let auth = "BTBZMqHH6r4Tts7J_aSIgg";
            let (key, auth) = (key.to_owned(), auth.to_owned());
            Subscription { endpoint: endpoint.to_owned(), key, auth }.check(None)
        };
        for endpoint in [
            "https://push.example.com/a?b=c",
            "https://push.example.com",
            "https://93.184.215.14:8443/x",
        ] {
            assert_eq!(check(endpoint), Ok(()), "{endpoint}");
        }
        for endpoint in [
            "http://push.example.com/a",
            "https://user@push.example.com/a",
            "https://push.example.com/a b",
            "https://push.example.com/a\r\nX: y",
            "https://push.example.com/#a",
            "https:///a",
            "file:///etc/passwd",
            "",
        ] {
            assert_eq!(check(endpoint), Err(PlaceError::Form), "{endpoint}");
        }
        for endpoint in [
            "https://127.0.0.1/a",
            "https://[::1]/a",
            "https://192.168.1.1/a",
            "https://169.254.169.254/latest",
            "https://localhost/a",
        ] {
            assert_eq!(check(endpoint), Err(PlaceError::NotPublic), "{endpoint}");
        }
        let long = format!("https://push.example.com/{}", "a".repeat(PUSH_ENDPOINT_BYTES_MAX));
        assert_eq!(check(&long), Err(PlaceError::Form));
        let place = Place::parse("https://push.example.com?x=1").unwrap();
        assert_eq!(
            (place.target.as_str(), place.authority().as_str()),
            ("/?x=1", "push.example.com")
        );
    }
}
