//! The order of the start: hear the setup, make the view, lock down, say ready, serve.
//!
//! Nothing foreign runs before `Ready`. Any step that fails ends the guest with `Unready`: there is
//! no weaker mode.

use crate::doors::Doorway;
use crate::environment::{self, Pair};
use crate::limits::OPEN_FILES_USUAL;
use crate::second::Namespace;
use crate::serve::Kept;
use crate::stream::Stream;
use crate::{lock, serve, view};
use std::fmt::Display;
use std::process::ExitCode;
use wire::{FromGuest, GENERATION, Setup, System, ToGuest};

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

/// Lives as the first process of a machine; returns when the host is gone or the start failed.
pub fn start() -> ExitCode {
    let Ok(mut stream) = Stream::take_stdin() else { return ExitCode::from(3) };
    let setup = match stream.receive_blocking() {
        Ok(ToGuest::Setup(setup)) => setup,
        Ok(_) | Err(_) => return ExitCode::from(4),
    };
    match prepare(&setup) {
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
            ExitCode::from(6)
        }
    }
}

fn prepare(setup: &Setup) -> Result<Kept, Refusal> {
    check_generation(setup)?;
    view::check_isolated(&setup.host_namespaces)?;
    let owners = lock::become_first_user()?;
    // The second user's namespace takes over the limit that holds while it is made.
    lock::bound_processes(&setup.limits)?;
    let second = match setup.system {
        System::ReadOnly => None,
        System::Layered { .. } => Some(Namespace::make()?),
    };
    view::make(setup, owners)?;
    let (environment, doors) = open_doors(setup)?;
    let second = lock::down(&setup.limits, owners, setup.system, second)?;
    Ok(Kept { environment, doors, layers: None, second })
}

pub(crate) fn check_generation(setup: &Setup) -> Result<(), Refusal> {
    if setup.generation == GENERATION {
        return Ok(());
    }
    let why = format!("the host speaks {}, this guest {GENERATION}", setup.generation);
    Err(Refusal { stage: "generation", why })
}

/// What programs are told, and where they reach the host. Low ports need a right that may go with
/// the locks, and what finds the programs behind connections needs a socket that does.
pub(crate) fn open_doors(setup: &Setup) -> Result<(Vec<Pair>, Option<Doorway>), Refusal> {
    let environment =
        environment::of_all(setup).map_err(|why| Refusal { stage: "environment", why })?;
    let files_max = setup.limits.open_files_max.min(OPEN_FILES_USUAL);
    let open = |doors| Doorway::open(doors, files_max);
    let doors = setup.doors.as_ref().map(open).transpose()?;
    Ok((environment, doors))
}
