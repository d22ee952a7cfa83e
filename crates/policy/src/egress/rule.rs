//! One rule: who may be reached, how, and how much. `text` writes it down and reads it again.

use super::address::{Cidr, Class, class_of};
use super::host::{Host, Name};
use super::limits::{ACCOUNT_BYTES_MAX, METHOD_BYTES_MAX, PATH_BYTES_MAX, READING_BODY_BYTES_MAX};
use super::request::{What, is_of_packages, is_pushing, is_reading};
use std::net::IpAddr;
use std::num::NonZeroU16;

/// Whether what matches goes through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stance {
    Allow,
    Deny,
}

/// Where a rule holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    Exact(Name),
    /// `*.x`: what is below x, and not x.
    Below(Name),
    /// `**.x`: x and what is below it.
    AtOrBelow(Name),
    /// Destinations that are written as an address. What forbids a block also forbids names that
    /// stand for an address in it; what allows one says nothing about names.
    Net(Cidr),
    /// Every name; no address.
    Everywhere,
}

impl Place {
    pub fn holds(&self, host: &Host) -> bool {
        match (self, host) {
            (Self::Exact(name), Host::Name(host)) => host == name,
            (Self::Below(name), Host::Name(host)) => host.is_below(name),
            (Self::AtOrBelow(name), Host::Name(host)) => host == name || host.is_below(name),
            (Self::Net(net), Host::Address(address)) => net.contains(*address),
            (Self::Everywhere, Host::Name(_)) => true,
            (Self::Net(_), Host::Name(_))
            | (
                Self::Exact(_) | Self::Below(_) | Self::AtOrBelow(_) | Self::Everywhere,
                Host::Address(_),
            ) => false,
        }
    }
}

/// What may be done there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reach {
    /// Any bytes, in any form.
    Everything,
    /// GET, HEAD and OPTIONS without a body, and `git fetch`.
    Reading,
    /// What a package manager does at its own source, and nothing that would publish there.
    Packages,
    /// `git fetch` and `git push`, and what `Reading` allows.
    Pushing,
    /// What `Reading` does not allow; with any method, also one that only this place knows.
    Writing,
    Methods(Methods),
    Ssh,
}

/// At least one method.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Methods(Vec<Method>);

impl Methods {
    /// `None` for an empty list.
    pub fn new(methods: Vec<Method>) -> Option<Self> {
        (!methods.is_empty()).then_some(Self(methods))
    }

    pub fn as_slice(&self) -> &[Method] {
        &self.0
    }
}

/// A method of HTTP: capital letters and hyphens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Method(String);

impl Method {
    /// `None` for what is none, and for CONNECT and TRACE, which no rule can allow.
    pub fn parse(text: &str) -> Option<Self> {
        let fits = (1..=METHOD_BYTES_MAX).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_uppercase() || b == b'-')
            && !matches!(text, "CONNECT" | "TRACE");
        fits.then(|| Self(text.to_owned()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Whose key a request carries: the name under which a secret is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account(String);

impl Account {
    /// `None` for what can be no secret's name.
    pub fn parse(text: &str) -> Option<Self> {
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
        let fits = (1..=ACCOUNT_BYTES_MAX).contains(&text.len()) && text.bytes().all(is_plain);
        fits.then(|| Self(text.to_owned()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The beginning of a path, by whole segments: `/v1` holds `/v1` and `/v1/x`, not `/v10`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PathPrefix(String);

impl PathPrefix {
    /// `None` for what is no plain path.
    pub fn parse(text: &str) -> Option<Self> {
        let fits = text.starts_with('/') && text.len() <= PATH_BYTES_MAX;
        (fits && is_plain_path(text)).then(|| Self(text.to_owned()))
    }

    pub fn holds(&self, path: &str) -> bool {
        let prefix = self.0.strip_suffix('/').unwrap_or(&self.0);
        let rest = path.strip_prefix(prefix);
        rest.is_some_and(|rest| match self.0.ends_with('/') {
            true => rest.starts_with('/'),
            false => rest.is_empty() || rest.starts_with('/'),
        })
    }

    /// As `holds`, where `/Admin` is `/admin`: many servers take it so, and what is forbidden is
    /// not to be had by a large letter.
    fn holds_in_any_case(&self, path: &str) -> bool {
        Self(self.0.to_ascii_lowercase()).holds(&path.to_ascii_lowercase())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A path that every server reads alike: no dot segments, no empty ones, and nothing written with
/// `%` that needs not be, or that could be a separator.
pub fn is_plain_path(path: &str) -> bool {
    let has_hidden = path.match_indices('%').any(|(at, _)| {
        let hex = path.get(at + 1..at + 3).filter(|hex| hex.bytes().all(|b| b.is_ascii_hexdigit()));
        let byte = hex.and_then(|hex| u8::from_str_radix(hex, 16).ok());
        byte.is_none_or(|byte| {
            byte.is_ascii_alphanumeric() || byte < b' ' || b"-._~/\\%".contains(&byte)
        })
    });
    let is_dots = |segment: &str| {
        // Some servers take what follows a `;` for no part of the segment.
        let segment = segment.split(';').next().unwrap_or_default();
        segment == "." || segment == ".."
    };
    let inner = path.strip_prefix('/').unwrap_or(path);
    let inner = inner.strip_suffix('/').unwrap_or(inner);
    let has_empty = inner.split('/').any(str::is_empty) && !inner.is_empty();
    path.bytes().all(|b| b.is_ascii_graphic() && !matches!(b, b'\\' | b'?' | b'#' | b'"'))
        && !has_hidden
        && !has_empty
        && !path.ends_with("//")
        && !path.split('/').any(is_dots)
}

/// Whether names may stand for addresses that are not public.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Internal {
    No,
    /// The local network, a provider's, and blocks that some labs use as such; never this computer
    /// or a cloud's metadata.
    Any,
    /// Within this block, whatever it holds.
    Within(Cidr),
}

impl Internal {
    /// Whether the address, which is not public, may be dialled. `is_own`: it is one of this
    /// computer's own, whatever it looks like.
    pub fn permits(&self, address: IpAddr, is_own: bool) -> bool {
        let class = class_of(address);
        let is_delicate = is_own
            || matches!(class, Some(Class::ThisComputer | Class::LinkLocal | Class::CloudMetadata));
        match self {
            Self::No => false,
            Self::Any => {
                const INSIDE: [Class; 3] =
                    [Class::LocalNetwork, Class::Carrier, Class::Documentation];
                !is_delicate && class.is_some_and(|class| INSIDE.contains(&class))
            }
            Self::Within(net) => {
                // Who means this computer says so, by the very address or by its own block; a
                // block of the local network that happens to hold it is no word for it.
                let is_meant = !(is_own && class != Some(Class::ThisComputer))
                    && class_of(net.first()) == class;
                net.contains(address) && (!is_delicate || net.is_single() || is_meant)
            }
        }
    }
}

/// One rule. All its parts have to match.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    pub stance: Stance,
    pub reach: Reach,
    pub place: Place,
    /// Empty: 443 and 80, and for ssh 22.
    pub ports: Vec<NonZeroU16>,
    /// Empty: every path.
    pub paths: Vec<PathPrefix>,
    /// Only what carries this key. Where it is allowed, what carries none may still read: a program
    /// first asks without, and is told to come with one. Other keys are taken out.
    pub account: Option<Account>,
    /// TLS ends at the door, where each request is judged, also where no other part asks for it.
    pub inspect: bool,
    pub internal: Internal,
    /// Bytes to all places of this rule together, in the life of the task. `None`: no bound.
    pub upload_bytes_max: Option<u64>,
    pub requests_max: Option<u64>,
    /// The words of a person that it came from; may be empty.
    pub words: String,
}

impl Rule {
    /// Allows or denies everything at the place, on the usual ports.
    pub fn new(stance: Stance, reach: Reach, place: Place) -> Self {
        Self {
            stance,
            reach,
            place,
            ports: Vec::new(),
            paths: Vec::new(),
            account: None,
            inspect: false,
            internal: Internal::No,
            upload_bytes_max: None,
            requests_max: None,
            words: String::new(),
        }
    }

    /// The place and the port fit.
    pub fn covers(&self, host: &Host, port: u16) -> bool {
        let usual: &[u16] = if self.reach == Reach::Ssh { &[22] } else { &[443, 80] };
        let fits = match self.ports.is_empty() {
            true => usual.contains(&port),
            false => self.ports.iter().any(|listed| listed.get() == port),
        };
        // A rule that forbids forbids on every port, unless it names some.
        let fits = fits || (self.stance == Stance::Deny && self.ports.is_empty());
        fits && self.place.holds(host)
    }

    /// It can only be kept if somebody looks at each request.
    pub fn needs_inspection(&self) -> bool {
        let by_reach = match self.reach {
            Reach::Reading
            | Reach::Packages
            | Reach::Pushing
            | Reach::Writing
            | Reach::Methods(_) => true,
            Reach::Everything | Reach::Ssh => false,
        };
        let by_parts = !self.paths.is_empty() || self.account.is_some();
        self.inspect || by_reach || by_parts || self.requests_max.is_some()
    }

    /// What is asked for fits; place and port are not looked at.
    pub(super) fn fits(&self, what: &What<'_>) -> bool {
        let What::Http { method, path, body, account } = what else { return false };
        let reads = is_reading(method, path, *body);
        let by_reach = match &self.reach {
            Reach::Everything => true,
            Reach::Reading => reads,
            Reach::Packages => is_of_packages(method, path, *body),
            Reach::Pushing => {
                is_pushing(method, path, *body) || (reads && self.stance == Stance::Allow)
            }
            Reach::Writing => !reads,
            Reach::Methods(methods) => methods.0.iter().any(|listed| listed.0 == **method),
            Reach::Ssh => false,
        };
        let by_account = match (&self.account, account) {
            (None, _) => true,
            (Some(listed), Some(name)) => listed.0 == *name,
            (Some(_), None) => self.stance == Stance::Allow && reads,
        };
        let holds = |prefix: &PathPrefix| match self.stance {
            Stance::Allow => prefix.holds(path),
            Stance::Deny => prefix.holds_in_any_case(path),
        };
        by_reach && by_account && (self.paths.is_empty() || self.paths.iter().any(holds))
    }

    /// Bytes that the body of one request may have under this rule; `None`: no bound of its own.
    pub fn body_bytes_max(&self) -> Option<u64> {
        matches!(self.reach, Reach::Reading | Reach::Packages).then_some(READING_BODY_BYTES_MAX)
    }
}
