//! The keyring of a desktop, by the program that speaks to it (`secret-tool` of libsecret).
//!
//! A keyring may be locked, and then asks its person: every wait is bounded. What it was given is
//! read back before it counts as kept.

use crate::limits::{KEYRING_TIME, SECRET_BYTES_MAX};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use zeroize::Zeroizing;

/// Why the keyring can't be used.
#[derive(Debug, thiserror::Error)]
pub enum KeyringError {
    #[error("the program that speaks to this desktop's keyring, {program:?}, can't be started")]
    Program {
        program: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("this desktop's keyring did not answer in time; it may be locked")]
    Silent,
    #[error("this desktop's keyring does not have it, or is not running")]
    Refused,
    #[error("this desktop's keyring gave back something else than it was given")]
    Changed,
}

/// How to reach the keyring.
#[derive(Debug, Clone)]
pub struct Keyring {
    program: PathBuf,
}

impl Keyring {
    pub fn new(program: &Path) -> Self {
        Self { program: program.to_owned() }
    }

    pub(crate) fn keep(&self, name: &str, value: &Zeroizing<String>) -> Result<(), KeyringError> {
        let label = format!("--label=Legwork: {name}");
        self.said(&["store", &label], name, value.as_bytes())?;
        if self.value(name)? == *value { Ok(()) } else { Err(KeyringError::Changed) }
    }

    pub(crate) fn value(&self, name: &str) -> Result<Zeroizing<String>, KeyringError> {
        let said = self.said(&["lookup"], name, b"")?;
        let text = std::str::from_utf8(&said).map_err(|_| KeyringError::Changed)?;
        Ok(Zeroizing::new(text.trim_end_matches('\n').to_owned()))
    }

    pub(crate) fn forget(&self, name: &str) -> Result<(), KeyringError> {
        self.said(&["clear"], name, b"").map(drop)
    }

    fn said(
        &self,
        verb: &[&str],
        name: &str,
        input: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, KeyringError> {
        #[expect(clippy::disallowed_methods, reason = "the keyring has no other way in here")]
        let mut command = Command::new(&self.program);
        command.args(verb).args(["application", "legwork", "secret", name]);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let failed = |source| KeyringError::Program { program: self.program.clone(), source };
        let mut child = command.spawn().map_err(failed)?;
        // Small enough for the pipe, so that it does not wait for who may never read.
        if let Some(mut stdin) = child.stdin.take() {
            // Who does not want it has not kept it either, which is seen.
            let _ = stdin.write_all(input);
        }
        let said = heard(&mut child);
        if said.is_none() {
            // It may have ended by itself.
            let _ = child.kill();
        }
        let status = child.wait().map_err(failed)?;
        match said {
            None => Err(KeyringError::Silent),
            Some(_) if !status.success() => Err(KeyringError::Refused),
            Some(said) => Ok(said),
        }
    }
}

/// What it says until it closes its end; `None`: not in time, or too much.
fn heard(child: &mut Child) -> Option<Zeroizing<Vec<u8>>> {
    let stdout = child.stdout.take()?;
    let (tell, told) = mpsc::sync_channel(1);
    std::thread::spawn(move || {
        let mut bytes = Zeroizing::new(Vec::with_capacity(SECRET_BYTES_MAX + 2));
        let read = stdout.take(SECRET_BYTES_MAX as u64 + 2).read_to_end(&mut bytes);
        // Who waited may have gone.
        let _ = tell.send(read.ok().map(|_| bytes));
    });
    told.recv_timeout(KEYRING_TIME).ok().flatten()
}
