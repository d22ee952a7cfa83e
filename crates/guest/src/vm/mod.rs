//! The start in a VM: boot, fall asleep in a snapshot, wake up as somebody's machine.
//!
//! ```text
//! boot: file systems, modules, disks, root ─► Asleep      the host takes a snapshot here
//! wake: Wake ─► clock, chance, identity (─► rehearsal ─► Asleep, where no task is there yet)
//!       Setup ─► shares ─► locks ─► Ready ─► serve
//! ```
//! The end of this process is a panic of the kernel, and so the end of the machine.

mod boot;
mod rehearse;
mod upper;
mod view;
mod wake;

use crate::filter::Filter;
use crate::init::{At, Refusal, check_generation, open_doors};
use crate::serve::{self, Kept};
use crate::stream::Stream;
use crate::{lock, system, trust};
use std::os::fd::OwnedFd;
use std::process::ExitCode;
use wire::{Asleep, FromGuest, GENERATION, ToGuest, Wake};

pub(crate) use upper::send as send_upper;
pub(crate) use view::Layers;

/// What the boot leaves for the wake.
#[derive(Debug)]
pub(crate) struct Booted {
    /// The disk that will hold the shares, when there is a task.
    pub(crate) shares: OwnedFd,
    /// On the scratch disk.
    pub(crate) uppers: view::Uppers,
    pub(crate) filter: Filter,
    /// Open for writing: what each machine has its own of.
    pub(crate) own: wake::Own,
    /// How many processes the kernel bears, over those it began with.
    pub(crate) processes_max: u64,
}

/// Lives as the first process of a machine with a kernel of its own.
pub fn start() -> ExitCode {
    match boot::boot() {
        Ok(booted) => live(booted),
        Err(Refusal { stage, why }) => {
            // To the console, which the host keeps: there is no stream yet.
            let line = format!("legwork-guest: {stage}: {why}\n");
            let _ = rustix::io::write(rustix::stdio::stderr(), line.as_bytes());
            ExitCode::from(6)
        }
    }
}

fn live(booted: (OwnedFd, Booted)) -> ExitCode {
    let (port, booted) = booted;
    let mut stream = Stream::over(port);
    if stream.send_blocking(&Asleep { generation: GENERATION }).is_err() {
        return ExitCode::from(5);
    }
    let Ok(wake) = stream.receive_blocking::<Wake>() else { return ExitCode::from(4) };
    let woken = wake::become_new(&wake, &booted.own);
    if wake.rehearse {
        // What fails now fails again, and then there is somebody to be told.
        let played = woken.is_ok() && rehearse::rehearse(&booted).is_ok();
        if !played || stream.send_blocking(&Asleep { generation: GENERATION }).is_err() {
            return ExitCode::from(6);
        }
    }
    let Ok(ToGuest::Setup(setup)) = stream.receive_blocking() else { return ExitCode::from(4) };
    let disk = if wake.rehearse { view::Disk::Seen } else { view::Disk::Fresh };
    let prepared = woken.and_then(|()| prepare(&setup, booted, disk));
    match prepared {
        Ok(kept) => {
            let ready = FromGuest::Ready { generation: GENERATION, nonce: setup.nonce };
            if stream.send_blocking(&ready).is_err() {
                return ExitCode::from(5);
            }
            serve::serve(stream, &setup.limits, kept)
        }
        Err(Refusal { stage, why }) => {
            let unready = FromGuest::Unready { stage: stage.to_owned(), why };
            let _ = stream.send_blocking(&unready);
            // The host ends the machine when it has read this; a panic now could lose it.
            let _ = stream.receive_blocking::<ToGuest>();
            ExitCode::from(6)
        }
    }
}

fn prepare(setup: &wire::Setup, booted: Booted, disk: view::Disk) -> Result<Kept, Refusal> {
    check_generation(setup)?;
    if setup.limits.processes_max != booted.processes_max {
        wake::bound_processes(setup.limits.processes_max)?;
    }
    let written = view::make(setup, &booted, disk)?;
    if let Some(authority) = setup.doors.as_ref().and_then(|doors| doors.authority.as_deref()) {
        trust::write_bundle(authority)?;
    }
    system::place(&setup.files)?;
    let (environment, doors) = open_doors(setup)?;
    lock::down_in_own_kernel(&setup.limits, &booted.filter)?;
    let layers = Some(Layers::new(booted.uppers, written));
    Ok(Kept { environment, doors, layers, second: None })
}

/// A small file of the kernel or of the system, written whole.
fn write(path: &str, text: &str) -> Result<(), Refusal> {
    std::fs::write(path, text).at("view", path)
}
