//! What this computer says about the way out: where its packages come from, what its administrator
//! set, what the person always or never allows, and the secrets.
//!
//! Read anew for each machine, so that what was changed holds for the next one. A policy file that
//! can't be read or understood closes every door: nobody gets more because a file broke.

use crate::config::Config;
use crate::limits::{CERTIFICATES_BYTES_MAX, SECRETS_TIME, STANDING_BYTES_MAX};
use crate::managed::{Managed, broken};
use api::{
    EgressWordsView, ErrorKind, PresetView, SecretBody, SecretBound, SecretKept, SecretView,
    StandingBody, StandingView, UserError,
};
use egress::keyring::Keyring;
use egress::push::{Subscription, Way};
use egress::registries::{Registries, Surroundings};
use egress::store::{Kept, Store, StoreError};
use egress::{Bound, Login, Secret, SystemResolver, Upstream, rules_from_words};
use policy::egress::host::{Host, Name};
use policy::egress::{Denial, Method, PathPrefix, Rule, Rules, Verdict, What};
use std::collections::BTreeMap;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use wire::PlacedFile;

/// The way out of this computer's machines.
#[derive(Debug, Clone)]
pub(crate) struct Network {
    config: Arc<Config>,
}

/// What a machine's door is made of.
pub(crate) struct Means {
    pub(crate) rules: Rules,
    pub(crate) upstream: Option<Upstream>,
    pub(crate) authorities: Vec<Vec<u8>>,
    pub(crate) secrets: Vec<Secret>,
    pub(crate) files: Vec<PlacedFile>,
}

impl Network {
    pub(crate) fn new(config: Arc<Config>) -> Self {
        Self { config }
    }

    /// What plain words mean here, under what the administrator set.
    pub(crate) async fn words(&self, words: &str) -> Result<EgressWordsView, UserError> {
        let registries = self.registries();
        let places = registries.places_resolved(&SystemResolver::default()).await;
        let rules = rules_from_words(words, &places).map_err(|error| {
            UserError::new(ErrorKind::User, "egress-words", error.to_string())
                .next("say for example `packages, and read example.org`")
        })?;
        let mut notes = vec![];
        if rules.iter().any(|rule| rule.reach == policy::egress::Reach::Packages) {
            notes.extend(registries.notes);
        }
        notes.extend(self.accounts_missing(&rules)?);
        let managed = self.policy()?.egress.rules.len();
        if managed > 0 {
            notes.push(format!(
                "this computer's administrator set {managed} rules, which hold above these"
            ));
        }
        Ok(EgressWordsView { rules: rules.iter().map(bare).collect(), notes })
    }

    /// A rule for the key of an account that is not kept, or not for this place, allows nothing.
    fn accounts_missing(&self, rules: &[Rule]) -> Result<Vec<String>, UserError> {
        let named = rules.iter().filter_map(|rule| Some((rule, rule.account.as_ref()?.as_str())));
        let named: Vec<_> = named.collect();
        if named.is_empty() {
            return Ok(vec![]);
        }
        let kept = self.store().list().map_err(|error| secret_error(&error))?;
        let is_there = |(rule, name): &(&Rule, &str)| {
            kept.iter().any(|secret| {
                secret.name == *name && rule.place.holds(&Host::Name(secret.bound.host.clone()))
            })
        };
        let missing = named.into_iter().filter(|it| !is_there(it));
        let note = |(rule, name): (&Rule, &str)| {
            format!(
                "no secret `{name}` is kept for {}, so this lets programs read there at most; \
                 `legwork secret set {name} --host HOST` keeps one",
                rule.place
            )
        };
        Ok(missing.map(note).collect())
    }

    /// Whether each line is a rule. What a client sends was shown to a person, and is checked anew.
    pub(crate) fn check(&self, lines: &[String]) -> Result<(), UserError> {
        for line in lines {
            line.parse::<Rule>().map_err(|error| {
                UserError::new(ErrorKind::User, "egress-rule", format!("`{line}` is no rule"))
                    .cause(error)
                    .next("`legwork allow TASK \"WORDS\"` makes rules of plain words")
            })?;
        }
        self.policy().map(drop)
    }

    /// The rules of a task: its own, what the person decided for all tasks, and above them the
    /// administrator's.
    pub(crate) fn rules(&self, own: &[String]) -> Result<Rules, UserError> {
        let standing = self.standing()?;
        let lines = own.iter().chain(&standing);
        // A line of an older version that is not understood any more allows nothing.
        let rules = Rules::new(lines.filter_map(|line| line.parse().ok()).collect());
        Ok(rules.tightened(&self.managed()?))
    }

    /// Everything that the door of a new machine needs.
    pub(crate) async fn means(&self, own: &[String]) -> Result<Means, UserError> {
        let policy = self.policy()?;
        let proxy = policy.egress.proxy.as_ref().or(self.config.proxy.as_ref());
        let upstream = proxy.map(|proxy| upstream(proxy)).transpose()?;
        let files = policy.egress.authorities.iter().chain(&self.config.authorities);
        let authorities = files.map(|file| certificates(file)).collect::<Result<_, _>>()?;
        Ok(Means {
            rules: self.rules(own)?,
            upstream,
            authorities,
            secrets: self.secrets().await?,
            files: self.files(),
        })
    }

    /// A push service that the person named.
    pub(crate) fn own_push(&self) -> Option<(Host, u16)> {
        let text = self.config.push_host.as_deref()?;
        let (host, port) = Host::parse_with_port(text.trim().as_bytes()).ok()?;
        Some((host, port.unwrap_or(443)))
    }

    /// How a browser's push service is reached; an error where this computer's rules forbid it.
    pub(crate) fn pushing(&self, to: &Subscription) -> Result<Way, UserError> {
        let policy = self.policy()?;
        policy.push()?;
        let (host, port) = to.host().map_err(crate::push::refused)?;
        let is_own = self.own_push().is_some_and(|own| own == (host.clone(), port));
        let managed = self.managed()?;
        let rules = Rules::default().tightened(&managed);
        let request = policy::egress::Request { host: &host, port, what: What::Tunnel };
        if let Verdict::Deny(denial) = policy::egress::judge(&rules, &request)
            && (!is_own || matches!(denial, Denial::ManagedRule(_) | Denial::Managed(_)))
        {
            let what = "this browser's push service may not be reached from this computer";
            return Err(UserError::new(ErrorKind::Denied, "policy-push", what).cause(denial));
        }
        let proxy = policy.egress.proxy.as_ref().or(self.config.proxy.as_ref());
        let upstream = proxy.filter(|_| !is_own).map(|proxy| upstream(proxy)).transpose()?;
        let files = policy.egress.authorities.iter().chain(&self.config.authorities);
        let mut authorities = vec![];
        for file in files {
            let found = egress::certificates(&certificates(file)?).map_err(|why| {
                let what = format!("the certificates {} can't be used", file.display());
                UserError::new(ErrorKind::Config, "config-bad", what).cause(why)
            })?;
            authorities.extend(found);
        }
        let everywhere = ["0.0.0.0/0", "::/0"].iter().filter_map(|net| net.parse().ok());
        Ok(Way {
            resolver: Arc::new(egress::SystemResolver::default()),
            upstream,
            authorities,
            also_public: if is_own { everywhere.collect() } else { vec![] },
            barred: managed.barred(port),
        })
    }

    pub(crate) fn store(&self) -> Store {
        let keyring = Keyring::new(&self.config.secret_tool);
        let prefers = self.config.secrets_in_keyring;
        Store::new(&self.config.place.state.join("secrets")).with_keyring(keyring, prefers)
    }

    /// The secrets, without their values.
    pub(crate) fn secrets_kept(&self) -> Result<Vec<SecretView>, UserError> {
        let listed = self.store().list().map_err(|error| secret_error(&error))?;
        let view = |it: egress::store::Listed| SecretView {
            name: it.name,
            bound: SecretBound {
                host: it.bound.host.to_string(),
                port: it.bound.port,
                methods: it.bound.methods.iter().map(|method| method.as_str().into()).collect(),
                path: it.bound.path.as_ref().map(|path| path.as_str().to_owned()),
            },
            kept: match it.kept {
                Kept::File => SecretKept::File,
                Kept::Keyring => SecretKept::Keyring,
            },
        };
        Ok(listed.into_iter().map(view).collect())
    }

    /// A keyring that is locked asks its person and is silent meanwhile: nobody else waits for it.
    async fn in_store<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Store) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, UserError> {
        let store = self.store();
        let worked = tokio::task::spawn_blocking(move || work(&store));
        match tokio::time::timeout(SECRETS_TIME, worked).await {
            Ok(Ok(worked)) => worked.map_err(|error| secret_error(&error)),
            Ok(Err(broke)) => {
                Err(UserError::new(ErrorKind::Bug, "secret-store", "the secrets cannot be used")
                    .cause(broke))
            }
            Err(_) => Err(UserError::new(
                ErrorKind::Unavailable,
                "secret-store",
                "the secrets cannot be used",
            )
            .cause("this desktop's keyring did not give them in time; it may be locked")
            .next(
                "unlock the keyring and try again; with `legwork settings secrets.keyring false` \
                 new secrets are kept in Legwork's own file",
            )),
        }
    }

    pub(crate) async fn set_secret(&self, body: SecretBody) -> Result<(), UserError> {
        let bad = |what: String| {
            UserError::new(ErrorKind::User, "secret-place", what)
                .next("as in `legwork secret set NAME --host api.example.com --path /v1`")
        };
        let SecretBound { host, port, methods, path } = body.bound;
        let host = Name::parse(host.as_bytes())
            .map_err(|error| bad(format!("`{host}` is no name of a place")).cause(error))?;
        let method = |it: &String| {
            Method::parse(it).ok_or_else(|| bad(format!("`{it}` is no method of HTTP")))
        };
        let methods = methods.iter().map(method).collect::<Result<_, _>>()?;
        let prefix =
            |it: &String| PathPrefix::parse(it).ok_or_else(|| bad(format!("`{it}` is no path")));
        let path = path.as_ref().map(prefix).transpose()?;
        let bound = Bound { host, port, methods, path };
        let value = zeroize::Zeroizing::new(body.value);
        let name = body.name;
        self.in_store(move |store| store.set(&name, &value, &bound, "")).await
    }

    pub(crate) async fn remove_secret(&self, name: &str) -> Result<(), UserError> {
        let name = name.to_owned();
        self.in_store(move |store| store.remove(&name)).await
    }

    /// Keeps what a person decided for all tasks.
    pub(crate) fn keep(&self, rule: &str, allow: bool) -> Result<(), UserError> {
        let path = self.standing_file();
        let failed = |error: std::io::Error| {
            let what = format!("{} cannot be written", path.display());
            UserError::new(ErrorKind::Unavailable, "place-unusable", what).cause(error)
        };
        let Ok(mut rule) = rule.parse::<Rule>() else { return Ok(()) };
        if !allow {
            rule = Rule::new(
                policy::egress::Stance::Deny,
                policy::egress::Reach::Everything,
                rule.place,
            );
        }
        if self.standing()?.contains(&bare(&rule)) {
            return Ok(());
        }
        let mut file = std::fs::OpenOptions::new();
        let mut file = file.append(true).create(true).mode(0o600).open(&path).map_err(failed)?;
        writeln!(file, "{}", bare(&rule)).map_err(failed)?;
        file.sync_all().map_err(failed)
    }

    /// What holds for every task, and what words mean here.
    pub(crate) async fn standing_view(&self) -> Result<StandingView, UserError> {
        let mut presets = vec![];
        for words in PRESETS {
            let EgressWordsView { rules, notes } = self.words(words).await?;
            presets.push(PresetView { words: (*words).to_owned(), rules, notes });
        }
        let file = self.standing_file().display().to_string();
        Ok(StandingView { file, rules: self.standing()?, presets })
    }

    /// Keeps rules for every task, and takes others out. The lines around them stay.
    pub(crate) fn set_standing(&self, body: &StandingBody) -> Result<(), UserError> {
        self.check(&body.keep)?;
        let text = bounded(&self.standing_file(), STANDING_BYTES_MAX)?.unwrap_or_default();
        let is_gone = |line: &&str| body.forget.iter().any(|it| it.trim() == line.trim());
        let mut lines: Vec<&str> = text.lines().filter(|line| !is_gone(line)).collect();
        let kept: Vec<String> =
            body.keep.iter().filter_map(|line| line.parse().ok()).map(|it| bare(&it)).collect();
        for line in &kept {
            if !lines.contains(&line.as_str()) {
                lines.push(line);
            }
        }
        self.put_standing(&lines)
    }

    /// Lines that no door understands.
    pub(crate) fn unread(&self) -> Result<Vec<String>, UserError> {
        let mut lines = self.standing()?;
        lines.retain(|line| line.parse::<Rule>().is_err());
        Ok(lines)
    }

    /// Makes a comment of each line that no door understands, so that it is still there to be read.
    pub(crate) fn comment_out_unread(&self) -> Result<(), UserError> {
        let unread = self.unread()?;
        let text = bounded(&self.standing_file(), STANDING_BYTES_MAX)?.unwrap_or_default();
        let commented = text.lines().map(|line| match unread.iter().any(|it| it == line.trim()) {
            true => format!("# not understood: {}", line.trim()),
            false => line.to_owned(),
        });
        let lines: Vec<String> = commented.collect();
        self.put_standing(&lines.iter().map(String::as_str).collect::<Vec<_>>())
    }

    fn put_standing(&self, lines: &[&str]) -> Result<(), UserError> {
        let path = self.standing_file();
        let text: String = lines.iter().flat_map(|line| [line, "\n"]).collect();
        crate::settings::put(&path, &text).map_err(|error| {
            let what = format!("{} cannot be written", path.display());
            UserError::new(ErrorKind::Unavailable, "place-unusable", what).cause(error)
        })
    }

    fn standing_file(&self) -> PathBuf {
        self.config.place.config.join("egress.rules")
    }

    fn standing(&self) -> Result<Vec<String>, UserError> {
        let text = bounded(&self.standing_file(), STANDING_BYTES_MAX)?.unwrap_or_default();
        let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
        Ok(lines.filter(|line| !line.starts_with('#')).map(str::to_owned).collect())
    }

    async fn secrets(&self) -> Result<Vec<Secret>, UserError> {
        self.in_store(|store| store.list()?.iter().map(|it| store.get(&it.name)).collect()).await
    }

    fn registries(&self) -> Registries {
        let env: BTreeMap<String, String> = crate::config::variables();
        Registries::read(&Surroundings {
            root: Path::new("/"),
            home: &self.config.place.home,
            env: &env,
        })
    }

    fn files(&self) -> Vec<PlacedFile> {
        let place = |file: egress::registries::MachineFile| PlacedFile {
            path: match file.path.strip_prefix("~/") {
                Some(rest) => format!("/home/{rest}"),
                None => file.path,
            },
            mode: 0o644,
            text: file.text,
        };
        self.registries().files.into_iter().map(place).collect()
    }

    fn managed(&self) -> Result<Rules, UserError> {
        let policy = self.policy()?;
        let places = self.registries().places();
        let mut rules = vec![];
        for line in &policy.egress.rules {
            match line.parse::<Rule>() {
                Ok(rule) => rules.push(rule),
                Err(_) => rules.extend(
                    rules_from_words(line, &places)
                        .map_err(|error| broken(&self.config.policy_file, &error.to_string()))?,
                ),
            }
        }
        for rule in &mut rules {
            policy.egress.reason.trim().clone_into(&mut rule.words);
        }
        Ok(Rules::new(rules))
    }

    /// Another one when the policy's file is.
    pub(crate) fn policy_stamp(&self) -> u64 {
        use std::os::unix::fs::MetadataExt as _;
        let found = std::fs::metadata(&self.config.policy_file);
        let mut hash = std::hash::DefaultHasher::new();
        let seen = found.ok().map(|it| (it.dev(), it.ino(), it.len(), it.mtime(), it.mtime_nsec()));
        std::hash::Hash::hash(&seen, &mut hash);
        std::hash::Hasher::finish(&hash)
    }

    pub(crate) fn policy(&self) -> Result<Managed, UserError> {
        Managed::read(&self.config.policy_file)
    }
}

/// Words that a person most likely wants, shown with what they mean here.
const PRESETS: &[&str] = &["packages"];

/// The rule's line without the words that it came from: those are the person's, and long.
fn bare(rule: &Rule) -> String {
    Rule { words: String::new(), ..rule.clone() }.to_string()
}

pub(crate) fn secret_error(error: &egress::store::StoreError) -> UserError {
    UserError::new(ErrorKind::User, "secret-store", "the secrets cannot be used")
        .cause(error)
        .next("`legwork secret list` shows what is there")
}

/// The text of a file; `None` if it is not there.
pub(crate) fn bounded(path: &Path, max: u64) -> Result<Option<String>, UserError> {
    let failed = |why: String| {
        let what = format!("{} cannot be read: {why}", path.display());
        UserError::new(ErrorKind::Config, "config-bad", what)
    };
    match std::fs::metadata(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(failed(error.to_string())),
        Ok(found) if found.len() > max => return Err(failed(format!("it is over {max} bytes"))),
        Ok(_) => {}
    }
    std::fs::read_to_string(path).map(Some).map_err(|error| failed(error.to_string()))
}

fn certificates(path: &Path) -> Result<Vec<u8>, UserError> {
    let text = bounded(path, CERTIFICATES_BYTES_MAX)?;
    text.map(String::into_bytes).ok_or_else(|| {
        let what = format!("the certificates {} are not there", path.display());
        UserError::new(ErrorKind::Config, "config-bad", what)
    })
}

/// `http://[user:password@]host[:port]`. What is wrong with it is told without its text, which may
/// hold a password.
fn upstream(text: &str) -> Result<Upstream, UserError> {
    let bad = || {
        UserError::new(ErrorKind::Config, "config-bad", "the company proxy cannot be used")
            .next("write it as `http://user:password@proxy.example:3128`")
    };
    let rest = text.strip_prefix("http://").ok_or_else(bad)?.trim_end_matches('/');
    let (login, place) = rest.rsplit_once('@').map_or((None, rest), |(l, p)| (Some(l), p));
    let (host, port) = Host::parse_with_port(place.as_bytes()).map_err(|_| bad())?;
    let login = login.map(|login| {
        let (user, password) = login.split_once(':').unwrap_or((login, ""));
        Login { user: user.to_owned(), password: password.to_owned().into() }
    });
    Ok(Upstream { host, port: port.unwrap_or(3128), login })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::under;
    use std::os::unix::fs::PermissionsExt;

    fn network(programs: &Path) -> (tempfile::TempDir, Network) {
        let (dir, mut config) = under("", "[secrets]\nkeyring = true\n");
        config.secret_tool = programs.join("secret-tool");
        (dir, Network::new(Arc::new(config)))
    }

    /// One thread for all: whoever blocked it would never be answered.
    #[tokio::test]
    async fn a_keyring_that_takes_its_time_holds_up_nobody() {
        let programs = tempfile::tempdir().expect("a folder");
        let at = |name: &str| programs.path().join(name);
        let tool = "#!/bin/sh\ncase $1 in\nstore) cat > \"$(dirname \"$0\")/kept\" ;;\n\
                    lookup) read -r _ < \"$(dirname \"$0\")/go\"; cat \"$(dirname \"$0\")/kept\" ;;\n\
                    esac\n";
        std::fs::write(at("secret-tool"), tool).expect("a file");
        std::fs::set_permissions(at("secret-tool"), PermissionsExt::from_mode(0o700)).expect("own");
        let fifo = named_pipe(&at("go"));
        assert!(fifo, "no pipe with a name can be made");
        let (_dir, network) = network(programs.path());
        let body = SecretBody {
            name: "KEY".to_owned(),
            value: "0123456789abcdef".to_owned(),
            bound: SecretBound {
                host: "api.test".to_owned(),
                port: 443,
                methods: vec![],
                path: None,
            },
        };
        let unlocked = || async {
            let go = at("go");
            let write = move || std::fs::write(go, "now\n");
            tokio::task::spawn_blocking(write).await.expect("it ends").expect("it is read");
        };
        let (set, ()) = tokio::join!(network.set_secret(body), unlocked());
        set.expect("kept");
        let (means, ()) = tokio::join!(network.means(&[]), unlocked());
        assert_eq!(means.expect("there").secrets.len(), 1);
    }

    #[expect(clippy::disallowed_methods, reason = "a pipe with a name, for a test")]
    fn named_pipe(path: &Path) -> bool {
        std::process::Command::new("mkfifo").arg(path).status().is_ok_and(|it| it.success())
    }
}
