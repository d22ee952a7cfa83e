//! Ends a machine before the host runs out of room, and keeps what the guest complains about.

use super::Processes;
use super::stream::Stream;
use crate::limits::{DIAGNOSTIC_BYTES_MAX, ROOM_BYTES_MIN, ROOM_FRACTION, WATCH_EVERY};
use crate::system::Watch;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::Arc;
use tokio::io::AsyncReadExt;
use tokio::net::unix::pipe::Receiver;

/// Looks at the room on the task's disk and in memory while something runs. An ordinary user can
/// set no quota on a disk, and none on memory without a service manager.
pub(crate) async fn room(dir: PathBuf, stream: Arc<Stream>, processes: Arc<Processes>) {
    let mut system = Watch::new(&dir);
    let mut tick = tokio::time::interval(WATCH_EVERY);
    tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        // While nothing runs nothing grows, and an idle machine wakes nobody.
        stream.wait_busy().await;
        tick.tick().await;
        if stream.ended().is_some() {
            return;
        }
        if stream.is_idle() {
            continue;
        }
        let mut full = disk_is_full(&dir).or_else(memory_is_full);
        if full.is_none() && system.is_due() {
            // Takes as long as there are files; the machine goes on meanwhile.
            let counted = tokio::task::spawn_blocking(move || {
                let over = system.count();
                (system, over)
            });
            let Ok(counted) = counted.await else { return };
            (system, full) = counted;
        }
        if let Some(why) = full {
            stream.end(why);
            processes.kill();
            return;
        }
    }
}

fn is_short(free: u64, total: u64) -> bool {
    free < ROOM_BYTES_MIN.min(total / ROOM_FRACTION)
}

fn disk_is_full(dir: &PathBuf) -> Option<String> {
    let disk = rustix::fs::statvfs(dir).ok()?;
    let unit = disk.f_frsize;
    is_short(disk.f_bavail.saturating_mul(unit), disk.f_blocks.saturating_mul(unit))
        .then(|| "the disk with the task's folder is almost full".to_owned())
}

fn memory_is_full() -> Option<String> {
    let table = fs::read_to_string("/proc/meminfo").ok()?;
    let kib = |name: &str| {
        let line = table.lines().find(|line| line.starts_with(name))?;
        line.split_whitespace().nth(1)?.parse::<u64>().ok()
    };
    is_short(kib("MemAvailable:")? * 1024, kib("MemTotal:")? * 1024)
        .then(|| "the computer is almost out of memory".to_owned())
}

/// Writes what the guest complains about to `log`, as much as is bounded, and reads on silently.
pub(crate) async fn diagnostics(pipe: io::PipeReader, log: PathBuf) {
    let Ok(mut pipe) = Receiver::from_owned_fd(pipe.into()) else { return };
    let mut left = DIAGNOSTIC_BYTES_MAX;
    let mut file: Option<File> = None;
    let mut buffer = [0; 4096];
    loop {
        let bytes = match pipe.read(&mut buffer).await {
            Ok(0) | Err(_) => return,
            Ok(bytes) => &buffer[..bytes.min(left)],
        };
        left -= bytes.len();
        if file.is_none() {
            file = File::create(&log).ok();
        }
        if let Some(file) = &mut file {
            let _ = file.write_all(bytes);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::is_short;

    #[test]
    fn room_is_short_below_a_fiftieth_and_never_above_half_a_gigabyte() {
        let (mib, tib) = (1 << 20, 1 << 40);
        for (free, total, short) in [
            (0, 0, false),
            (0, 100 * mib, true),
            (mib, 100 * mib, true),
            (2 * mib, 100 * mib, false),
            (511 * mib, tib, true),
            (512 * mib, tib, false),
        ] {
            assert_eq!(is_short(free, total), short, "{free} of {total}");
        }
    }
}
