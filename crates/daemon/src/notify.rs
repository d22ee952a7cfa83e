//! Tells the person's desktop when a task begins to need them, if they want that.
//!
//! By `notify-send`, which every desktop has or can have; nothing is told while a window of the
//! page looks on, since the page tells by itself.

use crate::limits::NOTIFY_TIMEOUT;
use crate::office::Office;
use api::{Status, TaskLine};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::Arc;
use tokio::sync::broadcast::error::RecvError;

const PROGRAM: &str = "notify-send";

/// Where the program is.
pub(crate) fn program() -> Option<PathBuf> {
    let path = crate::config::variable("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(PROGRAM)).find(|file| file.is_file())
}

/// Why a task needs its person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Need {
    Waits,
    Review,
    Look,
    Failed,
    Answered,
}

impl Need {
    fn words(self) -> &'static str {
        match self {
            Self::Waits => "It waits for you",
            Self::Review => "It is done, and ready to review",
            Self::Look => "Look at it",
            Self::Failed => "It failed",
            Self::Answered => "It has an answer for you",
        }
    }

    /// By which a page's worker finds its own words.
    pub(crate) fn code(self) -> &'static str {
        match self {
            Self::Waits => "waits",
            Self::Review => "review",
            Self::Look => "look",
            Self::Failed => "failed",
            Self::Answered => "answered",
        }
    }
}

/// Why a task needs its person now; `None`: it does not.
pub(crate) fn need(line: &TaskLine) -> Option<Need> {
    match line.status {
        Status::Waiting => Some(Need::Waits),
        Status::Done if line.unapplied => Some(Need::Review),
        Status::NeedsYou => Some(Need::Look),
        Status::Failed => Some(Need::Failed),
        Status::Answered => Some(Need::Answered),
        Status::Done
        | Status::Paused
        | Status::Preparing
        | Status::Working
        | Status::Checking
        | Status::Applying
        | Status::Undoing
        | Status::Stopped
        | Status::Refused => None,
    }
}

/// Follows all tasks for as long as it is polled.
pub(crate) async fn tell(office: Arc<Office>) {
    let mut changed = office.changed();
    let mut told: BTreeMap<String, Option<Need>> = BTreeMap::new();
    loop {
        let id = match changed.recv().await {
            Ok(id) => id,
            // What was missed is told with the next change of that task.
            Err(RecvError::Lagged(_)) => continue,
            Err(RecvError::Closed) => return,
        };
        let Some(line) = office.line(&id) else { continue };
        let needs = need(&line);
        let before = told.insert(line.id.clone(), needs).flatten();
        if needs == before || !office.config().notify_desktop {
            continue;
        }
        if let (Some(why), Some(program)) = (needs, program()) {
            show(&program, why.words(), &line.request).await;
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "the desktop's own program, at the person's wish")]
async fn show(program: &std::path::Path, why: &str, request: &str) {
    let title: String = request.lines().next().unwrap_or_default().chars().take(80).collect();
    let started = tokio::process::Command::new(program)
        .args(["--app-name=Legwork", "--icon=dialog-information", "--", why, &escaped(&title)])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn();
    let ended = match started {
        Ok(mut child) => tokio::time::timeout(NOTIFY_TIMEOUT, child.wait()).await.is_ok(),
        Err(_) => false,
    };
    if !ended {
        tracing::warn!("the desktop could not be told that a task needs its person");
    }
}

/// The body of a notification is markup.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
