//! Keys of model providers, and the connections that were made with them.
//!
//! What clients find in their environment stays in this process. What the person typed to be kept
//! is in a file of its own, encrypted as the secrets are; no machine and no page ever gets it.

use api::{ErrorKind, UserError};
use egress::Bound;
use egress::store::{Store, StoreError};
use model::Server;
use policy::egress::host::Name;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, PoisonError, RwLock};
use tokio::sync::Mutex;
use zeroize::Zeroizing;

type Kept = BTreeMap<String, Zeroizing<String>>;

/// Shared by all that ask models, also when the settings are read anew.
#[derive(Debug)]
pub(crate) struct Keys {
    store: Store,
    /// Of the store, by provider; `None` until somebody asks.
    kept: RwLock<Option<Kept>>,
    /// Found by clients in their environment, by variable: in memory alone.
    handed: RwLock<BTreeMap<String, String>>,
    /// By provider.
    pub(crate) servers: Mutex<BTreeMap<String, Arc<Server>>>,
}

impl Keys {
    /// The keys in this folder, which is made, private, with the first one.
    pub(crate) fn new(folder: &Path) -> Self {
        Self {
            store: Store::new(folder),
            kept: RwLock::default(),
            handed: RwLock::default(),
            servers: Mutex::default(),
        }
    }

    /// The key of a provider that the person had kept.
    pub(crate) fn kept(&self, provider: &str) -> Option<Zeroizing<String>> {
        if let Some(kept) = &*self.kept.read().unwrap_or_else(PoisonError::into_inner) {
            return kept.get(provider).cloned();
        }
        let read = self.store.values().unwrap_or_else(|error| {
            tracing::warn!(%error, "the kept keys of models cannot be read");
            Kept::new()
        });
        let found = read.get(provider).cloned();
        *self.kept.write().unwrap_or_else(PoisonError::into_inner) = Some(read);
        found
    }

    pub(crate) fn handed(&self, variable: &str) -> Option<String> {
        self.handed.read().unwrap_or_else(PoisonError::into_inner).get(variable).cloned()
    }

    pub(crate) async fn hand(&self, provider: &str, variable: String, value: String) {
        self.handed.write().unwrap_or_else(PoisonError::into_inner).insert(variable, value);
        self.servers.lock().await.remove(provider);
    }

    pub(crate) async fn keep(
        &self,
        provider: &str,
        key: &Zeroizing<String>,
    ) -> Result<(), UserError> {
        let failed = |error: &StoreError| unusable(provider, error);
        // It is no secret of the door: what it is bound to is the provider, not an address.
        let host = Name::parse(provider.as_bytes()).map_err(|_| failed(&StoreError::Name))?;
        let bound = Bound { host, port: 443, methods: vec![], path: None };
        self.store.set(provider, key, &bound, "").map_err(|error| failed(&error))?;
        self.changed(provider).await;
        Ok(())
    }

    pub(crate) async fn forget(&self, provider: &str) -> Result<(), UserError> {
        self.store.remove(provider).map_err(|error| unusable(provider, &error))?;
        self.changed(provider).await;
        Ok(())
    }

    /// Nobody goes on with what they had.
    async fn changed(&self, provider: &str) {
        *self.kept.write().unwrap_or_else(PoisonError::into_inner) = None;
        self.servers.lock().await.remove(provider);
    }
}

fn unusable(provider: &str, error: &StoreError) -> UserError {
    let what = format!("the key of {provider} cannot be kept or forgotten");
    UserError::new(ErrorKind::User, "model-key", what)
        .cause(error)
        .next("`legwork models` shows which keys were found, and where")
}
