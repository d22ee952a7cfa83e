//! What is remembered of the person: one markdown file beside the configuration, which they can
//! read and change with any editor. What a task wants remembered is a line at its end.

use crate::limits::MEMORY_BYTES_MAX;
use api::{ErrorKind, MemoryBody, MemoryView, UserError};
use std::io::{Read as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::PathBuf;

const TITLE: &str = "# What Legwork remembers for all tasks\n\n";

/// The file, whether it is there or not.
#[derive(Debug, Clone)]
pub(crate) struct Memory {
    path: PathBuf,
}

impl Memory {
    pub(crate) fn new(place: &api::Place) -> Self {
        Self { path: place.config.join("memory.md") }
    }

    pub(crate) fn path(&self) -> String {
        self.path.display().to_string()
    }

    pub(crate) fn view(&self) -> Result<MemoryView, UserError> {
        Ok(MemoryView { path: self.path(), text: self.read()? })
    }

    /// The text; empty if there is no file.
    pub(crate) fn read(&self) -> Result<String, UserError> {
        let file = match std::fs::File::open(&self.path) {
            Ok(file) => file,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Ok(String::new());
            }
            Err(error) => return Err(self.failed("read").cause(error)),
        };
        let mut text = String::new();
        let mut bounded = file.take(MEMORY_BYTES_MAX + 1);
        bounded.read_to_string(&mut text).map_err(|error| self.failed("read").cause(error))?;
        self.check(&text)?;
        Ok(text)
    }

    /// Replaces the text, unless it was changed since the client read it.
    pub(crate) fn replace(&self, body: &MemoryBody) -> Result<MemoryView, UserError> {
        if self.read()? != body.before {
            return Err(changed_meanwhile());
        }
        self.write(&body.text)?;
        self.view()
    }

    /// Adds a line that the person allowed.
    pub(crate) fn add(&self, line: &str) -> Result<(), UserError> {
        let text = self.read()?;
        let entry = format!("- {line}");
        if text.lines().any(|it| it == entry) {
            return Ok(());
        }
        self.write(&appended(&text, TITLE, &entry))
    }

    fn check(&self, text: &str) -> Result<(), UserError> {
        if text.len() as u64 <= MEMORY_BYTES_MAX {
            return Ok(());
        }
        let max = MEMORY_BYTES_MAX / 1024;
        Err(self.failed("used").cause(format!("it would be longer than {max} KiB")))
    }

    /// A new file in the place of the old one, so that a crash leaves one of both whole.
    fn write(&self, text: &str) -> Result<(), UserError> {
        self.check(text)?;
        let failed = |error: std::io::Error| self.failed("written").cause(error);
        // Who keeps it elsewhere and links to it keeps doing so.
        let path = std::fs::canonicalize(&self.path).unwrap_or_else(|_| self.path.clone());
        let fresh = path.with_extension("md.new");
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(failed)?;
        }
        let mut options = std::fs::OpenOptions::new();
        let options = options.write(true).create(true).truncate(true).mode(0o600);
        let mut file = options.open(&fresh).map_err(failed)?;
        file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(failed)?;
        std::fs::rename(&fresh, &path).map_err(failed)
    }

    fn failed(&self, how: &str) -> UserError {
        let what = format!("your memory, {}, cannot be {how}", self.path());
        UserError::new(ErrorKind::Config, "memory-unusable", what)
            .next("look at the file with any editor; `legwork memory` shows it")
    }
}

/// Somebody else was first.
pub(crate) fn changed_meanwhile() -> UserError {
    let what = "the memory was changed in the meantime, and is as it was";
    UserError::new(ErrorKind::User, "memory-changed", what)
        .cause("somebody, or a task that you allowed to, wrote into it")
        .next("read it again, and make your change in what it holds now")
}

/// `text` with one more entry at its end; a new one begins with `title`.
pub(crate) fn appended(text: &str, title: &str, entry: &str) -> String {
    let text = if text.trim().is_empty() { title } else { text };
    let gap = if text.ends_with('\n') { "" } else { "\n" };
    format!("{text}{gap}{entry}\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_remembered_is_a_line_that_a_person_can_change() {
        let dir = tempfile::tempdir().expect("a folder");
        let memory = Memory { path: dir.path().join("deep/memory.md") };
        assert_eq!(memory.read().expect("no file is an empty one"), "");
        memory.add("writes in EUR").expect("room");
        memory.add("writes in EUR").expect("room");
        memory.add("signs as A. B.").expect("room");
        let text = memory.read().expect("a text");
        assert_eq!(text, format!("{TITLE}- writes in EUR\n- signs as A. B.\n"));
        let body = MemoryBody { text: "mine\n".into(), before: text };
        assert_eq!(memory.replace(&body).expect("unchanged").text, "mine\n");
        assert_eq!(memory.replace(&body).expect_err("changed").code, "memory-changed");
        let long = MemoryBody { text: "x".repeat(1 << 20), before: "mine\n".into() };
        assert_eq!(memory.replace(&long).expect_err("too long").code, "memory-unusable");
        assert_eq!(memory.read().expect("a text"), "mine\n");
    }
}
