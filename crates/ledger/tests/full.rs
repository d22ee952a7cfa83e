//! A full disk: nothing half-written, a clear answer, and work goes on when there is room.
//!
//! Three ways for a disk to be full. A cap on the database, and a limit on the size of files (which
//! a write meets as it would meet a quota), need no rights; a disk of its own needs a namespace.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use ledger::{AppendError, BlobError, Ledger, NewEvent};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use std::fs;
use std::path::Path;
use std::process::{Command, Output};
use tempfile::TempDir;

/// Names the folder of the ledger to the child that a test starts of itself.
const CHILD: &str = "LEDGER_FULL_CHILD";

fn event(bytes: usize) -> NewEvent {
    NewEvent { body: vec![b'x'; bytes], at_ms: 1 }
}

/// Appends until the disk is full; answers with the last position.
fn fill(ledger: &Ledger, task: &str, bytes: usize) -> u64 {
    for last in ledger.read(task, 0, usize::MAX).unwrap().len() as u64.. {
        match ledger.append(task, last, vec![event(bytes)]) {
            Ok(_) => {}
            Err(AppendError::Full) => return last,
            Err(error) => panic!("after {last}: {error:?}"),
        }
    }
    unreachable!("a disk is finite")
}

fn assert_whole(ledger: &Ledger, task: &str, last: u64) {
    assert_eq!(ledger.read(task, 0, usize::MAX).unwrap().len() as u64, last);
    ledger.verify(task).unwrap();
}

fn partial_files(dir: &Path) -> usize {
    fs::read_dir(dir.join("blobs/partial")).unwrap().count()
}

/// What differs from byte to byte and can't be compressed.
fn noise(bytes: usize) -> Vec<u8> {
    let mut content = vec![0; bytes];
    blake3::Hasher::new().finalize_xof().fill(&mut content);
    content
}

#[test]
fn a_capped_ledger_says_so_and_stays_whole() {
    let dir = TempDir::new().unwrap();
    let ledger = Ledger::open_capped(dir.path(), Some(200_000)).unwrap();
    let last = fill(&ledger, "a", 10_000);
    assert!(last > 5, "{last}");
    assert_whole(&ledger, "a", last);
    // An append is all or nothing, also when a part of it would have had room.
    let error = ledger.append("b", 0, vec![event(10), event(100_000)]).unwrap_err();
    assert!(matches!(error, AppendError::Full), "{error:?}");
    assert_eq!(ledger.tasks().unwrap().len(), 1);
    drop(ledger);
    let ledger = Ledger::open(dir.path()).unwrap();
    assert_eq!(ledger.append("a", last, vec![event(10_000)]).unwrap(), last + 1);
    assert_whole(&ledger, "a", last + 1);
}

#[test]
fn one_that_is_too_large_does_not_take_the_others_with_it() {
    let dir = TempDir::new().unwrap();
    let ledger = Ledger::open_capped(dir.path(), Some(500_000)).unwrap();
    // The first one keeps the writer at work while the others gather behind it.
    let answers: Vec<_> = (0..60)
        .map(|n| {
            let bytes = if n % 10 == 5 { 2_000_000 } else { 100 };
            (bytes, ledger.append_later(&format!("t{n}"), 0, vec![event(bytes)]))
        })
        .collect();
    for (bytes, answer) in answers {
        match answer.recv().unwrap() {
            Ok(last) => assert_eq!((bytes, last), (100, 1)),
            Err(AppendError::Full) => assert_eq!(bytes, 2_000_000),
            Err(error) => panic!("{error:?}"),
        }
    }
}

#[test]
#[expect(clippy::disallowed_methods, reason = "the test is its own child process")]
fn a_limit_on_file_sizes_is_a_full_disk() {
    if let Some(dir) = std::env::var_os(CHILD) {
        return meet_the_limit(Path::new(&dir));
    }
    let dir = TempDir::new().unwrap();
    // A process that ignores the signal gets an error from the write instead.
    assert_passed(&itself_after(
        "trap '' XFSZ",
        "a_limit_on_file_sizes_is_a_full_disk",
        dir.path(),
    ));
}

fn meet_the_limit(dir: &Path) {
    let limit = |current| {
        let maximum = getrlimit(Resource::Fsize).maximum;
        setrlimit(Resource::Fsize, Rlimit { current, maximum }).unwrap();
    };
    let ledger = Ledger::open(dir).unwrap();
    let small = ledger.put(b"small").unwrap();
    let mut last = 0;
    for room in [100_000, 300_000, 1_000_000] {
        limit(Some(room));
        let reached = fill(&ledger, "a", 5000);
        assert!(reached > last, "a little more fits each time");
        last = reached;
        let error = ledger.put(&noise(usize::try_from(room * 2).unwrap())).unwrap_err();
        assert!(matches!(error, BlobError::Full), "{error:?}");
        assert_eq!(partial_files(dir), 0);
        assert_eq!(ledger.get(&small).unwrap(), b"small");
        assert_whole(&ledger, "a", last);
    }
    limit(None);
    assert_eq!(ledger.append("a", last, vec![event(5000)]).unwrap(), last + 1);
    let content = noise(2_000_000);
    assert_eq!(ledger.get(&ledger.put(&content).unwrap()).unwrap(), content);
    drop(ledger);
    assert_whole(&Ledger::open(dir).unwrap(), "a", last + 1);
}

#[test]
#[expect(clippy::disallowed_methods, reason = "the test is its own child process")]
fn a_disk_without_room_is_a_full_disk() {
    if let Some(dir) = std::env::var_os(CHILD) {
        return meet_the_end_of_the_disk(Path::new(&dir));
    }
    let dir = TempDir::new().unwrap();
    let namespaces = ["unshare --mount", "unshare --map-root-user --mount"];
    let made = namespaces.iter().find(|unshare| {
        let words: Vec<_> = unshare.split(' ').collect();
        let probe = "mount -t tmpfs none \"$0\"";
        let mut command = Command::new(words[0]);
        command.args(&words[1..]).args(["sh", "-c", probe]).arg(dir.path());
        command.output().is_ok_and(|output| output.status.success())
    });
    let Some(unshare) = made else {
        eprintln!("no disk of its own can be made here; the other two ways were tested");
        return;
    };
    let mount = "mount -t tmpfs -o size=3m none \"$LEDGER_FULL_CHILD\"";
    let script = format!(
        "[ \"$IN\" ] || {{ export IN=1; exec {unshare} sh -c \"$SELF\" \"$0\" \"$@\"; }}; {mount}"
    );
    assert_passed(&itself_after(&script, "a_disk_without_room_is_a_full_disk", dir.path()));
}

fn meet_the_end_of_the_disk(dir: &Path) {
    let ledger = Ledger::open(dir).unwrap();
    let small = ledger.put(b"small").unwrap();
    let ballast = dir.join("ballast");
    let mut last = 0;
    for ballast_bytes in [1_500_000, 1_000_000, 500_000, 0] {
        fs::write(&ballast, vec![0; ballast_bytes]).unwrap();
        let error = ledger.put(&noise(3_000_000)).unwrap_err();
        assert!(matches!(error, BlobError::Full), "{error:?}");
        assert_eq!(partial_files(dir), 0);
        last = fill(&ledger, "a", 5000);
        let error = ledger.put(&noise(50_000)).unwrap_err();
        assert!(matches!(error, BlobError::Full), "{error:?}");
        assert_eq!(ledger.get(&small).unwrap(), b"small");
        assert_whole(&ledger, "a", last);
        fs::write(&ballast, b"").unwrap();
        if ballast_bytes == 0 {
            break;
        }
        last = ledger.append("a", last, vec![event(5000)]).unwrap();
        assert_whole(&ledger, "a", last);
    }
    drop(ledger);
    assert_whole(&Ledger::open(dir).unwrap(), "a", last);
}

/// Runs one test of this file again as a child, in a shell that did `first`.
#[expect(clippy::disallowed_methods, reason = "the test is its own child process")]
fn itself_after(first: &str, test: &str, dir: &Path) -> Output {
    let script = format!("{first}\nexec \"$0\" \"$@\"");
    Command::new("sh")
        .args(["-ec", &script])
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture"])
        .env(CHILD, dir)
        .env("SELF", &script)
        .output()
        .unwrap()
}

fn assert_passed(output: &Output) {
    let text = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && text.contains("1 passed"), "{text}\n{errors}");
}
