//! Which phones are let in, and by which code one more is.
//!
//! A code is good once and for some minutes; only who can use the socket or the window gets one. It
//! becomes a token, which the phone keeps in a cookie and we keep as a hash, under a name.

use super::reach::{PhoneSpec, Reach};
use crate::error::UserError;
use crate::limits;
use crate::window::secret;
use data_encoding::BASE32_NOPAD;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::io;
use std::net::{IpAddr, Ipv6Addr};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::watch;
use tokio::time::Instant;

/// Whether phones may be let in at all; asked at each request.
pub type Permit = Box<dyn Fn() -> Result<(), UserError> + Send + Sync>;

/// The phones, and where they reach us.
pub struct Phones {
    file: PathBuf,
    permit: Permit,
    known: Mutex<Known>,
    /// A phone that was not used for so many days is let in no more.
    idle_days: AtomicU64,
    /// What the person set, with a number for each time they did.
    wanted: watch::Sender<(u64, Option<PhoneSpec>)>,
    /// What came of it, with the number of the wish.
    reached: watch::Sender<(u64, Reach)>,
}

#[derive(Debug)]
struct Known {
    codes: Vec<(Hash, Instant)>,
    phones: Vec<Phone>,
    /// Wrong codes by whence they came.
    tries: BTreeMap<IpAddr, u32>,
    tries_since: Instant,
}

type Hash = String;

/// What is remembered of one.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Phone {
    pub(crate) id: String,
    pub(crate) name: String,
    /// BLAKE3 of its token.
    token: Hash,
    pub(crate) paired_at: u64,
    /// When it last asked for something, to within some minutes.
    pub(crate) seen_at: u64,
}

/// Whether a phone is let in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Admitted {
    /// Its id.
    Yes(String),
    /// None of this token is known.
    No,
    /// It was not used for so many days.
    Idle(u64),
}

/// What became of a code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Paired {
    /// The token that the phone is to keep.
    Token(String),
    Stale,
    TooMany,
    /// As many phones as can be are paired.
    Full,
}

impl std::fmt::Debug for Phones {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Phones").field("file", &self.file).finish_non_exhaustive()
    }
}

impl Phones {
    /// `file` remembers.
    pub fn open(file: PathBuf, now: Instant, permit: Permit) -> Arc<Self> {
        let phones = read(&file);
        let known = Known { codes: vec![], phones, tries: BTreeMap::new(), tries_since: now };
        let (wanted, _) = watch::channel((0, None));
        let (reached, _) = watch::channel((0, Reach::Off));
        let idle_days = AtomicU64::new(limits::PHONE_IDLE_DAYS);
        Arc::new(Self { file, permit, known: Mutex::new(known), idle_days, wanted, reached })
    }

    pub(crate) fn permitted(&self) -> Result<(), UserError> {
        (self.permit)()
    }

    /// Shuts phones out that were not used for so many days, from now on.
    pub fn shut_out_after(&self, days: u64) {
        self.idle_days.store(days, Ordering::Relaxed);
    }

    pub(crate) fn idle_days(&self) -> u64 {
        self.idle_days.load(Ordering::Relaxed)
    }

    /// Whether it was not used for so long that it is shut out. Derived, never written down: a
    /// clock that was wrong for a while locks nobody out for good.
    pub(crate) fn is_idle(&self, phone: &Phone, at: u64) -> bool {
        let idle_ms = self.idle_days().saturating_mul(24 * 3600 * 1000);
        at.saturating_sub(phone.seen_at) > idle_ms
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Has phones reach us there from now on; returns once that was tried.
    pub async fn want(&self, spec: Option<PhoneSpec>) {
        let mut number = 0;
        self.wanted.send_if_modified(|wanted| {
            let is_new = wanted.1 != spec || wanted.0 == 0;
            if is_new {
                *wanted = (wanted.0 + 1, spec);
            }
            number = wanted.0;
            is_new
        });
        let mut reached = self.reached.subscribe();
        let tried = reached.wait_for(|(tried, _)| *tried >= number);
        // Nothing listens yet while the daemon starts, nor where there is no window.
        let _ = tokio::time::timeout(limits::PHONE_OPEN_TIMEOUT, tried).await;
    }

    pub(crate) fn wishes(&self) -> watch::Receiver<(u64, Option<PhoneSpec>)> {
        self.wanted.subscribe()
    }

    pub(crate) fn tell(&self, number: u64, reach: Reach) {
        self.reached.send_replace((number, reach));
    }

    pub(crate) fn reach(&self) -> Reach {
        self.reached.borrow().1.clone()
    }

    /// A new code.
    pub(crate) fn code(&self, now: Instant) -> io::Result<String> {
        let mut bits = [0; 16];
        getrandom::fill(&mut bits).map_err(|why| io::Error::other(why.to_string()))?;
        let code = BASE32_NOPAD.encode(&bits);
        let mut known = self.known();
        if known.codes.len() >= limits::CODES_MAX {
            known.codes.remove(0);
        }
        known.codes.push((hash(&code), now + limits::CODE_LIFETIME));
        Ok(code)
    }

    /// Lets the phone in that has this code. `from`: where it asks from, so that who guesses keeps
    /// nobody else out. `at`: milliseconds since the Unix epoch.
    pub(crate) fn redeem(
        &self,
        from: IpAddr,
        code: &str,
        name: &str,
        now: Instant,
        at: u64,
    ) -> io::Result<Paired> {
        let mut known = self.known();
        if now.duration_since(known.tries_since) > limits::CODE_TRIES_EVERY {
            (known.tries, known.tries_since) = (BTreeMap::new(), now);
        }
        let from = network(from);
        let tries = known.tries.get(&from).copied().unwrap_or(0);
        if tries >= limits::CODE_TRIES_MAX
            || known.tries.values().sum::<u32>() >= limits::CODE_TRIES_ALL_MAX
        {
            return Ok(Paired::TooMany);
        }
        known.codes.retain(|(_, until)| *until > now);
        let asked = hash(code);
        let Some(found) = known.codes.iter().position(|(code, _)| *code == asked) else {
            known.tries.insert(from, tries + 1);
            return Ok(Paired::Stale);
        };
        if known.phones.len() >= limits::PHONES_MAX {
            return Ok(Paired::Full);
        }
        known.codes.remove(found);
        let token = secret()?;
        let id = secret()?.chars().take(8).collect();
        let phone =
            Phone { id, name: named(name), token: hash(&token), paired_at: at, seen_at: at };
        known.phones.push(phone);
        crate::window::write(&self.file, &known.phones)?;
        Ok(Paired::Token(token))
    }

    /// Whether a phone with this token is let in.
    pub(crate) fn admits(&self, token: &str, at: u64) -> Admitted {
        let asked = hash(token);
        let mut known = self.known();
        let Some(phone) = known.phones.iter_mut().find(|phone| phone.token == asked) else {
            return Admitted::No;
        };
        if self.is_idle(phone, at) {
            return Admitted::Idle(self.idle_days());
        }
        let id = phone.id.clone();
        if at.saturating_sub(phone.seen_at) > limits::SEEN_EVERY_MS {
            phone.seen_at = at;
            // When it was seen is worth no error.
            let _ = crate::window::write(&self.file, &known.phones);
        }
        Admitted::Yes(id)
    }

    /// Whether the phone of this id is let in.
    pub fn lets_in(&self, id: &str, at: u64) -> bool {
        self.known().phones.iter().any(|phone| phone.id == id && !self.is_idle(phone, at))
    }

    pub(crate) fn list(&self) -> Vec<Phone> {
        self.known().phones.clone()
    }

    /// Lets the phone in no more; the ids of those that were of this id or name.
    pub(crate) fn revoke(&self, named: &str) -> io::Result<Vec<String>> {
        let mut known = self.known();
        let is_it = |phone: &Phone| phone.id == named || phone.name == named;
        let gone: Vec<String> =
            known.phones.iter().filter(|it| is_it(it)).map(|it| it.id.clone()).collect();
        if !gone.is_empty() {
            known.phones.retain(|phone| !is_it(phone));
            crate::window::write(&self.file, &known.phones)?;
        }
        Ok(gone)
    }
}

fn hash(secret: &str) -> Hash {
    blake3::hash(secret.as_bytes()).to_hex().to_string()
}

/// Who has one address of IPv6 has all of its network (RFC 4291, section 2.5.4).
fn network(ip: IpAddr) -> IpAddr {
    match ip.to_canonical() {
        IpAddr::V6(ip) => Ipv6Addr::from_bits(ip.to_bits() >> 64 << 64).into(),
        ip @ IpAddr::V4(_) => ip,
    }
}

/// What a person calls it, as one short line.
fn named(name: &str) -> String {
    let name: String = name.chars().filter(|it| !it.is_control()).collect();
    let name: String = name.trim().chars().take(limits::PHONE_NAME_CHARS_MAX).collect();
    if name.is_empty() { "phone".to_owned() } else { name }
}

fn read(file: &Path) -> Vec<Phone> {
    let is_small = file.metadata().is_ok_and(|meta| meta.len() <= limits::WINDOW_FILE_BYTES_MAX);
    let text = if is_small { std::fs::read_to_string(file).ok() } else { None };
    text.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::Ipv4Addr;

    const HERE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

    #[tokio::test]
    async fn many_who_guess_are_stopped_together() {
        let dir = tempfile::tempdir().unwrap();
        let now = Instant::now();
        let phones = Phones::open(dir.path().join("phones.json"), now, Box::new(|| Ok(())));
        let from = |number: u32| IpAddr::from(Ipv6Addr::from_bits(u128::from(number) << 64));
        for number in 0..limits::CODE_TRIES_ALL_MAX {
            assert_eq!(phones.redeem(from(number), "guess", "x", now, 0).unwrap(), Paired::Stale);
        }
        let code = phones.code(now).unwrap();
        assert_eq!(phones.redeem(HERE, &code, "x", now, 0).unwrap(), Paired::TooMany);
    }

    #[tokio::test]
    async fn a_code_is_good_once_and_the_phone_stays_until_it_is_revoked() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("phones.json");
        let now = Instant::now();
        let phones = Phones::open(file.clone(), now, Box::new(|| Ok(())));
        let code = phones.code(now).unwrap();
        let Paired::Token(token) = phones.redeem(HERE, &code, " my\nphone ", now, 7).unwrap()
        else {
            panic!("{code}")
        };
        assert_eq!(phones.redeem(HERE, &code, "x", now, 7).unwrap(), Paired::Stale);
        assert!(matches!(phones.admits(&token, 8), Admitted::Yes(_)));
        assert_eq!((phones.admits("", 8), phones.admits(&code, 8)), (Admitted::No, Admitted::No));
        let kept = std::fs::read_to_string(&file).unwrap();
        assert!(!kept.contains(&token) && !kept.contains(&code), "{kept}");
        let again = Phones::open(file, now, Box::new(|| Ok(())));
        assert!(matches!(again.admits(&token, 9), Admitted::Yes(_)), "it outlives the daemon");
        assert_eq!(again.list()[0].name, "myphone");
        assert!(again.revoke("another").unwrap().is_empty());
        let id = again.list()[0].id.clone();
        assert!(again.lets_in(&id, 9) && !again.lets_in("another", 9));
        assert_eq!(again.revoke(&id).unwrap(), [id.as_str()]);
        assert!(!again.lets_in(&id, 9));
        assert_eq!(again.admits(&token, 10), Admitted::No);
    }

    #[tokio::test]
    async fn a_phone_that_nobody_used_for_long_is_shut_out() {
        const DAY: u64 = 24 * 3600 * 1000;
        let dir = tempfile::tempdir().unwrap();
        let now = Instant::now();
        let phones = Phones::open(dir.path().join("phones.json"), now, Box::new(|| Ok(())));
        let code = phones.code(now).unwrap();
        let Paired::Token(token) = phones.redeem(HERE, &code, "x", now, 0).unwrap() else {
            panic!("{code}")
        };
        assert!(
            matches!(phones.admits(&token, 30 * DAY), Admitted::Yes(_)),
            "the last moment counts"
        );
        assert_eq!(phones.admits(&token, 60 * DAY + 1), Admitted::Idle(30));
        assert_eq!(phones.list()[0].seen_at, 30 * DAY, "to be turned away is no use");
        assert!(phones.is_idle(&phones.list()[0], 60 * DAY + 1));
        phones.shut_out_after(90);
        assert!(matches!(phones.admits(&token, 60 * DAY + 1), Admitted::Yes(_)));
        phones.shut_out_after(1);
        assert_eq!(phones.admits(&token, 62 * DAY), Admitted::Idle(1));
    }

    #[tokio::test]
    async fn codes_grow_old_and_guessing_is_slow() {
        let dir = tempfile::tempdir().unwrap();
        let now = Instant::now();
        let phones = Phones::open(dir.path().join("phones.json"), now, Box::new(|| Ok(())));
        let code = phones.code(now).unwrap();
        let late = now + limits::CODE_LIFETIME;
        assert_eq!(phones.redeem(HERE, &code, "x", late, 0).unwrap(), Paired::Stale);
        let code = phones.code(late).unwrap();
        for _ in 0..limits::CODE_TRIES_MAX {
            phones.redeem(HERE, "guess", "x", late, 0).unwrap();
        }
        assert_eq!(phones.redeem(HERE, &code, "x", late, 0).unwrap(), Paired::TooMany);
        let mapped = IpAddr::from(Ipv6Addr::from_bits(0xffff_7f00_0001));
        assert_eq!(phones.redeem(mapped, &code, "x", late, 0).unwrap(), Paired::TooMany);
        let there = "2001:db8::7".parse().unwrap();
        let paired = phones.redeem(there, &code, "x", late, 0).unwrap();
        assert!(matches!(paired, Paired::Token(_)), "who guesses keeps nobody else out");
        let later = late + limits::CODE_TRIES_EVERY * 2;
        let code = phones.code(later).unwrap();
        assert!(matches!(phones.redeem(HERE, &code, "x", later, 0).unwrap(), Paired::Token(_)));
    }
}
