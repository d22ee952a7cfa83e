//! What every machine can do, whatever it is made of.

use crate::jail::{CallError, Connections, Feed, Happening};
use crate::vm::CollectError;
use std::fmt::Debug;
use std::future::Future;
use std::pin::Pin;
use tokio::sync::mpsc;
use wire::{Reply, Request};

/// What will be, of a machine whose kind is not known.
pub type Answer<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// A running machine. Dropping it kills everything in it.
pub trait Machine: Debug + Send + Sync {
    /// Asks for something and waits for its reply. Dropping the future cancels the call. While its
    /// caller does not take what happened, the whole machine waits. `feed` is for a program that is
    /// fed while it runs.
    fn call<'a>(
        &'a self,
        request: Request,
        feed: Option<mpsc::Receiver<Feed>>,
        happened: &'a (dyn Fn(Happening) + Send + Sync),
    ) -> Answer<'a, Result<Reply, CallError>>;

    /// What programs open through the machine's doors: once, for who takes care of all of them.
    /// `None`: taken already, or there are no doors.
    fn connections(&self) -> Option<Connections>;

    /// Why the machine has ended, if it has.
    fn ended(&self) -> Option<String>;

    /// Waits until the machine ends by itself, and says why.
    fn wait_end(&self) -> Answer<'_, String>;

    /// Brings home what was written, so that it outlives the machine. Where that takes work, what
    /// still runs in the machine is ended.
    fn save(&self) -> Answer<'_, Result<(), CollectError>>;

    /// Saves, kills everything in the machine and waits until it is gone. It is gone also where
    /// something could not be saved.
    fn stop(&self) -> Answer<'_, Result<(), CollectError>>;
}
