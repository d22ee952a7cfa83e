//! Where appends wait, and who carries them to the writer: the group commit.
//!
//! ```text
//! take what waits ► one transaction ► one flush ► answer each
//! ```
//! While one group is being flushed the next one gathers, so the busier it is, the cheaper an
//! append. No answer leaves before the flush, not even a conflict: it is judged against events of
//! the same group, which are not there until the transaction is.
//!
//! One group is written at a time, by the carrier's thread, or, when the writer rests, by the
//! caller that waits anyway: handing one append to another thread and back costs half as much again
//! as the flush of a good disk.

use crate::error::AppendError;
use crate::limits::{APPENDS_WAITING_MAX, GROUP_APPENDS_MAX, GROUP_BYTES_MAX};
use crate::writer::{Appended, Waiting, Writer};
use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError, mpsc};

pub(crate) struct Line {
    writer: Mutex<Writer>,
    waiting: Mutex<Queue>,
    /// Something waits, or the line is closed.
    arrived: Condvar,
    /// There is room in the queue again.
    taken: Condvar,
}

#[derive(Default)]
struct Queue {
    appends: VecDeque<Waiting>,
    is_closed: bool,
}

impl Line {
    pub(crate) fn new(writer: Writer) -> Self {
        Self {
            writer: Mutex::new(writer),
            waiting: Mutex::default(),
            arrived: Condvar::new(),
            taken: Condvar::new(),
        }
    }

    /// Puts an append in line, after waiting for room, and leaves it to the carrier.
    pub(crate) fn send(&self, append: Waiting) {
        self.join(append);
        self.arrived.notify_one();
    }

    /// Puts an append in line and sees it through, with this thread if the writer rests.
    pub(crate) fn see_through(
        &self,
        append: Waiting,
        answer: &mpsc::Receiver<Appended>,
    ) -> Appended {
        self.join(append);
        loop {
            if let Ok(appended) = answer.try_recv() {
                return appended;
            }
            let Ok(writer) = self.writer.try_lock() else {
                // Whoever has the writer may not look at the line again.
                self.arrived.notify_one();
                return answer.recv().unwrap_or(Err(AppendError::Stopped));
            };
            self.carry(writer);
        }
    }

    /// The carrier's work: carries groups until the line is closed and empty.
    pub(crate) fn carry_all(&self) {
        while self.wait_for_some() {
            match self.writer.lock() {
                Ok(writer) => self.carry(writer),
                // A panic while writing: what is in the connection can't be told.
                Err(_) => self.refuse_all(),
            }
        }
    }

    pub(crate) fn close(&self) {
        self.queue().is_closed = true;
        self.arrived.notify_all();
    }

    fn join(&self, append: Waiting) {
        let mut queue = self.queue();
        while queue.appends.len() >= APPENDS_WAITING_MAX {
            queue = self.taken.wait(queue).unwrap_or_else(PoisonError::into_inner);
        }
        queue.appends.push_back(append);
    }

    fn wait_for_some(&self) -> bool {
        let queue = self.queue();
        let is_idle = |queue: &mut Queue| queue.appends.is_empty() && !queue.is_closed;
        let queue = self.arrived.wait_while(queue, is_idle);
        !queue.unwrap_or_else(PoisonError::into_inner).appends.is_empty()
    }

    /// Writes one group, lets the writer go, and answers.
    fn carry(&self, mut writer: MutexGuard<'_, Writer>) {
        let group = self.take_group();
        if group.is_empty() {
            return;
        }
        let appended = writer.write(&group);
        drop(writer);
        for (waiting, appended) in group.into_iter().zip(appended) {
            (waiting.done)(appended);
        }
    }

    fn take_group(&self) -> Vec<Waiting> {
        let mut queue = self.queue();
        let (mut group, mut bytes) = (Vec::new(), 0);
        while group.len() < GROUP_APPENDS_MAX && bytes < GROUP_BYTES_MAX {
            let Some(next) = queue.appends.pop_front() else { break };
            bytes += next.size_bytes();
            group.push(next);
        }
        self.taken.notify_all();
        group
    }

    fn refuse_all(&self) {
        for waiting in self.take_group() {
            (waiting.done)(Err(AppendError::Stopped));
        }
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
