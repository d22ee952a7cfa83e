//! What a real overlay leaves behind is read as it was meant, as root and as an ordinary user.

mod world;

use std::path::Path;
use std::process::{Command, Output};
use world::{Thing, World, differing, file, folder, link, plain, shown, tree};

/// What the task does in the merged view.
const WORK: &str = r#"
set -e
mkdir -p "$1/work" "$1/merged"
layers="lowerdir=$1/host,upperdir=$1/upper,workdir=$1/work"
mount -t overlay overlay -o "$layers,userxattr" "$1/merged"
cd "$1/merged"
echo -n edited > edit.txt
rm gone.txt
chmod 755 mode.sh
touch same.txt
printf same > same.txt
mkdir sorted && mv inbox/a.pdf sorted/
mv inbox/b.pdf "sorted/b renamed.pdf"
rm -r old && mkdir old && printf new > old/new
rm file-to-folder && mkdir file-to-folder && printf fresh > file-to-folder/x
rm -r folder-to-link && ln -s sorted folder-to-link
ln -sf edit.txt points
mkfifo pipe
mv whole renamed
rm -r doomed
cd /
umount "$1/merged"
# Its inner folder has no permissions at all; here, where this user is root, it can be removed.
rm -r "$1/work"
"#;

fn base() -> world::Tree {
    tree([
        ("edit.txt", file("before")),
        ("gone.txt", file("gone")),
        ("mode.sh", file("#!/bin/sh\n")),
        ("same.txt", file("same")),
        ("inbox/a.pdf", file("content of a")),
        ("inbox/b.pdf", file("content of b")),
        ("old/x", file("x")),
        ("old/deep/y", file("y")),
        ("file-to-folder", file("f")),
        ("folder-to-link/z", file("z")),
        ("points", link("gone.txt")),
        ("whole/one", file("one of whole")),
        ("whole/two/three", file("three of whole")),
        ("doomed/d", Thing::File(b"d".to_vec(), 0o600)),
    ])
}

fn wanted() -> world::Tree {
    tree([
        ("edit.txt", file("edited")),
        ("mode.sh", file("#!/bin/sh\n")),
        ("same.txt", file("same")),
        ("inbox", folder()),
        ("sorted/a.pdf", file("content of a")),
        ("sorted/b renamed.pdf", file("content of b")),
        ("old/new", file("new")),
        ("file-to-folder/x", file("fresh")),
        ("folder-to-link", link("sorted")),
        ("points", link("edit.txt")),
        ("renamed/one", file("one of whole")),
        ("renamed/two/three", file("three of whole")),
    ])
}

#[expect(clippy::disallowed_methods, reason = "a test makes its overlay with the system's tools")]
fn run(before: &[&str], root: &Path) -> Output {
    let words = [before, &["unshare", "-rm", "sh", "-c", WORK, "sh"]].concat();
    Command::new(words[0])
        .args(&words[1..])
        .arg(root)
        .output()
        .unwrap_or_else(|error| panic!("{}: {error}", words[0]))
}

fn check(world: &World, made: &Output) {
    let said = String::from_utf8_lossy(&made.stderr);
    if !made.status.success() {
        // Where user namespaces or overlays in them are not allowed there is nothing to test here.
        let denied = ["unshare", "mount", "setpriv"].iter().any(|tool| said.contains(tool));
        assert!(denied, "{said}");
        return;
    }
    assert_eq!(
        shown(&world.list()),
        [
            "docs/doomed Folder: deleted",
            "docs/doomed/d File: deleted",
            "docs/edit.txt File: modified",
            "docs/file-to-folder File: deleted",
            "docs/file-to-folder Folder: created",
            "docs/file-to-folder/x File: created",
            "docs/folder-to-link Folder: deleted",
            "docs/folder-to-link Link: created",
            "docs/folder-to-link/z File: deleted",
            "docs/gone.txt File: deleted",
            "docs/mode.sh File: mode 755 [tick]",
            "docs/old/deep Folder: deleted",
            "docs/old/deep/y File: deleted",
            "docs/old/new File: created",
            "docs/old/x File: deleted",
            "docs/pipe Other: created [refused]",
            "docs/points Link: modified",
            "docs/renamed Folder: created",
            "docs/renamed/one File: moved from docs/whole/one",
            "docs/renamed/two Folder: created",
            "docs/renamed/two/three File: moved from docs/whole/two/three",
            "docs/sorted Folder: created",
            "docs/sorted/a.pdf File: moved from docs/inbox/a.pdf",
            "docs/sorted/b renamed.pdf File: moved from docs/inbox/b.pdf",
            "docs/whole Folder: deleted",
            "docs/whole/two Folder: deleted",
        ]
    );
    let before = world.look();
    world.apply("1");
    assert_eq!(differing(&world.content(), &plain(wanted())), None);
    world.undo("1");
    assert_eq!(differing(&world.look(), &before), None);
}

#[test]
fn the_layer_of_this_user() {
    let world = World::new(&base());
    let made = run(&[], world.temp.path());
    check(&world, &made);
}

#[test]
fn the_layer_of_an_ordinary_user_read_by_root() {
    if !rustix::process::geteuid().is_root() {
        return;
    }
    const NOBODY: u32 = 65_534;
    let world = World::new(&base());
    let mut due = vec![world.temp.path().to_owned()];
    while let Some(path) = due.pop() {
        std::os::unix::fs::lchown(&path, Some(NOBODY), Some(NOBODY)).expect("given away");
        if std::fs::symlink_metadata(&path).expect("seen").is_dir() {
            due.extend(std::fs::read_dir(&path).expect("listed").map(|e| e.expect("entry").path()));
        }
    }
    let world = world.taken_again();
    let nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"];
    let made = run(&nobody, world.temp.path());
    check(&world, &made);
}
