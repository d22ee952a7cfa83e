//! Gives back what tasks and machines left on the disk and nobody needs: at the daemon's start what
//! was interrupted, and when a person asks what ended tasks installed.
//!
//! What a task wrote in copies of folders stays: it is what can be reviewed, applied and undone.

use crate::config::Config;
use crate::office::Office;
use crate::words;
use api::{ErrorKind, FreeBody, UserError};
use machine::system::{self, Root};
use std::io;
use std::path::{Path, PathBuf};
use task::TaskId;

/// Ends and removes what a killed daemon left: for its tasks, and of an image that it made. No
/// machine stands yet, and nobody can have one made.
pub(crate) fn interrupted(state: &Path, config: &Config) {
    machine::image::forget_interrupted(&config.images(), &config.image_programs);
    match machine::end_orphans(state) {
        0 => {}
        ended => tracing::warn!(ended, "machines that were never finished were ended"),
    }
    for dir in std::fs::read_dir(state.join("tasks")).into_iter().flatten().flatten() {
        let dir = dir.path();
        let swept = machine::clear(&dir.join("review")).and(system::clear_discarded(&dir));
        told(swept, &dir);
    }
}

/// Removes what belongs to systems and images that are no more. Machines may stand: they are made
/// of what is there now.
pub(crate) fn outdated(config: &Config) {
    let systems = config.systems();
    told(system::tidy(&systems, &[Root::Host]), &systems);
    let templates = config.templates();
    told(machine::forget_templates(&templates, &config.images()), &templates);
}

/// What can't be removed now may be at the next start, and harms nobody until then.
fn told(swept: io::Result<()>, place: &Path) {
    if let Err(error) = swept {
        tracing::warn!(%error, place = %place.display(), "something was left that nobody needs");
    }
}

impl Office {
    /// Removes what one task that has ended installed, or all such tasks.
    pub(crate) async fn free(&self, body: FreeBody) -> Result<(), UserError> {
        let ids = match body.task {
            Some(name) => vec![self.ended(&name).await?],
            None => {
                let all = self.list().map_err(|error| words::store(&error))?;
                all.iter().filter_map(|line| line.id.parse().ok()).collect()
            }
        };
        let mut aside: Vec<PathBuf> = vec![];
        for id in &ids {
            let dir = self.task_dir(id);
            // Whoever is about to start a machine waits for this, or is not disturbed by it.
            let set = match self.resting_edges(id, &dir) {
                Ok(None) => Ok(true),
                Ok(Some(edges)) => edges.discard_system().await,
                Err(error) => Err(error),
            };
            match set {
                Ok(true) => aside.push(dir),
                Ok(false) => {}
                Err(error) => return Err(unfreed(id, &error)),
            }
        }
        let cleared = move || aside.iter().try_for_each(|dir| system::clear_discarded(dir));
        match tokio::task::spawn_blocking(cleared).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(unremoved().cause(error)),
            Err(error) => Err(unremoved().cause(error)),
        }
    }

    async fn ended(&self, name: &str) -> Result<TaskId, UserError> {
        let unknown = || {
            let what = format!("there is no task {}", words::one_line(name));
            UserError::new(ErrorKind::User, "task-unknown", what)
                .next("see which there are: `legwork list`")
        };
        let id: TaskId = name.parse().map_err(|_| unknown())?;
        let live = self.fetch(&id).await?;
        if live.shared().read(|driver, _| driver.task().is_resting()) {
            return Ok(id);
        }
        let what = format!("task {id} is still under way");
        Err(UserError::new(ErrorKind::User, "room-used", what)
            .cause("what it installs is in use until it has ended")
            .next(format!("wait for it with `legwork watch {id}`")))
    }
}

fn unremoved() -> UserError {
    let what = "what was installed could not all be removed";
    UserError::new(ErrorKind::Unavailable, "room-unfreed", what)
        .next("try again; Legwork tries at its next start as well")
}

fn unfreed(id: &TaskId, error: &io::Error) -> UserError {
    unremoved().cause(format!("task {id}: {error}"))
}
