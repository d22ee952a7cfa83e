//! Tells browsers through their push services when a task begins to need its person.
//!
//! What is kept lies in the state, for this user alone: the daemon's key, and each browser's place
//! under the phone that it came from. Nothing waits for a push service but its own delivery: there
//! are only so many at once, and what comes on top of them is dropped.

use crate::clock;
use crate::limits::{
    PUSH_BROWSERS_MAX, PUSH_DELIVERIES_MAX, PUSH_FILE_BYTES_MAX, PUSH_TITLE_CHARS_MAX, PUSH_TRIES,
    PUSH_TRY_EVERY, PUSH_WAIT,
};
use crate::network::{Network, bounded};
use crate::notify::{Need, need};
use crate::office::Office;
use api::{
    ErrorKind, Phones, PushBody, PushLanguage, PushOwner, PushPlace, PushView, TaskLine, UserError,
};
use egress::push::{Message, PlaceError, PushError, Sender, Subscription, Told, Way, post};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use task::TaskId;
use tokio::sync::broadcast::error::RecvError;
use tokio::task::JoinSet;

/// What is kept for browsers, and how they are told.
#[derive(Debug)]
pub(crate) struct Push {
    file: PathBuf,
    office: Arc<Office>,
    phones: Arc<Phones>,
    kept: Mutex<Kept>,
    tries: Mutex<Tries>,
}

/// When each phone last had something sent, in milliseconds since the Unix epoch.
#[derive(Debug, Default)]
struct Tries(BTreeMap<String, u64>);

impl Tries {
    fn may(&mut self, phone: &str, now: u64) -> bool {
        let every = u64::try_from(PUSH_TRY_EVERY.as_millis()).unwrap_or(u64::MAX);
        // A clock that is set back keeps nobody waiting.
        self.0.retain(|_, last| last.abs_diff(now) < every);
        let is_first = !self.0.contains_key(phone);
        if is_first {
            self.0.insert(phone.to_owned(), now);
        }
        is_first
    }
}

#[derive(Debug, Default, Serialize, Deserialize)]
struct Kept {
    /// The daemon's key, once a browser asked for it.
    secret: Option<String>,
    #[serde(default)]
    browsers: Vec<Browser>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Browser {
    /// The phone's id; `None`: a browser of this computer.
    phone: Option<String>,
    endpoint: String,
    key: String,
    auth: String,
    language: PushLanguage,
    titles: bool,
}

impl Browser {
    fn subscription(&self) -> Subscription {
        let (endpoint, key, auth) = (self.endpoint.clone(), self.key.clone(), self.auth.clone());
        Subscription { endpoint, key, auth }
    }

    fn is_at(&self, phone: Option<&str>, endpoint: &str) -> bool {
        self.phone.as_deref() == phone && self.endpoint == endpoint
    }
}

fn phone_of(owner: PushOwner) -> Option<String> {
    match owner {
        PushOwner::Window => None,
        PushOwner::Phone(id) => Some(id),
    }
}

impl Push {
    pub(crate) fn open(office: Arc<Office>, phones: Arc<Phones>) -> Arc<Self> {
        let file = office.config().place.state.join("push.json");
        // A file that can't be read costs its browsers one more press, and nothing else.
        let text = bounded(&file, PUSH_FILE_BYTES_MAX).ok().flatten();
        let kept = text.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default();
        let tries = Mutex::default();
        Arc::new(Self { file, office, phones, kept: Mutex::new(kept), tries })
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self, kept: &Kept) -> Result<(), UserError> {
        let text = serde_json::to_string(kept).unwrap_or_default();
        crate::settings::put(&self.file, &text).map_err(|why| {
            let what = "which browsers are told could not be written down";
            UserError::new(ErrorKind::Unavailable, "push-unkept", what).cause(why)
        })
    }

    /// Changes what is kept, and writes it down if that changed it.
    fn change(&self, change: impl FnOnce(&mut Vec<Browser>)) -> Result<(), UserError> {
        let mut kept = self.kept();
        let mut browsers = kept.browsers.clone();
        change(&mut browsers);
        if browsers == kept.browsers {
            return Ok(());
        }
        kept.browsers = browsers;
        self.write(&kept)
    }

    fn sender(&self) -> Result<Sender, UserError> {
        let mut kept = self.kept();
        if let Some(sender) = kept.secret.as_deref().and_then(Sender::of_secret) {
            return Ok(sender);
        }
        let sender = Sender::new().ok_or_else(|| {
            let what = "no key could be made for telling browsers";
            UserError::new(ErrorKind::Unavailable, "push-unkept", what)
        })?;
        // What was agreed on with another key is worth nothing now.
        *kept = Kept { secret: Some(sender.secret().to_string()), browsers: vec![] };
        self.write(&kept)?;
        Ok(sender)
    }

    fn network(&self) -> Network {
        Network::new(self.office.config())
    }

    pub(crate) fn view(&self) -> Result<PushView, UserError> {
        self.network().policy()?.push()?;
        Ok(PushView { key: self.sender()?.key() })
    }

    pub(crate) fn keep(&self, owner: PushOwner, body: PushBody) -> Result<(), UserError> {
        let PushBody { endpoint, key, auth, language, titles } = body;
        let phone = phone_of(owner);
        let browser = Browser { phone, endpoint, key, auth, language, titles };
        let place = browser.subscription();
        place.check(self.network().own_push()).map_err(refused)?;
        self.network().pushing(&place)?;
        self.change(|browsers| {
            // A phone has one page, so what it says anew replaces what it said.
            browsers.retain(|it| match &browser.phone {
                Some(phone) => it.phone.as_ref() != Some(phone),
                None => !it.is_at(None, &browser.endpoint),
            });
            if browsers.len() >= PUSH_BROWSERS_MAX {
                browsers.remove(0);
            }
            browsers.push(browser);
        })
    }

    pub(crate) fn remove(&self, owner: PushOwner, place: &PushPlace) -> Result<(), UserError> {
        let phone = phone_of(owner);
        self.change(|browsers| {
            browsers.retain(|it| !it.is_at(phone.as_deref(), &place.endpoint));
        })
    }

    pub(crate) fn forget(&self, owner: PushOwner) -> Result<(), UserError> {
        let phone = phone_of(owner);
        self.change(|browsers| browsers.retain(|it| it.phone != phone))
    }

    /// Sends something at once. What the push service says is told, but to no phone, which could
    /// find out with it what else is in this network.
    pub(crate) async fn attempt(
        &self,
        owner: PushOwner,
        place: &PushPlace,
    ) -> Result<(), UserError> {
        let phone = phone_of(owner);
        let is_it = |it: &&Browser| it.is_at(phone.as_deref(), &place.endpoint);
        let browser = self.kept().browsers.iter().find(is_it).cloned();
        let browser = browser.ok_or_else(|| {
            let what = "this browser is not told while no page is open";
            UserError::new(ErrorKind::User, "push-unknown", what)
                .next("turn it on in the settings of that browser")
        })?;
        if let Some(phone) = &phone {
            let mut tries = self.tries.lock().unwrap_or_else(PoisonError::into_inner);
            if !tries.may(phone, clock::now().0) {
                let what = "a message was sent to this browser just now";
                return Err(UserError::new(ErrorKind::Unavailable, "push-failed", what)
                    .next("try it again in a few seconds"));
            }
        }
        let text = json!({ "why": "try", "language": browser.language }).to_string();
        let message = Message { text: text.as_bytes(), topic: "try", is_urgent: true };
        let failed = |why: &dyn std::fmt::Display| {
            let what = "the push service of this browser did not take the message";
            let error = UserError::new(ErrorKind::Unavailable, "push-failed", what);
            let error = if phone.is_some() { error } else { error.cause(why) };
            error.next("try it again later, or turn it off and on again in this browser")
        };
        match self.send(&browser, &message).await? {
            Ok(Told::Taken) => Ok(()),
            Ok(Told::Gone) => {
                self.remove(owner_of(&browser), place)?;
                Err(failed(&"it says that the browser takes nothing there any more"))
            }
            Ok(Told::Busy(_)) => Err(failed(&"it is busy")),
            Ok(Told::Refused(status)) => Err(failed(&format!("it answered with status {status}"))),
            Err(why) => Err(failed(&why)),
        }
    }

    /// Once, under the policy of now.
    async fn send(
        &self,
        browser: &Browser,
        message: &Message<'_>,
    ) -> Result<Result<Told, PushError>, UserError> {
        let (sender, to) = (self.sender()?, browser.subscription());
        let way: Way = self.network().pushing(&to)?;
        let now_s = clock::now().0 / 1000;
        Ok(post(&way, &sender, &to, message, now_s).await)
    }

    /// Whether it is still to be told: it was kept, and its phone is let in.
    fn holds(&self, browser: &Browser) -> bool {
        let may = match &browser.phone {
            None => true,
            Some(phone) => {
                let is_permitted = crate::settings::phone_permitted(&self.office.config()).is_ok();
                is_permitted && self.phones.lets_in(phone, clock::now().0)
            }
        };
        may && self.kept().browsers.contains(browser)
    }

    fn told(&self) -> Vec<Browser> {
        self.kept().browsers.clone()
    }
}

fn owner_of(browser: &Browser) -> PushOwner {
    browser.phone.clone().map_or(PushOwner::Window, PushOwner::Phone)
}

pub(crate) fn refused(why: PlaceError) -> UserError {
    UserError::new(
        ErrorKind::Denied,
        "push-place",
        "this browser can't be told by its push service",
    )
    .cause(why)
    .next("a push service of your own is named in the settings: `notify.push_host`")
}

/// Follows all tasks for as long as it is polled.
pub(crate) async fn tell(push: Arc<Push>) {
    let office = push.office.clone();
    let mut changed = office.changed();
    // Of what waited before, its person was told before.
    let lines = office.list().unwrap_or_default();
    let mut told: BTreeMap<String, Option<Need>> =
        lines.iter().map(|line| (line.id.clone(), need(line))).collect();
    let mut deliveries = JoinSet::new();
    loop {
        let id = tokio::select! {
            Some(_) = deliveries.join_next() => continue,
            id = changed.recv() => id,
        };
        let id = match id {
            Ok(id) => id,
            // What was missed is told with the next change of that task.
            Err(RecvError::Lagged(_)) => continue,
            Err(RecvError::Closed) => return,
        };
        // A helper asks through its task.
        let line = office.line(&id).filter(|line| line.parent.is_none());
        let Some(line) = line else { continue };
        let needs = need(&line);
        let before = told.insert(line.id.clone(), needs).flatten();
        let Some(needs) = needs.filter(|needs| Some(*needs) != before) else { continue };
        for browser in push.told() {
            if deliveries.len() >= PUSH_DELIVERIES_MAX {
                tracing::warn!("push services are slow: a browser is not told");
                break;
            }
            deliveries.spawn(deliver(push.clone(), browser, id.clone(), line.clone(), needs));
        }
    }
}

async fn deliver(push: Arc<Push>, browser: Browser, id: TaskId, line: TaskLine, needs: Need) {
    let title = line.request.lines().next().unwrap_or_default();
    let title: String = title.chars().take(PUSH_TITLE_CHARS_MAX).collect();
    let text = json!({
        "task": line.id,
        "why": needs.code(),
        "title": browser.titles.then_some(title),
        "language": browser.language,
    });
    let text = text.to_string();
    let message = Message {
        text: text.as_bytes(),
        // A newer message of a task takes the place of an older one that still waits.
        topic: &line.id,
        is_urgent: needs == Need::Waits,
    };
    for attempt in 0..PUSH_TRIES {
        // One that rests may have left the memory; it rests as it did.
        let still = push.office.line(&id).is_none_or(|line| need(&line) == Some(needs));
        if !still || !push.holds(&browser) {
            return;
        }
        let usual = PUSH_WAIT * 4_u32.pow(attempt);
        let Some(wait) = next_try(&push, &browser, &message, usual).await else { return };
        tokio::time::sleep(wait).await;
    }
    tracing::warn!("a push service took nothing in {PUSH_TRIES} tries");
}

/// When to try again; `None`: not at all.
async fn next_try(
    push: &Push,
    browser: &Browser,
    message: &Message<'_>,
    usual: Duration,
) -> Option<Duration> {
    match push.send(browser, message).await {
        Ok(Ok(Told::Taken)) => None,
        Ok(Ok(Told::Busy(wish))) => Some(wish.unwrap_or(usual)),
        Ok(Ok(Told::Gone)) => {
            let place = PushPlace { endpoint: browser.endpoint.clone() };
            if let Err(error) = push.remove(owner_of(browser), &place) {
                tracing::warn!(what = error.what, "a browser that is gone stays written down");
            }
            None
        }
        Ok(Ok(Told::Refused(status))) => {
            tracing::warn!(status, "a push service refuses what it is sent");
            None
        }
        Ok(Err(error)) => {
            tracing::warn!(%error, "a browser could not be told");
            error.may_pass().then_some(usual)
        }
        Err(error) => {
            tracing::info!(what = error.what, cause = error.cause, "a browser is not told");
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::under;

    /// What is to be sent to, on a computer with this policy and these settings.
    fn refused_at(policy: &str, own: &str, endpoint: &str) -> Option<String> {
        let (_dir, config) = under(policy, own);
        let to =
            Subscription { endpoint: endpoint.to_owned(), key: String::new(), auth: String::new() };
        let error = Network::new(Arc::new(config)).pushing(&to).err()?;
        Some(format!("{}: {}", error.code, error.cause))
    }

    #[test]
    fn a_phone_has_something_sent_now_and_then() {
        let mut tries = Tries::default();
        for (phone, now, expected) in [
            ("a", 100_000, true),
            ("a", 100_001, false),
            ("b", 100_002, true),
            ("a", 104_999, false),
            ("a", 105_000, true),
            ("a", 60_000, true),
        ] {
            assert_eq!(tries.may(phone, now), expected, "{phone} {now}");
        }
        assert_eq!(tries.0.len(), 1, "what is over is forgotten");
    }

    #[test]
    fn what_an_administrator_set_holds_for_push_services_too() {
        let own = "[notify]\npush_host = \"10.0.0.7:8443\"\n";
        let (far, near) = ("https://push.example.com/a", "https://10.0.0.7:8443/a");
        let off = "[push]\noff = true\nreason = \"no radios\"\n";
        let denied = "[egress]\nrules = [\"deny everything to **.example.com\"]\n";
        let only = "[egress]\nrules = [\"allow everything to intern.test\"]\nreason = \"seven\"\n";
        for (policy, endpoint, expected) in [
            ("", far, None),
            ("", near, None),
            ("", "https://10.0.0.7/a", Some("policy-push: it names an address")),
            ("", "https://push.example.com:25/a", Some("policy-push: port 25")),
            ("", "http://push.example.com/a", Some("push-place: ")),
            (off, far, Some("no radios")),
            (off, near, Some("no radios")),
            (denied, far, Some("policy-push: a rule that this computer's administrator set")),
            (denied, near, None),
            (only, far, Some("seven")),
            (only, near, Some("seven")),
            ("[push\n", far, Some("policy-broken")),
        ] {
            let refused = refused_at(policy, own, endpoint);
            let is_so = match (&refused, expected) {
                (Some(refused), Some(expected)) => refused.contains(expected),
                (refused, expected) => refused.is_none() && expected.is_none(),
            };
            assert!(is_so, "{policy:?} {endpoint}: {refused:?}");
        }
    }
}
