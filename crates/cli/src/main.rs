//! Root: the legwork command, a thin client of the API.
//!
//! It holds no state: everything it shows comes from the daemon, and everything it decides is sent
//! there. What is typed is understood before anything is started, so that a version costs no time.

mod answering;
mod asking;
mod boundary;
mod changes;
mod commands;
mod desk;
mod doctor;
mod edge;
mod ending;
mod exit;
mod folders;
mod follow;
mod limits;
mod link;
mod list;
mod log_text;
mod machine;
mod memory;
mod models;
mod network;
mod offers;
mod options;
mod phone;
mod plan_edit;
mod plan_file;
mod plan_text;
mod provenance;
mod replay;
mod screen;
mod secret;
mod settings;
mod shell;
mod speech;
mod steering;
mod transcript_text;
mod usage;
mod window;
mod words;

use crate::desk::Desk;
use crate::exit::{Exit, Failure};
use crate::options::{Command, Options};
use crate::screen::{Ink, Screen};
use api::{ErrorKind, Place, UserError};
use clap::Parser;
use std::io::{self, IsTerminal};
use std::process::ExitCode;

fn main() -> ExitCode {
    let options = match Options::try_parse() {
        Ok(options) => options,
        Err(error) => {
            let as_json = std::env::args_os().any(|argument| argument == "--json");
            return end(usage::told(&error), as_json).into();
        }
    };
    let as_json = options.json;
    end(carry_out(options), as_json).into()
}

fn carry_out(options: Options) -> Result<Exit, Failure> {
    let look = edge::look(io::stdout().is_terminal());
    let mut screen = Screen::new(Box::new(io::stdout().lock()), look);
    let place = Place::of_this_user()?;
    let mut desk = Desk { place: &place, screen: &mut screen, as_json: options.json };
    let runtime = match &options.command {
        Some(Command::Serve(asked)) if !asked.stop => tokio::runtime::Builder::new_multi_thread(),
        _ => tokio::runtime::Builder::new_current_thread(),
    };
    let runtime = { runtime }.enable_all().build().map_err(|why| {
        UserError::new(
            ErrorKind::Unavailable,
            "system-exhausted",
            "the system has nothing left to run on",
        )
        .cause(why)
        .next("end some programs, and try again")
    })?;
    let ended = runtime.block_on(commands::carry_out(&mut desk, options.command));
    // Work on other threads must not hold up the end, nor the ledger's lock: a later start takes up
    // whatever is cut off here.
    runtime.shutdown_background();
    let cleared = screen.clear_live().and_then(|()| screen.flush());
    let exit = ended?;
    cleared?;
    Ok(exit)
}

/// Tells what went wrong, if anything did.
fn end(ended: Result<Exit, Failure>, as_json: bool) -> Exit {
    let failure = match ended {
        Ok(exit) => return exit,
        Err(failure) => failure,
    };
    if let Failure::Told(error) = &failure {
        let look = edge::look(io::stderr().is_terminal());
        let mut screen = Screen::new(Box::new(io::stderr().lock()), look);
        // Where nobody reads errors, the status still tells.
        let _ = if as_json {
            screen.json(&serde_json::json!({ "error": error }))
        } else {
            tell(&mut screen, error)
        };
    }
    failure.exit()
}

fn tell(screen: &mut Screen, error: &UserError) -> io::Result<()> {
    screen.item((Ink::Bad, "error: "), Ink::Strong, &error.what)?;
    if !error.cause.is_empty() {
        screen.item((Ink::Faint, "cause: "), Ink::Plain, &error.cause)?;
    }
    for hint in &error.next {
        screen.item((Ink::Key, "next:  "), Ink::Plain, hint)?;
    }
    if let Some(despite) = &error.despite {
        let text = format!("`--playbook {}` does the whole job all the same", despite.playbook);
        screen.item((Ink::Key, "next:  "), Ink::Plain, &text)?;
    }
    let code = format!("       [{}]", words::plain(&error.code));
    screen.raw(&screen.ink(Ink::Faint, &code))
}

/// A task as the daemon would show it, for tests.
#[cfg(test)]
fn test_task() -> serde_json::Value {
    serde_json::json!({
        "id": "abcdefgh", "request": "r", "status": "waiting", "mind": "m", "created_at": 0,
        "now": "", "shares": [], "plan": null, "plan_approved": false, "plan_waits": false,
        "questions": [], "checks": [], "rest": null, "summary": "", "changes": null,
        "applied": null, "undoable": false, "calls": 0, "work_ms": 0, "seq": 1,
        "machine": "jail", "isolation": null, "egress": [], "layers": [],
    })
}
