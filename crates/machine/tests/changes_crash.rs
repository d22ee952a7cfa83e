//! Apply and undo, killed between any two steps: the same call again completes them, and an undo
//! brings back content, permissions and times to the byte.

mod world;

use machine::changes::{ApplyError, Fault, undo_watched};
use proptest::prelude::*;
use world::{Thing, Tree, World, differing, file, folder, link, plain, tree};

fn base() -> Tree {
    tree([
        ("keep.txt", file("keep")),
        ("edit.txt", Thing::File(b"before".to_vec(), 0o640)),
        ("gone.txt", file("gone")),
        ("inbox/a.pdf", file("content of a")),
        ("inbox/b.pdf", file("content of b")),
        ("old/deep/x", Thing::File(b"x".to_vec(), 0o600)),
        ("old/deep/link", link("x")),
        ("old/y", file("y")),
        ("old/empty", Thing::Folder(0o700)),
        ("mode.sh", file("#!/bin/sh\n")),
        ("locked", Thing::Folder(0o755)),
        ("becomes-folder", file("was a file")),
        ("becomes-link/inner", file("inner")),
        ("points", link("keep.txt")),
    ])
}

fn wanted() -> Tree {
    tree([
        ("keep.txt", file("keep")),
        ("edit.txt", Thing::File(b"after, longer".to_vec(), 0o640)),
        ("new/inner/file.txt", file("new")),
        ("new/link", link("inner/file.txt")),
        ("sorted/a.pdf", file("content of a")),
        ("sorted/b renamed.pdf", file("content of b")),
        ("inbox", folder()),
        ("mode.sh", Thing::File(b"#!/bin/sh\n".to_vec(), 0o755)),
        ("locked", Thing::Folder(0o700)),
        ("becomes-folder/in it", file("in it")),
        ("becomes-link", link("sorted")),
        ("points", link("edit.txt")),
    ])
}

fn ready(far: bool) -> Option<World> {
    let world = World::new(&base());
    world.task_makes(&base(), &wanted());
    if far { world.with_far_store() } else { Some(world) }
}

/// Stops at the `count`-th point, counted from zero.
fn crash_at(count: usize) -> impl FnMut(&machine::changes::Point) -> Option<Fault> {
    let mut left: usize = count;
    move |_| {
        if left == 0 {
            return Some(Fault::Crash);
        }
        left -= 1;
        None
    }
}

/// Calls `check` with 0, 1, 2 … on a few threads, which mostly wait for the disk, until it answers
/// that there is no such point any more. Returns how many there are.
fn at_every_point(check: impl Fn(usize) -> bool + Sync) -> usize {
    const THREADS: usize = 4;
    let each = |first: usize| (first..).step_by(THREADS).find(|&count| !check(count));
    std::thread::scope(|scope| {
        let each = &each;
        let threads: Vec<_> = (0..THREADS).map(|first| scope.spawn(move || each(first))).collect();
        let ends = threads.into_iter().map(|thread| thread.join().expect("a failed point"));
        ends.flatten().min().expect("an end")
    })
}

fn every_crash_point_of_apply(far: bool) {
    let count = at_every_point(|count| {
        let Some(world) = ready(far) else { return false };
        let before = world.look();
        let list = world.list();
        let done = world.try_apply("1", &list, &[], &mut crash_at(count));
        let was_cut = match done {
            Ok(_) => false,
            Err(ApplyError::Interrupted) => true,
            Err(other) => panic!("point {count}: {other}"),
        };
        if count % 2 == 0 || !was_cut {
            let report = world.try_apply("1", &list, &[], &mut |_| None).expect("completed");
            assert_eq!(differing(&world.content(), &plain(wanted())), None, "after point {count}");
            let counts = report.counts();
            assert_eq!((counts.conflicts, counts.skipped), (0, 0), "point {count}: {report:?}");
        }
        let report = world.undo("1");
        assert_eq!(
            differing(&world.look(), &before),
            None,
            "undone after point {count}: {report:?}"
        );
        was_cut
    });
    assert!(count > 80 || far, "only {count} points");
}

#[test]
fn apply_survives_a_kill_at_every_point() {
    every_crash_point_of_apply(false);
}

#[test]
fn apply_survives_a_kill_at_every_point_with_the_store_on_another_disk() {
    every_crash_point_of_apply(true);
}

fn every_crash_point_of_undo(far: bool) {
    let count = at_every_point(|count| {
        let Some(world) = ready(far) else { return false };
        let before = world.look();
        world.apply("1");
        let cut = undo_watched(&world.dir, "1", &mut crash_at(count));
        let was_cut = matches!(cut, Err(ApplyError::Interrupted));
        assert!(was_cut || cut.is_ok(), "point {count}: {cut:?}");
        let report = world.undo("1");
        assert_eq!(differing(&world.look(), &before), None, "after point {count}: {report:?}");
        assert_eq!(report.counts().skipped, 0, "point {count}: {report:?}");
        // It can be applied again, under a new name.
        let report = world.apply("2");
        assert_eq!(
            differing(&world.content(), &plain(wanted())),
            None,
            "again after point {count}"
        );
        let counts = report.counts();
        assert_eq!((counts.conflicts, counts.skipped), (0, 0), "again, {count}: {report:?}");
        was_cut
    });
    assert!(count > 60 || far, "only {count} points");
}

#[test]
fn undo_survives_a_kill_at_every_point() {
    every_crash_point_of_undo(false);
}

#[test]
fn undo_survives_a_kill_at_every_point_with_the_store_on_another_disk() {
    every_crash_point_of_undo(true);
}

fn full_at_every_point(far: bool) {
    let count = at_every_point(|count| {
        let Some(world) = ready(far) else { return false };
        let before = world.look();
        let list = world.list();
        let mut left: usize = count;
        let mut was_full = false;
        let done = world.try_apply("1", &list, &[], &mut |_| {
            left = left.checked_sub(1).unwrap_or_else(|| {
                was_full = true;
                usize::MAX
            });
            (left == usize::MAX).then_some(Fault::Fails(rustix::io::Errno::NOSPC))
        });
        if was_full {
            assert!(matches!(done, Err(ApplyError::Full)), "point {count}: {done:?}");
        }
        if count % 2 == 0 || !was_full {
            let report = world.try_apply("1", &list, &[], &mut |_| None).expect("room again");
            assert_eq!(differing(&world.content(), &plain(wanted())), None, "after point {count}");
            assert_eq!(report.counts().skipped, 0, "point {count}: {report:?}");
        }
        world.undo("1");
        assert_eq!(differing(&world.look(), &before), None, "undone after point {count}");
        was_full
    });
    assert!(count > 80 || far, "only {count} points");
}

#[test]
fn a_full_disk_at_any_point_loses_nothing() {
    full_at_every_point(false);
    full_at_every_point(true);
}

#[test]
fn a_disk_that_cannot_exchange_is_served_too() {
    let no_exchange = |point: &machine::changes::Point| {
        (point.step == "exchange").then_some(Fault::Fails(rustix::io::Errno::INVAL))
    };
    at_every_point(|count| {
        let world = ready(false).expect("near");
        let before = world.look();
        let list = world.list();
        let mut crash = crash_at(count);
        let done =
            world.try_apply("1", &list, &[], &mut |point| crash(point).or(no_exchange(point)));
        let was_cut = done.is_err();
        if was_cut {
            world.try_apply("1", &list, &[], &mut |point| no_exchange(point)).expect("completed");
        }
        assert_eq!(differing(&world.content(), &plain(wanted())), None, "after point {count}");
        let mut crash = crash_at(count);
        let undone =
            undo_watched(&world.dir, "1", &mut |point| crash(point).or(no_exchange(point)));
        let undo_was_cut = undone.is_err();
        undo_watched(&world.dir, "1", &mut |point| no_exchange(point)).expect("undone");
        assert_eq!(differing(&world.look(), &before), None, "undone after point {count}");
        was_cut || undo_was_cut
    });
}

const NAMES: [&str; 6] = ["a", "b", "c", "a.txt", "z z", "é\n"];

fn a_path() -> impl Strategy<Value = String> {
    proptest::collection::vec(0..NAMES.len(), 1..4)
        .prop_map(|parts| parts.iter().map(|&part| NAMES[part]).collect::<Vec<_>>().join("/"))
}

fn a_thing() -> impl Strategy<Value = Thing> {
    prop_oneof![
        6 => (0u8..6, prop_oneof![Just(0o644), Just(0o600), Just(0o755)])
            .prop_map(|(byte, mode)| Thing::File(vec![byte; usize::from(byte) * 3], mode)),
        2 => prop_oneof![Just(0o755), Just(0o700)].prop_map(Thing::Folder),
        1 => prop_oneof![Just("a"), Just("../b"), Just("nowhere")].prop_map(link),
    ]
}

/// A tree in which nothing lies below what is no folder.
fn a_tree() -> impl Strategy<Value = Tree> {
    proptest::collection::vec((a_path(), a_thing()), 0..14).prop_map(|things| {
        let mut made = Tree::new();
        for (path, thing) in things {
            let path = path.into_bytes();
            let cuts = (0..path.len()).filter(|&at| path[at] == b'/').collect::<Vec<_>>();
            let fits = cuts
                .iter()
                .all(|&cut| made.get(&path[..cut]).is_none_or(|t| matches!(t, Thing::Folder(_))));
            if fits && !made.contains_key(&path) {
                cuts.iter().for_each(|&cut| {
                    made.entry(path[..cut].to_vec()).or_insert_with(folder);
                });
                made.insert(path, thing);
            }
        }
        made
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, ..ProptestConfig::default() })]

    #[test]
    fn any_change_of_any_tree_with_any_crash(
        base in a_tree(),
        wanted in a_tree(),
        apply_cuts in proptest::collection::vec(0usize..120, 0..3),
        undo_cuts in proptest::collection::vec(0usize..120, 0..3),
        completes in any::<bool>(),
    ) {
        let world = World::new(&base);
        world.task_makes(&base, &wanted);
        let before = world.look();
        let list = world.list();
        for cut in apply_cuts {
            let _ = world.try_apply("p", &list, &[], &mut crash_at(cut));
        }
        if completes {
            let report = world.try_apply("p", &list, &[], &mut |_| None).expect("applied");
            prop_assert_eq!(differing(&world.content(), &plain(wanted)), None, "{:?}", report);
        }
        for cut in undo_cuts {
            let _ = undo_watched(&world.dir, "p", &mut crash_at(cut));
        }
        match undo_watched(&world.dir, "p", &mut |_| None) {
            Ok(_) => {}
            Err(ApplyError::Unknown { .. }) => prop_assert!(!completes),
            Err(other) => panic!("{other}"),
        }
        prop_assert_eq!(differing(&world.look(), &before), None);
    }
}

/// Names the small disk to the copy of this test that sees it.
const SMALL_DISK: &str = "LEGWORK_TEST_SMALL_DISK";

#[test]
#[expect(
    clippy::disallowed_methods,
    reason = "a test makes its small disk with the system's tools"
)]
fn a_disk_that_is_really_full_loses_nothing() {
    if let Some(disk) = std::env::var_os(SMALL_DISK) {
        return on_a_small_disk(disk.as_ref());
    }
    let disk = tempfile::tempdir().expect("a folder");
    let script = r#"mount -t tmpfs -o size=3m small "$1" && shift && exec "$@""#;
    let this = std::env::current_exe().expect("this test");
    let test = "a_disk_that_is_really_full_loses_nothing";
    let made = std::process::Command::new("unshare")
        .args(["-rm", "sh", "-c", script, "sh"])
        .arg(disk.path())
        .arg(this)
        .args(["--exact", test])
        .env(SMALL_DISK, disk.path())
        .output()
        .expect("unshare");
    let said = String::from_utf8_lossy(&made.stderr);
    // Where user namespaces are not allowed there is no small disk to fill.
    let denied = ["unshare:", "mount:"].iter().any(|tool| said.contains(tool));
    assert!(made.status.success() || denied, "{said}{}", String::from_utf8_lossy(&made.stdout));
}

#[expect(
    clippy::disallowed_methods,
    reason = "a test makes its small disk with the system's tools"
)]
fn on_a_small_disk(disk: &std::path::Path) {
    let files = |letter: &str| -> Tree {
        let content = letter.repeat(100_000);
        (0..20).map(|index| (format!("{index}").into_bytes(), file(&content))).collect()
    };
    let (base, wanted) = (files("a"), files("b"));
    // The upper layer lies elsewhere; the folder and the store share the small disk.
    let world = World::new_in(disk, &base);
    world.task_makes(&base, &wanted);
    let before = world.look();
    let list = world.list();
    for _ in 0..3 {
        let full = world.try_apply("1", &list, &[], &mut |_| None);
        assert!(matches!(full, Err(ApplyError::Full)), "{full:?}");
        for index in 0..20 {
            let now = world.read(&index.to_string());
            assert!(now == "a".repeat(100_000) || now == "b".repeat(100_000), "{index} is half");
        }
    }
    let grown =
        std::process::Command::new("mount").args(["-o", "remount,size=30m"]).arg(disk).status();
    assert!(grown.expect("mount").success());
    let report = world.try_apply("1", &list, &[], &mut |_| None).expect("room again");
    assert_eq!(report.counts().applied, 20, "{report:?}");
    assert_eq!(differing(&world.content(), &plain(wanted)), None);
    world.undo("1");
    assert_eq!(differing(&world.look(), &before), None);
}
