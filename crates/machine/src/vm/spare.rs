//! A VM that waits for a task: woken from the template, and asked to do once what it will do then.
//!
//! The disk with its shares is empty, and is written when the task is known: nothing in the machine
//! has it mounted before.

use super::{Vm, VmSpec, Woken, begin, finish, greeting, shares, template};
use crate::jail::StartError;
use crate::jail::stream::{self, plain};
use crate::limits::{SPARE_VM_WAIT, START_WAIT};
use std::fs::File;
use std::io::Write;
use std::path::Path;
use tokio::net::UnixStream;
use wire::Asleep;

/// Dropping it kills it.
#[derive(Debug)]
pub struct VmSpare {
    /// All that decides whether it is what a task wants.
    template: String,
    shares: File,
    woken: Woken,
}

impl VmSpare {
    /// Makes one that is as `spec` says, but for what belongs to a task. What is written in it lies
    /// in `dir`, without a name.
    pub async fn start(spec: &VmSpec, dir: &Path) -> Result<Self, StartError> {
        let (own, dir) = (spec.clone(), dir.to_owned());
        let prepared = super::blocking(move || -> Result<_, StartError> {
            super::check(&own)?;
            let image = super::open_image(&own)?;
            let disk = shares::disk(&dir, &[])?;
            let key = template::name(&own, &image)?;
            Ok((super::parts(&own, &image, &dir, &disk)?, disk, key))
        });
        let (parts, shares, template) = prepared.await??;
        let mut woken = begin(spec, parts, None).await?;
        let waits = hear_asleep(&mut woken);
        match tokio::time::timeout(START_WAIT, waits).await {
            Ok(Ok(())) => Ok(Self { template, shares, woken }),
            Ok(Err(why)) => {
                let Woken { processes, diagnostics, .. } = woken;
                Err(super::restore_failed(&processes, diagnostics, why).await.into())
            }
            Err(_) => Err(StartError::Silent { seconds: START_WAIT.as_secs() }),
        }
    }

    /// Becomes the machine of a task, or makes way for a new one.
    pub async fn hand_over(self, spec: &VmSpec) -> Result<Vm, StartError> {
        match self.try_hand_over(spec).await {
            Some(vm) => Ok(vm),
            None => Vm::start(spec).await,
        }
    }

    /// `None`: it is not fit for this task, or not fit at all, and it is gone.
    pub async fn try_hand_over(self, spec: &VmSpec) -> Option<Vm> {
        let Self { template, shares, mut woken } = self;
        let own = spec.clone();
        let fitted = super::blocking(move || -> Result<_, StartError> {
            super::check(&own)?;
            let image = super::open_image(&own)?;
            if template::name(&own, &image)? != template {
                return Ok(None);
            }
            let prepared = shares::prepare(&own)?;
            shares::fill(&shares, &own.dir, &prepared)?;
            greeting(&own, &prepared).map(Some)
        });
        let Ok(Ok(Some((greeting, nonce)))) = fitted.await else { return None };
        let Woken { stream, .. } = &mut woken;
        stream.set_nonblocking(false).ok()?;
        stream.write_all(&greeting).ok()?;
        stream.set_nonblocking(true).ok()?;
        finish(spec, woken, nonce, SPARE_VM_WAIT).await.ok()
    }
}

async fn hear_asleep(woken: &mut Woken) -> Result<(), String> {
    let copy = woken.stream.try_clone().map_err(|error| error.to_string())?;
    let mut heard = UnixStream::from_std(copy).map_err(|error| error.to_string())?;
    let Asleep { generation } = stream::receive(&mut heard).await?;
    match generation {
        wire::GENERATION => Ok(()),
        other => Err(plain(&format!("the guest is of version {other}"))),
    }
}
