//! The configuration: one TOML file, read and resolved once.
//!
//! One record per option. An unknown key is an error that names the nearest known one.

use crate::keys::Keys;
use crate::limits::{CONFIG_BYTES_MAX, QUOTED_CHARS_MAX};
use crate::models::Models;
use crate::search::Search;
use api::{ErrorKind, PhoneSpec, Place, SettingBegins, UserError};
use machine::image::ImagePrograms;
use model::{Catalogue, CatalogueError};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use task::{Budget, limits};
use wire::Limits;

/// What the daemon was told, resolved.
#[derive(Debug, Clone)]
pub(crate) struct Config {
    pub(crate) place: Place,
    pub(crate) bwrap: PathBuf,
    /// The guest binary, or where it was looked for.
    guest: Result<PathBuf, Vec<PathBuf>>,
    pub(crate) machine_limits: Limits,
    /// The image that virtual machines start from; the one that was made last if none is named.
    pub(crate) machine_image: Option<String>,
    pub(crate) vm_memory_bytes: u64,
    pub(crate) vm_processors: Option<u32>,
    /// Folders of this computer, each with a `bin`, that jails show at `/programs`.
    pub(crate) machine_programs: Vec<PathBuf>,
    pub(crate) qemu: PathBuf,
    pub(crate) mke2fs: PathBuf,
    pub(crate) image_programs: ImagePrograms,
    pub(crate) budget: Budget,
    /// Folders with skills of the person's own.
    pub(crate) skill_folders: Vec<PathBuf>,
    /// Addresses on this computer where a model server may listen.
    pub(crate) model_servers: Vec<String>,
    /// A company's proxy, `http://[user:password@]host:port`.
    pub(crate) proxy: Option<String>,
    /// Files with certificates to trust beside those of the system.
    pub(crate) authorities: Vec<PathBuf>,
    /// What an administrator of this computer set; it need not be there.
    pub(crate) policy_file: PathBuf,
    pub(crate) models: Arc<Models>,
    /// Where the window's page is to be; where it was, or anywhere, if it was not said.
    pub(crate) window_port: Option<u16>,
    /// Places beside the home folder in which folders can be chosen.
    pub(crate) window_roots: Vec<PathBuf>,
    /// Where phones reach this computer; `None`: nowhere.
    pub(crate) phone: Option<PhoneSpec>,
    /// Days until a phone that nobody used is let in no more.
    pub(crate) phone_idle_days: u64,
    /// Whether new secrets go into the desktop's keyring, where one runs.
    pub(crate) secrets_in_keyring: bool,
    /// What speaks to that keyring.
    pub(crate) secret_tool: PathBuf,
    /// Whether the desktop is told when a task needs its person.
    pub(crate) notify_desktop: bool,
    /// A push service of the person's own, which may be anywhere.
    pub(crate) push_host: Option<String>,
    /// Where `web_search` asks.
    pub(crate) search: Option<Search>,
}

/// One option of the file.
pub(crate) struct ConfigOption {
    pub(crate) key: &'static str,
    pub(crate) form: Form,
    pub(crate) meaning: &'static str,
    pub(crate) begins: SettingBegins,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    Text,
    Texts,
    Flag,
    /// A whole number within these bounds.
    Number(u64, u64),
}

const MIB: u64 = 1024 * 1024;

pub(crate) const OPTIONS: &[ConfigOption] = &[
    option("budget.calls", Form::Number(1, 1_000_000), "calls that a task may make"),
    option("budget.cents", Form::Number(1, 10_000_000), "US cents that a task's model may cost"),
    option("budget.minutes", Form::Number(1, 100_000), "minutes that a task may work"),
    option("budget.tokens", Form::Number(1, 1 << 50), "tokens that a task's model may use"),
    option("budget.turns", Form::Number(1, 1_000_000), "answers that a task's model may give"),
    option("machine.bwrap", Form::Text, "the program that makes namespaces").at_start(),
    option("machine.memory_mib", Form::Number(256, 1 << 20), "memory of one process, MiB"),
    option("machine.processes", Form::Number(16, 100_000), "processes of one task"),
    option("machine.image", Form::Text, "the image that virtual machines start from"),
    option("machine.file_mib", Form::Number(1, 1 << 24), "size of one written file, MiB"),
    option("machine.vm_memory_mib", Form::Number(512, 1 << 20), "memory of a virtual machine, MiB"),
    option("machine.vm_processors", Form::Number(1, 64), "processors of a virtual machine"),
    option("machine.programs", Form::Texts, "folders whose `bin` machines may use, read-only"),
    option("models.cheap", Form::Text, "the model for cheap work, as PROVIDER/MODEL"),
    option("models.default", Form::Text, "the model to use, as PROVIDER/MODEL"),
    option("network.authorities", Form::Texts, "files with certificates to trust"),
    option("network.proxy", Form::Text, "a company's proxy, http://user:password@host:port"),
    option("models.servers", Form::Texts, "addresses where a model server may listen"),
    option("notify.desktop", Form::Flag, "tell on this desktop when a task needs you").at_once(),
    option("notify.push_host", Form::Text, "a push service of your own, as push.example:8443")
        .at_once(),
    option("phone.address", Form::Text, "where phones reach this computer, as 192.168.1.20:7443")
        .at_once(),
    option("phone.certificate", Form::Text, "a certificate of your own for phones, a PEM file")
        .at_once(),
    option(
        "phone.idle_days",
        Form::Number(1, 3650),
        "days until a phone that nobody used is shut out",
    )
    .at_once(),
    option("phone.key", Form::Text, "the key of that certificate, a PEM file").at_once(),
    option("phone.name", Form::Text, "the name by which phones find that address").at_once(),
    option("phone.plain", Form::Flag, "let everything be sent readable; anybody near can read it")
        .at_once(),
    option("secrets.keyring", Form::Flag, "keep new secrets in this desktop's keyring").at_once(),
    option("search.fields", Form::Texts, "names of a result's title, address and text, for json"),
    option("search.header", Form::Text, "the header that carries the key to the search service"),
    option("search.kind", Form::Text, "how the search service answers: searxng, brave or json"),
    option("search.results", Form::Text, "where the answer has its results, as /data/items"),
    option("search.secret", Form::Text, "the secret that is the key of the search service"),
    option("search.url", Form::Text, "the search service, https://host/search?q={query}"),
    option("skills.folders", Form::Texts, "folders with skills of your own"),
    option("window.port", Form::Number(1, 65_535), "port of this computer for the window")
        .at_start(),
    option("window.roots", Form::Texts, "places beside your home folder to choose folders in")
        .at_once(),
];

const fn option(key: &'static str, form: Form, meaning: &'static str) -> ConfigOption {
    ConfigOption { key, form, meaning, begins: SettingBegins::NextTask }
}

impl ConfigOption {
    const fn at_once(mut self) -> Self {
        self.begins = SettingBegins::Now;
        self
    }

    const fn at_start(mut self) -> Self {
        self.begins = SettingBegins::NextStart;
        self
    }
}

/// Variables in which people keep keys of model providers.
const KEY_VARIABLES: &[&str] =
    &["ANTHROPIC_API_KEY", "OPENAI_API_KEY", "GEMINI_API_KEY", "OPENROUTER_API_KEY"];

/// Where Ollama, LM Studio, llama.cpp and vLLM listen unless told otherwise.
const MODEL_SERVERS: &[&str] =
    &["127.0.0.1:11434", "127.0.0.1:1234", "127.0.0.1:8080", "127.0.0.1:8000"];

/// What a task's model may use unless the configuration says otherwise.
const TURNS: u64 = 5_000;
const TOKENS: u64 = 200_000_000;
const CENTS: u64 = 2_000;

/// What holds where the file says nothing; `None` where that depends on this computer.
pub(crate) fn usual(key: &str) -> Option<serde_json::Value> {
    Some(match key {
        "budget.calls" => limits::CALLS_PER_TASK_MAX.into(),
        "budget.cents" => CENTS.into(),
        "budget.minutes" => (limits::WORK_MS_MAX / 60_000).into(),
        "budget.tokens" => TOKENS.into(),
        "budget.turns" => TURNS.into(),
        "machine.file_mib" => (1_u64 << 16).into(),
        "machine.memory_mib" => 4096.into(),
        "machine.processes" => machine::VM_PROCESSES.into(),
        "machine.vm_memory_mib" => 1024.into(),
        "models.servers" => MODEL_SERVERS.into(),
        "phone.idle_days" => api::PHONE_IDLE_DAYS.into(),
        "notify.desktop" | "phone.plain" | "secrets.keyring" => false.into(),
        _ => return None,
    })
}

/// What is known of models: what is built in, and a file of the person's own.
fn catalogue(path: &Path) -> Result<Catalogue, UserError> {
    let text = read(path)?;
    let own = (!text.trim().is_empty()).then_some(text.as_str());
    Catalogue::parse(own).map_err(|error| match &error {
        CatalogueError::Form(form) if form.span().is_some() => {
            unread(path, &text, form.message(), form.span())
        }
        CatalogueError::Form(_)
        | CatalogueError::KeyForm { .. }
        | CatalogueError::KeyOf { .. }
        | CatalogueError::Price { .. } => {
            bad(path, "the models are not as they have to be").cause(error)
        }
    })
}

/// What the process was given.
pub(crate) struct Surroundings {
    pub(crate) var: fn(&str) -> Option<OsString>,
    /// The running program.
    pub(crate) exe: Option<PathBuf>,
    pub(crate) policy: PathBuf,
}

impl Surroundings {
    pub(crate) fn of_this_process() -> Self {
        let policy = PathBuf::from("/etc/legwork/policy.toml");
        Self { var: env_var, exe: std::env::current_exe().ok(), policy }
    }
}

#[expect(clippy::disallowed_methods, reason = "configuration is resolved here, once")]
fn env_var(name: &str) -> Option<OsString> {
    std::env::var_os(name).filter(|value| !value.is_empty())
}

/// This process's environment, as far as it is text.
pub(crate) fn variables() -> std::collections::BTreeMap<String, String> {
    let text = |(name, value): (OsString, OsString)| {
        Some((name.into_string().ok()?, value.into_string().ok()?))
    };
    std::env::vars_os().filter_map(text).collect()
}

/// A variable of the environment, as text.
pub(crate) fn variable(name: &str) -> Option<String> {
    env_var(name)?.into_string().ok()
}

/// Model keys in the environment of this process, by their variables.
pub fn key_values_here() -> std::collections::BTreeMap<String, String> {
    let held = |name: &&'static str| Some(((*name).to_owned(), variable(name)?));
    KEY_VARIABLES.iter().filter_map(held).collect()
}

/// Names of the variables that hold a model key and are set for this process.
pub(crate) fn model_keys() -> Vec<&'static str> {
    KEY_VARIABLES.iter().copied().filter(|name| env_var(name).is_some()).collect()
}

impl Config {
    /// Reads the file of `place`, if there is one, and resolves what it says.
    pub(crate) fn load(place: Place, around: &Surroundings) -> Result<Self, UserError> {
        let text = read(&place.config_file())?;
        Self::load_text(place, around, &text)
    }

    /// As `load`, if the file had this text.
    pub(crate) fn load_text(
        place: Place,
        around: &Surroundings,
        text: &str,
    ) -> Result<Self, UserError> {
        let values = values(&place.config_file(), text)?;
        let catalogue = catalogue(&place.config.join("models.toml"))?;
        let phone = phone(&place, &values)?;
        let search = Search::parse(&place, &values)?;
        let config = Self::resolve(place, around, &values, catalogue);
        Ok(Self { phone, search, ..config })
    }

    fn resolve(place: Place, around: &Surroundings, values: &Values, catalogue: Catalogue) -> Self {
        let usual_number = |key: &str| usual(key).and_then(|it| it.as_u64()).unwrap_or(u64::MAX);
        let number = |key: &str| values.number(key).unwrap_or_else(|| usual_number(key));
        let count = |key: &str| u32::try_from(number(key)).unwrap_or(u32::MAX);
        let usual_servers = || MODEL_SERVERS.iter().map(|it| (*it).to_owned()).collect();
        let servers: Vec<String> = values.texts("models.servers").unwrap_or_else(usual_servers);
        let models = Models::new(
            catalogue,
            (values.text("models.default"), values.text("models.cheap")),
            &servers,
            Keys::new(&place.state.join("model-keys")),
            &around.policy,
        );
        Self {
            bwrap: values
                .text("machine.bwrap")
                .map_or_else(|| find_program(around, "bwrap"), PathBuf::from),
            machine_image: values.text("machine.image"),
            vm_memory_bytes: number("machine.vm_memory_mib") * MIB,
            vm_processors: values
                .number("machine.vm_processors")
                .and_then(|count| u32::try_from(count).ok()),
            machine_programs: values
                .texts("machine.programs")
                .unwrap_or_default()
                .iter()
                .map(|folder| in_home(&place, folder))
                .collect(),
            qemu: find_program(around, "qemu-system-x86_64"),
            mke2fs: find_program(around, "mke2fs"),
            image_programs: ImagePrograms {
                mmdebstrap: find_program(around, "mmdebstrap"),
                mkfs_erofs: find_program(around, "mkfs.erofs"),
                apt_config: find_program(around, "apt-config"),
            },
            guest: find_guest(around),
            machine_limits: Limits {
                processes_max: number("machine.processes"),
                memory_bytes_max: number("machine.memory_mib") * MIB,
                file_bytes_max: number("machine.file_mib") * MIB,
                open_files_max: 65_536,
                output_bytes_max: 16 * MIB,
            },
            budget: Budget {
                calls_max: count("budget.calls"),
                work_ms_max: number("budget.minutes") * 60_000,
                turns_max: count("budget.turns"),
                tokens_max: number("budget.tokens"),
                cost_usd_micros_max: number("budget.cents").saturating_mul(10_000),
            },
            skill_folders: skill_folders(&place, values),
            proxy: values.text("network.proxy"),
            authorities: values.paths("network.authorities"),
            policy_file: around.policy.clone(),
            model_servers: servers,
            models: Arc::new(models),
            window_port: values.number("window.port").and_then(|port| u16::try_from(port).ok()),
            window_roots: values.paths("window.roots"),
            phone: None,
            phone_idle_days: number("phone.idle_days"),
            secrets_in_keyring: values.flag("secrets.keyring"),
            secret_tool: find_program(around, "secret-tool"),
            notify_desktop: values.flag("notify.desktop"),
            push_host: values.text("notify.push_host"),
            search: None,
            place,
        }
    }

    /// Where images of systems are kept.
    pub(crate) fn images(&self) -> PathBuf {
        self.place.state.join("images")
    }

    /// Where machines sleep that others are woken from.
    pub(crate) fn templates(&self) -> PathBuf {
        self.place.state.join("templates")
    }

    /// Where layers are kept, and what lies below them.
    pub(crate) fn systems(&self) -> PathBuf {
        self.place.state.join("systems")
    }

    /// The guest binary; a sentence for people when there is none.
    pub(crate) fn guest(&self) -> Result<&Path, String> {
        self.guest.as_deref().map_err(|looked| {
            let looked: Vec<String> = looked.iter().map(|it| it.display().to_string()).collect();
            format!(
                "the program that works inside the machine is missing (looked at {}); \
                 `make` builds it",
                looked.join(", ")
            )
        })
    }
}

/// What a text sets; an error for one that can't be used.
pub(crate) fn values(path: &Path, text: &str) -> Result<Values, UserError> {
    let table: toml::Table = text
        .parse()
        .map_err(|error: toml::de::Error| unread(path, text, error.message(), error.span()))?;
    let mut values = Values::default();
    collect(&Source { path, text }, "", &table, &mut values)?;
    Ok(values)
}

pub(crate) fn read(path: &Path) -> Result<String, UserError> {
    match std::fs::metadata(path) {
        Ok(meta) if meta.len() > CONFIG_BYTES_MAX => {
            Err(bad(path, "the file is too large").cause(format!("over {CONFIG_BYTES_MAX} bytes")))
        }
        Ok(_) => std::fs::read_to_string(path)
            .map_err(|error| bad(path, "the file cannot be read").cause(error)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(String::new()),
        Err(error) => Err(bad(path, "the file cannot be read").cause(error)),
    }
}

/// What is wrong in a file of settings, and which file to mend.
pub(crate) fn bad(path: &Path, what: &str) -> UserError {
    wrong(what).next(format!("mend it in `{}`", path.display()))
}

fn wrong(what: &str) -> UserError {
    let what = format!("the settings can't be used: {what}");
    UserError::new(ErrorKind::Config, "config-bad", what)
}

/// A text that is no TOML, from where its reader stopped.
pub(crate) fn unread(
    path: &Path,
    text: &str,
    why: &str,
    span: Option<std::ops::Range<usize>>,
) -> UserError {
    let line = line_at(text, span.map_or(0, |span| span.start));
    let quoted = text.lines().nth(line - 1).unwrap_or_default().trim();
    let quoted: String = quoted.chars().take(QUOTED_CHARS_MAX).collect();
    let why = why.replace('\n', ", ");
    wrong(&format!("line {line} is not as TOML has to be"))
        .cause(format!("{why}, at `{}`", quoted.replace('`', "'")))
        .next(format!("mend line {line} of `{}`", path.display()))
}

fn line_at(text: &str, offset: usize) -> usize {
    let before = &text.as_bytes()[..offset.min(text.len())];
    before.iter().filter(|byte| **byte == b'\n').count() + 1
}

/// A file's text, to say where in it something stands.
struct Source<'a> {
    path: &'a Path,
    text: &'a str,
}

impl Source<'_> {
    fn bad(&self, key: &str, what: &str) -> UserError {
        match self.line(key) {
            Some(line) => {
                wrong(what).next(format!("mend line {line} of `{}`", self.path.display()))
            }
            None => bad(self.path, what),
        }
    }

    fn line(&self, key: &str) -> Option<usize> {
        let document = toml_edit::Document::parse(self.text).ok()?;
        let mut table: &dyn toml_edit::TableLike = document.as_table();
        let mut names = key.split('.').peekable();
        loop {
            let (name, item) = table.get_key_value(names.next()?)?;
            if names.peek().is_none() {
                return Some(line_at(self.text, name.span()?.start));
            }
            table = item.as_table_like()?;
        }
    }
}

#[derive(Default)]
pub(crate) struct Values(Vec<(&'static str, toml::Value)>);

impl Values {
    pub(crate) fn get(&self, key: &str) -> Option<&toml::Value> {
        self.0.iter().find(|(name, _)| *name == key).map(|(_, value)| value)
    }

    pub(crate) fn text(&self, key: &str) -> Option<String> {
        self.get(key)?.as_str().map(str::to_owned)
    }

    pub(crate) fn texts(&self, key: &str) -> Option<Vec<String>> {
        let list = self.get(key)?.as_array()?;
        Some(list.iter().filter_map(|it| it.as_str().map(str::to_owned)).collect())
    }

    fn paths(&self, key: &str) -> Vec<PathBuf> {
        self.texts(key).unwrap_or_default().into_iter().map(PathBuf::from).collect()
    }

    fn flag(&self, key: &str) -> bool {
        self.get(key).and_then(toml::Value::as_bool).unwrap_or(false)
    }

    fn number(&self, key: &str) -> Option<u64> {
        u64::try_from(self.get(key)?.as_integer()?).ok()
    }
}

fn collect(
    source: &Source<'_>,
    prefix: &str,
    table: &toml::Table,
    values: &mut Values,
) -> Result<(), UserError> {
    for (name, value) in table {
        let key = if prefix.is_empty() { name.clone() } else { format!("{prefix}.{name}") };
        let known = OPTIONS.iter().find(|option| option.key == key);
        match (known, value) {
            (Some(option), value) if option.form.fits(value) => {
                values.0.push((option.key, value.clone()));
            }
            (Some(option), _) => {
                let what = format!("`{key}` is not {}", option.form);
                let meaning = format!("{key} means: {}", option.meaning);
                return Err(source.bad(&key, &what).next(meaning));
            }
            (None, toml::Value::Table(table)) if is_section(&key) => {
                collect(source, &key, table, values)?;
            }
            (None, _) => {
                let error = source.bad(&key, &format!("`{key}` is unknown"));
                return Err(likes(error, &key));
            }
        }
    }
    Ok(())
}

fn is_section(key: &str) -> bool {
    OPTIONS.iter().any(|option| option.key.split_once('.').is_some_and(|(it, _)| it == key))
}

pub(crate) fn unknown(path: &Path, key: &str) -> UserError {
    likes(bad(path, &format!("`{key}` is unknown")), key)
}

/// What may be meant by a name that is none.
fn likes(error: UserError, key: &str) -> UserError {
    let names = OPTIONS.iter().map(|option| option.key);
    let likeness = |name: &&str| (strsim::jaro_winkler(key, name) * 1000.0).round();
    let nearest = names.clone().max_by(|a, b| likeness(a).total_cmp(&likeness(b)));
    if let Some(name) = nearest.filter(|name| likeness(name) >= 700.0) {
        return error.next(format!("did you mean `{name}`?"));
    }
    let mut parts: Vec<&str> = names.filter_map(|name| Some(name.split_once('.')?.0)).collect();
    parts.dedup();
    error.next(format!("known are the parts {}", parts.join(", ")))
}

impl Form {
    fn fits(self, value: &toml::Value) -> bool {
        match (self, value) {
            (Self::Text, toml::Value::String(_)) | (Self::Flag, toml::Value::Boolean(_)) => true,
            (Self::Texts, toml::Value::Array(list)) => list.iter().all(toml::Value::is_str),
            (Self::Number(least, most), toml::Value::Integer(number)) => {
                u64::try_from(*number).is_ok_and(|number| (least..=most).contains(&number))
            }
            (Self::Text | Self::Texts | Self::Flag | Self::Number(..), _) => false,
        }
    }
}

impl std::fmt::Display for Form {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Text => out.write_str("a text"),
            Self::Texts => out.write_str("a list of texts"),
            Self::Flag => out.write_str("true or false"),
            Self::Number(least, most) => write!(out, "a whole number from {least} to {most}"),
        }
    }
}

/// Where the person wants to be reached by phones.
fn phone(place: &Place, values: &Values) -> Result<Option<PhoneSpec>, UserError> {
    let Some(address) = values.text("phone.address") else { return Ok(None) };
    let path = place.config_file();
    let name = values.text("phone.name");
    let (address, name) = PhoneSpec::parse(&address, name.as_deref()).map_err(|error| {
        bad(&path, "`phone.address` or `phone.name` is wrong")
            .cause(error)
            .next("name one address of this computer, as in `192.168.1.20:7443`")
    })?;
    let file = |key: &str| values.text(key).map(|text| place.home.join(text));
    let certificate = match (file("phone.certificate"), file("phone.key")) {
        (Some(certificate), Some(key)) => Some((certificate, key)),
        (None, None) => None,
        (Some(_), None) | (None, Some(_)) => {
            return Err(bad(&path, "a certificate for phones needs its key, and a key needs it")
                .next("set both `phone.certificate` and `phone.key`, or neither"));
        }
    };
    let (is_plain, dir) = (values.flag("phone.plain"), place.state.clone());
    Ok(Some(PhoneSpec { address, name, is_plain, certificate, dir }))
}

fn in_home(place: &Place, folder: &str) -> PathBuf {
    place.home.join(folder.strip_prefix("~/").unwrap_or(folder))
}

fn skill_folders(place: &Place, values: &Values) -> Vec<PathBuf> {
    let named = values.texts("skills.folders").unwrap_or_default();
    let named = named.iter().map(|folder| in_home(place, folder));
    [place.config.join("skills")].into_iter().chain(named).collect()
}

fn find_program(around: &Surroundings, name: &str) -> PathBuf {
    let path = (around.var)("PATH").unwrap_or_default();
    // The distribution's own first: that bwrap is the one that its security profile lets make
    // namespaces. Few people have the folder of an administrator's programs in their path.
    let own = ["/usr/bin", "/usr/sbin"].map(PathBuf::from);
    let folders = own.into_iter().chain(std::env::split_paths(&path));
    let found = folders.map(|folder| folder.join(name)).find(|file| file.is_file());
    found.unwrap_or_else(|| Path::new("/usr/bin").join(name))
}

fn find_guest(around: &Surroundings) -> Result<PathBuf, Vec<PathBuf>> {
    const NAME: &str = "legwork-guest";
    let named = (around.var)("LEGWORK_GUEST").map(PathBuf::from);
    let beside = around.exe.as_deref().and_then(Path::parent).into_iter().flat_map(|folder| {
        [
            folder.join(NAME),
            folder.join("../libexec/legwork").join(NAME),
            // Built beside us in a checkout: target/debug and target/release have this sibling.
            folder.join("../x86_64-unknown-linux-gnu/guest").join(NAME),
            folder.join("../../x86_64-unknown-linux-gnu/guest").join(NAME),
        ]
    });
    let looked: Vec<PathBuf> = named.into_iter().chain(beside).collect();
    let found = looked.iter().find(|file| file.is_file()).and_then(|it| it.canonicalize().ok());
    found.ok_or(looked)
}

/// A configuration under this policy; an administrator's file can't be had otherwise.
#[cfg(test)]
pub(crate) fn under(policy: &str, own: &str) -> (tempfile::TempDir, Config) {
    let dir = tempfile::tempdir().expect("a folder");
    let folder = |name: &str| dir.path().join(name);
    let place = api::Place {
        home: folder("home"),
        config: folder("config"),
        state: folder("state"),
        runtime: folder("run"),
    };
    std::fs::create_dir_all(&place.config).expect("a folder");
    std::fs::write(place.config_file(), own).expect("a file");
    std::fs::write(folder("policy"), policy).expect("a file");
    let around = Surroundings { var: |_| None, exe: None, policy: folder("policy") };
    let config = Config::load(place, &around).expect("a configuration");
    (dir, config)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(text: &str) -> Result<Config, UserError> {
        let dir = tempfile::tempdir().expect("a temp folder");
        let folder = |name: &str| dir.path().join(name);
        let place = Place {
            home: folder("home"),
            config: folder("config"),
            state: folder("state"),
            runtime: folder("run"),
        };
        std::fs::create_dir_all(&place.config).expect("a folder");
        std::fs::write(place.config_file(), text).expect("a file");
        Config::load(
            place,
            &Surroundings { var: |_| None, exe: None, policy: dir.path().join("policy") },
        )
    }

    #[test]
    fn what_the_file_says_holds() {
        let config =
            load("[budget]\ncalls = 7\nminutes = 2\n[machine]\nmemory_mib = 512\n").unwrap();
        assert_eq!((config.budget.calls_max, config.budget.work_ms_max), (7, 120_000));
        assert_eq!(config.machine_limits.memory_bytes_max, 512 * MIB);
        assert!(config.guest().unwrap_err().contains("`make` builds it"));
    }

    #[test]
    fn a_wrong_file_is_told_with_a_way_out() {
        let cases = [
            ("[budget]\ncalsl = 7", "did you mean `budget.calls`?"),
            ("budgte.calls = 7", "did you mean `budget."),
            ("colour = 1", "known are the parts budget, "),
            ("[budget]\ncalls = 0", "budget.calls means: calls that a task may make"),
            ("[budget]\ncalls = \"many\"", "budget.calls means"),
            ("[budget\n", "mend line 1"),
            ("a = 1\nb = = 2\n", "mend line 2"),
            (
                "[search]\nurl = \"https://find.test/s\"",
                "https://search.example.org/search?q={query}",
            ),
            ("[search]\nkind = \"bing\"", "searxng, brave and json"),
            (
                "[search]\nurl = \"http://a.test/{query}\"\nsecret = \"k\"",
                "use an address with https",
            ),
            ("[search]\nkind = \"json\"\nurl = \"https://a.test/{query}\"", "results = \"/data"),
        ];
        for (text, hint) in cases {
            let error = load(text).unwrap_err();
            assert_eq!(error.code, "config-bad", "{text}");
            assert!(error.next.iter().any(|next| next.contains(hint)), "{text}: {error}");
            assert!(error.next[0].starts_with("mend "), "{text}: {error}");
        }
    }

    #[test]
    fn a_wrong_line_is_named_with_its_file() {
        let cases = [
            ("# mine\n[budget]\n\ncalsl = 7", 4, "`budget.calsl` is unknown"),
            ("[budget]\nminutes = 5\ncalls = 0", 3, "`budget.calls` is not a whole number"),
            ("budget.calls = 7\ncolour = 1", 2, "`colour` is unknown"),
            ("a = 1\nb = = 2\n", 2, "line 2 is not as TOML has to be"),
        ];
        for (text, line, what) in cases {
            let error = load(text).unwrap_err();
            assert!(error.what.contains(what), "{text}: {error}");
            let hint = format!("mend line {line} of `");
            assert!(error.next[0].starts_with(&hint), "{text}: {error}");
            assert!(error.next[0].ends_with("config.toml`"), "{text}: {error}");
            assert!(!error.to_string().contains("\n\n") && !error.cause.contains('\n'), "{error}");
        }
    }
}
