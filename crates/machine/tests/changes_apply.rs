//! Apply and undo beside a person who works in the same folder: nothing of theirs is lost, nothing
//! outside is touched, and everything that went otherwise than asked is said.

mod world;

use machine::changes::{
    ApplyError, ApplyOrder, Change, Fault, Point, Side, Which, apply, read_side, undo,
};
use std::os::unix::fs::MetadataExt as _;
use std::sync::atomic::{AtomicBool, Ordering};
use wire::PathText;
use world::{Thing, Tree, World, chmod, differing, file, folder, link, reported, tree};

fn world(base: &Tree, wanted: &Tree) -> World {
    let world = World::new(base);
    world.task_makes(base, wanted);
    world
}

/// Does `act` once, at the first point with this step.
fn once<'a>(step: &'a str, act: impl FnOnce() + 'a) -> impl FnMut(&Point) -> Option<Fault> + 'a {
    let mut act = Some(act);
    move |point| {
        if point.step == step
            && let Some(act) = act.take()
        {
            act();
        }
        None
    }
}

#[test]
fn what_is_applied_again_was_so_already() {
    let base = tree([("edited", file("base")), ("moved.txt", file("moves away"))]);
    let wanted = tree([("edited", file("task")), ("to/moved.txt", file("moves away"))]);
    let world = world(&base, &wanted);
    let before = world.look();
    let list = world.list();
    world.try_apply("1", &list, &[], &mut |_| None).expect("applied");
    let after = world.look();
    let report = world.try_apply("2", &list, &[], &mut |_| None).expect("applied again");
    let lines = ["docs/edited", "docs/to", "docs/to/moved.txt"];
    assert_eq!(reported(&report), lines.map(|path| format!("{path}: applied")));
    let notes = report.lines.iter().map(|line| line.note.as_deref());
    assert_eq!(notes.collect::<Vec<_>>(), [Some("it was so already"); 3]);
    assert_eq!(differing(&world.look(), &after), None);
    assert_eq!(reported(&world.undo("2")), [""; 0]);
    world.undo("1");
    assert_eq!(differing(&world.look(), &before), None);
}

#[test]
fn what_the_person_did_meanwhile_stays() {
    let base = tree([
        ("edited", file("base")),
        ("deleted", file("base")),
        ("both gone.txt", file("base")),
        ("moved.txt", file("moves away")),
        ("target.txt", file("moves here")),
        ("old/a", file("a")),
    ]);
    let wanted = tree([
        ("edited", file("task")),
        ("deleted", file("task")),
        ("new.tar.gz", file("task")),
        ("to/moved.txt", file("moves away")),
        ("to/target.txt", file("moves here")),
    ]);
    let world = world(&base, &wanted);
    let list = world.list();
    world.write("edited", "person");
    std::fs::remove_file(world.host.join("deleted")).expect("removed");
    world.write("both gone.txt", "person");
    world.write("new.tar.gz", "person");
    world.write("moved.txt", "edited by the person");
    std::fs::create_dir(world.host.join("to")).expect("folder");
    world.write("to/target.txt", "person");
    world.write("old/mine", "person");
    let before = world.look();
    let report = world.try_apply("7", &list, &[], &mut |_| None).expect("applied");
    assert_eq!(
        reported(&report),
        [
            "docs/both gone.txt: skipped, you changed it meanwhile, so it stays as it is",
            "docs/deleted: conflict, kept as docs/deleted.legwork-7",
            "docs/edited: conflict, kept as docs/edited.legwork-7",
            "docs/new.tar.gz: conflict, kept as docs/new.tar.legwork-7.gz",
            "docs/old: skipped, it still holds files, so it stays",
            "docs/old/a: applied",
            "docs/to: applied",
            "docs/to/moved.txt: skipped, you changed it meanwhile, so it stays as it is",
            "docs/to/target.txt: conflict, kept as docs/to/target.legwork-7.txt",
        ]
    );
    for path in ["edited", "both gone.txt", "new.tar.gz", "to/target.txt", "old/mine"] {
        assert_eq!(world.read(path), "person", "{path}");
    }
    assert_eq!(world.read("edited.legwork-7"), "task");
    assert_eq!(world.read("to/target.legwork-7.txt"), "moves here");
    world.undo("7");
    assert_eq!(differing(&world.look(), &before), None);
}

#[test]
fn an_edit_between_look_and_exchange_is_exchanged_back() {
    let base = tree([("a.txt", file("base")), ("b.txt", file("goes"))]);
    let wanted = tree([("a.txt", file("task"))]);
    for (step, path) in [("exchange", "a.txt"), ("act", "b.txt"), ("intents-written", "a.txt")] {
        let world = world(&base, &wanted);
        let list = world.list();
        let mut edit = once(step, || world.write(path, "person!"));
        let report = world.try_apply("7", &list, &[], &mut edit).expect("applied");
        drop(edit);
        assert_eq!(world.read(path), "person!", "{step}: {report:?}");
        if path == "a.txt" {
            assert_eq!(world.read("a.legwork-7.txt"), "task", "{step}");
        }
        let hidden: Vec<_> =
            world.look().into_keys().filter(|p| p.starts_with(b".legwork")).collect();
        assert_eq!(hidden, Vec::<Vec<u8>>::new(), "{step}");
    }
}

#[test]
fn what_the_person_did_after_the_apply_survives_the_undo() {
    let base = tree([("a.txt", file("base")), ("b", file("base")), ("m", file("moves"))]);
    let wanted = tree([
        ("a.txt", file("task")),
        ("new", file("task")),
        ("made/x", file("task")),
        ("made/m", file("moves")),
    ]);
    let world = world(&base, &wanted);
    world.apply("7");
    world.write("a.txt", "person");
    world.write("new", "person");
    world.write("b", "person");
    world.write("made/mine", "person");
    world.write("made/m", "person, after the move");
    let report = world.undo("7");
    assert_eq!(
        reported(&report),
        [
            "docs/a.txt: conflict, kept as docs/a.legwork-7.txt",
            "docs/b: conflict, kept as docs/b.legwork-7",
            "docs/made: skipped, it holds files that are not from this task, so it stays",
            "docs/made/m: skipped, you changed it since, so it stays as it is",
            "docs/made/x: undone",
            "docs/new: skipped, you changed it since, so it stays as it is",
        ]
    );
    assert_eq!(world.read("a.txt"), "person");
    assert_eq!(world.read("a.legwork-7.txt"), "base");
    assert_eq!(world.read("b.legwork-7"), "base");
    assert_eq!(world.read("new"), "person");
    assert_eq!(world.undo("7"), report, "undone twice is undone once");
}

#[test]
fn only_what_was_selected_and_ticked_is_applied() {
    let base = tree([("in/a", file("a")), ("link-me/x", file("x"))]);
    let wanted = tree([
        ("in", folder()),
        ("out/a", file("a")),
        ("deep/er/b", file("b")),
        ("deep/c", file("c")),
        (".git/hooks/pre-commit", file("#!/bin/sh")),
        ("link-me", link("/etc")),
    ]);
    let world = world(&base, &wanted);
    let list = world.list();
    let shares = [world.share()];
    let order = |id, paths: &'static [&str], ticks: &'static [&str]| {
        let texts =
            |texts: &[&str]| texts.iter().map(|t| PathText((*t).into())).collect::<Vec<_>>();
        let (paths, ticks) = (texts(paths), texts(ticks));
        let order = ApplyOrder {
            dir: &world.dir,
            id,
            shares: &shares,
            list: &list,
            paths: &paths,
            ticks: &ticks,
        };
        reported(&apply(&order).expect("applied"))
    };
    assert_eq!(
        order("1", &["docs/deep/er/b", "docs/nothing"], &[]),
        [
            "docs/deep: applied",
            "docs/deep/er: applied",
            "docs/deep/er/b: applied",
            "docs/nothing: skipped, no change has this path",
        ]
    );
    assert_eq!(order("2", &["docs/in"], &[]), ["docs/out: applied", "docs/out/a: applied"]);
    assert_eq!(
        order("3", &["docs/.git", "docs/link-me"], &["docs/.git"]),
        [
            "docs/.git: applied",
            "docs/.git/hooks: applied",
            "docs/.git/hooks/pre-commit: skipped, it needs a tick of its own: \
             git would run this file as a hook",
            "docs/link-me: skipped, it needs a tick of its own: this link points out of the folder",
            "docs/link-me: skipped, what takes its place is not applied",
            "docs/link-me/x: skipped, what takes its place is not applied",
        ]
    );
    assert_eq!(world.read("link-me/x"), "x");
    order("4", &[], &["docs/.git/hooks/pre-commit", "docs/link-me"]);
    assert_eq!(differing(&world.content(), &world::plain(wanted)), None);
    for id in ["4", "3", "2", "1"] {
        world.undo(id);
    }
    assert_eq!(differing(&world.content(), &world::plain(base)), None);
}

#[test]
fn a_parent_that_becomes_a_link_leads_nowhere() {
    let base = tree([("d/a", file("a")), ("d/b", file("b")), ("d/m", file("moves"))]);
    let wanted = tree([("d/a", file("task")), ("d/new", file("task")), ("e/m", file("moves"))]);
    let mut steps = Vec::new();
    let list = |world: &World| world.list();
    let first = world(&base, &wanted);
    let changes = list(&first);
    first
        .try_apply("1", &changes, &[], &mut |point| {
            steps.push((point.step, point.item));
            None
        })
        .expect("applied");
    assert!(steps.len() > 20);
    for (count, step) in steps.iter().enumerate() {
        let world = world(&base, &wanted);
        let outside = world.temp.path().join("outside");
        std::fs::create_dir(&outside).expect("folder");
        for name in ["a", "b", "m"] {
            std::fs::write(outside.join(name), "outside").expect("written");
        }
        let there = world::look(&outside);
        let changes = list(&world);
        let mut left: usize = count;
        let swap = &mut |_: &Point| {
            if left == 0 {
                std::fs::rename(world.host.join("d"), world.temp.path().join("d was"))
                    .expect("away");
                std::os::unix::fs::symlink(&outside, world.host.join("d")).expect("linked");
            }
            left = left.wrapping_sub(1);
            None
        };
        let _ = world.try_apply("1", &changes, &[], swap);
        assert_eq!(differing(&world::look(&outside), &there), None, "after {step:?}");
        let _ = undo(&world.dir, "1");
        assert_eq!(differing(&world::look(&outside), &there), None, "undo after {step:?}");
    }
}

#[test]
fn a_folder_that_is_swapped_all_the_time_lets_nothing_out() {
    let base = tree([("d/a", file("a"))]);
    let wanted = tree([("d/a", file("task")), ("d/new", file("task"))]);
    let world = world(&base, &wanted);
    let outside = world.temp.path().join("outside");
    std::fs::create_dir(&outside).expect("folder");
    std::fs::write(outside.join("a"), "outside").expect("written");
    std::os::unix::fs::symlink(&outside, world.host.join("other")).expect("linked");
    let there = world::look(&outside);
    let list = world.list();
    let is_over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let flags = rustix::fs::RenameFlags::EXCHANGE;
            let (one, other) = (world.host.join("d"), world.host.join("other"));
            while !is_over.load(Ordering::Relaxed) {
                let _ = rustix::fs::renameat_with(
                    rustix::fs::CWD,
                    &one,
                    rustix::fs::CWD,
                    &other,
                    flags,
                );
            }
        });
        for round in 0..150 {
            let id = round.to_string();
            let _ = world.try_apply(&id, &list, &[], &mut |_| None);
            let _ = undo(&world.dir, &id);
        }
        is_over.store(true, Ordering::Relaxed);
    });
    assert_eq!(differing(&world::look(&outside), &there), None);
}

#[test]
fn other_names_of_a_file_keep_the_old_version() {
    let base = tree([("a", file("base")), ("x", Thing::File(b"tool".to_vec(), 0o644))]);
    let world = World::new(&base);
    let outside = world.temp.path().join("outside");
    let outside_x = world.temp.path().join("outside-x");
    std::fs::hard_link(world.host.join("a"), &outside).expect("linked");
    std::fs::hard_link(world.host.join("x"), &outside_x).expect("linked");
    let world = world.taken_again();
    let wanted = tree([("a", file("task")), ("x", Thing::File(b"tool".to_vec(), 0o755))]);
    world.task_makes(&base, &wanted);
    let report = world.apply("1");
    assert!(report.lines.iter().all(|line| line.note.is_some()), "{report:?}");
    assert_eq!(world.read("a"), "task");
    assert_eq!(std::fs::read_to_string(&outside).expect("read"), "base");
    assert_eq!(std::fs::metadata(&outside_x).expect("seen").mode() & 0o777, 0o644);
    assert_eq!(std::fs::metadata(world.host.join("x")).expect("seen").mode() & 0o777, 0o755);
    world.undo("1");
    let inode = |path| std::fs::metadata(path).expect("seen").ino();
    assert_eq!(inode(world.host.join("a")), inode(outside));
}

#[test]
fn permissions_and_owners_are_those_of_the_folder() {
    let base = tree([("sub/a", Thing::File(b"base".to_vec(), 0o640))]);
    let wanted = tree([
        ("sub/a", Thing::File(b"task".to_vec(), 0o666)),
        ("sub/new", Thing::File(b"new".to_vec(), 0o4777)),
        ("sub/private", Thing::File(b"new".to_vec(), 0o600)),
        ("sub/made", Thing::Folder(0o2777)),
        ("sub/made/link", link("nowhere")),
    ]);
    let world = World::new(&base);
    let is_root = rustix::process::geteuid().is_root();
    if is_root {
        for path in ["sub", "sub/a"] {
            std::os::unix::fs::chown(world.host.join(path), Some(1234), Some(1235)).expect("chown");
        }
    }
    let world = world.taken_again();
    world.task_makes(&base, &wanted);
    world.apply("1");
    let seen = |path: &str| std::fs::symlink_metadata(world.host.join(path)).expect("seen");
    assert_eq!(seen("sub/a").mode() & 0o7777, 0o640);
    assert_eq!(seen("sub/new").mode() & 0o7022, 0, "no set-id, not writable by others");
    assert_eq!(seen("sub/private").mode() & 0o7777, 0o600);
    assert_eq!(seen("sub/made").mode() & 0o5022, 0);
    if is_root {
        for path in ["sub/a", "sub/new", "sub/private", "sub/made", "sub/made/link"] {
            assert_eq!((seen(path).uid(), seen(path).gid()), (1234, 1235), "{path}");
        }
    }
}

#[test]
fn only_the_reviewed_bytes_are_applied() {
    let base = tree([("a", file("base"))]);
    let world = world(&base, &tree([("a", file("reviewed")), ("b", file("reviewed"))]));
    let list = world.list();
    std::fs::write(world.upper.join("a"), "replaced").expect("written");
    std::fs::remove_file(world.upper.join("b")).expect("removed");
    std::os::unix::fs::symlink("/etc/passwd", world.upper.join("b")).expect("linked");
    let report = world.try_apply("1", &list, &[], &mut |_| None).expect("applied");
    assert_eq!(
        reported(&report),
        [
            "docs/a: skipped, it is no longer what was reviewed",
            "docs/b: skipped, what the task made of it is no longer there",
        ]
    );
    assert_eq!(differing(&world.content(), &world::plain(base)), None);
}

#[test]
fn the_same_id_is_the_same_apply() {
    let base = tree([("a", file("base"))]);
    let world = world(&base, &tree([("a", file("task"))]));
    let first = world.apply("1");
    world.write("a", "person");
    assert_eq!(world.apply("1"), first, "it is finished and does nothing more");
    assert_eq!(world.read("a"), "person");
    world.undo("1");
    let list = world.list();
    let again = world.try_apply("1", &list, &[], &mut |_| None);
    assert!(matches!(again, Err(ApplyError::Undone { .. })), "{again:?}");
    assert!(matches!(undo(&world.dir, "2"), Err(ApplyError::Unknown { .. })));
    for id in ["", "../x", "a/b", "a b", &"x".repeat(65)] {
        assert!(matches!(undo(&world.dir, id), Err(ApplyError::Id { .. })), "{id}");
    }
    std::fs::rename(&world.host, world.temp.path().join("away")).expect("away");
    std::fs::create_dir(&world.host).expect("another folder");
    let elsewhere = world.try_apply("3", &list, &[], &mut |_| None);
    assert!(matches!(elsewhere, Err(ApplyError::FolderReplaced { .. })), "{elsewhere:?}");
}

#[test]
fn a_damaged_record_is_said_and_not_acted_on() {
    let base = tree([("a", file("base"))]);
    let world = world(&base, &tree([("a", file("task"))]));
    world.apply("1");
    let plan = world.dir.join("1/plan");
    let mut bytes = std::fs::read(&plan).expect("read");
    *bytes.last_mut().expect("not empty") ^= 1;
    std::fs::write(&plan, bytes).expect("written");
    assert!(matches!(undo(&world.dir, "1"), Err(ApplyError::Damaged { .. })));
    assert_eq!(world.read("a"), "task");
}

#[test]
fn a_locked_folder_costs_only_its_own_changes() {
    if rustix::process::geteuid().is_root() {
        // Nothing is locked for root.
        return;
    }
    let base = tree([("locked/a", file("a")), ("b", file("b"))]);
    let wanted = tree([("locked/a", file("task")), ("b", file("task"))]);
    let world = world(&base, &wanted);
    let list = world.list();
    chmod(&world.host.join("locked"), 0o555);
    let report = world.try_apply("1", &list, &[], &mut |_| None).expect("applied");
    chmod(&world.host.join("locked"), 0o755);
    assert_eq!(
        reported(&report),
        ["docs/b: applied", "docs/locked/a: skipped, you have no permission for it"]
    );
}

#[test]
fn both_sides_of_a_change_can_be_read() {
    let base = tree([("a", file("before")), ("gone", file("gone")), ("m", file("moves"))]);
    let wanted = tree([("a", file("after!")), ("n/m", file("moves")), ("l", link("a"))]);
    let world = world(&base, &wanted);
    let list = world.list();
    let change = |path: &str| -> &Change {
        list.changes.iter().find(|change| change.path.0 == path).expect("a change")
    };
    let side = |path, which, limit| {
        read_side(&world.share(), &world.dir, change(path), which, limit).expect("read")
    };
    let bytes = |text: &str, size_bytes| Side::File { bytes: text.into(), size_bytes };
    for _ in 0..2 {
        assert_eq!(side("docs/a", Which::Before, 100), bytes("before", 6));
        assert_eq!(side("docs/a", Which::After, 3), bytes("aft", 6));
        assert_eq!(side("docs/gone", Which::Before, 100), bytes("gone", 4));
        assert_eq!(side("docs/gone", Which::After, 100), Side::Absent);
        assert_eq!(side("docs/n/m", Which::Before, 100), bytes("moves", 5));
        assert_eq!(side("docs/l", Which::After, 100), Side::Link(PathText("a".into())));
        assert_eq!(side("docs/l", Which::Before, 100), Side::Absent);
        // Applied, it reads the same: the old versions are in the store.
        world.apply("1");
    }
    let wrong =
        Change { path: PathText("docs/../../etc/passwd".into()), ..change("docs/a").clone() };
    assert!(read_side(&world.share(), &world.dir, &wrong, Which::Before, 9).is_err());
}

#[test]
fn a_task_that_goes_on_after_an_apply_is_no_conflict_with_itself() {
    let base = tree([("a", file("base")), ("gone", file("gone")), ("m", file("moves"))]);
    let wanted = tree([("a", file("first")), ("new", file("first")), ("n/m", file("moves"))]);
    let world = world(&base, &wanted);
    world.apply("1");
    assert_eq!(world.list().changes, [], "everything listed was applied");
    std::fs::write(world.upper.join("a"), "second").expect("written");
    std::fs::write(world.upper.join("new"), "second").expect("written");
    let report = world.apply("2");
    assert_eq!(reported(&report), ["docs/a: applied", "docs/new: applied"]);
    assert_eq!((world.read("a"), world.read("new")), ("second".into(), "second".into()));
    world.undo("2");
    assert_eq!((world.read("a"), world.read("new")), ("first".into(), "first".into()));
    world.undo("1");
    assert_eq!(differing(&world.content(), &world::plain(base)), None);
}
