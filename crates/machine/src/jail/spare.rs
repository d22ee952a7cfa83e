//! A machine that waits for a task: `bwrap` has made its namespaces, and the guest has read nothing
//! yet. Most of what a start takes is over by then.
//!
//! It does not know the task's folders, so it is given what they lie in: a few places of the host,
//! read-only, and the folder of all tasks. Nothing foreign runs before the guest has unmounted all
//! of that; removing the empty folder then proves it, as in every start. What a system without
//! layers is made of waits there too, so it can take packages as well. Whatever a spare is not fit
//! for is done by a new machine, never by a weaker one.

use super::bwrap::{self, Bind, Link};
use super::{Jail, JailSpec, Processes, StartError, greeting, prepare, spawner, spawner_gone};
use crate::limits::{SPARE_PLACES_MAX, SPARE_WAIT};
use crate::system::{self, Root, Stack};
use std::fs;
use std::io::{self, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use wire::ShareView;

/// What a spare machine can become.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpareSpec {
    pub guest: PathBuf,
    pub bwrap: PathBuf,
    /// Holds the folders of all tasks; it exists.
    pub tasks: PathBuf,
    /// Where shares may lie, such as the user's home. One that is not there is left out.
    pub places: Vec<PathBuf>,
    /// Where Legwork keeps grounds and layers. `None`: its task installs nothing.
    pub systems: Option<PathBuf>,
    /// As the tasks' machines have them.
    pub programs: Vec<PathBuf>,
}

/// A machine that waits. Dropping it ends it.
#[derive(Debug)]
pub struct Spare {
    spec: SpareSpec,
    stamps: Vec<Stamp>,
    stack: Stack,
    processes: Processes,
    link: Link,
}

/// Which file it was: another one of that name is another program.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Stamp {
    file: (u64, u64),
    changed: (i64, i64),
    bytes: u64,
}

impl Spare {
    /// Makes a machine that waits for its task. It has not shown yet that it can become one.
    pub async fn start(spec: &SpareSpec) -> Result<Self, StartError> {
        let mut spec = spec.clone();
        // The ground may take a second to make, and machines that are wanted now go first.
        let (systems, programs) = (spec.systems.clone(), spec.programs.clone());
        let prepared = move || system::prepare_spare(systems.as_deref(), &programs);
        let gone = |_| StartError::Spawn { source: io::Error::other("the thread is gone") };
        let stack = tokio::task::spawn_blocking(prepared).await.map_err(gone)?;
        let stack = stack.map_err(|source| StartError::System { source })?;
        let launched = spawner::on_spawner(move || {
            let stamps = stamps(&spec)?;
            let failed = |source| StartError::TaskFolder { path: spec.tasks.clone(), source };
            spec.tasks = fs::canonicalize(&spec.tasks).map_err(failed)?;
            spec.places.retain_mut(|place| match fs::canonicalize(&*place) {
                Ok(path) => {
                    *place = path;
                    place.is_dir()
                }
                Err(_) => false,
            });
            spec.places.truncate(SPARE_PLACES_MAX);
            let binds = binds(&spec, &stack);
            let started = bwrap::start(&spec.bwrap, &spec.guest, Path::new("/"), &binds, &[])?;
            Ok((started, stamps, spec, stack))
        });
        let (started, stamps, spec, stack) =
            launched.await.unwrap_or_else(|| Err(spawner_gone()))?;
        let bwrap::Started { processes, link } = started;
        Ok(Self { spec, stamps, stack, processes, link })
    }

    /// Becomes the machine of a task, or makes way for a new one.
    pub async fn hand_over(self, spec: &JailSpec) -> Result<Jail, StartError> {
        match self.try_hand_over(spec).await {
            Some(jail) => Ok(jail),
            None => Jail::start(spec).await,
        }
    }

    /// `None`: it is not fit for this task, or not fit at all, and it is gone.
    pub async fn try_hand_over(self, spec: &JailSpec) -> Option<Jail> {
        let Self { spec: own, stamps: before, stack: known, processes, mut link } = self;
        let copy = spec.clone();
        let fitted = tokio::task::spawn_blocking(move || {
            let is_same = stamps(&own).is_ok_and(|now| now == before);
            let (shares, upper) = fit(&own, &copy).filter(|_| is_same)?;
            let stack = system::prepare(&copy).ok()?;
            if !known.holds(&stack) {
                return None;
            }
            greeting(&copy, &stack, shares, upper).ok()
        });
        let greeted = match fitted.await {
            Ok(Some((greeting, nonce))) => link.stream.write_all(&greeting).ok().map(|()| nonce),
            Ok(None) | Err(_) => None,
        };
        let Some(nonce) = greeted else {
            processes.kill();
            processes.wait().await;
            return None;
        };
        Jail::finish(spec, processes, link, nonce, SPARE_WAIT).await.ok()
    }
}

fn binds(spec: &SpareSpec, stack: &Stack) -> Vec<Bind> {
    let place = |(number, path): (usize, &PathBuf)| Bind {
        path: path.clone(),
        at: Path::new("places").join(number.to_string()),
        writable: false,
    };
    let tasks = Bind { path: spec.tasks.clone(), at: "tasks".into(), writable: true };
    let places = spec.places.iter().enumerate().map(place);
    places.chain([tasks]).chain(bwrap::ground_binds(stack)).collect()
}

fn stamps(spec: &SpareSpec) -> Result<Vec<Stamp>, StartError> {
    if !spec.bwrap.is_file() {
        return Err(StartError::BwrapMissing { path: spec.bwrap.clone() });
    }
    let stamp = |path: &PathBuf| -> io::Result<Stamp> {
        let found = fs::metadata(path)?;
        Ok(Stamp {
            file: (found.dev(), found.ino()),
            changed: (found.ctime(), found.ctime_nsec()),
            bytes: found.len(),
        })
    };
    let programs = prepare::programs(&spec.guest)?;
    programs
        .iter()
        .map(stamp)
        .collect::<io::Result<_>>()
        .map_err(|source| StartError::Spawn { source })
}

/// Where the spare finds the task's folders; `None` if it can't. Why is for the new machine to say.
fn fit(own: &SpareSpec, spec: &JailSpec) -> Option<(Vec<ShareView>, Vec<u8>)> {
    if own.guest != spec.guest || own.bwrap != spec.bwrap {
        return None;
    }
    // An image lies where no spare was told to look.
    if spec.root != Root::Host {
        return None;
    }
    let shares = prepare::prepare(spec).ok()?;
    let dir = fs::canonicalize(&spec.dir).ok()?;
    let upper = Path::new("tasks").join(dir.strip_prefix(&own.tasks).ok()?).join("upper");
    let view = |share: &prepare::Prepared| {
        let mut found = own.places.iter().enumerate().filter_map(|(number, place)| {
            let rest = share.path.strip_prefix(place).ok()?;
            Some(Path::new("places").join(number.to_string()).join(rest))
        });
        let at = found.next()?.as_os_str().as_bytes().to_owned();
        Some(ShareView { at, ..share.view.clone() })
    };
    let views = shares.iter().map(view).collect::<Option<_>>()?;
    Some((views, upper.as_os_str().as_bytes().to_owned()))
}
