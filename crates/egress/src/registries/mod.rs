//! What this computer's own package managers are configured for.
//!
//! The word `packages` in a rule stands for this and nothing else: no source is known by name here.
//! Where nothing is configured, what the installed package manager itself has built in counts.
//! Reads files below a given root and home, and a given environment. Logins that stand in those
//! files are never returned, neither in a place nor in the files that a machine gets.

mod apt;
mod built_in;
mod cargo;
mod npm;
mod pip;

#[cfg(test)]
mod tests;

use crate::dial::{Resolve, is_own};
use crate::limits::{CONFIGURATION_BYTES_MAX, CONFIGURATION_FILES_MAX, RESOLVE_TIME, SOURCES_MAX};
use futures_util::future::join_all;
use policy::egress::Internal;
use policy::egress::address::{Cidr, class_of};
use policy::egress::host::Host;
use policy::egress::words::PackagePlace;
use std::collections::BTreeMap;
use std::fmt;
use std::fs::File;
use std::io::Read as _;
use std::net::IpAddr;
use std::num::NonZeroU16;
use std::path::{Path, PathBuf};
use tokio::time::timeout;

/// Where the machine has the certificates that its programs trust, the task's own among them.
const CERTIFICATES: &str = "/etc/legwork/certificates.pem";

/// Where to look.
#[derive(Debug, Clone, Copy)]
pub struct Surroundings<'a> {
    /// `/`, or a test's own.
    pub root: &'a Path,
    /// The person's home.
    pub home: &'a Path,
    pub env: &'a BTreeMap<String, String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Client {
    Apt,
    Pip,
    Npm,
    Cargo,
}

impl fmt::Display for Client {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Apt => "apt",
            Self::Pip => "pip",
            Self::Npm => "npm",
            Self::Cargo => "cargo",
        })
    }
}

/// One place that a package manager takes packages from.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Source {
    pub client: Client,
    pub host: Host,
    pub port: NonZeroU16,
    pub is_tls: bool,
    /// The file or variable that says so.
    pub learnt_from: String,
}

/// A file that lets the same package manager work in a machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MachineFile {
    /// Absolute, or from the home with `~/`.
    pub path: String,
    /// Without any login.
    pub text: String,
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Registries {
    pub sources: Vec<Source>,
    /// A company's proxy that a package manager is told to use; not a source.
    pub proxies: Vec<Source>,
    pub files: Vec<MachineFile>,
    /// What a person should know: what is not configured, what could not be read.
    pub notes: Vec<String>,
}

impl Registries {
    pub fn read(surroundings: &Surroundings<'_>) -> Self {
        let mut found = Self::default();
        apt::read(surroundings, &mut found);
        pip::read(surroundings, &mut found);
        npm::read(surroundings, &mut found);
        cargo::read(surroundings, &mut found);
        for list in [&mut found.sources, &mut found.proxies] {
            list.sort();
            list.dedup();
        }
        found
    }

    /// What `packages` stands for: each place once.
    pub fn places(&self) -> Vec<PackagePlace> {
        let mut places: Vec<PackagePlace> = Vec::new();
        for source in &self.sources {
            let (host, port) = (source.host.clone(), source.port);
            let place = PackagePlace { host, port, internal: Internal::No };
            if places.len() < SOURCES_MAX && !places.contains(&place) {
                places.push(place);
            }
        }
        places
    }

    /// As `places`; those that are on the local network, as a company's own mirror is, are marked
    /// `internal`, which the person then sees in the rule.
    pub async fn places_resolved(&self, resolver: &dyn Resolve) -> Vec<PackagePlace> {
        let resolved = self.places().into_iter().map(|mut place| async move {
            let addresses: Vec<IpAddr> = match &place.host {
                Host::Address(address) => vec![*address],
                Host::Name(name) => {
                    let asked = resolver.resolve(name.as_str(), place.port.get());
                    let found = timeout(RESOLVE_TIME, asked).await;
                    // What has no address now is not reached later by guessing.
                    let found = found.ok().and_then(Result::ok).unwrap_or_default();
                    found.into_iter().map(|address| address.ip()).collect()
                }
            };
            let inside = addresses.into_iter().filter(|address| class_of(*address).is_some());
            place.internal = inside.fold(Internal::No, |known, address| match known {
                known if known.permits(address, is_own(address)) => known,
                _ if Internal::Any.permits(address, is_own(address)) => Internal::Any,
                // A cache on this very computer: that address, and nothing beside it.
                Internal::No => Internal::Within(Cidr::single(address)),
                known => known,
            });
            place
        });
        join_all(resolved).await
    }

    /// Adds the place of a URL. `false`: it has none that is reached by HTTP.
    fn add(&mut self, client: Client, url: &str, from: &str) -> bool {
        let source = source(client, url, from);
        let is_there = source.is_some();
        self.sources.extend(source);
        is_there
    }

    fn add_proxy(&mut self, client: Client, url: &str, from: &str) {
        self.proxies.extend(source(client, url, from));
    }

    fn note(&mut self, text: String) {
        self.notes.push(text);
    }
}

fn source(client: Client, url: &str, from: &str) -> Option<Source> {
    let url = url.trim().trim_matches(['"', '\'']);
    let url = ["sparse+", "registry+", "mirror+"]
        .iter()
        .fold(url, |url, prefix| url.strip_prefix(prefix).unwrap_or(url));
    let (scheme, rest) = url.split_once("://")?;
    let is_tls = match scheme.to_ascii_lowercase().as_str() {
        "https" => true,
        "http" => false,
        _ => return None,
    };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let named = authority.rsplit('@').next().unwrap_or_default();
    let (host, port) = Host::parse_with_port(named.as_bytes()).ok()?;
    let port = NonZeroU16::new(port.unwrap_or(if is_tls { 443 } else { 80 }))?;
    Some(Source { client, host, port, is_tls, learnt_from: from.to_owned() })
}

/// The text without what stands before an `@` in a URL.
fn without_logins(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("://") {
        let (before, after) = rest.split_at(at + 3);
        out.push_str(before);
        let is_end = |c: char| c == '/' || c == '"' || c == '\'' || c == '?' || c.is_whitespace();
        let authority = &after[..after.find(is_end).unwrap_or(after.len())];
        let login = authority.rfind('@').map_or(0, |at| at + 1);
        rest = &after[login..];
    }
    out + rest
}

impl Surroundings<'_> {
    fn at_root(&self, path: &str) -> PathBuf {
        self.root.join(path.trim_start_matches('/'))
    }

    /// A path from the environment, which begins at the root or the home.
    fn at(&self, path: &str) -> PathBuf {
        match path.strip_prefix("~/") {
            Some(rest) => self.home.join(rest),
            None if path.starts_with('/') && Path::new(path).starts_with(self.home) => path.into(),
            None => self.at_root(path),
        }
    }

    fn variable(&self, name: &str) -> Option<&str> {
        self.env.get(name).map(String::as_str).filter(|value| !value.trim().is_empty())
    }

    /// How a path is named in what people read.
    fn shown(&self, path: &Path) -> String {
        if let Ok(rest) = path.strip_prefix(self.home) {
            return format!("~/{}", rest.display());
        }
        match path.strip_prefix(self.root) {
            Ok(rest) => format!("/{}", rest.display()),
            Err(_) => path.display().to_string(),
        }
    }

    /// The text of a file; `None` if it is not there. What can't be read is noted.
    fn text(&self, path: &Path, found: &mut Registries) -> Option<String> {
        let file = File::open(path).ok()?;
        let mut bytes = Vec::new();
        let read = file.take(CONFIGURATION_BYTES_MAX + 1).read_to_end(&mut bytes);
        let is_whole = read.is_ok() && bytes.len() as u64 <= CONFIGURATION_BYTES_MAX;
        let text = String::from_utf8(bytes).ok().filter(|_| is_whole);
        if text.is_none() && !path.is_dir() {
            found.note(format!("{} can't be read, and was left out.", self.shown(path)));
        }
        text
    }

    /// The files of a folder with this end, in order.
    fn files(&self, folder: &str, end: &str) -> Vec<PathBuf> {
        let Ok(entries) = std::fs::read_dir(self.at_root(folder)) else { return Vec::new() };
        let paths = entries.take(CONFIGURATION_FILES_MAX).filter_map(|e| Some(e.ok()?.path()));
        let named = |path: &PathBuf| path.to_str().is_some_and(|path| path.ends_with(end));
        let mut paths: Vec<PathBuf> = paths.filter(named).collect();
        paths.sort();
        paths
    }
}
