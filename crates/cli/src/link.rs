//! The way to the daemon: found if it runs, started if it does not.

use crate::edge;
use crate::limits;
use crate::words::plain;
use api::{Client, ClientError, ErrorKind, KeysBody, Place, UserError};
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom};
use std::os::unix::fs::OpenOptionsExt;
use task::TaskId;

/// A client of this user's daemon, which is started if none runs.
pub(crate) async fn connect(place: &Place) -> Result<Client, UserError> {
    let client = Client::new(place.socket());
    match client.version().await {
        Ok(_) => Ok(client),
        Err(ClientError::NotRunning { .. }) => start(place, client).await,
        // It may be ending just now; a fresh one takes its place.
        Err(ClientError::Cut { .. }) => start(place, client).await,
        Err(error) => Err(error.into()),
    }
}

/// The same, for what may need a model: the daemon hears of keys that this shell has and it, which
/// was started earlier and elsewhere, may not.
pub(crate) async fn connect_with_keys(place: &Place) -> Result<Client, UserError> {
    let client = connect(place).await?;
    let variables = daemon::key_values_here();
    if !variables.is_empty() {
        client.hand_keys(&KeysBody { variables }).await?;
    }
    Ok(client)
}

/// A client of this user's daemon if it runs, and the daemon's process id.
pub(crate) async fn find(place: &Place) -> Result<Option<(Client, u32)>, UserError> {
    let client = Client::new(place.socket());
    match client.version().await {
        Ok(version) => Ok(Some((client, version.pid))),
        Err(ClientError::NotRunning { .. } | ClientError::Cut { .. }) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Two that start it at once are fine: the second daemon finds the first one and ends. One that is
/// about to end still holds the ledger, so a daemon that found something busy is started again.
async fn start(place: &Place, client: Client) -> Result<Client, UserError> {
    place.make_folders()?;
    let log = place.log_file();
    for _ in 0..limits::STARTS_MAX {
        let open = OpenOptions::new().append(true).create(true).mode(0o600).open(&log);
        let mut child =
            open.and_then(edge::start_daemon).map_err(|why| not_started(place).cause(why))?;
        let mut tries_left = limits::START_TRIES;
        let mut ended = None;
        while tries_left > 0 {
            tokio::time::sleep(limits::START_PAUSE).await;
            match client.version().await {
                Ok(_) => return Ok(client),
                Err(error) if error.is_gone() => tries_left -= 1,
                Err(error) => return Err(error.into()),
            }
            if ended.is_none()
                && let Ok(Some(status)) = child.try_wait()
            {
                ended = Some(status);
                tries_left = limits::START_TRIES_AFTER_END;
            }
            // Only what is busy may be free later; a mistake in the configuration stays one.
            if ended.is_some_and(|status| status.code() != Some(1)) {
                break;
            }
        }
        match ended {
            Some(status) if status.code() == Some(1) => (),
            Some(_) => break,
            None => return Err(not_started(place).cause("it runs, but does not answer")),
        }
    }
    let tail = File::open(&log).and_then(tail).unwrap_or_default();
    Err(last_error(&tail).unwrap_or_else(|| {
        let said = tail.lines().rfind(|line| !line.trim().is_empty()).map(plain);
        let said = said.unwrap_or_else(|| "without a word".to_owned());
        not_started(place).cause(format!("it ended at once: {said}"))
    }))
}

fn not_started(place: &Place) -> UserError {
    UserError::new(ErrorKind::Unavailable, "daemon-not-started", "Legwork's daemon did not start")
        .next("run `legwork serve` to see why")
        .next(format!("or read its log: {}", place.log_file().display()))
}

/// The end of a log.
fn tail(mut log: File) -> io::Result<String> {
    let length = log.metadata()?.len();
    log.seek(SeekFrom::Start(length.saturating_sub(limits::LOG_TAIL_BYTES)))?;
    let mut tail = vec![];
    log.take(limits::LOG_TAIL_BYTES).read_to_end(&mut tail)?;
    Ok(String::from_utf8_lossy(&tail).into_owned())
}

/// The last error in a log, with its own reason and way out: as the daemon would have said it.
fn last_error(tail: &str) -> Option<UserError> {
    let begins = tail.rfind("\nerror: ").map_or(0, |at| at + 1);
    let told = tail[begins..].strip_prefix("error: ")?;
    let mut parts = vec![String::new()];
    for line in told.lines().filter(|line| !line.trim().is_empty()) {
        let (line, _) = line.rsplit_once("  [").unwrap_or((line, ""));
        let is_new = line.starts_with("cause: ") || line.starts_with("next: ");
        match parts.last_mut() {
            Some(part) if !is_new => *part = format!("{part} {}", line.trim()),
            _ => parts.push(line.trim().to_owned()),
        }
    }
    let mut cause = plain(parts.first()?.trim());
    let mut next = vec![];
    for part in &parts[1..] {
        if let Some(why) = part.strip_prefix("cause: ") {
            cause = format!("{cause}: {}", plain(why.trim()));
        } else if let Some(hint) = part.strip_prefix("next: ") {
            next.push(plain(hint.trim()));
        }
    }
    let what = "Legwork's daemon did not start";
    let error = UserError::new(ErrorKind::Unavailable, "daemon-not-started", what).cause(cause);
    Some(next.into_iter().fold(error, UserError::next))
}

/// The task that a person means: its id, a beginning that only one id has, or `last`.
pub(crate) async fn find_task(client: &Client, named: &str) -> Result<TaskId, UserError> {
    if let Ok(id) = named.parse() {
        return Ok(id);
    }
    let tasks = client.list().await?;
    let unknown = |what: String| {
        UserError::new(ErrorKind::User, "task-unknown", what)
            .next("`legwork list` shows your tasks")
    };
    if tasks.is_empty() {
        return Err(UserError::new(ErrorKind::User, "task-unknown", "there are no tasks yet")
            .next("start one: `legwork` shows what it can do"));
    }
    let found = if named == "last" {
        vec![&tasks[0]]
    } else {
        tasks.iter().filter(|task| !named.is_empty() && task.id.starts_with(named)).collect()
    };
    match found.as_slice() {
        [task] => {
            task.id.parse().map_err(|_| unknown(format!("{} is no task's name", plain(&task.id))))
        }
        [] => Err(unknown(format!("there is no task whose name begins with `{}`", plain(named)))),
        [first, second, ..] => {
            let what =
                format!("{} tasks have names that begin with `{}`", found.len(), plain(named));
            Err(UserError::new(ErrorKind::User, "task-ambiguous", what)
                .cause(format!("among them {} and {}", plain(&first.id), plain(&second.id)))
                .next("type more letters; `legwork list` shows them all"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_daemon_that_does_not_start_is_told_in_its_own_words() {
        let log = "it runs\nerror: the settings can't be used: line 4 is no TOML\ncause: expected \
                   a string, at `base_url\n       = 5`\nnext:  mend line 4 of `/c/models.toml`\n\
                   next:  or that        [config-bad]\n";
        let error = last_error(log).expect("an error");
        assert_eq!(error.code, "daemon-not-started");
        let cause = "the settings can't be used: line 4 is no TOML: expected a string, at \
                     `base_url = 5`";
        assert_eq!(error.cause, cause);
        assert_eq!(error.next, ["mend line 4 of `/c/models.toml`", "or that"]);
        assert!(last_error("").is_none());
        assert!(last_error("panicked\n").is_none());
    }
}
