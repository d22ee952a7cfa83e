//! Reading a file, and every way out of a share.

use super::Place;
use serde_json::json;
use std::fs;
use wire::FailKind::{Arguments, Path};
use wire::GuestTool::{self, EditFile, HashFiles, ListFiles, ReadFile};

#[test]
fn a_file_is_text_where_it_is_text() {
    let place = Place::new();
    place.file("t", "Grüße\n").file("b", b"\xff\x00").file("e", "").file("n\nl", "x");
    let cases = [
        (json!({"path": "s/t"}), json!({"size": 8, "offset": 0, "length": 8, "text": "Grüße\n"})),
        // The letter ü is cut at its first byte, and left for the next piece.
        (
            json!({"path": "s/t", "length": 3}),
            json!({"size": 8, "offset": 0, "length": 2, "text": "Gr"}),
        ),
        (
            json!({"path": "s/t", "offset": 2, "length": 3}),
            json!({"size": 8, "offset": 2, "length": 2, "text": "ü"}),
        ),
        (
            json!({"path": "s/t", "offset": 3, "length": 1}),
            json!({"size": 8, "offset": 3, "length": 1, "base64": "vA=="}),
        ),
        (
            json!({"path": "s/t", "offset": 100}),
            json!({"size": 8, "offset": 100, "length": 0, "text": ""}),
        ),
        (json!({"path": "s/b"}), json!({"size": 2, "offset": 0, "length": 2, "base64": "/wA="})),
        (json!({"path": "s/e"}), json!({"size": 0, "offset": 0, "length": 0, "text": ""})),
        (json!({"path": "s/n\\x0al"}), json!({"size": 1, "offset": 0, "length": 1, "text": "x"})),
    ];
    for (args, want) in cases {
        assert_eq!(place.done(ReadFile, &args), want, "{args}");
    }
}

#[test]
fn no_path_leads_out_of_its_share() {
    let place = Place::new();
    place.file("in/real.txt", "inside").fifo("pipe");
    fs::write(place.dir.path().join("folders/outside"), "secret").expect("a file");
    place.link("/etc/passwd", "absolute").link("../outside", "relative").link("..", "above");
    place.link("in/real.txt", "good").link("loop", "loop").link("nowhere", "dangling");
    place.link("/proc/self/root", "magic").link("in", "folder");
    let out = "a link on the way leads out of the shared folder";
    let bad = "the path must be relative and stay within its folder";
    let cases = [
        ("s/absolute", out),
        ("s/relative", out),
        ("s/above/outside", out),
        ("s/above", out),
        ("s/magic/etc/passwd", out),
        ("s/loop", "a link on the way is not followed"),
        ("s/dangling", "there is no such file or folder"),
        ("s/in/real.txt/x", "a part of the path is a file, not a folder"),
        ("s/in", "it is a folder, not a file"),
        ("s/pipe", "it is not a regular file"),
        ("s", "it is a folder, not a file"),
        ("s/../outside", bad),
        ("../outside", bad),
        ("/etc/passwd", bad),
        ("s//in", bad),
        ("s/./in", bad),
        ("s/\\x2e\\x2e/outside", bad),
        ("s/a\\x00b", bad),
        ("", bad),
        ("s/\\q", "a backslash in a path is written \\\\, and a raw byte \\xNN"),
        ("t/file", "no folder is shared under the name t; shared: s"),
        ("outside", "no folder is shared under the name outside; shared: s"),
    ];
    for (path, why) in cases {
        for tool in [ReadFile, EditFile] {
            let mut args = json!({ "path": path });
            if tool == EditFile {
                args = json!({ "path": path, "old": "x", "new": "y" });
            }
            let want = Err((Path, format!("{path}: {why}")));
            assert_eq!(place.call(tool, &args), want, "{tool:?}");
        }
    }
    for path in ["s/above", "s/magic", "s/absolute", "..", "/"] {
        for tool in [ListFiles, HashFiles] {
            let (kind, _) = place.call(tool, &json!({ "path": path })).expect_err("refused");
            assert_eq!(kind, Path, "{tool:?} {path}");
        }
    }
    for path in ["s/good", "s/folder/real.txt"] {
        assert_eq!(place.done(ReadFile, &json!({ "path": path }))["text"], "inside", "{path}");
    }
}

#[test]
fn a_share_that_is_a_link_is_no_share() {
    let place = Place::new();
    std::os::unix::fs::symlink("/etc", place.dir.path().join("folders/evil")).expect("a link");
    let (kind, _) = place.call(ReadFile, &json!({"path": "evil/passwd"})).expect_err("refused");
    assert_eq!(kind, Path);
}

#[test]
fn arguments_that_do_not_fit_are_told() {
    let place = Place::new();
    place.file("t", "x");
    let cases: [(GuestTool, serde_json::Value); 7] = [
        (ReadFile, json!({ "path": "s/t", "size": 1 })),
        (ReadFile, json!({})),
        (ReadFile, json!({ "path": 7 })),
        (ListFiles, json!({ "path": "s", "limit": -1 })),
        (GuestTool::MoveFiles, json!({ "moves": [{ "from": "s/t" }] })),
        (GuestTool::WriteFile, json!({ "path": "s/t" })),
        (GuestTool::WriteFile, json!({ "path": "s/t", "base64": "?" })),
    ];
    for (tool, args) in cases {
        let (kind, _) = place.call(tool, &args).expect_err("refused");
        assert_eq!(kind, Arguments, "{tool:?} {args}");
    }
}

#[test]
fn a_link_swapped_in_while_we_read_never_shows_what_is_outside() {
    let place = Place::new();
    fs::write(place.dir.path().join("folders/outside"), "secret").expect("a file");
    place.file("in/outside", "inside").file("real/outside", "inside");
    let stop = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !stop.load(std::sync::atomic::Ordering::Relaxed) {
                let _ = fs::rename(place.at("in"), place.at("away"));
                let _ = std::os::unix::fs::symlink("..", place.at("in"));
                let _ = fs::remove_file(place.at("in"));
                let _ = fs::rename(place.at("away"), place.at("in"));
            }
        });
        for _ in 0..400 {
            if let Ok(piece) = place.call(ReadFile, &json!({ "path": "s/in/outside" })) {
                assert_eq!(piece["text"], "inside");
            }
            let hashes = place.done(HashFiles, &json!({ "path": "s" }));
            let inside = blake3::hash(b"inside").to_hex().to_string();
            for file in hashes["files"].as_array().expect("files") {
                assert_eq!(file["hash"], inside);
            }
        }
        stop.store(true, std::sync::atomic::Ordering::Relaxed);
    });
}
