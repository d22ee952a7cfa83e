//! Listing, hashing and searching folders as people have them.

use super::{Place, as_nobody};
use serde_json::{Value, json};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use wire::GuestTool::{HashFiles, ListFiles, SearchFiles};

fn paths(result: &Value, list: &str) -> Vec<String> {
    let items = result[list].as_array().expect("a list");
    items.iter().map(|item| item["path"].as_str().expect("a path").to_owned()).collect()
}

#[test]
fn every_odd_thing_is_listed_and_nothing_is_opened_or_followed() {
    let place = Place::new();
    place.file("Beleg März.pdf", "x").file("two\nlines.txt", "").file(b"\xff\xfe", "y");
    place.file("-rf", "").file("a.TXT", "1").file("A.txt", "2").file("..x/sub dir/deep", "3");
    place.file("l".repeat(255), "long").file("back\\slash", "").fifo("pipe");
    place.link("/etc/passwd", "out").link("out", "loop-a").link("nowhere", "dangling");
    place.link("self", "self").link("..", "up");
    let _socket = std::os::unix::net::UnixListener::bind(place.at("sock")).expect("a socket");
    let long = format!("s/{} = long", "l".repeat(255));
    let want = [
        "s/-rf = ",
        "s/..x (folder)",
        "s/..x/sub dir (folder)",
        "s/..x/sub dir/deep = 3",
        "s/A.txt = 2",
        "s/Beleg März.pdf = x",
        "s/a.TXT = 1",
        "s/back\\\\slash = ",
        "s/dangling -> nowhere",
        &long,
        "s/loop-a -> out",
        "s/out -> /etc/passwd",
        "s/pipe (other)",
        "s/self -> self",
        "s/sock (other)",
        "s/two\\x0alines.txt = ",
        "s/up -> ..",
        "s/\\xff\\xfe = y",
    ];
    assert_eq!(place.all(), want);
    let hashes = place.done(HashFiles, &json!({ "path": "s" }));
    assert_eq!(paths(&hashes, "files").len(), 9);
    assert_eq!(hashes["problems"], json!([]));
}

#[test]
fn a_listing_is_cut_where_asked() {
    let place = Place::new();
    place.file("a", "").file("b", "").file("c", "");
    let listing = place.done(ListFiles, &json!({ "path": "s", "limit": 2 }));
    assert_eq!(paths(&listing, "entries"), ["s/a", "s/b"]);
    assert_eq!(listing["truncated"], true);
    let one = place.done(ListFiles, &json!({ "path": "s/b" }));
    assert_eq!(paths(&one, "entries"), ["s/b"]);
    assert_eq!(one["truncated"], false);
}

#[test]
fn a_chain_of_folders_longer_than_a_path_may_be_is_walked() {
    let place = Place::new();
    let name = "d".repeat(200);
    let flags = rustix::fs::OFlags::PATH | rustix::fs::OFlags::DIRECTORY;
    let none = rustix::fs::Mode::empty();
    let mut folder = rustix::fs::open(place.at(""), flags, none).expect("the share");
    for level in 0..100 {
        // Something to come back for on every level, when the folder has long been closed.
        for below in [format!("{level}-z"), name.clone()] {
            let mode = rustix::fs::Mode::from_raw_mode(0o755);
            rustix::fs::mkdirat(&folder, below.as_str(), mode).expect("a folder");
        }
        folder = rustix::fs::openat(&folder, name.as_str(), flags, none).expect("the folder");
    }
    let listing = place.done(ListFiles, &json!({ "path": "s" }));
    assert_eq!(paths(&listing, "entries").len(), 200);
    let longest = paths(&listing, "entries").iter().map(String::len).max();
    assert_eq!(longest, Some(1 + 100 * 201));
    let hashes = place.done(HashFiles, &json!({ "path": "s" }));
    assert_eq!(hashes["problems"], json!([]));
}

#[test]
fn a_file_in_the_depth_is_read_by_its_long_path() {
    let place = Place::new();
    let mut deep = vec!["e".repeat(250); 15].join("/");
    place.file(format!("{deep}/f"), "found");
    // Now the share's own folder goes below, so that the whole path is too long for one call.
    for _ in 0..15 {
        deep = format!("{}/{deep}", "e".repeat(250));
        fs::create_dir(place.at("new")).expect("a folder");
        fs::rename(place.at("e".repeat(250)), place.at("new").join("e".repeat(250)))
            .expect("moved");
        fs::rename(place.at("new"), place.at("e".repeat(250))).expect("moved");
    }
    let hashes = place.done(HashFiles, &json!({ "path": "s" }));
    assert_eq!(hashes["problems"], json!([]));
    assert_eq!(hashes["files"][0]["path"], format!("s/{deep}/f"));
    assert_eq!(hashes["files"][0]["hash"], blake3::hash(b"found").to_hex().to_string());
}

#[test]
fn hashes_are_of_the_contents_and_hard_links_are_told() {
    let place = Place::new();
    place.file("a", "same").file("b", "same").file("c", "diff").file("d", "longer");
    place.file("empty", "").file("void", "");
    fs::hard_link(place.at("a"), place.at("hard")).expect("a hard link");
    let all = place.done(HashFiles, &json!({ "path": "s" }));
    assert_eq!(paths(&all, "files"), ["s/a", "s/b", "s/c", "s/d", "s/empty", "s/hard", "s/void"]);
    assert_eq!(all["files"][0]["hash"], blake3::hash(b"same").to_hex().to_string());
    assert_eq!(all["files"][4]["hash"], blake3::hash(b"").to_hex().to_string());
    let same = place.done(HashFiles, &json!({ "path": "s", "only_same_size": true }));
    assert_eq!(paths(&same, "files"), ["s/a", "s/b", "s/c", "s/hard"]);
    assert_eq!(same["files"][3]["hard_link_of"], "s/a");
    assert_eq!(same["files"][1]["hard_link_of"], Value::Null);
}

#[test]
fn what_may_not_be_read_is_a_problem_with_a_reason() {
    let place = Place::new();
    place.file("locked.txt", "secret").file("open.txt", "x").file("shut/inside", "y");
    fs::set_permissions(place.dir.path(), fs::Permissions::from_mode(0o755)).expect("mode");
    fs::set_permissions(place.at("locked.txt"), fs::Permissions::from_mode(0o000)).expect("mode");
    fs::set_permissions(place.at("shut"), fs::Permissions::from_mode(0o000)).expect("mode");
    let hashes = as_nobody(|| place.done(HashFiles, &json!({ "path": "s" })));
    assert_eq!(paths(&hashes, "files"), ["s/open.txt"]);
    let why = "permission denied";
    let want = json!([{ "path": "s/shut", "why": why }, { "path": "s/locked.txt", "why": why }]);
    assert_eq!(hashes["problems"], want);
    let listing = as_nobody(|| place.done(ListFiles, &json!({ "path": "s" })));
    assert_eq!(listing["problems"], json!([{ "path": "s/shut", "why": why }]));
    assert_eq!(paths(&listing, "entries").len(), 3);
    fs::set_permissions(place.at("shut"), fs::Permissions::from_mode(0o755)).expect("mode");
}

#[test]
fn a_folder_with_a_hole_of_two_gigabytes_is_no_burden() {
    let place = Place::new();
    let file = fs::File::create(place.at("huge.bin")).expect("a file");
    file.set_len(2 << 30).expect("a hole");
    let found = place.done(SearchFiles, &json!({ "path": "s", "text": "x" }));
    assert_eq!(found["hits"], json!([]));
    let same = place.done(HashFiles, &json!({ "path": "s", "only_same_size": true }));
    assert_eq!(same["files"], json!([]));
}

#[test]
fn a_search_finds_lines_whatever_their_case() {
    let place = Place::new();
    place.file("a.txt", "first\nGRÜSSE an alle\n\x1b[31mgrüsse").file("b.bin", "grüsse\0");
    place.file("c\n.txt", b"\xffgr\xc3\xbcsse\r\n").file("d.txt", "nothing here").fifo("pipe");
    let found = place.done(SearchFiles, &json!({ "path": "s", "text": "grüsse" }));
    let want = json!([
        { "path": "s/a.txt", "line": 2, "text": "GRÜSSE an alle" },
        { "path": "s/a.txt", "line": 3, "text": " [31mgrüsse" },
        { "path": "s/c\\x0a.txt", "line": 1, "text": "\u{fffd}grüsse" },
    ]);
    assert_eq!(found["hits"], want);
    assert_eq!(found["truncated"], false);
    let found = place.done(SearchFiles, &json!({ "path": "s", "text": "grüsse", "limit": 2 }));
    assert_eq!(found["hits"].as_array().map(Vec::len), Some(2));
    assert_eq!(found["truncated"], true);
    let literal = place.done(SearchFiles, &json!({ "path": "s", "text": ".*" }));
    assert_eq!(literal["hits"], json!([]));
}
