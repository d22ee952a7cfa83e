//! Counts what goes through, against the bounds of rules and of the task.

use crate::refusal::Refusal;
use policy::egress::Rule;
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};

/// What one rule was used for so far, in the life of the task.
#[derive(Debug, Default)]
struct Used {
    upload_bytes: AtomicU64,
    requests: AtomicU64,
}

/// All counts of a task. A rule is known by its text, so that its count outlives a new set of
/// rules that has it again.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    used: Mutex<HashMap<String, Arc<Used>>>,
    bytes: AtomicU64,
    bytes_max: Option<u64>,
}

impl Counts {
    pub(crate) fn new(bytes_max: Option<u64>) -> Self {
        Self { bytes_max, ..Self::default() }
    }

    /// A meter for something that these rules allowed together.
    pub(crate) fn meter<'r>(self: &Arc<Self>, rules: impl Iterator<Item = &'r Rule>) -> Meter {
        let bounded = rules.filter(|r| r.upload_bytes_max.is_some() || r.requests_max.is_some());
        let bounds = bounded.map(|rule| {
            let text = rule.to_string();
            let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
            Bound {
                used: Arc::clone(used.entry(text.clone()).or_default()),
                upload_bytes_max: rule.upload_bytes_max.unwrap_or(u64::MAX),
                requests_max: rule.requests_max.unwrap_or(u64::MAX),
                rule: text,
            }
        });
        Meter {
            bounds: bounds.collect(),
            all: Arc::clone(self),
            up: AtomicU64::new(0),
            down: AtomicU64::new(0),
        }
    }
}

#[derive(Debug)]
struct Bound {
    used: Arc<Used>,
    upload_bytes_max: u64,
    requests_max: u64,
    rule: String,
}

/// Counts one connection or request.
#[derive(Debug)]
pub(crate) struct Meter {
    bounds: Box<[Bound]>,
    all: Arc<Counts>,
    up: AtomicU64,
    down: AtomicU64,
}

impl Meter {
    /// Counts one request.
    pub(crate) fn request(&self) -> Result<(), Refusal> {
        for bound in &self.bounds {
            if bound.used.requests.fetch_add(1, Relaxed) >= bound.requests_max {
                return Err(Refusal::Spent(bound.rule.clone()));
            }
        }
        Ok(())
    }

    /// Counts bytes before they leave the machine.
    pub(crate) fn up(&self, count: usize) -> Result<(), Refusal> {
        let count = count as u64;
        for bound in &self.bounds {
            let before = bound.used.upload_bytes.fetch_add(count, Relaxed);
            if before.saturating_add(count) > bound.upload_bytes_max {
                // What is not sent does not count.
                bound.used.upload_bytes.fetch_sub(count, Relaxed);
                return Err(Refusal::Spent(bound.rule.clone()));
            }
        }
        self.both(count)?;
        self.up.fetch_add(count, Relaxed);
        Ok(())
    }

    /// Counts bytes before they come into the machine.
    pub(crate) fn down(&self, count: usize) -> Result<(), Refusal> {
        self.both(count as u64)?;
        self.down.fetch_add(count as u64, Relaxed);
        Ok(())
    }

    fn both(&self, count: u64) -> Result<(), Refusal> {
        let before = self.all.bytes.fetch_add(count, Relaxed);
        match self.all.bytes_max {
            Some(max) if before.saturating_add(count) > max => Err(Refusal::AllSpent),
            Some(_) | None => Ok(()),
        }
    }

    pub(crate) fn bytes_up(&self) -> u64 {
        self.up.load(Relaxed)
    }

    pub(crate) fn bytes_down(&self) -> u64 {
        self.down.load(Relaxed)
    }

    /// Bytes in both directions.
    pub(crate) fn moved(&self) -> u64 {
        self.bytes_up().wrapping_add(self.bytes_down())
    }
}
