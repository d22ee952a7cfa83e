//! The one thread that starts processes.
//!
//! A machine dies with the thread that started it, because that is what the kernel's parent-death
//! signal means by "parent". So all are started from one thread that lives as long as the process.

use std::sync::OnceLock;
use std::sync::mpsc::{SyncSender, sync_channel};
use tokio::sync::oneshot;

type Work = Box<dyn FnOnce() + Send>;

/// Does blocking `work` on that thread. `None`: the thread is gone, or the work panicked.
pub(crate) async fn on_spawner<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Option<T> {
    static THREAD: OnceLock<Option<SyncSender<Work>>> = OnceLock::new();
    let queue = THREAD.get_or_init(start).clone()?;
    let (answer, answered) = oneshot::channel();
    let work: Work = Box::new(move || {
        // Nobody waits any more when the caller was dropped; what was started is dropped here.
        let _ = answer.send(work());
    });
    // The queue is short and each piece of work takes milliseconds, but a full one must not block a
    // thread of the runtime.
    match queue.try_send(work) {
        Ok(()) => {}
        Err(full) => {
            let work = match full {
                std::sync::mpsc::TrySendError::Full(work) => work,
                std::sync::mpsc::TrySendError::Disconnected(_) => return None,
            };
            tokio::task::spawn_blocking(move || queue.send(work)).await.ok()?.ok()?;
        }
    }
    answered.await.ok()
}

fn start() -> Option<SyncSender<Work>> {
    let (queue, works) = sync_channel::<Work>(16);
    let thread = std::thread::Builder::new().name("spawner".into()).spawn(move || {
        for work in works {
            // A panic ends one start, not all that follow.
            let _ = std::panic::catch_unwind(std::panic::AssertUnwindSafe(work));
        }
    });
    thread.ok().map(|_| queue)
}
