//! What this computer can use: keys in its environment, and model servers that run on it.
//!
//! A key is only seen to be there, and not kept; only addresses of this computer are asked, and for
//! nothing but the list of their models.

use crate::catalogue::Catalogue;
use crate::limits::DISCOVER_TIMEOUT;
use crate::list::Listed;
use crate::secret::KeySource;
use crate::server::{Endpoint, Server, Timeouts};
use crate::turn::Format;
use std::net::{IpAddr, SocketAddr};

/// A way to models that was found.
#[derive(Debug, Clone)]
pub struct Found {
    pub endpoint: Endpoint,
    /// Where its key is; `None`: it needs none.
    pub key: Option<KeySource>,
    /// What it says it has. Empty for providers elsewhere, which are not asked.
    pub models: Vec<Listed>,
}

/// A program that serves models on this computer, and where it usually listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LocalServer {
    pub name: String,
    pub address: SocketAddr,
}

/// The usual ones: Ollama, LM Studio, llama.cpp, vLLM, LiteLLM, Jan.
pub fn local_servers() -> Vec<LocalServer> {
    let usual = [
        ("ollama", 11434),
        ("lmstudio", 1234),
        ("llamacpp", 8080),
        ("vllm", 8000),
        ("litellm", 4000),
        ("jan", 1337),
    ];
    let here = |(name, port): (&str, u16)| LocalServer {
        name: name.to_owned(),
        address: SocketAddr::from(([127, 0, 0, 1], port)),
    };
    usual.into_iter().map(here).collect()
}

/// Looks for keys and local servers. `variable` looks a name up in the environment.
pub async fn discover(
    catalogue: &Catalogue,
    variable: &(dyn Fn(&str) -> Option<String> + Sync),
    locals: &[LocalServer],
) -> Vec<Found> {
    let set = |name: &str| variable(name).filter(|value| !value.trim().is_empty());
    let mut found = Vec::new();
    for provider in catalogue.providers() {
        let named = provider.key_variables.iter().find(|name| set(name).is_some());
        let named = || named.map(|name| KeySource::Variable(name.clone()));
        let Some(key) = provider.key.clone().or_else(named) else { continue };
        let elsewhere = provider.base_variable.as_deref().and_then(set);
        let base_url = elsewhere.unwrap_or_else(|| provider.base_url.clone());
        found.push(Found {
            endpoint: Endpoint::new(&provider.name, provider.format, base_url.trim()),
            key: Some(key),
            models: Vec::new(),
        });
    }
    let mut locals: Vec<LocalServer> = locals.to_vec();
    if let Some(address) = set("OLLAMA_HOST").and_then(|host| ollama(&host)) {
        locals.retain(|it| it.address != address);
        locals.insert(0, LocalServer { name: "ollama".to_owned(), address });
    }
    let mut asked = tokio::task::JoinSet::new();
    for (index, local) in locals.into_iter().enumerate() {
        if local.address.ip().is_loopback() {
            asked.spawn(async move { (index, ask(local).await) });
        }
    }
    let mut here = asked.join_all().await;
    here.sort_by_key(|(index, _)| *index);
    found.extend(here.into_iter().filter_map(|(_, found)| found));
    found
}

async fn ask(local: LocalServer) -> Option<Found> {
    let base_url = format!("http://{}/v1", local.address);
    let mut endpoint = Endpoint::new(&local.name, Format::Chat, &base_url);
    let usual = endpoint.timeouts;
    endpoint.timeouts = Timeouts {
        connect: DISCOVER_TIMEOUT,
        first_byte: DISCOVER_TIMEOUT,
        idle: DISCOVER_TIMEOUT,
    };
    let server = Server::new(endpoint.clone(), None).ok()?;
    let models = server.models_within(DISCOVER_TIMEOUT).await.ok()?;
    endpoint.timeouts = usual;
    Some(Found { endpoint, key: None, models })
}

/// `OLLAMA_HOST` is an address, with or without a port or scheme; only this computer's is of use
/// here.
fn ollama(host: &str) -> Option<SocketAddr> {
    let host = host.trim().trim_start_matches("http://").trim_end_matches('/');
    let host = host.replace("localhost", "127.0.0.1").replace("0.0.0.0", "127.0.0.1");
    let port = 11434;
    let alone = || host.parse::<IpAddr>().ok().map(|ip| SocketAddr::new(ip, port));
    host.parse::<SocketAddr>().ok().or_else(alone).filter(|it| it.ip().is_loopback())
}
