//! Which language models this computer can use, and the connections to them.
//!
//! Keys are read when a provider is first asked, stay in this process, and are never stored or
//! shown.

use crate::clock;
use crate::config::variable;
use crate::keys::Keys;
use crate::managed::Managed;
use api::{
    ErrorKind, ModelKeyBody, ModelKeyView, ModelLine, ModelTested, ModelsView, ProviderLine,
    UserError,
};
use model::{Catalogue, Found, LocalServer, Model, ModelError, Provider, Server, Usage};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// What is tried first of a provider whose key is found and of whom nobody named a model.
const USUAL: &[(&str, &str)] = &[
    ("anthropic", "claude-sonnet-5-5"),
    ("openai", "gpt-6.1-terra"),
    ("gemini", "gemini-3.8-flash"),
];

/// The provider whose models are recorded tasks.
pub(crate) const REPLAY: &str = "replay";

/// Bytes of a key that a client hands over.
const HANDED_BYTES_MAX: usize = 16 * 1024;

/// Models that are listed of one local server.
const LISTED_MAX: usize = 50;

/// The models of this computer.
#[derive(Debug)]
pub(crate) struct Models {
    catalogue: Catalogue,
    /// What the person's configuration names.
    default: Option<String>,
    /// What it names for cheap work.
    cheap: Option<String>,
    locals: Vec<LocalServer>,
    keys: Arc<Keys>,
    /// What an administrator set about models is there.
    policy_file: PathBuf,
}

/// A model by its names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Named {
    pub(crate) provider: String,
    pub(crate) model: String,
}

impl Models {
    pub(crate) fn new(
        catalogue: Catalogue,
        (default, cheap): (Option<String>, Option<String>),
        servers: &[String],
        keys: Keys,
        policy_file: &Path,
    ) -> Self {
        let usual = model::local_servers();
        let local = |address: SocketAddr| {
            let known = usual.iter().find(|it| it.address == address);
            let name = || format!("local-{}", address.port());
            let name = known.map_or_else(name, |it| it.name.clone());
            LocalServer { name, address }
        };
        let addresses = servers.iter().filter_map(|it| it.parse().ok());
        let locals = addresses.map(local).collect();
        let policy_file = policy_file.to_owned();
        Self { catalogue, default, cheap, locals, keys: Arc::new(keys), policy_file }
    }

    /// Goes on with the keys of another, as when the settings were read anew.
    pub(crate) fn share_keys_of(&mut self, other: &Self) {
        self.keys = other.keys.clone();
    }

    /// Whether an administrator lets it be used.
    fn allowed(&self, named: &Named) -> Result<(), UserError> {
        let managed = Managed::read(&self.policy_file)?;
        // A task that is replayed asks nobody.
        if named.provider == REPLAY {
            return Ok(());
        }
        managed.model(&named.provider, &named.model)?;
        // Servers on this computer have no entry, and no address but its own.
        let Some(provider) = self.provider(&named.provider) else { return Ok(()) };
        self.address_allowed(&managed, provider)
    }

    fn address_allowed(&self, managed: &Managed, provider: &Provider) -> Result<(), UserError> {
        let usual = self.catalogue.usual_address(&provider.name);
        managed.model_address(&provider.name, &self.address(provider), usual)
    }

    /// Whether it may be asked now, also by a task that began before something was forbidden.
    pub(crate) fn may_ask(&self, provider: &str, model: &str) -> Result<(), ModelError> {
        let named = Named { provider: provider.to_owned(), model: model.to_owned() };
        self.allowed(&named)
            .map_err(|error| ModelError::forbidden(provider, crate::words::short(&error)))
    }

    /// The first usual model that may be used.
    fn first_usual(&self, found: &[Found]) -> Result<Option<Named>, UserError> {
        let managed = Managed::read(&self.policy_file)?;
        if managed.allows_all_models() {
            return Ok(found.iter().find_map(usual_of));
        }
        let of = |it: &Found| {
            let provider = it.endpoint.name.clone();
            let listed = it.models.iter().map(|model| model.id.clone());
            let known = self.catalogue.entries().iter().filter(|it| it.provider == provider);
            let known: Vec<String> = known.map(|it| it.id.clone()).collect();
            let models = usual_of(it).map(|it| it.model).into_iter().chain(listed).chain(known);
            let mut named = models.map(|model| Named { provider: provider.clone(), model });
            named.find(|it| self.allowed(it).is_ok())
        };
        Ok(found.iter().find_map(of))
    }

    pub(crate) fn catalogue(&self) -> &Catalogue {
        &self.catalogue
    }

    async fn found(&self) -> Vec<Found> {
        let variable = |name: &str| self.variable(name);
        model::discover(&self.catalogue, &variable, &self.locals).await
    }

    /// The model that a request means: the named one, the configured one, or the first usual one.
    /// `None`: this computer has none.
    pub(crate) async fn choose(&self, named: Option<&str>) -> Result<Option<Named>, UserError> {
        let chosen = self.chosen(named).await?;
        if let Some(chosen) = &chosen {
            self.allowed(chosen)?;
        }
        Ok(chosen)
    }

    async fn chosen(&self, named: Option<&str>) -> Result<Option<Named>, UserError> {
        let named = named.or(self.default.as_deref());
        if let Some(task) = named.and_then(|it| it.strip_prefix("replay/")) {
            let model = task.to_owned();
            return Ok(Some(Named { provider: REPLAY.to_owned(), model }));
        }
        let found = self.found().await;
        let Some(named) = named else {
            return self.first_usual(&found);
        };
        if let Some((provider, model)) = named.split_once('/')
            && (found.iter().any(|it| it.endpoint.name == provider)
                || self.provider(provider).is_some())
        {
            let is_here = found.iter().any(|it| it.endpoint.name == provider);
            if !is_here && let Some(provider) = self.provider(provider) {
                return Err(no_key(provider));
            }
            let (provider, model) = (provider.to_owned(), model.to_owned());
            return Ok(Some(Named { provider, model }));
        }
        let of = |it: &Found| {
            let provider = it.endpoint.name.clone();
            if provider == named {
                return usual_of(it);
            }
            let is_known = it.models.iter().any(|model| model.id == named)
                || self.catalogue.find(&provider, named).is_some_and(|e| e.provider == provider);
            is_known.then(|| Named { provider, model: named.to_owned() })
        };
        match found.iter().find_map(of) {
            Some(named) => Ok(Some(named)),
            None => Err(unknown(named, &found)),
        }
    }

    /// The model for cheap work; `None`: none is configured, or it can't be used.
    pub(crate) async fn cheap(&self) -> Option<Named> {
        let named = self.cheap.as_deref()?;
        self.choose(Some(named)).await.ok().flatten()
    }

    fn provider(&self, name: &str) -> Option<&Provider> {
        self.catalogue.providers().iter().find(|it| it.name == name)
    }

    /// The model, ready to be asked. Connections are kept for all tasks.
    pub(crate) async fn open(&self, provider: &str, model: &str) -> Result<Model, ModelError> {
        self.may_ask(provider, model)?;
        let server = {
            let mut servers = self.keys.servers.lock().await;
            match servers.get(provider) {
                Some(server) => server.clone(),
                None => {
                    let server = Arc::new(self.connect(provider).await?);
                    servers.insert(provider.to_owned(), server.clone());
                    server
                }
            }
        };
        let dialect = self.catalogue.dialect(server.endpoint().format, provider, model);
        Ok(Model::Live { server, dialect })
    }

    async fn connect(&self, provider: &str) -> Result<Server, ModelError> {
        let found = self.found().await.into_iter().find(|it| it.endpoint.name == provider);
        let Some(found) = found else {
            return Err(ModelError::unset(provider));
        };
        let key = match &found.key {
            Some(source) => {
                let variable = |name: &str| self.variable(name);
                Some(source.read(&variable).await.map_err(ModelError::from)?)
            }
            None => None,
        };
        Server::new(found.endpoint, key)
    }

    fn variable(&self, name: &str) -> Option<String> {
        self.kept(name).or_else(|| self.keys.handed(name)).or_else(|| variable(name))
    }

    /// A kept key stands in the place of the variable in which it would be: the person said it
    /// here, and may not know what the environment holds.
    fn kept(&self, variable: &str) -> Option<String> {
        let holds = |it: &&Provider| it.key_variables.first().is_some_and(|it| it == variable);
        let provider = self.catalogue.providers().iter().find(holds)?;
        self.keys.kept(&provider.name).map(|key| key.to_string())
    }

    /// Takes keys that a client found in its environment. Names that no provider knows are ignored.
    pub(crate) async fn take_keys(&self, keys: BTreeMap<String, String>) {
        for (name, value) in keys {
            let known = self.catalogue.providers().iter();
            let Some(of) = known.clone().find(|it| it.key_variables.contains(&name)) else {
                continue;
            };
            if value.len() > HANDED_BYTES_MAX || self.variable(&name).as_ref() == Some(&value) {
                continue;
            }
            self.keys.hand(&of.name, name, value).await;
        }
    }

    /// Reads the key of a provider again that refused the one it got; whether it is another one.
    pub(crate) async fn renew(&self, provider: &str) -> bool {
        let mut servers = self.keys.servers.lock().await;
        // Held meanwhile: a key that is forgotten while this one is read is not put back.
        let Ok(fresh) = self.connect(provider).await else { return false };
        let is_same = servers.get(provider).is_some_and(|it| it.has_key_of(&fresh));
        servers.insert(provider.to_owned(), Arc::new(fresh));
        !is_same
    }

    pub(crate) fn cost(&self, provider: &str, model: &str, usage: &Usage) -> Option<u64> {
        let is_local = self.locals.iter().any(|it| it.name == provider);
        if provider == REPLAY || is_local && self.catalogue.find(provider, model).is_none() {
            return Some(0);
        }
        self.catalogue.cost(provider, model, usage)
    }

    /// What this computer can use, and what it costs.
    pub(crate) async fn view(&self) -> ModelsView {
        let default = self.choose(None).await.ok().flatten();
        let cheap = self.cheap().await;
        let usual = (default.as_ref(), cheap.as_ref());
        let mut lines = vec![];
        let all = self.found().await;
        let providers = self.providers(&all);
        for found in all {
            let provider = &found.endpoint.name;
            let listed = found.models.iter().take(LISTED_MAX).map(|it| it.id.clone());
            let known = self.catalogue.entries().iter().filter(|it| it.provider == *provider);
            let known = known.map(|it| it.id.clone());
            let names: Vec<String> =
                if found.key.is_some() { known.collect() } else { listed.collect() };
            let whence = match &found.key {
                Some(_) if self.is_kept(provider) => "key kept by Legwork".to_owned(),
                Some(model::KeySource::Variable(name)) => format!("key in {name}"),
                Some(model::KeySource::Command { program, .. }) => {
                    format!("key from the command {}", program.display())
                }
                Some(model::KeySource::File(path)) => format!("key in {}", path.display()),
                None => format!("on this computer, {}", found.endpoint.base_url),
            };
            for model in names {
                lines.push(self.line(provider, model, &whence, usual));
            }
            if lines.iter().all(|line| line.provider != *provider) {
                lines.push(self.line(provider, "…".to_owned(), &whence, (None, None)));
            }
        }
        ModelsView { models: lines, providers }
    }

    /// Who is known, and where their keys belong.
    fn providers(&self, all: &[Found]) -> Vec<ProviderLine> {
        let found_in = |name: &str| {
            let found = all.iter().find(|it| it.endpoint.name == name)?;
            match found.key.as_ref()? {
                _ if self.is_kept(name) => None,
                model::KeySource::Variable(name) => Some(name.clone()),
                model::KeySource::Command { program, .. } => Some(program.display().to_string()),
                model::KeySource::File(path) => Some(path.display().to_string()),
            }
        };
        let keyed = self.catalogue.providers().iter().filter(|it| !it.key_variables.is_empty());
        let line = |it: &Provider| ProviderLine {
            name: it.name.clone(),
            key_variables: it.key_variables.clone(),
            found_in: found_in(&it.name),
            is_kept: self.is_kept(&it.name),
        };
        keyed.map(line).collect()
    }

    /// A command or a file that the person's own list of models names goes before.
    fn is_kept(&self, provider: &str) -> bool {
        self.provider(provider).is_some_and(|it| it.key.is_none())
            && self.keys.kept(provider).is_some()
    }

    fn line(
        &self,
        provider: &str,
        model: String,
        whence: &str,
        (default, cheap): (Option<&Named>, Option<&Named>),
    ) -> ModelLine {
        let entry = self.catalogue.find(provider, &model);
        let is_local = self.locals.iter().any(|it| it.name == provider);
        let price = entry.and_then(|it| it.price.as_ref()).map(|price| {
            format!(
                "${} in, ${} out for a million tokens (as of {})",
                price.input, price.output, price.as_of
            )
        });
        let is_it = |it: &Named| {
            let begins = model.strip_suffix('*').is_some_and(|begin| it.model.starts_with(begin));
            it.provider == provider && (it.model == model || begins)
        };
        let (is_default, is_cheap) = (default.is_some_and(is_it), cheap.is_some_and(is_it));
        ModelLine {
            provider: provider.to_owned(),
            whence: whence.to_owned(),
            window: entry.and_then(|it| it.window),
            price: price.unwrap_or_else(|| match is_local {
                true => "no cost but this computer's".to_owned(),
                false => "price unknown".to_owned(),
            }),
            is_default,
            is_cheap,
            model,
        }
    }

    /// Really asks for one word.
    pub(crate) async fn test(&self, named: &str) -> Result<ModelTested, UserError> {
        let Some(Named { provider, model }) = self.choose(Some(named)).await? else {
            return Err(unknown(named, &[]));
        };
        let name = format!("{provider}/{model}");
        let opened = self.open(&provider, &model).await.map_err(|error| silent(&error))?;
        let Model::Live { server, .. } = opened else {
            let said = String::new();
            return Ok(ModelTested { name, said, cost_usd_micros: Some(0), took_ms: 0 });
        };
        self.ask(&server, &Named { provider, model }).await.map_err(|error| silent(&error))
    }

    async fn ask(&self, server: &Server, named: &Named) -> Result<ModelTested, ModelError> {
        let Named { provider, model } = named;
        let dialect = self.catalogue.dialect(server.endpoint().format, provider, model);
        let begun = clock::now();
        let asked = tokio::time::timeout(TEST_TIMEOUT, server.test(&dialect)).await;
        let turn = asked.unwrap_or_else(|_| Err(ModelError::slow(provider)))?;
        Ok(ModelTested {
            name: format!("{provider}/{model}"),
            said: turn.text().trim().to_owned(),
            cost_usd_micros: self.cost(provider, model, &turn.usage),
            took_ms: clock::now().since(begun),
        })
    }

    /// Keeps a key that its provider does not refuse, and tells what a model said to it.
    pub(crate) async fn keep_key(&self, body: ModelKeyBody) -> Result<ModelKeyView, UserError> {
        let provider = self.keyed(&body.provider)?;
        // It would be sent there to be tried.
        self.address_allowed(&Managed::read(&self.policy_file)?, provider)?;
        let key = zeroize::Zeroizing::new(body.key.trim().to_owned());
        let bad = |error: ModelError| {
            let what = format!("{} did not take this key, and it was not kept", provider.name);
            UserError::new(ErrorKind::User, "model-key-refused", what)
                .cause(error.why())
                .next("copy the whole key anew from the provider's page, and try again")
        };
        let secret = model::Secret::parse(&key).map_err(|error| bad(ModelError::from(error)))?;
        let server = Server::new(self.endpoint(provider), Some(secret)).map_err(bad)?;
        let asked = match self.any_of(provider, &server).await {
            Ok(named) => self.ask(&server, &named).await,
            Err(error) => Err(error),
        };
        let (tested, problem) = match asked {
            Ok(tested) => (Some(tested), None),
            Err(error) if error.kind == model::Kind::Auth => return Err(bad(error)),
            Err(error) => (None, Some(silent(&error))),
        };
        self.keys.keep(&provider.name, &key).await?;
        Ok(ModelKeyView { tested, problem, models: self.view().await })
    }

    pub(crate) async fn forget_key(&self, provider: &str) -> Result<ModelsView, UserError> {
        self.keys.forget(&self.keyed(provider)?.name).await?;
        Ok(self.view().await)
    }

    /// A provider whose key may be kept here.
    fn keyed(&self, name: &str) -> Result<&Provider, UserError> {
        let found = self.provider(name).filter(|it| !it.key_variables.is_empty());
        let unknown = || {
            let what = format!("no provider called {name:?} takes a key");
            UserError::new(ErrorKind::User, "model-unknown", what)
                .next("`legwork models` lists the providers that are known")
        };
        let provider = found.ok_or_else(unknown)?;
        if provider.key.is_none() {
            return Ok(provider);
        }
        let what = format!("where the key of {name} is says your models.toml");
        Err(UserError::new(ErrorKind::Config, "model-key", what)
            .next("take its `[[key]]` out of models.toml to keep a key here"))
    }

    fn endpoint(&self, provider: &Provider) -> model::Endpoint {
        model::Endpoint::new(&provider.name, provider.format, self.address(provider).trim())
    }

    fn address(&self, provider: &Provider) -> String {
        let set = |name: &str| self.variable(name).filter(|value| !value.trim().is_empty());
        let elsewhere = provider.base_variable.as_deref().and_then(set);
        elsewhere.unwrap_or_else(|| provider.base_url.clone())
    }

    /// Some model of the provider: the usual one, one that is known, or one that it lists.
    async fn any_of(&self, provider: &Provider, server: &Server) -> Result<Named, ModelError> {
        let usual = USUAL.iter().find(|(name, _)| *name == provider.name);
        let known = self.catalogue.entries().iter();
        let known = known.filter(|it| it.provider == provider.name && !it.id.ends_with('*'));
        let named = usual.map(|(_, id)| (*id).to_owned()).or(known.map(|it| it.id.clone()).next());
        let model = match named {
            Some(model) => model,
            None => {
                let listed = server.models().await?;
                listed.into_iter().next().map(|it| it.id).unwrap_or_default()
            }
        };
        Ok(Named { provider: provider.name.clone(), model })
    }
}

fn silent(error: &ModelError) -> UserError {
    UserError::new(ErrorKind::Unavailable, "model-silent", error.what())
        .cause(error.why())
        .next(error.next())
}

/// A model that is only tested answers within this.
const TEST_TIMEOUT: Duration = Duration::from_secs(90);

fn usual_of(found: &Found) -> Option<Named> {
    let provider = found.endpoint.name.clone();
    let usual = USUAL.iter().find(|(name, _)| *name == provider).map(|(_, id)| (*id).to_owned());
    let model = usual.or_else(|| found.models.first().map(|it| it.id.clone()))?;
    Some(Named { provider, model })
}

fn no_key(provider: &Provider) -> UserError {
    let what = format!("there is no key for {}", provider.name);
    let error = UserError::new(ErrorKind::Config, "model-key", what).cause(
        "it is in no variable of the environment, neither here nor where the daemon was started",
    );
    let names = provider.key_variables.join(" or ");
    error.next(format!(
        "set {names} and try again; `[[key]]` in models.toml can name a command or a file instead"
    ))
}

pub(crate) fn unknown(named: &str, found: &[Found]) -> UserError {
    let what = format!("no model called {named:?} was found");
    let error = UserError::new(ErrorKind::User, "model-unknown", what);
    let error = match found.is_empty() {
        true => error.cause("no key of a provider and no model server was found"),
        false => error,
    };
    error.next("`legwork models` lists what can be used; name one as PROVIDER/MODEL")
}
