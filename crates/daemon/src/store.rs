//! Events and payloads in the ledger, as the daemon encodes them.

use crate::limits::{FULL_RETRY, INLINE_BYTES_MAX};
use ledger::{AppendError, BlobError, BlobHash, Ledger, LedgerError, NewEvent};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::sync::Arc;
use task::{BlobRef, Event, Payload, TaskId, TimeMs};
use tokio::sync::oneshot;

/// The ledger, shared by everything in the daemon.
#[derive(Debug, Clone)]
pub(crate) struct Store {
    ledger: Arc<Ledger>,
}

/// An event with its position.
#[derive(Debug, Clone)]
pub(crate) struct Placed {
    pub(crate) seq: u64,
    pub(crate) at: TimeMs,
    pub(crate) hash: [u8; 32],
    pub(crate) event: Event,
}

/// Something stored that cannot be fetched or understood.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StoreError {
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    #[error(transparent)]
    Blob(#[from] BlobError),
    #[error("what is stored at {place} is of a form that this Legwork does not know")]
    Form { place: String, source: serde_json::Error },
    #[error("the ledger's worker ended")]
    Gone,
}

impl Store {
    pub(crate) fn new(ledger: Arc<Ledger>) -> Self {
        Self { ledger }
    }

    pub(crate) fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// Appends events after position `seq`; returns once they are on the disk.
    pub(crate) async fn append(
        &self,
        task: &TaskId,
        seq: u64,
        events: &[Event],
        at: TimeMs,
    ) -> Result<u64, AppendError> {
        let encode = |event| NewEvent {
            body: serde_json::to_vec(event).expect("an event is always JSON"),
            at_ms: at.0,
        };
        let (sender, answer) = oneshot::channel();
        let done = move |appended| drop(sender.send(appended));
        self.ledger.append_then(task.as_str(), seq, events.iter().map(encode).collect(), done);
        answer.await.unwrap_or(Err(AppendError::Stopped))
    }

    /// The events of a task after position `seq`, at most `limit`.
    pub(crate) fn read(
        &self,
        task: &TaskId,
        seq: u64,
        limit: usize,
    ) -> Result<Vec<Placed>, StoreError> {
        let stored = self.ledger.read(task.as_str(), seq, limit)?;
        let place = |seq| format!("event {seq} of task {task}");
        stored
            .into_iter()
            .map(|it| {
                let event = serde_json::from_slice(&it.body)
                    .map_err(|source| StoreError::Form { place: place(it.seq), source })?;
                Ok(Placed { seq: it.seq, at: TimeMs(it.at_ms), hash: it.hash, event })
            })
            .collect()
    }

    /// Stores bytes by their content. Waits for room while the disk is full.
    pub(crate) async fn put(&self, content: Vec<u8>) -> Result<BlobRef, StoreError> {
        let content = Arc::new(content);
        loop {
            let (ledger, bytes) = (self.ledger.clone(), content.clone());
            let put = tokio::task::spawn_blocking(move || ledger.put(&bytes)).await;
            match put.map_err(|_| StoreError::Gone)? {
                Ok(hash) => {
                    let size_bytes = content.len() as u64;
                    return Ok(BlobRef { hash: hash.to_string(), size_bytes });
                }
                Err(BlobError::Full) => tokio::time::sleep(FULL_RETRY).await,
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Stores bytes by their content, or says that the disk is full: somebody waits for the answer.
    pub(crate) async fn put_now(&self, content: Vec<u8>) -> Result<BlobRef, StoreError> {
        let size_bytes = content.len() as u64;
        let ledger = self.ledger.clone();
        let put = tokio::task::spawn_blocking(move || ledger.put(&content)).await;
        let hash = put.map_err(|_| StoreError::Gone)??;
        Ok(BlobRef { hash: hash.to_string(), size_bytes })
    }

    /// Stores a value as JSON by its content.
    pub(crate) async fn put_json<T: Serialize>(&self, value: &T) -> Result<BlobRef, StoreError> {
        self.put(serde_json::to_vec(value).expect("the daemon's own types are always JSON")).await
    }

    pub(crate) fn get(&self, blob: &BlobRef) -> Result<Vec<u8>, StoreError> {
        let hash: BlobHash = blob.hash.parse()?;
        Ok(self.ledger.get(&hash)?)
    }

    pub(crate) fn get_json<T: DeserializeOwned>(&self, blob: &BlobRef) -> Result<T, StoreError> {
        let place = || format!("blob {}", blob.hash);
        let bytes = self.get(blob)?;
        serde_json::from_slice(&bytes).map_err(|source| StoreError::Form { place: place(), source })
    }

    /// Keeps JSON in the event when it is small, in a blob otherwise.
    pub(crate) async fn pack(&self, json: String) -> Result<Payload, StoreError> {
        if json.len() <= INLINE_BYTES_MAX {
            return Ok(Payload::Inline(json));
        }
        Ok(Payload::Blob(self.put(json.into_bytes()).await?))
    }

    /// The JSON that `pack` was given.
    pub(crate) fn unpack(&self, payload: &Payload) -> Result<String, StoreError> {
        match payload {
            Payload::Inline(json) => Ok(json.clone()),
            Payload::Blob(blob) => {
                let bytes = self.get(blob)?;
                Ok(String::from_utf8_lossy(&bytes).into_owned())
            }
        }
    }
}
