//! Which language models this computer can use, and the connections to them.
//!
//! Keys are read when a provider is first asked, stay in this process, and are never stored or
//! shown.

use crate::clock;
use crate::config::variable;
use crate::keys::Keys;
use crate::listing;
use crate::managed::Managed;
use crate::recording::Recording;
use api::{
    ErrorKind, ModelKeyBody, ModelKeyView, ModelLine, ModelTested, ModelsView, ProviderLine,
    UserError,
};
use model::{
    Catalogue, Format, Found, Listed, LocalServer, Model, ModelError, Price, Provider, Server,
    Usage,
};
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

/// The local server that asks others, who want money for it.
const GATEWAY: &str = "litellm";

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

    /// The first usual model that may be used. Where there is none, and somebody did not say what
    /// there is, that is the reason.
    async fn first_usual(&self, found: &[Found]) -> Result<Option<Named>, UserError> {
        let mut silence = None;
        for one in found {
            match self.usual_of(one).await {
                Ok(Some(named)) => return Ok(Some(named)),
                Ok(None) => {}
                Err(error) => silence = silence.or(Some(error)),
            }
        }
        silence.map_or(Ok(None), |error| Err(unlisted(&error)))
    }

    /// The model that is meant where only its provider is known. Its list is asked for only where
    /// nothing else says it.
    async fn usual_of(&self, found: &Found) -> Result<Option<Named>, ModelError> {
        let provider = &found.endpoint.name;
        let named = |model: String| Named { provider: provider.clone(), model };
        let is_allowed = |model: &str| self.allowed(&named(model.to_owned())).is_ok();
        let usual = USUAL.iter().find(|(name, _)| name == provider).map(|(_, id)| *id);
        if let Some(usual) = usual.filter(|it| is_allowed(it)) {
            return Ok(Some(named(usual.to_owned())));
        }
        let known = || self.known(provider).find(|it| !it.ends_with('*') && is_allowed(it));
        let listed = match self.listed(found).await {
            Ok(listed) => listed,
            Err(error) => {
                let known = known().map(|it| named(it.to_owned()));
                return known.map(Some).ok_or(error);
            }
        };
        let allowed: Vec<Listed> = listed.into_iter().filter(|it| is_allowed(&it.id)).collect();
        let chosen = match found.key {
            Some(_) => listing::best(provider, &allowed),
            None => allowed.into_iter().next().map(|it| it.id),
        };
        Ok(chosen.or_else(|| known().map(str::to_owned)).map(named))
    }

    /// The names of a provider's models in the catalogue; `*` ends the beginning of some.
    fn known<'a>(&'a self, provider: &'a str) -> impl Iterator<Item = &'a str> {
        let entries = self.catalogue.entries().iter();
        entries.filter(move |it| it.provider == provider).map(|it| it.id.as_str())
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
        if let Some(recording) = named.and_then(|it| it.strip_prefix("replay/")) {
            let model = self.recording(recording).await?.to_string();
            return Ok(Some(Named { provider: REPLAY.to_owned(), model }));
        }
        let found = self.found().await;
        let Some(named) = named else {
            return self.first_usual(&found).await;
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
        if let Some(provider) = found.iter().find(|it| it.endpoint.name == named)
            && let Some(usual) = self.usual_of(provider).await.map_err(|it| unlisted(&it))?
        {
            return Ok(Some(usual));
        }
        let is_here = found.iter().any(|it| it.endpoint.name == named);
        let keyed = |it: &&Provider| !is_here && !it.key_variables.is_empty();
        if let Some(provider) = self.provider(named).filter(keyed) {
            return Err(no_key(provider));
        }
        let of = |it: &Found| {
            let provider = it.endpoint.name.clone();
            let is_known = it.models.iter().any(|model| model.id == named)
                || self.catalogue.find(&provider, named).is_some_and(|e| e.provider == provider);
            is_known.then(|| Named { provider, model: named.to_owned() })
        };
        if let Some(named) = found.iter().find_map(of) {
            return Ok(Some(named));
        }
        let lists = self.listed_by(&found).await;
        let holds = |list: &Result<Vec<Listed>, ModelError>| {
            list.as_ref().is_ok_and(|list| list.iter().any(|it| it.id == named))
        };
        match found.iter().zip(&lists).find(|(_, list)| holds(list)) {
            Some((found, _)) => {
                let (provider, model) = (found.endpoint.name.clone(), named.to_owned());
                Ok(Some(Named { provider, model }))
            }
            None => {
                let names = self.catalogue.providers().iter().map(|it| it.name.as_str());
                Err(meant(unknown(named, &found), named, names))
            }
        }
    }

    /// A recorded task, and who goes on where it is left.
    async fn recording(&self, text: &str) -> Result<Recording, UserError> {
        let Some(mut recording) = Recording::parse(text) else {
            return Err(unknown(&format!("{REPLAY}/{text}"), &[]));
        };
        if let Some((_, then)) = &mut recording.until {
            let chosen = Box::pin(self.choose(Some(then))).await?;
            match chosen.filter(|it| it.provider != REPLAY) {
                Some(Named { provider, model }) => *then = format!("{provider}/{model}"),
                None => return Err(unknown(then, &[])),
            }
        }
        Ok(recording)
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
        let server = self.server(provider).await?;
        let dialect = self.catalogue.dialect(server.endpoint().format, provider, model);
        Ok(Model::Live { server, dialect })
    }

    async fn server(&self, provider: &str) -> Result<Arc<Server>, ModelError> {
        let mut servers = self.keys.servers.lock().await;
        if let Some(server) = servers.get(provider) {
            return Ok(server.clone());
        }
        let server = Arc::new(self.connect(provider).await?);
        servers.insert(provider.to_owned(), server.clone());
        Ok(server)
    }

    /// Which models a provider says that its key may ask. Who was found on this computer was asked
    /// when it was found.
    async fn listed(&self, found: &Found) -> Result<Vec<Listed>, ModelError> {
        let name = &found.endpoint.name;
        if found.key.is_none() {
            return Ok(self.keys.listing.note(name, found.models.clone()));
        }
        if let Some(provider) = self.provider(name) {
            Managed::read(&self.policy_file)
                .and_then(|managed| self.address_allowed(&managed, provider))
                .map_err(|error| ModelError::forbidden(name, crate::words::short(&error)))?;
        }
        self.keys.listing.of(name, &*self.server(name).await?).await
    }

    /// What every one of them lists, in their order; asked side by side.
    async fn listed_by(&self, all: &[Found]) -> Vec<Result<Vec<Listed>, ModelError>> {
        futures_util::future::join_all(all.iter().map(|found| self.listed(found))).await
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

    /// The providers whose key is kept here, or is where models.toml says.
    pub(crate) fn with_key(&self) -> Vec<String> {
        let providers = self.catalogue.providers().iter();
        let keyed = providers.filter(|it| it.key.is_some() || self.keys.kept(&it.name).is_some());
        keyed.map(|it| it.name.clone()).collect()
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
        match self.price(provider, model) {
            _ if provider == REPLAY => Some(0),
            Some(price) => price.of(usage),
            None => self.is_free(provider, model).then_some(0),
        }
    }

    /// What a model costs: as the lists that are kept here say, or as its provider's own does.
    fn price(&self, provider: &str, model: &str) -> Option<Price> {
        let entry = self.catalogue.find(provider, model);
        let kept = entry.and_then(|it| it.price.clone());
        kept.or_else(|| self.keys.listing.known(provider, model)?.price)
    }

    /// What runs on this computer costs nothing else; what only passes requests on may.
    fn is_free(&self, provider: &str, model: &str) -> bool {
        let is_local = self.locals.iter().any(|it| it.name == provider);
        is_local && provider != GATEWAY && self.catalogue.find(provider, model).is_none()
    }

    /// Tokens that a model can read, as far as anybody says.
    pub(crate) fn window(&self, provider: &str, model: &str) -> Option<u64> {
        let kept = self.catalogue.find(provider, model).and_then(|it| it.window);
        kept.or_else(|| self.keys.listing.known(provider, model)?.window)
    }

    /// Hears what the provider itself says of a model of which nothing is kept here. It is asked
    /// while the model answers, and how that goes is no matter.
    pub(crate) async fn hear_of(&self, provider: &str, model: &str) {
        let is_listing = self.provider(provider).is_some_and(|it| it.format == Format::Chat);
        if is_listing
            && self.price(provider, model).is_none()
            && let Ok(server) = self.server(provider).await
        {
            let _ = self.keys.listing.of(provider, &server).await;
        }
    }

    /// What this computer can use, and what it costs.
    pub(crate) async fn view(&self) -> ModelsView {
        let default = self.choose(None).await.ok().flatten();
        let cheap = self.cheap().await;
        let usual = (default.as_ref(), cheap.as_ref());
        let mut lines = vec![];
        let all = self.found().await;
        let providers = self.providers(&all);
        let lists = self.listed_by(&all).await;
        for (found, list) in all.iter().zip(lists) {
            lines.extend(self.lines(found, list, usual));
        }
        ModelsView { models: lines, providers }
    }

    /// The usual ones first, then those whose price is known, then the others as they are listed.
    /// Where a provider does not tell its models: what the catalogue knows of them.
    fn lines(
        &self,
        found: &Found,
        list: Result<Vec<Listed>, ModelError>,
        usual: (Option<&Named>, Option<&Named>),
    ) -> Vec<ModelLine> {
        let provider = &found.endpoint.name;
        let whence = self.whence(found, list.as_ref().err());
        let bare = |id: &str| Listed {
            id: id.to_owned(),
            window: None,
            output_tokens_max: None,
            price: None,
        };
        let mut listed = list.unwrap_or_default();
        if listed.is_empty() {
            listed = self.known(provider).map(bare).collect();
        }
        let of = |named: Option<&Named>| named.filter(|it| it.provider == *provider).cloned();
        let (default, cheap) = (of(usual.0), of(usual.1));
        for named in [&cheap, &default].into_iter().flatten() {
            if meaning(&listed, named).is_none() {
                listed.insert(0, bare(&named.model));
            }
        }
        let means = |named: &Option<Named>| meaning(&listed, named.as_ref()?);
        let (default, cheap) = (means(&default), means(&cheap));
        let price = |id: &str| self.price(provider, id);
        let rank = |it: &Listed| {
            let is_it = |usual: &Option<String>| usual.as_ref() == Some(&it.id);
            (!is_it(&default), !is_it(&cheap), price(&it.id).is_none())
        };
        listed.sort_by_key(rank);
        let more = listed.len().saturating_sub(LISTED_MAX);
        listed.truncate(LISTED_MAX);
        let mut lines: Vec<ModelLine> =
            listed.iter().map(|model| self.line(provider, model, &whence)).collect();
        for line in &mut lines {
            line.is_default = default.as_ref() == Some(&line.model);
            line.is_cheap = cheap.as_ref() == Some(&line.model);
        }
        if more > 0 || lines.is_empty() {
            let mut last = self.line(provider, &bare("…"), &whence);
            last.price = match more {
                0 => format!("name one as {provider}/MODEL"),
                more => format!("and {more} more, each by its name as {provider}/MODEL"),
            };
            lines.push(last);
        }
        lines
    }

    /// Where the way to a provider was found, and why it does not say which models it has.
    fn whence(&self, found: &Found, silent: Option<&ModelError>) -> String {
        let whence = match &found.key {
            Some(_) if self.is_kept(&found.endpoint.name) => "key kept by Legwork".to_owned(),
            Some(model::KeySource::Variable(name)) => format!("key in {name}"),
            Some(model::KeySource::Command { program, .. }) => {
                format!("key from the command {}", program.display())
            }
            Some(model::KeySource::File(path)) => format!("key in {}", path.display()),
            None => format!("on this computer, {}", found.endpoint.base_url),
        };
        match silent {
            Some(error) => format!("{whence}; its list of models did not come: {}", error.what()),
            None => whence,
        }
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

    fn line(&self, provider: &str, listed: &Listed, whence: &str) -> ModelLine {
        let model = listed.id.clone();
        let entry = self.catalogue.find(provider, &model);
        let kept = entry.and_then(|it| it.price.clone());
        let by = if kept.is_none() { ", by its provider's list" } else { "" };
        let price = kept.or_else(|| listed.price.clone()).map(|price| {
            format!(
                "${} in, ${} out for a million tokens (as of {}{by})",
                price.input, price.output, price.as_of
            )
        });
        ModelLine {
            provider: provider.to_owned(),
            whence: whence.to_owned(),
            window: listed.window.or(entry.and_then(|it| it.window)),
            price: price.unwrap_or_else(|| match self.is_free(provider, &listed.id) {
                true => "no cost but this computer's".to_owned(),
                false => "price unknown".to_owned(),
            }),
            is_default: false,
            is_cheap: false,
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

/// The name in a list that means this model. One of the catalogue may end with `*`: the one that
/// says most of the model's name means it.
fn meaning(listed: &[Listed], named: &Named) -> Option<String> {
    let says = |id: &&str| match id.strip_suffix('*') {
        Some(begin) => named.model.starts_with(begin),
        None => **id == named.model,
    };
    listed.iter().map(|it| it.id.as_str()).filter(says).max_by_key(|id| id.len()).map(String::from)
}

fn silent(error: &ModelError) -> UserError {
    UserError::new(ErrorKind::Unavailable, "model-silent", error.what())
        .cause(error.why())
        .next(error.next())
}

fn unlisted(error: &ModelError) -> UserError {
    let what = format!("{} did not say which models its key may use", error.provider);
    UserError::new(ErrorKind::Unavailable, "model-unlisted", what)
        .cause(format!("{}: {}", error.what(), error.why()))
        .next("try again, or name one as PROVIDER/MODEL with `--model`")
        .next("`legwork settings models.default PROVIDER/MODEL` names it for good")
}

/// A model that is only tested answers within this.
const TEST_TIMEOUT: Duration = Duration::from_secs(90);

fn no_key(provider: &Provider) -> UserError {
    let what = format!("there is no key for {}", provider.name);
    let error = UserError::new(ErrorKind::Config, "model-key", what).cause(
        "it is in no variable of the environment, neither here nor where the daemon was started",
    );
    match provider.key_variables.join(" or ") {
        names if names.is_empty() => {
            error.next("name a variable, a command or a file with `[[key]]` in models.toml")
        }
        names => error.next(format!(
            "set {names} and try again; `[[key]]` in models.toml can name a command or a file \
             instead"
        )),
    }
}

/// With the provider that a name which is none may mean.
fn meant<'a>(error: UserError, named: &str, providers: impl Iterator<Item = &'a str>) -> UserError {
    let named = named.split('/').next().unwrap_or(named);
    let near = providers.min_by_key(|name| strsim::damerau_levenshtein(named, name));
    match near.filter(|name| matches!(strsim::damerau_levenshtein(named, name), 1 | 2)) {
        Some(name) => error.next(format!("did you mean `{name}`?")),
        None => error,
    }
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
