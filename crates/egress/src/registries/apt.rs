//! apt: `sources.list`, `sources.list.d` in both forms, and proxies in `apt.conf`.

use super::{Client, MachineFile, Registries, Surroundings, without_logins};

const TRUST: &str = "/etc/apt/apt.conf.d/99legwork";
/// Where the machine has the certificates that its programs trust, the task's own among them.
const CERTIFICATES: &str = "/etc/legwork/certificates.pem";

pub(super) fn read(around: &Surroundings<'_>, found: &mut Registries) {
    let before = found.sources.len();
    let mut paths = vec![around.at_root("etc/apt/sources.list")];
    paths.extend(around.files("etc/apt/sources.list.d", ".list"));
    paths.extend(around.files("etc/apt/sources.list.d", ".sources"));
    for path in paths {
        let Some(text) = around.text(&path, found) else { continue };
        let shown = around.shown(&path);
        match shown.ends_with(".sources") {
            true => stanzas(&text, &shown, found),
            false => lines(&text, &shown, found),
        }
        found.files.push(MachineFile { path: shown, text: without_logins(&text) });
    }
    // apt does not look at the variables that name a file of certificates.
    if found.sources[before..].iter().any(|source| source.is_tls) {
        let text = format!("Acquire::https::CaInfo \"{CERTIFICATES}\";\n");
        found.files.push(MachineFile { path: TRUST.to_owned(), text });
    }
    if found.sources.len() == before {
        found.note("apt is not configured for any source that is reached over the network.".into());
    }
    let mut paths = vec![around.at_root("etc/apt/apt.conf")];
    paths.extend(around.files("etc/apt/apt.conf.d", ""));
    for path in paths {
        let Some(text) = around.text(&path, found) else { continue };
        let shown = around.shown(&path);
        for proxy in proxies(&text) {
            found.add_proxy(Client::Apt, &proxy, &shown);
        }
    }
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

/// The values of `Acquire::http::Proxy` and its like, flat or in braces.
fn proxies(text: &str) -> Vec<String> {
    let mut proxies = Vec::new();
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
                    let path = [&scopes[..], &[name.to_lowercase()]].concat().join("::");
                    let is_proxy = path.starts_with("acquire::http")
                        && path.split("::").any(|part| part == "proxy");
                    if is_proxy {
                        proxies.push(value.clone());
                    }
                }
                words.clear();
            }
            _ => words.push(token),
        }
    }
    proxies
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
