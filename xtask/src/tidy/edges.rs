//! Which crate may know which: ours among each other, and foreign ones at all.

use super::{Finding, Source};

/// Our crates from the bottom up, and what each may use of ours. A new edge needs a decision in
/// docs/decisions/.
const INTERNAL: &[(&str, &[&str])] = &[
    ("task", &["policy"]),
    ("policy", &[]),
    ("wire", &[]),
    ("ledger", &[]),
    ("documents", &[]),
    ("guest", &["wire", "documents"]),
    ("machine", &["wire", "policy"]),
    ("egress", &["policy"]),
    ("tools", &["task", "policy", "wire", "machine"]),
    ("playbook", &["task"]),
    ("model", &[]),
    ("prompt", &["task", "policy"]),
    ("api", &["task"]),
    (
        "daemon",
        &[
            "task", "policy", "wire", "ledger", "machine", "egress", "tools", "playbook", "model",
            "prompt", "api",
        ],
    ),
    ("cli", &["task", "wire", "api", "daemon"]),
    ("sim", &["task"]),
    ("xtask", &["sim"]),
];

/// The pure crates, and the only foreign crates they may use: data in and out, and nothing that has
/// a clock, a socket or chance in it.
const PURE: &[(&str, &[&str])] = &[
    ("task", &["serde", "serde_json"]),
    ("policy", &[]),
    ("wire", &["serde", "postcard"]),
    ("prompt", &["serde_json"]),
];

/// Foreign crates that have one home, so that changing one changes one crate of ours.
const HOMES: &[(&[&str], &[&str])] = &[
    (&["rusqlite", "zstd"], &["ledger"]),
    (&["axum"], &["api", "daemon"]),
    (&["hyper", "hyper-util", "http-body-util", "tokio-tungstenite"], &["api"]),
    (&["reqwest"], &["model"]),
    (&["zeroize"], &["model", "egress", "daemon"]),
    (&["starlark", "rust-stemmers", "serde-saphyr"], &["playbook"]),
    (&["landlock", "seccompiler"], &["guest"]),
    (&["libc"], &["guest", "machine"]),
    (
        &["calamine", "ironcalc", "mail-parser", "html2text", "pdf-extract", "lopdf", "image"],
        &["documents"],
    ),
    (&["url"], &["guest"]),
    (&["clap", "clap_complete", "clap_mangen", "inquire"], &["cli"]),
    (&["similar"], &["cli", "daemon"]),
    (&["age", "idna", "p256", "aes-gcm", "hkdf", "sha2"], &["egress"]),
    (&["rcgen"], &["egress", "api"]),
    (&["qrcodegen"], &["api"]),
    (&["toml_edit"], &["daemon"]),
    (&["tracing-subscriber"], &["daemon"]),
];

/// Foreign crates that are not used at all, and why.
const REFUSED: &[(&str, &str)] = &[
    ("anyhow", "an error of ours has a name and a source"),
    ("lazy_static", "std has LazyLock"),
    ("once_cell", "std has OnceLock"),
    ("ureq", "reqwest is what speaks HTTP to others, in model only (I13)"),
    ("chrono", "jiff knows time zones"),
];

pub(super) fn internal(sources: &[Source]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (name, manifest, table) in manifests(sources) {
        let Some((_, allowed)) = INTERNAL.iter().find(|(ours, _)| *ours == name) else {
            let what = format!("crate `{name}` is not in the list of edges in xtask tidy");
            findings.push(Finding::new(&manifest.path, 0, what));
            continue;
        };
        for used in dependencies(&table, &["dependencies", "build-dependencies"]) {
            let is_ours = INTERNAL.iter().any(|(ours, _)| *ours == used);
            if is_ours && !allowed.contains(&used.as_str()) {
                let what = format!("`{name}` may not know `{used}`: dependencies point down");
                findings.push(Finding::new(&manifest.path, 0, what));
            }
        }
    }
    findings
}

pub(super) fn external(sources: &[Source]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (name, manifest, table) in manifests(sources) {
        let mut find = |what: String| findings.push(Finding::new(&manifest.path, 0, what));
        let is_ours = |used: &String| INTERNAL.iter().any(|(ours, _)| ours == used);
        for used in dependencies(&table, &["dependencies", "build-dependencies"]) {
            let pure = PURE.iter().find(|(pure, _)| *pure == name);
            if pure.is_some_and(|(_, allowed)| !is_ours(&used) && !allowed.contains(&used.as_str()))
            {
                find(format!("`{name}` is pure and may not use `{used}`"));
            }
            let home = HOMES.iter().find(|(foreign, _)| foreign.contains(&used.as_str()));
            // The tools of the house may use anything: nothing that is delivered knows them.
            if home.is_some_and(|(_, homes)| name != "xtask" && !homes.contains(&name.as_str())) {
                let homes = home.map(|(_, homes)| homes.join(", ")).unwrap_or_default();
                find(format!("`{used}` lives in {homes}, not in `{name}`"));
            }
        }
        let all = ["dependencies", "build-dependencies", "dev-dependencies"];
        for used in dependencies(&table, &all) {
            if let Some((_, why)) = REFUSED.iter().find(|(refused, _)| *refused == used) {
                find(format!("`{used}` is not used here: {why}"));
            }
        }
    }
    findings
}

/// The manifests of our crates: the crate's name, the file, and what it says.
fn manifests(sources: &[Source]) -> Vec<(String, &Source, toml::Table)> {
    let is_crate = |path: &str| path.starts_with("crates/") || path.starts_with("xtask/");
    let manifests = sources.iter().filter(|source| source.path.ends_with("/Cargo.toml"));
    manifests
        .filter(|source| is_crate(&source.path))
        .filter_map(|source| {
            let table: toml::Table = source.text.parse().ok()?;
            let name = table.get("package")?.get("name")?.as_str()?.to_owned();
            Some((name, source, table))
        })
        .collect()
}

fn dependencies(table: &toml::Table, kinds: &[&str]) -> Vec<String> {
    let targets = table.get("target").and_then(toml::Value::as_table);
    let tables = std::iter::once(table)
        .chain(targets.into_iter().flat_map(|t| t.values()).filter_map(toml::Value::as_table));
    let named = tables.flat_map(|table| kinds.iter().filter_map(|kind| table.get(*kind)));
    named.filter_map(toml::Value::as_table).flat_map(|named| named.keys().cloned()).collect()
}
