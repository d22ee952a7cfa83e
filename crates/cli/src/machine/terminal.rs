//! A terminal in a task's machine, in the person's own.
//!
//! What the machine prints reaches the person's terminal as it is: that is what a terminal is for,
//! and why it is opened by hand alone. The terminal is put back as it was at every end.

use crate::exit::{Exit, Failure};
use crate::limits::{END_EVERY, TYPED_BYTES};
use crate::screen::Screen;
use crate::words::plain;
use api::{Client, ErrorKind, Heard, TerminalEnd, TerminalSize, Typed, UserError};
use rustix::termios::{self, OptionalActions, Termios};
use std::io::{self, IsTerminal};
use task::TaskId;
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::signal::unix::{SignalKind, signal};

/// Where no terminal says how large it is.
const USUAL: TerminalSize = TerminalSize { columns: 80, rows: 24 };
/// What ends a shell's input.
const END_OF_INPUT: &[u8] = b"\x04";

/// Until the shell ends, or the machine.
pub(crate) async fn attend(
    screen: &mut Screen,
    client: &Client,
    id: &TaskId,
) -> Result<Exit, Failure> {
    let mut terminal = client.terminal(id, size()).await?;
    let _raw = Raw::of_this_terminal();
    let mut resized = signal(SignalKind::window_change())?;
    let mut keys = tokio::io::stdin();
    let mut typed = vec![0; TYPED_BYTES];
    let mut is_open = true;
    let mut ends = tokio::time::interval(END_EVERY);
    loop {
        tokio::select! {
            heard = terminal.next() => match heard.transpose()? {
                Some(Heard::Bytes(bytes)) => {
                    screen.bytes(&bytes)?;
                    screen.flush()?;
                }
                Some(Heard::End(end)) => return ended(id, &end),
                None => return Err(cut(id, "the connection ended").into()),
            },
            count = read(&mut keys, &mut typed), if is_open => {
                let count = count?;
                is_open = count > 0;
                if is_open {
                    terminal.send(Typed::Bytes(typed[..count].to_vec())).await?;
                }
            }
            // More than once: a shell that only begins to read its terminal loses what was typed
            // there as an end before.
            _ = ends.tick(), if !is_open => {
                terminal.send(Typed::Bytes(END_OF_INPUT.to_vec())).await?;
            }
            Some(()) = resized.recv() => terminal.send(Typed::Resize(size())).await?,
        }
    }
}

async fn read(from: &mut (impl AsyncRead + Unpin), into: &mut [u8]) -> io::Result<usize> {
    from.read(into).await
}

fn ended(id: &TaskId, end: &TerminalEnd) -> Result<Exit, Failure> {
    match end.code {
        Some(0) => Ok(Exit::Done),
        Some(_) => Ok(Exit::Failed),
        None => Err(cut(id, &end.why).into()),
    }
}

fn cut(id: &TaskId, why: &str) -> UserError {
    let what = format!("the terminal in the machine of task {id} was closed");
    UserError::new(ErrorKind::Unavailable, "terminal-closed", what)
        .cause(plain(why))
        .next(format!("`legwork show {id}` says where the task stands"))
}

fn size() -> TerminalSize {
    match termios::tcgetwinsize(io::stdout()) {
        Ok(size) if size.ws_col > 0 => TerminalSize { columns: size.ws_col, rows: size.ws_row },
        Ok(_) | Err(_) => USUAL,
    }
}

/// Every key goes to the machine until this is dropped.
struct Raw(Option<Termios>);

impl Raw {
    fn of_this_terminal() -> Self {
        if !io::stdin().is_terminal() {
            return Self(None);
        }
        let before = termios::tcgetattr(io::stdin()).ok();
        if let Some(mut raw) = before.clone() {
            raw.make_raw();
            let _ = termios::tcsetattr(io::stdin(), OptionalActions::Now, &raw);
        }
        Self(before)
    }
}

impl Drop for Raw {
    fn drop(&mut self) {
        if let Some(before) = &self.0 {
            let _ = termios::tcsetattr(io::stdin(), OptionalActions::Now, before);
        }
    }
}
