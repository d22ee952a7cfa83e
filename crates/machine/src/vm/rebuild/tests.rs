//! Records that a guest could send: honest ones come out as an overlay leaves them, all others are
//! refused, and nothing is ever made outside.

use super::{Rebuild, RebuildError};
use crate::limits::{UPPER_BYTES_MAX, UPPER_DEPTH_MAX};
use proptest::prelude::*;
use rustix::fs::{Mode, OFlags};
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::Path;
use tempfile::TempDir;
use wire::{Kept, Record};

const KEPT: Kept = Kept { mode: 0o640, modified_seconds: 1_700_000_000, modified_nanos: 7 };
const ENTER: Kept = Kept { mode: 0o750, modified_seconds: -5, modified_nanos: 0 };

fn root() -> Record {
    Record::Root { kept: ENTER, opaque: false }
}

fn folder(name: &[u8]) -> Record {
    Record::Folder { name: name.into(), kept: ENTER, opaque: false }
}

fn file(name: &[u8], size_bytes: u64) -> Record {
    Record::File { name: name.into(), kept: KEPT, size_bytes }
}

fn link(name: &[u8], text: &[u8]) -> Record {
    Record::Link { name: name.into(), kept: KEPT, text: text.into() }
}

/// A folder to fill, beside a canary.
struct Place(TempDir);

impl Place {
    fn new() -> Self {
        let dir = tempfile::tempdir().expect("room");
        fs::create_dir(dir.path().join("upper")).expect("room");
        fs::write(dir.path().join("canary"), "canary").expect("room");
        Self(dir)
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.0.path().join("upper").join(name)
    }

    fn rebuild(&self, records: &[Record]) -> Result<u64, RebuildError> {
        let frames = records.iter().flat_map(|record| wire::encode(record).expect("small"));
        self.read(&frames.collect::<Vec<u8>>())
    }

    fn read(&self, bytes: &[u8]) -> Result<u64, RebuildError> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let root = rustix::fs::open(self.0.path().join("upper"), flags, Mode::empty());
        Rebuild::new(root.expect("it is there")).read(bytes)
    }

    /// Nothing outside was made or changed.
    fn is_whole(&self) -> bool {
        let names: Vec<_> = fs::read_dir(self.0.path()).expect("ours").flatten().collect();
        let canary = fs::read(self.0.path().join("canary")).expect("there");
        names.len() == 2 && canary == b"canary" && !Path::new("/legwork-was-here").exists()
    }
}

#[test]
fn an_honest_walk_comes_out_as_an_overlay_leaves_it() {
    let place = Place::new();
    let odd: &[u8] = b"two\nlines \xff";
    let long = [b'n'; 255];
    let records = [
        root(),
        file(odd, 10),
        Record::Data(b"abc".to_vec()),
        Record::Hole { bytes: 4 },
        Record::Data(b"xyz".to_vec()),
        file(&long, 0),
        Record::Folder { name: b"new".to_vec(), kept: ENTER, opaque: true },
        link(b"link", b"/etc/passwd"),
        Record::Gone { name: b"gone".to_vec() },
        Record::Leave,
        Record::Other { name: b"socket".to_vec() },
        file(b"end", 1 << 30),
        Record::Hole { bytes: 1 << 30 },
        Record::End,
    ];
    assert_eq!(place.rebuild(&records).expect("honest"), 7);
    let upper = place.0.path().join("upper");
    let found = fs::metadata(upper.join(std::ffi::OsStr::from_bytes(odd))).expect("made");
    assert_eq!(
        (found.mode() & 0o7777, found.mtime(), found.mtime_nsec()),
        (0o640, 1_700_000_000, 7)
    );
    let content = fs::read(upper.join(std::ffi::OsStr::from_bytes(odd))).expect("made");
    assert_eq!(content, b"abc\0\0\0\0xyz");
    let found = fs::metadata(place.path("new")).expect("made");
    assert_eq!((found.mode() & 0o7777, found.mtime()), (0o750, -5));
    assert_eq!(fs::read_link(place.path("new/link")).expect("made"), Path::new("/etc/passwd"));
    let gone = fs::symlink_metadata(place.path("new/gone")).expect("made");
    assert!(gone.file_type().is_char_device() && gone.rdev() == 0);
    let mut mark = [0; 4];
    let bytes = rustix::fs::getxattr(place.path("new"), c"user.overlay.opaque", &mut mark[..]);
    assert_eq!(&mark[..bytes.expect("marked")], b"y");
    assert!(fs::symlink_metadata(place.path("socket")).expect("made").file_type().is_fifo());
    let sparse = fs::metadata(place.path("end")).expect("made");
    assert!(sparse.len() == 1 << 30 && sparse.blocks() < 64);
    assert!(place.is_whole());
}

#[test]
fn what_no_file_can_be_called_is_refused() {
    let long = [b'x'; 256];
    for name in [&b""[..], b".", b"..", b"/", b"a/b", b"../x", b"/legwork-was-here", b"a\0b", &long]
    {
        let gone = Record::Gone { name: name.to_vec() };
        let other = Record::Other { name: name.to_vec() };
        for record in [file(name, 0), folder(name), link(name, b"x"), gone, other] {
            let place = Place::new();
            let refused = place.rebuild(&[root(), record.clone(), Record::End]);
            assert!(matches!(refused, Err(RebuildError::Name)), "{record:?}: {refused:?}");
            assert!(place.is_whole());
        }
    }
}

#[test]
fn a_link_is_never_followed_or_replaced() {
    for target in [&b"/"[..], b"..", b"../canary", b"."] {
        for second in [folder(b"a"), file(b"a", 0), link(b"a", b"x")] {
            let place = Place::new();
            let records = [root(), link(b"a", target), second, Record::End];
            let refused = place.rebuild(&records);
            assert!(matches!(refused, Err(RebuildError::Twice)), "{refused:?}");
            assert!(place.is_whole());
        }
    }
}

#[test]
fn what_is_out_of_order_or_over_a_limit_is_refused() {
    let bad_time = Kept { modified_nanos: 1_000_000_000, ..KEPT };
    let cases: Vec<(&str, Vec<Record>)> = vec![
        ("no root", vec![file(b"a", 0)]),
        ("two roots", vec![root(), root()]),
        ("leaves the root", vec![root(), Record::Leave]),
        ("ends in a folder", vec![root(), folder(b"a"), Record::End]),
        ("goes on after the end", vec![root(), Record::End, file(b"a", 0)]),
        ("no end", vec![root()]),
        ("nothing at all", vec![]),
        ("data without a file", vec![root(), Record::Data(vec![1])]),
        ("hole without a file", vec![root(), Record::Hole { bytes: 1 }]),
        ("too much content", vec![root(), file(b"a", 1), Record::Data(vec![1, 2])]),
        ("too little content", vec![root(), file(b"a", 3), Record::Data(vec![1]), Record::End]),
        ("too long a hole", vec![root(), file(b"a", 3), Record::Hole { bytes: u64::MAX }]),
        ("too large a file", vec![root(), file(b"a", UPPER_BYTES_MAX + 1)]),
        ("too large a piece", vec![root(), file(b"a", 1 << 20), Record::Data(vec![0; 1 << 18])]),
        ("an empty link", vec![root(), link(b"a", b"")]),
        ("a link with NUL", vec![root(), link(b"a", b"x\0y")]),
        ("a long link", vec![root(), link(b"a", &[b'x'; 5000])]),
        (
            "a bad time",
            vec![root(), Record::File { name: b"a".to_vec(), kept: bad_time, size_bytes: 0 }],
        ),
        ("too deep", {
            let folders = (0..=UPPER_DEPTH_MAX).map(|_| folder(b"d"));
            std::iter::once(root()).chain(folders).collect()
        }),
    ];
    for (name, records) in cases {
        let place = Place::new();
        assert!(place.rebuild(&records).is_err(), "{name}");
        assert!(place.is_whole(), "{name}");
    }
}

#[test]
fn no_identity_is_taken_from_the_machine() {
    let place = Place::new();
    let kept = Kept { mode: 0o177_777, ..KEPT };
    let records = [root(), Record::File { name: b"a".to_vec(), kept, size_bytes: 0 }, Record::End];
    place.rebuild(&records).expect("honest but for its bits");
    assert_eq!(fs::metadata(place.path("a")).expect("made").mode() & 0o7777, 0o777);
}

fn any_name() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        4 => prop::sample::select(vec![&b"a"[..], b"b", b"c", b"..", b".", b"", b"a/b", b"../canary"])
            .prop_map(<[u8]>::to_vec),
        1 => prop::collection::vec(any::<u8>(), 0..12),
    ]
}

fn any_record() -> impl Strategy<Value = Record> {
    let kept = (any::<u32>(), any::<i64>(), any::<u32>()).prop_map(|(mode, seconds, nanos)| Kept {
        mode,
        modified_seconds: seconds % (1 << 41),
        modified_nanos: nanos % 1_100_000_000,
    });
    (0..9_u8, any_name(), kept, any::<bool>(), 0..6_u64, prop::collection::vec(any::<u8>(), 0..6))
        .prop_map(|(kind, name, kept, opaque, size_bytes, bytes)| match kind {
            0 => Record::Root { kept, opaque },
            1 => Record::Folder { name, kept, opaque },
            2 => Record::Leave,
            3 => Record::File { name, kept, size_bytes },
            4 => Record::Data(bytes),
            5 => Record::Hole { bytes: size_bytes },
            6 => Record::Link { name, kept, text: bytes },
            7 => Record::Gone { name },
            _ => Record::Other { name },
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn any_records_stay_inside(mut records in prop::collection::vec(any_record(), 0..24)) {
        records.insert(0, root());
        records.push(Record::End);
        let place = Place::new();
        let _ = place.rebuild(&records);
        prop_assert!(place.is_whole());
    }

    #[test]
    fn any_bytes_end_in_a_word(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let place = Place::new();
        let _ = place.read(&bytes);
        prop_assert!(place.is_whole());
    }
}
