//! Measures what the changes of a large folder cost: listing 100,000 files with 10 changes, and
//! applying and undoing a tidy of 20,000 files. Prints one JSON object.
//!
//! `changes_bench [FILES [MOVES]]`; the folders lie below `TMPDIR`.
#![expect(clippy::disallowed_methods, reason = "a measurement reads the clock")]
#![expect(clippy::print_stdout, reason = "its output is what it is for")]

use machine::changes::{ApplyOrder, Manifest, ShareState, apply, list, undo};
use rustix::fs::{CWD, FileType, Mode};
use std::error::Error;
use std::path::Path;
use std::time::{Duration, Instant};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

const FILES_PER_FOLDER: usize = 200;

fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1).map(|text| text.parse::<usize>());
    let files = arguments.next().transpose()?.unwrap_or(100_000);
    let moves = arguments.next().transpose()?.unwrap_or(20_000);
    let listing = measure_listing(files)?;
    let tidy = measure_tidy(moves)?;
    let all: Vec<String> = listing
        .iter()
        .chain(&tidy)
        .map(|(name, time)| format!("\"{name}_ms\": {:.1}", time.as_secs_f64() * 1e3))
        .collect();
    println!("{{\"files\": {files}, \"moves\": {moves}, {}}}", all.join(", "));
    Ok(())
}

type Times = Vec<(&'static str, Duration)>;

fn measure_listing(files: usize) -> Result<Times> {
    let temp = tempfile::tempdir()?;
    let (host, upper) = (temp.path().join("host"), temp.path().join("upper"));
    make_files(&host, files)?;
    let (taken, manifest) = timed(|| Manifest::take(&host))?;
    let (stored, bytes) = timed(|| Ok::<_, Box<dyn Error>>(manifest.to_bytes()))?;
    let (read, manifest) = timed(|| Manifest::from_bytes(&bytes))?;
    std::fs::create_dir(&upper)?;
    let folders = files.div_ceil(FILES_PER_FOLDER);
    for change in 0..10 {
        let folder = upper.join(format!("folder-{}", change * folders / 10));
        std::fs::create_dir_all(&folder)?;
        if change % 3 == 0 {
            whiteout(&folder.join("file-0.txt"))?;
        } else {
            std::fs::write(folder.join(format!("file-{}.txt", change % 3)), "changed")?;
        }
    }
    let shares = [share(&host, &upper, &manifest)];
    let (listed, found) = timed(|| list(&shares))?;
    if found.changes.len() != 10 {
        return Err(format!("{} changes instead of 10", found.changes.len()).into());
    }
    Ok(vec![
        ("manifest_take", taken),
        ("manifest_store", stored),
        ("manifest_read", read),
        ("list_10_changes", listed),
    ])
}

fn measure_tidy(moves: usize) -> Result<Times> {
    let temp = tempfile::tempdir()?;
    let (host, upper) = (temp.path().join("host"), temp.path().join("upper"));
    make_files(&host, moves)?;
    let manifest = Manifest::take(&host)?;
    std::fs::create_dir(&upper)?;
    for file in 0..moves {
        let old = format!("folder-{}", file / FILES_PER_FOLDER);
        let new = upper.join(format!("sorted/kind-{}", file % 50));
        std::fs::create_dir_all(upper.join(&old))?;
        std::fs::create_dir_all(&new)?;
        let name = format!("file-{}.txt", file % FILES_PER_FOLDER);
        std::fs::copy(host.join(&old).join(&name), new.join(format!("{file} {name}")))?;
        whiteout(&upper.join(&old).join(&name))?;
    }
    let shares = [share(&host, &upper, &manifest)];
    let (listed, found) = timed(|| list(&shares))?;
    let dir = temp.path().join("applies");
    let order = ApplyOrder {
        dir: &dir,
        id: "bench",
        shares: &shares,
        list: &found,
        paths: &[],
        ticks: &[],
    };
    let (applied, report) = timed(|| apply(&order))?;
    let (undone, back) = timed(|| undo(&dir, "bench"))?;
    for (name, report) in [("apply", report), ("undo", back)] {
        let counts = report.counts();
        if counts.conflicts + counts.skipped > 0 || counts.applied < moves as u64 {
            return Err(format!("{name}: {counts:?}").into());
        }
    }
    Ok(vec![("tidy_list", listed), ("tidy_apply", applied), ("tidy_undo", undone)])
}

fn make_files(host: &Path, files: usize) -> Result<()> {
    for file in 0..files {
        let folder = host.join(format!("folder-{}", file / FILES_PER_FOLDER));
        if file % FILES_PER_FOLDER == 0 {
            std::fs::create_dir_all(&folder)?;
        }
        let name = format!("file-{}.txt", file % FILES_PER_FOLDER);
        std::fs::write(folder.join(name), format!("content of file {file}\n"))?;
    }
    Ok(())
}

fn whiteout(path: &Path) -> Result<()> {
    Ok(rustix::fs::mknodat(CWD, path, FileType::CharacterDevice, Mode::empty(), 0)?)
}

fn share<'a>(host: &Path, upper: &Path, manifest: &'a Manifest) -> ShareState<'a> {
    let (host, upper) = (host.to_owned(), upper.to_owned());
    ShareState { name: "bench".into(), host, upper, manifest, writable: true }
}

fn timed<T, E>(work: impl FnOnce() -> std::result::Result<T, E>) -> Result<(Duration, T)>
where
    Box<dyn Error>: From<E>,
{
    let start = Instant::now();
    let done = work()?;
    Ok((start.elapsed(), done))
}
