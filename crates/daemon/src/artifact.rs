//! The bytes of a file that a task changed, for a window that shows it. Links are not followed.

use crate::live::Shared;
use crate::review;
use crate::store::Store;
use api::{ErrorKind, FileAsked, FileSide, UserError};
use machine::changes::{ChangeList, Side, Which, read_side};
use std::path::Path;
use std::sync::Arc;

/// All bytes of one version, if there are no more than `limit`.
pub(crate) async fn bytes(
    store: &Store,
    dir: &Path,
    shared: &Arc<Shared>,
    asked: FileAsked,
    limit: usize,
) -> Result<Vec<u8>, UserError> {
    let task = shared.read(|driver, _| driver.task().clone());
    let (store, dir, path) = (store.clone(), dir.to_owned(), asked.path.clone());
    let read = move || read_now(&store, &dir, &task, &asked, limit);
    let read = tokio::task::spawn_blocking(read).await.unwrap_or_else(|why| Err(why.to_string()));
    match read {
        Ok(Some(bytes)) => Ok(bytes),
        Ok(None) => {
            let what = format!("{path} is not among the files of task {}", shared.id);
            Err(UserError::new(ErrorKind::User, "change-unknown", what))
        }
        Err(why) => {
            let what = format!("{path} cannot be shown");
            Err(UserError::new(ErrorKind::Unavailable, "file-unshown", what).cause(why))
        }
    }
}

fn read_now(
    store: &Store,
    dir: &Path,
    task: &task::Task,
    asked: &FileAsked,
    limit: usize,
) -> Result<Option<Vec<u8>>, String> {
    let (blob, _) = task.changes().ok_or("the changes are not listed yet")?;
    let list: ChangeList = store.get_json(blob).map_err(|error| error.to_string())?;
    let Some(change) = list.changes.iter().find(|it| it.path.0 == asked.path) else {
        return Ok(None);
    };
    let bases = review::bases(store, task)?;
    let states = review::states(&bases, dir);
    let name = asked.path.split('/').next().unwrap_or_default();
    let share = states.iter().find(|it| it.name == name).ok_or("its folder is not known")?;
    let which = match asked.side {
        FileSide::Before => Which::Before,
        FileSide::After => Which::After,
    };
    match read_side(share, &dir.join("applies"), change, which, limit) {
        Ok(Side::File { bytes, size_bytes }) if bytes.len() as u64 == size_bytes => Ok(Some(bytes)),
        Ok(Side::File { .. }) => Err("it is too large to be shown here".to_owned()),
        Ok(Side::Link(_) | Side::Absent | Side::Folder | Side::Other) => Ok(None),
        Err(error) => Err(error.to_string()),
    }
}
