//! The machine's DNS: every name has an address, and all of them lead to the doors.
//!
//! Nothing is asked of anybody. A name gets an address of 127.1.0.0/16 for as long as there is room
//! and something is connected to it; when a program dials the address, the name is told to the
//! host. Addresses go round in a ring, so that one is given to another name as late as possible.

use crate::limits::{NAME_SECONDS, NAMES_MAX, QUESTION_BYTES_MAX};
use std::collections::BTreeMap;
use std::net::Ipv4Addr;

const HEADER_BYTES: usize = 12;
const A: u16 = 1;
const INTERNET: u16 = 1;

/// What the answer's header says of how it went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Code {
    Done = 0,
    Malformed = 1,
    Failed = 2,
    NoSuchName = 3,
    NotImplemented = 4,
}

#[derive(Debug)]
struct Entry {
    number: u16,
    /// When it was last asked for, dialled or left, counted in such moments.
    used: u64,
    /// Connections that are open to it.
    open: usize,
}

#[derive(Debug, Default)]
pub(crate) struct Names {
    entries: BTreeMap<String, Entry>,
    by_number: BTreeMap<u16, String>,
    /// Those that nothing is connected to, by when they were used.
    idle: BTreeMap<u64, String>,
    last: u16,
    moments: u64,
}

impl Names {
    /// The answer to a question. `None`: it is no question at all.
    pub(crate) fn answer(&mut self, question: &[u8]) -> Option<Vec<u8>> {
        let header = question.first_chunk::<HEADER_BYTES>()?;
        let is_question = header[2] & 0x80 == 0;
        if !is_question || question.len() > QUESTION_BYTES_MAX {
            return None;
        }
        if header[2] & 0x78 != 0 {
            return Some(reply(question, HEADER_BYTES, Code::NotImplemented, None));
        }
        let Some((name, kind, end)) = parse(question) else {
            return Some(reply(question, HEADER_BYTES, Code::Malformed, None));
        };
        let Some(name) = name else {
            return Some(reply(question, end, Code::NoSuchName, None));
        };
        if kind != (A, INTERNET) || name.is_empty() {
            return Some(reply(question, end, Code::Done, None));
        }
        Some(match self.address(&name) {
            Some(address) => reply(question, end, Code::Done, Some(address)),
            None => reply(question, end, Code::Failed, None),
        })
    }

    /// The address of a name; `None` when all are in use.
    pub(crate) fn address(&mut self, name: &str) -> Option<Ipv4Addr> {
        if name == "localhost" || name.ends_with(".localhost") {
            return Some(Ipv4Addr::LOCALHOST);
        }
        if let Some(number) = self.entries.get(name).map(|entry| entry.number) {
            self.touch(name, 0, 0);
            return Some(address(number));
        }
        if self.entries.len() >= NAMES_MAX {
            let (_, oldest) = self.idle.pop_first()?;
            let entry = self.entries.remove(&oldest)?;
            self.by_number.remove(&entry.number);
        }
        // There are more numbers than entries.
        let mut number = self.last;
        loop {
            number = if number >= u16::MAX - 1 { 1 } else { number + 1 };
            if !self.by_number.contains_key(&number) {
                break;
            }
        }
        self.last = number;
        self.by_number.insert(number, name.to_owned());
        self.entries.insert(name.to_owned(), Entry { number, used: 0, open: 0 });
        self.touch(name, 0, 0);
        Some(address(number))
    }

    /// A program dialled `address`: the name behind it, which stays until `release`.
    pub(crate) fn hold(&mut self, address: Ipv4Addr) -> Option<String> {
        let [127, 1, high, low] = address.octets() else { return None };
        let name = self.by_number.get(&u16::from_be_bytes([high, low]))?.clone();
        self.touch(&name, 1, 0);
        Some(name)
    }

    pub(crate) fn release(&mut self, name: &str) {
        self.touch(name, 0, 1);
    }

    /// A name is used now, with so many connections more or fewer.
    fn touch(&mut self, name: &str, more: usize, fewer: usize) {
        self.moments += 1;
        let Some(entry) = self.entries.get_mut(name) else { return };
        self.idle.remove(&entry.used);
        entry.used = self.moments;
        entry.open = (entry.open + more).saturating_sub(fewer);
        if entry.open == 0 {
            self.idle.insert(entry.used, name.to_owned());
        }
    }
}

fn address(number: u16) -> Ipv4Addr {
    let [high, low] = number.to_be_bytes();
    Ipv4Addr::new(127, 1, high, low)
}

type Asked = (Option<String>, (u16, u16), usize);

/// The one name that is asked for, in lower case (`None` if no host can have it), type and class,
/// and where the question ends.
fn parse(question: &[u8]) -> Option<Asked> {
    let count = u16::from_be_bytes([*question.get(4)?, *question.get(5)?]);
    if count != 1 {
        return None;
    }
    let mut at = HEADER_BYTES;
    let mut name = String::new();
    let mut is_plain = true;
    loop {
        let length = usize::from(*question.get(at)?);
        at += 1;
        if length == 0 {
            break;
        }
        // Also refuses pointers, of which a question needs none.
        if length > 63 {
            return None;
        }
        let label = question.get(at..at + length)?;
        at += length;
        if !name.is_empty() {
            name.push('.');
        }
        is_plain &= label.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'));
        name.extend(label.iter().map(|b| char::from(b.to_ascii_lowercase())));
        if name.len() > 2 * wire::DOOR_NAME_BYTES_MAX {
            return None;
        }
    }
    let tail = question.get(at..at + 4)?;
    let kind = (u16::from_be_bytes([tail[0], tail[1]]), u16::from_be_bytes([tail[2], tail[3]]));
    is_plain &= name.len() <= wire::DOOR_NAME_BYTES_MAX;
    Some((is_plain.then_some(name), kind, at + 4))
}

/// Repeats the question up to `end`, with what was found.
fn reply(question: &[u8], end: usize, code: Code, found: Option<Ipv4Addr>) -> Vec<u8> {
    let mut answer = question[..end].to_vec();
    let wants_recursion = question[2] & 1;
    answer[2] = 0x80 | (question[2] & 0x78) | wants_recursion;
    answer[3] = 0x80 | code as u8;
    let questions = u8::from(end > HEADER_BYTES);
    answer[4..HEADER_BYTES].copy_from_slice(&[
        0,
        questions,
        0,
        u8::from(found.is_some()),
        0,
        0,
        0,
        0,
    ]);
    if let Some(address) = found {
        answer.extend([0xc0, 12, 0, 1, 0, 1]);
        answer.extend(NAME_SECONDS.to_be_bytes());
        answer.extend([0, 4]);
        answer.extend(address.octets());
    }
    answer
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn ask(name: &str, kind: u16) -> Vec<u8> {
        let mut bytes = vec![7, 8, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0];
        for label in name.split('.').filter(|label| !label.is_empty()) {
            bytes.push(u8::try_from(label.len()).expect("short"));
            bytes.extend(label.as_bytes());
        }
        bytes.push(0);
        bytes.extend(kind.to_be_bytes());
        bytes.extend([0, 1]);
        bytes
    }

    /// The code, and the address if there is one.
    fn told(answer: &[u8]) -> (u8, Option<[u8; 4]>) {
        let address = answer.last_chunk::<4>().filter(|_| answer[7] == 1);
        (answer[3] & 15, address.copied())
    }

    #[test]
    fn a_name_keeps_its_address() {
        let mut names = Names::default();
        let cases = [
            ("example.com", 1, (0, Some([127, 1, 0, 1]))),
            ("Example.ORG", 1, (0, Some([127, 1, 0, 2]))),
            ("EXAMPLE.com", 1, (0, Some([127, 1, 0, 1]))),
            ("example.com", 28, (0, None)),
            ("example.com", 16, (0, None)),
            ("secret.example.test", 15, (0, None)),
            ("app.localhost", 1, (0, Some([127, 0, 0, 1]))),
            ("", 1, (0, None)),
            ("a b.test", 1, (3, None)),
        ];
        for (name, kind, want) in cases {
            let answer = names.answer(&ask(name, kind)).expect("a question");
            assert_eq!((told(&answer), &answer[..2]), (want, &[7, 8][..]), "{name}");
        }
        assert_eq!(names.hold(Ipv4Addr::new(127, 1, 0, 2)).as_deref(), Some("example.org"));
        for nobody in [[127, 1, 0, 9], [127, 0, 0, 1], [10, 1, 0, 1]] {
            assert_eq!(names.hold(nobody.into()), None);
        }
    }

    #[test]
    fn what_is_no_question_gets_no_address() {
        let mut names = Names::default();
        let mut two = ask("example.com", 1);
        two[5] = 2;
        let mut pointer = ask("example.com", 1);
        pointer[12] = 0xc0;
        for (bytes, code) in [(two, 1), (pointer, 1), (ask("example.com", 1)[..20].to_vec(), 1)] {
            assert_eq!(told(&names.answer(&bytes).expect("a header")), (code, None));
        }
        let mut update = ask("example.com", 1);
        update[2] = 5 << 3;
        assert_eq!(told(&names.answer(&update).expect("a header")), (4, None));
        let mut answer = ask("example.com", 1);
        answer[2] = 0x80;
        assert_eq!(names.answer(&answer), None);
        assert_eq!(names.answer(&[0; 11]), None);
    }

    #[test]
    fn the_table_is_bounded_and_what_is_connected_stays() {
        let mut names = Names::default();
        let kept = names.address("kept.test").expect("room");
        assert_eq!(names.hold(kept).as_deref(), Some("kept.test"));
        for number in 0..70_000 {
            assert!(names.address(&format!("n{number}.test")).is_some());
        }
        assert_eq!(names.entries.len(), NAMES_MAX);
        assert_eq!(names.by_number.len(), NAMES_MAX);
        assert_eq!(names.address("kept.test"), Some(kept));
        names.release("kept.test");
        for number in 0..NAMES_MAX {
            let address = names.address(&format!("m{number}.test")).expect("room");
            assert!(names.hold(address).is_some());
        }
        assert_eq!(names.hold(kept), None);
        assert_eq!(names.address("one.more.test"), None, "nothing that is connected goes");
    }

    proptest! {
        #[test]
        fn random_questions_never_panic(
            mut bytes in proptest::collection::vec(any::<u8>(), 0..80),
            ask: bool,
        ) {
            if ask && bytes.len() > 12 {
                bytes[2..6].copy_from_slice(&[1, 0, 0, 1]);
            }
            let mut names = Names::default();
            if let Some(answer) = names.answer(&bytes) {
                prop_assert!(answer.len() <= bytes.len() + 16);
            }
        }
    }
}
