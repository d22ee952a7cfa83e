//! The machine of one task while it stands: who uses it, and whether what was written is safe.
//!
//! What is written in a jail lies on the host at once. A virtual machine keeps it until it is
//! brought home, and that ends what still runs in it; so it is done when nobody uses the machine.
//! Meanwhile a file in the task's folder remembers that something would be lost with the machine.

use crate::clock;
use crate::door::Doorkeeper;
use crate::limits::SAVE_COST_FACTOR;
use crate::machines::Made;
use machine::{CollectError, Machine};
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use task::{Isolation, TimeMs};

/// What a person or a mind is told when something was lost.
pub(crate) const LOST: &str = "the virtual machine ended before all that was written in it was \
                               saved, so the latest part of it is lost; your folders are as they \
                               were: look at what is there, or run the task again";

/// A machine that somebody may use: whoever does holds a clone of `machine`.
#[derive(Debug)]
pub(crate) struct Stands {
    pub(crate) machine: Arc<dyn Machine>,
    pub(crate) isolation: Isolation,
    /// A mind that runs no programs has none.
    pub(crate) door: Option<Doorkeeper>,
    marker: Marker,
    /// When it was saved last, and how long that took.
    saved_at: TimeMs,
    save_ms: u64,
}

impl Stands {
    pub(crate) fn new(made: Made, mut door: Option<Doorkeeper>, dir: &Path) -> Self {
        let Made { machine, isolation } = made;
        if let (Some(door), Some(connections)) = (&mut door, machine.connections()) {
            door.keep(connections);
        }
        let marker = Marker::of(dir);
        Self { machine, isolation, door, marker, saved_at: TimeMs(0), save_ms: 0 }
    }

    /// Nobody but the caller, who holds `holds` clones, uses it.
    pub(crate) fn is_idle(&self, holds: usize) -> bool {
        Arc::strong_count(&self.machine) <= holds + 1
    }

    /// Something is about to be written in it.
    pub(crate) fn will_be_written(&self) -> io::Result<()> {
        match self.isolation {
            Isolation::Jail => Ok(()),
            Isolation::Vm | Isolation::VmEmulated => self.marker.set(),
        }
    }

    /// Saves what was written, where that is due. Saving much all the time would take longer than
    /// the work itself, so it is done less often the longer it takes.
    pub(crate) async fn save_if_due(&mut self) {
        let began = clock::now();
        let is_due = began.since(self.saved_at) >= self.save_ms.saturating_mul(SAVE_COST_FACTOR);
        if !is_due || !self.marker.is_set() {
            return;
        }
        match self.machine.save().await {
            Ok(()) => self.marker.remove(),
            // Nothing is lost yet; if the machine ends, the file in the folder tells.
            Err(error) => tracing::warn!(%error, "what was written could not be saved"),
        }
        self.saved_at = clock::now();
        self.save_ms = self.saved_at.since(began);
    }

    /// Saves and ends it. The error: something was lost.
    pub(crate) async fn stop(self) -> Result<(), CollectError> {
        let stopped = self.machine.stop().await;
        if stopped.is_ok() {
            self.marker.remove();
        }
        stopped
    }
}

/// The file that says that something in a machine of this task is not saved.
#[derive(Debug)]
pub(crate) struct Marker(PathBuf);

impl Marker {
    pub(crate) fn of(dir: &Path) -> Self {
        Self(dir.join("unsaved"))
    }

    pub(crate) fn is_set(&self) -> bool {
        self.0.exists()
    }

    fn set(&self) -> io::Result<()> {
        if self.is_set() {
            return Ok(());
        }
        File::create(&self.0)?.sync_all()?;
        // A power cut must not take the file and leave the record of the call.
        self.0.parent().map_or(Ok(()), |dir| File::open(dir)?.sync_all())
    }

    pub(crate) fn remove(&self) {
        // If it stays, a person is told of a loss that was none.
        if let Err(error) = std::fs::remove_file(&self.0)
            && error.kind() != io::ErrorKind::NotFound
        {
            tracing::warn!(%error, "a machine's mark could not be removed");
        }
    }
}
