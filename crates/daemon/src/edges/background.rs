//! Commands that go on while the model does other things.
//!
//! What they print is kept here, up to a bound, for as long as the daemon lives: it is no part of
//! the ledger until the model reads it, or hears how one ended. They end with the machine. After a
//! restart the model is told that they are gone.

use super::content::forget_own;
use crate::clock;
use crate::door::Bell;
use crate::limits::{
    BACKGROUND_BYTES_MAX, BACKGROUND_PAGE_BYTES, BACKGROUNDS_KEPT_MAX, BACKGROUNDS_MAX,
    UNREAD_LINES,
};
use machine::{Happening, Machine};
use policy::flow::Named;
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use task::limits::UNREAD_BYTES_MAX;
use task::{BackgroundEnd, Call, CallId, Input, TimeMs};
use tokio::sync::watch;
use tokio::task::{AbortHandle, JoinSet};
use tools::Background;
use wire::{Output, Reply, Request};

/// All of one task, by the number of the call that started them.
#[derive(Debug, Default)]
pub(super) struct Backgrounds {
    all: Mutex<BTreeMap<u32, Arc<Kept>>>,
    running: Mutex<JoinSet<()>>,
    /// What one printed last names something, which the door was not told of yet.
    has_names: Arc<AtomicBool>,
}

/// One of them.
#[derive(Debug)]
struct Kept {
    printed: Mutex<Printed>,
    /// Counts up with each change.
    changes: watch::Sender<u64>,
    handle: Mutex<Option<AbortHandle>>,
    began_at: TimeMs,
}

#[derive(Debug, Default)]
struct Printed {
    /// The latest bytes.
    bytes: Vec<u8>,
    /// Bytes that stood before them and are not kept any more.
    forgotten: u64,
    /// Bytes that the machine did not hand on.
    dropped: u64,
    /// So far it was read.
    read_to: u64,
    /// How it ended.
    end: Option<String>,
    /// Calls that wait for the next page, and will tell of the end.
    waiting: u32,
    /// A page told of the end.
    is_end_told: bool,
}

/// What a page says of one that has not ended begins so.
pub(super) const STILL: &str = "still runs";

#[derive(Deserialize)]
struct Args {
    call: u32,
    #[serde(default)]
    wait_ms: u64,
    offset: Option<u64>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Printed {
    /// Drops what an ended one printed.
    fn forget(&mut self) {
        if self.end.is_some() {
            let bytes = std::mem::take(&mut self.bytes);
            self.forgotten += bytes.len() as u64;
        }
    }
}

impl Backgrounds {
    /// Starts one; the error says why not.
    pub(super) fn start(
        &self,
        (id, call): (CallId, &Call),
        machine: Arc<dyn Machine>,
        request: Request,
        bell: &Bell,
    ) -> Result<Value, String> {
        let mut all = lock(&self.all);
        if all.values().filter(|it| lock(&it.printed).end.is_none()).count() >= BACKGROUNDS_MAX {
            return Err(format!(
                "{BACKGROUNDS_MAX} commands run in the background already; end one with command_stop"
            ));
        }
        let kept = Arc::new(Kept {
            printed: Mutex::default(),
            changes: watch::Sender::new(0),
            handle: Mutex::default(),
            began_at: clock::now(),
        });
        let mut running = lock(&self.running);
        while running.try_join_next().is_some() {}
        let args = call.args.clone();
        let (it, bell, has_names) = (kept.clone(), bell.clone(), self.has_names.clone());
        let handle = running.spawn(async move {
            run(&it, machine, request).await;
            let called = prompt::Called { number: id.0, tool: "run_command", args: &args };
            let (how, unread) = it.told();
            let mut names = unread.as_deref().map(Named::by).unwrap_or_default();
            bell.shared.read(|driver, _| forget_own(driver.task(), id, &mut names));
            has_names.fetch_or(!names.is_empty(), Ordering::Relaxed);
            let (source, names) = (prompt::source(called), names.into());
            let end = BackgroundEnd { call: id, how, unread, source, names };
            bell.mailbox.bring(Input::BackgroundEnded(end)).await;
        });
        *lock(&kept.handle) = Some(handle);
        // What the oldest of those that ended printed is not kept for ever.
        for old in all.values().rev().skip(BACKGROUNDS_KEPT_MAX) {
            lock(&old.printed).forget();
        }
        all.insert(id.0, kept);
        Ok(json!({"background": id.0}))
    }

    /// Whether the door is to be told of new places.
    pub(super) fn has_names(&self) -> bool {
        self.has_names.swap(false, Ordering::Relaxed)
    }

    /// Whether it was started since the daemon was.
    pub(super) fn has(&self, call: CallId) -> bool {
        lock(&self.all).contains_key(&call.0)
    }

    /// Answers `command_output` and `command_stop`.
    pub(super) async fn ask(&self, what: Background, args: &str) -> Result<Value, String> {
        let args: Args = serde_json::from_str(args).map_err(|error| error.to_string())?;
        let kept = lock(&self.all).get(&args.call).cloned();
        let kept = kept.ok_or_else(|| {
            format!(
                "nothing that call {} started runs in the background: it was not started so, or \
                 Legwork was started anew since, and all that ran is gone",
                args.call
            )
        })?;
        match what {
            Background::Output => kept.wait(Duration::from_millis(args.wait_ms)).await,
            Background::Stop => kept.stop(),
        }
        Ok(kept.page(args.offset))
    }

    /// The machine is about to end, and all of them with it.
    pub(super) fn end(&self) {
        lock(&self.all).values().for_each(|kept| kept.stop());
    }
}

async fn run(kept: &Kept, machine: Arc<dyn Machine>, request: Request) {
    let heard = |happening| {
        if let Happening::Output(Output::Stdout(bytes) | Output::Stderr(bytes)) = happening {
            lock(&kept.printed).take(&bytes);
            kept.changes.send_modify(|it| *it += 1);
        }
    };
    let end = match machine.call(request, None, &heard).await {
        Ok(Reply::Exited { code, timed_out, dropped_bytes }) => {
            lock(&kept.printed).dropped = dropped_bytes;
            match timed_out {
                true => "was ended: it took too long".to_owned(),
                false => format!("ended with exit code {code}"),
            }
        }
        Ok(Reply::Failed { why, .. }) => format!("did not start: {why}"),
        Ok(Reply::Result { .. }) => "ended".to_owned(),
        Err(error) => format!("ended with its machine: {}", crate::words::call(&error)),
    };
    kept.end(end);
}

impl Kept {
    fn end(&self, how: String) {
        lock(&self.printed).end.get_or_insert(how);
        self.changes.send_modify(|it| *it += 1);
    }

    /// What is not waited for any more is cancelled in the machine.
    fn stop(&self) {
        if let Some(handle) = lock(&self.handle).take() {
            handle.abort();
        }
        self.end("was ended".to_owned());
    }

    /// How it ended, and the last lines that no page has shown, unless one has told of the end.
    fn told(&self) -> (String, Option<String>) {
        let printed = lock(&self.printed);
        let how = printed.end.clone().unwrap_or_default();
        let is_told = printed.is_end_told || printed.waiting > 0;
        (how, (!is_told).then(|| printed.last_unread()))
    }

    /// Until there is something to read, or it has ended.
    async fn wait(&self, most: Duration) {
        let mut changes = self.changes.subscribe();
        lock(&self.printed).waiting += 1;
        let has_news = |_: &u64| {
            let printed = lock(&self.printed);
            printed.end.is_some() || printed.read_to < printed.size()
        };
        // Over: there is no news, which is said as well.
        let _ = tokio::time::timeout(most, changes.wait_for(has_news)).await;
        lock(&self.printed).waiting -= 1;
    }

    fn page(&self, offset: Option<u64>) -> Value {
        let mut printed = lock(&self.printed);
        let size = printed.size();
        let from = offset.unwrap_or(printed.read_to).clamp(printed.forgotten, size);
        let at = usize::try_from(from - printed.forgotten).unwrap_or(usize::MAX);
        let rest = printed.bytes.get(at..).unwrap_or_default();
        let page = &rest[..whole(rest, BACKGROUND_PAGE_BYTES)];
        let to = from + page.len() as u64;
        let output = String::from_utf8_lossy(page).into_owned();
        if offset.is_none() {
            printed.read_to = to;
        }
        printed.is_end_told |= printed.end.is_some();
        let seconds = clock::now().since(self.began_at) / 1000;
        let state = match &printed.end {
            Some(end) => end.clone(),
            None => format!("{STILL}, for {seconds} s now"),
        };
        json!({
            "output": output, "from": from, "to": to, "size": size, "state": state,
            "dropped_bytes": printed.dropped + printed.forgotten,
        })
    }
}

/// So many bytes at most that no letter is cut, as far as they are text.
fn whole(bytes: &[u8], max: usize) -> usize {
    if bytes.len() <= max {
        return bytes.len();
    }
    let is_inside = |at: usize| bytes[at] & 0xc0 == 0x80;
    (max - 3..=max).rev().find(|at| !is_inside(*at)).unwrap_or(max)
}

impl Printed {
    /// The last lines that were not read.
    fn last_unread(&self) -> String {
        let at = self.read_to.saturating_sub(self.forgotten);
        let rest = self.bytes.get(usize::try_from(at).unwrap_or(usize::MAX)..).unwrap_or_default();
        let rest = &rest[rest.len().saturating_sub(UNREAD_BYTES_MAX)..];
        let text = String::from_utf8_lossy(rest);
        let text = text.trim_end().trim_start_matches(char::REPLACEMENT_CHARACTER);
        let from = text.rmatch_indices('\n').nth(UNREAD_LINES - 1).map_or(0, |(at, _)| at + 1);
        text[from..].to_owned()
    }

    fn size(&self) -> u64 {
        self.forgotten + self.bytes.len() as u64
    }

    fn take(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
        // Cut rarely, so that long outputs are not moved with each piece.
        if self.bytes.len() > 2 * BACKGROUND_BYTES_MAX {
            let over = self.bytes.len() - BACKGROUND_BYTES_MAX;
            self.bytes.drain(..over);
            self.forgotten += over as u64;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept() -> Kept {
        Kept {
            printed: Mutex::default(),
            changes: watch::Sender::new(0),
            handle: Mutex::default(),
            began_at: TimeMs(0),
        }
    }

    #[test]
    fn pages_follow_each_other_and_cut_no_letter() {
        let kept = kept();
        let text = "é".repeat(BACKGROUND_PAGE_BYTES);
        lock(&kept.printed).take(b"x");
        lock(&kept.printed).take(text.as_bytes());
        let mut read = String::new();
        for _ in 0..3 {
            read += kept.page(None)["output"].as_str().unwrap();
        }
        assert_eq!(read, format!("x{text}"));
        assert_eq!(kept.page(None)["output"], "");
        assert_eq!(kept.page(Some(0))["from"], 0);
    }

    #[test]
    fn what_is_over_the_bound_is_forgotten_from_its_beginning() {
        let kept = kept();
        for _ in 0..5 {
            lock(&kept.printed).take(&vec![b'x'; BACKGROUND_BYTES_MAX]);
        }
        let page = kept.page(None);
        let forgotten = page["from"].as_u64().unwrap();
        assert!(forgotten >= 3 * BACKGROUND_BYTES_MAX as u64, "{page}");
        assert_eq!(page["dropped_bytes"], forgotten);
        assert_eq!(page["size"], 5 * BACKGROUND_BYTES_MAX as u64);
    }

    #[test]
    fn an_end_is_told_with_what_was_not_read_unless_a_page_tells_it() {
        let kept = kept();
        lock(&kept.printed).take(b"read\n");
        kept.page(None);
        let lines: String = (0..30).map(|it| format!("line {it}\n")).collect();
        lock(&kept.printed).take(lines.as_bytes());
        kept.end("ended with exit code 1".to_owned());
        let (how, unread) = kept.told();
        assert_eq!(how, "ended with exit code 1");
        let unread = unread.unwrap();
        assert_eq!(unread.lines().count(), UNREAD_LINES, "{unread}");
        assert!(unread.starts_with("line 10\n") && unread.ends_with("line 29"), "{unread}");
        // Somebody waits for a page, and will read it there; or has read it.
        lock(&kept.printed).waiting = 1;
        assert_eq!(kept.told().1, None);
        lock(&kept.printed).waiting = 0;
        kept.page(None);
        assert_eq!(kept.told().1, None);
    }

    #[test]
    fn what_is_told_of_an_end_is_bounded_and_cuts_no_letter() {
        let kept = kept();
        lock(&kept.printed).take("é".repeat(UNREAD_BYTES_MAX).as_bytes());
        lock(&kept.printed).take(b"x");
        kept.end("ended".to_owned());
        let unread = kept.told().1.unwrap();
        assert!(unread.len() <= UNREAD_BYTES_MAX && unread.ends_with("éx"), "{}", unread.len());
        assert!(!unread.contains(char::REPLACEMENT_CHARACTER), "{unread}");
    }
}
