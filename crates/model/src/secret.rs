//! Keys: where they come from, and a type that never shows what it holds.
//!
//! A key is read when a request needs it, kept in memory only, wiped when it is dropped, and cut
//! out of everything that a server says before anybody reads it.

use crate::limits::{KEY_BYTES_MAX, KEY_COMMAND_TIMEOUT};
use std::fmt;
use std::path::PathBuf;
use std::process::Stdio;
use tokio::io::AsyncReadExt;
use zeroize::Zeroizing;

/// A value that nobody sees: `Debug` shows three dots, and there is no `Display`.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Takes a key as it was typed or said: without the white space around it, one line, of
    /// characters that may be in a header.
    pub fn parse(text: &str) -> Result<Self, SecretError> {
        let text = text.trim();
        if text.is_empty() {
            return Err(SecretError::Empty);
        }
        if text.len() > KEY_BYTES_MAX || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(SecretError::NoKey);
        }
        Ok(Self(Zeroizing::new(text.to_owned())))
    }

    /// The value, to put it into a header and nowhere else.
    pub(crate) fn reveal(&self) -> &str {
        &self.0
    }

    /// A text without the key.
    pub(crate) fn cut_out_of(&self, text: &str) -> String {
        text.replace(self.0.as_str(), "[key]")
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Secret(…)")
    }
}

/// Where a key is found. Only this is in a configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeySource {
    /// A variable of the environment, by its name.
    Variable(String),
    /// What a program prints, such as a password manager.
    Command { program: PathBuf, args: Vec<String> },
    /// The content of a file.
    File(PathBuf),
}

/// Why there is no key.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    #[error("the key is empty")]
    Empty,
    #[error("what was found is not a key: it has to be one line of plain characters")]
    NoKey,
    #[error("the variable {name} is not set")]
    Unset { name: String },
    #[error("the key file {} can't be read", .path.display())]
    File { path: PathBuf, source: std::io::Error },
    #[error("the command {} that tells the key can't be started", .program.display())]
    Start { program: PathBuf, source: std::io::Error },
    #[error("the command {} that tells the key ended with an error", .program.display())]
    Failed { program: PathBuf },
    #[error("the command {} that tells the key took longer than 30 seconds", .program.display())]
    Slow { program: PathBuf },
}

impl KeySource {
    /// Gets the key. `variable` looks a name up in the environment, which only the root reads.
    pub async fn read(
        &self,
        variable: &(dyn Fn(&str) -> Option<String> + Sync),
    ) -> Result<Secret, SecretError> {
        match self {
            Self::Variable(name) => {
                let value = variable(name).filter(|value| !value.trim().is_empty());
                let value = value.ok_or_else(|| SecretError::Unset { name: name.clone() })?;
                Secret::parse(&Zeroizing::new(value))
            }
            Self::File(path) => {
                let wrong = |source| SecretError::File { path: path.clone(), source };
                let file = tokio::fs::File::open(path).await.map_err(wrong)?;
                let text = read_bounded(file).await.map_err(wrong)?;
                Secret::parse(&text)
            }
            Self::Command { program, args } => ask(program, args).await,
        }
    }
}

/// Text up to one byte more than a key may have, so that longer ones are refused and not cut.
async fn read_bounded(
    from: impl tokio::io::AsyncRead + Unpin,
) -> std::io::Result<Zeroizing<String>> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(KEY_BYTES_MAX + 1));
    from.take(KEY_BYTES_MAX as u64 + 1).read_to_end(&mut bytes).await?;
    Ok(Zeroizing::new(String::from_utf8_lossy(&bytes).into_owned()))
}

async fn ask(program: &PathBuf, args: &[String]) -> Result<Secret, SecretError> {
    let started = command(program)
        .args(args)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn();
    let wrong = |source| SecretError::Start { program: program.clone(), source };
    let mut child = started.map_err(wrong)?;
    let said = async {
        let out = child.stdout.take().ok_or(SecretError::Failed { program: program.clone() })?;
        let text = read_bounded(out).await.map_err(wrong)?;
        // What says more than a key is long waits for a reader that has left, and is ended.
        let status = child.wait().await.map_err(wrong)?;
        if status.success() {
            Ok(text)
        } else {
            Err(SecretError::Failed { program: program.clone() })
        }
    };
    let text = tokio::time::timeout(KEY_COMMAND_TIMEOUT, said).await;
    Secret::parse(&text.map_err(|_| SecretError::Slow { program: program.clone() })??)
}

#[expect(clippy::disallowed_methods, reason = "the person's own command that tells a key")]
fn command(program: &PathBuf) -> tokio::process::Command {
    tokio::process::Command::new(program)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn none(_: &str) -> Option<String> {
        None
    }

    #[test]
    fn a_key_is_never_shown() {
        let key = Secret::parse(" sk-very-secret\n").unwrap();
        assert_eq!(format!("{key:?}"), "Secret(…)");
        assert_eq!(key.cut_out_of("bad key sk-very-secret."), "bad key [key].");
        assert!(Secret::parse("two lines\nof text").is_err());
        assert!(Secret::parse("\r\n").is_err());
    }

    #[tokio::test]
    async fn keys_come_from_variables_files_and_commands() {
        let set = |name: &str| (name == "A_KEY").then(|| "from-variable".to_owned());
        let key = KeySource::Variable("A_KEY".to_owned()).read(&set).await.unwrap();
        assert_eq!(key.reveal(), "from-variable");
        assert!(KeySource::Variable("B_KEY".to_owned()).read(&none).await.is_err());

        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("key");
        std::fs::write(&path, "from-file\n").unwrap();
        assert_eq!(KeySource::File(path.clone()).read(&none).await.unwrap().reveal(), "from-file");
        std::fs::write(&path, "x".repeat(KEY_BYTES_MAX + 1)).unwrap();
        assert!(matches!(KeySource::File(path).read(&none).await, Err(SecretError::NoKey)));

        let say = |script: &str| KeySource::Command {
            program: "/bin/sh".into(),
            args: vec!["-c".to_owned(), script.to_owned()],
        };
        assert_eq!(say("echo from-command").read(&none).await.unwrap().reveal(), "from-command");
        assert!(matches!(say("exit 3").read(&none).await, Err(SecretError::Failed { .. })));
        let endless = say("while :; do echo key; done").read(&none).await;
        assert!(endless.is_err());
    }
}
