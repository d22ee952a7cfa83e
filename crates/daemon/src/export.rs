//! A task as one archive: its events, what they refer to, and the files it made.

use crate::live::Shared;
use crate::store::{Store, StoreError};
use crate::words;
use api::UserError;
use std::collections::BTreeSet;
use std::path::Path;
use task::{BlobRef, Event, MindRef, Payload, TimeMs};

/// Bytes of all blobs and files in an archive; what is over is listed in `LEFT_OUT.txt`.
const ARCHIVE_BYTES_MAX: u64 = 512 * 1024 * 1024;

/// A tar archive: `events.jsonl` with each event's position and chain hash, and `blobs/HASH`.
pub(crate) fn archive(
    store: &Store,
    shared: &Shared,
    _dir: &Path,
    now: TimeMs,
) -> Result<Vec<u8>, UserError> {
    build(store, shared, now).map_err(|error| words::store(&error))
}

fn build(store: &Store, shared: &Shared, now: TimeMs) -> Result<Vec<u8>, StoreError> {
    let stored = store.read(&shared.id, 0, usize::MAX)?;
    let mut lines = String::new();
    let mut blobs: BTreeSet<BlobRef> = BTreeSet::new();
    for it in &stored {
        collect(&it.event, &mut blobs);
        let line = serde_json::json!({
            "seq": it.seq, "at": it.at, "hash": words::hex(&it.hash), "event": it.event,
        });
        lines += &line.to_string();
        lines.push('\n');
    }
    let mut tar = tar::Builder::new(Vec::new());
    let root = format!("legwork-{}", shared.id);
    let mtime = now.0 / 1000;
    put(&mut tar, &format!("{root}/events.jsonl"), lines.as_bytes(), mtime)?;
    let (mut total, mut left_out) = (0u64, String::new());
    for blob in blobs {
        total = total.saturating_add(blob.size_bytes);
        if total > ARCHIVE_BYTES_MAX {
            left_out += &format!("{} {} bytes\n", blob.hash, blob.size_bytes);
            continue;
        }
        let bytes = store.get(&blob)?;
        put(&mut tar, &format!("{root}/blobs/{}", blob.hash), &bytes, mtime)?;
    }
    if !left_out.is_empty() {
        put(&mut tar, &format!("{root}/LEFT_OUT.txt"), left_out.as_bytes(), mtime)?;
    }
    tar.into_inner().map_err(|_| StoreError::Gone)
}

fn put(
    tar: &mut tar::Builder<Vec<u8>>,
    path: &str,
    bytes: &[u8],
    mtime: u64,
) -> Result<(), StoreError> {
    let mut header = tar::Header::new_gnu();
    header.set_size(bytes.len() as u64);
    header.set_mode(0o644);
    header.set_mtime(mtime);
    tar.append_data(&mut header, path, bytes).map_err(|_| StoreError::Gone)
}

/// The blobs that an event refers to.
fn collect(event: &Event, blobs: &mut BTreeSet<BlobRef>) {
    let mut payload = |payload: &Payload| {
        if let Payload::Blob(blob) = payload {
            blobs.insert(blob.clone());
        }
    };
    match event {
        Event::TaskCreated { mind: MindRef::Playbook { source, .. }, .. } => {
            blobs.insert(source.clone());
        }
        Event::MachineReady { bases, .. } => {
            blobs.extend(bases.iter().map(|base| base.manifest.clone()));
        }
        Event::ModelAnswered { calls, turn, .. } => {
            calls.iter().for_each(|call| payload(&call.args));
            turn.iter().for_each(|turn| payload(&turn.answer));
        }
        Event::CallEnded { result, .. } => payload(result),
        Event::CheckBound { args, .. } => payload(args),
        Event::ChangesFound { changes, .. } => {
            blobs.insert(changes.clone());
        }
        Event::ApplyEnded { report, .. } | Event::UndoEnded { report, .. } => {
            blobs.insert(report.clone());
        }
        Event::TaskCreated { mind: MindRef::Model { .. }, .. }
        | Event::ModelFailed { .. }
        | Event::AnswerDropped { .. }
        | Event::SentBack { .. }
        | Event::ContextShortened { .. }
        | Event::Noted { .. }
        | Event::MachineMissed { .. }
        | Event::MachineWished { .. }
        | Event::EgressGranted { .. }
        | Event::EgressRevoked { .. }
        | Event::WritesSet { .. }
        | Event::BudgetSet { .. }
        | Event::PutAway { .. }
        | Event::EgressAsked { .. }
        | Event::EgressAnswered { .. }
        | Event::EgressUsed { .. }
        | Event::PlanProposed { .. }
        | Event::PlanEdited { .. }
        | Event::PlanDecided { .. }
        | Event::BoundaryGranted { .. }
        | Event::QuestionAsked { .. }
        | Event::QuestionAnswered { .. }
        | Event::ContentNamed { .. }
        | Event::CallHeld { .. }
        | Event::Briefed { .. }
        | Event::BackgroundLost { .. }
        | Event::BackgroundEnded { .. }
        | Event::StepReached { .. }
        | Event::CallStarted { .. }
        | Event::CheckStarted { .. }
        | Event::CheckEnded { .. }
        | Event::UserSpoke { .. }
        | Event::Steered { .. }
        | Event::BecameHelper { .. }
        | Event::HelperHired { .. }
        | Event::HelperWaits { .. }
        | Event::HelperEnded { .. }
        | Event::WorkEnded { .. }
        | Event::TaskRested { .. }
        | Event::ApplyStarted { .. }
        | Event::UndoStarted { .. }
        | Event::UndoFailed { .. } => (),
    }
}
