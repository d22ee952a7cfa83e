//! News for a window: which tasks changed, and the transcript of the one it shows.
//!
//! What is stored is sent in batches, each with the position up to which it is whole, so that a
//! stream that breaks off goes on exactly there. Batches keep a distance: a hundred events in one
//! instant are one picture.

use crate::limits::NEWS_EVERY;
use crate::live::Shared;
use crate::office::Office;
use api::{ItemsView, LiveView, News, NewsStream};
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
    followed: Vec<Followed>,
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

/// News of all tasks, and the items of each of `followed` after the position beside it.
pub(crate) fn stream(office: Arc<Office>, followed: Vec<(Arc<Shared>, u64)>) -> NewsStream {
    let feed = Feed {
        changed: office.changed(),
        office,
        stale: BTreeSet::new(),
        followed: followed.into_iter().map(|(it, after)| Followed::new(it, after)).collect(),
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
        News::Items(ItemsView { task: self.shared.id.clone(), seq, items })
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
            let is_behind = self.followed.iter().any(Followed::is_behind);
            let waits = !self.stale.is_empty() || is_behind;
            tokio::select! {
                () = tokio::time::sleep_until(self.next_batch), if waits => (),
                live = Followed::hear_any(&mut self.followed) => if let Some(live) = live {
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
        if let Some(followed) = self.followed.iter_mut().find(|it| it.is_behind()) {
            return Some(followed.batch());
        }
        let stale = std::mem::take(&mut self.stale);
        let lines: Vec<_> = stale.iter().filter_map(|task| self.office.line(task)).collect();
        (!lines.is_empty()).then_some(News::Lines(lines))
    }

    /// A task that rested for long is put away, and comes back as another when it is woken.
    fn note(&mut self, task: TaskId) {
        if let Some(followed) = self.followed.iter_mut().find(|it| it.shared.id == task)
            && let Some(shared) = self.office.in_memory(&task)
            && !Arc::ptr_eq(&shared, &followed.shared)
        {
            *followed = Followed::new(shared, followed.after);
        }
        self.stale.insert(task);
    }
}

impl Followed {
    /// The next of any that is not stored; `None` when something was stored.
    async fn hear_any(followed: &mut [Self]) -> Option<LiveView> {
        if followed.is_empty() {
            return std::future::pending().await;
        }
        let heard = followed.iter_mut().map(|it| Box::pin(it.hear()));
        futures_util::future::select_all(heard).await.0
    }

    async fn hear(&mut self) -> Option<LiveView> {
        let task = self.shared.id.clone();
        tokio::select! {
            stored = self.seq.changed() => match stored {
                Ok(()) => None,
                Err(_) => std::future::pending().await,
            },
            live = self.live.recv() => match live {
                Ok(item) => Some(LiveView { task, item }),
                // What a slow window missed of the progress is gone; the rest is stored.
                Err(RecvError::Lagged(_)) => None,
                Err(RecvError::Closed) => std::future::pending().await,
            },
        }
    }
}
