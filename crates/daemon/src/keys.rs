//! Keys of model providers, and the connections that were made with them.
//!
//! What clients find in their environment stays in this process. What the person typed to be kept
//! is in a file of its own, encrypted as the secrets are; no machine and no page ever gets it.

use crate::listing::Listing;
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
    /// Of the store, by provider.
    kept: Cached,
    /// Found by clients in their environment, by variable: in memory alone.
    handed: RwLock<BTreeMap<String, String>>,
    /// By provider.
    pub(crate) servers: Mutex<BTreeMap<String, Arc<Server>>>,
    pub(crate) listing: Listing,
}

impl Keys {
    /// The keys in this folder, which is made, private, with the first one.
    pub(crate) fn new(folder: &Path) -> Self {
        Self {
            store: Store::new(folder),
            kept: Cached::default(),
            handed: RwLock::default(),
            servers: Mutex::default(),
            listing: Listing::default(),
        }
    }

    /// The key of a provider that the person had kept.
    pub(crate) fn kept(&self, provider: &str) -> Option<Zeroizing<String>> {
        let read = || {
            self.store.values().unwrap_or_else(|error| {
                tracing::warn!(%error, "the kept keys of models cannot be read");
                Kept::new()
            })
        };
        self.kept.of(provider, read)
    }

    pub(crate) fn handed(&self, variable: &str) -> Option<String> {
        self.handed.read().unwrap_or_else(PoisonError::into_inner).get(variable).cloned()
    }

    pub(crate) async fn hand(&self, provider: &str, variable: String, value: String) {
        self.handed.write().unwrap_or_else(PoisonError::into_inner).insert(variable, value);
        self.servers.lock().await.remove(provider);
        self.listing.forget(provider).await;
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
        self.kept.forget();
        self.servers.lock().await.remove(provider);
        self.listing.forget(provider).await;
    }
}

/// What was read of the store last, as long as nobody changed it.
#[derive(Debug, Default)]
struct Cached(RwLock<(u64, Option<Kept>)>);

impl Cached {
    fn of(&self, provider: &str, read: impl Fn() -> Kept) -> Option<Zeroizing<String>> {
        loop {
            let changes = {
                let cached = self.0.read().unwrap_or_else(PoisonError::into_inner);
                if let (_, Some(kept)) = &*cached {
                    return kept.get(provider).cloned();
                }
                cached.0
            };
            let kept = read();
            let mut cached = self.0.write().unwrap_or_else(PoisonError::into_inner);
            // Else somebody changed the store meanwhile, and what was read may be from before.
            if cached.0 == changes {
                let found = kept.get(provider).cloned();
                cached.1 = Some(kept);
                return found;
            }
        }
    }

    fn forget(&self) {
        let mut cached = self.0.write().unwrap_or_else(PoisonError::into_inner);
        *cached = (cached.0 + 1, None);
    }
}

fn unusable(provider: &str, error: &StoreError) -> UserError {
    let what = format!("the key of {provider} cannot be kept or forgotten");
    UserError::new(ErrorKind::User, "model-key", what)
        .cause(error)
        .next("`legwork models` shows which keys were found, and where")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;

    #[test]
    fn a_key_that_changes_while_it_is_read_is_read_again() {
        let cached = Cached::default();
        let reads = Cell::new(0);
        let key = |text: &str| Kept::from([("a".to_owned(), Zeroizing::new(text.to_owned()))]);
        let read = || {
            reads.set(reads.get() + 1);
            if reads.get() == 1 {
                cached.forget();
                return key("old");
            }
            key("new")
        };
        assert_eq!(cached.of("a", read).unwrap().as_str(), "new");
        assert_eq!(cached.of("a", read).unwrap().as_str(), "new");
        assert_eq!(reads.get(), 2);
        assert!(cached.of("b", read).is_none());
    }
}
