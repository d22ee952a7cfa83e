//! A file that a helper made, taken into the view of the task whose helper it is.
//!
//! It is read from what the helper's machine left behind, as hostile as any machine, and written
//! by a program in the task's own machine: it becomes a change of the task like any other, which
//! the person reviews. Its bytes are kept in the ledger's store, so that what was taken can be
//! told from what became of it.

use crate::artifact;
use crate::edges::Broken;
use crate::limits::{TAKEN_BYTES_MAX, TAKEN_PART_BYTES};
use crate::office::Office;
use crate::words;
use api::{FileAsked, FileSide};
use machine::{Feed, Machine};
use serde::Deserialize;
use std::sync::Arc;
use task::{BlobRef, Task, TaskId};
use tokio::sync::mpsc;
use wire::{Exec, ExecInput, PathText, Reply, Request};

#[derive(Deserialize)]
struct Args {
    helper: String,
    path: String,
    to: Option<String>,
}

/// What is taken and where it goes.
#[derive(Debug)]
pub(crate) struct Taken {
    helper: TaskId,
    from: String,
    to: String,
    bytes: Vec<u8>,
    blob: BlobRef,
}

/// Fetches the file that a call of `take_file` names; the error is for the model.
pub(crate) async fn fetch(
    office: &Arc<Office>,
    (task, id): (&Task, &TaskId),
    args: &str,
) -> Result<Taken, String> {
    let args: Args = serde_json::from_str(args).map_err(|error| error.to_string())?;
    let own = task.helpers().map(|(call, hired)| (id.of_helper(call), hired));
    let found = own.into_iter().find(|(name, _)| name.as_str() == args.helper);
    let Some((helper, hired)) = found else {
        return Err(format!("{} is no helper of this task", args.helper));
    };
    if hired.used.is_none() {
        return Err(format!("the helper {helper} has not ended yet"));
    }
    let to = args.to.unwrap_or_else(|| args.path.clone());
    let share = to.split('/').next().unwrap_or_default();
    if !task.boundary().is_some_and(|it| it.writes.iter().any(|name| name == share)) {
        return Err(format!("you may not write in {share:?}"));
    }
    let live = office.fetch(&helper).await.map_err(|error| words::short(&error))?;
    let asked = FileAsked { path: args.path.clone(), side: FileSide::After };
    let dir = office.task_dir(&helper);
    let read = artifact::bytes(office.store(), &dir, live.shared(), asked, TAKEN_BYTES_MAX);
    let bytes = read.await.map_err(|error| words::short(&error))?;
    let blob = office.store().put(bytes.clone()).await.map_err(|error| error.to_string())?;
    Ok(Taken { helper, from: args.path, to, bytes, blob })
}

/// Writes it in a machine; what the model is told.
pub(crate) async fn write(taken: Taken, machine: &Arc<dyn Machine>) -> Result<String, Broken> {
    const SCRIPT: &str = "mkdir -p -- \"$(dirname -- \"$1\")\" && cat > \"$1\"";
    /// For a slow disk; the file is bounded.
    const TIMEOUT_MS: u64 = 60_000;
    let Taken { helper, from, to, bytes, blob } = taken;
    let refused = |why: &str| Broken::Refused(why.to_owned());
    let path =
        PathText(to.clone()).to_bytes().map_err(|error| Broken::Refused(error.to_string()))?;
    let path = String::from_utf8(path).map_err(|_| refused("its name is no text"))?;
    if path.split('/').any(|part| matches!(part, "" | "." | "..")) {
        return Err(refused("`to` is a path such as Folder/name.txt"));
    }
    let argv = ["/bin/sh", "-c", SCRIPT, "sh", &format!("/folders/{path}")].map(str::to_owned);
    let mut exec = Exec::new(argv.to_vec(), "/folders", TIMEOUT_MS);
    exec.input = ExecInput::Stream;
    let (sender, feed) = mpsc::channel(1);
    let fed = async move {
        for part in bytes.chunks(TAKEN_PART_BYTES) {
            // A program that ended early is told by its reply.
            if sender.send(Feed::Bytes(part.to_vec())).await.is_err() {
                break;
            }
        }
    };
    let call = machine.call(Request::Exec(exec), Some(feed), &|_| ());
    let (reply, ()) = tokio::join!(call, fed);
    match reply.map_err(|error| Broken::Died(words::call(&error)))? {
        Reply::Exited { code: 0, .. } => Ok(format!(
            "Taken from helper {helper}: {from} is now {to}, {} bytes, content {}.",
            blob.size_bytes, blob.hash
        )),
        Reply::Exited { .. } => Err(refused("it could not be written there")),
        Reply::Failed { why, .. } => Err(Broken::Refused(why)),
        Reply::Result { .. } => Err(refused("the machine answered something else")),
    }
}
