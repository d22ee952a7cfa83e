//! Lists the skills of the program: a new folder in `skills/` is built in without a line here.

use std::error::Error;
use std::fmt::Write as _;
use std::path::PathBuf;

#[expect(clippy::disallowed_methods, reason = "this is how a build script is told where it is")]
fn main() -> Result<(), Box<dyn Error>> {
    let skills = PathBuf::from(std::env::var("CARGO_MANIFEST_DIR")?).join("../../skills");
    let skills = skills.canonicalize()?;
    let mut folders: Vec<PathBuf> = std::fs::read_dir(&skills)?
        .map(|entry| Ok(entry?.path()))
        .collect::<Result<_, std::io::Error>>()?;
    folders.sort();
    let mut list = String::from("[\n");
    for folder in folders {
        let [text, playbook] = ["SKILL.md", "playbook.star"].map(|name| folder.join(name));
        let name = folder.file_name().unwrap_or_default();
        if text.is_file() && playbook.is_file() {
            writeln!(list, "({name:?}, include_str!({text:?}), include_str!({playbook:?})),")?;
        }
    }
    list.push_str("]\n");
    std::fs::write(PathBuf::from(std::env::var("OUT_DIR")?).join("skills.rs"), list)?;
    println!("cargo:rerun-if-changed={}", skills.display());
    Ok(())
}
