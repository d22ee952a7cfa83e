//! What the installed package managers use when nothing is configured: it stands in their own
//! files, and is read there, so that it needs not be known here.

use super::{Client, Registries, Surroundings};
use std::path::PathBuf;

/// Folders of one kind that are looked into.
const FOLDERS_MAX: usize = 64;

/// pip: the index and its place for files, in `pip/_internal/models/index.py`. Whether it is there.
pub(super) fn pip(around: &Surroundings<'_>, found: &mut Registries) -> bool {
    let mut folders = vec![around.at_root("usr/lib/python3/dist-packages")];
    let lib = |folder: PathBuf| {
        let versions = below(&folder).into_iter().filter(|path| is_named(path, "python3"));
        versions.flat_map(|path| [path.join("site-packages"), path.join("dist-packages")])
    };
    folders.extend(lib(around.at_root("usr/local/lib")));
    folders.extend(lib(around.at_root("usr/lib")));
    folders.extend(lib(around.home.join(".local/lib")));
    let pyenv = below(&around.home.join(".pyenv/versions"));
    folders.extend(pyenv.into_iter().rev().flat_map(|version| lib(version.join("lib"))));
    for folder in folders {
        let path = folder.join("pip/_internal/models/index.py");
        let Some(text) = around.text(&path, found) else { continue };
        // The first of them is the one that is used; the second is for trying things out.
        let call = text.split("= PackageIndex(").nth(1).and_then(|call| call.split(')').next());
        let mut quoted = call.unwrap_or_default().split('"').skip(1).step_by(2);
        let shown = around.shown(&path);
        if quoted.next().is_some_and(|url| found.add(Client::Pip, url, &shown)) {
            if let Some(files) = quoted.next() {
                found.add(Client::Pip, &format!("https://{files}/"), &shown);
            }
            return true;
        }
    }
    false
}

/// npm: the registry in its table of settings. Whether it is there.
pub(super) fn npm(around: &Surroundings<'_>, found: &mut Registries) -> bool {
    const DEFINITIONS: &str = "@npmcli/config/lib/definitions/definitions.js";
    let mut paths = vec![around.at_root("usr/share/nodejs").join(DEFINITIONS)];
    let mut modules: Vec<PathBuf> =
        ["usr/lib", "usr/local/lib"].map(|lib| around.at_root(lib)).to_vec();
    let nvm = below(&around.home.join(".nvm/versions/node"));
    modules.extend(nvm.into_iter().rev().map(|version| version.join("lib")));
    let inner = |lib: PathBuf| lib.join("node_modules/npm/node_modules").join(DEFINITIONS);
    paths.extend(modules.into_iter().map(inner));
    for path in paths {
        let Some(text) = around.text(&path, found) else { continue };
        let setting = text.split("'registry', {").nth(1);
        let value = setting.and_then(|rest| rest.split("default:").nth(1)?.split('\'').nth(1));
        if value.is_some_and(|url| found.add(Client::Npm, url, &around.shown(&path))) {
            return true;
        }
    }
    false
}

fn is_named(path: &std::path::Path, start: &str) -> bool {
    path.file_name().and_then(|name| name.to_str()).is_some_and(|name| name.starts_with(start))
}

fn below(folder: &std::path::Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let mut paths: Vec<PathBuf> =
        entries.take(FOLDERS_MAX).filter_map(|entry| Some(entry.ok()?.path())).collect();
    paths.sort();
    paths
}
