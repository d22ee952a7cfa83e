//! Damaged bytes at random places: every reader answers, none panics.

use std::sync::LazyLock;

use proptest::prelude::*;
use proptest::sample::Index;

use super::corpus::*;
use crate::describe::peek_bytes;
use crate::read_document;
use crate::workbook;

static CORPUS: LazyLock<Vec<(&'static str, Vec<u8>)>> = LazyLock::new(|| {
    vec![
        ("a.txt", encoded("Итого: 12,50 €", "utf-16le", true)),
        ("a.md", b"# T\n| a | b |\n|---|---|\n| 1 | 2 |".to_vec()),
        ("a.eml", mail()),
        ("a.html", PAGE.as_bytes().to_vec()),
        ("a.pdf", super::pdf::receipt()),
        ("a.csv", b"a;b;c\n1;\"2;x\";3\n4;5;6\n".to_vec()),
        ("a.xlsx", xlsx()),
        ("a.ods", ods()),
        ("a.docx", docx()),
        ("a.odt", odt()),
        ("a.pptx", pptx()),
        ("a.rtf", rtf()),
    ]
});

#[derive(Clone, Debug)]
enum Damage {
    Set(Index, u8),
    Cut(Index),
    Remove(Index, u8),
    Repeat(Index, u8),
    Insert(Index, Vec<u8>),
}

fn damage() -> impl Strategy<Value = Damage> {
    prop_oneof![
        4 => (any::<Index>(), any::<u8>()).prop_map(|(at, byte)| Damage::Set(at, byte)),
        1 => any::<Index>().prop_map(Damage::Cut),
        1 => (any::<Index>(), any::<u8>()).prop_map(|(at, count)| Damage::Remove(at, count)),
        1 => (any::<Index>(), any::<u8>()).prop_map(|(at, count)| Damage::Repeat(at, count)),
        1 => (any::<Index>(), prop::collection::vec(any::<u8>(), 1..20))
            .prop_map(|(at, bytes)| Damage::Insert(at, bytes)),
    ]
}

fn damaged(mut bytes: Vec<u8>, list: &[Damage]) -> Vec<u8> {
    for damage in list {
        if bytes.is_empty() {
            break;
        }
        let length = bytes.len();
        match damage {
            Damage::Set(at, byte) => bytes[at.index(length)] = *byte,
            Damage::Cut(at) => bytes.truncate(at.index(length)),
            Damage::Remove(at, count) => {
                let at = at.index(length);
                bytes.drain(at..(at + usize::from(*count)).min(length));
            }
            Damage::Repeat(at, count) => {
                let at = at.index(length);
                let part = bytes[at..(at + usize::from(*count)).min(length)].to_vec();
                bytes.splice(at..at, part);
            }
            Damage::Insert(at, part) => {
                let at = at.index(length);
                bytes.splice(at..at, part.iter().copied());
            }
        }
    }
    bytes
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 128,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn damaged_documents_are_read_or_refused(
        which in any::<Index>(),
        list in prop::collection::vec(damage(), 1..6),
    ) {
        let (name, bytes) = which.get(&CORPUS);
        let bytes = damaged(bytes.clone(), &list);
        // In the machine a panic ends the process, so none may be hidden by the guard either.
        let panics = count_panics(|| {
            let _ = read_document(&bytes, name);
            let _ = peek_bytes(&bytes, name, bytes.len() as u64);
            if *name == "a.xlsx" {
                let _ = workbook::read(&bytes);
                let _ = workbook::evaluate(&bytes);
            }
        });
        prop_assert_eq!(panics, 0);
    }

    #[test]
    fn random_bytes_are_read_or_refused(
        start in prop::sample::select(vec![
            &b""[..], b"%PDF-1.7\n", b"PK\x03\x04", b"{\\rtf1", b"<html>", b"\xff\xfe", b"From: ",
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"\xff\xd8\xff\xe1\0\x40Exif\0\0II*\0",
        ]),
        rest in prop::collection::vec(any::<u8>(), 0..600),
    ) {
        let bytes = [start, &rest].concat();
        for name in ["x", "x.pdf", "x.csv", "x.xls", "x.eml"] {
            let panics = count_panics(|| {
                let _ = read_document(&bytes, name);
                let _ = peek_bytes(&bytes, name, bytes.len() as u64);
            });
            prop_assert_eq!(panics, 0);
        }
    }
}

/// How often this thread panics meanwhile, caught or not.
fn count_panics(work: impl FnOnce()) -> usize {
    use std::cell::Cell;
    use std::sync::Once;
    thread_local! {
        static COUNT: Cell<usize> = const { Cell::new(0) };
    }
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            COUNT.with(|count| count.set(count.get() + 1));
            before(info);
        }));
    });
    let start = COUNT.with(Cell::get);
    work();
    COUNT.with(Cell::get) - start
}
