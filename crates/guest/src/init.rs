//! The order of the start: hear the setup, make the view, lock down, say ready, serve.
//!
//! Nothing foreign runs before `Ready`. Any step that fails ends the guest with `Unready`: there is
//! no weaker mode.

use crate::stream::Stream;
use crate::{lock, serve, view};
use std::fmt::Display;
use std::process::ExitCode;
use wire::{FromGuest, GENERATION, Setup, ToGuest};

/// A step of the start that failed.
#[derive(Debug)]
pub(crate) struct Refusal {
    pub(crate) stage: &'static str,
    pub(crate) why: String,
}

/// Names the stage that an error belongs to.
pub(crate) trait At<T> {
    fn at(self, stage: &'static str, what: impl Display) -> Result<T, Refusal>;
}

impl<T, E: Display> At<T> for Result<T, E> {
    fn at(self, stage: &'static str, what: impl Display) -> Result<T, Refusal> {
        self.map_err(|error| Refusal { stage, why: format!("{what}: {error}") })
    }
}

pub(crate) fn start() -> ExitCode {
    let Ok(mut stream) = Stream::take_stdin() else { return ExitCode::from(3) };
    let setup = match stream.receive_blocking() {
        Ok(ToGuest::Setup(setup)) => setup,
        Ok(_) | Err(_) => return ExitCode::from(4),
    };
    match prepare(&setup) {
        Ok(()) => {
            let ready = FromGuest::Ready { generation: GENERATION, nonce: setup.nonce };
            if stream.send_blocking(&ready).is_err() {
                return ExitCode::from(5);
            }
            serve::serve(stream, &setup.limits, Vec::new())
        }
        Err(Refusal { stage, why }) => {
            let unready = FromGuest::Unready { stage: stage.to_owned(), why };
            let _ = stream.send_blocking(&unready);
            ExitCode::from(6)
        }
    }
}

fn prepare(setup: &Setup) -> Result<(), Refusal> {
    if setup.generation != GENERATION {
        let why = format!("the host speaks {}, this guest {GENERATION}", setup.generation);
        return Err(Refusal { stage: "generation", why });
    }
    view::check_isolated(&setup.host_namespaces)?;
    let owners = lock::become_first_user()?;
    view::make(setup, owners)?;
    lock::down(&setup.limits, owners)
}
