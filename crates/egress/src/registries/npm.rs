//! npm: `.npmrc` of the person and the system, and its variables.

use super::{
    CERTIFICATES, Client, MachineFile, Registries, Surroundings, built_in, without_logins,
};
use std::path::PathBuf;

pub(super) fn read(around: &Surroundings<'_>, found: &mut Registries) {
    let variable = |name: &str| {
        let named = around.env.iter().find(|(key, _)| key.eq_ignore_ascii_case(name));
        named
            .map(|(key, value)| (key.clone(), value.clone()))
            .filter(|(_, value)| !value.is_empty())
    };
    let global: Vec<PathBuf> = match variable("npm_config_globalconfig") {
        Some((_, path)) => vec![around.at(&path)],
        None => ["etc/npmrc", "usr/etc/npmrc", "usr/local/etc/npmrc"]
            .map(|path| around.at_root(path))
            .to_vec(),
    };
    let user = variable("npm_config_userconfig");
    let user = user.map_or_else(|| around.home.join(".npmrc"), |(_, path)| around.at(&path));
    // By name, so that what is read later counts.
    let mut settings: Vec<(String, String, String)> = Vec::new();
    let mut set = |name: String, value: String, from: String| {
        settings.retain(|(known, _, _)| *known != name);
        settings.push((name, value, from));
    };
    for path in global.into_iter().chain([user]) {
        let Some(text) = around.text(&path, found) else { continue };
        let shown = around.shown(&path);
        for line in text.lines().map(str::trim).filter(|line| !line.starts_with(['#', ';'])) {
            if let Some((name, value)) = line.split_once('=')
                && is_place(name.trim())
            {
                let value = expanded(around, value.trim().trim_matches('"'));
                set(name.trim().to_owned(), value, shown.clone());
            }
        }
    }
    for name in ["registry", "proxy", "https-proxy"] {
        if let Some((from, value)) = variable(&format!("npm_config_{}", name.replace('-', "_"))) {
            set(name.to_owned(), value, from);
        }
    }
    let mut file = String::new();
    for (name, value, from) in &settings {
        if name.ends_with("proxy") {
            found.add_proxy(Client::Npm, value, from);
        } else if found.add(Client::Npm, value, from) {
            file += &format!("{name}={}\n", without_logins(value));
        }
    }
    if !settings.iter().any(|(name, _, _)| name == "registry") && !built_in::npm(around, found) {
        found.note(
            "npm has no registry, and no npm was found that has one built in. Set one in ~/.npmrc to include it in “packages”."
                .into(),
        );
    }
    if found.sources.iter().any(|source| source.client == Client::Npm && source.is_tls) {
        // With a file of its own, as a company's computer may have, npm looks at no variable.
        file += &format!("cafile={CERTIFICATES}\n");
    }
    if !file.is_empty() {
        found.files.push(MachineFile { path: "~/.npmrc".into(), text: file });
    }
}

fn is_place(name: &str) -> bool {
    let is_scoped = name.starts_with('@') && name.ends_with(":registry");
    is_scoped || matches!(name, "registry" | "disturl" | "proxy" | "https-proxy")
}

/// `${NAME}` stands for a variable.
fn expanded(around: &Surroundings<'_>, value: &str) -> String {
    let mut out = String::new();
    let mut rest = value;
    while let Some((before, (name, after))) =
        rest.split_once("${").and_then(|(b, rest)| Some((b, rest.split_once('}')?)))
    {
        out.push_str(before);
        out.push_str(around.variable(name).unwrap_or_default());
        rest = after;
    }
    out + rest
}
