//! The list of changes: complete, without noise, and not to be fooled or hung by a hostile layer.

mod world;

use machine::changes::{ChangeKind, Manifest, ManifestError, What, list};
use proptest::prelude::*;
use rustix::fs::{CWD, FileType, Mode};
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;
use world::{Thing, Tree, World, chmod, file, folder, link, shown, tree};

fn listed(base: &Tree, wanted: &Tree) -> Vec<String> {
    let world = World::new(base);
    world.task_makes(base, wanted);
    shown(&world.list())
}

#[test]
fn every_kind_of_change_is_named() {
    let base = tree([
        ("a.txt", file("a")),
        ("b.txt", file("b is moved")),
        ("c/d.txt", file("d")),
        ("c/e", link("d.txt")),
        ("kind", file("file")),
        ("kinds/x", file("x")),
        ("tool", file("tool")),
        ("same", file("same")),
    ]);
    let wanted = tree([
        ("a.txt", file("a, edited")),
        ("moved/b.txt", file("b is moved")),
        ("kind/inner", file("inner")),
        ("kinds", link("/etc")),
        ("tool", Thing::File(b"tool".to_vec(), 0o755)),
        ("same", file("same")),
        ("Makefile", file("all:")),
        ("empty", folder()),
    ]);
    assert_eq!(
        listed(&base, &wanted),
        [
            "docs/Makefile File: created [tick]",
            "docs/a.txt File: modified",
            "docs/c Folder: deleted",
            "docs/c/d.txt File: deleted",
            "docs/c/e Link: deleted",
            "docs/empty Folder: created",
            "docs/kind File: deleted",
            "docs/kind Folder: created",
            "docs/kind/inner File: created",
            "docs/kinds Folder: deleted",
            "docs/kinds Link: created [tick]",
            "docs/kinds/x File: deleted",
            "docs/moved Folder: created",
            "docs/moved/b.txt File: moved from docs/b.txt",
            "docs/tool File: mode 755 [tick]",
        ]
    );
}

#[test]
fn what_was_only_written_again_is_no_change() {
    let base = tree([("a/b.txt", file("same")), ("a/l", link("b.txt")), ("c", file("c"))]);
    let world = World::new(&base);
    std::fs::create_dir(world.upper.join("a")).expect("folder");
    std::fs::write(world.upper.join("a/b.txt"), "same").expect("written");
    std::os::unix::fs::symlink("b.txt", world.upper.join("a/l")).expect("linked");
    // Created and deleted again, and what the person meanwhile made just the same.
    world.whiteout(b"never was");
    std::fs::write(world.upper.join("new"), "both").expect("written");
    world.write("new", "both");
    assert_eq!(shown(&world.list()), Vec::<String>::new());
}

#[test]
fn opaque_folders_and_marked_whiteouts_are_read() {
    let base = tree([("d/a", file("a")), ("d/b/c", file("c")), ("e", file("e"))]);
    let world = World::new(&base);
    std::fs::create_dir(world.upper.join("d")).expect("folder");
    std::fs::write(world.upper.join("d/a"), "a").expect("written");
    std::fs::write(world.upper.join("e"), "").expect("written");
    if !world.mark(b"d", "opaque", b"y") || !world.mark(b"e", "whiteout", b"y") {
        return;
    }
    assert_eq!(
        shown(&world.list()),
        ["docs/d/b Folder: deleted", "docs/d/b/c File: deleted", "docs/e File: deleted"]
    );
}

#[test]
fn moves_are_found_among_copies() {
    let mut base = Tree::new();
    let mut wanted = Tree::new();
    for index in 0..40 {
        let content = file(&format!("one of five: {}", index % 5));
        base.extend(tree([(format!("in/{index}.txt"), content.clone())]));
        wanted.extend(tree([("in".to_owned(), folder())]));
        wanted.extend(tree([(format!("out/{}/{index}.txt", index % 3), content)]));
    }
    base.extend(tree([("in/empty a", file("")), ("in/empty b", file(""))]));
    wanted.extend(tree([("out/empty a", file("")), ("out/other", file(""))]));
    let lines = listed(&base, &wanted);
    for index in 0..40 {
        let line =
            format!("docs/out/{}/{index}.txt File: moved from docs/in/{index}.txt", index % 3);
        assert!(lines.contains(&line), "{line} is not in {lines:#?}");
    }
    assert!(lines.contains(&"docs/out/empty a File: moved from docs/in/empty a".to_owned()));
    // Two empty files with different names are no pair.
    assert!(lines.contains(&"docs/out/other File: created".to_owned()));
    assert!(lines.contains(&"docs/in/empty b File: deleted".to_owned()));
}

#[test]
fn a_hostile_layer_neither_hangs_nor_leaks() {
    let base = tree([("kept", file("kept")), ("locked/inner", file("inner"))]);
    let world = World::new(&base);
    let node = |name: &str, kind| {
        rustix::fs::mknodat(CWD, world.upper.join(name), kind, Mode::from_raw_mode(0o644), 0)
    };
    node("pipe", FileType::Fifo).expect("a pipe");
    node("kept", FileType::Fifo).expect("a pipe in place of a file");
    node("socket", FileType::Socket).expect("a socket");
    std::os::unix::fs::symlink("/etc/passwd", world.upper.join("passwd")).expect("linked");
    std::fs::File::create(world.upper.join("huge"))
        .and_then(|huge| huge.set_len(1 << 40))
        .expect("a sparse file");
    std::fs::File::create(world.upper.join("sparse"))
        .and_then(|sparse| sparse.set_len(1 << 30))
        .expect("a sparse file");
    std::fs::create_dir(world.upper.join("closed")).expect("folder");
    std::fs::write(world.upper.join("closed/file"), "secret").expect("written");
    chmod(&world.upper.join("closed/file"), 0o000);
    chmod(&world.upper.join("closed"), 0o000);
    std::fs::write(world.upper.join("suid"), "suid").expect("written");
    chmod(&world.upper.join("suid"), 0o4644);
    std::fs::write(world.upper.join(".legwork-1-1"), "ours?").expect("written");
    let changes = world.list();
    assert_eq!(
        shown(&changes),
        [
            "docs/.legwork-1-1 File: created [refused]",
            "docs/closed Folder: created",
            "docs/closed/file File: created",
            "docs/huge File: created [refused]",
            "docs/kept Other: created [refused]",
            "docs/passwd Link: created [tick]",
            "docs/pipe Other: created [refused]",
            "docs/socket Other: created [refused]",
            "docs/sparse File: created",
            "docs/suid File: created",
        ]
    );
    let mode = |path: &str| changes.changes.iter().find(|c| c.path.0 == path).map(|c| c.mode);
    assert_eq!(mode("docs/suid"), Some(0o644));
    assert_eq!(mode("docs/closed"), Some(0o700));
    let report = world.apply("1");
    assert_eq!(report.counts().skipped, 5, "{report:?}");
    assert_eq!(world.read("kept"), "kept");
    assert_eq!(world.read("closed/file"), "secret");
    let sparse = std::fs::metadata(world.host.join("sparse")).expect("seen");
    assert_eq!(sparse.len(), 1 << 30);
    assert!(std::os::unix::fs::MetadataExt::blocks(&sparse) < 10_000, "holes were filled");
}

/// Makes `depth` folders in one another, with steps that each are short.
fn chain(top: &Path, name: &str, depth: usize) {
    let flags = rustix::fs::OFlags::PATH | rustix::fs::OFlags::DIRECTORY;
    let mut at = rustix::fs::open(top, flags, Mode::empty()).expect("open");
    for _ in 0..depth {
        rustix::fs::mkdirat(&at, name, Mode::from_raw_mode(0o755)).expect("made");
        at = rustix::fs::openat(&at, name, flags, Mode::empty()).expect("open");
    }
}

/// The standard library holds every folder on the way open, and so cannot remove a deep tree.
#[expect(clippy::disallowed_methods, reason = "a test tidies up with the system's tools")]
fn remove_deep(world: World) {
    let status = std::process::Command::new("rm").arg("-rf").arg(world.temp.keep()).status();
    assert!(status.expect("rm").success());
}

#[test]
fn deep_trees_are_walked_and_what_is_too_deep_is_said() {
    // Paths of 6,000 bytes, above `PATH_MAX`.
    let world = World::new(&Tree::new());
    chain(&world.upper, &"n".repeat(99), 60);
    assert_eq!(world.list().changes.len(), 60);
    assert_eq!(world.apply("1").counts().applied, 60);
    let manifest = Manifest::take(&world.host).expect("a manifest");
    assert_eq!(manifest.len(), 60);
    assert_eq!(world.undo("1").counts().applied, 60);
    assert_eq!(Manifest::take(&world.host).expect("a manifest").len(), 0);

    let world = World::new(&Tree::new());
    chain(&world.upper, "d", 3_000);
    let changes = world.list();
    assert_eq!((changes.changes.len(), changes.counts().refused), (3_000, 0));
    remove_deep(world);

    let world = World::new(&Tree::new());
    chain(&world.upper, &"n".repeat(99), 200);
    let changes = world.list();
    assert_eq!(changes.counts().refused, 1, "one line says where it ends");
    assert!(changes.changes.len() < 200);
}

#[test]
fn odd_names_are_one_line_each_and_applied_exactly() {
    let names: [&[u8]; 8] =
        [b"two\nlines", b"\xff\xfe", &[b'n'; 255], b"-rf", b"..x", b"CON", b"aux.", b"Twin"];
    let base = tree([("twin", file("twin"))]);
    let mut wanted: Tree = names.iter().map(|name| (name.to_vec(), file("odd"))).collect();
    wanted.extend(base.clone());
    let world = World::new(&base);
    world.task_makes(&base, &wanted);
    let lines = shown(&world.list());
    assert_eq!(lines.len(), names.len());
    assert!(lines.iter().all(|line| !line.contains('\n')));
    world.apply("1");
    assert_eq!(world.content(), world::plain(wanted));
    for name in names {
        assert!(world.host.join(OsStr::from_bytes(name)).is_file());
    }
}

#[test]
fn a_share_that_was_only_read_is_not_even_looked_at() {
    let world = World::new(&tree([("a", file("a"))]));
    world.whiteout(b"a");
    let mut share = world.share();
    share.writable = false;
    assert_eq!(list(&[share]).expect("a list").changes, []);
    let mut never_started = world.share();
    never_started.upper = world.temp.path().join("nothing");
    assert_eq!(list(&[never_started]).expect("a list").changes, []);
}

#[test]
fn a_folder_and_its_links_are_recorded_but_not_followed() {
    let base = tree([("a/b", file("b")), ("up", link("..")), ("etc", link("/etc"))]);
    let world = World::new(&base);
    let entries: Vec<_> = world.manifest.entries().collect();
    let paths: Vec<_> = entries.iter().map(|entry| entry.path.0.as_str()).collect();
    assert_eq!(paths, ["a", "etc", "up", "a/b"]);
    assert_eq!(entries[2].target.as_ref().map(|target| target.0.as_str()), Some(".."));
    let bytes = world.manifest.to_bytes();
    assert_eq!(Manifest::from_bytes(&bytes).expect("sound"), world.manifest);
    for cut in 0..bytes.len() {
        let short = Manifest::from_bytes(&bytes[..cut]);
        assert!(matches!(short, Err(ManifestError::Damaged)), "{cut} bytes");
    }
}

#[test]
fn the_list_is_stored_as_json_and_comes_back() {
    let base = tree([("a", file("a")), ("b", file("to move"))]);
    let wanted = tree([("a", file("b")), ("c", file("to move")), ("l", link("c"))]);
    let world = World::new(&base);
    world.task_makes(&base, &wanted);
    let changes = world.list();
    let text = serde_json::to_string(&changes).expect("encodes");
    assert!(text.contains(r#""kind":{"moved":{"from":"docs/b"}}"#), "{text}");
    assert!(text.contains(r#""kind":"modified","what":"file""#), "{text}");
    let back: machine::changes::ChangeList = serde_json::from_str(&text).expect("decodes");
    assert_eq!(back, changes);
    let kinds: Vec<_> = back.changes.iter().map(|c| (c.what, &c.kind)).collect();
    assert_eq!(kinds[0], (What::File, &ChangeKind::Modified));
}

proptest! {
    #[test]
    fn a_changed_manifest_is_damaged_or_sound(
        at in any::<proptest::sample::Index>(),
        value in any::<u8>(),
    ) {
        let world = World::new(&tree([("a/b/c", file("c")), ("d", file("d"))]));
        let mut bytes = world.manifest.to_bytes();
        let at = at.index(bytes.len());
        bytes[at] = value;
        if let Ok(manifest) = Manifest::from_bytes(&bytes) {
            // Whatever it says, it can be used without a panic or an endless walk.
            prop_assert!(manifest.entries().count() <= bytes.len());
            let mut share = world.share();
            share.manifest = &manifest;
            let _ = list(&[share]);
        }
    }
}
