//! News for a window: which tasks changed, and the transcript of the one it shows.
//!
//! What is stored is sent in batches, each with the position up to which it is whole, so that a
//! stream that breaks off goes on exactly there. Batches keep a distance: a hundred events in one
//! instant are one picture.

use crate::limits::NEWS_EVERY;
use crate::live::Shared;
use crate::office::Office;
use api::{News, NewsStream};
use futures_util::StreamExt;
use std::collections::BTreeSet;
use std::sync::Arc;
use task::TaskId;
use task::transcript::Item;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{broadcast, watch};
use tokio::time::Instant;

struct Feed {
    office: Arc<Office>,
    changed: broadcast::Receiver<TaskId>,
    /// Tasks whose lines are to be told.
    stale: BTreeSet<TaskId>,
    followed: Option<Followed>,
    /// No batch before this instant.
    next_batch: Instant,
}

struct Followed {
    shared: Arc<Shared>,
    seq: watch::Receiver<u64>,
    live: broadcast::Receiver<Item>,
    /// Position up to which everything was sent.
    after: u64,
}

/// News of all tasks, and the items of `followed` after the position beside it.
pub(crate) fn stream(office: Arc<Office>, followed: Option<(Arc<Shared>, u64)>) -> NewsStream {
    let feed = Feed {
        changed: office.changed(),
        office,
        stale: BTreeSet::new(),
        followed: followed.map(|(shared, after)| Followed::new(shared, after)),
        next_batch: Instant::now(),
    };
    futures_util::stream::unfold(feed, |mut feed| async move {
        let news = feed.next().await?;
        Some((news, feed))
    })
    .boxed()
}

impl Followed {
    fn new(shared: Arc<Shared>, after: u64) -> Self {
        Self { seq: shared.changes(), live: shared.live_items(), shared, after }
    }

    fn is_behind(&self) -> bool {
        *self.seq.borrow() > self.after
    }

    fn batch(&mut self) -> News {
        let seq = *self.seq.borrow_and_update();
        let items = self.shared.read(|_, transcript| transcript.items_after(self.after));
        self.after = seq;
        News::Items { seq, items }
    }
}

impl Feed {
    async fn next(&mut self) -> Option<News> {
        loop {
            let is_due = Instant::now() >= self.next_batch;
            if is_due && let Some(news) = self.batch().await {
                self.next_batch = Instant::now() + NEWS_EVERY;
                return Some(news);
            }
            let is_behind = self.followed.as_ref().is_some_and(Followed::is_behind);
            let waits = !self.stale.is_empty() || is_behind;
            tokio::select! {
                () = tokio::time::sleep_until(self.next_batch), if waits => (),
                live = Followed::hear(&mut self.followed) => if let Some(live) = live {
                    return Some(News::Live(live));
                },
                changed = self.changed.recv() => match changed {
                    Ok(task) => self.note(task),
                    // Too many to name: the window asks for the list again when it reconnects.
                    Err(RecvError::Lagged(_)) => return None,
                    Err(RecvError::Closed) => return None,
                },
            }
        }
    }

    async fn batch(&mut self) -> Option<News> {
        while let Ok(task) = self.changed.try_recv() {
            self.note(task);
        }
        if let Some(followed) = self.followed.as_mut().filter(|it| it.is_behind()) {
            return Some(followed.batch());
        }
        let stale = std::mem::take(&mut self.stale);
        let lines: Vec<_> = stale.iter().filter_map(|task| self.office.line(task)).collect();
        (!lines.is_empty()).then_some(News::Lines(lines))
    }

    /// A task that rested for long is put away, and comes back as another when it is woken.
    fn note(&mut self, task: TaskId) {
        if let Some(followed) = self.followed.as_mut().filter(|it| it.shared.id == task)
            && let Some(shared) = self.office.in_memory(&task)
            && !Arc::ptr_eq(&shared, &followed.shared)
        {
            *followed = Followed::new(shared, followed.after);
        }
        self.stale.insert(task);
    }
}

impl Followed {
    /// The next that is not stored; `None` when something was stored.
    async fn hear(followed: &mut Option<Self>) -> Option<Item> {
        let Some(followed) = followed else { return std::future::pending().await };
        tokio::select! {
            stored = followed.seq.changed() => match stored {
                Ok(()) => None,
                Err(_) => std::future::pending().await,
            },
            live = followed.live.recv() => match live {
                Ok(item) => Some(item),
                // What a slow window missed of the progress is gone; the rest is stored.
                Err(RecvError::Lagged(_)) => None,
                Err(RecvError::Closed) => std::future::pending().await,
            },
        }
    }
}
