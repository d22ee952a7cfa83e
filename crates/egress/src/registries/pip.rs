//! pip: its variables, and `pip.conf` of the system and the person.

use super::{Client, MachineFile, Registries, Surroundings, built_in, without_logins};
use std::collections::BTreeMap;

/// The settings that name places, and their variables.
const SETTINGS: [(&str, &str); 4] = [
    ("index-url", "PIP_INDEX_URL"),
    ("extra-index-url", "PIP_EXTRA_INDEX_URL"),
    ("find-links", "PIP_FIND_LINKS"),
    ("proxy", "PIP_PROXY"),
];

pub(super) fn read(around: &Surroundings<'_>, found: &mut Registries) {
    let config_home =
        around.variable("XDG_CONFIG_HOME").map_or_else(|| around.at("~/.config"), |p| around.at(p));
    let mut paths = vec![around.at_root("etc/xdg/pip/pip.conf"), around.at_root("etc/pip.conf")];
    paths.push(around.home.join(".pip/pip.conf"));
    paths.push(config_home.join("pip/pip.conf"));
    paths.extend(around.variable("PIP_CONFIG_FILE").map(|path| around.at(path)));
    // What is read later counts.
    let mut settings: BTreeMap<&str, (String, String)> = BTreeMap::new();
    for path in paths {
        let Some(text) = around.text(&path, found) else { continue };
        let shown = around.shown(&path);
        for (name, value) in ini(&text) {
            if let Some((known, _)) = SETTINGS.iter().find(|(known, _)| *known == name) {
                settings.insert(known, (value, shown.clone()));
            }
        }
    }
    for (name, variable) in SETTINGS {
        if let Some(value) = around.variable(variable) {
            settings.insert(name, (value.to_owned(), variable.to_owned()));
        }
    }
    let mut file = String::from("[global]\n");
    for (name, (value, from)) in &settings {
        for url in value.split_whitespace() {
            match *name {
                "proxy" => found.add_proxy(Client::Pip, url, from),
                _ => {
                    found.add(Client::Pip, url, from);
                }
            }
        }
        // The machine's own way out is the door.
        if *name != "proxy" {
            let urls: Vec<&str> = value.split_whitespace().collect();
            file += &format!("{name} = {}\n", without_logins(&urls.join("\n    ")));
        }
    }
    if !settings.contains_key("index-url") && !built_in::pip(around, found) {
        found.note(
            "pip has no index-url, and no pip was found that has one built in. Set one in pip.conf to include it in “packages”."
                .into(),
        );
    }
    if file.lines().count() > 1 {
        found.files.push(MachineFile { path: "/etc/pip.conf".into(), text: file });
    }
}

/// Names and values of all sections; lines that begin with a blank go on.
fn ini(text: &str) -> Vec<(String, String)> {
    let mut settings: Vec<(String, String)> = Vec::new();
    for line in text.lines() {
        let trimmed = line.trim();
        if trimmed.is_empty() || trimmed.starts_with(['#', ';', '[']) {
            continue;
        }
        match (line.starts_with([' ', '\t']), settings.last_mut(), trimmed.split_once(['=', ':'])) {
            (true, Some((_, value)), _) => {
                value.push('\n');
                value.push_str(trimmed);
            }
            (_, _, Some((name, value))) => {
                let name = name.trim().to_lowercase().replace('_', "-");
                settings.push((name, value.trim().to_owned()));
            }
            (_, _, None) => {}
        }
    }
    settings
}
