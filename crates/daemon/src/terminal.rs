//! A terminal in a task's machine: a shell that a person types into. What it prints is shown and
//! kept by nobody; what it writes in the folders is among the task's changes.

use crate::limits::{TERMINAL_MS_MAX, TERMINAL_WAITING_MAX, TYPED_WAITING_MAX};
use api::{Terminal, TerminalEnd, TerminalSize, Typed};
use machine::{CallError, Feed, Happening, Machine};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use task::Task;
use tokio::sync::mpsc;
use wire::{Exec, ExecInput, Reply, Request};

/// Bash where there is one.
const SHELL: &str = "if [ -x /bin/bash ]; then exec /bin/bash --norc -i; fi; exec /bin/sh -i";
/// Stands in the place of what was printed faster than it could be shown.
const LEFT_OUT: &[u8] = b"\r\n[some of the output is left out]\r\n";

/// The terminal; `after` is done when its shell has ended by itself.
pub(crate) fn open(
    machine: Arc<dyn Machine>,
    task: &Task,
    size: TerminalSize,
    after: impl Future<Output = ()> + Send + 'static,
) -> Terminal {
    let (typed, mut heard) = mpsc::channel(TYPED_WAITING_MAX);
    let (show, shown) = mpsc::channel(TERMINAL_WAITING_MAX);
    let request = Request::Exec(shell(task, size));
    let run = async move {
        let (feeder, feed) = mpsc::channel(TYPED_WAITING_MAX);
        let has_gap = AtomicBool::new(false);
        let happened = |happening| {
            if let Happening::Output(output) = happening {
                let (wire::Output::Stdout(bytes) | wire::Output::Stderr(bytes)) = output;
                if has_gap.load(Ordering::Relaxed) && show.try_send(LEFT_OUT.to_vec()).is_ok() {
                    has_gap.store(false, Ordering::Relaxed);
                }
                if show.try_send(bytes).is_err() {
                    has_gap.store(true, Ordering::Relaxed);
                }
            }
        };
        let passing_on = async {
            while let Some(word) = heard.recv().await {
                let word = match word {
                    Typed::Bytes(bytes) => Feed::Bytes(bytes),
                    Typed::Resize(size) => Feed::Resize(letters(size)),
                };
                if feeder.send(word).await.is_err() {
                    break;
                }
            }
            std::future::pending::<()>().await;
        };
        let reply = tokio::select! {
            reply = machine.call(request, Some(feed), &happened) => reply,
            () = passing_on => Err(CallError::TooLarge),
        };
        drop(machine);
        after.await;
        end(reply)
    };
    Terminal { typed, shown, run: Box::pin(run) }
}

fn shell(task: &Task, size: TerminalSize) -> Exec {
    let argv = ["/bin/sh", "-c", SHELL].map(String::from).into();
    let folder = task.shares().first().map(|share| format!("/folders/{}", share.name));
    let set = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    Exec {
        input: ExecInput::Stream,
        terminal: Some(letters(size)),
        environment: vec![set("TERM", "xterm-256color"), set("PS1", "machine:\\w\\$ ")],
        ..Exec::new(argv, folder.unwrap_or_else(|| "/home".to_owned()), TERMINAL_MS_MAX)
    }
}

/// No terminal is without room for a letter.
fn letters(size: TerminalSize) -> wire::Terminal {
    wire::Terminal { columns: size.columns.max(1), rows: size.rows.max(1) }
}

fn end(reply: Result<Reply, CallError>) -> TerminalEnd {
    match reply {
        Ok(Reply::Exited { code, .. }) => TerminalEnd { code: Some(code), why: String::new() },
        Ok(Reply::Failed { why, .. }) => TerminalEnd { code: None, why },
        Ok(Reply::Result { .. }) => TerminalEnd { code: None, why: String::new() },
        Err(error) => TerminalEnd { code: None, why: error.to_string() },
    }
}
