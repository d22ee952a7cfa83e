//! What an administrator of this computer set, in `/etc/legwork/policy.toml`.
//!
//! It only ever takes away: what the person sets holds within it. Read anew each time, so that a
//! change holds for the next thing that is done. A file that can't be read or understood closes
//! everything: nobody gets more because a file broke.

use crate::limits::POLICY_BYTES_MAX;
use crate::network::bounded;
use api::{ErrorKind, ManagedKind, ManagedLine, SettingForm, UserError};
use serde::Deserialize;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Component, Path, PathBuf};
use task::{Budget, MachineWish};

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Managed {
    pub(crate) egress: Egress,
    machine: Machine,
    models: Allowed,
    folders: Denied,
    memory: Off,
    phone: Off,
    push: Off,
    budget: Caps,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Egress {
    /// Canonical rules, or plain words.
    pub(crate) rules: Vec<String>,
    /// A company's proxy: `http://[user:password@]host:port`.
    pub(crate) proxy: Option<String>,
    /// Files with certificates of authorities to trust, PEM.
    pub(crate) authorities: Vec<PathBuf>,
    /// Why, for the people who work on this computer. So in each section.
    pub(crate) reason: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Machine {
    /// `vm`: no task may work in anything weaker.
    least: Option<Least>,
    reason: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Least {
    Jail,
    Vm,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Allowed {
    /// `PROVIDER`, `PROVIDER/MODEL`, or either with `*` at its end. `None`: all.
    allowed: Option<Vec<String>>,
    /// Addresses at which they may be asked, beside those that Legwork itself knows for their
    /// names: the beginning of what is set, as `https://models.example/v1`.
    addresses: Vec<String>,
    reason: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Denied {
    /// Whole paths. Neither they, nor what is in them, nor what they are in goes to a task.
    denied: Vec<PathBuf>,
    reason: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Off {
    off: bool,
    reason: String,
}

/// The most that a task may use.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Caps {
    calls: Option<u64>,
    cents: Option<u64>,
    minutes: Option<u64>,
    tokens: Option<u64>,
    turns: Option<u64>,
    reason: String,
}

impl Managed {
    pub(crate) fn read(path: &Path) -> Result<Self, UserError> {
        let text = bounded(path, POLICY_BYTES_MAX).map_err(|error| broken(path, &error.what))?;
        let Some(text) = text else { return Ok(Self::default()) };
        let managed: Self = toml::from_str(&text).map_err(|error| broken(path, error.message()))?;
        match managed.folders.denied.iter().find(|folder| !folder.is_absolute()) {
            Some(folder) => {
                Err(broken(path, &format!("`{}` is no whole path of a folder", folder.display())))
            }
            None => Ok(managed),
        }
    }

    /// Whether a jail may be used although it is weaker than a virtual machine.
    pub(crate) fn allows_jails(&self) -> bool {
        self.machine.least != Some(Least::Vm)
    }

    /// What a person may have of what they want: more, never less.
    pub(crate) fn machine(&self, wish: MachineWish) -> Result<MachineWish, UserError> {
        match (wish, self.allows_jails()) {
            (MachineWish::Vm, _) | (MachineWish::Jail | MachineWish::Auto, true) => Ok(wish),
            (MachineWish::Auto, false) => Ok(MachineWish::Vm),
            (MachineWish::Jail, false) => Err(denied(
                "policy-machine",
                "a jail is not allowed on this computer".to_owned(),
                &because("its administrator asks for virtual machines", &self.machine.reason),
                "leave `--machine` out, or say `--machine vm`",
            )),
        }
    }

    /// Whether nobody has to look which models are allowed.
    pub(crate) fn allows_all_models(&self) -> bool {
        self.models.allowed.is_none() && self.models.addresses.is_empty()
    }

    /// A name that is allowed means who is known by it: a person's own file could give it to
    /// anybody. `usual`: the address that Legwork knows for the name.
    pub(crate) fn model_address(
        &self,
        provider: &str,
        address: &str,
        usual: Option<&str>,
    ) -> Result<(), UserError> {
        let place = |text: &str| text.trim().trim_end_matches('/').to_ascii_lowercase();
        let address = place(address);
        let is_known = usual.is_some_and(|usual| place(usual) == address);
        let fits = |listed: &String| {
            let rest = address.strip_prefix(&place(listed));
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        let climbs = address.contains("..") || address.contains('\\') || address.contains('%');
        let is_listed = !climbs && self.models.addresses.iter().any(fits);
        if self.allows_all_models() || is_known || is_listed {
            return Ok(());
        }
        let given = "its administrator allows the address that belongs to the name, and no other";
        Err(denied(
            "policy-model",
            format!("{provider} may not be asked at {} on this computer", without_login(&address)),
            &because(given, &self.models.reason),
            "take the address out of your models.toml and of the environment",
        ))
    }

    pub(crate) fn model(&self, provider: &str, model: &str) -> Result<(), UserError> {
        let whole = format!("{provider}/{model}");
        let fits = |pattern: &String| match pattern.strip_suffix('*') {
            Some(start) => whole.starts_with(start),
            None => *pattern == whole || *pattern == provider,
        };
        let Some(allowed) = &self.models.allowed else { return Ok(()) };
        if allowed.iter().any(fits) {
            return Ok(());
        }
        let why = because("its administrator allows others", &self.models.reason);
        let next = match allowed.is_empty() {
            true => "no language model is allowed; playbooks do without".to_owned(),
            false => format!("allowed are: {}", allowed.join(", ")),
        };
        let what = format!("{whole} is not allowed on this computer");
        Err(denied("policy-model", what, &why, &next))
    }

    /// However it is written: with links, with `..`, in letters of another size where the disk does
    /// not tell them apart, or through a second mount of the same folder.
    pub(crate) fn folder(&self, given: &Path) -> Result<(), UserError> {
        let real = really(given);
        let met = self.folders.denied.iter().find_map(|named| {
            let folder = really(named);
            match (lies_in(&real, &folder), lies_in(&folder, &real)) {
                (true, true) => Some((named, "is kept from tasks by its administrator")),
                (true, false) => Some((named, "is kept from tasks, and what you named is in it")),
                (false, true) => Some((named, "is kept from tasks, and it is in what you named")),
                (false, false) => None,
            }
        });
        let Some((folder, why)) = met else { return Ok(()) };
        let given = format!("{} {why}", folder.display());
        Err(denied(
            "policy-folder",
            format!("{} cannot be handed to a task on this computer", real.display()),
            &because(&given, &self.folders.reason),
            "name another folder, or copy what is needed into one",
        ))
    }

    pub(crate) fn memory(&self) -> Result<(), UserError> {
        if !self.memory.off {
            return Ok(());
        }
        let why = because("its administrator turned it off", &self.memory.reason);
        let what = "nothing is remembered on this computer".to_owned();
        Err(denied("policy-memory", what, &why, "say in the request what the task has to know"))
    }

    pub(crate) fn phone(&self) -> Result<(), UserError> {
        if !self.phone.off {
            return Ok(());
        }
        let why = because("its administrator turned phones off", &self.phone.reason);
        let what = "no phone can reach Legwork on this computer".to_owned();
        Err(denied("policy-phone", what, &why, "use the window on this computer"))
    }

    /// Whether browsers may be told through their makers' push services.
    pub(crate) fn push(&self) -> Result<(), UserError> {
        if !self.push.off {
            return Ok(());
        }
        let why = because("its administrator turned push services off", &self.push.reason);
        let what = "no browser of this computer is told while no page is open".to_owned();
        Err(denied("policy-push", what, &why, "look at the page now and then"))
    }

    /// As much of it as is allowed.
    pub(crate) fn budget(&self, own: Budget) -> Budget {
        let cap = |own: u64, most: Option<u64>| most.map_or(own, |most| own.min(most));
        let count =
            |own: u32, most: Option<u64>| u32::try_from(cap(own.into(), most)).unwrap_or(own);
        let Caps { calls, cents, minutes, tokens, turns, .. } = &self.budget;
        Budget {
            calls_max: count(own.calls_max, *calls),
            work_ms_max: cap(own.work_ms_max, minutes.map(|it| it.saturating_mul(60_000))),
            turns_max: count(own.turns_max, *turns),
            tokens_max: cap(own.tokens_max, *tokens),
            cost_usd_micros_max: cap(
                own.cost_usd_micros_max,
                cents.map(|it| it.saturating_mul(10_000)),
            ),
        }
    }

    /// Whether a person may give a task this much.
    pub(crate) fn within(&self, budget: Budget) -> Result<(), UserError> {
        if self.budget(budget) == budget {
            return Ok(());
        }
        let most: Vec<String> =
            self.caps().into_iter().map(|(name, most)| format!("{most} {name}")).collect();
        Err(denied(
            "policy-budget",
            "a task may not use so much on this computer".to_owned(),
            &because("its administrator set a limit", &self.budget.reason),
            &format!("at most {}", most.join(", ")),
        ))
    }

    fn caps(&self) -> Vec<(&'static str, u64)> {
        let Caps { calls, cents, minutes, tokens, turns, .. } = &self.budget;
        let all = [
            ("calls", calls),
            ("cents", cents),
            ("minutes", minutes),
            ("tokens", tokens),
            ("turns", turns),
        ];
        all.into_iter().filter_map(|(name, most)| Some((name, (*most)?))).collect()
    }

    /// What a setting may be within this.
    pub(crate) fn form(&self, key: &str, form: SettingForm) -> SettingForm {
        let named = key.strip_prefix("budget.");
        let caps = self.caps();
        let cap = named.and_then(|name| caps.iter().find(|(known, _)| *known == name));
        match (form, cap) {
            (SettingForm::Number { least, most }, Some((_, cap))) => {
                SettingForm::Number { least: least.min(*cap), most: most.min(*cap) }
            }
            (form, _) => form,
        }
    }

    /// Why a person can't set this at all; `None`: they can.
    pub(crate) fn locked(&self, key: &str) -> Option<String> {
        let by = "this computer's administrator set it";
        match key {
            "network.proxy" if self.egress.proxy.is_some() => {
                Some(because(by, &self.egress.reason))
            }
            key if key.starts_with("phone.") => {
                self.phone.off.then(|| because("phones are turned off here", &self.phone.reason))
            }
            _ => None,
        }
    }

    /// Whether this value of a setting is allowed.
    pub(crate) fn fits(&self, key: &str, value: &serde_json::Value) -> Result<(), UserError> {
        if matches!(key, "models.default" | "models.cheap")
            && let Some((provider, model)) = value.as_str().and_then(|it| it.split_once('/'))
        {
            return self.model(provider, model);
        }
        let free = SettingForm::Number { least: 0, most: u64::MAX };
        let SettingForm::Number { most, .. } = self.form(key, free) else { return Ok(()) };
        if value.as_u64().is_none_or(|number| number <= most) {
            return Ok(());
        }
        Err(denied(
            "policy-budget",
            format!("`{key}` can't be so large on this computer"),
            &because("its administrator set a limit", &self.budget.reason),
            &format!("at most {most}"),
        ))
    }

    /// All of it, for people, each with its reason.
    pub(crate) fn lines(&self) -> Vec<ManagedLine> {
        let mut lines = vec![];
        let mut add = |what, text: String, reason: &str| {
            lines.push(ManagedLine { what, text, reason: reason.trim().to_owned() });
        };
        for rule in &self.egress.rules {
            add(ManagedKind::Rule, rule.clone(), &self.egress.reason);
        }
        if let Some(proxy) = &self.egress.proxy {
            // A proxy's address may hold a password.
            add(ManagedKind::Proxy, without_login(proxy), &self.egress.reason);
        }
        for file in &self.egress.authorities {
            add(ManagedKind::Authority, file.display().to_string(), &self.egress.reason);
        }
        if !self.allows_jails() {
            add(ManagedKind::Machine, "vm".to_owned(), &self.machine.reason);
        }
        if let Some(allowed) = &self.models.allowed {
            let text = if allowed.is_empty() { "none".to_owned() } else { allowed.join(", ") };
            add(ManagedKind::Model, text, &self.models.reason);
        }
        for address in &self.models.addresses {
            add(ManagedKind::Model, without_login(address), &self.models.reason);
        }
        for folder in &self.folders.denied {
            add(ManagedKind::Folder, folder.display().to_string(), &self.folders.reason);
        }
        if self.memory.off {
            add(ManagedKind::Memory, "off".to_owned(), &self.memory.reason);
        }
        if self.phone.off {
            add(ManagedKind::Phone, "off".to_owned(), &self.phone.reason);
        }
        if self.push.off {
            add(ManagedKind::Push, "off".to_owned(), &self.push.reason);
        }
        for (name, most) in self.caps() {
            add(ManagedKind::Budget, format!("{name} {most}"), &self.budget.reason);
        }
        lines
    }
}

/// The path without links and without `..`, as far as there is something; what is not there yet by
/// its text.
fn really(path: &Path) -> PathBuf {
    let mut real = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => drop(real.pop()),
            Component::CurDir => {}
            part => {
                real.push(part);
                real = real.canonicalize().unwrap_or(real);
            }
        }
    }
    real
}

/// Whether `inner` is `outer`, or in it.
fn lies_in(inner: &Path, outer: &Path) -> bool {
    let id = |path: &Path| path.metadata().ok().map(|it| (it.dev(), it.ino()));
    let there = id(outer);
    inner.ancestors().any(|it| it == outer || (there.is_some() && id(it) == there))
}

fn denied(code: &str, what: String, why: &str, next: &str) -> UserError {
    UserError::new(ErrorKind::Denied, code, what).cause(why).next(next)
}

/// With the administrator's own words, if they gave any.
fn because(what: &str, reason: &str) -> String {
    match reason.trim() {
        "" => what.to_owned(),
        reason => format!("{what}: {reason}"),
    }
}

/// The address of a proxy without a name and a password.
pub(crate) fn without_login(proxy: &str) -> String {
    let (scheme, rest) = proxy.split_once("://").unwrap_or(("http", proxy));
    format!("{scheme}://{}", rest.rsplit_once('@').map_or(rest, |(_, place)| place))
}

pub(crate) fn broken(path: &Path, why: &str) -> UserError {
    let what = format!("the policy of this computer, {}, cannot be used", path.display());
    UserError::new(ErrorKind::Config, "policy-broken", what).cause(why).next(
        "ask who looks after this computer to mend it; until then no task begins and nothing \
         may leave",
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn managed(text: &str) -> Result<Managed, UserError> {
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path().join("policy.toml");
        std::fs::write(&path, text).expect("a file");
        Managed::read(&path)
    }

    #[test]
    fn what_it_does_not_name_is_free() {
        let missing = Managed::read(Path::new("/no/such/policy.toml")).expect("nothing is set");
        for managed in [missing, managed("").expect("empty is nothing")] {
            assert_eq!(managed.machine(MachineWish::Jail).ok(), Some(MachineWish::Jail));
            managed.model("any", "thing").expect("free");
            managed.folder(Path::new("/home/a")).expect("free");
            managed.memory().and_then(|()| managed.phone()).expect("free");
            assert!(managed.lines().is_empty() && managed.locked("phone.address").is_none());
        }
    }

    #[test]
    fn each_key_takes_away_and_says_why() {
        let managed = managed(
            "[models]\nallowed = [\"local\", \"anthropic/claude-*\"]\nreason = \"contract 7\"\n\
             [folders]\ndenied = [\"/srv/payroll\"]\nreason = \"wages\"\n\
             [memory]\noff = true\n[phone]\noff = true\nreason = \"no radios\"\n\
             [budget]\ncents = 50\nminutes = 10\n[machine]\nleast = \"vm\"\n\
             [egress]\nproxy = \"http://u:pw@proxy.test:3128\"\nrules = [\"packages\"]\n",
        )
        .expect("a policy");
        managed.model("local", "any").expect("allowed");
        managed.model("anthropic", "claude-x").expect("allowed");
        let codes = [
            managed.model("anthropic", "other").expect_err("not allowed"),
            managed.model("localhost", "x").expect_err("another provider"),
            managed.folder(Path::new("/srv/payroll/2026")).expect_err("inside"),
            managed.folder(Path::new("/srv")).expect_err("around"),
            managed.memory().expect_err("off"),
            managed.phone().expect_err("off"),
            managed.machine(MachineWish::Jail).expect_err("too weak"),
            managed.fits("budget.cents", &json!(51)).expect_err("too much"),
            managed.fits("models.default", &json!("openai/x")).expect_err("not allowed"),
        ]
        .map(|error| (error.code, error.kind));
        let kinds = ["model", "model", "folder", "folder", "memory", "phone", "machine", "budget"];
        for (kind, (code, is)) in kinds.iter().chain(&["model"]).zip(codes) {
            assert_eq!((code, is), (format!("policy-{kind}"), ErrorKind::Denied));
        }
        managed.folder(Path::new("/srv/payrolls")).expect("another one");
        managed.fits("budget.cents", &json!(50)).expect("within");
        managed.fits("budget.calls", &json!(1_000_000)).expect("not named");
        assert_eq!(managed.machine(MachineWish::Auto).ok(), Some(MachineWish::Vm));
        let whole = Budget {
            calls_max: 9,
            work_ms_max: u64::MAX,
            turns_max: 9,
            tokens_max: 9,
            cost_usd_micros_max: 900_000,
        };
        let capped = managed.budget(whole);
        assert_eq!((capped.work_ms_max, capped.cost_usd_micros_max), (600_000, 500_000));
        assert_eq!(capped.calls_max, 9);
        managed.within(capped).expect("within");
        let error = managed.within(whole).expect_err("too much");
        assert!(error.next[0].contains("50 cents, 10 minutes"), "{error}");
        let form = managed.form("budget.cents", SettingForm::Number { least: 1, most: 99_999 });
        assert_eq!(form, SettingForm::Number { least: 1, most: 50 });
        assert!(managed.locked("phone.address").is_some_and(|why| why.contains("no radios")));
        let text = format!("{:?}", managed.lines());
        assert!(text.contains("http://proxy.test:3128") && !text.contains("pw"), "{text}");
        assert_eq!(managed.lines().len(), 9);
    }

    #[test]
    fn a_denied_folder_is_met_however_it_is_written() {
        let dir = tempfile::tempdir().expect("a folder");
        let dir = dir.path().canonicalize().expect("it is there");
        for name in ["srv/payroll/2026", "home/a", "srv/payrolls"] {
            std::fs::create_dir_all(dir.join(name)).expect("a folder");
        }
        std::os::unix::fs::symlink(dir.join("srv/payroll"), dir.join("home/wages"))
            .expect("a link");
        std::os::unix::fs::symlink(dir.join("srv"), dir.join("linked")).expect("a link");
        let under = |denied: &str| {
            let denied = dir.join(denied);
            managed(&format!("[folders]\ndenied = [{denied:?}]\n")).expect("a policy")
        };
        for denied in ["srv/payroll", "linked/payroll", "home/../srv/./payroll", "home/wages"] {
            let managed = under(denied);
            for (given, why) in [
                ("srv/payroll", "by its administrator"),
                ("srv/payroll/2026", "what you named is in it"),
                ("home/wages/2026", "what you named is in it"),
                ("linked/payroll", "by its administrator"),
                ("home/a/../../srv/payroll", "by its administrator"),
                ("srv", "it is in what you named"),
                ("linked", "it is in what you named"),
            ] {
                let error = managed.folder(&dir.join(given)).expect_err(given);
                let text = error.to_string();
                assert!(text.contains(why), "{denied}, {given}: {text}");
            }
            for given in ["srv/payrolls", "home/a", "home"] {
                managed.folder(&dir.join(given)).expect(given);
            }
        }
        // What is not there yet is kept too, also in what is there.
        let managed = under("linked/later/on");
        managed.folder(&dir.join("srv")).expect_err("around");
        managed.folder(&dir.join("srv/later")).expect_err("around");
        managed.folder(&dir.join("srv/payroll")).expect("another");
    }

    #[test]
    fn an_allowed_name_is_who_is_known_by_it() {
        let text = "[models]\nallowed = [\"anthropic\"]\n\
                    addresses = [\"https://models.example/v1\"]\nreason = \"contract 7\"\n";
        let managed = managed(text).expect("a policy");
        let usual = Some("https://api.anthropic.com");
        for address in [
            "https://api.anthropic.com",
            "https://API.anthropic.com/",
            "https://models.example/v1",
            "https://models.example/v1/team",
        ] {
            managed.model_address("anthropic", address, usual).expect(address);
        }
        for address in [
            "http://api.anthropic.com",
            "https://api.anthropic.com.evil.example",
            "https://api.anthropic.com@evil.example",
            "https://evil.example/v1",
            "https://models.example/v10",
            "https://models.example/v1/../other",
            "https://models.example/v1/%2e%2e/other",
            "http://127.0.0.1:1",
        ] {
            let error = managed.model_address("anthropic", address, usual).expect_err(address);
            assert_eq!(error.code, "policy-model", "{address}");
            assert!(error.to_string().contains("contract 7"), "{error}");
        }
        managed.model_address("own", "https://api.anthropic.com", None).expect_err("not its own");
    }

    #[test]
    fn a_broken_file_closes_everything() {
        for text in [
            "[egress",
            "colour = 1",
            "[egress]\nrule = []",
            "[memory]\noff = \"yes\"",
            "[budget]\ncents = -1",
            "[folders]\ndenied = [\"payroll\"]",
            "[machine]\nleast = \"none\"",
        ] {
            let error = managed(text).expect_err(text);
            assert_eq!(error.code, "policy-broken", "{text}: {error}");
        }
        let dir = tempfile::tempdir().expect("a folder");
        let error = Managed::read(dir.path()).expect_err("a folder is no file");
        assert_eq!(error.code, "policy-broken");
    }
}
