//! A watch: the transcript so far, and from then on each item as it comes.

use crate::live::Shared;
use api::{EventStream, Watched};
use futures_util::StreamExt;
use std::collections::VecDeque;
use std::sync::Arc;
use task::transcript::Item;
use tokio::sync::{broadcast, watch};

struct Watching {
    shared: Arc<Shared>,
    seq: watch::Receiver<u64>,
    live: Option<broadcast::Receiver<Item>>,
    /// Position of the last event whose items were sent.
    after: u64,
    waiting: VecDeque<Watched>,
}

/// Items of the task after position `after`. Ends when the task rests.
pub(crate) fn stream(shared: Arc<Shared>, after: u64) -> EventStream {
    let (seq, live) = (shared.changes(), Some(shared.live_items()));
    let watching = Watching { shared, seq, live, after, waiting: VecDeque::new() };
    futures_util::stream::unfold(watching, |mut watching| async move {
        let item = watching.next().await?;
        Some((item, watching))
    })
    .boxed()
}

impl Watching {
    async fn next(&mut self) -> Option<Watched> {
        loop {
            if let Some(item) = self.waiting.pop_front() {
                return Some(item);
            }
            let now = *self.seq.borrow_and_update();
            if now > self.after {
                let after = std::mem::replace(&mut self.after, now);
                let mut news = self.shared.read(|_, transcript| transcript.items());
                news.retain(|item| item.id > after);
                // They come in the order in which they began, so only the last one says how far.
                let last = news.len().saturating_sub(1);
                self.waiting.extend(news.into_iter().enumerate().map(|(index, item)| Watched {
                    item,
                    whole_to: (index == last).then_some(now),
                }));
                continue;
            }
            if self.shared.read(|driver, _| driver.task().is_resting()) {
                return None;
            }
            tokio::select! {
                changed = self.seq.changed() => changed.ok()?,
                live = hear(&mut self.live) => match live {
                    Ok(item) => return Some(Watched { item, whole_to: None }),
                    // What a slow watcher missed of the progress is gone; the rest is stored.
                    Err(broadcast::error::RecvError::Lagged(_)) => (),
                    Err(broadcast::error::RecvError::Closed) => self.live = None,
                },
            }
        }
    }
}

async fn hear(
    live: &mut Option<broadcast::Receiver<Item>>,
) -> Result<Item, broadcast::error::RecvError> {
    match live {
        Some(live) => live.recv().await,
        None => std::future::pending().await,
    }
}
