//! Takes the built page, `web/dist`, into the program. Without one it takes a page that says so,
//! unless LEGWORK_REQUIRE_PAGE is set: what is delivered must not be without.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

const PLACEHOLDER: &str = "<!doctype html><meta charset=utf-8><title>Legwork</title>\
<p>This Legwork was built without its page. Run <code>make</code> in its folder.";

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-env-changed=LEGWORK_WEB_DIST");
    println!("cargo::rerun-if-env-changed=LEGWORK_REQUIRE_PAGE");
    let dist = var("LEGWORK_WEB_DIST")
        .unwrap_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../web/dist"));
    println!("cargo::rerun-if-changed={}", dist.display());
    let mut files = vec![];
    if dist.join("index.html").is_file() {
        collect(&dist, &dist, &mut files)?;
    } else if var("LEGWORK_REQUIRE_PAGE").is_some() {
        let why = format!("there is no page at {}; `make` builds it", dist.display());
        return Err(io::Error::other(why));
    }
    files.sort();
    let mut code = String::from("&[\n");
    for (name, path) in &files {
        let _ = writeln!(code, "    ({name:?}, include_bytes!({path:?})),");
    }
    if files.is_empty() {
        let _ = writeln!(code, "    (\"/index.html\", {PLACEHOLDER:?}.as_bytes()),");
    }
    code.push_str("]\n");
    let out = var("OUT_DIR").unwrap_or_default().join("page_files.rs");
    fs::write(out, code)
}

fn collect(root: &Path, folder: &Path, files: &mut Vec<(String, PathBuf)>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(root, &path, files)?;
        } else if let Ok(rest) = path.strip_prefix(root) {
            files.push((format!("/{}", rest.display()), path.canonicalize()?));
        }
    }
    Ok(())
}

#[expect(clippy::disallowed_methods, reason = "a build script is told everything by variables")]
fn var(name: &str) -> Option<PathBuf> {
    env::var_os(name).map(PathBuf::from)
}
