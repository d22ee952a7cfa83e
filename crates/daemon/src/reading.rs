//! A machine that sees nothing but versions of one file, in which what they hold is read.
//!
//! Every file that a task made is a foreign document: the daemon hands its bytes in, and takes what
//! the reader says as data. Each reading has a machine of its own, which ends with it.

use crate::edges::Edges;
use crate::limits::{PICTURE_BYTES_MAX, READING_TIME_MS, READINGS_MAX};
use machine::{Happening, JailShare, Machine};
use serde::de::DeserializeOwned;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use task::MachineWish;
use tokio::sync::{Semaphore, SemaphorePermit};
use wire::{Exec, GuestTool, Output, Reply, Request};

/// Where readings are made; only so many at once.
#[derive(Debug)]
pub(crate) struct Room {
    places: Semaphore,
    opened: AtomicU64,
}

/// A machine with the versions of one file in `/folders/sides`.
#[derive(Debug)]
pub(crate) struct Reading<'a> {
    machine: Arc<dyn Machine>,
    _folder: Folder,
    _place: SemaphorePermit<'a>,
}

/// A folder that goes with whoever has it.
#[derive(Debug)]
struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        // What stays behind is removed with the task's folder.
        let _ = fs::remove_dir_all(&self.0);
    }
}

impl Default for Room {
    fn default() -> Self {
        Self { places: Semaphore::new(READINGS_MAX), opened: AtomicU64::new(0) }
    }
}

impl Room {
    /// Starts a machine with these files, each by the name that it is to have; as well isolated as
    /// the task's own.
    pub(crate) async fn open(
        &self,
        edges: &Edges,
        wish: MachineWish,
        dir: &Path,
        files: Vec<(String, Vec<u8>)>,
    ) -> Result<Reading<'_>, String> {
        let place = self.places.acquire().await.map_err(|closed| closed.to_string())?;
        let number = self.opened.fetch_add(1, Ordering::Relaxed);
        let folder = Folder(dir.join("review").join(number.to_string()));
        let (sides, machine) = (folder.0.join("sides"), folder.0.join("machine"));
        let (at, dir) = (sides.clone(), machine.clone());
        let written = tokio::task::spawn_blocking(move || write(&at, &dir, &files));
        written.await.map_err(|why| why.to_string())?.map_err(|why| why.to_string())?;
        let mut spec = edges.jail_spec(&[])?;
        spec.dir = machine;
        spec.shares = vec![JailShare { name: "sides".to_owned(), host: sides, writable: false }];
        let machine = edges.another_machine(wish, &spec).await?;
        Ok(Reading { machine, _folder: folder, _place: place })
    }
}

fn write(sides: &Path, machine: &Path, files: &[(String, Vec<u8>)]) -> io::Result<()> {
    fs::create_dir_all(sides)?;
    fs::create_dir_all(machine)?;
    files.iter().try_for_each(|(name, bytes)| fs::write(sides.join(name), bytes))
}

impl Reading<'_> {
    /// What a tool of the guest says of the file with this name.
    pub(crate) async fn ask<T: DeserializeOwned>(
        &self,
        tool: GuestTool,
        name: &str,
    ) -> Result<T, String> {
        let args = match tool {
            GuestTool::ReadDocument => {
                serde_json::json!({ "path": format!("sides/{name}"), "marks": true })
            }
            _ => serde_json::json!({ "path": format!("sides/{name}") }),
        };
        let request = Request::Tool { tool, args: args.to_string(), timeout_ms: READING_TIME_MS };
        match self.machine.call(request, None, &|_| ()).await {
            Ok(Reply::Result { json, .. }) => {
                serde_json::from_str(&json).map_err(|why| why.to_string())
            }
            Ok(Reply::Failed { why, .. }) => Err(plain(&why, name)),
            Ok(Reply::Exited { .. }) => Err("its reader answered something else".to_owned()),
            Err(error) => Err(error.to_string()),
        }
    }

    /// What a program of this computer prints in the machine, if it ends well and in bounds.
    pub(crate) async fn run(&self, argv: &[&str]) -> Option<Vec<u8>> {
        let argv = argv.iter().map(|&it| it.to_owned()).collect();
        let exec = Exec::new(argv, "/folders/sides", READING_TIME_MS);
        let printed = Mutex::new(Vec::new());
        let take = |happening| {
            let Happening::Output(Output::Stdout(bytes)) = happening else { return };
            if let Ok(mut printed) = printed.lock()
                && printed.len() <= PICTURE_BYTES_MAX
            {
                printed.extend_from_slice(&bytes);
            }
        };
        let reply = self.machine.call(Request::Exec(exec), None, &take).await;
        let is_well =
            matches!(reply, Ok(Reply::Exited { code: 0, timed_out: false, dropped_bytes: 0 }));
        let printed = printed.into_inner().ok()?;
        (is_well && printed.len() <= PICTURE_BYTES_MAX).then_some(printed)
    }

    pub(crate) async fn end(self) {
        // Nothing could be written in it.
        let _ = self.machine.stop().await;
    }
}

/// A reason without the name that the file has in the machine, which nobody gave it.
fn plain(why: &str, name: &str) -> String {
    let path = format!("sides/{name}: ");
    why.replace(&path, "")
}
