//! `cargo xtask soak [--tasks N]`: starts and ends many tasks, each with a machine, and fails when
//! one of them leaves something behind: a process, a mount, a namespace, an open file of the
//! daemon's, a file outside its own folder.

use super::Place;
use super::whole::Home;
use std::collections::BTreeSet;
use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Tasks, unless it is said otherwise.
const TASKS: usize = 200;
/// Open files and threads by which the daemon may have grown: what it keeps of the tasks at rest
/// that stay in memory, whatever their number.
const GROWTH_MAX: usize = 64;

/// Looks at what was left, and the time between two of them.
const TRIES: u32 = 100;
const PAUSE: Duration = Duration::from_millis(100);

/// What of this computer a task could leave something in.
#[derive(Debug)]
struct Seen {
    /// Below the daemon.
    processes: usize,
    mounts: usize,
    namespaces: BTreeSet<String>,
    open_files: usize,
    threads: usize,
    strays: BTreeSet<PathBuf>,
}

pub(crate) fn run(root: &Path, words: &[&str]) -> Result<(), Box<dyn Error>> {
    let tasks = match words {
        [] => TASKS,
        ["--tasks", number] => number.parse()?,
        _ => return Err("soak knows --tasks N".into()),
    };
    let place = Place { root: root.to_owned(), target: super::target(root), is_quick: false };
    // How fast it is does not matter here.
    let built = ["release", "debug"].map(|kind| place.target.join(kind).join("legwork"));
    let program = built.into_iter().find(|it| it.is_file()).ok_or("`make` builds legwork")?;
    let home = Home::of(&place, program)?;
    let folder = home.path("Files");
    fs::create_dir(&folder)?;
    fs::write(folder.join("a.txt"), "same")?;
    fs::write(folder.join("b.txt"), "same")?;
    // The first one finds everything cold: caches, the spare machine, the daemon's threads.
    one(&home, &folder, 0)?;
    let before = look(&home)?;
    for number in 1..=tasks {
        one(&home, &folder, number)?;
        if number % 50 == 0 {
            crate::say(&format!("{number} tasks\n"));
        }
    }
    // A machine that was stopped is gone a moment after its task tells so.
    let mut tries = TRIES;
    while let Err(error) = compare(&before, &look(&home)?) {
        if tries == 0 {
            return Err(error);
        }
        tries -= 1;
        std::thread::sleep(PAUSE);
    }
    let kept = home.path("state/legwork/tasks");
    let (count, bytes) = (fs::read_dir(&kept)?.count(), size_bytes(&kept)?);
    crate::say(&format!(
        "{tasks} tasks left nothing behind; {count} folders of tasks hold {bytes} bytes\n"
    ));
    Ok(())
}

/// One task: every third is stopped while it waits, every fourth is applied and undone.
fn one(home: &Home, folder: &Path, number: usize) -> Result<(), Box<dyn Error>> {
    let folder = folder.to_string_lossy();
    let args = ["run", "Find duplicate files", "--folder", &folder, "--machine", "jail"];
    if number % 3 == 2 {
        home.legwork(&[&args[..], &["--detach"]].concat())?;
        home.legwork(&["stop", "last"])?;
        // It has ended when nothing is left to follow; that it was stopped is no failure here.
        let _ = home.legwork(&["watch", "last"]);
        return Ok(());
    }
    home.legwork(&[&args[..], &["--yes"]].concat())?;
    if number.is_multiple_of(4) {
        home.legwork(&["apply", "last"])?;
        home.legwork(&["undo", "last"])?;
    }
    Ok(())
}

fn compare(before: &Seen, after: &Seen) -> Result<(), Box<dyn Error>> {
    let new: Vec<_> = after.namespaces.difference(&before.namespaces).collect();
    // The spare machine that waits is another one than before, of as many namespaces.
    if after.namespaces.len() > before.namespaces.len() {
        return Err(format!("namespaces were left: {new:?}").into());
    }
    let strays: Vec<_> = after.strays.difference(&before.strays).collect();
    if !strays.is_empty() {
        return Err(format!("files were left: {strays:?}").into());
    }
    let counts = [
        ("processes", before.processes, after.processes, 0),
        ("mounts", before.mounts, after.mounts, 0),
        ("open files", before.open_files, after.open_files, GROWTH_MAX),
        ("threads", before.threads, after.threads, GROWTH_MAX),
    ];
    for (what, before, after, growth_max) in counts {
        if after > before + growth_max {
            return Err(format!("{what} were left: {after} now, {before} before").into());
        }
    }
    Ok(())
}

fn look(home: &Home) -> Result<Seen, Box<dyn Error>> {
    let daemon = home.daemon_id();
    let own = PathBuf::from(format!("/proc/{daemon}"));
    let below = processes_below(daemon)?;
    let namespaces = below.iter().flat_map(|pid| namespaces(*pid)).collect();
    let mut strays = BTreeSet::new();
    for folder in ["/tmp", "/var/tmp", "/dev/shm"] {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.to_string_lossy().contains("legwork") && path != home.path("") {
                strays.insert(path);
            }
        }
    }
    // Other programs' files come and go; those of the daemon's own process id are its own.
    strays.retain(|path| path.to_string_lossy().contains(&daemon.to_string()));
    Ok(Seen {
        processes: below.len(),
        mounts: fs::read_to_string(own.join("mounts"))?.lines().count(),
        namespaces,
        open_files: fs::read_dir(own.join("fd"))?.count(),
        threads: fs::read_dir(own.join("task"))?.count(),
        strays,
    })
}

fn namespaces(pid: u32) -> Vec<String> {
    let links = fs::read_dir(format!("/proc/{pid}/ns")).into_iter().flatten().flatten();
    links.filter_map(|link| Some(fs::read_link(link.path()).ok()?.display().to_string())).collect()
}

/// All processes that the daemon started, and those that they did.
fn processes_below(daemon: u32) -> Result<Vec<u32>, Box<dyn Error>> {
    let mut parents = vec![];
    for entry in fs::read_dir("/proc")?.flatten() {
        let Some(pid) = entry.file_name().to_str().and_then(|name| name.parse::<u32>().ok()) else {
            continue;
        };
        // One that ended meanwhile is none.
        let Ok(stat) = fs::read_to_string(format!("/proc/{pid}/stat")) else { continue };
        let after_name = stat.rsplit(')').next().unwrap_or_default();
        let parent = after_name.split_whitespace().nth(1).and_then(|it| it.parse::<u32>().ok());
        parents.extend(parent.map(|parent| (pid, parent)));
    }
    let mut below = vec![daemon];
    let mut at = 0;
    while at < below.len() {
        let parent = below[at];
        below.extend(parents.iter().filter(|(_, it)| *it == parent).map(|(pid, _)| *pid));
        at += 1;
    }
    below.remove(0);
    Ok(below)
}

fn size_bytes(folder: &Path) -> std::io::Result<u64> {
    let mut bytes = 0;
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let found = entry.path().symlink_metadata()?;
        bytes += if found.is_dir() { size_bytes(&entry.path())? } else { found.len() };
    }
    Ok(bytes)
}
