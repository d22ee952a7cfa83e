//! `cargo xtask sim`: lives of tasks in the simulated world, one for each seed.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

/// Failing seeds that are reported before giving up.
const FAILURES_MAX: usize = 10;

/// Lives through `count` seeds from `first` on, on all processors; answers with the failing ones.
pub(crate) fn run(first: u64, count: u64) -> Vec<(u64, String)> {
    let next = AtomicU64::new(first);
    let failures = Mutex::new(Vec::new());
    let is_over = || failures.lock().is_ok_and(|found| found.len() >= FAILURES_MAX);
    let threads = thread::available_parallelism().map_or(1, std::num::NonZero::get);
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while !is_over() {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= first.saturating_add(count) {
                        break;
                    }
                    if let (Err(why), Ok(mut failures)) = (live(seed), failures.lock()) {
                        failures.push((seed, why));
                    }
                }
            });
        }
    });
    let mut failures = failures.into_inner().unwrap_or_default();
    failures.sort();
    failures
}

fn live(seed: u64) -> Result<(), String> {
    match std::panic::catch_unwind(|| sim::run(seed)) {
        Ok(lived) => lived.map(drop),
        Err(_) => Err("it panicked; see above".to_owned()),
    }
}
