//! Secrets at rest: one file, encrypted with age, and its key beside it for this person only. Where
//! the person wants it and a keyring runs, the values are in that, and the file says what they are
//! bound to.
//!
//! The key protects against copies of the file, such as a backup that leaves out keys; who can read
//! the person's files can read both. Any `age` program opens it: `age -d -i key.txt secrets.age`.

use crate::keyring::{Keyring, KeyringError};
use crate::limits::STORE_BYTES_MAX;
use crate::secret::{Bound, Secret, SecretError};
use age::secrecy::ExposeSecret as _;
use policy::egress::host::Name;
use policy::egress::{Method, PathPrefix};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;
use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use zeroize::{Zeroize as _, Zeroizing};

const SECRETS: &str = "secrets.age";
const KEY: &str = "key.txt";
const LOCK: &str = "lock";

/// Why the secrets can't be read or kept.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("{path:?} could not be read or written")]
    File {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("the key in {path:?} can be read by others; make it private with `chmod 600`")]
    KeyNotPrivate { path: PathBuf },
    #[error("{path:?} is no key of age")]
    Key { path: PathBuf },
    #[error("the key of the secrets is gone: {path:?} is needed to read them")]
    KeyGone { path: PathBuf },
    #[error("the secrets could not be encrypted")]
    Encrypt(#[source] age::EncryptError),
    #[error("the secrets could not be read with their key")]
    Decrypt(#[source] age::DecryptError),
    #[error("the secrets were read, but are not what was written")]
    Content,
    #[error("the secrets would be larger than {STORE_BYTES_MAX} bytes")]
    TooLarge,
    #[error("there is no secret with this name")]
    Missing,
    #[error("a name has 1 to 64 letters, digits, `-`, `_` or `.`")]
    Name,
    #[error(transparent)]
    Secret(#[from] SecretError),
    #[error("the value of {name:?} is in this desktop's keyring, and could not be had from there")]
    Keyring {
        name: String,
        #[source]
        source: KeyringError,
    },
}

/// Where a value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kept {
    #[default]
    File,
    Keyring,
}

/// The secrets of one person on this computer.
#[derive(Debug, Clone)]
pub struct Store {
    folder: PathBuf,
    keyring: Keyring,
    /// New values go into the keyring, if that takes them.
    prefers_keyring: bool,
}

/// One secret without its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    pub name: String,
    pub bound: Bound,
    pub kept: Kept,
}

/// As it is in the file.
#[derive(Serialize, Deserialize)]
struct Entry {
    /// Empty where the keyring has it.
    value: String,
    #[serde(default)]
    kept: Kept,
    host: String,
    port: u16,
    #[serde(default)]
    methods: Vec<String>,
    #[serde(default)]
    path: Option<String>,
    #[serde(default)]
    shape: String,
}

impl Drop for Entry {
    fn drop(&mut self) {
        self.value.zeroize();
    }
}

type Entries = BTreeMap<String, Entry>;

impl Store {
    /// The secrets in this folder, which is made, private, with the first secret.
    pub fn new(folder: &Path) -> Self {
        let keyring = Keyring::new(Path::new("secret-tool"));
        Self { folder: folder.to_owned(), keyring, prefers_keyring: false }
    }

    /// With this keyring. `prefers`: for new values too, not only for those that are in it already.
    #[must_use]
    pub fn with_keyring(self, keyring: Keyring, prefers: bool) -> Self {
        Self { keyring, prefers_keyring: prefers, ..self }
    }

    /// Keeps a secret; one of the same name is replaced. `shape`: what its stand-in begins with.
    /// Where no keyring takes the value, the file does: a computer without a desktop has none.
    pub fn set(
        &self,
        name: &str,
        value: &Zeroizing<String>,
        bound: &Bound,
        shape: &str,
    ) -> Result<(), StoreError> {
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
        if !(1..=64).contains(&name.len()) || !name.bytes().all(is_plain) {
            return Err(StoreError::Name);
        }
        // What would not work at the door is not kept.
        Secret::new(name.to_owned(), value.clone(), bound.clone(), shape)?;
        let _lock = self.lock()?;
        let mut entries = self.entries()?;
        let had = entries.get(name).map(|entry| entry.kept);
        let kept = match self.prefers_keyring && self.keyring.keep(name, value).is_ok() {
            true => Kept::Keyring,
            false => Kept::File,
        };
        if (had, kept) == (Some(Kept::Keyring), Kept::File) {
            self.forget(name)?;
        }
        let entry = Entry {
            value: if kept == Kept::File { value.to_string() } else { String::new() },
            kept,
            host: bound.host.to_string(),
            port: bound.port,
            methods: bound.methods.iter().map(|method| method.as_str().to_owned()).collect(),
            path: bound.path.as_ref().map(|path| path.as_str().to_owned()),
            shape: shape.to_owned(),
        };
        entries.insert(name.to_owned(), entry);
        self.write(&entries)
    }

    /// Names and places, never values.
    pub fn list(&self) -> Result<Vec<Listed>, StoreError> {
        let entries = self.entries()?;
        let listed = entries.iter().map(|(name, entry)| {
            let bound = bound(entry).ok_or(StoreError::Content)?;
            Ok(Listed { name: name.clone(), bound, kept: entry.kept })
        });
        listed.collect()
    }

    pub fn remove(&self, name: &str) -> Result<(), StoreError> {
        let _lock = self.lock()?;
        let mut entries = self.entries()?;
        let entry = entries.remove(name).ok_or(StoreError::Missing)?;
        if entry.kept == Kept::Keyring {
            self.forget(name)?;
        }
        self.write(&entries)
    }

    /// The secret with a fresh stand-in, for one task.
    pub fn get(&self, name: &str) -> Result<Secret, StoreError> {
        let entries = self.entries()?;
        let entry = entries.get(name).ok_or(StoreError::Missing)?;
        let bound = bound(entry).ok_or(StoreError::Content)?;
        let value = self.value_of(name, entry)?;
        Ok(Secret::new(name.to_owned(), value, bound, &entry.shape)?)
    }

    /// What the keyring does not have any more is forgotten as well.
    fn forget(&self, name: &str) -> Result<(), StoreError> {
        match self.keyring.forget(name) {
            Ok(()) | Err(KeyringError::Refused) => Ok(()),
            Err(source) => Err(keyring(name, source)),
        }
    }

    fn value_of(&self, name: &str, entry: &Entry) -> Result<Zeroizing<String>, StoreError> {
        match entry.kept {
            Kept::File => Ok(Zeroizing::new(entry.value.clone())),
            Kept::Keyring => self.keyring.value(name).map_err(|source| keyring(name, source)),
        }
    }

    /// The values themselves, for what the daemon asks in its own name: never for a machine.
    pub fn values(&self) -> Result<BTreeMap<String, Zeroizing<String>>, StoreError> {
        let entries = self.entries()?;
        let value =
            |(name, entry): (&String, &Entry)| Ok((name.clone(), self.value_of(name, entry)?));
        entries.iter().map(value).collect()
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// Held while the file is replaced. Also makes the folder.
    fn lock(&self) -> Result<File, StoreError> {
        let wrong = |source| StoreError::File { path: self.path(LOCK), source };
        std::fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&self.folder)
            .map_err(wrong)?;
        let mut options = OpenOptions::new();
        let options = options.write(true).create(true).truncate(false).mode(0o600);
        let file = options.open(self.path(LOCK)).map_err(wrong)?;
        file.lock().map_err(wrong)?;
        Ok(file)
    }

    fn entries(&self) -> Result<Entries, StoreError> {
        let Some(encrypted) = self.read(SECRETS)? else { return Ok(Entries::new()) };
        let path = self.path(KEY);
        let identity = self.identity()?.ok_or(StoreError::KeyGone { path })?;
        let plain = age::decrypt(&identity, &encrypted).map_err(StoreError::Decrypt)?;
        let plain = Zeroizing::new(plain);
        serde_json::from_slice(&plain).map_err(|_| StoreError::Content)
    }

    fn write(&self, entries: &Entries) -> Result<(), StoreError> {
        let identity = match self.identity()? {
            Some(identity) => identity,
            None => self.new_identity()?,
        };
        let plain = serde_json::to_vec(entries).map_err(|_| StoreError::Content)?;
        let plain = Zeroizing::new(plain);
        let encrypted = age::encrypt(&identity.to_public(), &plain).map_err(StoreError::Encrypt)?;
        if encrypted.len() as u64 > STORE_BYTES_MAX {
            return Err(StoreError::TooLarge);
        }
        self.replace(SECRETS, &encrypted)
    }

    fn identity(&self) -> Result<Option<age::x25519::Identity>, StoreError> {
        let path = self.path(KEY);
        let Some(text) = self.read(KEY)? else { return Ok(None) };
        let mode = std::fs::metadata(&path).map(|meta| meta.permissions().mode());
        if mode.map_or(true, |mode| mode & 0o077 != 0) {
            return Err(StoreError::KeyNotPrivate { path });
        }
        let text = std::str::from_utf8(&text).unwrap_or_default();
        let line = text.lines().find(|line| !line.starts_with('#')).unwrap_or_default();
        line.trim().parse().map(Some).map_err(|_| StoreError::Key { path })
    }

    fn new_identity(&self) -> Result<age::x25519::Identity, StoreError> {
        let identity = age::x25519::Identity::generate();
        let secret = identity.to_string();
        let text = format!("# opens {SECRETS}\n{}\n", secret.expose_secret());
        self.replace(KEY, Zeroizing::new(text).as_bytes())?;
        Ok(identity)
    }

    fn read(&self, name: &str) -> Result<Option<Zeroizing<Vec<u8>>>, StoreError> {
        let path = self.path(name);
        let file = match File::open(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(StoreError::File { path, source }),
            Ok(file) => file,
        };
        let mut bytes = Zeroizing::new(Vec::new());
        let read = file.take(STORE_BYTES_MAX + 1).read_to_end(&mut bytes);
        read.map_err(|source| StoreError::File { path, source })?;
        if bytes.len() as u64 > STORE_BYTES_MAX {
            Err(StoreError::TooLarge)
        } else {
            Ok(Some(bytes))
        }
    }

    /// The whole new file, or the whole old one.
    fn replace(&self, name: &str, bytes: &[u8]) -> Result<(), StoreError> {
        let (path, new) = (self.path(name), self.path(&format!("{name}.new")));
        let replaced = || {
            let mut options = OpenOptions::new();
            let mut file =
                options.write(true).create(true).truncate(true).mode(0o600).open(&new)?;
            file.write_all(bytes)?;
            file.sync_all()?;
            std::fs::rename(&new, &path)?;
            File::open(&self.folder)?.sync_all()
        };
        replaced().map_err(|source| StoreError::File { path: path.clone(), source })
    }
}

fn keyring(name: &str, source: KeyringError) -> StoreError {
    StoreError::Keyring { name: name.to_owned(), source }
}

fn bound(entry: &Entry) -> Option<Bound> {
    let methods = entry.methods.iter().map(|method| Method::parse(method));
    let path = match &entry.path {
        Some(path) => Some(PathPrefix::parse(path)?),
        None => None,
    };
    Some(Bound {
        host: Name::parse(entry.host.as_bytes()).ok()?,
        port: entry.port,
        methods: methods.collect::<Option<_>>()?,
        path,
    })
}

impl fmt::Debug for Entry {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Entry").field("host", &self.host).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const VALUE: &str = "a-very-secret-value";

    fn bound_to(host: &str) -> Bound {
        let methods = vec![Method::parse("POST").unwrap()];
        let host = Name::parse(host.as_bytes()).unwrap();
        Bound { host, port: 443, methods, path: PathPrefix::parse("/v1") }
    }

    #[test]
    fn secrets_are_kept_listed_and_removed() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::new(&dir.path().join("a/secrets"));
        assert_eq!(store.list().unwrap(), []);
        let value = Zeroizing::new(VALUE.to_owned());
        store.set("one", &value, &bound_to("a.test"), "sk_").unwrap();
        store.set("two", &value, &bound_to("b.test"), "").unwrap();
        store.set("one", &value, &bound_to("c.test"), "gh_").unwrap();
        let names: Vec<_> = store.list().unwrap().into_iter().map(|l| (l.name, l.bound)).collect();
        assert_eq!(names, [("one".into(), bound_to("c.test")), ("two".into(), bound_to("b.test"))]);
        let secret = store.get("one").unwrap();
        assert!(secret.stand_in().starts_with("gh_"));
        assert_ne!(secret.stand_in(), store.get("one").unwrap().stand_in());
        assert!(!format!("{secret:?}").contains(VALUE));
        for entry in std::fs::read_dir(dir.path().join("a/secrets")).unwrap() {
            let path = entry.unwrap().path();
            let bytes = std::fs::read(&path).unwrap();
            assert!(memchr::memmem::find(&bytes, VALUE.as_bytes()).is_none(), "{path:?}");
            assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
        store.remove("one").unwrap();
        assert!(matches!(store.remove("one"), Err(StoreError::Missing)));
        assert!(matches!(store.get("one"), Err(StoreError::Missing)));
    }

    /// Keeps values in files named after secrets; fails while there is a file `locked`.
    const FAKE: &str = r#"#!/bin/sh
folder=$(dirname "$0")
test -e "$folder/locked" && exit 1
for name; do :; done
case $1 in
    store) cat > "$folder/value-$name" ;;
    lookup) cat "$folder/value-$name" ;;
    clear) rm "$folder/value-$name" ;;
esac
"#;

    /// Written by another process: while this one has it open, a third one could not start it.
    fn fake(folder: &Path) -> PathBuf {
        let (text, program) = (folder.join("text"), folder.join("secret-tool"));
        std::fs::write(&text, FAKE).unwrap();
        #[expect(clippy::disallowed_methods, reason = "a keyring for the test")]
        let mut install = std::process::Command::new("install");
        let made = install.args(["-m", "755"]).args([&text, &program]).status().unwrap();
        assert!(made.success());
        program
    }

    #[test]
    fn a_keyring_has_the_values_where_one_runs() {
        let dir = tempfile::tempdir().unwrap();
        let program = fake(dir.path());
        let folder = dir.path().join("secrets");
        let store = |prefers| Store::new(&folder).with_keyring(Keyring::new(&program), prefers);
        let value = Zeroizing::new(VALUE.to_owned());
        let kept = || -> Vec<(String, Kept)> {
            store(true).list().unwrap().into_iter().map(|it| (it.name, it.kept)).collect()
        };
        store(false).set("filed", &value, &bound_to("a.test"), "").unwrap();
        store(true).set("ringed", &value, &bound_to("a.test"), "").unwrap();
        assert_eq!(kept(), [("filed".into(), Kept::File), ("ringed".into(), Kept::Keyring)]);
        let ringed = dir.path().join("value-ringed");
        assert_eq!(std::fs::read_to_string(&ringed).unwrap(), VALUE);
        // What is in it is found, also by who does not want it for new ones.
        for prefers in [true, false] {
            store(prefers).get("ringed").unwrap();
            store(prefers).get("filed").unwrap();
        }
        let locked = dir.path().join("locked");
        std::fs::write(&locked, "").unwrap();
        let error = store(true).get("ringed").unwrap_err();
        assert!(matches!(&error, StoreError::Keyring { name, .. } if name == "ringed"), "{error}");
        store(true).get("filed").unwrap();
        store(true).set("late", &value, &bound_to("a.test"), "").unwrap();
        assert_eq!(kept()[1], ("late".into(), Kept::File), "nobody answers, so the file has it");
        std::fs::remove_file(&locked).unwrap();
        store(false).set("ringed", &value, &bound_to("a.test"), "").unwrap();
        assert_eq!(kept()[2], ("ringed".into(), Kept::File));
        assert!(!ringed.exists(), "it is in one place only");
        store(true).set("filed", &value, &bound_to("a.test"), "").unwrap();
        store(true).remove("filed").unwrap();
        assert!(!dir.path().join("value-filed").exists());
    }

    #[test]
    fn without_a_keyring_the_file_has_them() {
        let dir = tempfile::tempdir().unwrap();
        let keyring = Keyring::new(&dir.path().join("no-such-program"));
        let store = Store::new(dir.path()).with_keyring(keyring, true);
        store.set("one", &Zeroizing::new(VALUE.to_owned()), &bound_to("a.test"), "").unwrap();
        assert_eq!(store.list().unwrap()[0].kept, Kept::File);
        store.get("one").unwrap();
    }

    #[test]
    fn what_is_wrong_is_said_and_loses_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::new(dir.path());
        let set = |name: &str, value: &str| {
            store.set(name, &Zeroizing::new(value.to_owned()), &bound_to("a.test"), "")
        };
        assert!(matches!(set("a b", VALUE), Err(StoreError::Name)));
        assert!(matches!(set("", VALUE), Err(StoreError::Name)));
        assert!(matches!(set("a", "short"), Err(StoreError::Secret(SecretError::Length))));
        assert!(matches!(
            set("a", "with\r\nline"),
            Err(StoreError::Secret(SecretError::Characters))
        ));
        set("a", VALUE).unwrap();
        let key = dir.path().join(KEY);
        std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o644)).unwrap();
        assert!(matches!(store.get("a"), Err(StoreError::KeyNotPrivate { .. })));
        std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o600)).unwrap();
        let kept = std::fs::read(&key).unwrap();
        std::fs::remove_file(&key).unwrap();
        assert!(matches!(set("b", VALUE), Err(StoreError::KeyGone { .. })));
        std::fs::write(&key, "nonsense").unwrap();
        std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o600)).unwrap();
        assert!(matches!(store.get("a"), Err(StoreError::Key { .. })));
        std::fs::write(&key, kept).unwrap();
        store.get("a").unwrap();
        std::fs::write(dir.path().join(SECRETS), b"age-encryption.org/v1\n").unwrap();
        assert!(matches!(store.get("a"), Err(StoreError::Decrypt(_))));
    }
}
