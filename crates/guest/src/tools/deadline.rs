//! Until when something foreign is waited for.

use crate::clock::now;
use std::time::{Duration, Instant};

/// A point in time after which nobody waits any longer.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Deadline(Instant);

impl Deadline {
    pub(crate) fn after(time: Duration) -> Self {
        Self(now() + time)
    }

    /// `None`: it has passed.
    pub(crate) fn remaining(self) -> Option<Duration> {
        self.0.checked_duration_since(now()).filter(|left| !left.is_zero())
    }
}
