//! Where a file comes from: fetches the events, which `task` then follows back.

use crate::limits::{LOG_PAGE, PROVENANCE_ARGS_BYTES_MAX};
use crate::live::Shared;
use crate::store::{Store, StoreError};
use crate::words;
use api::{ErrorKind, UserError};
use machine::changes::ChangeList;
use std::sync::Arc;
use task::provenance::{self, Provenance};
use task::{BlobRef, Event, TaskId};

pub(crate) async fn trace(
    store: &Store,
    shared: &Arc<Shared>,
    path: String,
) -> Result<Provenance, UserError> {
    let changes = shared.read(|driver, _| driver.task().changes().map(|(blob, _)| blob.clone()));
    let (store, id) = (store.clone(), shared.id.clone());
    let traced = tokio::task::spawn_blocking(move || {
        let path = path.trim_end_matches('/').to_owned();
        if let Some(blob) = changes {
            let list: ChangeList = store.get_json(&blob).map_err(|error| words::store(&error))?;
            if !list.changes.iter().any(|change| change.path.0 == path) {
                return Err(unknown(&path, &id));
            }
        }
        let events = events(&store, &id).map_err(|error| words::store(&error))?;
        let read = |blob: &BlobRef| {
            let is_small = blob.size_bytes <= PROVENANCE_ARGS_BYTES_MAX;
            let bytes = is_small.then(|| store.get(blob).ok()).flatten()?;
            String::from_utf8(bytes).ok()
        };
        Ok(provenance::trace(&path, &events, read))
    });
    traced.await.unwrap_or_else(|why| {
        let what = "where the file comes from could not be found out";
        Err(UserError::new(ErrorKind::Bug, "provenance-failed", what).cause(why))
    })
}

pub(crate) fn unknown(path: &str, id: &TaskId) -> UserError {
    let what = format!("{path} is not among the changes of task {id}");
    UserError::new(ErrorKind::User, "change-unknown", what)
        .next(format!("`legwork changes {id}` lists them"))
}

fn events(store: &Store, id: &TaskId) -> Result<Vec<Event>, StoreError> {
    let mut events = Vec::new();
    let mut after = 0;
    loop {
        let page = store.read(id, after, LOG_PAGE)?;
        let Some(last) = page.last() else { return Ok(events) };
        after = last.seq;
        events.extend(page.into_iter().map(|it| it.event));
    }
}
