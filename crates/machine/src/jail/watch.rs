//! Ends a machine before the host runs out of room, and keeps what the guest complains about.

use super::Processes;
use super::stream::Stream;
use crate::limits::{DIAGNOSTIC_BYTES_MAX, ROOM_BYTES_MIN, ROOM_FRACTION, WATCH_EVERY};
use crate::system::Watch;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
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
        let mut full = no_room(&dir);
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

/// Why no machine may run now whose folder is `dir`, if it is so: the next one would be ended too.
pub fn no_room(dir: &Path) -> Option<String> {
    disk_is_full(dir).or_else(memory_is_full)
}

/// How much is missing, if the host would suffer from more use: what is free, and what must be.
fn shortage(free: u64, total: u64) -> Option<(u64, u64)> {
    let least = ROOM_BYTES_MIN.min(total / ROOM_FRACTION);
    (free < least).then_some((free >> 20, least >> 20))
}

fn disk_is_full(dir: &Path) -> Option<String> {
    let disk = rustix::fs::statvfs(dir).ok()?;
    let unit = disk.f_frsize;
    let all = disk.f_blocks.saturating_mul(unit);
    let (free, least) = shortage(disk.f_bavail.saturating_mul(unit), all)?;
    Some(format!(
        "the disk with the task's folder is almost full: {free} MB are free, and {least} MB must \
         stay so. Nothing that was written is lost, and work goes on once somebody makes room there"
    ))
}

fn memory_is_full() -> Option<String> {
    let table = fs::read_to_string("/proc/meminfo").ok()?;
    let kib = |name: &str| {
        let line = table.lines().find(|line| line.starts_with(name))?;
        line.split_whitespace().nth(1)?.parse::<u64>().ok()
    };
    let (free, least) = shortage(kib("MemAvailable:")? * 1024, kib("MemTotal:")? * 1024)?;
    Some(format!(
        "the computer is almost out of memory: {free} MB are free, and {least} MB must stay so. \
         Nothing that was written is lost, and work goes on once other programs leave some"
    ))
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
    use super::shortage;

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
            assert_eq!(shortage(free, total).is_some(), short, "{free} of {total}");
        }
        assert_eq!(shortage(3 * mib, tib), Some((3, 512)));
    }
}
