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

fn every_crash_point_of_apply(far: bool) {
    let mut count = 0;
    loop {
        let Some(world) = ready(far) else { return };
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
        if !was_cut {
            break;
        }
        count += 1;
    }
    assert!(count > 80, "only {count} points");
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
    let mut count = 0;
    loop {
        let Some(world) = ready(far) else { return };
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
        if !was_cut {
            break;
        }
        count += 1;
    }
    assert!(count > 60, "only {count} points");
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
    let mut count = 0;
    loop {
        let Some(world) = ready(far) else { return };
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
        if !was_full {
            break;
        }
        count += 1;
    }
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
    let mut count = 0;
    loop {
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
        if !was_cut && !undo_was_cut {
            break;
        }
        count += 1;
    }
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
