//! Moving: nothing is overwritten, nothing is lost, and a call may be repeated.

use super::super::beneath::Spot;
use super::super::write::unfinished_name;
use super::Place;
use serde_json::{Value, json};
use std::fs;
use std::os::unix::fs::MetadataExt;
use wire::GuestTool::MoveFiles;

fn moves(place: &Place, pairs: &[(&str, &str)]) -> Value {
    let moves: Vec<Value> =
        pairs.iter().map(|(from, to)| json!({ "from": from, "to": to })).collect();
    place.done(MoveFiles, &json!({ "moves": moves }))
}

#[test]
fn files_links_and_folders_move_and_a_repeated_call_finds_them_moved() {
    let place = Place::new();
    place.file("a.txt", "1").file("n\nl", "2").file(b"\xff", "3").file("f/x", "4").fifo("pipe");
    place.file("e", "").link("nowhere", "dangling").file("T.txt", "5").file("t.txt", "6");
    let long = format!("s/{}", "l".repeat(255));
    let pairs = [
        ("s/a.txt", "s/Sorted/2024/a.txt"),
        ("s/n\\x0al", "s/Sorted/n\\x0al"),
        ("s/\\xff", "s/Sorted/\\xff"),
        ("s/f", "s/Sorted/f"),
        ("s/pipe", "s/Sorted/pipe"),
        ("s/e", long.as_str()),
        ("s/dangling", "s/Sorted/dangling"),
        ("s/T.txt", "s/Sorted/T.txt"),
        ("s/t.txt", "s/Sorted/t.txt"),
    ];
    let want = json!({ "moved": 9, "already": 0, "problems": [] });
    assert_eq!(moves(&place, &pairs), want);
    let after = place.all();
    let long = format!("{long} = ");
    let want = [
        "s/Sorted (folder)",
        "s/Sorted/2024 (folder)",
        "s/Sorted/2024/a.txt = 1",
        "s/Sorted/T.txt = 5",
        "s/Sorted/dangling -> nowhere",
        "s/Sorted/f (folder)",
        "s/Sorted/f/x = 4",
        "s/Sorted/n\\x0al = 2",
        "s/Sorted/pipe (other)",
        "s/Sorted/t.txt = 6",
        "s/Sorted/\\xff = 3",
        &long,
    ];
    assert_eq!(after, want);
    let want = json!({ "moved": 0, "already": 9, "problems": [] });
    assert_eq!(moves(&place, &pairs), want);
    assert_eq!(place.all(), after);
}

#[test]
fn what_cannot_be_moved_stays_and_the_rest_goes_on() {
    let place = Place::new();
    place.file("a", "1").file("b", "2").file("c", "3").file("f/x", "4").file("g/x", "5");
    place.link("..", "above").link("a", "link");
    fs::write(place.dir.path().join("folders/outside"), "secret").expect("a file");
    let exists = "something of that name is already there";
    let absent = "there is no such file or folder";
    let out = "a link on the way leads out of the shared folder";
    let refused = [
        ("s/a", "s/b", format!("s/b: {exists}")),
        ("s/a", "s/link", format!("s/link: {exists}")),
        ("s/f", "s/g", format!("s/g: {exists}")),
        ("s/gone", "s/new", format!("s/gone: {absent}")),
        ("s/no/where", "s/not/here", format!("s/no/where: {absent}")),
        ("s/a", "s/above/a", format!("s/above/a: {out}")),
        ("s/above/outside", "s/o", format!("s/above/outside: {out}")),
        ("s/a", "s/b/a", "s/b/a: a part of the path is a file, not a folder".to_owned()),
        ("s/f", "s/f/deep/f", "s/f/deep/f: a folder cannot be moved into itself".to_owned()),
        ("s", "s/x", "s: this is the shared folder itself".to_owned()),
        ("s/a", "../a", "../a: the path must be relative and stay within its folder".to_owned()),
        ("s/a", "t/a", "t/a: no folder is shared under the name t; shared: s".to_owned()),
    ];
    let mut pairs: Vec<(&str, &str)> = refused.iter().map(|(from, to, _)| (*from, *to)).collect();
    pairs.push(("s/c", "s/d"));
    pairs.push(("s/a", "s/a"));
    let result = moves(&place, &pairs);
    assert_eq!((&result["moved"], &result["already"]), (&json!(1), &json!(1)));
    let want: Vec<Value> = refused
        .iter()
        .map(|(from, to, why)| json!({ "from": from, "to": to, "why": why }))
        .collect();
    assert_eq!(result["problems"], json!(want));
    let mut after = place.all();
    after.retain(|line| !line.contains("(folder)"));
    let want =
        ["s/a = 1", "s/above -> ..", "s/b = 2", "s/d = 3", "s/f/x = 4", "s/g/x = 5", "s/link -> a"];
    assert_eq!(after, want);
}

#[test]
fn two_files_for_one_name_are_never_one() {
    let place = Place::new();
    place.file("x/scan.pdf", "1").file("y/scan.pdf", "2");
    let result =
        moves(&place, &[("s/x/scan.pdf", "s/P/scan.pdf"), ("s/y/scan.pdf", "s/P/scan.pdf")]);
    assert_eq!(result["moved"], 1);
    assert_eq!(result["problems"].as_array().map(Vec::len), Some(1));
    assert!(place.all().contains(&"s/P/scan.pdf = 1".to_owned()));
    assert!(place.all().contains(&"s/y/scan.pdf = 2".to_owned()));
}

#[test]
fn a_folder_that_cannot_be_renamed_is_moved_file_by_file() {
    let place = Place::new();
    place.file("f/a", "1").file("f/deep/er/b", "2").file("f/deep/c", "3").link("a", "f/link");
    let folder = |path: &str| -> std::os::fd::OwnedFd {
        fs::File::open(place.at(path)).expect("a folder").into()
    };
    // What an interrupted call left: part of the folder at its unfinished place.
    fs::create_dir_all(place.at("f2").join("deep/er")).expect("folders");
    let spot = |name: &[u8]| Spot { folder: folder(""), name: name.to_vec() };
    let modified = || fs::metadata(place.at("f2/deep")).expect("there").modified().expect("a time");
    let before = std::time::SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(86_400);
    fs::File::open(place.at("f/deep")).expect("a folder").set_modified(before).expect("a time");
    super::super::r#move::merge(&spot(b"f"), &spot(b"f2")).expect("merged");
    assert_eq!(modified(), before);
    let want = [
        "s/f2 (folder)",
        "s/f2/a = 1",
        "s/f2/deep (folder)",
        "s/f2/deep/c = 3",
        "s/f2/deep/er (folder)",
        "s/f2/deep/er/b = 2",
        "s/f2/link -> a",
    ];
    assert_eq!(place.all(), want);
    // A file in the way: nothing is overwritten, and the folder stays.
    place.file("f3/a", "other");
    super::super::r#move::merge(&spot(b"f2"), &spot(b"f3")).expect_err("refused");
    assert!(place.all().contains(&"s/f2/a = 1".to_owned()));
    assert!(place.all().contains(&"s/f3/a = other".to_owned()));
}

#[test]
fn the_last_rename_of_an_interrupted_move_is_done_again() {
    let place = Place::new();
    let unfinished = String::from_utf8(unfinished_name(b"New")).expect("plain");
    place.file(format!("{unfinished}/a"), "1");
    let result = moves(&place, &[("s/Old", "s/New")]);
    assert_eq!(result, json!({ "moved": 1, "already": 0, "problems": [] }));
    assert_eq!(place.all(), ["s/New (folder)", "s/New/a = 1"]);
}

/// A second share on another file system, where the system has one.
fn elsewhere(place: &Place) -> Option<tempfile::TempDir> {
    let other = tempfile::tempdir_in("/dev/shm").ok()?;
    let device = |path: &std::path::Path| fs::metadata(path).map(|meta| meta.dev()).ok();
    (device(other.path())? != device(place.dir.path())?).then_some(other)
}

#[test]
fn a_move_between_file_systems_copies_and_removes() {
    let place = Place::new();
    let Some(other) = elsewhere(&place) else { return };
    place.file("a", "1").file("f/b", "2").link("a", "link").fifo("pipe");
    let spot = |folder: &std::path::Path, name: &str| Spot {
        folder: fs::File::open(folder).expect("a folder").into(),
        name: name.into(),
    };
    for name in ["a", "f", "link"] {
        let (from, to) = (spot(&place.at(""), name), spot(other.path(), name));
        let stat = from.stat().expect("readable").expect("there");
        let modified = fs::symlink_metadata(place.at(name)).expect("there").modified().ok();
        match name {
            "f" => super::super::r#move::merge(&from, &to).expect("moved"),
            _ => super::super::copy::move_across(&from, &stat, &to).expect("moved"),
        }
        assert!(fs::symlink_metadata(place.at(name)).is_err(), "{name} is gone here");
        if name == "a" {
            assert_eq!(
                fs::metadata(other.path().join("a")).expect("there").modified().ok(),
                modified
            );
        }
    }
    assert_eq!(fs::read_to_string(other.path().join("a")).expect("there"), "1");
    assert_eq!(fs::read_to_string(other.path().join("f/b")).expect("there"), "2");
    assert_eq!(fs::read_link(other.path().join("link")).expect("there").to_str(), Some("a"));
    // An occupied name is left alone, and so is the source.
    place.file("a", "another");
    let (from, to) = (spot(&place.at(""), "a"), spot(other.path(), "a"));
    let stat = from.stat().expect("readable").expect("there");
    super::super::copy::move_across(&from, &stat, &to).expect_err("refused");
    assert_eq!(fs::read_to_string(other.path().join("a")).expect("there"), "1");
    assert_eq!(fs::read_to_string(place.at("a")).expect("there"), "another");
    let names = fs::read_dir(other.path()).expect("a folder").count();
    assert_eq!(names, 3, "no unfinished copy is left");
}
