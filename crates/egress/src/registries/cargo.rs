//! cargo: `config.toml` in its home, its variables, and the indexes that it has used.

use super::{Client, MachineFile, Registries, Surroundings, without_logins};
use crate::limits::CONFIGURATION_FILES_MAX;
use std::path::{Path, PathBuf};
use toml::{Table, Value};

pub(super) fn read(around: &Surroundings<'_>, found: &mut Registries) {
    let before = found.sources.len();
    let home =
        around.variable("CARGO_HOME").map_or_else(|| around.at("~/.cargo"), |p| around.at(p));
    let paths = [home.join("config.toml"), home.join("config")];
    let text = paths.iter().find_map(|path| Some((path, around.text(path, found)?)));
    let mut replaces = false;
    if let Some((path, text)) = text {
        let shown = around.shown(path);
        match text.parse::<Table>() {
            Ok(table) => {
                replaces = configured(&table, &shown, found);
                let text = for_machine(&table);
                if !text.is_empty() {
                    found.files.push(MachineFile { path: "~/.cargo/config.toml".into(), text });
                }
            }
            Err(_) => found.note(format!("{shown} is no TOML, and was left out.")),
        }
    }
    for (name, value) in around.env {
        let is_index = name.starts_with("CARGO_REGISTRIES_") && name.ends_with("_INDEX");
        if is_index || name == "CARGO_REGISTRY_INDEX" {
            found.add(Client::Cargo, value, name);
        } else if name == "CARGO_HTTP_PROXY" {
            found.add_proxy(Client::Cargo, value, name);
        }
    }
    // The built-in index is not known here; but a computer that has used it remembers it.
    for folder in indexes(&home.join("registry/index")) {
        index(around, &folder, replaces, found);
    }
    if found.sources.len() == before {
        found.note(
            "cargo is not configured for any registry, and has used none on this computer yet."
                .into(),
        );
    }
}

/// Adds what the configuration names; whether it replaces the built-in source.
fn configured(table: &Table, shown: &str, found: &mut Registries) -> bool {
    let tables = |name: &str| {
        let named = table.get(name).and_then(Value::as_table).into_iter().flatten();
        named.filter_map(|(name, value)| Some((name.as_str(), value.as_table()?)))
    };
    let mut replaces = false;
    for (_, source) in tables("source") {
        replaces |= source.contains_key("replace-with");
        for url in ["registry", "git"].iter().filter_map(|key| source.get(*key)?.as_str()) {
            found.add(Client::Cargo, url, shown);
        }
    }
    for (_, registry) in tables("registries") {
        if let Some(url) = registry.get("index").and_then(Value::as_str) {
            found.add(Client::Cargo, url, shown);
        }
    }
    let proxy = table.get("http").and_then(|http| http.get("proxy")?.as_str());
    if let Some(proxy) = proxy {
        let url = if proxy.contains("://") { proxy.to_owned() } else { format!("http://{proxy}") };
        found.add_proxy(Client::Cargo, &url, shown);
    }
    replaces
}

fn indexes(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let paths = entries.take(CONFIGURATION_FILES_MAX).filter_map(|e| Some(e.ok()?.path()));
    let mut paths: Vec<PathBuf> = paths.filter(|path| path.is_dir()).collect();
    paths.sort();
    paths
}

/// `mirror.test-0123456789abcdef`: a host and a hash. Its `config.json` says where files are.
fn index(around: &Surroundings<'_>, folder: &Path, replaces: bool, found: &mut Registries) {
    let name = folder.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let Some((host, hash)) = name.rsplit_once('-') else { return };
    if hash.len() != 16 || !hash.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return;
    }
    let shown = around.shown(folder);
    let is_known = found
        .sources
        .iter()
        .any(|source| source.client == Client::Cargo && source.host.to_string() == host);
    // Where the built-in source is replaced, what was used before is not used any more.
    if replaces && !is_known {
        return;
    }
    if !is_known && !found.add(Client::Cargo, &format!("https://{host}/"), &shown) {
        return;
    }
    let config = folder.join("config.json");
    let Some(text) = around.text(&config, found) else { return };
    let config: Option<serde_json::Value> = serde_json::from_str(&text).ok();
    if let Some(url) = config.as_ref().and_then(|config| config.get("dl")?.as_str()) {
        found.add(Client::Cargo, url, &format!("{shown}/config.json"));
    }
}

/// The tables that say where packages come from, without anything that could be a key.
fn for_machine(table: &Table) -> String {
    let mut kept = Table::new();
    for name in ["source", "registries", "registry", "net"] {
        if let Some(Value::Table(inner)) = table.get(name) {
            kept.insert(name.to_owned(), Value::Table(without_keys(inner)));
        }
    }
    toml::to_string(&kept).unwrap_or_default()
}

fn without_keys(table: &Table) -> Table {
    const REFUSED: [&str; 5] = ["token", "secret", "password", "credential", "key"];
    let mut kept = Table::new();
    for (name, value) in table {
        let lower = name.to_lowercase();
        if REFUSED.iter().any(|refused| lower.contains(refused)) {
            continue;
        }
        let value = match value {
            Value::Table(inner) => Value::Table(without_keys(inner)),
            Value::String(text) => Value::String(without_logins(text)),
            other => other.clone(),
        };
        kept.insert(name.clone(), value);
    }
    kept
}
