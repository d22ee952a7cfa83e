//! Writing, editing, deleting.

use super::{Place, as_nobody};
use serde_json::json;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use wire::FailKind::{Arguments, Path, View};
use wire::GuestTool::{DeleteFiles, EditFile, MakeFolder, WriteFile};

#[test]
fn a_file_is_written_with_its_folders_and_keeps_its_mode() {
    let place = Place::new();
    place.file("old.sh", "echo");
    fs::set_permissions(place.at("old.sh"), fs::Permissions::from_mode(0o4755)).expect("mode");
    let cases = [
        (json!({"path": "s/a/b/new.txt", "text": "Grüße"}), json!({"size": 7})),
        (json!({"path": "s/a/b/new.txt", "text": ""}), json!({"size": 0})),
        (json!({"path": "s/raw\\xff\\x0a", "base64": "/wA="}), json!({"size": 2})),
        (json!({"path": "s/old.sh", "text": "new"}), json!({"size": 3})),
        (json!({"path": format!("s/{}", "n".repeat(255)), "text": "x"}), json!({"size": 1})),
    ];
    for (args, want) in cases {
        assert_eq!(place.done(WriteFile, &args), want, "{args}");
    }
    let long = format!("s/{} = x", "n".repeat(255));
    let want = [
        "s/a (folder)",
        "s/a/b (folder)",
        "s/a/b/new.txt = ",
        &long,
        "s/old.sh = new",
        "s/raw\\xff\\x0a = \u{fffd}\0",
    ];
    assert_eq!(place.all(), want);
    let mode = fs::metadata(place.at("old.sh")).expect("there").permissions().mode();
    assert_eq!(mode & 0o7777, 0o755);
}

#[test]
fn nothing_but_a_file_is_replaced_and_nothing_is_written_outside() {
    let place = Place::new();
    place.file("file", "x").file("folder/x", "").fifo("pipe");
    place.link("file", "link").link("..", "above").link("nowhere", "dangling");
    let out = "a link on the way leads out of the shared folder";
    let cases = [
        ("s/folder", "a folder of that name is there"),
        ("s/link", "it is a link; name the file that it points to instead"),
        ("s/pipe", "it is not a regular file"),
        ("s/file/below", "a part of the path is a file, not a folder"),
        ("s/above/new", out),
        ("s/above/new/er", out),
        ("s/dangling/new", "there is no such file or folder"),
        ("s", "this is the shared folder itself"),
        ("s/../new", "the path must be relative and stay within its folder"),
    ];
    let before = place.all();
    for (path, why) in cases {
        let refused = place.call(WriteFile, &json!({ "path": path, "text": "y" }));
        assert_eq!(refused, Err((Path, format!("{path}: {why}"))));
    }
    assert_eq!(place.all(), before);
    assert!(!place.dir.path().join("folders/new").exists());
}

#[test]
fn a_folder_that_may_not_be_written_says_so() {
    let place = Place::new();
    place.file("shut/file", "x");
    fs::set_permissions(place.dir.path(), fs::Permissions::from_mode(0o755)).expect("mode");
    fs::set_permissions(place.at("shut"), fs::Permissions::from_mode(0o555)).expect("mode");
    let calls = [
        (WriteFile, json!({ "path": "s/shut/new", "text": "y" })),
        (WriteFile, json!({ "path": "s/shut/file", "text": "y" })),
        (EditFile, json!({ "path": "s/shut/file", "old": "x", "new": "y" })),
        (MakeFolder, json!({ "path": "s/shut/folder" })),
    ];
    for (tool, args) in calls {
        let (kind, why) = as_nobody(|| place.call(tool, &args)).expect_err("refused");
        assert_eq!(kind, View, "{tool:?}");
        assert!(why.ends_with(": permission denied"), "{why}");
    }
    let deleted = as_nobody(|| place.done(DeleteFiles, &json!({ "paths": ["s/shut/file"] })));
    assert_eq!(deleted["problems"][0]["why"], "permission denied");
    assert_eq!(place.all(), ["s/shut (folder)", "s/shut/file = x"]);
}

#[test]
fn a_passage_is_replaced_only_where_it_is_the_only_one() {
    let place = Place::new();
    place.file("t", "one two two aaa");
    let edit = |old: &str, new: &str| {
        place.call(EditFile, &json!({ "path": "s/t", "old": old, "new": new }))
    };
    assert_eq!(edit("one", "ein\n"), Ok(json!({ "replaced": 1 })));
    let refused = [
        ("two", "the passage `old` occurs 2 times; name more of its surroundings"),
        ("aa", "the passage `old` occurs 2 times; name more of its surroundings"),
        ("zwei", "the passage `old` is not in it; read it again and copy the passage from there"),
    ];
    for (old, why) in refused {
        assert_eq!(edit(old, "x"), Err((Arguments, format!("s/t: {why}"))));
    }
    assert_eq!(edit("", "x").expect_err("refused").0, Arguments);
    assert_eq!(edit("two two", ""), Ok(json!({ "replaced": 1 })));
    assert_eq!(place.all(), ["s/t = ein\n  aaa"]);
}

#[test]
fn lines_end_after_an_edit_as_they_did_before() {
    let place = Place::new();
    place.file("t", "a\r\nb\r\n  c\r\nd\r\n");
    let edit = |old: &str, new: &str| {
        place.call(EditFile, &json!({ "path": "s/t", "old": old, "new": new }))
    };
    assert_eq!(edit("a\nb\n", "A\nB\nC\n"), Ok(json!({ "replaced": 1 })));
    assert_eq!(place.all(), ["s/t = A\r\nB\r\nC\r\n  c\r\nd\r\n"]);
    let why = "s/t: the passage `old` is not in it as it stands: from line 4 on it differs only in \
               blanks; read it again and copy it exactly";
    assert_eq!(edit("c\n d", "x"), Err((Arguments, why.to_owned())));
    assert_eq!(edit("\t", "x").expect_err("refused").0, Arguments);
}

#[test]
fn deleting_takes_links_not_what_they_point_to_and_no_full_folder() {
    let place = Place::new();
    place.file("a", "1").file("keep/x", "2").file("n\nl", "3").fifo("pipe").link("keep", "link");
    fs::create_dir(place.at("void")).expect("a folder");
    place.link("..", "above");
    let paths = json!([
        "s/a",
        "s/gone",
        "s/gone/deep",
        "s/keep",
        "s/link",
        "s/void",
        "s/pipe",
        "s/n\\x0al",
        "s",
        "s/above/base",
        "../x"
    ]);
    let result = place.done(DeleteFiles, &json!({ "paths": paths }));
    assert_eq!(result["deleted"], 5);
    assert_eq!(result["already"], 2);
    let want = json!([
        { "path": "s/keep", "why": "the folder is not empty" },
        { "path": "s", "why": "s: this is the shared folder itself" },
        {
            "path": "s/above/base",
            "why": "s/above/base: a link on the way leads out of the shared folder"
        },
        { "path": "../x", "why": "../x: the path must be relative and stay within its folder" },
    ]);
    assert_eq!(result["problems"], want);
    assert_eq!(place.all(), ["s/above -> ..", "s/keep (folder)", "s/keep/x = 2"]);
}
