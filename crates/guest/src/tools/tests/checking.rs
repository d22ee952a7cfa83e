//! The checks see every difference, and no difference where there is none.

use super::{Place, as_nobody};
use serde_json::{Value, json};
use std::fs;
use wire::GuestTool::{CheckNothingOverwritten, CheckSameContent, MoveFiles};

fn lines(result: &Value) -> String {
    let evidence = result["evidence"].as_array().expect("evidence");
    evidence.iter().map(|line| line.as_str().expect("a line")).collect::<Vec<_>>().join("\n")
}

/// Files as they were and as they are, in the notation `path=content`.
fn place(before: &[(&[u8], &str)], after: &[(&[u8], &str)]) -> Place {
    let place = Place::new();
    for (path, content) in before {
        place.base(path, content);
    }
    for (path, content) in after {
        place.file(path, content);
    }
    place
}

type Files<'a> = &'a [(&'a [u8], &'a str)];

#[test]
fn same_content_is_a_matter_of_what_and_how_often() {
    let cases: &[(&str, Files, Files, bool, &str)] = &[
        ("nothing", &[], &[], true, "before: 0 files, 0 bytes; now: 0 files, 0 bytes"),
        (
            "moved",
            &[(b"a", "1"), (b"b", "2")],
            &[(b"x/a", "1"), (b"b", "2")],
            true,
            "as often as before",
        ),
        (
            "odd",
            &[(b"\xff\n", "1"), (b"e", "")],
            &[(b"d/\xff\n", "1"), (b"d/e", "")],
            true,
            "2 files, 1 bytes",
        ),
        ("swapped", &[(b"a", "1"), (b"b", "2")], &[(b"a", "2"), (b"b", "1")], true, "as often"),
        ("lost", &[(b"a", "1"), (b"b", "2")], &[(b"a", "1")], false, "gone: s/b (1)"),
        ("added", &[(b"a", "1")], &[(b"a", "1"), (b"c\n", "3")], false, "new: s/c\\x0a (1)"),
        ("changed", &[(b"a", "1")], &[(b"a", "2")], false, "gone: s/a (1)\nnew: s/a (1)"),
        ("one copy less", &[(b"a", "1"), (b"b", "1")], &[(b"b", "1")], false, "gone: s/a (1)"),
        ("an empty one less", &[(b"a", ""), (b"b", "")], &[(b"b", "")], false, "gone: s/a (1)"),
        (
            "many lost",
            &[
                (b"1", "1"),
                (b"2", "2"),
                (b"3", "3"),
                (b"4", "4"),
                (b"5", "5"),
                (b"6", "6"),
                (b"7", "7"),
            ],
            &[],
            false,
            "gone: s/1; s/2; s/3; s/4; s/5; and 2 more",
        ),
    ];
    for (name, before, after, passed, evidence) in cases {
        let place = place(before, after);
        let result = place.done(CheckSameContent, &json!({ "path": "s" }));
        assert_eq!(result["passed"], *passed, "{name}: {result}");
        assert!(lines(&result).contains(evidence), "{name}: {result}");
    }
}

#[test]
fn links_and_fifos_count_as_what_they_are() {
    let place = Place::new();
    place.link("target", "moved").fifo("pipe");
    let base = place.dir.path().join("base/s");
    std::os::unix::fs::symlink("target", base.join("link")).expect("a link");
    let result = place.done(CheckSameContent, &json!({ "path": "s" }));
    assert_eq!(result["passed"], false);
    assert!(lines(&result).contains("new: s/pipe (1)"), "{result}");
    fs::remove_file(place.at("pipe")).expect("gone");
    assert_eq!(place.done(CheckSameContent, &json!({ "path": "s" }))["passed"], true);
    fs::remove_file(place.at("moved")).expect("gone");
    place.link("elsewhere", "moved");
    assert_eq!(place.done(CheckSameContent, &json!({ "path": "s" }))["passed"], false);
}

#[test]
fn what_was_not_touched_is_not_read() {
    let mut place = Place::new();
    place.file("a", "1").file("b", "2");
    fs::hard_link(place.at("a"), place.at("hard")).expect("a hard link");
    let huge = fs::File::create(place.at("huge")).expect("a file");
    huge.set_len(8 << 40).or_else(|_| huge.set_len(1 << 40)).expect("a hole of terabytes");
    place.view.roots.base = place.view.roots.folders.clone();
    for tool in [CheckSameContent, CheckNothingOverwritten] {
        let result = place.done(tool, &json!({ "path": "s" }));
        assert_eq!(result["passed"], true, "{result}");
        assert!(lines(&result).contains('4'), "{result}");
    }
}

#[test]
fn a_folder_that_nobody_may_look_into_is_told_and_one_that_was_shut_is_a_gap() {
    use std::os::unix::fs::PermissionsExt;
    let place = Place::new();
    place.file("a", "1").file("shut/inside", "2").base("a", "1").base("shut/inside", "2");
    fs::set_permissions(place.dir.path(), fs::Permissions::from_mode(0o755)).expect("mode");
    let before = place.dir.path().join("base/s/shut");
    let cases = [
        (0o000, 0o000, true, "not looked into, because nobody may, before or now: s/shut (1)"),
        (0o755, 0o000, false, "could not be looked into: s/shut: permission denied (1)"),
        (0o000, 0o755, false, "could not be looked into: s/shut: permission denied (1)"),
    ];
    for (old, new, passed, evidence) in cases {
        fs::set_permissions(&before, fs::Permissions::from_mode(old)).expect("mode");
        fs::set_permissions(place.at("shut"), fs::Permissions::from_mode(new)).expect("mode");
        for tool in [CheckSameContent, CheckNothingOverwritten] {
            let result = as_nobody(|| place.done(tool, &json!({ "path": "s" })));
            assert_eq!(result["passed"], passed, "{old:o} {new:o} {result}");
            assert!(lines(&result).contains(evidence), "{result}");
        }
    }
    fs::set_permissions(&before, fs::Permissions::from_mode(0o755)).expect("mode");
}

#[test]
fn a_file_rewritten_with_the_same_size_and_time_is_found() {
    let place = place(&[(b"a", "old")], &[(b"a", "new")]);
    let time =
        fs::metadata(place.dir.path().join("base/s/a")).expect("there").modified().expect("a time");
    let file = fs::File::options().write(true).open(place.at("a")).expect("a file");
    file.set_modified(time).expect("the same time");
    for tool in [CheckSameContent, CheckNothingOverwritten] {
        assert_eq!(place.done(tool, &json!({ "path": "s" }))["passed"], false, "{tool:?}");
    }
}

#[test]
fn only_what_is_new_and_was_named_may_be_new() {
    for (before, after, added, passed, evidence) in [
        (
            vec![("a", "1")],
            vec![("x/a", "1"), ("list", "l")],
            "s/list",
            true,
            "meant to be new: 1 file",
        ),
        (vec![("a", "1")], vec![("x/a", "1"), ("list", "l")], "s/other", false, "new: s/list (1)"),
        // What was there is not made new by naming it, nor is a content that is gone.
        (vec![("list", "1")], vec![("list", "2")], "s/list", false, "gone: s/list (1)"),
        (vec![("a", "1")], vec![("list", "1")], "s/list", false, "gone: s/a (1)"),
    ] {
        let files = |all: &[(&'static str, &'static str)]| -> Vec<(&'static [u8], &'static str)> {
            all.iter().map(|(path, text)| (path.as_bytes(), *text)).collect()
        };
        let place = place(&files(&before), &files(&after));
        let result = place.done(CheckSameContent, &json!({ "path": "s", "added": [added] }));
        assert_eq!(result["passed"], passed, "{result}");
        assert!(lines(&result).contains(evidence), "{result}");
    }
}

/// Name, before, after, what was meant to change, whether it passes, a part of the evidence.
type Case<'a> = (&'a str, Files<'a>, Files<'a>, &'a [&'a str], bool, &'a str);

const OVERWRITTEN: &[Case<'_>] = &[
    ("nothing", &[], &[], &[], true, "0 of 0 files"),
    (
        "kept",
        &[(b"a", "1")],
        &[(b"a", "1"), (b"new", "2")],
        &[],
        true,
        "still under their name: 1 of 1 file",
    ),
    (
        "moved away",
        &[(b"a", "1"), (b"b", "2")],
        &[(b"x/a", "1"), (b"b", "2")],
        &[],
        true,
        "1 of 2 files",
    ),
    (
        "changed",
        &[(b"a\n", "1")],
        &[(b"a\n", "2")],
        &[],
        false,
        "another content under an old name: s/a\\x0a (1)",
    ),
    ("meant", &[(b"a\n", "1")], &[(b"a\n", "2")], &["s/a\\x0a"], true, "meant to change: 1 file"),
    ("another meant", &[(b"a", "1")], &[(b"a", "2")], &["s/b"], false, "s/a (1)"),
    ("file to folder", &[(b"a", "1")], &[(b"a/x", "1")], &[], false, "s/a (1)"),
    ("folder to file", &[(b"a/x", "1")], &[(b"a", "1")], &[], false, "s/a (1)"),
    (
        "twins made",
        &[(b"x/a", "1"), (b"A", "2")],
        &[(b"a", "1"), (b"A", "2")],
        &[],
        false,
        "s/A (1)",
    ),
    (
        "twins kept",
        &[(b"a", "1"), (b"A", "2")],
        &[(b"a", "1"), (b"A", "2")],
        &[],
        true,
        "no folder holds",
    ),
    (
        "twins moved",
        &[(b"a", "1"), (b"A", "2")],
        &[(b"x/a", "1"), (b"x/A", "2")],
        &[],
        true,
        "no folder holds",
    ),
    (
        "twins of umlauts",
        &[("x/Ä".as_bytes(), "1"), ("ä".as_bytes(), "2")],
        &[("Ä".as_bytes(), "1"), ("ä".as_bytes(), "2")],
        &[],
        false,
        "the same name twice, ignoring case: s/Ä (1)",
    ),
];

#[test]
fn overwriting_is_another_content_under_an_old_name() {
    for (name, before, after, except, passed, evidence) in OVERWRITTEN {
        let place = place(before, after);
        let args = json!({ "path": "s", "except": except });
        let result = place.done(CheckNothingOverwritten, &args);
        assert_eq!(result["passed"], *passed, "{name}: {result}");
        assert!(lines(&result).contains(evidence), "{name}: {result}");
    }
}

#[test]
fn a_tidied_folder_passes_both_checks() {
    let place = Place::new();
    let names: [&[u8]; 6] = [b"a.txt", b"\xff\xfe", b"n\nl", "Größe.md".as_bytes(), b"e", b"sub/x"];
    for (index, name) in names.iter().enumerate() {
        let content = if *name == b"e" { String::new() } else { format!("content {}", index / 2) };
        place.base(name, &content).file(name, &content);
    }
    let moves: Vec<Value> = names
        .iter()
        .map(|name| wire::PathText::from_bytes(name).0)
        .map(|name| json!({ "from": format!("s/{name}"), "to": format!("s/Sorted/{name}") }))
        .collect();
    assert_eq!(place.done(MoveFiles, &json!({ "moves": moves }))["moved"], 6);
    for tool in [CheckSameContent, CheckNothingOverwritten] {
        let result = place.done(tool, &json!({ "path": "s" }));
        assert_eq!(result["passed"], true, "{result}");
    }
    // One byte of one moved file, and the check tells which.
    fs::write(place.at("Sorted/sub/x"), "contenu 2").expect("a file");
    let result = place.done(CheckSameContent, &json!({ "path": "s" }));
    assert!(lines(&result).contains("gone: s/sub/x (1)"), "{result}");
    assert!(lines(&result).contains("new: s/Sorted/sub/x (1)"), "{result}");
}
