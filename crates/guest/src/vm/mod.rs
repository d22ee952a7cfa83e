//! The start in a VM: boot, fall asleep in a snapshot, wake up as somebody's machine.
//!
//! ```text
//! boot: file systems, modules, disks, root ─► Asleep      the host takes a snapshot here
//! wake: Wake, Setup ─► clock, chance, identity ─► shares ─► locks ─► Ready ─► serve
//! ```
//! The end of this process is a panic of the kernel, and so the end of the machine.

mod boot;
mod upper;
mod view;
mod wake;

use crate::filter::Filter;
use crate::init::{At, Refusal, check_generation, open_doors};
use crate::serve::{self, Kept};
use crate::stream::Stream;
use crate::{lock, system, trust};
use std::io;
use std::os::fd::OwnedFd;
use std::process::ExitCode;
use wire::{Asleep, FromGuest, GENERATION, ToGuest, Wake};

pub(crate) use upper::send as send_upper;

/// What the boot leaves for the wake.
#[derive(Debug)]
pub(crate) struct Booted {
    pub(crate) port: OwnedFd,
    /// The disk that will hold the shares, when there is a task.
    pub(crate) shares: OwnedFd,
    /// The folder on the scratch disk for what is written in shares.
    pub(crate) uppers: OwnedFd,
    pub(crate) filter: Filter,
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

fn live(booted: Booted) -> ExitCode {
    let mut stream = Stream::over(booted.port);
    if stream.send_blocking(&Asleep { generation: GENERATION }).is_err() {
        return ExitCode::from(5);
    }
    let heard = hear(&mut stream);
    let Ok((wake, setup)) = heard else { return ExitCode::from(4) };
    let disks = (booted.shares, booted.uppers);
    let prepared = prepare(&wake, &setup, (&disks.0, &disks.1), &booted.filter);
    drop(disks);
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

fn hear(stream: &mut Stream) -> io::Result<(Wake, wire::Setup)> {
    let wake = stream.receive_blocking()?;
    match stream.receive_blocking()? {
        ToGuest::Setup(setup) => Ok((wake, setup)),
        _ => Err(io::Error::other("no setup")),
    }
}

fn prepare(
    wake: &Wake,
    setup: &wire::Setup,
    (shares, uppers): (&OwnedFd, &OwnedFd),
    filter: &Filter,
) -> Result<Kept, Refusal> {
    check_generation(setup)?;
    wake::become_new(wake)?;
    wake::bound_processes(&setup.limits)?;
    let uppers = view::make(setup, shares, uppers)?;
    if let Some(authority) = setup.doors.as_ref().and_then(|doors| doors.authority.as_deref()) {
        trust::write_bundle(authority)?;
    }
    system::place(&setup.files, setup.system)?;
    let (environment, doors) = open_doors(setup)?;
    lock::down_in_own_kernel(&setup.limits, filter)?;
    Ok(Kept { environment, doors, uppers, second: None })
}

/// A small file of the kernel or of the system, written whole.
fn write(path: &str, text: &str) -> Result<(), Refusal> {
    std::fs::write(path, text).at("view", path)
}
