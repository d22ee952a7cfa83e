//! apt: `sources.list`, `sources.list.d` in both forms, and proxies in `apt.conf`.

use super::{CERTIFICATES, Client, MachineFile, Registries, Surroundings, without_logins};
use std::path::PathBuf;

const CONF: &str = "/etc/apt/apt.conf.d/99legwork";

pub(super) fn read(around: &Surroundings<'_>, found: &mut Registries) {
    let before = found.sources.len();
    let settings = settings(around, found);
    let set = |name: &str| {
        let values = settings.iter().filter(|(known, ..)| known == name);
        values.map(|(_, value, _)| value.as_str()).next_back()
    };
    let mut paths = Vec::new();
    let list = set("dir::etc::sourcelist").unwrap_or("sources.list");
    if !is_none(list) {
        paths.push((in_etc(around, list), "/etc/apt/sources.list".to_owned()));
    }
    let parts = set("dir::etc::sourceparts").unwrap_or("sources.list.d");
    if !is_none(parts) {
        let folder = in_etc(around, parts);
        let inner = folder.strip_prefix(around.root).unwrap_or(&folder);
        for ending in [".list", ".sources"] {
            paths.extend(around.files(&inner.to_string_lossy(), ending).into_iter().map(|path| {
                let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
                (path, format!("/etc/apt/sources.list.d/{name}"))
            }));
        }
    }
    for (path, in_machine) in paths {
        let Some(text) = around.text(&path, found) else { continue };
        let shown = around.shown(&path);
        match shown.ends_with(".sources") {
            true => stanzas(&text, &shown, found),
            false => lines(&text, &shown, found),
        }
        found.files.push(MachineFile { path: in_machine, text: without_logins(&text) });
    }
    let mut conf = String::new();
    // apt does not look at the variables that name a file of certificates.
    if found.sources[before..].iter().any(|source| source.is_tls) {
        conf += &format!("Acquire::https::CaInfo \"{CERTIFICATES}\";\n");
    }
    // The machine sees what this computer has there, and would ask places that are not meant.
    if is_none(parts) {
        conf += "Dir::Etc::sourceparts \"-\";\n";
    }
    if !conf.is_empty() {
        found.files.push(MachineFile { path: CONF.to_owned(), text: conf });
    }
    if found.sources.len() == before {
        found.note("apt is not configured for any source that is reached over the network.".into());
    }
    for (name, value, from) in &settings {
        if name.starts_with("acquire::http") && name.split("::").any(|part| part == "proxy") {
            found.add_proxy(Client::Apt, value, from);
        }
    }
}

/// A way to say that there is no such file.
fn is_none(path: &str) -> bool {
    matches!(path, "-" | "/dev/null")
}

fn in_etc(around: &Surroundings<'_>, path: &str) -> PathBuf {
    match path.strip_prefix('/') {
        Some(path) => around.at_root(path),
        None => around.at_root(&format!("etc/apt/{path}")),
    }
}

/// All that its configuration sets: name in lower case, value, file. What is later counts.
fn settings(around: &Surroundings<'_>, found: &mut Registries) -> Vec<(String, String, String)> {
    let mut paths = around.files("etc/apt/apt.conf.d", "");
    paths.push(around.at_root("etc/apt/apt.conf"));
    let named = around.variable("APT_CONFIG").and_then(|path| path.strip_prefix('/'));
    paths.extend(named.map(|path| around.at_root(path)));
    let mut all = Vec::new();
    for path in paths {
        let Some(text) = around.text(&path, found) else { continue };
        let shown = around.shown(&path);
        all.extend(pairs(&text).into_iter().map(|(name, value)| (name, value, shown.clone())));
    }
    all
}

/// `deb [arch=amd64] http://mirror.test/debian stable main`
fn lines(text: &str, shown: &str, found: &mut Registries) {
    for line in text.lines() {
        let line = line.split('#').next().unwrap_or_default().trim();
        let rest = line.strip_prefix("deb-src").or_else(|| line.strip_prefix("deb"));
        let Some(rest) = rest.filter(|rest| rest.starts_with([' ', '\t', '['])) else { continue };
        let rest = rest.trim_start();
        let rest = match rest.strip_prefix('[') {
            Some(options) => options.split_once(']').map_or("", |(_, rest)| rest),
            None => rest,
        };
        if let Some(uri) = rest.split_whitespace().next() {
            found.add(Client::Apt, uri, shown);
        }
    }
}

/// Paragraphs with `URIs:`; those with `Enabled: no` do not count.
fn stanzas(text: &str, shown: &str, found: &mut Registries) {
    let mut uris: Vec<String> = Vec::new();
    let mut is_enabled = true;
    let mut field = String::new();
    for line in text.lines().chain([""]) {
        if line.starts_with('#') {
            continue;
        }
        if line.trim().is_empty() {
            let named = std::mem::take(&mut uris);
            for uri in named.iter().filter(|_| is_enabled) {
                found.add(Client::Apt, uri, shown);
            }
            is_enabled = true;
            field.clear();
            continue;
        }
        let value = match line.split_once(':') {
            Some((name, value)) if !line.starts_with([' ', '\t']) => {
                field = name.to_ascii_lowercase();
                value
            }
            Some(_) | None => line,
        };
        match field.as_str() {
            "uris" => uris.extend(value.split_whitespace().map(str::to_owned)),
            "enabled" => is_enabled = !matches!(value.trim(), "no" | "false" | "0" | "off"),
            _ => {}
        }
    }
}

/// Names and values, flat or in braces.
fn pairs(text: &str) -> Vec<(String, String)> {
    let mut pairs = Vec::new();
    let mut scopes: Vec<String> = Vec::new();
    let mut words: Vec<String> = Vec::new();
    for token in tokens(text) {
        match token.as_str() {
            "{" => {
                scopes.push(words.join("").to_lowercase());
                words.clear();
            }
            "}" => {
                scopes.pop();
                words.clear();
            }
            ";" => {
                if let [name, value] = &words[..] {
                    let name = [&scopes[..], &[name.to_lowercase()]].concat().join("::");
                    pairs.push((name, value.clone()));
                }
                words.clear();
            }
            _ => words.push(token),
        }
    }
    pairs
}

fn tokens(text: &str) -> Vec<String> {
    let mut tokens = Vec::new();
    for line in text.lines() {
        let mut rest = line.trim();
        while !rest.is_empty() && !rest.starts_with("//") && !rest.starts_with('#') {
            let length = match rest.as_bytes()[0] {
                b'{' | b'}' | b';' => 1,
                b'"' => rest[1..].find('"').map_or(rest.len(), |at| at + 2),
                _ => rest
                    .find(|c: char| c.is_whitespace() || "{};\"".contains(c))
                    .unwrap_or(rest.len()),
            };
            tokens.push(rest[..length].trim_matches('"').to_owned());
            rest = rest[length..].trim_start();
        }
    }
    tokens
}
