//! The window: the page in a browser, who is let in, and by which link.
//!
//! A link is good once and for a minute; only who can use the socket gets one. It becomes a pass,
//! which the browser keeps in a cookie and we keep as a hash. Passes outlive the daemon, and so
//! does the port, so that a page that is open goes on after a restart.

use crate::limits;
use crate::neighbour::Doorway;
use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard};
use tokio::time::Instant;

/// The name under which browsers reach it. Cookies know no ports: under `localhost` itself every
/// other server on this computer would be sent ours. Browsers never ask a server of names for it
/// (RFC 6761, section 6.3).
const NAME: &str = "legwork.localhost";
pub(crate) const COOKIE: &str = "legwork-pass";

/// Who may use the page, and where it is.
#[derive(Debug)]
pub struct Window {
    authority: String,
    file: PathBuf,
    known: Mutex<Known>,
}

#[derive(Debug)]
struct Known {
    links: Vec<(Hash, Instant)>,
    remembered: Remembered,
}

/// What outlives the daemon.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Remembered {
    port: u16,
    /// BLAKE3 of each pass, the oldest first.
    passes: Vec<Hash>,
}

type Hash = String;

/// What became of a link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Redeemed {
    /// The pass that the browser is to keep.
    Pass(String),
    Stale,
}

impl Window {
    /// Listens where it did before if that can be, at `port` if one is wished. `file` remembers.
    pub async fn open(file: PathBuf, port: Option<u16>) -> io::Result<(Arc<Self>, Doorway)> {
        let mut remembered = read(&file);
        let wished = port.unwrap_or(remembered.port);
        let door = match Doorway::bind(wished).await {
            Ok(door) => door,
            Err(error) if port.is_some() => return Err(error),
            Err(_) => Doorway::bind(0).await?,
        };
        if door.port() != remembered.port {
            // Whoever has the old port now may have been shown our cookies.
            remembered = Remembered { port: door.port(), passes: vec![] };
        }
        let known = Known { links: vec![], remembered };
        let authority = format!("{NAME}:{}", door.port());
        let window = Self { authority, file, known: Mutex::new(known) };
        write(&window.file, &window.known().remembered)?;
        Ok((Arc::new(window), door))
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// Host and port, as a browser names them.
    pub(crate) fn authority(&self) -> &str {
        &self.authority
    }

    /// A new link that leads to `to`.
    pub fn link(&self, to: Option<&str>, now: Instant) -> io::Result<String> {
        let key = secret()?;
        let mut known = self.known();
        if known.links.len() >= limits::LINKS_MAX {
            known.links.remove(0);
        }
        known.links.push((hash(&key), now + limits::LINK_LIFETIME));
        let to = to.filter(|to| is_path(to)).map_or(String::new(), |to| format!("&to={to}"));
        Ok(format!("http://{}/open?key={key}{to}", self.authority))
    }

    /// Wrong keys are not counted: nobody guesses 256 bits, and any page could use up a count.
    pub(crate) fn redeem(&self, key: &str, now: Instant) -> io::Result<Redeemed> {
        let mut known = self.known();
        known.links.retain(|(_, until)| *until > now);
        let asked = hash(key);
        let Some(found) = known.links.iter().position(|(link, _)| *link == asked) else {
            return Ok(Redeemed::Stale);
        };
        known.links.remove(found);
        let pass = secret()?;
        let passes = &mut known.remembered.passes;
        if passes.len() >= limits::PASSES_MAX {
            passes.remove(0);
        }
        passes.push(hash(&pass));
        write(&self.file, &known.remembered)?;
        Ok(Redeemed::Pass(pass))
    }

    /// Whether a browser with this pass is let in.
    pub(crate) fn admits(&self, pass: &str) -> bool {
        let asked = hash(pass);
        self.known().remembered.passes.contains(&asked)
    }

    /// Lets nobody in any more who was let in before.
    pub(crate) fn forget(&self) -> io::Result<()> {
        let mut known = self.known();
        known.links.clear();
        known.remembered.passes.clear();
        write(&self.file, &known.remembered)
    }
}

/// A path of the page that a link may lead to, and nothing else.
pub(crate) fn is_path(to: &str) -> bool {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "/-_".contains(c);
    to.starts_with('/') && !to.starts_with("//") && to.len() < 200 && to.chars().all(is_plain)
}

fn hash(secret: &str) -> Hash {
    blake3::hash(secret.as_bytes()).to_hex().to_string()
}

pub(crate) fn secret() -> io::Result<String> {
    let mut bits = [0; 32];
    getrandom::fill(&mut bits).map_err(|why| io::Error::other(why.to_string()))?;
    Ok(HEXLOWER.encode(&bits))
}

/// What was remembered; nothing where it can't be read, which costs a new link and no more.
fn read(file: &Path) -> Remembered {
    let is_small = file.metadata().is_ok_and(|meta| meta.len() <= limits::WINDOW_FILE_BYTES_MAX);
    let text = if is_small { std::fs::read_to_string(file).ok() } else { None };
    text.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default()
}

/// Replaces the file as a whole; only this user can read it.
pub(crate) fn write(file: &Path, remembered: &impl Serialize) -> io::Result<()> {
    let beside = file.with_extension("new");
    let open = std::fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&beside);
    let text = serde_json::to_vec(remembered)?;
    open?.write_all(&text)?;
    std::fs::rename(&beside, file)
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn window(dir: &Path) -> (Arc<Window>, Doorway) {
        Window::open(dir.join("window.json"), None).await.unwrap()
    }

    fn key(link: &str) -> &str {
        link.split_once("key=").unwrap().1.split('&').next().unwrap()
    }

    #[tokio::test]
    async fn a_link_is_good_once() {
        let dir = tempfile::tempdir().unwrap();
        let (window, _door) = window(dir.path()).await;
        let now = Instant::now();
        let link = window.link(Some("/tasks/abcd"), now).unwrap();
        assert!(link.ends_with("&to=/tasks/abcd"), "{link}");
        let Redeemed::Pass(pass) = window.redeem(key(&link), now).unwrap() else {
            panic!("{link}")
        };
        assert!(window.admits(&pass) && !window.admits("") && !window.admits(key(&link)));
        assert_eq!(window.redeem(key(&link), now).unwrap(), Redeemed::Stale);
        window.forget().unwrap();
        assert!(!window.admits(&pass));
    }

    #[tokio::test]
    async fn links_grow_old_and_wrong_keys_use_none_up() {
        let dir = tempfile::tempdir().unwrap();
        let (window, _door) = window(dir.path()).await;
        let now = Instant::now();
        let link = window.link(None, now).unwrap();
        let late = now + limits::LINK_LIFETIME;
        assert_eq!(window.redeem(key(&link), late).unwrap(), Redeemed::Stale);
        let link = window.link(None, late).unwrap();
        for _ in 0..100 {
            assert_eq!(window.redeem("guess", late).unwrap(), Redeemed::Stale);
        }
        assert!(matches!(window.redeem(key(&link), late).unwrap(), Redeemed::Pass(_)));
    }

    #[tokio::test]
    async fn passes_outlive_the_daemon_at_the_same_port_only() {
        let dir = tempfile::tempdir().unwrap();
        let (first, door) = window(dir.path()).await;
        let now = Instant::now();
        let link = first.link(None, now).unwrap();
        let Redeemed::Pass(pass) = first.redeem(key(&link), now).unwrap() else { panic!("{link}") };
        let port = door.port();
        drop(door);
        let (second, door) = window(dir.path()).await;
        assert_eq!(door.port(), port);
        assert!(second.admits(&pass));
        let (third, _other) = window(dir.path()).await;
        assert!(!third.admits(&pass), "the port was taken by another");
    }

    #[test]
    fn a_link_leads_into_the_page_only() {
        for to in ["/tasks/abcd1234/changes", "/"] {
            assert!(is_path(to), "{to}");
        }
        for to in ["//evil.test", "https://evil.test", "/\\evil.test", "/a\"b", "", "/a?b"] {
            assert!(!is_path(to), "{to}");
        }
    }
}
